"""Scores equal scikit-learn's, whatever truth, predictions and probabilities come."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)

from seedbed.metrics.evaluation import count_confusion, evaluate

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@st.composite
def answers(draw: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw truth, predictions and probabilities of KNN's kind: shares of k neighbours, zeros among them."""
    n_classes = draw(st.integers(2, 6))
    n_rows = draw(st.integers(1, 40))
    code = st.integers(0, n_classes - 1)
    truth = draw(st.lists(code, min_size=n_rows, max_size=n_rows))
    prediction = draw(st.lists(code, min_size=n_rows, max_size=n_rows))
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    neighbours = draw(st.integers(1, 9))
    counts = generator.multinomial(neighbours, np.full(n_classes, 1 / n_classes), size=n_rows)
    return np.array(truth), np.array(prediction), counts / neighbours


def evaluated(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[list[str], Any]:
    classes = [f"class {code}" for code in range(case[2].shape[1])]
    return classes, evaluate(*case, classes)


@given(case=answers())
def test_the_metrics_are_scikit_learns(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, prediction, probabilities = case
    _, evaluation = evaluated(case)
    with warnings.catch_warnings():
        # scikit-learn warns of classes that were predicted and are not in the truth, and of single ones.
        warnings.simplefilter("ignore")
        macro = precision_recall_fscore_support(truth, prediction, average="macro", zero_division=0)
        expected = {
            "accuracy": accuracy_score(truth, prediction),
            "balanced_accuracy": balanced_accuracy_score(truth, prediction),
            "macro_precision": macro[0],
            "macro_recall": macro[1],
            "macro_f1": macro[2],
            "log_loss": log_loss(truth, probabilities, labels=range(probabilities.shape[1])),
        }
    for name, value in expected.items():
        np.testing.assert_allclose(evaluation.metrics[name], value, **CLOSE, err_msg=name)


@given(case=answers())
def test_the_metrics_of_a_class_are_scikit_learns_and_nan_where_undefined(
    case: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, prediction, probabilities = case
    classes, evaluation = evaluated(case)
    scores = precision_recall_fscore_support(
        truth, prediction, labels=range(probabilities.shape[1]), zero_division=np.nan
    )
    for name, values in zip(("precision", "recall", "f1"), scores[:3], strict=True):
        mine = [evaluation.metrics[f"{name}/{label}"] for label in classes]
        np.testing.assert_allclose(mine, values, **CLOSE, err_msg=name)


@given(case=answers())
def test_the_report_is_scikit_learns(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, prediction, _ = case
    classes, evaluation = evaluated(case)
    names = np.array(classes, object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = classification_report(names[truth], names[prediction], output_dict=True, zero_division=0)
    report = evaluation.report
    assert list(report["classes"]) == classes
    for label, line in report["classes"].items():
        theirs = expected.get(label, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
        assert line["support"] == theirs["support"]
        for key in ("precision", "recall", "f1-score"):
            np.testing.assert_allclose(line[key] or 0, theirs[key], **CLOSE)
    for name in ("macro avg", "weighted avg"):
        for key, value in expected[name].items():
            np.testing.assert_allclose(report[name][key], value, **CLOSE, err_msg=f"{name} {key}")
    assert math.isclose(report["accuracy"], expected["accuracy"])


@given(case=answers())
def test_the_confusion_counts_rows_of_truth(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, prediction, probabilities = case
    size = probabilities.shape[1]
    assert np.array_equal(
        count_confusion(truth, prediction, size), confusion_matrix(truth, prediction, labels=range(size))
    )


def test_an_asymmetric_confusion_says_truth_by_row() -> None:
    confusion = count_confusion(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 1]), 3)
    assert confusion.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_undefined_is_nan_of_a_class_none_in_the_report_and_never_0() -> None:
    evaluation = evaluate(np.array([0, 1]), np.array([0, 1]), np.eye(3)[:2], ["a", "b", "c"])
    for name in ("precision", "recall", "f1"):
        assert math.isnan(evaluation.metrics[f"{name}/c"])
        assert evaluation.metrics[f"macro_{name}"] == 1
    assert evaluation.report["classes"]["c"] == {"precision": None, "recall": None, "f1-score": None, "support": 0}


def test_a_certain_and_wrong_probability_gives_a_finite_loss() -> None:
    loss = evaluate(np.array([0]), np.array([1]), np.array([[0.0, 1.0]]), ["a", "b"]).metrics["log_loss"]
    assert math.isfinite(loss) and loss > 30


@pytest.mark.parametrize("classes", [["a/b", "a_b"], ["..", "/"]])
def test_classes_whose_keys_clash_have_metrics_each(classes: list[str]) -> None:
    evaluation = evaluate(np.array([0, 1]), np.array([0, 1]), np.eye(2), classes)
    assert sum(name.startswith("recall/") for name in evaluation.metrics) == 2
    assert list(evaluation.report["classes"]) == classes
