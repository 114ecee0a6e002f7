"""A search of scikit-learn's, a frame of runs and one of predictions are compared as a sweep is, or refused."""

from __future__ import annotations

import html
import math
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    LeaveOneGroupOut,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

import seedbed
from seedbed.config.schema import Selection
from seedbed.records.records import PARAMS, SweepRecord
from seedbed.selection.analysis import analyze_sweep
from seedbed.selection.inference import corrected_interval

K = "estimator.n_neighbors"
KS = {K: [1, 3, 5, 7]}
RATIO = 10 / 30  # of the made sweeps
X, Y = load_iris(return_X_y=True)
SHUFFLED = np.random.default_rng(0).permutation(len(Y))


def searched(grid: Any = None, estimator: Any = None, **more: Any) -> GridSearchCV:
    """Return a fitted search on Iris."""
    found = GridSearchCV(estimator or KNeighborsClassifier(), grid or {"n_neighbors": [1, 9, 50]}, **more)
    return found.fit(X[SHUFFLED], Y[SHUFFLED])


def make_tests(sweep: SweepRecord) -> pd.DataFrame:
    """Return a sweep's predictions as a loop of one's own would keep them."""
    keys = sweep.runs[["candidate", "seed", *(name for name in sweep.runs if name.startswith(PARAMS))]]
    told = sweep.predictions.drop(columns="run").merge(keys, on=["candidate", "seed"])
    return told.drop(columns="candidate").rename(columns={"seed": "split", f"{PARAMS}{K}": "k"})


def make_runs(sweep: SweepRecord) -> pd.DataFrame:
    """Return a sweep's runs as `mlflow.search_runs` would, in which all params are text and the parent is a run."""
    params = sweep.runs[f"{PARAMS}{K}"].astype(str).astype(object)
    runs = sweep.runs[["run", "metrics.accuracy"]].assign(
        **{"params.k": params, "params.seed": sweep.runs["seed"].astype(str)}
    )
    parent = {"run": "parent", "status": "FINISHED"}
    return pd.concat([runs.assign(status="FINISHED"), pd.DataFrame([parent])], ignore_index=True).replace(
        {math.nan: None}
    )


# Predictions


@settings(max_examples=6)
@given(
    wrong=st.lists(st.floats(0, 0.6), min_size=4, max_size=4),
    seeds=st.integers(5, 8),
    rule=st.sampled_from(["highest_mean", "one_standard_error"]),
)
def test_a_sweeps_own_predictions_give_the_numbers_of_its_comparison(
    make_sweep: Callable[..., SweepRecord], wrong: list[float], seeds: int, rule: Any
) -> None:
    by_k = dict(zip(KS[K], wrong, strict=True))
    sweep = make_sweep(KS, seeds=seeds, wrong=lambda n_neighbors: by_k[n_neighbors])
    expected = analyze_sweep("iris", sweep, Selection(rule=rule), lambda candidate: None)
    tests = make_tests(sweep).sample(frac=1, random_state=seeds).rename(columns={"k": K})
    found = seedbed.compare(tests, candidate=K, test_train_ratio=RATIO, rule=rule)
    assert expected.choice is not None and found.choice == {"n_neighbors": expected.choice.row.values[K]}
    numbers = ["mean", "error", "low", "high", "difference_mean", "difference_low", "difference_high", "difference_p"]
    board = expected.frame().infer_objects()[lambda rows: rows["rank"].notna()]
    pd.testing.assert_frame_equal(*(one[[K, *numbers]].astype(float) for one in (found.leaderboard, board)))
    assert found.estimate is not None and expected.estimate is not None
    for name in ("value", "low", "high", "rows_tested"):
        assert getattr(found.estimate, name) == pytest.approx(getattr(expected.estimate, name))
    # How many rows the table has, predictions do not say.
    assert found.sentence == re.sub(r", \d+ rows never tested", "", expected.words)


