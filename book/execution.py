"""Execute chapters: text notebooks in `chapters/` to notebooks with outputs in `book/notebooks/`.

A notebook carries a seal: the fingerprint of what it was computed from, and that of what came out.
So it is stale as soon as its text, the code, the data or the lock changes, or somebody edits its
cells, whatever the files' dates say.
"""

import asyncio
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "book" / "notebooks"
COMPUTES = ("code/dongbei", "data", "requirements.txt")
"""What every chapter's numbers depend on, besides its own text."""

TIMEOUT = 600
"""Seconds that one cell may take."""


class ChapterError(Exception):
    """A chapter cannot be read or executed; the message names it, the cell and the error."""


def files(paths: Iterable[Path]) -> list[Path]:
    """List the files at and below the paths, without what tools leave there (hidden, caches)."""

    def left_behind(file: Path, path: Path) -> bool:
        parts = file.relative_to(path).parts
        return any(part.startswith((".", "__pycache__")) or part.endswith("~") for part in parts)

    found = []
    for path in paths:
        below = [file for file in path.rglob("*") if not left_behind(file, path)]
        found += [file for file in (below if path.is_dir() else [path]) if file.is_file()]
    return sorted(found)


def digest(paths: Iterable[Path], root: Path = ROOT) -> str:
    """Hash the names and contents of all files at and below the paths."""
    total = hashlib.sha256()
    for file in files(paths):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()


def fingerprint(chapter: Path) -> str:
    """Hash what a chapter's outputs depend on."""
    return digest([chapter, *(ROOT / name for name in COMPUTES)])


def chapters() -> list[Path]:
    """List the text notebooks."""
    return [path for path in files([CHAPTERS]) if path.suffix == ".md"]


def notebook_path(chapter: Path) -> Path:
    """Say where a chapter's executed notebook is kept."""
    return NOTEBOOKS / chapter.relative_to(CHAPTERS).with_suffix(".ipynb")


def seal(made_from: str, notebook: nbformat.NotebookNode) -> str:
    """Join the fingerprint of what a notebook was computed from with that of its cells."""
    cells = json.dumps(notebook.cells, sort_keys=True, ensure_ascii=False)
    return f"{made_from}-{hashlib.sha256(cells.encode()).hexdigest()}"


def is_stale(chapter: Path) -> bool:
    """Say whether a chapter's notebook is missing, damaged, edited or out of date."""
    try:
        notebook = nbformat.read(notebook_path(chapter), as_version=4)
        return notebook.metadata["seal"] != seal(fingerprint(chapter), notebook)
    except Exception:  # whatever is wrong with the file, it has to be made anew
        return True


def blank_notebook(chapter: Path) -> nbformat.NotebookNode:
    """Read a chapter as a notebook without outputs, the same bytes each time.

    Raises
    ------
    ChapterError
        If it cannot be read, has no title or is not written for Python.
    """
    name = chapter.relative_to(ROOT).as_posix()
    try:
        notebook = jupytext.read(chapter)
    except Exception as error:
        raise ChapterError(f"{name}: its front matter or a cell cannot be read: {error}") from error
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        raise ChapterError(f"{name}: its front matter must name the kernel python3")
    words = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    if not any(re.search("^# ", cell.source, re.MULTILINE) for cell in words):
        raise ChapterError(f'{name}: it has no title; begin it with a line "# ..."')
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
    return notebook


def describe(chapter: Path, notebook, current: int | None, error: Exception) -> str:
    """Say which chapter and cell failed, with the cell's text and what it raised."""
    name = chapter.relative_to(ROOT).as_posix()
    if current is None:
        return f"{name}: the kernel did not start: {error}"
    text = re.sub(r"\x1b\[[0-9;]*m", "", getattr(error, "traceback", "") or str(error))
    raised = text.strip().splitlines()[-1]
    return f"{name}, cell {current + 1} failed:\n\n{notebook.cells[current].source}\n\n{raised}"


def refuse_failures(chapter: Path, notebook: nbformat.NotebookNode) -> None:
    """Refuse outputs that are errors (a tag can let them pass) or warnings."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error" or output.get("name") == "stderr":
                text = output.get("text") or f"{output.ename}: {output.evalue}"
                name = chapter.relative_to(ROOT).as_posix()
                raise ChapterError(f"{name}, cell {number} failed or warned:\n\n{text}")


async def execute(chapter: Path, on_cell=lambda: None) -> nbformat.NotebookNode:
    """Run a chapter in a fresh kernel and return it with its outputs.

    Raises
    ------
    ChapterError
        If a cell raises, warns, or takes longer than `TIMEOUT`.
    """
    made_from = fingerprint(chapter)
    notebook = blank_notebook(chapter)
    current = None

    def started(cell_index, **_):
        nonlocal current
        current = cell_index

    def executed(**_):
        on_cell()

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        resources={"metadata": {"path": str(chapter.parent)}},
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=started,
        on_cell_executed=executed,
    )
    try:
        with tempfile.TemporaryDirectory() as no_profile:
            await client.async_execute(env=os.environ | {"IPYTHONDIR": no_profile})
    except Exception as error:
        raise ChapterError(describe(chapter, notebook, current, error)) from error
    refuse_failures(chapter, notebook)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    notebook.metadata["seal"] = seal(made_from, notebook)
    return notebook


async def execute_all(stale: list[Path], workers: int | None = None) -> dict[Path, str]:
    """Run chapters side by side, with a progress bar over their cells.

    Returns
    -------
    dict
        The path of each notebook and its text; nothing is written.

    Raises
    ------
    ChapterError
        Naming each chapter that failed; the others are executed all the same.
    """
    loop = asyncio.get_running_loop()
    # Each client would take over the build's signals, and drop them when it is done.
    loop.add_signal_handler = loop.remove_signal_handler = lambda *_: None
    room = asyncio.Semaphore(workers or os.cpu_count() or 1)
    cells = [cell for chapter in stale for cell in blank_notebook(chapter).cells]
    code = sum(cell.cell_type == "code" for cell in cells)
    with tqdm(total=code, desc="Executing chapters", unit="cell") as bar:

        async def one(chapter: Path) -> nbformat.NotebookNode:
            async with room:
                return await execute(chapter, on_cell=bar.update)

        results = await asyncio.gather(*map(one, stale), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    for failure in failures:
        if not isinstance(failure, ChapterError):
            raise failure
    if failures:
        raise ChapterError("\n\n".join(map(str, failures)))
    return {
        notebook_path(chapter): nbformat.writes(notebook) + "\n"
        for chapter, notebook in zip(stale, results, strict=True)
    }
