"""`compare.py` on real sweeps: what it prints, what MLflow keeps, what it refuses."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import seedbed
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import Found, fetch_artifacts, find_run, search_runs
from seedbed.tracking.store import Store, open_store

CONFLICTING = "x,y,pet\n" + "1,1,cat\n1,1,dog\n2,2,dog\n2,2,cat\n3,1,cat\n1,3,dog\n" * 5
SWEEP = ("-m", "estimator.n_neighbors=1,3,5", "split.seed=range(5)")


@pytest.fixture(scope="module")
def swept(command: Any, new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URI of a store with one sweep over k."""
    uri = new_store(tmp_path_factory.mktemp("compared"))
    outcome = command("train", *SWEEP, f"tracking.uri={uri}")
    assert outcome.code == 0, outcome.err
    return uri


@pytest.fixture(scope="module")
def compared(command: Any, swept: str) -> dict[str, Any]:
    """Return the JSON of its comparison."""
    outcome = command("compare", f"tracking.uri={swept}", "output=json")
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def parent_of(store: Store) -> Found:
    return find_run(store, "iris", "latest", Kind.SWEEP)


def test_the_terminal_gets_table_sentence_and_where_the_rest_is(command: Any, swept: str) -> None:
    outcome = command("compare", f"tracking.uri={swept}")
    assert outcome.code == 0 and outcome.err == f"Table iris, store {swept}.\n" and "\x1b" not in outcome.out
    lines = outcome.out.splitlines()
    assert lines[0].startswith("Sweep ") and lines[0].endswith("by accuracy")
    assert lines[1].split()[:2] == ["#", "k"] and [line.split()[0] for line in lines[3:6]] == ["1", "2", "3"]
    assert "corrected for picking it among 3, expect" in outcome.out
    report = Path(next(line for line in lines if line.startswith("Report: ")).removeprefix("Report: "))
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (report.parent / "leaderboard.csv").is_file()


def test_json_is_one_document_with_the_corrected_estimate(compared: dict[str, Any]) -> None:
    assert {"value", "low", "high"} <= compared["corrected_estimate"].keys()
    assert len(compared["leaderboard"]) == 3 and compared["dummy"]["label"] == "most frequent class"
    assert compared["seeds"] == [0, 1, 2, 3, 4] and compared["rule"] == "highest_mean"


def test_the_comparison_is_a_child_whose_metrics_draw_the_curve(swept: str, compared: dict[str, Any]) -> None:
    store = open_store(swept)
    parent = parent_of(store)
    runs = {
        run.run_id: run for run in search_runs(store, parent.experiment, parent=parent.run_id, kind=Kind.COMPARISON)
    }
    run = runs[compared["run"]]
    assert run.status == "FINISHED" and run.params["selection.metric"] == "accuracy"
    means = {row["values"]["estimator.n_neighbors"]: row["score"] for row in compared["leaderboard"]}
    for name, column in (("mean", "score"), ("low", "low"), ("high", "high")):
        history = store.client.get_metric_history(run.run_id, f"{name}/accuracy")
        expected = {row["values"]["estimator.n_neighbors"]: row[column] for row in compared["leaderboard"]}
        assert {point.step: point.value for point in history} == pytest.approx(expected)
    assert set(means) == {1, 3, 5}


def test_the_sweep_has_the_last_comparisons_files_and_note(swept: str, compared: dict[str, Any]) -> None:
    store = open_store(swept)
    parent = parent_of(store)
    folder = fetch_artifacts(store, store.client.get_run(parent.run_id))
    assert {"leaderboard.csv", "report.html", "figures", "grid.json"} <= {file.name for file in folder.iterdir()}
    assert {"curve.png", "seeds.png", "confusion_matrix.png"} <= {file.name for file in (folder / "figures").iterdir()}
    table = pd.read_csv(folder / "leaderboard.csv")
    assert set(table["metric"]) == {"accuracy"} and set(table["rule"]) == {"highest_mean"}
    assert table["candidate"].tolist()[:3] == [row["candidate"] for row in compared["leaderboard"]]
    assert parent.tags[Tags.NOTE].startswith(f"**{compared['words']}**")


