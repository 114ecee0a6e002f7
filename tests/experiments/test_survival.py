"""A sweep that is killed, interrupted, crowded or starved, for real: afterwards every cell is FINISHED exactly once."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Metric, Param, RunTag

from seedbed.config.candidate import CellKey
from seedbed.tracking.frames import load_results
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import Found, list_experiments, search_runs
from seedbed.tracking.store import open_store

ROOT = Path(__file__).resolve().parents[2]
GRID = ["estimator.n_neighbors=1,3", "split.seed=range(16)"]
CELLS = 32


class Sweep:
    """A multirun in a process group of its own, with a store of its own."""

    def __init__(self, store: Path, *words: str, limit: Callable[[], None] | None = None) -> None:
        self.store = store
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "experiments" / "train.py"), "-m", *words],
            env={**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{store}"},
            cwd=store.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=limit,
        )

    def wait_for_runs(self, count: int) -> None:
        """Wait until that many runs are FINISHED."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.store.exists() and sum(run.status == "FINISHED" for run in runs(self.store)) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"{count} runs did not come: {self.end()}")

    def wait_until_it_stands_still(self) -> None:
        """Wait until no run ends any more."""
        before, now = -1, len(finished_cells(self.store))
        while now > before:
            time.sleep(1)
            before, now = now, len(finished_cells(self.store))
        assert self.process.poll() is None

    def forked(self) -> list[int]:
        """Return the fork server and its children, the server first."""
        return [process for process, words in self.group() if b"multiprocessing.forkserver" in words]

    def group(self) -> list[tuple[int, bytes]]:
        """Return every process of the group that lives, and its words."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    words = (entry / "cmdline").read_bytes()
                    if words and os.getpgid(int(entry.name)) == self.process.pid:
                        found.append((int(entry.name), words))
        return sorted(found)

    def end(self, timeout: float = 120) -> tuple[int, str, str]:
        """Wait for the end and return exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, err


def runs(store: Path) -> list[Found]:
    opened = open_store(f"sqlite:///{store}")
    return list(search_runs(opened, list_experiments(opened), kind=Kind.RUN))


def parents(store: Path) -> list[Found]:
    opened = open_store(f"sqlite:///{store}")
    return list(search_runs(opened, list_experiments(opened), kind=Kind.SWEEP))


def finished_cells(store: Path) -> Counter[CellKey]:
    return Counter(run.cell for run in runs(store) if run.status == "FINISHED")


def assert_whole(store: Path, cells: int = CELLS) -> None:
    done = finished_cells(store)
    assert len(done) == cells
    assert set(done.values()) == {1}
    assert not [run.name for run in (*runs(store), *parents(store)) if run.status == "RUNNING"]
    assert [parent.status for parent in parents(store)] == ["FINISHED"]


Swept = Callable[..., tuple[int, str, str]]


@pytest.fixture
def swept(command: Callable[..., Any]) -> Swept:
    """Return a function that runs a sweep that nobody disturbs, fast: exit code, stdout and stderr."""

    def run(store: Path, *words: str) -> tuple[int, str, str]:
        uri = f"sqlite:///{store}"
        outcome = command("train", "-m", *words, folder=store.parent, environ={"MLFLOW_TRACKING_URI": uri})
        return outcome.code, outcome.out, outcome.err

    return run


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    open_store(f"sqlite:///{file}", create=True)
    return file


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Path]:
    path = tmp_path / "mlflow.db"
    path.write_bytes(migrated.read_bytes())
    yield path


def test_a_killed_sweep_is_resumed_and_repeats_nothing(store: Path, swept: Swept) -> None:
    sweep = Sweep(store, *GRID)
    sweep.wait_for_runs(6)
    os.kill(sweep.process.pid, signal.SIGKILL)
    sweep.end()
    time.sleep(1)
    before = {run.run_id for run in runs(store) if run.status == "FINISHED"}
    assert 0 < len(before) < CELLS
    code, out, err = swept(store, "resume=latest", f"tracking.uri=sqlite:///{store}")
    assert code == 0, err
    assert f"{len(before)} done already" in err
    assert before <= {run.run_id for run in runs(store) if run.status == "FINISHED"}
    assert_whole(store)


def test_a_sweep_that_lives_is_not_taken_over(store: Path, swept: Swept) -> None:
    sweep = Sweep(store, "estimator.n_neighbors=1,3", "split.seed=range(1500)", "hydra.launcher.n_jobs=1")
    sweep.wait_for_runs(3)
    name = parents(store)[0].run_id[:8]
    for words in (["resume=latest"], [f"resume={name}", "split.seed=range(17)", "force=true"]):
        code, out, err = swept(store, *words)
        assert (code, out) == (1, "")
        assert len(err.splitlines()) == 1
        assert f"The sweep {name} " in err and f"is being run by process {sweep.process.pid} on " in err
    assert sweep.process.poll() is None
    os.killpg(sweep.process.pid, signal.SIGINT)
    assert sweep.end()[0] == 130
    assert set(finished_cells(store).values()) == {1}
    assert parents(store)[0].metrics["runs"] == 3000


