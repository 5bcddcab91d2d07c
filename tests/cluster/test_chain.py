"""Prices and profits against an independent player of the game, limits and refusals."""

from fractions import Fraction
from itertools import permutations
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar
from sympy import lambdify

from dongbei.cluster import (
    ProductionChain,
    chain_of_firms,
    consumer_surplus,
    final_price,
    firm_shares,
    has_price_advantage,
    integrated,
    margins,
    outcome,
    price_advantage,
    profits,
    quantity,
    stage_prices,
    symmetric_integrated_price,
    symmetric_price,
    welfare,
)
from dongbei.cluster.model import C, N, a, k, m, relative_margin, symmetric_markup, δ


@st.composite
def chains(draw, fewest_stages=1, most_stages=4, most_firms=8):
    count = draw(st.integers(fewest_stages, most_stages))
    per_stage = {"min_size": count, "max_size": count}
    intercept = draw(st.floats(5, 200))
    firms = draw(st.lists(st.integers(1, most_firms), **per_stage))
    weights = draw(st.lists(st.floats(0, 1), **per_stage))
    share = draw(st.floats(0, 0.8))
    costs = [intercept * share * weight / max(sum(weights), 1) for weight in weights]
    fixed = draw(st.lists(st.floats(0, 5), **per_stage))
    return ProductionChain(intercept, draw(st.floats(0.05, 20)), firms, costs, fixed)


def played(play, chain):
    intercept, slope = float(chain.demand_intercept), float(chain.demand_slope)
    return play(
        lambda output: intercept - slope * output,
        intercept / slope,
        [int(count) for count in chain.firms],
        list(chain.unit_costs),
        list(chain.fixed_costs),
    )


# Against the game -------------------------------------------------------------------------------


@settings(max_examples=40)
@given(chain=chains())
def test_formulas_are_the_equilibrium_of_the_game(play, chain):
    outcome = played(play, chain)
    assert_allclose(quantity(chain), outcome.quantity, rtol=1e-9)
    assert_allclose(stage_prices(chain), outcome.prices, rtol=1e-9)
    assert_allclose(final_price(chain), outcome.prices[-1], rtol=1e-9)
    input_prices = np.concatenate([[0.0], outcome.prices[:-1]])
    assert_allclose(margins(chain), outcome.prices - input_prices - chain.unit_costs, rtol=1e-9)
    for earned, firms in zip(profits(chain), outcome.profits, strict=True):
        assert_allclose(firms, earned, rtol=1e-9, atol=1e-9 * (chain.fixed_costs.max() + 1))


@settings(max_examples=20)
@given(chain=chains())
def test_no_firm_gains_by_another_output(play, chain):
    outcome = played(play, chain)
    input_prices = np.concatenate([[0.0], stage_prices(chain)[:-1]])
    for stage, demand in enumerate(outcome.demands):
        own = quantity(chain) / chain.firms[stage]
        rivals = quantity(chain) - own
        others = np.linspace(0, min(3 * own, demand.domain[1] - rivals), 301)
        others = others[np.abs(others - own) > 1e-3 * own]
        unit_cost = input_prices[stage] + chain.unit_costs[stage]
        gained = (demand(rivals + others) - unit_cost) * others
        assert (gained < profits(chain)[stage] + chain.fixed_costs[stage]).all()


def test_player_does_not_know_that_demand_is_straight(play):
    """With p = a - b Q^2 each stage adds a factor 1 + 2/n: Bulow and Pfleiderer (1983)."""
    outcome = play(lambda output: 90 - 0.5 * output**2, 13.0, [2, 3], [4.0, 6.0], [0.0, 0.0])
    assert_allclose(outcome.prices[-1], 90 - 80 / ((1 + 2 / 2) * (1 + 2 / 3)), rtol=1e-9)


