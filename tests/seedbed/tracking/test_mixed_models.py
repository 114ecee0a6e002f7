"""Models of a table with categories, gaps and dates: MLflow's own loader and server take rows as JSON has them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import mlflow.pyfunc.scoring_server
import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model
from starlette.testclient import TestClient

from seedbed.config.schema import Estimator, Preprocess, Train
from seedbed.data.table import Table
from seedbed.execution.run import fit, prepare
from seedbed.tracking import model_files

ROW = {"size": 1.5, "colour": "red", "open": "yes", "since": "2024-03-04", "town": "town 3"}
# What is asked, and the same row as the table would have it; None where there is no answer.
REQUESTS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "a row": (ROW, ROW),
    "whole numbers": ({**ROW, "size": 2}, {**ROW, "size": 2.0}),
    "nulls": (dict.fromkeys(ROW), dict.fromkeys(ROW)),
    "not a number": ({**ROW, "size": float("nan")}, {**ROW, "size": None}),
    "true": ({**ROW, "open": True}, ROW),
    "false": ({**ROW, "open": False}, {**ROW, "open": "no"}),
    "one": ({**ROW, "open": 1}, ROW),
    "another date": ({**ROW, "since": "04.03.2024"}, ROW),
    "a time": ({**ROW, "since": "2024-03-04T12:00:00"}, {**ROW, "since": "2024-03-04T12:00:00"}),
    "a missing number": ({key: ROW[key] for key in ROW if key != "size"}, {**ROW, "size": None}),
    "missing columns": ({"colour": "red"}, {**dict.fromkeys(ROW), "colour": "red"}),
    "another column": ({**ROW, "more": [1]}, ROW),
    "an unknown category": ({**ROW, "colour": "mauve"}, {**ROW, "colour": "another"}),
    "a number as a category": ({**ROW, "town": 3}, {**ROW, "town": "3"}),
    "no such word": ({**ROW, "open": "maybe"}, None),
    "no date": ({**ROW, "since": "soon"}, None),
    "no number": ({**ROW, "size": "big"}, None),
}


def fit_one(table: Table, name: str) -> Any:
    config = Train(dataset=table.dataset, estimator=Estimator(name), preprocess=Preprocess("auto"))
    return fit(prepare(config, table), table.whole).estimator


@pytest.fixture(scope="module", params=["knn", "tree"])
def fitted(
    request: pytest.FixtureRequest, mixed: Callable[[], Table], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Path]:
    """Return a fitted pipeline, and its folder."""
    folder = tmp_path_factory.mktemp("mixed") / "model"
    estimator = fit_one(mixed(), request.param)
    model_files.ModelFolders(mixed().features, (), mixed().schema).write(estimator, folder, "r", "m")
    return estimator, folder


@pytest.fixture(scope="module")
def served(fitted: tuple[Any, Path]) -> Iterator[TestClient]:
    """Return a client of the app that `mlflow models serve` runs."""
    path = list(sys.path)
    with TestClient(mlflow.pyfunc.scoring_server.init(mlflow.pyfunc.load_model(str(fitted[1])))) as client:
        yield client
    sys.path[:] = path  # to which MLflow adds the model's code


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.filterwarnings("ignore:.*categor")
def test_mlflow_answers_as_to_a_row_of_the_table(name: str, fitted: tuple[Any, Path], served: TestClient) -> None:
    asked, own = REQUESTS[name]
    rows = [ROW, asked]  # a null beside a value is another frame than a null alone
    for records in (rows, rows[1:]):
        answer = served.post(
            "/invocations",
            content=json.dumps({"dataframe_records": records}),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == (400 if own is None else 200), answer.text
        if own is not None:
            expected = fitted[0].predict(pd.DataFrame([ROW, own][-len(records) :]).astype(object))
            assert answer.json() == {"predictions": expected.tolist()}


def test_a_row_of_json_has_the_probabilities_of_the_tables_row(fitted: tuple[Any, Path]) -> None:
    asked, own = zip(*(pair for pair in REQUESTS.values() if pair[1] is not None), strict=True)
    shares = [fitted[0].predict_proba(pd.DataFrame(list(rows), dtype=object)) for rows in (asked, own)]
    assert np.array_equal(*shares)


def test_the_signature_is_the_schemas(fitted: tuple[Any, Path], mixed: Callable[[], Table]) -> None:
    model = Model.load(str(fitted[1]))
    assert [(column.name, str(column.type), column.required) for column in model.signature.inputs.inputs] == [
        (column.name, "DataType.double" if column.kind == "number" else "DataType.string", False)
        for column in mixed().schema
    ]
    example = model.load_input_example(str(fitted[1]))
    assert list(example.columns) == [column.name for column in mixed().schema]
    assert list(mlflow.pyfunc.load_model(str(fitted[1])).predict(example)) == list(fitted[0].predict(example))


def test_it_is_read_through_the_safe_gate_without_a_word_of_trust(
    fitted: tuple[Any, Path], mixed: Callable[[], Table]
) -> None:
    read = model_files.read(fitted[1])
    assert np.array_equal(read.predict_proba(mixed().features), fitted[0].predict_proba(mixed().features))


def test_its_code_is_what_it_imports_and_nothing_more(fitted: tuple[Any, Path]) -> None:
    code = fitted[1] / "code"
    files = {path.relative_to(code).with_suffix("").as_posix().replace("/", ".") for path in code.rglob("*.py")}
    modules = {name for name in files if not name.endswith("__init__")}
    waiting, imported = ["seedbed.estimators.transformers"], set[str]()
    while waiting:
        imported.add(name := waiting.pop())
        nodes = ast.walk(ast.parse((code / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")))
        found = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        waiting += [other for other in found if other.startswith("seedbed.") and other not in imported]
    assert modules == imported
    assert {f"{name.rpartition('.')[0]}.__init__" for name in modules} | modules == files


@pytest.mark.slow
def test_it_answers_where_its_own_code_is_all_there_is_of_seedbed(fitted: tuple[Any, Path], tmp_path: Path) -> None:
    program = f"""
import sys
sys.path[:] = [path for path in sys.path if not path.rstrip("/").endswith("src")]
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in str(finder)]
import mlflow.pyfunc, pandas
model = mlflow.pyfunc.load_model({str(fitted[1])!r})
print(*model.predict(pandas.DataFrame([{ROW!r}])), sys.modules["seedbed.columns.schema"].__file__)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    answer, file = done.stdout.split()[-2:]
    assert answer == fitted[0].predict(pd.DataFrame([ROW]))[0]
    assert Path(file).is_relative_to(fitted[1])


@pytest.mark.slow
def test_the_rest_of_seedbed_is_found_beside_its_code(fitted: tuple[Any, Path], tmp_path: Path) -> None:
    program = f"import mlflow.pyfunc; mlflow.pyfunc.load_model({str(fitted[1])!r}); import seedbed.estimators.factory"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True)
