"""A cut supply on the built page: the browser's losses are those of the model in Python."""

import charted
import pytest
from numpy.testing import assert_allclose

from dongbei import input_output, statistics
from dongbei.resilience import disruption

PAGE = "notebooks/five-securities/chains.html"
CHART = "#chart-chains-cut"
YEAR, ROUNDS, OTHERS = 2012, 8, "all other regions"
CONTROLS = (
    "choice_region",
    "choice_sector",
    "choice_buyers",
    "slider_cut",
    "slider_second",
    "slider_after",
)
NAMES = {
    "Agriculture": "agriculture",
    "Mining": "mining",
    "Light goods": "light_manufacturing",
    "Materials": "materials_manufacturing",
    "Equipment": "equipment_manufacturing",
    "Other goods": "other_manufacturing",
    "Utilities": "utilities",
    "Construction": "construction",
    "Services": "services",
}
"""What the chart calls a sector -> the table's own name."""

OUTLINED = """
(chart) => {
    const found = [];
    const visit = (item) => {
        if (item.marktype === "rect")
            for (const {datum, stroke, fill} of item.items) if (stroke && !fill) found.push(datum);
        for (const each of item.items ?? []) for (const mark of each.items ?? []) visit(mark);
    };
    for (const group of document.querySelector(chart).view.scenegraph().root.items)
        for (const mark of group.items) visit(mark);
    return found.map(({part, region, sector, after}) => ({part, region, sector, after}));
}
"""


@pytest.fixture(scope="module")
def page(live):
    return live(PAGE, CHART)


@pytest.fixture(scope="module")
def network():
    table = input_output.estimated_table(YEAR)
    kinds = statistics.sectors().groupby("broad", sort=False)["sector"].apply(list)
    groups = {broad: members for broad, members in kinds.items() if members != [broad]}
    return disruption.supply_network(
        table.aggregated(input_output.eight_regions(table.names), groups)
    )


def shown(page, positions):
    return charted.rows(page, CHART, dict(zip(CONTROLS, positions, strict=True)))


def expected(network, region, sector, buyers, cut, second, after):
    """Losses by region and sector, and of the nation after each round, in percent."""
    table = network.table
    seller = (table.regions == region) & (table.sectors == NAMES[sector])
    reached = [one for one in table.names if one != region] if buyers == OTHERS else [buyers]
    path = [
        100 * disruption.cascade(network, None, seller * cut / 100, reached, second / 100, rounds)
        for rounds in range(ROUNDS + 1)
    ]
    added = table.value_added
    cells = dict(zip(zip(table.regions, table.sectors, strict=True), path[after], strict=True))
    bars = {}
    for name in table.names:
        mine = table.regions == name
        bars[name] = added[mine] @ path[after][mine] / added[mine].sum()
    return cells, bars, [added @ lost / added.sum() for lost in path]


@pytest.mark.parametrize(
    "positions",
    [
        ("Northeast", "Materials", OTHERS, 100, 0, ROUNDS),
        ("Northeast", "Equipment", "Central", 100, 0, 3),
        ("Northwest", "Mining", OTHERS, 45, 30, 5),
        ("East Coast", "Equipment", "Northeast", 80, 90, 1),
        ("Central", "Light goods", "Central", 100, 5, 4),
        ("South Coast", "Services", OTHERS, 0, 0, 8),
        ("North Coast", "Agriculture", OTHERS, 100, 0, 0),
    ],
)
def test_the_page_follows_the_model_to_a_hundredth_of_a_point(page, network, positions):
    """The page holds shares to five decimals."""
    rows = shown(page, positions)
    cells, bars, path = expected(network, *positions)
    found = {
        part: [row for row in rows if row["part"] == part] for part in ("cell", "bar", "round")
    }
    nation = found["bar"][-1]
    assert nation["region"] == "China"
    mine = [row for row in found["cell"] if row["region"] != "China"]
    assert len(mine) == len(cells)
    for row in mine:
        assert_allclose(row["lost"], cells[row["region"], NAMES[row["sector"]]], atol=0.01)
    for row in found["bar"][:-1]:
        assert_allclose(row["lost"], bars[row["region"]], atol=0.01)
    assert_allclose([row["lost"] for row in found["round"]], path, atol=0.01)
    assert_allclose(nation["lost"], path[positions[-1]], atol=0.01)
    cell, present = page.evaluate(OUTLINED, CHART)
    assert (cell["part"], cell["region"], cell["sector"]) == ("cell", *positions[:2])
    assert (present["part"], present["after"]) == ("round", positions[-1])


def test_keys_move_every_control_and_each_has_a_name(page):
    controls = page.locator(f"{CHART} .chart-controls").get_by_role("combobox")
    sliders = page.locator(f"{CHART} .chart-controls").get_by_role("slider")
    assert (controls.count(), sliders.count()) == (3, 3)
    start = dict(zip(CONTROLS, ("Northeast", "Materials", OTHERS, 50, 50, 3), strict=True))
    charted.rows(page, CHART, start)
    named = page.locator(f"{CHART} .chart-controls")
    for label in ("Seller, region", "Seller, sector", "Buyers cut off"):
        control = named.get_by_label(label)
        before = control.input_value()
        control.focus()
        page.keyboard.press("ArrowDown")
        assert control.input_value() != before
    for label, value in (("Part cut, percent", 55), ("Second source, percent", 55), ("Round", 4)):
        named.get_by_label(label).focus()
        page.keyboard.press("ArrowRight")
        assert named.get_by_label(label).input_value() == str(value)
    row = charted.rows(page, CHART, {})[0]
    assert (row["Part cut, percent"], row["Second source, percent"], row["Round"]) == (55, 55, 4)
    assert row["Seller, sector"] == "Equipment"


def test_colours_and_bars_keep_their_scales(page):
    ends = """(chart) => ["x", "fill"].map((name) => {
        const scale = document.querySelector(chart).view.scale(name);
        return [scale.domain(), scale.range()];
    })"""
    shown(page, ("Northeast", "Materials", OTHERS, 100, 0, 1))
    first = page.evaluate(ends, CHART)
    shown(page, ("Northwest", "Mining", OTHERS, 100, 0, ROUNDS))
    assert page.evaluate(ends, CHART) == first
