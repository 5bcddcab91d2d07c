"""Resistance over one phase: identities of the published measures, limits, and refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from dongbei import statistics as st
from dongbei.resilience import recovery as rc

FOUR = ["Liaoning", "Jilin", "Heilongjiang", "Hebei"]
LEVEL = some.floats(0.5, 1e4)
regions = arrays(float, 4, elements=LEVEL)
table = arrays(float, (3, 4), elements=LEVEL)
exactly = {"rtol": 1e-9, "atol": 1e-12}


def national(before, after):
    return after.sum() / before.sum() - 1


# -- by hand --------------------------------


def test_two_regions_by_hand():
    # the nation falls from 200 to 180, by a tenth; one region by a fifth, the other not at all
    before, after = [100, 100], [80, 100]
    assert_allclose(rc.growth(before, after), [-0.2, 0])
    assert_allclose(rc.sensitivity(before, after), [2, 0], atol=1e-12)
    assert_allclose(rc.sensitivity_ratio(before, after), [0.8 / 0.9, 1 / 0.9])
    assert_allclose(rc.relative_resistance(before, after), [-1, 1])
    assert_allclose(rc.resistance(before, after), [-1, 1])


def test_more_is_better_in_a_contraction_and_in_an_expansion():
    before, worse, better = [100, 100], [70, 100], [95, 100]
    for factor in (1, 2):  # the nation shrinks, the nation grows
        worst = rc.resistance(before, np.multiply(worse, factor), nation=(200, 180 * factor))
        best = rc.resistance(before, np.multiply(better, factor), nation=(200, 180 * factor))
        assert best[0] > worst[0]


def test_slowing_more_than_the_nation_is_negative_whatever_the_level_of_growth():
    # for two years the region grows by 10 percent and the nation by 5, then both by 2 for one year
    first, nation = 1.1**2, 1.05**2
    change = rc.relative_change_of_growth(
        [1.0], [first], [first * 1.02], (2, 1), nation=(1, nation, nation * 1.02)
    )
    assert_allclose(change, np.log(1.05) - np.log(1.1))


def test_shift_share_of_two_sectors_by_hand():
    # farms double in the nation, mines stand still; the region has mines only, and loses a tenth
    split = rc.shift_share([[0.0, 100.0], [100.0, 0.0]], [[0.0, 200.0], [90.0, 10.0]])
    assert_allclose(split.national_growth, 0.5)
    assert_allclose(split.mix, [-1, 1])
    assert_allclose(split.competitive, [-0.2, 0.2])
    assert_allclose(split.total, [-1.2, 1.2])
    assert_allclose(split.structural, [np.nan, 0.1])  # no change was expected of mines


# -- identities --------------------------------


@given(before=regions, after=regions)
def test_lagravinese_is_beta_less_one_or_its_opposite(before, after):
    g = national(before, after)
    assume(abs(g) > 0.01)
    beta = rc.sensitivity(before, after)
    expected = beta - 1 if g > 0 else 1 - beta
    assert_allclose(rc.relative_resistance(before, after), expected, rtol=1e-7, atol=1e-9)


@given(before=regions, after=regions)
def test_resistance_against_the_national_rate_is_that_of_lagravinese(before, after):
    assume(abs(national(before, after)) > 0.01)
    one, other = rc.resistance(before, after), rc.relative_resistance(before, after)
    assert_allclose(one, other, rtol=1e-7, atol=1e-9)


@given(before=regions, after=regions)
def test_resistance_is_the_ratio_of_sensitivity_in_other_units(before, after):
    g = national(before, after)
    assume(abs(g) > 0.01)
    linked = (rc.sensitivity_ratio(before, after) - 1) * (1 + g) / abs(g)
    assert_allclose(rc.resistance(before, after), linked, rtol=1e-7, atol=1e-9)


@given(before=regions, after=regions)
def test_all_measures_of_one_phase_rank_regions_alike(before, after):
    g = national(before, after)
    assume(abs(g) > 0.01 and np.diff(np.sort(after / before)).min() > 1e-6)
    order = np.argsort(after / before)
    for measure in (rc.sensitivity_ratio, rc.relative_resistance, rc.resistance):
        assert_array_equal(np.argsort(measure(before, after)), order)
    beta = rc.sensitivity(before, after) * np.sign(g)
    assert_array_equal(np.argsort(beta), order)


@given(before=LEVEL, after=LEVEL)
def test_the_nation_scores_zero_and_beta_one(before, after):
    assume(abs(after / before - 1) > 0.01)
    nation = {"nation": (before, after)}
    assert_allclose(rc.sensitivity([before], [after], **nation), 1)
    assert_allclose(rc.sensitivity_ratio([before], [after], **nation), 1)
    for measure in (rc.relative_resistance, rc.resistance):
        assert_allclose(measure([before], [after], **nation), 0, atol=1e-9)


@given(before=regions, after=regions)
def test_what_regions_miss_of_the_expected_change_adds_up_to_nothing(before, after):
    g = national(before, after)
    assume(abs(g) > 0.01)
    missed = rc.resistance(before, after) * np.abs(g * before)
    assert_allclose(missed.sum(), 0, atol=1e-9 * (before.sum() + after.sum()))


@given(before=regions, after=regions, unit=some.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(before, after, unit):
    assume(abs(national(before, after)) > 0.01)
    for measure in (rc.sensitivity, rc.sensitivity_ratio, rc.relative_resistance, rc.resistance):
        rescaled = measure(unit * before, unit * after)
        assert_allclose(rescaled, measure(before, after), rtol=1e-7, atol=1e-9)


@given(before=regions, middle=regions, after=regions, prices=some.floats(0.2, 5))
def test_what_rests_on_parts_of_the_nation_needs_no_common_deflator(before, middle, after, prices):
    assert_allclose(
        rc.sensitivity_ratio(before, prices * after), rc.sensitivity_ratio(before, after), **exactly
    )
    nominal = rc.relative_change_of_growth(before, prices * middle, prices**2 * after, (3, 2))
    real = rc.relative_change_of_growth(before, middle, after, (3, 2))
    assert_allclose(nominal, real, rtol=1e-7, atol=1e-9)


@given(before=regions, after=regions)
def test_the_ratio_of_sensitivity_is_a_ratio_of_shares(before, after):
    shares = (after / after.sum()) / (before / before.sum())
    assert_allclose(rc.sensitivity_ratio(before, after), shares, **exactly)


def test_beta_does_depend_on_a_common_deflator():
    before, after = np.array([100.0, 100]), np.array([110.0, 130])
    assert not np.allclose(rc.sensitivity(before, after), rc.sensitivity(before, 1.1 * after))


@given(start=regions, rate=some.floats(-0.1, 0.1), spans=some.tuples(LEVEL, LEVEL))
def test_growth_that_goes_on_as_before_has_not_changed(start, rate, spans):
    rates = rate * np.arange(4)
    spans = (spans[0] / 1e3, spans[1] / 1e3)
    levels = [start * np.exp(rates * years) for years in (0, spans[0], sum(spans))]
    nation = tuple(np.exp(0.03 * years) for years in (0, spans[0], sum(spans)))
    found = rc.relative_change_of_growth(*levels, spans, nation=nation)
    assert_allclose(found, 0, atol=1e-9)


# -- mix and competitive --------------------------------


@given(before=table, after=table)
def test_mix_and_competitive_add_up_to_the_relative_resistance(before, after):
    total = before.sum(axis=0), after.sum(axis=0)
    assume(abs(national(*total)) > 0.01)
    split = rc.shift_share(before, after)
    assert_allclose(split.mix + split.competitive, split.total, rtol=1e-7, atol=1e-9)
    assert_allclose(split.total, rc.relative_resistance(*total), rtol=1e-7, atol=1e-9)
    assert_allclose(split.national_growth, national(*total), **exactly)


@given(before=table, after=table)
def test_mix_and_competitive_of_all_regions_add_up_to_nothing(before, after):
    weights = before.sum(axis=0)
    assume(abs(national(weights, after.sum(axis=0))) > 0.01)
    split = rc.shift_share(before, after)
    for part in (split.mix, split.competitive):
        assert_allclose(part @ weights, 0, atol=1e-6 * (np.abs(part) @ weights) + 1e-9)


@given(before=regions, after=regions)
def test_with_one_industry_the_structural_variant_is_the_aggregate_one(before, after):
    assume(abs(national(before, after)) > 0.01)
    split = rc.shift_share(before[None], after[None])
    assert_allclose(split.mix, 0, atol=1e-9)
    assert_allclose(split.structural, rc.resistance(before, after), rtol=1e-7, atol=1e-9)


@given(before=table, rates=arrays(float, 3, elements=some.floats(-0.5, 2)))
def test_regions_whose_sectors_grow_as_the_nations_have_no_competitive_part(before, rates):
    after = before * (1 + rates[:, None])
    assume(abs(national(before, after)) > 0.01)
    split = rc.shift_share(before, after)
    assert_allclose(split.competitive, 0, atol=1e-9)


@given(before=regions, mix=arrays(float, 3, elements=some.floats(0.1, 1)), after=table)
def test_regions_with_the_nations_mix_have_no_part_of_mix(before, mix, after):
    start = mix[:, None] * before
    assume(abs(national(start, after)) > 0.01)
    assert_allclose(rc.shift_share(start, after).mix, 0, atol=1e-8)


@given(before=table, after=table)
def test_structural_resistance_by_the_sum_over_sectors(before, after):
    rates = after.sum(axis=1) / before.sum(axis=1) - 1
    expected = sum(rates[i] * before[i] for i in range(3))
    base = before.sum(axis=0)
    assume((np.abs(expected / base) > 0.01).all() and abs(national(base, after.sum(axis=0))) > 0.01)
    found = rc.shift_share(before, after).structural
    change = after.sum(axis=0) - base
    assert_allclose(found, (change - expected) / np.abs(expected), rtol=1e-6, atol=1e-9)


def test_a_sector_that_nobody_has_changes_nothing():
    before, after = np.array([[10.0, 20], [30, 5]]), np.array([[12.0, 25], [40, 4]])
    none = np.zeros((1, 2))
    one, other = (
        rc.shift_share(before, after),
        rc.shift_share(np.vstack([before, none]), np.vstack([after, none])),
    )
    assert_allclose(one.mix, other.mix)
    assert_allclose(one.competitive, other.competitive)


def test_a_part_of_the_nation_is_compared_with_the_nation():
    before, after = np.arange(1.0, 13).reshape(3, 4), np.arange(2.0, 14).reshape(3, 4) ** 1.1
    whole = rc.shift_share(before, after)
    two = rc.shift_share(
        before[:, :2], after[:, :2], nation=(before.sum(axis=1), after.sum(axis=1))
    )
    assert_allclose(two.mix, whole.mix[:2])
    assert_allclose(two.structural, whole.structural[:2])


# -- singular cases --------------------------------


def test_no_ratio_to_a_growth_near_zero():
    before, after = [100.0, 100], [90.0, 110.2]  # the nation grows by 0.1 percent
    for measure in (rc.sensitivity, rc.relative_resistance, rc.resistance):
        assert np.isnan(measure(before, after)).all()
        assert np.isfinite(measure(before, after, least=0.0005)).all()
    assert np.isfinite(rc.sensitivity_ratio(before, after)).all()
    split = rc.shift_share([before], [after])
    for part in (split.total, split.mix, split.competitive, split.structural):
        assert np.isnan(part).all()


def test_beta_is_negative_where_a_region_moves_against_the_nation():
    assert rc.sensitivity([100, 100], [110, 60])[0] < 0  # grew through a contraction
    assert rc.sensitivity([100, 100], [90, 140])[0] < 0  # shrank in an expansion
    assert rc.resistance([100, 100], [110, 60])[0] > 0
    assert rc.resistance([100, 100], [90, 140])[0] < 0


def test_a_region_of_which_no_change_is_expected_has_no_resistance():
    found = rc.resistance([100, 100], [90, 110], expected=[0, 20])
    assert_allclose(found, [np.nan, -0.5])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([0, 1], [1, 1], "no growth rate"),
        ([-1, 1], [1, 1], "no growth rate"),
        ([1, 1], [-1, 1], "more than everything"),
        ([1, np.nan], [1, 1], "missing"),
        ([1, 1], [np.inf, 1], "missing"),
        ([1, 1], [1, 1, 1], "shape"),
    ],
)
def test_levels_without_growth_are_refused(before, after, words):
    for measure in (
        rc.growth,
        rc.sensitivity,
        rc.sensitivity_ratio,
        rc.relative_resistance,
        rc.resistance,
    ):
        with pytest.raises(ValueError, match=words):
            measure(before, after)


def test_a_nation_that_ends_at_zero_is_refused():
    with pytest.raises(ValueError, match="ends at zero"):
        rc.sensitivity_ratio([1, 1], [0, 0])


def test_a_region_that_ends_at_zero_has_growth_but_no_logarithm():
    assert_allclose(rc.growth([10], [0]), -1)
    with pytest.raises(ValueError, match="logarithms"):
        rc.relative_change_of_growth([1, 1], [1, 1], [0, 1], (1, 1))


def test_spans_are_positive():
    with pytest.raises(ValueError, match="spans"):
        rc.relative_change_of_growth([1, 1], [1, 1], [1, 1], (1, 0))


@pytest.mark.parametrize("expected", [[1.0], [1.0, np.nan]])
def test_expected_changes_that_do_not_fit_are_refused(expected):
    with pytest.raises(ValueError, match="expected"):
        rc.resistance([1, 1], [2, 1], expected)


@pytest.mark.parametrize(
    ("before", "after", "nation", "words"),
    [
        ([1, 2], [1, 2], None, "sectors by regions"),
        ([[1, 2]], [[1, 2], [1, 2]], None, "sectors by regions"),
        ([[1, 2]], [[1, np.nan]], None, "missing"),
        ([[1, 2], [0, 0]], [[1, 2], [1, 0]], None, "not positive in the nation"),
        ([[1, 2], [-3, 1]], [[1, 2], [1, 0]], None, "not positive in the nation"),
        ([[1, 2]], [[1, 2]], ([1, 2], [1, 2]), "needs 1 sectors"),
        ([[1, 2], [-1, 2]], [[1, 2], [1, 2]], None, "no growth rate"),
    ],
)
def test_tables_that_cannot_be_split_are_refused(before, after, nation, words):
    with pytest.raises(ValueError, match=words):
        rc.shift_share(before, after, nation=nation)


def test_a_negative_cell_is_split_like_any_other():
    split = rc.shift_share([[-1.0, 9], [11, 5]], [[2.0, 10], [12, 9]])
    assert_allclose(split.mix + split.competitive, split.total)


# -- frames --------------------------------


@given(levels=arrays(float, (3, 4), elements=LEVEL))
def test_frames_say_what_arrays_say(frame, levels):
    series = frame(levels, [2000, 2005, 2007])
    assume(abs(national(levels[1], levels[2])) > 0.01)
    found = rc.phase_measures(series, 2005, 2007, earlier=2000)
    assert list(found["province"]) == FOUR
    assert_allclose(found["growth"], levels[2] / levels[1] - 1, **exactly)
    assert_allclose(found["national_growth"], national(levels[1], levels[2]), **exactly)
    assert_allclose(found["sensitivity"], rc.sensitivity(levels[1], levels[2]), **exactly)
    assert_allclose(found["ratio"], rc.sensitivity_ratio(levels[1], levels[2]), **exactly)
    assert_allclose(found["resistance"], rc.resistance(levels[1], levels[2]), rtol=1e-6, atol=1e-9)
    change = rc.relative_change_of_growth(*levels, (5, 2))
    assert_allclose(found["change_of_growth"], change, **exactly)
    best = found["growth"].idxmax()
    assert found.loc[best, "rank"] == 1


def test_notes_say_why_there_is_no_ratio_or_why_it_is_negative(frame):
    levels = [[100, 100, 100, 100], [90, 100, 105, 105], [80, 100, 100, 102]]
    series = frame(levels, [2000, 2001, 2002])
    flat = rc.phase_measures(series, 2000, 2001)
    assert set(flat["note"]) == {"national growth near zero"}
    assert flat["sensitivity"].isna().all()
    assert flat["resistance"].isna().all()
    assert flat["ratio"].notna().all()
    falling = rc.phase_measures(series, 2000, 2002).set_index("province")
    assert falling["note"].to_dict() == {
        "Liaoning": "",
        "Jilin": "",
        "Heilongjiang": "",
        "Hebei": "moved against the nation",
    }
    assert list(falling["rank"]) == [4, 2, 2, 1]
    strict = rc.phase_measures(series, 2000, 2002, least=0.5)
    assert strict[["sensitivity", "resistance"]].isna().all(axis=None)


def test_one_place_is_compared_with_the_nation_given(frame):
    levels = np.array([[10.0, 20, 30, 40], [9, 25, 33, 30]])
    series = frame(levels, [2000, 2001])
    nation = frame(levels.sum(axis=1), [2000, 2001], places=["Hunan"])
    whole = rc.phase_measures(series, 2000, 2001).set_index("province")
    one = rc.phase_measures(series[series["province"] == "Jilin"], 2000, 2001, nation=nation)
    for name in ("growth", "national_growth", "sensitivity", "ratio", "resistance"):
        assert_allclose(one[name], whole.loc["Jilin", name])


def test_structures_say_what_arrays_say(frame):
    before, after = np.arange(1.0, 9).reshape(2, 4), np.arange(3.0, 11).reshape(2, 4) ** 1.2
    rows = [
        frame([before[n], after[n]], [2002, 2007]).assign(sector=sector)
        for n, sector in enumerate(["farms", "mines"])
    ]
    structure = pd.concat(rows)
    found = rc.structural_measures(structure, 2002, 2007)
    split = rc.shift_share(before, after)
    for name in ("total", "mix", "competitive", "structural"):
        assert_allclose(found[name], getattr(split, name))
    assert list(found["province"]) == FOUR
    assert_allclose(found["national_growth"], split.national_growth)
    nation = structure.groupby(["year", "sector"], as_index=False).agg({"value": "sum"})
    about = structure[["unit", "kind", "indicator", "vintage", "source"]].iloc[0]
    nation = nation.assign(province="Hunan", **about).iloc[::-1]
    jilin = rc.structural_measures(
        structure[structure["province"] == "Jilin"], 2002, 2007, nation=nation
    )
    assert_allclose(jilin["mix"], split.mix[1])
    strict = rc.structural_measures(structure, 2002, 2007, least=9)
    assert strict[["total", "mix", "competitive", "structural"]].isna().all(axis=None)
    with pytest.raises(ValueError, match="one place with every sector"):
        rc.structural_measures(structure, 2002, 2007, nation=structure)
    with pytest.raises(ValueError, match="one place with every sector"):
        rc.structural_measures(structure, 2002, 2007, nation=nation[nation["sector"] == "farms"])
    with pytest.raises(ValueError, match="no figures for 2003"):
        rc.structural_measures(structure, 2002, 2003)
    fewer = structure[(structure["year"] == 2002) | (structure["province"] != "Jilin")]
    with pytest.raises(ValueError, match="keep what both years have"):
        rc.structural_measures(fewer, 2002, 2007)


def test_frames_that_cannot_be_compared_are_refused(frame):
    series = frame(np.ones((2, 4)), [2000, 2001])
    with pytest.raises(ValueError, match=r"no figure in Liaoning 2002; .*: choose other years"):
        rc.phase_measures(series, 2000, 2002)
    with pytest.raises(ValueError, match="years must rise"):
        rc.phase_measures(series, 2001, 2000)
    with pytest.raises(ValueError, match="years must rise"):
        rc.phase_measures(series, 2000, 2001, earlier=2000)
    with pytest.raises(ValueError, match="intensive"):
        rc.phase_measures(series.assign(kind="intensive"), 2000, 2001)
    with pytest.raises(ValueError, match="one place"):
        rc.phase_measures(series, 2000, 2001, nation=series)
    with pytest.raises(ValueError, match="vintage"):
        rc.phase_measures(series.assign(vintage=["a", "b"] * 4), 2000, 2001)


def test_product_at_constant_prices_grows_as_the_index_and_is_the_amount_of_its_year():
    links = st.indicator("gdp_index_real")
    amounts = st.indicator("gdp_nominal", "census4")
    real = rc.real_product(links, amounts, 2010)
    grown = st.growth(real).merge(links, on=["province", "year"], suffixes=("", "_link"))
    assert_allclose(grown["value"] + 100, grown["value_link"])
    at = real[real["year"] == 2010].merge(amounts, on=["province", "year"])
    assert len(at) == 31
    assert_allclose(at["value_x"], at["value_y"])
    assert set(real["year"]) == set(range(2000, 2020))
    assert set(real["vintage"]) == {"single × census4"}
    assert set(real["kind"]) == {"extensive"}
    with pytest.raises(ValueError, match=r"no amount of 2003 for Anhui, Beijing.*: choose another"):
        rc.real_product(links, amounts, 2003)
