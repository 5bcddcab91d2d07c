"""The joint model in numbers: many economies under many programmes, in one compiled loop.

The rates are compiled from the equations of `dongbei.policy.model`. Classical Runge-Kutta steps of
one length follow each economy; costs and sales are added up by the same steps, whose weights are
Simpson's. Measures and shocks begin and end with years, so that no step meets a jump.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache

import numba
import numpy as np
import sympy as sp
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import ArrayLike, NDArray

from dongbei.decline import Parameters
from dongbei.decline.parameters import SYMBOLS as LOOP
from dongbei.policy import model
from dongbei.policy.levers import Programme, schedule

SYMBOLS = {
    "room": model.z,
    "price_room": model.price_room,
    "entry": model.ι,
    "cluster_weight": model.ω,
    "pass_through": model.τ,
    "delivery": model.d,
    "foreign_market": model.foreign_market,
    "foreign_rivals": model.foreign_rivals,
    "foreign_knowledge": model.foreign_knowledge,
    "crowding_out": model.χ,
    "opening_cost": model.opening_cost,
    "foreign_cost": model.foreign_cost,
    "reform_cost": model.reform_cost,
    "relief_cost": model.relief_cost,
    "stock_cost": model.stock_cost,
}
"""Name here -> symbol of `dongbei.policy.model`, beside those of the loop."""
PARTS = ("cluster_weight", "pass_through", "delivery", "crowding_out")
"""Parameters from 0 to 1."""
ABOVE_ZERO = ("room", "price_room", "entry")
STATES = ("share", "knowledge", "rivals", "firms")
OUTCOMES = ("share", "knowledge", "rivals", "firms", "lowest", "sales", "cost", "hit")
"""Columns of the compiled loop: the states at the end, the lowest share, and sums over time."""


@dataclass(frozen=True, eq=False)
class Economy:
    """The region on the first day: parameters and states. Numbers, or arrays of shape (n,).

    The first values are illustrative. Units as in `dongbei.policy.model` and
    `dongbei.decline.model`.

    Attributes
    ----------
    loop
        Parameters of the vicious circle.
    share, knowledge, rivals, firms
        States on the first day: share from 0 to 1, firms of the first stage from 1.
    room, price_room, entry
        Above 0; price_room below 1.
    cluster_weight, pass_through, delivery, crowding_out
        From 0 to 1. A weight of 0 cuts the link from suppliers to the loop.
    foreign_market, foreign_rivals, foreign_knowledge
        What opening to the world in full does; 0 or more.
    opening_cost, foreign_cost, reform_cost, relief_cost, stock_cost
        0 or more.

    Raises
    ------
    ValueError
        If a number is not finite or out of its range (names it and the value), or shapes do not
        broadcast to one axis.
    """

    loop: Parameters
    share: ArrayLike
    knowledge: ArrayLike
    rivals: ArrayLike = 0.0
    firms: ArrayLike = 1.0
    room: ArrayLike = 100.0
    price_room: ArrayLike = 0.5
    entry: ArrayLike = 0.2
    cluster_weight: ArrayLike = 1.0
    pass_through: ArrayLike = 1.0
    delivery: ArrayLike = 1.0
    foreign_market: ArrayLike = 0.0
    foreign_rivals: ArrayLike = 0.0
    foreign_knowledge: ArrayLike = 0.0
    crowding_out: ArrayLike = 0.0
    opening_cost: ArrayLike = 0.0
    foreign_cost: ArrayLike = 0.0
    reform_cost: ArrayLike = 0.0
    relief_cost: ArrayLike = 0.0
    stock_cost: ArrayLike = 0.0

    def __post_init__(self):
        for one in fields(self)[1:]:
            numbers = np.array(getattr(self, one.name), dtype=float)
            numbers.flags.writeable = False
            object.__setattr__(self, one.name, numbers)
            _check(one.name, numbers)
        try:
            shape = self.shape
        except ValueError:
            shapes = {one.name: getattr(self, one.name).shape for one in fields(self)}
            raise ValueError(f"the parameters do not broadcast: {shapes}") from None
        if len(shape) > 1:
            raise ValueError(f"economies must stand on one axis; their shape is {shape}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the economies."""
        return np.broadcast_shapes(*(getattr(self, one.name).shape for one in fields(self)))

    def rows(self) -> tuple[NDArray, NDArray]:
        """Return the states and parameters of each economy. Shapes (n, 4) and (n, parameters)."""
        loop = self.loop.flat()
        columns = [*(getattr(self, name) for name in STATES), *loop.values()]
        columns += [*(getattr(self, name) for name in SYMBOLS), self.share]
        count = int(np.prod(self.shape))
        rows = np.stack([np.broadcast_to(one, count) for one in columns], axis=1)
        return rows[:, : len(STATES)].copy(), rows[:, len(STATES) :].copy()


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of each economy under each programme. Arrays of shape (n, programmes).

    Attributes
    ----------
    share, knowledge, rivals, firms
        In the last year.
    lowest
        Lowest share in any year.
    sales, cost, hit
        Sums over the years, discounted: sales, what the programme costs, and the drops in yearly
        sales that shocks cause in their year (not what is lost until the share has recovered). In
        sales of the first market.
    """

    share: NDArray
    knowledge: NDArray
    rivals: NDArray
    firms: NDArray
    lowest: NDArray
    sales: NDArray
    cost: NDArray
    hit: NDArray


def simulate(
    economy: Economy,
    programmes: Sequence[Programme],
    years: int = 60,
    hits: ArrayLike | None = None,
    discount: float = 0.04,
    steps: int = 2,
    scale: ArrayLike = 1.0,
) -> Outcomes:
    """Follow every economy under every programme.

    Parameters
    ----------
    economy
        Of n economies.
    programmes
        At least one.
    years
        To follow.
    hits
        Part of its share that each economy would lose in each year, if shares did not recover
        meanwhile. From 0 to below 1, shape (n, years) or (years,). None by default.
    discount
        Rate per year at which sales and costs lose weight.
    steps
        Runge-Kutta steps per year.
    scale
        What multiplies the intensities of each programme in each economy, from 0. Broadcasts to
        (n, programmes).

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        If there is no programme, a number is out of its range, the hits or the scale have another
        shape, or a scale pulls a lever further than it goes.
    """
    found = _run(economy, programmes, years, hits, discount, steps, scale)[0]
    return Outcomes(*np.moveaxis(found, -1, 0))


def paths(
    economy: Economy,
    programmes: Sequence[Programme],
    years: int = 60,
    hits: ArrayLike | None = None,
    steps: int = 2,
    scale: ArrayLike = 1.0,
) -> dict[str, NDArray]:
    """Return the states in every year: {state: shape (n, programmes, years + 1)}.

    Parameters and errors as of `simulate`.
    """
    kept = _run(economy, programmes, years, hits, 0.0, steps, scale, keep=True)[1]
    return dict(zip(STATES, np.moveaxis(kept, -1, 0), strict=True))


def shocks(years: int, gap: ArrayLike, phase: ArrayLike, size: ArrayLike) -> NDArray:
    """Return shocks that come back at even distances, each for a year, as `simulate` takes them.

    Parameters
    ----------
    gap
        Years from one to the next, from 1. Shape (n,).
    phase
        Part of a gap that has passed on the first day, from 0 to below 1. Shape (n,).
    size
        Part of the share that a shock takes. Shape (n,).

    Returns
    -------
    ndarray
        Shape (n, years).
    """
    gap, phase, size = np.broadcast_arrays(*np.atleast_1d(gap, phase, size))
    if not ((gap >= 1).all() and ((phase >= 0) & (phase < 1)).all()):
        raise ValueError("a gap must be 1 year or more, and a phase from 0 to below 1")
    passed = np.floor(np.arange(years + 1) / gap[:, None] + phase[:, None])
    return size[:, None] * (np.diff(passed, axis=1) > 0)


def _run(economy, programmes, years, hits, discount, steps, scale, keep=False):
    """Check, compile and run the loop: outcomes, and the states of every year if kept."""
    if not programmes:
        raise ValueError("give at least one programme; Programme('nothing') is to do nothing")
    for name, number in {"years": years, "steps": steps}.items():
        if not (isinstance(number, int | np.integer) and number >= 1):
            raise ValueError(f"{name} must be a whole number from 1; it is {number!r}")
    if not (np.isfinite(discount) and discount >= 0):
        raise ValueError(f"the rate of discount must be finite and 0 or more; it is {discount}")
    states, parameters = economy.rows()
    hits = np.zeros(years) if hits is None else np.asarray(hits, float)
    if hits.shape not in {(years,), (len(states), years)}:
        raise ValueError(
            f"hits must have the shape ({len(states)}, {years}) or ({years},); it is {hits.shape}"
        )
    if not ((hits >= 0) & (hits < 1)).all():
        raise ValueError("hits must be parts of the share, from 0 to below 1")
    rates = np.broadcast_to(-np.log1p(-hits), (len(states), years)).copy()  # of one type
    times = np.arange(2 * steps * years + 1) / (2 * steps)
    shape = len(states), len(programmes)
    scales = _scales(scale, shape, programmes)
    found = np.empty((*shape, len(OUTCOMES)))
    kept = np.empty((*shape, years + 1 if keep else 0, len(STATES)))
    follow = _compiled()
    follow(states, parameters, *schedule(programmes), scales, rates, np.exp(-discount * times),
           steps, found, kept)  # fmt: skip
    return found, kept


def _split(
    expressions: Sequence[sp.Expr], moving: set[sp.Symbol]
) -> tuple[list[sp.Expr], dict[sp.Expr, sp.Symbol]]:
    """Give the parts of expressions without moving symbols names of their own.

    Returns the expressions with the names, and {part: name}.
    """
    fixed = {}

    def renamed(part):
        if not part.free_symbols or part in moving:
            return part
        if not part.free_symbols & moving:
            return fixed.setdefault(part, sp.Symbol(f"fixed_{len(fixed)}"))
        if part.is_Add or part.is_Mul:
            rest = [one for one in part.args if not one.free_symbols & moving]
            others = [renamed(one) for one in part.args if one.free_symbols & moving]
            return part.func(renamed(part.func(*rest)), *others)
        return part.func(*map(renamed, part.args))

    return [renamed(one) for one in expressions], fixed


def _scales(scale, shape: tuple[int, int], programmes) -> NDArray:
    """Return the scale of each programme in each economy, or refuse it."""
    scale = np.asarray(scale, float)
    try:
        scales = np.broadcast_to(scale, shape).copy()  # of one type for the compiled loop
    except ValueError:
        raise ValueError(f"scale must broadcast to {shape}; its shape is {scale.shape}") from None
    if not (np.isfinite(scales) & (scales >= 0)).all():
        raise ValueError("scale must be finite and 0 or more")
    for programme, most in zip(programmes, scales.max(axis=0), strict=True):
        programme.scaled(most)  # refuses what goes too far
    return scales


@cache
def _compiled():
    """Return the loop over economies and programmes, compiled from the equations.

    What depends on parameters and levers alone is computed once as long as no lever moves.
    """
    changes = model.changes()
    moving = [*changes, model.H]
    formulas, fixed = _split([*changes.values(), *model.totals().values()], set(moving))
    known = [*LOOP.values(), *SYMBOLS.values(), model.base, *model.LEVERS.values()]
    compiled = numba.njit(error_model="numpy")
    rates = compiled(sp.lambdify([*moving, *fixed.values()], tuple(formulas), "math", cse=True))
    prepared = compiled(sp.lambdify(known, tuple(fixed), "math", cse=True))
    parameters, levers = len(LOOP) + len(SYMBOLS) + 1, len(model.LEVERS)

    @numba.njit(nogil=True, error_model="numpy")
    def follow(states, rows, intensities, spans, scales, hits, weights, steps, found, kept):
        size = 1.0 / steps
        now, before = np.empty(levers), np.empty(levers)
        for i in range(len(states)):
            p = to_fixed_tuple(rows[i], parameters)
            for j in range(len(intensities)):
                s, a, q, n = states[i, 0], states[i, 1], states[i, 2], states[i, 3]
                lowest, sales, cost, hit = s, 0.0, 0.0, 0.0
                before[:] = 0.0
                c = prepared(*p, *to_fixed_tuple(before, levers))
                for year in range(hits.shape[1]):
                    if kept.shape[2]:
                        kept[i, j, year, 0], kept[i, j, year, 1] = s, a
                        kept[i, j, year, 2], kept[i, j, year, 3] = q, n
                    for k in range(levers):
                        begin, end = spans[j, k, 0], spans[j, k, 1]
                        pull = scales[i, j] * intensities[j, k]
                        now[k] = pull if begin <= year < end else 0.0
                    if (now != before).any():
                        c = prepared(*p, *to_fixed_tuple(now, levers))
                        before[:] = now
                    rate = hits[i, year]
                    for step in range(steps):
                        at = 2 * (year * steps + step)
                        early, middle, late = weights[at], weights[at + 1], weights[at + 2]
                        s1, a1, q1, n1, x1, y1, z1 = rates(s, a, q, n, rate, *c)
                        w = size / 2
                        s2, a2, q2, n2, x2, y2, z2 = rates(
                            s + w * s1, a + w * a1, q + w * q1, n + w * n1, rate, *c
                        )
                        s3, a3, q3, n3, x3, y3, z3 = rates(
                            s + w * s2, a + w * a2, q + w * q2, n + w * n2, rate, *c
                        )
                        w = size
                        s4, a4, q4, n4, x4, y4, z4 = rates(
                            s + w * s3, a + w * a3, q + w * q3, n + w * n3, rate, *c
                        )
                        w = size / 6
                        s += w * (s1 + 2 * s2 + 2 * s3 + s4)
                        a += w * (a1 + 2 * a2 + 2 * a3 + a4)
                        q += w * (q1 + 2 * q2 + 2 * q3 + q4)
                        n += w * (n1 + 2 * n2 + 2 * n3 + n4)
                        sales += w * (early * x1 + 2 * middle * (x2 + x3) + late * x4)
                        cost += w * (early * y1 + 2 * middle * (y2 + y3) + late * y4)
                        hit += w * (early * z1 + 2 * middle * (z2 + z3) + late * z4)
                    lowest = min(lowest, s)
                if kept.shape[2]:
                    last = kept.shape[2] - 1
                    kept[i, j, last, 0], kept[i, j, last, 1] = s, a
                    kept[i, j, last, 2], kept[i, j, last, 3] = q, n
                found[i, j, 0], found[i, j, 1], found[i, j, 2], found[i, j, 3] = s, a, q, n
                found[i, j, 4], found[i, j, 5] = lowest, sales
                found[i, j, 6], found[i, j, 7] = cost, hit

    return follow


def _check(name: str, numbers: NDArray) -> None:
    """Refuse a parameter or state outside its domain."""
    wrong, domain = ~np.isfinite(numbers), "finite"
    if not wrong.any():
        if name in PARTS or name == "share":
            wrong, domain = (numbers < 0) | (numbers > 1), "from 0 to 1"
        elif name == "price_room":
            wrong, domain = (numbers <= 0) | (numbers >= 1), "above 0 and below 1"
        elif name in ABOVE_ZERO:
            wrong, domain = numbers <= 0, "above 0"
        elif name == "firms":
            wrong, domain = numbers < 1, "1 or more"
        elif name not in STATES:
            wrong, domain = numbers < 0, "0 or more"
    if wrong.any():
        raise ValueError(f"{name} must be {domain}; it is {numbers[wrong].flat[0]:g}")
