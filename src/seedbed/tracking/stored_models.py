"""Removes logged models: their files too, which MLflow's own deleting leaves where they are.

The run is marked first and the model deleted last. So a run whose removal was cut short says that its model is gone,
and its model is still among those that `stored_models` finds: removing it again finishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow.entities import RunTag
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from seedbed.tracking.names import Tags
from seedbed.tracking.store import Store
from seedbed.tracking.writer import find_local_folder

_PAGE = 100  # MLflow's own


@dataclass(frozen=True)
class StoredModel:
    """A logged model that was not deleted: whose it is, and where its files are."""

    model_id: str
    run_id: str
    place: str


def stored_models(store: Store, experiment: str) -> Iterator[StoredModel]:
    """Yield the logged models of an experiment's runs."""
    token = None
    while True:
        page = store.client.search_logged_models([experiment], max_results=_PAGE, page_token=token)
        for found in page:
            if found.source_run_id:
                yield StoredModel(str(found.model_id), str(found.source_run_id), str(found.artifact_location))
        token = page.token
        if not token:
            return


def size_of(store: Store, model: StoredModel) -> int:
    """Return how many bytes the files of a model take."""
    local = find_local_folder(model.place)
    if local is not None:
        return sum(file.stat().st_size for file in local.rglob("*") if file.is_file())
    return _listed(_files(store, model), None)


def remove(store: Store, model: StoredModel) -> None:
    """Mark the run, delete the model's files, and delete the model in MLflow."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    store.client.log_batch(model.run_id, tags=[RunTag(str(Tags.PRUNED), when)])
    _files(store, model).delete_artifacts()  # type: ignore[no-untyped-call]
    local = find_local_folder(model.place)
    if local is not None:
        with suppress(OSError):  # not empty, or not there
            local.parent.rmdir()
    store.client.delete_logged_model(model.model_id)


def _files(store: Store, model: StoredModel) -> ArtifactRepository:
    return get_artifact_repository(model.place, tracking_uri=store.uri)


def _listed(files: ArtifactRepository, path: str | None) -> int:
    return sum(_listed(files, item.path) if item.is_dir else item.file_size or 0 for item in files.list_artifacts(path))
