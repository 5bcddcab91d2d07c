"""The joint model on the built page: its futures are Python's, and an address keeps its levers."""

import charted
import numpy as np
import pytest
from numpy.testing import assert_allclose

from dongbei import policy
from dongbei.charts.fan import DIGITS
from dongbei.policy import Measure, Programme

PAGE = "notebooks/policy-options/simulator.html"
CHART = "#chart-joint-simulator"
FUTURES, YEARS = 64, 60
FIRST = {"user_subsidy": 0.1, "internal_market": 0.3, "internal_barriers": 0.1}
SLIDERS = {name: f"slider_L_{name}" for name in policy.LEVERS}
LENGTH = "slider_years_long"


@pytest.fixture(scope="module")
def page(live):
    return live(PAGE, CHART)


@pytest.fixture(scope="module")
def draws():
    """The first futures in which the share falls if nothing is done."""
    everyone = policy.scenarios(slice(0, 512))
    falls = policy.futures(everyone, [Programme("nothing")]).share[:, 0] < everyone["share"]
    first = {name: values[falls][:FUTURES] for name, values in everyone.items()}
    rounded = np.vectorize(lambda number: float(f"{number:.{DIGITS}g}"))  # as the page's are
    return {name: rounded(values) for name, values in first.items()}


def numbers(rows, panel, series="with these levers"):
    mine = [row for row in rows if row["panel"].startswith(panel) and row["series"] == series]
    return np.array([[row[end] for end in ("low", "middle", "high")] for row in mine])


@pytest.mark.parametrize(
    ("levers", "years"),
    [
        (FIRST, 20),
        ({"producer_subsidy": 0.05, "reform": 0.8, "research_support": 0.03}, 10),
        ({"external_opening": 0.5, "cluster_building": 0.6, "second_sources": 1.0}, 60),
        ({"user_subsidy": 0.2, "internal_market": 1.0}, 35),
    ],
)  # fmt: skip
def test_the_page_simulates_what_python_simulates(page, draws, levers, years):
    at = {SLIDERS[name]: levers.get(name, 0) for name in SLIDERS} | {LENGTH: years}
    rows = charted.rows(page, CHART, at)
    programme = Programme("", {name: Measure(size, 0, years) for name, size in levers.items()})
    found = policy.futures(draws, [programme, Programme("nothing")], YEARS)
    hits = policy.shocks(YEARS, *(draws[f"hit_{name}"] for name in ("gap", "phase", "size")))
    paths = policy.paths(policy.economies(draws), [programme], YEARS, hits)
    share = 100 * np.quantile(paths["share"][:, 0], [0.1, 0.5, 0.9], axis=0).T
    # both take half-yearly steps, but not the same ones where a supplier enters inside a step
    assert_allclose(numbers(rows, "Share"), share, atol=0.1)
    firms = np.quantile(paths["firms"][:, 0], [0.1, 0.5, 0.9], axis=0).T
    assert_allclose(numbers(rows, "Suppliers"), firms, rtol=2e-3)
    for panel, total in (
        ("Cost", found.cost),
        ("Sales so far", found.sales),
        ("Yearly sales taken", found.hit),
    ):
        ends = np.quantile(total, [0.1, 0.5, 0.9], axis=0).T
        assert_allclose(numbers(rows, panel)[-1], ends[0], rtol=2e-3, atol=1e-4)
        assert_allclose(numbers(rows, panel, "nothing is done")[-1], ends[1], rtol=2e-3, atol=1e-4)


def opened(live, query):
    """Positions of the controls on a page opened by an address."""
    page = live(f"{PAGE}{query}", CHART)
    names = [*SLIDERS.values(), LENGTH]
    script = (
        "([chart, names]) => names.map((name) => document.querySelector(chart).view.signal(name))"
    )
    return dict(zip([*SLIDERS, "years"], page.evaluate(script, [CHART, names]), strict=True))


def test_an_address_gives_the_levers_back(live, page):
    moved = {"slider_L_reform": 0.7, "slider_L_internal_market": 0, LENGTH: 45}
    everything = {SLIDERS[name]: FIRST.get(name, 0) for name in SLIDERS} | {LENGTH: 20}
    charted.rows(page, CHART, everything | moved)
    page.wait_for_function("() => location.hash.endsWith('=45')")  # written once the hand rests
    address = page.evaluate("location.hash")
    assert address.startswith(f"{CHART}?")
    found = opened(live, address)
    assert found == {name: FIRST.get(name, 0) for name in SLIDERS} | {
        "reform": 0.7, "internal_market": 0, "years": 45,
    }  # fmt: skip
    charted.rows(page, CHART, everything)
    page.wait_for_function(f"() => location.hash === '{CHART}'")  # nothing is moved


def test_an_address_followed_on_the_open_page_moves_the_levers(live):
    page = live(PAGE, CHART)
    label = "chart => document.querySelector(chart + ' .chart-view').getAttribute('aria-label')"
    assert "first values" not in page.evaluate(label, CHART)
    page.evaluate(f"location.hash = '{CHART}?slider_L_reform=0.7'")
    reform = "chart => document.querySelector(chart).view.signal('slider_L_reform')"
    page.wait_for_function(f"chart => ({reform})(chart) === 0.7", arg=CHART)
    assert "first values" in page.evaluate(label, CHART)
    assert page.locator(f"{CHART} [name=slider_L_reform]").input_value() == "0.7"
    other = live(f"{PAGE}{CHART}?slider_L_reform=0.7", CHART)
    assert "first values" in other.evaluate(label, CHART)


@pytest.mark.parametrize(
    "query",
    [
        "?slider_L_reform=7",
        "?slider_L_reform=-1&slider_years_long=NaN",
        "?slider_L_reform=",
        "?slider_L_reform=%",
        "?slider_L_reform=<script>&nothing=1",
        "?%%%",
    ],
)
def test_an_address_that_asks_for_what_cannot_be_is_not_heard(live, query):
    found = opened(live, CHART + query)
    assert found == {name: FIRST.get(name, 0) for name in SLIDERS} | {"years": 20}
