"""`promote`: a sweep's best, refitted, registered with its page, and marked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from mlflow import MlflowClient
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from seedbed.cli.commands.promote import Promoted, promote
from seedbed.config.schema import Promote, Train
from seedbed.errors import BadInput, NotDone, UnknownName
from seedbed.execution.run import prepare
from seedbed.tracking import model_files
from seedbed.tracking.names import Kind
from seedbed.tracking.registry import open_registry
from seedbed.tracking.store import open_store
from seedbed.tracking.writer import fetch_model

CASES = Path(__file__).resolve().parents[3] / "cases"


@dataclass(frozen=True)
class Marked:
    """A sweep's best, marked: what was said of it, and its files."""

    uri: str
    done: Promoted
    folder: Path

    @property
    def card(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "page" / "card.json").read_text(encoding="utf-8"))
        return content


@pytest.fixture(scope="module")
def marked(
    tmp_path_factory: pytest.TempPathFactory,
    new_store: Callable[[Path], str],
    command: Any,
    config_of: Callable[..., Any],
) -> Marked:
    place = tmp_path_factory.mktemp("marked")
    uri = new_store(place / "store")
    words = ("estimator.n_neighbors=3,7", "preprocess=none,standardize", "split.seed=range(5)")
    outcome = command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": uri})
    assert outcome.code == 0, outcome.err
    done = promote(config_of(Promote, f"tracking.uri={uri}"))
    registry = open_registry(uri)
    best = registry.get_champion("iris")
    assert best is not None
    return Marked(uri, done, registry.download(best, place / "best"))


def test_the_words_say_what_was_chosen_and_what_comes_next(marked: Marked) -> None:
    said = marked.done.summary().splitlines()
    assert "has the highest mean accuracy over 5 splits" in said[0]
    assert said[1:] == [
        "Version 1 of iris is the champion now (models:/iris@best).",
        f"Next: `python -m serve tracking.uri={marked.uri}` opens its page.",
    ]


def test_json_is_one_document(marked: Marked) -> None:
    said = json.loads(replace(marked.done, output="json").summary(), parse_constant=pytest.fail)
    assert (said["model"], said["version"], said["moved"]) == ("iris", "1", True)
    assert said["candidate"] == marked.done.candidate and "dataset.digest" in said["candidate"]


def test_it_is_fitted_on_all_rows(marked: Marked) -> None:
    estimator = model_files.read(marked.folder)
    knn = estimator[-1] if hasattr(estimator, "steps") else estimator
    assert knn.n_samples_fit_ == 150
    assert str(knn.n_neighbors) == marked.done.candidate["estimator.n_neighbors"]
    assert hasattr(estimator, "steps") == (marked.done.candidate["preprocess.name"] == "standardize")


def test_the_page_has_what_it_shows(marked: Marked) -> None:
    card = marked.card
    assert card["title"] == "Iris Flower Predictive Analytics"
    assert card["description"].startswith("Experiment with sepal/petal lengths/widths")
    assert card["classes"] == ["Setosa", "Versicolor", "Virginica"] and card["target"] == "variety"
    assert [feature["widget"] for feature in card["features"]] == ["number"] * 3 + ["slider"]
    assert [feature["value"] for feature in card["features"]] == [5.7, 2.9, 4.2, 1.3]  # a row in the middle
    assert card["features"][0]["label"] == "Sepal length" and card["features"][0]["unit"] == "cm"
    assert (card["features"][0]["low"], card["features"][0]["high"]) == (4.3, 7.9)
    assert card["scores"] and card["digest"] == marked.done.candidate["dataset.digest"]
    assert (marked.folder / "page" / "confusion_matrix.png").read_bytes().startswith(b"\x89PNG")
    training = pd.read_parquet(marked.folder / "page" / "training.parquet")
    assert list(training) == [feature["name"] for feature in card["features"]] + ["variety"]
    answers = model_files.read(marked.folder).predict(training.drop(columns="variety"))
    assert len(training) == 150 and np.mean(answers == training["variety"]) > 0.9


def test_a_second_sweep_and_a_named_one_can_be_asked_for(marked: Marked, config_of: Callable[..., Any]) -> None:
    client = MlflowClient(marked.uri)
    (sweep,) = client.search_runs(
        [client.get_experiment_by_name("iris").experiment_id], f"tags.`seedbed.kind` = '{Kind.SWEEP}'"
    )
    for reference in (sweep.info.run_id, sweep.info.run_id[:8], sweep.info.run_name):
        words = (f"tracking.uri={marked.uri}", f"sweep='{reference}'", "dry_run=true")
        assert promote(config_of(Promote, *words)).candidate == marked.done.candidate


def test_an_unknown_sweep_or_run_lists_what_there_is(marked: Marked, config_of: Callable[..., Any]) -> None:
    for key in ("sweep", "run"):
        with pytest.raises(UnknownName, match=rf"^There is no {key} nothing; there is [0-9a-f]{{8}} \("):
            promote(config_of(Promote, f"tracking.uri={marked.uri}", f"{key}=nothing"))


def test_an_unknown_metric_lists_those_that_there_are(marked: Marked, config_of: Callable[..., Any]) -> None:
    with pytest.raises(BadInput, match="There is no metric acuracy; .*did you mean accuracy"):
        promote(config_of(Promote, f"tracking.uri={marked.uri}", "selection.metric=acuracy"))


