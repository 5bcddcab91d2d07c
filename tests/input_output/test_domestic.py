"""Open tables: every sum, a naive second route, the closed route, and limits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dongbei.input_output import (
    InterregionalTable,
    closed,
    content_per_unit,
    domestic_participation,
    domestic_participation_shares,
    export_content,
    exported_value_added,
    noncompetitive,
    opened,
    origin_shares,
    outflow_content,
    participation,
    provincial_tables,
    term_shares,
    wang_wei_zhu,
)

FEW = settings(max_examples=20)
OWN = ("own", "own_returned")
negative_item = pytest.mark.filterwarnings("ignore:negative final, kept as it is")


def numbers(sizes, seed, idle=False, error=True, residual=True, abroad=True):
    """Return what a random open table is made of, as keywords of `InterregionalTable`."""
    random = np.random.default_rng(seed)
    n, g = sum(sizes), len(sizes)
    a = random.uniform(0, 1, (n, n)) * random.choice([0, 1], (n, n), p=[0.2, 0.8])
    a *= random.uniform(0.1, 0.7, n) / np.maximum(a.sum(axis=0), 1e-9)
    final = random.uniform(0, 10, (n, g)) * random.choice([0, 1], (n, g), p=[0.1, 0.9])
    exports = random.uniform(0, 10, n) * random.choice([0, 1], n, p=[0.2, 0.8]) * abroad
    if idle:
        a[0], a[:, 0], final[0], exports[0] = 0, 0, 0, 0
    sold = final.sum(axis=1) + exports
    item = random.uniform(-0.2, 0.2, n) * sold * error
    x = np.linalg.solve(np.eye(n) - a, sold + item)
    gap = random.uniform(-0.02, 0.02, n) * x * residual
    rest = x - a.sum(axis=0) * x - gap
    imports = random.uniform(0, 0.6, n) * rest * abroad
    return {
        "flows": a * x,
        "final": final,
        "regions": np.repeat([f"R{i}" for i in range(g)], sizes),
        "sectors": np.concatenate([[f"s{j}" for j in range(size)] for size in sizes]),
        "exports": exports,
        "imports": imports,
        "value_added": rest - imports,
        "error": item,
        "tolerance": 0.03,
    }


@st.composite
def parts(draw, least=1, most=4, **fixed):
    """Random open tables, as keywords; regions differ in their sectors, and one may be idle."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=least, max_size=most))
    seed, idle = draw(st.integers(0, 2**32 - 1)), draw(st.booleans())
    drawn = {name: draw(st.booleans()) for name in ("error", "residual")} | fixed
    return numbers(sizes, seed, idle and sum(sizes) > 1, **drawn)


def tables(**choices):
    return parts(**choices).map(lambda keywords: InterregionalTable(**keywords))


