"""Paths after a shock: drop, recovery time, lost area, trend and persistence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from statsmodels.regression.linear_model import OLS

from dongbei.resilience import recovery as rc

LEVEL = some.floats(0.2, 5)
levels = arrays(float, (6, 4), elements=LEVEL)


def column(*values):
    return np.array(values, dtype=float)[:, None]


@some.composite
def paths(draw):
    path = draw(levels)
    return path / path[0]


# -- by hand --------------------------------


def test_a_path_that_falls_and_comes_back():
    path = column(1, 0.8, 0.9, 1.1, 1.2)
    found = rc.recovery_time(path)
    assert_allclose(rc.drop(path), 0.2)
    assert_array_equal(found.years, [3])
    assert_array_equal(found.trough, [1])
    assert_array_equal(found.status, ["recovered"])
    assert found.observed == 4
    # 1/2·1·0.2, then the trapezoid of 0.2 and 0.1, then a triangle to the crossing halfway
    assert_allclose(rc.lost_area(path), 0.1 + 0.15 + 0.025)


def test_bruneaus_triangle_is_half_of_drop_times_time():
    fall = 0.3
    path = column(1, *np.linspace(1 - fall, 1, 7))
    # a fall within the first year, then six years of even repair
    assert_allclose(rc.lost_area(path), fall * (1 + 6) / 2)


def test_coming_back_before_the_lowest_year_is_no_recovery():
    found = rc.recovery_time(column(1, 0.9, 1.0, 0.8, 0.9))
    assert_array_equal(found.status, ["not recovered"])
    assert np.isnan(found.years).all()
    assert_array_equal(found.trough, [3])
    again = rc.recovery_time(column(1, 0.9, 1.0, 0.8, 0.9, 1.0))
    assert_array_equal(again.years, [5])


def test_a_record_that_ends_too_early_says_so():
    path = column(1, 0.8, 0.9, 1.0)
    whole, cut = rc.recovery_time(path), rc.recovery_time(path[:3])
    assert_array_equal(whole.years, [3])
    assert_array_equal(cut.status, ["not recovered"])
    assert (whole.observed, cut.observed) == (3, 2)


def test_a_drop_below_the_expected_path_without_a_drop_below_the_start():
    path = column(1, 1.0, 1.05)
    expected = column(1, 1.1, 1.21)
    assert_allclose(rc.drop(path), 0)
    assert_allclose(rc.drop(path, expected), 1 - 1.05 / 1.21)
    assert_array_equal(rc.recovery_time(path).status, ["never fell"])
    assert_array_equal(rc.recovery_time(path, expected).status, ["not recovered"])


# -- laws --------------------------------


@given(steps=arrays(float, (5, 4), elements=some.floats(0, 1)))
def test_a_path_that_never_falls_loses_nothing(steps):
    path = np.exp(np.vstack([np.zeros(4), steps.cumsum(axis=0)]))
    found = rc.recovery_time(path)
    assert_array_equal(rc.drop(path), 0)
    assert_array_equal(rc.lost_area(path), 0)
    assert_array_equal(found.years, 0)
    assert_array_equal(found.trough, 0)
    assert set(found.status) == {"never fell"}


def test_a_start_that_rounding_put_above_the_expected_path_is_no_negative_drop():
    path = column(1 + 5e-10, 1.1)
    assert_array_equal(rc.drop(path), [0])
    assert_array_equal(rc.recovery_time(path).status, ["never fell"])


def test_a_small_fall_is_a_fall_and_rounding_is_none():
    small, rounded = rc.recovery_time(column(1, 0.9999)), rc.recovery_time(column(1, 1 - 1e-14))
    assert_array_equal(small.status, ["not recovered"])
    assert_array_equal(small.trough, [1])
    assert_array_equal(rounded.status, ["never fell"])
    assert_array_equal(rounded.trough, [0])


@given(path=paths())
def test_area_is_the_integral_of_the_shortfall(path):
    time = np.arange(len(path))
    for region in range(path.shape[1]):
        short = 1 - path[:, region]

        def below(t, short=short):
            return max(0.0, np.interp(t, time, short))

        pieces = [quad(below, t, t + 1, limit=200)[0] for t in time[:-1]]
        assert_allclose(rc.lost_area(path)[region], sum(pieces), atol=1e-5)


@given(path=paths())
def test_area_lies_between_nothing_and_the_drop_over_all_years(path):
    area, drop = rc.lost_area(path), rc.drop(path)
    assert (area >= 0).all()
    assert (area <= drop * (len(path) - 1) + 1e-12).all()
    assert_array_equal(area > 0, drop > 0)


@given(path=paths())
def test_recovery_year_by_year(path):
    found = rc.recovery_time(path)
    for region, one in enumerate(path.T.tolist()):
        lowest = one.index(min(one))
        back = [t for t in range(lowest + 1, len(one)) if one[t] >= 1 - 1e-12]
        if min(one) >= 1 - 1e-12:
            assert (found.status[region], found.years[region]) == ("never fell", 0)
            assert found.trough[region] == 0
        elif back:
            assert (found.status[region], found.years[region]) == ("recovered", back[0])
            assert found.trough[region] == lowest
        else:
            assert found.status[region] == "not recovered"
            assert np.isnan(found.years[region])


@given(levels=levels, prices=arrays(float, 6, elements=LEVEL))
def test_parts_of_the_nation_need_no_common_deflator(levels, prices):
    nominal = rc.relative_path(levels * prices[:, None])
    assert_allclose(nominal, rc.relative_path(levels), rtol=1e-9)


@given(levels=levels)
def test_a_path_is_the_ratio_of_sensitivity_up_to_each_year(levels):
    path = rc.relative_path(levels)
    for year in range(6):
        assert_allclose(path[year], rc.sensitivity_ratio(levels[0], levels[year]), rtol=1e-9)


@given(levels=levels)
def test_paths_weighted_by_their_starts_add_up_to_one(levels):
    assert_allclose(rc.relative_path(levels) @ (levels[0] / levels[0].sum()), 1)


def test_the_nation_may_be_more_than_the_regions():
    levels, nation = np.array([[10.0, 20], [11, 18]]), [100, 110]
    assert_allclose(rc.relative_path(levels, nation=nation)[1], [1, 0.9 / 1.1])


# -- trend and persistence --------------------------------


@given(
    start=arrays(float, 4, elements=LEVEL),
    slope=arrays(float, 4, elements=some.floats(-0.2, 0.2)),
)
def test_a_steady_path_goes_on_as_expected_and_has_no_persistence(start, slope):
    path = start * np.exp(np.arange(12)[:, None] * slope)
    expected = rc.expected_path(path[:6], 6)
    assert_allclose(expected, path[5:] / path[5], rtol=1e-9)
    assert_allclose(rc.drop(path[5:] / path[5], expected), 0, atol=1e-9)
    level, trend = rc.persistence(path[:6], path[6:])
    assert_allclose(level, 0, atol=1e-9)
    assert_allclose(trend, 0, atol=1e-9)


def test_the_expected_path_starts_from_the_last_year_and_not_from_the_line():
    before = column(1, 1, 1, 4)
    expected = rc.expected_path(before, 2)
    slope = np.polyfit(range(4), np.log(before[:, 0]), 1)[0]
    assert_allclose(expected[:, 0], np.exp(slope * np.arange(3)))


@given(levels=arrays(float, (11, 4), elements=LEVEL))
def test_persistence_is_the_step_and_the_bend_of_one_regression(levels):
    level, trend = rc.persistence(levels[:5], levels[5:])
    time = np.arange(11) - 4  # 0 in the last year before
    step = time > 0
    regressors = np.column_stack([np.ones(11), time, step, step * time])
    for region in range(4):
        fit = OLS(np.log(levels[:, region]), regressors).fit()
        assert_allclose([level[region], trend[region]], fit.params[2:], atol=1e-9)


@given(step=some.floats(-0.5, 0.5), bend=some.floats(-0.1, 0.1))
def test_a_step_and_a_bend_are_found_as_they_were_made(step, bend):
    time = np.arange(-4, 7)
    after = time > 0
    path = np.exp(0.03 * time + after * (step + bend * time))[:, None]
    level, trend = rc.persistence(path[:5], path[5:])
    assert_allclose([level[0], trend[0]], [step, bend], atol=1e-9)


# -- frames and refusals --------------------------------


@given(levels=arrays(float, (10, 4), elements=LEVEL))
def test_frames_say_what_arrays_say(frame, levels):
    series = frame(levels, range(2000, 2010))
    found = rc.path_measures(series, 2004, 2009, before=2001)
    parts = levels / levels.sum(axis=1, keepdims=True)
    path = rc.relative_path(levels[4:])
    back = rc.recovery_time(path)
    expected = rc.expected_path(parts[1:5], 5)
    level, trend = rc.persistence(parts[1:5], parts[5:])
    assert list(found["province"]) == list(series["province"][:4])
    assert_allclose(found["drop"], rc.drop(path), atol=1e-12)
    assert_array_equal(found["trough"], 2004 + back.trough)
    assert_array_equal(found["recovery_years"], back.years)
    assert_array_equal(found["status"], back.status)
    assert set(found["observed"]) == {5}
    assert_allclose(found["area"], rc.lost_area(path), atol=1e-12)
    assert_allclose(found["end"], path[-1])
    assert_allclose(found["trend"], np.log(expected[1]))
    assert_allclose(found["drop_below_trend"], rc.drop(path, expected), atol=1e-12)
    assert_allclose(found["area_below_trend"], rc.lost_area(path, expected), atol=1e-9)
    assert_allclose(found["level_change"], level)
    assert_allclose(found["trend_change"], trend)
    short = rc.path_measures(series, 2004, 2009)
    assert list(short.columns) == list(found.columns[:8])
    assert_allclose(short["area"], found["area"])


def test_one_place_is_compared_with_the_nation_given(frame):
    levels = np.array([[10.0, 20, 30, 40], [9, 25, 33, 30], [12, 20, 30, 50]])
    series = frame(levels, [2000, 2001, 2002])
    nation = frame(levels.sum(axis=1), [2000, 2001, 2002], places=["Hunan"])
    whole = rc.path_measures(series, 2000, 2002).set_index("province")
    one = rc.path_measures(series[series["province"] == "Liaoning"], 2000, 2002, nation=nation)
    assert_allclose(one["drop"], whole.loc["Liaoning", "drop"])


@pytest.mark.parametrize("measure", [rc.drop, rc.lost_area, rc.recovery_time])
@pytest.mark.parametrize(
    ("path", "expected", "words"),
    [
        ([1, 2], 1.0, "years by regions"),
        ([[1], [0]], 1.0, "positive"),
        ([[1], [np.nan]], 1.0, "positive"),
        ([[1]], 1.0, "two years"),
        ([[2], [2]], 1.0, "starts on the expected"),
        ([[1], [1]], 0.0, "positive"),
        ([[1], [1]], [[1], [np.inf]], "finite"),
        ([[1], [1]], [[1], [1], [1]], "broadcast"),
    ],
)
def test_paths_that_cannot_be_measured_are_refused(measure, path, expected, words):
    with pytest.raises(ValueError, match=words):
        measure(path, expected)


def test_levels_and_trends_that_cannot_be_used_are_refused():
    with pytest.raises(ValueError, match="nation has 3 years, the regions have 2"):
        rc.relative_path([[1.0], [1]], nation=[1, 1, 1])
    with pytest.raises(ValueError, match="array of years;"):
        rc.relative_path([[1.0], [1]], nation=[[1], [1]])
    with pytest.raises(ValueError, match="three years or more; there are 2"):
        rc.expected_path([[1.0], [1]], 3)
    with pytest.raises(ValueError, match="three years or more"):
        rc.persistence(np.ones((3, 1)), np.ones((2, 1)))
    with pytest.raises(ValueError, match="1 regions before and 2 after"):
        rc.persistence(np.ones((3, 1)), np.ones((3, 2)))


def test_the_deepest_fall_belongs_to_the_smallest_path():
    path = np.array([[1, 1, 1.0], [0.7, 0.9, 1.3], [0.8, 0.6, 1.2]])
    assert_allclose(rc.drop(path), [0.3, 0.4, 0])
