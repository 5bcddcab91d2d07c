"""What each family of charts draws: how many marks, in which colours, in which order."""

import re

import pandas as pd
import pytest
from defusedxml import ElementTree

from dongbei import charts
from dongbei.charts import site
from dongbei.charts.theme import COLOURS, REGIONS

YEARS = range(2000, 2006)
RISING = pd.DataFrame(
    [
        {"region": name, "year": year, "value": number + year - 1999}
        for number, name in enumerate(REGIONS)
        for year in YEARS
    ]
)


def drawn(chart, **options):
    """Return the elements of the static picture of a chart."""
    words = {"name": "one", "alt_text": "A picture.", "source": "Nobody"}
    return list(
        ElementTree.fromstring(site.svg(charts.figure(chart, **words, **options).spec)).iter()
    )


def marks(elements, attribute):
    """Return the marks of the data, by the palette's name of a colour, in the order drawn."""
    names = {f"var(--chart-{name})": name for name in COLOURS}
    found = [element for element in elements if "mark" in element.get("aria-roledescription", "")]
    return [(names[element.get(attribute)], element) for element in found if element.get(attribute)]


def lines(frame=RISING, **options):
    return charts.lines(frame, title="Share, percent", **options)


def test_every_region_has_its_line_and_the_northeast_lies_on_top_of_all():
    found = marks(drawn(lines()), "stroke")
    assert sorted(name for name, _ in found) == sorted(REGIONS.values())
    name, line = found[-1]
    assert name == "northeast"
    widths = {float(element.get("stroke-width")) for _, element in found[:-1]}
    assert float(line.get("stroke-width")) > max(widths)


def test_provinces_have_lines_though_none_is_the_northeast():
    frame = RISING.replace({"Central": "Liaoning", "Southwest": "Jilin"}).query(
        "region in ('Liaoning', 'Jilin')"
    )
    found = marks(drawn(lines(frame, palette=charts.PROVINCES)), "stroke")
    assert {name for name, _ in found} == {"northeast-deep", "northeast-pale"}


def test_a_rising_line_rises_and_in_reverse_it_falls():
    def ends(**options):
        path = marks(drawn(lines(RISING.query("region == 'Northeast'"), **options)), "stroke")[0][1]
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
        return numbers[1], numbers[-1]

    first, last = ends()
    assert first > last  # pixels count downwards
    first, last = ends(reverse=True)
    assert first < last


def test_every_break_has_a_rule():
    def rules(**options):
        return [e for e in drawn(lines(**options)) if e.get("stroke-dasharray") == "3,3"]

    assert len(rules()) == 0
    assert len(rules(breaks=(2002, 2004))) == 2
    assert (
        len(
            [
                e
                for e in drawn(lines() + charts.rule(RISING, 3.0, vertical=False))
                if e.get("stroke-dasharray") == "3,3"
            ]
        )
        == 1
    )


def test_vintages_of_a_region_are_two_lines_of_different_dashes():
    frame = RISING.query("region == 'Northeast'").assign(vintage="old")
    frame = pd.concat([frame, frame.assign(vintage="new", value=1.0)])
    dashes = {
        line.get("stroke-dasharray")
        for _, line in marks(drawn(lines(frame, dash="vintage")), "stroke")
    }
    assert len(dashes) == 2


def test_bars_are_sorted_from_the_longest_and_show_their_numbers():
    frame = RISING.query("year == 2005").assign(value=lambda rows: rows["value"] - 8.5)
    elements = drawn(charts.bars(frame, category="region", title="Change"))
    texts = [element.text for element in elements if element.tag.endswith("text")]
    order = frame.sort_values("value", ascending=False)
    names = [text for text in texts if text in REGIONS]
    assert names[: len(order)] == list(order["region"]) or names[-len(order) :] == list(
        order["region"]
    )
    for value in order["value"]:
        assert f"{value:.1f}".replace("-", "−") in texts
    assert len(marks(elements, "fill")) >= len(order)


def test_spans_lead_from_a_grey_first_to_an_orange_last_figure():
    frame = pd.DataFrame({"what": ["Grain", "Grain", "Exports", "Exports"]})
    frame = frame.assign(when=["first", "last"] * 2, value=[13.0, 20.0, 6.0, 3.0])
    elements = drawn(charts.spans(frame, category="what", when="when", title="Share"))
    dots = [dot for dot in elements if dot.get("aria-roledescription") == "point"]
    assert len(dots) == 4
    for dot in dots:
        when = re.search(r"when: (\w+)", dot.get("aria-label"))[1]
        colour = {"first": "var(--chart-grey)", "last": "var(--chart-northeast)"}[when]
        assert dot.get("fill") == colour


