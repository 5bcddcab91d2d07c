"""Many shocks, block by block, and what they did."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from dongbei.input_output import RegionalTable
from dongbei.resilience.disruption.inventories.network import NARROW, Behaviour, Network
from dongbei.resilience.disruption.inventories.steps import evolve
from dongbei.resilience.disruption.shocks import Shocks, parts

PATHS = ("value_added", "final", "exports", "output")


@dataclass(frozen=True, eq=False)
class Disruption:
    """What shocks did.

    Attributes
    ----------
    summary
        Indexed by shock: ``value_added_lost``, ``final_unmet`` and ``exports_unmet``, sums over all
        steps in the table's money; ``worst_loss``, the largest loss of value added in a step, as a
        part of a normal step's, and ``worst_step``; ``return_step``, the step from which on value
        added stays within the tolerance of normal, missing if that is not seen.
    by_region
        Value added lost in each region, over all steps. Shape (shocks, g), money.
    paths
        What was asked for: {name: array of shape (shocks, steps, g)}, money per step.
        ``value_added`` lost in each region, ``final`` demand of each region's users not met,
        ``exports`` of each region not delivered, and ``output`` of each node, shape (shocks, steps,
        n).
    """

    summary: pd.DataFrame
    by_region: NDArray
    paths: dict[str, NDArray]


def simulate(
    table: RegionalTable,
    shocks: Shocks,
    steps: int = 365,
    behaviour: Behaviour | None = None,
    paths: Collection[str] = (),
    tolerance: float = 1e-3,
    workers: int = 1,
) -> Disruption:
    """Follow an economy through many shocks.

    Parameters
    ----------
    table
        Any regional table. Nodes that make nothing take no part.
    shocks
        Shapes fit the table's n rows and g regions.
    steps
        To follow; a step is a day if `Behaviour.year` is 365.
    behaviour
        By default `Behaviour()`.
    paths
        Of which measures to keep every step, from `PATHS`. Without, memory holds a block of shocks
        per worker and a row per shock.
    tolerance
        Part of a normal step's value added that counts as returned.
    workers
        Processes that share the shocks. Results are the same for any number.

    Returns
    -------
    Disruption

    Raises
    ------
    ValueError
        If the table has flows below zero, or a node that makes something and sells nothing; shapes
        do not fit; a shock starts after the end; a name is unknown; a loss of exports meets a table
        without exports; or a number is out of its range.

    Notes
    -----
    Shocks of one `Shocks` do not depend on one another, to the last bit.
    """
    network = Network(table, behaviour or Behaviour())
    network.check(shocks, steps)
    if unknown := [name for name in paths if name not in PATHS]:
        raise ValueError(f"no path {', '.join(unknown)}; there are {', '.join(PATHS)}")
    parts("tolerance", tolerance, ())
    run = delayed(partial(_follow, network, steps=steps, names=tuple(paths), tolerance=tolerance))
    blocks = _blocks(shocks.count, network.width)
    done = Parallel(n_jobs=workers)(run(shocks.part(part)) for part in blocks)
    summary = pd.concat([one.summary for one in done], ignore_index=True).rename_axis("shock")
    by_region = np.concatenate([one.by_region for one in done])
    kept = {name: np.concatenate([one.paths[name] for one in done]) for name in paths}
    return Disruption(summary, by_region, kept)


def _follow(network, shocks, steps, names, tolerance) -> Disruption:
    """Follow one block, and keep what is asked for."""
    count = shocks.count
    filled = np.minimum(np.arange(-(-count // NARROW) * NARROW), count - 1)
    shocks = shocks.part(filled)  # the last shock again: as many columns as the processor likes
    regions = np.equal.outer(np.arange(len(network.regions)), network.region_of)
    value_added, regions = regions * network.value_added, regions.astype(float)
    normal = network.value_added.sum()
    by_region = np.zeros((len(regions), len(filled)))
    final, exports = np.zeros((2, len(filled)))
    worst, worst_step, back = np.full(len(filled), -np.inf), *np.zeros((2, len(filled)), dtype=int)
    kept = {name: [] for name in names}
    for now in evolve(network, shocks, steps):
        lost = value_added @ (1 - now.level)
        abroad = regions @ now.exports_unmet
        by_region += lost
        final += now.final_unmet.sum(axis=0)
        exports += abroad.sum(axis=0)
        part = lost.sum(axis=0) / normal
        worst_step[part > worst] = now.step
        worst = np.maximum(worst, part)
        back[np.abs(part) > tolerance] = now.step + 1
        found = {"value_added": lost, "final": now.final_unmet, "exports": abroad}
        for name in names:
            one = found[name] if name in found else now.level * network.output[:, None]
            kept[name].append(one.T[:count])
    summary = pd.DataFrame(
        {
            "value_added_lost": by_region.sum(axis=0),
            "final_unmet": final,
            "exports_unmet": exports,
            "worst_loss": worst,
            "worst_step": worst_step,
            "return_step": pd.array(back, dtype="Int64"),
        }
    )[:count]
    summary.loc[summary["return_step"] == steps, "return_step"] = pd.NA
    paths = {name: np.stack(kept[name], axis=1) for name in names}
    return Disruption(summary, by_region.T[:count], paths)


def _blocks(count: int, width: int) -> list[slice]:
    return [slice(begin, min(begin + width, count)) for begin in range(0, count, width)]
