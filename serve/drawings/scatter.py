"""The training rows over their two most telling features, with the neighbours and the typed row in it, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from serve.drawings.paint import marked
from serve.model.answering import Answer
from serve.model.source import ServedModel
from serve.model.training import Training

_WIDE, _HIGH = 560.0, 380.0
_LEFT, _RIGHT, _TOP, _FOOT = 58.0, 18.0, 16.0, 52.0
_MOST_POINTS = 1500  # more would be neither told apart nor sent at every key
_MOST_CLASSES = 8  # beyond them, classes without a neighbour are one grey crowd
_RING = "m-7.5,0a7.5,7.5 0 1 0 15,0a7.5,7.5 0 1 0 -15,0"
_MARKS = ("m-3.6,0a3.6,3.6 0 1 0 7.2,0a3.6,3.6 0 1 0 -7.2,0z", "m-3.3,-3.3h6.6v6.6h-6.6z", "m0,-4.4l4.2,7.4h-8.4z",
          "m0,-4.8l4,4.8l-4,4.8l-4,-4.8z", "m-1.4,-4.4h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction of the drawing: what it shows, and where a value of it lies."""

    title: str
    low: float
    high: float
    start: float  # pixels
    end: float

    def at(self, value: float) -> float:
        """Return the place of `value` in pixels; what lies beyond the ends is put at them."""
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
    """The training rows of one class; `position` gives colour and mark, None is grey."""

    label: str
    position: int | None
    points: list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """All that the drawing shows, worked out."""

    x: Axis
    y: Axis
    crowds: list[Crowd]
    ringed: list[tuple[float, float]]
    typed: tuple[float, float]
    beyond: bool  # the typed row lies outside the drawing and is shown at its edge


def scatter_of(model: ServedModel, answer: Answer) -> Scatter | None:
    """Return the scatter of one answer; None without training rows or with fewer than two features."""
    training = model.training
    if training is None or len(training.telling) < 2:
        return None
    across, up = training.telling[:2]
    typed = dict(zip(model.card.columns, answer.values, strict=True))
    titles = {feature.name: feature.title for feature in model.card.features}
    x = _axis(titles[across], training.rows[across], typed[across], _LEFT, _WIDE - _RIGHT)
    y = _axis(titles[up], training.rows[up], typed[up], _HIGH - _FOOT, _TOP)
    points = list(zip(training.rows[across].astype(float), training.rows[up].astype(float), strict=True))
    places = [] if answer.neighbors is None else answer.neighbors.places
    return Scatter(
        x=x,
        y=y,
        crowds=_crowds(model, training, points, {answer.predicted, *(training.classes[place] for place in places)}),
        ringed=[points[place] for place in places],
        typed=(typed[across], typed[up]),
        beyond=not (x.low <= typed[across] <= x.high and y.low <= typed[up] <= y.high),
    )


def draw_scatter(scatter: Scatter) -> str:
    """Return the drawing as one SVG element with its legend inside the text alternative."""
    x, y = scatter.x, scatter.y
    spot = f"{x.at(scatter.typed[0]):.1f},{y.at(scatter.typed[1]):.1f}"
    title = f"{y.title} over {x.title} of the training rows, with what was typed and its neighbours"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE:g} {_HIGH:g}" role="img" class="seedbed-scatter" '
        f'aria-labelledby="scatter-title"><title id="scatter-title">{escape(title)}</title>'
        + _frame(x, y)
        + "".join(_crowd(crowd, x, y) for crowd in scatter.crowds)
        + f'<path d="{_marks(scatter.ringed, x, y, _RING)}" class="seedbed-ring"/>'
        + f'<path d="M{spot}m-10,0h20m-10,-10v20" class="seedbed-typed-halo"/>'
        + f'<path d="M{spot}m-10,0h20m-10,-10v20" class="seedbed-typed"/></svg>'
    )


