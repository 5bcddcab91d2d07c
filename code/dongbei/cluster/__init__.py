"""Pricing of industrial clusters: a chain of oligopolies against an integrated firm.

`model` writes every symbol and formula once, as SymPy. `equations` derives the formulas of
document 002 from profit maximisation, step by step and for any number of stages; `consequences`
proves what follows from them; both give `Step` objects that print as LaTeX. `chain` compiles
the same formulas into functions of a `ProductionChain`, for one chain or for many at once.
"""

from dongbei.cluster.chain import (
    ProductionChain,
    final_price,
    has_price_advantage,
    integrated_oligopoly_price,
    integrated_price,
    integrated_profit,
    margins,
    minimum_firms,
    price_advantage,
    profits,
    quantity,
    stage_prices,
)
from dongbei.cluster.consequences import propositions
from dongbei.cluster.equations import derivation
from dongbei.cluster.model import (
    minimum_firms_bound,
    symmetric_integrated_price,
    symmetric_price,
)
from dongbei.cluster.proof import Step, latex

__all__ = [
    "ProductionChain",
    "Step",
    "derivation",
    "final_price",
    "has_price_advantage",
    "integrated_oligopoly_price",
    "integrated_price",
    "integrated_profit",
    "latex",
    "margins",
    "minimum_firms",
    "minimum_firms_bound",
    "price_advantage",
    "profits",
    "propositions",
    "quantity",
    "stage_prices",
    "symmetric_integrated_price",
    "symmetric_price",
]
