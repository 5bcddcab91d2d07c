"""Laws that a provincial input-output table obeys, and what it refuses."""

import shutil
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from dongbei import input_output as io
from dongbei import statistics as st
from dongbei.input_output import provincial
from dongbei.input_output.provincial import TRADE, USES, ProvincialTable
from dongbei.statistics import tables as files

YEARS = [2002, 2007, 2012, 2017]
ITEMS = ("compensation", "surplus")
every_year = pytest.mark.parametrize("year", YEARS)


def balanced(flows, final_use, trade, columns, *, year=2017):
    """Make a small table whose value added closes every column."""
    signs = [-1 if name in ("inflow", "imports", "domestic_inflow") else 1 for name in columns]
    output = flows.sum(axis=1) + final_use.sum(axis=1) + trade @ signs
    residual = output - flows.sum(axis=0)
    n = len(flows)
    return ProvincialTable(
        province="Jilin",
        year=year,
        sectors=tuple(f"s{i}" for i in range(n)),
        flows=flows,
        uses=USES,
        final_use=final_use,
        trade_columns=columns,
        trade=trade,
        error=np.zeros(n),
        value_added_items=ITEMS,
        value_added=np.stack([0.7 * residual, 0.3 * residual]),
        gross_output=output,
    )


def amounts(*shape, top=1e6):
    return arrays(float, shape, elements=some.floats(0, top))


@some.composite
def small_tables(draw):
    n = draw(some.integers(1, 5))
    columns = draw(some.sampled_from(TRADE))
    final_use = draw(amounts(n, len(USES))) + 1e7  # so that inflow never exceeds what is used
    return balanced(draw(amounts(n, n)), final_use, draw(amounts(n, len(columns))), columns)


@pytest.fixture(scope="module")
def jilin():
    return io.provincial_table(2017, "Jilin")


def all_tables(year):
    return io.provincial_tables(year).values()


# -------------------------------------------------------------------------------- the real tables


def test_thirty_tables_without_tibet_then_thirty_one():
    counts = {year: len(io.provincial_tables(year)) for year in YEARS}
    assert counts == {2002: 30, 2007: 30, 2012: 31, 2017: 31}
    assert list(io.provincial_tables(2017)) == list(st.provinces()["province"])


@every_year
def test_uses_and_costs_of_every_sector_are_its_output(year):
    allowed = 1e-3 if year == 2002 else 1e-7
    for one in all_tables(year):
        for gap in one.gaps():
            assert np.abs(gap).max() <= allowed * one.gross_output.max(), one.province


def test_only_fujian_and_jiangsu_of_2002_are_off_by_more_than_a_millionth():
    off = {
        one.province: max(np.abs(gap).max() for gap in one.gaps())
        for one in all_tables(2002)
        if max(np.abs(gap).max() for gap in one.gaps()) > 1e-6 * one.gross_output.max()
    }
    assert set(off) == {"Fujian", "Jiangsu"}
    assert off["Fujian"] == pytest.approx(6876, abs=1)
    assert off["Jiangsu"] == pytest.approx(1792, abs=1)


@every_year
def test_items_add_up_to_the_value_added_that_statistics_report(year):
    added = st.sector_output(year, "value_added")
    wide = added.pivot(index="province", columns="sector", values="value")
    for one in all_tables(year):
        reported = wide.loc[one.province, list(one.sectors)].to_numpy()
        assert np.allclose(one.value_added.sum(axis=0), reported, rtol=0, atol=0.01)


@every_year
def test_product_by_expenditure_is_product_by_income(year):
    for one in all_tables(year):
        spent = one.final_use.sum() + one.net_outflow.sum() + one.error.sum()
        assert spent == pytest.approx(one.value_added.sum(), rel=2e-4), one.province


