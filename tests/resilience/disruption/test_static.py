"""Cuts in closed form beside tables that are built anew without the links and solved again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from random_tables import country, tables, world, worlds

from dongbei.input_output import WorldTable, extraction
from dongbei.resilience.disruption.inoperability import inoperability, interdependency
from dongbei.resilience.disruption.shocks import rows
from dongbei.resilience.disruption.static import (
    cut,
    demand_loss,
    joint_cuts,
    single_cuts,
    supply_loss,
)

directions = st.sampled_from(["backward", "forward"])
shares = st.floats(0, 1)


def miller_blair():
    """Two sectors of one region: Miller and Blair (2009), section 2.3."""
    return WorldTable([[150, 500], [200, 100]], [[350], [1700]], "AA", "12")


def buyers_of(table):
    """Everybody, one region, some, or all by name."""
    names = st.sampled_from(table.names)
    return st.none() | names | st.sets(names, min_size=1).map(sorted) | st.just(table.names)


@st.composite
def cuts(draw, least_rows=1):
    """Draw a table, rows of it in any order, buyers and the part of each row that is cut."""
    table = draw(tables().filter(lambda table: len(table.output) >= least_rows))
    row = st.integers(0, len(table.output) - 1)
    sellers = draw(st.lists(row, unique=True, min_size=least_rows, max_size=4))
    part = draw(shares | st.lists(shares, min_size=len(sellers), max_size=len(sellers)))
    return table, np.array(sellers), draw(buyers_of(table)), part


def solved_again(table, sellers, buyers, part, direction):
    """Loss of output, from a table without the links."""
    reached = np.ones(len(table.names), bool) if buyers is None else np.isin(table.names, buyers)
    left = np.ones((len(table.output), len(table.names)))
    left[sellers] -= np.multiply.outer(np.broadcast_to(part, len(sellers)), reached)
    flows = table.flows * left[:, table.region_of]
    x = np.where(table.output > 0, table.output, 1)
    if direction == "forward":
        primary = table.output - table.flows.sum(axis=0)
        return table.output - np.linalg.solve(np.eye(len(x)) - (flows / x[:, None]).T, primary)
    abroad = table.output - table.flows.sum(axis=1) - table.final.sum(axis=1)
    if buyers is None:
        abroad = abroad * left[:, 0]
    final = (table.final * left).sum(axis=1) + abroad
    return table.output - np.linalg.solve(np.eye(len(x)) - flows / x, final)


def asked_for(table):
    """Final demand, abroad included; a balancing item is asked for by nobody."""
    at_home = table.final.sum(axis=1)
    return at_home if isinstance(table, WorldTable) else at_home + table.exports


# -- falls of demand and of primary inputs --------------------------------


def test_miller_and_blairs_new_demand():
    table = miller_blair()
    fall = np.array([-250.0, 200.0])
    assert_allclose(table.output, [1000, 2000])
    assert_allclose(table.inverse(), [[1.2541, 0.3300], [0.2640, 1.1221]], atol=5e-5)
    found = table.output - (
        demand_loss(table, np.maximum(fall, 0)) - demand_loss(table, np.maximum(-fall, 0))
    )
    assert_allclose(found, [1247.5, 1841.6], atol=0.05)


@given(table=tables(), data=st.data())
def test_a_fall_of_demand_is_leontiefs_model_and_inoperability_is_its_relative_form(table, data):
    n = len(table.output)
    demand = asked_for(table)
    fallen = np.array(data.draw(st.lists(shares, min_size=n, max_size=n))) * demand
    B = np.linalg.inv(np.eye(n) - table.coefficients)
    lost = demand_loss(table, fallen)
    assert_allclose(lost, B @ fallen, atol=1e-9)
    assert_allclose(demand_loss(table, [fallen, 0 * fallen]), [lost, 0 * lost], atol=1e-12)
    x = np.where(table.output > 0, table.output, 1)
    ghosh = table.flows / x[:, None]
    assert_allclose(table.coefficients * x / x[:, None], ghosh, atol=1e-12)
    assert_allclose(interdependency(table), ghosh, atol=1e-12)
    assert_allclose(inoperability(table, [fallen / x])[0], lost / x, atol=1e-9)
    assert_allclose(np.linalg.solve(np.eye(n) - ghosh, fallen / x), lost / x, atol=1e-9)


@given(table=tables(), data=st.data())
def test_a_fall_of_primary_inputs_is_ghoshs_model(table, data):
    n = len(table.output)
    primary = np.maximum(table.output - table.flows.sum(axis=0), 0)
    fallen = np.array(data.draw(st.lists(shares, min_size=n, max_size=n))) * primary
    x = np.where(table.output > 0, table.output, 1)
    G = np.linalg.inv(np.eye(n) - table.flows / x[:, None])
    assert_allclose(supply_loss(table, fallen), fallen @ G, atol=1e-9)
    assert_allclose(supply_loss(table, [fallen])[0], fallen @ G, atol=1e-9)


@given(table=tables())
def test_without_any_demand_or_any_primary_input_nothing_is_made(table):
    primary = table.output - table.flows.sum(axis=0)
    left = table.output - demand_loss(table, asked_for(table))
    balancing = 0 * left if isinstance(table, WorldTable) else table.error
    assert_allclose(left, table.inverse() @ balancing, atol=1e-9)  # what nobody asked for
    assert_allclose(supply_loss(table, np.maximum(primary, 0)), table.output, atol=1e-9)


def test_where_demand_or_primary_input_is_below_zero_nothing_can_fall():
    with pytest.warns(UserWarning, match="negative final"):
        table = WorldTable([[0, 6], [1, 1]], [[-1], [9]], "AA", "12")
    assert_allclose(
        demand_loss(table, [0, 9]), np.linalg.inv(np.eye(2) - table.coefficients)[:, 1] * 9
    )
    with pytest.raises(ValueError, match="A, 1 has -1 of final demand: it can lose from 0 to 0"):
        demand_loss(table, [1, 0])
    with pytest.warns(UserWarning, match="negative value added"):
        table = WorldTable([[1, 1], [5, 1]], [[1], [9]], "AA", "12")
    assert_allclose(supply_loss(table, [0, 0]), 0)
    with pytest.raises(ValueError, match="A, 1 has -3 of primary input: it can lose from 0 to 0"):
        supply_loss(table, [1, 0])


@pytest.mark.parametrize(
    ("loss", "lost", "message"),
    [
        (demand_loss, [351, 0], "A, 1 has 350 of final demand: it can lose from 0 to 350, not 351"),
        (demand_loss, [[0, 0], [0, -1]], "A, 2 has 1700 of final demand: .* to 1700, not -1"),
        (demand_loss, [0, np.nan], "final demand lost must be finite"),
        (demand_loss, [1], r"give 2 numbers, one for each row; the shape is \(1,\)"),
        (demand_loss, 1, r"give 2 numbers, one for each row; the shape is \(\)"),
        (demand_loss, np.zeros((1, 1, 2)), "give 2 numbers"),
        (
            supply_loss,
            [651, 0],
            "A, 1 has 650 of primary input: it can lose from 0 to 650, not 651",
        ),
        (supply_loss, [0, np.inf], "primary input lost must be finite"),
        (supply_loss, [0, 0, 0], r"give 2 numbers, one for each row; the shape is \(3,\)"),
    ],
)
def test_falls_that_do_not_fit_are_refused(loss, lost, message):
    with pytest.raises(ValueError, match=message):
        loss(miller_blair(), lost)


def test_a_fall_past_what_there_is_may_be_as_large_as_the_tables_own_gaps():
    table = miller_blair()
    within = 350 + 0.9 * table.tolerance * 2000
    assert demand_loss(table, [within, 0])[0] > 0
    with pytest.raises(ValueError, match="can lose from 0 to 350"):
        demand_loss(table, [350 + 1.1 * table.tolerance * 2000, 0])


# -- cuts --------------------------------


@given(case=cuts(), direction=directions)
def test_a_cut_is_what_the_table_without_the_links_says(case, direction):
    table, sellers, buyers, part = case
    found = cut(table, sellers, buyers, part, direction)
    assert_allclose(found, solved_again(table, sellers, buyers, part, direction), atol=1e-8)
    turned = np.broadcast_to(part, len(sellers))[::-1]
    assert_allclose(cut(table, sellers[::-1], buyers, turned, direction), found, atol=1e-10)


@given(table=tables(), data=st.data(), direction=directions, part=shares)
def test_single_cuts_are_the_cuts_one_at_a_time(table, data, direction, part):
    n, buyers = len(table.output), data.draw(buyers_of(table))
    weight = data.draw(st.none() | st.lists(st.floats(-2, 2), min_size=n, max_size=n))
    w = table.value_added_shares if weight is None else np.array(weight)
    one_by_one = [w @ solved_again(table, [j], buyers, part, direction) for j in range(n)]
    found = single_cuts(table, buyers, part, direction, weight)
    assert_allclose(found, one_by_one, atol=1e-8)
    alone = joint_cuts(table, np.arange(n)[:, None], buyers, part, direction, weight)
    assert_allclose(alone, found, atol=1e-10)


@given(case=cuts(least_rows=2), direction=directions, data=st.data())
def test_joint_cuts_are_the_cuts_of_the_sets(case, direction, data):
    table, sellers, buyers, part = case
    order = data.draw(st.permutations(range(len(sellers))))
    part = np.broadcast_to(part, len(sellers))
    sets = np.array([sellers, sellers[order]])  # parts stand by place, not by row
    n = len(table.output)
    weight = data.draw(st.none() | st.lists(st.floats(-2, 2), min_size=n, max_size=n))
    w = table.value_added_shares if weight is None else np.array(weight)
    expected = [w @ solved_again(table, one, buyers, part, direction) for one in sets]
    assert_allclose(joint_cuts(table, sets, buyers, part, direction, weight), expected, atol=1e-8)
    if np.ptp(part) == 0:
        whole = joint_cuts(table, sets, buyers, part[0], direction, weight)
        assert_allclose(whole, expected[0], atol=1e-8)


@given(table=tables())
def test_extraction_of_a_sector_is_its_multiplier_times_output_over_its_own_loop(table):
    B = np.linalg.inv(np.eye(len(table.output)) - table.coefficients)
    loss = B.sum(axis=0) * table.output / np.diag(B)
    assert_allclose(single_cuts(table, weight=np.ones(len(B))), loss, atol=1e-8)
    for seller, whole in enumerate(table.output):
        assert_allclose(cut(table, [seller])[seller], whole, atol=1e-8)


@given(table=tables(), data=st.data())
def test_a_full_forward_cut_is_ghoshs_model_with_the_row_at_zero(table, data):
    n = len(table.output)
    seller = data.draw(st.integers(0, n - 1))
    supplies = table.flows / np.where(table.output > 0, table.output, 1)[:, None]
    supplies[seller] = 0
    primary = table.output - table.flows.sum(axis=0)
    left = primary @ np.linalg.inv(np.eye(n) - supplies)
    assert_allclose(cut(table, [seller], direction="forward"), table.output - left, atol=1e-8)


@given(table=tables())
def test_extraction_of_everything_loses_everything(table):
    everything = np.arange(len(table.output))
    assert_allclose(cut(table, everything), table.output, atol=1e-8)
    found = cut(table, everything, direction="forward")  # only value added and imports are left
    assert_allclose(found, table.flows.sum(axis=0), atol=1e-8)
    found = joint_cuts(table, [everything], weight=np.ones(len(everything)))
    assert_allclose(found, [table.output.sum()], atol=1e-7)


@given(table=worlds(least_regions=2), data=st.data())
def test_a_region_that_no_longer_sells_to_others_is_extraction_of_its_trade(table, data):
    seller = data.draw(st.sampled_from(table.names))
    others = st.sampled_from([one for one in table.names if one != seller])
    buyers = sorted(data.draw(st.sets(others, min_size=1)))
    lost = cut(table, rows(table, seller), buyers)
    expected = extraction(table, seller, buyers)["value"]
    assert_allclose(lost * table.value_added_shares, expected, atol=1e-8)


@given(case=cuts(), direction=directions, data=st.data())
def test_losses_rise_with_the_part_the_sellers_and_the_buyers(case, direction, data):
    table, sellers, buyers, part = case
    if (table.output - table.flows.sum(axis=1) < 0).any():
        return  # what is cut might be a negative sale
    part = np.broadcast_to(part, len(sellers))
    found = cut(table, sellers, buyers, part, direction)
    more = part + data.draw(shares) * (1 - part)
    tiny = 1e-8 * table.output.max()
    assert (found >= -tiny).all()
    assert (found <= table.output + tiny).all()
    assert (cut(table, sellers, buyers, more, direction) >= found - tiny).all()
    fewer = np.append(part[:-1], 0)  # the last seller still delivers
    assert (cut(table, sellers, buyers, fewer, direction) <= found + tiny).all()
    if isinstance(table, WorldTable) or direction == "forward":
        assert (cut(table, sellers, None, part, direction) >= found - tiny).all()
    assert_allclose(cut(table, sellers, buyers, 0, direction), 0, atol=tiny)


@given(case=cuts(), direction=directions)
def test_losses_of_a_closed_table_scale_with_its_money(case, direction):
    table, sellers, buyers, part = case
    if not isinstance(table, WorldTable):
        return
    cents = WorldTable(table.flows * 100, table.final * 100, table.regions, table.sectors)
    found = cut(table, sellers, buyers, part, direction)
    assert_allclose(cut(cents, sellers, buyers, part, direction), 100 * found, rtol=1e-7, atol=1e-7)
    singles = single_cuts(table, buyers, 0.5, direction)
    assert_allclose(single_cuts(cents, buyers, 0.5, direction), 100 * singles, rtol=1e-7, atol=1e-7)


@given(table=worlds())
def test_final_demand_that_a_closed_table_loses_is_the_value_added_it_loses(table):
    alone = single_cuts(table)  # who was extracted sells nothing to final users
    for seller, loss in enumerate(alone):
        left = table.output - cut(table, [seller])
        A = table.coefficients
        A[seller] = 0
        assert_allclose(loss, table.value_added.sum() - table.value_added_shares @ left, atol=1e-8)
        final = table.final.sum(axis=1)
        final[seller] = 0
        assert_allclose(left, A @ left + final, atol=1e-8)


def test_exports_are_cut_only_when_everybody_is():
    table = country([2, 1], seed=4)
    w = np.ones(3)
    everybody, at_home = single_cuts(table, weight=w), single_cuts(table, table.names, weight=w)
    B = table.inverse()
    gone = (table.exports + table.error) * B.sum(axis=0) / np.diag(B)
    assert_allclose(everybody - at_home, gone)
    assert_allclose(
        single_cuts(table, direction="forward"),
        single_cuts(table, table.names, direction="forward"),
    )


def test_cuts_leave_the_table_as_it_was():
    table = world([2, 2], seed=1)
    before = [table.flows.copy(), table.final.copy(), table.inverse()]
    for direction in ("backward", "forward"):
        cut(table, [0, 3], "R1", [0.2, 1], direction)
        single_cuts(table, "R0", 1.0, direction)
        joint_cuts(table, [[0, 1]], None, 1.0, direction)
    for one, again in zip(before, [table.flows, table.final, table.inverse()], strict=True):
        assert_array_equal(one, again)


SMALL = world([2, 2], seed=1)


@pytest.mark.parametrize(
    ("sellers", "settings", "message"),
    [
        ([0.0], {}, r"give rows as whole numbers, such as rows\(table, regions, sectors\) does"),
        (["R0"], {}, "give rows as whole numbers"),
        ([True], {}, "give rows as whole numbers"),
        (0, {}, r"at least one row, in the shape \(rows,\), not \(\)"),
        ([[0]], {}, r"at least one row, in the shape \(rows,\), not \(1, 1\)"),
        ([], {}, r"at least one row, in the shape \(rows,\), not \(0,\)"),
        ([4], {}, r"rows are from 0 to 3; see rows\(table, regions, sectors\)"),
        ([-1], {}, "rows are from 0 to 3"),
        ([2, 1, 2], {}, "a row is named twice in one cut: name it once"),
        ([1], {"buyers": "R7"}, "no region 'R7'; perhaps R"),
        ([1], {"buyers": []}, "name at least one region"),
        ([1], {"part": 1.2}, "part must be from 0 to 1; one is 1.2: more than all"),
        ([1], {"part": [0.5, 0.5]}, r"one number or 1, one for each row .* the shape \(2,\)"),
        ([1, 2], {"part": [[0.5, 0.5]]}, r"part must be one number or 2, .* the shape \(1, 2\)"),
        ([1], {"direction": "both"}, "direction must be backward or forward, not 'both'"),
    ],
)
def test_cuts_that_cannot_be_made_are_refused(sellers, settings, message):
    with pytest.raises(ValueError, match=message):
        cut(SMALL, sellers, **settings)


@pytest.mark.parametrize(
    ("cost", "settings", "message"),
    [
        (single_cuts, {"part": [0.5] * 4}, r"part must be one number; it has the shape \(4,\)"),
        (single_cuts, {"part": -0.1}, "part must be from 0 to 1"),
        (single_cuts, {"direction": "up"}, "direction must be backward or forward, not 'up'"),
        (single_cuts, {"buyers": "R9"}, "no region 'R9'"),
        (single_cuts, {"weight": [1, 1]}, "weight must be 4 finite numbers, one for each row"),
        (single_cuts, {"weight": [1, 1, 1, np.nan]}, "weight must be 4 finite numbers"),
        (joint_cuts, {"sets": [0, 1]}, r"in the shape \(sets, rows in each\), not \(2,\)"),
        (joint_cuts, {"sets": np.zeros((0, 2), int)}, r"at least one row, .* not \(0, 2\)"),
        (joint_cuts, {"sets": [[0, 1], [3, 3]]}, "a row is named twice in one cut"),
        (joint_cuts, {"sets": [[0, 4]]}, "rows are from 0 to 3"),
        (joint_cuts, {"sets": [[0.5, 1]]}, "give rows as whole numbers"),
        (
            joint_cuts,
            {"sets": [[0, 1]], "part": [1, 1, 1]},
            "part must be one number or 2, one for",
        ),
        (joint_cuts, {"sets": [[0, 1]], "weight": np.inf}, "weight must be 4 finite numbers"),
        (
            joint_cuts,
            {"sets": [[0, 1]], "direction": "up"},
            "direction must be backward or forward",
        ),
    ],
)
def test_costs_that_cannot_be_computed_are_refused(cost, settings, message):
    with pytest.raises(ValueError, match=message):
        cost(SMALL, **settings)
