"""Runs on every engine: the same bytes here, on local processes and on a Dask cluster."""

import os
import signal
import sys
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from subprocess import DEVNULL, Popen

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from threadpoolctl import threadpool_info, threadpool_limits

from dongbei import chunks

COUNT, SIZE, LONG = 23, 4, 200_003


def draws(part):
    """A row per item, with sums of many numbers, which threads would add up in another order."""
    random = np.random.default_rng([7, part.start])
    rows = part.stop - part.start
    weights, years = random.normal(size=LONG), random.normal(size=(rows, 40, 40))
    return pd.DataFrame(
        {
            "sum": [random.normal(size=LONG) @ weights for _ in range(rows)],
            "first": np.linalg.inv(years)[:, 0, 0],
            "policy": [
                None if one % 3 else f"policy {one}" for one in range(part.start, part.stop)
            ],
        }
    )


def deadly(part, item, places):
    """Draw, but die in the chunk of an item: once for each of some places of files."""
    for place in places if part.start <= item < part.stop else []:
        try:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
    return draws(part)


def threads_of_algebra(part):
    """Say how many threads linear algebra has, and leave it another number, as a library may."""
    most = max(one["num_threads"] for one in threadpool_info())
    threadpool_limits(2)
    return pd.DataFrame({"threads": [most] * (part.stop - part.start)})


for one in (draws, deadly, threads_of_algebra):
    one.__module__ = "__main__"  # as in a notebook: workers get it by value


def deaths(item, folder, times):
    places = [str(folder / f"died {number}") for number in range(times)]
    return partial(deadly, item=item, places=places)


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as local,
        Client(local) as client,
    ):
        yield client


@pytest.fixture(params=["map", "processes", "cluster"])
def engine(request):
    if request.param == "cluster":
        return chunks.cluster(request.getfixturevalue("client"))
    return chunks.processes(2) if request.param == "processes" else map


def run(folder, function=draws, **change):
    settings = {"size": SIZE, "version": "1", "defines": {"seed": 7}, "progress": False}
    chunks.run(function, COUNT, folder, **settings | change)


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def written(folder):
    """When each chunk of a folder was written, and as which file."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.glob("*.parquet")
    }


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The bytes of a run here and now."""
    folder = tmp_path_factory.mktemp("serial")
    run(folder)
    return content(folder)


def test_the_same_seed_gives_the_same_bytes_on_every_engine(tmp_path, serial, engine):
    with threadpool_limits(2):  # of the caller; no engine computes with more than one
        run(tmp_path / "run", each=engine)
    assert content(tmp_path / "run") == serial
    assert len(chunks.read(tmp_path / "run")) == COUNT


def test_linear_algebra_has_one_thread_and_the_caller_gets_its_own_back(tmp_path, engine):
    with threadpool_limits(2):
        before = threadpool_info()
        run(tmp_path / "run", threads_of_algebra, each=engine)
        assert threadpool_info() == before
    assert chunks.read(tmp_path / "run")["threads"].eq(1).all()


def test_a_killed_worker_of_a_cluster_costs_nothing_but_time(tmp_path, serial, client):
    run(tmp_path / "run", deaths(9, tmp_path, times=1), each=chunks.cluster(client))
    assert (tmp_path / "died 0").exists()
    assert content(tmp_path / "run") == serial


def test_a_chunk_that_kills_every_worker_stops_the_run(tmp_path, serial, client, monkeypatch):
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)
    folder, function = tmp_path / "run", deaths(20, tmp_path, times=1)
    with pytest.raises(RuntimeError, match="lost with every worker that tried it"):
        run(folder, function, each=chunks.cluster(client))
    before = written(folder)
    run(folder)
    assert before.items() <= written(folder).items()
    assert content(folder) == serial


def test_a_cluster_without_workers_is_an_error_and_any_engine_goes_on(tmp_path, serial):
    folder, function = tmp_path / "run", deaths(9, tmp_path, times=2)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as local,
        Client(local) as client,
        ExitStack() as stack,
    ):
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", local.scheduler_address]
        worker += ["--no-nanny", "--nthreads=1", "--dashboard-address=:0"]
        both = [stack.enter_context(Popen(worker, stderr=DEVNULL)) for _ in range(2)]
        for one in both:
            stack.callback(one.kill)
        client.wait_for_workers(2, timeout=60)
        with pytest.raises(RuntimeError, match=r"no worker for 1 seconds\n\d of 6 chunks are done"):
            run(folder, function, each=chunks.cluster(client, patience=1.0))
        assert [one.wait() for one in both] == [-signal.SIGKILL] * 2
    before = written(folder)
    assert len(before) < 6
    run(folder)
    assert before.items() <= written(folder).items()
    assert content(folder) == serial


