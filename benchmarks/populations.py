"""Populations of which the truth is known, tables drawn from them, and what nearest neighbours predict on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.config.dataset import Dataset
from seedbed.data.table import load_table

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Keys = npt.NDArray[np.int32]

CLASSES = 3
MOST = 30  # neighbours; every number from 1 to this one is a candidate


@dataclass(frozen=True, eq=False)
class Population:
    """Classes of equal size, each a mixture of Gaussian patches.

    Attributes
    ----------
    centres : array of shape (n_classes, n_patches, n_features).
    factors : array of shape (n_classes, n_features, n_features), times standard normals the spread of a patch.
    shuffled : whether features are dealt out again, so that they say nothing about the labels.
    """

    name: str
    centres: Floats
    factors: Floats
    shuffled: bool = False

    def draw(self, random: np.random.Generator, each: int) -> tuple[Floats, Codes]:
        """Draw `each` rows of each class, class by class: features of shape (n_rows, n_features), labels (n_rows,)."""
        labels = np.repeat(np.arange(len(self.centres)), each)
        patches = random.integers(0, self.centres.shape[1], len(labels))
        normals = random.standard_normal((len(labels), self.centres.shape[2]))
        features = self.centres[labels, patches] + np.einsum("rij,rj->ri", self.factors[labels], normals)
        return random.permutation(features) if self.shuffled else features, labels

    def truths(
        self, random: np.random.Generator, table: tuple[Floats, Codes], parts: Sequence[Codes], each: int
    ) -> list[Floats]:
        """Return, for each part of a table's rows to fit on, the accuracy of every number of neighbours on new rows.

        The new rows, `each` of each class, are the same for all parts. With shuffled labels it is chance, exactly,
        whatever the model.
        """
        if self.shuffled:
            return [np.full(MOST, 1 / len(self.centres)) for _ in parts]
        features, labels = self.draw(random, each)
        keys = near_keys(features, *table)
        return [(votes(nearest(keys[:, rows])) == labels[:, None]).mean(axis=0) for rows in parts]


def populations() -> tuple[Population, ...]:
    """Return the three populations, and one whose labels say nothing."""
    return iris_like(), overlapping(), small_patches(), iris_like(shuffled=True)


def iris_like(*, shuffled: bool = False) -> Population:
    """Return Gaussians with the mean and the covariance of each class of Iris."""
    table = load_table(Dataset(path="package:iris.csv", target="variety", name="iris"))
    features = table.features.to_numpy(dtype=float)
    of_class = [features[table.labels == name] for name in table.classes]
    return Population(
        "shuffled labels" if shuffled else "Iris-like",
        np.stack([rows.mean(axis=0, keepdims=True) for rows in of_class]),
        np.stack([np.linalg.cholesky(np.cov(rows.T)) for rows in of_class]),
        shuffled,
    )


def overlapping() -> Population:
    """Return three round Gaussians in a plane, so near to one another that a fifth of the rows cannot be told."""
    angles = 2 * np.pi * np.arange(CLASSES) / CLASSES
    centres = 1.3 * np.column_stack([np.cos(angles), np.sin(angles)])[:, None, :]
    return Population("overlapping", centres, np.stack([np.eye(2)] * CLASSES))


def small_patches() -> Population:
    """Return classes that alternate on five by three small patches, ten rows each: few neighbours are best."""
    across, up = np.meshgrid(np.arange(5), np.arange(3))
    places = np.column_stack([across.ravel(), up.ravel()]).astype(float)
    kinds = (across + up).ravel() % CLASSES
    centres = np.stack([places[kinds == one] for one in range(CLASSES)])
    return Population("small patches", centres, np.stack([0.3 * np.eye(2)] * CLASSES))


def votes(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """Return what every number of neighbours predicts; of equally many the first class, as scikit-learn does.

    Parameters
    ----------
    labels : array of shape (n_rows, MOST), of the neighbours, the nearest first.

    Returns
    -------
    predictions : array of shape (n_rows, MOST), column k - 1 that of k neighbours.
    """
    counts = [np.cumsum(labels == one, axis=1, dtype=np.int8) for one in range(CLASSES)]
    most, which = counts[0], np.zeros(labels.shape, dtype=np.intp)
    for one in range(1, CLASSES):
        more = counts[one] > most
        most = np.where(more, counts[one], most)
        which[more] = one
    return which


def near_keys(features: Floats, fitted: Floats, labels: Codes) -> Keys:
    """Return squared distances of many new rows to those fitted on, with the label of these in their last two bits.

    Single precision, as whole numbers of the same order, so that one plain sort orders both: shape (n_rows, n_fitted).
    """
    new, old = features - fitted.mean(axis=0), fitted - fitted.mean(axis=0)
    left = np.column_stack([new, (new**2).sum(axis=1), np.ones(len(new))]).astype(np.float32)
    right = np.vstack([-2 * old.T, np.ones(len(old)), (old**2).sum(axis=1)]).astype(np.float32)
    squared = left @ right
    keys: Keys = np.maximum(squared, 0, out=squared).view(np.int32)  # rounding may leave less than nothing
    keys &= ~3
    keys |= labels.astype(np.int32)
    return keys


def nearest(keys: Keys) -> Keys:
    """Return the labels of the MOST nearest, the nearest first: shape (n_rows, MOST); `keys` may be reordered."""
    keys.partition(MOST - 1, axis=1)
    return np.sort(keys[:, :MOST], axis=1) & 3


def by_distance(features: Floats, fitted: Floats) -> Codes:
    """Return for each row the places of the rows fitted on, the nearest first: shape (n_rows, n_fitted)."""
    squared = ((features[:, None, :] - fitted[None, :, :]) ** 2).sum(axis=2)
    return np.argsort(squared, axis=1, kind="stable")
