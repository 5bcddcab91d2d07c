"""Single-region evidence that needs no estimation: what a province's own table says of its trade.

Every function takes the same choices and adds up first (sectors, then provinces) and divides then.
A group of provinces is the sum of its members, so trade among them counts as trade with other
provinces. Sums that are zero have no share, and no row.
"""

from functools import cache

import pandas as pd

from dongbei.input_output.provincial import provincial_tables
from dongbei.statistics import regional_sum
from dongbei.statistics.structure import SOURCE, TABLE_YEARS, UNIT, sector_keys, table_years

TOTAL = "total"
AMOUNTS = (
    "gross_output",
    "domestic_use",
    "exports",
    "domestic_outflow",
    "imports",
    "domestic_inflow",
    "outflow",
    "inflow",
    "net_outflow",
)


def export_share(year=None, *, sectors=None, by_sector=False, groups=None, missing="error"):
    """Return exports as a share of gross output.

    Parameters
    ----------
    year : int or iterable of int, optional
        By default every year that has what is asked for: here 2012 and 2017.
    sectors : str or iterable of str, optional
        A part that ``dongbei.statistics.sectors`` knows, such as ``"industry"``, or keys; all 35
        by default.
    by_sector : bool
        Whether each sector has a row; otherwise they are added up, and the row says ``"total"``.
    groups : str, iterable of str, or mapping of str to iterable of str, optional
        One of the eight regions, some of them, or groups of one's own; by default each province
        stands for itself.
    missing : {"error", "record"}
        What to do where a member of a group has no table (Tibet before 2012): refuse, or add up the
        others and say so in the columns ``members``, ``present`` and ``missing``.

    Returns
    -------
    pandas.DataFrame
        A series: ``province`` (or ``region``), ``year``, ``sector``, ``value``, ``unit``
        (fraction), ``kind``, ``indicator``, ``vintage``, ``source``.

    Raises
    ------
    ValueError
        If a year, sector, group or province is unknown, a member of a group has no table, or a year
        does not have what is asked for; says which years do.

    Notes
    -----
    Source of this and the other functions: the provinces' input-output tables; see
    `provincial_table`.
    """
    return _share(
        "export_share", "exports", "gross_output", year, sectors, by_sector, groups, missing
    )


def domestic_outflow_share(
    year=None, *, sectors=None, by_sector=False, groups=None, missing="error"
):
    """Return outflow to other provinces as a share of gross output; 2012 and 2017.

    It can be above 1, since goods that come in and leave again are in outflow and not in output.
    Parameters, results and errors are those of `export_share`.
    """
    return _share(
        "domestic_outflow_share",
        "domestic_outflow",
        "gross_output",
        year,
        sectors,
        by_sector,
        groups,
        missing,
    )


def domestic_inflow_share(
    year=None, *, sectors=None, by_sector=False, groups=None, missing="error"
):
    """Return inflow from other provinces over gross output; 2012 and 2017.

    Parameters, results and errors are those of `export_share`.
    """
    return _share(
        "domestic_inflow_share",
        "domestic_inflow",
        "gross_output",
        year,
        sectors,
        by_sector,
        groups,
        missing,
    )


def outflow_share(year=None, *, sectors=None, by_sector=False, groups=None, missing="error"):
    """Return all outflow, abroad included, as a share of gross output; 2007, 2012 and 2017.

    Parameters, results and errors are those of `export_share`.
    """
    return _share(
        "outflow_share", "outflow", "gross_output", year, sectors, by_sector, groups, missing
    )


def inflow_share(year=None, *, sectors=None, by_sector=False, groups=None, missing="error"):
    """Return all inflow, abroad included, over gross output; 2007, 2012 and 2017.

    Parameters, results and errors are those of `export_share`.
    """
    return _share(
        "inflow_share", "inflow", "gross_output", year, sectors, by_sector, groups, missing
    )


def import_content(year=None, *, sectors=None, by_sector=False, groups=None, missing="error"):
    """Return imports over domestic use, intermediate and final; 2012 and 2017.

    It is the share of imports in what is used, if none of them leaves again. Parameters, results
    and errors are those of `export_share`.
    """
    return _share(
        "import_content", "imports", "domestic_use", year, sectors, by_sector, groups, missing
    )


def self_sufficiency(year=None, *, sectors=None, by_sector=False, groups=None, missing="error"):
    """Return output less outflow over domestic use; 2007, 2012 and 2017.

    The part of what is used in the province that its own output meets: 1 less inflow over domestic
    use, but for the balancing item. Below 0 where more leaves than is made, which is trade in goods
    of others. Parameters, results and errors are those of `export_share`.
    """
    choice = (_years("outflow", year), sectors, by_sector, groups, missing)
    output, outflow, use = (
        _sum("self_sufficiency", column, *choice)
        for column in ("gross_output", "outflow", "domestic_use")
    )
    return _fraction(output.assign(value=output["value"] - outflow["value"]), use)


def net_outflow(year=None, *, sectors=None, by_sector=False, groups=None, missing="error"):
    """Return outflow less inflow, abroad included, in 10 thousand yuan; all four years.

    Trade among the members of a group cancels only as far as their tables agree on it. Parameters,
    results and errors are those of `export_share`, but that the result is extensive.
    """
    name = "net_outflow"
    return _sum(name, name, _years(name, year), sectors, by_sector, groups, missing)


def _share(name, part, whole, year, sectors, by_sector, groups, missing):
    """Divide two columns of the tables, both summed over the same sectors and provinces."""
    choice = (_years(part, year), sectors, by_sector, groups, missing)
    return _fraction(_sum(name, part, *choice), _sum(name, whole, *choice))


def _fraction(parts, wholes):
    """Divide two series row by row; where the whole is zero there is no row."""
    shares = parts.assign(value=parts["value"] / wholes["value"], unit="fraction", kind="intensive")
    return shares[wholes["value"] != 0].reset_index(drop=True)


def _sum(name, column, years, sectors, by_sector, groups, missing):
    """Add up one column of the tables over sectors, if asked for, and then over provinces."""
    rows = _cells()
    rows = rows[rows["year"].isin(years)]
    if sectors is not None:
        rows = rows[rows["sector"].isin(sector_keys(sectors))]
    keys = ["province", "year", "sector"]
    if not by_sector:
        rows = rows.assign(sector=TOTAL).groupby(keys, sort=False, as_index=False)[column].sum()
    rows = rows[[*keys, column]].rename(columns={column: "value"})
    series = rows.assign(
        unit=UNIT, kind="extensive", indicator=name, vintage="single", source=SOURCE
    ).reset_index(drop=True)
    return series if groups is None else regional_sum(series, groups, missing=missing)


def _years(column, year):
    """Return the years asked for, or all that have a column; refuse years that lack it."""
    known = _cells().groupby("year")[column].count()
    have = [one for one in TABLE_YEARS if known[one]]
    years = have if year is None else list(table_years(year))
    if absent := sorted(set(years) - set(have)):
        raise ValueError(
            f"the tables of {', '.join(map(str, absent))} do not say {column.replace('_', ' ')}:"
            f" choose from {', '.join(map(str, have))}"
        )
    return years


@cache
def _cells():
    """Return one row per province, year and sector with every amount; NaN where a year has none."""
    frames = [
        pd.DataFrame({name: getattr(one, name) for name in AMOUNTS}).assign(
            province=province, year=year, sector=one.sectors
        )
        for year in TABLE_YEARS
        for province, one in provincial_tables(year).items()
    ]
    return pd.concat(frames, ignore_index=True)
