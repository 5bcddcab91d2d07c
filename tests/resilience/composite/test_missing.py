"""Leaves from columns, cells without a figure, and rows that are left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dongbei.resilience import Design, index, prepare
from dongbei.resilience.composite.design import Missing
from dongbei.resilience.composite.missing import carried, columns, filled, kept, of_years

gappy = st.one_of(st.none(), st.integers(-5, 5)).map(lambda x: np.nan if x is None else float(x))


def design(**leaves):
    """One node over leaves."""
    there = {name: {"parent": "index", "direction": 1} | leaf for name, leaf in leaves.items()}
    return Design(title="t", nodes={"index": {}}, leaves=there)


def panels(fewest=1):
    """Strategy of tables by year and unit, with gaps, rows in any order and some of them absent."""
    places = [(year, unit) for year in range(2000, 2007) for unit in "ABC"]
    return st.lists(st.sampled_from(places), min_size=fewest, unique=True).flatmap(
        lambda rows: st.lists(st.tuples(gappy, gappy), min_size=len(rows), max_size=len(rows)).map(
            lambda cells: pd.DataFrame(
                cells, pd.MultiIndex.from_tuples(rows, names=["year", "unit"]), ["x", "y"]
            )
        )
    )


# -- leaves from columns --------------------------------


def test_a_leaf_is_scale_times_column_over_denominator():
    table = pd.DataFrame({"grain": [6.0, np.nan, 8], "people": [3.0, 2, np.nan]}, list("ABC"))
    found = columns(design(food={"column": "grain", "denominator": "people", "scale": 100}), table)
    assert_array_equal(found["food"], [200, np.nan, np.nan])


def test_a_leaf_takes_the_column_of_its_name_unless_told_otherwise():
    table = pd.DataFrame({"food": [1, 2], "other": [3, 4]}, list("AB"))
    found = columns(design(food={}, energy={"column": "other"}), table)
    assert_array_equal(found, [[1, 3], [2, 4]])


def test_a_logarithm_is_that_of_the_scaled_quotient():
    table = pd.DataFrame({"x": [1.0, 10], "n": [2.0, 5]}, list("AB"))
    found = columns(design(x={"denominator": "n", "scale": 3, "logarithm": True}), table)
    assert_allclose(found["x"], [np.log(1.5), np.log(6)])


def test_a_leaf_without_open_data_needs_no_column():
    table = pd.DataFrame({"x": [1.0, 2]}, list("AB"))
    found = columns(design(x={}, y={"status": "no open data"}), table)
    assert list(found) == ["x"]


def test_integers_with_gaps_are_numbers():
    table = pd.DataFrame({"x": pd.array([1, None, 3], "Int64")}, list("ABC"))
    assert_array_equal(columns(design(x={}), table)["x"], [1, np.nan, 3])


@pytest.mark.parametrize(
    ("leaf", "values", "message"),
    [
        ({"column": "y"}, [1, 2], "leaf 'x' needs the column 'y'; the table has x, n"),
        ({"denominator": "y"}, [1, 2], "leaf 'x' needs the column 'y'"),
        ({}, ["1", "two"], "column 'x' holds something that is not a number"),
        ({}, [1, np.inf], "column 'x' is infinite in the row of B"),
        ({}, [-np.inf, 1], "column 'x' is infinite in the row of A"),
        ({"logarithm": True}, [1, 0], "leaf 'x' is not positive.* in the row of B; .*logarithm"),
        ({"logarithm": True}, [-1, 2], "leaf 'x' is not positive.* in the row of A"),
        ({"column": "n", "denominator": "x"}, [1, 0], "denominator 'x' of leaf 'x' .* row of B"),
        ({"column": "n", "denominator": "x"}, [-3, 1], "denominator 'x' of leaf 'x' .* row of A"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(leaf, values, message):
    table = pd.DataFrame({"x": values, "n": [1.0, 1.0]}, list("AB"))
    with pytest.raises(ValueError, match=message):
        columns(design(x=leaf), table)


def test_a_unit_with_two_rows_is_refused():
    table = pd.DataFrame({"x": [1.0, 2, 3]}, list("ABA"))
    with pytest.raises(ValueError, match="two rows of A; keep one"):
        columns(design(x={}), table)
    rows = pd.MultiIndex.from_tuples([(2000, "A"), (2001, "A"), (2001, "A")])
    with pytest.raises(ValueError, match="two rows of 2001, A; keep one"):
        columns(design(x={}), table.set_axis(rows))


def test_a_column_that_stands_twice_is_refused():
    table = pd.DataFrame([[1.0, 2, 3]], ["A"], ["x", "x", "y"])
    with pytest.raises(ValueError, match="two columns 'x'"):
        columns(design(x={}), table)
    assert_array_equal(columns(design(y={}), table), [[3]])


# -- who stays --------------------------------


@settings(max_examples=40)
@given(cells=st.lists(st.tuples(*[gappy] * 4), min_size=1, max_size=8), most=st.integers(1, 4))
def test_units_with_too_few_leaves_are_left_out(cells, most):
    figures = pd.DataFrame(cells, [f"u{i}" for i in range(len(cells))])
    enough = [sum(x == x for x in row) >= most for row in cells]  # NaN is not equal to itself
    whole = [
        any(x[leaf] == x[leaf] for x, keep in zip(cells, enough, strict=True) if keep)
        for leaf in range(4)
    ]
    if not any(enough):
        with pytest.raises(ValueError, match=r"no unit has .* lower missing.unit_coverage"):
            kept(figures, most / 4)
    elif not all(whole):
        with pytest.raises(ValueError, match="has no figure; give it the status 'no open data'"):
            kept(figures, most / 4)
    else:
        assert_array_equal(kept(figures, most / 4), figures[enough])


def test_the_message_about_coverage_says_what_the_fullest_unit_has():
    figures = pd.DataFrame({"x": [1.0], "y": [np.nan]}, ["A"])
    with pytest.raises(ValueError, match="no unit has 51% of the leaves, the most is 50%"):
        kept(figures, 0.51)


def test_a_unit_of_which_nothing_is_observed_is_refused_or_left_out():
    table = pd.DataFrame({"x": [1.0, np.nan, 3], "y": [2.0, np.nan, 1]}, list("ABC"))
    plan = design(x={}, y={})
    with pytest.raises(ValueError, match="nothing is observed of B; leave the row out, or"):
        index(plan, table)
    asked = plan.replaced({"missing.unit_coverage": 0.5, "missing.method": "mean"})
    found = prepare(asked, table)
    assert list(found.left_out) == ["B"]
    assert list(found.scores.index) == ["A", "C"]


def test_coverage_is_counted_before_anything_is_filled_in():
    table = pd.DataFrame({"x": [1.0, np.nan, 3], "y": [2.0, 5, 1], "z": [1.0, np.nan, 7]})
    plan = design(x={}, y={}, z={}).replaced({"missing": {"method": "mean", "unit_coverage": 0.5}})
    found = prepare(plan, table)
    assert list(found.left_out) == [1]
    assert not found.filled.any(axis=None)


def test_who_is_left_out_lends_nothing_to_the_mean():
    table = pd.DataFrame({"x": [np.nan, 1, 3, 100], "y": [1, 2, 3, np.nan], "z": [1, 5, 4, np.nan]})
    plan = design(x={}, y={}, z={}).replaced({"missing": {"method": "mean", "unit_coverage": 0.6}})
    found = prepare(plan, table)
    assert found.figures.loc[0, "x"] == 2
    assert_array_equal(np.argwhere(found.filled), [[0, 0]])


@pytest.mark.parametrize(("share", "has"), [(0.75, True), (0.76, False)])
def test_a_node_has_a_score_if_enough_weight_is_there(share, has):
    weights = {"x": 1, "y": 2, "z": 1}
    plan = design(**{name: {"weight": weight} for name, weight in weights.items()})
    table = pd.DataFrame({"x": [0.0, 1, 1], "y": [1.0, 0, 1], "z": [np.nan, 1, 0]}, list("ABC"))
    for fields in ({"missing.node_coverage": share}, {"nodes.index.coverage": share}):
        found = index(plan.replaced(fields), table)
        assert np.isnan(found.scores.loc["A", "index"]) != has
        assert np.isnan(found.ranks.loc["A", "index"]) != has
    if has:
        assert_allclose(found.scores.loc["A", "index"], 2 / 3)
    assert_allclose(found.scores.loc["B", "index"], 0.5)


def test_half_of_the_weight_is_half_whatever_is_lost_in_computing():
    """1/12 + 4/12 + 1/12 is less than 1/2 in its last digit."""
    plan = design(
        **{name: {"weight": weight} for name, weight in zip("xyzw", (1, 4, 1, 6), strict=True)}
    )
    table = pd.DataFrame({name: [0.5, 0, 1] for name in "xyzw"}, list("ABC"))
    table.loc["A", "w"] = np.nan
    found = index(plan.replaced({"nodes.index.coverage": 0.5}), table)
    assert found.scores.loc["A", "index"] == pytest.approx(0.5)


def test_a_node_may_ask_for_less_than_the_others():
    plan = design(x={}, y={})
    table = pd.DataFrame({"x": [0.0, 1, 0.5], "y": [np.nan, 1, 0]}, list("ABC"))
    strict = plan.replaced({"missing.node_coverage": 1})
    assert np.isnan(index(strict, table).scores.loc["A", "index"])
    lenient = strict.replaced({"nodes.index.coverage": 0})
    assert index(lenient, table).scores.loc["A", "index"] == 0


# -- what is filled in --------------------------------


@settings(max_examples=40)
@given(table=panels(), method=st.sampled_from(["mean", "median"]), grouped=st.booleans())
def test_gaps_take_the_mean_or_median_of_the_year_and_group(table, method, grouped):
    groups = pd.DataFrame({"side": {"A": "east", "B": "west", "C": "east"}})
    rule = Missing(method=method, group="side" if grouped else None)
    found = filled(table, rule, groups)
    for (year, unit), row in table.iterrows():
        for leaf, value in row.items():
            peers = [
                other[leaf]
                for (when, who), other in table.iterrows()
                if when == year
                and not np.isnan(other[leaf])
                and (not grouped or groups["side"][who] == groups["side"][unit])
            ]
            if not np.isnan(value):
                expected = value
            elif not peers:
                expected = np.nan
            else:
                expected = np.mean(peers) if method == "mean" else np.median(peers)
            assert_allclose(found.loc[(year, unit), leaf], expected)


@settings(max_examples=40)
@given(table=panels(), most=st.integers(1, 4))
def test_the_last_figure_is_carried_over_so_many_years(table, most):
    found = carried(table, most)
    assert found.index.equals(table.index)
    for year, unit in table.index:
        for leaf in table:
            expected = np.nan
            for back in range(most + 1):
                place = (year - back, unit)
                if place in table.index and not np.isnan(table.loc[place, leaf]):
                    expected = table.loc[place, leaf]
                    break
            assert_array_equal(found.loc[(year, unit), leaf], expected)


@given(table=panels())
def test_nothing_is_filled_in_unless_asked(table):
    assert filled(table, Missing(), None) is table


def test_a_cell_that_stays_open_is_not_marked_as_filled_in():
    rows = pd.MultiIndex.from_product([[2000, 2001], ["A", "B", "C"]])
    figures = pd.DataFrame({"x": [1.0, np.nan, 3] + [np.nan] * 3, "y": [1.0, 2, 6] * 2}, rows)
    plan = design(x={}, y={})
    assert not prepare(plan, figures).filled.any(axis=None)
    found = prepare(plan.replaced({"missing.method": "mean"}), figures)
    assert_array_equal(found.figures["x"], [1, 2, 3] + [np.nan] * 3)
    assert_array_equal(np.argwhere(found.filled), [[1, 0]])


def test_the_grouping_of_an_index_reaches_its_means():
    table = pd.DataFrame({"x": [1.0, np.nan, 9, 5], "y": [2.0, 5, 1, 0]}, list("ABCD"))
    groups = pd.DataFrame({"side": ["east", "east", "west", "west"]}, list("ABCD"))
    plan = design(x={}, y={}).replaced({"missing": {"method": "mean", "group": "side"}})
    assert prepare(plan, table, groups).figures.loc["B", "x"] == 1
    assert index(plan, table, groups).prepared.figures.loc["B", "x"] == 1


def test_figures_are_carried_before_a_mean_is_taken():
    rows = pd.MultiIndex.from_product([[2000, 2001], ["A", "B", "C"]])
    figures = pd.DataFrame({"x": [1.0, 2, 6, np.nan, 4, np.nan], "y": 1.0}, rows)
    figures.loc[(2001, "B"), "y"] = 2.0
    rules = {"missing": {"method": "mean", "carry": 1}, "years": [2001]}
    leaves = {name: {"parent": "index", "direction": 1} for name in "xy"}
    design = Design(title="t", nodes={"index": {}}, leaves=leaves, **rules)
    found = prepare(design, figures)
    assert_array_equal(found.figures["x"], [1, 4, 6])
    assert_array_equal(found.filled["x"], [True, False, True])
    assert list(found.figures.index) == [(2001, "A"), (2001, "B"), (2001, "C")]


def test_years_of_a_design_must_be_in_the_table():
    rows = pd.MultiIndex.from_product([[2000, 2001, 2002], ["A", "B"]])
    figures = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6]}, rows)
    assert_array_equal(of_years(figures, (2001,))["x"], [3, 4])
    assert_array_equal(of_years(figures, (2000, 2002))["x"], [1, 2, 5, 6])
    assert_array_equal(of_years(figures, None), figures)
    with pytest.raises(ValueError, match="no rows of 2003, a year of the design"):
        of_years(figures, (2001, 2003))
    with pytest.raises(ValueError, match="give the table an index of year and unit"):
        of_years(figures.loc[2000], (2000,))


def test_carrying_needs_years():
    with pytest.raises(ValueError, match=r"missing.carry needs years"):
        carried(pd.DataFrame({"x": [1.0]}, ["A"]), 1)


def test_a_grouping_must_be_there_and_hold_every_unit():
    figures = pd.DataFrame({"x": [1.0, np.nan]}, ["A", "B"])
    rule = Missing(method="mean", group="side")
    for groups in (None, pd.DataFrame({"other": ["e", "e"]}, ["A", "B"])):
        with pytest.raises(ValueError, match=r"missing.group asks for 'side'; pass groups="):
            filled(figures, rule, groups)
    for groups in (
        pd.DataFrame({"side": ["e"]}, ["A"]),
        pd.DataFrame({"side": ["e", None]}, ["A", "B"]),
    ):
        with pytest.raises(ValueError, match="'side' does not say where B belongs"):
            filled(figures, rule, groups)


def test_a_mean_filled_in_moves_no_mean_of_the_leaf():
    table = pd.DataFrame({"x": [1.0, np.nan, 3, 8], "y": [4.0, 3, np.nan, 1]}, list("ABCD"))
    plan = design(x={}, y={}).replaced({"missing.method": "mean"})
    found = prepare(plan, table)
    assert_allclose(found.figures.mean(), table.mean())
    assert_array_equal(found.filled, table.isna())
