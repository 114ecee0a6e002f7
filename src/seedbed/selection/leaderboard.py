"""The candidates of a sweep, ranked over their seeds, each with how sure its score and its difference are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from seedbed.data.arrays import Floats
from seedbed.errors import UnknownName
from seedbed.metrics.metric import Metric, Unit, find_metric
from seedbed.metrics.names import DUMMY, METRIC_COLUMN
from seedbed.metrics.predictions import arrange_predictions, make_scorer, weighted_scores
from seedbed.selection.axes import Axis, Order, middle_of_tied, order_of, swept_axes, values_of
from seedbed.selection.candidate_stats import Comparison, Row, comparison_of
from seedbed.selection.incomplete import Incomplete, unfinished, untried
from seedbed.selection.inference import LEVEL, TIED

BEFORE_CORRECTION = "before correction for the choice"
CLEARLY = 1 - LEVEL  # a difference with an adjusted p value below this is told apart


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaderboard:
    """The candidates of a sweep by one metric.

    Attributes
    ----------
    rows : those that compete, the leader first; empty if none does.
    incomplete : those that do not.
    dummy : the dummy classifier on the same splits; it never competes.
    seeds : the split seeds that count, rising.
    undefined_seeds : planned seeds left out because there the metric is undefined for every candidate.
    development_rows : rows that the splits are made of, training and test together.
    least_n_train : the fewest rows that a run was trained on.
    """

    metric: Metric
    rows: tuple[Row, ...]
    incomplete: tuple[Incomplete, ...]
    dummy: Row | None
    axes: tuple[Axis, ...]
    order: Order
    seeds: tuple[int, ...]
    planned_seeds: tuple[int, ...]
    undefined_seeds: tuple[int, ...]
    development_rows: int
    least_n_train: int

    @property
    def leader(self) -> Row | None:
        """The best by mean; of equal ones the middle, for an unordered parameter the first."""
        return self.rows[0] if self.rows else None

    def row(self, candidate: str) -> Row:
        """Return the row of one that competes."""
        return next(row for row in self.rows if row.candidate == candidate)

    def scores(self) -> Floats:
        """Return the scores of those that compete, an array of shape (n_seeds, n_candidates) as `order` has them."""
        of = {row.candidate: row.scores for row in self.rows}
        return np.array([of[name] for name in self.order.candidates]).T

    def clearly_worse(self) -> tuple[Row, ...]:
        """Return the rows that are told apart from the leader, those of all candidates compared counted (Holm)."""
        # A p value may be exactly 0: over hundreds of splits less than the least double is left of it.
        adjusted = ((row, row.difference.holm) for row in self.rows if row.difference)
        return tuple(row for row, p in adjusted if p is not None and p < CLEARLY)

    def frame(self, *, rule: str = "", chosen: str | None = None) -> pd.DataFrame:
        """Return every number as a table for leaderboard.csv: who competes, the dummy, who does not.

        Parameters
        ----------
        rule : the rule of the choice, named in every row.
        chosen : the candidate chosen; its interval is marked as not corrected for that.
        """
        rows = [*self.rows, *([self.dummy] if self.dummy else [])]
        lines = [self._line(row, rank, chosen) for rank, row in enumerate(rows, start=1)]
        lines += [
            {"candidate": one.candidate, **one.values, "seeds": one.finished, "note": f"incomplete: {one.reason}"}
            for one in self.incomplete
        ]
        table = pd.DataFrame(lines, columns=None if lines else ["candidate"])
        table.insert(0, "metric", self.metric.name)
        table.insert(1, "rule", rule)
        return table

    def _line(self, row: Row, rank: int, chosen: str | None) -> dict[str, Any]:
        difference = row.difference
        notes = [
            row.basis,
            *([f"difference: {difference.basis}"] if difference and difference.basis != row.basis else []),
        ]
        return {
            "rank": None if row is self.dummy else rank,
            "candidate": row.candidate,
            **{axis.key: row.values.get(axis.key) for axis in self.axes},
            self.metric.average_name: row.score,
            **{name: getattr(row, name) for name in ("error", "low", "high", "minimum", "maximum")},
            "seeds": len(row.seeds),
            "train_accuracy": row.train_accuracy,
            **{
                f"difference_{name}": getattr(difference, name, None)
                for name in ("mean", "error", "low", "high", "p", "holm")
            },
            "chosen": row.candidate == chosen,
            "note": "; ".join([*([BEFORE_CORRECTION] if row.candidate == chosen else []), *notes]),
        }


def metric_names(runs: pd.DataFrame) -> list[str]:
    """Return the metrics that one can choose by, those of single classes last."""
    names = [name.removeprefix(METRIC_COLUMN) for name in map(str, runs) if name.startswith(METRIC_COLUMN)]
    scores = [name for name in names if find_metric(name).unit is not Unit.COUNT]
    return sorted(scores, key=lambda name: ("/" in name, name))


def leaderboard_of(
    runs: pd.DataFrame,
    metric: str,
    *,
    planned_seeds: Sequence[int],
    axes: Mapping[str, Sequence[Any]],
    predictions: pd.DataFrame | None = None,
) -> Leaderboard:
    """Rank the candidates of a sweep.

    Parameters
    ----------
    runs : one row a finished run; columns run, candidate (`dummy` for the dummy classifier), seed, n_train, n_test,
        `params.<key>` and `metrics.<name>`; in any order.
    planned_seeds : the split seeds of the grid; a candidate that lacks one, or a score on one, does not compete.
    axes : what the sweep varied, with the values in the config's order; a split seed among them is passed over.
    predictions : the sweep's test predictions, to count the distinct rows tested; without them those of one split.

    Raises
    ------
    UnknownName : a metric that the runs do not have.
    """
    if metric not in metric_names(runs):
        raise UnknownName("metric", metric, metric_names(runs), most=60)
    planned = sorted({int(seed) for seed in planned_seeds})
    # A candidate that was run twice on a seed counts once, whatever the order of the runs.
    runs = runs[runs["seed"].isin(planned)].sort_values(["candidate", "seed", "run"], kind="stable")
    runs = runs.drop_duplicates(["candidate", "seed"])
    own = runs[runs["candidate"] != DUMMY]
    found = swept_axes(own, axes)
    values = values_of(own, found)
    table = _score_table(runs, metric, planned)
    undefined = _undefined_seeds(own, table)
    table = table.drop(columns=undefined)
    scores = _defined(table)
    whole = {name: values[name] for name in values if len(scores[name]) == table.shape[1] > 0}
    partly = {name: values[name] for name in values if name not in whole}
    order = order_of(whole, found)
    comparison = comparison_of(runs, find_metric(metric), found, predictions)
    rows = _ranked(
        [comparison.row(name, values[name], scores[name]) for name in order.candidates], order, comparison.metric
    )
    return Leaderboard(
        metric=comparison.metric,
        rows=comparison.compared(rows),
        incomplete=(*unfinished(table, _finished(runs, planned), partly, found), *untried(values, found, axes.keys())),
        dummy=_dummy(comparison, scores.get(DUMMY), rows),
        axes=found,
        order=order,
        seeds=tuple(int(seed) for seed in table.columns),
        planned_seeds=tuple(planned),
        undefined_seeds=tuple(undefined),
        development_rows=int((runs["n_train"] + runs["n_test"]).max()) if len(runs) else 0,
        least_n_train=int(runs["n_train"].min()) if len(runs) else 0,
    )


def dummy_runs(predictions: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return rows to append to `runs` for the dummy classifier, which has predictions but no run in MLflow."""
    seeds = predictions.loc[predictions["candidate"] == DUMMY, "seed"].unique()
    sizes = runs[runs["seed"].isin(seeds)].groupby("seed")[["n_train", "n_test"]].max()
    if sizes.empty:
        return runs.iloc[:0]
    tests = arrange_predictions(predictions, [DUMMY], list(sizes.index))
    ones, scores = np.ones((1, len(tests.rows))), {}
    for name in metric_names(runs):
        if scorer := make_scorer(find_metric(name), tests.classes):
            scores[METRIC_COLUMN + name] = weighted_scores(tests, scorer, ones)[:, 0, 0]
    return sizes.assign(run="", candidate=DUMMY, **scores).reset_index()


