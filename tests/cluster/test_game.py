"""Chains of curved demand, unequal firms and any conduct, against players of the game.

The players know the rules alone; see `conftest`. They give the error of what they found, and the
comparisons allow ten times that.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from dongbei.cluster import (
    ProductionChain,
    chain_of_firms,
    consumer_surplus,
    final_price,
    firm_shares,
    integrated,
    margins,
    profits,
    quantity,
    stage_prices,
    welfare,
)

NO_GAIN = 1e-7  # of turnover: a demand is good to about 1e-8 after three stages


def bend(output, curvature):
    """(Q^d - 1) / d, and its limit at zero; the smallest of numbers have too few digits for it."""
    if abs(curvature) < 1e-100:
        return np.log(output)
    return np.expm1(curvature * np.log(output)) / curvature


@dataclass(frozen=True)
class Game:
    """Rules in numbers: demand, costs of every firm, conjectures."""

    intercept: float
    slope: float
    curvature: float
    firm_costs: list[np.ndarray]
    conjectures: np.ndarray
    interface_cost: float
    fixed_costs: np.ndarray
    around: float  # output at which the price is unit cost

    def demand(self, output):
        return self.intercept - self.slope * (1 + bend(output, self.curvature))

    @property
    def padded_costs(self):
        """Costs in one array, infinite where there is no firm."""
        most = max(map(len, self.firm_costs))
        return np.array(
            [np.pad(c, (0, most - len(c)), constant_values=np.inf) for c in self.firm_costs]
        )

    @property
    def chain(self):
        return chain_of_firms(
            self.intercept,
            self.slope,
            self.padded_costs,
            fixed_costs=self.fixed_costs,
            curvature=self.curvature,
            conduct=[
                (1 + v) / len(c) for v, c in zip(self.conjectures, self.firm_costs, strict=True)
            ],
            interface_cost=self.interface_cost,
        )

    def played(self, equilibria):
        return equilibria(
            self.demand,
            self.firm_costs,
            self.conjectures,
            self.interface_cost,
            self.fixed_costs,
            self.around,
        )


def game_of(curvature, slope, output, firms, conjectures, targets, extra, interface, fixed) -> Game:
    """A game in which the formulas give the firms of each stage the target shares, if they can.

    Costs beyond what the shares need, and that of an interface, are in units of the stage's margin.
    """
    conduct = (1 + np.asarray(conjectures)) / firms
    free = slope * (1 + bend(output, curvature))  # the intercept if nothing cost anything
    stage_margins = margins(
        ProductionChain(
            free, slope, firms, np.zeros(len(firms)), curvature=curvature, conduct=conduct
        )
    )
    costs = []
    for margin, shares, more in zip(stage_margins, targets, extra, strict=True):
        apart = -margin * len(shares) * np.asarray(shares)
        costs.append(apart - apart.min() + margin * more)
    handing_over = interface * stage_margins.mean()
    total = sum(c.mean() for c in costs) + (len(costs) - 1) * handing_over
    return Game(
        total + free,
        slope,
        curvature,
        costs,
        np.asarray(conjectures, dtype=float),
        handing_over,
        np.asarray(fixed),
        output,
    )


curvatures = st.sampled_from([0.0, 1.0, -0.5]) | st.floats(-0.8, 3).filter(
    lambda d: d == 0 or abs(d) > 1e-100  # below, products with d lose their digits
)
# Below, a leap may pay to get rid of a firm with a fourth of the market, and ends far from here.
with_unequal_firms = st.sampled_from([0.0, 1.0]) | st.floats(-0.3, 3)


@st.composite
def games(draw, most_stages=3, most_firms=4, unequal=True, cournot=False):
    count = draw(st.integers(1, most_stages))
    per_stage = {"min_size": count, "max_size": count}
    firms = draw(st.lists(st.integers(1, most_firms), **per_stage))
    targets, conjectures = [], []
    for number in firms:
        weights = st.floats(0.35, 1) if unequal else st.just(1.0)
        chosen = np.array(draw(st.lists(weights, min_size=number, max_size=number)))
        targets.append(chosen / chosen.sum())
        special = [0.0] if unequal else [0.0, -1.0]  # who takes the price leaves to any cheaper one
        conjecture = st.sampled_from(special) | st.floats(-0.8, number - 1)
        conjectures.append(0.0 if cournot else draw(conjecture))
    return game_of(
        draw(with_unequal_firms if unequal else curvatures),
        draw(st.floats(0.1, 10)),
        draw(st.floats(0.2, 5)),
        firms,
        conjectures,
        targets,
        draw(st.lists(st.floats(0, 2), **per_stage)),
        draw(st.floats(0, 1)),
        draw(st.lists(st.floats(0, 1), **per_stage)),
    )


def everybody_sells(outcome):
    return min(outputs.min() for outputs in outcome.outputs) > 0


def the_full_equilibrium(game, equilibria):
    """The only local equilibrium in which every firm sells something."""
    (outcome,) = filter(everybody_sells, game.played(equilibria))
    return outcome


def precision(outcome):
    """What the player may be wrong by in prices, and in quantities as a share; and not by much."""
    steepness = -outcome.demands[-1].at(np.log(outcome.quantity), derivative=True)
    largest = max(np.abs(outcome.prices).max(), steepness)
    assert outcome.quantity_error < 1e-8
    assert outcome.price_error < 1e-8 * largest
    return 10 * outcome.price_error + 1e-12 * largest, 10 * outcome.quantity_error + 1e-11


def assert_same(game, outcome):
    chain = game.chain
    money, share = precision(outcome)
    assert_allclose(quantity(chain), outcome.quantity, rtol=share)
    assert_allclose(stage_prices(chain), outcome.prices, rtol=0, atol=money)
    assert_allclose(final_price(chain), outcome.prices[-1], rtol=0, atol=money)
    means = [
        (output * (price - delivered)).sum() / len(output)
        for output, price, delivered in zip(
            outcome.outputs, outcome.prices, outcome.delivered_costs, strict=True
        )
    ]
    equal = [np.ptp(costs) == 0 for costs in game.firm_costs]
    expected = profits(chain) + game.fixed_costs
    slack = 3 * (money * outcome.quantity + share * np.abs(expected))
    assert (np.abs(means - expected) <= slack)[equal].all()
    assert (means >= expected - slack)[np.logical_not(equal)].all()  # the cheap firms sell more
    return chain


# The players themselves -------------------------------------------------------------------------


@settings(max_examples=10)
@given(game=games(unequal=False, cournot=True))
def test_both_players_agree_on_straight_demand(play, equilibria, game):
    firms = [len(costs) for costs in game.firm_costs]
    costs = [costs[0] for costs in game.firm_costs]
    intercept = sum(costs) + game.slope * game.around

    def demand(output):
        return intercept - game.slope * output

    first = play(demand, intercept / game.slope, firms, costs, game.fixed_costs)
    (second,) = equilibria(demand, game.firm_costs, fixed_costs=game.fixed_costs)
    money, share = precision(second)
    assert_allclose(second.quantity, first.quantity, rtol=share + 1e-9)
    assert_allclose(second.prices, first.prices, rtol=1e-9, atol=money)
    assert_allclose(
        [stage[0] for stage in second.profits], [stage[0] for stage in first.profits], atol=1e-7
    )


@pytest.mark.parametrize("curvature", [-0.5, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("dearer", [0.0, 0.12])
def test_a_stage_pays_what_its_firms_want_to_buy_at(equilibria, curvature, dearer):
    """Firms that each find the best output by trying come to the total the demand names."""
    game = game_of(
        curvature, 1.0, 1.0, [2, 2], [0.0, 0.0], [[0.5, 0.5]] * 2, [0.0] * 2, 0.0, [0.0] * 2
    )
    firms = [costs + np.array([0, dearer]) for costs in game.firm_costs]
    outcome = equilibria(game.demand, firms)[-1]
    faced = outcome.demands[1]
    for total in outcome.quantity * np.array([0.6, 1.0, 1.4]):
        input_price = outcome.demands[0](total)
        outputs = np.full(2, total / 2)
        for _ in range(80):
            for firm, cost in enumerate(firms[1]):

                def loss(output, rival=outputs[1 - firm], paid=cost + input_price):
                    return -(faced(output + rival) - paid) * output

                best = minimize_scalar(
                    loss,
                    bounds=(1e-3 * total, 3 * total),
                    method="bounded",
                    options={"xatol": 1e-11},
                )
                outputs[firm] = best.x if best.fun < 0 else 0.0
        assert_allclose(outputs.sum(), total, rtol=2e-6)  # a flat top hides half of the digits


def test_a_monopolist_before_a_monopolist_by_trying(equilibria):
    """With p = 1 - ln Q: both choose by trying, the one within the other's choice."""

    def best(loss, high):
        return minimize_scalar(
            loss, bounds=(1e-3, high), method="bounded", options={"xatol": 1e-10}
        ).x

    def sold(input_price):
        return best(lambda output: -(1 - np.log(output) - input_price) * output, 3.0)

    input_price = best(lambda price: -price * sold(price), 3.0)
    (outcome,) = equilibria(lambda output: 1 - np.log(output), [[0.0], [0.0]])
    assert_allclose(outcome.prices[0], input_price, rtol=1e-4)
    assert_allclose(outcome.quantity, sold(input_price), rtol=1e-4)
    assert_allclose([outcome.prices[0], outcome.quantity], [1.0, np.exp(-1)], rtol=1e-10)


