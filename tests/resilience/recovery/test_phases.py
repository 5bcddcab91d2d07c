"""Phases of growth: turning points by rule, and breaks of the mean as published."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from statsmodels.datasets import nile

from dongbei import statistics as st
from dongbei.resilience import recovery as rc

rates = arrays(float, 15, elements=some.integers(-20, 20).map(lambda n: n / 2), unique=False)


def series(values, first=2000):
    return pd.Series(np.asarray(values, float), index=range(first, first + len(values)))


# -- turning points --------------------------------


def test_a_peak_and_a_trough_by_hand():
    found = rc.turning_points(series([8, 10, 12, 9, 8.5, 9, 8, 11, 10]), 2)
    assert list(found["phase"]) == ["upswing", "slowdown", "upswing"]
    assert list(found["start"]) == [2000, 2002, 2006]
    assert list(found["end"]) == [2002, 2006, 2008]
    assert_allclose(found["change"], [4, -4, 2])
    assert list(found["complete"]) == [False, True, False]


def test_a_small_rise_does_not_end_a_slowdown_and_a_larger_one_does():
    growth = series([5, 12, 9, 10, 7, 13])
    assert len(rc.turning_points(growth, 1.5)) == 3
    assert len(rc.turning_points(growth, 1)) == 5


def test_a_movement_of_exactly_the_least_size_counts():
    assert len(rc.turning_points(series([5, 12, 9, 10, 7, 13]), 1.0)) == 5
    assert len(rc.turning_points(series([5, 12, 11, 14]), 1.0)) == 3


def test_growth_that_hardly_moves_is_one_phase_by_its_direction():
    for values, phase in (([1, 1.1, 1.2], "upswing"), ([1.2, 1.1, 1], "slowdown")):
        assert list(rc.turning_points(series(values), 5)["phase"]) == [phase]


@pytest.mark.parametrize(("values", "phase"), [([1, 2, 3], "upswing"), ([3, 2, 1], "slowdown")])
def test_growth_that_never_turns_is_one_phase_cut_at_both_ends(values, phase):
    found = rc.turning_points(series(values), 0.5)
    assert list(found["phase"]) == [phase]
    assert list(found["complete"]) == [False]


@given(values=rates, least=some.sampled_from([0.75, 2.25, 5.25]))
def test_phases_alternate_cover_all_years_and_move_by_the_least_or_more(values, least):
    found = rc.turning_points(series(values), least)
    phases = list(found["phase"])
    assert all(one != other for one, other in pairwise(phases))
    assert list(found["start"])[1:] == list(found["end"])[:-1]
    assert (found["start"].iloc[0], found["end"].iloc[-1]) == (2000, 2014)
    assert_allclose(found["change"].sum(), values[-1] - values[0])
    full = found[found["complete"]]
    assert (full["change"].abs() >= least).all()
    assert ((full["change"] < 0) == (full["phase"] == "slowdown")).all()


@given(values=rates, least=some.sampled_from([0.75, 2.25]))
def test_inside_a_phase_nothing_moves_against_it_by_the_least(values, least):
    growth = series(values)
    for row in rc.turning_points(growth, least).itertuples():
        inside = growth.loc[row.start : row.end].to_numpy()
        against = -inside if row.phase == "upswing" else inside
        rise = max((late - early for early, late in combinations(against, 2)), default=0)
        assert rise < least


@given(values=rates)
def test_upside_down_slowdowns_are_upswings(values):
    up, down = (rc.turning_points(series(sign * values), 1.25) for sign in (1, -1))
    if len(up) > 1:
        assert (up["phase"] != down["phase"]).all()
    assert list(up["start"]) == list(down["start"])


# -- breaks of the mean --------------------------------


def test_the_nile_as_published():
    # strucchange, breakpoints(Nile ~ 1), of Zeileis and others (2003); a year there ends a segment
    flow = nile.load_pandas().data
    found = rc.segmentations(
        pd.Series(flow["volume"].to_numpy(), flow["year"].astype(int)), shortest=15
    )
    assert_allclose(found["rss"], [2835157, 1597457, 1552924, 1538097, 1507888, 1659994], atol=0.5)
    assert_allclose(found["bic"], [1318, 1270, 1276, 1285, 1292, 1311], atol=0.5)
    published = [
        (),
        (1898,),
        (1898, 1953),
        (1898, 1938, 1953),
        (1898, 1915, 1938, 1953),
        (1885, 1900, 1915, 1938, 1953),
    ]
    assert [tuple(year - 1 for year in years) for years in found["years"]] == published
    assert found["bic"].idxmin() == found["lwz"].idxmin() == 1


@given(values=arrays(float, 9, elements=some.floats(-5, 5)))
def test_no_other_division_has_a_smaller_sum_of_squares(values):
    values = values + np.arange(9) % 2 * 20 + np.arange(9)  # never fitted exactly
    found = rc.segmentations(series(values), shortest=2, most=2)
    for breaks in (1, 2):
        divisions = [
            cuts for cuts in combinations(range(1, 9), breaks) if min(np.diff([0, *cuts, 9])) >= 2
        ]
        best = min(
            sum(((part - part.mean()) ** 2).sum() for part in np.split(values, cuts))
            for cuts in divisions
        )
        assert_allclose(found["rss"].iloc[breaks], best)


def test_the_criteria_by_their_formulas():
    values = np.array([1.0, 2, 1, 2, 9, 8, 9, 8, 9])
    row = rc.segmentations(series(values), shortest=3, most=1).iloc[1]
    assert row["years"] == (2004,)
    rss, n = ((values[:4] - 1.5) ** 2).sum() + ((values[4:] - 8.6) ** 2).sum(), 9
    assert_allclose(row["rss"], rss)
    likelihood = -n / 2 * (np.log(2 * np.pi) + np.log(rss / n) + 1)
    assert_allclose(row["bic"], -2 * likelihood + 4 * np.log(n))  # two means, a date, a variance
    assert_allclose(row["lwz"], np.log(rss / (n - 3)) + 3 / n * 0.299 * np.log(n) ** 2.1)


def test_a_drift_is_a_staircase_to_bic_and_less_of_one_to_lwz():
    drift = series(np.linspace(10, 5, 20) + np.tile([0.1, -0.1], 10))
    found = rc.segmentations(drift, shortest=2)
    assert found["bic"].idxmin() > found["lwz"].idxmin()


@given(values=rates, shift=some.floats(-5, 5))
def test_breaks_do_not_depend_on_the_mean(values, shift):
    noisy = values + np.cos(np.arange(15) * 2.0)
    one = rc.segmentations(series(noisy), most=2)
    other = rc.segmentations(series(noisy + shift), most=2)
    assert_allclose(one["rss"], other["rss"], atol=1e-8)


def test_no_more_breaks_than_fit():
    found = rc.segmentations(series(np.cos(np.arange(10) * 3.0)), shortest=3)
    assert list(found["breaks"]) == [0, 1, 2]
    with pytest.raises(ValueError, match="at most 2 breaks, not 3"):
        rc.segmentations(series(np.cos(np.arange(10) * 3.0)), shortest=3, most=3)
    assert len(rc.segmentations(series(np.cos(np.arange(12) * 3.0)), shortest=1)) == 5


# -- refusals --------------------------------


@pytest.mark.parametrize("rule", [lambda s: rc.turning_points(s, 1), rc.segmentations])
def test_years_that_do_not_follow_one_another_are_refused(rule):
    with pytest.raises(ValueError, match="follow one another"):
        rule(series([1, 2, 3, 5, 2]).drop(2002))
    with pytest.raises(ValueError, match=r"missing in .*2001"):
        rule(series([1, np.nan, 3, 5, 2]))
    with pytest.raises(ValueError, match="3 years or more; there are 2"):
        rule(series([1, 2]))


def test_rules_without_a_size_or_length_are_refused():
    with pytest.raises(ValueError, match="least must be positive"):
        rc.turning_points(series([1, 2, 1]), 0)
    with pytest.raises(ValueError, match="one year or more"):
        rc.segmentations(series([1, 2, 1, 3]), shortest=0)
    with pytest.raises(ValueError, match="fit the years exactly: ask for fewer, most=0"):
        rc.segmentations(series([1, 1, 1, 5, 5, 5]), shortest=3)


# -- China --------------------------------


def test_the_nations_product_at_the_prices_of_the_year_slows_five_times_and_never_falls():
    product = st.national("gdp_nominal", years=range(1977, 2023)).set_index("year")["value"]
    growth = 100 * (product / product.shift() - 1).dropna()
    assert (growth > 0).all()
    found = rc.turning_points(growth, 4)
    slow = found[(found["phase"] == "slowdown") & found["complete"]]
    assert list(zip(slow["start"], slow["end"], strict=True)) == [
        (1985, 1986),
        (1988, 1990),
        (1994, 1999),
        (2007, 2009),
        (2011, 2015),
        (2017, 2020),
    ]
