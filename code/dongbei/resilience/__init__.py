"""How safe the five securities are, and what shocks do to regions and to the chains between them.

``composite`` makes an index of any tree of indicators and shows its uncertainty; ``securities``
holds the five securities of the provinces: their design and their figures. ``recovery`` measures
how regions withstood a shock and came back, ``disruption`` what a lost supplier or a cut link
costs.
"""

from dongbei.resilience import composite
from dongbei.resilience.composite import *  # noqa: F403 - its names are this room's

__all__ = composite.__all__
