"""Where the advantage begins and ends: exact thresholds and the best division of labour."""

from fractions import Fraction
from math import ceil, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sympy import lambdify

from dongbei.cluster import (
    ProductionChain,
    best_division,
    final_price,
    has_price_advantage,
    integrated,
    maximum_stages,
    minimum_firms,
    minimum_firms_bound,
)
from dongbei.cluster.model import k

CURVATURES = st.sampled_from([Fraction(n, 4) for n in range(-3, 13)])


def markup(firms, stages, curvature):
    """Markup of the chain stage by stage, as a fraction."""
    total = Fraction(0)
    for _ in range(stages):
        total += (1 + curvature * total) / Fraction(firms)
    return total


def test_fewest_firms_are_the_next_whole_number_above_the_bound():
    expected = [2, 3, 4, 6, 7, 9, 10, 12, 13, 14]
    assert [minimum_firms(stages) for stages in range(1, 11)] == expected
    for stages in range(2, 30):
        for rivals in (1, 2, 5):
            bound = minimum_firms_bound(rivals).subs(k, stages).evalf(30)
            assert minimum_firms(stages, rivals) == ceil(bound)


@given(stages=st.integers(1, 60), rivals=st.integers(1, 20), curvature=CURVATURES)
def test_fewest_firms_win_and_one_fewer_do_not(stages, rivals, curvature):
    fewest = minimum_firms(stages, rivals, curvature)
    assert markup(fewest, stages, curvature) < Fraction(1, rivals)
    if fewest > 1:
        assert markup(fewest - 1, stages, curvature) >= Fraction(1, rivals)


@given(firms=st.integers(1, 60), rivals=st.integers(1, 20), curvature=CURVATURES)
def test_the_longest_chain_wins_and_one_stage_more_does_not(firms, rivals, curvature):
    longest = maximum_stages(firms, rivals, curvature)
    assert markup(firms, longest, curvature) < Fraction(1, rivals)
    assert markup(firms, longest + 1, curvature) >= Fraction(1, rivals)
    assert (longest == 0) == (firms <= rivals)


@given(firms=st.integers(1, 40), stages=st.integers(1, 12), rivals=st.integers(1, 5),
       curvature=st.sampled_from([-0.5, 0.0, 0.25, 1.0, 2.0]))  # fmt: skip
def test_thresholds_agree_with_the_prices_of_the_chain(firms, stages, rivals, curvature):
    cost = np.full(stages, 3.0)
    chain = ProductionChain(3 * stages + 4, 3, [firms] * stages, cost, curvature=curvature)
    wins = bool(has_price_advantage(chain, integrated(chain, rivals)))
    assert wins == (firms >= minimum_firms(stages, rivals, curvature))
    assert wins == (stages <= maximum_stages(firms, rivals, curvature))


@pytest.mark.parametrize("rivals", [1, 2, 7])
def test_semi_logarithmic_demand_needs_more_firms_than_stages_times_rivals(rivals):
    assert [minimum_firms(stages, rivals, 0) for stages in (1, 2, 9)] == [
        stages * rivals + 1 for stages in (1, 2, 9)
    ]


@given(stages=st.integers(1, 30), rivals=st.integers(1, 5), one=CURVATURES, other=CURVATURES)
def test_more_curvature_never_asks_for_fewer_firms(stages, rivals, one, other):
    less, more = sorted((one, other))
    assert minimum_firms(stages, rivals, less) <= minimum_firms(stages, rivals, more)


def test_single_stage_needs_one_firm_more_than_its_rivals_whatever_the_curvature():
    for curvature in (-0.75, 0, 1, 3):
        fewest = [minimum_firms(1, rivals, curvature) for rivals in range(1, 6)]
        assert fewest == [2, 3, 4, 5, 6]


def test_five_firms_keep_the_advantage_for_three_stages():
    assert maximum_stages(5) == 3
    assert [maximum_stages(firms) for firms in range(1, 8)] == [0, 1, 2, 3, 3, 4, 5]


def test_long_chains_need_firms_in_proportion_to_their_stages():
    assert_allclose(minimum_firms(2000) / 2000, 1 / log(2), rtol=1e-3)
    assert_allclose(minimum_firms(2000, 1, 2) / 2000, 2 / log(3), rtol=1e-3)


