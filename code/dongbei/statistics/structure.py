"""Industrial structure: what places make, and how specialised, concentrated and alike they are.

A structure is a series with a column ``sector``: one row per place, year and sector, zeros
included. `sector_output` reads one; any other, such as harvests by crop, is measured alike. Regions
are formed first (`regional_sum` adds up by sector) and measured then.
"""

from difflib import get_close_matches
from functools import cache
from itertools import combinations
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.stats import entropy as shannon_entropy

from dongbei.statistics.provinces import province_name
from dongbei.statistics.series import check, place_column, sources_of, the, where, year_spans
from dongbei.statistics.tables import input_output_cells, table

MEASURES = ("gross_output", "value_added")
UNIT = "10 thousand yuan"
SOURCE = "chnio"
TABLE_YEARS = (2002, 2007, 2012, 2017)
VALUE_ADDED_ITEMS = (
    "compensation_of_employees",
    "net_taxes_on_production",
    "depreciation",
    "operating_surplus",
)


def sectors(part=None):
    """List the sectors that the input-output tables of 2002, 2007, 2012 and 2017 share.

    Parameters
    ----------
    part : str, optional
        ``"industry"`` (20 sectors), ``"manufacturing"`` (15), or a group of the column ``broad``.

    Returns
    -------
    pandas.DataFrame
        ``sector`` (the key), ``sector_en``, ``sector_zh``, ``broad``, ``is_industry``,
        ``is_manufacturing``, ``note`` (what was merged and what merging cannot cure); 35 rows.

    Raises
    ------
    ValueError
        If there is no such part; lists them.
    """
    rows = table("sectors")
    if part is None:
        return rows
    parts = {name: rows["broad"] == name for name in rows["broad"].unique()}
    parts |= {name: rows[f"is_{name}"] for name in ("industry", "manufacturing")}
    if part not in parts:
        raise ValueError(f"no part {part!r} of the sectors: there are {', '.join(parts)}")
    return rows[parts[part]].reset_index(drop=True)


def sector_output(year=None, measure="gross_output", *, sectors=None, provinces=None):
    """Return what provinces made by sector, from their input-output tables.

    Parameters
    ----------
    year : int or iterable of int, optional
        Of 2002, 2007, 2012 and 2017; all four by default. Tibet begins in 2012.
    measure : {"gross_output", "value_added"}
        Value added is the sum of its four items; it can be negative in a cell, as published.
    sectors : str or iterable of str, optional
        A part that `sectors` knows, such as ``"industry"``, or keys; all 35 by default.
    provinces : str or iterable of str, optional
        English or Chinese names or GB codes; all by default.

    Returns
    -------
    pandas.DataFrame
        A structure: ``province``, ``year``, ``sector``, ``value``, ``unit`` (10 thousand yuan at
        producer prices of the year), ``kind``, ``indicator`` (the measure), ``vintage``,
        ``source``; by province in official order, then by year and sector.

    Raises
    ------
    ValueError
        If a year, measure, sector or province is unknown; says which there are.
    """
    if measure not in MEASURES:
        raise ValueError(f"no measure {measure!r}: choose {' or '.join(MEASURES)}")
    rows = pd.concat([_made(one, measure) for one in table_years(year)])
    if sectors is not None:
        rows = rows[rows["sector"].isin(sector_keys(sectors))]
    names = table("provinces")["province"]
    if provinces is not None:
        asked = [provinces] if isinstance(provinces, str | int) else provinces
        names = [name for name in names if name in set(map(province_name, asked))]
        rows = rows[rows["province"].isin(names)]
    place = {name: order for order, name in enumerate(names)}
    rows = rows.sort_values("province", key=lambda column: column.map(place), kind="stable")
    return rows.assign(
        unit=UNIT, kind="extensive", indicator=measure, vintage="single", source=SOURCE
    ).reset_index(drop=True)


def table_years(year):
    """Return the years asked for that have input-output tables, or refuse."""
    if year is None:
        return TABLE_YEARS
    asked = {year} if isinstance(year, Integral) else {int(one) for one in year}
    absent = asked - set(TABLE_YEARS)
    if absent or not asked:
        raise ValueError(
            f"no input-output tables of {year_spans(absent) or 'no year'}: choose from"
            f" {', '.join(map(str, TABLE_YEARS))}"
        )
    return sorted(asked)


