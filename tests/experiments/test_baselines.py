"""Models with their defaults beside a sweep: run on its splits, shown with it, never chosen, never counted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

import seedbed

TABLE = ("dataset=csv", "dataset.path=flowers.csv", "dataset.target=kind")
SMALL = ("estimator.n_neighbors=1,5", "split.seed=range(5)")


@pytest.fixture(scope="module")
def swept(
    command: Callable[..., Any], new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, str, Path]:
    folder = tmp_path_factory.mktemp("baselines")
    kinds = np.array(["aster", "bellis"])[np.arange(80) % 2]
    values = np.random.default_rng(0).normal(size=(80, 3)) + (kinds == "aster")[:, None]
    pd.DataFrame(values, columns=["a", "b", "c"]).assign(kind=kinds).to_csv(folder / "flowers.csv", index=False)
    uri = new_store(folder / "store")
    outcome = command("train", "-m", *TABLE, *SMALL, f"tracking.uri={uri}", folder=folder)
    assert outcome.code == 0, outcome.err
    return outcome, uri, folder


def runs(uri: str, kind: str) -> list[Any]:
    client = MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("flowers")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], f"tags.`seedbed.kind` = '{kind}'"))


def test_a_linear_model_runs_on_the_same_splits_outside_the_counts(swept: tuple[Any, str, Path]) -> None:
    outcome, uri, _ = swept
    assert outcome.out.startswith("10 runs FINISHED, 0 FAILED")
    beside = runs(uri, "baseline")
    assert {run.data.params["estimator.name"] for run in beside} == {"logistic"}
    assert {run.data.params["preprocess.name"] for run in beside} == {"standardize"}
    assert sorted(run.data.params["split.seed"] for run in beside) == list("01234")
    client = MlflowClient(uri, uri)
    names = {file.path for file in client.list_artifacts(beside[0].info.run_id)}
    assert names == {"classification_report.json", "predictions.csv", "config.yaml"}
    assert not beside[0].outputs.model_outputs
    assert runs(uri, "sweep")[0].data.metrics["finished"] == 10
    assert set(seedbed.results(dataset="flowers", uri=uri)["params.estimator.name"]) == {"knn"}


def test_it_is_a_row_of_the_comparison_and_what_tuning_brought_over_it_is_said(
    swept: tuple[Any, str, Path], command: Callable[..., Any]
) -> None:
    _, uri, folder = swept
    compared = command("compare", "dataset.name=flowers", f"tracking.uri={uri}", "output=json", folder=folder)
    assert compared.code == 0, compared.err
    content = json.loads(compared.out)
    assert [one["candidate"] for one in content["baselines"]] == ["baseline/logistic", "dummy"]
    scores = [run.data.metrics["accuracy"] for run in runs(uri, "baseline")]
    assert content["baselines"][0]["score"] == pytest.approx(np.mean(scores))
    assert len(content["leaderboard"]) == 2
    assert content["checks"]["SB02"] == content["checks"]["SB07"] == content["checks"]["SB08"] == []
    said = re.search(r"tuning brought (\S+) points over logistic with defaults \(95 % interval", compared.out)
    gain = 100 * (content["leaderboard"][0]["score"] - np.mean(scores))
    assert said is not None and float(said[1].replace("−", "-")) == pytest.approx(gain, abs=0.051)


def test_a_resumed_sweep_does_not_repeat_them(swept: tuple[Any, str, Path], command: Callable[..., Any]) -> None:
    _, uri, folder = swept
    client, sweep = MlflowClient(uri, uri), runs(uri, "sweep")[0].info.run_id
    client.update_run(sweep, "FAILED")
    checks = Path(client.download_artifacts(sweep, "checks.json"))
    assert json.loads(checks.read_text()) == {"SB02": [], "SB07": []}
    checks.unlink()
    outcome = command("train", "-m", "resume=latest", *TABLE, f"tracking.uri={uri}", folder=folder)
    assert outcome.code == 0, outcome.err
    assert len(runs(uri, "baseline")) == 5
    assert [file.path for file in client.list_artifacts(sweep) if "checks" in file.path] == ["checks.json"]


def test_a_check_is_muted_and_an_unknown_one_refused(swept: tuple[Any, str, Path], command: Callable[..., Any]) -> None:
    _, uri, folder = swept
    words = "dataset.name=flowers", f"tracking.uri={uri}"
    muted = command("compare", *words, "checks.mute=[SB03,SB01]", folder=folder)
    assert "SB03" not in muted.out.replace("checks.mute=[SB03,SB01]", "") and muted.out.count("checks.mute=[") == 1
    for verb in ("compare", "promote"):
        refused = command(verb, *words, "checks.mute=[SB77]", folder=folder)
        assert refused.code == 2 and "checks.mute=SB77 is not valid: expected codes of checks, SB01, " in refused.err
    assert len(runs(uri, "promotion")) == 0


def test_a_name_that_no_estimator_has(swept: tuple[Any, str, Path], command: Callable[..., Any]) -> None:
    _, uri, folder = swept
    outcome = command("train", "-m", *TABLE, "baselines=[foo]", f"tracking.uri={uri}", folder=folder)
    assert outcome.code == 2
    assert outcome.sentence.startswith("baselines=['foo'] is not valid: expected a list of estimators")
