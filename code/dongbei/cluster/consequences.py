"""What follows from the derivation, and bounds the reach of its conclusion.

Document 002 concludes that the larger the cluster, the larger its price advantage. That is true
of the number of firms in a stage and false of the number of stages, and it rests on comparing
many firms with one.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from sympy import (
    Derivative,
    Eq,
    Expr,
    Gt,
    Limit,
    Lt,
    Product,
    Rational,
    S,
    Symbol,
    evaluate,
    log,
    oo,
    symbols,
)
from sympy.logic.boolalg import Equivalent

from dongbei.cluster import model
from dongbei.cluster.model import (
    COST_BELOW_DEMAND,
    C,
    N,
    Q,
    X,
    a,
    b,
    i,
    k,
    m,
    n,
    output_ratio,
    p,
    p_f,
    p_m,
    symmetric_ratio,
    total_cost,
)
from dongbei.cluster.proof import Step, by_label, evaluated, given, same_sign, split

π_u, π_d = symbols("pi_u pi_d", real=True)

with evaluate(False):
    WRITTEN = {
        "more stages": output_ratio(last=k + 1) < output_ratio(),
        "more firms": Eq(Derivative(X, n[i]), X / (n[i] * (n[i] + 1))),
        "many firms": Eq(Limit(model.price(C, symmetric_ratio()), N, oo), C),
        "monopoly": Eq(p[1], p_f),
        "order of stages": Eq(π_d, m / (m + 1) * π_u),
        "total profit": Eq((p[k] - C) * Q, (a - C) ** 2 / b * (X - X**2)),
        "rivals": Equivalent(p[k] < p_m, Product(1 + 1 / n[i], (i, 1, k)) < 1 + 1 / m),
        "as many rivals": (1 + 1 / N) ** k > 1 + 1 / N,
        "minimum firms": Equivalent(p[k] < p_f, Gt(N, 1 / (2 ** (1 / k) - 1))),
        "minimum firms against rivals": Equivalent(p[k] < p_m, Gt(N, model.minimum_firms_bound(m))),
        "firms per stage": Eq(Limit(1 / (k * (2 ** (1 / k) - 1)), k, oo), 1 / log(2)),
    }
E = {label: evaluated(equation) for label, equation in WRITTEN.items()}


@cache
def propositions() -> Mapping[str, Step]:
    """State what the model implies about its own reach.

    Returns
    -------
    Mapping
        Propositions by name, for example ``propositions()["as many rivals"]``; every one has
        been proved by computation.

    Raises
    ------
    ValueError
        If a proposition does not hold.

    References
    ----------
    Consequences of document 002, equations (7) and (9), that the document does not draw.
    """
    return by_label((*stages_and_firms(), *profits(), *rivals(), *scale()))


def stages_and_firms() -> Iterator[Step]:
    """Show what moves the output ratio, and with it the price."""
    yield Step(
        "more stages",
        "A further stage lowers the output ratio, so at a given total cost it raises the price "
        "of the chain and shrinks its advantage.",
        WRITTEN["more stages"],
        "The new factor n/(n+1) is below one, wherever the stage is put.",
        (split(E["more stages"], 1, k + 1, at=k),),
    )
    other_stages = Symbol("R", positive=True)
    ratio = other_stages * n[i] / (n[i] + 1)
    yield Step(
        "more firms",
        "More firms in any stage raise the output ratio and lower the price.",
        WRITTEN["more firms"],
        "Derivative of n_i/(n_i+1); the factors of the other stages do not contain n_i.",
        (
            given(E["more firms"], {E["more firms"].lhs: ratio.diff(n[i]), X: ratio}),
            Gt(ratio.diff(n[i]), 0, evaluate=False),
        ),
    )
    yield Step(
        "many firms",
        "With ever more firms in every stage the price falls to unit cost.",
        WRITTEN["many firms"],
        "Every factor n/(n+1) tends to one, and their number is fixed.",
        (given(E["many firms"], {E["many firms"].lhs: E["many firms"].lhs.doit()}),),
    )
    chain_price = model.price(total_cost(), output_ratio())
    one_firm = chain_price.subs(k, 1).doit().xreplace({n[1]: S.One})
    integrated = model.integrated_price(total_cost()).subs(k, 1).doit()
    yield Step(
        "monopoly",
        "One stage with one firm is the integrated firm.",
        WRITTEN["monopoly"],
        "(7) and (9) at k = 1 and n_1 = 1.",
        (given(E["monopoly"], {p[1]: one_firm, p_f: integrated}),),
    )


def profits() -> Iterator[Step]:
    """Who earns what the final price leaves."""
    before, after = symbols("Y Z", positive=True)
    firms, other = N / (N + 1), m / (m + 1)
    ratio = before * firms * other * after
    in_front = model.profit(C, ratio, before * firms, N, S.Zero)
    behind = model.profit(C, ratio, before * other * firms, N, S.Zero)
    yield Step(
        "order of stages",
        "The order of the stages does not touch the final price, but a firm earns less behind a "
        "stage of m firms (π_d) than in front of it (π_u), before fixed cost.",
        WRITTEN["order of stages"],
        "X is a product of all stages in any order; the profit (7c) also has the product up to "
        "and with the firm's own stage.",
        (given(E["order of stages"], {π_d: behind, π_u: in_front}),),
    )
    yield Step(
        "total profit",
        "All firms of the chain together earn most, before fixed costs, at X = 1/2, which is the "
        "integrated firm's output; a price below its price is profit not earned.",
        WRITTEN["total profit"],
        "(6c) and (7), and the derivatives in X: zero at one half, and falling.",
        (
            given(E["total profit"], {p[k]: model.price(C, X), Q: model.quantity(C, X)}),
            Eq((X - X**2).diff(X).subs(X, Rational(1, 2)), 0, evaluate=False),
            Lt((X - X**2).diff(X, 2), 0, evaluate=False),
        ),
    )


def rivals() -> Iterator[Step]:
    """Compare the chain with more than one integrated firm."""
    prices = {
        p[k]: model.price(total_cost(), output_ratio()),
        p_m: model.price(total_cost(), model.integrated_ratio(m)),
    }
    yield Step(
        "rivals",
        "When the chain is cheaper than m integrated firms that compete in quantities; every "
        "stage then has more than m firms.",
        WRITTEN["rivals"],
        "The integrated firms are a chain of one stage with m firms and all of the cost; the two "
        "differences have the same sign.",
        (same_sign(E["rivals"], prices, COST_BELOW_DEMAND),),
    )
    one_more = Gt((1 + 1 / N) ** (k + 1), (1 + 1 / N) ** k, evaluate=False)
    yield Step(
        "as many rivals",
        "From two stages on, a chain is never cheaper than as many integrated firms as it has in "
        "each stage.",
        WRITTEN["as many rivals"],
        "Induction on k from k = 2; the condition of the proposition on rivals fails with m = n.",
        (E["as many rivals"].subs(k, 2), one_more),
    )


def scale() -> Iterator[Step]:
    """How many firms every stage needs, if all stages have as many."""
    yield Step(
        "minimum firms",
        "Firms that every stage needs for the chain to undercut the integrated firm.",
        WRITTEN["minimum firms"],
        "The output ratio rises with n and is exactly one half at this bound.",
        reached_at_bound(E["minimum firms"], S.One),
    )
    yield Step(
        "minimum firms against rivals",
        "Firms that every stage needs for the chain to undercut m integrated firms.",
        WRITTEN["minimum firms against rivals"],
        "The output ratio rises with n and is exactly m/(m+1) at this bound.",
        reached_at_bound(E["minimum firms against rivals"], m),
    )
    yield Step(
        "firms per stage",
        "In long chains each further stage asks for 1/ln 2 more firms in every stage.",
        WRITTEN["firms per stage"],
        "Limit of the bound over the number of stages.",
        (given(E["firms per stage"], {E["firms per stage"].lhs: E["firms per stage"].lhs.doit()}),),
    )


def reached_at_bound(equivalence: Equivalent, firms: Expr) -> tuple[Eq, Gt]:
    """Reduce a bound on n: there the chain sells as much as integrated firms, above it more."""
    (bound,) = (relation.lts for relation in equivalence.args if relation.gts == N)
    ratio = symmetric_ratio()
    return (
        Eq(ratio.subs(N, bound), model.integrated_ratio(firms), evaluate=False),
        Gt(ratio.diff(N), 0, evaluate=False),
    )
