"""Estimated tables: what they reproduce, what was assumed, and what margins alone allow."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pymrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.testing import assert_allclose

from dongbei import input_output as io
from dongbei import statistics as st
from dongbei.input_output.estimation import suppliers
from dongbei.input_output.estimation.assumptions import CHOICES, YEAR_OF_CHOICE, YEARS
from dongbei.input_output.estimation.ensemble import ELASTICITIES
from dongbei.input_output.estimation.trade import attraction, freight, through_hubs

PLAIN = io.Assumptions()
INDUSTRY = st.sectors("industry")["sector"].tolist()
NORTHEAST = st.members("Northeast")
EAST_COAST = st.members("East Coast")
VARIANTS = [
    (2007, PLAIN),
    (2007, io.Assumptions(abroad="province", reconciliation="inflow", transit="traced")),
    (2007, io.Assumptions(abroad="customs", reconciliation="outflow", services_elasticity=0.5)),
    (2012, io.Assumptions(0.3, deterrence="exponential", routes="cheapest")),
    (2012, io.Assumptions(unsplit="split", reconciliation="inflow", transit="traced")),
    (2017, PLAIN),
    (2017, io.Assumptions(2, transit="traced", reconciliation="outflow", detail="broad")),
    (2017, io.Assumptions(transit="traced", reconciliation="inflow")),
]
variants = pytest.mark.parametrize(("year", "assumptions"), VARIANTS)
"""Every choice of every assumption is in one of them."""


def published(year, column, detail="sector"):
    """One number per province and sector, straight from the provinces' tables. Shape (m, k)."""
    labels = st.sectors()["sector" if detail == "sector" else "broad"]
    tables = io.provincial_tables(year).values()
    by_sector = pd.DataFrame([getattr(one, column) for one in tables]).T.groupby(
        labels.to_numpy(), sort=False
    )
    return by_sector.sum().T.to_numpy()


def square(table, vector):
    return vector.reshape(len(table.names), -1)


def inflow_shares(table):
    """Percent of each of the eight regions in the industrial goods that each other takes in."""
    eight = table.aggregated(io.eight_regions(table.names))
    broad = {*INDUSTRY, *st.sectors("industry")["broad"]}
    shares = io.origin_shares(eight, sorted(broad & {*eight.sectors}))
    return 100 * shares.set_index(["exporter", "importer"])["inflow_share"]


def test_every_choice_is_tried():
    tried = [one for _, one in VARIANTS]
    for name, choices in CHOICES.items():
        assert {getattr(one, name) for one in tried} == set(choices)


# ------------------------------------------------------------------------------ reproduction


@variants
def test_output_value_added_and_exports_are_the_published_ones(year, assumptions):
    table = io.estimated_table(year, assumptions)
    size = table.output.max()
    detail = assumptions.detail
    output = published(year, "gross_output", detail)
    assert_allclose(square(table, table.output), output, atol=1e-9 * size)
    assert (table.output[output.ravel() == 0] == 0).all()
    tables = io.provincial_tables(year).values()
    added = np.array([one.value_added.sum() for one in tables])
    assert_allclose(square(table, table.value_added).sum(axis=1), added)
    assert np.abs(table.residuals()).max() < 1e-7 * size
    if year > 2007 and assumptions.unsplit == "printed":
        exports = published(year, "exports", detail)
        assert_allclose(square(table, table.exports), exports, atol=1e-9 * size)


@variants
def test_trade_has_the_margins_of_the_report(year, assumptions):
    table = io.estimated_table(year, assumptions)
    report = table.report
    sold = table.between()
    size = table.output.max()
    assert_allclose(sold.sum(axis=1), report["outflow"], atol=1e-9 * size)
    inflow = sold.reshape(len(table.names), -1, len(table.names)).sum(axis=0).T
    assert_allclose(inflow.ravel(), report["inflow"], atol=1e-9 * size)
    assert (sold > -1e-9 * size).all()
    totals = report.groupby("sector")[["outflow", "inflow"]].sum()
    assert_allclose(totals["outflow"], totals["inflow"], rtol=1e-9)


