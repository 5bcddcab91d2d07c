"""Empty tables of our own form, to be filled by hand and read back."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile

import openpyxl

from dongbei.input_output.files.layouts import TEMPLATE, WORLD_TEMPLATE
from dongbei.input_output.files.readers import LONGEST
from dongbei.input_output.files.sheets import WIDEST

NOTES = (
    "One row and one column for each sector of each region, in the same order.",
    "Fill every empty cell with a number: 0 where there is nothing. No formulas.",
    "final use: what the region in the first line uses of the row's product.",
    "exports: sold abroad. imports: inputs bought abroad by the column's production.",
    "value added: pay, taxes on production, depreciation and surplus of the column.",
    "output: everything a row sells, and again everything a column costs; both are checked.",
    "Any unit will do, the same one everywhere.",
)


def write_template(
    path: str | Path, regions: Sequence[str], sectors: Sequence[str], world: bool = False
) -> None:
    """Write an empty table to be filled and read by `read_table`.

    Parameters
    ----------
    path
        New file that ends in ``.xlsx`` or ``.csv``.
    regions, sectors
        Every region gets every sector; rows and columns may be taken out afterwards.
    world
        Whether the table is closed, without exports and imports.

    Raises
    ------
    FileExistsError
        If there is a file already.
    FileNotFoundError
        If there is no such directory.
    ValueError
        If a name is blank or twice, or the file ends otherwise.
    """
    path, kind = Path(path), Path(path).suffix.lower()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no directory {path.parent}: make it first")
    if kind not in (".xlsx", ".csv"):
        raise ValueError(f"{path.name}: a template ends in .xlsx or .csv")
    for what, names in (("region", regions), ("sector", sectors)):
        if not names or not all(name.strip() for name in names) or len({*names}) < len(names):
            raise ValueError(f"every {what} needs a name of its own, and one at least is needed")
    layout = WORLD_TEMPLATE if world else TEMPLATE
    pairs = [(region, sector) for region in regions for sector in sectors]
    width = len(pairs) + len(regions) + len(layout.right) - 1
    if 2 + width > WIDEST or len(pairs) > LONGEST:
        raise ValueError(f"{len(pairs):,} rows are too many for a sheet; at most {LONGEST:,}")
    final = [(region, label) for region in regions for label in layout.uses]
    rest = [("", label) for label in layout.right if label not in layout.uses]
    columns = [*pairs, *final, *rest]
    below = [("", label) for label in layout.below]
    cells = [["", "", *column] for column in zip(*columns, strict=True)]
    cells += [list(row) for row in (*pairs, *below)]
    content = _workbook(cells, layout.sheet) if kind == ".xlsx" else _csv(cells)
    write_new(path, content)


def _workbook(cells: Sequence[Sequence[str]], sheet: str) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in cells:
        page.append([cell or None for cell in row])
    page.freeze_panes = TEMPLATE.first
    notes = book.create_sheet("notes")
    for line in NOTES:
        notes.append([line])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _csv(cells: Sequence[Sequence[str]]) -> bytes:
    """Write with the mark by which spreadsheets know UTF-8."""
    text = StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode("utf-8-sig")


def write_new(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and never over another."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
    whole = Path(file.name)
    try:
        path.open("xb").close()
        whole.chmod(path.stat().st_mode)
        whole.replace(path)
    except FileExistsError:
        raise FileExistsError(f"{path} is there already; choose another name") from None
    finally:
        whole.unlink(missing_ok=True)
