"""A table that was looked at, as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seedbed.data.checks import Column
from seedbed.metrics.metric import ACCURACY
from seedbed.reports.exploration import (
    Exploration,
    describe_checks,
    describe_comparison,
    describe_rows,
    describe_rule,
)
from seedbed.reports.html import MOST_LINES, Bar, Grid, Line, Tile, render_page
from seedbed.reports.pictures import Picture
from seedbed.selection.threshold_rule import NEIGHBORS

_FARTHEST = 12


def render_exploration(exploration: Exploration, pictures: Sequence[Picture], origin: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    pictures : the rule's first.
    origin : where the numbers come from, by name; the page's last section.
    """
    table = exploration.table
    return render_page(
        "exploration.html",
        kind="Exploration",
        title=f"{table.record.name}: {len(table.labels):,} rows, {len(exploration.columns):,} features",
        subject=f"{len(table.classes)} classes in the column {table.target}",
        lead=f"{describe_rule(exploration)} {describe_comparison(exploration)}",
        hint=describe_rows(exploration),
        tiles=make_tiles(exploration),
        pictures=pictures,
        classes=_list_classes(exploration),
        features=_list_features(exploration),
        rows=exploration.rows,
        checks=describe_checks(exploration),
        outliers=_list_outliers(exploration),
        comparison=_describe_method(exploration),
        origin=origin,
    )


def make_tiles(exploration: Exploration) -> list[Tile]:
    """Return how the rule and KNN do on rows that they were not trained on, and what KNN adds."""
    comparison, rule = exploration.comparison, exploration.rule
    if comparison is None:
        name = f"Right by {exploration.name(rule.column)} alone"
        return [Tile(name, f"{rule.right} of {rule.rows}", "found on these rows", first=True)]
    bounds = comparison.difference.interval if comparison.difference else None
    interval = [ACCURACY.format_change(bound) for bound in (bounds.low, bounds.high)] if bounds else []
    added = f"{ACCURACY.format_change(comparison.gain)} points"
    frequent = ACCURACY.format(float(comparison.frequent.mean()))
    equal = "the same on every split"
    tiles = [Tile("KNN adds", added, f"95 % interval {' to '.join(interval)}" if bounds else equal, first=True)]
    for name, scores in (("A rule on one feature", comparison.rule), ("KNN, on the same splits", comparison.knn)):
        own = comparison.interval(scores)
        more = f"95 % interval {ACCURACY.format_range(*own)}" if own else equal
        tiles.append(Tile(name, ACCURACY.format(float(scores.mean())), more))
    return [*tiles, Tile("Most frequent class", frequent, "predicted for every row")]


def _list_classes(exploration: Exploration) -> Grid:
    most, rows = max(exploration.counts.values()), len(exploration.table.labels)
    lines: list[Line] = [
        ("", [name, f"{count:,}", ACCURACY.format(count / rows), _make_bar(count / most)])
        for name, count in exploration.counts.items()
    ]
    columns = [("class", "label"), ("rows", "number"), ("share", "number"), ("", "bar")]
    return Grid(columns, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))


def _list_features(exploration: Exploration) -> Grid:
    numbers = [(name, "number") for name in ("least", "greatest", "values", "missing", "outside")]
    rules = sorted(exploration.rules, key=lambda rule: -rule.right)
    lines = [
        ("", _format_feature(exploration.columns[rule.column], rule.right / rule.rows)) for rule in rules[:MOST_LINES]
    ]
    columns = [("feature", "label"), ("right alone", "number"), ("", "bar"), *numbers]
    return Grid(columns, lines, len(rules) - len(lines))


def _format_feature(column: Column, share: float) -> list[str | Bar | None]:
    counts = [f"{count:,}" for count in (column.distinct, column.missing, column.outside)]
    return [
        column.name,
        ACCURACY.format(share),
        _make_bar(share),
        _format_number(column.low),
        _format_number(column.high),
        *counts,
    ]


def _list_outliers(exploration: Exploration) -> Grid:
    lines = [
        (
            "",
            [
                str(one.row),
                one.column,
                exploration.table.classes[one.code],
                _format_number(one.value),
                f"{one.away:.1f}",
            ],
        )
        for one in exploration.outliers[:_FARTHEST]
    ]
    names = [("row", "number"), ("feature", "label"), ("class", "label"), ("value", "number")]
    return Grid([*names, ("ranges beyond the quartile", "number")], lines)


def _describe_method(exploration: Exploration) -> str:
    """Say how the rule and KNN were compared; nothing if they were not."""
    comparison = exploration.comparison
    if comparison is None:
        return ""
    drawn = "" if comparison.rows == exploration.rule.rows else f" of {comparison.rows:,} rows drawn at random"
    kind = "the splits of a sweep's first ten seeds" if comparison.stratified else "not stratified: too few rows"
    neighbors = f"{', '.join(map(str, NEIGHBORS[:-1]))} or {NEIGHBORS[-1]}"
    return (
        f"{len(comparison.rule)} splits{drawn} ({kind}): on {comparison.train} training rows the rule takes its "
        f"feature and cuts, and KNN its k ({neighbors}) and whether features are standardized, each training row left "
        f"out once; both are scored on the {comparison.test} test rows. The intervals are corrected for shared rows "
        "(Nadeau and Bengio, 2003)."
    )


def _format_number(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def _make_bar(share: float) -> Bar:
    """Return a share from 0 to 1 as a bar from the left."""
    return Bar(0, 100 * share, 100 * share)