@variants
def test_each_use_is_met_from_somewhere(year, assumptions):
    """Over all origins, and with imports, every user gets of each product what its table says."""
    table = io.estimated_table(year, assumptions)
    m = len(table.names)
    k = len(table.output) // m
    detail = assumptions.detail
    bought = table.flows.reshape(m, k, m * k).sum(axis=0)
    used = published(year, "domestic_use", detail)
    domestic = bought.reshape(k, m, k).sum(axis=2).T + table.final.reshape(m, k, m).sum(axis=0).T
    imported = used - domestic
    assert (imported > -1e-9 * table.output.max()).all()
    both = square(table, table.imports + table.report["final_imports"].to_numpy())
    assert_allclose(both.sum(axis=1), imported.sum(axis=1), atol=1e-8 * table.output.max())
    inputs = bought.sum(axis=0) + table.imports
    made = published(year, "gross_output", detail).ravel() - table.value_added
    assert_allclose(inputs, made, atol=1e-7 * table.output.max())


@variants
def test_all_that_was_changed_is_in_the_report(year, assumptions):
    """From the printed margins the reported changes lead to those used, and to the error."""
    table = io.estimated_table(year, assumptions)
    report, size = table.report, 100 * table.output.max()  # printed rows balance to 1e-7 only
    kept_back = report["netted"] + report["passed_on"]
    sent = report["printed_outflow"] - kept_back - report["passed_imports"]
    grown = report["outflow"] + report["returned"] - sent
    taken = report["printed_inflow"] - kept_back - report["received_imports"]
    more_taken = report["inflow"] + report["returned"] - taken
    moved = report["error"] - report["printed_error"] - (more_taken - grown)
    exported = report["reexports"]
    # re-exports leave inflow where they came from other provinces, else imports
    assert (moved <= 1e-9 * size).all()
    assert (moved >= -exported - 1e-9 * size).all()
    assert_allclose(report["passed_imports"].sum(), report["received_imports"].sum())
    for target, side in (("outflow", grown), ("inflow", more_taken + 0)):
        rows = report["target"] == target
        unchanged = side[rows & (exported == 0)]
        assert_allclose(unchanged, 0, atol=1e-9 * size)


def test_printed_outflow_and_inflow_are_printed():
    for year in (2012, 2017):
        report = io.margins(year).report
        for ours, theirs in (("outflow", "domestic_outflow"), ("inflow", "domestic_inflow")):
            assert_allclose(report[f"printed_{ours}"], published(year, theirs).ravel(), atol=1e-3)
        imports = io.estimated_table(year)
        total = imports.imports.sum() + imports.report["final_imports"].sum()
        lost = published(year, "imports").sum() - total
        assert 0 <= lost <= imports.report["reexports"].sum()


def test_what_hubs_pass_on_is_what_is_beyond_their_use():
    report = io.margins(2017).report
    beyond = published(2017, "inflow") - published(2017, "domestic_use")
    passed = report[["netted", "passed_imports", "reexports"]].sum(axis=1)
    assert_allclose(passed, beyond.clip(0).ravel(), atol=1e-2)
    largest = report.loc[passed.idxmax()]
    assert (largest["province"], largest["sector"]) == ("Chongqing", "oil_gas_extraction")


# ------------------------------------------------------------------------------ assumptions


def test_an_estimated_table_says_so_even_when_added_up():
    table = io.estimated_table(2012)
    eight = table.aggregated(io.eight_regions(table.names))
    for one, regions in ((table, 31), (eight, 8)):
        assert repr(one).startswith(f"<Estimated inter-regional table of 2012, {regions} regions")
        assert isinstance(one, io.EstimatedTable)
        assert one.assumptions == PLAIN
        assert one.report is table.report
    trade = io.origin_shares(eight).groupby("exporter")["value"].sum()
    assert_allclose(trade[list(eight.names)], eight.by_region(eight.between().sum(axis=1)).sum(0))


@variants
def test_a_unit_of_output_is_made_of_value_added_imports_and_the_gap(year, assumptions):
    """The algebra of open tables holds for estimated ones, hubs and all: v'B + m'B + r'B = 1'."""
    table = io.estimated_table(year, assumptions)
    parts = table.value_added_shares + table.import_shares + table.residual_shares
    made = table.output > 0
    assert_allclose(table.solve(parts, transposed=True)[made], 1, rtol=1e-6)


@variants
def test_who_makes_nothing_of_a_product_supplies_nothing_of_it(year, assumptions):
    table = io.estimated_table(year, assumptions)
    nothing = table.output == 0
    supplied = np.abs(table.flows).sum(axis=1) + np.abs(table.final).sum(axis=1)
    assert supplied[nothing].sum() < 1  # 10 thousand yuan: rounding of the printed tables
    if assumptions.detail == "sector":
        assert nothing.sum() >= 14


