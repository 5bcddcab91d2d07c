"""The build: what is stale, what a failure leaves behind, what it refuses."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PLAIN = os.environ | {"CHROMIUM": ""}
"""Without a browser: these small books are not printed."""

CHAPTER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# A chapter

```{code-cell} ipython3
answer = 6 * 7
answer
```
"""

CHART = """\
import altair as alt, pandas as pd
from dongbei import charts
chart = alt.Chart(pd.DataFrame({"x": [1, 2], "y": [3, 4]})).mark_line().encode(x="x", y="y")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small book with the real frame, built once."""
    root = tmp_path_factory.mktemp("book")
    for name in ("CITATION.cff", "_config.yml", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, root)
    (root / "book").mkdir()
    for module in (ROOT / "book").glob("*.py"):
        shutil.copy(module, root / "book")
    for name in ("assets", "theme"):
        shutil.copytree(ROOT / "book" / name, root / "book" / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "code" / "dongbei", root / "code" / "dongbei", ignore=ignore)
    (root / "code" / "dongbei" / "room.py").write_text("CONSTANT = 1\n")
    (root / "data").mkdir()
    (root / "data" / "table.csv").write_text("year,value\n2020,1\n")
    (root / "book" / "index.md").write_text("# A book\n\nIt says that one thing follows another.\n")
    for name in ("made", "glossary"):
        (root / "book" / f"{name}.md").write_text(f"# Page {name}\n")
    (root / "book" / "references.bib").write_text("")
    (root / "book" / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: notebooks/part/chapter\n"
        "- file: made\n- file: glossary\n"
    )
    (root / "chapters" / "part").mkdir(parents=True)
    write(root, CHAPTER)
    code, output = Book(root).build()
    assert code == 0, output
    assert "Executed 1 of 1 chapters, built 4 pages" in output
    return root


@pytest.fixture
def book(built, tmp_path):
    """A copy of the built book, to spoil."""
    return Book(shutil.copytree(built, tmp_path / "book", symlinks=True))


def write(root, text):
    (root / "chapters" / "part" / "chapter.md").write_text(text)


class Book:
    def __init__(self, root):
        self.root = root

    def build(self):
        command = [sys.executable, self.root / "book" / "build.py"]
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=PLAIN)
        return result.returncode, result.stdout + result.stderr

    def start(self):
        command = [sys.executable, self.root / "book" / "build.py"]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=PLAIN
        )

    def products(self):
        """The bytes of every notebook and page."""
        files = [*self.root.glob("book/notebooks/**/*"), *self.root.glob("_build/html/**/*")]
        return {path: path.read_bytes() for path in files if path.is_file()}


def test_nothing_is_done_while_contents_are_the_same_whatever_the_dates(book):
    assert "42" in (book.root / "_build/html/notebooks/part/chapter.html").read_text()
    before = book.products()
    for path in [*book.root.glob("chapters/**/*.md"), *book.root.glob("data/*")]:
        os.utime(path)
    code, output = book.build()
    assert (code, "Nothing to do" in output) == (0, True), output
    assert book.products() == before


def is_stale(book):
    """Ask the book's own code, without building."""
    code = "import execution; print(*map(execution.is_stale, execution.chapters()))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=book.root / "book", capture_output=True, text=True, check=True
    )
    return done.stdout.split() == ["True"]


@pytest.mark.parametrize("changed", ["code/dongbei/room.py", "data/table.csv", "requirements.txt"])
def test_a_chapter_is_stale_when_what_it_computes_from_changes(book, changed):
    assert not is_stale(book)
    path = book.root / changed
    path.write_text(path.read_text() + "\n")
    assert is_stale(book)


def test_a_stale_chapter_is_executed(book):
    (book.root / "data/table.csv").write_text("year,value\n2020,2\n")
    code, output = book.build()
    assert (code, "Executed 1 of 1 chapters" in output) == (0, True), output


def test_new_words_on_a_page_rebuild_the_site_and_execute_nothing(book):
    (book.root / "book" / "index.md").write_text("# A book\n\nNew words.\n")
    code, output = book.build()
    assert (code, "Executed 0 of 1 chapters" in output) == (0, True), output
    assert "New words." in (book.root / "_build/html/index.html").read_text()


