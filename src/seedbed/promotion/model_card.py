"""The folder `page/` beside a promoted model, in plain files: its card, its scores, its training rows, its figures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seedbed.columns.schema import Column, Kind, Schema, is_plain
from seedbed.config.candidate import ParamValue, format_params
from seedbed.config.dataset import Dataset
from seedbed.data.table import Part, Table
from seedbed.errors import BadInput
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.records.records import Holdout, RunRecord
from seedbed.reports.markdown import escape_markdown
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.inference import wilson_interval
from seedbed.selection.summary import HOLDOUT_FIRST
from seedbed.tracking import model_files

_CARD, _TRAINING, _FIGURE = "card.json", "training.parquet", "confusion_matrix.png"
_FLOWER = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@dataclass(frozen=True)
class Score:
    """One line of the card: what is claimed, in words and as a number with its 95 % interval.

    `kind` is `corrected_estimate`, `holdout`, `mean` or `one_split`.
    """

    kind: str
    label: str
    text: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Origin:
    """Where a version comes from; `basis` says in words how it was chosen, `checks` what was found in its sweep."""

    basis: str
    candidate: Mapping[str, ParamValue]
    scores: Sequence[Score]
    digest: str
    commit: str
    sweep: str | None = None
    run: str | None = None
    rule: str | None = None
    previous: Mapping[str, str] | None = None
    checks: Sequence[str] = ()
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def score_choice(analysis: SweepAnalysis, looks: int) -> list[Score]:
    """Return the scores of a sweep's choice, what to expect of it first; `looks` at the holdout, this one included."""
    choice, estimate, board, holdout = analysis.choice, analysis.estimate, analysis.leaderboard, analysis.holdout
    assert choice is not None
    scores = []
    if estimate is not None:
        label = f"Expected {board.metric.words}, corrected for the choice"
        scores.append(_score("corrected_estimate", label, estimate.value, estimate.low, estimate.high, board.metric))
    if holdout is not None:
        # From so many rows on its own interval is the narrower one.
        scores.insert(0 if holdout.rows >= HOLDOUT_FIRST else len(scores), _score_holdout(holdout, looks))
    label, row = f"Mean {board.metric.words} over {len(board.seeds)} seeds", choice.row
    return [*scores, _score("mean", label, row.score, row.low, row.high, board.metric, ", before correction")]


def score_run(record: RunRecord) -> Score:
    """Return the score of a single run."""
    accuracy, tested = record.metrics["accuracy"], record.metrics["n_test"]
    within = wilson_interval(accuracy * tested, tested)
    text = f"{ACCURACY.format(accuracy)} of {tested:.0f} test rows ({ACCURACY.format_range(within.low, within.high)})"
    return Score("one_split", "Accuracy on one split", text, accuracy, within.low, within.high)


def _score_holdout(holdout: Holdout, looks: int) -> Score:
    within = wilson_interval(holdout.right, holdout.rows)
    text = f"{holdout.right} of {holdout.rows} right ({ACCURACY.format_range(within.low, within.high)})"
    if looks > 1:
        text += f"; this was look {looks} at these rows, so they tell less than at first"
    share = holdout.right / holdout.rows
    return Score("holdout", "On rows that no choice touched", text, share, within.low, within.high)


def _score(
    kind: str, label: str, value: float, low: float | None, high: float | None, metric: Metric, note: str = ""
) -> Score:
    within = metric.format_range(low, high)
    return Score(kind, label, metric.format(value) + f" ({within}{note})" * bool(within), value, low, high)


def build_card(dataset: Dataset, table: Table, origin: Origin) -> dict[str, Any]:
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
        "features": [
            _describe_feature(column, table.features[column.name].dropna(), dataset, start)
            for column, start in zip(table.schema, _choose_start(dataset, table), strict=True)
        ],
        "drawing": dataset.drawing,
        "flower": {name: name for name in _FLOWER} if dataset.drawing == "flower" else None,
        "model": table.record.name,
        **asdict(origin),
        "candidate": format_params(origin.candidate),
    }


