"""Figures against what was published, and identities that official statistics satisfy."""

import pytest

from dongbei import statistics as st

NORTHEAST = ["Liaoning", "Jilin", "Heilongjiang"]


def values(name, vintage=None, *, years, provinces=NORTHEAST):
    return st.indicator(name, vintage, years=years, provinces=provinces)["value"].tolist()


def northeast_share(name, vintage, year):
    figures = st.indicator(name, vintage, years=year)
    part = st.regional_sum(figures, "Northeast")
    return st.share(part, st.sum_of_provinces(figures, missing="record"))["value"].item()


@pytest.mark.parametrize(
    ("name", "vintage", "year", "expected"),
    [
        ("gdp_nominal", "mixed", 2022, [28975.1, 13070.2, 15901.0]),
        ("gdp_nominal", "mixed", 1978, [229.2, 81.98, 174.81]),
        ("gdp_index_real", None, 2015, [102.8, 106.1, 105.4]),
        ("rd_intensity", None, 2023, [2.24, 1.55, 1.44]),
        ("population", "census2020", 2020, [4255, 2399, 3171]),
        ("disposable_income_per_head", None, 2013, [20817.84, 15998.12, 15903.45]),
        ("central_transfers", None, 2014, [1781.23, 1602.35, 2249.97]),
        ("central_transfers", None, 2016, [2125.24, 1904.98, 2813.00]),
    ],
)
def test_northeast_figures(name, vintage, year, expected):
    assert values(name, vintage, years=year) == expected


def test_heilongjiang_grain_of_2018():
    assert values("grain_output", years=2018, provinces="黑龙江") == [7506.8]


def test_census_of_2020_took_446_ten_thousands_from_heilongjiang():
    assert values("population", "pre2020census", years=2018, provinces=[23]) == [3773]
    assert values("population", "census2020", years=2018, provinces=[23]) == [3327]


@pytest.mark.parametrize(
    ("vintage", "year", "percent"),
    [
        ("first_published", 2003, 9.57),
        ("first_published", 2012, 8.77),
        ("pre_census4", 2003, 9.12),
        ("pre_census4", 2006, 8.50),
        ("pre_census4", 2012, 8.76),
        ("pre_census4", 2017, 6.40),
        ("census4", 2006, 7.67),
        ("census4", 2012, 6.91),
        ("census4", 2017, 5.40),
        ("census4", 2021, 4.87),
        ("census4", 2022, 4.81),
        ("census5", 2006, 7.66),
        ("census5", 2012, 6.91),
        ("census5", 2017, 5.42),
        ("census5", 2021, 4.90),
        ("census5", 2022, 4.84),
        ("census5", 2024, 4.73),
        ("mixed", 1978, 14.06),
        ("mixed", 2003, 9.14),
        ("mixed", 2006, 8.50),
        ("mixed", 2012, 8.76),
        ("mixed", 2017, 6.40),
        ("mixed", 2018, 6.20),
        ("mixed", 2019, 5.10),
        ("mixed", 2021, 4.90),
        ("mixed", 2022, 4.81),
    ],
)
def test_northeast_share_of_the_product_by_vintage(vintage, year, percent):
    assert round(northeast_share("gdp_nominal", vintage, year), 2) == percent


@pytest.mark.parametrize(
    ("year", "percent"), [(1990, 13.1), (2003, 14.6), (2010, 18.3), (2018, 20.3)]
)
def test_northeast_share_of_grain(year, percent):
    assert round(northeast_share("grain_output", None, year), 1) == percent


def test_growth_of_2015_put_the_northeast_last_third_and_fourth_from_last():
    growth = st.indicator("gdp_index_real", years=2015)
    ranks = st.rank(growth, ties="min", largest_first=False).set_index("province")["value"]
    assert ranks[NORTHEAST].tolist() == [1, 4, 3]


def test_demand_potential_falls_against_the_delta_and_nears_its_printed_third():
    potential = st.demand_potential("pre2020census", years=range(2013, 2019))
    delta = {"Delta": ["Shanghai", "Jiangsu", "Zhejiang", "Anhui"], "Northeast": NORTHEAST}
    wide = st.regional_sum(potential, delta).pivot(index="year", columns="region", values="value")
    quotient = wide["Northeast"] / wide["Delta"]
    assert quotient.is_monotonic_decreasing
    assert round(quotient[2018], 2) == 0.32


