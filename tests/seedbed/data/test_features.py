"""Which columns are features, what they hold, and how the file was read: found, said, overridden, recorded."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from seedbed.columns import sheet
from seedbed.columns.schema import Kind
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Preprocess, Train
from seedbed.data.splits.holdout import encode_rows
from seedbed.data.splits.table_splits import describe_table
from seedbed.data.table import Table, build_table, load_table
from seedbed.errors import BadInput
from seedbed.execution.run import prepare

# A row name, an identifier, numbers with gaps, a category called None, a boolean, a date, one value, nothing, names.
PATIENTS = [
    (str(row + 1), f"{row + 1000}", "NA" if row % 7 == 3 else str(20 + row % 9), ("None", "Some", "")[row % 3])
    + (("yes", "no")[row % 2], f"2026-0{row % 8 + 1}-11", "7", "", f"name {row}", "" if row == 5 else "uv"[row % 2])
    for row in range(60)
]
HEADER = ("", "patient_id", "age", "pain", "smoker", "seen", "always", "never", "name", "class")
Write = Callable[[str, str], Path]


def join(separator: str = ",") -> str:
    return "".join(separator.join(row) + "\n" for row in (HEADER, *PATIENTS))


def read(path: Path | str, **words: Any) -> Table:
    return load_table(Dataset(path=str(path), **{"target": "class", "holdout": 0.2, **words}))


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("patients") / "patients.csv"
    file.write_text(join())
    return file


def test_a_table_as_it_comes_is_read_and_what_was_assumed_is_said(patients: Path) -> None:
    table = read(patients)
    assert {column.name: str(column.kind) for column in table.schema} == {
        "age": "number",
        "pain": "category",
        "smoker": "boolean",
        "seen": "date",
    }
    assert table.schema[1].categories == ("None", "Some") and len(table.labels) == 59
    assert [str(dtype) for dtype in table.features.dtypes] == ["float64", "object", "object", "object"]
    assert table.record.columns["seen"] == "string" and table.record.columns["age"] == "double"
    assert describe_table(table).splitlines() == [
        "1 of 60 rows have no class and are left out.",
        "Left out: the first column (row names); patient_id (called like an identifier); always (one value in every "
        "row); never (empty); name (texts that are all different); dataset.columns.NAME=KIND takes one in.",
        "Not numbers: pain (categories); smoker (yes or no); seen (dates).",
        "Gaps, of 59 rows: age 9, pain 19.",
    ]


def test_a_recorded_config_reads_the_table_alike_whatever_is_found_out_then(patients: Path, tmp_path: Path) -> None:
    dataset = Dataset(path=str(patients), target="class", units={"age": "a"})
    typed = Train(dataset=dataset, preprocess=Preprocess("auto"))
    table = load_table(typed.dataset)
    assert table.schema[0].unit == "a"
    recorded = prepare(typed, table).config.dataset
    assert recorded.omit == "listed" and recorded.drop == ["", "patient_id", "always", "never", "name"]
    assert recorded.columns == {"pain": "category", "smoker": "boolean", "seen": "date"}
    again = load_table(replace(recorded, **yaml.safe_load(yaml.safe_dump(asdict(recorded)))))
    assert again.record == table.record and again.words == table.words
    assert table.text is not None
    table.text.to_parquet(tmp_path / "copy.parquet", index=False)
    assert build_table(pd.read_parquet(tmp_path / "copy.parquet"), recorded).record == table.record


def test_a_plain_table_says_nothing_and_is_recorded_as_before() -> None:
    table = load_table(Dataset(path="package:iris.csv", target="variety"))
    assert (table.notes, table.words, table.left_out) == ((), {}, {})
    assert table.record.digest == "2882ca649c93ddf9ba24d8013e610155"


def test_words_override_what_was_found(patients: Path) -> None:
    said = read(patients, columns={"age": "category", "always": "number", "seen": "ignore"}, drop=["smoker"])
    assert {column.name: str(column.kind) for column in said.schema} == {
        "age": "category",
        "pain": "category",
        "always": "number",
    }
    alone = read(patients, features=["patient_id", "pain"])
    assert list(alone.features) == ["patient_id", "pain"]
    assert len({table.record.digest for table in (said, alone, read(patients))}) == 3


def test_a_kind_is_in_the_digest(write_case: Write) -> None:
    file = write_case("t.csv", "day,label\n2026-11-30,a\n2026-12-01,b\n2026-12-01,a\n2026-11-30,b\n")
    assert read(file, target="label", holdout=0).schema[0].kind is Kind.DATE
    kinds = [{}, {"day": "date"}, {"day": "category"}]
    digests = [read(file, target="label", holdout=0, columns=kind).record.digest for kind in kinds]
    assert digests[0] == digests[1] != digests[2]


def test_a_count_or_an_identifier_alone_is_better_than_nothing(write_case: Write) -> None:
    file = write_case("t.csv", "nr,label\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(1, 11)))
    assert list(read(file, target="label", holdout=0).features) == ["nr"]
    two = write_case("t.csv", "nr,x,label\n" + "".join(f"{row},{row % 3},{'ab'[row % 2]}\n" for row in range(1, 11)))
    assert read(two, target="label", holdout=0).left_out == {"nr": "counts the rows"}
    assert list(read(two, target="label", holdout=0, omit="listed").features) == ["nr", "x"]


@pytest.mark.parametrize(
    ("name", "left"),
    [("id", True), ("hh.id", True), ("customerId", True), ("UUID", True), ("paid", False), ("humid", False)],
)
def test_an_identifier_is_known_by_its_name(name: str, left: bool, write_case: Write) -> None:
    rows = "".join(f"{row * 7 % 90},{row % 3},{'ab'[row % 2]}\n" for row in range(60))
    table = read(write_case("t.csv", f"{name},x,label\n{rows}"), target="label", holdout=0)
    assert (name in table.left_out) is left  # numbers that all differ are no sign


def test_rows_are_equal_where_values_and_gaps_coincide() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan, np.nan, 1.0], "c": pd.Series(["a", None, None, None], dtype=object)})
    rows = encode_rows(frame)
    assert (rows[1] == rows[2]).all() and len(np.unique(rows, axis=0)) == 3
    assert encode_rows(frame[["x"]].fillna(2.5)).tolist() == [[1.0], [2.5], [2.5], [1.0]]


def test_equal_rows_with_gaps_are_on_one_side_of_the_holdout(write_case: Write) -> None:
    lines = "".join(f"{row % 10},{'' if row % 5 else 'x'},{'ab'[row % 2]}\n" for row in range(60))
    table = read(write_case("t.csv", f"v,c,label\n{lines}"), target="label", holdout=0.3)
    sides = [set(encode_rows(table.features)[rows, 0]) for rows in (table.holdout, table.development)]
    assert sides[0] and not sides[0] & sides[1]


def _pack(text: str, *more: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__MACOSX/._t.csv", "x")
        for name in ("t.csv", *more):
            archive.writestr(name, text)
    return packed.getvalue()


def _write_arrow(write: str) -> bytes:
    frame = pd.DataFrame(PATIENTS, columns=list(HEADER)).replace({"": None, "NA": None})
    frame = frame.assign(age=frame["age"].astype(float), smoker=frame["smoker"] == "yes").drop(columns=[""])
    frame = frame.assign(seen=pd.to_datetime(frame["seen"]), patient_id=frame["patient_id"].astype(int), always=7)
    kept: io.BytesIO = io.BytesIO()
    getattr(frame.set_axis(pd.Index([f"r{row}" for row in range(60)])) if "parquet" in write else frame, write)(kept)
    return kept.getvalue()


FORMS: dict[str, Callable[[], bytes]] = {
    "tabs": lambda: join("\t").encode(),
    "semicolons": lambda: join(";").encode(),
    "utf-16": lambda: join().encode("utf-16"),
    "gzip": lambda: gzip.compress(join().encode()),
    "zip": lambda: _pack(join()),
    "Parquet": lambda: _write_arrow("to_parquet"),
    "Feather": lambda: _write_arrow("to_feather"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_by_its_content(form: str, patients: Path, tmp_path: Path) -> None:
    file = tmp_path / "patients.csv"
    file.write_bytes(FORMS[form]())
    table, plain = read(file), read(patients)
    if form in ("Parquet", "Feather"):  # which have truth values of their own
        assert table.schema[2].categories == ("False", "True")
        table.features["smoker"] = plain.features["smoker"]
    assert table.features.equals(plain.features) and table.labels.tolist() == plain.labels.tolist()
    assert table.features.map(type).eq(plain.features.map(type)).all(axis=None)
    assert ("read as utf-16" in describe_table(table)) == (form == "utf-16")


def test_a_file_of_numbers_has_one_digest_in_any_form(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.1, 2.0, 1e-7, 3.5], "y": [1, 5, 2, 9], "class": [0, 1, 0, 1]})
    writers: dict[str, Callable[[Path], object]] = {
        "t.csv": lambda file: frame.to_csv(file, index=False),
        "t.parquet": frame.to_parquet,
        "t.feather": frame.to_feather,
    }
    for name, write in writers.items():
        write(tmp_path / name)
    assert len({read(tmp_path / name, holdout=0).record.digest for name in writers}) == 1


def test_a_large_text_is_read_as_a_small_one(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [sheet.read_cells(data, "t")[0] for data in (join().encode(), join().encode("cp1252") + b'"1\n2",b\n,\n3\n')]
    monkeypatch.setattr(sheet, "_LARGE", 0)
    for frame, data in zip(slow, (join().encode(), join().encode("cp1252") + b'"1\n2",b\n,\n3\n'), strict=True):
        assert sheet.read_cells(data, "t")[0].equals(frame)
    with pytest.raises(BadInput, match="10 cells in the header and 11 in line 62"):
        sheet.read_cells(join().encode() + b",,,,,,,,,,x\n", "t")


def test_words_tell_what_detection_gets_wrong(write_case: Write, tmp_path: Path) -> None:
    numbers = write_case("u.csv", "x;label\n1,200;a\n3,400;b\n")
    with pytest.raises(BadInput, match="is not all finite numbers"):
        read(numbers, target="label", holdout=0)
    for decimal, values in ((",", [1.2, 3.4]), (".", [1200.0, 3400.0])):
        table = read(numbers, target="label", holdout=0, read={"decimal": decimal})
        assert table.features["x"].tolist() == values
    file = write_case("t.csv", "x|y;label\n1|;a\n2|;b\n1|;a\n2|;b\n")
    assert read(file, target="y;label", holdout=0, read={"sep": "|"}).classes == (";a", ";b")
    wrong = tmp_path / "w.csv"
    wrong.write_bytes("ä,label\n1,ж\n2,b\n3,ж\n4,b\n".encode("cp1251", "replace"))
    assert read(wrong, target="label", holdout=0, read={"encoding": "cp1251"}).classes == ("b", "ж")
    assert "is read as cp1252; dataset.read.encoding=…" in describe_table(read(wrong, target="label", holdout=0))


REFUSED: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "several files": (_pack("x,y\n1,a\n", "more.csv"), {}, "t.csv is a zip of 2 files, and one is needed; "),
    "half a gzip": (gzip.compress(b"x,y\n1,a\n")[:-9], {}, "t.csv cannot be unpacked: "),
    "half a Parquet": (b"PAR1 and so on", {}, "t.csv is not a whole Parquet or Feather file: "),
    "no such encoding": (b"x,y\n1,a\n", {"read": {"encoding": "utf-9"}}, "dataset.read.encoding=utf-9: unknown enc"),
    "no such column": (b"x,class\n1,a\n2,b\n", {"drop": ["z"]}, "no column of features for dataset.drop in "),
    "no number": (b"x,class\n1,a\nb,b\n", {"columns": {"x": "number"}}, "is not all finite numbers ('b' in line 3)"),
    "no date": (b"x,class\n1,a\n3/4/2026,b\n", {"columns": {"x": "date"}}, "is not all of kind date ('1' in line 2, "),
    "no boolean": (b"x,class\n1,a\n2,b\n", {"columns": {"x": "boolean"}}, "does not hold two words such as "),
    "nothing left": (b",class\n1,a\n2,b\n", {}, "left to predict by; left out are row names (row names)."),
    "empty": (b"x,y,class\n1,,a\n3,,b\n", {"omit": "listed"}, "is empty; leave it out: dataset.drop=[y]."),
    "no column but the group": (b"g,class\n1,a\n2,b\n", {"group": "g"}, "beside class; no feature is left."),
    "numbers to predict": (
        b"x,class\n1,1.5\n2,2.5\n3,3.5\n4,4.5\n",
        {},
        "a regression target, with 4 distinct numbers",
    ),
    "other encoding": (b"x,class\n1,\xff\n2,b\n", {"read": {"encoding": "utf-8"}}, "cannot be read with dataset.read"),
    "no classes": (b"x,class\n1,\n3,\n", {}, "is empty; name the column of classes."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_sentence(case: str, tmp_path: Path) -> None:
    data, words, sentence = REFUSED[case]
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(BadInput) as raised:
        read(tmp_path / "t.csv", holdout=0, **words)
    assert sentence in str(raised.value) and "\n" not in str(raised.value) and str(raised.value).endswith(".")
