"""Pieces of a picture that were drawn before, kept to be copied: drawing a text takes a hundred times as long."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.text import Text

from seedbed.reports.figures.png import Pixels

_MOST_BYTES = 8_000_000  # a sweep on Iris needs two million


@dataclass(frozen=True, eq=False)
class Writing:
    """A text to be written on a plain ground."""

    text: Text
    look: Mapping[str, Any]  # what is set on it: text, color, fontsize
    area: tuple[slice, slice]  # rows and columns of pixels; it is clipped to them
    ground: bytes  # red, green, blue, alpha

    @property
    def key(self) -> Hashable:
        """All that its pixels depend on, as a text never leaves its place."""
        rows, columns = self.area
        return rows.start, columns.start, self.ground, *self.look.values()


class Patches:
    """Drawn pieces by what they show; emptied when they take too much memory."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Pixels] = {}
        self._bytes = 0

    def get(self, key: Hashable) -> Pixels | None:
        """Return a piece drawn before: array of shape (rows, columns, 4)."""
        return self._kept.get(key)

    def keep(self, key: Hashable, pixels: Pixels) -> None:
        """Keep a copy of a piece: array of shape (rows, columns, 4)."""
        if self._bytes + pixels.nbytes > _MOST_BYTES:
            self._kept.clear()
            self._bytes = 0
        self._kept[key] = pixels.copy()
        self._bytes += pixels.nbytes
