"""The colour of each class of the target column, the same in every figure and on the page."""

from __future__ import annotations

# Found by search: any two are told apart with every colour blindness, the first three also in grey (tests simulate it).
PALETTE = ("#19a08d", "#f2b233", "#5a2d91", "#d36845", "#b1c7ee", "#1c5165", "#af7be3", "#5a2e1e")
_TURNS = (0.0, -0.35, 0.45)


def pick_colours(n_classes: int) -> list[str]:
    """Return the colour of each class, as ``#rrggbb``."""
    return [pick_colour(index) for index in range(n_classes)]


def pick_colour(index: int) -> str:
    """Return the colour of the class at an index.

    After the palette's end its colours come again, each round darker, then lighter, so that none is repeated in the
    first three rounds.
    """
    turn, offset = divmod(index, len(PALETTE))
    return shade(PALETTE[offset], _TURNS[turn % 3])


def darken(colour: str) -> str:
    """Return a colour's line colour: one that is seen on paper even if the colour is pale."""
    return shade(colour, -0.35)


def shade(colour: str, share: float) -> str:
    """Return a colour nearer to white by a share of the way, or nearer to black if it is negative."""
    end = 255 if share > 0 else 0
    return "#" + bytes(round(own + (end - own) * abs(share)) for own in bytes.fromhex(colour[1:])).hex()
