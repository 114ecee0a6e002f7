"""What a sweep is said to cost before it runs, and whether its models are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Split, Tracking, Train
from seedbed.data.table import Table, load_table
from seedbed.execution.sweep.cells import check_cells, decide_models
from seedbed.execution.sweep.lifecycle import preview_sweep
from seedbed.execution.sweep.messages import Job, SweepRequest

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table(IRIS)


def forests(*sizes: int, seeds: int = 1, models: str = "auto") -> list[Train]:
    tracking = Tracking(models=models)
    return [
        Train(dataset=IRIS, estimator=Estimator("forest", n_estimators=size), split=Split(seed=seed), tracking=tracking)
        for size in sizes
        for seed in range(seeds)
    ]


def test_the_models_of_a_search_are_judged_by_all_its_runs(table: Table) -> None:
    cells = check_cells(table, forests(5, seeds=2), ["estimator.n_estimators"])
    assert decide_models(cells, planned=2) == (True, "")
    kept, words = decide_models(cells, planned=10**7)
    assert not kept and "Models are not kept, as all of them would take about" in words
    assert decide_models(check_cells(table, forests(5, models="none")), planned=10**7) == (False, "")


def test_the_models_of_a_family_are_judged_by_its_largest_end(table: Table) -> None:
    small, rising, falling = (
        float(decide_models(check_cells(table, forests(*sizes)), 10**8)[1].split(" about ")[1].split(" GB")[0])
        for sizes in [(1, 2), (1, 40), (40, 1)]
    )
    assert rising == falling > 5 * small


def preview(config_of: Callable[..., Any], folder: Path, *words: str) -> dict[str, Any]:
    config = config_of(Train, "output=json", f"tracking.uri=sqlite:///{folder}/m.db", *words)
    content: dict[str, Any] = json.loads(preview_sweep(SweepRequest((Job(0, (), config),), {}, "", ""), 1))
    assert not list(folder.iterdir())
    return content


def test_a_preview_counts_models_only_if_they_are_kept(config_of: Callable[..., Any], tmp_path: Path) -> None:
    kept, none = (preview(config_of, tmp_path, f"tracking.models={models}") for models in ("auto", "none"))
    assert 0 < none["megabytes"] < kept["megabytes"] - 0.005


def test_a_run_that_cannot_be_fitted_is_told_in_a_preview(config_of: Callable[..., Any], tmp_path: Path) -> None:
    content = preview(config_of, tmp_path, "estimator.metric=haversine")
    assert content["runs"] == 1 and content["megabytes"] == 0
    assert "failed in scikit-learn: Haversine distance only valid in 2 dimensions" in content["notice"]
