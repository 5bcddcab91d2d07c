"""Decompositions of trade: every sum, and a naive second route with an explicit inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dongbei.input_output import (
    WorldTable,
    content,
    koopman_wang_wei,
    participation,
    wang_wei_zhu,
)


@st.composite
def tables(draw, most_regions=4):
    """Random closed tables; regions have different numbers of sectors, some sectors make nothing."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=most_regions))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, g = sum(sizes), len(sizes)
    a = random.uniform(0, 1, (n, n)) * random.choice([0, 1], (n, n), p=[0.2, 0.8])
    a *= random.uniform(0.1, 0.85, n) / np.maximum(a.sum(axis=0), 1e-9)
    final = random.uniform(0, 10, (n, g)) * random.choice([0, 1], (n, g), p=[0.1, 0.9])
    if draw(st.booleans()):
        a[0], a[:, 0], final[0] = 0, 0, 0  # a sector without output
    x = np.linalg.solve(np.eye(n) - a, final.sum(axis=1))
    regions = np.repeat([f"R{i}" for i in range(g)], sizes)
    sectors = np.concatenate([[f"s{j}" for j in range(size)] for size in sizes])
    return WorldTable(a * x, final, regions, sectors)


def naive_wang_wei_zhu(table):
    """The sixteen terms with loops over all regions and explicit inverses."""
    A, Y, x, v = table.coefficients, table.final, table.output, table.value_added_shares
    S, G = table.blocks, range(len(table.names))
    B = np.linalg.inv(np.eye(len(x)) - A)
    L = [np.linalg.inv(np.eye(b.stop - b.start) - A[b, b]) for b in S]
    E = [sum(table.exports[S[s], r] for r in G) for s in G]
    terms = {}
    for s in G:
        a, l = v[S[s]] @ B[S[s], S[s]], v[S[s]] @ L[s]
        for r in G:
            if r == s:
                continue
            third = [t for t in G if t not in (s, r)]
            sr = A[S[s], S[r]]
            m = v[S[r]] @ B[S[r], S[s]]
            o = sum((v[S[t]] @ B[S[t], S[s]] for t in third), np.zeros(len(a)))
            nothing = np.zeros(S[r].stop - S[r].start)
            zero = {t: np.zeros(S[t].stop - S[t].start) for t in G}
            terms[s, r] = {
                "DVA_FIN": a * Y[S[s], r],
                "DVA_INT": l * (sr @ B[S[r], S[r]] @ Y[S[r], r]),
                "DVA_INTrexI1": l * (sr @ sum((B[S[r], S[t]] @ Y[S[t], t] for t in third), nothing)),
                "DVA_INTrexF": l * (sr @ B[S[r], S[r]] @ sum((Y[S[r], t] for t in third), nothing)),
                "DVA_INTrexI2": l * (sr @ sum((
                    B[S[r], S[t]] @ sum((Y[S[t], u] for u in G if u not in (s, t)), zero[t])
                    for t in third), nothing)),
                "RDV_FIN": l * (sr @ B[S[r], S[r]] @ Y[S[r], s]),
                "RDV_FIN2": l * (sr @ sum((B[S[r], S[t]] @ Y[S[t], s] for t in third), nothing)),
                "RDV_INT": l * (sr @ B[S[r], S[s]] @ Y[S[s], s]),
                "DDC_FIN": l * (sr @ B[S[r], S[s]] @ sum((Y[S[s], t] for t in G if t != s), zero[s])),
                "DDC_INT": (a - l) * (sr @ x[S[r]]),
                "MVA_FIN": m * Y[S[s], r], "MVA_INT": m * (sr @ L[r] @ Y[S[r], r]),
                "MDC": m * (sr @ L[r] @ E[r]),
                "OVA_FIN": o * Y[S[s], r], "OVA_INT": o * (sr @ L[r] @ Y[S[r], r]),
                "ODC": o * (sr @ L[r] @ E[r]),
            }  # fmt: skip
    return terms


