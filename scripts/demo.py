"""What `make demo` does once .venv is ready: sweep and mark the best, unless one is marked; then serve its page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTERRUPTED = 130


def main(words: list[str]) -> int:
    """Run the steps that are still to do, and return the exit code of the one that ended the demo."""
    try:
        for step in steps(words):
            code = subprocess.run([sys.executable, *step], cwd=ROOT).returncode
            if code != 0:
                return code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def steps(words: list[str]) -> list[list[str]]:
    """Return what follows `python` on each line to run."""
    serve = ["-m", "serve", *words]
    if is_best_marked():
        return [serve]
    return [["experiments/train.py", "-m"], ["experiments/promote.py"], serve]


def is_best_marked() -> bool:
    """Return whether a version is marked `best`, in a store that is there."""
    from seedbed.errors import NotDone
    from seedbed.registry import best_version

    try:
        return best_version("iris") is not None
    except NotDone:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
