"""Runs in chunks: resumed, refused, and the same bytes however they came about."""

import errno
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from dongbei import chunks

COUNT, SIZE = 47, 10


def squares(part):
    """A row per item, from its number alone."""
    items = np.arange(part.start, part.stop)
    return pd.DataFrame({"square": items**2, "name": [f"item {one}" for one in items]})


squares.__module__ = "__main__"  # as in a notebook: workers get it by value


def run(folder, function=squares, **change):
    settings = {"size": SIZE, "version": "1", "defines": {"seed": 7, "days": [1.5, None]}}
    settings |= {"count": COUNT, "progress": False, "function": function} | change
    return chunks.run(folder=folder, **settings)


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def done(tmp_path):
    run(tmp_path / "run")
    return tmp_path / "run"


class Counted:
    """A function that counts its calls, and fails at some of them."""

    def __init__(self, error=None, at=()):
        self.error, self.at, self.parts = error, at, []

    def __call__(self, part):
        if len(self.parts) in self.at:
            self.at = ()
            raise self.error
        self.parts.append(part)
        return squares(part)


def test_every_item_has_its_row_once(done):
    found = chunks.read(done)
    expected = squares(slice(0, COUNT))
    pd.testing.assert_frame_equal(found, expected, check_index_type=False)
    assert [len(one) for one in chunks.frames(done)] == [10, 10, 10, 10, 7]


@pytest.mark.parametrize("count", [1, 9, 10, 11])
def test_the_last_chunk_is_what_is_left(tmp_path, count):
    run(tmp_path / "run", count=count)
    assert chunks.read(tmp_path / "run").index.tolist() == list(range(count))


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 2, 4])
def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, done, error, at):
    folder, function = tmp_path / "other", Counted(error, [at])
    with pytest.raises(type(error)):
        run(folder, function)
    assert len(function.parts) == at
    if at < 4:
        with pytest.raises(ValueError, match=f"{5 - at} of 5 chunks .* chunk {at}: call run"):
            chunks.read(folder)
    run(folder, function)
    assert [part.start for part in function.parts] == [0, 10, 20, 30, 40]
    assert content(folder) == content(done)


def test_a_finished_run_computes_nothing(done):
    function = Counted()
    run(done, function)
    assert function.parts == []


def backwards(task, numbers):
    return map(task, reversed(list(numbers)))


def threads(task, numbers):
    with ThreadPoolExecutor(3) as pool:
        yield from pool.map(task, numbers)


@pytest.mark.parametrize("each", [backwards, threads, chunks.processes(2)])
def test_any_order_and_any_workers_write_the_same_bytes(tmp_path, done, each):
    run(tmp_path / "other", each=each)
    assert content(tmp_path / "other") == content(done)


def test_an_error_in_another_process_stops_the_run_and_leaves_the_rest(tmp_path, done):
    def failing(part):
        if part.start == 40:
            raise ZeroDivisionError
        return squares(part)

    failing.__module__ = "__main__"
    folder = tmp_path / "other"
    with pytest.raises(ZeroDivisionError):
        run(folder, failing, each=chunks.processes(2))
    run(folder, each=chunks.processes(2))
    assert content(folder) == content(done)


@pytest.mark.parametrize(
    "damage", [lambda one: one[:-40], lambda one: b"", lambda one: one[:50] + b"?" + one[51:]]
)
def test_a_damaged_chunk_is_seen_and_computed_again(done, damage):
    before = content(done)
    path = sorted(done.glob("*.parquet"))[3]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"00000003-.* is damaged: call run again"):
        chunks.read(done)
    function = Counted()
    run(done, function)
    assert [part.start for part in function.parts] == [30]
    assert content(done) == before


def test_what_an_interrupt_left_half_written_is_not_counted_and_goes(done):
    before = content(done)
    (done / "00000001-ff.parquet.123.part").write_bytes(b"half")
    assert len(chunks.read(done)) == COUNT
    run(done)
    assert content(done) == before


