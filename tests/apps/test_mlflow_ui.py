"""MLflow's own UI in a real browser, on runs of ours whose scores are partly undefined."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow  # MLflow's server and a browser

CASE = Path(__file__).parents[1] / "cases" / "21-absent-class.csv"


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory, new_store: Any, command: Any) -> str:
    """Return the store of ten splits of a table one of whose classes some splits do not test."""
    made: str = new_store(tmp_path_factory.mktemp("store"))
    table = ("dataset=csv", f"dataset.path={CASE}", "dataset.target=label", "split.stratify=false")
    swept = command("train", "-m", "estimator.n_neighbors=5", "split.seed=range(10)", *table, f"tracking.uri={made}")
    assert swept.code == 0, swept.err
    return made


@pytest.fixture(scope="module")
def runs(uri: str) -> list[Run]:
    """Return the runs of the ten splits."""
    client = MlflowClient(tracking_uri=uri)
    everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(everywhere, "tags.`seedbed.kind` = 'run'"))


@pytest.fixture(scope="module")
def ui(uri: str, mlflow_program: Any) -> Iterator[str]:
    """Return the address of MLflow's UI on that store."""
    with mlflow_program(uri, "ui", "--backend-store-uri", uri) as address:
        yield address


def test_a_run_with_undefined_scores_opens(ui: str, runs: list[Run], page: Page) -> None:
    undefined = [run for run in runs if math.isnan(run.data.metrics["f1/dusk"])]
    assert undefined and len(undefined) < len(runs) == 10
    for run in (undefined[0], undefined[-1]):
        page.goto(f"{ui}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")
        expect(page.get_by_text("f1/day", exact=True).first).to_be_visible()
        expect(page.get_by_text("estimator.n_neighbors", exact=True).first).to_be_visible()


def test_a_filter_finds_no_undefined_score_as_a_small_one(ui: str, runs: list[Run], page: Page) -> None:
    small = [run for run in runs if run.data.metrics["f1/dusk"] < 0.1]
    assert small and len(small) < len(runs)
    asked = quote('metrics."f1/dusk" < 0.1')
    page.goto(f"{ui}/#/experiments/{runs[0].info.experiment_id}/runs?searchFilter={asked}")
    # The UI counts the sweep's parent beside the children that it found.
    expect(page.get_by_text(f"{len(small) + 1} matching runs")).to_be_visible()


def test_ctrl_c_ends_the_ui_without_a_traceback(uri: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = subprocess.Popen(
        [sys.executable, "scripts/ui.py", "--port", str(port)],
        env={**os.environ, "MLFLOW_TRACKING_URI": uri},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while started.poll() is None:
        with suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            break
        time.sleep(0.2)
    os.killpg(started.pid, signal.SIGINT)
    said = started.communicate(timeout=60)[0]
    assert started.returncode == 0 and "Traceback" not in said, said
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
