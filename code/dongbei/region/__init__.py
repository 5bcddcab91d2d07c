"""A region of the reader's own: a workbook to fill, and the report's questions asked of it.

``template`` writes the workbook, empty or filled for provinces of China; ``reader`` reads it and
names the cell of whatever is wrong; ``steps`` takes what it holds through the rooms: the record
(`shares`, `chained`, `turns`, `cycle`, `after`), the test for clusters (`cluster_test`,
`specialities`), the vicious circle (`circle`, `compare`, `forecast_errors`, `simulate`), the index
(`design`, `position`) and `value_chains`. ``python -m dongbei.region`` does it from a terminal.
"""

from dongbei.region.reader import Region, read_region
from dongbei.region.steps import (
    NO_FEEDBACK,
    after,
    chained,
    circle,
    cluster_test,
    compare,
    cycle,
    design,
    forecast_errors,
    position,
    shares,
    simulate,
    specialities,
    turns,
    value_chains,
)
from dongbei.region.template import empty_template, write_example, write_template

__all__ = [
    "NO_FEEDBACK",
    "Region",
    "after",
    "chained",
    "circle",
    "cluster_test",
    "compare",
    "cycle",
    "design",
    "empty_template",
    "forecast_errors",
    "position",
    "read_region",
    "shares",
    "simulate",
    "specialities",
    "turns",
    "value_chains",
    "write_example",
    "write_template",
]
