"""Countries of several regions in a world: the nested form, and tables cut out of the world's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dongbei.input_output import (
    InterregionalTable,
    WorldTable,
    closed,
    content_per_unit,
    domestic_participation,
    domestic_participation_shares,
    nested_participation,
    opened,
    participation,
)

FEW = settings(max_examples=25)
TERMS = ["local", "outflow", "final_export", "chain", "global", "chain_global"]


@st.composite
def worlds(draw, most=5):
    """Random worlds and countries in them, whose regions need not stand together."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, g = sum(sizes), len(sizes)
    a = random.uniform(0, 1, (n, n)) * random.choice([0, 1], (n, n), p=[0.2, 0.8])
    a *= random.uniform(0.1, 0.8, n) / np.maximum(a.sum(axis=0), 1e-9)
    final = random.uniform(0, 10, (n, g)) * random.choice([0, 1], (n, g), p=[0.1, 0.9])
    if draw(st.booleans()):
        a[0], a[:, 0], final[0] = 0, 0, 0  # an idle sector
    x = np.linalg.solve(np.eye(n) - a, final.sum(axis=1))
    regions = np.repeat([f"R{i}" for i in range(g)], sizes)
    sectors = np.concatenate([[f"s{j}" for j in range(size)] for size in sizes])
    table = WorldTable(a * x, final, regions, sectors)
    of = [draw(st.sampled_from(["P", "Q", None])) for _ in range(g)]
    countries = {
        name: [region for region, country in zip(table.names, of, strict=True) if country == name]
        for name in ("Q", "P")
    }
    return table, {name: members for name, members in countries.items() if members}


def nations(table, countries):
    """Country of each row, and of each region."""
    of = {region: name for name, members in countries.items() for region in members}
    return (
        np.array([of.get(region, region) for region in names])
        for names in (table.regions, table.names)
    )


def near(table):
    return {"rtol": 0, "atol": 1e-12 * (table.output.max() + 1)}


def by_row(frame, table):
    """Return {term: values in the order of the table's rows}."""
    keys = list(zip(table.regions.tolist(), table.sectors.tolist(), strict=True))
    frame = frame.set_index(["region", "sector"])
    return {term: frame.loc[frame["term"] == term, "value"].loc[keys] for term in {*frame["term"]}}


def as_one(frame, table, countries):
    """Return {term: values} of a table grouped into countries, in the rows of the world."""
    of = {region: name for name, members in countries.items() for region in members}
    keys = [
        (of[region], f"{region}: {sector}") if region in of else (region, sector)
        for region, sector in zip(table.regions.tolist(), table.sectors.tolist(), strict=True)
    ]
    frame = frame[frame["direction"] == "forward"].set_index(["region", "sector"])
    return {
        term: frame.loc[frame["term"] == term, "value"].loc[keys].to_numpy()
        for term in ("domestic", "traditional", "simple", "complex")
    }


@FEW
@given(worlds())
def test_six_terms_agree_with_the_naive_route_and_add_up(drawn):
    table, countries = drawn
    rows, columns = nations(table, countries)
    frame = nested_participation(table, countries)
    found = by_row(frame, table)
    assert set(found) == set(TERMS)
    A, Y, v = table.coefficients, table.final, table.value_added_shares
    one = np.eye(len(v))
    same_region = table.regions[:, None] == table.regions
    same_country = rows[:, None] == rows
    A_local = np.where(same_region, A, 0)
    A_nation = np.where(same_country & ~same_region, A, 0)
    A_foreign = np.where(same_country, 0, A)
    L, C = np.linalg.inv(one - A_local), np.linalg.inv(one - A_local - A_nation)
    B = np.linalg.inv(one - A)
    assert_allclose(B, L + L @ A_nation @ C + C @ A_foreign @ B, atol=1e-11)
    own = table.regions[:, None] == np.array(table.names)
    nation = (rows[:, None] == columns) & ~own
    abroad = rows[:, None] != columns
    y = Y.sum(axis=1)
    expected = {
        "local": L @ (Y * own).sum(axis=1),
        "outflow": L @ (Y * nation).sum(axis=1),
        "final_export": L @ (Y * abroad).sum(axis=1),
        "chain": L @ A_nation @ C @ y,
        "global": L @ A_foreign @ B @ y,
        "chain_global": (C - L) @ A_foreign @ B @ y,
    }
    for term, output in expected.items():
        assert_allclose(found[term], v * output, **near(table))
    assert_allclose(sum(found.values()), table.value_added, **near(table))
    assert frame["country"].tolist() == rows.tolist() * len(TERMS)


