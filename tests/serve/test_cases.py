"""Names that other people's tools tripped over: each gives a sound answer, picture and explanation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from serve.drawings.pictures import draw_picture
from serve.drawings.scatter import compute_scatter, draw_legend
from serve.model.predictions import answer
from serve.model.source import FolderSource, ServedModel
from serve.ui.about import render_about
from serve.ui.answers import render_verdict, render_why

NewVersion = Callable[..., Path]
CLASSES = {
    "punctuation": ["a [b], c", "50 %", "x=y", 'q"q', "it's"],
    "slashes": ["..", "a//b", "and/or", "."],
    "underscore": ["_unknown", "known"],
    "months": ["1", "2", "10", "11"],
    "formulas": ["=1+2", "+oak", "-ash", "@elm"],
    "markup": ["<script>alert(1)</script>", "&amp;", "a\nb"],
    "other letters": ["鳶尾", "größe", "ёлка"],
    "many": [f"class {number}" for number in range(40)],
    "long": ["x" * 300, "y"],
}


@pytest.fixture(params=CLASSES)
def model(request: pytest.FixtureRequest, tmp_path: Path, new_version: NewVersion) -> ServedModel:
    names = CLASSES[request.param]
    rows = [(place + step / 10, 2.0 * place, name) for place, name in enumerate(names) for step in range(3)]
    table = pd.DataFrame(rows, columns=["petal length (cm)", "class", "<target>"])
    return FolderSource(new_version(tmp_path / "v", table, "<target>", k=2, classes=names), "1").load()


def test_every_class_is_answered_drawn_and_explained(model: ServedModel) -> None:
    assert model.training is not None
    for name, row in list(model.training.choose_typical(model.card.classes).items())[:6]:
        found = answer(model, row)
        assert found.predicted == name and list(found.probabilities) == list(model.card.classes)
        parts = [
            draw_picture(model.card, name, found.values),
            render_verdict(model.card, found),
            render_why(model, found),
        ]
        texts = ["".join(ElementTree.fromstring(f"<x>{part}</x>").itertext()) for part in parts]
        assert name in texts[1] and f"Why {name}?" in texts[2]
        scatter = compute_scatter(model, found)
        assert scatter is not None and name in "".join(ElementTree.fromstring(draw_legend(scatter)).itertext())
    ElementTree.fromstring(f"<x>{render_about(model)}</x>")


def test_classes_keep_the_order_of_the_card(model: ServedModel) -> None:
    assert set(model.card.classes) == {str(name) for name in model.estimator.classes_}
    assert list(model.card.classes) in CLASSES.values()
