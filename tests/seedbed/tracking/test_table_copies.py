"""A small table is kept once for an experiment and digest, and read back as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Train
from seedbed.data.table import build_table, load_table
from seedbed.errors import BadInput
from seedbed.execution.run import Runner, prepare
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.provenance import Provenance, compute_code_digest
from seedbed.tracking.reader import fetch_artifact, get_run, load_config, read_run, search_runs
from seedbed.tracking.table_copies import check_same_table, find_copy, keep_code, keep_copy

CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.fixture
def runner(store_uri: str, runner_on: Callable[..., Runner]) -> Runner:
    return runner_on(store_uri)


def holders(runner: Runner) -> list[str]:
    return [
        run.run_id for run in search_runs(runner.writer.store, runner.writer.experiment_id) if Tags.COPY in run.tags
    ]


def test_it_is_kept_once_and_again_where_its_run_was_deleted(runner: Runner) -> None:
    writer = runner.writer
    first, second, third = (writer.start(f"sweep {number}", {}, Kind.SWEEP) for number in range(3))
    for run in (first, second):
        keep_copy(writer, run, runner.table)
    assert holders(runner) == [first] and fetch_artifact(writer.store, second, "table.parquet") is None
    writer.store.client.delete_run(first)
    assert find_copy(writer.store, writer.experiment_id, runner.table.record.digest) is not None
    keep_copy(writer, third, runner.table)
    assert holders(runner) == [third]


def test_a_copy_changes_nothing_of_a_run(runner: Runner) -> None:
    run_id, record = runner.run(prepare(Train(dataset=runner.table.dataset), runner.table))
    keep_copy(runner.writer, run_id, runner.table)
    assert record.differences(read_run(runner.writer.store, run_id)) == []


def test_a_large_table_is_not_kept(runner: Runner) -> None:
    keep_copy(runner.writer, runner.writer.start("a run", {}), replace(runner.table, text=None))
    assert holders(runner) == []


@pytest.mark.parametrize("case", ["02-accents (1)", "18-punctuation", "52-order", "60-underscore"])
def test_the_copy_makes_the_same_table(case: str, store_uri: str, runner_on: Callable[..., Runner]) -> None:
    targets = {"02-accents (1)": "variété", "52-order": "month"}
    dataset = Dataset(path=str(CASES / f"{case}.csv"), target=targets.get(case, "label"))
    runner = runner_on(store_uri, dataset)
    writer, table = runner.writer, runner.table
    keep_copy(writer, writer.start("a run", {}), table)
    text = find_copy(writer.store, writer.experiment_id, table.record.digest)
    assert text is not None
    copy = build_table(text, dataset)
    assert copy.record == table.record and copy.features.equals(table.features)
    assert copy.labels.tolist() == table.labels.tolist() and copy.holdout.tolist() == table.holdout.tolist()


def test_the_code_of_a_single_run_is_noted(runner: Runner) -> None:
    run_id = runner.writer.start("a run", {})
    keep_code(replace(runner.writer, provenance=Provenance("c", "false")), run_id)
    assert get_run(runner.writer.store, run_id).tags[Tags.CODE] == compute_code_digest()
    assert fetch_artifact(runner.writer.store, run_id, "uncommitted.patch") is None


LINES = [f"{row},{row % 7},{'ab'[row // 4 % 2]}" for row in range(0, 160, 4)]


@pytest.fixture
def recorded(store_uri: str, runner_on: Callable[..., Runner], tmp_path: Path) -> Callable[..., str]:
    """Return a function that checks a table of the same name as one of which a run is recorded."""
    table, dataset = tmp_path / "t.csv", Dataset(path=str(tmp_path / "t.csv"), target="label")
    table.write_text("\n".join(["x,y,label", *LINES]))
    runner = runner_on(store_uri, dataset)
    run_id, _ = runner.run(prepare(Train(dataset=dataset), runner.table))
    keep_copy(runner.writer, run_id, runner.table)

    def check(lines: list[str], header: str = "x,y,label", *, forced: bool = False) -> str:
        table.write_text("\n".join([header, *lines]))
        return check_same_table(runner.writer.store, runner.writer.experiment_id, load_table(dataset), forced=forced)

    return check


def test_the_same_table_and_the_first_of_its_name_go_on_without_a_word(
    recorded: Callable[..., str], runner_on: Callable[..., Runner], store_uri: str
) -> None:
    assert recorded(LINES) == ""
    iris = runner_on(store_uri)
    assert check_same_table(iris.writer.store, iris.writer.experiment_id, iris.table, forced=False) == ""


def test_a_table_that_has_grown_or_was_mended_goes_on_and_says_so(recorded: Callable[..., str]) -> None:
    assert recorded([*LINES, "99,1,a", "98,1,b"]).endswith(
        "is not the table that is recorded under the name t: of 40 different rows recorded there, 40 are among its 42."
    )
    assert "39 are among its 40" in recorded([LINES[0].replace("0,0", "0.5,0"), *LINES[1:]])


def test_a_column_that_was_left_out_and_is_not_now_may_be_left_out_again(recorded: Callable[..., str]) -> None:
    with pytest.raises(BadInput, match=r"the columns z differ; .*, or leave them out: dataset.drop=\[z\]\.$"):
        recorded([f"{line[:-1]}{row % 3},{line[-1]}" for row, line in enumerate(LINES)], "x,y,z,label")


def test_a_column_that_was_a_feature_and_is_left_out_now_is_said(
    recorded: Callable[..., str],
) -> None:
    said = "Left out is what runs of t had before: y (one value in every row); dataset.omit=listed takes it in again."
    assert recorded([f"{line.split(',')[0]},1,{line[-1]}" for line in LINES]) == said
    more = recorded([f"{row},1,{'ab'[row // 4 % 2]}" for row in range(0, 200, 4)])
    assert more.splitlines()[0] == said and more.endswith("40 are among its 50.")


def test_runs_of_0_1_0_that_had_a_column_of_one_value_are_gone_on_with(
    runner_on: Callable[..., Runner], store_uri: str, tmp_path: Path
) -> None:
    file = tmp_path / "u.csv"
    file.write_text("\n".join(["x,always,label", *(f"{row},7,{'ab'[row // 4 % 2]}" for row in range(0, 160, 4))]))
    before = Dataset(path=str(file), target="label", omit="listed")
    runner = runner_on(store_uri, before)
    run_id, _ = runner.run(prepare(Train(dataset=before), runner.table))
    kept = load_config(runner.writer.store, run_id)
    assert load_table(kept.dataset).record == runner.table.record

    def check(dataset: Dataset) -> str:
        return check_same_table(runner.writer.store, runner.writer.experiment_id, load_table(dataset), forced=False)

    assert check(replace(before, omit="auto")).startswith("Left out is what runs of u had before: always (one value in")
    assert check(before) == ""
    with pytest.raises(BadInput, match=r"the columns always differ; name it: dataset.name=NAME\.$"):
        check(replace(before, drop=["always"]))


def test_a_table_of_the_same_kind_without_a_row_in_common_is_asked_about(recorded: Callable[..., str]) -> None:
    others = [f"{row},{row % 7},{'ab'[row // 4 % 2]}" for row in range(1000, 1160, 4)]
    with pytest.raises(BadInput, match="not one row is the same; type force=true to go on, or .*dataset.name=NAME"):
        recorded(others)
    assert "0 are among its 40" in recorded(others, forced=True)


@pytest.mark.parametrize("forced", [False, True])
def test_other_columns_or_classes_are_another_table(recorded: Callable[..., str], forced: bool) -> None:
    with pytest.raises(BadInput, match=r"under the name t: the columns y, z differ; name it: dataset\.name=NAME\.$"):
        recorded(LINES, "x,z,label", forced=forced)
    with pytest.raises(BadInput, match="the classes b, c differ"):
        recorded([line.replace("b", "c") for line in LINES], forced=forced)
