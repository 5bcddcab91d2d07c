"""All cuts of a table beside one `scipy.linalg.inv`, cascades beside the least a round multiplies.

Each runs in one process in which the work and its reference take turns, so that a clock that
wanders slows both.
"""

import sys
from pathlib import Path

from measure import Benchmark

TURNS = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one core beside one core
import time
import numpy as np
def turns(work, reference, repeats=8):
    best = np.full(2, np.inf)
    for _ in range(repeats):
        for place, call in enumerate((work, reference)):
            start = time.perf_counter()
            call()
            best[place] = min(best[place], time.perf_counter() - start)
    return best
"""

TABLE = f"""{TURNS}
from itertools import combinations
from scipy.linalg import inv
from dongbei.input_output import WorldTable
from dongbei.resilience.disruption.static import joint_cuts, single_cuts
random = np.random.default_rng(1987)
regions, sectors = 31, 42
n = regions * sectors
own = np.repeat(np.arange(regions), sectors)
coefficients = random.random((n, n))
coefficients[own[:, None] != own] *= 1 / (regions - 1)
coefficients *= random.uniform(0.5, 0.75, n) / coefficients.sum(axis=0)
final = random.random((n, regions))
final[np.arange(n), own] *= 4 * regions
matrix = np.eye(n) - coefficients
flows = coefficients * np.linalg.solve(matrix, final.sum(axis=1))
labels = np.array([f"R{{i}}" for i in own]), [f"s{{i % sectors}}" for i in range(n)]
ready = [WorldTable(flows, final, *labels) for _ in range(8)]  # nothing is factorised yet
for table in ready:
    table.per_unit, table.value_added_shares, table.region_of
def beside_inverse(work):
    print(*turns(lambda: work(ready.pop()), lambda: inv(matrix)), sep="\\n")
"""

EVERYBODY = """
beside_inverse(single_cuts)
"""

BOTH = """
beside_inverse(lambda table: (single_cuts(table), single_cuts(table, direction="forward")))
"""

SOME = """
some = [f"R{i}" for i in range(15)]
beside_inverse(lambda table: single_cuts(table, some))
"""

PAIRS = """
sets = np.array(list(combinations(range(300), 2)))
beside_inverse(lambda table: joint_cuts(table, sets))
"""

ROUNDS = f"""{TURNS}
from dongbei.input_output import estimated_table
from dongbei.resilience.disruption.network import cascade, supply_network
network = supply_network(estimated_table(2017))
n, shocks, rounds = len(network.product_of), 1000, 5
deliveries = np.random.default_rng(2017).random((shocks, n))
matrix, right = np.ones((n, n)), np.ones((n, shocks))
best = turns(
    lambda: cascade(network, deliveries=deliveries, second_source=0.5, rounds=rounds),
    lambda: [matrix @ right for _ in range(rounds)],
    repeats=3,
)
print(*best / rounds, sep="\\n")
"""


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the benchmarks of cuts and cascades in the room `resilience`."""

    def one(what, reference, code, limit, memory_limit=None):
        return Benchmark(
            f"disruption: {what}", reference, [sys.executable, "-c", code], None,
            lambda: None, lambda: None, limit, memory_limit=memory_limit,
        )  # fmt: skip

    # Some buyers need the inverse itself where everybody needs each region's own block of it.
    return [
        one("extraction of each of 1302 sectors", "scipy.linalg.inv", TABLE + EVERYBODY, 1.2),
        one("extraction of each, both directions", "scipy.linalg.inv", TABLE + BOTH, 1.2),
        one("each cut off from half of the regions", "scipy.linalg.inv", TABLE + SOME, 1.2),
        one("all pairs of 300 of 1302 sectors", "scipy.linalg.inv", TABLE + PAIRS, 1.2),
        one(
            "a round of 1000 cascades, 1085 rows", "one product of 1085 x 1085 by 1085 x 1000",
            ROUNDS, 3.0,
        ),
    ]  # fmt: skip
