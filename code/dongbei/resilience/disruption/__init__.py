"""What becomes of an economy's output when suppliers fail or links are cut.

``shocks`` says what is hit and when. ``static`` tells what is lost at once, in closed form;
``network`` how a lack spreads where some inputs cannot be done without; ``inventories`` how it
unfolds step by step while stocks last, and ``inoperability`` how sectors recover together.
``nodes`` says which rows of a table matter most, ``stress`` which cuts would hurt most and what
would make them milder.
"""

from dongbei.resilience.disruption.inventories import Behaviour, simulate
from dongbei.resilience.disruption.network import (
    SupplyNetwork,
    cascade,
    diversified,
    supply_network,
)
from dongbei.resilience.disruption.nodes import (
    critical_nodes,
    domar_weights,
    influence,
    supplier_concentration,
)
from dongbei.resilience.disruption.shocks import Loss, Shocks, rows
from dongbei.resilience.disruption.static import (
    cut,
    demand_loss,
    joint_cuts,
    single_cuts,
    supply_loss,
)
from dongbei.resilience.disruption.stress import (
    cut_off,
    dependence,
    expected_shortfall,
    replaceability,
    worst_cuts,
)

__all__ = [
    "Behaviour",
    "Loss",
    "Shocks",
    "SupplyNetwork",
    "cascade",
    "critical_nodes",
    "cut",
    "cut_off",
    "demand_loss",
    "dependence",
    "diversified",
    "domar_weights",
    "expected_shortfall",
    "influence",
    "joint_cuts",
    "replaceability",
    "rows",
    "simulate",
    "single_cuts",
    "supplier_concentration",
    "supply_loss",
    "supply_network",
    "worst_cuts",
]