def test_predictions_without_a_ratio_have_a_corrected_score_and_no_intervals_of_means(
    make_sweep: Callable[..., SweepRecord],
) -> None:
    found = seedbed.compare(make_tests(make_sweep(KS)), candidate=["k"])
    assert found.estimate is not None and found.estimate.low is not None
    assert found.intervals[["low", "high", "difference_low"]].isna().all(axis=None)
    assert "No interval, as test_train_ratio is not known." in found.remarks
    assert "differences are not tested" in found.sentence and "significantly worse" not in found.sentence


def test_splits_rows_and_candidates_may_be_called_anything(make_sweep: Callable[..., SweepRecord]) -> None:
    tests = make_tests(make_sweep(KS))
    named = pd.DataFrame(
        {
            "candidate": "model " + tests["k"].astype(str),
            "split": "split " + tests["split"].astype(str),
            "row": "row " + tests["row"].astype(str),
            **{name: tests[name] for name in ("truth", "prediction")},
        }
    )
    found, other = seedbed.compare(named), seedbed.compare(tests, candidate="k")
    assert set(found.leaderboard["estimator.candidate"]) == {f"model {k}" for k in KS[K]}
    assert sorted(found.leaderboard["mean"]) == sorted(other.leaderboard["mean"])
    assert found.choice is not None and found.choice["candidate"].startswith("model ")


def test_classes_are_the_same_as_whole_numbers_and_doubles_and_params_may_be_called_seed(
    make_sweep: Callable[..., SweepRecord],
) -> None:
    tests = make_tests(make_sweep(KS)).rename(columns={"k": "seed"})
    tests = tests[["seed", "split", "row", "truth", "prediction"]]
    codes = {name: number for number, name in enumerate({*tests["truth"], *tests["prediction"]})}
    tests = tests.assign(truth=tests["truth"].map(codes).astype(float), prediction=tests["prediction"].map(codes))
    found = seedbed.compare(tests, candidate="seed")
    assert found.leaderboard["mean"].max() > 0.3 and set(found.leaderboard["estimator.seed"]) == set(KS[K])


def test_a_candidate_that_lacks_a_split_does_not_compete(make_sweep: Callable[..., SweepRecord]) -> None:
    tests = make_tests(make_sweep(KS))
    found = seedbed.compare(tests[(tests["k"] != 3) | (tests["split"] != 0)], candidate="k")
    assert len(found.intervals) == 3
    assert found.leaderboard["note"].iloc[-1] == "incomplete: 4 of 5 seeds finished"


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], dict[str, Any], str]] = {
    "empty": (lambda tests: tests.iloc[:0], {}, "The frame has no row, of a finished run, with values of k, split."),
    "row": (lambda tests: tests.drop(columns="row"), {}, "There is no column row; there is truth, prediction"),
    "column": (lambda tests: tests, {"candidate": "kk"}, "There is no column kk; there is row, truth, prediction"),
    "split": (lambda tests: tests.drop(columns="split"), {}, "There is no column split; there is row, truth"),
    "twice": (
        lambda tests: pd.concat([tests, tests]),
        {},
        "is not tested once by each candidate, so that none can be paired",
    ),
    "rows": (lambda tests: tests.iloc[1:], {}, "is not tested once by each candidate"),
    "truths": (
        lambda tests: tests.assign(row=0, k=range(len(tests)), split=range(len(tests))),
        {},
        "Row 0 has more than one truth",
    ),
    "classes": (
        lambda tests: tests.replace({"truth": {"Setosa": "Rose"}}),
        {},
        "The class Rose has no column probability/CLASS",
    ),
    "metric": (lambda tests: tests, {"metric": "acuracy"}, "There is no metric acuracy; there is accuracy"),
    "rule": (lambda tests: tests, {"rule": "one_standard_error"}, "needs the ratio of test to training rows"),
    "no truth": (lambda tests: tests.assign(truth=None), {}, "The column truth has no value in some row."),
    "no group": (lambda tests: tests.assign(group=math.nan), {}, "The column group has no value in some row."),
    "text": (
        lambda tests: tests.assign(**{"probability/Setosa": "high"}),
        {},
        "The column probability/Setosa has high, which is not a number.",
    ),
    "ratio": (
        lambda tests: tests,
        {"test_train_ratio": -1},
        "test_train_ratio=-1 is not valid: expected a number above",
    ),
    "ratio in words": (lambda tests: tests, {"test_train_ratio": "1/4"}, "test_train_ratio=1/4 is not valid"),
    "candidate": (lambda tests: tests, {"candidate": 3}, "candidate=3 is not valid: expected a text or several."),
    "store": (lambda tests: tests, {"uri": "sqlite:///m.db"}, "uri=sqlite:///m.db has no effect on Predictions"),
}


