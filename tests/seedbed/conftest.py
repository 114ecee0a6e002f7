"""Sweeps as values, made of scores, for whoever judges or draws them; and a table of all kinds of columns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seedbed.config.dataset import Dataset
from seedbed.data.table import Table, build_table
from seedbed.records.records import SweepRecord

CLASSES = ("Setosa", "Versicolor", "Virginica")
ROWS, TESTED = 40, 10


def sweep_of(
    axes: Mapping[str, Sequence[Any]],
    seeds: int = 5,
    wrong: Callable[..., float] = lambda **values: 0.1,
    classes: Sequence[str] = CLASSES,
    skip: Callable[..., bool] = lambda **values: False,
    cells: Sequence[Mapping[str, Any]] | None = None,
) -> SweepRecord:
    """Return a sweep over `axes`, its predictions drawn by a fixed seed and its accuracies computed from them.

    Parameters
    ----------
    wrong : a candidate's values, by the last part of each key, to the share of rows that it gets wrong.
    skip : the same values and the seed to whether that run did not finish.
    cells : the candidates, each by its params; by default every combination of the axes' values.
    """
    runs, predictions = [], []
    if cells is None:
        cells = [dict(zip(axes, cell, strict=True)) for cell in itertools.product(*axes.values())]
    for number, cell in enumerate(cells):
        values = {key.rpartition(".")[2]: value for key, value in cell.items()}
        for seed in range(seeds):
            if skip(**values, seed=seed):
                continue
            run, candidate = f"run{number}-{seed}", f"{number:0>16}"
            tests = _tests(seed, wrong(**values), classes, number)
            params = {f"params.{key}": value for key, value in cell.items()}
            test_size = float(values.get("test_size", TESTED / ROWS))
            n_test = round(ROWS * test_size)
            metrics = {
                "metrics.accuracy": float((tests["truth"] == tests["prediction"]).mean()),
                "metrics.train_accuracy": 1 - wrong(**values) / 2,
                "metrics.fit_seconds": 0.001 * (1 + number + seed),
            }
            sizes = {"n_train": float(ROWS - n_test), "n_test": float(n_test)}
            runs.append({"run": run, "candidate": candidate, "seed": seed, **sizes, **params, **metrics})
            predictions.append(tests.assign(run=run, candidate=candidate, seed=seed))
    if "split.test_size" not in axes:
        predictions += [
            _tests(seed, 0.0, classes, 0).assign(prediction=classes[0], run="", candidate="dummy", seed=seed)
            for seed in range(seeds)
        ]
    return SweepRecord(
        run_id="0123456789abcdef0123456789abcdef",
        name=f"{len(runs)} runs",
        digest="d" * 32,
        runs=frame_of(runs),
        predictions=pd.concat(predictions, ignore_index=True),
        axes=axes,
        seeds=list(range(seeds)),
        words={
            **{key: [f"{key}={value}" for value in values] for key, values in axes.items()},
            "split.seed": [f"split.seed={seed}" for seed in range(seeds)],
        },
    )


def frame_of(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return runs as `make_frame` does: params as they are, NaN for one that a run does not have."""
    frame = pd.DataFrame(runs, dtype=object)
    return frame.assign(**frame[[name for name in frame if not name.startswith("params.")]].infer_objects())


def families_of(families: Mapping[str, Mapping[str, Sequence[Any]]], **more: Any) -> SweepRecord:
    """Return a sweep of several estimators, each over a grid of its own; `more` goes to `sweep_of`."""
    cells = [
        {"estimator.name": name, **{f"estimator.{key}": value for key, value in zip(grid, cell, strict=True)}}
        for name, grid in families.items()
        for cell in itertools.product(*grid.values())
    ]
    values: dict[str, dict[str, Any]] = {}
    for cell in cells:
        for key, value in cell.items():
            values.setdefault(key, {})[repr(value)] = value
    axes = {key: list(own.values()) for key, own in values.items() if len(own) > 1}
    return sweep_of(axes, cells=cells, **more)


def _tests(seed: int, wrong: float, classes: Sequence[str], number: int) -> pd.DataFrame:
    rows = np.sort(np.random.default_rng(seed).permutation(ROWS)[:TESTED])
    truth = rows % len(classes)
    missed = np.random.default_rng([seed, number]).random(TESTED) < wrong
    prediction = np.where(missed, (truth + 1) % len(classes), truth)
    told = np.full((TESTED, len(classes)), 0.05)
    told[np.arange(TESTED), prediction] = 1 - 0.05 * (len(classes) - 1)
    return pd.DataFrame(
        {
            "row": rows,
            "truth": np.array(classes, dtype=object)[truth],
            "prediction": np.array(classes, dtype=object)[prediction],
            **{f"probability/{name}": told[:, place] for place, name in enumerate(classes)},
        }
    )


@pytest.fixture(scope="session")
def make_families() -> Callable[..., SweepRecord]:
    """Return `families_of`."""
    return families_of


@pytest.fixture(scope="session")
def make_sweep() -> Callable[..., SweepRecord]:
    """Return `sweep_of`."""
    return sweep_of


@pytest.fixture(scope="session")
def mixed(mixed_cells: pd.DataFrame) -> Callable[[str | None], Table]:
    """Return what makes the table of those cells, with or without its groups."""

    @cache
    def make(group: str | None = None) -> Table:
        dataset = Dataset(path="mixed.csv", target="kind", group=group, drop=[] if group else ["visit"])
        return build_table(mixed_cells, dataset)

    return make
