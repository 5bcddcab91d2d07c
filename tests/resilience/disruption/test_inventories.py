"""The inventory model: balances, limits, a second route node by node, and other people's paths."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tables import world

from dongbei import chunks
from dongbei.input_output import InterregionalTable, WorldTable, eight_regions, estimated_table
from dongbei.resilience.disruption.inventories import (
    RULES,
    Behaviour,
    Disruption,
    Network,
    evolve,
    simulate,
)
from dongbei.resilience.disruption.shocks import Loss, Shocks

PUBLISHED = Path(__file__).with_name("published")
seeds = st.integers(0, 2**32 - 1)


def chain(*final):
    """Firms in a row, each selling to the next; some also sell to final users."""
    n = len(final)
    output = np.ones(n) * 100
    flows = np.zeros((n, n))
    for i in range(n - 1):
        flows[i, i + 1] = output[i] - final[i]
    return WorldTable(flows, np.reshape(final, (n, 1)), ["R"] * n, [f"s{i}" for i in range(n)])


def open_table(seed, sizes=(3, 3, 2)):
    """A random open table with imports, exports, a balancing error and final uses below zero."""
    random = np.random.default_rng(seed)
    base = world(sizes, seed)
    n = len(base.output)
    final = base.final.copy()
    final[random.integers(n), 0] -= 2 * final.max()
    exports, error = random.uniform(0, 5, n), random.uniform(0, 3, n) - 1
    short = np.maximum(0, 1 - (base.flows.sum(1) + final.sum(1) + exports + error))
    output = base.flows.sum(1) + final.sum(1) + exports + error + short
    imports = 0.2 * np.maximum(output - base.flows.sum(0), 0)
    with pytest.warns(UserWarning, match="negative"):
        return InterregionalTable(
            base.flows, final, base.regions, base.sectors, exports=exports, imports=imports,
            error=error + short, value_added=output - base.flows.sum(0) - imports,
        )  # fmt: skip


def drawn(table, seed, count=3, exports=False, links=True, size=1.0):
    """Random shocks of every kind, at different times."""
    random = np.random.default_rng(seed)
    n, g = table.final.shape

    def loss(*shape, recovery="immediate"):
        parts = random.uniform(0, 1, (count, *shape)) * (random.uniform(size=(count, *shape)) < 0.4)
        parts = (parts.T * size).T
        start, duration = random.integers(0, 6, count), random.integers(0, 12, count)
        return Loss(parts, start, duration, recovery, random.uniform(1, 9, count))

    return Shocks(
        loss(n, recovery="linear"),
        loss(n, g, recovery="exponential") if links else None,
        loss(n),
        loss(n) if exports else None,
    )


def levels(table, shocks, steps, behaviour):
    """Levels of all nodes over time. Shape (shocks, steps, n)."""
    network = Network(table, behaviour)
    return np.moveaxis([one.level for one in evolve(network, shocks, steps)], 2, 0)


def naive(table, shocks, shock, steps, how):
    """Follow one shock node by node and delivery by delivery, in money."""
    n, g = table.final.shape
    nodes, regions = range(n), range(g)
    Z = table.flows.tolist()
    F = [[max(0.0, table.final[i, r]) for r in regions] for i in nodes]
    is_open = isinstance(table, InterregionalTable)
    E = [max(0.0, table.exports[i]) if is_open else 0.0 for i in nodes]
    sales = [sum(Z[i]) + sum(F[i]) + E[i] for i in nodes]
    region = table.region_of.tolist()
    kinds = sorted(set(table.sectors.tolist()))
    makers = {p: [i for i in nodes if table.sectors[i] == p] for p in kinds}
    bought = {(p, j): sum(Z[i][j] for i in makers[p]) for p in kinds for j in nodes}
    days = {p: how.days_of.get(p, how.days) for p in kinds}
    free = how.noncritical if isinstance(how.noncritical, dict) else {}
    critical = {
        (p, j): bought[p, j] > 0 and days[p] < np.inf and table.sectors[j] not in free.get(p, ())
        for p in kinds
        for j in nodes
    }

    def size(loss, t):
        since = t - loss.start[shock]
        after = since - loss.duration[shock]
        if since < 0:
            return 0.0
        if after < 0:
            return 1.0
        time = loss.recovery_time[shock]
        if loss.recovery == "linear":
            return max(0.0, 1 - (after + 1) / (time + 1))
        return np.exp(-(after + 1) / time) if loss.recovery == "exponential" else 0.0

    def left(loss, t, *place):
        return 1.0 if loss is None else 1 - loss.parts[(shock, *place)] * size(loss, t)

    def placed(normal, need, makers, r, φ, known, t):
        """Split a need among makers who normally deliver `normal`."""
        whole = sum(normal[i] for i in makers)
        reach = {i: left(shocks.links, t, i, r) for i in makers}
        able = sum(normal[i] * known[i] * reach[i] for i in makers)
        orders = {}
        for i in makers:
            orders[i] = (1 - φ) * need * normal[i] / whole * reach[i] if whole else 0.0
            if φ and able:
                orders[i] += φ * need * normal[i] * known[i] * reach[i] / able
        return orders

    def order(t, needs, known):
        orders = [[0.0] * n for _ in nodes]
        for p in kinds:
            for j in nodes:
                normal = {i: Z[i][j] for i in makers[p]}
                split = placed(normal, needs[p, j], makers[p], region[j], how.redirection, known, t)
                for i in makers[p]:
                    orders[i][j] = split[i]
        return orders

    α, known = [1.0] * n, [1.0] * n
    stock = {(p, j): days[p] * bought[p, j] if bought[p, j] else 0.0 for p in kinds for j in nodes}
    orders = order(0, bought, known)
    path, unmet_path, abroad_path = [], [], []
    for t in range(steps):
        capacity = [α[i] * left(shocks.capacity, t, i) for i in nodes]
        final = [[0.0] * g for _ in nodes]
        wanted = [[F[i][r] * left(shocks.final, t, i) for r in regions] for i in nodes]
        for p in kinds:
            for r in regions:
                normal = {i: wanted[i][r] for i in makers[p]}
                need = sum(normal.values())
                split = placed(normal, need, makers[p], r, how.final_redirection, known, t)
                for i in makers[p]:
                    final[i][r] = split[i]
        exports = [E[i] * left(shocks.exports, t, i) for i in nodes]
        level, demand, planned = [0.0] * n, [0.0] * n, [0.0] * n
        for i in nodes:
            if sales[i]:
                demand[i] = (sum(orders[i]) + sum(final[i]) + exports[i]) / sales[i]
            planned[i] = level[i] = min(demand[i], capacity[i])
            for p in kinds:
                if critical[p, i]:
                    allowed = stock[p, i] / max(1, how.threshold * days[p]) / bought[p, i]
                    level[i] = min(level[i], allowed)
        got = {(p, j): 0.0 for p in kinds for j in nodes}
        unmet, abroad = [0.0] * g, 0.0
        for i in nodes:
            clients = [(orders[i][j], Z[i][j], "business", j) for j in nodes]
            clients += [(final[i][r], 0, "final", r) for r in regions]
            clients += [(exports[i], 0, "exports", 0)]
            for (_, _, kind, who), sent in zip(
                clients, rationed(how.rationing, level[i] * sales[i], clients), strict=True
            ):
                if kind == "business":
                    got[table.sectors[i], who] += sent
                elif kind == "final":
                    unmet[who] += wanted[i][who] - sent
                else:
                    abroad += exports[i] - sent
        needs = {}
        for p in kinds:
            for j in nodes:
                use = level[j] * bought[p, j]
                needs[p, j] = use
                if days[p] < np.inf:
                    stock[p, j] += got[p, j] - (use if critical[p, j] else min(use, stock[p, j]))
                    goal = days[p] * planned[j] * bought[p, j]
                    needs[p, j] += max(0, goal - stock[p, j]) / how.restocking_time
        known = capacity
        orders = order(t + 1, needs, known)
        for i in nodes:
            scarcity = (demand[i] - level[i]) / demand[i] if demand[i] else 0
            pull = (how.overproduction - α[i]) * scarcity if scarcity > 0 else 1 - α[i]
            α[i] += pull / how.overproduction_time
        path.append(level)
        unmet_path.append(unmet)
        abroad_path.append(abroad)
    return np.array(path), np.array(unmet_path), np.array(abroad_path)


def rationed(rule, available, clients):
    """Serve clients (order, size, kind, who) class by class; within one all alike."""
    business = [one for one in clients if one[2] == "business"]
    users = [one for one in clients if one[2] != "business"]
    classes = {
        "proportional": [clients],
        "business first": [business, users],
        "final first": [users, business],
        "largest first": [*([one] for one in sorted(business, key=lambda one: -one[1])), users],
    }[rule]
    given = {}
    for group in classes:
        asked = sum(one[0] for one in group)
        part = min(1, available / asked) if asked else 0
        for one in group:
            given[one[2:]] = part * one[0]
        available = max(0, available - asked)
    return [given[one[2:]] for one in clients]


behaviours = st.builds(
    Behaviour,
    days=st.sampled_from([1.0, 2.5, 8.0]),
    days_of=st.sampled_from([{}, {"s0": np.inf}, {"s0": 1.0, "s1": 4.0}]),
    threshold=st.sampled_from([0.0, 0.5, 1.0]),
    restocking_time=st.sampled_from([1.0, 3.0, 20.0]),
    overproduction=st.sampled_from([1.0, 1.3]),
    overproduction_time=st.sampled_from([1.0, 10.0]),
    rationing=st.sampled_from(sorted(RULES)),
    redirection=st.sampled_from([0.0, 0.4, 1.0]),
    final_redirection=st.sampled_from([0.0, 0.7]),
    noncritical=st.sampled_from([(), {"s0": ["s0", "s1"]}]),
    year=st.just(1.0),
)


@settings(max_examples=60)
@given(seeds, behaviours, st.booleans(), st.booleans())
def test_each_node_by_itself_gives_the_same_paths(seed, how, is_open, links):
    table = open_table(seed) if is_open else world([3, 2, 2], seed)
    shocks = drawn(table, seed, exports=is_open, links=links)
    found = simulate(table, shocks, 25, how, paths=["output", "final", "exports"])
    for shock in range(shocks.count):
        path, unmet, abroad = naive(table, shocks, shock, 25, how)
        size = table.output.max()
        np.testing.assert_allclose(
            found.paths["output"][shock], path * table.output, rtol=0, atol=1e-9 * size
        )
        np.testing.assert_allclose(found.paths["final"][shock], unmet, rtol=0, atol=1e-9 * size)
        np.testing.assert_allclose(
            found.paths["exports"][shock].sum(axis=1), abroad, rtol=0, atol=1e-9 * size
        )


@pytest.mark.parametrize("contracts", ["fixed", "free"])
def test_paths_are_those_of_boario(contracts):
    """Without overproduction, step by step: see published/README.md."""
    flows, final = (
        pd.read_csv(PUBLISHED / f"boario_{name}.csv", index_col=[0, 1]) for name in ("Z", "Y")
    )
    regions, sectors = (flows.index.get_level_values(level) for level in (0, 1))
    table = WorldTable(flows, final, regions, sectors)
    loss = np.where((regions == "A") & (sectors == "steel"), 0.6, 0)
    loss = np.where((regions == "B") & (sectors == "food"), 0.3, loss)
    how = Behaviour(
        days=10, restocking_time=20, threshold=0.7, overproduction=1,
        redirection={"fixed": 0, "free": 1}[contracts],
    )  # fmt: skip
    # an event of occurrence 5 and duration 20 acts in steps 6 to 27
    shocks = Shocks(capacity=Loss(loss[None], start=6, duration=22))
    theirs = np.loadtxt(PUBLISHED / f"boario_{contracts}.csv", delimiter=",")
    ours = simulate(table, shocks, len(theirs), how, paths=["output"]).paths["output"][0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("redirection", [0, 0.5])
def test_nothing_happens_without_a_shock(rule, redirection):
    table = world([4, 3, 4], 5, empty=1)
    how = Behaviour(days=3, rationing=rule, redirection=redirection, restocking_time=2)
    shocks = Shocks(capacity=Loss(np.zeros((1, 11))), links=Loss(np.zeros((1, 11, 3))))
    network = Network(table, how)
    made = table.output > 0
    for now in evolve(network, shocks, 1000):
        np.testing.assert_allclose(now.level[made], 1, rtol=1e-12)
        assert (now.level[~made] == 0).all()
        stocks = now.stocks[np.isfinite(now.stocks)]
        np.testing.assert_allclose(stocks, 3, rtol=1e-11)
        assert np.abs(now.final_unmet).max() < 1e-12 * table.output.max()


@pytest.mark.filterwarnings("ignore:negative")
def test_the_estimated_table_rests_too():
    table = estimated_table(2017)
    table = table.aggregated(eight_regions(table.names))
    n = len(table.output)
    found = simulate(table, Shocks(exports=Loss(np.zeros((1, n)))), 1000)
    assert abs(found.summary["worst_loss"][0]) < 1e-12
    assert found.summary["return_step"][0] == 0
    assert abs(found.summary["exports_unmet"][0]) < 1e-12 * table.exports.sum()


@settings(max_examples=40)
@given(seeds, behaviours, st.booleans(), st.booleans())
def test_stocks_and_flows_balance_at_every_step(seed, how, is_open, links):
    table = open_table(seed) if is_open else world([3, 2, 2], seed, empty=1)
    shocks = drawn(table, seed, exports=is_open, links=links)
    network = Network(table, how)
    sales, before = network.sales[:, None], None
    bought = np.array([table.flows[made].sum(axis=0) for made in network.origins])
    for now in evolve(network, shocks, 30):
        tight = {"rtol": 0, "atol": 1e-11}
        np.testing.assert_allclose(now.ordered + now.final + now.exports, now.demand, **tight)
        for part in (now.served, now.rest):
            assert (part >= 0).all()
            assert (part <= 1 + 1e-12).all()
        # rationing gives away exactly what is made
        given_away = now.ordered * now.served + (now.final + now.exports) * now.rest
        np.testing.assert_allclose(given_away, now.level, **tight)
        assert (now.level <= now.demand + 1e-15).all()
        assert (now.level <= now.capacity + 1e-15).all()
        assert (now.level >= 0).all()
        assert (now.stocks > -1e-12).all()
        if before is not None:
            level, served, ordered, stocks = before
            stored = np.isfinite(network.days)
            used = np.minimum(level, stocks)  # a critical input is always there
            used[~np.isfinite(stocks)] = 0
            received = np.where(np.isfinite(now.stocks), now.stocks, 0) - np.where(
                np.isfinite(stocks), stocks, 0
            )
            received += used
            delivered = [(served * ordered * sales)[made].sum(axis=0) for made in network.origins]
            arrived = (received * bought[:, :, None]).sum(axis=1)
            assert (received > -1e-11).all()
            size = sales.max()
            np.testing.assert_allclose(
                arrived[stored], np.array(delivered)[stored], rtol=0, atol=1e-9 * size
            )
        before = [one.copy() for one in (now.level, now.served, now.ordered, now.stocks)]


@pytest.mark.parametrize("rule", RULES)
def test_shocks_do_not_depend_on_their_company(rule):
    table = world([4, 4, 3], 3)
    shocks = drawn(table, 7, count=700)  # more than a block
    how = Behaviour(days=4, rationing=rule, redirection=0.5)
    together = simulate(table, shocks, 20, how, paths=["output"])
    chosen = np.array([0, 5, 511, 512, 699])
    alone = simulate(table, shocks.part(chosen), 20, how, paths=["output"])
    assert (alone.paths["output"] == together.paths["output"][chosen]).all()
    pd.testing.assert_frame_equal(
        alone.summary, together.summary.loc[chosen].reset_index(drop=True).rename_axis("shock"),
        check_exact=True,
    )  # fmt: skip
    assert (alone.by_region == together.by_region[chosen]).all()


def test_workers_change_nothing():
    table = world([4, 4, 3], 3)
    shocks = drawn(table, 7, count=600)
    one, two = (simulate(table, shocks, 8, workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(one.summary, two.summary, check_exact=True)
    assert (one.by_region == two.by_region).all()


def test_more_shocks_than_memory_holds_go_through_a_folder(tmp_path):
    table = world([3, 3], 2)
    shocks = drawn(table, 1, count=25)

    def losses(part):
        return simulate(table, shocks.part(part), 20).summary

    chunks.run(losses, 25, tmp_path, size=4, version="1", defines={}, progress=False)
    whole = simulate(table, shocks, 20).summary
    pd.testing.assert_frame_equal(
        chunks.read(tmp_path), whole, check_exact=True, check_index_type=False
    )


PLAIN = {"overproduction": 1.0, "rationing": "proportional"}


@settings(max_examples=40)
@given(
    seeds,
    st.integers(2, 5),
    st.sampled_from([1.0, 5.0, 15.0]),
    st.sampled_from([1.0, 2.0, 10.0]),
    st.sampled_from([0.0, 0.8]),
    st.sampled_from([1.0, 1.3]),
)
def test_in_a_chain_a_larger_shock_or_smaller_stocks_lose_no_less(seed, length, days, τ, ψ, most):
    """Each firm has one client; then rules do not matter, and overproduction does not either."""
    random = np.random.default_rng(seed)
    table = chain(*np.zeros(length - 1), 100)
    parts = np.zeros((12, length))
    parts[:, random.integers(length)] = np.linspace(0.05, 1, 12)
    shocks = Shocks(capacity=Loss(parts, start=1, duration=random.integers(1, 30)))
    how = Behaviour(restocking_time=τ, threshold=ψ, overproduction=most, overproduction_time=5)
    lost = [
        simulate(table, shocks, 80, dataclasses.replace(how, days=many)).summary["final_unmet"]
        for many in (days, 2 * days)
    ]
    assert (np.diff(lost[0]) >= -1e-9).all()
    assert (lost[1] <= lost[0] + 1e-9).all()


def lost_days(table, parts, days, duration):
    """Steps of normal final demand that are lost in 120, with plain behaviour."""
    shocks = Shocks(capacity=Loss(parts, start=1, duration=duration))
    how = Behaviour(days=days, restocking_time=1, threshold=0, **PLAIN)
    unmet = simulate(table, shocks, 120, how).summary["final_unmet"]
    return unmet.to_numpy() * 365 / table.final.sum()


def test_where_firms_have_two_kinds_of_clients_a_larger_shock_can_lose_less():
    """Half of firm 1 is missed less than two fifths of it: its client orders less for stock."""
    table = chain(50, 60, 0, 100)
    smaller, larger = lost_days(table, [[0, 0.4, 0, 0], [0, 0.5, 0, 0]], days=1, duration=30)
    assert smaller > 27
    assert larger < 20


def test_where_firms_have_two_kinds_of_clients_larger_stocks_can_lose_more():
    """Under proportional rationing, orders that fill larger stocks crowd out final users."""
    table = chain(20, 0, 100)
    lost = [lost_days(table, [[1.0, 0, 0]], days=days, duration=20)[0] for days in (10, 20)]
    assert lost[0] < 11.1
    assert lost[1] > 15.8


def test_with_infinite_stocks_nothing_spreads_to_users():
    table = chain(20, 30, 100)
    shocks = Shocks(capacity=Loss([[0.9, 0, 0]], start=2, duration=50))
    paths = levels(table, shocks, 100, Behaviour(days=np.inf))
    assert paths[0, 10, 0] == pytest.approx(0.1, abs=0.1)
    assert (paths[0, :, 1:] == 1).all()
    stored = levels(table, shocks, 100, Behaviour(days=5))
    assert stored[0, 40, 2] < 0.9


@settings(max_examples=20)
@given(seeds, st.sampled_from(sorted(RULES)))
def test_with_infinite_stocks_only_orders_spread(seed, rule):
    """Where nobody can be short, output is what is ordered, up to capacity."""
    table = world([3, 3], seed)
    cut = np.zeros((1, 6))
    cut[0, 0] = 0.7
    how = Behaviour(days=np.inf, overproduction=1, rationing=rule)
    network = Network(table, how)
    for now in evolve(network, Shocks(capacity=Loss(cut, start=1)), 40):
        np.testing.assert_allclose(now.level, np.minimum(now.demand, now.capacity), rtol=1e-12)


@pytest.mark.parametrize("capacities", [(0.4, 1, 0.7), (1, 0.3, 1), (0.9, 0.8, 0.2)])
def test_a_chain_comes_to_rest_at_its_tightest_link(capacities):
    """With a step's stock the long run is the static limit: the smallest capacity of all."""
    table = chain(0, 0, 100)
    shocks = Shocks(capacity=Loss([1 - np.array(capacities)]))
    how = Behaviour(days=1, restocking_time=1, **PLAIN)
    rest = levels(table, shocks, 200, how)[0, -1]
    np.testing.assert_allclose(rest, min(capacities), rtol=1e-12)


