"""Take the pictures of docs/pictures/ except the flowers, from sweeps made for them in stores of their own.

The page and MLflow's UI are what a Chromium shows of them; confusion matrix and families are files that these left.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from mlflow import MlflowClient
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from requests.adapters import HTTPAdapter
from setup_browser import find_browser
from sklearn.datasets import load_wine
from urllib3.util import Retry

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
COMMANDS = (["experiments/train.py", "-m"], ["experiments/compare.py"], ["experiments/promote.py"])
FLOWER = ("6.2", "2.7", "4.9", "1.6")  # between Versicolor and Virginica, and none of the 150
WIDTHS = {
    "attributes.`Run Name`": 300,
    "runDateAndNestInfo": 140,
    "metrics.`accuracy`": 100,
    "metrics.`macro_f1`": 100,
    "metrics.`train_accuracy`": 120,
    "params.`estimator.n_neighbors`": 170,
    "params.`split.seed`": 100,
}
_TRIES = 90  # to reach a server that starts, one a second
MOST_RUNS = 1000  # that a chart of MLflow shows
EXPLORE_HEIGHT = 1575  # pixels: down to the end of the table of features
REPORT_HEIGHT = 1395  # pixels: down to the end of the first figure


def main() -> int:
    """Make every picture, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        uri = f"sqlite:///{folder}/mlflow.db"
        run = json.loads(_run(uri, "experiments/train.py", "output=json"))["run"]
        said = {words[0]: _run(uri, *words) for words in COMMANDS}
        (figure,) = Path(folder).glob(f"artifacts/**/{run}/artifacts/confusion_matrix.png")
        shutil.copy(figure, PICTURES)
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM)
        # In a store of its own: the UI's pictures show a sweep alone.
        looked = _run(f"sqlite:///{folder}/looked.db", "experiments/explore.py")
        take_report(chromium, looked, "explore", EXPLORE_HEIGHT)
        take_report(chromium, said["experiments/compare.py"], "report", REPORT_HEIGHT)
        copy_families(Path(folder))
        with _serve(uri, lambda port: ["-m", "serve", f"port={port}"]) as address:
            take_page(chromium, address, "page")
        forest = f"sqlite:///{folder}/forest.db"
        for words in (("experiments/train.py", "-m", "estimator=forest"), ("experiments/promote.py",)):
            _run(forest, *words)
        with _serve(forest, lambda port: ["-m", "serve", f"port={port}"]) as address:
            take_page(chromium, address, "page_forest")
        store = ["-m", "mlflow", "ui", "--workers", "1", "--backend-store-uri", uri, "--port"]
        with _serve(uri, lambda port: [*store, str(port)]) as address:
            take_ui(chromium, address, _find_run(uri, "sweep"), _find_run(uri, "comparison"))
        chromium.close()
    for picture in sorted(PICTURES.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1000} kB")
    return 0


def take_report(chromium: Browser, said: str, name: str, height: int) -> None:
    """Take the beginning of the report that a command names."""
    page = chromium.new_page(viewport={"width": 1160, "height": height}, device_scale_factor=1.5)
    page.goto(_find_report(said).as_uri())
    page.screenshot(path=PICTURES / f"{name}.png")


def copy_families(folder: Path) -> None:
    """Copy the figure of the families that the README sweeps on a table of one's own, scikit-learn's wines."""
    wines, uri = load_wine(as_frame=True), f"sqlite:///{folder}/wine.db"
    wines.data.assign(cultivar=wines.target_names[wines.target]).to_csv(folder / "wine.csv", index=False)
    own = "dataset=csv", f"dataset.path={folder / 'wine.csv'}", "dataset.target=cultivar"
    _run(uri, "experiments/train.py", "-m", "estimator=knn,logistic,forest", *own)
    said = _run(uri, "experiments/compare.py", "dataset.name=wine")
    shutil.copy(_find_report(said).with_name("figures") / "families.png", PICTURES)


def take_page(chromium: Browser, address: str, name: str) -> None:
    """Take the page with a flower typed."""
    page = chromium.new_page(viewport={"width": 1160, "height": 960}, device_scale_factor=1.5)
    page.goto(address)
    for index, number in enumerate(FLOWER):
        page.locator(f"#seedbed-input-{index} input[type=number]").fill(number)
    page.locator(".seedbed-scatter").wait_for()
    page.keyboard.press("Tab")
    page.wait_for_timeout(1500)  # the bars grow
    foot = page.locator("footer").bounding_box()
    assert foot is not None
    whole: Any = {"x": 0, "y": 0, "width": 1160, "height": foot["y"] - 10}
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=whole)


