"""The built site in a real browser: nothing from elsewhere, nothing broken or off the page."""

import csv
import json
import re
from pathlib import Path

import pytest

import build

SITE = Path(build.SITE)
PAGES = [f"{page}.html" for page in build.pages()]
WITH_CHARTS = [
    page for page in PAGES if 'class="chart"' in (SITE / page).read_text(encoding="utf-8")
]


@pytest.fixture
def visit(browser, address):
    """Open a page of the site in a fresh context; what it logs and asks for is on `page.seen`."""
    contexts = []

    def visit(name, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.seen = {"elsewhere": [], "failed": [], "errors": []}
        page.on("request", lambda request: note_request(page, request.url))
        page.on("response", lambda response: note_response(page, response))
        page.on("console", lambda message: note_message(page, message))
        page.on("pageerror", lambda error: page.seen["errors"].append(str(error)))
        page.goto(f"{address}/{name}", wait_until="load")
        return page

    def note_request(page, url):
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


def test_there_are_pages_with_charts():
    assert len(WITH_CHARTS) >= 2


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_asks_nobody_else_and_logs_no_error(visit, name, scheme):
    page = visit(name, color_scheme=scheme)
    make_live(page)
    page.wait_for_load_state("networkidle")
    assert page.seen == {"elsewhere": [], "failed": [], "errors": []}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_scrolls_sideways(visit, name, width):
    page = visit(name, width)
    make_live(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_every_live_chart_fits_its_place_and_is_the_size_of_its_picture(visit, name):
    for width in (390, 1280):
        page = visit(name, width)
        charts = page.locator(".chart").all()
        before = [height(chart) for chart in charts]
        make_live(page)
        for chart, still in zip(charts, before, strict=True):
            box = chart.locator(".chart-view svg").bounding_box()
            room = chart.bounding_box()
            assert box["x"] >= room["x"] - 1
            assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
            # the browser's letters are not quite those of the picture: a pixel or two a panel
            assert height(chart) == pytest.approx(still, abs=4, rel=0.01)


def height(chart):
    return chart.locator(".chart-view").bounding_box()["height"]


@pytest.mark.parametrize("name", WITH_CHARTS)
@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts_every_chart_shows_one_picture_and_its_data(visit, name, width):
    page = visit(name, width, java_script_enabled=False)
    charts = page.locator(".chart")
    assert charts.count() == (SITE / name).read_text(encoding="utf-8").count('class="chart"')
    for chart in charts.all():
        shown = [svg for svg in chart.locator(".chart-view svg").all() if svg.is_visible()]
        assert len(shown) == 1
        assert shown[0].locator("path").count() > 1
        assert chart.locator(".chart-view").get_attribute("aria-label")
        assert "Source:" in shown[0].text_content()
        assert chart.locator(".chart-downloads a").count() == 2


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_every_formula_has_its_text(visit, name):
    page = visit(name, java_script_enabled=False)
    text = (SITE / name).read_text(encoding="utf-8")
    formulas = page.locator("span.math, div.math")
    assert formulas.count() == len(re.findall(r'class="(?:[a-z-]+ )*math(?: [a-z-]+)*"', text))
    for formula in formulas.all():
        assert formula.locator(".katex-html").first.is_visible()
        assert formula.locator("annotation").first.text_content().strip()
    assert "katex-error" not in text


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


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_printing_shows_every_chart(visit, name):
    page = visit(name)
    page.emulate_media(media="print")
    for chart in page.locator(".chart").all():
        assert chart.locator(".chart-view svg").locator("visible=true").count() == 1


def test_links_inside_the_site_lead_somewhere():
    for page in PAGES:
        text = (SITE / page).read_text(encoding="utf-8")
        ids = set(re.findall(r'\bid="([^"]+)"', text))
        for link in re.findall(r'<a [^>]*href="([^"]+)"', text):
            if re.match(r"[a-z]+:|//", link):
                continue
            target, _, fragment = link.partition("#")
            file = ((SITE / page).parent / target).resolve() if target else SITE / page
            assert file.exists(), f"{page} links to {link}"
            if fragment and file.suffix == ".html":
                there = ids if not target else set(re.findall(r'\bid="([^"]+)"', file.read_text()))
                assert fragment in there, f"{page} links to {link}"
