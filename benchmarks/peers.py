"""Other people's models, in an environment of their own: the project's never holds them.

`peers.in` names them, `peers.txt` locks them with hashes (`make lock` writes it). A benchmark runs
its reference with `PYTHON` and prepares it with `install`, so that nothing is fetched before a
benchmark needs it, and nothing twice.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("peers.txt")
FOLDER = Path(__file__).parents[1] / "_build" / "peers"
PYTHON = FOLDER / "bin" / "python"
STAMP = FOLDER / "complete"


def install() -> None:
    """Make the environment unless it is that of the lock; stop with what failed."""
    wanted = hashlib.sha256(sys.version.encode() + LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Fetching the peers of the benchmarks into _build/peers (once) ...", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    for command in (
        (sys.executable, "-m", "venv", FOLDER),
        (*pip, "--require-hashes", "--no-deps", "--requirement", LOCK),
    ):
        if subprocess.run(list(map(str, command)), check=False).returncode:
            sys.exit(f"The peers are incomplete: call make bench again, or look at {LOCK.name}")
    STAMP.write_text(wanted)
