"""Outlines of petals and smooth paths through points, in numbers; what colours them is in `flower`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


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

    def line(self, across: float, start: float, end: float, points: int = 5) -> str:
        """Return a line that keeps its share of the width, as veins do, as an SVG path."""
        steps = [start + (end - start) * step / (points - 1) for step in range(points)]
        return smooth([self.at(along, across) for along in steps])

    def branch(self, across: float, start: float, end: float, spread: float) -> str:
        """Return a line that leaves `across` sideways by `spread` on its way, as side veins do."""
        steps = [start + (end - start) * step / 3 for step in range(4)]
        return smooth([self.at(along, across + spread * (step / 3) ** 1.4) for step, along in enumerate(steps)])


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
