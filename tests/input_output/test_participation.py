"""Production by the borders it passes, and its length: identities, limits and naive routes."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from numpy.testing import assert_allclose
from random_tables import world, worlds

from dongbei.input_output import (
    WorldTable,
    participation,
    participation_shares,
    production_lengths,
    trade_in_value_added,
    upstreamness,
)

few = settings(max_examples=40)


def naive_terms(table):
    """{(direction, term): vector} with full matrices, as Wang, Wei, Yu and Zhu print them."""
    n = len(table.output)
    A, v, y = table.coefficients, table.value_added_shares, table.final.sum(axis=1)
    same = table.regions[:, None] == table.regions
    L = np.linalg.inv(np.eye(n) - np.where(same, A, 0))
    B, AF, V = np.linalg.inv(np.eye(n) - A), np.where(same, 0, A), np.diag(v)
    home = np.array(
        [row[table.names.index(r)] for row, r in zip(table.final, table.regions, strict=True)]
    )
    D, F, Y = np.diag(home), np.diag(y - home), np.diag(y)
    matrices = {
        "domestic": V @ L @ D,
        "traditional": V @ L @ F,
        "simple": V @ L @ AF @ L @ D,
        "complex": V @ L @ AF @ (B @ Y - L @ D),
    }
    forward = {("forward", term): matrix.sum(axis=1) for term, matrix in matrices.items()}
    return forward | {("backward", term): m.sum(axis=0) for term, m in matrices.items()}


def terms(frame, column="value"):
    keys = ["direction", "term"]
    return {key: part[column].to_numpy() for key, part in frame.groupby(keys, sort=False)}


def over_terms(frame, direction, values):
    rows = frame["direction"] == direction
    return values[rows].groupby([frame["region"][rows], frame["sector"][rows]], sort=False).sum()


@given(worlds())
@few
def test_terms_are_what_the_paper_prints(table):
    found = terms(participation(table))
    expected = naive_terms(table)
    assert set(found) == set(expected)
    for key, value in expected.items():
        assert_allclose(found[key], value, atol=1e-11 * table.output.max(), err_msg=key)


@given(worlds())
@few
def test_forward_is_value_added_and_backward_final_products(table):
    found = participation(table)
    atol = 1e-11 * table.output.max()
    value = found["value"]
    assert_allclose(over_terms(found, "forward", value), table.value_added, atol=atol)
    assert_allclose(over_terms(found, "backward", value), table.final.sum(axis=1), atol=atol)
    assert value.min() >= -atol


@given(worlds())
@few
def test_shares_are_sums_of_terms_over_all(table):
    found = participation(table)
    for by_sector, keys in ((False, ["region"]), (True, ["region", "sector"])):
        shares = participation_shares(table, by_sector).set_index(keys)
        for direction in ("forward", "backward"):
            part = found[found["direction"] == direction]
            whole = part.groupby(keys, sort=False)["value"].sum()
            passing = part[part["term"].isin(["simple", "complex"])]
            expected = passing.groupby(keys, sort=False)["value"].sum() / whole.where(whole != 0)
            assert_allclose(shares[direction], expected[shares.index], atol=1e-9)


@given(worlds())
@few
def test_lengths_weighted_by_terms_are_upstreamness_and_downstreamness(table):
    found, where = production_lengths(table), upstreamness(table)
    passed = (found["value"] * found["length"]).fillna(0)
    atol = 1e-10 * table.output.max()
    forward, backward = (over_terms(found, one, passed) for one in ("forward", "backward"))
    made = table.output > 0
    expected = table.value_added * where["upstreamness"]
    assert_allclose(forward[made], expected[made], atol=atol)
    expected = table.final.sum(axis=1) * where["downstreamness"]
    assert_allclose(backward[made], expected[made], atol=atol)


@given(worlds())
@few
def test_lengths_are_at_least_one_and_two_over_a_border(table):
    found = production_lengths(table).dropna()
    found = found[found["value"] > 1e-9 * table.output.max()]
    least = np.where(found["term"].isin(["simple", "complex"]), 2, 1)
    assert (found["length"] >= least - 1e-6).all()


@given(worlds())
@few
def test_upstreamness_and_downstreamness_have_one_mean(table):
    where = upstreamness(table).fillna(0)
    final = table.final.sum(axis=1)
    assume(final.any())
    up = where["upstreamness"] @ table.value_added / table.value_added.sum()
    assert_allclose(up, where["downstreamness"] @ final / final.sum(), rtol=1e-9)
    made = table.output > 0
    assert where.loc[made, ["upstreamness", "downstreamness"]].min().min() >= 1 - 1e-12


@given(worlds())
@few
def test_upstreamness_solves_its_own_equation(table):
    """Fally (2012): a sector is one step above the mean of those that buy from it."""
    up = upstreamness(table)["upstreamness"].fillna(0).to_numpy()
    made = table.output > 0
    steps = 1 + (table.flows @ up)[made] / table.output[made]
    assert_allclose(up[made], steps, rtol=1e-9)


def test_idle_sectors_have_no_place():
    table = world([3, 2], seed=5, empty=1)
    unknown = upstreamness(table)[["upstreamness", "downstreamness", "position"]].isna()
    assert unknown.to_numpy().tolist() == [[True] * 3, *[[False] * 3] * 4]


@given(worlds())
@few
def test_a_world_in_one_group_is_all_domestic(table):
    whole = table.grouped({"world": table.names})
    found = participation(whole)
    passing = found.loc[found["term"] != "domestic", "value"]
    assert_allclose(passing, 0, atol=1e-11 * table.output.max())
    assert_allclose(
        upstreamness(whole)["upstreamness"].to_numpy(),
        upstreamness(table)["upstreamness"].to_numpy(),
        rtol=1e-9,
    )


@given(worlds(least_regions=3))
@few
def test_a_group_takes_part_no_more_than_its_members(table):
    """What passed between members is domestic after they are grouped."""
    members = table.names[:2]
    apart, joined = participation(table), participation(table.grouped({"both": members}))

    def passing(frame, regions):
        rows = frame["region"].isin(regions) & frame["term"].isin(["simple", "complex"])
        return frame[rows].groupby("direction")["value"].sum()

    atol = 1e-10 * table.output.max()
    assert (passing(joined, ["both"]) <= passing(apart, members) + atol).all()


def test_without_trade_nothing_passes_a_border():
    block = np.array([[2.0, 1.0], [1.0, 3.0]])
    flows = np.kron(np.eye(2), block)
    table = WorldTable(flows, np.kron(np.eye(2), [[4.0], [5.0]]), list("AABB"), list("stst"))
    assert (participation_shares(table)[["forward", "backward"]] == 0).all(axis=None)


@given(worlds())
@few
def test_what_is_nothing_but_for_rounding_has_no_length(table):
    lengths = production_lengths(table.grouped({"world": table.names}))
    assert lengths.loc[lengths["term"] != "domestic", "length"].isna().all()
    domestic = lengths[lengths["term"] == "domestic"]
    assert (domestic["length"].notna() == (domestic["value"] > 0)).all()


def test_a_small_part_has_its_length():
    """A sells a millionth of its product to B, which sells the product of two stages to itself."""
    table = WorldTable([[0, 1e-6], [0, 0]], [[1, 0], [0, 1]], "AB", "pp")
    lengths = production_lengths(table).set_index(["direction", "region", "term"])["length"]
    assert lengths["forward", "A", "simple"] == pytest.approx(2)
    assert lengths["backward", "B", "simple"] == pytest.approx(2)


def test_three_countries_in_a_row():
    """A's part passes two borders before it is used: complex; B's one: simple."""
    flows = [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    table = WorldTable(flows, [[0, 0, 0], [0, 0, 0], [0, 0, 3]], "ABC", "ppp")
    found = participation(table)
    assert found.columns.tolist() == ["region", "sector", "direction", "term", "value"]
    order = ["domestic", "traditional", "simple", "complex"]
    assert found["term"].cat.categories.tolist() == order
    found = found[(found["value"] > 0) & (found["direction"] == "forward")]
    assert found[["region", "term", "value"]].to_numpy().tolist() == [
        ["C", "domestic", 1.0],
        ["B", "simple", 1.0],
        ["A", "complex", 1.0],
    ]
    where = upstreamness(table).set_index("region")
    assert where["upstreamness"].to_dict() == pytest.approx({"A": 3, "B": 2, "C": 1})
    assert where["downstreamness"].to_dict() == pytest.approx({"A": 1, "B": 1.5, "C": 2})
    lengths = production_lengths(table).dropna().query("direction == 'forward'")
    assert dict(zip(lengths["region"], lengths["length"], strict=True)) == {"A": 3, "B": 2, "C": 1}
    assert where["position"].to_dict() == pytest.approx({"A": 3, "B": 2 / 1.5, "C": 0.5})
    lengths = production_lengths(table).dropna().query("direction == 'backward'")
    assert lengths[["region", "term", "value", "length"]].to_numpy().tolist() == [
        ["C", "domestic", 1.0, 1.0],
        ["C", "simple", 1.0, 2.0],
        ["C", "complex", 1.0, 3.0],
    ]


def test_tiva_of_three_countries_in_a_row():
    flows = [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    table = WorldTable(flows, [[0, 0, 0], [0, 0, 0], [0, 0, 3]], "ABC", "ppp")
    tiva = trade_in_value_added(table).set_index("region")
    assert tiva.loc["A"].tolist() == pytest.approx([1, 0, 1])  # all of A's part is in B's exports
    assert tiva.loc["B"].tolist() == pytest.approx([2, 0.5, 0])
    assert tiva.loc["C", ["backward", "forward"]].isna().all()


def test_a_sector_without_exports_has_no_shares_of_them():
    """A's q sells only to A's p, but B exports what it made."""
    table = WorldTable(
        np.diag([1, 2, 3], k=1), np.diag([0, 0, 0, 4])[:, [0, 2, 3]], list("AABC"), list("qppp")
    )
    tiva = trade_in_value_added(table, by_sector=True)
    assert tiva["exports"].tolist() == [0, 2, 3, 0]
    assert tiva[["backward", "forward"]].isna().all(axis=1).tolist() == [True, False, False, True]
    assert trade_in_value_added(table)["forward"][0] == pytest.approx(2 / 2)


@given(worlds())
@few
def test_tiva_by_sector_adds_up_to_regions(table):
    whole = trade_in_value_added(table)
    parts = trade_in_value_added(table, by_sector=True).fillna(0)
    for share in ("backward", "forward"):
        amounts = (parts[share] * parts["exports"]).groupby(parts["region"], sort=False).sum()
        if share == "backward":
            expected = (whole[share] * whole["exports"]).fillna(0)
            assert_allclose(amounts, expected, atol=1e-9 * table.output.max())
    assert whole["backward"].dropna().between(-1e-12, 1 + 1e-12).all()


@given(worlds())
@few
def test_foreign_value_added_in_exports_is_that_of_others(table):
    for by_sector in (False, True):
        tiva = trade_in_value_added(table, by_sector)
        sums = tiva[["backward", "forward"]].mul(tiva["exports"], axis=0).sum()
        if not by_sector or (tiva["exports"] > 0).all():
            atol = 1e-10 * table.output.max()
            assert_allclose(sums["backward"], sums["forward"], atol=atol)


def test_residuals_are_not_spread():
    """What is missing in a column stays missing in everything that is made of its product."""
    flows, final = [[0, 10], [0, 0]], [[0, 0], [0, 20]]
    table = WorldTable(flows, final, "AB", "ss", value_added=[9.0, 10.0], tolerance=0.1)
    found = participation(table)
    sums = found.groupby(["direction", "region"])["value"].sum()
    assert sums["forward", "A"] == pytest.approx(9)
    assert sums["backward", "B"] == pytest.approx(19)
    assert table.residuals().tolist() == [1, 0]
    tiva = trade_in_value_added(table).set_index("region")
    assert tiva.loc["A", "backward"] == pytest.approx(0)
