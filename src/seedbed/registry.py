"""Versions of the registered model and the alias `best`. No MLflow type leaves this room."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from seedbed.errors import NotDone
from seedbed.tracking.store import Store, open_store

ALIAS = "best"
_LONGEST_DESCRIPTION = 5000  # characters: PostgreSQL's limit


@dataclass(frozen=True)
class Version:
    """A version of a registered model.

    `source` is where its files are; `made` is in milliseconds since 1970.
    """

    name: str
    version: str
    run_id: str | None
    source: str
    made: int
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Registry:
    """The registered models of a store."""

    store: Store

    def best(self, name: str) -> Version | None:
        """Return the version marked `best`, None where nothing is."""
        try:
            return _version(self.store.client.get_model_version_by_alias(name, ALIAS))
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise NotDone(f"The registry of {self.store.uri} does not answer: {error.message}") from error

    def versions(self, name: str) -> list[Version]:
        """Return every version of a model, the newest first; none where there is no such model."""
        quote = '"' if "'" in name else "'"  # MLflow's filters know no escape
        pages: list[Version] = []
        token = None
        while True:
            page = self.store.client.search_model_versions(f"name = {quote}{name}{quote}", page_token=token)
            pages += [_version(found) for found in page]
            token = page.token
            if not token:
                return sorted(pages, key=lambda found: -int(found.version))

    def register(self, name: str, source: str, run_id: str, tags: Mapping[str, str], description: str) -> Version:
        """Make a version of a logged model (`source`: models:/ID) and return it; the alias stays where it is."""
        self._ensure(name)
        # MLflow looks the logged model up in the global store, whichever client asks.
        mlflow.set_tracking_uri(self.store.uri)
        made = self.store.client.create_model_version(
            name,
            source,
            run_id=run_id,
            tags=dict(tags),
            description=description[:_LONGEST_DESCRIPTION],
            model_id=source.removeprefix("models:/"),
        )
        return _version(made)

    def mark(self, version: Version) -> None:
        """Move the alias `best` to a version."""
        self.store.client.set_registered_model_alias(version.name, ALIAS, version.version)

    def download(self, version: Version, to: Path) -> Path:
        """Copy a version's files into a folder and return it.

        Raises
        ------
        NotDone : its files are gone.
        """
        to.mkdir(parents=True, exist_ok=True)
        uri = self.store.client.get_model_version_download_uri(version.name, version.version)
        try:
            return Path(download_artifacts(artifact_uri=uri, dst_path=str(to), tracking_uri=self.store.uri))
        except (MlflowException, OSError) as error:
            shutil.rmtree(to, ignore_errors=True)
            raise NotDone(
                f"The files of version {version.version} of {version.name} are gone from {uri}; promote again: "
                "python experiments/promote.py"
            ) from error

    def _ensure(self, name: str) -> None:
        try:
            self.store.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def open_registry(uri: str | None, *, create: bool = False) -> Registry:
    """Open the registry of the store that `tracking.uri` names.

    Raises
    ------
    NotDone : the store is not there or cannot be used.
    """
    return Registry(open_store(uri, create=create))


def _version(found: ModelVersion) -> Version:
    return Version(
        name=found.name,
        version=str(found.version),
        run_id=found.run_id,
        source=found.source or "",
        made=found.creation_timestamp,
        tags=found.tags,
    )
