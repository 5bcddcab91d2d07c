"""Many futures under many programmes: what is uncertain, what is tried, and runs of any length.

Ranges are ours, wide enough for any reading of the documents that we could think of, and without a
claim that their insides are equally likely. Those of the loop are those of `dongbei.decline.story`,
whose units they share: advantages are logits there, money is margins of the first market. A choice
and a margin turn them into prices and sales here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import qmc

from dongbei import chunks
from dongbei.decline import Parameters, told
from dongbei.decline.story import FRONTIER, RANGES
from dongbei.policy.levers import Measure, Programme, table
from dongbei.policy.simulation import Economy, Outcomes, shocks, simulate

RESEARCH_SHARE = 0.5
"""Of profit; only its product with the yield of research matters, which is a range."""


@dataclass(frozen=True)
class Range:
    """What is uncertain, between which ends, and why those.

    Attributes
    ----------
    low, high
        Ends.
    meaning, reason
        What it is, with its unit, and why the range is what it is.
    logarithmic
        Whether draws are even in its logarithm.
    """

    low: float
    high: float
    meaning: str
    reason: str
    logarithmic: bool = False

    def at(self, part: NDArray) -> NDArray:
        """Return the value at a part of the way from the low to the high end."""
        if self.logarithmic:
            return self.low * (self.high / self.low) ** part
        return self.low + (self.high - self.low) * part


UNCERTAINTIES = {
    "strength": Range(
        *RANGES["strength"], "gain of the loop, logits", "as in the story of the decline",
    ),
    "break_even": Range(
        *RANGES["break_even"], "share that pays for research only just", "as in the story",
    ),
    "obsolescence": Range(
        *RANGES["obsolescence"], "rate at which a lead is lost, per year", "as in the story",
    ),
    "inertia": Range(
        0.02, RANGES["inertia"][1], "rate at which the market moves, per year",
        "as in the story, but no slower than half a lifetime: programmes are judged in decades",
    ),
    "handicap": Range(
        *RANGES["handicap"], "logit that a share without research falls to, with its sign changed",
        "as in the story",
    ),
    "share": Range(
        0.05, 0.5, "share today",
        "of a market in which the region competes: from nearly out of it to half of it",
    ),
    "head_start": Range(
        *RANGES["head_start"], "logit by which knowledge exceeds what would hold today's share",
        "as in the story: falling or rising when the programme starts",
    ),
    "rival_strength": Range(
        0.0, 2.0, "advantage that rivals have learnt by selling, logits of a first market",
        "from none to two fifths of the loop's strongest gain over the middle of its range",
    ),
    "choice": Range(
        1.0, 8.0, "logits that a log of the price is worth to buyers",
        "price elasticities of demand for one origin's goods lie between about 1 and 8", True,
    ),
    "margin": Range(
        0.1, 0.4, "profit per unit of sales before fixed costs", "gross margins of industry",
    ),
    "leakage": Range(
        0.0, 0.6, "part of support for producers that does not reach profit", "not measured",
    ),
    "pass_through": Range(
        0.5, 1.0, "part of support for users that lowers their price", "the rest raises prices",
    ),
    "crowding_out": Range(
        0.0, 0.7, "part of research support that replaces the firms' own",
        "studies of research grants find from none to most of it",
    ),
    "delivery": Range(
        0.2, 1.0, "part of an announced opening within the country that comes about",
        "barriers are taken down by those whom they serve",
    ),
    "room": Range(
        5.0, 500.0, "fixed costs of a supplier that the whole market would pay",
        "from too small for any chain to one of dozens of firms a stage", True,
    ),
    "price_room": Range(
        0.2, 0.8, "part of the highest price that is not unit cost", "not measured",
    ),
    "entry": Range(
        0.05, 0.5, "most that suppliers can grow or shrink by, per year",
        "net entry beyond half a year's stock of firms has no example that we know of",
    ),
    "cluster_weight": Range(
        0.0, 1.0, "part of the chain's price advantage that reaches buyers", "not measured",
    ),
    "foreign_market": Range(
        0.0, 0.5, "sales that opening to the world adds, first markets", "not measured",
    ),
    "foreign_rivals": Range(
        0.0, 1.0, "advantage that it gives to rivals, logits", "as the story's accession, halved",
    ),
    "foreign_knowledge": Range(
        0.0, 0.02, "knowledge that comes with it, per year", "at most the frontier's own pace",
    ),
    "hit_gap": Range(
        5.0, 40.0, "years from one broken chain to the next", "1997, 2008, 2020, and rarer",
    ),
    "hit_size": Range(
        0.0, 0.3, "part of sales that a broken chain takes in a year",
        "from none to nearly three times the worst single product of 2017",
    ),
    "hit_phase": Range(
        0.0, 1.0, "part of a gap that has passed on the first day", "by its definition",
    ),
    "opening_cost": Range(
        0.0, 0.05, "yearly cost of opening one first market, or a barrier of one log of price",
        "losses of those who were protected, paid out; not measured",
    ),
    "foreign_cost": Range(0.0, 0.02, "yearly cost of opening to the world in full", "the same"),
    "reform_cost": Range(
        0.0, 0.04, "yearly cost of reforming state firms in full", "staff who leave; not measured",
    ),
    "relief_cost": Range(
        0.0, 0.5, "what a social duty costs the state beyond what it cost the firm", "not measured",
    ),
    "stock_cost": Range(
        0.0, 0.05, "yearly cost of second sources in full, part of sales",
        "interest and storage of stocks of some months; dearer second suppliers",
    ),
}  # fmt: skip
"""Name -> range. Rates and parts are those of `dongbei.policy.model`."""

OPENINGS = {"internal_market": 0.3, "internal_barriers": 0.1}
ALONE = {
    "producer_subsidy": 0.02,
    "user_subsidy": 0.1,
    "user_subsidy_incremental": 0.2,
    "internal_market": 0.3,
    "internal_barriers": 0.1,
    "external_opening": 1.0,
    "social_relief": 0.3,
    "reform": 0.5,
    "research_support": 0.02,
    "cluster_building": 0.3,
    "second_sources": 0.5,
}
"""Intensity of each lever when it is pulled alone; illustrative, as large as a plan might have it.

