"""Whole indices, against a loop written from the words of the steps alone."""

import itertools
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dongbei.resilience import Design, contributions, index, prepare

MEANS = ["arithmetic", "geometric", "harmonic", {"power": 3}, {"power": -0.5}]
RULES = [*MEANS, "median", "copeland"]
TREE = {
    "index": {},
    "food": {"parent": "index", "weight": 2},
    "power": {"parent": "index", "weight": 3},
    "fuel": {"parent": "power", "weight": 1},
}
PARENTS = {"a": "food", "b": "food", "c": "power", "d": "fuel", "e": "fuel", "f": "index"}

rules = st.sampled_from(RULES)
means = st.sampled_from(MEANS)
shares = st.sampled_from([0.0, 0.3, 0.5, 0.7])


@st.composite
def designs(draw, rules=rules, methods=("minmax", "goalposts", "percentile", "rank"), **fields):
    """Designs over one tree; scores above 0, so that every mean takes them."""
    nodes = {
        name: node | {"aggregation": draw(st.none() | rules), "coverage": draw(st.none() | shares)}
        for name, node in TREE.items()
    }
    own = st.none() | st.builds(
        lambda method, low: {"method": method, "low": low, "high": low + 9},
        st.sampled_from(methods),
        st.sampled_from([1, 4]),
    )
    leaves = {
        name: {
            "parent": parent,
            "direction": draw(st.sampled_from([1, -1])),
            "weight": draw(st.sampled_from([1, 2, 0.5])),
            "scale": draw(st.sampled_from([1, 0.1])),
            "goalposts": (-20, 20),
            "normalisation": draw(own),
        }
        for name, parent in PARENTS.items()
    }
    rest = {
        "normalisation": {
            "method": "minmax",
            "low": 1,
            "high": 100,
            "within": draw(st.sampled_from(["all years", "each year"])),
        },
        "missing": {"node_coverage": draw(shares), "unit_coverage": 0.01},
        "aggregation": draw(rules),
        "weights": draw(st.sampled_from(["given", "equal"])),
        "decimals": draw(st.sampled_from([None, 0, 1])),
        "ties": draw(st.sampled_from(["min", "max", "dense", "average"])),
    }
    return Design.model_validate({"title": "t", "nodes": nodes, "leaves": leaves} | rest | fields)


@st.composite
def tables(draw, years=(1, 2), gaps=True):
    """Figures by unit or by year and unit; each leaf varies in each year."""
    count = draw(st.integers(*years))
    units = [f"u{i}" for i in range(draw(st.integers(3, 6)))]
    rows = [(2000 + year, unit) for year in range(count) for unit in units]
    frame = pd.DataFrame(index=pd.MultiIndex.from_tuples(rows, names=["year", "unit"]))
    for leaf in PARENTS:
        values = draw(
            st.lists(st.integers(-19, 19).map(float), min_size=len(rows), max_size=len(rows))
        )
        values = np.array(values)
        values[:: len(units)] = -19.5
        values[1 :: len(units)] = 19.5
        holes = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
        if gaps:
            there = np.arange(len(rows)) % len(units) < 2
            values[np.array(holes) & ~there] = np.nan
        frame[leaf] = values
    frame.loc[frame.isna().all(axis=1), "f"] = 0.0
    return frame if count > 1 else frame.droplevel("year")


# -- the loop --------------------------------


def slow_mean(rule, scores, weights):
    """One unit's mean of scores that are all there."""
    total = sum(weights)
    parts = [weight / total for weight in weights]
    if rule == "arithmetic":
        return sum(w * x for w, x in zip(parts, scores, strict=True))
    if rule == "geometric":
        return math.prod(x**w for w, x in zip(parts, scores, strict=True))
    if rule == "harmonic":
        return 1 / sum(w / x for w, x in zip(parts, scores, strict=True))
    if rule == "median":
        copies = [x for x, w in zip(scores, weights, strict=True) for _ in range(round(2 * w))]
        return statistics.median(copies)
    return sum(w * x**rule.power for w, x in zip(parts, scores, strict=True)) ** (1 / rule.power)


