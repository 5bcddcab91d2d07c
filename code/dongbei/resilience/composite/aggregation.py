"""From the children's scores to a node's, for one set of weights or for thousands at once.

Scores are arrays of shape (children, units) or (children, units, replications), weights of shape
(children,) or (children, replications); NaN marks what is missing. Means run over what is there,
with the weights of what is there (so the caller decides on coverage).

Most rules are one formula, a mean f^-1(sum of w f(x)): f is x, log x, 1 / x or x^p. The others
compare units (Copeland, Kemeny), take the middle (median) or weigh each unit to its own advantage.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array

from dongbei.resilience.composite.design import Aggregation, BenefitOfTheDoubt, Power

MOST_UNITS = 12
"""Units that Kemeny's rule takes: its exact answer grows out of hand with them."""


@dataclass(frozen=True)
class Transform:
    """The f of a mean f^-1(sum of w f(x)), its inverse and derivative, and the least x it takes."""

    of: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    least: float = -np.inf


POWERS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}


def transform(rule: Aggregation) -> Transform | None:
    """Return the transform of a mean, None for the rules that are none."""
    power = rule.power if isinstance(rule, Power) else None
    if isinstance(rule, str):
        power = POWERS.get(rule)
    if power is None:
        return None
    if power == 1:
        return Transform(lambda x: x, lambda y: y, np.ones_like)
    if power == 0:
        return Transform(np.log, np.exp, lambda x: 1 / x, 0.0)
    return Transform(
        lambda x: x**power, lambda y: y ** (1 / power), lambda x: power * x ** (power - 1), 0.0
    )


def aggregate(
    scores: np.ndarray, weights: np.ndarray, rule: Aggregation, name: str = "the node"
) -> np.ndarray:
    """Aggregate the children's scores.

    Parameters
    ----------
    scores
        Shape (children, units) or (children, units, replications).
    weights
        Shape (children,) or (children, replications); only their ratios count.
    rule
        How; see `dongbei.resilience.composite.design`.
    name
        Who is to be named in errors.

    Returns
    -------
    numpy.ndarray
        Shape (units,), or (units, replications) if scores or weights have replications. A unit has
        NaN where no child with weight has a score.

    Raises
    ------
    ValueError
        If a score is below 0 and the rule takes none.
    """
    if mean := transform(rule):
        if mean.least == 0 and (lowest := np.nanmin(scores, initial=np.inf)) < 0:
            raise ValueError(
                f"{name}: {named(rule)} needs scores that are not negative, and one is "
                f"{lowest:.3g}; normalise to a scale above 0, such as minmax from 1 to 100"
            )
        return weighted_mean(scores, weights, mean)
    if rule == "median":
        return weighted_median(scores, weights)
    if rule == "copeland":
        return copeland(scores, weights)
    if isinstance(rule, BenefitOfTheDoubt):
        return each(lambda x, w: benefit_of_the_doubt(x, rule, name), scores, weights)
    return each(lambda x, w: kemeny(x, w, name), scores, weights)


def named(rule: Aggregation) -> str:
    """Name a rule in words."""
    if isinstance(rule, Power):
        return f"the mean of power {rule.power:g}"
    if isinstance(rule, BenefitOfTheDoubt):
        return "the benefit of the doubt"
    return f"the {rule} mean" if rule in POWERS else f"the rule {rule}"


def weighted_mean(scores: np.ndarray, weights: np.ndarray, mean: Transform) -> np.ndarray:
    """Return f^-1(sum of w f(x) / sum of w) over the children that are there."""
    if (weights == 0).any():  # or else 0 times the logarithm of 0
        scores, wide = together(scores, weights)
        scores = np.where(wide > 0, scores, np.nan)
    with np.errstate(divide="ignore"):  # 0 under a logarithm or a negative power: the mean is 0
        moved = mean.of(scores)
    there = ~np.isnan(scores)
    if there.all():
        total = weights.sum(axis=0)
        return mean.back(combined(moved, weights) / total)
    total = combined(there.astype(float), weights)
    summed = combined(np.where(there, moved, 0.0), weights)
    return mean.back(np.divide(summed, total, out=np.full_like(summed, np.nan), where=total > 0))


