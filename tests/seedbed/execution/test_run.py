"""One run: fitted, evaluated, recorded, and closed however it ends."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from seedbed.config.candidate import format_params
from seedbed.config.dataset import Dataset
from seedbed.config.families import OWN
from seedbed.config.schema import Estimator, Preprocess, Split, Train
from seedbed.config.validation import build_config
from seedbed.data.table import Table, load_table
from seedbed.errors import BadInput, BadValue
from seedbed.estimators.factory import TooManyNeighbors
from seedbed.execution.run import FitFailed, Runner, compute, format_config, prepare
from seedbed.records.records import RunRecord
from seedbed.reports.figures import ConfusionFigure

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
BASE = Train(dataset=IRIS)
CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table(IRIS)


@pytest.fixture(scope="module")
def figure(table: Table) -> ConfusionFigure:
    return ConfusionFigure(table.classes)


def record_of(config: Train, table: Table, figure: ConfusionFigure) -> RunRecord:
    return compute(prepare(config, table), table, figure)[0]


def test_a_task_has_the_users_own_keys(table: Table) -> None:
    task = prepare(replace(BASE, split=Split(seed=3)), table)
    assert task.name == "n_neighbors=5 seed=3"
    assert format_params(task.params) == {
        "dataset.target": "variety",
        "dataset.holdout": "0.2",
        "dataset.holdout_seed": "0",
        "dataset.digest": table.record.digest,
        "preprocess.name": "none",
        "estimator.name": "knn",
        "estimator.n_neighbors": "5",
        "estimator.weights": "uniform",
        "estimator.metric": "minkowski",
        "estimator.p": "2",
        "estimator.algorithm": "auto",
        "split.name": "random",
        "split.test_size": "0.2",
        "split.stratify": "true",
        "split.seed": "3",
    }


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (replace(BASE, estimator=Estimator(n_neighbors=97)), TooManyNeighbors),
        (replace(BASE, estimator=Estimator(metric="euclid")), BadValue),
        (replace(BASE, split=Split(test_size=0.001)), BadInput),
        (replace(BASE, split=Split(test_size=0.999)), BadInput),
    ],
)
def test_what_is_known_before_fitting_is_refused_before_it(wrong: Train, kind: type[Exception], table: Table) -> None:
    with pytest.raises(kind):
        prepare(wrong, table)


def test_the_holdout_is_never_trained_on_nor_tested(table: Table, figure: ConfusionFigure) -> None:
    held = set(table.holdout.tolist())
    for seed in range(5):
        record = record_of(replace(BASE, split=Split(seed=seed)), table, figure)
        assert not held & set(record.predictions["row"])
        assert (record.metrics["n_train"], record.metrics["n_test"]) == (96, 24)


def test_the_numbers_are_those_of_plain_scikit_learn_on_the_development_rows(
    table: Table, figure: ConfusionFigure
) -> None:
    config = replace(BASE, estimator=Estimator(n_neighbors=9, weights="distance", p=1.0), split=Split(seed=4))
    record = record_of(config, table, figure)
    rows = table.development
    train, test = train_test_split(rows, test_size=0.2, random_state=4, stratify=table.labels[rows])
    plain = KNeighborsClassifier(9, weights="distance", p=1).fit(table.features.iloc[train], table.labels[train])
    assert record.predictions["row"].tolist() == test.tolist()
    assert record.predictions["truth"].tolist() == table.labels[test].tolist()
    assert record.predictions["prediction"].tolist() == plain.predict(table.features.iloc[test]).tolist()
    probabilities = record.predictions.filter(like="probability/").to_numpy()
    assert np.array_equal(probabilities, plain.predict_proba(table.features.iloc[test]))
    assert record.metrics["accuracy"] == plain.score(table.features.iloc[test], table.labels[test])
    assert record.metrics["train_accuracy"] == plain.score(table.features.iloc[train], table.labels[train])


def test_a_record_has_everything_that_the_design_lists(table: Table, figure: ConfusionFigure) -> None:
    record = record_of(BASE, table, figure)
    general = {"accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss"}
    by_class = {f"{name}/{label}" for name in ("precision", "recall", "f1") for label in table.classes}
    assert set(record.metrics) == general | by_class | {"train_accuracy", "n_train", "n_test"}
    assert set(record.timings) == {"fit_seconds", "predict_seconds"}
    assert all(0 < seconds < 10 for seconds in record.timings.values())
    probabilities = [f"probability/{label}" for label in table.classes]
    assert list(record.predictions) == ["row", "truth", "prediction", *probabilities]
    assert record.figure.startswith(b"\x89PNG") and record.dataset is table.record
    assert record.classes == list(table.classes)


def test_the_figure_is_drawn_of_this_runs_confusion(table: Table) -> None:
    class Seen:
        def png(self, confusion: Any) -> bytes:
            self.confusion = confusion
            return b""

    seen = Seen()
    record = record_of(BASE, table, seen)  # type: ignore[arg-type]
    counted = pd.crosstab(record.predictions["truth"], record.predictions["prediction"])
    assert seen.confusion.tolist() == counted.to_numpy().tolist() == record.report["confusion"]


def test_the_config_composes_the_same_run_again(table: Table, figure: ConfusionFigure) -> None:
    config = replace(
        BASE,
        estimator=Estimator(n_neighbors=3, metric="manhattan", p=None),
        preprocess=Preprocess("standardize"),
        split=Split(seed=2, test_size=0.3, stratify=False),
    )
    text = format_config(config)
    assert set(yaml.safe_load(text)) == {"dataset", "preprocess", "estimator", "split"}
    assert yaml.safe_load(text)["estimator"]["p"] is None
    assert yaml.safe_load(text)["split"]["test_size"] == 0.3
    again = build_config(Train, yaml.safe_load(text))
    assert prepare(again, table).params == prepare(config, table).params
    assert record_of(again, table, figure).differences(record_of(config, table, figure)) == []


def test_the_config_of_folds_composes_the_same_run_again_and_a_random_splits_says_nothing_of_them(
    table: Table, figure: ConfusionFigure
) -> None:
    assert list(yaml.safe_load(format_config(BASE))["split"]) == ["name", "seed", "test_size", "stratify"]
    assert "group" not in yaml.safe_load(format_config(BASE))["dataset"]
    config = replace(BASE, split=Split(name="kfold", test_size=None, folds=4, seed=6))
    again = build_config(Train, yaml.safe_load(format_config(config)))
    assert again.split == config.split
    record = record_of(again, table, figure)
    assert record.differences(record_of(config, table, figure)) == []
    assert (record.metrics["n_train"], record.metrics["n_test"]) == (90, 30)


def test_the_same_twice_is_the_same_and_another_seed_is_not(table: Table, figure: ConfusionFigure) -> None:
    one, same = (record_of(BASE, table, figure) for _ in range(2))
    other = record_of(replace(BASE, split=Split(seed=1)), table, figure)
    assert one.differences(same) == []
    assert any("split.seed" in words for words in one.differences(other))


def test_a_class_that_no_training_row_has_gets_probability_0() -> None:
    table = load_table(Dataset(path=str(CASES / "21-absent-class.csv"), target="label", holdout=0))
    assert table.classes == ("day", "dusk", "night")
    figure = ConfusionFigure(table.classes)
    undefined = 0
    for seed in range(8):
        config = Train(dataset=table.dataset, split=Split(seed=seed, test_size=0.8, stratify=False))
        record = record_of(config, table, figure)
        assert list(record.predictions.filter(like="probability/")) == [f"probability/{name}" for name in table.classes]
        np.testing.assert_allclose(record.predictions.filter(like="probability/").sum(axis=1), 1)
        undefined += math.isnan(record.metrics["precision/dusk"])
        assert math.isfinite(record.metrics["macro_f1"]) and math.isfinite(record.metrics["log_loss"])
        report = record.report["classes"]["dusk"]["f1-score"]
        assert (report is None) == math.isnan(record.metrics["f1/dusk"])
    assert undefined


def test_what_fitting_reveals_is_a_failed_run_with_its_error(store_uri: str, runner_on: Callable[..., Runner]) -> None:
    runner = runner_on(store_uri)
    config = replace(BASE, estimator=Estimator(metric="cosine", algorithm="kd_tree"))
    started: list[str] = []
    with pytest.raises(FitFailed, match=r"^The run n_neighbors=5 seed=0 failed in scikit-learn: .*cosine"):
        runner.run(prepare(config, runner.table), started.append)
    run = MlflowClient(store_uri).get_run(started[0])
    assert run.info.status == "FAILED" and run.info.end_time is not None
    assert run.data.tags["seedbed.error"].startswith("ValueError: Metric 'cosine' not valid")
    assert run.data.params["estimator.metric"] == "cosine" and run.data.metrics == {}


class Coded(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that answers in numbers of classes, in `shares` columns, or does not say which classes it knows."""

    def __init__(self, classes: str = "", shares: int = 3) -> None:
        self.classes, self.shares = classes, shares

    def fit(self, features: pd.DataFrame, labels: Any) -> Coded:
        names = np.unique(labels)
        if self.classes:
            self.classes_ = names if self.classes == "names" else np.arange(len(names))
        return self

    def predict(self, features: pd.DataFrame) -> Any:
        return np.zeros(len(features), dtype=int)

    def predict_proba(self, features: pd.DataFrame) -> Any:
        return np.full((len(features), self.shares), 1 / self.shares)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "no attribute 'classes_'"),
        ({"classes": "codes"}, "'0' is not one of the classes Setosa, Versicolor, Virginica"),
        ({"classes": "names"}, "'0' is not one of the classes Setosa, Versicolor, Virginica"),
        ({"classes": "names", "shares": 2}, r"cannot reshape array of size 48 into shape \(24,3\)"),
        ({"classes": "names", "shares": 1}, r"cannot reshape array of size 24 into shape \(24,3\)"),
    ],
)
def test_a_class_that_does_not_answer_as_a_classifier_fails_its_run_in_one_sentence(
    params: dict[str, Any], words: str, table: Table, figure: ConfusionFigure
) -> None:
    own = Estimator(OWN, _target_=f"{__name__}.Coded", **params)
    with pytest.raises(FitFailed, match=words):
        compute(prepare(Train(dataset=IRIS, estimator=own), table), table, figure)


