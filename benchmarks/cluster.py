"""A million chains beside one pass of `numpy.prod`, and free entry beside SciPy's root in a loop.

Both are timed inside their processes, after a first call that warms up memory and caches.
"""

import sys
from pathlib import Path

from measure import Benchmark

CHAINS = """
import timeit
import numpy as np
from dongbei.cluster import ProductionChain, outcome
firms = np.random.default_rng(2002).uniform(1, 60, (10**6, 20))
costs, fixed = np.full(20, 2.0), np.full(20, 0.1)
def everything():
    outcome(ProductionChain(100, 1, firms, costs, fixed))
print(min(timeit.repeat(everything, number=1, repeat=4)))
"""

PRODUCT = """
import timeit
import numpy as np
firms = np.random.default_rng(2002).uniform(1, 60, (10**6, 20))
print(min(timeit.repeat(lambda: firms.prod(axis=-1), number=1, repeat=4)))
"""

MARKETS = """
import timeit
import numpy as np
random = np.random.default_rng(2002)
sizes, fixed = np.exp(random.uniform(3.6, 8, 100_000)), random.uniform(0.5, 1, (100_000, 3))
"""

ENTRY = f"""{MARKETS}
from dongbei.cluster import free_entry
assert free_entry(sizes, fixed).exists.all()
print(min(timeit.repeat(lambda: free_entry(sizes, fixed), number=1, repeat=3)))
"""

ROOT = f"""{MARKETS}
from scipy.optimize import root
SAMPLE = 300
def log_profit(logs, size, fixed):
    firms = np.exp(logs)
    steep = np.cumprod(1 + 1 / firms)
    return np.log(size / (firms * firms * steep * steep[-1])) - np.log(fixed)
def both():
    for size, costs in zip(sizes[:SAMPLE], fixed[:SAMPLE]):
        root(log_profit, np.log(size / costs) / 2, args=(size, costs))
        root(log_profit, np.full(3, -1.0), args=(size, costs))
print(min(timeit.repeat(both, number=1, repeat=3)) * len(sizes) / SAMPLE)
"""


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the two benchmarks of the room `cluster`."""

    def beside(name, reference_name, code, reference, limit, memory_limit=None):
        commands = ([sys.executable, "-c", text] for text in (code, reference))
        return Benchmark(
            name, reference_name, *commands, lambda: None, lambda: None, limit,
            prints_seconds=True, memory_limit=memory_limit,
        )  # fmt: skip

    return [
        beside(
            "cluster: a million chains", "numpy.prod over the firms of the same chains",
            CHAINS, PRODUCT, 20.0, memory_limit=1024,
        ),
        beside(
            "cluster: entry, 100000 markets", "scipy.optimize.root in a loop, from 300 markets",
            ENTRY, ROOT, 0.02,
        ),
    ]  # fmt: skip
