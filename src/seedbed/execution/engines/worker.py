"""What a process does for an engine: cells one after another, once all this was imported."""

from __future__ import annotations

import gc
import pickle
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

from threadpoolctl import threadpool_limits

from seedbed.config.candidate import ParamValue, format_param, shorten_key
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Train
from seedbed.data.table import Table, load_table
from seedbed.errors import BadInput, NotDone, SeedbedError, clip
from seedbed.estimators.neighbors import SharedSearch
from seedbed.execution.engines.engine import Cell, CellBatch, CellResult, SweepTarget
from seedbed.execution.run import Batch, FitFailed, Runner, prepare
from seedbed.records.records import Columns, RunRecord
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.owner import HEARTBEAT, make_heartbeat
from seedbed.tracking.provenance import Provenance
from seedbed.tracking.reader import Found, get_run
from seedbed.tracking.store import describe_store_failure, open_store
from seedbed.tracking.table_copies import load_recorded
from seedbed.tracking.writer import RunWriter, tag_run

_LONGEST_NAME = 200


def open_target(target: SweepTarget, table: Table | None = None) -> tuple[Table, RunWriter]:
    """Return a sweep's table, which may have been read before, and what writes into the sweep."""
    store = open_store(target.uri)
    if table is None or (table.dataset, table.record.digest) != (target.dataset, target.digest):
        table = load_recorded(store, target.experiment, target.dataset, target.digest)
    made_by = Provenance(target.commit, target.dirty)
    return table, RunWriter(store, target.experiment, made_by, table.record, target.parent)


