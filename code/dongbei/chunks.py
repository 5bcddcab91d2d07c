"""Runs of any length: chunks of a pure function, kept on disk, resumed where they stopped.

`run` cuts a count of items into slices, has a frame computed for each, and writes it to a folder. A
chunk's file is named by its number and a hash of its run, number and bytes, and appears whole or
not at all, so a chunk is done exactly when a file of its number holds what its name promises.
Whatever stopped a run (an error, an interrupt, a full disk, lost workers), the same call goes on;
what was damaged since is computed again. `read` and `frames` give the results back.

An engine (`map`, `processes`, `cluster`) only says where chunks are computed: they come back as
bytes, and the caller alone writes them, once each. So workers need no shared disk, and a worker
that dies, or computes what another one has computed already, leaves nothing behind. As a chunk
depends on its slice alone, and linear algebra on one thread, the files are the same bytes for any
engine, order, number of workers and number of interruptions, on machines of one kind with the same
packages. Memory holds the chunks under way, never the run. For example::

    def outcomes(part: slice) -> pd.DataFrame:  # a row for each of part.start to part.stop - 1
        return simulate(table, shocks(part), steps=365).summary

    chunks.run(outcomes, 1_000_000, "shocks", size=1_000, version="1",
               defines={"year": 2017, "seed": 7}, each=chunks.processes(2))
    losses = chunks.read("shocks")
"""

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from functools import partial
from itertools import count as count_from
from itertools import islice
from operator import call
from pathlib import Path

import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

FORMAT = 1
"""Of the folder; a folder of another format is not gone on with."""
MANIFEST = "run.json"
LARGEST = 2**20
"""Bytes of a manifest; of arrays it holds a fingerprint."""
CHUNK = re.compile(r"(\d{8,})-[0-9a-f]{64}\.parquet")
PART = re.compile(rf"({re.escape(MANIFEST)}|{CHUNK.pattern})\.\d+\.part")
"""A file that is being written; what an interrupt leaves of it is removed."""

Content = tuple[int, bytes]
"""A chunk's number and the bytes of its file."""
Each = Callable[[Callable[[int], Content], Iterable[int]], Iterable[Content]]
"""An engine: runs a function on every one of some numbers, and gives its results in any order."""


def run(
    function: Callable[[slice], pd.DataFrame],
    count: int,
    folder: str | Path,
    *,
    size: int,
    version: str,
    defines: Mapping[str, object],
    each: Each = map,
    progress: bool = True,
) -> None:
    """Compute what is missing of a run.

    Parameters
    ----------
    function
        From a slice of items to a frame with a row for each of them, in their order. It depends on
        nothing else. The rows' index becomes the items' numbers.
    count
        Items, from 1.
    folder
        Of this run alone; made if it is not there.
    size
        Items of a chunk. Part of what defines the run.
    version
        Of the function: change it when the code gives other numbers.
    defines
        Whatever else the numbers depend on, as JSON values; of arrays give their `fingerprint`.
    each
        The engine: `map` here and now, `processes` on local ones, `cluster` on Dask's, or the
        ``map`` of any other executor.
    progress
        Whether to show a bar.

    Raises
    ------
    ValueError
        If the folder is of another run or holds other files; count or size are not from 1; what
        defines the run is not JSON; a frame has not a row per item; or two files claim one chunk.
    OSError
        If a file cannot be written.
    RuntimeError
        If workers were lost, or the engine left chunks out.

    Whatever else stops the function is raised as it is. What is done stays done, and the same call
    goes on.
    """
    folder, manifest = Path(folder), _manifest(count, size, version, defines)
    _claim(folder, manifest)
    done, total = _sound(folder, manifest["run"]), _chunks(manifest)
    missing = set(range(total)) - done
    task = partial(_compute, function, manifest["count"], manifest["size"])
    try:
        with (
            threadpool_limits(1),
            tqdm(total=total, initial=len(done), unit="chunk", disable=not progress) as bar,
        ):
            for number, content in each(task, sorted(missing)):
                if number in missing:  # an engine may have run it twice
                    _write(folder / _name(manifest["run"], number, content), content)
                    missing.remove(number)
                    bar.update()
        if missing:
            raise RuntimeError(f"the engine gave no result for chunk {min(missing)}")
    except BaseException as error:
        error.add_note(
            f"{total - len(missing)} of {total} chunks are done and stay in {folder}: once the "
            "cause is mended, the same call of run computes only the others."
        )
        raise


