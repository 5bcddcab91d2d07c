"""Each step on a template is the step of the room that it calls, on the same figures."""

import csv
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from dongbei import decline, region
from dongbei import statistics as st
from dongbei.decline.story import CALENDAR, RANGES
from dongbei.input_output import domestic_participation, read_table, write_template
from dongbei.region import read_region, write_example

PAIR = ["Sichuan", "Chongqing"]
NORTHEAST = ["Liaoning", "Jilin", "Heilongjiang"]


@pytest.fixture(scope="module")
def northeast(tmp_path_factory):
    path = tmp_path_factory.mktemp("northeast") / "northeast.xlsx"
    write_example(path, "Northeast")
    return read_region(path)


def joined(name, members):
    """The share of product as the chapter on history joins it."""
    one, two, three = (
        st.regional_share(st.indicator("gdp_nominal", vintage), {name: members}, missing="record")
        for vintage in ("mixed", "pre_census4", "census5")
    )
    found = st.chain(st.chain(one, two, link=1993), three, link=2006)
    return found[found["year"] >= 1978].set_index("year")["value"]


def test_the_joined_share_is_that_of_the_chapters(northeast, pair):
    for told, members in ((northeast, NORTHEAST), (pair, PAIR)):
        found = region.chained(told).set_index("year")["value"]
        assert_allclose(found, joined(told.name, members), rtol=1e-12)
        assert list(found.index) == list(range(1978, 2025))


def test_every_vintage_has_its_own_share(northeast):
    found = region.shares(northeast)
    for vintage in ("mixed", "pre_census4", "census5"):
        mine = found[(found["vintage"] == vintage) & (found["indicator"] == "share of product")]
        figures = st.indicator("gdp_nominal", vintage, years=[1995, 2010] if vintage != "census5"
                               else [2010])  # fmt: skip
        known = st.regional_share(figures, "Northeast", missing="record").set_index("year")["value"]
        assert_allclose(mine.set_index("year")["value"][known.index], known, rtol=1e-12)
    assert list(dict.fromkeys(found["indicator"]))[1] == "share of residents"


def test_a_share_that_turns_once_has_two_stretches(pair):
    years = np.arange(1980, 2021)
    growth = np.where(years <= 2000, -0.02, 0.03)
    wiggle = np.random.default_rng(1).normal(0, 0.004, len(years))
    share = 0.1 * np.exp(np.cumsum(growth + wiggle))
    told = of_series(pair, years, share)
    found = region.turns(told)
    assert found[["start", "end"]].to_numpy().tolist() == [[1980, 2000], [2000, 2020]]
    change = 100 * np.log(share[20] / share[0]) / 20, 100 * np.log(share[40] / share[20]) / 20
    assert_allclose(found["growth"], change, rtol=1e-12)
    one = region.after(told, 1980).iloc[0]
    assert (one["trough"], one["status"]) == (2000, "recovered")
    assert_allclose(one["drop"], 1 - share[20] / share[0], rtol=1e-9)
    with pytest.raises(ValueError, match="2020 is not in the series before its last year"):
        region.after(told, 2020)


def test_turning_points_alternate_and_move_by_as_much_as_asked_for(pair):
    found = region.cycle(pair)
    spread = np.log(region.chained(pair)["value"]).diff().std() * 100
    assert set(found["phase"]) == {"slowdown", "upswing"}
    assert (found["phase"] != found["phase"].shift()).all()
    assert (found.loc[found["complete"], "change"].abs() >= 2 * spread).all()
    assert len(region.cycle(pair, least=1.0)) > len(found) > len(region.cycle(pair, least=20.0))


def of_series(told, years, share):
    rows = {"indicator": "product", "vintage": "one", "year": years, "nation": 1000.0}
    about = {"indicator": "product", "vintage": "one", "unit": "u", "source": "s", "licence": "l"}
    series = pd.DataFrame(rows | {"region": 1000 * share})
    return replace(told, series=series, sources=pd.DataFrame([about]))


