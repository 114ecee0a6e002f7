"""An iris seen from above, drawn to the scale of its four measurements, as SVG.

Three sepals (falls) hang outwards with their signal, three petals (standards) stand between them, three style arms
lie over the falls. Lengths and widths keep their proportions whatever is typed; only the zoom follows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from serve.drawings.markup import render
from serve.drawings.palettes import choose_palette

SIZE = 480  # the picture's own coordinates, each way
_REACH = 212.0  # pixels from the centre to the longest tip
_USUAL = 7.9  # cm: a flower of this length fills the picture
_FALLS, _STANDARDS = (90, 210, 330), (30, 150, 270)  # degrees, clockwise from the right
_LEAVES = ((-80, 226), (-104, 178), (20, 224), (44, 178), (161, 226), (137, 180))  # degrees, pixels
_VEINS = (-0.82, -0.58, -0.3, 0.3, 0.58, 0.82)
_BRANCHES = ((0.12, 0.36), (0.12, 0.54), (0.4, 0.48), (0.66, 0.54))  # where they leave: across, along
_DASHES = (-0.34, -0.2, -0.07, 0.07, 0.2, 0.34)

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What is typed, in the table's unit; any finite numbers."""

    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


def draw_flower(measures: Measures, *, variety: str, position: int, unit: str = "cm", name: str = "flower") -> Markup:
    """Return the flower as one SVG element.

    `variety` is for screen readers; `position`, its index among the classes, gives the colours; `unit` may be empty;
    `name`, a word that no other picture on the page uses, is for the ids inside the SVG.
    """
    sepal = _clamp(measures.sepal_length, measures.sepal_width)
    petal = _clamp(measures.petal_length, measures.petal_width)
    # A small flower is brought nearer, a giant farther away; larger still looks larger.
    longest = max(sepal[0], petal[0])
    zoom = _REACH * min(max(longest / _USUAL, 0.88), 1.0) / longest
    falls = [
        Blade(length=sepal[0] * zoom, width=sepal[1] * zoom, claw=0.34, tip=0.62, ruffle=0.045, bend=bend,
              phase=0.31 * turn)
        for turn, bend in enumerate((0.035, -0.03, 0.02))
    ]  # fmt: skip
    standards = [
        Blade(length=petal[0] * zoom, width=petal[1] * zoom, claw=0.3, belly=0.6, tip=0.82, ruffle=0.05, bend=bend,
              phase=0.4 + 0.27 * turn)
        for turn, bend in enumerate((-0.04, 0.03, 0.045))
    ]  # fmt: skip
    fall, longest = falls[0], max(falls[0].length, standards[0].length)
    return render(
        "flower.svg",
        size=SIZE,
        name=name,
        title=f"{variety}: a flower with {_describe(measures, unit)}",
        palette=choose_palette(position),
        fall=fall.length,
        standard=standards[0].length,
        longest=longest,
        leaves=_draw_leaves(),
        petals=[
            *map(_draw_fall, _FALLS, falls),
            *(_draw_petal("standard", angle, blade) for angle, blade in zip(_STANDARDS, standards, strict=True)),
        ],
        arm=_draw_arm(min(longest, 2 * fall.length), fall.width) | {"angles": _FALLS},
        heart=0.035 * min(longest, 3 * fall.length),
        scale=_choose_scale(zoom, unit),
    )


def _clamp(length: float, width: float) -> tuple[float, float]:
    length = min(max(abs(length), 0.05), 1e6)
    return length, min(max(abs(width), 0.12 * length), 1.15 * length)


def _draw_petal(kind: str, angle: int, blade: Blade) -> dict[str, object]:
    return {
        "kind": kind,
        "angle": angle,
        "outline": blade.outline(),
        "groove": blade.line(0.0, 0.04, 0.86, 4),
        "veins": "".join(blade.line(across, 0.1, 0.93 - 0.12 * across**2, 4) for across in _VEINS),
        "branches": "".join(
            blade.line(side * across, along, along + 0.3, 4, spread=side * 0.16)
            for side in (-1, 1)
            for across, along in _BRANCHES
        ),
        "rib": blade.line(0.0, 0.06, 0.9, 4),
        "line": min(max(blade.width / 70, 0.35), 1.2),
        "signal": None,
    }


def _draw_fall(angle: int, blade: Blade) -> dict[str, object]:
    signal = {
        "middle": 0.42 * blade.length,
        "long": 0.24 * blade.length,
        "wide": min(0.2 * blade.width, 0.13 * blade.length),
        "dashes": "".join(blade.line(across, 0.2, 0.66 - 0.4 * abs(across), 4) for across in _DASHES),
        "line": min(max(blade.width / 46, 0.5), 1.7),
    }
    return _draw_petal("fall", angle, blade) | {"signal": signal}


