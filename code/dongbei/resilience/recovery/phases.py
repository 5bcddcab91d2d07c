"""When a nation's growth slowed and when it rose.

China's product has not contracted in any year since 1977, so that phases cannot be told by the sign
of growth. Two rules that do not need it: turning points of the growth rate itself (a *growth
cycle*), and breaks of its mean.
"""

import numpy as np
import pandas as pd
import ruptures


def turning_points(growth: pd.Series, least: float) -> pd.DataFrame:
    """Divide years into slowdowns and upswings of growth.

    A peak is the year of highest growth since the last trough once growth has fallen from it by
    `least` or more; a trough likewise. So a movement of less than `least` ends no phase, peaks and
    troughs alternate, and of equal years the first counts.

    Parameters
    ----------
    growth : pandas.Series
        Growth rates by year, without gaps.
    least : float
        Smallest movement that counts, in the unit of `growth`.

    Returns
    -------
    pandas.DataFrame
        ``phase`` (slowdown or upswing), ``start`` and ``end`` (years of the turning points; the
        slowdown's first slower year is the one after), ``change`` of growth between them, and
        ``complete``: false for the first and the last phase, which the record cuts.

    Raises
    ------
    ValueError
        If years have gaps, a rate is missing, there are fewer than three, or `least` is not
        positive.

    References
    ----------
    Harding and Pagan (2002) on turning points by rule; here of growth, with a size in the place of
    their minimal lengths.
    """
    values = _rates(growth, 3)
    if not least > 0:
        raise ValueError(f"least must be positive, in the unit of growth; it is {least}")
    turns = _turns(values, least)
    positions = np.unique([0, *turns, len(values) - 1])
    change = np.diff(values[positions])
    slow = [turns.get(start, change[0] < 0) for start in positions[:-1]]
    if positions[1] in turns:  # the first phase is what its first turn ends
        slow[0] = not turns[positions[1]]
    years = growth.index.to_numpy()[positions]
    return pd.DataFrame(
        {
            "phase": np.where(slow, "slowdown", "upswing"),
            "start": years[:-1],
            "end": years[1:],
            "change": change,
            "complete": (positions[:-1] > 0) & (positions[1:] < len(values) - 1),
        }
    )


def _turns(values: np.ndarray, least: float) -> dict[int, bool]:
    """Return the positions of turning points, and whether each is a peak.

    A turn is known once growth is `least` away from the highest (lowest) value since the last one.
    """
    turns: dict[int, bool] = {}
    rising = falling = True  # before the first turn, either may come
    high = low = 0
    for now, value in enumerate(values):
        high = now if value > values[high] else high
        low = now if value < values[low] else low
        if rising and values[high] - value >= least:
            turns[high] = True
            rising, falling, low = False, True, now
        elif falling and value - values[low] >= least:
            turns[low] = False
            rising, falling, high = True, False, now
    return turns


def segmentations(growth: pd.Series, *, shortest: int = 3, most: int | None = None) -> pd.DataFrame:
    """Find the best division of years into segments of constant mean, for each number of breaks.

    Dynamic programming finds the least sum of squares among all divisions; how many breaks there
    are is then read from a criterion. A series that drifts is taken for a staircase: the more
    steps, the lower BIC, so that LWZ, whose penalty is heavier, belongs beside it.

    Parameters
    ----------
    growth : pandas.Series
        Growth rates by year, without gaps.
    shortest : int
        Least number of years in a segment.
    most : int, optional
        Greatest number of breaks; as many as fit by default, up to a third of the years.

    Returns
    -------
    pandas.DataFrame
        One row per number of breaks, from 0: ``breaks``, ``years`` (a tuple: the first year of each
        new segment), ``rss``, ``bic`` and ``lwz``. The criterion's choice is the row where it is
        least.

    Raises
    ------
    ValueError
        If years have gaps, a rate is missing, there are too few, or segments fit exactly.

    References
    ----------
    Bai and Perron (2003) on the algorithm, with a mean as the only regressor; Yao
    (1988) for BIC, written as by Zeileis and others (2003); Liu, Wu and Zidek (1997) for LWZ with
    the constants 0.299 and 2.1.
    """
    if shortest < 1:
        raise ValueError(f"a segment has one year or more, not {shortest}")
    values = _rates(growth, max(3, shortest))
    n = len(values)
    limit = min(n // shortest - 1, n // 3)
    most = limit if most is None else most
    if not 0 <= most <= limit:
        raise ValueError(
            f"{n} years in segments of {shortest} have at most {limit} breaks, not {most}"
        )
    search = ruptures.Dynp(model="l2", min_size=shortest, jump=1).fit(values)
    rows = []
    for breaks in range(most + 1):
        starts = search.predict(n_bkps=breaks)[:-1] if breaks else []
        parts = np.split(values, starts)
        rss = sum(((part - part.mean()) ** 2).sum() for part in parts)
        if not rss > 1e-12 * (values**2).sum():
            raise ValueError(
                f"{breaks} breaks fit the years exactly: ask for fewer, most={breaks - 1}"
            )
        means_and_dates = 2 * breaks + 1
        rows.append(
            {
                "breaks": breaks,
                "years": tuple(int(growth.index[start]) for start in starts),
                "rss": rss,
                "bic": n * (np.log(2 * np.pi * rss / n) + 1) + np.log(n) * (means_and_dates + 1),
                "lwz": np.log(rss / (n - means_and_dates))
                + means_and_dates / n * 0.299 * np.log(n) ** 2.1,
            }
        )
    return pd.DataFrame(rows)


def _rates(growth: pd.Series, least: int) -> np.ndarray:
    """Return growth rates as an array once years follow one another."""
    years, values = growth.index.to_numpy(), growth.to_numpy(dtype=float)
    if len(values) < least:
        raise ValueError(f"needs {least} years or more; there are {len(values)}")
    if not (np.diff(years) == 1).all():
        raise ValueError("years must follow one another: sort them, and choose a span without gaps")
    if not np.isfinite(values).all():
        raise ValueError(f"growth is missing in {list(years[~np.isfinite(values)])}: leave it out")
    return values
