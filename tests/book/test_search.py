"""The search: English and Chinese words, on any host and from a folder of files."""

import json
import pathlib
import zipfile

import pytest
from conftest import SITE

import takeaway

HITS = """() => [...document.querySelectorAll("#results li")].map((one) => ({
    title: one.querySelector("a").textContent, address: one.querySelector("a").href,
    text: one.querySelector("p").textContent,
    marked: [...one.querySelectorAll("mark")].map((mark) => mark.textContent.toLowerCase())}))"""


@pytest.fixture(scope="module")
def page(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/search.html")
    yield page
    page.close()


def hits(page, words):
    page.locator("#query").fill(words)
    return page.evaluate(HITS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("产业集群", "glossary"),
        ("集群", "glossary"),
        ("老工业基地", "glossary"),
        ("东北", "glossary"),
        ("群", "glossary"),
        ("jiqun", "glossary"),
        ("chanye jiqun", "glossary"),
        ("A staircase of stages", "cluster-pricing"),
        ("R&D", "reference/resilience"),
        ("vertical chain", "glossary"),
        ("Heilongjiang soybeans", "uncertainty"),
        ("hypothetical extraction", "chains"),
        ("regret", "robust-choice"),
        ("supply_network", "reference/resilience"),
    ],
)
def test_words_are_found_where_they_stand(page, words, expected):
    found = hits(page, words)
    assert any(expected in one["address"] for one in found[:10]), [one["address"] for one in found]
    assert any(one["marked"] for one in found)


def test_every_word_counts_and_a_slip_is_forgiven(page):
    one = hits(page, "cluster")
    both = hits(page, "cluster extraction")
    assert 0 < len(both) < len(one)
    assert hits(page, "resiliance")
    assert len(hits(page, "R&D")) < 100 > len(hits(page, "4.9"))
    assert hits(page, "东北振兴 zzzqqq")
    assert "No section has all of this" in page.locator("#found").text_content()
    assert hits(page, "zzzqqq") == []
    assert "Nothing found" in page.locator("#found").text_content()


def test_every_section_that_can_be_found_has_its_address():
    text = (SITE / "_static" / "search-data.js").read_text(encoding="utf-8")
    sections = json.loads(text.partition("=")[2].rstrip(";\n"))
    assert len(sections) > 200
    for one in sections:
        assert one["title"]
        assert f'id="{one["id"]}"' in (SITE / f"{one['page']}.html").read_text(encoding="utf-8")


def test_a_result_leads_to_its_section(page, browser):
    found = hits(page, "产业集群")
    other = browser.new_page()
    other.goto(found[0]["address"])
    anchor = found[0]["address"].split("#")[1]
    assert other.locator(f"[id='{anchor}']").count() == 1
    other.close()


def test_the_query_stands_in_the_address_and_the_bar_leads_here(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/notebooks/evidence/ledger.html")
    page.locator(".find input").fill("产业集群")
    page.keyboard.press("Enter")
    page.wait_for_selector("#results li")
    assert page.locator("#query").input_value() == "产业集群"
    page.locator("#query").fill("regret")
    assert page.evaluate("location.search") == "?q=regret"
    page.close()


@pytest.mark.parametrize(
    "words", ["<img src=x onerror=alert(1)>", "(", "[a-", "\\", "' \" &", "a" * 5000]
)
def test_whatever_is_asked_is_text(page, words):
    hits(page, words)
    assert page.locator("#results img").count() == 0


def test_the_archive_is_a_whole_site_that_needs_no_host(browser, tmp_path):
    with zipfile.ZipFile(SITE / takeaway.ARCHIVE) as archive:
        archive.extractall(tmp_path)
    root = tmp_path / "northeast-china"
    packed = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    there = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file()}
    assert packed == there - {takeaway.ARCHIVE}
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    page.goto((root / "search.html").as_uri())
    assert any("glossary" in one["address"] for one in hits(page, "产业集群"))
    page.goto((root / "notebooks/policy-options/simulator.html").as_uri())
    page.locator("#chart-joint-simulator").scroll_into_view_if_needed()
    page.wait_for_selector("#chart-joint-simulator.chart-live")
    page.close()
    assert problems == []
    assert pathlib.Path(root / "index.html").stat().st_size > 1000
