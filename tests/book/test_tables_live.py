"""Long tables in the browser: searched, filtered by column, and shared by an address."""

import functools
import http.server
import threading
from pathlib import Path

import pandas as pd
import pytest

from dongbei.prose import Table

ASSETS = Path(__file__).resolve().parents[2] / "book" / "assets"
ROWS = pd.DataFrame(
    {
        "Proposal": ["office", "subsidy", "market", "reform"],
        "What": ["An office for the market.", "Pay users & makers.", "One market.", "Reform."],
        "Document": ["000; 001", "001", "002", "000; 002"],
        "Lever": ["", "user subsidy", "market; barriers", "reform"],
        "Actor": ["unnamed", "firms", "unnamed", "banks"],
    }
)
FILTERS = ["Document", "Lever", "Actor"]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Serve a page with one long table, its script and the book's style."""
    folder = tmp_path_factory.mktemp("tables")
    for name in ("tables.js", "site.css"):
        (folder / name).write_bytes((ASSETS / name).read_bytes())
    table = Table(ROWS, anchor="Proposal", kind="proposal", filters=FILTERS)._html()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    style = '<link rel="icon" href="data:,"><link rel="stylesheet" href="site.css"><title>T</title>'
    body = f'<div style="height: 2000px"></div>{table}<script defer src="tables.js"></script>'
    page = f'<!doctype html><html lang="en"><head>{head}{style}</head><body>{body}</body></html>'
    (folder / "page.html").write_text(page, encoding="utf-8")
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()


@pytest.fixture
def visit(browser, address):
    contexts, problems = [], []

    def visit(view="", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address + view, wait_until="load")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


def shown(page):
    rows = page.locator("table.sortable tbody tr").all()
    return [row.get_attribute("id").removeprefix("proposal-") for row in rows if row.is_visible()]


def status(page):
    return page.locator(".table-search [role=status]").inner_text()


def view(page):
    return page.evaluate("location.hash")


def test_without_scripts_the_whole_table_stands_there(visit):
    page = visit(java_script_enabled=False)
    assert shown(page) == list(ROWS["Proposal"])
    assert page.locator("select, input").count() == 0


def test_a_list_offers_each_entry_of_its_column_once(visit):
    page = visit()
    offered = page.get_by_label("Document").locator("option").all_inner_texts()
    assert offered == ["all", "000", "001", "002"]
    assert page.get_by_label("Lever").locator("option").all_inner_texts() == [
        "all",
        "barriers",
        "market",
        "reform",
        "user subsidy",
    ]


@pytest.mark.parametrize(
    ("label", "entry"),
    [
        (column, word)
        for column in FILTERS
        for cell in ROWS[column]
        for word in cell.split("; ")
        if word
    ],
)
def test_an_entry_leaves_the_rows_that_have_it(visit, label, entry):
    page = visit()
    page.get_by_label(label).select_option(entry)
    assert shown(page) == [
        row["Proposal"] for _, row in ROWS.iterrows() if entry in row[label].split("; ")
    ]
    assert status(page) == f"{len(shown(page))} of 4 rows"


def test_an_entry_that_is_part_of_another_does_not_match_it(visit):
    page = visit()
    page.get_by_label("Lever").select_option("market")
    page.get_by_label("Search").fill("office")
    assert shown(page) == []
    assert status(page) == "0 of 4 rows"


def test_lists_and_search_narrow_together(visit):
    page = visit()
    page.get_by_label("Document").select_option("000")
    assert shown(page) == ["office", "reform"]
    page.get_by_label("Actor").select_option("unnamed")
    assert shown(page) == ["office"]
    page.get_by_label("Search").fill("reform")
    assert shown(page) == []


def test_show_all_clears_everything_and_the_address(visit):
    page = visit()
    everything = page.get_by_role("button", name="Show all")
    assert not everything.is_visible()
    page.get_by_label("Document").select_option("001")
    page.get_by_label("Search").fill("pay")
    assert shown(page) == ["subsidy"]
    everything.click()
    assert shown(page) == list(ROWS["Proposal"])
    assert page.get_by_label("Document").input_value() == ""
    assert view(page) == ""
    assert page.evaluate("document.activeElement.type") == "search"


def test_a_view_stands_in_the_address_and_comes_back(visit):
    page = visit()
    page.get_by_label("Lever").select_option("user subsidy")
    page.get_by_label("Search").fill("users & makers")
    found = view(page)
    again = visit(found)
    assert shown(again) == ["subsidy"]
    assert again.get_by_label("Lever").input_value() == "user subsidy"
    assert again.get_by_label("Search").input_value() == "users & makers"
    assert again.locator(".table-search").evaluate("one => one.getBoundingClientRect().top") < 900


def test_a_view_that_is_typed_into_the_address_is_shown(visit):
    page = visit()
    page.evaluate("location.hash = '#?Document=002&Actor=banks'")
    page.wait_for_function(
        "() => document.querySelector('[role=status]').textContent === '1 of 4 rows'"
    )
    assert shown(page) == ["reform"]


def test_an_entry_that_no_row_has_shows_everything(visit):
    page = visit("#?Document=005&Mood=good")
    assert shown(page) == list(ROWS["Proposal"])
    assert page.get_by_label("Document").input_value() == ""


def test_the_address_of_a_hidden_row_shows_everything_again(visit):
    page = visit()
    page.get_by_label("Document").select_option("001")
    page.evaluate("location.hash = '#proposal-market'")
    page.locator("#proposal-market").wait_for(state="visible")
    assert shown(page) == list(ROWS["Proposal"])
    assert view(page) == "#proposal-market"


def test_lists_work_from_the_keyboard(visit):
    page = visit()
    page.get_by_label("Search").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Document").input_value() == "000"
    assert shown(page) == ["office", "reform"]


def test_on_a_narrow_screen_nothing_sticks_out(visit):
    page = visit(viewport={"width": 390, "height": 800})
    page.get_by_label("Document").select_option("000")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [one.bounding_box() for one in page.locator(".table-search select").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
