"""Differential equations in many futures at once: medians and bands that sliders move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from dongbei.charts.dynamics import (
    DECIMALS,
    Dynamics,
    check_known,
    check_start,
    check_years,
    compiled,
    integrate,
    live,
    printed,
)
from dongbei.charts.explorer import Slider, check_idle, check_names
from dongbei.charts.families import HOVER, small_multiples
from dongbei.charts.simulator import check_finite
from dongbei.charts.theme import colour_scale

ENDS = ("low", "middle", "high")
"""Columns of the quantiles; ``series``, ``panel``, ``year`` and ``part`` stand before them."""
DIGITS = 5
"""Significant digits of a future's numbers, on the page and here."""


@dataclass(frozen=True)
class Drawn:
    """A symbol that has another number in each future."""

    symbol: sp.Symbol

    @property
    def parameter(self) -> str:
        """Name of its number in JavaScript."""
        return f"drawn_{self.symbol.name}"


def fan(
    series: Mapping[str, Dynamics],
    shown: Mapping[str, sp.Expr],
    draws: Mapping[sp.Symbol, ArrayLike],
    years: tuple[int, int],
    sliders: Sequence[Slider],
    *,
    title: str,
    palette: Mapping[str, str],
    quantiles: tuple[float, float, float] = (0.1, 0.5, 0.9),
    format: str = ".2f",
    steps: int = 2,
    columns: int = 2,
) -> alt.FacetChart:
    """Draw what differential equations lead to in many futures: a median and a band, by panel.

    The page solves the equations anew in every future when a slider moves. A notebook and the
    static picture show the first values of the sliders, and no sliders.

    Parameters
    ----------
    series
        Name of a line -> its equations.
    shown
        Name of a panel, with its unit -> what it shows of every series.
    draws
        Symbol -> its number in each future, shape (n,), the same n for all.
    years
        The first year, in which the states have their initial values, and the last.
    sliders
        The parameters that the reader may move; at least one.
    title
        Stands above the panels.
    palette
        Name of a line -> name of a colour of `theme.COLOURS`.
    quantiles
        Ends of the band and the line between them, rising, as parts of the futures.
    format
        D3 format of the values in the tooltip.
    steps
        Runge-Kutta steps per year.
    columns
        Panels beside one another where there is room.

    Returns
    -------
    alt.FacetChart
        Draws from rows (series, panel, year, part, low, middle, high), with a column more for the
        value of each slider.

    Raises
    ------
    ValueError
        If a symbol is neither drawn nor has a slider, or both; a slider moves nothing; a series has
        no colour; a path is not finite in some future; quantiles do not rise; or draws are not of
        one number of futures.
    """
    check_years(years, steps)
    numbers = _numbers(draws)
    if not (0 <= quantiles[0] < quantiles[1] < quantiles[2] <= 1):
        raise ValueError(f"quantiles must be three that rise from 0 to 1; they are {quantiles}")
    moved = [*sliders, *map(Drawn, draws)]
    _check_series(series, shown, moved, sliders)
    page = _on_the_page(series, shown, years, moved, sliders, numbers, quantiles, steps)
    frame = _first_rows(series, shown, years, draws, sliders, numbers, quantiles, steps)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "year:Q",
            title=None,
            axis=alt.Axis(format="d", tickMinStep=1, tickCount=4),
            scale=alt.Scale(domain=list(years), nice=False, zero=False),
        ),
        color=alt.Color(
            "series:N",
            scale=colour_scale(list(series), palette),
            legend=alt.Legend(symbolType="stroke", symbolOpacity=1) if len(series) > 1 else None,
        ),
    )
    line = alt.Y("middle:Q", title=None, axis=alt.Axis(tickCount=4, minExtent=30))
    area = base.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"))
    tooltip = [alt.Tooltip("series:N"), alt.Tooltip("year:Q")]
    tooltip += [alt.Tooltip(f"{end}:Q", format=format) for end in ENDS]
    hover = base.mark_point(opacity=0, size=120).encode(y=line, tooltip=tooltip)
    layers = alt.layer(area, base.mark_line().encode(y=line), hover.properties(name=HOVER))
    chart = small_multiples(
        layers.properties(data=frame), by="panel", sort=list(shown), title=title, columns=columns
    )
    return chart.resolve_scale(y="independent").properties(usermeta={"dynamics": page})


