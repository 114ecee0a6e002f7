"""Weighted rows score as scikit-learn scores them, for all candidates of a sweep at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from seedbed.metrics.metric import find_metric
from seedbed.metrics.predictions import (
    PredictionsMissing,
    arrange_predictions,
    count_rows,
    make_scorer,
    weighted_scores,
)

CLASSES = ("Iris/a", "b", "c")
KEYS = ("Iris_a", "b", "c")
MACROS = ("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")
OTHERS = ("brier", "roc_auc", "average_precision", "mcc", "cohen_kappa")
EVERY = (
    "accuracy",
    "log_loss",
    *OTHERS,
    *MACROS,
    *(f"{kind}/{key}" for kind in ("precision", "recall", "f1") for key in KEYS),
)


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
    if metric in OTHERS:
        return other_by_scikit_learn(metric, tests)
    kind, _, key = metric.removeprefix("macro_").partition("/")
    score = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}[kind]
    if not key:
        return float(score(truth, prediction, average="macro", zero_division=0))
    return float(score(truth, prediction, labels=[CLASSES[KEYS.index(key)]], average=None, zero_division=np.nan)[0])


def other_by_scikit_learn(metric: str, tests: pd.DataFrame) -> float:
    truth, probability = tests["truth"], tests[[f"probability/{name}" for name in CLASSES]].to_numpy()
    if metric == "brier":
        return float(metrics.brier_score_loss(truth, probability, labels=list(CLASSES)))
    if metric == "mcc":
        return float(metrics.matthews_corrcoef(truth, tests["prediction"]))
    if metric == "cohen_kappa":
        one = len({*truth, *tests["prediction"]}) == 1
        return np.nan if one else float(metrics.cohen_kappa_score(truth, tests["prediction"]))
    if len(set(truth)) < len(CLASSES):
        return np.nan
    if metric == "roc_auc":
        return float(metrics.roc_auc_score(truth, probability, multi_class="ovr", labels=list(CLASSES)))
    own = truth.to_numpy()[:, None] == np.array(CLASSES)
    return float(metrics.average_precision_score(own, probability, average="macro"))


@st.composite
def weighted_tests(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw truth, probabilities with ties, and weights, of two to five classes that all occur."""
    classes, rows = draw(st.integers(2, 5)), draw(st.integers(5, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    truth = np.r_[np.arange(classes), random.integers(0, classes, rows)]
    votes = random.multinomial(draw(st.integers(1, 20)), np.full(classes, 1 / classes), len(truth))
    return truth, votes / votes.sum(axis=1, keepdims=True), random.random(len(truth)) + 0.1


@settings(max_examples=25)
@given(weighted_tests())
def test_curves_and_agreements_of_weighted_rows_are_scikit_learns(
    case: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, shares, weights = case
    names = np.array([f"class {code}" for code in range(shares.shape[1])])
    labels, told = list(range(len(names))), shares.argmax(axis=1)
    frame = {"run": "r", "candidate": "c", "seed": 0, "row": np.arange(len(truth)), "truth": names[truth]}
    columns = {f"probability/{name}": shares[:, code] for code, name in enumerate(names)}
    tests = arrange_predictions(pd.DataFrame({**frame, "prediction": names[told], **columns}), ["c"], [0])
    curve = (truth, shares) if len(names) > 2 else (truth, shares[:, 1])
    expected = {
        "brier": metrics.brier_score_loss(truth, shares, sample_weight=weights, labels=labels),
        "roc_auc": metrics.roc_auc_score(*curve, sample_weight=weights, multi_class="ovr"),
        "average_precision": metrics.average_precision_score(np.eye(len(names))[truth], shares, sample_weight=weights),
        "mcc": metrics.matthews_corrcoef(truth, told, sample_weight=weights),
        "cohen_kappa": metrics.cohen_kappa_score(truth, told, sample_weight=weights),
    }
    if len(names) > 3:
        expected["top_2_accuracy"] = metrics.top_k_accuracy_score(truth, shares, k=2, sample_weight=weights)
    for name, score in expected.items():
        scorer = make_scorer(find_metric(name), tests.classes)
        assert scorer is not None
        found = weighted_scores(tests, scorer, np.stack([weights, 3 * weights]))[0, :, 0]
        np.testing.assert_allclose(found, score, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("metric", EVERY)
@pytest.mark.parametrize("seed", range(3))
def test_with_weights_of_one_the_scores_are_scikit_learns(metric: str, seed: int) -> None:
    predictions = predictions_of(seed)
    tests = arrange_predictions(predictions, ["c0", "c1", "c2"], range(3))
    scorer = make_scorer(find_metric(metric), tests.classes)
    assert scorer is not None
    found = weighted_scores(tests, scorer, np.ones((1, len(tests.rows))))[:, 0, :]
    runs = predictions.groupby(["seed", "candidate"])
    expected = np.array([by_scikit_learn(metric, tests) for _, tests in runs]).reshape(3, 3)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 99), st.sampled_from(EVERY), st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_a_weight_counts_a_row_so_many_times(seed: int, metric: str, weights: list[int]) -> None:
    predictions = predictions_of(seed, candidates=1, seeds=1)
    tests = arrange_predictions(predictions, ["c0"], [0])
    scorer, weight = make_scorer(find_metric(metric), tests.classes), np.array(weights[: len(tests.rows)], dtype=float)
    assert scorer is not None
    repeated = predictions.loc[predictions.index.repeat(weight.astype(int))]
    found = weighted_scores(tests, scorer, weight[None, :])[0, 0, 0]
    if len(repeated):
        np.testing.assert_allclose(found, by_scikit_learn(metric, repeated), atol=1e-12)
    else:
        assert np.isnan(found)


@pytest.mark.parametrize("metric", ["fit_seconds", "train_accuracy", "precision/other", "speed/b"])
def test_what_is_no_function_of_test_rows_has_no_scorer(metric: str) -> None:
    assert make_scorer(find_metric(metric), CLASSES) is None


def test_candidates_may_be_tested_on_different_rows() -> None:
    predictions = predictions_of(0, candidates=2, seeds=1)
    kept = predictions[(predictions["candidate"] == "c0") | (predictions["row"] != predictions["row"].min())]
    tests = arrange_predictions(kept, ["c0", "c1"], [0])
    for metric in ("accuracy", "macro_f1", "log_loss", *OTHERS):
        scorer = make_scorer(find_metric(metric), tests.classes)
        assert scorer is not None
        found = weighted_scores(tests, scorer, np.ones((1, len(tests.rows))))[0, 0]
        expected = [by_scikit_learn(metric, kept[kept["candidate"] == name]) for name in ("c0", "c1")]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_run_without_predictions_is_said() -> None:
    predictions = predictions_of(0)
    with pytest.raises(PredictionsMissing, match="lack 1 of the 9 runs"):
        arrange_predictions(predictions[predictions["run"] != "1-2"], ["c0", "c1", "c2"], range(3))


def test_a_candidate_that_ran_twice_counts_with_its_first_run() -> None:
    predictions = predictions_of(0)
    again = predictions[predictions["run"] == "1-2"].assign(run="z", prediction="b")
    doubled = arrange_predictions(pd.concat([again, predictions]), ["c0", "c1", "c2"], range(3))
    plain = arrange_predictions(predictions, ["c0", "c1", "c2"], range(3))
    assert all(
        (one.prediction == other.prediction).all() for one, other in zip(doubled.splits, plain.splits, strict=True)
    )


def test_the_rows_behind_a_score_of_a_class_are_those_of_the_class() -> None:
    predictions = pd.DataFrame(
        {"candidate": "a", "row": [0, 1, 2, 0], "truth": ["x", "x", "y", "x"], "prediction": ["x", "y", "y", "x"]}
    ).assign(**{"probability/x": 0.5, "probability/y": 0.5})
    found = [
        count_rows(predictions, find_metric(name))["a"] for name in ("accuracy", "recall/x", "precision/x", "f1/y")
    ]
    assert found == [3, 2, 1, 2]
