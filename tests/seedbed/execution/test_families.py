"""Every family, run: on odd tables without a warning, identically again, each seed with its own luck."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.models import Model

from seedbed.config.dataset import Dataset
from seedbed.config.families import OWN, list_families
from seedbed.config.schema import Estimator, Preprocess, Split, Train
from seedbed.data.splits.table_splits import split_table
from seedbed.data.table import Table, load_table
from seedbed.estimators.loading import list_trusted_types
from seedbed.execution.reproduction import reproduce_run
from seedbed.execution.run import Runner, Task, compute, derive_random_state, fit, measure_model, prepare
from seedbed.reports.figures import ConfusionFigure
from seedbed.tracking.model_files import MODEL_FILE
from seedbed.tracking.reader import find_run, load_config
from seedbed.tracking.store import open_store
from seedbed.tracking.writer import fetch_model

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
FAMILIES = [family.name for family in list_families() if family.name != OWN]
SMALL = {
    "forest": {"n_estimators": 10},
    "extra_trees": {"n_estimators": 10},
    "hgb": {"max_iter": 10},
    "mlp": {"max_iter": 50},
}


def config_of(name: str, dataset: Dataset = IRIS, **split: Any) -> Train:
    standardized = next(family for family in list_families() if family.name == name).preprocess
    estimator = Estimator(name, **SMALL.get(name, {}))
    return Train(dataset=dataset, estimator=estimator, preprocess=Preprocess(standardized), split=Split(**split))


@pytest.fixture(scope="module")
def iris() -> Table:
    return load_table(IRIS)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Return a table with a constant column, a huge one, and a class of three rows that training has one or none of."""
    random = np.random.default_rng(0)
    lines = ["flat,wide,near,kind"]
    for number in range(43):
        kind = "rare" if number >= 40 else "ab"[number % 2]
        lines.append(f"1,{1e6 * random.normal():.3f},{random.normal() + 2 * (kind == 'a'):.3f},{kind}")
    file = tmp_path_factory.mktemp("odd") / "odd.csv"
    file.write_text("\n".join(lines))
    return load_table(Dataset(path=str(file), target="kind", holdout=0.0))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("table", ["iris", "odd"])
def test_a_run_is_done_without_a_warning_and_identically_again(
    name: str, table: str, request: pytest.FixtureRequest
) -> None:
    read: Table = request.getfixturevalue(table)
    config = config_of(name, read.dataset, seed=3, stratify=table == "iris")
    figure = ConfusionFigure(read.classes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, again = (compute(prepare(config, read), read, figure)[0] for _ in range(2))
    assert first.differences(again) == []
    assert first.metrics["accuracy"] > (0.7 if table == "iris" else 0.2)


def test_a_class_with_one_training_row_leaves_a_calibrated_family_without_probabilities(odd: Table) -> None:
    rows = np.flatnonzero(odd.labels != "rare")[:20].tolist() + np.flatnonzero(odd.labels == "rare")[:1].tolist()
    task = prepare(config_of("svc", odd.dataset, stratify=False), odd)
    fitted = fit(task, odd.part(np.array(rows))).estimator
    assert not hasattr(fitted, "predict_proba")
    assert set(fitted.predict(odd.features)) <= set(odd.classes)


def test_the_random_state_is_of_the_candidate_and_the_seed_and_not_of_the_table(iris: Table, odd: Table) -> None:
    def state(config: Train, table: Table, draw: Any = 1) -> int:
        return derive_random_state(prepare(config, table), draw)

    base = config_of("forest", stratify=False)
    assert state(base, iris) == state(replace(base, dataset=odd.dataset), odd)
    other = replace(base, estimator=Estimator("forest", n_estimators=11))
    states = [state(base, iris), state(base, iris, 2), state(base, iris, "refit"), state(other, iris)]
    assert len(set(states)) == 4


def test_no_random_state_is_a_param(iris: Table) -> None:
    task = prepare(config_of("forest"), iris)
    assert "estimator.random_state" not in task.params and "estimator._target_" not in task.params
    typed = replace(task.config, estimator=Estimator("forest", random_state=7))
    assert prepare(typed, iris).params["estimator.random_state"] == 7


def test_a_forests_fits_on_two_seeds_share_no_luck(iris: Table) -> None:
    def fitted(task: Task, seed: int) -> Any:
        return fit(task, iris.whole, seed).estimator

    task = prepare(config_of("forest"), iris)
    first, same, other = fitted(task, 1), fitted(task, 1), fitted(task, 2)
    assert np.array_equal(first.predict_proba(iris.features), same.predict_proba(iris.features))
    assert [tree.random_state for tree in first] != [tree.random_state for tree in other]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_recorded_run_is_reproduced_identically(
    name: str, iris: Table, runner_on: Callable[..., Runner], store_uri: str
) -> None:
    runner = runner_on(store_uri)
    config = config_of(name, seed=1)
    run_id, record = runner.run(prepare(config, runner.table))
    store = open_store(store_uri)
    kept = {group: getattr(config, group) for group in ("preprocess", "estimator", "split")}
    dataset = replace(config.dataset, omit="listed")  # nothing is found out again
    assert load_config(store, run_id) == replace(Train(), dataset=dataset, **kept)
    found = find_run(store, "iris", run_id)
    done = reproduce_run(store, found, IRIS)
    assert done.differences == ()
    assert "the model's answers" in done.compared
    assert set(record.params) - {"split.seed"} == set(found.params) - {"split.seed"}


def test_a_parameter_that_is_a_list_of_lists_is_recorded_and_reproduced(
    iris: Table, runner_on: Callable[..., Runner], store_uri: str
) -> None:
    runner = runner_on(store_uri)
    estimator = Estimator("hgb", max_iter=2, interaction_cst=[[0, 1], [2, 3]])
    run_id, record = runner.run(prepare(Train(dataset=IRIS, estimator=estimator), runner.table))
    found = find_run(open_store(store_uri), "iris", run_id)
    assert found.params["estimator.interaction_cst"] == record.params["estimator.interaction_cst"] == ((0, 1), (2, 3))
    assert load_config(open_store(store_uri), run_id).estimator == estimator
    assert reproduce_run(open_store(store_uri), found, IRIS).differences == ()


def test_the_size_of_a_model_is_that_of_its_family(iris: Table, tmp_path: Path) -> None:
    sizes = {name: measure_model(prepare(config_of(name), iris), iris) for name in ("knn", "forest")}
    assert 0 < sizes["knn"] < sizes["forest"]


def test_models_with_a_calibration_and_without_one_each_name_their_own_types(
    odd: Table, runner_on: Callable[..., Runner], store_uri: str
) -> None:
    runner, runs = runner_on(store_uri, odd.dataset), {}
    for seed in range(20):
        config = config_of("svc", odd.dataset, seed=seed, stratify=False)
        rare = int((split_table(config.split, odd)[0].labels == "rare").sum())
        if rare in (1, 3) and rare not in runs:
            runs[rare], _ = runner.run(prepare(config, odd))
    for rare in (1, 3):
        folder = fetch_model(open_store(store_uri), runs[rare])
        assert folder is not None
        named = Model.load(str(folder)).flavors["sklearn"]["skops_trusted_types"]
        assert named == list_trusted_types((folder / MODEL_FILE).read_bytes())