def test_small_multiples_have_a_panel_for_each_region():
    panels = charts.small_multiples(
        lines(), by="region", sort=list(REGIONS), title="Share, percent"
    )
    elements = drawn(panels)
    texts = [element.text for element in elements if element.tag.endswith("text")]
    assert [text for text in texts if text in REGIONS] == list(REGIONS)
    assert texts.count("Share, percent") == 1


@pytest.mark.parametrize("height", [200, 400])
def test_a_figure_is_as_high_as_asked(height):
    def total(**options):
        return float(drawn(lines(), **options)[0].get("height"))

    assert total(height=height) - total(height=300) == pytest.approx(height - 300)


def test_panels_keep_a_legend_that_says_something_else():
    frame = pd.concat([RISING.assign(what=what) for what in ("Product", "People")])
    elements = drawn(
        charts.small_multiples(lines(frame), by="what", sort=["Product", "People"], title="Share")
    )
    texts = [element.text for element in elements if element.tag.endswith("text")]
    assert [text for text in texts if text in REGIONS] == list(REGIONS)


PARTS = pd.DataFrame(
    [("b", "inconsistent", 1), ("b", "reproduced", 3), ("a", "reproduced", 2)],
    columns=["what", "verdict", "value"],
)


def stacks(frame=PARTS):
    return charts.stacks(
        frame, category="what", group="verdict", title="Claims", palette=charts.VERDICTS
    )


def test_parts_stand_in_the_order_of_the_palette_and_add_up():
    names = {f"var(--chart-{name})": name for name in COLOURS}
    bars = [one for one in drawn(stacks()) if one.get("aria-roledescription") == "bar"]
    found = [
        (names[one.get("fill")], *map(float, re.findall(r"[\d.]+", one.get("d"))[:3]))
        for one in bars
    ]  # colour, left, top, width
    first = sorted(
        (row for row in found if row[2] == min(one[2] for one in found)), key=lambda r: r[1]
    )
    assert [row[0] for row in first] == ["blue", "pink"]
    (_, left, _, three), (_, right, _, one) = first
    assert right == pytest.approx(left + three)
    assert three == pytest.approx(3 * one)


def test_totals_stand_at_the_ends_of_the_bars():
    texts = [element.text for element in drawn(stacks()) if element.tag.endswith("text")]
    assert {"4", "2"} <= set(texts)
    assert texts.index("b") < texts.index("a")


def test_a_negative_part_or_one_without_a_colour_is_refused():
    with pytest.raises(ValueError, match="cannot be negative"):
        stacks(PARTS.assign(value=-1))
    with pytest.raises(ValueError, match="no fixed colour for guessed"):
        stacks(PARTS.replace("inconsistent", "guessed"))


RANGES = pd.DataFrame(
    {
        "year": ["2007", "2012"],
        "region": ["Northeast"] * 2,
        "minimum": [10.0, 20.0],
        "value": [15.0, 21.0],
        "maximum": [20.0, 40.0],
        "printed": [40.0, 10.0],
    }
)


def ends(elements):
    """Left and right ends of the bars that a chart of intervals draws, lying."""
    rules = [one for one in elements if one.get("aria-roledescription") == "rule mark"]
    found = []
    for one in rules:
        left = float(re.search(r"translate\(([-\d.]+)", one.get("transform"))[1])
        found.append((left, left + float(one.get("x2"))))
    return found


def centres(elements, colour):
    points = [one for one in elements if one.get("aria-roledescription") == "point"]
    places = [one.get("transform") for one in points if one.get("fill") == f"var(--chart-{colour})"]
    return [float(re.search(r"translate\(([-\d.]+)", place)[1]) for place in places]


def test_bars_of_intervals_span_their_figures_and_the_dot_is_to_scale():
    chart = charts.intervals(RANGES, category="year", mark="printed", title="Share")
    elements = drawn(chart)
    (low, high), (second_low, second_high) = (sorted(one) for one in ends(elements))
    unit = (high - low) / 10
    assert second_low - low == pytest.approx(10 * unit)
    assert second_high - second_low == pytest.approx(20 * unit)
    dots, diamonds = centres(elements, "northeast"), centres(elements, "ink")
    assert dots == pytest.approx([low + 5 * unit, low + 11 * unit])
    assert diamonds == pytest.approx([low + 30 * unit, low])


def test_standing_intervals_follow_one_another_in_panels():
    frame = pd.concat([RANGES, RANGES.assign(region="East Coast")])
    chart = charts.intervals(frame, category="year", title="Share", upright=True)
    panels = charts.small_multiples(
        chart, by="region", sort=["Northeast", "East Coast"], title="Share, percent"
    )
    elements = drawn(panels)
    texts = [element.text for element in elements if element.tag.endswith("text")]
    assert [text for text in texts if text in REGIONS] == ["Northeast", "East Coast"]
    assert len([one for one in elements if one.get("aria-roledescription") == "rule mark"]) == 4


