"""The scores on a model's card: what to expect stands first, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.records.records import Holdout, RunRecord
from seedbed.selection.choice import Choice, CorrectedEstimate
from seedbed.selection.inference import wilson_interval
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.summary import HOLDOUT_FIRST


@dataclass(frozen=True)
class Score:
    """One line of the card: what is claimed, in words and as a number with its 95 % interval.

    `kind` is `corrected_estimate`, `holdout`, `mean` or `one_split`.
    """

    kind: str
    label: str
    text: str
    value: float
    low: float | None = None
    high: float | None = None


def scores_of(
    choice: Choice, estimate: CorrectedEstimate | None, leaderboard: Leaderboard, holdout: Holdout | None, reads: int
) -> list[Score]:
    """Return the scores of a sweep's choice.

    Parameters
    ----------
    reads : how many versions have been scored on this holdout, this one included.
    """
    scores = [] if estimate is None else [_expected(estimate, leaderboard.metric)]
    if holdout is not None:
        # From so many rows on its own interval is the narrower one.
        scores.insert(0 if holdout.rows >= HOLDOUT_FIRST else len(scores), _held(holdout, reads))
    return [*scores, _mean(choice, leaderboard)]


def one_split(record: RunRecord) -> Score:
    """Return the score of a single run."""
    accuracy, tested = record.metrics["accuracy"], record.metrics["n_test"]
    within = wilson_interval(accuracy * tested, tested)
    text = f"{ACCURACY.format(accuracy)} of {tested:.0f} test rows ({ACCURACY.format_range(within.low, within.high)})"
    return Score("one_split", "Accuracy on one split", text, accuracy, within.low, within.high)


def _expected(estimate: CorrectedEstimate, metric: Metric) -> Score:
    low, high = estimate.low, estimate.high
    within = "" if low is None or high is None else f" ({metric.format_range(low, high)})"
    label = f"Expected {metric.words}, corrected for the choice"
    return Score("corrected_estimate", label, metric.format(estimate.value) + within, estimate.value, low, high)


def _held(holdout: Holdout, reads: int) -> Score:
    share, within = holdout.right / holdout.rows, wilson_interval(holdout.right, holdout.rows)
    text = f"{holdout.right} of {holdout.rows} right ({ACCURACY.format_range(within.low, within.high)})"
    if reads > 1:
        text += f"; {reads} versions have been scored on these rows, so they tell less than at first"
    return Score("holdout", "On rows that no choice touched", text, share, within.low, within.high)


def _mean(choice: Choice, leaderboard: Leaderboard) -> Score:
    row, metric = choice.row, leaderboard.metric
    within = (
        "" if row.low is None or row.high is None else f" ({metric.format_range(row.low, row.high)}, before correction)"
    )
    label = f"Mean {metric.words} over {len(leaderboard.seeds)} seeds"
    return Score("mean", label, metric.format(row.score) + within, row.score, row.low, row.high)
