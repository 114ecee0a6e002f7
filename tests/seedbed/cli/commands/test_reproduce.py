"""`reproduce`: a recorded run done again, identical or not, and what changed since."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from mlflow import MlflowClient

from seedbed.cli.commands.reproduce import NotIdentical, Reproduced, reproduce
from seedbed.cli.commands.train import train
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Reproduce, Split, Tracking, Train
from seedbed.data.table import load_table
from seedbed.errors import BadInput, NotDone, UnknownName
from seedbed.execution.run import Runner, prepare
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import load_config, search_runs
from seedbed.tracking.store import ensure_experiment, open_store
from seedbed.tracking.table_copies import find_copy
from seedbed.tracking.writer import fetch_model, find_local_folder

CASES = Path(__file__).resolve().parents[3] / "cases"
IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
TABLE = "x,y,label\n" + "".join(f"{2 * row},{row % 7},{'odd' if row % 2 else 'even'}\n" for row in range(40))


def again(uri: str, run: str = "latest", dataset: Dataset = IRIS) -> Reproduced:
    return reproduce(Reproduce(dataset=dataset, tracking=Tracking(uri), run=run))


# A store of an earlier version


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, old_store: Callable[[Path], str]) -> str:
    return old_store(tmp_path_factory.mktemp("old"))


def test_every_run_of_an_earlier_version_is_identical(old: str) -> None:
    store = open_store(old)
    runs = list(search_runs(store, ensure_experiment(store, "iris"), kind=Kind.RUN, finished=True))
    assert len(runs) == 7 and {run.params["dataset.holdout"] for run in runs} == {0, 0.2}
    for run in runs:
        done = again(old, run.run_id)
        assert done.done.differences == ()
        config = load_config(store, run.run_id)
        assert prepare(config, load_table(config.dataset)).candidate == run.tags[Tags.CANDIDATE]
        rows = run.metrics["n_test"]
        assert done.done.compared == f"18 metrics, {rows:.0f} predictions, the model's answers to 150 rows"


def test_a_table_that_is_gone_without_a_copy_is_told(old: str) -> None:
    done = again(old, dataset=Dataset(name="gone"))
    (why,) = done.done.differences
    assert re.search(r"^The table .*gone\.csv is gone, and no copy of it was kept", why)
    assert "cannot be compared" in done.summary()
    with pytest.raises(NotIdentical, match="was not reproduced"):
        done.require_identical()


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("FAILED", NotDone, r"is FAILED \(ValueError: Haversine .*\); only a FINISHED run can be done again"),
        ("sweep", BadInput, r"is of kind sweep and fitted nothing itself; name a run: run=ID"),
        ("promotion", BadInput, r"refitted a model on all rows and tested nothing; .* one of the sweep [0-9a-f]{32}"),
        ("nothing", UnknownName, r"There is no run nothing; there is "),
    ],
)
def test_what_cannot_be_done_again_is_named(old: str, what: str, error: type[Exception], words: str) -> None:
    store = open_store(old)
    runs = search_runs(store, ensure_experiment(store, "iris"))
    named = next((run.run_id for run in runs if what in (run.status, run.kind)), what)
    with pytest.raises(error, match=words):
        again(old, named)


def test_the_command_says_it_by_its_exit_code_too(old: str, command: Callable[..., Any]) -> None:
    environ = {"MLFLOW_TRACKING_URI": old}
    done = command("reproduce", "run=latest", "output=json", environ=environ)
    assert (done.code, done.err) == (0, f"Table iris, store {old}.\n")
    assert json.loads(done.out)["identical"] is True
    gone = command("reproduce", "dataset.name=gone", environ=environ)
    assert gone.code == 1 and "cannot be compared" in gone.out
    assert gone.err.endswith("was not reproduced.\n") and len(gone.err.splitlines()) == 2


# Something changed


@dataclass(frozen=True, eq=False)
class Recorded:
    """One run on Iris and where its files lie."""

    uri: str
    run_id: str
    files: Path
    model: Path

    def again(self) -> Reproduced:
        return again(self.uri, self.run_id)

    def tag(self, key: str, value: str) -> None:
        MlflowClient(self.uri).set_tag(self.run_id, key, value)


@pytest.fixture
def recorded(store_uri: str, runner_on: Callable[..., Runner]) -> Recorded:
    return record(runner_on(store_uri), Train(dataset=IRIS))


def record(runner: Runner, config: Train, name: str | None = None) -> Recorded:
    run_id, _ = runner.run(prepare(config, runner.table, name))
    store = runner.writer.store
    files, model = find_local_folder(store.client.get_run(run_id).info.artifact_uri), fetch_model(store, run_id)
    assert files is not None and model is not None
    return Recorded(store.uri, run_id, files, model)


def test_other_numbers_are_not_identical(recorded: Recorded) -> None:
    file = recorded.files / "predictions.csv"
    file.write_text(file.read_text().replace("Setosa,Setosa", "Setosa,Virginica", 1))
    MlflowClient(recorded.uri).log_metric(recorded.run_id, "accuracy", 0.125)
    done = recorded.again()
    assert done.done.differences == (
        "metric accuracy: 0.125 and 0.9166666666666666",
        "the predictions differ in prediction",
    )
    assert "not identical; as recorded and as it is now:\n  metric accuracy: 0.125" in done.summary()
    document = json.loads(replace(done, output="json").summary())
    assert (document["identical"], document["differences"]) == (False, list(done.done.differences))


def test_another_model_is_not_identical(recorded: Recorded, runner_on: Callable[..., Runner]) -> None:
    other = record(runner_on(recorded.uri), Train(dataset=IRIS, estimator=Estimator(n_neighbors=1)))
    shutil.copy(other.model / "model.skops", recorded.model / "model.skops")
    differences = recorded.again().done.differences
    assert differences and all(words.startswith("the answers of the recorded model and") for words in differences)
    (recorded.model / "model.skops").write_bytes(b"no model")
    (words,) = recorded.again().done.differences
    assert words.startswith("the recorded model cannot be used: ")


def test_a_model_that_is_gone_is_said_and_the_rest_compared(recorded: Recorded) -> None:
    shutil.rmtree(recorded.model)
    done = recorded.again()
    assert done.identical and done.done.compared == "18 metrics, 24 predictions"
    assert done.done.changes[-1] == "Its model is gone, or was not kept, so only metrics and predictions were compared."


def test_other_versions_are_named_and_identical_stays_identical(recorded: Recorded) -> None:
    required = recorded.model / "requirements.txt"
    required.write_text(required.read_text().replace("numpy==", "numpy==1."))
    done = recorded.again()
    assert done.identical and any(words.startswith("The versions differ: numpy 1.") for words in done.done.changes)
    required.write_text("")
    recorded.tag(Tags.FINGERPRINT, "0" * 32)
    assert any("in a package that the run does not name; now there is numpy " in line for line in changes(recorded))


def test_other_code_is_named_with_its_commit_and_patch(recorded: Recorded) -> None:
    recorded.tag(Tags.COMMIT, "c0ffee" * 6 + "cafe")
    recorded.tag(Tags.DIRTY, "true")
    assert code(recorded).startswith(
        "The code differs: recorded at commit c0ffeec0ffee with uncommitted changes that were not kept, now at "
    )
    (recorded.files / "uncommitted.patch").write_text("")
    assert f"changes (uncommitted.patch of run {recorded.run_id[:8]}), now" in code(recorded)
    recorded.tag(Tags.CODE, "0" * 16)
    assert recorded.again().identical and code(recorded).startswith("The code differs")


def changes(recorded: Recorded) -> tuple[str, ...]:
    return recorded.again().done.changes


def code(recorded: Recorded) -> str:
    return next(words for words in changes(recorded) if words.startswith("The code"))


def test_a_config_of_a_later_version_is_one_sentence(recorded: Recorded) -> None:
    file = recorded.files / "config.yaml"
    whole = file.read_text()
    for text in (f"{whole}moon: 1\n", whole.replace("  stratify: true", "  stratify: true\n  moon: 1")):
        file.write_text(text)
        with pytest.raises(
            NotDone, match=r"config\.yaml of run .* is of another version .*: There is no key (split\.)?moon"
        ):
            recorded.again()
    file.write_text(whole.replace("n_neighbors: 5", "n_neighbors: five"))
    with pytest.raises(BadInput, match=r"^estimator\.n_neighbors=five is not valid"):
        recorded.again()
    for text in ("- a\n", "a: ["):
        file.write_text(text)
        with pytest.raises(NotDone, match=r"config\.yaml of run .* is of another version of Seedbed"):
            recorded.again()


def test_a_run_that_seedbed_did_not_make_is_named(recorded: Recorded) -> None:
    client = MlflowClient(recorded.uri)
    other = client.create_run(client.get_run(recorded.run_id).info.experiment_id, run_name="by hand")
    with pytest.raises(BadInput, match=r"^by hand \(run [0-9a-f]{8}\) was not made by Seedbed"):
        again(recorded.uri, other.info.run_id)


def test_what_a_promotion_ran_on_the_same_splits_is_done_again(
    store_uri: str, runner_on: Callable[..., Runner]
) -> None:
    runner = replace(runner_on(store_uri), kind=Kind.PROMOTION)
    assert record(runner, Train(dataset=IRIS, split=Split(seed=4))).again().identical


# The table changed, or is gone


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve the test's folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("remote", [False, True])
def test_a_table_that_changed_is_told_from_one_that_is_gone_and_its_copy_is_used(
    remote: bool, store_uri: str, tmp_path: Path, address: str
) -> None:
    file = tmp_path / "t.csv"
    file.write_text(TABLE)
    dataset = Dataset(path=f"{address}/t.csv" if remote else str(file), target="label", name="t")
    run = train(Train(dataset=dataset, tracking=Tracking(store_uri))).run_id
    assert again(store_uri, run, dataset).identical
    for text, words in (
        (TABLE.replace("2,1,odd", "2.5,1,odd"), r"t\.csv has changed \(digest .{8}, now .{8}\)"),
        (TABLE.replace("label", "kind"), r"has changed and cannot be read any more \(There is no column"),
        ("", r"has changed and cannot be read any more \("),
        (None, r"t\.csv is gone" + (r" or out of reach \(File not found\)" if remote else "; compared")),
    ):
        file.write_text(text) if text is not None else file.unlink()
        done = again(store_uri, run, dataset)
        assert done.identical and done.done.compared.endswith("the model's answers to 40 rows")
        assert re.search(words, done.done.changes[0])
        assert done.done.changes[0].endswith("; compared on the copy that was kept of it.")


def test_without_a_copy_a_changed_table_cannot_be_compared(store_uri: str, tmp_path: Path) -> None:
    dataset = Dataset(path=str(tmp_path / "t.csv"), target="label", name="t")
    (tmp_path / "t.csv").write_text(TABLE)
    train(Train(dataset=dataset, tracking=Tracking(store_uri, keep_data=False)))
    (tmp_path / "t.csv").write_text(TABLE.replace("2,1,odd", "2.5,1,odd"))
    done = again(store_uri, dataset=dataset)
    assert not done.identical and "has changed" in done.done.differences[0]


def test_a_copy_that_somebody_changed_is_not_trusted(store_uri: str, tmp_path: Path) -> None:
    dataset = Dataset(path=str(tmp_path / "t.csv"), target="label", name="t")
    (tmp_path / "t.csv").write_text(TABLE)
    done = train(Train(dataset=dataset, tracking=Tracking(store_uri)))
    store = open_store(store_uri)
    folder = find_local_folder(store.client.get_run(done.run_id).info.artifact_uri)
    text = find_copy(store, done.experiment, done.record.dataset.digest)
    assert folder is not None and text is not None
    text.assign(y=text["x"]).to_parquet(folder / "table.parquet")
    (tmp_path / "t.csv").unlink()
    assert "the copy kept of it was changed too" in again(store_uri, dataset=dataset).done.differences[0]
