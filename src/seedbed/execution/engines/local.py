"""The engine of one machine: processes forked from one that has imported everything once; this side imports nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any

from seedbed.config.dataset import Dataset
from seedbed.errors import BadValue, NotDone
from seedbed.execution.engines.engine import Cell, CellBatch, CellResult, Engine, SweepTarget

_PRELOAD = "seedbed.execution.engines.preload"
_WORKER = "seedbed.execution.engines.worker"
_AHEAD = 2  # cells that a worker holds, so that it never waits for the next
_TRIES = 3
_MOMENT = 0.1  # seconds
_PATIENCE = 1.5  # seconds for a process that was interrupted in its work
_LONGEST_FOLDER = 70  # bytes; the path of a socket in it may have 107
_SHARE = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds of all cores together in a period
_ONE_A_CORE = -1  # joblib's word for it
# Read by the numeric libraries as they are imported, in the process that the others are forked from.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def choose_context() -> ForkServerContext | SpawnContext:
    """Return the way in which processes start here: from a fork server if there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload([_PRELOAD])
    # What pdb or exec has made of the main module lacks this, which multiprocessing reads.
    vars(sys.modules["__main__"]).setdefault("__spec__", None)
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        before, tempfile.tempdir = tempfile.tempdir, "/tmp"
        with suppress(OSError):
            get_temp_dir()  # multiprocessing keeps to it
        tempfile.tempdir = before
    return chosen


