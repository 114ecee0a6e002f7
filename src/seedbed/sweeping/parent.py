"""The parent run of a sweep: opened before its cells, closed with what they leave together."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from seedbed.config import Train
from seedbed.errors import NotDone
from seedbed.record import PROBABILITY, Kind, RunFiles, Tags
from seedbed.running import Runner
from seedbed.split import split_rows
from seedbed.sweeping.cells import Cells, cells_of
from seedbed.sweeping.messages import Begun, Cell, Ended, Place
from seedbed.tables import Table, read_table
from seedbed.tracking.frames import labelled, predictions_of, runs_frame
from seedbed.tracking.provenance import Provenance, provenance, uncommitted_patch
from seedbed.tracking.reader import Found, children_of, of_kind, search
from seedbed.tracking.store import experiment_id, open_store
from seedbed.tracking.writer import RunWriter

DUMMY = "dummy"


def runner_of(place: Place) -> Runner:
    """Return the reusable parts of a process that does runs of a sweep."""
    return Runner.of(table := read_table(place.dataset), writer_of(place, table))


def writer_of(place: Place, table: Table) -> RunWriter:
    """Return what writes into a sweep."""
    made_by = Provenance(place.commit, place.dirty)
    return RunWriter(open_store(place.uri), place.experiment, made_by, table.record, place.parent)


def begin(configs: Sequence[Train], overrides: Mapping[str, str]) -> Begun:
    """Check every cell, then open the parent run.

    Raises
    ------
    BadInput : one cell cannot run; nothing was recorded.
    NotDone : the store cannot be used.
    """
    cells = cells_of(configs)
    config = cells.distinct[0].config
    store = open_store(config.tracking.uri, create=True)
    name = cells.table.record.name
    experiment = experiment_id(store, name)
    writer = RunWriter(store, experiment, provenance(), cells.table.record)
    title = f"{len(cells.distinct)} runs: " + (", ".join(_shorts(cells)) or "nothing varies")
    parent = writer.start(title, {str(Tags.DIGEST): cells.table.record.digest}, Kind.SWEEP)
    writer.log_input(parent)
    with writer.files(parent) as folder:
        content = {"overrides": dict(overrides), "axes": _axes(cells), "runs": len(cells.distinct)}
        (folder / RunFiles.GRID).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        if patch := uncommitted_patch():
            (folder / RunFiles.PATCH).write_text(patch, encoding="utf-8")
    code = writer.provenance
    place = Place(store.uri, experiment, parent, config.dataset, cells.varying, code.commit, code.dirty)
    return Begun(place, title, name, _messages(cells))


def finish(place: Place, configs: Sequence[Train], results: Mapping[str, bytes], seconds: float, status: str) -> Ended:
    """Close a sweep with its predictions together and its counts.

    Parameters
    ----------
    configs : of the cells.
    results : pickled predictions by run id, of those runs whose predictions are at hand.
    seconds : how long the runs took together, by the clock.
    status : FINISHED where every cell was tried, FAILED where it was given up, KILLED where it was interrupted.
    """
    table = read_table(place.dataset)
    writer = writer_of(place, table)
    store = writer.store
    children = list(search(store, place.experiment, children_of(place.parent), of_kind(Kind.RUN), newest_first=False))
    for child in children:
        if child.status == "RUNNING":
            writer.fail(child.run_id, NotDone("The process of this run ended before it."), "KILLED")
    done = [child for child in children if child.status == "FINISHED"]
    failed = [child for child in children if child.status == "FAILED"]
    known = {run_id: pickle.loads(data) for run_id, data in results.items()}
    frames = [frame for child in done if (frame := predictions_of(store, child, known)) is not None]
    frames.extend(dummy_predictions(table, configs))
    with writer.files(place.parent) as folder:
        if frames:
            pd.concat(frames, ignore_index=True).to_parquet(folder / RunFiles.SWEEP_PREDICTIONS)
    counts = {"runs": len(children), "finished": len(done), "failed": len(failed), "seconds": seconds}
    writer.metrics(place.parent, {**counts, "runs_per_second": len(done) / seconds if seconds > 0 else 0.0})
    writer.end(place.parent, status)
    errors = tuple((child.name, child.tags.get(Tags.ERROR, "")) for child in failed)
    return Ended(len(done), errors, _best(done))


def dummy_predictions(table: Table, configs: Sequence[Train]) -> list[pd.DataFrame]:
    """Return what a classifier that always says the most frequent training class says on the sweep's own splits.

    None where the sweep varies the split by more than its seed: the dummy has one name for all of them.
    """
    splits = {config.split.seed: config.split for config in configs}
    if len({replace(config.split, seed=0) for config in configs}) != 1:
        return []
    labels = table.labels[table.development]
    frames = []
    for seed, split in sorted(splits.items()):
        train, test = split_rows(labels, seed=seed, test_size=split.test_size, stratify=split.stratify)
        names, counts = np.unique(labels[train], return_counts=True)
        always = names[counts.argmax()]
        content = {"row": table.development[test].astype(int), "truth": labels[test], "prediction": always}
        shares = {f"{PROBABILITY}{name}": float(name == always) for name in table.classes}
        frames.append(labelled(pd.DataFrame({**content, **shares}), "", DUMMY, seed))
    return frames


def _axes(cells: Cells) -> dict[str, list[str]]:
    return {key: list(dict.fromkeys(task.params[key] for task in cells.distinct)) for key in cells.varying}


def _shorts(cells: Cells) -> list[str]:
    return [f"{key.rpartition('.')[2]} ({len(values)})" for key, values in _axes(cells).items()]


def _messages(cells: Cells) -> tuple[Cell | None, ...]:
    return tuple(
        None if task is None else Cell(number, task.name, task.candidate, pickle.dumps(task))
        for number, task in enumerate(cells.tasks)
    )


def _best(done: Sequence[Found]) -> str | None:
    if not done:
        return None
    runs = runs_frame(done)
    means = runs.groupby("candidate")["metrics.accuracy"].agg(["mean", "size"]).reset_index()
    top = means.sort_values(["size", "mean"], ascending=False).iloc[0]
    name = next(run.name for run in done if run.tags.get(Tags.CANDIDATE) == top["candidate"])
    words = " ".join(word for word in name.split(" ") if not word.startswith("seed=")) or name
    return f"highest mean accuracy {top['mean']:.4f} over {top['size']} seeds: {words}"