def _choose_start(dataset: Dataset, table: Table) -> list[float | str | None]:
    """Return what the page opens on: the configured number in each box, or a typical row's value, None for a gap.

    That is the row nearest to the columns' medians; where there are no numbers, to the most frequent value.
    """
    rows = table.features.select_dtypes("float").to_numpy()
    spans = np.nanmax(rows, axis=0) - np.nanmin(rows, axis=0)
    off = np.abs(rows - np.nanmedian(rows, axis=0)) / np.maximum(spans, np.finfo(float).tiny)
    away = np.nan_to_num(off, nan=1.0).sum(axis=1)
    for _, values in table.features.select_dtypes(exclude="float").items():
        away += (values != values.mode()[0]).to_numpy()
    typical = [None if pd.isna(value) else value for value in table.features.iloc[int(away.argmin())]]
    numbers = [column.kind is Kind.NUMBER for column in table.schema]
    given = [dataset.start if number else value for number, value in zip(numbers, typical, strict=True)]
    return typical if dataset.start is None else given


def _describe_feature(column: Column, values: Any, dataset: Dataset, start: float | str | None) -> dict[str, Any]:
    name, own = column.name, {} if is_plain((column,)) else column.to_json()
    shown = {"label": dataset.labels.get(name, name), "unit": dataset.units.get(name, "")}
    if column.kind is not Kind.NUMBER:
        return {**own, **shown, "value": start}
    slider, (step, *ends) = dataset.sliders.get(name), _make_scale(values)
    minimum, maximum = ends if slider == [] else slider or (None, None)
    return {
        "name": name,
        **shown,
        **own,
        "low": float(values.min()),
        "high": float(values.max()),
        "widget": "slider" if minimum != maximum else "number",
        "minimum": minimum,
        "maximum": maximum,
        "step": step,
        "value": start,
        "whole": bool(np.all(values == np.round(values))),
    }


def _make_scale(values: Any) -> tuple[float | None, float, float]:
    """Return a step and round ends for a column, so that a slider can stand at each of its values.

    The step is the coarsest power of ten on which all values lie; a hundredth of their span's if none does, and None if
    they are all the same.
    """
    low, high = float(values.min()), float(values.max())
    if not 0 < high - low < math.inf:
        return None, low, high
    largest = math.floor(math.log10(high - low))
    scales = {10.0**exponent: values / 10.0**exponent for exponent in range(largest, largest - 7, -1)}
    steps = [step for step, own in scales.items() if np.allclose(own, np.round(own), rtol=0, atol=1e-6)]
    unit = 10.0**largest
    minimum, maximum = (float(f"{end * unit:.12g}") for end in (math.floor(low / unit), math.ceil(high / unit)))
    return (steps or [unit / 100])[0], minimum, maximum


def write_page(
    folder: Path, card: Mapping[str, Any], fitted: Part, figure: bytes, extra: Mapping[str, bytes] | None = None
) -> None:
    """Write the folder: the card, the training rows, the confusion matrix, and what else there is to show.

    The rows stand in the order in which the model was fitted on them: the page names its neighbours by it.
    """
    folder.mkdir()
    (folder / _CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False), encoding="utf-8")
    training = fitted.features.copy()
    training[fitted.table.target] = fitted.labels  # not by `assign`, to which a column called self cannot be named
    training.to_parquet(folder / _TRAINING, index=False)
    for name, content in {_FIGURE: figure, **(extra or {})}.items():
        (folder / name).write_bytes(content)


@dataclass(frozen=True)
class Inputs:
    """What a version takes and gives: columns of rows, classes in the card's order, and what these are called."""

    schema: Schema
    classes: tuple[str, ...]
    target: str


def read_inputs(folder: Path, classes: Sequence[str]) -> Inputs:
    """Return what the version in a folder takes, by its card; of one without a card, by its signature.

    `classes` are those of its estimator, which decide.
    """
    path = folder / "page" / _CARD
    if not path.is_file():
        return Inputs(model_files.read_schema(folder), tuple(classes), "class")
    card = json.loads(path.read_text(encoding="utf-8"))
    order = {name: index for index, name in enumerate(card.get("classes", ()))}
    schema = tuple(map(Column.from_json, card["features"]))
    return Inputs(schema, tuple(sorted(classes, key=lambda name: order.get(name, len(order)))), card["target"])


def describe_card(card: Mapping[str, Any]) -> str:
    """Return the card in words, for the version's description in the registry."""
    candidate = ", ".join(f"{key}={value}" for key, value in card["candidate"].items() if key != "dataset.digest")
    lines = [f"{card['basis']}.", *(f"{score['label']}: {score['text']}." for score in card["scores"])]
    lines += [*card.get("checks", ()), f"Candidate: {candidate}.", f"Table digest: {card['digest']}."]
    return "\n".join(map(escape_markdown, lines))
