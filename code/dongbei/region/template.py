"""The workbook that a region is told in: an empty one to fill, and one filled from our tables."""

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import openpyxl
import pandas as pd
from openpyxl.styles import Alignment, Font

from dongbei import statistics as st
from dongbei.decline.story import CALENDAR, PRESSURES
from dongbei.input_output.files.templates import write_new
from dongbei.resilience import composite, securities

FIELDS = {
    "name": "What the region is called.",
    "nation": "What it is a part of.",
    "members": "Places that it is made of, with semicolons between them, as they are called in "
    "the sheets sectors, value added and indicators; its own name, if it is one place there.",
    "table": "File with an input-output table of the nation's regions, beside this one; or blank. "
    "python -m dongbei.input_output template writes an empty one.",
}
"""Rows of the sheet ``region``, and what belongs there."""

COLUMNS = {
    "sources": ("indicator", "vintage", "unit", "source", "licence"),
    "series": ("indicator", "vintage", "year", "region", "nation"),
    "calendar": ("pressure", "start", "end", "what"),
}
"""Columns of the sheets that are lists."""

STRUCTURES = {"sectors": "gross_output", "value added": "value_added"}
"""Sheets with a row per year and sector and a column per place, and what they hold."""

HEADS = ("indicator", "direction", "group")
"""First rows of the sheet ``indicators``, whose further rows are places."""

SHEETS = ("region", *COLUMNS, *STRUCTURES, "indicators", "notes")

NOTES = (
    "Needed: region, sources, series. The others may stay as they are, or be deleted.",
    "region: fill column B.",
    "sources: a row for each series: indicator (product, residents ...), vintage (which state of "
    "revision of the statistics), unit, source (who publishes it), licence. Vintages of one "
    "indicator stand in the order of their publication, and each shares years with the next.",
    "series: a row for each indicator, vintage and year; the region's figure and the nation's, in "
    "one unit. Indicators must add up over regions. Years follow one another without a gap.",
    "calendar: first day and the day after the last of what came from outside, as years such as "
    "2004 or 2004.5. The opening of other regions and the accession of foreign rivals grow from "
    "start to end and stay; support is there in between. Leave both cells blank if there was none.",
    "sectors: output; value added: the same places and sectors. Leave all sectors of a year blank "
    "for a place that has none; otherwise write 0 where nothing is made.",
    "indicators: one column each. Direction: 1 if more is better, -1 if less is. Group: what it is "
    "counted under. A row for each place to compare with; blank where there is no figure.",
    "Numbers only, no formulas: copy them and paste their values.",
)

RECORD = {
    "product": ("gdp_nominal", ("mixed", "pre_census4", "census5")),
    "residents": ("population", ("census2020",)),
    "research spending": ("rd_expenditure", ("single",)),
    "grain": ("grain_output", ("single",)),
}
"""Series of a filled template: indicator and vintages of `dongbei.statistics`."""

SINCE = 1978
"""First year of a filled template: Chongqing and Tibet enter the long table of the product."""


def write_template(path: str | Path) -> None:
    """Write an empty template.

    Parameters
    ----------
    path
        New file that ends in ``.xlsx``.

    Raises
    ------
    FileExistsError
        If there is a file already.
    FileNotFoundError
        If there is no such directory.
    ValueError
        If the file ends otherwise.
    """
    _write(path, empty_template())


def empty_template() -> bytes:
    """Return an empty template as the content of an ``.xlsx`` file, the same on every call."""
    return _workbook(_sheets(dict.fromkeys(FIELDS, ""), {}, None, {}, None), ZIP_STORED)


def write_example(
    path: str | Path,
    provinces: str | Sequence[str],
    name: str | None = None,
    calendar: Mapping[str, tuple[float, float]] = CALENDAR,
) -> None:
    """Write a template that is filled for provinces of China from the tables of this report.

    It holds the series of `RECORD`, industrial output and value added of all provinces in 2002,
    2007, 2012 and 2017, and what the leaves of the five securities were in the last year of their
    index.

    Parameters
    ----------
    path
        New file that ends in ``.xlsx``.
    provinces
        One of the eight regions, a province, or several.
    name
        What the region is called; by default the region, or the provinces.
    calendar
        {pressure: start and end}; see `dongbei.decline.pressures`.

    Raises
    ------
    FileExistsError, FileNotFoundError
        As `write_template`.
    ValueError
        As `write_template`, or if a province is unknown.
    """
    regions = set(st.regions()["region"])
    if isinstance(provinces, str):
        name = name or provinces
        provinces = st.members(provinces) if provinces in regions else [provinces]
    members = [st.province_name(one) for one in provinces]
    fields = {"name": name or " and ".join(members), "nation": "China"}
    fields |= {"members": "; ".join(members), "table": ""}
    sheets = _sheets(fields, calendar, _record(fields["name"], members), _made(), _leaves())
    _write(path, _workbook(sheets, ZIP_DEFLATED))


