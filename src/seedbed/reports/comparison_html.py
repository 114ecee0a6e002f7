"""A comparison as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seedbed.metrics.metric import ACCURACY
from seedbed.reports.figures.plot import find_limits
from seedbed.reports.html import MOST_LINES, Bar, Grid, Line, Tile, render_page
from seedbed.reports.leaderboard_text import Cells, cells_of, headings, incomplete_in_words, remarks
from seedbed.reports.pictures import Picture
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.inference import wilson_interval
from seedbed.selection.scores import LEAST_SEEDS, CandidateScore
from seedbed.selection.summary import HOLDOUT_FIRST

_NUMBERS = {"rank", "score", "trained", "difference", "p", "share"}


def html_of(verdict: SweepAnalysis, pictures: Sequence[Picture], made: Mapping[str, str]) -> str:
    """Return the report.

    Parameters
    ----------
    made : what the last section says of where the numbers come from, by name.
    """
    board, sweep = verdict.leaderboard, verdict.sweep
    leaderboard, baseline = _leaderboard(verdict)
    return render_page(
        "comparison.html",
        kind="Learning curve" if verdict.learning else "Comparison",
        title=f"{verdict.dataset}: {len(board.rows)} candidates by {board.metric.words}",
        subject=f"Sweep {sweep.run_id[:8]}, {sweep.name}",
        lead=verdict.words,
        wider=verdict.wider,
        tiles=tiles_of(verdict),
        pictures=pictures,
        leaderboard=leaderboard,
        baseline=baseline,
        remarks=remarks(verdict),
        incomplete=incomplete_in_words(board, most=100),
        chosen=verdict.choice is not None,
        origin=made,
    )


def tiles_of(verdict: SweepAnalysis) -> list[Tile]:
    """Return what to expect, what was chosen, the holdout, and how many are significantly worse."""
    if verdict.learning is not None:
        steps, metric = verdict.learning.steps, verdict.leaderboard.metric
        return [Tile(f"{rows} training rows", metric.format(score), "mean") for rows, score in steps[-4:]]
    found = _expectations(verdict)
    first = [replace(tile, first=True) for tile in found[:1]]
    return [*first, *_chosen(verdict), *found[1:], *_worse(verdict)]


def _expectations(verdict: SweepAnalysis) -> list[Tile]:
    """Return the corrected estimate and the holdout, the one that tells more first."""
    estimate, holdout, metric = verdict.estimate, verdict.holdout, verdict.leaderboard.metric
    tiles = []
    if estimate is not None:
        known = estimate.low is not None and estimate.high is not None
        interval = f"95 % interval {metric.format_range(estimate.low or 0.0, estimate.high or 0.0)}" if known else ""
        name = f"{metric.words} to expect, corrected".capitalize()
        tiles.append(Tile(name, metric.format(estimate.value), interval))
    if holdout is not None:
        bounds = wilson_interval(holdout.right, holdout.rows)
        value = f"{holdout.right} of {holdout.rows}"
        tile = Tile("Right on rows that no choice touched", value, ACCURACY.format_range(bounds.low, bounds.high))
        tiles.insert(0 if holdout.rows >= HOLDOUT_FIRST else len(tiles), tile)
    return tiles


def _chosen(verdict: SweepAnalysis) -> list[Tile]:
    if verdict.choice is None:
        return []
    row, metric = verdict.choice.row, verdict.leaderboard.metric
    average = f"{metric.average_name} {metric.format(row.score)}"
    return [Tile("Chosen", row.label, f"{average}, {verdict.choice.rule.replace('_', ' ')}")]


def _worse(verdict: SweepAnalysis) -> list[Tile]:
    board = verdict.leaderboard
    if len(board.seeds) < LEAST_SEEDS or not board.metric.testable or len(board.rows) < 2:
        return []
    worse = f"{len(board.significantly_worse())} of {len(board.rows) - 1}"
    return [Tile("Significantly worse", worse, "others, paired and adjusted")]


def _leaderboard(verdict: SweepAnalysis) -> tuple[Grid, Sequence[Line]]:
    """Return the candidates' lines, and the baseline's, which is shown below them."""
    board = verdict.leaderboard
    cells = cells_of(verdict, MOST_LINES)
    names = {name: text for name, text in headings(board).items() if any(getattr(one, name) for one in cells)}
    columns = []
    for name, text in names.items():
        columns.append((text, "number" if name in _NUMBERS else "label" if name == "label" else ""))
        columns += [("", "bar")] * (name == "score")
    rows = {row.candidate: row for row in [*board.rows, *([board.dummy] if board.dummy else [])]}
    scale = find_limits([bound for row in board.rows for bound in _bounds(row)])
    lines = [_line(one, list(names), _bar(rows[one.candidate], scale)) for one in cells]
    own = len(lines) - (board.dummy is not None)
    more = max(0, len(board.rows) - MOST_LINES)
    return Grid(columns, lines[:own], more, ", see leaderboard.csv"), lines[own:]


def _line(cells: Cells, names: Sequence[str], bar: Bar | None) -> Line:
    kind = "chosen" if cells.chosen else "" if cells.rank else "dummy"
    found: list[str | Bar | None] = []
    for name in names:
        found += [getattr(cells, name), *([bar] if name == "score" else [])]
    return kind, found


def _bar(row: CandidateScore, scale: tuple[float, float]) -> Bar | None:
    """Return the mean and its interval, else least and greatest score, as a bar; None where it is off the scale."""
    if not scale[0] <= row.score <= scale[1]:
        return None
    numbers = (*_bounds(row), row.score)
    start, end, value = (
        100 * (min(max(own, scale[0]), scale[1]) - scale[0]) / (scale[1] - scale[0]) for own in numbers
    )
    return Bar(start, end, value)


def _bounds(row: CandidateScore) -> tuple[float, float]:
    """Return the interval of a mean, or for want of one its least and greatest score."""
    if row.low is None or row.high is None:
        return row.minimum, row.maximum
    return row.low, row.high
