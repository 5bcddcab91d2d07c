"""What provinces make by sector, and laws that measures of industrial structure obey."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dongbei import statistics as st

THREE = ["Liaoning", "Jilin", "Heilongjiang"]
few = settings(max_examples=30)  # frames are slow to make
AMOUNT = some.floats(0.01, 1e6)


def structure(values, *, places=THREE, years=(2002,), **columns):
    """Make a structure of an array, places times years by sectors."""
    values = np.asarray(values, float)
    index = pd.MultiIndex.from_product(
        [places, years, [f"s{n}" for n in range(values.shape[-1])]],
        names=["province", "year", "sector"],
    )
    about = {
        "unit": "10 thousand yuan",
        "kind": "extensive",
        "indicator": "made_up",
        "vintage": "single",
        "source": "nobody",
    }
    frame = pd.DataFrame({"value": values.ravel()}, index=index).reset_index()
    return frame.assign(**{**about, **columns})


def array(places=3, sectors=4):
    """Draw an array of positive amounts, places by sectors."""
    length = places * sectors
    return some.lists(AMOUNT, min_size=length, max_size=length).map(
        lambda drawn: np.reshape(drawn, (places, sectors))
    )


def whole(frame):
    return st.sum_of_provinces(frame, missing="record")


def values(series):
    return series["value"].to_numpy()


@pytest.fixture(scope="module")
def industry():
    return st.sector_output(sectors="industry")


# --------------------------------------------------------------------------- reading and adding up


def test_parts_of_the_sectors():
    counts = {part: len(st.sectors(part)) for part in (None, "industry", "manufacturing", "mining")}
    assert counts == {None: 35, "industry": 20, "manufacturing": 15, "mining": 3}


def test_a_structure_is_read_by_year_measure_sector_and_province():
    cell = st.sector_output(2002, "value_added", sectors="oil_gas_extraction", provinces="黑龙江")
    row = cell.iloc[0]
    assert len(cell) == 1
    assert (row["province"], row["unit"], row["source"]) == (
        "Heilongjiang",
        "10 thousand yuan",
        "chnio",
    )
    assert row["value"] == 7671551.55
    several = st.sector_output([2007, 2017], sectors=["textiles", "chemicals"], provinces=THREE)
    assert len(several) == 2 * 2 * 3
    assert several["province"].unique().tolist() == THREE


def test_the_northeasts_share_of_industrial_output_is_the_published_one(industry):
    shares = st.regional_share(st.total_output(industry), "Northeast", missing="record")
    assert shares["value"].round(1).tolist() == [8.6, 7.2, 8.2, 5.0]


def test_adding_up_by_region_and_by_sector_commute(industry):
    one = st.total_output(st.regional_sum(industry, missing="record"))
    other = st.regional_sum(st.total_output(industry), missing="record")
    both = one.merge(other, on=["region", "year"], suffixes=("", "_other"))
    assert len(both) == 8 * 4
    assert np.allclose(both["value"], both["value_other"])


def test_negative_value_added_can_be_added_up_but_has_no_shares():
    added = st.sector_output(2002, "value_added", sectors="industry", provinces=THREE)
    assert (values(st.total_output(added)) > 0).all()
    with pytest.raises(ValueError, match=r"negative in Jilin 2002.*Measure gross output"):
        st.concentration(added)


def test_the_source_of_a_structure_is_named(industry):
    assert st.source_line(industry) == "Provincial statistics bureaus, carried by common2016/CHNIO"


def test_rows_keep_the_order_of_the_structure(industry):
    for found in (st.sector_share(industry), st.location_quotient(industry, whole(industry))):
        keys = ["province", "year", "sector"]
        assert found[keys].equals(industry[keys])


# ----------------------------------------------------------------------------- by hand and by proof


def test_a_small_example_by_hand():
    """Two places with shares (1/2, 1/2, 0) and (1/4, 1/4, 1/2); the sum of both has 2:2:2."""
    made = structure([[1, 1, 0], [1, 1, 2]], places=["Jilin", "Hebei"])
    everything = whole(made)
    quotients = values(st.location_quotient(made, everything))
    assert quotients == pytest.approx([1.5, 1.5, 0, 0.75, 0.75, 1.5])
    assert values(st.concentration(made)) == pytest.approx([1 / 2, 3 / 8])
    assert values(st.concentration(everything)) == pytest.approx([1 / 3])
    assert values(st.effective_number(made, 2)) == pytest.approx([2, 8 / 3])
    assert values(st.entropy(made)) == pytest.approx([np.log(2), 1.5 * np.log(2)])
    assert values(st.effective_number(made)) == pytest.approx([2, 2**1.5])
    assert values(st.theil_index(made)) == pytest.approx([np.log(3 / 2), np.log(3 / 2**1.5)])
    assert values(st.largest_share(made, 1)) == pytest.approx([1 / 2, 1 / 2])
    assert values(st.largest_share(made, 2)) == pytest.approx([1, 3 / 4])
    jilin = st.regional_sum(made, {"Jilin": ["Jilin"]})
    assert values(st.dissimilarity(made, jilin)) == pytest.approx([0, 1])
    assert values(st.specialisation(made, everything)) == pytest.approx([1, 1])
    pair = st.pairwise_dissimilarity(made).iloc[0]
    assert pair.to_dict() == {"place": "Jilin", "other": "Hebei", "value": 1.0, "year": 2002}


def test_equal_sectors_and_a_single_one_are_the_bounds():
    made = structure([[7, 7, 7, 7], [0, 9, 0, 0], [1, 2, 3, 4]])
    assert values(st.concentration(made))[:2] == pytest.approx([1 / 4, 1])
    assert values(st.effective_number(made))[:2] == pytest.approx([4, 1])
    assert values(st.theil_index(made))[:2] == pytest.approx([0, np.log(4)])


def test_places_without_a_common_sector_differ_by_two():
    made = structure([[1, 0], [0, 5]], places=["Jilin", "Hebei"])
    assert values(st.pairwise_dissimilarity(made)) == pytest.approx([2])
    assert values(st.specialisation(made, whole(made))) == pytest.approx([2, 2])


def test_a_quotient_is_not_defined_where_nobody_makes_anything():
    made = structure([[1, 0, 2], [3, 0, 1]], places=["Jilin", "Hebei"])
    found = st.location_quotient(made, whole(made))
    assert found["sector"].tolist() == ["s0", "s2", "s0", "s2"]


@few
@given(array())
def test_quotients_have_the_mean_one_with_either_weight(drawn):
    made = structure(drawn)
    everything = whole(made)
    found = values(st.location_quotient(made, everything)).reshape(drawn.shape)
    total = values(everything) / values(everything).sum()
    assert np.allclose(found @ total, 1)
    assert np.allclose(drawn.sum(axis=1) / drawn.sum() @ found, 1)


@few
@given(array())
def test_concentration_and_diversity_stay_within_their_bounds(drawn):
    made, n = structure(drawn), drawn.shape[1]
    herfindahl, number = values(st.concentration(made)), values(st.effective_number(made))
    assert ((herfindahl >= 1 / n - 1e-12) & (herfindahl <= 1 + 1e-12)).all()
    assert ((number >= 1 - 1e-12) & (number <= n + 1e-9)).all()
    assert (values(st.effective_number(made, 2)) <= number + 1e-9).all()
    assert np.allclose(values(st.entropy(made)) + values(st.theil_index(made)), np.log(n))
    largest = np.array([values(st.largest_share(made, k)) for k in range(1, n + 1)])
    assert (np.diff(largest, axis=0) >= 0).all()
    assert np.allclose(largest[-1], 1)
    assert (largest[0] >= herfindahl - 1e-12).all()  # H is a mean of shares


@few
@given(array(), some.floats(0.001, 1000))
def test_nothing_depends_on_the_unit_or_on_a_places_size(drawn, factor):
    one, other = structure(drawn), structure(drawn * np.array([[factor], [1], [1 / factor]]))
    for measure in (st.concentration, st.entropy, st.theil_index, st.pairwise_dissimilarity):
        assert np.allclose(values(measure(one)), values(measure(other)))
    both = structure(drawn * factor)
    for measure in (st.specialisation, st.location_quotient):
        assert np.allclose(values(measure(one, whole(one))), values(measure(both, whole(both))))


@few
@given(array())
def test_dissimilarity_is_a_distance_of_shares(drawn):
    made = structure(drawn)
    tables = [
        values(st.dissimilarity(made, st.regional_sum(made, {name: [name]}))) for name in THREE
    ]
    distance = np.array(tables)
    assert np.allclose(np.diag(distance), 0)
    assert np.allclose(distance, distance.T)
    assert ((distance >= 0) & (distance <= 2)).all()
    assert distance[0, 2] <= distance[0, 1] + distance[1, 2] + 1e-12
    assert np.allclose(values(st.pairwise_dissimilarity(made)), distance[[0, 0, 1], [1, 2, 2]])
    assert np.allclose(values(st.group_dissimilarity(made)), distance.sum() / 6)


@few
@given(array(places=1))
def test_identical_structures_do_not_differ(drawn):
    made = structure(np.vstack([drawn, 3 * drawn, drawn / 7]))
    assert np.allclose(values(st.pairwise_dissimilarity(made)), 0)
    assert np.allclose(values(st.specialisation(made, whole(made))), 0)
    assert np.allclose(values(st.location_quotient(made, whole(made))), 1)


@few
@given(array(places=2))
def test_merging_places_never_lowers_diversity_below_the_mean(drawn):
    """Entropy is concave: a region is at least as diverse as its provinces, by weight."""
    made = structure(drawn, places=["Jilin", "Liaoning"])
    weight = drawn.sum(axis=1) / drawn.sum()
    assert values(st.entropy(whole(made))) >= weight @ values(st.entropy(made)) - 1e-12


def test_groups_of_two_are_the_pairs(industry):
    pairs, groups = st.pairwise_dissimilarity(industry), st.group_dissimilarity(industry, 2)
    assert groups["group"].equals(pairs["place"] + "; " + pairs["other"])
    assert groups["value"].equals(pairs["value"])
    assert pairs.groupby("year").size().tolist() == [435, 435, 465, 465]


def test_years_do_not_mix():
    made = structure(
        [[1, 1], [1, 3], [2, 2], [4, 0]], places=["Jilin", "Hebei"], years=(2002, 2007)
    )
    found = st.pairwise_dissimilarity(made).set_index("year")["value"]
    assert found.to_dict() == pytest.approx({2002: 0.0, 2007: 1.5})


# ------------------------------------------------------------------------------------- what is so


def test_jilin_lives_on_vehicles_and_heilongjiang_on_oil(industry):
    quotients = st.location_quotient(industry, whole(industry))
    first = quotients.loc[quotients.groupby(["province", "year"])["value"].idxmax()]
    first = first.set_index(["province", "year"])["sector"]
    assert (first["Jilin"] == "transport_equipment").all()
    assert (first["Heilongjiang"] == "oil_gas_extraction").all()


def test_a_structure_may_be_of_crops():
    crops = pd.concat(
        st.indicator(f"{crop}_output", years=2018).assign(sector=crop, indicator="harvest")
        for crop in ("rice", "wheat", "corn", "soybean")
    )
    crops = crops[crops["province"].isin(THREE)]
    assert (values(st.largest_share(crops)) > 0.5).all()


# ------------------------------------------------------------------------------------- refusals

GOOD = [[1, 2], [3, 4], [5, 6]]


def without(frame, **where):
    drop = np.logical_and.reduce([frame[name] == value for name, value in where.items()])
    return frame[~drop]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: st.sector_output(2005), "no input-output tables of 2005: choose from 2002, 2007"),
        (lambda: st.sector_output([]), "no input-output tables of no year"),
        (lambda: st.sector_output(2002, "profit"), "choose gross_output or value_added"),
        (lambda: st.sector_output(sectors="heavy"), "no part 'heavy'.*industry, manufacturing"),
        (lambda: st.sector_output(sectors=["textile"]), "did you mean textiles"),
        (lambda: st.sector_output(sectors=[]), r"no sector was named: .*sectors\(\)"),
        (lambda: st.sector_output(provinces="Heilongjian"), "did you mean Heilongjiang"),
        (lambda: st.sectors("heavy"), "there are agriculture, mining"),
        (lambda: st.concentration(structure(GOOD).drop(columns="sector")), r"sector_output\(\)"),
        (lambda: st.concentration(structure([[1, -2], [3, 4], [5, 6]])), "negative in Liaoning"),
        (lambda: st.concentration(structure([[1, np.nan], [3, 4], [5, 6]])), "missing in Liaoning"),
        (lambda: st.concentration(structure([[1, np.inf], [3, 4], [5, 6]])), "infinite in Liaon"),
        (lambda: st.concentration(structure([[0, 0], [3, 4], [5, 6]])), "nothing is made in Liao"),
        (
            lambda: st.concentration(without(structure(GOOD), province="Jilin", sector="s1")),
            "a sector has no row in Jilin 2002: keep every sector",
        ),
        (
            lambda: st.concentration(pd.concat([structure(GOOD)] * 2)),
            "two values for one place and year and sector",
        ),
        (lambda: st.effective_number(structure(GOOD), 0), "order must be 1"),
        (lambda: st.largest_share(structure(GOOD), 3), "between 1 and the 2 sectors, not 3"),
        (lambda: st.group_dissimilarity(structure(GOOD), 4), "3 places, fewer than the 4"),
        (lambda: st.group_dissimilarity(structure(GOOD), 1), "2 places or more, not 1"),
        (lambda: st.location_quotient(structure(GOOD), structure(GOOD)), "must be one place"),
        (
            lambda: st.location_quotient(structure(GOOD), whole(structure([[1, 2, 3]] * 3))),
            "only one of the two has the sectors s2",
        ),
        (
            lambda: st.dissimilarity(structure(GOOD), whole(structure(GOOD, years=(2007,)))),
            "no figures for 2002",
        ),
        (
            lambda: st.specialisation(structure(GOOD), whole(structure(np.ones((3, 2))))),
            "more of a sector than the whole",
        ),
        (
            lambda: st.specialisation(
                structure([[1, 2]], places=["Jilin"]),
                whole(structure([[1, 2]], places=["Jilin"])),
            ),
            "nothing besides the place",
        ),
        (lambda: st.growth(structure(GOOD)), r"several sectors.*total_output\(\)"),
        (lambda: st.regional_mean(structure(GOOD, kind="intensive"), structure(GOOD)), "several"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_cure(call, message):
    with pytest.raises(ValueError, match=message):
        call()