def test_shares_of_a_buyer_and_of_a_supplier_are_whole():
    table = io.estimated_table(2017)
    shares = io.origin_shares(table.aggregated(io.eight_regions(table.names)), INDUSTRY)
    assert len(shares) == 8 * 7
    assert_allclose(shares.groupby("importer")["inflow_share"].sum(), 1)
    assert_allclose(shares.groupby("exporter")["outflow_share"].sum(), 1)


def test_without_elasticity_distance_does_not_matter():
    one, other = (
        io.estimated_table(2012, io.Assumptions(0, deterrence=form, routes=routes))
        for form, routes in (("power", "printed"), ("exponential", "cheapest"))
    )
    assert_allclose(one.flows, other.flows, atol=1e-6)


@pytest.mark.parametrize("detail", ["sector", "broad"])
def test_freight_moves_goods_and_not_services(detail):
    plain = io.Assumptions(detail=detail)
    found = io.margins(2017, plain)
    known = st.sectors()
    freightless = known[known["broad"].isin(["construction", "services"])]
    services = np.isin(found.sectors, freightless[detail if detail == "broad" else "sector"])
    assert services.sum() == (2 if detail == "broad" else 14)
    once, twice = (io.trade(found, replace(plain, elasticity=one)) for one in (1.0, 2.0))
    far = io.trade(found, replace(plain, services_elasticity=1.0))
    assert_allclose(twice[services], once[services])
    assert_allclose(far[~services], once[~services])
    for moved, sectors in ((twice, ~services), (far, services)):
        apart = np.abs(moved - once).sum(axis=(1, 2))
        assert (apart[sectors] > 0.05 * once.sum(axis=(1, 2))[sectors]).all()


@pytest.mark.parametrize("deterrence", ["power", "exponential"])
def test_trade_goes_less_far_the_larger_the_elasticity(deterrence):
    """In each sector: the fit minimises cost against entropy, so its mean cost cannot rise."""
    found = io.margins(2017)
    cost = freight(found.provinces)
    burden = np.log(np.where(cost > 0, cost, 1)) if deterrence == "power" else cost
    means = [
        (io.trade(found, io.Assumptions(one, one, deterrence)) * burden).sum(axis=(1, 2))
        for one in (0.25, 0.5, 1.0, 2.0)
    ]
    assert (np.diff(means, axis=0) <= 1e-9 * np.abs(means).max()).all()
    assert (np.diff(means, axis=0) < 0).sum() > 3 * 30


def test_the_cheapest_way_is_never_dearer_and_needs_no_third_capital():
    names = list(st.provinces()["province"])
    printed, cheapest = (freight(names, one) for one in ("printed", "cheapest"))
    assert (cheapest <= printed).all()
    assert (cheapest[:, :, None] + cheapest[None] >= cheapest[:, None] - 1e-9).all()
    assert_allclose(cheapest[names.index("Beijing"), names.index("Chongqing")], 135)


def test_what_a_hub_passes_on_is_followed_to_its_use():
    """One sends 10 to a hub, which sends 10 to a third: traced, one sends 10 to the third."""
    flows = np.array([[[0, 10, 2], [0, 0, 10], [0, 0, 0.0]]])
    found = through_hubs(flows, np.array([[0, 10, 0.0]]))
    assert_allclose(found, [[[0, 0, 12], [0, 0, 0], [0, 0, 0]]], atol=1e-12)


@given(some.integers(0, 2**32 - 1))
def test_tracing_keeps_what_each_makes_and_uses(seed):
    random = np.random.default_rng(seed)
    flows = random.uniform(0, 1, (2, 4, 4)) * ~np.eye(4, dtype=bool)
    sent, taken = flows.sum(axis=2), flows.sum(axis=1)
    passed = random.uniform(0, 0.9, sent.shape) * np.minimum(sent, taken)
    found = through_hubs(flows, passed)
    assert_allclose(found.sum(axis=2), sent - passed)
    assert_allclose(found.sum(axis=1), taken - passed)
    assert (found >= 0).all()
    assert_allclose(through_hubs(flows, 0 * passed), flows)


