"""From a CSV to checked columns; what cannot be used is refused in one sentence."""

from __future__ import annotations

import gc
import http.server
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from seedbed.config.dataset import Dataset
from seedbed.data.readers import clean_source
from seedbed.data.table import build_table, compute_digest, encode_labels, load_table, order_classes
from seedbed.errors import BadInput

CASES = Path(__file__).resolve().parents[2] / "cases"
IRIS = Dataset(path="package:iris.csv", target="variety")
MANY = "".join(f"{number}.5,{'ab'[number % 2]}\n" for number in range(19))
SMALL = "x,y,label\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,10,a\n11,12,b\n"
Write = Callable[[str, str], Path]


def dataset(file: Path | str, target: str | None = "label", holdout: float = 0.0) -> Dataset:
    return Dataset(path=str(file), target=target, holdout=holdout)


def refusal(wrong: Dataset) -> str:
    with pytest.raises(BadInput) as raised:
        load_table(wrong)
    sentence = str(raised.value)
    assert "\n" not in sentence and sentence.endswith((".", "?")) and len(sentence) < 700
    return sentence


def test_iris_is_scikit_learns() -> None:
    table, iris = load_table(IRIS), load_iris()
    assert list(table.features) == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert np.array_equal(table.features.to_numpy(), iris.data)
    assert table.classes == ("Setosa", "Versicolor", "Virginica")
    assert [name.lower() for name in table.labels] == [iris.target_names[code] for code in iris.target]
    assert np.array_equal(table.codes, iris.target)


def test_the_holdout_is_a_stratified_fifth_and_keeps_the_equal_pair_together() -> None:
    table = load_table(IRIS)
    assert len(table.development) + len(table.holdout) == 150
    assert np.array_equal(np.sort(np.r_[table.development, table.holdout]), np.arange(150))
    assert np.bincount(table.codes[table.holdout]).tolist() == [10, 10, 10]
    rows = table.features.to_numpy()
    held = {tuple(row) for row in rows[table.holdout]}
    assert not held & {tuple(row) for row in rows[table.development]}


def test_no_holdout_leaves_all_rows_for_development() -> None:
    table = load_table(Dataset(path="package:iris.csv", target="variety", holdout=0))
    assert table.development.tolist() == list(range(150)) and table.holdout.tolist() == []


def test_the_record_says_what_was_read(write_case: Write) -> None:
    record = load_table(dataset(write_case("my table.csv", SMALL))).record
    assert record.name == "my table"
    assert Path(record.source).is_absolute() and record.source.endswith("my table.csv")
    assert record.columns == {"x": "double", "y": "double", "label": "string"}
    assert len(record.digest) == 32


def test_column_order_row_order_names_and_values_are_in_the_digest(write_case: Write) -> None:
    def digest(text: str, target: str = "label") -> str:
        return load_table(dataset(write_case("t.csv", text), target)).record.digest

    lines = SMALL.splitlines()
    same = digest(SMALL)
    assert (
        digest(SMALL.replace("\n", "\r\n"))
        == digest("\ufeff" + SMALL)
        == digest(SMALL.replace("1,2", "1.0,2e0"))
        == same
    )
    others = [
        SMALL.replace("11,12", "11,12.000001"),
        SMALL.replace("x,y,", "x,z,"),
        "\n".join([lines[0], *reversed(lines[1:])]),
        SMALL.replace("1,2,a", "1,2,b"),
        "\n".join(lines[:-1]),
    ]
    assert len({same, *map(digest, others)}) == len(others) + 1


def test_the_target_may_be_any_column_and_classes_keep_their_text(write_case: Write) -> None:
    file = write_case("codes.csv", "plate,x\n007,1\n012,2\n007,3\n100,4\n012,5\n100,6\n")
    table = load_table(dataset(file, "plate"))
    assert table.classes == ("007", "012", "100")
    assert list(table.features) == ["x"]


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["10", "9", "2", "10"], ("2", "9", "10")),
        (["b", "10", "9"], ("10", "9", "b")),
        (["-1", "+3", "0"], ("-1", "0", "+3")),
        (["1", "01"], ("01", "1")),
    ],
)
def test_whole_numbers_stand_in_number_order(names: list[str], order: tuple[str, ...]) -> None:
    assert order_classes(np.array(names, object)) == order


