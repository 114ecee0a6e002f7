"""A version's folder, loaded by our own list of types."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from seedbed.errors import NotDone
from serve.model.source import FolderSource


def load(folder: Path) -> None:
    FolderSource(folder).load()


def test_a_version_is_loaded(iris_folder: Path) -> None:
    model = FolderSource(iris_folder, "7").load()
    assert model.version == FolderSource(iris_folder, "7").version() == "7"
    assert model.card.title == "Iris Flower Predictive Analytics"
    assert model.neighborhood is not None and model.neighborhood.k == 5


def test_a_version_without_its_page_is_served(tmp_path: Path, iris_folder: Path) -> None:
    (tmp_path / "model.skops").write_bytes((iris_folder / "model.skops").read_bytes())
    model = FolderSource(tmp_path).load()
    assert model.card.columns == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert model.training is None and model.neighborhood is None


@pytest.mark.parametrize("scale", [False, True])
def test_the_training_rows_are_the_models_own(
    tmp_path: Path, scale: bool, iris_table: pd.DataFrame, new_version: Callable[..., Path]
) -> None:
    model = FolderSource(new_version(tmp_path / "v", iris_table, "variety", scale=scale)).load()
    assert model.neighborhood is not None
    found = model.neighborhood.find(model.rows(iris_table.iloc[[3], :4]), {})
    assert found.distances[0] == 0 and found.rows[0] == 3
    assert not found.far


def test_a_crafted_model_is_refused_by_the_names_in_it(tmp_path: Path, iris_folder: Path) -> None:
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(iris_folder / "model.skops") as honest, zipfile.ZipFile(path, "w") as crafted:
        for name in honest.namelist():
            data = honest.read(name)
            if name == "schema.json":
                schema = json.loads(data)
                schema["__class__"], schema["__module__"] = "system", "os"
                data = json.dumps(schema).encode()
            crafted.writestr(name, data)
    # Whoever made the model can write into its MLmodel file what they like.
    (tmp_path / "MLmodel").write_text("flavors: {sklearn: {skops_trusted_types: [os.system]}}", encoding="utf-8")
    with pytest.raises(NotDone, match=r"os\.system"):
        load(tmp_path)


def test_a_model_whose_arrays_were_changed_is_refused(tmp_path: Path, iris_table: pd.DataFrame) -> None:
    estimator = DecisionTreeClassifier(random_state=0).fit(iris_table.iloc[:, :4], iris_table["variety"])
    estimator.tree_.__getstate__()["nodes"]["left_child"][0] = 10**6
    skops.io.dump(estimator, tmp_path / "model.skops")
    with pytest.raises(NotDone, match="cannot be read: the child of a node is not a later node of its tree"):
        load(tmp_path)


def test_types_that_are_trusted_are_loaded(tmp_path: Path, iris_table: pd.DataFrame) -> None:
    estimator = GradientBoostingClassifier(n_estimators=2).fit(iris_table.iloc[:, :4], iris_table["variety"])
    skops.io.dump(estimator, tmp_path / "model.skops")
    with pytest.raises(NotDone, match=r"holds sklearn\.ensemble\._gb\.GradientBoostingClassifier; "):
        load(tmp_path)
    model = FolderSource(tmp_path, trust=["sklearn.ensemble._gb.GradientBoostingClassifier"]).load()
    assert model.card.columns == list(iris_table.columns[:4])


def test_what_holds_no_classifier_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotDone, match=r"holds no model\.skops"):
        load(tmp_path)
    (tmp_path / "model.skops").write_bytes(b"PK not a zip")
    with pytest.raises(NotDone, match="cannot be read"):
        load(tmp_path)
    skops.io.dump(StandardScaler(), tmp_path / "model.skops")
    with pytest.raises(NotDone, match="is not a classifier"):
        load(tmp_path)


def test_a_damaged_card_is_said_in_a_sentence(tmp_path: Path, iris_folder: Path) -> None:
    (tmp_path / "model.skops").write_bytes((iris_folder / "model.skops").read_bytes())
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "card.json").write_text('{"title": "x"}', encoding="utf-8")
    with pytest.raises(NotDone, match=r"The version's page/ folder cannot be read \(.*\); promote it again\."):
        load(tmp_path)


def test_an_estimator_that_goes_by_names_is_asked_by_names(tmp_path: Path, iris_table: pd.DataFrame) -> None:
    columns = ["petal_width", "sepal_width"]
    by_name = ColumnTransformer([("chosen", StandardScaler(), columns)])
    estimator = make_pipeline(by_name, KNeighborsClassifier()).fit(iris_table.iloc[:, :4], iris_table["variety"])
    skops.io.dump(estimator, tmp_path / "model.skops")
    model = FolderSource(tmp_path).load()
    asked = model.rows(iris_table.iloc[:, :4].to_numpy())
    assert not model.by_position and list(asked.columns) == model.card.columns
    assert list(model.estimator.predict(asked)) == list(estimator.predict(iris_table.iloc[:, :4]))


def test_an_estimator_that_was_fitted_on_plain_rows_is_asked_with_plain_rows(
    tmp_path: Path, iris_table: pd.DataFrame
) -> None:
    rows = iris_table.iloc[:, :4].to_numpy()
    estimator = KNeighborsClassifier().fit(rows, iris_table["variety"])
    skops.io.dump(estimator, tmp_path / "model.skops")
    model = FolderSource(tmp_path).load()
    assert model.by_position and list(model.estimator.predict(model.rows(rows))) == list(estimator.predict(rows))
