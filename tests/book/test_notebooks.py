"""The committed notebooks belong to today's chapters, and every cell of theirs has run."""

import jupytext
import nbformat
import pytest

import execution

CHAPTERS = execution.chapters()


def read(chapter):
    return nbformat.read(execution.notebook_path(chapter), as_version=4)


def test_there_are_chapters():
    assert CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
class TestNotebook:
    def test_belongs_to_the_text_the_code_the_data_and_the_lock_of_today(self, chapter):
        assert read(chapter).metadata["fingerprint"] == execution.fingerprint(chapter), (
            f"{chapter.name} changed, or what it computes from did: run make book"
        )

    def test_has_the_cells_of_its_chapter(self, chapter):
        def cells(notebook):
            return [(cell.cell_type, cell.source) for cell in notebook.cells]

        assert cells(read(chapter)) == cells(jupytext.read(chapter))

    def test_every_code_cell_has_run_in_order(self, chapter):
        counts = [cell.execution_count for cell in read(chapter).cells if cell.cell_type == "code"]
        assert counts == list(range(1, len(counts) + 1))

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
