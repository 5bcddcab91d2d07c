"""Verdicts follow what is stated and what is computed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import iv

from dongbei import documents
from dongbei.documents.audit import run
from dongbei.documents.claims import CHECKS
from dongbei.documents.findings import (
    Number,
    ceiling,
    compared,
    floor,
    recomputed,
    show,
    stands,
    verdict,
)

LEDGER = documents.ledger()
USED = [Number("a number", "1", "somewhere")]


def pairs(*strengths):
    """List (claim, check) where a claim's number meets computed numbers of some strength."""
    return [
        (key, name)
        for key, found in run(LEDGER).items()
        for name, one in found
        if one.strength in strengths and one.readings[0].computed is not None
    ]


EQUAL, BOUNDS = pairs("recomputed", "compared"), pairs("ceiling", "floor")


def decimals(claim):
    return 2 if "/" in claim.printed else len(claim.printed.partition(".")[2])


def restated(key, number):
    """Return the claim with another number, printed as finely as the old."""
    claim = LEDGER[key]
    printed = f"{number:.{decimals(claim)}f}"
    return claim.model_copy(update={"printed": printed, "qualifier": "", "precision": ""})


def outcome(key, check, number):
    claim = restated(key, number)
    return CHECKS[check](claim, {**LEDGER, key: claim}).outcome


def test_most_checks_compute_a_number():
    assert len(EQUAL) > 40
    assert len(BOUNDS) > 30


@pytest.mark.parametrize(("key", "check"), EQUAL)
def test_a_number_within_tolerance_is_not_contradicted(key, check):
    readings = CHECKS[check](LEDGER[key], LEDGER).readings
    assert outcome(key, check, float(readings[0].computed.mid)) != "inconsistent"


@pytest.mark.parametrize(("key", "check"), EQUAL)
def test_a_number_beyond_tolerance_is_contradicted(key, check):
    readings = CHECKS[check](LEDGER[key], LEDGER).readings
    highest = max(float(one.computed.b) for one in readings)
    unit = 10.0 ** -decimals(LEDGER[key])
    assert outcome(key, check, highest + 1.6 * unit) == "inconsistent"


@pytest.mark.parametrize(("key", "check"), BOUNDS)
def test_a_bound_refuses_one_side_only(key, check):
    limit = CHECKS[check](LEDGER[key], LEDGER).readings[0].computed
    unit = 10.0 ** -decimals(LEDGER[key])
    sides = {
        outcome(key, check, float(limit.a) - 2 * unit),
        outcome(key, check, float(limit.b) + 2 * unit),
    }
    assert sides == {"possible", "inconsistent"}


