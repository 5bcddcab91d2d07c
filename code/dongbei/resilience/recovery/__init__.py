"""How regions withstand a shock and whether they come back.

``phases`` dates the slowdowns and upswings of a nation that rarely contracts; ``measures`` compares
two years: sensitivity, resistance and their split into industry mix and a region's own part;
``paths`` looks at all years after a shock: drop, recovery time, lost area, persistence. What takes
levels and returns arrays is plain NumPy; `phase_measures`, `structural_measures`, `path_measures`
and `real_product` take and return the tidy frames of ``dongbei.statistics``.

Where only amounts at the prices of the year exist, use what depends on nothing but a region's part
of the nation, in which a deflator that regions share cancels: `sensitivity_ratio`,
`relative_change_of_growth`, ranks, and all of ``paths``.
"""

from dongbei.resilience.recovery.measures import (
    Split,
    growth,
    phase_measures,
    real_product,
    relative_change_of_growth,
    relative_resistance,
    resistance,
    sensitivity,
    sensitivity_ratio,
    shift_share,
    structural_measures,
)
from dongbei.resilience.recovery.paths import (
    Recovery,
    drop,
    expected_path,
    lost_area,
    path_measures,
    persistence,
    recovery_time,
    relative_path,
)
from dongbei.resilience.recovery.phases import segmentations, turning_points

__all__ = [
    "Recovery",
    "Split",
    "drop",
    "expected_path",
    "growth",
    "lost_area",
    "path_measures",
    "persistence",
    "phase_measures",
    "real_product",
    "recovery_time",
    "relative_change_of_growth",
    "relative_path",
    "relative_resistance",
    "resistance",
    "segmentations",
    "sensitivity",
    "sensitivity_ratio",
    "shift_share",
    "structural_measures",
    "turning_points",
]
