"""Runs come back as they were written, and the one that a person means is found."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Split, Train
from seedbed.errors import BadInput, NotDone, UnknownName
from seedbed.execution.run import Runner, prepare
from seedbed.records.records import RunRecord
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import (
    fetch_artifact,
    find_incomplete_sweep,
    find_run,
    get_run,
    load_config,
    read_run,
    search_runs,
)
from seedbed.tracking.store import Store
from seedbed.tracking.writer import find_local_folder

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
CASES = Path(__file__).resolve().parents[2] / "cases"


@dataclass(frozen=True, eq=False)
class Recorded:
    """A store with three finished runs (the last two share a name), a failed one, a sweep and an exploration."""

    store: Store
    experiment: str
    ids: list[str]
    records: list[RunRecord]
    failed: str
    sweep: str


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str], runner_on: Callable[..., Runner]
) -> Recorded:
    runner = runner_on(new_store(tmp_path_factory.mktemp("recorded")))
    writer = runner.writer
    sweep = writer.start("2 runs: n_neighbors (2)", {}, Kind.SWEEP)
    children = replace(runner, writer=replace(writer, parent=sweep))
    done = [runner.run(prepare(Train(dataset=IRIS), runner.table))]
    for n_neighbors in (1, 2):
        config = Train(dataset=IRIS, estimator=Estimator(n_neighbors=n_neighbors), split=Split(seed=1))
        done.append(children.run(prepare(config, runner.table, "the same")))
    failed = writer.start("broken", {})
    writer.fail(failed, ValueError("oops"))
    writer.log_metrics(sweep, {"runs": 2.0, "finished": 2.0})
    writer.end(sweep, "FINISHED")
    writer.end(writer.start("exploration", {}, Kind.EXPLORATION), "FINISHED")
    ids, records = zip(*done, strict=True)
    return Recorded(writer.store, writer.experiment_id, list(ids), list(records), failed, sweep)


def test_a_record_reads_back_the_same(recorded: Recorded) -> None:
    for run_id, record in zip(recorded.ids, recorded.records, strict=True):
        again = read_run(recorded.store, run_id)
        assert record.differences(again) == again.differences(record) == []
        assert (again.name, again.candidate, again.timings) == (record.name, record.candidate, record.timings)
        assert again.classes == record.classes
        assert again.predictions.dtypes.tolist()[3:] == record.predictions.dtypes.tolist()[3:]


@pytest.mark.parametrize(
    "case", ["18-punctuation", "19-slashes", "20-long-class", "21-absent-class", "60-underscore", "codes", "missing"]
)
def test_odd_classes_and_nan_read_back_the_same(
    case: str, store_uri: str, runner_on: Callable[..., Runner], write_case: Callable[[str, str], Path]
) -> None:
    rows = {"codes": ["007", "1E3", "1.0"], "missing": ["NA", "nan", ' "quoted", ']}.get(case, [])
    lines = [f"{number},{number % 3},{_quoted(rows[number % 3])}" for number in range(30 if rows else 0)]
    file = write_case("t.csv", "\n".join(["x,y,label", *lines])) if rows else CASES / f"{case}.csv"
    dataset = Dataset(path=str(file), target="label", holdout=0)
    runner = runner_on(store_uri, dataset)
    undefined = False
    for seed in range(4 if case == "21-absent-class" else 1):
        config = Train(dataset=dataset, split=Split(seed=seed, stratify=False))
        run_id, record = runner.run(prepare(config, runner.table))
        undefined |= any(math.isnan(value) for value in record.metrics.values())
        assert record.differences(read_run(runner.writer.store, run_id)) == []
    assert undefined or case != "21-absent-class"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def test_the_config_of_a_run_comes_back(recorded: Recorded) -> None:
    config = load_config(recorded.store, recorded.ids[1])
    assert (config.dataset.name, config.estimator.values["n_neighbors"], config.split.seed) == ("iris", 1, 1)
    assert config.dataset == replace(IRIS, omit="listed")  # nothing is found out again


def test_a_run_whose_files_are_gone_is_named(store_uri: str, runner_on: Callable[..., Runner]) -> None:
    runner = runner_on(store_uri)
    run_id, _ = runner.run(prepare(Train(dataset=IRIS), runner.table))
    folder = find_local_folder(runner.writer.store.client.get_run(run_id).info.artifact_uri)
    assert folder is not None
    (folder / "predictions.csv").unlink()
    assert fetch_artifact(runner.writer.store, run_id, "predictions.csv") is None
    with pytest.raises(NotDone, match=rf"Run {run_id} has lost its file predictions\.csv"):
        read_run(runner.writer.store, run_id)
    shutil.rmtree(folder)
    with pytest.raises(NotDone, match=rf"Run {run_id} has lost its file config\.yaml"):
        load_config(runner.writer.store, run_id)


def test_runs_are_found_by_what_they_are(recorded: Recorded) -> None:
    def ids(**conditions: Any) -> list[str]:
        return [run.run_id for run in search_runs(recorded.store, recorded.experiment, **conditions)]

    assert ids(kind=Kind.RUN, finished=True) == recorded.ids[::-1]
    assert ids(parent=recorded.sweep) == recorded.ids[:0:-1]
    assert ids(kind=Kind.SWEEP) == [recorded.sweep]
    assert recorded.failed in ids(kind=Kind.RUN) and recorded.failed not in ids(finished=True)
    oldest = [run.run_id for run in search_runs(recorded.store, recorded.experiment, kind=Kind.RUN, newest_first=False)]
    assert oldest == [*recorded.ids, recorded.failed]


def test_more_runs_than_a_page_are_all_found(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedbed.tracking.reader._PAGE", 2)
    assert len(list(search_runs(recorded.store, recorded.experiment))) == 6


def test_a_run_is_found_by_id_beginning_name_and_latest(recorded: Recorded) -> None:
    first, *_, last = recorded.ids
    for reference in (first, first[:8], first[:4], "n_neighbors=5 seed=0"):
        assert find_run(recorded.store, "iris", reference).run_id == first
    assert find_run(recorded.store, "iris", "latest").run_id == last
    assert find_run(recorded.store, "iris", recorded.failed[:8]).status == "FAILED"
    for reference in ("latest", recorded.sweep, "2 runs: n_neighbors (2)"):
        assert find_run(recorded.store, "iris", reference, Kind.SWEEP).run_id == recorded.sweep
    found = find_run(recorded.store, "iris", last)
    assert (found.parent, found.kind, found.params["estimator.n_neighbors"]) == (recorded.sweep, "run", 2)
    assert get_run(recorded.store, last) == found


@pytest.mark.parametrize("reference", ["nothing", "", "no", "LATEST"])
def test_an_unknown_run_lists_what_there_is(recorded: Recorded, reference: str) -> None:
    with pytest.raises(UnknownName) as raised:
        find_run(recorded.store, "iris", reference)
    assert str(raised.value).startswith("There is no run ")
    for run_id, name in ((recorded.ids[0], "n_neighbors=5 seed=0"), (recorded.failed, "broken")):
        assert f"{run_id[:8]} ({name})" in str(raised.value)


def test_a_name_of_two_runs_lists_both(recorded: Recorded) -> None:
    with pytest.raises(BadInput, match="^'the same' is ambiguous: it matches the runs ") as raised:
        find_run(recorded.store, "iris", "the same")
    assert all(f"{run_id[:8]} (the same)" in str(raised.value) for run_id in recorded.ids[1:])


def test_a_sweep_is_no_run_and_a_run_no_sweep(recorded: Recorded) -> None:
    with pytest.raises(UnknownName, match="There is no run"):
        find_run(recorded.store, "iris", recorded.sweep)
    with pytest.raises(UnknownName, match="There is no sweep"):
        find_run(recorded.store, "iris", recorded.ids[0], Kind.SWEEP)


def test_nothing_at_all_says_what_makes_one(recorded: Recorded) -> None:
    with pytest.raises(NotDone, match=r"no finished run of other in .*; train\.py with the words for this table"):
        find_run(recorded.store, "other", "latest")
    with pytest.raises(NotDone, match=r"no finished sweep of other in .*; train\.py -m with the words for this table"):
        find_run(recorded.store, "other", "latest", Kind.SWEEP)
    with pytest.raises(UnknownName, match=r"There is no run x; there is none\."):
        find_run(recorded.store, "other", "x")


def test_a_complete_sweep_is_nothing_to_go_on_with(recorded: Recorded) -> None:
    with pytest.raises(NotDone, match="Every sweep is complete"):
        find_incomplete_sweep(recorded.store, "latest")
    assert find_incomplete_sweep(recorded.store, recorded.sweep[:6]).run_id == recorded.sweep
