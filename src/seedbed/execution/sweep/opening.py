"""Opens a sweep: every cell checked, what is done already found by one query, the parent run made or reopened."""

from __future__ import annotations

import json
import pickle
import shlex
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedbed.config.candidate import FOLDS, SPLIT_SEED, shorten_key
from seedbed.data.splits.partition import repeats_in
from seedbed.data.table import Table, read_table
from seedbed.errors import BadInput, NotDone
from seedbed.execution.run import Runner, Task, compute
from seedbed.execution.sweep.cells import Cells, cells_of
from seedbed.execution.sweep.messages import Begun, Cell, Outlook, Place, Recorded, Wanted
from seedbed.reports.figures import ConfusionFigure
from seedbed.tracking import model_files
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.provenance import Provenance, code_digest, provenance, uncommitted_patch
from seedbed.tracking.reader import (
    Found,
    artifact,
    children_of,
    finished,
    get_run,
    incomplete_sweeps,
    of_kind,
    search,
)
from seedbed.tracking.store import Store, experiment_id, find_experiment, open_store, store_exists, usable
from seedbed.tracking.table_copies import keep_copy
from seedbed.tracking.writer import RunWriter, write_files


def runner_of(place: Place) -> Runner:
    """Return the reusable parts of a process that does runs of a sweep."""
    return Runner.of(table := read_table(place.dataset), writer_of(place, table))


def writer_of(place: Place, table: Table) -> RunWriter:
    """Return what writes into a sweep."""
    made_by = Provenance(place.commit, place.dirty)
    return RunWriter(open_store(place.uri), place.experiment, made_by, table.record, place.parent)


def recall(uri: str, reference: str) -> Recorded:
    """Return the recorded grid of a sweep that is to go on.

    Raises
    ------
    NotDone, BadInput : no such sweep, or no sweep with runs missing.
    """
    store = open_store(uri)
    found = incomplete_sweeps(store, reference)
    file = artifact(store, found.run_id, RunFiles.GRID)
    if file is None:
        raise NotDone(f"The sweep {found.run_id[:8]} ({found.name}) has lost its file {RunFiles.GRID}; start it anew.")
    grid = json.loads(file.read_text(encoding="utf-8"))
    if grid.get("searched"):
        raise NotDone(
            f"The sweep {found.run_id[:8]} ({found.name}) was a search, and what is missing of one is not known; start "
            "a new one."
        )
    words = {key: tuple(values) for key, values in grid["words"].items()}
    return Recorded(found.run_id, found.name, words, grid["jobs"], grid["folder"], grid["typed_in"])


def begin(wanted: Wanted) -> Begun:
    """Check every cell, then open the parent run, or reopen the one that is resumed.

    Raises
    ------
    BadInput : one cell cannot run, or is split in another way than the resumed sweep's; nothing was recorded.
    NotDone : the store or the output folder cannot be used, or data or code changed since the resumed sweep began.
    """
    cells = cells_of(wanted.configs, wanted.searched)
    with usable(Path(wanted.folder)):
        Path(wanted.folder).mkdir(parents=True, exist_ok=True)
    store = open_store(wanted.configs[0].tracking.uri, create=True)
    experiment = experiment_id(store, cells.table.record.name)
    writer = RunWriter(store, experiment, provenance(), cells.table.record)
    done = _done(store, experiment, wanted.resumed.parent, cells) if wanted.resumed else set()
    parent = _reopened(writer, wanted, cells) if wanted.resumed else _opened(writer, cells)
    _describe(writer, parent, wanted, cells)
    if wanted.configs[0].tracking.keep_data:
        keep_copy(writer, parent, cells.table)
    code = writer.provenance
    place = Place(store.uri, experiment, parent, cells.table.dataset, cells.varying, code.commit, code.dirty)
    messages = _messages(cells, done, wanted)
    left = sum(cell is not None for cell in messages)
    return Begun(place, title_of(cells), messages, cells.repeated, len(cells.distinct) - left, notice_of(cells))


def look(wanted: Wanted) -> Outlook:
    """Say what a sweep would do, and write nothing.

    Raises
    ------
    BadInput : one cell cannot run.
    """
    cells = cells_of(wanted.configs, wanted.searched)
    done: set[tuple[str, str]] = set()
    uri = wanted.configs[0].tracking.uri
    if wanted.resumed and store_exists(uri):
        store = open_store(uri)
        experiment = find_experiment(store, cells.table.record.name)
        done = _done(store, experiment, wanted.resumed.parent, cells) if experiment else done
    left = [task for task in cells.distinct if _cell(task) not in done]
    seconds, megabytes = cost_of(cells.distinct[0], cells.table)
    names = [task.name for task in left] or ["none"]
    done_count = len(cells.distinct) - len(left)
    notice = notice_of(cells)
    return Outlook(len(left), cells.repeated, done_count, names[0], names[-1], seconds, megabytes, notice)


