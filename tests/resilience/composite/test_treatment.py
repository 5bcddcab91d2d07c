"""Outliers, against a loop that follows the rule point by point."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize_scalar

from dongbei.resilience import Design, prepare
from dongbei.resilience.composite.design import Treatment
from dongbei.resilience.composite.treatment import shape, treated

lists = st.lists(
    st.one_of(
        st.integers(0, 9).map(float),
        st.floats(0, 5).map(lambda x: float(f"{math.exp(2 * x):.3g}")),
        st.floats(0, 4).map(lambda x: -float(f"{math.exp(2 * x):.3g}")),
    ),
    min_size=4,
    max_size=30,
)
rules = st.builds(
    Treatment,
    method=st.just("winsorise"),
    skewness=st.sampled_from([0.5, 1, 2]),
    kurtosis=st.sampled_from([0.5, 2, 3.5]),
    most=st.integers(0, 6),
)


def moments(values):
    """Sample skewness and excess kurtosis, by their textbook formulas."""
    n, mean = len(values), math.fsum(values) / len(values)
    apart = [x - mean for x in values]
    second = math.fsum(d**2 for d in apart) / n
    if second == 0:
        return math.nan, math.nan
    g1 = math.fsum(d**3 for d in apart) / n / second**1.5
    g2 = math.fsum(d**4 for d in apart) / n / second**2 - 3
    skewness = g1 * math.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6)
    return skewness, kurtosis


def passes(values, rule):
    skewness, kurtosis = moments(values)
    return not (abs(skewness) > rule.skewness and kurtosis > rule.kurtosis)


def winsorised_by_hand(values, rule):
    """Move one extreme after the other to the nearest value that is none."""
    values, moved = list(values), set()
    while not passes(values, rule):
        end = max if moments(values)[0] > 0 else min
        extreme = end(values)
        extremes = {i for i, x in enumerate(values) if x == extreme}
        if len(moved | extremes) > rule.most or len(set(values)) < 3:
            break
        nearest = end(x for x in values if x != extreme)
        moved |= extremes
        for i in extremes:
            values[i] = nearest
    return values, len(moved)


@given(values=lists)
def test_skewness_and_kurtosis_are_those_of_a_sample(values):
    found = [part[0] for part in shape(np.array(values)[:, None])]
    if len(set(values)) > 1:
        assert_allclose(found, moments(values), rtol=1e-6, atol=1e-6)
    frame = pd.Series([*values, np.nan])
    with_gap = [part[0] for part in shape(frame.to_numpy()[:, None])]
    if len(set(values)) > 1:
        assert_allclose(with_gap, [frame.skew(), frame.kurt()], rtol=1e-6, atol=1e-6)


@given(values=lists, rule=rules, gaps=st.integers(0, 3))
def test_winsorising_follows_the_rule_point_by_point(values, rule, gaps):
    figures = pd.DataFrame({"x": [*values, *[np.nan] * gaps]})
    found, log = treated(figures, rule)
    if passes(values, rule):
        assert found["x"].equals(figures["x"])
        assert log.empty
        return
    expected, moved = winsorised_by_hand(values, rule)
    assert_array_equal(found["x"], [*expected, *[np.nan] * gaps])
    assert log.loc[0, ["leaf", "treatment", "points"]].tolist() == ["x", "winsorised", moved]
    assert moved <= rule.most
    assert log.loc[0, "mended"] == passes(expected, rule)
    assert_allclose(log.loc[0, ["skewness", "kurtosis"]].astype(float), moments(expected))


@given(values=lists, rule=rules, fallback=st.sampled_from(["none", "log"]))
def test_treatment_never_turns_an_order_round(values, rule, fallback):
    rule = rule.model_copy(update={"fallback": fallback})
    found, _ = treated(pd.DataFrame({"x": values}), rule)
    order = np.argsort(values, kind="stable")
    assert (np.diff(found["x"].to_numpy()[order]) >= 0).all()


@settings(max_examples=40)
@given(columns=st.lists(st.tuples(lists, st.booleans()), min_size=1, max_size=4), rule=rules)
def test_every_leaf_is_treated_as_if_it_were_alone(columns, rule):
    long = max(len(values) for values, _ in columns)
    figures = pd.DataFrame(
        {f"x{i}": [*v, *[np.nan] * (long - len(v))] for i, (v, _) in enumerate(columns)}
    )
    together, log = treated(figures, rule)
    alone = [treated(figures[[name]], rule) for name in figures]
    pd.testing.assert_frame_equal(together, pd.concat([one for one, _ in alone], axis=1))
    assert log["leaf"].tolist() == [name for _, one in alone for name in one["leaf"]]


def test_a_heavy_tail_is_needed_beside_a_skew():
    skewed = pd.DataFrame({"x": [0.0] * 19 + [1.0]})
    assert moments(skewed["x"])[0] > 4
    for rule in (
        Treatment(method="winsorise", skewness=5, kurtosis=1),
        Treatment(method="winsorise", skewness=1, kurtosis=50),
        Treatment(),
    ):
        found, log = treated(skewed, rule)
        assert found is skewed
        assert log.empty


@pytest.mark.parametrize("most", [0, 5])
def test_a_leaf_of_two_values_is_not_made_constant(most):
    figures = pd.DataFrame({"x": [0.0] * 19 + [1.0]})
    untouched, log = treated(figures, Treatment(method="winsorise", most=most))
    assert_array_equal(untouched, figures)
    assert log.loc[0, ["points", "mended"]].tolist() == [0, False]


def test_a_leaf_that_does_not_vary_or_has_few_figures_has_no_shape():
    figures = pd.DataFrame({"flat": [0.1] * 9, "few": [1.0, 2, 9, *[np.nan] * 6]})
    skewness, kurtosis = shape(figures.to_numpy())
    assert_array_equal(np.isnan([skewness, kurtosis]), [[True, False], [True, True]])
    for rule in (Treatment(method="winsorise"), Treatment(method="winsorise", fallback="log")):
        assert treated(figures, rule)[1].empty


def test_points_that_share_an_extreme_are_moved_together_or_not_at_all():
    figures = pd.DataFrame({"x": [*range(30), 900.0, 900.0]})
    one, _ = treated(figures, Treatment(method="winsorise", most=1))
    assert_array_equal(one, figures)
    two, log = treated(figures, Treatment(method="winsorise", most=2))
    assert two["x"].max() == 29
    assert log.loc[0, "points"] == 2


def test_points_moved_once_and_moved_again_count_once():
    figures = pd.DataFrame({"x": [*range(40), 800.0, 900.0, 1000.0]})
    found, log = treated(figures, Treatment(method="winsorise", most=3))
    assert log.loc[0, "points"] == 3
    assert found["x"].max() == 39


def test_points_moved_at_one_end_count_when_the_other_end_is_treated():
    figures = pd.DataFrame({"x": [-600.0, *range(40), 1000.0]})
    one, log = treated(figures, Treatment(method="winsorise", most=1))
    assert log.loc[0, ["points", "mended"]].tolist() == [1, False]
    assert one["x"].agg(["min", "max"]).tolist() == [-600, 39]
    both, log = treated(figures, Treatment(method="winsorise", most=2))
    assert log.loc[0, ["points", "mended"]].tolist() == [2, True]
    assert both["x"].agg(["min", "max"]).tolist() == [0, 39]


def test_a_leaf_skewed_to_the_left_is_mended_at_its_low_end():
    right = pd.DataFrame({"x": [*range(1, 11), 30.0, 100.0]})
    rule = Treatment(method="winsorise")
    found, _ = treated(right, rule)
    mirrored, _ = treated(-right, rule)
    assert_array_equal(mirrored, -found)
    assert found["x"].max() == 30


def test_the_logarithm_takes_the_place_of_what_winsorising_could_not_mend():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 900, 1e6])
    rule = Treatment(method="winsorise", most=0, fallback="log")
    found, log = treated(pd.DataFrame({"x": values}), rule)
    expected = [math.log(x - 1 + 0.01 * (1e6 - 1)) for x in values]
    assert_allclose(found["x"], expected)
    assert log.loc[0, ["treatment", "points"]].tolist() == ["log", 0]
    assert_allclose(log.loc[0, ["skewness", "kurtosis"]].astype(float), moments(expected))
    assert log.loc[0, "mended"] == passes(expected, rule)


def test_the_fall_back_starts_from_the_figures_as_they_were():
    values = np.array([*range(20), 500.0, 5e4, 5e6])
    rule = Treatment(method="winsorise", most=1, fallback="log")
    found, _ = treated(pd.DataFrame({"x": values}), rule)
    assert_allclose(found["x"], np.log(values + 5e4))


def test_a_leaf_that_winsorising_mends_needs_no_fall_back():
    figures = pd.DataFrame({"x": [*range(1, 11), 30.0, 100.0]})
    with_none, _ = treated(figures, Treatment(method="winsorise"))
    with_log, log = treated(figures, Treatment(method="winsorise", fallback="log"))
    assert with_log.equals(with_none)
    assert log.loc[0, "treatment"] == "winsorised"


def test_box_cox_takes_the_most_likely_power():
    values = np.exp(np.random.default_rng(3).normal(size=60) ** 3)
    rule = Treatment(method="winsorise", most=0, fallback="box-cox")
    gap = pd.DataFrame({"x": [*values, np.nan]})
    found, log = treated(gap, rule)
    assert log.loc[0, "treatment"] == "box-cox"

    def unlikely(power):
        moved = np.expm1(power * np.log(values)) / power
        return len(values) / 2 * np.log(moved.var()) - (power - 1) * np.log(values).sum()

    power = minimize_scalar(unlikely, bounds=(-3, 3), method="bounded").x
    assert_allclose(found["x"][:60], (values**power - 1) / power, rtol=1e-4)
    assert np.isnan(found["x"][60])


def test_box_cox_of_what_is_not_positive_is_refused():
    figures = pd.DataFrame({"deaths": [0.0] * 19 + [1.0]})
    rule = Treatment(method="winsorise", most=0, fallback="box-cox")
    with pytest.raises(ValueError, match="'deaths' has 0; choose the fall-back log, or treat: fal"):
        treated(figures, rule)


def plan(**leaf):
    return Design(
        title="t",
        nodes={"index": {}},
        leaves={
            "x": {"parent": "index", "direction": 1} | leaf,
            "y": {"parent": "index", "direction": 1},
        },
        treatment={"method": "winsorise"},
    )


TABLE = pd.DataFrame({name: [*range(1, 11), 30.0, 100.0] for name in "xy"})


def test_a_leaf_may_be_exempt():
    found = prepare(plan(treat=False), TABLE)
    assert found.outliers["leaf"].tolist() == ["y"]
    assert_allclose(found.scores["x"], (TABLE["x"] - 1) / 99)
    assert_allclose(found.scores["y"], (TABLE["y"].clip(upper=30) - 1) / 29)


def test_figures_are_shown_as_they_were_before_treatment():
    assert_array_equal(prepare(plan(), TABLE).figures, TABLE)


@pytest.mark.parametrize("method", ["goalposts", "target"])
def test_goalposts_do_not_fit_a_leaf_that_a_fall_back_has_moved(method):
    leaf = {
        "goalposts": (0, 200),
        "target": 200,
        "normalisation": {"method": method, "outside": "keep"},
    }
    moved = plan(**leaf).replaced({"treatment.most": 0, "treatment.fallback": "log"})
    with pytest.raises(ValueError, match=f"'x': the fall-back .* its {method} .* treat: false"):
        prepare(moved, TABLE)
    assert prepare(moved.replaced({"leaves.x.treat": False}), TABLE).outliers["leaf"].item() == "y"
    assert prepare(plan(**leaf), TABLE).outliers["points"].tolist() == [1, 1]
