"""Removes logged models: their files too, which MLflow's own deleting leaves where they are.

The run is tagged first and the model deleted last. So a run whose removal was cut short says that its model is gone,
and its model is still among those that `list_models` finds: removing it again finishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from seedbed.tracking.names import Tags
from seedbed.tracking.store import Store, read_pages
from seedbed.tracking.writer import find_local_folder, tag_run

_PAGE = 100  # MLflow's own


@dataclass(frozen=True)
class StoredModel:
    """A logged model that was not deleted: whose it is, and where its files are."""

    model_id: str
    run_id: str
    artifact_uri: str


def list_models(store: Store, experiment: str) -> Iterator[StoredModel]:
    """Yield the logged models of an experiment's runs."""
    search = partial(store.client.search_logged_models, [experiment], None, None, _PAGE, None)
    for found in read_pages(search):
        if found.source_run_id:
            yield StoredModel(str(found.model_id), str(found.source_run_id), str(found.artifact_location))


def measure_size(store: Store, model: StoredModel) -> int:
    """Return how many bytes the files of a model take."""
    return _sum_sizes(get_artifact_repository(model.artifact_uri, tracking_uri=store.uri), None)


def _sum_sizes(files: ArtifactRepository, path: str | None) -> int:
    items = files.list_artifacts(path)
    return sum(_sum_sizes(files, item.path) if item.is_dir else item.file_size or 0 for item in items)


def remove_model(store: Store, model: StoredModel) -> None:
    """Tag the run, delete the model's files, and delete the model in MLflow."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    tag_run(store, model.run_id, {str(Tags.PRUNED): when})
    files = get_artifact_repository(model.artifact_uri, tracking_uri=store.uri)
    files.delete_artifacts()  # type: ignore[no-untyped-call]
    if (local := find_local_folder(model.artifact_uri)) is not None:
        with suppress(OSError):  # not empty, or not there
            local.parent.rmdir()
    store.client.delete_logged_model(model.model_id)
