"""Tables that come as one matrix per part, without labels: MATLAB variables or CSV files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat
from scipy.sparse import issparse

from dongbei.input_output.files.layouts import MONEY
from dongbei.input_output.files.sheets import existing, read_sheet
from dongbei.input_output.tables import BALANCE, InterregionalTable, RegionalTable, WorldTable
from dongbei.statistics import provinces

PARTS = ("flows", "final", "exports", "error", "imports", "value added", "output")
WHOLE = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
NUMERIC = ("double", "single", "sparse", *WHOLE)


@dataclass(frozen=True)
class Matrices:
    """One matrix or vector per part, without labels: variables of a MATLAB file, or CSV files.

    Rows and columns are the sectors of the first region, then those of the second, and so on. The
    columns of final use are the uses of the first region, then of the second.

    Parameters
    ----------
    parts
        Part of each variable: ``flows`` (n, n), ``final`` (n, regions times uses), ``exports``,
        ``error``, ``imports`` (n,), ``value added`` (items, n), and ``output`` (n,), against which
        rows and columns are checked.
    regions
        In their order; by default the 31 provinces in the official one.
    sectors
        Of every region, in their order; by default 1 to 42.
    blank_is_zero, unit, tolerance, encoding
        As of `Layout`.

    Raises
    ------
    ValueError
        If a part is unknown or given twice, or a necessary one is missing.
    """

    parts: Mapping[str, str]
    regions: tuple[str, ...] | None = None
    sectors: tuple[str, ...] = tuple(str(code) for code in range(1, 43))
    blank_is_zero: bool = False
    unit: str = ""
    tolerance: float = BALANCE
    encoding: str = "utf-8-sig"

    def __post_init__(self):
        parts = list(self.parts.values())
        if unknown := [part for part in parts if part not in PARTS]:
            raise ValueError(f"no part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
        if len({*parts}) < len(parts):
            raise ValueError("a part is given by two variables")
        needed = {"flows", "final"}
        if "exports" in parts or "imports" in parts:
            needed |= {"exports", "imports", "value added"}
        if missing := sorted(needed - {*parts}):
            raise ValueError(f"no variable is the {' and no variable the '.join(missing)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Regions in their order."""
        return tuple(provinces()["province"]) if self.regions is None else tuple(self.regions)


INTERPROVINCIAL = Matrices(
    parts={
        "Z": "flows",
        "Y": "final",
        "E": "exports",
        "M": "imports",
        "V": "value added",
        "X": "output",
    },
    unit=MONEY,
)
"""Matrices of 31 provinces and 42 sectors, such as those of Chen and others (2023, Scientific
Data, 10.1038/s41597-023-02183-2) once ownerships are added up. The names of the variables are
ours."""


def read_matrices(
    source: str | Path | Mapping[str, str | Path], matrices: Matrices = INTERPROVINCIAL
) -> RegionalTable:
    """Read a table from the variables of a MATLAB file, or from one CSV file for each.

    Parameters
    ----------
    source
        File that ends in ``.mat``, or the CSV file of each variable, without labels in it.
    matrices
        Which variable is which part of the table, and the labels.

    Returns
    -------
    WorldTable or InterregionalTable
        The latter if there are exports.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a variable is missing, has another shape, holds something else than real numbers, rows
        or columns do not add up to the printed output, or a file cannot be read (says why); also
        as of the table.

    Notes
    -----
    MATLAB files of version 7 are compressed and carry checksums. In an uncompressed one (-v6) a
    wrong byte can go unseen, or end Python inside scipy.
    """
    regions = np.repeat(matrices.names, len(matrices.sectors))
    n, g = len(regions), len(matrices.names)
    if isinstance(source, Mapping):
        where, read = "the CSV files", _csv_matrices(source, matrices)
    else:
        where, read = Path(source).name, _mat_matrices(existing(source), matrices)
    parts = {part: read[name] for name, part in matrices.parts.items()}
    table = {
        "flows": parts["flows"],
        "final": parts["final"].reshape(n, g, -1).sum(axis=2),
        "regions": regions,
        "sectors": np.tile(matrices.sectors, g),
        "tolerance": matrices.tolerance,
        "value_added": parts.get("value added"),
    }
    if "exports" in parts:
        table |= {name: parts.get(name) for name in ("exports", "imports", "error")}
        made = InterregionalTable(**table)
    else:
        made = WorldTable(**table)
    if "output" in parts:
        _check_output(made, parts["output"], where)
    return made


