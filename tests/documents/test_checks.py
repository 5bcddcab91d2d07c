"""What the checks compute, against pencil and paper and against the raw tables."""

import pandas as pd
import pytest

from dongbei.documents.audit import audit
from dongbei.documents.claims import CHECKS
from dongbei.documents.findings import Number, stands
from dongbei.statistics.tables import DATA

NORTHEAST = ["Liaoning", "Jilin", "Heilongjiang"]
FIFTEEN = [796.0, 373.5, 190.9, 119.4, 97.2, 77.8, 76.8, 64.2, 59.1, 48.0, 44.8, 44.0, 40.1, 36.5]
MOST = sum(FIFTEEN) + 36.1 + 25 * 36.1  # of all industry, by table 3


def raw(name, vintage=None, provinces=NORTHEAST):
    """Read figures straight from the file, provinces side by side."""
    rows = pd.read_csv(DATA / f"{name}.csv")
    if vintage:
        rows = rows[rows["vintage"] == vintage]
    return pd.DataFrame(
        {name: rows[rows["province"] == name].set_index("year")["value"] for name in provinces}
    )


def middles(ledger, key, check):
    readings = CHECKS[check](ledger[key], ledger).readings
    return {one.name: float(one.computed.mid) for one in readings}


@pytest.mark.parametrize(
    ("key", "check", "expected"),
    [
        ("000-coast-to-central", "two_suppliers_fit", [100 - 6.5]),
        ("000-coast-to-northeast", "two_suppliers_fit", [100]),
        ("000-northeast-to-southwest", "two_suppliers_fit", [100 - 60.3]),
        ("001-output-share", "height_above_1978", [0.1641]),
        ("001-reconstruction-share", "whole_projects", [100 * 30 / 42]),
        ("001-key-share", "whole_projects", [100 * 54 / 156]),
        ("001-key-share", "key_projects_elsewhere", [100 * 58 / 156, 100 * 56 / 150]),
        ("001-key-projects", "key_projects_of_the_nation", [156]),
        ("001-rank-liaoning", "rank_from_the_last", [1]),
        ("001-policy-start", "strategy_exists_by_then", [2003, 2004]),
        ("002-equation-9", "equation_is_numbered", [8]),
        ("002-period-of-fall", "years_since_1978", [27]),
        ("002-share-1978", "shares_of_the_table", [16.41]),
        ("002-share-later", "shares_of_the_table", [8.62]),
        ("002-share-fall", "fall_of_the_share", [100 - 930 / 16.5, 100 - 862 / 16.41]),
        ("002-table-1-source", "edition_after_the_year", [2007]),
        ("002-table-2-source", "edition_after_the_year", [2006]),
        ("002-table-2-title", "title_fits_columns", [2005]),
        ("002-high-technology-heilongjiang", "industry_of_fifteen", [0.072 * MOST]),
        ("002-high-technology-share-heilongjiang", "industry_of_fifteen", [89500 / MOST]),
        ("002-shenyang-international", "parts_below_whole", [100 - 19.2]),
        ("002-changchun-1950s", "parts_below_whole", [100 - 19.7]),
        ("002-harbin-twenty", "older_is_fewer", [9.2]),
        ("002-harbin-thirty", "older_is_fewer", [23.8]),
        ("002-sales-ratio", "sales_per_head_ratio", [670 / 15.8]),
        ("002-investment-gap", "investment_gap", [2.7]),
        ("002-cities", "prefectures_of_the_northeast", [36, 34]),
        ("003-anniversary", "years_since_the_strategy", [20]),
        ("004-transfers-total", "transfers_add_up", [12.0028]),
    ],
)
def test_by_pencil_and_paper(ledger, key, check, expected):
    found = middles(ledger, key, check)
    assert list(found.values()) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("key", "check", "strength"),
    [
        ("002-table-2-source", "edition_after_the_year", "floor"),
        ("002-harbin-twenty", "older_is_fewer", "floor"),
        ("002-harbin-thirty", "older_is_fewer", "ceiling"),
        ("000-coast-to-central", "shares_of_inflow", "context"),
        ("004-net-outflow", "net_moves_of_the_decade", "context"),
        ("004-transfers-jilin", "transfers_below_ceiling", "ceiling"),
        ("002-liaoning-share-1978", "ranks_fit_shares", "order"),
    ],
)
def test_a_bound_bounds_the_right_side(ledger, key, check, strength):
    assert CHECKS[check](ledger[key], ledger).strength == strength


