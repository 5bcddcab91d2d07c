"""Cells of one sheet of an Excel workbook or of a CSV file, and what is refused on the way.

Nothing is believed that a file says of itself: a workbook is measured before it is opened, and
only the cells that are asked for are read, whatever size the sheet claims. Every complaint names
its cell as a spreadsheet does.
"""

import csv
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import TypeVar
from zipfile import ZipFile

import numpy as np
import openpyxl
from numpy.typing import NDArray
from openpyxl.utils import get_column_letter

UNPACKED = 1_000_000_000
"""Most bytes that the parts of a workbook may have together."""
AT_ONCE = 100_000_000
"""Most bytes of a part that openpyxl reads as a whole: texts, styles, relations."""
DENSEST = 200
"""Most bytes out of one packed byte, in a part of some size; a sheet of numbers has 5 to 30."""
SOME_SIZE = 10_000_000
WIDEST = 16_384
"""Columns of an Excel sheet."""
WORKBOOKS = (".xlsx", ".xlsm")
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
Read = TypeVar("Read")
PASTE = "copy the table and paste its values over it"


@dataclass(frozen=True)
class Sheet:
    """The first rows and columns of a sheet.

    Parameters
    ----------
    name
        What messages call it: the file, and the sheet of a workbook.
    cells
        One tuple of values per row; shorter or fewer ones where the file ends early.
    typed
        Whether numbers and texts are told apart (a workbook), or all cells are text (CSV).
    """

    name: str
    cells: Sequence[tuple]
    typed: bool

    def value(self, row: int, column: int):
        """Value of a cell, counted from 0; None beyond the end."""
        if row >= len(self.cells) or column >= len(self.cells[row]):
            return None
        return self.cells[row][column]

    def label(self, row: int, column: int) -> str:
        """Text of a cell without stray or repeated spaces, and ``1`` for 1.0; '' if blank."""
        value = self.value(row, column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else " ".join(unicodedata.normalize("NFKC", str(value)).split())

    def where(self, row: int, column: int) -> str:
        """Name a cell, as in ``prices.xlsx, sheet Z, cell D17``."""
        return f"{self.name}, cell {address(row, column)}"

    def numbers(self, rows: range, columns: range, blank_is_zero: bool = False) -> NDArray:
        """Read a block of cells.

        Returns
        -------
        ndarray
            Shape (rows, columns).

        Raises
        ------
        ValueError
            If a cell holds no finite number; names it, and says what to do.
        """
        block = np.empty((len(rows), len(columns)))
        for into, row in zip(block, rows, strict=True):
            cells = self.cells[row][columns.start : columns.stop] if row < len(self.cells) else ()
            if len(cells) < len(columns) or not {*map(type, cells)} <= {int, float}:
                cells = [self._number(row, column, blank_is_zero) for column in columns]
            try:
                into[:] = cells
            except OverflowError:
                into[:] = [self._number(row, column, blank_is_zero) for column in columns]
        if not np.isfinite(block).all():
            row, column = np.argwhere(~np.isfinite(block))[0]
            place = self.where(rows[row], columns[column])
            raise ValueError(f"{place}: the number is not finite; write a number that is")
        return block

    def _number(self, row: int, column: int, blank_is_zero: bool) -> float:
        value, place = self.value(row, column), self.where(row, column)
        if value is None or (isinstance(value, str) and not value.strip()):
            if blank_is_zero:
                return 0.0
            raise ValueError(
                f"{place}: blank where a number is expected; write 0 if it is zero, or set "
                "blank_is_zero of the layout if every blank of this file is"
            )
        if isinstance(value, str) and NUMBER.fullmatch(value):
            if not self.typed:
                return float(value)
            raise ValueError(
                f"{place}: {value.strip()} is stored as text; turn the column into numbers "
                "(Data, Text to Columns)"
            )
        if isinstance(value, str) and value.lstrip().startswith("="):
            raise ValueError(f"{place}: a formula, {value.strip()[:40]}; {PASTE}")
        if hasattr(value, "ref"):  # openpyxl's formulas over several cells
            raise ValueError(f"{place}: a formula over {value.ref}; {PASTE}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                return float("inf")
        raise ValueError(f"{place}: {str(value)[:40]!r} where a number is expected")


def read_sheet(
    path: str | Path, sheet: str, rows: int, columns: int, encoding: str = "utf-8-sig"
) -> Sheet:
    """Read the first rows and columns of a sheet, and nothing beyond them.

    Parameters
    ----------
    path
        File that ends in ``.xlsx``, ``.xlsm`` or ``.csv``.
    sheet
        Name of the sheet, or a pattern such as ``Table*`` that fits one; not used for CSV.
    rows, columns
        How many.
    encoding
        Of a CSV file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is a directory, another format, damaged, cut off, far larger unpacked than packed,
        in another encoding, or has no such sheet.
    """
    path = existing(path)
    kind = path.suffix.lower()
    if kind == ".csv":
        return _read_csv(path, rows, columns, encoding)
    if kind not in WORKBOOKS:
        raise ValueError(
            f"{path.name}: {kind or 'a file without an ending'} is not read; open it in a "
            "spreadsheet and save it as .xlsx, or as CSV in UTF-8"
        )
    _measure(path)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")  # about styles and extensions
        return _read_workbook(path, sheet, rows, columns)


def sheet_names(path: str | Path) -> list[str]:
    """Name the sheets of a workbook in their order.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_sheet`, of a file that is no ``.xlsx`` or ``.xlsm`` workbook.
    """
    path = existing(path)
    if path.suffix.lower() not in WORKBOOKS:
        raise ValueError(
            f"{path.name}: a workbook ends in {' or '.join(WORKBOOKS)}; save it as .xlsx"
        )
    _measure(path)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        return _within(path, lambda book: [one.title for one in book.worksheets])


def existing(path: str | Path) -> Path:
    """Return the path of a file that is there."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a directory: name the file in it")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    return path


def address(row: int, column: int) -> str:
    """Name a cell, counted from 0, as in ``D17``."""
    return f"{get_column_letter(column + 1)}{row + 1}"


def cell_of(text: str) -> tuple[int, int]:
    """Row and column of a cell such as ``D5``, counted from 0."""
    column, row = openpyxl.utils.cell.coordinate_from_string(text)
    return row - 1, column_of(column)


def column_of(letters: str) -> int:
    """Column of letters such as ``AA``, counted from 0."""
    return openpyxl.utils.column_index_from_string(letters) - 1


def _measure(path: Path) -> None:
    """Refuse what is no workbook, and one whose parts are larger than any table's."""
    damaged = f"{path.name} is damaged or cut off; copy or download it again"
    with path.open("rb") as file:
        begin = file.read(8)
    if begin.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(
            f"{path.name} is an old .xls file or protected by a password; save it as .xlsx, "
            "without one"
        )
    if not begin.startswith(b"PK"):
        raise ValueError(f"{path.name} is no Excel workbook, whatever its name; save it as .xlsx")
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except Exception as error:  # one wrong byte can make it another kind of archive
        raise ValueError(f"{damaged} ({error})") from None
    dense = [p for p in parts if p.file_size > max(SOME_SIZE, DENSEST * p.compress_size)]
    texts = [p for p in parts if p.filename.endswith((".xml", ".rels"))]
    whole = [
        p for p in texts if p.file_size > AT_ONCE and not p.filename.startswith("xl/worksheets/")
    ]
    total = sum(p.file_size for p in parts)
    if dense or whole or total > UNPACKED:
        worst = (dense or whole or [max(parts, key=lambda p: p.file_size)])[0]
        raise ValueError(
            f"{path.name} unpacks to {total / 1e6:,.0f} MB ({worst.filename}: "
            f"{worst.file_size / 1e6:,.0f} MB out of {worst.compress_size / 1e6:,.1f} MB), more "
            "than a table needs; copy the table alone into a new workbook"
        )


def _read_workbook(path: Path, sheet: str, rows: int, columns: int) -> Sheet:
    def read(book):
        names = [one.title for one in book.worksheets]
        name = _one_of(names, sheet)
        if name is None:
            return names
        # with both limits given, what the sheet says of its size is not asked
        cells = list(book[name].iter_rows(max_row=rows, max_col=columns, values_only=True))
        return Sheet(f"{path.name}, sheet {name}", cells, typed=True)

    found = _within(path, read)
    if isinstance(found, Sheet):
        return found
    raise ValueError(
        f"{path.name} has no single sheet {sheet}; it has {', '.join(found)}: name one of them in "
        "the layout, as in dataclasses.replace(layout, sheet=...)"
    )


def _within(path: Path, read: Callable[[openpyxl.Workbook], Read]) -> Read:
    """Open a workbook, read what is asked for, and close it."""
    book = None
    try:
        book = openpyxl.load_workbook(path, read_only=True, keep_links=False)
        return read(book)
    except Exception as error:  # a damaged file can fail anywhere in the parser
        raise ValueError(
            f"{path.name} cannot be read as a workbook: it is damaged or was not written by a "
            f"spreadsheet ({type(error).__name__}: {error}); open it in one and save it anew"
        ) from None
    finally:
        if book is not None:
            book.close()


def _one_of(names: Sequence[str], sheet: str) -> str | None:
    """Return the only name that is or fits `sheet`, if there is one."""
    fitting = [name for name in names if name == sheet] or [
        name for name in names if fnmatchcase(name, sheet)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _read_csv(path: Path, rows: int, columns: int, encoding: str) -> Sheet:
    try:
        with path.open(encoding=encoding, newline="") as file:
            cells = [tuple(row[:columns]) for row in islice(csv.reader(file, strict=True), rows)]
    except UnicodeError:
        raise ValueError(f"{path.name} is not in {encoding}: {_other_encoding(path)}") from None
    except LookupError:
        raise ValueError(f"no encoding is called {encoding}: try utf-8-sig or gbk") from None
    except csv.Error as error:
        raise ValueError(f"{path.name} is no sound CSV file: {error}") from None
    first = next((row for row in cells if any(row)), ("",))
    if len(first) == 1 and (separator := re.search(r"[;\t|]", first[0])):
        raise ValueError(
            f"{path.name} separates cells by {separator[0]!r}; save it with commas between them"
        )
    return Sheet(path.name, cells, typed=False)


def _other_encoding(path: Path) -> str:
    """Guess what a file is in that is not in the expected encoding."""
    with path.open("rb") as file:
        begin = file.read(1 << 20)
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is in UTF-16; save it as CSV in UTF-8, or set encoding='utf-16' of the layout"
    for name, encoding in (("UTF-8", "utf-8-sig"), ("GBK", "gbk")):
        with suppress(UnicodeDecodeError):
            begin[: begin.rfind(b"\n") + 1].decode(encoding)
            return (
                f"it is in {name}, as it seems; save it as CSV in UTF-8, or set "
                f"encoding={encoding!r} of the layout"
            )
    return "save it as CSV in UTF-8"
