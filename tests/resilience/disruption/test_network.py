"""Losses that spread where inputs are critical, beside a loop over every buyer and product."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from random_tables import tables, world

from dongbei import statistics
from dongbei.input_output import WorldTable
from dongbei.resilience.disruption.network import cascade, diversified, supply_network
from dongbei.resilience.disruption.static import cut

shares = st.floats(0, 1)
second_sources = st.floats(0.3, 1)  # far enough from the collapse to settle


@st.composite
def networks(draw):
    """Random networks in which any product may be critical to any maker."""
    table = draw(tables())
    k = len(set(table.sectors.tolist()))
    critical = np.array(draw(st.lists(st.booleans(), min_size=k * k, max_size=k * k)))
    return supply_network(table, critical.reshape(k, k), draw(st.sampled_from([0, 0.05])))


@st.composite
def shocks(draw):
    """Draw a network, parts of capacity and of deliveries, and buyers."""
    network = draw(networks())
    n = len(network.product_of)
    few = st.lists(st.just(0.0) | st.just(0.0) | shares | st.just(1.0), min_size=n, max_size=n)
    capacity, deliveries = (np.array(draw(few)) for _ in range(2))
    names = st.sampled_from(network.table.names)
    return network, capacity, deliveries, draw(st.none() | st.sets(names, min_size=1).map(sorted))


def naive(network, capacity, deliveries, buyers, second_source, loss):
    """Pass losses on once, seller by seller."""
    table, n = network.table, len(loss)
    new = []
    for j in range(n):
        reached = buyers is None or table.regions[j] in buyers
        worst, total = 0.0, 0.0
        for product in network.products:
            makers = [i for i in range(n) if table.sectors[i] == product]
            bought = sum(table.flows[i, j] for i in makers)
            if bought == 0:
                continue
            arrives = 0.0
            for i in makers:
                part = 1 - deliveries[i] if reached else 1
                arrives += table.flows[i, j] / bought * part * (1 - loss[i])
            gap = (1 - second_source) * (1 - arrives)
            if network.critical[network.products.index(product), j]:
                worst = max(worst, gap)
            total += bought / table.output[j] * gap
        new.append(min(1, max(capacity[j], worst, total)))
    return np.array(new)


# -- the network --------------------------------


@given(network=networks())
def test_sources_and_needs_are_the_coefficients_taken_apart(network):
    table = network.table
    assert list(network.products) == list(dict.fromkeys(table.sectors.tolist()))
    assert [network.products[one] for one in network.product_of] == table.sectors.tolist()
    found = network.sources * network.needs[network.product_of]
    assert_allclose(found, table.coefficients, atol=1e-12)
    for kind, product in enumerate(network.products):
        rows = table.sectors == product
        assert_allclose(network.needs[kind], table.coefficients[rows].sum(axis=0), atol=1e-12)
        total = network.sources[rows].sum(axis=0)
        assert_allclose(total, network.needs[kind] > 0, atol=1e-12)


def test_an_input_is_critical_from_the_least_share_on_and_only_if_it_is_bought():
    table = WorldTable([[0, 1, 0], [2, 0, 0], [0, 0, 0]], [[9], [8], [5]], "AAA", "xyz")
    needs = [[0, 0.1, 0], [0.2, 0, 0], [0, 0, 0]]
    for least, expected in (
        (0, [[0, 1], [1, 0]]),
        (0.1, [[0, 1], [1, 0]]),
        (0.15, [[0, 0], [1, 0]]),
    ):
        network = supply_network(table, "all", least)
        assert_allclose(network.needs, needs)
        assert_array_equal(network.critical[:2, :2], np.array(expected, dtype=bool))
        assert not network.critical[2].any()
        assert not network.critical[:, 2].any()
    assert not supply_network(table, "none", 0).critical.any()
    to_y = np.zeros((3, 3), dtype=bool)
    to_y[0, 1] = True  # the product of the row, critical to makers of the column's
    assert_array_equal(supply_network(table, to_y, 0).critical, to_y)


@pytest.mark.parametrize("column", ["sector", "broad"])
def test_goods_are_critical_to_makers_of_goods(column):
    known = statistics.sectors()
    names = known[column].drop_duplicates().tolist()
    services = set(known.loc[known["broad"] == "services", column]) | {"construction"}
    assert len(names) == {"sector": 35, "broad": 9}[column]
    n = len(names)
    table = WorldTable(np.full((n, n), 1 / n), np.ones((n, 1)), ["A"] * n, names)
    critical = supply_network(table, least=0).critical
    for row, product in enumerate(names):
        for maker, user in enumerate(names):
            assert critical[row, maker] == (product not in services and user not in services)
    industry = known.loc[known["is_industry"], column]
    assert not services & (set(industry) | {"agriculture"})
    assert services | set(industry) | {"agriculture"} == set(names)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "whether s0, s1 are goods is not known: say by an array"),
        ({"critical": "some"}, "critical must be goods, all, none or an array, not 'some'"),
        ({"critical": [[True]]}, r"for 2 x 2 products: it has the shape \(1, 1\) and holds bool"),
        ({"critical": np.ones((2, 2))}, r"true or false for 2 x 2 products: .* holds float64"),
        ({"critical": "all", "least": 1.5}, "least must be from 0 to 1; one is 1.5"),
        ({"critical": "all", "least": [0.1]}, "least must be one number"),
    ],
)
def test_networks_that_cannot_be_read_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        supply_network(world([2], seed=3), **settings)


def test_a_negative_flow_is_no_delivery():
    with pytest.warns(UserWarning, match="negative flows"):
        table = WorldTable([[0, -1], [2, 0]], [[9, 0], [0, 8]], "AB", "xy")
    with pytest.raises(ValueError, match="A, x sells -1 to B, y: a negative flow is no delivery"):
        supply_network(table, "all")


# -- diversified sources --------------------------------


@given(network=networks(), part=shares, home=st.booleans(), data=st.data())
def test_diversified_sources_are_a_mix_with_those_of_the_nation(network, part, home, data):
    kinds = st.sampled_from(network.products)
    asked = data.draw(st.none() | kinds | st.sets(kinds, min_size=1))
    table = network.table
    found = diversified(network, part, asked, home)
    moved = set(network.products if asked is None else [asked] if isinstance(asked, str) else asked)
    for kind, product in enumerate(network.products):
        bought = network.needs[kind] > 0
        rows = table.sectors == product
        assert_allclose(found.sources[rows].sum(axis=0), bought, atol=1e-12)
        for buyer in range(len(bought)):
            free = rows & (home | (table.regions != table.regions[buyer]))
            old, new = network.sources[:, buyer], found.sources[:, buyer]
            assert_array_equal(new[rows & ~free], old[rows & ~free])
            if product in moved and old[free].sum() > 0:
                nation = table.output[free] / table.output[free].sum() * old[free].sum()
                assert_allclose(new[free], part * nation + (1 - part) * old[free], atol=1e-12)
            else:
                assert_array_equal(new[free], old[free])
    assert found.needs is network.needs
    assert found.critical is network.critical


@given(network=networks(), part=shares, home=st.booleans())
def test_no_part_changes_nothing_and_all_of_it_is_final(network, part, home):
    assert_array_equal(diversified(network, 0, home=home).sources, network.sources)
    alike = diversified(network, 1, home=home)
    assert_allclose(diversified(alike, part, home=home).sources, alike.sources, atol=1e-14)
    once = diversified(diversified(network, part, home=home), 1, home=home)
    assert_allclose(once.sources, alike.sources, atol=1e-14)


def test_what_is_bought_at_home_stays_there_unless_asked():
    network = own_product(own=3, abroad=1)  # two regions: the only other one delivers already
    assert_allclose(diversified(network, 1).sources, network.sources)
    assert_allclose(diversified(network, 1, home=True).sources, 1 / 2)


def test_sellers_whose_output_is_nothing_keep_their_buyers():
    """Stocks of A are sold to B while they are run down: A makes nothing that could be a share."""
    with pytest.warns(UserWarning, match="negative final"):
        table = WorldTable([[0, 2], [0, 0]], [[-2, 0], [0, 5]], "AB", "xx")
    network = supply_network(table, "all")
    for home in (False, True):
        found = diversified(network, 1, home=home).sources
        assert_allclose(found[:, 1], [0, 1] if home else [1, 0])


def test_diversification_refuses_what_it_does_not_know():
    network = supply_network(world([2], seed=3), "all")
    with pytest.raises(ValueError, match="no product 'steel'; perhaps s0, s1"):
        diversified(network, 0.5, "steel")
    with pytest.raises(ValueError, match="part must be from 0 to 1; one is 2"):
        diversified(network, 2)
    with pytest.raises(ValueError, match="part must be one number"):
        diversified(network, [0.5])


# -- rounds --------------------------------


@given(case=shocks(), second_source=shares, rounds=st.integers(0, 6))
def test_a_round_passes_losses_on_seller_by_seller(case, second_source, rounds):
    network, capacity, deliveries, buyers = case
    loss = capacity
    for _ in range(rounds):
        loss = naive(network, capacity, deliveries, buyers, second_source, loss)
    found = cascade(network, capacity, deliveries, buyers, second_source, rounds)
    assert_allclose(found, loss, atol=1e-12)
    assert (found >= 0).all()
    assert (found <= 1).all()


@given(case=shocks(), second_source=second_sources)
def test_rounds_end_in_the_least_losses_that_stay(case, second_source):
    network, capacity, deliveries, buyers = case
    settings = (network, capacity, deliveries, buyers, second_source)
    found = cascade(*settings)
    assert_allclose(naive(*settings, found), found, atol=1e-9)
    above = np.ones(len(found))
    for _ in range(200):
        above = naive(*settings, above)  # falls to the largest losses that stay
    assert (above >= found - 1e-9).all()


def test_of_several_losses_that_stay_the_least_is_found():
    """Two sectors that only live on each other: any common loss would stay."""
    table = WorldTable([[0, 4], [4, 0]], [[1], [1]], "AA", "xy")
    network = supply_network(table, "all")
    for loss in (0, 0.3, 1):
        everywhere = np.full(2, loss)
        assert_allclose(naive(network, [0, 0], [0, 0], None, 0, everywhere), everywhere)
    assert_array_equal(cascade(network), [0, 0])
    assert_allclose(cascade(network, capacity=[0.3, 0]), [0.3, 0.3])


@given(table=tables(), data=st.data())
def test_without_critical_inputs_it_is_ghoshs_model(table, data):
    n = len(table.output)
    sellers = data.draw(st.lists(st.integers(0, n - 1), unique=True, min_size=1, max_size=3))
    part = np.array(data.draw(st.lists(shares, min_size=len(sellers), max_size=len(sellers))))
    buyers = data.draw(st.none() | st.sampled_from(table.names))
    deliveries = np.zeros(n)
    deliveries[sellers] = part
    found = cascade(supply_network(table, "none"), deliveries=deliveries, buyers=buyers)
    lost = cut(table, sellers, buyers, part, direction="forward")
    assert_allclose(found * table.output, lost, atol=1e-6 * table.output.max())


@given(case=shocks(), second_source=second_sources)
def test_whatever_is_critical_no_row_loses_less_than_in_ghoshs_model(case, second_source):
    network, *shock = case
    linear = replace(network, critical=np.zeros_like(network.critical))
    least = cascade(linear, *shock, second_source)
    found = cascade(network, *shock, second_source)
    most = cascade(replace(network, critical=network.needs > 0), *shock, second_source)
    assert (least <= found + 1e-9).all()
    assert (found <= most + 1e-9).all()


@given(case=shocks(), second_source=second_sources)
def test_nobody_who_is_not_hit_loses_more_than_what_no_second_source_fills(case, second_source):
    network, capacity, deliveries, buyers = case
    loss = cascade(network, capacity, deliveries, buyers, second_source)
    assert (loss <= np.maximum(capacity, 1 - second_source) + 1e-9).all()
    assert_allclose(cascade(network, capacity, deliveries, buyers, 1), capacity, atol=1e-12)
    idle = (network.table.output == 0) | (network.needs.sum(axis=0) == 0)
    assert_array_equal(loss[idle], capacity[idle])


@given(case=shocks(), second_source=second_sources, more=shares, rounds=st.integers(0, 5))
def test_losses_rise_with_shocks_and_rounds_and_fall_with_second_sources(
    case, second_source, more, rounds
):
    network, capacity, deliveries, buyers = case
    found = cascade(network, capacity, deliveries, buyers, second_source)

    def below(other, limit=found):
        return (other <= limit + 1e-9).all()

    larger = 1 - (1 - more) * (1 - capacity)
    assert below(found, cascade(network, larger, deliveries, buyers, second_source))
    larger = 1 - (1 - more) * (1 - deliveries)
    assert below(found, cascade(network, capacity, larger, buyers, second_source))
    assert below(found, cascade(network, capacity, deliveries, None, second_source))
    better = second_source + more * (1 - second_source)
    assert below(cascade(network, capacity, deliveries, buyers, better))
    early = cascade(network, capacity, deliveries, buyers, second_source, rounds)
    later = cascade(network, capacity, deliveries, buyers, second_source, rounds + 1)
    assert below(early, later)
    assert below(later)
    assert below(capacity, early)


@given(case=shocks(), second_source=shares, data=st.data(), rounds=st.integers(0, 20))
def test_two_shocks_cost_a_row_at_least_the_worse_and_at_most_both(
    case, second_source, data, rounds
):
    network, capacity, deliveries, buyers = case
    n = len(capacity)
    mine = np.array(data.draw(st.lists(st.booleans(), min_size=2 * n, max_size=2 * n)))
    first, second = (
        mine[:n],
        mine[n:],
    )  # a row may be hit in its capacity here, its deliveries there
    pieces = [
        cascade(network, capacity * a, deliveries * b, buyers, second_source, rounds)
        for a, b in ((first, second), (~first, ~second))
    ]
    both = cascade(network, capacity, deliveries, buyers, second_source, rounds)
    assert (both <= sum(pieces) + 1e-12).all()
    assert (both >= np.maximum(*pieces) - 1e-12).all()


@given(case=shocks(), second_source=second_sources, data=st.data())
def test_a_shock_alone_is_the_same_shock_in_a_batch(case, second_source, data):
    network, capacity, deliveries, buyers = case
    sizes = np.array(data.draw(st.lists(shares, min_size=1, max_size=4)))[:, None]
    batch = cascade(network, sizes * capacity, sizes * deliveries, buyers, second_source)
    assert batch.shape == (len(sizes), len(capacity))
    for size, found in zip(sizes, batch, strict=True):
        alone = cascade(network, size * capacity, size * deliveries, buyers, second_source)
        assert_allclose(found, alone, rtol=1e-12, atol=1e-14)
    fixed = cascade(network, capacity, sizes * deliveries, buyers, second_source)
    wide = np.repeat(capacity[None], len(sizes), axis=0)
    spread = cascade(network, wide, sizes * deliveries, buyers, second_source)
    assert_allclose(fixed, spread, rtol=1e-12, atol=1e-14)
    spread = cascade(network, [capacity], sizes * deliveries, buyers, second_source)
    assert_allclose(fixed, spread, rtol=1e-12, atol=1e-14)


def test_no_shock_and_no_shocks_lose_nothing():
    network = supply_network(world([2, 2], seed=5), "all")
    assert_array_equal(cascade(network), np.zeros(4))
    assert cascade(network, deliveries=np.zeros((0, 4))).shape == (0, 4)
    assert cascade(network, capacity=np.zeros((3, 4))).shape == (3, 4)
    assert cascade(network, np.zeros((1, 4)), np.zeros(4)).shape == (1, 4)


def own_product(own, abroad):
    """Two regions make one product from itself; `own`: what each buys of its own, of ten."""
    flows = np.array([[own, abroad], [abroad, own]], dtype=float)
    return supply_network(WorldTable(flows, np.diag(10 - flows.sum(axis=1)), "AB", "ss"), "all")


def test_without_a_second_source_a_product_made_from_itself_ends():
    """B is cut off from A: of its inputs a part 1 - b stays away, and b of what B itself made."""
    network, b = own_product(own=3, abroad=1), 0.75
    for rounds in range(12):
        lost_a = lost_b = 0.0
        for _ in range(rounds):
            lost_a, lost_b = b * lost_a + (1 - b) * lost_b, b * lost_b + (1 - b)
        found = cascade(network, deliveries=[1, 0], buyers="B", rounds=rounds)
        assert_allclose(found, [lost_a, 1 - b**rounds], atol=1e-14)
    assert_allclose(cascade(network, deliveries=[1, 0], buyers="B"), [1, 1], atol=1e-8)
    r = 0.2  # with a second source both settle where these two lines say
    lost_b = (1 - r) * (1 - b) / (1 - (1 - r) * b)
    lost_a = (1 - r) * (1 - b) * lost_b / (1 - (1 - r) * b)
    found = cascade(network, deliveries=[1, 0], buyers="B", second_source=r)
    assert_allclose(found, [lost_a, lost_b], atol=1e-9)
    found = cascade(network, deliveries=[1, 0], buyers="B", second_source=r, rounds=200)
    assert_allclose(found, [lost_a, lost_b], rtol=1e-14)  # as many rounds as asked for


def test_losses_that_rise_too_slowly_need_a_number_of_rounds():
    network = own_product(own=4, abroad=0.004)
    with pytest.raises(ValueError, match="losses still rise after 2000 rounds: give rounds"):
        cascade(network, deliveries=[1, 0], buyers="B")
    b = 4 / 4.004
    found = cascade(network, deliveries=[1, 0], buyers="B", rounds=3000)
    assert_allclose(found[1], 1 - b**3000)


def test_who_spends_more_than_it_earns_still_cannot_lose_more_than_all():
    with pytest.warns(UserWarning, match="negative value added"):
        table = WorldTable([[0, 12], [0, 0]], [[1], [10]], "AA", "xy")
    assert_allclose(cascade(supply_network(table, "none"), deliveries=[1, 0]), [0, 1])
    assert_allclose(cascade(supply_network(table, "none"), deliveries=[0.5, 0]), [0, 0.6])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"capacity": [0.1, 1.1, 0]}, "capacity must be from 0 to 1; one is 1.1"),
        ({"deliveries": [0.1, 0]}, r"deliveries must have the shape \(3,\) or \(shocks, 3\), not"),
        ({"deliveries": np.zeros((1, 1, 3))}, r"deliveries must have the shape \(3,\)"),
        ({"capacity": 0.1}, r"capacity must have the shape \(3,\) or \(shocks, 3\), not \(\)"),
        (
            {"capacity": np.zeros((2, 3)), "deliveries": np.zeros((3, 3))},
            "of the same shocks, or one of them of one; there are 2 and 3",
        ),
        ({"buyers": "R7"}, "no region 'R7'"),
        ({"second_source": -0.5}, "second_source must be from 0 to 1; one is -0.5"),
        ({"second_source": [0.5]}, "second_source must be one number"),
        ({"rounds": -1}, "rounds must be a whole number from zero on, not -1"),
        ({"rounds": 1.5}, "rounds must be a whole number from zero on, not 1.5"),
        ({"rounds": np.nan}, "rounds must be a whole number from zero on, not nan"),
    ],
)
def test_shocks_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        cascade(supply_network(world([2, 1], seed=3), "all"), **settings)
