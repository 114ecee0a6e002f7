"""Which store is meant, whether it can be opened (said before MLflow starts its long retries), and how it is seen."""

from __future__ import annotations

import os
import re
import shlex
import socket
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from seedbed import paths
from seedbed.config.dataset import Dataset
from seedbed.config.naming import DEFAULT_TABLE, format_command, list_table_words
from seedbed.errors import BadInput, NotDone, clip, hide_secrets, join_names, lacks_secrets
from seedbed.tracking.notices import say, say_if_slow

# The first tables that MLflow makes in a store, whatever its version.
_MLFLOWS = {"alembic_version", "experiments"}
_SERVERS = ("http", "https")
_DATABASES = ("postgresql", "mysql", "mssql")
_IN_MEMORY = "sqlite:///:memory:"
_UI_PORTS = range(5000, 5010)
_WAIT, _WAIT_FOR_UI = 4, 0.2  # seconds for a server to answer


class StoreUnavailable(NotDone):
    """A store that cannot be opened: which one, and what is wrong with it."""

    def __init__(self, uri: str, why: str) -> None:
        super().__init__(f"The MLflow store {clip(uri)} cannot be used: {why}.")


def resolve_uri(typed: str | None, folder: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Return the store's absolute URI: the typed one, else MLFLOW_TRACKING_URI, else the checkout's own.

    A relative SQLite path starts in `folder`, the one in which it was typed.

    Raises
    ------
    BadInput : a folder as a store, which MLflow no longer keeps, or a scheme that it does not know.
    """
    uri = typed or environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{paths.DATABASE}"
    key = "tracking.uri" if typed else "MLFLOW_TRACKING_URI"
    try:
        scheme = urlsplit(uri).scheme.split("+")[0].lower()
    except ValueError as error:
        raise BadInput(f"{key}={clip(uri)} is not an address: {error}; type {key}=http://HOST:PORT.") from None
    if not uri.isprintable() or uri == _IN_MEMORY:
        scheme = ""  # files of such names could be made, and are never what is meant
    if scheme == "sqlite" and (database := get_database(uri)) is not None:
        return f"sqlite:///{(folder / database.expanduser()).absolute()}"
    if scheme in _SERVERS + _DATABASES:
        return uri
    file = unquote(urlsplit(uri).path if scheme == "file" else "" if ":" in uri or not uri.isprintable() else uri)
    suggestion = (folder / Path(file)).absolute() / "mlflow.db"
    raise BadInput(f"{key}={clip(uri)} is not a supported MLflow tracking URI; type {key}=sqlite:///{suggestion}.")


def get_database(uri: str) -> Path | None:
    """Return the file of a SQLite URI, None for another store."""
    return Path(uri.removeprefix("sqlite:///").split("?")[0]) if uri.startswith("sqlite:///") else None


def find_typed_uri(uri: str) -> str:
    """Return the URI that a command has to be given to act on this store; "" if it takes it without a word."""
    with suppress(BadInput):
        if uri == resolve_uri(None, Path.cwd()):
            return ""
    return hide_secrets(uri)


def hint_at_training(program: str, uri: str, name: str = "", recorded: Dataset | None = None) -> str:
    """Return the command that makes what is missing; unless its table is recorded or the default, in words."""
    known = recorded and name != DEFAULT_TABLE and not lacks_secrets(hide_secrets(recorded.path or ""))
    words = list_table_words(recorded) if recorded and known else []
    if name == DEFAULT_TABLE or words:
        return f"`{format_command(program, *words, name=name, uri=find_typed_uri(uri))}`"
    return f"{program.replace('train', 'train.py')} with the words for this table and store"


def announce_target(name: str, uri: str, following: str = "") -> None:
    """Say on stderr on which table a command acts, in which store if not the checkout's own, and what it does next."""
    store = "" if get_database(uri) == paths.DATABASE else f", store {hide_secrets(uri)}"
    say(f"Table {clip(name)}{store}.")
    say_if_slow(following)


def bypass_proxy(environ: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """Let connections to this machine go past any proxy that the shell names."""
    for key in ("NO_PROXY", "no_proxy"):
        names = [name for name in environ.get(key, "").split(",") if name]
        environ[key] = ",".join(dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]))


