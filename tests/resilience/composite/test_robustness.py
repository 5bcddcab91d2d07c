"""Replications, against one index after the other, and variances split by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dongbei.resilience import (
    Design,
    ahead,
    index,
    rank_intervals,
    replications,
    sensitivity,
)
from dongbei.resilience.composite import robustness
from dongbei.resilience.composite.robustness import NOISE, noise, variance_parts

PARENTS = {"a": "food", "b": "food", "c": "index", "d": "index"}
CHOICES = {
    "scale": {
        "minmax": {"normalisation.method": "minmax"},
        "rank": {"normalisation.method": "percentile"},
        "own": {"leaves.a.normalisation": {"method": "zscore", "low": 5, "high": 6}},
    },
    "mean": {
        "arithmetic": {"aggregation": "arithmetic"},
        "geometric": {"aggregation": "geometric"},
        "middle": {"aggregation": "median", "nodes.food.aggregation": "geometric"},
    },
    "gaps": {"open": {"missing.method": "none"}, "filled": {"missing.method": "mean"}},
    "food": {
        "all": {},
        "no a": {"leaves.a.weight": 0.0},
        "alone": {"leaves.b.parent": "index"},
    },
}


def design(**fields):
    base = {
        "title": "t",
        "nodes": {"index": {}, "food": {"parent": "index", "weight": 2}},
        "leaves": {name: {"parent": p, "direction": 1} for name, p in PARENTS.items()},
        "normalisation": {"method": "minmax", "low": 1, "high": 9},
    }
    return Design.model_validate(base | fields)


def table(units=6, seed=0, gaps=True):
    random = np.random.default_rng(seed)
    names = [f"u{i}" for i in range(units)]
    frame = pd.DataFrame(random.random((units, 4)) ** 2, names, list(PARENTS))
    if gaps:
        frame.iloc[1, 0] = frame.iloc[2, 3] = np.nan
    return frame


def panel(**how):
    return pd.concat({2000: table(seed=1, **how), 2001: table(seed=2, **how)})


def weighted(plan, factors):
    """The design with weights times factors."""
    fields = {
        f"{kind}.{name}.weight": element.weight * factors[name]
        for kind, elements in (("nodes", plan.nodes), ("leaves", plan.leaves))
        for name, element in elements.items()
        if name in factors
    }
    return plan.replaced(fields)


def one_after_the_other(plan, figures, matrix, seed):
    """Scores and ranks of the root by calling `index` for each replication."""
    alone = plan.model_copy(update={"choices": {}, "noise": None})
    draws = noise(plan, seed)
    scores, ranks = [], []
    for _, row in matrix.iterrows():
        fields = {}
        for name, options in plan.choices.items():
            fields |= options[row[name]]
        one = alone.replaced(fields)
        if plan.noise:
            one = weighted(one, {name: factor[row[NOISE]] for name, factor in draws.items()})
        found = index(one, figures)
        scores.append(found.scores["index"].reindex(figures.index))
        ranks.append(found.ranks["index"].reindex(figures.index))
    return np.array(scores), np.array(ranks)


# -- replications --------------------------------


@pytest.mark.parametrize("figures", [table(), panel()], ids=["one year", "two years"])
def test_every_combination_is_the_index_of_its_design(figures):
    plan = design(choices=CHOICES)
    found = replications(plan, figures)
    assert len(found.design_matrix) == 3 * 3 * 2 * 3
    assert not found.design_matrix.duplicated().any()
    scores, ranks = one_after_the_other(plan, figures, found.design_matrix, 0)
    assert_allclose(found.scores, scores)
    assert_array_equal(found.ranks, ranks)
    assert found.scores.columns.equals(figures.index)


@settings(max_examples=4)
@given(seed=st.integers(0, 1000), years=st.booleans())
def test_every_drawn_replication_is_the_index_with_its_weights(seed, years):
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 7})
    figures = panel() if years else table()
    found = replications(plan, figures, count=12, seed=seed)
    scores, ranks = one_after_the_other(plan, figures, found.design_matrix, seed)
    assert_allclose(found.scores, scores)
    assert_array_equal(found.ranks, ranks)


@pytest.mark.parametrize("rule", ["copeland", "median", "harmonic"])
def test_weights_from_figures_are_those_that_the_noise_moves(rule):
    plan = design(weights="critic", aggregation=rule, noise={"relative": 0.5, "draws": 9})
    figures = table(gaps=False)
    found = replications(plan, figures, count=9)
    own = index(plan, figures).weights
    given_ones = plan.replaced(
        {"weights": "given"}
        | {f"nodes.{name}.weight": own[name] for name in ["food"]}
        | {f"leaves.{name}.weight": own[name] for name in PARENTS}
    )
    scores, ranks = one_after_the_other(given_ones, figures, found.design_matrix, 0)
    assert_allclose(found.scores, scores)
    assert_array_equal(found.ranks, ranks)


def test_units_are_left_out_where_a_choice_says_so():
    plan = design(
        choices={
            "cover": {"half": {"missing.unit_coverage": 0.5}, "all": {"missing.unit_coverage": 1}}
        }
    )
    found = replications(plan, table())
    assert_array_equal(np.argwhere(found.ranks.isna()), [[1, 1], [1, 2]])
    assert rank_intervals(found)["ranked"].tolist() == [1, 0.5, 0.5, 1, 1, 1]
    assert found.ranks.loc[1].max() == 4


def test_choices_about_ranks_alone_reach_them():
    plan = design(
        choices={"ties": {one: {"ties": one, "decimals": 0} for one in ("min", "max", "average")}}
    )
    figures = pd.DataFrame({name: [0.0, 0.5, 0.51, 1] for name in PARENTS}, list("ABCD"))
    assert_array_equal(
        replications(plan, figures).ranks, [[4, 2, 2, 1], [4, 3, 3, 1], [4, 2.5, 2.5, 1]]
    )


def test_the_same_seed_draws_the_same_and_another_does_not():
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 50})
    one, same, other = (replications(plan, table(), count=40, seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one.design_matrix, same.design_matrix)
    pd.testing.assert_frame_equal(one.scores, same.scores)
    assert not one.design_matrix.equals(other.design_matrix)
    moved = replications(plan, table(), design_matrix=one.design_matrix, seed=4)
    assert not np.allclose(one.scores, moved.scores)


def test_options_are_drawn_equally_often():
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 5})
    matrix = robustness.drawn(plan, 6000, 1)
    for name, options in robustness.factors(plan).items():
        shares = matrix[name].value_counts(normalize=True)
        assert set(shares.index) == set(options)
        assert_allclose(shares, 1 / len(options), rtol=0.1)


def test_options_of_one_choice_are_drawn_whatever_the_others_are():
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 3})
    matrix = robustness.drawn(plan, 6000, 1)
    for one, other in itertools.combinations(matrix.columns, 2):
        together = pd.crosstab(matrix[one], matrix[other], normalize=True).to_numpy()
        assert_allclose(together, 1 / together.size, rtol=0.15)


def test_a_leaf_without_data_draws_no_weight():
    plan = design(noise={"relative": 0.3, "draws": 5})
    open_leaf = {"parent": "food", "direction": 1, "status": "no open data"}
    content = plan.model_dump()
    content["leaves"] = {"none": open_leaf} | content["leaves"]
    draws = noise(Design.model_validate(content), 0)
    assert set(draws) == {"food", *PARENTS}
    assert_array_equal(list(draws.values()), list(noise(plan, 0).values()))


def test_noise_is_uniform_around_each_weight_and_independent():
    plan = design(noise={"relative": 0.3, "draws": 4000})
    draws = noise(plan, 0)
    assert set(draws) == {"food", *PARENTS}
    for factor in draws.values():
        assert factor.shape == (4000,)
        assert 0.7 <= factor.min() < 0.705 < 1.295 < factor.max() <= 1.3
        assert_allclose(factor.std(), 0.3 / 3**0.5, rtol=0.03)
    assert (np.abs(np.corrcoef(list(draws.values())) - np.eye(5)) < 0.06).all()


def test_a_design_matrix_comes_back_in_its_order_and_with_its_names():
    plan = design(choices=CHOICES)
    rows = replications(plan, table()).design_matrix.sample(10, random_state=1)
    rows = rows.set_axis([f"run {i}" for i in range(10)])
    found = replications(plan, table(), design_matrix=rows)
    assert found.design_matrix is rows
    assert found.scores.index.equals(rows.index)
    scores, ranks = one_after_the_other(plan, table(), rows, 0)
    assert_allclose(found.scores, scores)
    assert_array_equal(found.ranks, ranks)


@pytest.mark.parametrize("size", [13, 100])
def test_how_much_is_held_at_once_changes_nothing(monkeypatch, size):
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 7})
    whole = replications(plan, panel(), count=15)
    monkeypatch.setattr(robustness, "CHUNK", size)
    parts = replications(plan, panel(), count=15)
    assert_allclose(parts.scores, whole.scores, rtol=1e-12)
    assert_array_equal(parts.ranks, whole.ranks)


@pytest.mark.parametrize("rule", ["copeland", {"benefit_of_the_doubt": True}])
def test_units_are_compared_within_their_year_in_every_replication(rule):
    nodes = {"index": {"aggregation": rule}, "food": {"parent": "index"}}
    plan = design(choices={"scale": CHOICES["scale"]}, nodes=nodes)
    figures = panel(gaps=False)
    found = replications(plan, figures)
    scores, ranks = one_after_the_other(plan, figures, found.design_matrix, 0)
    assert_allclose(found.scores, scores)
    assert_array_equal(found.ranks, ranks)


def test_replications_have_the_years_of_the_design():
    plan = design(choices=CHOICES, years=[2001], normalisation={"method": "percentile"})
    found = replications(plan, panel())
    only = replications(plan.replaced({"years": None}), panel().loc[[2001]])
    assert found.scores.columns.tolist() == [(2001, f"u{i}") for i in range(6)]
    pd.testing.assert_frame_equal(found.scores, only.scores)
    pd.testing.assert_frame_equal(found.ranks, only.ranks)


def test_of_two_choices_about_one_field_the_later_holds():
    late = {"late": {"no": {}, "yes": {"aggregation": "harmonic"}}}
    plan = design(choices={"mean": CHOICES["mean"]} | late)
    found = replications(plan, table())
    for row in np.flatnonzero(found.design_matrix["late"] == "yes"):
        fields = plan.choices["mean"][found.design_matrix["mean"][row]]
        one = plan.replaced(fields | {"aggregation": "harmonic"})
        assert_allclose(found.scores.loc[row], index(one, table()).scores["index"])


def test_no_more_scores_are_held_at_once_than_allowed(monkeypatch):
    held = []
    inner = robustness.drawn_scores

    def watched(plan, leaves, weights, draws, years):
        held.append(len(draws["food"]) * len(years) * len(leaves))
        return inner(plan, leaves, weights, draws, years)

    monkeypatch.setattr(robustness, "drawn_scores", watched)
    monkeypatch.setattr(robustness, "CHUNK", 100)
    replications(design(noise={"relative": 0.4, "draws": 50}), table(), count=50)
    assert sum(held) >= 50 * 24
    assert max(held) <= 100 + 24, "one replication more at most"


def test_groups_reach_the_replications():
    plan = design(
        missing={"method": "mean"},
        choices={"by": {"all": {"missing.group": None}, "side": {"missing.group": "side"}}},
    )
    groups = pd.DataFrame({"side": list("xxxyyy")}, table().index)
    found = replications(plan, table(), groups)
    for row, group in enumerate([None, "side"]):
        one = plan.replaced({"missing.group": group})
        assert_allclose(found.scores.loc[row], index(one, table(), groups).scores["index"])


# -- refusals --------------------------------


def test_a_choice_that_never_reaches_the_output_is_refused():
    idle = {"idle": {"one": {"treatment.skewness": 2}, "two": {"treatment.skewness": 3}}}
    with pytest.raises(ValueError, match="the choice 'idle' never reaches a rank"):
        replications(design(choices=CHOICES | idle), table())
    with pytest.raises(ValueError, match="the choice 'idle' never reaches a rank"):
        replications(design(choices=idle), table())
    with pytest.raises(ValueError, match="the choice 'weights' never reaches a rank"):
        replications(
            design(aggregation={"benefit_of_the_doubt": True}, noise={"relative": 0.1}),
            table(gaps=False),
            count=5,
        )


def test_a_choice_that_matters_in_one_combination_alone_is_kept():
    """Not in those that are tried: seen among all combinations."""
    plan = design(
        choices=CHOICES
        | {
            "treat": {"no": {"treatment.method": "none"}, "yes": {"treatment.method": "winsorise"}},
            "limit": {str(x): {"treatment.kurtosis": x} for x in (0.01, 1000)},
        },
        treatment={"skewness": 0.01},
    )
    found = replications(plan, table(8))
    assert len(found.scores) == 54 * 4


def test_a_choice_that_matters_in_a_later_replication_alone_is_kept():
    plan = design(
        choices={
            "treat": {"no": {"treatment.method": "none"}, "yes": {"treatment.method": "winsorise"}},
            "limit": {str(x): {"treatment.kurtosis": x} for x in (0.01, 1000)},
        },
        treatment={"skewness": 0.01},
    )
    rows = pd.DataFrame({"treat": ["no", "yes"], "limit": "0.01"})
    assert len(replications(plan, table(8), design_matrix=rows).scores) == 2
    with pytest.raises(ValueError, match="the choice 'limit' never reaches a rank"):
        replications(plan, table(8), design_matrix=rows.iloc[:1])


def test_a_choice_that_moves_scores_and_no_rank_is_kept():
    plan = design(choices={"high": {str(x): {"normalisation.high": x} for x in (5, 9)}})
    found = replications(plan, table())
    assert_array_equal(found.ranks.loc[0], found.ranks.loc[1])
    assert (found.scores.loc[0] < found.scores.loc[1]).any()
    assert sensitivity(plan, table())[["first", "total"]].isna().all(axis=None)


def test_a_design_with_nothing_to_vary_is_refused():
    for call in (replications, sensitivity):
        with pytest.raises(ValueError, match="nothing to vary: the design has neither"):
            call(design(), table())


def test_too_many_combinations_are_refused_unless_some_are_drawn(monkeypatch):
    monkeypatch.setattr(robustness, "MOST_COMBINATIONS", 53)
    plan = design(choices=CHOICES)
    with pytest.raises(ValueError, match="54 combinations; 53 at most, so give count="):
        replications(plan, table())
    assert len(replications(plan, table(), count=5).scores) == 5
    monkeypatch.setattr(robustness, "MOST_COMBINATIONS", 54)
    assert len(replications(plan, table()).scores) == 54


def test_no_replications_are_refused():
    with pytest.raises(ValueError, match="0 replications; ask for at least one"):
        replications(design(choices=CHOICES), table(), count=0)


def test_a_design_matrix_that_does_not_fit_is_refused():
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 7})
    rows = replications(plan, table(), count=5).design_matrix
    with pytest.raises(
        ValueError, match=r"columns .*; the choices are scale, mean, gaps, food, we"
    ):
        replications(plan, table(), design_matrix=rows.drop(columns="gaps"))
    for name, bad in {"mean": "mode", NOISE: 7}.items():
        with pytest.raises(ValueError, match=f"choice '{name}' has no option '{bad}'"):
            replications(plan, table(), design_matrix=rows.assign(**{name: bad}))


def test_an_index_that_cannot_be_computed_is_named_by_its_options():
    choices = CHOICES | {"low": {"one": {}, "none": {"normalisation.low": -1}}}
    with pytest.raises(ValueError, match=r"^with scale: \w+, mean: .*, low: none: nodes\.\w+:"):
        replications(design(choices=choices), table())


# -- intervals --------------------------------


def test_intervals_are_quantiles_of_the_ranks():
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 70})
    found = replications(plan, table(), count=70)
    frame = rank_intervals(found, (0.1, 0.5, 0.8))
    assert list(frame) == ["best", "0.1", "0.5", "0.8", "worst", "mean", "ranked"]
    for unit, ranks in found.ranks.items():
        there = np.sort(ranks)
        expected = [there[0], *np.quantile(there, [0.1, 0.5, 0.8]), there[-1], there.mean(), 1]
        assert_allclose(frame.loc[unit], expected)
    assert list(rank_intervals(found))[1:4] == ["0.05", "0.5", "0.95"]


def test_one_of_two_is_ahead_unless_they_tie():
    plan = design(choices=CHOICES, decimals=0)
    found = replications(plan, table())
    share = ahead(found)
    ranks = found.ranks.to_numpy()
    for i, j in itertools.product(range(6), repeat=2):
        assert share.iloc[i, j] == pytest.approx(np.mean(ranks[:, i] < ranks[:, j]))
        tied = np.mean(ranks[:, i] == ranks[:, j])
        assert share.iloc[i, j] + share.iloc[j, i] + tied == pytest.approx(1)
    assert (share.to_numpy() + share.to_numpy().T < 1 - 1e-9).any(), "there are ties"


# -- parts of the variance --------------------------------


def split_by_hand(values):
    """First and total parts of every axis of an array of all combinations, from all effects."""
    axes = range(values.ndim)
    effects = {}
    for size in range(values.ndim + 1):
        for chosen in itertools.combinations(axes, size):
            rest = tuple(axis for axis in axes if axis not in chosen)
            effect = values.mean(axis=rest, keepdims=True)
            for inner, part in effects.items():
                if set(inner) < set(chosen):
                    effect = effect - part
            effects[chosen] = effect
    parts = {chosen: (effect**2).mean() for chosen, effect in effects.items() if chosen}
    total = sum(parts.values())
    first = [parts[axis,] / total for axis in axes]
    whole = [sum(p for chosen, p in parts.items() if axis in chosen) / total for axis in axes]
    return first, whole


@settings(max_examples=40)
@given(
    shape=st.lists(st.integers(2, 4), min_size=1, max_size=4),
    seed=st.integers(0, 10**6),
)
def test_parts_of_the_variance_are_those_of_all_effects(shape, seed):
    values = np.random.default_rng(seed).integers(0, 9, shape).astype(float)
    if np.ptp(values) == 0:
        values.flat[0] += 1
    names = [f"f{i}" for i in range(len(shape))]
    matrix = pd.DataFrame(list(itertools.product(*map(range, shape))), columns=names)
    found = variance_parts(values.ravel(), matrix)
    first, total = split_by_hand(values)
    assert_allclose(found["first"], first, atol=1e-12)
    assert_allclose(found["total"], total, atol=1e-12)
    assert (found["first"] <= found["total"] + 1e-12).all()
    assert found["first"].sum() <= 1 + 1e-12
    assert found["total"].sum() >= 1 - 1e-12


@pytest.mark.parametrize("value", [0, 0.1, 1 / 3, 1e6 / 7])
def test_what_does_not_vary_has_no_parts(value):
    """Not even where the mean of equal numbers is another one in its last digit."""
    matrix = pd.DataFrame(list(itertools.product("abc", "defgh", "ij")), columns=list("xyz"))
    found = variance_parts(np.full(30, value), matrix)
    assert found[["first", "total"]].isna().all(axis=None)


def test_exact_parts_are_those_of_all_combinations():
    plan = design(choices=CHOICES)
    found = sensitivity(plan, table())
    ranks = replications(plan, table()).ranks
    outputs = dict(ranks.items())
    own = index(plan, table()).ranks["index"]
    outputs["mean shift"] = (ranks - own).abs().mean(axis=1)
    assert found["output"].unique().tolist() == [*ranks, "mean shift"]
    for name, values in outputs.items():
        part = found[found["output"] == name].set_index("choice")
        assert list(part.index) == list(CHOICES)
        if np.ptp(values) == 0:
            assert part[["first", "total"]].isna().all(axis=None)
            continue
        first, total = split_by_hand(values.to_numpy().reshape(3, 3, 2, 3))
        assert_allclose(part["first"], first, atol=1e-12)
        assert_allclose(part["total"], total, atol=1e-12)
    assert (found[["first_width", "total_width"]] == 0).all(axis=None)


def test_estimated_parts_are_close_to_the_exact_ones(monkeypatch):
    plan = design(choices=CHOICES)
    exact = sensitivity(plan, table()).set_index(["output", "choice"])
    monkeypatch.setattr(robustness, "MOST_COMBINATIONS", 1)
    guess = sensitivity(plan, table(), power=10, seed=1).set_index(["output", "choice"])
    assert guess.index.equals(exact.index)
    for part in ("first", "total"):
        assert_array_equal(guess[part].isna(), exact[part].isna())
        gap = (guess[part] - exact[part]).abs().dropna()
        assert gap.max() < 0.1
        assert (gap <= 2 * guess[f"{part}_width"].dropna() + 1e-9).mean() > 0.9
    assert (guess["first_width"].dropna() > 0).any()


def test_estimates_lie_apart_as_their_widths_say():
    """Of 2 x + y, whose parts of the variance are 4/5 and 1/5, by Saltelli's rows A, AB, BA, B."""
    problem = {"num_vars": 2, "names": ["x", "y"], "bounds": [[0, 1]] * 2}
    found = []
    for seed in range(60):
        one, other = np.random.default_rng(seed).random((2, 128, 2))
        rows = [one, np.c_[other[:, 0], one[:, 1]], np.c_[one[:, 0], other[:, 1]]]
        values = np.stack([*rows, other], axis=1) @ [2, 1]
        found.append(robustness.estimated(problem, values.ravel(), seed).set_index("choice"))
    for part in ("first", "total"):
        guesses = np.array([one[part] for one in found])
        widths = np.array([one[f"{part}_width"] for one in found])
        assert_allclose(guesses.mean(axis=0), [4 / 5, 1 / 5], atol=0.03)
        assert_allclose(widths.mean(axis=0), 1.96 * guesses.std(axis=0), rtol=0.25)