def test_customs_exports_of_2007_are_met():
    table = io.estimated_table(2007, io.Assumptions(abroad="customs"))
    goods = ~np.isin(table.sectors, st.sectors("services")["sector"])
    goods &= table.sectors != "construction"
    exports = pd.Series(table.exports[goods]).groupby(table.regions[goods]).sum()
    dollars = st.indicator("exports_usd", "single", years=[2007]).set_index("province")["value"]
    assert_allclose(exports, 7.604 * dollars[exports.index])


@pytest.mark.parametrize("abroad", ["sector", "province", "customs"])
def test_exports_of_2007_are_a_part_of_outflow(abroad):
    report = io.margins(2007, io.Assumptions(abroad=abroad)).report
    whole = published(2007, "outflow").ravel()
    assert (report["printed_outflow"] >= 0).all()
    assert (report["printed_outflow"] <= whole).all()
    assert 0.5 < report["printed_outflow"].sum() / whole.sum() < 0.8


def test_hubei_trades_with_other_provinces_only_if_its_trade_is_split():
    kept, split = (
        io.estimated_table(2012, io.Assumptions(unsplit=one)) for one in ("printed", "split")
    )
    hubei = kept.regions == "Hubei"
    assert kept.between()[hubei].sum() == 0
    assert kept.between()[:, kept.names.index("Hubei")].sum() == 0
    assert split.between()[hubei].sum() > 0
    both = [one.exports[hubei] + one.report["printed_outflow"][hubei] for one in (kept, split)]
    assert_allclose(*both)


def test_each_sector_can_have_its_own_target():
    mixed = dict.fromkeys(st.sectors()["sector"], "outflow") | {"chemicals": "inflow"}
    report = io.margins(2012, io.Assumptions(reconciliation=mixed)).report
    used = report.groupby("sector")["target"].first().to_dict()
    assert used == mixed
    del mixed["chemicals"]
    with pytest.raises(ValueError, match="does not name the sectors chemicals"):
        io.margins(2012, io.Assumptions(reconciliation=mixed))


def test_a_target_that_provinces_cannot_meet_is_replaced_and_said():
    report = io.margins(2017, io.Assumptions(reconciliation="inflow")).report
    other = report[report["target"] != "inflow"]
    assert set(other["sector"]) == {"other_manufacturing"}
    assert set(other["target"]) == {"outflow"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"elasticity": -1}, "elasticity must be 0 or more, not -1"),
        ({"services_elasticity": np.nan}, "services_elasticity must be 0 or more"),
        ({"transit": "ignored"}, "transit must be netted or traced, not 'ignored'"),
        ({"reconciliation": {"chemicals": "least"}}, "must be outflow or inflow or mean"),
    ],
)
def test_unknown_assumptions_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(PLAIN, **changes)


def test_a_year_of_net_outflow_is_refused():
    with pytest.raises(ValueError, match="2002 print net outflow only"):
        io.estimated_table(2002)
    with pytest.raises(ValueError, match="no input-output tables of 2015"):
        io.margins(2015)


def test_gravity_refuses_what_it_cannot_distribute():
    with pytest.raises(ValueError, match="prior must be positive"):
        io.gravity([[1, 1]], [[1, 1]], np.zeros((2, 2)))
    with pytest.raises(ValueError, match="region 0 sends or takes 1 more of sector 0 than"):
        io.gravity([[3, 1, 0]], [[2, 1, 1]], np.ones((3, 3)))
    with pytest.raises(ValueError, match="above 0 off its diagonal"):
        attraction([[0, 0], [1, 0]], 1)


# ------------------------------------------------------------------------------ bounds


def three(sent, taken):
    """Margins of three provinces and one industrial product."""
    found = io.margins(2017)
    return replace(
        found,
        provinces=("Liaoning", "Jilin", "Shanghai"),
        sectors=("chemicals",),
        outflow=np.array([sent], float),
        inflow=np.array([taken], float),
    )


@given(some.integers(0, 2**32 - 1))
def test_bounds_of_three_provinces_are_those_by_hand(seed):
    """With three provinces and nothing at home, one cell t decides all; its range is known."""
    random = np.random.default_rng(seed)
    flows = random.uniform(0.1, 1, (3, 3)) * ~np.eye(3, dtype=bool)
    sent, taken = flows.sum(axis=1), flows.sum(axis=0)
    # with t from the first to the second: 1-3 is s1 - t, 3-2 is d2 - t, 2-3 is d3 - s1 + t, ...
    low = max(0, sent[0] - taken[2], taken[1] - sent[2])
    high = min(sent[0], taken[1], sent[1] - taken[2] + sent[0])
    found = io.share_bounds(three(sent, taken), ("Liaoning",), ("Jilin",))
    assert_allclose(found, [100 * low / taken[1], 100 * high / taken[1]], atol=1e-6)


