"""Names as they can be drawn: on one line, with letters that a font has, not too long, all different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

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

    Parameters
    ----------
    names : the names, as the table has them
    longest : characters above which an ellipsis takes the place of a name's middle
    kind : what a name that no font can draw is called, such as the class of "class 3"
    """
    listed = list(names)
    beyond_fonts = set(list_undrawable(listed))
    lines = [
        f"{kind} {number}" if name in beyond_fonts else _shorten(flatten(name), longest)
        for number, name in enumerate(listed, start=1)
    ]
    return _number_alike(lines)


def _shorten(line: str, longest: int) -> str:
    """Give up the middle: long names often share their beginning."""
    if len(line) <= longest:
        return line
    tail = longest // 3
    return f"{line[: longest - 1 - tail].rstrip()}…{line[-tail:].lstrip()}"


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
