"""Sweeps of the store, compared; of a single one what that says is kept with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from seedbed.comparison.comparison import FIGURES, Comparison
from seedbed.config.candidate import SPLIT_SEED, format_param
from seedbed.config.naming import DEFAULT_TABLE, format_values
from seedbed.config.schema import Selection
from seedbed.data.table import DatasetRecord
from seedbed.errors import BadInput, NotDone, join_names
from seedbed.records.records import SEVERAL, Holdout, SweepRecord, collect_conditions
from seedbed.reports.markdown import format_note
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.notices import say_if_slow
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.reader import Found, find_run
from seedbed.tracking.registry import Registry
from seedbed.tracking.store import Store, open_store
from seedbed.tracking.uris import announce_target
from seedbed.tracking.writer import RunWriter

_RUN = ["candidate", "seed"]  # what tells the runs of a sweep apart
_BOUNDS = ("value", "low", "high")


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepComparison:
    """A sweep's analysis, where its report is, the experiment, and the run that keeps the comparison of one sweep."""

    analysis: SweepAnalysis
    report: Path
    experiment: str
    run_id: str | None


def compare_stored(
    source: str | Sequence[str], *, dataset: str = DEFAULT_TABLE, uri: str | None = None, **selection: Any
) -> Comparison:
    """Compare sweeps of a store and keep nothing; see `seedbed.compare`."""
    references = source.split(SEVERAL) if isinstance(source, str) else source
    return _compare(open_store(uri), dataset, references, Selection(**selection))[0]


def compare_sweep(
    store: Store, name: str, sweep: str, selection: Selection, make_folder: Callable[[], Path], mute: Sequence[str] = ()
) -> SweepComparison:
    """Rank the candidates of a sweep and keep what that says; of several sweeps only the files are kept.

    Parameters
    ----------
    name : of the dataset.
    sweep : an id, a unique beginning of one, a run's name, or `latest`; or several, joined by +.
    make_folder : returns the folder to write to, once there is something to write.
    mute : codes of checks of which nothing is to be said.

    Raises
    ------
    BadInput : a metric that the runs do not have, a rule that this sweep cannot be judged by, a check that is not.
    NotDone : no finished sweep, no complete candidate, or lost predictions.
    """
    comparison, found = _compare(store, name, sweep.split(SEVERAL), selection, mute)
    announce_target(name, store.uri, "Drawing the figures and writing the report.")
    report, analysis = comparison.write_files(make_folder()), comparison.analysis
    run_id = _keep(store, found[0], analysis, report.parent) if len(found) == 1 else None
    return SweepComparison(analysis=analysis, report=report, experiment=found[0].experiment, run_id=run_id)


def _compare(
    store: Store, name: str, references: Sequence[str], selection: Selection, mute: Sequence[str] = ()
) -> tuple[Comparison, list[Found]]:
    found = [find_run(store, name, reference, Kind.SWEEP) for reference in references]
    say_if_slow(f"Reading and ranking the sweep {join_names(one.run_id[:8] for one in found)}.")
    sweep = join_sweeps([read_sweep(store, one.experiment, one) for one in found])
    origin = {"Sweep": f"{sweep.run_id} ({sweep.name})", "Store": store.label, "Code": read_provenance().words}
    holdout = partial(find_holdout, store, name, sweep.sweeps)
    analysis = analyze_sweep(name, sweep, selection, holdout, mute)
    return Comparison(analysis=analysis, origin=origin), found


def join_sweeps(sweeps: Sequence[SweepRecord]) -> SweepRecord:
    """Return sweeps as one, a candidate of several counting once; BadInput if tables, splits or seeds differ."""
    first, *others = sweeps
    if not others:
        return first
    conditions: list[dict[str, set[Any]]] = [
        {**collect_conditions(one.runs), "dataset.digest": {one.digest}, SPLIT_SEED: {*one.seeds}} for one in sweeps
    ]
    for key in sorted({key for own in conditions for key in own}):
        if len(apart := dict.fromkeys(format_values(sorted(own.get(key, ["none"]))) for own in conditions)) > 1:
            raise BadInput(
                f"Sweeps whose {key} is {' in one and '.join(apart)} in another cannot be ranked together; sweep both "
                "on the same rows and splits."
            )
    frames = {
        name: pd.concat(own, ignore_index=True).drop_duplicates(keys)
        for name, keys in {"runs": _RUN, "predictions": [*_RUN, "row"], "baselines": _RUN}.items()
        if (own := [frame for one in sweeps if len(frame := getattr(one, name))])
    }
    ids, name = SEVERAL.join(one.run_id for one in sweeps), f"{len(frames['runs'])} runs of {len(sweeps)} sweeps"
    return replace(first, run_id=ids, name=name, axes={}, words={}, **frames)


def find_holdout(store: Store, name: str, sweeps: Sequence[str], candidate: str) -> Holdout | None:
    """Return what a candidate got right on the holdout, None unless it was promoted from one of these sweeps."""
    try:
        versions = Registry(store).list_versions(name)
    except NotDone:
        return None
    for tags in (version.tags for version in versions):
        if tags.get(Tags.SWEEP) in sweeps and tags.get(Tags.CANDIDATE) == candidate and Tags.HOLDOUT_ROWS in tags:
            return Holdout(rows=int(tags[Tags.HOLDOUT_ROWS]), right=int(tags[Tags.HOLDOUT_RIGHT]))
    return None


def _keep(store: Store, found: Found, analysis: SweepAnalysis, files: Path) -> str:
    """Keep the comparison as a run below the sweep, and its files and note with the sweep itself."""
    metric, choice = analysis.leaderboard.metric.name, analysis.choice
    table = DatasetRecord(name=analysis.dataset, source="", digest=analysis.sweep.digest, columns={})
    writer = RunWriter(store, found.experiment, read_provenance(), table, found.run_id)
    tags = {Tags.DIGEST: analysis.sweep.digest, Tags.METRIC: metric, Tags.RULE: analysis.rule}
    tags |= {Tags.CANDIDATE: choice.candidate} if choice else {}
    with writer.open_run(
        f"comparison by {metric}", {str(tag): text for tag, text in tags.items()}, Kind.COMPARISON
    ) as run_id:
        params = {"selection.metric": metric, "selection.rule": analysis.rule}
        if analysis.families and analysis.families.tolerance is not None:
            params["selection.tolerance"] = format_param(analysis.families.tolerance)
        bounds = {f"corrected_estimate/{name}": getattr(analysis.estimate, name, None) for name in _BOUNDS}
        estimate = {name: value for name, value in bounds.items() if value is not None}
        writer.log_metrics(run_id, {**estimate, **_collect_steps(analysis)}, params)
        for own in (run_id, found.run_id):
            with writer.files(own) as folder:
                shutil.rmtree(folder / FIGURES, ignore_errors=True)  # of an earlier comparison
                shutil.copytree(files, folder, dirs_exist_ok=True)
        writer.tag(found.run_id, {str(Tags.NOTE): format_note(analysis)})
    return run_id


def _collect_steps(analysis: SweepAnalysis) -> dict[str, dict[int, float]]:
    """Return mean and interval by the parameter's value, if one whole-number parameter was swept."""
    board = analysis.leaderboard
    if len(board.axes) != 1 or not all(type(value) is int for value in board.axes[0].values):
        return {}
    by_value = {row.values[key]: row for row in board.rows for key in row.values}
    return {
        f"{name}/{board.metric.name.replace(':', '_')}": {
            value: score for value, row in by_value.items() if (score := getattr(row, attribute)) is not None
        }
        for name, attribute in (("mean", "score"), ("low", "low"), ("high", "high"))
    }
