"""What the report asks of the Northeast, asked of any region that a template tells of."""

from collections.abc import Mapping, Sequence
from math import comb

import numpy as np
import pandas as pd

from dongbei import decline, resilience
from dongbei import statistics as st
from dongbei.decline import Path, Posterior
from dongbei.input_output.__main__ import shares as chain_shares
from dongbei.input_output.files import read_table
from dongbei.region.reader import Region
from dongbei.resilience import Design, recovery

MOST_GROUPS = 20_000
"""Groups of places that are all compared; of more, as many are drawn."""

NO_FEEDBACK = {"strength": 0.0, "break_even": 0.5, "support": 0.0, "orders_lost": 0.0}
"""The story without its circle: what is earned, and any support of it, changes nothing."""

LEVELS = (0.05, 0.5, 0.95)

INSIDE, OPTIONS = "mean in a group", "weights in a group"


# ------------------------------------------------------------------------------ the record


def shares(region: Region) -> pd.DataFrame:
    """Return the region's share of the nation in every series of the template.

    Returns
    -------
    pandas.DataFrame
        A series in percent for each indicator and vintage, one below the other, as
        `dongbei.statistics.share` returns it.
    """
    keys = region.sources[["indicator", "vintage"]].itertuples(index=False)
    return pd.concat([_share(region, *key) for key in keys], ignore_index=True)


def chained(region: Region, indicator: str | None = None) -> pd.DataFrame:
    """Return one share of the region, its vintages joined by `dongbei.statistics.chain`.

    Each vintage takes over in its first year, so that every change comes from within one of them;
    levels are those of the last.

    Parameters
    ----------
    region
        A template that was read.
    indicator
        By default the first of its sheet of sources.

    Raises
    ------
    ValueError
        If the template has no such indicator.
    """
    indicator = _indicator(region, indicator)
    vintages = region.sources.loc[region.sources["indicator"] == indicator, "vintage"]
    joined, *later = (_share(region, indicator, one) for one in vintages)
    for newer in later:
        joined = st.chain(joined, newer, link=int(newer["year"].min()))
    return joined


def turns(region: Region, indicator: str | None = None, shortest: int = 5) -> pd.DataFrame:
    """Say when the region's growth beside its nation's changed: breaks of its mean.

    The growth of a share is the region's growth less the nation's, so that a deflator that both
    have in common cancels.

    Parameters
    ----------
    region, indicator
        As of `chained`.
    shortest
        Least number of years between two breaks.

    Returns
    -------
    pandas.DataFrame
        A row for each stretch of the division that LWZ prefers (`recovery.segmentations`):
        ``start`` and ``end`` (years between which the share grew so), ``growth`` of the share
        (percent a year).

    Raises
    ------
    ValueError
        As `chained`, or if there are too few years.
    """
    growth = _growth(region, indicator)
    found = recovery.segmentations(growth, shortest=shortest)
    first = [int(growth.index[0]), *found.loc[found["lwz"].idxmin(), "years"]]
    last = [year - 1 for year in first[1:]] + [int(growth.index[-1])]
    means = [float(growth.loc[a:b].mean()) for a, b in zip(first, last, strict=True)]
    return pd.DataFrame({"start": [year - 1 for year in first], "end": last, "growth": means})


def cycle(region: Region, indicator: str | None = None, least: float | None = None):
    """Return the turning points of the region's growth beside its nation's.

    Parameters
    ----------
    region, indicator
        As of `chained`.
    least
        Smallest movement that counts, points of growth; by default two standard deviations.

    Returns
    -------
    pandas.DataFrame
        As `recovery.turning_points`.
    """
    growth = _growth(region, indicator)
    return recovery.turning_points(growth, 2 * float(growth.std()) if least is None else least)


def after(region: Region, year: int, indicator: str | None = None) -> pd.DataFrame:
    """Measure what became of the share after a year: drop, trough, recovery.

    Parameters
    ----------
    region, indicator
        As of `chained`.
    year
        The last before the shock.

    Returns
    -------
    pandas.DataFrame
        One row, as of `recovery.path_measures`.
    """
    share = chained(region, indicator)
    if not share["year"].min() <= year < share["year"].max():
        raise ValueError(
            f"{year} is not in the series before its last year; it goes from "
            f"{share['year'].min()} to {share['year'].max()}"
        )
    level = share.assign(kind="extensive")
    whole = level.assign(value=100.0, region=region.nation)
    return recovery.path_measures(level, year, int(share["year"].max()), nation=whole)


