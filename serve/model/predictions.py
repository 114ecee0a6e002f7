"""From rows to what a model says of them; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.errors import BadInput, clip
from serve.model.card import Card
from serve.model.neighbors import Neighbors
from serve.model.source import ServedModel

_CHUNK = 500  # rows that are predicted between two steps of the progress bar


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model says of one row."""

    predicted: str
    probabilities: dict[str, float]  # in the order of the card's classes; empty if the estimator gives none
    tied: tuple[str, ...]  # classes that share the highest one, if more than one does


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer(Prediction):
    """What a model says of the one row that is typed, and why."""

    values: list[float]
    neighbors: Neighbors | None
    notes: Mapping[str, str]  # feature name to what is unusual about its value

    @property
    def unlike_any(self) -> bool:
        """Whether the row lies farther from the training rows than these do from each other."""
        return self.neighbors is not None and self.neighbors.far


def answer(model: ServedModel, values: Iterable[object]) -> Answer:
    """Return what `model` says of the row of `values`, one a feature, as they were typed.

    BadInput if a value is not a number, or the estimator does not take it.
    """
    numbers = model.card.read_row(values)
    rows = model.rows([numbers])
    (prediction,) = _predict(model, rows)
    neighborhood = model.neighborhood
    return Answer(
        **vars(prediction),
        values=numbers,
        neighbors=None if neighborhood is None else neighborhood.find(rows, prediction.probabilities),
        notes=_note_outliers(model.card, numbers),
    )


def predict_rows(
    model: ServedModel, rows: Sequence[Sequence[float] | None], progress: Callable[[float], None] = lambda share: None
) -> list[Prediction | None]:
    """Return one prediction a row, None for a row that could not be read and is None.

    `progress` is called with the share that is done; raises BadInput if the estimator does not take a value.
    """
    good = [row for row in rows if row is not None]
    found: list[Prediction] = []
    for start in range(0, len(good), _CHUNK):
        found += _predict(model, model.rows(good[start : start + _CHUNK]))
        progress(len(found) / len(good))
    rest = iter(found)
    return [None if row is None else next(rest) for row in rows]


def _predict(model: ServedModel, rows: Any) -> list[Prediction]:
    """Return one prediction a row, as the estimator takes them."""
    names = [str(name) for name in model.estimator.classes_] if model.gives_probabilities else []
    try:
        with np.errstate(over="ignore"):
            answers = model.classify(rows)
    except ValueError as error:  # trees do not take what is beyond 32 bits
        raise BadInput(f"The model does not take these values: {clip(error)}") from error
    predictions = []
    for predicted, shares in zip(*answers, strict=True):
        found = dict(zip(names, map(float, shares), strict=True))
        probabilities = {name: found[name] for name in model.card.classes if name in found}
        highest = max(probabilities.values(), default=math.nan)
        tied = tuple(name for name, share in probabilities.items() if math.isclose(share, highest, abs_tol=1e-12))
        predictions.append(
            Prediction(predicted=str(predicted), probabilities=probabilities, tied=tied if len(tied) > 1 else ())
        )
    return predictions


def _note_outliers(card: Card, numbers: Sequence[float]) -> dict[str, str]:
    """Say of each value outside the training rows what their range is."""
    notes = {}
    for feature, number in zip(card.features, numbers, strict=True):
        if feature.low is not None and feature.high is not None and not feature.low <= number <= feature.high:
            unit = f" {feature.unit}" if feature.unit else ""
            low, high = feature.format(feature.low), feature.format(feature.high)
            notes[feature.name] = f"Outside the training rows, {low} to {high}{unit}."
    return notes
