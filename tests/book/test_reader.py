"""Readers who use the keyboard, a screen reader, their own colours; and those who mean harm."""

import re

import altair as alt
import pandas as pd
import pytest
from conftest import SITE

import build
from dongbei import charts
from dongbei.charts import site
from dongbei.prose import Table

KINDS = (
    "index.html",
    "notebooks/cluster-pricing/derivation.html",
    "notebooks/five-securities/chains.html",
    "search.html",
    "reference/cluster.html",
    "made.html",
)
REACHABLE = """() => {
    const all = "a[href], button, input, select, summary, [tabindex='0']";
    const shown = (one) => one.checkVisibility({visibilityProperty: true});
    const seen = [...document.querySelectorAll(all)].filter(shown);
    seen.forEach((one, number) => (one.dataset.number = number));
    return seen.length;
}"""
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return [one.dataset?.number ?? null, outlined];
}"""


def open_page(browser, address, name, **options):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    page.goto(f"{address}/{name}", wait_until="load")
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        page.wait_for_function(
            "chart => chart.classList.contains('chart-live')", arg=chart.element_handle()
        )
    return page


@pytest.mark.parametrize("name", KINDS)
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(browser, address, name):
    page = open_page(browser, address, name)
    count = page.evaluate(REACHABLE)
    page.evaluate("scrollTo(0, 0)")
    reached = set()
    for _ in range(count + 40):
        page.keyboard.press("Tab")
        number, outlined = page.evaluate(FOCUSED)
        if number is not None:
            assert outlined, page.evaluate("document.activeElement.outerHTML")
            reached.add(number)
    missing = [
        page.evaluate(f"document.querySelector('[data-number=\"{number}\"]').outerHTML")
        for number in range(count)
        if str(number) not in reached
    ]
    assert missing == []
    page.context.close()


def test_the_contents_open_on_a_phone_without_scripts(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/index.html")
    link = page.locator("#contents a", has_text="Broken chains")
    assert not link.is_visible()
    page.locator(".contents-button").click()
    link.click()
    assert page.url.endswith("chains.html")
    context.close()


def test_a_slider_has_a_name_and_says_its_value(browser, address):
    page = open_page(browser, address, "notebooks/policy-options/simulator.html")
    sliders = page.locator("input[type=range]")
    assert sliders.count() > 10
    for slider in sliders.all():
        assert slider.evaluate(
            "one => one.labels.length === 1 && one.labels[0].textContent.trim().length > 3"
        )
        assert slider.get_attribute("aria-valuetext")
    first = sliders.first
    first.focus()
    before = first.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert first.get_attribute("aria-valuetext") != before
    page.context.close()


def test_the_colours_are_the_readers_choice_and_stay(browser, address):
    page = open_page(browser, address, "index.html", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    button = page.locator(".scheme")
    said = []
    for _ in range(3):
        button.click()
        said.append((button.text_content().strip(), page.evaluate(paper)))
    assert [words for words, _ in said] == [
        "Colours: light",
        "Colours: dark",
        "Colours: as the system",
    ]
    assert said[0][1] == said[2][1] == light != said[1][1]
    button.click()
    button.click()
    page.goto(f"{address}/glossary.html")
    assert page.evaluate(paper) == said[1][1]
    page.context.close()


def test_nothing_on_a_page_moves_by_itself(browser, address):
    page = open_page(browser, address, "notebooks/policy-options/simulator.html")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    page.locator(".chart-controls input").first.press("ArrowRight")
    assert page.evaluate("document.getAnimations().length") == 0
    page.context.close()


UNMARKED = """() => {
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node; (node = words.nextNode()); )
        if (/[\\u3400-\\u9fff]/.test(node.data)
            && !node.parentElement.closest("[lang=zh], script, style, svg, pre, annotation"))
            found.push(node.data.trim());
    return found;
}"""
"""Texts with Chinese words that no element names as Chinese; code, data and pictures aside."""


def test_chinese_words_are_marked_on_every_page(browser, address):
    page = open_page(browser, address, "search.html?q=%E8%A1%B0%E8%90%BD")
    for what in ("a", "p"):
        page.locator(f"#results li > {what}[lang=zh]").first.wait_for()
    for name in build.pages():
        page.goto(f"{address}/{name}.html")
        assert page.evaluate(UNMARKED) == [], name


def test_pages_say_what_they_are():
    for page in build.pages():
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        assert '<html lang="en">' in text
        description = re.search(r'<meta name="description" content="([^"]*)"', text)[1]
        assert 30 < len(description) <= 170, (page, description)
        assert len(re.findall("<h1>", text)) == 1, page
        assert not re.search(r"<script>|<style>| on[a-z]+=\"", text), page


POLICIES = {
    "a script in the page": """(() => {
        const one = document.createElement("script");
        one.textContent = "window.harmed = true";
        document.body.append(one);
        return window.harmed ? "run" : "refused"; })()""",
    "an event handler": """new Promise((done) => {
        const box = document.createElement("div");
        box.innerHTML = "<img src='missing.png' onerror='window.harmed = true'>";
        document.body.append(box);
        setTimeout(() => done(window.harmed ? "run" : "refused"), 300); })""",
    "a request elsewhere": """new Promise((done) => {
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective: by }) =>
            done(by === "connect-src" ? "refused" : by));
        fetch("https://example.org/").catch(() => {}); })""",
}


@pytest.mark.parametrize("harm", POLICIES)
def test_the_policy_of_a_page_refuses(browser, address, harm):
    page = open_page(browser, address, "index.html")
    assert page.evaluate(POLICIES[harm]) == "refused"
    page.context.close()


HOSTILE = '<img src=x onerror="window.harmed=1"></script><script>window.harmed=1</script>'


def test_markup_in_data_is_shown_as_text(browser, address, tmp_path):
    frame = pd.DataFrame({"label": [HOSTILE, "b"], "value": [1.0, 2.0]})
    chart = alt.Chart(frame).mark_bar().encode(x="value", y="label", tooltip="label")
    figure = charts.figure(chart, name="hostile", alt_text=HOSTILE, source=HOSTILE)
    table = Table(frame)._repr_mimebundle_()["text/html"]
    text = (SITE / "notebooks" / "evidence" / "regional-record.html").read_text(encoding="utf-8")
    start = text.index("<article>") + len("<article>")
    name = "notebooks/evidence/hostile.html"
    made = (
        text[:start]
        + site.html(figure.spec, "../../figures")
        + table
        + text[text.index("</article>") :]
    )
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.route(
        f"{address}/{name}", lambda route: route.fulfill(body=made, content_type="text/html")
    )
    page.goto(f"{address}/{name}")
    page.locator("#chart-hostile").scroll_into_view_if_needed()
    page.wait_for_selector("#chart-hostile.chart-live")
    page.locator("#chart-hostile svg path[aria-label], #chart-hostile .mark-rect path").first.hover(
        force=True
    )
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "<img src=x" in page.locator("#vg-tooltip-element").text_content()
    assert page.evaluate("window.harmed") is None
    assert page.locator("img").count() == 0
    assert page.locator("article td", has_text="<img src=x").count() == 1
    assert problems == []
    page.close()
