"""The tutorial's numbers, bit for bit: `+experiment=tutorial` beside plain scikit-learn code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
)
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from seedbed.cli.commands.promote import promote
from seedbed.cli.commands.train import Trained, train
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Promote, Tracking, Train
from seedbed.paths import PACKAGE_DATA
from seedbed.tracking.reader import read_run
from seedbed.tracking.registry import open_registry
from seedbed.tracking.store import open_store
from seedbed.tracking.writer import fetch_model

SEEDS = range(10)
IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")


@dataclass(frozen=True)
class Plain:
    """What somebody gets who types the tutorial by hand."""

    truth: np.ndarray
    prediction: np.ndarray
    probabilities: np.ndarray
    train_accuracy: float

    @classmethod
    def of(cls, seed: int) -> Plain:
        data = pd.read_csv(PACKAGE_DATA / "iris.csv")
        X = data[["sepal_length", "sepal_width", "petal_length", "petal_width"]]
        y = data["variety"]
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
        knn = KNeighborsClassifier(n_neighbors=2)
        knn.fit(X_train, y_train)
        return cls(y_test.to_numpy(), knn.predict(X_test), knn.predict_proba(X_test), knn.score(X_train, y_train))


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> str:
    return new_store(tmp_path_factory.mktemp("tutorial"))


@pytest.fixture(scope="module")
def runs(uri: str, config_of: Callable[..., Any]) -> dict[int, Trained]:
    words = ("+experiment=tutorial", f"tracking.uri={uri}")
    return {seed: train(config_of(Train, *words, f"split.seed={seed}")) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_predictions_and_probabilities_are_equal_bit_for_bit(seed: int, runs: dict[int, Trained], uri: str) -> None:
    plain = Plain.of(seed)
    kept = read_run(open_store(uri), runs[seed].run_id).predictions
    assert kept["truth"].tolist() == plain.truth.tolist()
    assert kept["prediction"].tolist() == plain.prediction.tolist()
    assert np.array_equal(kept.filter(like="probability/").to_numpy(), plain.probabilities)


@pytest.mark.parametrize("seed", SEEDS)
def test_metrics_are_equal_bit_for_bit(seed: int, runs: dict[int, Trained], uri: str) -> None:
    plain = Plain.of(seed)
    pair = (plain.truth, plain.prediction)
    kept = read_run(open_store(uri), runs[seed].run_id).metrics
    expected = {
        "accuracy": accuracy_score(*pair),
        "balanced_accuracy": balanced_accuracy_score(*pair),
        "macro_precision": precision_score(*pair, average="macro"),
        "macro_recall": recall_score(*pair, average="macro"),
        "macro_f1": f1_score(*pair, average="macro"),
        "log_loss": log_loss(plain.truth, plain.probabilities),
        "train_accuracy": plain.train_accuracy,
        "n_train": 120,
        "n_test": 30,
    }
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        labels = ["Setosa", "Versicolor", "Virginica"]
        values = score(*pair, average=None, labels=labels)
        expected |= {f"{name}/{label}": value for label, value in zip(labels, values, strict=True)}
    assert kept.keys() == expected.keys()
    assert {name: value for name, value in kept.items() if value != expected[name]} == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_report_and_confusion_are_the_tutorials(seed: int, runs: dict[int, Trained], uri: str) -> None:
    plain = Plain.of(seed)
    kept = read_run(open_store(uri), runs[seed].run_id).report
    assert kept["confusion"] == confusion_matrix(plain.truth, plain.prediction).tolist()
    expected = classification_report(plain.truth, plain.prediction, output_dict=True)
    theirs = {name: expected[name] for name in kept["classes"]}
    assert json.loads(json.dumps(kept["classes"])) == json.loads(json.dumps(theirs, default=float))


def test_it_is_the_tutorials_protocol(runs: dict[int, Trained]) -> None:
    params = runs[0].record.params
    assert {key: params[key] for key in ("estimator.n_neighbors", "dataset.holdout", "preprocess.name")} == {
        "estimator.n_neighbors": 2,
        "dataset.holdout": 0,
        "preprocess.name": "none",
    }
    assert (params["split.test_size"], params["split.stratify"]) == (0.2, False)


def test_the_very_model_of_a_run_is_marked_best(runs: dict[int, Trained], uri: str, tmp_path: Path) -> None:
    chosen = runs[3]
    promoted = promote(Promote(dataset=IRIS, tracking=Tracking(uri), run=chosen.run_id))
    assert "one split, not compared" in promoted.summary()
    registry = open_registry(uri)
    best = registry.get_champion("iris")
    assert best is not None and best.version == "1"
    folder = registry.download(best, tmp_path / "best")
    own = fetch_model(open_store(uri), chosen.run_id)
    assert own is not None
    assert (folder / "model.skops").read_bytes() == (own / "model.skops").read_bytes()
    card = json.loads((folder / "page" / "card.json").read_text())
    assert card["basis"] == "One split, not compared" and card["run"] == chosen.run_id
    assert (folder / "page" / "confusion_matrix.png").read_bytes() == chosen.record.figure
    assert len(pd.read_parquet(folder / "page" / "training.parquet")) == 120


def test_as_it_is_typed(command: Any, uri: str, runs: dict[int, Trained]) -> None:
    outcome = command("train", "+experiment=tutorial", "output=json", f"tracking.uri={uri}")
    assert (outcome.code, outcome.err) == (0, f"Table iris, store {uri}.\n")
    said = json.loads(outcome.out)
    assert said["metrics"] == dict(runs[0].record.metrics) and said["name"] == "n_neighbors=2 seed=0"