def test_months_stand_in_number_order() -> None:
    table = load_table(dataset(CASES / "52-order.csv", "month"))
    assert table.classes == tuple(str(month) for month in range(1, 13))
    assert encode_labels(["1", "10", "2"], table.classes).tolist() == [0, 9, 1]


def test_classes_that_look_missing_are_classes(write_case: Write) -> None:
    file = write_case("na.csv", "x,label\n1,NA\n2,None\n3,nan\n4,NA\n5,None\n6,nan\n")
    assert load_table(dataset(file)).classes == ("NA", "None", "nan")


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        (f"x,label\n\n{MANY}'',a\n", ["Column x", "in line 22"]),
        (f"x,label\n{MANY}oops,b\n", ["Column x", "'oops' in line 21", "dataset.columns.x=category"]),
        ("x,label\n1,a\ninf,b\n", ["Column x", "'inf' in line 3"]),
        ("x,label\n1,a\noops,b\n", ["No column of ", "left out are x (texts that are all different)"]),
        ("x,y,label\n1,,a\n1,?,b\n", ["left out are x (one value in every row), y (empty)."]),
        ('x,label\n"1,200",a\n2,b\n', ["Column x", "'1,200' in line 2"]),
        ("x,label\n1,a\n2,a\n", ["holds one class, a"]),
        ("x,label\n1,1.5\n2,2.5\n3,3.5\n4,4.5\n", ["dataset.target=label", "4 distinct numbers in 4 rows"]),
        ("a,a,label\n1,2,u\n3,4,v\n", ["more than one column called a"]),
        ("x,,label\n1,2,u\n3,4,v\n", ["Column 2", "has no name"]),
        ("x:y:label\n1:2:a\n", ["has one column, x:y:label", "columns to predict by and a class column"]),
        ("label\na\nb\n", ["has one column"]),
        ("x,label\n", ["has a header and no rows"]),
        ("", ["is empty"]),
        ("x,label\n1,a,7\n2,b\n", ["is not a CSV with one header line: 2 cells in the header and 3 in line 2."]),
        ('x,"a\nb",label\n\n1,"2\n3",u\n\ninf,1,v\n', ["'inf' in line 7"]),
        ('x,"a\nb",label\n\n1,2,"u\n"\n\ninf,1,v\n', ["'inf' in line 7"]),
        (",x,label\n1,1,a\n1,3,b\n2,2,a\n", ["Column 1 of ", "has no name; name it in the header, or drop it."]),
        ("x ,x,label\n1,2,a\n", ["more than one column called x, 'x '"]),
        ("x,label\n1e160,a\n2,b\n", ["Column x", "values up to 1e+160", "are infinite", "another unit"]),
        ("x,label\n1e-200,a\n0,b\n", ["Column x", "values up to 1e-200", "are 0", "another unit"]),
        ("x,y,label\n1,a\n2,b\n", ["Column label of ", "is empty; name the column of classes."]),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(write_case: Write, text: str, phrases: list[str]) -> None:
    sentence = refusal(dataset(write_case("bad.csv", text)))
    for phrase in phrases:
        assert phrase in sentence


def test_other_encodings_separators_and_decimal_commas_give_the_same_table(tmp_path: Path) -> None:
    text = "größe,gewicht,label\n1.5,2,a\n0.25,3,b\n1.234,4,a\n"
    european = text.replace(",", ";").replace(".", ",")
    digests = set()
    for number, (content, encoding) in enumerate(
        [(text, "utf-8"), (text, "utf-16"), (text, "cp1252"), (european, "utf-8-sig"), (european, "latin-1")]
    ):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(content.encode(encoding))
        digests.add(load_table(dataset(file)).record.digest)
    assert len(digests) == 1