def test_intervals_upside_down_are_refused():
    with pytest.raises(ValueError, match="minimum of 2012 is 50, above its maximum"):
        charts.intervals(RANGES.assign(minimum=[10.0, 50.0]), category="year", title="Share")


def test_a_band_lies_behind_the_lines_and_ends_where_it_is_told_to():
    of_one = RISING["region"] == "Northeast"
    frame = RISING.assign(
        low=(RISING["value"] - 2).where(of_one), high=(RISING["value"] + 1).where(of_one)
    )
    chart = charts.band(lines(frame), low="low", high="high")
    classes = [element.get("class") or "" for element in drawn(chart)]
    kinds = [one for one in classes if "mark-area" in one or "mark-line" in one]
    assert "mark-area" in kinds[0]
    assert sum("mark-area" in one for one in kinds) == 1
    assert sum("mark-line" in one for one in kinds) > 1
    panels = charts.small_multiples(
        charts.band(lines(frame.assign(panel="one")), low="low", high="high"),
        by="panel",
        sort=["one"],
        title="Share",
    )
    assert any("mark-area" in (e.get("class") or "") for e in drawn(panels))


def test_a_band_upside_down_or_without_its_columns_is_refused():
    frame = RISING.assign(low=2.0, high=1.0)
    with pytest.raises(ValueError, match=f"low is above high in {len(frame)} rows"):
        charts.band(lines(frame), low="low", high="high")
    with pytest.raises(ValueError, match="no column top"):
        charts.band(lines(frame), low="low", high="top")


CELLS = pd.DataFrame(
    [
        {"row": row, "column": column, "value": value}
        for row, values in {"R": (0.0, 1.0, 2.0), "S": (3.9, 4.0, 9.0)}.items()
        for column, value in zip("abc", values, strict=True)
    ]
)


def heat_map(frame=CELLS, limits=(1, 2, 3, 4)):
    return charts.heat_map(frame, row="row", column="column", limits=limits, title="Loss")


def test_a_cell_has_the_colour_of_its_step_which_begins_at_its_limit():
    cells = [colour for colour, _ in marks(drawn(heat_map()), "fill")]
    assert cells[:6] == ["level-1", "level-2", "level-3", "level-4", "level-5", "level-5"]


def test_a_heat_map_refuses_limits_that_do_not_rise_and_a_cell_given_twice():
    for limits in ((1, 2, 3), (1, 3, 2, 4), (1, 2, 2, 4)):
        with pytest.raises(ValueError, match="4 limits that rise"):
            heat_map(limits=limits)
    with pytest.raises(ValueError, match="the cell R, a is there twice"):
        heat_map(pd.concat([CELLS, CELLS.head(1)]))


DOTS = pd.DataFrame(
    {
        "cost": [0.1, 1.0, 10.0],
        "value": [1.0, 2.0, 1.5],
        "name": ["a", "b", "c"],
        "mark": ["1", "", "3"],
        "group": ["front", "behind", "front"],
    }
)


def scatter(frame=DOTS, **options):
    words = {"title": "Gain", "x_title": "Cost", "label": "name", "group": "group"}
    palette = {"front": "northeast", "behind": "grey"}
    return charts.scatter(frame, x="cost", palette=palette, **words, **options)


def dots(elements):
    return [each for each in elements if each.get("aria-roledescription") == "point"]


def test_a_dot_has_the_colour_of_its_group_and_a_mark_only_where_there_is_one():
    elements = drawn(scatter(mark="mark"))
    assert [dot.get("fill") for dot in dots(elements)] == [
        f"var(--chart-{name})" for name in ("northeast", "grey", "northeast")
    ]
    labels = [each for each in elements if each.get("aria-roledescription") == "text mark"]
    assert [label.text for label in labels] == ["1", "3"]


def test_equal_ratios_are_equal_distances_on_a_logarithmic_axis():
    first, second, third = (
        float(re.search(r"translate\(([-\d.]+)", dot.get("transform"))[1])
        for dot in dots(drawn(scatter(logarithmic=True)))
    )
    assert first < second
    assert third - second == pytest.approx(second - first, abs=0.01)


def test_a_scatter_refuses_a_logarithm_of_nothing_and_a_group_without_colour():
    with pytest.raises(ValueError, match="cost must be above 0"):
        scatter(DOTS.assign(cost=[0.0, 1.0, 2.0]), logarithmic=True)
    with pytest.raises(ValueError, match="elsewhere"):
        scatter(DOTS.assign(group="elsewhere"))


def test_names_of_columns_stand_upright_where_they_are_asked_to():
    spec = charts.heat_map(CELLS, row="row", column="column", limits=(1, 2, 3, 4), title="Loss",
                           angle=-90).to_dict()  # fmt: skip
    assert spec["encoding"]["x"]["axis"]["labelAngle"] == -90
