"""The joint model in symbols: clusters, shocks and policies inside the vicious circle.

The loop is that of `dongbei.decline.model`; three links are added to it. Sales make room for
suppliers, who come and go as in `dongbei.cluster.entry`, and the price of their chain is part of
the region's competitiveness. Broken chains take share away. Policies move the parameters of all
that, and cost money.

======  ======================  =================================================================
symbol  name                    meaning (unit)
======  ======================  =================================================================
N       ``firms``               firms in the chain's first stage; those of the others follow
z       ``room``                fixed costs of a firm that the whole first market would pay
ρ       ``price_room``          part of the highest price that is not unit cost, (a - C) / a
ι       ``entry``               most that the number of firms can grow or fall by (per year)
ω       ``cluster_weight``      part of the chain's price advantage that reaches buyers (0 to 1)
H       ``hit``                 rate at which a shock takes share away while it lasts (per year)
τ       ``pass_through``        part of support for users that lowers their price (0 to 1)
d       ``delivery``            part of an announced opening within the country that comes about
φ_M     ``foreign_market``      sales that opening to the world adds (first market)
φ_x     ``foreign_rivals``      advantage that it gives to rivals
φ_a     ``foreign_knowledge``   knowledge that comes with it (per year)
χ       ``crowding_out``        part of research support that replaces the firms' own (0 to 1)
s_0     ``base``                share on the first day
k_d     ``opening_cost``        yearly cost of a first market opened, or a barrier of 1 removed
k_f     ``foreign_cost``        yearly cost of opening to the world
k_e     ``reform_cost``         yearly cost of reform in full
k_r     ``relief_cost``         cost of a social duty to the state beyond what the firm paid
k_v     ``stock_cost``          yearly cost of second sources in full, over sales
======  ======================  =================================================================

**Firms.** All stages have the same fixed cost, demand is a straight line, and no stage waits for
another: the chain moves along the curve of free entry, on which the firms of the first stage tell
those of all others and the market that would just pay for them. It grows where the market is
larger than that and shrinks where it is smaller, by a pull g = (size - needed) / (size + needed):
N' = ι N g if it grows, ι (N - 1) g if it shrinks, as the last firm stays. It is at rest at free
entry, g = 0: the thick equilibrium of the cluster room is stable, the critical one not. Where the
chain is dearer than one firm that does all by itself, the region has such a firm, and no advantage
of price.

**Shocks.** A shock takes share at a rate H while it lasts; buyers then come back at the inertia of
the market, though a mended chain might sell again at once. That flatters second sources.

**What it leaves out.** Suppliers who may enter freely earn nothing in the end; the profit that pays
for research is that of the firms that sell to final markets, whose margin is a parameter. Wages,
land, the rest of the country's answer and the budget's source are outside.
"""

import sympy as sp

from dongbei.cluster import model as cluster
from dongbei.decline import model as loop

t = loop.t
s, a, q = loop.s, loop.a, loop.q
N = sp.Symbol("N", positive=True)
z, ι, price_room = sp.symbols("z iota rho", positive=True)
ω, H, τ, d, χ = sp.symbols("omega H tau d chi", nonnegative=True)
foreign_market, foreign_rivals, foreign_knowledge = sp.symbols(
    "phi_M phi_x phi_a", nonnegative=True
)
base = sp.Symbol("s_0", nonnegative=True)
opening_cost, foreign_cost, reform_cost, stock_cost, relief_cost = sp.symbols(
    "k_d k_f k_e k_v k_r", nonnegative=True
)

LEVERS = {
    name: sp.Symbol(f"L_{name}", nonnegative=True)
    for name in (
        "producer_subsidy",
        "user_subsidy",
        "user_subsidy_incremental",
        "internal_market",
        "internal_barriers",
        "external_opening",
        "social_relief",
        "reform",
        "research_support",
        "cluster_building",
        "second_sources",
    )
}
"""Name of a lever -> its intensity. Units and limits are in `dongbei.policy.levers`."""

STAGES = 3
"""Of the chain."""
SALES, COST, HIT = sp.symbols("sales cost hit", nonnegative=True)
"""Sums over time: sales, costs, and the drops in yearly sales that shocks cause (`totals`)."""


# What levers move -------------------------------------------------------------------------------


def moved() -> dict[sp.Symbol, sp.Expr]:
    """Return the loop's parameters as the levers leave them."""
    L = LEVERS
    return {
        loop.M: loop.M + d * L["internal_market"] + foreign_market * L["external_opening"],
        loop.x: loop.x - d * L["internal_barriers"] + foreign_rivals * L["external_opening"],
        loop.f: loop.f * (1 - L["social_relief"]),
        loop.θ: loop.θ * (1 + L["reform"]),
        loop.ε: loop.ε * (1 - L["reform"]),
        loop.b: loop.b + L["producer_subsidy"],
        loop.u: loop.u + τ * (L["user_subsidy"] + L["user_subsidy_incremental"]),
    }


