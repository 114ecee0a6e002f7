"""The bootstrap bias corrected score of a choice, from the test predictions of a sweep.

Tsamardinos, Greasidou & Borboudakis (2018), "Bootstrapping the out-of-sample predictions for efficient and accurate
cross-validation": draw rows with replacement, choose on those drawn, score the choice on those not drawn. Rows that
belong together are drawn together (Davison & Hinkley, 1997, "Bootstrap Methods and their Application", of hierarchical
data): another measurement of the same flower is not a new flower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Floats, Rows
from seedbed.metrics.names import GROUP
from seedbed.metrics.predictions import Scorer, SweepPredictions, Weigh, mean_over_splits, weighted_scores

# Scores of shape (n_splits, n_draws, n_candidates) to indexes of shape (n_draws,), of several rules (n_rules, n_draws).
Pick = Callable[[Floats], Codes]
_BLOCK = 4_000_000  # floats at once, 32 MB


def number_units(predictions: pd.DataFrame, rows: Rows) -> Codes:
    """Return what is drawn as one: the number, from 0, of each row's group; its own if rows have none.

    `predictions` has the columns row and, if the sweep has groups, group; `rows` (n_rows,) are those tested, sorted.
    """
    if GROUP not in predictions:
        return np.arange(len(rows), dtype=np.intp)
    groups = predictions.drop_duplicates("row").set_index("row")[GROUP].reindex(pd.Index(rows))
    return pd.factorize(groups)[0].astype(np.intp)


def draw_out_of_bag(
    predictions: SweepPredictions,
    scorer: Scorer,
    pick: Pick,
    resamples: int,
    seed: int,
    units: Codes | None = None,
    *,
    against_last: bool = False,
) -> tuple[Codes, Floats]:
    """Choose on drawn rows and score the choice on the rows not drawn, `resamples` times.

    The choice goes by the mean over splits, as the leaderboard does. What the score is of: see `score_left`.

    Parameters
    ----------
    pick : one rule, or several in one function, such as the same in each family: all choose on the same draws.
    units : array of shape (n_rows,), as `number_units` returns it; by default each row is drawn by itself.
    against_last : the last candidate is not chosen from; its scores are subtracted from those of the choice.

    Returns
    -------
    chosen : array of shape (resamples,) or (n_rules, resamples), indexes in `predictions.candidates`.
    scores : array of the same shape, NaN where no row was left.
    """
    chosen, scores = [], []
    units = np.arange(len(predictions.rows)) if units is None else units
    compete = len(predictions.candidates) - against_last
    for weights in _draw(predictions, resamples, seed, units):
        picked = pick(weighted_scores(predictions, scorer, weights)[..., :compete])
        left = (weights == 0).astype(float)
        chosen.append(picked)
        each = [score_left(predictions, scorer, left, one) for one in np.atleast_2d(picked)]
        if against_last:
            last = score_left(predictions, scorer, left, np.full(len(left), compete))
            each = [one - last for one in each]
        scores.append(np.stack(each).reshape(picked.shape))
    return np.concatenate(chosen, axis=-1), np.concatenate(scores, axis=-1)


def score_left(predictions: SweepPredictions, scorer: Scorer, left: Floats, picked: Codes) -> Floats:
    """Return the score of each draw's candidate on the rows that it left, NaN where it left none.

    It is of all their tests, pooled over the splits: a third of a split's rows is so few that F1 or precision on them
    alone would be 0.5 to 1 point low. Of accuracy, recall and log loss both are the same mean if all splits are of one
    size. Areas under curves are averaged within splits instead, those left without a class skipped: the probabilities
    of different models are not of one order.

    Parameters
    ----------
    left : array of shape (n_draws, n_rows), 1 for a row that was not drawn.
    picked : array of shape (n_draws,), indexes in `predictions.candidates`.
    """
    if not scorer.metric.within_splits:
        pooled = predictions.pooled
        return scorer(pooled, _weigh_picked(left[:, pooled.index], picked))
    scores = np.empty(len(picked))
    for candidate in np.unique(picked):
        draws = picked == candidate
        scores[draws] = mean_over_splits(weighted_scores(predictions.take(candidate), scorer, left[draws]))[:, 0]
    return scores


def _draw(predictions: SweepPredictions, resamples: int, seed: int, units: Codes) -> Iterator[Floats]:
    """Yield how often each row is drawn, in blocks of draws that fit in memory."""
    rows, count = len(predictions.rows), int(units.max()) + 1
    random = np.random.default_rng(seed)
    scores = len(predictions.candidates) * max(len(predictions.splits), len(predictions.classes))
    block = max(1, _BLOCK // max(rows, scores, len(predictions.pooled.index)))
    for start in range(0, resamples, block):
        draws = min(block, resamples - start)
        drawn = random.integers(0, count, size=(draws, count)) + count * np.arange(draws)[:, None]
        yield np.bincount(drawn.ravel(), minlength=draws * count).reshape(draws, count).astype(float)[:, units]


def _weigh_picked(weights: Floats, picked: Codes) -> Weigh:
    def weigh(columns: Floats) -> Floats:
        own = columns[:, picked] if columns.shape[1] > 1 else columns
        return np.asarray((weights.T * own).sum(axis=0))

    return weigh
