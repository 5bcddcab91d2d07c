"""The book's own Sphinx extension: its theme, assets, links to claims, and what pages carry."""

import json
import os
import re
import shutil
import socket
import time
from hashlib import sha256
from html import escape
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import urlsplit

import sphinxcontrib.katex as katex
import vl_convert
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import split_explicit_title
from sphinx.util.osutil import relative_uri
from sphinx_exercise.nodes import solution_node

import chromium
import facts
import pages
import takeaway
from dongbei import documents
from dongbei.charts.figures import TABLE
from dongbei.charts.site import VEGA_LITE
from dongbei.charts.theme import stylesheet
from environment import VENDOR
from execution import digest

LEDGER = "notebooks/evidence/ledger"
"""The page on which every claim has its anchor."""

ASSETS = ("site.css", "page.js", "charts.js", "dynamics.js", "tables.js", "search.js")
"""Our own styles and scripts."""

OTHERS = ("sphinx_thebe", "sphinx_book_theme", "pydata_sphinx_theme", "sphinx_togglebutton",
          "sphinx_copybutton", "sphinx_design", "sphinx_comments")  # fmt: skip
"""Extensions that Jupyter Book loads whatever the theme; the book uses none of them."""


def vega() -> Path:
    """Bundle the release of Vega-Lite that draws the static pictures, once, for the browser."""
    bundle = VENDOR / f"vega-lite-{VEGA_LITE}.js"
    if not bundle.exists():
        code = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;", vl_version=VEGA_LITE)
        fresh = bundle.with_suffix(f".{os.getpid()}")
        fresh.write_text(f"(function(){{{code}}})();", encoding="utf-8")
        os.replace(fresh, bundle)
    return bundle


def start(app) -> None:
    """Let Sphinx write no search of its own; ours finds Chinese words too."""
    app.builder.search = False
    vega()  # part of what the version stands for
    app.report = {"search": [], "version": version(Path(app.srcdir))}


def version(source: Path) -> str:
    """Return a mark for the addresses of styles and scripts, so that no browser shows old ones.

    It changes with whatever they are made from.
    """
    made_from = [stylesheet(), VEGA_LITE, digest([VENDOR], VENDOR), digest([source], source)]
    return sha256("".join(made_from).encode()).hexdigest()[:8]


def further_pages(app):
    """Yield the page of the search, and one for the data of each figure."""
    yield "search", {}, "search.html"
    for docname, spec in app.env.figures if hasattr(app.env, "figures") else ():
        meta = spec["usermeta"]
        yield (
            f"figures/{meta['name']}",
            {
                "title": f"Data of the figure {meta['name']}",
                "description": pages.shortened(meta["alt"], 160),
                "figure": meta,
                "rows": spec["datasets"][TABLE],
                "home": f"{app.builder.get_target_uri(docname)}#chart-{meta['name']}",
                "chapter": app.env.titles[docname].astext(),
            },
            "figure.html",
        )


