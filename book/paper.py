"""The whole report as one PDF, printed by Chromium from the pages of the site.

The pages' articles become one document: their addresses inside it lead to its own pages, parts and
chapters become bookmarks, and charts stay vectors. It is printed twice, because the contents can
name page numbers only once these are known.
"""

import posixpath
import re
from html import escape
from pathlib import Path
from unicodedata import normalize

from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)
from sphinx_external_toc.parsing import parse_toc_yaml

import chromium
from environment import VENDOR

STYLE = """
@page {
  size: A4; margin: 20mm 18mm 22mm;
  @bottom-center { content: counter(page); font: 9pt "Source Serif", serif; }
}
body { font-size: 10pt; line-height: 1.45; }
@page :first { @bottom-center { content: ""; } }
h1 { break-before: page; font-size: 26pt; margin-top: 30mm; }
h2 { font-size: 19pt; } h3 { font-size: 14pt; } h4 { font-size: 11.5pt; }
div.chapter + div.chapter { break-before: page; }
.cover { text-align: left; padding-top: 60mm; } .cover h1 { break-before: avoid; margin: 0; }
.contents-of-paper { break-before: page; } .contents-of-paper ol { list-style: none; padding: 0; }
.contents-of-paper li { display: flex; gap: 0.5rem; align-items: baseline; }
.contents-of-paper li.part { font-weight: 600; margin-top: 0.8rem; }
.contents-of-paper li::after { content: attr(data-page); margin-left: auto; }
.chart-controls, .chart-downloads, div.cell details.hide { display: none !important; }
.chart-wide { display: block !important; }
table { font-size: 7.5pt; } td, th { padding-right: 0.5rem; hyphens: auto; }
table.sortable td:first-child { overflow-wrap: break-word; min-width: 0; }
.table-scroll, .cell_output, .katex-display { overflow: visible !important; }
.katex { font-size: 1em; }
"""


def outline(toc: Path) -> list[tuple[str, list[str]]]:
    """Return the parts of the book with their pages; the front page is a part of its own."""
    site = parse_toc_yaml(toc)
    parts = [("", [site.root.docname])]
    parts += [(tree.caption or "", list(tree.files())) for tree in site.root.subtrees]
    return parts


def slug(page: str) -> str:
    """Name a page inside the document."""
    return re.sub(r"[^a-z0-9]+", "-", page)


def article(site: Path, page: str, known: set[str]) -> str:
    """Return a page's text with its ids and links made those of the one document."""
    text = (site / f"{page}.html").read_text(encoding="utf-8")
    text = text[text.index("<article>") + 9 : text.rindex("</article>")]
    text = re.sub(r'(?s)<script type="application/json".*?</script>', "", text)
    text = re.sub(r'(?s)<div class="chart-picture chart-narrow">.*?</svg></div>', "", text)
    pictures: list[str] = []

    def keep(match: re.Match) -> str:
        pictures.append(match[0])
        return f"\0{len(pictures) - 1}\0"

    text = re.sub(r"(?s)<svg.*?</svg>", keep, text)
    own = slug(page)

    def link(match: re.Match) -> str:
        address, _, anchor = match[1].partition("#")
        if re.match(r"[a-z]+:", address):
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), address))
        target = page if not address else target.removesuffix(".html")
        if target not in known:
            return ""
        return f'href="#{slug(target)}{f"--{anchor}" if anchor else ""}"'

    text = re.sub(r' id="([^"]+)"', rf' id="{own}--\1"', text)
    text = re.sub(r'href="([^"]+)"', link, text)
    text = re.sub(r"<(/?)h([1-5])\b", lambda m: f"<{m[1]}h{int(m[2]) + 1}", text)
    text = re.sub("\0(\\d+)\0", lambda match: pictures[int(match[1])], text)
    return f'<div class="chapter" id="{own}">{text}</div>'


def cuts(face: str) -> str:
    """Replace a variable font by its cuts of one weight each, which a PDF can hold as a font."""
    face = face.replace("font-display: optional", "font-display: block")  # paper can wait
    face = face.replace("vendor/fonts/", f"{(VENDOR / 'paper').as_uri()}/")
    weights = ("400", "600", "700")
    return "".join(face.replace("200 900", one).replace("wght", one) for one in weights)