def test_a_full_disk_leaves_what_is_done_and_no_half_file(tmp_path, done, monkeypatch):
    folder, real, calls = tmp_path / "other", os.fsync, []

    def full(number):
        calls.append(number)
        if len(calls) == 4:  # the manifest, two chunks, and then
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run(folder)
    monkeypatch.undo()
    assert set(content(folder)) == {chunks.MANIFEST, *list(content(done))[:2]}
    run(folder)
    assert content(folder) == content(done)


def test_a_full_disk_at_the_start_leaves_an_empty_folder(tmp_path, done, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path / "other")
    monkeypatch.undo()
    assert content(tmp_path / "other") == {}
    run(tmp_path / "other")
    assert content(tmp_path / "other") == content(done)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "2"}, "another version: give another folder"),
        ({"size": 9}, "another size:"),
        ({"count": 48}, "another count:"),
        ({"defines": {"seed": 8}}, "another defines:"),
        ({"count": 48, "size": 9}, "another count and size:"),
    ],
)
def test_the_folder_of_another_run_is_refused(done, change, message):
    before = content(done)
    with pytest.raises(ValueError, match=f"holds another run, with {message}"):
        run(done, **change)
    assert content(done) == before


def test_a_folder_of_another_format_is_refused(done, monkeypatch):
    monkeypatch.setattr(chunks, "FORMAT", chunks.FORMAT + 1)
    with pytest.raises(ValueError, match="another format"):
        run(done)


def test_the_manifest_says_what_the_run_is(done):
    said = json.loads((done / chunks.MANIFEST).read_text())
    assert {name: said[name] for name in ("count", "size", "version", "format")} == {
        "count": COUNT, "size": SIZE, "version": "1", "format": 1,
    }  # fmt: skip
    assert said["defines"] == {"seed": 7, "days": [1.5, None]}


def test_the_order_of_what_defines_a_run_does_not_matter(done):
    run(done, defines={"days": [1.5, None], "seed": 7})


def test_a_manifest_that_cannot_be_read_is_refused(done):
    (done / chunks.MANIFEST).write_text("{")
    with pytest.raises(ValueError, match="cannot be read: remove"):
        run(done)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match=r"holds other files, such as letter\.txt: give"):
        run(tmp_path)


def test_one_chunk_with_two_contents_is_never_counted_twice(done):
    other = b"other"
    (done / f"00000002-{hashlib.sha256(other).hexdigest()}.parquet").write_bytes(other)
    for call in (run, chunks.read):
        with pytest.raises(ValueError, match="chunk 2 twice, with different numbers: its function"):
            call(done)


def test_a_folder_without_a_run_is_said_to_be_none(tmp_path):
    with pytest.raises(ValueError, match=r"there is no run in .*: its run\.json is missing"):
        chunks.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count must be a whole number from 1"),
        ({"count": 2.5}, "count must be a whole number from 1"),
        ({"size": -1}, "size must be a whole number from 1"),
        ({"defines": {"seed": np.arange(2)}}, "must be JSON values"),
        ({"defines": {"rate": np.nan}}, "must be JSON values"),
        ({"defines": {"days": (1, 2)}}, "no tuples"),
        ({"defines": {1: 2}}, "text as names"),
        ({"function": lambda part: squares(part)[1:]}, "chunk 0 has 9 rows for 10 items, 0 to 9"),
    ],
)
def test_a_run_that_cannot_be_is_refused(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path / "run", **change)


def test_a_fingerprint_tells_arrays_apart():
    ones = np.ones((2, 3))
    prints = [
        chunks.fingerprint(*arrays)
        for arrays in [
            (ones,), (ones.ravel(),), (ones.astype(np.float32),), (ones, ones), (2 * ones,),
            (np.array(["a", "b"]),), (np.array(["b", "a"]),),
        ]
    ]  # fmt: skip
    assert len(set(prints)) == len(prints)
    assert chunks.fingerprint(np.ones((3, 2), order="F").T) == prints[0]
    with pytest.raises(ValueError, match="an array of objects"):
        chunks.fingerprint(np.array([{}]))


@pytest.mark.parametrize("times", [1, 2])
def test_a_bar_shows_how_far_it_is(tmp_path, capsys, times):
    for _ in range(times):
        capsys.readouterr()
        run(tmp_path / "run", progress=True)
    shown = capsys.readouterr().err
    assert "5/5" in shown
    assert "chunk" in shown