def _indicator(region: Region, indicator: str | None) -> str:
    known = list(dict.fromkeys(region.sources["indicator"]))
    if indicator is None:
        return known[0]
    if indicator not in known:
        raise ValueError(f"no indicator {indicator!r}; the template has {', '.join(known)}")
    return indicator


def _share(region: Region, indicator: str, vintage: str) -> pd.DataFrame:
    """Return one share as a series of `dongbei.statistics`."""
    about = region.sources.query("indicator == @indicator and vintage == @vintage").iloc[0]
    rows = region.series.query("indicator == @indicator and vintage == @vintage")
    base = rows[["year", "indicator", "vintage"]].assign(
        unit=about["unit"], kind="extensive", source=about["source"]
    )
    part = base.assign(region=region.name, value=rows["region"])
    whole = base.assign(region=region.nation, value=rows["nation"])
    return st.share(part, whole)


def _growth(region: Region, indicator: str | None) -> pd.Series:
    """Return the growth of the share, percent a year, by year."""
    share = chained(region, indicator).set_index("year")["value"]
    return 100 * np.log(share).diff().iloc[1:]


# ------------------------------------------------------------------------------ clusters


def cluster_test(region: Region, draws: int = MOST_GROUPS, seed: int = 0) -> pd.DataFrame:
    """Compare what the region makes with what others make, as far as shares of sectors tell it.

    Parameters
    ----------
    region
        A template whose sheet ``sectors`` is filled.
    draws
        Groups of as many places as the region has members: all are compared if there are no more
        than that, else so many are drawn.
    seed
        Of the draw.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``year``, ``value``, ``typical`` and ``below`` (percent of those compared with
        that have less). Measures: ``dissimilarity of the members`` (mean of their pairs, 0 to 2,
        beside groups of places), ``effective number of industries`` and ``specialisation``
        (dissimilarity to the rest, 0 to 2) of the region as a whole beside single places outside
        it, ``value added, percent of output`` where it is given. The rate's typical value is that
        of the nation, others' are medians.

    Raises
    ------
    ValueError
        If the sheet is blank, or a member has no figures in any year.
    """
    made = _filled(region.sectors, "sectors")
    years = _years_of_all(region, made)
    made = made[made["year"].isin(years)]
    one, nation = _together(made, region.members, region.name), _together(made, None, region.nation)
    others = made[~made["region"].isin(region.members)]
    rows = []
    if len(region.members) > 1:
        rows += _alike(made, region.members, draws, seed)
    for name, measure in (
        ("effective number of industries", st.effective_number),
        ("specialisation", lambda series: st.specialisation(series, nation)),
    ):
        own = measure(one).set_index("year")["value"]
        for year, values in measure(others).groupby("year")["value"]:
            rows.append(_beside(name, year, own[year], values))
    if region.added is not None:
        added = region.added[region.added["year"].isin(years)]
        rate = _rate(added, made)
        mine = _rate(_together(added, region.members, region.name), one)[region.name]
        whole = _rate(_together(added, None, region.nation), nation)[region.nation]
        for year in years:
            values = rate.drop(list(region.members), level="region").xs(year, level="year")
            row = _beside("value added, percent of output", year, mine[year], values)
            rows.append(row | {"typical": float(whole[year])})
    return pd.DataFrame(rows)


def specialities(region: Region) -> pd.DataFrame:
    """Return the location quotients of the region's sectors.

    Returns
    -------
    pandas.DataFrame
        ``sector``, ``year``, ``value``; above 1 the region is specialised in the sector.

    Raises
    ------
    ValueError
        As `cluster_test`.
    """
    made = _filled(region.sectors, "sectors")
    made = made[made["year"].isin(_years_of_all(region, made))]
    own = _together(made, region.members, region.name)
    found = st.location_quotient(own, _together(made, None, region.nation))
    return found[["sector", "year", "value"]].reset_index(drop=True)


