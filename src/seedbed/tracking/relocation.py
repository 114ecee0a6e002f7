"""Repairs a SQLite store whose folder was moved: the one module that writes to MLflow's tables, after a backup.

MLflow keeps absolute paths of artifacts and has no public call that changes them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seedbed.tracking.names import Tags

_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


@dataclass(frozen=True)
class Relocated:
    """A store that was repaired: its old folders, its backup, and how many paths were rewritten."""

    was: tuple[str, ...]
    backup: Path
    paths: int


def relocate(database: Path) -> Relocated | None:
    """Rewrite the paths of a store's files to the folder in which its database lies now.

    Returns None if nothing was moved. The database is copied beside itself before anything is written.
    """
    folder = database.parent
    with closing(sqlite3.connect(database)) as connection:
        tags = connection.execute("select distinct value from experiment_tags where key = ?", (str(Tags.STORE),))
        old = [str(was) for (was,) in tags if was != str(folder)]
        if not old:
            return None
        backup = database.with_name(f"{database.name}.{datetime.now():%Y-%m-%d_%H-%M-%S}")
        with closing(sqlite3.connect(backup)) as copy, copy:
            connection.backup(copy)
        with connection:
            paths = sum(_rewrite(connection, *column, was, folder) for column in _COLUMNS for was in old)
            connection.execute("update experiment_tags set value = ? where key = ?", (str(folder), str(Tags.STORE)))
    return Relocated(tuple(old), backup, paths)


def _rewrite(connection: sqlite3.Connection, table: str, column: str, was: str, folder: Path) -> int:
    if column not in {row[1] for row in connection.execute(f"pragma table_info({table})")}:
        return 0
    changed = 0
    for before, after in ((Path(was).as_uri(), folder.as_uri()), (was, str(folder))):
        done = connection.execute(
            f"update {table} set {column} = ? || substr({column}, ?) where substr({column}, 1, ?) = ?",
            (after, len(before) + 1, len(before) + 1, f"{before}/"),
        )
        changed += done.rowcount
    return changed
