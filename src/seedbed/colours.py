"""The colours of classes, the same in every figure and on the page."""

from __future__ import annotations

# Found by search: any two are told apart with every colour blindness, the first three also in grey (tests simulate it).
PALETTE = ("#19a08d", "#f2b233", "#5a2d91", "#d36845", "#b1c7ee", "#1c5165", "#af7be3", "#5a2e1e")


def pick_colours(n_classes: int) -> list[str]:
    """Return the colour of each class, as ``#rrggbb``."""
    return [pick_colour(index) for index in range(n_classes)]


def pick_colour(index: int) -> str:
    """Return the colour of the class at an index.

    After the palette's end its colours come again, each round darker, then lighter, so that none is repeated in the
    first three rounds.
    """
    turn, place = divmod(index, len(PALETTE))
    colour = PALETTE[place]
    return [colour, darken(colour), lighten(colour)][turn % 3]


def darken(colour: str, share: float = 0.35) -> str:
    """Return a colour nearer to black; by default its line colour, seen on paper even if the colour is pale."""
    return _mix(colour, 0, share)


def lighten(colour: str, share: float = 0.45) -> str:
    """Return a colour nearer to white; by default its line colour on a dark ground."""
    return _mix(colour, 255, share)


def _mix(colour: str, end: int, share: float) -> str:
    return "#" + bytes(round(own + (end - own) * share) for own in bytes.fromhex(colour[1:])).hex()
