"""Published indices and weights, reproduced as far as the rounding of print permits."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from dongbei.resilience import (
    Design,
    consistency,
    correlations,
    index,
    prepare,
    read_design,
    sensitivity,
)
from dongbei.resilience.composite.aggregation import outranking
from dongbei.resilience.composite.design import Judgements, Treatment
from dongbei.resilience.composite.treatment import shape, treated
from dongbei.resilience.composite.weights import (
    critic_weights,
    entropy_weights,
    judged_weights,
    loading_weights,
    rotated,
)

HERE = Path(__file__).parent / "published"


def published(name, **how):
    return pd.read_csv(HERE / f"{name}.csv", **how)


def half_up(value, decimals=3):
    return np.floor(value * 10**decimals + 0.5) / 10**decimals


# -- the Human Development Index --------------------------------

HDI = read_design(HERE / "hdi.yaml")
COMPONENTS = ["life_expectancy", "expected_schooling", "mean_schooling", "income"]
LOST_IN_PRINT = {
    "Switzerland", "Germany", "Singapore", "Iceland", "Korea (Republic of)", "Japan", "Argentina",
    "Brazil", "Bangladesh", "Swaziland", "Haiti", "Mali", "Eritrea", "Central African Republic",
    "Niger",
}  # fmt: skip
"""Countries whose index of 2014 is not that of their printed components."""


def test_the_index_of_1990_to_2021_is_reproduced_to_three_decimals_in_every_year():
    table = published("hdi_1990_2021", index_col=["year", "iso3"])
    found = index(HDI, table.rename(columns={"gni_pc_2017ppp": "income"})).scores["hdi"]
    there = table["hdi"].notna()
    assert there.sum() == 182
    assert_allclose(half_up(found[there]), table["hdi"][there], atol=1e-9)
    assert found[~there].isna().all(), "Oman has no mean years of schooling before 2000"
    assert (~there).sum() == 10


def hdi_2014():
    table = published("hdi_2014", index_col="country")
    return table.rename(columns={"gni_pc_2011ppp": "income"})


def hdi_interval(row):
    """The least and the greatest index with components that are printed so: all push it up."""
    ends = []
    for side in (-1, 1):
        life, expected, mean = (row[name] + side * 0.05 for name in COMPONENTS[:3])
        income = math.log((row["income"] + side * 0.5) / 100) / math.log(750)
        education = (min(expected / 18, 1) + min(mean / 15, 1)) / 2
        product = min((life - 20) / 65, 1) * education * min(income, 1)
        ends.append(product ** (1 / 3) + side * 1e-12)  # more than rounding here can lose
    return ends


def test_the_index_of_2014_is_reproduced_where_the_printed_components_permit():
    table = hdi_2014()
    found = index(HDI, table).scores["hdi"]
    equal = np.isclose(half_up(found), table["hdi"], atol=1e-9)
    assert set(table.index[~equal]) == LOST_IN_PRINT
    assert_allclose(found, table["hdi"], atol=0.0015)


def test_every_index_of_2014_lies_where_its_printed_components_allow():
    table = hdi_2014()
    found = index(HDI, table).scores["hdi"]
    for country, row in table.iterrows():
        least, most = hdi_interval(row)
        assert least <= found[country] <= most
        assert row["hdi"] - 0.0005 <= most
        assert row["hdi"] + 0.0005 >= least


def test_caps_are_needed_for_the_countries_beyond_a_goalpost():
    table = hdi_2014()
    beyond = table.index[(table["expected_schooling"] > 18) | (table["income"] > 75000)]
    free = index(HDI.replaced({"normalisation.outside": "keep"}), table).scores["hdi"]
    gap = (free - table["hdi"]).abs()
    assert set(beyond) - set(gap.index[gap > 0.0015]) == {"Singapore"}, "where print loses more"
    assert gap.drop(beyond).max() <= 0.0015
    with pytest.raises(ValueError, match="passes its goalposts in the row of Australia"):
        index(HDI.replaced({"normalisation.outside": "refuse"}), table)


# -- the Technology Achievement Index of the Handbook --------------------------------

TAI = read_design(HERE / "tai.yaml")


def tai_figures():
    return published("tai_figures", index_col="country")


def as_they_are(design):
    """The design with figures for scores: 0 is 0 and 1 is 1."""
    fields = {f"leaves.{name}.goalposts": (0, 1) for name in design.leaves}
    return design.replaced(fields | {"normalisation": {"method": "goalposts", "outside": "keep"}})


def test_schooling_is_brought_to_the_printed_scales():
    """Table 15. It gives equal figures the least of their ranks, and this room their mean."""
    printed = published("tai_schooling", index_col="country")
    for method, column in {"zscore": "zscore", "minmax": "minmax", "best": "ratio_to_best"}.items():
        found = prepare(TAI.replaced({"normalisation.method": method}), tai_figures())
        assert_allclose(found.scores["schooling"], printed[column], atol=0.0051)
    found = prepare(TAI.replaced({"normalisation.method": "rank"}), tai_figures())
    ranks = found.scores["schooling"]
    size = ranks.groupby(ranks).transform("size")
    assert_array_equal(ranks - (size - 1) / 2, printed["rank_ascending"])


def test_correlations_are_the_printed_ones():
    """Table 6: 25 of 28 pairs; figures are printed with fewer digits than were used."""
    printed = published("tai_correlations", index_col="indicator")
    found = correlations(index(TAI, tai_figures()))
    gaps = [abs(r.value - printed.loc[r.one, r.other]) for r in found.itertuples()]
    assert len(gaps) == 28
    assert sum(gap <= 0.0051 for gap in gaps) == 25
    assert max(gaps) < 0.02


def test_cronbachs_alpha_is_the_printed_one():
    """Page 72: 0.70."""
    assert round(consistency(index(TAI, tai_figures()))["alpha"].item(), 2) == 0.70


def test_four_components_turn_into_the_printed_factors():
    """Table 17, from Table A.2, to the error of its rounded logarithms; signs mean nothing."""
    printed = published("tai_rotated", index_col="indicator").to_numpy()
    sizes, vectors = np.linalg.eigh(np.corrcoef(tai_figures().to_numpy().T))
    found = rotated((vectors * np.sqrt(sizes))[:, -4:])
    overlap = np.abs(found.T @ printed)
    order = overlap.argmax(axis=0)
    assert sorted(order) == [0, 1, 2, 3]
    found = found[:, order]
    assert_allclose(found * np.sign((found * printed).sum(axis=0)), printed, atol=0.014)


def test_printed_factors_give_the_printed_weights():
    """Table 17 to the row FA of Table 22; exports count with the factor that they share (p. 90)."""
    found = loading_weights(published("tai_rotated", index_col="indicator").to_numpy())
    assert_allclose(found, [0.17, 0.15, 0.11, 0.06, 0.08, 0.13, 0.13, 0.17], atol=0.0101)
    assert round(found[3], 2) == 0.06


def test_the_benefit_of_the_doubt_gives_the_printed_scores_and_ranks():
    """Tables 19 and 23, weights between 10 and 15 percent; three scores are 0.01 off in print."""
    printed = published("tai_results", index_col="country")
    rule = {"benefit_of_the_doubt": True, "lower": 0.1, "upper": 0.15}
    found = index(TAI.replaced({"aggregation": rule}), tai_figures())
    gap = (found.scores["tai"] - printed["bod_score"]).abs()
    assert set(gap.index[gap > 0.0051]) == {"Japan", "Spain", "Slovenia"}
    assert gap.max() < 0.0075
    assert_array_equal(found.ranks["tai"], printed["bod_rank"])


def test_the_geometric_mean_of_the_figures_gives_the_printed_ranks():
    """Table 38, of the figures as they are."""
    printed = published("tai_results", index_col="country")
    found = index(as_they_are(TAI.replaced({"aggregation": "geometric"})), tai_figures())
    assert_array_equal(found.ranks["tai"], printed["geometric_rank"])


def tai_five():
    return published("tai_five", index_col="country")


def test_five_countries_outrank_one_another_as_printed():
    """Table 36."""
    printed = published("tai_five_outranking", index_col="row").to_numpy()
    scores = index(TAI, tai_five()).prepared.scores.to_numpy().T
    assert_allclose(outranking(scores, np.full(8, 1 / 8)), printed - printed.T)


def test_kemeny_finds_one_of_the_printed_orders():
    """Table 37 has three that are equally supported."""
    printed = published("tai_five_kemeny")
    best = printed[printed["score"] == printed["score"].max()].iloc[:, :5].to_numpy().tolist()
    assert len(best) == 3
    ranks = index(TAI.replaced({"aggregation": "kemeny"}), tai_five()).ranks["tai"]
    assert ranks.sort_values().index.tolist() in best


def test_scales_alone_move_the_handbooks_example_little():
    parts = sensitivity(TAI, tai_figures()).set_index(["output", "choice"])
    assert parts.loc[("mean shift", "scale"), "first"] == pytest.approx(1)
    assert np.isnan(parts.loc[("Finland", "scale"), "first"]), "it is the first on both"


# -- voting --------------------------------


def voted(table):
    """A design and a table of the units' places, one leaf per profile of votes."""
    profiles = published("voting_profiles").query(f"table == {table}")
    orders = [order.split(">") for order in profiles["ranking_best_to_worst"]]
    places = {
        f"profile {i}": {unit: order.index(unit) + 1 for unit in order}
        for i, order in enumerate(orders)
    }
    leaves = {
        name: {"parent": "vote", "direction": -1, "weight": votes}
        for name, votes in zip(places, profiles["n_indicators"], strict=True)
    }
    design = Design(title="t", nodes={"vote": {}}, leaves=leaves, normalisation={"method": "rank"})
    return design, pd.DataFrame(places).sort_index(), profiles["n_indicators"].sum()


