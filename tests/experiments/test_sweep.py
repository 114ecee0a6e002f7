"""One real `train.py -m`, as a person starts it, and what it leaves; then its best, marked and served by MLflow."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run

from seedbed.config.schema import Train
from seedbed.data.table import load_table
from seedbed.execution.run import prepare
from seedbed.tracking import model_files
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import find_run, read_run
from seedbed.tracking.reader import load_config as read_config
from seedbed.tracking.store import open_store
from seedbed.tracking.writer import fetch_model, find_local_folder

CASES = Path(__file__).resolve().parents[1] / "cases"
NEIGHBORS, SEEDS = (1, 3, 5), range(4)


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep that ended: what it said, and its runs as MLflow gives them."""

    uri: str
    outcome: Any
    client: MlflowClient
    parent: Run
    children: list[Run]
    others: list[Run]

    @classmethod
    def of(cls, uri: str, outcome: Any, experiment: str = "iris") -> Swept:
        client = MlflowClient(uri, uri)
        found = client.get_experiment_by_name(experiment)
        no_baseline = "tags.`seedbed.kind` != 'baseline'"
        runs = client.search_runs([found.experiment_id], no_baseline, order_by=["attributes.start_time DESC"])
        parent = next(run for run in runs if run.data.tags["seedbed.kind"] == "sweep")
        mine = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        return cls(uri, outcome, client, parent, mine[::-1], [run for run in runs if run not in mine and run != parent])

    def file(self, name: str, run: Run | None = None) -> Path:
        folder = find_local_folder((run or self.parent).info.artifact_uri)
        assert folder is not None
        return folder / name


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str], real_command: Callable[..., Any]
) -> Swept:
    """Sweep with an environment that other tools would stumble over."""
    uri = new_store(tmp_path_factory.mktemp("größe #1 (copy)"))
    client = MlflowClient(uri, uri)
    stranger = client.create_run(client.create_experiment("another")).info.run_id
    outcome = real_command(
        *("train", "-m", "estimator.n_neighbors=1,3,5", "split.seed=range(4)"),
        environ={"MLFLOW_TRACKING_URI": uri, "MLFLOW_RUN_ID": stranger, "MPLBACKEND": "TkAgg", "DISPLAY": ""},
    )
    assert outcome.code == 0, outcome.err
    assert client.get_run(stranger).data.params == client.get_run(stranger).data.metrics == {}
    assert client.get_run(stranger).info.status == "RUNNING"
    return Swept.of(uri, outcome)


def test_it_says_how_it_ended_and_what_comes_next(swept: Swept) -> None:
    said = swept.outcome.out.splitlines()
    assert said[0].startswith("12 runs FINISHED, 0 FAILED, in ")
    assert [line.split()[:3] for line in said[1:4]] and all("mean accuracy 0." in line for line in said[1:4])
    assert "experiments/promote.py" in swept.outcome.out
    assert f"--backend-store-uri '{swept.uri}'" in said[-1] and swept.parent.info.run_id in said[-1]
    table, sweep = swept.outcome.err.splitlines()[:2]
    assert table == f"Table iris, store {swept.uri}."
    assert sweep.startswith(f"Sweep {swept.parent.info.run_id[:8]}: 12 runs: n_neighbors (3), seed (4)")


def test_children_stand_under_one_parent_named_by_what_varies(swept: Swept) -> None:
    assert {run.info.run_name for run in swept.children} == {
        f"n_neighbors={k} seed={seed}" for k in NEIGHBORS for seed in SEEDS
    }
    assert len(swept.children) == 12 and swept.others == []
    assert {run.info.status for run in [swept.parent, *swept.children]} == {"FINISHED"}
    assert {run.data.tags["seedbed.kind"] for run in swept.children} == {"run"}
    assert all(run.info.end_time for run in [swept.parent, *swept.children])


