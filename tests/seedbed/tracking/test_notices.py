"""What is said on stderr beside the answer: in a terminal also what takes long, one phase after the other."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stderr

from seedbed.tracking import notices
from seedbed.tracking.notices import say, say_if_slow


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def wait_for(stream: io.StringIO, text: str) -> None:
    until = time.monotonic() + 10
    while text not in stream.getvalue() and time.monotonic() < until:
        time.sleep(0.01)


def test_each_phase_that_goes_on_is_said_and_no_other() -> None:
    with redirect_stderr(Terminal()) as stream:
        say("Table iris.")
        say_if_slow("Reading.")
        say_if_slow("Drawing.")
        wait_for(stream, "Drawing.")
        say_if_slow("Writing.")
        wait_for(stream, "Writing.")
        say_if_slow("Leaving.")
        say_if_slow("")
    assert stream.getvalue() == "Table iris.\nDrawing.\nWriting.\n"


def test_short_phases_do_not_put_off_what_is_said() -> None:
    """Silence counts, not how long one phase takes."""
    with redirect_stderr(Terminal()) as stream:
        say("Table iris.")
        began, phases = time.monotonic(), 0
        while stream.getvalue() == "Table iris.\n" and time.monotonic() < began + 10:
            say_if_slow(f"Phase {(phases := phases + 1)}.")
            time.sleep(0.05)
        say_if_slow("")
    assert stream.getvalue().startswith("Table iris.\nPhase ") and phases > 1


def test_elsewhere_only_what_is_to_be_known_is_said() -> None:
    with redirect_stderr(io.StringIO()) as stream:
        say("Table iris.")
        say_if_slow("Reading.")
    assert stream.getvalue() == "Table iris.\n" and not notices._waiting[0].is_alive()
