"""Names, vintages, breaks and provenance: what a reader asks for and what is refused."""

import pandas as pd
import pytest

from dongbei import statistics as st
from dongbei.statistics import tables


def test_thirty_one_provinces_in_eight_regions():
    provinces = st.provinces()
    assert len(provinces) == 31
    assert provinces["code"].is_monotonic_increasing
    assert set(provinces["region"]) == set(st.regions()["region"])
    assert len(st.regions()) == 8


def test_members_of_the_regions_are_those_of_the_article():
    assert st.members("Northeast") == ("Liaoning", "Jilin", "Heilongjiang")
    assert st.members("东部沿海") == ("Shanghai", "Jiangsu", "Zhejiang")
    assert st.members("North Coast") == ("Hebei", "Shandong")
    assert "Inner Mongolia" in st.members("Northwest")


@pytest.mark.parametrize("name", ["Liaoning", "辽宁", 21, "21"])
def test_a_province_by_any_of_its_names(name):
    assert st.province_name(name) == "Liaoning"


def test_a_region_by_any_of_its_names():
    assert {st.region_name(n) for n in ("Northeast", "东北地区", "东北")} == {"Northeast"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: st.province_name("Heilongjian"), "did you mean Heilongjiang"),
        (lambda: st.province_name("liaoning"), "did you mean Liaoning"),
        (lambda: st.province_name("Manchukuo"), r"statistics\.provinces\(\)"),
        (lambda: st.members("North East"), "did you mean Northeast"),
        (lambda: st.indicator("populaton"), "did you mean population"),
        (lambda: st.indicator("gdp"), "did you mean gdp_nominal"),
        (lambda: st.indicator("gdp_nominal"), r"pre_census4 \(1993-2017\), census4 \(2004-2023\)"),
        (lambda: st.indicator("population", "census2010"), r"it has pre2020census \(1986-2018\)"),
        (lambda: st.indicator("hightech_profit", years=[2016, 2017]), "no figures for 2017"),
        (lambda: st.indicator("population", "census2020", years=[]), "years is empty"),
        (lambda: st.national("population"), "no national figures"),
        (lambda: st.vintages("gdp_real"), "did you mean"),
        (lambda: st.anomalies("populations"), "did you mean population"),
        (lambda: st.breaks("gdp_nominal"), "several vintages"),
    ],
)
def test_a_refusal_names_the_cure(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_series_has_one_row_per_place_and_year_in_official_order():
    series = st.indicator("population", "census2020")
    columns = ["province", "year", "value", "unit", "kind", "indicator", "vintage", "source"]
    assert list(series.columns) == columns
    assert not series.duplicated(["province", "year"]).any()
    assert list(series["province"].unique()) == list(st.provinces()["province"])
    assert set(series["unit"]) == {"10 thousand persons"}


def test_the_order_of_what_is_asked_does_not_matter():
    asked = {"years": [2012, 2003], "provinces": ["Jilin", "辽宁"]}
    series = st.indicator("gdp_nominal", "pre_census4", **asked)
    assert list(zip(series["province"], series["year"], strict=True)) == [
        ("Liaoning", 2003),
        ("Liaoning", 2012),
        ("Jilin", 2003),
        ("Jilin", 2012),
    ]


def test_every_indicator_can_be_read_in_every_vintage():
    for row in st.vintages().itertuples():
        read = st.indicator if row.scope == "provincial" else st.national
        series = read(row.indicator, row.vintage)
        assert (series["year"].min(), series["year"].max()) == (row.first_year, row.last_year)
        assert series["value"].notna().all()
        absent = set(row.missing_years.split())
        assert absent.isdisjoint(series["year"].astype(str))


def test_weights_are_extensive_indicators():
    about = st.indicators().set_index("indicator")
    weights = about.loc[about["weight"] != "", "weight"]
    assert (about.loc[weights, "kind"] == "extensive").all()
    assert set(weights.index) == set(about.index[about["kind"] == "intensive"])


def test_breaks_of_the_spliced_product():
    breaks = st.breaks("gdp_nominal", "mixed", provinces="Liaoning")
    found = list(zip(breaks["before"], breaks["after"], strict=True))
    assert found == [(1992, 1993), (2000, 2001), (2015, 2016), (2017, 2018), (2018, 2019)]
    assert list(breaks["kind"]) == ["splice", "splice", "revision", "splice", "splice"]
    assert breaks.columns.tolist() == ["province", "before", "after", "kind", "what"]


def test_breaks_of_some_years_and_provinces():
    years = range(2001, 2019)
    assert st.breaks("gdp_nominal", "mixed", years=years)["after"].tolist() == [
        2004,
        2005,
        2007,
        2016,
        2017,
        2018,
    ]
    assert st.breaks("gdp_nominal", "mixed", years=years, provinces="海南")["after"].tolist() == [
        2007,
        2018,
    ]
    assert st.breaks("gdp_nominal", "census5").empty


def test_missing_years_are_breaks():
    gap = st.breaks("hightech_revenue", provinces="Liaoning").query("kind == 'gap'")
    assert gap[["before", "after"]].to_numpy().tolist() == [[2016, 2018]]


def test_sichuan_with_chongqing_is_a_break():
    territory = st.breaks("grain_output").query("kind == 'territory'")
    assert territory["province"].tolist() == ["Sichuan"]
    assert "Chongqing" in territory["what"].item()


def test_an_estimate_is_called_one():
    estimated = st.vintages().query("estimated")
    assert estimated["vintage"].tolist() == ["estimated"]
    assert estimated["indicator"].tolist() == ["co2_emissions"]


def test_every_series_has_a_known_source_with_a_publisher():
    known = st.sources().set_index("source")
    assert (known["publisher"] != "").all()
    for name in st.indicators()["indicator"]:
        assert set(tables.table(f"provincial/{name}")["source"]) <= set(known.index)


def test_the_source_line_names_publisher_vintage_and_carrier():
    line = st.source_line(st.indicator("population", "pre2020census", years=2000))
    assert line == (
        "National Bureau of Statistics of China (vintage pre2020census),"
        " carried by yequanliang1993/fabio-chn"
    )


def test_the_source_line_of_a_product_names_the_vintages_of_both_factors():
    line = st.source_line(st.demand_potential("census2020", years=[2020]))
    assert "(vintage census2020)" in line
    assert "single" not in line


def test_nothing_changes_what_is_read():
    first = st.indicator("population", "census2020")
    first["value"] = 0.0
    assert (st.indicator("population", "census2020")["value"] > 0).all()
    table = st.provinces()
    table["region"] = ""
    assert (st.provinces()["region"] != "").all()


def test_missing_data_names_the_cure(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match="git checkout -- data"):
        st.provinces()


@pytest.mark.parametrize("operation", [st.regional_sum, st.growth, st.source_line])
def test_mixed_vintages_are_refused_and_named(operation):
    both = [st.indicator("population", v) for v in ("pre2020census", "census2020")]
    with pytest.raises(ValueError, match="mixes census2020 and pre2020census"):
        operation(pd.concat(both))


def test_a_whole_of_another_vintage_is_refused_and_named():
    part, other = (st.indicator("gdp_nominal", v, years=2010) for v in ("census4", "census5"))
    with pytest.raises(ValueError, match="census4 and census5"):
        st.share(part, st.sum_of_provinces(other))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.drop(columns="unit"), "lacking: unit"),
        (lambda s: s.head(0), "the series is empty"),
        (lambda s: pd.concat([s, s]), "two values for one place and year in Beijing 2020"),
        (lambda s: s.assign(value=float("nan")), "values are missing in Beijing 2020"),
        (lambda s: s.assign(unit=["persons"] + ["yuan"] * 30), "mixes persons and yuan"),
    ],
)
def test_a_frame_that_is_no_series_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        st.growth(change(st.indicator("population", "census2020", years=2020)))


def test_a_product_that_falls_while_its_volume_and_later_figures_rise_is_a_break():
    old, new = (st.growth(st.indicator("gdp_nominal", one)) for one in ("pre_census4", "census5"))
    links = st.indicator("gdp_index_real")
    keys = ["province", "year"]
    rows = old.merge(new, on=keys, suffixes=("", "_new")).merge(links, on=keys, suffixes=("", "_r"))
    fell = rows[(rows["value"] < -5) & (rows["value_new"] > 0) & (rows["value_r"] > 100)]
    listed = st.breaks("gdp_nominal", "pre_census4")
    found = sorted(zip(fell["province"], fell["year"], strict=True))
    assert found == sorted(zip(listed["province"], listed["after"], strict=True))
