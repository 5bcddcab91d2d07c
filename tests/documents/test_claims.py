"""Reading the ledger: numbers with the precision of print, and rows that are refused."""

import re
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongbei import documents
from dongbei.documents.claims import Claim
from dongbei.documents.findings import Finding, compared
from dongbei.statistics.tables import table

ROW = {
    "claim": "004-example",
    "document": "004",
    "place": "part 1, paragraph 1",
    "statement": "An example.",
    "printed": "8.5",
    "qualifier": "",
    "unit": "percent",
    "precision": "",
    "period": "2003",
    "kind": "measured",
    "checks": "share_of_product",
    "needs": "",
    "undefined": "",
    "note": "",
}


def claim(**fields):
    return Claim(**(ROW | fields))


class TestNumbers:
    @given(st.decimals(min_value=-(10**6), max_value=10**6, places=3, allow_nan=False))
    def test_half_a_unit_of_the_last_digit_lies_on_either_side(self, number):
        low, high = claim(printed=f"{number:.3f}".replace("-", "", 1)).bounds()
        assert high - low == Decimal("0.001")
        assert (low + high) / 2 == abs(number)

    @pytest.mark.parametrize(
        ("fields", "low", "high"),
        [
            ({"printed": "8.5"}, "8.45", "8.55"),
            ({"printed": "8.50"}, "8.495", "8.505"),
            ({"printed": "58847"}, "58846.5", "58847.5"),
            ({"printed": "50", "precision": "10"}, "45", "55"),
            ({"printed": "50", "precision": "10", "qualifier": "about"}, "45", "55"),
            ({"printed": "11", "qualifier": "nearly"}, "10.5", "11"),
            ({"printed": "50", "precision": "10", "qualifier": "odd"}, "50", "60"),
            ({"printed": "95", "qualifier": "at least"}, "95", "Infinity"),
            ({"printed": "40", "qualifier": "more than"}, "40", "Infinity"),
            ({"printed": "3", "qualifier": "less than"}, "-Infinity", "3"),
            ({"printed": "1", "qualifier": "several"}, "2", "10"),
            ({"printed": "3-5", "unit": "years"}, "2.5", "5.5"),
        ],
    )
    def test_words_beside_a_number_move_its_bounds(self, fields, low, high):
        assert claim(**fields).bounds() == (Decimal(low), Decimal(high))

    def test_a_fraction_is_as_fine_as_its_denominator(self):
        low, high = claim(printed="1/5", unit="ratio").bounds()
        assert (round(1 / low, 9), round(1 / high, 9)) == (Decimal("5.5"), Decimal("4.5"))

    def test_a_date_is_its_year(self):
        assert claim(printed="2003-10", unit="month").bounds() == (2003, 2003)

    @pytest.mark.parametrize(
        ("fields", "stated"),
        [
            (
                {"printed": "11", "qualifier": "nearly", "unit": "trillion yuan"},
                "nearly 11 trillion yuan",
            ),
            ({"printed": "895", "unit": "100 million yuan"}, "895 × 100 million yuan"),
            ({"printed": "0.31", "unit": "ratio"}, "0.31"),
            ({"printed": "", "kind": "shape"}, "percent"),
        ],
    )
    def test_the_stated_number_reads_as_printed(self, fields, stated):
        assert claim(**fields).stated == stated


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"document": "005"}, "document: .*'004'"),
            ({"claim": "003-example"}, "must begin with 004-"),
            ({"unit": ""}, "needs a unit"),
            ({"printed": ""}, "measured claim needs a printed number"),
            ({"printed": "eight"}, "'eight' is no number"),
            ({"printed": "8.55", "precision": "0.1"}, "finer than its precision"),
            ({"qualifier": "roughly"}, "qualifier: "),
            ({"kind": "opinion"}, "kind: "),
            ({"place": ""}, "place and statement"),
            ({"checks": "gut_feeling"}, "no function of dongbei.documents is called 'gut_feeling'"),
            ({"checks": "_used"}, "no function of dongbei.documents is called '_used'"),
            ({"checks": ""}, "name a check, or say in needs or undefined"),
            ({"checks": "", "needs": "crystal_ball"}, "'crystal_ball' is not in data/documents"),
        ],
    )
    def test_a_wrong_row_is_refused_with_its_line(self, fields, message):
        rows = pd.DataFrame([ROW | {"claim": "004-first"}, ROW | fields])
        with pytest.raises(ValueError, match=rf"^claims.csv, line 3 .*{message}"):
            documents.ledger(rows.fillna(""))

    def test_a_column_that_nobody_reads_is_refused(self):
        with pytest.raises(ValueError, match=r"line 2 .*verdict: Extra inputs"):
            documents.ledger(pd.DataFrame([ROW | {"verdict": "reproduced"}]))

    def test_a_key_is_taken_once(self):
        with pytest.raises(ValueError, match=r"line 3 \(004-example\): the key is taken"):
            documents.ledger(pd.DataFrame([ROW, ROW]))

    def test_a_check_that_names_no_number_is_refused(self):
        with pytest.raises(ValueError, match="from what"):
            compared(claim(), {"reading": 8.5}, "Nothing.", [])
        with pytest.raises(ValueError, match="what it computed"):
            Finding("ceiling", (), "Nothing.", ("number",))

    def test_an_unknown_table_names_the_known(self):
        with pytest.raises(ValueError, match="there are 002-table-1, 002-table-2, 002-table-3"):
            documents.printed_table("002-table-4")


