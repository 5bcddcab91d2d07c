"""Value chains inside a country: between its regions, and from them abroad.

Functions of an open table (`InterregionalTable`) and, for the nested form, of a closed one whose
regions are parts of countries. L is the inverse without flows between regions, B that of the whole
table, A^N the coefficients between regions of the country; v, m and r are value added, imported
inputs and the input residual per unit of output, so that v'B + m'B + r'B = 1 wherever something is
made. y is final use in the country, E exports. Every term is computed by its own formula, none is
what the others leave, and no number is clipped: with negative value added, final use or residuals
shares may lie outside 0 and 1.

An open table does not say how much of the exports is for final use, nor how much of the imports is
foreign value added: imported inputs are an upper bound of it, since some of them is value added of
the country that comes back. `nested_participation` needs the world's table and has neither limit.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.input_output.frames import by_pair, by_row, by_side
from dongbei.input_output.tables import InterregionalTable, RegionalTable, WorldTable, require

BETWEEN_REGIONS = ("chain", "chain_export", "chain_import", "chain_global")
ABROAD = ("export", "chain_export", "import", "chain_import", "global", "chain_global")


def content_per_unit(table: InterregionalTable) -> pd.DataFrame:
    """Say what a unit of each row's product is made of.

    Returns
    -------
    DataFrame
        region, sector, term, value; the terms of a row add up to one, to zero where nothing is
        made. For a row of region s:

        ============  ====================================================================
        own           value added of s that never left it: v_s L_ss
        own_returned  value added of s that was in other regions: v_s (B_ss - L_ss)
        other         value added of other regions: v_t B_ts, summed over t other than s
        import        imported inputs, wherever in the country they came in: m B
        residual      what the inputs of the published table lack: r B
        ============  ====================================================================

        In the table `closed`, own and own_returned together are the column s of v_t B_ts, other
        the columns of the other regions and import that of the pseudo-country.

    References
    ----------
    The split of Su Qingyi (2016) and, for what returns, of Wang, Wei and Zhu (2013), NBER working
    paper 19677, in a table of one country.
    """
    require(table, InterregionalTable)
    return by_row(table, _contents(table))


def outflow_content(
    table: InterregionalTable, sectors: Sequence[str] | None = None
) -> pd.DataFrame:
    """Split what each sector sells to each other region by where its value comes from.

    Parameters
    ----------
    table
    sectors
        Sectors of the exporter that are shown; what they are made of is traced through all
        sectors. All by default.

    Returns
    -------
    DataFrame
        exporter, importer, sector, term, value; money. Terms as of `content_per_unit`; those of an
        exporter, importer and sector add up to `InterregionalTable.domestic_outflow`. See
        `term_shares`.

    Raises
    ------
    ValueError
        If no region has a sector of such a name.

    Notes
    -----
    In `wang_wei_zhu` of the table `closed`, own and own_returned together are its DVA, RDV and DDC
    terms, and the others but the residual its MVA, MDC, OVA and ODC terms.
    """
    require(table, InterregionalTable)
    sold = table.domestic_outflow
    terms = {term: value[:, None] * sold for term, value in _contents(table).items()}
    return _chosen(table, by_pair(table, terms), sectors)


def export_content(table: InterregionalTable, sectors: Sequence[str] | None = None) -> pd.DataFrame:
    """Split the exports of each sector into local value added, that of other regions and imports.

    Parameters
    ----------
    table, sectors
        As of `outflow_content`.

    Returns
    -------
    DataFrame
        region, sector, term, value; money. Terms: local (v_s B_ss), other, import and residual (as
        of `content_per_unit`); those of a region and sector add up to its exports. In
        `wang_wei_zhu` of the table `closed`, for the pseudo-country as importer, they are DVA_FIN,
        OVA_FIN and MVA_FIN; the residual is in none.

    Raises
    ------
    ValueError
        If no region has a sector of such a name.

    References
    ----------
    Su Qingyi (2016), the split of provincial exports by origin.
    """
    require(table, InterregionalTable)
    shares = _contents(table)
    shares = {"local": shares.pop("own") + shares.pop("own_returned")} | shares
    terms = {term: value * table.exports for term, value in shares.items()}
    return _chosen(table, by_row(table, terms), sectors)


def exported_value_added(
    table: InterregionalTable, sectors: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the value added of each sector that goes abroad, by the region that exports it.

    Parameters
    ----------
    table, sectors
        As of `outflow_content`; the sectors are those that make the value added.

    Returns
    -------
    DataFrame
        region, sector, exporter, term, value; money: v_s B_st E_t, direct where the region itself
        is the exporter and indirect where another one is. Over all regions and sectors, an
        exporter's values add up to local and other of its `export_content`.

    Raises
    ------
    ValueError
        If no region has a sector of such a name.
    """
    require(table, InterregionalTable)
    made = table.value_added_shares[:, None] * table.solve(table.by_region(table.exports))
    row, exporter = np.indices(made.shape).reshape(2, -1)
    frame = pd.DataFrame(
        {
            "region": table.regions[row],
            "sector": table.sectors[row],
            "exporter": np.array(table.names)[exporter],
            "term": np.where(table.region_of[row] == exporter, "direct", "indirect"),
            "value": made.ravel(),
        }
    )
    return _chosen(table, frame, sectors)


