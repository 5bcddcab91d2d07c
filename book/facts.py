"""What the page *How this report is made and checked* states: counted and read, never typed."""

import ast
import hashlib
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat

import execution
import pages
import takeaway
from dongbei import documents
from dongbei import policy as policy_options
from dongbei.charts.figures import MIME
from execution import ROOT


def table(heads: list[str], rows: list[list]) -> str:
    """Write a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


class Chapter:
    """An executed chapter: its text's path, its notebook, title, page and figures."""

    def __init__(self, path: Path, source: Path):
        self.path = path
        self.page = (
            execution.notebook_path(path).relative_to(ROOT / "book").with_suffix("").as_posix()
        )
        self.notebook = nbformat.read(source / f"{self.page}.ipynb", as_version=4)
        self.text = "\n".join(cell.source for cell in self.notebook.cells)
        words = (cell.source for cell in self.notebook.cells if cell.cell_type == "markdown")
        self.title = re.search(r"^# (.+)", "\n".join(words), flags=re.M)[1]
        self.code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        outputs = [output for cell in self.code for output in cell.outputs]
        self.figures = [one["data"][MIME] for one in outputs if MIME in one.get("data", {})]

    def is_fresh(self) -> bool:
        """Say whether the notebook was made from what stands in the checkout."""
        made_from = execution.fingerprint(self.path)
        return self.notebook.metadata["seal"] == execution.seal(made_from, self.notebook)


def chapters(source: Path) -> list[Chapter]:
    """Read all executed chapters of the book in a folder of sources."""
    return [Chapter(path, source) for path in execution.chapters()]


def test_functions(path: Path) -> int:
    """Count the test functions of a file, or of all files below a folder."""
    files = path.rglob("test_*.py") if path.is_dir() else [path]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    return sum(node.name.startswith("test_") for node in functions)


def checks(source: Path) -> str:
    """Tell the state of every check that the build can see."""
    read = chapters(source)
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    tables = package["resources"]
    facts = [
        re.findall(r"^\s*assert ", cell.source, flags=re.M) for one in read for cell in one.code
    ]
    rows = [
        ["notebooks made from today's text, code, data and lock",
         f"{sum(one.is_fresh() for one in read)} of {len(read)}"],
        ["cells whose outputs a second execution must give again",
         sum(len(one.code) for one in read)],
        ["numbers in sentences that are read from outputs",
         sum(one.text.count("{glue:text}") for one in read)],
        ["facts that chapters assert behind their sentences", sum(map(len, facts))],
        ["figures, each with alternative text, source line and data",
         sum(len(one.figures) for one in read)],
        ["claims of the documents with a computed verdict", len(documents.ledger())],
        ["tables whose bytes are those of the descriptor",
         f"{sum(map(unchanged, tables))} of {len(tables)}"],
    ]  # fmt: skip
    return table(["check", "state at this build"], rows)


def unchanged(resource: dict) -> bool:
    """Say whether a table has the hash that its descriptor states."""
    content = (ROOT / "data" / resource["path"]).read_bytes()
    return resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def tests(source: Path) -> str:
    """Count the tests of each room and of the book."""
    root = ROOT / "tests"
    counts = {
        f"`{one.name}`": test_functions(one) for one in sorted(root.iterdir()) if one.is_dir()
    }
    counts["several rooms"] = sum(test_functions(one) for one in sorted(root.glob("test_*.py")))
    rows = [[name, count] for name, count in counts.items() if count]
    return table(["tests of", "facts"], rows)


def speed(source: Path) -> str:
    """Show what was measured last, beside a peer or the physical floor in the same run."""
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    rows = [
        [one["name"], one["reference"], f"{one['ratio']:.2g}", f"{one['limit']:.2g}",
         "yes" if one["ratio"] <= one["limit"] else "no"]
        for one in results
    ]  # fmt: skip
    return table(["task", "measured against", "ratio of times", "limit", "kept"], rows)


