"""Readers: what a file says is what the table holds, and whatever is wrong is refused by its cell.

Files are written here cell by cell, by code that knows nothing of the readers.
"""

import csv
import datetime
import io as streams
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pymrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.testing import assert_allclose, assert_array_equal
from scipy.io import savemat
from scipy.sparse import csc_array

from dongbei import input_output as io
from dongbei.input_output.__main__ import main, shares
from dongbei.input_output.files import sheets

quick = settings(max_examples=25, deadline=None)
PLACES = ("Liaoning", "吉林", "Heilongjiang")
ENGLISH = ["Liaoning", "Jilin", "Heilongjiang"]
SECTORS = ("01", "02")
USES = ("FU101", "FU102", "FU103", "FU201", "FU202")


def numbers(seed=0, g=3, k=2, uses=5):
    """Parts of an open table that balances: 3 regions with 2 sectors, 5 final uses."""
    random = np.random.default_rng(seed)
    n = g * k
    parts = {
        "flows": random.uniform(0, 10, (n, n)),
        "final": random.uniform(1, 20, (n, g * uses)),
        "exports": random.uniform(0, 30, n),
        "error": random.uniform(-1, 1, n),
        "imports": random.uniform(0, 5, n),
    }
    parts["output"] = sum(np.atleast_2d(parts[p].T).sum(axis=0) for p in list(parts)[:4])
    rest = parts["output"] - parts["flows"].sum(axis=0) - parts["imports"]
    parts["added"] = random.dirichlet(np.ones(4), n).T * rest
    return parts


def ceads(parts, places=PLACES, sectors=SECTORS, total_use=True):
    """Cells of a table as CEADs prints it: title, places, names, codes; places, names, codes."""
    pairs = [(place, code) for place in places for code in sectors]
    final = [(place, use) for place in places for use in USES]
    width = 3 + len(pairs) + total_use + len(final) + 4
    head = [["MRIO"] + [None] * (width - 1)]
    row_2, row_3, row_4 = [None] * 3, [None] * 3, [None] * 3
    for place, code in pairs:
        row_2.append(place if code == sectors[0] else None)
        row_3.append(f"sector {code}")
        row_4.append(code)
    if total_use:
        row_2.append(None)
        row_3.append("Total intermediate use")
        row_4.append(None)
    for place, use in final:
        row_2.append(place if use == USES[0] else None)
        row_3.append("use")
        row_4.append(use)
    for label in ("EX", "TFU", "ERR", "GO"):
        row_2.append(None)
        row_3.append(label.lower())
        row_4.append(label)
    body = []
    for i, (place, code) in enumerate(pairs):
        flows, used = parts["flows"][i], parts["final"][i]
        ends = [parts["exports"][i], used.sum() + parts["exports"][i]]
        ends += [parts["error"][i], parts["output"][i]]
        label = [place if code == sectors[0] else None, f"sector {code}", code]
        body.append([*label, *flows, *([flows.sum()] if total_use else []), *used, *ends])
    bought = parts["flows"].sum(axis=0) + parts["imports"]
    below = {"IM": parts["imports"], "TII": bought}
    below |= {f"VA00{i + 1}": item for i, item in enumerate(parts["added"])}
    below |= {"TVA": parts["added"].sum(axis=0)}
    below |= {"TI": bought + parts["added"].sum(axis=0)}
    tail = [[None, label.lower(), label, *values] for label, values in below.items()]
    plain = [row_2, row_3, row_4, *body, *tail]
    return head + [[v.item() if hasattr(v, "item") else v for v in row] for row in plain]


SMALL = replace(io.CEADS, regions=3, sectors=2)


def workbook(path, cells, sheet="Table_2017"):
    book = openpyxl.Workbook()
    book.active.title = "Note"
    page = book.create_sheet(sheet)
    for row in cells:
        page.append(row)
    book.save(path)
    return path


def comma_separated(path, cells, **options):
    with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
        csv.writer(file, **options).writerows(cells)
    return path


def changed(cells, cell, value):
    """Cells with another value in one, named as in a spreadsheet."""
    row, column = sheets.cell_of(cell)
    cells = [list(one) for one in cells]
    cells[row][column] = value
    return cells


def same(table, parts, g=3):
    """Whether a table holds the parts: flows, uses added up, and so on."""
    n = len(parts["flows"])
    assert_allclose(table.flows, parts["flows"], rtol=1e-15)
    assert_allclose(table.final, parts["final"].reshape(n, g, -1).sum(axis=2), rtol=1e-14)
    assert_allclose(table.exports, parts["exports"], rtol=1e-15)
    assert_allclose(table.imports, parts["imports"], rtol=1e-15)
    assert_allclose(table.value_added, parts["added"].sum(axis=0), rtol=1e-13)
    assert_allclose(table.error, parts["error"], rtol=1e-15)
    assert_allclose(table.output, parts["output"], rtol=1e-13)


@pytest.fixture
def there(tmp_path):
    return workbook(tmp_path / "mrio.xlsx", ceads(numbers()))


# ---------------------------------------------------------------------------------- what is read


def test_a_provincial_table_is_read_as_printed(there):
    table = io.read_table(there, SMALL)
    same(table, numbers())
    assert list(table.names) == ENGLISH  # one of them was Chinese in the file
    assert list(table.sectors[:2]) == ["sector 01", "sector 02"]
    assert_allclose(table.residuals(), 0, atol=1e-9)


def test_a_sheet_without_a_total_is_read_by_a_changed_layout(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ceads(numbers(1), total_use=False))
    right = {label: part for label, part in SMALL.right.items() if part != "=flows"}
    same(io.read_table(path, replace(SMALL, right=right)), numbers(1))
    with pytest.raises(ValueError, match=r"sheet Table_2017, cell J4: expected TIU or .* FU101"):
        io.read_table(path, SMALL)


def test_known_misspellings_and_codes_as_numbers_are_understood(tmp_path):
    cells = ceads(numbers(), places=("Shannxi", "内蒙", "Gansu"), sectors=(1, 2))
    table = io.read_table(workbook(tmp_path / "a.xlsx", cells), SMALL)
    assert list(table.names) == ["Shaanxi", "Inner Mongolia", "Gansu"]


def test_a_workbook_and_a_csv_file_give_the_same_table(there, tmp_path):
    text = comma_separated(tmp_path / "mrio.csv", ceads(numbers()))
    book, text = io.read_table(there, SMALL), io.read_table(text, SMALL)
    for part in ("flows", "final", "exports", "imports", "error", "value_added", "sectors"):
        if part == "sectors":
            assert_array_equal(book.sectors, text.sectors)
        else:  # openpyxl writes sixteen digits
            assert_allclose(getattr(book, part), getattr(text, part), rtol=1e-14)


