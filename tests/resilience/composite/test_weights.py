"""Weights, against other people's code and slow routes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from skcriteria.preprocessing.weighters import critic_weights as their_critic
from skcriteria.preprocessing.weighters import entropy_weights as their_entropy

from dongbei.resilience import Design, index
from dongbei.resilience.composite.design import Judgements
from dongbei.resilience.composite.weights import (
    FROM_SCORES,
    RANDOM_INDEX,
    critic_weights,
    entropy_weights,
    equal_weights,
    judged_weights,
    optimised_weights,
    pca_weights,
)

seeds = st.integers(0, 10**6)
sizes = st.tuples(st.integers(4, 40), st.integers(2, 6))


def drawn(size, seed):
    """Scores from 0.1 to 1, with some correlation between children."""
    random = np.random.default_rng(seed)
    mixed = random.normal(size=size) @ (np.eye(size[1]) + random.random((size[1], size[1])))
    return (0.1 + 0.9 * (mixed - mixed.min(0)) / np.ptp(mixed, axis=0)) ** 2


def named(count):
    return tuple(f"c{i}" for i in range(count))


def weighed(rule, scores):
    return FROM_SCORES[rule](scores, named(scores.shape[1]))


@given(size=sizes, seed=seeds)
def test_entropy_weights_are_those_of_scikit_criteria(size, seed):
    """Its argument is the matrix and the objectives, which entropy does not look at."""
    scores = drawn(size, seed)
    assert_allclose(weighed("entropy", scores), their_entropy(scores), rtol=1e-9)


@given(size=sizes, seed=seeds)
def test_critic_weights_are_those_of_scikit_criteria(size, seed):
    """With scaling to 0 to 1 and all objectives to be maximised, as scores are."""
    scores = drawn(size, seed)
    expected = their_critic(scores, np.ones(size[1]), scale=True)
    assert_allclose(weighed("critic", scores), expected, rtol=1e-9)


def test_entropy_by_hand_with_a_share_of_zero():
    scores = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 2.0]])
    first = 1 - np.log(2) / np.log(3)  # shares 0, 1/2, 1/2
    second = 1 - (0.5 * np.log(4) + 0.5 * np.log(2)) / np.log(3)  # shares 1/4, 1/4, 1/2
    expected = np.array([first, second]) / (first + second)
    assert_allclose(entropy_weights(scores, named(2)), expected)


# -- principal components --------------------------------


def slow_varimax(loadings):
    """Turn pairs of components by the angle that is best, found on a grid and refined."""

    def spread(pair):
        squared = pair**2
        return (squared**2).mean(0).sum() - (squared.mean(0) ** 2).sum()

    def turned(pair, angle):
        c, s = np.cos(angle), np.sin(angle)
        return pair @ np.array([[c, -s], [s, c]])

    turning = loadings.copy()
    for _ in range(200):
        before = turning.copy()
        for i in range(turning.shape[1]):
            for j in range(i):
                pair = turning[:, [i, j]]
                centre, width = 0.0, np.pi / 4
                for _ in range(12):
                    grid = centre + np.linspace(-width, width, 21)
                    centre = max(grid, key=lambda angle, pair=pair: spread(turned(pair, angle)))
                    width /= 8
                turning[:, [i, j]] = turned(pair, centre)
        if np.abs(turning - before).max() < 1e-8:
            break
    return turning


def slow_pca_weights(scores):
    """Nicoletti's weights step by step, with loops."""
    count = scores.shape[1]
    standard = (scores - scores.mean(0)) / scores.std(0)
    _, singular, rows = np.linalg.svd(standard, full_matrices=False)
    eigenvalues = singular**2 / len(scores)
    held = [k for k in range(count) if eigenvalues[k] >= 1 - 1e-9]
    loadings = np.array([[rows[k, c] * eigenvalues[k] ** 0.5 for k in held] for c in range(count)])
    length = np.array([sum(x**2 for x in row) ** 0.5 for row in loadings])[:, None]
    loadings = slow_varimax(loadings / length) * length
    explained = [sum(loadings[c, k] ** 2 for c in range(count)) for k in range(len(held))]
    raw = []
    for c in range(count):
        parts = [loadings[c, k] ** 2 / explained[k] for k in range(len(held))]
        best = max(range(len(held)), key=lambda k, parts=parts: parts[k])
        raw.append(parts[best] * explained[best] / sum(explained))
    return np.array(raw) / sum(raw)


