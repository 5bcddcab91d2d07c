"""Questions to an index: the answers by other formulas and by computing again."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dongbei.resilience import (
    Design,
    consistency,
    correlations,
    effective_weights,
    index,
    leave_one_out,
    to_gain_a_rank,
)

PARENTS = {"a": "food", "b": "food", "c": "fuel", "d": "fuel", "e": "power", "f": "index"}
NODES = {
    "index": {},
    "food": {"parent": "index", "weight": 2},
    "power": {"parent": "index"},
    "fuel": {"parent": "power", "weight": 3},
}
MEANS = ["arithmetic", "geometric", "harmonic", {"power": 2}]


def design(**fields):
    leaves = {
        name: {"parent": p, "direction": -1 if name in "be" else 1, "goalposts": (-1, 2)}
        for name, p in PARENTS.items()
    }
    base = {
        "title": "t",
        "nodes": NODES,
        "leaves": leaves,
        "normalisation": {"method": "goalposts", "low": 1, "high": 10},
    }
    return Design.model_validate(base | fields)


def table(seed=0, units=8):
    random = np.random.default_rng(seed)
    common = random.random((units, 1))
    figures = (common + random.random((units, 6))) / 2
    return pd.DataFrame(figures, [f"u{i}" for i in range(units)], list(PARENTS))


# -- do they measure one thing? --------------------------------


def alpha_of_sums(scores):
    """Cronbach's alpha from variances of items and of their sum."""
    standard = (scores - scores.mean(0)) / scores.std(0)
    count = standard.shape[1]
    return count / (count - 1) * (1 - standard.var(0).sum() / standard.sum(1).var())


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), units=st.integers(4, 12))
def test_alpha_is_that_of_standardised_sums(seed, units):
    result = index(design(), table(seed, units))
    found = consistency(result).set_index("node")
    for node, children in result.design.children.items():
        scores = result.scores[list(children)].to_numpy()
        standard = (scores - scores.mean(0)) / scores.std(0)
        singular = np.linalg.svd(standard, compute_uv=False) ** 2 / units
        pairs = [np.corrcoef(one, two)[0, 1] for i, one in enumerate(scores.T)
                 for two in scores.T[:i]]  # fmt: skip
        assert_allclose(found.loc[node, "alpha"], alpha_of_sums(scores), rtol=1e-7, atol=1e-9)
        assert_allclose(found.loc[node, "first"], singular[0] / len(children))
        assert found.loc[node, "children"] == len(children)
        assert found.loc[node, "components"] == sum(singular > 1)
        assert found.loc[node, "negative"] == sum(r < 0 for r in pairs)


def test_copies_have_an_alpha_of_1_and_one_child_has_none():
    nodes = {"index": {}, "n": {"parent": "index"}, "lone": {"parent": "index"}}
    leaves = {
        name: {"parent": parent, "direction": 1}
        for name, parent in {"x": "n", "y": "n", "z": "lone"}.items()
    }
    plan = Design(title="t", nodes=nodes, leaves=leaves)
    frame = pd.DataFrame({"x": [1.0, 2, 5], "y": [2.0, 4, 10], "z": [5.0, 1, 2]})
    found = consistency(index(plan, frame)).set_index("node")
    assert_allclose(found.loc["n", ["alpha", "first", "components", "negative"]], [1, 1, 1, 0])
    assert found.loc["lone", ["alpha", "first", "components", "negative"]].isna().all()
    assert found.loc["index", "negative"] == 1


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_correlations_name_every_pair_once_and_the_node_that_joins_it(method):
    frame = table(3)
    result = index(design(), frame)
    found = correlations(result, method).set_index(["one", "other"])
    assert len(found) == 15
    joined = {("a", "b"): ("food", True), ("c", "d"): ("fuel", True), ("c", "e"): ("power", False),
              ("a", "c"): ("index", False), ("e", "f"): ("index", False)}  # fmt: skip
    for pair, (node, same) in joined.items():
        assert found.loc[pair, "node"] == node
        assert found.loc[pair, "same"] == same
    ranked = frame.rank() if method == "spearman" else frame
    for (one, other), row in found.iterrows():
        sign = -1 if (one in "be") != (other in "be") else 1
        assert_allclose(row["value"], sign * np.corrcoef(ranked[one], ranked[other])[0, 1])


