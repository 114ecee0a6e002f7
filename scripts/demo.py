"""What `make demo` does once .venv is ready: sweep and mark the best, unless one is marked; then serve its page."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from seedbed.errors import SeedbedError
from seedbed.tracking.reader import find_newest_sweep, is_incomplete
from seedbed.tracking.registry import Registry
from seedbed.tracking.store import open_store, store_exists

ROOT = Path(__file__).resolve().parents[1]
NAME = "iris"
INTERRUPTED = 130


def main(words: list[str]) -> int:
    """Run the steps that are still to do, and return the exit code of the one that ended the demo."""
    interrupts: list[int] = []
    # The step at work gets Ctrl-C too, and ends by itself: a sweep closes its runs.
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    try:
        for step in list_steps(words, *_read_state()):
            code = INTERRUPTED if interrupts else subprocess.run([sys.executable, *step], cwd=ROOT).returncode
            if code != 0:
                return code
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _read_state() -> tuple[bool, str | None]:
    """Return whether a model is marked best, and the id of the newest sweep if that is unfinished."""
    if not store_exists(None):
        return False, None
    store = open_store(None)
    newest = find_newest_sweep(store, NAME)
    unfinished = newest.run_id if newest is not None and is_incomplete(newest) else None
    return Registry(store).get_champion(NAME) is not None, unfinished


def list_steps(words: list[str], best_is_marked: bool, unfinished: str | None = None) -> list[list[str]]:
    """Return what follows `python` on each line to run.

    Parameters
    ----------
    words : for the page, such as `port=7861`.
    best_is_marked : whether there is a model to serve already; it is kept.
    unfinished : the id of a sweep to go on with.
    """
    serve = ["-m", "serve", *words]
    sweep = ["experiments/train.py", "-m", *([f"resume={unfinished}"] if unfinished else [])]
    if best_is_marked:
        return [sweep, serve] if unfinished else [serve]
    return [sweep, ["experiments/compare.py"], ["experiments/promote.py"], serve]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
