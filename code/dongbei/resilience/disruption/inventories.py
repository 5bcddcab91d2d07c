"""Supply chains with stocks, step by step: what a shock does before, while and after it lasts.

An inventory model of the family ARIO: Hallegatte (2008, Risk Analysis 28), with stocks in
Hallegatte (2014, Risk Analysis 34), between many regions in Guan et al. (2020, Nature Human
Behaviour 4) and Juhel (2024, Journal of Open Source Software 9, BoARIO). A node is a row of a
table, a region's sector; a product is a kind of sector, which users buy from the nodes that they
bought from before. All is measured against the table: a level of 1 is a normal step's output, and
stocks are counted in steps of normal use.

======  ==================  =======================================================================
symbol  name here           meaning, for a node i or j, a product p, a region g
======  ==================  =======================================================================
x       ``level``           output, over normal output
κ       ``capacity``        largest output: α (1 - Δ), Δ the part that the shock takes
α       ``overproduction``  1 in normal times, up to α_max under scarcity
h_pj    ``stock``           what j has of p, in steps of normal use
s_p     ``days``            the stock that j wants, in steps of the output that it plans
ν_pj    ``needs``           what j orders of p, in steps of normal use
d_i     ``demand``          all orders to i, over its normal sales
b_ij    ``orders``          part of i's normal sales that goes to j's production
s_ij    ``shares``          part of j's normal purchases of product p(i) that comes from i
f_i     ``served``          part of its orders that i delivers, to production and to final users
======  ==================  =======================================================================

One step (``evolve``):

1. *Demand.*  d_i = Σ_j b_ij ν_pj + final demand + exports, each less what the shock takes of it.
2. *Production.*  A node plans x° = min(d, κ), and makes x = min(x°, min_p h_p / max(1, ψ s_p)) over
   its critical inputs: it slows down once a stock is below a part ψ of what it wants, and never
   uses more than it has (Hallegatte 2014; BoARIO's psi).
3. *Rationing.*  Output goes to the clients by a rule (`RULES`). What final users and those abroad
   do not get is lost, and recorded.
4. *Stocks.*  h' = h + ν Σ_i s_ij f_i - x: a step's deliveries arrive at its end.
5. *Orders* for the next step.  ν' = x + max(0, s_p x° - h') / τ: what was used, and a part of what
   is missing, τ being the restocking time.
6. *Overproduction.*  α' = α + (α_max - α) (d - x) / d / τ_α under scarcity, α + (1 - α) / τ_α
   without (Hallegatte 2014). BoARIO 0.7 sets the *next* step's orders against this step's output
   here; apart from that the paths are its own.

A cut link takes a part of what users in a region can order from a node. With `redirection` φ that
part of every order is free to move: buyers divide it anew among the suppliers whom they have, by
what those sold before, times their capacity, times what is left of the link (φ = 1 is BoARIO's
order type "alt"); the part 1 - φ is under fixed contracts and not ordered elsewhere.

**Open tables.** Imports are an input that is never short, and exports a final use. What a table's
rows do not explain (the balancing error, and final uses and exports below zero, which are drawn
from stocks) stays a constant part of a node's output, so that all else balances: a node's normal
sales are the flows, final uses and exports above zero.

**Where losses are monotone.** In a chain in which every node has one supplier and one client, a
larger shock or smaller stocks lose no less, whatever the rule. It takes little to end that: where a
node has two kinds of clients, those who refill their stocks crowd out the others under proportional
rationing, so that larger stocks can lose more; and a larger shock can lose less, when a client that
can plan for less orders less for its stock. In networks both are common; the tests hold examples.

**Where it comes to rest.** With stocks of one step, a restocking time of one step and a shock that
lasts, at the fixed point of x = min(κ, d, deliveries), which in a chain is its smallest capacity.
With larger stocks a node that stays short orders more than it uses, and so rests above that if its
supplier has other clients.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output import InterregionalTable, RegionalTable
from dongbei.resilience.disruption.shocks import parts, rows

RULES = {
    "proportional": "every client the same part of its order (Hallegatte 2014)",
    "business first": "production in full before final users (Hallegatte 2008; Pichler and Farmer "
    "2022, Economic Systems Research 34, call it mixed)",
    "final first": "final users in full before production (Colon, Hallegatte and Rozenberg 2021, "
    "Nature Sustainability 4)",
    "largest first": "production before final users, and in it one buyer after the other, those "
    "that normally buy most first (Pichler and Farmer 2022, priority rationing)",
}
"""How a node that cannot fill its orders divides what it has."""
RECOVERIES = ("immediate", "linear", "exponential")
LARGEST = 1e9
"""Steps, and times normal capacity: more is a slip of the pen."""
PATHS = ("value_added", "final", "exports", "output")
SLAB = 15_360
"""Numbers of one product's stocks in a block: a few such arrays fit the second-level cache."""
NARROW, WIDE = 8, 512
TINY = 1e-300
"""Stands for a demand of zero as a divisor; nothing is delivered then."""
UNUSED = 1e18
"""Stands for the stock of what a node does not use or is never short of."""
ROUNDING = 1e-12
"""A part this close to one is one."""


