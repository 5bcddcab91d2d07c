"""Print a SymPy expression as a Vega expression, so that a slider moves the proved formula."""

import sympy as sp
from sympy.printing.jscode import JavascriptCodePrinter


class _VegaPrinter(JavascriptCodePrinter):
    """SymPy's JavaScript printer, with the symbols renamed and Vega's powers.

    Vega's expression language is JavaScript's arithmetic with the functions of ``Math`` under
    their bare names; it has no cube root and no arrays.
    """

    def __init__(self, names: dict[sp.Symbol, str]):
        super().__init__({"strict": True})
        self.names = names

    def _print_Symbol(self, expr):
        if expr not in self.names:
            raise ValueError(f"no name for {expr}; named are {sorted(map(str, self.names))}")
        return self.names[expr]

    def _print_Pow(self, expr):
        if expr.exp == sp.Rational(1, 3):
            return f"pow({self._print(expr.base)}, 1/3)"
        return super()._print_Pow(expr)


def vega_expression(expression: sp.Expr, names: dict[sp.Symbol, str]) -> str:
    """Print an expression for Vega.

    Parameters
    ----------
    expression
        Any closed form of elementary functions, minima, maxima, comparisons and cases.
    names
        What each free symbol is called in the chart: a parameter such as ``"stages"`` or a field
        such as ``"datum.firms"``.

    Raises
    ------
    ValueError
        If a symbol has no name, or the expression holds something Vega cannot evaluate.
    """
    expression = sp.sympify(expression)
    unfinished = expression.atoms(sp.Indexed, sp.Sum, sp.Product, sp.Integral, sp.Derivative)
    if unfinished:
        raise ValueError(f"Vega cannot evaluate {unfinished.pop()}: pass a closed form")
    try:
        text = _VegaPrinter(names).doprint(expression)
    except NotImplementedError as error:
        raise ValueError(f"Vega cannot evaluate {expression}: {error}") from error
    return " ".join(text.replace("Math.", "").split())
