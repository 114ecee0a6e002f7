"""Shows on stderr how far a sweep is: a line that renews itself in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping

from seedbed.execution.engines.engine import CellResult

_EVERY, _EVERY_IN_TERMINAL = 5.0, 0.1  # seconds
_BAR = 20  # characters
_RENEWED = "\r\x1b[K"  # the line from its beginning, cleared


class Progress:
    """Counts the runs of a sweep that have ended, and knows the best mean so far.

    Parameters
    ----------
    candidates : the candidate of each run, by its number; empty to show nothing.
    metric : the stored name of the one whose best mean is shown.
    """

    def __init__(self, candidates: Mapping[int, str], metric: str) -> None:
        self._candidates, self._metric = candidates, metric
        self._planned = Counter(candidates.values())
        self._scores: defaultdict[str, list[float]] = defaultdict(list)
        self._began = self._said = time.monotonic()
        self._ended = 0
        self._terminal = sys.stderr.isatty()

    def note(self, result: CellResult) -> None:
        """Count what became of a run."""
        if not self._candidates:
            return
        self._ended += 1
        if not math.isnan(score := (result.metrics or {}).get(self._metric, math.nan)):
            self._scores[self._candidates[result.number]].append(score)
        now = time.monotonic()
        if now - self._said > (_EVERY_IN_TERMINAL if self._terminal else _EVERY):
            self._said = now
            self._show("" if self._terminal else "\n")

    def close(self) -> None:
        """Leave the line in a terminal as it stands."""
        if self._ended and self._terminal:
            self._show("\n")

    def _show(self, end: str) -> None:
        """Print how far the sweep is."""
        # Late: it imports numpy, for which the first run does not wait.
        from seedbed.metrics.metric import find_metric

        rate = self._ended / max(time.monotonic() - self._began, 1e-9)
        left = (len(self._candidates) - self._ended) / rate
        # A candidate of which only the easy seeds are in would look better than it is.
        whole = [scores for name, scores in self._scores.items() if len(scores) == self._planned[name]]
        means, sign = [sum(scores) / len(scores) for scores in whole], find_metric(self._metric).sign
        best = f", best mean {self._metric} {max(means, key=lambda mean: sign * mean):.4f}" if means else ""
        line = f"{self._ended}/{len(self._candidates)} runs, {rate:.1f} a second, {left:.0f} s left{best}"
        bar = "█" * (_BAR * self._ended // len(self._candidates))
        print(f"{_RENEWED}{bar:░<{_BAR}} {line}" if self._terminal else line, file=sys.stderr, end=end, flush=True)
