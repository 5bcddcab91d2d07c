"""The documents' story as paths of the loop: what pressed on it when, and over which ranges.

The calendar is ours where the documents have none: they date the coastal strategy (1988), accession
(2001) and the revitalisation (since 2004), but no end of the support and no length of the others.
Ranges are ours: wide enough for any reading of the documents that we could think of, and without a
claim that their insides are equally likely. Units are those in which the loop can be told from data
at all: margin, research share, choice and the first market are 1, so that advantages are logits and
money is margins of the first year's market.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from dongbei.decline.ensemble import simulate_many
from dongbei.decline.parameters import Parameters
from dongbei.decline.paths import Path, pulse, ramp
from dongbei.decline.simulation import Trajectory

RANGES = {
    "strength": (0.0, 10.0),
    "break_even": (0.02, 0.9),
    "obsolescence": (0.05, 0.6),
    "inertia": (0.005, 1.0),
    "handicap": (-2.0, 3.0),
    "share": (0.1, 0.9),
    "head_start": (-1.5, 1.5),
    "opening": (0.0, 3.0),
    "orders_lost": (0.0, 0.4),
    "accession": (0.0, 2.0),
    "support": (0.0, 0.4),
}
"""Lowest and highest value of each parameter of the story.

``strength`` is the gain of the loop, βκ; ``break_even`` the share that pays for research only just;
``handicap`` the logit that a share without research falls to, with its sign changed; ``share`` and
``head_start`` the share at the start and the logit by which its knowledge exceeds what would hold
it there. ``opening`` is what the coast's learning adds to the barrier from 1988 to 2002 and
``orders_lost`` the part of the market that turns abroad meanwhile; ``accession`` what imported
equipment adds from 2001 to 2007; ``support`` what arrives of the subsidies of 2004 to 2013. These
are the years of `CALENDAR`.
"""

PRESSURES = ("opening", "accession", "support")
"""What presses on the loop from outside, in the order of the documents."""

CALENDAR = {"opening": (1988.0, 2002.0), "accession": (2001.0, 2007.0), "support": (2004.0, 2014.0)}
"""First day and the day after the last of each pressure, for the Northeast.

