"""What the tests of the plugin read of a store."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seedbed.records.records import RunRecord
from seedbed.tracking.names import Kind, RunFiles
from seedbed.tracking.reader import Found, fetch_artifact, list_experiments, read_run, search_runs
from seedbed.tracking.store import open_store


@dataclass(frozen=True)
class Recorded:
    """What a store holds."""

    uri: str

    @property
    def sweeps(self) -> list[Found]:
        """Return the parents, the newest first."""
        return self._of(Kind.SWEEP)

    def children(self, parent: Found) -> dict[str, Found]:
        """Return a sweep's runs by name; a name twice is a failure."""
        found = self._of(Kind.RUN, parent=parent.run_id)
        by_name = {run.name: run for run in found}
        assert len(by_name) == len(found)
        return by_name

    def record(self, run: Found) -> RunRecord:
        """Return what a run left."""
        return read_run(open_store(self.uri), run.run_id)

    def folder(self, parent: Found) -> Path:
        """Return Hydra's folder of a sweep."""
        grid = fetch_artifact(open_store(self.uri), parent.run_id, RunFiles.GRID)
        assert grid is not None
        return Path(json.loads(grid.read_text(encoding="utf-8"))["folder"])

    def _of(self, kind: Kind, **conditions: Any) -> list[Found]:
        store = open_store(self.uri)
        return list(search_runs(store, list_experiments(store), kind=kind, **conditions))


@pytest.fixture(scope="session")
def recorded_in() -> Callable[[str], Recorded]:
    """Return a function from a store's URI to what it holds."""
    return Recorded
