"""What a shock hits, and how much of it: rows of a table by name, and parts from zero to one."""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output import RegionalTable

Names = str | Iterable[str] | None


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
