"""How far a sweep is, in a terminal and elsewhere."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from contextlib import redirect_stderr

import pytest

from seedbed.execution.engines.engine import CellResult
from seedbed.execution.sweep.progress import Progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def show(stream: io.StringIO, candidates: Mapping[int, str], metric: str = "accuracy") -> str:
    """Return what is shown of a sweep of four runs, the last of which failed."""
    with redirect_stderr(stream):
        progress = Progress(candidates, metric)
        for number, accuracy in enumerate([0.5, 1.0, 0.75]):
            loss = math.nan if number == 0 else accuracy
            progress.note(CellResult(number, {"accuracy": accuracy, "fit_seconds": accuracy, "f1/rare": loss}))
        progress.note(CellResult(3, None, "it cannot be fitted"))
        progress.close()
    return stream.getvalue()


def test_a_terminal_keeps_the_last_line_with_the_best_of_the_whole_candidates() -> None:
    text = show(Terminal(), {0: "a", 1: "a", 2: "b", 3: "b"})
    assert text.endswith("\n")
    last = text.split("\r")[-1]
    assert "█" * 20 + " 4/4 runs, " in last
    assert last.endswith(" s left, best mean accuracy 0.7500\n")


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        ("accuracy", ", best mean accuracy 1.0000"),
        ("fit_seconds", ", best mean fit_seconds 0.5000"),
        ("f1/rare", ", best mean f1/rare 1.0000"),  # of the candidates that have one
        ("my_module:function", ""),  # which no run logs
    ],
)
def test_the_best_is_the_best_by_the_metric_that_chooses(metric: str, best: str) -> None:
    last = show(Terminal(), {0: "a", 1: "b", 2: "c", 3: "d"}, metric).split("\r")[-1]
    assert last.endswith(f" s left{best}\n")


def test_a_short_sweep_says_nothing_elsewhere() -> None:
    assert show(io.StringIO(), {0: "a", 1: "a", 2: "b", 3: "b"}) == ""


def test_nothing_is_shown_of_a_search() -> None:
    assert show(Terminal(), {}) == ""
