"""The page in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.source import FolderSource, ServedModel

NewSettings = Callable[..., Settings]


def type_row(page: Page, values: list[str]) -> None:
    for place, value in enumerate(values):
        page.locator(f"#seedbed-input-{place} input[type=number]").fill(value)


def expect_class(page: Page, name: str) -> None:
    expect(page.locator(".seedbed-class")).to_have_text(name)
    expect(page.locator("#seedbed-picture svg")).to_have_attribute("role", "img")
    expect(page.locator("#seedbed-picture title")).to_have_text(re.compile(f"^{name}: a flower"))


def test_the_tutorials_page(page: Page, served: Running) -> None:
    page.goto(served.url)
    expect(page).to_have_title("Iris Flower Predictive Analytics")
    expect(page.get_by_role("heading", level=1)).to_have_text("Iris Flower Predictive Analytics")
    expect(
        page.get_by_text("Experiment with sepal/petal lengths/widths to predict which flower it is.")
    ).to_be_visible()
    for label in ("Sepal length (cm)", "Sepal width (cm)", "Petal length (cm)"):
        expect(page.get_by_label(label, exact=True)).to_have_value("1")
    slider = page.locator("#seedbed-input-3 input[type=range]")
    expect(slider).to_have_attribute("min", "1")
    expect(slider).to_have_attribute("max", "10")
    expect_class(page, "Setosa")


def test_the_answer_follows_what_is_typed(page: Page, served: Running) -> None:
    page.goto(served.url)
    type_row(page, ["6.6", "3", "5.6", "2"])
    expect_class(page, "Virginica")
    expect(page.locator(".seedbed-sure")).to_have_text("5 of 5 nearest neighbours")
    type_row(page, ["5.9", "2.8", "4.3", "1.3"])
    expect_class(page, "Versicolor")
    type_row(page, ["9"])
    expect(page.locator("#seedbed-note-0")).to_have_text("Outside the training rows, 4.3 to 7.9 cm.")
    expect(page.locator("#seedbed-note-1")).to_have_text("")
    expect(page.locator(".seedbed-far")).to_contain_text("Unlike any seen")


def test_neighbours_are_shown_and_marked(page: Page, served: Running) -> None:
    page.goto(served.url)
    type_row(page, ["6.6", "3", "5.6", "2"])
    expect(page.get_by_role("heading", name="Why Virginica?")).to_be_visible()
    expect(page.locator(".seedbed-table tbody tr")).to_have_count(5)
    expect(page.locator(".seedbed-scatter")).to_be_visible()


@dataclass(frozen=True)
class SlowEstimator:
    """An estimator that takes its time."""

    estimator: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.estimator, name)

    def predict(self, frame: pd.DataFrame) -> Any:
        time.sleep(0.3)
        return self.estimator.predict(frame)


@dataclass(frozen=True)
class SlowSource(FolderSource):
    """A folder whose model takes its time."""

    def load(self) -> ServedModel:
        loaded = super().load()
        return replace(loaded, estimator=SlowEstimator(loaded.estimator))


@pytest.mark.parametrize("turns", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_however_fast_one_types_the_last_value_is_answered(
    page: Page, iris_folder: Path, turns: int, new_settings: NewSettings
) -> None:
    running = launch(SlowSource(iris_folder), new_settings(port=0))
    page.goto(running.url + "?sepal_length=6.6&sepal_width=3&petal_length=5.6&petal_width=2")
    expect_class(page, "Virginica")
    box = page.locator("#seedbed-input-2 input")
    for turn in range(turns):
        typed, name = (("1.423", "Setosa"), ("5.123", "Virginica"))[turn % 2]
        box.press("Control+a")
        box.press_sequentially(typed, delay=10)
        expect(page.locator("#seedbed-picture title")).to_have_text(re.compile(f"petals {typed} by 2 cm"))
        page.wait_for_timeout(100)
        expect_class(page, name)
        expect(page.locator("#seedbed-picture title")).to_have_text(re.compile(f"petals {typed} by 2 cm"))
        expect(page.locator(".seedbed-why h2")).to_have_text(f"Why {name}?")
    running.close()


def test_an_emptied_box_gets_a_sentence_and_then_an_answer_again(page: Page, served: Running) -> None:
    page.goto(served.url)
    expect_class(page, "Setosa")
    box = page.locator("#seedbed-input-0 input")
    box.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator(".seedbed-trouble")).to_have_text("Sepal length is empty: give a number.")
    box.fill("5")
    expect_class(page, "Setosa")


def test_an_example_may_lie_beyond_the_slider(page: Page, served: Running) -> None:
    page.goto(served.url)
    expect_class(page, "Setosa")
    page.get_by_role("button", name="Virginica").click()
    expect_class(page, "Virginica")
    page.get_by_role("button", name="Setosa").click()
    expect_class(page, "Setosa")
    expect(page.locator("#seedbed-input-3 input[type=number]")).to_have_value("0.2")


def test_a_link_opens_with_its_values(page: Page, served: Running) -> None:
    page.goto(served.url + "?sepal_length=6.6&sepal_width=3&petal_length=5.6&petal_width=2.1")
    expect_class(page, "Virginica")
    expect(page.locator("#seedbed-input-0 input")).to_have_value("6.6")
    page.goto(served.url + "?petal_width=0.2&sepal_length=abc&nothing=1")
    expect(page.locator("#seedbed-input-3 input[type=number]")).to_have_value("0.2")
    expect(page.locator("#seedbed-input-0 input")).to_have_value("1")


def test_no_other_host_is_asked(page: Page, served: Running) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.url)
    expect_class(page, "Setosa")
    page.wait_for_load_state("networkidle")
    hosts = {urlsplit(address).netloc for address in asked if address.startswith("http")}
    assert hosts == {f"127.0.0.1:{served.port}"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(browser: Browser, served: Running, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(served.url)
    expect_class(page, "Setosa")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("Predict", "Many rows", "About this model"):
        expect(page.get_by_role("tab", name=name)).to_be_visible()
    # The class is the largest text that names one.
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => e.children.length === 0 && /Setosa/.test(e.textContent) && e.getClientRects().length)
            .map(e => [parseFloat(getComputedStyle(e).fontSize), e.className])"""
    )
    assert max(sizes)[1] == "seedbed-class"
    context.close()
