"""What the processes of a sweep tell one another: plain values that need neither scikit-learn nor MLflow."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from seedbed.config import Dataset

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
class Cell:
    """A run that will be done: its place among the jobs, its name, candidate and pickled Task."""

    number: int
    name: str
    candidate: str
    task: bytes


@dataclass(frozen=True)
class Begun:
    """An open sweep; `cells` has None for a job that repeats an earlier one."""

    place: Place
    name: str
    dataset: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Ended:
    """A closed sweep: how many runs finished, name and error of those that failed, the best candidate in words."""

    finished: int
    failed: tuple[tuple[str, str], ...]
    best: str | None
