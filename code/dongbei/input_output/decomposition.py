"""Value added in the trade of a closed world: who made it, where it is used, how often it crosses.

Every function takes a `WorldTable` and returns a tidy frame with the columns exporter, importer,
sector, term and value (or region, sector, term and value where there is no importer). Terms that
belong to one decomposition add up to what it decomposes; each is computed by its own formula, none
is what is left over.

Vectors of multipliers, one number per row of the table, for the rows' own region s:

======  ===========================================================================
a       value added of s in a unit of its product, over all ways: v_s B_ss
l       the same without leaving s: v_s L_ss
m       value added of the importer r in it: v_r B_rs
o       value added of all other regions in it: the sum of v_t B_ts over t not s, r
======  ===========================================================================
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.input_output.tables import WorldTable


def content(table: WorldTable) -> NDArray:
    """Value added of each region in a unit of each row's product, v_t B. Shape (n, g).

    Rows add up to one where value added is what inputs leave of output.
    """
    return table.solve(table.by_region(table.value_added_shares), transposed=True)


def wang_wei_zhu(table: WorldTable) -> pd.DataFrame:
    """Split bilateral exports of each sector into the sixteen terms of Wang, Wei and Zhu.

    Returns
    -------
    DataFrame
        exporter, importer, sector, term, value; money. The terms of an exporter, importer and
        sector add up to `WorldTable.exports`.

    References
    ----------
    Wang, Wei and Zhu (2013), NBER working paper 19677, equation (22).
    """
    return _tidy(table, _wang_wei_zhu(table))


def koopman_wang_wei(table: WorldTable) -> pd.DataFrame:
    """Split each region's exports into the nine terms of Koopman, Wang and Wei.

    Returns
    -------
    DataFrame
        region, term (1 to 9), value; money. The terms of a region add up to its exports.

    References
    ----------
    Koopman, Wang and Wei (2014), American Economic Review, equation (36).
    """
    terms, own = _koopman_wang_wei(table), table.names
    frame = pd.DataFrame(terms, index=pd.Index(own, name="region"))
    return frame.rename_axis("term", axis=1).stack().rename("value").reset_index()


def participation(table: WorldTable) -> pd.DataFrame:
    """Split value added forward and final products backward, as Wang, Wei, Yu and Zhu do.

    Returns
    -------
    DataFrame
        region, sector, direction (forward or backward), term (domestic, traditional, simple,
        complex), value; money. Forward terms add up to a sector's value added, backward terms to
        the final products it delivers; (simple + complex) over the sum is its participation.

    References
    ----------
    Wang, Wei, Yu and Zhu (2017), NBER working paper 23222, equations (5) and (9).
    """
    v, x = table.value_added_shares, table.output
    delivered = table.final.sum(axis=1)
    at_home = table.final[np.arange(len(x)), table.region_of]
    abroad = delivered - at_home
    foreign = table.coefficients - _own_blocks(table)
    local, all_ways = table.solve_local(at_home), table.solve(delivered)
    simple = table.solve_local(foreign @ local)
    forward = {
        "domestic": v * local,
        "traditional": v * table.solve_local(abroad),
        "simple": v * simple,
        "complex": v * table.solve_local(foreign @ (all_ways - local)),
    }
    own = table.solve_local(v, transposed=True)
    passed = foreign.T @ own
    once = table.solve_local(passed, transposed=True)
    ever = table.solve(passed, transposed=True)
    backward = {
        "domestic": own * at_home,
        "traditional": own * abroad,
        "simple": once * at_home,
        "complex": ever * delivered - once * at_home,
    }
    parts = []
    for direction, terms in (("forward", forward), ("backward", backward)):
        for term, value in terms.items():
            rows = {"region": table.regions, "sector": table.sectors, "direction": direction}
            parts.append(pd.DataFrame(rows | {"term": term, "value": value}))
    return pd.concat(parts, ignore_index=True)


def _wang_wei_zhu(table: WorldTable) -> dict[str, NDArray]:
    """Compute the sixteen terms, each of shape (n, g): exporting row by importer."""
    rows = np.arange(len(table.output))
    own = table.region_of
    shares = content(table)
    every = shares.sum(axis=1)
    a = shares[rows, own]
    foreign = every - a
    l = table.solve_local(table.value_added_shares, transposed=True)
    home = table.final[rows, own]
    final = table.final.copy()
    final[rows, own] = 0.0
    exported = table.exports.sum(axis=1)

    # Output called for, by region of origin (row) and by what calls for it (column).
    inside = _block_products(table, table.final)  # B_rr Y_rt
    by_home = table.solve(table.by_region(home))  # B_rt Y_tt
    by_any = table.solve(table.by_region(table.final.sum(axis=1)))  # B_rt times the sum of Y_tu
    used_in = table.solve(table.final)  # the sum over t of B_rt Y_tu
    local_home, local_exports = table.solve_local(home), table.solve_local(exported)

    r = own  # region of a row when it stands for the importer
    at = (rows, r)
    here, home_here = inside[at], by_home[at]  # B_rr Y_rr, and the same again
    third_home = by_home.sum(axis=1)[:, None] - home_here[:, None] - by_home
    third_final = inside.sum(axis=1)[:, None] - here[:, None] - inside
    third_all = by_any.sum(axis=1)[:, None] - by_any[at][:, None] - by_any
    third_back = used_in - inside - by_home  # the sum over third regions t of B_rt Y_ts
    through = {
        "DVA_INT": np.repeat(here[:, None], len(table.names), axis=1),
        "DVA_INTrexI1": third_home,
        "DVA_INTrexF": third_final,
        "DVA_INTrexI2": third_all - third_back - third_home,
        "RDV_FIN": inside,
        "RDV_FIN2": third_back,
        "RDV_INT": by_home,
        "DDC_FIN": by_any - by_home,
    }
    sold = {name: _sold_to_makers(table, needed) for name, needed in through.items()}
    terms = {"DVA_FIN": a[:, None] * final}
    terms |= {name: l[:, None] * value for name, value in sold.items()}
    intermediate = table.exports - final
    terms["DDC_INT"] = (a - l)[:, None] * intermediate
    others = foreign[:, None] - shares
    to_home = _sold_to_makers(table, np.repeat(local_home[:, None], len(table.names), axis=1))
    to_exports = _sold_to_makers(table, np.repeat(local_exports[:, None], len(table.names), axis=1))
    for name, share in (("M", shares), ("O", others)):
        terms[f"{name}VA_FIN"] = share * final
        terms[f"{name}VA_INT"] = share * to_home
        terms[f"{name}DC"] = share * to_exports
    return terms


def _koopman_wang_wei(table: WorldTable) -> dict[int, NDArray]:
    """Compute the nine terms, each of shape (g,)."""
    wwz = {
        name: np.array([value[block].sum() for block in table.blocks])
        for name, value in _wang_wei_zhu(table).items()
    }
    groups = {
        1: ("DVA_FIN",),
        2: ("DVA_INT", "DVA_INTrexI1"),
        3: ("DVA_INTrexF", "DVA_INTrexI2"),
        4: ("RDV_FIN", "RDV_FIN2"),
        5: ("RDV_INT",),
        6: ("DDC_FIN", "DDC_INT"),
        7: ("MVA_FIN", "OVA_FIN"),
        8: ("MVA_INT", "OVA_INT"),
        9: ("MDC", "ODC"),
    }
    return {number: sum(wwz[name] for name in names) for number, names in groups.items()}


def _sold_to_makers(table: WorldTable, needed: NDArray) -> NDArray:
    """Sales of each row s, i to each region r for making `needed`, A_sr times it. Shape (n, g).

    `needed` has a row for each sector of r and a column for each exporter s.
    """
    weights = needed[:, table.region_of].T  # by exporting row, then by row of the importer
    starts = [block.start for block in table.blocks]
    sold = np.add.reduceat(table.coefficients * weights, starts, axis=1)
    sold[np.arange(len(sold)), table.region_of] = 0.0
    return sold


def _block_products(table: WorldTable, right: NDArray) -> NDArray:
    """Each region's own block of B times its rows of a matrix. Shape of `right`."""
    inverse = table.solve(np.eye(len(table.output)))
    return np.concatenate([inverse[block, block] @ right[block] for block in table.blocks])


def _own_blocks(table: WorldTable) -> NDArray:
    """Coefficients without flows between regions. Shape (n, n)."""
    same = table.region_of[:, None] == table.region_of
    return np.where(same, table.coefficients, 0.0)


def _tidy(table: WorldTable, terms: dict[str, NDArray]) -> pd.DataFrame:
    """Make a row of each exporting sector, importer and term; none for sales at home."""
    abroad = table.region_of[:, None] != np.arange(len(table.names))
    row, importer = np.nonzero(abroad)
    names = np.array(table.names)
    labels = {
        "exporter": pd.Categorical(table.regions[row], categories=table.names),
        "importer": pd.Categorical(names[importer], categories=table.names),
        "sector": pd.Categorical(table.sectors[row], categories=list(dict.fromkeys(table.sectors))),
    }
    parts = [
        pd.DataFrame(labels | {"term": term, "value": value[row, importer]})
        for term, value in terms.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.astype({"term": pd.CategoricalDtype(list(terms))})
