"""Which store is meant, and how fast a store that is not there is noticed."""

from __future__ import annotations

import base64
import http.server
import os
import socket
import sqlite3
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from seedbed import paths
from seedbed.errors import BadInput, NotDone
from seedbed.tracking.uris import (
    StoreUnavailable,
    bypass_proxy,
    check_reachable,
    find_ui_port,
    format_ui_hint,
    get_database,
    resolve_uri,
)


def test_the_typed_one_then_the_variable_then_the_checkouts_own(tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": "sqlite:////b/m.db"}
    assert resolve_uri("sqlite:////a/m.db", tmp_path, environ) == "sqlite:////a/m.db"
    assert resolve_uri(None, tmp_path, environ) == "sqlite:////b/m.db"
    assert resolve_uri(None, tmp_path, {}) == f"sqlite:///{paths.DATABASE}"
    assert resolve_uri(None, tmp_path, {"MLFLOW_TRACKING_URI": ""}) == f"sqlite:///{paths.DATABASE}"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("sqlite:///mine.db", "{folder}/mine.db"),
        ("sqlite:///sub/mine.db", "{folder}/sub/mine.db"),
        ("sqlite:////abs/mine.db", "/abs/mine.db"),
        ("sqlite:///~/mine.db", "{home}/mine.db"),
        ("sqlite:///größe #1 (copy).db", "{folder}/größe #1 (copy).db"),
    ],
)
def test_a_relative_path_starts_where_it_was_typed(typed: str, path: str, tmp_path: Path) -> None:
    expected = Path(path.format(folder=tmp_path, home=Path.home()))
    assert get_database(resolve_uri(typed, tmp_path, {})) == expected


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:5000", "https://h/x", "postgresql://u:p@h/db", "postgresql+psycopg2://h/db"]
)
def test_servers_stay_as_they_are(uri: str, tmp_path: Path) -> None:
    assert resolve_uri(uri, tmp_path, {}) == uri
    assert get_database(uri) is None


@pytest.mark.parametrize(
    ("typed", "database"),
    [
        ("./mlruns", "{folder}/mlruns/mlflow.db"),
        ("/tmp/x", "/tmp/x/mlflow.db"),
        ("file:///tmp/x", "/tmp/x/mlflow.db"),
        ("file:///tmp/a%20b", "/tmp/a b/mlflow.db"),
        ("mine.db", "{folder}/mine.db/mlflow.db"),
        ("ftp://h/x", None),
        ("databricks", None),
        ("sqlite:mine.db", "{folder}/mlflow.db"),
        ("sqlite:///:memory:", "{folder}/mlflow.db"),
    ],
)
def test_a_folder_is_no_store_and_the_form_to_type_is_named(typed: str, database: str | None, tmp_path: Path) -> None:
    for key, arguments in (
        ("tracking.uri", (typed, tmp_path, {})),
        ("MLFLOW_TRACKING_URI", (None, tmp_path, {"MLFLOW_TRACKING_URI": typed})),
    ):
        with pytest.raises(BadInput) as raised:
            resolve_uri(*arguments)
        assert str(raised.value).startswith(f"{key}={typed} is not a supported MLflow tracking URI")
        if database is not None:
            assert str(raised.value).endswith(f"type {key}=sqlite:///{database.format(folder=tmp_path)}.")


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"^tracking\.uri=http://\[::1 is not an address: .*; type tracking\.uri=http://HOST:"
    ):
        resolve_uri("http://[::1", tmp_path, {})
    with pytest.raises(BadInput, match=r"^tracking\.uri=sqlite:///a b\.db is not a supported MLflow tracking URI"):
        resolve_uri("sqlite:///a\nb.db", tmp_path, {})


def unavailable(uri: str, create: bool = True) -> str:
    began = time.monotonic()
    with pytest.raises(NotDone) as raised:
        check_reachable(uri, create)
    assert time.monotonic() - began < 5
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/no/such/m.db"
    assert unavailable(uri) == f"The MLflow store {uri} cannot be used: there is no folder {tmp_path}/no/such."


def test_reading_makes_no_store_and_says_what_makes_one(tmp_path: Path) -> None:
    sentence = unavailable(f"sqlite:///{tmp_path}/m.db", create=False)
    assert f"no store at {tmp_path}/m.db" in sentence and "train.py -m" in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "m.db").write_text("hello, this is no database at all" * 50)
    assert "file is not a database" in unavailable(f"sqlite:///{tmp_path}/m.db")
    (tmp_path / "folder.db").mkdir()
    assert "cannot be used" in unavailable(f"sqlite:///{tmp_path}/folder.db")


def test_a_database_of_another_program_is_let_be(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "music.db")) as connection, connection:
        connection.execute("create table runs (song text)")
    before = (tmp_path / "music.db").read_bytes()
    sentence = unavailable(f"sqlite:///{tmp_path}/music.db")
    assert sentence.endswith(f"{tmp_path}/music.db holds the tables of another program (runs).")
    assert (tmp_path / "music.db").read_bytes() == before


def test_a_place_that_takes_no_file_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "circle.db").symlink_to(tmp_path / "circle.db")
    assert "no file can be made there (" in unavailable(f"sqlite:///{tmp_path}/circle.db")
    (tmp_path / "file").touch()
    assert "there is no folder" in unavailable(f"sqlite:///{tmp_path}/file/m.db")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in which nothing can be written."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