@dataclass(frozen=True, eq=False)
class Loss:
    """What shocks take away, and when.

    Attributes
    ----------
    parts
        Part of each node's capacity or demand that is lost, shape (shocks, n); of each node's
        deliveries to users of each region, shape (shocks, n, g). From 0 to 1.
    start
        First step of the loss, from 0. One for all or one per shock, whole numbers.
    duration
        Steps at full size, whole numbers from 0, or infinity.
    recovery
        ``immediate``; ``linear``: in the `recovery_time` steps that follow, the loss falls in even
        steps and is zero after them; ``exponential``: it falls by the factor exp(-1/recovery_time)
        in each step.
    recovery_time
        In steps, from 0; above 0 if exponential.

    Raises
    ------
    ValueError
        If parts are not from 0 to 1, a time is negative, missing, or of another number of shocks,
        or the recovery is unknown.
    """

    parts: ArrayLike
    start: ArrayLike = 0
    duration: ArrayLike = np.inf
    recovery: str = "immediate"
    recovery_time: ArrayLike = 0.0

    def __post_init__(self):
        lost = parts("parts of a loss", self.parts)
        if lost.ndim not in (2, 3) or not lost.size:
            raise ValueError(
                "parts of a loss must have a row per shock and a column per node, (shocks, n), or "
                f"for links (shocks, n, g); their shape is {lost.shape}"
            )
        object.__setattr__(self, "parts", lost)
        if self.recovery not in RECOVERIES:
            raise ValueError(f"no recovery {self.recovery!r}; there are {', '.join(RECOVERIES)}")
        for name in ("start", "duration", "recovery_time"):
            object.__setattr__(self, name, self._times(name, len(lost)))
        if self.recovery == "exponential" and not (self.recovery_time > 0).all():
            raise ValueError("an exponential recovery needs a recovery_time above 0")

    def _times(self, name: str, count: int) -> NDArray:
        """Return one time per shock; refuse what is no time."""
        try:
            times = np.asarray(getattr(self, name), dtype=float)
            times = np.broadcast_to(times, (count,))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} must be one number or one per shock: {error}") from None
        whole = name == "recovery_time" or (times == np.floor(times)).all()
        finite = name == "duration" or np.isfinite(times).all()
        if not ((times >= 0).all() and whole and finite):
            kind = "numbers" if name == "recovery_time" else "whole numbers"
            limit = "" if name == "duration" else " and finite"
            raise ValueError(
                f"{name} must be {kind} of steps, from 0{limit}; the least is {times.min():g}, "
                f"the largest {times.max():g}"
            )
        return times

    def at(self, step: int) -> NDArray:
        """Return the part of its size that each shock's loss has at a step. Shape (shocks,)."""
        since = step - self.start
        after = since - self.duration
        left = np.zeros(len(self.start))
        recovering = after >= 0
        time = self.recovery_time[recovering]
        if self.recovery == "linear":
            left[recovering] = np.maximum(0, 1 - (after[recovering] + 1) / (time + 1))
        elif self.recovery == "exponential":
            left[recovering] = np.exp(-(after[recovering] + 1) / time)
        left[(since >= 0) & ~recovering] = 1.0
        return left

    def part(self, part: slice | NDArray) -> Self:
        """Return some of the shocks."""
        return Loss(
            self.parts[part],
            self.start[part],
            self.duration[part],
            self.recovery,
            self.recovery_time[part],
        )


