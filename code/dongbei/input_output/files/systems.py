"""World tables out of the objects of pymrio, which parses EXIOBASE, WIOD, ICIO, Eora and GLORIA.

Nothing of pymrio is imported here: a system is anything with its frames.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output.tables import BALANCE, WorldTable


def from_pymrio(
    system: Any,
    *,
    value_added: ArrayLike | pd.Series | pd.DataFrame | None = None,
    used_by: Mapping[str, str] | None = None,
    without_final: Sequence[str] = (),
    tolerance: float = BALANCE,
) -> WorldTable:
    """Make a table of a system that pymrio parsed: EXIOBASE, WIOD, ICIO, Eora, GLORIA.

    Rows are sorted so that a region's stand together, regions in the order of their first row; the
    categories of final use are added up.

    Parameters
    ----------
    system : pymrio.IOSystem
        With Y, and Z, or A (and x, or it is solved for).
    value_added
        Value added of each row of the system: a series or a frame with one row whose labels are
        the system's, or numbers in the order of its rows. By default what inputs leave of output,
        so that taxes and margins that the system books apart count as value added.
    used_by
        Region with rows that is to have the final use of one without: ``{"ALL": "ROW"}`` for the
        discrepancy of an ICIO.
    without_final
        Regions with rows and no final use of their own, as the parts of China and Mexico in an
        ICIO that was not read by pymrio; `RegionalTable.aggregated` makes them one with the rest.
    tolerance
        As of `WorldTable`; Eora needs a large one.

    Raises
    ------
    ValueError
        If something is missing, labels of rows and columns differ, or a region has rows and no
        final use or the reverse without being named; also as of `WorldTable`.
    """
    final = _part(system, "Y")
    rows = final.index
    flows = _intermediate(system, final, tolerance)
    regions = rows.get_level_values(0).astype(str)
    names = list(dict.fromkeys(regions))
    order = np.argsort([names.index(region) for region in regions], kind="stable")
    by_region = _final_by_region(final, names, used_by or {}, without_final)
    sectors = rows.get_level_values(1).astype(str)
    return WorldTable(
        flows[np.ix_(order, order)],
        by_region[order],
        regions[order],
        sectors[order],
        value_added=None if value_added is None else _along(value_added, rows)[order],
        tolerance=tolerance,
    )


def _part(system: Any, name: str) -> pd.DataFrame:
    part = getattr(system, name, None)
    if part is None:
        raise ValueError(f"the system has no {name}: load or calculate it, as by calc_all()")
    for axis in (part.index, part.columns) if name != "x" else (part.index,):
        if axis.nlevels != 2:
            raise ValueError(
                f"{name} must be labelled by region and sector (or category); its labels have "
                f"{axis.nlevels} levels"
            )
        if axis.has_duplicates:
            twice = axis[axis.duplicated()][0]
            raise ValueError(f"{name} has two rows or columns {', '.join(map(str, twice))}")
    return part


def _intermediate(system: Any, final: pd.DataFrame, tolerance: float) -> NDArray:
    """Flows in the order of the final use: given, or of coefficients and output. Shape (n, n)."""
    name = "Z" if getattr(system, "Z", None) is not None else "A"
    matrix, rows = _part(system, name), final.index
    _check_same(matrix.index, rows, f"rows of {name} and Y")
    _check_same(matrix.columns, rows, f"rows and columns of {name}")
    if not (matrix.index.equals(rows) and matrix.columns.equals(rows)):
        matrix = matrix.loc[rows, rows]
    matrix = matrix.to_numpy(float)
    final = final.to_numpy(float).sum(axis=1)
    given = getattr(system, "x", None) is not None
    if given:
        output = _along(_part(system, "x").iloc[:, 0], rows)
    elif name == "A":
        output = np.linalg.solve(np.eye(len(final)) - matrix, final)
    flows = matrix if name == "Z" else matrix * output
    if given:
        sold = flows.sum(axis=1) + final
        worst = int(np.abs(sold - output).argmax())
        if abs(sold[worst] - output[worst]) > tolerance * np.abs(output).max():
            raise ValueError(
                f"{name}, Y and x do not fit: {', '.join(map(str, rows[worst]))} sells "
                f"{sold[worst]:g} and has an output of {output[worst]:g}; calculate them anew"
            )
    return flows


def _final_by_region(
    final: pd.DataFrame, names: list[str], used_by: Mapping[str, str], without: Sequence[str]
) -> NDArray:
    """Add up the categories of final use. Shape (n, regions)."""
    if not np.isfinite(final.to_numpy(float)).all():
        row, column = np.argwhere(~np.isfinite(final.to_numpy(float)))[0]
        place = [*map(str, final.index[row]), "to", *map(str, final.columns[column])]
        raise ValueError(f"Y must be finite; at {' '.join(place)} it is {final.iloc[row, column]}")
    users = final.columns.get_level_values(0).astype(str)
    if unknown := sorted({*used_by.values(), *without} - {*names}):
        raise ValueError(f"no region {', '.join(unknown)}; there are {', '.join(names)}")
    if idle := sorted({*used_by} - {*users}):
        raise ValueError(f"no final use of {', '.join(idle)}: leave it out of used_by")
    users = users.map(lambda region: used_by.get(region, region))
    if owners := sorted({*without} & {*users}):
        raise ValueError(f"{', '.join(owners)} has final use: leave it out of without_final")
    if strange := sorted({*users} - {*names}):
        raise ValueError(
            f"{', '.join(strange)} has final use and no rows: say which region is to have it, "
            f"as in used_by={{{strange[0]!r}: {names[-1]!r}}}"
        )
    if bare := sorted({*names} - {*users} - {*without}):
        raise ValueError(
            f"{', '.join(bare)} has rows and no final use: if that is right, say so by "
            f"without_final={bare!r}"
        )
    return final.T.groupby(users).sum().T.reindex(columns=names, fill_value=0.0).to_numpy(float)


def _along(numbers: ArrayLike | pd.Series | pd.DataFrame, rows: pd.Index) -> NDArray:
    """Put numbers in the order of rows, by their labels if they have any."""
    if isinstance(numbers, pd.DataFrame):
        numbers = numbers.sum(axis=0 if numbers.columns.nlevels == 2 else 1)
    if isinstance(numbers, pd.Series):
        _check_same(numbers.index, rows, "labels of the numbers and rows of the system")
        numbers = numbers.loc[rows]
    numbers = np.asarray(numbers, float)
    if numbers.shape != (len(rows),):
        raise ValueError(f"there must be {len(rows)} numbers, one per row, not {numbers.shape}")
    return numbers


def _check_same(one: pd.Index, other: pd.Index, what: str) -> None:
    if len(one) != len(other) or set(one) != set(other):
        odd = sorted(map(str, set(one) ^ set(other)))[:3]
        raise ValueError(f"{what} must have the same labels; only one has {', '.join(odd)}")
