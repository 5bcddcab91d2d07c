"""The most damaging cuts beside all cuts there are, and what is told of them."""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from random_tables import country, tables, world

from dongbei.input_output import WorldTable
from dongbei.resilience.disruption import stress
from dongbei.resilience.disruption.network import cascade, supply_network
from dongbei.resilience.disruption.shocks import rows
from dongbei.resilience.disruption.static import cut, joint_cuts
from dongbei.resilience.disruption.stress import (
    cut_off,
    dependence,
    expected_shortfall,
    replaceability,
    value_added_weight,
    worst_cuts,
)

directions = st.sampled_from(["backward", "forward"])
shares = st.floats(0.05, 1)


def busy(table):
    return (table.output > 0).sum() > 2


def uneven(seed, sizes=(2, 3, 2)):
    """Return a table in which some value added is most often below zero."""
    random, n = np.random.default_rng(seed), sum(sizes)
    flows = random.uniform(0, 1, (n, n)) * random.integers(0, 2, (n, n))
    final = random.uniform(0, 1, (n, len(sizes)))
    regions = np.repeat([f"R{i}" for i in range(len(sizes))], sizes)
    sectors = np.concatenate([[f"s{j}" for j in range(size)] for size in sizes])
    with warnings.catch_warnings(action="ignore"):
        return WorldTable(flows, final, regions, sectors)


def some_regions(data, table):
    return data.draw(
        st.none()
        | st.sampled_from(table.names)
        | st.sets(st.sampled_from(table.names), min_size=1).map(sorted)
    )


def all_sets(table, sellers, size):
    made = [row for row in rows(table, sellers) if table.output[row] > 0]
    return list(combinations(made, size))


def check_worst(found, table, sets, losses, whole, alone, count):
    """Check that a frame lists the worst of these sets; those that are all but equal may swap."""
    losses = np.array(losses)
    assert len(found) == min(count, len(sets))
    assert_allclose(found["loss"], -np.sort(-losses)[:count], atol=1e-7)
    assert_allclose(found["share"], found["loss"] / whole, atol=1e-12)
    named = {
        tuple((table.regions[row], table.sectors[row]) for row in one): (loss, one)
        for one, loss in zip(sets, losses, strict=True)
    }
    columns = ["region", "sector", "second_region", "second_sector"][: 2 * len(sets[0])]
    assert found.columns.tolist() == [*columns, "loss", "share"] + ["together"] * (len(columns) > 2)
    seen = set()
    for row in found.to_dict("records"):
        labels = [row[column] for column in columns]
        key = tuple(zip(labels[::2], labels[1::2], strict=True))
        assert key not in seen
        seen.add(key)
        assert_allclose(row["loss"], named[key][0], atol=1e-7)
        if len(columns) > 2:
            apart = sum(alone[one] for one in named[key][1])
            if abs(apart) > 1e-3:
                assert_allclose(row["together"], row["loss"] / apart, atol=1e-3)


# -- linear cuts --------------------------------


@settings(max_examples=50)
@given(table=tables().filter(busy), data=st.data(), direction=directions, part=shares)
def test_worst_cuts_are_the_worst_of_all_there_are(table, data, direction, part):
    buyers, measured = some_regions(data, table), some_regions(data, table)
    size, count = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 40))
    sellers = data.draw(st.sampled_from([table.names[0], *[table.names] * 3]))
    sets = all_sets(table, sellers, size)
    weight = np.where(np.isin(table.regions, measured or table.names), table.value_added_shares, 0)
    if not sets or weight @ table.output <= 0:
        return

    def loss(one):
        return weight @ cut(table, one, buyers, part, direction)

    found = worst_cuts(table, sellers, buyers, measured, size, part, direction, count)
    alone = {row: loss([row]) for row in rows(table, sellers)}
    losses = [loss(list(one)) for one in sets]
    check_worst(found, table, sets, losses, weight @ table.output, alone, count)


def test_by_default_the_thousand_worst_full_forward_cuts_are_of_one_row_each():
    table = country([30, 20], seed=2)
    everything = {"size": 1, "part": 1.0, "direction": "forward", "count": 1000}
    expected = worst_cuts(table, table.names, table.names, table.names, **everything)
    pd.testing.assert_frame_equal(worst_cuts(table, table.names), expected)
    assert len(worst_cuts(table, table.names, size=2)) == 1000


def test_value_added_counts_in_the_regions_measured_only():
    table = world([2, 1, 2], seed=3)
    v = table.value_added_shares
    assert_allclose(value_added_weight(table), v)
    assert_allclose(value_added_weight(table, "R1"), [0, 0, v[2], 0, 0])
    assert_allclose(value_added_weight(table, ["R2", "R0"]), [v[0], v[1], 0, v[3], v[4]])


