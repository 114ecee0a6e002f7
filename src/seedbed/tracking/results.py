"""A sweep's runs as one frame, for notebooks."""

from __future__ import annotations

import pandas as pd

from seedbed.config.naming import DEFAULT_TABLE
from seedbed.errors import NotDone
from seedbed.tracking.frames import runs_frame
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import children_of, find_run, finished, of_kind, search
from seedbed.tracking.store import open_store


def read_results(sweep: str, dataset: str | None, uri: str | None) -> pd.DataFrame:
    """Return the finished runs of a sweep in the order in which they began; see `seedbed.results`."""
    store = open_store(uri)
    found = find_run(store, dataset or DEFAULT_TABLE, sweep, Kind.SWEEP)
    conditions = children_of(found.run_id), of_kind(Kind.RUN), finished()
    runs = list(search(store, found.experiment, *conditions, newest_first=False))
    if not runs:
        raise NotDone(f"No run of the sweep {found.run_id[:8]} ({found.name}) finished.")
    return runs_frame(runs).infer_objects()