@pytest.mark.parametrize("name", NORTHEAST)
def test_the_ceiling_of_transfers_is_spending_less_own_revenue(ledger, name):
    spent, taxes, revenue = (
        raw(f"provincial/{what}")[name]
        for what in ("budget_expenditure", "tax_revenue", "budget_revenue")
    )
    early = 2 * spent[2005] + spent[2005] - revenue[2005] + spent[2006] - revenue[2006]
    late = sum(spent[year] - taxes[year] for year in range(2007, 2023))
    key = f"004-transfers-{name.lower()}"
    (limit,) = middles(ledger, key, "transfers_below_ceiling").values()
    assert limit == pytest.approx(early + late)


def test_the_least_outflow_is_loss_and_births_less_most_deaths(ledger):
    people, births = raw("provincial/population", "census2020"), raw("provincial/birth_rate")
    loss = people.loc[2010].sum() - people.loc[2020].sum()
    born = sum((births.loc[y] * people.loc[y]).sum() / 1000 for y in range(2011, 2020))
    dead = 9.09 / 1000 * people.loc[2011:2020].sum().sum()
    (least,) = middles(ledger, "004-net-outflow", "net_moves_of_the_decade").values()
    assert least == pytest.approx(loss + born - dead)
    migration = CHECKS["net_migration_of_provinces"](ledger["004-inflow-liaoning"], ledger)
    assert [one.agrees for one in migration.readings] == [True, True]


def test_the_growth_gap_of_the_1990s_in_every_reading(ledger):
    product = pd.read_csv(DATA / "provincial/gdp_nominal.csv").query("vintage == 'mixed'")
    own = product[product["province"].isin(NORTHEAST)].groupby("year")["value"].sum()
    accounts = pd.read_csv(DATA / "national/gdp_nominal.csv").set_index("year")["value"]
    nations = {
        "sum of provinces": product.groupby("year")["value"].sum(),
        "national accounts": accounts,
    }
    found = middles(ledger, "001-nominal-gap", "nominal_growth_gap")
    assert len(found) == 5 * 2 * 2
    for first, last in ((1989, 1999), (1990, 1999), (1990, 2000), (1989, 1998), (1990, 1998)):
        for name, nation in nations.items():
            years = range(first + 1, last + 1)
            yearly = [sum(one[y] / one[y - 1] - 1 for y in years) for one in (nation, own)]
            whole = [(one[last] / one[first]) ** (1 / (last - first)) for one in (nation, own)]
            mean = 100 * (yearly[0] - yearly[1]) / (last - first)
            assert found[f"{first}-{last}, mean of yearly rates, {name}"] == pytest.approx(mean)
            over = 100 * (whole[0] - whole[1])
            assert found[f"{first}-{last}, rate over the whole, {name}"] == pytest.approx(over)


def test_the_demand_potential_in_every_reading(ledger):
    delta = ["Shanghai", "Jiangsu", "Zhejiang", "Anhui"]
    old, new = (
        raw("provincial/population", vintage, NORTHEAST + delta)
        for vintage in ("pre2020census", "census2020")
    )
    income = raw("provincial/disposable_income_per_head", None, NORTHEAST + delta)
    found = middles(ledger, "001-demand-potential", "demand_potential")
    assert len(found) == 14

    def ratio(people, year, others):
        potential = people.loc[year] * income.loc[year]
        return potential[NORTHEAST].sum() / potential[others].sum()

    for name, others in (("without Anhui", delta[:3]), ("with Anhui", delta)):
        for year in range(2013, 2019):
            assert found[f"{name}, {year}"] == pytest.approx(ratio(old, year, others))
        growth = ratio(new, 2019, others) / ratio(new, 2018, others)
        assert found[f"{name}, 2019"] == pytest.approx(ratio(old, 2018, others) * growth)


