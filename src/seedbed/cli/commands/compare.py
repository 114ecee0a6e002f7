"""Compare the candidates of a sweep: leaderboard, figures, one report, and what MLflow keeps of them."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seedbed import paths
from seedbed.config.naming import DEFAULT_TABLE, resolve_dataset_name
from seedbed.config.schema import Compare
from seedbed.data.table import DatasetRecord
from seedbed.errors import NotDone
from seedbed.reports.comparison_html import html_of
from seedbed.reports.json_values import numbers_of
from seedbed.reports.markdown import format_note
from seedbed.reports.pictures import Picture, draw_comparison
from seedbed.reports.terminal import shown_in_terminal
from seedbed.selection.analysis import Verdict, verdict_of
from seedbed.selection.summary import Holdout
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.provenance import Provenance, provenance
from seedbed.tracking.reader import Found, find_run
from seedbed.tracking.registry import Registry
from seedbed.tracking.store import Store, open_store
from seedbed.tracking.ui import ui_command
from seedbed.tracking.writer import RunWriter

FIGURES = "figures"


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """A sweep that was compared, where its report is, and the run that keeps it."""

    verdict: Verdict
    report: Path
    run_id: str
    promote: str
    ui: str
    output: str

    def summary(self) -> str:
        """Return the leaderboard's top, the sentence and where the rest is; or every number as JSON."""
        if self.output == "json":
            content = {**numbers_of(self.verdict), "report": str(self.report), "run": self.run_id}
            return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        following = []
        if self.verdict.choice is not None:
            following = [f"Next: `{self.promote}` marks the best of this sweep."]
        return shown_in_terminal(self.verdict, [f"Report: {self.report}", *following, self.ui])


@dataclass(frozen=True)
class _Files:
    """What a comparison leaves, ready to be written into any folder."""

    leaderboard: str
    report: str
    pictures: Sequence[Picture]

    def write(self, folder: Path) -> None:
        """Write leaderboard.csv, report.html and the figures, in place of those of an earlier comparison."""
        (folder / RunFiles.LEADERBOARD).write_text(self.leaderboard, encoding="utf-8")
        (folder / RunFiles.COMPARISON).write_text(self.report, encoding="utf-8")
        shutil.rmtree(folder / FIGURES, ignore_errors=True)
        (folder / FIGURES).mkdir()
        for picture in self.pictures:
            (folder / FIGURES / picture.name).write_bytes(picture.png)


def compare(config: Compare) -> Compared:
    """Rank the candidates of a sweep and keep what that says.

    Raises
    ------
    BadInput : a metric that the runs do not have, or a rule that this sweep cannot be judged by.
    NotDone : no finished sweep, no complete candidate, or lost predictions.
    """
    store, name = open_store(config.tracking.uri), resolve_dataset_name(config.dataset)
    found = find_run(store, name, config.sweep, Kind.SWEEP)
    sweep = read_sweep(store, found.experiment, found)
    verdict = verdict_of(
        name, sweep, config.selection, lambda candidate: holdout_of(store, name, found.run_id, candidate)
    )
    code = provenance()
    pictures = draw_comparison(verdict)
    files = _Files(
        leaderboard=verdict.frame().to_csv(index=False, lineterminator="\n"),
        report=html_of(verdict, pictures, _made(verdict, store, code)),
        pictures=pictures,
    )
    report = _written(files, name)
    run_id = _kept(store, found, verdict, files, code)
    ui = ui_command(store.uri, found.experiment, found.run_id)
    return Compared(
        verdict=verdict, report=report, run_id=run_id, promote=_promote(config, name), ui=ui, output=config.output
    )


def holdout_of(store: Store, name: str, sweep: str, candidate: str) -> Holdout | None:
    """Return what a candidate got right on the holdout, None unless it was promoted from this sweep."""
    try:
        versions = Registry(store).versions(name)
    except NotDone:
        return None
    for version in versions:
        tags = version.tags
        if tags.get(Tags.SWEEP) == sweep and tags.get(Tags.CANDIDATE) == candidate and Tags.HOLDOUT_ROWS in tags:
            return Holdout(rows=int(tags[Tags.HOLDOUT_ROWS]), right=int(tags[Tags.HOLDOUT_RIGHT]))
    return None


def _kept(store: Store, found: Found, verdict: Verdict, files: _Files, code: Provenance) -> str:
    """Keep the comparison as a run below the sweep, and its files and note with the sweep itself."""
    board, choice = verdict.leaderboard, verdict.choice
    table = DatasetRecord(name=verdict.dataset, source="", digest=verdict.sweep.digest, columns={})
    writer = RunWriter(store, found.experiment, code, table, found.run_id)
    tags = {str(Tags.DIGEST): verdict.sweep.digest, str(Tags.METRIC): board.metric.name, str(Tags.RULE): verdict.rule}
    chosen = {str(Tags.CANDIDATE): choice.candidate} if choice else {}
    run_id = writer.start(f"comparison by {board.metric}", {**tags, **chosen}, Kind.COMPARISON)
    try:
        writer.metrics(
            run_id, _expected(verdict), {"selection.metric": board.metric.name, "selection.rule": verdict.rule}
        )
        writer.steps(run_id, _steps(verdict))
        for place in (run_id, found.run_id):
            with writer.files(place) as folder:
                files.write(folder)
        writer.tag(found.run_id, {str(Tags.NOTE): format_note(verdict)})
    except BaseException as error:
        writer.fail(run_id, error)
        raise
    writer.end(run_id, "FINISHED")
    return run_id


def _expected(verdict: Verdict) -> dict[str, float]:
    estimate = verdict.estimate
    if estimate is None:
        return {}
    found = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {f"corrected_estimate/{name}": value for name, value in found.items() if value is not None}


def _steps(verdict: Verdict) -> dict[str, dict[int, float]]:
    """Return mean and interval by the parameter's value, where one whole-number parameter was swept."""
    axis, rows = verdict.stepped, verdict.leaderboard.rows
    if axis is None:
        return {}
    metric = verdict.leaderboard.metric
    columns = {"mean": "score", "low": "low", "high": "high"}
    return {
        f"{name}/{metric}": {
            row.values[axis.key]: getattr(row, column) for row in rows if getattr(row, column) is not None
        }
        for name, column in columns.items()
    }


def _written(files: _Files, name: str) -> Path:
    folder = paths.new_output("compare", name)
    files.write(folder)
    return folder / RunFiles.COMPARISON


def _promote(config: Compare, name: str) -> str:
    """Return the command that promotes by the same words."""
    default = Compare()
    typed = {
        "dataset.name": (name, DEFAULT_TABLE),
        "sweep": (config.sweep, default.sweep),
        "selection.metric": (config.selection.metric, default.selection.metric),
        "selection.rule": (config.selection.rule, default.selection.rule),
    }
    words = [shlex.quote(f"{key}={value}") for key, (value, usual) in typed.items() if value != usual]
    return " ".join(["python experiments/promote.py", *words])


def _made(verdict: Verdict, store: Store, code: Provenance) -> Mapping[str, str]:
    """Return where the numbers come from, for the end of the report."""
    board, sweep = verdict.leaderboard, verdict.sweep
    return {
        "Sweep": f"{sweep.run_id} ({sweep.name})",
        "Store": store.uri,
        "Table": f"{verdict.dataset}, digest {sweep.digest}, {board.development_rows} development rows",
        "Seeds": ", ".join(map(str, board.seeds)),
        "Metric and rule": f"{board.metric}, {verdict.rule or 'nothing chosen'}",
        "Code": code.words,
        "Compared": f"{datetime.now():%Y-%m-%d %H:%M}",
    }