def warm_up() -> None:
    """Start the process that imports everything, and do not wait for it."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import resource_tracker
        from multiprocessing.forkserver import ensure_running

        for name in _ONE_THREAD:
            os.environ.setdefault(name, "1")
        choose_context()
        resource_tracker.ensure_running()  # else started below, where it would let Ctrl-C through again
        # Ctrl-C is for this process, and comes a moment later; what starts here never gets it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def count_cores() -> int:
    """Return how many cores this process may use: those it is bound to, and no more than its container's share."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no container, or one without a limit
        share, period = map(int, _SHARE.read_text().split())
        cores = min(cores, max(1, share // period))
    return cores


def call(
    function: str,
    *arguments: Any,
    undo: Callable[[Any], Any] = lambda result: None,
    meanwhile: Callable[[], Any] = lambda: None,
) -> Any:
    """Run a function, by its dotted name, in a process of its own and return its result.

    Parameters
    ----------
    undo : what to do with the result after Ctrl-C.
    meanwhile : what to do here while that process is at work.

    Raises
    ------
    BadInput, NotDone : with the sentence that the function's own error had.
    """
    process, connection = start_process("serve_call", function, arguments)
    try:
        meanwhile()
        answer = connection.recv()
    except KeyboardInterrupt:
        # A process that starts only now finds the connection closed and does nothing.
        with suppress(EOFError):
            if connection.poll(_PATIENCE) and not isinstance(answer := connection.recv(), Exception):
                undo(answer)
        raise
    except EOFError:
        raise NotDone(f"The process for {function.rpartition('.')[2]} was killed before it was done.") from None
    finally:
        connection.close()
    process.join(1)
    if isinstance(answer, Exception):
        raise answer
    return answer


def start_process(function: str, *arguments: Any) -> tuple[Any, Connection]:
    """Start a process on a function of the worker's; return it and the end of a connection that it has the other of.

    It ends once that connection is closed, if only because this process died.

    Raises
    ------
    NotDone : the fork server crashed again and again.
    """
    for tried in range(_TRIES):
        mine, theirs = multiprocessing.Pipe()
        process = choose_context().Process(target=_enter, args=(theirs, function, *arguments), daemon=True)
        try:
            warm_up()
            process.start()
            return process, mine
        except (EOFError, ConnectionError, FileNotFoundError):
            # The fork server died at this very moment; the next try starts another one, once this one is seen to be
            # dead. What it may still have forked finds its connection closed.
            mine.close()
            time.sleep(tried * _MOMENT)
        finally:
            theirs.close()
    raise NotDone(f"The fork server crashed {_TRIES} times; giving up.")


def _enter(connection: Connection, function: str, *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    getattr(import_module(_WORKER), function)(connection, *arguments)


@dataclass
class _Assignment:
    """A cell on its way, the run that it has by now, and how many processes died over it."""

    cell: Cell
    run_id: str | None = None
    deaths: int = 0


@dataclass
class _Process:
    process: Any
    connection: Connection
    held: deque[_Assignment] = field(default_factory=deque)
    batch: CellBatch | None = None  # of the last cell that it was given


class LocalEngine(Engine):
    """Processes of this machine; one that dies is replaced and its cell done again.

    A process's death is seen by its connection: its handle also says "dead" if only the fork server died.

    Parameters
    ----------
    n_jobs : how many processes; None or -1 for one a core. BadValue for another number.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        if n_jobs is not None and n_jobs < 1 and n_jobs != _ONE_A_CORE:
            raise BadValue("hydra.launcher.n_jobs", n_jobs, "an integer of at least 1, or null: one a core")
        self.workers = n_jobs if n_jobs and n_jobs > 0 else count_cores()
        self._target: SweepTarget | None = None
        self._waiting: deque[_Assignment] = deque()
        self._processes: list[_Process] = []

    def prepare(self, store: str, dataset: Dataset, cells: int) -> None:
        """Start processes that open the store and read the table while the sweep itself is being opened."""
        for _ in range(min(self.workers, cells)):
            self._processes.append(_Process(*start_process("serve_cells", None, store, dataset)))

    def start(self, target: SweepTarget) -> None:
        """Take the sweep; processes that are not there yet start as there are cells."""
        self._target = target
        for process in self._processes:
            with suppress(OSError):  # its death is met when its connection is read
                process.connection.send(target)

    def submit(self, cells: Sequence[Cell]) -> None:
        """Take cells to do."""
        self._waiting.extend(map(_Assignment, cells))

    def results(self) -> Iterator[CellResult]:
        """Do the cells and yield what became of each."""
        for _ in range(min(self.workers, len(self._waiting)) - len(self._processes)):
            self._start_process()
        while self._waiting or any(process.held for process in self._processes):
            self._hand_out()
            yield from self._collect()

    def close(self, patience: float) -> None:
        """Let the processes go: those that do not end within `patience` seconds are terminated."""
        for process in self._processes:
            process.connection.close()
        for process in self._processes:
            process.process.join(patience)
            if process.process.is_alive():
                process.process.terminate()
        self._processes.clear()

    def _start_process(self) -> None:
        self._processes.append(_Process(*start_process("serve_cells", self._target)))

    def _hand_out(self) -> None:
        for process in self._processes:
            while len(process.held) < _AHEAD and (assignment := self._take(process)):
                process.held.append(assignment)
                try:
                    process.connection.send((assignment.cell, assignment.run_id))
                except OSError:
                    return  # its death is met when its connection is read

    def _take(self, process: _Process) -> _Assignment | None:
        """Return the next cell, None if all that wait are of batches of other processes."""
        others = {other.batch for other in self._processes if other is not process} - {None}
        found = next((one for one in self._waiting if one.cell.batch not in others), None)
        if found:
            self._waiting.remove(found)
            process.batch = found.cell.batch
        return found

    def _collect(self) -> Iterator[CellResult]:
        by_connection: dict[Any, _Process] = {process.connection: process for process in self._processes}
        for ready in wait(list(by_connection), timeout=1.0):
            process = by_connection[ready]
            try:
                answer = process.connection.recv()
            except (EOFError, OSError):
                yield from self._replace(process)
                continue
            match answer:
                case str(run_id):
                    process.held[0].run_id = run_id
                case CellResult():
                    process.held.popleft()
                    yield answer
                case Exception():
                    raise answer

    def _replace(self, process: _Process) -> Iterator[CellResult]:
        self._processes.remove(process)
        process.connection.close()
        lost = process.held
        if lost:
            lost[0].deaths += 1
            if lost[0].deaths >= _TRIES:
                given_up = lost.popleft()
                yield CellResult(given_up.cell.number, None, f"its process died {_TRIES} times")
        self._waiting.extendleft(reversed(lost))
        if self._waiting:
            self._start_process()
