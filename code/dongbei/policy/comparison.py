"""Programmes for the same money: which is better, apart from which is larger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from dongbei.policy.ensemble import futures
from dongbei.policy.levers import Programme
from dongbei.policy.simulation import Outcomes

TOLERANCE = 1e-9
"""Of a scale, relative; and of a cost, over the dearer programme's."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two programmes that cost the same in each future.

    Attributes
    ----------
    scale
        By which each was made smaller, from 0 to 1; 1 for the cheaper. Shape (n, 2).
    outcomes
        Of the two at these scales, arrays of shape (n, 2).
    """

    scale: NDArray
    outcomes: Outcomes


def equal_cost(
    draws: Mapping[str, NDArray], first: Programme, second: Programme, years: int = 60, **run
) -> Comparison:
    """Compare two programmes for the same money: in each future the dearer is made smaller.

    All intensities of the programme that costs more are multiplied by one number from 0 to 1, found
    by Chandrupatla's (1997, Advances in Engineering Software 28, 145-149) bracketing method, so
    that both cost the same, discounted, in that future. There always is such a number: with it the
    cost moves without a jump from nothing to that of the programme as it is. It is the only one
    where cost rises with intensity; a programme whose success saves money might have several.

    Parameters
    ----------
    draws
        As of `dongbei.policy.ensemble.scenarios`, of n futures.
    first, second
        Programmes, as large as they may become.
    years, run
        As of `dongbei.policy.ensemble.futures`, but for the scale.

    Returns
    -------
    Comparison
        Of two programmes that cost nothing where one of them costs nothing.
    """
    tried = [first, second]
    cost = futures(draws, tried, years, **run).cost
    scale = np.ones_like(cost)
    for place, programme in enumerate(tried):
        dearer = np.flatnonzero(cost[:, place] > cost[:, 1 - place])
        if len(dearer):
            wanted = cost[dearer, 1 - place], cost[dearer, place]
            scale[dearer, place] = _scale(draws, programme, dearer, *wanted, years, run)
    return Comparison(scale, futures(draws, tried, years, scale=scale, **run))


def affordable(
    tried: Sequence[Programme], draws: Mapping[str, NDArray], budget: float, years: int = 60, **run
) -> list[Programme]:
    """Return programmes that cost no more than a budget on average, as who does not know must plan.

    All intensities of a programme that costs more are multiplied by the one number from 0 to 1 at
    which its mean cost is the budget; the others stay as they are.

    Parameters
    ----------
    tried
        Programmes, as large as they may become.
    draws
        As of `dongbei.policy.ensemble.scenarios`, the futures over which the mean is taken.
    budget
        Discounted, in sales of the first market, above 0.
    years, run
        As of `dongbei.policy.ensemble.futures`, but for the scale.

    Raises
    ------
    ValueError
        If the budget is not finite and above 0.
    """
    if not (np.isfinite(budget) and budget > 0):
        raise ValueError(f"the budget must be finite and above 0; it is {budget}")
    cost = futures(draws, tried, years, **run).cost.mean(axis=0)
    dearer = np.flatnonzero(cost > budget)
    factors = np.ones(len(tried))
    if len(dearer):

        def excess(scale, place, whole):
            found = futures(draws, [tried[one] for one in place], years, scale=scale, **run)
            return (found.cost.mean(axis=0) - budget) / whole

        factors[dearer] = _root(excess, len(dearer), (dearer, cost[dearer]))
    return [one.scaled(factor) for one, factor in zip(tried, factors.tolist(), strict=True)]


def _scale(draws, programme, where, wanted, whole, years, run) -> NDArray:
    """Return the scale at which a programme costs what is wanted, in some of the futures."""

    def excess(scale, place, wanted, whole):
        part = {name: values[place] for name, values in draws.items()}
        found = futures(part, [programme], years, scale=scale[:, None], **run)
        return (found.cost[:, 0] - wanted) / whole

    return _root(excess, len(where), (where, wanted, whole))


def _root(excess, count: int, arguments) -> NDArray:
    """Return where functions of a scale from 0 to 1 are zero, shape (count,)."""
    found = elementwise.find_root(
        excess, (np.zeros(count), np.ones(count)), args=arguments,
        tolerances={"xatol": 0.0, "xrtol": TOLERANCE, "fatol": TOLERANCE, "frtol": 0.0},
    )  # fmt: skip
    if not found.success.all():  # cost is continuous, so this is not a matter of input
        raise ArithmeticError(f"no scale found for {(~found.success).sum()} of {count}")
    return found.x
