"""Exports decomposed: what adds up, what is equal by theory, and a naive second route."""

import tracemalloc

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from random_tables import world, worlds

from dongbei.input_output import (
    InterregionalTable,
    WorldTable,
    borin_mancini,
    closed,
    extraction,
    koopman_wang_wei,
    trade_in_value_added,
    value_added_trade,
    wang_wei_zhu,
)

KWW_OF_WWZ = {
    1: ["DVA_FIN"],
    2: ["DVA_INT", "DVA_INTrexI1"],
    3: ["DVA_INTrexF", "DVA_INTrexI2"],
    4: ["RDV_FIN", "RDV_FIN2"],
    5: ["RDV_INT"],
    6: ["DDC_FIN", "DDC_INT"],
    7: ["MVA_FIN", "OVA_FIN"],
    8: ["MVA_INT", "OVA_INT"],
    9: ["MDC", "ODC"],
}

few = settings(max_examples=25)


def arrays(frame, table):
    """Return {term: array of shape (n, g)} of a tidy frame, its rows in the table's order."""
    found = {}
    abroad = table.region_of[:, None] != np.arange(len(table.names))
    for term, part in frame.groupby("term", observed=True, sort=False):
        where = [
            (part["exporter"].to_numpy() == name) & (part["importer"].to_numpy() == other)
            for name in table.names
            for other in table.names
        ]
        assert sum(map(np.sum, where)) == len(part) == abroad.sum()
        found[term] = np.zeros(abroad.shape)
        places = [(block, r) for block in table.blocks for r in range(len(table.names))]
        for mask, (block, r) in zip(where, places, strict=True):
            if mask.any():
                assert part["sector"][mask].tolist() == table.sectors[block].tolist()
                found[term][block, r] = part["value"][mask]
    return found


def by_exporter(amounts, table):
    return np.array([amounts[block].sum() for block in table.blocks])


def assert_terms(frame, expected, table):
    found = arrays(frame, table)
    for (s, r), terms in expected.items():
        assert set(terms) == set(found)
        for term, value in terms.items():
            got = found[term][table.blocks[s], r]
            assert_allclose(got, value, rtol=1e-9, atol=1e-12 * table.output.max(), err_msg=term)


@given(worlds(least_regions=2))
@few
def test_wang_wei_zhu_is_what_the_paper_prints(table):
    assert_terms(wang_wei_zhu(table), naive.wang_wei_zhu(table), table)


@given(worlds(least_regions=2))
@few
def test_borin_mancini_is_what_the_paper_prints(table):
    assert_terms(borin_mancini(table), naive.borin_mancini_source(table), table)
    sink = borin_mancini(table, approach="sink")
    assert_terms(sink, naive.borin_mancini_sink(table), table)
    source, sink = naive.borin_mancini_world(table)
    for approach, expected in (("source", source), ("sink", sink)):
        found = arrays(borin_mancini(table, "world", approach), table)["FVA"]
        for (s, r), value in expected.items():
            assert_allclose(found[table.blocks[s], r], value, atol=1e-12 * table.output.max())


@given(worlds(least_regions=2))
@few
def test_koopman_wang_wei_is_what_the_paper_prints(table):
    found = koopman_wang_wei(table)
    assert found["term"].unique().tolist() == list(range(1, 10))
    for s, expected in naive.koopman_wang_wei(table).items():
        values = found.loc[found["exporter"] == table.names[s], "value"]
        assert_allclose(values, expected, atol=1e-12 * table.output.max())


@given(worlds())
@few
def test_terms_of_exports_add_up_to_exports(table):
    atol = 1e-11 * table.output.max()
    for frame in (
        wang_wei_zhu(table),
        borin_mancini(table),
        borin_mancini(table, approach="sink"),
        borin_mancini(table, "world"),
    ):
        total = sum(arrays(frame, table).values(), np.zeros_like(table.exports))
        assert_allclose(total, table.exports, atol=atol)
    nine = koopman_wang_wei(table).groupby("exporter", sort=False)["value"].sum()
    assert_allclose(nine, by_exporter(table.exports.sum(axis=1), table), atol=atol)


@given(worlds(least_regions=2))
@few
def test_final_products_and_inputs_split_in_wang_wei_zhu(table):
    found = arrays(wang_wei_zhu(table), table)
    final = found["DVA_FIN"] + found["MVA_FIN"] + found["OVA_FIN"]
    abroad = table.region_of[:, None] != np.arange(len(table.names))
    assert_allclose(final, table.final * abroad, atol=1e-12 * table.output.max())


