"""A store of runs, opened once and safely: migrated in silence, and refused if its folder was moved."""

from __future__ import annotations

import errno
import logging
import os
import re
import shlex
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList
from sqlalchemy.exc import SQLAlchemyError

from seedbed.errors import NotDone, clip, hide_secrets
from seedbed.tracking.names import Tags
from seedbed.tracking.notices import say
from seedbed.tracking.sqlite import create_database, lock_database, warn_of_network
from seedbed.tracking.uris import StoreUnavailable, check_reachable, get_database, resolve_uri

Item = TypeVar("Item")
_ARTIFACTS = "artifacts"
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO}
_MOMENT, _QUIET = 0.5, 5.0  # seconds: between two tries; after which none other is making a store's tables
STORE_ERRORS = (MlflowException, SQLAlchemyError, OSError)


class MovedStore(NotDone):
    """The store's folder was moved or copied; MLflow keeps absolute paths of artifacts."""

    def __init__(self, was: str, now: Path) -> None:
        super().__init__(
            f"The store {now} was made as {clip(was)} and moved or copied from there, and its runs still keep their "
            "files in the old folder; nothing was written: `make relocate` repairs it."
        )
        self.was, self.now = was, now


@dataclass(frozen=True)
class Store:
    """An open store; `client` stays inside this room and the registry's."""

    uri: str
    client: MlflowClient = field(repr=False, compare=False)

    @property
    def label(self) -> str:
        """The store as it may be shown and kept, without password."""
        return hide_secrets(self.uri)

    @property
    def folder(self) -> Path | None:
        """The folder of a SQLite store, under which its artifacts lie; None for a server."""
        database = get_database(self.uri)
        return None if database is None else database.parent


def open_store(typed: str | None, *, create: bool = False, folder: Path | None = None) -> Store:
    """Open the store that a config names.

    Parameters
    ----------
    typed : `tracking.uri`, None for the default one.
    create : make a store that is not there; a command that only reads does not.
    folder : where relative paths start, by default the working directory.

    Raises
    ------
    BadInput : a folder instead of a store.
    NotDone : it is not there, cannot be opened, or was moved.
    """
    uri = resolve_uri(typed, folder or Path.cwd())
    check_reachable(uri, create)
    silence_mlflow()
    with report_store_failure(uri):
        database = get_database(uri)
        if database is not None and not database.exists():
            if warning := warn_of_network(database):
                say(warning)
            create_database(database)
        store = Store(uri, _open_client(uri, database))
        check_folder(store)
    return store


def _open_client(uri: str, database: Path | None) -> MlflowClient:
    """Open a store; if another MLflow is making its tables just now, wait until they are whole."""
    while True:
        try:
            return MlflowClient(tracking_uri=uri, registry_uri=uri)
        except STORE_ERRORS as error:
            newer = "newer MLflow" in (_explain_version(str(error), uri) or "")
            if database is None or newer or time.time() - database.stat().st_mtime > _QUIET:
                raise
        time.sleep(_MOMENT)


def check_folder(store: Store) -> None:
    """Refuse, with MovedStore, a store whose folder is not the one in which its experiments were made."""
    if store.folder is None:
        return
    for experiment in read_pages(lambda token: store.client.search_experiments(ViewType.ALL, page_token=token)):
        made_in = experiment.tags.get(Tags.STORE) or str(store.folder)
        if not (os.path.exists(made_in) and os.path.samefile(made_in, store.folder)):
            raise MovedStore(made_in, store.folder)


def store_exists(typed: str | None) -> bool:
    """Say whether there is a store to read; one that cannot be seen from here, on a server, counts as there."""
    database = get_database(resolve_uri(typed, Path.cwd()))
    return database is None or database.exists()


