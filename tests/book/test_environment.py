"""The environment: what it depends on, and what it says when it cannot be made."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sphinxcontrib.katex

import environment


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose environment is complete."""
    for name in environment.DEFINES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("one\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / "complete")
    environment.VENV.mkdir()
    environment.STAMP.write_text(environment.fingerprint())
    return tmp_path


def test_nothing_happens_while_the_lock_is_the_same(checkout, monkeypatch):
    monkeypatch.setattr(environment, "run", lambda *_: pytest.fail("a command ran"))
    environment.main()


@pytest.mark.parametrize("name", environment.DEFINES)
def test_a_change_of_what_defines_it_makes_it_anew(checkout, monkeypatch, name):
    steps = []
    monkeypatch.setattr(environment, "run", lambda what, *_: steps.append(what))
    monkeypatch.setattr(environment, "kernel", lambda: steps.append("set up the kernel"))
    monkeypatch.setattr(environment, "vendor", lambda: environment.VENV.mkdir())
    (checkout / name).write_text("two\n")
    environment.main()
    assert steps == [
        "create .venv", "install the locked packages", "install dongbei", "set up the kernel",
    ]  # fmt: skip


def test_what_is_edited_while_it_is_made_belongs_to_the_next_run(checkout, monkeypatch):
    (checkout / "requirements.txt").write_text("two\n")

    def vendor():
        environment.VENV.mkdir()
        (checkout / "requirements.txt").write_text("three\n")

    for step in ("run", "kernel"):
        monkeypatch.setattr(environment, step, lambda *_: None)
    monkeypatch.setattr(environment, "vendor", vendor)
    environment.main()
    assert environment.STAMP.read_text() != environment.fingerprint()


def test_an_interrupted_run_leaves_no_stamp(checkout, monkeypatch):
    (checkout / "requirements.txt").write_text("two\n")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        environment.main()
    assert not environment.STAMP.exists()


def test_a_step_that_fails_names_itself():
    with pytest.raises(SystemExit, match="could not do nothing"):
        environment.run("do nothing", sys.executable, "-c", "raise SystemExit(3)")


def test_a_link_to_another_environment_is_left_alone(checkout, monkeypatch):
    other = checkout / "other"
    environment.VENV.rename(other)
    environment.VENV.symlink_to(other)
    monkeypatch.setattr(environment, "run", lambda *_: pytest.fail("a command ran"))
    (checkout / "requirements.txt").write_text("two\n")
    with pytest.raises(SystemExit, match="remove the link"):
        environment.main()
    assert (other / "complete").exists()


def test_another_python_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    with pytest.raises(SystemExit, match=r"Python 3\.11.*PYTHON=python3\.11"):
        environment.require_venv()


def test_a_python_without_venv_names_the_line_to_run(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"sudo apt-get install --yes python3\.11-venv"):
        environment.require_venv()


def test_every_kernel_takes_the_same_way_through_linear_algebra():
    """A wider processor, or one with more cores, would give other last digits."""
    spec = environment.VENV / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    settings = json.loads(spec.read_text(encoding="utf-8"))["env"]
    asked = "import numpy, json; print(json.dumps(numpy.show_config('dicts')['SIMD Extensions']))"
    command = [environment.VENV / "bin" / "python", "-c", asked]
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, check=True
    )
    assert "AVX512" not in done.stdout.partition('"not found"')[0]
    assert "X86_V4" not in done.stdout.partition('"not found"')[0]
    assert settings["OPENBLAS_NUM_THREADS"] == "1"


def test_katex_writes_for_the_style_that_pages_load():
    package = json.loads((Path(environment.ROOT) / "book" / "package.json").read_text())
    assert package["dependencies"]["katex"] == sphinxcontrib.katex.katex_version


def test_the_site_is_served_to_this_machine_only():
    command = ["make", "--dry-run", "--always-make", "serve"]
    done = subprocess.run(command, cwd=environment.ROOT, capture_output=True, text=True, check=True)
    assert "http.server 8000 --bind 127.0.0.1 " in done.stdout