def processes(workers: int) -> Each:
    """Return an engine of local processes; when it stops, chunks under way end there, unused."""

    def each(task, numbers):
        submit = partial(get_reusable_executor(workers).submit, task)
        return _results(submit, numbers, lambda: 2 * workers)

    return each


def cluster(client, patience: float = 60.0) -> Each:
    """Return an engine of a Dask cluster.

    Workers need this package and the function's, in the versions of the caller, and no shared disk.
    They may come and go: what a lost worker was at is computed by another.

    Parameters
    ----------
    client
        A `distributed.Client`.
    patience
        Seconds to wait for a worker when the cluster has none.

    Raises
    ------
    RuntimeError
        While it runs: if there is no worker for so long, a chunk has killed more workers than the
        cluster allows, or the scheduler is gone.
    """

    def each(task, numbers):
        import cloudpickle  # imports that are slow, and needed here alone
        from distributed import KilledWorker
        from distributed.client import ClosedClientError
        from distributed.comm import CommClosedError

        try:
            held = client.submit(cloudpickle.loads, cloudpickle.dumps(task), pure=False)  # once
            submit = partial(client.get_executor(pure=False).submit, call, held)
            yield from _results(submit, numbers, lambda: 2 * _threads(client, patience), patience)
        except KilledWorker as error:
            raise RuntimeError(
                "a chunk was lost with every worker that tried it, perhaps for want of memory"
            ) from error
        except (CancelledError, CommClosedError, ClosedClientError) as error:
            raise RuntimeError("the scheduler of the cluster is lost") from error

    return each


def _results(
    submit: Callable[[int], Future],
    numbers: Iterable[int],
    width: Callable[[], int],
    patience: float | None = None,
) -> Iterator[Content]:
    """Give results as they come; at most a width of them are asked for, or wait to be written."""
    numbers, pending = iter(numbers), set()
    try:
        while True:
            most = width()
            for _ in range(most):  # and then see whether the width has changed
                pending.update(map(submit, islice(numbers, max(most - len(pending), 0))))
                if not pending:
                    return
                finished, pending = wait(pending, patience, FIRST_COMPLETED)
                if not finished:
                    break
                for one in finished:
                    yield one.result()
    finally:
        for one in pending:
            one.cancel()


def _threads(client, patience: float) -> int:
    """Count the threads of a cluster's workers; wait for a worker if there is none."""
    if client.status == "closed":
        raise CancelledError
    while not (threads := client.nthreads()):
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise RuntimeError(f"the cluster has had no worker for {patience:g} seconds") from None
    return sum(threads.values())


def read(folder: str | Path) -> pd.DataFrame:
    """Return all results of a finished run, indexed by item.

    Raises
    ------
    ValueError
        As of `frames`.
    """
    return pd.concat(frames(folder))


def frames(folder: str | Path) -> Iterator[pd.DataFrame]:
    """Return the results of a finished run chunk by chunk, in order; memory holds one.

    Raises
    ------
    ValueError
        If the folder holds no run, or a chunk is missing or damaged.
    """
    folder = Path(folder)
    manifest = _found(folder)
    files, total = _files(folder), _chunks(manifest)
    if len(files) < total:
        first = next(number for number in count_from() if number not in files)
        raise ValueError(
            f"{total - len(files)} of {total} chunks are missing in {folder}, the first of them "
            f"chunk {first}: call run again, which computes only those"
        )
    return (_frame(manifest["run"], number, files[number]) for number in range(total))


def fingerprint(*arrays: NDArray) -> str:
    """Return a hash of arrays of numbers, for what defines a run."""
    digest = hashlib.sha256()
    for one in map(np.asarray, arrays):
        if one.dtype.hasobject:
            raise ValueError("a fingerprint is of numbers or text; an array of objects has none")
        digest.update(f"{one.dtype.str}{one.shape}".encode())
        digest.update(np.ascontiguousarray(one).tobytes())
    return digest.hexdigest()


