"""A sweep from its jobs to its end, on the side of the person who typed: light, and in charge."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby

from seedbed.config.naming import resolve_dataset_name
from seedbed.config.overrides import format_name_override
from seedbed.errors import NotDone, join_names
from seedbed.execution.engines import local
from seedbed.execution.sweep.messages import PLACE, Begun, Cell, Ended, Job, Wanted
from seedbed.execution.sweep.progress import Progress, say
from seedbed.tracking.ui import ui_command

_PATIENCE = 1.0  # seconds for the runs under way, where a sweep stops before its end


@dataclass
class Sweep:
    """A sweep that is open: its jobs and what came back so far.

    Attributes
    ----------
    results, metrics : what closing needs by run id, and metrics by the job's number, of the runs that finished.
    before : how many runs there were when the sweep was extended.
    """

    begun: Begun
    wanted: Wanted
    began: float = field(default_factory=time.monotonic)
    results: dict[str, bytes] = field(default_factory=dict)
    metrics: dict[int, Mapping[str, float]] = field(default_factory=dict)
    before: int = 0

    @classmethod
    def begin(cls, wanted: Wanted) -> Sweep:
        """Check all jobs and open the parent run.

        Raises
        ------
        BadInput : a cell that cannot run; nothing was recorded.
        NotDone : the store is away; data or code changed since the resumed sweep began.
        """
        try:
            begun: Begun = local.call("begin", wanted)
        except local.Interrupted as error:
            if error.result is not None:
                cls(error.result, wanted).finish("KILLED")
            raise
        counts = {"done already": begun.done, "repeated": begun.repeated}
        notes = (f"; {count} {what}" for what, count in counts.items() if count)
        say(f"Sweep {begun.place.parent[:8]}: {begun.name}" + "".join(notes))
        if begun.notice:
            say(begun.notice)
        return cls(begun, wanted)

    def extended(self, wanted: Wanted) -> Sweep:
        """Return this sweep with more jobs, of which only the new ones are still to do.

        Raises
        ------
        BadInput, NotDone : as `begin`.
        """
        begun: Begun = local.call("begin", wanted)
        old = len(self.wanted.jobs)
        cells = (*[None] * old, *begun.cells[old:])
        return replace(self, begun=replace(begun, cells=cells, done=0), wanted=wanted, before=self.runs)

    @property
    def runs(self) -> int:
        """Return how many runs there are, done and to do."""
        return self.before + len(self.cells) + self.begun.done

    @property
    def cells(self) -> list[Cell]:
        """Return the runs to do."""
        return [cell for cell in self.begun.cells if cell is not None]

    @property
    def jobs(self) -> list[Job]:
        """Return the jobs of these runs."""
        return [job for job, cell in zip(self.wanted.jobs, self.begun.cells, strict=True) if cell is not None]

    @property
    def stretches(self) -> Iterator[tuple[int, list[list[str]]]]:
        """Yield the jobs of these runs in stretches of consecutive numbers, each by its first number."""
        for _, group in groupby(enumerate(self.jobs), lambda pair: pair[1].number - pair[0]):
            jobs = [job for _, job in group]
            yield jobs[0].number, [list(job.words) for job in jobs]

    def run(self, n_jobs: int | None, max_failures: int | None, shown: bool = True) -> int:
        """Do the runs with workers of our own and return how many failed.

        Raises
        ------
        TooManyFailures : more runs failed than one wanted to see.
        NotDone : the store or the disk gave way.
        """
        assignments = [local.Assignment(cell.number, cell.task) for cell in self.cells]
        progress = Progress({cell.number: cell.candidate for cell in self.cells}, shown)
        workers = local.Pool(self.begun.place, n_jobs)
        patience = _PATIENCE
        try:
            for event in workers.run(assignments):
                self._take(event, progress, max_failures)
            patience = 0.0
        finally:
            progress.close()
            workers.close(patience)
        return progress.failures

    def _take(self, event: tuple[object, ...], progress: Progress, max_failures: int | None) -> None:
        progress.note(event)
        match event:
            case ("finished", int(number), str(run_id), dict(metrics), bytes(result)):
                self.results[run_id], self.metrics[number] = result, metrics
            case ("broken", str(sentence)):
                raise NotDone(f"{sentence} Once that is mended: {self.how_to_go_on()}")
        if max_failures is not None and progress.failures > max_failures:
            raise TooManyFailures(progress.failures, max_failures)

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Let the processes of other launchers know where their runs go."""
        os.environ[PLACE] = self.begun.place.text()
        try:
            yield
        finally:
            del os.environ[PLACE]

    def how_to_go_on(self) -> str:
        """Return the words that finish what is missing."""
        if self.wanted.searched:
            return "a search does not go on where it stopped; start it anew."
        return f"go on with: python experiments/train.py -m resume={self.begun.place.parent[:8]}"

    def finish(self, status: str = "FINISHED", trouble: str = "") -> str:
        """Close the parent run and return what to print.

        Parameters
        ----------
        trouble : why a run may be missing.

        Raises
        ------
        RunsMissing : some runs left no record.
        RunsFailed : some runs failed; the sweep itself is complete.
        """
        seconds = time.monotonic() - self.began
        runs = self.runs
        place, configs = self.begun.place, self.wanted.configs
        ended: Ended = local.call("finish", place, configs, runs, self.results, seconds, status)
        missing = runs - ended.finished - len(ended.failed)
        if missing > 0 and status == "FINISHED":
            raise RunsMissing(missing, trouble, self.how_to_go_on())
        words = self._words(ended, seconds)
        if ended.failed:
            raise RunsFailed(words, ended.failed)
        return words

    def _next(self) -> str:
        name = format_name_override(resolve_dataset_name(self.wanted.configs[0].dataset))
        compare, promote = (f"`python experiments/{verb}.py{name}`" for verb in ("compare", "promote"))
        return f"Next: {compare} compares them, {promote} marks the best."

    def _words(self, ended: Ended, seconds: float) -> str:
        place = self.begun.place
        if self.wanted.configs[0].output == "json":
            counts = {"finished": ended.finished, "failed": dict(ended.failed), "seconds": round(seconds, 3)}
            content = {"sweep": place.parent, "name": self.begun.name, "store": place.uri, **counts}
            return json.dumps(content, indent=1, ensure_ascii=False)
        return "\n".join(
            [
                f"{ended.finished} run{'s' * (ended.finished != 1)} FINISHED, {len(ended.failed)} FAILED, "
                f"in {seconds:.1f} s.",
                *(f"  {line}" for line in ended.top),
                *([self._next()] if ended.finished else []),
                ui_command(place.uri, place.experiment, place.parent),
            ]
        )


class RunsFailed(NotDone):
    """Some runs of a sweep failed in fitting; each is recorded with its error."""

    def __init__(self, words: str, failed: Sequence[tuple[str, str]]) -> None:
        by_error: dict[str, list[str]] = {}
        for name, error in failed:
            by_error.setdefault(error, []).append(name)
        lines = [f"  {len(names):>4} x {error} ({join_names(names, most=3)})" for error, names in by_error.items()]
        super().__init__("\n".join([f"{len(failed)} of the runs failed, each recorded as FAILED:", *lines]))
        self.words, self.failed = words, failed


class RunsMissing(NotDone):
    """Some jobs of another launcher ended without a record of their runs."""

    def __init__(self, missing: int, trouble: str, how_to_go_on: str) -> None:
        super().__init__(
            f"{missing} of the runs could not be recorded ({trouble or 'nothing says why'}); {how_to_go_on}"
        )
        self.missing, self.trouble = missing, trouble


class TooManyFailures(NotDone):
    """A sweep was given up because of its failures."""

    def __init__(self, failures: int, most: int) -> None:
        super().__init__(f"Stopped: {failures} runs failed, more than max_failures={most}.")
        self.failures, self.most = failures, most
