"""Why a model answers as it does, by what its estimator can tell beside the nearest training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._base import LinearClassifierMixin
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from seedbed.estimators.answers import list_steps
from serve.model.neighbors import prepare
from serve.model.predictions import Answer
from serve.model.source import ServedModel
from serve.model.training import Training

MOST_CURVES = 6
_POINTS = 24  # of a curve, beside the typed value
_LOG_ODDS = (LogisticRegression, LinearDiscriminantAnalysis, GaussianNB)  # whose scores are log probabilities


@dataclass(frozen=True, kw_only=True, eq=False)
class Contributions:
    """By how much the score of the predicted class exceeds that of the runner-up: `start` and one part a feature."""

    runner_up: str
    start: float
    origin: str  # what has the difference `start`
    parts: Mapping[str, float]
    log_odds: bool  # whether the difference is the logarithm of the ratio of the two classes' probabilities

    @property
    def difference(self) -> float:
        """The score of the predicted class minus that of the runner-up."""
        return self.start + sum(self.parts.values())


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """The answer as the value of one feature moves over its range and all others stay as typed.

    Goldstein, Kapelner, Bleich and Pitkin (2015) call it individual conditional expectation.
    """

    feature: str
    typed: float
    points: list[float]  # ascending, `typed` among them
    classes: list[str]  # what is predicted at each point
    shares: list[float]  # the probability, at each point, of the class predicted at `typed`; empty without any


def explain(model: ServedModel, answer: Answer) -> Contributions | list[Curve]:
    """Return what each feature contributes to the score if that is a sum over features; else one curve a feature.

    Curves are of the features that tell the classes apart best, at most `MOST_CURVES`, and of none that is constant.
    There are none where the neighbours decide, and without training rows.
    """
    if model.training is None or model.neighborhood is None or model.neighborhood.decides:
        return []
    return compute_contributions(model, model.training, answer) or trace_curves(model, model.training, answer)


def compute_contributions(model: ServedModel, training: Training, answer: Answer) -> Contributions | None:
    """Return what each feature contributes to the score; None if the score is not a finite sum over features.

    Of a linear model, a feature's contribution is its coefficient times (value - mean of the training rows), and an
    average row starts the sum (Lundberg and Lee, 2017, corollary 1). Of Gaussian naive Bayes it is the logarithm of
    the ratio of the two classes' densities, and their prior probabilities start the sum (Good's weight of evidence).
    """
    *before, last = list_steps(model.estimator)
    names = [str(name) for name in last.classes_]
    # What a class of another library makes of its coefficients is not known.
    plain = type(last).__module__.startswith("sklearn.") and all(type(step) is StandardScaler for step in before)
    if not plain or len(names) < 2:
        return None
    _, rows = prepare(model.estimator, model.rows([training.rows.mean().tolist(), answer.values]))
    average, row = np.asarray(rows, float)
    if isinstance(last, LinearClassifierMixin):
        start, parts = last.intercept_ + last.coef_ @ average, np.atleast_2d(last.coef_ * (row - average))
        if len(parts) == 1:  # of the second class; the first one's score is 0
            start, parts = np.append(0.0, start), np.vstack([0 * parts, parts])
    elif isinstance(last, GaussianNB):
        start = np.log(last.class_prior_)
        parts = -0.5 * (np.log(2 * np.pi * last.var_) + (row - last.theta_) ** 2 / last.var_)
    else:
        return None
    if not np.isfinite(parts).all():  # without smoothing, of a column that is constant in a class
        return None
    scores = start + parts.sum(axis=1)
    first, second = sorted(range(len(names)), key=lambda index: (names[index] != answer.predicted, -scores[index]))[:2]
    return Contributions(
        runner_up=names[second],
        start=float(start[first] - start[second]),
        origin="class frequencies" if isinstance(last, GaussianNB) else "an average row",
        parts=dict(zip(model.card.columns, (parts[first] - parts[second]).tolist(), strict=True)),
        log_odds=isinstance(last, _LOG_ODDS),
    )


def trace_curves(model: ServedModel, training: Training, answer: Answer) -> list[Curve]:
    """Return the curves of the most telling features; the estimator is asked for all their points together."""
    grids = {}
    for name in training.telling[:MOST_CURVES]:
        low, high = training.rows[name].min(), training.rows[name].max()
        if low < high:
            index = model.card.columns.index(name)
            points = np.linspace(low, high, _POINTS)
            points = points.round() if model.card.features[index].whole else points
            grids[index] = sorted({answer.values[index], *points.tolist()})
    if not grids:
        return []
    row = answer.values
    rows = [[*row[:index], point, *row[index + 1 :]] for index, points in grids.items() for point in points]
    predicted, probabilities = model.classify(model.rows(rows))
    own = [list(map(str, model.estimator.classes_)).index(answer.predicted)] if model.gives_probabilities else []
    classes, shares = map(str, predicted), iter(probabilities[:, own].ravel().tolist())
    return [
        Curve(
            feature=model.card.columns[index],
            typed=row[index],
            points=points,
            classes=list(islice(classes, len(points))),
            shares=list(islice(shares, len(points))),
        )
        for index, points in grids.items()
    ]