@settings(max_examples=15)
@given(size=st.tuples(st.integers(8, 40), st.integers(2, 6)), seed=seeds, mixed=st.booleans())
def test_weights_by_components_follow_nicoletti_step_by_step(size, seed, mixed):
    """Children that share one thing have one component, those that do not have several."""
    scores = drawn(size, seed) if mixed else np.random.default_rng(seed).normal(size=size)
    assert_allclose(weighed("pca", scores), slow_pca_weights(scores), atol=2e-5)


def test_two_blocks_of_leaves_are_two_components():
    """Three copies of one thing and two of another: each copy has the same part of its block."""
    random = np.random.default_rng(1)
    one, other = np.linalg.qr(random.normal(size=(30, 3)) - 0.0)[0][:, :2].T
    one, other = one - one.mean(), other - other.mean()
    other -= one * (one @ other) / (one @ one)
    scores = np.column_stack([one, one, one, other, other])
    assert_allclose(pca_weights(scores, named(5)), np.full(5, 0.2), atol=1e-6)


def test_children_that_go_together_weigh_the_same():
    one = np.random.default_rng(1).random(20)
    scores = np.column_stack([one, 2 * one, one + 3])
    assert_allclose(pca_weights(scores, named(3)), np.full(3, 1 / 3))


# -- judgements --------------------------------

NAMES = tuple("abc")


def test_consistent_judgements_give_their_own_ratios():
    judged = Judgements(ahp={"a": {"b": 2, "c": 6}, "b": {"c": 3}})
    assert_allclose(judged_weights(judged, NAMES), [0.6, 0.3, 0.1])


@given(weights=arrays(float, st.integers(2, 7), elements=st.floats(0.05, 1)), seed=seeds)
def test_judgements_without_contradiction_give_back_any_weights(weights, seed):
    """Whichever way round each pair is judged."""
    random = np.random.default_rng(seed)
    ahp = {}
    for i in range(len(weights)):
        for j in range(i):
            one, other = random.permutation([i, j])
            ahp.setdefault(f"c{one}", {})[f"c{other}"] = weights[one] / weights[other]
    found = judged_weights(Judgements(ahp=ahp), named(len(weights)))
    assert_allclose(found, weights / weights.sum())


@given(ratios=arrays(float, 6, elements=st.floats(1 / 9, 9)))
def test_judged_weights_are_the_eigenvector_that_powers_of_the_matrix_tend_to(ratios):
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = ratios
    for i, j in zip(*np.triu_indices(4, 1), strict=True):
        matrix[j, i] = 1 / matrix[i, j]
    ahp = {f"c{i}": {f"c{j}": matrix[i, j] for j in range(i + 1, 4)} for i in range(3)}
    found = judged_weights(Judgements(ahp=ahp, largest_ratio=1e6), named(4))
    vector = np.ones(4)
    for _ in range(2000):
        vector = matrix @ vector
        vector /= vector.sum()
    assert_allclose(found, vector, rtol=1e-7)
    eigenvalue = (matrix @ vector / vector).mean()
    ratio = (eigenvalue - 4) / 3 / 0.89
    if ratio > 1e-6:
        with pytest.raises(ValueError, match=f"ratio {ratio:.2f}, limit"):
            judged_weights(Judgements(ahp=ahp, largest_ratio=ratio * 0.999), named(4))
    judged_weights(Judgements(ahp=ahp, largest_ratio=ratio * 1.001 + 1e-9), named(4))


def test_judgements_in_a_circle_are_refused():
    circle = Judgements(ahp={"a": {"b": 9}, "b": {"c": 9}, "c": {"a": 9}})
    with pytest.raises(ValueError, match=r"contradict one another .* limit 0.1.; judge again"):
        judged_weights(circle, NAMES)


def test_a_pair_judged_twice_must_be_judged_alike():
    same = Judgements(ahp={"a": {"b": 4}, "b": {"a": 0.25}})
    assert_allclose(judged_weights(same, NAMES[:2]), [0.8, 0.2])
    other = Judgements(ahp={"a": {"b": 4}, "b": {"a": 0.5}})
    with pytest.raises(ValueError, match="a and b are judged twice, and differently"):
        judged_weights(other, NAMES[:2])