def test_of_several_runs_of_one_cell_closing_keeps_the_first_that_ended(store: Path, swept: Swept) -> None:
    assert swept(store, "estimator.n_neighbors=1,3", "split.seed=range(2)")[0] == 0
    opened, parent = open_store(f"sqlite:///{store}"), parents(store)[0]
    first = runs(store)[0]
    # As two drivers of an earlier version left it, both of which had finished this cell.
    tags = [RunTag(key, first.tags[key]) for key in ("seedbed.candidate", "seedbed.kind", "mlflow.parentRunId")]
    client = opened.client
    twin = client.create_run(first.experiment, start_time=first.start - 1, run_name=first.name).info.run_id
    params, metrics = client.get_run(first.run_id).data.params, client.get_run(first.run_id).data.metrics
    client.log_batch(
        twin,
        tags=tags,
        params=[Param(*item) for item in params.items()],
        metrics=[Metric(key, value, 0, 0) for key, value in metrics.items()],
    )
    client.set_terminated(twin, end_time=(first.end or 0) + 1)
    read = load_results(parent.run_id, None, opened.uri)
    assert len(read) == 4 and twin not in set(read["run"])
    code, _, err = swept(store, f"resume={parent.run_id[:8]}", "split.seed=range(3)")
    assert code == 0, err
    assert_whole(store, cells=6)
    closed = next(run for run in runs(store) if run.run_id == twin)
    assert (closed.status, closed.tags["seedbed.duplicate"]) == ("KILLED", first.run_id)


def test_a_killed_worker_is_replaced_and_a_killed_fork_server_makes_no_run_happen_twice(store: Path) -> None:
    sweep = Sweep(store, *GRID, "hydra.launcher.n_jobs=2")
    sweep.wait_for_runs(4)
    server, *_, worker = sweep.forked()
    os.kill(worker, signal.SIGKILL)
    sweep.wait_for_runs(12)
    assert sweep.forked()[0] == server
    os.kill(server, signal.SIGKILL)
    code, _, err = sweep.end()
    assert code == 0, err
    assert_whole(store)


