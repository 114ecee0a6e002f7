"""Pages on estimators of other families: their API, MLflow's protocol, the file tab, and what a browser shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Page, expect
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from seedbed.estimators import loading
from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.source import FolderSource

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
ESTIMATORS: dict[str, Any] = {
    "logistic": LogisticRegression(max_iter=1000),
    "forest": RandomForestClassifier(20, random_state=0),
    "svc without probabilities": SVC(),
}
FLOWER = [6.2, 2.7, 4.9, 1.6]


@pytest.fixture(scope="module", params=ESTIMATORS)
def family(request: pytest.FixtureRequest) -> str:
    """Return the name of an estimator."""
    return str(request.param)


@pytest.fixture(scope="module")
def folder(family: str, tmp_path_factory: pytest.TempPathFactory, new_iris_version: Callable[..., Path]) -> Path:
    """Return the folder of a version of the Iris model."""
    folder = tmp_path_factory.mktemp("family") / "v"
    return new_iris_version(folder, estimator=ESTIMATORS[family], scale=family != "forest")


@pytest.fixture(scope="module")
def running(folder: Path, new_settings: Callable[..., Settings]) -> Iterator[Running]:
    """Return the page on it."""
    running = launch(FolderSource(folder, "3"), new_settings(port=0))
    yield running
    running.close()


def test_programs_get_the_estimators_answers(
    running: Running, folder: Path, family: str, iris_table: pd.DataFrame
) -> None:
    estimator, rows = loading.load(folder / "model.skops"), iris_table[COLUMNS].sample(8, random_state=1)
    expected = estimator.predict(rows).tolist()
    asked = {"dataframe_split": {"columns": COLUMNS, "data": rows.to_numpy().tolist()}}
    told = httpx.post(f"{running.url}invocations", json=asked, trust_env=False)
    assert told.json() == {"predictions": expected}
    shares = estimator.predict_proba(rows).tolist() if hasattr(estimator, "predict_proba") else [[]] * len(rows)
    probabilities = [dict(zip(estimator.classes_, row, strict=False)) for row in shares]
    client = Client(running.url, verbose=False)
    try:
        many = client.predict(rows.to_numpy().tolist(), api_name="/predict_batch")
        assert [row["predicted"] for row in many] == expected
        for row, share in zip(many, probabilities, strict=True):
            assert row["probabilities"] == pytest.approx(share)
        predicted, found, remarks = client.predict(*FLOWER, api_name="/predict")
        assert predicted in ("Versicolor", "Virginica") and remarks == []
        assert len(found) == (0 if family == "svc without probabilities" else 3)
        assert "Unlike any seen" in client.predict(4.3, 4.4, 6.9, 0.1, api_name="/predict")[2][0]
        if family == "forest":
            with pytest.raises(AppError, match="The model does not take these values"):
                client.predict([[1e39, 1, 1, 1]], api_name="/predict_batch")
    finally:
        client.close()


def test_the_page_shows_its_reasons(page: Page, running: Running, family: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in zip(COLUMNS, FLOWER, strict=True))
    page.goto(f"{running.url}?{query}")
    expect(page.locator("#seedbed-input-2 input[type=number]")).to_have_value("4.9")
    expect(page.locator(".seedbed-near")).to_contain_text("For comparison, the 5 nearest training rows.")
    expect(page.locator(".seedbed-table tbody tr")).to_have_count(5)
    if family == "logistic":
        expect(page.locator(".seedbed-signed li")).to_have_count(5)
        expect(page.locator(".seedbed-reasons")).to_contain_text("the logarithm of the odds")
    else:
        expect(page.locator(".seedbed-curves li")).to_have_count(4)
    if family == "svc without probabilities":
        expect(page.locator(".seedbed-sure")).to_have_text("The model gives a class without probabilities.")
    page.wait_for_timeout(300)  # what fades in has its colours
    troubles = Axe().run(page).response["violations"]
    assert [issue["id"] for issue in troubles if issue["impact"] in ("serious", "critical")] == []