@given(chain=chains())
def test_integrated_firm_does_its_best(chain):
    intercept, slope = chain.demand_intercept, chain.demand_slope
    cost = chain.unit_costs.sum()

    def loss(output):
        return -((intercept - slope * output - cost) * output - 7.0)

    best = minimize_scalar(loss, bounds=(0, intercept / slope), options={"xatol": 1e-10})
    assert_allclose(profits(integrated(chain, fixed_cost=7.0))[0], -best.fun, rtol=1e-9, atol=1e-9)
    assert_allclose(final_price(integrated(chain)), intercept - slope * best.x, rtol=1e-5)


@settings(max_examples=20)
@given(chain=chains(), rivals=st.integers(1, 8))
def test_integrated_oligopoly_is_a_game_of_one_stage(play, chain, rivals):
    single = ProductionChain(
        chain.demand_intercept, chain.demand_slope, [rivals], [chain.unit_costs.sum()]
    )
    outcome = played(play, single)
    assert_allclose(final_price(integrated(chain, rivals)), outcome.prices[-1], rtol=1e-9)


# Accounts and symmetry --------------------------------------------------------------------------


@given(chain=chains())
def test_margins_add_up_to_price_less_cost(chain):
    assert_allclose(margins(chain).sum(), final_price(chain) - chain.unit_costs.sum(), rtol=1e-9)
    assert_allclose(stage_prices(chain)[-1], final_price(chain), rtol=1e-12)


@given(chain=chains())
def test_profits_add_up_to_revenue_less_all_costs(chain):
    output = quantity(chain)
    revenue = final_price(chain) * output
    costs = chain.unit_costs.sum() * output + chain.firms @ chain.fixed_costs
    assert_allclose(chain.firms @ profits(chain), revenue - costs, rtol=1e-9, atol=1e-9 * revenue)


@given(chain=chains(fewest_stages=2))
def test_order_of_stages_moves_profit_upstream_and_leaves_the_price(chain):
    assume(len(set(chain.firms)) == len(chain.firms))
    totals = []
    for order in map(list, permutations(range(len(chain.firms)))):
        firms, costs = chain.firms[order], chain.unit_costs[order]
        other = ProductionChain(chain.demand_intercept, chain.demand_slope, firms, costs)
        assert_allclose(final_price(other), final_price(chain), rtol=1e-12)
        totals.append(firms @ profits(other))
        swapped = [1, 0, *range(2, len(firms))]
        behind = ProductionChain(
            chain.demand_intercept, chain.demand_slope, firms[swapped], costs[swapped]
        )
        assert profits(behind)[1] < profits(other)[0]
    assert_allclose(totals, totals[0], rtol=1e-9)


@given(chain=chains())
def test_fixed_costs_do_not_touch_prices(chain):
    without = ProductionChain(
        chain.demand_intercept, chain.demand_slope, chain.firms, chain.unit_costs
    )
    assert np.array_equal(stage_prices(chain), stage_prices(without))
    assert_allclose(profits(without) - profits(chain), chain.fixed_costs, atol=1e-9)


def test_many_chains_at_once_are_each_chain_alone():
    random = np.random.default_rng(2002)
    firms = random.integers(1, 9, (5, 1, 3))
    costs = random.uniform(0, 3, (4, 3))
    intercepts = random.uniform(10, 20, (5, 4))
    bends = np.array([[0.0], [0.5], [1.0], [2.0], [1e-9]])
    more = {"conduct": [0.2, 1.0, 0.0], "interface_cost": 0.1}
    together = ProductionChain(intercepts, 0.5, firms, costs, np.full(3, 0.25), bends, **more)
    assert profits(together).shape == stage_prices(together).shape == (5, 4, 3)
    for row, column in np.ndindex(5, 4):
        alone = ProductionChain(
            intercepts[row, column],
            0.5,
            firms[row, 0],
            costs[column],
            np.full(3, 0.25),
            bends[row, 0],
            **more,
        )
        for function in (
            final_price,
            quantity,
            stage_prices,
            margins,
            profits,
            consumer_surplus,
            welfare,
            price_advantage,
        ):
            assert_allclose(
                function(together)[row, column], function(alone), rtol=1e-13, atol=1e-13
            )
        assert has_price_advantage(together)[row, column] == has_price_advantage(alone)
    everything = outcome(together)
    for name in ("stage_prices", "profits", "quantity", "consumer_surplus", "welfare"):
        expected = globals()[name](together)
        assert_allclose(getattr(everything, name), expected, rtol=1e-13, atol=1e-13)


