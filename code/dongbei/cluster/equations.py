"""The derivation: from the profit of one firm to the price of a chain of any length.

Labels are the equation numbers of document 002; a letter marks what the document leaves to its
reader. Symbols are those of the table in `dongbei.cluster.model`.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from sympy import Derivative, Eq, Expr, Function, Lt, Product, S, Symbol, evaluate
from sympy.logic.boolalg import Equivalent

from dongbei.cluster import model
from dongbei.cluster.model import (
    COST_BELOW_DEMAND,
    Q,
    a,
    b,
    c,
    derived_intercept,
    derived_slope,
    f,
    f_f,
    i,
    j,
    k,
    n,
    output_ratio,
    p,
    p_f,
    q,
    slope_ratio,
    total_cost,
    α,
    β,
    π,
    π_f,
)
from dongbei.cluster.proof import Step, by_label, evaluated, given, root, same_sign, split

with evaluate(False):
    WRITTEN = {
        "1": Eq(n[i] * q[i], Q),
        "2": Eq(π[i], (p[i] - p[i - 1] - c[i]) * q[i] - f[i]),
        "3": Eq(p[i] - p[i - 1] - c[i] + q[i] * Derivative(p[i], Q) * Derivative(Q, q[i]), 0),
        "3a": Eq(Derivative(Q, q[i]), 1),
        "3b": Eq(q[i], -((p[i] - p[i - 1] - c[i]) / Derivative(p[i], Q))),
        "4": Eq(p[i] - p[i - 1] - c[i] + Q / n[i] * Derivative(p[i], Q), 0),
        "4a": Eq(p[i], α[i] - β[i] * Q),
        "4b": Eq(Derivative(π[i], (q[i], 2)), -2 * β[i]),
        "5": Eq(p[i - 1], α[i] - c[i] - (n[i] + 1) / n[i] * β[i] * Q),
        "5a": Eq(α[i - 1], α[i] - c[i]),
        "5b": Eq(β[i - 1], (n[i] + 1) / n[i] * β[i]),
        "6a": Eq(α[k - j], derived_intercept(j)),
        "6b": Eq(β[k - j], derived_slope(j)),
        "6": Eq(0, a - total_cost() - b * Q * slope_ratio()),
        "6c": Eq(Q, model.quantity(total_cost(), output_ratio())),
        "7": Eq(p[k], model.price(total_cost(), output_ratio())),
        "7a": Eq(
            p[i],
            model.stage_price(total_cost(i + 1, k, j), total_cost(over=j), output_ratio(1, i, j)),
        ),
        "7b": Eq(
            p[i] - p[i - 1] - c[i], model.margin(total_cost(over=j), output_ratio(1, i, j), n[i])
        ),
        "7c": Eq(
            π[i],
            model.profit(
                total_cost(over=j), output_ratio(over=j), output_ratio(1, i, j), n[i], f[i]
            ),
        ),
        "8": Eq(π_f, (p_f - total_cost()) * Q - f_f),
        "8a": Eq(a - total_cost() - 2 * b * Q, 0),
        "8b": Eq(Derivative(π_f, (Q, 2)), -2 * b),
        "9": Eq(p_f, model.integrated_price(total_cost())),
        "9a": Eq(π_f, model.integrated_profit(total_cost(), f_f)),
        "10": Eq(p_f - p[k], model.price_advantage(total_cost(), output_ratio())),
        "11": Equivalent(
            p[k] < p_f, model.is_cheaper(Product(n[i], (i, 1, k)), Product(n[i] + 1, (i, 1, k)))
        ),
    }
E = {label: evaluated(equation) for label, equation in WRITTEN.items()}


@cache
def derivation() -> Mapping[str, Step]:
    """Derive the model from profit maximisation, for any number of stages.

    Returns
    -------
    Mapping
        Steps in the order of the argument, by label: ``derivation()["7"].equation``. Every step
        that is not an assumption has been proved by computation.

    Raises
    ------
    ValueError
        If a step does not hold.

    References
    ----------
    Document 002, equations (1) to (9).
    """
    return by_label((*stage(), *induction(), *chain(), *integrated_firm(), *comparison()))


def stage() -> Iterator[Step]:
    """One stage, from the profit of a firm to the demand for its input: (1) to (5)."""
    rivals = Symbol("R", nonnegative=True)
    yield Step(
        "1",
        "One unit of the final good takes one unit of every stage, so the firms of each stage "
        "together make the same total.",
        WRITTEN["1"],
        "Assumed: fixed proportions, and identical firms.",
    )
    yield Step(
        "2",
        "A firm earns its margin over input price and unit cost on each unit, less a fixed cost.",
        WRITTEN["2"],
        "Definition; the firm takes the price of its input as given.",
    )

    total, demand = Function("Q")(q[i]), Function("p")
    marginal_profit = E["2"].rhs.xreplace({p[i]: demand(total)}).diff(q[i])
    as_functions = {
        p[i]: demand(total),
        Derivative(p[i], Q): demand(total).fdiff(),
        Derivative(Q, q[i]): total.diff(q[i]),
    }
    yield Step(
        "3",
        "At its best output a firm gains nothing from one more unit.",
        WRITTEN["3"],
        "Derivative of (2) in the firm's output, by the chain rule.",
        (Eq(E["3"].lhs.xreplace(as_functions), marginal_profit, evaluate=False),),
    )
    yield Step(
        "3a",
        "If rivals do not react, total output grows by what the firm adds.",
        WRITTEN["3a"],
        "Total output is the firm's plus its rivals', and theirs is held fixed.",
        (given(E["3a"], {Derivative(Q, q[i]): (q[i] + rivals).diff(q[i])}),),
        "The document sums the firms of a stage to n where n_i is meant.",
    )
    no_conjecture = {E["3a"].lhs: E["3a"].rhs}
    yield Step(
        "3b",
        "All firms of a stage choose the same output.",
        WRITTEN["3b"],
        "(3) and (3a) solved for the output: nothing on the right differs between firms.",
        (given(E["3b"], {q[i]: root(given(E["3"], no_conjecture), q[i])}),),
        "The document assumes equal outputs; identical firms and (3a) imply them.",
    )
    yield Step(
        "4",
        "The first-order condition in terms of the total output of the stage.",
        WRITTEN["4"],
        "(3) with (3a), and (1) solved for the output of one firm.",
        (
            Eq(
                E["4"].lhs,
                E["3"].lhs.xreplace({**no_conjecture, q[i]: root(E["1"], q[i])}),
                evaluate=False,
            ),
        ),
    )
    yield Step(
        "4a",
        "Let the inverse demand that a stage faces be a straight line.",
        WRITTEN["4a"],
        "Assumed for the last stage, whose line is a - bQ; by (5) it holds for all the others.",
    )
    curvature = E["2"].rhs.xreplace({p[i]: E["4a"].rhs.xreplace({Q: q[i] + rivals})}).diff(q[i], 2)
    yield Step(
        "4b",
        "Profit is concave in the firm's own output, so (3) is a maximum and the only one.",
        WRITTEN["4b"],
        "Second derivative of (2) on the line (4a), with rivals' output held fixed.",
        (
            given(E["4b"], {E["4b"].lhs: curvature}),
            Lt(E["4b"].rhs, 0, evaluate=False),
        ),
    )
    on_line = {p[i]: E["4a"].rhs, Derivative(p[i], Q): E["4a"].rhs.diff(Q)}
    yield Step(
        "5",
        "What a stage will pay for its input is again a straight line: lower by its own cost, "
        "and steeper.",
        WRITTEN["5"],
        "(4) on the line (4a), solved for the price of the input.",
        (given(E["5"], {p[i - 1]: root(given(E["4"], on_line), p[i - 1])}),),
    )


def induction() -> Iterator[Step]:
    """From one stage to any number of them: the demand that reaches stage k - j."""
    line = E["5"].rhs
    yield Step(
        "5a",
        "One stage upstream the intercept falls by the cost of the stage passed.",
        WRITTEN["5a"],
        "(5) at Q = 0.",
        (given(E["5a"], {α[i - 1]: line.xreplace({Q: S.Zero})}),),
    )
    yield Step(
        "5b",
        "One stage upstream the slope grows, the more so the fewer the firms of the stage passed.",
        WRITTEN["5b"],
        "(5) differentiated in Q.",
        (given(E["5b"], {β[i - 1]: -line.diff(Q)}),),
    )
    yield Step(
        "6a",
        "After j stages upstream the intercept has lost the costs of those j stages.",
        WRITTEN["6a"],
        "Induction on j: at j = 0 no stage is passed; (5a) in stage k - j leads from j to j + 1.",
        by_induction(E["6a"], start=a, recursion=E["5a"]),
    )
    yield Step(
        "6b",
        "After j stages upstream the slope carries one factor for each of those j stages.",
        WRITTEN["6b"],
        "Induction on j: at j = 0 no stage is passed; (5b) in stage k - j leads from j to j + 1.",
        by_induction(E["6b"], start=b, recursion=E["5b"]),
    )


def by_induction(claim: Eq, start: Expr, recursion: Eq) -> tuple[Eq, Eq]:
    """Write base and step of an induction on j, the number of stages passed on the way up."""
    base = Eq(claim.rhs.subs(j, 0).doit(), start, evaluate=False)
    next_by_recursion = recursion.rhs.subs(i, k - j).xreplace({claim.lhs: claim.rhs})
    step = Eq(claim.rhs.subs(j, j + 1), next_by_recursion, evaluate=False)
    return base, split(step, first=k - j, last=k, at=k - j)


def chain() -> Iterator[Step]:
    """Solve the chain: output, prices and profits of all stages, (6) and (7)."""
    yield Step(
        "6",
        "At the first stage the input is free, which fixes the output.",
        WRITTEN["6"],
        "(6a) and (6b) after all k stages, with p_0 = 0.",
        (
            Eq(
                E["6"].rhs,
                derived_intercept(k) - derived_slope(k) * Q,
                evaluate=False,
            ),
        ),
        "The document also sets c_0 = 0; no equation contains c_0.",
    )
    yield Step(
        "6c",
        "Output is a fraction of the output of perfect competition, one factor for each stage.",
        WRITTEN["6c"],
        "(6) solved for Q.",
        (given(E["6c"], {Q: root(E["6"], Q)}),),
    )
    at_equilibrium = {Q: E["6c"].rhs}
    yield Step(
        "7",
        "The price of the final good.",
        WRITTEN["7"],
        "(6c) in the final demand.",
        (given(E["7"], {p[k]: (a - b * Q).xreplace(at_equilibrium)}),),
    )
    line = derived_intercept(k - i, j) - derived_slope(k - i, j) * Q
    yield Step(
        "7a",
        "The price of the output of stage i.",
        WRITTEN["7a"],
        "(6c) in the inverse demand of stage i, from (6a) and (6b) with j = k - i.",
        (split(given(E["7a"], {p[i]: line.xreplace(at_equilibrium)}), 1, k, at=i),),
    )
    upstream_price = E["7a"].rhs.subs(i, i - 1)
    margins = given(E["7b"], {p[i]: E["7a"].rhs, p[i - 1]: upstream_price})
    yield Step(
        "7b",
        "The margin of stage i shrinks with the firms in it and grows with the firms before it.",
        WRITTEN["7b"],
        "Difference of two stage prices (7a).",
        (split(split(margins, 1, i, at=i - 1), i, k, at=i),),
    )
    earned = E["2"].rhs.xreplace({p[i]: E["7b"].rhs + p[i - 1] + c[i], q[i]: E["6c"].rhs / n[i]})
    yield Step(
        "7c",
        "The profit of a firm in stage i.",
        WRITTEN["7c"],
        "(2) with the margin (7b) and the output (6c) shared by the firms of the stage.",
        (given(E["7c"], {π[i]: earned}),),
    )


def integrated_firm() -> Iterator[Step]:
    """One firm that does all stages: (8) and (9)."""
    yield Step(
        "8",
        "One firm does all stages at the same unit costs and sells the final good.",
        WRITTEN["8"],
        "Definition; its demand is p_f = a - bQ.",
    )
    earned = E["8"].rhs.xreplace({p_f: a - b * Q})
    yield Step(
        "8a",
        "At its best output the integrated firm gains nothing from one more unit.",
        WRITTEN["8a"],
        "Derivative of (8) in Q.",
        (Eq(E["8a"].lhs, earned.diff(Q), evaluate=False),),
    )
    yield Step(
        "8b",
        "Its profit is concave, so (8a) is a maximum.",
        WRITTEN["8b"],
        "Second derivative of (8) in Q.",
        (
            given(E["8b"], {E["8b"].lhs: earned.diff(Q, 2)}),
            Lt(E["8b"].rhs, 0, evaluate=False),
        ),
    )
    best = {Q: root(E["8a"], Q)}
    yield Step(
        "9",
        "The price of the integrated firm, halfway between unit cost and intercept.",
        WRITTEN["9"],
        "(8a) solved for Q, in the final demand.",
        (given(E["9"], {p_f: (a - b * Q).xreplace(best)}),),
        "The document refers to this equation as (9) but prints it without a number.",
    )
    yield Step(
        "9a",
        "The profit of the integrated firm.",
        WRITTEN["9a"],
        "(8a) solved for Q, in (8).",
        (given(E["9a"], {π_f: earned.xreplace(best)}),),
    )


def comparison() -> Iterator[Step]:
    """Chain against integrated firm."""
    prices = {p[k]: E["7"].rhs, p_f: E["9"].rhs}
    yield Step(
        "10",
        "The chain is cheaper by as much as its output ratio exceeds one half.",
        WRITTEN["10"],
        "(9) less (7).",
        (given(E["10"], prices),),
    )
    yield Step(
        "11",
        "When the chain is cheaper than the integrated firm; costs and demand do not matter.",
        WRITTEN["11"],
        "The two differences have the same sign: their ratio is positive, as unit cost is below a.",
        (same_sign(E["11"], prices, COST_BELOW_DEMAND),),
        "The document states one direction.",
    )