def slow_copeland(rows, weights):
    """Rows of scores by unit: victories less defeats."""
    found = {}
    for unit, own in rows.items():
        found[unit] = 0.0
        for other, theirs in rows.items():
            lead = sum(
                w * ((x > y) - (x < y))
                for w, x, y in zip(weights, own, theirs, strict=True)
                if x == x and y == y and other != unit
            )
            found[unit] += (lead > 1e-9) - (lead < -1e-9)
        if all(x != x for x in own):
            found[unit] = math.nan
    return found


def slow_index(design, table):
    """Scores by (year, unit) and element, in dictionaries, as the words of the design say."""
    panel = table if table.index.nlevels == 2 else pd.concat({0: table})
    figures = {
        leaf: {place: design.leaves[leaf].scale * x for place, x in panel[leaf].items()}
        for leaf in PARENTS
    }
    scores = {}
    for leaf, values in figures.items():
        rule = design.leaves[leaf].normalisation or design.normalisation
        sign = design.leaves[leaf].direction
        scores[leaf] = {}
        for place, x in values.items():
            peers = [
                sign * y
                for (year, _), y in values.items()
                if y == y and (rule.within == "all years" or year == place[0])
            ]
            if x != x:
                scores[leaf][place] = math.nan
                continue
            x = sign * x
            rank = sum(y < x for y in peers) + (sum(y == x for y in peers) + 1) / 2
            if rule.method == "rank":
                scores[leaf][place] = rank
                continue
            least, most = (-20, 20) if rule.method == "goalposts" else (min(peers), max(peers))
            part = (x - least) / (most - least)
            if rule.method == "percentile":
                part = rank / len(peers)
            scores[leaf][place] = rule.low + (rule.high - rule.low) * part
    for node in ("fuel", "food", "power", "index"):
        children = [
            name
            for name, element in {**design.nodes, **design.leaves}.items()
            if element.parent == node
        ]
        elements = {**design.nodes, **design.leaves}
        weights = [elements[c].weight if design.weights == "given" else 1.0 for c in children]
        rule = design.nodes[node].aggregation or design.aggregation
        least = design.nodes[node].coverage
        least = design.missing.node_coverage if least is None else least
        scores[node] = {}
        for year in {place[0] for place in panel.index}:
            rows = {
                place: [scores[c][place] for c in children]
                for place in panel.index
                if place[0] == year
            }
            compared = slow_copeland(rows, weights) if rule == "copeland" else {}
            for place, row in rows.items():
                there = [(x, w) for x, w in zip(row, weights, strict=True) if x == x]
                if not there or sum(w for _, w in there) / sum(weights) < least - 1e-9:
                    scores[node][place] = math.nan
                elif rule == "copeland":
                    scores[node][place] = compared[place]
                else:
                    scores[node][place] = slow_mean(rule, *zip(*there, strict=True))
    return scores


def slow_ranks(scores, design):
    """Rank by counting, within each year, after rounding; ten decimals if none are asked for."""
    found = {}
    for place, x in scores.items():
        rounded = {
            other: np.round(y, 10 if design.decimals is None else design.decimals)
            for other, y in scores.items()
            if y == y and other[0] == place[0]
        }
        if x != x:
            found[place] = math.nan
            continue
        better = [y for y in rounded.values() if y > rounded[place]]
        equal = sum(y == rounded[place] for y in rounded.values())
        found[place] = {
            "min": len(better) + 1,
            "max": len(better) + equal,
            "average": len(better) + (equal + 1) / 2,
            "dense": len(set(better)) + 1,
        }[design.ties]
    return found