def test_gbk_is_read_if_the_layout_says_so(tmp_path):
    path = comma_separated(tmp_path / "mrio.csv", ceads(numbers()), encoding="gbk")
    same(io.read_table(path, replace(SMALL, encoding="gbk")), numbers())


def test_blanks_are_zero_only_if_the_layout_says_so(tmp_path):
    parts = numbers()
    parts["flows"][2, 3] = 0
    parts["output"][2] = parts["flows"][2].sum() + parts["final"][2].sum()
    parts["output"][2] += parts["exports"][2] + parts["error"][2]
    rest = parts["output"] - parts["flows"].sum(axis=0) - parts["imports"]
    parts["added"] = np.full((4, 1), 0.25) * rest
    path = workbook(tmp_path / "a.xlsx", changed(ceads(parts), "G7", None))
    same(io.read_table(path, replace(SMALL, blank_is_zero=True)), parts)
    with pytest.raises(ValueError, match=r"a\.xlsx, sheet Table_2017, cell G7: blank .* write 0"):
        io.read_table(path, SMALL)


def eight(competitive, parts):
    """Cells of a table of the eight regions: title, regions, labels; regions, labels."""
    regions = ["东北", "京津", "北部沿海", "东部沿海", "南部沿海", "中部", "西北", "西南"]
    pairs = [(region, sector) for region in regions for sector in ("农业", "工业")]
    uses = ["农村居民消费", "城镇居民消费", "政府消费", "固定资本形成总额", "存货增加"]
    ends = ["出口", *(["进口"] if competitive else []), "误差", "总产出"]
    columns = [*pairs, ("", "中间使用合计"), *((r, u) for r in regions for u in uses)]
    columns += [("", end) for end in ends]
    head = [["", "", *row] for row in zip(*columns, strict=True)]
    body = []
    for i, pair in enumerate(pairs):
        output = parts["output"][i] - competitive * parts["imports"][i]
        last = [parts["exports"][i], *([-parts["imports"][i]] if competitive else [])]
        last += [parts["error"][i], output]
        flows = parts["flows"][i]
        body.append([*pair, *flows.tolist(), flows.sum(), *parts["final"][i].tolist(), *last])
    bought = parts["flows"].sum(axis=0) + (0 if competitive else parts["imports"])
    output = np.array([row[-1] for row in body])
    items = np.full((4, 1), 0.25) * (output - bought)
    below = {} if competitive else {"进口": parts["imports"]}
    below |= {"中间投入合计": bought}
    names = ("劳动者报酬", "生产税净额", "固定资产折旧", "营业盈余")
    below |= dict(zip(names, items, strict=True))
    below |= {"增加值合计": items.sum(axis=0), "总投入": output}
    tail = [["", label, *values.tolist()] for label, values in below.items()]
    cells = [["title"], *head, *body, *tail]
    return [[v.item() if hasattr(v, "item") else v for v in row] for row in cells]


def test_the_eight_regions_are_read_with_imports_apart(tmp_path):
    parts = numbers(3, g=8)
    path = workbook(tmp_path / "a.xlsx", eight(False, parts))
    table = io.read_table(path, replace(io.EIGHT_REGIONS, sheet="Table*"))
    assert_allclose(table.output, parts["output"], rtol=1e-13)
    assert_allclose(table.imports, parts["imports"])
    assert table.names[0] == "Northeast"
    assert len(table.names) == 8


def test_competitive_imports_leave_the_uses_and_keep_the_accounts(tmp_path):
    parts = numbers(4, g=8)
    path = workbook(tmp_path / "a.xlsx", eight(True, parts))
    table = io.read_table(path, replace(io.EIGHT_REGIONS_COMPETITIVE, sheet="Table*"))
    assert_allclose(table.output, parts["output"] - parts["imports"], rtol=1e-12)
    assert_allclose(table.exports, parts["exports"])
    imported_use = parts["final"].sum() - table.final.sum()
    assert_allclose(table.imports.sum() + imported_use, parts["imports"].sum(), rtol=1e-12)
    assert_allclose(table.imports, (parts["flows"] - table.flows).sum(axis=0), rtol=1e-12)
    unit = table.solve(table.value_added_shares + table.import_shares, transposed=True)
    assert_allclose(unit, 1, rtol=1e-9)


@quick
@given(some.integers(0, 10**6), some.floats(0, 1))
def test_every_use_in_the_region_is_imported_to_the_same_share(seed, share):
    parts = numbers(seed, uses=1)
    regions = np.repeat(ENGLISH, 2)
    own = np.kron(np.eye(3), np.ones((2, 2)))
    home = np.kron(np.eye(3), np.ones((2, 1)))
    imports = share * ((own * parts["flows"]).sum(axis=1) + (home * parts["final"]).sum(axis=1))
    flows, final, inputs = io.noncompetitive(parts["flows"], parts["final"], imports, regions)
    assert_allclose(flows, np.where(own, (1 - share) * parts["flows"], parts["flows"]), atol=1e-12)
    assert_allclose(final, np.where(home, (1 - share) * parts["final"], parts["final"]), atol=1e-12)
    assert_allclose(inputs, share * (own * parts["flows"]).sum(axis=0), atol=1e-11)


@pytest.mark.parametrize("imports", [-1.0, 1e9])
def test_imports_below_zero_or_above_the_uses_are_refused(imports):
    parts = numbers(uses=1)
    with pytest.raises(ValueError, match=r"row 2 of Jilin imports"):
        io.noncompetitive(
            parts["flows"], parts["final"], np.eye(6)[2] * imports, np.repeat(ENGLISH, 2)
        )


def test_a_sign_that_the_layout_does_not_expect_is_noticed(tmp_path):
    path = workbook(tmp_path / "a.xlsx", eight(True, numbers(4, g=8)))
    layout = replace(io.EIGHT_REGIONS_COMPETITIVE, sheet="Table*")
    right = {k: "imports" if v == "-imports" else v for k, v in layout.right.items()}
    with pytest.raises(ValueError, match=r"cell BK\d+: the total printed"):
        io.read_table(path, replace(layout, right=right))


# ------------------------------------------------------------------------------------- templates


def fill(path, parts, world=False):
    """Put numbers into the empty cells of a template with one final use per region."""
    n, g = len(parts["flows"]), parts["final"].shape[1]
    right = np.column_stack([parts["flows"], parts["final"]])
    output = right.sum(axis=1)
    below = [output - parts["flows"].sum(axis=0), output]
    if not world:
        output = output + parts["exports"]
        right = np.column_stack([right, parts["exports"]])
        added = output - parts["flows"].sum(axis=0) - parts["imports"]
        below = [parts["imports"], added, output]
    block = np.column_stack([right, output])
    assert block.shape[1] == n + g + (1 if world else 2)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = list(csv.reader(file))
        for row, values in zip(cells[2:], [*block, *below], strict=True):
            row[2 : 2 + len(values)] = values.tolist()
        return comma_separated(path, cells, encoding="utf-8-sig")
    book = openpyxl.load_workbook(path)
    for i, values in enumerate([*block, *below]):
        for j, value in enumerate(values.tolist()):
            book["table"].cell(3 + i, 3 + j).value = value
    book.save(path)
    return path


