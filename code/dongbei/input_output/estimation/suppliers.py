"""Who supplies whom: bounds of the shares, and the eight that document 000 prints."""

from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack, vstack

from dongbei import statistics
from dongbei.input_output.estimation.assumptions import CHOICES, YEAR_OF_CHOICE, Assumptions
from dongbei.input_output.estimation.ensemble import ensemble, ranges
from dongbei.input_output.estimation.margins import Margins, margins
from dongbei.input_output.estimation.trade import EstimatedTable, estimated_table
from dongbei.input_output.tables import InterregionalTable
from dongbei.statistics.tables import table as read

PRINT = 0.05
"""Half a unit of the last digit that document 000 prints."""
COASTS = {
    "East Coast": ("East Coast",),
    "East and South Coast": ("East Coast", "South Coast"),
    "whole coast": ("Beijing-Tianjin", "North Coast", "East Coast", "South Coast"),
}
"""What document 000 may mean by the coast; the second is what document 001 writes of."""


def share_bounds(
    found: Margins,
    suppliers: tuple[str, ...],
    buyers: tuple[str, ...],
    sectors: str | None = "industry",
) -> tuple[float, float]:
    """Return the least and the largest share of some provinces in what others take, in percent.

    Over all trade that has the margins, sector by sector, with nothing from a province to itself:
    no assumption on distance is used, and both ends are attained.

    Parameters
    ----------
    found
        Outflow and inflow; what passes hubs is not in them.
    suppliers, buyers
        Provinces, none on both sides. The whole is what `buyers` take from all provinces that are
        not buyers.
    sectors
        A part that ``statistics.sectors`` knows; all products if None.

    Raises
    ------
    ValueError
        If a province is unknown or on both sides, or buyers need not take anything from others.

    References
    ----------
    Charnes and Cooper (1962), Naval Research Logistics Quarterly 9: a ratio over a polytope as a
    linear programme.
    """
    unknown = sorted({*suppliers, *buyers} - set(found.provinces))
    both = sorted(set(suppliers) & set(buyers))
    if unknown or both:
        what = "unknown" if unknown else "both supplier and buyer"
        raise ValueError(f"{', '.join(unknown or both)}: {what}")
    chosen = np.isin(found.sectors, labels_of(sectors))
    sent, taken = found.outflow[chosen], found.inflow[chosen]
    k, m = sent.shape
    apart = ~np.eye(m, dtype=bool)
    sector, origin, to = np.nonzero((sent[:, :, None] > 0) & (taken[:, None, :] > 0) & apart)
    count = len(sector)
    cells = np.arange(count)
    ones = np.ones(count)
    sums = vstack(
        [coo_array((ones, (sector * m + place, cells)), (k * m, count)) for place in (origin, to)]
    )
    amounts = np.concatenate([sent.ravel(), taken.ravel()])
    amounts = amounts / amounts.max()
    selling, buying = (np.isin(found.provinces, names) for names in (suppliers, buyers))
    whole = (buying[to] & ~buying[origin]).astype(float)
    part = np.append((buying[to] & selling[origin]).astype(float), 0)
    used = amounts > 0
    equal = vstack(
        [
            hstack([csr_array(sums)[used], csr_array(-amounts[used][:, None])]),
            csr_array(np.append(whole, 0)[None, :]),
        ]
    )
    right = np.append(np.zeros(used.sum()), 1)
    ends = []
    for sign in (1, -1):
        solved = linprog(sign * part, A_eq=equal, b_eq=right, method="highs")
        if solved.status != 0:
            raise ValueError(f"no share is bounded by these margins: {solved.message}")
        ends.append(100 * sign * solved.fun)
    return ends[0], ends[1]


def printed_shares(table: EstimatedTable) -> dict[tuple[str, str], float]:
    """Return the eight shares in inflows of industrial goods that document 000 prints, in percent.

    Returns
    -------
    dict
        {(claim, coast): share}. The document does not say which coast it means: where one is in
        the claim there is a share for each of `COASTS`, taken as one region; else `coast` is empty.
    """
    amounts = _between(table, "industry")
    return {
        key: _share(amounts, *(np.isin(table.names, names) for names in sides))
        for key, sides in _printed_sides().items()
    }