def test_a_chain_whose_firms_sell_on_the_side_rests_where_arithmetic_says():
    """Firm 0 sells 20 of 100 to final users, firm 1 30; half of firm 0 is lost for good."""
    table = chain(20, 30, 100)
    shocks = Shocks(capacity=Loss([[0.5, 0, 0]]))
    served_last = Behaviour(days=1, restocking_time=1, overproduction=1, rationing="business first")
    rest = levels(table, shocks, 400, served_last)[0, -1]
    # 50 of 80 reach firm 1; its 62.5 go to firm 2 first, which wants 70 of them
    np.testing.assert_allclose(rest, [0.5, 0.625, 0.625 / 0.7], rtol=1e-9)
    first = dataclasses.replace(served_last, rationing="final first")
    # users take 20 of 50, firm 1 gets 30 of 80; of its 37.5 users take 30, firm 2 gets 7.5 of 70
    rest = levels(table, shocks, 400, first)[0, -1]
    np.testing.assert_allclose(rest, [0.5, 0.375, 7.5 / 70], rtol=1e-9)


@settings(max_examples=30)
@given(seeds)
def test_a_tree_of_firms_comes_to_rest_at_the_fixed_point_of_the_minimum(seed):
    """Each firm has one client, and any number of suppliers, one of each product."""
    random = np.random.default_rng(seed)
    n = 7
    client = [random.integers(i + 1, n) for i in range(n - 1)]
    flows = np.zeros((n, n))
    flows[np.arange(n - 1), client] = 1.0
    inputs = flows.sum(axis=0)
    output = np.maximum(inputs * 2, 2.0)
    final = output - flows.sum(axis=1)
    table = WorldTable(flows, final[:, None], ["R"] * n, [f"s{i}" for i in range(n)])
    capacity = random.uniform(0.05, 1, n)
    how = Behaviour(days=1, restocking_time=1, overproduction=1, rationing="business first")
    rest = levels(table, Shocks(capacity=Loss([1 - capacity])), 400, how)[0, -1]
    expected = capacity.copy()
    for firm in range(n):  # suppliers first: deliveries are output, up to the orders of 1 unit
        makers = np.flatnonzero(flows[:, firm])
        for maker in makers:
            expected[firm] = min(expected[firm], expected[maker] * output[maker])
    # who is short of one input orders less of the others, whose output then falls with it
    for firm in reversed(range(n - 1)):
        wanted = (expected[client[firm]] + final[firm]) / output[firm]
        expected[firm] = min(expected[firm], wanted)
    np.testing.assert_allclose(rest, expected, rtol=1e-6)