def by_term(frame, **where):
    """Return {term: values in the order of the rows} of the part of a frame."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return {
        term: frame.loc[frame["term"] == term, "value"].to_numpy() for term in set(frame["term"])
    }


def near(table):
    return {"rtol": 0, "atol": 1e-12 * (table.output.max() + 1)}


def added(frame, *keys):
    return frame.groupby(list(keys), sort=False, observed=True)["value"].sum()


# ------------------------------------------------------------------------- a naive second route


def inverses(table):
    A, S = table.coefficients, table.blocks
    B = np.linalg.inv(np.eye(len(A)) - A)
    return A, B, [np.linalg.inv(np.eye(s.stop - s.start) - A[s, s]) for s in S]


def naive_content(table):
    """The terms of a unit with loops over regions and explicit inverses."""
    S, G = table.blocks, range(len(table.names))
    v, m, r = table.value_added_shares, table.import_shares, table.residual_shares
    _, B, L = inverses(table)
    found = {term: np.zeros(len(v)) for term in (*OWN, "other", "import", "residual")}
    for s in G:
        found["own"][S[s]] = v[S[s]] @ L[s]
        found["own_returned"][S[s]] = v[S[s]] @ (B[S[s], S[s]] - L[s])
        for t in G:
            if t != s:
                found["other"][S[s]] += v[S[t]] @ B[S[t], S[s]]
            found["import"][S[s]] += m[S[t]] @ B[S[t], S[s]]
            found["residual"][S[s]] += r[S[t]] @ B[S[t], S[s]]
    return found


def naive_participation(table):
    """Terms forward and backward, block by block."""
    S, G = table.blocks, range(len(table.names))
    v, m, r = table.value_added_shares, table.import_shares, table.residual_shares
    A, B, L = inverses(table)
    y, E, err = table.final.sum(axis=1), table.exports, table.error
    forward = {
        t: np.zeros(len(v))
        for t in ("local", "outflow", "export", "chain", "chain_export", "balancing")
    }
    backward = {
        t: np.zeros(len(v)) for t in ("local", "chain", "import", "chain_import", "residual")
    }
    for s in G:
        a = S[s]
        forward["local"][a] = v[a] * (L[s] @ table.final[a, s])
        for t in G:
            if t != s:
                forward["outflow"][a] += v[a] * (L[s] @ table.final[a, t])
                for u in G:
                    through = L[s] @ A[a, S[t]] @ B[S[t], S[u]]
                    forward["chain"][a] += v[a] * (through @ y[S[u]])
                    forward["chain_export"][a] += v[a] * (through @ E[S[u]])
                    delivered = y[S[u]] + E[S[u]]
                    backward["chain"][S[u]] += (v[a] @ through) * delivered
                    backward["chain_import"][S[u]] += (m[a] @ through) * delivered
            forward["balancing"][a] += v[a] * (B[a, S[t]] @ err[S[t]])
            backward["residual"][a] += (r[S[t]] @ B[S[t], a]) * (y[a] + E[a])
        forward["export"][a] = v[a] * (L[s] @ E[a])
        backward["local"][a] = (v[a] @ L[s]) * (y[a] + E[a])
        backward["import"][a] = (m[a] @ L[s]) * (y[a] + E[a])
    return {"forward": forward, "backward": backward}


@FEW
@given(tables())
def test_contents_agree_with_the_naive_route_and_make_up_a_unit(table):
    found = by_term(content_per_unit(table))
    for term, expected in naive_content(table).items():
        assert_allclose(found[term], expected, rtol=0, atol=1e-12)
    assert_allclose(sum(found.values()), table.output > 0, atol=1e-12)


@FEW
@given(tables())
def test_participation_agrees_with_the_naive_route_and_adds_up(table):
    frame = domestic_participation(table)
    for direction, expected in naive_participation(table).items():
        found = by_term(frame, direction=direction)
        assert found.keys() == expected.keys()
        for term, value in expected.items():
            assert_allclose(found[term], value, **near(table))
    sums = added(frame, "direction", "region", "sector")
    assert_allclose(sums["forward"], table.value_added, **near(table))
    delivered = table.final.sum(axis=1) + table.exports
    assert_allclose(sums["backward"], delivered, **near(table))


@FEW
@given(tables())
def test_both_directions_count_the_same_value_added_and_the_same_chains(table):
    sums = added(domestic_participation(table), "direction", "term")
    forward, backward = sums["forward"], sums["backward"]
    far = {"rel": 1e-11, "abs": 1e-10}
    made = forward.drop("balancing").sum()
    assert backward[["local", "chain"]].sum() == pytest.approx(made, **far)
    assert backward["chain"] == pytest.approx(forward[["chain", "chain_export"]].sum(), **far)


@FEW
@given(tables(least=2), st.data())
def test_outflow_content_adds_up_and_selects_after_the_algebra(table, data):
    frame = outflow_content(table)
    units = naive_content(table)
    for s, exporter in enumerate(table.names):
        rows = table.blocks[s]
        for r, importer in enumerate(table.names):
            found = by_term(frame, exporter=exporter, importer=importer)
            sold = table.domestic_outflow[rows, r]
            if r == s:
                assert not found
                continue
            for term, unit in units.items():
                assert_allclose(found[term], unit[rows] * sold, **near(table))
            assert_allclose(sum(found.values()), sold, **near(table))
    kinds = sorted(set(table.sectors))
    some = data.draw(st.lists(st.sampled_from(kinds), unique=True, min_size=1))
    chosen = frame[frame["sector"].isin(some)].reset_index(drop=True)
    pd.testing.assert_frame_equal(outflow_content(table, some), chosen)


@FEW
@given(tables())
def test_exports_are_local_other_and_imported_and_leave_directly_or_not(table):
    content = export_content(table)
    assert_allclose(added(content, "region", "sector"), table.exports, **near(table))
    leaving = exported_value_added(table)
    _, B, _ = inverses(table)
    v = table.value_added_shares
    assert_allclose(added(leaving, "region", "sector"), v * (B @ table.exports), **near(table))
    ours = content[content["term"].isin(["local", "other"])]
    assert_allclose(added(leaving, "exporter"), added(ours, "region"), **near(table))
    direct = leaving[leaving["term"] == "direct"]
    assert (direct["region"] == direct["exporter"]).all()
    local = content[content["term"] == "local"]
    assert_allclose(added(direct, "region"), added(local, "region"), **near(table))
    forward = by_term(domestic_participation(table), direction="forward")
    exported = forward["export"] + forward["chain_export"]
    assert_allclose(added(leaving, "region", "sector"), exported, **near(table))


# ----------------------------------------------------------------------------- the closed route


@negative_item
@FEW
@given(tables())
def test_contents_of_the_closed_table_are_the_same(table):
    shut, n, g = closed(table), len(table.regions), len(table.names)
    made = shut.solve(shut.by_region(shut.value_added_shares), transposed=True)[:n]
    found = by_term(content_per_unit(table))
    mine = table.region_of[:, None] == np.arange(g)
    assert_allclose(found["own"] + found["own_returned"], made[:, :g][mine], atol=1e-12)
    assert_allclose(found["other"], np.where(mine, 0, made[:, :g]).sum(axis=1), atol=1e-12)
    assert_allclose(found["import"], made[:, g], atol=1e-12)
    missing = (table.output > 0) - made.sum(axis=1)
    assert_allclose(found["residual"], missing, atol=1e-12)
    assert_allclose(shut.residuals()[:n], table.residuals(), **near(table))


@negative_item
@FEW
@given(tables())
def test_participation_of_the_closed_table_is_the_same(table):
    world = participation(closed(table))
    world = world[world["region"].isin(table.names)]
    there, here = by_term(world, direction="forward"), domestic_participation(table)
    native = by_term(here, direction="forward")
    assert_allclose(native["local"], there["domestic"], **near(table))
    leaving = native["outflow"] + native["export"] + native["chain"] + native["chain_export"]
    elsewhere = there["traditional"] + there["simple"] + there["complex"]
    assert_allclose(leaving + native["balancing"], elsewhere, **near(table))
    if table.error.any():
        return
    assert_allclose(native["outflow"] + native["export"], there["traditional"], **near(table))
    through = there["simple"] + there["complex"]
    assert_allclose(native["chain"] + native["chain_export"], through, **near(table))
    native, there = by_term(here, direction="backward"), by_term(world, direction="backward")
    assert_allclose(native["local"], there["domestic"] + there["traditional"], **near(table))
    bought = native["chain"] + native["import"] + native["chain_import"]
    assert_allclose(bought, there["simple"] + there["complex"], **near(table))


@negative_item
@settings(max_examples=10)
@given(tables(least=2, most=3))
def test_sixteen_terms_of_the_closed_table_are_the_same(table):
    world = wang_wei_zhu(closed(table)).astype({"exporter": str, "importer": str, "term": str})
    flows, exported = outflow_content(table), export_content(table)
    for s in table.names:
        for r in table.names:
            if r == s:
                continue
            native = by_term(flows, exporter=s, importer=r)
            there = by_term(world, exporter=s, importer=r)
            kinds = ("DVA", "RDV", "DDC"), ("MVA", "MDC", "OVA", "ODC")
            own, foreign = (
                sum(value for term, value in there.items() if term.startswith(kind))
                for kind in kinds
            )
            assert_allclose(native["own"] + native["own_returned"], own, **near(table))
            assert_allclose(native["other"] + native["import"], foreign, **near(table))
        native, there = by_term(exported, region=s), by_term(world, exporter=s, importer="abroad")
        for term, name in (("local", "DVA_FIN"), ("other", "OVA_FIN"), ("import", "MVA_FIN")):
            assert_allclose(native[term], there[name], **near(table))


@FEW
@given(tables(error=False))
def test_a_closed_table_opens_to_the_same(table):
    again = opened(closed(table), table.names)
    for name in ("flows", "final", "exports", "imports", "value_added"):
        assert_allclose(getattr(again, name), getattr(table, name), **near(table))
    assert again.names == table.names
    assert (again.sectors == table.sectors).all()
    assert not again.error.any()


def test_closing_keeps_balancing_item_and_imports_apart():
    table = InterregionalTable(
        [[1, 2], [3, 4]],
        [[5, 1], [0, 5]],
        "AB",
        "ss",
        exports=[2, 3],
        imports=[1, 2],
        value_added=[7, 8],
        error=[1, 1],
    )
    shut = closed(table, abroad="world", balancing="unknown")
    assert shut.names == ("A", "B", "world", "unknown")
    assert shut.final.tolist() == [[5, 1, 2, 1], [0, 5, 3, 1], [0] * 4, [0] * 4]
    assert shut.flows[2].tolist() == [1, 2, 0, 0]
    assert shut.value_added.tolist() == [7, 8, 3, 0]
    assert opened(shut, "BA").exports.tolist() == [3, 4]


def small(**change):
    """Two regions of one sector each: what A makes, B uses."""
    good = {
        "flows": [[0, 4], [0, 0]],
        "final": [[1, 5], [0, 8]],
        "regions": "AB",
        "sectors": "ss",
        "exports": [0, 2],
        "imports": [1, 2],
        "value_added": [9, 4],
    }
    return InterregionalTable(**(good | change))


def test_closing_refuses_taken_names_and_imports_that_are_not_purchases():
    with pytest.raises(ValueError, match="B: two regions would have this name; choose others"):
        closed(small(), abroad="B")
    with pytest.raises(ValueError, match="item, item: two regions would have this name"):
        closed(
            small(error=[0, 1], value_added=[9, 5], tolerance=1e-9), abroad="item", balancing="item"
        )
    with pytest.warns(UserWarning, match="negative imports"):
        table = small(imports=[-1, 1], value_added=[11, 5])
    with pytest.raises(ValueError, match="imported inputs add up to 0, so that nobody"):
        closed(table)


def test_closing_says_that_a_balancing_item_is_negative():
    table = small(error=[0, -1], value_added=[9, 3])
    with pytest.warns(UserWarning, match="negative final, kept as it is: B, s"):
        shut = closed(table)
    assert shut.final[1].tolist() == [0, 8, 2, -1]


# -------------------------------------------------------------------------------------- inflow


def test_origin_shares_of_a_table_worked_by_hand():
    flows = np.zeros((6, 6))
    flows[0, 2], flows[1, 2], flows[4, 2], flows[5, 3] = 3, 1, 2, 4
    final = np.zeros((6, 3))
    final[0, 1], final[5, 1], final[2, 0], final[3, 0], final[:, 2] = 3, 2, 1, 1, [1, 1, 5, 0, 9, 9]
    final[[0, 1, 2, 3], [0, 0, 1, 1]] = 20  # used at home: in no share
    x = flows.sum(axis=1) + final.sum(axis=1)
    table = InterregionalTable(
        flows,
        final,
        list("AABBCC"),
        ["ore", "steel"] * 3,
        exports=np.zeros(6),
        imports=np.zeros(6),
        value_added=x - flows.sum(axis=0),
        tolerance=1e-9,
    )
    into = {"B": {"A": 7, "C": 8}, "A": {"B": 2, "C": 0}, "C": {"A": 2, "B": 5}}
    ore = {"B": {"A": 6, "C": 2}, "A": {"B": 1, "C": 0}, "C": {"A": 1, "B": 5}}
    for expected, sectors in ((into, None), (ore, ["ore"])):
        found = origin_shares(table, sectors).set_index(["importer", "exporter"])["inflow_share"]
        assert len(found) == 6
        for importer, sellers in expected.items():
            for exporter, sold in sellers.items():
                assert found[importer, exporter] == pytest.approx(sold / sum(sellers.values()))
    two = origin_shares(table.aggregated({"AC": ["A", "C"]}))
    assert two["inflow_share"].tolist() == two["outflow_share"].tolist() == [1, 1]


def test_no_inflow_has_no_shares():
    found = origin_shares(small()).set_index(["exporter", "importer"])["inflow_share"]
    assert found["A", "B"] == 1
    assert np.isnan(found["B", "A"])


def test_unknown_sectors_are_refused():
    for function in (outflow_content, export_content, exported_value_added, origin_shares):
        with pytest.raises(ValueError, match="no sector ore; there are s"):
            function(small(), ["ore"])


# -------------------------------------------------------------------------------------- shares


@FEW
@given(tables())
def test_shares_are_those_of_the_sums(table):
    frame = domestic_participation(table)
    shares = domestic_participation_shares(frame)
    naive = naive_participation(table)
    for s, region in enumerate(table.names):
        rows = table.blocks[s]
        for direction, last in (("forward", "export"), ("backward", "import")):
            terms = {term: value[rows].sum() for term, value in naive[direction].items()}
            at = (shares["region"] == region) & (shares["direction"] == direction)
            found = shares[at].iloc[0]
            total = sum(terms.values())
            if total == 0:
                assert np.isnan(found["abroad"])
                continue
            between = terms["chain"] + terms[f"chain_{last}"]
            abroad = terms[last] + terms[f"chain_{last}"]
            assert found["between_regions"] == pytest.approx(between / total, abs=1e-11)
            assert found["abroad"] == pytest.approx(abroad / total, abs=1e-11)
    sectors = domestic_participation_shares(frame, by_sector=True)
    assert len(sectors) == 2 * len(table.regions)


@FEW
@given(tables(least=2, error=False, residual=False))
def test_shares_lie_between_zero_and_one_where_nothing_is_negative(table):
    frame = domestic_participation(table)
    for by_sector in (False, True):
        shares = domestic_participation_shares(frame, by_sector)[["between_regions", "abroad"]]
        shares = shares.dropna().to_numpy()
        assert ((shares > -1e-12) & (shares < 1 + 1e-12)).all()


@FEW
@given(tables(least=2))
def test_term_shares_add_up_to_one(table):
    for frame, by in (
        (outflow_content(table), ["exporter"]),
        (export_content(table), ["region", "sector"]),
        (domestic_participation(table), ["region"]),
        (domestic_participation(table), []),
    ):
        shares = term_shares(frame, by)
        kept = [*by, *({"direction"} & set(shares))]
        if kept:
            sums = shares.groupby(kept, observed=True)["value"].sum(min_count=1).dropna()
        else:
            sums = shares["value"].sum()
        assert_allclose(sums, 1, rtol=1e-9)
        assert ("direction" in shares) == ("direction" in frame)


def test_term_shares_of_a_table_worked_by_hand():
    found = term_shares(export_content(small()), ["region"])
    found = found.set_index(["region", "term"])["value"]
    # B makes 10 of 4 from A (of which a tenth is imported), 2 imports and 4 value added.
    assert found["B"].to_dict() == pytest.approx(
        {"local": 0.4, "other": 0.36, "import": 0.24, "residual": 0.0}, abs=1e-12
    )
    assert found["A"].isna().all()
    with pytest.raises(ValueError, match="no column province; there are region, sector, term"):
        term_shares(export_content(small()), ["province"])


def test_negative_value_added_gives_shares_beyond_one_and_is_not_clipped():
    with pytest.warns(UserWarning, match="negative value added, kept as it is: B, s"):
        table = small(imports=[1, 8], value_added=[9, -2])
    found = by_term(export_content(table), region="B")
    assert found["local"][0] == pytest.approx(-0.4)
    assert found["import"][0] == pytest.approx(1.68)
    shares = domestic_participation_shares(domestic_participation(table))
    backward = shares[(shares["region"] == "B") & (shares["direction"] == "backward")]
    assert backward["between_regions"].item() == pytest.approx(0.4)
    assert backward["abroad"].item() == pytest.approx(0.84)


# -------------------------------------------------------------------------------------- limits


@negative_item
@FEW
@given(tables(abroad=False))
def test_without_foreign_trade_nothing_is_global(table):
    sums = added(domestic_participation(table), "direction", "term")
    assert_allclose(sums["forward"][["export", "chain_export"]], 0, atol=1e-12)
    assert_allclose(sums["backward"][["import", "chain_import"]], 0, atol=1e-12)
    assert_allclose(export_content(table)["value"], 0, atol=1e-12)
    assert_allclose(exported_value_added(table)["value"], 0, atol=1e-12)
    assert by_term(content_per_unit(table))["import"] == pytest.approx(0, abs=1e-12)
    assert closed(table).output[len(table.regions)] == 0


@FEW
@given(tables())
def test_one_region_has_no_chain_inside_the_country(table):
    whole = table.grouped({"country": table.names})
    frame = domestic_participation(whole)
    inside = frame[frame["term"].isin(["outflow", "chain", "chain_export", "chain_import"])]
    assert_allclose(inside["value"], 0, **near(table))
    assert outflow_content(whole).empty
    assert origin_shares(whole).empty
    units = by_term(content_per_unit(whole))
    assert_allclose(units["own_returned"], 0, atol=1e-12)
    assert_allclose(units["other"], 0, atol=1e-12)
    exported = added(domestic_participation(table), "direction", "term")["forward"]
    once = added(frame, "direction", "term")["forward"]["export"]
    assert once == pytest.approx(exported[["export", "chain_export"]].sum(), rel=1e-11, abs=1e-11)


@FEW
@given(tables(least=2), st.data())
def test_merging_two_regions_never_raises_their_chain_and_leaves_that_of_others(table, data):
    pair = data.draw(st.lists(st.sampled_from(table.names), min_size=2, max_size=2, unique=True))
    merged = table.grouped({"both": pair})
    links = ["chain", "chain_export", "chain_import"]

    def chain(table):
        frame = domestic_participation(table)
        frame = frame[frame["term"].isin(links)]
        group, in_pair = frame["region"] == "both", frame["region"].isin([*pair, "both"])
        own, sector = frame["region"].astype(str), frame["sector"].astype(str)
        names = sector.where(group, own + ": " + sector)
        frame = frame.assign(sector=names, pair=in_pair)
        return frame.groupby(["pair", "direction", "sector"])["value"].sum()

    before, after = chain(table), chain(merged)
    assert (after[True] <= before[True] + 1e-11 * (1 + table.output.max())).all()
    if len(table.names) > 2:
        forward = (before[False]["forward"], after[False]["forward"])
        assert_allclose(forward[1].loc[forward[0].index], forward[0], **near(table))


@FEW
@given(parts(), st.randoms(use_true_random=False))
def test_the_order_of_regions_and_sectors_does_not_matter(keywords, random):
    table = InterregionalTable(**keywords)
    places = list(range(len(table.names)))
    random.shuffle(places)
    order = []
    for place in places:
        rows = list(range(table.blocks[place].start, table.blocks[place].stop))
        random.shuffle(rows)
        order += rows
    moved = {
        name: np.asarray(keywords[name])[order]
        for name in ("regions", "sectors", "exports", "imports", "value_added", "error")
    }
    other = InterregionalTable(
        keywords["flows"][np.ix_(order, order)],
        keywords["final"][np.ix_(order, places)],
        tolerance=keywords["tolerance"],
        **moved,
    )
    functions = [domestic_participation, outflow_content, export_content, exported_value_added]
    for function in [*functions, origin_shares]:
        one, two = function(table), function(other)
        measures = ["value", "inflow_share", "outflow_share"]
        keys = [name for name in one if name not in measures]
        one, two = (frame.astype(dict.fromkeys(keys, str)).set_index(keys) for frame in (one, two))
        assert_allclose(two.loc[one.index], one, **near(table))


@FEW
@given(parts(least=2), st.floats(1e-3, 1e3))
def test_units_scale_values_and_leave_shares(keywords, unit):
    amounts = ("flows", "final", "exports", "imports", "value_added", "error")
    scaled = keywords | {name: unit * keywords[name] for name in amounts}
    one, other = InterregionalTable(**keywords), InterregionalTable(**scaled)
    for function in (domestic_participation, outflow_content, export_content, exported_value_added):
        found = function(other)["value"] / unit
        assert_allclose(found, function(one)["value"], **near(one))
    for function, share in (
        (content_per_unit, "value"),
        (origin_shares, "inflow_share"),
        (origin_shares, "outflow_share"),
    ):
        assert_allclose(function(other)[share], function(one)[share], atol=1e-12)


@FEW
@given(parts(least=2))
def test_only_the_region_with_value_added_has_any(keywords):
    first = keywords["regions"] == "R0"
    bought = keywords["value_added"] + keywords["imports"]
    table = InterregionalTable(
        **keywords
        | {"imports": np.where(first, 0, bought), "value_added": np.where(first, bought, 0)}
    )
    units = content_per_unit(table)
    mine = units["region"] == "R0"
    at = {term: units["term"] == term for term in (*OWN, "other")}
    assert (units.loc[mine & at["other"], "value"] == 0).all()
    for term in OWN:
        assert_allclose(units.loc[~mine & at[term], "value"], 0, atol=1e-14)
    leaving = exported_value_added(table)
    assert (leaving.loc[leaving["region"] != "R0", "value"] == 0).all()
    forward = domestic_participation(table).query("direction == 'forward' and region != 'R0'")
    assert (forward["value"] == 0).all()


def test_a_sector_that_uses_all_of_its_output_is_refused_in_words():
    table = InterregionalTable(
        [[5, 0], [0, 1]],
        [[0, 0], [1, 1]],
        "AB",
        "ss",
        exports=[0, 1],
        imports=[0, 1],
        value_added=[0, 2],
    )
    for function in (domestic_participation, content_per_unit, exported_value_added):
        with pytest.raises(ValueError, match="uses all of its own output as inputs"):
            function(table)


# ------------------------------------------------------------------------- competitive imports


@st.composite
def competitive(draw):
    """Random competitive tables of several regions, imports and exports given by product."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, g = sum(sizes), len(sizes)
    flows, final = random.uniform(0, 5, (n, n)), random.uniform(0, 9, (n, g))
    regions = np.repeat([f"R{i}" for i in range(g)], sizes)
    used = [flows[i, regions == regions[i]].sum() for i in range(n)]
    used += final[np.arange(n), np.repeat(np.arange(g), sizes)]
    share = random.choice([0.0, 1.0, random.uniform()], n)
    return flows, final, share, share * used, regions