any_design = st.one_of(  # means and comparisons apart: a mean of victories may be one of 0
    designs(rules=st.sampled_from([*MEANS, "median"])),
    designs(rules=st.sampled_from(["arithmetic", "median", "copeland"])),
)


@settings(max_examples=40)
@given(design=any_design, table=tables())
def test_an_index_is_what_the_loop_finds(design, table):
    found = index(design, table)
    expected = slow_index(design, table)
    assert list(found.scores.columns)[-1] == "index"
    for name in found.scores.columns:
        assert_allclose(found.scores[name], list(expected[name].values()), rtol=1e-9, atol=1e-9)
        own = dict(zip(expected[name], found.scores[name].tolist(), strict=True))
        ranked = slow_ranks(own, design)
        assert_array_equal(found.ranks[name], list(ranked.values()))
    assert found.prepared.left_out.empty


def test_weights_are_parts_of_the_weight_at_the_node():
    design = Design(
        title="t",
        nodes=TREE,
        leaves={name: {"parent": p, "direction": 1, "weight": 2} for name, p in PARENTS.items()},
    )
    table = pd.DataFrame(np.random.default_rng(0).random((5, 6)), columns=list(PARENTS))
    expected = {
        "a": 1 / 2, "b": 1 / 2, "c": 2 / 3, "fuel": 1 / 3, "d": 1 / 2, "e": 1 / 2,
        "food": 2 / 7, "power": 3 / 7, "f": 2 / 7,
    }  # fmt: skip
    assert index(design, table).weights.to_dict() == pytest.approx(expected)


def test_units_are_compared_within_their_year():
    design = Design(
        title="t",
        nodes={"index": {}},
        leaves={name: {"parent": "index", "direction": 1} for name in "xy"},
    )
    rows = pd.MultiIndex.from_product([[2000, 2001], ["A", "B"]])
    table = pd.DataFrame({"x": [0.0, 1, 5, 2], "y": [1.0, 3, 4, 0]}, rows)
    expected = {"copeland": [-1, 1, 1, -1], "kemeny": [1, 2, 2, 1]}
    for rule, scores in expected.items():
        found = index(design.replaced({"aggregation": rule}), table)
        assert_array_equal(found.scores["index"], scores)
        assert_array_equal(found.ranks["index"], [2, 1, 1, 2])
    doubt = design.replaced({"aggregation": {"benefit_of_the_doubt": True}})
    best = index(doubt, table).scores["index"].groupby(level=0).max()
    assert_allclose(best, [1, 1])


# -- names and order mean nothing --------------------------------


@settings(max_examples=25)
@given(design=any_design, table=tables(), seed=st.integers(0, 99), relabel=st.booleans())
def test_order_and_names_of_units_mean_nothing(design, table, seed, relabel):
    order = np.random.default_rng(seed).permutation(len(table))
    other = table.iloc[order]
    if relabel:
        names = {f"u{i}": f"z{9 - i}" for i in range(6)}
        other = other.rename(names, level=-1) if other.index.nlevels == 2 else other.rename(names)
    before, after = index(design, table), index(design, other)
    assert_allclose(after.scores, before.scores.iloc[order], rtol=1e-9)
    leaves = list(PARENTS)  # a sum may differ in its last digit, and two nodes be equal but for it
    assert_array_equal(after.ranks[leaves], before.ranks[leaves].iloc[order])


@settings(max_examples=25)
@given(design=any_design, table=tables(), names=st.permutations(list(PARENTS)))
def test_names_of_leaves_mean_nothing(design, table, names):
    new = dict(zip(PARENTS, names, strict=True))
    content = design.model_dump()
    content["leaves"] = {new[name]: leaf for name, leaf in content["leaves"].items()}
    before = index(design, table)
    after = index(Design.model_validate(content), table.rename(columns=new))
    for name in (*PARENTS, *TREE):
        assert_allclose(after.scores[new.get(name, name)], before.scores[name], rtol=1e-9)


