"""The page's own API: named endpoints whose parameters are named and ordered as the table's columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.events import api

from serve.answering import answer
from serve.card import Card
from serve.current import Current
from serve.names import parameter_names
from serve.values import Unreadable


def add_endpoints(current: Current) -> None:
    """Add `/predict` to the page that is being built."""
    api(_predict(current), api_name="predict", concurrency_limit=None)


def _predict(current: Current) -> Callable[..., Any]:
    def predict(*values: object) -> tuple[str, dict[str, float]]:
        try:
            found = answer(current.model, values)
        except Unreadable as trouble:
            raise gr.Error(str(trouble), print_exception=False) from None
        return found.predicted, dict(found.probabilities)

    _name_parameters(predict, current.model.card)
    return predict


def _name_parameters(function: Any, card: Card) -> None:
    """Give a function that takes `*values` the signature and docstring that gradio shows and goes by."""
    names = parameter_names(card.columns)
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=float) for name in names],
        return_annotation=tuple[str, dict[str, float]],
    )
    function.__annotations__ = {**dict.fromkeys(names, float), "return": tuple[str, dict[str, float]]}
    function.__doc__ = "\n".join(
        [
            f"Predict the {card.target} of one row: the class, and the probability of each class.",
            "Parameters:",
            *(
                f"    {name}: {_described(title, column)}"
                for name, title, column in zip(names, _titles(card), card.columns, strict=True)
            ),
            "Returns:",
            "    the predicted class",
            "    the probability of each class",
        ]
    )


def _titles(card: Card) -> list[str]:
    return [" ".join(feature.title.split()) for feature in card.features]


def _described(title: str, column: str) -> str:
    return f"{title}, the column {' '.join(column.split())!r}"
