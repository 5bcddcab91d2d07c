"""Policy options: what the documents propose, simulated together, and chosen among.

``catalogue`` reads every proposal of the five documents and the lever that stands for it. ``model``
joins the vicious circle, suppliers' pricing and entry, and shocks in one set of equations.
``levers`` says what can be pulled, ``simulation`` follows many economies under many programmes, and
``ensemble`` draws the futures and keeps long runs. ``choice`` ranks programmes when nobody knows
which future it will be; ``discovery`` says in which of them a programme fails.

Examples
--------
Research money for ten years in four futures: the share after sixty years, in percent, without it
and with it.

>>> from dongbei import policy
>>> from dongbei.policy import Measure, Programme
>>> futures = policy.scenarios(slice(0, 4))
>>> research = Programme("research", {"research_support": Measure(0.02, 0, 10)})
>>> found = policy.futures(futures, [Programme("nothing"), research], 60)
>>> (100 * found.share).round(1).tolist()
[[94.5, 94.6], [7.6, 7.6], [8.0, 8.4], [98.5, 98.5]]
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