@every_year
def test_net_outflow_is_outflow_less_inflow_where_the_year_splits_it(year):
    for one in all_tables(year):
        if year == 2002:
            assert np.isnan(one.outflow).all()
            assert np.isnan(one.inflow).all()
        else:
            assert np.allclose(one.net_outflow, one.outflow - one.inflow)
        assert np.isnan(one.exports).all() == (year < 2012)
        assert np.isnan(one.domestic_inflow).all() == (year < 2012)


def test_the_cell_of_the_oilfield():
    """Heilongjiang's oil of 2002, from the published table."""
    table = io.provincial_table(2002, "黑龙江")
    oil = table.sectors.index("oil_gas_extraction")
    assert table.value_added[:, oil].sum() == pytest.approx(7671551.55)
    assert table.value_added_items[0] == "compensation_of_employees"


def test_jilin_of_2012_has_the_largest_error_of_the_northeast():
    share = {
        name: np.abs(table.error).sum() / table.gross_output.sum()
        for name, table in io.provincial_tables(2012).items()
    }
    assert share["Jilin"] == pytest.approx(0.035, abs=5e-4)
    assert share["Liaoning"] == pytest.approx(0.023, abs=5e-4)
    listed = io.defects(2012, "吉林").set_index("defect")["value"]
    assert listed["error_share"] == pytest.approx(share["Jilin"], abs=1e-6)


def test_tables_cannot_be_written_to(jilin):
    for field in fields(jilin):
        value = getattr(jilin, field.name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0
    mine = io.provincial_tables(2017)
    mine.clear()
    assert io.provincial_table(2017, "Jilin") is jilin


# -------------------------------------------------------------------------------- small tables


@settings(max_examples=50)
@given(small_tables())
def test_a_table_made_to_balance_balances(one):
    scale = one.gross_output.max()
    assert max(np.abs(gap).max() for gap in one.gaps()) <= 1e-9 * scale
    spent = one.final_use.sum() + one.net_outflow.sum()
    assert spent == pytest.approx(one.value_added.sum(), abs=1e-8 * scale)
    supplied = one.domestic_use.sum() + one.net_outflow.sum()
    assert supplied == pytest.approx(one.gross_output.sum())


@settings(max_examples=50)
@given(small_tables(), some.data())
def test_a_change_of_any_flow_is_noticed(one, data):
    n = len(one.sectors)
    i, j = (data.draw(some.integers(0, n - 1)) for _ in "ij")
    flows = one.flows.copy()
    flows[i, j] += 2e-6 * one.gross_output.max()
    with pytest.raises(ValueError, match=rf"Jilin 2017 does not balance: the row of s{i} is \+"):
        replace(one, flows=flows)


@settings(max_examples=30)
@given(small_tables(), some.floats(1e-3, 1e3))
def test_the_unit_of_account_does_not_matter(one, factor):
    names = ("flows", "final_use", "trade", "error", "value_added", "gross_output")
    scaled = replace(one, **{name: factor * getattr(one, name) for name in names})
    assert np.allclose(scaled.net_outflow, factor * one.net_outflow)


def test_2002_is_allowed_a_thousandth():
    one = balanced(np.ones((2, 2)), np.ones((2, 5)), np.ones((2, 1)), ("net_outflow",))
    output = one.gross_output * [1, 1 - 5e-4]
    assert replace(one, year=2002, gross_output=output).year == 2002
    with pytest.raises(ValueError, match=r"Jilin 2017 .* the row of s1 is \+0\.004 off its output"):
        replace(one, gross_output=output)


# -------------------------------------------------------------------------------- refusals


def test_a_column_that_does_not_add_up_is_named(jilin):
    added = jilin.value_added.copy()
    added[0, 3] -= 10**6
    with pytest.raises(ValueError, match=r"Jilin 2017 .* the column of ore_mining is -1e\+06 off"):
        replace(jilin, value_added=added)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"flows": np.ones((35, 34))}, r"flows of Jilin 2017 must have the shape \(35, 35\)"),
        ({"error": 0.0}, r"error of Jilin 2017 must have the shape \(35,\), not \(\)"),
        ({"sectors": ("oil",) * 35}, "sectors of Jilin 2017 must be distinct names"),
        ({"uses": ()}, "uses of Jilin 2017 must be distinct names, at least one"),
        ({"trade_columns": ("exports",)}, "trade columns of Jilin 2017 must be one of: net_outf"),
        ({"error": np.full(35, np.nan)}, r"error of Jilin 2017 has no finite number at \(0,\)"),
        ({"error": np.full(35, np.inf)}, r"error of Jilin 2017 has no finite number at \(0,\)"),
        ({"gross_output": np.full(35, -1)}, "gross output of agriculture in Jilin 2017 is negat"),
    ],
)
def test_what_is_no_table_is_refused(jilin, changes, message):
    with pytest.raises(ValueError, match=message):
        replace(jilin, **changes)


