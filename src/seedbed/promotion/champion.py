"""The champion against a challenger: on the same splits of the same development rows, paired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from seedbed.config.candidate import SPLIT_SEED, ParamValue
from seedbed.config.schema import Estimator, Preprocess
from seedbed.data.table import Table
from seedbed.errors import BadInput
from seedbed.execution.run import Task, prepare
from seedbed.metrics.metric import Metric
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.promotion.holdout import HoldoutEvaluation, evaluate_holdout
from seedbed.records.records import Holdout, RunRecord
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.axes import Axis, format_label
from seedbed.selection.inference import TIED, PairedDifference, paired_difference
from seedbed.selection.scores import LEAST_SEEDS
from seedbed.tracking.names import Tags
from seedbed.tracking.registry import Registry, Version

_TARGET = "dataset.target"

DoRuns = Callable[[Sequence[Task]], list[RunRecord]]


@dataclass(frozen=True)
class Challenger:
    """A sweep's chosen candidate: its analysis, its task on the table as it is now, and what it gets of the holdout."""

    analysis: SweepAnalysis
    task: Task
    table: Table
    evaluation: HoldoutEvaluation | None


@dataclass(frozen=True)
class ChampionComparison:
    """What the same splits say of challenger and champion.

    Attributes
    ----------
    difference : mean of the paired differences, positive if the challenger is better.
    paired : with its corrected interval; None with fewer than five seeds or without any spread.
    holdout : what the champion's candidate, fitted on the challenger's development rows, gets right of the holdout.
    other_data : the champion was chosen on another table, and so had another holdout.
    """

    champion: Version
    label: str
    metric: Metric
    seeds: int
    difference: float
    paired: PairedDifference | None
    holdout: Holdout | None
    other_data: bool

    @property
    def challenger_wins(self) -> bool:
        """Whether the challenger is better; an equal one leaves the alias where it is."""
        return self.difference > TIED

    def describe(self) -> str:
        """Say how the two compare."""
        champion = f"version {self.champion.version}, the champion ({self.label})"
        splits = f"on the same {self.seeds} splits"
        rest = (
            f"; of the held-out rows that one gets {self.holdout.right} of {self.holdout.rows}" if self.holdout else ""
        )
        rest += "; it was chosen on another table, with another holdout" if self.other_data else ""
        if abs(self.difference) <= TIED:
            return f"Equal to {champion} {splits}{rest}."
        size = self.metric.format_difference(abs(self.difference))
        side = "better" if self.difference > 0 else "worse"
        return f"Its mean {self.metric.words} is {size} {side} than that of {champion} {splits}{self._interval}{rest}."

    @property
    def _interval(self) -> str:
        if self.paired is None:
            return ""
        interval = self.paired.interval
        low, high = (self.metric.format_change(bound) for bound in (interval.low, interval.high))
        return f" (95 % interval of the difference {low} to {high})"


def compare_with_champion(
    registry: Registry, champion: Version, challenger: Challenger, do_runs: DoRuns
) -> ChampionComparison | None:
    """Compare a sweep's choice with the champion; None if nothing says which candidate that is.

    Parameters
    ----------
    do_runs : does the missing runs of the champion's candidate and returns their records.

    Raises
    ------
    BadInput : the champion is a model of another kind of table, or its candidate cannot be fitted on these splits.
    FitFailed : what only fitting its candidate reveals.
    """
    params = registry.read_params(champion)
    if params is None:
        return None
    table, analysis = challenger.table, challenger.analysis
    target, mine = params.get(_TARGET), challenger.task.params[_TARGET]
    if target not in (None, mine):
        raise BadInput(f"it predicts {target}, and this sweep {mine}.")
    task = _build_task(params, challenger.task, table)
    board, choice = analysis.leaderboard, analysis.choice
    assert choice is not None
    runs = analysis.sweep.runs[analysis.sweep.runs["candidate"] == task.candidate]
    theirs = dict(zip(runs["seed"], runs[METRIC_COLUMN + board.metric.name], strict=True))
    own = dict(zip(choice.row.seeds, choice.row.scores, strict=True))
    missing = [seed for seed in own if seed not in theirs]
    configs = (replace(task.config, split=replace(task.config.split, seed=seed)) for seed in missing)
    records = do_runs([prepare(config, table) for config in configs])
    theirs |= {seed: record.metrics[board.metric.name] for seed, record in zip(missing, records, strict=True)}
    differences = board.metric.sign * np.array([own[seed] - theirs[seed] for seed in sorted(own)])
    evaluation = evaluate_holdout(task, table)
    return ChampionComparison(
        champion=champion,
        label=_describe_task(task, challenger.task),
        metric=board.metric,
        seeds=len(own),
        difference=float(np.mean(differences)),
        paired=paired_difference(differences, choice.row.test_train_ratio) if len(own) >= LEAST_SEEDS else None,
        holdout=evaluation.holdout if evaluation else None,
        other_data=champion.tags.get(Tags.DIGEST, "") != analysis.sweep.digest,
    )


def _describe_task(task: Task, other: Task) -> str:
    """Return a task's candidate by the params in which it differs from another one."""
    axes = [Axis(key, ()) for key, value in task.params.items() if value != other.params.get(key) and key != SPLIT_SEED]
    return format_label(task.params, axes) if axes else "the same candidate"


def _build_task(params: Mapping[str, ParamValue], challenger: Task, table: Table) -> Task:
    """Return the champion's candidate on the challenger's table and split."""
    preprocess, estimator = _read_group(Preprocess, params), _read_group(Estimator, params)
    return prepare(replace(challenger.config, preprocess=preprocess, estimator=estimator), table)


def _read_group(schema: type[Any], params: Mapping[str, ParamValue]) -> Any:
    keys = {item.name: f"{schema.__name__.lower()}.{item.name}" for item in fields(schema)}
    return schema(**{name: params[key] for name, key in keys.items() if key in params})
