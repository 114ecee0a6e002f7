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
from zipfile import ZIP_DEFLATED, ZIP_STORED

import mlflow.sklearn
import pandas as pd
import skops.io
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType
from mlflow.types import Schema as Signature

from seedbed import paths
from seedbed.columns.schema import Column, Kind, Schema, is_plain
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
# Of seedbed, what a model of a table that is not plain is made of. Where all of seedbed is installed, what is not among
# these is found there.
_PACKAGES_OF_CODE = ("", "columns/", "estimators/")
_CODE = ("columns/cells.py", "columns/schema.py", "errors.py", "estimators/transformers.py")
_ELSEWHERE = '\n__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n'
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
    schema : of the features; without one they are numbers without gaps.
    """

    def __init__(self, features: pd.DataFrame, trust: Collection[str] = (), schema: Schema = ()) -> None:
        self._example, self._trust, self._schema = features.head(_EXAMPLE_ROWS), trust, schema
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
        data = _dump(estimator, self._schema)
        if alike is None or alike not in self._trusted:
            self._trusted[alike] = tuple(_judge(estimator, data, self._trust))
        trusted = self._trusted[alike]
        if trusted not in self._templates:
            self._templates[trusted] = _make_template(estimator, self._example, trusted, self._schema)
        files = {**self._templates[trusted], MODEL_FILE: data}
        size = sum(len(content) for name, content in files.items() if name != _DESCRIPTION)
        files[_DESCRIPTION] = _fill_template(files[_DESCRIPTION], run_id, model_id, size)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _dump(estimator: Any, schema: Schema) -> bytes:
    """Return an estimator's file; packed if it may hold categories, each of which takes half a kilobyte."""
    try:
        return bytes(skops.io.dumps(estimator, compression=ZIP_STORED if is_plain(schema) else ZIP_DEFLATED))
    except Exception as error:  # what the parts of a class of one's own raise
        name = type(estimator).__name__
        raise BadInput(
            f"A fitted {name} cannot be stored by skops: {clip(error)}; type tracking.models=none to keep no models."
        ) from error


def _judge(estimator: Any, data: bytes, trust: Collection[str]) -> list[str]:
    """Return the types in a dumped estimator that skops does not trust; raises as `load` would."""
    name = type(estimator).__name__
    if unchecked := check_arrays(estimator) - {*trust}:
        raise ForbiddenTypes(name, sorted(unchecked))
    return list_trusted_types(data, name, trust)


def _make_template(estimator: Any, example: pd.DataFrame, trusted: Sequence[str], schema: Schema) -> dict[str, bytes]:
    """Return the files of a model folder, by their paths in it.

    A column that may have gaps is optional, and one that is not of numbers a string, in which MLflow leaves other
    values of JSON as they are: boolean ones would turn null into false, and dates refuse to be written in two ways.
    """
    plain, others = is_plain(schema), {column.name for column in schema if column.kind is not Kind.NUMBER}
    kinds = {name: DataType.string if name in others else DataType.double for name in example.columns}
    inputs = Signature([ColSpec(kind, name, required=plain) for name, kind in kinds.items()])
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as code:
        mlflow.sklearn.save_model(
            estimator,
            folder,
            mlflow_model=Model(run_id=_RUN.decode(), model_id=_MODEL.decode()),
            serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_SKOPS,
            signature=ModelSignature(inputs=inputs, outputs=Signature([ColSpec(DataType.string)])),
            input_example=example,
            pip_requirements=list(list_requirements()),
            skops_trusted_types=list(trusted),
            code_paths=None if plain else [_copy_code(Path(code, "seedbed"))],
        )
        kept = (path for path in Path(folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}
    del files[MODEL_FILE]
    text = files[_DESCRIPTION]
    for key, placeholder in _OWN.items():
        text, found = re.subn(rb"^%b: .*$" % key, b"%b: %b" % (key, placeholder), text, flags=re.MULTILINE)
        assert found, f"MLflow's {_DESCRIPTION} has no {key.decode()}"
    return {**files, _DESCRIPTION: text}


def _copy_code(to: Path) -> str:
    for name in (*_CODE, *(f"{package}__init__.py" for package in _PACKAGES_OF_CODE)):
        text = (paths.PACKAGE / name).read_text(encoding="utf-8")
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_text(text + _ELSEWHERE * name.endswith("__init__.py"), encoding="utf-8", newline="\n")
    return str(to)


def _fill_template(template: bytes, run_id: str, model_id: str, size: int) -> bytes:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    values = (run_id, model_id, uuid4().hex, str(size), f"'{now}'")
    for placeholder, value in zip((_RUN, _MODEL, *_OWN.values()), values, strict=True):
        template = template.replace(placeholder, value.encode())
    return template


def measure_size(estimator: Any, trust: Sequence[str], schema: Schema = ()) -> int:
    """Return the bytes that a fitted estimator takes, or raise BadInput for types that would not be loaded again."""
    data = _dump(estimator, schema)
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


def read_schema(folder: Path) -> Schema:
    """Return the columns in a model folder's signature: numbers, and texts; it does not say how many are missing."""
    signature = Model.load(str(folder)).signature
    return tuple(
        Column(
            name=str(item.name),
            kind=Kind.CATEGORY if item.type == DataType.string else Kind.NUMBER,
            missing=0.0 if item.required else 0.5,
        )
        for item in (signature.inputs.inputs if signature and signature.inputs else ())
    )
