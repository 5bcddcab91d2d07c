"""Indicators by name and vintage, and what is known about them."""

import re
from numbers import Integral

from dongbei.statistics.provinces import province_name, unknown
from dongbei.statistics.series import check, year_spans
from dongbei.statistics.tables import table


def indicators():
    """List the indicators.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``label_en``, ``label_zh``, ``unit``, ``kind`` (extensive: provinces can be
        added up; intensive: they cannot), ``weight`` and ``weight_lag`` (what weights a mean of an
        intensive one, and how many years it precedes), ``definition``.
    """
    return table("indicators")


def vintages(name=None):
    """List the vintages of one indicator, or of all.

    Returns
    -------
    pandas.DataFrame
        ``indicator``, ``scope`` (provincial or national), ``vintage``, ``first_year``,
        ``last_year``, ``missing_years``, ``missing_provinces``, ``estimated``, ``description``.

    Raises
    ------
    ValueError
        If there is no such indicator; names the closest.
    """
    return _about("vintages", name)


def breaks(name, vintage=None, *, years=None, provinces=None):
    """List the known breaks inside a vintage, for charts to draw and readers to heed.

    Parameters
    ----------
    name, vintage : str
        As for `indicator`.
    years : iterable of int, optional
        Only breaks with both sides between the first and the last of these years.
    provinces : str or iterable of str, optional
        Only breaks that concern one of these.

    Returns
    -------
    pandas.DataFrame
        ``province`` (empty: all of them), ``before`` and ``after`` (the years between which the
        break lies), ``kind`` (coverage, definition, gap, reporting, revision, splice, territory),
        ``what``.

    Raises
    ------
    ValueError
        As `indicator`.
    """
    vintage = _vintage(name, vintage, "provincial")
    found = _about("breaks", name)
    found = found[found["vintage"] == vintage]
    if years is not None:
        years = _years(years)
        found = found[(found["before"] >= min(years)) & (found["after"] <= max(years))]
    if provinces is not None:
        found = found[found["province"].isin(["", *_provinces(provinces)])]
    return found.drop(columns=["indicator", "vintage"]).reset_index(drop=True)


def anomalies(name=None):
    """List the cells of a carrier that were dropped, changed, moved, or kept with a doubt.

    Raises
    ------
    ValueError
        If there is no such indicator; names the closest.
    """
    return _about("anomalies", name)


def sources():
    """List the sources: publisher, publication, the carrier with its commit and licence."""
    return table("sources")


def indicator(name, vintage=None, *, years=None, provinces=None):
    """Return the provincial figures of one indicator in one vintage.

    Parameters
    ----------
    name : str
        Key of the indicator, such as ``"gdp_nominal"``.
    vintage : str, optional
        Needed where several exist.
    years : int or iterable of int, optional
        All of them by default.
    provinces : str or iterable of str, optional
        English or Chinese names or GB codes; all by default.

    Returns
    -------
    pandas.DataFrame
        A series: ``province``, ``year``, ``value``, ``unit``, ``kind``, ``indicator``, ``vintage``,
        ``source``; by province in official order, then by year. A province and year without a
        figure has no row.

    Raises
    ------
    ValueError
        If the indicator, vintage or a province is unknown (names the closest), if several vintages
        exist and none was asked for (lists them with their years), or if a year has no figure.
    """
    return _series("provincial", name, vintage, years, provinces)


def national(name, vintage=None, *, years=None):
    """Return the nation's figures of one indicator, which need not equal the sum of provinces.

    Returns
    -------
    pandas.DataFrame
        A series with the one ``region`` China.

    Raises
    ------
    ValueError
        As `indicator`.
    """
    return _series("national", name, vintage, years, None).rename(columns={"province": "region"})


def source_line(*series):
    """Return what a chart of one or several series prints after "Source:".

    Returns
    -------
    str
        Publishers, vintages, carriers: ``National Bureau ... (vintage census5), carried by ...``.
    """
    texts = {text for one in series for text in check(one, sectors=True)["source"]}
    used = {name for text in texts for name in text.split("; ")}
    known = sources()
    known = known[known["source"].isin(used)]
    publishers = {name for text in known["publisher"] for name in text.split("; ")}
    carriers = known["carrier"].str.removeprefix("https://github.com/").unique()
    named = {name for one in series for name in re.split(" [×/] ", one["vintage"].iloc[0])}
    named = sorted(named - {"single"})
    vintage = f" (vintage {', '.join(named)})" if named else ""
    return f"{'; '.join(sorted(publishers))}{vintage}, carried by {', '.join(carriers)}"


def _series(scope, name, vintage, years, provinces):
    vintage = _vintage(name, vintage, scope)
    about = _about("indicators", name).iloc[0]
    figures = table(f"{scope}/{name}")
    figures = figures[figures["vintage"] == vintage]
    if years is not None:
        asked = _years(years)
        absent = set(asked) - set(figures["year"])
        if absent:
            raise ValueError(
                f"{name} ({vintage}) has no figures for {year_spans(absent)}; it has"
                f" {year_spans(figures['year'])}"
            )
        figures = figures[figures["year"].isin(asked)]
    if provinces is not None:
        figures = figures[figures["province"].isin(_provinces(provinces))]
    figures = figures.assign(unit=about["unit"], kind=about["kind"], indicator=name)
    order = ["province", "year", "value", "unit", "kind", "indicator", "vintage", "source"]
    return figures[order].reset_index(drop=True)


def _vintage(name, vintage, scope):
    """Return the vintage to use, or say which there are."""
    known = vintages(name)
    known = known[known["scope"] == scope]
    if known.empty:
        having = vintages().query("scope == @scope")["indicator"].unique()
        raise ValueError(f"{name} has no {scope} figures; these have: {', '.join(having)}")
    if vintage is None and len(known) > 1:
        raise ValueError(f"{name} has several vintages, name one: {_choices(known)}")
    if vintage is not None and vintage not in set(known["vintage"]):
        raise ValueError(f"{name} has no vintage {vintage!r}; it has {_choices(known)}")
    return vintage or known["vintage"].iloc[0]


def _choices(known):
    return ", ".join(
        f"{row.vintage} ({row.first_year}-{row.last_year})" for row in known.itertuples()
    )


def _about(which, name):
    """Return the rows of a table that concern one indicator, or all rows."""
    rows = table(which)
    if name is None:
        return rows
    known = table("indicators")["indicator"]
    if name not in set(known):
        raise ValueError(unknown("indicator", name, known, "dongbei.statistics.indicators()"))
    return rows[rows["indicator"] == name].reset_index(drop=True)


def _years(years):
    years = [years] if isinstance(years, Integral) else [int(year) for year in years]
    if not years:
        raise ValueError("years is empty: name a year, or leave years out for all of them")
    return years


def _provinces(provinces):
    names = [provinces] if isinstance(provinces, str | int) else provinces
    return [province_name(name) for name in names]
