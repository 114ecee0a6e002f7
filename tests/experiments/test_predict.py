"""`predict.py`: a row of a file in, a row with its class out; what cannot be read is said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seedbed.estimators import loading

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
COLUMNS = ["variety", "probability/Setosa", "probability/Versicolor", "probability/Virginica", "error"]


@pytest.fixture(scope="module")
def store(
    command: Callable[..., Any], new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Return the address of a store whose only run is promoted."""
    uri = new_store(tmp_path_factory.mktemp("store"))
    words = ("estimator=logistic", "split.seed=1", f"tracking.uri={uri}")
    assert command("train", *words).code == 0
    assert command("promote", "run=latest", f"tracking.uri={uri}").code == 0
    return uri


@pytest.fixture
def predict(command: Callable[..., Any], store: str, tmp_path: Path) -> Callable[..., Any]:
    """Return the command in this test's folder."""
    return lambda *words, **more: command("predict", *words, f"tracking.uri={store}", folder=tmp_path, **more)


def iris() -> pd.DataFrame:
    return pd.read_csv(Path(loading.__file__).parents[1] / "data" / "iris.csv")


def test_each_row_gets_the_models_answer(predict: Callable[..., Any], store: str, tmp_path: Path) -> None:
    from seedbed.tracking.registry import open_registry

    table = iris()
    table[["variety", *FEATURES[::-1]]].to_csv(tmp_path / "rows.csv", index=False)
    done = predict("input=rows.csv", "to=out.csv")
    assert (done.code, done.err.splitlines()[0][:11]) == (0, "Table iris,")
    assert done.out.startswith("Version 1 of iris predicted 150 of 150 rows.\n  Setosa: 50\n")
    registry = open_registry(store)
    champion = registry.get_champion("iris")
    assert champion is not None
    model = loading.load(registry.download(champion, tmp_path / "model") / "model.skops")
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found) == COLUMNS
    assert found["variety"].tolist() == model.predict(table[FEATURES]).tolist()
    assert np.array_equal(found[COLUMNS[1:-1]].to_numpy(), model.predict_proba(table[FEATURES]))
    assert found["error"].isna().all()


def test_good_rows_are_kept_and_the_first_bad_one_is_named(predict: Callable[..., Any], tmp_path: Path) -> None:
    rows = ["5,3,1,0.2", "x,3,1,0.2", "", "6,3,6,", '"6",3,6,2.5,9', "6,3,6,2.5", "6,3,6,1e200"]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(FEATURES), *rows]), encoding="utf-8")
    done = predict("input=rows.csv", "to=out.csv")
    assert done.code == 1 and "predicted 2 of 6 rows" in done.out
    why = "column sepal_length is x, which is not a number"
    assert done.err.splitlines()[-1] == f"4 rows have no prediction, the first in line 3: {why}."
    found = pd.read_csv(tmp_path / "out.csv")
    assert found["variety"].isna().tolist() == found["error"].notna().tolist() == [False, True, True, True, False, True]
    assert found["error"].tolist()[1:4] == [
        why,
        "column petal_width is empty: give a number",
        "has 5 cells, and the header 4",
    ]
    assert found.loc[[1, 2, 3, 5], COLUMNS[1:-1]].isna().all(axis=None)
    assert "nan" not in (tmp_path / "out.csv").read_text()


def test_parquet_comes_in_and_goes_out(predict: Callable[..., Any], tmp_path: Path) -> None:
    table = iris().astype({"sepal_length": "float32"})
    table.loc[3, "petal_width"] = np.nan
    table.to_parquet(tmp_path / "rows.parquet")
    done = predict("input=rows.parquet", "to=out.parquet", "output=json")
    assert done.code == 1 and "in row 4: column petal_width is empty" in done.err
    said = json.loads(done.out)
    assert (said["version"], said["rows"], said["predicted"], sum(said["classes"].values())) == ("1", 150, 149, 149)
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert list(found) == COLUMNS and found["variety"].isna().sum() == found["error"].notna().sum() == 1
    assert found[COLUMNS[1]].dtype == float


