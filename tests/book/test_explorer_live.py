"""Sliders on the built page: the live chart shows what Python computes from the same formulas."""

import re
from itertools import pairwise

import pytest
from numpy.testing import assert_allclose

from dongbei.cluster import symmetric_integrated_price, symmetric_price
from dongbei.cluster.model import C, N, a, integrated_oligopoly_price, k, m

PAGE = "notebooks/cluster-pricing/derivation.html"
CHART = "#chart-cluster-price-explorer"
FORMULAS = {
    "Chain of k stages": symmetric_price,
    "One integrated firm": symmetric_integrated_price,
    "m integrated firms": integrated_oligopoly_price,
}
FIRST = {"slider_n": 5, "slider_m": 2, "slider_a": 100, "slider_C": 20}
SYMBOLS = {"slider_n": N, "slider_m": m, "slider_a": a, "slider_C": C}
STAGES = range(1, 13)

SET = """
([chart, name, value]) => {
    const sliders = document.querySelector(chart + " .chart-controls");
    const slider = sliders.querySelector(`input[name="${name}"]`);
    slider.value = value;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
}
"""
SETTLED = """
([chart, name, value]) => {
    const view = document.querySelector(chart).view;
    return view.signal(name) === value && view.runAsync().then(() => true);
}
"""
PRESENT = """
async (chart) => {
    const view = document.querySelector(chart).view;
    await view.runAsync();
    const points = [];
    const visit = (item) => {
        if (item.marktype === "symbol" && item.role === "mark" && !item.name.includes("hover"))
            for (const {datum, x, y} of item.items)
                points.push({series: datum.series, stages: datum.x, value: datum.value, x, y});
        for (const group of item.items ?? [])
            for (const mark of group.items ?? []) if (mark.items) visit(mark);
    };
    visit(view.scenegraph().root);
    const lines = document.querySelectorAll(chart + " .mark-line path");
    return {
        points,
        lines: [...lines].map((line) => line.getAttribute("d")),
        domain: view.scale("y").domain(),
        height: view.scale("y").range()[0],
        said: document.querySelector(chart + " .chart-controls").innerText,
    };
}
"""


@pytest.fixture(scope="module")
def page(live):
    return live(PAGE, CHART)


def move(page, name, value):
    page.evaluate(SET, [CHART, name, value])
    page.wait_for_function(SETTLED, arg=[CHART, name, value])
    return page.evaluate(PRESENT, CHART)


def reset(page):
    for name, value in FIRST.items():
        shown = move(page, name, value)
    return shown


def expected(series, stages, positions):
    values = {SYMBOLS[name]: value for name, value in positions.items()}
    return float(FORMULAS[series].subs(values | {k: stages}))


def compare(shown, positions):
    """Every point has the formula's value, and stands at the height of that value."""
    points = {(point["series"], point["stages"]): point for point in shown["points"]}
    assert points.keys() == {(series, stages) for series in FORMULAS for stages in STAGES}
    low, high = shown["domain"]
    for (series, stages), point in points.items():
        value = expected(series, stages, positions)
        assert_allclose(point["value"], value, rtol=1e-9, atol=1e-9)
        height = shown["height"] * (1 - (value - low) / (high - low))
        assert_allclose(point["y"], height, atol=1e-6)


def drawn_heights(line):
    """Heights of a line's corners, read from the path on the page."""
    return [float(y) for _, y in re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", line)]


def test_chart_starts_as_python_drew_it(page):
    compare(reset(page), FIRST)


@pytest.mark.parametrize(
    ("name", "positions"),
    [
        ("slider_n", (1, 12, 30)),
        ("slider_m", (1, 5, 10)),
        ("slider_a", (60, 75, 95)),
        ("slider_C", (0, 15, 40)),
    ],
)
def test_each_slider_moves_the_formula(page, name, positions):
    seen = [reset(page)]
    for value in positions:
        shown = move(page, name, value)
        compare(shown, FIRST | {name: value})
        assert re.search(rf"^{value}$", shown["said"], re.MULTILINE)
        seen.append(shown)
    for before, after in pairwise(seen):
        assert len(before["lines"]) == len(after["lines"]) == len(FORMULAS)
        assert before["lines"] != after["lines"]
        assert before["domain"] == after["domain"]


def test_lines_on_the_page_go_through_the_points(page):
    reset(page)
    positions = {"slider_n": 9, "slider_m": 3, "slider_a": 80, "slider_C": 35}
    for name, value in positions.items():
        shown = move(page, name, value)
    compare(shown, positions)
    points = {(point["series"], point["stages"]): point["y"] for point in shown["points"]}
    heights = sorted([points[series, stages] for stages in STAGES] for series in FORMULAS)
    assert_allclose(sorted(map(drawn_heights, shown["lines"])), heights, atol=0.01)


def test_crossing_with_the_integrated_firm_ignores_demand_and_cost(page):
    def longest(shown):
        price = {(point["series"], point["stages"]): point["value"] for point in shown["points"]}
        return sum(
            price["Chain of k stages", stages] < price["One integrated firm", stages]
            for stages in STAGES
        )

    found = {longest(reset(page))}
    for name, value in (("slider_a", 60), ("slider_C", 40), ("slider_a", 90), ("slider_C", 0)):
        found.add(longest(move(page, name, value)))
    assert found == {3}
    assert longest(move(page, "slider_n", 12)) == 8