@settings(max_examples=8)
@given(seeds, st.sampled_from(sorted(RULES)), st.sampled_from([0.0, 1.0]))
def test_less_final_demand_for_good_ends_at_leontief(seed, rule, redirection):
    table = world([3, 3], seed)
    parts = np.random.default_rng(seed).uniform(0, 0.9, (1, 6))
    how = Behaviour(days=2, restocking_time=3, rationing=rule, redirection=redirection)
    found = simulate(table, Shocks(final=Loss(parts)), 1000, how, paths=["output"])
    kept = ((1 - parts[0])[:, None] * table.final).sum(axis=1)
    expected = table.solve(kept)
    made = found.paths["output"][0, -1] * 365
    np.testing.assert_allclose(made, expected, rtol=1e-6, atol=1e-6 * expected.max())
    assert found.summary["final_unmet"][0] == pytest.approx(0, abs=1e-9 * expected.max())


def test_the_balancing_error_moves_with_output():
    """Levels are those of the table without its error, whose nodes sell all that they make."""
    base = world([3, 2], 8)
    n = 5
    parts = np.random.default_rng(1).uniform(0, 1, (4, n))
    error = np.linspace(-0.3, 2, n) * base.output
    output = base.output + error
    table = InterregionalTable(
        base.flows, base.final, base.regions, base.sectors, exports=np.zeros(n),
        imports=np.zeros(n), error=error, value_added=output - base.flows.sum(axis=0),
    )  # fmt: skip
    shocks = Shocks(capacity=Loss(parts, start=1, duration=5))
    how = Behaviour(days=3)
    np.testing.assert_allclose(
        levels(table, shocks, 30, how), levels(base, shocks, 30, how), rtol=1e-12
    )