@pytest.mark.parametrize(("change", "options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_predictions_that_cannot_be_compared_are_refused_in_a_sentence(
    make_sweep: Callable[..., SweepRecord], change: Any, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(seedbed.BadInput) as refused:
        seedbed.compare(change(make_tests(make_sweep(KS))), **{"candidate": "k", **options})
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


# Searches


def test_a_search_is_ranked_by_its_own_scores_with_the_interval_that_its_folds_state() -> None:
    search = searched()
    found = seedbed.compare(search)
    scores = np.array([search.cv_results_[f"split{split}_test_score"] for split in range(5)])
    assert found.leaderboard["mean"].max() == pytest.approx(search.best_score_)
    best = found.intervals.iloc[0]
    interval = corrected_interval(scores[:, search.best_index_], 1 / 4)
    assert interval is not None and best["low"] == pytest.approx(interval.low)
    assert found.choice == search.best_params_
    assert found.estimate is None and found.families is None
    assert "Without test predictions no score is corrected for the choice." in found.remarks
    assert "corrected for picking" not in found.sentence
    assert {figure.name for figure in found.figures} == {"curve.png", "seeds.png"}


RATIOS = {
    "default": (None, 1 / 4),
    "number": (3, 1 / 2),
    "folds": (StratifiedKFold(5), 1 / 4),
    "plain folds": (KFold(10), 1 / 9),
    "repeated": (RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0), 1 / 4),
    "drawn": (ShuffleSplit(5, test_size=0.2, random_state=0), 1 / 4),
    "drawn by default": (ShuffleSplit(5, random_state=0), 1 / 9),
    "rows": ([(np.arange(100), np.arange(100, 150))] * 5, 1 / 2),
    "numbers of rows": (ShuffleSplit(5, test_size=30, random_state=0), math.nan),
    "in order": (TimeSeriesSplit(5), math.nan),
}


@pytest.mark.parametrize(("cv", "ratio"), RATIOS.values(), ids=RATIOS)
def test_the_ratio_is_what_cv_states_or_not_known(cv: Any, ratio: float) -> None:
    search = searched({"var_smoothing": [1e-9]}, GaussianNB(), cv=cv)
    (row,) = seedbed.compare(search).analysis.leaderboard.rows
    assert row.test_train_ratio == pytest.approx(ratio, nan_ok=True)


def test_a_ratio_that_is_typed_takes_the_place_of_one_that_is_not_stated() -> None:
    groups = np.arange(len(Y)) % 6
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 50]}, cv=LeaveOneGroupOut()).fit(
        X, Y, groups=groups
    )
    assert seedbed.compare(search).intervals["low"].isna().all()
    assert seedbed.compare(search, test_train_ratio=0.2).intervals["low"].notna().any()


def test_a_scorer_that_scikit_learn_turns_is_turned_back() -> None:
    search = searched(scoring="neg_log_loss")
    found = seedbed.compare(search)
    assert found.leaderboard["metric"].iloc[0] == "log_loss"
    assert found.leaderboard["mean"].iloc[0] == found.leaderboard["mean"].min() == pytest.approx(-search.best_score_)
    assert found.choice == search.best_params_ and "lowest mean log loss" in found.sentence


def test_a_scorer_of_ones_own_may_be_any_number() -> None:
    search = searched(scoring=lambda estimator, features, labels: 50 * estimator.score(features, labels) - 40)
    found = seedbed.compare(search, metric="gain")
    assert found.choice == search.best_params_ and found.leaderboard["metric"].iloc[0] == "gain"
    assert "%" not in found.sentence.partition(",")[0] and found.intervals["mean"].max() > 1
    assert "Intervals over seeds are sound only for means over rows." in found.remarks