@given(worlds(least_regions=2))
@few
def test_nine_terms_are_sums_of_the_sixteen(table):
    sixteen = {
        name: by_exporter(v.sum(axis=1), table)
        for name, v in arrays(wang_wei_zhu(table), table).items()
    }
    nine = koopman_wang_wei(table)
    for term, names in KWW_OF_WWZ.items():
        values = nine.loc[nine["term"] == term, "value"]
        assert_allclose(
            values, sum(sixteen[name] for name in names), atol=1e-11 * table.output.max()
        )


@given(worlds(least_regions=2))
@few
def test_source_and_sink_agree_on_what_an_exporter_and_the_world_export(table):
    source = arrays(borin_mancini(table), table)
    sink = arrays(borin_mancini(table, approach="sink"), table)
    domestic = source["DAVAX"] + source["VAX_rest"] + source["REF"]
    atol = 1e-11 * table.output.max()
    for one, other in ((domestic, sink["DVA"]), (source["FVA"], sink["FVA"])):
        totals = (by_exporter(part.sum(axis=1), table) for part in (one, other))
        assert_allclose(*totals, atol=atol)
    world = (arrays(borin_mancini(table, "world", one), table)["FVA"] for one in ("source", "sink"))
    assert_allclose(*(part.sum() for part in world), atol=atol)


@given(worlds(least_regions=2))
@few
def test_terms_of_borin_and_mancini_are_shares(table):
    for frame in (borin_mancini(table), borin_mancini(table, approach="sink")):
        assert frame["value"].min() >= -1e-12 * table.output.max()


@given(worlds(least_regions=2))
@few
def test_domestic_value_added_is_what_extraction_takes_away(table):
    sink = arrays(borin_mancini(table, approach="sink"), table)["DVA"].sum(axis=1)
    for seller, expected in zip(table.names, by_exporter(sink, table), strict=True):
        lost = extraction(table, seller)
        own = lost.loc[lost["region"] == seller, "value"].sum()
        assert_allclose(own, expected, rtol=1e-9, atol=1e-12 * table.output.max())


@given(worlds(least_regions=3))
@few
def test_extraction_from_some_buyers_is_a_table_without_these_sales(table):
    seller, buyer, *_ = table.names
    sold, bought = table.regions == seller, table.regions == buyer
    A, final = table.coefficients.copy(), table.final.copy()
    A[np.ix_(sold, bought)] = 0
    final[sold, 1] = 0
    left = np.linalg.inv(np.eye(len(A)) - A) @ final.sum(axis=1)
    lost = extraction(table, seller, [buyer])["value"]
    expected = table.value_added - table.value_added_shares * left
    assert_allclose(lost, expected, atol=1e-11 * table.output.max())


@given(worlds(least_regions=2))
@few
def test_value_added_is_used_somewhere(table):
    traded = value_added_trade(table)
    assert_allclose(
        traded.groupby(["exporter", "sector"], sort=False, observed=True)["value"].sum(),
        table.value_added,
        atol=1e-11 * table.output.max(),
    )


@given(worlds(least_regions=2))
@few
def test_value_added_exports_are_the_first_three_terms(table):
    traded = value_added_trade(table)
    abroad = traded[traded["exporter"].astype(str) != traded["importer"].astype(str)]
    exports = abroad.groupby("exporter", sort=False, observed=False)["value"].sum()
    nine = koopman_wang_wei(table)
    first = nine[nine["term"] <= 3].groupby("exporter", sort=False)["value"].sum()
    assert_allclose(exports, first, atol=1e-11 * table.output.max())


@given(worlds(least_regions=2))
@few
def test_tiva_backward_is_terms_seven_to_nine(table):
    tiva = trade_in_value_added(table).set_index("region")
    nine = koopman_wang_wei(table)
    foreign = nine[nine["term"] >= 7].groupby("exporter")["value"].sum()
    some = tiva["exports"] > 0
    assert_allclose(
        (tiva["backward"] * tiva["exports"])[some],
        foreign[tiva.index[some]],
        atol=1e-11 * table.output.max(),
    )


