"""The best rule on one feature: intervals of its values, a class for each; what one would look for by eye."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.data.arrays import Codes, Floats, Mask

MOST_BLOCKS = 256  # places between which cuts are looked for; more are drawn together, equally many rows each

Counts = npt.NDArray[np.int32]

_NEVER = np.int32(-(2**30))


@dataclass(frozen=True)
class ThresholdRule:
    """Intervals of one feature: class `codes[0]` below `cuts[0]`, then `codes[1]` below `cuts[1]`, and so on.

    Attributes
    ----------
    column : place of the feature in its table.
    cuts : rising; a value equal to a cut belongs above it.
    codes : one more than cuts, no two neighbours the same.
    right, rows : how many of the rows that it was found on it gets right.
    """

    column: int
    cuts: tuple[float, ...]
    codes: tuple[int, ...]
    right: int
    rows: int

    def predict(self, features: Floats) -> Codes:
        """Return the class of each row of an array of shape (n_rows, n_features), as codes of shape (n_rows,)."""
        return np.array(self.codes, dtype=np.intp)[np.searchsorted(self.cuts, features[:, self.column], side="right")]


def best_rule(features: Floats, codes: Codes) -> ThresholdRule:
    """Return the rule that gets most rows right; of equal features the first.

    Parameters
    ----------
    features : array of shape (n_rows, n_features), finite; at least a row and a feature.
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    """
    return rule_on(features, codes, int(np.argmax(rows_right(features, codes))))


def rows_right(features: Floats, codes: Codes) -> npt.NDArray[np.int64]:
    """Return how many rows the best rule on each feature gets right, an array of shape (n_features,).

    The rules have at most as many intervals as there are classes. Found by dynamic programming over the sorted values
    (Fisher, 1958, "On grouping for maximum homogeneity"), for all features at once. Cuts inside a run of values of one
    class alone never help (Fayyad and Irani, 1992), so that such a run is one block.
    """
    present, own = np.unique(codes, return_inverse=True)
    blocks = [_blocks(column, own, len(present))[0] for column in features.T]
    longest = max(len(block) for block in blocks)
    padded = np.zeros((longest, len(blocks), 1, len(present)), dtype=np.int32)
    for place, block in enumerate(blocks):
        padded[: len(block), place, 0] = block
    best = _start(padded[0], len(present))
    for counts in padded[1:]:
        best = _grown(best)[0] + counts
    found: npt.NDArray[np.int64] = best.max(axis=(1, 2)).astype(np.int64)
    return found


def rule_on(features: Floats, codes: Codes, column: int) -> ThresholdRule:
    """Return the best rule on one feature, with as few intervals as that takes; see `rows_right`."""
    present, own = np.unique(codes, return_inverse=True)
    counts, edges = _blocks(features[:, column], own, len(present))
    best = _start(counts[0][None, None], len(present))
    steps: list[tuple[Mask, Codes]] = []
    for block in counts[1:]:
        grown, opened, before = _grown(best)
        steps.append((opened[0], before[0]))
        best = grown + block
    intervals = int(np.argmax(best[0].max(axis=1)))  # the first of equals: the fewest
    code = int(np.argmax(best[0, intervals]))
    right = int(best[0, intervals, code])
    found_cuts, found_codes = [], [code]
    for place in range(len(steps), 0, -1):
        opened, before = steps[place - 1]
        if intervals and opened[intervals, code]:
            code = int(before[intervals])
            intervals -= 1
            found_cuts.append(between(*edges[place - 1]))
            found_codes.append(code)
    classes = tuple(int(present[code]) for code in reversed(found_codes))
    return ThresholdRule(column, tuple(reversed(found_cuts)), classes, right, len(codes))


def _start(counts: Counts, n_classes: int) -> Counts:
    """Return the rows right by feature, number of intervals and class of the last one, after the first block."""
    best = np.full((len(counts), n_classes, n_classes), _NEVER, dtype=np.int32)
    best[:, :1] = counts
    return best


def _grown(best: Counts) -> tuple[Counts, Mask, Codes]:
    """Go on with an interval or open one: the better of both, where one is opened, and after which class."""
    before = np.argmax(best, axis=2)
    most = np.take_along_axis(best, before[..., None], axis=2)
    opening = np.full_like(most, _NEVER)
    opening[:, 1:] = most[:, :-1]
    after = np.zeros_like(before)
    after[:, 1:] = before[:, :-1]
    return np.maximum(best, opening), opening > best, after


def _blocks(values: Floats, codes: Codes, n_classes: int) -> tuple[Counts, Floats]:
    """Return the rows of each class in each block of neighbouring values, and the values on both sides of each cut."""
    distinct, place = np.unique(values, return_inverse=True)
    counts = np.zeros((len(distinct), n_classes), dtype=np.int32)
    np.add.at(counts, (place.ravel(), codes), 1)
    pure = np.where((counts > 0).sum(axis=1) == 1, counts.argmax(axis=1), -1)
    starts = np.flatnonzero(np.r_[True, (pure[1:] != pure[:-1]) | (pure[1:] < 0)])
    if len(starts) > MOST_BLOCKS:
        rows = counts.sum(axis=1).cumsum()[starts]
        starts = starts[np.unique(np.searchsorted(rows, np.linspace(0, rows[-1], MOST_BLOCKS, endpoint=False)))]
        starts[0] = 0
    return np.add.reduceat(counts, starts, axis=0), np.column_stack([distinct[starts[1:] - 1], distinct[starts[1:]]])


def between(low: float, high: float) -> float:
    """Return the number of fewest digits above `low` and at most `high` that is nearest to their middle.

    Parameters
    ----------
    low, high : finite, low < high.
    """
    middle = low / 2 + high / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits}g}")
        # A third of the gap to either side, so that 0.6 and 1.0 give 0.8, and not the edge of one of them.
        if low + (high - low) / 3 <= rounded <= high - (high - low) / 3 and low < rounded <= high:
            return rounded
    return middle if math.isfinite(middle) and low < middle else high
