"""Differential equations that a chart solves, for the page and for the picture alike.

Classical Runge-Kutta steps of one length are taken twice: by Python at the sliders' first values,
for the static picture and the table of data; and by the reader's browser (``dynamics.js``) at their
present values. Both evaluate what is printed here from the same SymPy expressions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from dongbei.charts.explorer import Choice, Slider, bound_parameter, check_names
from dongbei.charts.expression import javascript

BEFORE = 2.0**-36
"""The last stage of a step looks this much before its end (in years).

So a rate that jumps in a year, such as a policy's, holds its old value in all the steps before.
``dynamics.js`` does the same.
"""

DECIMALS = 6
"""Computed values are rounded to this many, so that a notebook is the same on every machine."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Ordinary differential equations of the first order.

    Parameters
    ----------
    time
        The symbol of time, in years.
    rates
        State -> its change per year, an expression in time, the states and sliders. Where it jumps
        or has a kink in time, let it do so at a whole year.
    start
        State -> its initial value, an expression in sliders.

    Raises
    ------
    ValueError
        If there is no state, a state has a rate or a start only, or a name is used twice or cannot
        be written in JavaScript.
    """

    time: sp.Symbol
    rates: Mapping[sp.Symbol, sp.Expr]
    start: Mapping[sp.Symbol, sp.Expr]

    def __post_init__(self):
        if not self.rates:
            raise ValueError("give at least one state a rate of change; there is none")
        if single := sorted(state.name for state in set(self.rates) ^ set(self.start)):
            raise ValueError(
                f"give each state a rate and a start; only one of them has {', '.join(single)}"
            )
        check_names([self.time, *self.rates], "JavaScript")

    @property
    def states(self) -> tuple[sp.Symbol, ...]:
        """The states in their order."""
        return tuple(self.rates)


def integrate(
    dynamics: Dynamics,
    years: tuple[int, int],
    values: Mapping[sp.Symbol, float] | None = None,
    steps: int = 128,
) -> NDArray:
    """Follow the states over time.

    Parameters
    ----------
    dynamics
        The equations.
    years
        The first year, in which the states have their initial values, and the last.
    values
        A number for each symbol of the equations besides time and the states; or one per run, all
        of shape (n,), for many runs at once.
    steps
        Runge-Kutta steps per year.

    Returns
    -------
    NDArray
        The states at every whole year, shape (states, years), or (states, n, years) for many runs.
        Not finite where a rate is not.

    Raises
    ------
    ValueError
        If the years are not whole or do not rise, there is less than one step a year, or a symbol
        has no number.

    References
    ----------
    E. Hairer, S. P. Nørsett, G. Wanner (1993), Solving Ordinary Differential Equations I, 2nd
    edition, Springer, section II.1, table 1.2 ("the" Runge-Kutta method).
    """
    values = dict(values or {})
    check_years(years, steps)
    check_known("the dynamics", (*dynamics.rates.values(), *dynamics.start.values()), dynamics,
                values)  # fmt: skip
    first, last = years
    rate = right_side(dynamics, values)
    state = initial(dynamics, values)
    found = [state]
    with np.errstate(all="ignore"):
        for year in range(first, last):
            state = advance(rate, state, year, 1 / steps, steps)
            found.append(state)
    return np.stack(found, axis=-1)


def advance(
    rate: Callable[[float, NDArray], NDArray],
    state: NDArray,
    begin: float,
    step: float,
    count: int,
) -> NDArray:
    """Take classical Runge-Kutta steps of order four, for all columns of the state at once."""
    for number in range(count):
        time = begin + number * step
        one = rate(time, state)
        two = rate(time + step / 2, state + step / 2 * one)
        three = rate(time + step / 2, state + step / 2 * two)
        four = rate(time + step - BEFORE, state + step * three)
        state = state + step / 6 * (one + 2 * two + 2 * three + four)
    return state


def right_side(dynamics: Dynamics, values: Mapping[sp.Symbol, float]):
    """Compile the rates to a function of time and of the states, shape (states, ...)."""
    change = compiled(dynamics.rates.values(), (dynamics.time, *dynamics.states), values)

    def rate(time: float, state: NDArray) -> NDArray:
        slope = np.empty_like(state)
        for place, value in enumerate(change(np.float64(time), *state)):
            slope[place] = value
        return slope

    return rate


def initial(dynamics: Dynamics, values: Mapping[sp.Symbol, float]) -> NDArray:
    """Return the initial values, shape (states,) or (states, n)."""
    ordered = [dynamics.start[state] for state in dynamics.states]
    with np.errstate(all="ignore"):
        found = compiled(ordered, (), values)()
    return np.stack(np.broadcast_arrays(*found, *values.values())[: len(found)]).astype(float)


def compiled(expressions, symbols: Sequence[sp.Symbol], values: Mapping[sp.Symbol, float]):
    """Return a NumPy function of the symbols that gives a list; the other symbols are numbers."""
    expressions = [sp.sympify(expression) for expression in expressions]
    function = sp.lambdify((*symbols, *values), expressions, "numpy")
    numbers = [np.float64(value) for value in values.values()]
    return lambda *arguments: function(*arguments, *numbers)


def printed(expressions, dynamics: Dynamics, sliders: Sequence[Slider]) -> str:
    """Print expressions as one JavaScript function that writes their values into an array.

    Its arguments are time, the states, the sliders' values and the array to write into.
    """
    expressions = [sp.sympify(expression) for expression in expressions]
    places = {dynamics.time: ("time", "time")}
    places |= {
        state: (f"state_{state.name}", f"y[{number}]")
        for number, state in enumerate(dynamics.states)
    }
    places |= {
        slider.symbol: (slider.parameter, f"p[{number}]") for number, slider in enumerate(sliders)
    }
    used = set().union(*(expression.free_symbols for expression in expressions)) - {dynamics.time}
    names = {symbol: name for symbol, (name, _) in places.items()}
    lines = [f"const {name} = {at};" for symbol, (name, at) in places.items() if symbol in used]
    lines += [
        f"out[{number}] = {javascript(expression, names)};"
        for number, expression in enumerate(expressions)
    ]
    return "\n".join(["function (time, y, p, out) {", *lines, "}"])


def live(
    settings: Mapping, functions: Mapping[str, list[str]], sliders: Sequence[Slider | Choice]
) -> dict:
    """Return what a figure must carry so that a page can compute its rows anew.

    Parameters
    ----------
    settings
        What `dynamics.js` needs besides functions: the kind of chart, steps and places, and
        ``computed``, which names for each ``part`` of the table the column that is computed.
    functions
        Name -> functions in JavaScript, made by `printed`.
    """
    return {
        "settings": {
            **settings,
            "sliders": [
                {"name": slider.parameter, "label": slider.label, "value": slider.value}
                for slider in sliders
            ],
        },
        "functions": dict(functions),
        "params": [bound_parameter(slider).param.to_dict() for slider in sliders],
    }


def script(name: str, dynamics: Mapping) -> str:
    """Return the classic script that tells `dynamics.js` how to compute a figure's rows."""
    settings = json.dumps(
        dynamics["settings"], ensure_ascii=True, sort_keys=True, separators=(",", ":")
    )
    lines = [f"dongbeiDynamics.figures[{json.dumps(name)}] = {{", f"...{settings},"]
    for key, functions in dynamics["functions"].items():
        lines += [f"{key}: [", ",\n".join(functions), "],"]
    return "\n".join([*lines, "};", ""])


