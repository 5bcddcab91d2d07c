"""Experiments of the joint model beside ema_workbench, two workers beside one, and growth.

An experiment is one future of sixty years under one programme; a future meets thirty of them. The
reference runs the same equations with the same steps, written as one would for ema_workbench: a
plain function of one future and one programme. Workers are started before the clock is, which
happens once in a run of any length.
"""

import sys
from pathlib import Path

from measure import Benchmark

RUN = """
import os
os.environ["TQDM_DISABLE"] = "1"  # a bar would stand among the seconds
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import tempfile
import time
import numpy as np
from dongbei import chunks, policy
tried = policy.programmes()
def seconds(experiments, workers=1):
    each = chunks.processes(workers) if workers > 1 else map
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        policy.run(-(-experiments // len(tried)), folder, tried, each=each, progress=False)
        return time.perf_counter() - start
policy.futures(policy.scenarios(slice(0, 2)), tried, 1)
"""

EMA = f"""{RUN}
import warnings
from functools import cache
warnings.simplefilter("ignore")
import logging
import sympy as sp
from ema_workbench import Model, Policy, RealParameter, ScalarOutcome, perform_experiments
from ema_workbench.util import ema_logging
from dongbei.decline.parameters import SYMBOLS as LOOP
from dongbei.policy import model
from dongbei.policy.levers import schedule
from dongbei.policy.simulation import SYMBOLS
ema_logging.log_to_stderr(logging.CRITICAL)
years, steps = 60, 2
symbols = [*model.changes(), *LOOP.values(), *SYMBOLS.values(), model.base]
symbols += [*model.LEVERS.values(), model.H]
formulas = [*model.changes().values(), *model.totals().values()]
rates = sp.lambdify(symbols, formulas, "math", cse=True)
intensities, spans = schedule(tried)
@cache
def first_day(*future):  # once for the thirty programmes
    draws = {{name: np.array([value]) for name, value in zip(policy.UNCERTAINTIES, future)}}
    (state,), (parameters,) = policy.economies(draws).rows()
    hits = policy.shocks(years, draws["hit_gap"], draws["hit_phase"], draws["hit_size"])[0]
    return state.tolist(), parameters.tolist(), (-np.log1p(-hits)).tolist()
def follow(number, **future):
    y, p, rate = first_day(*(future[name] for name in policy.UNCERTAINTIES))
    sums = [0.0, 0.0, 0.0]
    for year in range(years):
        on = (spans[number, :, 0] <= year) & (year < spans[number, :, 1])
        now = [*p, *(intensities[number] * on).tolist(), rate[year]]
        for step in range(steps):
            k1 = rates(*y, *now)
            k2 = rates(*(a + b / (2 * steps) for a, b in zip(y, k1)), *now)
            k3 = rates(*(a + b / (2 * steps) for a, b in zip(y, k2)), *now)
            k4 = rates(*(a + b / steps for a, b in zip(y, k3)), *now)
            mean = [(a + 2 * b + 2 * c + d) / (6 * steps) for a, b, c, d in zip(k1, k2, k3, k4)]
            y = [a + b for a, b in zip(y, mean)]
            weight = np.exp(-0.04 * (year + (step + 0.5) / steps))
            sums = [a + weight * b for a, b in zip(sums, mean[4:])]
    return {{"share": y[0], "cost": sums[1]}}
workbench = Model("joint", function=follow)
workbench.uncertainties = [
    RealParameter(name, one.low, one.high) for name, one in policy.UNCERTAINTIES.items()
]
workbench.levers = [RealParameter("number", 0, len(tried))]
workbench.outcomes = [ScalarOutcome("share"), ScalarOutcome("cost")]
def theirs(futures):
    policies = [Policy(one.name, number=number) for number, one in enumerate(tried)]
    start = time.perf_counter()
    table, found = perform_experiments(workbench, futures, policies)
    taken = time.perf_counter() - start
    first = table["policy"] == tried[3].name
    draws = {{name: table.loc[first, name].to_numpy(float) for name in policy.UNCERTAINTIES}}
    ours = policy.futures(draws, [tried[3]]).share[:, 0]
    assert np.allclose(found["share"][first.to_numpy()], ours, rtol=1e-9), "not the same model"
    return taken / len(table)
"""

BESIDE = f"""{EMA}
own = seconds(1_000_000)
print(own)
print(1_000_000 * theirs(20))
"""

TWO = f"""{RUN}
seconds(100_000, 2)  # both workers are there
print(seconds(1_000_000, 2))
print(seconds(1_000_000))
"""

GROWTH = f"""{RUN}
seconds(100_000, 2)
print(seconds(large, 2))
print(seconds(small, 2))
"""


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the benchmarks of the room `policy`."""

    def one(name, reference, code, limit, memory_limit):
        return Benchmark(
            f"policy: {name}", reference, [sys.executable, "-c", code], None,
            lambda: None, lambda: None, limit, repeats=1, memory_limit=memory_limit,
        )  # fmt: skip

    def growth(large, small):
        return one(
            f"{large:.0e} experiments, two workers", f"{small:.0e} of them",
            f"large, small = {large}, {small}\n{GROWTH}", 11.0, 400,
        )  # fmt: skip

    return [
        one("a million experiments of 60 years", "ema_workbench", BESIDE, 1 / 150, 700),
        one("a million experiments, two workers", "one worker", TWO, 0.6, 400),
        growth(100_000, 10_000),
        growth(1_000_000, 100_000),
        growth(10_000_000, 1_000_000),
    ]
