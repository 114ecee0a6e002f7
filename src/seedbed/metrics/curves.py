"""Areas under the curves of one class against the rest: weighted rows, all draws of them at once.

`scores` of shape (n_rows,) are the probabilities of the class, `own` says which rows are of it, `weights` is of shape
(n_rows, n_draws); what is returned is of shape (n_draws,), NaN where no row of the class, or no other, has weight.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from seedbed.data.arrays import Floats, Mask


def area_under_roc(scores: Floats, own: Mask, weights: Floats) -> Floats:
    """Return the share of pairs, one of them of the class, that are ranked right, ties half: Mann & Whitney (1947)."""
    mine, others = weights[own], weights[~own]
    below, up_to = _sum_below(scores[~own], others, scores[own], "left", "right")
    with np.errstate(invalid="ignore"):
        return np.asarray((mine * (below + up_to)).sum(axis=0) / (2 * mine.sum(axis=0) * others.sum(axis=0)))


def average_precision(scores: Floats, own: Mask, weights: Floats) -> Floats:
    """Return the mean of the precisions at the scores of the rows of the class, as scikit-learn's."""
    mine, others = weights[own], weights[~own]
    (right,) = _sum_below(-scores[own], mine, -scores[own], "right")
    (wrong,) = _sum_below(-scores[~own], others, -scores[own], "right")
    with np.errstate(invalid="ignore"):
        return np.asarray((mine * np.where(mine > 0, right / (right + wrong), 0.0)).sum(axis=0) / mine.sum(axis=0))


def _sum_below(scores: Floats, weights: Floats, bounds: Floats, *sides: Literal["left", "right"]) -> list[Floats]:
    """Return what the rows below each bound, `left`, or up to it, `right`, weigh: shape (n_bounds, n_draws)."""
    order = np.argsort(scores, kind="stable")
    sums = np.zeros((len(scores) + 1, weights.shape[1]))
    np.cumsum(weights[order], axis=0, out=sums[1:])
    return [sums[np.searchsorted(scores[order], bounds, side)] for side in sides]
