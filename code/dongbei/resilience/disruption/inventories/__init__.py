"""Supply chains with stocks, step by step: what a shock does before, while and after it lasts.

An inventory model of the family ARIO: Hallegatte (2008, Risk Analysis 28), with stocks in
Hallegatte (2014, Risk Analysis 34), between many regions in Guan et al. (2020, Nature Human
Behaviour 4) and Juhel (2024, Journal of Open Source Software 9, BoARIO). A node is a row of a
table, a region's sector; a product is a kind of sector, which users buy from the nodes that they
bought from before. All is measured against the table: a level of 1 is a normal step's output, and
stocks are counted in steps of normal use.

======  ==================  =======================================================================
symbol  name here           meaning, for a node i or j, a product p, a region g
======  ==================  =======================================================================
x       ``level``           output, over normal output
κ       ``capacity``        largest output: α (1 - Δ), Δ the part that the shock takes
α       ``overproduction``  1 in normal times, up to α_max under scarcity
h_pj    ``stock``           what j has of p, in steps of normal use
s_p     ``days``            the stock that j wants, in steps of the output that it plans
ν_pj    ``needs``           what j orders of p, in steps of normal use
d_i     ``demand``          all orders to i, over its normal sales
b_ij    ``orders``          part of i's normal sales that goes to j's production
s_ij    ``shares``          part of j's normal purchases of product p(i) that comes from i
f_i     ``served``          part of its orders that i delivers, to production and to final users
======  ==================  =======================================================================

One step (``evolve``):

1. *Demand.*  d_i = Σ_j b_ij ν_pj + final demand + exports, each less what the shock takes of it.
2. *Production.*  A node plans x° = min(d, κ), and makes x = min(x°, min_p h_p / max(1, ψ s_p)) over
   its critical inputs: it slows down once a stock is below a part ψ of what it wants, and never
   uses more than it has (Hallegatte 2014; BoARIO's psi).
3. *Rationing.*  Output goes to the clients by a rule (`RULES`). What final users and those abroad
   do not get is lost, and recorded.
4. *Stocks.*  h' = h + ν Σ_i s_ij f_i - x: a step's deliveries arrive at its end.
5. *Orders* for the next step.  ν' = x + max(0, s_p x° - h') / τ: what was used, and a part of what
   is missing, τ being the restocking time.
6. *Overproduction.*  α' = α + (α_max - α) (d - x) / d / τ_α under scarcity, α + (1 - α) / τ_α
   without (Hallegatte 2014). BoARIO 0.7 sets the *next* step's orders against this step's output
   here; apart from that the paths are its own.

A cut link takes a part of what users in a region can order from a node. With `redirection` φ that
part of every order is free to move: buyers divide it anew among the suppliers whom they have, by
what those sold before, times their capacity, times what is left of the link (φ = 1 is BoARIO's
order type "alt"); the part 1 - φ is under fixed contracts and not ordered elsewhere.

``network`` holds what is known before a shock; ``steps`` takes the steps, ``chains`` their stocks
and orders, of which ``kernel`` compiles what is largest; ``simulation`` follows many shocks.

**Open tables.** Imports are an input that is never short, and exports a final use. What a table's
rows do not explain (the balancing error, and final uses and exports below zero, which are drawn
from stocks) stays a constant part of a node's output, so that all else balances: a node's normal
sales are the flows, final uses and exports above zero.

**Where losses are monotone.** In a chain in which every node has one supplier and one client, a
larger shock or smaller stocks lose no less, whatever the rule. It takes little to end that: where a
node has two kinds of clients, those who refill their stocks crowd out the others under proportional
rationing, so that larger stocks can lose more; and a larger shock can lose less, when a client that
can plan for less orders less for its stock. In networks both are common; the tests hold examples.

**Where it comes to rest.** With stocks of one step, a restocking time of one step and a shock that
lasts, at the fixed point of x = min(κ, d, deliveries), which in a chain is its smallest capacity.
With larger stocks a node that stays short orders more than it uses, and so rests above that if its
supplier has other clients.
"""

from dongbei.resilience.disruption.inventories.network import RULES, Behaviour, Network
from dongbei.resilience.disruption.inventories.simulation import PATHS, Disruption, simulate
from dongbei.resilience.disruption.inventories.steps import Step, evolve

__all__ = ["PATHS", "RULES", "Behaviour", "Disruption", "Network", "Step", "evolve", "simulate"]
