"""What the processes of a sweep tell one another: plain values that need neither scikit-learn nor MLflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seedbed.config.schema import Train
from seedbed.execution.engines.engine import Cell, CellBatch, SweepTarget
from seedbed.tracking.owner import Owner


@dataclass(frozen=True)
class Job:
    """One combination of a sweep's values: its number, its overrides as text, and its checked config."""

    number: int
    words: tuple[str, ...]
    config: Train


@dataclass(frozen=True)
class SweepRequest:
    """A sweep to open or to resume: its jobs, what to record of the grid, and the process that conducts it."""

    jobs: tuple[Job, ...]
    words: Mapping[str, tuple[str, ...]]  # the overrides of each axis, by key, as they were parsed
    folder: str  # Hydra's, of the sweep
    typed_in: str  # the folder from which relative paths start
    resumed: str | None = None  # the parent run of the sweep to resume
    store: str | None = None  # the URI of the store in which that was found
    forced: bool = False  # go on although data or code changed
    # The keys of a search's space. Its candidates come one by one, so that what is missing is never known.
    searched: tuple[str, ...] = ()
    planned: int = 0  # how many runs a search will have, if none repeats another
    # Of several estimators, the overrides of each one's own axes, by the override that chooses it.
    families: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    baselines: tuple[str, ...] | None = None  # None: those that suit the table
    owner: Owner = field(default_factory=Owner.of_this_process)

    @property
    def config(self) -> Train:
        """Return the first job's config; table, store, metric and output are the same in all."""
        return self.jobs[0].config


@dataclass(frozen=True)
class OpenSweep:
    """A sweep that was opened."""

    target: SweepTarget
    name: str
    candidates: Mapping[int, str]  # by number, of the jobs that neither repeat another one nor are done already
    repeated: int
    done: int
    notice: str  # what is to be known of the grid before its runs, empty if there is nothing
    metric: str  # the stored name of the one to choose by
    batches: Mapping[int, CellBatch] = field(default_factory=dict)  # of the jobs that share a search, by number

    def list_cells(self, jobs: Iterable[Job]) -> list[Cell]:
        """Return what an engine is given: the cells of the jobs, those of a batch together."""
        cells = [Cell(job.number, job.config, self.batches.get(job.number)) for job in jobs]
        return sorted(cells, key=lambda cell: cell.batch.number if cell.batch else cell.number)


@dataclass(frozen=True)
class ClosedSweep:
    """A closed sweep: how many runs finished, name and error of those that failed, the leaderboard's first lines."""

    finished: int
    failed: tuple[tuple[str, str], ...]
    top: tuple[str, ...]
