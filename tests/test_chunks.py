"""Runs in chunks: resumed, refused, and the same bytes however they came about."""

import errno
import hashlib
import json
import os
import resource
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


def twice(task, numbers):
    for number in numbers:
        yield from (task(number), task(number))


@pytest.mark.parametrize("each", [backwards, threads, twice])
def test_any_order_and_any_workers_write_the_same_bytes(tmp_path, done, each):
    run(tmp_path / "other", each=each)
    assert content(tmp_path / "other") == content(done)


def test_a_chunk_computed_twice_counts_once_even_if_it_differs(tmp_path):
    calls = []

    def unsteady(part):
        calls.append(part)
        return pd.DataFrame({"call": [len(calls)] * (part.stop - part.start)})

    run(tmp_path / "run", unsteady, each=twice)
    assert len(calls) == 10
    assert chunks.read(tmp_path / "run")["call"].unique().tolist() == [1, 3, 5, 7, 9]


def test_an_engine_that_leaves_chunks_out_is_an_error(tmp_path, done):
    with pytest.raises(RuntimeError, match="no result for chunk 3\n3 of 5 chunks are done"):
        run(tmp_path / "other", each=lambda task, numbers: map(task, numbers[:3]))
    run(tmp_path / "other")
    assert content(tmp_path / "other") == content(done)


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
    for name in before:
        (done / f"{name}.123.part").write_bytes(b"half")
    assert len(chunks.read(done)) == COUNT
    run(done)
    assert content(done) == before


def test_an_interrupt_at_the_manifest_leaves_a_folder_to_begin_in(tmp_path, done):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / f"{chunks.MANIFEST}.123.part").write_bytes(b"half")
    run(tmp_path / "other")
    assert content(tmp_path / "other") == content(done)


@pytest.mark.parametrize("name", ["film.mkv.part", "00000001-ff.parquet.1.part"])
def test_files_of_others_are_refused_and_kept(tmp_path, name):
    (tmp_path / name).write_text("a download")
    with pytest.raises(ValueError, match="holds other files, such as"):
        run(tmp_path)
    assert (tmp_path / name).read_text() == "a download"


def test_a_file_of_others_in_a_folder_of_a_run_is_kept(done):
    (done / "film.mkv.part").write_text("a download")
    run(done)
    assert (done / "film.mkv.part").read_text() == "a download"


def test_a_chunk_under_another_number_is_not_counted(done):
    before = content(done)
    first, second = sorted(done.glob("*.parquet"))[:2]
    second.unlink()
    first.rename(done / first.name.replace("00000000-", "00000001-"))
    with pytest.raises(ValueError, match="1 of 5 chunks are missing"):
        chunks.read(done)
    run(done)
    assert content(done) == before


def test_a_chunk_of_another_run_is_not_counted(tmp_path, done):
    run(tmp_path / "other", defines={"seed": 8})
    before = content(done)
    mine = min(done.glob("*.parquet"))
    mine.unlink()
    other = min((tmp_path / "other").glob("*.parquet"))
    (done / other.name).write_bytes(other.read_bytes())
    with pytest.raises(ValueError, match=r"00000000-.* is damaged"):
        chunks.read(done)
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
    with pytest.raises(OSError, match=r"No space left on device: .*00000002-"):
        run(folder)
    monkeypatch.undo()
    assert set(content(folder)) == {chunks.MANIFEST, *list(content(done))[:2]}
    run(folder)
    assert content(folder) == content(done)


def test_a_file_that_may_not_grow_is_named_and_the_run_goes_on(tmp_path):
    """The limit on the size of files is the system's own, as that of a disk is."""

    def growing(part):
        random, length = np.random.default_rng(part.start), 100_000 if part.start == 20 else 10
        return pd.DataFrame({"noise": [random.bytes(length) for _ in range(SIZE)]})

    folder, settings = tmp_path / "run", {"function": growing, "count": 4 * SIZE}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    try:
        with pytest.raises(
            OSError, match=r"large.*/00000002-\w+\.parquet'\n2 of 4 chunks"
        ) as error:
            run(folder, **settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.errno == errno.EFBIG
    assert len(content(folder)) == 3
    run(folder, **settings)
    run(tmp_path / "other", **settings)
    assert content(folder) == content(tmp_path / "other")


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
    with pytest.raises(ValueError, match="of format 1, where this version has 2"):
        run(done)
    with pytest.raises(ValueError, match="give another folder, or remove"):
        chunks.read(done)


def test_the_manifest_says_what_the_run_is(done):
    said = json.loads((done / chunks.MANIFEST).read_text())
    assert {name: said[name] for name in ("count", "size", "version", "format")} == {
        "count": COUNT, "size": SIZE, "version": "1", "format": 1,
    }  # fmt: skip
    assert said["defines"] == {"seed": 7, "days": [1.5, None]}


def test_the_order_of_what_defines_a_run_does_not_matter(done):
    run(done, defines={"days": [1.5, None], "seed": 7})


def hostile(**change):
    """A manifest with a hash that fits, whatever it says."""
    said = {"count": COUNT, "size": SIZE, "version": "1", "defines": {}} | change
    text = json.dumps(said, sort_keys=True)
    return json.dumps(
        {"format": 1, "run": hashlib.sha256(text.encode()).hexdigest()} | said
    ).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"\xff\xfe", b"null", b"3", b'"run"', b"[]", b"[" * 100_000, b"{}",
        b'{"format": 1}', b'{"format": 1, "count": 47, "size": 10, "version": "1"}',
        hostile(count="47"), hostile(count=47.5), hostile(count=-1), hostile(size=0),
        hostile(size=None), hostile(defines=[1]), hostile(defines="seed"), hostile(defines=3),
        hostile().replace(b"47", b"48"), hostile(rows=3), hostile() + b" " * chunks.LARGEST,
        hostile(count=float("inf")), b"9" * 5000,
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(done, text):
    before = content(done) | {chunks.MANIFEST: text}
    (done / chunks.MANIFEST).write_bytes(text)
    for call in (run, chunks.read):
        with pytest.raises(ValueError, match=r"is not the manifest .*: give another folder, or r"):
            call(done)
    assert content(done) == before


def test_a_manifest_that_promises_too_much_costs_no_time(done):
    (done / chunks.MANIFEST).write_bytes(hostile(count=10**30, size=1))
    with pytest.raises(ValueError, match=f"{10**30 - 5} of {10**30} chunks are missing"):
        chunks.read(done)
    with pytest.raises(ValueError, match="another count and size and defines"):
        run(done)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match=r"holds other files, such as letter\.txt: give"):
        run(tmp_path)


def test_one_chunk_with_two_contents_is_never_counted_twice(tmp_path, done):
    run(tmp_path / "other", lambda part: squares(part).assign(square=0))
    other = sorted((tmp_path / "other").glob("*.parquet"))[2]
    (done / other.name).write_bytes(other.read_bytes())
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
        ({"defines": {"days": list(range(200_000))}}, "too long: of arrays, give the fingerprint"),
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
