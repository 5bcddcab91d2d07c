"""What the page *How this report is made and checked* states: counted and read, never typed."""

import ast
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat

import execution
import pages
from dongbei import documents
from dongbei.charts.figures import MIME
from execution import ROOT


def table(heads: list[str], rows: list[list]) -> str:
    """Write a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def notebooks() -> list[tuple[Path, nbformat.NotebookNode]]:
    """Read all executed chapters, each with the path of its text."""
    paths = execution.chapters()
    return [(path, nbformat.read(execution.notebook_path(path), as_version=4)) for path in paths]


def figures(notebook: nbformat.NotebookNode) -> list[dict]:
    """Return the specifications of a notebook's figures."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


def tests_in(folder: Path) -> int:
    """Count test functions; each may run on many inputs."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("test_*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in nodes)


def checks() -> str:
    """Tell the state of every check that the build can see."""
    books = notebooks()
    code = [cell for _, book in books for cell in book.cells if cell.cell_type == "code"]
    fresh = sum(not execution.is_stale(path) for path, _ in books)
    asserts = sum(len(re.findall(r"^\s*assert ", cell.source, flags=re.M)) for cell in code)
    glued = sum("glue:text" in cell.source for _, book in books for cell in book.cells)
    numbers = sum(cell.source.count("{glue:text}") for _, book in books for cell in book.cells)
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    whole = [one for one in package["resources"] if unchanged(one)]
    verdicts = len(documents.ledger())
    rows = [
        ["executed notebooks, made from today's text, code, data and lock", f"{fresh} of {len(books)}"],
        ["cells whose outputs nbval compares with a second execution", len(code)],
        ["numbers in sentences that are read from outputs", numbers],
        ["facts that chapters assert behind their sentences", asserts],
        ["figures, each with alternative text, source line and data", sum(len(figures(book)) for _, book in books)],
        ["claims of the documents with a computed verdict", verdicts],
        ["tables whose bytes are those of the descriptor", f"{len(whole)} of {len(package['resources'])}"],
    ]  # fmt: skip
    assert glued, "no chapter quotes a number"
    return table(["check", "state at this build"], rows)


def unchanged(resource: dict) -> bool:
    """Say whether a table has the hash that its descriptor states."""
    content = (ROOT / "data" / resource["path"]).read_bytes()
    return resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def tests() -> str:
    """Count the tests of each room and of the book."""
    root = ROOT / "tests"
    rows = [
        [f"`{folder.name}`", tests_in(folder)]
        for folder in sorted(root.iterdir())
        if folder.is_dir() and tests_in(folder)
    ]
    rows.append(["across rooms", sum(tests_in_file(path) for path in root.glob("test_*.py"))])
    return table(["tests of", "facts"], rows)


def tests_in_file(path: Path) -> int:
    """Count the test functions of one file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in nodes)


def speed() -> str:
    """Show what was measured last, beside a peer or the physical floor in the same run."""
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    rows = [
        [one["name"], one["reference"], f"{one['ratio']:.2g}", f"{one['limit']:.2g}",
         "yes" if one["ratio"] <= one["limit"] else "no"]
        for one in results
    ]  # fmt: skip
    return table(["task", "measured against", "ratio of times", "limit", "kept"], rows)


def environment() -> str:
    """List the packages that the project names, in their locked versions, and why each is there."""
    lock = dict(
        re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", (ROOT / "requirements.txt").read_text(), flags=re.M)
    )
    named = re.findall(r'^    "([A-Za-z0-9_.-]+)[^"]*",(?: +# (.*))?$', (ROOT / "pyproject.toml").read_text(), flags=re.M)
    rows = [
        [f"`{name}`", lock[key], why or ""]
        for name, why in sorted(named, key=lambda one: one[0].lower())
        if (key := name.lower().replace("_", "-")) in lock
    ]
    return table(["package", "version", "here because"], rows)


def controls() -> str:
    """List what a reader can change in the browser: figures with controls, and long tables."""
    rows = []
    for path, book in notebooks():
        title = re.search(r"^# (.+)", "\n".join(cell.source for cell in book.cells), flags=re.M)[1]
        page = execution.notebook_path(path).relative_to(ROOT / "book").with_suffix("").as_posix()
        for spec in figures(book):
            meta = spec["usermeta"]
            bound = [*spec.get("params", []), *meta.get("dynamics", {}).get("params", [])]
            names = [one["bind"].get("name", one["name"]).strip() for one in bound if "bind" in one]
            if names:
                link = f'<a href="{page}.html#chart-{meta["name"]}">{title}</a>'
                rows.append([link, ", ".join(names)])
    return table(["figure in", "its controls"], rows)


def policy() -> str:
    """Show the content security policy as a header that a host can send."""
    return f"```text\nContent-Security-Policy: {pages.POLICY}\n```"


FACTS: dict[str, Callable[[], str]] = {
    one.__name__: one for one in (checks, tests, speed, environment, controls, policy)
}