def test_streams_are_read_and_written(
    real_command: Callable[..., Any], store: str, tmp_path: Path, predict: Callable[..., Any]
) -> None:
    iris().to_csv(tmp_path / "rows.csv", index=False)
    done = predict("input=rows.csv", "to=-")
    assert done.code == 0 and "predicted 150 of 150 rows" in done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 150 and rows[0]["variety"] == "Setosa"
    done = predict("input=-", "to=out.csv")
    assert done.code == 2 and "stdin is empty" in done.err and not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "input is missing; give input=FILE to=FILE (- for a stream)."),
        (("input=rows.csv",), "to is missing; give input=FILE to=FILE (- for a stream)."),
        (("input=none.csv", "to=out.csv"), "input=none.csv cannot be read: No such file or directory."),
        (("input=rows.csv", "to=none/out.csv"), "to=none/out.csv cannot be written: No such file or directory."),
        (("input=rows.csv", "to=rows.csv"), "to=rows.csv is the input itself; give another file."),
        (
            ("input=short.csv", "to=out.csv"),
            "short.csv has no column petal_width; it needs " + ", ".join(FEATURES) + ".",
        ),
        (("input=twice.csv", "to=out.csv"), "twice.csv has more than one column petal_width."),
        (("input=head.csv", "to=out.csv"), "head.csv has a header and no rows."),
        (
            ("input=picture.csv", "to=out.csv"),
            "picture.csv is not a text file (it contains NUL bytes): save the table as CSV.",
        ),
        (
            ("input=open.csv", "to=out.csv"),
            "open.csv is not a CSV with one header line: the quote in line 3 is never closed.",
        ),
        (("input=packed.csv", "to=out.csv"), "packed.csv is packed: unpack it first, or use gzip."),
        (("input=broken.parquet", "to=out.csv"), None),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_leaves_no_file(
    words: tuple[str, ...], said: str | None, predict: Callable[..., Any], tmp_path: Path
) -> None:
    head = ",".join(FEATURES)
    files = {
        "rows.csv": f"{head}\n1,2,3,4\n",
        "short.csv": f"{','.join(FEATURES[:3])}\n1,2,3\n",
        "twice.csv": f"{head},petal_width\n1,2,3,4,5\n",
        "head.csv": f"{head}\n",
        "picture.csv": "\x89PNG\0\0",
        "open.csv": f'{head}\n1,2,3,4\n1,2,3,"4\n',
        "packed.csv": "BZh91",
        "broken.parquet": "PAR1 and then",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = predict(*words)
    assert done.code == 2 and done.out == ""
    assert done.err.splitlines()[-1] == said or said is None
    assert {file.name for file in tmp_path.iterdir()} == {*files}


def test_without_a_champion_it_says_what_marks_one(command: Callable[..., Any], store_uri: str, tmp_path: Path) -> None:
    done = command("predict", "input=a.csv", "to=b.csv", f"tracking.uri={store_uri}", folder=tmp_path)
    assert done.code == 1 and "No version of iris is marked best" in done.sentence


@pytest.fixture(scope="module")
def mixed_store(
    command: Callable[..., Any],
    new_store: Callable[[Path], str],
    mixed_cells: pd.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Path]:
    """Return the address of a store with a model of a table with categories, gaps and dates, and the table's file."""
    folder = tmp_path_factory.mktemp("mixed")
    mixed_cells.drop(columns="visit").to_csv(folder / "mixed.csv", index=False)
    uri = new_store(folder / "store")
    words = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=kind", "estimator=tree", f"tracking.uri={uri}")
    assert command("train", *words, folder=folder).code == 0
    assert command("promote", "dataset.name=mixed", "run=latest", f"tracking.uri={uri}").code == 0
    return uri, folder / "mixed.csv"


def test_categories_gaps_and_dates_are_read_by_the_models_columns(
    command: Callable[..., Any], mixed_store: tuple[str, Path], tmp_path: Path
) -> None:
    uri, file = mixed_store
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table.loc[0, ["colour", "open"]] = ["mauve", "TRUE"]  # no category of the table, and another way of writing yes
    table.loc[1, "since"] = "04.03.2024"
    table.loc[2, ["size", "since", "open"]] = ["big", "soon", "maybe"]
    table.to_csv(tmp_path / "rows.csv", index=False)
    done = command(
        "predict", "dataset.name=mixed", "input=rows.csv", "to=out.csv", f"tracking.uri={uri}", folder=tmp_path
    )
    assert done.code == 1 and "predicted 89 of 90 rows" in done.out
    found = pd.read_csv(tmp_path / "out.csv")
    assert found["error"].notna().tolist() == [row == 2 for row in range(90)]
    assert found["error"][2] == (
        "column size is big, which is not a number; column open is maybe, which is neither no nor yes; "
        "column since is soon, which is not a date: write it as 2026-11-30"
    )
    # As Parquet has them: numbers, truth values, dates, nulls.
    typed = table.drop(index=2).assign(
        size=pd.to_numeric(table["size"].where(table["size"] != "big")),
        open=table["open"].str.lower().map({"yes": True, "true": True, "no": False}),
        since=pd.to_datetime(table["since"], format="mixed", dayfirst=False, errors="coerce"),
    )
    typed.loc[1, "since"] = pd.Timestamp("2024-03-04")
    typed.to_parquet(tmp_path / "rows.parquet")
    words = ("dataset.name=mixed", "input=rows.parquet", "to=typed.csv", f"tracking.uri={uri}")
    assert command("predict", *words, folder=tmp_path).code == 0
    again = pd.read_csv(tmp_path / "typed.csv")
    assert again["error"].isna().all()
    assert again.drop(columns="error").equals(found.drop(index=2, columns="error").reset_index(drop=True))
    table.drop(columns="town").to_csv(tmp_path / "rows.csv", index=False)
    done = command("predict", "dataset.name=mixed", "input=rows.csv", "to=-", f"tracking.uri={uri}", folder=tmp_path)
    assert "rows.csv has no column town: there is no value in any row." in done.err