def _draw_arm(longest: float, width: float) -> dict[str, object]:
    """Return one of the three arms over the throat; it ends in two small crests."""
    length = 0.27 * longest
    blade = Blade(length=length, width=min(0.42 * length, 0.7 * width), claw=0.55, belly=0.62, tip=0.6, ruffle=0.04)
    crest = Blade(length=0.34 * length, width=0.2 * length, claw=0.5, tip=0.7)
    return {
        "length": length,
        "outline": blade.outline(10),
        "rib": blade.line(0.0, 0.1, 0.92),
        "crest": crest.outline(8),
    }


@cache
def _draw_leaves() -> list[dict[str, object]]:
    leaves: list[dict[str, object]] = []
    for angle, length in _LEAVES:
        blade = Blade(length=length, width=length / 6.6, claw=0.8, belly=0.4, tip=0.8, ruffle=0.0, bend=0.05)
        lines = "".join(blade.line(across, 0.1, 0.95, 4) for across in (-0.5, 0.0, 0.5))
        leaves.append({"angle": angle, "outline": blade.outline(10), "lines": lines})
    return leaves


def _choose_scale(zoom: float, unit: str) -> dict[str, object]:
    """Return how long a round number of units is; the zoom is not the same for every flower."""
    span = 10.0 ** math.floor(math.log10(110 / zoom))
    span = next(span * step for step in (5, 2, 1) if span * step * zoom <= 110)
    return {"pixels": span * zoom, "label": f"{span:g} {unit}"}


def _describe(measures: Measures, unit: str) -> str:
    after = f" {unit}" if unit else ""
    return (
        f"sepals {measures.sepal_length:g} by {measures.sepal_width:g}{after} and "
        f"petals {measures.petal_length:g} by {measures.petal_width:g}{after}"
    )


@dataclass(frozen=True, kw_only=True)
class Blade:
    """One petal that grows from the origin along x.

    `length` and `width` are in pixels; `claw` is how narrow its foot is, `belly` where along it it is widest,
    `tip` how round it ends (0.5 round, 1 pointed), `ruffle` how wavy its edge is, `bend` how far its tip leans,
    and `phase` makes one petal unlike the next.
    """

    length: float
    width: float
    claw: float = 0.16
    belly: float = 0.66
    tip: float = 0.6
    ruffle: float = 0.03
    bend: float = 0.0
    phase: float = 0.0

    def half_width(self, along: float) -> float:
        """Return half the width at `along`, a share of the length from 0 to 1, without the ruffle."""
        power = math.log(0.5) / math.log(self.belly)
        swell = math.sin(math.pi * min(along, 1.0) ** power) ** self.tip if 0 < along < 1 else 0.0
        foot = self.claw * (1 - along) ** 0.5
        return self.width / 2 * math.hypot(swell, foot) / math.hypot(1.0, self.claw * (1 - self.belly) ** 0.5)

    def at(self, along: float, across: float) -> Point:
        """Return the point at `along` (0 foot, 1 tip) and `across` (-1 and 1 the edges)."""
        side = 1.0 if across >= 0 else -1.0
        wave = math.sin(2 * math.pi * (2.6 * along + self.phase + 0.21 * side)) * along**2
        width = self.half_width(along) * (1 + self.ruffle * wave * abs(across))
        return self.length * along, across * width + self.bend * self.length * along**2

    def outline(self, points: int = 15) -> str:
        """Return the whole edge as a closed SVG path."""
        # Denser towards both ends, where the edge turns most.
        steps = [(1 - math.cos(math.pi * step / points)) / 2 for step in range(points + 1)]
        there = [self.at(along, 1.0) for along in steps]
        back = [self.at(along, -1.0) for along in reversed(steps[:-1])]
        return smooth(there + back, closed=True)

    def line(self, across: float, start: float, end: float, points: int = 5, spread: float = 0.0) -> str:
        """Return a line that keeps its share of the width, as veins do, or leaves it sideways, as an SVG path."""
        steps = [step / (points - 1) for step in range(points)]
        return smooth([self.at(start + (end - start) * step, across + spread * step**1.4) for step in steps])


def smooth(points: Sequence[Point], *, closed: bool = False) -> str:
    """Return an SVG path through `points`: Catmull and Rom's curve as Bézier pieces."""
    count = len(points)

    def near(index: int) -> Point:
        return points[index % count] if closed else points[min(max(index, 0), count - 1)]

    pieces = [f"M{_text(points[0])}"]
    for index in range(count if closed else count - 1):
        before, start, end, after = (near(index + step) for step in (-1, 0, 1, 2))
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        pieces.append(f"C{_text(first)} {_text(second)} {_text(end)}")
    return "".join(pieces) + ("Z" if closed else "")


def _text(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"
