"""The ledger on the site: every claim at its address, sorted, searched, whole without scripts."""

import re

import pytest

import build
from dongbei import documents

PAGE = "notebooks/evidence/ledger.html"
LEDGER = documents.ledger()
AUDIT = documents.audit().set_index("id")


@pytest.fixture
def visit(browser, address):
    contexts = []

    def visit(anchor="", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto(f"{address}/{PAGE}{anchor}", wait_until="load")
        return page

    yield visit
    for context in contexts:
        context.close()


def text(name):
    return (build.SITE / name).read_text(encoding="utf-8")


def rows(page):
    return page.locator("table.sortable tbody tr")


def test_every_claim_has_its_address_once():
    found = re.findall(r'<tr id="claim-([^"]+)"', text(PAGE))
    assert found == list(LEDGER)


@pytest.mark.parametrize("name", [f"{page}.html" for page in build.pages()])
def test_links_to_claims_lead_to_claims(name):
    links = re.findall(r'href="([^"#]*)#claim-([^"]+)"', text(name))
    assert {key for _, key in links} <= set(LEDGER)
    for page, _ in links:
        target = (build.SITE / name).parent / page if page else build.SITE / name
        assert target.resolve() == (build.SITE / PAGE).resolve()


def test_the_table_shows_the_verdicts_of_today(visit):
    page = visit(java_script_enabled=False)
    for row in rows(page).all():
        key = row.get_attribute("id").removeprefix("claim-")
        assert row.locator("td").nth(4).inner_text() == AUDIT.loc[key, "verdict"]


def test_without_scripts_every_claim_stands_there(visit):
    page = visit(java_script_enabled=False)
    assert rows(page).count() == len(LEDGER)
    assert rows(page).last.is_visible()
    assert page.locator(".table-search").count() == 0


def test_a_search_leaves_the_rows_with_all_its_words(visit):
    page = visit()
    page.get_by_label("Search", exact=False).last.fill("TRANSFERS heilongjiang")
    shown = [row.get_attribute("id") for row in rows(page).all() if row.is_visible()]
    assert "claim-004-transfers-heilongjiang" in shown
    assert len(shown) < 5
    assert page.locator(".table-search [role=status]").inner_text() == (
        f"{len(shown)} of {len(LEDGER)} rows"
    )


def test_heads_sort_by_keyboard_and_back(visit):
    page = visit()
    head = page.get_by_role("button", name="Verdict")
    head.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('th[aria-sort]') !== null")
    page.wait_for_timeout(100)
    first = [row.locator("td").nth(4).inner_text() for row in rows(page).all()]
    assert first == sorted(first)
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    last = [row.locator("td").nth(4).inner_text() for row in rows(page).all()]
    assert last == sorted(first, reverse=True)


def test_an_address_leads_to_its_row_even_if_a_search_hides_it(visit):
    page = visit("#claim-004-share-2003")
    row = page.locator('[id="claim-004-share-2003"]')
    assert row.evaluate("row => row.getBoundingClientRect().top < innerHeight")
    page.locator(".table-search input").fill("Porter")
    assert not row.is_visible()
    page.evaluate("location.hash = '#claim-004-share-2021'")
    page.locator('[id="claim-004-share-2021"]').wait_for(state="visible")
    assert page.locator(".table-search input").input_value() == ""
