"""A version that is proposed as the champion: its model, its card, how it compares; and what makes it the champion."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from seedbed.config.candidate import SPLIT_SEED, ParamValue, compute_candidate_id, format_params
from seedbed.config.schema import Selection
from seedbed.data.splits.table_splits import split_table
from seedbed.data.table import Table, encode_labels, load_table
from seedbed.errors import BadInput, NotDone
from seedbed.execution.run import FitFailed, Runner, Task, compute, fit, prepare
from seedbed.execution.sweep.progress import say_if_slow
from seedbed.metrics.evaluation import count_confusion
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.promotion.champion import Challenger, ChampionComparison, compare_with_champion
from seedbed.promotion.holdout import HoldoutEvaluation, evaluate_holdout
from seedbed.promotion.model_card import Origin, build_card, describe_card, score_choice, score_run, write_page
from seedbed.records.records import Holdout, RunRecord, SweepRecord
from seedbed.reports.figures import ConfusionFigure
from seedbed.reports.pictures import draw_score_figure
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.inference import TIED
from seedbed.tracking import model_files
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.reader import Found, load_config, read_run
from seedbed.tracking.registry import BY_RUN, Registry, Version
from seedbed.tracking.writer import RunWriter, fetch_model

Fill = Callable[[Path, str, str], None]  # writes a version's folder for a run and a logged model


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A version that is proposed as the champion.

    Attributes
    ----------
    words : what it is and what to expect of it.
    comparison : with the champion; None if there is none, it cannot be compared with, or a run was asked for by name.
    objection : why it is promoted by force alone; empty if nothing but the comparison decides.
    remark : what else there is to say of the champion.
    """

    experiment: str
    table: Table
    origin: Origin
    words: str
    card: Mapping[str, Any]
    fill: Fill
    tags: Mapping[str, str] = field(default_factory=dict)
    comparison: ChampionComparison | None = None
    objection: str = ""
    remark: str = ""

    @property
    def name(self) -> str:
        """The registered model's name."""
        return self.table.record.name


def propose_sweep(registry: Registry, found: Found, selection: Selection, *, record: bool) -> Proposal:
    """Choose a sweep's best candidate, refit it on all rows, and compare it with the champion.

    Parameters
    ----------
    record : keep the champion's missing runs, under a run of kind promotion.

    Raises
    ------
    NotDone : nothing to choose from, a table that changed since, or a sweep that varies the training rows.
    """
    sweep = read_sweep(registry.store, found.experiment, found)

    @cache
    def try_candidate(candidate: str) -> tuple[Task, Table, HoldoutEvaluation | None]:
        runs = sweep.runs[sweep.runs["candidate"] == candidate].sort_values("seed")
        task, table = _load_task(registry, str(runs["run"].iloc[0]), sweep.digest)
        return task, table, evaluate_holdout(task, table)

    def find_holdout(candidate: str) -> Holdout | None:
        evaluation = try_candidate(candidate)[2]
        return evaluation.holdout if evaluation else None

    analysis = analyze_sweep(sweep.name, sweep, selection, find_holdout)
    if analysis.choice is None:
        raise NotDone(f"The sweep {found.run_id[:8]} varies the number of training rows; there is no best to choose.")
    challenger = Challenger(analysis, *try_candidate(analysis.choice.candidate))
    writer = RunWriter(registry.store, found.experiment, read_provenance(), challenger.table.record, sweep.run_id)
    champion = registry.get_champion(challenger.table.record.name)
    proposal = _propose(registry, found.experiment, challenger, champion)
    if champion is None:
        return proposal
    if not registry.has_files(champion):
        return replace(proposal, remark=f"The files of version {champion.version} are gone.")
    try:
        do_runs = _make_runs(writer, challenger.table, record)
        return replace(proposal, comparison=compare_with_champion(registry, champion, challenger, do_runs))
    except (BadInput, FitFailed) as error:
        words = f"Version {champion.version}, the champion, cannot be compared on the same splits: {error}"
        return replace(proposal, objection=proposal.objection or words, remark=words)


def propose_run(registry: Registry, found: Found) -> Proposal:
    """Propose a run's own model, not refitted; it was asked for by name, so nothing is compared.

    Raises
    ------
    NotDone : its model is gone, or its table changed since.
    """
    record = read_run(registry.store, found.run_id)
    if (source := fetch_model(registry.store, found.run_id)) is None:
        raise NotDone(f"The model of run {found.run_id[:8]} ({found.name}) is gone; train it again.")
    task, table = _load_task(registry, found.run_id, record.dataset.digest)
    score = score_run(record)
    origin = Origin(
        basis="One split, not compared",
        candidate=_get_candidate(task),
        scores=[score],
        digest=record.dataset.digest,
        commit=read_provenance().commit,
        sweep=found.parent,
        run=found.run_id,
        previous=_describe_previous(registry.get_champion(table.record.name)),
    )
    card = build_card(task.config.dataset, table, origin)

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        model_files.copy(source, folder, run_id, model_id)
        write_page(folder / "page", card, split_table(task.config.split, table)[0], record.figure)

    words = f"{record.name} of run {found.run_id[:8]}, one split, not compared: {score.text}."
    return Proposal(experiment=found.experiment, table=table, origin=origin, words=words, card=card, fill=fill)