def _filled(frame, sheet: str):
    if frame is None:
        raise ValueError(f"the sheet {sheet} of the template is blank: fill it for this step")
    return frame


def _years_of_all(region: Region, made: pd.DataFrame) -> list[int]:
    """Return the years in which every member has figures."""
    count = made[made["region"].isin(region.members)].groupby("year")["region"].nunique()
    years = [int(year) for year in count.index[count == len(region.members)]]
    if not years:
        raise ValueError("in no year have all members figures: fill the sheet sectors for them")
    return years


def _together(made: pd.DataFrame, places: Sequence[str] | None, name: str) -> pd.DataFrame:
    """Add up places, or all of them, by year and sector."""
    rows = made if places is None else made[made["region"].isin(places)]
    constant = {
        key: rows[key].iloc[0] for key in ("unit", "kind", "indicator", "vintage", "source")
    }
    sums = rows.groupby(["year", "sector"], sort=False)["value"].sum().reset_index()
    return sums.assign(region=name, **constant)


def _rate(added: pd.DataFrame, made: pd.DataFrame) -> pd.Series:
    """Return value added in percent of output by place and year."""
    keys = ["region", "year"]
    return 100 * added.groupby(keys)["value"].sum() / made.groupby(keys)["value"].sum()


def _beside(measure: str, year: int, value: float, values: pd.Series) -> dict:
    below = 100 * float((values < value).mean())
    row = {"measure": measure, "year": int(year), "value": float(value)}
    return row | {"typical": float(values.median()), "below": below}


def _alike(made: pd.DataFrame, members: Sequence[str], draws: int, seed: int) -> list[dict]:
    """Compare the members' dissimilarity with that of other groups of their size."""
    rows, size = [], len(members)
    pairs = st.pairwise_dissimilarity(made)
    for year, gaps in pairs.groupby("year"):
        places = list(dict.fromkeys([*gaps["place"], *gaps["other"]]))
        at = {place: n for n, place in enumerate(places)}
        one, two = (gaps[name].map(at).to_numpy() for name in ("place", "other"))
        matrix = np.zeros((len(places), len(places)))
        matrix[one, two] = matrix[two, one] = gaps["value"]
        own = _mean_of_pairs(matrix, np.array([[at[name] for name in members]]))[0]
        if comb(len(places), size) <= draws:
            values = st.group_dissimilarity(made[made["year"] == year], size)["value"]
        else:
            keys = np.random.default_rng(seed).random((draws, len(places)))
            values = pd.Series(_mean_of_pairs(matrix, keys.argsort(axis=1)[:, :size]))
        rows.append(_beside("dissimilarity of the members", year, own, values))
    return rows


