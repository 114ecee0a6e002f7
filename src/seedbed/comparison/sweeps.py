"""A sweep of the store, compared: read, analysed, its leaderboard, figures and report written and kept with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seedbed.config.candidate import format_param
from seedbed.config.schema import Selection
from seedbed.data.table import DatasetRecord
from seedbed.errors import NotDone
from seedbed.records.records import Holdout
from seedbed.reports.markdown import format_note
from seedbed.reports.pages import render_comparison
from seedbed.reports.pictures import draw_comparison
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.notices import say_if_slow
from seedbed.tracking.provenance import Provenance, read_provenance
from seedbed.tracking.reader import Found, find_run
from seedbed.tracking.registry import Registry
from seedbed.tracking.store import Store
from seedbed.tracking.uris import announce_target
from seedbed.tracking.writer import RunWriter

_FIGURES = "figures"
_BOUNDS = ("value", "low", "high")


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepComparison:
    """A sweep's analysis, where its report is, the experiment of the sweep, and the run that keeps the comparison."""

    analysis: SweepAnalysis
    report: Path
    experiment: str
    run_id: str


def compare_sweep(
    store: Store, name: str, sweep: str, selection: Selection, make_folder: Callable[[], Path], mute: Sequence[str] = ()
) -> SweepComparison:
    """Rank the candidates of a sweep and keep what that says.

    Parameters
    ----------
    name : of the dataset.
    sweep : an id, a unique beginning of one, a run's name, or `latest`.
    make_folder : returns the folder to write to, once there is something to write.
    mute : codes of checks of which nothing is to be said.

    Raises
    ------
    BadInput : a metric that the runs do not have, a rule that this sweep cannot be judged by, a check that is not.
    NotDone : no finished sweep, no complete candidate, or lost predictions.
    """
    found = find_run(store, name, sweep, Kind.SWEEP)
    say_if_slow(f"Reading and ranking the sweep {found.run_id[:8]}.")
    record = read_sweep(store, found.experiment, found)
    analysis = analyze_sweep(
        name, record, selection, lambda candidate: find_holdout(store, name, found.run_id, candidate), mute
    )
    announce_target(name, store.uri, "Drawing the figures and writing the report.")
    code, folder = read_provenance(), make_folder()
    _write_files(analysis, _describe_origin(analysis, store, code), folder)
    run_id = _keep(store, found, analysis, folder, code)
    report = folder / RunFiles.COMPARISON
    return SweepComparison(analysis=analysis, report=report, experiment=found.experiment, run_id=run_id)


def find_holdout(store: Store, name: str, sweep: str, candidate: str) -> Holdout | None:
    """Return what a candidate got right on the holdout, None unless it was promoted from this sweep."""
    try:
        versions = Registry(store).list_versions(name)
    except NotDone:
        return None
    for tags in (version.tags for version in versions):
        if tags.get(Tags.SWEEP) == sweep and tags.get(Tags.CANDIDATE) == candidate and Tags.HOLDOUT_ROWS in tags:
            return Holdout(rows=int(tags[Tags.HOLDOUT_ROWS]), right=int(tags[Tags.HOLDOUT_RIGHT]))
    return None


def _write_files(analysis: SweepAnalysis, origin: Mapping[str, str], folder: Path) -> None:
    """Write leaderboard.csv, report.html and the figures."""
    pictures = draw_comparison(analysis)
    table, report = analysis.frame(), render_comparison(analysis, pictures, origin)
    table.to_csv(folder / RunFiles.LEADERBOARD, index=False, lineterminator="\n")
    (folder / RunFiles.COMPARISON).write_text(report, encoding="utf-8")
    (folder / _FIGURES).mkdir(exist_ok=True)
    for picture in pictures:
        (folder / _FIGURES / picture.name).write_bytes(picture.png)


def _keep(store: Store, found: Found, analysis: SweepAnalysis, files: Path, code: Provenance) -> str:
    """Keep the comparison as a run below the sweep, and its files and note with the sweep itself."""
    metric, choice = analysis.leaderboard.metric.name, analysis.choice
    table = DatasetRecord(name=analysis.dataset, source="", digest=analysis.sweep.digest, columns={})
    writer = RunWriter(store, found.experiment, code, table, found.run_id)
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
                shutil.rmtree(folder / _FIGURES, ignore_errors=True)  # of an earlier comparison
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


def _describe_origin(analysis: SweepAnalysis, store: Store, code: Provenance) -> dict[str, str]:
    """Return where the numbers come from, for the end of the report."""
    board, sweep = analysis.leaderboard, analysis.sweep
    within = f" {analysis.families.basis}" if analysis.families else ""
    return {
        "Sweep": f"{sweep.run_id} ({sweep.name})",
        "Store": store.label,
        "Table": f"{analysis.dataset}, digest {sweep.digest}, {board.development_rows} development rows",
        "Seeds": ", ".join(map(str, board.seeds)),
        "Metric and rule": f"{board.metric}, {analysis.rule or 'nothing chosen'}{within}",
        "Code": code.words,
        "Compared": f"{datetime.now():%Y-%m-%d %H:%M}",
    }
