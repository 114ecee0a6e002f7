"""The colours of classes, in drawings and on the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours of one class: of a flower's falls from throat to edge, of its standards, and of the signal."""

    throat: str
    body: str
    edge: str
    standard: str
    standard_edge: str
    vein: str
    signal: str
    halo: str

    @property
    def style(self) -> str:
        """The CSS variables by which the page's style sheet colours a point or dot, in light and in dark mode."""
        return f"--seedbed-light:{self.body};--seedbed-dark:{self.standard_edge}"


PALETTES = (
    Palette("#1d0f57", "#3c22a0", "#6247d6", "#5a3cc8", "#8f78ee", "#160a45", "#fff3bf", "#f7f2ff"),
    Palette("#3c4fb5", "#7389e6", "#b3c0fb", "#8c9ff2", "#cdd6ff", "#27388f", "#ffc928", "#fffbe6"),
    Palette("#6d0f58", "#b52c8f", "#ec86c4", "#cb4aa5", "#f5a9d6", "#5a0a49", "#ff9f1c", "#ffeef2"),
    Palette("#7a3b00", "#d27d29", "#f7c873", "#e79a3f", "#fbdc9f", "#6b3200", "#fff1a8", "#fff9e6"),
    Palette("#0f4f4a", "#219186", "#79d3c3", "#3bab9c", "#a5e5d9", "#0a3d39", "#ffe066", "#f1fffb"),
    Palette("#6b1020", "#b5273f", "#ee8292", "#cc4058", "#f6a9b4", "#560a17", "#ffd166", "#fff3ee"),
)


def choose_palette(position: int) -> Palette:
    """Return the colours of the class at a position; beyond six classes they begin again."""
    return PALETTES[position % len(PALETTES)]
