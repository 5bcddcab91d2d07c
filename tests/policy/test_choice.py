"""Facts about criteria, fronts, preferences and the value of information."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from dongbei.policy import choice

EIGHTHS = st.integers(-40, 40).map(lambda n: n / 8)
MONOTONE = [
    "expected value",
    "maximin",
    "maximax",
    "Hurwicz",
    "minimax regret",
    "quantile regret",
    "semideviation",
    "satisficing",
]


@st.composite
def tables(draw, least=1, most=8):
    """Outcomes of a few scenarios and policies, with many ties."""
    shape = draw(st.tuples(st.integers(1, 9), st.integers(least, most)))
    return draw(arrays(float, shape, elements=EIGHTHS))


@st.composite
def weighted(draw):
    """Outcomes and how often each scenario stands there."""
    U = draw(tables())
    counts = draw(arrays(int, len(U), elements=st.integers(0, 4)))
    counts[draw(st.integers(0, len(U) - 1))] += 1
    return U, counts


def ranks(table):
    """Return {criterion: ranks of the policies}."""
    return {name: part["rank"].to_numpy() for name, part in table.groupby("criterion")}


@given(tables())
def test_regret_is_never_negative_and_zero_somewhere_in_every_scenario(U):
    R = choice.regret(U)
    assert (R >= 0).all()
    assert (R.min(axis=1) == 0).all()
    for scenario, row in enumerate(U.tolist()):
        assert R[scenario].tolist() == [max(row) - one for one in row]


@given(tables(), st.floats(0, 1), st.floats(0, 1), EIGHTHS, st.floats(0, 3))
def test_criteria_are_what_their_definitions_say(U, optimism, share, threshold, aversion):
    R = choice.regret(U)
    n = len(U)
    for policy, (one, lost) in enumerate(zip(U.T.tolist(), R.T.tolist(), strict=True)):
        mean = math.fsum(one) / n
        variance = math.fsum((x - mean) ** 2 for x in one) / n
        short = math.fsum((mean - x) ** 2 for x in one if x < mean) / n
        expected = {
            "expected_value": mean,
            "maximin": min(one),
            "maximax": max(one),
            "hurwicz": optimism * max(one) + (1 - optimism) * min(one),
            "minimax_regret": max(lost),
            "satisficing": sum(x >= threshold for x in one) / n,
            "mean_variance": mean - aversion / 2 * variance,
            "semideviation": mean - optimism * math.sqrt(short),
        }
        found = {
            "hurwicz": choice.hurwicz(U, optimism),
            "satisficing": choice.satisficing(U, threshold),
            "mean_variance": choice.mean_variance(U, aversion),
            "semideviation": choice.semideviation(U, optimism),
        }
        for name, value in expected.items():
            ours = found[name] if name in found else getattr(choice, name)(U)
            assert ours[policy] == pytest.approx(value, abs=1e-12), name
        least = next(x for x in sorted(lost) if sum(y <= x for y in lost) >= share * n)
        assert choice.quantile_regret(U, share)[policy] == least


@given(weighted(), EIGHTHS)
def test_a_scenario_of_weight_three_is_one_that_stands_there_three_times(case, threshold):
    U, counts = case
    repeated = np.repeat(U, counts, axis=0)
    R = choice.regret(repeated)
    for function, settings in [
        (choice.expected_value, ()),
        (choice.satisficing, (threshold,)),
        (choice.mean_variance, (0.7,)),
        (choice.semideviation, (0.7,)),
        (choice.quantile_regret, (0.75,)),
    ]:
        expected = function(repeated, *settings)
        for weights in (counts, counts * 0.5):
            np.testing.assert_allclose(
                function(U, *settings, weights=weights), expected, atol=1e-12
            )
    assert choice.value_of_perfect_information(U, counts).value == pytest.approx(
        R.mean(axis=0).min(), abs=1e-12
    )


@given(tables(), st.floats(0, 1))
def test_hurwicz_lies_between_maximin_and_maximax(U, optimism):
    low, between, high = choice.maximin(U), choice.hurwicz(U, optimism), choice.maximax(U)
    assert (low <= between + 1e-12).all()
    assert (between <= high + 1e-12).all()
    assert (choice.hurwicz(U, 0) == low).all()
    assert (choice.hurwicz(U, 1) == high).all()


@given(tables())
def test_quantile_regret_ends_at_the_least_and_the_largest_regret(U):
    assert (choice.quantile_regret(U, 1) == choice.minimax_regret(U)).all()
    assert (choice.quantile_regret(U, 0) == choice.regret(U).min(axis=0)).all()


def test_ninety_percent_of_ten_scenarios_are_nine():
    U = np.column_stack([np.full(10, 20.0), 20.0 - np.arange(10)])
    assert choice.quantile_regret(U)[1] == 8
    assert choice.quantile_regret(U, weights=np.full(10, 0.1))[1] == 8


@given(tables(), EIGHTHS, st.floats(0.1, 10), st.floats(-100, 100), st.floats(0, 3))
def test_ranks_do_not_change_under_affine_rescaling(U, threshold, scale, shift, aversion):
    before = choice.rankings(U, threshold=threshold, aversion=aversion)
    after = choice.rankings(
        shift + scale * U, threshold=shift + scale * threshold, aversion=aversion / scale
    )
    assert before["rank"].equals(after["rank"])
    assert before["tied"].equals(after["tied"])


@given(weighted(), st.data())
def test_a_dominated_policy_never_wins_against_its_dominator(case, data):
    U, counts = case
    drop = data.draw(arrays(float, len(U), elements=st.integers(0, 20).map(lambda n: n / 8)))
    threshold = data.draw(EIGHTHS)
    worse = np.column_stack([U[:, 0], U[:, 0] - drop, U[:, 1:]])
    found = ranks(choice.rankings(worse, counts, threshold=threshold))
    assert set(found) == set(MONOTONE)
    assert all(rank[0] <= rank[1] for rank in found.values())
    worse[:, 1] -= 1 / 8
    for name, rank in ranks(choice.rankings(worse, counts, threshold=threshold)).items():
        assert rank[0] < rank[1] or (name == "satisficing" and rank[0] == rank[1])
    assert choice.dominance(worse, strict=True)[0, 1]


def test_mean_variance_may_punish_a_windfall_and_semideviation_does_not():
    U = np.array([[0.0, 0.0], [10.0, 0.0]])
    assert choice.dominance(U)[0, 1]
    assert choice.mean_variance(U, 1).tolist() == [5 - 25 / 2, 0]
    assert choice.semideviation(U)[0] == pytest.approx(5 - math.sqrt(25 / 2))
    found = ranks(choice.rankings(U, aversion=1))
    assert found["mean-variance"].tolist() == [2, 1]
    assert found["semideviation"].tolist() == [1, 2]


@given(tables(), st.data())
def test_adding_a_dominated_policy_changes_no_regret(U, data):
    drop = data.draw(arrays(float, len(U), elements=st.integers(0, 20).map(lambda n: n / 8)))
    more = np.column_stack([U, U[:, 0] - drop])
    assert (choice.regret(more)[:, :-1] == choice.regret(U)).all()


def test_a_third_policy_turns_the_order_by_regret_round():
    U = np.array([[0.0, 4.0], [10.0, 5.0]])
    assert choice.minimax_regret(U).tolist() == [4, 5]
    more = np.column_stack([U, [10.0, 0.0]])
    assert choice.minimax_regret(more).tolist() == [10, 6, 10]


def test_several_thresholds_have_to_be_passed_at_once():
    recovery = np.array([[1.0, 3.0], [2.0, 0.0], [3.0, 3.0], [0.0, 3.0]])
    saving = np.array([[5.0, 1.0], [5.0, 9.0], [0.0, 5.0], [9.0, 9.0]])
    share = choice.satisficing(
        {"recovery": recovery, "saving": saving}, {"saving": 5.0, "recovery": 1.0}
    )
    assert share.tolist() == [0.5, 0.5]
    assert choice.satisficing({"recovery": recovery}, {"recovery": 1.0}).tolist() == [0.75, 0.75]


@given(arrays(float, 7, elements=st.floats(0.01, 1)))
def test_a_share_of_all_scenarios_is_exactly_one(weights):
    assert choice.satisficing(np.zeros((7, 3)), 0.0, weights).tolist() == [1, 1, 1]
    assert choice.prefers(np.ones(7), np.zeros(7), weights).better == 1


def test_ties_share_the_better_rank():
    U = pd.DataFrame([[1.0, 3.0, 3.0, 2.0, 1.0]], columns=list("abcde"))
    table = choice.rankings(U, threshold=2.0)
    for criterion, part in table.groupby("criterion"):
        if criterion != "satisficing":
            assert part["rank"].tolist() == [4, 1, 1, 3, 4]
            assert part["tied"].tolist() == [2, 2, 2, 1, 2]
        assert part["policy"].tolist() == list("abcde")
    passing = table[table["criterion"] == "satisficing"]
    assert passing["value"].tolist() == [0, 1, 1, 1, 0]
    assert passing["rank"].tolist() == [4, 1, 1, 1, 4]


@given(st.integers(0, 2**32 - 1))
def test_the_same_outcomes_in_another_order_tie(seed):
    random = np.random.default_rng(seed)
    one = random.normal(1000, 1, 200)
    U = np.column_stack([one, random.permutation(one), one - 1e-6])
    found = ranks(choice.rankings(U, aversion=0.5, threshold=1000.0))
    for name in ("expected value", "semideviation", "mean-variance", "satisficing", "Hurwicz"):
        assert found[name][:2].tolist() == [1, 1]
    assert found["expected value"][2] == found["semideviation"][2] == 3


def test_nothing_is_assumed_about_thresholds_and_aversion():
    assert set(choice.rankings(np.eye(2))["criterion"]) == set(MONOTONE) - {"satisficing"}
    table = choice.rankings(np.eye(3), optimism=0.25, quantile=0.5, threshold=1.0, aversion=2.0)
    values = {name: part["value"].iloc[0] for name, part in table.groupby("criterion")}
    assert values["Hurwicz"] == 0.25
    assert values["quantile regret"] == 1
    assert values["satisficing"] == pytest.approx(1 / 3)
    assert values["mean-variance"] == pytest.approx(1 / 3 - 2 / 9)
    assert table["policy"].unique().tolist() == [0, 1, 2]


@given(tables())
def test_dominance_compares_scenario_by_scenario(U):
    weak, strict = choice.dominance(U), choice.dominance(U, strict=True)
    for i, one in enumerate(U.T.tolist()):
        for j, two in enumerate(U.T.tolist()):
            pairs = list(zip(one, two, strict=True))
            assert strict[i, j] == all(a > b for a, b in pairs)
            assert weak[i, j] == (all(a >= b for a, b in pairs) and one != two)


@given(arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 4)), elements=EIGHTHS))
def test_nothing_on_the_front_is_dominated_and_all_else_is(points):
    rows = points.tolist()
    expected, weakly = [], []
    for one in rows:
        pairs = [list(zip(one, two, strict=True)) for two in rows]
        expected.append(
            not any(all(b >= a for a, b in p) and any(b > a for a, b in p) for p in pairs)
        )
        weakly.append(not any(all(b > a for a, b in p) for p in pairs))
    assert choice.pareto_front(points).tolist() == expected
    assert choice.pareto_front(points, weak=True).tolist() == weakly


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 7]))
def test_fronts_of_many_blocks_are_those_of_one(seed, block):
    random = np.random.default_rng(seed)
    two = random.integers(0, 12, (60, 2)).astype(float)
    four = random.integers(0, 5, (60, 4)).astype(float)
    whole = [choice.pareto_front(four, weak) for weak in (False, True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "BLOCK", block)
        for weak in (False, True):
            assert (choice.pareto_front(four, weak) == whole[weak]).all()
            twice = choice.pareto_front(two[:, [0, 1, 0]], weak)
            assert (twice == choice.pareto_front(two, weak)).all()


def test_a_front_of_cost_and_recovery():
    points = np.array(
        [[-1.0, 2.0], [-1.0, 2.0], [-1.0, 1.0], [-3.0, 5.0], [-4.0, 5.0], [-5.0, 4.0]]
    )
    assert choice.pareto_front(points).tolist() == [True, True, False, True, False, False]
    weak = choice.pareto_front(points, weak=True)
    assert weak.tolist() == [True, True, True, True, True, False]


@given(weighted(), st.integers(0, 4).map(lambda n: n / 8))
def test_a_preference_counts_scenarios(case, tie):
    U, counts = case
    a, b = U[:, 0], U[:, -1]
    found = choice.prefers(a, b, counts, tie)
    gains = np.repeat(a - b, counts)
    assert found.better == pytest.approx((gains > tie).mean())
    assert found.worse == pytest.approx((gains < -tie).mean())
    assert found.better + found.tied + found.worse == pytest.approx(1)
    assert found.gain.value == pytest.approx(gains.mean(), abs=1e-12)
    back = choice.prefers(b, a, counts, tie)
    assert (back.better, back.tied, back.worse) == (found.worse, found.tied, found.better)
    assert found.interval[0] <= found.better <= found.interval[1]
    same = choice.prefers(a, b, np.full(len(a), 3.0), tie)
    assert same.interval == pytest.approx(choice.prefers(a, b, None, tie).interval)


def test_never_seen_is_not_impossible():
    z2 = norm.ppf(0.975) ** 2
    found = choice.prefers(np.zeros(30), np.ones(30))
    assert found.interval == pytest.approx((0, z2 / (30 + z2)), abs=1e-12)
    # Weights 1 and 3 in turn are worth (4/2)² / (10/2) = 4/5 of a scenario each.
    weighted = choice.prefers(np.zeros(30), np.ones(30), np.tile([1.0, 3.0], 15))
    assert weighted.interval == pytest.approx((0, z2 / (24 + z2)), abs=1e-12)


def test_the_error_of_a_mean_gain_is_its_spread_over_the_root_of_the_count():
    a = np.tile([1.0, 3.0], 50)
    found = choice.prefers(a, np.zeros(100)).gain
    assert (found.value, found.standard_error) == pytest.approx((2, 1 / 10))
    weights = np.repeat([1.0, 0.0], 50)
    assert choice.prefers(a, np.zeros(100), weights).gain.standard_error == pytest.approx(
        1 / math.sqrt(50)
    )


@given(tables())
def test_knowing_the_scenario_is_worth_the_mean_regret_of_the_best_policy(U):
    found = choice.value_of_perfect_information(U)
    assert found.value >= 0
    assert found.value == pytest.approx(choice.regret(U).mean(axis=0).min(), abs=1e-12)
    assert choice.value_of_perfect_information(U[:, :1]) == choice.Estimate(0, 0)


def gaussian_value(mean, spread):
    """Return E max(0, X) - max(0, E X) of a normal X."""
    z = mean / spread
    return mean * norm.cdf(z) + spread * norm.pdf(z) - max(0, mean)


def linear(seed, count, mean=0.3, learnt=1.0, rest=1.5):
    """Return outcomes of doing nothing and of a policy that depends on two normal parameters."""
    random = np.random.default_rng(seed)
    x, y, idle = random.normal(size=(3, count))
    U = np.column_stack([np.zeros(count), mean + learnt * x + rest * y])
    return U, {"x": x, "y": y, "idle": idle}


@pytest.mark.parametrize("mean", [-0.5, 0.3])
def test_values_of_information_of_a_linear_gaussian_choice(mean):
    U, parameters = linear(1, 40_000, mean)
    perfect = choice.value_of_perfect_information(U)
    truth = gaussian_value(mean, math.hypot(1, 1.5))
    assert abs(perfect.value - truth) < 3 * perfect.standard_error
    found = choice.value_of_learning(U, parameters, seed=0).set_index("parameter")
    for name, spread in {"x": 1.0, "y": 1.5}.items():
        row, truth = found.loc[name], gaussian_value(mean, spread)
        assert 0 < row["standard_error"] < 0.02
        assert abs(row["value"] - truth) < 3 * row["standard_error"]
        assert abs(row["held_out"] - truth) < 3 * row["held_out_error"]
        assert row["held_out"] <= perfect.value
    assert found.loc["idle", "value"] < 0.002
    assert found.loc["idle", "held_out"] <= 3 * found.loc["idle", "held_out_error"]


def test_the_two_estimates_enclose_the_truth_on_average_and_their_errors_are_right():
    runs = [
        choice.value_of_learning(*linear(seed, 400), seed=seed).set_index("parameter")
        for seed in range(150)
    ]
    for name, truth in {"x": gaussian_value(0.3, 1), "idle": 0.0}.items():
        table = pd.concat([run.loc[[name]] for run in runs])
        error = table.std() / math.sqrt(len(runs))
        assert table["value"].mean() > truth - 2 * error["value"]
        assert table["held_out"].mean() < truth + 2 * error["held_out"]
        assert table["value"].mean() > table["held_out"].mean()
        assert (table["value"] >= 0).all()
        if name == "x":
            for value, its in [("value", "standard_error"), ("held_out", "held_out_error")]:
                assert table[its].mean() == pytest.approx(table[value].std(), rel=0.2)


def test_learning_classes_is_worth_what_their_means_say():
    side = np.tile([0.0, 1.0, 2.0, 2.0], 100)
    noise = np.repeat([-5.0, 5.0], 200)
    U = np.column_stack([np.full(400, 0.25), np.array([-1.0, 0.0, 1.0])[side.astype(int)] + noise])
    found = choice.value_of_learning(U, {"side": side, "other": -(side**3)}, seed=3)
    # Means of the second policy are -1, 0, 1 for a quarter, a quarter and a half: 0.25 on average.
    assert found["value"].tolist() == pytest.approx([0.375, 0.375])
    assert found["held_out"][0] == found["held_out"][1]
    choosing = np.where(side == 2, U[:, 1], 0.25) - U[:, choice.expected_value(U).argmax()]
    assert found["standard_error"][0] == pytest.approx(choosing.std() / 20)
    # What decides everything is worth as much as perfect information.
    sure = U - np.column_stack([np.zeros(400), noise])
    perfect = choice.value_of_perfect_information(sure)
    all_of_it = choice.value_of_learning(sure, {"side": side}, seed=3).iloc[0]
    assert all_of_it["value"] == all_of_it["held_out"] == perfect.value
    assert all_of_it["standard_error"] == all_of_it["held_out_error"] == perfect.standard_error


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_no_rule_gains_more_than_perfect_information(seed, policies):
    random = np.random.default_rng(seed)
    U = random.normal(size=(120, policies))
    X = {"x": random.normal(size=120), "class": random.integers(0, 9, 120)}
    found = choice.value_of_learning(U, X, seed=seed)
    perfect = choice.value_of_perfect_information(U).value
    assert (found["value"] >= 0).all()
    assert (found["held_out"] <= perfect + 1e-12).all()
    assert found["value"][1] <= perfect + 1e-12
    shifted = choice.value_of_learning(7 + 2 * U, {"x": 3 - 5 * X["x"]}, seed=seed)
    assert shifted["value"][0] == pytest.approx(2 * found["value"][0], abs=1e-9)


def test_weights_of_learning_stand_for_repetition():
    U, parameters = linear(5, 300)
    parameters["class"] = (parameters["x"] * 2).round()
    counts = np.random.default_rng(0).integers(0, 4, 300)
    found = choice.value_of_learning(U, parameters, seed=0, weights=counts)
    again = choice.value_of_learning(
        np.repeat(U, counts, axis=0),
        {name: np.repeat(x, counts) for name, x in parameters.items()},
        seed=0,
    )
    np.testing.assert_allclose(found["value"], again["value"], rtol=1e-9)


def test_learning_depends_on_its_seed_alone():
    U, parameters = linear(2, 200)
    one = choice.value_of_learning(U, parameters, seed=4)
    assert one.equals(choice.value_of_learning(U, pd.DataFrame(parameters), seed=4))
    assert not one.equals(choice.value_of_learning(U, parameters, seed=5))


GOOD = np.eye(3)
MANY = np.random.default_rng(0).normal(size=(120, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choice.expected_value([1.0, 2.0]), r"must have shape \(scenarios, policies\)"),
        (lambda: choice.maximin(np.empty((0, 3))), r"must have shape \(scenarios, policies\)"),
        (lambda: choice.regret([[1.0, np.nan]]), "row 0, column 1 is nan"),
        (lambda: choice.maximax([[1.0], [np.inf]]), "row 1, column 0 is inf"),
        (lambda: choice.regret([["a", "b"]]), "must be numbers"),
        (lambda: choice.expected_value(GOOD, [1, 2]), "weights must be 3 numbers from 0"),
        (lambda: choice.expected_value(GOOD, [1, 2, -1]), "the least is -1"),
        (lambda: choice.semideviation(GOOD, weights=[0, 0, 0]), "not all of them 0"),
        (lambda: choice.hurwicz(GOOD, 1.1), "optimism must be from 0 to 1"),
        (lambda: choice.quantile_regret(GOOD, -0.1), "quantile must be from 0 to 1"),
        (lambda: choice.semideviation(GOOD, 2), "aversion must be from 0 to 1"),
        (lambda: choice.mean_variance(GOOD, -1), "aversion must be 0 or more"),
        (lambda: choice.mean_variance(GOOD, np.nan), "aversion must be a finite number"),
        (lambda: choice.satisficing(GOOD, [1, 2]), "threshold of outcome must be a finite number"),
        (lambda: choice.satisficing({"a": GOOD}, 1), "one threshold by name for each of: a"),
        (lambda: choice.satisficing({"a": GOOD}, {"b": 1}), "one threshold by name"),
        (lambda: choice.satisficing({}, {}), "for each of: none"),
        (
            lambda: choice.satisficing({"a": GOOD, "b": GOOD[:2]}, {"a": 1, "b": 1}),
            r"the same scenarios and policies; there are a \(3, 3\), b \(2, 3\)",
        ),
        (
            lambda: choice.rankings(pd.DataFrame(GOOD, columns=list("aba"))),
            "different names; a is there twice",
        ),
        (lambda: choice.pareto_front(GOOD[0]), r"must have shape \(policies, outcomes\)"),
        (lambda: choice.prefers(GOOD[0], GOOD[0, :2]), "same scenarios of both; there are 3 and 2"),
        (lambda: choice.prefers(GOOD, GOOD), r"first must have shape \(scenarios,\)"),
        (lambda: choice.prefers(GOOD[0], GOOD[1], tie=-1), "tie must be 0 or more"),
        (lambda: choice.value_of_learning(GOOD, {}, seed=0), "100 scenarios or more; there are 3"),
        (
            lambda: choice.value_of_learning(MANY, {"x": MANY[:9, 0]}, seed=0),
            "x has 9 values for 120 scenarios",
        ),
        (lambda: choice.value_of_learning(MANY, {"x": np.ones(120)}, seed=0), "x is the same"),
        (lambda: choice.value_of_learning(MANY, {"x": MANY[:, 0]}, seed=0, folds=1), "2 to 100"),
        (lambda: choice.value_of_learning(MANY, {"x": MANY[:, 0]}, seed=0, knots=0), "1 knot"),
        (lambda: choice.value_of_learning(MANY, {"x": MANY[:, 0] * np.nan}, seed=0), "finite"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