class TestTables:
    def test_tables_stand_as_printed(self):
        first = documents.printed_table("002-table-1")
        assert list(first.columns) == ["黑龍江", "吉林", "遼寧", "安徽", "江蘇", "上海", "北京"]
        assert first.loc["占省（市）工業產值比重（%）", "遼寧"] == "12.3"
        second = documents.printed_table("002-table-2")
        assert second.loc["吉林", "在全國位次 1990"] == "第 16 位"
        assert documents.printed_table("002-table-3").shape == (15, 1)

    def test_every_cell_has_the_claim_that_stands_in_its_place(self, ledger):
        by_place = {one.place: one for one in ledger.values() if one.document == "002"}
        cells = table("documents/cells")
        assert len(cells) == 14 + 15 + 15
        for cell in cells.itertuples():
            place = f"table {cell.table[-1]}, row {cell.row}, column {cell.column}"
            number = re.search(r"[\d.]+", cell.printed)[0]
            assert by_place[place].printed == number, place

    def test_every_claim_of_a_table_is_a_cell(self, ledger):
        places = {one.place for one in ledger.values() if re.match(r"table \d, row", one.place)}
        assert len(places) == len(table("documents/cells"))

    def test_every_numeral_belongs_to_a_claim_or_has_a_reason(self, ledger):
        rows = table("documents/numerals")
        ours = rows[rows["role"] == "claim"]
        digits = ours[ours["numeral"].str.fullmatch(r"[\d./]+")]
        for row in digits.itertuples():
            parts = ledger[row.claim].printed.split("-")
            assert row.numeral in {part.removeprefix("0") for part in parts} | {*parts}, row
            assert row.document == ledger[row.claim].document
        with_number = {key for key, one in ledger.items() if one.printed}
        assert with_number - set(ours["claim"]) == set()
        part_of = rows["role"].isin(["claim", "period", "threshold"])
        assert (part_of == (rows["claim"] != "")).all()

    def test_every_list_is_counted_by_a_claim(self, ledger):
        for key in documents.lists()["claim"].unique():
            assert {"counted", "equation_is_numbered", "regions_cover_china"} & set(
                ledger[key].checks
            ), key

    def test_no_result_is_stored(self):
        for name in ("claims", "cells", "lists", "segments", "numerals"):
            frame = table(f"documents/{name}")
            assert not {"verdict", "computed", "difference"} & set(frame.columns)
            assert not frame.isin(documents.VERDICTS).any().any()

    def test_claims_come_as_a_tidy_frame(self, ledger):
        frame = documents.claims()
        assert list(frame["claim"]) == list(ledger)
        row = frame.set_index("claim").loc["004-share-2003"]
        assert (row["low"], row["high"]) == (8.45, 8.55)
        assert frame[frame["printed"] == ""]["low"].isna().all()

    def test_every_theme_is_taken_up_by_two_documents_or_more(self):
        assert documents.themes().groupby("theme")["document"].nunique().min() >= 2
        assert set(documents.themes()["document"]) == set(documents.documents()["document"])
