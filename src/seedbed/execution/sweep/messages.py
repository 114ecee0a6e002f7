"""What the processes of a sweep tell one another: plain values that need neither scikit-learn nor MLflow."""

from __future__ import annotations

from dataclasses import dataclass, field

from seedbed.config.schema import Train
from seedbed.execution.engines.engine import SweepTarget
from seedbed.tracking.owner import Owner


@dataclass(frozen=True)
class Job:
    """One combination of a sweep's values: its number, its overrides as text, and its checked config."""

    number: int
    words: tuple[str, ...]
    config: Train


@dataclass(frozen=True)
class SweepRequest:
    """A sweep to open or to resume: its jobs, and what to record of the grid.

    Attributes
    ----------
    words : the overrides of each axis, by key, as they were parsed.
    folder : Hydra's folder of the sweep.
    typed_in : the folder from which relative paths start.
    resumed : the parent run of the sweep to resume.
    store : the URI of the store in which that was found.
    forced : go on although data or code changed.
    searched : the keys of a search's space. Its candidates come one by one, so that what is missing is never known.
    owner : the process that conducts it.
    """

    jobs: tuple[Job, ...]
    words: dict[str, tuple[str, ...]]
    folder: str
    typed_in: str
    resumed: str | None = None
    store: str | None = None
    forced: bool = False
    searched: tuple[str, ...] = ()
    owner: Owner = field(default_factory=Owner.of_this_process)

    @property
    def config(self) -> Train:
        """Return the first job's config; table, store, metric and output are the same in all."""
        return self.jobs[0].config


@dataclass(frozen=True)
class OpenSweep:
    """A sweep that was opened.

    Attributes
    ----------
    candidates : of each job, None for one that repeats another job, or that is done already.
    repeated, done : how many of each.
    notice : what is to be known of the grid before its runs, empty if there is nothing.
    metric : the stored name of the one to choose by.
    """

    target: SweepTarget
    name: str
    candidates: tuple[str | None, ...]
    repeated: int
    done: int
    notice: str
    metric: str


@dataclass(frozen=True)
class ClosedSweep:
    """A closed sweep: how many runs finished, name and error of those that failed, the leaderboard's first lines."""

    finished: int
    failed: tuple[tuple[str, str], ...]
    top: tuple[str, ...]
