"""What an economy loses at once when demand, inputs or suppliers go, by the inverse of its table.

Two readings of the same flows, both linear (B is the inverse of I - A, x output, A* = x^-1 A x):

=========  =====================  ==================================================================
direction  model                  a seller that falls out
=========  =====================  ==================================================================
backward   Leontief               is no longer asked to deliver, nor are those who deliver to it;
                                  customers find the product elsewhere
forward    Ghosh                  leaves customers with less, who make less by the cost share of
                                  what they lack; nobody finds the product elsewhere
=========  =====================  ==================================================================

A *cut* takes a part of what some rows (sellers) deliver to some regions (buyers). It changes A in
as many rows as there are sellers, so by Woodbury's formula its effect needs no second inverse. Let
C be A with the columns of the buyers only, D the block of C B over sellers and sellers, F the part
cut, T the sales that could be cut, and w what a unit of output weighs. Then

    backward loss = (w'B)_S  (I + F D)^-1  F T_S
    forward loss  =     1_S'  (I + F D)^-1  F (C B (x w))_S

All single cuts of a table, and all pairs, cost one inverse together.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output import InterregionalTable, RegionalTable
from dongbei.resilience.disruption.shocks import parts, rows

DIRECTIONS = ("backward", "forward")


def demand_loss(table: RegionalTable, lost: ArrayLike) -> NDArray:
    """Return the output lost when final demand falls (Leontief): B times what it falls by.

    Parameters
    ----------
    table
    lost
        Final demand that falls away, abroad included, from zero to what there is; nothing where it
        is below zero (stocks that are run down). Shape (n,) or (s, n), money.

    Returns
    -------
    ndarray
        Shape of `lost`, money.

    Raises
    ------
    ValueError
        If the shape does not fit, or a row loses less than nothing or more than it has.
    """
    demand = table.final.sum(axis=1)
    if isinstance(table, InterregionalTable):  # what is sold to nobody is no demand
        demand = demand + table.exports
    return table.solve(_amounts("final demand", lost, demand, table).T).T


def supply_loss(table: RegionalTable, lost: ArrayLike) -> NDArray:
    """Return the output lost when primary inputs fall (Ghosh): what falls away times (I - B)^-1.

    Here B = x^-1 Z are the output coefficients. Each user makes less by the cost share of what it
    lacks, and delivers so much less in turn.

    Parameters
    ----------
    table
    lost
        Primary inputs (value added, imports) that fall away, from zero to what there is; nothing
        where they are below zero. Shape (n,) or (s, n), money.

    Returns
    -------
    ndarray
        Shape of `lost`, money.

    Raises
    ------
    ValueError
        As of `demand_loss`.

    References
    ----------
    Ghosh (1958), Economica 25; Dietzenbacher (1997), Journal of Regional Science 37 (4), on reading
    it as a model of prices and not of quantities.
    """
    primary = table.output - table.flows.sum(axis=0)
    relative = _amounts("primary input", lost, primary, table) * table.per_unit
    return table.solve(relative.T, transposed=True).T * table.output


def cut(
    table: RegionalTable,
    sellers: ArrayLike,
    buyers: str | Iterable[str] | None = None,
    part: float | ArrayLike = 1.0,
    direction: str = "backward",
) -> NDArray:
    """Return the output that each row loses when some rows no longer deliver to some regions.

    Parameters
    ----------
    table
    sellers
        Positions of rows (see `rows`), each once. Shape (k,).
    buyers
        Regions that lose the product, for production and final use; by default everybody, abroad
        included.
    part
        Part of the deliveries that is cut, 0 to 1. A number or shape (k,).
    direction : {"backward", "forward"}
        See the module. Backward, sales to final users count; forward, only inputs do.

    Returns
    -------
    ndarray
        Shape (n,), money. Backward with everybody as buyers, a seller loses all of its output: it
        is extracted.

    Raises
    ------
    ValueError
        If a row is unknown or named twice, a region unknown, or a part outside 0 to 1.
    """
    sellers, share = _sellers(table, sellers, part, 1)
    columns, sales = _reach(table, buyers, direction)
    spread = _spread(table, sellers)
    system = np.eye(len(sellers)) + share[:, None] * _bought(table, spread, columns)[sellers]
    if direction == "backward":
        return spread @ np.linalg.solve(system, share * sales[sellers])
    lacking = share * np.linalg.solve(system.T, np.ones(len(sellers)))
    short = (lacking @ table.flows[sellers]) * table.per_unit * columns
    return table.solve(short, transposed=True) * table.output


def single_cuts(
    table: RegionalTable,
    buyers: str | Iterable[str] | None = None,
    part: float = 1.0,
    direction: str = "backward",
    weight: ArrayLike | None = None,
) -> NDArray:
    """Return what each row's cut would cost, one at a time, for all rows at once.

    Parameters
    ----------
    table, buyers, part, direction
        As of `cut`; the part is one number.
    weight
        What a unit of output lost counts, by row; by default the row's value added per unit, so
        that losses are value added. Zero for rows whose loss is of no interest. Shape (n,).

    Returns
    -------
    ndarray
        Loss if this row's deliveries are cut. Shape (n,), money.

    Raises
    ------
    ValueError
        As of `cut`; or if weights are not finite or of another shape.

    Notes
    -----
    With everybody as buyers, no part left and direction backward this is the hypothetical
    extraction of every row, (w'B)_j x_j / b_jj. Its own output counts as lost.

    References
    ----------
    Dietzenbacher and Lahr (2013), Economic Systems Research 25 (3), on extraction; the closed form
    is Sherman and Morrison's.
    """
    share = float(parts("part", part, ()))
    columns, sales = _reach(table, buyers, direction)
    left, right = _ends(table, columns, sales, direction, _weights(table, weight))
    return share * left * right / (1 + share * _loops(table, columns))


def joint_cuts(
    table: RegionalTable,
    sets: ArrayLike,
    buyers: str | Iterable[str] | None = None,
    part: float | ArrayLike = 1.0,
    direction: str = "backward",
    weight: ArrayLike | None = None,
) -> NDArray:
    """Return what the joint cut of each set of rows would cost.

    Parameters
    ----------
    table, buyers, direction, weight
        As of `single_cuts`.
    sets
        Rows that are cut together, as many in each set. Shape (s, k), whole numbers.
    part
        One number, or one per place in a set, shape (k,).

    Returns
    -------
    ndarray
        Shape (s,), money.

    Raises
    ------
    ValueError
        As of `single_cuts`; or if a set names a row twice.
    """
    sets, share = _sellers(table, sets, part, 2)
    columns, sales = _reach(table, buyers, direction)
    left, right = _ends(table, columns, sales, direction, _weights(table, weight))
    used, place = np.unique(sets, return_inverse=True)
    loops = _bought(table, _spread(table, used), columns)[used]
    place = place.reshape(sets.shape)
    block = loops[place[:, :, None], place[:, None, :]]
    system = np.eye(sets.shape[1]) + share[:, None] * block
    solved = np.linalg.solve(system, (share * right[sets])[..., None])[..., 0]
    return (left[sets] * solved).sum(axis=1)


def _spread(table: RegionalTable, sellers: NDArray) -> NDArray:
    """Return the columns of B of some rows. Shape (n, k)."""
    units = np.zeros((len(table.output), len(sellers)))
    units[sellers, np.arange(len(sellers))] = 1
    return table.solve(units)


def _bought(table: RegionalTable, right: NDArray, columns: NDArray) -> NDArray:
    """Return C, the coefficients of some columns, times a matrix. Shape of `right`."""
    scale = table.per_unit * columns
    return table.flows @ (scale * right if right.ndim == 1 else scale[:, None] * right)


def _loops(table: RegionalTable, columns: NDArray) -> NDArray:
    """Return the diagonal of C B. Shape (n,)."""
    if columns.all():  # then C B = B - I
        return np.concatenate([np.diagonal(own) for own in table.own_inverses]) - 1
    chosen = np.flatnonzero(columns)
    bought = table.flows[:, chosen] * table.per_unit[chosen]
    return np.einsum("ij,ji->i", bought, table.inverse()[chosen])


def _ends(table, columns, sales, direction, weight) -> tuple[NDArray, NDArray]:
    """Return what stands left and right of the inverse in the loss of a cut. Shapes (n,)."""
    if direction == "backward":
        return table.solve(weight, transposed=True), sales
    return np.ones(len(sales)), _bought(table, table.solve(table.output * weight), columns)


def _reach(table: RegionalTable, buyers, direction: str) -> tuple[NDArray, NDArray]:
    """Return which columns a cut reaches, and what each row sells there, final users included."""
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be {' or '.join(DIRECTIONS)}, not {direction!r}")
    if buyers is None:
        return np.ones(len(table.output), dtype=bool), table.output
    columns = np.zeros(len(table.output), dtype=bool)
    columns[rows(table, regions=buyers)] = True
    regions = np.unique(table.region_of[columns])
    return columns, table.flows @ columns + table.final[:, regions].sum(axis=1)


def _sellers(table: RegionalTable, sellers, part, dimension) -> tuple[NDArray, NDArray]:
    """Check rows and parts; return rows of shape (..., k) and parts of shape (k,)."""
    found = np.asarray(sellers)
    if found.size and not np.issubdtype(found.dtype, np.integer):
        raise ValueError("give rows as whole numbers, such as rows(table, regions, sectors) does")
    if found.ndim != dimension or not found.size:
        shape = "(rows,)" if dimension == 1 else "(sets, rows in each)"
        raise ValueError(f"give at least one row, in the shape {shape}, not {found.shape}")
    n = len(table.output)
    if found.min() < 0 or found.max() >= n:
        raise ValueError(f"rows are from 0 to {n - 1}; see rows(table, regions, sectors)")
    in_order = np.sort(found, axis=-1)
    if (in_order[..., 1:] == in_order[..., :-1]).any():
        raise ValueError("a row is named twice in one cut: name it once")
    share = parts("part", part)
    if share.shape not in ((), found.shape[-1:]):
        raise ValueError(
            f"part must be one number or {found.shape[-1]}, one for each row that is cut together; "
            f"it has the shape {share.shape}"
        )
    return found, np.broadcast_to(share, found.shape[-1:])


def _weights(table: RegionalTable, weight: ArrayLike | None) -> NDArray:
    if weight is None:
        return table.value_added_shares
    found = np.asarray(weight, dtype=float)
    if found.shape != table.output.shape or not np.isfinite(found).all():
        raise ValueError(f"weight must be {len(table.output)} finite numbers, one for each row")
    return found


def _amounts(what: str, lost: ArrayLike, most: NDArray, table: RegionalTable) -> NDArray:
    """Check that rows lose from nothing to all they have. Shape (n,) or (s, n)."""
    found = np.asarray(lost, dtype=float)
    _check_rows(found, table)
    if not np.isfinite(found).all():
        raise ValueError(f"{what} lost must be finite")
    room = np.maximum(most, 0)
    beyond = (found < 0) | (found > room + table.tolerance * table.output.max())
    if beyond.any():
        place = tuple(np.argwhere(beyond)[0])
        row = place[-1]
        raise ValueError(
            f"{table.label(row)} has {most[row]:g} of {what}: it can lose from 0 to "
            f"{room[row]:g}, not {found[place]:g}"
        )
    return found


def _check_rows(found: NDArray, table: RegionalTable) -> None:
    """Refuse an array that has not one number for each row, shape (n,) or (s, n)."""
    n = len(table.output)
    if found.ndim not in (1, 2) or found.shape[-1] != n:
        raise ValueError(f"give {n} numbers, one for each row; the shape is {found.shape}")