def test_demand_potential_of_a_province_is_its_residents_times_their_income():
    potential = st.demand_potential("census2020", years=[2020]).set_index("province")
    residents = st.indicator("population", "census2020", years=2020).set_index("province")["value"]
    income = st.indicator("disposable_income_per_head", years=2020).set_index("province")["value"]
    assert set(potential["unit"]) == {"100 million yuan"}
    for name in ("Liaoning", "Shanghai"):  # 10 thousand persons x yuan = 10 thousand yuan
        assert potential["value"][name] == pytest.approx(residents[name] * income[name] / 1e4)


@pytest.mark.parametrize(
    ("name", "year", "total"),
    [
        ("grain_output", 1990, 44624.3),
        ("grain_output", 1996, 50453.5),
        ("tax_revenue", 2007, 19252.1),
        ("budget_expenditure", 2005, 25154.3),
        ("budget_revenue", 2005, 14884.2),
        ("budget_revenue", 2006, 18303.6),
        ("employment", 2020, 75064),
    ],
)
def test_provinces_add_up_to_the_published_nation(name, year, total):
    vintage = "census2020" if name == "employment" else None
    figures = st.indicator(name, vintage, years=year)
    found = st.sum_of_provinces(figures, missing="record")["value"].item()
    assert found == pytest.approx(total, abs=0.06)


@pytest.mark.parametrize(
    "name",
    [
        "rd_expenditure",
        "hightech_revenue",
        "hightech_profit",
        "hightech_firms",
        "budget_education",
        "budget_science_technology",
    ],
)
def test_provinces_add_up_to_the_nation_of_the_same_table(name):
    nation = st.national(name)
    total = st.sum_of_provinces(st.indicator(name, years=nation["year"]))
    assert total["value"].tolist() == pytest.approx(nation["value"].tolist(), rel=2e-4)


@pytest.mark.parametrize("name", ["patents_granted", "patent_applications"])
def test_patents_of_provinces_are_nearly_all_of_the_nation(name):
    nation = st.national(name)
    total = st.sum_of_provinces(st.indicator(name, years=nation["year"]))
    assert st.share(total, nation)["value"].between(97.1, 99.7).all()


def merged(one, other):
    return one.merge(other, on=["province", "year"], suffixes=("", "_other"))


def test_research_intensity_is_spending_over_the_product_then_known():
    computed = st.ratio(
        st.indicator("rd_expenditure"),
        st.indicator("gdp_nominal", "mixed"),
        indicator="rd_intensity",
        unit="percent",
    )
    both = merged(computed, st.indicator("rd_intensity"))
    equal = (both["value"] - both["value_other"]).abs() < 0.0051
    by_year = equal.groupby(both["year"]).sum()
    assert (by_year.drop([2013, 2014, 2016]) == 31).all()
    assert by_year[2014] == 30


def test_secondary_share_is_value_added_over_product():
    years = range(2009, 2014)
    computed = st.ratio(
        st.indicator("secondary_value_added", "first_published", years=years),
        st.indicator("gdp_nominal", "first_published", years=years),
        indicator="secondary_share",
        unit="percent",
    )
    both = merged(computed, st.indicator("secondary_share", "pre_census4"))
    assert len(both) == 150
    assert ((both["value"] - both["value_other"]).abs() <= 0.05).all()


def test_population_vintages_agree_up_to_2010_and_part_after():
    older, newer = (st.indicator("population", v) for v in ("pre2020census", "census2020"))
    both = merged(older, newer)
    equal = both["value"] == both["value_other"]
    assert equal[both["year"] <= 2010].all()
    assert not equal[both["year"] == 2018].all()


def test_mixed_product_is_first_published_in_2000_and_pre_census4_from_2007():
    mixed = st.indicator("gdp_nominal", "mixed")
    first = merged(st.indicator("gdp_nominal", "first_published", years=2000), mixed)
    assert len(first) == 30
    assert first["value"].tolist() == pytest.approx(first["value_other"].tolist(), abs=0.05)
    later = merged(st.indicator("gdp_nominal", "pre_census4", years=range(2007, 2018)), mixed)
    assert later["value"].tolist() == pytest.approx(later["value_other"].tolist(), rel=1e-3)


def test_urban_share_of_2020_is_that_of_the_census():
    nation = {"China": st.provinces()["province"]}
    residents = st.indicator("population", "census2020", years=2020)
    urban = st.regional_mean(st.indicator("urbanisation", years=2020), residents, nation)
    assert urban["value"].item() == pytest.approx(63.89, abs=0.1)
