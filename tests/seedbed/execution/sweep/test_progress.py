"""How far a sweep is, in a terminal and elsewhere."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stderr

from seedbed.execution.engines.engine import CellResult
from seedbed.execution.sweep.progress import Progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def show(stream: io.StringIO, candidates: Mapping[int, str]) -> str:
    """Return what is shown of a sweep of four runs, the last of which failed."""
    with redirect_stderr(stream):
        progress = Progress(candidates)
        for number, accuracy in enumerate([0.5, 1.0, 0.75]):
            progress.note(CellResult(number, {"accuracy": accuracy}))
        progress.note(CellResult(3, None, "it cannot be fitted"))
        progress.close()
    return stream.getvalue()


def test_a_terminal_keeps_the_last_line_with_the_best_of_the_whole_candidates() -> None:
    text = show(Terminal(), {0: "a", 1: "a", 2: "b", 3: "b"})
    assert text.endswith("\n")
    last = text.split("\r")[-1]
    assert "█" * 20 + " 4/4 runs, " in last
    assert last.endswith(" s left, best mean 0.7500\n")


def test_a_short_sweep_says_nothing_elsewhere() -> None:
    assert show(io.StringIO(), {0: "a", 1: "a", 2: "b", 3: "b"}) == ""


def test_nothing_is_shown_of_a_search() -> None:
    assert show(Terminal(), {}) == ""
