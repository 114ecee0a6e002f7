"""A SQLite store is patient, and its connections are told once what holds for all they do."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Metric, Param
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from seedbed.tracking.sqlite import create_database
from seedbed.tracking.store import Store, open_store, silence_mlflow


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """Yield the statements that reach SQLite, each with its connection."""
    statements: list[tuple[str, Any]] = []

    def hear(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append((statement, cursor.connection))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def record(store: Store, name: str = "a") -> str:
    experiment = store.client.create_experiment(name)
    run_id = str(store.client.create_run(experiment, run_name=name).info.run_id)
    store.client.log_batch(run_id, [Metric("accuracy", 0.5, 0, 0)], [Param("seed", "1")])
    store.client.set_terminated(run_id)
    return run_id


def test_a_connection_is_told_once_what_mlflow_says_in_each_session(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/mlflow.db", create=True)
    with heard() as statements:
        record(store, "a")
        record(store, "b")
    said = Counter((statement, id(connection)) for statement, connection in statements if "PRAGMA" in statement)
    assert len(statements) > 40
    assert said and set(said.values()) == {1}


def test_what_holds_for_a_connection_holds_whenever_it_writes(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/mlflow.db", create=True)
    with heard() as statements:
        record(store, "a")
        record(store, "b")
    written = [connection for statement, connection in statements if statement.startswith(("INSERT", "UPDATE"))]
    assert written
    for connection in written:
        assert connection.execute("pragma busy_timeout").fetchone() == (60_000,)
        assert connection.execute("pragma foreign_keys").fetchone() == (1,)
        assert connection.execute("select 'a' like 'A'").fetchone() == (0,)


def test_filters_tell_small_letters_from_capitals(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/mlflow.db", create=True)
    record(store, "a")
    experiments = [found.experiment_id for found in store.client.search_experiments()]

    def found(like: str) -> int:
        return len(store.client.search_runs(experiments, f"attributes.run_name {like}"))

    assert [found("LIKE 'a%'"), found("LIKE 'A%'"), found("ILIKE 'A%'")] == [1, 0, 1]


def test_sessions_of_others_are_left_alone(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/other.db")
    with Session(engine) as session:
        assert session.execute(text("PRAGMA foreign_keys")).all() == [(0,)]
        assert session.execute(text("select 'a' like 'A'")).all() == [(1,)]
    engine.dispose()


@pytest.mark.parametrize("faster", [False, True])
def test_a_store_is_made_on_a_file_system_without_hard_links(tmp_path: Path, template: Path, faster: bool) -> None:
    def refuse(half: Path, whole: str) -> None:
        if faster:  # another process, whose store has a run by now
            shutil.copy(template, whole)
            record(open_store(f"sqlite:///{whole}"), "theirs")
        raise PermissionError(errno.EPERM, "Operation not permitted")

    silence_mlflow()
    database = tmp_path / "mlflow.db"
    create_database(database, link=refuse)
    store = open_store(f"sqlite:///{database}")
    record(store, "ours")
    names = {found.name for found in store.client.search_experiments()}
    assert names == {"Default", "ours"} | ({"theirs"} if faster else set())
    assert not list(tmp_path.glob(f"*.{os.getpid()}"))


def test_a_store_that_another_mlflow_is_making_is_waited_for(tmp_path: Path, template: Path) -> None:
    """As `mlflow ui` started in the same second: its tables come one after another."""
    database = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table alembic_version (version_num varchar(32))")
        connection.execute("create table trace_info (request_id varchar(50))")
        connection.commit()
    threading.Timer(2, lambda: shutil.copy(template, database)).start()
    record(open_store(f"sqlite:///{database}", create=True))
