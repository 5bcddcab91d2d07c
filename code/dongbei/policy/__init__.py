"""Policy options: what the documents propose, simulated together, and chosen among.

``catalogue`` reads every proposal of the five documents and the lever that stands for it. ``model``
joins the vicious circle, suppliers' pricing and entry, and shocks in one set of equations.
``levers`` says what can be pulled, ``simulation`` follows many economies under many programmes, and
``ensemble`` draws the futures and keeps long runs. ``choice`` ranks programmes when nobody knows
which future it will be; ``discovery`` says in which of them a programme fails.
"""

from dongbei.policy.ensemble import (
    UNCERTAINTIES,
    after,
    economies,
    futures,
    programmes,
    run,
    scenarios,
)
from dongbei.policy.levers import LEVERS, Measure, Programme, table
from dongbei.policy.simulation import Economy, Outcomes, paths, shocks, simulate

__all__ = [
    "LEVERS",
    "UNCERTAINTIES",
    "Economy",
    "Measure",
    "Outcomes",
    "Programme",
    "after",
    "economies",
    "futures",
    "paths",
    "programmes",
    "run",
    "scenarios",
    "shocks",
    "simulate",
    "table",
]
