"""The built site in a real browser: nothing from elsewhere, nothing broken or off the page."""

import csv
import functools
import gzip
import json
import re
import urllib.parse
from pathlib import Path

import pytest

import build
import environment

SITE = Path(build.SITE)
CHAPTERS = [f"{page}.html" for page in build.pages()]
FURTHER = ["search.html", "figures/gdp-share-regions.html"]
PAGES = [*CHAPTERS, *FURTHER]
WITH_CHARTS = [
    page for page in CHAPTERS if 'class="chart"' in (SITE / page).read_text(encoding="utf-8")
]
AXE = (environment.VENDOR / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BUDGET = json.loads((build.ROOT / "benchmarks" / "budget.json").read_text(encoding="utf-8"))


@pytest.fixture
def visit(browser, address):
    """Open a page of the site in a fresh context; what it logs and asks for is on `page.seen`."""
    contexts = []

    def visit(name, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.seen = {"elsewhere": [], "failed": [], "errors": []}
        page.asked = []
        page.on("request", lambda request: note_request(page, request.url))
        page.on("response", lambda response: note_response(page, response))
        page.on("console", lambda message: note_message(page, message))
        page.on("pageerror", lambda error: page.seen["errors"].append(str(error)))
        page.goto(f"{address}/{name}", wait_until="load")
        return page

    def note_request(page, url):
        page.asked.append(url)
        if not url.startswith((address, "data:", "blob:")):
            page.seen["elsewhere"].append(url)

    def note_response(page, response):
        if response.status >= 400:
            page.seen["failed"].append(response.url)

    def note_message(page, message):
        if message.type in ("error", "warning"):
            page.seen["errors"].append(message.text)

    yield visit
    for context in contexts:
        context.close()


def make_live(page):
    """Bring every chart near the screen and wait until all are live."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        page.wait_for_function(
            "chart => chart.classList.contains('chart-live')", arg=chart.element_handle()
        )


def findings(page):
    """What axe-core finds wrong with a page: rule, element and cause."""
    page.evaluate(AXE)
    found = page.evaluate(
        "options => axe.run(document, options)",
        {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]},
    )
    return [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


SIZES = """
() => [...document.querySelectorAll(".chart")].map((chart) => {
    const all = [...chart.querySelectorAll(".chart-view svg")];
    const shown = all.filter((svg) => svg.checkVisibility());
    const box = shown[0].getBoundingClientRect(), room = chart.getBoundingClientRect();
    return {
        name: chart.dataset.name, pictures: shown.length,
        paths: shown[0].querySelectorAll("path").length,
        left: box.left - room.left, right: room.right - box.right, text: shown[0].textContent,
        height: chart.querySelector(".chart-view").getBoundingClientRect().height,
        alternative: chart.querySelector(".chart-view").getAttribute("aria-label"),
        links: chart.querySelectorAll(".chart-downloads a").length,
    };
})
"""


SETTLED = """
() => [...document.querySelectorAll(".chart")].every((chart) => {
    const drawn = chart.querySelector(".chart-view svg").viewBox.baseVal.width;
    return drawn <= 560 === chart.clientWidth <= 560;
})
"""

COLLISIONS = """
() => [...document.querySelectorAll(".chart")].flatMap((chart) => {
    const pictures = [...chart.querySelectorAll(".chart-view svg")];
    const svg = pictures.find((one) => one.checkVisibility());
    const frame = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll("text")].filter((one) =>
        one.textContent.trim() && one.checkVisibility({ opacityProperty: true }));
    // the corners of a label as it stands, turned or not; letters do not fill the height of a line
    const boxes = labels.map((label) => {
        const { x, y, width, height } = label.getBBox();
        const [top, bottom] = [y + 0.15 * height, y + 0.85 * height];
        return [[x, top], [x + width, top], [x + width, bottom], [x, bottom]].map(
            ([left, down]) => new DOMPoint(left, down).matrixTransform(label.getScreenCTM()));
    });
    // apart if a line between them runs along a side of one of them; a pixel is allowed
    const apart = (one, two) => [one, two].some((box) => [0, 1].some((side) => {
        const [from, to] = [box[side], box[side + 1]];
        const reach = Math.hypot(to.x - from.x, to.y - from.y);
        const along = (corners) => corners.map(
            ({ x, y }) => (x * (from.y - to.y) + y * (to.x - from.x)) / reach);
        const [first, second] = [along(one), along(two)];
        return Math.max(...first) - 1 <= Math.min(...second)
            || Math.max(...second) - 1 <= Math.min(...first);
    }));
    return boxes.flatMap((box, number) => {
        const out = box.some(({ x, y }) => x < frame.left - 1 || x > frame.right + 1
            || y < frame.top - 1 || y > frame.bottom + 1);
        const met = boxes.slice(0, number).flatMap(
            (other, place) => apart(box, other) ? [] : [labels[place].textContent]);
        return [...(out ? ["cut off"] : []), ...met].map(
            (problem) => [chart.dataset.name, labels[number].textContent, problem]);
    });
})
"""


def test_there_are_pages_with_charts():
    assert len(WITH_CHARTS) >= 2


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("widths", "scheme"), [((390, 768), "dark"), ((1440,), "light")])
def test_a_page_is_whole_quiet_and_open_to_all(visit, name, widths, scheme):
    page = visit(name, widths[0], color_scheme=scheme)
    still = page.evaluate(SIZES)
    make_live(page)
    for before, chart in zip(still, page.evaluate(SIZES), strict=True):
        assert chart["left"] >= -1, chart
        assert chart["right"] >= -1, chart
        # the browser's letters are not quite those of the picture: a pixel or two a panel
        assert chart["height"] == pytest.approx(before["height"], abs=4, rel=0.012), chart["name"]
    assert findings(page) == []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(SETTLED)
        assert page.evaluate(COLLISIONS) == [], width
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, width
    page.wait_for_load_state("networkidle")
    assert page.seen == {"elsewhere": [], "failed": [], "errors": []}


@pytest.mark.parametrize("name", CHAPTERS)
def test_without_scripts_and_on_paper_a_page_is_complete(visit, name):
    page = visit(name, 390, java_script_enabled=False)
    text = (SITE / name).read_text(encoding="utf-8")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(COLLISIONS) == [], width
        charts = page.evaluate(SIZES)
        assert len(charts) == text.count('class="chart"')
        for chart in charts:
            assert chart["pictures"] == 1
            assert chart["paths"] > 1
            assert chart["alternative"]
            assert "Source:" in chart["text"]
            assert chart["links"] == 4
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    formulas = page.evaluate(
        """() => [...document.querySelectorAll("span.math, div.math")].map((one) => [
            one.querySelector(".katex-html").checkVisibility(),
            one.querySelector("annotation").textContent.trim().length])"""
    )
    assert len(formulas) == len(re.findall(r'class="(?:[a-z-]+ )*math(?: [a-z-]+)*"', text))
    assert all(shown and length for shown, length in formulas)
    assert "katex-error" not in text
    page.emulate_media(media="print")
    assert all(chart["pictures"] == 1 for chart in page.evaluate(SIZES))
    hidden = "one => !one.checkVisibility()"
    for part in (".bar", ".contents", ".takeaway"):
        assert page.locator(part).evaluate(hidden), part


@functools.cache
def transferred(file):
    return len(gzip.compress(file.read_bytes(), 6, mtime=0))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_no_heavier_than_its_budget(visit, address, name):
    page = visit(name, 1280)
    page.wait_for_load_state("networkidle")
    paths = {urllib.parse.urlsplit(url).path for url in page.asked if url.startswith(address)}
    weight = sum(transferred(SITE / urllib.parse.unquote(path).lstrip("/")) for path in paths)
    kind = "chart" if name in WITH_CHARTS else "prose"
    assert weight <= BUDGET[kind]["kib"] * 1024, f"{weight / 1024:.0f} KiB"


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_every_download_is_there_and_holds_what_the_chart_draws(name):
    text = (SITE / name).read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]*figures/[^"]*)"', text)
    assert links
    for link in links:
        assert ((SITE / name).parent / link).resolve().stat().st_size > 100
    for spec in re.findall(r'class="chart-spec">(.*?)</script>', text):
        wide = json.loads(spec)["wide"]
        rows = wide["datasets"]["table"]
        with (SITE / "figures" / f"{wide['usermeta']['name']}.csv").open(encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        assert len(lines) == len(rows)
        assert header == wide["usermeta"]["columns"]
        assert set(wide["usermeta"]["columns"]) == set(rows[0])


def test_a_chart_follows_the_colour_scheme_without_being_drawn_again(visit):
    page = visit("notebooks/evidence/regional-record.html")
    make_live(page)
    line = page.locator(".chart-view svg path[stroke^='var(--chart-northeast)']").first
    colour = "element => getComputedStyle(element).stroke"
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    light = line.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert line.evaluate(colour) != light


def test_links_inside_the_site_lead_somewhere():
    ids = {}
    for path in SITE.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r'\bid="([^"]+)"', text)
        assert len(found) == len(set(found)), f"{path}: an id stands twice"
        ids[path] = set(found)
    for page in ids:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'<(?:a|link|script|img) [^>]*(?:href|src)="([^"]+)"', text):
            if re.match(r"[a-z]+:|//", link):
                continue
            target, _, fragment = re.sub(r"\?v=[0-9a-f]{8}$", "", link).partition("#")
            file = (page.parent / urllib.parse.unquote(target)).resolve() if target else page
            assert file.exists(), f"{page} links to {link}"
            if fragment and file.suffix == ".html":
                assert urllib.parse.unquote(fragment) in ids[file], f"{page} links to {link}"
