"""The version marked best of a real registry, downloaded and served."""

from __future__ import annotations

import gc
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import mlflow
import pytest
from mlflow import MlflowClient

from seedbed.errors import NotDone
from seedbed.tracking.registry import ALIAS, BY_VERSION, open_registry
from serve.model.current import Current
from serve.model.predictions import answer
from serve.model.registry_source import RegistrySource
from serve.ui.about import render_about


@pytest.fixture
def uri(marked: str, tmp_path: Path) -> str:
    """Return a store whose model `iris` has version 1 marked best, to be changed."""
    with closing(connect(marked.removeprefix("sqlite:///"))) as store, closing(connect(tmp_path / "copy.db")) as copy:
        store.backup(copy)
    return f"sqlite:///{tmp_path / 'copy.db'}"


def test_with_nothing_marked_it_says_how_to_mark_one(uri: str, tmp_path: Path) -> None:
    MlflowClient(tracking_uri=uri, registry_uri=uri).delete_registered_model_alias("iris", ALIAS)
    for name, word in (("iris", ""), ("other", " dataset.name=other")):
        with pytest.raises(
            NotDone, match=rf"No version of {name} is marked best; `python experiments/promote\.py{word} tracking"
        ):
            RegistrySource(name, uri, tmp_path).load()


def test_the_marked_version_is_served(uri: str, tmp_path: Path) -> None:
    source = RegistrySource("iris", uri, tmp_path)
    model = source.load()
    assert source.version() == model.version == "1"
    assert answer(model, [5.1, 3.5, 1.4, 0.2]).predicted == "Setosa"
    assert mlflow.active_run() is None


def test_a_version_that_cannot_be_served_is_not_kept_at_each_try(uri: str, tmp_path: Path) -> None:
    kept, bad = tmp_path / "kept", tmp_path / "bad"
    kept.mkdir()
    bad.mkdir()
    (bad / "model.skops").write_bytes(b"no model")
    current = Current(RegistrySource("iris", uri, kept))
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.set_registered_model_alias("iris", ALIAS, client.create_model_version("iris", str(bad)).version)
    for _ in range(3):
        current.refresh()
        assert "cannot be read" in current.trouble
    assert [folder.name.partition("-")[0] for folder in kept.iterdir()] == ["v1"]


def test_the_files_of_a_version_go_when_it_answers_no_more(uri: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    current = Current(RegistrySource("iris", uri, kept))
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    source = client.get_model_version("iris", "1").source
    for version in ("2", "3"):
        client.create_model_version("iris", source)
        client.set_registered_model_alias("iris", ALIAS, version)
        current.refresh()
        gc.collect()
        assert [folder.name.partition("-")[0] for folder in kept.iterdir()] == [f"v{version}"]
        assert (current.model.folder / "page" / "card.json").is_file()


def test_the_mark_moves(uri: str, tmp_path: Path) -> None:
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    current = Current(RegistrySource("iris", uri, tmp_path))
    first = client.get_model_version("iris", "1")
    second = client.create_model_version("iris", first.source or "", first.run_id)
    client.set_registered_model_alias("iris", ALIAS, second.version)
    current.refresh()
    assert current.model.version == str(second.version)
    client.delete_registered_model_alias("iris", ALIAS)
    current.refresh()
    assert current.model.version == str(second.version) and "No version of iris is marked best;" in current.trouble


def test_a_version_that_a_person_marked_again_says_so_and_when(uri: str, tmp_path: Path) -> None:
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    first, registry = client.get_model_version("iris", "1"), open_registry(uri)
    params = {"seedbed.params": '{"estimator.n_neighbors": "9"}'}
    second = client.create_model_version("iris", first.source or "", first.run_id, tags=params)
    registry.move_alias(registry.get_version("iris", int(second.version)), "it is better", "highest_mean")
    assert "by a person" not in render_about(RegistrySource("iris", uri, tmp_path).load())
    registry.move_alias(registry.get_version("iris", 1), "a person asked for this version", BY_VERSION)
    model = RegistrySource("iris", uri, tmp_path).load()
    told = render_about(model)
    assert "Marked again by a person&#39;s word, which is compared with nothing." in told
    assert "<dt>marked before</dt><dd>version 2 (n_neighbors=9)</dd>" in told
    assert model.card.made == registry.list_moves("iris")[-1]["when"]
