"""What axe-core finds on every tab, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from serve.http.app import Running


def found(page: Page) -> list[tuple[str, str, Any]]:
    """Return what is serious or worse: a bare Gradio page with the same components has two such colours."""
    told = Axe().run(page).response["violations"]
    return [
        (issue["impact"], issue["id"], node["target"])
        for issue in told
        for node in issue["nodes"]
        if issue["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_nothing_serious_is_found(browser: Browser, served: Running, scheme: Any, tmp_path: Path) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(served.url + "?sepal_length=9&sepal_width=3&petal_length=5.6")
    expect(page.locator(".seedbed-far")).to_be_visible()
    page.wait_for_timeout(300)  # what fades in has its colours
    assert found(page) == []
    file = tmp_path / "rows.csv"
    file.write_text("sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n5,,1,1\n", encoding="utf-8")
    page.get_by_role("tab", name="Many rows").click()
    page.locator("#seedbed-file input[type=file]").set_input_files(file)
    expect(page.get_by_role("heading", name="1 of 2 rows")).to_be_visible()
    page.wait_for_timeout(300)
    assert found(page) == []
    page.get_by_role("tab", name="About this model").click()
    expect(page.locator(".seedbed-lead").last).to_contain_text("Version 7 of iris")
    page.wait_for_timeout(300)
    assert found(page) == []
    context.close()
