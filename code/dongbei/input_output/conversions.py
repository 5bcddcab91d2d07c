"""From one kind of table to another: open to closed and back, and imports out of the uses."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output.tables import InterregionalTable, WorldTable, require

ALL_IMPORTED = 1e-12
"""Imports this near to the whole use of a product, relative to it, are the whole."""


def closed(
    table: InterregionalTable, abroad: str = "abroad", balancing: str = "balancing item"
) -> WorldTable:
    """Close an open table with a pseudo-country, so that what is known of a world applies to it.

    The pseudo-country has one sector: it sells the imported inputs, buys none, all its output is
    value added, and its final use is the exports. What is said of it is a property of the closing:
    of the exports nothing is re-imported, and all of the imports is value added of abroad.

    Parameters
    ----------
    table
    abroad
        Name of the pseudo-country and its sector.
    balancing
        Name of a second pseudo-region that is there only if the table has a balancing item: it
        makes nothing, and its final use is the item.

    Returns
    -------
    WorldTable
        The rows of the table, then the pseudo-country, then the balancing item if there is one.
        The input residual stays what it is: a gap in the columns, allowed up to the tolerance of
        the open table, and so the contents of a unit add up to 1 - r'B.

    Raises
    ------
    ValueError
        If a name is taken, or imports are not zero and do not add up to something above zero.

    Warns
    -----
    UserWarning
        If a balancing item is negative: it is final use here.
    """
    require(table, InterregionalTable)
    pseudo = [abroad, balancing] if table.error.any() else [abroad]
    if taken := [name for name in pseudo if [*table.names, *pseudo].count(name) > 1]:
        raise ValueError(
            f"{', '.join(taken)}: two regions would have this name; choose others with abroad= and "
            "balancing="
        )
    total = table.imports.sum()
    if table.imports.any() and not total > 0:
        raise ValueError(
            f"imported inputs add up to {total:g}, so that nobody could have made them: give "
            "imports without a sign, and only what is bought"
        )
    n, more = len(table.regions), len(pseudo)
    flows = np.pad(table.flows, (0, more))
    flows[n, :n] = table.imports
    final = np.pad(table.final, (0, more))
    final[:n, len(table.names)] = table.exports
    if more == 2:
        final[:n, -1] = table.error
    return WorldTable(
        flows,
        final,
        [*table.regions, *pseudo],
        [*table.sectors, *pseudo],
        value_added=[*table.value_added, total, *[0.0] * (more - 1)],
        tolerance=table.tolerance,
    )


def opened(table: WorldTable, regions: Sequence[str]) -> InterregionalTable:
    """Cut some regions out of a world: the rest of it becomes exports and imported inputs.

    Parameters
    ----------
    table
    regions
        Names of the regions that stay, in any order; they keep that of the table.

    Returns
    -------
    InterregionalTable
        Exports are sales to production and final use elsewhere; imports are inputs from elsewhere,
        by user. What final use buys elsewhere is no longer there. Columns may be as far from
        balance as they were allowed to be in the world. For a table from `closed`, the same table
        again, but that a balancing item is now among the exports.

    Raises
    ------
    ValueError
        If a region is unknown, or none is named.
    """
    require(table, WorldTable)
    if unknown := sorted(set(regions) - set(table.names)):
        raise ValueError(f"no region {', '.join(unknown)}; there are {', '.join(table.names)}")
    stays = np.isin(table.names, list(regions))
    inside = stays[table.region_of]
    sold = table.flows[inside]
    exports = sold[:, ~inside].sum(axis=1) + table.final[np.ix_(inside, ~stays)].sum(axis=1)
    largest = table.output[inside].max(initial=0.0)
    return InterregionalTable(
        sold[:, inside],
        table.final[np.ix_(inside, stays)],
        table.regions[inside],
        table.sectors[inside],
        exports=exports,
        imports=table.flows[np.ix_(~inside, inside)].sum(axis=0),
        value_added=table.value_added[inside],
        tolerance=table.tolerance * (table.output.max() / largest if largest > 0 else 1.0),
    )


def noncompetitive(
    flows: ArrayLike, final: ArrayLike, imports: ArrayLike, regions: Sequence[str] | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Take imports out of the uses of a competitive table, in proportion to each use.

    A region imports a part of each product it uses, the same for every use in the region. Sales to
    other regions, and abroad, are of the region's own products and are not scaled; so no import
    leaves again.

    Parameters
    ----------
    flows
        Intermediate flows, imports included. Shape (n, n), money.
    final
        Final use without exports, imports included. Shape (n, number of uses), money; with
        `regions`, a column for each region in the order of their first row: shape (n, g).
    imports
        Imports of each row's product into its region, 0 or more. Shape (n,), money.
    regions
        Region of each row, for several regions in one table. Length n. By default all rows are of
        one region.

    Returns
    -------
    flows : ndarray
        Flows of the regions' own products. Shape (n, n), money.
    final : ndarray
        Final use of them. Shape of `final`, money.
    imported_inputs : ndarray
        What each column's production imports. Shape (n,), money; what is left of the imports is in
        final use.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or imports of a product are negative or more
        than its use in the region.

    References
    ----------
    Moses (1955), American Economic Review 45 (5), after Chenery (1953): in a region, the shares of
    origins in a product are the same for all its uses.
    """
    flows, final, imports = (np.array(one, float) for one in (flows, final, imports))
    n = imports.size
    regions = np.repeat("", n) if regions is None else np.array([str(one) for one in regions])
    names = np.array(list(dict.fromkeys(regions.tolist())))
    uses = final.shape[1:2] if len(names) == 1 else names.shape
    found, wanted = (flows.shape, final.shape, imports.shape), ((n, n), (n, *uses), (n,))
    if len(regions) != n or found != wanted or not uses:
        raise ValueError(
            "flows must have the shape (n, n), final (n, uses) or with regions (n, regions), and "
            f"imports (n,), with a region for each of the n rows; the shapes are {found}, and "
            f"there are {len(regions)} rows in {len(names)} regions"
        )
    if not all(np.isfinite(one).all() for one in (flows, final, imports)):
        raise ValueError("flows, final and imports must be finite: put 0 where there is none")
    bought_here = regions[:, None] == regions
    used_here = bought_here[:, :1] if len(names) == 1 else regions[:, None] == names
    inputs = np.where(bought_here, flows, 0.0)
    use = inputs.sum(axis=1) + np.where(used_here, final, 0.0).sum(axis=1)
    share = _import_shares(imports, use, regions)
    return (
        flows - share[:, None] * inputs,
        np.where(used_here, (1 - share[:, None]) * final, final),
        share @ inputs,
    )


def _import_shares(imports: NDArray, use: NDArray, regions: NDArray) -> NDArray:
    """Divide imports of each product by its use; zero where there are none. Shape (n,)."""
    whole = (imports > 0) & np.isclose(imports, use, rtol=ALL_IMPORTED, atol=0.0)
    wrong = np.flatnonzero((imports < 0) | ((imports > np.maximum(use, 0)) & ~whole))
    if len(wrong):
        row = wrong[0]
        place = f"row {row} of {regions[row]}" if regions[row] else f"row {row}"
        raise ValueError(
            f"{place} imports {imports[row]:g} and uses {use[row]:g}: imports "
            "must be 0 or more (drop their sign), and no more than what is used (take goods in "
            "transit out of imports and exports)"
        )
    share = np.divide(imports, use, out=np.zeros(len(use)), where=imports > 0)
    return np.where(whole, 1.0, share)