def test_bound_compiles_to_the_same_numbers():
    stages = np.arange(1, 9)
    assert_allclose(
        lambdify(k, minimum_firms_bound())(stages), 1 / (2 ** (1 / stages) - 1), rtol=1e-13
    )


# Division of labour -----------------------------------------------------------------------------

STAGES = np.arange(1, 61)


@given(
    first=st.floats(20, 60),
    fall=st.floats(0.2, 2),
    firms=st.floats(1, 50),
    interface=st.floats(0.05, 1.5),
    curvature=st.floats(0, 2),
)
def test_the_best_division_is_the_cheapest_of_all(first, fall, firms, interface, curvature):
    costs = 5 + first * STAGES**-fall
    found = best_division(200, 100, costs, firms, curvature=curvature, interface_cost=interface)
    cost = costs + interface * (STAGES - 1)
    straight = abs(curvature - 1) < 1e-12
    if straight:
        expected = 200 - (200 - cost) * (firms / (firms + 1)) ** STAGES
        assert_allclose(found.prices, expected, rtol=1e-10)
    assert found.prices.min() == found.prices[found.stages - 1]
    k = int(found.stages)
    chain = ProductionChain(
        200, 100, [firms] * k, [costs[k - 1] / k] * k,
        curvature=curvature, interface_cost=interface,
    )  # fmt: skip
    assert_allclose(final_price(chain), found.prices[k - 1], rtol=1e-12)


def test_smith_division_of_labour_grows_with_the_number_of_firms():
    costs = 5 + 60 / STAGES
    stages = best_division(100, 1, costs, np.arange(1, 200), interface_cost=0.1).stages
    assert (np.diff(stages) >= 0).all()
    assert stages[0] < 5 < stages[-1]


def test_the_condition_for_a_smooth_division_holds_at_its_optimum():
    """(-C' - t)/(a - C - (k - 1) t) = ln(1 + 1/n), with prices on a fine grid of k."""
    a, n, t = 100.0, 12.0, 0.2
    k = np.linspace(1, 30, 200_001)
    cost, slope = 10 + 50 / k, -50 / k**2
    price = a - (a - cost - t * (k - 1)) * (n / (n + 1)) ** k
    best = price.argmin()
    left = (-slope[best] - t) / (a - cost[best] - (k[best] - 1) * t)
    assert_allclose(left, np.log(1 + 1 / n), rtol=1e-3)
    whole = best_division(a, 1, 10 + 50 / STAGES, n, interface_cost=t).stages
    assert abs(whole - k[best]) < 1


def test_without_gains_from_specialisation_one_stage_is_best():
    assert best_division(100, 1, [40] * 8, 20).stages == 1


# Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, 2.5, float("nan"), float("inf"), "3", None, True])
def test_numbers_of_stages_and_firms_are_whole(number):
    with pytest.raises(ValueError, match="stages must be a whole number >= 1"):
        minimum_firms(number)
    with pytest.raises(ValueError, match="firms must be a whole number >= 1"):
        maximum_stages(number)
    with pytest.raises(ValueError, match="integrated_firms must be a whole number >= 1"):
        minimum_firms(2, number)


@pytest.mark.parametrize("curvature", [-1, -2.5, float("nan"), float("inf"), "1"])
def test_curvature_has_a_solution(curvature):
    for threshold in (minimum_firms, maximum_stages):
        with pytest.raises(ValueError, match="curvature must be finite and > -1"):
            threshold(3, 1, curvature)


def test_long_chains_are_counted_to_the_end():
    assert maximum_stages(9000, 1, 0) == 8999
    assert maximum_stages(12000) == 8318
    assert minimum_firms(3, 1, np.float32(0.5)) == minimum_firms(3, 1, Fraction(1, 2))


def test_endless_chains_are_refused():
    with pytest.raises(ValueError, match="ask for fewer firms"):
        maximum_stages(10**5)


def test_a_division_at_the_edge_asks_for_more_costs():
    with pytest.raises(ValueError, match="still falls at 3 stages: give the costs of more"):
        best_division(100, 1, [50, 40, 30], 50)
    with pytest.raises(ValueError, match="one entry per number of stages"):
        best_division(100, 1, 50, 50)
    with pytest.raises(ValueError, match="firms must be >= 1"):
        best_division(100, 1, [50, 40], 0.5)
    with pytest.raises(ValueError, match="divided into 3: demand_intercept must exceed"):
        best_division(100, 1, [50, 40, 101, 45], 5)