# -- contributions --------------------------------


def references(design, table):
    """A score of each leaf to compare with: that of some unit."""
    return prepare(design, table).scores.dropna().iloc[0].to_dict()


@settings(max_examples=40)
@given(design=designs(rules=means), table=tables(), unit=st.booleans())
def test_parts_add_up_to_the_score(design, table, unit):
    found = index(design, table)
    point = references(design, table) if unit else None
    parts = contributions(found, point)
    root = found.scores["index"]
    assert_array_equal(parts.isna().to_numpy(), np.tile(root.isna().to_numpy()[:, None], 7))
    there = root.notna()
    assert_allclose(parts[there].sum(axis=1), root[there], rtol=1e-9)
    gaps = found.prepared.scores.isna()
    assert (parts[list(PARENTS)].where(gaps & there.to_numpy()[:, None], 0) == 0).all(axis=None)


@settings(max_examples=20)
@given(design=designs(rules=means), table=tables(gaps=False))
def test_the_reference_is_the_index_of_the_reference(design, table):
    found = index(design, table)
    parts = contributions(found, references(design, table))
    assert_allclose(parts["reference"], found.scores["index"].iloc[0], rtol=1e-9)
    assert_allclose(parts[list(PARENTS)].iloc[0], 0, atol=1e-9)


@settings(max_examples=20)
@given(design=designs(rules=means), table=tables(gaps=False))
def test_a_leaf_above_its_reference_adds_and_one_below_takes_away(design, table):
    found = index(design, table)
    parts = contributions(found)[list(PARENTS)]
    gap = found.prepared.scores - found.prepared.scores.mean()
    assert ((parts * gap)[gap.abs() > 1e-9].fillna(1) > 0).all(axis=None)


@settings(max_examples=20)
@given(design=designs(rules=st.just("arithmetic")), table=tables(gaps=False))
def test_parts_of_the_arithmetic_mean_are_weight_times_distance(design, table):
    found = index(design, table)
    parts = contributions(found)
    scores = found.prepared.scores
    for leaf, parent in PARENTS.items():
        weight, node = found.weights[leaf], parent
        while node != "index":
            weight, node = weight * found.weights[node], TREE[node]["parent"]
        expected = weight * (scores[leaf] - scores[leaf].mean())
        assert_allclose(parts[leaf], expected, atol=1e-9)


@pytest.mark.parametrize("far", [0, 1e-9, 1e-7, 1e-5, 1e-3, 1e-2])
def test_parts_add_up_however_near_the_reference_is(far):
    design = Design(
        title="t",
        nodes={"index": {"aggregation": "geometric"}},
        leaves={name: {"parent": "index", "direction": 1} for name in "xy"},
        normalisation={"method": "minmax", "low": 1, "high": 5},
    )
    table = pd.DataFrame({"x": [1.0, 2, 5], "y": [5.0, 1, 3]})
    parts = contributions(index(design, table), {"x": 2 * (1 + far), "y": 3 * (1 - far)})
    assert_allclose(parts.sum(axis=1), (table["x"] * table["y"]) ** 0.5, rtol=1e-12)


def test_parts_of_the_geometric_mean_are_vartias():
    """Shares of the logarithm, times the logarithmic mean of the two indices."""
    design = Design(
        title="t",
        nodes={"index": {"aggregation": "geometric"}},
        leaves={
            "x": {"parent": "index", "direction": 1, "weight": 3},
            "y": {"parent": "index", "direction": 1},
        },
        normalisation={"method": "minmax", "low": 1, "high": 5},
    )
    table = pd.DataFrame({"x": [1.0, 2, 5], "y": [5.0, 1, 2]})
    parts = contributions(index(design, table), {"x": 2.0, "y": 3.0})
    reference = 2**0.75 * 3**0.25
    assert_allclose(parts["reference"], reference)
    for row in range(3):
        x, y = table.loc[row]
        score = x**0.75 * y**0.25
        logarithmic = (score - reference) / math.log(score / reference)
        assert_allclose(parts.loc[row, "x"], logarithmic * 0.75 * math.log(x / 2))
        assert_allclose(parts.loc[row, "y"], logarithmic * 0.25 * math.log(y / 3))


