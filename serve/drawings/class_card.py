"""A drawn card for a class that has no picture, as SVG."""

from __future__ import annotations

import math
import textwrap
import unicodedata

from markupsafe import Markup

from seedbed.errors import flatten
from serve.drawings.flower import Blade
from serve.drawings.markup import render
from serve.drawings.palettes import choose_palette

SIZE = 480
_LINES = 3
_LETTERS = 24  # a line; East Asian ones count twice


def draw_class_card(label: str, *, position: int, name: str = "card") -> Markup:
    """Return the card as one SVG element: the class's own rosette over its name.

    Parameters
    ----------
    label : the name of the class, whatever characters it holds.
    position : its index among the classes, which gives colours and the number of petals.
    name : a word that no other picture on the page uses, for the ids inside the SVG.
    """
    petals = 5 + position % 7
    blade = Blade(length=118, width=min(92.0, 470 / petals), claw=0.3, belly=0.6, tip=0.6, ruffle=0.0)
    return render(
        "class_card.svg",
        size=SIZE,
        name=name,
        title=flatten(label),
        palette=choose_palette(position),
        petal=blade.outline(9),
        petals=petals,
        heart=10 + 10 / math.sin(math.pi / petals) / 3,
        lines=_wrap(label),
    )


def _wrap(label: str) -> list[str]:
    """Return `label` on as many lines as fit, the last one cut."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in label) > len(label) / 2
    lines = textwrap.wrap(flatten(label), _LETTERS // 2 if wide else _LETTERS, max_lines=_LINES, placeholder=" …")
    return lines or ["(no name)"]