def test_an_indicator_that_is_not_there_is_refused(pair):
    with pytest.raises(ValueError, match="no indicator 'prices'; the template has product, resid"):
        region.chained(pair, "prices")


def test_the_test_for_clusters_is_that_of_the_chapter_on_the_northeast(northeast):
    found = region.cluster_test(northeast).set_index(["measure", "year"])
    made = st.sector_output(sectors="industry")
    groups = st.group_dissimilarity(made)
    three = groups[groups["group"] == "; ".join(NORTHEAST)].set_index("year")["value"]
    alike = found.loc["dissimilarity of the members"]
    assert_allclose(alike["value"], three, rtol=1e-12)
    for year, rows in groups.groupby("year"):
        assert_allclose(alike["typical"][year], rows["value"].median(), rtol=1e-12)
        assert_allclose(alike["below"][year], 100 * (rows["value"] < three[year]).mean(), atol=0.03)
    whole = st.regional_sum(made, {"Northeast": NORTHEAST})
    for name, known in (
        ("effective number of industries", st.effective_number(whole)),
        ("specialisation", st.specialisation(whole, st.sum_of_provinces(made, missing="record"))),
    ):
        assert_allclose(found.loc[name]["value"], known["value"], rtol=1e-12)
    others = st.effective_number(made[~made["province"].isin(NORTHEAST)])
    middle = others.groupby("year")["value"].median()
    assert_allclose(found.loc["effective number of industries"]["typical"], middle, rtol=1e-12)
    rate = found.loc["value added, percent of output"]
    for name, places in (("value", NORTHEAST), ("typical", None)):
        out, added = (st.sector_output(2007, one, sectors="industry", provinces=places)
                      for one in ("gross_output", "value_added"))  # fmt: skip
        assert_allclose(rate[name][2007], 100 * added["value"].sum() / out["value"].sum())


def test_quotients_are_those_of_the_room(pair):
    made = st.sector_output(sectors="industry")
    known = st.location_quotient(
        st.regional_sum(made, {"pair": PAIR}), st.sum_of_provinces(made, missing="record")
    )
    label = st.sectors().set_index("sector")["sector_en"]
    known = known.assign(sector=known["sector"].map(label)).set_index(["sector", "year"])["value"]
    found = region.specialities(pair).set_index(["sector", "year"])["value"]
    assert_allclose(found.sort_index(), known.sort_index(), rtol=1e-12)


def test_drawn_groups_stand_for_all_of_them(northeast):
    exact, drawn = region.cluster_test(northeast), region.cluster_test(northeast, draws=3000)
    mine = exact["measure"] == "dissimilarity of the members"
    assert_allclose(drawn.loc[mine, "value"], exact.loc[mine, "value"])
    assert_allclose(drawn.loc[mine, "typical"], exact.loc[mine, "typical"], atol=0.02)
    assert_allclose(drawn.loc[mine, "below"], exact.loc[mine, "below"], atol=4)
    assert not drawn.loc[mine, "typical"].equals(exact.loc[mine, "typical"])


def test_one_place_has_no_dissimilarity_of_members(pair):
    found = region.cluster_test(replace(pair, members=("Sichuan",)))
    assert "dissimilarity of the members" not in set(found["measure"])
    years = region.cluster_test(replace(pair, members=("Sichuan", "Tibet")))["year"]
    assert set(years) == {2012, 2017}, "Tibet has no earlier table"