def test_everything_at_once_is_the_same_in_pieces(monkeypatch):
    random = np.random.default_rng(7)
    chain = ProductionChain(50, 1, random.integers(1, 9, (23, 3)), [1, 2, 3], [1, 1, 1])
    alone = outcome(ProductionChain(50, 1, chain.firms[5], [1, 2, 3], [1, 1, 1]))
    whole = outcome(chain)
    monkeypatch.setattr("dongbei.cluster.chain.CHUNK", 12)
    pieces = outcome(chain)
    for name in ("stage_prices", "profits", "quantity", "consumer_surplus", "welfare"):
        assert np.array_equal(getattr(whole, name), getattr(pieces, name))
        assert np.array_equal(getattr(whole, name)[5], getattr(alone, name))


# Limits and comparisons -------------------------------------------------------------------------


@given(chain=chains(), place=st.integers(0, 3), firms=st.integers(1, 8))
def test_further_stage_raises_the_price_and_more_firms_lower_it(chain, place, firms):
    place = min(place, len(chain.firms))
    demand = chain.demand_intercept, chain.demand_slope
    longer = ProductionChain(
        *demand, np.insert(chain.firms, place, firms), np.insert(chain.unit_costs, place, 0)
    )
    assert final_price(longer) > final_price(chain)
    assert price_advantage(longer) < price_advantage(chain)
    place = min(place, len(chain.firms) - 1)
    thicker = chain.firms + np.eye(len(chain.firms))[place]
    assert final_price(ProductionChain(*demand, thicker, chain.unit_costs)) < final_price(chain)


@given(chain=chains(fewest_stages=2))
def test_margin_falls_with_own_firms_and_rises_with_those_upstream(chain):
    first_thicker = ProductionChain(
        chain.demand_intercept,
        chain.demand_slope,
        chain.firms + np.eye(len(chain.firms))[0],
        chain.unit_costs,
    )
    change = margins(first_thicker) - margins(chain)
    assert change[0] < 0
    assert (change[1:] > 0).all()


@given(chain=chains())
def test_very_many_firms_bring_the_price_to_cost(chain):
    crowd = ProductionChain(
        chain.demand_intercept, chain.demand_slope, 1e9 * chain.firms, chain.unit_costs
    )
    assert_allclose(final_price(crowd), chain.unit_costs.sum(), atol=1e-8 * crowd.demand_intercept)


def test_one_firm_in_one_stage_is_the_integrated_firm():
    chain = ProductionChain(10, 0.5, [1], [2], [3])
    assert final_price(chain) == final_price(integrated(chain)) == 6
    assert profits(chain)[0] == profits(integrated(chain, fixed_cost=3))[0]
    assert_allclose(profits(chain), 29, rtol=1e-15)
    assert not has_price_advantage(chain)


@given(chain=chains(most_stages=6, most_firms=40))
def test_condition_is_exact(chain):
    share = prod(Fraction(int(count), int(count) + 1) for count in chain.firms)
    assert has_price_advantage(chain) == (share > Fraction(1, 2))
    if share != Fraction(1, 2):
        assert (price_advantage(chain) > 0) == (share > Fraction(1, 2))
    assert_allclose(
        price_advantage(chain),
        final_price(integrated(chain)) - final_price(chain),
        atol=1e-12 * chain.demand_intercept,
    )