def ensure_experiment(store: Store, name: str) -> str:
    """Return the id of the experiment of this name, made if it is not there; raises as `find_experiment`."""
    if found := find_experiment(store, name):
        return found
    artifacts = (store.folder / _ARTIFACTS / name).as_uri() if store.folder else None
    tags = {str(Tags.STORE): str(store.folder)} if store.folder else {}
    try:
        return str(store.client.create_experiment(name, artifact_location=artifacts, tags=tags))
    except MlflowException:
        # Another process may have made it in the meantime.
        if found := find_experiment(store, name):
            return found
        raise


def find_experiment(store: Store, name: str) -> str | None:
    """Return the id of the experiment of this name, None if there is none; NotDone if it was deleted in the UI."""
    found = store.client.get_experiment_by_name(name)
    if found is None:
        return None
    if not found.experiment_id:
        raise StoreUnavailable(store.uri, "what answers there is not an MLflow server")
    if found.lifecycle_stage != "active":
        raise NotDone(
            f"The experiment {name} was deleted in MLflow; bring it back with `MLFLOW_TRACKING_URI="
            f"{shlex.quote(store.label)} mlflow experiments restore --experiment-id {found.experiment_id}`, or choose "
            "another by dataset.name=NAME."
        )
    return str(found.experiment_id)


def list_experiments(store: Store) -> list[str]:
    """Return the ids of every active experiment."""
    pages = read_pages(lambda token: store.client.search_experiments(page_token=token))
    return [str(found.experiment_id) for found in pages]


def read_pages(fetch: Callable[[str | None], PagedList[Item]]) -> Iterator[Item]:
    """Yield what a search of MLflow's finds, page after page; `fetch` gets the token of a page."""
    page = fetch(None)
    yield from page
    while page.token:
        page = fetch(page.token)
        yield from page


@contextmanager
def lock_store(store: Store, purpose: str) -> Iterator[None]:
    """Let those with one purpose into a SQLite store one after another; on a server MLflow's own order decides.

    NotDone if another one held the lock for ten minutes.
    """
    database = get_database(store.uri)
    with ExitStack() as stack:
        if database is not None:
            try:
                stack.enter_context(lock_database(database, purpose))
            except sqlite3.OperationalError as error:
                raise StoreUnavailable(store.uri, f"another process has been {purpose} there ({error})") from error
        yield


def silence_mlflow() -> None:
    """Keep MLflow's and Alembic's logs of their own work off the user's streams."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # On a server, each run that ends would print its address on stdout, in the middle of the answer.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    # What they log as an error they also raise, and it is said once, where it is caught.
    for name in ("mlflow", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def describe_store_failure(error: BaseException) -> str | None:
    """Return the sentence for an error of the store or the disk, None for another one."""
    full = isinstance(error, OSError) and error.errno in _DISK
    if not full and not isinstance(error, MlflowException | SQLAlchemyError):
        return None
    why = clip(str(error).split("\n")[0]).rstrip(".")
    return f"Could not write to the MLflow store or the disk: {why}."


@contextmanager
def report_store_failure(uri: str) -> Iterator[None]:
    """Turn what MLflow or its database raises into one sentence about the store."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreUnavailable(uri, f"it needs the Python module {error.name}, which is not installed") from error
    except STORE_ERRORS as error:
        text = str(error).split("\n")[0]
        raise StoreUnavailable(uri, _explain_version(text, uri) or clip(text).rstrip(".")) from error


def _explain_version(error: str, uri: str) -> str | None:
    """Say which MLflow wrote the tables, if the error is that they are not those of the one installed."""
    found = re.search(r"database schema \(found version (\w+)", error)
    if found is None:
        return None
    migrations = Path(mlflow.__file__).with_name("store") / "db_migrations" / "versions"
    age, cure = "a newer", "install that one, or choose another store by tracking.uri="
    if any(migrations.glob(f"{found[1]}_*.py")):
        age, cure = "an older", f"after a backup, `mlflow db upgrade {hide_secrets(uri)}` brings it up to date"
    return f"it was written by {age} MLflow than the one installed here, {mlflow.__version__}; {cure}"
