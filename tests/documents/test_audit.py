"""The audit as a whole, and how it is printed."""

import json
import subprocess
import sys

import pytest

from dongbei import documents

PROGRAM = [sys.executable, "-m", "dongbei.documents"]
KEYS = ["id", "document", "place", "statement", "stated", "computed", "unit", "verdict", "reason"]


@pytest.fixture(scope="module")
def audit():
    return documents.audit().set_index("id")


def said(*arguments):
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, check=False, encoding="utf-8"
    )


def test_every_claim_is_judged_and_explained(audit, ledger):
    assert list(audit.index) == list(ledger)
    assert set(audit["verdict"]) == set(documents.VERDICTS)
    assert (audit["reason"].str.len() > 10).all()
    open_ = audit["verdict"].isin(["no open copy", "definition not given"])
    assert (audit[open_]["settle"] != "").all()
    assert not audit["reason"].str.contains("nan|inf|None").any()


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("004-transfers-total", "inconsistent"),  # 32553 + 28628 + 58847 = 120028
        ("004-transfers-heilongjiang", "inconsistent"),  # above spending less own taxes
        ("004-share-2003", "reproduced"),  # 8.48 in the vintage after the census of 2018
        ("004-share-2021", "reproduced"),
        ("002-share-1978", "inconsistent"),  # 8.86 + 2.56 + 4.99 = 16.41, not 16.5
        ("002-share-later", "inconsistent"),  # 4.41 + 1.96 + 2.25 = 8.62, not 9.3
        ("002-ranks-slip", "inconsistent"),  # Jilin: 15, 16, 15
        ("002-table-2-title", "inconsistent"),  # columns 1978, 1990, 2005
        ("002-table-2-source", "inconsistent"),  # a yearbook of 2004 for figures of 2005
        ("002-bad-share", "reproduced"),  # 2918.4 / 10800 = 27.02, 26.9 within rounding
        ("002-sales-ratio", "reproduced"),  # 6.7 / 15.8
        ("001-rank-liaoning", "reproduced"),
        ("001-reconstruction-share", "consistent"),  # 30 of 42
        ("001-key-share", "consistent"),  # 54 of 156; who counts 58 is no office
        ("003-gap-widens", "consistent"),  # in yuan, not as a ratio
        ("004-net-outflow", "no open copy"),  # too few as moves, not as registered people
        ("002-low-value-added", "definition not given"),  # a rate, or little processing
        ("001-coast-l", "inconsistent"),  # falling after 2001, yet flat after 2002
        ("000-coast-to-central", "no open copy"),
        ("002-target-years", "definition not given"),
    ],
)
def test_findings_that_a_reader_can_check_by_hand(audit, key, verdict):
    assert audit.loc[key, "verdict"] == verdict


def test_the_difference_is_computed_less_stated(audit):
    assert audit.loc["002-share-1978", "difference"] == pytest.approx(16.41 - 16.5)
    assert audit.loc["002-share-later", "difference"] == pytest.approx(8.62 - 9.3)
    assert audit.loc["001-rank-jilin", "difference"] == 0


def test_checks_list_every_reading(audit, ledger):
    checks = documents.checks()
    assert {key for key, one in ledger.items() if one.checks} == set(checks["id"])
    shares = checks[checks["id"] == "004-share-2003"]
    assert len(shares) == 4
    assert shares["agrees"].sum() == 1


def test_json_is_a_list_of_objects():
    answer = said("--json")
    assert answer.returncode == 0, answer.stderr
    rows = json.loads(answer.stdout)
    assert len(rows) == len(documents.claims())
    assert all(list(row) == KEYS for row in rows)


def test_the_table_names_every_claim_and_counts_the_verdicts(ledger):
    answer = said()
    assert answer.returncode == 0, answer.stderr
    assert all(f"{key}" in answer.stdout for key in ledger)
    last = answer.stdout.splitlines()[-1]
    assert sum(int(word) for word in last.replace(",", "").split() if word.isdigit()) == len(ledger)


def test_a_claim_is_explained_with_every_number_and_its_origin():
    answer = said("004-transfers-heilongjiang")
    assert answer.returncode == 0
    for words in (
        "58847",
        "ceiling",
        "tax_revenue",
        "National Bureau of Statistics",
        "inconsistent",
    ):
        assert words in answer.stdout


def test_an_unknown_claim_is_refused_with_those_that_are_near():
    answer = said("004-share")
    assert answer.returncode == 1
    assert "there are 004-share-2003, 004-share-2021" in answer.stderr