def test_a_kept_copy_of_decimal_commas_gives_the_same_table(write_case: Write) -> None:
    wanted = dataset(write_case("t.csv", "x;y;label\n1,5;2;a\n0,25;3;b\n1,234;4;a\n"))
    table = load_table(wanted)
    assert table.text is not None and table.text["x"].tolist() == ["1,5", "0,25", "1,234"]
    again = build_table(table.text.reset_index(drop=True), wanted)
    assert again.record == table.record and again.features["x"].tolist() == [1.5, 0.25, 1.234]


def test_a_target_that_is_not_there_lists_the_columns(write_case: Write) -> None:
    file = write_case("t.csv", SMALL)
    sentence = refusal(dataset(file, "lable"))
    assert sentence.startswith("There is no column for dataset.target in ") and sentence.endswith(
        "there is x, y, label."
    )
    assert "dataset.target is missing; the columns of" in refusal(dataset(file, None))


def test_a_path_that_is_not_there_says_where_it_looked(write_case: Write, tmp_path: Path) -> None:
    file = write_case("flowers.csv", SMALL)
    assert "did you mean flowers.csv?" in refusal(dataset(file.with_name("flower.csv")))
    assert f"(looked for {tmp_path / 'no' / 'x.csv'})" in refusal(dataset(tmp_path / "no" / "x.csv"))
    assert "is a folder" in refusal(dataset(tmp_path))
    assert refusal(Dataset(name="x", target="label")).startswith("dataset.path is missing")
    assert refusal(dataset("package:irs.csv")).startswith("There is no table called package:irs.csv")
    assert refusal(dataset("package:../__init__.py")).startswith("There is no table called")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a local server of one table."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "t.csv").write_text(SMALL)
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_url_is_read_and_its_secrets_are_not_recorded(server: str, write_case: Write) -> None:
    table = load_table(dataset(f"{server}/t.csv?token=secret#part"))
    assert table.record.source == f"{server}/t.csv"
    assert table.record.name == "t"
    assert table.record.digest == load_table(dataset(write_case("t.csv", SMALL))).record.digest
    assert clean_source("https://me:pw@host/a.csv?key=1") == "https://host/a.csv"


def test_a_refused_url_leaves_no_connection_open(server: str) -> None:
    refusal(dataset(f"{server}/other.csv"))
    with warnings.catch_warnings(record=True, action="always") as seen:
        gc.collect()
    assert [str(warning.message) for warning in seen if warning.category is ResourceWarning] == []


def test_a_url_that_is_not_there(server: str) -> None:
    sentence = refusal(dataset(f"{server}/other.csv?token=secret"))
    assert f"{server}/other.csv cannot be read" in sentence and "secret" not in sentence
    assert "cannot be read" in refusal(dataset("http://127.0.0.1:9/x.csv"))
    assert "cannot be read" in refusal(dataset("http://:bad:port/x.csv"))


def test_the_digest_tells_types_and_neighbouring_classes_apart(write_case: Write) -> None:
    table = load_table(dataset(write_case("t.csv", SMALL)))
    whole = table.features.astype({"x": int})
    assert compute_digest(whole, table.labels, "label") != table.record.digest
    one, other = np.array(["ab", "a"], object), np.array(["a", "ba"], object)
    assert compute_digest(table.features, one, "label") != compute_digest(table.features, other, "label")


def test_what_is_no_text_is_refused(write_case: Write) -> None:
    assert "is not a text file" in refusal(dataset(write_case("t.csv", SMALL.replace("4,b", "4,b\0a"))))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 140_000 + ",label\n1,a\n", "is not a CSV with one header line: field larger than field limit"),
        ('x,label\n1,"a\n2,"b\n', "Column label holds one class, a 2,b; a classifier needs two or more"),
        (f"x,label\n1,{'a' * 1000}\n2,b\n", f"Class {'a' * 117}… has only one distinct row"),
    ],
)
def test_a_refusal_is_one_line_whatever_the_cells_hold(text: str, sentence: str, write_case: Write) -> None:
    assert sentence in refusal(dataset(write_case("cells.csv", text), holdout=0.2))


