"""What earlier versions stored opens, compares, promotes and serves under the same ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seedbed.cli.commands.compare import compare
from seedbed.cli.commands.promote import promote
from seedbed.cli.commands.reproduce import reproduce
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Compare, Promote, Reproduce, Selection, Tracking
from seedbed.tracking.frames import load_results
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import search_runs
from seedbed.tracking.store import ensure_experiment, open_store
from serve.model.registry_source import RegistrySource

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
CANDIDATES = {3: "60a19f3895bf4031", 7: "fb8dae5159aab0b2"}


@pytest.fixture(scope="module", params=["0.1.0", "0.1.0-before-rooms"])
def uri(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, old_store: Callable[..., str]) -> str:
    return old_store(tmp_path_factory.mktemp("earlier"), request.param)


def test_its_runs_are_reproduced(uri: str) -> None:
    store = open_store(uri)
    runs = list(search_runs(store, ensure_experiment(store, "iris"), kind=Kind.RUN, finished=True))
    assert len(runs) == 7
    for run in runs:
        done = reproduce(Reproduce(dataset=IRIS, tracking=Tracking(uri), run=run.run_id)).done
        assert done.differences == ()
        rows = run.metrics["n_test"]
        assert done.compared == f"18 metrics, {rows:.0f} predictions, the model's answers to 150 rows"


def test_its_runs_are_found_under_the_same_candidates(uri: str) -> None:
    runs = load_results("latest", "iris", uri)
    found = dict(zip(runs["params.estimator.n_neighbors"], runs["candidate"], strict=True))
    assert found == CANDIDATES and sorted(runs["seed"]) == [0, 0, 1, 1]


def test_its_sweep_is_compared(uri: str) -> None:
    words = compare(Compare(dataset=IRIS, tracking=Tracking(uri))).summary()
    assert "k = 3, the middle of 2 tied, has the highest mean accuracy over 2 splits, 97.9 %" in words
    assert "SB02, SB07: not checked as the sweep closed." in words


def test_its_sweep_is_compared_by_a_metric_that_it_never_logged(uri: str) -> None:
    assert "metrics.roc_auc" not in load_results("latest", "iris", uri)
    words = compare(Compare(dataset=IRIS, tracking=Tracking(uri), selection=Selection(metric="roc_auc"))).summary()
    assert "mean roc auc over 2 splits" in words and "corrected for picking it among 2, expect" in words


def test_its_version_is_served_and_its_sweep_keeps_the_alias(uri: str, tmp_path: Path) -> None:
    model = RegistrySource("iris", uri, tmp_path).load()
    assert (model.version, model.card.candidate["estimator.n_neighbors"]) == ("1", "3")
    assert np.ravel(model.predict(np.array([[5.1, 3.5, 1.4, 0.2]]))[0])[0] == "Setosa"
    assert not promote(Promote(dataset=IRIS, tracking=Tracking(uri))).moved


def test_its_sweep_is_promoted_by_a_metric_that_it_never_logged(uri: str) -> None:
    selection = Selection(metric="average_precision")
    done = promote(Promote(dataset=IRIS, tracking=Tracking(uri), selection=selection, force=True))
    assert done.moved and "mean average precision over 2 splits" in done.words
