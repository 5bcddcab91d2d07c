"""The five securities of document 003 measured for the provinces, as far as open data go.

`framework` reads the design (``data/resilience/five_securities.yaml``), `figures` the columns that
its leaves name, `regional` turns provincial scores into regional ones.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from dongbei import input_output
from dongbei import statistics as st
from dongbei.resilience.composite.design import Design
from dongbei.resilience.composite.files import read_design

FILE = Path(__file__).parents[3] / "data" / "resilience" / "five_securities.yaml"
YEARS = (2013, 2014, 2015, 2016, 2017, 2018)
"""Years of the index: from the first of the energy balances revised after the census of 2013 to the
last harvest in the data."""

ENERGY = ["coal_mining", "oil_gas_extraction", "petroleum_coking", "electricity_heat"]
PRICES = 2013
"""Year whose prices the real product has."""
STABILITY = 10
"""Years over which fluctuations are measured."""
MIGRATION = 5
"""Years over which the change of the population is measured."""

PANELS = {
    "gdp": ("gdp_nominal", "census5"),
    "population": ("population", "census2020"),
    "grain": ("grain_output", "single"),
    "soybean": ("soybean_output", "single"),
    "energy": ("energy_consumption", "post_census3"),
    "co2": ("co2_emissions", "estimated"),
    "coal": ("coal_consumption", "redated"),
    "so2": ("so2_emissions", "single"),
    "research": ("rd_expenditure", "single"),
    "inventions": ("invention_grants", "single"),
    "technology_market": ("technology_market_turnover", "single"),
    "high_technology": ("hightech_revenue", "single"),
    "budget": ("budget_expenditure", "single"),
    "budget_science": ("budget_science_technology", "single"),
    "budget_education": ("budget_education", "single"),
    "tax": ("tax_revenue", "single"),
    "exports": ("exports_usd", "single"),
    "foreign_capital": ("foreign_capital", "single"),
}
"""Column -> indicator and vintage of `dongbei.statistics`, as they are."""

LAST = {"so2": 2015}
"""Last year of a column that can be compared with the years before it."""

UNUSABLE = {"co2": ["Shanxi"]}
"""Provinces whose figures of a column are not used; see the vintage's description."""


def framework() -> Design:
    """Return the design of the five securities."""
    return read_design(FILE)


@cache
def figures(years: tuple[int, ...] = YEARS) -> pd.DataFrame:
    """Return what the leaves of the five securities are computed from.

    Parameters
    ----------
    years
        Of the index.

    Returns
    -------
    pandas.DataFrame
        Index (year, province), every province in every year and the years before them that can be
        carried; columns `PANELS` in the units of `dongbei.statistics.indicators`, and what
        `computed` adds. NaN where nothing is published.
    """
    every = tuple(range(min(years) - STABILITY, max(years) + 1))
    columns = {name: panel(*what) for name, what in PANELS.items()}
    for name, last in LAST.items():
        columns[name] = columns[name][columns[name].index.get_level_values("year") <= last]
    for name, provinces in UNUSABLE.items():
        columns[name] = columns[name].drop(provinces, level="province")
    columns |= computed(columns)
    places = pd.MultiIndex.from_product(
        [every, st.provinces()["province"]], names=["year", "province"]
    )
    table = pd.DataFrame({name: values.reindex(places) for name, values in columns.items()})
    return table[table.index.get_level_values("year") >= min(years) - MIGRATION]


def panel(name: str, vintage: str) -> pd.Series:
    """Return one indicator by year and province."""
    return by_place(st.indicator(name, vintage))


def by_place(series: pd.DataFrame) -> pd.Series:
    """Return the values of a series by year and province."""
    return series.set_index(["year", "province"])["value"].sort_index()


def computed(columns: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Compute the columns that are no panels.

    ``real_gdp`` (100 million yuan at prices of 2013), ``staples`` (rice and wheat),
    ``harvest_swings`` and ``growth_swings`` (standard deviation of yearly log changes over ten
    years), ``migration`` (yearly log change of residents over five years), and from the
    input-output tables of 2012 and 2017 ``energy_cover`` (output over use of coal, oil, gas, fuels
    and power), ``value_added_rate`` (value added over output of industry), ``industries``
    (effective number), ``sold_inside`` (outflow to other provinces over output and inflow of
    industrial goods) and ``imported`` (imports over use of industrial goods).
    """
    growth = np.log(by_place(st.indicator("gdp_index_real")) / 100)
    level = growth.groupby(level="province").cumsum()
    since = np.exp(level.sub(level.xs(PRICES), level="province"))
    return {
        "real_gdp": since.mul(columns["gdp"].xs(PRICES), level="province"),
        "staples": panel("rice_output", "single") + panel("wheat_output", "single"),
        "harvest_swings": swings(change(columns["grain"], 1)),
        "growth_swings": swings(growth),
        "migration": change(columns["population"], MIGRATION) / MIGRATION,
    } | from_tables()


def change(series: pd.Series, years: int) -> pd.Series:
    """Return log changes over so many years, by province (series without gaps)."""
    return np.log(series).groupby(level="province").diff(years)


def swings(changes: pd.Series) -> pd.Series:
    """Return the standard deviation over ten years, by province."""
    return changes.groupby(level="province").rolling(STABILITY).std().droplevel(0)


def from_tables() -> dict[str, pd.Series]:
    """Compute the columns that come from the provinces' input-output tables."""
    parts = {
        name: []
        for name in ("energy_cover", "value_added_rate", "industries", "sold_inside", "imported")
    }
    for year in (2012, 2017):
        made = by_place(st.total_output(st.sector_output(year, sectors=ENERGY)))
        net = by_place(input_output.net_outflow(year, sectors=ENERGY))
        output = st.sector_output(year, sectors="industry")
        added = st.sector_output(year, "value_added", sectors="industry")
        whole, value = (by_place(st.total_output(one)) for one in (output, added))
        outflow = by_place(input_output.domestic_outflow_share(year, sectors="industry"))
        inflow = by_place(input_output.inflow_share(year, sectors="industry"))
        imports = input_output.import_content(year, sectors="industry")
        parts["energy_cover"].append(made / (made - net))
        parts["value_added_rate"].append(value / whole)
        parts["industries"].append(by_place(st.effective_number(output)))
        parts["sold_inside"].append(outflow / (1 + inflow))
        parts["imported"].append(by_place(imports))
    return {name: pd.concat(values) for name, values in parts.items()}


def regional(scores: pd.DataFrame, population: pd.Series) -> pd.DataFrame:
    """Return the mean of provincial scores over each region's residents.

    Parameters
    ----------
    scores
        Index (year, province).
    population
        Residents by the same index.

    Returns
    -------
    pandas.DataFrame
        Index (year, region), regions in the order of `dongbei.statistics.regions`; provinces
        without a score do not count.
    """
    region = st.provinces().set_index("province")["region"]
    keys = [
        scores.index.get_level_values("year"),
        scores.index.get_level_values("province").map(region),
    ]
    people = population.reindex(scores.index)
    weights = scores.notna().mul(people, axis=0)
    total = scores.mul(people, axis=0).groupby(keys).sum() / weights.groupby(keys).sum()
    order = pd.MultiIndex.from_product(
        [total.index.levels[0], st.regions()["region"]], names=["year", "region"]
    )
    return total.reindex(order)