def cost_of(task: Task, table: Table) -> tuple[float, float]:
    """Return seconds and megabytes of one run, measured by doing one twice in a folder that is thrown away."""
    figure, folders = ConfusionFigure(table.classes), model_files.ModelFolders(table.features.head(2))
    with tempfile.TemporaryDirectory() as place:
        for number in ("once", "again"):  # the first one also pays what every process pays only once
            began = time.perf_counter()
            record, estimator = compute(task, table, figure)
            folder = Path(place) / number
            folders.write(estimator, folder / "model", "", "")
            write_files(folder, record)
            seconds = time.perf_counter() - began
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return seconds, size / 1e6


def title_of(cells: Cells) -> str:
    """Return the name of a sweep's parent run."""
    axes = ", ".join(f"{shorten_key(key)} ({len(values)})" for key, values in cells.axes.items())
    count = len(cells.distinct)
    return f"{count} run{'s' * (count != 1)}: {axes or 'nothing varies'}"


def notice_of(cells: Cells) -> str:
    """Return what is to be known of a grid before its runs; empty where there is nothing."""
    unequal = cells.unequal
    told = f"{unequal.words}; {shlex.quote(unequal.override)} tests each equally often." if unequal else ""
    return "\n".join(filter(None, [told, repeats_in(cells.table)]))


def _opened(writer: RunWriter, cells: Cells) -> str:
    tags = {str(Tags.DIGEST): cells.table.record.digest, str(Tags.CODE): code_digest()}
    parent = writer.start(title_of(cells), tags, Kind.SWEEP)
    writer.log_input(parent)
    return parent


def _reopened(writer: RunWriter, wanted: Wanted, cells: Cells) -> str:
    assert wanted.resumed is not None
    parent = get_run(writer.store, wanted.resumed.parent)
    changes = _changes(parent, cells.table)
    if changes and not wanted.forced:
        raise NotDone(
            f"Since the sweep {parent.run_id[:8]} began, {' and '.join(changes)}; its runs would not compare. Start a "
            "new sweep, or go on all the same with force=true."
        )
    for child in search(writer.store, parent.experiment, children_of(parent.run_id), of_kind(Kind.RUN)):
        if child.status == "RUNNING":
            writer.fail(child.run_id, NotDone("The process of this run ended before it."), "KILLED")
    writer.reopen(parent.run_id, title_of(cells))
    tags = {str(Tags.DIGEST): cells.table.record.digest, str(Tags.CODE): code_digest()}
    writer.tag(parent.run_id, tags)
    return parent.run_id


def _changes(parent: Found, table: Table) -> list[str]:
    digest, code = parent.tags.get(Tags.DIGEST, ""), parent.tags.get(Tags.CODE, "")
    data = f"the table {table.record.source} changed (digest {digest[:8]}, now {table.record.digest[:8]})"
    source = f"the code in src/seedbed changed ({code[:8]}, now {code_digest()[:8]})"
    return [data] * (digest != table.record.digest) + [source] * (code != code_digest())


def _describe(writer: RunWriter, parent: str, wanted: Wanted, cells: Cells) -> None:
    content: dict[str, Any] = {
        "words": wanted.words,
        "axes": {SPLIT_SEED: cells.axes.get(SPLIT_SEED, [])} if wanted.searched else cells.axes,
        "searched": bool(wanted.searched),
        "runs": len(cells.distinct),
        "jobs": wanted.jobs[-1].number + 1,
        "folder": wanted.folder,
        "typed_in": wanted.typed_in,
    }
    with writer.files(parent) as folder:
        (folder / RunFiles.GRID).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        if patch := uncommitted_patch():
            (folder / RunFiles.PATCH).write_text(patch, encoding="utf-8")


def _done(store: Store, experiment: str, parent: str, cells: Cells) -> set[tuple[str, str]]:
    children = list(search(store, experiment, children_of(parent), of_kind(Kind.RUN), finished()))
    now = _split(cells.distinct[0].params)
    for before in {_split(child.params) for child in children} - {now}:
        raise BadInput(
            f"The sweep {parent[:8]} has {before}, and one seed means other test rows with {now}, so that its runs "
            "would not compare; start a new sweep."
        )
    return {(child.tags.get(Tags.CANDIDATE, ""), child.params.get(SPLIT_SEED, "")) for child in children}


def _split(params: Mapping[str, str]) -> str:
    folds = f" {FOLDS}={params[FOLDS]}" if FOLDS in params else ""
    return f"split={params.get('split.name', 'random')}{folds}"


def _cell(task: Task) -> tuple[str, str]:
    return task.candidate, task.params[SPLIT_SEED]


def _messages(cells: Cells, done: set[tuple[str, str]], wanted: Wanted) -> tuple[Cell | None, ...]:
    return tuple(
        None if task is None or _cell(task) in done else Cell(job.number, task.name, task.candidate, pickle.dumps(task))
        for job, task in zip(wanted.jobs, cells.tasks, strict=True)
    )
