"""What the processes of a sweep do, once they have been forked from one that has imported all this."""

from __future__ import annotations

import gc
import pickle
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from threadpoolctl import threadpool_limits

from seedbed.errors import NotDone, SeedbedError
from seedbed.execution.run import FitFailed, Runner
from seedbed.execution.sweep.closing import finish, result_of
from seedbed.execution.sweep.messages import Place
from seedbed.execution.sweep.opening import begin, look, recall, runner_of
from seedbed.records.records import RunRecord
from seedbed.tracking.reader import get_run, read_run
from seedbed.tracking.store import gave_way

Message = tuple[Any, ...]
CALLS: dict[str, Callable[..., Any]] = {"recall": recall, "look": look, "begin": begin, "finish": finish}


def serve_call(connection: Connection, name: str, arguments: bytes) -> None:
    """Run one function for another process and send back its result, or the sentence of its error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if connection.poll():  # closed: the person gave up while this process was being made
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.send(_answer(name, arguments))


def _answer(name: str, arguments: bytes) -> Message:
    try:
        return (0, CALLS[name](*pickle.loads(arguments)))
    except SeedbedError as error:
        return (error.exit_code, str(error))
    except BaseException as error:
        sentence = gave_way(error)
        return (NotDone.exit_code, sentence) if sentence else (None, traceback.format_exc())


def serve_runs(connection: Connection, place: Place) -> None:
    """Do runs for another process until it closes the connection.

    Takes `(number, pickled task, left)`: `left` is this run's id where a process died over it. Sends
    `("started", number, run id)`, then `("finished", number, run id, metrics, what closing needs of it)`,
    `("failed", number, run id, error)` or, where the store is what failed, `("broken", sentence)`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Workers side by side already use every core.
    threadpool_limits(1)
    # Nobody listens any more where the connection breaks: the sweep was interrupted.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            runner = runner_of(place)
        except SeedbedError as error:
            connection.send(("broken", str(error)))
            return
        # What was imported is not looked through at every collection, and its pages stay shared.
        gc.freeze()
        while True:
            number, task, left = connection.recv()
            done = _done_before(runner, place, number, left) if left else None
            connection.send(done or _done(connection, number, runner, place, task))


def _done_before(runner: Runner, place: Place, number: int, run_id: str) -> Message | None:
    """Return the result of a run whose process died after it was FINISHED; else close it as KILLED."""
    store = runner.writer.store
    found = get_run(store, run_id)
    if found.status == "FINISHED":
        return _finished(number, run_id, read_run(store, run_id), place, found.start)
    runner.writer.end(run_id, "KILLED")
    return None


def _done(connection: Connection, number: int, runner: Runner, place: Place, task: bytes) -> Message:
    started: list[str] = []
    began = time.time_ns() // 1_000_000

    def on_start(run_id: str) -> None:
        started.append(run_id)
        connection.send(("started", number, run_id))

    try:
        run_id, record = runner.run(pickle.loads(task), on_start)
    except FitFailed as error:
        return ("failed", number, started[0] if started else None, str(error))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except NotDone as error:
        return ("broken", str(error))
    except Exception as error:
        if sentence := gave_way(error):
            return ("broken", sentence)
        traceback.print_exc()
        return ("failed", number, started[0] if started else None, f"{type(error).__name__}: {error}")
    return _finished(number, run_id, record, place, began)


def _finished(number: int, run_id: str, record: RunRecord, place: Place, start: int) -> Message:
    return ("finished", number, run_id, dict(record.metrics), result_of(run_id, record, place, start))
