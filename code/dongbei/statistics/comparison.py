"""Shares, growth, ranks, index numbers, and the chaining of two vintages."""

import pandas as pd

from dongbei.statistics.aggregation import regional_sum, sum_of_provinces
from dongbei.statistics.series import (
    check,
    derived,
    place_column,
    sources_of,
    the,
    where,
    year_spans,
)

NATION = "China"
LINKS = "previous year = 100"  # the unit of an index whose values are links of a chain


def share(part, whole):
    """Return the share of each place in a whole, in percent.

    Parameters
    ----------
    part : pandas.DataFrame
        Series of an extensive indicator, by province or region.
    whole : pandas.DataFrame
        The same indicator with one value per year: ``sum_of_provinces(...)``, the sum of a region,
        or ``national(...)`` for the nation's own figure.

    Returns
    -------
    pandas.DataFrame
        The series `part` in percent, and the column ``whole``, which names the denominator and the
        provinces it lacks. Only the nation's own figure may have another vintage; the result's
        vintage then names both.

    Raises
    ------
    ValueError
        If indicator, unit or vintage differ, the whole has several values in a year, is zero, or
        lacks a year of the part.
    """
    check(part)
    check(whole)
    place = place_column(whole)
    if the(part, "kind") != "extensive":
        raise ValueError(
            f"{the(part, 'indicator')} is intensive and is no part of a whole: take the share of"
            " the extensive indicator behind it, or ratio() to compare"
        )
    _same(part, whole, "indicator", "unit")
    vintage = the(part, "vintage")
    if set(whole[place]) != {NATION}:
        _same(part, whole, "vintage")
    elif the(whole, "vintage") != vintage:
        vintage = f"{vintage} / {the(whole, 'vintage')}"
    if whole["year"].duplicated().any():
        raise ValueError("the whole must have one value per year: sum_of_provinces() or national()")
    absent = set(part["year"]) - set(whole["year"])
    if absent:
        raise ValueError(f"the whole has no figures for {year_spans(absent)}: choose other years")
    if (whole["value"] == 0).any():
        raise ValueError(f"the whole is zero {where(whole[whole['value'] == 0])}")
    whole = whole.set_index("year")
    lacking = whole["missing"] if "missing" in whole else pd.Series("", index=whole.index)
    names = whole[place] + lacking.where(lacking == "", " without " + lacking)
    return derived(
        part,
        value=100 * part["value"] / part["year"].map(whole["value"]),
        unit="percent",
        kind="intensive",
        indicator=f"share of {the(part, 'indicator')}",
        vintage=vintage,
        source=sources_of(part, whole),
        whole=part["year"].map(names),
    )


def regional_share(series, groups=None, *, missing="error"):
    """Return the share of each region in the sum of all provinces, in percent.

    Short for ``share(regional_sum(series, groups), sum_of_provinces(series))``; parameters and
    errors are theirs.
    """
    whole = sum_of_provinces(series, missing=missing)
    return share(regional_sum(series, groups, missing=missing), whole)


def growth(series, *, years=1):
    """Return the growth of each place over a number of years, as an average annual rate.

    Parameters
    ----------
    series : pandas.DataFrame
        A series of positive levels.
    years : int
        Length of the span. The rate is ``(v[t] / v[t - years]) ** (1 / years) - 1``.

    Returns
    -------
    pandas.DataFrame
        The series in percent per year. A year without a figure `years` earlier has no row; see
        `breaks` for what lies inside the span.

    Raises
    ------
    ValueError
        If values are not positive, the series is a chain index already, no span fits, or a region
        lacks other provinces at one end than at the other.
    """
    _levels(series)
    if years < 1:
        raise ValueError(f"years must be 1 or more, not {years}")
    place = place_column(series)
    earlier = series[[place, "year", "value"]].assign(year=series["year"] + years)
    if "missing" in series:
        earlier["missing_before"] = series["missing"]
    joined = series.merge(earlier, on=[place, "year"], suffixes=("", "_before"))
    if joined.empty:
        raise ValueError(f"no place has two figures {years} years apart")
    if "missing" in series:
        _same_members(joined, joined.pop("missing_before"))
    rate = (joined["value"] / joined.pop("value_before")) ** (1 / years) - 1
    return derived(
        joined,
        value=100 * rate,
        unit="percent per year",
        kind="intensive",
        indicator=f"growth of {the(series, 'indicator')}",
    )


def index_number(series, base):
    """Return each place's series relative to its own value in a base year.

    Parameters
    ----------
    series : pandas.DataFrame
        A series of positive levels.
    base : int
        The year that becomes 100.

    Raises
    ------
    ValueError
        If a place has no figure in the base year, values are not positive, a region lacks other
        provinces than in the base year, or the series is a chain index (see `cumulative_index`).
    """
    _levels(series)
    if "missing" in series:
        _same_members(series, _in_year(series, base, "missing"))
    return derived(
        series,
        value=100 * series["value"] / _positive(_in_year(series, base)),
        unit=f"{base} = 100",
        kind="intensive",
        indicator=f"index of {the(series, 'indicator')}",
    )


