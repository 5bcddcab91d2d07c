"""An index: from a table and a design to scores, ranks, and what each leaf contributes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dongbei.resilience.composite import missing, normalisation, treatment
from dongbei.resilience.composite.aggregation import Transform, aggregate, named, transform
from dongbei.resilience.composite.design import Aggregation, BenefitOfTheDoubt, Design, Judgements
from dongbei.resilience.composite.weights import FROM_SCORES, judged_weights


@dataclass(frozen=True)
class Prepared:
    """Leaves ready to be aggregated.

    Attributes
    ----------
    figures
        The leaves in their units, gaps filled in as the design says; one row per (year and) unit.
    filled
        True where a cell was filled in.
    outliers
        One row per treated leaf; see `dongbei.resilience.composite.treatment.treated`.
    scores
        The leaves on their scales, more being better.
    left_out
        Rows with too few figures.
    """

    figures: pd.DataFrame
    filled: pd.DataFrame
    outliers: pd.DataFrame
    scores: pd.DataFrame
    left_out: pd.Index


@dataclass(frozen=True)
class Index:
    """The outcome of `index`.

    Attributes
    ----------
    design, prepared
        What went in.
    scores
        One row per (year and) unit; the leaves' scores, then every node with data, the root last.
    weights
        By child: its part of the weight at its node.
    ranks
        Rank of each score within its year, 1 the best; NaN without a score.
    """

    design: Design
    prepared: Prepared
    scores: pd.DataFrame
    weights: pd.Series
    ranks: pd.DataFrame


def prepare(design: Design, table: pd.DataFrame, groups: pd.DataFrame | None = None) -> Prepared:
    """Take the leaves from a table, fill gaps, treat outliers and normalise.

    Raises
    ------
    ValueError
        See `columns`, `kept`, `filled`, `treated` and `normalised` of this room.
    """
    published = missing.columns(design, table)
    figures = missing.of_years(missing.carried(published, design.missing.carry), design.years)
    rows = missing.kept(figures, design.missing.unit_coverage)
    full = missing.filled(rows, design.missing, groups)
    exempt = tuple(name for name in design.measured if not design.leaves[name].treat)
    quiet, outliers = treatment.treated(full, design.treatment, exempt)
    for name in outliers["leaf"][outliers["treatment"] != "winsorised"]:
        method = (design.leaves[name].normalisation or design.normalisation).method
        if method in ("goalposts", "target"):
            raise ValueError(
                f"leaf {name!r}: the fall-back for outliers changes its unit, in which its "
                f"{method} is given; set treat: false for it, or no fall-back"
            )
    return Prepared(
        figures=full,
        filled=published.reindex(rows.index).isna() & full.notna(),
        outliers=outliers,
        scores=normalisation.normalised(quiet, design),
        left_out=figures.index.difference(rows.index, sort=False),
    )


def index(design: Design, table: pd.DataFrame, groups: pd.DataFrame | None = None) -> Index:
    """Compute an index.

    Parameters
    ----------
    design
        From `read_design`.
    table
        One row per unit in its index, or per (year, unit); the columns that the leaves name.
    groups
        One row per unit: groupings that the design refers to.

    Raises
    ------
    ValueError
        If the table does not fit the design, or a step cannot be taken; the message names the cure.
    """
    prepared = prepare(design, table, groups)
    years = missing.years_of(prepared.scores.index)
    weights, found = climb(design, by_leaf(prepared.scores), years)
    scores = pd.DataFrame(found, index=prepared.scores.index)
    ranks = scores.copy()
    for year in np.unique(years):
        ranks[years == year] = ranked(scores[years == year].to_numpy(), design)
    return Index(design, prepared, scores, pd.Series(weights, name="weight"), ranks)


def ranked(scores: np.ndarray, design: Design) -> np.ndarray:
    """Rank units (rows) within each column, best first, after the rounding that is asked for.

    Or else to twelve digits of the largest score, so that the last digit of a sum decides nothing.
    """
    decimals = design.decimals
    if decimals is None:
        decimals = 11 - int(np.floor(np.log10(np.nanmax(np.abs(scores), initial=1e-30))))
    values = np.round(scores, decimals)
    gaps = "omit" if np.isnan(values).any() else "propagate"
    return rankdata(-values, method=design.ties, axis=0, nan_policy=gaps)


def climb(
    design: Design, leaves: dict[str, np.ndarray], years: np.ndarray
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Weigh and aggregate node by node, from the leaves' scores to the root's."""
    scores, weights = dict(leaves), {}
    for name, children in design.children.items():
        below = np.array([scores[child] for child in children])
        own = node_weights(design, name, below, children)
        weights |= dict(zip(children, own, strict=True))
        scores[name] = node_scores(design, name, below, own, years)
    return weights, scores