def results(table, method):
    return published("voting_results").query(f"table == {table} and method == '{method}'")


@pytest.mark.parametrize(("profile", "table"), [(25, 26), (28, 29), (31, 32), (34, 34)])
def test_the_mean_of_ranks_is_borda(profile, table):
    design, places, votes = voted(profile)
    points = (index(design, places).scores["vote"] - 1) * votes
    printed = results(table, "borda_score").set_index("key")["value"].astype(float)
    assert_allclose(points, printed[points.index])


@pytest.mark.parametrize(("profile", "table"), [(25, 27), (28, 30)])
def test_votes_outrank_one_another_as_printed(profile, table):
    design, places, _ = voted(profile)
    scores = index(design, places).prepared.scores.to_numpy().T
    weights = np.array([leaf.weight for leaf in design.leaves.values()])
    net = pd.DataFrame(outranking(scores, weights), places.index, places.index)
    printed = results(table, "outranking").set_index("key")["value"].astype(float)
    for pair, votes in printed.items():
        one, other = pair.split(">")
        assert net.loc[one, other] == votes - printed[f"{other}>{one}"]


@pytest.mark.parametrize(
    ("profile", "rule", "order"),
    [(25, "copeland", "cbda"), (28, "kemeny", "bca")],
)
def test_votes_end_in_the_printed_order(profile, rule, order):
    """Condorcet's of Table 27 and Kemeny's of Table 28."""
    design, places, _ = voted(profile)
    ranks = index(design.replaced({"aggregation": rule}), places).ranks["vote"]
    assert "".join(ranks.sort_values().index) == order