def _csv_matrices(files: Mapping[str, str | Path], matrices: Matrices) -> dict[str, NDArray]:
    """Read the CSV file of each variable."""
    _check_there({*files}, matrices, "the files")
    found = {}
    for name, part in matrices.parts.items():
        rows, columns = _most(part, matrices)
        sheet = read_sheet(files[name], "", rows + 1, columns + 1, matrices.encoding)
        cells = list(sheet.cells)
        while cells and not any(cells[-1]):
            cells.pop()
        shape = (len(cells), max(map(len, cells), default=0))
        _check_shape(sheet.name, part, shape, matrices)
        numbers = sheet.numbers(range(shape[0]), range(shape[1]), matrices.blank_is_zero)
        found[name] = _shaped(numbers, part)
    return found


def _mat_matrices(path: Path, matrices: Matrices) -> dict[str, NDArray]:
    """Read the variables of a MATLAB file, after a look at their kinds and shapes."""
    if path.suffix.lower() != ".mat":
        raise ValueError(f"{path.name} is no .mat file; CSV files are given as {{variable: file}}")
    kinds = {name: (shape, kind) for name, shape, kind in _matlab(whosmat, path)}
    _check_there({*kinds}, matrices, path.name)
    for name, part in matrices.parts.items():
        shape, kind = kinds[name]
        if kind not in NUMERIC:
            raise ValueError(
                f"{path.name}: {name} is of the kind {kind}; save it as a matrix of numbers"
            )
        _check_shape(f"{path.name}, variable {name}", part, shape, matrices)
    found = _matlab(loadmat, path, variable_names=list(matrices.parts))
    return {
        name: _shaped(_real(found[name], path, name), part) for name, part in matrices.parts.items()
    }


def _matlab(read, path: Path, **arguments):
    """Call a reader of MATLAB files, and say in our words why it fails."""
    try:
        return read(path, **arguments)
    except Exception as error:  # a damaged file can fail anywhere in the parser
        if isinstance(error, NotImplementedError) and "7.3" in str(error):
            raise ValueError(
                f"{path.name} is a MATLAB file of version 7.3, which is not read; save it with "
                f"-v7, as in save('{path.name}', '-v7')"
            ) from None
        raise ValueError(
            f"{path.name} cannot be read as a MATLAB file: it is damaged, cut off or something "
            f"else ({type(error).__name__}: {error})"
        ) from None


def _real(matrix, path: Path, name: str) -> NDArray:
    matrix = matrix.toarray() if issparse(matrix) else np.asarray(matrix)
    if np.iscomplexobj(matrix):
        raise ValueError(f"{path.name}: {name} has complex numbers; save their real part")
    return matrix.astype(float)


def _check_there(there: set[str], matrices: Matrices, where: str) -> None:
    if missing := [name for name in matrices.parts if name not in there]:
        raise ValueError(
            f"{where}: no variable {', '.join(missing)}; there are {', '.join(sorted(there))}: "
            "name them in the parts, as in dataclasses.replace(INTERPROVINCIAL, parts=...), or, if "
            "they should be there, get the file anew: it is cut off"
        )


def _most(part: str, matrices: Matrices) -> tuple[int, int]:
    """Most rows and columns of a part."""
    n = len(matrices.names) * len(matrices.sectors)
    return (n, n) if part != "final" else (n, 100 * len(matrices.names))


def _check_shape(where: str, part: str, shape: tuple[int, ...], matrices: Matrices) -> None:
    g = len(matrices.names)
    n = g * len(matrices.sectors)
    fits = {
        "flows": shape == (n, n),
        "final": len(shape) == 2 and shape[0] == n and shape[1] > 0 and shape[1] % g == 0,
        "value added": len(shape) == 2 and (shape[1] == n or shape == (n, 1)),
    }
    if not fits.get(part, shape in {(n,), (n, 1), (1, n)}):
        expected = {
            "flows": f"{n} by {n}",
            "final": f"{n} by a multiple of {g}",
            "value added": f"items by {n}",
        }
        raise ValueError(
            f"{where}: {part} must be {expected.get(part, f'{n} numbers')} for {g} regions with "
            f"{len(matrices.sectors)} sectors, and is {' by '.join(map(str, shape))}"
        )


def _shaped(matrix: NDArray, part: str) -> NDArray:
    """Add up items of value added, and make vectors of what has one row or column."""
    if part in ("flows", "final"):
        return matrix
    return matrix.ravel() if 1 in matrix.shape else matrix.sum(axis=0)


def _check_output(table: RegionalTable, printed: NDArray, where: str) -> None:
    """Refuse a table whose rows do not add up to the printed output."""
    gap = np.abs(table.output - printed)
    worst = int(gap.argmax())
    if not gap[worst] <= table.tolerance * table.output.max():
        raise ValueError(
            f"{where}: the output of {table.label(worst)} is {printed[worst]:.10g}, and its row "
            f"adds up to {table.output[worst]:.10g}"
        )
