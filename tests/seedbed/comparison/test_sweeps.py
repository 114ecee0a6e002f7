"""Several sweeps of one table are ranked together, and kept in a folder alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import seedbed
from seedbed.comparison.sweeps import join_sweeps
from seedbed.errors import BadInput
from seedbed.records.records import SweepRecord
from seedbed.selection.leaderboard import rank_sweep
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import search_runs
from seedbed.tracking.store import find_experiment, open_store

K, SPLIT = (
    "estimator.n_neighbors",
    {"params.split.name": "kfold", "params.split.folds": 5, "params.dataset.holdout": 0.2},
)


def divide(sweep: SweepRecord) -> list[SweepRecord]:
    """Return a sweep over 1, 3, 5 as one over 1 and 3 and another over 3 and 5, which did 3 again."""
    sweep = replace(sweep, runs=sweep.runs.assign(**SPLIT))
    parts = []
    for number, values in enumerate(([1, 3], [3, 5])):
        runs = sweep.runs[sweep.runs[f"params.{K}"].isin(values)]
        tests = sweep.predictions[sweep.predictions["candidate"].isin({*runs["candidate"], "dummy"})]
        more = {"run_id": f"{number}" * 32, "runs": runs.assign(run=runs["run"] + f"-{number}"), "axes": {K: values}}
        parts.append(replace(sweep, predictions=tests.assign(run=tests["run"] + f"-{number}"), **more))
    return parts


def test_a_candidate_that_stands_in_several_counts_once(make_sweep: Callable[..., SweepRecord]) -> None:
    whole = make_sweep({K: [1, 3, 5]}, wrong=lambda n_neighbors: n_neighbors / 10)
    joined = join_sweeps(divide(whole))
    assert len(joined.runs) == len(whole.runs) and len(joined.predictions) == len(whole.predictions)
    assert joined.title == "Sweeps 00000000 + 11111111 (15 runs of 2 sweeps)"
    assert rank_sweep(joined, "accuracy").rows == rank_sweep(whole, "accuracy").rows
    assert rank_sweep(joined, "accuracy").dummy == rank_sweep(whole, "accuracy").dummy


DIFFERING: dict[str, tuple[Callable[[SweepRecord], SweepRecord], str]] = {
    "digest": (
        lambda one: replace(one, digest="e" * 32),
        f"dataset.digest is {'d' * 32} in one and {'e' * 32} in another",
    ),
    "seeds": (
        lambda one: replace(one, seeds=range(10)),
        r"split.seed is range\(0,5\) in one and range\(0,10\) in another",
    ),
    "folds": (
        lambda one: replace(one, runs=one.runs.assign(**{"params.split.folds": 10})),
        "split.folds is 5 in one and 10 in another",
    ),
    "kind": (
        lambda one: replace(
            one, runs=one.runs.drop(columns="params.split.folds").assign(**{"params.split.name": "random"})
        ),
        "split.folds is 5 in one and none in another",
    ),
    "holdout": (
        lambda one: replace(one, runs=one.runs.assign(**{"params.dataset.holdout": 0})),
        "dataset.holdout is 0.2 in one and 0 in another",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), DIFFERING.values(), ids=DIFFERING)
def test_sweeps_of_other_rows_or_splits_are_refused(
    make_sweep: Callable[..., SweepRecord], change: Callable[[SweepRecord], SweepRecord], sentence: str
) -> None:
    first, second = divide(make_sweep({K: [1, 3, 5]}))
    expected = f"^Sweeps whose {sentence} cannot be ranked together; sweep both on the same rows and splits\\.$"
    with pytest.raises(BadInput, match=expected):
        join_sweeps([first, change(second)])


@pytest.fixture(scope="module")
def twice(
    command: Any, new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str]]:
    """Return the URI of a store with two sweeps over k, and their ids."""
    uri = new_store(tmp_path_factory.mktemp("twice"))
    for grid in ("1,3", "3,9"):
        assert (
            command("train", "-m", f"estimator.n_neighbors={grid}", "split.seed=range(5)", f"tracking.uri={uri}").code
            == 0
        )
    store = open_store(uri)
    experiment = find_experiment(store, "iris")
    assert experiment is not None
    return uri, [run.run_id for run in search_runs(store, experiment, kind=Kind.SWEEP)]


def test_two_sweeps_are_compared_in_a_folder_and_no_run(command: Any, twice: tuple[str, list[str]]) -> None:
    uri, ids = twice
    both = "+".join(one[:8] for one in ids)
    outcome = command("compare", f"tracking.uri={uri}", f"sweep={both}", "output=json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["sweep"] == "+".join(ids) and found["run"] is None
    assert sorted(row["values"][K] for row in found["leaderboard"]) == [1, 3, 9]
    files = {file.name for file in Path(found["report"]).parent.iterdir()}
    assert files == {"leaderboard.csv", "report.html", "figures"}
    store = open_store(uri)
    assert not list(search_runs(store, find_experiment(store, "iris") or "", kind=Kind.COMPARISON))
    text = command("compare", f"tracking.uri={uri}", f"sweep={both}").out
    assert (
        text.startswith(f"Sweeps {ids[0][:8]} + {ids[1][:8]} (15 runs of 2 sweeps) by accuracy")
        and "promote" not in text
    )


def test_promote_takes_one_sweep(command: Any, twice: tuple[str, list[str]]) -> None:
    uri, ids = twice
    refused = command("promote", f"tracking.uri={uri}", f"sweep={'+'.join(ids)}")
    assert refused.code == 2 and refused.sentence.startswith("promote takes one sweep, and sweep=")


def test_the_library_compares_what_the_store_has_and_keeps_nothing(command: Any, twice: tuple[str, list[str]]) -> None:
    uri, ids = twice
    one, several = seedbed.compare(uri=uri), seedbed.compare(ids, uri=uri, metric="macro_f1")
    assert len(one.intervals) == 2 and len(several.intervals) == 3
    assert several.leaderboard["metric"].eq("macro_f1").all() and several.estimate is not None
    assert ids[0] in several.html and uri in several.html
    store = open_store(uri)
    assert not list(search_runs(store, find_experiment(store, "iris") or "", kind=Kind.COMPARISON))
    with pytest.raises(BadInput, match="split=seed has no effect on a sweep; leave it out"):
        seedbed.compare("latest", split="seed")
    with pytest.raises(BadInput, match="There is no sweep nowhere"):
        seedbed.compare([ids[0], "nowhere"], uri=uri)


@pytest.mark.parametrize("metric", ["macro_f1", "log_loss", "recall/Virginica"])
def test_a_stored_sweeps_predictions_give_its_own_numbers_by_any_metric(
    twice: tuple[str, list[str]], metric: str
) -> None:
    uri, ids = twice
    stored = seedbed.compare(ids[0], uri=uri, metric=metric)
    sweep = stored.analysis.sweep
    tests = sweep.predictions.merge(sweep.runs[["candidate", "seed", f"params.{K}"]], on=["candidate", "seed"])
    own = seedbed.compare(tests, candidate=K, split="seed", metric=metric, test_train_ratio=24 / 96)
    pd.testing.assert_frame_equal(own.intervals, stored.intervals)
    assert own.estimate is not None and stored.estimate is not None
    assert own.estimate.value == pytest.approx(stored.estimate.value)
