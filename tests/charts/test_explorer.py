"""Sliders move the formula that was proved: Vega, NumPy and SymPy give one number."""

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import vl_convert
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dongbei.charts import Slider, explorer, figure, vega_expression
from dongbei.charts.site import VEGA_LITE, csv_text, svg
from dongbei.cluster import (
    minimum_firms_bound,
    symmetric_integrated_price,
    symmetric_price,
)
from dongbei.cluster.model import C, N, a, integrated_oligopoly_price, k, m

FORMULAS = {
    "chain": symmetric_price,
    "integrated": symmetric_integrated_price,
    "rivals": integrated_oligopoly_price,
    "bound": minimum_firms_bound(m),
}
SYMBOLS = (a, C, N, m, k)
PALETTE = {"Chain": "blue", "Integrated firm": "grey"}


def places(count):
    """Exact numbers at which a chain produces, as fractions that a slider could show."""
    random = np.random.default_rng(2002)
    for _ in range(count):
        intercept = Fraction(int(random.integers(10, 2000)), 10)
        yield {
            a: intercept,
            C: intercept * Fraction(int(random.integers(0, 95)), 100),
            N: Fraction(int(random.integers(10, 400)), 10),
            m: Fraction(int(random.integers(1, 12))),
            k: Fraction(int(random.integers(1, 15))),
        }


def said_by_vega(formula, rows):
    """Let Vega evaluate a formula on rows of numbers, and read what it writes into a picture."""
    names = {symbol: f"datum.{symbol.name}" for symbol in SYMBOLS}
    values = [{symbol.name: float(number) for symbol, number in row.items()} for row in rows]
    spec = {
        "data": {"values": [row | {"place": place} for place, row in enumerate(values)]},
        "transform": [
            {"calculate": f"format({vega_expression(formula, names)}, '.16e')", "as": "text"}
        ],
        "mark": "text",
        "encoding": {
            "text": {"field": "text", "type": "nominal"},
            "y": {"field": "place", "type": "ordinal", "axis": None},
        },
    }
    picture = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    return [float(text.replace("−", "-")) for text in re.findall(r">(−?\d[^<]*)</text>", picture)]


def chart(**changes):
    arguments = {
        "formulas": {"Chain": symmetric_price, "Integrated firm": symmetric_integrated_price},
        "x": (k, "Stages k", range(1, 9)),
        "sliders": (
            Slider(N, "Firms n", 1, 30, 1, 5),
            Slider(a, "Intercept a", 60, 100, 5, 100),
            Slider(C, "Cost C", 0, 40, 5, 20),
        ),
        "title": "Price",
        "palette": PALETTE,
    } | changes
    return explorer(**arguments)


def spec(**changes):
    return figure(chart(**changes), name="explorer", alt_text="a", source="s").spec


# One formula ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMULAS)
def test_vega_numpy_and_exact_arithmetic_agree(name):
    formula = FORMULAS[name]
    rows = list(places(150))
    compiled = sp.lambdify(SYMBOLS, formula)
    exact = [
        float(formula.subs({s: sp.Rational(v) for s, v in row.items()}).evalf(30)) for row in rows
    ]
    vega = said_by_vega(formula, rows)
    numpy = [compiled(*(np.float64(row[symbol]) for symbol in SYMBOLS)) for row in rows]
    assert len(vega) == len(rows)
    assert_allclose(vega, exact, rtol=1e-11)
    assert_allclose(numpy, exact, rtol=1e-11)


def heights(spec):
    """Heights of the points in the static picture, read back as values, by series."""
    picture = svg(spec)
    labels = re.findall(r'aria-label="([^"]*)" role="graphics-symbol"', picture)
    pattern = r"^Stages k: (\d+); Price: ([\d.]+); series: (.*)$"
    found = [match.groups() for label in labels if (match := re.match(pattern, label))]
    return {(series, int(x)): float(value) for x, value, series in found}


def test_static_picture_shows_what_python_computed():
    drawn = spec()
    shown = heights(drawn)
    rows = drawn["datasets"]["table"]
    assert len(shown) == len(rows) == 16
    for row in rows:
        assert_allclose(shown[row["series"], row["x"]], row["value"], rtol=1e-9)
    values = {a: 100, C: 20, N: 5}
    assert_allclose(
        [row["value"] for row in rows],
        [float(symmetric_price.subs(values | {k: stages})) for stages in range(1, 9)]
        + [float(symmetric_integrated_price.subs(values))] * 8,
        rtol=1e-9,
    )


def test_picture_is_drawn_by_the_formula_and_not_by_the_table():
    drawn = spec()
    rows = drawn["datasets"]["table"]
    for row in rows:
        row["value"] = -1.0
    assert heights(drawn) == heights(spec())