def _score_table(runs: pd.DataFrame, metric: str, planned: Sequence[int]) -> pd.DataFrame:
    """Return the finite scores, a row a candidate and a column a planned seed."""
    table = runs.pivot(index="candidate", columns="seed", values=METRIC_COLUMN + metric).reindex(columns=list(planned))
    return table.astype(float).replace([np.inf, -np.inf], np.nan)


def _finished(runs: pd.DataFrame, planned: Sequence[int]) -> pd.DataFrame:
    return runs.pivot(index="candidate", columns="seed", values="run").reindex(columns=list(planned)).notna()


def _defined(table: pd.DataFrame) -> dict[str, dict[int, float]]:
    """Return of each candidate its scores by seed, those that there are."""
    seeds, cells = [int(seed) for seed in table.columns], table.to_numpy(dtype=float).tolist()
    return {
        str(name): {seed: score for seed, score in zip(seeds, row, strict=True) if not np.isnan(score)}
        for name, row in zip(table.index, cells, strict=True)
    }


def _undefined_seeds(own: pd.DataFrame, table: pd.DataFrame) -> list[int]:
    """Return the seeds on which runs finished and none has a score: the split's fault (a class not in it)."""
    scored = table.drop(index=DUMMY, errors="ignore").notna().any()
    return [int(seed) for seed in table.columns if not scored[seed] and (own["seed"] == seed).any()]


def _ranked(rows: list[Row], order: Order, metric: Metric) -> list[Row]:
    """Return the leader first, then the best; of equal ones in the order of the grid."""
    if not rows:
        return []
    scores = np.array([row.score for row in rows]) * metric.sign
    leader = int(middle_of_tied((scores >= scores.max() - TIED)[None, :], order.groups)[0])
    falling = np.argsort(-scores, kind="stable")
    steps = np.empty(len(rows), dtype=int)
    steps[falling] = np.cumsum(np.diff(-scores[falling], prepend=-scores[falling[0]]) > TIED)
    places = sorted(range(len(rows)), key=lambda place: (place != leader, steps[place], place))
    return [rows[place] for place in places]


def _dummy(comparison: Comparison, scores: Mapping[int, float] | None, rows: Sequence[Row]) -> Row | None:
    if not scores:
        return None
    row = comparison.row(DUMMY, {}, scores)
    shared = bool(rows) and not scores.keys().isdisjoint(rows[0].seeds)
    return replace(row, difference=comparison.difference(row, rows[0])) if shared else row
