"""The tab for one row: what is typed on one side, the answer on the other, its reasons below."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from serve.answering import answer
from serve.current import Current
from serve.gallery import Gallery
from serve.inputs import from_link, input_for
from serve.pictures import picture
from serve.source import ServedModel
from serve.values import Unreadable
from serve.why import why_html
from serve.wording import trouble_html, verdict_html

_MANY = 12  # features beyond which the boxes stand closer


def add_predict_tab(page: gr.Blocks, current: Current, version: Component, gallery: Gallery | None) -> None:
    """Add the tab's components and what happens as one types.

    Parameters
    ----------
    page : that is being built.
    current : the model that answers.
    version : shows which version that is; another one answers anew.
    gallery : pictures of the classes that somebody gave.
    """
    model = current.model
    first = _respond(model, [feature.value for feature in model.card.features], gallery)
    with gr.Row(elem_classes="seedbed-main"):
        with gr.Column(scale=4, min_width=300):
            inputs, notes = _inputs(model, first.notes)
            _examples(model, inputs)
        with gr.Column(scale=6, min_width=300), gr.Row(elem_classes="seedbed-result"):
            drawn = gr.HTML(first.picture, elem_id="seedbed-picture", min_width=240)
            verdict = gr.HTML(first.verdict, elem_id="seedbed-verdict", min_width=240)
    why = gr.HTML(first.why, elem_id="seedbed-why")
    page.load(_from_link(current), None, inputs, queue=False, show_progress="hidden", api_visibility="private")
    gr.on(
        # One event for opening and typing, so that of two answers the later one stays.
        [page.load, version.change, *(box.change for box in inputs)],  # type: ignore[attr-defined]
        lambda *values: _respond(current.model, values, gallery).shown(),
        inputs,
        [drawn, verdict, why, *notes],
        # Gradio would refuse what lies beyond the ends of a slider; here `values` judges what came.
        preprocess=False,
        queue=False,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )


def _inputs(model: ServedModel, notes: list[str]) -> tuple[list[Component], list[Component]]:
    """Return one input a feature and the place of the note under it."""
    features = model.card.features
    dense = "seedbed-dense" if len(features) > _MANY else ""
    boxes: list[Component] = []
    places: list[Component] = []
    with gr.Row(elem_classes=["seedbed-inputs", dense]):
        for place, (feature, note) in enumerate(zip(features, notes, strict=True)):
            wide = "seedbed-wide" if feature.widget == "slider" else ""
            with gr.Column(min_width=100, elem_classes=["seedbed-field", wide]):
                boxes.append(input_for(feature, place))
                places.append(gr.HTML(note, elem_id=f"seedbed-note-{place}", elem_classes="seedbed-note"))
    return boxes, places


def _examples(model: ServedModel, inputs: list[Component]) -> None:
    if model.training is not None and (rows := model.training.typical(model.card.classes)):
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


@dataclass(frozen=True, kw_only=True)
class _Response:
    """All that one answer shows, so that its parts never belong to two different rows."""

    picture: str
    verdict: str
    why: str
    notes: list[str]  # one a feature

    def shown(self) -> list[str]:
        return [self.picture, self.verdict, self.why, *self.notes]


def _respond(model: ServedModel, values: Any, gallery: Gallery | None) -> _Response:
    columns = model.card.columns
    try:
        found = answer(model, values)
    except Unreadable as trouble:
        return _Response(picture="", verdict=trouble_html(str(trouble)), why="", notes=[""] * len(columns))
    return _Response(
        picture=picture(model.card, found.predicted, found.values, gallery),
        verdict=verdict_html(model.card, found),
        why=why_html(model, found),
        notes=[escape(found.notes.get(name, "")) for name in columns],
    )
