"""What every page of the site carries around its text: contents, metadata, marks of language.

Sphinx hands over a page's HTML as text; here it is mended and completed before the template
(`theme/layout.html`) puts it in its place.
"""

import re
from collections import Counter
from hashlib import sha256
from html import escape, unescape

from docutils import nodes

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src-elem 'self'",
        "style-src-attr 'unsafe-inline'",  # KaTeX and Vega place marks by style attributes
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)
"""The content security policy of every page; a host can send the same as a header."""

CHINESE = re.compile(
    r"(?s)(?P<keep><(?P<tag>svg|script|style|pre|annotation)\b.*?</(?P=tag)>"
    r'|<[a-z]+ [^>]*lang="zh"[^>]*>[^<]*</|<[^>]*>)'
    r"|(?P<words>[\u3400-\u9fff\uf900-\ufaff]"
    r"(?:[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uff65·]*"
    r"[\u3400-\u9fff\uf900-\ufaff])?)"
)


def mark_chinese(text: str) -> str:
    """Tell screen readers and fonts which words of a page are Chinese."""

    def marked(match: re.Match) -> str:
        return match["keep"] or f'<span lang="zh">{match["words"]}</span>'

    return CHINESE.sub(marked, text)


def anchor_formulas(body: str) -> str:
    """Give a displayed formula without a label an address made of what it says.

    The address holds as long as the formula is the same, wherever on its page it moves.
    """
    seen = Counter()

    def anchored(match: re.Match) -> str:
        name = f"formula-{sha256(match['tex'].encode()).hexdigest()[:8]}"
        seen[name] += 1
        name += f"-{seen[name]}" if seen[name] > 1 else ""
        link = f'<a class="headerlink" href="#{name}" title="Link to this formula">#</a>'
        return f'{match["open"]} id="{name}">{match["formula"]}{link}</div>'

    formula = (
        r'(?P<open><div class="(?:[a-z-]+ )*math")>'
        r"(?P<formula>(?:(?!</div>).)*?<annotation[^>]*>(?P<tex>.*?)</annotation>.*?)</div>"
    )
    return re.sub(formula, anchored, body, flags=re.S)


def mend(body: str) -> str:
    """Complete what the extensions write: unique ids, links to theorems, names of what unfolds."""
    body = re.sub(r' id="(?:proof|exercise|solution|theorem|proposition)(?:-content)?"', "", body)
    body = re.sub(r' aria-label="Toggle hidden content"| role="(?:doc-biblioentry|list)"', "", body)
    body = re.sub(
        r'(<div class="(?:proof|exercise) [^"]*" id="([^"]+)">\s*'
        r'<p class="admonition-title">.*?)(</p>)',
        r'\1<a class="headerlink" href="#\2" title="Link to this">#</a>\3',
        body,
        flags=re.S,
    )
    table = r'<table class="(?:docutils|table)[^"]*".*?</table>'
    body = re.sub(table, r'<div class="table-scroll">\g<0></div>', body, flags=re.S)
    return mark_chinese(anchor_formulas(body))


def description(doctree: nodes.document, most: int = 160) -> str:
    """Return the first sentences of a page, without formulas, as long as a search result shows."""
    words = ""
    for paragraph in doctree.findall(nodes.paragraph):
        parts = paragraph.children
        formulas = [isinstance(part, (nodes.math, nodes.raw)) for part in parts]
        first = [*formulas, True].index(True)
        words = squeezed("".join(part.astext() for part in parts[:first]))
        if first < len(parts):  # what comes before the sentence with a formula
            words = words[: max(map(words.rfind, (". ", "? ", ": "))) + 1].rstrip(":")
        if len(words) > 40:
            break
    return shortened(words, most)


def shortened(words: str, most: int) -> str:
    """Cut a text between two words."""
    if len(words) <= most:
        return words
    end = words.rfind(" ", 0, most)
    return words[: end if end > 0 else most - 2].rstrip(",;:. ") + " …"


def contents(tree: str, home: str, is_home: bool) -> str:
    """Make the list of all pages from Sphinx's tree: parts as headings, this page marked."""
    tree = re.sub(r'<p class="caption"[^>]*>(.*?)</p>', r'<p class="part">\1</p>', tree)
    tree = re.sub(r' class="toctree-l1[^"]*"', "", tree)
    tree = re.sub(
        r'<a class="current reference internal" href="[^"]*"',
        '<a aria-current="page" href="#"',
        tree,
    )
    tree = re.sub(r'<a class="reference internal"', "<a", tree)
    tree = re.sub(r"<ul[^>]*>", "<ul>", tree)
    here = ' aria-current="page"' if is_home else ""
    first = f'<ul><li><a{here} href="{escape(home)}">The report in one page</a></li></ul>'
    return mark_chinese(f"{first}\n{tree}")


def sections(toc: str) -> str:
    """Take the sections of a page from Sphinx's list, without the title that holds them."""
    start, end = toc.find("<ul>", 4), toc.rfind("</ul>", 0, toc.rfind("</ul>"))
    listed = re.sub(r' class="reference internal"', "", toc[start : end + 5])
    return mark_chinese(listed) if start > 0 else ""


def fonts(body: str) -> list[str]:
    """Name the fonts that a page shows at once, so that nothing moves when they arrive."""
    found = ["fonts/source-serif-4-latin-wght-normal.woff2"]
    if 'class="katex' in body:
        found += [f"katex/fonts/KaTeX_{face}.woff2" for face in ("Main-Regular", "Math-Italic")]
    return found


def scripts(body: str) -> list[str]:
    """Name the scripts that a page needs, by what stands on it."""
    found = []
    if 'class="chart"' in body:
        found.append("charts.js")
    if 'class="sortable' in body:
        found += ["vendor/sortable.min.js", "tables.js"]
    return found


def searchable(doctree: nodes.document) -> list[dict[str, str]]:
    """Split a page into what the search finds: one entry a section, with its own text."""
    entries = []
    for section in doctree.findall(nodes.section):
        heading, *rest = section.children
        if not isinstance(heading, nodes.title):  # the inside of a theorem or an exercise
            continue
        own = [child for child in rest if not is_section(child)]
        words = "".join(text for child in own for text in visible(child))
        entry = {"id": section["ids"][0], "title": heading.astext(), "text": squeezed(words)}
        entries.append(entry)
    return entries


def is_section(node: nodes.Node) -> bool:
    """Say whether a node is a section with an address of its own."""
    return isinstance(node, nodes.section) and isinstance(node.children[0], nodes.title)


def visible(node: nodes.Node):
    """Yield the texts that a reader sees in a node: not its code and not its formulas."""
    if isinstance(node, (nodes.literal_block, nodes.math, nodes.math_block)):
        return
    if isinstance(node, nodes.raw):
        unseen = r'(?s)<(svg|script)\b.*?</\1>|<p class="chart-downloads">.*?</p>'
        html = re.sub(unseen, " ", node.astext())
        for label in re.findall(r'class="chart-view"[^>]* aria-label="([^"]*)"', html):
            yield unescape(label)
        inline = r"</?(?:a|b|code|em|i|span|strong|sub|sup)\b[^>]*>"
        yield unescape(re.sub(r"<[^>]+>", " ", re.sub(inline, "", html)))
    elif isinstance(node, nodes.Text):
        yield node.astext()
    else:
        for child in node.children:
            yield from visible(child)
        if not isinstance(node, nodes.Inline):
            yield " "


def squeezed(text: str) -> str:
    """Put single spaces between words."""
    return re.sub(r"\s+", " ", text).strip()
