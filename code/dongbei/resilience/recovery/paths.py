"""What became of regions after a shock, year by year.

A path P is a region's part of the nation over the part it had in the last year before the shock
(or any level over such a base), so P = 1 at the start. The expected path E is 1 throughout (the
region keeps its part of the nation) or goes on as in the years before. With the shortfall
s(t) = 1 - P(t) / E(t), drawn straight between years:

    drop      max(0, max s)
    area      ∫ max(0, s) dt          in years of the expected level (Bruneau's triangle)
    recovery  first year after the lowest P / E in which P / E is 1 or more
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial import polynomial
from numpy.typing import ArrayLike, NDArray

from dongbei.resilience.recovery.measures import levels_of, places_of
from dongbei.statistics.series import place_column

EXACT = 1e-12
"""How far below the expected path rounding may put a path that is on it."""

NEVER_FELL, RECOVERED, NOT_RECOVERED = "never fell", "recovered", "not recovered"


def relative_path(levels: ArrayLike, *, nation: ArrayLike | None = None) -> NDArray:
    """Return each region's part of the nation, over its part in the first year.

    Parameters
    ----------
    levels : array_like
        Shape (years, regions), positive; the first year is the last one before the shock.
    nation : array_like, optional
        The nation's levels, shape (years,); by default the regions' sums.

    Returns
    -------
    ndarray
        Shape (years, regions), 1 in the first year. Row t is the `sensitivity_ratio` up to t.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a level is missing or not positive.
    """
    levels = _positive("levels", levels, 2)
    whole = levels.sum(axis=1) if nation is None else _positive("nation", nation, 1)
    if len(whole) != len(levels):
        raise ValueError(f"the nation has {len(whole)} years, the regions have {len(levels)}")
    parts = levels / whole[:, None]
    return parts / parts[0]


def expected_path(before: ArrayLike, years: int) -> NDArray:
    """Return the path on which each region would have been, had its trend gone on.

    The trend is the least-squares line of the logarithms in the years before; it starts from the
    last of them, not from the line.

    Parameters
    ----------
    before : array_like
        Levels or parts of the nation, shape (years before, regions), three years or more; the last
        is the year that paths start from.
    years : int
        How many years after it.

    Returns
    -------
    ndarray
        Shape (years + 1, regions), 1 in the first row.

    Raises
    ------
    ValueError
        If there are fewer than three years before, or a level is missing or not positive.

    References
    ----------
    In the manner of Ringwood, Watson and Lewin (2019), who compare with a path extrapolated from
    before the shock.
    """
    slope = _line(_positive("levels before", before, 2))[1]
    return np.exp(np.arange(years + 1)[:, None] * slope)


def drop(path: ArrayLike, expected: ArrayLike = 1.0) -> NDArray:
    """Return how far each path fell below the expected one at the worst, as a fraction of it.

    Parameters
    ----------
    path : array_like
        Shape (years, regions), positive, the first year being the start.
    expected : array_like
        A level or a path that broadcasts to that shape, positive; equal to `path` in the first row.

    Returns
    -------
    ndarray
        Shape (regions,); 0 where a path never fell below.

    Raises
    ------
    ValueError
        If a level is missing or not positive, or the two differ at the start.
    """
    return 1 - np.minimum(_standing(path, expected).min(axis=0), 1)


def lost_area(path: ArrayLike, expected: ArrayLike = 1.0) -> NDArray:
    """Return the area between the expected path and each path that lies below it.

    Exact for paths that are straight between years; what lies above the expected path does not make
    up for what lies below.

    Parameters and errors are those of `drop`.

    Returns
    -------
    ndarray
        Shape (regions,); in years of the expected level.

    References
    ----------
    Bruneau and others (2003), equation 1, as a fraction of one.
    """
    short = 1 - _standing(path, expected)
    left, right = short[:-1], short[1:]
    crossing = left * right < 0
    top = np.maximum(left, right)
    triangle = np.divide(top**2, 2 * np.abs(left - right), where=crossing, out=np.zeros_like(top))
    trapezoid = np.maximum(left + right, 0) / 2
    return np.where(crossing, triangle, trapezoid).sum(axis=0)


@dataclass(frozen=True)
class Recovery:
    """When regions were back on the expected path.

    Attributes
    ----------
    years : ndarray
        Years from the start to the first year after the trough that is on the expected path or
        above; 0 where a path never fell, NaN where it had not come back when the record ends.
    trough : ndarray
        Years from the start to the lowest standing; 0 where a path never fell.
    status : ndarray
        "never fell", "recovered" or "not recovered".
    observed : int
        Years from the start to the end of the record: a region that has not recovered needs more.
    """

    years: NDArray
    trough: NDArray
    status: NDArray
    observed: int


def recovery_time(path: ArrayLike, expected: ArrayLike = 1.0) -> Recovery:
    """Return when each path was back on the expected one, counted in whole years.

    A return before the lowest year does not count, since the path fell again. Parameters and errors
    are those of `drop`.
    """
    standing = _standing(path, expected)
    trough = standing.argmin(axis=0)
    fell = standing.min(axis=0) < 1 - EXACT
    after = np.arange(len(standing))[:, None] > trough
    back = after & (standing >= 1 - EXACT)
    recovered = fell & back.any(axis=0)
    years = np.where(recovered, back.argmax(axis=0), np.nan)
    status = np.where(recovered, RECOVERED, np.where(fell, NOT_RECOVERED, NEVER_FELL))
    return Recovery(
        np.where(fell, years, 0.0), np.where(fell, trough, 0), status, len(standing) - 1
    )


def persistence(before: ArrayLike, after: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return the change of level and of trend after a shock, by two lines of logarithms.

    Least-squares lines before and after, without a link: the level changes by the gap of the two at
    the last year before, the trend by the difference of their slopes. This is the regression on a
    constant, time, a step and a step times time.

    Parameters
    ----------
    before, after : array_like
        Levels or parts of the nation, shapes (years, regions), three years or more each; `after`
        begins in the year after `before` ends.

    Returns
    -------
    level, trend : ndarray
        Shape (regions,); logarithms, and logarithms per year.

    Raises
    ------
    ValueError
        If years are too few, the regions differ, or a level is missing or not positive.
    """
    before, after = _positive("levels before", before, 2), _positive("levels after", after, 2)
    if before.shape[1] != after.shape[1]:
        raise ValueError(f"{before.shape[1]} regions before and {after.shape[1]} after: keep both")
    old, new = _line(before, end=0), _line(after, end=len(after))
    return new[0] - old[0], new[1] - old[1]