class Worker:
    """Does cells of one sweep in this process: reads the table once, and keeps its writer."""

    def __init__(self, target: SweepTarget, table: Table | None = None) -> None:
        self._target = target
        self._runner = Runner.of(*open_target(target, table), keeps_models=target.keeps_models, trust=target.trust)
        self._results = Path(target.results, uuid4().hex)
        self._open_batch = lru_cache(1)(lambda batch: Batch(SharedSearch(batch.ks)))  # the one that it is at

    def run(
        self, config: Train, on_start: Callable[[str], None] = lambda run_id: None, batch: CellBatch | None = None
    ) -> tuple[str, RunRecord]:
        """Do one run and return its id and record; raises as `prepare` and `Runner.run`."""
        task = prepare(config, self._runner.table)
        task = replace(task, name=name_run(task.params, self._target.varying) or task.name)
        start = time.time_ns() // 1_000_000
        run_id, record = self._runner.run(task, on_start, self._open_batch(batch) if batch else None)
        self._keep(run_id, record, start)
        return run_id, record

    def do(self, cell: Cell, on_start: Callable[[str], None], left: str | None = None) -> CellResult:
        """Do a cell and return what became of it; `left` is the id of its run if a process died over that.

        Raises
        ------
        BadInput : a config that cannot run; nothing was recorded.
        NotDone : the store or the disk failed.
        """
        try:
            metrics = self._recover(left) if left else None
            if metrics is None:
                record = self.run(cell.config, on_start, cell.batch)[1]
                metrics = {**record.metrics, **record.timings}
        except FitFailed as error:
            return CellResult(cell.number, None, str(error))
        except (SeedbedError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:
            if sentence := describe_store_failure(error):
                raise NotDone(sentence) from error
            traceback.print_exc()
            return CellResult(cell.number, None, f"{type(error).__name__}: {error}")
        return CellResult(cell.number, dict(metrics))

    def _recover(self, run_id: str) -> Mapping[str, float] | None:
        """Return the metrics of a run whose process died after it was FINISHED; else close it as KILLED."""
        found = get_run(self._runner.writer.store, run_id)
        if found.status == "FINISHED":
            return found.metrics
        self._runner.writer.end(run_id, "KILLED")
        return None

    def _keep(self, run_id: str, record: RunRecord, start: int) -> None:
        """Keep what closing the sweep needs of a run, so that the store is not asked for it again."""
        if not self._results.parent.is_dir():  # on another machine
            return
        found = Found(
            run_id=run_id,
            experiment=self._target.experiment,
            name=record.name,
            status="FINISHED",
            kind=Kind.RUN,
            start=start,
            end=None,
            parent=self._target.parent,
            params=record.params,
            metrics={**record.metrics, **record.timings},
            tags={str(Tags.CANDIDATE): record.candidate},
        )
        with self._results.open("ab") as file:
            pickle.dump((found, record.columns), file)


def name_run(params: Mapping[str, ParamValue], varying: Sequence[str]) -> str:
    """Return a run's name: what varies, by the shortest names that tell the keys apart."""
    short = {key: shorten_key(key) for key in varying if key in params}
    twice = {name for name, count in Counter(short.values()).items() if count > 1}
    name = " ".join(f"{key if short[key] in twice else short[key]}={format_param(params[key], key)}" for key in short)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def read_results(folder: Path) -> Iterator[tuple[Found, Columns]]:
    """Yield what workers kept of their runs; what one was writing as it was killed is left out."""
    for path in folder.iterdir():
        with path.open("rb") as file, suppress(EOFError, pickle.UnpicklingError):
            while True:
                yield pickle.load(file)


def run_job(config: Train, target: str) -> str:
    """Do one run of a sweep, whose target is text, in a process of another launcher of Hydra's; return its id.

    Raises
    ------
    FitFailed : kept as FAILED with its error.
    NotDone : anything else; as an error of ours it gets through between any two processes.
    """
    try:
        return _open_worker(target).run(config)[0]
    except SeedbedError:
        raise
    except Exception as error:
        raise NotDone(f"{type(error).__name__}: {clip(error)}") from error


@cache
def _open_worker(target: str) -> Worker:
    threadpool_limits(1)
    return Worker(SweepTarget.from_text(target))


def serve_call(connection: Connection, function: str, arguments: tuple[Any, ...]) -> None:
    """Run one function for another process and send back its result, or an error with its sentence."""
    if connection.poll():  # closed: the caller gave up while this process was being made
        return
    module, _, name = function.rpartition(".")
    try:
        answer = getattr(import_module(module), name)(*arguments)
    except BaseException as error:
        answer = _simplify(error)
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.send(answer)


def serve_cells(
    connection: Connection, target: SweepTarget | None, store: str = "", dataset: Dataset | None = None
) -> None:
    """Do cells for another process until it closes the connection.

    Without a target, store and table are got ready until it comes by the connection. Then takes `(cell, left)`, as
    `Worker.do` does. Sends the id of a run that starts and the CellResult of one that ends, or the error that stops the
    sweep.
    """
    # Workers side by side already use every core.
    threadpool_limits(1)
    # The other side is gone if the connection breaks: the sweep was interrupted.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            table = _prepare_table(store, dataset) if dataset else None
            worker = Worker(target or connection.recv(), table)
            # What was imported is not looked through at every collection, and its pages stay shared.
            gc.freeze()
            while True:
                cell, left = connection.recv()
                connection.send(worker.do(cell, connection.send, left))
        except SeedbedError as error:
            connection.send(_simplify(error))


def _prepare_table(store: str, dataset: Dataset) -> Table | None:
    table = None
    with suppress(Exception):  # what is wrong with them is said by what opens the sweep
        table = load_table(dataset)
        open_store(store)  # a new one is being made
    return table


def serve_heartbeat(connection: Connection, target: SweepTarget, every: float = HEARTBEAT) -> None:
    """Tag a sweep with a sign of its owner's life every so many seconds until the owner closes the connection."""
    signal.signal(getattr(signal, "SIGTSTP", signal.SIGINT), signal.SIG_IGN)  # a sweep that pauses is not given up
    while not connection.poll(every):
        with suppress(Exception):  # the store is away; perhaps it is back the next time
            tag_run(open_store(target.uri), target.parent, make_heartbeat())


def _simplify(error: BaseException) -> Exception:
    """Return an error with the same sentence that any process can read."""
    if isinstance(error, SeedbedError):
        return (BadInput if isinstance(error, BadInput) else NotDone)(str(error))
    sentence = describe_store_failure(error)
    return NotDone(sentence) if sentence else RuntimeError(traceback.format_exc())
