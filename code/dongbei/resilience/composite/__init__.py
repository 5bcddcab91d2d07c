"""Composite indices of any tree of leaves, which show their own uncertainty.

``design`` is an index described: a tree of nodes over leaves, and five steps. ``files`` reads one,
``groupings`` looks at its leaves by node and by other orders.
The steps are ``missing`` (leaves from columns, coverage, gaps), ``treatment`` (outliers),
``normalisation``, ``weights`` and ``aggregation``; ``indices`` takes them in turn and splits every
score into what each leaf contributes. ``robustness`` computes an index thousands of times with
other choices and other weights, ``audit`` asks whether an index measures what it says.
"""

from dongbei.resilience.composite.aggregation import aggregate
from dongbei.resilience.composite.audit import (
    consistency,
    correlations,
    effective_weights,
    leave_one_out,
    to_gain_a_rank,
)
from dongbei.resilience.composite.design import Design
from dongbei.resilience.composite.files import read_design
from dongbei.resilience.composite.groupings import coverage, crossing, regrouped
from dongbei.resilience.composite.indices import Index, Prepared, contributions, index, prepare
from dongbei.resilience.composite.robustness import (
    Replications,
    ahead,
    rank_intervals,
    replications,
    sensitivity,
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