def add_context(app, pagename, templatename, context, doctree) -> None:
    """Complete a page: its contents, metadata, scripts, and what can be taken away from it."""
    base = app.config.html_baseurl
    body = context["body"] = pages.mend(context.get("body", ""))
    home = relative_uri(app.builder.get_target_uri(pagename), f"{app.config.root_doc}.html")

    def here(address: str) -> str:
        return relative_uri(app.builder.get_target_uri(pagename), address)

    context |= {
        "policy": pages.POLICY,
        "author": app.config.author,
        "static": lambda name: here(f"_static/{name}"),
        "versioned": lambda name: here(f"_static/{name}") + f"?v={app.report['version']}",
        "contents": pages.contents(
            context["toctree"](collapse=False, includehidden=True, maxdepth=1, titles_only=True),
            home,
            pagename == app.config.root_doc,
        ),
        "sections": pages.sections(context.get("toc") or ""),
        "has_math": 'class="katex' in body,
        "fonts": pages.fonts(body),
        "scripts": pages.scripts(body),
        "canonical": takeaway.address(base, pagename) if base else "",
        "picture": f"{base.rstrip('/')}/_static/site.png" if base else "",
        **{
            way: page | {"title": pages.mark_chinese(page["title"])}
            for way in ("prev", "next")
            if (page := context.get(way))
        },
        "cite_files": [],
        "takeaway": [],
    }
    if doctree is None:
        if pagename == "search":
            context["scripts"] = ["vendor/minisearch.js", "search-data.js", "search.js"]
        return
    title = app.env.titles[pagename].astext()
    context["description"] = pages.description(doctree)
    for entry in pages.searchable(doctree):
        app.report["search"].append({"page": pagename, "of": title, **entry})
    outdir = Path(app.outdir)
    cited = takeaway.cite(pagename, title, base, outdir)
    kinds = ("application/x-bibtex", "application/vnd.citationstyles.csl+json")
    context["cite_files"] = [
        (kind, here(file)) for kind, (_, file) in zip(kinds, cited, strict=True)
    ]
    offers = [("Cite it", cited)]
    if files := takeaway.sources(pagename, Path(app.srcdir), outdir):
        links = takeaway.launch(pagename, app.config.repository, app.config.repository_branch)
        code = [(f"dongbei.{room}", f"reference/{room}.html") for room in takeaway.rooms(pagename)]
        offers = [
            ("This chapter", files),
            ("Run it", links or [("in Binder, Colab or on your machine", "made.html#rerun")]),
            ("Its code", code),
            *offers,
        ]
    whole = [("data", takeaway.DATA), ("site, to read offline", takeaway.ARCHIVE)]
    if chromium.find():
        whole.insert(0, ("PDF", takeaway.PAPER))
    offers.append(("The report", whole))
    context["takeaway"] = [
        (name, [(text, address if "://" in address else here(address)) for text, address in links])
        for name, links in offers
    ]