def combined(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum values (children, units[, replications]) times weights (children[, replications])."""
    if values.ndim == 2:
        return values.T @ weights
    return np.einsum("cur,cr->ur", values, as_wide(weights, values))


def as_wide(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Give each replication weights, if all have the same."""
    return weights if weights.ndim == 2 else np.broadcast_to(weights[:, None], values.shape[::2])


def weighted_median(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the score at which half of the weight lies below; the middle of two at a tie."""
    scores, weights = together(scores, weights)
    order = np.argsort(scores, axis=0)  # NaN last
    values = np.take_along_axis(scores, order, axis=0)
    held = np.take_along_axis(np.where(np.isnan(scores), 0.0, weights), order, axis=0)
    part = held.cumsum(axis=0)
    half = part[-1] / 2
    low = np.argmax(part >= half * (1 - 1e-12), axis=0)
    high = np.argmax(part > half * (1 + 1e-12), axis=0)
    found = [np.take_along_axis(values, at[None], axis=0)[0] for at in (low, high)]
    return np.where(half > 0, np.add(*found) / 2, np.nan)


def together(scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring scores and weights to the shape (children, units[, replications])."""
    wide = weights[:, None]
    if wide.ndim < scores.ndim:
        wide = wide[..., None]
    if scores.ndim < wide.ndim:
        scores = scores[:, :, None]
    return np.broadcast_arrays(scores, wide)


def copeland(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each unit how many others it beats, less how many beat it.

    One beats another if it is ahead in children with more than half of the weight of those in which
    both have a score; a tie in a child counts half (Handbook, 112-116).
    """
    found = np.sign(outranking(scores, weights)).sum(axis=1)
    return np.where(combined((~np.isnan(scores)).astype(float), weights) > 0, found, np.nan)


def outranking(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of children in which a unit is ahead, less that in which it is behind."""
    ahead = np.sign(scores[:, :, None] - scores[:, None])
    ahead = np.where(np.isnan(ahead), 0.0, ahead)
    if ahead.ndim == 3:
        return np.round(np.tensordot(ahead, weights, (0, 0)), 12)
    wide = weights if weights.ndim == 2 else weights[:, None]
    return np.round((ahead * wide[:, None, None]).sum(axis=0), 12)


def each(work, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Apply a rule to one replication after the other."""
    if scores.ndim == 2 and weights.ndim == 1:
        return work(scores, weights)
    scores, weights = together(scores, weights)
    count = scores.shape[2]
    return np.stack([work(scores[..., r], weights[:, 0, r]) for r in range(count)], axis=-1)


def kemeny(scores: np.ndarray, weights: np.ndarray, name: str) -> np.ndarray:
    """Return how many units come after each one in the order with most support, plus 1.

    Exact, by an integer programme over pairs (Young and Levenglick 1978; Handbook, 112).

    Raises
    ------
    ValueError
        If there are more than `MOST_UNITS` units, or the programme is not solved.
    """
    there = combined((~np.isnan(scores)).astype(float), weights) > 0
    support = outranking(scores[:, there], weights)
    size = len(support)
    if size > MOST_UNITS:
        raise ValueError(
            f"{name}: Kemeny's rule takes {MOST_UNITS} units at most and here are {size}; "
            "use copeland"
        )
    pairs = [(i, j) for i in range(size) for j in range(size) if i < j]
    place = {pair: k for k, pair in enumerate(pairs)}
    triples = [(i, j, k) for i, j in pairs for k in range(j + 1, size)]
    rows = np.repeat(np.arange(len(triples)), 3)
    at = np.array([(place[i, j], place[j, k], place[i, k]) for i, j, k in triples], int).ravel()
    signs = np.tile([1.0, 1.0, -1.0], len(triples))
    circles = coo_array((signs, (rows, at)), shape=(len(triples), len(pairs))).tocsc()
    gain = np.array([support[pair] for pair in pairs])
    limits = [LinearConstraint(circles, 0, 1)] if triples else []
    places = np.where(there, 1.0, np.nan)
    if not pairs:
        return places
    found = milp(-gain, integrality=np.ones(len(pairs)), bounds=Bounds(0, 1), constraints=limits)
    if not found.success:
        raise ValueError(f"{name}: Kemeny's order was not found: {found.message}")
    beaten = np.zeros(size)
    for (i, j), before in zip(pairs, found.x > 0.5, strict=True):
        beaten[i if before else j] += 1
    places[there] += beaten
    return places


def benefit_of_the_doubt(scores: np.ndarray, rule: BenefitOfTheDoubt, name: str) -> np.ndarray:
    """Return each unit's score with the weights that suit it best, the best unit having 1.

    max sum of w x over w >= 0 such that no unit passes 1 with these weights, each weight between
    `lower` and `upper` of their sum (Cherchye, Moesen, Rogge and Van Puyenbroeck 2007, equation 3).

    Raises
    ------
    ValueError
        If a score is negative or missing, or the bounds admit no weights.
    """
    count, units = scores.shape
    if np.isnan(scores).any() or (scores < 0).any():
        raise ValueError(
            f"{name}: the benefit of the doubt needs scores that are there and not negative; fill "
            "gaps in, and normalise to a scale from 0"
        )
    if rule.lower * count > 1 + 1e-9 or rule.upper * count < 1 - 1e-9:
        raise ValueError(
            f"{name}: weights of {count} children cannot all lie between {rule.lower:g} and "
            f"{rule.upper:g} of their sum; widen the bounds"
        )
    bounds = np.vstack([np.eye(count) - rule.upper, rule.lower - np.eye(count)])
    limits = np.vstack([scores.T, bounds])
    sides = np.concatenate([np.ones(units), np.zeros(2 * count)])
    found = [linprog(-scores[:, unit], A_ub=limits, b_ub=sides) for unit in range(units)]
    if bad := next((one for one in found if not one.success), None):
        raise ValueError(f"{name}: no weights of the benefit of the doubt: {bad.message}")
    return np.array([-one.fun for one in found])