class TestRules:
    """What a finding is worth, on a claim of 8.5 percent."""

    claim = LEDGER["004-share-2003"]

    @given(st.floats(0, 20))
    def test_one_reading_must_meet_the_printed_number(self, value):
        meets = 8.45 <= value <= 8.55
        found = recomputed(self.claim, {"one": value}, "So it is.", USED)
        assert found.outcome == ("reproduced" if meets else "inconsistent")
        found = compared(self.claim, {"one": value}, "So it is.", USED)
        assert found.outcome == ("consistent" if meets else "inconsistent")

    @given(st.floats(0, 20), st.floats(0, 20))
    def test_between_readings_a_number_is_consistent(self, one, other):
        found = recomputed(self.claim, {"one": one, "other": other}, "So it is.", USED)
        if any(8.45 <= value <= 8.55 for value in (one, other)):
            assert found.outcome == "reproduced"
        elif min(one, other) < 8.45 and max(one, other) > 8.55:
            assert found.outcome == "consistent"
        else:
            assert found.outcome == "inconsistent"

    @given(st.floats(0, 20))
    def test_a_bound_that_holds_settles_nothing(self, limit):
        above = ceiling(self.claim, {"limit": limit}, "So it is.", USED)
        assert above.outcome == ("possible" if limit >= 8.45 else "inconsistent")
        below = floor(self.claim, {"limit": limit}, "So it is.", USED)
        assert below.outcome == ("possible" if limit <= 8.55 else "inconsistent")

    @pytest.mark.parametrize(
        ("holds", "expected"),
        [
            ((True, True), "reproduced"),
            ((True, False), "consistent"),
            ((False, False), "inconsistent"),
        ],
    )
    def test_a_shape_must_hold_in_every_reading_to_be_reproduced(self, holds, expected):
        readings = dict(zip("ab", holds, strict=True))
        found = stands(readings, "So it is.", USED, strength="recomputed")
        assert found.outcome == expected

    def test_a_contradiction_outweighs_what_agrees(self):
        agrees = recomputed(self.claim, {"one": 8.5}, "So it is.", USED)
        contradicts = ceiling(self.claim, {"limit": 1}, "So it is.", USED)
        assert verdict(self.claim, [agrees, contradicts]) == "inconsistent"
        assert verdict(self.claim, [agrees]) == "reproduced"

    def test_a_bound_must_hold_in_every_reading(self):
        limits = {"wide": 20, "narrow": 1}
        assert ceiling(self.claim, limits, "So it is.", USED).outcome == "inconsistent"
        assert floor(self.claim, limits, "So it is.", USED).outcome == "inconsistent"

    def test_a_limit_is_taken_at_its_own_generous_end(self):
        wide = iv.mpf([8, 9])
        assert ceiling(self.claim, {"limit": wide}, "So it is.", USED).outcome == "possible"
        assert floor(self.claim, {"limit": wide}, "So it is.", USED).outcome == "possible"

    def test_what_is_reproduced_outweighs_what_only_fits(self):
        fits = compared(self.claim, {"one": 8.5}, "So it is.", USED)
        again = recomputed(self.claim, {"one": 8.5}, "So it is.", USED)
        assert verdict(self.claim, [fits, again]) == verdict(self.claim, [again, fits])
        assert verdict(self.claim, [fits, again]) == "reproduced"

    @pytest.mark.parametrize(
        ("interval", "words"),
        [
            ([8.5, 8.5], "8.5"),
            ([8.475, 9.569], "8.475 to 9.569"),
            ([2003, 2004], "2003 to 2004"),
            ([48847, 48847], "48 850"),
        ],
    )
    def test_intervals_are_written_in_few_digits(self, interval, words):
        assert show(iv.mpf(interval)) == words

    def test_an_open_claim_says_what_is_open(self):
        bound = ceiling(self.claim, {"limit": 100}, "So it is.", USED)
        assert verdict(self.claim, [bound]) == "consistent"
        undefined = self.claim.model_copy(update={"undefined": "Which year."})
        assert verdict(undefined, [bound]) == "definition not given"
        secret = undefined.model_copy(update={"needs": ("migration_flows",)})
        assert verdict(secret, [bound]) == "no open copy"
        context = compared(self.claim, {"one": 1}, "So it is.", USED, strength="context")
        assert verdict(secret, [context]) == "no open copy"

    def test_intervals_carry_the_precision_of_every_number(self):
        bad, assets = LEDGER["002-bad-assets"].interval, LEDGER["002-assets"].interval
        share = bad / (assets * 10**4) * 100
        assert 2918.35 / 10850 * 100 in share
        assert 2918.45 / 10750 * 100 in share
        assert 2918.4 / 10700 * 100 not in share
        assert isinstance(share, type(iv.mpf(1)))