def path_measures(
    series: pd.DataFrame,
    start: int,
    until: int,
    *,
    before: int | None = None,
    nation: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measure how places of a series fared after a shock, as parts of the nation.

    Parameters
    ----------
    series : pandas.DataFrame
        Levels of an extensive indicator, by province or region, in one vintage. Amounts at the
        prices of the year will do, since parts of the nation have no common deflator.
    start, until : int
        Last year before the shock and last year to look at.
    before : int, optional
        First year of the trend before the shock; asks for the columns that need one.
    nation : pandas.DataFrame, optional
        Series with one place; by default the sum of the places, which must then be the nation.

    Returns
    -------
    pandas.DataFrame
        Place, ``drop``, ``trough`` (a year), ``recovery_years`` (NaN if not recovered), ``status``,
        ``observed`` (years, after which a recovery is not seen), ``area`` and ``end`` (the path in
        the last year). With `before` also ``trend`` (of the logarithm of the part, per year),
        ``drop_below_trend``, ``area_below_trend``, ``level_change`` and ``trend_change``.

    Raises
    ------
    ValueError
        If years are missing or too few, or levels are not positive.
    """
    first = start if before is None else before
    levels, whole = levels_of(series, list(range(first, until + 1)), nation)
    parts = _positive("levels", levels, 2) / _positive("nation", whole, 1)[:, None]
    earlier, path = parts[: start - first + 1], parts[start - first :] / parts[start - first]
    back = recovery_time(path)
    found = pd.DataFrame(
        {
            place_column(series): places_of(series),
            "drop": drop(path),
            "trough": start + back.trough,
            "recovery_years": back.years,
            "status": back.status,
            "observed": back.observed,
            "area": lost_area(path),
            "end": path[-1],
        }
    )
    if before is None:
        return found
    expected = expected_path(earlier, until - start)
    level, trend = persistence(earlier, parts[start - first + 1 :])
    return found.assign(
        trend=np.log(expected[1]),
        drop_below_trend=drop(path, expected),
        area_below_trend=lost_area(path, expected),
        level_change=level,
        trend_change=trend,
    )


def _standing(path: ArrayLike, expected: ArrayLike) -> NDArray:
    """Return each path over the expected one, 1 at the start."""
    path = _positive("path", path, 2)
    expected = np.asarray(expected, dtype=float)
    if not (np.isfinite(expected).all() and (expected > 0).all()):
        raise ValueError("expected levels must be positive and finite")
    try:
        standing = path / np.broadcast_to(expected, path.shape)
    except ValueError:
        raise ValueError(f"expected must broadcast to {path.shape}, not {expected.shape}") from None
    if len(path) < 2 or not np.allclose(standing[0], 1, rtol=1e-9, atol=0):
        raise ValueError("a path has two years or more and starts on the expected one")
    return standing


def _line(levels: NDArray, end: int = 0) -> NDArray:
    """Return height and slope of a line through logarithms, the last of which is at time `end`."""
    if len(levels) < 3:
        raise ValueError(f"a trend needs three years or more; there are {len(levels)}")
    time = np.arange(len(levels)) - (len(levels) - 1) + end
    return polynomial.polyfit(time, np.log(levels), 1)


def _positive(what: str, values: ArrayLike, dimensions: int) -> NDArray:
    values = np.asarray(values, dtype=float)
    if values.ndim != dimensions:
        shape = "years by regions" if dimensions == 2 else "years"
        raise ValueError(f"{what} must be an array of {shape}; it has {values.ndim} dimensions")
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise ValueError(f"{what} must be positive and finite: leave out places without a figure")
    return values