def test_lines_may_end_as_on_an_old_mac(write_case: Write) -> None:
    own, mac = (load_table(dataset(write_case("t.csv", text))) for text in (SMALL, SMALL.replace("\n", "\r")))
    assert mac.record.digest == own.record.digest


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("http://[::1/x.csv", "dataset.path=http://[::1/x.csv is not an address: "),
        ("ftp://host/x.csv", "dataset.path=ftp://host/x.csv is neither a file nor an http(s) address; "),
        ("file:///x.csv", "dataset.path=file:///x.csv is neither a file nor an http(s) address; "),
        ("a" * 5000 + "/x.csv", f"dataset.path={'a' * 117}… cannot be read: File name too long."),
    ],
)
def test_what_is_no_place_of_a_table_is_refused(path: str, sentence: str) -> None:
    assert refusal(dataset(path)).startswith(sentence)


def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for path in (pipe, os.devnull):
        assert "is a pipe or a device, not a file; save the table as a CSV file" in refusal(dataset(path))


def test_an_answer_that_breaks_off_is_one_sentence() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _BreaksOff) as running:
        thread = threading.Thread(target=running.handle_request)
        thread.start()
        assert "cannot be read" in refusal(dataset(f"http://127.0.0.1:{running.server_port}/t.csv"))
        thread.join()


class _BreaksOff(_Quiet):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(SMALL.encode())


MEASURED = "flower,x,label\n" + "".join(
    f"{name},{place},{'ab'[place % 2]}\n" for place, name in enumerate("uvwxyz" * 2)
)


def test_the_column_of_groups_is_no_feature_and_part_of_the_data(write_case: Write) -> None:
    file = write_case("m.csv", MEASURED)
    table = load_table(Dataset(path=str(file), target="label", group="flower", holdout=0.5))
    assert list(table.features) == ["x"] and table.groups is not None
    assert table.groups.tolist() == list("uvwxyz" * 2)
    assert table.record.columns == {"x": "double", "label": "string", "flower": "string"}
    other = load_table(
        Dataset(path=str(write_case("m.csv", MEASURED.replace("u,", "q,"))), target="label", group="flower")
    )
    without = write_case("m.csv", "\n".join(line.partition(",")[2] for line in MEASURED.splitlines()))
    assert len({table.record.digest, other.record.digest, load_table(dataset(without)).record.digest}) == 3
    assert len(table.holdout) == 6 and not set(table.groups[table.holdout]) & set(table.groups[table.development])


@pytest.mark.parametrize(
    ("text", "group", "phrase"),
    [
        (MEASURED, "flwer", "There is no column beside label for dataset.group in "),
        (MEASURED, "label", "There is no column beside label for dataset.group in "),
        ("flower,label\nu,a\nv,b\n", "flower", "dataset.group=flower is the one column beside label; no feature"),
        (MEASURED.replace("v,1", ",1"), "flower", "Column flower has no group in line 3; fill or drop those rows."),
    ],
)
def test_a_column_of_groups_that_cannot_be_one(text: str, group: str, phrase: str, write_case: Write) -> None:
    assert refusal(Dataset(path=str(write_case("m.csv", text)), target="label", group=group)).startswith(phrase)


def test_a_holdout_of_too_few_groups_is_said_in_groups(write_case: Write) -> None:
    text = "flower,x,label\n" + "".join(
        f"{'u' if place < 3 else place},{place},{'ab'[place > 2]}\n" for place in range(9)
    )
    sentence = refusal(Dataset(path=str(write_case("m.csv", text)), target="label", group="flower", holdout=0.3))
    assert sentence.startswith("Class a has only one group, and a stratified holdout needs two; ")
