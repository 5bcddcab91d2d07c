"""The loop on the built page: what the browser integrates is what Python's solvers find."""

import charted
import numpy as np
import pytest
from numpy.testing import assert_allclose

from dongbei import decline
from dongbei.decline import Parameters

PAGE = "notebooks/decline-mechanism/vicious-circle.html"
SIMULATOR, PORTRAIT = "#chart-loop-simulator", "#chart-loop-portrait"
FIRST = {
    "opening": 0.12,
    "orders": 0.1,
    "accession": 0.02,
    "support": 0.26,
    "leakage": 0,
    "users": 0,
    "inside": 0,
    "rivals_learn": 0,
}


@pytest.fixture(scope="module")
def page(live):
    return live(PAGE, PORTRAIT, SIMULATOR)


def shown(page, chart, positions):
    return charted.rows(page, chart, {f"slider_{name}": at for name, at in positions.items()})


def simulated(numbers, years, start, supported=True):
    """The same story by `decline.simulate`."""
    paths = {
        "barrier": decline.ramp(1988, 2002, numbers["opening"])
        + decline.ramp(2001, 2007, numbers["accession"])
        + decline.ramp(2025, 2030, -numbers["inside"] / 2),
        "market": decline.ramp(1988, 2002, -numbers["orders"])
        + decline.ramp(2025, 2030, numbers["inside"]),
        "producer_subsidy": decline.pulse(2004, 2014, numbers["support"] * supported),
        "user_subsidy": decline.pulse(2004, 2014, numbers["users"] * supported),
    }
    share, knowledge = start
    first = Parameters()
    taught = numbers["rivals_learn"] * (1 - share) / float(first.rival_obsolescence)
    p = first.with_(
        leakage=numbers["leakage"],
        rival_yield=numbers["rivals_learn"],
        barrier=first.barrier - taught,  # the page counts what rivals had learnt into the barrier
    )
    return decline.simulate(p, years, share, knowledge, taught, paths).share


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"support": 0.4, "leakage": 0.5, "users": 0.06},
        {"opening": 0.3, "orders": 0.3, "accession": 0.2, "inside": 0.4},
        {"rivals_learn": 0.1, "opening": 0.04, "inside": 0.3},
    ],
)
def test_the_page_follows_the_equations_to_a_millionth(page, change):
    numbers = FIRST | change
    rows = shown(page, SIMULATOR, numbers)
    rest = decline.equilibria(Parameters())
    start = round(float(rest.highest), 6), round(float(rest.knowledge[1, 2]), 6)
    for series, supported in (("as the sliders say", True), ("without support", False)):
        mine = [row for row in rows if row["series"] == series and row["part"] == "computed"]
        years = np.array([row["year"] for row in mine], float)
        assert years.tolist() == list(range(1978, 2051))
        expected = simulated(numbers, years, start, supported)
        assert_allclose([row["value"] / 100 for row in mine], expected, atol=1e-6)


def test_basins_on_the_page_are_those_of_the_loop(page):
    for barrier in (0.02, 0.1, -0.1):
        rows = shown(page, PORTRAIT, {"x": barrier})
        cells = [row for row in rows if row["part"] == "cell"]
        state = np.array([[row["first"], row["second"], row["arrived"]] for row in cells])
        ends = decline.simulate_many(
            Parameters(barrier=barrier), [0.0, 150.0], state[:, 0], state[:, 1], precision=1e-8
        )
        away = np.abs(state[:, 2] - ends.share[-1])
        assert away.max() < 0.02  # two steps a year, and starts near the border are slow
        assert np.mean(away < 1e-4) > 0.95
    shown(page, PORTRAIT, {"x": 0.02})
