"""What a person types into: an input a feature that suits its kind, and one box for all that have none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from seedbed.columns.cells import Unreadable
from seedbed.columns.rows import read_cell
from seedbed.columns.schema import Kind, is_gap, is_plain
from seedbed.errors import BadInput
from serve.model.card import Cell, Feature
from serve.model.source import ServedModel

TELLING = 12  # features that are asked for first, and beyond which there are groups and a search
_FEW = 4  # other features that make no group of their own
_MOST_BOXES = 36  # features beyond which only the telling ones have boxes: a browser takes seconds for hundreds
_SEARCHED = 20  # categories from which on they are searched, and others can be typed
_MISSING = ("(missing)", "")  # what is chosen for a gap


@dataclass(frozen=True, kw_only=True)
class Form:
    """The indices of the features that have a box of their own, by group, and of those that one text holds.

    What the page's components hold is `typed`: one value for each of `boxes`, then, if `together` is not empty, its
    text: numbers with blanks between them or, if there are others among the features, cells with tabs.
    """

    features: tuple[Feature, ...]
    groups: tuple[tuple[int, ...], ...]
    together: tuple[int, ...] = ()

    @property
    def boxes(self) -> tuple[int, ...]:
        """The features that have a box of their own."""
        return tuple(index for group in self.groups for index in group)

    def join(self, typed: Sequence[object]) -> list[object]:
        """Return one value a feature, as typed; BadInput if the text holds more or fewer values than it stands for."""
        found = dict(zip(self.boxes, typed, strict=False))
        if self.together:
            plain, text = is_plain(self.features), str(typed[-1] or "")
            values = re.findall(r"[^\s;]+", text) if plain else re.split(r"[\t;\n]", text.strip("\r\n"))
            if len(values) != len(self.together):
                words = f"{len(self.together)} {'numbers' if plain else 'values'}"
                raise BadInput(f"The other measurements are {words}; {len(values)} are typed.")
            found |= dict(zip(self.together, values, strict=True))
        return [found[index] for index in range(len(found))]

    def split(self, row: Sequence[Cell]) -> list[Any]:
        """Return what the components hold when a row is typed."""
        held = [hold(feature, cell) for feature, cell in zip(self.features, row, strict=True)]
        texts = ["" if held[index] is None else str(held[index]) for index in self.together]
        together = [(" " if is_plain(self.features) else "\t").join(texts)] if self.together else []
        return [*(held[index] for index in self.boxes), *together]


def hold(feature: Feature, cell: Cell) -> Cell:
    """Return what the input of a feature holds for a cell: nothing in a number's for a gap, an empty text in others."""
    gap = None if feature.kind is Kind.NUMBER else ""
    return gap if is_gap(cell, feature.kind) else cell


def choose_form(model: ServedModel) -> Form:
    """Return the form of a model: of many features those come first that tell the classes apart best."""
    card = model.card
    telling = card.columns if model.training is None else model.training.telling
    first = {*telling[:TELLING]} if len(card.columns) > TELLING + _FEW else {*card.columns}
    groups = [
        tuple(index for index, name in enumerate(card.columns) if (name in first) is own) for own in (True, False)
    ]
    if len(card.columns) <= _MOST_BOXES:
        return Form(features=card.features, groups=tuple(filter(None, groups)))
    return Form(features=card.features, groups=(groups[0],), together=groups[1])


def make_input(feature: Feature, index: int) -> Component:
    """Return the input of one feature; a column that never varied stays as it is."""
    common: dict[str, Any] = {
        "label": feature.title,
        "value": hold(feature, feature.value),
        "interactive": not feature.constant,
        "elem_id": f"seedbed-input-{index}",
        "min_width": 140,
    }
    gap = [_MISSING] if feature.missing else []
    if feature.kind is Kind.BOOLEAN:
        return gr.Radio([*((word, word) for word in feature.categories), *gap], elem_classes="seedbed-choice", **common)
    if feature.kind is Kind.CATEGORY and feature.categories:
        many = len(feature.categories) >= _SEARCHED
        choices = [*gap, *((name, name) for name in feature.categories)]
        return gr.Dropdown(choices, filterable=many, allow_custom_value=many, **common)
    if feature.kind is not Kind.NUMBER:
        hint = ("YYYY-MM-DD" if feature.whole else "YYYY-MM-DDThh:mm") if feature.kind is Kind.DATE else None
        return gr.Textbox(placeholder=hint, max_lines=1, **common)
    if feature.widget == "slider" and not feature.missing and None not in (feature.minimum, feature.maximum):
        return gr.Slider(
            minimum=feature.minimum or 0.0,
            maximum=feature.maximum or 0.0,
            step=feature.step or 0.1,
            elem_classes="seedbed-slider",
            buttons=[],
            **common,
        )
    hint = "missing" if feature.missing else None
    return gr.Number(step=feature.step or (1 if feature.whole else 0.1), placeholder=hint, **common)


def read_link(features: Sequence[Feature], query: Mapping[str, str]) -> dict[int, Cell]:
    """Return what the page's address says of features, by their indices; nothing of what their inputs cannot hold."""
    found = {}
    for index, feature in enumerate(features):
        text = query.get(feature.name)
        if text is None or (is_gap(text, feature.kind) and not feature.missing):
            continue
        try:
            cell = read_cell(feature, text, plain=not feature.missing)
        except Unreadable:
            continue
        if not 0 < len(feature.categories) < _SEARCHED or cell in (*feature.categories, None):
            found[index] = cell
    return found
