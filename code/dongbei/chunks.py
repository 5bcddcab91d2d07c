"""Runs of any length: chunks of a pure function, kept on disk, resumed where they stopped.

`run` cuts a count of items into slices, computes a frame for each, and writes it to a folder. A
chunk's file is named by its number and the hash of its bytes, and appears whole or not at all, so a
chunk is done exactly when a file of its number has the bytes that its name promises. Whatever
stopped a run (an error, an interrupt, a full disk), the same call goes on; what was damaged since
is computed again. As a chunk depends on its slice alone, the files are the same bytes for any
order, number of workers and number of interruptions. `read` and `frames` give the results back.

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
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

FORMAT = 1
"""Of the folder; a folder of another format is not gone on with."""
MANIFEST = "run.json"
CHUNK = re.compile(r"(\d{8,})-([0-9a-f]{64})\.parquet")
PART = ".part"
"""Ends the name of a file that is being written; what an interrupt leaves of it is removed."""

Each = Callable[[Callable[[int], int], Iterable[int]], Iterable[int]]


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
        Runs a function on every one of some numbers, and gives its results in any order: `map` here
        and now, `processes` on local ones, the ``map`` of an executor, or, on a Dask cluster,
        ``lambda f, numbers: (one.result() for one in as_completed(client.map(f, numbers)))``.
    progress
        Whether to show a bar.

    Raises
    ------
    ValueError
        If the folder is of another run or holds other files; count or size are not from 1; what
        defines the run is not JSON; a frame has not a row per item; or two files claim one chunk.
    OSError
        If a file cannot be written. What is done stays done.
    """
    for name, value in {"count": count, "size": size}.items():
        if not (isinstance(value, int | np.integer) and value >= 1):
            raise ValueError(f"{name} must be a whole number from 1; it is {value!r}")
    folder = Path(folder)
    _claim(folder, _manifest(int(count), int(size), version, defines))
    done = _sound(folder)
    numbers = range(-(-count // size))
    missing = [number for number in numbers if number not in done]
    task = partial(_compute, function, int(count), int(size), folder)
    with tqdm(total=len(numbers), initial=len(done), unit="chunk", disable=not progress) as bar:
        for _ in each(task, missing):
            bar.update()


def processes(workers: int) -> Each:
    """Return an `each` that runs chunks on local processes, where one interrupt stops them all."""
    parallel = Parallel(n_jobs=workers, return_as="generator_unordered")
    return lambda task, numbers: parallel(delayed(task)(number) for number in numbers)


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
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no run in {folder}: its {MANIFEST} is missing") from None
    files = _files(folder)
    numbers = range(-(-manifest["count"] // manifest["size"]))
    if missing := [number for number in numbers if number not in files]:
        raise ValueError(
            f"{len(missing)} of {len(numbers)} chunks are missing in {folder}, the first of them "
            f"chunk {missing[0]}: call run again, which computes only those"
        )
    return (_frame(files[number]) for number in numbers)


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
    said = {"count": count, "size": size, "version": version, "defines": dict(defines)}
    try:
        text = json.dumps(said, sort_keys=True, allow_nan=False)
        same = json.loads(text) == said
    except (TypeError, ValueError) as error:
        raise ValueError(f"what defines a run must be JSON values: {error}") from None
    if not same:
        raise ValueError("what defines a run must be JSON values: text as names, lists, no tuples")
    return {"format": FORMAT, "run": hashlib.sha256(text.encode()).hexdigest(), **said}


def _claim(folder: Path, manifest: dict) -> None:
    """Make the folder one of this run, or see that it is; refuse it otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST
    for left in folder.glob(f"*{PART}"):
        left.unlink()
    if not path.exists():
        if other := sorted(one.name for one in folder.iterdir()):
            raise ValueError(
                f"{folder} holds other files, such as {other[0]}: give an empty folder"
            )
        _write(path, (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode())
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(f"{path} cannot be read: remove {folder}, or give another one") from None
    if found != manifest:
        differs = [name for name in manifest if found.get(name) != manifest[name] and name != "run"]
        raise ValueError(
            f"{folder} holds another run, with another {' and '.join(differs) or 'hash'}: give "
            "another folder, or remove this one if its results are not needed"
        )


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


def _sound(folder: Path) -> set[int]:
    """Return the chunks that are done; remove files that are not what their names say."""
    for path in folder.iterdir():
        match = CHUNK.fullmatch(path.name)
        if match and hashlib.sha256(path.read_bytes()).hexdigest() != match[2]:
            path.unlink()
    return set(_files(folder))


def _compute(function, count: int, size: int, folder: Path, number: int) -> int:
    """Compute a chunk and write it."""
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
    written = buffer.getvalue()
    _write(folder / f"{number:08d}-{hashlib.sha256(written).hexdigest()}.parquet", written)
    return number


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _frame(path: Path) -> pd.DataFrame:
    """Read a chunk; refuse one that is damaged."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != CHUNK.fullmatch(path.name)[2]:
        raise ValueError(f"{path} is damaged: call run again, which computes it anew")
    return pd.read_parquet(io.BytesIO(content), engine="pyarrow")