@settings(max_examples=10)
@given(some.integers(0, 255))
def test_every_estimate_lies_between_the_bounds(member):
    (assumptions,) = io.draw_assumptions(2012, 1, 7, member)
    assumptions = replace(assumptions, transit="netted")
    table = io.estimated_table(2012, assumptions)
    shares = inflow_shares(table)
    low, high = io.share_bounds(io.margins(2012, assumptions), EAST_COAST, NORTHEAST)
    assert low - 1e-6 <= shares["East Coast", "Northeast"] <= high + 1e-6


def test_all_suppliers_together_supply_everything():
    found = io.margins(2012)
    others = tuple(name for name in found.provinces if name not in NORTHEAST)
    assert_allclose(io.share_bounds(found, others, NORTHEAST), 100, atol=1e-5)


def test_bounds_refuse_unknown_provinces_and_those_on_both_sides():
    found = io.margins(2012)
    with pytest.raises(ValueError, match="Manchuria: unknown"):
        io.share_bounds(found, ("Manchuria",), NORTHEAST)
    with pytest.raises(ValueError, match="Jilin: both supplier and buyer"):
        io.share_bounds(found, ("Jilin",), NORTHEAST)


# ------------------------------------------------------------------------------ ensemble


def one_share(table):
    shares = inflow_shares(table)
    return {"share": shares["East Coast", "Northeast"]}


def test_parts_of_an_ensemble_are_the_ensemble():
    whole = io.ensemble(2012, one_share, 6, seed=3)
    parts = [io.ensemble(2012, one_share, 3, seed=3, first=first) for first in (0, 3)]
    pd.testing.assert_frame_equal(pd.concat(parts), whole)
    other = io.draw_assumptions(2012, 6, seed=4)
    assert other != io.draw_assumptions(2012, 6, seed=3)


def test_members_make_the_same_assumptions_in_every_year():
    drawn = [io.draw_assumptions(year, 16, seed=3) for year in YEARS]
    for one, other, third in zip(*drawn, strict=True):
        plain = {name: getattr(PLAIN, name) for name in YEAR_OF_CHOICE}
        assert replace(one, **plain) == replace(other, **plain) == third


def test_draws_cover_all_choices_that_matter_in_the_year():
    for year in YEARS:
        drawn = io.draw_assumptions(year, 64, seed=1)
        for name, choices in CHOICES.items():
            matters = YEAR_OF_CHOICE.get(name, year) == year
            expected = set(choices) if matters else {getattr(PLAIN, name)}
            assert {getattr(one, name) for one in drawn} == expected
        elasticities = np.array([one.elasticity for one in drawn])
        low, high = ELASTICITIES
        assert low <= elasticities.min() < 1.05 * low
        assert 0.95 * high < elasticities.max() <= high
        assert all(one.services_elasticity <= one.elasticity for one in drawn)


def test_ranges_point_to_the_members_that_give_them():
    found = io.ensemble(2017, one_share, 8, seed=1)
    row = io.ranges(found).loc["share"]
    assert row["minimum"] == found.loc[row["minimum_member"], "share"] == found["share"].min()
    assert row["maximum"] == found.loc[row["maximum_member"], "share"] == found["share"].max()
    ordered = row[["minimum", "lower_quartile", "median", "upper_quartile", "maximum"]]
    assert ordered.is_monotonic_increasing
    assert row["median"] == np.median(found["share"])


# ------------------------------------------------------------------------------ document 000


def test_printed_shares_are_those_of_the_eight_regions():
    table = io.estimated_table(2012)
    printed = io.printed_shares(table)
    shares = inflow_shares(table)
    assert_allclose(printed["000-coast-to-central", "East Coast"], shares["East Coast", "Central"])
    assert_allclose(printed["000-northeast-to-central", ""], shares["Northeast", "Central"])
    whole = sum(shares[one, "Northwest"] for one in suppliers.COASTS["whole coast"])
    assert_allclose(printed["000-coast-to-northwest", "whole coast"], whole)
    assert len({claim for claim, _ in printed}) == 8


