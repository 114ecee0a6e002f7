"""Mark the best: a sweep's chosen candidate, refitted on all rows, or one run's own model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedbed import models
from seedbed.config import Promote, Train
from seedbed.errors import NotDone
from seedbed.evaluation import confusion_of
from seedbed.figures import ConfusionFigure
from seedbed.identity import dataset_name
from seedbed.leaderboard import Leaderboard
from seedbed.record import Kind, SweepRecord, Tags, candidate_id
from seedbed.registry import Registry, open_registry
from seedbed.report.judged import judge
from seedbed.report.page import Origin, Score, card_of, description_of, write_page
from seedbed.running import Task, fit, parted, predict, prepare
from seedbed.selection import Choice, CorrectedEstimate
from seedbed.stats import wilson_interval
from seedbed.tables import Table, codes_of, read_table
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.provenance import provenance
from seedbed.tracking.reader import Found, config_of, find_run, read_run
from seedbed.tracking.writer import RunWriter, model_folder
from seedbed.wording import HOLDOUT_FIRST, Holdout, amount, sentence, span

_EXAMPLE_ROWS = 2


@dataclass(frozen=True)
class Promoted:
    """A version that was marked `best`, and why, in words."""

    name: str
    version: str
    words: str
    origin: Origin
    output: str

    def summary(self) -> str:
        """Return what was marked and how to see it, or the same as JSON."""
        if self.output == "json":
            scores = {score.label: asdict(score) for score in self.origin.scores}
            content = {"model": self.name, "version": self.version, "candidate": dict(self.origin.candidate)}
            return json.dumps({**content, "scores": scores, "words": self.words}, indent=1, ensure_ascii=False)
        option = "" if self.name == "iris" else f" dataset.name={self.name}"
        return "\n".join(
            [
                self.words,
                f"Version {self.version} of {self.name} is marked best (models:/{self.name}@best).",
                f"Next: `python -m serve{option}` opens its page.",
            ]
        )


def promote(config: Promote) -> Promoted:
    """Mark the best of a sweep, or a run's own model.

    Raises
    ------
    NotDone : no finished sweep or run, an empty one, or a table that changed since.
    """
    registry = open_registry(config.tracking.uri)
    name = dataset_name(config.dataset)
    if config.run is not None:
        return _promote_run(config, registry, find_run(registry.store, name, config.run))
    return _promote_sweep(config, registry, find_run(registry.store, name, config.sweep, Kind.SWEEP))


def _promote_sweep(config: Promote, registry: Registry, found: Found) -> Promoted:
    sweep = read_sweep(registry.store, found.experiment, found)
    judged = judge(sweep, config.selection)
    leaderboard, choice, estimate = judged.leaderboard, judged.choice, judged.estimate
    mine = sweep.runs[sweep.runs["candidate"] == choice.candidate].sort_values("seed")
    task, table = _task(registry, str(mine["run"].iloc[0]), sweep.digest)
    holdout = held_out(task, table)
    origin = Origin(
        basis=f"Chosen over {len(leaderboard.seeds)} seeds by {choice.rule} of {leaderboard.metric}",
        candidate=candidate_of(task),
        scores=scores_of(choice, estimate, leaderboard, holdout),
        digest=sweep.digest,
        commit=provenance().commit,
        sweep=sweep.run_id,
        rule=str(choice.rule),
        previous=_previous(registry, table.record.name),
    )
    rows = np.arange(len(table.labels))
    fitted = fit(task, table, rows).estimator
    example = table.features.head(_EXAMPLE_ROWS)
    card = card_of(task.config.dataset, table, origin)
    figure = pooled_figure(sweep, choice.candidate, table)

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        models.save(fitted, folder, example, run_id, model_id)
        write_page(folder / "page", card, table, rows, figure)

    words = sentence(choice, estimate, leaderboard, holdout)
    return _register(config, registry, found.experiment, table, origin, words, card, fill)


def _promote_run(config: Promote, registry: Registry, found: Found) -> Promoted:
    record = read_run(registry.store, found.run_id)
    source = model_folder(registry.store, found.run_id)
    if source is None:
        raise NotDone(f"The model of run {found.run_id[:8]} ({found.name}) is gone; train it again.")
    task, table = _task(registry, found.run_id, record.dataset.digest)
    accuracy, tested = record.metrics["accuracy"], record.metrics["n_test"]
    bounds = wilson_interval(accuracy * tested, tested)
    text = f"{amount(accuracy, 'accuracy')} of {tested:.0f} test rows ({span(bounds.low, bounds.high, 'accuracy')})"
    origin = Origin(
        basis="One split, not compared",
        candidate=candidate_of(task),
        scores=[Score("Accuracy on one split", text, accuracy, bounds.low, bounds.high)],
        digest=record.dataset.digest,
        commit=provenance().commit,
        sweep=found.parent,
        run=found.run_id,
        previous=_previous(registry, table.record.name),
    )
    card = card_of(task.config.dataset, table, origin)

    def fill(folder: Path, run_id: str, model_id: str) -> None:
        models.copy(source, folder, run_id, model_id)
        write_page(folder / "page", card, table, parted(task, table)[0], record.figure)

    words = f"{record.name} of run {found.run_id[:8]}, one split, not compared: {text}."
    return _register(config, registry, found.experiment, table, origin, words, card, fill)


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


def held_out(task: Task, table: Table) -> Holdout | None:
    """Fit on the development rows and predict the holdout; None where no rows are held out."""
    if not len(table.holdout):
        return None
    fitted = fit(task, table, table.development)
    prediction, _ = predict(task.name, fitted.estimator, table.features.iloc[table.holdout], table.classes)
    return Holdout(rows=len(table.holdout), right=int(np.sum(prediction == table.labels[table.holdout])))


def scores_of(
    choice: Choice, estimate: CorrectedEstimate | None, leaderboard: Leaderboard, holdout: Holdout | None
) -> list[Score]:
    """Return the card's scores; what to expect stands first."""
    metric = leaderboard.metric
    seeds = len(leaderboard.seeds)
    mean = Score(f"Mean {metric} over {seeds} seeds", amount(choice.row.score, metric), choice.row.score)
    scores = [mean]
    if holdout is not None:
        share, bounds = holdout.right / holdout.rows, wilson_interval(holdout.right, holdout.rows)
        text = f"{holdout.right} of {holdout.rows} right ({span(bounds.low, bounds.high, 'accuracy')})"
        scores.insert(0, Score("On rows that no choice touched", text, share, bounds.low, bounds.high))
    if estimate is not None:
        low, high = estimate.low, estimate.high
        within = "" if low is None or high is None else f" ({span(low, high, metric)})"
        text = amount(estimate.value, metric) + within
        expected = Score(f"Expected {metric}, corrected for the choice", text, estimate.value, low, high)
        scores.insert(1 if holdout and holdout.rows >= HOLDOUT_FIRST else 0, expected)
    return scores


