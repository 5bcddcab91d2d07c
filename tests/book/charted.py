"""Set the controls of a live chart on the built page, and read the rows that it then draws."""

ROWS = """
async ([chart, positions]) => {
    const box = document.querySelector(chart);
    for (const [name, value] of Object.entries(positions)) {
        const control = box.querySelector(`.chart-controls [name="${name}"]`);
        control.value = value;
        const kind = control.tagName === "SELECT" ? "change" : "input";
        control.dispatchEvent(new Event(kind, {bubbles: true}));
    }
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await box.view.runAsync();
    return box.view.data("table").map((row) => ({...row}));
}
"""


def rows(page, chart, positions):
    """Return the rows of a chart's table once its controls, by name, stand at some positions."""
    return page.evaluate(ROWS, [chart, positions])
