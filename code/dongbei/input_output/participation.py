"""How much of what is made, and of what goes into it, passes borders, and over how many stages.

Terms of production, after Wang, Wei, Yu and Zhu: *domestic* (no border is passed), *traditional*
(only the finished product passes one), *simple* (inputs pass one border and the product is used
there) and *complex* (they pass more). Forward looks from the value added of a sector to where it
goes, backward from a finished product to where its value added comes from.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.input_output.frames import by_side, labels
from dongbei.input_output.tables import NO_INVERSE, RegionalTable, WorldTable, require

NOISE = 1e-12
"""Part of what all terms of a sector add up to below which one of them is rounding."""


def participation(table: WorldTable) -> pd.DataFrame:
    """Split value added forward and final products backward, as Wang, Wei, Yu and Zhu do.

    Returns
    -------
    DataFrame
        region, sector, direction (forward or backward), term (domestic, traditional, simple,
        complex), value; money. Forward terms add up to a sector's value added, backward terms to
        the final products it delivers.

    References
    ----------
    Wang, Wei, Yu and Zhu (2017), NBER working paper 23222, equations (5) and (9).
    """
    require(table, WorldTable)
    return by_side(table, _amounts(table))


def participation_shares(table: WorldTable, by_sector: bool = False) -> pd.DataFrame:
    """Return the parts of value added and of final products that pass borders as inputs.

    Returns
    -------
    DataFrame
        region (and sector), forward, backward: simple and complex terms over all four, added up
        first and divided then; NaN where there is nothing to divide.

    References
    ----------
    As of `participation`, equations (11) and (12).
    """
    require(table, WorldTable)
    columns = labels(table)
    starts = [block.start for block in table.blocks]
    shares = {}
    for side, terms in _amounts(table).items():
        passing, whole = terms["simple"] + terms["complex"], sum(terms.values())
        if not by_sector:
            columns = {"region": list(table.names)}
            passing, whole = np.add.reduceat(passing, starts), np.add.reduceat(whole, starts)
        shares[side] = passing / np.where(whole != 0, whole, np.nan)
    return pd.DataFrame(columns | shares)


def production_lengths(table: WorldTable) -> pd.DataFrame:
    """Return how many sectors' outputs a unit of value added passes, by term.

    Returns
    -------
    DataFrame
        region, sector, direction, term, value, length. Forward, value times length added up over
        the terms is v B B y, and their mean is `upstreamness`; backward, the mean is
        `downstreamness`. NaN where the value is zero but for rounding.

    References
    ----------
    Wang, Wei, Yu and Zhu (2017), NBER working paper 23261, sections 2.2 and 2.3.
    """
    require(table, WorldTable)
    amounts, passed = by_side(table, _amounts(table)), by_side(table, _passed(table))
    sizes = amounts["value"].abs().to_numpy().reshape(2, -1, len(table.output))
    known = sizes > NOISE * sizes.sum(axis=1, keepdims=True)
    return amounts.assign(length=passed["value"] / amounts["value"].where(known.ravel()))


def upstreamness(table: RegionalTable) -> pd.DataFrame:
    """Return the distance of each sector to final use, and of its product from value added.

    Returns
    -------
    DataFrame
        region, sector, upstreamness, downstreamness, position (their ratio): all 1 where a sector
        buys no inputs and sells none; NaN where nothing is made.

    References
    ----------
    Antràs and Chor (2013), Econometrica 81, and (2018), NBER working paper 24185; position as Wang,
    Wei, Yu and Zhu (2017), NBER working paper 23261.
    """
    made = np.where(table.output != 0, table.output, np.nan)
    up = table.solve(table.output) / made
    down = np.where(np.isnan(made), np.nan, table.solve(np.ones(len(made)), transposed=True))
    places = {"upstreamness": up, "downstreamness": down, "position": up / down}
    return pd.DataFrame(labels(table) | places)


def trade_in_value_added(table: WorldTable, by_sector: bool = False) -> pd.DataFrame:
    """Return the two shares of the OECD's TiVA: foreign value added in exports, and own in others'.

    Returns
    -------
    DataFrame
        region (and sector), exports (money), backward (foreign value added in the exports, over
        them), forward (value added of the region, or sector, in the exports of others, over its own
        exports). Backward is at most one where no value added is negative; forward may exceed one,
        and so may their sum. NaN where there are no exports.

    References
    ----------
    OECD (2021), Guide to TiVA indicators: EXGR_FVASH and EXGR_DVAFXSH.
    """
    require(table, WorldTable)
    exports = table.exports.sum(axis=1)
    rows = np.arange(len(exports))
    foreign = table.every - table.content[rows, table.region_of]
    called_for = table.solve(table.by_region(exports))
    elsewhere = called_for.sum(axis=1) - called_for[rows, table.region_of]
    frame = pd.DataFrame(
        {
            **labels(table),
            "exports": exports,
            "backward": foreign * exports,
            "forward": table.value_added_shares * elsewhere,
        }
    )
    if not by_sector:
        frame = (
            frame.drop(columns="sector")
            .groupby("region", as_index=False, sort=False, observed=True)
            .sum()
        )
    some = frame["exports"].where(frame["exports"] != 0)
    return frame.assign(backward=frame["backward"] / some, forward=frame["forward"] / some)


def extraction(
    table: WorldTable, seller: str, buyers: list[str] | tuple[str, ...] | None = None
) -> pd.DataFrame:
    """Return the value added that vanishes when a region no longer sells to others.

    Final use and all other coefficients stay as they are; nobody else steps in.

    Parameters
    ----------
    table
    seller : str
        Name of a region.
    buyers : sequence of str, optional
        Regions it sells to no more; all others by default.

    Returns
    -------
    DataFrame
        region, sector, value: value added with the sales less without them, money. The seller's own
        loss is the domestic value added in these exports.

    Raises
    ------
    ValueError
        If the table is open, buyers are one text, a region is unknown, or the seller is among the
        buyers.

    References
    ----------
    Los, Timmer and de Vries (2016), American Economic Review 106 (7), equation (5).
    """
    require(table, WorldTable)
    if isinstance(buyers, str):
        raise ValueError(f"buyers must be a list of regions; it is the text {buyers!r}")
    buyers = [name for name in table.names if name != seller] if buyers is None else list(buyers)
    if unknown := [name for name in (seller, *buyers) if name not in table.names]:
        raise ValueError(f"no region {', '.join(unknown)}; there are {', '.join(table.names)}")
    if seller in buyers:
        raise ValueError(f"{seller} cannot stop selling to itself: leave it out of the buyers")
    own = table.blocks[table.names.index(seller)]
    places = [table.names.index(name) for name in buyers]
    columns = np.isin(table.region_of, places)
    final = table.final.copy()
    final[own, places] = 0.0
    # Cut off, output x solves x = A x + y without the links; A x is with them but for the cut rows.
    matrix = np.negative(table.coefficients)
    matrix[own, columns] = 0.0
    matrix[np.diag_indices_from(matrix)] += 1
    try:
        without = np.linalg.solve(matrix, final.sum(axis=1))
    except np.linalg.LinAlgError:
        raise ValueError(NO_INVERSE) from None
    return pd.DataFrame(
        labels(table) | {"value": table.value_added_shares * (table.output - without)}
    )


def _amounts(table: WorldTable) -> dict[str, dict[str, NDArray]]:
    """Return the amount of each term, forward and backward; each of shape (n,), money."""
    v, direct, at_home = table.value_added_shares, table.direct, table.at_home
    delivered = table.final.sum(axis=1)
    local, between = table.solve_local, table.times_between
    home = local(at_home)
    once = local(between(direct, transposed=True), transposed=True)
    return {
        "forward": {
            "domestic": v * home,
            "traditional": v * local(delivered - at_home),
            "simple": v * local(between(home)),
            "complex": v * local(between(table.output - home)),
        },
        "backward": {
            "domestic": direct * at_home,
            "traditional": direct * (delivered - at_home),
            "simple": once * at_home,
            "complex": (table.every - direct) * delivered - once * at_home,
        },
    }


def _passed(table: WorldTable) -> dict[str, dict[str, NDArray]]:
    """Return the output that each term passes through; as `_amounts`.

    A path of k stages passes through output k times, so that the sum over paths A^k becomes that
    over (k + 1) A^k: B B in place of B, L L in place of L.
    """
    v, direct, at_home = table.value_added_shares, table.direct, table.at_home
    delivered = table.final.sum(axis=1)
    local, between = table.solve_local, table.times_between
    home, every = local(at_home), table.output
    home_twice, every_twice = local(home), table.solve(every)
    direct_twice = local(direct, transposed=True)
    crossing = between(direct_twice, transposed=True)
    once = local(between(direct, transposed=True), transposed=True)
    once_twice = local(crossing + once, transposed=True)
    ever_twice = table.solve(crossing + table.every - direct, transposed=True)
    return {
        "forward": {
            "domestic": v * home_twice,
            "traditional": v * local(local(delivered - at_home)),
            "simple": v * local(local(between(home)) + between(home_twice)),
            "complex": v * local(local(between(every - home)) + between(every_twice - home_twice)),
        },
        "backward": {
            "domestic": direct_twice * at_home,
            "traditional": direct_twice * (delivered - at_home),
            "simple": once_twice * at_home,
            "complex": ever_twice * delivered - once_twice * at_home,
        },
    }
