"""The book's own Sphinx extension: assets, links to claims, and two mends of the theme."""

import os
import re
import shutil
from pathlib import Path

import sphinxcontrib.katex as katex
import vl_convert
from docutils import nodes
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import split_explicit_title

from dongbei import documents
from dongbei.charts.site import VEGA_LITE
from dongbei.charts.theme import stylesheet
from environment import VENDOR

LEDGER = "notebooks/evidence/ledger"
"""The page on which every claim has its anchor."""

UNUSED = ("sphinx-thebe.*", "**/*.map", "webpack-macros.html")
"""What the theme puts among the static files though no page loads it."""


def vega() -> Path:
    """Bundle the release of Vega-Lite that draws the static pictures, once, for the browser."""
    bundle = VENDOR / f"vega-lite-{VEGA_LITE}.js"
    if not bundle.exists():
        code = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;", vl_version=VEGA_LITE)
        fresh = bundle.with_suffix(f".{os.getpid()}")
        fresh.write_text(f"(function(){{{code}}})();", encoding="utf-8")
        os.replace(fresh, bundle)
    return bundle


def add_assets(app, exception) -> None:
    """Copy KaTeX's style and the Vega bundle into the site, and write the charts' colours."""
    if exception:
        return
    static = Path(app.outdir, "_static")
    shutil.copytree(VENDOR / "katex", static / "vendor" / "katex", dirs_exist_ok=True)
    shutil.copy(vega(), static / "vendor" / "vega.js")
    shutil.copy(VENDOR / "sortable.min.js", static / "vendor")
    for pattern in UNUSED:
        for file in static.glob(pattern):
            file.unlink()
    (static / "charts.css").write_text(stylesheet(), encoding="utf-8")


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    """Load the script of charts and that of tables on the pages that have them."""
    if app.env.metadata.get(pagename, {}).get("has_charts"):
        app.add_js_file("charts.js", loading_method="defer")
    if 'class="sortable' in context.get("body", ""):
        app.add_js_file("vendor/sortable.min.js", loading_method="defer")
        app.add_js_file("tables.js", loading_method="defer")


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


def remove_thebe(app, config) -> None:
    """Disconnect the live-code extension, which Jupyter Book loads though the book does not use it.

    It would add a script and a style sheet to every page, twice.
    """
    app.registry.css_files = [
        sheet for sheet in app.registry.css_files if sheet[0] != "sphinx-thebe.css"
    ]
    listeners = app.events.listeners
    for event in list(listeners):
        listeners[event] = [
            listener
            for listener in listeners[event]
            if not listener.handler.__module__.startswith("sphinx_thebe")
        ]


def make_katex_strict() -> None:
    """Let a formula that KaTeX cannot read stop the build, and let a busy machine take its time.

    The way through a network socket waits until the server listens; the default one does not.
    """
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60


def setup(app) -> dict:
    """Connect the above."""
    make_katex_strict()
    app.add_css_file("charts.css")
    app.connect("config-inited", remove_thebe)
    app.connect("html-page-context", add_scripts)
    app.add_role("claim", ClaimRole())
    app.connect("build-finished", add_assets)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
