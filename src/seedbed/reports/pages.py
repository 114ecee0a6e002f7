"""A comparison and an exploration as HTML by templates: one file each, which loads nothing and prints well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from seedbed.metrics.metric import ACCURACY
from seedbed.paths import GUIDE
from seedbed.reports.exploration import (
    Exploration,
    describe_checks,
    describe_comparison,
    describe_leaks,
    describe_rows,
    describe_rule,
)
from seedbed.reports.figures.plot import find_limits
from seedbed.reports.leaderboard_text import (
    FAMILY_COLUMNS,
    NUMBERS,
    format_families,
    format_rows,
    list_incomplete,
    list_remarks,
    name_columns,
)
from seedbed.reports.pictures import Picture
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.inference import wilson_interval
from seedbed.selection.scores import CandidateScore
from seedbed.selection.summary import HOLDOUT_FIRST

_MOST_ROWS = 500  # of a leaderboard


@dataclass(frozen=True)
class Tile:
    """A number with its name above it and a remark below; `first` is the one to remember."""

    name: str
    value: str
    more: str
    first: bool = False


def render_comparison(analysis: SweepAnalysis, pictures: Sequence[Picture], origin: Mapping[str, str]) -> str:
    """Return a comparison's report; its last section says where the numbers come from, by name."""
    board = analysis.leaderboard
    rows, headings = format_rows(analysis, _MOST_ROWS), name_columns(board)
    names = [name for name in headings if any(row.texts[name] for row in rows)]
    names.insert(names.index("score") + 1, "bar")
    axes = [axis.key for axis in board.axes if axis.key in names]
    numbers = NUMBERS | {axis.key for axis in board.axes if axis.ordered}
    scale = find_limits([bound for row in board.rows for bound in _find_bounds(row)])
    scores = [*board.rows, *board.baselines]
    return _render(
        "comparison.html",
        kind="Learning curve" if analysis.learning else "Comparison",
        title=f"{analysis.dataset}: {len(board.rows)} candidates by {board.metric.words}",
        subject=analysis.sweep.title,
        analysis=analysis,
        tiles=summarize_comparison(analysis),
        pictures=pictures,
        names=names,
        axes=axes,
        columns=[
            (headings.get(name, ""), "number" if name in numbers else "label" if name in axes else name)
            for name in names
        ],
        rows=[row for row in rows if row.style != "dummy"],
        dummies=[row for row in rows if row.style == "dummy"],
        bars={row.candidate: _find_bar(row, *scale) for row in scores},
        remarks=list_remarks(analysis),
        families=format_families(analysis.families, board.metric) if analysis.families else [],
        family_columns=FAMILY_COLUMNS,
        incomplete=list_incomplete(board, most=100),
        guide=GUIDE.as_uri() if GUIDE.is_file() else "",
        origin=origin,
    )


def render_exploration(exploration: Exploration, pictures: Sequence[Picture], origin: Mapping[str, str]) -> str:
    """Return an exploration's page; of the pictures the rule's comes first, and `origin` is as of a comparison."""
    table = exploration.table
    return _render(
        "exploration.html",
        kind="Exploration",
        title=f"{table.record.name}: {len(table.labels):,} rows, {table.features.shape[1]:,} features",
        subject=f"{len(table.classes)} classes in the column {table.target}",
        exploration=exploration,
        lead=" ".join([*describe_leaks(exploration), describe_rule(exploration), describe_comparison(exploration)]),
        hint=describe_rows(exploration),
        tiles=summarize_exploration(exploration),
        pictures=pictures,
        rules=sorted(exploration.rules, key=lambda rule: -rule.right),
        checks=" ".join([describe_checks(exploration), *table.notes]),
        origin=origin,
    )


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"share": ACCURACY.format, "number": _format_number}
    return made


def _format_number(value: float | str | None) -> str:
    if isinstance(value, str):
        return value[:10]  # of a time its day
    return "" if value is None else f"{value:.6g}".replace("-", "−")


def summarize_comparison(analysis: SweepAnalysis) -> list[Tile]:
    """Return what to expect, what was chosen, the holdout, and how many are significantly worse."""
    board, choice, metric = analysis.leaderboard, analysis.choice, analysis.leaderboard.metric
    if analysis.learning is not None:
        steps = analysis.learning.steps[-4:]
        return [Tile(f"{rows} training rows", metric.format(score), metric.average_name) for rows, score in steps]
    expected, tiles = _summarize_expectations(analysis), []
    if choice is not None:
        average = f"{metric.average_name} {metric.format(choice.row.score)}"
        within = " of its family" * (analysis.families is not None)
        tiles.append(Tile("Chosen", choice.row.label, f"{average}, {choice.rule.replace('_', ' ')}{within}"))
    tiles += expected[1:]
    if board.testable and len(board.rows) > 1:
        worse = f"{len(board.significantly_worse())} of {len(board.rows) - 1}"
        tiles.append(Tile("Significantly worse", worse, "others, paired and adjusted"))
    return [*(replace(tile, first=True) for tile in expected[:1]), *tiles]


def _summarize_expectations(analysis: SweepAnalysis) -> list[Tile]:
    """Return the corrected estimate and the holdout, the one that tells more first."""
    estimate, holdout, metric = analysis.estimate, analysis.holdout, analysis.leaderboard.metric
    tiles = []
    if estimate is not None:
        name, within = f"{metric.words} to expect, corrected", metric.format_range(estimate.low, estimate.high)
        interval = f"95 % interval {within}" if within else ""
        tiles.append(Tile(name.capitalize(), metric.format(estimate.value), interval))
    if holdout is not None:
        bounds = wilson_interval(holdout.right, holdout.rows)
        value = f"{holdout.right} of {holdout.rows}"
        tile = Tile("Right on the holdout", value, ACCURACY.format_range(bounds.low, bounds.high))
        tiles.insert(0 if holdout.rows >= HOLDOUT_FIRST else len(tiles), tile)
    return tiles


def summarize_exploration(exploration: Exploration) -> list[Tile]:
    """Return how the rule and models do on rows that they were not trained on, and what the best model adds."""
    comparison, rule = exploration.comparison, exploration.rule
    if comparison is None:
        name = f"Right by {exploration.name(rule.column)} alone"
        return [Tile(name, f"{rule.right} of {rule.rows}", "found on these rows", first=True)]
    gain = comparison.gain
    values = [(f"{comparison.best} adds", f"{ACCURACY.format_change(gain.mean)} points")]
    within = [ACCURACY.format_changes(gain.low, gain.high)]
    for name, own in (("A rule on one feature", comparison.rule), *comparison.models.items()):
        values.append((name, ACCURACY.format(own.score)))
        within.append(ACCURACY.format_range(own.low, own.high))
    sure = [f"95 % interval {bounds}" if bounds else "the same on every split" for bounds in within]
    first, *tiles = (Tile(*value, more) for value, more in zip(values, sure, strict=True))
    frequent = ACCURACY.format(comparison.frequent.score)
    return [replace(first, first=True), *tiles, Tile("Most frequent class", frequent, "predicted for every row")]


def _find_bar(row: CandidateScore, low: float, high: float) -> tuple[float, ...] | None:
    """Return the bounds of the mean and the mean in percent of a scale; None if it is off the scale."""
    if not low <= row.score <= high:
        return None
    return tuple(100 * (min(max(at, low), high) - low) / (high - low) for at in (*_find_bounds(row), row.score))


def _find_bounds(row: CandidateScore) -> tuple[float, float]:
    """Return the interval of a mean, or for want of one its least and greatest score."""
    if row.low is None or row.high is None:
        return row.minimum, row.maximum
    return row.low, row.high