def test_a_second_comparison_finds_the_sweep_by_its_cells_and_says_the_same(
    command: Any, swept: str, compared: dict[str, Any]
) -> None:
    again = json.loads(command("compare", f"tracking.uri={swept}", f"sweep={compared['sweep'][:8]}", "output=json").out)
    assert again["leaderboard"] == compared["leaderboard"]
    assert again["corrected_estimate"] == compared["corrected_estimate"]


def test_the_holdout_is_shown_once_the_chosen_one_was_promoted(
    command: Any, swept: str, compared: dict[str, Any]
) -> None:
    client = open_store(swept).client
    client.create_registered_model("iris")
    for right, candidate in ((28, compared["choice"]["candidate"]), (1, "another")):
        tags = {str(Tags.SWEEP): compared["sweep"], str(Tags.CANDIDATE): candidate}
        held = {str(Tags.HOLDOUT_ROWS): "30", str(Tags.HOLDOUT_RIGHT): str(right)}
        client.create_model_version("iris", "/nowhere", tags={**tags, **held})
    found = json.loads(command("compare", f"tracking.uri={swept}", "output=json").out)
    assert compared["holdout"] is None and found["holdout"] == {"rows": 30, "right": 28}
    assert "on 30 holdout rows it got 28 right" in found["words"]


def test_a_choice_at_a_limit_of_its_own_has_no_command_of_a_wider_grid(
    command: Any, new_store: Callable[[Path], str], tmp_path: Path
) -> None:
    uri, table = new_store(tmp_path / "limit"), tmp_path / "twins.csv"
    # Each row has three twins, and its other neighbours say nothing of it.
    table.write_text("x,label\n" + "".join(f"{row // 4},{'ab'[row // 4 * 7919 % 31 % 2]}\n" for row in range(160)))
    words = ("dataset=csv", f"dataset.path={table}", "dataset.target=label", "dataset.holdout=0", f"tracking.uri={uri}")
    assert command("train", "-m", *words, "estimator.n_neighbors=1,9,11", "split.seed=0,1").code == 0
    outcome = command("compare", *words[:2], words[-1])
    assert "k is at the low edge of the grid, which is its own limit" in outcome.out
    assert "train.py" not in outcome.out


@pytest.mark.parametrize("metric", ["train_accuracy", "n_train"])
def test_what_tells_nothing_of_new_rows_chooses_nothing(command: Any, swept: str, metric: str) -> None:
    refused = command("compare", f"tracking.uri={swept}", f"selection.metric={metric}")
    assert refused.code == 2
    assert refused.sentence.startswith(
        f"selection.metric={metric} does not tell how good a candidate is; choose by acc"
    )


def test_a_wider_grid_is_typed_as_it_stands(command: Any, new_store: Callable[[Path], str], tmp_path: Path) -> None:
    uri = new_store(tmp_path / "edge")
    words = ("estimator.n_neighbors=60,70,80", "split.seed=0,1")
    assert command("train", "-m", *words, f"tracking.uri={uri}").code == 0
    outcome = command("compare", f"tracking.uri={uri}")
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("python experiments/train.py")]
    typed = shlex.split(line)
    assert typed[:3] == ["python", "experiments/train.py", "-m"]
    assert any(word.startswith("estimator.n_neighbors=") for word in typed)
    assert command("train", *typed[2:], "dry_run=true").code == 0


def test_an_unknown_metric_lists_the_known(command: Any, swept: str) -> None:
    outcome = command("compare", f"tracking.uri={swept}", "selection.metric=acuracy")
    assert outcome.code == 2
    assert "There is no metric acuracy; there is accuracy, average_precision, balanced_accuracy" in outcome.sentence
    assert "recall/Virginica" in outcome.sentence and "did you mean accuracy" in outcome.sentence