def _manifest(count: int, size: int, version: str, defines: Mapping[str, object]) -> dict:
    """Return what a folder says of its run; refuse what JSON would not give back as it was."""
    for name, value in {"count": count, "size": size}.items():
        if not (isinstance(value, int | np.integer) and value >= 1):
            raise ValueError(f"{name} must be a whole number from 1; it is {value!r}")
    said = {"count": int(count), "size": int(size), "version": version, "defines": dict(defines)}
    try:
        text = json.dumps(said, sort_keys=True, allow_nan=False)
        same = json.loads(text) == said
    except (TypeError, ValueError) as error:
        raise ValueError(f"what defines a run must be JSON values: {error}") from None
    if not same:
        raise ValueError("what defines a run must be JSON values: text as names, lists, no tuples")
    if len(text) > LARGEST // 2:
        raise ValueError("what defines a run is too long: of arrays, give the fingerprint")
    return {"format": FORMAT, "run": hashlib.sha256(text.encode()).hexdigest(), **said}


def _chunks(manifest: dict) -> int:
    """Return how many chunks a run has."""
    return -(-manifest["count"] // manifest["size"])


def _found(folder: Path) -> dict:
    """Return the manifest in a folder; refuse one that `run` has not written."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise ValueError(f"longer than {LARGEST} bytes")
        found = json.loads(text)
        if found["format"] != FORMAT:
            raise ValueError(f"of format {found['format']!r}, where this version has {FORMAT}")
        manifest = _manifest(*(found[name] for name in ("count", "size", "version", "defines")))
        if found != manifest:
            raise ValueError("changed by hand")
    except FileNotFoundError:
        raise ValueError(f"there is no run in {folder}: its {MANIFEST} is missing") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path} is not the manifest of a run that this version can read ({error}): give "
            f"another folder, or remove {folder} if its results are not needed"
        ) from None
    return manifest


def _claim(folder: Path, manifest: dict) -> None:
    """Make the folder one of this run, or see that it is; refuse it otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / MANIFEST).exists():
        found = _found(folder)
        if differs := [name for name in manifest if found[name] != manifest[name]]:
            raise ValueError(
                f"{folder} holds another run, with another "
                f"{' and '.join(name for name in differs if name != 'run') or 'hash'}: give "
                "another folder, or remove this one if its results are not needed"
            )
    elif other := sorted(one.name for one in folder.iterdir() if not PART.fullmatch(one.name)):
        raise ValueError(f"{folder} holds other files, such as {other[0]}: give an empty folder")
    for left in folder.iterdir():
        if PART.fullmatch(left.name):
            left.unlink()
    if not (folder / MANIFEST).exists():
        text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
        _write(folder / MANIFEST, text.encode())


def _files(folder: Path) -> dict[int, Path]:
    """Return the file of each chunk; refuse two of one."""
    files = {}
    for path in sorted(folder.iterdir()):
        if match := CHUNK.fullmatch(path.name):
            if int(match[1]) in files:
                raise ValueError(
                    f"{folder} has chunk {int(match[1])} twice, with different numbers: its "
                    "function depends on more than its slice; mend that, and remove the folder"
                )
            files[int(match[1])] = path
    return files


def _sound(folder: Path, run: str) -> set[int]:
    """Return the chunks that are done; remove files that are not what their names say."""
    for path in folder.iterdir():
        match = CHUNK.fullmatch(path.name)
        if match and _name(run, int(match[1]), path.read_bytes()) != path.name:
            path.unlink()
    return set(_files(folder))


def _compute(function, count: int, size: int, number: int) -> Content:
    """Compute a chunk, with linear algebra on one thread: more would change its last digits."""
    threadpool_limits(1)  # to stay, as threads of a worker share the limit; `run` restores its own
    part = slice(number * size, min((number + 1) * size, count))
    frame = function(part)
    if len(frame) != part.stop - part.start:
        raise ValueError(
            f"chunk {number} has {len(frame)} rows for {part.stop - part.start} items, "
            f"{part.start} to {part.stop - 1}: its function must return a row for each"
        )
    frame = frame.set_axis(pd.RangeIndex(part.start, part.stop, name=frame.index.name))
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow")
    return number, buffer.getvalue()


def _name(run: str, number: int, content: bytes) -> str:
    """Return the name of a chunk's file, which no other run, number or content has."""
    digest = hashlib.sha256(f"{run} {number}\n".encode())
    digest.update(content)
    return f"{number:08d}-{digest.hexdigest()}.parquet"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException as error:
        new.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise


def _frame(run: str, number: int, path: Path) -> pd.DataFrame:
    """Read a chunk; refuse one that is damaged."""
    content = path.read_bytes()
    if _name(run, number, content) != path.name:
        raise ValueError(f"{path} is damaged: call run again, which computes it anew")
    return pd.read_parquet(io.BytesIO(content), engine="pyarrow")