def _record(name: str, members: Sequence[str]) -> tuple[list, list]:
    """Return the rows of sources and of series."""
    sources, series = [], []
    known = st.sources().set_index("source")
    for indicator, (key, vintages) in RECORD.items():
        for vintage in vintages:
            figures = st.indicator(key, vintage)
            figures = figures[figures["year"] >= SINCE]
            part = st.regional_sum(figures, {name: members}, missing="record")
            gaps = part[part["missing"] != ""]["year"]  # Chongqing's harvests begin in 1997
            part = part[part["year"] > gaps.max()] if len(gaps) else part
            part = part.set_index("year")["value"]
            whole = st.sum_of_provinces(figures, missing="record").set_index("year")
            lacking = sorted({one for one in whole["missing"].loc[part.index] if one})
            used = sorted({one for text in figures["source"] for one in text.split("; ")})
            text = "; ".join(dict.fromkeys(known.loc[used, "publisher"]))
            text += ", carried by " + "; ".join(dict.fromkeys(known.loc[used, "carrier"]))
            if lacking:
                text += f"; nation in some years without {', '.join(lacking)}"
            licence = "; ".join(dict.fromkeys(known.loc[used, "carrier_licence"]))
            unit = figures["unit"].iloc[0]
            sources.append([indicator, vintage, unit, text, licence])
            series += [
                [indicator, vintage, int(year), float(part[year]), float(whole["value"][year])]
                for year in part.index
            ]
    return sources, series


def _made() -> dict[str, pd.DataFrame]:
    """Return industrial output and value added of all provinces, a column for each."""
    label = st.sectors().set_index("sector")["sector_en"].to_dict()
    found = {}
    for sheet, measure in STRUCTURES.items():
        rows = st.sector_output(measure=measure, sectors="industry")
        table = rows.pivot_table("value", ["year", "sector"], "province", sort=False)
        order = [one for one in st.provinces()["province"] if one in table]
        table = table[order].sort_index(level="year", sort_remaining=False).reset_index()
        found[sheet] = table.replace({"sector": label})
    return found


def _leaves() -> pd.DataFrame:
    """Return directions, groups and figures of the leaves of the five securities."""
    design = securities.framework()
    year = max(design.years)
    table = composite.prepare(design, securities.figures()).figures.loc[year]
    parent = {name: design.leaves[name].parent for name in table}
    top = {name: node.parent for name, node in design.nodes.items()}
    group = {name: one if top[one] == design.root else top[one] for name, one in parent.items()}
    rows = [["indicator", *(design.leaves[name].label for name in table)]]
    rows += [["direction", *(design.leaves[name].direction for name in table)]]
    rows += [["group", *(design.nodes[group[name]].label for name in table)]]
    cells = table.astype(object).where(table.notna(), None)
    rows += [[place, *cells.loc[place]] for place in table.index]
    return pd.DataFrame(rows)


def _sheets(fields, calendar, record, made, leaves) -> dict[str, list]:
    """Return the rows of every sheet."""
    sources, series = record or ([], [])
    whats = {
        "opening": "learning of other regions that open first, and orders that turn abroad",
        "accession": "foreign rivals, or equipment from abroad",
        "support": "money paid to the region's producers",
    }
    spans = {one: calendar.get(one, (None, None)) for one in PRESSURES}
    sheets = {
        "region": [[name, fields[name], what] for name, what in FIELDS.items()],
        "sources": [list(COLUMNS["sources"]), *sources],
        "series": [list(COLUMNS["series"]), *series],
        "calendar": [list(COLUMNS["calendar"])]
        + [[one, *span, whats[one]] for one, span in spans.items()],
    }
    for sheet in STRUCTURES:
        rows = made.get(sheet)
        sheets[sheet] = [["year", "sector"]]
        if rows is not None:
            cells = rows.astype(object).where(rows.notna(), None)
            sheets[sheet] = [list(rows), *cells.to_numpy().tolist()]
    sheets["indicators"] = (
        [[one] for one in HEADS] if leaves is None else leaves.to_numpy().tolist()
    )
    return sheets | {"notes": [[line] for line in NOTES]}


def _workbook(sheets: Mapping[str, list], packing: int) -> bytes:
    """Return the content of a workbook, which does not know when it was written."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append([None if cell == "" else cell for cell in row])
        heads = page["A"] if name == "region" else [] if name == "notes" else page[1]
        for cell in heads:
            cell.font = Font(bold=True)
        page.column_dimensions["A"].width = 100 if name == "notes" else 18
        if name == "region":
            page.column_dimensions["B"].width, page.column_dimensions["C"].width = 40, 90
        if name == "notes":
            for cell in page["A"]:
                cell.alignment = Alignment(wrap_text=True)
    content, clean = BytesIO(), BytesIO()
    book.save(content)
    with ZipFile(content) as old, ZipFile(clean, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2000-01-01T00:00:00Z", part)
            new.writestr(ZipInfo(name), part, compress_type=packing)
    return clean.getvalue()


def _write(path: str | Path, content: bytes) -> None:
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise ValueError(f"{path.name}: a template ends in .xlsx")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no directory {path.parent}: make it first")
    write_new(path, content)
