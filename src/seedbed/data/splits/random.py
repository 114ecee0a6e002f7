"""Which rows are held out, trained on and tested."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from seedbed.data.arrays import Floats, Labels, Rows
from seedbed.errors import BadInput, clip


@dataclass(frozen=True)
class Sizes:
    """How many rows a split trains on and tests."""

    train: int
    test: int


def split_sizes(rows: int, test_size: float) -> Sizes:
    """Return the sizes that scikit-learn's train_test_split gives: the test rows rounded up."""
    test = math.ceil(test_size * rows)
    return Sizes(train=rows - test, test=test)


def split_rows(labels: Labels, *, seed: int, test_size: float, stratify: bool) -> tuple[Rows, Rows]:
    """Part row numbers into training and test rows, as scikit-learn's train_test_split does.

    Parameters
    ----------
    labels : array of shape (n_rows,), the class of each row.

    Returns
    -------
    train, test : arrays of row numbers from 0, in scikit-learn's order.
    """
    train, test = train_test_split(
        np.arange(len(labels)), test_size=test_size, random_state=seed, stratify=labels if stratify else None
    )
    return train, test


def check_split(labels: Labels, test_size: float, stratify: bool, key: str = "split", unit: str = "row") -> Sizes:
    """Return a split's sizes, or refuse one that cannot be made.

    Parameters
    ----------
    labels : array of shape (n_rows,).
    key : `split`, or `dataset.holdout`.
    unit : what each label is of, in words.

    Raises
    ------
    BadInput : a side without rows; stratified, a class of one row or more classes than rows of a side.
    """
    rows = len(labels)
    sizes = split_sizes(rows, test_size)
    share = "dataset.holdout" if key == "dataset.holdout" else f"{key}.test_size"
    if sizes.train < 1 or sizes.test < 1:
        raise BadInput(f"{share}={test_size:g} leaves {sizes.train} of {rows} rows to train on; choose another share.")
    if not stratify:
        return sizes
    names, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        held = key == "dataset.holdout"
        part = "holdout" if held else "split"
        cure = "set no rows aside: dataset.holdout=0" if held else "split without stratifying: split.stratify=false"
        raise BadInput(
            f"Class {clip(names[counts.argmin()])} has one {unit}, too few for a stratified {part}; drop it from the "
            f"table, or {cure}."
        )
    if min(sizes.train, sizes.test) < len(names):
        cure = _other_share(share, math.ceil(len(names) / rows * 1000) / 1000)
        raise BadInput(
            f"{share}={test_size:g} makes {sizes.test} test and {sizes.train} training {unit.split()[0]}s of {rows}, "
            f"fewer than the {len(names)} classes of a stratified split; {cure}, or use split.stratify=false "
            "dataset.holdout=0."
        )
    return sizes


def check_classes(labels: Labels, sizes: Sizes, held: int) -> None:
    """Refuse a stratified split that leaves a class without test rows for some seed.

    Parameters
    ----------
    labels : array of shape (n_development_rows,).
    held : how many rows are held out beside these.

    Raises
    ------
    BadInput : with the class, the rows it has, and the rows that it needs in all.
    """
    rows = len(labels)
    names, counts = np.unique(labels, return_counts=True)
    # scikit-learn gives each class its share of the test rows rounded down, and the rest by chance.
    if (counts * sizes.test // rows).min() >= 1:
        return
    least = counts.argmin()
    needed = math.ceil(rows / sizes.test)
    whole = f", about {math.ceil(needed * (rows + held) / rows)} with the held-out rows" if held else ""
    raise BadInput(
        f"Class {clip(names[least])} has {counts[least]} of the {rows} rows for training and test, and with some "
        f"seeds none of them would be a test row; a stratified split needs {needed} of each class{whole}: drop or "
        "merge the class, or use split.stratify=false dataset.holdout=0."
    )


def _other_share(key: str, least: float) -> str:
    if least > 0.5:
        return "no other share is enough"
    return f"choose {key} from {least:g} to {1 - least:g}" if least < 0.5 else f"choose {key}=0.5"


def holdout_rows(features: Floats, labels: Labels, *, share: float, seed: int, groups: Labels | None = None) -> Rows:
    """Return the rows that no choice touches, in rising order: a stratified draw that keeps equal rows together.

    Parameters
    ----------
    features : array of shape (n_rows, n_features).
    labels : array of shape (n_rows,).
    share : of all rows, 0 for none; of all groups where there are some.
    groups : array of shape (n_rows,); where given, its equal ones are kept together in place of equal rows, and each
        is drawn as of its most frequent class.
    """
    if share == 0:
        return np.empty(0, dtype=np.intp)
    if groups is None:
        _, first, unit = np.unique(_whole_rows(features, labels), axis=0, return_index=True, return_inverse=True)
    else:
        _, first, unit = np.unique(groups, return_index=True, return_inverse=True)
    firsts = np.sort(first)  # units in the table's own order, so that the draw does not hang on the values' order
    unit_of = np.searchsorted(firsts, first[unit.ravel()])
    of_units = _most_frequent(labels, unit_of)
    check_split(of_units, share, True, "dataset.holdout", "row unlike all others" if groups is None else "group")
    _, drawn = split_rows(of_units, seed=seed, test_size=share, stratify=True)
    return np.flatnonzero(np.isin(unit_of, drawn))


def _whole_rows(features: Floats, labels: Labels) -> Floats:
    return np.column_stack([features, np.unique(labels, return_inverse=True)[1]])


def _most_frequent(labels: Labels, unit_of: Rows) -> Labels:
    """Return the most frequent label of each unit, an array of shape (n_units,)."""
    names, codes = np.unique(labels, return_inverse=True)
    counts = np.zeros((unit_of.max() + 1, len(names)), dtype=np.intp)
    np.add.at(counts, (unit_of, codes), 1)
    found: Labels = names[counts.argmax(axis=1)]
    return found
