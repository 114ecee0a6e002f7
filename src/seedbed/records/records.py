"""What a run and a sweep leave, as values: the same before and after MLflow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.candidate import FOLDS, SPLIT_SEED, ParamValue, format_params
from seedbed.data.arrays import Floats
from seedbed.data.table import DatasetRecord
from seedbed.metrics.names import PROBABILITY

PARAMS = "params."  # before a param, in a frame of runs
RATIO = "test_train_ratio"  # the column of runs for n_test/n_train where the two are not known
Columns = Mapping[str, Any]  # predictions by column, as plain arrays: making a frame costs more than most uses of it
SEVERAL = "+"  # between the ids of sweeps that are compared together
# What of two records is equal or not, in words.
_WHOLE = {"classification reports": "report", "configs": "config", "figures": "figure"}
_WHOLE |= {"tables": "dataset", "fingerprints": "fingerprint"}


@dataclass(frozen=True)
class Holdout:
    """Rows that are set aside before any split, and how many of them a candidate got right."""

    rows: int
    right: int


@dataclass(frozen=True, kw_only=True, eq=False)
class RunRecord:
    """What one run leaves, before and after MLflow."""

    name: str
    params: Mapping[str, ParamValue]
    metrics: Mapping[str, float]
    timings: Mapping[str, float]  # seconds; never compared
    columns: Columns  # row, truth, prediction, one probability a class
    report: Mapping[str, Any]
    config: str  # YAML
    figure: bytes  # PNG; empty of a baseline
    dataset: DatasetRecord
    candidate: str
    fingerprint: str

    def differences(self, other: RunRecord) -> list[str]:
        """Say in words where two records differ; names, timings and ids apart, NaN equal to NaN."""
        return [
            *_differing_keys("param", format_params(self.params), format_params(other.params)),
            *_differing_keys("metric", self.metrics, other.metrics),
            *_differing_frames(self.predictions, other.predictions),
            *(
                f"the {name} differ"
                for name, key in _WHOLE.items()
                if not _same(getattr(self, key), getattr(other, key))
            ),
        ]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The test predictions, one row each."""
        return pd.DataFrame(dict(self.columns))

    @property
    def classes(self) -> list[str]:
        """The class names in the one order that every table and figure has."""
        return [name.removeprefix(PROBABILITY) for name in self.columns if name.startswith(PROBABILITY)]


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepRecord:
    """What a sweep leaves.

    Attributes
    ----------
    run_id : of several sweeps joined by +; empty of scores that are not of a sweep, which only have a name.
    runs : one row a FINISHED run: run, candidate, seed, n_train, n_test, `params.*` typed, `metrics.*` as doubles;
        the dummy classifier's scores are not among them.
    predictions : one row a test prediction: run, candidate, seed, row, truth, prediction, a probability a class; if the
        table has groups, group. No row if they are not known.
    axes : the params that the sweep varies but the seed, each with its values in the config's order.
    seeds : the seeds that were planned for each candidate.
    baselines : the same of the models that ran with their defaults beside the sweep.
    words : the multirun's words by key, one or more each, as they can be typed again.
    failed : the errors of FAILED runs whose cell no other run finished, by family.
    checks : what was found as the sweep closed, by the code of the check; without those that were not done then.
    uri : of the store, as a command has to be given it; empty if it needs no word.
    """

    run_id: str = ""
    name: str
    digest: str = ""
    runs: pd.DataFrame
    predictions: pd.DataFrame
    axes: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    uri: str = ""
    baselines: pd.DataFrame = field(default_factory=pd.DataFrame)
    failed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def sweeps(self) -> list[str]:
        """The ids of the sweeps that it is of."""
        return list(filter(None, self.run_id.split(SEVERAL)))

    @property
    def title(self) -> str:
        """What the terminal and a report call it."""
        ids = f" {SEVERAL} ".join(one[:8] for one in self.sweeps)
        return f"Sweep{'s' * (len(self.sweeps) > 1)} {ids} ({self.name})" if ids else self.name

    @property
    def folds(self) -> int | None:
        """Into how many folds the runs' rows were split; None if they were drawn."""
        column = PARAMS + FOLDS
        return int(self.runs[column].iloc[0]) if column in self.runs else None


def collect_conditions(runs: pd.DataFrame) -> dict[str, set[Any]]:
    """Return what has to be equal for scores to be compared as they are: table, holdout, splits and their seeds."""
    names = [name for name in map(str, runs) if name.startswith((f"{PARAMS}dataset.", f"{PARAMS}split."))]
    return {SPLIT_SEED: set(runs["seed"]), **{name.removeprefix(PARAMS): set(runs[name]) for name in names}}


def name_probabilities(probabilities: Floats, classes: Sequence[str]) -> Columns:
    """Return probabilities of shape (n_rows, n_classes) by column."""
    return {PROBABILITY + name: probabilities[:, code] for code, name in enumerate(classes)}


def split_columns(predictions: pd.DataFrame) -> Columns:
    """Return a frame of predictions by column."""
    return {str(name): column.to_numpy() for name, column in predictions.items()}


def _differing_keys(what: str, mine: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [
        f"{what} {key}: {mine.get(key, 'none')} and {other.get(key, 'none')}"
        for key in sorted({*mine, *other})
        if key not in mine or key not in other or not _same(mine[key], other[key])
    ]


def _differing_frames(mine: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    if list(mine.columns) != list(other.columns):
        return [f"the predictions have columns {', '.join(map(str, mine))} and {', '.join(map(str, other))}"]
    if len(mine) != len(other):
        return [f"there are {len(mine)} and {len(other)} predictions"]
    return [f"the predictions differ in {name}" for name in mine if not _same_column(mine[name], other[name])]


def _same_column(mine: pd.Series[Any], other: pd.Series[Any]) -> bool:
    if pd.api.types.is_numeric_dtype(mine) and pd.api.types.is_numeric_dtype(other):
        return np.array_equal(mine.to_numpy(float), other.to_numpy(float), equal_nan=True)
    return mine.astype(str).tolist() == other.astype(str).tolist()


def _same(mine: Any, other: Any) -> bool:
    if isinstance(mine, float) and isinstance(other, float):
        return mine == other or (math.isnan(mine) and math.isnan(other))
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        return set(mine) == set(other) and all(_same(mine[key], other[key]) for key in mine)
    return bool(mine == other)