class TestStatements:
    """Statements about a shape flip when what they rest on is changed."""

    @pytest.mark.parametrize(
        ("key", "changes", "before", "after"),
        [
            ("002-ranks-slip", {"002-jilin-rank-2005": "17"}, "inconsistent", "reproduced"),
            ("002-share-1978", {"002-jilin-share-1978": "2.65"}, "inconsistent", "reproduced"),
            ("002-share-later", {"002-liaoning-share-2005": "5.09"}, "inconsistent", "reproduced"),
            (
                "002-share-fall",
                {"002-share-later": "16.4", "002-liaoning-share-2005": "12.00"},
                "reproduced",
                "inconsistent",
            ),
            (
                "004-transfers-total",
                {"004-transfers-heilongjiang": "48847"},
                "inconsistent",
                "inconsistent",
            ),
            (
                "004-transfers-total",
                {"004-transfers-heilongjiang": "47847"},
                "inconsistent",
                "reproduced",
            ),
            (
                "002-investment-state",
                {"002-investment-foreign": "9.1"},
                "reproduced",
                "inconsistent",
            ),
            (
                "002-heilongjiang-industry-4",
                {"002-heilongjiang-industry-5": "197.2"},
                "no open copy",
                "inconsistent",
            ),
            (
                "002-liaoning-share-1978",
                {"002-liaoning-rank-1978": "12"},
                "no open copy",
                "inconsistent",
            ),
            (
                "002-high-technology-jilin",
                {"002-high-technology-share-jilin": "19.0"},
                "inconsistent",
                "no open copy",
            ),
            (
                "001-reconstruction-share",
                {"001-reconstruction-projects": "40"},
                "consistent",
                "inconsistent",
            ),
        ],
    )
    def test_when_another_claim_changes(self, judge, key, changes, before, after):
        assert judge(key) == before
        assert judge(key, **changes) == after

    @pytest.mark.parametrize(
        ("key", "claim", "year", "direction", "before", "after"),
        [
            ("001-coast-l", "001-coast-l", 2002, "falls", "inconsistent", "consistent"),
            (
                "001-coast-tools-rise",
                "001-coast-tools-fall",
                2001,
                "rises",
                "inconsistent",
                "consistent",
            ),
            ("001-northeast-v", "001-northeast-v", 2002, "falls", "inconsistent", "consistent"),
            ("000-chain-weakens", "001-northeast-v", 2002, "falls", "inconsistent", "consistent"),
            (
                "001-tools-gap-widens",
                "001-northeast-tools-rise",
                2002,
                "falls",
                "inconsistent",
                "consistent",
            ),
        ],
    )
    def test_when_a_shape_changes(self, judge, change, key, claim, year, direction, before, after):
        assert judge(key) == before

        def turn(frame):
            row = (frame["claim"] == claim) & (frame["first_year"] == year)
            frame.loc[row, "direction"] = direction
            return frame

        change("documents/segments", turn)
        assert judge(key) == after

    def test_the_condition_of_the_price_advantage_is_sharp(self, judge):
        assert judge("002-price-advantage", printed="2") == "reproduced"
        assert judge("002-price-advantage", printed="1") == "inconsistent"
        assert judge("002-price-advantage", printed="3") == "inconsistent"

    def test_an_equation_within_the_numbered_ones_is_found(self, judge):
        assert judge("002-equation-9") == "inconsistent"
        assert judge("002-equation-9", printed="8") == "consistent"

    def test_a_later_edition_can_report_the_year(self, judge):
        assert judge("002-table-2-source") == "inconsistent"
        assert judge("002-table-2-source", printed="2006") == "consistent"


def scaled(rows, column, factor):
    """Return an edit of a table: one column times a factor where the rows match."""

    def edit(frame):
        where = math.prod([frame[name].astype(str).isin(values) for name, values in rows.items()])
        assert where.astype(bool).any()
        frame.loc[where.astype(bool), column] *= factor
        return frame

    return edit


def replaced(rows, column, value):
    def edit(frame):
        where = math.prod([frame[name].astype(str).isin(values) for name, values in rows.items()])
        frame.loc[where.astype(bool), column] = value
        return frame

    return edit


def falling(frame):
    """Let the Northeast's figures fall by a tenth a year."""
    inside = frame["province"].isin(NORTHEAST["province"])
    frame.loc[inside, "value"] *= 0.9 ** (frame["year"] - 1978)
    return frame


NORTHEAST = {"province": ["Liaoning", "Jilin", "Heilongjiang"]}