def test_a_node_without_a_score_adds_nothing_and_nor_do_its_leaves():
    design = Design(
        title="t",
        nodes={"index": {}, "n": {"parent": "index", "coverage": 0.9}},
        leaves={
            name: {"parent": parent, "direction": 1}
            for name, parent in {"a": "n", "b": "n", "c": "index"}.items()
        },
    )
    table = pd.DataFrame({"a": [np.nan, 1, 0], "b": [1.0, 0, 0.5], "c": [1.0, 0, 0.2]})
    found = index(design, table)
    parts = contributions(found)
    assert np.isnan(found.scores.loc[0, "n"])
    assert_allclose(parts.loc[0, ["a", "b", "c"]], [0, 0, 0.6])
    assert_allclose(parts.sum(axis=1), found.scores["index"])


def test_leaves_and_nodes_without_weight_add_nothing():
    design = Design(
        title="t",
        nodes={"index": {}, "n": {"parent": "index", "weight": 0}},
        leaves={
            "a": {"parent": "n", "direction": 1},
            "b": {"parent": "index", "direction": 1, "weight": 0},
            "c": {"parent": "index", "direction": 1},
        },
    )
    table = pd.DataFrame({"a": [0.0, 1, 3], "b": [1.0, 0, 0.5], "c": [1.0, 0, 0.2]})
    found = index(design, table)
    assert_array_equal(found.scores["index"], found.scores["c"])
    assert "n" not in found.scores
    parts = contributions(found)
    assert_array_equal(parts[["a", "b"]], 0)
    assert_allclose(parts.sum(axis=1), found.scores["index"])


@pytest.mark.parametrize("method", ["minmax", "zscore"])
def test_a_reference_of_zero_is_a_reference(method):
    design = Design(
        title="t",
        nodes={"index": {}},
        leaves={name: {"parent": "index", "direction": 1} for name in "xy"},
        normalisation={"method": method},
    )
    table = pd.DataFrame({"x": [-1.0, 0, 1], "y": [0.0, 0, 3]})
    found = index(design, table)
    parts = contributions(found, {"x": 0.0, "y": 0.0})
    assert_allclose(parts["reference"], 0)
    assert_allclose(parts[["x", "y"]], found.prepared.scores / 2)


def test_contributions_are_refused_where_there_are_none():
    design = Design(
        title="t",
        nodes={"index": {}},
        leaves={name: {"parent": "index", "direction": 1} for name in "xy"},
    )
    table = pd.DataFrame({"x": [1.0, 2, 5], "y": [5.0, 1, 2]})
    found = index(design, table)
    for point in ({"x": 1.0}, {"x": 1.0, "y": np.nan}, {"x": 1.0, "y": 1.0, "z": 0.0}):
        with pytest.raises(ValueError, match="reference needs a score for each leaf: x, y"):
            contributions(found, point)
    names = {"median": "median", "copeland": "copeland", "kemeny": "kemeny"}
    for rule, words in names.items():
        with pytest.raises(ValueError, match=rf"nodes\.index: the rule {words} is no mean"):
            contributions(index(design.replaced({"aggregation": rule}), table))
    doubt = design.replaced({"aggregation": {"benefit_of_the_doubt": True}})
    with pytest.raises(ValueError, match=r"nodes\.index: the benefit of the doubt is no mean"):
        contributions(index(doubt, table))
    with pytest.raises(ValueError, match=r"nodes\.index: a score of 0 .* scale above 0"):
        contributions(index(design.replaced({"aggregation": "geometric"}), table))


# -- refusals of an index --------------------------------


