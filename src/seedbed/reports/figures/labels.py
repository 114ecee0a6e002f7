"""Names as they can be drawn: on one line, with letters that a font has, not too long, all different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from os.path import commonprefix

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from seedbed.errors import flatten
from seedbed.reports.figures.style import DPI, list_fonts, list_letters


def list_undrawable(names: Iterable[str]) -> list[str]:
    """Return the names without letters or with some that no font here has; they are drawn by their number."""
    lines = ((name, flatten(name)) for name in names)
    return [name for name, line in lines if not line or any(ord(letter) not in list_letters() for letter in line)]


def make_drawable(names: Iterable[str], longest: int = 28, kind: str = "class") -> list[str]:
    """Return what to draw for each name, in the same order.

    One of more than `longest` characters is cut at its end, or at its beginning if others share that; one that no font
    can draw is called by its `kind`, such as "class 3".
    """
    listed = list(names)
    beyond_fonts = set(list_undrawable(listed))
    lines = [
        f"{kind} {number}" if name in beyond_fonts else flatten(name) for number, name in enumerate(listed, start=1)
    ]
    return _number_alike(_shorten(lines, longest))


def _shorten(lines: list[str], longest: int) -> list[str]:
    """Cut what is too long at its end; of those that this makes alike, begin shortly before they differ."""
    ends = [_cut(line, longest) for line in lines]
    groups: dict[str, set[str]] = {}
    for line, end in zip(lines, ends, strict=True):
        groups.setdefault(end, set()).add(line)
    starts = {end: len(commonprefix(list(group))) - longest // 2 for end, group in groups.items() if len(group) > 1}
    return [
        _cut(f"…{line[starts[end] :].lstrip()}", longest) if end in starts else end
        for line, end in zip(lines, ends, strict=True)
    ]


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _number_alike(lines: list[str]) -> list[str]:
    """Number those that became alike."""
    alike, met, apart = Counter(lines), Counter[str](), []
    for line in lines:
        met[line] += 1
        apart.append(f"{line} ({met[line]})" if alike[line] > 1 else line)
    return apart


@lru_cache(maxsize=4096)
def measure_text(text: str, size: float) -> float:
    """Return the width in pixels of a text drawn in `size` points."""
    font = FontProperties(family=list(list_fonts()), size=size)
    width, _, _ = _make_ruler().get_text_width_height_descent(text, font, False)  # type: ignore[no-untyped-call]
    return float(width)


@lru_cache(maxsize=1)
def _make_ruler() -> RendererAgg:
    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