# -- what do weights amount to? --------------------------------


@pytest.mark.parametrize("weights", ["given", "equal", "critic"])
def test_weights_of_leaves_add_up_to_1_at_the_root_and_to_their_node_everywhere(weights):
    result = index(design(weights=weights), table())
    found = effective_weights(result).set_index("name")
    assert_allclose(found["weight"][list(PARENTS)].sum(), 1)
    for node, children in result.design.children.items():
        expected = 1 if node == "index" else found["weight"][node]
        assert_allclose(found["weight"][list(children)].sum(), expected)
    assert found["level"].to_dict() == {
        "food": 1, "power": 1, "f": 1, "a": 2, "b": 2, "fuel": 2, "e": 2, "c": 3, "d": 3,
    }  # fmt: skip
    for name, row in found.iterrows():
        pair = result.scores[[name, "index"]].to_numpy().T
        assert_allclose(row["correlation"], np.corrcoef(pair)[0, 1])


def test_an_effective_weight_is_what_a_point_of_the_leaf_adds_to_an_arithmetic_index():
    frame = table()
    plan = design()
    found = effective_weights(index(plan, frame)).set_index("name")
    for leaf in PARENTS:
        step = 3 / 9 if leaf not in "be" else -3 / 9  # one point of the scale
        more = frame.copy()
        more[leaf] += 0.1 * step
        rise = index(plan, more).scores["index"] - index(plan, frame).scores["index"]
        assert_allclose(rise, 0.1 * found["weight"][leaf])


def test_what_lies_under_a_node_without_weight_has_no_effective_weight():
    nodes = NODES | {"fuel": {"parent": "power", "weight": 0}}
    found = effective_weights(index(design(nodes=nodes), table())).set_index("name")
    assert set(found.index) == {"food", "power", "a", "b", "e", "f"}
    assert_allclose(found["weight"][["a", "b", "e", "f"]].sum(), 1)


# -- who moves without a leaf? --------------------------------


@pytest.mark.parametrize("weights", ["given", "critic"])
def test_leaving_a_leaf_out_is_the_index_of_the_others(weights):
    frame = table()
    plan = design(weights=weights)
    own = index(plan, frame).ranks["index"]
    found = leave_one_out(plan, frame).set_index("leaf")
    assert list(found.index) == list(PARENTS)
    for leaf in PARENTS:
        content = plan.model_dump()
        del content["leaves"][leaf]
        shift = (index(Design.model_validate(content), frame).ranks["index"] - own).abs()
        assert_allclose(found.loc[leaf, "mean_shift"], shift.mean())
        assert found.loc[leaf, "largest_shift"] == shift.max()
        assert shift[found.loc[leaf, "unit"]] == shift.max()
    assert found["largest_shift"].max() > 0


def test_leaves_without_weight_or_data_are_not_left_out_again():
    content = design().model_dump()
    content["leaves"]["a"]["weight"] = 0.0
    content["leaves"]["b"] |= {"status": "no open data"}
    content["leaves"]["g"] = {"parent": "food", "direction": 1, "goalposts": (-1, 2)}
    frame = table().assign(g=1.0)
    found = leave_one_out(Design.model_validate(content), frame)
    assert found["leaf"].tolist() == ["c", "d", "e", "f", "g"]


def test_a_judged_leaf_can_be_left_out():
    judged = NODES | {"food": {"parent": "index", "weights": {"ahp": {"a": {"b": 3}}}}}
    found = leave_one_out(design(nodes=judged), table()).set_index("leaf")
    content = design(nodes=judged).model_dump()
    del content["leaves"]["a"]
    content["nodes"]["food"]["weights"] = None
    own = index(design(nodes=judged), table()).ranks["index"]
    shift = (index(Design.model_validate(content), table()).ranks["index"] - own).abs()
    assert found.loc["a", "mean_shift"] == shift.mean()


