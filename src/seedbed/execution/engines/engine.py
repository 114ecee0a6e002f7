"""What every engine keeps to: cells come in, what became of each goes out."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Train

TARGET_VARIABLE = "SEEDBED_SWEEP"  # by which processes of other launchers learn where their runs go
_PATIENCE = 1.0  # seconds for the runs under way if a sweep stops before its end


@dataclass(frozen=True)
class SweepTarget:
    """Where a sweep's runs go; enough for a process of its own to write there."""

    uri: str
    experiment: str
    parent: str
    dataset: Dataset
    varying: tuple[str, ...]  # the params that name a run
    commit: str  # of the checkout as the sweep began
    dirty: str
    digest: str = ""  # of its table
    keeps_models: bool = True
    trust: tuple[str, ...] = ()
    results: str = ""  # a folder for what closing the sweep needs of each run; else that is read from the store

    def to_text(self) -> str:
        """Return this as text, for an environment variable."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> SweepTarget:
        """Return what `to_text` gave."""
        content = json.loads(text)
        dataset = Dataset(**content.pop("dataset"))
        content |= {name: tuple(content[name]) for name in ("varying", "trust")}
        return cls(dataset=dataset, **content)


@dataclass(frozen=True)
class CellBatch:
    """Cells on one split that differ in n_neighbors alone, for which one process searches once."""

    number: int  # of the first of them
    ks: tuple[int, ...]  # their values of n_neighbors


@dataclass(frozen=True)
class Cell:
    """A run to do: its number in the sweep, its config, and the batch that it belongs to, if it does."""

    number: int
    config: Train
    batch: CellBatch | None = None


@dataclass(frozen=True)
class CellResult:
    """What became of a cell; a run that failed has an error and no metrics."""

    number: int
    metrics: Mapping[str, float] | None
    error: str = ""


class Engine(AbstractContextManager["Engine"]):
    """Does a sweep's cells, in processes of its own.

    A sweep may call `prepare`. It calls `start` once, then `submit` and `results` once a batch (a search has many
    batches), and `close` at the end, however that comes; all of it from one thread.

    What an engine may assume: every cell is a different run of one table, in any order, though those of a batch, which
    come together, are cheap only in one process, one after another; a `Worker` of the target does cells one after
    another in whichever process makes it, and needs only the store, the table, and `results` of the target if that
    folder is there; metrics are small, and predictions never come this way.

    What it owes: `results` gives back each cell once, as it ends. A cell whose process died is done again, after the
    run that this process left was closed (or taken as it is, if it had been FINISHED), and is given back as failed
    after three deaths. What a cell raises is its result; what stops the whole sweep (the store, the disk, a cell that
    cannot run) is raised by `results` as a SeedbedError.
    """

    workers: int  # how many cells are done at a time

    def prepare(self, store: str, dataset: Dataset, cells: int) -> None:
        """Get ready for so many cells while the sweep itself is being opened; an engine need not."""

    @abstractmethod
    def start(self, target: SweepTarget) -> None:
        """Take the sweep that the cells belong to."""

    @abstractmethod
    def submit(self, cells: Sequence[Cell]) -> None:
        """Take cells to do, and do not wait for them."""

    @abstractmethod
    def results(self) -> Iterator[CellResult]:
        """Yield what became of each cell that was submitted, as it ends; raise what stops the sweep."""

    @abstractmethod
    def close(self, patience: float) -> None:
        """Let all processes go; what is still under way has `patience` seconds to end."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(0.0 if kind is None else _PATIENCE)
