"""A file of many rows: read, predicted, and given back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import httpx
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from seedbed.errors import BadInput
from seedbed.estimators import loading
from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.card import Card, Feature
from serve.model.predictions import predict_rows
from serve.model.source import FolderSource, ServedModel
from serve.model.upload import Upload, defuse, format_download, read_upload

NewSettings = Callable[..., Settings]

CARD = Card(title="t", features=(Feature(name="width"), Feature(name="length")), classes=("a", "b"))


@pytest.fixture(scope="module")
def model(iris_folder: Path) -> ServedModel:
    return FolderSource(iris_folder, "7").load()


def read(text: str | bytes, max_rows: int = 10) -> Upload:
    return read_upload(text if isinstance(text, bytes) else text.encode(), CARD, max_rows=max_rows)


@pytest.mark.parametrize(
    "text",
    [
        "width,length\n1.5,2\n",
        "length;note;width\n2;x;1,5\n",
        "sep=;\nwidth;length\n1,5;2\n",
        "\ufeffwidth\tlength\r\n1.5\t2\r\n\r\n",
        '"width" , length\n"1,5",2\n',
        "width|length\n1.5|2.0",
        "\n\nwidth,length\n1.5,2\n,\n",
    ],
)
def test_the_usual_dialects_are_read(text: str) -> None:
    assert read(text).rows == [[1.5, 2.0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    found = read("width,größe,length\n1,ä,2\n".encode(encoding))
    assert found.rows == [[1.0, 2.0]] and found.header == ["width", "größe", "length"]


def test_what_cannot_be_read_is_named_by_row_and_column_and_the_rest_kept() -> None:
    found = read("width;note;length\n1,5;first;2,5\n;missing;3,0\nx;text;4,0\n2,0;good;5,0\n3\n1;2;3;4\n")
    assert found.rows == [[1.5, 2.5], None, None, [2.0, 5.0], None, [1.0, 3.0]]
    assert found.troubles == [
        "Line 3: column width is empty: give a number.",
        "Line 4: column width is x, which is not a number.",
        "Line 6: column length is empty: give a number.",
    ]


def test_whole_numbers_may_have_a_point() -> None:
    found = read("width,length\n6,4.2\n,5.0\n8.0,3.1\neight,2.0\n")
    assert found.rows == [[6.0, 4.2], None, [8.0, 3.1], None]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"width,length\n", "no rows"),
        (b"width\n1\n", "has no column length; it needs width, length"),
        (b"width,length,width\n1,2,3\n", "more than one column width"),
        (b"BZh91AY", "is packed"),
        (b"\x89PNG\x00\x00", "is not a text file"),
        (b"width,length\n" + b"1,2\n" * 11, "more than 10 rows"),
        (b'width,length\n"' + b"x" * 200_000 + b'",2\n', "is not a CSV"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read(data)


def test_exactly_the_most_rows_are_taken() -> None:
    assert len(read("width,length\n" + "1,2\n" * 10).rows) == 10


def test_predictions_are_the_models_and_progress_is_told(model: ServedModel, iris_table: pd.DataFrame) -> None:
    rows = iris_table[model.card.columns].to_numpy().tolist() * 7
    oracle = loading.load(model.folder / "model.skops")
    told: list[float] = []
    found = predict_rows(model, rows, told.append)
    assert [row.predicted for row in found] == list(oracle.predict(iris_table[model.card.columns])) * 7
    assert told == sorted(told) and told[-1] == 1.0 and len(told) == 3
    assert predict_rows(model, []) == []


def test_the_download_has_the_files_own_columns_and_the_predictions(model: ServedModel) -> None:
    text = ",".join(["id", *model.card.columns, "=1+1"]) + "\n7,5.1,3.5,1.4,0.2,@x\n8,,1,1,1,-3\n"
    upload = read_upload(text.encode(), model.card, max_rows=10)
    rows = list(csv.reader(io.StringIO(format_download(model, upload, predict_rows(model, upload.rows)))))
    assert rows[0] == [
        "id",
        *model.card.columns,
        "'=1+1",
        "prediction",
        *(f"probability {name}" for name in model.card.classes),
        "tie",
    ]
    assert rows[1] == ["7", "5.1", "3.5", "1.4", "0.2", "'@x", "Setosa", "1", "0", "0", ""]
    assert rows[2] == ["8", "", "1", "1", "1", "-3", "", "", "", "", ""]


def test_a_tie_is_told_in_the_download(tmp_path: Path, new_version: Callable[..., Path]) -> None:
    table = pd.DataFrame({"x": [1, 1, 1, 3, 3, 3], "y": [1.0] * 6, "label": ["b"] * 3 + ["=a"] * 3})
    model = FolderSource(new_version(tmp_path / "v", table, "label", k=6)).load()
    upload = read_upload(b"x,y\n2,1\n", model.card, max_rows=10)
    rows = list(csv.reader(io.StringIO(format_download(model, upload, predict_rows(model, upload.rows)))))
    assert rows[1] == ["2", "1", "'=a", "0.5", "0.5", "'=a = b"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-ash", "'-ash"),
        ("+oak", "'+oak"),
        (" =1", "' =1"),
        ("-3", "-3"),
        ("+1,5", "+1,5"),
        ("a", "a"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_run_is_defuse(cell: str, shown: str) -> None:
    assert defuse(cell) == shown


def test_a_file_is_predicted_in_the_browser_and_not_kept(page: Page, served: Running, tmp_path: Path) -> None:
    file = tmp_path / "my <rows>.csv"
    file.write_text(
        "sepal_length;sepal_width;petal_length;petal_width\n5,1;3,5;1,4;0,2\n6.3;;6;2.5\n", encoding="utf-8"
    )
    page.goto(served.url)
    page.get_by_role("tab", name="Many rows").click()
    with page.expect_response(
        lambda response: response.request.method == "POST" and "/upload" in response.url
    ) as uploaded:
        page.locator("#seedbed-file input[type=file]").set_input_files(file)
    expect(page.get_by_role("heading", name="1 of 2 rows of")).to_be_visible()
    expect(page.locator(".seedbed-status li")).to_have_text("Line 3: column sepal_width is empty: give a number.")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download the predictions").click()
    rows = list(csv.reader(io.StringIO(Path(downloaded.value.path()).read_text(encoding="utf-8-sig"))))
    assert rows[1][4:] == ["Setosa", "1", "0", "0", ""]
    kept = uploaded.value.json()[0]
    assert not Path(kept).exists()
    assert httpx.get(f"{served.url}gradio_api/file={kept}", trust_env=False).status_code in (403, 404)


def test_a_file_that_is_no_table_gets_a_sentence(page: Page, served: Running, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"BZh91AY")
    page.goto(served.url)
    page.get_by_role("tab", name="Many rows").click()
    page.locator("#seedbed-file input[type=file]").set_input_files(file)
    expect(page.get_by_role("alert")).to_have_text("The file is packed: unpack it first, or use gzip.")


def test_no_path_from_a_request_is_opened(served: Running, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("sepal_length,sepal_width,petal_length,petal_width\n1,2,3,4\n", encoding="utf-8")
    config = httpx.get(f"{served.url}config", trust_env=False).json()
    upload = next(event for event in config["dependencies"] if event["targets"] and event["targets"][0][1] == "upload")
    body = {
        "data": [{"path": str(secret), "meta": {"_type": "gradio.FileData"}}],
        "fn_index": upload["id"],
        "session_hash": "test",
    }
    answer = httpx.post(f"{served.url}gradio_api/queue/join", json=body, trust_env=False)
    if answer.is_success:
        with httpx.stream("GET", f"{served.url}gradio_api/queue/data?session_hash=test", trust_env=False) as stream:
            text = "".join(line for line in stream.iter_lines())
        assert "rows of" not in text and '"success": false' in text or '"success":false' in text
    assert secret.exists()


def test_a_file_may_be_just_as_large_as_was_said(
    page: Page, iris_folder: Path, tmp_path: Path, new_settings: NewSettings
) -> None:
    running = launch(FolderSource(iris_folder), new_settings(port=0, max_file_mb=0.001))
    head, row = "sepal_length,sepal_width,petal_length,petal_width,note\n", "5.1,3.5,1.4,0.2,"
    most = 1048  # bytes: 0.001 of 2**20
    for size, answer in ((most, 200), (most + 1, 413)):
        content = (head + row).ljust(size, "x").encode()
        told = httpx.post(f"{running.url}gradio_api/upload", files={"files": ("x.csv", content)}, trust_env=False)
        assert told.status_code == answer, told.text
        (tmp_path / f"{answer}.csv").write_bytes(content)
    page.goto(running.url)
    page.get_by_role("tab", name="Many rows").click()
    page.locator("#seedbed-file input[type=file]").set_input_files(tmp_path / "413.csv")
    expect(page.get_by_text("exceed the maximum allowed size")).to_be_visible()
    page.locator("#seedbed-file input[type=file]").set_input_files(tmp_path / "200.csv")
    expect(page.get_by_role("heading", name="1 of 1 rows of 200.csv predicted")).to_be_visible()
    running.close()
