"""A store is opened once and safely: made whole, migrated in silence, refused where its folder was moved."""

from __future__ import annotations

import http.server
import shutil
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Experiment
from mlflow.store.entities.paged_list import PagedList

from seedbed.errors import BadInput, NotDone
from seedbed.tracking.names import Tags
from seedbed.tracking.relocation import relocate
from seedbed.tracking.sqlite import find_file_system, warn_of_network
from seedbed.tracking.store import (
    MovedStore,
    Store,
    ensure_experiment,
    find_experiment,
    list_experiments,
    open_store,
    report_store_failure,
    store_exists,
)
from seedbed.tracking.uris import StoreUnavailable


def artifact_place(store: Store, name: str) -> str:
    return str(store.client.get_experiment_by_name(name).artifact_location)


def test_a_store_is_made_where_it_is_asked_for_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///made.db", create=True)
    assert store.uri == f"sqlite:///{tmp_path}/made.db" and store.folder == tmp_path
    assert {file.name.partition("-")[0] for file in tmp_path.iterdir()} == {"made.db"}
    assert capfd.readouterr() == ("", "")
    with closing(sqlite3.connect(tmp_path / "made.db")) as connection:
        mode = connection.execute("pragma journal_mode").fetchone()[0]
    assert mode == ("wal" if find_file_system(tmp_path) in ("ext4", "overlay", "tmpfs", "xfs", "btrfs") else "delete")


def test_a_verb_that_only_reads_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(NotDone, match="There are no runs yet"):
        open_store(f"sqlite:///{tmp_path}/m.db")
    assert list(tmp_path.iterdir()) == []
    assert not store_exists(f"sqlite:///{tmp_path}/m.db")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        open_store(str(tmp_path), create=True)
    assert list(tmp_path.iterdir()) == []


def test_an_experiment_has_its_artifacts_beside_the_store(store_uri: str) -> None:
    store = open_store(store_uri)
    assert store.folder is not None and store_exists(store_uri)
    made = ensure_experiment(store, "größe #1")
    assert artifact_place(store, "größe #1") == (store.folder / "artifacts" / "größe #1").as_uri()
    assert store.client.get_experiment(made).tags == {Tags.STORE: str(store.folder)}
    assert ensure_experiment(store, "größe #1") == made == find_experiment(store, "größe #1")
    assert made in list_experiments(store)
    assert find_experiment(store, "other") is None


def test_a_deleted_experiment_is_named_with_the_command_that_brings_it_back(store_uri: str) -> None:
    store = open_store(store_uri)
    made = ensure_experiment(store, "iris")
    store.client.delete_experiment(made)
    for asked in (ensure_experiment, find_experiment):
        with pytest.raises(NotDone, match=f"experiments restore --experiment-id {made}"):
            asked(store, "iris")
    assert store.client.get_experiment(made).lifecycle_stage == "deleted"


def test_a_moved_and_a_copied_store_are_refused(store_uri: str, tmp_path: Path) -> None:
    store = open_store(store_uri)
    ensure_experiment(store, "iris")
    folder = Path(store_uri.removeprefix("sqlite:///")).parent
    shutil.copytree(folder, tmp_path / "copied")
    before = (folder / "mlflow.db").read_bytes()
    with pytest.raises(MovedStore) as raised:
        open_store(f"sqlite:///{tmp_path}/copied/mlflow.db", create=True)
    assert (raised.value.was, raised.value.now) == (str(folder), tmp_path / "copied")
    assert "`make relocate` repairs it" in str(raised.value)
    assert (folder / "mlflow.db").read_bytes() == before
    open_store(store_uri)


def test_a_moved_store_that_was_mended_opens(store_uri: str, tmp_path: Path) -> None:
    ensure_experiment(open_store(store_uri), "iris")
    shutil.move(tmp_path / "store", tmp_path / "moved")
    done = relocate(tmp_path / "moved" / "mlflow.db")
    assert done is not None and done.was == (str(tmp_path / "store"),) and done.backup.is_file()
    store = open_store(f"sqlite:///{tmp_path}/moved/mlflow.db")
    assert artifact_place(store, "iris") == (tmp_path / "moved" / "artifacts" / "iris").as_uri()
    assert relocate(tmp_path / "moved" / "mlflow.db") is None


