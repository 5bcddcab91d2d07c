"""What a reader takes away: notebooks, citations, data, pictures, the report on paper."""

import io
import json
import re
import shutil
import zipfile

import frictionless
import nbformat
import pybtex.database
import pybtex.style.formatting.plain
import pytest
from conftest import SITE
from nbclient import NotebookClient
from pypdf import PdfReader

import build
import execution
import pages
import paper as paper_of_the_book
import takeaway

CHAPTERS = [page for page in build.pages() if page.startswith("notebooks/")]


def links(page):
    text = (SITE / f"{page}.html").read_text(encoding="utf-8")
    return re.findall(r'href="([^"]+)"', text[text.index('class="takeaway"') :])


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_gives_its_notebook_and_its_text(page):
    files = {
        link.rpartition(".")[2]: ((SITE / page).parent / link).resolve()
        for link in links(page)
        if link.endswith((".ipynb", ".md"))
    }
    assert files["ipynb"].read_bytes() == (build.BOOK / f"{page}.ipynb").read_bytes()
    chapter = execution.CHAPTERS / page.removeprefix("notebooks/")
    assert files["md"].read_bytes() == chapter.with_suffix(".md").read_bytes()


def test_a_downloaded_notebook_runs_again(tmp_path):
    file = SITE / "downloads" / "evidence" / "documents.ipynb"
    notebook = nbformat.read(file, as_version=4)
    before = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    client = NotebookClient(notebook, kernel_name="python3", timeout=300,
                            resources={"metadata": {"path": str(tmp_path)}})  # fmt: skip
    client.execute()
    after = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    shown = [[output.get("data") for output in outputs] for outputs in before]
    assert [[output.get("data") for output in outputs] for outputs in after] == shown


@pytest.mark.parametrize("page", build.pages())
def test_a_page_can_be_cited(page):
    bib, csl = ((SITE / page).parent / link for link in links(page) if "citations/" in link)
    parsed = pybtex.database.parse_string(bib.read_text(encoding="utf-8"), "bibtex")
    (entry,) = parsed.entries.values()
    assert list(pybtex.style.formatting.plain.Style().format_bibliography(parsed))
    (item,) = json.loads(csl.read_text(encoding="utf-8"))
    title = (SITE / f"{page}.html").read_text(encoding="utf-8")
    assert item["title"].split("&")[0][:20] in title
    assert entry.fields["title"].strip("{}")[:10] == item["title"][:10]
    assert entry.fields["booktitle"] == item["container-title"] == takeaway.about()["title"]
    assert str(item["issued"]["date-parts"][0][0]) == entry.fields["year"]


def test_a_citation_carries_the_address_of_a_published_site():
    title = r"A & B, 50%, {c} ~ d^2 \ e"
    item = takeaway.citation("notebooks/a/b", title, "https://example.org/report/")
    assert item["URL"] == "https://example.org/report/notebooks/a/b.html"
    (entry,) = pybtex.database.parse_string(takeaway.bibtex(item), "bibtex").entries.values()
    assert entry.fields["url"] == item["URL"]
    assert entry.fields["title"] == (
        r"{A \& B, 50\%, \{c\} \textasciitilde{} d\textasciicircum{}2 \textbackslash{} e}"
    )
    front = takeaway.citation("index", "Front", "https://example.org/report")
    assert front["URL"] == "https://example.org/report/"


def test_a_site_with_an_address_has_a_sitemap_of_all_pages():
    text = takeaway.sitemap(["index", "notebooks/a/b"], "https://example.org/report/")
    assert re.findall("<loc>(.*?)</loc>", text) == [
        "https://example.org/report/",
        "https://example.org/report/notebooks/a/b.html",
    ]


def test_a_named_repository_gives_links_to_binder_and_colab():
    binder, colab = takeaway.launch("notebooks/a/b", "https://github.com/me/report.git", "main")
    assert (
        binder[1]
        == "https://mybinder.org/v2/gh/me/report/main?urlpath=lab/tree/book/notebooks/a/b.ipynb"
    )
    assert (
        colab[1]
        == "https://colab.research.google.com/github/me/report/blob/main/book/notebooks/a/b.ipynb"
    )
    assert takeaway.launch("notebooks/a/b", "", "main") == []
    by_ssh, _ = takeaway.launch("notebooks/a/b", "git@github.com:me/report.git", "a/branch")
    assert "/gh/me/report/a%2Fbranch?" in by_ssh[1]
    with pytest.raises(ValueError, match="must look like"):
        takeaway.launch("notebooks/a/b", "https://example.org/me/report", "main")


def test_the_data_are_a_valid_package(tmp_path):
    with zipfile.ZipFile(SITE / takeaway.DATA) as archive:
        archive.extractall(tmp_path)
    report = frictionless.validate(tmp_path / "northeast-china-data" / "datapackage.json")
    assert report.valid, report.flatten(["title", "message"])


