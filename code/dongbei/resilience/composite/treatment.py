"""Outliers: points moved to their neighbour until a leaf is no longer skewed, or a logarithm.

The rule is the Handbook's (OECD and JRC 2008, step 3) as practised in COINr (Becker et al. 2022): a
leaf is treated if both its skewness and its kurtosis are large.
"""

import numpy as np
import pandas as pd
from scipy.stats import boxcox

from dongbei.resilience.composite.design import Treatment


def shape(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sample skewness and excess kurtosis (without bias) of each column, gaps left out.

    NaN where a column does not vary or has too few figures (three, four).
    """
    there = ~np.isnan(values)
    n = there.sum(axis=0)
    flat = np.fmax.reduce(values, axis=0) == np.fmin.reduce(values, axis=0)
    with np.errstate(all="ignore"):
        apart = np.where(there, values - np.where(there, values, 0.0).sum(axis=0) / n, 0.0)
        second, third, fourth = ((apart**power).sum(axis=0) / n for power in (2, 3, 4))
        skewness = third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
        excess = ((n + 1) * (fourth / second**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return np.where(flat | (n < 3), np.nan, skewness), np.where(flat | (n < 4), np.nan, excess)


def skewed(values: np.ndarray, rule: Treatment) -> np.ndarray:
    """Say which columns pass both limits."""
    skewness, excess = shape(values)
    return (np.abs(skewness) > rule.skewness) & (excess > rule.kurtosis)


def treated(
    figures: pd.DataFrame, rule: Treatment, exempt: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Treat the outliers of each leaf.

    Up to ``rule.most`` points are moved, one after the other, to the nearest value that is not one
    of them: the largest if the leaf is skewed to the right, the smallest otherwise. A leaf of two
    values stays. If that does not mend the leaf, the fall-back takes its place, applied to the
    figures as they were: ``log`` is log(x - min + (max - min) / 100), ``box-cox`` is
    `scipy.stats.boxcox`.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        The figures, and one row per treated leaf: ``leaf``, ``treatment``, ``points``,
        ``skewness``, ``kurtosis`` (after), ``mended``.

    Raises
    ------
    ValueError
        If Box-Cox is asked of a leaf that is not positive.
    """
    heads = ["leaf", "treatment", "points", "skewness", "kurtosis", "mended"]
    names = figures.columns.difference(exempt, sort=False)
    if rule.method != "none":
        names = names[skewed(figures[names].to_numpy(), rule)]
    if rule.method == "none" or names.empty:
        return figures, pd.DataFrame(columns=heads)
    old = figures[names].to_numpy()
    new, points = winsorised(old, rule)
    what = np.full(len(names), "winsorised", dtype=object)
    if rule.fallback != "none":
        for at in np.flatnonzero(skewed(new, rule)):
            there = ~np.isnan(old[:, at])
            function = {"log": shifted_log, "box-cox": box_cox}[rule.fallback]
            new[there, at] = function(old[there, at], names[at])
            what[at], points[at] = rule.fallback, 0
    rows = zip(names, what, points, *shape(new), ~skewed(new, rule), strict=True)
    quiet = figures.copy()
    quiet[names] = new
    return quiet, pd.DataFrame(rows, columns=heads)


def winsorised(values: np.ndarray, rule: Treatment) -> tuple[np.ndarray, np.ndarray]:
    """Move extreme points of each column until it passes, and say how many were moved."""
    new, moved = values.copy(), np.zeros(values.shape, bool)
    while True:
        high = shape(new)[0] > 0
        at_end = new == np.where(high, np.fmax.reduce(new), np.fmin.reduce(new))
        inner = np.where(at_end, np.nan, new)
        most, least = np.fmax.reduce(inner), np.fmin.reduce(inner)
        going = skewed(new, rule) & (most > least) & ((moved | at_end).sum(axis=0) <= rule.most)
        if not going.any():
            return new, moved.sum(axis=0)
        moved |= at_end & going
        new = np.where(at_end & going, np.where(high, most, least), new)


def shifted_log(values: np.ndarray, name: str) -> np.ndarray:
    """Return log(x - min + (max - min) / 100), which is defined for every number."""
    low, high = values.min(), values.max()
    return np.log(values - low + 0.01 * (high - low))


def box_cox(values: np.ndarray, name: str) -> np.ndarray:
    """Return the Box-Cox transform whose power is most likely."""
    if (values <= 0).any():
        raise ValueError(
            f"Box-Cox needs positive figures, and leaf {name!r} has {values.min():g}; choose the "
            "fall-back log, or treat: false for the leaf"
        )
    return boxcox(values)[0]
