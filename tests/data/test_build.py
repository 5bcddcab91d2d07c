"""The builder's own parts; the rebuild itself needs a folder that readers do not have."""

import csv
import runpy
import sys
import tomllib
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))  # as when it is run as a script
BUILD = runpy.run_path(str(DATA / "build.py"))
numerals = sys.modules["numerals"]
CATALOGUE = tomllib.loads((DATA / "catalogue.toml").read_text("utf-8"))


def rows(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_missing_reference_names_the_cure(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["build.py", "--reference", str(tmp_path)])
    with pytest.raises(SystemExit, match="--reference DIR"):
        BUILD["main"]()


def test_without_a_reference_folder_the_stored_figures_give_the_same_descriptor():
    files = BUILD["build"](None)
    assert BUILD["first_difference"](files, DATA) is None


def test_every_numeral_of_a_text_is_looked_for(tmp_path):
    table = tmp_path / "numerals.csv"
    table.write_text("document,numeral\n004,2003\n004,8.5\n004,三\n004,1/5\n", "utf-8")
    text = "在2003年<sup>[12]</sup>(PP3-6)为8.5%，$x_1=7$，三[3](http://example.net/9)的1/5"
    (tmp_path / "004_text.txt").write_text(text, "utf-8")
    assert numerals.first_difference(tmp_path, table) is None
    (tmp_path / "004_text.txt").write_text(f"{text}和6", "utf-8")
    assert "has 4 numerals, the table 3" in numerals.first_difference(tmp_path, table)
    (tmp_path / "004_text.txt").write_text(text.replace("8.5", "8.6"), "utf-8")
    assert "numeral 2 is 8.6" in numerals.first_difference(tmp_path, table)


def test_written_files_show_no_difference(tmp_path):
    files = {"a.csv": b"x\n1\n", "provincial/b.csv": b"y\n2\n"}
    BUILD["write"](files, tmp_path)
    assert BUILD["first_difference"](files, tmp_path) is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "provincial"]


def test_writing_removes_tables_that_are_no_longer_built(tmp_path):
    BUILD["write"]({"a.csv": b"x\n", "provincial/old.csv": b"x\n"}, tmp_path)
    (tmp_path / "README.md").write_text("words")
    BUILD["write"]({"a.csv": b"x\n"}, tmp_path)
    assert not (tmp_path / "provincial" / "old.csv").exists()
    assert (tmp_path / "README.md").exists()


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (b"x\n1\n3\n", "a.csv, line 3"),
        (b"x\n1\n", "a.csv, line 3"),
        (b"x\n1\n2\n4\n", "a.csv, line 4"),
        (b"x\n1\n2", "a.csv, line 3"),
        (b"x\r\n1\n2\n", "a.csv, line 1"),
        (None, "a.csv is missing"),
    ],
)
def test_first_difference_names_file_and_line(tmp_path, stored, message):
    if stored is not None:
        (tmp_path / "a.csv").write_bytes(stored)
    assert BUILD["first_difference"]({"a.csv": b"x\n1\n2\n"}, tmp_path) == message


def test_first_difference_finds_a_leftover(tmp_path):
    (tmp_path / "old.csv").write_bytes(b"x\n")
    assert BUILD["first_difference"]({}, tmp_path) == "old.csv is left over"


def test_coverage_breaks():
    years = {"A": [2000, 2001, 2003], "B": [2001, 2003], "C": [2000, 2003], "D": [2000, 2001]}
    table = [{"province": p, "year": str(y)} for p, group in years.items() for y in group]
    found = [
        (row["province"], row["before"], row["after"], row["kind"])
        for row in BUILD["coverage_breaks"](table)
    ]
    assert found == [
        ("", 2001, 2003, "gap"),
        ("B", 2000, 2001, "coverage"),
        ("C", 2000, 2003, "gap"),
        ("D", 2001, 2003, "coverage"),
    ]


def test_words_of_the_catalogue_are_in_the_tables():
    assert [row["indicator"] for row in rows("indicators")] == list(CATALOGUE["indicators"])
    assert [row["region"] for row in rows("regions")] == [r["region"] for r in CATALOGUE["regions"]]
    described = {row["what"] for row in rows("breaks")}
    assert {entry["what"] for entry in CATALOGUE["breaks"]} <= described
    assert {row["reason"] for row in rows("anomalies")} == {
        entry["reason"] for entry in CATALOGUE["anomalies"]
    }
    assert {row["source"] for row in rows("sources")} == set(CATALOGUE["sources"])


def test_changed_cells_hold_the_value_that_the_anomaly_says():
    for row in rows("anomalies"):
        if row["action"] in ("changed", "kept"):
            figures = {
                (r["province"], r["year"], r["vintage"]): r["value"]
                for r in rows(f"provincial/{row['indicator']}")
            }
            stored = figures[row["province"], row["first_year"], row["vintage"]]
            assert float(stored) == float(row["value"])


def test_dropped_cells_are_absent():
    for row in rows("anomalies"):
        if row["action"] == "dropped":
            span = range(int(row["first_year"]), int(row["last_year"]) + 1)
            for figure in rows(f"provincial/{row['indicator']}"):
                same = figure["vintage"] == row["vintage"]
                here = row["province"] in ("", figure["province"])
                assert not (same and here and int(figure["year"]) in span), (row, figure)


def test_both_sides_of_every_break_have_figures():
    for row in rows("breaks"):
        years = {
            figure["year"]
            for figure in rows(f"provincial/{row['indicator']}")
            if figure["vintage"] == row["vintage"]
        }
        assert {row["before"], row["after"]} <= years, row
