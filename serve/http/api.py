"""The page's own API: named endpoints whose parameters are named and ordered as the table's columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import gradio as gr
from gradio.events import api

from seedbed.errors import BadInput
from serve.http.names import parameter_names
from serve.model.answering import answer
from serve.model.batch_predictions import predict_rows
from serve.model.card import Card
from serve.model.current import Current
from serve.ui.wording import list_remarks


def add_endpoints(current: Current, *, max_rows: int) -> None:
    """Add `/predict` and `/predict_batch` to the page that is being built.

    Parameters
    ----------
    current : the model that answers.
    max_rows : that one call of `/predict_batch` may hold.
    """
    api(_predict(current), api_name="predict", concurrency_limit=None)
    api(_predict_batch(current, max_rows), api_name="predict_batch", concurrency_limit=2)


def _predict(current: Current) -> Callable[..., Any]:
    def predict(*values: object) -> tuple[str, dict[str, float], list[str]]:
        try:
            found = answer(current.model, values)
        except BadInput as trouble:
            raise gr.Error(str(trouble), print_exception=False) from None
        return found.predicted, dict(found.probabilities), list_remarks(current.model.card, found)

    _name_parameters(predict, current.model.card)
    return predict


def _predict_batch(current: Current, max_rows: int) -> Callable[..., Any]:
    columns = ", ".join(map(repr, current.model.card.columns))

    def predict_batch(rows: list[list[float]]) -> list[dict[str, Any]]:
        model = current.model
        if not isinstance(rows, list) or len(rows) > max_rows:
            raise gr.Error(f"rows is a list of at most {max_rows} rows.", print_exception=False)
        read = [_read(row, model.card) for row in rows]
        good = iter(predict_rows(model, [row for row in read if isinstance(row, list)]))
        return [{"trouble": row} if isinstance(row, str) else asdict(next(good)) for row in read]

    predict_batch.__doc__ = (
        "Predict many rows: each gets its class, its probabilities and the classes that are tied, or what is wrong "
        f"with it.\nParameters:\n    rows: one list a row, its numbers in the order {columns}"
    )
    return predict_batch


def _read(row: object, card: Card) -> list[float] | str:
    """Return the numbers of one row, or what is wrong with it."""
    if not isinstance(row, list) or len(row) != len(card.features):
        return f"A row is a list of {len(card.features)} numbers."
    try:
        return card.read_row(row)
    except BadInput as trouble:
        return str(trouble)


def _name_parameters(function: Any, card: Card) -> None:
    """Give a function that takes `*values` the signature and docstring that gradio shows and goes by."""
    names = parameter_names(card.columns)
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=float) for name in names],
        return_annotation=tuple[str, dict[str, float], list[str]],
    )
    function.__annotations__ = {**dict.fromkeys(names, float), "return": tuple[str, dict[str, float], list[str]]}
    function.__doc__ = "\n".join(
        [
            f"Predict the {card.target} of one row: the class, the probability of each, and what is unusual about it.",
            "Parameters:",
            *(
                f"    {name}: {_described(title, column)}"
                for name, title, column in zip(names, _titles(card), card.columns, strict=True)
            ),
            "Returns:",
            "    the predicted class",
            "    the probability of each class",
            "    what is unusual about the row: values outside the training rows, a tie",
        ]
    )


def _titles(card: Card) -> list[str]:
    return [" ".join(feature.title.split()) for feature in card.features]


def _described(title: str, column: str) -> str:
    return f"{title}, the column {' '.join(column.split())!r}"