@FEW
@given(worlds())
def test_the_global_part_is_that_of_the_country_as_one_region(drawn):
    table, countries = drawn
    nested = by_row(nested_participation(table, countries), table)
    one = as_one(participation(table.grouped(countries)), table, countries)
    passing = one["simple"] + one["complex"]
    assert_allclose(nested["global"] + nested["chain_global"], passing, **near(table))
    rest = sum(nested[term] for term in TERMS[:4])
    assert_allclose(rest, one["domestic"] + one["traditional"], **near(table))


@FEW
@given(worlds())
def test_the_national_part_is_that_of_the_table_cut_out(drawn):
    table, countries = drawn
    frame = nested_participation(table, countries)
    for country, regions in countries.items():
        cut = opened(table, regions)
        nested = by_row(frame[frame["country"] == country], cut)
        here = domestic_participation(cut)
        native = by_row(here[here["direction"] == "forward"], cut)
        for ours, theirs in (
            (["local"], ["local"]),
            (["outflow"], ["outflow"]),
            (["final_export", "global"], ["export"]),
            (["chain", "chain_global"], ["chain", "chain_export"]),
        ):
            one, other = sum(nested[term] for term in ours), sum(native[term] for term in theirs)
            assert_allclose(one, other, **near(table))


@FEW
@given(worlds())
def test_the_closed_table_has_one_nation_and_no_return(drawn):
    cut = opened(drawn[0], drawn[0].names[:2])
    nested = by_row(nested_participation(closed(cut), {"nation": cut.names}), cut)
    here = domestic_participation(cut)
    native = by_row(here[here["direction"] == "forward"], cut)
    assert_allclose(nested["local"], native["local"], **near(cut))
    assert_allclose(nested["outflow"], native["outflow"], **near(cut))
    assert_allclose(nested["final_export"], native["export"], **near(cut))
    assert_allclose(nested["chain"], native["chain"] + native["chain_export"], **near(cut))
    assert_allclose(nested["global"] + nested["chain_global"], 0, **near(cut))


@FEW
@given(worlds())
def test_without_foreign_trade_nothing_is_global(drawn):
    table, countries = drawn
    rows, columns = nations(table, countries)
    A = np.where(rows[:, None] == rows, table.coefficients, 0)
    final = np.where(rows[:, None] == columns, table.final, 0)
    x = np.linalg.solve(np.eye(len(rows)) - A, final.sum(axis=1))
    table = WorldTable(A * x, final, table.regions, table.sectors)
    frame = nested_participation(table, countries)
    sums = frame.groupby("term")["value"].sum()
    assert_allclose(sums[["final_export", "global", "chain_global"]], 0, **near(table))
    for country in set(rows):
        cut = opened(table, list(dict.fromkeys(table.regions[rows == country].tolist())))
        assert not cut.exports.any()
        assert not cut.imports.any()


@FEW
@given(worlds())
def test_countries_of_one_region_have_no_national_chain(drawn):
    table, _ = drawn
    alone = nested_participation(table, {})
    sums = alone.groupby("term")["value"].sum()
    assert_allclose(sums[["outflow", "chain", "chain_global"]], 0, **near(table))
    whole = nested_participation(table, {"world": table.names})
    sums = whole.groupby("term")["value"].sum()
    assert_allclose(sums[["final_export", "global", "chain_global"]], 0, **near(table))


@FEW
@given(worlds())
def test_shares_abroad_are_participation_of_the_nation_and_lie_between_zero_and_one(drawn):
    table, countries = drawn
    shares = domestic_participation_shares(nested_participation(table, countries), by_sector=True)
    one = as_one(participation(table.grouped(countries)), table, countries)
    made = sum(one.values())
    some = made > 1e-9
    found = shares[["between_regions", "abroad"]].to_numpy()[some]
    expected = ((one["simple"] + one["complex"])[some]) / made[some]
    assert_allclose(found[:, 1], expected, atol=1e-9)
    assert ((found > -1e-12) & (found < 1 + 1e-12)).all()


