"""A decimal comma, typed and pasted, in a German browser and in an English one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from serve.http.app import Running


@pytest.fixture(scope="module", params=["de", "en"])
def typed(request: pytest.FixtureRequest, browser: Browser, served: Running) -> Iterator[Page]:
    """Return the page in a browser of its own, whose every word is of one language."""
    lang = request.param
    own = None if Path(browser.browser_type.executable_path).exists() else shutil.which("chromium")
    opened = browser.browser_type.launch(
        executable_path=own, args=["--no-sandbox", f"--lang={lang}"], env={"LANGUAGE": lang, "HOME": str(Path.home())}
    )
    page = opened.new_context(locale=lang, permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(served.url)
    expect(page.locator(".seedbed-class")).to_have_text("Setosa")
    yield page
    opened.close()


def test_a_typed_comma_is_a_decimal_comma(typed: Page) -> None:
    for text, number in (("1,5", "1.5"), ("2.75", "2.75"), (",5", "0.5")):
        box = typed.locator("#seedbed-input-2 input")
        box.press("Control+a")
        box.press_sequentially(text, delay=10)
        expect(typed.locator("#seedbed-picture title")).to_have_text(re.compile(f"petals {number} by 1 cm"))


@pytest.mark.parametrize(("text", "petal"), [("1,25", "1.25"), (" 3.5 ", "3.5"), ("1,234.5", "9"), ("1,2,3", "9")])
def test_a_pasted_comma_is_one_or_nothing(typed: Page, text: str, petal: str) -> None:
    box = typed.locator("#seedbed-input-2 input")
    box.fill("9")
    typed.evaluate("text => navigator.clipboard.writeText(text)", text)
    box.press("Control+a")
    box.press("Control+v")
    expect(typed.locator("#seedbed-picture title")).to_have_text(re.compile(f"petals {petal} by 1 cm"))