def test_an_index_names_the_node_that_cannot_take_a_score():
    design = Design(
        title="t",
        nodes={"index": {}, "food": {"parent": "index", "aggregation": "geometric"}},
        leaves={name: {"parent": "food", "direction": 1} for name in "xy"},
        normalisation={"method": "zscore"},
    )
    table = pd.DataFrame({"x": [1.0, 2, 5], "y": [5.0, 1, 2]})
    with pytest.raises(ValueError, match=r"nodes\.food: the geometric mean needs scores that are"):
        index(design, table)


def test_ranks_round_before_they_compare():
    design = Design(
        title="t",
        nodes={"index": {}},
        leaves={"x": {"parent": "index", "direction": 1, "goalposts": (0, 100)}},
        normalisation={"method": "goalposts", "high": 100},
        decimals=0,
    )
    table = pd.DataFrame({"x": [50.4, 49.6, 50.6, 10]}, list("ABCD"))
    ranks = {"min": [2, 2, 1, 4], "max": [3, 3, 1, 4], "dense": [2, 2, 1, 3],
             "average": [2.5, 2.5, 1, 4]}  # fmt: skip
    for ties, expected in ranks.items():
        found = index(design.replaced({"ties": ties}), table)
        assert_array_equal(found.ranks["index"], expected)
    exact = index(design.replaced({"decimals": None}), table)
    assert_array_equal(exact.ranks["index"], [2, 3, 1, 4])


def test_every_combination_of_two_means_in_a_tree_has_parts():
    table = pd.DataFrame(np.random.default_rng(2).random((5, 6)), columns=list(PARENTS))
    for outer, inner in itertools.product(MEANS, repeat=2):
        nodes = {name: node | {"aggregation": inner} for name, node in TREE.items()}
        nodes["index"] = {"aggregation": outer}
        design = Design(
            title="t",
            nodes=nodes,
            leaves={name: {"parent": parent, "direction": 1} for name, parent in PARENTS.items()},
            normalisation={"method": "minmax", "low": 1, "high": 2},
        )
        found = index(design, table)
        parts = contributions(found, table.iloc[0] + 1)
        assert_allclose(parts.sum(axis=1), found.scores["index"])


def test_the_last_digit_of_a_sum_decides_no_rank():
    design = Design(
        title="t",
        nodes={"index": {}},
        leaves={
            name: {"parent": "index", "direction": 1, "weight": weight, "goalposts": (0, 1)}
            for name, weight in {"x": 0.1, "y": 0.2, "z": 0.3}.items()
        },
        normalisation={"method": "goalposts"},
    )
    table = pd.DataFrame({"x": [0.3, 0.7, 0.1], "y": [0.6, 0.4, 0.1], "z": [0.9, 0.9, 0.1]})
    for factor in (1, 1e-9, 1e9):
        moved = design.replaced(
            {f"normalisation.{end}": x * factor for end, x in {"low": 0, "high": 1}.items()}
        )
        found = index(moved, table)
        assert found.ranks["index"].tolist() == [1, 1, 3]
    close = table.copy()
    close.loc[0, "x"] += 1e-9
    assert index(design, close).ranks["index"].tolist() == [1, 2, 3]


def test_scores_that_differ_after_the_twelfth_digit_are_equal():
    design = Design(
        title="t",
        nodes={"index": {}},
        leaves={"x": {"parent": "index", "direction": 1, "goalposts": (-1000, 1000)}},
        normalisation={"method": "goalposts", "low": -1000, "high": 1000},
    )
    for factor in (1, 100, -1):
        table = pd.DataFrame({"x": [5.0, 5 + 1e-12, 5 + 1e-10, 5 - 1e-10, 1e-7]}) * factor
        found = index(design, table)
        expected = [2, 2, 1, 4, 5] if factor > 0 else [3, 3, 5, 2, 1]
        assert found.ranks["index"].tolist() == expected
