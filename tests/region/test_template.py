"""What is written is read back, and what is wrong is refused with its cell and a cure."""

import re
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest

from dongbei import region
from dongbei import statistics as st
from dongbei.decline.story import CALENDAR
from dongbei.region import empty_template, read_region, write_example, write_template
from dongbei.region.template import HEADS, SHEETS
from dongbei.resilience import composite, securities

PAIR = ["Sichuan", "Chongqing"]
WESTERN = CALENDAR | {"support": (2000.0, 2010.0)}


def test_a_filled_template_gives_back_the_tables_that_it_was_filled_from(pair):
    assert (pair.name, pair.nation, pair.members) == ("the pair", "China", tuple(PAIR))
    assert pair.calendar == WESTERN
    for name, key, vintage in (
        ("product", "gdp_nominal", "census5"),
        ("residents", "population", "census2020"),
        ("research spending", "rd_expenditure", "single"),
    ):
        figures = st.indicator(key, vintage)
        rows = pair.series[(pair.series["indicator"] == name) & (pair.series["vintage"] == vintage)]
        part = figures[figures["province"].isin(PAIR)].groupby("year")["value"].sum()
        np.testing.assert_allclose(rows["region"], part, rtol=1e-12)
        np.testing.assert_allclose(rows["nation"], figures.groupby("year")["value"].sum())


def test_a_filled_template_has_what_every_province_makes(pair):
    label = st.sectors().set_index("sector")["sector_en"]
    for frame, measure in ((pair.sectors, "gross_output"), (pair.added, "value_added")):
        made = st.sector_output(measure=measure, sectors="industry")
        made = made.assign(sector=made["sector"].map(label))
        keys = ["year", "sector"]
        one = frame.set_index(["region", *keys])["value"].sort_index()
        two = made.set_index(["province", *keys])["value"].sort_index()
        assert list(one.index) == list(two.index)
        np.testing.assert_allclose(one, two, rtol=1e-12)


def test_a_filled_template_has_the_leaves_of_the_five_securities(pair):
    design = securities.framework()
    figures = composite.prepare(design, securities.figures()).figures.loc[max(design.years)]
    np.testing.assert_allclose(pair.indicators, figures, rtol=1e-12)
    assert list(pair.directions) == [design.leaves[name].direction for name in figures]
    assert set(pair.groups) == {"Food", "Ecology", "Energy", "Industry"}
    both = [name for name in figures if design.leaves[name].parent in ("withstand", "renew")]
    assert (pair.groups == "Industry").sum() == len(both)


def test_harvests_begin_when_every_member_has_them(pair):
    grain = pair.series.query("indicator == 'grain'")
    assert grain["year"].min() == 1997
    sources = pair.sources.set_index(["indicator", "vintage"])["source"]
    assert "without" not in sources["grain", "single"]
    assert sources["product", "mixed"].endswith("without Hainan")