def cumulative_index(series, base):
    """Return the level that an index with the previous year as 100 adds up to.

    Parameters
    ----------
    series : pandas.DataFrame
        A series in ``previous year = 100``, such as ``gdp_index_real``.
    base : int
        The year that becomes 100; it may be the year before the first.

    Returns
    -------
    pandas.DataFrame
        One row more per place than the series has: the year before the first.

    Raises
    ------
    ValueError
        If the series has another unit, a year is missing inside it, or the base is outside.
    """
    check(series)
    place = place_column(series)
    if the(series, "unit") != LINKS:
        raise ValueError(f"the series is in {the(series, 'unit')}, not in {LINKS}: index_number()")
    years = series.groupby(place)["year"]
    if (years.max() - years.min() + 1 != years.size()).any():
        raise ValueError("the chain breaks where a year is missing: choose years without a gap")
    first = series.loc[years.idxmin()]
    start = first.assign(year=first["year"] - 1, value=100.0)
    links = pd.concat([start, series]).sort_values("year", kind="stable")
    level = links.assign(value=(links["value"] / 100).groupby(links[place]).cumprod())
    order = {name: n for n, name in enumerate(series[place].unique())}
    level = level.sort_values(place, key=lambda names: names.map(order), kind="stable")
    return derived(
        level,
        value=100 * level["value"] / _positive(_in_year(level, base)),
        unit=f"{base} = 100",
        indicator=f"index of {the(series, 'indicator')}",
    )


def rank(series, *, ties, largest_first=True):
    """Rank the places within each year.

    Parameters
    ----------
    series : pandas.DataFrame
        Any series.
    ties : {"min", "max", "average", "dense"}
        The rank that equal values get: the best of theirs, the worst, their mean, or the best
        without leaving ranks out afterwards.
    largest_first : bool
        Whether rank 1 is the largest value; if not, it is the smallest (rank 1 = last place).

    Returns
    -------
    pandas.DataFrame
        The series with the rank as value, and the column ``of``: how many places were ranked.

    Raises
    ------
    ValueError
        If `ties` is something else.
    """
    check(series)
    if ties not in ("min", "max", "average", "dense"):
        raise ValueError(f'ties must be "min", "max", "average" or "dense", not {ties!r}')
    by_year = series.groupby("year")["value"]
    return derived(
        series,
        value=by_year.rank(method=ties, ascending=not largest_first),
        unit="rank",
        kind="intensive",
        indicator=f"rank by {the(series, 'indicator')}",
        of=by_year.transform("size"),
    )


def chain(older, newer, *, link):
    """Join two vintages of one indicator by a ratio splice.

    From the link year on the result is `newer`; before it, `older` times the ratio of the two in
    the link year, place by place. This keeps the growth rates of both and is a construction, not a
    publication: the sum of chained provinces is not the chained sum.

    Parameters
    ----------
    older, newer : pandas.DataFrame
        Series of the same indicator and unit in different vintages.
    link : int
        A year that both have.

    Returns
    -------
    pandas.DataFrame
        A series whose vintage says what was chained, such as
        ``pre_census4 chained to census4 at 2004``.

    Raises
    ------
    ValueError
        If indicator or unit differ, the vintages do not, a place lacks the link year in either, or
        a link value is not positive.
    """
    check(older)
    check(newer)
    _same(older, newer, "indicator", "unit")
    if place_column(older) != place_column(newer):
        raise ValueError("chain provinces to provinces or regions to regions")
    if the(older, "vintage") == the(newer, "vintage"):
        raise ValueError(f"both series are {the(older, 'vintage')}: there is nothing to chain")
    if the(older, "unit") == LINKS:
        raise ValueError(f"a series in {LINKS} has no level to chain: cumulative_index() first")
    place = place_column(older)
    common = set(older["year"]) & set(newer["year"])
    if link not in common:
        overlap = f"they share {year_spans(common)}" if common else "they share no year"
        raise ValueError(f"both series need the link year {link}; {overlap}")
    if set(older[place]) != set(newer[place]):
        names = sorted(set(older[place]) ^ set(newer[place]))
        raise ValueError(f"only one of the two series has {', '.join(names)}: keep what both have")
    factor = _positive(_in_year(newer, link, by=older[place])) / _positive(_in_year(older, link))
    early = older.assign(value=older["value"] * factor)[older["year"] < link]
    joined = pd.concat([early, newer[newer["year"] >= link]])
    order = {name: n for n, name in enumerate(newer[place].unique())}
    joined = joined.sort_values("year", kind="stable")
    return derived(
        joined.sort_values(place, key=lambda names: names.map(order), kind="stable"),
        vintage=f"{the(older, 'vintage')} chained to {the(newer, 'vintage')} at {link}",
        source=sources_of(older, newer),
    )


def _levels(series):
    """Check that a series has levels whose ratios mean something."""
    check(series)
    if the(series, "unit") == LINKS:
        raise ValueError(
            f"{the(series, 'indicator')} is in {LINKS}, so it is growth already: for levels take"
            " cumulative_index()"
        )
    low = series[series["value"] <= 0]
    if not low.empty:
        raise ValueError(f"ratios need positive values; they are not {where(low)}")


def _same_members(series, missing_then):
    """Check that a region lacked the same provinces in the year it is compared with."""
    changed = series[series["missing"] != missing_then]
    if not changed.empty:
        raise ValueError(
            f"the provinces added up are not those of the year compared with {where(changed)}:"
            " choose years, or groups, with the same members throughout"
        )


def _in_year(series, year, column="value", *, by=None):
    """Return, for every row of `by` (the places of the series), the place's entry in one year."""
    place = place_column(series)
    by = series[place] if by is None else by
    entries = by.map(series[series["year"] == year].set_index(place)[column])
    absent = sorted(set(by[entries.isna()]))
    if absent:
        raise ValueError(f"no figure for {year} in {', '.join(absent)}: choose another year")
    return entries


def _positive(divisor):
    """Return a divisor once it is positive."""
    if (divisor <= 0).any():
        raise ValueError("ratios need positive values in the year compared with: choose another")
    return divisor


def _same(one, other, *columns):
    """Check that two series agree in some columns."""
    for column in columns:
        if the(one, column) != the(other, column):
            raise ValueError(
                f"the {column} differs: {the(one, column)} and {the(other, column)} do not go"
                " together"
            )
