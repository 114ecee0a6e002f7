"""SQLite as a store that many processes write to at once: made whole or not at all, patient, and in WAL mode.

In WAL mode with `synchronous=normal` a commit needs no waiting for the disk and readers block no writer; a process that
is killed loses nothing. Over a network file system WAL corrupts, so it is used on local ones alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

# A client imports them late; imported here, forked processes share them.
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401
from mlflow import MlflowClient
from sqlalchemy import Engine, TextClause, event
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import ORMExecuteState, Session

_BUSY = 60_000  # milliseconds that a writer waits for another one
_SHORTER = "PRAGMA busy_timeout = 20000;"
# What MLflow executes at the beginning of each session, a dozen times a run, though a connection keeps it. Answered
# without the database, a run takes 6 to 9 % less CPU (two series of 140 alternating blocks of 4 runs in one process).
_PRAGMAS = frozenset({_SHORTER, "PRAGMA foreign_keys = ON;", "PRAGMA case_sensitive_like = true;"})
_QUEUE = 600  # seconds that one waits for another
_LOCAL = frozenset({"apfs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "tmpfs", "xfs", "zfs"})
_NETWORK = frozenset({"9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"})
_MOUNTS = Path("/proc/mounts")


def create_database(database: Path, link: Callable[[Path, str], None] = os.link) -> None:
    """Make a store whole or not at all, also if two processes do so at once."""
    half = database.with_name(f".{database.name}.{os.getpid()}")
    MlflowClient(tracking_uri=f"sqlite:///{half}", registry_uri=f"sqlite:///{half}").search_experiments()
    whole = os.path.realpath(database)  # if the path is a link to nothing yet, the store is made where it leads
    try:
        link(half, whole)
    except FileExistsError:
        pass  # another process was faster; its store is as good
    except OSError:  # a file system without hard links
        with lock_database(database, "creating"):
            if not os.path.exists(whole):
                os.rename(half, whole)
    finally:
        half.unlink(missing_ok=True)
    if find_file_system(database) in _LOCAL:
        # A store that is in use already cannot be switched, and need not be.
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(database)) as connection:
            connection.execute("pragma journal_mode = wal")


@contextmanager
def lock_database(database: Path, purpose: str, patience: float = _QUEUE) -> Iterator[None]:
    """Let those with one purpose, such as promotions, in one after another; one that is killed holds up none.

    It is SQLite's own lock, which works the same everywhere, on an empty file beside the store. OperationalError says
    that another one held it for `patience` seconds, or that the folder cannot be written.
    """
    beside = database.with_name(f".{database.name}.{purpose}")
    with closing(sqlite3.connect(beside, timeout=patience, isolation_level=None)) as gate:
        gate.execute("begin exclusive")
        yield


def find_file_system(path: Path, mounts: Iterable[str] | None = None) -> str:
    """Return the type of the file system that holds a path, "" if unknown; `mounts` are lines as in /proc/mounts."""
    if mounts is None:
        mounts = _MOUNTS.read_text().splitlines() if _MOUNTS.exists() else []
    best, kind = "", ""
    whole = f"{path.absolute()}/"
    for line in mounts:
        _, mount, name, *_ = line.split()
        mount = mount.replace("\\040", " ").rstrip("/") + "/"
        if whole.startswith(mount) and len(mount) >= len(best):
            best, kind = mount, name
    return kind


def warn_of_network(database: Path, mounts: Iterable[str] | None = None) -> str | None:
    """Return the sentence for a store on a network file system, None for another."""
    kind = find_file_system(database, mounts)
    if kind not in _NETWORK:
        return None
    return (
        f"The store {database} is on a network file system ({kind}), on which SQLite is slow and easily damaged; keep "
        "it on a local disk, or use an MLflow server: tracking.uri=http://…"
    )


@event.listens_for(Engine, "connect")
def _set_up(connection: Any, _: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute(f"pragma busy_timeout = {_BUSY}")
    if connection.execute("pragma journal_mode").fetchone()[0] == "wal":
        connection.execute("pragma synchronous = normal")


@event.listens_for(Session, "do_orm_execute")
def _execute_once(state: ORMExecuteState) -> IteratorResult[Any] | None:
    """Answer the pragmas that a connection has executed before: half of the statements of a run are those."""
    statement = state.statement
    if not isinstance(statement, TextClause) or statement.text not in _PRAGMAS:
        return None
    executed = state.session.connection().info.setdefault("seedbed.pragmas", {_SHORTER})
    if statement.text not in executed:
        executed.add(statement.text)
        return None
    return IteratorResult(SimpleResultMetaData([]), iter(()))