def filled(path, seed=0, world=False, regions=PLACES):
    """Write and fill a template of these regions, two sectors each."""
    io.write_template(path, regions, ("wheat", "steel"), world)
    return fill(path, numbers(seed, g=len(regions), uses=1), world)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_filled_template_holds_what_was_filled_in(tmp_path, kind):
    parts = numbers(uses=1)
    table = io.read_table(filled(tmp_path / f"a.{kind}"))
    assert isinstance(table, io.InterregionalTable)
    for part in ("flows", "final", "exports", "imports"):
        assert_allclose(getattr(table, part), parts[part], rtol=1e-15)
    assert list(table.names) == ENGLISH
    assert list(table.sectors) == ["wheat", "steel"] * 3
    world = io.read_table(filled(tmp_path / f"w.{kind}", world=True, regions=("A", "B", "C")))
    assert isinstance(world, io.WorldTable)
    assert list(world.names) == ["A", "B", "C"]
    assert_allclose(world.final, parts["final"], rtol=1e-15)


def test_regions_of_a_template_may_have_different_sectors(tmp_path):
    parts = numbers(2, g=1, k=6, uses=2)
    path = tmp_path / "a.csv"
    labels = [("A", "x"), ("B", "x"), ("B", "y"), ("B", "z"), ("B", "u"), ("B", "v")]
    final = [("A", "final use"), ("B", "final use")]
    cells = [["", "", *row] for row in zip(*labels, *final, ("", "output"), strict=True)]
    output = parts["flows"].sum(axis=1) + parts["final"].sum(axis=1)
    block = np.column_stack([parts["flows"], parts["final"], output]).tolist()
    cells += [[*label, *row] for label, row in zip(labels, block, strict=True)]
    added = output - parts["flows"].sum(axis=0)
    cells += [["", "value added", *added], ["", "output", *output]]
    table = io.read_table(comma_separated(path, cells))
    assert [block.stop - block.start for block in table.blocks] == [1, 5]
    assert_array_equal(table.flows, parts["flows"])


def test_an_empty_template_is_refused_at_its_first_cell(tmp_path):
    for name, place in (("a.csv", r"a\.csv, cell C3"), ("a.xlsx", "sheet table, cell C3")):
        io.write_template(tmp_path / name, ["A"], ["s"])
        with pytest.raises(ValueError, match=f"{place}: blank"):
            io.read_table(tmp_path / name)


def test_nothing_is_written_over_and_nothing_is_left_behind(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="there already"):
        io.write_template(path, ["A"], ["s"])
    assert path.read_bytes() == b"mine"
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.parametrize(
    ("name", "regions", "sectors", "message"),
    [
        ("a.xls", ["A"], ["s"], r"ends in \.xlsx or \.csv"),
        ("a.csv", ["A", "A"], ["s"], "every region needs a name"),
        ("a.csv", ["A"], [" "], "every sector needs a name"),
        ("a.csv", [], ["s"], "every region needs"),
        ("a.csv", ["A"], [str(i) for i in range(6000)], "too many"),
    ],
)
def test_a_template_that_cannot_be_is_refused(tmp_path, name, regions, sectors, message):
    with pytest.raises(ValueError, match=message):
        io.write_template(tmp_path / name, regions, sectors)
    with pytest.raises(FileNotFoundError, match="no directory"):
        io.write_template(tmp_path / "none" / "a.csv", ["A"], ["s"])


# ---------------------------------------------------------- whatever is changed in a file is seen


