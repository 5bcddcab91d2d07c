"""Laws that sums, means, shares, growth, ranks, index numbers, chains and units obey."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dongbei import statistics as st
from dongbei.statistics import units

PROVINCES = list(st.provinces()["province"])
AMOUNT = some.floats(0.01, 1e6)
few = settings(max_examples=30)  # frames are slow to make


def series(values, *, years=(2000, 2001, 2002), places=PROVINCES, **columns):
    """Make a provincial series of an array, places by years."""
    index = pd.MultiIndex.from_product([places, years], names=["province", "year"])
    about = {
        "unit": "100 million yuan",
        "kind": "extensive",
        "indicator": "made_up",
        "vintage": "v1",
        "source": "nobody",
    }
    frame = pd.DataFrame({"value": np.ravel(values)}, index=index).reset_index()
    return frame.assign(**{**about, **columns})


def array(places=31, years=3):
    """Draw an array of positive amounts, places by years."""
    length = places * years
    return some.lists(AMOUNT, min_size=length, max_size=length).map(
        lambda drawn: np.reshape(drawn, (places, years))
    )


def close(one, other):
    return np.allclose(np.asarray(one, float), np.asarray(other, float), rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------ sums and means


@few
@given(array(), some.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values, random):
    made = series(values)
    order = list(range(len(made)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(st.regional_sum(made.iloc[order]), st.regional_sum(made))


@few
@given(array())
def test_the_eight_regions_add_up_to_all_provinces(values):
    made = series(values)
    regions = st.regional_sum(made).groupby("year")["value"].sum()
    assert close(regions, st.sum_of_provinces(made)["value"])
    assert close(regions, values.sum(axis=0))


@few
@given(array(), array())
def test_a_mean_lies_between_its_members_and_equals_them_when_they_are_equal(values, weights):
    heavy = series(weights, indicator="weight")
    made = series(values, kind="intensive", unit="percent")
    mean = st.regional_mean(made, heavy, {"all": PROVINCES})["value"].to_numpy()
    assert (mean >= values.min(axis=0) * (1 - 1e-12)).all()
    assert (mean <= values.max(axis=0) * (1 + 1e-12)).all()
    same = st.regional_mean(made.assign(value=7.0), heavy)
    assert close(same["value"], 7)


@few
@given(array(places=3), array(places=3))
def test_a_mean_is_total_over_total(income, residents):
    places = ["Liaoning", "Jilin", "Heilongjiang"]
    people = series(residents, places=places, unit="10 thousand persons", indicator="people")
    head = series(income, places=places, unit="yuan per person", kind="intensive")
    total = st.product(people, head, indicator="income", unit="100 million yuan")
    total, people_ne = (st.regional_sum(s, "Northeast") for s in (total, people))
    by_ratio = st.ratio(total, people_ne, indicator="head", unit="yuan per person")
    by_mean = st.regional_mean(head, people, "Northeast")
    assert close(by_ratio["value"], by_mean["value"])
    assert set(by_mean["weight"]) == {"people (v1)"}


def test_weights_of_the_year_before():
    places = ["Liaoning", "Jilin", "Heilongjiang"]
    links = series([[105.0], [110.0], [120.0]], years=[2001], places=places)
    links = links.assign(kind="intensive", unit="previous year = 100")
    level = series([[100.0, 1.0], [200.0, 1.0], [100.0, 1.0]], years=[2000, 2001], places=places)
    mean = st.regional_mean(links, level, "Northeast", lag=1)
    assert mean["value"].tolist() == pytest.approx([(105 + 220 + 120) / 4])


def test_groups_of_ones_own_may_overlap_and_have_chinese_names():
    made = series(np.ones((31, 1)), years=[2000])
    groups = {"delta": ["上海", "江苏", "浙江"], "wide": ["Shanghai", 32, "Zhejiang", "Anhui"]}
    result = st.regional_sum(made, groups)
    assert dict(zip(result["region"], result["value"], strict=True)) == {"delta": 3, "wide": 4}


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"twice": ["Jilin", "吉林"]}, "twice must name provinces, each once"),
        ({"none": []}, "none must name provinces"),
        ("Nordeast", "did you mean Northeast"),
    ],
)
def test_groups_that_make_no_sense(groups, message):
    with pytest.raises(ValueError, match=message):
        st.regional_sum(series(np.ones((31, 3))), groups)


def test_a_missing_member_is_named_and_never_passed_over():
    population = st.indicator("population", "pre2020census", years=range(1990, 2000))
    message = "no figure in Hubei 1997; Chongqing 1990-1996"
    with pytest.raises(ValueError, match=message):
        st.regional_sum(population)
    recorded = st.regional_sum(population, "Southwest", missing="record").set_index("year")
    assert recorded.loc[1996, ["members", "present", "missing"]].tolist() == [6, 5, "Chongqing"]
    assert recorded.loc[1997, ["members", "present", "missing"]].tolist() == [6, 6, ""]


def test_a_region_without_any_figure_has_no_row():
    jilin = st.indicator("population", "census2020", years=2020, provinces="Jilin")
    assert st.regional_sum(jilin, missing="record")["region"].tolist() == ["Northeast"]


def test_a_missing_weight_is_a_missing_member():
    income = st.indicator("disposable_income_per_head", years=2015)
    residents = st.indicator("population", "census2020", years=2015)
    residents = residents[residents["province"] != "Jilin"]
    with pytest.raises(ValueError, match="no figure in Jilin 2015"):
        st.regional_mean(income, residents)
    mean = st.regional_mean(income, residents, "Northeast", missing="record")
    assert mean["missing"].tolist() == ["Jilin"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: st.regional_sum(income()), r"intensive.*regional_mean\(\)"),
        (lambda: st.regional_mean(people(), people()), r"extensive.*regional_sum\(\)"),
        (lambda: st.regional_mean(income(), income()), "extensive|intensive"),
        (lambda: st.regional_sum(st.regional_sum(people())), "has regions already"),
        (lambda: st.regional_sum(people(), missing="ignore"), '"error" or "record"'),
        (lambda: st.share(income(), people()), "no part of a whole"),
        (lambda: st.share(people(), people()), "one value per year"),
        (lambda: st.share(people(), total(2014)), "no figures for 2015"),
        (lambda: st.share(people(), st.national("gdp_nominal")), "indicator differs"),
        (lambda: st.rank(people(), ties="first"), 'must be "min"'),
        (lambda: st.growth(people()), "two figures 1 years apart"),
        (lambda: st.growth(people(), years=0), "1 or more"),
        (lambda: st.growth(st.indicator("cpi")), r"growth already.*cumulative_index\(\)"),
        (lambda: st.index_number(people(), 2003), "no figure for 2003"),
        (lambda: st.cumulative_index(people(), 2015), r"index_number\(\)"),
        (lambda: st.growth(st.indicator("hightech_profit")), "positive values; they are not in"),
        (lambda: st.convert(people(), "tonnes"), "measures person, not tonnes: take one of"),
        (lambda: st.convert(people(), "souls"), "'souls' is not among"),
        (lambda: st.product(people(), people(), indicator="x", unit="persons"), "both extensive"),
        (lambda: st.product(people(), income(), indicator="x", unit="tonnes"), "measures yuan"),
    ],
)
def test_a_refusal_names_the_cure(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def people():
    return st.indicator("population", "census2020", years=2015)


def income():
    return st.indicator("disposable_income_per_head", years=2015)


def total(year):
    return st.sum_of_provinces(st.indicator("population", "census2020", years=year))


# ------------------------------------------------------------------------------ shares


@few
@given(array())
def test_shares_of_provinces_and_of_regions_add_up_to_100(values):
    made = series(values)
    whole = st.sum_of_provinces(made)
    for shares in (st.share(made, whole), st.regional_share(made)):
        assert close(shares.groupby("year")["value"].sum(), 100)
        assert set(shares["unit"]) == {"percent"}
        assert set(shares["kind"]) == {"intensive"}


@few
@given(array(), AMOUNT)
def test_a_share_has_no_unit_of_money(values, factor):
    made = series(values)
    scaled = made.assign(value=made["value"] * factor)
    one, other = (st.share(s, st.sum_of_provinces(s)) for s in (made, scaled))
    assert close(one["value"], other["value"])


def test_a_share_names_what_its_whole_lacks():
    product = st.indicator("gdp_nominal", "mixed", years=[1977, 1980, 1990])
    shares = st.share(
        st.regional_sum(product, "Northeast"), st.sum_of_provinces(product, missing="record")
    )
    assert shares["whole"].tolist() == [
        "All provinces without Hainan; Chongqing; Tibet",
        "All provinces without Hainan",
        "All provinces",
    ]


def test_a_share_of_the_nation_names_both_vintages():
    product = st.indicator("gdp_nominal", "census4", years=2012)
    nation = st.national("gdp_nominal", years=2012)
    shares = st.share(st.regional_sum(product, "Northeast"), nation)
    assert shares["vintage"].tolist() == ["census4 / national_accounts"]
    assert shares["whole"].tolist() == ["China"]
    assert shares["value"].item() == pytest.approx(100 * 37541.6 / 538579.95, rel=1e-3)


# ------------------------------------------------------------------------------ growth and index


@few
@given(array(), AMOUNT)
def test_growth_does_not_depend_on_the_unit(values, factor):
    made = series(values)
    scaled = made.assign(value=made["value"] * factor)
    assert np.allclose(st.growth(made)["value"], st.growth(scaled)["value"], rtol=1e-9, atol=1e-9)


@few
@given(some.floats(-50, 100), some.integers(1, 4))
def test_a_steady_rate_is_found_over_any_span(rate, span):
    path = 100 * (1 + rate / 100) ** np.arange(5)
    made = series(path, years=range(2000, 2005), places=["Jilin"])
    growth = st.growth(made, years=span)
    assert np.allclose(growth["value"], rate, atol=1e-8)
    assert growth["year"].tolist() == list(range(2000 + span, 2005))


@few
@given(array(places=2))
def test_links_lead_back_to_the_level(values):
    made = series(values, places=["Jilin", "Liaoning"])
    growth = st.growth(made)
    links = growth.assign(value=100 + growth["value"], unit="previous year = 100")
    for base in (2000, 2001, 2002):
        level = st.cumulative_index(links, base)
        index = st.index_number(made, base)
        assert np.allclose(level["value"], index["value"], rtol=1e-6)
        assert level["year"].tolist() == index["year"].tolist()
        assert set(level["unit"]) == {f"{base} = 100"}


def test_growth_has_no_row_across_a_gap():
    growth = st.growth(st.indicator("hightech_revenue"))
    assert {2017, 2018}.isdisjoint(growth["year"])
    assert 2016 in set(st.growth(st.indicator("hightech_revenue"), years=2)["year"] - 2)


def test_links_across_a_gap_are_refused():
    index = st.indicator("cpi", years=[2010, 2012])
    with pytest.raises(ValueError, match="chain breaks where a year is missing"):
        st.cumulative_index(index, 2010)


def test_growth_is_not_taken_between_different_members():
    product = st.indicator("gdp_nominal", "mixed", years=range(1985, 1990))
    total = st.sum_of_provinces(product, missing="record")
    with pytest.raises(ValueError, match="not those of the year compared with in All provinces"):
        st.growth(total)
    with pytest.raises(ValueError, match="1985-1986"):
        st.index_number(total, 1989)


def test_the_volume_of_2015_and_2016_in_liaoning_is_the_smallest_rise_of_all():
    index = st.indicator("gdp_index_real", years=[2015, 2016])
    last = st.rank(index, ties="min", largest_first=False).query("value == 1")
    assert last["province"].tolist() == ["Liaoning", "Liaoning"]
    level = st.cumulative_index(st.indicator("gdp_index_real", provinces="Liaoning"), 2014)
    assert level.set_index("year")["value"][2016] == pytest.approx(102.8 * 100.5 / 100)


# ------------------------------------------------------------------------------ ranks


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("min", [2, 2, 1, 4]),
        ("max", [3, 3, 1, 4]),
        ("average", [2.5, 2.5, 1, 4]),
        ("dense", [2, 2, 1, 3]),
    ],
)
def test_ties(ties, expected):
    made = series([5, 5, 9, 1], years=[2000], places=PROVINCES[:4])
    ranked = st.rank(made, ties=ties)
    assert ranked["value"].tolist() == expected
    assert set(ranked["of"]) == {4}


@few
@given(array())
def test_first_from_above_is_last_from_below(values):
    made = series(values)
    down = st.rank(made, ties="average")["value"]
    up = st.rank(made, ties="average", largest_first=False)["value"]
    assert close(down + up, 32)


# ------------------------------------------------------------------------------ chaining


@few
@given(array(places=2), some.sampled_from([2000, 2001, 2002]))
def test_chaining_what_agrees_changes_nothing(values, link):
    made = series(values, places=["Jilin", "Liaoning"])
    chained = st.chain(made, made.assign(vintage="v2"), link=link)
    assert close(chained["value"], made["value"])
    assert set(chained["vintage"]) == {f"v1 chained to v2 at {link}"}


@few
@given(array(places=2), AMOUNT)
def test_a_chain_keeps_old_growth_and_new_levels(values, factor):
    older = series(values, places=["Jilin", "Liaoning"])
    newer = older.assign(vintage="v2", value=older["value"] * factor).query("year >= 2001")
    chained = st.chain(older, newer, link=2001)
    assert np.allclose(st.growth(chained)["value"], st.growth(older)["value"], atol=1e-6)
    assert close(chained.query("year >= 2001")["value"], newer["value"])


def test_the_chained_northeast_loses_less_than_the_unchained():
    older, newer = (
        st.regional_sum(st.indicator("gdp_nominal", v), "Northeast")
        for v in ("pre_census4", "census4")
    )
    chained = st.chain(older, newer, link=2004)
    assert chained["year"].tolist() == list(range(1993, 2024))
    assert chained["source"].unique().tolist() == ["nbs_gdp_c4; nbs_gdp_pre4"]
    ratio = newer.set_index("year")["value"][2004] / older.set_index("year")["value"][2004]
    assert ratio < 1
    first = chained.set_index("year")["value"][1993]
    assert first == pytest.approx(ratio * older["value"].iloc[0])


@pytest.mark.parametrize(
    ("older", "newer", "link", "message"),
    [
        (("employment", "provincial_yearbooks"), ("employment", "census2020"), 2018, "no year"),
        (("population", "pre2020census"), ("population", "census2020"), 2020, "share 2000-2018"),
        (("population", "census2020"), ("population", "census2020"), 2010, "nothing to chain"),
        (("population", "census2020"), ("gdp_nominal", "census4"), 2010, "indicator differs"),
        (("gdp_nominal", "first_published"), ("gdp_nominal", "census5"), 2010, "has Tibet"),
    ],
)
def test_chains_that_cannot_be(older, newer, link, message):
    with pytest.raises(ValueError, match=message):
        st.chain(st.indicator(*older), st.indicator(*newer), link=link)


# ------------------------------------------------------------------------------ units


def test_persons_times_yuan_per_person_is_yuan():
    one = series([[2.0]], years=[2000], places=["Jilin"], unit="10 thousand persons")
    other = series([[3e4]], years=[2000], places=["Jilin"], unit="yuan per person")
    other = other.assign(kind="intensive", vintage="v2", source="somebody")
    result = st.product(one, other, indicator="income", unit="100 million yuan").iloc[0]
    assert result["value"] == pytest.approx(6)  # 20 000 persons with 30 000 yuan each
    assert (result["unit"], result["kind"]) == ("100 million yuan", "extensive")
    assert result["vintage"] == "v1 × v2"
    assert result["source"] == "nobody; somebody"


@few
@given(array(places=2), array(places=2))
def test_dividing_undoes_multiplying(left, right):
    places = ["Jilin", "Liaoning"]
    one = series(left, places=places, unit="10 thousand persons")
    other = series(right, places=places, unit="yuan per person", kind="intensive")
    total = st.product(one, other, indicator="total", unit="100 million yuan")
    back = st.ratio(total, one, indicator="per_head", unit="yuan per person")
    assert close(back["value"], other["value"])
    assert set(back["kind"]) == {"intensive"}


@few
@given(array(places=1), some.sampled_from(["yuan", "10 thousand yuan", "million yuan"]))
def test_converting_there_and_back(values, unit):
    made = series(values, places=["Jilin"])
    back = st.convert(st.convert(made, unit), "100 million yuan")
    assert close(back["value"], made["value"])


def test_a_hundred_million_yuan():
    made = series([[1.0]], years=[2000], places=["Jilin"])
    assert st.convert(made, "yuan")["value"].item() == 100_000_000
    assert st.convert(made, "million yuan")["value"].item() == 100


def test_every_unit_of_the_data_that_has_a_quantity_is_known():
    relative = {"previous year = 100"}
    assert set(st.indicators()["unit"]) - relative <= set(units.UNITS)


def test_a_figure_without_its_partner_is_refused():
    jilin = people().query("province != 'Jilin'")
    with pytest.raises(ValueError, match="only one of the two series has figures in Jilin 2015"):
        st.product(jilin, income(), indicator="x", unit="yuan")


def test_a_zero_divisor_is_refused():
    zero = series([[0.0]], years=[2000], places=["Jilin"])
    with pytest.raises(ValueError, match="divisor is zero in Jilin 2000"):
        st.ratio(zero, zero, indicator="x", unit="fraction")
