"""Pricing of industrial clusters: a chain of oligopolies against an integrated firm.

`model` writes every symbol and formula once, as SymPy. `equations` derives the formulas of
document 002 from profit maximisation, step by step and for any number of stages; `consequences`
proves what follows from them, `extensions` what holds with curved demand, other conduct and free
entry; all give `Step` objects that print as LaTeX. `chain` compiles the formulas into functions of
a `ProductionChain`, for one chain or for many at once; `thresholds` says where the price advantage
begins and ends, and `entry` how many firms come.

Examples
--------
Three stages of five firms undercut one firm that does everything, and no more than three do:

>>> from dongbei import cluster
>>> chain = cluster.ProductionChain(100, 1, firms=[5, 5, 5], unit_costs=[5, 5, 5])
>>> rival = cluster.integrated(chain)
>>> [round(float(cluster.final_price(one)), 1) for one in (chain, rival)]
[50.8, 57.5]
>>> cluster.maximum_stages(5)
3
"""

from dongbei.cluster.chain import (
    Outcome,
    ProductionChain,
    chain_of_firms,
    consumer_surplus,
    final_price,
    firm_shares,
    has_price_advantage,
    integrated,
    margins,
    outcome,
    price_advantage,
    profits,
    quantity,
    stage_prices,
    welfare,
)
from dongbei.cluster.consequences import propositions
from dongbei.cluster.entry import (
    EntryEquilibria,
    best_entry,
    entry_curve,
    free_entry,
    integer_entry,
    minimum_market_size,
    winning_market_size,
)
from dongbei.cluster.equations import derivation
from dongbei.cluster.extensions import theorems
from dongbei.cluster.model import (
    minimum_firms_bound,
    symmetric_integrated_price,
    symmetric_price,
)
from dongbei.cluster.proof import Step, latex
from dongbei.cluster.thresholds import Division, best_division, maximum_stages, minimum_firms

__all__ = [
    "Division",
    "EntryEquilibria",
    "Outcome",
    "ProductionChain",
    "Step",
    "best_division",
    "best_entry",
    "chain_of_firms",
    "consumer_surplus",
    "derivation",
    "entry_curve",
    "final_price",
    "firm_shares",
    "free_entry",
    "has_price_advantage",
    "integer_entry",
    "integrated",
    "latex",
    "margins",
    "maximum_stages",
    "minimum_firms",
    "minimum_firms_bound",
    "minimum_market_size",
    "outcome",
    "price_advantage",
    "profits",
    "propositions",
    "quantity",
    "stage_prices",
    "symmetric_integrated_price",
    "symmetric_price",
    "theorems",
    "welfare",
    "winning_market_size",
]
