"""Programmes for the same money."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dongbei.policy.comparison import affordable, equal_cost
from dongbei.policy.ensemble import futures, scenarios
from dongbei.policy.levers import Measure, Programme

DRAWS = scenarios(slice(0, 64))
NOTHING = Programme("nothing")
few = settings(max_examples=10)


def one(lever, size, begin=0, end=np.inf):
    return Programme(lever, {lever: Measure(size, begin, end)})


USERS, PRODUCERS = one("user_subsidy", 0.1, 0, 10), one("producer_subsidy", 0.02, 0, 10)


def part(draws, where):
    return {name: values[where] for name, values in draws.items()}


def test_both_cost_what_the_cheaper_does():
    cost = futures(DRAWS, [USERS, PRODUCERS]).cost
    found = equal_cost(DRAWS, USERS, PRODUCERS)
    assert_allclose(found.outcomes.cost, np.minimum(*cost.T)[:, None] * np.ones(2), rtol=1e-7)
    cheaper = cost.argmin(axis=1)
    assert set(cheaper) == {0, 1}
    rows = np.arange(len(cheaper))
    assert (found.scale[rows, cheaper] == 1).all()
    assert (found.scale[rows, 1 - cheaper] < 1).all()


def test_outcomes_are_those_of_the_smaller_programmes():
    found = equal_cost(DRAWS, USERS, PRODUCERS)
    for place in (3, 40):
        smaller = [
            each.scaled(factor)
            for each, factor in zip((USERS, PRODUCERS), found.scale[place].tolist(), strict=True)
        ]
        alone = futures(part(DRAWS, [place]), smaller)
        for name, values in vars(found.outcomes).items():
            assert_array_equal(getattr(alone, name)[0], values[place])


@few
@given(st.floats(0.01, 3), st.sampled_from([0.0, 0.01, 0.04, 0.1]))
def test_where_cost_is_proportional_the_scale_is_the_ratio(factor, discount):
    first = one("producer_subsidy", 0.02 * factor, 5)
    found = equal_cost(DRAWS, first, PRODUCERS, 30, discount=discount)
    when = np.array([[5, 30], [0, 10]])
    spans = when[:, 1] - when[:, 0]
    if discount > 0:
        ends = np.exp(-discount * when)
        spans = (ends[:, 0] - ends[:, 1]) / discount
    ratio = factor * spans[0] / spans[1]
    expected = np.array([min(1, 1 / ratio), min(1, ratio)])
    assert_allclose(found.scale, np.ones((64, 1)) * expected, rtol=1e-6)


def test_a_programme_ties_with_itself_and_with_one_twice_as_large():
    for other in (USERS, USERS.scaled(2)):
        found = equal_cost(DRAWS, USERS, other)
        assert_allclose(*found.outcomes.share.T, rtol=1e-6)
        assert_allclose(*found.outcomes.sales.T, rtol=1e-6)


def test_the_order_of_the_two_does_not_matter():
    forth, back = equal_cost(DRAWS, USERS, PRODUCERS), equal_cost(DRAWS, PRODUCERS, USERS)
    assert_array_equal(forth.scale, back.scale[:, ::-1])
    assert_array_equal(forth.outcomes.share, back.outcomes.share[:, ::-1])


def test_a_future_does_not_depend_on_others():
    together = equal_cost(DRAWS, USERS, PRODUCERS)
    some = equal_cost(part(DRAWS, slice(20, 30)), USERS, PRODUCERS)
    assert_array_equal(some.scale, together.scale[20:30])


def test_beside_what_costs_nothing_nothing_is_left():
    found = equal_cost(DRAWS, USERS, NOTHING)
    assert_array_equal(found.scale[:, 0], 0)
    assert_array_equal(*found.outcomes.sales.T)


def test_a_plan_costs_the_fund_on_average_or_less():
    tried = [NOTHING, USERS, one("social_relief", 0.3), one("second_sources", 0.5)]
    before = futures(DRAWS, tried).cost.mean(axis=0)
    planned = affordable(tried, DRAWS, 0.2)
    after = futures(DRAWS, planned).cost.mean(axis=0)
    assert_allclose(after, np.minimum(before, 0.2), rtol=1e-7)
    assert (before > 0.2).sum() == 2
    assert [each.name for each in planned] == [each.name for each in tried]
    assert planned[3] == tried[3]
    assert planned[1].measures["user_subsidy"].end == 10


def test_a_plan_is_for_the_years_and_the_discount_that_are_asked_for():
    lasting = one("producer_subsidy", 0.02)
    (planned,) = affordable([lasting], DRAWS, 0.1, 20, discount=0.0)
    assert_allclose(planned.measures["producer_subsidy"].intensity, 0.1 / 20, rtol=1e-7)


def test_a_fund_that_is_large_enough_changes_nothing():
    assert affordable([USERS, PRODUCERS], DRAWS, 100.0) == [USERS, PRODUCERS]


def test_a_plan_of_one_future_is_the_comparison_in_it():
    single = part(DRAWS, [5])
    cost = futures(single, [USERS, PRODUCERS]).cost[0]
    dearer = int(cost.argmax())
    (planned,) = affordable([(USERS, PRODUCERS)[dearer]], single, cost.min())
    (measure,) = planned.measures.values()
    found = equal_cost(single, USERS, PRODUCERS).scale[0, dearer]
    assert_allclose(measure.intensity / (0.1, 0.02)[dearer], found, rtol=1e-6)


@pytest.mark.parametrize("budget", [0.0, -1.0, np.nan, np.inf])
def test_a_fund_that_cannot_be(budget):
    with pytest.raises(ValueError, match="the budget must be finite and above 0"):
        affordable([USERS], DRAWS, budget)
