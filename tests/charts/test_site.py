"""A figure as the site shows it: static pictures, live specification, downloads."""

import csv
import json
import re

import pandas as pd
import pytest
from defusedxml import ElementTree

from dongbei import charts
from dongbei.charts import site
from dongbei.charts.theme import COLOURS

HOSTILE = "</script><img src=x onerror=alert(1)>"


def made(name="two-lines", label="Northeast", **words):
    frame = pd.DataFrame(
        {
            "region": [label] * 3 + ["中部"] * 3,
            "year": [1, 2, 3] * 2,
            "value": [3.0, 1.0, 2.0, 1.5, 2.5, 0.5],
        }
    )
    palette = {label: "northeast", "中部": "amber"}
    words = {"alt_text": "Two lines.", "source": "Nobody"} | words
    return charts.figure(
        charts.lines(frame, title="Share", palette=palette), name=name, **words
    ).spec


def test_the_same_figure_gives_the_same_bytes():
    assert site.html(made(), "figures") == site.html(made(), "figures")


def test_both_pictures_are_wellformed_and_have_ids_of_their_own():
    html = site.html(made(), "figures")
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        ElementTree.fromstring(picture)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_a_static_picture_leaves_out_what_only_serves_the_pointer():
    spec = made()
    assert any(layer.get("name") == "hover" for layer in spec["layer"])
    assert 'opacity="0"' not in site.svg(spec)


def test_the_page_holds_no_colour_of_one_scheme():
    html = site.html(made(), "figures")
    assert not [light for light, _ in COLOURS.values() if f'"{light}"' in html]


@pytest.mark.parametrize("where", ["label", "alt_text", "source"])
def test_markup_in_words_is_shown_and_never_run(where):
    html = site.html(made(**{where: HOSTILE}), "figures")
    assert "<img" not in html
    assert html.count("</script>") == 1
    assert html.count("<script") == 1


def test_the_live_specification_is_the_wide_one_and_what_the_narrow_one_changes():
    spec = made()
    text = re.search(r'class="chart-spec">(.*)</script>', site.html(spec, "f"), re.DOTALL)[1]
    live = json.loads(text)
    assert live["wide"]["usermeta"] == spec["usermeta"]
    assert "datasets" not in live["narrow"]
    assert live["narrow"]["width"] < live["wide"]["width"]


def test_downloads_hold_the_rows_and_a_picture_that_stands_alone(tmp_path):
    spec = made()
    site.write_downloads(spec, tmp_path)
    with (tmp_path / "two-lines.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["region"] for row in rows] == ["Northeast"] * 3 + ["中部"] * 3
    assert [float(row["value"]) for row in rows] == [3.0, 1.0, 2.0, 1.5, 2.5, 0.5]
    picture = (tmp_path / "two-lines.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(picture)
    assert "var(" not in picture


def test_two_figures_of_one_name_are_refused(tmp_path):
    site.write_downloads(made(), tmp_path)
    with pytest.raises(ValueError, match="two figures are called 'two-lines'"):
        site.write_downloads(made(), tmp_path)


@pytest.mark.parametrize("key", ["name", "alt", "source"])
def test_a_specification_without_words_is_refused(key, tmp_path):
    spec = made()
    spec["usermeta"] = {**spec["usermeta"], key: ""}
    with pytest.raises(ValueError, match=f"a chart without {key}"):
        site.html(spec, "figures")
    with pytest.raises(ValueError, match=f"a chart without {key}"):
        site.write_downloads(spec, tmp_path)


def test_a_column_may_be_called_as_vega_calls_its_parts():
    frame = pd.DataFrame({"layer": ["a", "b"], "region": ["Northeast", "Central"], "value": [1, 2]})
    chart = charts.bars(frame, category="layer", title="Share")
    spec = charts.figure(chart, name="parts", alt_text="Two bars.", source="Nobody").spec
    assert site.svg(spec).startswith("<svg")


def test_words_that_look_like_markup_stay_as_they_are():
    label = 'role="x" id="q" url(#a)'
    picture = site.embedded(site.svg(made(label=label)), "one")
    assert 'role="x" id="q" url(#a)' in picture.replace("&quot;", '"')


def test_every_reference_inside_a_picture_leads_to_an_id_of_it():
    picture = site.embedded('<svg ><clipPath id="clip0"/><g clip-path="url(#clip0)"/></svg>', "one")
    assert picture.count("one-clip0") == 2