def test_each_child_is_the_same_as_a_run_alone(
    swept: Swept, runner_on: Callable[..., Any], store_uri: str, config_of: Callable[..., Any]
) -> None:
    runner, store = runner_on(store_uri), open_store(swept.uri)
    for run in (swept.children[0], swept.children[7]):
        params = run.data.params
        words = [f"{key}={params[key]}" for key in ("estimator.n_neighbors", "split.seed")]
        _, alone = runner.run(prepare(config_of(Train, *words), runner.table))
        assert read_run(store, run.info.run_id).differences(alone) == []


def test_every_child_has_all_its_records_and_its_model(swept: Swept) -> None:
    table = load_table(Train(dataset=_dataset(swept)).dataset)
    for run in swept.children:
        names = {file.name for file in swept.file("", run).iterdir()}
        assert names == {"confusion_matrix.png", "classification_report.json", "predictions.csv", "config.yaml"}
        assert len(run.data.params) == 15 and len(run.data.metrics) == 20
        assert {"seedbed.candidate", "seedbed.fingerprint", "seedbed.git_dirty"} <= run.data.tags.keys()
        (given,) = run.inputs.dataset_inputs
        assert given.dataset.digest == table.record.digest
        folder = fetch_model(open_store(swept.uri), run.info.run_id)
        assert folder is not None
        assert model_files.read(folder).n_neighbors == int(run.data.params["estimator.n_neighbors"])


def _dataset(swept: Swept) -> Any:
    return read_config(open_store(swept.uri), swept.children[0].info.run_id).dataset


def test_a_childs_model_answers_as_its_predictions_say(swept: Swept) -> None:
    run = swept.children[5]
    folder = fetch_model(open_store(swept.uri), run.info.run_id)
    table = load_table(_dataset(swept))
    kept = read_run(open_store(swept.uri), run.info.run_id).predictions
    answers = mlflow.pyfunc.load_model(str(folder)).predict(table.features.iloc[kept["row"]])
    assert list(answers) == kept["prediction"].tolist()


def test_seeds_of_a_candidate_share_its_id_and_no_other_does(swept: Swept) -> None:
    candidates = {
        (run.data.params["estimator.n_neighbors"], run.data.tags["seedbed.candidate"]) for run in swept.children
    }
    assert len(candidates) == 3
    assert len({run.data.tags["seedbed.fingerprint"] for run in swept.children}) == 12


def test_the_parent_counts_and_keeps_the_grid(swept: Swept) -> None:
    metrics = swept.parent.data.metrics
    assert {name: metrics[name] for name in ("runs", "finished", "failed")} == {"runs": 12, "finished": 12, "failed": 0}
    assert 0 < metrics["seconds"] < 300 and metrics["runs_per_second"] == pytest.approx(12 / metrics["seconds"])
    grid = json.loads(swept.file("grid.json").read_text())
    assert grid["axes"] == {"estimator.n_neighbors": [1, 3, 5], "split.seed": [0, 1, 2, 3]}
    assert swept.parent.info.run_name.startswith("12 runs: n_neighbors (3), seed (4) · ")
    assert swept.parent.inputs.dataset_inputs[0].dataset.name == "iris"


def test_the_parent_keeps_what_checks_of_the_rows_found(swept: Swept) -> None:
    # By four splits no column is judged.
    assert json.loads(swept.file("checks.json").read_text()) == {"SB02": None, "SB07": []}


def test_the_parents_predictions_are_those_of_all_runs_and_the_dummys(swept: Swept) -> None:
    predictions = pd.read_parquet(swept.file("predictions.parquet"))
    classes = ["Setosa", "Versicolor", "Virginica"]
    probabilities = [f"probability/{name}" for name in classes]
    assert list(predictions) == ["run", "candidate", "seed", "row", "truth", "prediction", *probabilities]
    assert len(predictions) == (3 + 1) * 4 * 24
    for run in swept.children:
        mine = predictions[predictions["run"] == run.info.run_id]
        kept = read_run(open_store(swept.uri), run.info.run_id).predictions
        assert set(mine["candidate"]) == {run.data.tags["seedbed.candidate"]}
        assert set(mine["seed"]) == {int(run.data.params["split.seed"])}
        pd.testing.assert_frame_equal(
            mine[list(kept)].reset_index(drop=True), kept, check_dtype=False, check_exact=True
        )
    dummy = predictions[predictions["candidate"] == "dummy"]
    assert set(dummy["run"]) == {""} and set(dummy["seed"]) == set(SEEDS)
    for seed, rows in dummy.groupby("seed"):
        same = predictions[(predictions["seed"] == seed) & (predictions["run"] == swept.children[0].info.run_id)]
        assert len(set(rows["prediction"])) == 1 and len(rows) == 24
        assert same.empty or same["row"].tolist() == rows["row"].tolist()
        np.testing.assert_allclose(rows[probabilities], 1 / 3)


