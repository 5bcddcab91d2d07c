"""The families of charts that the report draws, each from one tidy frame.

All take a frame with a row per drawn value and the names of its columns, and return an Altair
chart without a size: `figure` sets the size, and adds what makes it a figure of the report.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dongbei.charts.theme import LEVELS, REGIONS, colour, colour_scale

HOVER = "hover"
"""Name of a layer that only serves the pointer; static pictures leave it out."""


def lines(
    frame: pd.DataFrame,
    *,
    x: str = "year",
    y: str = "value",
    series: str = "region",
    title: str,
    palette=REGIONS,
    dash: str | None = None,
    breaks: tuple[int, ...] = (),
    zero: bool = True,
    reverse: bool = False,
    format: str = ".1f",
    x_title: str | None = None,
) -> alt.LayerChart:
    """Draw one line per series over the years, the Northeast in front.

    Parameters
    ----------
    frame
        Tidy: a row per (series, x), with columns `x`, `y`, `series` and, if given, `dash`.
    title
        What the vertical axis shows, with its unit.
    palette
        Name of a series -> name of a colour of `theme.COLOURS`; its order is the legend's.
    dash
        Column that splits a series into lines of different dashes, such as the vintage.
    breaks
        Years before which the figures are not comparable with those after; each gets a rule.
    zero, reverse
        Whether the vertical axis starts at zero; whether it runs downwards, as for ranks.
    x_title
        What the horizontal axis shows, if it is not the year.

    Raises
    ------
    ValueError
        If a column is missing or a series has no colour in the palette.
    """
    require(frame, x, y, series, *([dash] if dash else []))
    present = set(frame[series])
    order = [name for name in palette if name in present]
    colour_scale(sorted(present - set(order)), palette)  # refuses a series without a colour
    base = alt.Chart(frame).encode(
        x=alt.X(
            f"{x}:Q",
            title=x_title,
            axis=alt.Axis(format="d"),
            scale=alt.Scale(nice=False, zero=False),
        ),
        y=alt.Y(
            f"{y}:Q",
            title=title,
            scale=alt.Scale(zero=zero, reverse=reverse),
            axis=alt.Axis(tickCount=6),
        ),
        color=alt.Color(
            f"{series}:N",
            scale=colour_scale(order, palette),
            legend=alt.Legend(symbolType="stroke") if len(order) > 1 else None,
        ),
    )
    if dash:
        legend = alt.Legend(symbolType="stroke")
        base = base.encode(strokeDash=alt.StrokeDash(f"{dash}:N", sort=None, legend=legend))
    is_northeast = alt.datum[series] == "Northeast"
    curves = []
    if present != {"Northeast"}:
        curves += [base.mark_line().transform_filter(~is_northeast)]
    if "Northeast" in present:
        curves += [base.mark_line(strokeWidth=4).transform_filter(is_northeast)]
    details = [series, *([dash] if dash else []), x]
    tooltip = [alt.Tooltip(f"{name}:N") for name in details] + [
        alt.Tooltip(f"{y}:Q", format=format)
    ]
    hover = base.mark_point(opacity=0, size=120, clip=True).encode(
        tooltip=tooltip, strokeDash=alt.Undefined
    )
    rules = [rule(frame, year) for year in breaks]
    return alt.layer(*rules, *curves, hover.properties(name=HOVER))


def band(
    chart: alt.LayerChart,
    *,
    low: str,
    high: str,
    x: str = "year",
) -> alt.LayerChart:
    """Put a grey band behind the lines of a chart, such as where most of the others are.

    Parameters
    ----------
    chart
        What `lines` returns.
    low, high
        Columns of its frame with the ends of the band, in the rows that draw it; missing in others.
    x
        Column of the horizontal axis.

    Raises
    ------
    ValueError
        If a column is missing, or a low end is above its high one.
    """
    frame = chart.data
    require(frame, low, high, x)
    if (frame[low] > frame[high]).any():
        raise ValueError(f"{low} is above {high} in {int((frame[low] > frame[high]).sum())} rows")
    area = (
        alt.Chart(frame)
        .transform_filter(f"isValid(datum[{low!r}])")
        .mark_area(color=colour("grey"), opacity=0.25)
        .encode(x=f"{x}:Q", y=alt.Y(f"{low}:Q", title=None), y2=alt.Y2(f"{high}:Q"))
    )
    return alt.layer(area, *chart.layer, data=frame)


def rule(frame: pd.DataFrame, at: float, *, vertical: bool = True) -> alt.Chart:
    """Draw one dashed reference line at a constant, from the same data as the chart around it."""
    position = {"x" if vertical else "y": alt.datum(at)}
    mark = alt.Chart(frame).transform_aggregate(rows="count()").mark_rule(strokeDash=[3, 3])
    return mark.encode(**position)


def bars(
    frame: pd.DataFrame,
    *,
    category: str,
    value: str = "value",
    title: str,
    group: str = "region",
    palette=REGIONS,
    format: str = ".1f",
) -> alt.LayerChart:
    """Draw one horizontal bar per category, longest first, with its value at the end.

    Raises
    ------
    ValueError
        If a column is missing or a group has no colour in the palette.
    """
    require(frame, category, value, group)
    present = set(frame[group])
    order = [name for name in palette if name in present]
    colour_scale(sorted(present - set(order)), palette)
    longest = list(frame.sort_values(value, ascending=False, kind="stable")[category])
    base = alt.Chart(frame).encode(
        y=alt.Y(
            f"{category}:N", sort=longest, title=None, axis=alt.Axis(domain=False, labelPadding=6)
        ),
        x=alt.X(
            f"{value}:Q",
            title=title,
            axis=alt.Axis(grid=True, tickCount=5),
            scale=alt.Scale(domain=roomy(frame[value]), nice=False),
        ),
    )
    legend = alt.Legend() if len(order) > 1 and group != category else None
    bar = base.mark_bar().encode(
        color=alt.Color(f"{group}:N", scale=colour_scale(order, palette), legend=legend),
        tooltip=[alt.Tooltip(f"{category}:N"), alt.Tooltip(f"{value}:Q", format=format)],
    )
    text = alt.Text(f"{value}:Q", format=format)
    negative = alt.datum[value] < 0
    labels = [base.mark_text(align="left", dx=4).encode(text=text).transform_filter(~negative)]
    if (frame[value] < 0).any():
        labels += [
            base.mark_text(align="right", dx=-4).encode(text=text).transform_filter(negative)
        ]
    return alt.layer(bar, *labels).properties(height=24 * frame[category].nunique())


def stacks(
    frame: pd.DataFrame,
    *,
    category: str,
    group: str,
    value: str = "value",
    title: str,
    palette,
    format: str = ".0f",
) -> alt.LayerChart:
    """Draw one horizontal bar per category, made of parts, with its total at the end.

    Categories stand in the order of the frame, parts in the order of the palette.

    Raises
    ------
    ValueError
        If a column is missing, a part is negative or has no colour in the palette.
    """
    require(frame, category, group, value)
    if (frame[value] < 0).any():
        raise ValueError(f"a part of a whole cannot be negative: see {value}")
    present = set(frame[group])
    order = [name for name in palette if name in present]
    scale = colour_scale([*order, *sorted(present - set(order))], palette)
    totals = frame.groupby(category)[value].sum()
    y = alt.Y(
        f"{category}:N",
        sort=list(dict.fromkeys(frame[category])),
        title=None,
        axis=alt.Axis(domain=False, labelPadding=6),
    )
    limits = alt.Scale(domain=roomy(totals), nice=False)
    bar = (
        alt.Chart(frame)
        .transform_calculate(place=f"indexof({order}, datum['{group}'])")
        .mark_bar()
        .encode(
            y=y,
            x=alt.X(f"{value}:Q", title=title, scale=limits, axis=alt.Axis(grid=True, tickCount=5)),
            color=alt.Color(f"{group}:N", scale=scale),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip(f"{category}:N"),
                alt.Tooltip(f"{group}:N"),
                alt.Tooltip(f"{value}:Q", format=format),
            ],
        )
    )
    total = (
        alt.Chart(frame)
        .transform_aggregate(total=f"sum({value})", groupby=[category])
        .mark_text(align="left", dx=4)
        .encode(y=y, x=alt.X("total:Q", title=title), text=alt.Text("total:Q", format=format))
    )
    return alt.layer(bar, total).properties(height=28 * len(totals))


def roomy(values: pd.Series) -> list[float]:
    """Return the domain of bars from zero, with room for a number at either end."""
    low, high = min(values.min(), 0), max(values.max(), 0)
    room = 0.17 * (high - low)
    return [float(low - room * (low < 0)), float(high + room * (high > 0))]


def spans(
    frame: pd.DataFrame, *, category: str, x: str = "value", when: str, title: str
) -> alt.LayerChart:
    """Draw what became of a value: per category a line from the first to the last figure.

    Parameters
    ----------
    frame
        Tidy: two rows per category, in the order in which the categories are drawn.
    when
        Column that says ``"first"`` or ``"last"``.
    title
        What the horizontal axis shows, with its unit.

    Raises
    ------
    ValueError
        If a column is missing, or a category has not exactly one first and one last row.
    """
    require(frame, category, x, when)
    pairs = frame.groupby(category)[when].apply(lambda words: sorted(words) == ["first", "last"])
    if not pairs.all():
        raise ValueError(f"needs one first and one last row for {', '.join(pairs.index[~pairs])}")
    order = list(dict.fromkeys(frame[category]))
    base = alt.Chart(frame).encode(
        y=alt.Y(
            f"{category}:N", sort=order, title=None, axis=alt.Axis(domain=False, labelLimit=230)
        ),
        x=alt.X(f"{x}:Q", title=title, axis=alt.Axis(grid=True, tickCount=5)),
    )
    scale = alt.Scale(domain=["first", "last"], range=[colour("grey"), colour("northeast")])
    line = base.mark_line(strokeWidth=3).encode(color=shade("grey"), detail=f"{category}:N")
    tooltip = [f"{category}:N", f"{when}:N", alt.Tooltip(f"{x}:Q", format=".2f")]
    dot = base.mark_point(size=90, opacity=1).encode(
        color=alt.Color(f"{when}:N", scale=scale, legend=alt.Legend(symbolType="circle")),
        tooltip=tooltip,
    )
    return alt.layer(line, dot).properties(height=28 * len(order))


def intervals(
    frame: pd.DataFrame,
    *,
    category: str,
    low: str = "minimum",
    high: str = "maximum",
    value: str = "value",
    mark: str | None = None,
    group: str = "region",
    title: str,
    palette=REGIONS,
    upright: bool = False,
    format: str = ".1f",
) -> alt.LayerChart:
    """Draw a bar from the lowest to the highest figure of each category, a dot in between.

    Parameters
    ----------
    frame
        Tidy: one row per category (and panel, if the chart is repeated), drawn in its order.
    low, high, value
        Columns of the two ends and of the dot.
    mark
        Column of a figure from elsewhere that is drawn as a diamond, if any; it may lie outside.
    title
        What the axis of the figures shows, with its unit.
    upright
        Whether the bars stand, for categories that follow one another such as years.

    Raises
    ------
    ValueError
        If a column is missing, a low end is above its high one, or a group has no colour.
    """
    require(frame, category, low, high, value, group, *([mark] if mark else []))
    if (frame[low] > frame[high]).any():
        worst = frame[frame[low] > frame[high]].iloc[0]
        raise ValueError(f"{low} of {worst[category]} is {worst[low]:g}, above its {high}")
    present = set(frame[group])
    order = [name for name in palette if name in present]
    scale = colour_scale([*order, *sorted(present - set(order))], palette)
    names = alt.Axis(domain=False, labelAngle=0, labelLimit=230, labelPadding=6)
    place, start, end = ("x", "y", "y2") if upright else ("y", "x", "x2")
    along = alt.X if upright else alt.Y
    across = alt.Y if upright else alt.X
    position = along(
        f"{category}:N", sort=list(dict.fromkeys(frame[category])), title=None, axis=names
    )
    told_apart = len(order) > 1 and group != category
    legend = alt.Legend(symbolType="stroke") if told_apart else None
    tooltip = [alt.Tooltip(f"{category}:N"), alt.Tooltip(f"{group}:N")]
    shown = [low, value, high, *([mark] if mark else [])]
    base = alt.Chart(frame).encode(
        **{place: position},
        color=alt.Color(f"{group}:N", scale=scale, legend=legend),
        tooltip=tooltip + [alt.Tooltip(f"{name}:Q", format=format) for name in shown],
    )

    def figure_of(name):
        axis = alt.Axis(grid=True, tickCount=5)
        return across(f"{name}:Q", title=title, axis=axis, scale=alt.Scale(zero=True))

    far = (alt.Y2 if upright else alt.X2)(f"{high}:Q")
    bar = base.mark_rule(strokeWidth=6, strokeCap="round", opacity=0.55, clip=True)
    layers = [bar.encode(**{start: figure_of(low), end: far})]
    layers.append(
        base.mark_point(size=60, opacity=1, filled=True).encode(**{start: figure_of(value)})
    )
    if mark:
        diamond = base.mark_point(shape="diamond", size=110, opacity=1, filled=True)
        layers.append(diamond.encode(**{start: figure_of(mark)}, color=shade("ink")))
    chart = alt.layer(*layers)
    return chart if upright else chart.properties(height=28 * frame[category].nunique())


def heat_map(
    frame: pd.DataFrame,
    *,
    row: str,
    column: str,
    value: str = "value",
    limits: Sequence[float],
    title: str,
    format: str = ".1f",
    angle: int = -60,
) -> alt.Chart:
    """Draw a cell per row and column, in five steps from little to much.

    Parameters
    ----------
    frame
        Tidy: one row per cell; rows and columns are drawn in its order.
    limits
        The four values at which a step begins, rising.
    title
        What the cells show, with its unit.
    angle
        Of the columns' names, degrees; -90 where a dozen of them share a narrow screen.

    Raises
    ------
    ValueError
        If a column is missing, a cell is there twice, or the limits are not four that rise.
    """
    require(frame, row, column, value)
    if len(limits) != len(LEVELS) - 1 or list(limits) != sorted(set(limits)):
        raise ValueError(f"give {len(LEVELS) - 1} limits that rise, not {list(limits)}")
    if (twice := frame.duplicated([row, column])).any():
        first = frame[twice].iloc[0]
        raise ValueError(f"the cell {first[row]}, {first[column]} is there twice")
    scale = alt.Scale(type="threshold", domain=list(limits), range=[*map(colour, LEVELS)])
    legend = alt.Legend(
        type="symbol", title=title, titleLimit=320, format=format, symbolType="square", columns=3
    )
    ends = {"domain": False, "ticks": False, "labelLimit": 150, "labelOverlap": False}
    return (
        alt.Chart(frame)
        .mark_rect(stroke=colour("grid"), strokeWidth=0.5)
        .encode(
            y=alt.Y(
                f"{row}:N", sort=list(dict.fromkeys(frame[row])), title=None, axis=alt.Axis(**ends)
            ),
            x=alt.X(
                f"{column}:N",
                sort=list(dict.fromkeys(frame[column])),
                title=None,
                axis=alt.Axis(**ends, orient="top", labelAngle=angle),
            ),
            color=alt.Color(f"{value}:Q", scale=scale, legend=legend),
            tooltip=[
                alt.Tooltip(f"{row}:N"),
                alt.Tooltip(f"{column}:N"),
                alt.Tooltip(f"{value}:Q", format=format),
            ],
        )
        .properties(height=17 * frame[row].nunique())
    )


def scatter(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str = "value",
    label: str,
    mark: str | None = None,
    group: str,
    title: str,
    x_title: str,
    palette,
    logarithmic: bool = False,
    format: str = ".2f",
) -> alt.LayerChart:
    """Draw one dot per row, with a short mark beside those that have one.

    Parameters
    ----------
    frame
        Tidy: a row per dot.
    label
        Column with the name that the pointer shows.
    mark
        Column of what is written above a dot, such as its number in a table; "" for nothing.
    logarithmic
        Whether the horizontal axis is, on which all must then be above 0.

    Raises
    ------
    ValueError
        If a column is missing, a group has no colour, or a logarithm would be of 0 or less.
    """
    require(frame, x, y, label, group, *([mark] if mark else []))
    if logarithmic and (frame[x] <= 0).any():
        raise ValueError(f"{x} must be above 0 for a logarithmic axis; leave out what is not")
    present = set(frame[group])
    order = [name for name in palette if name in present]
    scale = colour_scale([*order, *sorted(present - set(order))], palette)
    across = alt.Scale(type="log", nice=False, padding=12) if logarithmic else alt.Scale(padding=12)
    base = alt.Chart(frame).encode(
        x=alt.X(
            f"{x}:Q",
            title=x_title,
            scale=across,
            axis=alt.Axis(grid=not logarithmic, tickCount=4, format="~g"),
        ),
        y=alt.Y(f"{y}:Q", title=title, axis=alt.Axis(tickCount=6)),
    )
    dots = base.mark_point(size=70, opacity=1, filled=True).encode(
        color=alt.Color(f"{group}:N", scale=scale, legend=alt.Legend(symbolType="circle")),
        tooltip=[
            f"{label}:N",
            alt.Tooltip(f"{x}:Q", format=format),
            alt.Tooltip(f"{y}:Q", format=format),
        ],
    )
    if not mark:
        return alt.layer(dots)
    written = alt.datum[mark] != ""
    words = base.mark_text(dy=-11).encode(text=f"{mark}:N").transform_filter(written)
    return alt.layer(dots, words)


def small_multiples(
    chart: alt.LayerChart, *, by: str, sort: list[str], title: str, columns: int = 4
) -> alt.FacetChart:
    """Repeat a layered chart once per value of the column `by`, in the given order.

    The panels' headings replace the legend if colours tell the same column apart, and `title` (what
    is shown, with its unit) replaces the title of each vertical axis.

    Raises
    ------
    ValueError
        If `sort` does not name exactly the values of the column.
    """
    values = set(chart.data[by])
    if values != set(sort):
        raise ValueError(
            f"sort must name every {by} once; missing {sorted(values - set(sort))}, "
            f"unknown {sorted(set(sort) - values)}"
        )
    chart = chart.copy(deep=True)
    for layer in chart.layer:
        layer.encoding.y["title"] = None
        coding = layer.encoding.color
        if coding is not alt.Undefined and coding["shorthand"] == f"{by}:N":
            coding["legend"] = None  # the panels' headings say it
    header = alt.Header(title=title, titleAnchor="start", titleFontWeight="normal")
    return chart.facet(facet=alt.Facet(f"{by}:N", sort=sort, header=header), columns=columns)


def shade(name: str) -> alt.value:
    """Return a constant colour of the palette, for an encoding."""
    return alt.value(colour(name))


def require(frame: pd.DataFrame, *columns: str) -> None:
    """Refuse a frame that is empty or lacks a column."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ValueError(
            f"the frame has no column {', '.join(missing)}; it has {', '.join(frame.columns)}"
        )
    if frame.empty:
        raise ValueError("the frame has no rows to draw; check the filter before it")
