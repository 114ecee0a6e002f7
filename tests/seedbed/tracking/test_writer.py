"""What a run leaves in MLflow, asked of MLflow itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from seedbed.config.candidate import format_params
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Split, Train
from seedbed.execution.run import Runner, prepare
from seedbed.records.records import RunRecord
from seedbed.tracking import model_files
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.provenance import NO_GIT, Provenance, compute_code_digest, read_provenance
from seedbed.tracking.writer import RunWriter, fetch_model, find_local_folder

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
BASE = Train(dataset=IRIS)
CASES = Path(__file__).resolve().parents[2] / "cases"


@dataclass(frozen=True, eq=False)
class Done:
    """A run that was written, and what MLflow says of it."""

    uri: str
    client: MlflowClient
    run: Run
    record: RunRecord
    runner: Runner

    @property
    def files(self) -> Path:
        folder = find_local_folder(self.run.info.artifact_uri)
        assert folder is not None
        return folder


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str], runner_on: Callable[..., Runner]
) -> Done:
    uri = new_store(tmp_path_factory.mktemp("größe #1 (copy)"))
    runner = runner_on(uri)
    run_id, record = runner.run(prepare(BASE, runner.table))
    client = MlflowClient(uri, uri)
    return Done(uri, client, client.get_run(run_id), record, runner)


def test_it_is_a_finished_run_of_its_experiment_with_its_name(done: Done) -> None:
    assert (done.run.info.status, done.run.info.run_name) == ("FINISHED", "n_neighbors=5 seed=0")
    assert done.client.get_experiment(done.run.info.experiment_id).name == "iris"
    assert 0 < done.run.info.end_time - done.run.info.start_time < 60_000


def test_params_and_metrics_are_the_records(done: Done) -> None:
    assert done.run.data.params == format_params(done.record.params)
    assert done.run.data.metrics == {**done.record.metrics, **done.record.timings}


def test_the_tags_say_kind_code_and_identity(done: Done) -> None:
    tags = {key: value for key, value in done.run.data.tags.items() if key.startswith(("seedbed.", "mlflow.source"))}
    made_by = read_provenance()
    assert tags.pop("mlflow.source.git.commit", NO_GIT) == made_by.commit
    assert tags == {
        "seedbed.kind": "run",
        "seedbed.git_dirty": made_by.dirty,
        "seedbed.candidate": done.record.candidate,
        "seedbed.fingerprint": done.record.fingerprint,
    }


def test_the_table_is_its_input(done: Done) -> None:
    (given,) = done.run.inputs.dataset_inputs
    dataset = given.dataset
    assert (dataset.name, dataset.digest) == ("iris", done.record.dataset.digest)
    assert json.loads(dataset.source) == {"uri": "seedbed/data/iris.csv"}
    columns = {column["name"]: column["type"] for column in json.loads(dataset.schema)["mlflow_colspec"]}
    assert columns == done.record.dataset.columns
    assert [(tag.key, tag.value) for tag in given.tags] == [("mlflow.data.context", "training")]


def test_its_artifacts_lie_beside_the_store(done: Done) -> None:
    assert {file.name for file in done.files.iterdir()} == {
        "confusion_matrix.png",
        "classification_report.json",
        "predictions.csv",
        "config.yaml",
    }
    assert {file.path for file in done.client.list_artifacts(done.run.info.run_id)} == {
        file.name for file in done.files.iterdir()
    }
    store = Path(done.uri.removeprefix("sqlite:///")).parent
    assert store / "artifacts" / "iris" in done.files.parents
    assert (done.files / "confusion_matrix.png").read_bytes() == done.record.figure
    assert (
        json.loads((done.files / "classification_report.json").read_text())["accuracy"]
        == (done.record.metrics["accuracy"])
    )


def test_the_predictions_are_a_row_each_with_every_digit(done: Done) -> None:
    table = pd.read_csv(done.files / "predictions.csv")
    pd.testing.assert_frame_equal(table, done.record.predictions, check_dtype=False, check_exact=True)


def test_its_model_is_a_logged_model_that_leads_back_to_it(done: Done) -> None:
    (output,) = done.run.outputs.model_outputs
    logged = done.client.get_logged_model(output.model_id)
    assert (logged.name, logged.status.value, logged.source_run_id) == ("model", "READY", done.run.info.run_id)
    assert logged.params == format_params(done.record.params)
    folder = fetch_model(done.runner.writer.store, done.run.info.run_id)
    assert folder is not None and model_files.read(folder).n_neighbors == 5
    found = mlflow.models.Model.load(str(folder))
    assert (found.run_id, found.model_id) == (done.run.info.run_id, output.model_id)


@pytest.mark.filterwarnings("error")
def test_mlflow_finds_and_loads_it_by_its_address(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", done.uri)
    mlflow.set_tracking_uri(done.uri)
    (output,) = done.run.outputs.model_outputs
    for address in (f"models:/{output.model_id}", f"runs:/{done.run.info.run_id}/model"):
        model = mlflow.pyfunc.load_model(address)
        assert list(model.predict(done.runner.table.features.head(2))) == ["Setosa", "Setosa"]


def test_an_active_run_or_one_in_the_environment_changes_nothing(
    store_uri: str, runner_on: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = runner_on(store_uri)
    client = MlflowClient(store_uri)
    theirs = client.create_run(runner.writer.experiment_id).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", theirs)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "another")
    mlflow.set_tracking_uri(store_uri)
    with mlflow.start_run(run_id=theirs):
        mine, _ = runner.run(prepare(BASE, runner.table))
    run = client.get_run(theirs)
    assert mine != theirs and run.data.metrics == run.data.params == {} and run.outputs.model_outputs == []
    assert client.get_run(mine).info.experiment_id == runner.writer.experiment_id
    assert client.get_experiment_by_name("another") is None


def written(runner: Runner, record: RunRecord) -> Run:
    fitted = model_files.read(fetch_model(runner.writer.store, runner.run(prepare(BASE, runner.table))[0]))  # type: ignore[arg-type]
    run_id = runner.writer.start("odd", {})
    runner.writer.finish(run_id, record, fitted, runner.folders)
    return runner.writer.store.client.get_run(run_id)


def test_nan_is_kept_and_infinity_is_not_logged(done: Done, store_uri: str, runner_on: Callable[..., Runner]) -> None:
    metrics = {"accuracy": 0.5, "f1/a": math.nan, "log_loss": math.inf, "own": -math.inf}
    run = written(runner_on(store_uri), replace(done.record, metrics=metrics))
    assert run.data.metrics.keys() == {"accuracy", "f1/a", "fit_seconds", "predict_seconds"}
    assert math.isnan(run.data.metrics["f1/a"])
    found = MlflowClient(store_uri).search_runs([run.info.experiment_id], "metrics.`f1/a` < 0.1")
    assert [other.info.run_id for other in found] == []


def test_a_comparison_too_keeps_what_is_no_number_out(
    done: Done, store_uri: str, runner_on: Callable[..., Runner]
) -> None:
    writer: RunWriter = runner_on(store_uri).writer
    run_id = writer.start("sweep", {}, Kind.SWEEP)
    writer.log_metrics(run_id, {"runs": 3.0, "rate": math.inf, "other": math.nan}, {"key": "value"})
    writer.tag(run_id, {"one": "1", "two": "2"})
    run = writer.store.client.get_run(run_id)
    assert (run.data.metrics, run.data.params) == ({"runs": 3.0}, {"key": "value"})
    assert (run.data.tags["one"], run.data.tags["two"], run.data.tags[Tags.KIND]) == ("1", "2", "sweep")


def test_an_error_of_any_length_is_kept(store_uri: str, runner_on: Callable[..., Runner]) -> None:
    writer = runner_on(store_uri).writer
    run_id = writer.start("long", {})
    writer.fail(run_id, ValueError("größe " * 5000), params={"a": "b"})
    run = writer.store.client.get_run(run_id)
    assert run.info.status == "FAILED" and run.data.params == {"a": "b"}
    assert run.data.tags[Tags.ERROR].startswith("ValueError: größe größe") and len(run.data.tags[Tags.ERROR]) == 5000


@pytest.mark.parametrize("case", ["18-punctuation", "19-slashes", "20-long-class", "60-underscore", "21-absent-class"])
def test_class_names_of_every_kind_are_kept_true_everywhere_but_in_the_keys(
    case: str, store_uri: str, runner_on: Callable[..., Runner]
) -> None:
    dataset = Dataset(path=str(CASES / f"{case}.csv"), target="label", holdout=0)
    runner = runner_on(store_uri, dataset)
    config = Train(dataset=dataset, split=Split(stratify=False))
    run_id, record = runner.run(prepare(config, runner.table))
    run = runner.writer.store.client.get_run(run_id)
    classes = sorted(set(pd.read_csv(CASES / f"{case}.csv")["label"]))
    assert run.info.status == "FINISHED" and len(classes) == len(runner.table.classes)
    assert sum(key.startswith("recall/") for key in run.data.metrics) == len(classes)
    assert sorted(record.report["classes"]) == classes == sorted(record.classes)
    folder = find_local_folder(run.info.artifact_uri)
    assert folder is not None
    text = (folder / "predictions.csv").read_bytes().decode()
    assert text == record.predictions.to_csv(index=False, lineterminator="\n")
    assert set(pd.read_csv(folder / "predictions.csv", keep_default_na=False)["truth"]) <= set(classes)
    assert sorted(json.loads((folder / "classification_report.json").read_text())["classes"]) == classes


def test_no_git_is_said_and_gives_no_commit() -> None:
    assert Provenance(NO_GIT, NO_GIT).tags == {"seedbed.git_dirty": "no git"}
    assert Provenance("abc", "true").tags == {"mlflow.source.git.commit": "abc", "seedbed.git_dirty": "true"}
    assert len(compute_code_digest()) == 16


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("file:///a/b%20%231", "/a/b #1"),
        ("/a/b", "/a/b"),
        ("mlflow-artifacts:/1/2", None),
        ("s3://bucket/x", None),
        ("http://h/x", None),
    ],
)
def test_which_artifact_places_are_local(uri: str, folder: str | None) -> None:
    assert find_local_folder(uri) == (None if folder is None else Path(folder))


def test_where_artifacts_go_through_a_client_they_arrive_too(
    tmp_path: Path, store_uri: str, runner_on: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that is not a folder of this machine: files are made elsewhere and handed to MLflow."""
    import seedbed.tracking.writer as module

    monkeypatch.setattr(module, "find_local_folder", lambda uri: None)
    runner = runner_on(store_uri)
    run_id, record = runner.run(prepare(BASE, runner.table))
    client = MlflowClient(store_uri)
    assert len(client.list_artifacts(run_id)) == 4
    folder: Any = fetch_model(runner.writer.store, run_id)
    assert model_files.read(folder).n_neighbors == 5