@pytest.fixture
def _no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let root, whom no permission stops, be told what anybody else is told."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:

        def access(path: str | os.PathLike[str], mode: int) -> bool:
            bits = {os.W_OK: 0o200, os.R_OK: 0o400, os.X_OK: 0o100}[mode]
            return Path(path).exists() and bool(Path(path).stat().st_mode & bits)

        monkeypatch.setattr(os, "access", access)


@pytest.mark.usefixtures("_no_root")
def test_a_folder_or_file_that_cannot_be_written(read_only: Path, tmp_path: Path) -> None:
    assert unavailable(f"sqlite:///{read_only}/m.db").endswith(f"the folder {read_only} is not writable.")
    (tmp_path / "m.db").touch()
    (tmp_path / "m.db").chmod(0o400)
    assert unavailable(f"sqlite:///{tmp_path}/m.db").endswith(f"{tmp_path}/m.db is not writable.")


def test_a_server_that_is_off() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    sentence = unavailable(f"http://me:secret@127.0.0.1:{port}")
    assert f"http://***@127.0.0.1:{port}" in sentence and "does not answer" in sentence and "secret" not in sentence


def test_a_server_that_takes_the_call_and_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert "does not answer" in unavailable(f"http://127.0.0.1:{silent.getsockname()[1]}")


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Healthy(_Answers):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"OK")


@pytest.mark.parametrize(("handler", "taken"), [(_Answers, False), (_Healthy, True)])
def test_the_ui_is_where_an_mlflow_answers_already_or_nothing_listens(handler: Any, taken: bool) -> None:
    with socket.socket() as silent, http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            last = free.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ports = [silent.getsockname()[1], server.server_port, last]
        assert find_ui_port(ports) == ports[1 if taken else 2]
        server.shutdown()
        thread.join()


def test_a_server_that_asks_for_a_login_or_knows_no_health() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert "asks for a login (401)" in unavailable(f"{address}/401")
        check_reachable(f"{address}/404", create=False)
        check_reachable(f"{address}/200", create=False)
        server.shutdown()
        thread.join()


class _Guarded(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.headers.get("Authorization") in LOGINS else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


LOGINS = {f"Basic {base64.b64encode(b'me:secret').decode()}", "Bearer token"}


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Guarded) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_server_behind_a_login_is_reached_by_what_mlflow_itself_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as port:
        address = f"127.0.0.1:{port}"
        assert "MLFLOW_TRACKING_USERNAME" in unavailable(f"http://{address}")
        check_reachable(f"http://me:secret@{address}", create=False)
        with monkeypatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_USERNAME", "me")
            patch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
            check_reachable(f"http://{address}", create=False)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token")
        check_reachable(f"http://{address}", create=False)


def test_a_server_with_a_private_certificate_is_reached_by_what_mlflow_itself_takes(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token")
    with serving(context) as port:
        uri = f"https://127.0.0.1:{port}"
        assert "certificate" in unavailable(uri)
        for key, value in (
            ("MLFLOW_TRACKING_INSECURE_TLS", "true"),
            ("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate[0])),
            ("REQUESTS_CA_BUNDLE", str(certificate[0])),
        ):
            with monkeypatch.context() as patch, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # urllib3 warns of what was asked for
                patch.setenv(key, value)
                check_reachable(uri, create=False)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return the files of a certificate that only its own authority vouches for, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    own = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = builder.add_extension(own, critical=False).sign(key, hashes.SHA256())
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    files[0].write_bytes(signed.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_local_addresses_go_past_a_proxy() -> None:
    environ = {"NO_PROXY": "example.org", "HTTP_PROXY": "http://127.0.0.1:9"}
    bypass_proxy(environ)
    bypass_proxy(environ)
    assert environ["NO_PROXY"] == "example.org,localhost,127.0.0.1,::1"
    assert environ["no_proxy"] == "localhost,127.0.0.1,::1"


def test_passwords_are_not_shown() -> None:
    assert format_ui_hint("https://me:pw@h/", "1") == "See it: https://h/#/experiments/1?workflowType=machine_learning"
    assert "--backend-store-uri 'postgresql://***@h/db'`" in format_ui_hint("postgresql://me:p@ss@h/db", "1")
    assert isinstance(StoreUnavailable("http://me:secret@h", "why"), NotDone)
    assert "secret" not in str(StoreUnavailable("http://me:secret@h", "why"))


def test_the_command_that_shows_a_run_always_names_the_store() -> None:
    assert format_ui_hint(f"sqlite:///{paths.DATABASE}", "1", "r") == (
        "See it: `make ui`, then http://127.0.0.1:5000/#/experiments/1/runs/r?workflowType=machine_learning"
    )
    assert format_ui_hint("sqlite:////a b/m.db", "1") == (
        "See it: `mlflow ui --backend-store-uri 'sqlite:////a b/m.db'`, then http://127.0.0.1:5000/#/experiments/1"
        "?workflowType=machine_learning"
    )
    assert format_ui_hint("https://me:pw@h/mlflow/", "1", "r") == (
        "See it: https://h/mlflow/#/experiments/1/runs/r?workflowType=machine_learning"
    )
