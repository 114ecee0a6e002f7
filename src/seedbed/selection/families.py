"""The families of a sweep, compared without favour to the one with more settings.

The best mean of a family rises with the number of its settings. So each chooses on the drawn rows and is scored on the
rows not drawn, all on the same draws (BBC-CV: Tsamardinos, Greasidou & Borboudakis, 2018; see `bbc`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.families import list_families
from seedbed.config.schema import Selection
from seedbed.data.arrays import Floats
from seedbed.errors import BadInput, BadValue, join_names
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.records.records import SweepRecord
from seedbed.selection.axes import FamilyKey
from seedbed.selection.choice import ALL, CorrectedEstimate, check_rule, estimate_choices, pick_one
from seedbed.selection.inference import LEVEL, TIED
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import CandidateScore, Difference, compare_scores


@dataclass(frozen=True, kw_only=True)
class FamilyScore:
    """A family, by what its choices score on rows not drawn.

    Attributes
    ----------
    candidates : how many compete.
    winner : the one that the rule chooses on all rows.
    score, low, high : mean over the draws and its 95 % interval, None if no spread is known.
    share : of the draws in which it scores best; equal ones share a draw.
    difference : to the leader, on the same draws; None for the leader itself.
    too_narrow : whether the winner varies more from split to split than the draws of rows show.
    times : of the winner, medians over its runs: seconds to fit, and to predict a row within a test set.
    """

    key: FamilyKey
    name: str
    candidates: int
    winner: CandidateScore
    score: float
    low: float | None
    high: float | None
    share: float
    difference: Difference | None
    too_narrow: bool
    times: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyComparison:
    """The families of a sweep, the leader first.

    Attributes
    ----------
    served : the leader; with a tolerance the first of the order that is at most so far behind it.
    estimate : what to expect of the candidate served: its family's score, with the hull of that interval and of the one
        over all candidates together, since the family was chosen too. Shares are of the draws within each family.
    """

    families: tuple[FamilyScore, ...]
    served: FamilyScore
    estimate: CorrectedEstimate
    tolerance: float | None

    @property
    def no_worse(self) -> tuple[FamilyScore, ...]:
        """The families that cannot be told apart from the leader, it not included."""
        return tuple(one for one in self.families if one.difference and one.difference.has_zero)

    @property
    def basis(self) -> str:
        """How the family was chosen."""
        near = "" if self.served is self.families[0] else f"within {self.tolerance:g} of "
        return f"in {self.served.name}, {near}the best of {len(self.families)} families on rows not drawn"


def compare_families(sweep: SweepRecord, leaderboard: Leaderboard, selection: Selection) -> FamilyComparison | None:
    """Compare the families of a sweep; None if one alone competes, or the metric is not a function of the test rows.

    Raises
    ------
    BadInput : as `choose`; an order with a name that is not a family's; a tolerance for a metric without such scores.
    """
    spans, metric = leaderboard.spans, leaderboard.metric
    if len(spans) < 2:
        return None
    names = [str(target or name) for name, target in spans]
    if unknown := set(selection.order) - {*names, *(family.name for family in list_families())}:
        raise BadValue("selection.order", min(unknown), f"families, which are here {join_names(names)}")
    rule = check_rule(selection.rule, leaderboard)
    found = estimate_choices(sweep.predictions, leaderboard, rule, [ALL, *spans.values()])
    if found is None and selection.tolerance is not None:
        raise BadInput(f"selection.tolerance goes by scores of rows, which {metric} has not; leave it out.")
    if found is None:
        return None
    (every, *estimates), draws = found
    scores = metric.sign * draws[1:]
    rows = [leaderboard.row(name) for name in leaderboard.order.candidates]
    winners = [rows[pick_one(leaderboard, rule, span)] for span in spans.values()]
    means, finite = np.nanmean(scores, axis=1), np.nan_to_num(scores, nan=-np.inf)
    leader, best = int((means >= means.max() - TIED).argmax()), finite >= finite.max(axis=0) - TIED
    families = [
        FamilyScore(
            key=key,
            name=names[at],
            candidates=len(rows[span]),
            winner=winner,
            score=estimate.value,
            low=estimate.low,
            high=estimate.high,
            share=float((best[at] / best.sum(axis=0)).mean()),
            difference=None
            if at == leader
            else widen(compare_scores(metric, winner, winners[leader]), metric.sign * (scores[at] - scores[leader])),
            too_narrow=winner.error is not None and winner.error > float(np.nanstd(scores[at])),
            times=_find_times(sweep.runs[sweep.runs["candidate"] == winner.candidate]),
        )
        for at, ((key, span), winner, estimate) in enumerate(zip(spans.items(), winners, estimates, strict=True))
    ]
    order, tolerance = selection.order or names, selection.tolerance
    behind = {one.name: -metric.sign * one.difference.mean if one.difference else 0.0 for one in families}
    near = [names.index(name) for name in order if behind.get(name, np.inf) <= (tolerance or 0.0) + TIED]
    served = leader if tolerance is None or not near else near[0]
    bounds = [bound for one in (every, estimates[served]) for bound in (one.low, one.high) if bound is not None]
    low, high = min(bounds, default=None), max(bounds, default=None)
    shares = {name: share for one in estimates for name, share in one.shares.items() if share}
    return FamilyComparison(
        families=tuple(families[at] for at in sorted(range(len(names)), key=lambda at: (at != leader, -means[at]))),
        served=families[served],
        estimate=replace(estimates[served], low=low, high=high, shares={**dict.fromkeys(every.shares, 0.0), **shares}),
        tolerance=tolerance,
    )


def widen(paired: Difference, draws: Floats) -> Difference:
    """Return the mean difference of two families over the same draws, with its 95 % interval.

    That is the wider, end by end, of the 5th and 95th percentiles of the draws and the mean ± the corrected t (Nadeau &
    Bengio, 2003) of the two winners over the splits: the draws do not see that a model changes from split to split, and
    the splits do not see the choosing. Where the splits give no interval, the 2.5th and 97.5th percentiles alone.

    Parameters
    ----------
    paired : of the two winners.
    draws : array of shape (n_draws,), NaN where no row was left.
    """
    draws, half, level = draws[~np.isnan(draws)], 0.0, LEVEL
    if not len(draws):
        return replace(paired, p=None)
    mean = float(draws.mean())
    if paired.low is not None and paired.high is not None:
        half, level = max(paired.high - paired.mean, paired.mean - paired.low), 2 * LEVEL - 1
    low, high = map(float, np.percentile(draws, [50 * (1 - level), 50 * (1 + level)]))
    return replace(paired, mean=mean, low=min(low, mean - half), high=max(high, mean + half), p=None)


def _find_times(runs: pd.DataFrame) -> dict[str, float]:
    parts: dict[str, Any] = {"fit_seconds": 1, "predict_seconds": runs["n_test"]}
    columns = {name: runs[METRIC_COLUMN + name] / part for name, part in parts.items() if METRIC_COLUMN + name in runs}
    return {name: float(times.median()) for name, times in columns.items() if times.notna().any()}
