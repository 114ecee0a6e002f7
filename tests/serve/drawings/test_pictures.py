"""The picture of an answer: a flower if the card says so, else none."""

from __future__ import annotations

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


def test_only_a_flower_gets_a_flower() -> None:
    assert draw_picture(card(), "b", [1.0, 2.0, 3.0, 4.0]) == ""