def test_a_link_of_the_only_supplier_is_felt_when_the_stock_is_gone():
    table = chain(20, 100)
    shocks = Shocks(links=Loss(np.reshape([1.0, 0], (1, 2, 1)), start=3))
    how = Behaviour(days=5, threshold=0, **PLAIN)
    path = levels(table, shocks, 20, how)[0]
    np.testing.assert_allclose(path[:8, 1], 1, rtol=1e-12)
    np.testing.assert_allclose(path[9:, 1], 0, atol=1e-12)
    np.testing.assert_allclose(path[4:, 0], 0, atol=1e-12)  # final users are cut off too


def test_a_second_source_replaces_a_cut_one_if_it_can():
    """Two makers of one product, half each; one is cut off from its user's region."""
    flows = np.zeros((3, 3))
    flows[:2, 2] = 20
    final = np.zeros((3, 3))
    final[:, 2] = [20, 20, 100]
    table = WorldTable(flows, final, ["A", "B", "C"], ["ore", "ore", "steel"])
    cut = np.zeros((1, 3, 3))
    cut[0, 0, 2] = 1
    shocks = Shocks(links=Loss(cut, start=1))
    fixed = Behaviour(
        days=2, threshold=0, restocking_time=2, overproduction=2, overproduction_time=1,
        rationing="business first",
    )  # fmt: skip
    free = dataclasses.replace(fixed, redirection=1)
    steel = [levels(table, shocks, 100, how)[0, -1, 2] for how in (fixed, free)]
    # a user short of a stock orders above its use: x = (x + (2 - x) / 2) / 2 under contracts
    np.testing.assert_allclose(steel, [2 / 3, 1.0], rtol=1e-6)
    users = dataclasses.replace(free, final_redirection=1)
    found = [simulate(table, shocks, 200, how, paths=["final"]) for how in (free, users)]
    last = [one.paths["final"][0, -1, 2] * 365 for one in found]
    assert last[0] == pytest.approx(20, rel=1e-6)  # their orders to A are lost
    assert last[1] < 1  # B makes twice as much


