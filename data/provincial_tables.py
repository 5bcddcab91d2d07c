"""Input-output tables of the provinces: merge their sectors, and list what is wrong with them.

Numbers are decimals from the first to the last, so that a sum of published cells is exact.
"""

import sys
from collections import defaultdict
from decimal import Decimal

ITEMS = (
    "compensation_of_employees", "net_taxes_on_production", "depreciation", "operating_surplus",
)  # fmt: skip
USES = ("household_rural", "household_urban", "government", "gfcf", "inventory")
SIGNS = {
    "net_outflow": 1,
    "outflow_total": 1,
    "inflow_total": -1,
    "exports": 1,
    "domestic_outflow": 1,
    "imports": -1,
    "domestic_inflow": -1,
    "error": 1,
}
"""How a trade column enters the balance; all but the net columns are published without a sign."""
PUBLISHED_GAP = Decimal(4)
"""Largest gap, in 10 thousand yuan, between a sum of value added and its published row."""
UNBALANCED = Decimal("1e-6")  # of the largest output
APART = Decimal("0.03")  # of value added from the product


# ------------------------------------------------------------------------------------ merging


def merged(rows, key, order, provinces):
    """Add up the 42 sectors of one year's tables over those of one key.

    Parameters
    ----------
    rows : list of dict
        The tables as the reference folder holds them, sectors by their code.
    key : dict
        {code: sector}.
    order : list of str
        Sectors in the order of the result.
    provinces : list of str
        Provinces in the order of the result; those without a table are left out.

    Returns
    -------
    list of dict
        A row per province and sector, then per item of value added.
    """
    sums = defaultdict(Decimal)
    columns = [name for name in rows[0] if name not in ("province", "row")]
    for row in rows:
        name = key.get(row["row"], row["row"])
        for column in columns:
            if row[column]:
                sums[row["province"], name, key.get(column, column)] += Decimal(row[column])
    present = {row["province"] for row in rows}
    columns = [*order, *(name for name in columns if name not in key)]
    for province in (name for name in provinces if name in present):
        for sector in order:
            items = sum(sums[province, item, sector] for item in ITEMS)
            if abs(items - sums[province, "value_added", sector]) > PUBLISHED_GAP:
                sys.exit(f"value added of {sector} in {province} is not the sum of its items")
    return [
        {"province": province, "row": name}
        | {
            column: plain(sums[province, name, column])
            for column in columns
            if (province, name, column) in sums
        }
        for province in provinces
        if province in present
        for name in (*order, *ITEMS)
    ]


def plain(number):
    """Write a decimal as short as it goes, without an exponent and without a sign of zero."""
    return f"{number.normalize() + 0:f}"


# ------------------------------------------------------------------------------------ defects


def defects(tables, sectors, product):
    """List what is wrong with the tables, one row per province, year and kind of defect.

    Parameters
    ----------
    tables : dict
        {year: rows of `merged`, or of the file}.
    sectors : list of dict
        The table of sectors, which says what is industry.
    product : dict
        {(province, year): gross product in 10 thousand yuan} to hold value added against.

    Returns
    -------
    list of dict
    """
    order = [row["sector"] for row in sectors]
    industry = [row["sector"] for row in sectors if row["is_industry"] == "true"]
    found = []
    for year, rows in tables.items():
        provinces = by_province(rows)
        for name, about in closure(provinces.values(), order, industry):
            found.append({"province": "", "year": year, "defect": name, **about})
        for province, table in provinces.items():
            made = product[province, year]
            for name, about in (*sizes(table, order, made), *cells(table, order)):
                found.append({"province": province, "year": year, "defect": name, **about})
    return found


def by_province(rows):
    """Return {province: {row: {column: Decimal}}}; empty cells are left out."""
    provinces = defaultdict(dict)
    for row in rows:
        provinces[row["province"]][row["row"]] = {
            column: Decimal(cell)
            for column, cell in row.items()
            if cell and column not in ("province", "row")
        }
    return provinces