def sales() -> sp.Expr:
    """Sales M s of the region, over the first market."""
    return moved()[loop.M] * s


# Suppliers --------------------------------------------------------------------------------------


def stage_firms(first: sp.Expr = N) -> list[sp.Expr]:
    """Firms in each stage on the curve of free entry, from those in the first.

    Zero profit in two stages with one fixed cost asks for n' (n' + 1) = n².
    """
    firms = [first]
    while len(firms) < STAGES:
        firms.append(cluster.firms_at(firms[-1] ** 2).subs(cluster.δ, 1))
    return firms


def output_ratio(first: sp.Expr = N) -> sp.Expr:
    """Output of the chain over that of perfect competition, on the curve."""
    return stage_firms(first)[-1] ** 2 / (first * (first + 1))


def needed_size(first: sp.Expr = N) -> sp.Expr:
    """Market over the fixed cost of a firm that just pays for the chain."""
    return first * (first + 1) / output_ratio(first)


def size() -> sp.Expr:
    """Market over the part of a firm's fixed cost that it pays itself."""
    return z * sales() / (1 - LEVERS["cluster_building"])


def firms_change() -> sp.Expr:
    """Change of the firms in the first stage: market -> firms."""
    pull = (size() - needed_size()) / (size() + needed_size())
    return ι * (N * sp.Max(0, pull) + (N - 1) * sp.Min(0, pull))


def price_advantage() -> sp.Expr:
    """Log of an integrated firm's price over that of the cheaper of chain and firm."""
    prices = [
        cluster.price(1 - price_room, X).subs(cluster.a, 1)
        for X in (sp.Rational(1, 2), output_ratio())
    ]
    return sp.Max(0, sp.log(prices[0] / prices[1]))


# The loop with its new links --------------------------------------------------------------------


def profit() -> sp.Expr:
    """Profit of the region's industry with the levers: share -> profit."""
    return loop.profit().subs(moved(), simultaneous=True)


def research() -> sp.Expr:
    """Research out of profit, and what support adds to it: profit -> research."""
    own = loop.research().subs(moved(), simultaneous=True)
    return own + (1 - χ) * LEVERS["research_support"]


def advantage() -> sp.Expr:
    """Competitiveness with the levers and the chain's price: price -> advantage."""
    return loop.advantage().subs(moved(), simultaneous=True) + ω * price_advantage()


def share_change() -> sp.Expr:
    """Change of the share: competitiveness -> share, less what shocks take."""
    target = loop.share_change().subs(loop.advantage(), advantage())
    return target - H * (1 - LEVERS["second_sources"]) * s


def changes() -> dict[sp.Symbol, sp.Expr]:
    """Return the changes per year of share, knowledge, rivals and firms."""
    knowledge = loop.knowledge_change(research())
    return {
        s: share_change(),
        a: knowledge + foreign_knowledge * LEVERS["external_opening"],
        q: loop.rivals_change().subs(moved(), simultaneous=True),
        N: firms_change(),
    }


# What it costs ----------------------------------------------------------------------------------


def costs() -> dict[str, sp.Expr]:
    """Return what each lever costs in a year, over the sales of the first market."""
    L, open_market = LEVERS, moved()[loop.M]
    everybody, beyond = L["user_subsidy"], L["user_subsidy_incremental"]
    paid = loop.user_cost(base).subs({loop.M: open_market, loop.u: beyond}, simultaneous=True)
    return {
        "producer_subsidy": loop.producer_cost().subs(loop.b, L["producer_subsidy"]),
        "user_subsidy": (1 - sp.exp(-everybody)) * sales(),
        "user_subsidy_incremental": sp.exp(-everybody) * paid,
        "internal_market": opening_cost * L["internal_market"],
        "internal_barriers": opening_cost * L["internal_barriers"],
        "external_opening": foreign_cost * L["external_opening"],
        "social_relief": (1 + relief_cost) * loop.f * L["social_relief"],
        "reform": reform_cost * L["reform"],
        "research_support": L["research_support"],
        "cluster_building": L["cluster_building"] * sum(stage_firms()) / z,
        "second_sources": stock_cost * L["second_sources"] * sales(),
    }


def totals() -> dict[sp.Symbol, sp.Expr]:
    """Return what is added up per year: sales, all costs, and the drop that shocks cause in sales.

    The last is H M s: by how much shocks lower yearly sales in the year in which they happen. What
    is lost until the share has recovered is more.
    """
    hit = H * (1 - LEVERS["second_sources"])
    return {SALES: sales(), COST: sum(costs().values()), HIT: hit * sales()}
