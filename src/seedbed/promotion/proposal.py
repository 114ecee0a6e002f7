"""A version that is proposed as the champion: its model, its card, how it compares; and what makes it the champion."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from seedbed.config.candidate import SPLIT_SEED, ParamValue, compute_candidate_id, format_params
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Promote
from seedbed.data.splits.table_splits import split_table
from seedbed.data.table import Table, encode_labels
from seedbed.errors import BadInput, NotDone
from seedbed.execution.run import FitFailed, Task, fit, predict, prepare
from seedbed.metrics.evaluation import count_confusion
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.promotion.champion import FOREIGN, Challenger, ChampionComparison, compare_with_champion
from seedbed.promotion.holdout import HoldoutEvaluation, evaluate_holdout
from seedbed.promotion.model_card import Origin, build_card, describe_card, score_choice, score_run, write_page
from seedbed.records.records import Holdout, SweepRecord
from seedbed.reports.figures import ConfusionFigure
from seedbed.reports.pictures import draw_score_figure
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.inference import TIED
from seedbed.tracking import model_files
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.notices import say_if_slow
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.reader import Found, load_config, read_run, search_runs
from seedbed.tracking.registry import BY_RUN, Registry, Version
from seedbed.tracking.store import Store
from seedbed.tracking.table_copies import load_recorded, restore_address
from seedbed.tracking.uris import announce_target
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
    run_id : the run of kind promotion that this attempt is; None if a run was asked for by name, and in a dry run.
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
    run_id: str | None = None

    @property
    def name(self) -> str:
        """The registered model's name."""
        return self.table.record.name


@contextmanager
def propose_sweep(registry: Registry, found: Found, config: Promote) -> Iterator[Proposal]:
    """Choose a sweep's best candidate, refit it on all rows, and compare it with the champion.

    Whatever becomes of the proposal in the block is one run of kind promotion, which counts as a look at the holdout; a
    dry run leaves none, and does not look.

    Parameters
    ----------
    config : by which metric and rule; where the table is, if its address was recorded without its secrets.

    Raises
    ------
    NotDone : nothing to choose from, a table that changed since, or a sweep that varies the training rows.
    """
    say_if_slow(f"Reading the sweep {found.run_id[:8]}, and choosing a candidate.")
    store, sweep = registry.store, read_sweep(registry.store, found.experiment, found)
    with ExitStack() as stack:

        @cache
        def try_candidate(candidate: str) -> tuple[Task, Table, HoldoutEvaluation | None, RunWriter | None]:
            runs = sweep.runs[sweep.runs["candidate"] == candidate].sort_values("seed")
            task, table = _load_task(store, str(runs["run"].iloc[0]), found.experiment, sweep.digest, config.dataset)
            announce_target(table.record.name, store.uri, "Fitting the candidate that was chosen.")
            if config.dry_run:
                return task, table, None, None
            writer = RunWriter(store, found.experiment, read_provenance(), table.record, sweep.run_id)
            key = {str(Tags.HOLDOUT_KEY): _make_key(table)} if len(table.holdout) else {}
            run_id = stack.enter_context(writer.open_run("promotion", key, Kind.PROMOTION))
            return task, table, evaluate_holdout(task, table), replace(writer, parent=run_id)

        def find_holdout(candidate: str) -> Holdout | None:
            evaluation = try_candidate(candidate)[2]
            return evaluation.holdout if evaluation else None

        analysis = analyze_sweep(sweep.name, sweep, config.selection, find_holdout, config.checks.mute)
        if (choice := analysis.choice) is None:
            raise NotDone(f"The sweep {found.run_id[:8]} varies the number of training rows; nothing can be chosen.")
        challenger = Challenger(analysis, *try_candidate(choice.candidate))
        champion = registry.get_champion(challenger.table.record.name)
        proposal = _propose(registry, found.experiment, challenger, champion)
        yield proposal if champion is None else _compare(registry, proposal, challenger, champion)


def _compare(registry: Registry, proposal: Proposal, challenger: Challenger, champion: Version) -> Proposal:
    if not registry.has_files(champion):
        return replace(proposal, remark=f"The files of version {champion.version} are gone.")
    say_if_slow(f"Running version {champion.version}, the champion, on the same splits.")
    try:
        return replace(proposal, comparison=compare_with_champion(registry, champion, challenger))
    except (BadInput, FitFailed) as error:
        words = _describe_obstacle(champion, error)
        return replace(proposal, objection=proposal.objection or words, remark=words)


def _describe_obstacle(champion: Version, why: object) -> str:
    why = str(why).rstrip(".")
    return f"Version {champion.version}, the champion, cannot be compared on the same splits: {why}."


