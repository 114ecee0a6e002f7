"""The leaderboard as the note that MLflow shows on a sweep's page: Markdown, never cut in the middle of a row."""

from __future__ import annotations

from collections.abc import Sequence

from seedbed.reports.leaderboard_text import Cells, cells_of, headings, remarks
from seedbed.selection.analysis import Verdict

LONGEST = 7900  # characters; MLflow cuts a tag at 8,000 without a word
_COLUMNS = ("rank", "label", "score", "interval", "extent", "difference", "p", "share")
_LONGEST_CELL = 300


def note_of(verdict: Verdict) -> str:
    """Return the sentence and as many rows of the leaderboard as there is room for."""
    names = headings(verdict.leaderboard)
    head = [
        f"**{_plain(verdict.words)}**",
        "",
        _line([names[column] for column in _COLUMNS]),
        "|" + " --- |" * len(_COLUMNS),
    ]
    foot = [
        "",
        *(line.replace("*", r"\*") for line in remarks(verdict)),
        *([f"`{verdict.wider}`"] if verdict.wider else []),
    ]
    rows = [_row(cells) for cells in cells_of(verdict)]
    return fitted("\n".join(head), rows, "\n".join(foot))


def fitted(head: str, rows: Sequence[str], foot: str, longest: int = LONGEST) -> str:
    """Put as many rows as fit between head and foot, and say how many did not."""
    room = longest - len(head) - len(foot) - len(_more(len(rows))) - 2
    kept = 0
    while kept < len(rows) and len(rows[kept]) + 1 <= room:
        room -= len(rows[kept]) + 1
        kept += 1
    more = _more(len(rows) - kept) if kept < len(rows) else ""
    return "\n".join([head, *rows[:kept]]) + more + "\n" + foot


def _more(count: int) -> str:
    # A blank line ends the table, so that it renders with whatever stands below it.
    return f"\n\nand {count} more, see leaderboard.csv"


def _row(cells: Cells) -> str:
    texts = [getattr(cells, column) for column in _COLUMNS]
    return _line([f"**{text}**" if cells.chosen and text else text for text in map(_plain, texts)])


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _plain(text: str) -> str:
    """Return text on one line, without what Markdown would read as its own."""
    line = " ".join(text.split())[: _LONGEST_CELL * 3]
    for sign in ("\\", "|", "*", "_", "`", "<", "["):
        line = line.replace(sign, "&lt;" if sign == "<" else f"\\{sign}")
    return line
