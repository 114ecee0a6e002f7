"""The picture of an answer: a flower where the card says so, else a drawn card."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from serve.drawings.class_card import draw_class_card
from serve.drawings.flower import Measures
from serve.drawings.pictures import draw_picture
from serve.model.card import Card, Feature

NAMES = tuple(Measures.__dataclass_fields__)


def card(**told: object) -> Card:
    features = tuple(Feature(name=name, unit="mm") for name in NAMES)
    return Card(**{"title": "t", "features": features, "classes": ("a", "b"), **told})  # type: ignore[arg-type]


def test_a_flower_is_drawn_from_the_columns_that_the_card_names() -> None:
    swapped = dict(zip(NAMES, reversed(NAMES), strict=True))
    drawn = draw_picture(card(drawing="flower", flower=swapped), "b", [1.0, 2.0, 3.0, 4.0])
    assert "b: a flower with sepals 4 by 3 mm and petals 2 by 1 mm" in drawn


def test_any_other_table_gets_a_card() -> None:
    drawn = draw_picture(card(), "b", [1.0, 2.0, 3.0, 4.0])
    assert "flower" not in drawn and ">b</tspan>" in drawn


@pytest.mark.parametrize(
    "label",
    [
        "a",
        "_hidden",
        "<script>alert(1)</script>",
        "a/../b",
        "50 %, [x]",
        "鳶尾花" * 30,
        "x" * 300,
        "two\nlines",
        "\x00",
        " ",
    ],
)
def test_any_class_name_gives_a_sound_card(label: str) -> None:
    svg = ElementTree.fromstring(draw_class_card(label, position=1))
    shown = "".join(span.text or "" for span in svg.iter("{http://www.w3.org/2000/svg}tspan"))
    assert shown[:5] == (" ".join(label.replace("\x00", " ").split()) or "(no name)")[:5]


def test_classes_are_told_apart_at_a_glance() -> None:
    cards = [draw_class_card("same", position=place) for place in range(40)]
    assert len(set(cards)) == 40