def test_value_chains_are_those_of_the_rooms_participation(pair, tmp_path):
    path = tmp_path / "table.csv"
    write_template(path, ["a", "b"], ["x", "y"])
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    random = np.random.default_rng(3)
    flows, final = random.uniform(1, 5, (4, 4)), random.uniform(5, 9, (4, 2))
    exports, imports = random.uniform(1, 2, (2, 4))
    output = flows.sum(1) + final.sum(1) + exports
    at = {"exports": exports, "output": output}
    below = {"imports": imports, "value added": output - flows.sum(0) - imports, "output": output}
    rights = [one for one in rows[1][2:] if one in at]
    cells = np.column_stack([flows, final, *(at[one] for one in rights)])
    filled = [
        [*row[:2], *map(repr, map(float, one))] for row, one in zip(rows[2:6], cells, strict=True)
    ]
    filled += [[*row[:2], *map(repr, map(float, below[row[1]]))] for row in rows[6:]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*rows[:2], *filled])
    found = region.value_chains(replace(pair, table=path))
    known = domestic_participation(read_table(path))
    keys = ["direction", "region"]
    whole = known.groupby(keys, sort=False, observed=True)["value"].sum()
    terms = known.groupby([*keys, "term"], observed=True)["value"].sum().reset_index()
    for row in terms.itertuples():
        at = (row.direction, row.region)
        assert found.loc[at, row.term] == pytest.approx(100 * row.value / whole[at])
    assert_allclose(found.sum(axis=1), 100)


# ------------------------------------------------------------------------------ the circle


@cache
def fit_of(told, **more):
    return region.circle(told, size=64, moves=1, **more)


def test_the_circle_is_the_posterior_of_the_joined_share_under_the_calendar(pair, northeast):
    share = joined("Northeast", NORTHEAST)
    known = decline.posterior(share.index, share, size=64, moves=1)
    fit = fit_of(northeast)
    assert fit.evidence == pytest.approx(known.evidence, rel=1e-9)
    assert_allclose(fit.draws["inertia"], known.draws["inertia"], rtol=1e-6)
    assert fit_of(pair).calendar["support"] == (2000, 2010)
    assert fit_of(pair, seed=2).evidence != fit_of(pair).evidence


