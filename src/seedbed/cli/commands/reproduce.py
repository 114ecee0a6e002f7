"""Do a recorded run again and say whether it is identical."""

from __future__ import annotations

import json
from dataclasses import dataclass

from seedbed.config.naming import resolve_dataset_name
from seedbed.config.schema import Reproduce
from seedbed.errors import BadInput, NotDone, UnknownName
from seedbed.execution.reproduction import Reproduction, reproduce_run
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import Found, find_run
from seedbed.tracking.store import open_store
from seedbed.tracking.uris import announce_target

_SHOWN = 12  # differences


class NotIdentical(NotDone):
    """A run that was done again left other numbers."""


@dataclass(frozen=True)
class Reproduced:
    """A recorded run, what doing it again said, and how to say it."""

    run: Found
    done: Reproduction
    output: str

    @property
    def identical(self) -> bool:
        """Whether every number is as it was."""
        return not self.done.differences

    def summary(self) -> str:
        """Return "identical" or what differs, and what else changed since; or the same as JSON."""
        done, run = self.done, _describe(self.run)
        if self.output == "json":
            content = {"run": self.run.run_id, "name": self.run.name, "identical": self.identical}
            found = {"compared": done.compared, "differences": done.differences, "changes": done.changes}
            return json.dumps({**content, **found}, indent=1, ensure_ascii=False)
        if self.identical:
            return "\n".join([f"{run}: identical: {done.compared}.", *done.changes])
        if done.compared == "nothing":
            return "\n".join([f"{run}: cannot be compared.", *done.differences, *done.changes])
        lines = [f"  {difference}" for difference in done.differences[:_SHOWN]]
        if (more := len(done.differences) - _SHOWN) > 0:
            lines.append(f"  and {more} more, see output=json")
        return "\n".join([f"{run}: not identical; as recorded and as it is now:", *lines, *done.changes])

    def require_identical(self) -> None:
        """Raise NotIdentical unless it is, so that the command ends with exit code 1."""
        if not self.identical:
            raise NotIdentical(f"{_describe(self.run)} was not reproduced.")


def reproduce(config: Reproduce) -> Reproduced:
    """Do a recorded run again in this environment and record nothing; raises as `find_run`.

    BadInput, too, if what is named was not fitted and tested; NotDone if it did not finish, or files or store are gone.
    """
    store, name = open_store(config.tracking.uri), resolve_dataset_name(config.dataset)
    try:
        run = find_run(store, name, config.run, anywhere=True)
    except UnknownName as unknown:
        try:
            run = find_run(store, name, config.run, None, anywhere=True)  # of another kind, which says what it is
        except UnknownName:
            raise unknown from None
    _check(run)
    announce_target(name, store.uri, "Doing the run again.")
    return Reproduced(run, reproduce_run(store, run, config.dataset), config.output)


def _check(run: Found) -> None:
    who = _describe(run)
    if run.kind == "":
        raise BadInput(f"{who} was not made by Seedbed, which cannot do it again.")
    promoted = run.kind == Kind.PROMOTION and Tags.FINGERPRINT not in run.tags
    if promoted and run.candidate:
        origin = run.tags.get(Tags.RUN) or f"one of the sweep {run.tags.get(Tags.SWEEP, '')}"
        raise BadInput(f"{who} refitted a model on all rows and tested nothing; name the run it came from: {origin}.")
    if promoted or run.kind not in (Kind.RUN, Kind.PROMOTION):
        raise BadInput(f"{who} is of kind {run.kind} and fitted nothing itself; name a run: run=ID.")
    if run.status != "FINISHED":
        error = run.tags.get(Tags.ERROR, "")
        raise NotDone(f"{who} is {run.status}{f' ({error})' if error else ''}; only a FINISHED run can be done again.")


def _describe(run: Found) -> str:
    return f"{run.name} (run {run.run_id[:8]})"
