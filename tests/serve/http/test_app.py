"""Starting and stopping: ports, proxies, signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from seedbed.errors import BadInput
from serve.http.app import Running, free_port, launch
from serve.http.settings import Settings
from serve.model.source import FolderSource

NewSettings = Callable[..., Settings]
PROGRAM = """
import sys
from pathlib import Path
from seedbed.config.schema import Serve
from serve.http.proxy import past_proxies
with past_proxies():
    from serve.http.app import run
from serve.http.settings import Settings
from serve.model.source import FolderSource
run(FolderSource(Path(sys.argv[1]), "7"), Settings.from_config(Serve(port=0, share="share" in sys.argv)))
assert not [name for name in sys.modules if name.startswith("matplotlib.")]
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_said_and_no_other_one_is_used(
    taken: int, iris_folder: Path, new_settings: NewSettings
) -> None:
    with pytest.raises(BadInput, match=f"Port {taken} on 127.0.0.1 is taken; choose another one with port="):
        launch(FolderSource(iris_folder), new_settings(port=taken))
    with pytest.raises(BadInput, match="is taken"):
        free_port("0.0.0.0", taken)


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(BadInput, match="is not an address of this machine"):
        free_port("192.0.2.1", 0)
    with pytest.raises(BadInput, match="is not an address of this machine"):
        free_port("no such host", 0)


def test_the_address_is_the_one_that_was_asked_for(served: Running) -> None:
    assert served.url == f"http://127.0.0.1:{served.port}/"


def test_files_of_this_machine_are_not_served(served: Running, iris_folder: Path) -> None:
    inside = Path(__file__).parents[3]
    for path in (
        inside / "pyproject.toml",
        inside / "conf" / "serve.yaml",
        iris_folder / "model.skops",
        Path("/etc/passwd"),
    ):
        answer = httpx.get(f"{served.url}gradio_api/file={path}", trust_env=False)
        assert answer.status_code in (403, 404), path


@pytest.mark.parametrize(
    ("number", "share"), [(signal.SIGTERM, ""), pytest.param(signal.SIGINT, "share", marks=pytest.mark.slow)]
)
def test_it_stops_when_told_whatever_proxy_the_shell_names(
    iris_folder: Path, number: signal.Signals, share: str
) -> None:
    dead = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"), dead) | {"ALL_PROXY": "socks5://127.0.0.1:9"}
    # No GRADIO_ variable of the test's own shell decides where it listens.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GRADIO_")}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(iris_folder), share],
        env={**clean, **proxies},
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = process.stdout.readline()
        assert "Ctrl-C stops it" in first, process.stderr.read()
        address = first.split("The page is at ")[1].split(";")[0]
        if share:  # which the dead proxy does not allow
            begun = time.monotonic()
            assert process.stderr.readline().startswith("There is no public link: ")
            assert time.monotonic() - begun < 10
        answer = httpx.get(address, trust_env=False)
        assert answer.status_code == 200 and "amazonaws" not in answer.text  # its scripts are its own
        told = httpx.post(f"{address}gradio_api/run/predict", json={"data": [5.1, 3.5, 1.4, 0.2]}, trust_env=False)
        assert told.json()["data"][0] == "Setosa"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == "The page has stopped.\n" and err == ""


def test_where_uploads_cannot_be_written_is_said_at_the_start(
    iris_folder: Path, new_settings: NewSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file" / "gradio"))
    with pytest.raises(BadInput, match=r"cannot be written to .*; name another folder in GRADIO_TEMP_DIR"):
        launch(FolderSource(iris_folder), new_settings(port=0))
