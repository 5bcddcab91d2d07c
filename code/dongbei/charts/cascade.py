"""A supply link that the reader cuts, and the loss that spreads from it round by round.

The rounds are those of `dongbei.resilience.disruption.cascade`, whose names the arrays have here.
They are taken twice: by Python at the first values of the controls, for the static picture and the
table of data; and by the reader's browser (``dynamics.js``) at their present values. Both read the
same rounded shares.
"""

import json
from collections.abc import Sequence
from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from dongbei.charts.dynamics import live
from dongbei.charts.explorer import Choice, Slider
from dongbei.charts.theme import LEVELS, colour

UNIT = 100_000
"""Shares are rounded to one part in this many, so that a page stays light."""

OTHERS = "all other regions"
"""Buyers that are not in the seller's own region."""

ALL = "All sectors"

COLUMNS = ("part", "region", "sector", "after", "lost")
"""Columns of the table; those of the controls follow."""

LABELS = (
    "Seller, region",
    "Seller, sector",
    "Buyers cut off",
    "Part cut, percent",
    "Second source, percent",
    "Round",
)
"""What stands before the controls."""

GAP, BARS, NUMBER, FULL = 0.3, 4, 1.5, 0.94
"""Space before the bars, the longest bar, the number after it, and a cell without its edge, in
cells."""

ROW = 24
"""Height of a row in pixels."""

SPACES = " ", "  ", "   "
"""Names of rows without one."""

HEADS = "round"
"""Name of the row that counts rounds."""


def cascade(
    sources: ArrayLike,
    needs: ArrayLike,
    critical: ArrayLike,
    weight: ArrayLike,
    *,
    regions: Sequence[str],
    sectors: Sequence[str],
    seller: tuple[str, str],
    buyers: str = OTHERS,
    cut: float = 100,
    second_source: float = 0,
    rounds: int = 8,
    after: int | None = None,
    levels: Sequence[float] = (1, 5, 15, 40),
    nation: str = "China",
) -> alt.LayerChart:
    """Draw who loses output when deliveries of one seller are cut, after each round.

    The reader chooses the seller, the buyers that are cut off, how much of the deliveries is cut,
    what part of any gap other sources fill, and the round. Cells show the part of its output that
    each sector of each region has lost, bars what regions and the nation have lost of their value
    added, and the lowest row what the nation has lost after each round. A notebook and the static
    picture show the first values of the controls, and no controls.

    Parameters
    ----------
    sources
        Share of each row in what a column buys of the row's product. Shape (n, n), where the n = m
        k rows are m regions, one after the other, with the same k sectors in the same order.
    needs
        What a column buys of each product, per unit of its output. Shape (k, n).
    critical
        Whether a column cannot do without a product. Shape (k, n).
    weight
        Value added of each row. Shape (n,).
    regions, sectors
        Names as the reader sees them, in the order of the rows.
    seller
        Region and sector whose deliveries are cut at first.
    buyers
        The region that they do not reach at first, or ``"all other regions"``.
    cut, second_source
        Part of the deliveries that is cut, and part of any gap that other sources fill, in percent
        and in steps of 5, from 0 to 100 and to 90.
    rounds
        The last round that the reader may see.
    after
        The round that is shown at first; by default the last.
    levels
        Losses in percent at which the colour changes, rising; one less than there are colours. They
        stay, and so do the ends of the bars, so that rounds and sellers compare.
    nation
        What the sum of all regions is called.

    Returns
    -------
    alt.LayerChart
        Draws from rows (part, region, sector, after, lost), where the part is ``"cell"``, ``"bar"``
        or ``"round"`` and the loss is in percent, with a column more for each control.

    Raises
    ------
    ValueError
        If a shape does not fit the names, a number is not finite or negative, shares or needs add
        up to more than one, a region or sector has no weight, a name is unknown or used twice, or a
        control cannot stand where it shall at first.
    """
    check_names(regions, sectors, nation)
    network = checked(sources, needs, critical, weight, len(regions), len(sectors))
    check_levels(levels)
    controls = all_controls(
        regions, sectors, (*seller, buyers, cut, second_source), rounds, after
    )  # fmt: skip
    stored = whole_numbers(network, len(regions))
    check_weight(stored["weight"], len(regions))
    names = {"regions": list(regions), "sectors": list(sectors), "nation": nation}
    page = live(
        {
            "kind": "cascade",
            "computed": dict.fromkeys(("cell", "bar", "round"), "lost"),
            "everyone": OTHERS,
            "rounds": rounds,
            "unit": UNIT,
            **names,
            **{name: texts(numbers) for name, numbers in stored.items()},
        },
        {},
        controls,
    )
    network = {name: numbers / UNIT for name, numbers in stored.items()}
    network["critical"] = stored["critical"] > 0
    frame = first_rows(network, names, controls, rounds)
    longest = worst_region(network, len(regions), rounds)
    chart = drawn(frame, names, rounds, longest, list(levels))
    return chart.properties(usermeta={"dynamics": page})


