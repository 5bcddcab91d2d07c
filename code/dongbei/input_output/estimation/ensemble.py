"""Estimated tables under many assumptions, and estimation where the truth is known."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import qmc

from dongbei.input_output.estimation.assumptions import CHOICES, YEAR_OF_CHOICE, Assumptions
from dongbei.input_output.estimation.margins import per
from dongbei.input_output.estimation.trade import (
    EstimatedTable,
    attraction,
    estimated_table,
    gravity,
    spread,
)
from dongbei.input_output.participation import participation
from dongbei.input_output.tables import WorldTable

ELASTICITIES = (0.25, 2.0)


def draw_assumptions(year: int, draws: int, seed: int, first: int = 0) -> list[Assumptions]:
    """Draw assumptions evenly over what they may be: draws `first` to `first + draws - 1`.

    Member i depends on year, seed and i alone, so parts of an ensemble can be made anywhere; in two
    years it makes the same assumptions, but for those that matter in one of them only.
    The elasticity of goods is log-uniform on 0.25 to 2, that of services a uniform fraction of it;
    choices are equally likely; one that does not matter in the year keeps its default.

    References
    ----------
    Halton (1960), with the scrambling of Owen (2017), as in ``scipy.stats.qmc``.
    """
    sampler = qmc.Halton(2 + len(CHOICES), rng=seed)
    sampler.fast_forward(first)
    low, high = np.log(ELASTICITIES)
    members = []
    for first_part, second_part, *parts in sampler.random(draws):
        elasticity = float(np.exp(low + (high - low) * first_part))
        picked = {
            name: CHOICES[name][int(part * len(CHOICES[name]))]
            for name, part in zip(CHOICES, parts, strict=True)
            if YEAR_OF_CHOICE.get(name, year) == year
        }
        members.append(Assumptions(elasticity, float(second_part * elasticity), **picked))
    return members


def ensemble(
    year: int,
    statistic: Callable[[EstimatedTable], Mapping[str, float]],
    draws: int,
    seed: int,
    first: int = 0,
) -> pd.DataFrame:
    """Compute statistics of estimated tables under many assumptions.

    Parameters
    ----------
    year : int
    statistic
        From a table to named numbers.
    draws, seed, first
        As of `draw_assumptions`.

    Returns
    -------
    DataFrame
        A row per member, its number as the index: its assumptions, then the statistics.
    """
    members = draw_assumptions(year, draws, seed, first)
    rows = [asdict(one) | dict(statistic(estimated_table(year, one))) for one in members]
    return pd.DataFrame(rows, index=pd.RangeIndex(first, first + draws, name="member"))


def ranges(found: pd.DataFrame) -> pd.DataFrame:
    """Summarise an ensemble: least, quartiles and largest of each statistic, and whose they are.

    Returns
    -------
    DataFrame
        Indexed by statistic: minimum, lower_quartile, median, upper_quartile, maximum, and
        minimum_member and maximum_member, rows of `found` where the assumptions stand.
    """
    numbers = found.drop(columns=[one.name for one in fields(Assumptions)])
    spans = numbers.quantile([0, 0.25, 0.5, 0.75, 1]).T
    spans.columns = ["minimum", "lower_quartile", "median", "upper_quartile", "maximum"]
    return spans.assign(
        minimum_member=numbers.idxmin(), maximum_member=numbers.idxmax()
    ).rename_axis("statistic")


def validate(
    world: WorldTable, cost: ArrayLike, elasticity: float = 1.0, deterrence: str = "power"
) -> pd.DataFrame:
    """Hide who trades with whom in a table that knows, estimate it, and measure the errors.

    Parameters
    ----------
    world
        Every region with the same sectors in the same order.
    cost
        Shape (m, m), positive off the diagonal.
    elasticity, deterrence
        As of `Assumptions`, for all sectors.

    Returns
    -------
    DataFrame
        Indexed by method: ``gravity``; ``proportional``, the same margins without distance;
        ``even``, each outflow spread evenly over all others, inflow ignored; ``known trade``, the
        true trade of each product, but every user of a region served alike. ``trade_error`` is the
        sum of absolute errors of bilateral trade by product over its sum, in percent; ``forward``
        and ``backward`` are mean absolute errors of participation shares of regions and sectors,
        weighted by value added and final products, in percentage points (none for ``even``, whose
        table would not balance).

    Raises
    ------
    ValueError
        If regions differ in their sectors.
    """
    m = len(world.names)
    k = len(world.output) // m
    if len(world.output) != k * m or (world.sectors.reshape(m, k) != world.sectors[:k]).any():
        raise ValueError("every region must have the same sectors in the same order")
    flows = world.flows.reshape(m, k, m, k)
    final = world.final.reshape(m, k, m)
    supply = (flows.sum(axis=3) + final).transpose(1, 0, 2)
    true = np.where(np.eye(m, dtype=bool), 0, supply)
    sent, taken = true.sum(axis=2), true.sum(axis=1)
    estimates = {
        "gravity": gravity(sent, taken, attraction(cost, elasticity, deterrence)),
        "proportional": gravity(sent, taken, np.ones((m, m))),
        "even": np.where(np.eye(m, dtype=bool), 0, sent[:, :, None] / (m - 1)),
        "known trade": true,
    }
    used, consumed = flows.sum(axis=0).transpose(1, 0, 2), final.sum(axis=0).T
    at_home = np.einsum("kmm->km", supply)
    truth = _participation_shares(world)
    rows = {}
    for method, one in estimates.items():
        errors = {"trade_error": 100 * np.abs(one - true).sum() / true.sum()}
        if method != "even":
            whole = one.copy()
            np.einsum("kmm->km", whole)[:] = at_home
            shares = per(whole, supply.sum(axis=1)[:, None, :])
            parts = spread(shares, used, consumed)
            estimated = _participation_shares(WorldTable(*parts, world.regions, world.sectors))
            off = (estimated["share"] - truth["share"]).abs() * truth["weight"]
            errors |= (100 * off.groupby("direction").sum()).to_dict()
        rows[method] = errors
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def _participation_shares(world: WorldTable) -> pd.DataFrame:
    """Return share and weight by direction, region and sector; weights of a direction sum to 1."""
    keys = ["direction", "region", "sector"]
    wide = participation(world).pivot_table(
        index=keys, columns="term", values="value", aggfunc="sum"
    )
    whole = wide.sum(axis=1)
    share = (wide["simple"] + wide["complex"]).div(whole.where(whole > 0)).fillna(0)
    return pd.DataFrame({"share": share, "weight": whole / whole.groupby("direction").sum()})