# -- what would it take? --------------------------------


@settings(max_examples=8)
@given(mean=st.sampled_from(MEANS), inner=st.sampled_from(MEANS), seed=st.integers(0, 999))
def test_the_rise_makes_a_unit_draw_level_with_the_next(mean, inner, seed):
    """Seen by applying the figure to the table, as the goalposts stay."""
    nodes = {name: node | {"aggregation": inner} for name, node in NODES.items()}
    nodes["index"] = {"aggregation": mean}
    plan = design(nodes=nodes).replaced({"normalisation.outside": "keep"})
    frame = table(seed, 4)
    result = index(plan, frame)
    roots = result.scores["index"]
    for unit in frame.index:
        found = to_gain_a_rank(result, unit)
        better = roots[roots > roots[unit]]
        if better.empty:
            assert found.empty
            assert list(found) == ["leaf", "rise", "figure", "within"]
            continue
        assert found["leaf"].tolist() == list(PARENTS)
        for row in found.itertuples():
            if np.isinf(row.rise):
                continue
            more = frame.copy()
            more.loc[unit, row.leaf] += row.figure
            after = index(plan, more)
            assert_allclose(after.scores.loc[unit, "index"], better.min(), rtol=1e-7)
            gained = after.scores.loc[unit, row.leaf] - result.scores.loc[unit, row.leaf]
            assert_allclose(gained, row.rise, rtol=1e-6, atol=1e-9)
            assert row.rise > 0
            assert (row.figure < 0) == (row.leaf in "be")
            best = result.scores[row.leaf].max()
            assert row.within == (after.scores.loc[unit, row.leaf] <= best * (1 + 1e-9))


def test_a_rise_that_no_leaf_alone_can_make_is_infinite():
    """A harmonic mean of two is below twice the lower one, whatever the other."""
    plan = Design(
        title="t",
        nodes={"index": {"aggregation": "harmonic"}},
        leaves={
            "x": {"parent": "index", "direction": 1, "goalposts": (0, 9)},
            "y": {"parent": "index", "direction": 1, "goalposts": (0, 9)},
            "z": {"parent": "index", "direction": 1, "goalposts": (0, 9), "weight": 0},
        },
        normalisation={"method": "goalposts", "high": 9},
    )
    frame = pd.DataFrame({"x": [1.0, 8], "y": [2.0, 8], "z": [1.0, 2]}, ["A", "B"])
    found = to_gain_a_rank(index(plan, frame), "A").set_index("leaf")
    assert np.isinf(found.loc[["x", "y", "z"], "rise"]).all()
    assert not found["within"].any()
    near = frame.assign(x=[1.0, 1.5], y=[2.0, 2.5])
    found = to_gain_a_rank(index(plan, near), "A").set_index("leaf")
    level = 1 / (1 / 1.5 + 1 / 2.5)
    assert_allclose(found.loc["x", "rise"], 1 / (1 / level - 1 / 2) - 1)
    assert np.isinf(found.loc["y", "rise"]) or found.loc["y", "rise"] > 10


def test_a_rank_is_gained_over_units_that_are_ahead_after_rounding():
    plan = Design(
        title="t",
        nodes={"index": {}},
        leaves={"x": {"parent": "index", "direction": 1, "goalposts": (0, 10)}},
        normalisation={"method": "goalposts", "high": 10},
        decimals=0,
    )
    frame = pd.DataFrame({"x": [5.1, 5.2, 7.0]}, list("ABC"))
    assert_allclose(to_gain_a_rank(index(plan, frame), "A")["rise"], 1.9)
    assert_allclose(to_gain_a_rank(index(plan, frame), "B")["rise"], 1.8)
    assert to_gain_a_rank(index(plan, frame), "C").empty


