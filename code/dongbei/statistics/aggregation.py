"""From provinces to regions: sums of what adds up, weighted means of what does not."""

import pandas as pd

from dongbei.statistics.provinces import grouping, provinces
from dongbei.statistics.series import check, derived, place_column, sources_of, the, where

ALL_PROVINCES = "All provinces"


def regional_sum(series, groups=None, *, missing="error"):
    """Add up the provinces of each region, year by year.

    Parameters
    ----------
    series : pandas.DataFrame
        Provincial series of an extensive indicator; one with sectors is added up by sector.
    groups : str, iterable of str, or mapping of str to iterable of str, optional
        One of the eight regions, some of them, or groups of one's own; by default all eight.
    missing : {"error", "record"}
        What to do where a member has no figure: refuse, or add up the others and say so in the
        columns of the result. Where no member has a figure there is no row.

    Returns
    -------
    pandas.DataFrame
        A series with ``region`` for ``province`` and the columns ``members`` (how many provinces
        the region has), ``present`` (how many were added up) and ``missing`` (the names of the
        others, empty if none).

    Raises
    ------
    ValueError
        If the indicator is intensive, or a member has no figure (names it and the years).
    """
    _require(series, "extensive", sectors=True)
    return _combine(series, groups, missing, lambda rows: rows["value"])


def sum_of_provinces(series, *, missing="error"):
    """Add up all 31 provinces, as `regional_sum` does, into the one region "All provinces".

    The result need not equal the nation's own figure, which `national` returns.
    """
    return regional_sum(series, {ALL_PROVINCES: provinces()["province"]}, missing=missing)


def regional_mean(series, weights, groups=None, *, lag=0, missing="error"):
    """Average the provinces of each region with weights, year by year.

    Parameters
    ----------
    series : pandas.DataFrame
        Provincial series of an intensive indicator: income per head, a share, a price index.
    weights : pandas.DataFrame
        Provincial series of an extensive indicator; ``indicators()`` names a meaningful one under
        ``weight``: residents for income per head, the product for a share of the product.
    groups, missing
        As for `regional_sum`. A province without a weight counts as missing.
    lag : int
        By how many years the weights precede: 1 for an index with the previous year as base.

    Returns
    -------
    pandas.DataFrame
        As `regional_sum`, and the column ``weight``: indicator and vintage of the weights.

    Raises
    ------
    ValueError
        If the indicator is extensive or the weights are not, or a member lacks a figure or weight.
    """
    _require(series, "intensive")
    _require(weights, "extensive")
    weight = weights[["province", "year", "value"]].rename(columns={"value": "weight"})
    weighted = series.merge(weight.assign(year=weight["year"] + lag), on=["province", "year"])
    if weighted.empty:
        raise ValueError("series and weights have no province and year in common")
    years = series["year"].unique()
    total = _combine(weighted, groups, missing, lambda rows: rows["weight"], years)
    if (total["value"] <= 0).any():
        raise ValueError(f"weights add up to nothing {where(total[total['value'] <= 0])}")
    result = _combine(weighted, groups, "record", lambda rows: rows["value"] * rows["weight"])
    return derived(
        result,
        value=result["value"] / total["value"],
        source=sources_of(series, weights),
        weight=f"{the(weights, 'indicator')} ({the(weights, 'vintage')})",
    )


def _require(series, kind, *, sectors=False):
    """Check that a series is provincial and of a kind."""
    check(series, sectors=sectors)
    if place_column(series) != "province":
        raise ValueError("regions are formed from provinces; this series has regions already")
    if the(series, "kind") == kind:
        return
    name, unit = the(series, "indicator"), the(series, "unit")
    if kind == "extensive":
        raise ValueError(
            f"{name} ({unit}) is intensive: adding up provinces has no meaning. Average it with"
            " regional_mean() and weights"
        )
    raise ValueError(f"{name} ({unit}) is extensive: add it up with regional_sum()")


def _combine(series, groups, missing, term, years=None):
    """Add up a term over the members of each group."""
    if missing not in ("error", "record"):
        raise ValueError(f'missing must be "error" or "record", not {missing!r}')
    groups = grouping(groups)
    coverage = _coverage(series, groups, series["year"].unique() if years is None else years)
    lacking = coverage[coverage["missing"] != ""]
    if missing == "error" and not lacking.empty:
        cells = lacking.assign(province=lacking["missing"].str.split("; ")).explode("province")
        raise ValueError(
            f"{the(series, 'indicator')} ({the(series, 'vintage')}) has no figure"
            f" {where(cells[['province', 'year']])}: choose other years or groups, or pass"
            ' missing="record" to go on and have it noted in the result'
        )
    membership = pd.DataFrame(
        [(group, name) for group, places in groups.items() for name in places],
        columns=["region", "province"],
    )
    rows = membership.merge(series, on="province")
    keys = ["region", "year", *(["sector"] if "sector" in series else [])]
    sums = rows.assign(value=term(rows)).groupby(keys, sort=False)["value"].sum()
    result = coverage.merge(sums.reset_index(), on=["region", "year"])
    constant = {name: the(series, name) for name in ("unit", "kind", "indicator", "vintage")}
    result = result.assign(**constant, source=sources_of(series))
    order = [*keys, "value", *constant, "source", "members", "present", "missing"]
    return result[order]


def _coverage(series, groups, years):
    """Say for each group and year how many members have a figure, and which have none."""
    known = set(zip(series["province"], series["year"], strict=True))
    rows = []
    for group, places in groups.items():
        for year in sorted(years):
            absent = [name for name in places if (name, year) not in known]
            rows.append((group, year, len(places), len(places) - len(absent), "; ".join(absent)))
    return pd.DataFrame(rows, columns=["region", "year", "members", "present", "missing"])
