"""All that a comparison has to say, before it is written anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from seedbed.config.schema import Selection
from seedbed.data.splits.folds import Unequal, unequal_of
from seedbed.records.records import SweepRecord
from seedbed.selection.axes import Axis
from seedbed.selection.choice import Choice, CorrectedEstimate, NobodyCompetes
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.ranking import judged_by, ranked
from seedbed.selection.score_lines import LearningCurves, is_learning, make_learning_curves
from seedbed.selection.summary import Holdout, sentence
from seedbed.selection.wider_grid import wider_command

HoldoutOf = Callable[[str], Holdout | None]  # candidate to how many held-out rows it got right, once it was promoted


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """A sweep, judged, in numbers and words.

    Attributes
    ----------
    choice : None where the number of training rows is what varies; `learning` then says what more rows brought.
    estimate : None for a metric that is no function of the test rows, and without a choice.
    wider : a command with a wider grid, where the choice is at an end of this one.
    """

    dataset: str
    sweep: SweepRecord
    leaderboard: Leaderboard
    choice: Choice | None
    estimate: CorrectedEstimate | None
    holdout: Holdout | None
    learning: LearningCurves | None
    words: str
    wider: str | None

    @property
    def rule(self) -> str:
        """The rule of the choice, empty without one."""
        return str(self.choice.rule) if self.choice else ""

    @property
    def unequal(self) -> Unequal | None:
        """Where the sweep's seeds stop short of whole partitions into folds; None where they do not."""
        folds = self.sweep.folds
        return None if folds is None else unequal_of(self.sweep.seeds, folds)

    @property
    def stepped(self) -> Axis | None:
        """The one whole-number parameter that was swept, None where it is another kind of sweep."""
        axes = self.leaderboard.axes
        whole = len(axes) == 1 and all(type(value) is int for value in axes[0].values)
        return axes[0] if whole else None

    def share(self, candidate: str) -> float | None:
        """Return how often a candidate was chosen over the resamples."""
        return self.estimate.shares.get(candidate) if self.estimate else None

    def frame(self) -> pd.DataFrame:
        """Return leaderboard.csv as a table: names and numbers exact, whole ones without a decimal point."""
        chosen = self.choice.candidate if self.choice else None
        table = self.leaderboard.frame(rule=self.rule, chosen=chosen)
        if self.estimate and "candidate" in table:
            table["chosen_share"] = table["candidate"].map(dict(self.estimate.shares))
        # A column of whole numbers became one of doubles where a cell of it is empty.
        whole = [name for name in ("rank", *(axis.key for axis in self.leaderboard.axes)) if name in table]
        return table.astype({name: "Int64" for name in whole if _all_whole(table[name])})


def verdict_of(dataset: str, sweep: SweepRecord, selection: Selection, holdout_of: HoldoutOf) -> Verdict:
    """Judge a sweep.

    Raises
    ------
    UnknownName : a metric that the runs do not have.
    BadInput : the rule goes by a standard error that this sweep does not give.
    NotDone : no candidate is complete, or predictions are missing.
    """
    leaderboard = ranked(sweep, selection.metric)
    if not leaderboard.rows:
        raise NobodyCompetes(leaderboard.metric.name, len(leaderboard.incomplete))
    if is_learning(leaderboard):
        learning = make_learning_curves(leaderboard)
        choice, estimate, holdout = None, None, None
        words, wider = _learned(learning, leaderboard), None
    else:
        judged = judged_by(sweep, leaderboard, selection.rule)
        choice, estimate, learning = judged.choice, judged.estimate, None
        holdout = holdout_of(choice.candidate)
        words, wider = sentence(choice, estimate, leaderboard, holdout), wider_command(sweep, choice)
    return Verdict(
        dataset=dataset,
        sweep=sweep,
        leaderboard=leaderboard,
        choice=choice,
        estimate=estimate,
        holdout=holdout,
        learning=learning,
        words=words,
        wider=wider,
    )


def _learned(learning: LearningCurves, leaderboard: Leaderboard) -> str:
    """Say what more training rows brought; nothing is chosen among numbers of rows."""
    steps, metric = learning.steps, learning.metric
    seeds = len(leaderboard.seeds)
    splits = f"{seeds} splits" if seeds > 1 else "one split"
    average = f"{metric.average_name} {metric.words} over {splits}"
    whose = f"with {learning.lines[0].name}, the " if learning.lines[0].name else "the "
    (first, start), (last, end) = steps[0], steps[-1]
    if len(steps) < 2:
        return f"{whose}{average} is {metric.format(end)} with {last} training rows.".capitalize()
    before = steps[-2][0]
    step = end - steps[-2][1]
    small = metric.format_difference(abs(step)) == metric.format_difference(0.0)
    gained = "stayed" if small else "rose" if step > 0 else "fell"
    by = "" if small else f" by {metric.format_difference(abs(step))}"
    words = (
        f"{whose}{average} goes from {metric.format(start)} with {first} training rows to {metric.format(end)} with "
        f"{last}; over the last step, from {before} to {last}, it {gained}{by}; nothing is chosen, since only the "
        "number of training rows is compared."
    )
    return words[0].upper() + words[1:]


def _all_whole(column: pd.Series) -> bool:
    numbers = pd.to_numeric(column, errors="coerce")
    same = numbers.notna() == column.notna()
    return bool(same.all() and (numbers.dropna() % 1 == 0).all() and numbers.notna().any())
