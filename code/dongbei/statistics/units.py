"""Units: conversion, and the unit of a product or quotient of two series.

A unit is a number of some quantity: 100 million yuan is 10**8 of ``yuan``, yuan per person is 1 of
``yuan/person``. That is all there is to it; a unit that is not in the table is added there.
"""

from dongbei.statistics.indicators import indicator
from dongbei.statistics.series import check, derived, place_column, sources_of, the, where

UNITS = {
    "yuan": (1, "yuan"),
    "10 thousand yuan": (10**4, "yuan"),
    "million yuan": (10**6, "yuan"),
    "100 million yuan": (10**8, "yuan"),
    "US dollars": (1, "dollar"),
    "10 thousand US dollars": (10**4, "dollar"),
    "million US dollars": (10**6, "dollar"),
    "100 million US dollars": (10**8, "dollar"),
    "persons": (1, "person"),
    "10 thousand persons": (10**4, "person"),
    "million persons": (10**6, "person"),
    "tonnes": (1, "tonne"),
    "10 thousand tonnes": (10**4, "tonne"),
    "million tonnes": (10**6, "tonne"),
    "tonnes of coal equivalent": (1, "tonne of coal"),
    "10 thousand tonnes of coal equivalent": (10**4, "tonne of coal"),
    "million tonnes of coal equivalent": (10**6, "tonne of coal"),
    "items": (1, "item"),
    "enterprises": (1, "enterprise"),
    "fraction": (1, "1"),
    "percent": (1e-2, "1"),
    "per thousand": (1e-3, "1"),
    "yuan per person": (1, "yuan/person"),
    "kilograms per person": (1e-3, "tonne/person"),
    "tonnes per person": (1, "tonne/person"),
    "items per 10 thousand persons": (1e-4, "item/person"),
    "tonnes of coal equivalent per 10 thousand yuan": (1e-4, "tonne of coal/yuan"),
    "tonnes per 10 thousand yuan": (1e-4, "tonne/yuan"),
}


def convert(series, unit):
    """Return the series in another unit of the same quantity.

    Raises
    ------
    ValueError
        If a unit is not in the table, or measures something else.
    """
    check(series)
    factor = _factor(the(series, "unit")) / _result(_quantity(the(series, "unit")), unit)
    return derived(series, value=series["value"] * factor, unit=unit)


def product(one, other, *, indicator, unit):
    """Multiply two series place by place and year by year.

    Parameters
    ----------
    one, other : pandas.DataFrame
        Series of two indicators, such as residents and disposable income per head.
    indicator : str
        Name of the product, such as ``"demand_potential"``.
    unit : str
        Unit of the result. It must measure the product: persons times yuan per person is yuan.

    Returns
    -------
    pandas.DataFrame
        A series for the years both have; extensive if one factor is. Its vintage names both.

    Raises
    ------
    ValueError
        If the unit does not fit, both are extensive, no year is common, or a place has a figure in
        only one of the two in a common year.
    """
    if the(check(one), "kind") == the(check(other), "kind") == "extensive":
        names = f"{the(one, 'indicator')} and {the(other, 'indicator')}"
        raise ValueError(f"{names} are both extensive: a product has one such factor; see ratio()")
    rows = _aligned(one, other)
    factor = _factor(the(one, "unit")) * _factor(the(other, "unit"))
    quantity = _times(_quantity(the(one, "unit")), _quantity(the(other, "unit")))
    kind = "extensive" if "extensive" in (the(one, "kind"), the(other, "kind")) else "intensive"
    value = rows["value"] * rows.pop("other") * (factor / _result(quantity, unit))
    return _joint(rows, one, other, " × ", value=value, unit=unit, kind=kind, indicator=indicator)


def demand_potential(population_vintage, *, years):
    """Return the demand potential of each province: residents times disposable income per head.

    Parameters
    ----------
    population_vintage : str
        Vintage of the population, on which the result depends.
    years : iterable of int
        Years that both indicators have.

    Returns
    -------
    pandas.DataFrame
        A series in 100 million yuan.

    Notes
    -----
    Document 001, footnote to section III.
    """
    residents = indicator("population", population_vintage, years=years)
    income = indicator("disposable_income_per_head", years=years)
    return product(residents, income, indicator="demand_potential", unit="100 million yuan")


def ratio(one, other, *, indicator, unit):
    """Divide one series by another place by place and year by year.

    Parameters
    ----------
    one, other : pandas.DataFrame
        Series of two indicators of the same kind, such as product and residents.
    indicator, unit : str
        Name and unit of the result, such as ``"gdp_per_head"`` and ``"yuan per person"``.

    Returns
    -------
    pandas.DataFrame
        An intensive series for the years both have. Its vintage names both.

    Raises
    ------
    ValueError
        If the unit does not fit, a divisor is zero, no year is common, or a place has a figure in
        only one of the two in a common year.
    """
    rows = _aligned(check(one), check(other))
    zero = rows[rows["other"] == 0]
    if not zero.empty:
        raise ValueError(f"the divisor is zero {where(zero)}")
    factor = _factor(the(one, "unit")) / _factor(the(other, "unit"))
    quantity = _over(_quantity(the(one, "unit")), _quantity(the(other, "unit")))
    value = rows["value"] / rows.pop("other") * (factor / _result(quantity, unit))
    return _joint(
        rows, one, other, " / ", value=value, unit=unit, kind="intensive", indicator=indicator
    )


def _aligned(one, other):
    """Return the rows of one series with the values of the other, in the years both have."""
    place = place_column(one)
    if place != place_column(other):
        raise ValueError("one series has provinces and the other regions: aggregate first")
    common = set(one["year"]) & set(other["year"])
    if not common:
        raise ValueError("the two series have no year in common")
    one, other = (frame[frame["year"].isin(common)] for frame in (one, other))
    right = other[[place, "year", "value"]].rename(columns={"value": "other"})
    rows = one.merge(right, on=[place, "year"], how="outer", indicator="_side", sort=False)
    alone = rows[rows["_side"] != "both"]
    if not alone.empty:
        raise ValueError(
            f"only one of the two series has figures {where(alone)}: keep what both have"
        )
    return one.merge(right, on=[place, "year"])


def _joint(rows, one, other, sign, **columns):
    """Return the result of two series with a vintage and sources that name both."""
    vintages = list(dict.fromkeys([the(one, "vintage"), the(other, "vintage")]))
    return derived(rows, vintage=sign.join(vintages), source=sources_of(one, other), **columns)


def _factor(unit):
    return _entry(unit)[0]


def _quantity(unit):
    return _entry(unit)[1]


def _entry(unit):
    if unit not in UNITS:
        raise ValueError(f"the unit {unit!r} is not among dongbei.statistics.units.UNITS: add it")
    return UNITS[unit]


def _result(quantity, unit):
    """Return the factor of a result's unit, once it measures the right quantity."""
    if _quantity(unit) != quantity:
        fitting = [name for name, (_, measured) in UNITS.items() if measured == quantity]
        choice = f"take one of {', '.join(fitting)}" if fitting else "UNITS has no unit for it"
        raise ValueError(f"the result measures {quantity}, not {unit}: {choice}")
    return _factor(unit)


def _times(one, other):
    """Return the quantity of a product."""
    if "1" in (one, other):
        return other if one == "1" else one
    for whole, per in ((one, other), (other, one)):
        if whole.endswith(f"/{per}"):
            return whole.removesuffix(f"/{per}")
    return f"{one}*{other}"


def _over(one, other):
    """Return the quantity of a quotient."""
    if other == "1":
        return one
    return "1" if one == other else f"{one}/{other}"