def legend(scatter: Scatter) -> str:
    """Return what the marks mean, as an HTML list."""
    items = [
        f"<li>{_sample(f'M9,9{_mark(crowd.position)}', _fill(crowd.position))}{escape(crowd.label)}</li>"
        for crowd in scatter.crowds
    ]
    if scatter.ringed:
        items.append(f"<li>{_sample('M2,9a7,7 0 1 0 14,0a7,7 0 1 0 -14,0', '', 'seedbed-ring')}neighbour</li>")
    where = "typed, beyond the edge" if scatter.beyond else "typed"
    items.append(f"<li>{_sample('M1,9h16M9,1v16', '', 'seedbed-typed')}{where}</li>")
    return f'<ul class="seedbed-legend">{"".join(items)}</ul>'


def _axis(title: str, values: Iterable[float], typed: float, start: float, end: float) -> Axis:
    numbers = [float(value) for value in values]
    low, high = min(numbers), max(numbers)
    span = (high - low) or max(abs(high), 1.0)
    # The typed row widens the drawing, but not so far that the training rows become one spot.
    low, high = min(low, max(typed, low - 0.6 * span)), max(high, min(typed, high + 0.6 * span))
    return Axis(title=title, low=low - 0.06 * span, high=high + 0.06 * span, start=start, end=end)


def _crowds(
    model: ServedModel, training: Training, points: Sequence[tuple[float, float]], near: set[str]
) -> list[Crowd]:
    step = max(1, math.ceil(len(points) / _MOST_POINTS))
    by_class: dict[str, list[tuple[float, float]]] = {name: [] for name in model.card.classes}
    for point, name in list(zip(points, training.classes, strict=True))[::step]:
        by_class.setdefault(name, []).append(point)
    shown = [name for name in by_class if len(by_class) <= _MOST_CLASSES or name in near]
    others = [point for name, found in by_class.items() if name not in shown for point in found]
    order = list(by_class)
    grey = [Crowd(label="other classes", position=None, points=others)] if others else []
    return grey + [Crowd(label=name, position=order.index(name), points=by_class[name]) for name in shown]


def _frame(x: Axis, y: Axis) -> str:
    lines = "".join(f"M{x.at(tick):.1f},{y.start:g}V{y.end:g}" for tick in x.ticks())
    lines += "".join(f"M{x.start:g},{y.at(tick):.1f}H{x.end:g}" for tick in y.ticks())
    words = "".join(
        f'<text x="{x.at(tick):.1f}" y="{y.start + 19:g}" text-anchor="middle">{tick:.6g}</text>' for tick in x.ticks()
    )
    words += "".join(
        f'<text x="{x.start - 8:g}" y="{y.at(tick) + 4.5:.1f}" text-anchor="end">{tick:.6g}</text>'
        for tick in y.ticks()
    )
    middle = (y.start + y.end) / 2
    return (
        f'<path d="{lines}" class="seedbed-grid"/><g class="seedbed-axis">{words}'
        '<g text-anchor="middle" font-weight="600">'
        f'<text x="{(x.start + x.end) / 2:g}" y="{_HIGH - 8:g}">{_short(x.title)}</text>'
        f'<text transform="translate(15 {middle:g}) rotate(-90)">{_short(y.title)}</text></g></g>'
    )


def _crowd(crowd: Crowd, x: Axis, y: Axis) -> str:
    path = _marks(crowd.points, x, y, _mark(crowd.position))
    return f'<path d="{path}" class="seedbed-crowd" {_fill(crowd.position)}/>'


def _marks(points: Iterable[tuple[float, float]], x: Axis, y: Axis, mark: str) -> str:
    return "".join(f"M{x.at(first):.1f},{y.at(second):.1f}{mark}" for first, second in points)


def _mark(position: int | None) -> str:
    return _MARKS[0 if position is None else position % len(_MARKS)]


def _fill(position: int | None) -> str:
    if position is None:
        return 'style="--seedbed-light:#8b8798;--seedbed-dark:#8b8798"'
    return marked(position)


def _sample(path: str, fill: str, kind: str = "seedbed-crowd") -> str:
    drawn = f'<path d="{path}" class="{kind}" {fill}/>'
    return f'<svg viewBox="0 0 18 18" width="16" height="16" aria-hidden="true">{drawn}</svg>'


def _short(title: str) -> str:
    return escape(title if len(title) <= 48 else title[:47] + "…")
