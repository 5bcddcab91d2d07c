"""The symbols and formulas of the pricing model: the one place where they are written.

A good passes through ``k`` stages, counted from upstream to downstream. One unit of the final
good needs one unit from every stage, so all stages make the same total ``Q``. The firms of a
stage are alike, take the price of their input as given and compete in quantities.

======  ============  ==========================================================
symbol  name here     meaning
======  ============  ==========================================================
k       ``k``         number of stages
i, j    ``i, j``      a stage; a running index or a number of steps
n_i     ``n[i]``      firms in stage i
c_i     ``c[i]``      variable cost of a unit in stage i, input not counted
f_i     ``f[i]``      fixed cost of one firm in stage i
p_i     ``p[i]``      price of the output of stage i (p_0 = 0: the raw input is free)
q_i     ``q[i]``      output of one firm in stage i
π_i     ``π[i]``      profit of one firm in stage i
Q       ``Q``         output of every stage
a, b    ``a, b``      intercept and slope of the final inverse demand p = a - bQ
a_i     ``α[i]``      intercept of the inverse demand that stage i faces
b_i     ``β[i]``      slope of the inverse demand that stage i faces
p_f     ``p_f``       price of the integrated firm; π_f its profit, f_f its fixed cost
p_m     ``p_m``       price of m integrated firms that compete in quantities
C       ``C``         cost of a unit over all stages, the sum of the c_i
X       ``X``         output ratio: the chain's output over that of perfect competition
n       ``N``         firms in each stage, where all stages have as many
m       ``m``         number of integrated firms, where there are several
δ       ``δ``         curvature of demand p = a - b(1 + (Q^δ - 1)/δ): 1 is the straight line
θ_i     ``θ``         conduct of stage i: 0 price taking, 1/n_i Cournot, 1 collusion
t       ``t``         cost of handing a unit from one stage to the next, at arm's length
D       ``D``         depth of demand: -Q dp/dQ where the price is unit cost
Y       ``Y``         markup: total margin over depth, were output that of competition
M       ``M``         market size: depth times the output of perfect competition
======  ============  ==========================================================

A formula takes the total cost C and the output ratio X as arguments. The derivation passes sums
and products over stages, the numerical functions pass plain symbols, and both get one formula.

The model is that of document 002, equations (1) to (9); C and X are names of this report. What
stands under "Curved demand" is the same model with any conduct and with demand of the family of
Bulow and Pfleiderer (1983), written so that it has a limit at every curvature above -1.
"""

from sympy import (
    Eq,
    Expr,
    IndexedBase,
    Piecewise,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    evaluate,
    exp,
    log,
    sqrt,
    symbols,
)
from sympy.logic.boolalg import Boolean

i = Symbol("i", integer=True)
j = Symbol("j", integer=True, nonnegative=True)
k = Symbol("k", integer=True, positive=True)
a, b, Q = symbols("a b Q", positive=True)
n = IndexedBase("n", positive=True)
c = IndexedBase("c", nonnegative=True)
f = IndexedBase("f", nonnegative=True)
p, q, π = (IndexedBase(name, real=True) for name in ("p", "q", "pi"))
α = IndexedBase("a", real=True)
β = IndexedBase("b", positive=True)
p_f, π_f, p_m = symbols("p_f pi_f p_m", real=True)
f_f = Symbol("f_f", nonnegative=True)
C = Symbol("C", nonnegative=True)
X, N, m = symbols("X n m", positive=True)
δ = Symbol("delta", real=True)
θ, Y, t = (Symbol(name, nonnegative=True) for name in ("theta", "Y", "t"))
D, M = symbols("D M", positive=True)


# Sums and products over stages ------------------------------------------------------------------


def total_cost(first: Expr = S.One, last: Expr = k, over: Symbol = i) -> Sum:
    """Cost of a unit from stage `first` to stage `last`."""
    with evaluate(True):  # unevaluated, SymPy would put a factor of one before the cost
        return Sum(c[over], (over, first, last))