def test_three_orders_in_a_circle_end_in_a_tie_or_in_one_of_them():
    """Table 34."""
    design, places, _ = voted(34)
    assert (index(design.replaced({"aggregation": "copeland"}), places).ranks["vote"] == 1).all()
    order = index(design.replaced({"aggregation": "kemeny"}), places).ranks["vote"].sort_values()
    printed = results(34, "kemeny_ranking_tie")["value"].item().replace(">", "").split(";")
    assert "".join(order.index) in printed


# -- gaps --------------------------------


def test_units_are_screened_as_printed():
    """COINr: at least 75 percent of the figures."""
    table = published("coinr_coverage", index_col="uCode")
    names = ["Research", "Pat", "CultServ", "CultGood"]
    leaves = {name: {"parent": "index", "direction": 1} for name in names}
    design = Design(title="t", nodes={"index": {}}, leaves=leaves, missing={"unit_coverage": 0.75})
    left_out = prepare(design, table).left_out
    assert set(left_out) == set(table.index[~table["published_included_at_0.75"]])
    assert len(left_out) == 3


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        ("mean_column", {"method": "mean"}),
        ("median_group", {"method": "median", "group": "group"}),
    ],
)
def test_gaps_are_filled_in_as_printed(method, missing):
    table = published("coinr_gaps", index_col="row")
    names = ["Pat", "CultServ", "CultGood", "Tourist"]
    leaves = {name: {"parent": "index", "direction": 1} for name in names}
    design = Design(title="t", nodes={"index": {}}, leaves=leaves, missing=missing)
    found = prepare(design, table, table[["group"]])
    printed = published("coinr_filled").query(f"method == '{method}'")
    assert found.filled.to_numpy().sum() == len(printed) == 7
    for cell in printed.itertuples():
        assert found.filled.loc[cell.row, cell.column]
        assert found.figures.loc[cell.row, cell.column] == pytest.approx(cell.value, rel=3e-7)


