"""A sweep's runs as one frame, for notebooks."""

from __future__ import annotations

import pandas as pd

from seedbed.errors import NotDone
from seedbed.records.records import PARAMS
from seedbed.tracking.frames import runs_frame
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import children_of, find_run, finished, of_kind, search
from seedbed.tracking.store import open_store


def results_of(sweep: str, dataset: str, uri: str | None) -> pd.DataFrame:
    """Return the finished runs of a sweep in the order in which they began; see `seedbed.results`."""
    store = open_store(uri)
    found = find_run(store, dataset, sweep, Kind.SWEEP)
    conditions = children_of(found.run_id), of_kind(Kind.RUN), finished()
    runs = list(search(store, found.experiment, *conditions, newest_first=False))
    if not runs:
        raise NotDone(f"No run of the sweep {found.run_id[:8]} ({found.name}) finished.")
    return with_numbers(runs_frame(runs))


def with_numbers(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose params are numbers wherever all of a column are; MLflow keeps them as text."""
    names = [name for name in map(str, runs) if name.startswith(PARAMS)]
    columns = {name: pd.to_numeric(runs[name], errors="coerce") for name in names}
    return runs.assign(**{name: numbers for name, numbers in columns.items() if numbers.notna().all()})
