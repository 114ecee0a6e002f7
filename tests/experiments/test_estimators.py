"""Several estimators in one sweep, each with its own grid, the whole way; and a class of one's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from seedbed.config.families import list_families
from serve.model.registry_source import RegistrySource
from serve.model.source import FolderSource

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ("knn", "logistic", "forest")
SMALL = ("estimator.n_neighbors=1,5", "estimator.n_estimators=5", "split.seed=0,1")
OWN = '''
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Nearest(ClassifierMixin, BaseEstimator):
    """Predicts the class of the nearest middle, and gives no probabilities."""

    def __init__(self, power=2.0):
        self.power = power

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.middles_ = np.stack([np.asarray(X)[y == name].mean(axis=0) for name in self.classes_])
        return self

    def predict(self, X):
        away = np.abs(np.asarray(X)[:, None] - self.middles_) ** self.power
        return self.classes_[away.sum(axis=2).argmin(axis=1)]
'''


@dataclass(frozen=True, eq=False)
class Store:
    """A store, and the commands that act on the table in it."""

    run: Callable[..., Any]
    uri: str
    folder: Path

    def __call__(self, verb: str, *words: str) -> Any:
        named = [] if any(word.startswith("dataset") for word in words) else ["dataset.name=flowers"]
        return self.run(verb, *words, *named, f"tracking.uri={self.uri}", folder=self.folder)

    def sweep(self, *words: str) -> Any:
        return self("train", "-m", "dataset=csv", "dataset.path=flowers.csv", "dataset.target=kind", *words)

    def runs(self, kind: str = "run") -> list[Run]:
        client = MlflowClient(self.uri, self.uri)
        found = client.get_experiment_by_name("flowers")
        if found is None:
            return []
        return list(client.search_runs([found.experiment_id], f"tags.`seedbed.kind` = '{kind}'", max_results=1000))


def write_flowers(folder: Path) -> None:
    random = np.random.default_rng(0)
    kinds = np.array(["aster", "bellis", "carlina"])[np.arange(90) % 3]
    middles = {"aster": (0.0, 0.0, 100.0), "bellis": (2.0, 0.0, 300.0), "carlina": (0.0, 2.0, 200.0)}
    values = np.array([middles[kind] for kind in kinds]) + random.normal(size=(90, 3)) * (1.0, 1.0, 90.0)
    pd.DataFrame(values, columns=["length", "width", "weight"]).round(3).assign(kind=kinds).to_csv(
        folder / "flowers.csv", index=False
    )


@pytest.fixture
def store(command: Callable[..., Any], store_uri: str, tmp_path: Path) -> Store:
    write_flowers(tmp_path)
    return Store(command, store_uri, tmp_path)


@pytest.fixture(scope="module")
def swept(
    command: Callable[..., Any], new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, Any]:
    folder = tmp_path_factory.mktemp("families")
    write_flowers(folder)
    store = Store(command, new_store(folder / "store"), folder)
    outcome = store.sweep(f"estimator={','.join(FAMILIES)}", *SMALL)
    assert outcome.code == 0, outcome.err
    return store, outcome


def test_each_family_sweeps_its_own_grid_on_the_same_seeds_as_one_sweep(swept: tuple[Store, Any]) -> None:
    store, outcome = swept
    assert outcome.out.startswith(f"{2 * (2 + 7 + 9)} runs FINISHED, 0 FAILED")
    assert len(store.runs("sweep")) == 1
    by_family: dict[str, set[tuple[str, ...]]] = {}
    for run in store.runs():
        own = {key: value for key, value in run.data.params.items() if key.startswith("estimator.")}
        by_family.setdefault(own["estimator.name"], set()).add(tuple(sorted(own.items())))
    assert {name: len(own) for name, own in by_family.items()} == {"knn": 2, "logistic": 7, "forest": 9}
    seeds = {
        name: {run.data.params["split.seed"] for run in store.runs() if run.data.params["estimator.name"] == name}
        for name in FAMILIES
    }
    assert set(map(frozenset, seeds.values())) == {frozenset("01")}


def test_a_run_is_named_by_what_its_own_family_varies(swept: tuple[Store, Any]) -> None:
    names = {run.info.run_name for run in swept[0].runs()}
    assert "estimator=knn n_neighbors=5 seed=1" in names
    assert "estimator=logistic C=0.1 seed=0" in names
    assert "estimator=forest min_samples_leaf=3 max_features=1.0 seed=1" in names


def test_the_word_that_the_preparation_stands_for_is_the_param(swept: tuple[Store, Any]) -> None:
    prepared = {(run.data.params["estimator.name"], run.data.params["preprocess.name"]) for run in swept[0].runs()}
    assert prepared == {("knn", "standardize"), ("logistic", "standardize"), ("forest", "none")}


def test_a_resumed_sweep_of_families_has_nothing_left_to_do(store: Store) -> None:
    words = ("estimator=knn,tree", "estimator.n_neighbors=1,2", "split.seed=0,1")
    assert store.sweep(*words).code == 0
    client = MlflowClient(store.uri, store.uri)
    lost = next(run for run in store.runs() if run.info.run_name == "estimator=tree min_samples_leaf=5 seed=1")
    client.delete_run(lost.info.run_id)
    client.update_run(store.runs("sweep")[0].info.run_id, "FAILED")
    words = ("-m", "resume=latest", "dataset=csv", "dataset.path=flowers.csv", "dataset.target=kind")
    outcome = store("train", *words, "estimator.min_samples_leaf=5")  # which the default estimator does not have
    assert outcome.code == 0, outcome.err
    assert "5 done already" in outcome.err
    names = [run.info.run_name for run in store.runs()]
    assert len(names) == len(set(names)) == 2 * (2 + 5)


@pytest.mark.slow
def test_a_family_can_be_added_to_a_sweep(store: Store) -> None:
    assert store.sweep("estimator=naive_bayes,tree", "split.seed=0").code == 0
    MlflowClient(store.uri, store.uri).update_run(store.runs("sweep")[0].info.run_id, "FAILED")
    words = ("dataset=csv", "dataset.path=flowers.csv", "dataset.target=kind", "estimator=naive_bayes,tree,logistic")
    outcome = store("train", "-m", "resume=latest", *words)
    assert outcome.code == 0, outcome.err
    assert "8 done already" in outcome.err
    assert len(store.runs()) == 3 + 5 + 7


FEW = {
    "knn": ["estimator.n_neighbors=1,5"],
    "logistic": ["estimator.C=0.1,10"],
    "forest": ["estimator.n_estimators=3,5", "estimator.max_features=sqrt"],
    "naive_bayes": [],
    "tree": [],
    "extra_trees": ["estimator.n_estimators=3,5", "estimator.max_features=sqrt"],
    "hgb": ["estimator.max_iter=5", "estimator.max_leaf_nodes=5", "estimator.min_samples_leaf=5"],
    "svc": ["estimator.gamma=scale"],
    "mlp": ["estimator.max_iter=500", "estimator.hidden_layer_sizes=[5]"],
}


@pytest.mark.parametrize(
    "family", [name if name == "naive_bayes" else pytest.param(name, marks=pytest.mark.slow) for name in FEW]
)
def test_each_family_goes_the_whole_way(family: str, store: Store, tmp_path: Path) -> None:
    assert set(FEW) == {one.name for one in list_families()} - {"own"}
    assert store.sweep(f"estimator={family}", *FEW[family], "split.seed=range(3)").code == 0
    compared = store("compare", "output=json")
    assert compared.code == 0, compared.err
    promoted = store("promote", "output=json")
    assert promoted.code == 0, promoted.err
    content = json.loads(promoted.out)
    assert content["moved"] and content["candidate"]["estimator.name"] == family
    run = store.runs()[0]
    reproduced = store("reproduce", f"run={run.info.run_id}")
    assert reproduced.code == 0 and "identical" in reproduced.out, reproduced.err
    served = RegistrySource("flowers", store.uri, tmp_path).load()
    exported = export_page(store, tmp_path / "page").load()
    flowers = pd.read_csv(tmp_path / "flowers.csv")
    rows = flowers.drop(columns="kind").to_numpy()
    answers = served.predict(served.rows(rows))
    assert np.mean(answers == flowers["kind"]) > 0.5  # a third by chance
    assert list(exported.predict(exported.rows(rows))) == list(answers)
    again = store("promote", f"run={run.info.run_id}", "force=true")
    assert again.code == 0, again.err


def export_page(store: Store, folder: Path, *words: str, trust: Sequence[str] = ()) -> FolderSource:
    command = [sys.executable, "-m", "serve.export", str(folder), "dataset.name=flowers", f"tracking.uri={store.uri}"]
    exported = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True)
    assert exported.returncode == 0, exported.stderr
    return FolderSource(folder, "1", trust)


def test_the_best_of_all_is_compared_promoted_and_a_champion_of_another_family_compared_with(store: Store) -> None:
    small = ("estimator.n_neighbors=1,5", "estimator.min_samples_leaf=2", "split.seed=range(5)")
    assert store.sweep("estimator=knn,tree", *small).code == 0
    compared = store("compare", "output=json")
    assert compared.code == 0, compared.err
    assert store("promote").code == 0
    assert store.sweep("estimator=naive_bayes", "split.seed=range(5)").code == 0
    challenged = store("promote")
    assert challenged.code == 0, challenged.err
    assert "the champion" in challenged.out


def test_a_parameter_that_none_of_the_families_has(store: Store) -> None:
    said = store.sweep("estimator=knn,logistic", "estimator.n_neighbours=1,2").sentence
    assert said == "There is no key estimator.n_neighbours; did you mean estimator.n_neighbors?"
    assert store.runs() == []


def test_a_parameter_of_another_family(store: Store) -> None:
    outcome = store("train", "dataset=csv", "dataset.path=flowers.csv", "dataset.target=kind", "estimator.max_depth=3")
    assert outcome.code == 2
    assert "estimator.max_depth" in outcome.sentence and "estimator=" in outcome.sentence


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["estimator=forest", "estimator.min_samples_leaf=1,0"], "estimator.min_samples_leaf=0 is not valid: expected"),
        (
            ["estimator=knn,svc", "estimator.kernel=rbf,foo"],
            "estimator.kernel=foo is not valid: expected one of linear",
        ),
        (["estimator=own"], "estimator._target_"),
        (["estimator=own", "estimator._target_=nowhere.Classifier"], "estimator._target_=nowhere.Classifier cannot be"),
        (["estimator=forrest"], "forest"),
    ],
)
def test_a_bad_value_is_refused_before_the_first_run(store: Store, words: list[str], sentence: str) -> None:
    outcome = store.sweep(*words)
    assert outcome.code == 2
    assert sentence in outcome.sentence
    assert store.runs("sweep") == []


def test_two_values_of_one_familys_key(store: Store) -> None:
    outcome = store.sweep("estimator=svc", "estimator.kernel=rbf,linear", "estimator.C=1", "split.seed=0")
    assert outcome.code == 0, outcome.err
    kernels = [run.data.params["estimator.kernel"] for run in store.runs()]
    assert sorted(kernels) == ["linear"] * 3 + ["rbf"] * 3


def test_a_dry_run_times_one_fit_of_each_family(store: Store) -> None:
    outcome = store.sweep(f"estimator={','.join(FAMILIES)}", *SMALL, "dry_run=true")
    assert outcome.code == 0, outcome.err
    assert "36 runs to do" in outcome.out
    assert all(f"({family})" in outcome.out for family in FAMILIES)
    content = json.loads(store.sweep(f"estimator={','.join(FAMILIES)}", *SMALL, "dry_run=true", "output=json").out)
    assert set(content["families"]) == set(FAMILIES)
    assert store.runs() == []


def test_models_that_are_not_kept_are_fitted_again(store: Store) -> None:
    outcome = store.sweep("estimator=tree", "split.seed=0,1", "tracking.models=none")
    assert outcome.code == 0, outcome.err
    client = MlflowClient(store.uri, store.uri)
    experiment = client.get_experiment_by_name("flowers").experiment_id
    assert client.search_logged_models([experiment]) == []
    run = store.runs()[0]
    reproduced = store("reproduce", f"run={run.info.run_id}")
    assert reproduced.code == 0 and "was not kept" in reproduced.out
    assert store("promote", f"run={run.info.run_id}").code == 0
    assert store("promote", "force=true").code == 0


@pytest.mark.slow
def test_ones_own_class_goes_the_whole_way_once_it_is_trusted(store: Store, tmp_path: Path) -> None:
    (tmp_path / "my_nearest.py").write_text(OWN)
    own = ("estimator=own", "estimator._target_=my_nearest.Nearest", "+estimator.power=1.0,2.0", "split.seed=range(5)")
    refused = store.sweep(*own)
    assert refused.code == 2 and "'trust=[my_nearest.Nearest]'" in refused.sentence
    outcome = store.sweep(*own, "trust=[my_nearest.Nearest]")
    assert outcome.code == 0, outcome.err
    run = store.runs()[0]
    assert run.data.params["estimator._target_"] == "my_nearest.Nearest"
    assert np.isnan(run.data.metrics["log_loss"])
    assert store("compare").code == 0
    promoted = store("promote")
    assert promoted.code == 0, promoted.err
    reproduced = store("reproduce", f"run={run.info.run_id}")
    assert reproduced.code == 0 and "identical" in reproduced.out, reproduced.err + reproduced.out


@pytest.mark.slow
def test_a_library_of_others_goes_the_whole_way_once_its_types_are_trusted(store: Store, tmp_path: Path) -> None:
    own = ("estimator=own", "estimator._target_=lightgbm.LGBMClassifier", "+estimator.n_estimators=5,20")
    words = (*own, "+estimator.verbose=-1", "+estimator.n_jobs=1", "split.seed=range(5)")
    types = ["lightgbm.LGBMClassifier"]
    refused = store.sweep(*words, f"trust=[{','.join(types)}]")
    assert refused.code == 2
    trusted = re.search(r"type '(trust=\[[\w.,]+\])'", refused.sentence)
    assert trusted is not None and "lightgbm.basic.Booster" in trusted[1]
    outcome = store.sweep(*words, trusted[1])
    assert outcome.code == 0, outcome.err
    run = store.runs()[0]
    assert store("compare").code == 0
    promoted = store("promote")
    assert promoted.code == 0, promoted.err
    reproduced = store("reproduce", f"run={run.info.run_id}")
    assert reproduced.code == 0 and "identical" in reproduced.out, reproduced.err + reproduced.out
    kept = trusted[1].removeprefix("trust=[").removesuffix("]").split(",")
    served = export_page(store, tmp_path / "page", trusted[1], trust=kept).load()
    assert set(served.card.classes) == {"aster", "bellis", "carlina"}