def test_of_several_metrics_one_is_named() -> None:
    scoring = {"right": "accuracy", "loss": "neg_log_loss", "own": make_scorer(f1_score, average="macro")}
    search = searched(scoring=scoring, refit="right")
    with pytest.raises(
        seedbed.BadInput, match="metric=None is not valid: expected one of the search's, right, loss, own"
    ):
        seedbed.compare(search)
    with pytest.raises(seedbed.BadInput, match="expected one of the search's, right, loss, own"):
        seedbed.compare(search, metric="f1")
    assert "highest mean accuracy" in seedbed.compare(search, metric="right").sentence
    assert "lowest mean log loss" in seedbed.compare(search, metric="loss").sentence
    assert "highest mean own" in seedbed.compare(search, metric="own").sentence


def test_estimators_in_a_search_are_families() -> None:
    grid = [
        {"model": [KNeighborsClassifier()], "model__n_neighbors": [1, 9]},
        {"model": [GaussianNB(), DummyClassifier(strategy="prior")]},
    ]
    search = searched(grid, Pipeline([("model", GaussianNB())]))
    found = seedbed.compare(search)
    assert set(found.leaderboard["estimator.name"]) == {"KNeighborsClassifier", "GaussianNB", "DummyClassifier"}
    assert len(found.intervals) == 4 and found.intervals.index.is_unique


def test_a_param_of_a_pipelines_step_has_the_simpler_end_of_its_own() -> None:
    model = Pipeline([("knn", KNeighborsClassifier())])
    found = seedbed.compare(searched({"knn__n_neighbors": [1, 5, 9, 13]}, model), rule="one_standard_error")
    assert found.choice is not None and found.choice["knn__n_neighbors"] > 5
    assert "knn__n_neighbors = 13 is the simplest within one standard error" in found.sentence


def test_a_random_search_that_draws_a_candidate_twice_counts_it_once() -> None:
    search = RandomizedSearchCV(KNeighborsClassifier(), {"n_neighbors": Twice()}, n_iter=4, cv=5).fit(X, Y)
    assert len(search.cv_results_["params"]) == 4 and len(seedbed.compare(search).intervals) == 1


class Twice:
    """A distribution of a single value."""

    def rvs(self, random_state: Any = None) -> int:
        return 5


def test_a_search_that_halves_or_has_one_candidate_is_refused() -> None:
    with pytest.raises(seedbed.BadInput, match="A halving search scores candidates on unlike numbers of rows"):
        seedbed.compare(HalvingGridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1]}, cv=3).fit(X, Y))
    with pytest.raises(seedbed.BadInput, match="No param tells candidates apart"):
        seedbed.compare(GridSearchCV(GaussianNB(), {}).fit(X, Y))


def test_a_fit_that_failed_is_a_candidate_that_does_not_compete() -> None:
    with warnings.catch_warnings(action="ignore"):
        search = searched({"n_neighbors": [5, 140]}, error_score=math.nan)
    found = seedbed.compare(search)
    assert len(found.intervals) == 1 and found.leaderboard["note"].iloc[-1].startswith("incomplete: no score on seed 0")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (GridSearchCV(GaussianNB(), {}), "a fitted search, a frame of runs or predictions, and not GridSearchCV."),
        (LogisticRegression(), "and not LogisticRegression."),
        ([1, 2], "and not list."),
        (7, "Compared are ids of sweeps, a fitted search, a frame of runs or predictions, and not int."),
    ],
)
def test_what_is_not_an_input_is_refused(source: Any, sentence: str) -> None:
    with pytest.raises(seedbed.BadInput, match=sentence):
        seedbed.compare(source)


# Runs


