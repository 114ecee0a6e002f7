"""A sweep, judged: its leaderboard, the choice, and what to expect of it; what compare shows and promote goes by."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from seedbed.config.schema import Selection
from seedbed.records.records import SweepRecord
from seedbed.selection.choice import Choice, CorrectedEstimate, choose, corrected_estimate
from seedbed.selection.leaderboard import Leaderboard, dummy_runs, leaderboard_of


@dataclass(frozen=True)
class Judged:
    """What a rule makes of a sweep; `estimate` is None for a metric that is no function of test rows."""

    leaderboard: Leaderboard
    choice: Choice
    estimate: CorrectedEstimate | None


def judge(sweep: SweepRecord, selection: Selection) -> Judged:
    """Rank a sweep's candidates, choose one, and say what to expect of it.

    Raises
    ------
    UnknownName : a metric that the runs do not have.
    BadInput : the rule goes by a standard error that this sweep does not give.
    NotDone : no candidate is complete, or predictions are missing.
    """
    return judged_by(sweep, ranked(sweep, selection.metric), selection.rule)


def judged_by(sweep: SweepRecord, leaderboard: Leaderboard, rule: str) -> Judged:
    """Choose among ranked candidates by a rule, and say what to expect of the choice; raises as `judge`."""
    choice = choose(leaderboard, rule)
    return Judged(leaderboard, choice, corrected_estimate(sweep.predictions, leaderboard, rule))


def ranked(sweep: SweepRecord, metric: str) -> Leaderboard:
    """Return the candidates of a sweep, ranked, the dummy classifier beside them.

    Raises
    ------
    UnknownName : a metric that the runs do not have.
    """
    dummies = dummy_runs(sweep.predictions, sweep.runs)
    # Concatenated first, so that the dummy's scores stand in the same table as those that it is compared with.
    runs = pd.concat([sweep.runs, dummies], ignore_index=True) if len(dummies) else sweep.runs
    return leaderboard_of(
        runs,
        metric,
        planned_seeds=sweep.seeds,
        axes=sweep.axes,
        predictions=sweep.predictions,
    )
