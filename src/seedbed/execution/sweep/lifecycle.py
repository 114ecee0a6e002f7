"""How a sweep is previewed, opened, recalled and closed, in processes that import all of it."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from seedbed.config.candidate import FAMILY, FOLDS, SPLIT_SEED, CellKey, ParamValue, shorten_key
from seedbed.config.schema import Split, Train
from seedbed.data.splits.folds import find_unequal_seeds
from seedbed.data.splits.table_splits import describe_table
from seedbed.data.table import Table, load_table
from seedbed.errors import BadInput, NotDone, clip, lacks_secrets
from seedbed.execution.baselines import choose_baselines, predict_dummy, run_baselines
from seedbed.execution.engines.engine import SweepTarget
from seedbed.execution.engines.worker import name_run, open_target, read_results
from seedbed.execution.run import measure_run
from seedbed.execution.sweep.cells import Cells, check_cells, decide_models, find_batches
from seedbed.execution.sweep.messages import ClosedSweep, OpenSweep, SweepRequest
from seedbed.metrics.names import GROUP
from seedbed.records.records import Columns, SweepRecord
from seedbed.selection.checks import run_checks
from seedbed.selection.leaderboard import Leaderboard, rank_sweep
from seedbed.tracking.frames import find_baselines, join_predictions, read_sweep
from seedbed.tracking.names import NAME_SEPARATOR, Kind, RunFiles, Tags
from seedbed.tracking.owner import Owner, find_owner
from seedbed.tracking.provenance import compute_code_digest, read_provenance
from seedbed.tracking.reader import Found, fetch_artifact, find_duplicates, find_incomplete_sweep, get_run, search_runs
from seedbed.tracking.store import ensure_experiment, lock_store, open_store, store_exists
from seedbed.tracking.table_copies import check_same_table, keep_code, keep_copy, load_recorded
from seedbed.tracking.writer import RunWriter

_SHOWN = 5  # candidates of the leaderboard
_SETTLING = 1.0  # seconds
# Seconds: a run in a SQLite store, to start and to close; what `make bench` calls a run, and the whole command without
# its runs, is of this order on two cores that are not quick.
_STORING, _STARTING = 0.015, 6.0


def recall_sweep(uri: str, reference: str) -> tuple[str, dict[str, Any]]:
    """Return the id and the recorded grid of a sweep that is to be resumed; raises as `find_incomplete_sweep`."""
    store = open_store(uri)
    found = find_incomplete_sweep(store, reference)
    sweep, file = f"The sweep {found.run_id[:8]} ({found.name})", fetch_artifact(store, found.run_id, RunFiles.GRID)
    if file is None:
        raise NotDone(f"{sweep} has lost its file {RunFiles.GRID}; start a new one.")
    grid: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if grid.get("searched"):
        raise NotDone(f"{sweep} was a search, which cannot be resumed; start a new one.")
    return found.run_id, grid


def open_sweep(request: SweepRequest) -> OpenSweep:
    """Check every cell, then open the parent run, or reopen the one that is resumed.

    Raises
    ------
    BadInput : one cell cannot run, or is split in another way than the resumed sweep's; nothing was recorded.
    NotDone : the store or the output folder cannot be used, or data or code changed since the resumed sweep began.
    """
    cells = _check_cells(request)
    try:
        Path(request.folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise NotDone(
            f"{clip(request.folder)} cannot be used: {why}; type hydra.run.dir=FOLDER to write elsewhere."
        ) from error
    store = open_store(request.store or request.config.tracking.uri, create=True)
    code = read_provenance()
    keeps_models, size = decide_models(cells, request.planned)
    # A sweep that began is found by its ids; its experiment may have been renamed in MLflow.
    experiment = get_run(store, request.resumed).experiment if request.resumed else None
    experiment = experiment or ensure_experiment(store, cells.table.record.name)
    writer = RunWriter(store, experiment, code, cells.table.record)
    title, notices = _make_title(cells.axes, len(cells.tasks)), [_find_notice(cells), size]
    if request.searched:
        title = f"search of {', '.join(map(shorten_key, request.searched))}, {len(cells.tasks)} runs a candidate"
    if request.resumed:
        parent = request.resumed
        done = _reopen(writer, cells, request)
    else:
        notices.append(check_same_table(store, writer.experiment_id, cells.table, forced=request.forced))
        parent = writer.start(title, _tag(cells.table, request.owner), Kind.SWEEP)
        done = set()
    try:
        writer.update(parent, "RUNNING", _label_run(title, parent))
        if not request.resumed:
            writer.log_input(parent)
        keep_code(writer, parent)
        _write_grid(writer, parent, request, cells)
        if request.config.tracking.keep_data:
            keep_copy(writer, parent, cells.table)
    except BaseException as error:
        with suppress(Exception):  # the store is away
            writer.fail(parent, error)
        raise
    table = cells.table.dataset, cells.varying, code.commit, code.dirty, cells.table.record.digest
    target = SweepTarget(
        store.uri,
        writer.experiment_id,
        parent,
        *table,
        keeps_models=keeps_models,
        trust=tuple(cells.first.config.trust),
    )
    first: dict[CellKey, int] = {}
    for job, key in zip(request.jobs, cells.keys, strict=True):
        first.setdefault(key, job.number)
    left = {number: key for key, number in first.items() if key not in done}
    candidates, batches = {number: key[0] for number, key in left.items()}, find_batches(cells, left)
    counts, notice = (cells.repeated, len(done & cells.tasks.keys())), "\n".join(filter(None, notices))
    return OpenSweep(target, title, candidates, *counts, notice, cells.metric, batches)


def preview_sweep(request: SweepRequest, workers: int) -> str:
    """Say what a sweep would do, as text or as JSON, and write nothing; BadInput if a cell cannot run."""
    cells = _check_cells(request)
    uri, done = request.store or request.config.tracking.uri, set[CellKey]()
    if request.resumed and store_exists(uri):
        store = open_store(uri)
        parent = get_run(store, request.resumed)
        children = search_runs(store, parent.experiment, parent=parent.run_id, kind=Kind.RUN)
        done = _find_done(parent, children, cells)
    left = [task for key, task in cells.tasks.items() if key not in done]
    names = [name_run(task.params, cells.varying) or task.name for task in left] or ["none"]
    counts = {"runs": len(left), "repeated": cells.repeated, "done": len(cells.tasks) - len(left)}
    keeps_models, size = decide_models(cells, request.planned)
    cost = {name: measure_run(tasks[0], cells.table, keeps_models) for name, tasks in cells.families.items()}
    notice = "\n".join(filter(None, [_find_notice(cells), size, *(own[2] for own in cost.values())]))
    if request.config.output == "json":
        each = {name: {"seconds": own[0], "megabytes": own[1]} for name, own in cost.items()}
        shown = {"first": names[0], "last": names[-1], **next(iter(each.values())), "notice": notice}
        return json.dumps({**counts, **shown, "families": each}, indent=1)
    todo = {name: sum(task.cell not in done for task in tasks) for name, tasks in cells.families.items()}
    seconds = sum(todo[name] * own[0] for name, own in cost.items())
    megabytes = sum(todo[name] * own[1] for name, own in cost.items())
    times = ", ".join(f"{1000 * own[0]:.0f} ms{f' ({name})' * (len(cost) > 1)}" for name, own in cost.items())
    lines = [
        f"{len(left)} run{'s' * (len(left) != 1)} to do, {counts['done']} done already, {cells.repeated} that repeat "
        "another one of the grid; nothing was written.",
        f"First: {names[0]}. Last: {names[-1]}.",
        f"One run takes {times} here and {1000 * _STORING:.0f} ms or more in the store, so all of them "
        f"about {seconds / workers + len(left) * _STORING + _STARTING:.0f} s with {workers} workers, the start "
        f"included, and {megabytes:.0f} MB of files.",
        notice,
    ]
    return "\n".join(filter(None, lines))


def _check_cells(request: SweepRequest) -> Cells:
    """Check every cell on its table, which of a resumed sweep may be the copy that was kept."""
    dataset = request.config.dataset
    if request.resumed and lacks_secrets(dataset.path):
        store = open_store(request.store or request.config.tracking.uri)
        parent = get_run(store, request.resumed)
        table = load_recorded(store, parent.experiment, dataset, parent.tags.get(Tags.DIGEST, ""))
    else:
        table = load_table(dataset)
    return check_cells(table, [job.config for job in request.jobs], request.searched)


def _make_title(axes: Mapping[str, Sequence[ParamValue]], runs: int) -> str:
    """Return the name of a sweep's parent run."""
    varying = ", ".join(f"{shorten_key(key)} ({len(values)})" for key, values in axes.items())
    return f"{runs} run{'s' * (runs != 1)}: {varying or 'nothing varies'}"