def chains(count=4):
    """Return regions in which the first sector lives on the second: all alike, none connected."""
    one = np.array([[0, 0], [4.0, 0]])
    final = np.kron(np.eye(count), np.array([[8.0], [4.0]]))
    labels = np.repeat([f"R{i}" for i in range(count)], 2), ["user", "maker"] * count
    return WorldTable(np.kron(np.eye(count), one), final, *labels)


@pytest.mark.parametrize("pairs", [1, 3, 512])
def test_equal_losses_stand_in_the_tables_order(monkeypatch, pairs):
    monkeypatch.setattr(stress, "PAIRS", pairs)
    table = chains()
    names = [
        f"{region} {sector}" for region, sector in zip(table.regions, table.sectors, strict=True)
    ]
    makers = [name for name in names if "maker" in name]
    users = [name for name in names if "user" in name]
    position = {name: place for place, name in enumerate(names)}
    two = [sorted(pair, key=position.get) for pair in combinations(names, 2)]
    two.sort(key=lambda pair: -sum("maker" in one for one in pair))
    linear = {"table": table, "sellers": table.names}
    network = supply_network(table, "all")
    for found in (worst_cuts(**linear), cut_off(network, table.names)):
        assert (found["region"] + " " + found["sector"]).tolist() == [*makers, *users]
    for count in (1, 5, 9, 28, 99):
        for found in (
            worst_cuts(**linear, size=2, count=count),
            cut_off(network, table.names, size=2, count=count),
        ):
            first = found["region"] + " " + found["sector"]
            second = found["second_region"] + " " + found["second_sector"]
            assert [list(one) for one in zip(first, second, strict=True)] == two[:count]
            assert_allclose(found["together"], 1)  # they do not meet


# -- cuts where inputs are critical --------------------------------


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), data=st.data(), pairs=st.sampled_from([1, 2, 5, 512]))
def test_cuts_off_are_the_worst_of_all_there_are_though_not_all_are_computed(seed, data, pairs):
    table = data.draw(st.sampled_from([world, country]))([2, 3, 2], seed)
    if data.draw(st.booleans()):
        table = uneven(seed)
    size, count = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 30))
    critical = data.draw(st.sampled_from(["all", "none"]))
    network = supply_network(table, critical)
    buyers, measured = some_regions(data, table), some_regions(data, table)
    sellers = data.draw(st.sampled_from([table.names[:2], table.names]))
    rest = {
        "part": data.draw(shares),
        "second_source": data.draw(st.floats(0.3, 1)),
        "rounds": data.draw(st.sampled_from([None, None, 2])),
    }
    weight = np.where(np.isin(table.regions, measured or table.names), table.value_added, 0)
    if weight.sum() <= 0:
        return

    def loss(one):
        cuts = np.zeros(len(table.output))
        cuts[list(one)] = rest["part"]
        return weight @ cascade(network, None, cuts, buyers, rest["second_source"], rest["rounds"])

    sets = all_sets(table, sellers, size)
    alone = {row: loss([row]) for row in rows(table, sellers)}
    losses = [loss(one) for one in sets]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stress, "PAIRS", pairs)
        found = cut_off(network, sellers, buyers, measured, size, count=count, **rest)
    check_worst(found, table, sets, losses, weight.sum(), alone, count)


def test_only_pairs_that_could_be_among_the_worst_are_computed(monkeypatch):
    """In unconnected chains the sum is exact: two makers lead, and nothing else is looked at."""
    network = supply_network(chains(30), "all")
    spread = []

    def counted(*arguments, **settings):
        spread.append(len(settings["deliveries"]))
        return cascade(*arguments, **settings)

    monkeypatch.setattr(stress, "cascade", counted)
    monkeypatch.setattr(stress, "PAIRS", 10)
    found = cut_off(network, network.table.names, size=2, count=435)
    assert (found["second_sector"] == "maker").all()
    assert spread == [60, *[10] * 44]  # 30 x 29 / 2 = 435 pairs of makers, of 1770


def test_a_user_that_two_cuts_stop_and_that_earned_less_than_nothing_hides_no_pair(monkeypatch):
    """Without `a` or `b` the user `n`, whose value added is -5, stops: once, not twice.

    Alone each costs 8 - 5, so that their sum, 6, is below the 8 of the pair `c` and `d`; together
    they cost 11.
    """
    sectors = list("abcdnuvwz")
    flows = pd.DataFrame(0.0, sectors, sectors)
    for seller, user in ("au", "bv", "cw", "dz"):
        flows.loc[seller, user] = 1
    flows.loc[["a", "b"], "n"] = 3.5
    final = [[output] for output in (0, 0, 0, 0, 2, 9, 9, 5, 5)]
    with pytest.warns(UserWarning, match="negative value added"):
        table = WorldTable(flows, final, ["A"] * 9, sectors)
    monkeypatch.setattr(stress, "PAIRS", 1)
    found = cut_off(supply_network(table, "all"), "A", size=2, count=2)
    assert (found["sector"] + found["second_sector"]).tolist() == ["ab", "cd"]
    assert_allclose(found["loss"], [11, 8])
    assert_allclose(found["together"], [11 / 6, 1])


