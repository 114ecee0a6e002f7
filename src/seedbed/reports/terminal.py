"""The leaderboard in a terminal: a table of the top ten, and what there is to say of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seedbed.errors import flatten
from seedbed.reports.leaderboard_text import NUMBERS, TextRow, format_rows, list_incomplete, list_remarks, name_columns
from seedbed.selection.analysis import SweepAnalysis

MOST = 10
_PLAIN_WIDTH = 160  # if no terminal says how wide it is
_LEFT_OUT = ("share", "range", "train", "difference_interval")  # first to last, if the terminal is too narrow for all
_STYLES = {"chosen": "bold green", "dummy": "dim"}


def format_comparison(analysis: SweepAnalysis, below: Sequence[str], stream: TextIO | None = None) -> str:
    """Return what a terminal shows: the table, the sentence, what does not compete, and the lines `below`.

    Styled, and as wide as the terminal, only if the stream is one; lines below the table are never broken, so that a
    command among them can be copied.
    """
    stream, board = stream or sys.stdout, analysis.leaderboard
    terminal, more = stream.isatty(), len(board.rows) - MOST
    console = Console(file=stream, width=None if terminal else _PLAIN_WIDTH, force_terminal=terminal)
    lines = [_format_table(analysis, console), *list_remarks(analysis)]
    lines += [f"And {more} more, see leaderboard.csv."] if more > 0 else []
    lines += ["", analysis.words, *analysis.warnings]
    if analysis.wider:
        lines += ["To look further, with a wider grid:", analysis.wider]
    if board.incomplete:
        lines += ["", "Not compared:", *(f"  {line}" for line in list_incomplete(board))]
    text, encoding = "\n".join([*lines, "", *below]), stream.encoding or "utf-8"
    if encoding.lower().startswith("utf"):
        return text
    # A console of Windows cannot write every letter.
    return text.replace("−", "-").encode(encoding, "replace").decode(encoding)


def _format_table(analysis: SweepAnalysis, console: Console) -> str:
    rows, names = format_rows(analysis, MOST), name_columns(analysis.leaderboard)
    columns = _pick_columns(rows, names, console.width)
    title = f"{analysis.sweep.title} by {analysis.leaderboard.metric}"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 1))
    for column in columns:
        table.add_column(names[column], justify="right" if column in NUMBERS else "left", no_wrap=True)
    for row in rows:
        texts = (Text(flatten(row.texts[column])) for column in columns)
        table.add_row(*texts, style=_STYLES.get(row.style, ""))
    # If the stream knows only some letters, Rich draws the rules with those.
    with console.capture() as captured:
        console.print(Text(flatten(title)), style="bold", soft_wrap=True)
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _pick_columns(rows: Sequence[TextRow], names: Mapping[str, str], room: int) -> list[str]:
    """Return the columns that have something to show, and room."""
    columns = [name for name in names if any(row.texts[name] for row in rows)]
    widths = {name: max(len(names[name]), *(len(row.texts[name]) for row in rows)) + 3 for name in columns}
    for narrow in _LEFT_OUT:
        if sum(widths[name] for name in columns) <= room:
            break
        columns = [name for name in columns if name != narrow]
    return columns