def test_units_are_compared_within_their_year():
    rows = pd.MultiIndex.from_product([[2000, 2001], ["A", "B"]])
    plan = Design(
        title="t",
        nodes={"index": {}},
        leaves={"x": {"parent": "index", "direction": 1, "goalposts": (0, 10)}},
        normalisation={"method": "goalposts", "high": 10},
    )
    result = index(plan, pd.DataFrame({"x": [1.0, 5, 6, 2]}, rows))
    assert_allclose(to_gain_a_rank(result, (2000, "A"))["rise"], 4)
    assert_allclose(to_gain_a_rank(result, (2001, "B"))["rise"], 4)
    assert to_gain_a_rank(result, (2000, "B")).empty


def test_leaves_that_a_unit_lacks_are_not_raised():
    frame = table()
    frame.loc["u3", ["a", "e"]] = np.nan
    result = index(design(), frame)
    roots, unit = result.scores["index"], "u3"
    found = to_gain_a_rank(result, unit)
    assert found["leaf"].tolist() == ["b", "c", "d", "f"]
    more = frame.copy()
    more.loc[unit, "c"] += found.set_index("leaf").loc["c", "figure"]
    kept = design().replaced({"normalisation.outside": "keep"})
    assert_allclose(index(kept, more).scores.loc[unit, "index"], roots[roots > roots[unit]].min())


@pytest.mark.parametrize(
    "fields",
    [
        {"normalisation.method": "rank"},
        {"normalisation.method": "percentile"},
        {"leaves.x.logarithm": True},
        {"treatment": {"method": "winsorise", "skewness": 0.01, "kurtosis": 0.01}},
    ],
)
def test_a_score_that_is_no_line_of_the_figure_has_no_figure(fields):
    plan = Design(
        title="t",
        nodes={"index": {}},
        leaves={name: {"parent": "index", "direction": 1} for name in "xy"},
        normalisation={"low": 1, "high": 2},
    )
    values = [1.0, 2, 3, 4, 5, 6, 7, 30]
    frame = pd.DataFrame({"x": values, "y": values})
    found = to_gain_a_rank(index(plan.replaced(fields), frame), 0).set_index("leaf")
    assert np.isnan(found.loc["x", "figure"])
    straight = to_gain_a_rank(index(plan, frame), 2).set_index("leaf")
    assert_allclose(straight["figure"], 29 * straight["rise"])


def test_ranks_have_no_figure_even_where_figures_are_evenly_spread():
    plan = Design(
        title="t",
        nodes={"index": {}},
        leaves={"x": {"parent": "index", "direction": 1}},
        normalisation={"method": "rank"},
    )
    found = to_gain_a_rank(index(plan, pd.DataFrame({"x": [1.0, 2, 3]})), 0)
    assert found["figure"].isna().all()


def test_questions_without_an_answer_are_refused():
    frame = table()
    frame.loc["u3"] = [np.nan] * 5 + [0.5]
    strict = index(design(missing={"node_coverage": 0.9}), frame)
    with pytest.raises(ValueError, match="no unit 'u3' with a score"):
        to_gain_a_rank(strict, "u3")
    with pytest.raises(ValueError, match="no unit 'nobody' with a score"):
        to_gain_a_rank(strict, "nobody")
    for rule in ("median", "copeland"):
        nodes = NODES | {"food": {"parent": "index", "aggregation": rule}}
        result = index(design(nodes=nodes), table())
        last = result.scores["index"].idxmin()
        with pytest.raises(ValueError, match=rf"nodes\.food: the rule {rule} does not rise"):
            to_gain_a_rank(result, last)


def test_a_leaf_and_one_deeper_under_its_parent_have_not_the_same_parent():
    leaves = {
        name: {"parent": parent, "direction": 1} for name, parent in {"x": "top", "y": "n"}.items()
    }
    plan = Design(title="t", nodes={"top": {}, "n": {"parent": "top"}}, leaves=leaves)
    frame = pd.DataFrame({"x": [1.0, 2, 5], "y": [2.0, 9, 1]})
    found = correlations(index(plan, frame))
    assert found[["node", "same"]].to_numpy().tolist() == [["top", False]]
