"""Stores in a state that other people's tools tripped over: every verb says so in one sentence and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

VERBS = (
    ("train",),
    ("train", "-m"),
    ("train", "-m", "dry_run=true", "resume=latest"),
    ("explore",),
    ("compare",),
    ("promote",),
    ("promote", "run=latest"),
    ("reproduce",),
    ("prune",),
)


@pytest.fixture(scope="module")
def deleted(new_store: Callable[[Path], str], command: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a store with one run, whose experiment somebody deleted in the UI."""
    uri = new_store(tmp_path_factory.mktemp("deleted"))
    assert command("train", f"tracking.uri={uri}").code == 0
    client = MlflowClient(uri, uri)
    client.delete_experiment(client.get_experiment_by_name("iris").experiment_id)
    return uri


@pytest.mark.parametrize("words", [words for words in VERBS if "resume=latest" not in words], ids=" ".join)
def test_a_deleted_experiment_is_said_with_the_command_that_restores_it(
    deleted: str, command: Any, words: tuple[str, ...]
) -> None:
    """Case H25."""
    outcome = command(*words, f"tracking.uri={deleted}")
    assert outcome.code == 1
    assert outcome.sentence.startswith("The experiment iris was deleted in MLflow; bring it back with `")
    assert "mlflow experiments restore --experiment-id 1`" in outcome.sentence
    assert "dataset.name=" in outcome.sentence
    found = MlflowClient(deleted, deleted).get_experiment_by_name("iris")
    assert found.lifecycle_stage == "deleted"


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_store_of_a_newer_mlflow_is_said_to_be_one(store_uri: str, command: Any, words: tuple[str, ...]) -> None:
    """Case H28."""
    file = Path(store_uri.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update alembic_version set version_num = 'fromthefuture'")
    before = file.read_bytes()
    outcome = command(*words, f"tracking.uri={store_uri}")
    assert outcome.code == 1
    assert f"was written by a newer MLflow than the one installed here, {mlflow.__version__};" in outcome.sentence
    assert file.read_bytes() == before
    assert (
        all(item.stat().st_size == 0 for item in file.parent.glob("*-wal")) and not (file.parent / "artifacts").exists()
    )