def origin_shares(table: InterregionalTable, sectors: Sequence[str] | None = None) -> pd.DataFrame:
    """Return what each region sells to each other one, and its shares; imports are in neither.

    Parameters
    ----------
    table, sectors
        As of `outflow_content`.

    Returns
    -------
    DataFrame
        exporter, importer, value (money, to the importer's production and final use), inflow_share
        (in what flows into the importer from all other regions), outflow_share (in what flows out
        of the exporter to them). NaN where nothing flows.

    Raises
    ------
    ValueError
        If no region has a sector of such a name.
    """
    require(table, InterregionalTable)
    shown = _are_among(table, sectors).astype(float)
    sold = table.by_region(shown).T @ table.domestic_outflow
    inflow, outflow = (np.where(sums != 0, sums, np.nan) for sums in (sold.sum(0), sold.sum(1)))
    exporter, importer = np.nonzero(~np.eye(len(sold), dtype=bool))
    names = np.array(table.names)
    value = sold[exporter, importer]
    return pd.DataFrame(
        {
            "exporter": names[exporter],
            "importer": names[importer],
            "value": value,
            "inflow_share": value / inflow[importer],
            "outflow_share": value / outflow[exporter],
        }
    )


def domestic_participation(table: InterregionalTable) -> pd.DataFrame:
    """Split value added forward, and final products with exports backward, by chains in a country.

    Returns
    -------
    DataFrame
        region, sector, direction, term, value; money. Forward terms of a sector add up to its value
        added, backward terms to its deliveries y + E to final use and abroad:

        =========  ============  =================================================
        direction  term          formula
        =========  ============  =================================================
        forward    local         v L y of the own region
        forward    outflow       v L y of other regions
        forward    export        v L E
        forward    chain         v L A^N B y
        forward    chain_export  v L A^N B E: value added exported by other regions
        forward    balancing     v B times the balancing item of the rows
        backward   local         (v L) times y + E
        backward   chain         (v L A^N B) times y + E
        backward   import        (m L) times y + E
        backward   chain_import  (m L A^N B) times y + E
        backward   residual      (r B) times y + E
        =========  ============  =================================================

    Notes
    -----
    With no balancing item, `participation` of the table `closed` has forward the terms domestic
    (local), traditional (outflow and export), and simple and complex together (chain and
    chain_export); backward domestic and traditional together (local), and simple and complex
    together (chain, import and chain_import). With one, its traditional and complex terms contain
    value added for it, and its final products contain it.

    References
    ----------
    Wang, Wei, Yu and Zhu (2017), NBER working paper 23222, equations (5) and (9), for regions of
    one country with exports and imported inputs.
    """
    require(table, InterregionalTable)
    v, m = table.value_added_shares, table.import_shares
    at_home = table.final[np.arange(len(v)), table.region_of]
    elsewhere = np.where(_own_columns(table), 0.0, table.final).sum(axis=1)
    delivered = table.final.sum(axis=1)

    direct = table.solve_local(np.stack([at_home, elsewhere, table.exports], axis=1))
    every = table.solve(np.stack([delivered, table.exports, table.error], axis=1))
    through = table.solve_local(table.times_between(every[:, :2]))
    outputs = [*direct.T, *through.T, every[:, 2]]
    forward = ["local", "outflow", "export", "chain", "chain_export", "balancing"]

    own = table.solve_local(np.stack([v, m], axis=1), transposed=True)
    passed = np.column_stack([table.times_between(own, transposed=True), table.residual_shares])
    ever = table.solve(passed, transposed=True)
    shares = {
        "local": own[:, 0],
        "chain": ever[:, 0],
        "import": own[:, 1],
        "chain_import": ever[:, 1],
        "residual": ever[:, 2],
    }
    sides = {
        "forward": {term: v * output for term, output in zip(forward, outputs, strict=True)},
        "backward": {term: value * (delivered + table.exports) for term, value in shares.items()},
    }
    return by_side(table, sides)