def test_workers_that_come_late_are_waited_for(tmp_path, serial):
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as local,
        Client(local) as client,
    ):
        with pytest.raises(RuntimeError, match=r"no worker for 0\.1 seconds"):
            run(tmp_path / "run", each=chunks.cluster(client, patience=0.1))
        local.scale(1)
        run(tmp_path / "run", each=chunks.cluster(client))
    assert content(tmp_path / "run") == serial


def after(results, engine, happens):
    """Return an engine in which something happens after some results."""

    def each(task, numbers):
        for number, result in enumerate(engine(task, numbers), start=1):
            yield result
            if number == results:
                happens()

    return each


def test_a_lost_scheduler_is_an_error(tmp_path, serial):
    folder = tmp_path / "run"
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as local,
        Client(local) as client,
    ):
        lost = after(2, chunks.cluster(client), local.close)
        with pytest.raises(RuntimeError, match="scheduler of the cluster is lost\n2 of 6 chunks"):
            run(folder, each=lost)
    run(folder)
    assert content(folder) == serial


def test_a_lost_local_process_is_an_error_and_the_run_goes_on(tmp_path, serial):
    folder, function = tmp_path / "run", deaths(9, tmp_path, times=1)
    with pytest.raises(RuntimeError, match=r"worker process (.|\n)* the same call of run"):
        run(folder, function, each=chunks.processes(2))
    run(folder)
    assert content(folder) == serial


def test_an_interrupt_leaves_what_is_done(tmp_path, serial, engine):
    folder = tmp_path / "run"
    interrupted = after(2, engine, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run(folder, each=interrupted)
    before = written(folder)
    assert len(before) == 2
    run(folder, each=engine)
    assert before.items() <= written(folder).items()
    assert content(folder) == serial


def test_a_function_that_fails_says_so_and_leaves_what_is_done(tmp_path, serial, engine):
    def failing(part):
        if part.start == 12:
            raise ZeroDivisionError("no rivals")
        return draws(part)

    failing.__module__ = "__main__"
    with pytest.raises(ZeroDivisionError, match=r"no rivals\n\d of 6 chunks are done and stay in"):
        run(tmp_path / "run", failing, each=engine)
    run(tmp_path / "run", each=engine)
    assert content(tmp_path / "run") == serial


def test_workers_without_the_module_of_the_function_say_which(tmp_path, client, monkeypatch):
    (tmp_path / "only_here.py").write_text("def function(part):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import only_here

    with pytest.raises(ModuleNotFoundError, match="only_here"):
        run(tmp_path / "run", only_here.function, each=chunks.cluster(client))
    sys.modules.pop("only_here")


def test_slow_chunks_do_not_hide_that_there_is_no_worker():
    """However many are awaited: after one wait without a result, the workers are counted anew."""
    workers = iter([10**9])

    def count():
        if (width := next(workers, None)) is None:
            raise RuntimeError("no worker")
        return width

    with pytest.raises(RuntimeError, match="no worker"):
        list(chunks._results(lambda _: Future(), range(3), count, patience=0.01))


def test_chunks_that_end_together_are_all_given():
    asked = [Future() for _ in range(3)]
    for number, one in enumerate(asked):
        one.set_result(number)
    assert sorted(chunks._results(asked.__getitem__, range(3), lambda: 3)) == [0, 1, 2]


def test_a_run_that_stops_takes_back_what_is_not_begun():
    asked = [Future() for _ in range(3)]
    results = chunks._results(asked.__getitem__, range(3), lambda: 3)
    asked[1].set_result("done")
    assert next(results) == "done"
    results.close()
    assert [one.cancelled() for one in asked] == [True, False, True]


@pytest.mark.parametrize("name", ["processes", "cluster"])
def test_few_chunks_are_under_way_at_once(name, request):
    engine = chunks.processes(2)
    if name == "cluster":
        engine = chunks.cluster(request.getfixturevalue("client"))
    taken = 0

    def numbers():
        nonlocal taken
        for number in range(40):
            taken += 1
            yield number

    ahead = [taken - given for given, _ in enumerate(engine(abs, numbers()))]
    assert len(ahead) == 40
    assert max(ahead) <= 4