def check_reachable(uri: str, create: bool) -> None:
    """Fail fast, with NotDone, if a store is not there, is not writable or does not answer."""
    database = get_database(uri)
    if database is not None:
        _check_database(uri, database, create)
    elif uri.startswith(_SERVERS):
        _check_server(uri)


def _check_database(uri: str, database: Path, create: bool) -> None:
    if database.exists():
        return _check_file(uri, database)
    if not create:
        raise NotDone(f"There are no runs yet: no store at {database}; {hint_at_training('train -m', uri)} makes them.")
    if database == paths.DATABASE:
        database.parent.mkdir(exist_ok=True)
    if not database.parent.is_dir():
        raise StoreUnavailable(uri, f"there is no folder {database.parent}")
    if not os.access(database.parent, os.W_OK):
        raise StoreUnavailable(uri, f"the folder {database.parent} is not writable")
    try:
        # Some folders that say they are writable take no file, and MLflow would try for minutes.
        with suppress(FileNotFoundError):
            database.stat()
        tempfile.TemporaryFile(dir=database.parent).close()
    except OSError as error:
        raise StoreUnavailable(uri, f"no file can be made there ({error.strerror})") from None


def _check_file(uri: str, database: Path) -> None:
    if not os.access(database, os.W_OK):
        raise StoreUnavailable(uri, f"{database} is not writable")
    try:
        with closing(sqlite3.connect(database, timeout=_WAIT)) as connection:
            tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    except sqlite3.Error as error:
        raise StoreUnavailable(uri, str(error)) from None
    if tables and not _MLFLOWS & tables:
        raise StoreUnavailable(uri, f"{database} holds the tables of another program ({join_names(sorted(tables), 3)})")


def _check_server(uri: str) -> None:
    # Late: every command imports this module, and few ask a server; and by MLflow's own request, which knows of every
    # login and certificate that MLflow's variables name.
    from mlflow.exceptions import MlflowException
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    try:
        login: Any = get_default_host_creds(uri)  # type: ignore[no-untyped-call]
        ask: Any = http_request
        answer = ask(login, "/health", "GET", max_retries=0, timeout=_WAIT, raise_on_status=False)
    except MlflowException as error:
        reason = re.sub(r".*?\(Caused by |^.* exception |<[^>]*>: ", "", hide_secrets(str(error)), flags=re.DOTALL)
        raise StoreUnavailable(uri, f"the server does not answer ({clip(reason)})") from None
    if answer.status_code in (401, 403):
        names = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        raise StoreUnavailable(uri, f"the server asks for a login ({answer.status_code}); set {names}")


def format_ui_hint(uri: str, experiment: str, run_id: str | None = None) -> str:
    """Return the words that show a run, or an experiment, in the UI."""
    # Else MLflow shows its pages for language models, where these runs are not.
    page = f"#/experiments/{experiment}{f'/runs/{run_id}' if run_id else ''}?workflowType=machine_learning"
    if uri.startswith(("http://", "https://")):
        return f"See it: {hide_secrets(uri, '').rstrip('/')}/{page}"
    own, port = get_database(uri) == paths.DATABASE, find_ui_port()
    start = "make ui" if own else f"mlflow ui --backend-store-uri {shlex.quote(hide_secrets(uri))}"
    if port != _UI_PORTS[0]:
        start += f" PORT={port}" if own else f" --port {port}"
    return f"See it: `{start}`, then http://127.0.0.1:{port}/{page}"


def find_ui_port(ports: Sequence[int] = _UI_PORTS) -> int:
    """Return the first port on which nothing listens or an MLflow does already; the first one if there is none."""
    for port in ports:
        with socket.socket() as probe, suppress(TimeoutError, ConnectionError):
            probe.settimeout(_WAIT_FOR_UI)
            if probe.connect_ex(("127.0.0.1", port)):
                return port
            probe.sendall(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            if probe.makefile("rb").read(1000).endswith(b"\r\n\r\nOK"):
                return port
    return ports[0]
