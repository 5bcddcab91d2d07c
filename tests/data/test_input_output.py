"""The provincial input-output tables as files, and the parts of the builder that make them."""

import csv
import json
import re
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

DATA = Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))  # as when the builder is run as a script

import provincial_tables as builder  # noqa: E402

YEARS = ["2002", "2007", "2012", "2017"]
TRADE = {
    "2002": ["net_outflow"],
    "2007": ["outflow_total", "inflow_total", "error"],
    "2012": ["exports", "domestic_outflow", "imports", "domestic_inflow", "error"],
    "2017": ["exports", "domestic_outflow", "imports", "domestic_inflow", "error"],
}
every_year = pytest.mark.parametrize("year", YEARS)


def rows(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SECTORS = [row["sector"] for row in rows("sectors")]
PROVINCES = [row["province"] for row in rows("provinces")]


@every_year
def test_rows_and_columns_are_those_of_the_year(year):
    table = rows(f"input_output/provincial_{year}")
    places = [name for name in PROVINCES if name != "Tibet" or year > "2007"]
    keys = [(row["province"], row["row"]) for row in table]
    assert keys == [(place, row) for place in places for row in (*SECTORS, *builder.ITEMS)]
    use = [*SECTORS, *builder.USES, *TRADE[year], "gross_output"]
    assert list(table[0]) == ["province", "row", *use]
    for row in table:
        filled = use if row["row"] in SECTORS else SECTORS
        assert [name for name in use if row[name]] == filled


@every_year
def test_numbers_are_decimals_of_the_fewest_digits(year):
    short = re.compile(r"0|-?(?=[^-])(0|[1-9]\d*)(\.\d?[1-9])?")
    for row in rows(f"input_output/provincial_{year}"):
        for column, cell in row.items():
            if cell and column not in ("province", "row"):
                assert short.fullmatch(cell), (row["province"], row["row"], column, cell)
                assert cell != "-0"


@every_year
def test_all_flows_are_published_without_a_sign(year):
    directed = [name for name in TRADE[year] if name not in ("net_outflow", "error")]
    for row in rows(f"input_output/provincial_{year}"):
        if row["row"] in SECTORS:
            assert all(Decimal(row[name]) >= 0 for name in directed)


def test_all_tables_together_are_small():
    assert sum(path.stat().st_size for path in DATA.glob("input_output/*.csv")) < 5 * 10**6


def test_the_descriptor_writes_out_years_and_sectors():
    resources = json.loads((DATA / "datapackage.json").read_text("utf-8"))["resources"]
    found = {r["path"]: r for r in resources if r["path"].startswith("input_output/provincial_")}
    assert list(found) == [f"input_output/provincial_{year}.csv" for year in YEARS]
    assert "{" not in json.dumps([r["title"] + r["description"] for r in found.values()])
    known = {name for names in TRADE.values() for name in names}
    for year, resource in zip(YEARS, found.values(), strict=True):
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert resource["title"].endswith(year)
        assert resource["unit"] == "10 thousand yuan"
        assert [name for name in fields if name in known] == TRADE[year]
        assert fields["row"]["constraints"]["enum"] == [*SECTORS, *builder.ITEMS]
        assert fields["coal_mining"]["description"] == "Used by: Coal mining and washing."
        assert "years" not in json.dumps(fields)
        assert [source["carrier"]["licence"] for source in resource["sources"]] == ["GPL-3"]


def test_the_defects_that_are_known():
    found = defaultdict(dict)
    for row in rows("input_output/defects"):
        found[row["defect"]][row["province"], row["year"]] = row
    assert set(found["unbalanced"]) == {("Jiangsu", "2002"), ("Fujian", "2002")}
    assert set(found["no_construction_investment"]) == {("Chongqing", "2002")}
    assert set(found["outflow_over_output"]) == {("Beijing", "2012"), ("Chongqing", "2017")}
    assert len(found["negative_value_added"]) == 3
    assert found["zero_output"]["Tibet", "2012"]["value"] == "7"
    assert "negative_flow" not in found
    assert "negative_final" not in found
    larger = {
        place: round(float(row["value"]), 1)
        for place, row in found["outflow_over_value_added"].items()
    }
    assert (larger["Beijing", "2012"], larger["Beijing", "2017"]) == (3.6, 2.8)
    assert larger["Chongqing", "2017"] == 4.0


def small_table(**changes):
    """Return one province with the sectors a and construction, balanced, as strings."""
    table = [
        {"row": "a", "a": "1", "construction": "2", "gfcf": "3", "exports": "5", "imports": "1"},
        {"row": "construction", "a": "2", "construction": "0", "gfcf": "4"},
    ]
    for row in table:
        for column in (*builder.USES, "exports", "imports", "domestic_outflow", "domestic_inflow"):
            row.setdefault(column, "0")
        row |= {"domestic_outflow": "1", "domestic_inflow": "1"}
    table[0]["gross_output"], table[1]["gross_output"] = "10", "6"
    table += [{"row": item, "a": "0", "construction": "0"} for item in builder.ITEMS[1:]]
    table.append({"row": builder.ITEMS[0], "a": "7", "construction": "4"})
    for place, value in changes.items():
        row, _, column = place.partition("__")
        next(r for r in table if r["row"] == row)[column] = value
    return [{"province": "Jilin", **row} for row in table]


def kinds(table):
    sectors = [
        {"sector": "a", "is_industry": "true"},
        {"sector": "construction", "is_industry": ""},
    ]
    product = {("Jilin", "2012"): Decimal(11)}
    found = builder.defects({"2012": table}, sectors, product)
    return {row["defect"]: row["value"] for row in found if row["province"]}


def test_a_sound_table_has_no_defects():
    assert kinds(small_table()) == {}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"a__gfcf": "2"}, {"unbalanced": "1"}),
        ({"a__inventory": "-1", "a__exports": "6"}, {}),
        ({"a__government": "-1", "a__exports": "6"}, {"negative_final": "1"}),
        ({"a__exports": "4", "a__imports": "0"}, {}),
        ({"a__a": "-1", "a__exports": "7", "compensation_of_employees__a": "9"},
         {"negative_intermediate": "1", "value_added_over_product": "1.181818"}),
        ({"compensation_of_employees__a": "-1", "operating_surplus__a": "8"},
         {"negative_item": "1"}),
        ({"construction__gfcf": "0", "construction__inventory": "4"},
         {"no_construction_investment": "0"}),
        ({"a__domestic_outflow": "17", "a__domestic_inflow": "17"},
         {"outflow_over_output": "1.125", "outflow_over_value_added": "1.636364"}),
        ({"a__domestic_outflow": "-1", "a__exports": "7"}, {"negative_flow": "1"}),
        ({"a__error": "2", "a__exports": "3"}, {"error_share": "0.125"}),
    ],
)  # fmt: skip
def test_each_defect_is_found(changes, found):
    assert kinds(small_table(**changes)) == found


