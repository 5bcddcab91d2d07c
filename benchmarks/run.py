"""Run every benchmark, print the tables, write `results.json` and `pages.json` beside this file."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import builds
import cluster
import decline
import disruption
import documents
import input_output
import lighthouse
import policy
import resilience
from measure import measure

RESULTS = Path(__file__).with_name("results.json")
SUITES = (documents, cluster, input_output, decline, resilience, disruption, policy, builds)


def main() -> None:
    """Measure, show, keep; fail past a limit only when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail if a ratio is past its limit")
    names = [suite.__name__ for suite in SUITES] + ["lighthouse"]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="SUITE",
        help=f"measure these and keep the other rows: {', '.join(names)}",
    )  # fmt: skip
    asked = parser.parse_args()
    strict, only = asked.strict, asked.only
    rows, kept = [], {}
    if only != names:
        kept = {row["name"]: row for row in json.loads(RESULTS.read_text(encoding="utf-8"))}
    print(f"{'benchmark':<64}{'seconds':>9}{'MiB':>8}{'reference':>11}{'ratio':>8}{'limit':>7}")
    with tempfile.TemporaryDirectory() as folder:
        suites = [suite for suite in SUITES if suite.__name__ in only]
        for benchmark in [one for suite in suites for one in suite.benchmarks(Path(folder))]:
            row = measure(benchmark)
            rows.append(row)
            print(
                f"{row['name']:<64}{row['seconds']:>9.2f}{row['memory_mib']:>8.0f}"
                f"{row['reference_seconds']:>11.2f}{row['ratio']:>8.3g}{row['limit']:>7.3g}",
                flush=True,
            )
    new = RESULTS.with_suffix(".new")
    merged = list((kept | {row["name"]: row for row in rows}).values())
    new.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")
    os.replace(new, RESULTS)
    past = [
        row["name"]
        for row in rows
        if row["ratio"] > row["limit"]
        or row["memory_mib"] > (row["memory_limit_mib"] or row["memory_mib"])
    ]
    if "lighthouse" in only:
        past += lighthouse.main()
    if past and strict:
        sys.exit(f"past the limit: {', '.join(past)}")


if __name__ == "__main__":
    main()