def by_leaf(scores: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the columns as arrays."""
    return dict(zip(scores.columns, scores.to_numpy().T, strict=True))


def node_weights(
    design: Design, name: str, below: np.ndarray, children: tuple[str, ...]
) -> np.ndarray:
    """Return the weights of a node's children; they add up to one."""
    if len(children) == 1:
        return np.ones(1)
    rule = design.nodes[name].weights or design.weights
    if isinstance(rule, Judgements):
        return judged_weights(rule, children)
    if rule == "given":
        given = np.array([(design.leaves.get(one) or design.nodes[one]).weight for one in children])
        return given / given.sum()
    try:
        return FROM_SCORES[rule](below.T, children)
    except ValueError as error:
        raise ValueError(f"nodes.{name}.weights {rule}: {error}") from None


def rule_of(design: Design, name: str) -> Aggregation:
    """Return how a node's children are aggregated."""
    return design.nodes[name].aggregation or design.aggregation


def node_scores(
    design: Design, name: str, below: np.ndarray, weights: np.ndarray, years: np.ndarray
) -> np.ndarray:
    """Aggregate a node's children, year by year where units are compared, and check coverage.

    Shapes as in `dongbei.resilience.composite.aggregation`.
    """
    rule = rule_of(design, name)
    if isinstance(rule, BenefitOfTheDoubt) or rule in ("copeland", "kemeny"):
        shape = (below.shape[1], *(below.shape[2:] or weights.shape[1:]))
        found = np.empty(shape)
        for year in np.unique(years):
            rows = years == year
            found[rows] = aggregate(below[:, rows], weights, rule, f"nodes.{name}")
    else:
        found = aggregate(below, weights, rule, f"nodes.{name}")
    least = design.nodes[name].coverage
    least = design.missing.node_coverage if least is None else least
    there = ~np.isnan(below)
    if least and not there.all():
        held = aggregate(there.astype(float), weights, "arithmetic")
        found = np.where(held >= least - 1e-12, found, np.nan)
    return found


def contributions(result: Index, reference: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Split the distance of each score from a reference into what each leaf contributes.

    At a mean f^-1(sum of w f(x)) the distance y - y0 is split in the ratio of w (f(x) - f(x0)),
    and so on down the tree: for the arithmetic mean these are w (x - x0), for the geometric mean
    the logarithmic-mean weights of Vartia (1976). The parts add up exactly.

    Parameters
    ----------
    result
        An index.
    reference
        Scores of the leaves to compare with; by default each leaf's mean over all units.

    Returns
    -------
    pandas.DataFrame
        One row per (year and) unit; ``reference`` (the root's score at the reference, with the
        weights of the leaves that this unit has), then one column per leaf. The row's sum is the
        root's score.

    Raises
    ------
    ValueError
        If a node's rule is none of these means, or a mean is 0 at a unit, where no split exists.
    """
    design, leaves = result.design, result.prepared.scores
    point = leaves.mean() if reference is None else pd.Series(dict(reference))
    if set(point.index) != set(leaves.columns) or point.isna().any():
        raise ValueError("the reference needs a score for each leaf: " + ", ".join(leaves.columns))
    years = missing.years_of(leaves.index)
    at = {name: np.where(leaves[name].isna(), np.nan, point[name]) for name in leaves.columns}
    slopes = {}
    for name, children in design.children.items():
        mean = transform(rule_of(design, name))
        if mean is None:
            raise ValueError(
                f"nodes.{name}: {named(rule_of(design, name))} is no mean of its children one by "
                "one, so a score has no parts"
            )
        below = np.array([at[child] for child in children])
        weights = result.weights[list(children)].to_numpy()
        at[name] = node_scores(design, name, below, weights, years)
        scores = result.scores[list(children)].to_numpy().T
        held = np.where(np.isnan(scores), 0.0, weights[:, None])
        inner = quotient(mean, scores, below, name)
        outer = quotient(mean, result.scores[name].to_numpy(), at[name], name)
        total = held.sum(axis=0) * outer
        parts = np.divide(held * inner, total, out=np.zeros_like(held), where=total != 0)
        slopes |= dict(zip(children, parts, strict=True))
    reach = {design.root: np.ones(len(leaves))}
    for name in reversed(design.children):
        reach |= {child: reach[name] * slopes[child] for child in design.children[name]}
    parts = {name: reach.get(name, 0.0) * (leaves[name] - at[name]) for name in leaves.columns}
    frame = pd.DataFrame(parts, index=leaves.index).where(leaves.notna(), 0.0)
    frame.insert(0, "reference", at[design.root])
    return frame.where(result.scores[design.root].notna())


def quotient(mean: Transform, one: np.ndarray, other: np.ndarray, name: str) -> np.ndarray:
    """Return (f(x) - f(y)) / (x - y), the derivative where they meet, 0 where one is missing."""
    if mean.least == 0 and min(np.nanmin(one), np.nanmin(other)) <= 0:
        raise ValueError(
            f"nodes.{name}: a score of 0 under this mean has no parts; normalise to a scale above 0"
        )
    gap = one - other
    near = np.abs(gap) <= 1e-6 * np.abs(one + other)
    far = np.where(near, 1.0, gap)
    steep = np.where(near, mean.slope((one + other) / 2), (mean.of(one) - mean.of(other)) / far)
    return np.where(np.isnan(gap), 0.0, steep)
