"""Sweeps where machine, shell or MLflow's settings are unlike ours: all is recorded, or one sentence says why."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedbed.execution.engines.local import LocalEngine
from seedbed.tracking.frames import load_results
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import Found, find_incomplete_sweep, list_experiments, search_runs
from seedbed.tracking.store import Store, open_store

ROOT = Path(__file__).resolve().parents[2]
GRID = ("estimator.n_neighbors=1,3", "split.seed=0,1")


def find(store: Store, kind: Kind) -> list[Found]:
    return list(search_runs(store, list_experiments(store), kind=kind))


@pytest.fixture
def sweep(command: Any, store_uri: str) -> Callable[..., Any]:
    """Return a function that runs a small sweep, with more words, in an environment."""

    def run(*words: str, environ: dict[str, str] | None = None) -> Any:
        return command("train", "-m", *words, f"tracking.uri={store_uri}", environ=environ)

    return run


def test_every_tag_is_kept_if_mlflow_is_to_log_some_time(sweep: Any, store_uri: str) -> None:
    late = {"MLFLOW_ENABLE_ASYNC_LOGGING": "true", "MLFLOW_ASYNC_LOGGING_BUFFERING_SECONDS": "5"}
    words = ("estimator.metric=euclidean,haversine", "estimator.n_neighbors=3", "split.seed=0,1")
    assert sweep(*words, environ=late).code == 1
    store = open_store(store_uri)
    (parent,) = find(store, Kind.SWEEP)
    assert {Tags.DIGEST, Tags.CODE, Tags.COPY} <= parent.tags.keys() and parent.metrics["finished"] == 2
    for run in find(store, Kind.RUN):
        assert run.params["estimator.n_neighbors"] == 3
        assert Tags.ERROR in run.tags if run.status == "FAILED" else run.metrics["accuracy"] > 0.8


def test_a_sweep_is_resumed_under_the_name_that_its_experiment_has_by_now(sweep: Any, store_uri: str) -> None:
    assert sweep(*GRID).code == 0
    store = open_store(store_uri)
    (parent,) = find(store, Kind.SWEEP)
    store.client.rename_experiment(parent.experiment, "flowers")
    outcome = sweep(f"resume={parent.run_id[:8]}", "split.seed=range(3)")
    assert outcome.code == 0, outcome.err
    assert "4 done already" in outcome.err
    assert {run.experiment for run in find(store, Kind.RUN)} == {parent.experiment}
    assert store.client.get_experiment_by_name("iris") is None


def test_runs_that_were_deleted_are_done_again_and_count_once_if_they_come_back(sweep: Any, store_uri: str) -> None:
    assert sweep(*GRID).code == 0
    store = open_store(store_uri)
    (parent,), (deleted, *_) = find(store, Kind.SWEEP), find(store, Kind.RUN)
    store.client.delete_run(deleted.run_id)
    assert find_incomplete_sweep(store, "latest").run_id == parent.run_id
    assert sweep("resume=latest").code == 0
    assert find(store, Kind.SWEEP)[0].metrics["finished"] == 4
    store.client.restore_run(deleted.run_id)
    results = load_results("latest", None, store_uri)
    assert len(results) == 4 and deleted.run_id in set(results["run"])
    assert "Every sweep is complete" in sweep("resume=latest").sentence


def test_a_sweep_goes_on_in_the_store_where_it_is_found(command: Any, store_uri: str, tmp_path: Path) -> None:
    words = ("-m", *GRID, "tracking.uri='${oc.env:STORE}'")
    assert command("train", *words, environ={"STORE": store_uri}).code == 0
    store = open_store(store_uri)
    store.client.delete_run(find(store, Kind.RUN)[0].run_id)
    for elsewhere in ({"STORE": f"sqlite:///{tmp_path}/other.db"}, {}):
        outcome = command("train", "-m", "resume=latest", environ={"MLFLOW_TRACKING_URI": store_uri, **elsewhere})
        assert outcome.code == 0, outcome.err
        store.client.delete_run(find(store, Kind.RUN)[0].run_id)
    assert not (tmp_path / "other.db").exists()


def test_a_sweep_goes_on_without_the_file_that_named_its_store(command: Any, store_uri: str, tmp_path: Path) -> None:
    (tmp_path / "tracking").mkdir()
    (tmp_path / "tracking" / "team.yaml").write_text(f"uri: {store_uri}\n")
    outcome = command("train", "-m", "--config-dir", str(tmp_path), *GRID, "tracking=team")
    assert outcome.code == 0, outcome.err
    store = open_store(store_uri)
    store.client.delete_run(find(store, Kind.RUN)[0].run_id)
    resumed = command("train", "-m", "resume=latest", f"tracking.uri={store_uri}")
    assert resumed.code == 0, resumed.err
    assert len(find(store, Kind.RUN)) == 4


def test_compare_tells_of_a_newer_sweep_that_did_not_end(sweep: Any, command: Any, store_uri: str) -> None:
    for grid in (GRID, ("estimator.n_neighbors=5", "split.seed=0")):
        assert sweep(*grid).code == 0
    store = open_store(store_uri)
    newer, older = find(store, Kind.SWEEP)
    store.client.set_terminated(newer.run_id, "KILLED")
    outcome = command("compare", f"tracking.uri={store_uri}")
    resume = f"`python experiments/train.py -m resume={newer.run_id[:8]} tracking.uri={store_uri}`"
    name = f"The newer sweep {newer.run_id[:8]} ({newer.name}) is KILLED"
    assert outcome.err.splitlines()[0] == f"{name}, and {resume} completes it; here is the newest finished one."
    assert outcome.code == 0 and older.run_id[:8] in outcome.out


def test_a_sweep_that_cannot_be_opened_is_not_left_running(sweep: Any, store_uri: str, tmp_path: Path) -> None:
    """MLflow takes a schema of a megabyte."""
    wide, names = tmp_path / "wide.csv", [f"{'x' * 900}_{number}" for number in range(1_200)]
    rows = [",".join([*map(str, range(row, row + len(names))), "ab"[row % 2]]) for row in range(40)]
    wide.write_text("\n".join([",".join([*names, "label"]), *rows]))
    words = ("dataset=csv", f"dataset.path={wide}", "dataset.target=label", "estimator.n_neighbors=1", "split.seed=0")
    outcome = sweep(*words)
    assert outcome.code == 1
    assert "schema" in outcome.sentence
    assert [parent.status for parent in find(open_store(store_uri), Kind.SWEEP)] == ["FAILED"]


def test_by_default_there_are_as_many_workers_as_cores_that_may_be_used() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert LocalEngine().workers == LocalEngine(-1).workers == 1
    finally:
        os.sched_setaffinity(0, before)
    assert LocalEngine(3).workers == 3


@pytest.mark.slow
def test_a_long_folder_for_temporary_files_ends_no_sweep(real_command: Any, store_uri: str, tmp_path: Path) -> None:
    long = tmp_path / ("folder" * 20)
    long.mkdir()
    words = ("-m", "estimator.n_neighbors=1", "split.seed=0", f"tracking.uri={store_uri}")
    outcome = real_command("train", *words, environ={"TMPDIR": str(long)})
    assert outcome.code == 0, outcome.err


@pytest.mark.slow
def test_a_sweep_runs_in_a_debugger(real_command: Any, store_uri: str) -> None:
    words = ("-m", "estimator.n_neighbors=1", "split.seed=0", f"tracking.uri={store_uri}", "output=json")
    outcome = real_command("train", *words, python=("-m", "pdb", "-c", "continue", "-c", "quit"))
    assert "Traceback" not in outcome.err + outcome.out
    assert '"finished": 1' in outcome.out