def _mean_of_pairs(matrix: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the mean of a symmetric matrix over the pairs of each group, a row of numbers."""
    size = groups.shape[1]
    return matrix[groups[:, :, None], groups[:, None, :]].sum(axis=(1, 2)) / (size * (size - 1))


def value_chains(region: Region) -> pd.DataFrame:
    """Return the participation in value chains from the template's input-output table.

    Returns
    -------
    pandas.DataFrame
        A row for each region of the table and direction, terms in percent of their sum.

    Raises
    ------
    ValueError
        If the template names no table, or the table is wrong.
    """
    if region.table is None:
        raise ValueError("the template names no table: write its file name into sheet region, B4")
    return chain_shares(read_table(region.table))


# ------------------------------------------------------------------------------ the circle


def circle(region: Region, indicator: str | None = None, **sampling) -> Posterior:
    """Sample what a share leaves possible of the vicious circle, with the template's calendar.

    Parameters
    ----------
    region, indicator
        As of `chained`.
    **sampling
        Keywords of `dongbei.decline.posterior`.

    Raises
    ------
    ValueError
        As of `dongbei.decline.posterior`.
    """
    share = chained(region, indicator)
    return decline.posterior(
        share["year"], share["value"], **{"calendar": region.calendar, **sampling}
    )


def compare(fit: Posterior, starts: int = 32, **sampling) -> pd.DataFrame:
    """Compare the circle with its story without feedback and with plain rivals.

    Parameters
    ----------
    fit
        What `circle` returned.
    starts
        Searches for the circle's best point.
    **sampling
        Keywords of `dongbei.decline.posterior` for the story without feedback.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``parameters``, ``log_likelihood`` (at the best point found), ``behind`` (of the
        least corrected criterion), and ``evidence`` of the two stories (log of the mean likelihood
        over their ranges; NaN for the others).
    """
    count, observed = len(fit.years), np.exp(fit.observed)
    free = sum(bool(np.ptp(values)) for values in fit.draws.values())
    _, height = decline.peak(fit.years, observed, starts=starts, calendar=fit.calendar)
    bare = decline.posterior(
        fit.years, observed, NO_FEEDBACK, **{"calendar": fit.calendar, **sampling}
    )
    rows = [
        {
            "model": "the circle",
            "parameters": free + 3,
            "log_likelihood": max(height, float(fit.log_likelihood.max())),
            "evidence": fit.evidence,
        },
        {
            "model": "the same story without feedback",
            "parameters": sum(bool(np.ptp(values)) for values in bare.draws.values()) + 3,
            "log_likelihood": float(bare.log_likelihood.max()),
            "evidence": bare.evidence,
        },
    ]
    rows += [
        {
            "model": one.name,
            "parameters": one.parameters,
            "log_likelihood": one.log_likelihood,
            "evidence": np.nan,
        }
        for one in decline.rivals(fit.years, observed)
    ]
    found = pd.DataFrame(rows)
    criterion = [
        decline.corrected_criterion(row.log_likelihood, row.parameters, count)
        for row in found.itertuples()
    ]
    return found.assign(behind=np.array(criterion) - min(criterion))


def forecast_errors(
    region: Region, cuts: Sequence[int], indicator: str | None = None, **sampling
) -> pd.DataFrame:
    """Return the errors of forecasts from some years on, of the circle and of rivals.

    Parameters
    ----------
    region, indicator
        As of `chained`.
    cuts
        Last years that the models see.
    **sampling
        Keywords of `dongbei.decline.posterior`.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``cut``, ``error``: as of `dongbei.decline.out_of_sample`.
    """
    share = chained(region, indicator)
    sampling = {"calendar": region.calendar, **sampling}
    return pd.DataFrame(decline.out_of_sample(share["year"], share["value"], cuts, **sampling))


def simulate(
    fit: Posterior, policies: Mapping[str, Mapping[str, Path]], until: int
) -> pd.DataFrame:
    """Go on from the fitted state, with and without policies, under the circle.

    Parameters
    ----------
    fit
        What `circle` returned.
    policies
        {name: paths of the loop's parameters}, such as ``{"support": {"producer_subsidy":
        decline.pulse(2026, 2036, 0.2)}}``; they add to the pressures of the calendar.
    until
        Last year.

    Returns
    -------
    pandas.DataFrame
        ``policy`` (``none`` first), ``year``, ``low``, ``middle`` and ``high`` (the 5th, 50th and
        95th percentile of the share, percent), ``change_low``, ``change_middle`` and
        ``change_high`` (of the share, in percent of what it is without, draw by draw).

    Raises
    ------
    ValueError
        If the last year is in the series, a policy is called none, or a path is of no parameter.
    """
    if "none" in policies:
        raise ValueError("none is the name of the run without a policy: choose another")
    last = int(fit.years[-1])
    if until <= last:
        raise ValueError(f"the series ends in {last}: simulate until a later year")
    later = np.arange(last + 1.0, until + 1)
    base = decline.forecasts(fit, later)
    every = np.concatenate([fit.years[:1], later])
    pressures = decline.pressures(fit.draws, calendar=fit.calendar)

    def run(paths):
        paths = decline.added(pressures, paths)
        return np.log(decline.told(fit.draws, every, paths, precision=1e-6).share[1:])

    without = run({})
    frames = []
    for name, paths in {"none": {}, **policies}.items():
        change = run(paths) - without if paths else np.zeros_like(without)
        share = np.quantile(np.exp(base + change), LEVELS, axis=1)
        part = np.quantile(100 * np.expm1(change), LEVELS, axis=1)
        ends = ("low", "middle", "high")
        frames.append(
            pd.DataFrame(
                {"policy": name, "year": later.astype(int)}
                | dict(zip(ends, share, strict=True))
                | {f"change_{end}": values for end, values in zip(ends, part, strict=True)}
            )
        )
    return pd.concat(frames, ignore_index=True)


# ------------------------------------------------------------------------------ the index


def design(region: Region) -> Design:
    """Return the design of an index of the template's indicators.

    Groups count alike, and so do the indicators of a group. Scores go from 1 to 100; missing
    figures are left open: less than half of a group gives no score for it, less than half of the
    groups none at all. What could as well have been done: ranks for sizes, weights by entropy (if
    three places or more have all of every group), geometric means.

    Raises
    ------
    ValueError
        If the sheet ``indicators`` is blank.
    """
    table = _filled(region.indicators, "indicators")
    names = {f"i{n}": name for n, name in enumerate(table)}
    groups = {group: f"g{n}" for n, group in enumerate(dict.fromkeys(region.groups))}
    several = region.groups.value_counts().max() > 1
    choices = {
        "scale": {
            "least and greatest": {"normalisation.method": "minmax"},
            "share of places behind": {"normalisation.method": "percentile rank"},
        }
    }
    full = [table[names].notna().all(axis=1).sum() for _, names in _by_group(region)]
    if several and min(full) >= 3:  # or there is nothing to take weights from
        choices[OPTIONS] = {"equal": {"weights": "equal"}, "by entropy": {"weights": "entropy"}}
    if several:
        choices[INSIDE] = {
            "arithmetic": {"aggregation": "arithmetic"},
            "geometric": {"aggregation": "geometric"},
        }
    if len(groups) > 1:
        choices["mean of the groups"] = {
            name: {"nodes.index.aggregation": name} for name in ("arithmetic", "geometric")
        }
    return Design.model_validate(
        {
            "title": region.name,
            "nodes": {"index": {"aggregation": "arithmetic", "weights": "equal", "coverage": 0.5}}
            | {key: {"parent": "index", "label": name} for name, key in groups.items()},
            "leaves": {
                key: {
                    "parent": groups[region.groups[name]],
                    "direction": int(region.directions[name]),
                    "label": name,
                }
                for key, name in names.items()
            },
            "missing": {"node_coverage": 0.5},
            "normalisation": {"method": "minmax", "low": 1, "high": 100},
            "weights": "equal",
            "choices": choices,
            "noise": {"relative": 0.5, "draws": 200},
        }
    )


def _by_group(region: Region):
    """Give the indicators of each group."""
    return [(group, list(names.index)) for group, names in region.groups.groupby(region.groups)]


def position(region: Region, count: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Rank the places by an index of the template's indicators, and say how sure the rank is.

    Parameters
    ----------
    region
        A template whose sheet ``indicators`` is filled.
    count
        Indices with other choices and other weights.
    seed
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        ``place``, ``member`` (of the region), ``score``, ``rank`` with the design's own choices,
        ``low``, ``middle`` and ``high`` (percentiles of the rank over the indices), a row for each
        place that has a score, best first.

    Raises
    ------
    ValueError
        As of `design` and `dongbei.resilience.replications`.
    """
    plan = design(region)
    table = region.indicators.set_axis([f"i{n}" for n in range(region.indicators.shape[1])], axis=1)
    found = resilience.index(plan, table)
    spread = resilience.rank_intervals(
        resilience.replications(plan, table, count=count, seed=seed), LEVELS
    )
    places = table.index
    frame = pd.DataFrame(
        {
            "place": places,
            "member": places.isin(region.members),
            "score": found.scores[plan.root].reindex(places).to_numpy(),
            "rank": found.ranks[plan.root].reindex(places).to_numpy(),
            **{
                end: spread[f"{level:g}"].reindex(places).to_numpy()
                for end, level in zip(("low", "middle", "high"), LEVELS, strict=True)
            },
        }
    )
    return frame.dropna().sort_values("rank", kind="stable").reset_index(drop=True)
