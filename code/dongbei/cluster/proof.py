"""Statements with their proofs: a step that does not hold cannot be made.

SymPy knows a sum or product with a symbolic number of terms as one object. `split` is the law
that defines such an object (the terms up to some place, and the rest); with it, a proof by
induction is ordinary algebra. `residual` is that algebra.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from sympy import (
    Add,
    Basic,
    Derivative,
    Dummy,
    Eq,
    Expr,
    Gt,
    IndexedBase,
    Integer,
    Lt,
    Mul,
    Pow,
    Product,
    Sum,
    count_ops,
    factor,
    together,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, Equivalent
from sympy.printing.latex import LatexPrinter


@dataclass(frozen=True)
class Step:
    """One statement of an argument, proved when it is made.

    Parameters
    ----------
    label
        Number of the equation in document 002, with a letter where the document is silent.
    statement
        What the equation says, in one sentence.
    written
        The equation, inequality or equivalence as it is to be printed, built without evaluation.
    because
        How it follows from earlier steps.
    proof
        Equations and inequalities that must hold identically for the step to follow. Empty for
        an assumption or a definition.
    remark
        Where the document writes something else, and what.

    Raises
    ------
    ValueError
        If some part of `proof` does not hold.
    """

    label: str
    statement: str
    written: Boolean
    because: str
    proof: tuple[Relational, ...] = ()
    remark: str = ""

    def __post_init__(self):
        for relation, left_over in zip(self.proof, self.residuals, strict=True):
            if not holds(relation, left_over):
                raise ValueError(
                    f"step {self.label} does not hold: correct its equation or its proof; "
                    f"in {relation} the left side less the right side is {left_over}"
                )

    @cached_property
    def equation(self) -> Boolean:
        """The equation to compute with, in SymPy's own order of terms."""
        return evaluated(self.written)

    @property
    def assumed(self) -> bool:
        """Whether the step is an assumption or a definition, which nothing has to prove."""
        return not self.proof

    @cached_property
    def residuals(self) -> tuple[Expr, ...]:
        """Left side less right side of each part of the proof: zero for an equation."""
        return tuple(residual(relation) for relation in self.proof)

    @property
    def latex(self) -> str:
        """The equation in LaTeX, its terms in the order in which they were written."""
        return latex(self.written)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"


def by_label(steps: Iterable[Step]) -> Mapping[str, Step]:
    """Keep steps in their order, to be picked by label."""
    return MappingProxyType({step.label: step for step in steps})


# Algebra ----------------------------------------------------------------------------------------


def residual(relation: Relational) -> Expr:
    """Left side less right side, factored; sums, products and derivatives stay whole."""
    difference = separate(relation.lhs - relation.rhs).as_dummy()
    whole = {
        term: Dummy(positive=term.is_positive, real=True)
        for term in difference.atoms(Sum, Product, Derivative)
    }
    back = {dummy: term for term, dummy in whole.items()}
    return factor(difference.xreplace(whole)).xreplace(back)


def holds(relation: Relational, left_over: Expr) -> bool:
    """Whether a relation holds, from its residual."""
    return {
        Eq: left_over.is_zero,
        Lt: left_over.is_negative,
        Gt: left_over.is_positive,
    }[relation.func] is True


def given(relation: Relational, known: Mapping[Expr, Expr]) -> Relational:
    """Put what is known into both sides of a relation."""
    return on_both_sides(relation, lambda side: side.xreplace(known))


def same_sign(equivalence: Equivalent, *known: Mapping[Expr, Expr]) -> Gt:
    """Reduce an equivalence of two inequalities: the ratio of their gaps is positive."""
    left, right = equivalence.args
    ratio = (left.gts - left.lts) / (right.gts - right.lts)
    for facts in known:
        ratio = ratio.xreplace(facts)
    return Gt(ratio, 0, evaluate=False)


def split(relation: Relational, first: Expr, last: Expr, at: Expr) -> Relational:
    """Split every sum and product from `first` to `last` after its term `at`."""

    def parts(whole, join):
        def rule(term, limits):
            index, *ends = limits
            if ends != [first, last]:
                return whole(term, limits)
            head, tail = whole(term, (index, first, at)), whole(term, (index, at + 1, last))
            return join(head.doit(), tail.doit())

        return rule

    return on_both_sides(
        relation,
        lambda side: side.replace(Sum, parts(Sum, Add)).replace(Product, parts(Product, Mul)),
    )


def on_both_sides(relation: Relational, change: Callable[[Expr], Expr]) -> Relational:
    """Apply a function to both sides of a relation."""
    return relation.func(change(relation.lhs), change(relation.rhs), evaluate=False)


def evaluated(written: Basic) -> Basic:
    """Rebuild with evaluation what was built without."""
    if not written.args or isinstance(written, IndexedBase):
        return written
    return written.func(*map(evaluated, written.args))


def separate(expression: Expr) -> Expr:
    """Write each product of fractions as a fraction of products."""

    def fraction(term, limits):
        above, below = together(term).as_numer_denom()
        return Product(above, limits).doit() / Product(below, limits).doit()

    return expression.replace(Product, fraction)


def root(relation: Relational, unknown: Expr) -> Expr:
    """Solve an equation that is linear in the unknown."""
    difference = relation.lhs - relation.rhs
    slope = difference.diff(unknown)
    if slope.is_zero or slope.has(unknown):
        raise ValueError(f"give an equation that is linear in {unknown}; {relation} is not")
    return -difference.xreplace({unknown: Integer(0)}) / slope


# Typesetting ------------------------------------------------------------------------------------


class _AsWritten(LatexPrinter):
    """LaTeX with terms and factors in the order in which they were written."""

    def _print_Add(self, expr, order=None):
        return super()._print_Add(Add(*_flat(expr), evaluate=False), order)

    def _print_Mul(self, expr):  # a reciprocal arrives here too, as a power
        return super()._print_Mul(Mul(*_flat(expr), evaluate=False) if expr.is_Mul else expr)

    def _print_Equivalent(self, expr):
        return r" \iff ".join(map(self._print, sorted(expr.args, key=count_ops)))

    def _print_Indexed(self, expr):
        return rf"{self._print(expr.base)}_{{{','.join(map(self._print, expr.indices))}}}"

    def _print_Derivative(self, expr):
        (variable, times) = expr.variable_count[0]
        power = "" if times == 1 else f"^{{{times}}}"
        above, below = self._print(expr.expr), self._print(variable)
        return rf"\frac{{d{power} {above}}}{{d {below}{power}}}"

    def _needs_mul_brackets(self, expr, first=False, last=False):
        return not _is_fraction(expr) and super()._needs_mul_brackets(expr, first, last)


def _flat(expr):
    """Arguments of a sum of sums or product of products; a fraction stays one factor."""
    for arg in expr.args:
        if arg.func == expr.func and not _is_fraction(arg):
            yield from _flat(arg)
        else:
            yield arg


def _is_fraction(expr):
    return expr.is_Mul and isinstance(expr.args[-1], Pow) and expr.args[-1].exp.is_negative


def latex(expression: Boolean | Expr) -> str:
    """Typeset an expression, keeping the order in which it was written."""
    return _AsWritten({"order": "none", "ln_notation": True}).doprint(expression)
