"""From typed values to an answer and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from seedbed.errors import BadInput
from seedbed.estimators import loading
from seedbed.estimators.answers import predicts_by_shares
from serve.model.neighbors import find_neighborhood
from serve.model.predictions import answer
from serve.model.source import FolderSource, ServedModel
from serve.model.training import Training
from serve.ui.answers import describe_certainty, format_percent, render_verdict


@pytest.fixture(scope="module")
def model(iris_folder: Path) -> ServedModel:
    return FolderSource(iris_folder, "7").load()


@pytest.fixture(scope="module")
def tie(tmp_path_factory: pytest.TempPathFactory, new_version: Callable[..., Path]) -> ServedModel:
    table = pd.DataFrame({"x": [1, 1, 1, 3, 3, 3], "y": [1.0] * 6, "label": ["b"] * 3 + ["a"] * 3})
    return FolderSource(new_version(tmp_path_factory.mktemp("tie") / "v", table, "label", k=6)).load()


def test_an_answer_has_votes_and_neighbours(model: ServedModel) -> None:
    found = answer(model, [5.1, 3.5, 1.4, 0.2])
    assert found.predicted == "Setosa"
    assert list(found.probabilities) == ["Setosa", "Versicolor", "Virginica"]
    assert found.neighbors is not None and found.neighbors.distances[0] == 0 and not found.unlike_any
    assert found.neighbors.votes == {"Setosa": 5, "Versicolor": 0, "Virginica": 0}
    assert not found.notes and not found.tied
    assert describe_certainty(found) == "5 of 5 nearest neighbours"


def test_answers_are_scikit_learns(model: ServedModel) -> None:
    assert model.training is not None
    rows = model.training.rows
    found = [answer(model, row).predicted for row in rows.to_numpy().tolist()[::5]]
    assert found == list(loading.load(model.folder / "model.skops").predict(rows))[::5]


@given(data=st.data(), k=st.integers(1, 12), weights=st.sampled_from(["uniform", "distance"]))
def test_what_is_counted_is_what_scikit_learn_predicts(model: ServedModel, data: Any, k: int, weights: str) -> None:
    """On few places, where neighbours tie and rows repeat."""
    place = st.tuples(st.integers(0, 2), st.integers(0, 2))
    rows = np.array(data.draw(st.lists(place, min_size=12, max_size=30)), float)
    labels = data.draw(st.lists(st.sampled_from("abc"), min_size=len(rows), max_size=len(rows)))
    estimator = KNeighborsClassifier(k, weights=weights).fit(rows, labels)
    training = Training(rows=pd.DataFrame(rows), classes=labels, telling=[])
    neighborhood = find_neighborhood(estimator, model.card.features, training, by_position=True)
    other = replace(model, estimator=estimator, neighborhood=neighborhood)
    asked = np.array(data.draw(st.lists(place, min_size=1, max_size=20)), float)
    classes, shares = other.classify(asked)
    assert predicts_by_shares(other.estimator) == (weights == "uniform")
    assert list(classes) == list(other.predict(asked)) == list(estimator.predict(asked))
    assert shares.tolist() == estimator.predict_proba(asked).tolist()


def test_a_value_outside_the_training_rows_gets_a_note(model: ServedModel) -> None:
    found = answer(model, [9, 3, 5, 1])
    assert found.notes == {"sepal_length": "Outside the training rows, 4.3 to 7.9 cm."}


def test_a_row_unlike_any_seen_is_called_that(model: ServedModel) -> None:
    found = answer(model, [4.3, 4.4, 6.9, 0.1])
    assert not found.notes and found.unlike_any
    assert "Unlike any seen" in render_verdict(model.card, found)


def test_a_tie_is_called_one(tie: ServedModel) -> None:
    found = answer(tie, [2, 1])
    assert found.predicted == "a" and found.tied == ("a", "b")
    assert "A tie between a and b (3 of 6 nearest neighbours each)" in describe_certainty(found)


def test_values_that_are_no_numbers_are_refused(model: ServedModel) -> None:
    with pytest.raises(BadInput, match="Petal width is empty"):
        answer(model, [1, 1, 1, None])


def test_names_are_escaped(tmp_path: Path, new_version: Callable[..., Path]) -> None:
    table = pd.DataFrame({"<i>": [1.0, 2.0], "<u>": ["<b>x", "y"]})
    model = FolderSource(new_version(tmp_path / "v", table, "<u>", k=1)).load()
    html = render_verdict(model.card, answer(model, [99]))
    assert "<b>x" not in html and "<u>" not in html and "<i>" not in html
    assert "Predicted &lt;u&gt;" in html


def test_weights_by_distance_have_no_votes(tmp_path: Path, new_iris_version: Callable[..., Path]) -> None:
    import skops.io

    folder = new_iris_version(tmp_path / "v")
    estimator = FolderSource(folder).load().estimator.set_params(weights="distance")
    skops.io.dump(estimator, folder / "model.skops")
    found = answer(FolderSource(folder).load(), [6.0, 2.7, 5.0, 1.6])
    assert (
        found.neighbors is not None
        and found.neighbors.votes is None
        and "with a probability of" in describe_certainty(found)
    )


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (1, "100 %"), (0.004, "<1 %"), (0.999, ">99 %"), (2 / 3, "67 %")]
)
def test_per_cent_never_says_all_of_what_is_not_all(share: float, text: str) -> None:
    assert format_percent(share) == text
