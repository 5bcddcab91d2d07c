"""Execute chapters: text notebooks in `chapters/` to notebooks with outputs in `book/notebooks/`.

A notebook records the fingerprint of what it was computed from, so that it is stale as soon as its
text, the code, the data or the lock changes, whatever the files' dates say.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "book" / "notebooks"
COMPUTES = ("code/dongbei", "data", "requirements.txt")
"""What every chapter's numbers depend on, besides its own text."""

LEFT_BEHIND = {"__pycache__", ".ipynb_checkpoints"}
"""Folders that tools leave among the sources."""

TIMEOUT = 600
"""Seconds that one cell may take."""


class ChapterError(Exception):
    """A cell raised an error; the message names the chapter, the cell and the error."""


def files(paths: Iterable[Path]) -> list[Path]:
    """List the files at and below the paths, without caches and checkpoints."""
    found = []
    for path in paths:
        below = path.rglob("*") if path.is_dir() else [path]
        found += [file for file in below if file.is_file() and not LEFT_BEHIND & set(file.parts)]
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


def recorded_fingerprint(notebook: Path) -> str | None:
    """Read what a notebook was computed from; nothing if it is missing or damaged."""
    try:
        return nbformat.read(notebook, as_version=4).metadata.get("fingerprint")
    except (OSError, nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError):
        return None


def stale_chapters() -> list[Path]:
    """List the chapters whose notebook does not belong to today's text, code, data and lock."""
    return [
        chapter
        for chapter in chapters()
        if recorded_fingerprint(notebook_path(chapter)) != fingerprint(chapter)
    ]


def blank_notebook(chapter: Path) -> nbformat.NotebookNode:
    """Read a chapter as a notebook without outputs, the same bytes each time."""
    notebook = jupytext.read(chapter)
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


async def execute(chapter: Path, on_cell=lambda: None) -> nbformat.NotebookNode:
    """Run a chapter in a fresh kernel and return it with its outputs.

    Raises
    ------
    ChapterError
        If a cell raises or takes longer than `TIMEOUT`.
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
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(chapter.parent)}},
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=started,
        on_cell_executed=executed,
    )
    try:
        await client.async_execute()
    except (CellExecutionError, TimeoutError, RuntimeError) as error:
        raise ChapterError(describe(chapter, notebook, current, error)) from error
    notebook.metadata["fingerprint"] = made_from
    notebook.metadata["language_info"] = {"name": "python"}
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
