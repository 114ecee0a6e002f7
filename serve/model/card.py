"""What the page knows about a version: its title, inputs, classes and scores, as one value.

A version that promote marked has `page/card.json`; one that was marked by hand in MLflow's UI is described by
its signature, and by the estimator itself.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml

from seedbed.columns.cells import Unreadable
from seedbed.columns.rows import read_cell
from seedbed.columns.schema import Column, Kind, is_gap, is_plain
from seedbed.errors import BadInput

Value = TypeVar("Value")
Cell = float | str | None  # of a frame: NaN or None for a gap


@dataclass(frozen=True, kw_only=True)
class Feature(Column):
    """One column that is asked for; what a `Column` says of a table is of the training rows, if it is known."""

    label: str = ""
    widget: str = "number"
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    value: Cell = 0.0

    @property
    def title(self) -> str:
        """The label with its unit, as it stands above the box."""
        label = self.label or self.name
        return f"{label} ({self.unit})" if self.unit else label

    def format(self, value: Cell) -> str:
        """Return a value with enough digits to tell it from others of the column."""
        if value is None or is_gap(value, self.kind):
            return "missing"
        if self.kind is not Kind.NUMBER:
            return str(value)
        value = float(value)
        low, high = (float(value if end is None else end) for end in (self.low, self.high))
        largest, span = max(abs(low), abs(high)), high - low
        digits = math.log10(largest / span) if 0 < span < math.inf else 0
        return f"{value:.{15 if self.whole else 6 + max(0, math.ceil(digits))}g}"


@dataclass(frozen=True, kw_only=True)
class Score:
    """A number that says how good the model is, in words and with its interval."""

    label: str
    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything that the page says about a version."""

    title: str
    features: tuple[Feature, ...]
    classes: tuple[str, ...]
    description: str = ""
    target: str = "class"
    drawing: str = "card"
    flower: Mapping[str, str] | None = None
    model: str = ""
    sweep: str | None = None
    run: str | None = None
    candidate: Mapping[str, str] = field(default_factory=dict)
    basis: str = ""
    scores: tuple[Score, ...] = ()
    digest: str = ""
    commit: str = ""
    rule: str | None = None
    made: str = ""
    checks: tuple[str, ...] = ()
    previous: Mapping[str, Any] | None = None

    @property
    def columns(self) -> list[str]:
        """The names of the features in the table, in its order."""
        return [feature.name for feature in self.features]

    @cached_property
    def plain(self) -> bool:
        """Whether all features are numbers, and none had a gap."""
        return is_plain(self.features)

    def read_row(self, values: Iterable[object]) -> list[Cell]:
        """Return `values`, one a feature, as a frame has them; BadInput names each feature whose value is not one."""
        cells, troubles = [], []
        for feature, value in zip(self.features, values, strict=True):
            try:
                cells.append(read_cell(feature, value, plain=self.plain))
            except Unreadable as trouble:
                troubles.append(f"{feature.label or feature.name} {trouble}.")
        if troubles:
            raise BadInput(" ".join(troubles))
        return cells


def read_card(folder: Path, estimator: Any) -> Card:
    """Return the card of a model folder; its fitted estimator knows its classes, and columns that no signature says."""
    path = folder / "page" / "card.json"
    if not path.is_file():
        return _from_signature(folder, estimator)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"] = tuple(map(Feature.from_json, content["features"]))
    content["scores"] = tuple(_make(Score, score) for score in content.get("scores") or ())
    content["checks"] = tuple(content.get("checks") or ())
    content["classes"] = _order_classes(content.get("classes") or (), estimator)
    return _make(Card, content)


def _make(kind: type[Value], content: Mapping[str, Any]) -> Value:
    """Make a value of a card's content; a later Seedbed may write more, which this page does not show."""
    names = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in content.items() if name in names})


def _order_classes(order: Sequence[str], estimator: Any) -> tuple[str, ...]:
    """Return the estimator's classes in the card's order; one that the card left out stands at the end."""
    classes = [str(name) for name in estimator.classes_]
    return tuple(name for name in order if name in classes) + tuple(name for name in classes if name not in order)


def _from_signature(folder: Path, estimator: Any) -> Card:
    columns = _read_signature(folder) or [{"name": str(name)} for name in getattr(estimator, "feature_names_in_", ())]
    if not columns:
        columns = [{"name": f"feature_{number}"} for number in range(1, int(estimator.n_features_in_) + 1)]
    start = _read_example(folder)
    return Card(
        title="Which class is it?",
        description="Type the measurements to see which class they belong to.",
        features=tuple(_make_feature(column, start) for column in columns),
        classes=tuple(str(name) for name in estimator.classes_),
        basis="marked by hand",
    )


def _make_feature(column: Mapping[str, Any], start: Mapping[str, Any]) -> Feature:
    """Return a column of a signature, which says of no number of gaps and of no categories."""
    name, text, missing = column["name"], column.get("type") == "string", 0.0 if column.get("required", True) else 0.5
    value = start.get(name, None if missing else 0.0)
    if text:
        return Feature(name=name, kind=Kind.CATEGORY, missing=missing, value=None if value is None else str(value))
    return Feature(name=name, missing=missing, value=float(value) if isinstance(value, int | float) else 0.0)


def _read_signature(folder: Path) -> list[dict[str, Any]]:
    path = folder / "MLmodel"
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    signature = (content or {}).get("signature") or {}
    return [column for column in json.loads(signature.get("inputs") or "[]") if "name" in column]


def _read_example(folder: Path) -> dict[str, Any]:
    """Return the first row of the version's input example; nothing if it has none."""
    path = folder / "input_example.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(content, dict) or not content.get("data"):
        return {}
    return dict(zip(content.get("columns", ()), content["data"][0], strict=False))