def billion(source: Path) -> str:
    """Say what a thousand million experiments would cost, by what a million were measured to."""
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    rows = {one["name"]: one for one in results}
    million = rows["policy: a million experiments of 60 years"]
    two = rows["policy: a million experiments, two workers"]
    many = rows["policy: 1e+07 experiments, two workers"]
    hours = 1000 * million["seconds"] / 3600
    count = len(policy_options.programmes())
    chunk = count * inspect.signature(policy_options.run).parameters["size"].default
    return (
        f"The largest task of the report is the joint model in many futures under "
        f"{count} programmes. A million experiments of sixty years took "
        f"{million['seconds']:.0f} seconds on one core, and {1 / million['ratio']:.0f} times as "
        f"long in `ema_workbench`; two workers need {two['ratio']:.2f} of one worker's time. From "
        f"a million to ten million the time grew by a factor of {many['ratio']:.1f}, the memory "
        f"stayed at {many['memory_mib']:.0f} MiB, since only the chunks under way are held. A "
        f"billion are therefore {hours:.1f} core-hours: {60 * hours / 64:.0f} minutes on a Dask "
        f"cluster of 64 cores if nothing waits, in {1e9 / chunk:.0f} chunks of {chunk} "
        f"experiments that each take {chunk / 1e6 * million['seconds']:.1f} seconds. This "
        f"last step is on paper: the cluster of the tests has two workers on one machine."
    )


def weights(source: Path) -> str:
    """Show how Lighthouse marked one page of each kind when it was measured last."""
    rows = json.loads((ROOT / "benchmarks" / "pages.json").read_text(encoding="utf-8"))
    heads = ["page", "seen by", "performance", "accessibility", "best practices", "SEO",
             "first paint, s", "shift", "KiB", "runs"]  # fmt: skip
    return table(heads, [
        [row["kind"], row["device"], *(row[name] for name in ("performance", "accessibility",
         "best-practices", "seo")), f"{row['first_paint_ms'] / 1000:.1f}",
         f"{row['layout_shift']:.3f}", f"{row['kib']:.0f}", row["runs"]]
        for row in rows
    ])  # fmt: skip


def environment(source: Path) -> str:
    """List the packages that the project names, in their locked versions, and why each is there."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", lock, flags=re.M))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'^    "([\w.-]+)[^"]*", *(?:# (.*))?$', project, flags=re.M)
    rows = [
        [f"`{name}`", versions[key], why]
        for name, why in sorted(named, key=lambda one: one[0].lower())
        if (key := name.lower().replace("_", "-")) in versions
    ]
    return table(["package", "version", "here because"], rows)


def controls(source: Path) -> str:
    """List what a reader can change in the browser: the figures with controls."""
    rows = []
    for chapter in chapters(source):
        for spec in chapter.figures:
            meta = spec["usermeta"]
            bound = [*spec.get("params", []), *meta.get("dynamics", {}).get("params", [])]
            names = [one["bind"].get("name", one["name"]).strip() for one in bound if "bind" in one]
            if names:
                address = f"{chapter.page}.html#chart-{meta['name']}"
                rows.append([f'<a href="{address}">{chapter.title}</a>', ", ".join(names)])
    return table(["figure in", "its controls"], rows)


def used(source: Path, room: str) -> str:
    """List the chapters that call a room of the package."""
    links = [
        f'<a href="../{one.page}.html">{one.title}</a>'
        for one in chapters(source)
        if room in takeaway.rooms(one.page)
    ]
    return f"Called by: {', '.join(links)}." if links else "No chapter calls it directly."


def policy(source: Path) -> str:
    """Show the content security policy as a header that a host can send."""
    return f"```text\nContent-Security-Policy: {pages.POLICY}\n```"


FACTS: dict[str, Callable[..., str]] = {
    one.__name__: one
    for one in (checks, tests, speed, environment, controls, used, policy, weights, billion)
}