Support of producers and of research is two percent of the first market's sales a year, and support
of users about as much where the share is two tenths. What is to be opened, reformed or secured is
limited by what there is.
"""
NAMES = {
    "producer_subsidy": "producers",
    "user_subsidy": "users",
    "user_subsidy_incremental": "users' new sales",
    "internal_market": "home market",
    "internal_barriers": "barriers",
    "external_opening": "foreign opening",
    "social_relief": "social duties",
    "reform": "reform",
    "research_support": "research",
    "cluster_building": "clusters",
    "second_sources": "second sources",
}
"""Lever -> its name in tables and figures."""
TEMPORARY = 10
"""Years of a temporary programme."""


def _together(name: str, levers: Mapping[str, float], begin=0, end=np.inf) -> Programme:
    return Programme(name, {one: Measure(size, begin, end) for one, size in levers.items()})


def _joined(name: str, *programmes: Programme) -> Programme:
    return Programme(name, {k: v for one in programmes for k, v in one.measures.items()})


def programmes() -> list[Programme]:
    """Return the thirty programmes of the report.

    To do nothing; each lever alone, for ten years and for good; and what documents have in mind,
    read as levers: support as it was since 2003 (told by 004), users with opening within the
    country (001) and research (no document's mixture), opening within and then to the world (000
    and 001), and the other way round, clusters in one market with reform (002), secure chains (003
    and 004), and a quarter of every lever (the several fronts of one expert of 004; another warns
    against it). Support of users is for all sales in them.
    """
    single = {name: _together(name, {name: size}) for name, size in ALONE.items()}
    temporary = [
        Programme(f"{NAMES[name]}, {TEMPORARY} y", one.during(0, TEMPORARY).measures)
        for name, one in single.items()
    ]
    permanent = [
        Programme(f"{NAMES[name]}, for good", one.measures) for name, one in single.items()
    ]
    world = {"external_opening": 1.0}
    support = {"producer_subsidy": 0.02, "social_relief": 0.3, "reform": 0.25}
    users = {"user_subsidy": 0.1, "research_support": 0.01}
    own = [
        _together("past support (004)", support, 0, TEMPORARY),
        _joined(
            "users, research, inward",
            _together("", OPENINGS), _together("", users, 0, TEMPORARY),
        ),
        _joined(
            "inward, then outward (001)", _together("", OPENINGS), _together("", world, TEMPORARY),
        ),
        _joined(
            "outward, then inward", _together("", OPENINGS, TEMPORARY), _together("", world),
        ),
        _together(
            "clusters (002)", {"cluster_building": 0.3, "reform": 0.25, "internal_barriers": 0.1}
        ),
        _together(
            "secure chains (003, 004)",
            {"second_sources": 0.5, "research_support": 0.02, "cluster_building": 0.15},
        ),
        _together(
            "a quarter of all",
            {name: size / 4 for name, size in ALONE.items() if name != "user_subsidy_incremental"},
        ),
    ]  # fmt: skip
    return [Programme("nothing"), *temporary, *permanent, *own]


def scenarios(part: slice, seed: int = 2025) -> dict[str, NDArray]:
    """Draw some of an endless list of futures, a scrambled Sobol sequence.

    Parameters
    ----------
    part
        Which: ``slice(0, 1000)`` are the first thousand. A future is the same in any slice.
    seed
        Of the sequence.

    Returns
    -------
    dict
        {name of `UNCERTAINTIES`: shape (n,)}.
    """
    if not 0 <= part.start < part.stop:
        raise ValueError(f"futures are numbered from 0, rising; asked for {part}")
    sequence = qmc.Sobol(len(UNCERTAINTIES), rng=np.random.default_rng(seed))
    if part.start:
        sequence.fast_forward(part.start)
    count = part.stop - part.start
    points = sequence.random(1 << (count - 1).bit_length())[:count]  # a power of two: no warning
    return {
        name: one.at(column)
        for (name, one), column in zip(UNCERTAINTIES.items(), points.T, strict=True)
    }


def economies(draws: Mapping[str, NDArray]) -> Economy:
    """Return the economies of futures.

    Raises
    ------
    ValueError
        If a name is missing or unknown, or a number is none that the model can take (it may be
        outside of `UNCERTAINTIES`).
    """
    if set(draws) != set(UNCERTAINTIES):
        odd = sorted(set(draws) ^ set(UNCERTAINTIES))
        raise ValueError(f"draws must be of all uncertainties and no others; look at {odd}")
    d = {name: np.asarray(value, float) for name, value in draws.items()}
    choice, margin, share = d["choice"], d["margin"], d["share"]
    rivals = d["rival_strength"] / choice * (1 - share)  # at rest with today's share
    barrier = d["handicap"] / choice - FRONTIER / d["obsolescence"] - rivals
    loop = Parameters(
        fixed_costs=d["break_even"] * margin,
        margin=margin,
        research_share=RESEARCH_SHARE,
        research_yield=np.maximum(d["strength"], 1e-12)
        * d["obsolescence"]
        / (RESEARCH_SHARE * margin * choice),
        obsolescence=d["obsolescence"],
        frontier_pace=FRONTIER,
        choice=choice,
        inertia=d["inertia"],
        barrier=barrier,
        leakage=d["leakage"],
        rival_yield=d["rival_strength"] / choice * d["obsolescence"],
        rival_obsolescence=d["obsolescence"],
    )
    same = (
        "room", "price_room", "entry", "cluster_weight", "pass_through", "delivery",
        "foreign_market", "foreign_knowledge", "crowding_out", "opening_cost", "foreign_cost",
        "reform_cost", "relief_cost", "stock_cost",
    )  # fmt: skip
    return Economy(
        loop,
        share=share,
        knowledge=(logit(share) + d["head_start"]) / choice + barrier + rivals,
        rivals=rivals,
        foreign_rivals=d["foreign_rivals"] / choice,
        **{name: d[name] for name in same},
    )


def futures(
    draws: Mapping[str, NDArray], tried: Sequence[Programme], years: int = 60, **run
) -> Outcomes:
    """Simulate programmes in futures, with their shocks; keywords as of `simulation.simulate`."""
    hits = shocks(years, draws["hit_gap"], draws["hit_phase"], draws["hit_size"])
    return simulate(economies(draws), tried, years, hits, **run)


def after(story: Mapping[str, NDArray], draws: Mapping[str, NDArray], year: float = 2024.0) -> dict:
    """Put the loop of futures where a history has led.

    Parameters
    ----------
    story
        {name of `dongbei.decline.story.RANGES`: shape (n,)}, such as draws of a posterior.
    draws
        Futures, shape (n,), for all that the history does not tell.
    year
        The first day of the programmes.

    Returns
    -------
    dict
        As of `scenarios`.
    """
    run = told(story, [1978.0, year])
    market = 1 - story["orders_lost"]
    handicap = story["handicap"] + story["opening"] + story["accession"]
    share, knowledge = run.share[-1], run.knowledge[-1]
    holds = logit(share) + handicap - FRONTIER / story["obsolescence"]
    return dict(draws) | {
        "strength": story["strength"] * market,
        "break_even": story["break_even"] / market,
        "obsolescence": story["obsolescence"],
        "inertia": story["inertia"],
        "handicap": handicap,
        "share": share,
        "head_start": knowledge - holds,
        "rival_strength": np.zeros_like(share),
    }


def run(
    count: int,
    folder: str | Path,
    tried: Sequence[Programme],
    *,
    years: int = 60,
    seed: int = 2025,
    size: int = 1024,
    each: chunks.Each = map,
    progress: bool = True,
) -> None:
    """Simulate programmes in many futures, chunk by chunk, into a folder of Parquet files.

    Each chunk has a row per future, a column per programme and outcome. Engines, resuming and
    errors are those of `dongbei.chunks.run`.

    Parameters
    ----------
    count
        Futures.
    folder, each, progress
        As of `dongbei.chunks.run`.
    tried
        Programmes, of different names.
    years, seed
        As of `futures` and `scenarios`.
    size
        Futures of a chunk.
    """
    names = [one.name for one in tried]
    if len(set(names)) < len(names):
        raise ValueError("programmes must have different names: the results are told apart by them")
    measures = table(tried).replace(np.inf, None)
    defines = {
        "years": years,
        "seed": seed,
        "programmes": names,
        "measures": measures.to_dict("split")["data"],
        "ranges": {name: [one.low, one.high] for name, one in UNCERTAINTIES.items()},
    }
    chunks.run(
        _Chunk(tuple(tried), years, seed), count, folder,
        size=size, version="1", defines=defines, each=each, progress=progress,
    )  # fmt: skip


KEPT = ("share", "knowledge", "lowest", "sales", "cost", "hit")
"""Outcomes that are kept in files."""


@dataclass(frozen=True)
class _Chunk:
    """The outcomes of a slice of futures, as a frame; a class, so that any engine can send it."""

    tried: tuple[Programme, ...]
    years: int
    seed: int

    def __call__(self, part: slice) -> pd.DataFrame:
        found = futures(scenarios(part, self.seed), self.tried, self.years)
        return pd.DataFrame(
            {
                f"{outcome}: {one.name}": getattr(found, outcome)[:, place]
                for outcome in KEPT
                for place, one in enumerate(self.tried)
            }
        )
