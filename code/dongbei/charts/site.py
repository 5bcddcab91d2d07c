"""What the site makes of a figure: static pictures, a live chart, and files to take away.

The page shows a static picture first, drawn here at two widths; a script then replaces it by the
live chart where scripts run. Downloads (data, pictures) are files beside the page, and so is the
script of a figure whose rows the browser computes. A page of its own shows the data as a table; the
build of the site writes it from the specifications that `ChartRenderer` leaves it.
"""

import csv
import io
import json
import re
from functools import lru_cache
from html import escape
from pathlib import Path

import vl_convert

from dongbei.charts import dynamics
from dongbei.charts.families import HOVER
from dongbei.charts.figures import MIME, TABLE, laid_out
from dongbei.charts.theme import NARROW, plain_colours, site_colours

VEGA_LITE = "6.4"
"""The Vega-Lite release that static pictures and the browser share."""


def svg(spec: dict) -> str:
    """Draw a specification as SVG, without the layers that only serve the pointer."""
    drawn = {key: value for key, value in spec.items() if key not in ("usermeta", "datasets")}
    still = json.loads(json.dumps(drawn), object_hook=_without_hover)
    still["datasets"] = spec["datasets"]
    return _drawn(site_colours(json.dumps(still)))


@lru_cache(maxsize=2)  # a page shows the picture that its file to take away is made of
def _drawn(text: str) -> str:
    return vl_convert.vegalite_to_svg(text, vl_version=VEGA_LITE)


def _without_hover(node: dict) -> dict:
    if "layer" in node:
        node["layer"] = [layer for layer in node["layer"] if layer.get("name") != HOVER]
    return node


def embedded(picture: str, prefix: str) -> str:
    """Make an SVG safe to sit beside others in a page: unique ids, hidden from screen readers.

    The text alternative belongs to the figure around it; the marks' own labels would repeat
    every point aloud.
    """

    def adapted(tag: re.Match) -> str:
        text = re.sub(r' (aria-[a-z]+|role|font-family)="[^"]*"', "", tag[0])
        return text.replace(' id="', f' id="{prefix}-').replace("url(#", f"url(#{prefix}-")

    picture = re.sub(r"<[^>]+>", adapted, picture)
    return picture.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def csv_text(spec: dict) -> str:
    """Return the rows that a figure draws as CSV, in the order of the frame's columns."""
    rows = spec["datasets"][TABLE]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=spec["usermeta"]["columns"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def check(spec: dict) -> None:
    """Refuse a specification that did not pass through `dongbei.charts.figure`."""
    meta = spec.get("usermeta", {})
    for key in ("name", "alt", "source"):
        if not meta.get(key):
            raise ValueError(
                f"a chart without {key}: make it a figure with dongbei.charts.figure(...)"
            )


def html(spec: dict, downloads: str) -> str:
    """Return the figure's HTML; `downloads` is the address of the folder with its files."""
    check(spec)
    meta = spec["usermeta"]
    name = meta["name"]
    narrow = laid_out(spec, NARROW)
    patch = {key: value for key, value in narrow.items() if value != spec.get(key)}
    live = json.dumps(
        {"wide": with_sliders(spec), "narrow": patch}, ensure_ascii=False, sort_keys=True
    )
    live = site_colours(live).replace("<", "\\u003c")
    pictures = "".join(
        f'<div class="chart-picture chart-{size}">{embedded(svg(layout), f"{name}-{size}")}</div>'
        for size, layout in (("wide", spec), ("narrow", narrow))
    )
    own = f' data-script="{downloads}/{name}.js"' if "dynamics" in meta else ""
    has_controls = "dynamics" in meta or any("bind" in one for one in spec.get("params", []))
    named = ' role="group" aria-label="Controls of this chart"' if has_controls else ""
    return (
        f'<div class="chart" id="chart-{name}" data-name="{name}"{own}>'
        f'<div class="chart-view" role="img" aria-label="{escape(meta["alt"])}">{pictures}</div>'
        f'<div class="chart-controls"{named}></div>'
        f'<script type="application/json" class="chart-spec">{live}</script>'
        f'<p class="chart-downloads">Data: <a href="{downloads}/{name}.html">table</a>, '
        f'<a href="{downloads}/{name}.csv" download>CSV</a>. '
        f'Picture: <a href="{downloads}/{name}.svg" download>SVG</a>, '
        f'<a href="{downloads}/{name}.png" download>PNG</a></p></div>'
    )


def with_sliders(spec: dict) -> dict:
    """Bind the sliders of a figure that has a script of its own, which only a page loads."""
    meta = dict(spec["usermeta"])
    own = meta.pop("dynamics", None)
    if own is None:
        return spec
    return {**spec, "usermeta": meta, "params": [*spec.get("params", []), *own["params"]]}


def write_downloads(spec: dict, folder: Path) -> None:
    """Write a figure's CSV and stand-alone pictures, and its script if its rows are computed.

    Raises
    ------
    ValueError
        If the specification is not a figure's, or another figure of the book has its name.
    """
    check(spec)
    folder.mkdir(parents=True, exist_ok=True)
    name = spec["usermeta"]["name"]
    picture = plain_colours(svg(spec))
    files = {f"{name}.csv": csv_text(spec), f"{name}.svg": picture}
    if "dynamics" in spec["usermeta"]:
        files[f"{name}.js"] = dynamics.script(name, spec["usermeta"]["dynamics"])
    if (folder / f"{name}.csv").exists():
        raise ValueError(f"two figures are called {name!r}; names are unique in the book")
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    (folder / f"{name}.png").write_bytes(png(picture))


def png(picture: str) -> bytes:
    """Draw a stand-alone SVG on white, twice as large, for where no SVG can be used."""
    white = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return vl_convert.svg_to_png(re.sub(r"(<svg [^>]*>)", rf"\1{white}", picture, count=1), scale=2)


class ChartRenderer:
    """MyST-NB's hook for our media type (entry point ``myst_nb.mime_renderers``)."""

    mime_priority_overrides = (("*", MIME, 1),)

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list | None:
        """Turn a notebook output into the figure's HTML, and write its downloads."""
        if inline or data.mime_type != MIME:
            return None
        from docutils import nodes
        from sphinx.util.osutil import relative_uri

        env = renderer.renderer.sphinx_env
        write_downloads(data.content, Path(env.app.outdir, "figures"))
        page = env.app.builder.get_target_uri(env.docname)
        text = html(data.content, relative_uri(page, "figures"))
        if not hasattr(env, "figures"):
            env.figures = []
        env.figures.append((env.docname, data.content))
        return [nodes.raw("", text, format="html", classes=["output"])]
