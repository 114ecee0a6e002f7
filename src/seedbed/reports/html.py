"""HTML by templates that escape every value: one file that loads nothing, opens from disk and prints well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

MOST_LINES = 500  # of a table


@dataclass(frozen=True)
class Tile:
    """A number with its name above it and a remark below; `first` is the one to remember."""

    name: str
    value: str
    more: str
    first: bool = False


@dataclass(frozen=True)
class Bar:
    """A range and a value on it, in percent of the width of its column."""

    start: float
    end: float
    value: float


Line = tuple[str, Sequence[str | Bar | None]]


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes
    ----------
    columns : heading and CSS class of each column.
    lines : CSS class and cells of each line; in a column of class "bar" a `Bar` or None, in others a text.
    more : how many lines are left out; where : in which file they are, as the end of a sentence.
    """

    columns: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    more: int = 0
    where: str = ""


def render_page(template: str, **values: Any) -> str:
    """Fill a template of `templates/`."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
