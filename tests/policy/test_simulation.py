"""The joint model: what is left of it when links are cut, costs, order, and a second solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import RIVALS, economies
from numpy.testing import assert_allclose, assert_array_equal

from dongbei import charts, cluster, decline
from dongbei.decline.parameters import SYMBOLS as LOOP
from dongbei.input_output import WorldTable
from dongbei.policy import model
from dongbei.policy.levers import LEVERS, Measure, Programme
from dongbei.policy.simulation import SYMBOLS, Economy, paths, shocks, simulate
from dongbei.resilience.disruption.inoperability import recover

NOTHING = Programme("nothing")
LOOP_ALONE = decline.Parameters(
    margin=0.3, fixed_costs=0.05, research_yield=1.5, rival_yield=0.1, leakage=0.2
)
STILL = decline.Parameters(inertia=1e-12)
YEARS = 40
few = settings(max_examples=20)
starts = st.tuples(st.floats(0.02, 0.98), st.floats(-1, 1), st.floats(0, 1))


def one(name, size, begin=0, end=np.inf):
    return Programme(name, {name: Measure(size, begin, end)})


def busy(**changes):
    """An economy in which every link and cost is at work."""
    numbers = {
        "loop": LOOP_ALONE, "share": 0.3, "knowledge": 0.0, "rivals": 0.1, "firms": 3.0,
        "room": 150.0, "price_room": 0.6, "cluster_weight": 0.7, "pass_through": 0.8,
        "delivery": 0.6, "foreign_market": 0.3, "foreign_rivals": 0.1, "foreign_knowledge": 0.01,
        "crowding_out": 0.3, "opening_cost": 0.02, "foreign_cost": 0.03, "reform_cost": 0.04,
        "relief_cost": 0.2, "stock_cost": 0.05,
    }  # fmt: skip
    return Economy(**(numbers | changes))


SIZES = dict(zip(LEVERS, (0.02, 0.1, 0.2, 0.3, 0.1, 0.8, 0.3, 0.5, 0.02, 0.3, 0.5), strict=True))
ALL = Programme("all", {name: Measure(size) for name, size in SIZES.items()})


# Cut links --------------------------------------------------------------------------------------


@few
@given(economies(**RIVALS), starts)
def test_without_suppliers_and_shocks_it_is_the_vicious_circle(parameters, start):
    economy = Economy(parameters, *start, cluster_weight=0)
    found = paths(economy, [NOTHING], YEARS, steps=64)
    alone = decline.simulate(parameters, np.arange(YEARS + 1.0), *start)
    for name in ("share", "knowledge", "rivals"):
        assert_allclose(found[name][0, 0], getattr(alone, name), atol=1e-4)


@pytest.mark.parametrize(
    ("lever", "size", "moved"),
    [
        ("producer_subsidy", 0.1, {"producer_subsidy": decline.pulse(5, 15, 0.1)}),
        ("user_subsidy", 0.2, {"user_subsidy": decline.pulse(5, 15, 0.2)}),
        ("user_subsidy_incremental", 0.2, {"user_subsidy": decline.pulse(5, 15, 0.2)}),
        ("internal_market", 0.5, {"market": decline.pulse(5, 15, 0.5)}),
        ("internal_barriers", 0.4, {"barrier": decline.pulse(5, 15, -0.4)}),
        ("social_relief", 0.5, {"fixed_costs": decline.pulse(5, 15, -0.025)}),
    ],
)
def test_a_lever_is_the_path_of_a_parameter_of_the_circle(lever, size, moved):
    economy = Economy(LOOP_ALONE, 0.3, 0.0, cluster_weight=0)
    found = paths(economy, [one(lever, size, 5, 15)], YEARS, steps=32)["share"][0, 0]
    alone = decline.simulate(LOOP_ALONE, np.arange(YEARS + 1.0), 0.3, 0.0, paths=moved).share
    without = decline.simulate(LOOP_ALONE, np.arange(YEARS + 1.0), 0.3, 0.0).share
    assert_allclose(found, alone, atol=1e-5)
    assert np.abs(alone - without).max() > 1e-3


def test_levers_without_a_parameter_of_the_circle_change_its_parameters_once():
    for lever, changed in {
        "reform": {"research_share": 1.5 * 1.0, "leakage": 0.1},
        "research_support": {"frontier_pace": 0.06 - 1.5 * 0.7 * 0.02},
        "external_opening": {"market": 1.24, "barrier": 0.02 + 0.08},
    }.items():
        size = SIZES[lever]
        economy = busy(cluster_weight=0, loop=LOOP_ALONE, foreign_knowledge=0)
        found = paths(economy, [one(lever, size)], YEARS, steps=32)["share"][0, 0]
        alone = decline.simulate(LOOP_ALONE.with_(**changed), np.arange(YEARS + 1.0), 0.3, 0.0, 0.1)
        assert_allclose(found, alone.share, atol=1e-5, err_msg=lever)


def test_foreign_knowledge_is_a_slower_frontier():
    economy = busy(cluster_weight=0, foreign_market=0, foreign_rivals=0)
    found = paths(economy, [one("external_opening", 0.5)], YEARS, steps=32)["share"][0, 0]
    slower = LOOP_ALONE.with_(frontier_pace=0.06 - 0.005)
    alone = decline.simulate(slower, np.arange(YEARS + 1.0), 0.3, 0.0, 0.1)
    assert_allclose(found, alone.share, atol=1e-5)


@few
@given(st.floats(35, 5000), st.floats(0.1, 0.5))
def test_with_a_share_that_stands_still_suppliers_rest_at_free_entry(size, entry):
    market = cluster.free_entry(size, np.ones(model.STAGES))
    critical, thick = market.critical[0], market.thick[0]
    begins = np.maximum(1, [0.9 * critical, 1.1 * critical, 3 * thick])
    economy = Economy(STILL, 0.5, 0.0, firms=begins, room=2 * size, entry=entry)
    found = simulate(economy, [NOTHING], years=1500, steps=4).firms[:, 0]
    assert_allclose(found[1:], thick, rtol=1e-5)
    if 0.9 * critical > 1:
        assert_allclose(found[0], 1, rtol=1e-2)


def test_a_market_that_carries_no_chain_is_left_by_all_but_one_firm():
    least = float(cluster.minimum_market_size(np.ones(model.STAGES)))
    economy = Economy(STILL, 0.5, 0.0, firms=5.0, room=1.9 * least, entry=0.5)
    assert simulate(economy, [NOTHING], years=2000).firms < 1.001


@few
@given(st.floats(2, 200), st.floats(0.1, 0.9))
def test_the_price_advantage_is_that_of_the_cluster_room(first, price_room):
    firms = [float(each.subs(model.N, first)) for each in model.stage_firms()]
    chain = cluster.ProductionChain(1, 1, np.array(firms), np.array([1 - price_room, 0, 0]))
    lone = cluster.final_price(cluster.integrated(chain))
    expected = max(0, float(np.log(lone / cluster.final_price(chain))))
    found = model.price_advantage().subs({model.N: first, model.price_room: price_room})
    assert_allclose(float(found), expected, atol=1e-12)
    needed = float(model.needed_size().subs(model.N, first))
    equilibria = cluster.free_entry(needed, np.ones(model.STAGES))
    nearest = min(
        np.abs(np.array(firms) - one).max() for one in (equilibria.thick, equilibria.critical)
    )
    assert nearest < 1e-4 * first


def test_a_link_that_is_not_cut_helps_who_has_a_chain():
    weights = np.array([0.0, 0.5, 1.0])
    found = simulate(busy(cluster_weight=weights, room=500.0), [NOTHING], YEARS).share[:, 0]
    assert (np.diff(found) > 1e-3).all()


@few
@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_with_knowledge_that_stands_still_shocks_heal_as_inoperability_does(inertia, size):
    parameters = decline.Parameters(fixed_costs=10.0, inertia=inertia, barrier=0.0)
    rest = -0.06 / 0.4
    target = float(decline.trapped_share(parameters))
    hits = np.zeros(20)
    hits[0] = size
    economy = Economy(parameters, target, rest, cluster_weight=0)
    share = paths(economy, [NOTHING], 20, hits, steps=64)["share"][0, 0]
    missing = 1 - share[1:] / target
    table = WorldTable(np.zeros((1, 1)), np.ones((1, 1)), np.array(["R"]), np.array(["s"]))
    rate = 1 - np.exp(-inertia)  # what heals in a year
    expected = recover(table, rate, 20, initial=[[missing[0]]], keep=True).path[0, :, 0]
    assert_allclose(missing, expected, rtol=1e-5)
    loss = -np.log1p(-size)  # while it lasts, the share falls towards where both rates balance
    balance = inertia / (inertia + loss)
    assert_allclose(share[1] / target, balance + (1 - balance) * np.exp(-inertia - loss), rtol=1e-6)


def test_second_sources_ward_off_their_part_of_a_shock():
    hits = np.zeros((2, YEARS))
    hits[:, 3] = 0.4, 1 - 0.6**0.5
    tried = [NOTHING, one("second_sources", 0.5)]
    found = paths(busy(share=[0.3, 0.3]), tried, YEARS, hits)["share"]
    assert_allclose(found[0, 1], found[1, 0], rtol=1e-12)


# Second solver ----------------------------------------------------------------------------------


def test_the_compiled_loop_is_the_equations():
    economy = busy()
    states, parameters = economy.rows()
    numbers = dict(zip((*LOOP.values(), *SYMBOLS.values(), model.base), parameters[0], strict=True))
    numbers |= {symbol: SIZES[name] for name, symbol in model.LEVERS.items()}
    numbers |= {model.H: -np.log(0.9)}
    rates = {state: rate.subs(model.loop.h, 1e9) for state, rate in model.changes().items()}
    numbers.pop(model.loop.h)
    dynamics = charts.Dynamics(model.t, rates, dict(zip(rates, states[0], strict=True)))
    expected = charts.integrate(dynamics, (0, YEARS), numbers, steps=4)
    found = paths(economy, [ALL], YEARS, np.full(YEARS, 0.1), steps=4)
    assert_allclose(np.stack([found[name][0, 0] for name in found]), expected, rtol=1e-10)
    ends = simulate(economy, [ALL], YEARS, np.full(YEARS, 0.1), steps=4)
    assert_allclose([ends.share[0, 0], ends.firms[0, 0]], expected[[0, 3], -1], rtol=1e-10)
    assert_allclose(ends.lowest, expected[0].min(), rtol=1e-10)


def test_steps_of_half_a_year_are_good_for_three_digits():
    random = np.random.default_rng(7)
    loop = decline.Parameters(
        margin=0.3, fixed_costs=random.uniform(0, 0.2, 500) + 0.01,
        research_yield=random.uniform(0, 4, 500) + 1e-9, inertia=random.uniform(0.02, 1, 500),
    )  # fmt: skip
    economy = busy(loop=loop, share=random.uniform(0.05, 0.5, 500))
    coarse, fine = (simulate(economy, [NOTHING, ALL], 60, steps=steps) for steps in (2, 32))
    assert np.quantile(np.abs(coarse.share - fine.share), 0.99) < 1e-3
    assert np.quantile(np.abs(coarse.cost - fine.cost), 0.99) < 1e-3


# Costs ------------------------------------------------------------------------------------------


def annuity(rate, begin, end):
    return (np.exp(-rate * begin) - np.exp(-rate * end)) / rate


@pytest.mark.parametrize(
    ("lever", "yearly"),
    [
        ("producer_subsidy", 0.02),
        ("user_subsidy", (1 - np.exp(-0.1)) * 0.3),
        ("user_subsidy_incremental", 0.0),
        ("internal_market", 0.02 * 0.3),
        ("internal_barriers", 0.02 * 0.1),
        ("external_opening", 0.03 * 0.8),
        ("social_relief", 1.2 * 0.3 * 0.36),
        ("reform", 0.04 * 0.5),
        ("research_support", 0.02),
        ("second_sources", 0.05 * 0.5 * 0.3),
    ],
)
def test_what_a_lever_costs_while_the_share_stands_still(lever, yearly):
    found = simulate(busy(loop=STILL), [one(lever, SIZES[lever], 3, 12)], 20, discount=0.05)
    assert_allclose(found.cost[0, 0], yearly * annuity(0.05, 3, 12), rtol=1e-7, atol=1e-10)


def test_shared_fixed_costs_are_paid_for_every_firm():
    thick = cluster.free_entry(100.0, np.ones(model.STAGES)).thick
    economy = Economy(STILL, 0.5, 0.0, firms=thick[0], room=140.0)
    found = simulate(economy, [one("cluster_building", 0.3)], 10, discount=0.05)
    assert_allclose(found.cost[0, 0], 0.3 * thick.sum() / 140 * annuity(0.05, 0, 10), rtol=1e-6)


def test_sales_are_discounted_and_shocks_take_theirs():
    economy = Economy(STILL, 0.5, 0.0)
    found = simulate(economy, [NOTHING], 30, np.full(30, 0.2), discount=0.05)
    speed = -np.log(0.8)
    left = 0.5 * (1 - np.exp(-(0.05 + speed) * 30)) / (0.05 + speed)
    assert_allclose(found.sales[0, 0], left, rtol=1e-5)
    assert_allclose(found.hit[0, 0], speed * left, rtol=1e-5)
    assert_allclose(found.lowest, found.share)


def test_support_costs_what_it_costs_in_the_circle_alone():
    for lever, base in (("user_subsidy", 0.0), ("user_subsidy_incremental", 0.3)):
        economy = Economy(LOOP_ALONE, 0.3, 0.0, cluster_weight=0)
        found = simulate(economy, [one(lever, 0.2)], 40, discount=0.03, steps=16)
        moved = {"user_subsidy": decline.constant(0.2)}
        fine = np.linspace(0, 40, 801)
        path = decline.simulate(LOOP_ALONE, fine, 0.3, 0.0, paths=moved)
        expected = decline.support_cost(path, LOOP_ALONE, moved, base=base, discount=0.03)
        assert_allclose(found.cost[0, 0], expected[0], rtol=1e-5)


def test_nothing_costs_nothing_and_costs_of_levers_add_up():
    assert simulate(busy(), [NOTHING]).cost == 0
    still = busy(loop=STILL, firms=1.0, room=1.0)
    each = [one(name, size) for name, size in SIZES.items()]
    together = simulate(still, [ALL]).cost[0, 0]
    # opening adds to the market on which users, stocks and all sales are paid
    alone = simulate(still, each).cost[0]
    market = 1 + 0.6 * 0.3 + 0.3 * 0.8
    grown = np.array([name in ("user_subsidy", "second_sources") for name in SIZES])
    assert_allclose(together, (alone * np.where(grown, market, 1)).sum(), rtol=1e-6)


# Order and independence -------------------------------------------------------------------------


LARGER_MARKET = {"internal_market", "external_opening"}


def keeps_order(parameters, start, lever, sizes, hit):
    """Whether more of a lever lowers no state in any year, and does not raise rivals."""
    economy = busy(
        loop=parameters, share=start[0], knowledge=start[1], rivals=start[2], foreign_rivals=0.3
    )
    tried = [one(lever, size) for size in sorted(sizes)]
    found = paths(economy, tried, 30, np.full(30, hit), steps=8)
    found["rivals"] = -found["rivals"]
    return all(
        (high >= low - 1e-7 * np.maximum(1, np.abs(low))).all()
        for low, high in (states[0] for states in found.values())
    )


sizes = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9))


@pytest.mark.parametrize("lever", sorted(set(LEVERS) - LARGER_MARKET))
@few
@given(economies(**RIVALS), starts, sizes, st.floats(0, 0.5))
def test_more_of_a_lever_that_does_not_enlarge_the_market_never_lowers_the_share(
    lever, parameters, start, sizes, hit
):
    assert keeps_order(parameters, start, lever, sizes, hit)


@few
@given(economies(rival_yield=(0, 0)), starts, sizes, st.floats(0, 0.5))
def test_without_rivals_that_learn_nor_does_the_home_market(parameters, start, sizes, hit):
    assert keeps_order(parameters, start, "internal_market", sizes, hit)


@pytest.mark.parametrize("lever", sorted(LARGER_MARKET))
def test_a_larger_market_may_lower_the_share_where_rivals_learn(lever):
    rivals = decline.Parameters(rival_yield=0.5, research_yield=1e-9)
    assert not keeps_order(rivals, (0.3, 0.0, 0.1), lever, (0.0, 0.5), 0.0)


def test_an_economy_and_a_programme_do_not_depend_on_others():
    random = np.random.default_rng(1)
    share, hits = random.uniform(0, 1, 50), random.uniform(0, 0.2, (50, 30))
    tried = [NOTHING, ALL, one("reform", 0.3, 2, 9)]
    together = simulate(busy(share=share), tried, 30, hits)
    for place, programme in ((7, 1), (31, 2)):
        single = simulate(busy(share=share[place]), [tried[programme]], 30, hits[[place]])
        for name, values in vars(together).items():
            assert_array_equal(getattr(single, name)[0, 0], values[place, programme])


def test_a_scale_is_another_intensity_in_each_economy():
    random = np.random.default_rng(2)
    share, hits = random.uniform(0, 1, 20), random.uniform(0, 0.2, (20, 30))
    scale = random.uniform(0, 1.2, (20, 2))
    tried = [ALL, one("user_subsidy", 0.3, 2, 9)]
    together = simulate(busy(share=share), tried, 30, hits, scale=scale)
    for place, programme in ((7, 0), (15, 1)):
        alone = tried[programme].scaled(float(scale[place, programme]))
        single = simulate(busy(share=share[place]), [alone], 30, hits[[place]])
        for name, values in vars(together).items():
            assert_array_equal(getattr(single, name)[0, 0], values[place, programme])
    kept = paths(busy(share=share), tried, 30, hits, scale=scale)
    assert_array_equal(kept["share"][..., -1], together.share)
    plain = simulate(busy(share=share), tried, 30, hits)
    for same in (1.0, [1.0, 1.0], np.ones((20, 1))):
        assert_array_equal(
            simulate(busy(share=share), tried, 30, hits, scale=same).cost, plain.cost
        )


def test_what_is_decided_later_changes_nothing_before():
    found = paths(busy(), [NOTHING, one("user_subsidy", 0.5, 11, 14)], 30)["share"][0]
    assert_array_equal(found[0, :12], found[1, :12])
    assert found[1, 12] > found[0, 12]


def test_shocks_come_back_at_even_distances():
    found = shocks(20, [5.0, 7.0, 1.0], [0.0, 0.5, 0.9], [0.1, 0.2, 0.3])
    assert_array_equal(np.flatnonzero(found[0]), [4, 9, 14, 19])
    assert_array_equal(np.flatnonzero(found[1]), [3, 10, 17])
    assert_allclose(found[2], 0.3)


# Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share": 1.5}, "share must be from 0 to 1; it is 1.5"),
        ({"knowledge": np.nan}, "knowledge must be finite"),
        ({"firms": 0.5}, "firms must be 1 or more"),
        ({"price_room": 1.0}, "price_room must be above 0 and below 1"),
        ({"room": 0.0}, "room must be above 0"),
        ({"stock_cost": -1}, "stock_cost must be 0 or more"),
        ({"delivery": -0.1}, "delivery must be from 0 to 1"),
        ({"share": np.full((2, 2), 0.5)}, "one axis"),
        ({"share": np.full(2, 0.5), "room": np.full(3, 5.0)}, "do not broadcast"),
    ],
)
def test_an_economy_that_cannot_be(changes, message):
    with pytest.raises(ValueError, match=message):
        busy(**changes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"programmes": []}, "at least one programme"),
        ({"years": 0}, "years must be a whole number from 1"),
        ({"years": 2.5}, "years must be a whole number from 1"),
        ({"steps": 0}, "steps must be a whole number"),
        ({"discount": -0.01}, "rate of discount"),
        ({"discount": np.nan}, "rate of discount"),
        ({"scale": -0.1}, "scale must be finite and 0 or more"),
        ({"scale": np.nan}, "scale must be finite"),
        ({"scale": np.ones((2, 3))}, r"scale must broadcast to \(1, 1\); its shape is \(2, 3\)"),
        ({"programmes": [one("reform", 0.5)], "scale": 2.1}, "reform must be at most 1"),
        ({"hits": np.zeros(3)}, r"hits must have the shape \(1, 60\)"),
        ({"hits": np.full(60, 1.0)}, "from 0 to below 1"),
        ({"hits": np.full(60, np.nan)}, "from 0 to below 1"),
    ],
)
def test_a_run_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate(**({"economy": busy(), "programmes": [NOTHING]} | arguments))


@pytest.mark.parametrize(
    ("gap", "phase", "message"), [(0.5, 0, "a gap must"), (5, 1, "phase"), (np.nan, 0, "a gap")]
)
def test_shocks_that_cannot_be(gap, phase, message):
    with pytest.raises(ValueError, match=message):
        shocks(10, gap, phase, 0.1)
