"""One neighbour search for many KNNs: those that differ in n_neighbors alone vote among what the widest one finds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from seedbed.data.arrays import Floats, Labels
from seedbed.estimators import answers
from seedbed.estimators.factory import classify, fit_estimator, silence_warnings

# Minkowski's distances, of which it is known how scikit-learn's searches round them.
_METRICS = {"minkowski", "euclidean", "l2", "manhattan", "cityblock", "l1", "chebyshev", "infinity"}
_WHOLE = 1_000_000  # characters, of which scikit-learn shows 700
_MOST_FOUND = 10_000_000  # neighbours of one search; a KNN of more searches for itself


def can_share(values: Mapping[str, Any]) -> bool:
    """Say whether KNNs with these parameters can share a search, and answer as if each had searched for itself."""
    power = values.get("p", 2) if values["metric"] == "minkowski" else 1
    known = values["metric"] in _METRICS and power >= 1 and values.get("metric_params") is None
    return known and values["weights"] in ("uniform", "distance")


class SharedSearch:
    """Answers for fitted KNNs that differ in `n_neighbors`, each label and probability equal to the model's own.

    The first answer about some rows searches for the most neighbours that any of them needs; the others vote among the
    first of these. Which of equally far rows is the k-th neighbour depends on the search, so rows where distance k and
    k + 1 are the same, rounding considered, and not all so far of one class, are asked of the model itself. So is all
    of a model of another kind, or fitted on other values, or with too many neighbours to keep. All of it in one thread,
    as in a worker: with more, ties go by how the threads share the rows.

    Parameters
    ----------
    ks : the values of n_neighbors that will be asked for.
    """

    def __init__(self, ks: Collection[int]) -> None:
        self._ks = ks
        self._searches: list[_Search] = []
        self._fitted: tuple[Any, Any] = None, None  # an estimator, and the rows that it was fitted on

    def fit(self, estimator: Any, features: pd.DataFrame, labels: Labels, groups: Labels | None = None) -> Any:
        """Return an estimator as fitted: one that differs in n_neighbors alone from the one before is a copy of that.

        Features that are the same object as before have to have the same labels and groups; see `fit_estimator`.
        """
        before, rows = self._fitted
        if rows is features and (text := _describe(estimator)) and text == _describe(before):
            mine, knn = answers.list_steps(estimator)[-1], copy(answers.list_steps(before)[-1])
            # From half of the rows on, scikit-learn chooses another algorithm.
            if max(mine.n_neighbors, knn.n_neighbors) < knn.n_samples_fit_ // 2:
                knn.n_neighbors = mine.n_neighbors
                if not isinstance(before, Pipeline):
                    return knn
                fitted = copy(before)
                fitted.steps = [*before.steps[:-1], (before.steps[-1][0], knn)]
                return fitted
        fit_estimator(estimator, features, labels, groups)
        self._fitted = estimator, features
        return estimator

    def classify(self, estimator: Any, features: pd.DataFrame) -> tuple[Labels, Floats]:
        """Return what `factory.classify` does."""
        knn = answers.list_steps(estimator)[-1]
        if type(knn) is not KNeighborsClassifier or not can_share(knn.get_params()):
            return classify(estimator, features)
        with silence_warnings():
            rows = estimator[:-1].transform(features) if isinstance(estimator, Pipeline) else features
            if (search := self._find(knn, rows)) is None:
                return classify(estimator, features)
            labels, shares, doubtful = search.vote(knn)
        if doubtful.any():
            labels[doubtful], shares[doubtful] = classify(estimator, features.iloc[doubtful])
        return labels, shares

    def _find(self, knn: Any, rows: Any) -> _Search | None:
        kept = min(_MOST_FOUND // len(rows) - 1, knn.n_samples_fit_)
        widest = max((k for k in self._ks if k <= kept), default=0)
        if knn.n_neighbors > widest or not isinstance(knn._fit_X, np.ndarray) or knn._fit_X.dtype.char != "d":
            return None
        if not (found := [search for search in self._searches if search.serves(knn, rows)]):
            found = [_Search.of(knn, rows, widest)]
            self._searches += found
        return found[0]


def _describe(estimator: Any) -> str | None:
    """Return the parameters of a KNN, and of the steps before it, as text, n_neighbors apart; None of others."""
    knn = answers.list_steps(estimator)[-1]
    if type(knn) is not KNeighborsClassifier:
        return None
    k, knn.n_neighbors = knn.n_neighbors, 1
    text: str = estimator.__repr__(N_CHAR_MAX=_WHOLE)
    knn.n_neighbors = k
    return text


@dataclass(frozen=True, eq=False)
class _Search:
    """The nearest training rows of some rows.

    Attributes
    ----------
    knn : that searched.
    rows : array of shape (n_rows, n_features), prepared.
    distances, indices : arrays of shape (n_rows, widest + 1), the nearest first; `widest` where there are no more.
    ties : array of shape (n_rows, widest), at k - 1 whether neighbour k may be another one, with another vote.
    """

    knn: Any
    rows: Floats
    distances: Floats
    indices: Any
    ties: Any

    @classmethod
    def of(cls, knn: Any, rows: Any, widest: int) -> _Search:
        """Search for the `widest` neighbours of each row, and one more.

        Distances are told apart by more than rounding may move their squares: both |x|² + |y|² - 2xy, in which brute
        force searches, and the bounds of a tree's nodes err by less than a few eps (n_features + 3) (|x| + |y|)² with
        any of Minkowski's norms, the first of which is the largest (Higham, 2002, Accuracy and Stability, ch. 3).
        Only brute force with weights=distance searches in one way alone, and rounds as it did here.
        """
        distances, indices = knn.kneighbors(rows, min(widest + 1, knn.n_samples_fit_))
        plain, weighted = np.asarray(rows), knn.weights == "distance"
        reach = np.abs(plain).sum(axis=1) + np.abs(knn._fit_X).sum(axis=1).max()
        rounding = 8 * (plain.shape[1] + 8) * np.finfo(float).eps * reach**2
        rounding *= not (weighted and knn._fit_method == "brute")
        equal = ~(np.diff(distances**2, axis=1) > rounding[:, None])
        votes = [knn._y[indices], distances] if weighted else [knn._y[indices]]
        ties = equal & np.any([np.diff(vote, axis=1) != 0 for vote in votes], axis=0)
        if widest < knn.n_samples_fit_:
            ties[:, -1] |= equal[:, -1]  # what comes after is not known
        for here in range(1, ties.shape[1]):  # a difference anywhere among equally far rows is one for all of them
            ties[:, here] |= equal[:, here] & ties[:, here - 1]
        for here in range(ties.shape[1] - 1, 0, -1):
            ties[:, here - 1] |= equal[:, here - 1] & ties[:, here]
        return cls(knn, plain, distances, indices, ties)

    def serves(self, knn: Any, rows: Any) -> bool:
        """Say whether another KNN would search in the same way, for the same rows, among the same ones."""
        mine, other = ({**one.get_params(), "n_neighbors": None, "by": one._fit_method} for one in (self.knn, knn))
        fitted = ((getattr(self.knn, name), getattr(knn, name)) for name in ("_fit_X", "_y", "classes_"))
        return mine == other and all(np.array_equal(*pair) for pair in ((self.rows, rows), *fitted))

    def vote(self, knn: Any) -> tuple[Labels, Floats, Any]:
        """Return labels, probabilities, and of which rows the model itself has to be asked."""
        k, voter = knn.n_neighbors, _Voter()
        voter.__dict__.update(vars(knn), _fit_method="found", found=(self.distances[:, :k], self.indices[:, :k]))
        labels, shares = answers.classify(voter, self.rows)
        doubtful = self.ties[:, k - 1] if k <= self.ties.shape[1] else np.zeros(len(labels), bool)
        if knn.weights == "distance":  # sums of weights are rounded by the order of equally far neighbours
            doubtful = doubtful | ~answers.are_clear(shares)
        if knn._fit_method == "brute":  # which rounds by the rows that it takes together
            together = np.arange(len(labels)) // get_config()["pairwise_dist_chunk_size"]
            doubtful = np.isin(together, together[doubtful])
        return labels, shares, doubtful


class _Voter(KNeighborsClassifier):  # type: ignore[misc]
    """Votes as scikit-learn does, among neighbours that were found before."""

    found: tuple[Floats, Any]

    def kneighbors(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
        return self.found if return_distance else self.found[1]