@pytest.mark.parametrize("stages", range(1, 12))
def test_stages_of_n_to_2n_less_one_firms_only_match_the_integrated_firm(stages):
    chain = ProductionChain(10, 0.5, np.arange(stages, 2 * stages), np.full(stages, 0.5))
    assert not has_price_advantage(chain)
    assert_allclose(final_price(chain), final_price(integrated(chain)), rtol=1e-14)


def test_five_firms_per_stage_lose_the_advantage_at_the_fourth_stage():
    wins = [
        bool(has_price_advantage(ProductionChain(10, 1, [5] * stages, [0] * stages)))
        for stages in range(1, 6)
    ]
    assert wins == [True, True, True, False, False]


@given(chain=chains(fewest_stages=2), more=st.integers(0, 4))
def test_chain_never_undercuts_as_many_integrated_firms(chain, more):
    rivals = chain.firms.min() + more
    assert final_price(chain) > final_price(integrated(chain, rivals))


@given(chain=chains(), rivals=st.integers(1, 8))
def test_chain_undercuts_rivals_when_its_ratio_says_so(chain, rivals):
    wins = prod(1 + Fraction(1, int(count)) for count in chain.firms) < 1 + Fraction(1, rivals)
    gap = final_price(integrated(chain, rivals)) - final_price(chain)
    assert (gap > 1e-12 * chain.demand_intercept) == wins


# Other conduct, other costs, curved demand ------------------------------------------------------

CURVATURES = st.sampled_from([-0.5, 0.0, 1.0]) | st.floats(-0.9, 3).filter(
    lambda d: d == 0 or abs(d) > 1e-100  # below, products with d lose their digits
)


@st.composite
def curved_chains(draw, most_stages=5):
    """Chains with any conduct and curvature; cost is set so that the depth of demand is drawn."""
    count = draw(st.integers(1, most_stages))
    per_stage = {"min_size": count, "max_size": count}
    bend, slope = draw(CURVATURES), draw(st.floats(0.1, 10))
    costs = draw(st.lists(st.floats(0, 20), **per_stage))
    interface = draw(st.floats(0, 2))
    total = sum(costs) + interface * (count - 1)
    reach = draw(st.floats(0.05, 5))  # T, so that T^(1/δ) stays within bounds
    excess = np.log(reach) if abs(bend) < 0.05 else (reach**bend - 1) / bend
    return ProductionChain(
        total + slope + slope * excess,
        slope,
        draw(st.lists(st.integers(1, 30), **per_stage)),
        costs,
        draw(st.lists(st.floats(0, 5), **per_stage)),
        bend,
        draw(st.none() | st.lists(st.floats(0, 1), **per_stage)),
        interface,
    )


def demand(chain, output):
    """Final inverse demand, from its definition."""
    a, b, d = (float(x) for x in (chain.demand_intercept, chain.demand_slope, chain.curvature))
    return a - b * (1 + (np.log(output) if d == 0 else np.expm1(d * np.log(output)) / d))


@given(chain=curved_chains())
def test_price_lies_on_demand_and_margins_are_first_order_conditions(chain):
    output = quantity(chain)
    assert_allclose(final_price(chain), demand(chain, output), rtol=1e-8, atol=1e-8)
    assert_allclose(stage_prices(chain)[-1], final_price(chain), rtol=1e-10)
    d, slope = chain.curvature, chain.demand_slope * output**chain.curvature  # -Q dp/dQ
    steep = slope * np.append(np.cumprod(1 + d * chain.θ[:0:-1])[::-1], 1)
    assert_allclose(margins(chain), chain.θ * steep, rtol=1e-8, atol=1e-12)


@given(chain=curved_chains())
def test_welfare_is_what_buyers_and_firms_gain(chain):
    firms = (profits(chain) * chain.firms).sum()
    gains = consumer_surplus(chain) + firms
    size = consumer_surplus(chain) + np.abs(firms) + chain.firms @ chain.fixed_costs
    assert_allclose(welfare(chain), gains, atol=1e-9 * size)


