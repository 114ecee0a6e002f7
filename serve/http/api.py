"""The page's own API: named endpoints whose parameters are named and ordered as the table's columns."""

from __future__ import annotations

import inspect
import itertools
import keyword
import operator
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr
from gradio.events import api

from seedbed.columns.schema import Kind
from seedbed.errors import BadInput, flatten
from serve.model.card import Card, Cell, Feature
from serve.model.current import Current
from serve.model.predictions import answer, predict_rows
from serve.ui.answers import list_remarks

_MOST_CATEGORIES = 12  # that a parameter's description lists
# Words that gradio's client keeps for itself in predict() and submit().
_TAKEN = frozenset({"api_name", "fn_index", "headers", "result_callbacks", "self", "args", "kwargs"})


def add_endpoints(current: Current, *, max_rows: int) -> None:
    """Add `/predict`, and `/predict_batch` for at most `max_rows` rows, to the page that is being built."""
    api(_make_predict(current), api_name="predict", concurrency_limit=None)
    api(_make_predict_batch(current, max_rows), api_name="predict_batch", concurrency_limit=2)


def _make_predict(current: Current) -> Callable[..., Any]:
    def predict(*values: object) -> tuple[str, dict[str, float], list[str]]:
        try:
            found = answer(current.model, values)
        except BadInput as trouble:
            raise gr.Error(str(trouble), print_exception=False) from None
        return found.predicted, dict(found.probabilities), list_remarks(current.model.card, found)

    _name_parameters(predict, current.model.card)
    return predict


def _make_predict_batch(current: Current, max_rows: int) -> Callable[..., Any]:
    columns = ", ".join(map(repr, current.model.card.columns))

    def predict_batch(rows: list[list[Any]]) -> list[dict[str, Any]]:
        model = current.model
        if not isinstance(rows, list) or len(rows) > max_rows:
            raise gr.Error(f"rows is a list of at most {max_rows} rows.", print_exception=False)
        read = [_read_row(row, model.card) for row in rows]
        try:
            found = predict_rows(model, [None if isinstance(row, str) else row for row in read])
        except BadInput as trouble:
            raise gr.Error(str(trouble), print_exception=False) from None
        return [{"trouble": row} if one is None else asdict(one) for row, one in zip(read, found, strict=True)]

    predict_batch.__doc__ = (
        "Predict many rows: each gets its class, its probabilities and the classes that are tied, or what is wrong "
        f"with it.\nParameters:\n    rows: one list a row, its values in the order {columns}"
    )
    return predict_batch


def _read_row(row: object, card: Card) -> list[Cell] | str:
    """Return the cells of one row, or what is wrong with it."""
    if not isinstance(row, list) or len(row) != len(card.features):
        return f"A row is a list of {len(card.features)} {'numbers' if card.plain else 'values'}."
    try:
        return card.read_row(row)
    except BadInput as trouble:
        return str(trouble)


def _name_parameters(function: Any, card: Card) -> None:
    """Give a function that takes `*values` the signature and docstring that gradio shows and goes by."""
    names = parameter_names(card.columns)
    kinds = [_annotate(feature) for feature in card.features]
    # Behind one that may be left out Python wants no other; without its value such a row is refused as it is read.
    optional = itertools.accumulate((bool(feature.missing) for feature in card.features), operator.or_)
    function.__signature__ = inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=None if may_lack else inspect.Parameter.empty,
                annotation=kind,
            )
            for name, kind, may_lack in zip(names, kinds, optional, strict=True)
        ],
        return_annotation=tuple[str, dict[str, float], list[str]],
    )
    own = dict(zip(names, kinds, strict=True))
    function.__annotations__ = {**own, "return": tuple[str, dict[str, float], list[str]]}
    function.__doc__ = "\n".join(
        [
            f"Predict the {card.target} of one row: the class, the probability of each, and what is unusual about it.",
            "Parameters:",
            *(
                f"    {name}: {flatten(feature.title)}, the column {flatten(feature.name)!r}{_describe(feature)}"
                for name, feature in zip(names, card.features, strict=True)
            ),
            "Returns:",
            "    the predicted class",
            "    the probability of each class; none if the model gives none",
            "    what is unusual about the row: values outside the training rows, a tie",
        ]
    )


def _annotate(feature: Feature) -> Any:
    kind = float if feature.kind is Kind.NUMBER else str
    return kind | None if feature.missing else kind


def _describe(feature: Feature) -> str:
    """Return what a parameter takes beside a number."""
    words = " or ".join(feature.categories) if len(feature.categories) <= _MOST_CATEGORIES else ""
    found = {Kind.DATE: ", a date such as 2026-11-30", Kind.NUMBER: ""}.get(feature.kind, f", {words}" if words else "")
    return found + (", None if it is missing" if feature.missing else "")


def parameter_names(columns: Sequence[str]) -> list[str]:
    """Return one identifier a column, each unlike the others.

    An identifier stays as it is. Other characters become `_`, a leading digit gets `x`, a word of Python's or of the
    client's gets `_` at its end; where two columns then have the same name, the later ones get `_2`, `_3`, ….
    Columns that are identifiers already come first, so that none of them is renamed for another's sake.
    """
    plain = [_identifier(column) for column in columns]
    used = {name for name, column in zip(plain, columns, strict=True) if name == column}
    names = []
    for name, column in zip(plain, columns, strict=True):
        if name != column:
            numbered = (f"{name}_{number}" for number in itertools.count(2))
            name = next(each for each in itertools.chain([name], numbered) if each not in used)
            used.add(name)
        names.append(name)
    return names


def _identifier(column: str) -> str:
    # Python itself reads an identifier in this form, so that it is the one that a caller can type.
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", column)).strip("_") or "x"
    if column.isidentifier() and not keyword.iskeyword(column) and column not in _TAKEN:
        return unicodedata.normalize("NFKC", column)
    name = name if name.isidentifier() else f"x{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name
