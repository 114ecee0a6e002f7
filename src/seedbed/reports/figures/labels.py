"""Names as they can be drawn: on one line, with letters that a font has, not too long, no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from seedbed.reports.figures.style import DPI, font_families, letters


def undrawable(names: Iterable[str]) -> list[str]:
    """Return the names without letters or with some that no font here has; they are drawn by their number."""
    lines = ((name, one_line(name)) for name in names)
    return [name for name, line in lines if not line or any(ord(letter) not in letters() for letter in line)]


def drawn_names(names: Iterable[str], longest: int = 28, kind: str = "class") -> list[str]:
    """Return what to draw for each name, in the same order.

    Parameters
    ----------
    names : the names, as the table has them
    longest : characters from which on the middle of a name gives way to an ellipsis
    kind : what a name is called by that no font can draw, as in "class 3"
    """
    listed = list(names)
    beyond_fonts = set(undrawable(listed))
    lines = [
        f"{kind} {place}" if name in beyond_fonts else _shortened(one_line(name), longest)
        for place, name in enumerate(listed, start=1)
    ]
    return _told_apart(lines)


def one_line(name: str) -> str:
    """Return a name with a space for each line break, tab or other character that has no form."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())


def _shortened(line: str, longest: int) -> str:
    """Give up the middle: long names often share their beginning."""
    if len(line) <= longest:
        return line
    tail = longest // 3
    return f"{line[: longest - 1 - tail].rstrip()}…{line[-tail:].lstrip()}"


def _told_apart(lines: list[str]) -> list[str]:
    """Number those that became alike."""
    alike, met, apart = Counter(lines), Counter[str](), []
    for line in lines:
        met[line] += 1
        apart.append(f"{line} ({met[line]})" if alike[line] > 1 else line)
    return apart


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Return the width in pixels of a text drawn in `size` points."""
    font = FontProperties(family=list(font_families()), size=size)
    width, _, _ = _ruler().get_text_width_height_descent(text, font, False)  # type: ignore[no-untyped-call]
    return float(width)


@lru_cache(maxsize=1)
def _ruler() -> RendererAgg:
    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
