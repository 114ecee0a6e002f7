"""The training rows over their two most telling features, with the typed row and some of them marked, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from serve.drawings.markup import render
from serve.drawings.palettes import style_class
from serve.model.predictions import Answer
from serve.model.source import ServedModel
from serve.model.training import Training

_WIDE, _HIGH = 560, 380
_LEFT, _RIGHT, _TOP, _FOOT = 58, 18, 16, 52
_MOST_POINTS = 1500  # more would be neither told apart nor sent at every key
_MOST_CLASSES = 8  # beyond them, classes without a marked row are one grey crowd
_RING = "m-7.5,0a7.5,7.5 0 1 0 15,0a7.5,7.5 0 1 0 -15,0"
_MARKERS = ("m-3.6,0a3.6,3.6 0 1 0 7.2,0a3.6,3.6 0 1 0 -7.2,0z", "m-3.3,-3.3h6.6v6.6h-6.6z", "m0,-4.4l4.2,7.4h-8.4z",
            "m0,-4.8l4,4.8l-4,4.8l-4,-4.8z", "m0,4.4l-4.2,-7.4h8.4z")  # fmt: skip

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction of the drawing: what it shows, and where a value lies on it."""

    title: str
    low: float
    high: float
    start: float  # pixels
    end: float

    @classmethod
    def around(
        cls, values: Iterable[float], typed: float, *, title: str, start: float, end: float, margin: float = 0.06
    ) -> Axis:
        """Return the axis that covers `values`, and `typed` if that is not too far off."""
        numbers = [float(value) for value in values if not math.isnan(value)]
        low, high = min(numbers), max(numbers)
        span = (high - low) or max(abs(high), 1.0)
        # The typed row widens the drawing, but not so far that the training rows become one spot.
        low, high = min(low, max(typed, low - 0.6 * span)), max(high, min(typed, high + 0.6 * span))
        return cls(title=title, low=low - margin * span, high=high + margin * span, start=start, end=end)

    def at(self, value: float) -> float:
        """Return the pixel of `value`; what lies beyond the ends is put at them."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return about five round values."""
        rough = (self.high - self.low) / 5
        step = 10.0 ** math.floor(math.log10(rough))
        step *= next(factor for factor in (1, 2, 5, 10) if factor * step >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [tick * step for tick in range(first, math.floor(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """The training rows of one class; `position` gives colour and marker, None is grey."""

    label: str
    position: int | None
    points: list[Point]

    @property
    def marker(self) -> str:
        """The path of one point, from its middle on."""
        return _MARKERS[(self.position or 0) % len(_MARKERS)]

    @property
    def style(self) -> str:
        """The colours of a point, as CSS variables."""
        if self.position is None:
            return "--seedbed-class:#8b8798;--seedbed-light:#8b8798;--seedbed-dark:#8b8798"
        return style_class(self.position)


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """All that the drawing shows, worked out."""

    x: Axis
    y: Axis
    crowds: list[Crowd]
    ringed: list[Point]
    typed: Point
    beyond: bool  # the typed row lies outside the drawing and is shown at its edge

    def path(self, points: Iterable[Point], marker: str) -> str:
        """Return one path that draws `marker` at each point."""
        whole = (point for point in points if not math.isnan(sum(point)))  # a gap has no place
        return "".join(f"M{self.x.at(first):.1f},{self.y.at(second):.1f}{marker}" for first, second in whole)


def compute_scatter(model: ServedModel, answer: Answer, ringed: Sequence[int] = ()) -> Scatter | None:
    """Return the scatter of one answer, with a ring around the training rows `ringed`.

    It is over the two features that tell the most of those that are numbers, and typed. None without training rows or
    with fewer than two such.
    """
    training = model.training
    cells = zip(model.card.columns, answer.values, strict=True)
    typed = {name: cell for name, cell in cells if isinstance(cell, float | int) and not math.isnan(cell)}
    numbers = [] if training is None else [name for name in training.telling if name in typed]
    if training is None or len(numbers) < 2:
        return None
    across, up = numbers[:2]
    titles = {feature.name: feature.title for feature in model.card.features}
    x = Axis.around(training.rows[across], typed[across], title=titles[across], start=_LEFT, end=_WIDE - _RIGHT)
    y = Axis.around(training.rows[up], typed[up], title=titles[up], start=_HIGH - _FOOT, end=_TOP)
    points = list(zip(training.rows[across].astype(float), training.rows[up].astype(float), strict=True))
    return Scatter(
        x=x,
        y=y,
        crowds=_crowds(model, training, points, {answer.predicted, *(training.classes[row] for row in ringed)}),
        ringed=[points[row] for row in ringed],
        typed=(typed[across], typed[up]),
        beyond=not (x.low <= typed[across] <= x.high and y.low <= typed[up] <= y.high),
    )


def draw_scatter(scatter: Scatter) -> Markup:
    """Return the drawing as one SVG element."""
    return render("scatter.svg", wide=_WIDE, high=_HIGH, scatter=scatter, ring=_RING)


def draw_legend(scatter: Scatter) -> Markup:
    """Return what the markers mean, as an HTML list."""
    return render("legend.html", scatter=scatter)


def _crowds(model: ServedModel, training: Training, points: Sequence[Point], near: set[str]) -> list[Crowd]:
    step = max(1, math.ceil(len(points) / _MOST_POINTS))
    by_class: dict[str, list[Point]] = {name: [] for name in model.card.classes}
    for point, name in list(zip(points, training.classes, strict=True))[::step]:
        by_class.setdefault(name, []).append(point)
    shown = [name for name in by_class if len(by_class) <= _MOST_CLASSES or name in near]
    others = [point for name, found in by_class.items() if name not in shown for point in found]
    order = list(by_class)
    grey = [Crowd(label="other classes", position=None, points=others)] if others else []
    return grey + [Crowd(label=name, position=order.index(name), points=by_class[name]) for name in shown]
