"""Which policy to choose when nobody knows the scenario: criteria, regret, fronts, information.

Everywhere an outcome U has a row per scenario and a column per policy, and more of it is better;
give a cost with a minus sign. Scenarios may have weights where a criterion speaks of how often.

==================  ===================  ===============================================  ======
criterion           function             value of a policy (1)                            weights
==================  ===================  ===============================================  ======
expected value      `expected_value`     mean of U (Laplace's equal chances)              yes
maximin             `maximin`            least U (Wald 1950)                              no
maximax             `maximax`            largest U                                        no
Hurwicz             `hurwicz`            a share of the largest, the rest of the least    no
minimax regret      `minimax_regret`     largest regret (Savage 1951)                     no
quantile regret     `quantile_regret`    regret not exceeded in 90 percent of scenarios   yes
semideviation       `semideviation`      mean less the shortfall below it                 yes
satisficing         `satisficing`        share of scenarios that pass (Starr 1963)        yes
mean-variance       `mean_variance`      mean less half the variance (Markowitz 1952)     yes
==================  ===================  ===============================================  ======

(1) The larger the better; of the two regrets, the smaller. McPhail and others (2018, Earth's Future
6, 169-191) order such criteria by what they make of an outcome, which scenarios they look at, and
how they sum up. Their skewness and peakedness are not here: they describe a shape at any level, so
a policy that is worse in every scenario may win.

*Scale.* Outcomes of a + bU with b > 0 rank policies alike by every criterion, if thresholds move
along (a + bt) and the aversion of `mean_variance`, which has a unit, becomes aversion / b.

*Dominance.* A policy that is nowhere worse than another is never ranked behind it, except by
`mean_variance`, which may punish a windfall: (0, 10) beats (0, 0) in every scenario and has the
lower value at aversion 1. `semideviation` is the criterion of that kind that cannot (Ogryczak and
Ruszczyński 1999). A policy better in every scenario is strictly ahead by every other criterion but
`satisficing`, where both may pass.

*Other policies.* Adding a dominated one changes no regret. Adding one that is not may turn round
the order of two others by regret (Chernoff 1954), which no other criterion here allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import make_lsq_spline
from statsmodels.stats.proportion import proportion_confint

LOSSES = ("minimax regret", "quantile regret")
"""The criteria of which less is better."""
ROUNDING = 1e-12
"""Difference of two values, relative to the largest outcome, below which they tie."""
BLOCK = 1024
"""Policies compared with a front at a time."""
LEAST = 100
"""Scenarios without which nothing is learnt from a regression."""
FEW = 24
"""Distinct values up to which a parameter is taken as classes."""


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error from sampling the scenarios, both in units of the outcome."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class Preference:
    """How often one policy beats another, with what the sample of scenarios leaves open."""

    better: float
    """Share of scenarios in which the first is ahead."""
    tied: float
    """Share in which neither is."""
    worse: float
    """Share in which the second is ahead."""
    interval: tuple[float, float]
    """95 percent interval of `better` (Wilson 1927); of use where the share is zero or one."""
    gain: Estimate
    """Mean of the first less the second, units of the outcome."""


def expected_value(outcomes: ArrayLike, weights: ArrayLike | None = None) -> NDArray:
    """Return the mean of each policy over scenarios, shape (policies,).

    Parameters
    ----------
    outcomes
        Shape (scenarios, policies), higher is better; a frame has policies as columns.
    weights
        Of scenarios, from 0, of any sum; all alike without (Laplace's insufficient reason).

    Raises
    ------
    ValueError
        If outcomes are not a table of finite numbers, or weights do not fit.
    """
    U = _table(outcomes)
    return _mean(U, _weights(weights, len(U)))


def maximin(outcomes: ArrayLike) -> NDArray:
    """Return the least outcome of each policy (Wald 1950), shape (policies,)."""
    return _table(outcomes).min(axis=0)


def maximax(outcomes: ArrayLike) -> NDArray:
    """Return the largest outcome of each policy, shape (policies,)."""
    return _table(outcomes).max(axis=0)


def hurwicz(outcomes: ArrayLike, optimism: float = 0.5) -> NDArray:
    """Return optimism * largest + (1 - optimism) * least outcome (Hurwicz 1951), (policies,).

    Raises
    ------
    ValueError
        As of `expected_value`, or if optimism is not from 0 to 1.
    """
    optimism = _share("optimism", optimism)
    U = _table(outcomes)
    return optimism * U.max(axis=0) + (1 - optimism) * U.min(axis=0)


def regret(outcomes: ArrayLike) -> NDArray:
    """Return how far each policy is behind the best of its scenario (Savage 1951).

    Parameters
    ----------
    outcomes
        Shape (scenarios, policies), higher is better.

    Returns
    -------
    array
        Shape (scenarios, policies), from 0, with a 0 in every scenario.
    """
    U = _table(outcomes)
    return U.max(axis=1, keepdims=True) - U


def minimax_regret(outcomes: ArrayLike) -> NDArray:
    """Return the largest regret of each policy, the smaller the better, shape (policies,)."""
    return regret(outcomes).max(axis=0)


def quantile_regret(
    outcomes: ArrayLike, quantile: float = 0.9, weights: ArrayLike | None = None
) -> NDArray:
    """Return the least regret that a share of the scenarios does not exceed, shape (policies,).

    With quantile = 0.9 it is the 90th percentile minimax regret of McPhail and others (2018), and
    with 1 the largest regret. It is always the regret of some scenario: nothing is interpolated.

    Raises
    ------
    ValueError
        As of `expected_value`, or if quantile is not from 0 to 1.
    """
    R = regret(outcomes)
    return np.quantile(
        R, _share("quantile", quantile), 0, weights=_weights(weights, len(R)), method="inverted_cdf"
    )


def satisficing(
    outcomes: ArrayLike | Mapping[str, ArrayLike],
    thresholds: float | Mapping[str, float],
    weights: ArrayLike | None = None,
) -> NDArray:
    """Return the share of scenarios in which a policy passes (Simon 1956; Starr 1963).

    Parameters
    ----------
    outcomes
        Shape (scenarios, policies), higher is better; or {name: outcome} of several, all of which
        have to pass at once.
    thresholds
        Least outcome that passes; {name: threshold} for several.
    weights
        As of `expected_value`.

    Returns
    -------
    array
        Shape (policies,), from 0 to 1.

    Raises
    ------
    ValueError
        As of `expected_value`, or if names or shapes of several outcomes differ.
    """
    if not isinstance(outcomes, Mapping):
        outcomes, thresholds = {"outcome": outcomes}, {"outcome": thresholds}
    if not isinstance(thresholds, Mapping) or not outcomes or set(outcomes) != set(thresholds):
        raise ValueError(f"give one threshold by name for each of: {', '.join(outcomes) or 'none'}")
    tables = {name: _table(U, name) for name, U in outcomes.items()}
    if len({U.shape for U in tables.values()}) > 1:
        shapes = ", ".join(f"{name} {U.shape}" for name, U in tables.items())
        raise ValueError(f"outcomes must have the same scenarios and policies; there are {shapes}")
    limits = {name: _number(f"threshold of {name}", one) for name, one in thresholds.items()}
    passed = np.logical_and.reduce([limits[name] <= U for name, U in tables.items()])
    return _part(passed, _weights(weights, len(passed)))


def mean_variance(
    outcomes: ArrayLike, aversion: float, weights: ArrayLike | None = None
) -> NDArray:
    """Return mean - aversion / 2 * variance of each policy (Markowitz 1952), shape (policies,).

    Not monotone: it can prefer a policy that is worse in some scenarios and better in none, because
    it counts luck as risk. Prefer `semideviation` unless outcomes are near normal.

    Parameters
    ----------
    outcomes, weights
        As of `expected_value`.
    aversion
        To variance, from 0, per unit of the outcome.

    Raises
    ------
    ValueError
        As of `expected_value`, or if aversion is negative.
    """
    aversion = _number("aversion", aversion)
    if aversion < 0:
        raise ValueError(f"aversion must be 0 or more; it is {aversion}")
    U = _table(outcomes)
    weights = _weights(weights, len(U))
    mean = _mean(U, weights)
    return mean - aversion / 2 * _mean((U - mean) ** 2, weights)


def semideviation(
    outcomes: ArrayLike, aversion: float = 1.0, weights: ArrayLike | None = None
) -> NDArray:
    """Return mean - aversion * lower semideviation of each policy, shape (policies,).

    The semideviation is the root of the mean square of how far outcomes are below their mean. With
    an aversion of at most 1 the criterion never prefers a dominated policy, nor one that every
    risk-averse judge would refuse (Ogryczak and Ruszczyński 1999, European Journal of Operational
    Research 116, 33-50).

    Parameters
    ----------
    outcomes, weights
        As of `expected_value`.
    aversion
        To shortfall, from 0 to 1, without unit.

    Raises
    ------
    ValueError
        As of `expected_value`, or if aversion is not from 0 to 1.
    """
    aversion = _share("aversion", aversion)
    U = _table(outcomes)
    weights = _weights(weights, len(U))
    mean = _mean(U, weights)
    return mean - aversion * np.sqrt(_mean(np.minimum(U - mean, 0) ** 2, weights))


def rankings(
    outcomes: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    optimism: float = 0.5,
    quantile: float = 0.9,
    threshold: float | None = None,
    aversion: float | None = None,
) -> pd.DataFrame:
    """Rank policies by every criterion.

    Parameters
    ----------
    outcomes
        Shape (scenarios, policies), higher is better. The columns of a frame name the policies;
        otherwise they are numbers from 0.
    weights
        As of `expected_value`; used by the criteria that know weights. A scenario of weight zero
        still counts for maximin, maximax, Hurwicz and minimax regret: leave it out if it must not.
    optimism, quantile
        Of `hurwicz` and `quantile_regret`.
    threshold, aversion
        Of `satisficing` and `mean_variance`, which are left out without, as nothing can be assumed.

    Returns
    -------
    DataFrame
        A row per criterion and policy: criterion, policy, value (units of the outcome; a share for
        satisficing), rank (1 is the best; those who tie share the better rank: 1, 1, 3) and tied
        (policies of that rank). Values that differ by rounding tie.

    Raises
    ------
    ValueError
        As of the criteria, or if two policies have one name.
    """
    U = _table(outcomes)
    names = outcomes.columns if isinstance(outcomes, pd.DataFrame) else pd.RangeIndex(U.shape[1])
    if names.has_duplicates:
        raise ValueError(
            f"policies need different names; {names[names.duplicated()][0]} is there twice"
        )
    values = {
        "expected value": expected_value(U, weights),
        "maximin": maximin(U),
        "maximax": maximax(U),
        "Hurwicz": hurwicz(U, optimism),
        "minimax regret": minimax_regret(U),
        "quantile regret": quantile_regret(U, quantile, weights),
        "semideviation": semideviation(U, 1.0, weights),
    }
    scales = dict.fromkeys(values, np.abs(U).max())
    if threshold is not None:
        values["satisficing"], scales["satisficing"] = satisficing(U, threshold, weights), 1.0
    if aversion is not None:
        values["mean-variance"] = mean_variance(U, aversion, weights)
        scales["mean-variance"] = scales["maximin"] * (1 + aversion * scales["maximin"])
    parts = []
    for criterion, value in values.items():
        rank, tied = _ranks(-value if criterion in LOSSES else value, ROUNDING * scales[criterion])
        columns = {"criterion": criterion, "policy": names, "value": value}
        parts.append(pd.DataFrame(columns | {"rank": rank, "tied": tied}))
    return pd.concat(parts, ignore_index=True)


def dominance(outcomes: ArrayLike, strict: bool = False) -> NDArray:
    """Return which policy dominates which, whatever the scenario.

    Parameters
    ----------
    outcomes
        Shape (scenarios, policies), higher is better.
    strict
        Whether to be better in every scenario; otherwise nowhere worse and somewhere better.

    Returns
    -------
    array
        Shape (policies, policies), true at [i, j] where i dominates j. What dominates nothing and
        is dominated by nothing can be chosen only by weighing scenarios.
    """
    U = _table(outcomes)
    if strict:
        return np.stack([(one[:, None] > U).all(axis=0) for one in U.T])
    least = np.stack([(one[:, None] >= U).all(axis=0) for one in U.T])
    return least & ~least.T


def pareto_front(outcomes: ArrayLike, weak: bool = False) -> NDArray:
    """Return which policies no other one beats in several outcomes at once.

    One dominates another if it is at least as good in every outcome and better in one. Policies
    that are alike in all outcomes are on the front together. Two outcomes take a sort, O(n log n);
    more are compared with the front block by block, O(n f) for a front of f.

    Parameters
    ----------
    outcomes
        Shape (policies, outcomes), higher is better: cost with a minus sign.
    weak
        Whether to keep also what others match but do not beat in every outcome (weakly efficient).

    Returns
    -------
    array
        Shape (policies,), true for what is on the front.

    Raises
    ------
    ValueError
        If outcomes are not a table of finite numbers.
    """
    points = _table(outcomes, rows="policies", columns="outcomes")
    if points.shape[1] == 2:
        return _front_of_two(*points.T, weak)
    order = np.lexsort(-points.T[::-1])  # what dominates comes before what it dominates
    parts = np.split(order, range(BLOCK, len(order), BLOCK))
    front = np.empty(0, int)
    for part in parts:
        part = part[~_beaten(points[part], points[front])]
        front = np.concatenate([front, part[~_beaten(points[part], points[part])]])
    kept = np.zeros(len(points), bool)
    kept[front] = True
    if weak:
        for part in parts:
            kept[part] = ~_beaten(points[part], points[front], everywhere=True)
    return kept


def prefers(
    first: ArrayLike, second: ArrayLike, weights: ArrayLike | None = None, tie: float = 0.0
) -> Preference:
    """Return in which share of the scenarios one policy beats another.

    Parameters
    ----------
    first, second
        Outcomes of two policies in the same scenarios, shape (scenarios,), higher is better.
    weights
        As of `expected_value`. The errors then hold for scenarios drawn independently and weighted
        afterwards, with Kish's number of effective scenarios, (sum w)² / sum w².
    tie
        Largest difference that counts as none.

    Returns
    -------
    Preference
        Errors are those of independent draws; they are too wide for Sobol's points.

    Raises
    ------
    ValueError
        If lengths differ, numbers are not finite, or tie is negative.
    """
    a, b = (_vector(name, one) for name, one in {"first": first, "second": second}.items())
    if len(a) != len(b):
        raise ValueError(f"give the same scenarios of both; there are {len(a)} and {len(b)}")
    if (tie := _number("tie", tie)) < 0:
        raise ValueError(f"tie must be 0 or more; it is {tie}")
    weights = _weights(weights, len(a))
    gain = a - b
    better, worse, tied = (
        float(_part(one, weights)) for one in (gain > tie, gain < -tie, np.abs(gain) <= tie)
    )
    effective = len(a) if weights is None else weights.sum() ** 2 / (weights**2).sum()
    low, high = proportion_confint(better * effective, effective, method="wilson")
    interval = min(float(low), better), max(float(high), better)  # but for rounding it holds it
    return Preference(better, tied, worse, interval, _estimate(gain, weights))


def value_of_perfect_information(outcomes: ArrayLike, weights: ArrayLike | None = None) -> Estimate:
    """Return what it is worth to know the scenario before choosing (EVPI; Raiffa, Schlaifer 1961).

    The mean of the best outcome of each scenario less that of the policy that is best on average:
    its mean regret. If policies are close on average, the sample's best one looks better than it
    is, and the estimate is a little too low: the bias falls with the number of scenarios.

    Parameters
    ----------
    outcomes, weights
        As of `expected_value`.

    Raises
    ------
    ValueError
        As of `expected_value`.
    """
    U = _table(outcomes)
    weights = _weights(weights, len(U))
    return _estimate(U.max(axis=1) - U[:, _mean(U, weights).argmax()], weights)


def value_of_learning(
    outcomes: ArrayLike,
    parameters: Mapping[str, ArrayLike],
    *,
    seed: int,
    weights: ArrayLike | None = None,
    knots: int = 4,
    folds: int = 5,
) -> pd.DataFrame:
    """Return what it is worth to learn one parameter before choosing (EVPPI).

    Outcomes of each policy are regressed on the parameter, and the policy is chosen by what the
    regression expects at each value (Strong, Oakley and Brennan 2014, Medical Decision Making 34,
    311-326): here on a cubic spline with knots at quantiles, or on class means where a parameter
    has at most 24 values (Strong and Oakley 2013, the same journal 33, 755-766).

    Parameters
    ----------
    outcomes
        Shape (scenarios, policies), higher is better.
    parameters
        {name: its value in each scenario}; a frame will do. Only one is learnt at a time. Scale
        matters little; take the logarithm of what spans orders of magnitude.
    seed
        Of the folds. Neighbours would not do: scenarios may be Sobol's points.
    weights
        As of `expected_value`.
    knots
        Inner knots of the spline.
    folds
        Parts for the held-out estimate.

    Returns
    -------
    DataFrame
        A row per parameter, in their order, all in units of the outcome:

        - value, of the regression. Never negative. Biased upwards, as it chooses by its own noise;
          the bias falls with the number of scenarios and is largest where the truth is zero;
        - standard_error of it, from sampling scenarios: the spread of what the rule gains over
          always taking the policy that is best on average. Zero if learning changes no choice;
        - held_out, of the same rule where each part of the scenarios is decided by a regression on
          the others. Biased downwards, as no rule beats the best; may be below zero by chance, and
          never exceeds the value of perfect information in the sample. The truth lies between the
          two but for sampling;
        - held_out_error, the standard error of that; too small where the truth is zero and hardly
          any choice changes.

    Raises
    ------
    ValueError
        As of `expected_value`, or if there are fewer than 100 scenarios, a parameter is constant,
        not finite or of another length, or knots or folds are too few.
    """
    U = _table(outcomes)
    if len(U) < LEAST:
        raise ValueError(f"a regression needs {LEAST} scenarios or more; there are {len(U)}")
    if knots < 1 or not 2 <= folds <= LEAST:
        raise ValueError(f"give 1 knot or more and 2 to {LEAST} folds; not {knots} and {folds}")
    weights = _weights(weights, len(U))
    used = slice(None) if weights is None else weights > 0
    U, weights = U[used], np.ones(len(U)) if weights is None else weights[used]
    fold = np.random.default_rng(seed).permutation(len(U)) % folds
    best = _mean(U, weights).argmax()
    rows = []
    for name, values in parameters.items():
        x = _vector(name, values)
        if len(x) != (count := np.shape(outcomes)[0]):
            raise ValueError(f"{name} has {len(x)} values for {count} scenarios")
        if np.ptp(x := x[used]) == 0:
            raise ValueError(f"{name} is the same in every scenario: leave it out, or sample it")
        fitted = _fit(x, U, weights, knots)(x)
        held_out = np.empty_like(U)
        for part in range(folds):
            out, rest = fold == part, fold != part
            held_out[out] = _fit(x[rest], U[rest], weights[rest], knots)(x[out])
        upper, lower = (_gain(U, one, best, weights) for one in (fitted, held_out))
        value = float(_mean(fitted.max(axis=1) - fitted[:, best], weights))
        rows.append([name, value, upper.standard_error, lower.value, lower.standard_error])
    columns = ["parameter", "value", "standard_error", "held_out", "held_out_error"]
    return pd.DataFrame(rows, columns=columns)


def _gain(U, expected, best, weights) -> Estimate:
    """Return what choosing by expectation gains over always taking one policy."""
    chosen = np.take_along_axis(U, expected.argmax(axis=1)[:, None], axis=1)[:, 0]
    return _estimate(chosen - U[:, best], weights)


def _fit(x, U, weights, knots):
    """Return a function from values of a parameter to the mean of each policy, by least squares."""
    classes, codes = np.unique(x, return_inverse=True)
    if len(classes) <= FEW:
        sums = np.stack([np.bincount(codes, weights * one) for one in U.T], axis=1)
        means = sums / np.bincount(codes, weights)[:, None]
        middles = (classes[1:] + classes[:-1]) / 2
        return lambda new: means[np.searchsorted(middles, new)]
    low, high = classes[0], classes[-1]
    inner = np.quantile(classes, np.arange(1, knots + 1) / (knots + 1))
    t = np.concatenate([[0.0] * 4, (inner - low) / (high - low), [1.0] * 4])
    order = np.argsort(x, kind="stable")
    unit = (x[order] - low) / (high - low)
    spline = make_lsq_spline(unit, U[order], t, w=np.sqrt(weights[order]))
    return lambda new: spline(np.clip((new - low) / (high - low), 0, 1))


def _front_of_two(x, y, weak: bool) -> NDArray:
    """Return the front of two outcomes: who has more of the second, among those not behind in x."""
    order = np.lexsort((-y, -x))
    x, y = x[order], y[order]
    new = np.concatenate([[True], x[1:] != x[:-1]])
    first = np.flatnonzero(new)[np.cumsum(new) - 1]
    ahead = np.concatenate([[-np.inf], np.maximum.accumulate(y)])[first]
    kept = np.empty(len(x), bool)
    kept[order] = ahead <= y if weak else (ahead < y) & (y[first] == y)
    return kept


def _beaten(points, rivals, everywhere: bool = False) -> NDArray:
    """Return which points some rival dominates, or is ahead of everywhere; shape (points,)."""
    beaten = np.zeros(len(points), bool)
    for start in range(0, len(rivals), BLOCK):
        pairs = [
            (one[:, None], two)
            for one, two in zip(rivals[start : start + BLOCK].T, points.T, strict=True)
        ]
        ahead = [one > two for one, two in pairs]
        if everywhere:
            found = np.logical_and.reduce(ahead)
        else:
            level = np.logical_and.reduce([one >= two for one, two in pairs])
            found = level & np.logical_or.reduce(ahead)
        beaten |= found.any(axis=0)
    return beaten


def _ranks(values, rounding: float) -> tuple[NDArray, NDArray]:
    """Return ranks, 1 for the largest, and how many share them."""
    order = np.argsort(-values, kind="stable")
    new = np.concatenate([[True], -np.diff(values[order]) > rounding])
    group = np.cumsum(new) - 1
    rank, tied = np.empty((2, len(values)), int)
    rank[order] = np.flatnonzero(new)[group] + 1
    tied[order] = np.bincount(group)[group]
    return rank, tied


def _mean(values, weights) -> NDArray:
    """Return the mean over the first axis."""
    if weights is None:
        return values.mean(axis=0)
    return np.einsum("i,i...->...", weights, values) / weights.sum()


def _part(held, weights) -> NDArray:
    """Return in which share of the scenarios something held, never above one by rounding."""
    if weights is None:
        return held.mean(axis=0)
    yes, no = (np.einsum("i,i...->...", weights, one.astype(float)) for one in (held, ~held))
    return yes / (yes + no)


def _estimate(values, weights) -> Estimate:
    """Return the mean of what is drawn independently, and its standard error."""
    weights = np.ones(len(values)) if weights is None else weights
    mean = _mean(values, weights)
    return Estimate(float(mean), float(np.linalg.norm(weights * (values - mean)) / weights.sum()))


def _table(outcomes, name="outcomes", rows="scenarios", columns="policies") -> NDArray:
    """Return a table of finite numbers."""
    try:
        table = np.asarray(outcomes, float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers; leave out columns of text") from None
    if table.ndim != 2 or not table.size:
        raise ValueError(f"{name} must have shape ({rows}, {columns}); theirs is {table.shape}")
    if (lost := ~np.isfinite(table)).any():
        row, column = np.argwhere(lost)[0]
        raise ValueError(
            f"{name} must be finite; row {row}, column {column} is {table[row, column]}: give what "
            f"did not finish a bad value, or leave its row out"
        )
    return table


def _vector(name, values) -> NDArray:
    """Return a row of finite numbers."""
    vector = np.asarray(values)
    if vector.ndim != 1:
        raise ValueError(f"{name} must have shape (scenarios,); its shape is {vector.shape}")
    return _table(vector[:, None], name)[:, 0]


def _weights(weights, count: int) -> NDArray | None:
    """Return weights of scenarios, or none."""
    if weights is None:
        return None
    weights = _vector("weights", weights)
    if len(weights) != count or (weights < 0).any() or not weights.any():
        raise ValueError(
            f"weights must be {count} numbers from 0, one per scenario, not all of them 0; there "
            f"are {len(weights)}, the least is {weights.min()}"
        )
    return weights


def _number(name, value) -> float:
    """Return a finite number."""
    if not np.isscalar(value) or not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number; it is {value!r}")
    return float(value)


def _share(name, value) -> float:
    """Return a number from 0 to 1."""
    if not 0 <= (value := _number(name, value)) <= 1:
        raise ValueError(f"{name} must be from 0 to 1; it is {value}")
    return value