class Leaves(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A class that prints, and then ends the process it is fitted in."""

    def fit(self, features: pd.DataFrame, labels: Any) -> Leaves:
        print("on my way")
        raise SystemExit(0)

    def predict(self, features: pd.DataFrame) -> Any:
        raise AssertionError


def test_a_class_that_leaves_fails_its_run_and_prints_nothing_into_the_answer(
    table: Table, figure: ConfusionFigure, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Estimator(OWN, _target_=f"{__name__}.Leaves")
    with pytest.raises(FitFailed):
        compute(prepare(Train(dataset=IRIS, estimator=own), table), table, figure)
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err == "on my way\n"


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), "KILLED"), (RuntimeError("a bug of ours"), "FAILED")]
)
def test_a_run_that_is_stopped_is_not_left_running(
    store_uri: str, runner_on: Callable[..., Runner], error: BaseException, status: str
) -> None:
    class Raises:
        def png(self, confusion: Any) -> bytes:
            raise error

    runner = replace(runner_on(store_uri), figure=Raises())
    started: list[str] = []
    with pytest.raises(type(error)):
        runner.run(prepare(BASE, runner.table), started.append)
    run = MlflowClient(store_uri).get_run(started[0])
    assert run.info.status == status
    assert run.data.tags["seedbed.error"].startswith(type(error).__name__)


def test_one_run_after_another_shares_nothing_that_shows(store_uri: str, runner_on: Callable[..., Runner]) -> None:
    runner = runner_on(store_uri)
    configs = [replace(BASE, estimator=Estimator(n_neighbors=k)) for k in (1, 30, 1)]
    records = [runner.run(prepare(config, runner.table))[1] for config in configs]
    assert records[0].differences(records[2]) == [] != records[0].differences(records[1])


def test_months_stand_in_one_order_everywhere_and_counts_beside_their_names() -> None:
    """Ten stands behind nine; a matrix that is not symmetric tells rows from columns."""
    table = load_table(Dataset(path=str(CASES / "52-order.csv"), target="month"))
    drawn: list[Any] = []

    class Seen:
        def png(self, confusion: Any) -> bytes:
            drawn.append(confusion)
            return b""

    config = Train(dataset=table.dataset, split=Split(seed=1), estimator=Estimator(n_neighbors=9))
    record = record_of(config, table, Seen())  # type: ignore[arg-type]
    months = [str(month) for month in range(1, 13)]
    assert record.classes == list(record.report["classes"]) == months
    assert [key.partition("/")[2] for key in record.metrics if key.startswith("recall/")] == months
    counted = np.zeros((12, 12), int)
    for truth, prediction in zip(record.predictions["truth"], record.predictions["prediction"], strict=True):
        counted[months.index(truth), months.index(prediction)] += 1
    assert drawn[0].tolist() == counted.tolist() == record.report["confusion"]
    assert not np.array_equal(counted, counted.T)


# In a process of its own, whose peak is its own: 1,000 runs as a worker does them.
THOUSAND = """
import resource, sys
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Split, Train
from seedbed.execution.run import Runner, prepare
from seedbed.data.table import load_table
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.store import ensure_experiment, open_store
from seedbed.tracking.writer import RunWriter

table, store = load_table(Dataset(path="package:iris.csv", target="variety", name="iris")), open_store(sys.argv[1])
runner = Runner.of(table, RunWriter(store, ensure_experiment(store, "iris"), read_provenance(), table.record))
for done in range(1, 1001):
    config = Train(dataset=table.dataset, estimator=Estimator(n_neighbors=done % 30 + 1), split=Split(seed=done))
    runner.run(prepare(config, table), lambda run_id: None)
    if done in (100, 1000):
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_thousand_runs_need_no_more_memory_than_a_hundred(store_uri: str) -> None:
    done = subprocess.run([sys.executable, "-c", THOUSAND, store_uri], capture_output=True, text=True, check=True)
    hundred, thousand = (int(line) for line in done.stdout.split())
    assert thousand < 1.02 * hundred
