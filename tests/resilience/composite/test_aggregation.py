"""Rules that make one score of several, by brute force and by what must be true of them."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import gmean, hmean, pmean

from dongbei.resilience import aggregate
from dongbei.resilience.composite.aggregation import (
    MOST_UNITS,
    benefit_of_the_doubt,
    kemeny,
    transform,
)
from dongbei.resilience.composite.design import BenefitOfTheDoubt, Power

MEANS = ["arithmetic", "geometric", "harmonic", Power(power=2.5), Power(power=-3)]
RULES = [*MEANS, "median", "copeland", "kemeny"]
DOUBT = BenefitOfTheDoubt(benefit_of_the_doubt=True)
positive = st.floats(0.1, 10)
steps = st.integers(1, 5).map(float)


@st.composite
def cases(draw, elements=positive, most_units=6, gaps=False):
    """Scores and weights of some children, in steps where ties are wanted."""
    children, units = draw(st.integers(1, 5)), draw(st.integers(1, most_units))
    if gaps:
        elements = st.one_of(st.just(np.nan), elements, elements)
    scores = draw(arrays(float, (children, units), elements=elements))
    weights = draw(arrays(float, children, elements=st.integers(1, 4).map(float)))
    return scores, weights


# -- means --------------------------------


@given(case=cases())
def test_means_are_those_of_scipy(case):
    scores, weights = case
    wide = np.broadcast_to(weights[:, None], scores.shape)
    assert_allclose(aggregate(scores, weights, "arithmetic"), np.average(scores, 0, weights))
    assert_allclose(aggregate(scores, weights, "geometric"), gmean(scores, weights=wide))
    assert_allclose(aggregate(scores, weights, "harmonic"), hmean(scores, weights=wide))
    for power in (-3, 0, 0.5, 1, 4):
        expected = pmean(scores, power, weights=wide)
        assert_allclose(aggregate(scores, weights, Power(power=power)), expected)


@given(case=cases())
def test_the_higher_the_power_the_higher_the_mean_unless_all_scores_are_equal(case):
    scores, weights = case
    powers = [-4, -1, 0, 1, 3]
    found = np.array([aggregate(scores, weights, Power(power=p)) for p in powers])
    equal = np.ptp(scores, axis=0) == 0
    assert_allclose(found[:, equal], np.broadcast_to(scores[0, equal], found[:, equal].shape))
    apart = np.ptp(scores, axis=0) > 1e-3
    assert (np.diff(found[:, apart], axis=0) > 0).all()
    assert (np.diff(found, axis=0) >= -1e-12 * found[1:]).all()


@given(case=cases(gaps=True))
@pytest.mark.parametrize("rule", [*MEANS, "median"], ids=str)
def test_a_mean_lies_between_the_least_and_the_greatest_score(rule, case):
    scores, weights = case
    found = aggregate(scores, weights, rule)
    there = ~np.isnan(scores).all(axis=0)
    assert_array_equal(np.isnan(found), ~there)
    assert (found[there] >= np.nanmin(scores[:, there], axis=0) * (1 - 1e-12)).all()
    assert (found[there] <= np.nanmax(scores[:, there], axis=0) * (1 + 1e-12)).all()


@given(case=cases(), child=st.integers(0, 4), rise=st.floats(0.01, 5))
@pytest.mark.parametrize("rule", [*MEANS, "median"], ids=str)
def test_a_mean_rises_with_every_child(rule, case, child, rise):
    scores, weights = case
    higher = scores.copy()
    higher[child % len(scores)] += rise
    before, after = aggregate(scores, weights, rule), aggregate(higher, weights, rule)
    if rule == "median":
        assert (after >= before).all()
    else:
        assert (after > before).all()


@settings(max_examples=25)
@given(scores=arrays(float, (3, 4), elements=st.floats(0.1, 10)), unit=st.integers(0, 3))
def test_whoever_improves_alone_is_given_no_less_of_the_benefit_of_the_doubt(scores, unit):
    higher = scores.copy()
    higher[1, unit] += 1
    weights = np.ones(3)
    assert aggregate(higher, weights, DOUBT)[unit] >= aggregate(scores, weights, DOUBT)[unit] - 1e-7


@given(case=cases(), factor=st.floats(0.1, 10), shift=st.floats(-20, 20))
def test_a_common_change_of_scale_moves_the_arithmetic_mean_alike(case, factor, shift):
    scores, weights = case
    found = aggregate(scores * factor + shift, weights, "arithmetic")
    assert_allclose(found, factor * aggregate(scores, weights, "arithmetic") + shift, atol=1e-9)


@given(case=cases(), data=st.data())
def test_units_of_measurement_move_all_geometric_means_by_one_factor(case, data):
    scores, weights = case
    factors = data.draw(arrays(float, len(scores), elements=st.floats(0.1, 10)))
    before = aggregate(scores, weights, "geometric")
    after = aggregate(scores * factors[:, None], weights, "geometric")
    assert_allclose(after / before, np.exp(np.average(np.log(factors), weights=weights)))


@given(case=cases())
def test_powers_without_end_give_the_least_and_the_greatest(case):
    scores, weights = case
    part = (weights / weights.sum()).min()
    for power, limit in ((200, scores.max(axis=0)), (-200, scores.min(axis=0))):
        found = aggregate(scores, weights, Power(power=power))
        assert_allclose(found, limit, rtol=part ** (-1 / 200) - 1 + 1e-9)


@given(case=cases())
def test_power_0_is_the_limit_of_small_powers(case):
    scores, weights = case
    assert_allclose(
        aggregate(scores, weights, Power(power=1e-6)),
        aggregate(scores, weights, Power(power=0)),
        rtol=1e-4,
    )


@given(case=cases(), factor=st.floats(0.1, 10))
@pytest.mark.parametrize("rule", [*MEANS, "median"], ids=str)
def test_means_have_the_unit_of_scores_and_not_that_of_weights(rule, case, factor):
    scores, weights = case
    found = aggregate(scores, weights, rule)
    assert_allclose(aggregate(scores, factor * weights, rule), found)
    assert_allclose(aggregate(factor * scores, weights, rule), factor * found)


@pytest.mark.parametrize("rule", ["geometric", "harmonic", Power(power=-2)], ids=str)
def test_a_score_of_0_is_not_made_up_for(rule):
    scores, weights = np.array([[0.0, 1], [5, 1]]), np.array([0.1, 0.9])
    assert_array_equal(aggregate(scores, weights, rule), [0, 1])


@pytest.mark.parametrize("rule", ["geometric", "harmonic", Power(power=3)], ids=str)
def test_a_mean_that_needs_it_refuses_what_is_below_0(rule):
    scores = np.array([[-0.5, 1], [5, 1]])
    with pytest.raises(
        ValueError, match=r"^food: the .*mean.* not negative, and one is -0.5; norm"
    ):
        aggregate(scores, np.ones(2), rule, "food")


@pytest.mark.parametrize("rule", MEANS, ids=str)
def test_transforms_and_their_inverses_and_slopes_belong_together(rule):
    mean = transform(rule)
    x = np.linspace(0.2, 5, 40)
    assert_allclose(mean.back(mean.of(x)), x)
    h = 1e-6
    assert_allclose(mean.slope(x), (mean.of(x + h) - mean.of(x - h)) / (2 * h), rtol=1e-7)


# -- gaps and weights of nothing --------------------------------


@given(case=cases(gaps=True, elements=steps))
@pytest.mark.parametrize("rule", [*MEANS, "median"], ids=str)
def test_a_gap_is_as_if_the_child_were_not_there(rule, case):
    scores, weights = case
    found = aggregate(scores, weights, rule)
    for unit, column in enumerate(scores.T):
        there = ~np.isnan(column)
        if there.any():
            alone = aggregate(column[there, None], weights[there], rule)[0]
            assert_allclose(found[unit], alone)
        else:
            assert np.isnan(found[unit])


@settings(max_examples=25)
@given(case=cases(elements=st.integers(0, 3).map(float), gaps=True), extra=st.integers(0, 3))
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_child_without_weight_is_as_if_it_were_not_there(rule, case, extra):
    scores, weights = case
    more = np.vstack([scores, np.full(scores.shape[1], float(extra))])
    if rule == "kemeny":
        assume(len({*map(tuple, scores.T)}) == scores.shape[1])
    found = aggregate(more, np.append(weights, 0.0), rule)
    assert_allclose(found, aggregate(scores, weights, rule), rtol=1e-12)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_unit_without_scores_has_none_and_does_not_touch_the_others(rule):
    scores = np.array([[1.0, np.nan, 2, 3], [2, np.nan, 1, 4]])
    weights = np.array([2.0, 1])
    found = aggregate(scores, weights, rule)
    assert np.isnan(found[1])
    assert_allclose(np.delete(found, 1), aggregate(np.delete(scores, 1, axis=1), weights, rule))


# -- the middle --------------------------------


@given(case=cases(elements=steps, gaps=True))
def test_the_weighted_median_is_that_of_copies(case):
    """Weights are whole numbers: so many copies of each child, and the ordinary median."""
    scores, weights = case
    copies = np.repeat(scores, weights.astype(int), axis=0)
    for found, column in zip(aggregate(scores, weights, "median"), copies.T, strict=True):
        there = column[~np.isnan(column)]
        assert_allclose(found, np.median(there) if len(there) else np.nan)


# -- comparisons of units --------------------------------


def pairwise(scores, weights):
    """Weight for the first of two units less weight against it, by loops."""
    units = scores.shape[1]
    net = np.zeros((units, units))
    for i, j in permutations(range(units), 2):
        for row, weight in zip(scores, weights, strict=True):
            net[i, j] += weight * (int(row[i] > row[j]) - int(row[i] < row[j]))
    return net


@given(case=cases(elements=steps, gaps=True))
def test_copeland_counts_victories_less_defeats(case):
    scores, weights = case
    net = pairwise(scores, weights)
    expected = (net > 0).sum(axis=1) - (net < 0).sum(axis=1).astype(float)
    expected[np.isnan(scores).all(axis=0)] = np.nan
    assert_array_equal(aggregate(scores, weights, "copeland"), expected)


@settings(max_examples=40)
@given(case=cases(elements=steps))
def test_kemeny_has_an_order_that_no_other_order_beats(case):
    scores, weights = case
    net = pairwise(scores, weights)

    def support(order):
        return sum(net[i, j] for i, j in combinations(order, 2))

    found = aggregate(scores, weights, "kemeny")
    assert sorted(found) == list(range(1, scores.shape[1] + 1))
    best = max(map(support, permutations(range(scores.shape[1]))))
    assert_allclose(support(np.argsort(-found)), best)


def condorcet(net):
    """Units that beat all others."""
    return [i for i, row in enumerate(net) if (np.delete(row, i) > 0).all()]


@settings(max_examples=60)
@given(case=cases(elements=steps))
@pytest.mark.parametrize("rule", ["copeland", "kemeny"])
def test_who_beats_all_others_comes_first_and_who_loses_to_all_comes_last(rule, case):
    scores, weights = case
    net = pairwise(scores, weights)
    found = aggregate(scores, weights, rule)
    for unit in condorcet(net):
        assert (np.delete(found, unit) < found[unit]).all()
    for unit in condorcet(-net):
        assert (np.delete(found, unit) > found[unit]).all()


@given(case=cases(elements=steps))
def test_who_beats_all_others_has_more_points_of_borda_than_the_mean(case):
    scores, weights = case
    net = pairwise(scores, weights)
    points = net.sum(axis=1)  # weight for less against, over all pairs: 0 on the mean
    assume(scores.shape[1] > 1)
    for unit in condorcet(net):
        assert points[unit] > 0


def test_a_circle_of_three_is_a_tie_for_copeland():
    scores = np.array([[3.0, 2, 1], [1, 3, 2], [2, 1, 3]])
    assert_array_equal(aggregate(scores, np.ones(3), "copeland"), [0, 0, 0])


def test_weights_that_add_up_to_half_are_a_tie_in_spite_of_rounding():
    scores, weights = np.array([[2.0, 1], [2, 1], [1, 2]]), np.array([0.1, 0.2, 0.3])
    assert weights[:2].sum() != weights[2]
    assert_array_equal(aggregate(scores, weights, "copeland"), [0, 0])
    many = np.tile(weights[:, None], 2)
    assert_array_equal(aggregate(scores, many, "copeland"), np.zeros((2, 2)))


def test_kemeny_takes_so_many_units_and_no_more():
    line = np.arange(MOST_UNITS + 1.0)[None]
    found = kemeny(line[:, :-1], np.ones(1), "food")
    assert_array_equal(found, np.arange(1, MOST_UNITS + 1))
    message = f"food: Kemeny's rule takes {MOST_UNITS} units at most and here are {MOST_UNITS + 1}"
    with pytest.raises(ValueError, match=message):
        kemeny(line, np.ones(1), "food")


# -- the benefit of the doubt --------------------------------


def best_vertex(scores, unit, rule):
    """The best of all points at which as many limits bind as there are weights."""
    count, units = scores.shape
    limits = np.vstack(
        [
            scores.T,
            -np.eye(count),
            np.eye(count) - rule.upper,
            rule.lower - np.eye(count),
        ]
    )
    sides = np.concatenate([np.ones(units), np.zeros(3 * count)])
    best = 0.0
    for rows in combinations(range(len(limits)), count):
        chosen = limits[list(rows)]
        if abs(np.linalg.det(chosen)) < 1e-9:
            continue
        weights = np.linalg.solve(chosen, sides[list(rows)])
        if (limits @ weights <= sides + 1e-9).all():
            best = max(best, scores[:, unit] @ weights)
    return best


bounds = st.sampled_from([(0.0, 1.0), (0.1, 0.6), (0.25, 0.5), (1 / 3, 1 / 3), (0.0, 0.4)])


@settings(max_examples=25)
@given(scores=arrays(float, (3, 4), elements=st.integers(1, 20).map(float)), bound=bounds)
def test_the_benefit_of_the_doubt_is_the_best_vertex(scores, bound):
    rule = BenefitOfTheDoubt(benefit_of_the_doubt=True, lower=bound[0], upper=bound[1])
    found = aggregate(scores, np.ones(3), rule)
    assert_allclose(found, [best_vertex(scores, unit, rule) for unit in range(4)], atol=1e-7)


@settings(max_examples=30)
@given(
    scores=arrays(float, (3, 5), elements=st.floats(0.1, 10)),
    raw=arrays(float, 3, elements=st.floats(0.2, 1)),
)
def test_no_fixed_weights_are_kinder_than_the_benefit_of_the_doubt(scores, raw):
    shares = raw / raw.sum()
    rule = BenefitOfTheDoubt(
        benefit_of_the_doubt=True, lower=min(shares) * 0.99, upper=min(1, max(shares) * 1.01)
    )
    fixed = shares @ scores
    found = aggregate(scores, np.ones(3), rule)
    assert (found >= fixed / fixed.max() - 1e-8).all()
    assert found.max() == pytest.approx(1)
    free = aggregate(scores, np.ones(3), DOUBT)
    assert (free >= found - 1e-8).all()


@settings(max_examples=25)
@given(scores=arrays(float, (2, 4), elements=st.floats(0.1, 10)))
def test_bounds_that_meet_leave_fixed_weights(scores):
    rule = BenefitOfTheDoubt(benefit_of_the_doubt=True, lower=0.5, upper=0.5)
    mean = scores.mean(axis=0)
    assert_allclose(aggregate(scores, np.ones(2), rule), mean / mean.max())


@settings(max_examples=25)
@given(
    scores=arrays(float, (3, 4), elements=st.floats(0.1, 10)), factors=st.permutations([1, 5, 9])
)
def test_the_free_benefit_of_the_doubt_does_not_know_units_of_measurement(scores, factors):
    moved = scores * np.array(factors)[:, None]
    assert_allclose(
        aggregate(moved, np.ones(3), DOUBT), aggregate(scores, np.ones(3), DOUBT), atol=1e-7
    )


def test_whoever_leads_in_one_child_has_the_full_benefit_of_the_doubt():
    scores = np.array([[9.0, 1, 3], [1, 9, 3]])
    assert_allclose(aggregate(scores, np.ones(2), DOUBT), [1, 1, 0.6])


def test_the_benefit_of_the_doubt_refuses_gaps_negative_scores_and_bounds_without_weights():
    for bad in (np.nan, -1.0):
        with pytest.raises(ValueError, match=r"^food: the benefit of the doubt needs scores that"):
            aggregate(np.array([[bad, 1], [1, 2]]), np.ones(2), DOUBT, "food")
    for bound in ({"lower": 0.6}, {"upper": 0.4}):
        rule = BenefitOfTheDoubt(benefit_of_the_doubt=True, **bound)
        with pytest.raises(ValueError, match="food: weights of 2 children cannot all lie between"):
            benefit_of_the_doubt(np.ones((2, 2)), rule, "food")
    for count in (3, 7, 49):
        equal = BenefitOfTheDoubt(benefit_of_the_doubt=True, lower=1 / count, upper=1 / count)
        found = aggregate(np.ones((count, 2)), np.ones(count), equal)
        assert_allclose(found, [1, 1])


# -- many at once --------------------------------


@settings(max_examples=8)
@given(data=st.data())
@pytest.mark.parametrize("rule", [*RULES, DOUBT], ids=str)
@pytest.mark.parametrize("axes", [(True, True), (True, False), (False, True)])
def test_many_replications_are_a_loop_over_one(axes, rule, data):
    children, units, count = 3, 4, 3
    element = steps if rule == DOUBT else st.one_of(st.just(np.nan), steps, steps)
    wide, many = axes
    shape = (children, units, count) if wide else (children, units)
    scores = data.draw(arrays(float, shape, elements=element))
    shape = (children, count) if many else (children,)
    weights = data.draw(arrays(float, shape, elements=st.integers(0, 3).map(float)))
    weights[0] += 1
    found = aggregate(scores, weights, rule)
    assert found.shape == (units, count)
    for r in range(count):
        one = scores[..., r] if wide else scores
        own = weights[..., r] if many else weights
        assert_allclose(found[:, r], aggregate(one, own, rule), rtol=1e-12, atol=1e-12)