def _label_run(title: str, run_id: str, *scores: str) -> str:
    """Return what MLflow's list calls a sweep: its title, the id that every command takes, its best score."""
    return NAME_SEPARATOR.join([title, run_id[:8], *scores])


def _find_notice(cells: Cells) -> str:
    """Return what is to be known of a grid before its runs; empty if there is nothing."""
    folds, advice = cells.first.config.split.folds, ""
    if folds and (unequal := find_unequal_seeds((task.config.split.seed for task in cells.tasks.values()), folds)):
        advice = f"{unequal.words}; {shlex.quote(unequal.override)} tests each equally often."
    return "\n".join(filter(None, [advice, describe_table(cells.table)]))


def _tag(table: Table, owner: Owner) -> dict[str, str]:
    return {str(Tags.DIGEST): table.record.digest, **owner.tags()}


def _reopen(writer: RunWriter, cells: Cells, request: SweepRequest) -> set[CellKey]:
    """Make a sweep RUNNING and this one's again, and return the cells that are done."""
    run_id = str(request.resumed)
    with lock_store(writer.store, "claiming"):
        parent = get_run(writer.store, run_id)
        _require_claim(parent, None)
        children = list(search_runs(writer.store, parent.experiment, parent=run_id, kind=Kind.RUN))
        done = _find_done(parent, children, cells)
        changes = _find_changes(parent, cells.table)
        if changes and not request.forced:
            raise NotDone(
                f"Since the sweep {run_id[:8]} began, {' and '.join(changes)}; its runs would not be comparable. Start "
                "a new sweep, or continue anyway with force=true."
            )
        writer.update(run_id, "RUNNING")
        writer.tag(run_id, _tag(cells.table, request.owner))
    if writer.store.folder is None:
        # A server has no lock: of two that claim a sweep at once, the one that wrote last has it.
        time.sleep(_SETTLING)
        _require_claim(get_run(writer.store, run_id), request.owner)
    _close_left(writer, children)
    return done


