"""The version marked `best` against a challenger: on the same splits of the same development rows, paired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from seedbed.config.candidate import ParamValue
from seedbed.config.schema import Estimator, Preprocess
from seedbed.data.table import Table
from seedbed.errors import BadInput
from seedbed.execution.run import Task, prepare
from seedbed.metrics.metric import Metric
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.promotion.holdout import Held
from seedbed.records.records import Holdout, RunRecord, SweepRecord
from seedbed.selection.choice import Choice
from seedbed.selection.inference import TIED, PairedDifference, paired_difference
from seedbed.selection.leaderboard import Leaderboard
from seedbed.tracking.names import Tags
from seedbed.tracking.registry import Registry, Version

_TARGET = "dataset.target"

DoRun = Callable[[Task], RunRecord]


@dataclass(frozen=True)
class Contest:
    """What the same splits say of a challenger and the incumbent.

    Attributes
    ----------
    difference : mean of the paired differences, positive where the challenger is better.
    paired : with its corrected interval; None with fewer than five seeds or without any spread.
    holdout : what the incumbent's candidate, fitted on the challenger's development rows, gets right of the holdout.
    other_data : the incumbent was chosen on another table, and so had another holdout.
    """

    incumbent: Version
    label: str
    metric: Metric
    seeds: int
    difference: float
    paired: PairedDifference | None
    holdout: Holdout | None
    other_data: bool

    @property
    def moves(self) -> bool:
        """Say whether the challenger is better; an equal one leaves the mark where it is."""
        return self.difference > TIED

    def words(self) -> str:
        """Say how the two compare."""
        than = f"version {self.incumbent.version}, marked best ({self.label})"
        splits = f"on the same {self.seeds} splits"
        held = (
            f"; of the held-out rows that one gets {self.holdout.right} of {self.holdout.rows}" if self.holdout else ""
        )
        other = "; it was chosen on another table, with another holdout" if self.other_data else ""
        if abs(self.difference) <= TIED:
            return f"Equal to {than} {splits}{held}{other}."
        size = self.metric.format_difference(abs(self.difference))
        side = "better" if self.difference > 0 else "worse"
        difference = f"{size} {side} than that of {than} {splits}{self._interval()}"
        return f"Its mean {self.metric.words} is {difference}{held}{other}."

    def _interval(self) -> str:
        if self.paired is None:
            return ""
        interval = self.paired.interval
        low, high = (self.metric.format_change(bound) for bound in (interval.low, interval.high))
        return f" (95 % interval of the difference {low} to {high})"


def contest(
    registry: Registry,
    best: Version,
    challenger: Task,
    sweep: SweepRecord,
    board: Leaderboard,
    choice: Choice,
    table: Table,
    run: DoRun,
) -> Contest | None:
    """Compare a sweep's choice with the version marked best; None where that says nothing of its candidate.

    Parameters
    ----------
    run : does a missing run of the incumbent's candidate and returns its record.

    Raises
    ------
    BadInput : the incumbent is a model of another kind of table, or its candidate cannot be fitted on these splits.
    FitFailed : what only fitting its candidate reveals.
    """
    params = registry.params_of(best)
    if params is None:
        return None
    target, mine = params.get(_TARGET), challenger.params[_TARGET]
    if target not in (None, mine):
        raise BadInput(f"it predicts {target}, and this sweep {mine}.")
    task = task_of(params, challenger, table)
    own = dict(zip(choice.row.seeds, choice.row.scores, strict=True))
    known = _known(sweep, task.candidate, board.metric.name)
    seeds = sorted(own)
    theirs = [
        known[seed] if seed in known else run(_on(task, seed, table)).metrics[board.metric.name] for seed in seeds
    ]
    differences = board.metric.sign * (np.array([own[seed] for seed in seeds]) - np.array(theirs))
    ratio = choice.row.test_train_ratio
    return Contest(
        incumbent=best,
        label=f"k = {task.config.estimator.n_neighbors}",
        metric=board.metric,
        seeds=len(seeds),
        difference=float(np.mean(differences)),
        paired=paired_difference(differences, ratio) if len(seeds) >= 5 else None,
        holdout=held.holdout if (held := Held.by(task, table)) else None,
        other_data=best.tags.get(Tags.DIGEST, "") != sweep.digest,
    )


def task_of(params: Mapping[str, ParamValue], challenger: Task, table: Table) -> Task:
    """Return the incumbent's candidate on the challenger's table and split."""
    config = replace(
        challenger.config,
        preprocess=_group(Preprocess, "preprocess", params),
        estimator=_group(Estimator, "estimator", params),
    )
    return prepare(config, table)


def _group(schema: type[Any], group: str, params: Mapping[str, ParamValue]) -> Any:
    keys = {item.name: f"{group}.{item.name}" for item in fields(schema)}
    return schema(**{name: params[key] for name, key in keys.items() if key in params})


def _known(sweep: SweepRecord, candidate: str, metric: str) -> dict[int, float]:
    own = sweep.runs[sweep.runs["candidate"] == candidate]
    return dict(zip(own["seed"].astype(int), own[METRIC_COLUMN + metric].astype(float), strict=True))


def _on(task: Task, seed: int, table: Table) -> Task:
    return prepare(replace(task.config, split=replace(task.config.split, seed=seed)), table)
