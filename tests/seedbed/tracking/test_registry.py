"""What the registry says of a model whose store fails at that moment: nothing false, and nothing secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from seedbed.errors import NotDone
from seedbed.tracking.registry import Registry, Version
from seedbed.tracking.store import Store


class Failing:
    """A client whose server answers every question with an error of its own."""

    def get_registered_model(self, name: str) -> Any:
        raise MlflowException("the database is locked")

    get_run = get_registered_model

    def get_model_version_download_uri(self, name: str, version: str) -> str:
        return "ftp://user:s3cr3t@127.0.0.1:9/model"


REGISTRY = Registry(Store("http://example.org", Failing()))  # type: ignore[arg-type]
FOREIGN = Version("iris", "3", "0" * 32, "", 0, {}, "")


def test_a_store_that_fails_is_not_a_model_that_never_moved() -> None:
    with pytest.raises(MlflowException, match="the database is locked"):
        REGISTRY.list_moves("iris")


def test_a_store_that_fails_is_not_a_version_of_another_program() -> None:
    with pytest.raises(MlflowException, match="the database is locked"):
        REGISTRY.read_params(FOREIGN)


def test_no_password_is_shown_of_where_files_are_gone_from(tmp_path: Path) -> None:
    with pytest.raises(NotDone, match=r"are gone from ftp://\*\*\*@127\.0\.0\.1:9/model; promote again: "):
        REGISTRY.download(FOREIGN, tmp_path / "files")