def _require_claim(parent: Found, claimant: Owner | None) -> None:
    """Refuse to touch a sweep that another living process owns; None for a claimant is a new one."""
    owner = find_owner(parent.status, parent.tags)
    if owner and owner != claimant:
        raise NotDone(
            f"The sweep {parent.run_id[:8]} ({parent.name}) is being run by {owner.words}; "
            "nothing was changed: wait for its end, or stop that process first."
        )


def _find_done(parent: Found, children: Iterable[Found], cells: Cells) -> set[CellKey]:
    finished = [child for child in children if child.status == "FINISHED"]
    now = _name_split(cells.first.params)
    for before in {_name_split(child.params) for child in finished} - {now}:
        raise BadInput(
            f"The sweep {parent.run_id[:8]} has {before}, and one seed means other test rows with {now}, so that its "
            "runs would not be comparable; start a new sweep."
        )
    return {child.cell for child in finished}


def _find_changes(parent: Found, table: Table) -> list[str]:
    digest, code = parent.tags.get(Tags.DIGEST, ""), parent.tags.get(Tags.CODE, "")
    data = f"the table {table.record.source} changed (digest {digest[:8]}, now {table.record.digest[:8]})"
    source = f"the code in src/seedbed changed ({code[:8]}, now {compute_code_digest()[:8]})"
    return [data] * (digest != table.record.digest) + [source] * (code != compute_code_digest())


def _close_left(writer: RunWriter, children: Iterable[Found]) -> None:
    """Close the runs that processes left open as they died."""
    for child in children:
        if child.status == "RUNNING":
            writer.fail(child.run_id, NotDone("The process of this run died before it ended."), "KILLED")


def _write_grid(writer: RunWriter, parent: str, request: SweepRequest, cells: Cells) -> None:
    searched = bool(request.searched)
    counts = {"runs": len(cells.tasks), "jobs": request.jobs[-1].number + 1}
    content = {
        "dataset": cells.table.record.name,
        "words": request.words,
        "families": request.families,
        "axes": {SPLIT_SEED: cells.axes.get(SPLIT_SEED, [])} if searched else cells.axes,
        "searched": searched,
        **({} if searched else counts),  # of a search not known before its end
        "folder": request.folder,
        "typed_in": request.typed_in,
    }
    with writer.files(parent) as folder:
        (folder / RunFiles.GRID).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _name_split(params: Mapping[str, ParamValue]) -> str:
    folds = f" {FOLDS}={params[FOLDS]}" if FOLDS in params else ""
    return f"split={params.get('split.name', 'random')}{folds}"


