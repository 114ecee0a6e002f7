"""What a fitted classifier answers, to a run and to the page; it travels with an exported page."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

# Which predict the first class of the highest probability, by definition.
_BY_SHARES = (CalibratedClassifierCV, DecisionTreeClassifier, ExtraTreesClassifier, RandomForestClassifier)
# Which predict it but for rounding: by scores that probabilities rise with.
_BY_SCORES = (GaussianNB, HistGradientBoostingClassifier, LogisticRegression, MLPClassifier)
_CLEAR = 1e-9  # between the two highest probabilities of a row, far above rounding


def list_steps(estimator: Any) -> list[Any]:
    """Return the steps of a pipeline, or the estimator itself as the only one."""
    return [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else [estimator]


def predicts_by_shares(classifier: Any) -> bool:
    """Say whether what a classifier predicts is the first class of the highest probability, in every case.

    With uniform weights the probabilities of KNN are counts of neighbours over k, and it predicts the first of the most
    frequent classes; its own way of counting them costs a second search.
    """
    last = list_steps(classifier)[-1]
    return type(last) in _BY_SHARES or (isinstance(last, KNeighborsClassifier) and last.weights == "uniform")


def classify(classifier: Any, rows: Any) -> tuple[Any, Any]:
    """Return what a fitted classifier predicts, of shape (n_rows,), and its probabilities, in its own class order.

    Of shape (n_rows, n_classes); those of a classifier that gives none are NaN.
    """
    if not hasattr(classifier, "predict_proba"):
        return classifier.predict(rows), np.full((len(rows), len(classifier.classes_)), np.nan)
    shares = classifier.predict_proba(rows)
    if predicts_by_shares(classifier) or (type(list_steps(classifier)[-1]) in _BY_SCORES and are_clear(shares).all()):
        return classifier.classes_[shares.argmax(axis=1)], shares
    return classifier.predict(rows), shares


def are_clear(shares: Any) -> Any:
    """Say of each row whether its highest probability is above the next by more than rounding moves them."""
    return (np.diff(np.sort(shares, axis=1)[:, -2:], axis=1) > _CLEAR).all(axis=1)
