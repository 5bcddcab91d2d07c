"""Two numerical players of the game between the stages, from its rules alone.

They know what a firm wants and what it can observe, and nothing else: no formula of the room, and
not even that demand is a straight line. Going upstream from the final market, they take the
inverse demand a stage faces, let the firms of the stage settle on outputs, and read from the
outputs what the stage will pay: the inverse demand of the stage before.

`play` is for equal firms and a demand that is nearly straight down to nothing sold: one polynomial
fitted to the outputs at some prices of the input. `equilibria` is for any smooth falling demand,
unequal firms, conjectures and a cost of every transfer. There a firm may leave the market at some
input prices, which puts a kink into what its stage will pay, so a demand is many polynomials in
the logarithm of output, end to end between the kinks. A kink may give the stage before several
outputs at which no firm gains by a small step: `equilibria` gives all, and `best_gain`
tells whether a firm would gain by a leap.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.polynomial import Chebyshev
from numpy.polynomial.chebyshev import chebder, chebval, chebvander
from scipy.optimize import brentq, minimize_scalar, root
from scipy.special import factorial

DEGREE = 4  # of the fitted demands: enough for a line and for a gentle curve
POINTS = 9


@dataclass(frozen=True)
class Outcome:
    quantity: float
    prices: np.ndarray  # of each stage's output
    outputs: list[np.ndarray]  # of every firm, by stage
    profits: list[np.ndarray]
    demands: list[Chebyshev]  # inverse demand that each stage faces


def cournot(demand: Chebyshev, firms: int, cost: float) -> np.ndarray:
    """Outputs at which no firm can gain at the margin, from unequal first guesses."""
    slope = demand.deriv()
    scale = demand.domain[1]

    def marginal_profits(shares):
        outputs = scale * shares
        total = outputs.sum()
        return (demand(total) - cost + outputs * slope(total)) / demand(0.0)

    guess = np.linspace(0.5, 1.0, firms) / (2 * firms)
    solution = root(marginal_profits, guess, tol=1e-14)
    assert np.abs(solution.fun).max() < 1e-12
    return scale * solution.x


def play_game(
    demand: Callable[[float], float], capacity: float, firms, unit_costs, fixed_costs
) -> Outcome:
    """Solve all stages; `capacity` bounds the outputs at which the final price matters."""
    faced = Chebyshev.interpolate(np.vectorize(demand), DEGREE, domain=[0, capacity])
    demands = []
    for count, cost in zip(firms[::-1], unit_costs[::-1], strict=True):
        demands.insert(0, faced)
        most = faced(0.0) - cost  # nothing is bought at a higher price of the input
        input_prices = most * (0.49 + 0.49 * np.cos(np.linspace(0, np.pi, POINTS)))
        totals = [cournot(faced, count, cost + price).sum() for price in input_prices]
        faced = Chebyshev.fit(totals, input_prices, DEGREE, domain=[0, max(totals)])
    first = cournot(demands[0], firms[0], unit_costs[0])  # the raw input is free
    quantity = first.sum()
    prices = np.array([inverse(quantity) for inverse in demands])
    input_prices = np.concatenate([[0.0], prices[:-1]])
    stages = list(zip(demands, firms, unit_costs, input_prices, strict=True))
    outputs = [cournot(faced, count, cost + price) for faced, count, cost, price in stages]
    profits = [
        (price - input_price - cost) * output - fixed
        for price, input_price, cost, output, fixed in zip(
            prices, input_prices, unit_costs, outputs, fixed_costs, strict=True
        )
    ]
    return Outcome(quantity, prices, outputs, profits, demands)


@pytest.fixture(scope="session")
def play():
    return play_game


# Curved demand, unequal firms -------------------------------------------------------------------

ORDER = 22  # coefficients of each polynomial
WIDTH = 1.0  # of each, in the logarithm of output
BELOW, ABOVE = 6.5, 5.5  # how far demands reach from the equilibrium, in the logarithm of output
SAMPLES = 40  # in each polynomial, to find where a firm leaves and where demand meets a price
RESOLVED = 1e-17  # a smaller coefficient of a smooth price is lost in rounding
MISFIT = 1e-6  # of a polynomial, as a share of the largest price that it takes
REFINED_MISFIT = 1e-9  # around an equilibrium, for its prices and outputs
FLAT = 1e-5  # a price that one percent more output moves by less of itself is lost in rounding
NEXT_TO = 1e-9  # kinks that are closer, in the logarithm of output, are one


@dataclass(frozen=True)
class Curve:
    """A price at every total output on an interval: polynomials in its logarithm, end to end.

    At an edge between two polynomials the price is the left one's.
    """

    edges: np.ndarray
    coefficients: np.ndarray  # by power and polynomial
    kinks: np.ndarray  # those edges at which the two polynomials are not one function

    def at(self, place, piece=None, derivative=False):
        """Price, or its derivative, at the logarithm of an output."""
        if piece is None:
            piece = np.searchsorted(self.edges, place) - 1
            piece = np.clip(piece, 0, len(self.edges) - 2)
        low, high = self.edges[piece], self.edges[np.add(piece, 1)]
        coefficients = self.coefficients
        if derivative:
            coefficients = chebder(coefficients, axis=0) * 2 / np.diff(self.edges)
        unit = (2 * np.asarray(place) - low - high) / (high - low)
        return chebval(unit, coefficients[:, piece], tensor=False)

    def __call__(self, output):
        return self.at(np.log(output))

    def sampled(self, count=SAMPLES):
        """Places from end to end of every polynomial, and the polynomials they are on."""
        steps = np.linspace(0, 1, count)[:, np.newaxis]
        places = self.edges[:-1] + steps * np.diff(self.edges)
        return places, np.broadcast_to(np.arange(len(self.edges) - 1), places.shape)

    def where_steep(self):
        """The curve without the ends at which it is flat to rounding."""
        places, pieces = self.sampled()
        steepness, prices = -self.at(places, pieces, derivative=True), self.at(places, pieces)
        steep = np.flatnonzero(steepness.min(0) > FLAT * np.abs(prices).max(0))
        assert len(steep) == np.ptp(steep) + 1, "a demand must fall"
        kept = slice(steep[0], steep[-1] + 1)
        edges = self.edges[steep[0] : steep[-1] + 2]
        kinks = self.kinks[(self.kinks > edges[0]) & (self.kinks < edges[-1])]
        return Curve(edges, self.coefficients[:, kept], kinks)


def fitted(price, low, high, kinks=(), order=ORDER, misfit=MISFIT) -> Curve:
    """Polynomials through a price, given as a function of the logarithm of output.

    A narrow one has few coefficients, so that its slope does not magnify rounding.
    """
    ends = np.unique([low, *kinks, high])
    edges = np.concatenate(
        [
            np.linspace(*pair, max(2, 1 + round(np.ptp(pair) / WIDTH)))[:-1]
            for pair in itertools.pairwise(ends)
        ]
        + [[high]]
    )
    nodes = np.cos(np.pi * (np.arange(order) + 0.5) / order)
    between = np.cos(np.pi * np.arange(1, order) / order)
    centre, half = (edges[:-1] + edges[1:]) / 2, np.diff(edges) / 2
    values = price(centre + half * nodes[:, np.newaxis])
    assert np.isfinite(values).all()
    coefficients = np.linalg.solve(chebvander(nodes, order - 1), values)
    power = np.arange(order)[:, np.newaxis]
    coefficients[(2 * half) ** power < RESOLVED * factorial(power)] = 0  # of at most exp(4 place)
    curve = Curve(edges, coefficients, np.asarray(kinks, dtype=float))
    elsewhere = centre + half * between[:, np.newaxis]
    wrong = np.abs(curve.at(elsewhere) - price(elsewhere))
    assert (wrong < misfit * np.abs(values).max(0)).all()
    return curve


def wanted_shares(price, steepness, input_price, costs, conjecture):
    """Share of the total that each firm wants to make, if it has a share at which it is content.

    A firm that makes the share s of the total believes that one percent more of the total lets
    the price fall by one percent of the steepness, and that with every unit of its own the
    others change theirs by the conjecture: it is content where its margin is
    (1 + conjecture) * steepness * s, and makes nothing where it has no margin.
    """
    margins = price - input_price - np.reshape(costs, (-1,) + (1,) * np.ndim(price))
    return np.maximum(margins, 0) / ((1 + conjecture) * steepness)


def input_price_at(price, steepness, costs, conjecture):
    """Price of the input at which the shares that the firms want make up the whole."""
    costs = np.asarray(costs, dtype=float)
    assert (steepness > 0).all()
    if conjecture == -1:
        return price - costs.min()  # who takes the price bids until the cheapest earns nothing
    low = price - costs.max() - (1 + conjecture) * steepness  # at this the dearest wants it all
    for _ in range(len(costs) + 1):  # Newton: what they want is convex and straight in pieces
        shares = wanted_shares(price, steepness, low, costs, conjecture)
        low = low + (shares.sum(0) - 1) * (1 + conjecture) * steepness / (shares > 0).sum(0)
    shares = wanted_shares(price, steepness, low, costs, conjecture)
    assert np.abs(shares.sum(0) - 1).max() < 1e-6  # margins may be small against prices
    return low


def derived(faced: Curve, costs, conjecture) -> Curve:
    """What the firms of a stage will pay for their input, at every output of the stage."""

    def price(place, piece=None):
        here = faced.at(place, piece)
        return input_price_at(here, -faced.at(place, piece, True), costs, conjecture)

    def active(place, piece):
        here, steepness = faced.at(place, piece), -faced.at(place, piece, True)
        paid = input_price_at(here, steepness, costs, conjecture)
        return (wanted_shares(here, steepness, paid, costs, conjecture) > NEXT_TO).sum(0)

    low, high = faced.edges[[0, -1]]
    if conjecture == -1 or len(set(costs)) == 1:
        return fitted(price, low, high, faced.kinks)
    places, pieces = faced.sampled()
    counts = active(places, pieces)
    kinks = list(faced.kinks)
    for level in range(counts.min(), counts.max()):  # where one firm more has a margin
        row, column = np.nonzero((counts[:-1] > level) != (counts[1:] > level))
        if len(row) == 0:  # they change at a kink that is known
            continue
        left, right, is_more = (
            places[row, column],
            places[row + 1, column],
            counts[row, column] > level,
        )
        for _ in range(60):
            middle = (left + right) / 2
            same = (active(middle, column) > level) == is_more
            left, right = np.where(same, middle, left), np.where(same, right, middle)
        known = [low, high, *kinks]
        kinks += [kink for kink in right if np.abs(kink - known).min() > NEXT_TO]
    return fitted(price, low, high, np.sort(kinks))


@dataclass(frozen=True)
class Equilibrium:
    """Outputs at which no firm gains by a small step, in no stage."""

    quantity: float
    prices: np.ndarray  # of each stage's output
    outputs: list[np.ndarray]  # of every firm, by stage, in the order of its costs as given
    profits: list[np.ndarray]
    demands: list[Curve]  # inverse demand that each stage faces
    delivered_costs: list[np.ndarray]  # of a unit of every firm, with its input
    quantity_error: float  # a share of the quantity
    price_error: float  # money


def equilibria(
    demand: Callable,
    firm_costs,
    conjectures=0.0,
    interface_cost=0.0,
    fixed_costs=0.0,
    around=1.0,
) -> list[Equilibrium]:
    """Every local equilibrium, by output; `around` is a first guess of it.

    `firm_costs` has the unit costs of the firms of each stage, `conjectures` one number per stage.
    """
    costs = [np.array(stage, dtype=float) for stage in firm_costs]
    for stage in costs[1:]:
        stage += interface_cost
    conjectures = np.broadcast_to(conjectures, len(costs))
    fixed_costs = np.broadcast_to(fixed_costs, len(costs))
    price = np.vectorize(lambda place: demand(np.exp(place)), otypes=[float])
    centre, reach = np.log(around), 1.0
    for _ in range(8):
        ends = centre - reach * BELOW, centre + reach * ABOVE
        demands = [fitted(price, *ends).where_steep()]
        for stage, conjecture in zip(costs[::-1], conjectures[::-1], strict=True):
            demands.insert(0, derived(demands[0], stage, conjecture).where_steep())
        found = _meetings(demands[0])
        if len(found) and reach == 1 and np.abs(found - centre).max() < 1:
            break
        if len(found):
            centre, reach = (found.min() + found.max()) / 2, max(1.0, np.ptp(found) / 2)
        else:
            reach *= 1.5
    else:
        raise AssertionError("no equilibrium in sight")
    return [_settled(place, price, demands[1:], costs, conjectures, fixed_costs) for place in found]


def _meetings(curve: Curve) -> np.ndarray:
    """Logarithms of the outputs at which the price of the raw input is nothing."""
    places, pieces = curve.sampled()
    prices = curve.at(places, pieces)
    meetings = [
        brentq(curve.at, *places[row : row + 2, column], args=(column,), xtol=1e-14)
        for row, column in np.argwhere((prices[:-1] > 0) != (prices[1:] > 0))
    ]
    above, below = prices[-1, :-1], prices[0, 1:]
    passed = (above > 0) & (below < 0)  # at an edge; beyond rounding, firms would rest at a kink
    assert (above - below)[passed].max(initial=0) < MISFIT * np.abs(prices).max()
    meetings = np.sort(np.append(meetings, curve.edges[1:-1][passed]))
    return meetings[np.diff(meetings, prepend=-np.inf) > NEXT_TO]


def _settled(place, price, demands, costs, conjectures, fixed_costs) -> Equilibrium:
    """What everybody does at an equilibrium; twice, so that the difference tells the error."""
    active = []
    for faced, stage, conjecture in zip(demands, costs, conjectures, strict=True):
        here, steepness = faced.at(place), -faced.at(place, derivative=True)
        paid = input_price_at(here, steepness, stage, conjecture)
        if conjecture == -1:
            active.append(stage == stage.min())
        else:
            active.append(wanted_shares(here, steepness, paid, stage, conjecture) > 0)
    first, second = (
        _refined(place, price, costs, conjectures, active, half, order)
        for half, order in [(0.5, ORDER), (0.35, ORDER - 4)]
    )
    place, prices = first
    quantity = np.exp(place)
    delivered = [stage + paid for stage, paid in zip(costs, np.append(0, prices[:-1]), strict=True)]
    outputs = []
    for here, stage, runs, conjecture in zip(prices, delivered, active, conjectures, strict=True):
        margins = np.where(runs, here - stage, 0.0)
        if conjecture == -1:
            margins = np.where(runs, 1.0, 0.0)  # equal firms that earn nothing: equal shares
        outputs.append(quantity * margins / margins.sum())
    profits = [
        (here - stage) * output - fixed
        for here, stage, output, fixed in zip(prices, delivered, outputs, fixed_costs, strict=True)
    ]
    return Equilibrium(
        quantity,
        prices,
        outputs,
        profits,
        demands,
        delivered,
        abs(first[0] - second[0]),
        np.abs(first[1] - second[1]).max(),
    )


def _refined(place, price, costs, conjectures, active, half, order):
    """Output and prices if the same firms stay: demands without kinks, centred where they meet."""
    for _ in range(2):
        ends = place - half, place + half
        demands = [fitted(price, *ends, (), order, REFINED_MISFIT)]
        for stage, runs, conjecture in zip(
            costs[::-1], active[::-1], conjectures[::-1], strict=True
        ):
            faced, stays = demands[0], stage[runs]

            def paid(place, faced=faced, stays=stays, conjecture=conjecture):
                here, steepness = faced.at(place), -faced.at(place, derivative=True)
                if conjecture == -1:
                    return here - stays.min()
                guess = here - stays.mean()  # the margins that fit the shares are straight in it
                total = ((here - guess - stays.reshape(-1, 1, 1)) / steepness).sum(0)
                return guess + (total / (1 + conjecture) - 1) * (1 + conjecture) * steepness / len(
                    stays
                )

            demands.insert(0, fitted(paid, *ends, (), order, REFINED_MISFIT))
        place = brentq(demands[0].at, *ends, xtol=1e-15)
    return place, np.array([faced.at(place) for faced in demands[1:]])


def best_gain(settled: Equilibrium, stage: int) -> float:
    """Most that a Cournot firm of a stage gains by another output, the others keeping theirs.

    A share of the stage's turnover. Over all outputs at which the total stays on the interval of
    the demand: it reaches up to where every firm sells at a loss, and down to where the price
    hardly moves any more or to a small part of the total. Where the next stage would leap over a
    total, its demand counts as what it pays for the next larger one that it takes.
    """
    faced, price = settled.demands[stage], settled.prices[stage]
    places, pieces = faced.sampled(200)
    totals, paid = np.exp(places), faced.at(places, pieces)
    paid = np.maximum.accumulate(paid.T.ravel()[::-1])[::-1].reshape(paid.T.shape).T
    gains = []
    for output, cost in zip(settled.outputs[stage], settled.delivered_costs[stage], strict=True):
        rivals = settled.quantity - output
        assert paid[-1, -1] < cost
        earned = (paid - cost) * (totals - rivals)
        earned[totals < rivals] = 0.0
        most = earned.max()
        for column in range(earned.shape[1]):
            row = earned[:, column].argmax()
            if earned[row, column] < most - 1e-3 * price * settled.quantity:
                continue

            def loss(place, column=column, cost=cost, rivals=rivals):
                return -(faced.at(place, column) - cost) * (np.exp(place) - rivals)

            window = places[[max(row - 1, 0), min(row + 1, len(places) - 1)], column]
            window = np.maximum(window, np.log(max(rivals, totals[0, 0])))
            if window[0] == window[1]:
                continue
            best = minimize_scalar(loss, bounds=window, method="bounded", options={"xatol": 1e-12})
            most = max(most, -best.fun)
        gains.append(most - (price - cost) * output)
    return max(gains) / (price * settled.quantity)


@pytest.fixture(scope="session", name="equilibria")
def equilibria_fixture():
    return equilibria


@pytest.fixture(scope="session", name="best_gain")
def best_gain_fixture():
    return best_gain
