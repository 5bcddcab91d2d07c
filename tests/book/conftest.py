"""The built site, served over HTTP, and a browser to read it with."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import chromium

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address():
    """Serve the built site; the tests fail, and say why, if there is none."""
    assert (SITE / "index.html").exists(), "there is no site: run make book"
    handler = functools.partial(QuietHandler, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def live(address, browser):
    """Open a page of the site with some of its charts live; it must raise no error meanwhile."""
    pages, problems = [], []

    def opened(name, *charts):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        pages.append(page)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
        page.goto(f"{address}/{name}")
        for chart in charts:
            page.locator(chart).scroll_into_view_if_needed()
            page.wait_for_selector(f"{chart}.chart-live")
        return page

    yield opened
    for page in pages:
        page.close()
    assert problems == []


@pytest.fixture(scope="session")
def browser():
    """Start headless Chromium."""
    path = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield browser
        browser.close()