def test_the_empty_template_is_the_same_whenever_it_is_made(tmp_path):
    write_template(tmp_path / "one.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == empty_template()
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    assert tuple(book.sheetnames) == SHEETS
    with ZipFile(tmp_path / "one.xlsx") as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_a_template_that_nobody_filled_says_where_to_begin(tmp_path):
    write_template(tmp_path / "one.xlsx")
    with pytest.raises(ValueError, match=r"one.xlsx, sheet region, cell B1: name is missing"):
        read_region(tmp_path / "one.xlsx")


def filled(path, years=range(1990, 2011)):
    """Fill what is needed of an empty template, and nothing else."""
    write_template(path)
    book = openpyxl.load_workbook(path)
    for cell, value in (("B1", "Wales"), ("B2", "Britain"), ("B3", "Wales")):
        book["region"][cell] = value
    book["sources"].append(["product", "2024", "million pounds", "the office", "open"])
    for year in years:
        book["series"].append(["product", "2024", year, 40.0 + year % 3, 1000.0 + year])
    book.save(path)
    return path


def test_region_sources_and_series_are_enough(tmp_path):
    told = read_region(filled(tmp_path / "wales.xlsx"))
    assert told.calendar == {}
    assert all(one is None for one in (told.sectors, told.added, told.indicators, told.table))
    assert len(region.shares(told)) == 21
    book = openpyxl.load_workbook(tmp_path / "wales.xlsx")
    for name in set(SHEETS) - {"region", "sources", "series"}:
        del book[name]
    book.save(tmp_path / "wales.xlsx")
    assert read_region(tmp_path / "wales.xlsx").series.equals(told.series)
    for step in (region.cluster_test, region.specialities):
        with pytest.raises(ValueError, match="sheet sectors of the template is blank"):
            step(told)
    with pytest.raises(ValueError, match="sheet indicators of the template is blank"):
        region.position(told)
    with pytest.raises(ValueError, match="names no table"):
        region.value_chains(told)


def test_a_file_is_never_overwritten_and_has_to_be_a_workbook(tmp_path):
    for name, error, match in (
        ("there.xlsx", FileExistsError, "is there already"),
        ("new.csv", ValueError, r"ends in \.xlsx"),
        ("no/new.xlsx", FileNotFoundError, "make it first"),
    ):
        (tmp_path / "there.xlsx").write_text("mine")
        with pytest.raises(error, match=match):
            write_template(tmp_path / name)
    assert (tmp_path / "there.xlsx").read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["there.xlsx"]
    with pytest.raises(ValueError, match="did you mean Sichuan"):
        write_example(tmp_path / "x.xlsx", ["Sichuen"])


def test_one_of_the_eight_regions_or_one_province_can_be_filled_in(tmp_path):
    write_example(tmp_path / "ne.xlsx", "Northeast")
    told = read_region(tmp_path / "ne.xlsx")
    assert (told.name, told.members) == ("Northeast", ("Liaoning", "Jilin", "Heilongjiang"))
    write_example(tmp_path / "sd.xlsx", "山东")
    assert read_region(tmp_path / "sd.xlsx").members == ("Shandong",)


WRONG = {
    "text for a number": ({("series", "D3"): "many"}, r"series, cell D3: 'many' where a number"),
    "a number as text": ({("series", "D3"): "3.5"}, r"cell D3: 3\.5 is stored as text; turn"),
    "a formula": ({("series", "D3"): "=E3/2"}, r"cell D3: a formula, =E3/2; copy.*paste"),
    "a formula for a name": ({("sources", "A2"): "=A3"}, r"sources, cell A2: a formula, =A3"),
    "blank": ({("series", "E5"): None}, r"series, cell E5: no number; write a number, or delete"),
    "a region larger than its nation": (
        {("series", "D2"): 1e9},
        r"cell D2: the region has 1e\+09 and the nation .* in 1978.*check the units",
    ),
    "negative": ({("series", "D2"): -3}, r"cell D2: -3, but an amount must be above 0; correct"),
    "zero": ({("series", "E2"): 0}, r"cell E2: 0, but an amount must be above 0"),
    "not a year": ({("series", "C2"): 78}, r"cell C2: 78 is no year; write one such as 1998"),
    "half a year": ({("series", "C2"): 1978.5}, r"cell C2: 1978\.5 is no year"),
    "a year twice": (
        {("series", "C4"): 1979},
        r"cell C4: 1979 stands in C3 already for product \(mixed\); keep one",
    ),
    "a year before the one above": (
        {("series", "C3"): 1977},
        r"cell C3: 1977 follows 1978 \(C2\).*1979 is missing; sort the years",
    ),
    "a year that is missing": (
        {("series", "C4"): 1985},
        r"cell C4: 1985 follows 1979 \(C3\).*1980 is missing; add rows for 1980 to 1984",
    ),
    "an indicator without a source": (
        {("series", "A2"): "prodct"},
        r"cell B2: prodct in the vintage mixed has no row in sheet sources; add one",
    ),
    "a source without figures": (
        {("sources", f"{c}8"): "more" for c in "ABCDE"},
        r"series, cell A152: no row for more \(more\), which sheet sources names",
    ),
    "a source twice": (
        {("sources", "B3"): "mixed"},
        r"sources, cell B3: product has the vintage mixed twice",
    ),
    "no licence": ({("sources", "E2"): None}, r"sources, cell E2: licence is missing; write it"),
    "two units": ({("sources", "C3"): "yuan"}, r"cell C3: .* 100 million yuan and yuan; bring"),
    "another head": ({("series", "C1"): "jahr"}, r"cell C1: 'jahr' as head of the column; write y"),
    "one column more": ({("series", "F1"): "more"}, r"cell F1: 'more' as.*; delete the column"),
    "a field that is not there": ({("region", "A2"): "land"}, r"cell A2: 'land' where nation"),
    "no name": ({("region", "B1"): " "}, r"region, cell B1: name is missing"),
    "the nation itself": ({("region", "B2"): "the pair"}, r"cell B2: the nation needs a name"),
    "a member twice": ({("region", "B3"): "Jilin; Jilin"}, r"cell B3: write the members .*once"),
    "no member": ({("region", "B3"): ";"}, r"cell B3: write the members with semicolons"),
    "a member that the sheets do not know": (
        {("region", "B3"): "Sichuan; Bashu"},
        r"cell B3: the member Bashu has no column in sheet sectors; add one",
    ),
    "a table that is not there": ({("region", "B4"): "t.csv"}, r"cell B4: there is no file t.csv"),
    "a pressure of another name": ({("calendar", "A2"): "war"}, r"cell A2: 'war'; the pressures"),
    "a pressure twice": ({("calendar", "A3"): "opening"}, r"cell A3: 'opening'; .* in one row"),
    "an end before the start": (
        {("calendar", "C2"): 1980},
        r"calendar, cell C2: the opening goes from 1988 to 1980; write years, the start before",
    ),
    "a start without an end": ({("calendar", "C2"): None}, r"calendar, cell C2: no number"),
    "negative output": ({("sectors", "C2"): -1}, r"sectors, cell C2: -1; output is 0 or more"),
    "a sector left out": ({("sectors", "C2"): None}, r"sectors, cell C2: blank, while the place"),
    "a sector twice": (
        {("sectors", "B2"): "Coal", ("sectors", "B3"): "Coal"},
        r"sectors, cell B3: Coal of 2002 stands in row 2 already",
    ),
    "a sector that has no row in one year": (
        {("sectors", "A21"): 2003},
        r"sheet sectors: .* has no row in 2002; add one",
    ),
    "a sector of another name": ({("sectors", "B2"): "Coals"}, r"sheet value added must have"),
    "a place twice": ({("sectors", "D1"): "Beijing"}, r"cell D1: Beijing stands there twice"),
    "other heads of sectors": ({("sectors", "A1"): "t"}, r"cell A1: the first two heads must be"),
    "value added of another year": (
        {("value added", f"A{row}"): 2003 for row in range(2, 22)},
        r"sheet value added must have the years, sectors and places of sheet sectors",
    ),
    "a direction of 2": ({("indicators", "B2"): 2}, r"indicators, cell B2: 2; write 1 if more"),
    "no group": ({("indicators", "C3"): None}, r"indicators, cell C3: the group is missing"),
    "an indicator twice": (
        {("indicators", "C1"): "Grain harvest per resident"},
        r"cell C1: Grain harvest per resident stands there twice",
    ),
    "a province twice": ({("indicators", "A5"): "Beijing"}, r"cell A5: Beijing has a row already"),
    "an indicator that is the same everywhere": (
        {("indicators", f"B{row}"): 7 for row in range(4, 35)},
        r"indicators, cell B1: .* does not differ between places",
    ),
    "infinite": ({("indicators", "B4"): "1e999"}, r"cell B4: 1e999 is stored as text"),
    "another head of indicators": ({("indicators", "A2"): "sign"}, r"cell A2: write direction"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_named_with_its_cell_and_a_cure(spoiled, change, message):
    with pytest.raises(ValueError, match=message):
        read_region(spoiled(change))


def test_vintages_that_do_not_meet_are_refused(spoiled):
    def keep_late_years(book):
        page = book["series"]
        page.delete_rows(2, 44)  # of the first vintage only 2022 is left, the second has 1993 first

    with pytest.raises(ValueError, match=r"pre_census4 begins in 1993, when mixed \(from 2022 to"):
        read_region(spoiled(keep_late_years))


def test_a_blank_row_inside_a_list_is_refused(spoiled):
    with pytest.raises(ValueError, match=r"series, cell A40: the row is blank; delete it"):
        read_region(spoiled(lambda book: book["series"].insert_rows(40)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("series", "sereis", r"no sheet of a template is called 'sereis'; call it series"),
        ("series", "Tabelle1", r"is called 'Tabelle1'; delete it"),
    ],
)
def test_a_sheet_of_another_name_is_refused(spoiled, old, new, message):
    def rename(book):
        book[old].title = new

    with pytest.raises(ValueError, match=message):
        read_region(spoiled(rename))


@pytest.mark.parametrize("sheet", ["region", "sources", "series"])
def test_a_sheet_that_is_needed_must_be_there(spoiled, sheet):
    with pytest.raises(ValueError, match=rf"has no sheet {sheet}: copy it from an empty template"):
        read_region(spoiled(lambda book: book.remove(book[sheet])))


@pytest.mark.parametrize("sheet", ["sources", "series", "calendar", "sectors", "indicators"])
def test_an_empty_sheet_is_refused(spoiled, sheet):
    with pytest.raises(ValueError, match=rf"sheet {sheet}"):
        read_region(spoiled(lambda book: book[sheet].delete_rows(1, 200)))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(content, tmp_path, part):
    path = tmp_path / "cut.xlsx"
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(ValueError, match=r"cut.xlsx is damaged or cut off; copy or download it"):
        read_region(path)


def test_any_wrong_byte_gives_a_clear_refusal_or_the_same_region(content, tmp_path, pair):
    random = np.random.default_rng(5)
    refused = same = 0
    for place in random.integers(len(content), size=40):
        wrong = bytearray(content)
        wrong[place] ^= 0xFF
        path = tmp_path / "wrong.xlsx"
        path.write_bytes(bytes(wrong))
        try:
            told = read_region(path)
        except ValueError as error:
            refused += "wrong.xlsx" in str(error)
        else:
            assert told.series.equals(pair.series)
            assert told.indicators.equals(pair.indicators)
            same += 1
    assert refused + same == 40
    assert refused > 20


def test_no_other_file_is_taken_for_a_template(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_region(tmp_path / "none.xlsx")
    with pytest.raises(ValueError, match="is a directory"):
        read_region(tmp_path)
    for name, content, message in (
        ("a.csv", b"year,value", r"a workbook ends in \.xlsx or \.xlsm"),
        ("b.xlsx", b"", "no Excel workbook"),
        ("c.xlsx", b"year,value\n", "no Excel workbook"),
        ("d.xlsx", b"\xd0\xcf\x11\xe0rest of it", r"an old \.xls file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_region(tmp_path / name)


def test_a_bomb_is_refused_before_it_is_opened(tmp_path):
    from zipfile import ZIP_DEFLATED

    with ZipFile(tmp_path / "bomb.xlsx", "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    with pytest.raises(ValueError, match=re.escape("more than a table needs")):
        read_region(tmp_path / "bomb.xlsx")


def test_a_sheet_without_end_is_refused(spoiled):
    with pytest.raises(ValueError, match=r"larger than 20,000 rows"):
        read_region(spoiled({("series", "A20001"): "x"}))


def test_sheets_that_one_does_not_fill_keep_their_heads(tmp_path):
    write_template(tmp_path / "one.xlsx")
    page = openpyxl.load_workbook(tmp_path / "one.xlsx")["indicators"]
    assert [cell.value for cell in page["A"]] == list(HEADS)
