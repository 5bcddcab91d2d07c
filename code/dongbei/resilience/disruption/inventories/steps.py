"""How a block of shocks moves from step to step: demand, production, rationing, stocks, orders."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dongbei.resilience.disruption.inventories.chains import TINY, UNUSED, Chains, left
from dongbei.resilience.disruption.inventories.network import Network
from dongbei.resilience.disruption.shocks import Shocks


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a block of shocks, after rationing and before the stocks change.

    Its arrays may be overwritten when the next step is asked for: copy what is to stay.

    Attributes
    ----------
    step
        From 0.
    level, demand, capacity
        x, d, κ. Shape (n, shocks).
    ordered, final, exports
        Orders of production, of final users and from abroad, over normal sales; they add up to d.
        Shape (n, shocks).
    served, rest
        Parts f of the orders of production, and of those of final users and from abroad, that are
        delivered. Shape (n, shocks).
    final_unmet
        Final demand of each region's users that is not met, all products, money. Shape (g, shocks).
    exports_unmet
        Exports that each node does not deliver, money. Shape (n, shocks).
    needs
        Orders ν that the nodes placed for each product for this step. Shape (k, n, shocks).
    """

    step: int
    level: NDArray
    demand: NDArray
    capacity: NDArray
    ordered: NDArray
    final: NDArray
    exports: NDArray
    served: NDArray
    rest: NDArray
    final_unmet: NDArray
    exports_unmet: NDArray
    needs: NDArray
    _stocks: NDArray

    @property
    def stocks(self) -> NDArray:
        """Stocks h at the start of the step; infinite where none is kept. Shape (k, n, shocks)."""
        return np.where(self._stocks < UNUSED / 2, self._stocks, np.inf)


def evolve(network: Network, shocks: Shocks, steps: int) -> Iterator[Step]:
    """Move a block of shocks from step to step, as the text of this module says.

    Parameters
    ----------
    network
        Of a table and a behaviour.
    shocks
        As many as memory holds: stocks and orders are two numbers per product, node and shock.
    steps
        To follow.

    Yields
    ------
    Step
        Whose arrays may be overwritten when the next is asked for.

    Raises
    ------
    ValueError
        As of `simulate`.
    """
    network.check(shocks, steps)
    how, chains = network.behaviour, Chains(network, shocks)
    kept = {name: left(getattr(shocks, name)) for name in ("capacity", "final", "exports")}
    α = np.ones((len(network.sales), shocks.count))
    for step in range(steps):
        capacity = α * kept["capacity"](step)
        final, unmet = chains.final_demand(kept["final"](step))
        exports = network.exports * kept["exports"](step)
        users = final + exports
        demand = chains.ordered + users
        planned = np.minimum(demand, capacity)
        level = np.minimum(planned, chains.limit)
        served, rest = _rationed(how.rationing, level, demand, chains.ordered, users)
        abroad = network.sales[:, None] * exports * (1 - rest)
        yield Step(
            step, level, demand, capacity, chains.ordered, final, exports, served, rest,
            unmet(rest), abroad, chains.needs, chains.stocks,
        )  # fmt: skip
        chains.deliver_and_order(step, level, planned, served, capacity)
        if how.overproduction > 1:
            scarcity = (demand - level) / np.maximum(demand, TINY)
            rise = np.where(scarcity > 0, (how.overproduction - α) * scarcity, 1 - α)
            α += rise / how.overproduction_time


def _rationed(rule, level, demand, ordered, users) -> tuple[NDArray, NDArray]:
    """Divide output: the parts of the orders of production and of all other users that are met."""
    if rule == "proportional":
        served = level / np.maximum(demand, TINY)
        return served, served
    first, last = (users, ordered) if rule == "final first" else (ordered, users)
    taken = np.minimum(level, first)
    best = taken / np.maximum(first, TINY)
    left = np.minimum((level - taken) / np.maximum(last, TINY), 1)  # above it by rounding only
    return (left, best) if rule == "final first" else (best, left)
