"""Colours of the drawn flowers, and the gradients and shadows that an SVG defines for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Stop = tuple[float, str, float]  # place from 0 to 1, colour, opacity


@dataclass(frozen=True)
class Palette:
    """The colours of one variety: of its falls from throat to edge, of its standards, and of the signal."""

    throat: str
    body: str
    edge: str
    standard: str
    standard_edge: str
    vein: str
    signal: str
    halo: str


PALETTES = (
    Palette("#1d0f57", "#3c22a0", "#6247d6", "#5a3cc8", "#8f78ee", "#160a45", "#fff3bf", "#f7f2ff"),
    Palette("#3c4fb5", "#7389e6", "#b3c0fb", "#8c9ff2", "#cdd6ff", "#27388f", "#ffc928", "#fffbe6"),
    Palette("#6d0f58", "#b52c8f", "#ec86c4", "#cb4aa5", "#f5a9d6", "#5a0a49", "#ff9f1c", "#ffeef2"),
    Palette("#7a3b00", "#d27d29", "#f7c873", "#e79a3f", "#fbdc9f", "#6b3200", "#fff1a8", "#fff9e6"),
    Palette("#0f4f4a", "#219186", "#79d3c3", "#3bab9c", "#a5e5d9", "#0a3d39", "#ffe066", "#f1fffb"),
    Palette("#6b1020", "#b5273f", "#ee8292", "#cc4058", "#f6a9b4", "#560a17", "#ffd166", "#fff3ee"),
)


def marked(position: int) -> str:
    """Return the style by which the page's CSS colours a mark of the class at a position, by day and in the dark."""
    palette = PALETTES[position % len(PALETTES)]
    return f'style="--seedbed-light:{palette.body};--seedbed-dark:{palette.standard_edge}"'


def lit_from(angle: int) -> int:
    """Return how a petal's light is turned, so that it comes from one side however the petal itself is turned."""
    return (-angle - 125) % 360


def definitions(palette: Palette, name: str, fall: float, standard: float, angles: Sequence[int]) -> str:
    """Return the `<defs>` of one flower.

    Parameters
    ----------
    name : what its names begin with.
    fall, standard : how long its petals are, in pixels.
    angles : how they are turned, in degrees.
    """

    def radial(key: str, radius: float, *stops: Stop) -> str:
        return (
            f'<radialGradient id="{name}-{key}" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="{radius:.1f}">'
            f"{_stops(stops)}</radialGradient>"
        )

    def spot(key: str, *stops: Stop) -> str:
        return f'<radialGradient id="{name}-{key}">{_stops(stops)}</radialGradient>'

    lights = "".join(
        f'<linearGradient id="{name}-light{turn}" gradientTransform="rotate({turn} .5 .5)">'
        f"{_stops(((0, '#fff', 0.26), (0.45, '#fff', 0.0), (0.6, '#000', 0.0), (1, '#12002e', 0.24)))}</linearGradient>"
        for turn in sorted({lit_from(angle) for angle in angles})
    )
    return (
        "<defs>"
        + radial("fall", fall, (0.05, palette.throat, 1), (0.5, palette.body, 1), (0.86, palette.edge, 1),
                 (1, palette.edge, 1))
        + radial("standard", standard, (0.05, palette.throat, 1), (0.4, palette.standard, 1),
                 (1, palette.standard_edge, 1))
        + spot("halo", (0, palette.halo, 0.95), (0.55, palette.halo, 0.75), (1, palette.halo, 0))
        + spot("signal", (0, palette.signal, 1), (0.6, palette.signal, 0.9), (1, palette.signal, 0))
        + spot("heart", (0, palette.signal, 1), (0.7, palette.signal, 0.95), (1, palette.throat, 1))
        + radial("arm", 0.36 * max(fall, standard), (0, palette.throat, 1), (0.35, palette.standard, 1),
                 (1, palette.halo, 1))
        + radial("leaf", 232, (0, "#2f6b46", 0.9), (0.6, "#5d9a6a", 0.75), (1, "#8dbf8f", 0.25))
        + f'<radialGradient id="{name}-ground" cx=".5" cy=".45" r=".75"><stop offset="0" '
        'style="stop-color:var(--seedbed-ground,#fffdf8)"/><stop offset="1" '
        'style="stop-color:var(--seedbed-ground-edge,#ece9f6)"/></radialGradient>'
        + lights
        + f'<filter id="{name}-shadow" x="-30%" y="-40%" width="160%" height="180%"><feDropShadow dx="0" dy="0" '
        'stdDeviation="4" flood-color="#1a0a3a" flood-opacity=".32"/></filter></defs>'
    )  # fmt: skip


def _stops(stops: Sequence[Stop]) -> str:
    return "".join(
        f'<stop offset="{offset:g}" stop-color="{colour}" stop-opacity="{opacity:g}"/>'
        for offset, colour, opacity in stops
    )
