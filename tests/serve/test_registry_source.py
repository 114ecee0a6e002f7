"""The version marked best of a real registry, downloaded and served."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from seedbed.errors import NotDone
from seedbed.registry import ALIAS
from serve.answering import answer
from serve.current import Current
from serve.registry_source import RegistrySource


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory, iris_folder: Path) -> str:
    """Return a store whose model `iris` has one version, with its page/."""
    folder = tmp_path_factory.mktemp("store")
    address = f"sqlite:///{folder / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = client.create_experiment("iris", artifact_location=(folder / "artifacts").as_uri())
    run = client.create_run(experiment)
    client.log_artifacts(run.info.run_id, str(iris_folder), "model")
    client.set_terminated(run.info.run_id)
    client.create_registered_model("iris")
    client.create_model_version("iris", f"{run.info.artifact_uri}/model", run.info.run_id)
    return address


def test_with_nothing_marked_it_says_how_to_mark_one(uri: str, tmp_path: Path) -> None:
    for name in ("iris", "other"):
        with pytest.raises(
            NotDone, match=rf"No version of {name} is marked best yet; `python experiments/promote\.py`"
        ):
            RegistrySource(name, uri, tmp_path).load()


def test_the_marked_version_is_served(uri: str, tmp_path: Path) -> None:
    MlflowClient(tracking_uri=uri, registry_uri=uri).set_registered_model_alias("iris", ALIAS, "1")
    source = RegistrySource("iris", uri, tmp_path)
    model = source.load()
    assert source.version() == model.version == "1"
    assert answer(model, [5.1, 3.5, 1.4, 0.2]).predicted == "Setosa"
    assert mlflow.active_run() is None


def test_the_mark_moves(uri: str, tmp_path: Path) -> None:
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.set_registered_model_alias("iris", ALIAS, "1")
    current = Current(RegistrySource("iris", uri, tmp_path))
    first = client.get_model_version("iris", "1")
    second = client.create_model_version("iris", first.source or "", first.run_id)
    client.set_registered_model_alias("iris", ALIAS, second.version)
    current.refresh()
    assert current.model.version == str(second.version)
    client.delete_registered_model_alias("iris", ALIAS)
    current.refresh()
    assert current.model.version == str(second.version) and "No version of iris is marked best yet" in current.trouble
