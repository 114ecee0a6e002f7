"""Fresh stores for every command, and what their runs' own stamps say."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from seedbed.config.dataset import Dataset
from seedbed.data.table import Table, load_table

DATASET = Dataset(path="package:iris.csv", target="variety", name="iris")
CHILDREN = "mlflow.parentRunId"


@cache
def table() -> Table:
    """Return the table that everybody sweeps over."""
    return load_table(DATASET)


@dataclass(frozen=True)
class Place:
    """The folder of one command: its store, and whatever it leaves."""

    folder: Path

    @property
    def database(self) -> Path:
        """The store's file."""
        return self.folder / "mlflow.db"

    @property
    def uri(self) -> str:
        """The store's URI."""
        return f"sqlite:///{self.database}"

    def query(self, words: str) -> list[tuple]:
        """Ask the store without a part in it: read-only, past MLflow."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(words).fetchall()

    def first_start(self) -> float | None:
        """Return when the first run of a sweep started, in seconds since 1970; None where none has."""
        rows = self.query(
            f"select min(start_time) from runs join tags on runs.run_uuid = tags.run_uuid where tags.key = '{CHILDREN}'"
        )
        return None if rows[0][0] is None else rows[0][0] / 1000

    def parent(self) -> str:
        """Return the id of the store's sweep."""
        return str(self.query(f"select value from tags where key = '{CHILDREN}' limit 1")[0][0])

    def ends(self) -> list[float]:
        """Return when the runs FINISHED, in order, in seconds since 1970; the parent is the one without a metric."""
        rows = self.query(
            "select end_time from runs where status = 'FINISHED' and run_uuid in "
            "(select run_uuid from latest_metrics where key = 'fit_seconds') order by end_time"
        )
        return [end / 1000 for (end,) in rows]

    def fit_seconds(self) -> list[float]:
        """Return how long each fit took, in the order in which the runs ended."""
        rows = self.query(
            "select value from latest_metrics join runs on runs.run_uuid = latest_metrics.run_uuid "
            "where key = 'fit_seconds' and status = 'FINISHED' order by end_time"
        )
        return [value for (value,) in rows]


class Workshop:
    """A temporary folder with what all rivals start from: the development rows as CSV, and migrated empty stores.

    Nothing is removed before the end: for minutes ext4 passes over the places of files that were removed, which makes
    whoever writes next slower than whoever wrote before.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.csv = folder / "development.csv"
        self._count = 0
        rows = table()
        self.digest = rows.record.digest
        frame = rows.features.assign(**{rows.target: rows.labels}).iloc[rows.development]
        frame.to_csv(self.csv, index_label="row")

    def place(self, *, wal: bool = False) -> Place:
        """Return a new folder with an empty store; migrating it is no part of what is measured."""
        self._count += 1
        place = Place(self.folder / str(self._count))
        place.folder.mkdir()
        shutil.copyfile(self._template, place.database)
        if wal:
            with closing(sqlite3.connect(place.database)) as connection:
                connection.execute("pragma journal_mode = wal")
        return place

    @cached_property
    def _template(self) -> Path:
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        template = self.folder / "template.db"
        MlflowClient(f"sqlite:///{template}", f"sqlite:///{template}").search_experiments()
        return template


@contextmanager
def workshop() -> Iterator[Workshop]:
    """Make a workshop, and remove it with all that was left there."""
    with tempfile.TemporaryDirectory(prefix="seedbed-bench-", ignore_cleanup_errors=True) as folder:
        yield Workshop(Path(folder))


def cost_by_stamps(ends: list[float], skipped: int) -> float:
    """Return seconds a run from the ends of runs, the first `skipped` ones (start-up) left out."""
    return (ends[-1] - ends[skipped - 1]) / (len(ends) - skipped)