# What comes next: promote, and MLflow's own server.


@pytest.fixture(scope="module")
def promoted(swept: Swept, command: Any) -> Any:
    outcome = command("promote", "output=json", environ={"MLFLOW_TRACKING_URI": swept.uri})
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_the_highest_mean_is_marked_best_and_refitted_on_all_rows(swept: Swept, promoted: Any) -> None:
    scores = pd.DataFrame(
        [(int(run.data.params["estimator.n_neighbors"]), run.data.metrics["accuracy"]) for run in swept.children],
        columns=["k", "accuracy"],
    )
    means = scores.groupby("k")["accuracy"].mean()
    chosen = int(promoted["candidate"]["estimator.n_neighbors"])
    assert means[chosen] == pytest.approx(means.max())
    version = swept.client.get_model_version_by_alias("iris", "best")
    assert str(version.version) == promoted["version"] == "1"
    mlflow.set_tracking_uri(swept.uri)
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/iris/{version.version}"))
    fitted = model_files.read(folder)
    assert fitted.n_neighbors == chosen and fitted.n_samples_fit_ == 150
    assert {"card.json", "training.parquet", "confusion_matrix.png"} <= {
        file.name for file in (folder / "page").iterdir()
    }
    assert "SB02: not checked as the sweep closed." in json.loads((folder / "page" / "card.json").read_text())["checks"]


def test_its_tags_and_files_lead_back(swept: Swept, promoted: Any) -> None:
    version = swept.client.get_model_version_by_alias("iris", "best")
    winner = next(
        run
        for run in swept.children
        if run.data.params["estimator.n_neighbors"] == promoted["candidate"]["estimator.n_neighbors"]
    )
    assert version.tags["seedbed.sweep"] == swept.parent.info.run_id
    assert version.tags["seedbed.candidate"] == winner.data.tags["seedbed.candidate"]
    assert version.tags["seedbed.digest"] == swept.parent.data.tags["seedbed.digest"]
    assert 0 < len(version.description) <= 5000 and "SB02: not checked" in version.description
    run = swept.client.get_run(version.run_id)
    assert run.data.tags["seedbed.kind"] == "promotion" and run.info.status == "FINISHED"


@pytest.fixture(scope="module")
def served(swept: Swept, promoted: Any, mlflow_program: Any) -> Iterator[str]:
    """Return the address of `mlflow models serve` on the version marked best."""
    words = ("models", "serve", "-m", "models:/iris@best", "--env-manager", "local")
    with mlflow_program(swept.uri, *words, ready="/ping") as address:
        yield address


def test_mlflow_serves_it_to_two_flowers(served: str, swept: Swept) -> None:
    columns = list(load_table(_dataset(swept)).features)
    flowers = {"dataframe_split": {"columns": columns, "data": [[5.1, 3.5, 1.4, 0.2], [6.7, 3, 5.2, 2.3]]}}
    request = urllib.request.Request(
        f"{served}/invocations", json.dumps(flowers).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer) == {"predictions": ["Setosa", "Virginica"]}


# Other sweeps, by the quick way.


def by_name(swept: Swept) -> dict[str, Run]:
    return {run.info.run_name: run for run in swept.children}


