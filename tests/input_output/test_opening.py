"""The chain of three regions by symbols, beside the same table in numbers."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from dongbei.input_output import InterregionalTable, content_per_unit, domestic_participation
from dongbei.input_output.opening import (
    BACK,
    BOUGHT,
    GROWTH,
    OPENING,
    OWN,
    SIZE,
    harmless_growth,
    opening,
)

SYMBOLS = (OPENING, OWN, BOUGHT, BACK, SIZE, GROWTH)
settings_of_the_chain = st.tuples(
    st.floats(0, 0.9),
    st.floats(0.05, 0.5),
    st.floats(0.05, 0.45),
    st.floats(0, 0.4),
    st.floats(0.1, 10),
    st.floats(0, 4),
)


def values(expression, numbers):
    return float(expression.subs(dict(zip(SYMBOLS, numbers, strict=True))))


def table_of(numbers):
    mu, h, b, k, c, g = numbers
    A = np.array([[h, b * (1 - mu)], [k, h]])
    final = np.array([1, c * (1 + g * mu)])
    x = np.linalg.solve(np.eye(2) - A, final)
    imports = np.array([0, b * mu]) * x
    return InterregionalTable(
        A * x, np.diag(final), ["Northeast", "Coast"], ["all"] * 2,
        exports=[0, 0], imports=imports, value_added=x - (A * x).sum(axis=0) - imports,
    )  # fmt: skip


@given(settings_of_the_chain)
@settings(max_examples=40)
def test_symbols_and_the_table_agree(numbers):
    chain, table = opening(), table_of(numbers)
    coast = content_per_unit(table).query("region == 'Coast'").set_index("term")["value"]
    assert values(chain.northeast_content, numbers) == pytest.approx(coast["other"], abs=1e-12)
    assert values(chain.import_content, numbers) == pytest.approx(coast["import"], abs=1e-12)
    forward = domestic_participation(table).query(
        "direction == 'forward' and region == 'Northeast'"
    )
    passed_on = forward.set_index("term")["value"]["chain"]
    share = passed_on / forward["value"].sum()
    assert values(chain.participation, numbers) == pytest.approx(share, abs=1e-12)
    before = table_of((0, *numbers[1:]))
    ratio = table.output[0] / before.output[0]
    assert values(chain.northeast_output, numbers) == pytest.approx(ratio)


def test_harmless_growth_is_the_only_root():
    (root,) = sp.solve(sp.Eq(opening().northeast_output, 1), GROWTH)
    assert sp.simplify(root - harmless_growth()) == 0


def test_output_and_forward_participation_say_the_same():
    chain = opening()
    kept = 1 - chain.participation
    ratio = kept.subs(OPENING, 0) / kept
    assert sp.simplify(chain.northeast_output - ratio) == 0


def test_value_added_and_imports_are_all_of_a_product():
    chain = opening()
    parts = chain.value_added + chain.imports
    assert sp.simplify(parts - sp.ones(1, 2) * (sp.eye(2) - chain.flows)) == sp.zeros(1, 2)
    assert sp.simplify(chain.output - chain.flows * chain.output - chain.final) == sp.zeros(2, 1)
    income = (chain.value_added * chain.output)[0] + (chain.imports * chain.output)[0]
    assert sp.simplify(income - sum(chain.final)) == 0


def test_full_opening_cuts_the_northeast_off():
    chain = opening()
    full = {OPENING: 1}
    assert chain.northeast_content.subs(full) == 0
    assert chain.participation.subs(full) == 0
    assert sp.simplify(chain.northeast_output.subs({OPENING: 0})) == 1


@given(settings_of_the_chain)
@settings(max_examples=40)
def test_growth_makes_up_for_opening_only_beyond_the_harmless(numbers):
    mu, h, b, k, c, _ = numbers
    harmless = values(harmless_growth(), numbers)
    assert harmless >= 1 / (1 - mu) - 1e-9
    output = opening().northeast_output
    assert values(output, (mu, h, b, k, c, harmless)) == pytest.approx(1)
    if mu > 0.01:
        assert values(output, (mu, h, b, k, c, 1.1 * harmless)) > 1
        assert values(output, (mu, h, b, k, c, 0.9 * harmless)) < 1
