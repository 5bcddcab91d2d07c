"""What makes a chart a figure, and what is refused."""

import json
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongbei import charts
from dongbei.charts import figures as room
from dongbei.charts.site import svg
from dongbei.charts.theme import NARROW, REGIONS, WIDE

YEARS = pd.DataFrame(
    [
        {"region": name, "year": year, "value": number + year / 7}
        for number, name in enumerate(REGIONS)
        for year in range(2000, 2010)
    ]
)
WORDS = {"name": "some-lines", "alt_text": "Lines that rise.", "source": "Nobody, computed here"}


def lines(frame=YEARS, **options):
    return charts.lines(frame, title="Share, percent", **options)


def test_a_figure_carries_its_words_and_shows_the_alternative_text():
    bundle = charts.figure(lines(), **WORDS)._repr_mimebundle_()
    assert bundle["text/plain"] == "Lines that rise."
    assert bundle[room.MIME]["usermeta"]["name"] == "some-lines"
    assert bundle[room.MIME]["title"]["text"] == ["Source: Nobody, computed here"]


@pytest.mark.parametrize("missing", ["alt_text", "source"])
@pytest.mark.parametrize("text", ["", "   \n", None])
def test_a_chart_without_words_is_refused(missing, text):
    with pytest.raises(ValueError, match=r"has no .*: pass one"):
        charts.figure(lines(), **(WORDS | {missing: text}))


@pytest.mark.parametrize("name", ["", "Some Lines", "a--b", "../a", "a.b", "-a"])
def test_a_name_that_cannot_name_a_file_is_refused(name):
    with pytest.raises(ValueError, match="lower-case words"):
        charts.figure(lines(), **(WORDS | {"name": name}))


def test_a_bare_chart_is_refused():
    with pytest.raises(ValueError, match=r"dongbei\.charts\.figure"):
        lines()._repr_mimebundle_()


def test_data_from_an_address_are_refused():
    chart = alt.Chart("https://example.org/data.csv").mark_line().encode(x="a:Q")
    with pytest.raises(ValueError, match="address"):
        charts.figure(chart, **WORDS)


def test_two_tables_in_one_figure_are_refused():
    with pytest.raises(ValueError, match="2 tables"):
        charts.figure(lines() + lines(YEARS.assign(value=1.0)), **WORDS)


def test_values_are_rounded_alike_on_every_machine():
    noisy = YEARS.assign(value=YEARS["value"] * (1 + 1e-15))
    assert (noisy["value"] != YEARS["value"]).any()
    one, other = (charts.figure(lines(frame), **WORDS).spec for frame in (YEARS, noisy))
    assert one == other


def test_only_top_level_entries_differ_between_two_widths():
    wide = charts.figure(lines(), **WORDS).spec
    narrow = room.laid_out(wide, NARROW)
    assert (wide["width"], narrow["width"]) == (WIDE, NARROW)
    assert wide["datasets"] == narrow["datasets"]
    assert room.laid_out(narrow, WIDE) == wide


def test_small_multiples_fill_the_width_and_never_exceed_it():
    panels = charts.small_multiples(lines(), by="region", sort=list(REGIONS), title="Share")
    spec = charts.figure(panels, **WORDS).spec
    for width, columns in ((WIDE, 4), (NARROW, 2)):
        layout = room.laid_out(spec, width)
        assert layout["columns"] == columns
        assert columns * layout["spec"]["width"] + room.GAP * (columns - 1) + room.AXIS <= width


@pytest.mark.parametrize("name", ["Tax", "Contracts on the technology market over product"])
@pytest.mark.parametrize("columns", [1, 2, 4])
def test_small_multiples_leave_room_for_the_names_of_their_axis(name, columns):
    panels = [(one, panel, 1.0) for one in (name, "x") for panel in "PQRS"]
    frame = pd.DataFrame(panels, columns=["leaf", "panel", "value"]).assign(group="all")
    bars = charts.bars(frame, category="leaf", group="group", palette={"all": "blue"}, title="v")
    chart = charts.small_multiples(bars, by="panel", sort=list("PQRS"), title="v", columns=columns)
    spec = charts.figure(chart, **WORDS).spec
    for width in (WIDE, NARROW):
        layout = room.laid_out(spec, width)
        drawn = float(re.search(r'<svg[^>]* width="([0-9.]+)"', svg(layout))[1])
        assert 0.85 * width < drawn < width + 12
        assert layout["columns"] <= columns


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=8, unique=True
    )
)
def test_a_legend_always_has_between_one_and_four_columns(names):
    spec = {"encoding": {"color": {"scale": {"domain": names}}}, "datasets": {room.TABLE: []}}
    assert 1 <= room.legend_columns(spec, NARROW) <= room.legend_columns(spec, WIDE) <= 4


def test_a_legend_beside_long_names_has_fewer_columns():
    def columns(name):
        frame = pd.DataFrame({"what": [name, "x"], "value": [1.0, 2.0], "kind": ["some", "other"]})
        palette = {"some": "blue", "other": "green"}
        chart = charts.bars(frame, category="what", group="kind", palette=palette, title="v")
        return room.laid_out(charts.figure(chart, **WORDS).spec, NARROW)["config"]["legend"][
            "columns"
        ]

    assert columns("y") > columns("a name that takes half of a narrow screen") == 1


@pytest.mark.parametrize("column", ["region", "year", "value"])
def test_a_frame_without_a_column_is_refused(column):
    with pytest.raises(ValueError, match=f"no column {column}"):
        lines(YEARS.drop(columns=column))


def test_an_empty_frame_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        lines(YEARS.iloc[:0])


def test_a_figure_without_rows_is_refused():
    chart = alt.Chart(YEARS.iloc[:0]).mark_line().encode(x="year:Q", y="value:Q")
    with pytest.raises(ValueError, match="no rows to draw"):
        charts.figure(chart, **WORDS)


def test_a_series_without_a_colour_is_refused():
    with pytest.raises(ValueError, match="no fixed colour for Atlantis"):
        lines(YEARS.replace("Central", "Atlantis"))


def test_panels_must_be_named_each_once():
    with pytest.raises(ValueError, match=r"missing .*Central.*unknown .*Atlantis"):
        charts.small_multiples(
            lines(),
            by="region",
            title="",
            sort=["Atlantis", *(name for name in REGIONS if name != "Central")],
        )


def test_a_span_needs_both_ends():
    frame = pd.DataFrame(
        {"what": ["a", "a", "b"], "when": ["first", "last", "first"], "value": [1, 2, 3]}
    )
    with pytest.raises(ValueError, match="one first and one last row for b"):
        charts.spans(frame, category="what", when="when", title="Share")


@pytest.mark.parametrize("values", [[1.0, 2.0], [-1.0, 2.0], [-3.0, -1.0]])
def test_bars_start_at_zero_and_leave_room_for_their_numbers(values):
    from dongbei.charts.families import roomy

    low, high = roomy(pd.Series(values))
    assert low <= min(0, *values)
    assert high >= max(0, *values)
    assert (low == 0) == (min(values) >= 0)
    assert (high == 0) == (max(values) <= 0)


def test_the_specification_is_plain_json():
    frame = YEARS.assign(value=np.float64(1.5), year=YEARS["year"].astype("int64"))
    assert json.loads(json.dumps(charts.figure(lines(frame), **WORDS).spec))
