"""Facts about the conditions under which a policy fails."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from dongbei.policy import discovery

INF = float("inf")


def planted(count, parameters, seed, noise=0.0):
    """Return uniform scenarios that fail where a0 > 0.6 and a1 < 0.5, but for noise."""
    random = np.random.default_rng(seed)
    x = pd.DataFrame(
        random.random((count, parameters)), columns=[f"a{one}" for one in range(parameters)]
    )
    fails = (x["a0"] > 0.6) & (x["a1"] < 0.5)
    return x, (fails ^ (random.random(count) < noise)).to_numpy()


@pytest.mark.parametrize(("noise", "density"), [(0.0, 1.0), (0.1, 0.9)])
def test_a_planted_box_is_found(noise, density):
    x, fails = planted(4000, 6, 1, noise)
    box = discovery.discover(x, fails)
    limits = box.limits.set_index("parameter")
    assert sorted(limits.index) == ["a0", "a1"]
    assert limits.loc["a0", "low"] == pytest.approx(0.6, abs=0.02)
    assert limits.loc["a0", "high"] == INF
    assert limits.loc["a1", "low"] == -INF
    assert limits.loc["a1", "high"] == pytest.approx(0.5, abs=0.02)
    assert box.mass == pytest.approx(0.2, abs=0.02)
    assert box.density == pytest.approx(density, abs=0.03)
    # Failures outside are the noise in four fifths of the scenarios.
    share = 0.2 * (1 - noise) + 0.8 * noise
    assert box.coverage == pytest.approx(0.2 * (1 - noise) / share, abs=0.05)
    assert limits["least"].tolist() == pytest.approx([0, 0], abs=0.01)
    assert limits["most"].tolist() == pytest.approx([1, 1], abs=0.01)


def test_a_box_with_two_sides_and_whole_numbers_is_found():
    random = np.random.default_rng(7)
    x = {
        "level": random.normal(size=3000),
        "open": random.integers(0, 2, 3000),
        "firms": random.integers(1, 11, 3000),
    }
    fails = (np.abs(x["level"]) < 0.5) & (x["open"] == 1)
    limits = discovery.discover(x, fails).limits.set_index("parameter")
    assert sorted(limits.index) == ["level", "open"]
    assert limits.loc["level", ["low", "high"]].tolist() == pytest.approx([-0.5, 0.5], abs=0.05)
    assert 0 < limits.loc["open", "low"] < 1


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.6), st.sampled_from([None, 0.4, 0.9, 1.0]))
@settings(max_examples=6)
def test_measures_count_the_scenarios_inside(seed, noise, coverage):
    x, fails = planted(200, 3, seed, noise)
    box = discovery.discover(x, fails, coverage=coverage)
    assert (box.scenarios, box.failures) == (200, fails.sum())
    assert box.coverage * box.failures == pytest.approx(box.density * box.mass * box.scenarios)
    inside = box.inside(x)
    assert inside.tolist() == [
        all(low <= row[name] <= high for name, low, high in box.limits.to_numpy()[:, :3].tolist())
        for row in x.to_dict("records")
    ]
    assert box.held == inside.sum()
    assert box.failing == (inside & fails).sum()
    way = box.trajectory
    assert way.iloc[0].tolist() == [1, fails.mean(), 1, 0, way["chosen"][0]]
    assert way["chosen"].sum() == 1
    chosen = way[way["chosen"]].iloc[0]
    np.testing.assert_allclose(
        way["coverage"] * fails.sum(), way["density"] * way["mass"] * 200, atol=1e-9
    )
    if coverage is None:
        excess = way["coverage"] - way["mass"]
        assert chosen["coverage"] - chosen["mass"] == pytest.approx(excess.max())
    else:
        assert box.coverage >= coverage
        assert chosen["density"] == way.loc[way["coverage"] >= coverage, "density"].max()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.5]))
@settings(max_examples=5)
def test_a_quasi_p_value_asks_whether_a_parameter_is_needed(seed, significance):
    x, fails = planted(150, 3, seed, 0.25)
    limits = discovery.discover(x, fails, coverage=0.3, significance=significance).limits
    assert limits["quasi_p"].is_monotonic_increasing
    box = {name: (low, high) for name, low, high in limits.to_numpy()[:, :3].tolist()}

    def counts(names):
        held = np.ones(len(x), bool)
        for name in names:
            held &= x[name].between(*box[name]).to_numpy()
        return int(fails[held].sum()), int(held.sum())

    for name, p in zip(limits["parameter"], limits["quasi_p"], strict=True):
        failing, held = counts([other for other in box if other != name])
        expected = binomtest(*counts(box), failing / held, alternative="greater").pvalue
        assert p == pytest.approx(expected)
        assert p <= significance


def test_limits_that_tell_nothing_are_dropped_and_no_others():
    x, fails = planted(400, 5, 2, 0.1)
    loose = discovery.discover(x, fails, coverage=0.4, significance=1.0)
    strict = discovery.discover(x, fails, coverage=0.4)
    names = set(strict.limits["parameter"])
    assert {"a0", "a1"} <= names < set(loose.limits["parameter"])
    assert strict.coverage >= loose.coverage
    both = loose.limits.merge(strict.limits, on="parameter")
    assert both["low_x"].equals(both["low_y"])
    assert both["high_x"].equals(both["high_y"])


def test_chance_has_no_conditions():
    random = np.random.default_rng(3)
    x = dict(zip("abc", random.random((3, 2000)), strict=True))
    box = discovery.discover(x, random.random(2000) < 0.3, significance=1e-4)
    assert box.limits.empty
    assert (box.coverage, box.mass) == (1, 1)
    assert box.inside(x).all()


def test_what_a_box_leaves_is_searched_outside_it():
    random = np.random.default_rng(11)
    x = pd.DataFrame(random.random((4000, 3)), columns=list("abc"))
    first, second = x["a"] > 0.7, (x["b"] < 0.3) & (x["c"] < 0.5)
    fails = (first | second).to_numpy()
    box = discovery.discover(x, fails)
    assert box.limits["parameter"].tolist() == ["a"]
    outside = ~box.inside(x)
    rest = discovery.discover(x[outside], fails[outside])
    limits = rest.limits.set_index("parameter")["high"]
    assert limits["b"] == pytest.approx(0.3, abs=0.03)
    assert limits["c"] == pytest.approx(0.5, abs=0.03)


def test_conditions_move_with_the_scale_of_a_parameter():
    x, fails = planted(600, 3, 5, 0.05)
    plain = discovery.discover(x, fails)
    moved = discovery.discover({"scenario": 4 * x["a0"] - 2, "b": -x["a1"], "c": x["a2"]}, fails)
    plain, moved = plain.limits.set_index("parameter"), moved.limits.set_index("parameter")
    assert moved.loc["scenario", "low"] == pytest.approx(4 * plain.loc["a0", "low"] - 2)
    assert moved.loc["b", "low"] == -plain.loc["a1", "high"]


def test_the_same_input_gives_the_same_box_and_global_chance_is_left_alone():
    x, fails = planted(160, 2, 5, 0.1)
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - it is what must not move
    one, two = discovery.discover(x, fails), discovery.discover(x.copy(), fails.tolist())
    first = discovery.reproducibility(x, fails, seed=1, resamples=2)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    pd.testing.assert_frame_equal(one.limits, two.limits)
    pd.testing.assert_frame_equal(one.trajectory, two.trajectory)
    again = discovery.reproducibility(x, fails, seed=1, resamples=2, workers=2)
    other = discovery.reproducibility(x, fails, seed=2, resamples=2)
    for name in ("parameters", "boxes", "limits"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert not first.limits.equals(other.limits)


def test_what_decides_is_found_again_in_halves():
    x, fails = planted(1200, 5, 2, 0.05)
    found = discovery.reproducibility(x, fails, seed=0, resamples=12)
    table = found.parameters.set_index("parameter")
    assert table.index[:2].tolist() == ["a0", "a1"]
    assert table.loc["a0", ["restricted", "below"]].tolist() == [1, 1]
    assert table.loc["a1", ["restricted", "above"]].tolist() == [1, 1]
    assert table.loc["a0", "low"] == pytest.approx(0.6, abs=0.03)
    assert table.loc["a1", "high"] == pytest.approx(0.5, abs=0.03)
    assert (table.loc[["a2", "a3", "a4"], "restricted"] < 0.5).all()
    assert table["restricted"].is_monotonic_decreasing
    boxes = found.boxes
    assert boxes["restricted"].sum() == len(found.limits)
    assert boxes["held_out_density"].mean() == pytest.approx(0.95, abs=0.07)
    share = fails.mean()
    for part in ("", "held_out_"):  # halves keep the share of failures
        np.testing.assert_allclose(
            boxes[f"{part}coverage"] * share,
            boxes[f"{part}density"] * boxes[f"{part}mass"],
            rtol=0.01,
        )
    for name, part in found.limits.groupby("parameter"):
        assert len(part) == pytest.approx(12 * table.loc[name, "restricted"])
        finite = part["low"][part["low"] > -INF]
        assert table.loc[name, "below"] == pytest.approx(len(finite) / 12)
        if len(finite):
            assert table.loc[name, "low"] == finite.median()


def test_the_box_left_out_is_as_good_as_the_scenarios_left_out_say():
    x, fails = planted(400, 2, 9, 0.1)
    found = discovery.reproducibility(x, fails, seed=3, resamples=1)
    limits = found.limits.set_index("parameter")
    inside = np.ones(400, bool)
    for name, row in limits.iterrows():
        inside &= x[name].between(row["low"], row["high"]).to_numpy()
    box = found.boxes.iloc[0]
    total = box["mass"] * 200 + box["held_out_mass"] * 200
    assert total == pytest.approx(inside.sum(), abs=1)


def test_rare_failures_are_found_in_a_small_box():
    random = np.random.default_rng(4)
    x = pd.DataFrame(random.random((4000, 3)), columns=list("abc"))
    fails = ((x["a"] > 0.9) & (x["b"] > 0.9)).to_numpy()
    assert fails.mean() < 0.02
    box = discovery.discover(x, fails)
    assert box.density > 0.8
    assert box.coverage > 0.8
    wide = discovery.discover(x, fails, least_mass=0.2)
    assert wide.mass >= 0.2
    assert wide.density < 0.1


def test_the_library_may_warn_elsewhere_only():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        discovery.discover(*planted(100, 2, 0))


X, FAILS = planted(60, 2, 0)


@pytest.mark.parametrize(
    ("parameters", "fails", "settings", "message"),
    [
        (X, np.zeros(60, bool), {}, "fails in no scenario"),
        (X, np.ones(60, bool), {}, "fails in every scenario"),
        (X, FAILS[:50], {}, r"a0 has shape \(60,\) for 50 scenarios"),
        (X, FAILS * 0.5, {}, "fails must be true or false"),
        (X, FAILS[:, None], {}, "fails must be true or false"),
        (X.assign(a1=1.0), FAILS, {}, "a1 is the same in every scenario: leave it out"),
        (X.assign(a1=np.nan), FAILS, {}, "a1 must be finite"),
        (X.assign(a1="high"), FAILS, {}, "a1 must be numbers; give categories"),
        (X.set_axis(["a", "a"], axis=1), FAILS, {}, "under a name of its own"),
        ({}, FAILS, {}, "give one parameter or more"),
        (X.to_numpy(), FAILS, {}, "give parameters as a frame"),
        ({}, [], {}, "give one parameter or more"),
        ({"a": []}, [], {}, "fails in no scenario"),
        (X, FAILS, {"peel": 0}, "peel must be above 0"),
        (X, FAILS, {"paste": 0.6}, "paste must be above 0 and at most 0.5"),
        (X, FAILS, {"least_mass": 1}, "least_mass must be between 0 and 1"),
        (X, FAILS, {"significance": -1}, "significance must be from 0 to 1"),
        (X, FAILS, {"coverage": 0}, "coverage must be above 0"),
        (X, FAILS, {"coverage": 1.1}, "coverage must be above 0 and at most 1"),
        (X, FAILS, {"peel": 0.001}, "too many steps"),
    ],
)
def test_what_cannot_be_explained_is_refused(parameters, fails, settings, message):
    with pytest.raises(ValueError, match=message):
        discovery.discover(parameters, fails, **settings)


def test_halves_and_boxes_refuse_what_is_missing():
    few = np.zeros(60, bool)
    few[:3] = True
    with pytest.raises(ValueError, match="4 scenarios that fail and 4 that do not; 3 do"):
        discovery.reproducibility(X, few, seed=0)
    with pytest.raises(ValueError, match="4 that do not; 3 do"):
        discovery.reproducibility(X, ~few, seed=0)
    with pytest.raises(ValueError, match="resamples must be 1 or more"):
        discovery.reproducibility(X, FAILS, seed=0, resamples=0)
    box = discovery.discover(X, FAILS)
    with pytest.raises(ValueError, match="a1 is missing"):
        box.inside(X[["a0"]])
