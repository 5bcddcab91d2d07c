"""The committed notebooks belong to today's chapters, and every cell of theirs has run."""

import os
import shutil
import subprocess
import sys

import jupytext
import nbformat
import pytest

import execution

CHAPTERS = execution.chapters()


def read(chapter):
    return nbformat.read(execution.notebook_path(chapter), as_version=4)


def has_run(notebook):
    """Say whether every code cell was executed, once and in order."""
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    return counts == list(range(1, len(counts) + 1))


def test_there_are_chapters():
    assert CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
class TestNotebook:
    def test_belongs_to_the_text_the_code_the_data_and_the_lock_of_today(self, chapter):
        assert not execution.is_stale(chapter), (
            f"{chapter.name} changed, or what it computes from, or its notebook: run make book"
        )

    def test_has_the_cells_of_its_chapter(self, chapter):
        def cells(notebook):
            return [(cell.cell_type, cell.source) for cell in notebook.cells]

        assert cells(read(chapter)) == cells(jupytext.read(chapter))

    def test_every_code_cell_has_run_in_order(self, chapter):
        assert has_run(read(chapter))

    def test_would_be_noticed_if_it_had_not_run(self, chapter):
        assert not has_run(execution.blank_notebook(chapter))

    def test_no_cell_failed_or_warned(self, chapter):
        outputs = [
            output
            for cell in read(chapter).cells
            for output in cell.get("outputs", [])
            if output.output_type == "error" or output.get("name") == "stderr"
        ]
        assert outputs == []

    def test_is_a_valid_notebook(self, chapter):
        nbformat.validate(read(chapter))

    def test_names_no_machine(self, chapter):
        text = execution.notebook_path(chapter).read_text(encoding="utf-8")
        assert str(execution.ROOT) not in text


def test_a_wrong_formula_in_a_room_fails_nbval(tmp_path):
    shutil.copytree(execution.ROOT / "code" / "dongbei", tmp_path / "dongbei")
    model = tmp_path / "dongbei" / "cluster" / "model.py"
    right, wrong = "return a - (a - C) * X", "return a - (a - C) * X**2"
    text = model.read_text(encoding="utf-8")
    assert text.count(right) == 1
    model.write_text(text.replace(right, wrong), encoding="utf-8")
    notebook = execution.NOTEBOOKS / "cluster-pricing" / "derivation.ipynb"
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", notebook]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
