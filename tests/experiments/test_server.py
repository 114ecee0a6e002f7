"""A store that is an MLflow server: the same records, and an answer that is the answer alone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def server(store_uri: str, tmp_path: Path) -> Iterator[str]:
    """Return the address of an MLflow server of this test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("--backend-store-uri", store_uri, "--artifacts-destination", str(tmp_path / "files"))
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", *words, "--host", "127.0.0.1", "--port", str(port), "--workers=1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
            break
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait()


@pytest.mark.slow
def test_what_is_printed_for_scripts_is_one_document(server: str, command: Any) -> None:
    environ = {"MLFLOW_TRACKING_URI": server}
    train = command("train", "output=json", environ=environ)
    assert json.loads(train.out)["metrics"]["accuracy"] > 0.8
    sweep = command("train", "-m", "estimator.n_neighbors=1,3", "split.seed=0,1", "output=json", environ=environ)
    assert json.loads(sweep.out)["finished"] == 4
    for verb in ("compare", "promote"):
        assert json.loads(command(verb, "output=json", environ=environ).out)["words"]
