"""What an estimated table supposes and nobody has measured."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

YEARS = (2007, 2012, 2017)
CHOICES = {
    "deterrence": ("power", "exponential"),
    "routes": ("printed", "cheapest"),
    "reconciliation": ("outflow", "inflow", "mean"),
    "transit": ("netted", "traced"),
    "abroad": ("sector", "province", "customs"),
    "unsplit": ("printed", "split"),
    "detail": ("sector", "broad"),
}
"""What a choice in `Assumptions` may be; the first is the default of most."""
YEAR_OF_CHOICE = {"abroad": 2007, "unsplit": 2012}
"""Choices that matter in one year only."""


@dataclass(frozen=True)
class Assumptions:
    """What an estimated table supposes and nobody has measured.

    Parameters
    ----------
    elasticity
        How fast trade in goods falls with freight cost c, 0 or more: as c ** -elasticity, or as
        exp(-elasticity c / mean c). Not fitted to anything.
    services_elasticity
        The same for construction and services, which no freight carries; by default 0, distance
        does not matter.
    deterrence : {"power", "exponential"}
        Which of the two forms.
    routes : {"printed", "cheapest"}
        Freight costs as printed, or the cheapest way over other capitals.
    reconciliation : {"mean", "outflow", "inflow"} or mapping of sector to one of them
        What the nation's trade in a sector is where outflow and inflow of all provinces differ. If
        that is more than provinces could send or use, the smaller of the two holds: see ``target``
        in the report. What a province takes of a product it does not make is not scaled.
    transit : {"netted", "traced"}
        What is sent out beyond what a province makes came in before. Netted, it is taken off both
        sides; traced, it is first distributed with the rest and then followed from where it was
        made to where it is used, a hub mixing all that comes in. What passes a hub is traced up to
        half of what the others could trade without it, and netted beyond.
    abroad : {"sector", "province", "customs"}
        Outflow and inflow of 2007 include abroad. Abroad has the share of 2012: the nation's by
        sector; the province's by sector; or, for exports of goods, the nation's odds multiplied by
        one factor per province so that its customs exports are met.
    unsplit : {"printed", "split"}
        Hubei and Qinghai 2012 print all trade as foreign, Inner Mongolia as domestic. Kept, or
        split by the shares of the other provinces, sector by sector.
    detail : {"sector", "broad"}
        35 sectors or 9.

    Raises
    ------
    ValueError
        If an elasticity is negative or a choice unknown.
    """

    elasticity: float = 1.0
    services_elasticity: float = 0.0
    deterrence: str = "power"
    routes: str = "printed"
    reconciliation: str | Mapping[str, str] = "mean"
    transit: str = "netted"
    abroad: str = "sector"
    unsplit: str = "printed"
    detail: str = "sector"

    def __post_init__(self):
        for name in ("elasticity", "services_elasticity"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)!r}")
        for name, choices in CHOICES.items():
            chosen = getattr(self, name)
            given = chosen.values() if isinstance(chosen, Mapping) else [chosen]
            for one in given:
                if one not in choices:
                    raise ValueError(f"{name} must be {' or '.join(choices)}, not {one!r}")
