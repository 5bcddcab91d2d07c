"""Which cuts would hurt most, whom, and what would make the worst ones milder."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dongbei.input_output import RegionalTable
from dongbei.resilience.disruption.network import SupplyNetwork, cascade
from dongbei.resilience.disruption.shocks import parts, rows
from dongbei.resilience.disruption.static import cut, joint_cuts, single_cuts

Regions = str | Iterable[str]
PAIRS = 512
"""Pairs that spread together: as many losses as stay in the cache's reach."""
SLACK = 1e-6
"""How far a pair may exceed the sum of its two for lack of more rounds, as a part of it."""


def worst_cuts(
    table: RegionalTable,
    sellers: Regions,
    buyers: Regions | None = None,
    measured: Regions | None = None,
    size: int = 1,
    part: float = 1.0,
    direction: str = "forward",
    count: int = 1000,
) -> pd.DataFrame:
    """Return the most damaging cuts among all single ones, or all pairs, of some regions' rows.

    Parameters
    ----------
    table
    sellers
        Regions whose rows are cut off.
    buyers
        Regions that they no longer reach; by default everybody.
    measured
        Regions whose value added counts; by default all.
    size : {1, 2}
        Rows cut at once.
    part, direction
        As of `single_cuts`.
    count
        Rows of the result, at most.

    Returns
    -------
    DataFrame
        The most damaging first: region, sector, and for pairs second_region, second_sector; loss
        (value added, money), share (of the value added of the regions measured) and, for pairs,
        together: the loss over the sum of the two losses alone, below one where they overlap. Rows
        that make nothing are left out; equal losses stand in the table's order.

    Raises
    ------
    ValueError
        As of `single_cuts`; or if size is neither 1 nor 2, the count is below one, fewer rows than
        the size make something, or the regions measured have no value added.
    """
    _check_size(size, count)
    chosen = _sellers(table, sellers, size)
    weight = value_added_weight(table, measured)
    settings = {"buyers": buyers, "part": part, "direction": direction, "weight": weight}
    alone = single_cuts(table, **settings)
    sets, losses = chosen[:, None], alone[chosen]
    if size == 2:
        sets = chosen[np.column_stack(np.triu_indices(len(chosen), 1))]
        losses = joint_cuts(table, sets, **settings)
    return _listed(table, sets, losses, alone, weight @ table.output, count)


def value_added_weight(table: RegionalTable, regions: Regions | None = None) -> NDArray:
    """Return value added per unit of output in some regions, zero elsewhere. Shape (n,)."""
    chosen = np.zeros(len(table.output))
    chosen[rows(table, regions)] = 1.0
    return chosen * table.value_added_shares


def dependence(
    table: RegionalTable,
    sellers: Regions,
    buyers: Regions | None = None,
    part: float = 1.0,
    direction: str = "forward",
) -> pd.DataFrame:
    """Return what each region would lose without each product of some sellers.

    Parameters
    ----------
    table
    sellers
        Regions whose makers of one product are cut off together, one product after the other.
    buyers, part, direction
        As of `cut`.

    Returns
    -------
    DataFrame
        sector (what is cut), region (who loses), loss (value added, money), share (of the region's
        value added; NaN where it has none).
    """
    chosen = rows(table, sellers)
    starts = [block.start for block in table.blocks]
    whole = np.add.reduceat(table.value_added, starts)
    frames = []
    for sector in dict.fromkeys(table.sectors[chosen].tolist()):
        lost = cut(table, chosen[table.sectors[chosen] == sector], buyers, part, direction)
        loss = np.add.reduceat(lost * table.value_added_shares, starts)
        share = np.divide(loss, whole, out=np.full(len(loss), np.nan), where=whole != 0)
        columns = {"sector": sector, "region": list(table.names), "loss": loss, "share": share}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def cut_off(
    network: SupplyNetwork,
    sellers: Regions,
    buyers: Regions | None = None,
    measured: Regions | None = None,
    size: int = 1,
    part: float = 1.0,
    count: int = 1000,
    second_source: float = 0.0,
    rounds: int | None = None,
) -> pd.DataFrame:
    """Return the most damaging cuts where some inputs cannot be done without.

    Parameters
    ----------
    network
    sellers, buyers, measured, size, count
        As of `worst_cuts`.
    part
        Part of the deliveries that is cut.
    second_source, rounds
        As of `cascade`.

    Returns
    -------
    DataFrame
        As of `worst_cuts`.

    Raises
    ------
    ValueError
        As of `worst_cuts` and `cascade`.

    Notes
    -----
    Two cuts cost each row together at least what the worse one costs it, and at most the sum of
    both: a loss is the largest of sums that grow with what arrives less. So pairs are computed from
    the largest sum down, until no sum left reaches the pairs already found. Rows whose value added
    is below zero, and that gain by a loss, count in no such sum.
    """
    _check_size(size, count)
    share = float(parts("part", part, ()))
    table = network.table
    chosen = _sellers(table, sellers, size)
    weight = value_added_weight(table, measured) * table.output
    ends = np.column_stack([weight, np.maximum(weight, 0)])

    def losses(sets):
        deliveries = np.zeros((len(sets), len(weight)))
        deliveries[np.arange(len(sets))[:, None], sets] = share
        lost = cascade(
            network,
            deliveries=deliveries,
            buyers=buyers,
            second_source=second_source,
            rounds=rounds,
        )
        return (lost @ ends).T

    alone, most = np.zeros((2, len(weight)))
    alone[chosen], most[chosen] = losses(chosen[:, None])
    sets, found = chosen[:, None], alone[chosen]
    if size == 2:
        sets = chosen[np.column_stack(np.triu_indices(len(chosen), 1))]
        bound = most[sets].sum(axis=1) * (1 + SLACK)
        order = np.argsort(-bound, kind="stable")
        found = np.full(len(sets), -np.inf)
        for start in range(0, len(sets), PAIRS):
            if start >= count and bound[order[start]] < np.partition(found, -count)[-count]:
                break
            now = order[start : start + PAIRS]
            found[now] = losses(sets[now])[0]
        sets, found = sets[found > -np.inf], found[found > -np.inf]
    return _listed(table, sets, found, alone, weight.sum(), count)


