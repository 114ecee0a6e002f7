"""What a worker leaves for closing its sweep, and what becomes of a cell over which a process died."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from seedbed.config.schema import Train
from seedbed.execution.engines.engine import Cell, SweepTarget
from seedbed.execution.engines.worker import Worker, read_results
from seedbed.execution.sweep.lifecycle import close_sweep, open_sweep
from seedbed.execution.sweep.messages import Job, SweepRequest
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