def document(site: Path, toc: Path, title: str, abstract: str, numbers: dict[str, int]) -> str:
    """Write the one document; `numbers` are the pages of its parts and chapters, if known."""
    parts = outline(toc)
    known = {page for _, pages in parts for page in pages}
    lines, body = [], []

    def enter(words: str, kind: str, place: str) -> None:
        page = numbers.get(place, "")
        link = f'<a href="#{place}">{words}</a>'
        lines.append(f'<li class="{kind}" data-page="{page}">{link}</li>')

    for caption, pages in parts:
        if caption:
            place = slug(f"part {caption.lower()}")
            enter(escape(caption), "part", place)
            body.append(f'<h1 class="part" id="{place}">{escape(caption)}</h1>')
        for page in pages:
            text = article(site, page, known)
            heading = re.search(r"(?s)<h2>(.*?)</h2>", text)[1]
            words = re.sub(r"(?s)<a class=\"headerlink.*?</a>|<[^>]+>", "", heading)
            enter(words, "chapter", slug(page))
            body.append(text)
    style = (site / "_static" / "site.css").read_text(encoding="utf-8")
    style = re.sub(r"(?s)@font-face \{.*?\}", lambda face: cuts(face[0]), style)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<link rel="stylesheet" href="_static/vendor/katex/katex.min.css">'
        f"<style>{style}{STYLE}</style></head><body>"
        f'<div class="cover"><h1>{escape(title)}</h1><p>{escape(abstract)}</p></div>'
        f'<div class="contents-of-paper"><h1>Contents</h1><ol>{"".join(lines)}</ol></div>'
        f"{''.join(body)}</body></html>"
    )


def places(path: Path) -> dict[str, int]:
    """Read on which page of a PDF each place that a link leads to stands, counted from one."""
    reader = PdfReader(path)
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def make(site: Path, toc: Path, target: Path, title: str, abstract: str) -> None:
    """Print the report's pages into one PDF, the same bytes for the same pages.

    Raises
    ------
    playwright.sync_api.Error
        If Chromium does not start or cannot print it.
    """
    source, browser_path = site / "paper.html", chromium.find()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path, args=list(chromium.FLAGS)
            )
            numbers: dict[str, int] = {}
            for _ in range(2):
                text = document(site, toc, title, abstract, numbers)
                source.write_text(text, encoding="utf-8")
                page = browser.new_page()
                page.goto(source.as_uri())
                page.evaluate("document.fonts.ready")
                page.evaluate(
                    "document.querySelectorAll('details').forEach((one) => one.open = true)"
                )
                page.pdf(path=target, prefer_css_page_size=True, outline=True, tagged=True,
                         print_background=True)  # fmt: skip
                page.close()
                numbers = places(target)
            browser.close()
    finally:
        source.unlink(missing_ok=True)
    finish(target, title)


def characters(table: str) -> str:
    """Let the text of a font's glyphs be characters where Chromium takes their likes, radicals."""
    return re.sub(
        r"<(2F[0-9A-D][0-9A-F])>(?=\s*\n)",
        lambda found: f"<{ord(normalize('NFKC', chr(int(found[1], 16)))):04X}>",
        table,
    )


def finish(path: Path, title: str) -> None:
    """Make a PDF's Chinese words searchable and its bookmarks plain, and leave out its date.

    Chromium says a bookmark twice whose heading it moved to the next page.
    """
    writer = PdfWriter(clone_from=path)
    for thing in writer._objects:
        if not isinstance(thing, DictionaryObject):
            continue
        if "/Title" in thing and "/Dest" in thing:
            title_here = thing["/Title"]
            half = title_here[: len(title_here) // 2]
            if title_here == 2 * half:
                thing[NameObject("/Title")] = TextStringObject(half)
        if "/ToUnicode" in thing:
            stream = thing["/ToUnicode"].get_object()
            stream.set_data(characters(stream.get_data().decode("latin-1")).encode("latin-1"))
    writer.metadata = {"/Title": title}
    writer._ID = ArrayObject([ByteStringObject(b"0" * 16)] * 2)
    writer.root_object.pop(NameObject("/Metadata"), None)
    writer.write(path)