def output_ratio(first: Expr = S.One, last: Expr = k, over: Symbol = i) -> Product:
    """Product of n/(n+1) from stage `first` to stage `last`: over all stages, it is X."""
    with evaluate(False):
        return Product(n[over] / (n[over] + 1), (over, first, last))


def slope_ratio(first: Expr = S.One, last: Expr = k, over: Symbol = i) -> Product:
    """Product of (n+1)/n from stage `first` to stage `last`: over all stages, it is 1/X."""
    with evaluate(False):
        return Product((n[over] + 1) / n[over], (over, first, last))


def derived_intercept(steps: Expr, over: Symbol = i) -> Expr:
    """Intercept of the inverse demand that reaches stage k - `steps`."""
    return a - total_cost(k - steps + 1, k, over)


def derived_slope(steps: Expr, over: Symbol = i) -> Expr:
    """Slope of the inverse demand that reaches stage k - `steps`."""
    return b * slope_ratio(k - steps + 1, k, over)


# The chain produces at all only if a unit costs less than the final intercept: a = C + surplus.
COST_BELOW_DEMAND = {a: total_cost() + Symbol("s", positive=True)}


# The chain --------------------------------------------------------------------------------------


def quantity(C: Expr, X: Expr) -> Expr:
    """Output of the chain (document 002, from equation (6))."""
    return (a - C) / b * X


def price(C: Expr, X: Expr) -> Expr:
    """Price of the final good (document 002, equation (7))."""
    return a - (a - C) * X


def stage_price(downstream_cost: Expr, C: Expr, upstream_ratio: Expr) -> Expr:
    """Price of a stage's output: cost after the stage, output ratio up to and with it."""
    return a - downstream_cost - (a - C) * upstream_ratio


def margin(C: Expr, upstream_ratio: Expr, firms: Expr) -> Expr:
    """Price of a stage's output less its input and its own cost."""
    return (a - C) / firms * upstream_ratio


def profit(C: Expr, X: Expr, upstream_ratio: Expr, firms: Expr, fixed_cost: Expr) -> Expr:
    """Profit of one firm in a stage (document 002, equation (2), at the equilibrium)."""
    return (a - C) ** 2 / (b * firms**2) * upstream_ratio * X - fixed_cost


# The integrated firm, and several of them -------------------------------------------------------


def integrated_price(C: Expr) -> Expr:
    """Price of the one firm that does all stages (document 002, equation (9))."""
    return a - (a - C) / 2


def integrated_profit(C: Expr, fixed_cost: Expr) -> Expr:
    """Profit of the one firm that does all stages (document 002, equation (8), at its best)."""
    return (a - C) ** 2 / (4 * b) - fixed_cost


def integrated_ratio(firms: Expr) -> Expr:
    """Output ratio of integrated firms that compete in quantities: a chain of one stage."""
    return firms / (firms + 1)


def is_cheaper(product: Expr, product_of_successors: Expr) -> Boolean:
    """Whether the chain undercuts the integrated firm, from the products of n and of n + 1."""
    return 2 * product > product_of_successors


def price_advantage(C: Expr, X: Expr) -> Expr:
    """How far the chain's price lies below the integrated firm's."""
    return (a - C) * (X - Rational(1, 2))


# Every stage with as many firms -----------------------------------------------------------------


def symmetric_ratio() -> Expr:
    """Output ratio of k stages of n firms each."""
    return (N / (N + 1)) ** k


def minimum_firms_bound(rivals: Expr = S.One) -> Expr:
    """Firms per stage above which k stages undercut integrated firms, in closed form."""
    return 1 / ((1 + 1 / rivals) ** (1 / k) - 1)


# In a, C, n and k (and m), for a printer to turn into an expression of another language.
symmetric_price = price(C, symmetric_ratio())
symmetric_integrated_price = integrated_price(C)
integrated_oligopoly_price = price(C, integrated_ratio(m))