@given(chain=curved_chains())
def test_profit_is_a_share_of_the_market_size(chain):
    """M X θ_i / (n_i Z_i), and M is (a - C)^2 / b where demand is straight."""
    shares = (
        chain.output_ratio * chain.θ / (chain.firms * np.cumprod(1 + chain.curvature * chain.θ))
    )
    expected = chain.market_size * shares
    assert_allclose(profits(chain) + chain.fixed_costs, expected, rtol=1e-8, atol=1e-9)
    straight = ProductionChain(chain.total_cost + 3, 2, chain.firms, chain.stage_costs)
    assert_allclose(straight.market_size, 4.5, rtol=1e-9)


@given(chain=curved_chains())
def test_competition_everywhere_sells_at_cost_and_nothing_is_better(chain):
    free = ProductionChain(
        chain.demand_intercept, chain.demand_slope, chain.firms, chain.unit_costs,
        chain.fixed_costs, chain.curvature, np.zeros(len(chain.firms)), chain.interface_cost,
    )  # fmt: skip
    assert_allclose(final_price(free), chain.total_cost, rtol=1e-12)
    assert_allclose(quantity(free), chain.competitive_output, rtol=1e-12)
    assert welfare(chain) <= welfare(free) + 1e-9 * np.abs(welfare(free))


@given(chain=curved_chains(), bend=st.sampled_from([0.0, 1.0]), near=st.sampled_from([-1e-7, 1e-7]))
def test_curvature_has_no_gap_at_its_limits(chain, bend, near):
    alike = [
        ProductionChain(
            chain.total_cost + 5, 4.0, chain.firms, chain.unit_costs, None, d, chain.conduct,
            chain.interface_cost,
        )
        for d in (bend, bend + near)
    ]  # fmt: skip
    for function in (final_price, quantity, consumer_surplus, margins):
        assert_allclose(function(alike[0]), function(alike[1]), rtol=1e-5)


@given(
    elasticity=st.floats(1.2, 20),
    firms=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    cost=st.floats(0.5, 20),
)
def test_constant_elasticity_multiplies_cost(elasticity, firms, cost):
    """p = C / product of (1 - θ/e), which for one firm is the monopolist's rule."""
    slope = 3.0
    chain = ProductionChain(
        slope * (1 + elasticity), slope, firms, [cost / len(firms)] * len(firms),
        curvature=-1 / elasticity,
    )  # fmt: skip
    expected = cost / prod(1 - 1 / (n * elasticity) for n in firms)
    assert_allclose(final_price(chain), expected, rtol=1e-10)
    output = quantity(chain)
    assert_allclose(slope * elasticity * output ** (-1 / elasticity), final_price(chain), rtol=1e-9)


@pytest.mark.parametrize("stages", [5, 15, 30])
@pytest.mark.parametrize("bend", [-0.9, -0.99])
def test_no_digits_are_lost_in_long_chains_of_monopolies(stages, bend):
    chain = ProductionChain(10, 1, [1] * stages, [9.5 / stages] * stages, curvature=bend)
    depth, factor = Fraction(1) - Fraction(bend) / 2, 1 + Fraction(bend)
    exact = Fraction(19, 2) + depth * (1 / factor**stages - 1) / -Fraction(bend)
    assert_allclose(float(final_price(chain)), float(exact), rtol=1e-12)
    assert has_price_advantage(ProductionChain(10, 1, [1], [9.5], curvature=bend), chain)


@given(chain=curved_chains())
def test_semi_logarithmic_margins_are_slope_times_conduct(chain):
    straight = ProductionChain(
        chain.total_cost + 1, chain.demand_slope, chain.firms, chain.unit_costs, None, 0.0,
        chain.conduct, chain.interface_cost,
    )  # fmt: skip
    assert_allclose(margins(straight), chain.demand_slope * chain.θ, rtol=1e-12)


