"""What each province sends to the others and takes from them, made consistent."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from dongbei import statistics
from dongbei.input_output.balancing import reconcile
from dongbei.input_output.estimation.assumptions import YEARS, Assumptions
from dongbei.input_output.provincial import provincial_tables

YUAN_PER_DOLLAR_2007 = 7.604
"""Mean of the year: China Statistical Yearbook 2008."""
HALF = 0.5
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Margins:
    """What each province sends to and takes from the others, by sector, and what was done to it.

    Parameters
    ----------
    year, provinces, sectors
        The m provinces and k sectors.
    outflow, inflow
        To and from other provinces; equal in sum in each sector. Shape (k, m).
    passed_on
        What came from other provinces and went on to others, in neither of the two. Shape (k, m);
        zero where transit is netted.
    exports, imports
        Shape (k, m).
    use
        What is used in each province, wherever made. Shape (k, m).
    output
        Shape (k, m).
    report : DataFrame
        A row per province and sector: ``printed_outflow`` and ``printed_inflow`` (domestic; of 2007
        after the split), ``netted`` (passed on between provinces and taken off both),
        ``passed_on``, ``passed_imports`` (imports sent on to other provinces, where they are now
        booked), ``received_imports`` (such imports booked here instead of inflow), ``reexports``
        (exported beyond what is made here, booked against the balancing item), ``outflow``,
        ``inflow``, ``printed_error``, ``error``, and ``target``, the reconciliation of the sector.
    """

    year: int
    provinces: tuple[str, ...]
    sectors: tuple[str, ...]
    outflow: NDArray
    inflow: NDArray
    passed_on: NDArray
    exports: NDArray
    imports: NDArray
    use: NDArray
    output: NDArray
    report: pd.DataFrame


def margins(year: int, assumptions: Assumptions | None = None) -> Margins:
    """Read what provinces send and take, and make it consistent.

    Raises
    ------
    ValueError
        If the year has no tables or only net outflow (2002), or the margins cannot be reconciled as
        asked: names the sector.

    Notes
    -----
    A province that brings in more than it uses, or (the same, by the balance of its table) sends
    out more than it makes, passes the difference on: first from other provinces to others, as far
    as inflow and outflow go; then from abroad to other provinces; the rest is exported.
    """
    assumptions = assumptions or Assumptions()
    data = published(year, assumptions.detail)
    exports, imports, outward, inward = _split(data, assumptions)
    use, output, error = data["use"], data["output"], data["error"]
    beyond = np.maximum(inward + imports - use, 0)
    between = np.minimum(beyond, np.minimum(outward, inward))
    onward = np.minimum(beyond - between, np.minimum(outward - between, imports))
    reexported = beyond - between - onward
    home = np.minimum(reexported, inward - between)  # came from other provinces
    # Imports that went on are imports of those who took them, in proportion to what they took.
    net_inward = inward - between - home
    received = _received(onward, net_inward)
    net_inward = net_inward - received
    net_outward = outward - between - onward
    arrived = imports - onward + received - (reexported - home)
    sent, taken, targets = _agreed(
        net_outward, net_inward, np.maximum(output - exports - error, 0), use - arrived, data,
        assumptions,
    )  # fmt: skip
    check_room(sent, taken, data["sectors"], data["provinces"])
    traced = _traceable(between, sent, taken) if assumptions.transit == "traced" else 0 * between
    at_home = use - taken - arrived
    columns = {
        "printed_outflow": outward,
        "printed_inflow": inward,
        "netted": between - traced,
        "passed_on": traced,
        "passed_imports": onward,
        "received_imports": received,
        "reexports": reexported,
        "outflow": sent,
        "inflow": taken,
        "printed_error": error,
        "error": output - exports - sent - at_home,
        "target": np.broadcast_to(targets[:, None], use.shape),
    }
    return Margins(
        year=year,
        provinces=data["provinces"],
        sectors=data["sectors"],
        outflow=sent,
        inflow=taken,
        passed_on=traced,
        exports=exports,
        imports=arrived,
        use=use,
        output=output,
        report=_report(data, columns),
    )


@cache
def published(year: int, detail: str) -> dict:
    """Read the tables of a year as arrays: by sector (k, m), by province for what is inside it."""
    if year == 2002:
        raise ValueError(
            "the tables of 2002 print net outflow only: what leaves and what enters a province"
            f" cannot be told from it, so no trade is estimated; choose from {YEARS}"
        )
    tables = provincial_tables(year)
    known = statistics.sectors()
    labels = known["sector" if detail == "sector" else "broad"]
    sectors = tuple(dict.fromkeys(labels))
    add = (labels.to_numpy()[:, None] == np.array(sectors)).astype(float)
    of = {
        "use": "domestic_use",
        "output": "gross_output",
        "error": "error",
        "outflow": "outflow",
        "inflow": "inflow",
        "exports": "exports",
        "imports": "imports",
    }
    data = {
        name: add.T @ np.stack([getattr(one, column) for one in tables.values()], axis=1)
        for name, column in of.items()
    }
    data["flows"] = np.stack([add.T @ one.flows @ add for one in tables.values()])
    data["final"] = np.stack([one.final_use.sum(axis=1) @ add for one in tables.values()])
    data["value_added"] = np.stack([one.value_added.sum(axis=0) @ add for one in tables.values()])
    for array in data.values():
        array.flags.writeable = False
    return data | {"year": year, "detail": detail, "provinces": tuple(tables), "sectors": sectors}


def _split(data: dict, assumptions: Assumptions) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return exports, imports, and outflow and inflow without them. Shapes (k, m)."""
    abroad = {}
    for name, whole in (("exports", "outflow"), ("imports", "inflow")):
        if data["year"] == 2007:
            abroad[name] = data[whole] * _foreign_shares(data, name, whole, assumptions)
        elif assumptions.unsplit == "split":
            shares = _national_share(data, name, whole)[:, None]
            abroad[name] = np.where(_unsplit(data), data[whole] * shares, data[name])
        else:
            abroad[name] = data[name]
    exports, imports = abroad["exports"], abroad["imports"]
    return exports, imports, data["outflow"] - exports, data["inflow"] - imports


