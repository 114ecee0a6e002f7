"""The boxes and sliders that a person types into, one a feature, and example rows for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from seedbed.columns.cells import Unreadable, read_number
from serve.model.card import LARGEST, Feature


def input_for(feature: Feature, place: int) -> Component:
    """Return the box or slider of one feature; a column that never varied stays as it is."""
    common: dict[str, Any] = {
        "label": feature.title,
        "value": feature.value,
        "interactive": not feature.constant,
        "elem_id": f"seedbed-input-{place}",
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


def from_link(features: tuple[Feature, ...], query: Mapping[str, str]) -> list[float | None]:
    """Return what the page's address says of each feature; None where that is nothing or no number."""
    return [_read(query.get(feature.name)) for feature in features]


def _read(text: str | None) -> float | None:
    try:
        return read_number(text, largest=LARGEST)
    except Unreadable:
        return None