def test_a_pair_that_nobody_judged_is_named():
    with pytest.raises(ValueError, match="nobody judged b against c; add the pair"):
        judged_weights(Judgements(ahp={"a": {"b": 2, "c": 3}}), NAMES)


def test_judgements_of_eleven_things_are_too_many():
    ahp = {f"c{i}": {f"c{j}": 1 for j in range(i + 1, 11)} for i in range(10)}
    with pytest.raises(ValueError, match="judgements of 11 things; 10 at most"):
        judged_weights(Judgements(ahp=ahp), named(11))
    ten = {one: {b: r for b, r in row.items() if b != "c10"} for one, row in ahp.items()}
    assert_allclose(judged_weights(Judgements(ahp=ten), named(10)), np.full(10, 0.1))


def test_random_judgements_are_as_inconsistent_as_the_published_index_says():
    """Saaty's random index, from many matrices of random judgements; a few percent are left."""
    random = np.random.default_rng(0)
    scale = np.array([1 / k for k in range(9, 1, -1)] + list(range(1, 10)))
    for size in range(3, 11):
        upper = np.triu(random.choice(scale, size=(4000, size, size)), 1)
        with np.errstate(divide="ignore"):
            lower = np.where(upper > 0, 1 / upper, 0).transpose(0, 2, 1)
        largest = np.linalg.eigvals(upper + lower + np.eye(size)).real.max(axis=1)
        mean = ((largest - size) / (size - 1)).mean()
        assert_allclose(mean, RANDOM_INDEX[size - 1], rtol=0.03)


def test_judgements_about_a_child_that_does_not_enter_are_left_out():
    judged = Judgements(ahp={"a": {"b": 2, "c": 6}, "b": {"c": 3}})
    assert_allclose(judged_weights(judged, ("a", "c")), [6 / 7, 1 / 7])


# -- equal importance --------------------------------