def test_two_builds_from_nothing_give_the_same_bytes(book):
    first = book.products()
    shutil.rmtree(book.root / "_build")
    shutil.rmtree(book.root / "book" / "notebooks")
    code, output = book.build()
    assert code == 0, output
    second = book.products()
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        (CHART + "chart", "alternative text"),
        (CHART + "charts.figure(chart, name='a', alt_text=' ', source='s')", "alternative text"),
        (CHART + "charts.figure(chart, name='a', alt_text='a', source='')", "source line"),
    ],
)
def test_a_cell_that_fails_is_named_and_leaves_the_last_good_book(book, cell, message):
    before = book.products()
    write(book.root, f"{CHAPTER}\n```{{code-cell}} ipython3\n{cell}\n```\n")
    code, output = book.build()
    assert code != 0
    assert "chapters/part/chapter.md, cell 3 failed" in output
    assert cell.splitlines()[-1] in output
    assert message in output
    assert "untouched" in output
    assert book.products() == before


def test_a_page_that_warns_leaves_the_last_good_book(book):
    before = book.products()
    write(book.root, f"{CHAPTER}\n{{doc}}`nowhere` {{cite}}`nobody1900` {{glue:text}}`nothing`\n")
    code, output = book.build()
    assert code != 0
    for cause in ("nowhere", "nobody1900", "nothing", "untouched"):
        assert cause in output
    assert book.products() == before


def test_a_claim_that_does_not_exist_or_is_misquoted_leaves_the_last_good_book(book):
    shutil.copytree(ROOT / "data" / "documents", book.root / "data" / "documents")
    write(book.root, f"{CHAPTER}\n{{claim}}`004-share-2021`\n")
    code, output = book.build()
    assert code == 0, output
    page = (book.root / "_build/html/notebooks/part/chapter.html").read_text()
    assert 'evidence/ledger.html#claim-004-share-2021">4.9 percent</a>' in page
    before = book.products()
    quoted = "{claim}`004-share-2004` and {claim}`4.8 percent <004-share-2021>`"
    write(book.root, f"{CHAPTER}\n{quoted}\n")
    code, output = book.build()
    assert code != 0
    assert "no claim '004-share-2004'" in output
    assert "004-share-2021 prints '4.9 percent', not 4.8" in output
    assert book.products() == before


def test_a_formula_that_cannot_be_read_leaves_the_last_good_book(book):
    before = book.products()
    write(book.root, CHAPTER + r"$\undefinedcommand{x}$")
    code, output = book.build()
    assert code != 0
    assert "undefinedcommand" in output
    assert book.products() == before


def test_an_output_without_figure_is_refused_even_if_it_was_executed(book):
    """A chart whose specification reached the notebook by another way."""
    cell = (
        "from IPython.display import display\n"
        "chart = {'application/vnd.vegalite.v5+json': {'mark': 'point'}, 'text/plain': ''}\n"
        "display(chart, raw=True)"
    )
    write(book.root, f"{CHAPTER}\n```{{code-cell}} ipython3\n{cell}\n```\n")
    code, output = book.build()
    assert code != 0
    assert "a chart without name" in output


@pytest.mark.parametrize(
    ("phase", "stop"),
    [
        ("executing", signal.SIGINT),
        ("executing", signal.SIGHUP),
        ("rendering", signal.SIGINT),
        ("rendering", signal.SIGTERM),
    ],
)
def test_a_build_that_is_stopped_leaves_the_last_good_book(book, stop, phase):
    before = book.products()
    begun = book.root / "begun"
    pause = "time.sleep(600)" if phase == "executing" else "0"
    cell = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\n{pause}"
    write(book.root, f"{CHAPTER}\n```{{code-cell}} ipython3\n{cell}\n```\n")
    log = book.root / "_build" / "build.log"
    log.unlink()
    with book.start() as process:
        signs = {
            "executing": begun.exists,
            "rendering": lambda: log.exists() and log.stat().st_size,
        }
        while not signs[phase]() and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(stop)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"The build was interrupted; the last good" in output
    since = b"Rendering the site" if phase == "rendering" else b""
    after_the_stop = output.partition(since)[2] if since else output
    assert b"Traceback" not in after_the_stop, output.decode()
    assert book.products() == before
    assert str(book.root) not in commands()
    code, output = book.build() if phase == "rendering" else (0, "")
    assert code == 0, output