def test_what_is_not_critical_stops_nobody():
    table = chain(20, 30, 100)
    shocks = Shocks(capacity=Loss([[1.0, 0, 0]], start=1))
    how = Behaviour(days=2, overproduction=1)
    assert levels(table, shocks, 60, how)[0, -1, 1] == pytest.approx(0, abs=1e-9)
    for noncritical in (["s0"], "s0", {"s0": ["s1"]}):
        able = dataclasses.replace(how, noncritical=noncritical)
        np.testing.assert_allclose(levels(table, shocks, 60, able)[0, :, 1:], 1, rtol=1e-12)
    other = dataclasses.replace(how, noncritical={"s0": ["s2"]})
    assert levels(table, shocks, 60, other)[0, -1, 1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        ("immediate", [0, 0, 1, 1, 1, 0, 0, 0, 0, 0]),
        ("linear", [0, 0, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0]),
        ("exponential", [0, 0, 1, 1, 1, *np.exp(-np.arange(1, 6) / 3)]),
    ],
)
def test_a_loss_starts_lasts_and_recovers(recovery, expected):
    loss = Loss([[0.5]], start=2, duration=3, recovery=recovery, recovery_time=3)
    np.testing.assert_allclose([loss.at(t)[0] for t in range(10)], expected, rtol=1e-15)