def check_known(what: str, expressions, dynamics: Dynamics, known) -> None:
    """Refuse symbols that are neither time, a state nor known."""
    used = set().union(*(sp.sympify(expression).free_symbols for expression in expressions))
    allowed = {dynamics.time, *dynamics.states, *known}
    if unknown := sorted(symbol.name for symbol in used - allowed):
        raise ValueError(
            f"{what} contains {', '.join(unknown)}, neither time nor a state: give it a slider, or "
            "put a number in its place"
        )


def check_start(what: str, dynamics: Dynamics) -> None:
    """Refuse a start that depends on more than sliders."""
    for state, start in dynamics.start.items():
        if moving := sp.sympify(start).free_symbols & {dynamics.time, *dynamics.states}:
            raise ValueError(
                f"the start of {state} in {what} contains {moving.pop()}: it may contain sliders "
                "and numbers only"
            )


def check_years(years: tuple[int, int], steps: int) -> None:
    """Refuse years that are not whole or do not rise, and less than one step a year."""
    if [int(year) for year in years] != list(years) or len(years) != 2 or years[0] >= years[1]:
        raise ValueError(f"years must be two whole numbers that rise; they are {years}")
    if int(steps) != steps or steps < 1:
        raise ValueError(f"steps per year must be a whole number of 1 or more; it is {steps}")


def check_domain(what: str, domain: tuple[float, float]) -> None:
    """Refuse an axis whose ends are not finite or do not rise."""
    low, high = domain
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(
            f"{what} must run from a number to a larger one; it is {low:g} to {high:g}"
        )
