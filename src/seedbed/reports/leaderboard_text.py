"""A leaderboard's rows as one reads them; the same in the terminal, the report and MLflow's note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seedbed.config.candidate import format_param
from seedbed.config.naming import format_command
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.metrics.predictions import arrange_predictions
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.axes import Axis
from seedbed.selection.families import FamilyComparison
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import Basis, CandidateScore, Difference

MARK = "*"  # at the interval of the chosen one, which is not corrected for the choice
NARROW, FEW = "†", " ‡"  # at intervals of families: too narrow; of the draws alone
NUMBERS = {"rank", "score", "train", "difference", "p", "share"}  # the columns that stand at the right
# Of the table of families, each with its CSS class.
FAMILY_COLUMNS = {
    **{"family": "label", "its choice": "label", "candidates": "number", "corrected": "number", "95 % interval": ""},
    **{"to best": "number", "interval of that": "", "best in": "number", "to fit": "number", "a row": "number"},
}
_NOTHING = 1e-9
_UNITS = {"s": 1.0, "ms": 1e-3}
_NO_INTERVAL = (Basis.TOO_FEW, Basis.TIMES, Basis.NOT_OF_ROWS, Basis.NO_RATIO)
_MOST_AXES = 3  # of several families; more leave no room for what else there is to say


@dataclass(frozen=True)
class TextRow:
    """A candidate's row in words, some empty, by column; `style` is "chosen", "dummy", or empty for all others."""

    candidate: str
    style: str
    texts: Mapping[str, str]


def format_rows(analysis: SweepAnalysis, most: int | None = None) -> list[TextRow]:
    """Return the leaderboard's rows in its order, up to `most` of them and the chosen one, and the baselines last."""
    board = analysis.leaderboard
    chosen = analysis.choice.candidate if analysis.choice else None
    rows = [
        _format_row(analysis, row, str(rank), "chosen" if row.candidate == chosen else "")
        for rank, row in enumerate(board.rows, start=1)
        if most is None or rank <= most or row.candidate == chosen
    ]
    return [*rows, *(_format_row(analysis, one, "", "dummy") for one in board.baselines)]


def name_columns(leaderboard: Leaderboard) -> dict[str, str]:
    """Return the heading of each column; each axis has one of its own, unless most cells of many would be empty."""
    axes = leaderboard.axes if len(leaderboard.families) == 1 or len(leaderboard.axes) <= _MOST_AXES else ()
    differences = [row.difference for row in leaderboard.rows if row.difference is not None]
    interval, difference_interval = (
        "95 % interval" if any(one.low is not None for one in some) else "interval"
        for some in (leaderboard.rows, differences)
    )
    return {
        "rank": "#",
        **({axis.key: axis.name for axis in axes} or {"label": "candidate"}),
        "score": leaderboard.metric.average_name,
        "interval": interval,
        "range": "min to max",
        "train": "training",
        "difference": "to leader",
        "difference_interval": difference_interval,
        "p": "p (Holm)",
        "share": "chosen in",
    }


def list_remarks(analysis: SweepAnalysis) -> list[str]:
    """Return what the columns do not say: why there is no interval, what the mark means, which seeds are left out."""
    board, choice, unequal = analysis.leaderboard, analysis.choice, analysis.unequal
    predictions = analysis.sweep.predictions
    bases = list(dict.fromkeys(row.basis for row in board.rows))
    lines = [f"{MARK} before correction for the choice."] if choice and choice.row.low is not None else []
    lines += [f"{basis[:1].upper()}{basis[1:]}." for basis in bases if basis in _NO_INTERVAL]
    lines += ["Intervals are of one split (Wilson), none over seeds."] * (Basis.ONE_SPLIT in bases)
    if board.undefined_seeds:
        seeds = ", ".join(map(str, board.undefined_seeds))
        lines.append(f"{board.metric} is undefined for every candidate on seed {seeds}, which is left out.")
    if choice is not None and predictions.empty:
        lines.append("Without test predictions no score is corrected for the choice.")
    elif choice is not None and board.metric.name == "log_loss":
        tests = arrange_predictions(predictions, [choice.candidate], board.seeds)
        if certain := int((tests.pooled.truth_probability <= 0).sum()):
            lines.append(f"{certain} of its tests gave the truth probability 0, and these few decide {board.metric}.")
    if unequal is not None:
        words = ([f"resume={one[:8]}", unequal.override] for one in analysis.sweep.sweeps)
        resume = "; ".join(format_command("train -m", *own, uri=analysis.sweep.uri) for own in words)
        lines.append(f"{unequal.words}; to test each equally often: {resume}")
    return lines