def test_floats_of_a_range_are_the_numbers_that_one_types(command: Any, store_uri: str) -> None:
    words = ("estimator.n_neighbors=1", "split.seed=0", f"tracking.uri={store_uri}")
    done = Swept.of(store_uri, command("train", "-m", "split.test_size=range(0.1,0.5,0.1)", *words))
    assert list(by_name(done)) and set(by_name(done)) == {f"test_size={size}" for size in ("0.1", "0.2", "0.3", "0.4")}
    assert command("train", "split.test_size=0.3", *words).code == 0
    alone = Swept.of(store_uri, None).others[0]
    same = by_name(done)["test_size=0.3"]
    assert same.data.params == alone.data.params
    for tag in ("seedbed.candidate", "seedbed.fingerprint"):
        assert same.data.tags[tag] == alone.data.tags[tag]


def test_null_stays_null(command: Any, store_uri: str) -> None:
    words = ("estimator.metric=manhattan", "split.seed=0", f"tracking.uri={store_uri}")
    done = Swept.of(store_uri, command("train", "-m", "estimator.p=null,2", "estimator.n_neighbors=1", *words))
    same = by_name(done)["p=null"]
    assert yaml.safe_load(done.file("config.yaml", same).read_text())["estimator"]["p"] is None
    assert command("train", "estimator.p=null", "estimator.n_neighbors=1", *words).code == 0
    alone = Swept.of(store_uri, None).others[0]
    assert alone.data.tags["seedbed.fingerprint"] == same.data.tags["seedbed.fingerprint"]
    assert alone.data.params == same.data.params and same.data.params["estimator.p"] == "null"


def test_what_only_fitting_reveals_is_failed_and_the_others_go_on(command: Any, store_uri: str) -> None:
    outcome = command(
        *("train", "-m", "estimator.metric=euclidean,cosine", "estimator.algorithm=brute,kd_tree", "split.seed=0"),
        *("estimator.n_neighbors=3", f"tracking.uri={store_uri}"),
    )
    assert outcome.code == 1 and "Traceback" not in outcome.err
    done = Swept.of(store_uri, outcome)
    status = {name: run.info.status for name, run in by_name(done).items()}
    assert status == {
        "metric=euclidean algorithm=brute": "FINISHED",
        "metric=euclidean algorithm=kd_tree": "FINISHED",
        "metric=cosine algorithm=brute": "FINISHED",
        "metric=cosine algorithm=kd_tree": "FAILED",
    }
    assert "cosine" in by_name(done)["metric=cosine algorithm=kd_tree"].data.tags["seedbed.error"]
    assert "1 of the runs failed" in outcome.err and "metric=cosine algorithm=kd_tree" in outcome.err
    assert done.parent.info.status == "FINISHED" and done.parent.data.metrics["failed"] == 1


def test_a_sweep_by_hydras_mode_has_its_parent(command: Any, store_uri: str) -> None:
    words = ("estimator.n_neighbors=1,3", "split.seed=0", f"tracking.uri={store_uri}")
    done = Swept.of(store_uri, command("train", "hydra.mode=MULTIRUN", *words))
    assert done.outcome.code == 0 and set(by_name(done)) == {"n_neighbors=1", "n_neighbors=3"}


def test_a_sweep_of_one_is_named_sensibly(command: Any, store_uri: str) -> None:
    words = ("estimator.n_neighbors=5", "split.seed=0", f"tracking.uri={store_uri}")
    done = Swept.of(store_uri, command("train", "-m", *words))
    assert done.outcome.code == 0 and list(by_name(done)) == ["n_neighbors=5 seed=0"]
    assert done.parent.info.run_name.startswith("1 run: nothing varies · ") and done.outcome.out.startswith(
        "1 run FINISHED, 0 "
    )
    compared = command("compare", f"tracking.uri={store_uri}")
    assert compared.code == 0 and "one split" in compared.out


def test_as_json_a_sweep_is_one_document_also_where_runs_failed(command: Any, store_uri: str) -> None:
    words = ("estimator.metric=euclidean,haversine", "estimator.n_neighbors=3", "split.seed=0", "output=json")
    done = Swept.of(store_uri, command("train", "-m", *words, f"tracking.uri={store_uri}"))
    said = json.loads(done.outcome.out)
    assert (said["sweep"], said["store"], said["finished"]) == (done.parent.info.run_id, store_uri, 1)
    assert list(said["failed"]) == ["metric=haversine"] and done.outcome.code == 1
    store = open_store(store_uri)
    found = find_run(store, "iris", "latest", Kind.SWEEP)
    (error,) = read_sweep(store, found.experiment, found).failed["knn"]
    assert error in said["failed"]["metric=haversine"]


