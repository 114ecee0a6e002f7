"""What `make demo` does once .venv is ready: sweep and mark the best, unless one is marked; then serve its page."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from seedbed.config.schema import Serve
from seedbed.errors import BadInput, SeedbedError
from seedbed.tracking.owner import find_owner
from seedbed.tracking.reader import find_newest_sweep, is_incomplete
from seedbed.tracking.registry import Registry
from seedbed.tracking.sqlite import lock_database
from seedbed.tracking.store import open_store, store_exists
from seedbed.tracking.uris import get_database, resolve_uri

ROOT = Path(__file__).resolve().parents[1]
NAME = "iris"
INTERRUPTED = 130


def main(words: list[str]) -> int:
    """Run the steps that are still to do, and return the exit code of the one that ended the demo."""
    interrupts: list[int] = []
    # The step at work gets Ctrl-C too, and ends by itself: a sweep closes its runs.
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))

    def run(step: list[str]) -> int:
        return INTERRUPTED if interrupts else subprocess.run([sys.executable, *step], cwd=ROOT).returncode

    try:
        with ExitStack() as turn:
            waited = False
            while not interrupts and (other := _find_other(turn)):
                waited = waited or not print(f"{other} is at work; waiting for its end.", file=sys.stderr)
                time.sleep(1)
            *before, serve = list_steps(words, *_read_state())
            code = next(filter(None, map(run, before)), 0)
        if code == 0 and (code := run(serve)) == BadInput.exit_code and _is_taken(words):
            code = run([*serve, "port=0"])
        return code
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _find_other(turn: ExitStack) -> str | None:
    """Return which other process makes what there is to serve; None once it is this demo's turn."""
    newest = find_newest_sweep(open_store(None), NAME) if store_exists(None) else None
    if newest and (owner := find_owner(newest.status, newest.tags)):
        return f"The sweep {newest.run_id[:8]} of {owner.words}"
    database = get_database(resolve_uri(None, Path.cwd()))
    try:
        if database and database.parent.is_dir():
            turn.enter_context(lock_database(database, "demo", patience=0))
    except sqlite3.OperationalError as error:
        # The first step says what else is wrong with this store.
        return "Another demo" if "locked" in str(error) else None
    return None


def _is_taken(words: list[str]) -> bool:
    """Say whether the usual port is taken, and no other one was typed."""
    try:
        socket.create_server(("127.0.0.1", Serve.port)).close()
    except OSError:
        return not any(word.startswith("port=") for word in words)
    return False


def _read_state() -> tuple[bool, str | None, bool]:
    """Return whether a model is marked best, the id of the newest sweep if that is unfinished, and if there is one."""
    if not store_exists(None):
        return False, None, False
    store = open_store(None)
    newest = find_newest_sweep(store, NAME)
    unfinished = newest.run_id if newest is not None and is_incomplete(newest) else None
    return Registry(store).get_champion(NAME) is not None, unfinished, newest is not None


def list_steps(
    words: list[str], best_is_marked: bool, unfinished: str | None = None, swept: bool = False
) -> list[list[str]]:
    """Return what follows `python` on each line to run.

    Parameters
    ----------
    words : for the page, such as `port=7861`.
    best_is_marked : whether there is a model to serve already; it is kept.
    unfinished : the id of a sweep to go on with.
    swept : whether there is a sweep, which is enough.
    """
    serve = ["-m", "serve", *words]
    resume = [f"resume={unfinished}"] if unfinished else []
    sweep = [["experiments/train.py", "-m", *resume]] if resume or not (best_is_marked or swept) else []
    choose = [] if best_is_marked else [["experiments/compare.py"], ["experiments/promote.py"]]
    return [*sweep, *choose, serve]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