def spread(network, cut: NDArray, second_source: float, rounds: int) -> NDArray:
    """Pass losses on; return the part of its output that each row has lost after each round.

    Parameters
    ----------
    network
        ``sources``, ``needs`` and ``critical``, as of `cascade`.
    cut
        Part of the deliveries of each row to each column that is cut. Shape (n, n).
    second_source
        Part of any gap that other sources fill.

    Returns
    -------
    NDArray
        Shape (rounds + 1, n), from zero on.
    """
    critical, needs = network["critical"], network["needs"]
    lost = np.zeros((rounds + 1, needs.shape[1]))
    for before, now in pairwise(lost):
        missing = network["sources"] * (1 - (1 - cut) * (1 - before[:, None]))
        gap = (1 - second_source) * missing.reshape(-1, *needs.shape).sum(axis=0)
        linear = (needs * gap).sum(axis=0)
        now[:] = np.maximum(np.where(critical, gap, 0).max(axis=0), linear)
    return lost


def cut_links(n: int, row: int, hit: NDArray, part: float = 1.0) -> NDArray:
    """Return the part of every delivery that is cut if a row does not reach the columns hit."""
    cut = np.zeros((n, n))
    cut[row, hit] = part
    return cut


def worst_region(network, m: int, rounds: int) -> float:
    """Return the greatest loss of value added of a region that any seller's failure can lead to."""
    n = len(network["weight"])
    home = np.repeat(np.arange(m), n // m)
    worst = [
        means(spread(network, cut_links(n, row, hit), 0.0, rounds)[-1:], network["weight"], m)[1]
        for row in range(n)
        for hit in (home != home[row], home == home[row])
    ]
    return float(np.max(worst))


def means(lost: NDArray, weight: NDArray, m: int) -> tuple[NDArray, NDArray, NDArray]:
    """Return weighted losses: of the nation's sectors, of its regions, and of the nation.

    From shape (rounds, n) to (rounds, k), (rounds, m) and (rounds,).
    """
    shape = len(lost), m, -1
    lost, weight = (lost * weight).reshape(shape), weight.reshape(m, -1)
    return (
        lost.sum(axis=1) / weight.sum(axis=0),
        lost.sum(axis=2) / weight.sum(axis=1),
        lost.sum(axis=(1, 2)) / weight.sum(),
    )


def first_rows(network, names, controls, rounds: int) -> pd.DataFrame:
    """Tabulate losses at the first values of the controls, in percent, in the page's order."""
    regions, sectors, nation = names.values()
    region, sector, buyers, cut, second, after = (control.value for control in controls)
    home = np.repeat(regions, len(sectors))
    row = regions.index(region) * len(sectors) + sectors.index(sector)
    hit = home != region if buyers == OTHERS else home == buyers
    cut = cut_links(len(home), row, hit, cut / 100)
    path = spread(network, cut, second / 100, rounds)
    of_sectors, of_regions, of_nation = means(path, network["weight"], len(regions))
    everybody = [*regions, nation]
    parts = [
        ("cell", np.repeat(everybody, len(sectors)), sectors * len(everybody), np.nan,
         np.concatenate([path[after], of_sectors[after]])),
        ("bar", everybody, ALL, np.nan, [*of_regions[after], of_nation[after]]),
        ("round", nation, ALL, np.arange(rounds + 1), of_nation),
    ]  # fmt: skip
    frame = pd.concat(
        [pd.DataFrame(dict(zip(COLUMNS, part, strict=True))) for part in parts], ignore_index=True
    )
    settings = {control.label: control.value for control in controls}
    return frame.assign(lost=(100 * frame["lost"]).round(2) + 0.0, **settings)


def drawn(frame, names, rounds: int, longest: float, levels: list[float]) -> alt.LayerChart:
    """Draw the rows of the table, all in one plane: cells, bars, rounds, and what is cut."""
    cells, bars, strip = places(frame, names, rounds, longest)
    seller, product, buyers, part, second, now = (f"datum[{label!r}]" for label in LABELS)
    x, y = positions(names)
    box = {"x": x, "x2": "x2:Q", "y": y}
    fill = alt.Fill("lost:Q", scale=level_scale(levels), legend=level_legend())
    said, middle = alt.Text("said:N"), alt.X("middle:Q")
    number = {"fontSize": {"expr": "width < 420 ? 9 : 11"}, "baseline": "middle"}
    outline = {"filled": False, "stroke": colour("ink"), "strokeWidth": 2.5}
    output = tips("output", alt.Tooltip("region:N"), alt.Tooltip("sector:N"))
    by_round = tips("value added", alt.Tooltip("region:N"), alt.Tooltip("after:Q", title="round"))
    added = tips("value added", alt.Tooltip("region:N"))
    chosen = cells.transform_filter(
        f"datum.region === {seller} && datum.sector === {product}"
    ).mark_rect(**outline)
    present = strip.transform_filter(f"datum.after === {now}").mark_rect(**outline)
    story = bars.transform_filter(alt.datum.region == names["nation"]).transform_calculate(
        row=json.dumps(SPACES[1]),
        said=f"'Outlined: ' + {seller} + ', ' + {product} + '; round ' + {now}"
        f" + '\\n' + {part} + '% of sales to ' + {buyers} + ' cut'"
        f" + '\\n' + {second} + '% of gaps filled by second sources'",
    )
    return alt.layer(
        cells.mark_rect().encode(**box, fill=fill, tooltip=output),
        strip.mark_rect().encode(**box, fill=fill, tooltip=by_round),
        bars.mark_bar(color=colour("muted"), height={"band": 0.6}).encode(**box, tooltip=added),
        bars.mark_text(align="left", dx=4, baseline="middle").encode(
            x="x2:Q", y=y, text=said, tooltip=added
        ),
        cells.mark_text(**number).encode(x=middle, y=y, text=said, tooltip=output),
        strip.mark_text(**number).encode(x=middle, y=y, text=said, tooltip=by_round),
        strip.mark_text(**number).encode(x=middle, y="head:N", text=alt.Text("after:Q")),
        chosen.encode(**box),
        present.encode(**box),
        story.mark_text(align="left", baseline="top", lineBreak="\n", lineHeight=18, dy=-8).encode(
            x=alt.value(0), y=y, text=said
        ),
    ).properties(height=ROW * len(row_names(names)))


def places(frame, names, rounds: int, longest: float) -> list[alt.Chart]:
    """Place cells, bars and rounds in the plane, whose unit across is a cell, and word them."""
    k, cell = len(names["sectors"]), f"indexof({json.dumps(names['sectors'])}, datum.sector)"
    step = width(k) / (rounds + 1)
    details = {
        "cell": {
            "row": "datum.region",
            "x": cell,
            "x2": f"{cell} + {FULL}",
            "middle": f"{cell} + {FULL / 2}",
            "said": "datum.lost < 1 ? '' : format(datum.lost, '.0f')",
        },
        "bar": {
            "row": "datum.region",
            "x": repr(k + GAP),
            "x2": f"{k + GAP!r} + datum.lost * {BARS / (100 * longest or 1)!r}",
            "said": "format(datum.lost, '.1f')",
        },
        "round": {
            "row": json.dumps(row_names(names)[-3]),
            "head": json.dumps(HEADS),
            "x": f"datum.after * {step!r}",
            "x2": f"(datum.after + {FULL}) * {step!r}",
            "middle": f"(datum.after + {FULL / 2}) * {step!r}",
            "said": "format(datum.lost, '.1f')",
        },
    }
    return [
        alt.Chart(frame).transform_filter(alt.datum.part == part).transform_calculate(**columns)
        for part, columns in details.items()
    ]


def positions(names) -> tuple[alt.X, alt.Y]:
    """Return the axes: names of sectors above the cells, of regions beside them."""
    heads = [*names["sectors"], ALL]
    middles = [place + FULL / 2 for place in range(len(heads) - 1)]
    middles.append(len(middles) + GAP + FULL / 2)
    bare = {"domain": False, "ticks": False, "grid": False, "title": None, "labelLimit": 150}
    above = alt.Axis(
        **bare,
        orient="top",
        values=middles,
        tickCount=len(heads),  # or Vega leaves out every other one where there is less room
        labelExpr=f"{json.dumps(heads)}[min(floor(datum.value), {len(heads) - 1})]",
        labelAngle=-60,
        labelAlign="left",
        labelBaseline="middle",
        labelOverlap=False,
    )
    across = alt.Scale(domain=[0, width(len(heads) - 1)], nice=False, zero=False)
    down = alt.Scale(domain=row_names(names), paddingInner=0.08)
    return (
        alt.X("x:Q", axis=above, scale=across),
        alt.Y("row:N", axis=alt.Axis(**bare, labelPadding=6), scale=down, sort=None),
    )


def row_names(names) -> list[str]:
    """Return the names of all rows of the plane; those that hold words have none."""
    nation = names["nation"]
    return [*names["regions"], nation, SPACES[0], HEADS, f"{nation} by round", *SPACES[1:]]


def width(k: int) -> float:
    """Return the width of the plane in cells."""
    return k + GAP + BARS + NUMBER


def level_scale(levels: list[float]) -> alt.Scale:
    """Return the colours of losses, which no control moves."""
    return alt.Scale(type="threshold", domain=levels, range=[colour(name) for name in LEVELS])


def level_legend() -> alt.Legend:
    """Return the legend of the colours."""
    return alt.Legend(
        title="Output lost, percent (sums: of value added)",
        titleFontWeight="normal",
        titleLimit=320,
        orient="bottom",
        offset=16,
        gradientLength=240,
        gradientThickness=12,
    )


def tips(what: str, *before: alt.Tooltip) -> list[alt.Tooltip]:
    """Return what the pointer is told of a loss."""
    return [*before, alt.Tooltip("lost:Q", title=f"{what} lost, percent", format=".1f")]


def all_controls(regions, sectors, first, rounds, after) -> list[Choice | Slider]:
    """Return the controls in the order of their labels; they refuse what they cannot show."""
    if int(rounds) != rounds or rounds < 1:
        raise ValueError(f"rounds must be a whole number of 1 or more; it is {rounds}")
    region, sector, buyers, cut, second = first
    symbols = sp.symbols("region sector buyers cut second after")
    after = rounds if after is None else after
    details = (
        (Choice, tuple(regions), region),
        (Choice, tuple(sectors), sector),
        (Choice, (OTHERS, *regions), buyers),
        (Slider, 0, 100, 5, cut),
        (Slider, 0, 90, 5, second),
        (Slider, 0, rounds, 1, after),
    )
    return [
        kind(symbol, label, *detail)
        for symbol, label, (kind, *detail) in zip(symbols, LABELS, details, strict=True)
    ]


def whole_numbers(network, m: int) -> dict[str, NDArray]:
    """Round to whole parts of `UNIT`: shares such that their sums stay, weights to their sum."""
    k, n = network["needs"].shape
    return {
        "sources": rounded(network["sources"].reshape(m, k, n)).reshape(n, n),
        "needs": rounded(network["needs"]),
        "critical": network["critical"].astype(int),
        "weight": rounded(network["weight"] / network["weight"].sum()),
    }


def rounded(shares: NDArray) -> NDArray:
    """Round shares along the first axis; the largest takes what their sum would lose or gain."""
    found = np.rint(UNIT * shares).astype(int)
    left = np.rint(UNIT * shares.sum(axis=0)).astype(int) - found.sum(axis=0)
    largest = np.expand_dims(shares.argmax(axis=0), 0)
    np.put_along_axis(found, largest, np.take_along_axis(found, largest, 0) + left, 0)
    return found


def texts(numbers: NDArray) -> list[str] | str:
    """Write whole numbers as a text, or one per row, since a notebook gives each number a line."""
    if numbers.ndim == 1:
        return " ".join(map(str, numbers))
    return [texts(row) for row in numbers]


def checked(sources, needs, critical, weight, m: int, k: int) -> dict[str, NDArray]:
    """Return the arrays of a network; refuse what has another shape or is no network."""
    n = m * k
    found = {}
    for name, given, shape in (
        ("sources", sources, (n, n)),
        ("needs", needs, (k, n)),
        ("critical", critical, (k, n)),
        ("weight", weight, (n,)),
    ):
        array = found[name] = np.asarray(given, dtype=None if name == "critical" else float)
        if array.shape != shape:
            raise ValueError(
                f"{name} must have the shape {shape} for {m} regions of {k} sectors; it has "
                f"{array.shape}"
            )
        if name == "critical":
            if array.dtype != bool:
                raise ValueError(f"critical must be true or false; it holds {array.dtype}")
        elif not (np.isfinite(array).all() and (array >= 0).all()):
            raise ValueError(f"{name} must be finite and not negative: look for gaps and signs")
    if not found["weight"].any():
        raise ValueError("weight must not be zero everywhere: give the value added of each row")
    for what, sums in (
        ("shares of the sources of a product", found["sources"].reshape(m, k, n).sum(axis=0)),
        ("needs of a column", found["needs"].sum(axis=0)),
    ):
        if sums.max() > 1 + 0.5 / UNIT:
            at = np.unravel_index(sums.argmax(), sums.shape)
            raise ValueError(
                f"{what} must add up to 1 or less; at {', '.join(map(str, at))} they add up to "
                f"{sums.max():.6g}"
            )
    return found


def check_weight(weight: NDArray, m: int) -> None:
    """Refuse a region or a sector whose losses would have no mean; in whole parts of `UNIT`."""
    of_both = weight.reshape(m, -1)
    for what, sums in (("region", of_both.sum(axis=1)), ("sector", of_both.sum(axis=0))):
        if not sums.all():
            raise ValueError(
                f"{what} {sums.argmin()} has less than 1/{UNIT} of all weight: merge it with "
                "another, or leave it out"
            )


def check_names(regions, sectors, nation: str) -> None:
    """Refuse names used twice, and none."""
    if len(regions) < 2 or not len(sectors):
        raise ValueError("give two regions or more and one sector or more")
    rows = [*row_names({"regions": regions, "nation": nation}), OTHERS]
    for what, names in (("region", rows), ("sector", [*sectors, ALL])):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"give each {what} a name of its own; used twice: {', '.join(twice)}")


def check_levels(levels: Sequence[float]) -> None:
    """Refuse levels that do not part as many colours as there are, or do not rise."""
    numbers = np.asarray(levels, dtype=float)
    if numbers.shape != (len(LEVELS) - 1,) or not (np.diff(numbers, prepend=0) > 0).all():
        raise ValueError(
            f"levels must be {len(LEVELS) - 1} percentages above 0 that rise; they are "
            f"{', '.join(map(str, levels))}"
        )
