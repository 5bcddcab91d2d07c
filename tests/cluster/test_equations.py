"""The derivation holds, step by step, and only as it stands."""

import pytest
from sympy import Eq, Rational, Tuple, simplify
from sympy.logic.boolalg import Equivalent

from dongbei.cluster import (
    Step,
    consequences,
    derivation,
    equations,
    extensions,
    propositions,
    theorems,
)
from dongbei.cluster.model import C, Q, X, a, b, c, f_f, i, k, n, p, p_f

arguments = {equations: derivation, consequences: propositions, extensions: theorems}
cases = [
    pytest.param(module, label, id=f"{module.__name__.rpartition('.')[2]}-{label}")
    for module in arguments
    for label in module.E
]


def all_steps():
    return [step for steps in arguments.values() for step in steps().values()]


def spoiled(relation):
    """The nearest false statement: a side off by one, or an inequality turned around."""
    if isinstance(relation, Equivalent):
        simple, condition = sorted(relation.args, key=lambda side: side.count_ops())
        return Equivalent(simple, condition.func(condition.lhs, condition.rhs + 1))
    if isinstance(relation, Eq):
        return Eq(relation.lhs, relation.rhs + 1)
    return relation.func(relation.rhs, relation.lhs)


def test_document_equations_come_in_its_order():
    numbered = [label for label in derivation() if label.isdigit()]
    assert numbered[:9] == [str(number) for number in range(1, 10)]


def test_only_the_rules_of_the_game_are_assumed():
    assumed = [step.label for step in all_steps() if step.assumed]
    assert assumed == ["1", "2", "4a", "8", "conduct", "curved demand"]


@pytest.mark.parametrize(("module", "label"), cases)
def test_an_equation_off_by_one_stops_the_derivation(module, label, monkeypatch):
    monkeypatch.setitem(module.E, label, spoiled(module.E[label]))
    with pytest.raises(ValueError, match="does not hold"):
        arguments[module].__wrapped__()


def test_what_is_printed_is_what_was_proved():
    for module, steps in arguments.items():
        assert {label: step.equation for label, step in steps().items()} == module.E


def test_a_false_step_names_itself_and_what_is_left():
    wrong = Eq(Q, 2 * Q, evaluate=False)
    with pytest.raises(ValueError, match=r"step 0 does not hold: correct .* is -Q"):
        Step("0", "", wrong, "", (wrong,))


def test_induction_is_proved_for_a_symbolic_number_of_stages():
    for label in ("6a", "6b", "6", "6c", "7"):
        step = derivation()[label]
        assert k in step.equation.free_symbols
        assert set(step.residuals) == {0}


def test_price_is_the_literature_result_for_two_stages():
    """Successive oligopoly with two stages: Greenhut and Ohta (1979), linear demand."""
    price = derivation()["7"].equation.rhs.subs(k, 2).doit()
    n1, n2 = n[1], n[2]
    expected = a - (a - c[1] - c[2]) * n1 * n2 / ((n1 + 1) * (n2 + 1))
    assert simplify(price - expected) == 0


def test_double_margin_of_two_monopolies():
    """Spengler (1950): two monopolies in a row sell a quarter of the competitive output."""
    output = derivation()["6c"].equation.rhs.subs(k, 2).doit().subs({n[1]: 1, n[2]: 1})
    assert simplify(output - (a - c[1] - c[2]) / (4 * b)) == 0


def test_second_order_conditions_are_strict():
    for label in ("4b", "8b"):
        assert derivation()[label].residuals[-1].is_negative


def test_condition_compares_products_only():
    comparison = derivation()["11"].equation
    (condition,) = (side for side in comparison.args if p_f not in side.free_symbols)
    assert not Tuple(*condition.args).has(a, b, Q, C, c)
    assert condition.subs(k, 3).doit().subs({n[1]: 3, n[2]: 4, n[3]: 5}) == False  # noqa: E712
    assert condition.subs(k, 3).doit().subs({n[1]: 3, n[2]: 4, n[3]: 6}) == True  # noqa: E712


def test_equations_print_as_an_economist_writes_them():
    printed = {label: step.latex for label, step in derivation().items()}
    assert printed["3"] == (
        r"p_{i} - p_{i - 1} - c_{i} + q_{i} \frac{d p_{i}}{d Q} \frac{d Q}{d q_{i}} = 0"
    )
    assert printed["5"] == r"p_{i - 1} = a_{i} - c_{i} - \frac{n_{i} + 1}{n_{i}} b_{i} Q"
    assert printed["7"] == (
        r"p_{k} = a - \left(a - \sum_{i=1}^{k} c_{i}\right)"
        r" \prod_{i=1}^{k} \frac{n_{i}}{n_{i} + 1}"
    )
    assert printed["9"] == r"p_{f} = a - \frac{a - \sum_{i=1}^{k} c_{i}}{2}"
    assert printed["11"] == (
        r"p_{k} < p_{f} \iff 2 \prod_{i=1}^{k} n_{i} > \prod_{i=1}^{k} \left(n_{i} + 1\right)"
    )
    assert derivation()["7"]._repr_latex_() == rf"$\displaystyle {printed['7']}$"


def test_total_profit_peaks_at_the_output_of_the_integrated_firm():
    profit = propositions()["total profit"].equation.rhs
    assert simplify(profit.diff(X).subs(X, Rational(1, 2))) == 0
    integrated = derivation()["9a"].equation.rhs.subs(k, 1).doit()
    best = profit.subs({X: Rational(1, 2), C: c[1]})
    assert simplify(best - f_f - integrated) == 0


def test_price_of_the_final_good_is_that_of_the_last_stage():
    last = derivation()["7a"].equation
    final = derivation()["7"].equation
    at_end = last.subs(k, 3).subs(i, 3).doit()
    assert at_end.lhs == p[3]
    assert simplify(at_end.rhs - final.rhs.subs(k, 3).doit()) == 0
