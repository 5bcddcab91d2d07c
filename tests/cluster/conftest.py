"""A numerical player of the game between the stages, from its rules alone.

It knows what a firm wants and what it can observe, and nothing else: no formula of the room, and
not even that demand is a straight line. Going upstream from the final market, it takes the
inverse demand a stage faces, lets the firms of the stage settle on outputs at many prices of
their input, and reads from the outputs what the stage will pay: the inverse demand of the stage
before. Demands are polynomials fitted to such points.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.polynomial import Chebyshev
from scipy.optimize import root

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
