"""The story told in paths and ranges, its stations, and which of its parameters decide."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import changes, stories
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.special import expit
from scipy.stats import qmc

from dongbei import decline
from dongbei.decline import Parameters, Trajectory, pulse, ramp, simulate, step
from dongbei.decline.sensitivity import OUTCOMES
from dongbei.decline.story import PRESSURES, RANGES

few = settings(max_examples=60)
anyone = st.fixed_dictionaries({name: st.floats(*ends) for name, ends in RANGES.items()})
STATIONS = ("fall", "rise after the fall", "relapse after the rise")


@given(anyone)
@few
def test_the_numbers_of_a_draw_are_those_of_its_loop(draw):
    p, share, _ = decline.economies(draw)
    assert_allclose(decline.trapped_share(p), expit(-draw["handicap"]), rtol=1e-9)
    assert_allclose(decline.break_even(p), draw["break_even"], rtol=1e-12)
    assert_allclose(p.choice * decline.feedback(p), draw["strength"], rtol=1e-12, atol=1e-11)
    assert_allclose([p.obsolescence, p.inertia], [draw["obsolescence"], draw["inertia"]])
    assert share == draw["share"]


@given(anyone)
@few
def test_a_share_begins_to_move_as_its_head_start_says(draw):
    p, share, level = decline.economies(draw | {"head_start": 0.0})
    assert_allclose(changes(share, level, 0.0, p)[0], 0, atol=1e-12)
    ahead = draw["head_start"]
    if abs(ahead) > 1e-9:
        knowledge = decline.economies(draw)[2]
        assert_allclose(knowledge - level, ahead, atol=1e-12)
        assert np.sign(changes(share, knowledge, 0.0, p)[0]) == np.sign(ahead)


@given(anyone, st.floats(0.0, 0.9))
@settings(max_examples=15)
def test_tied_support_is_what_the_equations_with_it_in_research_say(draw, leads):
    """The second route: SciPy solves the loop with the money added to research."""
    draw |= {"head_start": leads, "opening": 0.0, "orders_lost": 0.0, "accession": 0.0}
    p, share, knowledge = decline.economies(draw)

    def rates(time, state):
        grown = np.array(changes(*state, 0.0, p)[:2])
        grown[1] += p.research_yield * draw["support"] * (2004 <= time < 2014)
        return grown

    state, years = np.array([share, knowledge], float), [1978, 2004, 2014, 2024]
    path = decline.tied_support(draw)
    found = simulate(p, years, share, knowledge, paths=path)
    for place, (start, end) in enumerate(pairwise(years)):
        state = solve_ivp(rates, (start, end - 1e-9), state, rtol=1e-9, atol=1e-11).y[:, -1]
        assert_allclose(found.share[place + 1], state[0], atol=2e-3)
        lead = -float(path["barrier"](end, before=True))
        assert_allclose(found.knowledge[place + 1] + lead, state[1], rtol=5e-3, atol=2e-3)


def test_tied_support_is_never_without_effect_and_makes_the_story_less_rare():
    asked = {"any": (0.0, 0.0, 0.0)}
    free, tied = (
        decline.generic(asked, power=11, tied=tied).set_index("station")["percent"]
        for tied in (False, True)
    )
    assert free["fall"] == tied["fall"]  # it begins after the low of 2003
    assert tied["rise after the fall"] > 2 * free["rise after the fall"]


@pytest.mark.parametrize(
    ("span", "until", "message"),
    [
        ((2014.0, 2004.0), 2024.0, "must start before it ends"),
        ((2004, 2014), 2010, "after the last"),
    ],
)
def test_tied_support_without_years_is_refused(span, until, message):
    draw = {name: ends[1] for name, ends in RANGES.items()}
    with pytest.raises(ValueError, match=message):
        decline.tied_support(draw, span, until)


@given(anyone)
@few
def test_each_pressure_ends_where_its_range_says(draw):
    paths = decline.pressures(draw)
    assert set(paths) == {"barrier", "market", "producer_subsidy"}
    opening, accession, lost = (draw[name] for name in ("opening", "accession", "orders_lost"))
    barrier = [0, 0, opening / 2, opening * 13 / 14, opening + accession / 6, opening + accession]
    times = [1978, 1988, 1995, 2001, 2002, 2007]
    assert_allclose(paths["barrier"](times), barrier, atol=1e-12)
    assert_allclose(paths["barrier"](2100), opening + accession)
    assert_allclose(paths["market"]([1988, 1995, 2002, 2100]), [0, -lost / 2, -lost, -lost])
    support = [0, draw["support"], draw["support"], 0]
    assert_allclose(paths["producer_subsidy"]([2003.9, 2004, 2013.9, 2014]), support)


@given(anyone, st.sets(st.sampled_from(PRESSURES)), st.lists(st.floats(1970, 2050), min_size=1))
@few
def test_pressures_add_up_by_parameter_and_leave_each_other_alone(draw, kept, times):
    alone = [decline.pressures(draw, [one]) for one in kept]
    together = decline.pressures(draw, sorted(kept))
    assert set(together) == {name for one in alone for name in one}
    for name, path in together.items():
        total = sum(one[name](times) for one in alone if name in one)
        assert_allclose(path(times), total, atol=1e-12)


@pytest.mark.parametrize(
    ("pressure", "sizes"),
    [
        ("opening", ("opening", "orders_lost")),
        ("accession", ("accession",)),
        ("support", ("support",)),
    ],
)
def test_a_pressure_left_out_is_a_pressure_of_size_zero(pressure, sizes):
    draws, years = stories(40, 1988), np.arange(1978.0, 2031, 4)
    kept = decline.pressures(draws, [one for one in PRESSURES if one != pressure])
    without = decline.told(draws, years, kept)
    zero = decline.told(draws | {name: np.zeros(40) for name in sizes}, years)
    assert_allclose(without.share, zero.share, atol=1e-7)
    assert np.abs(decline.told(draws, years).share - zero.share).max() > 1e-3


def test_scenarios_add_up_and_the_empty_one_adds_nothing():
    one = {"barrier": ramp(1990, 2000, 1.0)}
    two = {"barrier": step(1995, 2.0), "market": step(1, 1)}
    total = decline.added(one, {}, two)
    assert list(total) == ["barrier", "market"]
    assert total["barrier"]([1989, 1994, 1995, 2005]).tolist() == [0, 0.4, 2.5, 3]
    assert decline.added() == {}
    assert list(one) == ["barrier"]


def test_without_strength_support_changes_nothing():
    years = np.arange(1978.0, 2031, 2)
    for strength, matters in ((0.0, False), (8.0, True)):
        many = stories(60, 2004, strength=strength)
        bare = decline.told(many | {"support": np.zeros(60)}, years).share
        supported = decline.told(many | {"support": np.full(60, 0.4)}, years).share
        assert (supported >= bare - 1e-8).all()
        assert (np.abs(supported - bare).max() > 1e-3) == matters


def trajectory(*rows, years=(1978, 1988, 2003, 2013, 2024)):
    """Trajectory of shares that are written down, one row per economy."""
    share = np.array(rows, float).T
    return Trajectory(np.array(years, float), share, 0 * share, 0 * share)


def test_stations_of_shares_that_are_written_down():
    found = decline.shapes(
        trajectory(
            [0.9, 0.8, 0.4, 0.6, 0.3],  # all of it
            [0.1, 0.8, 0.4, 0.6, 0.6],  # no relapse
            [0.1, 0.8, 0.4, 0.9, 0.1],  # higher than ever: more than a recovery
            [0.1, 0.8, 0.4, 0.41, 0.1],  # no rise
            [0.1, 0.8, 0.75, 0.9, 0.1],  # no fall
            [0.1, 0.8, 0.64, 0.704, 0.6336],  # each just far enough, but for rounding
        ),
        *(0.2 - 1e-9, 0.1 - 1e-9, 0.1 - 1e-9),
    )
    assert list(found) == list(STATIONS)
    assert found["fall"].tolist() == [True, True, True, True, False, True]
    assert found["rise after the fall"].tolist() == [True, True, False, False, False, True]
    assert found["relapse after the rise"].tolist() == [True, False, False, False, False, True]


least = st.floats(0, 0.5)


@given(st.tuples(least, least, least), st.tuples(least, least, least), st.integers(0, 10**6))
@few
def test_stations_lie_within_each_other_and_shrink_as_thresholds_rise(one, two, seed):
    many = trajectory(*np.random.default_rng(seed).uniform(0.01, 0.99, (200, 5)))
    low, high = np.minimum(one, two), np.maximum(one, two)
    easy, hard = decline.shapes(many, *low), decline.shapes(many, *high)
    assert all((hard[name] <= easy[name]).all() for name in STATIONS)
    for before, after in pairwise(STATIONS):
        assert (easy[after] <= easy[before]).all()


@pytest.mark.parametrize("year", [1988, 2003, 2013, 2024])
def test_a_station_without_its_year_is_refused(year):
    years = [one for one in (1978, 1988, 2003, 2013, 2024) if one != year]
    with pytest.raises(ValueError, match=rf"needs the years \[{year}\]"):
        decline.shapes(trajectory([0.5] * 4, years=years), 0.1, 0.1, 0.1)


def test_changes_of_the_logarithm_are_read_between_their_years():
    years, logs = (1978, 1988, 2003, 2013, 2024, 2100), np.array([0, -1, -3, -2, -4, -9])
    found = decline.outcomes(trajectory(np.exp(logs), years=years))
    assert {name: pytest.approx([value]) for name, value in
            zip(OUTCOMES, (-2, 1, -2, -9), strict=True)} == found  # fmt: skip


def test_support_has_no_part_in_what_came_before_it():
    table = decline.sensitivity(power=6).set_index(["outcome", "parameter"])
    before = table.loc["change 1988 to 2003", "support"]
    assert_allclose(before, 0, atol=1e-9)
    assert table.loc["change 2003 to 2013", "support"].total > 1e-3


def test_a_parameter_explains_no_more_alone_than_with_the_others():
    table = decline.sensitivity(power=8)
    assert len(table) == len(OUTCOMES) * len(RANGES)
    assert (table["first"] - table.first_width <= table.total + table.total_width).all()
    assert (table.total >= 0).all()


def test_indices_are_what_their_definitions_give_on_other_random_numbers():
    count, bins = 16_384, 32
    years, outcome = (1978, 1988, 2003, 2013, 2024, 2100), "change 1988 to 2003"
    draws, others = stories(count, 1), stories(count, 2)

    def change(draws):
        return decline.outcomes(decline.told(draws, years, precision=1e-6))[outcome]

    base = change(draws)
    table = decline.sensitivity(power=9).set_index(["outcome", "parameter"]).loc[outcome]
    for name in ("handicap", "opening", "break_even", "inertia"):
        order = np.argsort(draws[name])
        means = base[order].reshape(bins, -1).mean(axis=1)
        redrawn = change(draws | {name: others[name]})
        found = table.loc[name]
        first, total = means.var() / base.var(), ((base - redrawn) ** 2).mean() / 2 / base.var()
        assert abs(found["first"] - first) < found.first_width + 0.03
        assert abs(found.total - total) < found.total_width + 0.03


def test_the_same_seed_gives_the_same_indices():
    one, again, other = (decline.sensitivity(power=4, seed=seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)


def test_the_percentage_is_that_of_a_count_by_another_solver():
    points = qmc.Sobol(len(RANGES), rng=np.random.default_rng(7)).random(128)
    years, stories_told = [1978, 1988, 2003, 2013, 2024], []
    for point in points:
        d = {
            name: low + part * (high - low)
            for part, (name, (low, high)) in zip(point, RANGES.items(), strict=True)
        }
        p = Parameters(
            fixed_costs=d["break_even"], research_yield=d["strength"] * d["obsolescence"],
            obsolescence=d["obsolescence"], frontier_pace=0.05, inertia=d["inertia"],
            choice=1.0, barrier=d["handicap"] - 0.05 / d["obsolescence"],
        )  # fmt: skip
        moved = {
            "barrier": ramp(1988, 2002, d["opening"]) + ramp(2001, 2007, d["accession"]),
            "market": ramp(1988, 2002, -d["orders_lost"]),
            "producer_subsidy": pulse(2004, 2014, d["support"]),
        }
        held = float(p.barrier) + np.log(d["share"] / (1 - d["share"])) + d["head_start"]
        stories_told.append(simulate(p, years, d["share"], held, 0.0, moved, 1e-8).share)
    start, trough, peak, end = np.array(stories_told).T[1:]
    fell = trough < 0.98 * start
    rose = fell & (peak > 1.002 * trough) & (peak < start)
    relapsed = rose & (end < 0.998 * peak)
    found = decline.generic({"small": (0.02, 0.002, 0.002)}, power=7, seed=7)
    assert found.station.tolist() == list(STATIONS)
    assert_allclose(found.percent, [100 * one.mean() for one in (fell, rose, relapsed)])
    assert 0 < relapsed.sum() < rose.sum() < fell.sum() < 128


def test_the_story_is_rarer_the_more_is_asked_of_it():
    asked = {str(least): (least, least, least) for least in (0.0, 0.05, 0.1, 0.2, 0.4)}
    found = decline.generic(asked, power=9).pivot_table(
        index="threshold", columns="station", values="percent"
    )
    assert (found.diff().dropna() <= 0).all(axis=None)
    assert (found["fall"].diff().dropna() < 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decline.economies({"share": 0.5}), "draws must be of strength, .* they are of sh"),
        (lambda: decline.economies(stories(1, 1) | {"luck": 1.0}), "support, luck|of .*luck"),
        (lambda: decline.pressures(stories(1, 1), ["weather"]), "no pressure weather; there are"),
        (lambda: decline.economies(stories(1, 1, inertia=0)), "inertia must be above 0"),
    ],
)
def test_stories_that_cannot_be_told_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_stations_may_come_in_any_year_of_a_window():
    years = [1988, *range(1998, 2015), 2024]
    shares = np.random.default_rng(5).uniform(0.2, 0.8, (len(years), 400))
    path = decline.Trajectory(np.array(years, float), shares, shares, shares)
    found = decline.shapes(path, 0.1, 0.05, 0.1, trough=(1998, 2008), peak=(1999, 2014))
    for lane, column in enumerate(shares.T):
        at = dict(zip(years, column, strict=True))
        low = min(range(1998, 2009), key=at.get)
        high = max(at[year] for year in range(low + 1, 2015))
        fell = at[low] <= 0.9 * at[1988]
        rose = fell and 1.05 * at[low] <= high < at[1988]
        stations = [fell, rose, rose and at[2024] <= 0.9 * high]
        assert [bool(one[lane]) for one in found.values()] == stations
    assert 20 < found["relapse after the rise"].sum() < 380
