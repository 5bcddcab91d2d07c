"""Stocks and orders from step to step: who receives what, and who orders what from whom."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dongbei.resilience.disruption.inventories.kernel import store
from dongbei.resilience.disruption.inventories.network import Network
from dongbei.resilience.disruption.shocks import Loss, Shocks

TINY = 1e-300
"""Stands for a demand of zero as a divisor; nothing is delivered then."""
UNUSED = 1e18
"""Stands for the stock of what a node does not use or is never short of."""
ROUNDING = 1e-12
"""A part this close to one is one."""


class Chains:
    """Stocks and orders of a block of shocks: what one step hands to the next.

    Attributes
    ----------
    stocks, needs
        h, or `UNUSED` where none is kept or needed, and ν. Shape (k, n, shocks).
    ordered
        Orders of production to each node, over normal sales. Shape (n, shocks).
    limit
        Largest level that stocks allow each node. Shape (n, shocks).
    known, open
        By which orders are placed: κ, shape (n, shocks), and what is left of each link, shape (n,
        g, shocks); nothing if none is cut.
    """

    def __init__(self, network: Network, shocks: Shocks):
        self.network, self.links = network, shocks.links and left(shocks.links)
        self.φ, (k, n), count = network.behaviour.redirection, network.used.shape, shocks.count
        stored = network.used & np.isfinite(network.days)[:, None]
        full = np.where(stored, network.days[:, None], UNUSED)
        self.stocks = np.repeat(full[:, :, None], count, axis=2)
        self.needs = np.ones((k, n, count))
        self.per_open = np.zeros((k, n, count)) if self.φ else None
        self.known, self.open = np.ones((n, count)), self._open_at(0)
        self.final = network.final * network.sales[:, None]
        self.change, self.ordered = np.empty((n, count)), np.zeros((n, count))
        allowed = np.where(network.limits, full / network.buffers[:, None], np.inf).min(axis=0)
        self.limit = np.repeat(allowed[:, None], count, axis=1)
        for product in range(k):
            self._order(product)

    def deliver_and_order(self, step, level, planned, served, capacity) -> None:
        """Deliver what was ordered, take what production uses, and order for the next step."""
        network, received = self.network, self._received(served)
        days = np.where(np.isfinite(network.days), network.days, 1).tolist()
        time = float(network.behaviour.restocking_time)
        self.known, self.open = capacity, self._open_at(step + 1)
        self.limit.fill(np.inf)
        for product, (wanted, buffer) in enumerate(
            zip(days, network.buffers.tolist(), strict=True)
        ):
            received(product, self.change)
            store(
                self.stocks[product], self.needs[product], self.change, level, planned, self.limit,
                network.limits[product], wanted, buffer, time,
            )  # fmt: skip
            self._order(product)

    def final_demand(self, kept: NDArray) -> tuple[NDArray, Callable]:
        """Return the orders of final users, and what they do not get if a part of them is met."""
        network, φ = self.network, self.network.behaviour.final_redirection
        money = self.final
        if self.open is None and not φ:
            wanted = network.final.sum(axis=1, keepdims=True) * kept
            return wanted, lambda met: money.T @ (kept * (1 - met))
        wanted = money[:, :, None] * kept[:, None, :]
        reached = wanted if self.open is None else wanted * self.open
        placed = (1 - φ) * reached
        if φ:
            able = reached * self.known[:, None, :]
            for made in network.origins:
                ratio = wanted[made].sum(axis=0) / np.maximum(able[made].sum(axis=0), TINY)
                placed[made] += φ * able[made] * ratio
        per_sale = np.divide(1, network.sales, out=np.zeros(len(money)), where=network.sales > 0)
        orders = placed.sum(axis=1) * per_sale[:, None]
        return orders, lambda met: (wanted - placed * met[:, None, :]).sum(axis=0)

    def _open_at(self, step: int) -> NDArray | None:
        """Return what is left of each link, shape (n, g, shocks); nothing if none is cut."""
        return None if self.links is None else self.links(step)

    def _order(self, product: int) -> None:
        """Place the orders for a product: fixed contracts, and what is free to move."""
        made, needs = self.network.origins[product], self.needs[product]
        orders = self._by_origin(self.network.orders[product], needs, self.open, made)
        if self.φ:
            known, per_open = self.known[made], self.per_open[product]
            self._by_user(self.network.shares[product], known, self.open, made, out=self.change)
            per_open[:] = np.divide(
                1, self.change, out=np.zeros_like(per_open), where=self.change > 0
            )
            moved = self._by_origin(self.network.orders[product], needs * per_open, self.open, made)
            orders = (1 - self.φ) * orders + self.φ * known * moved
        self.ordered[made] = orders

    def _received(self, served: NDArray) -> Callable[[int, NDArray], None]:
        """Return what writes the part of its orders of a product that each node gets."""
        known, opened, φ = self.known, self.open, self.φ

        def write(product: int, out: NDArray) -> None:
            made = self.network.origins[product]
            met = served[made]
            self._by_user(self.network.shares[product], met, opened, made, out=out)
            if φ:
                moved = np.empty_like(out)
                self._by_user(
                    self.network.shares[product], met * known[made], opened, made, out=moved
                )
                moved *= φ * self.per_open[product]
                out *= 1 - φ
                out += moved

        def write_largest(product: int, out: NDArray) -> None:
            out.fill(0)
            for column, row in enumerate(np.arange(len(served))[self.network.origins[product]]):
                placed = np.ones_like(out)
                if φ:
                    placed = (1 - φ) + φ * known[row] * self.per_open[product]
                if opened is not None:
                    placed = placed * opened[row][self.network.region_of]
                orders = (
                    self.network.orders[product][column][:, None] * self.needs[product] * placed
                )
                order = np.argsort(-self.network.orders[product][column], kind="stable")
                orders = orders[order]
                before = np.cumsum(orders, axis=0) - orders
                left = served[row] * orders.sum(axis=0) - before
                met = np.clip(left / np.maximum(orders, TINY), 0, 1)
                met[:, served[row] > 1 - ROUNDING] = 1
                out[order] += (
                    self.network.shares[product][order, column, None] * placed[order] * met
                )

        return write_largest if self.network.behaviour.rationing == "largest first" else write

    def _by_origin(self, orders, needs, opened, made) -> NDArray:
        """Add up what users order from each origin of a product. Shape (origins, shocks)."""
        if opened is None:
            return orders @ needs
        return sum(
            opened[made, g] * (orders[:, users] @ needs[users])
            for g, users in enumerate(self.network.regions)
        )

    def _by_user(self, shares, met, opened, made, out) -> None:
        """Average a number of each origin of a product over those whom a user buys from."""
        if opened is None:
            np.matmul(shares, met, out=out)
            return
        for g, users in enumerate(self.network.regions):
            np.matmul(shares[users], met * opened[made, g], out=out[users])


def left(loss: Loss | None) -> Callable[[int], NDArray]:
    """Return what tells the part of each node that is left at a step. Shape (n, shocks), or one."""
    if loss is None:
        return lambda step: np.ones((1, 1))
    lost = np.ascontiguousarray(np.moveaxis(loss.parts, 0, -1))
    return lambda step: 1 - lost * loss.at(step)
