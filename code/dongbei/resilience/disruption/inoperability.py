"""How much of each node's output fails when demand does, and how it recovers: the IIM over time.

The inoperability input-output model of Haimes et al. (2005, Journal of Infrastructure Systems 11)
and its dynamic form (Lian and Haimes 2006, Systems Engineering 9).

======  ==================  ====================================================================
symbol  name here           meaning
======  ==================  ====================================================================
q       ``inoperability``   part of normal output that is missing
c*      ``demand``          final demand that is missing, over normal output
A*      ``interdependency`` Z_ij / x_i: how much of i is missing when all of j is
K       ``rates``           part of the distance to its balance that a node closes in a step
======  ==================  ====================================================================

Static: q = A* q + c*, so q = (I - A*)⁻¹ c*, which is Leontief's model in parts of output, as A* is
x̂⁻¹ A x̂. Dynamic: q(t+1) = q(t) + K (A* q(t) + c*(t) - q(t)); it comes to rest where the static
model stands, if every eigenvalue of I - K (I - A*) is inside the unit circle. A node that is left
alone falls from q_i(0) to q_i(T) if k_i = ln(q_i(0) / q_i(T)) / (T (1 - a*_ii)), in continuous
time. With c* = 0 the output lost in all steps is x' (I - A*)⁻¹ K⁻¹ q(0).

Demand drives this model alone: nobody lacks an input, and losses add up. What stocks, bottlenecks
and other suppliers do is in ``inventories``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output import InterregionalTable, RegionalTable
from dongbei.resilience.disruption.shocks import Loss, parts

ROUNDING = 1e-9
"""Part of output by which missing demand may exceed what there is, as rounding of the table."""


@dataclass(frozen=True, eq=False)
class Recovery:
    """Inoperability over time.

    Attributes
    ----------
    lost
        Output lost in all steps, by region. Shape (shocks, g), money.
    worst, worst_step
        Largest part of all output lost in one step, and the first such step. Shape (shocks,).
    last
        q after the last step. Shape (shocks, n).
    path
        Part of each region's output that is missing. Shape (shocks, steps, g); nothing unless kept.
    """

    lost: NDArray
    worst: NDArray
    worst_step: NDArray
    last: NDArray
    path: NDArray | None

    def by_region(self, table: RegionalTable) -> pd.DataFrame:
        """Return `lost` as a frame with a column per region."""
        return pd.DataFrame(self.lost, columns=table.names).rename_axis("shock")


def interdependency(table: RegionalTable) -> NDArray:
    """Return A*, deliveries over the supplier's output; zero where nothing is made. Shape (n, n).

    References
    ----------
    Haimes et al. (2005), equation for A*; it equals the allocation coefficients of Ghosh.
    """
    return table.flows * table.per_unit[:, None]


def inoperability(table: RegionalTable, demand: ArrayLike) -> NDArray:
    """Return what is missing of each node's output when final demand is missing: the static IIM.

    Parameters
    ----------
    table
        Any regional table.
    demand
        c*, final demand (exports included) that is missing, over normal output. Shape (shocks, n).

    Returns
    -------
    ndarray
        q, parts of normal output. Shape (shocks, n).

    Raises
    ------
    ValueError
        If the shape does not fit, a number is not from 0 to 1, or more is missing than there is.

    References
    ----------
    Haimes et al. (2005): q = (I - A*)⁻¹ c*.
    """
    missing = _demand(table, demand) * table.output
    return table.solve(missing.T).T * table.per_unit


def recovery_rates(
    table: RegionalTable, initial: ArrayLike, remaining: ArrayLike, steps: ArrayLike
) -> NDArray:
    """Return the rates k at which nodes, each left alone, go from one inoperability to a lower one.

    Parameters
    ----------
    table
        Any regional table.
    initial, remaining
        q_i at the start and after `steps`, above 0 and up to 1, the second below the first. One for
        all or shape (n,).
    steps
        Above 0. One for all or shape (n,).

    Returns
    -------
    ndarray
        Shape (n,).

    Raises
    ------
    ValueError
        If a number is out of its range, or a node uses as much of its own output as it makes.

    References
    ----------
    Lian and Haimes (2006): k_i = ln(q_i(0) / q_i(T_i)) / (T_i (1 - a*_ii)).
    """
    n = len(table.output)
    first, last, time = (
        np.broadcast_to(np.asarray(one, dtype=float), (n,)) for one in (initial, remaining, steps)
    )
    parts("initial", first)
    if not ((last > 0) & (last < first)).all():
        raise ValueError("what remains must be above 0 and below what was missing at the start")
    if not ((time > 0) & np.isfinite(time)).all():
        raise ValueError("steps must be above 0 and finite")
    own = 1 - np.diag(table.flows) * table.per_unit
    if (stuck := own <= 0).any():
        raise ValueError(
            f"{table.label(int(stuck.argmax()))} uses all that it makes: it has no rate"
        )
    return np.log(first / last) / (time * own)


def recover(
    table: RegionalTable,
    rates: ArrayLike,
    steps: int,
    initial: ArrayLike | None = None,
    demand: ArrayLike | Loss | None = None,
    year: float = 365.0,
    keep: bool = False,
) -> Recovery:
    """Follow inoperability through many shocks: the dynamic IIM.

    Parameters
    ----------
    table
        Any regional table.
    rates
        k, above 0. One for all or shape (n,).
    steps
        To follow, from 1; the first has the initial inoperability.
    initial
        q(0). Shape (shocks, n); nothing is missing by default.
    demand
        c*. Shape (shocks, n) for one that lasts, or a `Loss` with such parts, for one that starts,
        ends and recovers; none by default.
    year
        Steps in the period of the table.
    keep
        Whether to keep the path of every region.

    Returns
    -------
    Recovery

    Raises
    ------
    ValueError
        If neither an initial inoperability nor a loss of demand is given, shapes do not fit, a
        number is out of its range, or the recovery is unstable (an eigenvalue of I - K (I - A*)
        has a modulus of 1 or more).

    References
    ----------
    Lian and Haimes (2006): q(t+1) = q(t) + K (A* q(t) + c*(t) - q(t)).
    """
    if not (isinstance(steps, int | np.integer) and steps >= 1):
        raise ValueError(f"steps must be a whole number from 1; it is {steps!r}")
    if initial is None and demand is None:
        raise ValueError("give an initial inoperability, a loss of demand, or both")
    coefficients = interdependency(table)
    speeds = _stable(table, rates, coefficients)
    if demand is not None and not isinstance(demand, Loss):
        demand = Loss(demand)
    missing = None if demand is None else _demand(table, demand.parts).T
    shape = missing.T.shape if missing is not None else np.shape(initial)
    q = np.zeros(shape[::-1]) if initial is None else _initial(table, initial, shape).T.copy()
    weights = np.equal.outer(np.arange(len(table.names)), table.region_of) * table.output / year
    per_region = np.divide(1, weights.sum(axis=1), out=np.zeros(len(weights)),
                           where=weights.sum(axis=1) > 0)  # fmt: skip
    lost, worst = np.zeros((len(weights), shape[0])), np.full(shape[0], -np.inf)
    worst_step, path = np.zeros(shape[0], dtype=int), []
    for step in range(steps):
        now = weights @ q
        lost += now
        part = now.sum(axis=0) / weights.sum()
        worst_step[part > worst] = step
        worst = np.maximum(worst, part)
        if keep:
            path.append((now * per_region[:, None]).T)
        gap = coefficients @ q - q
        if missing is not None:
            gap += missing * demand.at(step)
        q += speeds[:, None] * gap
    return Recovery(lost.T, worst, worst_step, q.T, np.stack(path, axis=1) if keep else None)


def cumulative_loss(
    table: RegionalTable, initial: ArrayLike, rates: ArrayLike, year: float = 365.0
) -> NDArray:
    """Return the output that is lost until all is recovered, without following the steps.

    Parameters
    ----------
    table, initial, rates, year
        As of `recover`; no demand is missing.

    Returns
    -------
    ndarray
        Shape (shocks,), money.

    Raises
    ------
    ValueError
        As of `recover`.

    References
    ----------
    The sum of (I - K (I - A*))^t q(0) over all t, from the first: x' (I - A*)⁻¹ K⁻¹ q(0).
    """
    speeds = _stable(table, rates, interdependency(table))
    q = _initial(table, initial, np.shape(initial))
    multipliers = table.solve(np.ones(len(speeds)), transposed=True)
    return q @ (multipliers * table.output / speeds) / year


def _stable(table: RegionalTable, rates: ArrayLike, coefficients: NDArray) -> NDArray:
    """Check rates, and that they lead to rest. Shape (n,)."""
    n = len(table.output)
    try:
        speeds = np.broadcast_to(np.asarray(rates, dtype=float), (n,))
    except (TypeError, ValueError):
        raise ValueError(f"rates must be one number or one for each of {n} rows") from None
    if not ((speeds > 0) & np.isfinite(speeds)).all():
        raise ValueError("rates must be above 0 and finite: a node with a rate of 0 never recovers")
    matrix = np.eye(n) - speeds[:, None] * (np.eye(n) - coefficients)
    if np.abs(matrix).sum(axis=1).max() < 1:  # no eigenvalue is larger than the largest row
        return speeds
    largest = np.abs(np.linalg.eigvals(matrix)).max()
    if largest >= 1:
        raise ValueError(
            "the recovery is unstable: an eigenvalue of I - K(I - A*) has the modulus "
            f"{largest:.4g}, and must be below 1; give lower rates, or shorter steps"
        )
    return speeds


def _initial(table: RegionalTable, initial: ArrayLike, shape: tuple[int, ...]) -> NDArray:
    if len(shape) != 2 or shape[1] != len(table.output):
        raise ValueError(
            f"an initial inoperability has a row per shock and a column for each of "
            f"{len(table.output)} nodes; its shape is {shape}"
        )
    return parts("initial inoperability", initial, shape)


def _demand(table: RegionalTable, demand: ArrayLike) -> NDArray:
    """Check that no more demand is missing than there is. Shape (shocks, n)."""
    found = parts("missing demand", demand)
    if found.ndim != 2 or found.shape[1] != len(table.output):
        raise ValueError(
            f"missing demand has a row per shock and a column for each of {len(table.output)} "
            f"nodes; its shape is {found.shape}"
        )
    used = table.final.sum(axis=1)
    if isinstance(table, InterregionalTable):
        used = used + table.exports
    most = np.maximum(used * table.per_unit, 0)
    if (over := found > most + ROUNDING).any():
        row = int(over.any(axis=0).argmax())
        raise ValueError(
            f"{table.label(row)}: final demand is {most[row]:.4g} of its output, and "
            f"{found[:, row].max():.4g} cannot be missing"
        )
    return found
