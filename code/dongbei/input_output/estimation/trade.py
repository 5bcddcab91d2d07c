"""Who trades with whom, by gravity, and the inter-regional table that follows from it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import shortest_path

from dongbei import statistics
from dongbei.input_output.balancing import gras
from dongbei.input_output.estimation.assumptions import CHOICES, Assumptions
from dongbei.input_output.estimation.margins import (
    ROUNDING,
    Margins,
    check_room,
    freightless,
    margins,
    per,
    published,
)
from dongbei.input_output.tables import InterregionalTable


@dataclass(frozen=True, eq=False)
class EstimatedTable(InterregionalTable):
    """An inter-regional table whose trade between provinces is estimated, not published.

    Parameters
    ----------
    flows, final, regions, sectors, value_added, exports, imports, error, tolerance
        As of `InterregionalTable`. The balancing item holds the printed one, what reconciliation
        left between a province's two sides, and re-exports.
    year : int
    assumptions : Assumptions
    report : DataFrame
        What was changed, by province and sector: see `Margins`; also ``final_imports``, imports for
        final use, which are in no other part of the table.

    Notes
    -----
    Negative changes of inventories are in the published tables and kept: no warning repeats them.
    """

    year: int = field(kw_only=True)
    assumptions: Assumptions = field(kw_only=True)
    report: pd.DataFrame = field(kw_only=True, repr=False)

    @property
    def title(self) -> str:
        """What to call the table wherever it shows."""
        return f"Estimated inter-regional table of {self.year}, {len(self.names)} regions"

    def __repr__(self):
        return f"<{self.title}: {self.assumptions}>"

    def _sums(self, rows, into):
        kept = {"year": self.year, "assumptions": self.assumptions, "report": self.report}
        return super()._sums(rows, into) | kept

    def _warn_of_negatives(self):
        """Say nothing: what is negative was published so."""


def gravity(outflow: ArrayLike, inflow: ArrayLike, prior: ArrayLike) -> NDArray:
    """Distribute outflow over destinations: a prior, scaled to both margins.

    Parameters
    ----------
    outflow, inflow
        Shape (k, m); equal in sum in each sector.
    prior
        Attraction of each pair, positive off the diagonal, which is ignored: what stays at home is
        in neither margin. Shape (m, m) or (k, m, m).

    Returns
    -------
    array of shape (k, m, m)
        Trade from row to column, zero on the diagonal.

    Raises
    ------
    ValueError
        As of `gras`; if the prior is not positive and finite off its diagonal; or if a region sends
        more than all others take.

    References
    ----------
    Wilson (1967), Transportation Research 1(3): the doubly constrained model.
    """
    outflow, inflow = np.array(outflow, float), np.array(inflow, float)
    prior = np.broadcast_to(np.array(prior, float), (*outflow.shape, outflow.shape[-1]))
    apart = ~np.eye(outflow.shape[-1], dtype=bool)
    if not (np.isfinite(prior[:, apart]) & (prior[:, apart] > 0)).all():
        raise ValueError("the prior must be positive and finite between different regions")
    check_room(outflow, inflow, *map(range, outflow.shape))
    return gras(np.where(apart, prior, 0), outflow, inflow).table


def attraction(cost: ArrayLike, elasticity: ArrayLike, deterrence: str = "power") -> NDArray:
    """Turn costs into a prior: c ** -elasticity, or exp(-elasticity c / mean c); zero at home.

    Parameters
    ----------
    cost
        Positive off the diagonal. Shape (m, m).
    elasticity
        One number, or one for each of k sectors.

    Returns
    -------
    array of shape (m, m), or (k, m, m)

    Raises
    ------
    ValueError
        If a cost between two regions is not positive, or the form is unknown.
    """
    cost = np.array(cost, float)
    apart = ~np.eye(len(cost), dtype=bool)
    if cost.shape != apart.shape or not (np.isfinite(cost[apart]) & (cost[apart] > 0)).all():
        raise ValueError("costs must be a square of finite numbers above 0 off its diagonal")
    if deterrence not in CHOICES["deterrence"]:
        raise ValueError(f"deterrence must be {' or '.join(CHOICES['deterrence'])}")
    relative = cost / cost[apart].mean()
    power = np.array(elasticity, float)[..., None, None]
    shrunk = np.log(np.where(apart, relative, 1)) if deterrence == "power" else relative
    return np.where(apart, np.exp(-power * shrunk), 0)


def trade(found: Margins, assumptions: Assumptions | None = None) -> NDArray:
    """Estimate who sends how much of each sector's product to whom. Shape (k, m, m).

    The diagonal is zero but for goods that a hub sent back to where they were made.
    """
    assumptions = assumptions or Assumptions()
    far = np.isin(found.sectors, freightless())
    elasticity = np.where(far, assumptions.services_elasticity, assumptions.elasticity)
    cost = freight(found.provinces, assumptions.routes)
    prior = attraction(cost, elasticity, assumptions.deterrence)
    passed = found.passed_on
    return through_hubs(gravity(found.outflow + passed, found.inflow + passed, prior), passed)


def through_hubs(flows: NDArray, passed_on: NDArray) -> NDArray:
    """Follow what hubs pass on from where it was made to where it is used. Shape (k, m, m).

    A hub sends on the same mix of origins to all, and takes what it sends on from all alike.

    Parameters
    ----------
    flows
        Gross trade, from row to column. Shape (k, m, m).
    passed_on
        The part of each region's inflow, and of its outflow, that it passes on. Shape (k, m).
    """
    sent, taken = flows.sum(axis=2), flows.sum(axis=1)
    leaving, entering = per(passed_on, sent), per(passed_on, taken)
    to = per(flows, sent[:, :, None])
    made = flows * (1 - leaving)[:, :, None]
    again = np.eye(flows.shape[1]) - entering[:, :, None] * to
    arrived = np.swapaxes(np.linalg.solve(np.swapaxes(again, 1, 2), np.swapaxes(made, 1, 2)), 1, 2)
    return arrived * (1 - entering)[:, None, :]


def estimated_table(year: int, assumptions: Assumptions | None = None) -> EstimatedTable:
    """Estimate the inter-regional table of a year.

    Parameters
    ----------
    year : int
        2007 (30 provinces), 2012 or 2017 (31).
    assumptions : Assumptions, optional

    Returns
    -------
    EstimatedTable
        Regions are provinces in official order; ``aggregated(eight_regions(table.names))`` gives
        the eight regions. Output and value added are the published ones of each province and
        sector, and so are exports, but for 2007 and ``unsplit="split"``.

    Raises
    ------
    ValueError
        As of `margins`.

    References
    ----------
    Chenery (1953) and Moses (1955), American Economic Review 45(5): origins in equal proportions
    for all users of a region.
    """
    assumptions = assumptions or Assumptions()
    data = published(year, assumptions.detail)
    found = margins(year, assumptions)
    flows = trade(found, assumptions)
    returned = np.einsum("kmm->km", flows)
    inflow = found.inflow - returned
    supply = flows.copy()
    at_home = found.use - inflow - found.imports
    np.einsum("kmm->km", supply)[:] = np.where(
        at_home > -ROUNDING * found.use, at_home.clip(0), at_home
    )
    shares = per(supply, found.use[:, None, :])
    foreign = per(found.imports, found.use)
    k, m = found.output.shape
    split, consumed = spread(shares, data["flows"], data["final"])
    exports = found.exports.T.ravel()
    sold = split.sum(axis=1) + consumed.sum(axis=1) + exports
    report = found.report.assign(
        outflow=(found.outflow - returned).T.ravel(),
        inflow=inflow.T.ravel(),
        returned=returned.T.ravel(),
        final_imports=(foreign.T * data["final"]).ravel(),
    )
    return EstimatedTable(
        split,
        consumed,
        np.repeat(found.provinces, k),
        np.tile(found.sectors, m),
        value_added=data["value_added"].ravel(),
        exports=exports,
        imports=np.einsum("im,mij->mj", foreign, data["flows"]).ravel(),
        error=found.output.T.ravel() - sold,  # the report's, exactly zero sales where none are made
        year=year,
        assumptions=assumptions,
        report=report,
    )


def spread(shares: NDArray, flows: NDArray, final: NDArray) -> tuple[NDArray, NDArray]:
    """Split every use of a product by origin, in the same proportions for all users of a region.

    Parameters
    ----------
    shares
        Part of what region d uses of product i that comes from s. Shape (k, m, m): i, s, d.
    flows
        Use of product i by sector j in d. Shape (m, k, k): d, i, j.
    final
        Final use of product i in d. Shape (m, k).

    Returns
    -------
    tuple
        Flows (m k, m k) and final use (m k, m), rows and columns by region, then sector.
    """
    k, m, _ = shares.shape
    between = np.einsum("isd,dij->sidj", shares, flows).reshape(m * k, m * k)
    return between, np.einsum("isd,di->sid", shares, final).reshape(m * k, m)


def eight_regions(provinces) -> dict[str, tuple[str, ...]]:
    """Return {region: its provinces among those given}, for `aggregated`."""
    known = set(provinces)
    groups = {one: statistics.members(one) for one in statistics.regions()["region"]}
    return {one: tuple(name for name in names if name in known) for one, names in groups.items()}


def freight(provinces, routes: str = "printed") -> NDArray:
    """Return freight costs between provinces. Shape (m, m), yuan per tonne, zero at home.

    ``routes="cheapest"`` takes the cheapest way over any other capitals: of the printed costs, not
    all are the cheapest.
    """
    listed = statistics.freight_cost()
    place = pd.Index(listed["origin"].unique())
    cost = np.zeros((len(place), len(place)))
    pairs = (place.get_indexer(listed["origin"]), place.get_indexer(listed["destination"]))
    cost[pairs] = listed["yuan_per_tonne"]
    cost = shortest_path(cost) if routes == "cheapest" else cost
    chosen = place.get_indexer([*provinces])
    return cost[np.ix_(chosen, chosen)]
