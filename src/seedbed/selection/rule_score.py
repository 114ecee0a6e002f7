"""What KNN adds to a rule on one feature: both learn from the same rows and are scored on the same other rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from seedbed.data.arrays import Codes, Floats, Labels, Rows
from seedbed.data.splits.random import check_split, split_rows
from seedbed.errors import BadInput
from seedbed.selection.inference import LEVEL, PairedDifference, corrected_interval, paired_difference
from seedbed.selection.threshold_rule import best_rule

SEEDS = tuple(range(10))
TEST_SIZE = 0.2
NEIGHBORS = (1, 3, 5, 7, 9, 11, 15, 21)
MOST_ROWS = 1000  # more are drawn from, so that looking takes seconds
LEAST_ROWS = 10
_LARGEST = 1e150  # whose square is finite


@dataclass(frozen=True)
class Neighborhood:
    """A KNN as it was chosen: its number of neighbours, and whether each feature was scaled to one spread."""

    n_neighbors: int
    standardized: bool


@dataclass(frozen=True, eq=False)
class RuleScore:
    """Accuracies of both on the same splits, arrays of shape (n_splits,).

    Attributes
    ----------
    rule : of the best rule on one feature; feature and cuts are found on each split's training rows.
    knn : of KNN; neighbours and scaling are chosen on each split's training rows, each of them left out once.
    frequent : of the most frequent class of the training rows.
    columns : the feature that each split's rule took; chosen : the KNN that each split took.
    rows : how many rows were split; train, test : how many of them a split trains on and tests.
    stratified : whether every split has every class in proportion.
    """

    rule: Floats
    knn: Floats
    frequent: Floats
    columns: tuple[int, ...]
    chosen: tuple[Neighborhood, ...]
    rows: int
    train: int
    test: int
    stratified: bool

    @property
    def added(self) -> float:
        """How much more accurate KNN is, on the mean over the splits."""
        return float((self.knn - self.rule).mean())

    @property
    def difference(self) -> PairedDifference | None:
        """The same with its corrected interval; None where it is equal on every split."""
        return paired_difference(self.knn - self.rule, self.test / self.train, LEVEL)

    def within(self, scores: Floats) -> tuple[float, float] | None:
        """Return the corrected 95 % interval of the mean of one of the accuracies; None where all are equal."""
        found = corrected_interval(scores, self.test / self.train, LEVEL)
        return None if found is None else (max(0.0, found.low), min(1.0, found.high))


def rule_score(features: Floats, codes: Codes) -> RuleScore | None:
    """Score the best rule on one feature and the best KNN on ten splits.

    None for fewer than ten rows, and where values are so large that their distances overflow. The splits are those of
    a sweep's default seeds and share of test rows.

    Parameters
    ----------
    features : array of shape (n_rows, n_features), finite; of more than 1,000 rows so many are drawn.
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    """
    if len(codes) < LEAST_ROWS or np.abs(features).max() > _LARGEST:
        return None
    if len(codes) > MOST_ROWS:
        drawn = np.sort(np.random.default_rng(0).choice(len(codes), MOST_ROWS, replace=False))
        features, codes = features[drawn], codes[drawn]
    labels = codes.astype(str).astype(object)
    stratified = _can_be_stratified(labels)
    splits = list(_splits(labels, stratified))
    rules = [best_rule(features[train], codes[train]) for train, _ in splits]
    told = [best_knn(features[train], codes[train], features[test]) for train, test in splits]
    frequent = [np.argmax(np.bincount(codes[train])) for train, _ in splits]
    answers = zip(splits, rules, told, frequent, strict=True)
    right = [
        [np.mean(answer == codes[test]) for answer in (rule.predict(features[test]), knn[1], most)]
        for (_, test), rule, knn, most in answers
    ]
    rule_scores, knn_scores, frequent_scores = np.array(right, dtype=np.float64).T
    return RuleScore(
        rule_scores,
        knn_scores,
        frequent_scores,
        columns=tuple(rule.column for rule in rules),
        chosen=tuple(chosen for chosen, _ in told),
        rows=len(codes),
        train=len(splits[0][0]),
        test=len(splits[0][1]),
        stratified=stratified,
    )


def best_knn(features: Floats, codes: Codes, asked: Floats) -> tuple[Neighborhood, Codes]:
    """Choose a KNN on training rows, and return it with its answers on others, codes of shape (n_asked,).

    Chosen by the accuracy on the training rows, each left out of its own neighbours; of equals the middle one.

    Parameters
    ----------
    features, codes : training rows, arrays of shape (n_train, n_features) and (n_train,).
    asked : array of shape (n_asked, n_features).
    """
    found = []
    for standardized in (False, True):
        scaler = StandardScaler().fit(features) if standardized else None
        own, other = (features, asked) if scaler is None else (scaler.transform(features), scaler.transform(asked))
        most = min(max(NEIGHBORS), len(codes) - 1)
        search = NearestNeighbors(n_neighbors=most).fit(own)
        left_out, told = (codes[search.kneighbors(rows, return_distance=False)] for rows in (None, other))
        for n_neighbors in [k for k in NEIGHBORS if k <= most]:
            right = int((voted(left_out[:, :n_neighbors]) == codes).sum())
            found.append((right, Neighborhood(n_neighbors, standardized), told[:, :n_neighbors]))
    most_right = max(right for right, _, _ in found)
    tied = [(chosen, votes) for right, chosen, votes in found if right == most_right]
    chosen, votes = tied[(len(tied) - 1) // 2]
    return chosen, voted(votes)


def voted(votes: Codes) -> Codes:
    """Return the most frequent code of each row, the lowest of equals, as scikit-learn's KNN does.

    Parameters
    ----------
    votes : array of shape (n_rows, n_neighbors), codes from 0.
    """
    counts = np.zeros((len(votes), int(votes.max()) + 1), dtype=np.intp)
    np.add.at(counts, (np.arange(len(votes))[:, None], votes), 1)
    most: Codes = counts.argmax(axis=1)
    return most


def _can_be_stratified(labels: Labels) -> bool:
    try:
        check_split(labels, TEST_SIZE, stratify=True)
    except BadInput:
        return False
    return True


def _splits(labels: Labels, stratified: bool) -> Iterator[tuple[Rows, Rows]]:
    for seed in SEEDS:
        yield split_rows(labels, seed=seed, test_size=TEST_SIZE, stratify=stratified)
