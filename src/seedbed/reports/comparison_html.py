"""A comparison as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seedbed.metrics.metric import ACCURACY
from seedbed.reports.figures.plot import find_limits
from seedbed.reports.html import MOST_LINES, Bar, Grid, Line, Tile, render_page
from seedbed.reports.leaderboard_text import NUMBERS, format_rows, list_incomplete, list_remarks, name_columns
from seedbed.reports.pictures import Picture
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.inference import wilson_interval
from seedbed.selection.scores import LEAST_SEEDS, CandidateScore
from seedbed.selection.summary import HOLDOUT_FIRST


def render_comparison(analysis: SweepAnalysis, pictures: Sequence[Picture], origin: Mapping[str, str]) -> str:
    """Return the report.

    Parameters
    ----------
    origin : where the numbers come from, by name; the report's last section.
    """
    board, sweep = analysis.leaderboard, analysis.sweep
    leaderboard, baseline = _make_leaderboard(analysis)
    return render_page(
        "comparison.html",
        kind="Learning curve" if analysis.learning else "Comparison",
        title=f"{analysis.dataset}: {len(board.rows)} candidates by {board.metric.words}",
        subject=f"Sweep {sweep.run_id[:8]}, {sweep.name}",
        lead=analysis.words,
        wider=analysis.wider,
        tiles=make_tiles(analysis),
        pictures=pictures,
        leaderboard=leaderboard,
        baseline=baseline,
        remarks=list_remarks(analysis),
        incomplete=list_incomplete(board, most=100),
        chosen=analysis.choice is not None,
        origin=origin,
    )


def make_tiles(analysis: SweepAnalysis) -> list[Tile]:
    """Return what to expect, what was chosen, the holdout, and how many are significantly worse."""
    if analysis.learning is not None:
        steps, metric = analysis.learning.steps, analysis.leaderboard.metric
        return [Tile(f"{rows} training rows", metric.format(score), "mean") for rows, score in steps[-4:]]
    found = _make_expectation_tiles(analysis)
    first = [replace(tile, first=True) for tile in found[:1]]
    return [*first, *_make_choice_tiles(analysis), *found[1:], *_make_worse_tiles(analysis)]


def _make_expectation_tiles(analysis: SweepAnalysis) -> list[Tile]:
    """Return the corrected estimate and the holdout, the one that tells more first."""
    estimate, holdout, metric = analysis.estimate, analysis.holdout, analysis.leaderboard.metric
    tiles = []
    if estimate is not None:
        interval = ""
        if estimate.low is not None and estimate.high is not None:
            interval = f"95 % interval {metric.format_range(estimate.low, estimate.high)}"
        name = f"{metric.words} to expect, corrected".capitalize()
        tiles.append(Tile(name, metric.format(estimate.value), interval))
    if holdout is not None:
        bounds = wilson_interval(holdout.right, holdout.rows)
        value = f"{holdout.right} of {holdout.rows}"
        tile = Tile("Right on the holdout", value, ACCURACY.format_range(bounds.low, bounds.high))
        tiles.insert(0 if holdout.rows >= HOLDOUT_FIRST else len(tiles), tile)
    return tiles


def _make_choice_tiles(analysis: SweepAnalysis) -> list[Tile]:
    if analysis.choice is None:
        return []
    row, metric = analysis.choice.row, analysis.leaderboard.metric
    average = f"{metric.average_name} {metric.format(row.score)}"
    return [Tile("Chosen", row.label, f"{average}, {analysis.choice.rule.replace('_', ' ')}")]


def _make_worse_tiles(analysis: SweepAnalysis) -> list[Tile]:
    board = analysis.leaderboard
    if len(board.seeds) < LEAST_SEEDS or not board.metric.testable or len(board.rows) < 2:
        return []
    worse = f"{len(board.significantly_worse())} of {len(board.rows) - 1}"
    return [Tile("Significantly worse", worse, "others, paired and adjusted")]


def _make_leaderboard(analysis: SweepAnalysis) -> tuple[Grid, Sequence[Line]]:
    """Return the candidates' lines, and the dummy's, which is shown below them."""
    board = analysis.leaderboard
    rows, headings = format_rows(analysis, MOST_LINES), name_columns(board)
    names = [name for name in headings if any(row.texts[name] for row in rows)]
    names.insert(names.index("score") + 1, "bar")
    columns = [(headings.get(name, ""), "number" if name in NUMBERS else name) for name in names]
    scores = {row.candidate: row for row in [*board.rows, *([board.dummy] if board.dummy else [])]}
    scale = find_limits([bound for row in board.rows for bound in _find_bounds(row)])
    lines: list[Line] = [
        (row.style, [_make_bar(scores[row.candidate], scale) if name == "bar" else row.texts[name] for name in names])
        for row in rows
    ]
    own = len(lines) - (board.dummy is not None)
    more = max(0, len(board.rows) - MOST_LINES)
    return Grid(columns, lines[:own], more, ", see leaderboard.csv"), lines[own:]


def _make_bar(row: CandidateScore, scale: tuple[float, float]) -> Bar | None:
    """Return the mean and its interval, else least and greatest score, as a bar; None if it is off the scale."""
    if not scale[0] <= row.score <= scale[1]:
        return None
    numbers = (*_find_bounds(row), row.score)
    start, end, value = (
        100 * (min(max(own, scale[0]), scale[1]) - scale[0]) / (scale[1] - scale[0]) for own in numbers
    )
    return Bar(start, end, value)


def _find_bounds(row: CandidateScore) -> tuple[float, float]:
    """Return the interval of a mean, or for want of one its least and greatest score."""
    if row.low is None or row.high is None:
        return row.minimum, row.maximum
    return row.low, row.high