@pytest.mark.parametrize(
    ("name", "rate"),
    [("heilongjiang", 45.7), ("jilin", 30.84), ("liaoning", 28.74), ("jiangsu", 24.82)],
)
def test_the_largest_industry_is_the_secondary_sector_over_its_rate_of_value_added(
    ledger, name, rate
):
    place = [name.title()]
    part = raw("provincial/secondary_share", "pre_census4", place).loc[2006].item()
    product = raw("provincial/gdp_nominal", "pre_census4", place).loc[2006].item()
    most = part / 100 * product / (rate / 100)
    output = ledger[f"002-high-technology-{name}"]
    share = ledger[f"002-high-technology-share-{name}"]
    (limit,) = middles(ledger, output.claim, "implied_industry").values()
    assert limit == pytest.approx(float(share.printed) / 100 * most, rel=1e-6)
    (least,) = middles(ledger, share.claim, "implied_industry").values()
    assert least == pytest.approx(100 * float(output.printed) / most, rel=1e-6)


def test_reasons_give_the_numbers():
    reasons = audit().set_index("id")["reason"]
    for key, words in {
        "004-growth-fell": "-1.44 points in 2001-2003 and -1.46 in 2004-2013, -1.94 in 2004-2019",
        "003-gap-widens": "1.10 in 1986, 0.67 in 2006, 0.80 in 2012, 0.59 in 2018 (mixed; the",
        "000-growth-keeps-falling": "8.9 percent in 2001, 11.6 in 2007, 3.0 in 2016",
        "002-deltas-overtake": "Yangtze delta has been ahead since 1952",
        "001-demand-ratio-falls": "rises in 2008, 2009, 2011, 2012 of 2005-2017",
        "001-coast-l": "In 2002-2012 the two statements point in different directions (the other",
        "001-tools-gap-widens": "the Northeast's rises in 2002-2008",
        "002-output-lags": "by amount the largest of the three is 1450, the least other 570",
        "004-inflow-liaoning": "-28 ten thousand in Liaoning, 257 ten thousand in Jilin, 552",
    }.items():
        assert words.lower() in reasons[key].lower(), reasons[key]


def test_a_reason_names_the_readings_that_hold_if_others_do_not():
    reasons = audit().set_index("id")["reason"]
    held = "It holds read as: in every such mean since their peak."
    assert reasons["000-growth-keeps-falling"].endswith(held)
    held = "It holds read as: in yuan, mixed, 1986-2018; in yuan, census5, 2006-2023."
    assert reasons["003-gap-widens"].endswith(held)
    assert "It holds read as" not in reasons["002-gap-to-the-coast"]  # all do
    used = [Number("what", "1", "a table")]
    some = stands({"a": True, "b": False, "c": True}, "Words.", used)
    assert some.because == "Words. It holds read as: a; c."
    assert stands({"a": True, "b": True}, "Words.", used).because == "Words."


def test_the_computed_column_gives_values_before_limits():
    computed = audit().set_index("id")["computed"]
    assert computed["004-share-2003"] == "8.476 to 9.571"
    assert computed["002-share-1978"] == "16.39 to 16.43"
    assert computed["004-transfers-heilongjiang"] == "at most 48 620"
    assert computed["002-high-technology-share-heilongjiang"].startswith("at least ")
    assert computed["002-high-technology-heilongjiang"].startswith("at most 21")
    assert computed["001-rank-jilin"] == "4"
    assert computed["001-coast-l"] == ""
