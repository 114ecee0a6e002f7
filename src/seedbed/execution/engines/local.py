"""Processes forked from one that has imported everything once; this side imports none of it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any

from seedbed.errors import BadInput, NotDone, SeedbedError
from seedbed.execution.sweep.messages import Place

_PRELOAD = "seedbed.execution.engines.preload"
_AHEAD = 2  # runs that a worker holds, so that it never waits for the next
_TRIES = 3
_MOMENT = 0.1  # seconds
_PATIENCE = 1.5  # seconds for a process that was interrupted in its work
# Read by the numeric libraries as they are imported, in the process that the others are forked from.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def context() -> ForkServerContext | SpawnContext:
    """Return the way in which processes start here: from a fork server where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload([_PRELOAD])
    return chosen


def workers_of(n_jobs: int | None) -> int:
    """Return how many workers there will be: one a core unless a number is given."""
    return n_jobs if n_jobs and n_jobs > 0 else os.cpu_count() or 1


def warm_up() -> None:
    """Start the process that imports everything, and do not wait for it."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing.forkserver import ensure_running

        for name in _ONE_THREAD:
            os.environ.setdefault(name, "1")
        context()
        ensure_running()


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while another process was at work; `result` is what that had done by then, None where nothing."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def call(name: str, *arguments: Any) -> Any:
    """Run a function of `work.CALLS` in a process of its own and return its result.

    Raises
    ------
    SeedbedError : the same sentence and exit code that the function's own had.
    Interrupted : with the function's result, so that it can be undone.
    """
    process, mine = _forked(_serve_call, name, pickle.dumps(arguments))
    try:
        code, result = _received(mine)
    except EOFError:
        raise NotDone(f"The process that should {name} the sweep died before it could.") from None
    finally:
        mine.close()
    process.join(1)
    if code == 0:
        return result
    if code is None:
        raise RuntimeError(result)
    raise {BadInput.exit_code: BadInput, NotDone.exit_code: NotDone}.get(code, SeedbedError)(result)


def _forked(target: Callable[..., None], *arguments: Any) -> tuple[Any, Connection]:
    """Start a process that gets one end of a new connection; return it and the other end.

    Raises
    ------
    NotDone : the fork server died again and again.
    """
    for tried in range(_TRIES):
        mine, theirs = multiprocessing.Pipe()
        process = context().Process(target=target, args=(theirs, *arguments), daemon=True)
        try:
            process.start()
            return process, mine
        except (EOFError, ConnectionError, FileNotFoundError):
            # The fork server died at this very moment; the next try starts another one, once this one is seen to be
            # dead. What it may still have forked finds its connection closed.
            mine.close()
            time.sleep(tried * _MOMENT)
        finally:
            theirs.close()
    raise NotDone("The process that a sweep's others are forked from died again and again.")


def _received(connection: Connection) -> Any:
    try:
        return connection.recv()
    except KeyboardInterrupt:
        # A process that starts only now finds the connection closed and does nothing.
        told = connection.recv() if connection.poll(_PATIENCE) else (None, None)
        raise Interrupted(told[1] if told[0] == 0 else None) from None


def _serve_call(connection: Connection, name: str, arguments: bytes) -> None:
    from seedbed.execution.engines.worker import serve_call

    serve_call(connection, name, arguments)


def _serve_runs(connection: Connection, place: Place) -> None:
    from seedbed.execution.engines.worker import serve_runs

    serve_runs(connection, place)


@dataclass
class Assignment:
    """A run on its way: what a worker needs for it, and what became of it so far."""

    number: int
    task: bytes
    run_id: str | None = None
    tries: int = 0

    def message(self) -> tuple[Any, ...]:
        """Return what a worker is sent."""
        return (self.number, self.task, self.run_id)


@dataclass
class _Worker:
    process: Any
    connection: Connection
    held: deque[Assignment] = field(default_factory=deque)


class Pool:
    """Workers that do a sweep's runs; one that dies is replaced and its run done again.

    A worker's death is seen by its own connection: its process handle also says "dead" where only the fork server died.
    """

    def __init__(self, place: Place, n_jobs: int | None) -> None:
        self._place = place
        self._n_jobs = workers_of(n_jobs)
        self._workers: list[_Worker] = []

    def run(self, assignments: Sequence[Assignment]) -> Iterator[tuple[Any, ...]]:
        """Do the runs and yield what the workers send, as it comes."""
        waiting = deque(assignments)
        for _ in range(min(self._n_jobs, len(waiting))):
            self._start()
        while waiting or any(worker.held for worker in self._workers):
            self._hand_out(waiting)
            yield from self._events(waiting)

    def close(self, patience: float = 0.0) -> None:
        """Let the workers go: those that do not end within `patience` seconds are terminated."""
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            worker.process.join(patience)
            if worker.process.is_alive():
                worker.process.terminate()
        self._workers.clear()

    def _start(self) -> None:
        self._workers.append(_Worker(*_forked(_serve_runs, self._place)))

    def _hand_out(self, waiting: deque[Assignment]) -> None:
        for worker in self._workers:
            while waiting and len(worker.held) < _AHEAD:
                assignment = waiting.popleft()
                worker.held.append(assignment)
                try:
                    worker.connection.send(assignment.message())
                except OSError:
                    return  # its death is met when its connection is read

    def _events(self, waiting: deque[Assignment]) -> Iterator[tuple[Any, ...]]:
        by_connection: dict[Any, _Worker] = {worker.connection: worker for worker in self._workers}
        for ready in wait(list(by_connection), timeout=1.0):
            worker = by_connection[ready]
            try:
                event = worker.connection.recv()
            except (EOFError, OSError):
                yield from self._replace(worker, waiting)
                continue
            if event[0] == "started":
                worker.held[0].run_id = event[2]
            elif event[0] in ("finished", "failed"):
                worker.held.popleft()
            yield event

    def _replace(self, worker: _Worker, waiting: deque[Assignment]) -> Iterator[tuple[Any, ...]]:
        self._workers.remove(worker)
        worker.connection.close()
        for place, assignment in enumerate(worker.held):
            assignment.tries += place == 0
        lost = list(worker.held)
        if lost and lost[0].tries >= _TRIES:
            given_up = lost.pop(0)
            yield ("failed", given_up.number, given_up.run_id, f"its process died {_TRIES} times")
        waiting.extendleft(reversed(lost))
        if waiting or lost:
            self._start()