def test_without_a_finished_sweep_it_says_what_makes_one(
    store_uri: str, tmp_path: Path, config_of: Callable[..., Any]
) -> None:
    with pytest.raises(NotDone, match=r"no finished sweep of iris in .*train\.py -m tracking\.uri=.*` makes one"):
        promote(config_of(Promote, f"tracking.uri={store_uri}"))
    with pytest.raises(NotDone, match="There are no runs yet"):
        promote(config_of(Promote, f"tracking.uri=sqlite:///{tmp_path}/none.db"))
    assert not (tmp_path / "none.db").exists()


def test_a_sweep_without_a_finished_run_has_nothing_to_choose(
    store_uri: str, command: Any, config_of: Callable[..., Any]
) -> None:
    words = ("estimator.metric=haversine", "estimator.n_neighbors=1,3", "split.seed=0")
    assert command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": store_uri}).code == 1
    with pytest.raises(NotDone, match="No run of the sweep .* finished, so there is nothing to choose"):
        promote(config_of(Promote, f"tracking.uri={store_uri}"))
    assert open_registry(store_uri).get_champion("iris") is None


def test_a_run_whose_model_is_gone_is_fitted_again(
    store_uri: str, runner_on: Callable[..., Any], config_of: Callable[..., Any], tmp_path: Path
) -> None:
    runner = runner_on(store_uri)
    run_id, _ = runner.run(prepare(Train(dataset=runner.table.dataset), runner.table))
    shutil.rmtree(fetch_model(open_store(store_uri), run_id))  # type: ignore[arg-type]
    assert promote(config_of(Promote, f"tracking.uri={store_uri}", f"run={run_id}")).moved
    registry = open_registry(store_uri)
    best = registry.get_champion("iris")
    assert best is not None
    assert model_files.read(registry.download(best, tmp_path)).n_samples_fit_ == 96


def test_a_table_that_changed_since_is_not_refitted(
    store_uri: str, command: Any, config_of: Callable[..., Any], write_case: Callable[[str, str], Path]
) -> None:
    text = (CASES / "60-underscore.csv").read_text()
    table = write_case("mine.csv", text)
    words = ("dataset=csv", f"dataset.path={table}", f"tracking.uri={store_uri}")
    grid = ("dataset.target=label", "estimator.n_neighbors=1,3", "split.seed=0,1")
    assert command("train", "-m", *words, *grid).code == 0
    table.write_text(text.replace("8.5,3.6", "8.5,3.7"))
    with pytest.raises(NotDone, match=r"The table .*mine\.csv has changed since"):
        promote(config_of(Promote, *words))
    table.unlink()
    with pytest.raises(BadInput, match=r"mine\.csv is not there"):
        promote(config_of(Promote, *words))
    assert open_registry(store_uri).get_champion("mine") is None


def test_where_pickle_is_forbidden_it_works_all_the_same(marked: Marked, command: Any) -> None:
    environ = {"MLFLOW_TRACKING_URI": marked.uri, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    assert command("train", "estimator.n_neighbors=9", environ=environ).code == 0
    assert command("promote", "run=latest", "dry_run=true", environ=environ).code == 0


def register(uri: str, folder: Path, tags: dict[str, str]) -> None:
    """Register a folder as the next version of iris, as another program would."""
    client = MlflowClient(uri, uri)
    found = client.get_experiment_by_name("iris")
    place = (folder.parent / "artifacts").as_uri()
    run = client.create_run(found.experiment_id if found else client.create_experiment("iris", place))
    client.log_artifacts(run.info.run_id, str(folder), "model")
    if found is None:
        client.create_registered_model("iris")
    client.create_model_version("iris", f"{run.info.artifact_uri}/model", run.info.run_id, tags)


def test_a_version_is_promoted_by_its_number_only_if_the_page_would_load_it(
    store_uri: str, config_of: Callable[..., Any], tmp_path: Path
) -> None:
    features, labels = np.arange(20.0).reshape(10, 2), np.array(["a", "b"] * 5)
    sound, damaged = (DecisionTreeClassifier().fit(features, labels) for _ in range(2))
    damaged.tree_.__getstate__()["nodes"]["left_child"][0] = 10**6
    other = GradientBoostingClassifier(n_estimators=1).fit(features, labels)
    own = {"seedbed.params": json.dumps({"estimator.name": "own", "estimator._target_": "my_module.Own"})}
    cases = [
        (damaged, "model.skops", {}, "a later node of its tree"),
        (other, "model.skops", {}, "GradientBoostingClassifier; only types"),
        (sound, "model.pkl", {}, "holds no model.skops"),
        (other, "model.skops", own, ""),
        (sound, "model.skops", {}, ""),
    ]
    for number, (model, name, tags, refusal) in enumerate(cases, 1):
        (folder := tmp_path / str(number)).mkdir()
        skops.io.dump(model, folder / name)
        register(store_uri, folder, tags)
        config = config_of(Promote, f"tracking.uri={store_uri}", f"version={number}")
        if not refusal:
            assert promote(config).version == str(number)
            continue
        for asked in (config, replace(config, dry_run=True)):
            with pytest.raises(NotDone, match=refusal):
                promote(asked)
        assert open_registry(store_uri).get_champion("iris") is None