def closure(provinces, order, industry):
    """Yield outflow over inflow of all provinces: one, if their flows were the same flows."""
    provinces = list(provinces)
    outward, inward = flow_columns(provinces[0][order[0]])
    if outward is None:
        return
    scope = "domestic" if outward == "domestic_outflow" else "abroad included"
    for name, keys in (("", order), ("industry_", industry)):
        out, into = (
            sum(table[sector][column] for table in provinces for sector in keys)
            for column in (outward, inward)
        )
        note = f"all provinces, {'industry' if name else 'all sectors'}, {scope}"
        yield f"{name}outflow_over_inflow", entry(out / into, "ratio", note)


def sizes(table, order, product):
    """Yield what is too large or too small in a whole table."""
    output = sum(table[sector]["gross_output"] for sector in order)
    added = sum(table[item][sector] for item in ITEMS for sector in order)
    error = sum(abs(table[sector].get("error", 0)) for sector in order)
    if error:
        yield "error_share", entry(error / output, "fraction of output", "sum of absolute values")
    outward, _ = flow_columns(table[order[0]])
    if outward is not None:
        flow = sum(table[sector][outward] for sector in order)
        for name, whole in (("output", output), ("value_added", added)):
            if flow > whole:
                yield f"outflow_over_{name}", entry(flow / whole, "ratio", outward)
    if abs(added / product - 1) > APART:
        note = "gross product of the vintage pre_census4"
        yield "value_added_over_product", entry(added / product, "ratio", note)
    gaps = {sector: max(map(abs, balance(table, sector, order))) for sector in order}
    largest = max(table[sector]["gross_output"] for sector in order)
    off = [sector for sector in order if gaps[sector] > UNBALANCED * largest]
    if off:
        yield "unbalanced", entry(max(gaps.values()), "10 thousand yuan", "; ".join(off))
    if table["construction"]["gfcf"] <= 0:
        note = "gfcf in construction"
        yield "no_construction_investment", entry(0, "10 thousand yuan", note)


def cells(table, order):
    """Yield the sectors without output, and the cells that cannot be negative and are."""
    nothing = [sector for sector in order if not table[sector]["gross_output"]]
    added = {sector: sum(table[item][sector] for item in ITEMS) for sector in order}
    kinds = {
        "negative_value_added": added,
        "negative_item": {
            f"{item} of {sector}": table[item][sector]
            for item in ("compensation_of_employees", "depreciation")
            for sector in order
        },
        "negative_intermediate": {
            f"{row} in {column}": table[row][column] for row in order for column in order
        },
        "negative_final": {
            f"{sector} in {use}": table[sector][use]
            for sector in order
            for use in USES
            if use != "inventory"
        },
        "negative_flow": {
            f"{column} of {sector}": table[sector][column]
            for sector in order
            for column in SIGNS
            if column in table[sector] and column not in ("net_outflow", "error")
        },
    }
    if nothing:
        yield "zero_output", entry(len(nothing), "sectors", "; ".join(nothing))
    for name, values in kinds.items():
        below = [f"{what}: {plain(value)}" for what, value in values.items() if value < 0]
        if below:
            yield name, entry(len(below), "cells", "; ".join(below))


def balance(table, sector, order):
    """Return how far uses and costs of a sector are from its output."""
    row = table[sector]
    uses = sum(row[column] for column in (*order, *USES))
    uses += sum(sign * row.get(column, 0) for column, sign in SIGNS.items())
    costs = sum(table[name][sector] for name in (*order, *ITEMS))
    return uses - row["gross_output"], costs - row["gross_output"]


def flow_columns(row):
    """Return the names of outflow and inflow: domestic ones where the year has them."""
    for pair in (("domestic_outflow", "domestic_inflow"), ("outflow_total", "inflow_total")):
        if pair[0] in row:
            return pair
    return None, None


def entry(value, unit, note):
    """Return the columns that describe a defect; ratios are rounded."""
    exact = unit in ("cells", "sectors", "10 thousand yuan")
    value = Decimal(value) if exact else round(value, 6)
    return {"value": plain(value), "unit": unit, "note": note}
