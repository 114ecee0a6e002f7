"""Where the page gets its model from: a protocol, and the source that is a version's folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from seedbed.errors import NotDone
from seedbed.estimators import loading
from serve.model.card import Card, read_card
from serve.model.neighbors import Neighborhood, find_neighborhood, list_steps
from serve.model.training import Training, read_training

# Which predict the first class of the highest probability, by definition.
_BY_SHARES = (CalibratedClassifierCV, DecisionTreeClassifier, ExtraTreesClassifier, RandomForestClassifier)
# To which a column's name says nothing.
_BY_POSITION = (*_BY_SHARES[1:], GaussianNB, KNeighborsClassifier, LogisticRegression, MLPClassifier, StandardScaler)


@dataclass(frozen=True, kw_only=True, eq=False)
class ServedModel:
    """One version, loaded: an answer is given by one of these from its first step to its last."""

    estimator: Any
    card: Card
    folder: Path
    version: str
    training: Training | None
    neighborhood: Neighborhood | None  # None without training rows
    by_position: bool = False  # whether the estimator takes plain rows, which costs it half as much as a frame

    def rows(self, numbers: Any) -> Any:
        """Return rows of numbers, in the order of the card's columns, as the estimator takes them."""
        if self.by_position:
            return np.asarray(numbers, dtype=float).reshape(-1, len(self.card.features))
        return pd.DataFrame(numbers, columns=self.card.columns, dtype=float)

    @property
    def counted(self) -> bool:
        """Whether each neighbour counts the same: the first class with the most of them is what is predicted."""
        return self.neighborhood is not None and self.neighborhood.counted

    @property
    def gives_probabilities(self) -> bool:
        """Whether the estimator says how probable each class is."""
        return hasattr(self.estimator, "predict_proba")

    def predict(self, rows: Any) -> Any:
        """Return the predicted class of each row; scikit-learn's own way of counting neighbours costs twice as much."""
        if not self.counted:
            return self.estimator.predict(rows)
        return self._most(self.estimator.predict_proba(rows))

    def classify(self, rows: Any) -> tuple[Any, Any]:
        """Return the predicted class of each row, and its probabilities in the order of the estimator's classes.

        The probabilities of an estimator that gives none are of shape (n_rows, 0).
        """
        if not self.gives_probabilities:
            return self.estimator.predict(rows), np.empty((len(rows), 0))
        shares = self.estimator.predict_proba(rows)
        by_shares = self.counted or type(list_steps(self.estimator)[-1]) in _BY_SHARES
        return self._most(shares) if by_shares else self.estimator.predict(rows), shares

    def _most(self, shares: Any) -> Any:
        return self.estimator.classes_[shares.argmax(axis=1)]


class ModelSource(Protocol):
    """Gives the current model; that may become another one while the page is open."""

    def version(self) -> str:
        """Return which version is current; cheap, and asked every few seconds."""

    def load(self) -> ServedModel:
        """Return the current version, loaded; NotDone if it cannot be served."""


@dataclass(frozen=True)
class FolderSource:
    """A version's folder, as downloaded or exported; it never becomes another one.

    Types named in `trust` may be part of its model besides scikit-learn's and numpy's.
    """

    folder: Path
    label: str = ""
    trust: Collection[str] = ()

    def version(self) -> str:
        """Return the label that the folder was given."""
        return self.label

    def load(self) -> ServedModel:
        """Return the version in the folder; NotDone if it has no model, a damaged one, or one of types not loaded."""
        path = self.folder / "model.skops"
        if not path.is_file():
            raise NotDone("The version holds no model.skops; the page serves models that are kept by skops.")
        estimator = loading.load(path, self.trust)
        if not hasattr(estimator, "classes_"):
            raise NotDone("The model of the version is not a classifier; the page serves classifiers.")
        try:
            card = read_card(self.folder, estimator)
            training = read_training(self.folder, card)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotDone(f"What the version says about itself cannot be read: {error}") from error
        by_position = _forget_names(estimator, card.columns)
        return ServedModel(
            estimator=estimator,
            card=card,
            folder=self.folder,
            version=self.label,
            training=training,
            neighborhood=find_neighborhood(estimator, training, by_position),
            by_position=by_position,
        )


def _forget_names(estimator: Any, columns: Sequence[str]) -> bool:
    """Let an estimator take plain rows, where names mean nothing to it and its columns are the card's; say whether."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:  # it was fitted on plain rows
        return True
    steps = list_steps(estimator)
    if list(names) != list(columns) or not all(type(step) in _BY_POSITION for step in steps):
        return False
    for step in steps:
        if hasattr(step, "feature_names_in_"):
            del step.feature_names_in_
    return True
