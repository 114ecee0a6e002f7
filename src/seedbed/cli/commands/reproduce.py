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
from seedbed.tracking.store import Store, open_store

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
        """Say whether every number is as it was."""
        return not self.done.differences

    def summary(self) -> str:
        """Return "identical" or what differs, and what else changed since; or the same as JSON."""
        if self.output == "json":
            content = {"run": self.run.run_id, "name": self.run.name, "identical": self.identical}
            found = {"compared": self.done.compared, "differences": self.done.differences, "changes": self.done.changes}
            return json.dumps({**content, **found}, indent=1, ensure_ascii=False)
        if self.identical:
            return "\n".join([f"{_called(self.run)}: identical: {self.done.compared}.", *self.done.changes])
        if self.done.compared == "nothing":
            return "\n".join([f"{_called(self.run)}: cannot be compared.", *self.done.differences, *self.done.changes])
        lines = [f"  {difference}" for difference in self.done.differences[:_SHOWN]]
        if more := len(self.done.differences) - _SHOWN:
            lines += [f"  and {more} more, see output=json"] if more > 0 else []
        head = f"{_called(self.run)}: not identical; as recorded and as it is now:"
        return "\n".join([head, *lines, *self.done.changes])

    def require_identical(self) -> None:
        """Raise NotIdentical unless it is, so that the command ends with exit code 1."""
        if not self.identical:
            raise NotIdentical(f"{_called(self.run)} was not reproduced.")


def reproduce(config: Reproduce) -> Reproduced:
    """Do a recorded run again in this environment and record nothing.

    Raises
    ------
    UnknownName : no such run.
    BadInput : what is named is no run that was fitted and tested.
    NotDone : the run did not finish, its files are gone, or the store is away.
    """
    store, name = open_store(config.tracking.uri), resolve_dataset_name(config.dataset)
    run = _meant(store, name, config.run)
    _check(run)
    return Reproduced(run, reproduce_run(store, run), config.output)


def _meant(store: Store, name: str, reference: str) -> Found:
    """Return the run that a person means; where no run is called so, whatever else is."""
    try:
        return find_run(store, name, reference)
    except UnknownName as unknown:
        try:
            return find_run(store, name, reference, None)
        except UnknownName:
            raise unknown from None


def _check(run: Found) -> None:
    who = _called(run)
    if run.kind == "":
        raise BadInput(f"{who} was not made by Seedbed, which does not know how to do it again.")
    promoted = run.kind == Kind.PROMOTION and Tags.FINGERPRINT not in run.tags
    if promoted and Tags.CANDIDATE in run.tags:
        origin = run.tags.get(Tags.RUN) or f"one of the sweep {run.tags.get(Tags.SWEEP, '')}"
        raise BadInput(f"{who} refitted a model on all rows and tested nothing; name the run it came from: {origin}.")
    if promoted or run.kind not in (Kind.RUN, Kind.PROMOTION):
        raise BadInput(f"{who} is of kind {run.kind} and fitted nothing itself; name a run: run=ID.")
    if run.status != "FINISHED":
        error = run.tags.get(Tags.ERROR, "")
        raise NotDone(f"{who} is {run.status}{f' ({error})' if error else ''}; only a FINISHED run can be done again.")


def _called(run: Found) -> str:
    return f"{run.name} (run {run.run_id[:8]})"
