"""What the processes of a sweep tell one another: plain values that need neither scikit-learn nor MLflow."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from seedbed.config.schema import Dataset, Train

PLACE = "SEEDBED_SWEEP"  # the variable by which other launchers' processes learn where their runs go


@dataclass(frozen=True)
class Place:
    """Where a sweep's runs go; enough for a process of its own to write there.

    Attributes
    ----------
    varying : the params that name a run.
    commit, dirty : the state of the checkout as the sweep began.
    """

    uri: str
    experiment: str
    parent: str
    dataset: Dataset
    varying: tuple[str, ...]
    commit: str
    dirty: str

    def text(self) -> str:
        """Return this as text, for an environment variable."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Place:
        """Return what `text` gave."""
        content = json.loads(text)
        dataset = Dataset(**content.pop("dataset"))
        return cls(dataset=dataset, varying=tuple(content.pop("varying")), **content)


@dataclass(frozen=True)
class Recorded:
    """A sweep that was begun before.

    Attributes
    ----------
    words : the overrides of each axis, by key, as they were parsed.
    jobs : how many jobs it numbered so far.
    folder : Hydra's folder of the sweep.
    typed_in : the folder from which relative paths start.
    """

    parent: str
    name: str
    words: dict[str, tuple[str, ...]]
    jobs: int
    folder: str
    typed_in: str


@dataclass(frozen=True)
class Job:
    """One combination of a sweep's values: its number, its overrides as text, and its checked config."""

    number: int
    words: tuple[str, ...]
    config: Train


@dataclass(frozen=True)
class Wanted:
    """A sweep to begin or to go on with: its jobs, and what to record of the grid.

    Attributes
    ----------
    forced : go on although data or code changed.
    searched : the keys of a search's space. Its candidates are asked for one by one: nobody knows what is missing.
    """

    jobs: tuple[Job, ...]
    words: dict[str, tuple[str, ...]]
    folder: str
    typed_in: str
    resumed: Recorded | None = None
    forced: bool = False
    searched: tuple[str, ...] = ()

    @property
    def configs(self) -> tuple[Train, ...]:
        """Return the config of each job."""
        return tuple(job.config for job in self.jobs)


@dataclass(frozen=True)
class Cell:
    """A run that will be done: its place among the jobs, its name, candidate and pickled Task."""

    number: int
    name: str
    candidate: str
    task: bytes


@dataclass(frozen=True)
class Begun:
    """An open sweep.

    Attributes
    ----------
    cells : one for each job; None for one that repeats another job, or that is done already.
    repeated, done : how many of each.
    notice : what a person should know of the grid before its runs, empty where there is nothing.
    """

    place: Place
    name: str
    cells: tuple[Cell | None, ...]
    repeated: int
    done: int
    notice: str


@dataclass(frozen=True)
class Outlook:
    """What a sweep would do.

    Attributes
    ----------
    seconds, megabytes : what one run costs, measured by doing one and keeping none of it.
    notice : what a person should know of the grid before its runs, empty where there is nothing.
    """

    runs: int
    repeated: int
    done: int
    first: str
    last: str
    seconds: float
    megabytes: float
    notice: str


@dataclass(frozen=True)
class Ended:
    """A closed sweep: how many runs finished, name and error of those that failed, the leaderboard's first lines."""

    finished: int
    failed: tuple[tuple[str, str], ...]
    top: tuple[str, ...]
