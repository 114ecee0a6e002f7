"""From rows to what a model says of them; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.columns.schema import Kind, is_gap
from seedbed.errors import BadInput, clip
from serve.model.card import Card, Cell, Feature
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

    values: list[Cell]
    neighbors: Neighbors | None
    notes: Mapping[str, str]  # feature name to what is unusual about its value

    @property
    def unlike_any(self) -> bool:
        """Whether the row lies farther from the training rows than these do from each other."""
        return self.neighbors is not None and self.neighbors.far


def answer(model: ServedModel, values: Iterable[object]) -> Answer:
    """Return what `model` says of the row of `values`, one a feature, as they were typed.

    BadInput if a value is not of its column's kind, or the estimator does not take it.
    """
    cells = model.card.read_row(values)
    rows = model.rows([cells])
    (prediction,) = _predict(model, rows)
    neighborhood = model.neighborhood
    return Answer(
        **vars(prediction),
        values=cells,
        neighbors=None if neighborhood is None else neighborhood.find(rows, prediction.probabilities),
        notes=_note_outliers(model.card, cells),
    )


def predict_rows(
    model: ServedModel, rows: Sequence[Sequence[Cell] | None], progress: Callable[[float], None] = lambda share: None
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


def _note_outliers(card: Card, cells: Sequence[Cell]) -> dict[str, str]:
    """Say of each value that no training row had the like of, what theirs are."""
    pairs = zip(card.features, cells, strict=True)
    return {feature.name: note for feature, cell in pairs if (note := _note_outlier(feature, cell))}


def _note_outlier(feature: Feature, cell: Any) -> str:
    if is_gap(cell, feature.kind):
        return "" if feature.missing else "No training row lacks it."
    if feature.kind is Kind.CATEGORY:
        return "" if cell in feature.categories or not feature.categories else "Not among the training rows' values."
    low, high = feature.low, feature.high
    if low is None or high is None or low <= cell <= high:
        return ""
    unit = f" {feature.unit}" if feature.unit else ""
    return f"Outside the training rows, {feature.format(low)} to {feature.format(high)}{unit}."