def propose_run(registry: Registry, found: Found, config: Promote) -> Proposal:
    """Propose a run's own model, fitted again if it was not kept; it was asked for by name, so nothing is compared.

    Raises
    ------
    NotDone : its model is not safe to load, or gone and fitted again it differs, or its table changed since.
    """
    record = read_run(registry.store, found.run_id)
    source = fetch_model(registry.store, found.run_id)
    task, table = _load_task(registry.store, found.run_id, found.experiment, record.dataset.digest, config.dataset)
    announce_target(table.record.name, registry.store.uri)
    champion, score = registry.get_champion(table.record.name), score_run(record)
    origin = Origin(
        basis="One split, not compared",
        candidate=_get_candidate(task),
        scores=[score],
        digest=record.dataset.digest,
        commit=read_provenance().commit,
        sweep=found.parent,
        run=found.run_id,
        previous=_describe_previous(champion),
    )
    card = build_card(task.config.dataset, table, origin)

    train, test = split_table(task.config.split, table)
    estimator = None if source is None else model_files.read(source, task.config.trust)  # what is loaded is promoted
    if source is None:
        estimator = fit(task, train, task.config.split.seed).estimator
        again, _ = predict(task.name, estimator, test.features, table.classes)
        if list(again) != list(record.predictions["prediction"]):
            raise NotDone(f"The model of run {found.run_id[:8]} ({found.name}) is gone, and fitted again it differs.")

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        if source is None:
            folders = model_files.ModelFolders(table.features.head(2), task.config.trust, table.schema)
            folders.write(estimator, folder, run_id, model_id)
        else:
            model_files.copy(source, folder, run_id, model_id)
        write_page(folder / "page", card, train, record.figure)

    foreign = champion if champion and registry.read_params(champion) is None else None
    words = f"{record.name} of run {found.run_id[:8]}, one split, not compared: {score.text}."
    return Proposal(
        experiment=found.experiment,
        table=table,
        origin=origin,
        words=words,
        card=card,
        fill=fill,
        objection=_describe_obstacle(foreign, FOREIGN) if foreign else "",
    )


def register(registry: Registry, proposal: Proposal, *, forced: bool) -> Version:
    """Keep the model under a run of kind promotion, make it a version that is whole, and move the alias last."""
    say_if_slow("Writing the model and its page, and registering them.")
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
    own = proposal.run_id
    with nullcontext(own) if own else writer.open_run("promotion", {}, Kind.PROMOTION) as run_id:
        writer.tag(run_id, tags)
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
    looks, tags = 0, {str(Tags.METRIC): board.metric.name}
    if evaluation:
        looks, held = _count_looks(registry, experiment, table), evaluation.holdout
        counts = {Tags.HOLDOUT_READS: looks, Tags.HOLDOUT_ROWS: held.rows, Tags.HOLDOUT_RIGHT: held.right}
        tags |= {str(Tags.HOLDOUT_KEY): _make_key(table)} | {str(tag): str(count) for tag, count in counts.items()}
    within = f" {analysis.families.basis}" if analysis.families else ""
    origin = Origin(
        basis=f"Chosen over {len(board.seeds)} seeds by {choice.rule} of {board.metric}{within}",
        candidate=_get_candidate(task),
        scores=score_choice(analysis, looks),
        digest=analysis.sweep.digest,
        commit=read_provenance().commit,
        sweep=analysis.sweep.run_id,
        rule=str(choice.rule),
        previous=_describe_previous(champion),
        checks=analysis.warnings,
    )
    card = build_card(task.config.dataset, table, origin)
    extra = evaluation.make_files(table) if evaluation else {}
    if curve := draw_score_figure(analysis):
        extra["curve.png"] = curve

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        folders = model_files.ModelFolders(table.features.head(2), task.config.trust, table.schema)
        folders.write(fit(task, table.whole).estimator, folder, run_id, model_id)
        write_page(folder / "page", card, table.whole, _draw_pooled(analysis.sweep, choice.candidate, table), extra)

    return Proposal(
        experiment=experiment,
        table=table,
        origin=origin,
        words=" ".join([analysis.words, *analysis.warnings]),
        card=card,
        fill=fill,
        tags=tags,
        objection=_compare_with_dummy(analysis),
        run_id=challenger.writer.parent if challenger.writer else None,
    )


def _make_key(table: Table) -> str:
    """Return what stands for a holdout: its rows, and how they were drawn."""
    return f"{table.record.digest}:{table.dataset.holdout:g}:{table.dataset.holdout_seed}"


def _count_looks(registry: Registry, experiment: str, table: Table) -> int:
    """Count the attempts that looked at a table's holdout, this one included; earlier code left versions alone."""
    tags = {str(Tags.HOLDOUT_KEY): _make_key(table)}
    looks = {run.run_id for run in search_runs(registry.store, experiment, kind=Kind.PROMOTION, tags=tags)}
    versions = registry.list_versions(table.record.name)
    return len(looks | {one.run_id for one in versions if one.tags.get(Tags.HOLDOUT_KEY) == _make_key(table)})


def _draw_pooled(sweep: SweepRecord, candidate: str, table: Table) -> bytes:
    """Return the confusion matrix of a candidate's test predictions over all its seeds, as PNG."""
    mine = sweep.predictions[sweep.predictions["candidate"] == candidate]
    truth, prediction = (encode_labels(mine[column], table.classes) for column in ("truth", "prediction"))
    return ConfusionFigure(table.classes).png(count_confusion(truth, prediction, len(table.classes)))


def _get_candidate(task: Task) -> dict[str, ParamValue]:
    return {key: value for key, value in task.params.items() if key != SPLIT_SEED}


def _load_task(store: Store, run_id: str, experiment: str, digest: str, typed: Dataset) -> tuple[Task, Table]:
    """Return a recorded run's task and the table as it is now, which must be the table as it was."""
    config = load_config(store, run_id)
    config = replace(config, dataset=restore_address(config.dataset, typed))
    table = load_recorded(store, experiment, config.dataset, digest)
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
    return f"The candidate chosen has {own}, no better than always predicting the {DUMMY_LABEL} ({dummy})."