def test_the_margins_exclude_none_of_the_printed_shares_and_the_ensemble_some(monkeypatch):
    few = [("000-coast-to-southwest", "East Coast"), ("000-northeast-to-coast", "whole coast")]
    sides = {key: suppliers._printed_sides()[key] for key in few}
    monkeypatch.setattr(suppliers, "_printed_sides", lambda: sides)
    found = io.printed_evidence(2017, 8, seed=1)
    assert (found["printed"] == [60.3, 7.4]).all()
    assert (found["verdict"] == "outside").all()
    assert (found["lower"] < 1).all()
    assert (found["upper"] > 70).all()
    assert (found["lower"] - 1e-6 <= found["minimum"]).all()
    assert (found["maximum"] <= found["upper"] + 1e-6).all()


# ------------------------------------------------------------------------------ validation


def world_of_gravity(seed, noise=0.0, alike=True):
    """Build a world from trade of gravity form, cell by cell; return it and the costs."""
    random = np.random.default_rng(seed)
    g, k = 5, 3
    place = random.uniform(0, 1, (g, 2))
    cost = np.hypot(*np.moveaxis(place[:, None] - place[None], 2, 0)) + 0.1
    use = random.uniform(0.2, 1, (g, k, k))
    final = random.uniform(2, 4, (g, k))
    flows, consumed = np.zeros((g * k, g * k)), np.zeros((g * k, g))
    for i, d in product(range(k), range(g)):
        pull = random.uniform(1, 2, g) * cost[:, d] ** -1.0
        pull = pull * np.exp(noise * random.normal(size=g))
        pull[d] = 3 * pull.sum()
        for j in range(k + 1):
            parts = pull if alike else pull * random.uniform(0.5, 2, g)
            parts = parts / parts.sum()
            if j < k:
                flows[i::k, d * k + j] = parts * use[d, i, j]
            else:
                consumed[i::k, d] = parts * final[d, i]
    regions = np.repeat([f"R{r}" for r in range(g)], k)
    return io.WorldTable(flows, consumed, regions, np.tile(["a", "b", "c"], g)), cost


@settings(max_examples=20)
@given(some.integers(0, 2**32 - 1))
def test_trade_of_gravity_form_is_recovered_only_with_the_margins_factors(seed):
    """Origin pulls times destination sizes times cost: the margins and the form give it back."""
    random = np.random.default_rng(seed)
    cost = random.uniform(1, 10, (5, 5))
    push, pull = random.uniform(0.5, 2, (2, 3, 5))
    apart = ~np.eye(5, dtype=bool)
    true = push[:, :, None] * pull[:, None, :] * cost**-1.3 * apart
    found = io.gravity(true.sum(axis=2), true.sum(axis=1), attraction(cost, 1.3))
    assert_allclose(found, true, rtol=1e-8)


def gravity_truth(seed):
    """A world whose trade has gravity form in every product, and whose users are served alike."""
    random = np.random.default_rng(seed)
    g, k = 5, 3
    cost = random.uniform(1, 10, (g, g))
    supply = random.uniform(0.5, 2, (k, g, 1)) * random.uniform(0.5, 2, (k, 1, g)) / cost
    supply[:, np.arange(g), np.arange(g)] = random.uniform(2, 5, (k, g))
    used = supply.sum(axis=1)
    to_users = random.dirichlet(np.ones(k + 1), (k, g))
    to_users[..., :k] *= 0.5 * supply.sum(axis=2).min() / used.sum(axis=0).max()  # below output
    to_users[..., k] = 1 - to_users[..., :k].sum(axis=-1)
    flows, final = np.zeros((g * k, g * k)), np.zeros((g * k, g))
    for i, s, d in product(range(k), range(g), range(g)):
        part = supply[i, s, d] / used[i, d]
        flows[s * k + i, d * k : d * k + k] = part * used[i, d] * to_users[i, d, :k]
        final[s * k + i, d] = part * used[i, d] * to_users[i, d, k]
    return io.WorldTable(flows, final, np.repeat([*"ABCDE"], k), np.tile([*"xyz"], g)), cost


@settings(max_examples=20)
@given(some.integers(0, 2**32 - 1))
def test_a_world_that_is_as_assumed_is_found_to_rounding(seed):
    world, cost = gravity_truth(seed)
    found = io.validate(world, cost, 1.0)
    assert_allclose(found.loc["gravity"], 0, atol=1e-6)
    assert_allclose(found.loc["known trade"], 0, atol=1e-9)
    assert found.loc["proportional", "trade_error"] > 1
    assert found.loc["even", "trade_error"] > 1


