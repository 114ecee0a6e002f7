"""Versions of the registered model and the alias `best`. No MLflow type leaves this room."""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from seedbed.config.candidate import ParamValue, parse_param
from seedbed.config.naming import format_command
from seedbed.errors import NotDone, UnknownName, clip, hide_secrets
from seedbed.tracking.names import Tags
from seedbed.tracking.store import Store, open_store, read_pages
from seedbed.tracking.uris import find_typed_uri

ALIAS = "best"
BY_RUN, BY_VERSION, UNKNOWN = "run", "version", "unknown"  # rules of a move: run=ID, version=N, not recorded by promote
BY_HAND = (BY_VERSION, UNKNOWN)
_TRIES = 8
_LONGEST_DESCRIPTION = 5000  # characters: PostgreSQL's limit


@dataclass(frozen=True)
class Version:
    """A version of a registered model."""

    name: str
    version: str
    run_id: str | None
    source: str  # where its files are
    made: int  # milliseconds since 1970
    tags: Mapping[str, str]
    description: str


@dataclass(frozen=True)
class Registry:
    """The registered models of a store, and the moves of their alias `best`, behind which the champion stands."""

    store: Store

    def get_champion(self, name: str) -> Version | None:
        """Return the version behind the alias, None if there is none."""
        try:
            return _read_version(self.store.client.get_model_version_by_alias(name, ALIAS))
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise NotDone(f"The registry of {self.store.label} does not answer: {clip(error.message)}") from error

    def list_versions(self, name: str) -> list[Version]:
        """Return every version of a model, the newest first; none if there is no such model."""
        quote = '"' if "'" in name else "'"  # MLflow's filters have no escape
        return sorted(self._search(f"name = {quote}{name}{quote}"), key=lambda found: -int(found.version))

    def get_version(self, name: str, number: int) -> Version:
        """Return a version by its number; UnknownName if there is none lists those that there are."""
        versions = {version.version: version for version in self.list_versions(name)}
        if str(number) not in versions:
            raise UnknownName(f"version of {name} with the number", str(number), versions)
        return versions[str(number)]

    def list_sources(self) -> set[str]:
        """Return the ids of the runs and logged models that any version of any registered model came from."""
        ids: set[str] = set()
        for version in self._search(None):
            ids |= {version.run_id or "", version.tags.get(Tags.RUN, "")}
            ids |= {*re.findall(r"m-[0-9a-f]{32}|(?<!m-)[0-9a-f]{32}", version.source)}
        return ids - {""}

    def create_version(self, name: str, source: str, run_id: str, tags: Mapping[str, str], description: str) -> Version:
        """Make a version of a logged model (`source`: models:/ID) and return it; the alias stays where it is."""
        try:
            self.store.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        # MLflow looks the logged model up in the global store, whichever client asks.
        mlflow.set_tracking_uri(self.store.uri)
        # Two that register at once are given the same number, and one of them is refused.
        left = _TRIES
        while True:
            try:
                version = self.store.client.create_model_version(
                    name,
                    source,
                    run_id=run_id,
                    tags=dict(tags),
                    description=description[:_LONGEST_DESCRIPTION],
                    model_id=source.removeprefix("models:/"),
                )
                return _read_version(version)
            except MlflowException:
                if not left:
                    raise
            left -= 1
            time.sleep(random.uniform(0.05, 0.5))

    def move_alias(self, version: Version, why: str, rule: str) -> None:
        """Move the alias to a version, and keep the move as a tag of the model."""
        before = self.get_champion(version.name)
        for missed in self._find_unrecorded(version.name):
            self._record(version.name, missed)
        self.store.client.set_registered_model_alias(version.name, ALIAS, version.version)
        move = {"from": before.version if before else None, "to": version.version, "why": why, "rule": rule}
        self._record(version.name, {"when": _now(), **move})

    def list_moves(self, name: str) -> list[dict[str, Any]]:
        """Return every move of the alias: when, from, to, why and by which rule; the oldest first.

        If the alias is not where the last one left it, it was moved by hand, or promote was stopped before it recorded
        the move: that is the last move then, with no time.
        """
        return [*self._list_recorded(name), *self._find_unrecorded(name)]

    def _list_recorded(self, name: str) -> list[dict[str, Any]]:
        try:
            tags = self.store.client.get_registered_model(name).tags
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return []
            raise
        return [json.loads(tags[key]) for key in sorted(tags) if key.startswith(f"{Tags.MOVE}.")]

    def _find_unrecorded(self, name: str) -> Iterator[dict[str, Any]]:
        recorded, champion = self._list_recorded(name), self.get_champion(name)
        last = recorded[-1]["to"] if recorded else None
        if champion is not None and champion.version != last:
            why = "Not recorded when it moved: by hand in MLflow, or promote was stopped."
            yield {"when": "", "from": last, "to": champion.version, "why": why, "rule": UNKNOWN}

    def _record(self, name: str, move: Mapping[str, Any]) -> None:
        key = f"{Tags.MOVE}.{_now().replace(':', '-').replace('+', '_')}"
        self.store.client.set_registered_model_tag(name, key, json.dumps(move))

    def read_params(self, version: Version) -> Mapping[str, ParamValue] | None:
        """Return the params of a version's candidate, by its tag or else those of its run; None if there are none."""
        texts: dict[str, str] = json.loads(version.tags.get(Tags.PARAMS, "{}"))
        if not texts and version.run_id:
            try:
                texts = self.store.client.get_run(version.run_id).data.params
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
            texts = texts if "estimator.name" in texts else {}
        return {key: parse_param(key, text) for key, text in texts.items()} or None

    def has_files(self, version: Version) -> bool:
        """Say whether a version's files are there; its logged model may have been deleted and purged."""
        uri = self.store.client.get_model_version_download_uri(version.name, version.version)
        return bool(list_artifacts(artifact_uri=uri, tracking_uri=self.store.uri))

    def download(self, version: Version, to: Path) -> Path:
        """Copy a version's files into a folder and return it; NotDone if they are gone."""
        to.mkdir(parents=True, exist_ok=True)
        uri = self.store.client.get_model_version_download_uri(version.name, version.version)
        try:
            return Path(download_artifacts(artifact_uri=uri, dst_path=str(to), tracking_uri=self.store.uri))
        except (MlflowException, OSError) as error:
            shutil.rmtree(to, ignore_errors=True)
            again = format_command("promote", name=version.name, uri=find_typed_uri(self.store.uri))
            raise NotDone(
                f"The files of version {version.version} of {version.name} are gone from {hide_secrets(uri)}; promote "
                f"again: {again}"
            ) from error

    def _search(self, condition: str | None) -> Iterator[Version]:
        search = self.store.client.search_model_versions
        return map(_read_version, read_pages(lambda token: search(condition, page_token=token)))


def open_registry(uri: str | None, *, create: bool = False) -> Registry:
    """Open the registry of the store that `tracking.uri` names; raises as `open_store`."""
    return Registry(open_store(uri, create=create))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _read_version(found: ModelVersion) -> Version:
    made, words = found.creation_timestamp, found.description or ""
    return Version(found.name, str(found.version), found.run_id, found.source or "", made, found.tags, words)
