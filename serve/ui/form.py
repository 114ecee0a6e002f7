"""What a person types into: boxes and sliders, one a feature, and one box for all that have none of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from seedbed.columns.cells import LARGEST, Unreadable, read_number
from seedbed.errors import BadInput
from serve.model.card import Feature
from serve.model.source import ServedModel

IN_SIGHT = 12  # boxes that are always in sight
_MOST_BOXES = 36  # features beyond which only those in sight have boxes: a browser takes seconds for hundreds


@dataclass(frozen=True, kw_only=True)
class Form:
    """The indices of the features in sight, of those behind a heading, and of those that one text holds.

    What the page's components hold is `typed`: one value for each of `boxes`, then, if `together` is not empty, its
    text.
    """

    in_sight: tuple[int, ...]
    behind: tuple[int, ...]
    together: tuple[int, ...]

    @property
    def boxes(self) -> tuple[int, ...]:
        """The features that have a box of their own."""
        return (*self.in_sight, *self.behind)

    def join(self, typed: Sequence[object]) -> list[object]:
        """Return one value a feature, as typed; BadInput if the text holds more or fewer values than it stands for."""
        found = dict(zip(self.boxes, typed, strict=False))
        if self.together:
            values = [value for value in re.split(r"[\s;]+", str(typed[-1] or "")) if value]
            if len(values) != len(self.together):
                raise BadInput(f"The other measurements are {len(self.together)} numbers; {len(values)} are typed.")
            found |= dict(zip(self.together, values, strict=True))
        return [found[index] for index in range(len(found))]

    def split(self, row: Sequence[object]) -> list[object]:
        """Return what the components hold when a row is typed."""
        boxes: list[object] = [row[index] for index in self.boxes]
        return [*boxes, " ".join(f"{row[index]}" for index in self.together)] if self.together else boxes


def choose_form(model: ServedModel) -> Form:
    """Return the form of a model: of many features, those are in sight that tell the classes apart best."""
    columns = model.card.columns
    telling = columns if model.training is None else model.training.telling
    seen = set(telling[:IN_SIGHT]) if len(columns) > IN_SIGHT else set(columns)
    in_sight = tuple(index for index, name in enumerate(columns) if name in seen)
    rest = tuple(index for index, name in enumerate(columns) if name not in seen)
    if len(columns) <= _MOST_BOXES:
        return Form(in_sight=in_sight, behind=rest, together=())
    return Form(in_sight=in_sight, behind=(), together=rest)


def make_input(feature: Feature, index: int) -> Component:
    """Return the box or slider of one feature; a column that never varied stays as it is."""
    common: dict[str, Any] = {
        "label": feature.title,
        "value": feature.value,
        "interactive": not feature.constant,
        "elem_id": f"seedbed-input-{index}",
        "min_width": 140,
    }
    if feature.widget == "slider" and feature.minimum is not None and feature.maximum is not None:
        return gr.Slider(
            minimum=feature.minimum,
            maximum=feature.maximum,
            step=feature.step or 0.1,
            elem_classes="seedbed-slider",
            buttons=[],
            **common,
        )
    return gr.Number(step=feature.step or (1 if feature.whole else 0.1), **common)


def read_link(features: Sequence[Feature], query: Mapping[str, str]) -> list[float | None]:
    """Return what the page's address says of each feature; None for nothing, or for what is not a number."""
    return [_read(query.get(feature.name)) for feature in features]


def _read(text: str | None) -> float | None:
    try:
        return read_number(text, largest=LARGEST)
    except Unreadable:
        return None