@given(chain=curved_chains(), rivals=st.integers(1, 8), share=st.floats(0, 1))
def test_advantage_is_exact_where_rounding_would_decide(chain, rivals, share):
    assume(chain.curvature > 0 or share == 1)  # or demand may have no end at the lower cost
    firm = integrated(chain, rivals, share * (len(chain.firms) - 1) * chain.interface_cost)
    gap = price_advantage(chain, firm)
    if abs(gap) > 1e-9 * (1 + abs(final_price(firm))):
        assert has_price_advantage(chain, firm) == (gap > 0)
    assert not has_price_advantage(chain, chain)
    assert not has_price_advantage(firm, firm)


@given(n=st.integers(1, 40), bend=st.sampled_from([1.0, 2.0]))
def test_a_tie_is_no_advantage_at_any_curvature(n, bend):
    """Factors 1 + δ/n_i of (n + 1)/n, (n + 2)/(n + 1), ... telescope to 2, the factor 1 + δθ."""
    chain = ProductionChain(80, 1, bend * np.arange(n, 2 * n), [1] * n, curvature=bend)
    rival = ProductionChain(80, 1, [1], [n], curvature=bend, conduct=[1 / bend])
    assert not has_price_advantage(chain, rival)
    assert not has_price_advantage(rival, chain)
    assert has_price_advantage(
        ProductionChain(80, 1, chain.firms + 1e-9, chain.unit_costs, curvature=bend), rival
    )


@given(chain=curved_chains(), v=st.floats(0, 3))
def test_expecting_rivals_to_follow_is_having_fewer_of_them(chain, v):
    firms = np.maximum(chain.firms, 1 + v)
    conjecture = ProductionChain(
        chain.demand_intercept, chain.demand_slope, firms, chain.unit_costs, None,
        chain.curvature, (1 + v) / firms, chain.interface_cost,
    )  # fmt: skip
    fewer = ProductionChain(
        chain.demand_intercept, chain.demand_slope, firms / (1 + v) + 1e-13, chain.unit_costs, None,
        chain.curvature, None, chain.interface_cost,
    )  # fmt: skip
    assert_allclose(final_price(conjecture), final_price(fewer), rtol=1e-9)


@given(chain=curved_chains())
def test_interfaces_cost_the_chain_and_not_the_integrated_firm(chain):
    assume(chain.curvature > 0)  # or demand may have no end at the lower cost
    inside = integrated(chain)
    assert_allclose(inside.total_cost, chain.unit_costs.sum(), rtol=1e-12)
    handed_on = (len(chain.firms) - 1) * chain.interface_cost
    assert_allclose(chain.total_cost - inside.total_cost, handed_on, atol=1e-9)
    level = integrated(chain, 3, coordination_cost=handed_on)  # what it saves it loses again
    assert_allclose(level.total_cost, chain.total_cost, rtol=1e-12)


@given(
    costs=st.lists(st.lists(st.floats(0, 3), min_size=2, max_size=2), min_size=1, max_size=3),
    bend=st.floats(0, 2),
)
def test_shares_add_up_and_the_margin_is_concentration(costs, bend):
    """The mean margin, weighted by shares, is the Herfindahl index times -Q dp/dQ of the stage."""
    chain = chain_of_firms(40, 8, costs, curvature=bend)
    margin = margins(chain)
    if not (np.abs(np.array(costs) - np.mean(costs, axis=1, keepdims=True)).max(1) < margin).all():
        return
    shares = firm_shares(chain, costs)
    assert_allclose(shares.sum(axis=-1), 1, rtol=1e-12)
    own = margin[:, None] + np.mean(costs, axis=1, keepdims=True) - costs
    steep = margin * chain.firms  # -Q dp/dQ of the demand the stage faces
    assert_allclose((shares * own).sum(axis=-1), steep * (shares**2).sum(axis=-1), rtol=1e-9)


