"""The leaderboard in a terminal: a table of the top ten, and what there is to say of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seedbed.reports.leaderboard_text import cells_of, headings, incomplete_in_words, remarks
from seedbed.selection.analysis import SweepAnalysis

MOST = 10
_PLAIN_WIDTH = 160  # where no terminal says how wide it is
# What is left out, first to last, where the terminal is too narrow for all.
_SPARED = ("share", "extent", "trained", "around")
_RIGHT = {"rank", "score", "trained", "difference", "p", "share"}


def shown_in_terminal(verdict: SweepAnalysis, below: Sequence[str], stream: TextIO | None = None) -> str:
    """Return what a terminal shows: the table, the sentence, what does not compete, and the lines `below`.

    Styled, and as wide as the terminal, only where the stream is one; lines below the table are never broken, so that
    a command among them can be copied.
    """
    stream = stream or sys.stdout
    terminal = stream.isatty()
    console = Console(file=stream, width=None if terminal else _PLAIN_WIDTH, force_terminal=terminal)
    lines = [
        _table(verdict, console, _columns(verdict, console)),
        *remarks(verdict),
        *_more(verdict),
        "",
        verdict.words,
    ]
    if verdict.wider:
        lines += ["To look further, with a wider grid:", verdict.wider]
    if verdict.leaderboard.incomplete:
        lines += ["", "Not compared:", *(f"  {line}" for line in incomplete_in_words(verdict.leaderboard))]
    return _in_letters_of(stream, "\n".join([*lines, "", *below]))


def _table(verdict: SweepAnalysis, console: Console, columns: Sequence[str]) -> str:
    names = headings(verdict.leaderboard)
    title = f"Sweep {verdict.sweep.run_id[:8]} ({verdict.sweep.name}) by {verdict.leaderboard.metric}"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 1))
    for column in columns:
        table.add_column(names[column], justify="right" if column in _RIGHT else "left", no_wrap=True)
    for cells in cells_of(verdict, MOST):
        style = "bold green" if cells.chosen else "dim" if not cells.rank else ""
        table.add_row(*(Text(_one_line(getattr(cells, column))) for column in columns), style=style)
    # Where the stream knows only some letters, Rich draws the rules with those.
    with console.capture() as captured:
        console.print(Text(_one_line(title)), style="bold", soft_wrap=True)
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _columns(verdict: SweepAnalysis, console: Console) -> list[str]:
    """Return the columns that have something to show, and room."""
    cells = cells_of(verdict, MOST)
    names = headings(verdict.leaderboard)
    kept = [name for name in names if any(getattr(one, name) for one in cells)]
    widths = {name: max(len(names[name]), *(len(getattr(one, name)) for one in cells)) + 2 for name in kept}
    for spared in _SPARED:
        if sum(widths[name] for name in kept) <= console.width:
            break
        kept = [name for name in kept if name != spared]
    return kept


def _more(verdict: SweepAnalysis) -> list[str]:
    more = len(verdict.leaderboard.rows) - MOST
    return [f"And {more} more, see leaderboard.csv."] if more > 0 else []


def _in_letters_of(stream: TextIO, text: str) -> str:
    """Return text in letters that the stream can write; on a console of Windows not all are."""
    encoding = stream.encoding or "utf-8"
    if encoding.lower().startswith("utf"):
        return text
    return text.replace("−", "-").encode(encoding, "replace").decode(encoding)


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
