"""A clean drawn card for a class that has no picture, as SVG."""

from __future__ import annotations

import math
import textwrap
import unicodedata
from html import escape

from serve.drawings.paint import PALETTES
from serve.drawings.shapes import Blade

SIZE = 480
_LINES = 3
_WIDE = 24  # letters a line; East Asian ones count twice


def draw_class_card(label: str, *, position: int, name: str = "card") -> str:
    """Return the card as one SVG element: the class's own rosette over its name.

    Parameters
    ----------
    label : the name of the class, whatever characters it holds.
    position : its place among the classes, which gives colours and the number of petals.
    name : a word that no other picture on the page uses, for the names inside the SVG.
    """
    palette = PALETTES[position % len(PALETTES)]
    petals = 5 + position % 7
    blade = Blade(length=118, width=min(92.0, 470 / petals), claw=0.3, belly=0.6, tip=0.6, ruffle=0.0)
    shape = blade.outline(9)
    turns = [360 * turn / petals - 90 for turn in range(petals)]
    lines = _lines(label)
    first = 384 - 17 * (len(lines) - 1)
    words = "".join(
        f'<tspan x="{SIZE / 2:g}" y="{first + 34 * row}">{escape(line)}</tspan>' for row, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img" class="seedbed-picture" '
        f'aria-labelledby="{name}-title"><title id="{name}-title">{escape(_clean(label))}</title>'
        f'<defs><linearGradient id="{name}-petal"><stop offset="0" stop-color="{palette.throat}"/>'
        f'<stop offset=".5" stop-color="{palette.body}"/><stop offset="1" stop-color="{palette.edge}"/>'
        f"</linearGradient>"
        f'<path id="{name}-shape" d="{shape}"/></defs>'
        f'<rect width="{SIZE}" height="{SIZE}" rx="22" style="fill:var(--seedbed-ground-edge,#f0eef8)"/>'
        f'<g transform="translate({SIZE / 2:g} 188)"><circle r="146" style="fill:var(--seedbed-ground,#fffdf8)"/>'
        + "".join(
            f'<use href="#{name}-shape" transform="rotate({turn:.1f})" fill="url(#{name}-petal)" opacity=".88" '
            f'stroke="{palette.halo}" stroke-opacity=".6"/>'
            for turn in turns
        )
        + f'<circle r="{_heart(petals):.0f}" fill="{palette.signal}"/></g>'
        f'<text text-anchor="middle" font-size="26" font-weight="600" font-family="inherit" '
        f'style="fill:var(--seedbed-ink,#241b3d)">{words}</text></svg>'
    )


def _heart(petals: int) -> float:
    return 10 + 10 / math.sin(math.pi / petals) / 3


def _lines(label: str) -> list[str]:
    """Return `label` on as many lines as fit, the last one cut where it does not."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in label) > len(label) / 2
    lines = textwrap.wrap(_clean(label), _WIDE // 2 if wide else _WIDE, max_lines=_LINES, placeholder=" …")
    return lines or ["(no name)"]


def _clean(label: str) -> str:
    """Return `label` without characters that XML does not allow or that break a line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in label).split())