@dataclass(frozen=True, eq=False)
class Shocks:
    """Many shocks, each a loss of capacity, of links, of final demand, of exports, or several.

    Attributes
    ----------
    capacity
        Part of each node's capacity that is lost. Shape of its parts (shocks, n).
    links
        Part of what users in a region can order from a node. Shape (shocks, n, g); production and
        final users of the region are both cut off.
    final
        Part of the final demand for each node's product that disappears. Shape (shocks, n).
    exports
        The same of its exports; for open tables only.

    Raises
    ------
    ValueError
        If there is no loss, or their numbers of shocks differ.
    """

    capacity: Loss | None = None
    links: Loss | None = None
    final: Loss | None = None
    exports: Loss | None = None

    def __post_init__(self):
        counts = {name: len(loss.parts) for name, loss in self.losses().items()}
        if not counts:
            raise ValueError(
                "a shock needs a loss: of capacity, of links, of final demand or of exports"
            )
        if len(set(counts.values())) > 1:
            raise ValueError(f"losses must be of the same number of shocks; there are {counts}")

    def losses(self) -> dict[str, Loss]:
        """Return the losses that there are, by name."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: loss for name, loss in named.items() if loss is not None}

    @property
    def count(self) -> int:
        """Number of shocks."""
        return len(next(iter(self.losses().values())).parts)

    def part(self, part: slice | NDArray) -> Self:
        """Return some of the shocks."""
        return Shocks(**{name: loss.part(part) for name, loss in self.losses().items()})


@dataclass(frozen=True)
class Behaviour:
    """How nodes store, order, produce and ration. The defaults are illustrative.

    They are those of BoARIO 0.7: stocks of 90 days, a threshold of 0.8, restocking in 60 days, a
    quarter more output at most, reached in the time scale of a year. The literature's stocks lie
    between some 15 and 90 days, and results depend on them: vary them.

    Attributes
    ----------
    days
        Steps of use that users want in stock, of every product; from 1, or infinity for what is
        never short.
    days_of
        The same for single products, by the name of the sector. What cannot be stored, such as
        electricity or services, is either 1, so that a shortage is felt in the next step, or
        infinity, if another supply is assumed.
    threshold
        ψ, part of the wanted stock below which production slows down. From 0 to 1.
    restocking_time
        τ, steps in which a missing stock is ordered. From 1.
    overproduction
        α_max, largest output over normal capacity. From 1, which is none.
    overproduction_time
        τ_α, steps. From 1.
    rationing
        One of `RULES`.
    redirection, final_redirection
        φ, part of the orders of production and of final users that can go to other suppliers of
        the same product whom the buyer already has. From 0, fixed contracts, to 1.
    noncritical
        Names of sectors whose products nobody needs to produce, or {product: sectors that can do
        without it}. A node without them works on, and uses what there is.
    year
        Steps in the period of the table.

    Raises
    ------
    ValueError
        If a number is missing or out of its range, or the rule is unknown.
    """

    days: float = 90.0
    days_of: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 0.8
    restocking_time: float = 60.0
    overproduction: float = 1.25
    overproduction_time: float = 365.0
    rationing: str = "proportional"
    redirection: float = 0.0
    final_redirection: float = 0.0
    noncritical: Collection[str] | Mapping[str, Iterable[str]] = ()
    year: float = 365.0

    def __post_init__(self):
        for name in ("threshold", "redirection", "final_redirection"):
            parts(name, getattr(self, name), ())
        for name in ("restocking_time", "overproduction", "overproduction_time", "year"):
            _from_one(name, getattr(self, name), LARGEST)
        for name, days in {"days": self.days, **self.days_of}.items():
            cure = ": production takes a step's use out of stock; give inf for what is never short"
            _from_one(f"inventories ({name})", days, cure=cure)
        if self.rationing not in RULES:
            raise ValueError(f"no rule {self.rationing!r}; there are {', '.join(RULES)}")


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
    chains: "_Chains"

    @property
    def needs(self) -> NDArray:
        """Orders ν that the nodes placed for each product for this step. Shape (k, n, shocks)."""
        return self.chains.needs * self.chains.network.buffers[:, None, None]

    @property
    def stocks(self) -> NDArray:
        """Stocks h at the start of the step; infinite where none is kept. Shape (k, n, shocks)."""
        chains, buffers = self.chains, self.chains.network.buffers
        taken = np.stack([chains.taken[one] for one in buffers.tolist()])
        left = (chains.stocks - taken) * (buffers * chains.τ)[:, None, None]
        return np.where(chains.stocks < UNUSED / 2, left, np.inf)


@dataclass(frozen=True, eq=False)
class Disruption:
    """What shocks did.

    Attributes
    ----------
    summary
        Indexed by shock: ``value_added_lost``, ``final_unmet`` and ``exports_unmet``, sums over all
        steps in the table's money; ``worst_loss``, the largest loss of value added in a step, as a
        part of a normal step's, and ``worst_step``; ``return_step``, the step from which on value
        added stays within the tolerance of normal, missing if that is not seen.
    by_region
        Value added lost in each region, over all steps. Shape (shocks, g), money.
    paths
        What was asked for: {name: array of shape (shocks, steps, g)}, money per step.
        ``value_added`` lost in each region, ``final`` demand of each region's users not met,
        ``exports`` of each region not delivered, and ``output`` of each node, shape (shocks, steps,
        n).
    """

    summary: pd.DataFrame
    by_region: NDArray
    paths: dict[str, NDArray]


def simulate(
    table: RegionalTable,
    shocks: Shocks,
    steps: int = 365,
    behaviour: Behaviour | None = None,
    paths: Collection[str] = (),
    tolerance: float = 1e-3,
    workers: int = 1,
) -> Disruption:
    """Follow an economy through many shocks.

    Parameters
    ----------
    table
        Any regional table. Nodes that make nothing take no part.
    shocks
        Shapes fit the table's n rows and g regions.
    steps
        To follow; a step is a day if `Behaviour.year` is 365.
    behaviour
        By default `Behaviour()`.
    paths
        Of which measures to keep every step, from `PATHS`. Without, memory holds a block of shocks
        per worker and a row per shock.
    tolerance
        Part of a normal step's value added that counts as returned.
    workers
        Processes that share the shocks. Results are the same for any number.

    Returns
    -------
    Disruption

    Raises
    ------
    ValueError
        If the table has flows below zero, or a node that makes something and sells nothing; shapes
        do not fit; a shock starts after the end; a name is unknown; a loss of exports meets a table
        without exports; or a number is out of its range.

    Notes
    -----
    Shocks of one `Shocks` do not depend on one another, to the last bit.
    """
    network = Network(table, behaviour or Behaviour())
    network.check(shocks, steps)
    if unknown := [name for name in paths if name not in PATHS]:
        raise ValueError(f"no path {', '.join(unknown)}; there are {', '.join(PATHS)}")
    parts("tolerance", tolerance, ())
    run = delayed(partial(_follow, network, steps=steps, names=tuple(paths), tolerance=tolerance))
    blocks = _blocks(shocks.count, network.width)
    done = Parallel(n_jobs=workers)(run(shocks.part(part)) for part in blocks)
    summary = pd.concat([one.summary for one in done], ignore_index=True).rename_axis("shock")
    by_region = np.concatenate([one.by_region for one in done])
    kept = {name: np.concatenate([one.paths[name] for one in done]) for name in paths}
    return Disruption(summary, by_region, kept)


class Network:
    """A table as the model sees it: who buys what from whom, and how much is normal.

    Attributes
    ----------
    origins
        Rows that make each product: positions, or a slice where they are evenly spaced. Length k.
    orders
        Of each product, b: rows are its origins, columns all nodes.
    shares
        Of each product, s: rows are all nodes, columns its origins.
    used
        Which products each node buys. Shape (k, n).
    final, exports
        Parts of each node's normal sales that go to final users of each region, shape (n, g), and
        abroad, shape (n, 1).
    sales, output, value_added
        Of each node in a step, money. Shape (n,).
    days, buffers
        s_p, and max(1, ψ s_p) or 1 where s_p is infinite. Shape (k,).
    critical
        Of each product, which nodes cannot do without it; nothing if all.
    width
        Shocks that move together.
    """

    def __init__(self, table: RegionalTable, behaviour: Behaviour):
        _require_sales(table)
        self.behaviour, self.regions = behaviour, table.blocks
        self.region_of = table.region_of
        kinds = list(dict.fromkeys(table.sectors.tolist()))
        self.origins = [_evenly(np.flatnonzero(table.sectors == kind)) for kind in kinds]
        final, abroad = np.maximum(table.final, 0), np.maximum(_exports(table), 0)
        sales = table.flows.sum(axis=1) + final.sum(axis=1) + abroad
        per_sale = np.divide(1, sales, out=np.zeros(len(sales)), where=sales > 0)[:, None]
        self.final, self.exports = final * per_sale, abroad[:, None] * per_sale
        bought = np.array([table.flows[made].sum(axis=0) for made in self.origins])
        self.used = bought > 0
        self.orders = [
            np.ascontiguousarray(table.flows[made] * per_sale[made]) for made in self.origins
        ]
        self.shares = [
            np.ascontiguousarray((table.flows[made] / np.where(one > 0, one, 1)).T)
            for made, one in zip(self.origins, bought, strict=True)
        ]
        self.sales, self.output = sales / behaviour.year, table.output / behaviour.year
        self.value_added = np.where(table.output > 0, table.value_added, 0) / behaviour.year
        self.days = _days(table, behaviour, kinds)
        stored = np.where(np.isfinite(self.days), self.days, 1)
        self.buffers = np.maximum(1, behaviour.threshold * stored)
        self.critical = _critical(table, behaviour.noncritical, kinds)
        self.has_exports = isinstance(table, InterregionalTable)
        self.width = min(max(SLAB // len(sales) // NARROW * NARROW, NARROW), WIDE)

    def check(self, shocks: Shocks, steps: int) -> None:
        """Refuse shocks that do not fit the table or the time."""
        if not (isinstance(steps, int | np.integer) and steps >= 1):
            raise ValueError(f"steps must be a whole number from 1; it is {steps!r}")
        n, g = self.final.shape
        for name, loss in shocks.losses().items():
            shape = (shocks.count, n, g) if name == "links" else (shocks.count, n)
            if loss.parts.shape != shape:
                raise ValueError(
                    f"parts of the loss of {name} must have the shape {shape}; it is "
                    f"{loss.parts.shape}"
                )
            if (late := loss.start >= steps).any():
                raise ValueError(
                    f"shock {int(late.argmax())} starts at step {loss.start.max():g}, after the "
                    f"end: there are {steps} steps, from 0; start it earlier or take more steps"
                )
        if shocks.exports is not None and not self.has_exports:
            raise ValueError(
                "a closed table has no exports to lose: give the loss of final demand, or open the "
                "table with opened(table, regions)"
            )


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
    how, chains = network.behaviour, _Chains(network, shocks)
    left = {name: _left(getattr(shocks, name)) for name in ("capacity", "final", "exports")}
    α = np.ones((len(network.sales), shocks.count))
    for step in range(steps):
        capacity = α * left["capacity"](step)
        final, unmet = chains.final_demand(left["final"](step))
        exports = network.exports * left["exports"](step)
        users = final + exports
        demand = chains.ordered + users
        planned = np.minimum(demand, capacity)
        level = np.minimum(planned, chains.limit)
        served, rest = _rationed(how.rationing, level, demand, chains.ordered, users)
        abroad = network.sales[:, None] * exports * (1 - rest)
        yield Step(
            step, level, demand, capacity, chains.ordered, final, exports, served, rest,
            unmet(rest), abroad, chains,
        )  # fmt: skip
        chains.deliver_and_order(step, level, planned, served, capacity)
        if how.overproduction > 1:
            scarcity = (demand - level) / np.maximum(demand, TINY)
            rise = np.where(scarcity > 0, (how.overproduction - α) * scarcity, 1 - α)
            α += rise / how.overproduction_time


def _left(loss: Loss | None) -> Callable[[int], NDArray]:
    """Return what tells the part of each node that is left at a step. Shape (n, shocks), or one."""
    if loss is None:
        return lambda step: np.ones((1, 1))
    lost = np.ascontiguousarray(np.moveaxis(loss.parts, 0, -1))
    return lambda step: 1 - lost * loss.at(step)


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


class _Chains:
    """Stocks and orders of a block of shocks: what one step hands to the next.

    Kept so that few passes over the largest arrays are needed: orders ν of p over its buffer b_p =
    max(1, ψ s_p); and of stocks, over b_p τ, what was there at first and all that came since. All
    that production took since then is the same for every product of a buffer, and is kept once, in
    ``taken``: what came less what was taken is the stock, and times τ the level that it allows.
    """

    def __init__(self, network: Network, shocks: Shocks):
        self.network, self.links = network, shocks.links and _left(shocks.links)
        self.τ, self.φ = network.behaviour.restocking_time, network.behaviour.redirection
        (k, n), count, buffers = network.used.shape, shocks.count, network.buffers[:, None]
        stored = network.used & np.isfinite(network.days)[:, None]
        full = np.where(stored, network.days[:, None] / buffers / self.τ, UNUSED)
        self.stocks = np.repeat(full[:, :, None], count, axis=2)
        self.needs = np.repeat(np.repeat(1 / buffers, n, axis=1)[:, :, None], count, axis=2)
        self.orders = [b * one for b, one in zip(network.buffers, network.orders, strict=True)]
        self.shares = [one / self.τ for one in network.shares]
        self.per_open = np.zeros((k, n, count)) if self.φ else None
        self.known, self.open = np.ones((n, count)), self._open_at(0)
        self.final = network.final * network.sales[:, None]
        self.change = np.empty((n, count))
        self.ordered = np.zeros((n, count))
        kinds = set(network.buffers.tolist())
        self.taken = {one: np.zeros((n, count)) for one in sorted(kinds)}
        self.limits = {one: np.full((n, count), np.inf) for one in self.taken}
        for product in range(k):
            self._limit(product)
            self._order(product)

    def deliver_and_order(self, step, level, planned, served, capacity) -> None:
        """Deliver what was ordered, take what production uses, and order for the next step."""
        network, change, received = self.network, self.change, self._received(served)
        buffers = network.buffers.tolist()
        for buffer, taken in self.taken.items():
            taken += level / (buffer * self.τ)
        use = {buffer: level / buffer for buffer in self.taken}
        goals = {
            (days, buffer): planned * (days / (buffer * self.τ)) + self.taken[buffer]
            for days, buffer in set(zip(network.days.tolist(), buffers, strict=True))
            if days < np.inf
        }
        self.known, self.open = capacity, self._open_at(step + 1)
        for limit in self.limits.values():
            limit.fill(np.inf)
        for product, (days, buffer) in enumerate(zip(network.days.tolist(), buffers, strict=True)):
            needs, stock = self.needs[product], self.stocks[product]
            if days == np.inf:
                needs[:] = use[buffer]
            else:
                if network.critical[product] is not None:
                    np.maximum(stock, self.taken[buffer], out=stock)  # it does without the rest
                received(product, change)
                change *= needs
                stock += change
                self._limit(product)
                np.maximum(goals[days, buffer], stock, out=change)
                change -= stock
                np.add(change, use[buffer], out=needs)
            self._order(product)

    @property
    def limit(self) -> NDArray:
        """Return the level that stocks allow each node. Shape (n, shocks)."""
        least = np.minimum.reduce([self.limits[one] - self.taken[one] for one in self.taken])
        np.maximum(least, 0, out=least)  # what is used up is zero but for rounding
        least *= self.τ
        return least

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

    def _limit(self, product: int) -> None:
        """Lower the limits of production to what the stocks of a product allow."""
        critical, limit = self.network.critical[product], self.limits[self.network.buffers[product]]
        where = True if critical is None else critical[:, None]
        np.minimum(limit, self.stocks[product], out=limit, where=where)

    def _order(self, product: int) -> None:
        """Place the orders for a product: fixed contracts, and what is free to move."""
        made, needs = self.network.origins[product], self.needs[product]
        orders = self._by_origin(self.orders[product], needs, self.open, made)
        if self.φ:
            known, per_open = self.known[made], self.per_open[product]
            self._by_user(self.shares[product], known, self.open, made, out=self.change)
            per_open[:] = np.divide(
                1 / self.τ, self.change, out=np.zeros_like(per_open), where=self.change > 0
            )
            moved = self._by_origin(self.orders[product], needs * per_open, self.open, made)
            orders = (1 - self.φ) * orders + self.φ * known * moved
        self.ordered[made] = orders

    def _received(self, served: NDArray) -> Callable[[int, NDArray], None]:
        """Return what writes the part of its orders of a product that each node gets, over τ."""
        known, opened, φ = self.known, self.open, self.φ

        def write(product: int, out: NDArray) -> None:
            made = self.network.origins[product]
            met = served[made]
            self._by_user(self.shares[product], met, opened, made, out=out)
            if φ:
                moved = np.empty_like(out)
                self._by_user(self.shares[product], met * known[made], opened, made, out=moved)
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
                orders = self.orders[product][column][:, None] * self.needs[product] * placed
                order = np.argsort(-self.network.orders[product][column], kind="stable")
                orders = orders[order]
                before = np.cumsum(orders, axis=0) - orders
                left = served[row] * orders.sum(axis=0) - before
                met = np.clip(left / np.maximum(orders, TINY), 0, 1)
                met[:, served[row] > 1 - ROUNDING] = 1
                out[order] += self.shares[product][order, column, None] * placed[order] * met

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


def _follow(network, shocks, steps, names, tolerance) -> Disruption:
    """Follow one block, and keep what is asked for."""
    count = shocks.count
    filled = np.minimum(np.arange(-(-count // NARROW) * NARROW), count - 1)
    shocks = shocks.part(filled)  # the last shock again: as many columns as the processor likes
    regions = np.equal.outer(np.arange(len(network.regions)), network.region_of)
    value_added, regions = regions * network.value_added, regions.astype(float)
    normal = network.value_added.sum()
    by_region = np.zeros((len(regions), len(filled)))
    final, exports = np.zeros((2, len(filled)))
    worst, worst_step, back = np.full(len(filled), -np.inf), *np.zeros((2, len(filled)), dtype=int)
    kept = {name: [] for name in names}
    for now in evolve(network, shocks, steps):
        lost = value_added @ (1 - now.level)
        abroad = regions @ now.exports_unmet
        by_region += lost
        final += now.final_unmet.sum(axis=0)
        exports += abroad.sum(axis=0)
        part = lost.sum(axis=0) / normal
        worst_step[part > worst] = now.step
        worst = np.maximum(worst, part)
        back[np.abs(part) > tolerance] = now.step + 1
        found = {"value_added": lost, "final": now.final_unmet, "exports": abroad}
        for name in names:
            one = found[name] if name in found else now.level * network.output[:, None]
            kept[name].append(one.T[:count])
    summary = pd.DataFrame(
        {
            "value_added_lost": by_region.sum(axis=0),
            "final_unmet": final,
            "exports_unmet": exports,
            "worst_loss": worst,
            "worst_step": worst_step,
            "return_step": pd.array(back, dtype="Int64"),
        }
    )[:count]
    summary.loc[summary["return_step"] == steps, "return_step"] = pd.NA
    paths = {name: np.stack(kept[name], axis=1) for name in names}
    return Disruption(summary, by_region.T[:count], paths)


def _evenly(positions: NDArray) -> slice | NDArray:
    """Return positions as a slice, which needs no copies, if they are evenly spaced."""
    gaps = np.diff(positions)
    if (gaps == gaps[:1]).all():
        return slice(int(positions[0]), int(positions[-1]) + 1, int(gaps[0]) if len(gaps) else 1)
    return positions


def _blocks(count: int, width: int) -> list[slice]:
    return [slice(begin, min(begin + width, count)) for begin in range(0, count, width)]


def _exports(table: RegionalTable) -> NDArray:
    """Return what each row sells abroad; nothing in a closed table."""
    if isinstance(table, InterregionalTable):
        return table.exports
    return np.zeros(len(table.output))


def _require_sales(table: RegionalTable) -> None:
    """Refuse deliveries below zero, and output that nobody buys."""
    if (low := (table.flows < 0).any(axis=1)).any():
        raise ValueError(
            f"{table.label(int(low.argmax()))} has deliveries to production below zero, which "
            "nobody can order: book them as another use, and balance the table again"
        )
    uses = [table.flows, np.maximum(table.final, 0), np.maximum(_exports(table), 0)[:, None]]
    sold = np.concatenate(uses, axis=1).sum(axis=1)
    if (silent := (table.output > 0) & (sold == 0)).any():
        raise ValueError(
            f"{table.label(int(silent.argmax()))} makes something that no user of the table buys: "
            "give its uses, or drop it"
        )


def _days(table: RegionalTable, behaviour: Behaviour, kinds: list[str]) -> NDArray:
    """Return the stock that users want of each product, in steps. Shape (k,)."""
    for name in behaviour.days_of:
        rows(table, sectors=name)
    return np.array([behaviour.days_of.get(kind, behaviour.days) for kind in kinds], dtype=float)


def _critical(table, noncritical, kinds) -> list[NDArray | None]:
    """Return, for each product, which nodes cannot do without it; nothing if none can."""
    if isinstance(noncritical, str):
        noncritical = [noncritical]
    if not isinstance(noncritical, Mapping):
        noncritical = dict.fromkeys(noncritical)
    for product in noncritical:
        rows(table, sectors=product)
    critical = dict.fromkeys(kinds)
    for product, users in noncritical.items():
        critical[product] = np.ones(len(table.output), dtype=bool)
        critical[product][rows(table, sectors=users)] = False
    return list(critical.values())


def _from_one(name: str, value: float, most: float = np.inf, cure: str = "") -> None:
    """Refuse a number below one, above the largest, or that is none."""
    try:
        fits = 1 <= value <= most
    except TypeError:
        fits = False
    if not fits:
        finite = " and finite" if most < np.inf else ""
        raise ValueError(f"{name} must be a number from 1{finite}; it is {value!r}{cure}")
