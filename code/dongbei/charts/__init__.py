"""Charts that need no network.

`theme` holds the colours and type; `families` draws the report's kinds of charts; `figure` makes a
chart a figure, refusing one without alternative text and source; `explorer` draws formulas that
sliders move, which `expression` prints for the browser; `dynamics` holds differential equations,
which `integrate` solves here and the browser solves anew, for the lines of a `simulator`, those of
many futures in a `fan`, and the areas of a `phase_portrait`; `cascade` lets the reader cut a supply
and watch the loss spread; `diagram` draws boxes and arrows; `ranking` a league table that sliders
rearrange; `site` is what the site's build calls to turn a figure into HTML.
"""

from dongbei.charts.cascade import cascade
from dongbei.charts.diagram import diagram
from dongbei.charts.dynamics import Dynamics, integrate
from dongbei.charts.explorer import Slider, explorer
from dongbei.charts.expression import vega_expression
from dongbei.charts.families import (
    band,
    bars,
    heat_map,
    intervals,
    lines,
    rule,
    scatter,
    shade,
    small_multiples,
    spans,
    stacks,
)
from dongbei.charts.fan import fan
from dongbei.charts.figures import Figure, figure
from dongbei.charts.portrait import phase_portrait
from dongbei.charts.ranking import ranking
from dongbei.charts.simulator import simulator
from dongbei.charts.theme import PROVINCES, REGIONS, VERDICTS, colour, colour_scale

__all__ = [
    "PROVINCES",
    "REGIONS",
    "VERDICTS",
    "Dynamics",
    "Figure",
    "Slider",
    "band",
    "bars",
    "cascade",
    "colour",
    "colour_scale",
    "diagram",
    "explorer",
    "fan",
    "figure",
    "heat_map",
    "integrate",
    "intervals",
    "lines",
    "phase_portrait",
    "ranking",
    "rule",
    "scatter",
    "shade",
    "simulator",
    "small_multiples",
    "spans",
    "stacks",
    "vega_expression",
]
