"""Time and weigh commands as whole processes, each beside its reference in the same run."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Command = list[str | Path]


@dataclass(frozen=True)
class Benchmark:
    """A command and what it is held against.

    Attributes
    ----------
    name, reference_name
        What is measured, and what it is compared with.
    command, reference
        The two commands; they run in turn, so that a machine that drifts slows both.
    prepare, prepare_reference
        Called before each run, unmeasured: bring the files into the state to start from.
    limit
        Largest ratio of the median times that a strict run accepts.
    prints_seconds
        Whether the commands print their own time as their last line, so that what comes before
        the measured work does not count.
    memory_limit
        Largest peak memory in MiB that a strict run accepts.
    """

    name: str
    reference_name: str
    command: Command
    reference: Command
    prepare: Callable[[], None]
    prepare_reference: Callable[[], None]
    limit: float
    repeats: int = 3
    prints_seconds: bool = False
    memory_limit: float | None = None


@dataclass(frozen=True)
class Run:
    """Wall-clock seconds, and the peak memory of the largest process in MiB."""

    seconds: float
    memory: float


def run(command: Command, prints_seconds: bool = False) -> Run:
    """Run a command to its end and measure it, or read what it measured; stop if it fails."""
    start = time.perf_counter()
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output.decode()[-2000:]}")
    if prints_seconds:
        seconds = float(output.splitlines()[-1])
    return Run(seconds, usage.ru_maxrss / 1024)


def measure(benchmark: Benchmark) -> dict:
    """Run a benchmark and its reference in turn and return the row for the results."""
    runs, references = [], []
    for _ in range(benchmark.repeats):
        benchmark.prepare()
        runs.append(run(benchmark.command, benchmark.prints_seconds))
        benchmark.prepare_reference()
        references.append(run(benchmark.reference, benchmark.prints_seconds))
    seconds = statistics.median(one.seconds for one in runs)
    reference = statistics.median(one.seconds for one in references)
    return {
        "name": benchmark.name,
        "seconds": round(seconds, 3),
        "memory_mib": round(max(one.memory for one in runs), 1),
        "reference": benchmark.reference_name,
        "reference_seconds": round(reference, 3),
        "reference_memory_mib": round(max(one.memory for one in references), 1),
        "ratio": round(seconds / reference, 3),
        "limit": benchmark.limit,
        "memory_limit_mib": benchmark.memory_limit,
    }
