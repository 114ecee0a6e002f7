"""From typed values to an answer; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from serve.model.neighbors import Neighbors
from serve.model.source import ServedModel


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What one model says about one row."""

    values: list[float]
    predicted: str
    probabilities: Mapping[str, float]  # in the order of the card's classes
    tied: tuple[str, ...] = ()  # classes that share the highest probability, if more than one does
    neighbors: Neighbors | None = None
    notes: Mapping[str, str] = field(default_factory=dict)  # feature name to what is unusual about its value

    @property
    def unlike_any(self) -> bool:
        """Whether the row lies farther from the training rows than these do from each other."""
        return self.neighbors is not None and self.neighbors.far


def answer(model: ServedModel, values: Iterable[object]) -> Answer:
    """Return what `model` says about the row of `values`, one a feature, as they were typed.

    Raises
    ------
    BadInput : a value is not a number.
    """
    numbers = model.card.read_row(values)
    rows = model.rows([numbers])
    predicted, found = model.classify(rows)
    shares = dict(zip(map(str, model.estimator.classes_), map(float, found[0]), strict=True))
    probabilities = {name: shares[name] for name in model.card.classes}
    return Answer(
        values=numbers,
        predicted=str(predicted[0]),
        probabilities=probabilities,
        tied=find_ties(probabilities),
        neighbors=None if model.neighborhood is None else model.neighborhood.find(rows, probabilities),
        notes=_note_outliers(model, numbers),
    )


def find_ties(probabilities: Mapping[str, float]) -> tuple[str, ...]:
    """Return the classes that share the highest probability; none if one has it alone."""
    highest = max(probabilities.values())
    tied = tuple(name for name, share in probabilities.items() if math.isclose(share, highest, abs_tol=1e-12))
    return tied if len(tied) > 1 else ()


def _note_outliers(model: ServedModel, numbers: list[float]) -> dict[str, str]:
    """Say of each value outside the training rows what their range is."""
    notes = {}
    for feature, number in zip(model.card.features, numbers, strict=True):
        if feature.low is None or feature.high is None or feature.low <= number <= feature.high:
            continue
        unit = f" {feature.unit}" if feature.unit else ""
        notes[feature.name] = f"Outside the training rows, {feature.low:g} to {feature.high:g}{unit}."
    return notes