def test_noise_is_one_choice_among_the_others():
    plan = design(choices={"mean": CHOICES["mean"]}, noise={"relative": 0.9, "draws": 64})
    found = sensitivity(plan, table(), power=6)
    assert found["choice"].unique().tolist() == ["mean", NOISE]
    shift = found[found["output"] == "mean shift"].set_index("choice")
    assert (shift["total"] > 0.01).all()
    alone = design(noise={"relative": 0.9, "draws": 64})
    parts = sensitivity(alone, table(), power=6).set_index("output").loc["mean shift"]
    assert parts["choice"] == NOISE
    assert_allclose([parts["first"], parts["total"]], 1, atol=0.2)


def test_sensitivity_is_the_same_for_the_same_seed():
    plan = design(choices=CHOICES, noise={"relative": 0.4, "draws": 20})
    one, same, other = (sensitivity(plan, table(), power=4, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_another_seed_takes_another_sample(monkeypatch):
    monkeypatch.setattr(robustness, "MOST_COMBINATIONS", 53)
    plan = design(choices=CHOICES)
    one, other = (sensitivity(plan, table(), power=4, seed=seed) for seed in (1, 2))
    assert not one["first"].equals(other["first"])
    assert not one["total"].equals(other["total"])
    monkeypatch.setattr(robustness, "MOST_COMBINATIONS", 54)
    one, other = (sensitivity(plan, table(), power=4, seed=seed) for seed in (1, 2))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("seed", range(4))
def test_weights_are_drawn_with_the_seed_of_the_sensitivity(seed):
    plan = design(noise={"relative": 0.9, "draws": 2})
    found = sensitivity(plan, table(), power=3, seed=seed).set_index("output")
    ranks = replications(plan, table(), seed=seed).ranks
    assert_array_equal(found.loc[ranks.columns, "first"].isna(), ranks.loc[0] == ranks.loc[1])


def test_groups_reach_the_sensitivity():
    plan = design(
        missing={"method": "mean", "group": "side"},
        choices={"by": {"side": {}, "all": {"missing.group": None}}},
        nodes={"index": {}, "food": {"parent": "index", "weight": 9}},
    )
    last = [0.0, 0, 0, 0, 1]
    figures = pd.DataFrame(
        {"a": [np.nan, 9, 1, 2, 5], "b": [0.0, 1, 0, 0, 0], "c": last, "d": last}
    )
    groups = pd.DataFrame({"side": list("xxyyy")})
    own = index(plan, figures, groups).ranks["index"]
    other = index(plan.replaced({"missing.group": None}), figures).ranks["index"]
    assert own.tolist() == [2, 1, 5, 4, 3]
    assert other.tolist() == [3, 1, 5, 4, 2]
    found = sensitivity(plan, figures, groups).set_index("output")
    assert_array_equal(found["total"], [1, np.nan, np.nan, np.nan, 1, 1])


def test_sensitivity_is_about_one_year():
    with pytest.raises(ValueError, match="within one year: name it with year="):
        sensitivity(design(choices=CHOICES), panel())


@pytest.mark.parametrize("year", [2000, 2001])
def test_the_sensitivity_of_a_year_is_that_of_its_rows_on_their_own_scale(year):
    within = {"method": "minmax", "low": 1, "high": 9, "within": "each year"}
    plan = design(normalisation=within, choices={"mean": CHOICES["mean"], "food": CHOICES["food"]})
    figures = panel(gaps=False)
    found = sensitivity(plan, figures, year=year).set_index(["output", "choice"])
    alone = sensitivity(plan, figures.loc[year]).set_index(["output", "choice"])
    assert_allclose(found, alone)


def test_a_unit_without_a_rank_is_no_output_of_the_sensitivity():
    plan = design(
        choices={"gaps": {"open": {}, "strict": {"nodes.index.coverage": 1.0}}},
        missing={"node_coverage": 1.0},
        nodes={"index": {"coverage": 0.0}, "food": {"parent": "index"}},
    )
    lost = index(plan.replaced({"nodes.index.coverage": 1.0}), table()).ranks["index"].isna()
    assert 0 < lost.sum() < 6
    outputs = set(sensitivity(plan, table())["output"])
    assert outputs == {*lost.index[~lost], "mean shift"}


@pytest.mark.parametrize("figures", [table(), panel()], ids=["one year", "two years"])
def test_scores_of_nodes_below_the_root_are_those_of_the_index(figures):
    plan = design(choices={"mean": CHOICES["mean"], "gaps": CHOICES["gaps"]})
    found = replications(plan, figures, nodes=("food",))
    assert list(found.nodes) == ["food"]
    for row, options in found.design_matrix.iterrows():
        fields = plan.choices["mean"][options["mean"]] | plan.choices["gaps"][options["gaps"]]
        expected = index(plan.replaced(fields), figures).scores["food"]
        assert_allclose(found.nodes["food"].loc[row], expected)
    noisy = design(noise={"relative": 0.3, "draws": 4})
    alone, draws = noisy.model_copy(update={"noise": None}), noise(noisy, 0)
    found = replications(noisy, figures, count=9, nodes=("food",))
    for row, at in enumerate(found.design_matrix[NOISE]):
        one = weighted(alone, {name: factor[at] for name, factor in draws.items()})
        assert_allclose(found.nodes["food"].loc[row], index(one, figures).scores["food"])
    with pytest.raises(ValueError, match="no node 'fodd' with data; there are food, index"):
        replications(plan, figures, nodes=("fodd",))


def test_a_choice_that_does_not_reach_a_node_may_reach_the_root():
    only = {"weight": {"as it is": {}, "none": {"leaves.c.weight": 0.0}}}
    found = replications(design(choices=only), table(), nodes=("food",)).nodes["food"]
    assert_array_equal(found.loc[0], found.loc[1])
