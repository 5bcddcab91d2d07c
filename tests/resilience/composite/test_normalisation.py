"""Leaves on one scale: every method against its formula."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dongbei.resilience import Design
from dongbei.resilience.composite.normalisation import normalised

RANKS = ["rank", "percentile", "percentile rank"]
numbers = st.integers(-40, 40).map(lambda x: x / 4)
gappy = st.one_of(st.just(np.nan), numbers, numbers)
directions = st.sampled_from([1, -1])
scales = st.tuples(numbers, st.integers(1, 100)).map(lambda ends: (ends[0], ends[0] + ends[1]))


def varied(values):
    there = [x for x in values if x == x]
    return len(set(there)) > 1


columns = st.lists(gappy, min_size=2, max_size=15).filter(varied)


def plan(method, direction=1, leaf=None, **rule):
    return Design(
        title="t",
        nodes={"index": {}},
        leaves={"x": {"parent": "index", "direction": direction} | (leaf or {})},
        normalisation={"method": method} | rule,
    )


def scaled(values, method, direction=1, leaf=None, rows=None, **rule):
    rows = [f"u{i}" for i in range(len(values))] if rows is None else rows
    figures = pd.DataFrame({"x": values}, rows)
    return normalised(figures, plan(method, direction, leaf, **rule))["x"].to_numpy()


# -- formulas --------------------------------


@given(values=columns, direction=directions, ends=scales)
def test_minmax_takes_the_worst_to_low_and_the_best_to_high(values, direction, ends):
    low, high = ends
    least, most = np.nanmin(values), np.nanmax(values)
    part = [(x - least) / (most - least) for x in values]
    if direction < 0:
        part = [1 - one for one in part]
    expected = [low + (high - low) * one for one in part]
    found = scaled(values, "minmax", direction, low=low, high=high)
    assert_allclose(found, expected, atol=1e-9)


@given(values=columns, direction=directions, ends=scales)
def test_zscore_has_its_mean_at_low_and_a_standard_deviation_of_high_less_low(
    values, direction, ends
):
    low, high = ends
    series = pd.Series(values)
    expected = low + (high - low) * direction * (series - series.mean()) / series.std()
    found = scaled(values, "zscore", direction, low=low, high=high)
    assert_allclose(found, expected, atol=1e-9)
    assert_allclose([np.nanmean(found), np.nanstd(found, ddof=1)], [low, high - low], atol=1e-9)


@given(values=columns, direction=directions, ends=scales)
def test_a_rank_counts_the_worse_and_half_of_the_equal(values, direction, ends):
    low, high = ends
    signed = [direction * x for x in values]
    rank = [
        np.nan if x != x else sum(y < x for y in signed) + (sum(y == x for y in signed) + 1) / 2
        for x in signed
    ]
    n = sum(x == x for x in signed)
    rank = np.array(rank)
    assert_array_equal(scaled(values, "rank", direction), rank)
    expected = {"percentile": rank / n, "percentile rank": (rank - 1) / (n - 1)}
    for method, part in expected.items():
        found = scaled(values, method, direction, low=low, high=high)
        assert_allclose(found, low + (high - low) * part, atol=1e-9)


@given(values=columns, direction=directions, posts=scales, ends=scales)
def test_goalposts_are_the_ends_of_the_scale(values, direction, posts, ends):
    least, most = posts
    low, high = ends
    part = np.array([(x - least) / (most - least) for x in values])
    if direction < 0:
        part = 1 - part
    leaf = {"goalposts": posts}
    expected = low + (high - low) * part
    kept = scaled(values, "goalposts", direction, leaf, low=low, high=high, outside="keep")
    assert_allclose(kept, expected, atol=1e-9)
    clipped = scaled(values, "goalposts", direction, leaf, low=low, high=high, outside="clip")
    assert_allclose(clipped, np.clip(expected, low, high), atol=1e-9)
    if any(x < least or x > most for x in values):
        with pytest.raises(ValueError, match="passes its goalposts in the row of u"):
            scaled(values, "goalposts", direction, leaf)
    else:
        found = scaled(values, "goalposts", direction, leaf, low=low, high=high)
        assert_allclose(found, expected, atol=1e-9)


@given(values=columns, direction=directions, ends=scales, aim=numbers)
def test_a_target_is_the_upper_end_and_the_worst_unit_the_lower(values, direction, ends, aim):
    low, high = ends
    signed = [direction * x for x in values]
    worst = np.nanmin(signed)
    leaf = {"target": aim}
    assume(worst != direction * aim)
    if worst > direction * aim:
        with pytest.raises(ValueError, match=r"value to reach, .*, is no better than the worst"):
            scaled(values, "target", direction, leaf, outside="keep")
        return
    part = np.array([(x - worst) / (direction * aim - worst) for x in signed])
    kept = scaled(values, "target", direction, leaf, low=low, high=high, outside="keep")
    assert_allclose(kept, low + (high - low) * part, atol=1e-9)
    clipped = scaled(values, "target", direction, leaf, low=low, high=high, outside="clip")
    assert_allclose(clipped, low + (high - low) * np.minimum(part, 1), atol=1e-9)
    if (part > 1).any():
        with pytest.raises(ValueError, match="passes its target"):
            scaled(values, "target", direction, leaf)


@given(values=columns, direction=directions, ends=scales, at=st.integers(0, 14))
def test_a_reference_unit_has_the_upper_end_and_may_be_passed(values, direction, ends, at):
    at %= len(values)
    signed = [direction * x for x in values]
    worst = np.nanmin(signed)
    if signed[at] != signed[at]:
        with pytest.raises(ValueError, match="no figure of the unit of reference"):
            scaled(values, "reference", direction, unit=f"u{at}")
        return
    if signed[at] == worst:
        with pytest.raises(ValueError, match="is no better than the worst"):
            scaled(values, "reference", direction, unit=f"u{at}")
        return
    low, high = ends
    found = scaled(values, "reference", direction, unit=f"u{at}", low=low, high=high)
    part = [(x - worst) / (signed[at] - worst) for x in signed]
    assert_allclose(found, low + (high - low) * np.array(part), atol=1e-9)
    assert_allclose(found[at], high)


@given(values=st.lists(st.integers(0, 50), min_size=2).filter(lambda v: max(v) > 0), ends=scales)
def test_the_best_is_the_upper_end_and_nothing_the_lower(values, ends):
    low, high = ends
    found = scaled([float(x) for x in values], "best", low=low, high=high)
    assert_allclose(found, low + (high - low) * np.array(values) / max(values))


# -- properties --------------------------------


@settings(max_examples=30)
@given(values=columns, direction=directions, factor=st.floats(0.01, 100), shift=numbers)
@pytest.mark.parametrize("method", ["minmax", "zscore", *RANKS])
def test_scores_do_not_depend_on_the_unit_of_a_figure(method, values, direction, factor, shift):
    moved = [factor * x + shift for x in values]
    assume(len({x for x in moved if x == x}) == len({x for x in values if x == x}))
    assert_allclose(
        scaled(moved, method, direction), scaled(values, method, direction), atol=1e-7, rtol=1e-7
    )


@settings(max_examples=30)
@given(values=columns)
@pytest.mark.parametrize("method", ["minmax", "zscore", *RANKS])
def test_less_of_a_bad_thing_is_more_of_its_opposite(method, values):
    opposite = [-x for x in values]
    assert_allclose(scaled(values, method, -1), scaled(opposite, method, 1), atol=1e-12)


@settings(max_examples=30)
@given(values=columns, direction=directions)
@pytest.mark.parametrize("method", ["minmax", "zscore", *RANKS])
def test_scores_rise_with_what_is_good(method, values, direction):
    signed = np.array(values) * direction
    found = scaled(values, method, direction)
    assert_array_equal(np.isnan(found), np.isnan(signed))
    order = np.argsort(signed)[: np.sum(~np.isnan(signed))]
    steps = np.diff(signed[order])
    assert ((np.diff(found[order]) > 0) == (steps > 0)).all()


@settings(max_examples=40)
@given(
    years=st.lists(columns, min_size=2, max_size=3),
    method=st.sampled_from(["minmax", "zscore", *RANKS]),
)
def test_each_year_is_scaled_by_itself_or_all_together(years, method):
    rows = [(2000 + y, f"u{i}") for y, values in enumerate(years) for i in range(len(values))]
    rows = pd.MultiIndex.from_tuples(rows, names=["year", "unit"])
    together = [x for values in years for x in values]
    apart = scaled(together, method, rows=rows, within="each year")
    assert_allclose(apart, np.concatenate([scaled(values, method) for values in years]))
    all_years = scaled(together, method, rows=rows)
    assert_allclose(all_years, scaled(together, method))


def test_a_reference_unit_counts_with_its_mean_of_all_years_or_its_own_year():
    rows = pd.MultiIndex.from_product([[2000, 2001], ["A", "B"]])
    values = [0.0, 2, 1, 4]
    assert_allclose(scaled(values, "reference", rows=rows, unit="B"), np.array(values) / 3)
    each = scaled(values, "reference", rows=rows, unit="B", within="each year")
    assert_allclose(each, [0, 1, 0, 1])


@pytest.mark.parametrize("method", ["minmax", "zscore", *RANKS, "reference"])
def test_a_leaf_without_figures_in_a_year_has_no_scores_there(method):
    rows = pd.MultiIndex.from_product([[2000, 2001], ["A", "B"]])
    unit = {"unit": "B"} if method == "reference" else {}
    found = scaled([1.0, 2, np.nan, np.nan], method, rows=rows, within="each year", **unit)
    assert_array_equal(np.isnan(found), [False, False, True, True])


def test_goalposts_and_targets_of_a_logarithm_are_given_in_the_unit_itself():
    leaf = {"logarithm": True, "goalposts": (100, 75000), "target": 75000}
    incomes = np.array([100.0, 1000, 75000])
    expected = np.log(incomes / 100) / np.log(750)
    assert_allclose(scaled(np.log(incomes), "goalposts", leaf=leaf), expected, atol=1e-15)
    assert_allclose(scaled(np.log(incomes), "goalposts", -1, leaf), 1 - expected, atol=1e-15)
    assert_allclose(scaled(np.log(incomes), "target", leaf=leaf), expected, atol=1e-15)


def test_a_leaf_may_have_its_own_normalisation():
    design = plan("minmax", leaf={"normalisation": {"method": "percentile"}})
    found = normalised(pd.DataFrame({"x": [1.0, 5, 6, 7]}), design)
    assert_array_equal(found["x"], [0.25, 0.5, 0.75, 1])


def test_rounding_does_not_pass_a_goalpost():
    values = 0.1 * np.array([1.0, 2, 3])
    assert values[2] > 0.3
    found = scaled(values, "goalposts", leaf={"goalposts": (0.1, 0.3)})
    assert found[[0, 2]].tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"row of u2 and 0 others; widen them, or say outside"):
        scaled([0.1, 0.2, 0.3000001], "goalposts", leaf={"goalposts": (0.1, 0.3)})


def test_all_that_pass_goalposts_are_counted_and_the_first_is_named():
    with pytest.raises(ValueError, match="row of u1 and 2 others"):
        scaled([1.0, 9, 8, -1], "goalposts", leaf={"goalposts": (0, 5)})


# -- refusals --------------------------------


@pytest.mark.parametrize("method", ["minmax", "zscore", *RANKS, "target", "reference"])
def test_a_leaf_that_does_not_vary_is_refused(method):
    more = {"unit": "u0"} if method == "reference" else {}
    with pytest.raises(ValueError, match=r"'x' does not vary .* leave it out, or .* goalposts"):
        scaled([3.0, 3, np.nan], method, leaf={"target": 5}, **more)


def test_goalposts_take_a_leaf_that_does_not_vary():
    assert_array_equal(scaled([3.0, 3], "goalposts", leaf={"goalposts": (0, 4)}), [0.75, 0.75])


def test_a_method_without_what_it_needs_is_refused():
    with pytest.raises(ValueError, match="'x' is to be normalised by goalposts and has none"):
        scaled([1.0, 2], "goalposts")
    with pytest.raises(ValueError, match="'x' is to be measured by its target and has none"):
        scaled([1.0, 2], "target")
    with pytest.raises(ValueError, match="unit of reference 'Z' is not in the table"):
        scaled([1.0, 2], "reference", unit="Z")
    with pytest.raises(ValueError, match="needs direction 1 and nothing negative"):
        scaled([1.0, 2], "best", -1)
    with pytest.raises(ValueError, match="needs direction 1 and nothing negative"):
        scaled([-1.0, 2], "best")


def test_the_value_to_reach_is_named_in_the_unit_of_the_leaf():
    with pytest.raises(ValueError, match="reach, 9, is no better than the worst, 7;"):
        scaled([5.0, 7], "target", -1, {"target": 9})
    with pytest.raises(ValueError, match="reach, 7, is no better than the worst, 7;"):
        scaled([5.0, 7], "target", -1, {"target": 7})
