"""What turns an Altair chart into a figure of the report.

A `Figure` is a Vega-Lite specification that carries its name, its alternative text and its source
line. In a notebook it shows itself under a media type that JupyterLab draws; the site turns the
same specification into a static picture, a live chart and a table (`dongbei.charts.site`).
"""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import altair as alt

from dongbei.charts.theme import WIDE, config

MIME = "application/vnd.vegalite.v5+json"
"""JupyterLab draws this type without an extension; the specification itself is Vega-Lite 6."""

AXIS, GAP, LEAST, LETTER = 52, 14, 120, 6.4
"""Pixels that a row of small multiples leaves for the numbers of its axis and between two panels,
the least width of a panel, and the width of a letter in the names of an axis."""

TABLE = "table"
"""Name of the one table that a figure draws from."""

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Figure:
    """A checked specification; a notebook shows it and the site renders it."""

    spec: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {MIME: self.spec, "text/plain": self.spec["usermeta"]["alt"]}


def figure(chart, *, name: str, alt_text: str, source: str, height: int | None = None) -> Figure:
    """Make a chart a figure of the report.

    Parameters
    ----------
    chart
        Any Altair chart that draws from one table held in memory.
    name
        Lower-case words joined by hyphens; names the downloads and must be unique in the book.
    alt_text
        What the picture shows, for a reader who does not see it: the trend and the numbers.
    source
        Who published the figures and what was computed from them; printed inside the picture.
    height
        Height in pixels of the drawing area (of each small multiple), if not the default.

    Raises
    ------
    ValueError
        If the name, the alternative text or the source is missing, if the data sit elsewhere, if
        there is more than one table, or if a chart that has its own heights is given another.
    """
    for what, text in (("alternative text", alt_text), ("source line", source)):
        if not text or not text.strip():
            raise ValueError(f"figure {name!r} has no {what}: pass one, every figure needs it")
    if not NAME.fullmatch(name):
        raise ValueError(f"figure name {name!r} must be lower-case words joined by hyphens")
    with alt.data_transformers.enable("default", max_rows=None):
        spec = chart.to_dict()
    check_data(spec, name)
    ((key, rows),) = spec.pop("datasets").items()
    spec = json.loads(json.dumps(spec).replace(key, TABLE))  # the key is a hash of unrounded rows
    spec["datasets"] = {TABLE: rounded(rows)}
    spec["usermeta"] = {
        **spec.get("usermeta", {}),  # what the chart's own script needs
        "columns": list(rows[0]),
        "name": name,
        "alt": " ".join(alt_text.split()),
        "source": " ".join(source.split()),
    }
    if height and "heights" in spec["usermeta"]:
        raise ValueError(f"figure {name!r} has the height of its layout: set it in the chart")
    if "facet" in spec:
        spec["spec"]["height"] = height or 150
    else:
        spec["height"] = height or spec.get("height", 320)
    return Figure(laid_out(spec, WIDE))


def check_data(spec: dict, name: str) -> None:
    """Refuse a specification that loads data from an address, or draws from several tables."""
    if any("url" in part for part in parts(spec)):
        raise ValueError(f"figure {name!r} loads data from an address; pass the frame itself")
    tables = list(spec.get("datasets", {}).values())
    if len(tables) != 1:
        raise ValueError(
            f"figure {name!r} draws from {len(tables)} tables; join them into one frame, "
            "which readers can then download"
        )
    if not tables[0]:
        raise ValueError(f"figure {name!r} has no rows to draw; check the filter before it")


def rounded(rows: list[dict]) -> list[dict]:
    """Round to ten significant digits, so that a notebook is the same on every machine."""

    def plain(value):
        return float(f"{value:.10g}") if isinstance(value, float) else value

    return [{key: plain(value) for key, value in row.items()} for row in rows]


def laid_out(spec: dict, width: int) -> dict:
    """Return the specification for a total width in pixels: sizes, wrapped source, legend columns.

    Only top-level entries differ between two widths, so that a page can hold the data once.
    """
    source = textwrap.wrap(f"Source: {spec['usermeta']['source']}", width=width // 6)
    new = {
        **spec,
        "title": {"text": source, "orient": "bottom", "anchor": "start", "offset": 14},
        "config": config(),
    }
    if "facet" in spec:
        room, columns = axis_room(spec), min(spec.get("columns", 4), 2 if width < WIDE else 4)
        while (cell := (width - room + GAP) // columns - GAP) < LEAST and columns > 1:
            columns -= 1
        new |= {"columns": columns, "spacing": GAP}
        new["spec"] = {**spec["spec"], "width": cell}
        new["config"]["axisY"]["title"] = None
        new["config"]["axisX"]["labelFlush"] = True  # or it meets the label of the next panel
    else:
        new |= {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
        # what stands at the end of an axis or a bar goes beyond it where there is little room
        right = 16 if width < WIDE else 5
        new["padding"] = {"left": 5, "top": 5, "right": right, "bottom": 5}
        if heights := spec["usermeta"].get("heights"):
            new["height"] = heights["narrow" if width < WIDE else "wide"]
    new["config"]["legend"]["columns"] = legend_columns(spec, width)
    return new


def axis_room(spec: dict) -> int:
    """Return the pixels that a row of small multiples leaves for the labels of its axis."""
    rows = spec["datasets"][TABLE]
    room = AXIS
    for axis in (part["y"] for part in parts(spec["spec"]) if isinstance(part.get("y"), dict)):
        if axis.get("type") == "nominal":
            longest = max(len(str(row.get(axis["field"], ""))) for row in rows)
            limit = (axis.get("axis") or {}).get("labelLimit", 180)
            room = max(room, int(min(LETTER * longest, limit)) + 18)
    return room


def legend_columns(spec: dict, width: int) -> int:
    """Return how many columns of a legend fit the width, with its longest entry."""
    colours = [part["color"] for part in parts(spec) if isinstance(part.get("color"), dict)]
    domains = [(colour.get("scale") or {}).get("domain", []) for colour in colours]
    longest = max((len(str(name)) for domain in domains for name in domain), default=0)
    room = 0 if "facet" in spec else axis_room({**spec, "spec": spec})
    return max(1, min(4, (width - room) // (7 * longest + 40)))


def parts(node) -> Iterator[dict]:
    """Walk through a specification, its data left out, and give each of its objects."""
    if isinstance(node, dict):
        yield node
        node = [child for key, child in node.items() if key != "datasets"]
    if isinstance(node, list):
        for child in node:
            yield from parts(child)


def refuse_bare_chart(spec: dict, **_) -> dict:
    """Stop a chart that is shown without `figure`, since it has no alternative text."""
    raise ValueError("pass the chart to dongbei.charts.figure: it needs alternative text, a source")


alt.renderers.register("dongbei", refuse_bare_chart)
alt.renderers.enable("dongbei")