@pytest.mark.parametrize(
    ("key", "table", "edit", "after"),
    [
        (
            "004-share-2021",
            "provincial/gdp_nominal",
            scaled(NORTHEAST, "value", 1.1),
            "inconsistent",
        ),
        (
            "004-share-2003",
            "provincial/gdp_nominal",
            scaled(NORTHEAST, "value", 0.5),
            "inconsistent",
        ),
        (
            "001-nominal-gap",
            "provincial/gdp_nominal",
            scaled(NORTHEAST | {"year": ["1998", "1999", "2000"]}, "value", 1.5),
            "inconsistent",
        ),
        (
            "001-rank-liaoning",
            "provincial/gdp_index_real",
            scaled({"province": ["Liaoning"]}, "value", 1.1),
            "inconsistent",
        ),
        (
            "004-growth-fell",
            "provincial/gdp_index_real",
            scaled(NORTHEAST | {"year": [str(y) for y in range(2004, 2020)]}, "value", 1.05),
            "inconsistent",
        ),
        (
            "001-demand-potential",
            "provincial/disposable_income_per_head",
            scaled(NORTHEAST, "value", 2),
            "inconsistent",
        ),
        (
            "001-demand-ratio-falls",
            "provincial/disposable_income_per_head",
            scaled(NORTHEAST | {"year": ["2018"]}, "value", 2),
            "inconsistent",
        ),
        (
            "003-gap-widens",
            "provincial/gdp_nominal",
            scaled(NORTHEAST | {"year": ["2010", "2011"]}, "value", 9),
            "inconsistent",
        ),
        (
            "004-transfers-heilongjiang",
            "provincial/budget_expenditure",
            scaled(NORTHEAST, "value", 2),
            "no open copy",
        ),
        (
            "004-transfers-jilin",
            "provincial/budget_expenditure",
            scaled(NORTHEAST, "value", 0.5),
            "inconsistent",
        ),
        (
            "001-key-projects",
            "facts",
            replaced({"out_of": ["156.0"]}, "out_of", 141),
            "inconsistent",
        ),
        ("001-tool-imports", "facts", scaled({"period": ["2003"]}, "value", 9), "inconsistent"),
        ("001-tools-cross", "facts", scaled({"period": ["2024"]}, "value", 9), "inconsistent"),
        (
            "002-high-technology-jilin",
            "facts",
            scaled({"indicator": ["value added rate"]}, "value", 0.5),
            "no open copy",
        ),
        (
            "002-cities",
            "prefectures",
            lambda frame: frame[frame["prefecture_zh"] != "沈阳市"],
            "inconsistent",
        ),
        (
            "002-retired",
            "provincial/population",
            scaled({"province": ["Liaoning"]}, "value", 0.1),
            "inconsistent",
        ),
        (
            "001-wto",
            "events",
            replaced({"event": ["wto_accession"]}, "date", "2003-12-11"),
            "inconsistent",
        ),
        (
            "003-anniversary",
            "events",
            replaced({"event": ["northeast_revitalisation"]}, "date", "2005"),
            "inconsistent",
        ),
        (
            "001-policy-start",
            "events",
            replaced({"event": ["northeast_revitalisation"]}, "date", "2005"),
            "inconsistent",
        ),
        (
            "001-regions",
            "provinces",
            replaced({"province": ["Shanxi"]}, "region", "Northwest"),
            "consistent",
        ),
        (
            "001-three-classes",
            "documents/lists",
            lambda frame: frame.drop(frame.index[frame["claim"] == "001-three-classes"][:1]),
            "inconsistent",
        ),
        (
            "000-growth-keeps-falling",
            "provincial/gdp_index_real",
            scaled(NORTHEAST | {"year": ["2019"]}, "value", 1.2),
            "inconsistent",
        ),
        (
            "002-gap-to-the-coast",
            "provincial/gdp_nominal",
            scaled(NORTHEAST | {"year": ["2004", "2005"]}, "value", 3),
            "inconsistent",
        ),
        (
            "002-deltas-overtake",
            "provincial/gdp_nominal",
            scaled(NORTHEAST, "value", 0.1),
            "inconsistent",
        ),
        (
            "001-innovation-stands-still",
            "provincial/invention_grants",
            scaled(NORTHEAST | {"year": ["2024"]}, "value", 9),
            "inconsistent",
        ),
        (
            "001-people-keep-leaving",
            "facts",
            scaled({"indicator": ["death rate"]}, "value", 3),
            "inconsistent",
        ),
        (
            "002-top-fifteen",
            "documents/cells",
            lambda frame: frame.drop(frame.index[-1]),
            "inconsistent",
        ),
    ],
)
def test_when_a_figure_changes_the_verdict_follows(judge, change, key, table, edit, after):
    before = judge(key)
    assert before != after
    change(table, edit)
    assert judge(key) == after


def test_two_readings_of_the_region_can_part(ledger):
    claim = ledger["002-larger-is-better"]
    found = CHECKS["advantage_grows_with_size"](claim, ledger)
    assert {one.name: one.agrees for one in found.readings} == {
        "more firms in a stage": True,
        "more stages": False,
    }
