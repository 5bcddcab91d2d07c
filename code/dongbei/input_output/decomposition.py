"""Exports of a closed world, split by who made the value added in them and where it is used.

Every function takes a `WorldTable`. Bilateral results are tidy frames with a row per exporter,
importer, sector of the exporter and term. The terms of one decomposition add up to what is
decomposed; each is computed by its own formula, none is what the others leave.

For a row of region s, with L the inverse without flows between regions:

===========  ======================================================================
``every``    value added of all regions in a unit, v B; one where the table balances
``own``      value added of s itself in it, over all ways: v_s B_ss
``direct``   the same without leaving s: v_s L_ss
``foreign``  value added of all other regions in it: the sum of v_t B_ts
===========  ======================================================================
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dongbei.input_output.frames import by_pair
from dongbei.input_output.tables import WorldTable, require


def value_added_trade(table: WorldTable) -> pd.DataFrame:
    """Return where each sector's value added is finally used, at home too.

    Returns
    -------
    DataFrame
        exporter, importer, sector, value; money. The values of a sector add up to its value added;
        those with an importer other than the exporter are its exports of value added.

    References
    ----------
    Johnson and Noguera (2012), Journal of International Economics, equation (6).
    """
    require(table, WorldTable)
    used = table.value_added_shares[:, None] * table.used_in
    return by_pair(table, {"value_added": used}, at_home=True).drop(columns="term")


def wang_wei_zhu(table: WorldTable) -> pd.DataFrame:
    """Split bilateral exports of each sector into the sixteen terms of Wang, Wei and Zhu.

    Returns
    -------
    DataFrame
        exporter, importer, sector, term, value; money. DVA: value added of the exporter used
        abroad; RDV: the same, returned home; MVA and OVA: of the importer and of others; DDC, MDC
        and ODC: counted more than once. The terms of an exporter, importer and sector add up to
        `WorldTable.exports`.

    Notes
    -----
    Terms of several partners do not add up to value added, since some are counted where value
    added leaves and others where it arrives; `borin_mancini` does not mix the two.

    References
    ----------
    Wang, Wei and Zhu (2013), NBER working paper 19677, equation (22).
    """
    require(table, WorldTable)
    rows, own_region = np.arange(len(table.output)), table.region_of
    every, own, direct = _contents(table)
    foreign = every - own
    at_home, final = table.at_home, _final_exports(table)

    # Output that a region makes for some final use, and that calls for other regions' products:
    # `inside` is B_rr Y_rt, `by_home` B_rt Y_tt, `by_any` B_rt summed over Y_tu.
    inside = _own_products(table, table.final)
    by_home, by_any, used_in = table.by_home, table.by_any, table.used_in
    here = by_home[rows, own_region][:, None]
    third_home = by_home.sum(axis=1, keepdims=True) - here - by_home
    third_any = by_any.sum(axis=1, keepdims=True) - by_any[rows, own_region][:, None] - by_any
    third_back = used_in - inside - by_home
    through = {
        "DVA_INT": np.broadcast_to(here, inside.shape),
        "DVA_INTrexI1": third_home,
        "DVA_INTrexF": inside.sum(axis=1, keepdims=True) - here - inside,
        "DVA_INTrexI2": third_any - third_back - third_home,
        "RDV_FIN": inside,
        "RDV_FIN2": third_back,
        "RDV_INT": by_home,
        "DDC_FIN": by_any - by_home,
    }
    sold = _sold_to_makers(table, np.stack(list(through.values()), axis=2))
    sold *= direct[:, None, None]
    terms = {"DVA_FIN": own[:, None] * final}
    terms |= {name: sold[:, :, place] for place, name in enumerate(through)}
    terms["DDC_INT"] = (own - direct)[:, None] * (table.exports - final)
    into_home, into_exports = _sold_to_stages(table, at_home, table.exports.sum(axis=1))
    for name, shares in (("M", table.content), ("O", foreign[:, None] - table.content)):
        terms[f"{name}VA_FIN"] = shares * final
        terms[f"{name}VA_INT"] = shares * into_home
        terms[f"{name}DC"] = shares * into_exports
    return by_pair(table, terms)


def koopman_wang_wei(table: WorldTable) -> pd.DataFrame:
    """Split each region's exports into the nine terms of Koopman, Wang and Wei.

    Returns
    -------
    DataFrame
        exporter, term (1 to 9), value; money. The terms of an exporter add up to its exports.

    Notes
    -----
    For whole regions only: the formula has no meaning for a sector. Terms 7 to 9 understate what
    is counted once (Borin and Mancini 2019, section 3).

    References
    ----------
    Koopman, Wang and Wei (2014), American Economic Review 104 (2), equation (36).
    """
    require(table, WorldTable)
    rows, own_region = np.arange(len(table.output)), table.region_of
    every, own, direct = _contents(table)
    foreign = every - own
    exports, final = table.exports.sum(axis=1), _final_exports(table).sum(axis=1)
    home_abroad = table.by_home.sum(axis=1) - table.by_home[rows, own_region]
    any_abroad = table.by_any.sum(axis=1) - table.by_any[rows, own_region]
    back = table.used_in[rows, own_region] - table.by_home[rows, own_region]
    v = table.value_added_shares
    terms = {
        1: own * final,
        2: v * home_abroad,
        3: v * (any_abroad - home_abroad - back),
        4: v * back,
        5: (own - direct) * table.at_home,
        6: (own - direct) * exports,
        7: foreign * final,
        8: foreign * table.times_between(table.solve_local(table.at_home)),
        9: foreign * table.times_between(table.solve_local(exports)),
    }
    starts = [block.start for block in table.blocks]
    sums = {term: np.add.reduceat(value, starts) for term, value in terms.items()}
    frame = pd.DataFrame(sums, index=pd.Index(table.names, name="exporter"))
    return frame.melt(var_name="term", ignore_index=False).reset_index()


def borin_mancini(
    table: WorldTable, perspective: str = "exporter", approach: str = "source"
) -> pd.DataFrame:
    """Split bilateral exports of each sector as Borin and Mancini do.

    Parameters
    ----------
    table
    perspective : {"exporter", "world"}
        Whether value added is counted once in the exports of a region, or once in all exports.
    approach : {"source", "sink"}
        Whether it is counted the first time it leaves, or the last.

    Returns
    -------
    DataFrame
        exporter, importer, sector, term, value; money.

        - exporter, source: DAVAX (value added of the exporter that the importer itself uses),
          VAX_rest (used elsewhere abroad), REF (reflected, used at home), DDC (of the exporter,
          counted before), FVA (foreign), FDC (foreign, counted before). DAVAX + VAX_rest + REF is
          domestic value added DVA; exports less DAVAX is trade of value chains.
        - exporter, sink: DVA, DDC, FVA, FDC.
        - world, source: DVA, FVA and DC (counted before).
        - world, sink: FVA only.

        The terms of the first three add up to `WorldTable.exports`.

    Raises
    ------
    ValueError
        If perspective or approach is none of these.

    References
    ----------
    Borin and Mancini (2019), World Bank policy research working paper 8804: source section 2,
    sink section 3, world equations (52) and (54); (2023), Economic Systems Research.
    """
    require(table, WorldTable)
    choices = {
        ("exporter", "source"): _exporter_source,
        ("exporter", "sink"): _exporter_sink,
        ("world", "source"): _world_source,
        ("world", "sink"): _world_sink,
    }
    if (perspective, approach) not in choices:
        raise ValueError(
            'perspective must be "exporter" or "world" and approach "source" or "sink"; got '
            f"{perspective!r} and {approach!r}"
        )
    return by_pair(table, choices[perspective, approach](table))


def _exporter_source(table: WorldTable) -> dict[str, NDArray]:
    every, own, direct = _contents(table)
    foreign = every - own
    once = table.solve_local(_own_quotients(table, foreign, transposed=True), transposed=True)
    passed_on = _final_exports(table) + _sold_abroad(table, table.used_in, table.final)
    to_rest = passed_on.sum(axis=1, keepdims=True) - passed_on
    made = np.stack([table.solve_local(to_rest), table.solve_local(passed_on)], axis=2)
    rest, back = np.moveaxis(_sold_to_makers(table, made), 2, 0)
    (into_home,) = _sold_to_stages(table, table.at_home)
    exports = table.exports
    return {
        "DAVAX": direct[:, None] * (_final_exports(table) + into_home),
        "VAX_rest": direct[:, None] * rest,
        "REF": direct[:, None] * back,
        "DDC": (own - direct)[:, None] * exports,
        "FVA": once[:, None] * exports,
        "FDC": (foreign - once)[:, None] * exports,
    }


def _exporter_sink(table: WorldTable) -> dict[str, NDArray]:
    """Split exports by what never passes the exporter's border again, and what does.

    Column s of `without` is the output that all final use calls for if s did not export: with s
    cut off, the inverse is B less B_.s inv(B_ss) L_ss A_s. B.
    """
    rows, own_region = np.arange(len(table.output)), table.region_of
    every, own, _ = _contents(table)
    delivered = table.final.sum(axis=1)
    exported = table.by_region(delivered - table.at_home)
    cut = table.by_any - table.by_home
    without = _sold_abroad(table, table.output[:, None] - cut, delivered[:, None] - exported)
    inputs = _own_quotients(table, table.solve_local(without[rows, own_region]))
    exported += table.by_region(inputs)
    cut += table.solve(table.by_region(inputs))
    again = _sold_abroad(table, cut, exported)
    last = table.times_between(table.output)[:, None] - again + delivered[:, None]
    made = np.stack([table.solve_local(last), table.solve_local(again)], axis=2)
    last, again = np.moveaxis(_sold_to_makers(table, made), 2, 0)
    last = last + _final_exports(table)
    foreign = every - own
    return {
        "DVA": own[:, None] * last,
        "DDC": own[:, None] * again,
        "FVA": foreign[:, None] * last,
        "FDC": foreign[:, None] * again,
    }


def _world_source(table: WorldTable) -> dict[str, NDArray]:
    every, _, direct = _contents(table)
    once = _passed_on(table, direct)
    more = _passed_on(table, every - direct)
    exports = table.exports
    shares = {"DVA": direct, "FVA": once, "DC": more}
    return {name: share[:, None] * exports for name, share in shares.items()}


def _world_sink(table: WorldTable) -> dict[str, NDArray]:
    every, own, _ = _contents(table)
    absorbed = table.times_between(table.solve_local(table.at_home))
    abroad = _final_exports(table).sum(axis=1) + absorbed
    into_home, into_absorbed = _sold_to_stages(table, table.at_home, abroad)
    last = _final_exports(table) + into_home
    return {"FVA": (every - own)[:, None] * last + table.content * into_absorbed}


def _contents(table: WorldTable) -> tuple[NDArray, NDArray, NDArray]:
    """Return `every`, `own` and `direct`. Shapes (n,)."""
    own = table.content[np.arange(len(table.output)), table.region_of]
    return table.every, own, table.direct


def _sold_abroad(table: WorldTable, output: NDArray, use: NDArray) -> NDArray:
    """Sales to other regions as inputs of an output, where output is B times use. Shape (n, k).

    What is made is used, bought by the region's own sectors, or bought by others.
    """
    inputs = output * table.per_unit[:, None]
    bought = [table.flows[block, block] @ inputs[block] for block in table.blocks]
    return output - use - np.concatenate(bought)


def _passed_on(table: WorldTable, content: NDArray) -> NDArray:
    """Content of a unit that came over a border in inputs and stayed, content A L. Shape (n,)."""
    passed = table.times_between(content, transposed=True)
    return table.solve_local(passed, transposed=True)


def _final_exports(table: WorldTable) -> NDArray:
    """Sales to final use in each other region. Shape (n, g)."""
    final = table.final.copy()
    final[np.arange(len(final)), table.region_of] = 0.0
    return final


def _own_products(table: WorldTable, right: NDArray) -> NDArray:
    """Each region's own block of B times its rows of a matrix. Shape of `right`."""
    pairs = zip(table.own_inverses, table.blocks, strict=True)
    return np.concatenate([inverse @ right[block] for inverse, block in pairs])