def test_a_single_missing_flow_is_placed(jilin):
    flows = jilin.flows.copy()
    flows[4, 7] = np.nan
    with pytest.raises(ValueError, match=r"flows of Jilin 2017 has no finite number at \(4, 7\)"):
        replace(jilin, flows=flows)


def test_unknown_places_and_years_name_what_there_is():
    with pytest.raises(ValueError, match="did you mean Jilin"):
        io.provincial_table(2012, "Jillin")
    with pytest.raises(ValueError, match="no input-output tables of 2003: choose from 2002, 2007"):
        io.provincial_tables(2003)
    with pytest.raises(ValueError, match="Tibet has no input-output table of 2002: choose 2012 or"):
        io.provincial_table(2002, "西藏")
    with pytest.raises(ValueError, match="no input-output tables of 1997"):
        io.defects(1997)


@pytest.fixture
def file_of_2017(tmp_path, monkeypatch):
    """Let the room read a copy of the data; return the file of 2017 in it."""
    shutil.copytree(files.DATA, tmp_path / "data")
    monkeypatch.setattr(files, "DATA", tmp_path / "data")
    return tmp_path / "data" / "input_output" / "provincial_2017.csv"


def test_a_whole_copy_is_read(file_of_2017):
    assert len(provincial.read_tables(2017)) == 31


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "provincial_2017.csv is not whole: restore it with"),
        (lambda text: text[:-1], "is not whole"),
        (lambda text: text[: text.rindex("\n", 0, -1) + 1], "is not whole"),
        (lambda text: text[: text.index("Xinjiang") + 4], "is not whole"),
        (lambda text: text[: text.index("Xinjiang")], "is not whole"),
        (lambda text: text[: text.index("\n") + 1], "is not whole"),
        (lambda text: "", "is not whole"),
        (lambda text: text.replace("Hebei,coal_mining", "Hebei,oil_gas_extraction"), "not whole"),
        (lambda text: text.replace(",exports,", ",export,", 1), "lack rows or columns: restore it"),
        (lambda text: text.replace("\nJilin,agriculture,", "\nJilin,agriculture,9", 1), "balance"),
    ],
)
def test_a_damaged_file_is_refused(file_of_2017, damage, message):
    file_of_2017.write_text(damage(file_of_2017.read_text("utf-8")), "utf-8")
    with pytest.raises(ValueError, match=message):
        provincial.read_tables(2017)


def test_output_by_sector_is_not_read_from_a_truncated_file(file_of_2017):
    text = file_of_2017.read_text("utf-8")
    file_of_2017.write_text(text[: text.index("Xinjiang")], "utf-8")
    for rows in (["agriculture"], provincial.VALUE_ADDED_ITEMS):
        with pytest.raises(ValueError, match="is not whole"):
            files.input_output_cells(2017, rows=rows, columns=["gross_output"])


def test_a_missing_file_names_the_cure(file_of_2017):
    file_of_2017.unlink()
    with pytest.raises(FileNotFoundError, match="git checkout -- data"):
        provincial.read_tables(2017)