def _foreign_shares(data: dict, name: str, whole: str, assumptions: Assumptions) -> NDArray:
    """Share of abroad in outflow or inflow of 2007, from that of 2012. Shape (k, m)."""
    later = published(2012, data["detail"])
    shares = np.repeat(_national_share(later, name, whole)[:, None], data["use"].shape[1], axis=1)
    if assumptions.abroad == "province":
        place = [later["provinces"].index(one) for one in data["provinces"]]
        known = (later[whole] > 0) & ~_unsplit(later)
        own = per(later[name], later[whole])
        return np.where(known[:, place], own[:, place], shares)
    if assumptions.abroad == "customs" and name == "exports":
        goods = ~np.isin(data["sectors"], freightless())
        customs = statistics.indicator("exports_usd", "single", years=[2007])
        customs = customs.set_index("province")["value"] * YUAN_PER_DOLLAR_2007
        for column, province in enumerate(data["provinces"]):
            shares[goods, column] = _at_odds(
                shares[goods, column], data[whole][goods, column], customs[province], province
            )
    return shares


def _at_odds(shares: NDArray, amounts: NDArray, total: float, province: str) -> NDArray:
    """Multiply the odds of all shares by one factor, so that they take `total` of the amounts."""
    if not total < amounts[shares > 0].sum():
        raise ValueError(
            f"{province} exports {total:.6g} by customs, more than its outflow of goods,"
            f" {amounts.sum():.6g}: choose another assumption on abroad"
        )
    odds = logit(shares)
    factor = brentq(lambda log: amounts @ expit(odds + log) - total, -50, 50, xtol=1e-13)
    return expit(odds + factor)


def _national_share(data: dict, name: str, whole: str) -> NDArray:
    """Share of abroad in all provinces that print both, by sector; zero without trade."""
    both = ~_unsplit(data)
    return per(data[name][:, both].sum(axis=1), data[whole][:, both].sum(axis=1))


