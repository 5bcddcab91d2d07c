"""Futures, the story's economies among them, and runs in chunks."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from dongbei import chunks
from dongbei.decline import told
from dongbei.decline.story import RANGES
from dongbei.policy.ensemble import (
    KEPT,
    UNCERTAINTIES,
    after,
    economies,
    futures,
    programmes,
    run,
    scenarios,
)
from dongbei.policy.levers import Measure, Programme
from dongbei.policy.simulation import paths

NOTHING = Programme("nothing")
TRIED = [NOTHING, Programme("users", {"user_subsidy": Measure(0.1, 0, 10)})]


def story(count, seed=3):
    random = np.random.default_rng(seed)
    return {name: random.uniform(*ends, count) for name, ends in RANGES.items()}


def test_a_future_is_the_same_in_any_slice():
    whole = scenarios(slice(0, 300), seed=5)
    part = scenarios(slice(129, 201), seed=5)
    for name, values in part.items():
        assert_array_equal(values, whole[name][129:201])
    assert list(whole) == list(UNCERTAINTIES)


def test_futures_fill_their_ranges_evenly():
    found = scenarios(slice(0, 1024))
    for name, one in UNCERTAINTIES.items():
        low, middle, high = np.quantile(found[name], [0, 0.5, 1])
        assert one.low <= low < one.at(0.01)
        assert one.at(0.99) < high <= one.high
        assert one.at(0.49) < middle < one.at(0.51)
    other = scenarios(slice(0, 1024), seed=1)
    assert not np.isclose(other["share"], found["share"]).all()


def test_choice_and_margin_are_units_of_the_loop_alone():
    draws = scenarios(slice(0, 64)) | {
        "cluster_weight": np.zeros(64),
        "rival_strength": np.zeros(64),
    }
    other = draws | {"choice": draws["choice"][::-1], "margin": np.full(64, 0.25)}
    one, two = (paths(economies(each), [NOTHING], 40)["share"] for each in (draws, other))
    assert_allclose(one, two, rtol=1e-9)


def test_the_first_day_goes_on_from_todays_share():
    """Without a head start, knowledge holds today's share on the first day."""
    draws = scenarios(slice(0, 64)) | {"head_start": np.zeros(64), "cluster_weight": np.zeros(64)}
    economy = economies(draws)
    early = paths(economy, [NOTHING], 1, steps=512)["share"]
    ahead = paths(economies(draws | {"head_start": np.ones(64)}), [NOTHING], 1, steps=512)["share"]
    assert (ahead[..., 1] > early[..., 1]).all()
    loop = economy.loop
    pull = loop.choice * (economy.knowledge - economy.rivals - loop.barrier)
    assert_allclose(1 / (1 + np.exp(-pull)), draws["share"], rtol=1e-12)
    taught = loop.rival_yield * (1 - economy.share) - loop.rival_obsolescence * economy.rivals
    assert_allclose(taught, 0, atol=1e-15)


def test_a_history_goes_on_as_the_story_does():
    told_so_far = story(50)
    draws = after(told_so_far, scenarios(slice(0, 50)) | {"cluster_weight": np.zeros(50)})
    found = paths(economies(draws), [NOTHING], 40, steps=32)["share"][:, 0]
    expected = told(told_so_far, [1978.0, 2024.0, 2044.0, 2064.0]).share[1:].T
    assert_allclose(found[:, [0, 20, 40]], expected, atol=1e-4)


def test_shocks_of_a_future_are_its_own():
    draws = scenarios(slice(0, 32))
    quiet = futures(draws | {"hit_size": np.zeros(32)}, TRIED)
    assert (quiet.hit == 0).all()
    struck = futures(draws, TRIED)
    assert (struck.hit > 0).all()
    assert (struck.sales <= quiet.sales + 1e-9).all()


def test_the_programmes_of_the_report():
    tried = programmes()
    assert len({one.name for one in tried}) == len(tried) == 30
    assert tried[0].measures == {}
    first = {one.name: one for one in tried}
    inward, outward = first["inward, then outward (001)"], first["outward, then inward"]
    assert inward.measures["internal_market"].begin < inward.measures["external_opening"].begin
    assert outward.measures["internal_market"].begin > outward.measures["external_opening"].begin


def test_a_run_in_chunks_is_the_run(tmp_path):
    run(100, tmp_path, TRIED, years=20, size=32, progress=False)
    found = chunks.read(tmp_path)
    expected = futures(scenarios(slice(0, 100)), TRIED, 20)
    for outcome in KEPT:
        for place, one in enumerate(TRIED):
            assert_array_equal(
                found[f"{outcome}: {one.name}"], getattr(expected, outcome)[:, place]
            )
    assert found.shape == (100, 2 * len(KEPT))
    assert isinstance(found.index, pd.RangeIndex)


def test_a_folder_belongs_to_programmes_and_ranges(tmp_path):
    run(10, tmp_path, TRIED, years=5, size=8, progress=False)
    for other in (
        {"tried": [NOTHING, TRIED[1].scaled(2)]},
        {"years": 6},
        {"seed": 1},
        {"count": 11},
    ):
        with pytest.raises(ValueError, match="holds another run"):
            run(**({"count": 10, "folder": tmp_path, "tried": TRIED, "years": 5, "size": 8,
                    "progress": False} | other))  # fmt: skip


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="different names"):
        run(10, tmp_path, [NOTHING, NOTHING])
    with pytest.raises(ValueError, match="numbered from 0"):
        scenarios(slice(5, 5))
    with pytest.raises(ValueError, match=r"look at \['stock_cost'\]"):
        economies({k: v for k, v in scenarios(slice(0, 4)).items() if k != "stock_cost"})
