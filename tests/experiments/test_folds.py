"""Sweeps over folds and groups, the whole way: swept, widened, compared, promoted, and guarded on the same folds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seedbed.data.table import load_table
from seedbed.tracking.names import Kind, RunFiles
from seedbed.tracking.reader import Found, fetch_artifact, find_experiment, find_run, load_config, search_runs
from seedbed.tracking.store import Store, open_store

ODD = "7 seeds stop short of whole partitions of 5 folds, so that some rows are tested more often than others; "
CELLS = ("split=kfold", "estimator.n_neighbors=3,7")


@dataclass(frozen=True, eq=False)
class Place:
    """A store and the verbs on it."""

    uri: str
    command: Any
    first: str = "latest"

    def __call__(self, verb: str, *words: str) -> Any:
        return self.command(verb, *words, environ={"MLFLOW_TRACKING_URI": self.uri})

    def done(self, verb: str, *words: str) -> Any:
        outcome = self(verb, *words)
        assert outcome.code == 0, outcome.err
        return outcome

    @property
    def store(self) -> Store:
        return open_store(self.uri)

    def sweep(self, dataset: str = "iris") -> Found:
        return find_run(self.store, dataset, self.first if dataset == "iris" else "latest", Kind.SWEEP)

    def predictions(self, dataset: str = "iris") -> pd.DataFrame:
        file = fetch_artifact(self.store, self.sweep(dataset).run_id, RunFiles.SWEEP_PREDICTIONS)
        assert file is not None
        return pd.read_parquet(file)

    def runs(self, dataset: str = "iris") -> list[Found]:
        sweep = self.sweep(dataset)
        return list(search_runs(self.store, sweep.experiment, parent=sweep.run_id, kind=Kind.RUN))


@pytest.fixture(scope="module")
def place(new_store: Callable[[Path], str], command: Any, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a store with a sweep of seven seeds over five folds, then widened to whole partitions."""
    place = Place(new_store(tmp_path_factory.mktemp("folds")), command)
    began = place.done("train", "-m", *CELLS, "split.seed=range(7)")
    assert ODD + "'split.seed=range(0,10)' tests each equally often." in began.err.splitlines()
    short = json.loads(place.done("compare", "output=json").out)
    assert short["unequally_tested"]["override"] == "split.seed=range(0,10)"
    refused = place("train", "-m", f"resume={place.sweep().run_id[:8]}", "split=random")
    assert refused.code == 2 and "has split=kfold split.folds=5, and one seed means other test rows" in refused.sentence
    wider = place.done("train", "-m", f"resume={place.sweep().run_id[:8]}", short["unequally_tested"]["override"])
    assert "14 done already" in wider.err and "short of whole" not in wider.err
    return replace(place, first=place.sweep().run_id)


def test_a_dry_run_says_where_seeds_stop_short(place: Place) -> None:
    short = place.done("train", "-m", *CELLS, "split.seed=range(7)", "dry_run=true")
    assert short.out.splitlines()[-1] == ODD + "'split.seed=range(0,10)' tests each equally often."
    assert "partition" not in place.done("train", "-m", *CELLS, "split.seed=range(5)", "dry_run=true").out


def test_each_development_row_is_tested_once_in_each_partition(place: Place) -> None:
    predictions = place.predictions()
    assert set(predictions.groupby(["candidate", "row"]).size()) == {2}
    assert predictions["row"].nunique() == 120 and predictions["candidate"].nunique() == 3
    partitions = predictions.groupby(["candidate", predictions["seed"] // 5])["row"]
    assert set(partitions.nunique()) == {120} == set(partitions.size())
    for run in place.runs():
        assert run.params["split.folds"] == 5 and "split.test_size" not in run.params
        assert (run.metrics["n_train"], run.metrics["n_test"]) == (96, 24)


def test_the_comparison_goes_by_the_folds_own_counts(place: Place) -> None:
    compared = json.loads(place.done("compare", f"sweep={place.first}", "output=json").out)
    assert compared["folds"] == 5 and compared["unequally_tested"] is None
    assert compared["corrected_estimate"]["rows_never_tested"] == 0
    row = compared["leaderboard"][0]
    scores = np.array(row["scores"])
    assert row["test_train_ratio"] == 0.25 and len(scores) == 10
    assert row["error"] == pytest.approx(np.sqrt(scores.var(ddof=1) * (1 / 10 + 24 / 96)))


def test_the_guard_pairs_on_the_same_folds(place: Place) -> None:
    first = json.loads(place.done("promote", f"sweep={place.first}", "output=json").out)
    assert first["version"] == "1" and first["candidate"]["split.folds"] == "5"
    place.done("train", "-m", "split=kfold", "estimator.n_neighbors=50", "split.seed=range(5)")
    outcome = place.done("promote")
    assert "on the same 5 splits" in outcome.out and outcome.out.strip().endswith("Version 1 stays the champion.")
    experiment = find_experiment(place.store, "iris")
    assert experiment is not None
    again = [run for run in search_runs(place.store, experiment, kind=Kind.PROMOTION) if "split.seed" in run.params]
    assert {run.params["split.seed"] for run in again} == {*range(5)}
    assert {(run.params["split.name"], run.params["split.folds"]) for run in again} == {("kfold", 5)}


def test_a_table_of_groups_goes_the_whole_way(place: Place, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    flowers = np.repeat(np.arange(45), 2)
    table = pd.DataFrame({"flower": [f"F{flower}" for flower in flowers], "x": random.normal(flowers % 3, 0.4)})
    table.assign(y=random.normal(size=90), kind=[*map("abc".__getitem__, flowers % 3)]).to_csv(
        tmp_path / "twice.csv", index=False
    )
    words = ("dataset=csv", f"dataset.path={tmp_path}/twice.csv", "dataset.target=kind", "dataset.group=flower")
    place.done("train", "-m", *words, "split=grouped", "estimator.n_neighbors=1,5", "split.seed=range(5)")
    runs, predictions = place.runs("twice"), place.predictions("twice")
    read = load_table(load_config(place.store, runs[0].run_id).dataset)
    assert read.groups is not None and runs[0].params["dataset.group"] == "flower"
    assert predictions["group"].tolist() == read.groups[predictions["row"]].tolist()
    assert set(predictions.groupby(["candidate", "row"]).size()) == {1}
    assert set(predictions.groupby(["candidate", "group"])["seed"].nunique()) == {1}
    place.done("compare", "dataset.name=twice")
    assert json.loads(place.done("promote", "dataset.name=twice", "output=json").out)["version"] == "1"
