"""Colours, type and sizes of every chart.

Each colour has a light and a dark value. A notebook carries the light one as plain hex, so that
it looks right in any viewer; on the site the same colour becomes a CSS variable
(`site_colours`), so that a chart follows the reader's colour scheme without being drawn again.
"""

from types import MappingProxyType

import altair as alt

FONT = (
    "Liberation Sans, Arial, Helvetica Neue, PingFang SC, Microsoft YaHei, "
    "Noto Sans CJK SC, Source Han Sans SC, sans-serif"
)
"""One stack for Latin and Chinese. The first name sets the metrics of the static pictures."""

WIDE, NARROW = 680, 330
"""Total width of a chart in pixels: on a desktop page, and on a phone."""

COLOURS = MappingProxyType(
    {
        # name: (light, dark)
        "ink": ("#24292f", "#e6e8eb"),
        "muted": ("#57606a", "#a9b1ba"),
        "grid": ("#e3e6ea", "#3a4048"),
        # Chosen so that any two differ by a colour distance of 10 or more (CAM02-UCS) for readers
        # with full sight and with each kind of colour blindness, in both schemes.
        "northeast": ("#d55e00", "#ff7f2a"),
        "pink": ("#cc79a7", "#f2a6d0"),
        "green": ("#009e73", "#2fc79b"),
        "blue": ("#0072b2", "#4a90d9"),
        "sky": ("#56b4e9", "#a6dcfa"),
        "amber": ("#d0b000", "#ffe873"),
        "violet": ("#5b3a9e", "#7a5cd6"),
        "grey": ("#6e7781", "#858f9a"),
        # three steps of the Northeast's own hue
        "northeast-deep": ("#8c3a00", "#ffb488"),
        "northeast-pale": ("#e8964f", "#c7672a"),
        # five levels of a quantity, for areas: in equal steps, and such that lines and words in
        # ink stay legible on all of them
        "level-1": ("#f6f3dc", "#191c2e"),
        "level-2": ("#c7dfcb", "#20334a"),
        "level-3": ("#a0cac0", "#1e4b66"),
        "level-4": ("#85b3be", "#275c63"),
        "level-5": ("#639fc2", "#276f62"),
    }
)

LEVELS = tuple(f"level-{number}" for number in range(1, 6))
"""Colours of areas from little to much; in the dark scheme, much is bright."""

REGIONS = MappingProxyType(
    {
        "Northeast": "northeast",
        "Beijing-Tianjin": "pink",
        "North Coast": "green",
        "East Coast": "blue",
        "South Coast": "sky",
        "Central": "violet",
        "Northwest": "amber",
        "Southwest": "grey",
    }
)
"""The eight regions of document 001; the Northeast is always the same orange."""

PROVINCES = MappingProxyType(
    {"Liaoning": "northeast-deep", "Jilin": "northeast-pale", "Heilongjiang": "northeast"}
)
"""The three provinces: one hue in three steps, told apart by the dash as well."""


VERDICTS = MappingProxyType(
    {
        "reproduced": "blue",
        "consistent": "sky",
        "inconsistent": "pink",
        "no open copy": "grey",
        "definition not given": "amber",
    }
)
"""The verdicts on what the documents claim."""


def colour(name: str) -> str:
    """Return the light value of a colour, as a hex string.

    Raises
    ------
    KeyError
        If the palette has no such colour; the message lists the names.
    """
    if name not in COLOURS:
        raise KeyError(f"no colour {name!r}; the palette has {', '.join(COLOURS)}")
    return COLOURS[name][0]


def colour_scale(names, palette=REGIONS) -> alt.Scale:
    """Map the given names, in their order, to their fixed colours.

    Raises
    ------
    ValueError
        If a name has no fixed colour.
    """
    names = list(names)
    unknown = [name for name in names if name not in palette]
    if unknown:
        raise ValueError(f"no fixed colour for {', '.join(unknown)}; known: {', '.join(palette)}")
    return alt.Scale(domain=names, range=[colour(palette[name]) for name in names])


def config() -> dict:
    """Return the Vega-Lite configuration shared by all charts."""
    ink, muted, grid = colour("ink"), colour("muted"), colour("grid")
    text = {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **text,
            "titleFontWeight": "normal",
            "gridColor": grid,
            "domainColor": muted,
            "tickColor": muted,
            "labelOverlap": True,
        },
        "axisX": {"grid": False, "labelFlush": False, "labelSeparation": 10, "titleAnchor": "end"},
        "axisY": {
            "domain": False,
            "ticks": False,
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleBaseline": "bottom",
            "titleX": 0,
            "titleY": -10,
        },
        "legend": {
            **text,
            "title": None,
            "orient": "top",
            "offset": 32,
            "labelLimit": 320,
            "symbolStrokeWidth": 3,
        },
        "header": {**text, "title": None, "labelFontWeight": "bold", "labelAnchor": "start"},
        "title": {"color": muted, "fontSize": 11, "fontWeight": "normal", "lineHeight": 14},
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": muted},
        "line": {"strokeWidth": 2, "color": colour("northeast")},
        "bar": {"color": colour("northeast")},
        "point": {"filled": True, "size": 45, "color": colour("northeast")},
    }


def site_colours(text: str) -> str:
    """Replace each palette colour in serialised JSON or SVG by its CSS variable."""
    for name, (light, _) in COLOURS.items():
        text = text.replace(f'"{light}"', f'"var(--chart-{name})"')
    return text


def plain_colours(text: str) -> str:
    """Undo `site_colours`, for a picture that leaves the site."""
    for name, (light, _) in COLOURS.items():
        text = text.replace(f"var(--chart-{name})", light)
    return text


def stylesheet() -> str:
    """Return the CSS that defines the palette in both colour schemes.

    Which of the two values holds is up to ``color-scheme``, which the page's own style sets.
    """
    lines = [
        f"  --chart-{name}: light-dark({light}, {dark});" for name, (light, dark) in COLOURS.items()
    ]
    return "\n".join([":root {", *lines, "}", ""])
