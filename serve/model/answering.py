"""From typed values to an answer; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from serve.model.neighbors import Neighbors
from serve.model.source import ServedModel
from serve.model.values import numbers_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What one model says about one row."""

    values: list[float]
    predicted: str
    probabilities: Mapping[str, float]  # in the order of the card's classes
    votes: Mapping[str, int] | None = None  # neighbours of each class, where each counts the same
    tied: tuple[str, ...] = ()  # classes that share the highest probability, where more than one does
    neighbors: Neighbors | None = None
    notes: Mapping[str, str] = field(default_factory=dict)  # feature name to what is unusual about its value


def answer(model: ServedModel, values: Iterable[object]) -> Answer:
    """Return what `model` says about the row of `values`, one a feature, as they were typed.

    Raises
    ------
    Unreadable : where a value is no number.
    """
    numbers = numbers_of(model.card.features, values)
    rows = model.rows([numbers])
    predicted, found = model.classify(rows)
    names = [str(name) for name in model.estimator.classes_]
    shares = dict(zip(names, map(float, found[0]), strict=True))
    probabilities = {name: shares[name] for name in model.card.classes}
    neighborhood = model.neighborhood
    return Answer(
        values=numbers,
        predicted=str(predicted[0]),
        probabilities=probabilities,
        votes={name: round(share * neighborhood.k) for name, share in probabilities.items()}
        if neighborhood is not None and model.counted
        else None,
        tied=tied_among(probabilities),
        neighbors=None if neighborhood is None else neighborhood.nearest(rows),
        notes=_notes(model, numbers),
    )


def tied_among(probabilities: Mapping[str, float]) -> tuple[str, ...]:
    """Return the classes that share the highest probability; none where one has it alone."""
    highest = max(probabilities.values())
    tied = tuple(name for name, share in probabilities.items() if math.isclose(share, highest, abs_tol=1e-12))
    return tied if len(tied) > 1 else ()


def _notes(model: ServedModel, numbers: list[float]) -> dict[str, str]:
    """Say of each value outside the training rows how they lie."""
    notes = {}
    for feature, number in zip(model.card.features, numbers, strict=True):
        if feature.low is None or feature.high is None or feature.low <= number <= feature.high:
            continue
        unit = f" {feature.unit}" if feature.unit else ""
        notes[feature.name] = f"Outside the training rows, {feature.low:g} to {feature.high:g}{unit}."
    return notes