@cache
def _made(year, measure):
    """Return province, year, sector and value of one measure; provinces may alternate."""
    keys = table("sectors")["sector"]
    if measure == "gross_output":
        cells = input_output_cells(year, rows=keys, columns=[measure]).reset_index()
        cells = cells.rename(columns={"row": "sector", measure: "value"})
    else:
        items = input_output_cells(year, rows=VALUE_ADDED_ITEMS, columns=keys)
        # cells have two decimals: what a sum has beyond them is binary rounding
        cells = items.groupby(level="province", sort=False).sum().round(2)
        cells = cells.melt(var_name="sector", ignore_index=False).reset_index()
    return cells.assign(year=year)[["province", "year", "sector", "value"]]


def total_output(structure):
    """Add up the sectors of each place and year.

    Returns
    -------
    pandas.DataFrame
        A series, for `regional_share`, `rank` and the like.

    Raises
    ------
    ValueError
        As `sector_share`, but for negative values, which may be added up.
    """
    wide = _wide(structure, negative=True)
    return _result(structure, wide.sum(axis=1), the(structure, "indicator"), None, "extensive")


def sector_share(structure):
    """Return the share of each sector in its place's total, as a fraction.

    Parameters
    ----------
    structure : pandas.DataFrame
        Rows by province or region, year and sector; values 0 or more.

    Returns
    -------
    pandas.DataFrame
        The same places, years and sectors; the shares of a place and year add up to 1.

    Raises
    ------
    ValueError
        If a column is absent, a value is missing, negative or infinite, a place has two rows for a
        sector or none, or makes nothing in a year.
    """
    shares = _shares(structure)
    return _result(structure, _long(structure, shares), "sector share", "fraction")


def location_quotient(structure, whole):
    """Return the share of each sector in a place over its share in the whole.

    Above 1 the place is specialised in the sector. Weighted by the whole's shares, the quotients of
    a place have the mean 1; weighted by the totals of places that make up the whole, so have those
    of a sector. Where the whole makes nothing there is no quotient, and no row.

    Parameters
    ----------
    structure : pandas.DataFrame
        As for `sector_share`.
    whole : pandas.DataFrame
        The same sectors with one place, ``sum_of_provinces(...)`` as a rule.

    Returns
    -------
    pandas.DataFrame
        A structure of quotients, 0 or more.

    Raises
    ------
    ValueError
        As `sector_share`; if the whole has several places, other sectors, or lacks a year.

    References
    ----------
    Florence (1948); for trade Balassa (1965), "revealed" comparative advantage.
    """
    shares = _shares(structure)
    base = _aligned(shares, _single(_shares(whole)))
    quotient = _long(structure, shares / base.where(base > 0)).dropna()
    return _result(structure, quotient, "location quotient", "ratio", whole=whole)


def concentration(structure):
    """Return the Herfindahl index of each place and year: the sum of squared sector shares.

    Between 1 / n, if all n sectors are equal, and 1, if there is only one.

    Parameters
    ----------
    structure : pandas.DataFrame
        As for `sector_share`.

    Returns
    -------
    pandas.DataFrame
        A series; fraction.

    Raises
    ------
    ValueError
        As `sector_share`.

    References
    ----------
    Hirschman (1964) on who invented it.
    """
    squares = (_shares(structure) ** 2).sum(axis=1)
    return _result(structure, squares, "Herfindahl index", "fraction")


def entropy(structure):
    """Return Shannon's entropy of the sector shares of each place and year, in nats.

    Between 0, if there is only one sector, and log n, if all n are equal. Parameters and errors are
    those of `concentration`.

    References
    ----------
    Theil (1967).
    """
    shares = _shares(structure)
    return _result(structure, _entropies(shares), "entropy", "nats")


def theil_index(structure):
    """Return log n less the entropy: how far the shares of n sectors are from being equal.

    Between 0 and log n. Parameters and errors are those of `concentration`.

    References
    ----------
    Theil (1967).
    """
    shares = _shares(structure)
    found = np.maximum(np.log(shares.shape[1]) - _entropies(shares), 0)  # or rounding leaves -1e-16
    return _result(structure, found, "Theil index", "nats")


