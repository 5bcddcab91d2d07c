"""The audit of all claims beside reading every table of the data once, in a fresh process each."""

import sys
from pathlib import Path

from measure import Benchmark

ROOT = Path(__file__).resolve().parents[1]
READ = """import pathlib, sympy, pandas
[pandas.read_csv(path) for path in pathlib.Path("data").rglob("*.csv")]"""


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the one benchmark: start, read, check every claim, print."""
    command = ["env", f"--chdir={ROOT}", sys.executable, "-m", "dongbei.documents", "--json"]
    reference = ["env", f"--chdir={ROOT}", sys.executable, "-c", READ]
    return [
        Benchmark(
            "documents: audit of all claims", "pandas reading every table once", command, reference,
            lambda: None, lambda: None, 4.0,
        )
    ]  # fmt: skip
