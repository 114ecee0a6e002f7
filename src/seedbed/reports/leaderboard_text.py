"""The numbers of a leaderboard's row as one reads them; the same in the terminal, the report and MLflow's note."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import Basis, CandidateScore

MARK = "*"  # at the interval of the chosen one, which is not corrected for the choice
_LEADER = "leader"
_NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Cells:
    """One row in words; `rank` is empty for the dummy."""

    candidate: str
    rank: str
    label: str
    score: str
    interval: str
    extent: str
    trained: str
    difference: str
    around: str
    p: str
    share: str
    chosen: bool


def cells_of(verdict: SweepAnalysis, most: int | None = None) -> list[Cells]:
    """Return the rows in the order of the leaderboard, up to `most` of them, and the dummy at the end."""
    board = verdict.leaderboard
    chosen = verdict.choice.candidate if verdict.choice else None
    shown = list(enumerate(board.rows[:most], start=1))
    if verdict.choice and verdict.choice.row not in [row for _, row in shown]:
        shown.append((board.rows.index(board.row(verdict.choice.candidate)) + 1, verdict.choice.row))
    cells = [
        _cells(row, board, str(rank), row.candidate == chosen, verdict.share(row.candidate)) for rank, row in shown
    ]
    cells += [_cells(board.dummy, board, "", False, None)] if board.dummy else []
    # Other numbers of training rows are tested on other rows: such differences are not paired.
    return [replace(one, difference="", around="", p="") for one in cells] if verdict.learning else cells


def headings(leaderboard: Leaderboard) -> dict[str, str]:
    """Return what stands above each column, by the name of the cell."""
    known = [row.difference for row in leaderboard.rows if row.difference is not None]
    interval, around = (
        "95 % interval" if any(one.low is not None for one in some) else "interval"
        for some in (leaderboard.rows, known)
    )
    return {
        "rank": "#",
        "label": "candidate",
        "score": leaderboard.metric.average_name,
        "interval": interval,
        "extent": "min to max",
        "trained": "training",
        "difference": "to leader",
        "around": around,
        "p": "p (Holm)",
        "share": "chosen in",
    }


def remarks(verdict: SweepAnalysis) -> list[str]:
    """Return what is to be said of the columns: why there is no interval, what the mark means, which seeds are out.

    And which seeds are missing, where folds stop short of whole partitions.
    """
    board = verdict.leaderboard
    bases = list(dict.fromkeys(row.basis for row in board.rows))
    why = [f"{basis}." for basis in bases if basis in (Basis.TOO_FEW, Basis.TIMES)]
    why += ["Intervals are of one split (Wilson), none over seeds."] * (Basis.ONE_SPLIT in bases)
    marked = (
        [f"{MARK} before correction for the choice."] if verdict.choice and verdict.choice.row.low is not None else []
    )
    named = ", ".join(map(str, board.undefined_seeds))
    undefined = (
        [f"{board.metric} is undefined on seed {named} for every candidate, which is left out."] if named else []
    )
    return [line[0].upper() + line[1:] for line in (*marked, *why, *undefined, *_unequal(verdict))]


def _unequal(verdict: SweepAnalysis) -> list[str]:
    unequal = verdict.unequal
    if unequal is None:
        return []
    resume = f"python experiments/train.py -m resume={verdict.sweep.run_id[:8]} {shlex.quote(unequal.override)}"
    return [f"{unequal.words}; to test each equally often: {resume}"]


def incomplete_in_words(leaderboard: Leaderboard, most: int = 10) -> list[str]:
    """Return a line for each candidate that does not compete."""
    lines = [f"{one.label}: {one.reason}" for one in leaderboard.incomplete[:most]]
    more = len(leaderboard.incomplete) - most
    return lines + ([f"and {more} more, see leaderboard.csv"] if more > 0 else [])


def _cells(row: CandidateScore, board: Leaderboard, rank: str, chosen: bool, share: float | None) -> Cells:
    metric, difference = board.metric, row.difference
    return Cells(
        candidate=row.candidate,
        rank=rank,
        label=row.label,
        score=metric.format(row.score),
        interval=_interval(row, metric) + (f" {MARK}" if chosen and row.low is not None else ""),
        extent=_span(row.minimum, row.maximum, metric),
        trained="" if row.train_accuracy is None else ACCURACY.format(row.train_accuracy),
        difference=_LEADER if row is board.leader else metric.format_change(difference.mean) if difference else "",
        around=_around(row, metric),
        p=_p(difference.holm) if difference else "",
        share="" if share is None else "0 %" if share == 0 else "< 1 %" if share < 0.01 else f"{100 * share:.0f} %",
        chosen=chosen,
    )


def _interval(row: CandidateScore, metric: Metric) -> str:
    return "" if row.low is None or row.high is None else metric.format_range(row.low, row.high)


def _span(low: float, high: float, metric: Metric) -> str:
    low = 0.0 if 0 < low < _NOTHING else low  # a log loss of 2.2e-16 is what is left of 0
    return metric.format(low) if low == high else metric.format_range(low, high)


def _around(row: CandidateScore, metric: Metric) -> str:
    difference = row.difference
    if difference is None:
        return ""
    if difference.low is None or difference.high is None:
        return str(difference.basis) if difference.basis in (Basis.IDENTICAL, Basis.CONSTANT) else ""
    return f"{metric.format_change(difference.low)} to {metric.format_change(difference.high)}"


def _p(p: float | None) -> str:
    return "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
