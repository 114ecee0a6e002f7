"""The mark moves while the page is open."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from seedbed.errors import NotDone
from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.current import Current
from serve.model.predictions import answer
from serve.model.source import FolderSource, ServedModel
from serve.ui.about import render_about

NewSettings = Callable[..., Settings]

NewVersion = Callable[..., Path]
ROW = [6.1, 2.8, 4.9, 1.7]


@dataclass
class MovingSource:
    """A source whose mark a test moves."""

    folder: Path
    label: str
    away: bool = False

    def version(self) -> str:
        if self.away:
            raise OSError("the store is away")
        return self.label

    def load(self) -> ServedModel:
        return FolderSource(self.folder, self.label).load()


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, new_iris_version: NewVersion) -> dict[str, Path]:
    """Return two versions that answer ROW differently."""
    folder = tmp_path_factory.mktemp("versions")
    return {"1": new_iris_version(folder / "1", k=1), "2": new_iris_version(folder / "2", k=149)}


@pytest.fixture
def source(versions: dict[str, Path]) -> MovingSource:
    return MovingSource(versions["1"], "1")


def move(source: MovingSource, versions: dict[str, Path], label: str) -> None:
    source.folder, source.label = versions[label], label


def test_the_marked_version_is_taken(source: MovingSource, versions: dict[str, Path]) -> None:
    current = Current(source)
    before = current.model
    current.refresh()
    assert current.model is before and current.trouble == ""
    move(source, versions, "2")
    current.refresh()
    assert current.model.version == "2" and current.model.estimator.n_neighbors == 149
    # Whoever began with the earlier one ends with it.
    neighbors = answer(before, ROW).neighbors
    assert neighbors is not None and neighbors.votes == {"Setosa": 0, "Versicolor": 0, "Virginica": 1}


def test_the_store_being_away_stops_nothing(
    source: MovingSource, versions: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    current = Current(source)
    source.away = True
    with caplog.at_level(logging.WARNING):
        current.refresh()
        current.refresh()
    assert [record.getMessage() for record in caplog.records] == ["Still serving version 1: the store is away."]
    assert current.model.version == "1" and current.trouble == "Still serving version 1: the store is away."
    source.away = False
    current.refresh()
    assert current.trouble == ""


def test_a_version_that_does_not_load_leaves_the_old_one(source: MovingSource, tmp_path: Path) -> None:
    current = Current(source)
    source.folder, source.label = tmp_path, "3"
    current.refresh()
    assert current.model.version == "1" and "holds no model.skops" in current.trouble


def test_a_version_of_other_columns_leaves_the_old_one(
    source: MovingSource, tmp_path: Path, new_version: NewVersion
) -> None:
    current = Current(source)
    table = pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})
    source.folder, source.label = new_version(tmp_path / "v", table, "y", k=1), "4"
    for _ in range(2):
        current.refresh()
        assert current.model.version == "1"
        assert current.trouble.startswith("Still serving version 1: version 4 is marked, but asks for other columns")


def test_without_a_first_model_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(NotDone):
        Current(MovingSource(tmp_path, "1"))


@pytest.fixture
def running(source: MovingSource, new_settings: NewSettings) -> Iterator[Running]:
    running = launch(source, new_settings(port=0, poll_seconds=0.3))
    yield running
    running.close()


def test_an_open_page_follows(
    page: Page, running: Running, source: MovingSource, versions: dict[str, Path], tmp_path: Path
) -> None:
    page.goto(running.url)
    expect(page.locator(".seedbed-sure")).to_have_text("1 of 1 nearest neighbours")
    # The first answer stands in the page as it comes; one to what is typed shows that the page lives.
    page.locator("#seedbed-input-0 input").fill("1.5")
    expect(page.locator("#seedbed-picture title")).to_contain_text("sepals 1.5 by 1 cm", timeout=20_000)
    move(source, versions, "2")
    expect(page.locator(".seedbed-sure")).to_contain_text("50 of 149 nearest neighbours", timeout=5000)
    page.get_by_role("tab", name="About this model").click()
    expect(page.locator(".seedbed-lead")).to_contain_text("Version 2 of iris")
    move(source, versions, "1")
    expect(page.locator(".seedbed-lead")).to_contain_text("Version 1 of iris", timeout=5000)
    source.folder, source.label = tmp_path, "3"
    expect(page.locator(".seedbed-status")).to_contain_text("Still serving version 1", timeout=5000)


def test_answers_go_on_while_it_moves(running: Running, source: MovingSource, versions: dict[str, Path]) -> None:
    with httpx.Client(trust_env=False) as http:
        for turn in range(30):
            move(source, versions, "12"[turn % 2])
            event = http.post(f"{running.url}gradio_api/call/predict", json={"data": ROW}).json()["event_id"]
            text = http.get(f"{running.url}gradio_api/call/predict/{event}").text
            assert "event: complete" in text and ('"Virginica": 1.0' in text or '"Virginica": 0.33' in text), text


def test_the_card_is_told(iris_folder: Path) -> None:
    html = render_about(FolderSource(iris_folder, "7").load())
    assert "Version 7 of iris, marked on 25 November 2026 at 12:00 UTC." in html
    assert " One split, not compared." in html


def test_scores_facts_and_figures_are_told(tmp_path: Path, new_iris_version: NewVersion) -> None:
    folder = new_iris_version(
        tmp_path / "v",
        scores=[{"label": "<b>accuracy", "text": "96 %", "value": 0.96, "low": 0.9, "high": 0.99}],
        candidate={"estimator.n_neighbors": "11", "preprocess.name": "none", "estimator.p": "2", "other.p": "3"},
        previous={"version": "3", "candidate": '{"estimator.n_neighbors": "2", "preprocess.name": "none"}'},
        sweep="0123",
    )
    (folder / "page" / "confusion_matrix.png").write_bytes(b"png")
    (folder / "page" / "importance.json").write_text('[{"name": "petal_width", "mean": 0.3}]', encoding="utf-8")
    html = render_about(FolderSource(folder, "4").load())
    assert "&lt;b&gt;accuracy" in html and "seedbed-interval-range" in html
    for name, value in (
        ("n_neighbors", "11"),
        ("preprocess", "none"),
        ("estimator.p", "2"),
        ("other.p", "3"),
        ("sweep", "0123"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in html
    assert "version 3 (n_neighbors=2)" in html
    assert "{" not in re.sub("<[^>]*>", "", html)
    assert 'src="data:image/png;base64,cG5n"' in html and "Petal width (cm)" in html
