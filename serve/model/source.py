"""Where the page gets its model from: a protocol, and the source that is a version's folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from seedbed.errors import NotDone, clip
from seedbed.estimators import answers, loading
from seedbed.estimators.answers import list_steps
from serve.model.card import Card, read_card
from serve.model.neighbors import Neighborhood, find_neighborhood
from serve.model.training import Training, read_training

# To which a column's name says nothing.
_BY_POSITION = {DecisionTreeClassifier, ExtraTreesClassifier, RandomForestClassifier, GaussianNB}
_BY_POSITION |= {KNeighborsClassifier, LogisticRegression, MLPClassifier, StandardScaler}


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

    def rows(self, cells: Any) -> Any:
        """Return rows of cells, in the order of the card's columns, as the estimator takes them."""
        if self.by_position:
            return np.asarray(cells, dtype=float).reshape(-1, len(self.card.features))
        return pd.DataFrame(cells, columns=self.card.columns, dtype=float if self.card.plain else object)

    @property
    def gives_probabilities(self) -> bool:
        """Whether the estimator says how probable each class is."""
        return hasattr(self.estimator, "predict_proba")

    def predict(self, rows: Any) -> Any:
        """Return the predicted class of each row."""
        by_shares = answers.predicts_by_shares(self.estimator)
        return answers.classify(self.estimator, rows)[0] if by_shares else self.estimator.predict(rows)

    def classify(self, rows: Any) -> tuple[Any, Any]:
        """Return the predicted class of each row, and its probabilities in the order of the estimator's classes.

        The probabilities of an estimator that gives none are of shape (n_rows, 0).
        """
        predicted, shares = answers.classify(self.estimator, rows)
        return predicted, shares if self.gives_probabilities else shares[:, :0]


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
        estimator = loading.load(self.folder / "model.skops", self.trust)
        if not hasattr(estimator, "classes_"):
            raise NotDone("The model of the version is not a classifier; the page serves classifiers.")
        try:
            card = read_card(self.folder, estimator)
            training = read_training(self.folder, card)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotDone(f"The version's page/ folder cannot be read ({clip(error)}); promote it again.") from error
        by_position = _forget_names(estimator, card.columns)
        return ServedModel(
            estimator=estimator,
            card=card,
            folder=self.folder,
            version=self.label,
            training=training,
            neighborhood=find_neighborhood(estimator, card.features, training, by_position),
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