@given(worlds(least_regions=2), st.floats(0.01, 100))
@few
def test_units_do_not_matter(table, unit):
    scaled = WorldTable(unit * table.flows, unit * table.final, table.regions, table.sectors)
    for split in (wang_wei_zhu, borin_mancini, koopman_wang_wei):
        assert_allclose(
            split(scaled)["value"],
            unit * split(table)["value"],
            atol=1e-10 * unit * table.output.max(),
        )


@given(worlds(least_regions=2), st.randoms(use_true_random=False))
@few
def test_the_order_of_regions_does_not_matter(table, random):
    order = list(table.names)
    random.shuffle(order)
    rows = np.concatenate([np.arange(len(table.output))[table.regions == name] for name in order])
    columns = [table.names.index(name) for name in order]
    moved = WorldTable(
        table.flows[np.ix_(rows, rows)],
        table.final[np.ix_(rows, columns)],
        table.regions[rows],
        table.sectors[rows],
    )
    keys = ["exporter", "importer", "sector", "term"]
    for split in (wang_wei_zhu, borin_mancini):
        one, other = (
            split(each).astype(dict.fromkeys(keys, str)).sort_values(keys)["value"]
            for each in (table, moved)
        )
        assert_allclose(one, other, atol=1e-11 * table.output.max())


def test_only_who_makes_value_added_has_it_in_exports():
    table = WorldTable([[0, 5], [5, 0]], [[5, 5], [0, 0]], "AB", "ss", value_added=[10, 0])
    made = arrays(borin_mancini(table, approach="sink"), table)
    assert made["DVA"][0, 1] > 0
    assert made["DVA"][1, 0] == 0
    assert_allclose(made["FVA"][0, 1], 0, atol=1e-14)


def test_one_region_trades_nothing():
    table = world([4], seed=1)
    assert wang_wei_zhu(table).empty
    assert borin_mancini(table).empty
    assert_allclose(koopman_wang_wei(table)["value"], 0, atol=1e-14 * table.output.max())


def test_three_countries_in_a_row():
    """A sells a part for 1 to B, which adds 1 and sells it for 2 to C, which adds 1 and uses it."""
    flows = [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    table = WorldTable(flows, [[0, 0, 0], [0, 0, 0], [0, 0, 3]], "ABC", "ppp")
    found = arrays(borin_mancini(table), table)
    assert {term: value[0, 1] for term, value in found.items() if value[0, 1]} == {"VAX_rest": 1}
    assert {term: value[1, 2] for term, value in found.items() if value[1, 2]} == {
        "DAVAX": 1,
        "FVA": 1,
    }


@pytest.mark.parametrize(
    "choice", [("region", "source"), ("world", "both"), ("source", "exporter")]
)
def test_unknown_perspectives_are_refused(choice):
    with pytest.raises(ValueError, match='"exporter" or "world"'):
        borin_mancini(world([2, 2], seed=0), *choice)


@pytest.mark.parametrize(
    ("seller", "buyers", "message"),
    [
        ("X", None, "no region X"),
        ("R0", ["R0"], "leave it out"),
        ("R0", ["R1", "Z"], "no region Z"),
        ("R0", "R1", "buyers must be a list of regions; it is the text 'R1'"),
    ],
)
def test_impossible_extractions_are_refused(seller, buyers, message):
    with pytest.raises(ValueError, match=message):
        extraction(world([2, 2], seed=0), seller, buyers)


def test_extraction_is_refused_without_inverse_and_without_a_closed_table():
    eats = WorldTable([[2, 0], [0, 1]], [[0, 0], [0, 1]], "AB", "ss", tolerance=1e-3)
    with pytest.raises(ValueError, match="uses all of its own output"):
        extraction(eats, "B")
    table = InterregionalTable(
        np.eye(2), np.eye(2), "AB", "ss", exports=[1, 1], imports=[0, 0], value_added=[2, 2]
    )
    with pytest.raises(ValueError, match=r"closed\(table\)"):
        extraction(table, "A")
    assert extraction(closed(table), "A")["value"].tolist() == pytest.approx([1, 0, 0])


def test_three_matrices_are_enough():
    """The peak of all decompositions beyond the table, which itself holds one matrix."""
    table = world([60] * 8, seed=0)
    one = table.flows.nbytes
    tracemalloc.start()
    for split in (wang_wei_zhu, borin_mancini, koopman_wang_wei):
        split(table)
    borin_mancini(table, approach="sink")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * one