def test_the_calendar_says_when_and_what(pair):
    draws = {name: np.array([(low + high) / 2]) for name, (low, high) in RANGES.items()}
    draws |= {"break_even": np.array([0.5]), "support": np.array([0.4])}
    years = [1978.0, 1995.0, 2024.0]
    late = CALENDAR | {"support": (1980.0, 1990.0)}
    told = decline.told(draws, years, calendar=late).share
    paths = decline.pressures(draws, calendar=late)
    assert_allclose(told, decline.told(draws, years, paths).share)
    assert np.abs(told - decline.told(draws, years).share).max() > 1e-3
    assert paths["producer_subsidy"](1985) == pytest.approx(0.4)
    assert paths["producer_subsidy"](2005) == 0
    only = decline.pressures(draws, calendar={"accession": (1990.0, 1991.0)})
    assert set(only) == {"barrier"}
    assert only["barrier"](1990.5) == pytest.approx(draws["accession"][0] / 2)
    assert decline.pressures(draws, calendar={}) == {}


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ({"war": (1990, 1991)}, "no pressure war; there are opening, accession, support"),
        ({"support": (1991, 1991)}, "the support must start before it ends"),
        ({"support": (1991, float("inf"))}, "the support must start before it ends"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(pair, calendar, message):
    with pytest.raises(ValueError, match=message):
        region.circle(pair, calendar=calendar)
    with pytest.raises(ValueError, match=message):
        decline.pressures({}, calendar=calendar)


def test_a_pressure_that_is_not_in_the_calendar_is_held_at_nothing(pair):
    fit = fit_of(replace(pair, calendar={"accession": (2001.0, 2007.0)}))
    assert all(np.ptp(fit.draws[one]) == 0 for one in ("opening", "orders_lost", "support"))
    assert np.ptp(fit.draws["accession"]) > 0
    zero = fit.draws | {"support": np.zeros(64)}
    assert_allclose(
        decline.told(fit.draws, fit.years, calendar=fit.calendar).share,
        decline.told(zero, fit.years, calendar=CALENDAR | fit.calendar).share,
        atol=1e-7,
    )


def test_the_pressures_of_the_calendar_go_on_in_forecasts(pair):
    fit = fit_of(pair)
    later = np.array([2030.0])
    known = decline.told(fit.draws, [1978.0, 2024.0, 2030.0], calendar=fit.calendar).share
    level = decline.forecasts(fit, later)[0] - np.log(known[-1])
    # what is left is level and a fading error, alike for any later year up to the fading
    far = decline.forecasts(fit, np.array([2300.0, 2400.0]))
    end = np.log(decline.told(fit.draws, [1978.0, 2300.0, 2400.0], calendar=fit.calendar).share)
    assert_allclose(far[0] - end[1], far[1] - end[2], atol=5e-3)
    assert np.abs(level - (far[1] - end[2])).max() < 0.2


def test_models_are_compared_by_the_criterion_of_the_room(pair):
    fit = fit_of(pair)
    found = region.compare(fit, starts=4, size=64, moves=1).set_index("model")
    assert found["behind"].min() == 0
    assert found.loc["the circle", "parameters"] == len(RANGES) + 3
    assert found.loc["the same story without feedback", "parameters"] == len(RANGES) + 3 - 4
    share = np.exp(fit.observed)
    rivals = {one.name: one.criterion(47) for one in decline.rivals(fit.years, share)}
    for name, criterion in rivals.items():
        gap = found.loc[name, "behind"] - found.loc["trend", "behind"]
        assert gap == pytest.approx(criterion - rivals["trend"])
    assert found.loc["the circle", "evidence"] == fit.evidence
    assert found["evidence"].notna().sum() == 2
    assert found.loc["the circle", "log_likelihood"] >= fit.log_likelihood.max()


def test_errors_of_forecasts_are_those_of_the_room(pair):
    share = joined("pair", PAIR)
    more = {"size": 32, "moves": 1, "calendar": pair.calendar}
    known = pd.DataFrame(decline.out_of_sample(share.index, share, [2003], **more))
    found = region.forecast_errors(pair, [2003], size=32, moves=1)
    assert list(found["model"]) == list(known["model"])
    assert_allclose(found["error"], known["error"], rtol=1e-5)


def test_without_a_policy_the_simulation_is_the_forecast(pair):
    fit = fit_of(pair)
    found = region.simulate(fit, {}, 2030)
    known = np.quantile(np.exp(decline.forecasts(fit, np.arange(2025.0, 2031))), 0.5, axis=1)
    assert_allclose(found["middle"], known)
    assert (found["policy"] == "none").all()
    assert (found[["change_low", "change_high"]] == 0).all(axis=None)
    assert list(found["year"]) == list(range(2025, 2031))


def test_a_policy_changes_nothing_before_it_and_what_the_loop_says_after_it(pair):
    fit = fit_of(pair)
    policy = {"barrier": decline.step(2027.0, -1.0)}
    found = region.simulate(fit, {"lower": policy}, 2040).set_index(["policy", "year"])
    lower = found.loc["lower"]
    assert_allclose(lower.loc[:2026, ["change_low", "change_high"]], 0, atol=1e-3)
    assert (lower.loc[2029:, "change_low"] > 0).all()
    pressures = decline.pressures(fit.draws, calendar=fit.calendar)
    years = [1978.0, 2040.0]
    with_it = decline.told(fit.draws, years, decline.added(pressures, policy)).share[-1]
    change = 100 * (with_it / decline.told(fit.draws, years, pressures).share[-1] - 1)
    columns = ["change_low", "change_middle", "change_high"]
    assert_allclose(lower.loc[2040, columns], np.quantile(change, (0.05, 0.5, 0.95)), rtol=1e-3)


def test_simulations_that_make_no_sense_are_refused(pair):
    fit = fit_of(pair)
    with pytest.raises(ValueError, match="the series ends in 2024: simulate until a later year"):
        region.simulate(fit, {}, 2024)
    with pytest.raises(ValueError, match="none is the name of the run without a policy"):
        region.simulate(fit, {"none": {}}, 2030)
    with pytest.raises(ValueError, match="weather"):
        region.simulate(fit, {"rain": {"weather": decline.constant(1.0)}}, 2030)


def test_a_series_that_is_too_short_says_so(pair):
    years = np.arange(2010, 2022)
    told = of_series(pair, years, 0.1 + 0.001 * (years - 2010))
    with pytest.raises(ValueError, match="12 years cannot tell 11 parameters"):
        region.circle(told)


# ------------------------------------------------------------------------------ the index


def small(pair, **columns):
    """An index of four places."""
    table = pd.DataFrame(columns, index=pd.Index(["a", "b", "c", "d"], name="place"), dtype=float)
    ones = pd.Series(1, table.columns)
    groups = pd.Series([name.split("_")[0] for name in table], table.columns)
    return replace(pair, members=("a",), indicators=table, directions=ones, groups=groups)


def test_the_index_of_a_small_table_by_hand(pair):
    told = small(pair, x_1=[1, 2, 3, 5], x_2=[4, 3, 2, 0], y=[10, 10, 0, 5])
    found = region.position(told, count=200).set_index("place")
    x = np.mean([[0, 25, 50, 100], [100, 75, 50, 0]], axis=0)
    y = np.array([100, 100, 0, 50])
    score = 1 + 0.99 * (x + y) / 2
    assert_allclose(found.loc[["a", "b", "c", "d"], "score"], score)
    assert found.loc["a", "member"]
    assert not found.loc["b", "member"]
    assert (found["low"] <= found["middle"]).all()
    assert (found["middle"] <= found["high"]).all()
    turned = replace(told, directions=-told.directions)
    assert_allclose(region.position(turned, count=50)["score"].max(), 101 - score.min())


@pytest.mark.parametrize("columns", [
    {"x": [1, 2, 3, 9]},
    {"x_1": [1, 2, 3, 9], "x_2": [1, 5, 2, 9]},
    {"x": [1, 2, 3, 9], "y": [1, 5, 2, 9]},
])  # fmt: skip
def test_no_choice_is_offered_that_cannot_matter(pair, columns):
    choices = region.design(small(pair, **columns)).choices
    assert ("mean of the groups" in choices) == ("y" in columns)
    assert ("weights in a group" in choices) == ("x_1" in columns)


def test_a_place_without_half_of_a_group_has_no_score(pair):
    none = np.nan
    told = small(pair, x_1=[none, 2, 3, 5], x_2=[none, 3, 2, 0], x_3=[2, none, 1, 0])
    assert set(region.position(told, count=50)["place"]) == {"b", "c", "d"}


def test_whoever_is_first_in_everything_is_first_whatever_is_chosen(pair):
    told = small(pair, x_1=[9, 2, 3, 5], x_2=[9, 3, 2, 0], y=[9, 1, 0, 5])
    first = region.position(told, count=200).iloc[0]
    assert (first["place"], first["low"], first["high"]) == ("a", 1, 1)


def test_the_same_seed_gives_the_same_ranks(pair):
    one, two = (region.position(pair, count=60, seed=4) for _ in range(2))
    assert one.equals(two)
    assert not one.equals(region.position(pair, count=60, seed=5))


def test_pairs_of_the_matrix_are_those_of_the_definition():
    from dongbei.region.steps import _mean_of_pairs

    random = np.random.default_rng(0)
    half = np.triu(random.uniform(size=(6, 6)), 1)
    groups = np.array([[0, 2, 5], [4, 1, 3]])
    known = [np.mean([(half + half.T)[a, b] for a, b in combinations(one, 2)]) for one in groups]
    assert_allclose(_mean_of_pairs(half + half.T, groups), known)
