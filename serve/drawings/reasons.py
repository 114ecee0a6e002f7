"""The reasons of an answer: what each value contributes as signed bars, or how the answer changes as small curves."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from serve.drawings.markup import render
from serve.drawings.palettes import style_class
from serve.drawings.scatter import Axis
from serve.model.card import Card, Feature
from serve.model.explanations import Contributions, Curve
from serve.model.predictions import Answer

_MOST_BARS = 8  # of features; what the others contribute is one bar
_WIDE, _LEFT, _RIGHT, _TOP, _HIGH = 280, 44, 12, 8, 90  # of a curve, in pixels; the band of classes lies below it


def draw_contributions(card: Card, answer: Answer, found: Contributions) -> Markup:
    """Return one bar a feature, the longest first: to the right for the predicted class, left for the runner-up."""
    features = sorted(card.features, key=lambda feature: -abs(found.parts[feature.name]))
    typed = dict(zip(card.columns, answer.values, strict=True))
    bars = [(feature.title, feature.format(typed[feature.name]), found.parts[feature.name]) for feature in features]
    if rest := [part for _, _, part in bars[_MOST_BARS:]]:
        bars[_MOST_BARS:] = [(f"{len(rest)} others together", "", sum(rest))]
    bars.append((f"Start: {found.origin}", "", found.start))
    low, high = (end(0.0, *(part for _, _, part in bars)) for end in (min, max))
    span = (high - low) or 1.0
    ratio = math.exp(min(found.difference, 10.0))
    return render(
        "bars.html",
        answer=answer,
        found=found,
        bars=bars,
        low=low,
        span=span,
        styles=[style_class(card.classes.index(name)) for name in (answer.predicted, found.runner_up)],
        digits=max(0, min(6, 2 - math.floor(math.log10(span)))),
        ratio="more than 1,000" if ratio > 1000 else f"{ratio:.{1 if ratio < 10 else 0}f}",
    )


def draw_curves(card: Card, answer: Answer, curves: list[Curve]) -> Markup:
    """Return one SVG a feature, with the values at which the answer is another one beside it."""
    features = {feature.name: feature for feature in card.features}
    return render(
        "curves.html",
        predicted=answer.predicted,
        style=style_class(card.classes.index(answer.predicted)),
        drawings=[_compute_drawing(card, features[curve.feature], curve) for curve in curves],
        every=len(curves) == len(features),
        wide=_WIDE,
    )


def _compute_drawing(card: Card, feature: Feature, curve: Curve) -> dict[str, Any]:
    left = _LEFT if curve.shares else _RIGHT
    x = Axis.around(curve.points, curve.typed, title=feature.title, start=left, end=_WIDE - _RIGHT, margin=0.0)
    turns = [index for index, (one, other) in enumerate(pairwise(curve.classes)) if one != other]
    # In the band, one class ends and the next one begins in the middle between two points.
    ends = [sum(map(x.at, curve.points[turn : turn + 2])) / 2 for turn in turns]
    ends = [x.at(curve.points[0]), *ends, x.at(curve.points[-1])]
    styles = [style_class(card.classes.index(curve.classes[turn])) for turn in (*turns, -1)]
    return {
        "feature": feature,
        "curve": curve,
        "words": describe_turns(feature, curve),
        "x": x,
        "y": Axis(title="", low=0.0, high=1.0, start=_TOP + _HIGH if curve.shares else _TOP, end=_TOP),
        "band": zip(ends, ends[1:], styles, strict=False),
    }


def describe_turns(feature: Feature, curve: Curve) -> str:
    """Say at which values next to the typed one, below and above it, the answer is another class."""
    here = curve.points.index(curve.typed)
    others = [index for index, name in enumerate(curve.classes) if name != curve.classes[here]]
    turns = [index for index in others if index < here][-1:] + [index for index in others if index > here][:1]
    digits = max(0, 2 - math.floor(math.log10(curve.points[-1] - curve.points[0])))
    found = [f"{curve.classes[index]} at {feature.format(round(curve.points[index], digits))}" for index in turns]
    return f"Becomes {', '.join(found)}" if found else f"Stays {curve.classes[here]}"
