"""Closes a sweep: its predictions together, its counts, and no run left RUNNING."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from seedbed.config.candidate import SPLIT_SEED
from seedbed.config.schema import Train
from seedbed.data.splits.partition import parts_of
from seedbed.data.table import Table, read_table
from seedbed.errors import NotDone
from seedbed.execution.sweep.messages import Ended, Place
from seedbed.execution.sweep.opening import writer_of
from seedbed.metrics.names import DUMMY, GROUP, PROBABILITY
from seedbed.records.records import Columns, RunRecord, SweepRecord
from seedbed.selection.leaderboard import dummy_runs, leaderboard_of, metric_names
from seedbed.tracking.frames import joined, labelled, read_sweep
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.reader import Found, children_of, get_run, of_kind, search, unfinished
from seedbed.tracking.writer import RunWriter

_SHOWN = 5  # candidates of the leaderboard


def result_of(run_id: str, record: RunRecord, place: Place, start: int) -> bytes:
    """Return what closing a sweep needs of a run that is FINISHED, pickled; so nobody asks the store for it again.

    Parameters
    ----------
    start : when it began, in milliseconds since 1970.
    """
    found = Found(
        run_id=run_id,
        experiment=place.experiment,
        name=record.name,
        status="FINISHED",
        kind=Kind.RUN,
        start=start,
        end=None,
        parent=place.parent,
        params=record.params,
        metrics={**record.metrics, **record.timings},
        tags={str(Tags.CANDIDATE): record.candidate},
    )
    return pickle.dumps((found, record.columns))


def finish(
    place: Place, configs: Sequence[Train], runs: int, results: Mapping[str, bytes], seconds: float, status: str
) -> Ended:
    """Close a sweep.

    Parameters
    ----------
    configs : of all its cells, also of those that an earlier start has done.
    runs : how many cells there are.
    results : what `result_of` made, by run id, of those runs that ended in this start.
    seconds : how long the runs took together, by the clock.
    status : FINISHED where every cell was tried, FAILED where it was given up, KILLED where it was interrupted.
    """
    table = read_table(place.dataset)
    writer = writer_of(place, table)
    known: dict[str, tuple[Found, Columns]] = {run_id: pickle.loads(data) for run_id, data in results.items()}
    # Where every run ended in this start, only what is wrong is left to be looked for.
    wrong = [unfinished()] if len(known) == runs else []
    children = list(search(writer.store, place.experiment, children_of(place.parent), of_kind(Kind.RUN), *wrong))
    for child in children:
        if child.status == "RUNNING":
            writer.fail(child.run_id, NotDone("The process of this run ended before it."), "KILLED")
    at_hand = [run for run, _ in known.values()]
    done = {_cell(child): child for child in [*children, *at_hand] if child.status == "FINISHED"}
    failed = {_cell(child): child for child in children if child.status == "FAILED" and _cell(child) not in done}
    if status == "FINISHED" and len(done) + len(failed) < runs:
        status = "FAILED"  # another launcher's job could not record its run
    ended = sorted(done.values(), key=lambda run: run.start)
    # An interrupted sweep ends at once; when it goes on, it ends with everything.
    predictions = None
    if status != "KILLED":
        columns = {run_id: columns for run_id, (_, columns) in known.items()}
        predictions = _written(writer, place.parent, ended, columns, table, configs)
    counts = {"runs": runs, "finished": len(done), "failed": len(failed), "seconds": seconds}
    rate = len(results) / seconds if seconds > 0 else 0.0
    writer.metrics(place.parent, {**counts, "runs_per_second": rate})
    writer.end(place.parent, status)
    errors = tuple((run.name, run.tags.get(Tags.ERROR, "")) for run in reversed(failed.values()))
    if predictions is None or status != "FINISHED":
        return Ended(len(done), errors, ())
    sweep = read_sweep(writer.store, place.experiment, get_run(writer.store, place.parent), ended, predictions)
    return Ended(len(done), errors, _top(sweep, configs[0].selection.metric))


def _written(
    writer: RunWriter,
    parent: str,
    runs: Sequence[Found],
    known: Mapping[str, Columns],
    table: Table,
    configs: Sequence[Train],
) -> pd.DataFrame | None:
    own = joined(writer.store, runs, known)
    if own is None:
        return None
    predictions = pd.concat([own, *dummy_predictions(table, configs)], ignore_index=True)
    if table.groups is not None:
        predictions[GROUP] = table.groups[predictions["row"].to_numpy()]
    with writer.files(parent) as folder:
        predictions.to_parquet(folder / RunFiles.SWEEP_PREDICTIONS)
    return predictions


def dummy_predictions(table: Table, configs: Sequence[Train]) -> list[pd.DataFrame]:
    """Return what a classifier that always says the most frequent training class says on the sweep's own splits.

    None where the sweep varies the split by more than its seed: the dummy has one name for all of them.
    """
    splits = {config.split.seed: config.split for config in configs}
    if len({replace(config.split, seed=0) for config in configs}) != 1:
        return []
    frames = []
    for seed, split in sorted(splits.items()):
        train, test = parts_of(split, table)
        trained = table.labels[train]
        names, counts = np.unique(trained, return_counts=True)
        content = {"row": test.astype(int), "truth": table.labels[test]}
        always = names[counts.argmax()]
        shares = {f"{PROBABILITY}{name}": float(np.mean(trained == name)) for name in table.classes}
        frames.append(labelled(pd.DataFrame({**content, "prediction": always, **shares}), "", DUMMY, seed))
    return frames


def _cell(run: Found) -> tuple[str, str]:
    return run.tags.get(Tags.CANDIDATE, ""), run.params.get(SPLIT_SEED, "")


def _top(sweep: SweepRecord, metric: str) -> tuple[str, ...]:
    runs = pd.concat([sweep.runs, dummy_runs(sweep.predictions, sweep.runs)], ignore_index=True)
    metric = metric if metric in metric_names(runs) else "accuracy"
    board = leaderboard_of(runs, metric, planned_seeds=sweep.seeds, axes=sweep.axes, predictions=sweep.predictions)
    rows = board.rows[:_SHOWN]
    width = max((len(row.label) for row in rows), default=0)
    return tuple(
        f"{row.label:{width}}  mean {metric} {row.score:.4f}, from {row.minimum:.4f} to {row.maximum:.4f}"
        for row in rows
    )
