"""Fitted estimators as MLflow model folders, and back: skops files of scikit-learn's and numpy's types alone."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow.sklearn
import pandas as pd
import skops.io
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from seedbed.audit import load, trusted_types

MODEL_FILE = "model.skops"
_PACKAGES = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")
# The versions that decide a run's numbers; the others only carry them.
_DECIDING = ("numpy", "scikit-learn", "scipy")


@cache
def requirements() -> tuple[str, ...]:
    """Return what a stored model needs, pinned, so that MLflow need not find it out by running the model."""
    return tuple(f"{name}=={version(name)}" for name in _PACKAGES)


@cache
def deciding_versions() -> Mapping[str, str]:
    """Return the versions of the packages that decide a run's numbers."""
    return {name: version(name) for name in _DECIDING}


@cache
def signature_of(columns: Sequence[str]) -> ModelSignature:
    """Return the signature of a model that takes these columns as doubles and answers with a class name."""
    inputs = Schema([ColSpec(DataType.double, name) for name in columns])
    return ModelSignature(inputs=inputs, outputs=Schema([ColSpec(DataType.string)]))


def save(estimator: Any, folder: Path, example: pd.DataFrame, run_id: str, model_id: str) -> None:
    """Write a fitted estimator as an MLflow model folder.

    Parameters
    ----------
    estimator : fitted on a frame with the columns of `example`.
    folder : where to; it must not exist or be empty.
    example : a few rows, kept as the model's input example.

    Raises
    ------
    ForbiddenTypes : where the estimator holds a type that is neither scikit-learn's nor numpy's.
    """
    trusted = trusted_types(skops.io.dumps(estimator), type(estimator).__name__)
    mlflow.sklearn.save_model(
        estimator,
        str(folder),
        mlflow_model=Model(run_id=run_id, model_id=model_id),
        serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_SKOPS,
        signature=signature_of(tuple(example.columns)),
        input_example=example,
        pip_requirements=list(requirements()),
        skops_trusted_types=trusted,
    )


def copy(source: Path, folder: Path, run_id: str, model_id: str) -> None:
    """Copy a model folder under another run and logged model; the estimator's file stays the same, byte for byte."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    model = Model.load(str(folder))
    model.run_id, model.model_id = run_id, model_id
    model.save(str(folder / "MLmodel"))


def read(folder: Path) -> Any:
    """Return the estimator of a model folder, built only from allowed types.

    Raises
    ------
    ForbiddenTypes : where the file holds a type that is neither scikit-learn's nor numpy's.
    """
    return load(folder / MODEL_FILE)
