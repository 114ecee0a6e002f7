"""How the tests of reports read HTML."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

_VOID = {"meta", "img", "br", "input"}


class Balanced(HTMLParser):
    """Fails where a tag is closed that was not the last one opened; keeps what is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag in _VOID else [tag]
        self.loaded += [value or "" for name, value in attrs if name == "src" or (name == "href" and tag != "a")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def loaded_by() -> Callable[[str], list[str]]:
    """Return a function that lists what a page loads, and fails where its tags are not closed in order."""

    def read(page: str) -> list[str]:
        parsed = Balanced()
        parsed.feed(page)
        assert parsed.open == []
        return parsed.loaded

    return read
