"""Free entry: zero profit by another formula, limits, numbers of equilibria, stability."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, root
from sympy import lambdify

from dongbei.cluster import (
    ProductionChain,
    best_entry,
    entry_curve,
    final_price,
    free_entry,
    integer_entry,
    minimum_market_size,
    profits,
    welfare,
    winning_market_size,
)
from dongbei.cluster.model import N, entry_market, δ

COSTS = st.lists(st.floats(0.05, 20), min_size=1, max_size=5)
CURVATURES = st.floats(-0.9, -0.05) | st.floats(0.05, 3) | st.sampled_from([0.0, 1.0])
LARGER = st.floats(1.01, 1e4)


@np.errstate(all="ignore")
def profit(firms, size, fixed, d):
    """Profit of a firm in each stage, from quantities and mark-ups, with b = 1 and T from the size.

    Output is Q = (T / Z)^(1/d), the mark-up of stage i is Q^d / n_i times the slopes downstream.
    """
    firms, fixed = np.asarray(firms, float), np.asarray(fixed, float)
    if d == 0:
        total = np.log(size) - (1 / firms).sum()
        return np.exp(total) / firms**2 - fixed
    slopes = 1 + d / firms
    output = (size ** (d / (d + 1)) / slopes.prod()) ** (1 / d)
    downstream = slopes.prod() / np.cumprod(slopes)
    return output ** (d + 1) * downstream / firms**2 - fixed


def smallest(costs, d):
    """Smallest market of a chain, or its largest fixed cost where every market carries one."""
    return float(minimum_market_size(costs, d)) or max(costs)


@given(COSTS, CURVATURES, LARGER)
def test_nobody_gains_or_loses_in_either_equilibrium(costs, d, times):
    size = smallest(costs, d) * times + (10 * max(costs) if len(costs) == 1 else 0)
    found = free_entry(size, costs, d)
    assert found.exists
    for firms in (found.thick, found.critical):
        if (firms > 1e-6).all() and (1 + d / firms > 1e-6).all():  # else profit() loses its digits
            earned = profit(firms, size, costs, d) + costs
            assert earned == pytest.approx(np.array(costs), rel=1e-5)
    assert (found.thick > 0).all()


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=5), LARGER)
def test_profits_are_those_of_the_chain_with_straight_demand(costs, times):
    size = minimum_market_size(costs) * times
    firms = free_entry(size, costs).thick
    if (firms >= 1).all():
        chain = ProductionChain(np.sqrt(size), 1.0, firms, np.zeros(len(costs)), costs)
        assert profits(chain) == pytest.approx(0, abs=1e-9 * size)


@given(st.floats(0.1, 10), st.floats(1.5, 1e6))
def test_one_stage_has_the_closed_form(cost, times):
    found = free_entry(cost * times, [cost])
    assert found.thick.item() == pytest.approx(np.sqrt(times) - 1, rel=1e-9)
    assert np.isnan(found.critical).all()


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=2), LARGER)
def test_two_stages_satisfy_their_two_reactions(costs, times):
    size = minimum_market_size(costs) * times
    for n, m in (free_entry(size, costs).thick, free_entry(size, costs).critical):
        assert n == pytest.approx(np.sqrt(size / costs[0] * m / (m + 1)) - 1, rel=1e-6, abs=1e-7)
        assert m == pytest.approx(np.sqrt(size / costs[1]) * n / (n + 1) - 1, rel=1e-6, abs=1e-7)


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=6), CURVATURES)
def test_the_minimum_is_where_two_equilibria_meet(costs, d):
    assume(d < 2 ** len(costs) - 1.001)  # the minimum moves to infinity there
    minimum = minimum_market_size(costs, d)
    assert not free_entry(minimum * (1 - 1e-6), costs, d).exists
    found = free_entry(minimum * (1 + 1e-6), costs, d)
    assert found.exists
    assert found.thick == pytest.approx(found.critical, rel=0.05, abs=0.02)
    n = (found.thick + found.critical) / 2
    if d:
        assert np.prod((2 * n + 2 * d) / (2 * n + d)) == pytest.approx(1 + d, rel=1e-3)
    else:
        assert (1 / n).sum() == pytest.approx(2, rel=1e-3)


@given(COSTS, CURVATURES, st.floats(-2, 12))
def test_the_curve_carries_its_firms(costs, d, log_scale):
    firms, size = entry_curve(np.exp(log_scale) * max(costs), costs, d)
    if (firms > 1e-3).all() and (firms + d > 1e-3).all():
        assert profit(firms, size, costs, d) + costs == pytest.approx(np.array(costs), rel=1e-5)


@settings(max_examples=15)
@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=3), st.floats(1.2, 20), st.integers(0, 99))
def test_a_blind_solver_finds_no_third_equilibrium(costs, times, seed):
    size = minimum_market_size(costs) * times
    found = free_entry(size, costs)
    known = [np.log(found.thick), np.log(found.critical)]
    rng = np.random.default_rng(seed)
    for start in rng.uniform(-3, 5, size=(20, len(costs))):
        with np.errstate(over="ignore"):  # the solver may stray far out
            answer = root(lambda x: profit(np.exp(x), size, costs, 1.0) / costs, start)
        if answer.success and np.abs(answer.fun).max() < 1e-10 and (answer.x > -12).all():
            assert min(np.abs(answer.x - one).max() for one in known) < 1e-4


@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=4), CURVATURES, st.floats(1.2, 100))
def test_the_thick_chain_is_stable_and_the_critical_is_not(costs, d, times):
    size = smallest(costs, d) * times
    found = free_entry(size, costs, d)
    assume((1 + d / found.critical > 1e-4).all())  # or profit() loses its digits

    def strongest(firms):
        """Largest real part of the eigenvalues where firms enter at the rate of their profit."""
        x, h = np.log(firms), 1e-5
        columns = [
            (profit(np.exp(x + h * e), size, costs, d) - profit(np.exp(x - h * e), size, costs, d))
            / (2 * h * np.array(costs))
            for e in np.eye(len(costs))
        ]
        return np.linalg.eigvals(np.array(columns).T).real.max()

    assert strongest(found.thick) < 0 < strongest(found.critical)


@given(COSTS, CURVATURES, LARGER, st.floats(0.1, 10))
def test_firms_depend_on_the_market_per_fixed_cost_only(costs, d, times, unit):
    size = max(costs) * 10 * times
    one = free_entry(size, costs, d)
    other = free_entry(size * unit, np.multiply(costs, unit), d)
    assert one.exists == other.exists
    assert one.thick == pytest.approx(other.thick, rel=1e-7, nan_ok=True)


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=4), CURVATURES, LARGER)
def test_a_larger_market_has_more_firms_everywhere_and_a_lower_threshold(costs, d, times):
    size = smallest(costs, d) * times
    small, large = free_entry(size, costs, d), free_entry(2 * size, costs, d)
    assert (large.thick > small.thick).all()
    assert (large.critical <= small.critical * (1 + 1e-12)).all()


def test_the_semi_logarithmic_limit_is_continuous():
    near = [free_entry(100.0, [1.0, 2.0, 0.5], d) for d in (-1e-7, 0.0, 1e-7)]
    for one in near:
        assert one.thick == pytest.approx(near[1].thick, rel=1e-5)
        assert one.critical == pytest.approx(near[1].critical, rel=1e-5)


def test_many_markets_are_each_market_alone():
    rng = np.random.default_rng(3)
    sizes, costs = rng.uniform(5, 300, (4, 3)), rng.uniform(0.5, 2, (3, 4))
    d = rng.choice([-0.5, 0.0, 1.0, 2.0], 3)
    together = free_entry(sizes, costs, d)
    assert together.thick.shape == (4, 3, 4)
    for i, j in product(range(4), range(3)):
        alone = free_entry(sizes[i, j], costs[j], d[j])
        assert together.exists[i, j] == alone.exists
        assert together.thick[i, j] == pytest.approx(alone.thick, rel=1e-9, nan_ok=True)
        assert together.critical[i, j] == pytest.approx(alone.critical, rel=1e-9, nan_ok=True)


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=6), CURVATURES, LARGER)
def test_profits_are_those_of_the_chain_with_any_curvature(costs, d, times):
    size = smallest(costs, d) * times
    firms = free_entry(size, costs, d).thick
    if (firms >= 1).all():
        assert profits(market(size, firms, costs, d)) == pytest.approx(0, abs=1e-7 * max(costs))


def market(size, firms, costs, d):
    """A chain at no unit cost whose competitive output is one, so that its slope is its size."""
    return ProductionChain(size, size, firms, np.zeros(len(costs)), costs, d)


@given(st.floats(5, 50), st.floats(0.5, 4), CURVATURES, st.floats(1, 9))
def test_regions_with_the_same_tastes_add_up(margin, slope, d, regions):
    """N regions together buy N times as much at every price: the market is N times as large."""
    intercept = slope + 100
    cost = intercept - slope - min(margin, 0.9 * slope / abs(d) if d else margin)
    alone = ProductionChain(intercept, slope, [3, 4], [cost / 2] * 2, None, d)
    flat = slope * regions**-d
    joined = intercept - slope + (slope / d - flat / d if d else slope * np.log(regions)) + flat
    together = ProductionChain(joined, flat, [3, 4], [cost / 2] * 2, None, d)
    assert final_price(together) == pytest.approx(final_price(alone), rel=1e-8)
    assert together.market_size == pytest.approx(regions * alone.market_size, rel=1e-7)
    assert profits(together) == pytest.approx(regions * profits(alone), rel=1e-7)


@given(st.lists(st.floats(0.3, 5), min_size=1, max_size=5), CURVATURES, st.integers(1, 4))
def test_the_thick_chain_wins_above_the_winning_size_and_loses_below(costs, d, rivals):
    winning = winning_market_size(costs, d, rivals)
    assert winning >= minimum_market_size(costs, d) * (1 - 1e-9)
    above = free_entry(winning * 1.001, costs, d).thick
    assert markup(above, d) < 1 / rivals
    if winning > minimum_market_size(costs, d) * 1.01:
        below = free_entry(winning * 0.999, costs, d).thick
        assert markup(below, d) > 1 / rivals
        assert (
            free_entry(winning, costs, d).viable == (free_entry(winning, costs, d).thick >= 1).all()
        )


def markup(firms, d):
    """Sum of margins over depth per unit of X^δ, stage by stage."""
    total = 0.0
    for n in firms:
        total += (1 + d * total) / n
    return total


def test_one_stage_against_one_firm_wins_where_a_second_can_live():
    assert winning_market_size([3.0]) == pytest.approx(4 * 3.0)
    assert winning_market_size([3.0], 1.0, 4) == pytest.approx(25 * 3.0)


FORMULAS = {stages: lambdify((N, δ), entry_market(N, stages)) for stages in range(1, 5)}


@given(st.floats(0.05, 50), st.integers(1, 4), CURVATURES)
def test_the_formula_behind_the_slider_is_the_curve(first, stages, d):
    assume(first + d > 0.01)
    with np.errstate(all="ignore"):  # both cases are computed, one is taken
        formula = FORMULAS[stages](np.float64(first), np.float64(d))
    firms, size = entry_curve(first * (first + d), np.ones(stages), d)
    assume(firms.min() > 0.01)  # below, the formula of the slider loses digits
    assert firms[0] == pytest.approx(first, rel=1e-9)
    assert formula == pytest.approx(size, rel=1e-6)


# The welfare maximum ----------------------------------------------------------------------------


@given(st.floats(0.1, 10), st.floats(9, 1e5))
def test_one_stage_has_the_best_number_of_mankiw_and_whinston(cost, times):
    """(n + 1)^3 = M/f at the best, against (n + 1)^2 = M/f of free entry."""
    best = best_entry(cost * times, [cost])
    assert best == pytest.approx(np.cbrt(times) - 1, rel=1e-8)
    assert free_entry(cost * times, [cost]).thick + 1 == pytest.approx((best + 1) ** 1.5, rel=1e-8)


@settings(max_examples=25)
@given(st.lists(st.floats(0.3, 3), min_size=1, max_size=3), CURVATURES, st.floats(3, 200))
def test_no_other_number_of_firms_is_better(costs, d, times):
    size = smallest(costs, d) * times + 30 * max(costs)
    best = best_entry(size, costs, d)
    if not best.any():
        return

    def loss(logs):
        return -welfare_of(np.exp(logs), size, costs, d)

    found = minimize(loss, np.log(best) + 0.3, method="Nelder-Mead", options={"maxiter": 4000})
    assert -loss(np.log(best)) >= -found.fun - 1e-6 * abs(found.fun)
    level = best * (best + d) * costs
    assert level == pytest.approx(level[0], rel=1e-7)


def welfare_of(firms, size, costs, d):
    """Consumer surplus and margin of a market of unit slope, less what all firms pay."""
    slopes = 1 + d / firms
    if d == 0:
        output = np.exp(-(1 / firms).sum())
        return size * output * (1 + (1 / firms).sum()) - firms @ costs
    output = slopes.prod() ** (-1 / d)
    return size * output * (1 / ((1 + d) * slopes.prod()) + (1 - 1 / slopes.prod()) / d) - (
        firms @ costs
    )


def test_welfare_of_the_test_is_that_of_the_chain():
    for d in (-0.5, 0.0, 1.0, 2.0):
        chain = market(40.0, [3, 5], [1, 2], d)
        assert welfare(chain) == pytest.approx(welfare_of(chain.firms, 40.0, [1, 2], d), rel=1e-9)


@given(st.floats(1, 100))
def test_a_market_that_is_worth_no_chain_is_left_empty(size):
    assert (best_entry(size, [size, size]) == 0).all()


@given(
    st.lists(st.floats(0.3, 5), min_size=1, max_size=5), st.just(0.0) | st.floats(0.01, 3), LARGER
)
def test_a_chain_that_wins_has_too_many_firms_in_every_stage(costs, d, times):
    """At zero profit one firm less anywhere raises welfare, if curvature is not negative."""
    size = winning_market_size(costs, d) * times
    firms = free_entry(size, costs, d).thick
    here = welfare_of(firms, size, costs, d)
    for stage in np.eye(len(costs)):
        assert welfare_of(firms - 1e-4 * stage, size, costs, d) > here


def test_a_chain_that_loses_can_have_too_few_firms_downstream():
    costs = [1.0, 1.0, 1.0, 1.0]
    size = minimum_market_size(costs) * 1.05
    firms = free_entry(size, costs).thick
    assert markup(firms, 1.0) > 1
    here = welfare_of(firms, size, costs, 1.0)
    more = [welfare_of(firms + 1e-4 * stage, size, costs, 1.0) > here for stage in np.eye(4)]
    assert more == [False, False, True, True] or more == [False, True, True, True]


# Whole numbers ----------------------------------------------------------------------------------


class TestWholeNumbers:
    @settings(max_examples=30)
    @given(st.lists(st.floats(0.3, 5), min_size=1, max_size=3), CURVATURES, st.floats(1, 200))
    def test_the_search_finds_what_trying_everything_finds(self, costs, d, size):
        bound = int(np.sqrt(size / min(costs))) + 3
        tried = [
            firms
            for firms in product(range(1, bound + 1), repeat=len(costs))
            if rests(firms, size, costs, d)
        ]
        assert list(map(tuple, integer_entry(size, costs, d))) == tried

    @settings(max_examples=40)
    @given(st.lists(st.floats(0.3, 5), min_size=1, max_size=5), CURVATURES, st.floats(1, 1e6))
    def test_equilibria_are_ordered_and_lie_below_the_thick_chain(self, costs, d, size):
        equilibria = integer_entry(size, costs, d)
        assert (np.diff(equilibria, axis=0) >= 0).all()
        found = free_entry(size, costs, d)
        assert len(equilibria) == 0 or found.viable
        if len(equilibria):
            assert (equilibria[-1] <= found.thick + 1e-9).all()
            # the largest: firms that leave the real chain's rounded number one by one stop there
            assert equilibria[-1].tolist() == leave(np.floor(found.thick), size, costs, d)

    def test_an_empty_chain_is_all_there_is_in_a_small_market(self):
        assert integer_entry(1.0, [1.0, 1.0]).shape == (0, 2)
        assert integer_entry(3.99, [1.0]).shape == (0, 1)

    def test_a_firm_that_breaks_even_stays(self):
        assert integer_entry(4.0, [1.0]).tolist() == [[1]]
        assert integer_entry(9 * 0.1, [0.1]).tolist() == [[2]]
        assert integer_entry(16.0, [1.0, 1.0]).tolist() == [[1, 1]]
        assert integer_entry(15.999, [1.0, 1.0]).shape == (0, 2)

    def test_one_market_can_rest_at_four_different_sizes(self):
        costs = [2.842, 0.86, 1.191, 3.744]
        equilibria = integer_entry(150.54, costs)
        assert equilibria.tolist() == [[2, 4, 3, 1], [3, 5, 3, 1], [3, 6, 4, 2], [4, 6, 5, 2]]
        assert all(rests(firms, 150.54, costs, 1.0) for firms in equilibria)

    def test_a_million_firms_are_no_obstacle(self):
        equilibria = integer_entry(1e12, [1.0, 1.0])
        thick = free_entry(1e12, [1.0, 1.0]).thick
        assert equilibria[-1] == pytest.approx(thick, abs=2)


def rests(firms, size, costs, d):
    """Whether nobody loses and one firm more in any stage would."""
    more = [profit(np.add(firms, e), size, costs, d)[i] for i, e in enumerate(np.eye(len(costs)))]
    return (profit(firms, size, costs, d) >= 0).all() and max(more) < 0


def leave(firms, size, costs, d):
    """Let firms that lose leave, one after the other, until nobody loses."""
    while (firms >= 1).all():
        losing = np.flatnonzero(profit(firms, size, costs, d) < -1e-12 * np.array(costs))
        if len(losing) == 0:
            return firms.astype(int).tolist()
        firms[losing[0]] -= 1
    return None


def test_very_concave_demand_carries_a_chain_in_every_market():
    """With δ > 2^k - 1 there is no smallest market; with δ = 2^k - 1 there is, without firms."""
    assert minimum_market_size([1.0, 2.0], 3.5) == 0
    assert free_entry(1e-3, [1.0, 2.0], 3.5).exists
    assert minimum_market_size([1.0], 1.0) == pytest.approx(1)
    assert not free_entry(0.999, [1.0]).exists


def test_a_hopeless_market_has_no_chain_although_its_logarithm_is_finite():
    for d in (-0.5, 0.0, 1.0):
        assert not free_entry(1e-200, [1.0, 1.0], d).exists


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((0.0, [1.0]), "market_size must be finite and > 0; got 0"),
            ((np.nan, [1.0]), "market_size"),
            ((1.0, [1.0, 0.0]), "fixed_costs must be finite and > 0; got 0"),
            ((1.0, [1.0, np.inf]), "fixed_costs"),
            ((1.0, 1.0), "one entry per stage"),
            ((1.0, [1.0], -1.0), "curvature must be finite and > -1; got -1"),
            ((1.0, np.ones((2, 3)), np.ones(4)), "one curvature per chain"),
            ((np.ones(4), np.ones((2, 3))), "one market_size"),
            (([1.0, -2.0], [1.0]), "market_size must be finite and > 0; got -2"),
        ],
    )
    def test_impossible_markets_are_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            free_entry(*arguments)

    def test_a_scale_is_positive(self):
        with pytest.raises(ValueError, match="scale must be finite"):
            entry_curve(0.0, [1.0])
        with pytest.raises(ValueError, match="beyond all numbers: raise the scale"):
            entry_curve(1e-300, [1.0, 1.0], 0.0)

    def test_there_is_at_least_one_integrated_firm(self):
        with pytest.raises(ValueError, match="integrated_firms must be finite and >= 1"):
            winning_market_size([1.0], 1.0, 0.5)

    def test_more_firms_than_can_be_counted_are_refused_with_the_cure(self):
        with pytest.raises(ValueError, match="too many to count: take free_entry"):
            integer_entry(1e18, [1.0, 2.0])

    def test_one_market_at_a_time_in_whole_numbers(self):
        with pytest.raises(ValueError, match="give one market"):
            integer_entry(1.0, [[1.0], [2.0]])
