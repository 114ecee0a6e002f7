"""Partitions into folds, each of them the test rows once; the seed says which partition and which fold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from seedbed.config.candidate import FOLDS, SPLIT_SEED
from seedbed.config.naming import format_values
from seedbed.data.arrays import Labels, Rows
from seedbed.errors import BadInput, clip


def assign_folds(labels: Labels, *, partition: int, folds: int, stratify: bool, groups: Labels | None = None) -> Rows:
    """Return in which fold each row is tested, as scikit-learn's splitters have it with `random_state=partition`.

    Parameters
    ----------
    labels : array of shape (n_rows,), the class of each row.
    groups : array of shape (n_rows,); rows of one group share a fold.

    Returns
    -------
    numbers : array of shape (n_rows,), from 0 to `folds` - 1.
    """
    if groups is None:
        kind = StratifiedKFold if stratify else KFold
    else:
        kind = StratifiedGroupKFold if stratify else GroupKFold
    numbers = np.empty(len(labels), dtype=np.intp)
    parts = kind(folds, shuffle=True, random_state=partition).split(labels, labels, groups)
    for number, (_, test) in enumerate(parts):
        numbers[test] = number
    return numbers


def check_folds(labels: Labels, folds: int, stratify: bool, groups: Labels | None = None) -> None:
    """Refuse folds that cannot be made.

    Raises
    ------
    BadInput : more folds than rows or groups; stratified, a class with fewer of them than folds.
    """
    what = "rows" if groups is None else "groups"
    units = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    whole = len(np.unique(units))
    if folds > whole:
        cure = f"choose {FOLDS} up to {whole}" if whole >= 2 else "use split=random"
        raise BadInput(f"{FOLDS}={folds} is more than the {whole} {what} for training and test; {cure}.")
    if not stratify:
        return
    counts = {str(name): len(np.unique(units[labels == name])) for name in np.unique(labels)}
    name, least = min(counts.items(), key=lambda pair: pair[1])
    if least < folds:
        fewer = f"choose {FOLDS} up to {least}, " if least > 1 else ""
        raise BadInput(
            f"Class {clip(name)} has {least} of the {whole} {what} for training and test, fewer than {FOLDS}={folds}, "
            f"so that some fold would test none of it; {fewer}drop or merge the class, or use split.stratify=false."
        )


@dataclass(frozen=True)
class UnequalSeeds:
    """Seeds that stop short of whole partitions; `whole` are all seeds of these, as one types them."""

    seeds: int
    folds: int
    whole: str

    @property
    def words(self) -> str:
        """What that means for the rows."""
        stop = "seed stops" if self.seeds == 1 else "seeds stop"
        return (
            f"{self.seeds} {stop} short of whole partitions of {self.folds} folds, so that some rows are tested more "
            "often than others"
        )

    @property
    def override(self) -> str:
        """The key that tests each row equally often, unquoted."""
        return f"{SPLIT_SEED}={self.whole}"


def find_unequal_seeds(seeds: Iterable[int], folds: int) -> UnequalSeeds | None:
    """Return which seeds stop short of whole partitions; None if they do not, so that rows are tested equally often."""
    there = {int(seed) for seed in seeds}
    whole = sorted({seed - seed % folds + fold for seed in there for fold in range(folds)})
    return None if len(whole) == len(there) else UnequalSeeds(len(there), folds, format_values(whole))
