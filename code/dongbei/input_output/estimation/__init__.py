"""Inter-regional tables of China's provinces, estimated: nobody published who trades with whom.

What is known: how much of each sector's product leaves and enters each province (`Margins`). What
is assumed, and stated in `Assumptions`: everything else. The steps are

1. `margins`: outflow and inflow are freed of what is only passed on, and made to agree;
2. `trade`: a doubly constrained gravity model distributes them over pairs of provinces;
3. `estimated_table`: each use of a product is split by where the product comes from, in the same
   proportions for every user of a province (Chenery 1953, Moses 1955).

`participation_measures` and `printed_shares` say what such a table shows; `ensemble` varies the
assumptions, `share_bounds` says what the margins allow without step 2, and
`validate` runs steps 2 and 3 where the truth is known. Arrays by sector have the shape (k, m): k
sectors, m provinces; trade has (k, m, m), from origin (row) to destination. Amounts are in 10
thousand yuan.
"""

from dongbei.input_output.estimation.assumptions import Assumptions
from dongbei.input_output.estimation.ensemble import draw_assumptions, ensemble, ranges, validate
from dongbei.input_output.estimation.margins import Margins, margins
from dongbei.input_output.estimation.measures import MEASURES, participation_measures
from dongbei.input_output.estimation.suppliers import (
    printed_bounds,
    printed_evidence,
    printed_shares,
    share_bounds,
)
from dongbei.input_output.estimation.trade import (
    EstimatedTable,
    eight_regions,
    estimated_table,
    gravity,
    trade,
)

__all__ = [
    "MEASURES",
    "Assumptions",
    "EstimatedTable",
    "Margins",
    "draw_assumptions",
    "eight_regions",
    "ensemble",
    "estimated_table",
    "gravity",
    "margins",
    "participation_measures",
    "printed_bounds",
    "printed_evidence",
    "printed_shares",
    "ranges",
    "share_bounds",
    "trade",
    "validate",
]
