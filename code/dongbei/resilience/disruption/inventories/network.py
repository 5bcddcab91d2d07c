"""What the model knows before a shock: how nodes behave, and who normally buys what from whom."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dongbei.input_output import InterregionalTable, RegionalTable
from dongbei.resilience.disruption.shocks import Shocks, parts, rows

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
LARGEST = 1e9
"""Steps, and times normal capacity: more is a slip of the pen."""
SLAB = 15_360
"""Numbers of one product's stocks in a block: a few such arrays fit the second-level cache."""
NARROW, WIDE = 8, 512


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
    limits
        Which products limit each node's production: it uses them and needs them. Shape (k, n).
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
        self.limits = self.used & _critical(table, behaviour.noncritical, kinds)
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


def _evenly(positions: NDArray) -> slice | NDArray:
    """Return positions as a slice, which needs no copies, if they are evenly spaced."""
    gaps = np.diff(positions)
    if (gaps == gaps[:1]).all():
        return slice(int(positions[0]), int(positions[-1]) + 1, int(gaps[0]) if len(gaps) else 1)
    return positions


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


def _critical(table, noncritical, kinds) -> NDArray:
    """Return which nodes cannot do without each product. Shape (k, n)."""
    if isinstance(noncritical, str):
        noncritical = [noncritical]
    if not isinstance(noncritical, Mapping):
        noncritical = dict.fromkeys(noncritical)
    for product in noncritical:
        rows(table, sectors=product)
    critical = np.ones((len(kinds), len(table.output)), dtype=bool)
    for product, users in noncritical.items():
        critical[kinds.index(product), rows(table, sectors=users)] = False
    return critical


def _from_one(name: str, value: float, most: float = np.inf, cure: str = "") -> None:
    """Refuse a number below one, above the largest, or that is none."""
    try:
        fits = 1 <= value <= most
    except TypeError:
        fits = False
    if not fits:
        finite = " and finite" if most < np.inf else ""
        raise ValueError(f"{name} must be a number from 1{finite}; it is {value!r}{cure}")
