"""Charts whose sliders move a formula.

One SymPy expression is evaluated twice: by Python at the sliders' first values, for the static
picture and the table of data; and by Vega at their present values, for the live chart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite
from numbers import Integral

import altair as alt
import numpy as np
import pandas as pd
import sympy as sp

from dongbei.charts.expression import vega_expression
from dongbei.charts.families import HOVER
from dongbei.charts.theme import colour_scale

SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
"""Shapes of the points, so that a series is told apart by more than its colour."""


@dataclass(frozen=True)
class Slider:
    """A symbol that the reader may move.

    Parameters
    ----------
    symbol
        The symbol of the formulas.
    label
        What stands before the slider, such as ``"Stages k"``.
    minimum, maximum, step
        Range and grid of the slider.
    value
        Where it stands at first, and always in the static picture.

    Raises
    ------
    ValueError
        If a number is not finite, the step is not positive, or the value lies outside the range
        or between two steps.
    """

    symbol: sp.Symbol
    label: str
    minimum: float
    maximum: float
    step: float
    value: float

    def __post_init__(self):
        what = f"slider {self.label!r}"
        if not all(map(isfinite, (self.minimum, self.maximum, self.step, self.value))):
            raise ValueError(f"{what} must have finite numbers; it has {self}")
        if self.step <= 0:
            raise ValueError(f"{what} must have a step > 0; it has {self.step:g}")
        if not self.minimum <= self.value <= self.maximum or self.minimum == self.maximum:
            raise ValueError(
                f"{what} must start within its range; {self.value:g} is not between "
                f"{self.minimum:g} and {self.maximum:g}, or these are equal"
            )
        steps = (self.value - self.minimum) / self.step
        if abs(steps - round(steps)) > 1e-9:
            raise ValueError(
                f"{what} cannot stand at {self.value:g}: start it a whole number of steps of "
                f"{self.step:g} above {self.minimum:g}"
            )

    @property
    def parameter(self) -> str:
        """Name of the slider's value in the live chart."""
        return f"slider_{self.symbol.name}"

    @property
    def binding(self) -> alt.BindRange:
        """What the page makes of it."""
        return alt.binding_range(
            min=self.minimum, max=self.maximum, step=self.step, name=self.label
        )


@dataclass(frozen=True)
class Choice:
    """A name that the reader may choose from a list.

    Parameters
    ----------
    symbol
        Gives the name of the choice in the live chart.
    label
        What stands before the list, such as ``"Buyers"``.
    options
        The names, in their order.
    value
        Which is chosen at first, and always in the static picture.

    Raises
    ------
    ValueError
        If the value is not among the options.
    """

    symbol: sp.Symbol
    label: str
    options: tuple[str, ...]
    value: str

    def __post_init__(self):
        if self.value not in self.options:
            raise ValueError(
                f"choice {self.label!r} has no {self.value!r}; it has {', '.join(self.options)}"
            )

    @property
    def parameter(self) -> str:
        """Name of the chosen name in the live chart."""
        return f"choice_{self.symbol.name}"

    @property
    def binding(self) -> alt.BindRadioSelect:
        """What the page makes of it."""
        return alt.binding_select(options=list(self.options), name=self.label)


def explorer(
    formulas: Mapping[str, sp.Expr],
    x: tuple[sp.Symbol, str, Sequence[float]],
    sliders: Sequence[Slider],
    *,
    title: str,
    palette: Mapping[str, str],
    domain: tuple[float, float] | None = None,
    format: str = ".2f",
) -> alt.LayerChart:
    """Draw formulas against one of their symbols, with a slider for each of the others.

    Whole numbers of `x` are drawn as points joined by a line, others as a line. The vertical axis
    does not move with the sliders, so that what moves is the formula.

    Parameters
    ----------
    formulas
        Name of a series -> closed form in the symbols of `x` and the sliders.
    x
        Symbol of the horizontal axis, its title, and the values at which points are drawn.
    title
        What the vertical axis shows, with its unit.
    palette
        Name of a series -> name of a colour of `theme.COLOURS`.
    domain
        Ends of the vertical axis. If not given, they span the formulas at the first values of
        the sliders and in all corners of their ranges.
    format
        D3 format of the values in the tooltip.

    Returns
    -------
    alt.LayerChart
        Draws from rows (series, x, value), with a column more for the value of each slider.

    Raises
    ------
    ValueError
        If a symbol has no slider or two, a series has no colour, Vega has no word for a formula,
        or a formula is not finite somewhere on the axis at the first values of the sliders.
    """
    symbol, x_title, points = x
    check_symbols(formulas, symbol, sliders)
    names = {symbol: "datum.x"} | {slider.symbol: slider.parameter for slider in sliders}
    live = live_value(formulas, names)
    frame = first_rows(formulas, x, sliders)
    whole = all(isinstance(point, Integral) for point in points)
    if domain is None:
        domain = reach(formulas, x, sliders)
    base = (
        alt.Chart(frame)
        .transform_calculate(value=live)
        .encode(
            x=alt.X(
                "x:Q",
                title=x_title,
                scale=alt.Scale(zero=False, nice=False, padding=6),
                axis=alt.Axis(format="d", tickMinStep=1) if whole else alt.Axis(),
            ),
            y=alt.Y(
                "value:Q",
                title=title,
                scale=alt.Scale(domain=list(domain), zero=False, nice=True),
                axis=alt.Axis(tickCount=6),
            ),
            color=alt.Color(
                "series:N",
                scale=colour_scale(formulas, palette),
                legend=alt.Legend(symbolType=alt.Undefined if whole else "stroke"),
            ),
        )
    )
    layers = [base.mark_line(clip=True)]
    if whole:
        shape = alt.Shape("series:N", scale=alt.Scale(domain=list(formulas), range=list(SHAPES)))
        layers.append(base.mark_point(clip=True, opacity=1).encode(shape=shape))
    tooltip = [
        alt.Tooltip("series:N"),
        alt.Tooltip("x:Q", title=x_title, format="d" if whole else ".4g"),
        alt.Tooltip("value:Q", title=title, format=format),
    ]
    hover = base.mark_point(opacity=0, size=160, clip=True).encode(tooltip=tooltip)
    chart = alt.layer(*layers, hover.properties(name=HOVER))
    return chart.add_params(*map(bound_parameter, sliders))