# Formulas against the game ----------------------------------------------------------------------


@settings(max_examples=40)
@given(game=games(unequal=False))
def test_equal_firms_of_any_conduct(equilibria, game):
    (outcome,) = game.played(equilibria)
    assert_same(game, outcome)


@settings(max_examples=40)
@given(game=games())
def test_unequal_firms_of_any_conduct(equilibria, game):
    outcome = the_full_equilibrium(game, equilibria)
    chain = assert_same(game, outcome)
    money, share = precision(outcome)
    shares = firm_shares(chain, game.padded_costs)
    least_margin = margins(chain)
    for stage, outputs in enumerate(outcome.outputs):
        given_shares = shares[stage]
        assert (given_shares[len(outputs) :] == 0).all()
        tolerance = share + 3 * money / least_margin[stage]
        assert tolerance < 1e-4
        assert_allclose(given_shares[: len(outputs)], outputs / outcome.quantity, atol=tolerance)
        earned = (least_margin[stage] + chain.unit_costs[stage] - game.firm_costs[stage]) * (
            given_shares[: len(outputs)] * quantity(chain)
        ) - game.fixed_costs[stage]
        slack = outcome.quantity * (3 * money + tolerance * least_margin[stage] * len(outputs))
        assert_allclose(earned, outcome.profits[stage], rtol=0, atol=slack)


