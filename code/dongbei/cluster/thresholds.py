"""Where the price advantage begins and ends: fewest firms, most stages, best division of labour.

The first two are whole numbers found by exact arithmetic, for stages of as many firms each that
compete in quantities: the chain undercuts m integrated firms of the same unit cost exactly if its
markup is below 1/m.
"""

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from numbers import Rational, Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dongbei.cluster.chain import ProductionChain, final_price

LONGEST = 10**4
"""Most stages that `maximum_stages` tries."""


def minimum_firms(stages: int, integrated_firms: int = 1, curvature: Real = 1) -> int:
    """Fewest firms per stage with which a chain undercuts integrated firms.

    Parameters
    ----------
    stages
        Number of stages k, all with as many firms.
    integrated_firms
        Number m of integrated firms that compete in quantities; one is the document's case.
    curvature
        Curvature δ > -1 of demand; a `Fraction` where a decimal would not be exact.

    Returns
    -------
    int
        Smallest whole n with a markup below 1/m; for the straight line, with
        (m + 1) n^k > m (n + 1)^k.

    Raises
    ------
    ValueError
        If a number of stages or firms is not whole and at least one, or curvature out of range.

    References
    ----------
    "minimum firms against rivals" of `propositions`, "advantage" of `theorems`.
    """
    k, m, d = (
        _whole(stages, "stages"),
        _whole(integrated_firms, "integrated_firms"),
        _bend(curvature),
    )
    enough = int(k * (m + max(d, 0))) + 1  # by Bernoulli's inequality; for δ > 0, of the inverse
    return 1 + bisect_left(range(1, enough + 1), True, key=lambda n: _undercuts(n, k, m, d))


def maximum_stages(firms: int, integrated_firms: int = 1, curvature: Real = 1) -> int:
    """Most stages with which a chain of given firms per stage still undercuts integrated firms.

    Parameters
    ----------
    firms
        Number n of firms in every stage.
    integrated_firms, curvature
        As for `minimum_firms`.

    Returns
    -------
    int
        Largest whole k with a markup below 1/m, zero if even one stage does not undercut them.

    Raises
    ------
    ValueError
        As `minimum_firms`, and if more than `LONGEST` stages would do.
    """
    n, m = _whole(firms, "firms"), _whole(integrated_firms, "integrated_firms")
    d = _bend(curvature)
    longest = 1
    while _undercuts(n, longest, m, d):
        if longest == LONGEST:
            raise ValueError(f"{LONGEST} stages or more keep the advantage: ask for fewer firms")
        longest = min(2 * longest, LONGEST)
    return bisect_left(range(1, longest + 1), True, key=lambda k: not _undercuts(n, k, m, d))


def _undercuts(n: int, k: int, m: int, d: Fraction) -> bool:
    """Whether the markup ((1 + δ/n)^k - 1) / δ of k stages is below 1/m, exactly."""
    if d == 0:
        return n > k * m
    chain, rivals = (1 + d / n) ** k, 1 + d / m
    return chain < rivals if d > 0 else chain > rivals


def _whole(number: Real, name: str) -> int:
    real = isinstance(number, Real) and not isinstance(number, bool) and isfinite(number)
    if not real or number != int(number) or number < 1:
        raise ValueError(f"{name} must be a whole number >= 1; got {number}")
    return int(number)


def _bend(curvature: Real) -> Fraction:
    if not (isinstance(curvature, Real) and isfinite(curvature) and curvature > -1):
        raise ValueError(f"curvature must be finite and > -1; got {curvature}")
    return Fraction(curvature if isinstance(curvature, Rational) else float(curvature))


@dataclass(frozen=True, eq=False)
class Division:
    """The best division of labour, and what every other would cost the buyers.

    Attributes
    ----------
    stages
        Number of stages with the lowest price; the fewest of them if there are several.
        Shape (...).
    prices
        Price of the final good with 1, 2, ... stages. Shape (..., stages). Money per unit.
    """

    stages: NDArray
    prices: NDArray


def best_division(
    demand_intercept: ArrayLike,
    demand_slope: ArrayLike,
    costs: ArrayLike,
    firms: ArrayLike,
    *,
    curvature: ArrayLike = 1.0,
    interface_cost: ArrayLike = 0.0,
) -> Division:
    """Divide the work into the number of stages that makes the final good cheapest.

    More stages mean that firms specialise and produce at a lower cost, but also one margin more and
    one interface more.

    Parameters
    ----------
    demand_intercept, demand_slope, curvature, interface_cost
        As for `ProductionChain`. Shape (...).
    costs
        Unit cost of all stages together when the work is divided into 1, 2, ... stages, without
        interfaces. Shape (..., stages). Money per unit.
    firms
        Number of firms in every stage, however many stages there are. Shape (...).

    Raises
    ------
    ValueError
        As `ProductionChain`, and if the price still falls at the last division given.

    References
    ----------
    "division of labour" of `theorems`; Becker and Murphy (1992) for the trade-off.
    """
    costs, firms = np.asarray(costs, dtype=float), np.asarray(firms, dtype=float)
    if costs.ndim == 0 or costs.shape[-1] < 2:
        raise ValueError(f"costs must have one entry per number of stages; got shape {costs.shape}")
    demand = demand_intercept, demand_slope, curvature, interface_cost
    divisions = range(1, costs.shape[-1] + 1)
    prices = np.stack([_divided_price(costs, firms, stages, *demand) for stages in divisions], -1)
    best = prices.argmin(axis=-1) + 1
    if (best == costs.shape[-1]).any():
        raise ValueError(
            f"the price still falls at {costs.shape[-1]} stages: give the costs of more of them"
        )
    return Division(best, prices)


def _divided_price(costs, firms, stages, intercept, slope, curvature, interface_cost) -> NDArray:
    """Price of the final good with a number of stages alike; an error names that number."""
    try:
        chain = ProductionChain(
            intercept,
            slope,
            np.repeat(firms[..., np.newaxis], stages, axis=-1),
            np.repeat(costs[..., [stages - 1]] / stages, stages, axis=-1),
            curvature=curvature,
            interface_cost=interface_cost,
        )
    except ValueError as error:
        raise ValueError(f"divided into {stages}: {error}") from error
    return final_price(chain)
