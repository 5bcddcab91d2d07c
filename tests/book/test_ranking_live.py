"""The league table on the built page ranks as Python does, whatever the sliders say."""

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import rankdata

PAGE = "notebooks/five-securities/uncertainty.html"
CHART = "#chart-index-weights"
SECURITIES = ["food", "ecology", "energy", "industry"]
SET = """
async ([chart, values]) => {
    const view = document.querySelector(chart).view;
    for (const [name, value] of Object.entries(values)) {
        const slider = document.querySelector(`${chart} .chart-controls input[name="${name}"]`);
        slider.value = value;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
    }
    await view.runAsync();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await view.runAsync();
    const found = {};
    const visit = (item) => {
        for (const each of item.items ?? []) {
            if (each.datum?.province) found[each.datum.province] = each.datum;
            for (const mark of each.items ?? []) visit(mark);
        }
    };
    visit(view.scenegraph().root);
    const places = view.scale("y").domain();
    return [found, places];
}
"""


@pytest.fixture(scope="module")
def page(live):
    return live(PAGE, CHART)


@pytest.mark.parametrize(
    ("weights", "power"),
    [((1, 1, 1, 1), 0.2), ((4, 0, 0, 0), 1), ((0.5, 1, 3, 2), -1), ((0, 0, 1, 4), -0.6)],
)
def test_ranks_are_those_of_the_weighted_means(page, weights, power):
    text = page.locator(f"{CHART} .chart-spec").text_content()
    table = pd.DataFrame(json.loads(text)["wide"]["datasets"]["table"])
    sliders = {f"slider_w_{name}": value for name, value in zip(SECURITIES, weights, strict=True)}
    found, places = page.evaluate(SET, [CHART, sliders | {"slider_power": power}])
    parts = table[SECURITIES].to_numpy()
    table["score"] = (parts**power @ weights / sum(weights)) ** (1 / power)
    scores = table.pivot_table("score", "run", "province")
    ranks = pd.DataFrame(rankdata(-scores.round(9), method="min", axis=1), columns=scores.columns)
    for province, values in ranks.items():
        assert_allclose(found[province]["best"], values.min())
        assert_allclose(found[province]["worst"], values.max())
        assert_allclose(found[province]["middle"], np.median(values))
    medians = ranks.median()[places].to_numpy()
    assert (np.diff(medians) >= 0).all()
