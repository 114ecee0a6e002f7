"""Why an answer is what it is: its nearest training rows as a table, and where they lie."""

from __future__ import annotations

from html import escape

from sklearn.pipeline import Pipeline

from serve.drawings.paint import marked
from serve.drawings.scatter import draw_scatter, legend, scatter_of
from serve.model.answering import Answer
from serve.model.neighbors import Neighbors
from serve.model.source import ServedModel
from serve.model.training import Training

_MOST_ROWS, _MOST_COLUMNS = 12, 6


def why_html(model: ServedModel, answer: Answer) -> str:
    """Return the explanation of `answer`; nothing where the version kept no training rows."""
    parts = []
    if (scatter := scatter_of(model, answer)) is not None:
        parts.append(f'<div class="seedbed-plot">{draw_scatter(scatter)}{legend(scatter)}</div>')
    if answer.neighbors is not None and model.training is not None:
        parts.append(f'<div class="seedbed-near">{_neighbours(model, answer.neighbors, model.training)}</div>')
    if not parts:
        return ""
    return (
        f'<section class="seedbed-why" aria-labelledby="seedbed-why-title"><h2 id="seedbed-why-title">'
        f"Why {escape(answer.predicted)}?</h2>{''.join(parts)}</section>"
    )


def _neighbours(model: ServedModel, neighbors: Neighbors, training: Training) -> str:
    columns = [name for name in model.card.columns if name in training.telling[:_MOST_COLUMNS]]
    titles = {feature.name: feature.title for feature in model.card.features}
    heads = "".join(f'<th scope="col">{escape(titles[name])}</th>' for name in columns)
    rows = "".join(
        _row(model, training, place, distance, columns)
        for place, distance in list(zip(neighbors.places, neighbors.distances, strict=True))[:_MOST_ROWS]
    )
    rest = len(neighbors.places) - _MOST_ROWS
    more = f"<p>And {rest} more.</p>" if rest > 0 else ""
    scaled = isinstance(model.estimator, Pipeline)
    measure = "in standard deviations" if scaled else "in the units of the table"
    count = len(neighbors.places)
    who = "nearest training row decides" if count == 1 else f"{count} nearest training rows decide"
    return (
        f"<p>The {who}. Distances are {measure}.</p>"
        '<div class="seedbed-table" role="region" aria-label="Nearest training rows" tabindex="0"><table>'
        f'<thead><tr><th scope="col">{escape(model.card.target)}</th><th scope="col">distance</th>{heads}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>{more}"
    )


def _row(model: ServedModel, training: Training, place: int, distance: float, columns: list[str]) -> str:
    name = training.classes[place]
    position = model.card.classes.index(name) if name in model.card.classes else 0
    cells = "".join(f"<td>{float(training.rows[column].iloc[place]):.6g}</td>" for column in columns)
    return (
        f'<tr><th scope="row"><span class="seedbed-dot" {marked(position)}></span>'
        f"{escape(name)}</th><td>{distance:.3g}</td>{cells}</tr>"
    )
