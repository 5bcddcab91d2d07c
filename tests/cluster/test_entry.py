"""Free entry: zero profit by another formula, limits, numbers of equilibria, stability."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import root

from dongbei.cluster import ProductionChain, profits
from dongbei.cluster.entry import (
    entry_curve,
    free_entry,
    integer_entry,
    minimum_market_size,
)

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


@given(COSTS, CURVATURES, LARGER)
def test_nobody_gains_or_loses_in_either_equilibrium(costs, d, times):
    size = minimum_market_size(costs, d) * times if len(costs) > 1 else times * max(costs) * 10
    found = free_entry(size, costs, d)
    assert found.exists
    for firms in (found.thick, found.critical):
        if np.isfinite(firms).all():
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


@given(COSTS, CURVATURES, st.floats(-8, 12))
def test_the_curve_carries_its_firms(costs, d, log_scale):
    firms, size = entry_curve(np.exp(log_scale) * costs[0], costs, d)
    if (firms > 1e-3).all() and (firms + d > 1e-3).all():
        assert profit(firms, size, costs, d) + costs == pytest.approx(np.array(costs), rel=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=3), st.floats(1.2, 20), st.integers(0, 99))
def test_a_blind_solver_finds_no_third_equilibrium(costs, times, seed):
    size = minimum_market_size(costs) * times
    found = free_entry(size, costs)
    known = [np.log(found.thick), np.log(found.critical)]
    rng = np.random.default_rng(seed)
    for start in rng.uniform(-3, 5, size=(20, len(costs))):
        answer = root(lambda x: profit(np.exp(x), size, costs, 1.0) / costs, start)
        if answer.success and np.abs(answer.fun).max() < 1e-10 and (answer.x > -12).all():
            assert min(np.abs(answer.x - one).max() for one in known) < 1e-4


@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=4), CURVATURES, st.floats(1.2, 100))
def test_the_thick_chain_is_stable_and_the_critical_is_not(costs, d, times):
    size = minimum_market_size(costs, d) * times
    found = free_entry(size, costs, d)

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
    size = minimum_market_size(costs, d) * times
    small, large = free_entry(size, costs, d), free_entry(2 * size, costs, d)
    assert (large.thick > small.thick).all()
    assert (large.critical <= small.critical).all()


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


class TestWholeNumbers:
    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.floats(0.3, 5), min_size=1, max_size=3), st.floats(1, 200))
    def test_every_equilibrium_is_found_and_holds(self, costs, size):
        equilibria, largest = integer_entry(size, costs)
        assert equilibria[0] == (0,) * len(costs)
        bound = int(np.sqrt(size / min(costs))) + 2
        for firms in product(range(1, min(bound, 7)), repeat=len(costs)):
            earns = profit(firms, size, costs, 1.0) >= 0
            more = [
                profit(np.add(firms, e), size, costs, 1.0)[i] < 0
                for i, e in enumerate(np.eye(len(costs)))
            ]
            assert (firms in equilibria) == (earns.all() and all(more))
        assert largest == tuple(np.max(equilibria, axis=0))

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.floats(0.3, 5), min_size=1, max_size=3), st.floats(1, 300))
    def test_the_largest_is_itself_an_equilibrium_below_the_thick_chain(self, costs, size):
        equilibria, largest = integer_entry(size, costs)
        assert largest in equilibria
        thick = free_entry(size, costs).thick
        if sum(largest):
            assert (np.array(largest) <= thick + 1e-9).all()

    def test_a_market_for_no_firm_leaves_the_empty_chain(self):
        assert integer_entry(1.0, [1.0, 1.0]) == ([(0, 0)], (0, 0))

    def test_too_many_combinations_are_refused_with_the_cure(self):
        with pytest.raises(ValueError, match="take free_entry"):
            integer_entry(1e9, [1.0, 1.0, 1.0])


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
        ],
    )
    def test_impossible_markets_are_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            free_entry(*arguments)

    def test_a_scale_is_positive(self):
        with pytest.raises(ValueError, match="scale must be finite"):
            entry_curve(0.0, [1.0])

    def test_one_market_at_a_time_in_whole_numbers(self):
        with pytest.raises(ValueError, match="give one market"):
            integer_entry(1.0, [[1.0], [2.0]])
