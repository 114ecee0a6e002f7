"""A version's folder as promote leaves it, and the page on it, launched once a module."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import skops.io
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from seedbed.config.schema import Serve
from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.source import FolderSource

IRIS = Path(__file__).parents[2] / "src" / "seedbed" / "data" / "iris.csv"
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what gradio and MLflow themselves do and python would warn of; everything else stays an error."""
    for message in (
        # Gradio makes a loop for each of its locks and leaves it open; a loop holds a pair of Unix sockets.
        r"unclosed event loop:ResourceWarning",
        r"unclosed <socket\.socket fd=\d+, family=1, type=1:ResourceWarning",
        # MLflow's store asks so.
        r"The ``noload`` loader strategy is deprecated:sqlalchemy.exc.SADeprecationWarning",
        # Gradio's queue keeps statistics in ways that pandas 3 deprecates.
        r"'future\.no_silent_downcasting' is deprecated:pandas.errors.Pandas4Warning",
        r"The copy keyword is deprecated:pandas.errors.Pandas4Warning",
    ):
        config.addinivalue_line("filterwarnings", f"ignore:{message}")


def iris() -> pd.DataFrame:
    """Return the Iris table."""
    return pd.read_csv(IRIS)


def write_version(folder: Path, table: pd.DataFrame, target: str, *, scale: bool = False, **told: Any) -> Path:
    """Fit KNN on `table` and leave it in `folder` as promote does.

    `told` changes the card, `k` the number of neighbours, `estimator` what is fitted.
    """
    columns = [column for column in table.columns if column != target]
    knn = KNeighborsClassifier(n_neighbors=told.pop("k", 5))
    classifier = told.pop("estimator", knn)
    estimator = make_pipeline(StandardScaler(), classifier) if scale else classifier
    estimator.fit(table[columns], table[target].astype(str))
    (folder / "page").mkdir(parents=True)
    skops.io.dump(estimator, folder / "model.skops")
    table.to_parquet(folder / "page" / "training.parquet")
    card = {
        "title": "Which one is it?",
        "description": "Type the numbers.",
        "target": target,
        "classes": [str(name) for name in estimator.classes_],
        "features": [_feature(column, table[column]) for column in columns],
        "drawing": "card",
        "flower": None,
        "model": "some",
        "basis": "one split, not compared",
        "scores": [],
        "digest": "abc",
        "commit": "def",
        "made": "2026-11-25T12:00:00+00:00",
        **told,
    }
    (folder / "page" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def write_iris(folder: Path, **told: Any) -> Path:
    """Leave the tutorial's page on the Iris table in `folder`."""
    table = iris()
    features = [
        {**_feature(column, table[column]), "label": column.replace("_", " ").capitalize(), "unit": "cm", "value": 1.0}
        for column in COLUMNS
    ]
    features[3] |= {"widget": "slider", "minimum": 1, "maximum": 10, "step": 0.1}
    return write_version(
        folder,
        table,
        "variety",
        **{
            "title": "Iris Flower Predictive Analytics",
            "description": "Experiment with sepal/petal lengths/widths to predict which flower it is.",
            "features": features,
            "drawing": "flower",
            "flower": {column: column for column in COLUMNS},
            "model": "iris",
            **told,
        },
    )


def _feature(column: str, values: pd.Series[Any]) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    return {"name": column, "label": column, "unit": "", "low": low, "high": high, "widget": "number", "minimum": None,
            "maximum": None, "step": None, "value": low, "whole": False, "later": "ignored"}  # fmt: skip


def write_mixed(folder: Path, cells: pd.DataFrame, estimator: str = "logistic") -> Path:
    """Leave in `folder` what promote leaves of a table of any cells whose classes are in `kind`."""
    from seedbed.config.dataset import Dataset
    from seedbed.config.estimator import Estimator
    from seedbed.config.schema import Preprocess, Train
    from seedbed.data.table import build_table
    from seedbed.execution.run import fit, prepare
    from seedbed.promotion.model_card import Origin, build_card, write_page
    from seedbed.tracking.model_files import ModelFolders

    dataset = Dataset(path="mixed.csv", target="kind")
    table = build_table(cells, dataset)
    config = Train(dataset=dataset, estimator=Estimator(estimator), preprocess=Preprocess("auto"))
    fitted = fit(prepare(config, table), table.whole)
    ModelFolders(table.features, (), table.schema).write(fitted.estimator, folder, "r", "m")
    origin = Origin(basis="one split, not compared", candidate={}, scores=[], digest="abc", commit="def")
    write_page(folder / "page", build_card(dataset, table, origin), table.whole, b"")
    (folder / "page" / "confusion_matrix.png").unlink()
    return folder


WriteVersion = Callable[..., Path]


@pytest.fixture(scope="session")
def new_version() -> WriteVersion:
    """Return the function that leaves a version of any table in a folder."""
    return write_version


@pytest.fixture(scope="session")
def new_iris_version() -> WriteVersion:
    """Return the function that leaves a version of the Iris table in a folder."""
    return write_iris


@pytest.fixture(scope="session")
def new_mixed_version() -> WriteVersion:
    """Return the function that leaves a version of a table of any cells in a folder."""
    return write_mixed


@pytest.fixture(scope="session")
def mixed_folder(tmp_path_factory: pytest.TempPathFactory, mixed_cells: pd.DataFrame) -> Path:
    """Return the folder of a version of a table with categories, gaps, dates, and yes and no."""
    return write_mixed(tmp_path_factory.mktemp("mixed") / "model", mixed_cells.drop(columns="visit"))


@pytest.fixture(scope="session")
def iris_table() -> pd.DataFrame:
    """Return the Iris table."""
    return iris()


@pytest.fixture(scope="session")
def iris_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a version of the Iris model."""
    return write_iris(tmp_path_factory.mktemp("iris") / "model")


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory, iris_folder: Path, template: Path) -> str:
    """Return the address of a store in which version 1 of `iris` is marked best; copy it to change it."""
    from mlflow import MlflowClient

    from seedbed.tracking.registry import ALIAS

    folder = tmp_path_factory.mktemp("marked")
    shutil.copyfile(template, folder / "mlflow.db")
    address = f"sqlite:///{folder / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = client.create_experiment("iris", artifact_location=(folder / "artifacts").as_uri())
    run = client.create_run(experiment)
    client.log_artifacts(run.info.run_id, str(iris_folder), "model")
    client.set_terminated(run.info.run_id)
    client.create_registered_model("iris")
    client.create_model_version("iris", f"{run.info.artifact_uri}/model", run.info.run_id)
    client.set_registered_model_alias("iris", ALIAS, "1")
    return address


@pytest.fixture(scope="session")
def new_settings() -> Callable[..., Settings]:
    """Return the function that makes settings of the page from the config's defaults and what is to differ."""
    return lambda **changes: replace(Settings.from_config(Serve()), **changes)


@pytest.fixture(scope="module")
def served(iris_folder: Path, new_settings: Callable[..., Settings]) -> Iterator[Running]:
    """Return the Iris page, running on a free port."""
    running = launch(FolderSource(iris_folder, "7"), new_settings(port=0))
    yield running
    running.close()