def test_sums_are_those_of_the_paths():
    table = open_table(4)
    shocks = drawn(table, 5, count=20, exports=True, size=np.repeat([0.02, 1], 10))
    how = Behaviour(days=3, overproduction_time=5)
    names = ["value_added", "final", "exports", "output"]
    found = simulate(table, shocks, 60, how, paths=names, tolerance=0.05)
    summary, paths = found.summary, found.paths
    for column, path in [
        ("value_added_lost", "value_added"), ("final_unmet", "final"), ("exports_unmet", "exports"),
    ]:  # fmt: skip
        total = paths[path].sum(axis=(1, 2))
        np.testing.assert_allclose(summary[column], total, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.by_region, paths["value_added"].sum(axis=1), atol=1e-12)
    shares = table.value_added / table.output
    normal = table.value_added.sum() / 365
    lost = (table.value_added / 365 - paths["output"] * shares).sum(axis=2) / normal
    np.testing.assert_allclose(paths["value_added"].sum(axis=2) / normal, lost, atol=1e-12)
    np.testing.assert_allclose(summary["worst_loss"], lost.max(axis=1), atol=1e-12)
    np.testing.assert_allclose(
        lost[np.arange(20), summary["worst_step"]], lost.max(axis=1), atol=1e-12
    )
    off = np.abs(lost) > 0.05
    for shock, back in summary["return_step"].items():
        if pd.isna(back):
            assert off[shock, -1]
        else:
            assert not off[shock, back:].any()
            assert back == 0 or off[shock, back - 1]
    assert summary["return_step"].isna().any()
    assert summary["return_step"].notna().any()


