"""Single published figures, events, prefectures and freight costs."""

import numpy as np
import pytest

from dongbei import statistics as st


@pytest.mark.parametrize(
    ("topic", "indicator", "region", "period", "value"),
    [
        ("profitability", "value added rate", "Heilongjiang", "2005", 45.7),
        ("population", "death rate", "Heilongjiang", "2022", 9.09),
        ("central transfers", "central subsidy income", "Liaoning", "2014", 1781.23),
    ],
)
def test_a_fact_is_what_was_published(topic, indicator, region, period, value):
    row = st.fact(topic, indicator, region, period)
    assert row["value"] == value
    assert row["publisher"]
    assert row["reliability"] in ("primary", "secondary")


def test_central_transfers_are_those_of_the_provincial_table():
    """Two carriers of the same final accounts agree."""
    table = st.indicator("central_transfers", provinces=["Liaoning", "Jilin", "Heilongjiang"])
    for row in table.itertuples():
        fact = st.fact("central transfers", "central subsidy income", row.province, str(row.year))
        assert fact["value"] == row.value


def test_facts_hold_no_computation_and_no_range():
    facts = st.facts()
    assert not facts["indicator"].str.match("COMPUTED|QUALITATIVE|POINTER").any()
    assert facts["value"].notna().all()
    assert (facts["out_of"].dropna() >= facts["value"][facts["out_of"].notna()]).all()


def test_prefectures_add_up_to_the_provinces():
    units = st.prefectures().groupby("province")["population_2020"].sum() / 10**4
    people = st.indicator("population", "census2020", years=2020).set_index("province")["value"]
    for province in ("Liaoning", "Heilongjiang"):
        assert units[province] == pytest.approx(people[province], rel=0.005)


def test_an_event_has_its_date():
    assert st.event("wto_accession")["date"] == "2001-12-11"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: st.facts("weather"), "no topic 'weather'; there are central transfers, "),
        (
            lambda: st.fact("population", "death rate", "Liaoning", "2022"),
            "no 'death rate' for Liaoning 2022; there are: Heilongjiang 2021, Heilongjiang 2022",
        ),
        (
            lambda: st.fact("population", "mood", "Liaoning", "2022"),
            "no 'mood' for Liaoning 2022; there are: none",
        ),
        (
            lambda: st.fact("population", "census population", "Northeast", "2020"),
            "several sources give 'census population' for Northeast 2020: ",
        ),
        (lambda: st.event("moon landing"), "no event 'moon landing'; there are competitive_adv"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()


def test_freight_is_the_same_both_ways_and_joins_every_pair_once():
    cost = st.freight_cost()
    names = list(st.provinces()["province"])
    wide = cost.pivot(index="origin", columns="destination", values="yuan_per_tonne")
    wide = wide.loc[names, names].to_numpy()
    assert len(cost) == 31 * 30
    assert (np.isnan(wide) == np.eye(31, dtype=bool)).all()
    assert np.array_equal(wide, wide.T, equal_nan=True)