def test_by_default_a_thousand_full_cuts_spread_until_they_end_and_nothing_replaces_them():
    network = supply_network(country([3, 2], seed=9), "none")
    names = network.table.names
    expected = cut_off(network, names, names, names, 1, 1.0, 1000, 0.0, None)
    pd.testing.assert_frame_equal(cut_off(network, names), expected)
    assert_allclose(expected["loss"], worst_cuts(network.table, names)["loss"], rtol=1e-6)


# -- who depends on whom --------------------------------


@given(
    table=tables(least_regions=2).filter(busy), data=st.data(), direction=directions, part=shares
)
def test_dependence_is_the_cut_of_all_makers_of_a_product_region_by_region(
    table, data, direction, part
):
    sellers = data.draw(st.sets(st.sampled_from(table.names), min_size=1).map(sorted))
    buyers = some_regions(data, table)
    found = dependence(table, sellers, buyers, part, direction)
    chosen = rows(table, sellers)
    sectors = list(dict.fromkeys(table.sectors[chosen].tolist()))
    assert found["sector"].tolist() == np.repeat(sectors, len(table.names)).tolist()
    assert found["region"].tolist() == list(table.names) * len(sectors)
    totals = found.groupby("sector", sort=False)["loss"].sum()
    for sector in sectors:
        cut_rows = rows(table, sellers, sector)
        lost = cut(table, cut_rows, buyers, part, direction) * table.value_added_shares
        mine = found[found["sector"] == sector]
        regions = [table.regions == name for name in table.names]
        assert_allclose(mine["loss"], [lost[region].sum() for region in regions], atol=1e-9)
        whole = np.array([table.value_added[region].sum() for region in regions])
        with np.errstate(invalid="ignore"):
            assert_allclose(mine["share"], mine["loss"] / whole, atol=1e-9)
        together = joint_cuts(table, [cut_rows], buyers, part, direction)
        assert_allclose(totals[sector], together[0], atol=1e-8)


def test_by_default_dependence_is_on_full_forward_deliveries_to_everybody():
    table = country([2, 2], seed=6)
    expected = dependence(table, "R0", table.names, 1.0, "forward")
    pd.testing.assert_frame_equal(dependence(table, "R0"), expected)


def test_a_region_that_makes_nothing_has_no_share_to_lose():
    table = WorldTable([[1, 0], [0, 0]], [[3, 0], [0, 0]], "AB", "xx")
    assert dependence(table, "A")["share"].isna().tolist() == [False, True]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), second_source=st.floats(0.3, 1), data=st.data())
def test_replaceability_is_told_product_by_product(seed, second_source, data):
    table = data.draw(st.sampled_from([world, country]))([2, 3, 2], seed)
    sellers = data.draw(st.sampled_from(["R0", "R1", ["R2", "R0"]]))
    rounds = data.draw(st.sampled_from([None, 1]))
    network = supply_network(table, "all")
    found = replaceability(network, sellers, second_source, rounds).set_index("sector")
    mine = np.isin(table.regions, sellers)
    others = [name for name in table.names if name not in np.atleast_1d(sellers)]
    va = np.where(mine, 0, table.value_added)
    assert found.index.tolist() == list(dict.fromkeys(table.sectors[mine].tolist()))
    for sector in found.index:
        product = table.sectors == sector
        sold = table.flows[product & mine][:, ~mine].sum()
        final = table.final[product & mine][:, np.isin(table.names, others)].sum()
        row = found.loc[sector]
        assert_allclose(row["delivered"], sold + final)
        bought, made = table.flows[product][:, ~mine].sum(), table.output[product & ~mine].sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            assert_allclose(row["share"], sold / bought)
            assert_allclose(row["more"], (sold + final) / made)
        lost = cut(table, np.flatnonzero(product & mine), others, direction="forward")
        assert_allclose(row["linear"], lost @ (va * table.per_unit) / va.sum(), atol=1e-9)
        parts = (product & mine).astype(float)
        short = cascade(network, None, parts, others, second_source, rounds)
        assert_allclose(row["critical"], short @ va / va.sum(), atol=1e-9)