Another region has a calendar of its own: other days, or fewer pressures.
"""

FRONTIER = 0.02
"""Pace of the frontier; any other moves the zero of knowledge and nothing else."""


def economies(draws: Mapping[str, ArrayLike]) -> tuple[Parameters, NDArray, NDArray]:
    """Return the parameters of the loop, and the shares and knowledge at the start.

    Parameters
    ----------
    draws
        {name of `RANGES`: numbers of shape (n,)}.

    Raises
    ------
    ValueError
        If a name is missing or unknown, or a number is none that the loop can take (it may be
        outside of `RANGES`).
    """
    if set(draws) != set(RANGES):
        raise ValueError(f"draws must be of {', '.join(RANGES)}; they are of {', '.join(draws)}")
    d = {name: np.asarray(value, float) for name, value in draws.items()}
    barrier = d["handicap"] - FRONTIER / d["obsolescence"]
    parameters = Parameters(
        fixed_costs=d["break_even"],
        research_yield=np.maximum(d["strength"], 1e-12) * d["obsolescence"],
        obsolescence=d["obsolescence"],
        frontier_pace=FRONTIER,
        choice=1.0,
        inertia=d["inertia"],
        barrier=barrier,
    )
    return parameters, d["share"], logit(d["share"]) + barrier + d["head_start"]


def pressures(
    draws: Mapping[str, ArrayLike],
    kept: Sequence[str] | None = None,
    calendar: Mapping[str, tuple[float, float]] = CALENDAR,
) -> dict[str, Path]:
    """Return the paths of the parameters under some of the pressures, by parameter.

    Parameters
    ----------
    draws
        {name of `RANGES`: numbers of shape (n,)}.
    kept
        Names of pressures; by default all of the calendar.
    calendar
        {pressure: start and end}. The opening and the accession grow from one to the other and
        then stay, the support is there in between.

    Raises
    ------
    ValueError
        If a pressure is unknown or not in the calendar, or does not start before it ends.
    """
    check_calendar(calendar)
    kept = list(calendar) if kept is None else kept
    if unknown := [name for name in kept if name not in calendar]:
        raise ValueError(f"no pressure {', '.join(unknown)}; there are {', '.join(calendar)}")
    paths = {}
    for name in kept:
        span = calendar[name]
        if name == "opening":
            lost = -np.asarray(draws["orders_lost"], float)
            paths[name] = {"barrier": ramp(*span, draws[name]), "market": ramp(*span, lost)}
        elif name == "accession":
            paths[name] = {"barrier": ramp(*span, draws[name])}
        else:
            paths[name] = {"producer_subsidy": pulse(*span, draws[name])}
    return added(*paths.values())


def tied_support(
    draws: Mapping[str, ArrayLike],
    span: tuple[float, float] = CALENDAR["support"],
    until: float = 2024.0,
) -> dict[str, Path]:
    """Return the path of the support if it must be spent on research, in place of the free one.

    Tied money b adds ηb to the growth of knowledge whatever the profit is: see the `model` of this
    room. Knowledge is linear in it, so it is the path of a lower barrier: by (ηb/δ)(1 - exp(-δt))
    after t years of it, ageing at the rate δ from its last day on. Knots stand half a year apart.

    Parameters
    ----------
    draws
        {name of `RANGES`: numbers of shape (n,)}.
    span
        First day and the day after the last.
    until
        Last year that is asked for; the path stays as it is from then on.

    Raises
    ------
    ValueError
        If the support does not start before it ends, or the last year is before its end.
    """
    start, end = span
    check_calendar({"support": span})
    if not until >= end:
        raise ValueError(f"the support ends in {end:g}, after the last year, {until:g}")
    strength, rate, money = (
        np.asarray(draws[name], float) for name in ("strength", "obsolescence", "support")
    )
    years = np.unique([*np.arange(start, until, 0.5), end, until])
    paid, since = np.minimum(years, end) - start, np.maximum(years - end, 0)
    each = years.shape + (1,) * np.broadcast(strength, rate, money).ndim
    paid, since = paid.reshape(each), since.reshape(each)
    lead = strength * money * -np.expm1(-rate * paid) * np.exp(-rate * since)
    return {"barrier": Path(years, -lead)}


def check_calendar(calendar: Mapping[str, tuple[float, float]]) -> None:
    """Refuse a calendar with an unknown pressure, or one that does not start before it ends."""
    for name, (start, end) in calendar.items():
        if name not in PRESSURES:
            raise ValueError(f"no pressure {name}; there are {', '.join(PRESSURES)}")
        if not -np.inf < start < end < np.inf:
            raise ValueError(
                f"the {name} must start before it ends; its years are {start:g} and {end:g}"
            )


def added(*scenarios: Mapping[str, Path]) -> dict[str, Path]:
    """Add up paths by parameter."""
    total: dict[str, Path] = {}
    for scenario in scenarios:
        for name, path in scenario.items():
            total[name] = total[name] + path if name in total else path
    return total


def told(
    draws: Mapping[str, ArrayLike],
    years: ArrayLike,
    paths: Mapping[str, Path] | None = None,
    calendar: Mapping[str, tuple[float, float]] = CALENDAR,
    **run,
) -> Trajectory:
    """Simulate the story for many economies, the first year being that of the start.

    Parameters
    ----------
    draws
        {name of `RANGES`: numbers of shape (n,)}.
    years
        Shape (t,).
    paths
        What happens from outside, if not all of `pressures`.
    calendar
        When the pressures are, if no paths are given.
    **run
        Further keywords of `simulate_many`.
    """
    parameters, share, knowledge = economies(draws)
    paths = pressures(draws, calendar=calendar) if paths is None else paths
    return simulate_many(parameters, years, share, knowledge, paths=paths, **run)


def shapes(
    trajectory: Trajectory,
    fall: float,
    rise: float,
    relapse: float,
    trough: tuple[int, int] = (2003, 2003),
    peak: tuple[int, int] = (2013, 2013),
) -> dict[str, NDArray]:
    """Tell which economies go through the stations of the story, one after the other.

    Parameters
    ----------
    trajectory
        With 1988, 2024 and every year of the two windows.
    fall, rise, relapse
        Least part of the share that is lost from 1988 to the trough, won from then to the peak and
        lost again from then to 2024. A rise that reaches the share of 1988 is none of this story.
    trough, peak
        First and last year in which the least share is looked for, and the greatest after it.

    Returns
    -------
    dict
        {"fall": ..., "rise after the fall": ..., "relapse after the rise": ...}, each of shape (n,)
        and within the one before.

    Raises
    ------
    ValueError
        If a year is not in the trajectory.
    """
    years = list(trajectory.years)
    spans = [range(first, last + 1) for first, last in (trough, peak)]
    if missing := sorted({1988, 2024, *spans[0], *spans[1]} - set(years)):
        raise ValueError(f"the trajectory needs the years {missing}")
    start, end = (trajectory.share[years.index(year)] for year in (1988, 2024))
    at_trough, at_peak = ([years.index(year) for year in span] for span in spans)
    lows = trajectory.share[at_trough]
    least, when = lows.min(axis=0), np.array(spans[0])[lows.argmin(axis=0)]
    later = np.array(spans[1])[:, None] > when
    most = np.where(later, trajectory.share[at_peak], -np.inf).max(axis=0)
    fell = least <= (1 - fall) * start
    rose = fell & (most >= (1 + rise) * least) & (most < start)
    return {
        "fall": fell,
        "rise after the fall": rose,
        "relapse after the rise": rose & (end <= (1 - relapse) * most),
    }
