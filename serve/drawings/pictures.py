"""Which picture belongs to an answer."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from serve.drawings.class_card import draw_class_card
from serve.drawings.flower import Measures, draw_flower
from serve.drawings.gallery import Gallery
from serve.model.card import Card


def draw_picture(card: Card, predicted: str, values: Sequence[float], gallery: Gallery | None = None) -> Markup:
    """Return the picture of the class `predicted`: from the gallery, else a flower to scale, else a drawn card.

    Parameters
    ----------
    card : of the version that answered.
    predicted : one of its classes.
    values : one number a feature.
    gallery : pictures of the classes from a folder.
    """
    if gallery is not None and (photo := gallery.find(predicted)) is not None:
        return photo
    position = card.classes.index(predicted)
    if card.drawing != "flower" or card.flower is None:
        return draw_class_card(predicted, position=position)
    typed = dict(zip(card.columns, values, strict=True))
    measures = Measures(**{part: typed[card.flower[part]] for part in Measures.__dataclass_fields__})
    units = {feature.unit for feature in card.features}
    return draw_flower(measures, variety=predicted, position=position, unit=units.pop() if len(units) == 1 else "")
