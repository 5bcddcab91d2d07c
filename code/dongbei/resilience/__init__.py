"""How safe the five securities are, and what shocks do to regions and to the chains between them.

``composite`` makes an index of any tree of indicators and shows its uncertainty; ``securities``
holds the five securities of the provinces: their design and their figures. ``recovery`` measures
how regions withstood a shock and came back, ``disruption`` what a lost supplier or a cut link
costs.

Examples
--------
What the nation loses if the Northeast no longer delivers a product, in an estimated table:

>>> from dongbei import input_output, statistics
>>> from dongbei.resilience import disruption
>>> network = disruption.supply_network(input_output.estimated_table(2012))
>>> loss = disruption.replaceability(network, list(statistics.members("Northeast")), 0.5)
>>> loss.set_index("sector")["critical"].idxmax()
'petroleum_coking'
"""

from dongbei.resilience import composite
from dongbei.resilience.composite import *  # noqa: F403 - its names are this room's

__all__ = composite.__all__