def _own_quotients(table: WorldTable, right: NDArray, transposed: bool = False) -> NDArray:
    """Solve each region's own block of B, or its transpose, for its rows. Shape of `right`."""
    return np.concatenate(
        [
            np.linalg.solve(inverse.T if transposed else inverse, right[block])
            for inverse, block in zip(table.own_inverses, table.blocks, strict=True)
        ]
    )


def _sold_to_makers(table: WorldTable, output: NDArray) -> NDArray:
    """Sales of each row of s to r as inputs of `output`, A_sr times it. Shape (n, g, k).

    `output` has shape (n, g, k): by row of r and by s, for k purposes.
    """
    inputs = output * table.per_unit[:, None, None]
    sold = np.zeros(output.shape)
    for s, seller in enumerate(table.blocks):
        for r, buyer in enumerate(table.blocks):
            if r != s:
                sold[seller, r] = table.flows[seller, buyer] @ inputs[buyer, s]
    return sold


def _sold_to_stages(table: WorldTable, *uses: NDArray) -> NDArray:
    """Sales of each row to r as inputs of what r makes of L_rr times its uses. Shape (k, n, g).

    Each use has shape (n,); the same for all sellers.
    """
    inputs = table.solve_local(np.stack(uses, axis=1)) * table.per_unit[:, None]
    sold = np.stack([table.flows[:, block] @ inputs[block] for block in table.blocks], axis=1)
    sold[np.arange(len(sold)), table.region_of] = 0.0
    return np.moveaxis(sold, 2, 0)