def test_times_and_losses_know_their_direction(command: Any, swept: str) -> None:
    loss = json.loads(command("compare", f"tracking.uri={swept}", "selection.metric=log_loss", "output=json").out)
    scores = [row["score"] for row in loss["leaderboard"]]
    assert loss["direction"] == "lower" and scores == sorted(scores)
    time = json.loads(command("compare", f"tracking.uri={swept}", "selection.metric=fit_seconds", "output=json").out)
    assert time["corrected_estimate"] is None and time["dummy"] is None


def test_a_function_of_ones_own_ranks_and_its_estimate_says_its_draws(command: Any, swept: str, tmp_path: Path) -> None:
    body = "    return float(weights[(truth == 'Virginica') & (prediction != truth)].sum()) / weights.sum()"
    head = "def missed_share(truth, prediction, probabilities, classes, weights):"
    (tmp_path / "own_costs.py").write_text(f"{head}\n{body}\n\nmissed_share.better = 'lower'\n")
    words = (f"tracking.uri={swept}", "selection.metric=own_costs:missed_share")
    outcome = command("compare", *words, folder=tmp_path)
    assert outcome.code == 0 and "lowest mean missed share over 5 splits" in outcome.out, outcome.err
    assert "corrected for picking it among 3 (200 draws), expect" in outcome.out
    assert "Intervals over seeds are sound only for means over rows." in outcome.out
    assert command("promote", *words, "dry_run=true", folder=tmp_path).code == 0
    (tmp_path / "own_costs.py").unlink()  # a stored name is not imported
    assert command("prune", f"tracking.uri={swept}", "dry_run=true", "keep=1").code == 0


def test_no_sweep_and_no_store_are_one_sentence(command: Any, store_uri: str, tmp_path: Path) -> None:
    assert "There is no finished sweep of iris" in command("compare", f"tracking.uri={store_uri}").sentence
    missing = tmp_path / "nowhere" / "m.db"
    outcome = command("compare", f"tracking.uri=sqlite:///{missing}")
    assert outcome.code == 1 and not missing.parent.exists()


def test_few_seeds_refuse_the_rule_of_one_standard_error(command: Any, store_uri: str) -> None:
    words = ("-m", "estimator.n_neighbors=1,3", "split.seed=0,1", f"tracking.uri={store_uri}")
    assert command("train", *words).code == 0
    outcome = command("compare", "selection.rule=one_standard_error", f"tracking.uri={store_uri}")
    assert outcome.code == 2
    assert "needs at least 5 seeds and this sweep has 2" in outcome.sentence
    text = command("compare", f"tracking.uri={store_uri}").out
    assert "Too few seeds for an interval." in text and "p (Holm)" not in text


def test_the_learning_curve_is_drawn_and_nothing_chosen(command: Any, store_uri: str) -> None:
    words = ("-m", "estimator.n_neighbors=11", "split.test_size=0.2,0.5,0.8", "split.seed=range(5)")
    assert command("train", *words, f"tracking.uri={store_uri}").code == 0
    found = json.loads(command("compare", f"tracking.uri={store_uri}", "output=json").out)
    assert found["choice"] is None and found["learning"][0]["training_rows"] == [24, 60, 96]
    assert (Path(found["report"]).parent / "figures" / "learning_curve.png").is_file()


def test_equal_rows_of_two_classes_weighted_by_distance(
    command: Any, store_uri: str, write_case: Callable[[str, str], Path]
) -> None:
    """Case H54: no infinite weight, probabilities that sum to 1, and a warning that rows repeat."""
    table = write_case("conflicting.csv", CONFLICTING)
    words = ("dataset=csv", f"dataset.path={table}", f"tracking.uri={store_uri}")
    grid = ("estimator.weights=uniform,distance", "estimator.n_neighbors=1,2,5", "split.seed=range(5)")
    outcome = command("train", "-m", *words, "dataset.target=pet", "dataset.holdout=0", *grid)
    assert outcome.code == 0, outcome.err
    assert "rows for training and test equal another one in every feature" in outcome.err
    found = json.loads(command("compare", *words, "output=json").out)
    assert len(found["leaderboard"]) == 6 and found["incomplete"] == []
    store = open_store(store_uri)
    sweep = find_run(store, "conflicting", "latest", Kind.SWEEP)
    every = pd.read_parquet(fetch_artifacts(store, store.client.get_run(sweep.run_id)) / "predictions.parquet")
    told = every[["probability/cat", "probability/dog"]].to_numpy()
    assert np.isfinite(told).all() and told.sum(axis=1) == pytest.approx(1)