def test_firms_that_are_missing_have_no_share():
    costs = [[1, 2, np.inf], [3, 3, 3]]
    shares = firm_shares(chain_of_firms(30, 1, costs), costs)
    assert shares[0, 2] == 0
    assert_allclose(shares[1], 1 / 3)
    assert shares[0, 0] > shares[0, 1] > 0


# Symmetric chains -------------------------------------------------------------------------------


@given(
    intercept=st.floats(5, 50),
    share=st.floats(0, 0.9),
    firms=st.integers(1, 50),
    stages=st.integers(1, 12),
)
def test_symmetric_price_is_the_chain_with_equal_stages(intercept, share, firms, stages):
    cost = share * intercept
    chain = ProductionChain(intercept, 2.0, [firms] * stages, [cost / stages] * stages)
    values = {a: intercept, C: cost, N: firms, k: stages}
    assert_allclose(float(symmetric_price.subs(values)), final_price(chain), rtol=1e-12)
    assert_allclose(
        float(symmetric_integrated_price.subs(values)), final_price(integrated(chain)), rtol=1e-12
    )


@given(
    firms=st.integers(1, 50), stages=st.integers(1, 9), rivals=st.integers(1, 9), bend=CURVATURES
)
def test_relative_margin_is_that_of_the_chain_over_its_rivals(firms, stages, rivals, bend):
    assume(bend == 0 or abs(bend) > 1e-3)  # the formula of the slider loses digits near zero
    cost = [2.0] * stages
    chain = ProductionChain(2 * stages + 5, 5, [firms] * stages, cost, curvature=bend)
    rival = integrated(chain, rivals)
    formula = lambdify((N, m, k, δ), relative_margin(symmetric_markup(1 / N)))
    with np.errstate(all="ignore"):  # both cases are computed, one is taken
        ratio = formula(*map(np.float64, (firms, rivals, stages, bend)))
    own, theirs = margins(chain).sum(), margins(rival).sum()
    assert_allclose(ratio, own / theirs, rtol=1e-8)


# Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 1, [3, 2, 0], [1, 1, 1]), "firms must be >= 1 in every stage; stage 3 has 0"),
        ((10, 1, [[3], [0.5]], [1]), r"firms must be .*; stage 1 of chain \(1,\) has 0.5"),
        ((10, 1, [3, np.nan], [1, 1]), "firms must be finite; stage 2 has nan"),
        ((10, 1, [3, 2], [1, -1]), "unit_costs must be >= 0 in every stage; stage 2 has -1"),
        ((10, 1, [3], [1], [-2]), "fixed_costs must be >= 0 in every stage; stage 1 has -2"),
        ((10, 1, [3], [np.inf]), "unit_costs must be finite; stage 1 has inf"),
        ((np.inf, 1, [3], [1]), "demand_intercept must be finite; got inf"),
        ((10, 0, [3], [1]), "demand_slope must be > 0; got 0"),
        ((10, [1, -2], [3], [1]), "demand_slope must be > 0; got -2"),
        ((3, 1, [3, 2], [1, 2]), "demand_intercept must exceed .* got 3 against 3"),
        (([9, 2], 1, [3, 2], [1, 2]), "demand_intercept must exceed .* got 2 against 3"),
        ((10, 1, [3, 2], [1, 1, 1]), "every stage .* firms has 2, unit_costs has 3"),
        ((10, 1, [3, 2], [1]), "every stage .* firms has 2, unit_costs has 1"),
        ((10, 1, [3, 2], [1, 1], [1]), "every stage .* fixed_costs has 1 stages"),
        ((10, 1, 3, [1]), "one entry per stage on their last axis"),
        ((10, 1, [], []), "at least one stage"),
        (([10, 11, 12], 1, [[3], [2]], [1]), "as many demands as chains"),
        ((1e6, 1, [3], [0], None, 0.0), "leave the range of floating point: output .* inf"),
        ((100, 1, [1] * 30, [0] * 30, None, 1e12), "leave the range .* 30 stages"),
        ((10, 1, [3], [1], None, -1.0), "curvature must be > -1; got -1"),
        ((10, 1, [3], [1], None, np.nan), "curvature must be finite; got nan"),
        ((10, 1, [3], [1], None, 1, [1.5]), "conduct must be from 0 to 1; stage 1 has 1.5"),
        ((10, 1, [3], [1], None, 1, [-0.1]), "conduct must be from 0 to 1; stage 1 has -0.1"),
        ((10, 1, [3, 3], [1, 1], None, 1, [0.1]), "every stage .* conduct has 1"),
        ((10, 1, [3], [1], None, 1, None, -1), "interface_cost must be >= 0; got -1"),
        ((10, 1, [3, 3], [1, 1], None, 1, None, 8.5), "demand_intercept must exceed"),
        ((10, 1, [3], [11], None, 0.5), "exceeds the highest price that anybody pays, 11"),
        ((12, 4, [3], [0], None, -0.5), "does not exceed 0, below which demand has no end"),
    ],
)
def test_impossible_chains_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ProductionChain(*arguments)