def printed_bounds(year: int) -> pd.DataFrame:
    """Return the bounds of these shares over all margins that `Assumptions` allow in 35 sectors.

    Returns
    -------
    DataFrame
        Indexed by claim and coast: lower, upper; percent.
    """
    free = ["reconciliation", *(name for name, one in YEAR_OF_CHOICE.items() if one == year)]
    choices = product(*(CHOICES[name] for name in free))
    every = [margins(year, Assumptions(**dict(zip(free, one, strict=True)))) for one in choices]
    rows = {}
    for key, sides in _printed_sides().items():
        here = [[name for name in side if name in every[0].provinces] for side in sides]
        lower, upper = zip(*(share_bounds(one, *here) for one in every), strict=True)
        rows[key] = {"lower": min(lower), "upper": max(upper)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["claim", "coast"])


def printed_evidence(year: int, draws: int, seed: int) -> pd.DataFrame:
    """Hold the eight printed shares against one estimate, an ensemble, and what margins allow.

    Parameters
    ----------
    year, draws, seed
        As of `ensemble`; the single estimate has the default assumptions.

    Returns
    -------
    DataFrame
        Indexed by claim and coast: printed (for 1987-2012), estimate, the columns of `ranges`,
        lower and upper (`printed_bounds`), and verdict: ``excluded`` by the margins, ``outside``
        the ensemble, or ``inside``.
    """
    claims = read("documents/claims").set_index("claim")["printed"]
    members = ensemble(year, printed_shares, draws, seed)
    found = ranges(members)
    found.index = pd.MultiIndex.from_tuples(found.index, names=["claim", "coast"])
    found = found.join(printed_bounds(year))
    found.insert(0, "printed", [float(claims[claim]) for claim, _ in found.index])
    found.insert(1, "estimate", printed_shares(estimated_table(year)))
    low, high = found["printed"] - PRINT, found["printed"] + PRINT
    outside = (high < found["minimum"]) | (low > found["maximum"])
    excluded = (high < found["lower"]) | (low > found["upper"])
    return found.assign(verdict=np.select([excluded, outside], ["excluded", "outside"], "inside"))


def _printed_sides() -> dict:
    """Return {(claim, coast): (suppliers, buyers)}, provinces."""
    regions = {one.lower(): statistics.members(one) for one in statistics.regions()["region"]}
    coasts = {
        coast: tuple(name for one in parts for name in statistics.members(one))
        for coast, parts in COASTS.items()
    }
    pairs = [("coast", one) for one in ("central", "northwest", "southwest", "northeast")]
    pairs += [("northeast", one) for one in ("central", "northwest", "southwest", "coast")]
    sides = {}
    for supplier, buyer in pairs:
        for coast, provinces in coasts.items() if "coast" in (supplier, buyer) else [("", ())]:
            known = regions | {"coast": provinces}
            sides[f"000-{supplier}-to-{buyer}", coast] = (known[supplier], known[buyer])
    return sides


def _between(table: InterregionalTable, sectors: str | None) -> NDArray:
    """Trade between regions in some products. Shape (g, g), zero on the diagonal."""
    rows = table.by_region(np.isin(table.sectors, labels_of(sectors)).astype(float))
    return rows.T @ table.between()


def _share(amounts: NDArray, selling: NDArray, buying: NDArray) -> float:
    """Share of some in what others take from all but themselves, in percent."""
    taken = amounts[:, buying].sum(axis=1)
    return float(100 * taken[selling].sum() / taken[~buying].sum())


def labels_of(part: str | None) -> list[str]:
    """Names of the sectors of a part, single and broad."""
    rows = statistics.sectors(part)
    return [*rows["sector"], *rows["broad"].unique()]
