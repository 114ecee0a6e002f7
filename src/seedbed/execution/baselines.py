"""The baselines of a sweep: models with their defaults, run on its own splits, and what always says one class."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from seedbed.config.candidate import CellKey
from seedbed.config.estimator import Estimator
from seedbed.config.families import list_baselines, read_family
from seedbed.config.schema import Preprocess, Split, Train
from seedbed.data.splits.table_splits import find_rows
from seedbed.data.table import Table
from seedbed.execution.run import FitFailed, Runner, Task, prepare
from seedbed.metrics.names import BASELINE, DUMMY, PROBABILITY
from seedbed.tracking.names import Kind
from seedbed.tracking.writer import RunWriter


def choose_baselines(wanted: Sequence[str] | None, config: Train, table: Table, families: Collection[str]) -> list[str]:
    """Return which estimators run with their defaults beside a sweep of `families`.

    Parameters
    ----------
    wanted : those that were typed; None: as many as suit the rows, none on a table that ships with Seedbed.
    """
    if wanted is None:
        shipped = (config.dataset.path or "").startswith("package:")
        wanted = () if shipped else list_baselines(len(table.labels))
    return [name for name in dict.fromkeys(wanted) if name not in families]


def run_baselines(
    names: Sequence[str], config: Train, splits: Sequence[Split], table: Table, writer: RunWriter, done: set[CellKey]
) -> None:
    """Run each baseline on each split but those done; one that fails is a FAILED run, and that is all."""
    runner = Runner(table, writer, None, None, Kind.BASELINE)
    for task in _list_tasks(names, config, splits, table):
        if task.cell not in done:
            with suppress(FitFailed):
                runner.run(task)


def _list_tasks(names: Sequence[str], config: Train, splits: Sequence[Split], table: Table) -> Iterator[Task]:
    for name in names:
        preprocess = Preprocess(read_family(name).preprocess)
        own = replace(config, estimator=Estimator(name), preprocess=preprocess, trust=[])
        for split in splits:
            task = prepare(replace(own, split=split), table, f"{name} seed={split.seed}")
            yield replace(task, candidate=f"{BASELINE}{name}")


def predict_dummy(table: Table, splits: Sequence[Split]) -> list[pd.DataFrame]:
    """Return what a classifier that always says the most frequent training class says on the sweep's own splits."""
    frames = []
    for split in splits:
        train, test = find_rows(split, table)
        trained = table.labels[train]
        names, counts = np.unique(trained, return_counts=True)
        labels = {"run": "", "candidate": DUMMY, "seed": split.seed, "row": test.astype(int)}
        shares = {f"{PROBABILITY}{name}": float(np.mean(trained == name)) for name in table.classes}
        prediction = {"truth": table.labels[test], "prediction": names[counts.argmax()]}
        frames.append(pd.DataFrame({**labels, **prediction, **shares}))
    return frames