def test_an_archive_has_the_same_bytes_whatever_the_dates(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.txt").write_text("b")
    (folder / "a.txt").write_text("a")
    packed = []
    for name in ("one.zip", "two.zip"):
        takeaway.pack(folder, tmp_path / name, "within")
        packed.append((tmp_path / name).read_bytes())
        (folder / "a.txt").touch()
    assert packed[0] == packed[1]
    assert zipfile.ZipFile(io.BytesIO(packed[0])).namelist() == ["within/a.txt", "within/b.txt"]


@pytest.fixture(scope="module")
def paper():
    return PdfReader(SITE / takeaway.PAPER)


def bookmarks(items):
    for item in items:
        if isinstance(item, list):
            yield from bookmarks(item)
        else:
            yield item


def test_the_paper_has_every_page_of_the_report_as_a_bookmark(paper):
    titles = [item.title.strip() for item in bookmarks(paper.outline)]
    for page in build.pages():
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        heading = re.search(r"(?s)<h1>(.*?)<a class=\"headerlink", text)[1]
        assert re.sub(r"<[^>]+>", "", heading).strip() in titles
    assert titles.count("Exercises") > 10
    assert not [title for title in titles if title == 2 * title[: len(title) // 2]]
    assert len(paper.pages) > 100


def test_the_contents_of_the_paper_name_the_right_pages(paper):
    contents = "\n".join(paper.pages[number].extract_text() for number in (1, 2))
    named = dict(re.findall(r"^(.+?)\s*(\d+)$", contents, flags=re.M))
    begins = {}
    for item in bookmarks(paper.outline):
        begins.setdefault(item.title.strip(), paper.get_destination_page_number(item) + 1)
    front = "Northeast China: an executable report"
    for title in ("The ledger of claims", "The simulator", "Broken chains", "Robust choice"):
        assert int(named[title]) == begins[title]
    texts = (page.extract_text() for page in paper.pages)
    (begin,) = (number for number, text in enumerate(texts, start=1) if "Why did the indus" in text)
    assert int(named[front]) == begin


def test_a_chapter_of_the_paper_begins_a_page(paper):
    heights = {item.title.strip(): float(item.top) for item in bookmarks(paper.outline) if item.top}
    top = float(paper.pages[0].mediabox.top)
    for title in ("The ledger of claims", "The simulator", "Broken chains", "Robust choice"):
        assert heights[title] > top - 120, title


def test_two_printings_of_a_page_are_the_same(tmp_path):
    toc = tmp_path / "_toc.yml"
    toc.write_text("format: jb-book\nroot: glossary\n")
    shutil.copytree(SITE / "_static", tmp_path / "site" / "_static")
    shutil.copy(SITE / "glossary.html", tmp_path / "site")
    printed = []
    for name in ("one.pdf", "two.pdf"):
        paper_of_the_book.make(tmp_path / "site", toc, tmp_path / name, "A title", "An abstract.")
        printed.append((tmp_path / name).read_bytes())
    assert printed[0] == printed[1]


def test_the_paper_holds_chinese_words_and_drawn_figures(paper):
    (begin,) = (
        paper.get_destination_page_number(item)
        for item in bookmarks(paper.outline)
        if item.title.strip() == "Glossary"
    )
    glossary = "".join(paper.pages[begin + number].extract_text() for number in range(8))
    for words in ("产业集群", "老工业基地"):  # 老 would be a radical
        assert words in glossary
    fonts = {
        font.get_object().get("/BaseFont", "drawn")
        for page in paper.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert all("+" in name or name == "drawn" for name in fonts)  # all of it is in the file
    words = {name.partition("+")[2] for name in fonts if "SourceSerif" in name}
    assert {"SourceSerif4-Regular", "SourceSerif4-SemiBold", "SourceSerif4-Italic"} <= words
    kinds = {
        thing.get_object()["/Subtype"]
        for page in paper.pages
        for thing in page["/Resources"].get("/XObject", {}).values()
    }
    assert "/Image" not in kinds  # nothing is a bitmap
    assert paper.metadata.get("/CreationDate") is None  # two printings are the same


def formula(tex, name=""):
    return f'<div class="math"{name}>\n<b><annotation encoding="x">{tex}</annotation></b></div>'


def test_a_formula_has_an_address_that_follows_it():
    first, second, labelled = formula("a"), formula("b"), formula("c", ' id="eq-c"')
    mended = pages.anchor_formulas(f"{first}<p>x</p>{labelled}{second}{first}")
    ids = re.findall(r'id="([^"]*)"', mended)
    assert len(set(ids)) == 4
    assert ids[1] == "eq-c"
    assert mended.count(labelled) == 1
    for name in (ids[0], ids[2], ids[3]):
        assert f'href="#{name}"' in mended
    moved = pages.anchor_formulas(f"{second}{first}")
    assert re.findall(r'id="([^"]*)"', moved) == [ids[2], ids[0]]


@pytest.mark.parametrize("page", build.pages())
def test_everything_one_may_cite_has_an_address(page):
    text = (SITE / f"{page}.html").read_text(encoding="utf-8")
    text = re.sub(r'(?s)<script type="application/json".*?</script>', "", text)
    citable = re.findall(
        r'<div [^>]*class="(?:[a-z-]+ )*(?:math|chart|proof [b-z]|exercise)[ "a-z][^>]*>',
        text,
    )
    assert [one for one in citable if ' id="' not in one] == []


def test_glyphs_of_the_paper_stand_for_characters_and_not_for_radicals():
    made = paper_of_the_book.characters("2 beginbfchar\n<0001> <2F7C>\n<2F7C> <8001>\n")
    assert made == "2 beginbfchar\n<0001> <8001>\n<2F7C> <8001>\n"


def test_chinese_words_are_marked_once_and_nothing_else():
    mark = pages.mark_chinese
    assert mark("<p>the 大而全 firm</p>") == '<p>the <span lang="zh">大而全</span> firm</p>'
    assert mark("「产业集群」, 老工业、基地.") == (
        '「<span lang="zh">产业集群</span>」, <span lang="zh">老工业、基地</span>.'
    )
    for left in (
        '<span lang="zh">东北</span>',
        '<a title="东北">x</a>',
        "<svg><text>东北</text></svg>",
        "<pre>东北</pre>",
    ):
        assert mark(left) == left
    once = mark("<p>大而全</p>")
    assert mark(once) == once
