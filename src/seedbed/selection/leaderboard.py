"""The candidates of a sweep, ranked over their seeds, each with how sure its score and its difference are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY, SPLIT_SEED
from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric, find_metric, resolve_metric
from seedbed.metrics.names import DUMMY, DUMMY_LABEL, METRIC_COLUMN
from seedbed.metrics.predictions import arrange_predictions, count_rows, list_classes, make_scorer, weighted_scores
from seedbed.records.records import PARAMS, RATIO, SweepRecord
from seedbed.selection.axes import (
    Axis,
    FamilyKey,
    Order,
    Values,
    find_axes,
    find_middle,
    format_label,
    get_family,
    list_cells,
    name_differences,
    narrow_axes,
    order_candidates,
    read_values,
)
from seedbed.selection.inference import LEVEL, TIED
from seedbed.selection.scores import LEAST_SEEDS, CandidateScore, compare_scores, compare_to_leader, score_candidate

BEFORE_CORRECTION = "before correction for the choice"
NO_PROBABILITIES = "it predicts no probabilities"
Families = Mapping[FamilyKey, Sequence[Axis]]


@dataclass(frozen=True, kw_only=True)
class Incomplete:
    """A candidate that does not compete, and why; `candidate` is None for a cell of which no run finished."""

    candidate: str | None
    label: str
    values: Mapping[str, Any] = field(hash=False)
    finished: int
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaderboard:
    """The candidates of a sweep by one metric.

    Attributes
    ----------
    rows : those that compete, the leader first; empty if none does.
    incomplete : those that do not.
    dummy : the dummy classifier on the same splits; it never competes.
    families : the axes of each family of candidates, narrowed to its values.
    seeds : the split seeds that count, rising.
    undefined_seeds : planned seeds left out because there the metric is undefined for every candidate.
    development_rows : rows that the splits are made of, training and test together; 0 if that is not known.
    least_n_train : the fewest rows that a run was trained on; 0 if that is not known.
    """

    metric: Metric
    rows: tuple[CandidateScore, ...]
    incomplete: tuple[Incomplete, ...]
    dummy: CandidateScore | None
    axes: tuple[Axis, ...]
    families: Families
    order: Order
    seeds: tuple[int, ...]
    planned_seeds: tuple[int, ...]
    undefined_seeds: tuple[int, ...]
    development_rows: int
    least_n_train: int

    @property
    def leader(self) -> CandidateScore | None:
        """The best by mean; of equal ones the middle, for an unordered parameter the first."""
        return self.rows[0] if self.rows else None

    @property
    def testable(self) -> bool:
        """Whether differences over the splits are tested: not those of a time, of few seeds or of an unknown ratio."""
        known = not any(np.isnan(row.test_train_ratio) for row in self.rows)
        return self.metric.testable and len(self.seeds) >= LEAST_SEEDS and known

    def row(self, candidate: str) -> CandidateScore:
        """Return the row of one that competes."""
        return next(row for row in self.rows if row.candidate == candidate)

    def scores(self) -> Floats:
        """Return the scores of those that compete, an array of shape (n_seeds, n_candidates) as `order` has them."""
        of = {row.candidate: row.scores for row in self.rows}
        return np.array([of[name] for name in self.order.candidates]).T

    def name_rows(self, rows: Sequence[CandidateScore]) -> tuple[str, list[str]]:
        """Return a figure's names of candidates below what heads them: of one family the values that differ."""
        if len(self.families) > 1:
            return "candidate", [row.label for row in rows]
        return name_differences([row.values for row in rows], self.axes)

    def significantly_worse(self) -> tuple[CandidateScore, ...]:
        """Return the rows that differ significantly from the leader, adjusted for the number compared (Holm)."""
        # A p value may be exactly 0: over hundreds of splits less than the least double is left of it.
        adjusted = ((row, row.difference.holm) for row in self.rows if row.difference)
        return tuple(row for row, p in adjusted if p is not None and p < 1 - LEVEL)

    def frame(
        self, *, rule: str = "", chosen: str | None = None, shares: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """Return every number as a table for leaderboard.csv: who competes, the dummy, who does not.

        The rule is named in every row; the interval of the chosen one is marked as not corrected for that; `shares` are
        how often each candidate was chosen over the resamples.
        """
        lines = [{"rank": rank, **self._line(row, chosen)} for rank, row in enumerate(self.rows, start=1)]
        lines += [{"rank": None, **self._line(self.dummy, None)}] if self.dummy else []
        lines += [
            {"candidate": one.candidate, **one.values, "seeds": one.finished, "note": f"incomplete: {one.reason}"}
            for one in self.incomplete
        ]
        # As objects whole numbers stay whole beside an empty cell, and 1 and 1.0 as they are.
        table = pd.DataFrame(lines, columns=None if lines else ["candidate"], dtype=object)
        table.insert(0, "metric", self.metric.name)
        table.insert(1, "rule", rule)
        if shares:
            table["chosen_share"] = table["candidate"].map(dict(shares))
        return table

    def _line(self, row: CandidateScore, chosen: str | None) -> dict[str, Any]:
        difference, is_chosen = row.difference, row.candidate == chosen
        notes = [BEFORE_CORRECTION] * is_chosen + [str(row.basis)]
        if difference and difference.basis != row.basis:
            notes.append(f"difference: {difference.basis}")
        compared = ("mean", "error", "low", "high", "p", "holm")
        return {
            "candidate": row.candidate,
            **{axis.key: row.values.get(axis.key) for axis in self.axes},
            self.metric.average_name: row.score,
            **{name: getattr(row, name) for name in ("error", "low", "high", "minimum", "maximum")},
            "seeds": len(row.seeds),
            "train_accuracy": row.train_accuracy,
            **{f"difference_{name}": getattr(difference, name, None) for name in compared},
            "chosen": is_chosen,
            "note": "; ".join(notes),
        }


def metric_names(runs: pd.DataFrame) -> list[str]:
    """Return the metrics that one can choose by, those of single classes last."""
    names = [name.removeprefix(METRIC_COLUMN) for name in map(str, runs) if name.startswith(METRIC_COLUMN)]
    return sorted(filter(lambda name: find_metric(name).chooses, names), key=lambda name: ("/" in name, name))


def rank_sweep(sweep: SweepRecord, metric: str) -> Leaderboard:
    """Rank the candidates of a sweep, the dummy classifier beside them; raises as `rank_runs`."""
    dummies = score_dummy(sweep.predictions, sweep.runs)
    # Concatenated first, so that the dummy's scores stand in the same table as those that it is compared with.
    runs = pd.concat([sweep.runs, dummies], ignore_index=True) if len(dummies) else sweep.runs
    tests, own = sweep.predictions, sweep.metric
    return rank_runs(runs, metric, planned_seeds=sweep.seeds, axes=sweep.axes, predictions=tests, own_metric=own)


def score_dummy(predictions: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
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


def rank_runs(
    runs: pd.DataFrame,
    metric: str,
    *,
    planned_seeds: Sequence[int],
    axes: Mapping[str, Sequence[Any]],
    predictions: pd.DataFrame | None = None,
    own_metric: Metric | None = None,
) -> Leaderboard:
    """Rank the candidates of finished runs.

    Parameters
    ----------
    runs : one row a finished run; columns run, candidate (`dummy` for the dummy classifier), seed, n_train, n_test,
        `params.<key>` and `metrics.<name>`; in any order.
    planned_seeds : the split seeds of the grid; a candidate that lacks one, or a score on one, does not compete.
    axes : what the sweep varied, with the values in the config's order; a split seed among them is passed over.
    predictions : the sweep's test predictions, to count the distinct rows tested; without them those of one split.
    own_metric : what `metric` is, if its name does not tell.

    Raises
    ------
    BadInput : a metric that the runs do not have, or that nothing is chosen by.
    """
    classes = () if predictions is None else list_classes(predictions)
    metric = resolve_metric(metric, classes, metric_names(runs))
    planned = sorted({int(seed) for seed in planned_seeds})
    # A candidate that was run twice on a seed counts once, whatever the order of the runs.
    runs = runs[runs["seed"].isin(planned)].sort_values(["candidate", "seed", "run"], kind="stable")
    runs = runs.drop_duplicates(["candidate", "seed"])
    own = runs[runs["candidate"] != DUMMY]
    found, known = find_axes(own, axes), own_metric or find_metric(metric)
    values = read_values(own, found)
    families = narrow_axes(values, found)
    table = _pivot(runs, METRIC_COLUMN + metric, planned).astype(float).replace([np.inf, -np.inf], np.nan)
    scored, ran = table.drop(index=DUMMY, errors="ignore").notna().any(), {*own["seed"]}
    # Runs finished there, and none has a score: the split's fault (a class not in it).
    undefined = [int(seed) for seed in table.columns if seed in ran and not scored[seed]]
    table = table.drop(columns=undefined)
    seeds, rows_of_scores = tuple(map(int, table.columns)), zip(map(str, table.index), table.to_numpy(), strict=True)
    scores = {
        name: {seed: float(score) for seed, score in zip(seeds, row, strict=True) if not np.isnan(score)}
        for name, row in rows_of_scores
    }
    whole = {name: values[name] for name in values if len(scores[name]) == len(seeds) > 0}
    order = order_candidates(whole, found)
    facts = _collect_facts(runs, known, predictions)

    def score(name: str, label: str, own: Mapping[str, Any]) -> CandidateScore:
        return score_candidate(known, scores[name], candidate=name, label=label, values=own, **facts[name])

    in_order = [score(name, _label(whole[name], families), whole[name]) for name in order.candidates]
    rows = _sort(in_order, order, known)
    dummy = None
    if scores.get(DUMMY):
        dummy = score(DUMMY, DUMMY_LABEL, {})
        if rows and not scores[DUMMY].keys().isdisjoint(rows[0].seeds):
            dummy = replace(dummy, difference=compare_scores(known, dummy, rows[0]))
    finished = _pivot(runs, "run", planned).notna()
    names = [name for name in order_candidates(values, found).candidates if name not in whole]
    partly = {name: values[name] for name in names}
    untried = () if _has_others(own, found, axes) else _find_untried(values, found, families)
    return Leaderboard(
        metric=known,
        rows=compare_to_leader(known, rows),
        incomplete=(*_find_incomplete(known, table, finished, partly, families), *untried),
        dummy=dummy,
        axes=found,
        families=families,
        order=order,
        seeds=seeds,
        planned_seeds=tuple(planned),
        undefined_seeds=tuple(undefined),
        development_rows=_to_count((runs["n_train"] + runs["n_test"]).max()),
        least_n_train=_to_count(runs["n_train"].min()),
    )


def _to_count(number: float) -> int:
    return 0 if np.isnan(number) else round(number)


def _pivot(runs: pd.DataFrame, column: str, planned: Sequence[int]) -> pd.DataFrame:
    """Return a row a candidate and a column a planned seed."""
    return runs.pivot(index="candidate", columns="seed", values=column).reindex(columns=list(planned))


def _collect_facts(runs: pd.DataFrame, metric: Metric, predictions: pd.DataFrame | None) -> dict[str, dict[str, Any]]:
    """Return what `score_candidate` has to know of each candidate; every ratio is of the runs' real counts."""
    column = METRIC_COLUMN + "train_accuracy"
    ratio, trained = runs["n_test"] / runs["n_train"], runs.get(column, np.nan)
    ratio = ratio.fillna(runs[RATIO].max()) if RATIO in runs else ratio
    each = runs.assign(ratio=ratio, trained=trained).groupby("candidate")
    rows: Any = each["n_test"].max()
    if predictions is not None:
        rows = count_rows(predictions, metric)
    means = each[["ratio", "trained"]].mean()
    return {
        str(name): {
            "test_train_ratio": float(one.ratio),
            "rows": float(rows.get(name, 0)),
            "train_accuracy": None if np.isnan(one.trained) else float(one.trained),
        }
        for name, one in means.iterrows()
    }


def _sort(rows: Sequence[CandidateScore], order: Order, metric: Metric) -> list[CandidateScore]:
    """Return the leader first, then the best; of equal ones in the order of the grid."""
    if not rows:
        return []
    scores = np.array([row.score for row in rows]) * metric.sign
    leader = int(find_middle((scores >= scores.max() - TIED)[None, :], order.groups)[0])
    falling = np.argsort(-scores, kind="stable")
    steps = np.empty(len(rows), dtype=int)
    steps[falling] = np.cumsum(np.diff(-scores[falling], prepend=-scores[falling[0]]) > TIED)
    indexes = sorted(range(len(rows)), key=lambda index: (index != leader, steps[index], index))
    return [rows[index] for index in indexes]


def _label(values: Mapping[str, Any], families: Families) -> str:
    return format_label(values, families[get_family(values)])


def _find_incomplete(
    metric: Metric, table: pd.DataFrame, finished: pd.DataFrame, values: Values, families: Families
) -> Iterator[Incomplete]:
    """Yield the candidates of `values` that lack a run or a score.

    `table` has a row a candidate and a column a seed that counts, NaN if there is no score; `finished` a column a
    planned seed, whether the run finished.
    """
    for name, own in values.items():
        runs = int(finished.loc[[name]].to_numpy().sum())
        gone = zip(table.columns, table.loc[[name]].isna().to_numpy()[0], strict=True)
        lacking = [str(seed) for seed, is_gone in gone if is_gone]
        reason = f"no score on seed {', '.join(lacking)}" if lacking else "no score on any seed"
        if runs < finished.shape[1]:
            reason = f"{runs} of {finished.shape[1]} seeds finished"
        if metric.needs_probabilities and runs and len(lacking) == len(table.columns):
            reason = f"{NO_PROBABILITIES}, which {metric} needs"
        yield Incomplete(candidate=name, label=_label(own, families), values=own, finished=runs, reason=reason)


def _has_others(own: pd.DataFrame, axes: Sequence[Axis], config: Mapping[str, Any]) -> bool:
    """Say whether more than the params of the config's axes, or a config group, made the candidates."""
    params = {key for key in config if PARAMS + key in own}
    return not axes or not {axis.key for axis in axes} <= params or params != config.keys() - {SPLIT_SEED}


def _find_untried(values: Values, axes: Sequence[Axis], families: Families) -> Iterator[Incomplete]:
    """Yield the cells of each family's grid that no run finished, and the families without a finished run."""
    tried = {_label(own, families) for own in values.values()}
    cells = [cell for own in families.values() for cell in list_cells(own)]
    names = {values.get(FAMILY) for values in cells}
    cells += [{FAMILY: name} for axis in axes if axis.key == FAMILY for name in axis.values if name not in names]
    for cell in cells:
        label = format_label(cell, families.get(get_family(cell), axes))
        if label not in tried:
            yield Incomplete(candidate=None, label=label, values=cell, finished=0, reason="no seed finished")
