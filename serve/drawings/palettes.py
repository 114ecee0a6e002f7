"""The colours that the page and a flower take from the colour of a class."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.colours import darken, lighten, pick_colour


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of one class: of a flower's falls from throat to edge, of its standards, and of the signal."""

    throat: str
    body: str
    edge: str
    standard: str
    standard_edge: str
    vein: str
    signal: str = "#ffc928"
    halo: str

    @property
    def style(self) -> str:
        """The CSS variables of a point or bar: its colour, and the line around it in light and in dark mode."""
        return f"--seedbed-class:{self.body};--seedbed-light:{darken(self.body)};--seedbed-dark:{lighten(self.body)}"


def choose_palette(position: int) -> Palette:
    """Return the colours of the class at a position."""
    body = pick_colour(position)
    return Palette(
        throat=darken(body, 0.55),
        body=body,
        edge=lighten(body, 0.4),
        standard=lighten(body, 0.15),
        standard_edge=lighten(body, 0.5),
        vein=darken(body, 0.65),
        halo=lighten(body, 0.93),
    )
