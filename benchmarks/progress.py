"""Says what is being measured, while it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Say = Callable[[str], None]


def sayer() -> Say:
    """Return what prints a line with the minutes and seconds since now."""
    began = time.monotonic()

    def say(words: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        print(f"{minutes:3}:{seconds:02}  {words}", file=sys.stderr, flush=True)

    return say