@settings(max_examples=25)
@given(size=st.tuples(st.integers(15, 40), st.integers(2, 5)), seed=seeds)
def test_optimised_weights_leave_every_child_equally_correlated(size, seed):
    """Where such weights exist without a negative one: (covariance) w is as the deviations."""
    scores = drawn(size, seed)
    exact = np.linalg.solve(np.cov(scores, rowvar=False), scores.std(0))
    if exact.min() < 1e-3 * exact.max():
        return
    found = weighed("optimised", scores)
    mean = scores @ found
    correlated = [np.corrcoef(column, mean)[0, 1] for column in scores.T]
    assert_allclose(correlated, np.mean(correlated), atol=1e-5)
    assert_allclose(found, exact / exact.sum(), atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_optimised_weights_come_as_near_to_equal_correlations_as_any_on_a_grid(seed):
    """Also where no weights without a negative one make them equal."""
    random = np.random.default_rng(seed)
    common = random.normal(size=30)
    scores = np.column_stack([common, -0.9 * common, common]) + random.normal(size=(30, 3)) / 3

    def unequal(weights):
        found = [np.corrcoef(column, scores @ weights)[0, 1] for column in scores.T]
        return np.sum((found - np.mean(found)) ** 2)

    parts = np.linspace(0, 1, 21)
    grid = [(x, y, 1 - x - y) for x in parts for y in parts if x + y <= 1 + 1e-12]
    assert unequal(weighed("optimised", scores)) <= min(map(unequal, grid)) + 1e-9


@pytest.mark.parametrize("seed", [103, 127, 158, 268, 295])
def test_optimised_weights_are_as_good_as_those_of_another_search(seed):
    """Where some are zero, a search that may only lower one weight at a time gets stuck."""
    scores = np.random.default_rng(seed).normal(size=(6, 5))

    def unequal(weights):
        found = [np.corrcoef(column, scores @ weights)[0, 1] for column in scores.T]
        return np.sum((found - np.mean(found)) ** 2)

    whole = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    starts = np.random.default_rng(seed).dirichlet(np.ones(5), size=20)
    best = min(
        minimize(unequal, one, method="SLSQP", bounds=[(0, 1)] * 5, constraints=whole).fun
        for one in starts
    )
    assert unequal(weighed("optimised", scores)) <= best + 1e-6


# -- all of them --------------------------------


@settings(max_examples=10)
@given(size=sizes, seed=seeds, factor=st.floats(0.01, 100))
@pytest.mark.parametrize("rule", ["equal", "entropy", "critic", "pca", "optimised"])
def test_weights_add_up_and_do_not_depend_on_the_scale(rule, size, seed, factor):
    scores = drawn(size, seed)
    found = weighed(rule, scores)
    assert_allclose(found.sum(), 1)
    assert (found >= 0).all()
    assert_allclose(weighed(rule, factor * scores), found, atol=1e-4 * (rule == "optimised") + 1e-9)


@settings(max_examples=10)
@given(size=sizes, seed=seeds, shift=st.floats(-5, 5))
@pytest.mark.parametrize("rule", ["equal", "critic", "pca"])
def test_weights_that_look_at_correlations_do_not_depend_on_where_a_scale_starts(
    rule, size, seed, shift
):
    scores = drawn(size, seed)
    stretch = np.linspace(1, 3, size[1])
    assert_allclose(weighed(rule, shift + stretch * scores), weighed(rule, scores), atol=1e-6)


@settings(max_examples=10)
@given(size=sizes, seed=seeds)
@pytest.mark.parametrize("rule", ["entropy", "critic", "pca", "optimised"])
def test_weights_move_with_their_children_and_not_with_the_order_of_units(rule, size, seed):
    scores = drawn(size, seed)
    random = np.random.default_rng(seed)
    children, units = random.permutation(size[1]), random.permutation(size[0])
    expected = weighed(rule, scores)[children]
    found = weighed(rule, scores[units][:, children])
    assert_allclose(found, expected, atol=1e-3 if rule == "optimised" else 1e-6)


@pytest.mark.parametrize("rule", ["entropy", "critic", "pca", "optimised"])
def test_units_with_gaps_do_not_weigh(rule):
    scores = drawn((12, 3), 4)
    gaps = np.vstack([scores, [[np.nan, 0.5, 0.9], [0.1, 0.2, np.nan]]])
    assert_allclose(weighed(rule, gaps), weighed(rule, scores))


@pytest.mark.parametrize("rule", ["entropy", "critic", "pca", "optimised"])
def test_too_few_units_or_a_child_that_does_not_vary_are_refused(rule):
    with pytest.raises(ValueError, match="three units with all of c0, c1, and 2 have them"):
        weighed(rule, np.array([[1.0, 2], [2, 1], [np.nan, 3]]))
    with pytest.raises(ValueError, match="'c1' does not vary"):
        weighed(rule, np.array([[1.0, 2], [2, 2], [4, 2]]))


def test_entropy_takes_no_negative_score():
    with pytest.raises(ValueError, match="'c1' has -2; normalise by minmax"):
        entropy_weights(np.array([[1.0, 2], [2, -2], [4, 3]]), named(2))


def test_equal_weights_are_equal():
    assert_allclose(equal_weights(drawn((5, 4), 0), named(4)), np.full(4, 0.25))


def test_children_that_are_one_and_the_same_have_no_contrast():
    one = np.arange(5.0)
    with pytest.raises(ValueError, match="one and the same; use equal weights"):
        critic_weights(np.column_stack([one, one]), named(2))


def test_optimised_weights_of_one_and_the_same_child_stay_equal():
    one = np.arange(5.0)
    assert_allclose(optimised_weights(np.column_stack([one, one]), named(2)), [0.5, 0.5])


@pytest.mark.parametrize("rule", ["given", "equal", "entropy", "critic", "pca", "optimised"])
def test_a_node_with_one_child_needs_no_figures_to_weigh_it(rule):
    design = Design(
        title="t",
        nodes={"index": {}, "lone": {"parent": "index", "weights": rule}},
        leaves={
            "x": {"parent": "lone", "direction": 1, "weight": 7},
            "y": {"parent": "index", "direction": 1, "weight": 3},
        },
    )
    table = pd.DataFrame({"x": [1.0, 2], "y": [1.0, 0]}, list("AB"))
    assert index(design, table).weights.to_dict() == {"x": 1, "lone": 0.25, "y": 0.75}


def test_errors_about_weights_name_the_node():
    design = Design(
        title="t",
        nodes={"index": {"weights": "entropy"}},
        leaves={name: {"parent": "index", "direction": 1} for name in "xy"},
        normalisation={"method": "zscore"},
    )
    table = pd.DataFrame({"x": [1.0, 2, 5], "y": [1.0, 0, 4]})
    with pytest.raises(ValueError, match=r"nodes\.index\.weights entropy: .*not negative"):
        index(design, table)