def test_making_up_for_lost_stocks_is_no_return_to_normal():
    """Firm 0 is out for three steps; its client lives on its stock, and then orders more."""
    table = chain(0, 100)
    shocks = Shocks(capacity=Loss([[1.0, 0]], start=1, duration=3))
    how = Behaviour(
        days=10, threshold=0, restocking_time=5, overproduction=1.5, overproduction_time=1
    )
    found = simulate(table, shocks, 100, how, paths=["value_added"])
    lost = found.paths["value_added"][0].sum(axis=1) * 365 / table.value_added.sum()
    back = found.summary["return_step"][0]
    assert 4 < back < 100
    assert lost[back - 1] < -1e-3
    assert (np.abs(lost[back:]) <= 1e-3).all()


def test_the_worst_step_is_the_first_of_equals():
    shocks = Shocks(capacity=Loss([[0.5]], start=2))
    summary = simulate(chain(100), shocks, 9, Behaviour(overproduction=1)).summary
    assert summary["worst_step"][0] == 2
    assert summary["worst_loss"][0] == 0.5
    assert pd.isna(summary["return_step"][0])


def test_memory_holds_no_paths_that_nobody_asked_for():
    table = world([3, 3], 2)
    found = simulate(table, drawn(table, 1), 10)
    assert isinstance(found, Disruption)
    assert found.paths == {}


