"""The tab for one row: what is typed on one side, the answer on the other, its reasons below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from seedbed.errors import BadInput
from serve.drawings.markup import render
from serve.drawings.pictures import Gallery, draw_picture
from serve.model.current import Current
from serve.model.predictions import answer
from serve.model.source import ServedModel
from serve.ui.answers import render_short, render_verdict, render_why
from serve.ui.form import TELLING, Form, choose_form, hold, make_input, read_link

_SHORT = 6  # inputs that a phone shows above the answer
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def add_predict_tab(page: gr.Blocks, current: Current, version: Component, gallery: Gallery | None) -> None:
    """Add the tab's components and what happens as one types, or as another version comes to answer."""
    model = current.model
    form = choose_form(model)
    first = _respond(model, form, form.split([feature.value for feature in model.card.features]), gallery)
    with gr.Row(elem_classes="seedbed-main"):
        with gr.Column(scale=4, min_width=300):
            short = gr.HTML(first[3], elem_id="seedbed-short")
            inputs, notes = _add_inputs(model, form, first[4:])
            _add_examples(model, form, inputs)
        with gr.Column(scale=6, min_width=300), gr.Row(elem_classes="seedbed-result"):
            drawn = gr.HTML(first[0], elem_id="seedbed-picture", min_width=240)
            verdict = gr.HTML(first[1], elem_id="seedbed-verdict", min_width=240)
    why = gr.HTML(first[2], elem_id="seedbed-why")
    page.load(_open_link(current, form), None, inputs, **QUIET)
    gr.on(
        # One event for opening and typing, so that of two answers the later one stays.
        [page.load, version.change, *(box.change for box in inputs)],  # type: ignore[attr-defined]
        lambda *typed: _respond(current.model, form, typed, gallery),
        inputs,
        [drawn, verdict, why, short, *notes],
        # Gradio would refuse what lies beyond the ends of a slider; here the card judges what came.
        preprocess=False,
        trigger_mode="always_last",
        **QUIET,
    )


def _add_inputs(model: ServedModel, form: Form, notes: Sequence[str]) -> tuple[list[Component], list[Component]]:
    """Return the inputs in the form's order, and what shows the note under each box."""
    features = model.card.features
    inputs: list[Component] = []
    under: list[Component] = []
    if len(form.boxes) > TELLING:
        # A script of the page's head hides what is not sought; nothing is asked of the server.
        gr.Textbox(label=f"Find one of {len(form.boxes)} columns", max_lines=1, elem_id="seedbed-find")
    for number, group in enumerate(form.groups):
        if len(form.groups) > 1:
            gr.HTML(render("group.html", first=number == 0, count=len(group)))
        with gr.Row(elem_classes="seedbed-inputs"):
            for index in group:
                with gr.Column(min_width=100, elem_classes="seedbed-field"):
                    inputs.append(make_input(features[index], index))
                    note = notes[len(under)]
                    under.append(gr.HTML(note, elem_id=f"seedbed-note-{index}", elem_classes="seedbed-note"))
    if form.together:
        rest = gr.Textbox(
            str(form.split([feature.value for feature in features])[-1]),
            label=f"The other {len(form.together)}, from {features[form.together[0]].title} on",
            info="As a row of a spreadsheet, in the order of the table's columns; whole rows go into the next tab.",
            lines=4,
            max_lines=8,
            elem_id="seedbed-rest",
        )
        inputs.append(rest)
    return inputs, under


def _add_examples(model: ServedModel, form: Form, inputs: list[Component]) -> None:
    if model.training is not None and (rows := model.training.choose_typical(model.card.classes)):
        gr.Examples(
            [form.split(row) for row in rows.values()],
            inputs,
            label="A typical row of each class",
            example_labels=list(rows),
            api_visibility="private",
        )


def _open_link(current: Current, form: Form) -> Any:
    def open_link(request: gr.Request) -> Any:
        features = current.model.card.features
        linked = read_link(features, dict(request.query_params))
        # An input that the link does not name is left alone: a person may be typing into it already.
        values = [hold(features[index], linked[index]) if index in linked else gr.skip() for index in form.boxes]
        if form.together:
            row = [linked.get(index, feature.value) for index, feature in enumerate(features)]
            values.append(form.split(row)[-1] if linked.keys() & {*form.together} else gr.skip())
        return values if len(values) > 1 else values[0]

    return open_link


def _respond(model: ServedModel, form: Form, typed: Sequence[object], gallery: Gallery | None) -> list[str]:
    """Return all that one answer shows, so that its parts never belong to two rows.

    These are the picture, the verdict, why, the verdict in a line for a long form on a phone, and a note a box.
    """
    columns = [model.card.columns[index] for index in form.boxes]
    try:
        found = answer(model, form.join(typed))
    except BadInput as trouble:
        return ["", render("trouble.html", sentence=str(trouble)), "", "", *[""] * len(columns)]
    return [
        draw_picture(model.card, found.predicted, found.values, gallery),
        render_verdict(model.card, found),
        render_why(model, found),
        render_short(model.card, found) if len(columns) > _SHORT else "",
        *(render("note.html", note=found.notes.get(name, "")) for name in columns),
    ]
