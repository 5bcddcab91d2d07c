"""What a shock hits, how much of it, and when: rows of a table by name, parts from zero to one."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output import RegionalTable

Names = str | Iterable[str] | None
RECOVERIES = ("immediate", "linear", "exponential")


def rows(table: RegionalTable, regions: Names = None, sectors: Names = None) -> NDArray:
    """Return the rows of a table in some regions and sectors.

    Parameters
    ----------
    table
    regions, sectors : str or iterable of str, optional
        One name or several; all by default.

    Returns
    -------
    ndarray
        Positions, ascending, whole numbers.

    Raises
    ------
    ValueError
        If a name is unknown, nothing is asked for, or no region has the sectors.
    """
    kinds = (("region", regions, table.regions), ("sector", sectors, table.sectors))
    asked = [(known(kind, names, column), column) for kind, names, column in kinds]
    chosen = np.logical_and(*(np.isin(column, names) for names, column in asked))
    if not chosen.any():
        places, products = (", ".join(names) for names, _ in asked)
        raise ValueError(f"{places}: no row of {products} there, only elsewhere")
    return np.flatnonzero(chosen)


def known(kind: str, names: Names, existing: Iterable[str]) -> list[str]:
    """Return the names asked for, each once, or all that exist; refuse one that does not.

    Raises
    ------
    ValueError
        If a name is unknown, or none is asked for.
    """
    there = dict.fromkeys(existing)
    asked = there if names is None else dict.fromkeys([names] if isinstance(names, str) else names)
    if not asked:
        raise ValueError(f"name at least one {kind}, or leave {kind}s out for all of them")
    for one in asked:
        if one not in there:
            close = get_close_matches(str(one), there) or list(there)[:5]
            raise ValueError(f"no {kind} {str(one)!r}; perhaps {', '.join(close)}")
    return list(asked)


def parts(name: str, values: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray:
    """Check that numbers are parts of a whole, from 0 to 1, and of a shape if one is given.

    Raises
    ------
    ValueError
        If they are no numbers, not finite, below zero, above one, or of another shape.
    """
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers from 0 to 1: {error}") from None
    if shape is not None and found.shape != shape:
        one = f"have the shape {shape}" if shape else "be one number"
        raise ValueError(f"{name} must {one}; it has the shape {found.shape}")
    if (wrong := ~((found >= 0) & (found <= 1))).any():
        worst = found[wrong].flat[0]
        cure = "more than all of it cannot be lost" if worst > 1 else "give a part of the whole"
        raise ValueError(f"{name} must be from 0 to 1; one is {worst:g}: {cure}")
    return found


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