def take_ui(chromium: Browser, address: str, sweep: str, comparison: str) -> None:
    """Take MLflow's UI with the sweep: its runs as a table below their parent, and its charts."""
    view: dict[str, Any] = {
        "selectedColumns": [name for name in WIDTHS if name.startswith(("metrics", "params"))],
        "columnOrder": list(WIDTHS),
        "columnWidths": WIDTHS,
        "runsExpanded": {sweep: True},
        "runsHiddenMode": "SHOW_ALL",
        "orderByKey": "attributes.start_time",
        "orderByAsc": True,
        "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0},
    }
    page = _open_ui(chromium, address, view, height=700)
    page.mouse.move(700, 60)
    page.screenshot(path=PICTURES / "mlflow.png")
    page = _open_ui(chromium, address, view | describe_charts(comparison), height=760, compareRunsMode="CHART")
    while _load_more(page):
        page.wait_for_timeout(3000)
    page.mouse.move(700, 60)
    page.wait_for_timeout(2000)
    page.screenshot(path=PICTURES / "mlflow_chart.png")


def describe_charts(comparison: str) -> dict[str, Any]:
    """Return the part of the UI's view that says which charts to draw."""
    common = {"metricSectionId": "sweep", "deleted": False, "isGenerated": False, "runsCountToCompare": MOST_RUNS}
    section = {"uuid": "sweep", "name": "The sweep", "display": True, "isReordered": True}
    size = {"columns": 2, "cardHeight": 400}
    scatter = {
        "type": "SCATTER",
        "uuid": "scatter",
        "xaxis": {"key": "estimator.n_neighbors", "type": "PARAM"},
        "yaxis": {"key": "accuracy", "type": "METRIC"},
    }
    line = {
        "type": "LINE",
        "uuid": "line",
        "metricKey": "mean/accuracy",
        "selectedMetricKeys": ["mean/accuracy", "low/accuracy", "high/accuracy"],
        "xAxisKey": "step",
        "lineSmoothness": 0,
        "useGlobalXaxisKey": False,
        "scaleType": "linear",
        "xAxisScaleType": "linear",
    }
    drawn = [common | scatter, common | line]
    return {"isAccordionReordered": True, "compareRunSections": [section | size], "compareRunCharts": drawn}


def _open_ui(chromium: Browser, address: str, view: dict[str, Any], height: int, **query: str) -> Page:
    """Open the experiment's runs in a browser that remembers a view of them, as if it had been set up in the UI."""
    kept = {
        'MLflowLocalStorage-1.1-ExperimentPage-["1"]-ReactComponentState': json.dumps(view),
        "MLflowLocalStorage-1.1-ExperimentView-1-expandRows": "true",
        "mlflow.workflowType_v1": '"machine_learning"',
        "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
        "mlflow.assistant.panelOpen_v1": "false",
    }
    storage = [{"name": name, "value": value} for name, value in kept.items()]
    state: Any = {"cookies": [], "origins": [{"origin": address.rstrip("/"), "localStorage": storage}]}
    size: Any = {"width": 1280, "height": height}
    page = chromium.new_page(viewport=size, device_scale_factor=1.5, storage_state=state)
    order = {"workflowType": "machine_learning", "orderByKey": view["orderByKey"], "orderByAsc": "true"}
    page.goto(f"{address}#/experiments/1/runs?{urlencode(order | query)}")
    page.get_by_text("seed=").first.wait_for(timeout=60_000)
    page.locator('[data-component-id="mlflow_header.toggle_sidebar_button"]').click()
    page.wait_for_timeout(3000)
    return page


def _load_more(page: Page) -> bool:
    """Let the UI load more runs; say whether there were more."""
    rows: Locator = page.locator(".ag-body-viewport").first
    rows.evaluate("element => element.scrollTo(0, element.scrollHeight)")
    page.wait_for_timeout(500)
    button = page.get_by_role("button", name="Load more")
    if found := button.count() > 0:
        button.first.click()
    rows.evaluate("element => element.scrollTo(0, 0)")
    return found


def _find_report(said: str) -> Path:
    (report,) = re.findall(r"^Report: (.+)$", said, re.MULTILINE)
    return Path(report)


def _find_run(uri: str, kind: str) -> str:
    """Return the id of the one run of a kind."""
    (run,) = MlflowClient(uri).search_runs(["1"], f"tags.`seedbed.kind` = '{kind}'")
    return str(run.info.run_id)


def _run(uri: str, *words: str) -> str:
    print("python", *words, flush=True)
    environ = os.environ | {"MLFLOW_TRACKING_URI": uri}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@contextmanager
def _serve(uri: str, words: Any) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    environ = os.environ | quiet | {"MLFLOW_TRACKING_URI": uri}
    server = subprocess.Popen(
        [sys.executable, *words(port)], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=Retry(_TRIES, backoff_factor=1, backoff_max=1)))
            session.get(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    sys.exit(main())