def test_chain_cannot_be_changed_after_it_was_checked():
    given_firms = np.array([3.0, 2.0])
    chain = ProductionChain(10, 1, given_firms, [1, 1])
    given_firms[0] = 0
    assert chain.firms[0] == 3
    with pytest.raises(ValueError, match="read-only"):
        chain.firms[0] = 0


def test_a_chain_of_very_many_firms_has_the_advantage_although_its_products_overflow():
    crowded = ProductionChain(100, 1, [1e6] * 60, [0] * 60)
    assert price_advantage(crowded) > 0
    assert has_price_advantage(crowded)
    assert not has_price_advantage(ProductionChain(100, 1, [50.0] * 60, [0] * 60))


@pytest.mark.parametrize("firms", [0, -1, 0.5, float("nan"), float("inf")])
def test_there_is_at_least_one_integrated_firm(firms):
    with pytest.raises(ValueError, match="firms must be"):
        integrated(ProductionChain(100, 1, [2], [0]), firms)


@pytest.mark.parametrize("cost", [-1, float("nan"), float("inf")])
def test_an_integrated_firm_has_no_negative_costs(cost):
    chain = ProductionChain(100, 1, [2], [0])
    with pytest.raises(ValueError, match="fixed_costs must be"):
        integrated(chain, fixed_cost=cost)
    with pytest.raises(ValueError, match="unit_costs must be"):
        integrated(chain, coordination_cost=cost)


def test_the_costs_of_firms_are_those_of_the_chain():
    chain = chain_of_firms(10, 1, [[1, 2], [1, np.inf]])
    with pytest.raises(ValueError, match="make it with chain_of_firms"):
        firm_shares(chain, [[1, 3], [1, np.inf]])
    with pytest.raises(ValueError, match="make it with chain_of_firms"):
        firm_shares(chain, [[1, 2], [1, 1]])
    with pytest.raises(ValueError, match="an axis of stages and one of firms"):
        chain_of_firms(10, 1, [1, 2])
    with pytest.raises(ValueError, match="or infinite where there is no firm"):
        chain_of_firms(10, 1, [[1, np.nan]])
    with pytest.raises(ValueError, match="firms must be >= 1 in every stage; stage 2 has 0"):
        chain_of_firms(10, 1, [[1, 2], [np.inf, np.inf]])


def test_a_firm_too_dear_to_sell_is_named():
    costs = [[1, 1, 1], [1, 1, 7]]
    with pytest.raises(ValueError, match="firm 3 of stage 2 would sell nothing: a unit costs it 7"):
        firm_shares(chain_of_firms(10, 1, costs), costs)