def test_runs_are_ranked_by_their_params_as_numbers(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(KS, wrong=lambda n_neighbors: 0.02 if n_neighbors == 5 else 0.3)
    expected = analyze_sweep("iris", sweep, Selection(), lambda candidate: None)
    found = seedbed.compare(make_runs(sweep), candidate=["k"], split="seed", test_train_ratio=RATIO)
    assert found.choice == {"k": 5} and found.estimate is None
    bounds = expected.frame()[["mean", "low", "high"]].iloc[:4].astype(float)
    pd.testing.assert_frame_equal(found.leaderboard[["mean", "low", "high"]].astype(float), bounds)


def test_runs_say_how_many_rows_they_had(make_sweep: Callable[..., SweepRecord]) -> None:
    found = seedbed.compare(make_sweep(KS).runs, candidate=K, split="seed")
    assert found.analysis.leaderboard.rows[0].test_train_ratio == pytest.approx(RATIO)
    assert found.analysis.leaderboard.development_rows == 40


def test_of_a_metric_that_is_not_known_higher_is_better_and_it_is_no_share(
    make_sweep: Callable[..., SweepRecord],
) -> None:
    runs = make_runs(make_sweep(KS, wrong=lambda n_neighbors: n_neighbors / 10))
    runs = runs.assign(**{"metrics.gain": 40 * runs["metrics.accuracy"].astype(float) - 90})
    known: dict[str, Any] = {"candidate": "k", "split": "seed"}
    found = seedbed.compare(runs, metric="gain", **known)
    assert found.choice == seedbed.compare(runs, **known).choice and "%" not in found.sentence
    assert found.leaderboard["mean"].is_monotonic_decreasing and found.leaderboard["mean"].max() < -50


def test_params_that_do_not_tell_runs_apart_are_refused(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(
        {**KS, "estimator.weights": ["uniform", "distance"]}, wrong=lambda n_neighbors, weights: len(weights) / 20
    )
    with pytest.raises(seedbed.BadInput, match=r"On split \d runs of one candidate differ in accuracy"):
        seedbed.compare(sweep.runs, candidate=[K], split="seed")


def test_runs_without_the_columns_named_are_refused(make_sweep: Callable[..., SweepRecord]) -> None:
    runs = make_runs(make_sweep(KS))
    for options, name in (
        ({}, "candidate"),
        ({"candidate": "k"}, "split"),
        ({"candidate": "k", "split": "seed", "metric": "f9"}, "f9"),
    ):
        with pytest.raises(seedbed.BadInput, match=f"There is no column {name}; there is run, metrics.accuracy"):
            seedbed.compare(runs, **options)
    with pytest.raises(seedbed.BadInput, match="The frame has no row, of a finished run, with values of k, seed"):
        seedbed.compare(runs.assign(status="FAILED"), candidate="k", split="seed")


# The value


def test_a_notebook_shows_the_report_that_is_saved(make_sweep: Callable[..., SweepRecord], tmp_path: Path) -> None:
    found = seedbed.compare(make_tests(make_sweep(KS)), candidate="k", dataset="<b>flowers</b>")
    saved = found.save(tmp_path / "report.html").read_text(encoding="utf-8")
    shown = found._repr_html_()
    assert shown.startswith("<iframe") and "<b>" not in saved and "&lt;b&gt;flowers" in saved
    assert html.unescape(shown.partition('srcdoc="')[2].partition('"')[0]) == saved
    assert found.sentence in html.unescape(saved) and repr(found) == found.sentence
    assert "4 candidates on 5 splits" in saved


def test_importing_seedbed_loads_neither_pandas_nor_mlflow_and_a_frame_never_needs_mlflow(
    make_sweep: Callable[..., SweepRecord], tmp_path: Path
) -> None:
    make_tests(make_sweep(KS)).to_csv(tmp_path / "tests.csv")
    program = (
        "import sys, seedbed\n"
        "assert not {'pandas', 'numpy', 'sklearn', 'mlflow'} & set(sys.modules)\n"
        "import pandas as pd\n"
        "seedbed.compare(pd.read_csv(sys.argv[1]), candidate='k')\n"
        "assert 'mlflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "tests.csv")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
