"""The tab for one row: what is typed on one side, the answer on the other, its reasons below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from seedbed.errors import BadInput
from serve.drawings.gallery import Gallery
from serve.drawings.markup import render
from serve.drawings.pictures import draw_picture
from serve.model.answering import answer
from serve.model.current import Current
from serve.model.source import ServedModel
from serve.ui.form import Form, form_of
from serve.ui.inputs import from_link, input_for
from serve.ui.why import render_why
from serve.ui.wording import render_verdict


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
    form = form_of(model)
    first = _respond(model, form, form.typed([feature.value for feature in model.card.features]), gallery)
    with gr.Row(elem_classes="seedbed-main"):
        with gr.Column(scale=4, min_width=300):
            inputs, notes = _inputs(model, form, first.notes)
            _examples(model, form, inputs)
        with gr.Column(scale=6, min_width=300), gr.Row(elem_classes="seedbed-result"):
            drawn = gr.HTML(first.picture, elem_id="seedbed-picture", min_width=240)
            verdict = gr.HTML(first.verdict, elem_id="seedbed-verdict", min_width=240)
    why = gr.HTML(first.why, elem_id="seedbed-why")
    page.load(_from_link(current, form), None, inputs, queue=False, show_progress="hidden", api_visibility="private")
    gr.on(
        # One event for opening and typing, so that of two answers the later one stays.
        [page.load, version.change, *(box.change for box in inputs)],  # type: ignore[attr-defined]
        lambda *typed: _respond(current.model, form, typed, gallery).shown(),
        inputs,
        [drawn, verdict, why, *notes],
        # Gradio would refuse what lies beyond the ends of a slider; here `values` judges what came.
        preprocess=False,
        queue=False,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )


def _inputs(model: ServedModel, form: Form, notes: list[str]) -> tuple[list[Component], list[Component]]:
    """Return the inputs in the form's order, and the place of the note under each box."""
    features = model.card.features
    boxes: list[Component] = []
    under: list[Component] = []

    def add(places: Sequence[int]) -> None:
        with gr.Row(elem_classes="seedbed-inputs"):
            for place in places:
                with gr.Column(min_width=100, elem_classes="seedbed-field"):
                    boxes.append(input_for(features[place], place))
                    note = notes[len(under)]
                    under.append(gr.HTML(note, elem_id=f"seedbed-note-{place}", elem_classes="seedbed-note"))

    add(form.in_sight)
    if form.behind:
        with gr.Accordion(f"{len(form.behind)} more", open=False):
            add(form.behind)
    if form.together:
        boxes.append(_rest(model, form))
    return boxes, under


def _rest(model: ServedModel, form: Form) -> Component:
    """Return the one box for all that have none of their own."""
    features = model.card.features
    return gr.Textbox(
        str(form.typed([feature.value for feature in features])[-1]),
        label=f"The other {len(form.together)}, from {features[form.together[0]].title} on",
        info="As a row of a spreadsheet, in the order of the table's columns; for whole rows there is the next tab.",
        lines=4,
        max_lines=8,
        elem_id="seedbed-rest",
    )


def _examples(model: ServedModel, form: Form, inputs: list[Component]) -> None:
    if model.training is not None and (rows := model.training.typical(model.card.classes)):
        gr.Examples(
            [form.typed(row) for row in rows.values()],
            inputs,
            label="A typical row of each class",
            example_labels=list(rows),
            api_visibility="private",
        )


def _from_link(current: Current, form: Form) -> Any:
    def opened(request: gr.Request) -> Any:
        features = current.model.card.features
        shown = from_link(features, dict(request.query_params))
        # An input that the link does not name is left alone: somebody may be typing into it already.
        values = [gr.skip() if shown[place] is None else shown[place] for place in (*form.in_sight, *form.behind)]
        if form.together:
            told = [feature.value if value is None else value for feature, value in zip(features, shown, strict=True)]
            named = any(shown[place] is not None for place in form.together)
            values.append(form.typed(told)[-1] if named else gr.skip())
        return values if len(values) > 1 else values[0]

    return opened


@dataclass(frozen=True, kw_only=True)
class _Response:
    """All that one answer shows, so that its parts never belong to two different rows."""

    picture: str
    verdict: str
    why: str
    notes: list[str]  # one a box

    def shown(self) -> list[str]:
        return [self.picture, self.verdict, self.why, *self.notes]


def _respond(model: ServedModel, form: Form, typed: Sequence[object], gallery: Gallery | None) -> _Response:
    columns = [model.card.columns[place] for place in (*form.in_sight, *form.behind)]
    try:
        found = answer(model, form.row(typed))
    except BadInput as trouble:
        return _Response(
            picture="", verdict=render("trouble.html", sentence=str(trouble)), why="", notes=[""] * len(columns)
        )
    return _Response(
        picture=draw_picture(model.card, found.predicted, found.values, gallery),
        verdict=render_verdict(model.card, found),
        why=render_why(model, found),
        notes=[render("note.html", note=found.notes.get(name, "")) for name in columns],
    )