def register(registry: Registry, proposal: Proposal, *, forced: bool) -> Version:
    """Keep the model under a run of kind promotion, make it a version that is whole, and move the alias last."""
    origin = proposal.origin
    writer = RunWriter(registry.store, proposal.experiment, read_provenance(), proposal.table.record, origin.sweep)
    params = format_params(origin.candidate)
    tags = {
        **proposal.tags,
        str(Tags.CANDIDATE): compute_candidate_id(origin.candidate),
        str(Tags.PARAMS): json.dumps(dict(sorted(params.items())), ensure_ascii=False),
        str(Tags.DIGEST): origin.digest,
        str(Tags.SWEEP): origin.sweep or "",
        str(Tags.RUN): origin.run or "",
        str(Tags.RULE): origin.rule or "",
        "seedbed.commit": origin.commit,
        **{f"seedbed.{score.kind}": score.text for score in origin.scores},
    }
    reason = proposal.comparison.describe() if proposal.comparison else f"{origin.basis}."
    with writer.open_run("promotion", tags, Kind.PROMOTION) as run_id:
        writer.log_input(run_id)
        model_id = writer.log_model(run_id, origin.candidate, lambda to, model: proposal.fill(to, run_id, model))
        description = describe_card(proposal.card)
        version = registry.create_version(proposal.name, f"models:/{model_id}", run_id, tags, description)
        registry.move_alias(version, f"{reason} Forced." if forced else reason, origin.rule or BY_RUN)
    return version


def _propose(registry: Registry, experiment: str, challenger: Challenger, champion: Version | None) -> Proposal:
    analysis, task, table, evaluation = challenger.analysis, challenger.task, challenger.table, challenger.evaluation
    choice, board = analysis.choice, analysis.leaderboard
    assert choice is not None
    key = f"{table.record.digest}:{table.dataset.holdout:g}:{table.dataset.holdout_seed}"
    versions = registry.list_versions(table.record.name)
    looks = 1 + sum(version.tags.get(Tags.HOLDOUT_KEY) == key for version in versions)
    origin = Origin(
        basis=f"Chosen over {len(board.seeds)} seeds by {choice.rule} of {board.metric}",
        candidate=_get_candidate(task),
        scores=score_choice(analysis, looks),
        digest=analysis.sweep.digest,
        commit=read_provenance().commit,
        sweep=analysis.sweep.run_id,
        rule=str(choice.rule),
        previous=_describe_previous(champion),
    )
    card = build_card(task.config.dataset, table, origin)
    extra = evaluation.make_files(table) if evaluation else {}
    if curve := draw_score_figure(analysis):
        extra["curve.png"] = curve

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        folders = model_files.ModelFolders(table.features.head(2))
        folders.write(fit(task, table.whole).estimator, folder, run_id, model_id)
        write_page(folder / "page", card, table.whole, _draw_pooled(analysis.sweep, choice.candidate, table), extra)

    return Proposal(
        experiment=experiment,
        table=table,
        origin=origin,
        words=analysis.words,
        card=card,
        fill=fill,
        tags=_tag_holdout(evaluation.holdout, key, looks) if evaluation else {},
        objection=_compare_with_dummy(analysis),
    )


def _make_runs(writer: RunWriter, table: Table, record: bool) -> Callable[[Sequence[Task]], list[RunRecord]]:
    """Return what does the champion's missing runs; if they are recorded, below one run of kind promotion."""

    def do_runs(tasks: Sequence[Task]) -> list[RunRecord]:
        say_if_slow(f"Running the champion on {len(tasks)} of the sweep's splits.")
        if not record or not tasks:
            figure = ConfusionFigure(table.classes)
            return [compute(task, table, figure)[0] for task in tasks]
        with writer.open_run("incumbent on the same splits", {}, Kind.PROMOTION) as parent:
            runner = Runner.of(table, replace(writer, parent=parent), Kind.PROMOTION)
            return [runner.run(task)[1] for task in tasks]

    return do_runs


def _draw_pooled(sweep: SweepRecord, candidate: str, table: Table) -> bytes:
    """Return the confusion matrix of a candidate's test predictions over all its seeds, as PNG."""
    mine = sweep.predictions[sweep.predictions["candidate"] == candidate]
    truth, prediction = (encode_labels(mine[column], table.classes) for column in ("truth", "prediction"))
    return ConfusionFigure(table.classes).png(count_confusion(truth, prediction, len(table.classes)))


def _get_candidate(task: Task) -> dict[str, ParamValue]:
    return {key: value for key, value in task.params.items() if key != SPLIT_SEED}


def _tag_holdout(holdout: Holdout, key: str, looks: int) -> dict[str, str]:
    counts = {Tags.HOLDOUT_READS: looks, Tags.HOLDOUT_ROWS: holdout.rows, Tags.HOLDOUT_RIGHT: holdout.right}
    return {str(Tags.HOLDOUT_KEY): key, **{str(tag): str(count) for tag, count in counts.items()}}


def _load_task(registry: Registry, run_id: str, digest: str) -> tuple[Task, Table]:
    """Return a recorded run's task and the table as it is now, which must be the table as it was."""
    config = load_config(registry.store, run_id)
    table = load_table(config.dataset)
    if table.record.digest != digest:
        raise NotDone(
            f"The table {table.record.source} has changed since the run {run_id[:8]} read it (digest {digest[:8]}, now "
            f"{table.record.digest[:8]}); run the sweep again."
        )
    return prepare(config, table), table


def _describe_previous(champion: Version | None) -> dict[str, str] | None:
    return None if champion is None else {"version": champion.version, "candidate": champion.tags.get(Tags.PARAMS, "")}


def _compare_with_dummy(analysis: SweepAnalysis) -> str:
    """Return a sentence if always predicting the most frequent class does as well, else ""."""
    board, choice = analysis.leaderboard, analysis.choice
    if board.dummy is None or choice is None or board.metric.sign * (choice.row.score - board.dummy.score) > TIED:
        return ""
    own, dummy = (board.metric.format(score) for score in (choice.row.score, board.dummy.score))
    return f"The best candidate has {own}, no better than always predicting the {DUMMY_LABEL} ({dummy})."
