"""A table that was looked at, as one HTML file; made of the same parts as a comparison's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from seedbed.data.checks import Column
from seedbed.reports.document import (
    definitions,
    document,
    folded_table,
    header,
    picture_section,
    tile_row,
    wide_table,
)
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
from seedbed.reports.pictures import Picture
from seedbed.reports.tiles import Tile
from seedbed.selection.summary import amount

_SHOWN, _MOST = 20, 500
_FARTHEST = 12


def explored_html(explored: Explored, pictures: Sequence[Picture], made: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    pictures : the rule's first.
    made : what the last section says of where the numbers come from, by name.
    """
    table = explored.table
    title = f"{table.record.name}: {len(table.labels):,} rows, {len(explored.columns):,} features"
    parts = [
        header("Exploration", title, f"{len(table.classes)} classes in the column {table.target}"),
        f'<p class="lead">{escape(rule_in_words(explored))} {escape(score_in_words(explored))}</p>',
        f'<p class="hint">{escape(held_in_words(explored))}</p>',
        tile_row(tiles_of(explored)),
        _classes(explored),
        *map(picture_section, pictures[:1]),
        _features(explored),
        *map(picture_section, pictures[1:]),
        _checks(explored),
        definitions("How to read this", _reading(explored)),
        definitions("Where this comes from", made),
    ]
    return document(title, parts)


def tiles_of(explored: Explored) -> list[Tile]:
    """Return how the rule and KNN do on rows that they have not seen, and what KNN adds."""
    score = explored.score
    if score is None:
        right = f"{explored.rule.right} of {explored.rule.rows}"
        return [Tile(f"Right by {explored.name(explored.rule.column)} alone", right, "found on these rows", first=True)]
    difference = score.difference
    bounds = (difference.interval.low, difference.interval.high) if difference else None
    told = f"95 % interval {points_of(bounds[0])} to {points_of(bounds[1])}" if bounds else "the same on every split"
    name = "Most frequent class"
    return [
        Tile("KNN adds", f"{points_of(score.added)} points", told, first=True),
        Tile("A rule on one feature", *_mean(explored, score.rule)),
        Tile("KNN, on the same splits", *_mean(explored, score.knn)),
        Tile(name, amount(float(score.frequent.mean()), "accuracy"), "whoever says it always"),
    ]


def _mean(explored: Explored, values: np.ndarray) -> tuple[str, str]:
    score = explored.score
    assert score is not None
    return amount(float(values.mean()), "accuracy"), within_in_words(score, score.within(values))


def _classes(explored: Explored) -> str:
    most, rows = max(explored.counts.values()), len(explored.table.labels)
    lines = [
        f'<tr><td class="label">{escape(name)}</td><td class="number">{count:,}</td>'
        f'<td class="number">{amount(count / rows, "accuracy")}</td><td class="bar">{_bar(count / most)}</td></tr>'
        for name, count in explored.counts.items()
    ]
    head = '<th>class</th><th class="number">rows</th><th class="number">share</th><th class="bar"></th>'
    shown = wide_table(head, lines[:_MOST])
    return f"<section><h2>Classes</h2><p>Over all rows.</p>{shown}{_more(len(lines))}</section>"


def _features(explored: Explored) -> str:
    order = np.argsort(-explored.right, kind="stable")[:_MOST]
    lines = [_feature(explored, explored.columns[place], int(explored.right[place])) for place in order]
    numbers = ("right alone", "", "least", "greatest", "values", "missing", "outside")
    head = "<th>feature</th>" + "".join(
        f'<th class="{"number" if name else "bar"}">{name or ""}</th>' for name in numbers
    )
    words = (
        f"Right alone: by the best rule on that feature, of {explored.rule.rows} {seen_in_words(explored)}, found on "
        "them. The rest is over all rows: how many values differ, are missing, lie outside their class's whiskers."
    )
    shown = wide_table(head, lines[:_SHOWN])
    folded = folded_table(f"{len(lines[_SHOWN:])} more features", head, lines[_SHOWN:])
    return f"<section><h2>One feature at a time</h2><p>{words}</p>{shown}{folded}{_more(len(explored.right))}</section>"


def _feature(explored: Explored, column: Column, right: int) -> str:
    share = right / explored.rule.rows
    counts = [f"{count:,}" for count in (column.distinct, column.missing, column.outside)]
    values = [_number(column.low), _number(column.high), *counts]
    cells = "".join(f'<td class="number">{value}</td>' for value in values)
    return (
        f'<tr><td class="label">{escape(column.name)}</td><td class="number">{amount(share, "accuracy")}</td>'
        f'<td class="bar">{_bar(share)}</td>{cells}</tr>'
    )


def _checks(explored: Explored) -> str:
    lines = [
        f'<tr><td class="number">{one.row}</td><td class="label">{escape(one.column)}</td>'
        f'<td class="label">{escape(explored.table.classes[one.code])}</td><td class="number">{_number(one.value)}</td>'
        f'<td class="number">{one.away:.1f}</td></tr>'
        for one in explored.outliers[:_FARTHEST]
    ]
    head = (
        '<th class="number">row</th><th>feature</th><th>class</th><th class="number">value</th>'
        '<th class="number">ranges beyond the quartile</th>'
    )
    farthest = f"<h2>The farthest values</h2>{wide_table(head, lines)}" if lines else ""
    return f"<section><h2>Checks</h2><p>Over all rows. {escape(checks_in_words(explored))}</p>{farthest}</section>"


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def _more(count: int) -> str:
    return f'<p class="notes">And {count - _MOST:,} more.</p>' if count > _MOST else ""


def _bar(share: float) -> str:
    """Return a share from 0 to 1 as a bar from the left."""
    end = f"{100 * share:.1f}%"
    return f'<span class="track"><i style="left:0;width:{end}"></i><b style="left:{end}"></b></span>'


def _reading(explored: Explored) -> dict[str, str]:
    found = {
        "A rule on one feature": "intervals of its values, at most as many as there are classes, and a class for each: "
        "of all such rules the one that gets most rows right. Found on the rows that it is counted on, it looks a "
        "little better than it is.",
        "Whiskers": "reach to the last value within 1.5 interquartile ranges of the quartiles of the value's class "
        "(Tukey, 1977). A value outside need not be wrong: of normally distributed ones 7 in 1,000 are.",
        "Row": "its place in the table from 0, as in predictions.csv.",
    }
    score = explored.score
    if score is None:
        return found
    drawn = "" if score.rows == explored.rule.rows else f" of {score.rows:,} rows drawn by chance"
    kind = "the splits of a sweep's first ten seeds" if score.stratified else "not stratified, for want of rows"
    compared = (
        f"{len(score.rule)} splits{drawn} ({kind}): on {score.train} training rows the rule takes its feature and "
        f"cuts, and KNN its k ({neighbors_in_words()}) and whether features are standardized, each training row left "
        f"out once; both are scored on the {score.test} test rows. The intervals are corrected for shared rows (Nadeau "
        "and Bengio, 2003)."
    )
    return {**found, "Rule and KNN": compared}
