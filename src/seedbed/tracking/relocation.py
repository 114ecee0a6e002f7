"""Mends a SQLite store whose folder was moved: the one place that writes to MLflow's tables, after a backup.

MLflow keeps absolute places of artifacts and has no public call that changes them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seedbed.tracking.names import Tags

_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


@dataclass(frozen=True)
class Relocated:
    """A store that was mended: from where, its backup, and how many places were rewritten."""

    was: tuple[str, ...]
    backup: Path
    places: int


def relocate(database: Path) -> Relocated | None:
    """Rewrite the places of a store's files to the folder in which its database lies now.

    Returns None where nothing was moved. The database is copied beside itself before anything is written.
    """
    folder = database.parent
    connection = sqlite3.connect(database)
    try:
        old = [was for was in _made_in(connection) if was != str(folder)]
        if not old:
            return None
        backup = database.with_name(f"{database.name}.{datetime.now():%Y-%m-%d_%H-%M-%S}")
        with sqlite3.connect(backup) as copy:
            connection.backup(copy)
        copy.close()
        with connection:
            places = sum(_rewrite(connection, table, column, old, folder) for table, column in _existing(connection))
            connection.execute("update experiment_tags set value = ? where key = ?", (str(folder), str(Tags.STORE)))
        return Relocated(tuple(old), backup, places)
    finally:
        connection.close()


def _made_in(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("select distinct value from experiment_tags where key = ?", (str(Tags.STORE),))
    return [str(value) for (value,) in rows]


def _existing(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for table, column in _PLACES:
        columns = {row[1] for row in connection.execute(f"pragma table_info({table})")}
        if column in columns:
            yield table, column


def _rewrite(connection: sqlite3.Connection, table: str, column: str, old: list[str], folder: Path) -> int:
    changed = 0
    for was in old:
        for before, after in ((Path(was).as_uri(), folder.as_uri()), (was, str(folder))):
            done = connection.execute(
                f"update {table} set {column} = ? || substr({column}, ?) where substr({column}, 1, ?) = ?",
                (after, len(before) + 1, len(before) + 1, f"{before}/"),
            )
            changed += done.rowcount
    return changed
