"""The inoperability model against Leontief, its closed form and its own steps one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_tables import world, worlds

from dongbei.input_output import InterregionalTable, WorldTable
from dongbei.resilience.disruption.inoperability import (
    cumulative_loss,
    inoperability,
    interdependency,
    recover,
    recovery_rates,
)
from dongbei.resilience.disruption.shocks import Loss

MILLER_BLAIR = WorldTable([[150, 500], [200, 100]], [[350], [1700]], ["R", "R"], ["1", "2"])
"""Miller and Blair's two sectors: outputs 1000 and 2000."""


def missing(table, seed, count=3):
    """Parts of the final demand of each node, over its output."""
    share = table.final.sum(axis=1) * table.per_unit
    return np.random.default_rng(seed).uniform(0, 1, (count, len(share))) * share


def test_a_published_change_of_demand_is_found_again():
    """Final demand of 600 and 1500 in place of 350 and 1700 calls for outputs 1247.5 and 1841.6."""
    change = np.array([350 - 600, 1700 - 1500]) / MILLER_BLAIR.output
    q = np.linalg.solve(np.eye(2) - interdependency(MILLER_BLAIR), change)
    np.testing.assert_allclose(MILLER_BLAIR.output * (1 - q), [1247.5, 1841.6], atol=0.05)
    less = inoperability(MILLER_BLAIR, [[0, 200 / 2000]])[0]
    expected = MILLER_BLAIR.output - MILLER_BLAIR.solve(np.array([350.0, 1500]))
    np.testing.assert_allclose(less * MILLER_BLAIR.output, expected, rtol=1e-12)


@given(worlds(), st.integers(0, 99))
def test_static_inoperability_is_leontief_in_parts_of_output(table, seed):
    demand = missing(table, seed)
    q = inoperability(table, demand)
    left = table.solve((table.final.sum(axis=1) - demand * table.output).T).T
    np.testing.assert_allclose((1 - q) * table.output, left, rtol=1e-9, atol=1e-9 * left.max())
    np.testing.assert_allclose(q, q @ interdependency(table).T + demand, atol=1e-9)
    assert (q >= 0).all()
    assert (q <= 1 + 1e-9).all()


@given(worlds())
def test_all_demand_gone_leaves_nothing(table):
    q = inoperability(table, [table.final.sum(axis=1) * table.per_unit])
    np.testing.assert_allclose(q[0], table.output > 0, atol=1e-9)


@given(worlds(), st.integers(0, 99))
def test_coefficients_are_those_of_technology_in_other_units(table, seed):
    made = table.output > 0
    scaled = np.diag(table.output) @ interdependency(table)
    np.testing.assert_allclose(scaled, table.coefficients @ np.diag(table.output), atol=1e-9)
    assert (interdependency(table)[~made] == 0).all()


@settings(max_examples=30)
@given(worlds(), st.integers(0, 99))
def test_it_comes_to_rest_at_the_static_model(table, seed):
    demand = missing(table, seed)
    rates = np.random.default_rng(seed).uniform(0.3, 1, len(table.output))
    found = recover(table, rates, 3000, demand=demand)
    np.testing.assert_allclose(found.last, inoperability(table, demand), atol=1e-8)


@settings(max_examples=30)
@given(worlds(), st.integers(0, 99))
def test_what_is_lost_in_all_steps_is_the_closed_form(table, seed):
    random = np.random.default_rng(seed)
    n = len(table.output)
    first, rates = random.uniform(0, 1, (4, n)), random.uniform(0.2, 1, n)
    first[:, table.output == 0] = 0
    found = recover(table, rates, 4000, initial=first, year=1)
    closed = cumulative_loss(table, first, rates, year=1)
    np.testing.assert_allclose(found.lost.sum(axis=1), closed, rtol=1e-6)
    inverse = np.linalg.inv(np.diag(rates) @ (np.eye(n) - interdependency(table)))
    np.testing.assert_allclose(closed, table.output @ inverse @ first.T, rtol=1e-9)


def test_each_step_is_the_equation():
    table = world([2, 3], 6)
    random = np.random.default_rng(4)
    first, rates = random.uniform(0, 1, (2, 5)), random.uniform(0.1, 1, 5)
    demand = Loss(missing(table, 3, 2), start=[0, 2], duration=[3, 1], recovery="linear",
                  recovery_time=4)  # fmt: skip
    found = recover(table, rates, 9, initial=first, demand=demand, year=10, keep=True)
    a = interdependency(table)
    for shock in range(2):
        q, path = first[shock], []
        for step in range(9):
            path.append(q)
            c = demand.parts[shock] * demand.at(step)[shock]
            q = q + rates * (a @ q + c - q)
        np.testing.assert_allclose(found.last[shock], q, rtol=1e-12)
        lost = np.array(path) * table.output / 10
        for region, block in enumerate(table.blocks):
            here = lost[:, block].sum(axis=1)
            assert found.lost[shock, region] == pytest.approx(here.sum(), rel=1e-12)
            normal = table.output[block].sum() / 10
            np.testing.assert_allclose(found.path[shock, :, region], here / normal, rtol=1e-12)
        total = lost.sum(axis=1) / (table.output.sum() / 10)
        assert found.worst[shock] == pytest.approx(total.max(), rel=1e-12)
        assert found.worst_step[shock] == total.argmax()
    assert found.by_region(table).columns.tolist() == ["R0", "R1"]