def commands():
    """The command lines of all processes that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().decode(errors="replace"))
    return " ".join(found)


def test_two_builds_at_once_are_refused(book):
    begun = book.root / "begun"
    cell = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(600)"
    write(book.root, f"{CHAPTER}\n```{{code-cell}} ipython3\n{cell}\n```\n")
    with book.start() as process:
        while not begun.exists() and process.poll() is None:
            time.sleep(0.1)
        code, output = book.build()
        process.send_signal(signal.SIGINT)
    assert (code, "another build of this checkout is running" in output) == (1, True), output


@pytest.mark.parametrize("lost", ["index.html", "_static/charts.js"])
def test_a_damaged_site_is_built_again(book, lost):
    before = book.products()
    (book.root / "_build" / "html" / lost).unlink()
    code, output = book.build()
    assert code == 0, output
    assert book.products() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("42", "43"),
        lambda text: text.replace("6 * 7", "6 * 8"),
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"nbformat": 4', '"nbformat": "x"'),
    ],
    ids=["output", "source", "cut", "list", "format"],
)
def test_a_notebook_that_was_edited_or_damaged_is_stale(book, damage):
    notebook = book.root / "book/notebooks/part/chapter.ipynb"
    notebook.write_text(damage(notebook.read_text()))
    assert is_stale(book)


def test_a_stale_notebook_is_made_again_as_it_was(book):
    before = book.products()
    (book.root / "book/notebooks/part/chapter.ipynb").write_text("[]")
    code, output = book.build()
    assert (code, "Executed 1 of 1 chapters" in output) == (0, True), output
    assert book.products() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must name the kernel python3"),
        (CHAPTER.replace("# A chapter", "A chapter"), "it has no title"),
        (
            CHAPTER.replace("# A chapter", "A chapter").replace("answer =", "# a note\nanswer ="),
            "it has no title",
        ),
        (CHAPTER.replace("python3", "ir"), "must name the kernel python3"),
        (CHAPTER.replace("kernelspec: {", "kernelspec: {{["), "cannot be read"),
        (
            CHAPTER.replace("answer = 6 * 7", "import warnings; warnings.warn('old'); answer = 1"),
            "warned",
        ),
        (CHAPTER.replace("answer = 6", ":tags: [raises-exception]\nanswer = 1 / 0"), "failed"),
    ],
    ids=[
        "empty",
        "untitled",
        "a note is no title",
        "another kernel",
        "front matter",
        "warning",
        "tag",
    ],
)
def test_a_chapter_that_cannot_stand_is_refused_by_name(book, text, message):
    before = book.products()
    write(book.root, text)
    code, output = book.build()
    assert code == 1
    assert "chapters/part/chapter.md" in output
    assert message in output
    assert "Traceback" not in output
    assert book.products() == before


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("chapters/part/other.markdown", "# Other", "not a chapter: chapters/part/other.markdown"),
        ("book/page.md", "# Page", "not in book/_toc.yml: page"),
        ("book/notebooks/part/old.ipynb", "{}", "notebooks without a chapter: book/notebooks/part"),
        ("book/_toc.yml", "format: [", "book/_toc.yml cannot be read"),
        (
            "book/_toc.yml",
            "format: jb-book\nroot: index\nchapters:\n- file: notebooks/part/chapter\n"
            "  sections:\n  - file: made\n- file: glossary\n",
            "below another page in book/_toc.yml: made",
        ),
    ],
)
def test_a_file_that_no_reader_would_reach_is_refused(book, path, text, message):
    (book.root / path).write_text(text)
    code, output = book.build()
    assert code == 1
    assert message in output
    assert "Traceback" not in output


def test_what_tools_leave_behind_changes_nothing(book):
    for name in ("data/.~lock.table.csv#", "chapters/part/.chapter.md.swp", "data/table.csv~"):
        (book.root / name).write_text("")
    (book.root / "book/notebooks/part/.ipynb_checkpoints").mkdir()
    (book.root / "book/notebooks/part/.ipynb_checkpoints/chapter.ipynb").write_text("{}")
    code, output = book.build()
    assert (code, "Nothing to do" in output) == (0, True), output


def test_new_settings_rebuild_the_site(book):
    config = book.root / "_config.yml"
    config.write_text(config.read_text().replace("Hide the code", "Fold the code"))
    code, output = book.build()
    assert (code, "Executed 0 of 1 chapters" in output) == (0, True), output


def test_a_published_site_names_its_addresses_and_where_it_runs(book):
    config = book.root / "_config.yml"
    text = config.read_text().replace('baseurl: ""', "baseurl: https://example.org/report/")
    text = text.replace('repository: ""', "repository: https://github.com/me/report")
    config.write_text(text)
    code, output = book.build()
    assert code == 0, output
    site = book.root / "_build" / "html"
    page = (site / "notebooks" / "part" / "chapter.html").read_text()
    address = "https://example.org/report/notebooks/part/chapter.html"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f'<meta property="og:url" content="{address}">' in page
    assert 'og:image" content="https://example.org/report/_static/site.png"' in page
    notebook = "book/notebooks/part/chapter.ipynb"
    assert f"https://mybinder.org/v2/gh/me/report/main?urlpath=lab/tree/{notebook}" in page
    assert f"https://colab.research.google.com/github/me/report/blob/main/{notebook}" in page
    assert f"<loc>{address}</loc>" in (site / "sitemap.xml").read_text()
    assert "<loc>https://example.org/report/</loc>" in (site / "sitemap.xml").read_text()
    assert not (site / "robots.txt").exists()  # read at the root of a host only
    for citation in ("bib", "json"):
        assert address in (site / "citations" / f"part-chapter.{citation}").read_text()


@pytest.mark.parametrize("repository", ["https://example.org/me/report", "me/report"])
def test_a_repository_that_binder_cannot_find_is_refused(book, repository):
    config = book.root / "_config.yml"
    text = config.read_text()
    config.write_text(text.replace('repository: ""', f"repository: {repository}"))
    code, output = book.build()
    assert code == 1
    assert "repository in _config.yml must look like" in output


def test_a_browser_that_cannot_print_leaves_the_last_good_book(book, monkeypatch):
    before = book.products()
    monkeypatch.setitem(PLAIN, "CHROMIUM", "/nowhere/chromium")
    code, output = book.build()
    assert code == 1
    assert "could not print the report" in output
    assert "Set CHROMIUM to another" in output
    assert "untouched" in output
    assert book.products() == before


def test_a_site_lost_between_two_renames_comes_back(book):
    before = book.products()
    site = book.root / "_build" / "html"
    os.rename(site, site.with_name("previous"))
    code, output = book.build()
    assert code == 0, output
    assert book.products() == before


def test_a_chapter_outside_the_contents_is_refused(book):
    shutil.copy(book.root / "chapters/part/chapter.md", book.root / "chapters/part/other.md")
    code, output = book.build()
    assert code != 0
    assert "not in book/_toc.yml: notebooks/part/other" in output


def test_a_contents_entry_without_a_chapter_is_refused(book):
    (book.root / "chapters/part/chapter.md").unlink()
    (book.root / "book/notebooks/part/chapter.ipynb").unlink()
    code, output = book.build()
    assert code != 0
    assert "in book/_toc.yml but not in chapters/ or book/: notebooks/part/chapter" in output


def test_a_notebook_whose_output_is_wrong_fails_nbval(book):
    notebook = book.root / "book/notebooks/part/chapter.ipynb"
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", notebook]
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    notebook.write_text(notebook.read_text().replace("6 * 7", "6 * 8"))
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bad.returncode == 1, bad.stdout
    assert "48" in bad.stdout