GOOD = ceads(numbers())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def template_cells(folder):
    path = folder / "whole.csv"
    if not path.exists():
        filled(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@settings(quick, max_examples=60)
@given(some.data(), some.floats(0.01, 100), some.sampled_from([-1, 1]))
def test_no_number_can_be_changed_unnoticed(folder, data, change, sign):
    """In a table of ours and one of CEADs, of the flows, the rest, and the totals."""
    layout, cells = data.draw(
        some.sampled_from([(SMALL, GOOD), (io.TEMPLATE, template_cells(folder))])
    )
    row, column = sheets.cell_of(layout.first)
    rows, columns = some.integers(row, len(cells) - 1), some.integers(column, len(cells[row]) - 1)
    row, column = data.draw(
        some.tuples(rows, columns).filter(lambda place: place[1] < len(cells[place[0]]))
    )
    value = float(cells[row][column]) + sign * change
    cells = changed(cells, sheets.address(row, column), value)
    path = comma_separated(folder / "number.csv", cells)
    with pytest.raises(ValueError, match=r"number\.csv, cell [A-Z]+\d+: the total printed"):
        io.read_table(path, layout)


@quick
@given(some.data())
def test_no_label_can_be_changed_unnoticed(folder, data):
    cells = template_cells(folder)
    places = [(i, j) for i, row in enumerate(cells) for j in range(len(row)) if (i < 2) != (j < 2)]
    row, column = data.draw(some.sampled_from([(i, j) for i, j in places if cells[i][j]]))
    path = comma_separated(
        folder / "label.csv", changed(cells, sheets.address(row, column), "Anhui")
    )
    with pytest.raises(ValueError, match=r"label\.csv"):
        io.read_table(path)


@quick
@given(some.data())
def test_no_row_or_column_can_be_missing_doubled_or_moved_unnoticed(folder, data):
    cells = template_cells(folder)
    width = max(map(len, cells))
    cells = np.array([row + [""] * (width - len(row)) for row in cells], dtype=object)
    turned = data.draw(some.booleans())
    cells = cells.T if turned else cells
    one, other = data.draw(some.tuples(*2 * [some.integers(2, len(cells) - 2)]))
    order = list(range(len(cells)))
    change = data.draw(some.sampled_from(["missing", "doubled", "moved"]))
    if change == "missing":
        del order[one]
    elif change == "doubled":
        order.insert(one, one)
    else:
        if one == other:
            other = one - 1 if one > 2 else one + 1
        order[one], order[other] = order[other], order[one]
    cells = cells[order]
    path = comma_separated(folder / "order.csv", (cells.T if turned else cells).tolist())
    with pytest.raises(ValueError, match=r"order\.csv"):
        io.read_table(path)


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        ("D5", None, "blank where a number is expected; write 0"),
        ("E6", "  ", "blank"),
        ("F7", "=SUM(D7:E7)", r"a formula, =SUM\(D7:E7\); copy the table and paste its values"),
        ("G8", "12.5", "12.5 is stored as text; turn the column into numbers"),
        ("H9", "n.a.", "'n.a.' where a number is expected"),
        ("I10", "#DIV/0!", "'#DIV/0!' where a number is expected"),
        ("K5", True, "'True' where a number is expected"),
        ("L5", datetime.datetime(2017, 1, 2), "'2017-01-02 00:00:00' where a number"),
        ("E11", "1,234.5", "'1,234.5' where a number is expected"),
        ("D14", "-", "'-' where a number is expected"),
        ("A7", "Yilin", r"no province is called 'Yilin': did you mean Jilin\?"),
        ("A7", "Hebei", r"expected Jilin, as in column F, found Hebei"),
        ("A5", None, "no region is named"),
        ("C8", "03", "expected 02, as in column G, found 03"),
        ("G4", None, "no sector is named"),
        ("G4", "01", r"Jilin, 01 stands in cell F4 already"),
        ("F2", "河北", r"cell A7: expected Hebei, as in column F, found Jilin"),
        ("D2", "Peking", "no province is called 'Peking'"),
        ("P2", "Hebei", r"expected Jilin \(final use\), found Hebei"),
        ("Q4", "FU103", "expected FU102 or .* found FU103;"),
        ("Z4", "IM", "expected EX or Export or Exports or 出口, found IM;"),
        ("J3", "sum", "expected TIU or .* found sum;"),
        ("C13", "TVA", "expected VA001 or .*, found TVA;"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, cell, value, message):
    cells = changed(GOOD, cell, value)
    place = "" if message.startswith("cell") else f"cell {cell}: "
    if value == "01":
        place = "cell G4: "
    path = workbook(tmp_path / "a.xlsx", cells)
    with pytest.raises(ValueError, match=rf"a\.xlsx, sheet Table_2017, {place}{message}"):
        io.read_table(path, SMALL)


def test_a_number_beyond_any_size_is_refused(tmp_path):
    for value in (10**400, "1e999"):
        path = comma_separated(tmp_path / "a.csv", changed(GOOD, "H9", value))
        with pytest.raises(ValueError, match=r"a\.csv, cell H9: the number is not finite"):
            io.read_table(path, SMALL)
    for value in ("nan", "inf", "1_000", "0x10", "１２"):
        path = comma_separated(tmp_path / "a.csv", changed(GOOD, "H9", value))
        with pytest.raises(ValueError, match=r"a\.csv, cell H9: '.*' where a number is expected"):
            io.read_table(path, SMALL)


def test_a_formula_over_several_cells_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    workbook(path, GOOD)
    book = openpyxl.load_workbook(path)
    formula = openpyxl.worksheet.formula.ArrayFormula("D5:E6", "=MMULT(D5:E6,D7:E8)")
    book["Table_2017"]["D5"] = formula
    book.save(path)
    with pytest.raises(ValueError, match=r"cell D5: a formula over D5:E6; copy the table"):
        io.read_table(path, SMALL)


@pytest.mark.parametrize(
    ("rows", "columns", "place"),
    [
        (15, None, "C16: expected VA004"),
        (9, None, "C10: expected 02"),
        (None, 20, "Z4: expected EX"),
    ],
)
def test_a_sheet_that_ends_early_is_refused(tmp_path, rows, columns, place):
    cells = [row[:columns] for row in GOOD[:rows]]
    for path in (
        workbook(tmp_path / "a.xlsx", cells),
        comma_separated(tmp_path / "a.csv", cells),
    ):
        with pytest.raises(ValueError, match=rf"cell {place}.* found nothing"):
            io.read_table(path, SMALL)


def test_an_unbalanced_table_without_printed_totals_is_refused_by_its_column(tmp_path):
    bare = {label: part for label, part in SMALL.right.items() if not part.startswith("=")}
    below = {label: part for label, part in SMALL.below.items() if not part.startswith("=")}
    layout = replace(SMALL, right=bare, below=below)
    cells = [[v for j, v in enumerate(row) if j not in {9, 26, 28}] for row in GOOD[:11]]
    cells += [row for row in GOOD[11:] if row[2] not in ("TII", "TVA", "TI")]
    same(io.read_table(workbook(tmp_path / "a.xlsx", cells), layout), numbers())
    wrong = changed(cells, "E5", GOOD[4][4] + 50)
    with pytest.raises(ValueError, match=r"does not balance"):
        io.read_table(workbook(tmp_path / "b.xlsx", wrong), layout)


def test_sectors_must_be_the_same_in_all_regions_of_a_counted_table(tmp_path):
    cells = changed(changed(GOOD, "G4", "03"), "C8", "03")
    with pytest.raises(ValueError, match=r"cell G4: Jilin has 3 where Liaoning has 2; all regions"):
        io.read_table(workbook(tmp_path / "a.xlsx", cells), SMALL)


def test_another_number_of_regions_is_refused(tmp_path):
    cells = changed(changed(GOOD, "F2", None), "A7", None)
    cells = changed(changed(changed(changed(cells, "F4", "03"), "G4", "04"), "C7", "03"), "C8", 4)
    with pytest.raises(ValueError, match=r"cell U2: expected|3 regions are expected, and 2 found"):
        io.read_table(workbook(tmp_path / "a.xlsx", cells), SMALL)


# ------------------------------------------------------------------------- files that are no table


def test_a_missing_file_a_directory_and_other_formats_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        io.read_table(tmp_path / "none.xlsx")
    with pytest.raises(ValueError, match="is a directory: name the file in it"):
        io.read_table(tmp_path)
    for name in ("a.xls", "a.ods", "a.et", "a.xlsb", "a"):
        (tmp_path / name).write_bytes(b"content")
        with pytest.raises(ValueError, match=r"is not read; open it in a spreadsheet and save"):
            io.read_table(tmp_path / name)
    with pytest.raises(ValueError, match=r"a\.mat holds variables .* use read_matrices"):
        io.read_table(tmp_path / "a.mat")
    old = tmp_path / "old.xlsx"
    old.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    with pytest.raises(ValueError, match=r"an old \.xls file or protected by a password"):
        io.read_table(old)
    page = tmp_path / "page.xlsx"
    page.write_text("<html><table></table></html>")
    with pytest.raises(ValueError, match="no Excel workbook, whatever its name"):
        io.read_table(page)
    page.write_bytes(b"")
    with pytest.raises(ValueError, match="no Excel workbook"):
        io.read_table(page)
    with zipfile.ZipFile(page, "w") as archive:
        archive.writestr("readme.txt", "not a workbook")
    with pytest.raises(ValueError, match=r"page\.xlsx cannot be read as a workbook"):
        io.read_table(page)


def test_the_sheet_must_be_one(there, tmp_path):
    with pytest.raises(ValueError, match=r"no single sheet table; it has Note, Table_2017: name"):
        io.read_table(there)
    book = openpyxl.load_workbook(there)
    book.copy_worksheet(book["Table_2017"]).title = "Table_2017_English Version"
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(ValueError, match=r"no single sheet Table\*; it has .*English Version"):
        io.read_table(tmp_path / "two.xlsx", SMALL)
    same(io.read_table(tmp_path / "two.xlsx", replace(SMALL, sheet="Table_2017")), numbers())


@quick
@given(cut=some.floats(0, 0.999))
def test_a_workbook_cut_anywhere_is_refused(folder, cut):
    whole = folder / "to_cut.xlsx"
    if not whole.exists():
        workbook(whole, GOOD)
    content = whole.read_bytes()
    part = folder / "cut.xlsx"
    part.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(ValueError, match=r"cut\.xlsx is (damaged or cut off|no Excel workbook)"):
        io.read_table(part, SMALL)


@quick
@given(place=some.floats(0, 0.999), flip=some.integers(1, 255))
def test_a_damaged_workbook_is_refused_or_says_the_same(folder, place, flip):
    whole = folder / "to_damage.xlsx"
    if not whole.exists():
        workbook(whole, GOOD)
    content = bytearray(whole.read_bytes())
    content[int(place * len(content))] ^= flip
    damaged = folder / "damaged.xlsx"
    damaged.write_bytes(content)
    with suppress(ValueError):
        same(io.read_table(damaged, SMALL), numbers())


def test_an_archive_of_a_later_kind_is_refused(there, tmp_path):
    """The version that is needed to unpack a part stands in its entry in the directory."""
    content = bytearray(there.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 250
    (tmp_path / "later.xlsx").write_bytes(content)
    with pytest.raises(ValueError, match=r"later\.xlsx is damaged .* version 25"):
        io.read_table(tmp_path / "later.xlsx", SMALL)


def rewritten(path, to, name, change):
    """Copy a workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return to


def test_a_workbook_that_unpacks_to_far_more_is_not_opened(there, tmp_path):
    grow = rewritten(
        there, tmp_path / "grow.xlsx", "xl/styles.xml", lambda c: c + b" " * 30_000_000
    )
    with pytest.raises(ValueError, match=r"grow\.xlsx unpacks to 30 MB \(xl/styles\.xml: 30 MB"):
        io.read_table(grow, SMALL)


def test_large_texts_and_large_files_are_refused_by_their_sizes(there, monkeypatch):
    monkeypatch.setattr(sheets, "UNPACKED", 10_000)
    with pytest.raises(ValueError, match=r"mrio\.xlsx unpacks to 0 MB"):
        io.read_table(there, SMALL)
    monkeypatch.setattr(sheets, "UNPACKED", 10**9)
    monkeypatch.setattr(sheets, "AT_ONCE", 1_000)
    with pytest.raises(ValueError, match=r"more than a table needs"):
        io.read_table(there, SMALL)


SHEET = "xl/worksheets/sheet2.xml"


def test_what_a_sheet_says_of_its_size_is_not_believed(there, tmp_path):
    for said in (b"A1:XFD1048576", b"A1", b"A1:B2"):
        lie = rewritten(
            there,
            tmp_path / "lie.xlsx",
            SHEET,
            lambda c, said=said: re.sub(rb'dimension ref="[^"]*"', b'dimension ref="%b"' % said, c),
        )
        same(io.read_table(lie, SMALL), numbers())


def test_nothing_beyond_the_table_is_read(there, tmp_path):
    """A number that no parser can read stands far below, and empty cells far right."""
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (i, i) for i in range(30, 200_000))
    wrong = b'<row r="1048576"><c r="A1048576"><v>no number</v></c></row>'
    wide = b"".join(
        b'<c r="%b9" s="0"/>' % openpyxl.utils.get_column_letter(i).encode()
        for i in range(40, 16_385)
    )

    def far(content):
        content = content.replace(b"</sheetData>", rows + wrong + b"</sheetData>")
        begin, _, rest = content.partition(b'<row r="9"')
        inside, end, rest = rest.partition(b"</row>")
        return begin + b'<row r="9"' + inside + wide + end + rest

    same(io.read_table(rewritten(there, tmp_path / "far.xlsx", SHEET, far), SMALL), numbers())


BOMB = (
    b'<!DOCTYPE worksheet [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY a%d "%b">' % (i, b"&a%b;" % (str(i - 1).encode() if i else b"") * 20)
               for i in range(8))
    + b"]>"
)  # fmt: skip


def bomb(content):
    """Put texts that contain each other before a sheet, and one of them into a cell."""
    head, _, rest = content.partition(b"<worksheet")
    rest = rest.replace(b"<v>", b"<v>&a7;", 1)
    return head + BOMB + b"<worksheet" + rest


def test_texts_that_contain_each_other_are_refused_and_pymrio_is_not_imported(there, tmp_path):
    """Here with defusedxml, and in a Python of its own without."""
    path = rewritten(there, tmp_path / "bomb.xlsx", SHEET, bomb)
    with pytest.raises(ValueError, match=r"bomb\.xlsx cannot be read as a workbook"):
        io.read_table(path, SMALL)
    code = (
        "import sys; from dongbei import input_output as io; from dataclasses import replace\n"
        "assert 'pymrio' not in sys.modules\n"
        f"io.read_table({str(path)!r}, replace(io.CEADS, regions=3, sectors=2))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"OPENPYXL_DEFUSEDXML": "False", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "ValueError: bomb.xlsx cannot be read as a workbook" in run.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "东北,吉林\n".encode("gbk"),
            r"not in utf-8-sig: it is in GBK, as it seems; save it as CSV",
        ),
        (f"东北{'，中国' * 9}\n".encode("gbk"), "set encoding='gbk' of the layout"),
        ("东北,吉林\n".encode("utf-16"), "it is in UTF-16; save it as CSV in UTF-8"),
        (b"\xff\x81\n\xff\xff\n", "not in utf-8-sig: save it as CSV in UTF-8"),
        (b";;A;A\n;;x;final use\n", "separates cells by ';'; save it with commas"),
        (b"\t\tA\tA\n\t\tx\tfinal use\n", r"separates cells by '\\t'"),
        (b'a,"b\n', "no sound CSV file"),
        (b"", "no column from C1 on is labelled 'final use' in row 2"),
        (b",,A\n,,x\n", "no column from C1 on is labelled 'final use'"),
        (b",,A,A\n,,final use,x\n", "no column from C1 on"),
    ],
)
def test_a_csv_file_of_another_kind_is_refused(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.csv.*{message}"):
        io.read_table(path)


def test_an_encoding_that_is_not_the_file_s_or_does_not_exist_is_refused(tmp_path):
    path = comma_separated(tmp_path / "a.csv", GOOD)
    with pytest.raises(ValueError, match="not in ascii: it is in UTF-8, as it seems"):
        io.read_table(path, replace(SMALL, encoding="ascii"))
    with pytest.raises(ValueError, match="no encoding is called klingon"):
        io.read_table(path, replace(SMALL, encoding="klingon"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"right": {}}, "right must name at least a final use"),
        ({"right": {"x": "exports"}}, "final uses must be side by side"),
        ({"right": {"a": "final", "x": "error", "b": "final"}}, "side by side"),
        ({"right": {"a": "final", "b": "sales"}}, "'sales' is no part on this side"),
        ({"right": {"a": "final", "b": "=flows+tax"}}, "'tax' is no part on this side"),
        ({"right": {"a": "final", "b": "exports", "c": "exports"}}, "names exports twice"),
        ({"right": {"a": "final", "b": "exports", "c": "imports"}}, "not both"),
        ({"below": {"a": "value added"}}, "a table with exports needs imports"),
        ({"right": {"a": "final"}}, "without exports is a world"),
        ({"below": {"a": "final"}}, "'final' is no part on this side"),
    ],
)
def test_a_layout_that_describes_no_table_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(io.TEMPLATE, **changes)


# --------------------------------------------------------------------------------------- matrices


THREE = replace(io.INTERPROVINCIAL, regions=tuple(ENGLISH), sectors=SECTORS)
WITH_ERROR = replace(THREE, parts={**THREE.parts, "R": "error"})


def variables(parts):
    names = {"Z": "flows", "Y": "final", "E": "exports", "M": "imports", "V": "added"}
    names |= {"X": "output", "R": "error"}
    return {name: parts[part] for name, part in names.items()}


def test_matlab_variables_make_the_table_whatever_way_vectors_lie(tmp_path):
    found = variables(numbers(5))
    found |= {"X": found["X"][:, None], "Z": csc_array(found["Z"]), "other": "a text"}
    savemat(tmp_path / "a.mat", found, do_compression=True, oned_as="row")
    table = io.read_matrices(tmp_path / "a.mat", WITH_ERROR)
    same(table, numbers(5))
    assert list(table.names) == ENGLISH


def test_csv_matrices_make_the_table_and_a_world_has_no_exports(tmp_path):
    parts = numbers(6)
    files = {}
    for name, matrix in variables(parts).items():
        cells = np.atleast_2d(matrix).tolist() if name == "V" else matrix.reshape(6, -1).tolist()
        files[name] = comma_separated(tmp_path / f"{name}.csv", cells)
    same(io.read_matrices(files, WITH_ERROR), parts)
    world = replace(THREE, parts={"Z": "flows", "Y": "final"})
    table = io.read_matrices({name: files[name] for name in "ZY"}, world)
    assert isinstance(table, io.WorldTable)
    assert_allclose(table.output, parts["flows"].sum(axis=1) + parts["final"].sum(axis=1))
    comma_separated(files["Z"], changed(parts["flows"].tolist(), "C2", "x"))
    with pytest.raises(ValueError, match=r"Z\.csv, cell C2: 'x' where a number"):
        io.read_matrices(files, WITH_ERROR)


def test_by_default_there_are_31_provinces_and_42_sectors():
    assert len(io.INTERPROVINCIAL.names) == 31
    assert io.INTERPROVINCIAL.names[5:8] == ("Liaoning", "Jilin", "Heilongjiang")
    assert io.INTERPROVINCIAL.sectors[-1] == "42"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Z": np.ones((6, 5))}, "variable Z: flows must be 6 by 6 for 3 regions with 2 sectors"),
        ({"Y": np.ones((6, 4))}, "final must be 6 by a multiple of 3 .* and is 6 by 4"),
        ({"E": np.ones(5)}, "exports must be 6 numbers .* and is 1 by 5"),
        ({"V": np.ones((2, 5))}, "value added must be items by 6"),
        (
            {"Z": np.array([1, "a"], dtype=object)},
            "Z is of the kind cell; save it as",
        ),
        ({"Z": {"a": 1}}, "Z is of the kind struct"),
        ({"Z": "text"}, "Z is of the kind char"),
        ({"Z": np.ones((6, 6), bool)}, "Z is of the kind logical"),
        ({"Z": np.ones((6, 6)) * 1j}, "Z has complex numbers"),
        ({"Z": None}, "no variable Z; there are E, M, R, V, X, Y"),
        ({"X": np.ones(6)}, "the output of .* is 1, and its row adds up to"),
        ({"M": np.full(6, np.nan)}, "imports must be finite"),
        ({"V": np.ones((4, 6))}, "the table does not balance"),
    ],
)
def test_a_variable_of_another_kind_is_refused(tmp_path, change, message):
    found = {k: v for k, v in (variables(numbers()) | change).items() if v is not None}
    savemat(tmp_path / "a.mat", found)
    with pytest.raises(ValueError, match=message):
        io.read_matrices(tmp_path / "a.mat", WITH_ERROR)


@quick
@given(cut=some.floats(0, 0.999), compressed=some.booleans())
def test_a_matlab_file_cut_anywhere_is_refused(folder, cut, compressed):
    path = folder / "cut.mat"
    savemat(path, variables(numbers()), do_compression=compressed)
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(ValueError, match=r"cut\.mat( cannot be read as|: no variable .* cut off)"):
        io.read_matrices(path, WITH_ERROR)


@quick
@given(place=some.floats(0, 0.999), flip=some.integers(1, 255))
def test_a_damaged_compressed_matlab_file_is_refused_or_says_the_same(folder, place, flip):
    path = folder / "damaged.mat"
    savemat(path, variables(numbers()), do_compression=True)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= flip
    path.write_bytes(content)
    with suppress(ValueError):
        same(io.read_matrices(path, WITH_ERROR), numbers())


def test_newer_damaged_and_other_files_are_no_matrices(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM" + bytes(99)
    )
    with pytest.raises(ValueError, match=r"version 7\.3, which is not read; save it with -v7"):
        io.read_matrices(path, THREE)
    savemat(path, variables(numbers()))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"cannot be read as a MATLAB file: it is damaged"):
        io.read_matrices(path, WITH_ERROR)
    path.write_bytes(b"Z")
    with pytest.raises(ValueError, match="cannot be read as a MATLAB file"):
        io.read_matrices(path, THREE)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        io.read_matrices(tmp_path / "b.mat", THREE)
    with pytest.raises(ValueError, match=r"is no \.mat file"):
        io.read_matrices(comma_separated(tmp_path / "a.csv", GOOD), THREE)
    with pytest.raises(ValueError, match="no variable Y, E"):
        io.read_matrices({"Z": tmp_path / "a.csv"}, THREE)
    for parts, message in (
        ({"Z": "flow"}, "no part is called 'flow'"),
        ({"Z": "flows", "A": "flows"}, "two variables"),
        ({"Z": "flows"}, "no variable is the final"),
        ({"Z": "flows", "Y": "final", "E": "exports"}, "the imports and no variable the value"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(THREE, parts=parts)


# ------------------------------------------------------------------------------------------ pymrio


def labelled(table, system):
    """Whether a table says of every pair of labels what a system says."""
    pairs = list(zip(table.regions, table.sectors, strict=True))
    assert_array_equal(table.flows, system.Z.loc[pairs, pairs])
    for g, region in enumerate(table.names):
        assert_allclose(table.final[:, g], system.Y.loc[pairs, region].sum(axis=1), rtol=1e-14)


def shuffled(system, seed=0):
    """Rows and columns of a system in other orders, not the same for both."""
    random = np.random.default_rng(seed)
    Z, Y = system.Z, system.Y
    system.Z = Z.iloc[random.permutation(len(Z)), random.permutation(len(Z))]
    system.Y = Y.iloc[random.permutation(len(Y)), random.permutation(Y.shape[1])]
    return system


@pytest.mark.filterwarnings("ignore:negative")
def test_a_system_of_pymrio_keeps_every_number_under_its_labels():
    system = pymrio.load_test()
    labelled(io.from_pymrio(system), system)
    table = io.from_pymrio(shuffled(pymrio.load_test()))
    labelled(table, system)
    assert len(table.names) == len(table.blocks) == 6
    assert_allclose(table.output.sum(), system.Z.sum().sum() + system.Y.sum().sum())


@pytest.mark.filterwarnings("ignore:negative")
def test_coefficients_and_output_or_coefficients_alone_are_enough():
    system = pymrio.load_test().calc_all()
    whole = io.from_pymrio(system)
    system.Z = None
    assert_allclose(io.from_pymrio(system).flows, whole.flows, rtol=1e-9, atol=1e-6)
    system.x = None
    assert_allclose(io.from_pymrio(system).flows, whole.flows, rtol=1e-6, atol=1e-3)


@pytest.mark.filterwarnings("ignore:negative")
def test_value_added_may_be_given_by_labels_or_in_order_and_must_balance():
    system = pymrio.load_test()
    table = io.from_pymrio(system)
    residual = system.Z.sum(axis=1) + system.Y.sum(axis=1) - system.Z.sum(axis=0)
    for added in (residual, residual.sample(frac=1, random_state=1), residual.to_numpy()):
        assert_allclose(io.from_pymrio(system, value_added=added).value_added, table.value_added)
    inputs = pd.DataFrame([0.4 * residual, 0.6 * residual])
    assert_allclose(io.from_pymrio(system, value_added=inputs).value_added, table.value_added)
    with pytest.raises(ValueError, match="does not balance"):
        io.from_pymrio(system, value_added=residual * 1.1)
    with pytest.raises(ValueError, match="there must be 48 numbers"):
        io.from_pymrio(system, value_added=[1, 2])
    with pytest.raises(ValueError, match="must have the same labels"):
        io.from_pymrio(system, value_added=residual.iloc[1:])


def broken(change):
    system = pymrio.load_test()
    change(system)
    return system


def strange_final(system):
    system.Y = system.Y.rename(columns={"reg6": "ALL"}, level=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: setattr(s, "Y", None), "the system has no Y"),
        (lambda s: setattr(s, "Z", None), "the system has no A"),
        (lambda s: setattr(s, "Z", s.Z.iloc[1:]), "rows of Z and Y must have the same labels"),
        (lambda s: setattr(s, "Z", s.Z.iloc[:, 1:]), "rows and columns of Z must have the same"),
        (lambda s: setattr(s, "Y", s.Y * np.nan), "Y must be finite; at reg1 food to reg1"),
        (lambda s: setattr(s, "Z", s.Z * np.inf), "flows must be finite"),
        (lambda s: setattr(s, "Z", pd.concat([s.Z, s.Z.iloc[:1]])), "two rows or columns reg1"),
        (lambda s: setattr(s, "Y", s.Y.droplevel(0)), "labels have 1 levels"),
        (strange_final, r"ALL has final use and no rows: .* used_by=\{'ALL': 'reg6'\}"),
        (lambda s: setattr(s, "Y", s.Y.drop(columns="reg2", level=0)), r"reg2 has rows and no fi"),
        (lambda s: s.calc_all() and setattr(s, "Z", s.Z * 1.01), "Z, Y and x do not fit"),
    ],
)
def test_a_system_that_is_not_whole_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        io.from_pymrio(broken(change))


def test_names_that_settle_a_system_are_checked_too():
    for options, message in (
        ({"used_by": {"ALL": "reg1"}}, "no final use of ALL: leave it out"),
        ({"used_by": {"reg1": "mars"}}, "no region mars; there are reg1"),
        ({"without_final": ["reg1"]}, "reg1 has final use: leave it out"),
        ({"without_final": ["mars"]}, "no region mars"),
    ):
        with pytest.raises(ValueError, match=message):
            io.from_pymrio(pymrio.load_test(), **options)


def icio(path):
    """Write a small ICIO: China in three parts, a rest of the world, a discrepancy."""
    regions, sectors = ["CHN", "CN1", "CN2", "JPN", "ROW"], ["A", "B"]
    rows = [f"{region}_{sector}" for region in regions for sector in sectors]
    final = [f"{region}_HFCE" for region in ("CHN", "JPN", "ROW")]
    final += [f"{region}_INVNT" for region in ("CHN", "JPN", "ROW")]
    random = np.random.default_rng(7)
    Z = pd.DataFrame(random.uniform(0, 2, (10, 10)), rows, rows)
    Z.loc[rows[:2]] = 0
    Z[rows[:2]] = 0
    Y = pd.DataFrame(random.uniform(5, 9, (10, 6)), rows, final)
    Y["CHN_INVNT"] *= -0.1
    Y.loc[rows[:2]] = 0
    Y["DPABR"] = np.where(Z.sum(axis=1) > 0, 0.5, 0)
    table = pd.concat([Z, Y], axis=1)
    table["TOTAL"] = table.sum(axis=1)
    table.loc["VALU"] = 0.0
    table.loc["VALU", rows] = table["TOTAL"][rows] - Z.sum(axis=0)
    table.loc["OUTPUT"] = 0.0
    table.to_csv(path)
    return Z, Y


@pytest.mark.filterwarnings("ignore:negative")
def test_the_icio_that_pymrio_parses_is_read_with_its_discrepancy_named(tmp_path):
    Z, Y = icio(tmp_path / "ICIO2018_2015.csv")
    system = pymrio.parse_oecd(tmp_path / "ICIO2018_2015.csv")
    with pytest.raises(ValueError, match="ALL has final use and no rows"):
        io.from_pymrio(system)
    table = io.from_pymrio(system, used_by={"ALL": "ROW"})
    assert set(table.names) == {"CHN", "JPN", "ROW"}
    china = [f"{part}_A" for part in ("CHN", "CN1", "CN2")]
    row = list(zip(table.regions, table.sectors, strict=True)).index(("CHN", "A"))
    jpn, row_of = table.names.index("JPN"), table.names.index("ROW")
    sold = Z.loc[china].sum().sum() + Y.loc[china].sum().sum()
    assert_allclose(table.output[row], sold)
    assert_allclose(table.final[row, jpn], Y.loc[china, ["JPN_HFCE", "JPN_INVNT"]].sum().sum())
    rest = Y.loc[china, ["ROW_HFCE", "ROW_INVNT", "DPABR"]].sum().sum()
    assert_allclose(table.final[row, row_of], rest)


@pytest.mark.filterwarnings("ignore:negative")
def test_parts_of_a_country_may_be_kept_and_made_one_afterwards(tmp_path):
    Z, Y = icio(tmp_path / "a.csv")
    pairs = pd.MultiIndex.from_tuples([tuple(one.split("_")) for one in Z.index])
    Y = Y.rename(columns={"DPABR": "ALL_DPABR"})
    columns = pd.MultiIndex.from_tuples([tuple(one.split("_")) for one in Y.columns])
    raw = pymrio.IOSystem(
        Z=Z.set_axis(pairs).set_axis(pairs, axis=1), Y=Y.set_axis(pairs).set_axis(columns, axis=1)
    )
    settled = {"used_by": {"ALL": "ROW"}}
    with pytest.raises(ValueError, match=r"CN1, CN2 has rows .* without_final=\['CN1', 'CN2'\]"):
        io.from_pymrio(raw, **settled)
    split = io.from_pymrio(raw, **settled, without_final=["CN1", "CN2"])
    whole = split.aggregated(regions={"China": ["CHN", "CN1", "CN2"]})
    parsed = io.from_pymrio(pymrio.parse_oecd(tmp_path / "a.csv"), **settled)
    parsed = parsed.aggregated(regions={"China": ["CHN"]})
    assert_allclose(whole.flows, parsed.flows, rtol=1e-12)
    assert_allclose(whole.final, parsed.final, rtol=1e-12)


def wiod(path):
    """Write a small WIOD: two countries, two sectors, two categories, totals."""
    pairs = [(region, code) for region in ("USA", "RoW") for code in ("c1", "c35")]
    final = [(region, code) for region in ("USA", "RoW") for code in ("c37", "c42")]
    random = np.random.default_rng(8)
    block = random.uniform(1, 9, (4, 8))
    columns = [*pairs, *final, ("TOT", "c99")]
    isic = {"c1": "AtB", "c35": "P", "c37": "c37", "c42": "c42", "c99": "c99"}
    cells = [["Table, 2011"], [None], ["(industry-by-industry)"], ["(millions of US$)"]]
    cells[2] += [None, None, None, *(isic[code] for _, code in columns)]
    cells[3] += [None, None, None, *("name" for _ in columns)]
    cells.append([None, None, None, None, *(region for region, _ in columns)])
    cells.append([None, None, None, None, *(code for _, code in columns)])
    for (region, code), row in zip(pairs, block.tolist(), strict=True):
        cells.append([isic[code], "name", region, code, *row, sum(row)])
    bought = block[:, :4].sum(axis=0)
    output = block.sum(axis=1)
    tail = {"r60": bought, "r64": output - bought, "r69": output}
    for code, row in tail.items():
        cells.append([None, code, "TOT", code, *row.tolist(), 0, 0, 0, 0, 0])
    workbook_cells = openpyxl.Workbook()
    for row in cells:
        workbook_cells.active.append(row)
    workbook_cells.save(path)
    return block, output - bought


@pytest.mark.filterwarnings("ignore:.*xtension.* not found")
def test_the_wiod_that_pymrio_parses_is_read(tmp_path):
    block, added = wiod(tmp_path / "wiot11_row.xlsx")
    table = io.from_pymrio(pymrio.parse_wiod(tmp_path / "wiot11_row.xlsx"))
    assert list(table.names) == ["USA", "RoW"]
    assert_allclose(table.flows, block[:, :4])
    assert_allclose(table.final, np.column_stack([block[:, 4:6].sum(1), block[:, 6:].sum(1)]))
    assert_allclose(table.value_added, added)


@pytest.mark.filterwarnings("ignore:negative")
def test_the_exiobase_that_pymrio_parses_is_read(tmp_path):
    system = pymrio.load_test()
    system.save_all(tmp_path)
    labelled(io.from_pymrio(pymrio.parse_exiobase3(tmp_path)), system)


# ------------------------------------------------------------------------------------ command line


def called(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["dongbei.input_output", *map(str, arguments)])
    main()


def test_a_template_is_written_filled_and_its_participation_printed(tmp_path, monkeypatch, capsys):
    path = tmp_path / "a.csv"
    arguments = ["--regions", "A", "B", "--sectors", "wheat", "steel", "--world"]
    called(monkeypatch, "template", path, *arguments)
    fill(path, numbers(g=2, uses=1), world=True)
    called(monkeypatch, "participation", path)
    printed = pd.read_fwf(streams.StringIO(capsys.readouterr().out))
    found = shares(io.read_table(path))
    assert_allclose(found.sum(axis=1), 100)
    last = printed.iloc[-1, -len(found.columns) :].astype(float)
    assert_allclose(last, found.iloc[-1], atol=0.051)


def test_participation_takes_three_lines(tmp_path):
    path = filled(tmp_path / "a.xlsx", world=True)
    table = io.read_table(path)
    frame = io.participation(table)
    forward = frame[frame["direction"] == "forward"]["value"].sum()
    assert_allclose(forward, table.value_added.sum())


def test_the_command_line_says_what_is_wrong_and_leaves_with_1(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    called(monkeypatch, "template", path)
    with pytest.raises(SystemExit, match=r"a\.csv, cell C3: blank"):
        called(monkeypatch, "participation", path)
    with pytest.raises(SystemExit, match="there already"):
        called(monkeypatch, "template", path)
    book = workbook(tmp_path / "b.xlsx", GOOD)
    with pytest.raises(SystemExit, match=r"no single sheet Table_X; it has Note, Table_2017"):
        called(monkeypatch, "participation", book, "--layout", "ceads", "--sheet", "Table_X")