@FEW
@given(competitive())
def test_uses_of_a_region_have_one_import_share_and_sales_elsewhere_none(given_table):
    flows, final, share, imports, regions = given_table
    own, last, inputs = noncompetitive(flows, final, imports, regions)
    names = list(dict.fromkeys(regions.tolist()))
    expected = np.zeros(len(regions))
    for i, seller in enumerate(regions):
        for j, buyer in enumerate(regions):
            here = share[i] if buyer == seller else 0
            assert own[i, j] == pytest.approx((1 - here) * flows[i, j], abs=1e-12)
            expected[j] += here * flows[i, j]
        for k, buyer in enumerate(names):
            here = share[i] if buyer == seller else 0
            assert last[i, k] == pytest.approx((1 - here) * final[i, k], abs=1e-12)
    assert_allclose(inputs, expected, atol=1e-12)
    # Rows lose their imports, and columns cost what they cost.
    lost = flows.sum(axis=1) + final.sum(axis=1) - own.sum(axis=1) - last.sum(axis=1)
    assert_allclose(lost, imports, atol=1e-11)
    assert_allclose(own.sum(axis=0) + inputs, flows.sum(axis=0), atol=1e-11)


@FEW
@given(competitive())
def test_regions_side_by_side_are_regions_one_by_one(given_table):
    flows, final, _, imports, regions = given_table
    same = regions[:, None] == regions
    names = np.array(list(dict.fromkeys(regions.tolist())))
    flows, final = np.where(same, flows, 0), np.where(regions[:, None] == names, final, 0)
    imports = np.minimum(imports, flows.sum(axis=1) + final.sum(axis=1))
    own, last, inputs = noncompetitive(flows, final, imports, regions)
    for place, name in enumerate(names):
        rows = regions == name
        alone = noncompetitive(flows[np.ix_(rows, rows)], final[rows], imports[rows])
        assert_allclose(own[np.ix_(rows, rows)], alone[0], atol=1e-12)
        assert_allclose(last[rows, place], alone[1].sum(axis=1), atol=1e-12)
        assert_allclose(inputs[rows], alone[2], atol=1e-12)