def add_assets(app, exception) -> None:
    """Copy what the pages load into the site, and write the palette and the search's data."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    keep = {*ASSETS, "favicon.svg", "site.png"}
    for file in static.iterdir():
        if file.name not in keep:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    elsewhere = shutil.ignore_patterns("vega-lite-*", "axe*", "paper")
    shutil.copytree(VENDOR, static / "vendor", ignore=elsewhere)
    shutil.copy(vega(), static / "vendor" / "vega.js")
    style = static / "site.css"
    style.write_text(stylesheet() + style.read_text(encoding="utf-8"), encoding="utf-8")
    entries = json.dumps(app.report["search"], ensure_ascii=False, separators=(",", ":"))
    (static / "search-data.js").write_text(f"window.reportSections={entries};\n", encoding="utf-8")
    outdir = Path(app.outdir)
    if base := app.config.html_baseurl:
        names = sorted(app.env.found_docs)
        (outdir / "sitemap.xml").write_text(takeaway.sitemap(names, base), encoding="utf-8")
        if urlsplit(base).path in ("", "/"):  # crawlers read it at the root of a host only
            robots = f"User-agent: *\nAllow: /\nSitemap: {base.rstrip('/')}/sitemap.xml\n"
            (outdir / "robots.txt").write_text(robots, encoding="utf-8")
    takeaway.pack_data(outdir)


def digits(text: str) -> set[str]:
    """Return the numbers in a text; 32 553 and 32553 are one."""
    return set(re.findall(r"\d+(?:[./]\d+)*", re.sub(r"(?<=\d) (?=\d)", "", text)))


class ClaimRole(SphinxRole):
    """Quote a claim of a document: ``{claim}`004-share-2003` `` or ``{claim}`words <key>` ``.

    Shows what is stated and leads to the claim in the ledger. A claim that does not exist is an
    error of the build, and so are words with a number that is neither the claim's nor its year.
    """

    def run(self):
        """Return the link."""
        titled, title, key = split_explicit_title(self.text)
        ledger = documents.ledger()
        if key not in ledger:
            return self.refuse(f"no claim {key!r} in data/documents/claims.csv")
        numbers = digits(ledger[key].printed)
        allowed = numbers | digits(ledger[key].period)
        if titled and numbers and (wrong := digits(title) - allowed):
            return self.refuse(f"{key} prints {ledger[key].stated!r}, not {', '.join(wrong)}")
        page = self.env.app.builder.get_relative_uri(self.env.docname, LEDGER)
        words = title if titled else ledger[key].stated
        return [nodes.reference("", words, refuri=f"{page}#claim-{key}", internal=True)], []

    def refuse(self, why):
        """Report an error at the place of the role."""
        message = self.inliner.reporter.error(why, line=self.lineno)
        return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


class FactsDirective(SphinxDirective):
    """Put in what the build knows about itself: ``{facts} checks`` (see `facts.FACTS`)."""

    required_arguments = 1
    optional_arguments = 1

    def run(self):
        """Return the parsed Markdown."""
        if self.arguments[0] not in facts.FACTS:
            raise self.error(f"no facts {self.arguments[0]!r}; there are {', '.join(facts.FACTS)}")
        box = nodes.container(classes=["facts"])
        text = facts.FACTS[self.arguments[0]](Path(self.env.srcdir), *self.arguments[1:])
        self.state.nested_parse(StringList(text.splitlines(), "facts"), 0, box)
        return [box]


def visit_solution(translator, node) -> None:
    """Open a solution as a box that the reader unfolds; printing and search see it all the same."""
    title = node.pop(0)
    name = re.sub(r"[^a-z0-9-]+", "-", node["ids"][0].split("/")[-1])
    summary = f"<summary>{escape(title.astext())}</summary>"
    translator.body.append(f'<details class="solution" id="{name}">{summary}\n')
    translator.report_solutions = [*getattr(translator, "report_solutions", []), title]


def depart_solution(translator, node) -> None:
    """Close the box of a solution, and give its title back to those who read it later."""
    node.insert(0, translator.report_solutions.pop())
    translator.body.append("</details>\n")


def remove_others(app, config) -> None:
    """Disconnect the extensions that Jupyter Book loads though the book does not use them.

    They belong to other themes, and would add scripts and style sheets to every page.
    """
    listeners = app.events.listeners
    for event in list(listeners):
        listeners[event] = [
            listener
            for listener in listeners[event]
            if not listener.handler.__module__.startswith(OTHERS)
        ]


def start_katex(server, folder: Path, timeout: float):
    """Start KaTeX and connect to it as soon as it listens.

    The extension's own ways fail on a busy machine (the socket is there before it listens), or wait
    for an acknowledgement in every formula (a network socket).
    """
    path = folder / "katex.sock"
    process = Popen(server.build_command(socket=path), stdin=PIPE, stdout=PIPE, cwd=folder)
    end = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > end or process.poll() is not None:
                raise server.timeout_error(timeout) from None
            time.sleep(0.01)
        else:
            return process, connection


def make_katex_strict() -> None:
    """Let a formula that KaTeX cannot read stop the build, and let a busy machine take its time."""
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    katex.KaTeXServer.start_server_process = classmethod(start_katex)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60


def setup(app) -> dict:
    """Connect the above."""
    make_katex_strict()
    app.add_html_theme("report", Path(__file__).parent / "theme")
    app.add_config_value("repository", "", "html")
    app.add_config_value("repository_branch", "main", "html")
    app.add_node(solution_node, override=True, html=(visit_solution, depart_solution))
    app.connect("config-inited", remove_others, priority=1)
    app.connect("builder-inited", start)
    app.connect("html-collect-pages", further_pages)
    app.connect("html-page-context", add_context, priority=900)
    app.add_role("claim", ClaimRole())
    app.add_directive("facts", FactsDirective)
    app.connect("build-finished", add_assets)
    return {"parallel_read_safe": False, "parallel_write_safe": False}