def pooled_figure(sweep: SweepRecord, candidate: str, table: Table) -> bytes:
    """Return the confusion matrix of a candidate's test predictions over all its seeds, as PNG."""
    mine = sweep.predictions[sweep.predictions["candidate"] == candidate]
    truth, prediction = (codes_of(mine[column], table.classes) for column in ("truth", "prediction"))
    return ConfusionFigure(table.classes).png(confusion_of(truth, prediction, len(table.classes)))


def candidate_of(task: Task) -> dict[str, str]:
    """Return the params that make the task's candidate."""
    return {key: value for key, value in task.params.items() if key != "split.seed"}


def _previous(registry: Registry, name: str) -> dict[str, str] | None:
    best = registry.best(name)
    if best is None:
        return None
    return {"version": best.version, "candidate": best.tags.get(Tags.CANDIDATE, "")}


def _register(
    config: Promote,
    registry: Registry,
    experiment: str,
    table: Table,
    origin: Origin,
    words: str,
    card: dict[str, Any],
    fill: Callable[[Path, str, str], None],
) -> Promoted:
    """Keep the model under a run of kind promotion, make it a version, and move the alias last."""
    name = table.record.name
    writer = RunWriter(registry.store, experiment, provenance(), table.record, origin.sweep)
    tags = {
        str(Tags.CANDIDATE): candidate_id(origin.candidate),
        str(Tags.DIGEST): origin.digest,
        str(Tags.SWEEP): origin.sweep or "",
        str(Tags.RUN): origin.run or "",
        "seedbed.rule": origin.rule or "",
        "seedbed.commit": origin.commit,
    }
    run_id = writer.start("promotion", tags, Kind.PROMOTION)
    try:
        writer.log_input(run_id)
        model_id = writer.log_model(run_id, origin.candidate, lambda to, model: fill(to, run_id, model))
        version = registry.register(name, f"models:/{model_id}", run_id, tags, description_of(card))
        registry.mark(version)
    except BaseException as error:
        writer.fail(run_id, error)
        raise
    writer.end(run_id, "FINISHED")
    return Promoted(name, version.version, words, origin, config.output)