def test_a_node_left_alone_recovers_as_its_rate_says():
    """A table without flows between nodes, followed in short steps: the exponential's own time."""
    table = WorldTable(np.diag([20.0, 50]), [[80.0], [50]], ["R", "R"], ["a", "b"])
    rates = recovery_rates(table, 0.5, [0.05, 0.01], [30, 60])
    np.testing.assert_allclose(rates, [np.log(10) / (30 * 0.8), np.log(50) / (60 * 0.5)])
    fine = 2000
    found = recover(table, rates / fine, 30 * fine, initial=[[0.5, 0.5]])
    expected = [0.05, 0.5 * np.exp(-np.log(50) / 2)]
    np.testing.assert_allclose(found.last[0], expected, rtol=1e-3)


def test_shocks_do_not_depend_on_their_company():
    table = world([3, 3], 2)
    first = np.random.default_rng(1).uniform(0, 1, (40, 6))
    together = recover(table, 0.4, 30, initial=first)
    alone = recover(table, 0.4, 30, initial=first[7:8])
    np.testing.assert_allclose(alone.lost[0], together.lost[7], rtol=1e-13)


def test_no_recovery_is_stable_above_two_over_what_is_not_used_at_home():
    """One node: q falls by k (1 - a) a step, which overshoots for good from k (1 - a) = 2."""
    table = WorldTable([[20.0]], [[80.0]], ["R"], ["a"])
    recover(table, 2.49, 5, initial=[[0.5]])
    for call in (
        lambda: recover(table, 2.5, 5, initial=[[0.5]]),
        lambda: cumulative_loss(table, [[0.5]], 2.6),
    ):
        with pytest.raises(ValueError, match=r"unstable: .* modulus 1.* give lower rates"):
            call()


TABLE = world([2, 2], 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inoperability(TABLE, [[2, 0, 0, 0]]), "cannot be lost"),
        (lambda: inoperability(TABLE, [[-1, 0, 0, 0]]), "part of the whole"),
        (lambda: inoperability(TABLE, [[np.nan, 0, 0, 0]]), "from 0 to 1"),
        (lambda: inoperability(TABLE, [0, 0, 0, 0]), "a row per shock and a column for each of 4"),
        (lambda: inoperability(TABLE, [[0, 0]]), "a row per shock and a column for each of 4"),
        (lambda: inoperability(TABLE, [[1, 0, 0, 0]]), "R0, s0: final demand is .* of its output"),
        (lambda: recover(TABLE, 0.5, 0, initial=[[0] * 4]), "steps must be a whole number from 1"),
        (lambda: recover(TABLE, 0.5, 9), "give an initial inoperability, a loss of demand"),
        (lambda: recover(TABLE, 0.5, 9, initial=[[0, 0]]), "column for each of 4 nodes"),
        (lambda: recover(TABLE, 0.5, 9, initial=[[2] * 4]), "cannot be lost"),
        (lambda: recover(TABLE, 0.5, 9, [[0] * 4], [[0] * 4] * 2), "must have the shape"),
        (lambda: recover(TABLE, 0, 9, initial=[[0] * 4]), "rates must be above 0"),
        (lambda: recover(TABLE, np.nan, 9, initial=[[0] * 4]), "rates must be above 0"),
        (lambda: recover(TABLE, [1, 2], 9, initial=[[0] * 4]), "one number or one for each of 4"),
        (lambda: recovery_rates(TABLE, 0.1, 0.2, 5), "what remains must be above 0 and below"),
        (lambda: recovery_rates(TABLE, 0.1, 0, 5), "what remains must be above 0 and below"),
        (lambda: recovery_rates(TABLE, 1.1, 0.2, 5), "cannot be lost"),
        (lambda: recovery_rates(TABLE, 0.1, 0.05, 0), "steps must be above 0"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_exports_are_demand_that_can_go_missing():
    table = InterregionalTable(
        [[10.0]], [[30.0]], ["R"], ["a"], exports=[50], imports=[5], error=[10], value_added=[85]
    )
    np.testing.assert_allclose(inoperability(table, [[0.8]]), [[0.8 / 0.9]], rtol=1e-12)
    with pytest.raises(ValueError, match=r"final demand is 0\.8 of its output, and 0\.85 cannot"):
        inoperability(table, [[0.85]])
