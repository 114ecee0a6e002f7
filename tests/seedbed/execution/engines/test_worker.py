"""What a worker leaves for closing its sweep, and what becomes of a cell over which a process died."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest

from seedbed.config.schema import Train
from seedbed.data.table import load_table
from seedbed.execution.engines.engine import Cell, CellBatch, SweepTarget
from seedbed.execution.engines.local import LocalEngine
from seedbed.execution.engines.worker import Worker, read_results, serve_cells
from seedbed.execution.run import compute, prepare
from seedbed.execution.sweep.cells import check_cells, find_batches
from seedbed.execution.sweep.lifecycle import close_sweep, open_sweep
from seedbed.execution.sweep.messages import Job, OpenSweep, SweepRequest
from seedbed.tracking.owner import Owner
from seedbed.tracking.reader import fetch_artifacts, get_run, read_run
from seedbed.tracking.store import open_store

SEEDS = range(3)


@pytest.fixture
def configs(config_of: Callable[..., Any], store_uri: str) -> list[Train]:
    return [config_of(Train, f"split.seed={seed}", f"tracking.uri={store_uri}") for seed in SEEDS]


@pytest.fixture
def target(configs: list[Train], tmp_path: Path) -> SweepTarget:
    """Return where the runs of a sweep go that was just opened."""
    jobs = tuple(Job(number, (), config) for number, config in enumerate(configs))
    opened = open_sweep(SweepRequest(jobs, {}, str(tmp_path), str(tmp_path)))
    (tmp_path / "results").mkdir()
    return replace(opened.target, results=str(tmp_path / "results"))


def close(target: SweepTarget, configs: list[Train]) -> pd.DataFrame:
    """Close a sweep all of whose runs finished, and return its predictions."""
    splits = [config.split for config in configs]
    closed = close_sweep(
        target, Owner.of_this_process(), splits, "accuracy", len(configs), 1.0, "FINISHED", False, (), configs[0]
    )
    assert (closed.finished, closed.failed, len(closed.top)) == (3, (), 1)
    store = open_store(target.uri)
    folder = fetch_artifacts(store, store.client.get_run(target.parent))
    return pd.read_parquet(folder / "predictions.parquet")


def test_a_result_that_a_kill_cut_off_is_read_from_the_store(target: SweepTarget, configs: list[Train]) -> None:
    worker = Worker(target)
    runs = [worker.run(config) for config in configs]
    (file,) = Path(target.results).iterdir()
    assert [found.run_id for found, _ in read_results(file.parent)] == [run_id for run_id, _ in runs]
    file.write_bytes(file.read_bytes()[:-100])
    assert [found.run_id for found, _ in read_results(file.parent)] == [run_id for run_id, _ in runs[:2]]
    predictions = close(target, configs)
    for run_id, record in runs:
        mine = predictions[predictions["run"] == run_id].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine[list(record.predictions)], record.predictions, check_dtype=False)


def test_a_run_that_was_finished_as_its_process_died_is_not_done_again(
    target: SweepTarget, configs: list[Train]
) -> None:
    worker = Worker(target)
    run_id, record = worker.run(configs[0])
    result = Worker(target).do(Cell(0, configs[0]), pytest.fail, left=run_id)
    assert result.metrics is not None and record.metrics.items() <= result.metrics.items()


def test_a_run_that_was_not_finished_is_killed_and_done_again(target: SweepTarget, configs: list[Train]) -> None:
    started: list[str] = []

    class Died(BaseException): ...

    def die(run_id: str) -> None:
        started.append(run_id)
        raise Died

    with pytest.raises(Died):
        Worker(target).do(Cell(0, configs[0]), die)
    result = Worker(target).do(Cell(0, configs[0]), started.append, left=started[0])
    store = open_store(target.uri)
    assert [get_run(store, run_id).status for run_id in started] == ["KILLED", "FINISHED"]
    record = read_run(store, started[1])
    assert {**record.metrics, **record.timings} == result.metrics


def test_other_machines_keep_nothing_and_nothing_is_missing(target: SweepTarget, configs: list[Train]) -> None:
    elsewhere = Worker(replace(target, results="/nowhere/at all"))
    for config in configs:
        elsewhere.run(config)
    assert not list(Path(target.results).iterdir())
    assert len(set(close(target, configs)["run"]) - {""}) == 3


@pytest.mark.parametrize("uri", [None, "sqlite:////nowhere/mlflow.db"])
def test_a_target_may_come_once_store_and_table_are_ready_or_cannot_be(
    uri: str | None, target: SweepTarget, configs: list[Train]
) -> None:
    mine, theirs = Pipe()
    serving = Thread(target=serve_cells, args=(theirs, None, uri or target.uri, configs[0].dataset))
    serving.start()
    mine.send(target)
    mine.send((Cell(7, configs[0]), None))
    run_id, result = mine.recv(), mine.recv()
    mine.close()
    serving.join(10)
    assert not serving.is_alive()
    assert get_run(open_store(target.uri), run_id).status == "FINISHED"
    assert (result.number, result.error) == (7, "") and result.metrics["accuracy"] > 0.5


@pytest.fixture
def grid(config_of: Callable[..., Any], store_uri: str) -> list[Train]:
    """Return the configs of three values of k and one logistic model, the seed changing fastest."""
    words = [*(f"estimator.n_neighbors={k}" for k in (1, 5, 9)), "estimator=logistic"]
    return [
        config_of(Train, word, f"split.seed={seed}", f"tracking.uri={store_uri}")
        for word, seed in product(words, (0, 1))
    ]


def test_cells_share_a_search_from_a_size_on(grid: list[Train], config_of: Callable[..., Any]) -> None:
    grid = [*grid, config_of(Train, "estimator.n_neighbors=7", "preprocess=standardize")]
    cells = check_cells(load_table(grid[0].dataset), grid)
    left = dict(enumerate(cells.keys))
    assert not find_batches(cells, left)
    first, second = CellBatch(0, (1, 5, 9)), CellBatch(1, (1, 5, 9))
    expected = {0: first, 1: second, 2: first, 3: second, 4: first, 5: second}
    assert find_batches(cells, left, fewest_rows=96) == expected
    assert not find_batches(cells, left, fewest_rows=97)
    assert not find_batches(cells, left, fewest_rows=96, fewest_ks=4)
    del left[2]  # done already
    assert set(find_batches(cells, left, fewest_rows=96)) == {1, 3, 5}


def test_runs_of_a_batch_leave_what_they_leave_alone_and_say_whose_seconds_they_have(
    target: SweepTarget, grid: list[Train]
) -> None:
    table, batch = load_table(grid[0].dataset), CellBatch(0, (1, 5, 9))
    worker, started = Worker(target), list[str]()
    for config in grid[0:6:2]:
        assert worker.do(Cell(0, config, batch), started.append).metrics
    worker.do(Cell(6, grid[6]), started.append)
    worker.do(Cell(1, grid[1], CellBatch(1, (1, 5, 9))), started.append)
    store = open_store(target.uri)
    records = [read_run(store, run_id) for run_id in started]
    for config, record in zip(grid[0:6:2], records, strict=False):
        alone = compute(prepare(config, table), table, None)[0]
        assert record.differences(replace(alone, figure=record.figure)) == []
    assert records[0].timings == records[1].timings == records[2].timings != records[3].timings
    tags = [get_run(store, run_id).tags.get("seedbed.timed_run") for run_id in started]
    assert tags == [None, started[0], started[0], None, None]


def test_a_batch_is_done_by_one_process(target: SweepTarget, grid: list[Train]) -> None:
    jobs = [Job(number, (), config) for number, config in enumerate(grid)]
    first, second = CellBatch(0, (1, 5, 9)), CellBatch(1, (1, 5, 9))
    opened = OpenSweep(
        target, "", {}, 0, 0, "", "accuracy", {number: (first, second)[number % 2] for number in range(6)}
    )
    cells = opened.list_cells(jobs)
    assert [cell.number for cell in cells] == [0, 2, 4, 1, 3, 5, 6, 7]
    with LocalEngine(2) as engine:
        engine.start(target)
        engine.submit(cells)
        assert {result.number for result in engine.results() if result.metrics} == set(range(8))
    found = [found for found, _ in read_results(Path(target.results))]
    timed = {run.run_id: get_run(open_store(target.uri), run.run_id).tags.get("seedbed.timed_run") for run in found}
    # Of each batch one run alone has seconds of its own; in two processes there would be two.
    own = [run.params["split.seed"] for run in found if not timed[run.run_id] and "estimator.n_neighbors" in run.params]
    assert sorted(own) == [0, 1]