def test_by_default_nothing_is_replaced_and_rounds_go_to_their_end():
    network = supply_network(country([2, 2], seed=6), "none")
    found = replaceability(network, "R0")
    pd.testing.assert_frame_equal(found, replaceability(network, "R0", 0.0, None))
    assert_allclose(found["critical"], found["linear"], rtol=1e-6)


# -- the mean of the worst --------------------------------

losses_of = st.lists(st.floats(-100, 100), min_size=1, max_size=20)


@given(losses=losses_of, part=st.floats(0.01, 1))
def test_expected_shortfall_is_the_least_of_rockafellar_and_uryasevs_function(losses, part):
    found = expected_shortfall(losses, part)
    least = min(t + np.maximum(np.array(losses) - t, 0).mean() / part for t in losses)
    assert_allclose(found, least, atol=1e-9)


@given(losses=losses_of, data=st.data())
def test_expected_shortfall_is_the_mean_of_so_many_worst_losses(losses, data):
    count = data.draw(st.integers(1, len(losses)))
    expected = np.mean(np.sort(losses)[-count:])
    assert_allclose(expected_shortfall(losses, count / len(losses)), expected, atol=1e-9)
    assert_allclose(expected_shortfall(losses, 1), np.mean(losses), atol=1e-9)
    few = data.draw(st.floats(0.01, 1)) / len(losses)
    assert_allclose(expected_shortfall(losses, few), max(losses), atol=1e-9)


def test_expected_shortfall_by_default_is_of_the_worst_twentieth():
    assert expected_shortfall(range(40)) == 38.5
    assert expected_shortfall([5, 1, 4, 2, 3], 0.3) == pytest.approx((5 + 4 / 2) / 1.5)
    assert isinstance(expected_shortfall([1]), float)


@pytest.mark.parametrize(
    ("losses", "part", "message"),
    [
        ([], 0.5, "give at least one loss, and finite numbers only"),
        ([1, np.nan], 0.5, "give at least one loss, and finite numbers only"),
        ([1, -np.inf], 0.5, "finite numbers only"),
        ([1], 0, "part must be above 0 and up to 1, not 0"),
        ([1], 1.1, "part must be above 0 and up to 1, not 1.1"),
        ([1], np.nan, "part must be above 0 and up to 1, not nan"),
    ],
)
def test_shortfalls_that_mean_nothing_are_refused(losses, part, message):
    with pytest.raises(ValueError, match=message):
        expected_shortfall(losses, part)


# -- refusals --------------------------------


@pytest.mark.parametrize("ranking", [worst_cuts, cut_off])
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"size": 3}, "size must be 1 or 2, not 3: name the rows of a larger cut to cut"),
        ({"size": 0}, "size must be 1 or 2, not 0"),
        ({"count": 0}, "count must be one or more, not 0"),
        ({"sellers": "C"}, "no region 'C'; perhaps A, B"),
        ({"sellers": []}, "name at least one region"),
        ({"buyers": "C"}, "no region 'C'"),
        ({"measured": "C"}, "no region 'C'"),
        ({"measured": "B"}, "the regions measured have a value added of 0: measure others"),
        ({"part": 1.5}, "part must be from 0 to 1; one is 1.5"),
        ({"part": [0.5]}, "part must be one number"),
        ({"sellers": "B"}, "a cut of 1 needs as many rows that make something: name more sellers"),
        ({"size": 2}, "a cut of 2 needs as many rows that make something"),
    ],
)
def test_rankings_that_cannot_be_made_are_refused(ranking, asked, message):
    table = WorldTable([[1, 0], [0, 0]], [[3, 0], [0, 0]], "AB", "xx")
    of = table if ranking is worst_cuts else supply_network(table, "all")
    with pytest.raises(ValueError, match=message):
        ranking(of, **({"sellers": ["A", "B"]} | asked))


def test_other_refusals():
    table = world([1, 1], seed=1)
    network = supply_network(table, "none")
    with pytest.raises(ValueError, match="direction must be backward or forward, not 'up'"):
        worst_cuts(table, "R0", direction="up")
    with pytest.raises(ValueError, match="second_source must be from 0 to 1"):
        cut_off(network, "R0", second_source=2)
    with pytest.raises(ValueError, match="rounds must be a whole number"):
        cut_off(network, "R0", rounds=-1)
    with pytest.raises(ValueError, match="no region 'R7'"):
        dependence(table, "R7")
    with pytest.raises(ValueError, match="part must be from 0 to 1"):
        dependence(table, "R0", part=2)
    with pytest.raises(ValueError, match="no region is left to deliver to: name fewer sellers"):
        replaceability(network, ["R0", "R1"])
