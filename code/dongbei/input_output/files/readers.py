"""Tables out of sheets, checked by their labels and by the totals that are printed.

What is read is what stands in the file: nothing is clipped, filled or rounded, and what does not
fit is refused with its cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dongbei.input_output.conversions import noncompetitive
from dongbei.input_output.files.layouts import (
    TEMPLATE,
    WORLD_TEMPLATE,
    Layout,
    addends,
    alternatives,
    plain,
)
from dongbei.input_output.files.sheets import WIDEST, Sheet, address, cell_of, column_of, read_sheet
from dongbei.input_output.tables import InterregionalTable, RegionalTable, WorldTable

LONGEST = 5_000
"""Most rows of flows in a sheet; larger tables come as matrices or through pymrio."""
ADJUST = "if your file differs, change the layout with dataclasses.replace"


def read_table(path: str | Path, layout: Layout | None = None) -> RegionalTable:
    """Read a table from a sheet of an Excel workbook, or from a CSV file.

    Parameters
    ----------
    path
        File that ends in ``.xlsx``, ``.xlsm`` or ``.csv``.
    layout
        Where things stand; by default our own template, of a country's regions or of a world.

    Returns
    -------
    WorldTable or InterregionalTable
        The latter if the layout has exports. Imports that are contained in the uses are taken out
        of them by `noncompetitive`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not as the layout says, a cell holds no number, or a printed total is not
        the sum of its parts (names file, sheet and cell); if the file cannot be read (says why);
        and as of the table.
    """
    if Path(path).suffix.lower() == ".mat":
        raise ValueError(f"{Path(path).name} holds variables and no cells: use read_matrices")
    layout = layout or _template_of(path)
    frame = _framed(path, layout)
    flows, final, across, down = _amounts(frame)
    labels = {"regions": frame.regions, "sectors": frame.sectors, "tolerance": layout.tolerance}
    added = down.get("value added")
    if not layout.open:
        return WorldTable(flows, final, value_added=added, **labels)
    if layout.competitive:
        imports = across["imports"]
        flows, final, down["imports"] = noncompetitive(flows, final, imports, frame.regions)
    return InterregionalTable(
        flows,
        final,
        exports=across["exports"],
        imports=down["imports"],
        value_added=added,
        error=across.get("error"),
        **labels,
    )


@dataclass(frozen=True)
class Frame:
    """A sheet whose labels are as the layout says, and where its parts stand, counted from 0.

    `right` has the first column of each part right of the flows, `below` the row of each below.
    """

    sheet: Sheet
    layout: Layout
    rows: range
    columns: range
    regions: list[str]
    right: Mapping[str, int]
    below: Mapping[str, int]

    @property
    def names(self) -> list[str]:
        """Regions in their order."""
        return list(dict.fromkeys(self.regions))

    @property
    def sectors(self) -> list[str]:
        """Sector of each row."""
        column = column_of(self.layout.name_column or self.layout.sector_column)
        return [self.sheet.label(row, column) for row in self.rows]

    def numbers(self, rows: range, columns: range) -> NDArray:
        """Read a block of cells."""
        return self.sheet.numbers(rows, columns, self.layout.blank_is_zero)

    def place(self, side: str, label: str) -> tuple[range, range]:
        """Rows and columns of what has a label ``right`` of the flows or ``below``."""
        if side == "right":
            return self.rows, range(self.right[label], self.right[label] + 1)
        return range(self.below[label], self.below[label] + 1), self.columns

    def line(self, side: str, label: str) -> NDArray:
        """Read the column or row of `place`. Shape (n,)."""
        return self.numbers(*self.place(side, label)).ravel()


def _framed(path: str | Path, layout: Layout) -> Frame:
    """Read as much of a sheet as the table needs, and check all labels."""
    first_row, first_column = cell_of(layout.first)
    header = read_sheet(path, layout.sheet, first_row, WIDEST, layout.encoding)
    n = _length(header, layout)
    rows, columns = range(first_row, first_row + n), range(first_column, first_column + n)
    regions = _regions(header, layout, [(layout.region_row - 1, column) for column in columns])
    right, width = _columns_right(layout, columns.stop, len(set(regions)))
    below = {label: rows.stop + place for place, label in enumerate(layout.below)}
    sheet = read_sheet(path, layout.sheet, rows.stop + len(below), width, layout.encoding)
    frame = Frame(sheet, layout, rows, columns, regions, right, below)
    _check_rows(frame)
    _check_labels(frame)
    _check_final(frame)
    return frame


def _amounts(frame: Frame) -> tuple[NDArray, NDArray, dict[str, NDArray], dict[str, NDArray]]:
    """Read flows, final use, and the sums across and down of every part; check printed totals."""
    layout, n, names = frame.layout, len(frame.rows), frame.names
    flows = frame.numbers(frame.rows, frame.columns)
    start, uses = frame.right[layout.uses[0]], len(layout.uses)
    final = frame.numbers(frame.rows, range(start, start + uses * len(names)))
    final = final.reshape(n, len(names), uses).sum(axis=2)
    across = {"flows": flows.sum(axis=1), "final": final.sum(axis=1)}
    down = {"flows": flows.sum(axis=0)}
    sides = (("right", layout.right, across), ("below", layout.below, down))
    for side, parts, sums in sides:
        for label, part in parts.items():
            if part and part != "final" and not part.startswith("="):
                sign = -1 if part.startswith("-") else 1
                name = part.lstrip("-")
                sums[name] = sums.get(name, 0.0) + sign * frame.line(side, label)
    sold = sum(np.abs(across.get(part, 0.0)) for part in ("flows", "final", "exports", "error"))
    for side, parts, sums in sides:
        for label, part in parts.items():
            if part.startswith("="):
                _check_total(frame, (side, label), part, sums, layout.tolerance * sold.max())
    return flows, final, across, down


def _template_of(path: str | Path) -> Layout:
    """Return the template that a file was made from: that of a world has no exports."""
    header = read_sheet(path, TEMPLATE.sheet, 2, WIDEST, TEMPLATE.encoding)
    labels = {plain(header.label(1, column)) for column in range(len(_row(header, 1)))}
    return TEMPLATE if "exports" in labels else WORLD_TEMPLATE


def _row(sheet: Sheet, row: int) -> tuple:
    return sheet.cells[row] if row < len(sheet.cells) else ()


def _length(header: Sheet, layout: Layout) -> int:
    """Count the rows of the flows: given, or the columns before the first label on the right."""
    first = cell_of(layout.first)[1]
    if layout.regions and layout.sectors:
        return layout.regions * layout.sectors
    wanted = next(iter(layout.right))
    for column in range(first, max((len(row) for row in header.cells), default=0)):
        if _labelled(header, layout, column, wanted):
            if not 0 < column - first <= LONGEST:
                break
            return column - first
    raise ValueError(
        f"{header.name}: no column from {address(0, first)} on is labelled "
        f"{wanted!r} in row {' or '.join(map(str, layout.label_rows))}, after at most {LONGEST:,} "
        f"columns of flows; {ADJUST}"
    )


def _labelled(sheet: Sheet, layout: Layout, column: int, label: str) -> bool:
    row = _first_filled(sheet, [(row - 1, column) for row in layout.label_rows])[0]
    return plain(sheet.label(row, column)) in alternatives(label)


def _first_filled(sheet: Sheet, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """First of some cells that is not blank; the first of all if they are."""
    return next((place for place in places if sheet.label(*place)), places[0])


def _columns_right(layout: Layout, start: int, regions: int) -> tuple[dict[str, int], int]:
    """First column of each part right of the flows, and how many columns there are in all."""
    columns, at = {}, start
    for label in layout.right:
        columns[label] = at
        at += 1 + (regions - 1) * len(layout.uses) * (label == layout.uses[-1])
    return columns, at


def _regions(sheet: Sheet, layout: Layout, places: Sequence[tuple[int, int]]) -> list[str]:
    """Read the region of each place; a blank repeats the one before."""
    regions, label, name = [], None, ""
    for row, column in places:
        here = sheet.label(row, column)
        if label is None or (here and here != label):
            try:
                label, name = here, layout.named(here)
            except ValueError as error:
                raise ValueError(f"{sheet.where(row, column)}: {error}") from None
        regions.append(name)
    return regions


def _expect(sheet: Sheet, row: int, column: int, expected: str, found: str, why: str = "") -> None:
    if plain(found) != plain(expected):
        raise ValueError(
            f"{sheet.where(row, column)}: expected {expected}{why}, found {found or 'nothing'}; "
            f"{ADJUST}"
        )


def _check_rows(frame: Frame) -> None:
    """Refuse columns that are labelled twice, and rows that are not labelled as they are."""
    sheet, layout, above = frame.sheet, frame.layout, frame.layout.sector_row - 1
    region_column, sector_column = column_of(layout.region_column), column_of(layout.sector_column)
    row_regions = _regions(sheet, layout, [(row, region_column) for row in frame.rows])
    of_region: dict[str, dict[str, int]] = {}
    for column, region in zip(frame.columns, frame.regions, strict=True):
        sector, place = sheet.label(above, column), sheet.where(above, column)
        if not sector:
            raise ValueError(f"{place}: no sector is named")
        seen = of_region.setdefault(region, {})
        if plain(sector) in seen:
            other = address(above, seen[plain(sector)])
            raise ValueError(f"{place}: {region}, {sector} stands in cell {other} already")
        seen[plain(sector)] = column
    labels = zip(frame.rows, frame.columns, frame.regions, row_regions, strict=True)
    for row, column, region, own in labels:
        why = f", as in column {address(0, column)[:-1]}"
        _expect(sheet, row, region_column, region, own, why)
        sector = sheet.label(above, column)
        _expect(sheet, row, sector_column, sector, sheet.label(row, sector_column), why)
    if layout.regions:
        _check_even(frame, of_region)


def _check_even(frame: Frame, sectors: Mapping[str, Mapping[str, int]]) -> None:
    """Refuse another number of regions than expected, and regions with other sectors."""
    if len(sectors) != frame.layout.regions:
        raise ValueError(
            f"{frame.sheet.name}: {frame.layout.regions} regions are expected, and {len(sectors)} "
            f"found: {', '.join(sectors)}; {ADJUST}"
        )
    first = next(iter(sectors))
    for region, own in sectors.items():
        for theirs, ours in zip_longest(sectors[first], own):
            if theirs != ours:
                place = frame.sheet.where(
                    frame.layout.sector_row - 1, own.get(ours, max(own.values()))
                )
                raise ValueError(
                    f"{place}: {region} has {ours or 'no sector'} where {first} has "
                    f"{theirs or 'none'}; all regions must have the same sectors"
                )


def _check_labels(frame: Frame) -> None:
    """Refuse what is right of the flows or below and not what the layout says."""
    layout = frame.layout
    for label, column in frame.right.items():
        _check_label(frame.sheet, [(row - 1, column) for row in layout.label_rows], label)
    columns = [column_of(letters) for letters in layout.label_columns]
    for label, row in frame.below.items():
        _check_label(frame.sheet, [(row, column) for column in columns], label)


def _check_final(frame: Frame) -> None:
    """Refuse final uses that are not those of the regions, in their order."""
    sheet, layout = frame.sheet, frame.layout
    places = [(region, label) for region in frame.names for label in layout.uses]
    start, above = frame.right[layout.uses[0]], layout.region_row - 1
    columns = range(start, start + len(places))
    regions = _regions(sheet, layout, [(above, column) for column in columns])
    for column, (region, label), found in zip(columns, places, regions, strict=True):
        _check_label(sheet, [(row - 1, column) for row in layout.label_rows], label)
        _expect(sheet, above, column, region, found, " (final use)")


def _check_label(sheet: Sheet, places: Sequence[tuple[int, int]], label: str) -> None:
    place = _first_filled(sheet, places)
    found = sheet.label(*place)
    if plain(found) not in alternatives(label):
        expected = " or ".join(label.split("|"))
        raise ValueError(
            f"{sheet.where(*place)}: expected {expected}, found {found or 'nothing'}; {ADJUST}"
        )


def _check_total(
    frame: Frame,
    total: tuple[str, str],
    formula: str,
    sums: Mapping[str, NDArray],
    allowed: float,
) -> None:
    """Refuse a printed total that is not the sum of its parts."""
    printed = frame.line(*total)
    gap = printed - sum(sign * sums[part] for part, sign in addends(formula).items())
    worst = int(np.abs(gap).argmax())
    if not abs(gap[worst]) <= allowed:
        cell = list(product(*frame.place(*total)))[worst]
        raise ValueError(
            f"{frame.sheet.where(*cell)}: the total printed is {printed[worst]:.10g}, and "
            f"{formula.removeprefix('=')} is {printed[worst] - gap[worst]:.10g}, off by "
            f"{gap[worst]:.3g} where {allowed:.3g} is allowed; correct the file, or its layout if "
            "this total adds up something else"
        )
