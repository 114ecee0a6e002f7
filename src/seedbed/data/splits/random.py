"""Rows drawn at random into training and test rows, as scikit-learn's train_test_split does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from seedbed.data.arrays import Labels, Rows
from seedbed.errors import BadInput, clip


@dataclass(frozen=True)
class Sizes:
    """How many rows a split trains on and tests."""

    train: int
    test: int


def compute_sizes(rows: int, test_size: float) -> Sizes:
    """Return the sizes that scikit-learn's train_test_split gives: the test rows rounded up."""
    test = math.ceil(test_size * rows)
    return Sizes(train=rows - test, test=test)


def split_rows(labels: Labels, *, seed: int, test_size: float, stratify: bool) -> tuple[Rows, Rows]:
    """Split row numbers into training and test rows.

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


def check_sizes(labels: Labels, test_size: float, stratify: bool, key: str = "split", unit: str = "row") -> Sizes:
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
    rows, of_holdout = len(labels), key == "dataset.holdout"
    sizes = compute_sizes(rows, test_size)
    share = key if of_holdout else f"{key}.test_size"
    if sizes.train < 1 or sizes.test < 1:
        raise BadInput(f"{share}={test_size:g} leaves {sizes.train} of {rows} rows to train on; choose another share.")
    if not stratify:
        return sizes
    names, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        what = "holdout" if of_holdout else "split"
        cure = "set no rows aside: dataset.holdout=0" if of_holdout else "do not stratify: split.stratify=false"
        raise BadInput(
            f"Class {clip(names[counts.argmin()])} has only one {unit}, and a stratified {what} needs two; drop the "
            f"class from the table, or {cure}."
        )
    if min(sizes.train, sizes.test) < len(names):
        least = math.ceil(len(names) / rows * 1000) / 1000
        cure = f"choose {share} from {least:g} to {1 - least:g}" if least < 0.5 else f"choose {share}=0.5"
        cure = "no other share is enough" if least > 0.5 else cure
        raise BadInput(
            f"{share}={test_size:g} makes {sizes.test} test and {sizes.train} training {unit.split()[-1]}s of {rows}, "
            f"fewer than the {len(names)} classes of a stratified split; {cure}, or use split.stratify=false "
            "dataset.holdout=0."
        )
    return sizes


def check_classes(labels: Labels, sizes: Sizes, held_out: int) -> None:
    """Refuse a stratified split that leaves a class without test rows for some seed.

    Parameters
    ----------
    labels : array of shape (n_development_rows,).
    held_out : how many rows are held out beside these.

    Raises
    ------
    BadInput : with the class, the rows it has, and the rows that it needs in all.
    """
    rows = len(labels)
    names, counts = np.unique(labels, return_counts=True)
    # scikit-learn gives each class its share of the test rows rounded down, and the rest by chance.
    if (counts * sizes.test // rows).min() >= 1:
        return
    least, needed = counts.argmin(), math.ceil(rows / sizes.test)
    whole = f", about {math.ceil(needed * (rows + held_out) / rows)} with the held-out rows" if held_out else ""
    raise BadInput(
        f"Class {clip(names[least])} has {counts[least]} of the {rows} rows for training and test, and with some "
        f"seeds none of them would be a test row; a stratified split needs {needed} of each class{whole}: drop or "
        "merge the class, or use split.stratify=false dataset.holdout=0."
    )
