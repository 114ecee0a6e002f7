"""Fitted estimators as MLflow model folders, and back: skops files of scikit-learn's, numpy's and trusted types."""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import mlflow.sklearn
import pandas as pd
import skops.io
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from seedbed.config.naming import format_trust
from seedbed.errors import BadInput, clip
from seedbed.estimators.fitted_arrays import check_arrays
from seedbed.estimators.loading import ForbiddenTypes, list_trusted_types, load

with warnings.catch_warnings():
    # save_model would import it late; imported here, forked processes share it. It warns of its own type hints.
    warnings.simplefilter("ignore")
    import mlflow.pyfunc

MODEL_FILE = "model.skops"
_DESCRIPTION = "MLmodel"
_RUN, _MODEL = b"run-of-the-template", b"model-of-the-template"
_OWN = {key: b"%b-of-the-template" % key for key in (b"model_uuid", b"model_size_bytes", b"utc_time_created")}
_EXAMPLE_ROWS = 2
_PACKAGES = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")
# The versions that decide a run's numbers; the others only carry them.
_DECIDING = ("numpy", "scikit-learn", "scipy")


@cache
def list_requirements() -> tuple[str, ...]:
    """Return what a stored model needs, pinned, so that MLflow need not find it out by running the model."""
    return tuple(f"{name}=={version(name)}" for name in _PACKAGES)


@cache
def list_deciding_versions() -> Mapping[str, str]:
    """Return the versions of the packages that decide a run's numbers."""
    return {name: version(name) for name in _DECIDING}


class ModelFolders:
    """Writes the model folders of one table's estimators; what does not differ between them is worked out once.

    MLflow writes the first folder; the next ones are that folder with another estimator, run, size and time.

    Parameters
    ----------
    features : of the table; a few rows are kept as each model's input example.
    trust : dotted names of types that may be part of a model besides scikit-learn's and numpy's.
    """

    def __init__(self, features: pd.DataFrame, trust: Collection[str] = ()) -> None:
        self._example, self._trust = features.head(_EXAMPLE_ROWS), trust
        self._templates: dict[tuple[str, ...], dict[str, bytes]] = {}
        self._trusted: dict[Hashable, tuple[str, ...]] = {}

    def write(self, estimator: Any, folder: Path, run_id: str, model_id: str, alike: Hashable = None) -> None:
        """Write a fitted estimator as an MLflow model folder.

        Parameters
        ----------
        estimator : fitted on a frame with the columns of the example.
        folder : where to; it must not exist or be empty.
        alike : the same for estimators that are made of the same types, of which only the first is then judged; None
            for one that is judged by itself. Parameters and number of training rows decide a classifier's types: with
            them scikit-learn chooses the algorithm.

        Raises
        ------
        ForbiddenTypes : the estimator holds a type that is neither scikit-learn's nor numpy's, and not trusted.
        BadInput : skops cannot store it.
        """
        data = _dump(estimator)
        if alike is None or alike not in self._trusted:
            self._trusted[alike] = tuple(_judge(estimator, data, self._trust))
        trusted = self._trusted[alike]
        if trusted not in self._templates:
            self._templates[trusted] = _make_template(estimator, self._example, trusted)
        files = {**self._templates[trusted], MODEL_FILE: data}
        size = sum(len(content) for name, content in files.items() if name != _DESCRIPTION)
        files[_DESCRIPTION] = _fill_template(files[_DESCRIPTION], run_id, model_id, size)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)


def _dump(estimator: Any) -> bytes:
    try:
        data: bytes = skops.io.dumps(estimator)
    except Exception as error:  # what the parts of a class of one's own raise
        name = type(estimator).__name__
        raise BadInput(
            f"A fitted {name} cannot be stored by skops: {clip(error)}; type tracking.models=none to keep no models."
        ) from error
    return data


def _judge(estimator: Any, data: bytes, trust: Collection[str]) -> list[str]:
    """Return the types in a dumped estimator that skops does not trust; raises as `load` would."""
    name = type(estimator).__name__
    if unchecked := check_arrays(estimator) - {*trust}:
        raise ForbiddenTypes(name, sorted(unchecked))
    return list_trusted_types(data, name, trust)


def _make_template(estimator: Any, example: pd.DataFrame, trusted: Sequence[str]) -> dict[str, bytes]:
    inputs = Schema([ColSpec(DataType.double, name) for name in example.columns])
    with tempfile.TemporaryDirectory() as folder:
        mlflow.sklearn.save_model(
            estimator,
            folder,
            mlflow_model=Model(run_id=_RUN.decode(), model_id=_MODEL.decode()),
            serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_SKOPS,
            signature=ModelSignature(inputs=inputs, outputs=Schema([ColSpec(DataType.string)])),
            input_example=example,
            pip_requirements=list(list_requirements()),
            skops_trusted_types=list(trusted),
        )
        files = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
    del files[MODEL_FILE]
    text = files[_DESCRIPTION]
    for key, placeholder in _OWN.items():
        text, found = re.subn(rb"^%b: .*$" % key, b"%b: %b" % (key, placeholder), text, flags=re.MULTILINE)
        assert found, f"MLflow's {_DESCRIPTION} has no {key.decode()}"
    return {**files, _DESCRIPTION: text}


def _fill_template(template: bytes, run_id: str, model_id: str, size: int) -> bytes:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    values = (run_id, model_id, uuid4().hex, str(size), f"'{now}'")
    for placeholder, value in zip((_RUN, _MODEL, *_OWN.values()), values, strict=True):
        template = template.replace(placeholder, value.encode())
    return template


def measure_size(estimator: Any, trust: Sequence[str]) -> int:
    """Return the bytes that a fitted estimator takes, or raise BadInput for types that would not be loaded again."""
    data = _dump(estimator)
    try:
        _judge(estimator, data, trust)
    except ForbiddenTypes as error:
        words = format_trust([*trust, *error.types])
        raise BadInput(f"{str(error).rstrip('.')}; type {words} if they may be loaded again.") from error
    return len(data)


def copy(source: Path, folder: Path, run_id: str, model_id: str) -> None:
    """Copy a model folder under another run and logged model; the estimator's file stays the same, byte for byte."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    model = Model.load(str(folder))
    model.run_id, model.model_id = run_id, model_id
    model.save(str(folder / _DESCRIPTION))


def read(folder: Path, trust: Collection[str] = ()) -> Any:
    """Return the estimator of a model folder; takes `trust` and raises as `load`."""
    return load(folder / MODEL_FILE, trust)
