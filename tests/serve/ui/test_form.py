"""Tables of many columns: some have boxes, the rest is one text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from seedbed.columns.schema import Kind
from seedbed.errors import BadInput
from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.card import Feature
from serve.model.source import FolderSource
from serve.ui.form import Form, choose_form, read_link

NewSettings = Callable[..., Settings]

NewVersion = Callable[..., Path]


def wide(columns: int) -> pd.DataFrame:
    """Return a table in which the last column tells the two classes apart, and no other one does."""
    table = pd.DataFrame(np.random.default_rng(13).normal(size=(20, columns)).round(1))
    table.columns = [f"gene {place}" for place in range(columns)]
    return table.assign(**{f"gene {columns - 1}": [0.0] * 10 + [50.0] * 10, "tissue": ["leaf"] * 10 + ["root"] * 10})


def test_what_is_typed_is_a_row_and_a_row_is_typed() -> None:
    features = tuple(Feature(name=str(index)) for index in range(5))
    form = Form(features=features, groups=((1, 4),), together=(0, 2, 3))
    assert form.join([1, 4, "0\t2,5; 3\n"]) == ["0", 1, "2,5", "3", 4]
    assert form.split([0.0, 1.0, 2.5, 3.0, 4.0]) == [1.0, 4.0, "0.0 2.5 3.0"]
    with pytest.raises(BadInput, match=r"^The other measurements are 3 numbers; 2 are typed\.$"):
        form.join([1, 4, "0 2"])
    with pytest.raises(BadInput, match="0 are typed"):
        form.join([1, 4, None])


def test_any_cells_are_typed_with_tabs() -> None:
    features = (Feature(name="a", missing=0.1), *(Feature(name=name, kind=Kind.CATEGORY) for name in "bcd"))
    form = Form(features=features, groups=((0, 1),), together=(2, 3))
    assert form.split([math.nan, None, "New York", None]) == [None, "", "New York\t"]
    assert form.join([None, "", "New York\t\n"]) == [None, "", "New York", ""]
    with pytest.raises(BadInput, match=r"^The other measurements are 2 values; 1 are typed\.$"):
        form.join([None, "", "New York"])


@pytest.mark.parametrize(
    ("columns", "groups", "together"),
    [(12, [12], 0), (16, [16], 0), (17, [12, 5], 0), (36, [12, 24], 0), (37, [12], 25)],
)
def test_the_most_telling_come_first(
    columns: int, groups: list[int], together: int, tmp_path: Path, new_version: NewVersion
) -> None:
    form = choose_form(FolderSource(new_version(tmp_path / "v", wide(columns), "tissue")).load())
    assert ([len(group) for group in form.groups], len(form.together)) == (groups, together)
    assert sorted([*form.boxes, *form.together]) == list(range(columns))
    assert columns - 1 in form.groups[0]


def test_a_link_says_what_an_input_can_hold() -> None:
    few, many = tuple("abc"), tuple(map(str, range(30)))
    features = (
        Feature(name="n"),
        Feature(name="gap", missing=0.1),
        Feature(name="few", kind=Kind.CATEGORY, categories=few),
        Feature(name="many", kind=Kind.CATEGORY, categories=many),
        Feature(name="open", kind=Kind.BOOLEAN, categories=("no", "yes"), missing=0.1),
        Feature(name="since", kind=Kind.DATE),
    )
    query = {"n": "1,5", "few": "b", "many": "31", "open": "TRUE", "since": "30.11.2026", "else": "1"}
    assert read_link(features, query) == {0: 1.5, 2: "b", 3: "31", 4: "yes", 5: "2026-11-30"}
    assert read_link(features, {"n": "", "few": "d", "open": "maybe", "since": "soon"}) == {}
    assert read_link(features, {"gap": "", "open": "", "few": ""}) == {1: pytest.approx(math.nan, nan_ok=True), 4: None}


def test_three_hundred_columns_are_usable(
    page: Page, tmp_path: Path, new_version: NewVersion, new_settings: NewSettings
) -> None:
    running = launch(FolderSource(new_version(tmp_path / "v", wide(300), "tissue")), new_settings(port=0))
    page.goto(running.url + "?gene+299=50")
    expect(page.locator(".seedbed-class")).to_have_text("root")
    page.locator("#seedbed-input-299 input").fill("0")
    expect(page.locator(".seedbed-class")).to_have_text("leaf")
    page.locator("#seedbed-rest textarea").fill("1 2")
    expect(page.locator(".seedbed-trouble")).to_have_text("The other measurements are 288 numbers; 2 are typed.")
    page.get_by_role("button", name="root").click()
    expect(page.locator(".seedbed-class")).to_have_text("root")
    running.close()


@pytest.fixture(scope="module")
def mixed(
    tmp_path_factory: pytest.TempPathFactory,
    mixed_cells: pd.DataFrame,
    new_mixed_version: NewVersion,
    new_settings: NewSettings,
) -> Iterator[Running]:
    """Return the page of a table with categories, gaps, dates, yes and no, and of more columns than a screen shows."""
    numbers = np.random.default_rng(3).normal(size=(len(mixed_cells), 12)).round(2).astype(str)
    more = pd.DataFrame(numbers, columns=[f"marker {place}" for place in range(12)]).astype("str")
    cells = pd.concat([mixed_cells.drop(columns=["visit", "kind"]), more, mixed_cells[["kind"]]], axis=1)
    cells["town"] = (mixed_cells.index % 30).map("town {}".format).astype("str")
    folder = new_mixed_version(tmp_path_factory.mktemp("mixed") / "model", cells)
    running = launch(FolderSource(folder, "1"), new_settings(port=0))
    yield running
    running.close()


def test_any_kind_of_column_is_typed_by_keys_and_found_by_its_name(page: Page, mixed: Running) -> None:
    page.goto(mixed.url + "?size=&colour=green&since=04.03.2024&town=elsewhere")
    box = {
        name: page.locator(f"#seedbed-input-{place} input")
        for place, name in enumerate(mixed.current.model.card.columns)
    }
    expect(box["since"]).to_have_value("2024-03-04")
    assert [box[name].input_value() for name in ("size", "colour", "town")] == ["", "green", "elsewhere"]
    expect(page.locator("#seedbed-note-4")).to_have_text("Not among the training rows' values.")
    box["town"].fill("town 29")
    box["town"].press("Enter")
    expect(page.locator("#seedbed-note-4")).to_have_text("")
    page.get_by_role("radio", name="yes").press("Space")
    expect(page.get_by_role("radio", name="yes")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="(missing)")).to_be_checked()
    box["since"].fill("soon")
    expect(page.locator(".seedbed-trouble")).to_have_text("since is soon, which is not a date: write it as 2026-11-30.")
    box["since"].fill("")
    expect(page.locator(".seedbed-class")).to_be_visible()
    told = Axe().run(page).response["violations"]
    assert [issue["id"] for issue in told if issue["impact"] in ("serious", "critical")] == []
    page.get_by_label("Find one of 17 columns").fill("colo")
    expect(page.locator(".seedbed-field:visible")).to_have_count(1)


@pytest.mark.parametrize(
    ("width", "answer"), [(1280, "#seedbed-verdict"), pytest.param(390, "#seedbed-short", marks=pytest.mark.slow)]
)
def test_the_answer_stays_in_view_in_a_long_form(width: int, answer: str, page: Page, mixed: Running) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(mixed.url)
    page.locator(".seedbed-field").last.scroll_into_view_if_needed()
    expect(page.locator(answer)).to_be_in_viewport()