def _numbers(draws: Mapping[sp.Symbol, ArrayLike]) -> NDArray:
    """Return the futures as they stand on the page. Shape (futures, symbols)."""
    columns = [np.asarray(one, float) for one in draws.values()]
    shapes = {one.shape for one in columns}
    if len(shapes) != 1 or columns[0].ndim != 1 or not len(columns[0]):
        raise ValueError(f"draws must have one number per future each; shapes are {shapes}")
    table = np.stack(columns, axis=1)
    if not np.isfinite(table).all():
        wrong = list(draws)[int(np.argmin(np.isfinite(table).all(axis=0)))]
        raise ValueError(f"{wrong} is not finite in some future: leave that future out")
    return np.array([[float(f"{one:.{DIGITS}g}") for one in row] for row in table])


def _on_the_page(series, shown, years, moved, sliders, numbers, quantiles, steps) -> dict:
    """Print what the page needs to compute the quantiles anew."""
    each = series.values()
    return live(
        {
            "kind": "fan",
            "years": list(years),
            "steps": steps,
            "states": [len(dynamics.states) for dynamics in each],
            "panels": len(shown),
            "draws": numbers.tolist(),
            "quantiles": list(quantiles),
            "computed": {"computed": list(ENDS)},
        },
        {
            "start": [printed([one.start[y] for y in one.states], one, moved) for one in each],
            "rates": [printed(one.rates.values(), one, moved) for one in each],
            "shown": [printed(shown.values(), one, moved) for one in each],
        },
        sliders,
    )


def _first_rows(series, shown, years, draws, sliders, numbers, quantiles, steps) -> pd.DataFrame:
    """Tabulate the quantiles at the first values of the sliders."""
    first = {slider.symbol: slider.value for slider in sliders}
    whole = np.arange(years[0], years[1] + 1)
    parts = []
    for name, dynamics in series.items():
        values = first | dict(zip(draws, numbers.T, strict=True))
        path = integrate(dynamics, years, values, steps)
        for number, one in enumerate(path.sum(axis=0)):
            check_finite(f"{name!r} in future {number}", one, whole)
        each = {symbol: np.asarray(value)[..., None] for symbol, value in values.items()}
        drawn = compiled(shown.values(), (dynamics.time, *dynamics.states), each)
        found = [np.broadcast_to(one, path.shape[1:]) for one in drawn(whole.astype(float), *path)]
        ends = np.round(np.quantile(found, quantiles, axis=1), DECIMALS) + 0.0
        for place, panel in enumerate(shown):
            columns = {"series": name, "panel": panel, "year": whole, "part": "computed"}
            columns |= dict(zip(ENDS, ends[:, place], strict=True))
            parts.append(pd.DataFrame(columns | {slider.label: slider.value for slider in sliders}))
    return pd.concat(parts, ignore_index=True)


def _check_series(series, shown, moved, sliders) -> None:
    """Refuse symbols without a number or with two, sliders that move nothing, and no panel."""
    if not series or not shown or not sliders:
        raise ValueError("draw at least one series in one panel, with one slider")
    symbols = [one.symbol for one in moved]
    used = set()
    for name, dynamics in series.items():
        everything = [dynamics.time, *dynamics.states, *symbols]
        check_names(everything, "JavaScript", sliders, ("series", "panel", "year", "part", *ENDS))
        check_start(repr(name), dynamics)
        expressions = [*shown.values(), *dynamics.rates.values(), *dynamics.start.values()]
        check_known(repr(name), expressions, dynamics, symbols)
        used |= set().union(*(sp.sympify(each).free_symbols for each in expressions))
    check_idle([slider.symbol for slider in sliders], used)
