"""Decompositions of whole tables beside `scipy.linalg.inv`, an estimate beside `pymrio.load`.

The tables are random and well formed: half of the inputs come from the own region on average, so
that a chain crosses several borders before it fades.
"""

import sys
from pathlib import Path

from measure import Benchmark

TABLE = """
import timeit
import numpy as np
random = np.random.default_rng(1987)
n = regions * sectors
flows = random.random((n, n))
own = np.repeat(np.arange(regions), sectors)
flows[own[:, None] != own] *= 1 / (regions - 1)
flows *= random.uniform(0.5, 0.75, n) / flows.sum(axis=0)
final = random.random((n, regions))
final[np.arange(n), own] *= 4 * regions
"""

WORLD = f"""{TABLE}
from dongbei.input_output import WorldTable, borin_mancini, participation, wang_wei_zhu
from dongbei.input_output import participation_shares
flows *= np.linalg.solve(np.eye(n) - flows, final.sum(axis=1))
labels = np.array([f"R{{i}}" for i in own]), [f"s{{i % sectors}}" for i in range(n)]
def table():
    return WorldTable(flows, final, *labels)
def timed(work):
    best = []
    for _ in range(repeats):
        fresh = table()
        best.append(timeit.timeit(lambda: work(fresh), number=1))
    print(min(best))
"""

EVERYTHING = """
def everything(table):
    wang_wei_zhu(table)
    borin_mancini(table)
    borin_mancini(table, approach="sink")
    participation(table)
timed(everything)
"""

SHARES = """
timed(participation_shares)
"""

INVERSE = f"""{TABLE}
from scipy.linalg import inv
matrix = np.eye(n) - flows
print(min(timeit.repeat(lambda: inv(matrix), number=1, repeat=repeats)))
"""

ESTIMATE = """
import timeit
from dongbei.input_output import estimated_table
estimated_table(2017)
print(min(timeit.repeat(lambda: estimated_table(2017), number=1, repeat=5)))
"""

LOAD = """
import tempfile
import timeit
import numpy as np
import pandas as pd
import pymrio
regions, sectors = ([f"{kind}{i}" for i in range(count)] for kind, count in (("R", 31), ("s", 35)))
rows = pd.MultiIndex.from_product([regions, sectors], names=["region", "sector"])
uses = pd.MultiIndex.from_product([regions, ["final"]], names=["region", "category"])
random = np.random.default_rng(2017)
Z = pd.DataFrame(random.random((len(rows), len(rows))), rows, rows)
Y = pd.DataFrame(random.random((len(rows), len(uses))), rows, uses)
with tempfile.TemporaryDirectory() as folder:
    pymrio.IOSystem(Z=Z, Y=Y).save(folder)
    print(min(timeit.repeat(lambda: pymrio.load(folder), number=1, repeat=3)))
"""


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the benchmarks of the room `input_output`."""

    def beside(what, code, regions, sectors, limit, repeats=3):
        head = f"regions, sectors, repeats = {regions}, {sectors}, {repeats}\n"
        commands = ([sys.executable, "-c", head + text] for text in (WORLD + code, INVERSE))
        return Benchmark(
            f"input_output: {what}, {regions} x {sectors}", "scipy.linalg.inv", *commands,
            lambda: None, lambda: None, limit, repeats=min(repeats, 3), prints_seconds=True,
        )  # fmt: skip

    # Two of the sixteen terms need every region's own block of the inverse, which costs 0.3 of it.
    everything = "16 terms, Borin-Mancini, participation"
    return [
        beside(everything, EVERYTHING, 8, 30, 5.0, repeats=20),
        beside(everything, EVERYTHING, 31, 42, 2.2, repeats=10),
        beside(everything, EVERYTHING, 77, 45, 1.2),
        beside(everything, EVERYTHING, 313, 42, 1.2, repeats=1),
        beside("participation of regions", SHARES, 31, 42, 0.4, repeats=10),
        beside("participation of regions", SHARES, 77, 45, 0.4),
        Benchmark(
            "input_output: an estimated table, 31 x 35", "pymrio.load of a table of this size",
            *([sys.executable, "-c", code] for code in (ESTIMATE, LOAD)),
            lambda: None, lambda: None, 1.0, prints_seconds=True,
        ),
    ]  # fmt: skip
