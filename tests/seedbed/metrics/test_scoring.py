"""Weighted rows score as scikit-learn scores them, for all candidates of a sweep at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from seedbed.metrics.scoring import (
    PredictionsMissing,
    dummy_runs,
    rows_tested,
    scorer_of,
    trials_of,
    weighted_scores,
)

CLASSES = ("Iris/a", "b", "c")
KEYS = ("Iris_a", "b", "c")
CLASS_KEYS = dict(zip(CLASSES, KEYS, strict=True))
MACROS = ("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")
EVERY = ("accuracy", "log_loss", *MACROS, *(f"{kind}/{key}" for kind in ("precision", "recall", "f1") for key in KEYS))


def predictions_of(seed: int, rows: int = 12, candidates: int = 3, seeds: int = 3) -> pd.DataFrame:
    """Predictions right by chance, half of the rows tested on each split."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, rows)
    frames = []
    for split in range(seeds):
        tested = np.sort(draw.choice(rows, max(1, rows // 2), replace=False))
        for candidate in range(candidates):
            probability = draw.dirichlet(np.ones(3), len(tested))
            frame = pd.DataFrame(
                {"run": f"{candidate}-{split}", "candidate": f"c{candidate}", "seed": split, "row": tested}
            )
            frame["truth"] = np.array(CLASSES)[truth[tested]]
            frame["prediction"] = np.array(CLASSES)[probability.argmax(axis=1)]
            frames.append(
                frame.assign(**{f"probability/{name}": probability[:, at] for at, name in enumerate(CLASSES)})
            )
    return pd.concat(frames, ignore_index=True)


def by_scikit_learn(metric: str, tests: pd.DataFrame) -> float:
    """The metric of one run, NaN where it is undefined for a class."""
    truth, prediction = tests["truth"], tests["prediction"]
    if metric == "accuracy":
        return float(metrics.accuracy_score(truth, prediction))
    if metric == "log_loss":
        probability = tests[[f"probability/{name}" for name in CLASSES]].to_numpy()
        return float(metrics.log_loss(truth, probability, labels=list(CLASSES)))
    if metric == "balanced_accuracy":
        present = sorted(set(truth))
        return float(metrics.recall_score(truth, prediction, labels=present, average="macro", zero_division=0))
    kind, _, key = metric.removeprefix("macro_").partition("/")
    score = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}[kind]
    if not key:
        return float(score(truth, prediction, average="macro", zero_division=0))
    return float(score(truth, prediction, labels=[CLASSES[KEYS.index(key)]], average=None, zero_division=np.nan)[0])


@pytest.mark.parametrize("metric", EVERY)
@pytest.mark.parametrize("seed", range(3))
def test_with_weights_of_one_the_scores_are_scikit_learns(metric: str, seed: int) -> None:
    predictions = predictions_of(seed)
    trials = trials_of(predictions, ["c0", "c1", "c2"], range(3))
    scorer = scorer_of(metric, trials.classes, CLASS_KEYS)
    assert scorer is not None
    found = weighted_scores(trials, scorer, np.ones((1, len(trials.rows))))[:, 0, :]
    runs = predictions.groupby(["seed", "candidate"])
    expected = np.array([by_scikit_learn(metric, tests) for _, tests in runs]).reshape(3, 3)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 99), st.sampled_from(EVERY), st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_a_weight_counts_a_row_so_many_times(seed: int, metric: str, weights: list[int]) -> None:
    predictions = predictions_of(seed, candidates=1, seeds=1)
    trials = trials_of(predictions, ["c0"], [0])
    scorer, weight = scorer_of(metric, trials.classes, CLASS_KEYS), np.array(weights[: len(trials.rows)], dtype=float)
    assert scorer is not None
    repeated = predictions.loc[predictions.index.repeat(weight.astype(int))]
    found = weighted_scores(trials, scorer, weight[None, :])[0, 0, 0]
    if len(repeated):
        np.testing.assert_allclose(found, by_scikit_learn(metric, repeated), atol=1e-12)
    else:
        assert np.isnan(found)


@pytest.mark.parametrize("metric", ["fit_seconds", "train_accuracy", "precision/other", "speed/b"])
def test_what_is_no_function_of_test_rows_has_no_scorer(metric: str) -> None:
    assert scorer_of(metric, CLASSES, CLASS_KEYS) is None


def test_candidates_may_be_tested_on_different_rows() -> None:
    predictions = predictions_of(0, candidates=2, seeds=1)
    kept = predictions[(predictions["candidate"] == "c0") | (predictions["row"] != predictions["row"].min())]
    trials = trials_of(kept, ["c0", "c1"], [0])
    for metric in ("accuracy", "macro_f1", "log_loss"):
        scorer = scorer_of(metric, trials.classes, CLASS_KEYS)
        assert scorer is not None
        found = weighted_scores(trials, scorer, np.ones((1, len(trials.rows))))[0, 0]
        expected = [by_scikit_learn(metric, kept[kept["candidate"] == name]) for name in ("c0", "c1")]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_run_without_predictions_is_said() -> None:
    predictions = predictions_of(0)
    with pytest.raises(PredictionsMissing, match="lack 1 of the 9 runs"):
        trials_of(predictions[predictions["run"] != "1-2"], ["c0", "c1", "c2"], range(3))


def test_a_candidate_that_ran_twice_counts_with_its_first_run() -> None:
    predictions = predictions_of(0)
    again = predictions[predictions["run"] == "1-2"].assign(run="z", prediction="b")
    doubled = trials_of(pd.concat([again, predictions]), ["c0", "c1", "c2"], range(3))
    plain = trials_of(predictions, ["c0", "c1", "c2"], range(3))
    assert all(
        (one.prediction == other.prediction).all() for one, other in zip(doubled.splits, plain.splits, strict=True)
    )


def test_the_rows_behind_a_score_of_a_class_are_those_of_the_class() -> None:
    predictions = pd.DataFrame(
        {"candidate": "a", "row": [0, 1, 2, 0], "truth": ["x", "x", "y", "x"], "prediction": ["x", "y", "y", "x"]}
    ).assign(**{"probability/x": 0.5, "probability/y": 0.5})
    found = [rows_tested(predictions, name, {})["a"] for name in ("accuracy", "recall/x", "precision/x", "f1/y")]
    assert found == [3, 2, 1, 2]


def test_the_dummy_gets_the_metrics_that_its_predictions_tell() -> None:
    predictions = predictions_of(0, candidates=2).replace({"candidate": {"c1": "dummy"}})
    runs = pd.DataFrame({"run": ["r"] * 3, "candidate": "c0", "seed": [2, 0, 1], "n_train": 6, "n_test": 6})
    runs = runs.assign(**{"metrics.accuracy": 0.5, "metrics.fit_seconds": 0.1})
    found = dummy_runs(predictions, runs)
    own = predictions[predictions["candidate"] == "dummy"]
    assert list(found.columns) == ["seed", "n_train", "n_test", "run", "candidate", "metrics.accuracy"]
    assert found["metrics.accuracy"].tolist() == [
        by_scikit_learn("accuracy", own[own["seed"] == seed]) for seed in range(3)
    ]
    assert dummy_runs(predictions[predictions["candidate"] == "c0"], runs).empty