@settings(max_examples=25)
@given(game=games(cournot=True))
def test_no_firm_gains_by_any_other_output(equilibria, best_gain, game):
    outcome = the_full_equilibrium(game, equilibria)
    for stage in range(len(game.firm_costs)):
        assert best_gain(outcome, stage) < NO_GAIN


@settings(max_examples=20)
@given(data=st.data(), before=st.integers(0, 1), after=st.integers(0, 1), number=st.integers(2, 4))
def test_firm_without_a_share_leaves(equilibria, data, before, after, number):
    """The dearest firm sells only where all of its stage do, and there the formulas hold."""
    missing = data.draw(st.floats(0.02, 0.5))
    own = np.append(np.full(number - 1, (1 + missing) / (number - 1)), -missing)
    targets = [[0.5, 0.5]] * before + [own] + [[1.0]] * after
    firms = [len(shares) for shares in targets]
    zeros = np.zeros(len(firms))
    game = game_of(
        data.draw(with_unequal_firms.filter(lambda d: abs(d) > 0.05 or d == 0)),
        1.0,
        1.0,
        firms,
        zeros,
        targets,
        zeros + 0.1,
        0.1,
        zeros,
    )
    place = f"firm {number} of stage {before + 1} would sell nothing"
    with pytest.raises(ValueError, match=place):
        firm_shares(game.chain, game.padded_costs)
    outcomes = game.played(equilibria)
    assert outcomes
    assert all(outcome.outputs[before][-1] == 0 for outcome in outcomes)
    stayed = game.padded_costs
    stayed[before, number - 1] = np.inf
    chain = chain_of_firms(
        game.intercept,
        game.slope,
        stayed,
        curvature=game.curvature,
        interface_cost=game.interface_cost,
    )
    expected = np.where(np.isfinite(stayed), 1 / chain.firms[:, np.newaxis], 0)
    assert_allclose(firm_shares(chain, stayed), expected, rtol=1e-12)
    (outcome,) = outcomes
    money, share = precision(outcome)
    assert_allclose(quantity(chain), outcome.quantity, rtol=share)
    assert_allclose(stage_prices(chain), outcome.prices, rtol=0, atol=money)


# Where no small step pays, but a leap does ------------------------------------------------------


@pytest.mark.parametrize(
    ("dearer", "leaps"), [(0.25, False), (0.267, False), (0.269, True), (0.285, True)]
)
def test_a_monopolist_may_do_better_to_price_a_dear_firm_out(equilibria, best_gain, dearer, leaps):
    """With p = 1 - Q and firms of cost 0 and c, it earns (1 - c/2)^2 / 6 from both, 1/8 from one.

    So it leaps if c > 2 - √3, about 0.268, although the dear firm has a share up to c = 2/7.
    """
    costs = np.array([[0.0, np.inf], [0.0, dearer]])
    chain = chain_of_firms(1.0, 1.0, costs)
    assert firm_shares(chain, costs)[1, 1] > 0
    outcomes = equilibria(lambda output: 1 - output, [[0.0], [0.0, dearer]])
    (full,) = filter(everybody_sells, outcomes)
    assert_allclose(quantity(chain), full.quantity, rtol=1e-9)
    assert best_gain(full, 1) < NO_GAIN
    lost = max(1 / 8 - (1 - dearer / 2) ** 2 / 6, 0) / (full.prices[0] * full.quantity)
    assert (lost > 0) == leaps
    assert_allclose(best_gain(full, 0), lost, atol=NO_GAIN)
    stable = [outcome for outcome in outcomes if best_gain(outcome, 0) < NO_GAIN]
    assert [everybody_sells(outcome) for outcome in stable] == [not leaps]


