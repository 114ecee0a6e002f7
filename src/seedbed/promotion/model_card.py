"""The folder `page/` beside a promoted model: what the page shows, in plain files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.config.candidate import ParamValue, format_params
from seedbed.config.schema import Dataset
from seedbed.data.table import Part, Table
from seedbed.errors import BadInput
from seedbed.promotion.card_scores import Score

CARD = "card.json"
TRAINING = "training.parquet"
FIGURE = "confusion_matrix.png"
_FLOWER = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@dataclass(frozen=True)
class Origin:
    """Where a version comes from; `basis` says in words how it was chosen."""

    basis: str
    candidate: Mapping[str, ParamValue]
    scores: Sequence[Score]
    digest: str
    commit: str
    sweep: str | None = None
    run: str | None = None
    rule: str | None = None
    previous: Mapping[str, str] | None = None
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def card_of(dataset: Dataset, table: Table, origin: Origin) -> dict[str, Any]:
    """Return the card: how the page asks and answers, and what stands behind the model.

    Raises
    ------
    BadInput : a flower is to be drawn from a table without a flower's four measurements.
    """
    if dataset.drawing == "flower" and not set(_FLOWER) <= set(table.features.columns):
        raise BadInput(f"dataset.drawing=flower needs the columns {', '.join(_FLOWER)}; use dataset.drawing=card.")
    return {
        "title": dataset.title or f"Which {table.target} is it?",
        "description": dataset.description or f"Type the measurements to predict the {table.target}.",
        "target": table.target,
        "classes": list(table.classes),
        "features": [_feature(str(name), table.features[name].to_numpy(), dataset) for name in table.features],
        "drawing": dataset.drawing,
        "flower": {name: name for name in _FLOWER} if dataset.drawing == "flower" else None,
        "model": table.record.name,
        **asdict(origin),
        "candidate": format_params(origin.candidate),
    }


def write_page(
    folder: Path,
    card: Mapping[str, Any],
    fitted: Part,
    figure: bytes,
    extra: Mapping[str, bytes] | None = None,
) -> None:
    """Write the folder: the card, the training rows, the confusion matrix, and what else there is to show.

    Parameters
    ----------
    fitted : the rows that the model was fitted on, in that order: the page names a model's neighbours by it.
    """
    folder.mkdir()
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False), encoding="utf-8")
    training = fitted.features.assign(**{fitted.table.target: fitted.labels})
    training.to_parquet(folder / TRAINING, index=False)
    for name, content in {FIGURE: figure, **(extra or {})}.items():
        (folder / name).write_bytes(content)


def description_of(card: Mapping[str, Any]) -> str:
    """Return the card in words, for the version's description in the registry."""
    candidate = ", ".join(f"{key}={value}" for key, value in card["candidate"].items() if key != "dataset.digest")
    lines = [f"{card['basis']}.", *(f"{score['label']}: {score['text']}." for score in card["scores"])]
    return "\n".join([*lines, f"Candidate: {candidate}.", f"Table digest: {card['digest']}."])


def _feature(name: str, values: Any, dataset: Dataset) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    slider = dataset.sliders.get(name)
    middle = float(f"{np.median(values):.3g}")
    return {
        "name": name,
        "label": dataset.labels.get(name, name),
        "unit": dataset.units.get(name, ""),
        "low": low,
        "high": high,
        "widget": "number" if slider is None else "slider",
        "minimum": None if slider is None else slider[0],
        "maximum": None if slider is None else slider[1],
        "step": None if slider is None else 0.1,
        "value": middle if dataset.start is None else dataset.start,
        "whole": bool(np.all(values == np.round(values))),
    }
