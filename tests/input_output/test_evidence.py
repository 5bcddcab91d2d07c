"""What single tables show of trade: published shares, identities, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dongbei import input_output as io
from dongbei import statistics as st

PROVINCES = list(st.provinces()["province"])
WITH_TABLES = [name for name in PROVINCES if name != "Tibet"]
EVERYBODY = {"All": PROVINCES}
SHARES = [
    (io.export_share, "exports", "gross_output", [2012, 2017]),
    (io.domestic_outflow_share, "domestic_outflow", "gross_output", [2012, 2017]),
    (io.domestic_inflow_share, "domestic_inflow", "gross_output", [2012, 2017]),
    (io.outflow_share, "outflow", "gross_output", [2007, 2012, 2017]),
    (io.inflow_share, "inflow", "gross_output", [2007, 2012, 2017]),
    (io.import_content, "imports", "domestic_use", [2012, 2017]),
]
ALL_FUNCTIONS = [row[0] for row in SHARES] + [io.self_sufficiency, io.net_outflow]


def amount(year, column, provinces=None, part=None):
    """Add up one column of the tables themselves."""
    tables = io.provincial_tables(year)
    keys = set(st.sectors(part)["sector"])
    return sum(
        getattr(tables[name], column)[[key in keys for key in tables[name].sectors]].sum()
        for name in provinces or tables
    )


def number(frame):
    assert len(frame) == 1
    return frame["value"].item()


# ------------------------------------------------------------------------------ published shares


@pytest.mark.parametrize(
    ("year", "column", "percent"),
    [
        (2002, "gross_output", 8.6),
        (2007, "gross_output", 7.2),
        (2012, "gross_output", 8.2),
        (2017, "gross_output", 5.0),
        (2007, "outflow", 7.6),
        (2012, "domestic_outflow", 8.9),
        (2017, "domestic_outflow", 9.5),
    ],
)
def test_the_northeasts_share_of_industry(year, column, percent):
    ours = amount(year, column, st.members("Northeast"), "industry")
    assert round(100 * ours / amount(year, column, None, "industry"), 1) == percent


@pytest.mark.parametrize(
    ("year", "kind", "everything", "industry"),
    [
        (2007, "", 1.039, 1.072),
        (2012, "domestic_", 0.964, 1.058),
        (2017, "domestic_", 0.913, 0.939),
    ],
)
def test_outflow_and_inflow_of_all_provinces_do_not_close(year, kind, everything, industry):
    listed = io.defects(year).set_index("defect")["value"]
    for part, expected, name in (
        (None, everything, "outflow_over_inflow"),
        ("industry", industry, "industry_outflow_over_inflow"),
    ):
        out, into = (amount(year, f"{kind}{way}flow", None, part) for way in ("out", "in"))
        ratio = out / into
        assert round(ratio, 3) == expected
        assert listed[name] == pytest.approx(ratio, abs=1e-6)


def test_jilins_outflow_of_2017_is_more_than_twice_its_value_added():
    outflow = amount(2017, "domestic_outflow", ["Jilin"])
    product = st.sector_output(2017, "value_added", provinces="Jilin")["value"].sum()
    assert 2.3 < outflow / product < 2.4
    listed = io.defects(2017, "Jilin").set_index("defect")["value"]
    assert listed["outflow_over_value_added"] == pytest.approx(outflow / product, abs=1e-6)


# ------------------------------------------------------------------------------ identities


@pytest.mark.parametrize(("function", "part", "whole", "years"), SHARES)
def test_a_share_is_a_sum_over_a_sum_in_every_year_that_has_it(function, part, whole, years):
    found = function(sectors="industry", groups="Northeast").set_index("year")["value"]
    assert list(found.index) == years
    members = st.members("Northeast")
    for year in years:
        sums = [amount(year, column, members, "industry") for column in (part, whole)]
        assert found[year] == pytest.approx(sums[0] / sums[1])


def test_use_is_met_by_ones_own_output_or_by_inflow_but_for_the_error():
    tables = io.provincial_tables(2012)
    found = io.self_sufficiency(2012).set_index("province")["value"]
    for name, one in tables.items():
        use = one.domestic_use.sum()
        rest = (one.inflow.sum() - one.error.sum()) / use
        assert found[name] + rest == pytest.approx(1)


def test_net_outflow_is_the_gap_of_the_two_shares():
    output = st.total_output(st.sector_output([2007, 2012, 2017]))
    net = io.net_outflow([2007, 2012, 2017])["value"]
    shares = io.outflow_share()["value"] - io.inflow_share()["value"]
    keys = ["province", "year"]
    rows = output.merge(io.outflow_share()[keys].assign(share=shares, net=net), on=keys)
    same = io.net_outflow([2007, 2012, 2017])[keys].merge(rows, on=keys)
    assert len(same) == 30 + 31 + 31
    assert np.allclose(same["share"] * same["value"], same["net"])


def test_net_outflow_of_2002_is_the_published_one():
    values = io.net_outflow(2002).set_index("province")["value"]
    assert values["Liaoning"] == pytest.approx(5511118.07)
    assert values["Jilin"] == pytest.approx(-597534.46)


@settings(max_examples=25)
@given(some.permutations(WITH_TABLES).map(lambda names: names[:12]), some.data())
def test_groups_add_up(names, data):
    """The net outflow of a group is that of its two parts together; shares lie between theirs."""
    cut = data.draw(some.integers(1, len(names) - 1))
    groups = {"whole": names, "one": names[:cut], "other": names[cut:]}
    net = io.net_outflow(groups=groups).pivot(index="year", columns="region", values="value")
    assert np.allclose(net["whole"], net["one"] + net["other"])
    shares = io.export_share(groups=groups).pivot(index="year", columns="region", values="value")
    parts = shares[["one", "other"]]
    assert (shares["whole"] <= parts.max(axis=1) * (1 + 1e-12)).all()
    assert (shares["whole"] >= parts.min(axis=1) * (1 - 1e-12)).all()


@pytest.mark.parametrize("function", ALL_FUNCTIONS)
def test_a_group_of_one_is_the_province(function):
    alone = function()
    grouped = function(groups={name: [name] for name in WITH_TABLES})
    alone = alone[alone["province"] != "Tibet"].set_index(["province", "year"])["value"]
    grouped = grouped.set_index(["region", "year"])["value"]
    assert len(alone) == len(grouped)
    assert np.allclose(grouped.loc[alone.index], alone)


def test_net_outflow_of_the_sectors_adds_up_to_the_total():
    by_sector = io.net_outflow(by_sector=True)
    total = io.net_outflow()
    keys = ["province", "year"]
    sums = by_sector.groupby(keys)["value"].sum()
    assert np.allclose(sums, total.set_index(keys)["value"].loc[sums.index])
    assert set(total["sector"]) == {"total"}
    assert list(dict.fromkeys(by_sector["sector"])) == list(st.sectors()["sector"])


def test_shares_have_the_bounds_that_their_meaning_gives():
    for function in (io.export_share, io.domestic_inflow_share, io.import_content):
        assert (function()["value"] >= 0).all()
    assert (io.import_content()["value"] <= 1).all()
    assert (io.self_sufficiency()["value"] <= 1).all()
    above = io.domestic_outflow_share().query("value > 1")
    assert list(zip(above["province"], above["year"], strict=True)) == [
        ("Beijing", 2012),
        ("Chongqing", 2017),
    ]


def test_where_nothing_is_made_there_is_no_share():
    shares = io.export_share(2017, sectors="oil_gas_extraction", by_sector=True)
    assert "Zhejiang" not in set(shares["province"])
    assert shares["value"].notna().all()
    used = io.import_content(2017, sectors="oil_gas_extraction", by_sector=True)
    assert "Zhejiang" in set(used["province"])


def test_results_are_series_that_say_their_source():
    shares = io.export_share(groups=["Northeast", "South Coast"])
    assert st.source_line(shares) == "Provincial statistics bureaus, carried by common2016/CHNIO"
    assert set(shares["unit"]) == {"fraction"}
    net = io.net_outflow(2017)
    assert set(net["unit"]) == {"10 thousand yuan"}
    assert number(st.regional_sum(net, "Northeast")) == pytest.approx(
        number(io.net_outflow(2017, groups="Northeast"))
    )


# ------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("function", "year", "message"),
    [
        (io.export_share, 2007, "of 2007 do not say exports: choose from 2012, 2017"),
        (io.domestic_inflow_share, [2002, 2012], "2002 do not say domestic inflow: choose"),
        (io.self_sufficiency, 2002, "2002 do not say outflow: choose from 2007, 2012, 2017"),
        (io.inflow_share, 2002, "do not say inflow"),
        (io.net_outflow, 2015, "no input-output tables of 2015: choose from 2002"),
        (io.net_outflow, [], "no input-output tables of no year"),
    ],
)
def test_a_year_without_the_column_names_those_that_have_it(function, year, message):
    with pytest.raises(ValueError, match=message):
        function(year)


def test_tibet_is_missed_before_2012():
    with pytest.raises(ValueError, match=r"no figure in Tibet 2002, 2007"):
        io.net_outflow(groups=EVERYBODY)
    noted = io.net_outflow(groups=EVERYBODY, missing="record").set_index("year")
    assert noted["missing"].to_dict() == {2002: "Tibet", 2007: "Tibet", 2012: "", 2017: ""}
    assert noted["present"].to_dict() == {2002: 30, 2007: 30, 2012: 31, 2017: 31}


def test_unknown_sectors_and_groups_are_named():
    with pytest.raises(ValueError, match="did you mean textiles"):
        io.export_share(sectors=["textile"])
    with pytest.raises(ValueError, match="no region is called"):
        io.export_share(groups="Nowhere")
