"""Scores along a number: of candidates by one parameter, or of one candidate by its training rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric
from seedbed.selection.axes import format_label, get_family
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import CandidateScore

TEST_SIZE = "split.test_size"
MOST_LINES = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreLine:
    """Scores by rising numbers.

    Attributes
    ----------
    name : what sets the line apart from others, empty if it is the only one.
    x : array of shape (n_values,), rising.
    mean, low, high, train : arrays of shape (n_values,); NaN if there is none.
    seeds : array of shape (n_seeds, n_values).
    """

    name: str
    x: Floats
    mean: Floats
    low: Floats
    high: Floats
    train: Floats
    seeds: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class LearningCurves:
    """The candidates of a sweep over `split.test_size` by their training rows, the best at its right end first.

    `more` candidates are left out.
    """

    metric: Metric
    lines: tuple[ScoreLine, ...]
    more: int

    @property
    def steps(self) -> list[tuple[int, float]]:
        """Training rows and mean of the first line, by rising rows."""
        first = self.lines[0]
        return [(int(rows), float(mean)) for rows, mean in zip(first.x, first.mean, strict=True)]


def make_line(rows: Sequence[CandidateScore], x: npt.ArrayLike, name: str = "") -> ScoreLine:
    """Return the scores of candidates at the numbers of each."""
    order = np.argsort(np.asarray(x, dtype=float), kind="stable")
    rows = [rows[at] for at in order]
    # A missing number, None, becomes NaN.
    mean, low, high, train = (
        np.array([getattr(row, key) for row in rows], dtype=float) for key in ("score", "low", "high", "train_accuracy")
    )
    return ScoreLine(
        name=name,
        x=np.asarray(x, dtype=float)[order],
        mean=mean,
        low=low,
        high=high,
        train=train,
        seeds=np.array([row.scores for row in rows]).T,
    )


def is_learning(leaderboard: Leaderboard) -> bool:
    """Say whether the number of training rows is what varies, so that nothing is to be chosen."""
    return any(axis.key == TEST_SIZE for axis in leaderboard.axes)


def make_learning_curves(leaderboard: Leaderboard) -> LearningCurves:
    """Return the learning curves of a sweep over `split.test_size`."""
    groups: dict[str, list[CandidateScore]] = defaultdict(list)
    for name in leaderboard.order.candidates:
        row = leaderboard.row(name)
        others = [axis for axis in leaderboard.families[get_family(row.values)] if axis.key != TEST_SIZE]
        groups[format_label(row.values, others) if others else ""].append(row)
    # A candidate's n_test/n_train says how many rows it was trained on.
    lines = [
        make_line(rows, [round(leaderboard.development_rows / (1 + row.test_train_ratio)) for row in rows], name)
        for name, rows in groups.items()
    ]
    lines.sort(key=lambda line: -leaderboard.metric.sign * float(line.mean[-1]))
    return LearningCurves(
        metric=leaderboard.metric, lines=tuple(lines[:MOST_LINES]), more=max(0, len(lines) - MOST_LINES)
    )
