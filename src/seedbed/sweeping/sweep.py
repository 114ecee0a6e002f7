"""A sweep from its jobs to its end, on the side of the person who typed: light, and in charge."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seedbed.config import Train, checked
from seedbed.errors import NotDone
from seedbed.sweeping import pool
from seedbed.sweeping.compose import Job
from seedbed.sweeping.messages import PLACE, Begun, Cell, Ended
from seedbed.sweeping.progress import Progress, say
from seedbed.tracking.ui import ui_command
from seedbed.tracking.uris import resolve_uri


@dataclass
class Sweep:
    """A sweep that is open: its jobs, each candidate and seed once, and what came back so far."""

    begun: Begun
    configs: Sequence[Train]
    jobs: Sequence[Job]
    began: float = field(default_factory=time.monotonic)
    results: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def begin(cls, jobs: Sequence[Job], overrides: dict[str, str], typed_in: Path) -> Sweep:
        """Check all jobs and open the parent run.

        Raises
        ------
        BadInput : a cell that cannot run; nothing was recorded.
        """
        configs: list[Train] = [checked(job.config, Train, typed_in, resolve_uri) for job in jobs]
        begun: Begun = pool.call("begin", configs, overrides)
        kept = [place for place, cell in enumerate(begun.cells) if cell is not None]
        repeated = len(jobs) - len(kept)
        left_out = f"; {repeated} repeated ones left out" if repeated else ""
        say(f"Sweep {begun.place.parent[:8]}: {begun.name}{left_out}")
        return cls(begun, [configs[place] for place in kept], [jobs[place] for place in kept])

    @property
    def cells(self) -> list[Cell]:
        """Return the runs to do, one for each of `jobs`."""
        return [cell for cell in self.begun.cells if cell is not None]

    def run(self, n_jobs: int | None) -> None:
        """Do the runs with workers of our own."""
        assignments = [
            pool.Assignment(cell.number, cell.task, str(job.folder / ".hydra"), job.files)
            for job, cell in zip(self.jobs, self.cells, strict=True)
        ]
        progress = Progress({cell.number: cell.candidate for cell in self.cells})
        workers = pool.Pool(self.begun.place, n_jobs)
        try:
            for event in workers.run(assignments):
                if event[0] == "finished":
                    self.results[event[2]] = event[4]
                progress.note(event)
        finally:
            progress.close()
            workers.close()

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Let the processes of other launchers know where their runs go."""
        os.environ[PLACE] = self.begun.place.text()
        try:
            yield
        finally:
            del os.environ[PLACE]

    def finish(self, status: str = "FINISHED") -> str:
        """Close the parent run and return what to print.

        Raises
        ------
        RunsFailed : some runs failed; the sweep itself is complete.
        """
        seconds = time.monotonic() - self.began
        ended: Ended = pool.call("finish", self.begun.place, self.configs, self.results, seconds, status)
        if ended.failed:
            print(self._words(ended, seconds))
            raise RunsFailed(ended.failed)
        return self._words(ended, seconds)

    def _words(self, ended: Ended, seconds: float) -> str:
        place = self.begun.place
        return "\n".join(
            [
                f"{ended.finished} runs in {seconds:.1f} s; {ended.best or 'none finished'}.",
                "Next: `python experiments/promote.py` marks the best of this sweep.",
                ui_command(place.uri, place.experiment, place.parent),
            ]
        )


class RunsFailed(NotDone):
    """Some runs of a sweep failed in fitting; each is recorded with its error."""

    def __init__(self, failed: Sequence[tuple[str, str]]) -> None:
        lines = [f"  {name}: {error}" for name, error in failed]
        super().__init__("\n".join([f"{len(failed)} runs failed, each recorded as FAILED:", *lines]))
        self.failed = failed