@given(tables())
def test_sixteen_terms_agree_with_the_naive_route_and_add_up(table):
    found = wang_wei_zhu(table)
    scale = table.output.max() + 1
    for (s, r), terms in naive_wang_wei_zhu(table).items():
        pair = found[(found["exporter"] == table.names[s]) & (found["importer"] == table.names[r])]
        for term, expected in terms.items():
            assert_allclose(pair.loc[pair["term"] == term, "value"], expected, atol=1e-11 * scale)
        total = pair.groupby("sector", observed=True, sort=False)["value"].sum()
        assert_allclose(total, table.exports[table.blocks[s], r], atol=1e-10 * scale)


@given(tables())
def test_nine_terms_add_up_to_exports(table):
    found = koopman_wang_wei(table)
    total = found.groupby("region", sort=False)["value"].sum().loc[list(table.names)]
    expected = [table.exports[block].sum() for block in table.blocks]
    assert_allclose(total, expected, atol=1e-10 * (table.output.max() + 1))


@given(tables())
def test_forward_terms_are_value_added_and_backward_terms_final_products(table):
    found = participation(table)
    scale = table.output.max() + 1
    sums = found.groupby(["direction", "region", "sector"], sort=False)["value"].sum()
    assert_allclose(sums["forward"], table.value_added, atol=1e-10 * scale)
    assert_allclose(sums["backward"], table.final.sum(axis=1), atol=1e-10 * scale)
    assert (found["value"] > -1e-10 * scale).all()


@given(tables())
def test_content_of_a_unit_is_one(table):
    made = table.output > 0
    assert_allclose(content(table).sum(axis=1)[made], 1, rtol=1e-10)


@given(tables(), st.floats(0.01, 100))
def test_units_do_not_matter(table, unit):
    scaled = WorldTable(unit * table.flows, unit * table.final, table.regions, table.sectors)
    one, other = wang_wei_zhu(table), wang_wei_zhu(scaled)
    assert_allclose(other["value"], unit * one["value"], rtol=1e-8, atol=1e-10 * unit)


@given(tables(most_regions=3))
def test_one_group_of_everything_trades_nothing(table):
    whole = table.grouped({"world": table.names})
    assert wang_wei_zhu(whole).empty
    found = participation(whole)
    assert found.loc[found["term"] != "domestic", "value"].abs().max() < 1e-9


def test_groups_keep_flows_and_make_them_domestic():
    flows = np.arange(16.0).reshape(4, 4)
    table = WorldTable(flows, np.full((4, 4), 30.0), list("ABCD"), ["all"] * 4)
    grouped = table.grouped({"AC": ["A", "C"]})
    assert grouped.names == ("AC", "B", "D")
    assert grouped.sectors.tolist() == ["A: all", "C: all", "all", "all"]
    assert grouped.flows.sum() == flows.sum()
    assert grouped.final[0].tolist() == [60.0, 30.0, 30.0]
    assert grouped.exports[0].tolist() == [0, flows[0, 1] + 30, flows[0, 3] + 30]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p | {"flows": np.ones((2, 3))}, "flows must have the shape"),
        (lambda p: p | {"final": np.ones((2, 1))}, "final must have the shape"),
        (
            lambda p: p | {"flows": [[1, np.nan], [1, 1]]},
            "flows must be finite; at A, s to B, s it is nan",
        ),
        (lambda p: p | {"regions": ["A", "A"]}, "final must have the shape"),
        (lambda p: p | {"sectors": ["s"]}, "every row needs a region and a sector"),
        (lambda p: p | {"flows": [[1, 1], [1, 0]], "final": [[5, 5], [-1, 0]]}, "sells nothing"),
        (lambda p: p | {"final": [[-9, 0], [1, 1]]}, "has an output of -7"),
    ],
)
def test_impossible_tables_are_refused(change, message):
    good = {"flows": [[1, 1], [1, 1]], "final": [[3, 1], [1, 3]], "regions": "AB", "sectors": "ss"}
    WorldTable(**good)
    with pytest.raises(ValueError, match=message):
        WorldTable(**change(good))


def test_negative_value_added_is_kept_and_said():
    with pytest.warns(UserWarning, match="negative value added, kept as it is: A, s"):
        table = WorldTable([[1, 1], [9, 1]], [[3, 1], [1, 3]], "AB", "ss")
    assert table.value_added[0] < 0