def test_manhattan_distance_with_text_classes(
    command: Any, store_uri: str, write_case: Callable[[str, str], Path]
) -> None:
    """Case H55: no distance and no way of searching fails."""
    values = np.random.default_rng(0).normal(size=(40, 20)).round(3)
    names = [*(f"f{number}" for number in range(20)), "answer"]
    rows = [",".join([*map(str, row), "yes" if row[0] > 0 else "no"]) for row in values]
    table = write_case("wide.csv", "\n".join([",".join(names), *rows]) + "\n")
    words = ("dataset=csv", f"dataset.path={table}", f"tracking.uri={store_uri}")
    grid = ("estimator.metric=manhattan,minkowski", "estimator.p=1,2", "estimator.algorithm=auto,brute")
    more = ("dataset.target=answer", "estimator.n_neighbors=3", "split.seed=0,1")
    outcome = command("train", "-m", *words, *more, *grid)
    assert outcome.code == 0, outcome.err
    found = json.loads(command("compare", *words, "output=json").out)
    assert len(found["leaderboard"]) == 8 and found["incomplete"] == []


def test_results_are_a_frame_for_notebooks(swept: str) -> None:
    frame = seedbed.results("latest", uri=swept)
    assert len(frame) == 15 and set(frame["params.estimator.n_neighbors"]) == {1, 3, 5}
    assert {"run", "candidate", "seed", "n_train", "metrics.accuracy"} <= set(frame)
    assert frame["params.estimator.weights"].unique().tolist() == ["uniform"]


def test_families_are_compared_and_promoted_by_the_same_choice(command: Any, store_uri: str) -> None:
    grids = ("estimator.n_neighbors=1,5,40", "estimator.C=0.1,1", "estimator.var_smoothing=1e-9")
    words = ("estimator=knn,logistic,naive_bayes", *grids, "split.seed=range(5)", f"tracking.uri={store_uri}")
    assert command("train", "-m", *words).code == 0
    found = json.loads(command("compare", f"tracking.uri={store_uri}", "output=json").out)
    families = {family["name"]: family for family in found["families"]}
    assert {name: family["candidates"] for name, family in families.items()} == {
        "knn": 3,
        "logistic": 2,
        "naive_bayes": 1,
    }
    (served,) = [family for family in found["families"] if family["served"]]
    assert found["choice"]["candidate"] == served["winner"] and found["corrected_estimate"]["value"] == served["score"]
    assert all(0 < family["times"]["predict_seconds"] < 0.01 for family in families.values())
    figures = Path(found["report"]).parent / "figures"
    assert (figures / "families.png").is_file()
    store = open_store(store_uri)
    folder = fetch_artifacts(store, store.client.get_run(parent_of(store).run_id))
    assert (folder / "figures" / "families.png").is_file()

    last = min(found["families"], key=lambda family: family["served"])["name"]
    near = ("selection.tolerance=0.5", f"selection.order=[{last}]")
    outcome = command("compare", *near, f"tracking.uri={store_uri}")
    assert outcome.code == 0, outcome.err
    line = next(line for line in outcome.out.splitlines() if line.startswith("Next: "))
    assert "selection.tolerance=0.5" in line and f"'selection.order=[{last}]'" in line
    promoted = command("promote", *near, f"tracking.uri={store_uri}", "output=json")
    assert promoted.code == 0, promoted.err
    told = json.loads(promoted.out)
    assert told["candidate"]["estimator.name"] == last
    (version,) = store.client.search_model_versions("name='iris'")
    assert f"in {last}, within 0.5 of the best of 3 families on rows not drawn" in version.description.replace("\\", "")
    champion = command("promote", f"tracking.uri={store_uri}", "dry_run=true", "output=json")
    assert champion.code == 0, champion.err
    assert "corrected for the choice it is" in json.loads(champion.out)["words"]