def nested_participation(table: WorldTable, countries: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Split value added by chains between a country's regions and between countries.

    Parameters
    ----------
    table
    countries
        Regions of each country, in any order; they need not stand side by side in the table. A
        region in none is a country of its own.

    Returns
    -------
    DataFrame
        country, region, sector, term, value; money. The terms of a sector add up to its value
        added. With A^F the coefficients between countries, C the inverse without them, and y all
        deliveries to final use anywhere:

        ============  ==================================================================
        local         v L y of the own region
        outflow       v L y of other regions of the country
        final_export  v L y of other countries
        chain         v L A^N C y: national chain only
        global        v L A^F B y: inputs sold abroad by the region itself
        chain_global  v (C - L) A^F B y: sold abroad by, or after, other regions
        ============  ==================================================================

        With the country as one region, ``table.grouped(countries)``, global and chain_global
        together are simple and complex of `participation`. With the country cut out,
        ``opened(table, countries[country])``, chain and chain_global together are chain and
        chain_export of `domestic_participation`, and final_export and global are its export. With
        an open table `closed` and all its regions as one country, final_export is its export, chain
        its chain and chain_export, and the last two are zero.

    Raises
    ------
    ValueError
        If a region is unknown or in two countries, or a country has the name of a region outside.

    Notes
    -----
    Since B y is output, only C is solved for, country by country.

    References
    ----------
    Meng, Wang and Koopman (2013), IDE discussion paper 424, for the nesting; the terms are those of
    Wang, Wei, Yu and Zhu (2017), NBER working paper 23222, split by B = L + L A^N C + C A^F B.
    """
    require(table, WorldTable)
    nations = table.grouped(countries)
    of = table.members(countries)
    country = np.array([of.get(region, region) for region in table.regions])
    place = np.array([nations.names.index(one) for one in country])
    order = np.argsort(place, kind="stable")  # the rows of `nations` in this table
    back = np.argsort(order)
    same_country = place[:, None] == place[[block.start for block in table.blocks]]
    own_region = _own_columns(table)

    uses = [own_region, same_country & ~own_region, ~same_country]
    direct = [np.where(use, table.final, 0.0).sum(axis=1) for use in uses]
    sold_abroad = nations.times_between(nations.output)[back]  # A^F B y
    called_for = np.stack([table.final.sum(axis=1), sold_abroad], axis=1)
    made = nations.solve_local(called_for[order])  # C times it
    foreign = nations.times_between(made)[back]
    through = table.times_between(made[back]) - foreign  # A^N C times it
    right = np.stack([*direct, through[:, 0], sold_abroad, through[:, 1]], axis=1)
    outputs = table.solve_local(right).T
    names = ["local", "outflow", "final_export", "chain", "global", "chain_global"]
    v = table.value_added_shares
    frame = by_row(table, {term: v * one for term, one in zip(names, outputs, strict=True)})
    frame.insert(0, "country", np.tile(country, len(names)))
    return frame


def domestic_participation_shares(frame: pd.DataFrame, by_sector: bool = False) -> pd.DataFrame:
    """Return the parts that pass a border between regions, and the country's, in value chains.

    Parameters
    ----------
    frame
        Of `domestic_participation` or `nested_participation`.
    by_sector
        Whether each sector has a row; otherwise they are added up first and divided then.

    Returns
    -------
    DataFrame
        region (and sector, and direction if the frame has it), between_regions, abroad; over the
        sum of all terms, NaN where that is zero. Between regions: every term with ``chain`` in its
        name. Abroad: export, import and global, and the same through the chain, so that what
        passes both borders is in both. Of an open table all exports count as abroad, while
        final_export of the nested form does not.
    """
    keys = [key for key in ("region", "sector", "direction") if key in frame]
    if not by_sector:
        keys.remove("sector")
    parts = {
        "all": frame["value"],
        "between_regions": frame["value"].where(frame["term"].isin(BETWEEN_REGIONS), 0.0),
        "abroad": frame["value"].where(frame["term"].isin(ABROAD), 0.0),
    }
    sums = frame[keys].assign(**parts).groupby(keys, sort=False, observed=True).sum()
    whole = sums.pop("all")
    return sums.div(whole.where(whole != 0), axis=0).reset_index()


def term_shares(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the share of each term in the sum of all terms.

    Parameters
    ----------
    frame
        With the columns term and value, such as that of `outflow_content`.
    by
        Columns whose combinations are kept apart, such as ``["exporter"]``; the rest is added up
        first and divided then. A frame's direction is always kept apart.

    Returns
    -------
    DataFrame
        The columns of `by`, term, value; NaN where the sum is zero.

    Raises
    ------
    ValueError
        If the frame lacks a column.
    """
    by = [*by, *({"direction"} & set(frame) - set(by))]
    if absent := [name for name in (*by, "term", "value") if name not in frame]:
        raise ValueError(f"no column {', '.join(absent)}; there are {', '.join(frame)}")
    sums = frame.groupby([*by, "term"], sort=False, observed=True)["value"].sum()
    whole = sums.groupby(by or (lambda term: 0), sort=False, observed=True).transform("sum")
    return (sums / whole.where(whole != 0)).reset_index()


def _contents(table: InterregionalTable) -> dict[str, NDArray]:
    """Compute the terms of `content_per_unit`, each of shape (n,)."""
    v = table.value_added_shares
    right = np.column_stack([table.by_region(v), table.import_shares, table.residual_shares])
    found = table.solve(right, transposed=True)
    by_maker, imported, residual = found[:, :-2], found[:, -2], found[:, -1]
    mine = _own_columns(table)
    direct = table.solve_local(v, transposed=True)
    return {
        "own": direct,
        "own_returned": by_maker[mine] - direct,
        "other": np.where(mine, 0.0, by_maker).sum(axis=1),
        "import": imported,
        "residual": residual,
    }


def _own_columns(table: RegionalTable) -> NDArray:
    """Whether a column of regions is the row's own. Shape (n, g)."""
    return table.region_of[:, None] == np.arange(len(table.names))


def _are_among(table: RegionalTable, sectors: Sequence[str] | None) -> NDArray:
    """Whether each row is of one of the sectors; refuse what no region has. Shape (n,)."""
    if sectors is None:
        return np.full(len(table.sectors), True)
    if unknown := sorted(set(sectors) - set(table.sectors.tolist())):
        known = ", ".join(dict.fromkeys(table.sectors.tolist()))
        raise ValueError(f"no sector {', '.join(unknown)}; there are {known}")
    return np.isin(table.sectors, list(sectors))


def _chosen(
    table: RegionalTable, frame: pd.DataFrame, sectors: Sequence[str] | None
) -> pd.DataFrame:
    """Keep the rows of a frame that are of the sectors."""
    if sectors is None:
        return frame
    kept = set(table.sectors[_are_among(table, sectors)].tolist())
    return frame[frame["sector"].isin(kept)].reset_index(drop=True)
