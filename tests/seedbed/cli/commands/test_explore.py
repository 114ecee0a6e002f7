"""`explore`: a page and its pictures, under `outputs/` and as a run of kind exploration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from seedbed import paths
from seedbed.cli.commands.explore import ExploreResult, explore
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Explore, Tracking
from seedbed.data.table import load_table
from seedbed.errors import BadInput
from seedbed.tracking.writer import find_local_folder

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
CASES = Path(__file__).resolve().parents[3] / "cases"


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> ExploreResult:
    place = tmp_path_factory.mktemp("explored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "OUTPUTS", place / "outputs")
        return explore(Explore(dataset=IRIS, tracking=Tracking(new_store(place))))


def test_the_page_and_the_pictures_are_in_outputs_and_in_the_run(explored: ExploreResult) -> None:
    run = MlflowClient(explored.uri).get_run(explored.run_id)
    folder = find_local_folder(run.info.artifact_uri)
    assert folder is not None
    assert (run.info.status, run.data.tags["seedbed.kind"]) == ("FINISHED", "exploration")
    left = {"explore.html", "rule.png", "box_plots.png", "pairs.png", "correlations.png"}
    assert {file.name for file in folder.iterdir()} == {file.name for file in explored.report.parent.iterdir()} == left
    assert all((folder / name).read_bytes() == (explored.report.parent / name).read_bytes() for name in left)
    assert "outputs" in explored.report.parts
    (given,) = run.inputs.dataset_inputs
    assert given.dataset.name == "iris" and given.dataset.digest == run.data.tags["seedbed.digest"]
    assert r"petal\_width alone" in run.data.tags["mlflow.note.content"]


def test_it_says_what_was_seen_and_where(explored: ExploreResult) -> None:
    said = explored.summary()
    assert said.startswith("150 rows, 4 features (sepal_length, sepal_width, petal_length, petal_width)")
    assert "Setosa 50, Versicolor 50, Virginica 50" in said and len(said.splitlines()) == 7
    assert f"Report: {explored.report}" in said and explored.run_id in said
    assert re.search(r"^Next: `python experiments/train\.py -m.*` sweeps it\.$", said, re.MULTILINE)
    document = json.loads(replace(explored, output="json").summary())
    assert document["classes"] == {"Setosa": 50, "Versicolor": 50, "Virginica": 50}
    assert document["run"] == explored.run_id and document["rule"]["right"] == 116
    assert Path(document["box_plots"]).is_file() and Path(document["pictures"]["pairs"]).is_file()


@pytest.mark.parametrize(
    ("case", "target"),
    [("02-accents (1)", "variété"), ("20-long-class", "label"), ("52-order", "month"), ("60-underscore", "label")],
)
def test_other_tables_are_looked_at_too(case: str, target: str, store_uri: str) -> None:
    dataset = Dataset(path=str(CASES / f"{case}.csv"), target=target)
    done = explore(Explore(dataset=dataset, tracking=Tracking(store_uri)))
    assert done.report.is_file() and MlflowClient(store_uri).get_run(done.run_id).info.status == "FINISHED"


def test_bad_input_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        explore(Explore(dataset=replace(IRIS, target="kind"), tracking=Tracking(f"sqlite:///{tmp_path}/m.db")))
    assert list(tmp_path.iterdir()) == []


MIXED = "".join(
    f"{row},{row % 8 or ''},{('None', 'Some')[row % 2]},2026-0{row % 7 + 1}-01,{'uvw'[row % 3]}\n" for row in range(40)
)


def test_a_table_of_all_kinds_is_looked_at_and_its_words_are_kept(
    write_case: Callable[[str, str], Path], store_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dataset").mkdir()
    for name in ("CONF", "OUTPUTS"):
        monkeypatch.setattr(paths, name, tmp_path)
    file = write_case("mixed.csv", f",dose,pain,seen,class\n{MIXED}")
    asked = Explore(dataset=Dataset(path=str(file), target="class"), tracking=Tracking(store_uri), save="mixed")
    done = explore(asked)
    said = done.summary().splitlines()
    assert said[0].startswith("40 rows, 3 features (dose, pain, seen), classes: u 14, v 13, w 13.")
    assert said[1:4] == list(done.exploration.table.notes) and said[4].startswith("5 missing values; ")
    assert "a gap counts as the column" in done.report.read_text(encoding="utf-8")
    kept = Dataset(**yaml.safe_load((tmp_path / "dataset" / "mixed.yaml").read_text(encoding="utf-8")))
    assert kept.columns == {"dose": "number", "pain": "category", "seen": "date"} and kept.drop == [""]
    assert load_table(kept).record == done.exploration.table.record
    with pytest.raises(BadInput, match="conf/dataset/mixed.yaml is there already"):
        explore(asked)


def test_a_table_without_numbers_is_looked_at_too(
    write_case: Callable[[str, str], Path], store_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "OUTPUTS", tmp_path)
    rows = "".join(f"{'pq'[row % 2]},{'xyz'[row % 3]},{'uv'[row % 2]}\n" for row in range(40))
    file = write_case("texts.csv", f"a,b,class\n{rows}")
    done = explore(Explore(dataset=Dataset(path=str(file), target="class"), tracking=Tracking(store_uri)))
    assert done.exploration.rule.right == done.exploration.rule.rows and done.exploration.name(0) == "a"
