"""Model folders: whatever KNN can be fitted with is saved, and loads by MLflow's own loader."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model, infer_signature
from mlflow.types import DataType
from sklearn.neighbors import KNeighborsClassifier

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Preprocess, Train
from seedbed.data.table import Table, load_table
from seedbed.errors import BadInput
from seedbed.estimators.factory import METRICS, silence_warnings
from seedbed.estimators.loading import ForbiddenTypes, list_trusted_types
from seedbed.execution.run import FitFailed, Task, fit, predict, prepare
from seedbed.tracking import model_files

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris", holdout=0)
ALGORITHMS = ("auto", "ball_tree", "kd_tree", "brute")


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table(IRIS)


@pytest.fixture(scope="module")
def folders(table: Table) -> model_files.ModelFolders:
    return model_files.ModelFolders(table.features.head(2))


def task_of(table: Table, estimator: Estimator, preprocess: str = "none") -> Task:
    return prepare(Train(dataset=IRIS, estimator=estimator, preprocess=Preprocess(preprocess)), table)


@pytest.mark.parametrize(("weights", "preprocess"), [("uniform", "none"), ("distance", "standardize")])
def test_every_metric_and_algorithm_that_fits_loads_again_and_the_others_are_failures(
    table: Table, folders: model_files.ModelFolders, tmp_path: Path, weights: str, preprocess: str
) -> None:
    rows = np.arange(0, 150, 3)
    loaded, failed = set(), set()
    for metric, algorithm in itertools.product(METRICS, ALGORITHMS):
        task = task_of(table, Estimator(weights=weights, metric=metric, algorithm=algorithm), preprocess)
        try:
            fitted = fit(task, table.part(rows)).estimator
            predict(task.name, fitted, table.part(rows).features, table.classes)
        except FitFailed as error:
            assert str(error).startswith(f"The run {task.name} failed in scikit-learn: ")
            failed.add((metric, algorithm))
            continue
        folder = tmp_path / f"{metric}-{algorithm}"
        folders.write(fitted, folder, "run", "model")
        read = model_files.read(folder)
        with silence_warnings():  # of numbers that a boolean metric converts
            assert np.array_equal(read.predict_proba(table.features), fitted.predict_proba(table.features))
        loaded.add((metric, algorithm))
    assert len(loaded) >= 50, sorted(failed)
    named = ("euclidean", "manhattan", "minkowski", "chebyshev", "canberra", "hamming")
    possible = set(itertools.product(named, ALGORITHMS)) | {("cosine", "auto"), ("cosine", "brute")}
    trees = {(metric, "kd_tree") for metric in ("canberra", "hamming")}
    assert possible - trees <= loaded
    assert trees | {("cosine", "ball_tree"), ("cosine", "kd_tree"), ("haversine", "ball_tree")} <= failed


@pytest.mark.parametrize(
    "estimator",
    [
        Estimator(),
        Estimator(metric="manhattan", algorithm="kd_tree", weights="distance"),
        Estimator(metric="canberra", algorithm="ball_tree"),
        Estimator(metric="cosine", algorithm="brute"),
    ],
    ids=lambda estimator: "{metric}-{algorithm}".format(**estimator.values),
)
@pytest.mark.parametrize("preprocess", ["none", "standardize"])
def test_mlflow_loads_and_asks_it(table: Table, tmp_path: Path, estimator: Estimator, preprocess: str) -> None:
    fitted = fit(task_of(table, estimator, preprocess), table.part(np.arange(0, 150, 2))).estimator
    model_files.ModelFolders(table.features.head(2)).write(fitted, tmp_path / "model", "run", "m-1")
    model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    assert list(model.predict(table.features)) == list(fitted.predict(table.features))
    assert model.metadata.run_id == "run"


@pytest.fixture(scope="module")
def folder(table: Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "folder"
    fitted = fit(task_of(table, Estimator()), table.part(np.arange(150))).estimator
    model_files.ModelFolders(table.features.head(2)).write(fitted, place, "r", "m")
    return place


def test_the_signature_has_double_columns_by_the_tables_names(folder: Path, table: Table) -> None:
    signature = Model.load(str(folder)).signature
    assert [(column.name, column.type) for column in signature.inputs.inputs] == [
        (name, DataType.double) for name in table.features
    ]
    answer = infer_signature(table.features, np.array(["Setosa"])).outputs
    assert [column.type for column in signature.outputs.inputs] == [DataType.string] != answer


def test_the_requirements_are_pinned_and_few(folder: Path) -> None:
    lines = (folder / "requirements.txt").read_text().split()
    assert sorted(line.partition("==")[0] for line in lines) == ["mlflow", "numpy", "pandas", "scikit-learn", "skops"]
    assert all("==" in line for line in lines)
    assert tuple(lines) == model_files.list_requirements()


def test_it_keeps_an_input_example(folder: Path, table: Table) -> None:
    example = Model.load(str(folder)).load_input_example(str(folder))
    pd.testing.assert_frame_equal(example, table.features.head(2))


def test_columns_may_come_in_any_order_and_more_of_them(folder: Path, table: Table) -> None:
    model = mlflow.pyfunc.load_model(str(folder))
    turned = table.features[list(table.features)[::-1]].assign(more=1.0)
    assert list(model.predict(turned)) == list(model.predict(table.features))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("metric", ["minkowski", "manhattan"])
@pytest.mark.parametrize("preprocess", ["none", "standardize"])
def test_models_that_are_alike_are_judged_once_and_named_as_if_each_were(
    table: Table, tmp_path: Path, metric: str, algorithm: str, preprocess: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def judge(data: bytes, source: str, trust: Collection[str]) -> list[str]:
        judged.append(source)
        return list_trusted_types(data, source, trust)

    monkeypatch.setattr(model_files, "list_trusted_types", judge)
    folders = model_files.ModelFolders(table.features.head(2))
    # With "auto" scikit-learn takes a tree below half as many neighbours as rows, and compares all rows from there on.
    task = task_of(table, Estimator(n_neighbors=50, metric=metric, algorithm=algorithm), preprocess)
    named = []
    for number, (count, seed) in enumerate(itertools.product((100, 102), range(3))):
        rows = np.random.default_rng(seed).permutation(150)[:count]
        folder = tmp_path / str(number)
        folders.write(fit(task, table.part(rows)).estimator, folder, "run", "m", (task.candidate, count))
        named.append(Model.load(str(folder)).flavors["sklearn"]["skops_trusted_types"])
        assert named[-1] == list_trusted_types((folder / model_files.MODEL_FILE).read_bytes())
    assert len(judged) == 2
    assert (named[0] != named[-1]) == (algorithm == "auto")


def test_the_second_folder_tells_its_own_run_and_size(table: Table, tmp_path: Path) -> None:
    folders = model_files.ModelFolders(table.features.head(2))
    descriptions = []
    for number, n_neighbors in enumerate((1, 9)):
        fitted = fit(task_of(table, Estimator(n_neighbors=n_neighbors)), table.part(np.arange(150))).estimator
        folders.write(fitted, tmp_path / str(number), f"run-{number}", f"m-{number}")
        descriptions.append(Model.load(str(tmp_path / str(number))))
        assert model_files.read(tmp_path / str(number)).n_neighbors == n_neighbors
    first, second = descriptions
    assert (first.run_id, first.model_id, second.run_id, second.model_id) == ("run-0", "m-0", "run-1", "m-1")
    assert first.model_uuid != second.model_uuid
    assert second.model_size_bytes == sum(
        file.stat().st_size for file in (tmp_path / "1").iterdir() if file.name != "MLmodel"
    )
    assert {file.name for file in (tmp_path / "0").iterdir()} == {file.name for file in (tmp_path / "1").iterdir()}


def test_a_template_is_as_mlflow_writes_it(table: Table, tmp_path: Path) -> None:
    """Two estimators of one kind by one writer, and by a new one each: the same but for ids, size and time."""
    folders = model_files.ModelFolders(table.features.head(2))
    fitted = [fit(task_of(table, Estimator(n_neighbors=k)), table.part(np.arange(150))).estimator for k in (1, 9)]
    folders.write(fitted[0], tmp_path / "first", "run", "m")
    folders.write(fitted[1], tmp_path / "second", "run", "m")
    model_files.ModelFolders(table.features.head(2)).write(fitted[1], tmp_path / "alone", "run", "m")
    own = ("utc_time_created", "model_uuid", "model_size_bytes")
    described = [
        {key: value for key, value in Model.load(str(tmp_path / name)).to_dict().items() if key not in own}
        for name in ("second", "alone")
    ]
    assert described[0] == described[1]
    for file in (tmp_path / "alone").iterdir():
        if file.name not in ("MLmodel", model_files.MODEL_FILE):  # skops numbers what it stores by its place in memory
            assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes(), file.name


def test_a_copy_keeps_the_estimator_byte_for_byte(folder: Path, tmp_path: Path, table: Table) -> None:
    model_files.copy(folder, tmp_path / "copy", "run-2", "m-2")
    assert (tmp_path / "copy" / model_files.MODEL_FILE).read_bytes() == (folder / model_files.MODEL_FILE).read_bytes()
    copied = Model.load(str(tmp_path / "copy"))
    assert (copied.run_id, copied.model_id) == ("run-2", "m-2")
    assert list(mlflow.pyfunc.load_model(str(tmp_path / "copy")).predict(table.features.head(1))) == ["Setosa"]


def test_a_model_of_somebody_elses_types_is_not_written(table: Table, tmp_path: Path) -> None:
    estimator = KNeighborsClassifier(metric=_distance).fit(table.features, table.labels)
    with pytest.raises(ForbiddenTypes, match="_distance"):
        model_files.ModelFolders(table.features.head(2)).write(estimator, tmp_path / "model", "run", "m")
    assert not (tmp_path / "model").exists()


def test_a_model_of_trusted_types_is_written_and_read_by_their_names(table: Table, tmp_path: Path) -> None:
    estimator = KNeighborsClassifier(metric=_distance).fit(table.features, table.labels)
    trust = [f"{__name__}._distance"]
    model_files.ModelFolders(table.features.head(2), trust).write(estimator, tmp_path / "model", "run", "m")
    assert trust[0] in Model.load(str(tmp_path / "model")).flavors["sklearn"]["skops_trusted_types"]
    read = model_files.read(tmp_path / "model", trust)
    assert list(read.predict(table.features)) == list(estimator.predict(table.features))
    with pytest.raises(ForbiddenTypes, match="_distance"):
        model_files.read(tmp_path / "model")


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).sum())


class Streaming(KNeighborsClassifier):  # type: ignore[misc]
    """Keeps what nothing can store."""

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Streaming:
        self.rows_ = iter(range(3))
        self.stream_ = (row for row in range(3))
        return super().fit(X, y)  # type: ignore[no-any-return]


def test_what_skops_cannot_store_is_one_sentence(
    table: Table, folders: model_files.ModelFolders, tmp_path: Path
) -> None:
    fitted = Streaming().fit(table.features, table.labels)
    for store in (lambda: model_files.measure_size(fitted, ()), lambda: folders.write(fitted, tmp_path / "m", "", "")):
        with pytest.raises(BadInput, match="A fitted Streaming cannot be stored by skops: .*tracking.models=none"):
            store()