good = np.zeros((2, 6))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parts": good + 1.1}, "more than all of it cannot be lost"),
        ({"parts": good - 0.1}, "give a part of the whole"),
        ({"parts": good + np.nan}, "from 0 to 1"),
        ({"parts": np.zeros(6)}, "a row per shock"),
        ({"parts": np.zeros((0, 6))}, "a row per shock"),
        ({"parts": "all"}, "must be numbers"),
        ({"start": -1}, "start must be whole numbers of steps, from 0 and finite"),
        ({"start": 0.5}, "start must be whole"),
        ({"start": np.inf}, "start must be whole"),
        ({"start": [0, 1, 2]}, "one number or one per shock"),
        ({"duration": -3}, "duration must be whole numbers of steps, from 0;"),
        ({"duration": np.nan}, "duration must be"),
        ({"recovery": "quick"}, "no recovery 'quick'; there are immediate"),
        ({"recovery_time": -1}, "recovery_time must be numbers"),
        ({"recovery_time": np.inf}, "recovery_time must be numbers"),
        ({"recovery": "exponential"}, "needs a recovery_time above 0"),
    ],
)
def test_a_loss_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Loss(**({"parts": good} | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": 0}, "inventories .days. must be a number from 1"),
        ({"days": -5}, "inventories .days. must be a number from 1"),
        ({"days": np.nan}, "inventories"),
        ({"days_of": {"s0": 0.5}}, "inventories .s0."),
        ({"threshold": 1.5}, "threshold"),
        ({"restocking_time": 0.5}, "restocking_time must be a number from 1 and finite"),
        ({"restocking_time": np.inf}, "restocking_time"),
        ({"overproduction": 0.9}, "overproduction must be a number from 1"),
        ({"overproduction": "much"}, "overproduction must be a number from 1"),
        ({"overproduction_time": 0}, "overproduction_time"),
        ({"year": 0}, "year"),
        ({"redirection": 2}, "redirection"),
        ({"final_redirection": -1}, "final_redirection"),
        ({"rationing": "lottery"}, "no rule 'lottery'; there are proportional, business first"),
    ],
)
def test_behaviour_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Behaviour(**change)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: Shocks(), "a shock needs a loss"),
        (lambda t: Shocks(Loss(good), final=Loss(good[:1])), "same number of shocks"),
        (
            lambda t: simulate(t, Shocks(Loss(good[:, :5]))),
            r"capacity must have the shape \(2, 6\)",
        ),
        (lambda t: simulate(t, Shocks(links=Loss(good))), r"links must have the shape \(2, 6, 2\)"),
        (lambda t: simulate(t, Shocks(Loss(good, start=9)), 9), "shock 0 starts at step 9, after"),
        (lambda t: simulate(t, Shocks(Loss(good)), 0), "steps must be a whole number from 1"),
        (lambda t: simulate(t, Shocks(Loss(good)), 1.5), "steps must be a whole number from 1"),
        (lambda t: simulate(t, Shocks(exports=Loss(good))), "a closed table has no exports"),
        (lambda t: simulate(t, Shocks(Loss(good)), paths=["profit"]), "no path profit; there are"),
        (lambda t: simulate(t, Shocks(Loss(good)), tolerance=2), "tolerance"),
        (
            lambda t: simulate(t, Shocks(Loss(good)), 5, Behaviour(days_of={"steel": 3})),
            "no sector 'steel'",
        ),
        (
            lambda t: simulate(t, Shocks(Loss(good)), 5, Behaviour(noncritical=["steel"])),
            "no sector 'steel'",
        ),
        (
            lambda t: simulate(t, Shocks(Loss(good)), 5, Behaviour(noncritical={"s0": ["steel"]})),
            "no sector 'steel'",
        ),
    ],
)
def test_a_run_that_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(world([3, 3], 1))


@pytest.mark.filterwarnings("ignore:negative")
def test_tables_the_model_cannot_read_are_refused():
    flows = np.array([[0.0, -1], [2, 0]])
    table = WorldTable(flows, [[11.0], [8]], ["R", "R"], ["a", "b"])
    with pytest.raises(ValueError, match="R, a has deliveries to production below zero"):
        simulate(table, Shocks(Loss(np.zeros((1, 2)))))
    table = InterregionalTable(
        np.zeros((2, 2)), [[5.0], [0]], ["R", "R"], ["a", "b"], exports=[0, 0], imports=[0, 0],
        error=[0, 3], value_added=[5, 3],
    )  # fmt: skip
    with pytest.raises(ValueError, match="R, b makes something that no user"):
        simulate(table, Shocks(Loss(np.zeros((1, 2)))))
