"""Prices and profits against an independent player of the game, limits and refusals."""

from fractions import Fraction
from itertools import permutations
from math import ceil, log, prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar
from sympy import lambdify

from dongbei.cluster import (
    ProductionChain,
    final_price,
    has_price_advantage,
    integrated_oligopoly_price,
    integrated_price,
    integrated_profit,
    margins,
    minimum_firms,
    minimum_firms_bound,
    price_advantage,
    profits,
    quantity,
    stage_prices,
    symmetric_integrated_price,
    symmetric_price,
)
from dongbei.cluster.model import C, N, a, k


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


@settings(max_examples=40, deadline=None)
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


@settings(max_examples=20, deadline=None)
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


@settings(deadline=None)
@given(chain=chains())
def test_integrated_firm_does_its_best(chain):
    intercept, slope = chain.demand_intercept, chain.demand_slope
    cost = chain.unit_costs.sum()

    def loss(output):
        return -((intercept - slope * output - cost) * output - 7.0)

    best = minimize_scalar(loss, bounds=(0, intercept / slope), options={"xatol": 1e-10})
    assert_allclose(integrated_profit(chain, 7.0), -best.fun, rtol=1e-9, atol=1e-9)
    assert_allclose(integrated_price(chain), intercept - slope * best.x, rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(chain=chains(), rivals=st.integers(1, 8))
def test_integrated_oligopoly_is_a_game_of_one_stage(play, chain, rivals):
    single = ProductionChain(
        chain.demand_intercept, chain.demand_slope, [rivals], [chain.unit_costs.sum()]
    )
    outcome = played(play, single)
    assert_allclose(integrated_oligopoly_price(chain, rivals), outcome.prices[-1], rtol=1e-9)


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
    together = ProductionChain(intercepts, 0.5, firms, costs, np.full(3, 0.25))
    assert profits(together).shape == stage_prices(together).shape == (5, 4, 3)
    for row, column in np.ndindex(5, 4):
        alone = ProductionChain(
            intercepts[row, column], 0.5, firms[row, 0], costs[column], np.full(3, 0.25)
        )
        for function in (
            final_price,
            quantity,
            stage_prices,
            margins,
            profits,
            integrated_price,
            integrated_profit,
            price_advantage,
        ):
            assert_allclose(
                function(together)[row, column], function(alone), rtol=1e-13, atol=1e-13
            )
        assert has_price_advantage(together)[row, column] == has_price_advantage(alone)


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
    assert final_price(chain) == integrated_price(chain) == 6
    assert profits(chain)[0] == integrated_profit(chain, 3) == 29
    assert not has_price_advantage(chain)


@given(chain=chains(most_stages=6, most_firms=40))
def test_condition_is_exact(chain):
    share = prod(Fraction(int(count), int(count) + 1) for count in chain.firms)
    assert has_price_advantage(chain) == (share > Fraction(1, 2))
    if share != Fraction(1, 2):
        assert (price_advantage(chain) > 0) == (share > Fraction(1, 2))
    assert_allclose(
        price_advantage(chain),
        integrated_price(chain) - final_price(chain),
        atol=1e-12 * chain.demand_intercept,
    )


@pytest.mark.parametrize("stages", range(1, 12))
def test_stages_of_n_to_2n_less_one_firms_only_match_the_integrated_firm(stages):
    chain = ProductionChain(10, 0.5, np.arange(stages, 2 * stages), np.full(stages, 0.5))
    assert not has_price_advantage(chain)
    assert_allclose(final_price(chain), integrated_price(chain), rtol=1e-14)


def test_five_firms_per_stage_lose_the_advantage_at_the_fourth_stage():
    wins = [
        bool(has_price_advantage(ProductionChain(10, 1, [5] * stages, [0] * stages)))
        for stages in range(1, 6)
    ]
    assert wins == [True, True, True, False, False]


@given(chain=chains(fewest_stages=2), more=st.integers(0, 4))
def test_chain_never_undercuts_as_many_integrated_firms(chain, more):
    rivals = chain.firms.min() + more
    assert final_price(chain) > integrated_oligopoly_price(chain, rivals)


@given(chain=chains(), rivals=st.integers(1, 8))
def test_chain_undercuts_rivals_when_its_ratio_says_so(chain, rivals):
    wins = prod(1 + Fraction(1, int(count)) for count in chain.firms) < 1 + Fraction(1, rivals)
    gap = integrated_oligopoly_price(chain, rivals) - final_price(chain)
    assert (gap > 1e-12 * chain.demand_intercept) == wins


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
        float(symmetric_integrated_price.subs(values)), integrated_price(chain), rtol=1e-12
    )


def test_fewest_firms_are_the_next_whole_number_above_the_bound():
    expected = [2, 3, 4, 6, 7, 9, 10, 12, 13, 14]
    assert [minimum_firms(stages) for stages in range(1, 11)] == expected
    for stages in range(2, 30):
        for rivals in (1, 2, 5):
            bound = minimum_firms_bound(rivals).subs(k, stages).evalf(30)
            assert minimum_firms(stages, rivals) == ceil(bound)


@given(stages=st.integers(1, 300), rivals=st.integers(1, 20))
def test_fewest_firms_win_and_one_fewer_do_not(stages, rivals):
    fewest = minimum_firms(stages, rivals)

    def wins(firms):
        return Fraction(firms, firms + 1) ** stages > Fraction(rivals, rivals + 1)

    assert wins(fewest)
    assert not wins(fewest - 1)


def test_single_stage_needs_one_firm_more_than_its_rivals():
    assert [minimum_firms(1, rivals) for rivals in range(1, 6)] == [2, 3, 4, 5, 6]


def test_long_chains_need_firms_in_proportion_to_their_stages():
    assert_allclose(minimum_firms(2000) / 2000, 1 / log(2), rtol=1e-3)


def test_bound_compiles_to_the_same_numbers():
    stages = np.arange(1, 9)
    assert_allclose(
        lambdify(k, minimum_firms_bound())(stages), 1 / (2 ** (1 / stages) - 1), rtol=1e-13
    )


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
    ],
)
def test_impossible_chains_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ProductionChain(*arguments)


@pytest.mark.parametrize("arguments", [(0,), (2.5,), (3, 0), (-1, 2)])
def test_fewest_firms_of_impossible_numbers_are_refused(arguments):
    with pytest.raises(ValueError, match="must be a whole number >= 1"):
        minimum_firms(*arguments)


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
    with pytest.raises(ValueError, match="at least one integrated firm"):
        integrated_oligopoly_price(ProductionChain(100, 1, [2], [0]), firms)


@pytest.mark.parametrize("cost", [-1, float("nan"), float("inf")])
def test_an_integrated_firm_has_no_negative_fixed_cost(cost):
    with pytest.raises(ValueError, match="fixed_cost must be finite"):
        integrated_profit(ProductionChain(100, 1, [2], [0]), cost)


@pytest.mark.parametrize("stages", [0, -1, 1.5, float("nan"), float("inf"), "3", None])
def test_the_number_of_stages_is_whole(stages):
    with pytest.raises(ValueError, match="stages must be a whole number"):
        minimum_firms(stages)
