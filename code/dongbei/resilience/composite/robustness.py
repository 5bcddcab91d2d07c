"""How much of a rank is data and how much is choice.

A replication is an index computed with one option of every choice and one draw of the weights.
`replications` computes thousands at once: replications that share their options share all that
does not depend on the weights, and a node is then one product of matrices.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np
import pandas as pd
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sample

from dongbei.resilience.composite import missing
from dongbei.resilience.composite.design import Design
from dongbei.resilience.composite.indices import by_leaf, climb, index, node_scores, prepare, ranked

NOISE = "weights"
"""Name of the factor that draws weights."""
CHUNK = 4_000_000
"""Scores of leaves that are held at once."""
MOST_COMBINATIONS = 20_000
"""Combinations of options that are all taken."""
MOST_OPTIONS, TRIALS = 12, 16
"""Options of a choice, and replications, on which it is tried whether the choice matters."""
STAGES = {"missing", "treatment", "normalisation", "leaves"}
WEIGHTS = {"leaves": {"__all__": {"weight"}}}


@dataclass(frozen=True)
class Replications:
    """Many indices of the same table.

    Attributes
    ----------
    design_matrix
        One row per replication: the option of each choice, and the number of the draw of weights.
    scores, ranks
        Of the root: one row per replication, one column per (year and) unit; ranks within the year.
    nodes
        Scores of the other nodes that were asked for, by name.
    """

    design_matrix: pd.DataFrame
    scores: pd.DataFrame
    ranks: pd.DataFrame
    nodes: dict[str, pd.DataFrame] = field(default_factory=dict)


def replications(
    design: Design,
    table: pd.DataFrame,
    groups: pd.DataFrame | None = None,
    *,
    count: int | None = None,
    seed: int = 0,
    design_matrix: pd.DataFrame | None = None,
    nodes: tuple[str, ...] = (),
) -> Replications:
    """Compute the index again and again with other choices.

    Parameters
    ----------
    design
        With `choices`, `noise` or both.
    count
        Replications drawn at random, every option equally likely; without it every combination of
        options is taken once (which needs a design without noise).
    design_matrix
        The replications wanted, instead: a column per choice, and `NOISE` with numbers of draws.
    seed
        Of the draws of options and of weights.
    nodes
        Whose scores are wanted beside the root's.

    Raises
    ------
    ValueError
        If there is nothing to vary, a choice or a draw never reaches the ranks, a node is unknown
        or has no data, or one of the indices cannot be computed; the message names the options.

    Notes
    -----
    Where options of two choices set one field, the choice that the design names later wins.
    """
    options = factors(design)
    if unknown := [name for name in nodes if name not in design.children]:
        known = ", ".join(design.children)
        raise ValueError(f"no node {unknown[0]!r} with data; there are {known}")
    if design_matrix is None:
        design_matrix = drawn(design, count, seed)
    check_matrix(design_matrix, options)
    trials = varied(design_matrix, options)
    together = pd.concat([design_matrix, *trials], ignore_index=True)
    scores, ranks = evaluated(design, table, groups, together, seed, (design.root, *nodes))
    refuse_unreached(together, np.hstack([scores[design.root], ranks]))

    def own(part):
        return part[: len(design_matrix)].set_axis(design_matrix.index)

    below = {name: own(scores[name]) for name in nodes}
    return Replications(design_matrix, own(scores[design.root]), own(ranks), below)


def factors(design: Design) -> dict[str, list]:
    """Return the options of each choice, and the numbers of the draws of weights."""
    found = {name: list(options) for name, options in design.choices.items()}
    if design.noise:
        found[NOISE] = list(range(design.noise.draws))
    if not found:
        raise ValueError("nothing to vary: the design has neither choices nor noise")
    return found


def drawn(design: Design, count: int | None, seed: int) -> pd.DataFrame:
    """Draw replications, or take every combination of options."""
    options = factors(design)
    if count is not None:
        if count < 1:
            raise ValueError(f"{count} replications; ask for at least one")
        random = np.random.default_rng(seed)
        return pd.DataFrame(
            {name: [values[i] for i in random.integers(len(values), size=count)]
             for name, values in options.items()}
        )  # fmt: skip
    size = prod(len(values) for values in options.values())
    if size > MOST_COMBINATIONS:
        raise ValueError(
            f"{size} combinations; {MOST_COMBINATIONS} at most, so give count= to draw some at "
            "random"
        )
    return pd.DataFrame(list(product(*options.values())), columns=list(options))


def check_matrix(matrix: pd.DataFrame, options: dict[str, list]) -> None:
    """Refuse a design matrix that does not name one option of every choice in every row."""
    if set(matrix.columns) != set(options):
        raise ValueError(
            f"the design matrix has the columns {', '.join(matrix.columns)}; the choices are "
            f"{', '.join(options)}"
        )
    for name, values in options.items():
        strange = ~matrix[name].isin(values)
        if strange.any():
            first = str(matrix[name][strange].iloc[0])
            raise ValueError(f"choice {name!r} has no option {first!r}")


def varied(matrix: pd.DataFrame, options: dict[str, list]) -> list[pd.DataFrame]:
    """Take a few replications and give them one option of a choice after the other."""
    few = matrix.iloc[np.linspace(0, len(matrix) - 1, min(len(matrix), TRIALS)).astype(int)]
    return [
        few.assign(**{name: value})
        for name, values in options.items()
        for value in values[:MOST_OPTIONS]
    ]


def refuse_unreached(matrix: pd.DataFrame, found: np.ndarray) -> None:
    """Refuse a choice of which replications that differ in nothing else are all the same."""
    for name in matrix.columns:
        others = [other for other in matrix.columns if other != name]
        alike = matrix.groupby(others).ngroup() if others else np.zeros(len(matrix), int)
        _, first, group = np.unique(alike, return_index=True, return_inverse=True)
        if np.array_equal(found, found[first[group]], equal_nan=True):
            raise ValueError(
                f"the choice {name!r} never reaches a rank: all of its options give the same "
                "index; check the fields it sets, or take it out"
            )


def evaluated(
    design: Design,
    table: pd.DataFrame,
    groups: pd.DataFrame | None,
    matrix: pd.DataFrame,
    seed: int,
    nodes: tuple[str, ...],
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Compute scores of nodes and ranks of the root for every row of a design matrix."""
    units = missing.of_years(table, design.years).index
    draws = noise(design, seed)
    drawn_weights = matrix[NOISE].to_numpy() if draws else None
    ranks = np.full((len(matrix), len(units)), np.nan)
    scores = {name: ranks.copy() for name in nodes}
    prepared: dict[str, pd.DataFrame] = {}
    choices = list(design.choices)
    alone = design.model_copy(update={"choices": {}})  # whose options need no second look
    for options, rows in combinations(matrix.reset_index(drop=True), choices):
        fields = {}
        for name, option in zip(choices, options, strict=True):
            fields |= design.choices[name][option]
        try:
            variant = alone.replaced(fields)
            key = variant.model_dump_json(include=STAGES, exclude=WEIGHTS)
            if key not in prepared:
                prepared[key] = prepare(variant, table, groups).scores
            rows_left = prepared[key].index
            places, years = units.get_indexer(rows_left), missing.years_of(rows_left)
            leaves = by_leaf(prepared[key])
            weights, _ = climb(variant, leaves, years)
            for part in np.array_split(rows, -(-len(rows) * prepared[key].size // CHUNK)):
                held = {child: factor[drawn_weights[part]] for child, factor in draws.items()}
                found = drawn_scores(variant, leaves, weights, held, years)
                for name in nodes:
                    scores[name][np.ix_(part, places)] = found[name].T
                for year in np.unique(years):
                    own = years == year
                    ranks[np.ix_(part, places[own])] = ranked(found[design.root][own], variant).T
        except ValueError as error:
            words = ", ".join(f"{name}: {one}" for name, one in zip(choices, options, strict=True))
            raise ValueError(f"with {words or 'other weights'}: {error}") from None
    frames = {name: pd.DataFrame(values, matrix.index, units) for name, values in scores.items()}
    return frames, pd.DataFrame(ranks, matrix.index, units)


def combinations(matrix: pd.DataFrame, choices: list[str]) -> Iterator[tuple[tuple, np.ndarray]]:
    """Give every combination of options with the rows that have it."""
    if not choices:
        yield (), np.arange(len(matrix))
        return
    for options, rows in matrix.groupby(choices, sort=False, observed=True).indices.items():
        yield options if isinstance(options, tuple) else (options,), rows


def noise(design: Design, seed: int) -> dict[str, np.ndarray]:
    """Draw the factor of every element's weight: 1 + u, one number per draw."""
    if not design.noise:
        return {}
    names = [name for name in (*design.nodes, *design.measured) if name != design.root]
    random = np.random.default_rng(seed)
    far = design.noise.relative
    return {name: 1 + random.uniform(-far, far, design.noise.draws) for name in names}


def drawn_scores(
    design: Design,
    leaves: dict[str, np.ndarray],
    weights: dict[str, float],
    draws: dict[str, np.ndarray],
    years: np.ndarray,
) -> dict[str, np.ndarray]:
    """Aggregate for all draws of the weights at once: (units, draws), or (units,) without."""
    scores: dict[str, np.ndarray] = dict(leaves)
    for name, children in design.children.items():
        below = [scores[child] for child in children]
        deep = max(one.ndim for one in below)
        wide = [one if one.ndim == deep else one[:, None] for one in below]
        own = np.array([weights[child] for child in children])
        if draws:
            own = own[:, None] * np.array([draws[child] for child in children])
        scores[name] = node_scores(design, name, np.array(np.broadcast_arrays(*wide)), own, years)
    return scores


def rank_intervals(
    found: Replications, levels: tuple[float, ...] = (0.05, 0.5, 0.95)
) -> pd.DataFrame:
    """Return quantiles of each unit's rank over the replications, with best and worst.

    Returns
    -------
    pandas.DataFrame
        One row per (year and) unit: ``best``, one column per level, ``worst``, ``mean``, and
        ``ranked`` (the share of the replications in which the unit has a rank).
    """
    ranks = found.ranks
    frame = ranks.quantile(list(levels)).T
    frame.columns = [f"{level:g}" for level in levels]
    frame.insert(0, "best", ranks.min())
    frame["worst"] = ranks.max()
    frame["mean"] = ranks.mean()
    frame["ranked"] = ranks.notna().mean()
    return frame


def ahead(found: Replications) -> pd.DataFrame:
    """Return the share of the replications in which the row's unit ranks before the column's."""
    ranks = found.ranks.to_numpy()
    before = [(ranks[:, [unit]] < ranks).mean(axis=0) for unit in range(ranks.shape[1])]
    return pd.DataFrame(before, found.ranks.columns, found.ranks.columns)


def sensitivity(
    design: Design,
    table: pd.DataFrame,
    groups: pd.DataFrame | None = None,
    *,
    year: int | None = None,
    power: int = 9,
    seed: int = 0,
) -> pd.DataFrame:
    """Say which choice moves which rank: Sobol's indices.

    Exact, from all combinations, if there are few and no noise; else by Saltelli's design with a
    base sample of 2 ** power (SALib), the draw of all weights being one factor.

    Parameters
    ----------
    design, table, groups, seed
        As of `replications`.
    year
        Whose ranks, if the table has years.
    power
        Of the base sample.

    Returns
    -------
    pandas.DataFrame
        ``output`` (a unit that has a rank in every replication, or ``mean shift``: the mean
        distance of their ranks from the design's own), ``choice``, ``first``, ``total`` (parts of
        the variance; NaN where the output does not vary), ``first_width``, ``total_width`` (of 95
        percent intervals; 0 if exact).

    Raises
    ------
    ValueError
        As `replications`, and if the table has years and none of them is named.
    """
    if table.index.nlevels > 1 and year is None:
        raise ValueError("ranks are compared within one year: name it with year=")
    options = factors(design)
    exact = not design.noise and prod(map(len, options.values())) <= MOST_COMBINATIONS
    if exact:
        matrix = drawn(design, None, seed)
    else:
        names = list(options)
        problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
        points = sample.sample(problem, 2**power, calc_second_order=False, seed=seed)
        matrix = pd.DataFrame(
            {
                name: [values[int(point * len(values))] for point in points[:, place]]
                for place, (name, values) in enumerate(options.items())
            }
        )
    found = replications(design, table, groups, design_matrix=matrix, seed=seed)
    ranks, own = found.ranks, index(design, table, groups).ranks[design.root]
    if year is not None:
        ranks, own = ranks.xs(year, axis=1, level=0), own.xs(year)
    outputs = ranks.dropna(axis=1)
    outputs = outputs.assign(**{"mean shift": (outputs - own[outputs.columns]).abs().mean(axis=1)})
    rows = []
    for name, values in outputs.items():
        if exact:
            parts = variance_parts(values.to_numpy(), matrix)
        else:
            parts = estimated(problem, values.to_numpy(), seed)
        rows.append(parts.assign(output=name))
    return pd.concat(rows, ignore_index=True)[
        ["output", "choice", "first", "total", "first_width", "total_width"]
    ]


def variance_parts(values: np.ndarray, matrix: pd.DataFrame) -> pd.DataFrame:
    """Split the variance over all combinations of options, every one equally likely.

    First: variance of the mean given the option. Total: mean variance given all other options.
    """
    frame = matrix.assign(_=values)
    variance = values.var() if np.ptp(values) else 0.0  # rounding may leave something of it
    rows = []
    for name in matrix.columns:
        others = [other for other in matrix.columns if other != name]
        first = frame.groupby(name)["_"].mean().var(ddof=0)
        rest = frame.groupby(others)["_"].var(ddof=0).mean() if others else variance
        rows.append((name, first, rest))
    found = pd.DataFrame(rows, columns=["choice", "first", "total"])
    found[["first", "total"]] /= variance or np.nan
    return found.assign(first_width=0.0, total_width=0.0)


def estimated(problem: dict, values: np.ndarray, seed: int) -> pd.DataFrame:
    """Estimate Sobol's indices from Saltelli's design."""
    if np.ptp(values) == 0:
        numbers = dict.fromkeys(("first", "total", "first_width", "total_width"), np.nan)
        return pd.DataFrame({"choice": problem["names"], **numbers})
    found = analysis.analyze(problem, values, calc_second_order=False, seed=seed)
    columns = {"first": "S1", "total": "ST", "first_width": "S1_conf", "total_width": "ST_conf"}
    return pd.DataFrame(
        {"choice": problem["names"]} | {ours: found[theirs] for ours, theirs in columns.items()}
    )
