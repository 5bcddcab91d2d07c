"""Fitting matrices to given row and column sums, many at once, and margins that can be met.

`gras` needs margins with one total; where two statistics of the same flows disagree, `reconcile`
makes them agree first, and the caller can see what that changed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOLERANCE = 1e-12
SWEEPS = 20_000
AGREE = 1e-9
"""Largest difference of two totals, relative to the larger, that counts as rounding."""
TARGETS = ("rows", "columns", "mean")


@dataclass(frozen=True, eq=False)
class Balanced:
    """Matrices with the margins that were asked for.

    Parameters
    ----------
    table
        Shape of the prior.
    sweeps
        Rounds of row and column scaling each matrix took. Shape of the prior without its last two
        axes.
    gap
        Largest difference between a margin and what was asked, relative to the largest margin.
        Same shape.
    """

    table: NDArray
    sweeps: NDArray
    gap: NDArray


def gras(
    prior: ArrayLike,
    rows: ArrayLike,
    columns: ArrayLike,
    *,
    tolerance: float = TOLERANCE,
    sweeps: int = SWEEPS,
) -> Balanced:
    """Find the matrices closest to a prior that have given row and column sums; GRAS.

    With the prior split into its positive part P and the size of its negative part N, the result is
    r P s - N / (r s) for multipliers r of rows and s of columns, all 0 or more: signs stay, zeros
    stay zero. Of all matrices with these margins and signs it minimises the sum of
    abs(a) (z log z - z), where z is the new cell over the prior one, a. Without negative cells this
    is RAS, the biproportional fit.

    Parameters
    ----------
    prior
        Shape (..., m, n); every matrix is fitted by itself.
    rows, columns
        Margins, shape (..., m) and (..., n).
    tolerance
        Largest gap of a margin, relative to the largest one of its matrix.
    sweeps
        Largest number of rounds.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, the two totals of a matrix differ (says by how
        much), a row or column cannot have its sum for want of cells of its sign (says which), or
        the margins are not met after all sweeps: slow or impossible because of where zeros are.

    References
    ----------
    Junius and Oosterhaven (2003), Economic Systems Research 15(1), equation (10), with the
    objective of Lenzen, Wood and Gallego (2007), 19(4); multipliers of rows without positive cells
    by Temurshoev, Miller and Bouwmeester (2013), 25(3).
    """
    prior, rows, columns = (np.array(one, float) for one in (prior, rows, columns))
    shape = prior.shape
    if prior.ndim < 2 or rows.shape != shape[:-1] or columns.shape != (*shape[:-2], shape[-1]):
        raise ValueError(
            "a prior of shape (..., m, n) needs rows (..., m) and columns (..., n); they have "
            f"{shape}, {rows.shape} and {columns.shape}"
        )
    for name, numbers in (("prior", prior), ("rows", rows), ("columns", columns)):
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name} must be finite")
    cells = prior.reshape(-1, *shape[-2:])
    rows, columns = rows.reshape(-1, shape[-2]), columns.reshape(-1, shape[-1])
    _check_totals(rows, columns)
    positive, negative = np.maximum(cells, 0), np.maximum(-cells, 0)
    _check_signs(positive, negative, rows, columns)
    table, taken, gap = _fitted(positive, negative, rows, columns, tolerance, sweeps)
    late = np.flatnonzero(~(gap <= tolerance))
    if len(late):
        off = np.abs(table[late[0]].sum(axis=1) - rows[late[0]])
        raise ValueError(
            f"matrix {late[0]} has not its margins after {taken[late[0]]} sweeps: row"
            f" {off.argmax()} is off by {off.max():.3g}. If the gap shrinks with more sweeps, allow"
            " them; if not, the zeros of the prior leave no matrix with these margins"
        )
    outer = shape[:-2]
    return Balanced(table.reshape(shape), taken.reshape(outer), gap.reshape(outer))


def reconcile(
    rows: ArrayLike,
    columns: ArrayLike,
    to: str | ArrayLike,
    *,
    most_rows: ArrayLike | None = None,
    most_columns: ArrayLike | None = None,
    fixed_columns: ArrayLike | None = None,
) -> tuple[NDArray, NDArray]:
    """Scale the margins of each matrix to one total.

    A side that must grow is multiplied by one factor, except where a number would pass its limit:
    there it stops at the limit and the factor of the others is the larger. A side that must shrink
    is multiplied by one factor.

    Parameters
    ----------
    rows, columns
        Margins, 0 or more. Shape (k, m) and (k, n).
    to : {"rows", "columns", "mean"} or array
        Whose total holds, or the mean of the two; or the totals themselves, shape (k,).
    most_rows, most_columns
        Limits, shapes of the margins; none by default.
    fixed_columns
        Whether a column is certain and keeps its number, shape of the columns; none by default.

    Returns
    -------
    tuple of arrays
        Rows and columns, with equal totals in each matrix.

    Raises
    ------
    ValueError
        If `to` is unknown, a number is negative or above its limit, a side is all zero and the
        target is not, the limits add up to less than the target, or fixed columns to more.
    """
    rows, columns = np.array(rows, float), np.array(columns, float)
    totals = {"rows": rows.sum(axis=1), "columns": columns.sum(axis=1)}
    totals["mean"] = (totals["rows"] + totals["columns"]) / 2
    if isinstance(to, str) and to not in TARGETS:
        raise ValueError(f"to must be one of {', '.join(TARGETS)}, or totals, not {to!r}")
    target = totals[to] if isinstance(to, str) else np.array(to, float)
    fixed = np.zeros(columns.shape, bool) if fixed_columns is None else np.array(fixed_columns)
    certain = np.where(fixed, columns, 0)
    left = target - certain.sum(axis=1)
    if (left < 0).any():
        at = left.argmin()
        raise ValueError(
            f"fixed columns of matrix {at} add up to {-left[at]:.6g} more than the"
            f" {target[at]:.6g} asked: choose another total"
        )
    return (
        _scaled(rows, target, most_rows, "rows"),
        certain + _scaled(np.where(fixed, 0, columns), left, most_columns, "columns"),
    )


def _fitted(positive, negative, rows, columns, tolerance, sweeps):
    """Scale rows and columns in turn; a matrix that has its margins is left alone."""
    k = len(rows)
    column_factors = np.ones_like(columns)
    table, taken, gap = positive - negative, np.zeros(k, int), np.full(k, np.inf)
    size = np.maximum(np.abs(rows).max(axis=1), np.abs(columns).max(axis=1))
    size = np.where(size > 0, size, 1)
    todo = np.arange(k)
    with np.errstate(over="ignore", invalid="ignore"):  # multipliers without bound: no such matrix
        for sweep in range(1, sweeps + 1):
            up, down, s = positive[todo], negative[todo], column_factors[todo]
            r = _factors(_times(up, s), _times(down, _inverse(s)), rows[todo])
            turned = np.swapaxes(up, 1, 2), np.swapaxes(down, 1, 2)
            s = _factors(_times(turned[0], r), _times(turned[1], _inverse(r)), columns[todo])
            column_factors[todo] = s
            fitted = r[:, :, None] * up * s[:, None]
            fitted -= _inverse(r)[:, :, None] * down * _inverse(s)[:, None]
            off = np.maximum(
                np.abs(fitted.sum(axis=2) - rows[todo]).max(axis=1),
                np.abs(fitted.sum(axis=1) - columns[todo]).max(axis=1),
            )
            table[todo], taken[todo], gap[todo] = fitted, sweep, off / size[todo]
            todo = todo[(gap[todo] > tolerance) & np.isfinite(gap[todo])]
            if not len(todo):
                break
    return table, taken, gap


def _factors(up: NDArray, down: NDArray, target: NDArray) -> NDArray:
    """Solve r up - down / r = target for r >= 0; one where nothing is there to scale.

    Either form of the root is exact where the other subtracts like from like.
    """
    root = np.hypot(target, 2 * np.sqrt(up) * np.sqrt(down))
    above = np.divide(target + root, 2 * up, out=np.ones_like(up), where=up > 0)
    below = np.divide(2 * down, root - target, out=np.ones_like(up), where=root > target)
    return np.where((target >= 0) | ((up > 0) & (down == 0)), above, below)


def _times(matrices: NDArray, vectors: NDArray) -> NDArray:
    return np.einsum("kij,kj->ki", matrices, vectors)


def _inverse(factors: NDArray) -> NDArray:
    """One over factors; zero where a factor is, since only rows without negative cells have it."""
    return np.divide(1, factors, out=np.zeros_like(factors), where=factors > 0)


def _check_totals(rows: NDArray, columns: NDArray) -> None:
    one, other = rows.sum(axis=1), columns.sum(axis=1)
    size = np.maximum(np.abs(rows).sum(axis=1), np.abs(columns).sum(axis=1))
    apart = np.flatnonzero(np.abs(one - other) > AGREE * size)
    if len(apart):
        at = apart[0]
        raise ValueError(
            f"the margins of matrix {at} do not agree: rows add up to {one[at]:.6g}, columns to "
            f"{other[at]:.6g}, {one[at] - other[at]:+.3g} apart: reconcile them first"
        )


def _check_signs(positive, negative, rows, columns) -> None:
    """Refuse a margin for which there is no cell of its sign that another margin lets live."""
    empty_rows = (rows == 0) & ~negative.any(axis=2)
    empty_columns = (columns == 0) & ~negative.any(axis=1)
    live = (positive > 0) & ~empty_rows[:, :, None] & ~empty_columns[:, None]
    for name, axis, margin in (("row", 2, rows), ("column", 1, columns)):
        up, down = live.any(axis=axis), negative.any(axis=axis)
        wrong = ((margin > 0) & ~up) | ((margin < 0) & ~down) | ((margin == 0) & ~up & down)
        if wrong.any():
            at, line = np.argwhere(wrong)[0]
            raise ValueError(
                f"{name} {line} of matrix {at} cannot add up to {margin[at, line]:.6g}: the prior"
                f" has no {'negative' if margin[at, line] < 0 else 'positive'} cell there that can"
                " grow; give it one, or correct the margin"
            )


def _scaled(values: NDArray, totals: NDArray, most: ArrayLike | None, name: str) -> NDArray:
    """Multiply each line by one factor, up to the limits. Shape (k, m)."""
    limits = np.full(values.shape, np.inf) if most is None else np.array(most, float)
    if (values < 0).any() or (values > limits).any():
        at = tuple(np.argwhere((values < 0) | (values > limits))[0].tolist())
        raise ValueError(
            f"{name} must be between 0 and their limits; at {at} there is {values[at]:.6g} with a"
            f" limit of {limits[at]:.6g}"
        )
    reach = np.where(values > 0, limits, 0).sum(axis=1)
    short = np.flatnonzero(reach < totals)
    if len(short):
        at = short[0]
        raise ValueError(
            f"{name} of matrix {at} can reach {reach[at]:.6g} at most, and {totals[at]:.6g} is"
            " asked: choose another total"
        )
    growing = values > 0
    room = np.divide(limits, values, out=np.full(values.shape, np.inf), where=growing)
    order = np.argsort(room, axis=1, kind="stable")
    room, growing, values_up, limits_up = (
        np.take_along_axis(one, order, axis=1) for one in (room, growing, values, limits)
    )
    bounded = np.isfinite(room)
    stopped = np.cumsum(np.where(bounded, limits_up, 0), axis=1)
    stopped -= np.where(bounded, limits_up, 0)  # in all before this one
    moving = np.cumsum(values_up[:, ::-1], axis=1)[:, ::-1]  # in this one and all after it
    factors = np.divide(
        totals[:, None] - stopped, moving, out=np.zeros_like(moving), where=moving > 0
    )
    passed = np.sum(growing & (factors > room), axis=1)
    place = np.clip(passed, 0, np.maximum(growing.sum(axis=1) - 1, 0))[:, None]
    factor = np.take_along_axis(factors, place, axis=1)
    return np.minimum(factor * values, limits)