cell = some.decimals(-(10**9), 10**9, places=2)


@settings(max_examples=40)
@given(some.lists(cell, min_size=9, max_size=9))
def test_merging_is_exact_and_keeps_the_total(values):
    """Three sectors, two of one key: no cell is lost, none counted twice, none rounded."""
    codes = ["1", "2", "3"]
    table = [
        {"province": "Jilin", "row": code} | dict(zip(codes, map(str, triple), strict=True))
        for code, triple in zip(codes, zip(*[iter(values)] * 3, strict=True), strict=True)
    ]
    zero = dict.fromkeys(codes, "0")
    table += [{"province": "Jilin", "row": name} | zero for name in (*builder.ITEMS, "value_added")]
    found = builder.merged(table, {"1": "x", "2": "y", "3": "x"}, ["x", "y"], ["Jilin"])
    assert [row["row"] for row in found] == ["x", "y", *builder.ITEMS]
    assert sum(Decimal(row[key]) for row in found for key in "xy") == sum(values)
    assert Decimal(found[1]["y"]) == values[4]
    assert Decimal(found[0]["x"]) == values[0] + values[2] + values[6] + values[8]


def test_value_added_that_is_not_the_sum_of_its_items_stops_the_builder():
    table = [{"province": "Jilin", "row": name, "1": "1"} for name in ("1", *builder.ITEMS)]
    table.append({"province": "Jilin", "row": "value_added", "1": "9"})
    with pytest.raises(SystemExit, match="value added of x in Jilin is not the sum"):
        builder.merged(table, {"1": "x"}, ["x"], ["Jilin"])


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.50", "1.5"), ("0.00", "0"), ("-0.00", "0"), ("1200", "1200"), ("-0.10", "-0.1")],
)
def test_plain(number, text):
    assert builder.plain(Decimal(number)) == text
