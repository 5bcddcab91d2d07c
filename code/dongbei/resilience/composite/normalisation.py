"""Leaves on one scale, more being better.

Formulas of the Handbook (OECD and JRC 2008, step 5). With direction d, x is the figure, and every
method but the ranks maps a worst and a best value to `low` and `high`:

minmax
    the least and the greatest of d x;
zscore
    mean and mean plus one standard deviation (n - 1);
goalposts
    numbers given with the leaf;
reference
    the least of d x, and that of one unit (which may be passed);
target
    the least of d x, and a number given with the leaf;
best
    0 and the greatest x, for leaves where more is better and nothing is negative.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dongbei.resilience.composite.design import Design, Leaf, Normalisation
from dongbei.resilience.composite.missing import units_of, words, years_of

RANKS = ("rank", "percentile", "percentile rank")
"""Methods that look at the order alone."""


def normalised(figures: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Bring every leaf to its scale.

    Raises
    ------
    ValueError
        If a leaf does not vary, lacks the goalposts or target it needs, or passes them although
        that is to be refused, or a unit of reference is not in the table.
    """
    years = years_of(figures.index)
    scaled = {}
    for name in figures.columns:
        leaf = design.leaves[name]
        rule = leaf.normalisation or design.normalisation
        values = leaf.direction * figures[name].to_numpy()
        if rule.within == "all years":
            scaled[name] = one_leaf(name, values, leaf, rule, figures.index)
            continue
        scaled[name] = np.empty(len(values))
        for year in np.unique(years):
            rows = years == year
            scaled[name][rows] = one_leaf(name, values[rows], leaf, rule, figures.index[rows])
    return pd.DataFrame(scaled, index=figures.index)


def one_leaf(
    name: str, values: np.ndarray, leaf: Leaf, rule: Normalisation, index: pd.Index
) -> np.ndarray:
    """Normalise the figures of one leaf, already signed so that more is better."""
    if np.isnan(values).all():
        return values
    if rule.method not in ("goalposts", "best") and np.nanmax(values) == np.nanmin(values):
        raise ValueError(
            f"leaf {name!r} does not vary over the units, so it cannot tell them apart; leave it "
            "out, or normalise it by goalposts"
        )
    if rule.method in RANKS:
        ranks = rankdata(values, axis=0, nan_policy="omit")
        count = np.sum(~np.isnan(values))
        if rule.method == "rank":
            return ranks
        part = ranks / count if rule.method == "percentile" else (ranks - 1) / (count - 1)
        return rule.low + (rule.high - rule.low) * part
    worst, best = ends(name, values, leaf, rule, index)
    part = (values - worst) / (best - worst)
    if rule.method in ("goalposts", "target"):
        part = bounded(name, part, rule, index)
    return rule.low + (rule.high - rule.low) * part


def ends(
    name: str, values: np.ndarray, leaf: Leaf, rule: Normalisation, index: pd.Index
) -> tuple[float, float]:
    """Return the signed values that come to the two ends of the scale."""
    if rule.method == "zscore":
        mean = np.nanmean(values)
        return mean, mean + np.nanstd(values, ddof=1)
    if rule.method == "goalposts":
        if leaf.goalposts is None:
            raise ValueError(f"leaf {name!r} is to be normalised by goalposts and has none")
        posts = np.log(leaf.goalposts) if leaf.logarithm else np.array(leaf.goalposts)
        return tuple(sorted(leaf.direction * posts))
    least = np.nanmin(values)
    if rule.method == "minmax":
        return least, np.nanmax(values)
    if rule.method == "best":
        if leaf.direction < 0 or least < 0:
            raise ValueError(
                f"leaf {name!r} is to be measured by its best value, which needs direction 1 and "
                "nothing negative; choose another normalisation for it"
            )
        return 0.0, np.nanmax(values)
    if rule.method == "target":
        if leaf.target is None:
            raise ValueError(f"leaf {name!r} is to be measured by its target and has none")
        goal = leaf.direction * (np.log(leaf.target) if leaf.logarithm else leaf.target)
    else:
        at = units_of(index) == rule.unit
        if not at.any():
            raise ValueError(f"the unit of reference {rule.unit!r} is not in the table")
        if np.isnan(values[at]).all():
            raise ValueError(f"leaf {name!r} has no figure of the unit of reference {rule.unit!r}")
        goal = np.nanmean(values[at])
    if not goal > least:
        raise ValueError(
            f"leaf {name!r}: the value to reach, {leaf.direction * goal:g}, is no better than the "
            f"worst, {leaf.direction * least:g}; choose another one"
        )
    return least, goal


def bounded(name: str, part: np.ndarray, rule: Normalisation, index: pd.Index) -> np.ndarray:
    """Deal with what lies beyond goalposts or a target, as the rule says."""
    for end in (0.0, 1.0):  # the last digit of a quotient does not pass a goalpost
        part = np.where(np.abs(part - end) < 1e-12, end, part)
    over = part > 1
    under = (part < 0) if rule.method == "goalposts" else np.zeros(len(part), bool)
    beyond = over | under
    if rule.outside == "refuse" and beyond.any():
        row = words(index[np.argmax(beyond)])
        raise ValueError(
            f"leaf {name!r} passes its {rule.method} in the row of {row} and {beyond.sum() - 1} "
            "others; widen them, or say outside: clip or keep"
        )
    return np.clip(part, 0, 1) if rule.outside == "clip" else part
