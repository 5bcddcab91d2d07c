"""Questions to an index before anybody believes it.

Do the leaves of a node measure one thing? Does a leaf count as much as its weight says? Who moves
if one leaf goes? What would a unit have to do to gain a rank?
"""

import numpy as np
import pandas as pd
from scipy.optimize import elementwise

from dongbei.resilience.composite import missing
from dongbei.resilience.composite.aggregation import named, transform
from dongbei.resilience.composite.design import Design, above
from dongbei.resilience.composite.indices import Index, index, node_scores, rule_of
from dongbei.resilience.composite.normalisation import RANKS

FAR = 1000.0
"""How many times the range of all scores a leaf may rise before that counts as never."""


def correlations(result: Index, method: str = "pearson") -> pd.DataFrame:
    """Return the correlation of every pair of leaves, and whether they hang under one node.

    Returns
    -------
    pandas.DataFrame
        ``one``, ``other``, ``node`` (the lowest that both hang under), ``same`` (whether it is the
        parent of both), ``value``.
    """
    leaves = result.prepared.scores
    found = leaves.corr(method=method)
    paths = {name: above(result.design, name) for name in leaves.columns}
    rows = []
    for place, one in enumerate(leaves.columns):
        for other in leaves.columns[place + 1 :]:
            shared = next(node for node in paths[one] if node in paths[other])
            same = paths[one][0] == paths[other][0]
            rows.append((one, other, shared, same, found.loc[one, other]))
    return pd.DataFrame(rows, columns=["one", "other", "node", "same", "value"])


def consistency(result: Index) -> pd.DataFrame:
    """Describe how far the children of each node measure one thing.

    Returns
    -------
    pandas.DataFrame
        ``node``, ``children``, ``alpha`` (Cronbach's, of standardised scores: c r / (1 + (c - 1) r)
        with the mean correlation r of c children), ``first`` (part of the variance that the first
        principal component explains), ``components`` (with an eigenvalue above 1), ``negative``
        (pairs of children with a negative correlation). NaN for nodes with one child.
    """
    rows = []
    for name, children in result.design.children.items():
        count = len(children)
        found = result.scores[list(children)].corr().to_numpy()
        pairs = found[np.triu_indices(count, 1)]
        if count == 1 or np.isnan(pairs).any():
            rows.append((name, count, np.nan, np.nan, np.nan, np.nan))
            continue
        sizes = np.linalg.eigvalsh(found)
        mean = pairs.mean()
        alpha = count * mean / (1 + (count - 1) * mean)
        parts = (sizes[-1] / count, int((sizes > 1).sum()), int((pairs < 0).sum()))
        rows.append((name, count, alpha, *parts))
    heads = ["node", "children", "alpha", "first", "components", "negative"]
    return pd.DataFrame(rows, columns=heads)


def effective_weights(result: Index) -> pd.DataFrame:
    """Return what weights amount to at the root, beside what scores amount to.

    Returns
    -------
    pandas.DataFrame
        One row per leaf and node below the root: ``name``, ``level`` (steps from the root),
        ``weight`` (the product of the weights on the way; they add up to 1 over the leaves),
        ``correlation`` (of its scores with the root's).
    """
    root = result.scores[result.design.root]
    rows = []
    for name, own in result.weights.items():
        path = [node for node in above(result.design, name) if node != result.design.root]
        rows.append(
            (name, len(path) + 1, own * result.weights[path].prod(), result.scores[name].corr(root))
        )
    return pd.DataFrame(rows, columns=["name", "level", "weight", "correlation"])