def test_liaonings_tables_lose_imports_and_then_inflow_in_either_order():
    table = provincial_tables(2012)["Liaoning"]
    ways = []
    for origins in (("imports", "domestic_inflow"), ("domestic_inflow", "imports")):
        flows, final, total = table.flows, table.final_use, 0
        for origin in origins:
            flows, final, bought = noncompetitive(flows, final, getattr(table, origin))
            total = total + bought
        ways.append((flows, final, total))
    scale = table.gross_output.max()
    for one, two in zip(*ways, strict=True):
        assert_allclose(one, two, atol=1e-9 * scale)
    flows, final, bought = ways[0]
    at_home = flows.sum(axis=1) + final.sum(axis=1)
    assert_allclose(at_home + table.outflow + table.error, table.gross_output, atol=1e-6 * scale)
    costs = flows.sum(axis=0) + bought + table.value_added.sum(axis=0)
    assert_allclose(costs, table.gross_output, atol=1e-6 * scale)


@pytest.mark.parametrize(
    ("imports", "message"),
    [
        ([-1, 0], "row 0 imports -1 and uses 8: .*drop their sign"),
        ([0, 6.5], "row 1 imports 6.5 and uses 6: .*take goods in transit out"),
        ([0, np.nan], "must be finite"),
        ([0, 0, 0], "flows must have the shape"),
    ],
)
def test_imports_that_cannot_be_are_refused(imports, message):
    flows, final = [[1, 2], [3, 0]], [[4, 1], [2, 1]]
    assert noncompetitive(flows, final, [8, 0])[0].tolist() == [[0, 0], [3, 0]]
    with pytest.raises(ValueError, match=message):
        noncompetitive(flows, final, imports)


def test_stocks_run_down_without_imports_stay_as_they_are():
    flows, final, inputs = noncompetitive([[1.0]], [[2.0, -5.0]], [0.0])
    assert (flows.item(), final.tolist(), inputs.item()) == (1.0, [[2.0, -5.0]], 0.0)
    with pytest.raises(ValueError, match="imports 1 and uses -2"):
        noncompetitive([[1.0]], [[2.0, -5.0]], [1.0])


@pytest.mark.parametrize(("imports", "uses"), [(0.3, [0.1, 0.2]), (0.1 + 0.2, [0.3, 0.0])])
def test_a_product_that_is_all_imported_leaves_nothing_of_rounding(imports, uses):
    flows, final, inputs = noncompetitive([[uses[0]]], [[uses[1]]], [imports])
    assert (flows.item(), final.item(), inputs.item()) == (0, 0, uses[0])
