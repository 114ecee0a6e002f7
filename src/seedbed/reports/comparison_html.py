"""A comparison as one HTML file: no outside requests, opens from disk, prints well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from seedbed.reports.document import definitions, document, header, picture_section, tile_row, wide_table
from seedbed.reports.figures.plot import limits
from seedbed.reports.leaderboard_text import Cells, cells_of, headings, incomplete_in_words, remarks
from seedbed.reports.pictures import Picture
from seedbed.reports.tiles import tiles_of
from seedbed.selection.analysis import Verdict
from seedbed.selection.candidate_stats import Row
from seedbed.selection.summary import metric_in_words

_SHOWN, _MOST = 30, 500
_NUMBERS = {"rank", "score", "trained", "difference", "p", "share"}
_READING = {
    "Mean and interval": "the mean over the seeds' splits. The splits share most of their rows, so that their spread "
    "is too small by itself: the interval is corrected for that (Nadeau and Bengio, 2003).",
    "To leader": "the difference on the same splits, paired, with its corrected interval; p is two-sided and adjusted "
    "for the number of candidates (Holm, 1979).",
    "Corrected for the choice": "the best of many looks better than it is. 2,000 times rows are drawn, the rule "
    "chooses on those drawn, and its choice is scored on the rows not drawn (BBC-CV: Tsamardinos and others, 2018).",
    "Chosen in": "how often each candidate was chosen on drawn rows: a picture of stability, not a confidence set.",
    "Most frequent class": "a classifier that looks at no feature, on the same splits; it never competes.",
}


def html_of(verdict: Verdict, pictures: Sequence[Picture], made: Mapping[str, str]) -> str:
    """Return the report.

    Parameters
    ----------
    made : what the last section says of where the numbers come from, by name.
    """
    metric = metric_in_words(verdict.leaderboard.metric)
    title = f"{verdict.dataset}: {len(verdict.leaderboard.rows)} candidates by {metric}"
    parts = [
        _header(verdict, title),
        f'<p class="lead">{escape(verdict.words)}</p>',
        _wider(verdict),
        tile_row(tiles_of(verdict)),
        *map(picture_section, pictures[:1]),
        _leaderboard(verdict),
        *map(picture_section, pictures[1:]),
        _incomplete(verdict),
        definitions("How to read this", _READING if verdict.choice else dict(list(_READING.items())[:1])),
        definitions("Where this comes from", made),
    ]
    return document(title, parts)


def _header(verdict: Verdict, title: str) -> str:
    sweep = verdict.sweep
    kind = "Learning curve" if verdict.learning else "Comparison"
    return header(kind, title, f"Sweep {sweep.run_id[:8]}, {sweep.name}")


def _wider(verdict: Verdict) -> str:
    if not verdict.wider:
        return ""
    return f'<p class="hint">To look further, sweep a wider grid:</p><pre>{escape(verdict.wider)}</pre>'


def _leaderboard(verdict: Verdict) -> str:
    board = verdict.leaderboard
    cells = cells_of(verdict, _MOST)
    names = {name: text for name, text in headings(board).items() if any(getattr(one, name) for one in cells)}
    rows = {row.candidate: row for row in [*board.rows[: _MOST + 1], *([board.dummy] if board.dummy else [])]}
    scale = limits([bound for row in board.rows for bound in _bounds(row)])
    lines = [_line(one, names, rows.get(one.candidate), scale) for one in cells]
    head = "".join(f'<th class="{_class(name)}">{escape(text)}</th>{_bar_head(name)}' for name, text in names.items())
    own, last = (lines[:-1], lines[-1:]) if board.dummy else (lines, [])
    shown = wide_table(head, own[:_SHOWN] + last)
    rest = own[_SHOWN:]
    folded = (
        f"<details><summary>{len(rest)} more candidates</summary>{wide_table(head, rest)}</details>" if rest else ""
    )
    left = len(board.rows) - _MOST
    notes = [*remarks(verdict), *([f"And {left} more, see leaderboard.csv."] if left > 0 else [])]
    said = f'<p class="notes">{"<br>".join(map(escape, notes))}</p>' if notes else ""
    return f"<section><h2>Leaderboard</h2>{shown}{folded}{said}</section>"


def _line(cells: Cells, names: Mapping[str, str], row: Row | None, scale: tuple[float, float]) -> str:
    kind = "chosen" if cells.chosen else "" if cells.rank else "dummy"
    columns = [
        f'<td class="{_class(name)}">{escape(getattr(cells, name))}</td>'
        + (f'<td class="bar">{_bar(row, scale)}</td>' if name == "score" else "")
        for name in names
    ]
    return f'<tr class="{kind}">{"".join(columns)}</tr>'


def _bar_head(name: str) -> str:
    return '<th class="bar"></th>' if name == "score" else ""


def _bar(row: Row | None, scale: tuple[float, float]) -> str:
    """Return the mean and its interval, else least and greatest score, as a bar; none where it is off the scale."""
    if row is None or not scale[0] <= row.score <= scale[1]:
        return ""
    low, high = _bounds(row)
    start, end, mean = (
        100 * (min(max(at, scale[0]), scale[1]) - scale[0]) / (scale[1] - scale[0]) for at in (low, high, row.score)
    )
    return (
        f'<span class="track"><i style="left:{start:.1f}%;width:{end - start:.1f}%"></i>'
        f'<b style="left:{mean:.1f}%"></b></span>'
    )


def _bounds(row: Row) -> tuple[float, float]:
    """Return the interval of a mean, or for want of one its least and greatest score."""
    if row.low is None or row.high is None:
        return row.minimum, row.maximum
    return row.low, row.high


def _class(name: str) -> str:
    return "number" if name in _NUMBERS else "label" if name == "label" else ""


def _incomplete(verdict: Verdict) -> str:
    lines = incomplete_in_words(verdict.leaderboard, most=100)
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    why = "<p>These candidates lack runs or scores.</p>"
    return f'<section><h2>Not compared</h2>{why}<ul class="plain">{items}</ul></section>'