def test_the_same_folder_by_another_name_is_no_move(store_uri: str, tmp_path: Path) -> None:
    ensure_experiment(open_store(store_uri), "iris")
    (tmp_path / "link").symlink_to(tmp_path / "store", target_is_directory=True)
    open_store(f"sqlite:///{tmp_path}/link/mlflow.db")


def test_experiments_of_somebody_elses_are_let_be(store_uri: str, tmp_path: Path) -> None:
    MlflowClient(store_uri).create_experiment("theirs", artifact_location="s3://bucket/x")
    assert find_experiment(open_store(store_uri), "theirs") is not None


@pytest.mark.parametrize(("revision", "words"), [("fromthefuture", "a newer"), ("451aebb31d03", "an older")])
def test_a_store_of_another_mlflow_is_said_to_be_one(store_uri: str, revision: str, words: str) -> None:
    with closing(sqlite3.connect(store_uri.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("update alembic_version set version_num = ?", (revision,))
    with pytest.raises(StoreUnavailable, match=f"written by {words} MLflow than the one installed here, 3") as raised:
        open_store(store_uri)
    assert "\n" not in str(raised.value)


def test_a_database_whose_driver_is_missing_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    with pytest.raises(StoreUnavailable, match="it needs the Python module pyodbc, which is not installed"):
        open_store("mssql://127.0.0.1:9/x")


def test_a_link_to_a_store_that_is_not_there_yet_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "m.db")
    open_store(f"sqlite:///{tmp_path}/link.db", create=True)
    assert (tmp_path / "real" / "m.db").is_file() and (tmp_path / "link.db").is_symlink()


class _SaysYes(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_server_that_is_not_mlflows_is_told(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _SaysYes) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        store = open_store(f"http://127.0.0.1:{server.server_port}")
        for look in (find_experiment, ensure_experiment):
            with pytest.raises(StoreUnavailable, match="what answers there is not an MLflow server"):
                look(store, "iris")
        server.shutdown()
        thread.join()


def test_what_the_store_raises_is_one_sentence() -> None:
    with (
        pytest.raises(StoreUnavailable, match=r"^The MLflow store sqlite:///x cannot be used: first\.$"),
        report_store_failure("sqlite:///x"),
    ):
        raise OSError("first\nsecond")
    with pytest.raises(KeyError), report_store_failure("sqlite:///x"):
        raise KeyError("a bug of ours")


MOUNTS = [
    "/dev/sda1 / ext4 rw 0 0",
    "server:/home /home nfs4 rw 0 0",
    "//host/share /mnt/my\\040share cifs rw 0 0",
    "tmpfs /home/me/tmp tmpfs rw 0 0",
]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/m.db", "ext4"),
        ("/home/me/m.db", "nfs4"),
        ("/homeless/m.db", "ext4"),
        ("/home/me/tmp/m.db", "tmpfs"),
        ("/mnt/my share/m.db", "cifs"),
    ],
)
def test_the_file_system_of_a_path(path: str, kind: str) -> None:
    assert find_file_system(Path(path), MOUNTS) == kind
    warning = warn_of_network(Path(path), MOUNTS)
    assert (warning is not None) == (kind in ("nfs4", "cifs"))
    assert warning is None or (path in warning and kind in warning)


class Paged:
    """A client that gives one experiment at a time."""

    def search_experiments(self, view_type: int = 1, page_token: str | None = None) -> PagedList[Experiment]:
        number = int(page_token or 0)
        found = Experiment(str(number), f"table {number}", "", "active")
        return PagedList([found], str(number + 1) if number < 2 else None)


def test_experiments_beyond_the_first_page_are_there_too() -> None:
    store = Store("http://example.org", Paged())  # type: ignore[arg-type]
    assert list_experiments(store) == ["0", "1", "2"]