def replaceability(
    network: SupplyNetwork, sellers: Regions, second_source: float = 0.0, rounds: int | None = None
) -> pd.DataFrame:
    """Return how hard each product of some regions would be to replace for all the others.

    Parameters
    ----------
    network
    sellers
        Regions that no longer deliver a product to any other region; one product after the other.
    second_source, rounds
        As of `cascade`.

    Returns
    -------
    DataFrame
        sector; delivered (to the others, for production and final use, money); share (the sellers'
        part of what the others' producers buy of the product); more (what the others would have to
        make more, as a part of what they make; infinite if they make none); and the others' value
        added that is lost, as a part of it: linear (every input counts by its cost share) and
        critical (large inputs cannot be done without, see `cascade`). Only the last knows of
        second sources and rounds. NaN is nothing over nothing.

    Raises
    ------
    ValueError
        If a region is unknown, nobody else is left, or as of `cascade`.
    """
    table = network.table
    own = np.zeros(len(table.output), dtype=bool)
    own[rows(table, sellers)] = True
    if own.all():
        raise ValueError("no region is left to deliver to: name fewer sellers")
    others = list(dict.fromkeys(table.regions[~own].tolist()))
    sectors = [one for one in network.products if (own & (table.sectors == one)).any()]
    deliveries = np.array([own & (table.sectors == one) for one in sectors], dtype=float)
    weight = value_added_weight(table, others)
    linear = [cut(table, np.flatnonzero(one), others, direction="forward") for one in deliveries]
    short = cascade(
        network, deliveries=deliveries, buyers=others, second_source=second_source, rounds=rounds
    )
    bought = table.flows[:, ~own].sum(axis=1)
    outside = [one not in set(table.regions[own].tolist()) for one in table.names]
    delivered = deliveries @ (bought + table.final[:, outside].sum(axis=1))
    kind = np.array([network.products.index(one) for one in sectors])
    count = len(network.products)
    made = np.bincount(network.product_of, table.output * ~own, count)[kind]
    from_all = np.bincount(network.product_of, bought, count)[kind]
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.DataFrame(
            {
                "sector": sectors,
                "delivered": delivered,
                "share": deliveries @ bought / from_all,
                "more": delivered / made,
                "linear": np.array(linear) @ weight / (weight @ table.output),
                "critical": short @ (weight * table.output) / (weight @ table.output),
            }
        )


def _sellers(table: RegionalTable, sellers: Regions, size: int) -> NDArray:
    """Return the rows of some regions that make something; refuse fewer than a cut takes."""
    chosen = rows(table, sellers)
    chosen = chosen[table.output[chosen] > 0]
    if len(chosen) < size:
        raise ValueError(
            f"a cut of {size} needs as many rows that make something: name more sellers"
        )
    return chosen


def _check_size(size: int, count: int) -> None:
    if size not in (1, 2):
        raise ValueError(f"size must be 1 or 2, not {size!r}: name the rows of a larger cut to cut")
    if count < 1:
        raise ValueError(f"count must be one or more, not {count!r}")


def _listed(table, sets, losses, alone, whole: float, count: int) -> pd.DataFrame:
    """Name the most damaging sets of rows."""
    if not whole > 0:
        raise ValueError(f"the regions measured have a value added of {whole:g}: measure others")
    worst = np.argsort(-losses, kind="stable")[:count]
    sets, losses = sets[worst], losses[worst]
    frame = {"region": table.regions[sets[:, 0]], "sector": table.sectors[sets[:, 0]]}
    if sets.shape[1] == 2:
        frame |= {
            "second_region": table.regions[sets[:, 1]],
            "second_sector": table.sectors[sets[:, 1]],
        }
    frame |= {"loss": losses, "share": losses / whole}
    if sets.shape[1] == 2:
        apart = alone[sets].sum(axis=1)
        frame["together"] = np.divide(losses, apart, out=np.ones(len(losses)), where=apart != 0)
    return pd.DataFrame(frame)


def expected_shortfall(losses: ArrayLike, part: float = 0.05) -> float:
    """Return the mean of the worst part of some losses that are equally likely.

    Parameters
    ----------
    losses
        Shape (s,).
    part
        Above 0 and up to 1. The loss at its border counts with what is left of the part.

    Raises
    ------
    ValueError
        If there are no losses, one is not finite, or the part is outside its range.

    References
    ----------
    Rockafellar and Uryasev (2002), Journal of Banking and Finance 26 (7), section 2.
    """
    ordered = -np.sort(-np.asarray(losses, dtype=float).ravel())
    if not len(ordered) or not np.isfinite(ordered).all():
        raise ValueError("give at least one loss, and finite numbers only")
    if not 0 < part <= 1:
        raise ValueError(f"part must be above 0 and up to 1, not {part!r}")
    counts = np.clip(part * len(ordered) - np.arange(len(ordered)), 0, 1)
    return float(counts @ ordered / counts.sum())