# Curved demand, any conduct ---------------------------------------------------------------------
#
# A formula whose δ stands in a denominator has its limit at δ = 0 beside it.


def demand(Q: Expr) -> Expr:
    """Inverse demand; the elasticity of its slope dp/dQ is δ - 1 everywhere."""
    return a - b * (1 + (Q**δ - 1) / δ)


def logarithmic_demand(Q: Expr) -> Expr:
    """Inverse demand at δ = 0."""
    return a - b * (1 + log(Q))


def depth(C: Expr) -> Expr:
    """-Q dp/dQ where the price is the unit cost C; a - C for the straight line."""
    return b + δ * (a - b - C)


def excess(C: Expr) -> Expr:
    """(D/b - 1) / δ: how far cost lies below the price of the first unit, over the slope there."""
    return (a - b - C) / b


def competitive_output(D: Expr) -> Expr:
    """Output at which the price is unit cost, from the depth."""
    return (D / b) ** (1 / δ)


def logarithmic_competitive_output(C: Expr) -> Expr:
    """Output at which the price is unit cost, at δ = 0."""
    return exp(excess(C))


def output_share(Y: Expr) -> Expr:
    """Output ratio X from the markup of all stages."""
    return (1 + δ * Y) ** (-1 / δ)


def logarithmic_output_share(Y: Expr) -> Expr:
    """Output ratio X at δ = 0."""
    return exp(-Y)


def added_markup(Y: Expr, θ: Expr) -> Expr:
    """Markup of the stages up to and with one, from that of the stages before it."""
    return Y + θ * (1 + δ * Y)


def price_at(cost: Expr, D: Expr, Y: Expr, steepening: Expr) -> Expr:
    """Price after some stages, from their cost, markup and 1 + δY; after all, the final price."""
    return cost + D * Y / steepening


def stage_margin(D: Expr, θ: Expr, steepening: Expr) -> Expr:
    """Margin of a stage, from its conduct and 1 + δY up to and with it."""
    return D * θ / steepening


def firm_profit(margin: Expr, Q: Expr, firms: Expr, fixed_cost: Expr) -> Expr:
    """Profit of one of the firms that share the output (document 002, equations (1) and (2))."""
    return margin * Q / firms - fixed_cost


def consumer_surplus(Q: Expr) -> Expr:
    """Worth of the output to its buyers beyond what they pay."""
    return b * Q ** (δ + 1) / (δ + 1)


def market_share(margin: Expr, mean_cost: Expr, cost: Expr, firms: Expr) -> Expr:
    """Share of a firm in its stage's output, if its unit cost is not the mean of the stage."""
    return (1 + (mean_cost - cost) / margin) / firms


# Curved demand, all stages alike ----------------------------------------------------------------


def symmetric_markup(conduct: Expr) -> Expr:
    """Markup of k stages of one conduct."""
    curved = ((1 + δ * conduct) ** k - 1) / δ
    return Piecewise((k * conduct, Eq(δ, 0)), (curved, True))


def relative_margin(markup: Expr) -> Expr:
    """Margin of a chain over that of m integrated firms of the same unit cost: one is a tie."""
    return markup * (m + δ) / (1 + δ * markup)


def entry_market(first: Expr, stages: int) -> Expr:
    """Market size over fixed cost at zero profit, from the firms n > 0 in the first of the stages.

    All stages have the same fixed cost; how many stages there are must be a number.
    """
    level, product, inverse, firms = first * (first + δ), S.One, S.Zero, first
    for stage in range(stages):
        if stage:
            firms = firms_at(level / product)
        product, inverse = product * (1 + δ / firms), inverse + 1 / firms
    return Piecewise((level * exp(inverse), Eq(δ, 0)), (level * product ** (1 / δ), True))


def firms_at(level: Expr) -> Expr:
    """Firms n > 0 at which n(n + δ) is a given level."""
    return (sqrt(δ**2 + 4 * level) - δ) / 2