@pytest.mark.parametrize(("curvature", "share"), [(-0.5, 0.016), (0.5, 0.015), (2.0, 0.06)])
def test_a_leap_pays_at_other_curvatures_too(equilibria, best_gain, curvature, share):
    """On either side of semi-logarithmic demand, which alone has no kink where a firm leaves."""
    cheap = 2 if curvature < 0 else 1
    others = np.full(cheap, (1 - share) / cheap)
    game = game_of(
        curvature, 1.0, 1.0, [1, cheap + 1], [0, 0], [[1], [*others, share]], [0, 0], 0, [0, 0]
    )
    assert_allclose(firm_shares(game.chain, game.padded_costs)[1, cheap], share, rtol=1e-9)
    assert best_gain(the_full_equilibrium(game, equilibria), 0) > 1e-5


@pytest.mark.parametrize("share", [1e-4, 1e-3, 0.01])
def test_no_leap_pays_under_semi_logarithmic_demand(equilibria, best_gain, share):
    game = game_of(0.0, 1.0, 1.0, [1, 2], [0, 0], [[1], [1 - share, share]], [0, 0], 0, [0, 0])
    assert best_gain(the_full_equilibrium(game, equilibria), 0) < NO_GAIN


# Integrated firms, buyers -----------------------------------------------------------------------


@settings(max_examples=15)
@given(game=games(unequal=False), rivals=st.integers(1, 5), eaten=st.floats(0.5, 2))
def test_integrated_firms_are_a_game_of_one_stage(equilibria, game, rivals, eaten):
    """Coordination eats up a part of what the interfaces cost, or more than that."""
    coordination = eaten * (len(game.firm_costs) - 1) * game.interface_cost
    cost = sum(costs[0] for costs in game.firm_costs) + coordination
    chain = integrated(game.chain, rivals, coordination, 0.25)
    (outcome,) = equilibria(game.demand, [[cost] * rivals], fixed_costs=0.25, around=game.around)
    money, share = precision(outcome)
    assert_allclose(quantity(chain), outcome.quantity, rtol=share)
    assert_allclose(final_price(chain), outcome.prices[-1], rtol=0, atol=money)
    slack = outcome.quantity * (3 * money + share * margins(chain)[0])
    assert_allclose(profits(chain)[0], outcome.profits[0], rtol=0, atol=slack)


@settings(max_examples=40)
@given(game=games(unequal=False))
def test_integrated_monopolist_does_its_best(game):
    half_of_handing_over = (len(game.firm_costs) - 1) * game.interface_cost / 2
    chain = integrated(game.chain, 1, half_of_handing_over, 0.5)
    cost = float(chain.total_cost)

    def loss(place):
        return -(game.demand(np.exp(place)) - cost) * np.exp(place)

    here = np.log(quantity(chain))
    best = minimize_scalar(
        loss, bounds=(here - 5, here + 4), method="bounded", options={"xatol": 1e-10}
    )
    rounding = 1e-13 * np.exp(here) * (cost + abs(game.intercept) + game.slope)
    assert_allclose(profits(chain)[0] + 0.5, -best.fun, rtol=1e-10, atol=rounding)
    assert_allclose(best.x, here, atol=1e-4)  # a flat top hides half of the digits


@settings(max_examples=40)
@given(game=games(unequal=False))
def test_surplus_is_the_area_under_demand(equilibria, game):
    chain = game.chain
    (outcome,) = game.played(equilibria)
    money, share = precision(outcome)
    sold, price = outcome.quantity, outcome.prices[-1]

    def above_price(depth):
        """At the output sold times e^-depth, so that demand may diverge at nothing sold."""
        output = sold * np.exp(-depth)
        return (game.demand(output) - price) * output

    area, uncertain = quad(above_price, 0, 200, epsabs=0, epsrel=1e-11, limit=500)
    tail = np.exp(-200 * (1 + min(game.curvature, 0))) * 1000 * area  # beyond, it falls like this
    slack = uncertain + tail + sold * money + share * area * 5
    assert slack < 1e-6 * area
    assert_allclose(consumer_surplus(chain), area, rtol=0, atol=slack)
    earned = sum(stage.sum() for stage in outcome.profits)
    slack += 3 * len(outcome.prices) * sold * money + 5 * share * (abs(earned) + sold * abs(price))
    assert_allclose(welfare(chain), area + earned, rtol=0, atol=slack)