def close_sweep(
    target: SweepTarget,
    owner: Owner,
    splits: Sequence[Split],
    metric: str,
    runs: int,
    seconds: float,
    status: str,
    searched: bool,
    baselines: Sequence[str] | None,
    config: Train,
) -> ClosedSweep:
    """Close a sweep: its predictions together, its counts, no run left RUNNING, and one FINISHED run a cell.

    Parameters
    ----------
    splits : of all its cells, also of those that an earlier start has done.
    metric : by which the leaderboard is ranked.
    runs : how many cells there are.
    seconds : how long the runs took together, by the clock.
    status : FINISHED if every cell was tried, FAILED if it was given up, KILLED if it was interrupted.
    searched : whether its cells came one by one, so that only now its name is known.
    baselines : as `choose_baselines` takes them; of those, too, what an earlier start has done is not repeated.
    config : of any cell.

    Raises
    ------
    NotDone : another process owns the sweep by now.
    """
    table, writer = open_target(target)
    parent = get_run(writer.store, target.parent)
    _require_claim(parent, owner)
    results = list(read_results(Path(target.results)))
    # If every run ended in this start, only what is wrong is left to be looked for.
    finished = False if len(results) == runs else None
    children = list(
        search_runs(writer.store, target.experiment, parent=target.parent, kind=Kind.RUN, finished=finished)
    )
    _close_left(writer, children)
    known = {run.run_id: run for run in [*(run for run, _ in results), *children] if run.status == "FINISHED"}
    for run_id, first in find_duplicates(known.values()).items():
        writer.tag(run_id, {str(Tags.DUPLICATE): first})
        writer.update(known.pop(run_id).run_id, "KILLED")
    done = {run.cell: run for run in known.values()}
    failed = {run.cell: run for run in children if run.status == "FAILED" and run.cell not in done}
    if status == "FINISHED" and len(done) + len(failed) < runs:
        status = "FAILED"  # another launcher's job could not record its run
    ended = sorted(done.values(), key=lambda run: run.start)
    predictions = None
    if status != "KILLED":  # an interrupted sweep ends at once; when it goes on, it ends with everything
        alike = _list_splits(splits)
        families, beside = {str(run.params[FAMILY]) for run in ended}, list[Found]()
        if ended and (names := choose_baselines(baselines, config, table, families)):
            where = writer.store, target.experiment, target.parent
            run_baselines(names, config, alike, table, writer, {run.cell for run in find_baselines(*where)})
            beside = find_baselines(*where)
        columns = {run.run_id: columns for run, columns in results}
        predictions = _write_predictions(writer, target.parent, [*ended, *beside], columns, table, alike)
    if predictions is not None:
        sweep = read_sweep(writer.store, target.experiment, parent, ended, predictions)
        board, top, best = _rank(sweep, metric)
        with writer.files(target.parent) as folder:
            found = json.dumps(run_checks(table, alike, sweep, board, at_close=True), indent=1, ensure_ascii=False)
            (folder / RunFiles.CHECKS).write_text(found, encoding="utf-8")
    if searched:
        tried = [*done.values(), *failed.values()]
        axes = {key: list({run.params.get(key, "") for run in tried}) for key in target.varying}
        parent = replace(parent, name=_make_title(axes, runs))
        writer.update(target.parent, "RUNNING", _label_run(parent.name, target.parent))
    counts = {"runs": runs, "finished": len(done), "failed": len(failed), "seconds": seconds}
    rate = len(results) / seconds if seconds > 0 else 0.0
    writer.log_metrics(target.parent, {**counts, "runs_per_second": rate})
    writer.end(target.parent, status)
    errors = tuple((run.name, run.tags.get(Tags.ERROR, "")) for run in reversed(failed.values()))
    if predictions is None or status != "FINISHED":
        return ClosedSweep(len(done), errors, ())
    writer.update(target.parent, status, _label_run(parent.name, target.parent, *best))
    return ClosedSweep(len(done), errors, top)


def _list_splits(splits: Sequence[Split]) -> list[Split]:
    """Return splits by their seeds; none if they differ in more, as a baseline has one name for all of them."""
    by_seed = {split.seed: split for split in splits}
    return [by_seed[seed] for seed in sorted(by_seed)] if len({replace(split, seed=0) for split in splits}) == 1 else []


def _write_predictions(
    writer: RunWriter,
    parent: str,
    runs: Sequence[Found],
    known: Mapping[str, Columns],
    table: Table,
    splits: Sequence[Split],
) -> pd.DataFrame | None:
    own = join_predictions(writer.store, runs, known)
    if own is None:
        return None
    predictions = pd.concat([own, *predict_dummy(table, splits)], ignore_index=True)
    if table.groups is not None:
        predictions[GROUP] = table.groups[predictions["row"].to_numpy()]
    with writer.files(parent) as folder:
        predictions.to_parquet(folder / RunFiles.SWEEP_PREDICTIONS)
    return predictions


def _rank(sweep: SweepRecord, metric: str) -> tuple[Leaderboard, tuple[str, ...], list[str]]:
    """Return the leaderboard, its first lines, and the best mean if there is one."""
    try:
        board = rank_sweep(sweep, metric)
    except BadInput:  # a function of one's own, which is no reason not to close a sweep
        board = rank_sweep(sweep, "accuracy")
    rows = board.rows[:_SHOWN]
    width = max((len(row.label) for row in rows), default=0)
    means = [f"mean {board.metric} {round(row.score, 9):.4f}" for row in rows]  # equal ones look equal
    lines = (
        f"{row.label:{width}}  {mean}, from {row.minimum:.4f} to {row.maximum:.4f}"
        for row, mean in zip(rows, means, strict=True)
    )
    return board, tuple(lines), [f"best {mean}" for mean in means[:1]]