def test_one_outlier_is_moved_as_printed():
    """COINr's article on the treatment of data: twelve numbers."""
    figures = pd.DataFrame({"x": [*map(float, range(1, 11)), 30.0, 100.0]})
    assert_allclose(np.ravel(shape(figures.to_numpy())), [3.063241, 9.741391], atol=5e-7)
    found, log = treated(figures, Treatment(method="winsorise"))
    assert log.loc[0, ["points", "mended"]].tolist() == [1, True]
    assert_allclose(log.loc[0, ["skewness", "kurtosis"]].astype(float), [1.712038, 1.815781],
                    atol=5e-7)  # fmt: skip
    assert found["x"].tolist()[-2:] == [30, 30]


def goals():
    """The design of the Sustainable Development Goals' scores, which are from 0 to 100."""
    leaves = {
        f"goal_{i}": {"parent": "index", "direction": 1, "goalposts": (0, 100)}
        for i in range(1, 18)
    }
    return Design(
        title="Sustainable development",
        nodes={"index": {}},
        leaves=leaves,
        normalisation={"method": "goalposts", "high": 100},
        missing={"method": "mean", "group": "region"},
    )


def test_goals_without_figures_take_the_mean_of_the_region():
    """Austria, Czechia and Switzerland have no coast; New Zealand has no figures of poverty.

    Every OECD country has its goals 1 and 14 here, and those that are compared all 17.
    """
    table = published("sdg_2023", index_col="iso3")
    oecd = published("sdg_2023_oecd", index_col="iso3")
    region = oecd.reindex(columns=[f"goal_{i}" for i in range(1, 18)])
    region.update(table)
    groups = pd.DataFrame({"region": "OECD"}, index=region.index)
    found = index(goals(), region, groups)
    landlocked = ["AUT", "CZE", "CHE"]
    members = table.index.intersection(oecd.index)
    assert set(members) >= {*landlocked, "NZL"}
    assert_allclose(found.scores.loc[members, "index"], table.loc[members, "overall_score"],
                    atol=1e-7)  # fmt: skip
    assert found.prepared.filled.loc[landlocked, "goal_14"].all()
    assert_allclose(found.scores.loc[landlocked, "goal_14"], 66.13799, atol=1e-5)
    plain = goals().replaced({"missing": {"method": "none"}})
    open_gaps = index(plain, table)
    gap = (open_gaps.scores["index"] - table["overall_score"]).abs()
    assert (gap[[*landlocked, "NZL"]] > 0.3).all(), "a mean of what is there is another index"
    assert gap.drop([*landlocked, "NZL"]).max() < 1e-7


# -- weights --------------------------------


def test_judgements_about_drinks_give_the_printed_priorities():
    """Saaty 2008; consistency ratio 0.022."""
    ahp = {}
    for row in published("ahp_drinks").itertuples():
        ahp.setdefault(row.preferred, {})[row.other] = row.intensity
    printed = {
        "coffee": 0.177, "wine": 0.019, "tea": 0.042, "beer": 0.116, "soda": 0.190, "milk": 0.129,
        "water": 0.327,
    }  # fmt: skip
    leaves = {name: {"parent": "drinks", "direction": 1} for name in printed}
    design = Design(
        title="Drinks",
        nodes={"drinks": {"weights": {"ahp": ahp}}},
        leaves=leaves,
    )
    table = pd.DataFrame(np.eye(7), columns=list(printed))
    found = index(design, table)
    assert_allclose(found.weights[list(printed)], list(printed.values()), atol=0.0006)
    names = tuple(printed)
    with pytest.raises(ValueError, match=r"consistency ratio 0\.02, limit 0\.0215"):
        judged_weights(Judgements(ahp=ahp, largest_ratio=0.0215), names)
    judged_weights(Judgements(ahp=ahp, largest_ratio=0.022), names)


def test_entropy_weights_are_the_printed_ones():
    """Elsayed, Dawood and Karthikeyan 2017, six decimals."""
    table = published("entropy", index_col="row")
    printed = table.loc["weights"].to_numpy()
    found = entropy_weights(table.drop("weights").to_numpy(), tuple(table.columns))
    assert_allclose(found, printed, atol=5.1e-7)


def test_critic_weights_are_the_printed_ones():
    """Diakoulaki and others 1995 as in scikit-criteria; Tuş and Aytaç Adalı 2019."""
    firms = published("critic_firms", index_col="alternative")
    found = critic_weights(firms.to_numpy(), tuple(firms.columns))
    assert_allclose(found, [0.20222554, 0.48090173, 0.31687273], atol=5.1e-9)
    table = published("critic_advertising", index_col="row")
    found = critic_weights(table.drop("weights").to_numpy(), tuple(table.columns))
    assert_allclose(found, table.loc["weights"], atol=0.00051)
