"""The colours that the page and a flower take from the colour of a class."""

from __future__ import annotations

from seedbed.columns.colours import pick_colour, shade

# Of a flower: where its petals begin, a fall's edge, a standard and its edge, the veins, and around the signal.
_SHADES = {"throat": -0.55, "edge": 0.4, "standard": 0.15, "standard_edge": 0.5, "vein": -0.65, "halo": 0.93}


def choose_palette(position: int) -> dict[str, str]:
    """Return the colours of a flower of the class at a position, by their parts."""
    body = pick_colour(position)
    return {"body": body, "signal": "#ffc928", **{part: shade(body, share) for part, share in _SHADES.items()}}


def style_class(position: int) -> str:
    """Return the CSS variables of a point or bar: the colour of its class, and its line in light and in dark mode."""
    colour = pick_colour(position)
    return f"--seedbed-class:{colour};--seedbed-light:{shade(colour, -0.35)};--seedbed-dark:{shade(colour, 0.45)}"
