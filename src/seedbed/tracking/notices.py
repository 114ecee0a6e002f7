"""What a command says on stderr beside its answer: what is to be known, and, in a terminal, what takes long."""

from __future__ import annotations

import sys
import threading
import time

_MOMENT = 1.5  # seconds of silence
_last = [time.monotonic()]  # when something was said
_waiting = [threading.Timer(0, print)]  # the line of `say_if_slow`


def say(line: str) -> None:
    """Print a line that is not part of the answer."""
    _waiting[0].cancel()
    _last[0] = time.monotonic()
    print(line, file=sys.stderr, flush=True)


def say_if_slow(line: str) -> None:
    """Print in a terminal what is being done, if that goes on when nothing was said for a moment; "" ends it."""
    _waiting[0].cancel()
    if line and sys.stderr.isatty():
        _waiting[0] = threading.Timer(_last[0] + _MOMENT - time.monotonic(), say, [line])
        _waiting[0].daemon = True
        _waiting[0].start()
