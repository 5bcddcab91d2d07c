"""Weights of nodes beside the economies they are derived from, and networks that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from random_tables import country, tables, world, worlds

from dongbei.input_output import WorldTable, upstreamness
from dongbei.resilience.disruption.network import diversified, supply_network
from dongbei.resilience.disruption.nodes import (
    critical_nodes,
    domar_weights,
    influence,
    supplier_concentration,
)
from dongbei.resilience.disruption.static import single_cuts


def busy(table):
    return table.output.any()


def economy(suppliers, primary_share):
    """Sectors that buy from these suppliers (column: user) in these shares, equal demand."""
    suppliers, n = np.array(suppliers, dtype=float), len(suppliers)
    A = (1 - primary_share) * suppliers
    x = np.linalg.solve(np.eye(n) - A, np.ones(n))
    return WorldTable(A * x, np.ones((n, 1)), ["A"] * n, [f"s{i}" for i in range(n)])


def log_consumption(shares, a, log_productivity):
    """Log of real consumption of the Cobb-Douglas economy of Acemoglu et al. (2012), wage one.

    x_i = (z_i l_i)^a prod_j x_ij^((1 - a) w_ij), consumption the product of c_i^(1/n), but for a
    constant: prices are unit costs, found by going round until they stay.
    """
    n = len(shares)
    users = np.array(shares).T
    entropy = np.where(users > 0, users * np.log(np.where(users > 0, users, 1)), 0).sum(axis=1)
    constant = -a * np.log(a) - (1 - a) * np.log(1 - a) - (1 - a) * entropy
    price = np.zeros(n)
    for _ in range(3000):
        price = -a * log_productivity + constant + (1 - a) * users @ price
    return -price.mean()


# -- weights --------------------------------


@given(table=tables().filter(busy), part=st.floats(0.05, 0.95))
def test_influence_is_how_far_a_productivity_shock_moves_real_consumption(table, part):
    flows = table.flows
    if (flows.sum(axis=0) == 0).any():
        return  # an economy in which everybody needs inputs
    shares, step = flows / flows.sum(axis=0), 1e-3
    n = len(shares)
    expected = [
        (log_consumption(shares, part, up) - log_consumption(shares, part, -up)) / (2 * step)
        for up in step * np.eye(n)
    ]
    assert_allclose(influence(table, part), expected, atol=1e-9)


@given(table=tables().filter(busy), part=st.none() | st.floats(0.05, 1))
def test_influence_adds_up_to_one_and_is_at_least_that_of_a_final_seller(table, part):
    found = influence(table, part)
    made = table.output > 0
    assert (found[~made] == 0).all()
    if (table.flows.sum(axis=0) > 0)[made].all():
        assert_allclose(found.sum(), 1)
    a = 1 - table.flows.sum() / table.output.sum() if part is None else part
    assert (found[made] >= a / made.sum() - 1e-12).all()
    assert_allclose(influence(table, 1)[made], 1 / made.sum())


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8), a=st.floats(0.1, 1))
def test_influence_is_the_share_of_sales_if_demand_and_primary_shares_are_alike(seed, n, a):
    suppliers = np.random.default_rng(seed).dirichlet(np.ones(n), size=n).T
    table = economy(suppliers, a)
    assert_allclose(influence(table), table.output / table.output.sum(), rtol=1e-7)
    assert_allclose(influence(table), a * domar_weights(table), rtol=1e-7)


def test_influence_in_a_star_and_in_a_ring():
    n, a = 5, 0.4
    star = np.zeros((n, n))
    star[0] = 1  # everybody buys from the centre only, the centre from itself
    hub = a / n + (1 - a)
    assert_allclose(influence(economy(star, a)), [hub, *[a / n] * (n - 1)])
    assert_allclose(influence(economy(np.roll(np.eye(n), 1, axis=0), a)), 1 / n)
    chain = np.zeros((3, 3))
    chain[0, 1] = chain[1, 2] = 1  # the first buys nothing, the last sells to nobody
    b = 1 - a
    table = economy(chain, a)
    assert_allclose(influence(table, a), np.array([1 + b + b**2, 1 + b, 1]) * a / 3)


@given(table=worlds().filter(busy))
def test_domar_weights_add_up_to_output_over_value_added_and_follow_hulten(table):
    found = domar_weights(table)
    assert_allclose(found.sum(), table.output.sum() / table.value_added.sum())
    assert found.sum() >= 1 - 1e-9
    primary = table.value_added_shares
    step = 1e-6  # a row that needs less of every input: how much more the same inputs would make
    for row in np.flatnonzero(table.output):
        cheaper = np.ones(len(found))
        cheaper[row] = 1 - step
        A, v = table.coefficients * cheaper, primary * cheaper
        needed = v @ np.linalg.solve(np.eye(len(A)) - A, table.final.sum(axis=1))
        gain = (table.value_added.sum() - needed) / table.value_added.sum() / step
        assert_allclose(gain, found[row], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, np.nan])
def test_primary_shares_outside_their_range_are_refused(share):
    with pytest.raises(ValueError, match="primary_share must be above 0 and up to 1, not"):
        influence(world([2], seed=1), share)


def test_an_economy_without_primary_inputs_has_no_influence():
    table = WorldTable([[1, 2], [2, 1]], np.zeros((2, 1)), "AA", "xy")
    with pytest.raises(ValueError, match="primary_share must be above 0 and up to 1, not 0"):
        influence(table)


def test_a_table_that_makes_nothing_has_no_weights():
    table = WorldTable(np.zeros((1, 1)), [[0]], "A", "x")
    with pytest.raises(ValueError, match="weighed by value added: all of the table's is 0"):
        domar_weights(table)
    with pytest.raises(ValueError, match="the table makes nothing: no row has an influence"):
        influence(table)


# -- suppliers --------------------------------


@given(table=tables())
def test_concentration_is_that_of_the_flows_region_by_region(table):
    found = supplier_concentration(supply_network(table, "none"))
    expected = []
    for product in dict.fromkeys(table.sectors.tolist()):
        for buyer, columns in zip(table.names, table.blocks, strict=True):
            sold = np.array(
                [
                    table.flows[
                        (table.regions == seller) & (table.sectors == product), columns
                    ].sum()
                    for seller in table.names
                ]
            )
            if sold.sum() > 0:
                shares = sold / sold.sum()
                expected.append((product, buyer, sold.sum(), shares.max(), (shares**2).sum()))
                row = found.iloc[len(expected) - 1]
                assert_allclose(shares[table.names.index(row["largest"])], shares.max())
    assert found[["product", "region"]].to_numpy().tolist() == [list(one[:2]) for one in expected]
    numbers = np.array([one[2:] for one in expected]).reshape(-1, 3)
    assert_allclose(found[["bought", "share", "concentration"]], numbers, rtol=1e-9)
    assert (found["concentration"] <= found["share"] + 1e-12).all()
    assert (found["concentration"] >= found["share"] ** 2 - 1e-12).all()
    assert (found["concentration"] >= 1 / len(table.names) - 1e-12).all()


@given(table=tables())
def test_a_product_of_one_region_has_one_supplier_and_alike_sources_one_concentration(table):
    network = supply_network(table, "none")
    found = supplier_concentration(network)
    for product in network.products:
        rows = table.sectors == product
        alone = found.loc[found["product"] == product]
        if (table.output[rows] > 0).sum() == 1:
            assert_allclose(alone["concentration"], 1)
            assert_allclose(alone["share"], 1)
            assert (alone["largest"] == table.regions[rows & (table.output > 0)][0]).all()
    alike = supplier_concentration(diversified(network, 1, home=True))
    assert_allclose(alike["bought"], found["bought"], rtol=1e-9)
    for row in alike.itertuples():
        output = table.output[table.sectors == row.product]
        assert_allclose(row.concentration, ((output / output.sum()) ** 2).sum())


def test_equal_suppliers_are_as_little_concentrated_as_can_be():
    table = WorldTable(np.ones((3, 3)), np.eye(3), "ABC", "xxx")
    found = supplier_concentration(supply_network(table, "all"))
    assert_allclose(found["concentration"], 1 / 3)
    assert found["largest"].tolist() == ["A", "A", "A"]  # the first of equals
    assert found["bought"].tolist() == [3, 3, 3]


# -- side by side --------------------------------


@pytest.mark.parametrize("table", [world([2, 3], seed=8, empty=1), country([2, 3], seed=8)])
def test_measures_stand_side_by_side_for_rows_that_make_something(table):
    found = critical_nodes(table)
    made = table.output > 0
    assert found.columns.tolist() == [
        "region", "sector", "output", "domar_weight", "influence", "upstreamness", "backward",
        "forward",
    ]  # fmt: skip
    assert found.index.tolist() == list(range(made.sum()))
    assert found["region"].tolist() == table.regions[made].tolist()
    assert found["sector"].tolist() == table.sectors[made].tolist()
    total = table.value_added.sum()
    expected = {
        "output": table.output,
        "domar_weight": table.output / total,
        "influence": influence(table),
        "upstreamness": upstreamness(table)["upstreamness"],
        "backward": single_cuts(table) / total,
        "forward": single_cuts(table, direction="forward") / total,
    }
    for name, values in expected.items():
        assert_allclose(found[name], np.array(values)[made])


@given(table=worlds().filter(busy))
def test_upstreamness_is_the_row_sum_of_ghoshs_inverse(table):
    found = critical_nodes(table)
    made = table.output > 0
    G = np.linalg.inv(
        np.eye(made.sum()) - table.flows[np.ix_(made, made)] / table.output[made][:, None]
    )
    assert_allclose(found["upstreamness"], G.sum(axis=1), rtol=1e-7)