def effective_number(structure, order=1):
    """Return how many sectors of equal size would be as diverse as those of each place and year.

    Parameters
    ----------
    structure : pandas.DataFrame
        As for `sector_share`.
    order : {1, 2}
        1 for the exponential of the entropy, 2 for the reciprocal of the Herfindahl index, which
        gives large sectors more weight and is never the larger of the two.

    Returns
    -------
    pandas.DataFrame
        A series between 1 and the number of sectors.

    Raises
    ------
    ValueError
        As `sector_share`, and if the order is another.

    References
    ----------
    Hill (1973), the numbers of order 1 and 2.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 (entropy) or 2 (Herfindahl), not {order!r}")
    shares = _shares(structure)
    number = np.exp(_entropies(shares)) if order == 1 else 1 / (shares**2).sum(axis=1)
    return _result(structure, number, "effective number of sectors", "sectors")


def largest_share(structure, k=1):
    """Return the share of the k largest sectors of each place and year together, as a fraction.

    Raises
    ------
    ValueError
        As `sector_share`, and if k is not between 1 and the number of sectors.
    """
    shares = _shares(structure)
    if not 1 <= k <= shares.shape[1]:
        raise ValueError(f"k must be between 1 and the {shares.shape[1]} sectors, not {k}")
    largest = np.sort(shares.to_numpy(), axis=1)[:, -k:].sum(axis=1)
    return _result(
        structure, pd.Series(largest, shares.index), f"share of the {k} largest sectors", "fraction"
    )


def dissimilarity(structure, other):
    """Return how far each place's structure is from another's: the sum of the gaps of shares.

    Between 0, if the shares are equal, and 2, if they have no sector in common; half of it is the
    part of output that would have to change its sector.

    Parameters
    ----------
    structure, other : pandas.DataFrame
        As for `sector_share`, with the same sectors; `other` has one place and every year.

    Returns
    -------
    pandas.DataFrame
        A series.

    Raises
    ------
    ValueError
        As `location_quotient`.

    References
    ----------
    Krugman (1991), index of regional divergence.
    """
    shares = _shares(structure)
    gaps = (shares - _aligned(shares, _single(_shares(other)))).abs().sum(axis=1)
    return _result(structure, gaps, "dissimilarity", "index from 0 to 2", whole=other)


def specialisation(structure, whole):
    """Return the dissimilarity between each place and the rest of the whole.

    Parameters
    ----------
    structure : pandas.DataFrame
        As for `sector_share`.
    whole : pandas.DataFrame
        One place that contains all of them, ``sum_of_provinces(...)`` as a rule.

    Returns
    -------
    pandas.DataFrame
        A series between 0 and 2.

    Raises
    ------
    ValueError
        As `location_quotient`; if a place makes more of a sector than the whole; if the whole has
        nothing besides the place.

    References
    ----------
    Krugman (1991).
    """
    own = _wide(structure)
    rest = _aligned(own, _single(_wide(whole))) - own
    scale = own.to_numpy().max()
    if (rest < -1e-9 * scale).any(axis=None):
        raise ValueError(
            "a place makes more of a sector than the whole: the whole must contain every place"
        )
    rest = rest.clip(lower=0)
    if (rest.sum(axis=1) <= 1e-12 * scale).any():
        raise ValueError("the whole has nothing besides the place: pass a larger whole")
    gaps = _fractions(own) - _fractions(rest)
    found = gaps.abs().sum(axis=1)
    return _result(structure, found, "specialisation", "index from 0 to 2", whole=whole)


def pairwise_dissimilarity(structure):
    """Return the dissimilarity of every two places in every year.

    Parameters
    ----------
    structure : pandas.DataFrame
        As for `sector_share`.

    Returns
    -------
    pandas.DataFrame
        ``place``, ``other``, ``year``, ``value`` between 0 and 2; each pair once, in the order of
        the structure.

    Raises
    ------
    ValueError
        As `sector_share`, and if there is only one place in a year.
    """
    return _groups(structure, 2).rename(columns={0: "place", 1: "other"})


def group_dissimilarity(structure, size=3):
    """Return the mean dissimilarity within every group of places of a size, in every year.

    The yardstick for a given group: is it more alike than groups of its size usually are?

    Parameters
    ----------
    structure : pandas.DataFrame
        As for `sector_share`.
    size : int
        Places in a group; 31 provinces have 4495 groups of three.

    Returns
    -------
    pandas.DataFrame
        ``group`` (its places, joined by "; " in the order of the structure), ``year``, ``value``.

    Raises
    ------
    ValueError
        As `sector_share`, and if a year has fewer places, or the size is below two.
    """
    found = _groups(structure, size)
    names = found[0].str.cat([found[n] for n in range(1, size)], sep="; ")
    return pd.DataFrame({"group": names, "year": found["year"], "value": found["value"]})


# ------------------------------------------------------------------------------ shares and frames


def sector_keys(part):
    """Return the keys of a part of the sectors, or check those given."""
    known = table("sectors")
    if isinstance(part, str) and part not in set(known["sector"]):
        return sectors(part)["sector"]
    asked = [part] if isinstance(part, str) else list(part)
    unknown = [key for key in asked if key not in set(known["sector"])]
    if unknown or not asked:
        close = get_close_matches(str(unknown[0]), known["sector"], 3) if unknown else []
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise ValueError(
            f"no sector {', '.join(map(repr, unknown)) or 'was named'}: {meant}"
            "dongbei.statistics.sectors() lists them all"
        )
    return asked


def _wide(structure, *, negative=False):
    """Check a structure and spread it: rows by place and year, columns by sector."""
    if "sector" not in structure.columns:
        raise ValueError(
            "a structure has a column sector: dongbei.statistics.sector_output() makes one"
        )
    check(structure, sectors=True)
    wrong = ~np.isfinite(structure["value"])
    if wrong.any():
        raise ValueError(f"values are infinite {where(structure[wrong])}: drop or mend the rows")
    below = structure["value"] < 0
    if below.any() and not negative:
        raise ValueError(
            f"values are negative {where(structure[below])}: shares need 0 or more. Measure gross"
            " output, or leave out the sector or the place"
        )
    keys = [place_column(structure), "year"]
    return structure.pivot_table("value", index=keys, columns="sector", aggfunc="sum", sort=False)


def _long(structure, wide):
    """Return the cells of a wide frame in the order of the structure it was made from."""
    keys = [place_column(structure), "year", "sector"]
    cells = wide.melt(ignore_index=False).reset_index()
    return structure[keys].merge(cells, on=keys).set_index(keys)["value"]


def _shares(structure):
    """Return sector shares, rows by place and year."""
    wide = _wide(structure)
    nothing = wide.index[wide.sum(axis=1) <= 0]
    if len(nothing):
        raise ValueError(
            f"nothing is made {where(nothing.to_frame(index=False))}: a total of zero has no"
            " shares; leave out these places and years"
        )
    return _fractions(wide)


def _fractions(wide):
    return wide.div(wide.sum(axis=1), axis=0)


def _entropies(shares):
    return pd.Series(shannon_entropy(shares.to_numpy(), axis=1), shares.index)


def _single(wide):
    """Return the rows of the one place that a frame has, by year."""
    if len(set(wide.index.get_level_values(0))) > 1:
        raise ValueError(
            "the whole must be one place: sum_of_provinces(), or regional_sum() with one group"
        )
    return wide.droplevel(0)


def _aligned(wide, single):
    """Return the rows of one place for every row of a wide frame."""
    if set(wide.columns) != set(single.columns):
        apart = sorted(set(wide.columns) ^ set(single.columns))
        raise ValueError(
            f"only one of the two has the sectors {', '.join(apart)}: ask for the same sectors"
        )
    years = wide.index.get_level_values("year")
    if absent := set(years) - set(single.index):
        raise ValueError(f"the whole has no figures for {year_spans(absent)}: choose other years")
    return single.loc[years, wide.columns].set_axis(wide.index)


def _result(structure, values, indicator, unit, kind="intensive", *, whole=None):
    """Make a series of values that are indexed by place, year and perhaps sector."""
    sources = sources_of(structure) if whole is None else sources_of(structure, whole)
    name = the(structure, "indicator")
    return (
        values.rename("value")
        .reset_index()
        .assign(
            unit=unit or the(structure, "unit"),
            kind=kind,
            indicator=indicator if indicator == name else f"{indicator} of {name}",
            vintage=the(structure, "vintage"),
            source=sources,
        )
    )


def _groups(structure, size):
    """Return the mean dissimilarity of every group of places, one column per member."""
    if size < 2:
        raise ValueError(f"a group has 2 places or more, not {size}")
    found = [
        _groups_of_year(shares.droplevel("year"), size).assign(year=year)
        for year, shares in _shares(structure).groupby("year", sort=True)
    ]
    return pd.concat(found, ignore_index=True)


def _groups_of_year(shares, size):
    if len(shares) < size:
        raise ValueError(f"a year has {len(shares)} places, fewer than the {size} of a group")
    values = shares.to_numpy()
    gaps = np.abs(values[:, None, :] - values[None, :, :]).sum(axis=2)
    members = np.array(list(combinations(range(len(shares)), size)))
    pairs = np.array(list(combinations(range(size), 2)))
    means = gaps[members[:, pairs[:, 0]], members[:, pairs[:, 1]]].mean(axis=1)
    names = pd.DataFrame(shares.index.to_numpy()[members])
    return names.assign(value=means)
