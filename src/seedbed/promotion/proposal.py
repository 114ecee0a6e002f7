"""What stands for being marked `best`: its model, its card, and how it compares with what is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedbed.config.candidate import SPLIT_SEED, ParamValue
from seedbed.config.schema import Selection, Train
from seedbed.data.splits.partition import sides_of
from seedbed.data.table import Table, codes_of, read_table
from seedbed.errors import BadInput, NotDone
from seedbed.execution.run import FitFailed, Runner, Task, compute, fit, prepare
from seedbed.metrics.evaluation import count_confusion
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.promotion.card_scores import one_split, scores_of
from seedbed.promotion.champion import Contest, DoRun, contest
from seedbed.promotion.holdout import Held
from seedbed.promotion.model_card import Origin, card_of, write_page
from seedbed.records.records import Holdout, RunRecord, SweepRecord
from seedbed.reports.figures import ConfusionFigure
from seedbed.reports.pictures import draw_score_figure
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.inference import TIED
from seedbed.tracking import model_files
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.provenance import provenance
from seedbed.tracking.reader import Found, config_of, read_run
from seedbed.tracking.registry import Registry, Version
from seedbed.tracking.writer import RunWriter, model_folder

Fill = Callable[[Path, str, str], None]  # writes a version's folder for a run and a logged model


@dataclass(frozen=True)
class Candidacy:
    """What stands for being marked.

    Attributes
    ----------
    words : what it is and what to expect of it.
    contest : against the version marked best; None where none is, or its files are gone, or a person chose.
    no_better_than_dummy : a sentence where the dummy classifier does as well, else empty.
    gone : a sentence where the version marked best cannot be loaded, so that nothing has to be better than it.
    incomparable : a sentence where its candidate cannot be fitted on these splits, so that nothing says who is better.
    """

    name: str
    experiment: str
    table: Table
    origin: Origin
    words: str
    card: Mapping[str, Any]
    tags: Mapping[str, str]
    fill: Fill
    contest: Contest | None = None
    no_better_than_dummy: str = ""
    gone: str = ""
    incomparable: str = ""


def of_sweep(registry: Registry, found: Found, selection: Selection, *, record: bool) -> Candidacy:
    """Choose a sweep's best and prepare its version.

    Parameters
    ----------
    record : keep the incumbent's missing runs, under a run of kind promotion.

    Raises
    ------
    NotDone : nothing to choose from, a table that changed since, or a sweep that varies the training rows.
    """
    sweep = read_sweep(registry.store, found.experiment, found)
    held: dict[str, tuple[Task, Table, Held | None]] = {}

    def holdout_of(candidate: str) -> Holdout | None:
        task, table = _task(registry, _first_run(sweep, candidate), sweep.digest)
        held[candidate] = (task, table, Held.by(task, table))
        tried = held[candidate][2]
        return tried.holdout if tried else None

    verdict = analyze_sweep(sweep.name, sweep, selection, holdout_of)
    if verdict.choice is None:
        raise NotDone(f"The sweep {found.run_id[:8]} varies the number of training rows; there is no best to choose.")
    task, table, tried = held[verdict.choice.candidate]
    return _candidacy(registry, found, sweep, verdict, task, table, tried, record)


def _candidacy(
    registry: Registry,
    found: Found,
    sweep: SweepRecord,
    verdict: SweepAnalysis,
    task: Task,
    table: Table,
    held: Held | None,
    record: bool,
) -> Candidacy:
    choice, board = verdict.choice, verdict.leaderboard
    assert choice is not None
    name = table.record.name
    best = registry.best(name)
    gone = "" if best is None or registry.has_files(best) else f"The files of version {best.version} are gone."
    key = f"{table.record.digest}:{table.dataset.holdout:g}:{table.dataset.holdout_seed}"
    reads = 1 + sum(version.tags.get(Tags.HOLDOUT_KEY) == key for version in registry.versions(name))
    origin = Origin(
        basis=f"Chosen over {len(board.seeds)} seeds by {choice.rule} of {board.metric}",
        candidate=candidate_of(task),
        scores=scores_of(choice, verdict.estimate, board, held.holdout if held else None, reads),
        digest=sweep.digest,
        commit=provenance().commit,
        sweep=sweep.run_id,
        rule=str(choice.rule),
        previous=_previous(best),
    )
    card = card_of(task.config.dataset, table, origin)
    writer = RunWriter(registry.store, found.experiment, provenance(), table.record, sweep.run_id)
    extra = held.files(table) if held else {}
    extra |= {"curve.png": curve} if (curve := draw_score_figure(verdict)) else {}
    whole = table.whole

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        model_files.save(fit(task, whole).estimator, folder, table.features.head(2), run_id, model_id)
        write_page(folder / "page", card, whole, pooled_figure(sweep, choice.candidate, table), extra)

    against, incomparable = None, ""
    if best is not None and not gone:
        try:
            with _runs(writer, table, record) as do_run:
                against = contest(registry, best, task, sweep, board, choice, table, do_run)
        except (BadInput, FitFailed) as error:
            incomparable = f"Version {best.version}, marked best, cannot be compared on the same splits: {error}"
    return Candidacy(
        name=name,
        experiment=found.experiment,
        table=table,
        origin=origin,
        words=verdict.words,
        card=card,
        tags=_holdout_tags(held, key, reads),
        fill=fill,
        contest=against,
        no_better_than_dummy=_like_dummy(verdict),
        gone=gone,
        incomparable=incomparable,
    )


def of_run(registry: Registry, found: Found) -> Candidacy:
    """Prepare a version with a run's own model, not refitted; a person chose it, so nothing is compared.

    Raises
    ------
    NotDone : its model is gone, or its table changed since.
    """
    record = read_run(registry.store, found.run_id)
    if (source := model_folder(registry.store, found.run_id)) is None:
        raise NotDone(f"The model of run {found.run_id[:8]} ({found.name}) is gone; train it again.")
    task, table = _task(registry, found.run_id, record.dataset.digest)
    score = one_split(record)
    origin = Origin(
        basis="One split, not compared",
        candidate=candidate_of(task),
        scores=[score],
        digest=record.dataset.digest,
        commit=provenance().commit,
        sweep=found.parent,
        run=found.run_id,
        previous=_previous(registry.best(table.record.name)),
    )
    card = card_of(task.config.dataset, table, origin)

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        model_files.copy(source, folder, run_id, model_id)
        write_page(folder / "page", card, sides_of(task.config.split, table)[0], record.figure)

    words = f"{record.name} of run {found.run_id[:8]}, one split, not compared: {score.text}."
    return Candidacy(table.record.name, found.experiment, table, origin, words, card, {}, fill)


def pooled_figure(sweep: SweepRecord, candidate: str, table: Table) -> bytes:
    """Return the confusion matrix of a candidate's test predictions over all its seeds, as PNG."""
    mine = sweep.predictions[sweep.predictions["candidate"] == candidate]
    truth, prediction = (codes_of(mine[column], table.classes) for column in ("truth", "prediction"))
    return ConfusionFigure(table.classes).png(count_confusion(truth, prediction, len(table.classes)))