def bound_parameter(control: Slider | Choice) -> alt.Parameter:
    """Bind a control of the page to the parameter that the chart reads."""
    return alt.param(name=control.parameter, value=control.value, bind=control.binding)


def live_value(formulas: Mapping[str, sp.Expr], names: Mapping[sp.Symbol, str]) -> str:
    """Print the formulas as one Vega expression that picks by the series of a row."""
    text = "NaN"
    for series, formula in reversed(formulas.items()):
        text = (
            f"datum.series === {json.dumps(series)} ? ({vega_expression(formula, names)}) : {text}"
        )
    return text


def first_rows(
    formulas: Mapping[str, sp.Expr],
    x: tuple[sp.Symbol, str, Sequence[float]],
    sliders: Sequence[Slider],
) -> pd.DataFrame:
    """Tabulate the formulas at the first values of the sliders; refuse what is not finite."""
    symbol, x_title, points = x
    if len(points) < 2:
        raise ValueError(f"the axis {x_title!r} needs at least two values; it has {len(points)}")
    settings = {slider.label: slider.value for slider in sliders}
    parts = []
    for series, formula in formulas.items():
        values = evaluated(formula, x, sliders, settings.values())
        if not np.isfinite(values).all():
            where = points[int(np.argmin(np.isfinite(values)))]
            raise ValueError(
                f"{series!r} is not finite at {symbol} = {where:g} and the first values of the "
                "sliders: move the axis or the sliders away from it"
            )
        columns = {"series": series, "x": points, "value": values, **settings}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def evaluated(formula, x, sliders, settings) -> np.ndarray:
    """Evaluate a formula with NumPy at every value of x, the sliders standing at `settings`."""
    symbol, _, points = x
    compiled = sp.lambdify((symbol, *(slider.symbol for slider in sliders)), formula, "numpy")
    grid = np.asarray(points, dtype=float)
    with np.errstate(all="ignore"):
        values = compiled(grid, *map(np.float64, settings))
    return np.broadcast_to(np.asarray(values, dtype=float), grid.shape)


def reach(formulas, x, sliders) -> tuple[float, float]:
    """Return the least and the greatest value, first and in the corners of the sliders' ranges."""
    corners = product(*((slider.minimum, slider.maximum) for slider in sliders))
    places = [tuple(slider.value for slider in sliders), *corners]
    values = np.concatenate(
        [evaluated(formula, x, sliders, at) for formula in formulas.values() for at in places]
    )
    values = values[np.isfinite(values)]
    return float(values.min()), float(values.max())


def check_symbols(
    formulas: Mapping[str, sp.Expr], symbol: sp.Symbol, sliders: Sequence[Slider]
) -> None:
    """Refuse symbols that nothing moves, sliders that move nothing, and names used twice."""
    if not formulas or len(formulas) > len(SHAPES):
        raise ValueError(f"draw 1 to {len(SHAPES)} formulas in one chart; got {len(formulas)}")
    moved = [symbol, *(slider.symbol for slider in sliders)]
    check_names(moved, "Vega", sliders, ("series", "x", "value"))
    used = set().union(*(sp.sympify(formula).free_symbols for formula in formulas.values()))
    if still := sorted(each.name for each in used - set(moved)):
        raise ValueError(f"give {', '.join(still)} a slider, or put a number in the formula")
    check_idle(moved, used)


def check_names(
    symbols: Sequence[sp.Symbol],
    reader: str,
    sliders: Sequence[Slider] = (),
    columns: Sequence[str] = (),
) -> None:
    """Refuse names used twice, among symbols or among columns and labels, and unreadable ones."""
    for what, names in (
        ("symbol", [each.name for each in symbols]),
        ("label", [*columns, *(slider.label for slider in sliders)]),
    ):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"give each its own {what}; used twice: {', '.join(twice)}")
    for name in (each.name for each in symbols):
        if not name.isidentifier():
            raise ValueError(f"{reader} cannot read the name {name!r}: use letters, digits and _")


def check_idle(moved: Sequence[sp.Symbol], used: set[sp.Symbol]) -> None:
    """Refuse a slider that moves nothing."""
    if idle := sorted(each.name for each in set(moved) - used):
        raise ValueError(f"no formula contains {', '.join(idle)}: leave its slider out")
