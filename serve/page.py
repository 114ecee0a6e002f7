"""The page itself: what stands where, and what happens as one types."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from serve.answering import answer
from serve.api import add_endpoints
from serve.current import Current
from serve.inputs import from_link, input_for, typical_rows
from serve.look import LIVE_REGION
from serve.pictures import picture
from serve.source import ServedModel
from serve.values import Unreadable
from serve.wording import trouble_html, verdict_html

_MANY = 12  # features beyond which the boxes stand closer


def build(current: Current) -> gr.Blocks:
    """Return the page on the current model, not yet launched.

    Parameters
    ----------
    current : the model that answers, read anew at each request.
    """
    card = current.model.card
    page = gr.Blocks(title=card.title, analytics_enabled=False)
    with page:
        gr.HTML(f'<header class="seedbed-head"><h1>{escape(card.title)}</h1><p>{escape(card.description)}</p></header>')
        with gr.Tabs(), gr.Tab("Predict", id="predict"):
            _predict_tab(page, current)
        add_endpoints(current)
    return page


def _predict_tab(page: gr.Blocks, current: Current) -> None:
    model = current.model
    first = _respond(model, [feature.value for feature in model.card.features])
    with gr.Row(elem_classes="seedbed-main"):
        with gr.Column(scale=4, min_width=300):
            inputs = _inputs(model)
            _examples(model, inputs)
        with gr.Column(scale=6, min_width=300), gr.Row(elem_classes="seedbed-result"):
            drawn = gr.HTML(first[0], elem_id="seedbed-picture", min_width=240)
            verdict = gr.HTML(first[1], elem_id="seedbed-verdict", min_width=240)
    page.load(_from_link(current), None, inputs, queue=False, show_progress="hidden", api_visibility="private")
    page.load(None, js=LIVE_REGION, api_visibility="private")
    gr.on(
        # One event for opening and typing, so that of two answers the later one stays.
        [page.load, *(box.change for box in inputs)],  # type: ignore[attr-defined]
        lambda *values: _respond(current.model, values),
        inputs,
        [drawn, verdict],
        # Gradio would refuse what lies beyond the ends of a slider; here `values` judges what came.
        preprocess=False,
        queue=False,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )


def _inputs(model: ServedModel) -> list[Component]:
    features = model.card.features
    dense = "seedbed-dense" if len(features) > _MANY else ""
    with gr.Row(elem_classes=["seedbed-inputs", dense]):
        return [input_for(feature, place) for place, feature in enumerate(features)]


def _examples(model: ServedModel, inputs: list[Component]) -> None:
    if rows := typical_rows(model):
        gr.Examples(
            list(rows.values()),
            inputs,
            label="A typical row of each class",
            example_labels=list(rows),
            api_visibility="private",
        )


def _from_link(current: Current) -> Any:
    def opened(request: gr.Request) -> Any:
        shown = from_link(current.model.card.features, dict(request.query_params))
        # An input that the link does not name is left alone: somebody may be typing into it already.
        values = [gr.skip() if value is None else value for value in shown]
        return values if len(values) > 1 else values[0]

    return opened


def _respond(model: ServedModel, values: Any) -> tuple[str, ...]:
    """Return all that one answer shows, so that its parts never belong to two different rows."""
    try:
        found = answer(model, values)
    except Unreadable as trouble:
        return "", trouble_html(str(trouble))
    return picture(model.card, found.predicted, found.values), verdict_html(model.card, found)
