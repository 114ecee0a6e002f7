"""What the registry says about a model whose store fails at that moment: nothing false."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from seedbed.tracking.registry import Registry
from seedbed.tracking.store import Store


class Failing:
    """A client whose server answers every question with an error of its own."""

    def get_registered_model(self, name: str) -> Any:
        raise MlflowException("the database is locked")


def test_a_store_that_fails_is_not_a_model_that_never_moved() -> None:
    with pytest.raises(MlflowException, match="the database is locked"):
        Registry(Store("http://example.org", Failing())).list_moves("iris")  # type: ignore[arg-type]
