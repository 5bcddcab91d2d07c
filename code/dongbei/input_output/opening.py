"""A chain of three, small enough for pencil and paper: the Northeast, the coast and abroad.

Each region of the country has one sector. The coast buys inputs outside itself, from the Northeast
or abroad; `OPENING` is the part it buys abroad. It is the smallest table in which the documents'
first step can be seen: the coast turns to foreign suppliers, and the Northeast loses a customer.
All numbers are illustrative; the formulas are those of an open table (`InterregionalTable`).
"""

from dataclasses import dataclass
from functools import cache

import sympy as sp

OPENING, OWN, BOUGHT, BACK, SIZE, GROWTH = sp.symbols("mu h b k c g", nonnegative=True)
"""Part of the coast's outside inputs that is bought abroad; inputs per unit of output that each
region buys from itself, that the coast buys outside, and that the Northeast buys from the coast;
final sales of the coast, where the Northeast's are one; and how much these grow with full opening,
as a part of what they were."""


@dataclass(frozen=True)
class Opening:
    """What the coast's opening does to the chain, as SymPy expressions in the module's symbols.

    Attributes
    ----------
    flows, imports, final : sympy.Matrix
        Input coefficients A (Northeast, coast), imported inputs per unit m, final sales.
    output, value_added : sympy.Matrix
        x = B y, and v = 1 - column sums of A - m.
    northeast_content, import_content : sympy.Expr
        Parts of a unit of the coast's product that are value added of the Northeast, v B, and
        imports, m B.
    participation : sympy.Expr
        Part of the Northeast's value added that other regions pass on, V L A^N B y over Va.
    northeast_output : sympy.Expr
        Output of the Northeast over that before the opening.
    """

    flows: sp.Matrix
    imports: sp.Matrix
    final: sp.Matrix
    output: sp.Matrix
    value_added: sp.Matrix
    northeast_content: sp.Expr
    import_content: sp.Expr
    participation: sp.Expr
    northeast_output: sp.Expr


@cache
def opening() -> Opening:
    """Derive the chain of three: equations (c) and (d) of an open table, by symbols."""
    flows = sp.Matrix([[OWN, BOUGHT * (1 - OPENING)], [BACK, OWN]])
    imports = sp.Matrix([[0, BOUGHT * OPENING]])
    final = sp.Matrix([1, SIZE * (1 + GROWTH * OPENING)])
    inverse = (sp.eye(2) - flows).inv()
    output = sp.simplify(inverse * final)
    value_added = sp.ones(1, 2) - sp.ones(1, 2) * flows - imports
    passed_on = flows[0, 1] * output[1] / (1 - OWN)
    return Opening(
        flows,
        imports,
        final,
        output,
        value_added,
        northeast_content=sp.factor(value_added[0] * inverse[0, 1]),
        import_content=sp.factor((imports * inverse)[1]),
        participation=sp.factor(passed_on / output[0]),
        northeast_output=sp.factor(output[0] / output[0].subs(OPENING, 0)),
    )


def harmless_growth() -> sp.Expr:
    """Return the growth g of the coast's final sales that leaves the Northeast's output unchanged.

    In the module's symbols: the root of ``northeast_output`` being one. It is at least
    1 / (1 - mu), so that nothing makes up for full opening.
    """
    passed = 1 - OWN
    return passed * (SIZE * passed + BACK) / (SIZE * (1 - OPENING) * (passed**2 - BOUGHT * BACK))