def test_knowing_distance_helps_where_distance_matters():
    errors = [io.validate(*world_of_gravity(seed, noise=0.2, alike=False)) for seed in range(5)]
    trade = pd.concat([one["trade_error"] for one in errors], axis=1)
    assert (trade.loc["gravity"] < trade.loc["proportional"]).all()
    assert (trade.loc["proportional"] < trade.loc["even"]).all()


def test_on_a_published_world_with_costs_from_nowhere_distance_does_not_help():
    table = pymrio.load_test()
    regions, sectors = (table.Z.index.get_level_values(level) for level in (0, 1))
    final = table.Y.T.groupby(level=0, sort=False).sum().T
    world = io.WorldTable(table.Z.to_numpy(), final.to_numpy(), regions, sectors)
    place = np.random.default_rng(0).uniform(0, 1, (6, 2))
    cost = np.hypot(*np.moveaxis(place[:, None] - place[None], 2, 0))
    found = io.validate(world, cost, 1.0)
    assert found.loc["gravity", "trade_error"] > found.loc["proportional", "trade_error"]
    assert found.loc["known trade", "trade_error"] == 0
    assert found.loc["even", "trade_error"] > 1.5 * found.loc["gravity", "trade_error"]
    assert (found.loc[["gravity", "proportional", "known trade"], "forward"] < 1).all()


def test_validation_refuses_regions_with_different_sectors():
    world = io.WorldTable(np.ones((3, 3)), 3 * np.ones((3, 2)), ["A", "A", "B"], ["x", "y", "x"])
    with pytest.raises(ValueError, match="the same sectors in the same order"):
        io.validate(world, np.ones((2, 2)))


# ------------------------------------------------------------------------------ participation


@pytest.mark.parametrize("year", [2007, 2012, 2017])
def test_measures_of_participation_are_their_formulas(year):
    """With explicit inverses, and industry chosen after the algebra."""
    table = io.estimated_table(year)
    eight = table.aggregated(io.eight_regions(table.names))
    A, x = eight.coefficients, eight.output
    same = eight.regions[:, None] == eight.regions
    B, L = (np.linalg.inv(np.eye(len(x)) - one) for one in (A, np.where(same, A, 0)))
    industry = np.isin(eight.sectors, st.sectors("industry")["sector"])
    v, m = eight.value_added_shares, eight.import_shares
    through = v * (L @ np.where(same, 0, A) @ B @ (eight.final.sum(axis=1) + eight.exports))
    abroad = v * (L @ eight.exports + L @ np.where(same, 0, A) @ B @ eight.exports)
    unplaced = v * (B @ eight.error)
    by_maker = B.T @ eight.by_region(v)
    from_others = (v @ L) @ np.where(same, 0, A) @ B
    delivered = eight.final.sum(axis=1) + eight.exports
    sold = eight.domestic_outflow.sum(axis=1)
    found = io.participation_measures(table)
    for place, region in enumerate(eight.names):
        rows = industry & (eight.regions == region)
        whole = eight.value_added[rows].sum() - unplaced[rows].sum()
        other = np.delete(by_maker, place, axis=1).sum(axis=1)
        expected = {
            "forward": through[rows].sum() / whole,
            "abroad": abroad[rows].sum() / whole,
            "backward": (from_others * delivered)[rows].sum() / delivered[rows].sum(),
            "content": (other * sold)[rows].sum() / sold[rows].sum(),
            "imports": ((m @ B) * sold)[rows].sum() / sold[rows].sum(),
            "placed": whole / eight.value_added[rows].sum(),
        }
        for measure, value in expected.items():
            assert found[measure, region] == pytest.approx(100 * value), (measure, region)
    assert {measure for measure, _ in found} == {*io.MEASURES, "placed"}


def test_measures_of_a_broad_table_are_of_industry_too():
    found = io.participation_measures(io.estimated_table(2012, io.Assumptions(detail="broad")))
    fine = io.participation_measures(io.estimated_table(2012))
    for key in (("content", "Northeast"), ("imports", "South Coast")):
        assert found[key] == pytest.approx(fine[key], rel=0.25)
        assert found[key] != fine[key]