@pytest.mark.slow
def test_a_fork_server_killed_while_it_starts_a_worker_is_replaced(store: Path) -> None:
    sweep = Sweep(store, "estimator.n_neighbors=1,3", f"split.seed=range({2 * CELLS})", "hydra.launcher.n_jobs=2")
    sweep.wait_for_runs(4)
    server, *_, worker = sweep.forked()
    os.kill(server, signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    sweep.wait_until_it_stands_still()  # who hands out the runs waits for the server
    os.kill(server, signal.SIGKILL)
    code, _, err = sweep.end()
    assert code == 0, err
    assert_whole(store, 4 * CELLS)


@pytest.mark.parametrize(
    "launcher", ["seedbed", *(pytest.param(name, marks=pytest.mark.slow) for name in ("joblib", "basic"))]
)
def test_ctrl_c_closes_every_run_and_says_how_to_continue(store: Path, launcher: str, swept: Swept) -> None:
    sweep = Sweep(store, *GRID, f"hydra/launcher={launcher}")
    # A process of loky's that is only starting tells of an interrupt with a traceback of Python's own.
    sweep.wait_for_runs(10 if launcher == "joblib" else 3)
    os.killpg(sweep.process.pid, signal.SIGINT)
    code, _, err = sweep.end(timeout=30)
    assert code == 130
    assert "Traceback" not in err
    parent = parents(store)[0]
    assert parent.status == "KILLED"
    assert f"python experiments/train.py -m resume={parent.run_id[:8]}" in err
    time.sleep(2)
    assert not sweep.group()
    assert not [run.name for run in runs(store) if run.status == "RUNNING"]
    code, _, err = swept(store, "resume=latest")
    assert code == 0, err
    assert_whole(store)


def test_a_sweep_is_widened_without_repeating_its_runs(store: Path, swept: Swept) -> None:
    assert swept(store, "estimator.n_neighbors=1,3", "split.seed=range(4)")[0] == 0
    before = {run.run_id for run in runs(store)}
    name = parents(store)[0].run_id[:8]
    code, _, err = swept(store, f"resume={name}", "estimator.n_neighbors=1,3,5", "split.seed=range(6)")
    assert code == 0, err
    assert before <= {run.run_id for run in runs(store)}
    assert_whole(store, cells=18)
    assert parents(store)[0].metrics["finished"] == 18


@pytest.mark.slow
def test_two_sweeps_on_a_store_that_is_not_there_yet_both_complete(tmp_path: Path) -> None:
    store = tmp_path / "new" / "mlflow.db"
    store.parent.mkdir()
    words = ["estimator.n_neighbors=1,3", "split.seed=range(6)"]
    sweeps = [Sweep(store, *words), Sweep(store, *words)]
    for sweep in sweeps:
        code, _, err = sweep.end()
        assert code == 0, err
    assert Counter(finished_cells(store).values()) == {2: 12}
    assert [parent.status for parent in parents(store)] == ["FINISHED", "FINISHED"]


def test_a_full_disk_is_one_sentence_and_resume_completes(store: Path, swept: Swept) -> None:
    size = store.stat().st_size + 60_000
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # noqa: E731
    code, _, err = Sweep(store, *GRID, limit=limit).end()
    assert code == 1
    assert "Traceback" not in err
    assert "Could not write to the MLflow store or the disk: " in err.splitlines()[-1]
    assert "resume=" in err.splitlines()[-1]
    code, _, err = swept(store, "resume=latest")
    assert code == 0, err
    assert_whole(store)


def test_failures_are_recorded_and_the_rest_goes_on(store: Path, swept: Swept) -> None:
    words = ["estimator.metric=euclidean,haversine", "estimator.n_neighbors=3", "split.seed=range(3)"]
    code, out, err = swept(store, *words)
    assert code == 1
    assert "3 runs FINISHED, 3 FAILED" in out
    assert "metric=haversine seed=1" in err and "only valid in 2 dimensions" in err
    failed = [run for run in runs(store) if run.status == "FAILED"]
    assert {run.params["estimator.metric"] for run in failed} == {"haversine"}
    assert all("only valid in 2 dimensions" in run.tags["seedbed.error"] for run in failed)
    assert [parent.status for parent in parents(store)] == ["FINISHED"]


def test_too_many_failures_stop_a_sweep(store: Path, swept: Swept) -> None:
    words = [
        "estimator.metric=haversine,euclidean",
        "estimator.n_neighbors=3",
        "split.seed=range(20)",
        "max_failures=2",
    ]
    code, _, err = swept(store, *words)
    assert code == 1
    assert "Stopped: 3 runs failed, more than max_failures=2" in err
    assert [parent.status for parent in parents(store)] == ["FAILED"]
    assert sum(run.status == "FINISHED" for run in runs(store)) < 20


def test_changed_data_is_not_resumed_unless_forced(store: Path, swept: Swept) -> None:
    table = store.parent / "leaves.csv"
    rows = [f"{place},{place % 7},{'elm' if place % 2 else 'oak'}" for place in range(40)]
    table.write_text("\n".join(["length,width,label", *rows]))
    words = ["dataset=csv", f"dataset.path={table}", "dataset.target=label", "estimator.n_neighbors=1,3"]
    assert swept(store, *words, "split.seed=range(2)")[0] == 0
    moved = table.with_name("moved.csv")
    table.rename(moved)
    name = parents(store)[0].run_id[:8]
    wider = [f"resume={name}", "split.seed=range(3)", "dataset.name=leaves"]
    code, _, err = swept(store, *wider, f"dataset.path={moved}")
    assert code == 0, err
    code, _, err = swept(store, f"resume={name}", "dataset.name=other")
    assert code == 2 and f"The sweep {name} is of the table leaves, not of other" in err
    moved.write_text(moved.read_text().replace("0,0,oak", "0,1,oak"))
    code, _, err = swept(store, *wider, f"dataset.path={moved}", "split.seed=range(4)")
    assert code == 1
    assert "changed (digest" in err and "force=true" in err and len(err.splitlines()) == 1
    code, _, err = swept(store, *wider, f"dataset.path={moved}", "split.seed=range(4)", "force=true")
    assert code == 0, err


def test_a_dry_run_writes_nothing(tmp_path: Path, swept: Swept) -> None:
    store = tmp_path / "mlflow.db"
    code, out, err = swept(store, *GRID, "dry_run=true")
    assert code == 0, err
    assert "32 runs to do, 0 done" in out
    assert "First: n_neighbors=1 seed=0. Last: n_neighbors=3 seed=15." in out
    code, out, err = swept(store, "estimator.n_neighbors=3", "split.seed=0", "dry_run=true", "output=json")
    assert (code, json.loads(out)["runs"], json.loads(out)["last"]) == (0, 1, "n_neighbors=3 seed=0")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("trial", range(20))
def test_a_kill_at_any_moment_loses_nothing(store: Path, trial: int, swept: Swept) -> None:
    moment = random.Random(trial)
    sweep = Sweep(store, *GRID)
    time.sleep(moment.uniform(0.5, 12))
    victims = [sweep.process.pid, *sweep.forked()]
    with suppress(ProcessLookupError):
        os.kill(moment.choice(victims), moment.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]))
    sweep.end()
    time.sleep(1)
    if parents(store) and parents(store)[0].status != "FINISHED":
        code, _, err = swept(store, "resume=latest")
        assert code == 0, err
    if parents(store):
        assert_whole(store)
