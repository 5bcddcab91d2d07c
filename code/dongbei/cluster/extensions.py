"""The chain with any conduct, curved demand, costs of trading and free entry, proved.

Document 002 has Cournot firms, straight demand and given numbers of firms. Each step here drops one
of these; the last ones are what free entry does to numbers, prices and welfare. Labels are names.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from sympy import (
    Derivative,
    Eq,
    Function,
    Gt,
    IndexedBase,
    Lt,
    Product,
    S,
    Sum,
    Symbol,
    evaluate,
    exp,
    log,
    powsimp,
    symbols,
)
from sympy.logic.boolalg import Equivalent

from dongbei.cluster import model
from dongbei.cluster.equations import by_induction
from dongbei.cluster.model import (
    C,
    D,
    M,
    N,
    Q,
    X,
    Y,
    a,
    b,
    c,
    i,
    j,
    k,
    m,
    n,
    p,
    p_f,
    p_m,
    t,
    α,
    β,
    δ,
    π,
)
from dongbei.cluster.proof import Step, by_label, evaluated, given, root, same_sign, split

θ = IndexedBase("theta", nonnegative=True)
Z = IndexedBase("Z", positive=True)
f = Symbol("f", positive=True)  # where there is one stage
F = IndexedBase("f", positive=True)
s, w, e, g, v, μ = symbols("s w e g v mu", positive=True)
ε = Symbol("epsilon", positive=True)  # 1 + δ
own, mean, q = symbols("c_j c q_j", positive=True)
cost = Function("C")
U, W = symbols("U W", real=True)  # consumer surplus, welfare


def steepening(first=S.One, last=k, over=i) -> Product:
    """Product of 1 + δθ from stage `first` to stage `last`."""
    with evaluate(False):
        return Product(1 + δ * θ[over], (over, first, last))


def price_at(cost, D, Y):
    """Price of the model with 1 + δY written out."""
    return model.price_at(cost, D, Y, 1 + δ * Y)


def conducts() -> Sum:
    """Sum of θ over all stages."""
    with evaluate(True):  # unevaluated, SymPy would put a factor of one before it
        return Sum(θ[i], (i, 1, k))


with evaluate(False):
    MARKUP = 1 + δ * Y
    WRITTEN = {
        "conduct": Eq(p[i] - p[i - 1] - c[i] + θ[i] * Q * Derivative(p[i], Q), 0),
        "curved demand": Eq(p[k], model.demand(Q)),
        "curved line": Eq(p[i], α[i] - β[i] * Q**δ / δ),
        "curved stage": Eq(p[i - 1], α[i] - c[i] - β[i] * (1 + δ * θ[i]) * Q**δ / δ),
        "curved induction": Eq(β[k - j], b * steepening(k - j + 1, k)),
        "markup": Eq(1 + δ * Y, steepening()),
        "curved output": Eq(Q**δ, D / (b * MARKUP)),
        "curved price": Eq(p[k], price_at(C, D, Y)),
        "straight line": Eq(C + D * Y / (1 + Y), model.price(C, X)),
        "semi-logarithmic": Eq(p[k], C + b * conducts()),
        "constant elasticity": Eq(p[k], C / Product(1 - θ[i] / e, (i, 1, k))),
        "advantage": Equivalent(p[k] < p_m, Lt(Y, 1 / m)),
        "interfaces": Equivalent(p[k] < p_f, (a - C - (k - 1) * t) * X > (a - C - g) / 2),
        "market share": Eq(q / Q, model.market_share(μ, mean, own, N)),
        "division of labour": Eq(
            (-Derivative(cost(k), k) - t) / (a - cost(k) - (k - 1) * t), log(1 + 1 / N)
        ),
        "consumer surplus": Eq(U, model.consumer_surplus(Q)),
        "market size": Eq(M, D * (D / b) ** (1 / δ)),
        "entry curve": Eq(n[i] * (n[i] + δ), s / (F[i] * Z[i - 1])),
        "market on the curve": Eq(M, s * Z[k] ** (1 / δ)),
        "complements": Gt(Derivative(π[i], n[j]), 0),
        "elasticity": Eq(
            s / M * Derivative(M, s),
            1 + (1 - Product((2 * n[i] + 2 * δ) / (2 * n[i] + δ), (i, 1, k))) / δ,
        ),
        "best entry": Eq(n[i] * (n[i] + δ), w / F[i]),
        "best market": Eq(M, w * MARKUP ** (1 + 1 / δ) / Y),
        "too many firms": Equivalent(Derivative(W, n[i]) < 0, Lt(Y, Z[k] / Z[i - 1])),
        "merged markets": Eq(N + 1, (M / f) ** S.Half),
    }
E = {label: evaluated(equation) for label, equation in WRITTEN.items()}


@cache
def theorems() -> Mapping[str, Step]:
    """State what holds beyond the document's assumptions, each step proved.

    Returns
    -------
    Mapping
        Steps by name, for example ``theorems()["advantage"]``, in the order in which they build on
        one another.

    Raises
    ------
    ValueError
        If a step does not hold.

    References
    ----------
    Document 002, equations (1) to (9), is the case of θ_i = 1/n_i and δ = 1. The demand is that of
    Bulow and Pfleiderer (1983); for entry and welfare see Mankiw and Whinston (1986).
    """
    return by_label((*curved_demand(), *limits(), *other_costs(), *entry(), *firms_and_welfare()))


def curved_demand() -> Iterator[Step]:
    """From the conduct of a stage to the price of the chain, for curved demand."""
    yield Step(
        "conduct",
        "A stage of conduct θ_i takes a margin of θ_i times what one unit more would cost it.",
        WRITTEN["conduct"],
        "Assumed: zero is price taking, one collusion; (4) of the document has 1/n_i.",
    )
    yield Step(
        "curved demand",
        "Let the slope of final demand have a constant elasticity, δ - 1.",
        WRITTEN["curved demand"],
        "Assumed.",
    )
    line = E["curved line"].rhs.xreplace({α[i]: a - b + b / δ, β[i]: b})
    yield Step(
        "curved line",
        "The last stage faces a line in the power δ of output.",
        WRITTEN["curved line"],
        "For the last stage the demand itself; by the next step it holds for all the others.",
        (Eq(E["curved demand"].rhs, line, evaluate=False),),
    )
    on_line = {p[i]: E["curved line"].rhs, Derivative(p[i], Q): E["curved line"].rhs.diff(Q)}
    yield Step(
        "curved stage",
        "Passing a stage leaves the power as it is and steepens the line by 1 + δθ_i.",
        WRITTEN["curved stage"],
        "Conduct on the line, solved for the price of the input.",
        (given(E["curved stage"], {p[i - 1]: root(given(E["conduct"], on_line), p[i - 1])}),),
    )
    recursion = Eq(β[i - 1], β[i] * (1 + δ * θ[i]))
    yield Step(
        "curved induction",
        "After j stages upstream the line carries one factor for each of them.",
        WRITTEN["curved induction"],
        "Induction on j, as for the straight line; costs are subtracted as there.",
        by_induction(E["curved induction"], start=b, recursion=recursion),
    )
    upstream = (steepening(last=k - 1) - 1) / δ
    further = {Y: model.added_markup(upstream, θ[k])}
    yield Step(
        "markup",
        "The markup Y sums up the stages.",
        WRITTEN["markup"],
        "Without a stage both sides are one, and a stage adds θ_i (1 + δY) to Y, which has a "
        "meaning at δ = 0 too.",
        (
            Eq(E["markup"].lhs.subs(Y, 0), E["markup"].rhs.subs(k, 0).doit(), evaluate=False),
            split(given(E["markup"], further), 1, k, at=k - 1),
        ),
    )
    before = 1 + δ * Y
    power = Symbol("power", positive=True)
    at_the_top = Eq(0, a - b + b / δ - C - b * before * power / δ, evaluate=False)
    yield Step(
        "curved output",
        "Output, as a power.",
        WRITTEN["curved output"],
        "The line after all stages, with the raw input free; D is b + δ(a - b - C).",
        (
            Eq(
                root(at_the_top, power),
                E["curved output"].rhs.subs(D, model.depth(C)),
                evaluate=False,
            ),
        ),
    )
    on_demand = model.demand(Q).subs(Q**δ, E["curved output"].rhs).subs(D, model.depth(C))
    yield Step(
        "curved price",
        "The price of the final good.",
        WRITTEN["curved price"],
        "That output in the final demand.",
        (Eq(on_demand, E["curved price"].rhs.subs(D, model.depth(C)), evaluate=False),),
    )
    condition, cheaper = sorted(E["advantage"].args, key=lambda side: side.has(p_m))
    prices = {p[k]: price_at(C, D, Y), p_m: price_at(C, D, 1 / m)}
    gap = (cheaper.gts - cheaper.lts).xreplace(prices)
    yield Step(
        "advantage",
        "At the same cost a chain undercuts m integrated firms when its markup is below 1/m.",
        WRITTEN["advantage"],
        "The gap in price is the gap in markup times D over two products of factors 1 + δθ, which "
        "are positive for δ > -1.",
        (
            Eq(
                gap,
                (condition.gts - condition.lts) * D / ((1 + δ / m) * before),
                evaluate=False,
            ),
        ),
    )


def limits() -> Iterator[Step]:
    """Show which demands the family contains."""
    depth = model.depth(C)
    yield Step(
        "straight line",
        "At δ = 1 the price is the document's.",
        WRITTEN["straight line"],
        "D is a - C there, and X is 1/(1 + Y).",
        (
            Eq(price_at(C, D, Y).subs(δ, 1), E["straight line"].lhs, evaluate=False),
            given(E["straight line"], {D: depth.subs(δ, 1), X: model.output_share(Y).subs(δ, 1)}),
        ),
    )
    share = Symbol("share", positive=True)
    yield Step(
        "semi-logarithmic",
        "At δ = 0 every stage adds its own θ_i b, whatever the others do.",
        WRITTEN["semi-logarithmic"],
        "Price and markup are continuous at zero; demand, output and output ratio have the limits "
        "that are used there.",
        (
            given(
                E["semi-logarithmic"],
                {p[k]: price_at(C, depth, Y).subs(δ, 0).subs(Y, conducts())},
            ),
            Eq(model.added_markup(Y, share).subs(δ, 0), Y + share, evaluate=False),
            Eq(model.demand(Q).limit(δ, 0), model.logarithmic_demand(Q), evaluate=False),
            Eq(
                model.competitive_output(depth).limit(δ, 0),
                model.logarithmic_competitive_output(C),
                evaluate=False,
            ),
            Eq(
                model.output_share(Y).limit(δ, 0), model.logarithmic_output_share(Y), evaluate=False
            ),
        ),
    )
    product = Symbol("P", positive=True)
    elastic = {δ: -1 / e, a: b * (1 + e)}
    markup = {Y: (1 - product) * e}
    (factors,) = E["constant elasticity"].atoms(Product)
    yield Step(
        "constant elasticity",
        "With δ = -1/e and a = b(1 + e), demand has the elasticity e everywhere and the price is a "
        "multiple of cost.",
        WRITTEN["constant elasticity"],
        "Then demand is be Q^(-1/e), D is C/e, and 1 + δY is the product.",
        (
            Eq(model.demand(Q).subs(elastic), b * e * Q ** (-1 / e), evaluate=False),
            given(
                E["constant elasticity"],
                {p[k]: price_at(C, depth, Y).subs(elastic).subs(markup), factors: product},
            ),
        ),
    )


def other_costs() -> Iterator[Step]:
    """Costs that depend on who does the work, and on how finely it is divided."""
    prices = {
        p[k]: model.price(C + (k - 1) * t, X),
        p_f: model.integrated_price(C + g),
    }
    yield Step(
        "interfaces",
        "When a chain that pays t at every interface undercuts a firm that pays g for "
        "co-ordination.",
        WRITTEN["interfaces"],
        "(7) and (9) with these costs.",
        (same_sign(E["interfaces"], prices),),
    )
    slope, total, reaction = symbols("B Q v", positive=True)
    condition = Eq(μ + mean - own - (1 + reaction) * slope * q, 0, evaluate=False)
    believed = root(Eq(μ - (1 + reaction) * slope * total / N, 0, evaluate=False), slope)
    yield Step(
        "market share",
        "A firm sells more than its rivals by what its unit cost lies below their mean.",
        WRITTEN["market share"],
        "Its first-order condition, less the mean of those of its stage, in which only the mean "
        "cost stands; so prices depend on that mean alone.",
        (
            Eq(
                root(condition, q).subs(slope, believed) / total,
                E["market share"].rhs,
                evaluate=False,
            ),
        ),
    )
    demand_left = a - cost(k) - (k - 1) * t
    growth = E["division of labour"].rhs
    yield Step(
        "division of labour",
        "Where one more stage saves as much in cost as its margin adds to the price.",
        WRITTEN["division of labour"],
        "Derivative of the logarithm of a - p in k: the price is lowest where it is zero.",
        (
            Eq(
                (demand_left * exp(-k * growth)).diff(k) / (demand_left * exp(-k * growth)),
                E["division of labour"].lhs - growth,
                evaluate=False,
            ),
            Eq(exp(-growth), N / (N + 1), evaluate=False),
        ),
    )


def entry() -> Iterator[Step]:
    """Numbers of firms at zero profit."""
    before, ratio = symbols("Z X", positive=True)
    steep = before * (1 + δ / N)
    firm = model.stage_margin(D, 1 / N, steep) * model.competitive_output(D) * ratio / N
    yield Step(
        "market size",
        "The market size M is what a firm's profit grows in proportion to.",
        WRITTEN["market size"],
        "Definition: depth times competitive output. Before fixed cost a firm earns "
        "MX/(n_i^2 Z_i).",
        (Eq(firm, E["market size"].rhs * ratio / (N**2 * steep), evaluate=False),),
    )
    yield Step(
        "entry curve",
        "Firms at zero profit, one stage after the other.",
        WRITTEN["entry curve"],
        "Profit before fixed cost equals f_i; s is MX, and Z_i is Z_(i-1) (1 + δ/n_i).",
        (given(E["entry curve"], {n[i]: N, Z[i - 1]: before, F[i]: s / (N**2 * steep)}),),
    )
    final = Symbol("Z", positive=True)
    yield Step(
        "market on the curve",
        "The market that carries them.",
        WRITTEN["market on the curve"],
        "s is MX, and X is Z^(-1/δ).",
        (
            given(
                E["market on the curve"],
                {M: s / model.output_share((final - 1) / δ), Z[k]: final},
            ),
        ),
    )
    π_i, h = symbols("pi_i h", positive=True)  # profit before fixed cost, n_j + δ
    downstream, upstream = -1 / δ, -1 / δ - 1  # powers of 1 + δ/n_j
    yield Step(
        "complements",
        "Firms of one stage gain when another stage has more firms.",
        WRITTEN["complements"],
        "Growth of MX/(n_i^2 Z_i) in n_j, for a stage downstream and one upstream of i; both are "
        "positive for δ > -1, as n_j + δ is.",
        (
            Eq((downstream * log(1 + δ / N)).diff(N), 1 / (N * (N + δ)), evaluate=False),
            Eq((upstream * log(1 + δ / N)).diff(N), (1 + δ) / (N * (N + δ)), evaluate=False),
            given(E["complements"], {Derivative(π[i], n[j]): π_i / (N * h)}),
            given(E["complements"], {Derivative(π[i], n[j]): π_i * ε / (N * h)}),
        ),
    )
    z, firms, slack = Function("z")(s), Function("n")(s), Symbol("r", positive=True)
    filled = Eq(firms * (firms + δ) * z, s / f)
    growth_of_firms = root(
        Eq(filled.lhs.diff(s), filled.rhs.diff(s), evaluate=False), firms.diff(s)
    )
    left = {z.diff(s): (1 - slack) * z / s}  # r = 1 - (s/z) dz/ds
    next_z = z * (1 + δ / firms)
    next_slack = (1 - s * next_z.diff(s) / next_z).subs(firms.diff(s), growth_of_firms)
    on_curve = {z: s / (f * firms * (firms + δ))}
    (factors,) = E["elasticity"].atoms(Product)
    whole, rises = Function("Z")(s), Symbol("root", positive=True)
    by_root = factors.function.subs(n[i], (rises - δ) / 2)
    yield Step(
        "elasticity",
        "How the market grows along the curve; the right side rises with every n_i.",
        WRITTEN["elasticity"],
        "With r_i = 1 - (s/Z_i) dZ_i/ds, a stage multiplies r by its factor, and r_0 = 1. Written "
        "with 2n + δ, which is positive, the last relation shows that every factor pushes the "
        "right side the same way.",
        (
            Eq(
                next_slack.subs(left).subs(on_curve),
                slack * factors.function.subs(n[i], firms),
                evaluate=False,
            ),
            given(
                E["elasticity"],
                {
                    s / M * Derivative(M, s): (s * whole ** (1 / δ))
                    .diff(s)
                    .subs(whole.diff(s), (1 - slack) * whole / s)
                    / whole ** (1 / δ),
                    factors: slack,
                },
            ),
            Gt(((1 - by_root) / δ).diff(rises), 0, evaluate=False),
        ),
    )
    yield Step(
        "merged markets",
        "One stage of straight demand: as many firms as the root of the market allows.",
        WRITTEN["merged markets"],
        "M n/(n + 1) / (n^2 (n + 1)/n) is M/(n + 1)^2.",
        (
            given(
                E["merged markets"],
                {
                    M: (a - C) ** 2 / b,
                    f: model.profit(C, N / (N + 1), N / (N + 1), N, S.Zero),
                },
            ),
        ),
    )


def firms_and_welfare() -> Iterator[Step]:
    """Numbers of firms that would be best, and those that come."""
    yield Step(
        "consumer surplus",
        "What buyers gain.",
        WRITTEN["consumer surplus"],
        "It grows with output by what the price falls on all units, and is zero without output.",
        (
            Eq(
                E["consumer surplus"].rhs.diff(Q),
                -Q * E["curved demand"].rhs.diff(Q),
                evaluate=False,
            ),
            Eq(E["consumer surplus"].rhs.subs(δ, ε - 1).subs(Q, 0), 0, evaluate=False),
        ),
    )
    gains = model.consumer_surplus(Q) + (model.demand(Q) - C) * Q
    product, margin = symbols("Z w", positive=True)
    yield Step(
        "best entry",
        "Firms that would be best for buyers and firms together, given how firms compete.",
        WRITTEN["best entry"],
        "One firm more costs f_i and adds Q/(n(n + δ)) to output, each unit worth p - C; w is "
        "(p - C) Q, the same for all stages.",
        (
            Eq(gains.diff(Q), model.demand(Q) - C, evaluate=False),
            Eq(log((1 + δ / N) ** (-1 / δ)).diff(N), 1 / (N * (N + δ)), evaluate=False),
            given(E["best entry"], {n[i]: N, F[i]: w / (N * (N + δ))}),
        ),
    )
    earned = (price_at(C, D, Y) - C) * (M / D) * model.output_share(Y)
    yield Step(
        "best market",
        "The market in which they are the best.",
        WRITTEN["best market"],
        "w is (p - C) Q at that price and output.",
        (
            Eq(
                powsimp(
                    earned.subs(Y, (product - 1) / δ)
                    * E["best market"].rhs.subs({Y: (product - 1) / δ, w: margin})
                ),
                M * margin,
                evaluate=False,
            ),
        ),
    )
    level, upstream, whole, scale = symbols("h Z_u Z s", positive=True)
    change = scale * Y / (whole * level) - scale / (level * upstream)
    yield Step(
        "too many firms",
        "At zero profit slightly fewer firms in stage i are better for all if the markup is small.",
        WRITTEN["too many firms"],
        "A firm adds (p - C)Q/(n(n + δ)), where (p - C)Q is sY/Z_k, and costs f, which at zero "
        "profit is s/(n(n + δ) Z_(i-1)).",
        (
            same_sign(
                E["too many firms"],
                {Derivative(W, n[i]): change, Z[k]: whole, Z[i - 1]: upstream},
            ),
        ),
    )