def leave_one_out(
    design: Design, table: pd.DataFrame, groups: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute the index without each leaf in turn.

    Returns
    -------
    pandas.DataFrame
        ``leaf``, ``mean_shift`` and ``largest_shift`` of the ranks, ``unit`` that shifts most.
    """
    own = index(design, table, groups).ranks[design.root]
    rows = []
    for leaf in design.measured:
        if not design.leaves[leaf].weight:
            continue
        without = index(design.replaced({f"leaves.{leaf}.weight": 0.0}), table, groups)
        shift = (without.ranks[design.root] - own).abs()
        rows.append((leaf, shift.mean(), shift.max(), missing.words(shift.idxmax())))
    return pd.DataFrame(rows, columns=["leaf", "mean_shift", "largest_shift", "unit"])


def to_gain_a_rank(result: Index, unit) -> pd.DataFrame:
    """Say how far each leaf alone would have to rise for a unit to draw level with the next.

    Scales and weights stay as they are, and so do the other units.

    Returns
    -------
    pandas.DataFrame
        ``leaf``, ``rise`` (of its score), ``figure`` (the same in the leaf's own unit, signed; NaN
        if that is no constant: outliers were treated, it is a logarithm or a rank, or each year
        has its own scale), ``within`` (whether the new score is not
        above the best that any unit has). Empty for the first unit; a rise that does not exist is
        infinite.

    Raises
    ------
    ValueError
        If the unit is unknown or has no score, or a node takes no mean.
    """
    design, root = result.design, result.design.root
    if unit not in result.scores.index or np.isnan(result.scores.loc[unit, root]):
        raise ValueError(f"no unit {missing.words(unit)!r} with a score")
    years = missing.years_of(result.scores.index)
    scores = result.scores[years == years[result.scores.index.get_loc(unit)]]
    ranks = result.ranks.loc[scores.index, root]
    before = scores[root][ranks < ranks[unit]]
    there = scores.loc[unit]
    leaves = [name for name in result.prepared.scores.columns if not np.isnan(there[name])]
    if before.empty:
        return pd.DataFrame(columns=["leaf", "rise", "figure", "within"])
    for name in design.children:
        if transform(rule_of(design, name)) is None:
            rule = named(rule_of(design, name))
            raise ValueError(f"nodes.{name}: {rule} does not rise with one leaf alone")
    own = scores.loc[unit, leaves].to_numpy(float)

    def short(rise, leaf):
        raised = np.where(
            np.arange(len(leaves))[:, None] == leaf, own[:, None] + rise, own[:, None]
        )
        return before.min() - root_of(result, dict(zip(leaves, raised, strict=True)))

    every = np.arange(len(leaves))
    values = result.prepared.scores.to_numpy()
    most = np.full(len(leaves), FAR * (np.nanmax(values) - np.nanmin(values)))
    possible = short(most, every) <= 0
    found = elementwise.find_root(
        short, (0 * most[possible], most[possible]), args=(every[possible],)
    )
    rise = np.full(len(leaves), np.inf)
    rise[possible] = found.x
    slopes = np.array([figure_per_score(result, name) for name in leaves])
    within = own + rise <= scores[leaves].max().to_numpy() * (1 + 1e-12)
    return pd.DataFrame({"leaf": leaves, "rise": rise, "figure": rise * slopes, "within": within})


def root_of(result: Index, leaves: dict[str, np.ndarray]) -> np.ndarray:
    """Return the root's score at other scores of the leaves, one column after the other."""
    scores = {name: values[None] for name, values in leaves.items()}
    size = next(iter(scores.values())).shape
    for name, children in result.design.children.items():
        below = np.array([scores.get(child, np.full(size, np.nan)) for child in children])
        weights = result.weights[list(children)].to_numpy()
        scores[name] = node_scores(result.design, name, below, weights, np.zeros(1, int))
    return scores[result.design.root][0]


def figure_per_score(result: Index, leaf: str) -> float:
    """Return how much of a leaf's figure one point of its score is, NaN if that is no constant."""
    rule = result.design.leaves[leaf].normalisation or result.design.normalisation
    if result.design.leaves[leaf].logarithm or rule.method in RANKS:
        return np.nan
    both = pd.DataFrame(
        {"score": result.prepared.scores[leaf], "figure": result.prepared.figures[leaf]}
    ).dropna()
    low, high = both.loc[both["score"].idxmin()], both.loc[both["score"].idxmax()]
    slope = (high["figure"] - low["figure"]) / (high["score"] - low["score"])
    line = low["figure"] + slope * (both["score"] - low["score"])
    return float(slope) if np.allclose(line, both["figure"], rtol=1e-9) else np.nan