def _unsplit(data: dict) -> NDArray:
    """Whether a province prints all its trade as foreign, or all as domestic. Shape (m,)."""
    foreign = (data["exports"] + data["imports"]).sum(axis=0)
    domestic = (data["outflow"] + data["inflow"]).sum(axis=0) - foreign
    return (foreign == 0) | (domestic == 0)


def _received(onward: NDArray, inward: NDArray) -> NDArray:
    """Give imports that were sent on to the other provinces, in proportion to their inflow."""
    others = inward.sum(axis=1, keepdims=True) - inward
    weight = per(onward, others)
    return inward * (weight.sum(axis=1, keepdims=True) - weight)


def _agreed(sent, taken, most_sent, most_taken, data, assumptions) -> tuple:
    """Reconcile each sector; return outflow, inflow and the target of each sector. (k, m), (k,).

    What a province takes of a product it does not make stays: nothing else could replace it.
    """
    wanted = assumptions.reconciliation
    if isinstance(wanted, Mapping):
        if missing := [one for one in data["sectors"] if one not in wanted]:
            raise ValueError(f"reconciliation does not name the sectors {', '.join(missing)}")
        wanted = [wanted[one] for one in data["sectors"]]
    # where rounding of the printed figures put a margin past its limit, the margin stands
    most_sent, most_taken = np.maximum(most_sent, sent), np.maximum(most_taken, taken)
    fixed = data["output"] == 0
    least = np.where(fixed, taken, 0).sum(axis=1)
    free = np.where((taken > 0) & ~fixed, most_taken, 0).sum(axis=1)
    reach = np.minimum(np.where(sent > 0, most_sent, 0).sum(axis=1), least + free)
    names = ("outflow", "inflow", "mean")
    totals = np.stack([sent.sum(axis=1), taken.sum(axis=1)])
    totals = np.vstack([totals, totals.mean(axis=0)])
    wanted = np.array([names.index(one) for one in np.broadcast_to(wanted, len(least))])
    sector = np.arange(len(least))
    asked = totals[wanted, sector]
    target = np.where((asked > reach) | (asked < least), totals.argmin(axis=0), wanted)
    found = reconcile(
        sent,
        taken,
        totals[target, sector],
        most_rows=most_sent,
        most_columns=most_taken,
        fixed_columns=fixed,
    )
    return *found, np.array(names)[target]


def _traceable(between: NDArray, sent: NDArray, taken: NDArray) -> NDArray:
    """Return what passes hubs and can be traced: up to half of what others could trade."""
    room = sent.sum(axis=1, keepdims=True) - sent - taken  # checked: below 0 by rounding only
    return np.minimum(between, HALF * room.clip(0))


def check_room(sent: NDArray, taken: NDArray, sectors, regions) -> None:
    """Refuse a region that sends more than all others take, or takes more than they send."""
    total = sent.sum(axis=1, keepdims=True)
    room = total - sent - taken
    if (room < -ROUNDING * total).any():
        sector, place = np.unravel_index(room.argmin(), room.shape)
        raise ValueError(
            f"region {regions[place]} sends or takes {-room[sector, place]:.6g} more of sector"
            f" {sectors[sector]} than the others can take or send: correct its margins, or choose"
            " another reconciliation"
        )


def _report(data: dict, columns: dict[str, NDArray]) -> pd.DataFrame:
    k, m = data["use"].shape
    labels = {
        "province": np.repeat(data["provinces"], k),
        "sector": np.tile(data["sectors"], m),
    }
    return pd.DataFrame(labels | {name: one.T.ravel() for name, one in columns.items()})


def per(part: NDArray, whole: NDArray) -> NDArray:
    """Divide; zero where the whole is. Shape of `part`."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


def freightless() -> list[str]:
    """Names of construction and services, single and broad."""
    known = statistics.sectors()
    rows = known[known["broad"].isin(["construction", "services"])]
    return [*rows["sector"], *rows["broad"].unique()]
