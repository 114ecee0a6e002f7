"""`train`: one run, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from seedbed.cli.commands.train import Trained, train
from seedbed.config.candidate import format_params
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Split, Tracking, Train
from seedbed.errors import BadInput, NotDone
from seedbed.execution.run import FitFailed
from seedbed.tracking.reader import read_run
from seedbed.tracking.store import open_store

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
CASES = Path(__file__).resolve().parents[3] / "cases"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> Trained:
    return train(Train(dataset=IRIS, tracking=Tracking(new_store(tmp_path_factory.mktemp("store")))))


def test_it_is_recorded(trained: Trained) -> None:
    assert trained.record.differences(read_run(open_store(trained.uri), trained.run_id)) == []


def test_it_says_a_short_table_and_the_command_that_opens_it(trained: Trained) -> None:
    metrics = trained.record.metrics
    lines = trained.summary().splitlines()
    assert lines[0] == (
        f"n_neighbors=5 seed=0: accuracy {metrics['accuracy']:.4f} ({metrics['accuracy'] * 24:.0f} of 24 test rows), "
        f"macro F1 {metrics['macro_f1']:.4f}"
    )
    assert [line.split()[0] for line in lines[2:6]] == ["class", "Setosa", "Versicolor", "Virginica"]
    assert len({len(line) for line in lines[2:6]}) == 1
    assert lines[-1].startswith(f"See it: `mlflow ui --backend-store-uri {trained.uri}`, then http://127.0.0.1:5000/#/")
    assert lines[-1].endswith(f"/experiments/{trained.experiment}/runs/{trained.run_id}?workflowType=machine_learning")
    assert len(lines) < 12


def test_as_json_it_is_one_document(trained: Trained) -> None:
    said = json.loads(replace(trained, output="json").summary())
    assert said["run"] == trained.run_id and said["store"] == trained.uri
    assert said["metrics"] == dict(trained.record.metrics) and said["params"] == format_params(trained.record.params)


def test_an_undefined_score_is_a_dash_and_null_in_json(store_uri: str) -> None:
    dataset = Dataset(path=str(CASES / "21-absent-class.csv"), target="label", holdout=0)
    config = Train(dataset=dataset, split=Split(seed=0, test_size=0.1, stratify=False), tracking=Tracking(store_uri))
    for seed in range(9):
        done = train(replace(config, split=replace(config.split, seed=seed)))
        if done.record.report["classes"]["dusk"]["support"] == 0:
            break
    line = next(line for line in done.summary().splitlines() if line.startswith("dusk"))
    assert line.split()[1:] == ["–", "–", "–", "0"]
    strict = json.loads(replace(done, output="json").summary(), parse_constant=pytest.fail)
    assert strict["metrics"]["f1/dusk"] is None


def test_long_and_odd_class_names_keep_the_table_narrow(store_uri: str) -> None:
    dataset = Dataset(path=str(CASES / "20-long-class.csv"), target="label", holdout=0)
    said = train(Train(dataset=dataset, tracking=Tracking(store_uri))).summary().splitlines()
    assert max(map(len, said[2:6])) < 90 and any("…" in line for line in said)


@pytest.mark.parametrize("switch", [{"resume": "latest"}, {"max_failures": 0}, {"max_failures": 3}, {"dry_run": True}])
def test_what_is_about_a_sweep_is_refused_for_one_run(switch: dict[str, object], tmp_path: Path) -> None:
    config = Train(dataset=IRIS, tracking=Tracking(f"sqlite:///{tmp_path}/m.db"), **switch)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=rf"^{next(iter(switch))} applies to a sweep; add -m"):
        train(config)
    assert list(tmp_path.iterdir()) == []


def test_bad_input_leaves_no_store(tmp_path: Path) -> None:
    tracking = Tracking(f"sqlite:///{tmp_path}/m.db")
    for wrong in (
        Train(dataset=replace(IRIS, target="kind"), tracking=tracking),
        Train(dataset=replace(IRIS, path="nowhere.csv"), tracking=tracking),
        Train(dataset=IRIS, estimator=Estimator(n_neighbors=500), tracking=tracking),
    ):
        with pytest.raises(BadInput):
            train(wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_fitting_is_recorded(store_uri: str) -> None:
    estimator = Estimator(metric="haversine", algorithm="kd_tree")
    with pytest.raises(FitFailed):
        train(Train(dataset=IRIS, estimator=estimator, tracking=Tracking(store_uri)))
    client = MlflowClient(store_uri)
    (run,) = client.search_runs([client.get_experiment_by_name("iris").experiment_id])
    assert run.info.status == "FAILED" and "haversine" in run.data.tags["seedbed.error"]


def test_a_store_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(NotDone, match=f"there is no folder {tmp_path}/no"):
        train(Train(dataset=IRIS, tracking=Tracking(f"sqlite:///{tmp_path}/no/m.db")))
