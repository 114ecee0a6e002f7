"""The page's named endpoint, through gradio's client and plain HTTP."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from seedbed.estimators import loading
from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.source import FolderSource

NewSettings = Callable[..., Settings]

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


@pytest.fixture(scope="module")
def client(served: Running) -> Iterator[Client]:
    client = Client(served.url, verbose=False)
    yield client
    client.close()


def test_parameters_are_named_and_ordered_as_the_columns(client: Client) -> None:
    told: Any = client.view_api(print_info=False, return_format="dict")
    assert list(told["named_endpoints"]) == ["/predict", "/predict_batch"]
    assert [parameter["parameter_name"] for parameter in told["named_endpoints"]["/predict"]["parameters"]] == COLUMNS


def test_the_first_value_is_the_class_and_the_second_its_probabilities(client: Client) -> None:
    by_name = client.predict(petal_width=0.2, sepal_length=5.1, sepal_width=3.5, petal_length=1.4, api_name="/predict")
    assert by_name == ("Setosa", {"Setosa": 1.0, "Versicolor": 0.0, "Virginica": 0.0}, [])


def test_answers_are_the_models(client: Client, iris_folder: Path, iris_table: pd.DataFrame) -> None:
    rows = iris_table[COLUMNS].sample(12, random_state=0)
    expected = list(loading.load(iris_folder / "model.skops").predict(rows))
    assert [client.predict(*row, api_name="/predict")[0] for row in rows.to_numpy().tolist()] == expected


def test_no_table_of_the_requests_before_is_made_to_answer_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Counted(pd.DataFrame):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made.append(args)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(pd, "DataFrame", Counted)
    for _ in range(3):
        client.predict(5.1, 3.5, 1.4, 0.2, api_name="/predict")
    assert made == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "Petal width is empty"),
        (True, "not a number"),
        ("x", "not a number"),
        ("1e400", "too large"),
        ("", "empty"),
    ],
)
def test_what_is_no_number_gets_a_sentence(client: Client, value: object, words: str) -> None:
    with pytest.raises(AppError, match=words):
        client.predict(5.1, 3.5, 1.4, value, api_name="/predict")


def test_what_is_unusual_is_said(client: Client) -> None:
    assert client.predict(9, 3.5, 1.4, 0.2, api_name="/predict")[2] == [
        "Sepal length: Outside the training rows, 4.3 to 7.9 cm.",
        "Unlike any seen: it lies farther from its neighbours than training rows do from their own.",
    ]


def test_many_rows_are_answered_and_the_bad_ones_named(client: Client) -> None:
    rows = [[5.1, 3.5, 1.4, 0.2], [5.1, None, 1.4, "x"], [1], "x", [6.3, 3.3, 6, 2.5]]
    found = client.predict(rows, api_name="/predict_batch")
    assert [row.get("predicted") for row in found] == ["Setosa", None, None, None, "Virginica"]
    assert found[0]["probabilities"] == {"Setosa": 1.0, "Versicolor": 0.0, "Virginica": 0.0} and found[0]["tied"] == []
    assert found[1]["trouble"] == "Sepal width is empty: give a number. Petal width is x, which is not a number."
    assert found[2]["trouble"] == found[3]["trouble"] == "A row is a list of 4 numbers."
    with pytest.raises(AppError, match="at most 10000 rows"):
        client.predict([[1]] * 10_001, api_name="/predict_batch")


def test_a_decimal_comma_is_a_decimal_comma(client: Client) -> None:
    assert client.predict(5.1, 3.5, 1.4, "0,2", api_name="/predict")[0] == "Setosa"


@pytest.mark.parametrize("token", ["NaN", "Infinity", "1e400", "null"])
def test_plain_http_gets_answers_and_sentences(served: Running, token: str) -> None:
    address = f"{served.url}gradio_api/call/predict"
    with httpx.Client(trust_env=False, headers={"content-type": "application/json"}) as http:
        event = http.post(address, content='{"data": [5.1, 3.5, 1.4, 0.2]}').json()["event_id"]
        assert "Setosa" in http.get(f"{address}/{event}").text
        refused = http.post(address, content=f'{{"data": [5.1, 3.5, 1.4, {token}]}}')
        text = refused.text if refused.is_error else http.get(f"{address}/{refused.json()['event_id']}").text
    assert "Petal width" in text and "Traceback" not in text


def test_columns_that_are_no_identifiers_get_names(
    tmp_path: Path, new_version: Callable[..., Path], new_settings: NewSettings
) -> None:
    columns = ["class", "1st", "a.b", "a b", "größe"]
    table = pd.DataFrame({column: [1.0, 2.0] for column in columns} | {"label": ["x", "y"]})
    running = launch(FolderSource(new_version(tmp_path / "v", table, "label", k=1)), new_settings(port=0))
    client = Client(running.url, verbose=False)
    try:
        named = {"class_": 2, "x1st": 2, "a_b": 2, "a_b_2": 2, "größe": 2}
        assert client.predict(**named, api_name="/predict")[0] == "y"
    finally:
        client.close()
        running.close()


def test_nan_in_the_function_itself_is_refused(iris_folder: Path) -> None:
    from seedbed.errors import BadInput
    from serve.model.predictions import answer

    with pytest.raises(BadInput):
        answer(FolderSource(iris_folder).load(), [math.nan] * 4)