def format_families(families: FamilyComparison, metric: Metric) -> list[dict[str, str]]:
    """Return the families in words by the headings of `FAMILY_COLUMNS`, the best first."""
    rows = []
    for one in families.families:
        apart = one.difference
        behind = _format_difference(apart, metric)["difference_interval"] if apart else ""
        texts = (
            *(one.name, one.winner.label, str(one.candidates), metric.format(one.score)),
            metric.format_range(one.low, one.high) + f" {NARROW}" * one.too_narrow,
            metric.format_change(apart.mean) if apart else "best",
            behind + FEW * bool(apart and apart.basis != Basis.SPLITS),
            format_share(one.share),
            *(format_time(one.times.get(name)) for name in ("fit_seconds", "predict_seconds")),
        )
        rows.append(dict(zip(FAMILY_COLUMNS, texts, strict=True)))
    return rows


def format_time(seconds: float | None) -> str:
    """Return a time in the unit that it needs, empty if it is not known."""
    if seconds is None:
        return ""
    unit, size = next(((name, size) for name, size in _UNITS.items() if seconds >= size), ("µs", 1e-6))
    return f"{seconds / size:.3g} {unit}"


def list_incomplete(leaderboard: Leaderboard, most: int = 10) -> list[str]:
    """Return a line for each candidate that does not compete."""
    lines = [f"{one.label}: {one.reason}" for one in leaderboard.incomplete[:most]]
    more = len(leaderboard.incomplete) - most
    return lines + ([f"and {more} more, see leaderboard.csv"] if more > 0 else [])


def _format_row(analysis: SweepAnalysis, row: CandidateScore, rank: str, style: str) -> TextRow:
    board, metric, share = analysis.leaderboard, analysis.leaderboard.metric, analysis.share(row.candidate)
    low = 0.0 if 0 < row.minimum < _NOTHING else row.minimum  # a log loss of 2.2e-16 is what is left of 0
    texts = {
        "rank": rank,
        "label": row.label,
        **_format_values(row, board.axes, style),
        "score": metric.format(row.score),
        "interval": metric.format_range(row.low, row.high) + f" {MARK}" * (style == "chosen" and row.low is not None),
        "range": metric.format(low) if low == row.maximum else metric.format_range(low, row.maximum),
        "train": "" if row.train_accuracy is None else ACCURACY.format(row.train_accuracy),
        "share": "" if share is None or style == "dummy" else format_share(share),
        **dict.fromkeys(("difference", "difference_interval", "p"), ""),
    }
    # Other numbers of training rows are tested on other rows: such differences are not paired.
    if row is board.leader and not analysis.learning:
        texts["difference"] = "leader"
    elif row.difference is not None and not analysis.learning:
        texts |= _format_difference(row.difference, metric)
    return TextRow(row.candidate, style, texts)


def _format_values(row: CandidateScore, axes: Sequence[Axis], style: str) -> dict[str, str]:
    """Return the row's value on each axis that it has; the dummy's name stands in the first one's column."""
    texts = {key: format_param(value, key) for key, value in row.values.items()}
    named = {axes[0].key: row.label} if axes and style == "dummy" else {}
    return {**dict.fromkeys((axis.key for axis in axes), ""), **texts, **named}


def _format_difference(difference: Difference, metric: Metric) -> dict[str, str]:
    p, equal = difference.holm, difference.basis in (Basis.IDENTICAL, Basis.CONSTANT)
    return {
        "difference": metric.format_change(difference.mean),
        "difference_interval": metric.format_changes(difference.low, difference.high) or difference.basis.value * equal,
        "p": "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}",
    }


def format_share(share: float) -> str:
    """Return how often a candidate is chosen: "37 %", never "0 %" unless it is never."""
    return "0 %" if share == 0 else "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"
