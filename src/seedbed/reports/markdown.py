"""Markdown for MLflow's pages: a text escaped, and the leaderboard as a sweep's note, never cut within a row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seedbed.reports.leaderboard_text import TextRow, format_rows, list_remarks, name_columns
from seedbed.selection.analysis import SweepAnalysis

LONGEST_NOTE = 7900  # characters; MLflow cuts a tag at 8,000 without a warning
_COLUMNS = ("rank", "label", "score", "interval", "range", "difference", "p", "share")
_LONGEST_TEXT = 900
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", **{sign: f"\\{sign}" for sign in "\\|*_`[]"}})


def escape_markdown(text: str) -> str:
    """Return text on one line, in which nothing is read as Markdown or HTML."""
    return " ".join(text.split())[:_LONGEST_TEXT].translate(_ESCAPES)


def format_code(text: str) -> str:
    """Return text on one line as code, whatever is in it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}"


def format_note(analysis: SweepAnalysis) -> str:
    """Return the sentence and as many rows of the leaderboard as there is room for."""
    names = {"label": "candidate", **name_columns(analysis.leaderboard)}
    head = [
        f"**{escape_markdown(analysis.words)}**",
        "",
        _format_row([names[column] for column in _COLUMNS]),
        "|" + " --- |" * len(_COLUMNS),
    ]
    remarks = [*list_remarks(analysis), *analysis.warnings]
    foot = ["", *map(escape_markdown, remarks), *map(format_code, filter(None, [analysis.wider]))]
    return fit_rows("\n".join(head), [_format_cells(row) for row in format_rows(analysis)], "\n".join(foot))


def fit_rows(head: str, rows: Sequence[str], foot: str, longest: int = LONGEST_NOTE) -> str:
    """Put as many rows as fit between head and foot, and say how many did not."""
    room = longest - len(head) - len(foot) - len(_more(len(rows))) - 2
    fitting = 0
    while fitting < len(rows) and len(rows[fitting]) + 1 <= room:
        room -= len(rows[fitting]) + 1
        fitting += 1
    more = _more(len(rows) - fitting) if fitting < len(rows) else ""
    return "\n".join([head, *rows[:fitting]]) + more + "\n" + foot


def _more(count: int) -> str:
    # A blank line ends the table, so that it renders whatever stands below it.
    return f"\n\nand {count} more, see leaderboard.csv"


def _format_cells(row: TextRow) -> str:
    texts = [escape_markdown(row.texts[column]) for column in _COLUMNS]
    return _format_row([f"**{text}**" if row.style == "chosen" and text else text for text in texts])


def _format_row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"
