"""How safe the five securities are, and what shocks do to regions and to the chains between them.

``composite`` makes an index of any tree of indicators and shows its uncertainty; ``securities``
holds the five securities of the provinces: their design and their figures. ``recovery`` measures
how regions withstood a shock and came back, ``disruption`` what a lost supplier or a cut link
costs.
"""

from dongbei.resilience.composite import (
    Design,
    Index,
    Prepared,
    Replications,
    aggregate,
    ahead,
    consistency,
    contributions,
    correlations,
    coverage,
    crossing,
    effective_weights,
    index,
    leave_one_out,
    prepare,
    rank_intervals,
    read_design,
    regrouped,
    replications,
    sensitivity,
    to_gain_a_rank,
)

__all__ = [
    "Design",
    "Index",
    "Prepared",
    "Replications",
    "aggregate",
    "ahead",
    "consistency",
    "contributions",
    "correlations",
    "coverage",
    "crossing",
    "effective_weights",
    "index",
    "leave_one_out",
    "prepare",
    "rank_intervals",
    "read_design",
    "regrouped",
    "replications",
    "sensitivity",
    "to_gain_a_rank",
]
