"""A filled template, read and checked; every complaint names its cell and the cure."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from dongbei.decline.story import PRESSURES
from dongbei.input_output.files.sheets import Sheet, existing, read_sheet, sheet_names
from dongbei.region.template import COLUMNS, FIELDS, HEADS, SHEETS, STRUCTURES

NEEDED = ("region", "sources", "series")
LONGEST, WIDEST = 20_000, 1_000
"""Most rows and columns of a sheet."""
YEARS = (1500, 2200)
WRITE = "write a number"


@dataclass(frozen=True, eq=False)
class Region:
    """What a template tells of a region; everything is checked.

    Attributes
    ----------
    name, nation : str
    members : tuple of str
        Places that the region is made of.
    sources : DataFrame
        ``indicator``, ``vintage``, ``unit``, ``source``, ``licence``; vintages of one indicator in
        the order of their publication.
    series : DataFrame
        ``indicator``, ``vintage``, ``year``, ``region``, ``nation``; amounts.
    calendar : dict
        {pressure: start and end}, as `dongbei.decline.pressures` takes it.
    sectors, added : DataFrame or None
        Output and value added by place, year and sector, as `dongbei.statistics.sector_output`
        returns them, with the column ``region`` for places.
    indicators : DataFrame or None
        A row for each place, a column for each indicator; NaN without a figure.
    directions, groups : Series or None
        1 or -1, and the group, by indicator.
    table : Path or None
        File with an input-output table.
    """

    name: str
    nation: str
    members: tuple[str, ...]
    sources: pd.DataFrame
    series: pd.DataFrame
    calendar: Mapping[str, tuple[float, float]]
    sectors: pd.DataFrame | None
    added: pd.DataFrame | None
    indicators: pd.DataFrame | None
    directions: pd.Series | None
    groups: pd.Series | None
    table: Path | None


def read_region(path: str | Path) -> Region:
    """Read a filled template.

    Parameters
    ----------
    path
        Workbook that ends in ``.xlsx`` or ``.xlsm``; see `write_template`. Of each sheet the first
        20,000 rows and 1,000 columns are read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no workbook, damaged or cut off, lacks a sheet or has an unknown one, or an entry
        is wrong: names sheet and cell, and says what to do.
    """
    path = existing(path)
    names = sheet_names(path)
    for name in names:
        if name not in SHEETS:
            close = get_close_matches(name.strip().lower(), SHEETS, 1)
            meant = f"call it {close[0]}, or delete it" if close else "delete it"
            raise ValueError(
                f"{path.name}: no sheet of a template is called {name!r}; {meant}. The sheets are "
                f"{', '.join(SHEETS)}"
            )
    if lacking := [name for name in NEEDED if name not in names]:
        raise ValueError(
            f"{path.name} has no sheet {lacking[0]}: copy it from an empty template "
            "(python -m dongbei.region new)"
        )
    pages = {name: _page(path, name) for name in names if name != "notes"}
    fields = _fields(pages["region"], path)
    sources = _sources(pages["sources"])
    series = _series(pages["series"], sources)
    made = {name: _structure(pages[name], name) for name in STRUCTURES if name in pages}
    found = _indicators(pages["indicators"]) if "indicators" in pages else (None, None, None)
    for name, places in (
        *((name, None if one is None else set(one["region"])) for name, one in made.items()),
        ("indicators", None if found[0] is None else set(found[0].index)),
    ):
        if places is not None and (absent := [m for m in fields["members"] if m not in places]):
            raise ValueError(
                f"{pages['region'].name}, cell B3: the member {absent[0]} has no "
                f"{'row' if name == 'indicators' else 'column'} in sheet {name}; add one, or "
                "write the member as it is called there"
            )
    _fit(made, pages)
    return Region(
        **fields,
        sources=sources,
        series=series,
        calendar=_calendar(pages["calendar"]) if "calendar" in pages else {},
        sectors=made.get("sectors"),
        added=made.get("value added"),
        indicators=found[0],
        directions=found[1],
        groups=found[2],
    )


def _page(path: Path, name: str) -> Sheet:
    """Read a sheet up to its last row and column that hold something."""
    sheet = read_sheet(path, name, LONGEST + 1, WIDEST + 1)
    rows = [list(row) for row in sheet.cells]
    while rows and not any(_there(cell) for cell in rows[-1]):
        rows.pop()
    width = max((n + 1 for row in rows for n, cell in enumerate(row) if _there(cell)), default=0)
    if len(rows) > LONGEST or width > WIDEST:
        raise ValueError(
            f"{sheet.name} is larger than {LONGEST:,} rows or {WIDEST:,} columns: keep the table "
            "alone on the sheet"
        )
    cells = [tuple(row[:width]) + (None,) * (width - len(row)) for row in rows]
    return Sheet(sheet.name, cells, sheet.typed)


def _there(cell) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _text(sheet: Sheet, row: int, column: int, what: str) -> str:
    """Return a text that must be there and be no formula."""
    found = sheet.label(row, column)
    if not found:
        raise ValueError(f"{sheet.where(row, column)}: {what} is missing; write it there")
    if found.startswith("="):
        raise ValueError(
            f"{sheet.where(row, column)}: a formula, {found[:40]}; copy the cells and paste their "
            "values over them"
        )
    return found


def _number(sheet: Sheet, row: int, column: int) -> float:
    """Return one number."""
    if not _there(sheet.value(row, column)):
        raise ValueError(f"{sheet.where(row, column)}: no number; {WRITE}, or delete the row")
    return float(sheet.numbers(range(row, row + 1), range(column, column + 1))[0, 0])


def _fields(sheet: Sheet, path: Path) -> dict:
    """Read name, nation, members and table."""
    for row, name in enumerate(FIELDS):
        if sheet.label(row, 0) != name:
            raise ValueError(
                f"{sheet.where(row, 0)}: {sheet.label(row, 0)!r} where {name} stands in an empty "
                "template; leave column A as it is"
            )
    name, nation, members = (_text(sheet, row, 1, one) for row, one in enumerate(FIELDS) if row < 3)
    places = tuple(one.strip() for one in members.split(";") if one.strip())
    if not places or len(set(places)) < len(places):
        raise ValueError(f"{sheet.where(2, 1)}: write the members with semicolons, each once")
    if name == nation:
        raise ValueError(f"{sheet.where(1, 1)}: the nation needs a name other than the region's")
    file = sheet.label(3, 1)
    if file and not (path.parent / file).is_file():
        raise ValueError(
            f"{sheet.where(3, 1)}: there is no file {file} beside {path.name}; put it there, or "
            "leave the cell blank"
        )
    table = path.parent / file if file else None
    return {"name": name, "nation": nation, "members": places, "table": table}


def _list(sheet: Sheet, name: str) -> range:
    """Check the heads of a list, and return its rows."""
    heads = COLUMNS[name]
    if not sheet.cells:
        raise ValueError(f"{sheet.name} is empty: copy the sheet from an empty template")
    for column in range(max(len(heads), len(sheet.cells[0]))):
        wanted = heads[column] if column < len(heads) else ""
        if sheet.label(0, column) != wanted:
            do = f"write {wanted}" if wanted else "delete the column"
            found = sheet.label(0, column)
            raise ValueError(f"{sheet.where(0, column)}: {found!r} as head of the column; {do}")
    rows = range(1, len(sheet.cells))
    for row in rows:
        if not any(map(_there, sheet.cells[row])):
            raise ValueError(f"{sheet.where(row, 0)}: the row is blank; delete it")
    return rows


def _sources(sheet: Sheet) -> pd.DataFrame:
    heads = COLUMNS["sources"]
    rows = [
        {head: _text(sheet, row, n, head) for n, head in enumerate(heads)}
        for row in _list(sheet, "sources")
    ]
    if not rows:
        raise ValueError(f"{sheet.where(1, 0)}: no source; write one row for each series")
    found = pd.DataFrame(rows)
    if (twice := found.duplicated(["indicator", "vintage"])).any():
        row = int(twice.to_numpy().argmax())
        raise ValueError(
            f"{sheet.where(1 + row, 1)}: {found['indicator'][row]} has the vintage "
            f"{found['vintage'][row]} twice; give every state of revision a name of its own"
        )
    first = found.groupby("indicator")["unit"].transform("first")
    if (other := (found["unit"] != first).to_numpy()).any():
        row = int(other.argmax())
        raise ValueError(
            f"{sheet.where(1 + row, 2)}: the vintages of {found['indicator'][row]} are in "
            f"{first[row]} and {found['unit'][row]}; bring them to one unit"
        )
    return found


def _series(sheet: Sheet, sources: pd.DataFrame) -> pd.DataFrame:
    known = {*zip(sources["indicator"], sources["vintage"], strict=True)}
    rows, at = [], {}
    for row in _list(sheet, "series"):
        key = _text(sheet, row, 0, "indicator"), _text(sheet, row, 1, "vintage")
        if key not in known:
            raise ValueError(
                f"{sheet.where(row, 1)}: {key[0]} in the vintage {key[1]} has no row in sheet "
                "sources; add one, or write the names as they stand there"
            )
        year = _year(sheet, row, 2)
        region, nation = (_amount(sheet, row, column) for column in (3, 4))
        if region > nation:
            raise ValueError(
                f"{sheet.where(row, 3)}: the region has {region:g} and the nation {nation:g} in "
                f"{year}; a part is no larger than its whole: check the units of both"
            )
        before = at.setdefault(key, [])
        if before and year != before[-1][0] + 1:
            last, place = before[-1]
            if same := [cell for when, cell in before if when == year]:
                raise ValueError(
                    f"{sheet.where(row, 2)}: {year} stands in {same[0]} already for {key[0]} "
                    f"({key[1]}); keep one of the two rows"
                )
            gap = f"{last + 1}" if year == last + 2 else f"{last + 1} to {year - 1}"
            do = f"add rows for {gap}, or drop the years before"
            do = "sort the years" if year < last else do
            raise ValueError(
                f"{sheet.where(row, 2)}: {year} follows {last} ({place}) for {key[0]} ({key[1]}), "
                f"where {last + 1} is missing; {do}"
            )
        before.append((year, sheet.where(row, 2).rsplit(" ", 1)[1]))
        rows.append((*key, year, region, nation))
    if absent := [key for key in known if key not in at]:
        name, vintage = min(absent)
        raise ValueError(
            f"{sheet.where(len(sheet.cells), 0)}: no row for {name} ({vintage}), which sheet "
            "sources names; add its years, or delete it there"
        )
    for name, vintages in sources.groupby("indicator", sort=False)["vintage"]:
        for older, newer in zip(vintages.iloc[:-1], vintages.iloc[1:], strict=True):
            early, late = ([year for year, _ in at[name, one]] for one in (older, newer))
            if late[0] not in early:
                raise ValueError(
                    f"{sheet.name}: {name} in the vintage {newer} begins in {late[0]}, when "
                    f"{older} (from {early[0]} to {early[-1]}) has no figure; vintages must share "
                    "the first year of the newer one: add years, or order sheet sources from old "
                    "to new"
                )
    return pd.DataFrame(rows, columns=list(COLUMNS["series"]))


def _year(sheet: Sheet, row: int, column: int) -> int:
    year = _number(sheet, row, column)
    if year != int(year) or not YEARS[0] <= year <= YEARS[1]:
        raise ValueError(f"{sheet.where(row, column)}: {year:g} is no year; write one such as 1998")
    return int(year)


def _amount(sheet: Sheet, row: int, column: int) -> float:
    value = _number(sheet, row, column)
    if value <= 0:
        raise ValueError(
            f"{sheet.where(row, column)}: {value:g}, but an amount must be above 0; correct it, or "
            "leave the indicator out"
        )
    return value


def _calendar(sheet: Sheet) -> dict[str, tuple[float, float]]:
    found = {}
    seen = []
    for row in _list(sheet, "calendar"):
        name = _text(sheet, row, 0, "pressure")
        if name not in PRESSURES or name in seen:
            raise ValueError(
                f"{sheet.where(row, 0)}: {name!r}; the pressures are {', '.join(PRESSURES)}, each "
                "in one row"
            )
        seen.append(name)
        if not any(_there(sheet.value(row, column)) for column in (1, 2)):
            continue
        start, end = (_number(sheet, row, column) for column in (1, 2))
        if not YEARS[0] <= start < end <= YEARS[1]:
            raise ValueError(
                f"{sheet.where(row, 2)}: the {name} goes from {start:g} to {end:g}; write years, "
                "the start before the end"
            )
        found[name] = (start, end)
    return found


def _structure(sheet: Sheet, name: str) -> pd.DataFrame | None:
    """Read output or value added; None if the sheet has only its heads."""
    heads = [sheet.label(0, column) for column in range(len(sheet.cells[0]))] if sheet.cells else []
    if heads[:2] != ["year", "sector"]:
        raise ValueError(f"{sheet.where(0, 0)}: the first two heads must be year and sector")
    if len(sheet.cells) == 1 and len(heads) == 2:
        return None
    places = [_text(sheet, 0, column, "the name of a place") for column in range(2, len(heads))]
    _once(sheet, places, 0, 2)
    if len(places) < 2 or len(sheet.cells) < 3:
        raise ValueError(f"{sheet.name}: two places and two sectors are needed to compare")
    at, rows = {}, []
    for row in range(1, len(sheet.cells)):
        key = _year(sheet, row, 0), _text(sheet, row, 1, "sector")
        if key in at:
            raise ValueError(
                f"{sheet.where(row, 1)}: {key[1]} of {key[0]} stands in row {at[key] + 1} already; "
                "keep one of the two"
            )
        at[key] = row
    sectors = list(dict.fromkeys(sector for _, sector in at))
    for year in dict.fromkeys(year for year, _ in at):
        if absent := [one for one in sectors if (year, one) not in at]:
            raise ValueError(
                f"{sheet.name}: {absent[0]} has no row in {year}; add one, with 0 where nothing is "
                "made"
            )
        for column, place in enumerate(places, 2):
            lines = [at[year, one] for one in sectors]
            if not any(_there(sheet.value(row, column)) for row in lines):
                continue
            for row, sector in zip(lines, sectors, strict=True):
                value = _cell(sheet, row, column)
                if value < 0 and name == "sectors":
                    raise ValueError(
                        f"{sheet.where(row, column)}: {value:g}; output is 0 or more: correct it"
                    )
                rows.append((place, year, sector, value))
    found = pd.DataFrame(rows, columns=["region", "year", "sector", "value"])
    order = {one: n for n, one in enumerate(places)}
    found = found.sort_values("region", key=lambda one: one.map(order), kind="stable")
    return found.reset_index(drop=True).assign(
        unit="as in the template", kind="extensive", indicator=STRUCTURES[name],
        vintage="template", source="template",
    )  # fmt: skip


def _cell(sheet: Sheet, row: int, column: int) -> float:
    if not _there(sheet.value(row, column)):
        raise ValueError(
            f"{sheet.where(row, column)}: blank, while the place has other sectors in this year; "
            "write 0 if nothing is made, or clear the year for this place"
        )
    return _number(sheet, row, column)


def _once(sheet: Sheet, names: list[str], row: int, column: int) -> None:
    for n, name in enumerate(names):
        if name in names[:n]:
            raise ValueError(f"{sheet.where(row, column + n)}: {name} stands there twice")


def _fit(made: Mapping[str, pd.DataFrame | None], pages: Mapping[str, Sheet]) -> None:
    """Refuse value added of other places, years or sectors than the output, or without it."""
    output, added = made.get("sectors"), made.get("value added")
    if added is None:
        return
    keys = ["region", "year", "sector"]
    if output is None or set(map(tuple, added[keys].to_numpy())) != set(
        map(tuple, output[keys].to_numpy())
    ):
        raise ValueError(
            f"{pages['value added'].name} must have the years, sectors and places of sheet "
            "sectors; fill both alike, or clear this one"
        )


def _indicators(sheet: Sheet) -> tuple:
    """Read indicators with directions and groups; None three times if there are only heads."""
    for row, head in enumerate(HEADS):
        if sheet.label(row, 0) != head:
            raise ValueError(f"{sheet.where(row, 0)}: write {head}, as in an empty template")
    width = len(sheet.cells[0])
    if width == 1 and len(sheet.cells) == len(HEADS):
        return None, None, None
    names = [_text(sheet, 0, column, "the name of an indicator") for column in range(1, width)]
    _once(sheet, names, 0, 1)
    directions = [_number(sheet, 1, column) for column in range(1, width)]
    for column, value in enumerate(directions, 1):
        if value not in (1, -1):
            raise ValueError(
                f"{sheet.where(1, column)}: {value:g}; write 1 if more is better, -1 if less is"
            )
    groups = [_text(sheet, 2, column, "the group") for column in range(1, width)]
    lines = range(len(HEADS), len(sheet.cells))
    places = [_text(sheet, row, 0, "the name of a place") for row in lines]
    for n, name in enumerate(places):
        if name in places[:n]:
            raise ValueError(f"{sheet.where(lines[n], 0)}: {name} has a row already; keep one")
    if len(places) < 3 or not names:
        raise ValueError(f"{sheet.name}: an index compares three places or more by an indicator")
    cells = [
        [
            _number(sheet, row, column) if _there(sheet.value(row, column)) else np.nan
            for column in range(1, width)
        ]
        for row in lines
    ]
    found = pd.DataFrame(cells, index=pd.Index(places, name="place"), columns=names)
    if (bare := found.nunique() < 2).any():
        column = int(bare.to_numpy().argmax())
        raise ValueError(
            f"{sheet.where(0, column + 1)}: {names[column]} does not differ between places and "
            "compares nothing; leave it out"
        )
    return (
        found,
        pd.Series(np.array(directions, int), names, name="direction"),
        pd.Series(groups, names, name="group"),
    )
