"""A table with categories, gaps, dates and yes and no, the whole way, by no other words than its path and target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow import MlflowClient

FAMILIES = ("knn", "logistic", "hgb", "tree", "naive_bayes")
QUICK = ("estimator.n_neighbors=3", "estimator.C=1.0", "estimator.learning_rate=0.3", "estimator.max_leaf_nodes=7")
QUICK += ("estimator.min_samples_leaf=3", "estimator.var_smoothing=1e-9", "split.seed=0,1")


@dataclass(frozen=True, eq=False)
class Swept:
    """A store with a sweep of the table, and what the sweep said."""

    run: Callable[..., Any]
    uri: str
    outcome: Any

    def __call__(self, verb: str, *words: str) -> str:
        """Run a verb on the table, and return what it prints."""
        outcome = self.run(verb, "dataset.name=mixed", *words, f"tracking.uri={self.uri}")
        assert outcome.code == 0, outcome.err
        return str(outcome.out)


@pytest.fixture(scope="module")
def swept(
    command: Callable[..., Any],
    new_store: Callable[[Path], str],
    mixed_cells: pd.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> Swept:
    folder = tmp_path_factory.mktemp("mixed")
    mixed_cells.drop(columns="visit").to_csv(folder / "mixed.csv", index=False)
    uri, table = new_store(folder / "store"), ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=kind")
    families = f"estimator={','.join(FAMILIES)}"
    words = ("-m", *table, families, "preprocess=auto,standardize", *QUICK, f"tracking.uri={uri}")
    outcome = command("train", *words, folder=folder)
    assert outcome.code == 0, outcome.err
    return Swept(command, uri, outcome)


def test_each_family_is_prepared_as_suits_it_and_no_candidate_twice(swept: Swept) -> None:
    assert swept.outcome.out.startswith("14 runs FINISHED, 0 FAILED")
    assert "6 repeated" in swept.outcome.err
    client = MlflowClient(swept.uri, swept.uri)
    experiment = client.get_experiment_by_name("mixed")
    runs = client.search_runs([experiment.experiment_id], "tags.`seedbed.kind` = 'run'")
    prepared = {(run.data.params["estimator.name"], run.data.params["preprocess.name"]) for run in runs}
    native = {("hgb", "native"), ("tree", "native")}
    assert prepared == native | {(family, "standardize") for family in FAMILIES}


def test_it_is_compared_promoted_and_done_again_identically(swept: Swept) -> None:
    assert " native " in swept("compare")
    assert "Version 1 of mixed is the champion now" in swept("promote")
    client = MlflowClient(swept.uri, swept.uri)
    experiment = client.get_experiment_by_name("mixed")
    runs = client.search_runs([experiment.experiment_id], "tags.`seedbed.kind` = 'run'")
    for family, prepared in {("hgb", "native"), ("knn", "standardize")}:
        wanted = {"estimator.name": family, "preprocess.name": prepared}
        run = next(run for run in runs if wanted.items() <= run.data.params.items())
        assert ": identical: " in swept("reproduce", f"run={run.info.run_id}")
    swept("promote", f"run={run.info.run_id}", "force=true")
    assert "Version 3 of mixed is the champion now" in swept("promote", "force=true")


def test_columns_as_they_are_need_a_table_of_numbers(swept: Swept, tmp_path: Path, mixed_cells: pd.DataFrame) -> None:
    mixed_cells.to_csv(tmp_path / "mixed.csv", index=False)
    words = ("dataset=csv", "dataset.path=mixed.csv", "dataset.target=kind", "preprocess=none", "estimator=tree")
    outcome = swept.run("train", *words, f"tracking.uri={swept.uri}", folder=tmp_path)
    assert outcome.code == 2 and "type preprocess=auto to handle them" in outcome.err
