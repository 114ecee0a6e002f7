"""A table that was looked at, as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seedbed.data.checks import Column
from seedbed.reports.exploration import Explored
from seedbed.reports.exploration_text import (
    checks_in_words,
    held_in_words,
    neighbors_in_words,
    points_of,
    rule_in_words,
    score_in_words,
    seen_in_words,
    within_in_words,
)
from seedbed.reports.html import MOST_LINES, Bar, Grid, Line, Tile, render_page
from seedbed.reports.pictures import Picture
from seedbed.selection.summary import amount

_FARTHEST = 12


def explored_html(explored: Explored, pictures: Sequence[Picture], made: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    pictures : the rule's first.
    made : what the last section says of where the numbers come from, by name.
    """
    table = explored.table
    return render_page(
        "exploration.html",
        kind="Exploration",
        title=f"{table.record.name}: {len(table.labels):,} rows, {len(explored.columns):,} features",
        subject=f"{len(table.classes)} classes in the column {table.target}",
        lead=f"{rule_in_words(explored)} {score_in_words(explored)}",
        hint=held_in_words(explored),
        tiles=tiles_of(explored),
        pictures=pictures,
        classes=_classes(explored),
        features=_features(explored),
        rows=f"{explored.rule.rows} {seen_in_words(explored)}",
        checks=checks_in_words(explored),
        outliers=_outliers(explored),
        comparison=_comparison(explored),
        origin=made,
    )


def tiles_of(explored: Explored) -> list[Tile]:
    """Return how the rule and KNN do on rows that they have not seen, and what KNN adds."""
    score = explored.score
    if score is None:
        right = f"{explored.rule.right} of {explored.rule.rows}"
        return [Tile(f"Right by {explored.name(explored.rule.column)} alone", right, "found on these rows", first=True)]
    difference = score.difference
    bounds = (difference.interval.low, difference.interval.high) if difference else None
    interval = (
        f"95 % interval {points_of(bounds[0])} to {points_of(bounds[1])}" if bounds else "the same on every split"
    )
    means = [amount(float(values.mean()), "accuracy") for values in (score.rule, score.knn, score.frequent)]
    return [
        Tile("KNN adds", f"{points_of(score.added)} points", interval, first=True),
        Tile("A rule on one feature", means[0], within_in_words(score, score.within(score.rule))),
        Tile("KNN, on the same splits", means[1], within_in_words(score, score.within(score.knn))),
        Tile("Most frequent class", means[2], "for every row"),
    ]


def _classes(explored: Explored) -> Grid:
    most, rows = max(explored.counts.values()), len(explored.table.labels)
    lines: list[Line] = [
        ("", [name, f"{count:,}", amount(count / rows, "accuracy"), _bar(count / most)])
        for name, count in explored.counts.items()
    ]
    columns = [("class", "label"), ("rows", "number"), ("share", "number"), ("", "bar")]
    return Grid(columns, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))


def _features(explored: Explored) -> Grid:
    numbers = [(name, "number") for name in ("least", "greatest", "values", "missing", "outside")]
    order = np.argsort(-explored.right, kind="stable")[:MOST_LINES]
    shares = explored.right / explored.rule.rows
    lines = [("", _feature(explored.columns[place], float(shares[place]))) for place in order]
    columns = [("feature", "label"), ("right alone", "number"), ("", "bar"), *numbers]
    return Grid(columns, lines, len(shares) - len(lines))


def _feature(column: Column, share: float) -> list[str | Bar | None]:
    counts = [f"{count:,}" for count in (column.distinct, column.missing, column.outside)]
    return [column.name, amount(share, "accuracy"), _bar(share), _number(column.low), _number(column.high), *counts]


def _outliers(explored: Explored) -> Grid:
    classes = explored.table.classes
    lines = [
        ("", [str(one.row), one.column, classes[one.code], _number(one.value), f"{one.away:.1f}"])
        for one in explored.outliers[:_FARTHEST]
    ]
    names = [("row", "number"), ("feature", "label"), ("class", "label"), ("value", "number")]
    return Grid([*names, ("ranges beyond the quartile", "number")], lines)


def _comparison(explored: Explored) -> str:
    """Say how the rule and KNN were compared; nothing if they were not."""
    score = explored.score
    if score is None:
        return ""
    drawn = "" if score.rows == explored.rule.rows else f" of {score.rows:,} rows drawn by chance"
    kind = "the splits of a sweep's first ten seeds" if score.stratified else "not stratified, for want of rows"
    return (
        f"{len(score.rule)} splits{drawn} ({kind}): on {score.train} training rows the rule takes its feature and "
        f"cuts, and KNN its k ({neighbors_in_words()}) and whether features are standardized, each training row left "
        f"out once; both are scored on the {score.test} test rows. The intervals are corrected for shared rows (Nadeau "
        "and Bengio, 2003)."
    )


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def _bar(share: float) -> Bar:
    """Return a share from 0 to 1 as a bar from the left."""
    return Bar(0, 100 * share, 100 * share)
