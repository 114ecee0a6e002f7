"""What of a row is typed into boxes of its own, and what into one box for all the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.errors import BadInput
from serve.model.source import ServedModel

IN_SIGHT = 12  # boxes that are always in sight
_BOXES = 36  # features beyond which only those in sight have boxes: a browser takes seconds for hundreds


@dataclass(frozen=True, kw_only=True)
class Form:
    """The places of the features in sight, of those behind a heading, and of those that one text holds.

    What the page's components hold is `typed`: one value for each of `in_sight` and `behind`, then, where `together`
    is not empty, its text.
    """

    in_sight: tuple[int, ...]
    behind: tuple[int, ...]
    together: tuple[int, ...]

    def row(self, typed: Sequence[object]) -> list[object]:
        """Return one value a feature, as it was typed.

        Raises
        ------
        BadInput : the text holds more or fewer values than it stands for.
        """
        boxes = (*self.in_sight, *self.behind)
        found = dict(zip(boxes, typed, strict=False))
        if self.together:
            found |= dict(zip(self.together, self._split(str(typed[-1] or "")), strict=True))
        return [found[place] for place in range(len(found))]

    def typed(self, row: Sequence[object]) -> list[object]:
        """Return what the components hold where a row is typed."""
        boxes: list[object] = [row[place] for place in (*self.in_sight, *self.behind)]
        return [*boxes, " ".join(f"{row[place]}" for place in self.together)] if self.together else boxes

    def _split(self, text: str) -> list[str]:
        values = [value for value in re.split(r"[\s;]+", text) if value]
        if len(values) != len(self.together):
            raise BadInput(f"The other measurements are {len(self.together)} numbers; {len(values)} are typed.")
        return values


def form_of(model: ServedModel) -> Form:
    """Return the form of a model: of many features, those are in sight that tell the classes apart best."""
    columns = model.card.columns
    telling = columns if model.training is None else model.training.telling
    seen = set(telling[:IN_SIGHT]) if len(columns) > IN_SIGHT else set(columns)
    in_sight = tuple(place for place, name in enumerate(columns) if name in seen)
    rest = tuple(place for place, name in enumerate(columns) if name not in seen)
    if len(columns) <= _BOXES:
        return Form(in_sight=in_sight, behind=rest, together=())
    return Form(in_sight=in_sight, behind=(), together=rest)