def test_where_every_run_failed_nothing_is_there_to_promote(command: Any, store_uri: str) -> None:
    words = ("estimator.metric=haversine", "estimator.n_neighbors=3", "split.seed=0")
    done = Swept.of(store_uri, command("train", "-m", *words, f"tracking.uri={store_uri}"))
    assert done.outcome.code == 1 and "Next" not in done.outcome.out
    assert done.parent.info.status == "FINISHED" and done.parent.data.metrics["failed"] == 1


def test_equal_jobs_run_once(command: Any, store_uri: str) -> None:
    words = ("estimator.n_neighbors=1,1,3", "split.seed=0,1", f"tracking.uri={store_uri}")
    done = Swept.of(store_uri, command("train", "-m", *words))
    assert len(done.children) == 4 and "2 repeated" in done.outcome.err


def test_a_table_with_a_comma_in_its_name_is_swept_once_quoted(command: Any, store_uri: str) -> None:
    outcome = command(
        *("train", "-m", "dataset=csv", f"dataset.path='{CASES}/01-a,b.csv'", "dataset.target=label"),
        *("estimator.n_neighbors=1,3", "split.seed=0", f"tracking.uri={store_uri}"),
    )
    done = Swept.of(store_uri, outcome, "01-a,b")
    assert outcome.code == 0 and len(done.children) == 2
    source = json.loads(done.children[0].inputs.dataset_inputs[0].dataset.source)
    assert source == {"uri": f"{CASES}/01-a,b.csv"}


_MORE = [pytest.param(case, marks=pytest.mark.slow) for case in ("19-slashes", "20-long-class", "60-underscore")]


@pytest.mark.parametrize("case", ["18-punctuation", *_MORE])
def test_a_table_with_odd_classes_goes_the_whole_way(case: str, command: Any, store_uri: str) -> None:
    environ = {"MLFLOW_TRACKING_URI": store_uri}
    table = ("dataset=csv", f"dataset.path={CASES}/{case}.csv")
    grid = ("dataset.target=label", "estimator.n_neighbors=1,3", "split.seed=0,1")
    outcome = command("train", "-m", *table, *grid, environ=environ)
    assert outcome.code == 0, outcome.err
    done = Swept.of(store_uri, outcome, case)
    assert {run.info.status for run in [done.parent, *done.children]} == {"FINISHED"}
    for verb in ("promote", "compare"):
        again = command(verb, *table, environ=environ)
        assert again.code == 0, again.err
    classes = sorted(set(pd.read_csv(CASES / f"{case}.csv")["label"]))
    mlflow.set_tracking_uri(store_uri)
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{case}@best"))
    assert sorted(json.loads((folder / "page" / "card.json").read_text())["classes"]) == classes


@pytest.mark.parametrize("launcher", ["seedbed", "basic", "joblib"])
def test_a_relative_table_is_looked_for_where_it_was_typed(
    launcher: str, command: Any, store_uri: str, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    text = (CASES / "60-underscore.csv").read_text()
    (tmp_path / "data" / "my.csv").write_text(text)
    outcome = command(
        *("train", "-m", "dataset=csv", "dataset.path=data/my.csv", "dataset.target=label", "hydra.job.chdir=true"),
        *("estimator.n_neighbors=1,3", "split.seed=0", f"hydra/launcher={launcher}", f"tracking.uri={store_uri}"),
        *(["hydra.launcher.n_jobs=1"] if launcher == "joblib" else []),
        folder=tmp_path,
    )
    assert outcome.code == 0, outcome.err
    done = Swept.of(store_uri, outcome, "my")
    assert [run.info.status for run in done.children] == ["FINISHED"] * 2
    source = json.loads(done.children[0].inputs.dataset_inputs[0].dataset.source)
    assert source == {"uri": f"{tmp_path}/data/my.csv"}
    assert {file.name for file in tmp_path.iterdir()} == {"data", "store"}
