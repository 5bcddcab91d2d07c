"""The sectors of the input-output tables, and what provinces make in them."""

import csv
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
NORTHEAST = ["Liaoning", "Jilin", "Heilongjiang"]
YEARS = [2002, 2007, 2012, 2017]


@pytest.fixture(scope="module")
def sectors():
    with (DATA / "sectors.csv").open(encoding="utf-8", newline="") as file:
        return pd.DataFrame(csv.DictReader(file)).set_index("sector")


@pytest.fixture(scope="module")
def output(sectors):
    """Gross output and value added by province, year and sector, from the input-output tables."""
    frames = []
    for year in YEARS:
        cells = pd.read_csv(DATA / "input_output" / f"provincial_{year}.csv")
        made = cells[cells["row"].isin(sectors.index)].rename(columns={"row": "sector"})
        items = cells[~cells["row"].isin(sectors.index)]
        added = items.groupby("province")[list(sectors.index)].sum().round(2)
        added = added.melt(var_name="sector", value_name="value_added", ignore_index=False)
        keys = ["province", "sector"]
        made = made[[*keys, "gross_output"]].merge(added.reset_index(), on=keys)
        frames.append(made.assign(year=year))
    return pd.concat(frames, ignore_index=True)


def test_thirty_five_sectors_of_which_twenty_are_industry_and_fifteen_manufacturing(sectors):
    industry, manufacturing = (
        sectors[name] == "true" for name in ("is_industry", "is_manufacturing")
    )
    assert (len(sectors), industry.sum(), manufacturing.sum()) == (35, 20, 15)
    assert (industry | ~manufacturing).all()
    of_industry = {"mining", "utilities"} | {name for name in sectors["broad"] if "manuf" in name}
    assert (industry == sectors["broad"].isin(of_industry)).all()
    assert (manufacturing == sectors["broad"].str.endswith("_manufacturing")).all()


def test_every_province_has_every_sector_in_every_year_but_tibet_before_2012(sectors, output):
    counts = output.groupby(["year", "province"]).size()
    assert (counts == len(sectors)).all()
    assert counts.groupby("year").size().to_dict() == {2002: 30, 2007: 30, 2012: 31, 2017: 31}
    assert set(output.loc[output["province"] == "Tibet", "year"]) == {2012, 2017}
    assert set(output["sector"]) == set(sectors.index)


@pytest.mark.parametrize(("year", "percent"), list(zip(YEARS, [8.6, 7.2, 8.2, 5.0], strict=True)))
def test_the_northeasts_share_of_industrial_output(sectors, output, year, percent):
    industry = sectors.index[sectors["is_industry"] == "true"]
    rows = output[(output["year"] == year) & output["sector"].isin(industry)]
    ours = rows["province"].isin(NORTHEAST)
    share = 100 * rows.loc[ours, "gross_output"].sum() / rows["gross_output"].sum()
    assert round(share, 1) == percent


@pytest.mark.parametrize(
    ("year", "ratios"),
    [
        (2002, (0.963, 0.947, 1.067)),
        (2007, (1.003, 1.023, 0.995)),
        (2012, (1.002, 1.000, 1.003)),
        (2017, (1.000, 0.991, 1.000)),
    ],
)
def test_value_added_is_the_product_as_far_as_the_tables_agree_with_it(output, year, ratios):
    product = pd.read_csv(DATA / "provincial" / "gdp_nominal.csv")
    product = product[(product["vintage"] == "pre_census4") & (product["year"] == year)]
    product = product.set_index("province")["value"]
    added = output[output["year"] == year].groupby("province")["value_added"].sum() / 10**4
    found = (added / product)[NORTHEAST]
    assert tuple(found.round(3)) == ratios


def test_output_is_never_negative_and_above_value_added(output):
    assert (output["gross_output"] >= 0).all()
    assert (output["value_added"] <= output["gross_output"]).all()


def test_three_cells_of_value_added_are_negative(output):
    cells = output[output["value_added"] < 0]
    assert sorted(cells[["province", "year", "sector"]].itertuples(index=False, name=None)) == [
        ("Hainan", 2017, "transport_equipment"),
        ("Jilin", 2002, "nonmetal_minerals"),
        ("Xinjiang", 2007, "petroleum_coking"),
    ]


def test_what_a_province_does_not_have_it_does_not_make(output):
    nothing = output["gross_output"] == 0
    assert not set(output.loc[nothing, "province"]) & set(NORTHEAST)
    assert (output.loc[nothing, "value_added"] == 0).all()
    oil = output[output["sector"] == "oil_gas_extraction"].groupby("province")["gross_output"].max()
    without = ["Anhui", "Fujian", "Hunan", "Jiangxi", "Tibet", "Zhejiang"]
    assert list(oil.index[oil == 0]) == without
