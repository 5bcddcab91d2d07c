"""Paths of the loop over time: SciPy's, those of many at once, and what must hold of both."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import RIVALS, STORY, changes, drawn, economies
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.special import expit

from dongbei.decline import (
    Parameters,
    constant,
    equilibria,
    pulse,
    ramp,
    simulate,
    simulate_many,
    step,
)
from dongbei.decline.parameters import SYMBOLS

few = settings(max_examples=25)
YEARS = np.array([1980.0, 1987.5, 1988, 2001, 2003.25, 2014, 2030, 2080])
anyone = economies(**RIVALS)
HELP = (
    "market",
    "producer_subsidy",
    "user_subsidy",
    "barrier",
    "fixed_costs",
    "share",
    "knowledge",
)
starts = st.tuples(st.floats(0, 1), st.floats(-2, 2), st.floats(0, 1))


def pressures(heights):
    """Ramps, jumps and pulses that overlap; heights are numbers or one per economy."""
    heights = np.asarray(heights, float)
    return {
        "barrier": ramp(1988, 2002, heights) + step(2001, 0.3),
        "market": ramp(1988, 2002, -0.2 * heights) + pulse(1995.5, 2003.25, 0.05),
        "producer_subsidy": pulse(2004, 2014, 0.3) + ramp(2010, 2012, 0.2 * heights),
        "user_subsidy": pulse(2012, 2020, 0.2),
        "rival_exports": step(2001, 0.5),
        "fixed_costs": constant(0.01),
    }


def straight(p, years, start, paths):
    """The equations of `model` by another solver that knows nothing of regimes and kinks."""

    def slope(time, state):
        moved = {name: getattr(p, name) + path(time) for name, path in paths.items()}
        return [float(one) for one in changes(*state, p.with_(**moved))]

    stops = np.union1d(years, np.concatenate([path.kinks for path in paths.values()]))
    stops, state, found = stops[(stops >= years[0]) & (stops <= years[-1])], np.array(start), []
    for begin, end in pairwise(stops):
        last = np.nextafter(end, -np.inf)
        state = solve_ivp(slope, (begin, last), state, "Radau", rtol=1e-9, atol=1e-10).y[:, -1]
        found += [state] if end in years else []
    return np.array([start, *found]).T


def test_scipys_path_is_that_of_the_plain_equations():
    for seed in range(3):
        one = drawn(None, seed, **RIVALS)
        start = np.random.default_rng(seed).uniform(0.1, 0.9, 3)
        found = simulate(one, YEARS, *start, paths=pressures(0.6))
        expected = straight(one, YEARS, start, pressures(0.6))
        for name, values in zip(("share", "knowledge", "rivals"), expected, strict=True):
            assert_allclose(getattr(found, name), values, atol=3e-7)


@pytest.mark.parametrize("rivals", [{}, RIVALS], ids=["two states", "three states"])
def test_many_at_once_are_scipys_paths(rivals):
    count = 40
    many, random = drawn(count, 2003, **rivals), np.random.default_rng(7)
    share, knowledge = random.uniform(0, 1, count), random.uniform(-2, 2, count)
    taught = random.uniform(0, 1, count) if rivals else np.zeros(count)
    heights = random.uniform(0, 1, count)
    found = simulate_many(many, YEARS, share, knowledge, taught, pressures(heights))
    for place, one in enumerate(zip(*many.flat().values(), strict=True)):
        alone = simulate(
            Parameters(**dict(zip(SYMBOLS, one, strict=True))), YEARS, share[place],
            knowledge[place], taught[place], pressures(heights[place]),
        )  # fmt: skip
        for name in ("share", "knowledge", "rivals"):
            assert_allclose(getattr(found, name)[:, place], getattr(alone, name), atol=1e-8)


def test_paths_that_touch_break_even_are_followed_across_it():
    # Support that ends and returns drives profit through zero many times in both directions.
    wave = sum((pulse(1980 + 4 * k, 1982 + 4 * k, 0.5) for k in range(20)), constant(0.0))
    p = Parameters(
        inertia=3.0, obsolescence=2.0, research_yield=6.0, barrier=np.linspace(-1, 1, 30)
    )
    found = simulate_many(p, YEARS, 0.4, 0.0, paths={"producer_subsidy": wave})
    for place, barrier in enumerate(p.barrier):
        alone = simulate(p.with_(barrier=barrier), YEARS, 0.4, 0.0, 0.0, {"producer_subsidy": wave})
        assert_allclose(found.share[:, place], alone.share, atol=1e-8)


@given(anyone, starts)
@few
def test_shares_stay_shares_and_every_path_ends_in_an_attractor(p, start):
    found = equilibria(p)
    shares = np.sort(found.share[np.isfinite(found.share)])
    if len(shares) > 1 and np.diff(shares).min() < 1e-2:
        return  # near a fold paths are slow
    path = simulate_many(p, [0, 1, 2, 5, 10, 20, 400, 800], *start)
    assert ((path.share >= 0) & (path.share <= 1)).all()
    ends = np.abs(path.share[-1] - found.share[found.stable])
    assert ends.min() < 1e-6
    assert path.share[-2] == pytest.approx(path.share[-1], abs=1e-6)


@given(anyone, starts, st.floats(0, 0.5), st.sampled_from(HELP))
@few
def test_more_of_what_helps_never_leads_to_less(p, start, more, name):
    share, knowledge, rivals = start
    if name == "market":
        p = p.with_(rival_yield=0.0)  # rivals would learn in a larger market
    better = p
    if name == "share":
        share_better, knowledge_better = min(share + more, 1.0), knowledge
    elif name == "knowledge":
        share_better, knowledge_better = share, knowledge + more
    else:
        share_better, knowledge_better = share, knowledge
        sign = -1 if name in ("barrier", "fixed_costs") else 1
        value = getattr(p, name) + sign * more
        better = p.with_(**{name: np.maximum(value, 1e-3) if name == "fixed_costs" else value})
    years = np.linspace(0, 60, 31)
    one = simulate_many(p, years, share, knowledge, rivals)
    two = simulate_many(better, years, share_better, knowledge_better, rivals)
    assert (two.share >= one.share - 1e-8).all()
    assert (two.knowledge >= one.knowledge - 1e-8).all()


@given(anyone, st.floats(0, 1), st.floats(-2, 2), st.floats(0, 1))
@few
def test_rivals_who_forget_as_fast_need_no_state_of_their_own(p, share, knowledge, rivals):
    # With equal rates only the lead a - q counts, and the loop's gain is the sum of the two.
    p = p.with_(rival_obsolescence=p.obsolescence)
    years = np.linspace(0, 50, 11)
    found = simulate_many(p, years, share, knowledge, rivals)

    def slope(time, state):
        share, lead = state
        change = changes(share, 0.0, 0.0, p)
        buyers = expit(p.choice * (lead - p.barrier + p.user_subsidy))
        return [
            float(p.inertia * (buyers - share)),
            float(change[1] - change[2] - p.obsolescence * lead),
        ]

    alone = solve_ivp(
        slope, (0, 50), [share, knowledge - rivals], "Radau", years, rtol=1e-9, atol=1e-10
    )
    assert_allclose(found.share[:, 0], alone.y[0], atol=1e-6)
    assert_allclose(found.knowledge[:, 0] - found.rivals[:, 0], alone.y[1], atol=1e-6)


def test_chunks_and_workers_change_nothing_but_the_last_digits():
    many = drawn(50, 5)
    whole = simulate_many(many, YEARS, 0.5, 0.0)
    parts = simulate_many(many, YEARS, 0.5, 0.0, chunk=7)
    both = simulate_many(many, YEARS, 0.5, 0.0, chunk=7, workers=2)
    assert_allclose(parts.share, whole.share, atol=1e-8)
    assert (both.share == parts.share).all()


def test_a_measure_keeps_what_is_asked_for():
    many = drawn(20, 9)
    whole = simulate_many(many, YEARS, 0.5, 0.0, chunk=8)
    kept = simulate_many(many, YEARS, 0.5, 0.0, chunk=8, measure=lambda one: {"end": one.share[-1]})
    assert list(kept) == ["end"]
    assert (kept["end"] == whole.share[-1]).all()


def test_a_fixed_point_stays_where_it_is():
    found = equilibria(STORY)
    for share, knowledge in zip(
        found.share[found.stable], found.knowledge[found.stable], strict=True
    ):
        path = simulate(STORY, [0, 50, 100], share, knowledge)
        assert_allclose(path.share, share, atol=1e-9)


@pytest.mark.parametrize("run", [simulate, simulate_many])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"share": 1.5}, "share must start from 0 to 1; it is 1.5"),
        ({"share": np.nan}, "share must start from 0 to 1; it is nan"),
        ({"knowledge": np.inf}, "knowledge must start with finite numbers"),
        ({"years": [2000, 1990]}, "years must rise"),
        ({"years": [2000, np.nan]}, "years must"),
        ({"years": [2000]}, "at least two"),
        ({"paths": {"inertia": constant(1)}}, "inertia cannot follow a path"),
        ({"paths": {"market": ramp(1990, 2000, -2)}}, "in year 2000, market must be above 0"),
        ({"paths": {"market": pulse(1990, 2000, -2)}}, "in year 1990, market must be above 0"),
    ],
)  # fmt: skip
def test_impossible_runs_are_refused(run, change, message):
    arguments = {"years": [1980, 2010], "share": 0.5, "knowledge": 0.0, "paths": {}} | change
    with pytest.raises(ValueError, match=message):
        run(STORY, **arguments)


def test_economies_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="do not fit together"):
        simulate_many(drawn(3, 1), [0, 1], [0.1, 0.2], 0.0)
    with pytest.raises(ValueError, match="must stand in one row"):
        simulate_many(Parameters(market=[[1.0, 2.0]]), [0, 1], 0.5, 0.0)


def test_a_loop_that_is_far_too_fast_is_refused():
    wild = Parameters(inertia=1e9, obsolescence=1e9)
    with pytest.raises(ValueError, match=r"cannot be followed.*far too fast"):
        simulate_many(wild, [0, 100], 0.9, 5.0)
