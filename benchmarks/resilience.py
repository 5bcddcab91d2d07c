"""Thousands of indices beside one sort of as many numbers, and how time grows with their size.

Thousands of disruptions beside one of BoARIO's.
"""

import sys
from pathlib import Path

import peers
from measure import Benchmark

INDICES = """
import time
import numpy as np
import pandas as pd
from dongbei.resilience import Design, replications
random = np.random.default_rng(2018)
CHOICES = {
    "treatment": {
        "none": {"treatment.method": "none"},
        "winsorised": {"treatment.method": "winsorise"},
        "logarithm": {"treatment.method": "winsorise", "treatment.most": 0},
    },
    "scale": {name: {"normalisation.method": name} for name in ("minmax", "percentile", "rank")},
    "weights in a node": {name: {"weights": name} for name in ("given", "entropy", "critic")},
    "mean": {name: {"aggregation": name} for name in ("arithmetic", "geometric", "harmonic")},
}
def design(indicators, nodes=5):
    return Design.model_validate({
        "title": "benchmark",
        "nodes": {"all": {}} | {f"n{k}": {"parent": "all"} for k in range(nodes)},
        "leaves": {
            f"x{k}": {"parent": f"n{k % nodes}", "direction": 1 if k % 3 else -1}
            for k in range(indicators)
        },
        "treatment": {"method": "winsorise", "fallback": "log"},
        "normalisation": {"low": 1, "high": 100},
        "choices": CHOICES,
        "noise": {"relative": 0.25, "draws": 1000},
    })
def table(units, indicators):
    figures = np.exp(1.3 * random.normal(size=(units, indicators)))
    return pd.DataFrame(figures, columns=[f"x{k}" for k in range(indicators)])
def seconds(units, indicators, count):
    one, figures = design(indicators), table(units, indicators)
    start = time.perf_counter()
    replications(one, figures, count=count)
    return time.perf_counter() - start
seconds(31, 40, 100)
"""

MANY = f"""{INDICES}
print(min(seconds(units, indicators, count) for _ in range(3)))
"""

SORT = """
import timeit
import numpy as np
numbers = np.random.default_rng(2018).normal(size=(count, units, indicators))
print(min(timeit.repeat(lambda: np.sort(numbers, axis=1), number=1, repeat=3)))
"""

GROWTH = f"""{INDICES}
print(seconds(*large))
print(seconds(*small))
"""

PEER = f"""{INDICES}
print(seconds(51, 49, 10_000))
print(10_000 * 0.07)  # COINr on such a machine, per replication of its example of this shape
"""

ECONOMY = """
import time
import numpy as np
import pandas as pd
m, k, steps, count = 8, 30, 365, 10_000
n = m * k
random = np.random.default_rng(2018)
coefficients = random.random((n, n))
coefficients *= random.uniform(0.3, 0.7, n) / coefficients.sum(axis=0)
final = random.uniform(1e3, 1e5, (n, m))
flows = coefficients * np.linalg.solve(np.eye(n) - coefficients, final.sum(axis=1))
rows = pd.MultiIndex.from_product(
    [[f"R{r}" for r in range(m)], [f"s{p:02d}" for p in range(k)]], names=["region", "sector"]
)
"""

DISRUPTIONS = f"""{ECONOMY}
from dongbei.input_output import WorldTable
from dongbei.resilience.disruption import Behaviour, Loss, Shocks, simulate
table = WorldTable(flows, final, rows.get_level_values(0), rows.get_level_values(1))
lost = random.uniform(0, 1, (count, n)) * (random.random((count, n)) < 0.125)
shocks = Shocks(Loss(lost, start=1, duration=30, recovery="linear", recovery_time=30))
behaviour = Behaviour(days=30)
simulate(table, shocks.part(slice(200)), 5, behaviour, workers=2)
start = time.perf_counter()
simulate(table, shocks, steps, behaviour, workers=2)
print(time.perf_counter() - start)
"""

BOARIO = f"""
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its small products are slower on two threads
import logging
import warnings
warnings.simplefilter("ignore")
{ECONOMY}
import pymrio
from boario.event import from_series
from boario.extended_models import ARIOPsiModel
from boario.simulation import Simulation
logging.disable(logging.CRITICAL)
columns = pd.MultiIndex.from_product([rows.levels[0], ["final"]], names=["region", "category"])
table = pymrio.IOSystem(Z=pd.DataFrame(flows, rows, rows), Y=pd.DataFrame(final, rows, columns))
table.calc_all()
lost = pd.Series(random.uniform(0, 1, n), rows)[random.random(n) < 0.125]
def seconds():
    model = ARIOPsiModel(table, order_type="noalt", main_inv_dur=30)
    simulation = Simulation(model, n_temporal_units_to_sim=steps)
    simulation.add_event(from_series(
        event_type="arbitrary", impact=lost, occurrence=1, duration=30, recovery_tau=30,
        recovery_function="linear", event_monetary_factor=1,  # by default the event vanishes
    ))
    start = time.perf_counter()
    simulation.loop()
    end = time.perf_counter()
    made = simulation.production_realised.sum(axis=1)
    assert len(made) == steps, "the simulation stopped early"
    assert made.min() < 0.99 * made.iloc[0], "the event vanished"
    return end - start
print(count * min(seconds() for _ in range(3)))
"""


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the benchmarks of the room `resilience`."""

    def one(name, reference_name, code, reference, limit, memory_limit=None):
        return Benchmark(
            f"resilience: {name}", reference_name, [sys.executable, "-c", code],
            reference and [sys.executable, "-c", reference], lambda: None, lambda: None, limit,
            repeats=1, prints_seconds=bool(reference), memory_limit=memory_limit,
        )  # fmt: skip

    disruptions = Benchmark(
        "resilience: 10 000 disruptions of 8 x 30 in 365 steps", "BoARIO: 10 000 times one",
        [sys.executable, "-c", DISRUPTIONS], [peers.PYTHON, "-c", BOARIO],
        lambda: None, peers.install, 0.02, repeats=1, prints_seconds=True, memory_limit=400,
    )  # fmt: skip
    shape = "units, indicators, count = 31, 40, 10_000\n"
    return [
        one(
            "10 000 indices of 31 x 40", "one numpy.sort along the units",
            shape + MANY, shape + SORT, 20.0, memory_limit=420,
        ),
        one("10 000 indices of 51 x 49", "COINr at 0.07 s each", PEER, None, 0.01),
        one(
            "100 000 indices of 31 x 40", "10 000 of them",
            f"large, small = (31, 40, 100_000), (31, 40, 10_000)\n{GROWTH}", None, 11.0,
            memory_limit=700,
        ),
        one(
            "10 000 indices of 310 x 40", "31 x 40",
            f"large, small = (310, 40, 10_000), (31, 40, 10_000)\n{GROWTH}", None, 12.0,
        ),
        one(
            "10 000 indices of 31 x 400", "31 x 40",
            f"large, small = (31, 400, 10_000), (31, 40, 10_000)\n{GROWTH}", None, 12.0,
        ),
        disruptions,
    ]  # fmt: skip
