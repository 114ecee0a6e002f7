"""Shows on stderr how far a sweep is: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

_METRIC = "accuracy"
_PLAIN_EVERY = 5.0  # seconds


def say(line: str) -> None:
    """Tell the person a line that is no answer."""
    print(line, file=sys.stderr, flush=True)


class Progress:
    """Counts the runs of a sweep that are over, and knows the best mean so far.

    Parameters
    ----------
    candidates : the candidate of each run, by its number.
    shown : say nothing, where it is False.
    """

    def __init__(self, candidates: Mapping[int, str], shown: bool = True) -> None:
        self._candidates = candidates
        self._planned = Counter(candidates.values())
        self._scores: defaultdict[str, list[float]] = defaultdict(list)
        self._began = self._said = time.monotonic()
        self._over = 0
        self.failures = 0
        bar = shown and sys.stderr.isatty()
        self._bar = tqdm(total=len(candidates), unit="run", file=sys.stderr) if bar else None
        self._every = _PLAIN_EVERY if shown else math.inf

    def note(self, event: tuple[Any, ...]) -> None:
        """Take one of a worker's events."""
        if event[0] not in ("finished", "failed"):
            return
        self._over += 1
        self.failures += event[0] == "failed"
        if event[0] == "finished":
            self._scores[self._candidates[event[1]]].append(event[3][_METRIC])
        if self._bar is not None:
            self._bar.set_postfix_str(self._best(), refresh=False)
            self._bar.update()
        elif time.monotonic() - self._said > self._every:
            self._said = time.monotonic()
            say(self._line())

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def _best(self) -> str:
        # A candidate of which only the easy seeds are in would look better than it is.
        whole = [scores for name, scores in self._scores.items() if len(scores) == self._planned[name]]
        means = [sum(scores) / len(scores) for scores in whole]
        return f"best mean {max(means):.4f}" if means else ""

    def _line(self) -> str:
        rate = self._over / max(time.monotonic() - self._began, 1e-9)
        left = (len(self._candidates) - self._over) / rate
        counted = f"{self._over}/{len(self._candidates)} runs, {rate:.1f} a second, {left:.0f} s left"
        return ", ".join([counted, *([self._best()] if self._best() else [])])
