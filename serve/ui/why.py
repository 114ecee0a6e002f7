"""Why an answer is what it is: its nearest training rows as a table, and where they lie."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from serve.drawings.markup import render
from serve.drawings.palettes import choose_palette
from serve.drawings.scatter import compute_scatter, draw_legend, draw_scatter
from serve.model.answering import Answer
from serve.model.source import ServedModel

_MOST_ROWS, _MOST_COLUMNS = 12, 6


def render_why(model: ServedModel, answer: Answer) -> str:
    """Return the explanation of `answer`; nothing if the version kept no training rows."""
    near = _tabulate_neighbors(model, answer)
    scatter = compute_scatter(model, answer, [] if answer.neighbors is None else answer.neighbors.rows)
    if scatter is None and near is None:
        return ""
    return render(
        "why.html",
        answer=answer,
        scatter=None if scatter is None else draw_scatter(scatter),
        legend=None if scatter is None else draw_legend(scatter),
        near=near,
    )


def _tabulate_neighbors(model: ServedModel, answer: Answer) -> dict[str, Any] | None:
    neighbors, training, card = answer.neighbors, model.training, model.card
    if neighbors is None or training is None:
        return None
    shown = [feature for feature in card.features if feature.name in training.telling[:_MOST_COLUMNS]]
    columns = [training.rows[feature.name] for feature in shown]
    return {
        "target": card.target,
        "titles": [feature.title for feature in shown],
        "count": len(neighbors.rows),
        "measure": "in standard deviations" if isinstance(model.estimator, Pipeline) else "in the units of the table",
        "rows": [
            {
                "label": label,
                "style": choose_palette(card.classes.index(label) if label in card.classes else 0).style,
                "distance": distance,
                "cells": [float(column.iloc[row]) for column in columns],
            }
            for row, distance in list(zip(neighbors.rows, neighbors.distances, strict=True))[:_MOST_ROWS]
            for label in [training.classes[row]]
        ],
    }