def test_another_first_value_of_a_slider_is_what_vega_shows():
    drawn = spec()
    (firms,) = (p for p in drawn["params"] if p["name"] == "slider_n")
    firms["value"] = 12
    for (series, stages), value in heights(drawn).items():
        formula = symmetric_price if series == "Chain" else symmetric_integrated_price
        expected = float(formula.subs({a: 100, C: 20, N: 12, k: stages}))
        assert_allclose(value, expected, rtol=1e-9)


# What a reader sees -----------------------------------------------------------------------------


def test_table_says_where_the_sliders_stand():
    header, first, *_ = csv_text(spec()).splitlines()
    assert header == "series,x,value,Firms n,Intercept a,Cost C"
    assert first.startswith("Chain,1,33.33333333,5,100,20")


def test_sliders_are_bound_with_their_words_and_ranges():
    bound = {p["name"]: (p["value"], p["bind"]) for p in spec()["params"] if "bind" in p}
    assert bound["slider_a"] == (
        100,
        {"input": "range", "min": 60, "max": 100, "step": 5, "name": "Intercept a"},
    )
    assert list(bound) == ["slider_n", "slider_a", "slider_C"]


AXIS = spec()["layer"][0]["encoding"]["y"]["scale"]["domain"]


@given(
    firms=st.integers(1, 30),
    intercept=st.integers(12, 20),
    cost=st.integers(0, 8),
    stages=st.integers(1, 8),
)
def test_no_position_of_the_sliders_leaves_the_axis(firms, intercept, cost, stages):
    low, high = AXIS
    values = {a: 5 * intercept, C: 5 * cost, N: firms, k: stages}
    for formula in (symmetric_price, symmetric_integrated_price):
        assert low - 1e-9 <= formula.subs(values) <= high + 1e-9


def test_whole_numbers_have_points_and_others_a_line():
    def marks(drawn):
        return [layer["mark"]["type"] for layer in drawn["layer"] if layer.get("name") != "hover"]

    assert marks(spec()) == ["line", "point"]
    assert marks(spec(x=(k, "Stages k", np.linspace(1, 8, 50)))) == ["line"]


def test_series_differ_by_shape_and_no_series_is_orange():
    encoding = spec()["layer"][1]["encoding"]
    assert encoding["shape"]["scale"]["range"][:2] == ["circle", "square"]
    assert encoding["color"]["scale"]["range"] == ["#0072b2", "#6e7781"]


# Refusals ---------------------------------------------------------------------------------------

SLIDERS = (
    Slider(N, "Firms n", 1, 30, 1, 5),
    Slider(a, "Intercept a", 60, 100, 5, 100),
    Slider(C, "Cost C", 0, 40, 5, 20),
)
POLE = {"Chain": symmetric_price, "Integrated firm": C / (k - 3)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sliders": SLIDERS[:2]}, "give C a slider"),
        ({"sliders": (*SLIDERS, Slider(m, "Rivals m", 1, 9, 1, 2))}, "no formula contains m"),
        ({"sliders": (*SLIDERS, SLIDERS[0])}, "its own symbol; used twice: n"),
        (
            {"sliders": (*SLIDERS[:2], Slider(C, "Firms n", 0, 40, 5, 20))},
            "its own label; used twice: Firms n",
        ),
        ({"sliders": (*SLIDERS[:2], Slider(C, "value", 0, 40, 5, 20))}, "used twice: value"),
        ({"formulas": POLE}, "'Integrated firm' is not finite at k = 3"),
        ({"x": (k, "Stages k", [1])}, "at least two values; it has 1"),
        ({"palette": {"Chain": "blue"}}, "no fixed colour for Integrated firm"),
        ({"formulas": {}}, "draw 1 to 6 formulas"),
        (
            {"formulas": {"Chain": symmetric_price.subs(C, sp.Symbol("c_{1}"))}, "sliders": (
                *SLIDERS[:2], Slider(sp.Symbol("c_{1}"), "Cost", 0, 40, 5, 20))},
            "cannot read the name",
        ),
        (
            {"formulas": {"Chain": symmetric_price + sp.Sum(m, (m, 1, k))}},
            "pass a closed form",
        ),
    ],
)  # fmt: skip
def test_chart_refuses_what_it_cannot_draw(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        chart(**changes)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((1, 30, 0, 5), "step > 0; it has 0"),
        ((1, 30, -1, 5), "step > 0; it has -1"),
        ((1, 30, 1, 31), "31 is not between 1 and 30"),
        ((1, 1, 1, 1), "or these are equal"),
        ((0, 40, 5, 12), "start it a whole number of steps of 5 above 0"),
        ((1, float("inf"), 1, 5), "finite"),
        ((1, 30, 1, float("nan")), "finite"),
    ],
)
def test_slider_refuses_positions_that_it_cannot_take(numbers, message):
    with pytest.raises(ValueError, match=message):
        Slider(N, "Firms n", *numbers)