def candidate_of(task: Task) -> dict[str, ParamValue]:
    """Return the params that make the task's candidate."""
    return {key: value for key, value in task.params.items() if key != SPLIT_SEED}


@contextmanager
def _runs(writer: RunWriter, table: Table, record: bool) -> Iterator[DoRun]:
    """Yield what does an incumbent's missing run; where it is recorded, below one run of kind promotion."""
    opened: list[str] = []
    figure = ConfusionFigure(table.classes)

    def do(task: Task) -> RunRecord:
        if not record:
            return compute(task, table, figure)[0]
        if not opened:
            opened.append(writer.start("incumbent on the same splits", {}, Kind.PROMOTION))
        runner = Runner.of(table, replace(writer, parent=opened[0]), Kind.PROMOTION)
        return runner.run(task)[1]

    try:
        yield do
    finally:
        for run_id in opened:
            writer.end(run_id, "FINISHED")


def _holdout_tags(held: Held | None, key: str, reads: int) -> dict[str, str]:
    if held is None:
        return {}
    counts = {Tags.HOLDOUT_READS: reads, Tags.HOLDOUT_ROWS: held.holdout.rows, Tags.HOLDOUT_RIGHT: held.holdout.right}
    return {str(Tags.HOLDOUT_KEY): key, **{str(tag): str(count) for tag, count in counts.items()}}


def _first_run(sweep: SweepRecord, candidate: str) -> str:
    mine = sweep.runs[sweep.runs["candidate"] == candidate].sort_values("seed")
    return str(mine["run"].iloc[0])


def _task(registry: Registry, run_id: str, digest: str) -> tuple[Task, Table]:
    """Return a recorded run's task and the table as it is now, which must be the table as it was."""
    config: Train = config_of(registry.store, run_id)
    table = read_table(config.dataset)
    if table.record.digest != digest:
        raise NotDone(
            f"The table {table.record.source} has changed since the run {run_id[:8]} read it (digest {digest[:8]}, now "
            f"{table.record.digest[:8]}); run the sweep again."
        )
    return prepare(config, table), table


def _previous(best: Version | None) -> dict[str, str] | None:
    return None if best is None else {"version": best.version, "candidate": best.tags.get(Tags.PARAMS, "")}


def _like_dummy(verdict: SweepAnalysis) -> str:
    board, choice = verdict.leaderboard, verdict.choice
    if board.dummy is None or choice is None or board.metric.sign * (choice.row.score - board.dummy.score) > TIED:
        return ""
    own, dummy = (board.metric.format(score) for score in (choice.row.score, board.dummy.score))
    return f"The best candidate has {own}, no better than always saying the {DUMMY_LABEL} ({dummy})."
