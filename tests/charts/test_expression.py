"""What the printer writes, Vega evaluates to the number that SymPy computes."""

import json
import re

import pytest
import sympy as sp
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from dongbei.charts import vega_expression
from dongbei.charts.site import VEGA_LITE

a, b, n = sp.symbols("a b n", positive=True)
NAMES = {a: "datum.a", b: "datum['b']", n: "datum.n"}
EXPRESSIONS = [
    a - (a - b) * (n / (n + 1)) ** n,
    1 / (2 ** (1 / n) - 1),
    sp.sqrt(a / b) + a ** sp.Rational(1, 3) - sp.Rational(2, 7) * n,
    sp.exp(-a / 10) * sp.log(1 + b) + sp.pi * sp.Abs(a - b),
    sp.Max(a, b) - sp.Min(a, b) + sp.floor(a) + sp.ceiling(b),
    sp.Piecewise((a, a > b), (b**2, a <= b / 2), (n, True)),
    1.5 * a**-2 + a**b / 10**6,
]


def by_vega(expressions, point):
    """Evaluate by Vega itself: each result is the text of a mark."""
    spec = {
        "data": {"values": [point]},
        "layer": [
            {"mark": "text", "encoding": {"text": {"value": {"expr": f"'[' + ({text}) + ']'"}}}}
            for text in expressions
        ],
    }
    for layer, text in zip(spec["layer"], expressions, strict=True):
        layer["transform"] = [{"calculate": f"'[' + ({text}) + ']'", "as": "result"}]
        layer["encoding"] = {"text": {"field": "result"}}
    svg = vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=VEGA_LITE)
    return [float(number) for number in re.findall(r"\[([^\]]+)\]</text>", svg)]


point = st.floats(0.5, 9.5).map(lambda x: round(x, 3))


@settings(max_examples=25)
@given(point, point, st.integers(1, 9))
def test_vega_and_sympy_agree(x, y, k):
    printed = [vega_expression(expression, NAMES) for expression in EXPRESSIONS]
    values = by_vega(printed, {"a": x, "b": y, "n": k})
    exact = {a: sp.Rational(str(x)), b: sp.Rational(str(y)), n: k}
    expected = [float(expression.subs(exact).evalf(30)) for expression in EXPRESSIONS]
    assert values == pytest.approx(expected, rel=1e-9)


def test_a_symbol_without_a_name_is_refused():
    with pytest.raises(ValueError, match="no name for n"):
        vega_expression(a + n, {a: "a"})


@pytest.mark.parametrize(
    "expression",
    [
        sp.Sum(a, (n, 1, b)),
        sp.Product(a, (n, 1, b)),
        sp.Integral(a, a),
        sp.Derivative(sp.Function("g")(a), a),
        sp.gamma(a),
        sp.Function("g")(a),
        sp.IndexedBase("n")[1],
    ],
    ids=str,
)
def test_what_vega_cannot_evaluate_is_refused(expression):
    with pytest.raises(ValueError, match="Vega cannot evaluate"):
        vega_expression(expression, NAMES)
