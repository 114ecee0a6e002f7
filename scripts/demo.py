"""What `make demo` does once .venv is ready: sweep and mark the best, unless one is marked; then serve its page."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from seedbed.errors import SeedbedError
from seedbed.registry import best_version

ROOT = Path(__file__).resolve().parents[1]
INTERRUPTED = 130


def main(words: list[str]) -> int:
    """Run the steps that are still to do, and return the exit code of the one that ended the demo."""
    interrupts: list[int] = []
    # The step at work gets Ctrl-C too, and ends in its own time: a sweep closes its runs.
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
    try:
        for step in steps(words, best_version("iris") is not None):
            code = INTERRUPTED if interrupts else subprocess.run([sys.executable, *step], cwd=ROOT).returncode
            if code != 0:
                return code
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def steps(words: list[str], best_is_marked: bool) -> list[list[str]]:
    """Return what follows `python` on each line to run.

    Parameters
    ----------
    words : for the page, such as `port=7861`.
    best_is_marked : whether there is a model to serve already.
    """
    serve = ["-m", "serve", *words]
    if best_is_marked:
        return [serve]
    # Here an unfinished sweep is to be resumed, once train knows `resume`.
    return [["experiments/train.py", "-m"], ["experiments/promote.py"], serve]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
