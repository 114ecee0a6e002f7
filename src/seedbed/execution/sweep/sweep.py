"""A sweep from its jobs to its end, on the side of the person who typed: light, and in charge."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from seedbed.config.naming import format_command, resolve_dataset_name
from seedbed.errors import NotDone, hide_secrets, join_names
from seedbed.execution.engines import local
from seedbed.execution.engines.engine import CellResult, Engine
from seedbed.execution.sweep.messages import ClosedSweep, Job, OpenSweep, SweepRequest
from seedbed.execution.sweep.progress import Progress
from seedbed.tracking.notices import say, say_if_slow
from seedbed.tracking.uris import announce_target, find_typed_uri, format_ui_hint

LIFECYCLE = "seedbed.execution.sweep.lifecycle"


@dataclass(eq=False)
class Sweep:
    """A sweep that is open."""

    opened: OpenSweep
    request: SweepRequest

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        # Removed with this object, or as the process ends.
        self._results = tempfile.TemporaryDirectory(prefix="seedbed-")
        self.target = replace(self.opened.target, results=self._results.name)
        # Those to run now, without repeated ones and those done already.
        self.jobs = [job for job in self.request.jobs if job.number in self.opened.candidates]
        self.runs = len(self.jobs) + self.opened.done  # done and to do
        self.failures = 0
        self.heartbeat: tuple[Any, Any] | None = None

    @classmethod
    def open(cls, request: SweepRequest, meanwhile: Callable[[], Any] = lambda: None) -> Sweep:
        """Check all jobs and open the parent run, doing something else meanwhile; raises as `lifecycle.open_sweep`."""
        say_if_slow("Checking all runs of the sweep before the first of them.")
        opened: OpenSweep = local.call(
            f"{LIFECYCLE}.open_sweep",
            request,
            undo=lambda opened: cls(opened, request).close("KILLED"),
            meanwhile=meanwhile,
        )
        counts = {"done already": opened.done, "repeated": opened.repeated}
        notes = (f"; {count} {what}" for what, count in counts.items() if count)
        announce_target(resolve_dataset_name(request.config.dataset), opened.target.uri)
        say(f"Sweep {opened.target.parent[:8]}: {opened.name}" + "".join(notes))
        if opened.notice:
            say(opened.notice)
        sweep = cls(opened, request)
        sweep.heartbeat = local.start_process("serve_heartbeat", opened.target)
        return sweep

    def extend(self, jobs: Sequence[Job]) -> None:
        """Take more jobs, as the ones to run now; none repeats an earlier one."""
        self.request = replace(self.request, jobs=(*self.request.jobs, *jobs))
        self.jobs = list(jobs)
        self.runs += len(jobs)

    @property
    def stretches(self) -> Iterator[tuple[int, list[list[str]]]]:
        """Yield the jobs to run in stretches of consecutive numbers, each by its first number."""
        for _, group in groupby(enumerate(self.jobs), lambda pair: pair[1].number - pair[0]):
            jobs = [job for _, job in group]
            yield jobs[0].number, [list(job.words) for job in jobs]

    def run(self, engine: Engine, max_failures: int | None, progress: bool = True) -> Iterator[CellResult]:
        """Run the jobs and yield what became of each; raises as the engine, and NotDone if too many runs failed."""
        shown = Progress(self.opened.candidates if progress else {}, self.opened.metric)
        engine.submit(self.opened.list_cells(self.jobs))
        try:
            for result in self._collect(engine):
                self.failures += result.metrics is None
                shown.note(result)
                yield result
                if max_failures is not None and self.failures > max_failures:
                    raise NotDone(f"Stopped: {self.failures} runs failed, more than max_failures={max_failures}.")
        finally:
            shown.close()

    def _collect(self, engine: Engine) -> Iterator[CellResult]:
        try:
            yield from engine.results()
        except NotDone as error:
            raise NotDone(f"{error} Once that is fixed: {self.continuation}") from error

    @property
    def continuation(self) -> str:
        """Return the command that runs what is missing."""
        if self.request.searched:
            return "a search cannot be resumed; start a new one."
        uri = find_typed_uri(self.target.uri)
        return f"continue with: {format_command('train -m', f'resume={self.target.parent[:8]}', uri=uri)}"

    def close(self, status: str = "FINISHED", trouble: str = "") -> str:
        """Close the parent run and return what to print.

        Parameters
        ----------
        trouble : why a run may be missing.

        Raises
        ------
        NotDone : some runs left no record, or another process owns the sweep by now.
        RunsFailed : some runs failed; the sweep itself is complete.
        """
        say_if_slow("Closing the sweep.")
        seconds = time.monotonic() - self.began
        splits = tuple({job.config.split: None for job in self.request.jobs})
        metric, searched = self.opened.metric, bool(self.request.searched)
        what = (splits, metric, self.runs, seconds, status, searched, self.request.baselines, self.request.config)
        try:
            closed: ClosedSweep = local.call(f"{LIFECYCLE}.close_sweep", self.target, self.request.owner, *what)
        finally:
            if self.heartbeat:
                self.heartbeat[0].terminate()
                self.heartbeat = None
        missing = self.runs - closed.finished - len(closed.failed)
        if missing > 0 and status == "FINISHED":
            why = trouble or "no reason was given"
            raise NotDone(f"{missing} of the runs could not be recorded ({why}); {self.continuation}")
        summary = self._summarize(closed, seconds)
        if closed.failed:
            raise RunsFailed(summary, closed.failed)
        return summary

    def _summarize(self, closed: ClosedSweep, seconds: float) -> str:
        target = self.target
        if self.request.config.output == "json":
            counts = {"finished": closed.finished, "failed": dict(closed.failed), "seconds": round(seconds, 3)}
            content = {"sweep": target.parent, "name": self.opened.name, "store": hide_secrets(target.uri), **counts}
            return json.dumps(content, indent=1, ensure_ascii=False)
        name, uri = resolve_dataset_name(self.request.config.dataset), find_typed_uri(target.uri)
        compare, promote = (f"`{format_command(verb, name=name, uri=uri)}`" for verb in ("compare", "promote"))
        return "\n".join(
            [
                f"{closed.finished} run{'s' * (closed.finished != 1)} FINISHED, {len(closed.failed)} FAILED, "
                f"in {seconds:.1f} s.",
                *(f"  {line}" for line in closed.top),
                *([f"Next: {compare} compares them, {promote} marks the best."] if closed.finished else []),
                format_ui_hint(target.uri, target.experiment, target.parent),
            ]
        )


class RunsFailed(NotDone):
    """Some runs of a sweep failed in fitting; each is recorded with its error."""

    def __init__(self, summary: str, failed: Sequence[tuple[str, str]]) -> None:
        by_error: dict[str, list[str]] = {}
        for name, error in failed:
            by_error.setdefault(error, []).append(name)
        lines = [f"  {len(names):>4} x {error} ({join_names(names, most=3)})" for error, names in by_error.items()]
        super().__init__("\n".join([f"{len(failed)} of the runs failed, each recorded as FAILED:", *lines]))
        self.summary, self.failed = summary, failed
