"""MLflow's scoring protocol: the same requests put to MLflow's own server and to the page's."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import mlflow
import mlflow.pyfunc.scoring_server
import pandas as pd
import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.testclient import TestClient

from seedbed.estimators import loading
from serve.http.app import Running, launch
from serve.http.scoring import Scoring
from serve.http.settings import Settings
from serve.model.card import Card, Feature
from serve.model.current import Current
from serve.model.source import FolderSource, ServedModel

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
ROWS = [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
RECORDS = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
INTEGERS = [dict(zip(COLUMNS, row, strict=True)) for row in ([5, 3, 1, 0], [6, 3, 6, 2])]
NAMED = {name: [row[place] for row in ROWS] for place, name in enumerate(COLUMNS)}
CSV = ",".join(COLUMNS) + "\n" + "\n".join(",".join(map(str, row)) for row in ROWS) + "\n"


@dataclass(frozen=True)
class Request:
    name: str
    body: Any
    content_type: str = "application/json"

    @property
    def content(self) -> bytes:
        return (
            self.body
            if isinstance(self.body, bytes)
            else (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()
        )


def split(rows: Any, columns: Any = None, **more: Any) -> dict[str, Any]:
    return {"dataframe_split": {"columns": COLUMNS if columns is None else columns, "data": rows, **more}}


def without(name: str) -> list[dict[str, float]]:
    return [{key: value for key, value in record.items() if key != name} for record in RECORDS]


def with_value(value: Any) -> list[dict[str, Any]]:
    return [{**RECORDS[0], "petal_width": value}]


REQUESTS = [
    Request("split", split(ROWS)),
    Request("split with an index", split(ROWS, index=[7, 8])),
    Request("split in another order", split([row[::-1] for row in ROWS], COLUMNS[::-1])),
    Request("split, integers", split([[5, 3, 1, 0], [6, 3, 6, 2]])),
    Request("split, some integers", split([[5, 3.5, 1, 0.2], [6, 3.1, 6, 2]])),
    Request("split without columns", {"dataframe_split": {"data": ROWS}}),
    Request("split without data", {"dataframe_split": {"columns": COLUMNS}}),
    Request("split of more", split(ROWS, more=1)),
    Request("split, a missing column", split([row[:3] for row in ROWS], COLUMNS[:3])),
    Request("split, an extra column", split([[*row, "x"] for row in ROWS], [*COLUMNS, "extra"])),
    Request("split, a short row", split([ROWS[0], [1, 2]])),
    Request("split, a long row", split([[*ROWS[0], 1]])),
    Request("split, text", split([[5.1, 3.5, 1.4, "x"]])),
    Request("split, a number as text", split([[5.1, 3.5, 1.4, "0.2"]])),
    Request("split, null", split([[5.1, 3.5, 1.4, None]])),
    Request("split, true", split([[5.1, 3.5, 1.4, True]])),
    Request("split, empty", split([])),
    Request("split is a list", {"dataframe_split": [1]}),
    Request("split, columns are a number", split(ROWS, 4)),
    Request("split, columns are text", split(ROWS, "sepal_length")),
    Request("split, an index that is a number", split(ROWS, index=3)),
    Request("split, a long index", split(ROWS, index=[1, 2, 3])),
    Request("split, a column twice", split([[*row, 1.0] for row in ROWS], [*COLUMNS, "petal_width"])),
    Request("records", {"dataframe_records": RECORDS}),
    Request("records, integers", {"dataframe_records": INTEGERS}),
    Request("records, a missing column", {"dataframe_records": without("petal_width")}),
    Request("records, missing in one", {"dataframe_records": [RECORDS[0], without("petal_width")[1]]}),
    Request("records, an extra column", {"dataframe_records": [{**record, "more": "x"} for record in RECORDS]}),
    Request("records, text", {"dataframe_records": with_value("x")}),
    Request("records, a number as text", {"dataframe_records": with_value("0.2")}),
    Request("records, null", {"dataframe_records": with_value(None)}),
    Request("records, true", {"dataframe_records": with_value(True)}),
    Request("records, a huge number", {"dataframe_records": with_value(1e308)}),
    Request("records, a number of too many digits", {"dataframe_records": with_value(10**400)}),
    Request("records, true as text", {"dataframe_records": with_value("true")}),
    Request("records, Arabic digits", {"dataframe_records": with_value("٣")}),
    Request("records, a decimal comma", {"dataframe_records": with_value("1,5")}),
    Request("records, digits apart", {"dataframe_records": with_value("1_5")}),
    Request("records, blanks around", {"dataframe_records": with_value(" 1.5 ")}),
    Request("records, no text", {"dataframe_records": with_value("")}),
    Request("records, NaN as text", {"dataframe_records": with_value("nan")}),
    Request("records, a list", {"dataframe_records": with_value([1])}),
    Request("records, empty", {"dataframe_records": []}),
    Request("records is one", {"dataframe_records": RECORDS[0]}),
    Request("instances by name", {"instances": RECORDS}),
    Request("instances by name, integers", {"instances": INTEGERS}),
    Request("instances by name, a missing column", {"instances": without("petal_width")}),
    Request("instances by name, missing in one", {"instances": [RECORDS[0], without("petal_width")[1]]}),
    Request("instances by name, an extra column", {"instances": [{**record, "more": 1} for record in RECORDS]}),
    Request("instances by name, text", {"instances": with_value("x")}),
    Request("instances by name, null", {"instances": with_value(None)}),
    Request("instances", {"instances": ROWS}),
    Request("instances, integers", {"instances": [[5, 3, 1, 0], [6, 3, 6, 2]]}),
    Request("instances, one row flat", {"instances": ROWS[0]}),
    Request("instances, short", {"instances": [row[:3] for row in ROWS]}),
    Request("instances, long", {"instances": [[*row, 1.0] for row in ROWS]}),
    Request("instances, empty", {"instances": []}),
    Request("inputs by name", {"inputs": NAMED}),
    Request("inputs by name, integers", {"inputs": {name: [1, 2] for name in COLUMNS}}),
    Request("inputs by name, a missing column", {"inputs": {name: NAMED[name] for name in COLUMNS[:3]}}),
    Request("inputs by name, an extra column", {"inputs": {**NAMED, "more": [1, 2]}}),
    Request("inputs by name, unlike lengths", {"inputs": {**NAMED, "petal_width": [1.0]}}),
    Request("inputs by name, single values", {"inputs": RECORDS[0]}),
    Request("inputs by name, text", {"inputs": {**NAMED, "petal_width": ["x", "y"]}}),
    Request("inputs of records", {"inputs": RECORDS}),
    Request("inputs", {"inputs": ROWS}),
    Request("inputs, short", {"inputs": [row[:3] for row in ROWS]}),
    Request("inputs, empty", {"inputs": []}),
    Request("two formats", {"inputs": ROWS, "instances": ROWS}),
    Request("no format", {"rows": ROWS}),
    Request("an empty object", {}),
    Request("a list", ROWS),
    Request("a number", 3),
    Request("no JSON", "{"),
    Request("nothing", ""),
    Request("JSON of NaN", split([[1, 2, 3, math.nan]])),
    Request("JSON of infinity", split([[1, 2, 3, math.inf]])),
    Request("CSV", CSV, "text/csv"),
    Request("CSV, charset", CSV, "text/csv; charset=utf-8"),
    Request("CSV, integers", ",".join(COLUMNS) + "\n5,3,1,0\n6,3,6,2\n", "text/csv"),
    Request("CSV, a missing column", "sepal_length,sepal_width\n1,2\n", "text/csv"),
    Request("CSV, an extra column", "\n".join(f"{line},x" for line in CSV.split()), "text/csv"),
    Request("CSV in another order", "petal_width,petal_length,sepal_width,sepal_length\n0.2,1.4,3.5,5.1\n", "text/csv"),
    Request("CSV, text", ",".join(COLUMNS) + "\n5,3,1,x\n", "text/csv"),
    Request("CSV, an empty cell", ",".join(COLUMNS) + "\n5,3,1,\n", "text/csv"),
    Request("CSV, a huge number", ",".join(COLUMNS) + "\n5,3,1,1e308\n", "text/csv"),
    Request("CSV, no rows", ",".join(COLUMNS) + "\n", "text/csv"),
    Request("CSV, nothing", "", "text/csv"),
    Request("CSV, no UTF-8", b"\xff\xfe\x00", "text/csv"),
    Request("CSV, a byte order mark", b"\xef\xbb\xbf" + CSV.encode(), "text/csv"),
    Request("JSON, a byte order mark", b"\xef\xbb\xbf" + json.dumps(split(ROWS)).encode()),
    Request("JSON, charset", split(ROWS), "application/json; charset=utf-8"),
    Request("JSON, charset in capitals", split(ROWS), "application/json; charset=UTF-8"),
    Request("JSON, another charset", split(ROWS), "application/json; charset=latin-1"),
    Request("JSON, another parameter", split(ROWS), "application/json; format=pandas-split"),
    Request("another type", split(ROWS), "application/xml"),
    Request("text", split(ROWS), "text/plain"),
]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, iris_folder: Path) -> Iterator[TestClient]:
    """Return a client of the app that `mlflow models serve` runs, on the same model."""
    estimator = loading.load(iris_folder / "model.skops")
    path = tmp_path_factory.mktemp("mlflow") / "model"
    example = pd.DataFrame(ROWS, columns=COLUMNS)
    mlflow.sklearn.save_model(
        estimator,
        path,
        signature=mlflow.models.infer_signature(example, estimator.predict(example)),
        serialization_format="skops",
        skops_trusted_types=loading.list_trusted_types((iris_folder / "model.skops").read_bytes()),
        pip_requirements=[],
    )
    with TestClient(mlflow.pyfunc.scoring_server.init(mlflow.pyfunc.load_model(str(path)))) as client:
        yield client


@pytest.mark.parametrize("request_", REQUESTS, ids=[request.name for request in REQUESTS])
def test_it_answers_as_mlflow_does(request_: Request, reference: TestClient, served: Running) -> None:
    headers = {"content-type": request_.content_type}
    theirs = reference.post("/invocations", content=request_.content, headers=headers)
    ours = httpx.post(f"{served.url}invocations", content=request_.content, headers=headers, trust_env=False)
    assert ours.status_code == theirs.status_code, ours.text
    if theirs.status_code == 200:
        assert ours.json() == theirs.json()
        assert ours.headers["content-type"] == theirs.headers["content-type"]


OF_ANY = {"size": 1.5, "colour": "red", "open": "yes", "since": "2024-03-04", "town": "town 3"}
CELLS: dict[str, dict[str, Any]] = {
    "a row": {},
    "a whole number": {"size": 2},
    "a number as text": {"size": "1.5"},
    "true as a number": {"size": True},
    "no number": {"size": "big"},
    "no text": {"size": "", "colour": "", "open": "", "since": ""},
    "nulls": dict.fromkeys(OF_ANY),
    "not a number": {"size": math.nan, "colour": math.nan},
    "infinity": {"size": math.inf},
    "true": {"open": True},
    "false": {"open": False},
    "one": {"open": 1},
    "another word": {"open": "TRUE"},
    "no such word": {"open": "maybe"},
    "another date": {"since": "04.03.2024"},
    "a time": {"since": "2024-03-04T12:00:00Z"},
    "no date": {"since": "soon"},
    "a number as a date": {"since": 2024},
    "an unknown category": {"colour": "mauve"},
    "a number as a category": {"town": 3},
    "a fraction as a category": {"town": 3.5},
    "true as a category": {"town": True},
    "a word for a gap": {"town": "NA", "colour": "None"},
    "blanks around": {"colour": " red "},
    "a list": {"colour": ["red"]},
    "an object": {"colour": {"red": 1}},
    "a list as a number": {"size": [1]},
    "another column": {"more": 1},
}


def _list_mixed() -> Iterator[Request]:
    for name, changes in CELLS.items():
        row = OF_ANY | changes
        yield Request(f"records, {name}", {"dataframe_records": [OF_ANY, row]})
        yield Request(f"alone, {name}", {"dataframe_records": [row]})
        yield Request(f"split, {name}", split([[*row.values()]], [*row]))
        yield Request(f"inputs, {name}", {"inputs": {key: [OF_ANY.get(key), value] for key, value in row.items()}})
    for name in OF_ANY:
        rest = {key: value for key, value in OF_ANY.items() if key != name}
        yield Request(f"records without {name}", {"dataframe_records": [rest]})
        yield Request(f"records, one without {name}", {"dataframe_records": [OF_ANY, rest]})
        yield Request(f"split without {name}", split([[*rest.values()]], [*rest]))
        yield Request(f"instances without {name}", {"instances": [rest]})
        yield Request(f"instances, one without {name}", {"instances": [OF_ANY, rest]})
        yield Request(f"inputs without {name}", {"inputs": {key: [value] for key, value in rest.items()}})
    head, line = ",".join(OF_ANY), ",".join(map(str, OF_ANY.values()))
    texts = {
        "": line,
        " of empty cells": "1.5,,,,",
        " with a true": line.replace("yes", "true"),
        " with NA": ",NA,NA,NA,",
    }
    texts |= {" without numbers": line.replace("1.5", "x"), " with a number as a category": line.replace("town 3", "3")}
    texts |= {" with another date": line.replace("2024-03-04", "04.03.2024")}
    for name, text in texts.items():
        yield Request(f"CSV{name}", f"{head}\n{text}\n", "text/csv")
        yield Request(f"CSV{name} in one of two", f"{head}\n{line}\n{text}\n", "text/csv")
    yield Request("CSV without town", "\n".join(text.rpartition(",")[0] for text in (head, line)), "text/csv")
    yield Request("instances of lists", {"instances": [[*OF_ANY.values()]]})


MIXED = list(_list_mixed())


@pytest.fixture(scope="module")
def both(mixed_folder: Path, new_settings: Callable[..., Settings]) -> Iterator[tuple[TestClient, Running]]:
    """Return MLflow's server and the page's, on a model of a table with categories, gaps and dates."""
    path, running = list(sys.path), launch(FolderSource(mixed_folder, "1"), new_settings(port=0))
    with TestClient(mlflow.pyfunc.scoring_server.init(mlflow.pyfunc.load_model(str(mixed_folder)))) as client:
        yield client, running
    running.close()
    sys.path[:] = path  # to which MLflow adds the model's code


@pytest.mark.parametrize("request_", MIXED, ids=[request.name for request in MIXED])
def test_it_answers_to_any_cells_as_mlflow_does(request_: Request, both: tuple[TestClient, Running]) -> None:
    headers = {"content-type": request_.content_type}
    theirs = both[0].post("/invocations", content=request_.content, headers=headers)
    address = f"{both[1].url}invocations"
    ours = httpx.post(address, content=request_.content, headers=headers, trust_env=False)
    assert ours.status_code == theirs.status_code, (ours.text, theirs.text)
    assert theirs.status_code != 200 or ours.json() == theirs.json()


@pytest.mark.parametrize("body", ["[" * 100_000, json.dumps(split(ROWS)).replace("5.1", "9" * 5000)])
def test_what_mlflows_server_breaks_on_is_refused(body: str, served: Running) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{served.url}invocations", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 400 and answer.json()["message"].startswith("The request cannot be read: ")


def test_whoever_leaves_in_the_middle_of_asking_leaves_no_error(iris_folder: Path) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    current = Current(FolderSource(iris_folder))
    scoring = Scoring(current, 10)
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": headers, "query_string": b""}
    # A thread of its own, as the browser of other tests leaves a running event loop in this one.
    with start_blocking_portal() as portal:
        portal.call(Starlette(routes=scoring.routes), scope, receive, send)
    assert sent[0] == "http.response.start"
    scoring.close()
    current.close()


@pytest.mark.parametrize("path", ["ping", "health", "version"])
def test_its_other_routes_are_mlflows(path: str, reference: TestClient, served: Running) -> None:
    theirs, ours = reference.get(path), httpx.get(served.url + path, trust_env=False)
    assert (ours.status_code, ours.text) == (theirs.status_code, theirs.text)
    assert ours.headers["content-type"] == theirs.headers["content-type"]


def test_requests_that_wait_together_keep_their_answers(
    served: Running, iris_folder: Path, iris_table: pd.DataFrame
) -> None:
    rows = iris_table[COLUMNS].to_numpy().tolist()
    expected = list(loading.load(iris_folder / "model.skops").predict(iris_table[COLUMNS]))

    def ask(http: httpx.Client, place: int) -> tuple[int, Any]:
        # Every tenth request holds a row that the estimator refuses, and spoils only its own answer.
        row = [5.0, 3.0, 1.0, None] if place % 10 == 0 else rows[place % 150]
        answer = http.post(f"{served.url}invocations", json=split([row]))
        return answer.status_code, answer.json().get("predictions")

    with httpx.Client(trust_env=False) as http, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda place: ask(http, place), range(1, 451)))
    for place, (status, predictions) in enumerate(answers, start=1):
        assert (status, predictions) == ((400, None) if place % 10 == 0 else (200, [expected[place % 150]]))


@pytest.fixture(scope="module")
def strict(iris_folder: Path, new_settings: Callable[..., Settings]) -> Iterator[Running]:
    """Return the page where one request may hold 1,500 rows and a megabyte."""
    running = launch(FolderSource(iris_folder, "7"), new_settings(port=0, max_rows=1500, max_file_mb=1))
    yield running
    running.close()


@pytest.mark.parametrize("route", ["invocations", "gradio_api/call/predict_batch"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_larger_body_than_the_limit_is_refused(route: str, announced: bool, strict: Running) -> None:
    body, headers = b" " * (2**20 + 2**15), {"content-type": "application/json"}
    content = body if announced else (body[start : start + 2**16] for start in range(0, len(body), 2**16))
    answer = httpx.post(strict.url + route, content=content, headers=headers, trust_env=False)
    assert answer.status_code == 413


def test_more_rows_than_the_limit_are_refused(strict: Running) -> None:
    def ask(count: int) -> httpx.Response:
        return httpx.post(f"{strict.url}invocations", json=split([ROWS[0]] * count), trust_env=False)

    assert ask(1500).json() == {"predictions": ["Setosa"] * 1500}
    assert ask(1501).status_code == 413
    assert ask(1501).json()["message"] == "The request has 1501 rows, and at most 1500 are taken: split it."


class Gated:
    """An estimator that notes how many rows it gets, and waits before the first ones."""

    classes_ = ("a", "b")

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.begun, self.go_on = Event(), Event()

    def predict(self, rows: pd.DataFrame) -> Any:
        self.sizes.append(len(rows))
        self.begun.set()
        self.go_on.wait(60)
        return rows["x"].to_numpy()


class GatedSource:
    def __init__(self, estimator: Gated, folder: Path) -> None:
        card = Card(title="", features=(Feature(name="x"),), classes=("a", "b"))
        self._model = ServedModel(
            estimator=estimator, card=card, folder=folder, version="1", training=None, neighborhood=None
        )

    def version(self) -> str:
        return "1"

    def load(self) -> ServedModel:
        return self._model


def test_a_single_row_is_answered_between_the_pieces_of_a_large_request(tmp_path: Path) -> None:
    estimator = Gated()
    scoring = Scoring(Current(GatedSource(estimator, tmp_path)), 10_000)
    app = Starlette(routes=scoring.routes)

    async def ask(count: int) -> list[float]:
        body, sent = json.dumps(split([[row] for row in range(count)], ["x"])).encode(), []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": headers, "query_string": b""}
        await app(scope, receive, send)
        found: list[float] = json.loads(sent[1]["body"])["predictions"]
        return found

    with start_blocking_portal() as portal:
        large = portal.start_task_soon(ask, 3000)
        assert estimator.begun.wait(60)
        small = portal.start_task_soon(ask, 1)
        portal.call(asyncio.sleep, 0.05)  # meanwhile the single row waits for its turn
        estimator.go_on.set()
        assert small.result(60) == [0] and large.result(60) == list(range(3000))
    assert estimator.sizes == [1024, 1, 1024, 952]
    scoring.close()


def test_an_error_outside_the_prediction_is_answered(iris_folder: Path) -> None:
    scoring = Scoring(Current(FolderSource(iris_folder)), 10)
    scoring.close()  # no thread can be asked any more
    with TestClient(Starlette(routes=scoring.routes), raise_server_exceptions=False) as http:
        assert http.post("/invocations", json=split(ROWS)).status_code == 500


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (split([[5.1, 3.5, None, 0.2]]), "Row 1: column petal_length is empty: give a number."),
        (split([[5.1, 3.5, "x", 0.2]]), "Column petal_length is x, which is not a number."),
    ],
)
def test_what_is_not_a_number_is_said_with_its_column(body: Any, said: str, served: Running) -> None:
    answer = httpx.post(f"{served.url}invocations", json=body, trust_env=False)
    assert answer.status_code == 400 and answer.json()["message"] == said