@FEW
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_regions_does_not_matter(drawn, random):
    table, countries = drawn
    places = list(range(len(table.names)))
    random.shuffle(places)
    order = np.concatenate([np.arange(len(table.regions))[table.blocks[k]] for k in places])
    other = WorldTable(
        table.flows[np.ix_(order, order)],
        table.final[np.ix_(order, places)],
        table.regions[order],
        table.sectors[order],
    )
    turned = {name: members[::-1] for name, members in reversed(countries.items())}
    one = by_row(nested_participation(table, countries), table)
    two = by_row(nested_participation(other, turned), table)
    for term in TERMS:
        assert_allclose(two[term], one[term], **near(table))


@FEW
@given(worlds())
def test_import_content_is_at_least_the_foreign_value_added(drawn):
    table, countries = drawn
    made = table.solve(table.by_region(table.value_added_shares), transposed=True)
    for regions in countries.values():
        cut = opened(table, regions)
        inside = np.isin(table.names, regions)
        foreign = made[inside[table.region_of]][:, ~inside].sum(axis=1)
        units = content_per_unit(cut)
        assert (units.loc[units["term"] == "import", "value"] >= foreign - 1e-12).all()


@FEW
@given(worlds())
def test_what_is_cut_out_balances_and_loses_nothing_it_sells(drawn):
    table, countries = drawn
    for regions in countries.values():
        cut = opened(table, regions)
        inside = np.isin(table.regions, regions)
        assert_allclose(cut.output, table.output[inside], **near(table))
        assert_allclose(cut.residuals(), 0, **near(table))
        assert (cut.value_added == table.value_added[inside]).all()
        whole = table.grouped({"here": regions})
        sold = whole.exports[whole.regions == "here"].sum(axis=1)
        assert_allclose(cut.exports, sold, **near(table))


def test_a_world_worked_by_hand():
    # A, B are of one country; A sells inputs to B, B to C abroad, C makes nothing for others.
    flows = [[0, 6, 0], [0, 0, 9], [0, 0, 0]]
    final = [[2, 1, 1], [0, 1, 2], [0, 0, 20]]
    table = WorldTable(flows, final, "ABC", "sss")
    found = nested_participation(table, {"country": ["A", "B"]}).set_index(["region", "term"])
    value = found["value"]
    # B's output of 12 is for final use 3 and for C 9; A's 6 in it likewise: 1.5 and 4.5.
    assert value["A"].to_dict() == pytest.approx(
        {
            "local": 2,
            "outflow": 1,
            "final_export": 1,
            "chain": 1.5,
            "global": 0,
            "chain_global": 4.5,
        }
    )
    assert value["B"].to_dict() == pytest.approx(
        {
            "local": 0.5,
            "outflow": 0,
            "final_export": 1,
            "chain": 0,
            "global": 4.5,
            "chain_global": 0,
        }
    )
    cut = opened(table, "AB")
    assert cut.exports.tolist() == [1, 11]
    assert opened(table, "C").imports.tolist() == [9]


def test_a_small_country_may_be_as_far_from_balance_as_the_world_allows():
    table = WorldTable(
        [[0, 0], [0, 0]],
        [[1000, 0], [0, 1]],
        "AB",
        "ss",
        value_added=[1000, 0.9995],
        tolerance=1e-6,
    )
    cut = opened(table, ["B"])
    assert cut.residuals() == pytest.approx([0.0005])
    with pytest.raises(ValueError, match="does not balance"):
        InterregionalTable(
            [[0]], [[1]], "B", "s", exports=[0], imports=[0], value_added=[0.9995], tolerance=1e-6
        )


def test_unknown_regions_and_no_regions_are_refused():
    table = WorldTable(np.ones((2, 2)), np.full((2, 2), 3), "AB", "ss")
    with pytest.raises(ValueError, match="no region X; there are A, B"):
        opened(table, "AX")
    with pytest.raises(ValueError, match="the table has no rows"):
        opened(table, [])
    with pytest.raises(ValueError, match="no region X; there are A, B"):
        nested_participation(table, {"P": ["A", "X"]})
    with pytest.raises(ValueError, match="A: in two groups"):
        nested_participation(table, {"P": ["A"], "Q": ["A"]})
    with pytest.raises(ValueError, match="B: a region of this name is not in the group"):
        nested_participation(table, {"B": ["A"]})
