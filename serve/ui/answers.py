"""An answer as the page shows it: the verdict in words, its reasons, and its nearest training rows."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from sklearn.preprocessing import StandardScaler

from seedbed.estimators.answers import list_steps
from serve.drawings.markup import render
from serve.drawings.palettes import style_class
from serve.drawings.reasons import draw_contributions, draw_curves
from serve.drawings.scatter import compute_scatter, draw_legend, draw_scatter
from serve.model.card import Card
from serve.model.explanations import Contributions, explain
from serve.model.predictions import Answer
from serve.model.source import ServedModel

_UNLIKE_ANY = "Unlike any seen: it lies farther from its neighbours than training rows do from their own."
_IN_UNITS = ("chebyshev", "cityblock", "euclidean", "l1", "l2", "manhattan", "minkowski", "nan_euclidean")
_MOST_ROWS, _MOST_COLUMNS = 12, 6


def render_verdict(card: Card, answer: Answer) -> Markup:
    """Return the predicted class, how certain that is, and what is unusual about the row."""
    return render(
        "verdict.html",
        card=card,
        answer=answer,
        certainty=describe_certainty(answer),
        bars=[
            {
                "name": name,
                "share": share,
                "percent": format_percent(share),
                "votes": answer.neighbors.count_votes(name) if answer.neighbors is not None else "",
                "style": style_class(card.classes.index(name)),
            }
            for name, share in answer.probabilities.items()
        ],
        unlike_any=_UNLIKE_ANY if answer.unlike_any else "",
    )


def render_why(model: ServedModel, answer: Answer) -> str:
    """Return the explanation of `answer`; nothing if the version kept no training rows."""
    near = _tabulate_neighbors(model, answer)
    scatter = compute_scatter(model, answer, [] if answer.neighbors is None else answer.neighbors.rows)
    if scatter is None and near is None:
        return ""
    return render(
        "why.html",
        answer=answer,
        reasons=_draw_reasons(model, answer),
        scatter=None if scatter is None else draw_scatter(scatter),
        legend=None if scatter is None else draw_legend(scatter),
        near=near,
    )


def _draw_reasons(model: ServedModel, answer: Answer) -> Markup:
    reasons = explain(model, answer)
    if isinstance(reasons, Contributions):
        return draw_contributions(model.card, answer, reasons)
    return draw_curves(model.card, answer, reasons) if reasons else Markup()


def _tabulate_neighbors(model: ServedModel, answer: Answer) -> dict[str, Any] | None:
    neighbors, training, card, found = answer.neighbors, model.training, model.card, model.neighborhood
    if neighbors is None or training is None or found is None:
        return None
    shown = [feature for feature in card.features if feature.name in training.telling[:_MOST_COLUMNS]]
    *before, knn = list_steps(found.estimator)
    measure = "in standard deviations" if before else "in the units of the table"
    if knn.effective_metric_ not in _IN_UNITS or {*map(type, before)} - {StandardScaler}:
        measure = f"by the metric {knn.effective_metric_}"
    return {
        "target": card.target,
        "titles": [feature.title for feature in shown],
        "count": len(neighbors.rows),
        "decides": found.decides,
        "measure": measure,
        "rows": [
            {
                "label": label,
                "style": style_class(card.classes.index(label) if label in card.classes else 0),
                "distance": distance,
                "cells": [feature.format(float(training.rows[feature.name].iloc[row])) for feature in shown],
            }
            for row, distance in list(zip(neighbors.rows, neighbors.distances, strict=True))[:_MOST_ROWS]
            for label in [training.classes[row]]
        ],
    }


def describe_certainty(answer: Answer) -> str:
    """Say how many neighbours agree, or how probable the class is; a tie is called one, and how it was decided."""
    if not answer.probabilities:
        return "The model gives a class without probabilities."
    votes = answer.neighbors.count_votes(answer.predicted) if answer.neighbors is not None else ""
    share = answer.probabilities[answer.predicted]
    text = f"{votes} nearest neighbours" if votes else f"with a probability of {format_percent(share)}"
    if not answer.tied:
        return text
    names = f"{', '.join(answer.tied[:-1])} and {answer.tied[-1]}"
    return f"A tie between {names} ({text} each), decided for the first in the order of their names."


def format_percent(share: float) -> str:
    """Return a share as a whole percentage; almost all or nothing is never shown as all or nothing."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "<1 %" if share < 0.5 else ">99 %"
    return f"{100 * share:.0f} %"


def list_remarks(card: Card, answer: Answer) -> list[str]:
    """Return what is unusual about an answer, one sentence each."""
    labels = {feature.name: feature.label or feature.name for feature in card.features}
    remarks = [f"{labels[name]}: {note}" for name, note in answer.notes.items()]
    if answer.tied:
        remarks.append(describe_certainty(answer))
    return [*remarks, _UNLIKE_ANY] if answer.unlike_any else remarks
