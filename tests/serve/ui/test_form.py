"""Tables of many columns: some have boxes, the rest is one text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from seedbed.errors import BadInput
from serve.http.app import launch
from serve.http.settings import Settings
from serve.model.source import FolderSource
from serve.ui.form import Form, choose_form

NewSettings = Callable[..., Settings]

NewVersion = Callable[..., Path]


def wide(columns: int) -> pd.DataFrame:
    """Return a table in which the last column tells the two classes apart, and no other one does."""
    table = pd.DataFrame(np.random.default_rng(13).normal(size=(20, columns)).round(1))
    table.columns = [f"gene {place}" for place in range(columns)]
    return table.assign(**{f"gene {columns - 1}": [0.0] * 10 + [50.0] * 10, "tissue": ["leaf"] * 10 + ["root"] * 10})


def test_what_is_typed_is_a_row_and_a_row_is_typed() -> None:
    form = Form(in_sight=(1, 4), behind=(), together=(0, 2, 3))
    assert form.join([1, 4, "0\t2,5; 3\n"]) == ["0", 1, "2,5", "3", 4]
    assert form.split([0.0, 1.0, 2.5, 3.0, 4.0]) == [1.0, 4.0, "0.0 2.5 3.0"]
    with pytest.raises(BadInput, match=r"^The other measurements are 3 numbers; 2 are typed\.$"):
        form.join([1, 4, "0 2"])
    with pytest.raises(BadInput, match="0 are typed"):
        form.join([1, 4, None])


@pytest.mark.parametrize(
    ("columns", "counts"), [(12, (12, 0, 0)), (13, (12, 1, 0)), (36, (12, 24, 0)), (37, (12, 0, 25))]
)
def test_the_most_telling_are_in_sight(
    columns: int, counts: tuple[int, int, int], tmp_path: Path, new_version: NewVersion
) -> None:
    form = choose_form(FolderSource(new_version(tmp_path / "v", wide(columns), "tissue")).load())
    assert (len(form.in_sight), len(form.behind), len(form.together)) == counts
    assert sorted([*form.in_sight, *form.behind, *form.together]) == list(range(columns))
    assert columns - 1 in form.in_sight


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
