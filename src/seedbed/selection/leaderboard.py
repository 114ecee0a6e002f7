"""The candidates of a sweep, ranked over their seeds, each with how sure its score and its difference are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY, SPLIT_SEED
from seedbed.data.arrays import Floats
from seedbed.metrics.lookup import list_metrics, load_metric, resolve_metric
from seedbed.metrics.metric import Metric, find_metric
from seedbed.metrics.names import BASELINE, DUMMY, DUMMY_LABEL, METRIC_COLUMN, is_baseline
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
    baselines : models with their defaults and, last, the dummy classifier, on the same splits; they never compete.
    families : the axes of each family of candidates, narrowed to its values.
    seeds : the split seeds that count, rising.
    undefined_seeds : planned seeds left out because there the metric is undefined for every candidate.
    development_rows : rows that the splits are made of, training and test together; 0 if that is not known.
    least_n_train : the fewest rows that a run was trained on; 0 if that is not known.
    """

    metric: Metric
    rows: tuple[CandidateScore, ...]
    incomplete: tuple[Incomplete, ...]
    baselines: tuple[CandidateScore, ...]
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
        """Whether differences over the splits are tested: of means over rows, of enough seeds and a known ratio."""
        known = not any(np.isnan(row.test_train_ratio) for row in self.rows)
        return self.metric.has_intervals and len(self.seeds) >= LEAST_SEEDS and known

    @property
    def dummy(self) -> CandidateScore | None:
        """The dummy classifier."""
        return next((one for one in self.baselines if one.candidate == DUMMY), None)

    @property
    def spans(self) -> dict[FamilyKey, slice]:
        """Where the candidates of each family that competes stand in `order`."""
        values = {row.candidate: row.values for row in self.rows}
        keys = enumerate(get_family(values[name]) for name in self.order.candidates)
        groups = ((key, [at for at, _ in own]) for key, own in groupby(keys, key=lambda one: one[1]))
        return {key: slice(own[0], own[-1] + 1) for key, own in groups}

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
        """Return every number as a table for leaderboard.csv: who competes, the baselines, who does not.

        The rule is named in every row; the interval of the chosen one is marked as not corrected for that; `shares` are
        how often each candidate was chosen over the resamples.
        """
        lines = [{"rank": rank, **self._line(row, chosen)} for rank, row in enumerate(self.rows, start=1)]
        lines += [{"rank": None, **self._line(one, None)} for one in self.baselines]
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


def metric_names(runs: pd.DataFrame, classes: Sequence[str] = ()) -> list[str]:
    """Return the metrics that one can choose by, those of single classes last.

    They are those that the runs logged and, where there are predictions, those that these give of their `classes`.
    """
    names = {name.removeprefix(METRIC_COLUMN) for name in map(str, runs) if name.startswith(METRIC_COLUMN)}
    names |= {name for name in list_metrics(classes) if classes and find_metric(name).compute}
    return sorted(filter(lambda name: find_metric(name).chooses, names), key=lambda name: ("/" in name, name))


def rank_sweep(sweep: SweepRecord, metric: str) -> Leaderboard:
    """Rank the candidates of a sweep, the baselines beside them; raises as `rank_runs`."""
    models = sweep.baselines[[name for name in sweep.baselines if not str(name).startswith(PARAMS)]]
    beside = [frame for frame in (models, find_dummy(sweep.predictions, sweep.runs)) if len(frame)]
    # Concatenated first, so that the baselines' scores stand in the same table as those that they are compared with.
    runs = pd.concat([sweep.runs, *beside], ignore_index=True) if beside else sweep.runs
    return rank_runs(runs, metric, planned_seeds=sweep.seeds, axes=sweep.axes, predictions=sweep.predictions)


def find_dummy(predictions: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return rows to append to `runs` for the dummy classifier, which has predictions but no run in MLflow."""
    seeds = predictions.loc[predictions["candidate"] == DUMMY, "seed"].unique()
    sizes = runs[runs["seed"].isin(seeds)].groupby("seed")[["n_train", "n_test"]].max()
    return sizes.assign(run="", candidate=DUMMY).reset_index()


def rank_runs(
    runs: pd.DataFrame,
    metric: str,
    *,
    planned_seeds: Sequence[int],
    axes: Mapping[str, Sequence[Any]],
    predictions: pd.DataFrame | None = None,
) -> Leaderboard:
    """Rank the candidates of finished runs.

    Parameters
    ----------
    metric : one that runs logged, that their predictions give, or a function of one's own, `my_module:function`.
    runs : one row a finished run; columns run, candidate (a baseline has a name), seed, n_train, n_test,
        `params.<key>` and `metrics.<name>`; in any order.
    planned_seeds : the split seeds of the grid; a candidate that lacks one, or a score on one, does not compete.
    axes : what the sweep varied, with the values in the config's order; a split seed among them is passed over.
    predictions : the sweep's test predictions, to compute scores that were not logged, and to count the distinct rows
        tested; without them those of one split.

    Raises
    ------
    BadInput : a metric that the runs do not have, or that nothing is chosen by.
    """
    classes = () if predictions is None else list_classes(predictions)
    known = load_metric(resolve_metric(metric, classes, metric_names(runs, classes)))
    planned = sorted({int(seed) for seed in planned_seeds})
    # A candidate that was run twice on a seed counts once, whatever the order of the runs.
    runs = runs[runs["seed"].isin(planned)].sort_values(["candidate", "seed", "run"], kind="stable")
    runs = fill_scores(runs.drop_duplicates(["candidate", "seed"]), known, predictions)
    own = runs[~runs["candidate"].map(is_baseline).astype(bool)]
    found = find_axes(own, axes)
    values = read_values(own, found)
    families = narrow_axes(values, found)
    table = _pivot(runs, METRIC_COLUMN + known.name, planned).astype(float).replace([np.inf, -np.inf], np.nan)
    scored, ran = table.drop(index=list(filter(is_baseline, table.index))).notna().any(), {*own["seed"]}
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
    baselines = [
        score(name, DUMMY_LABEL if name == DUMMY else f"{name.removeprefix(BASELINE)} with defaults", {})
        for name in sorted(filter(is_baseline, scores))
        if scores[name]
    ]
    if rows:
        compared = (one for one in baselines if not set(one.seeds).isdisjoint(rows[0].seeds))
        differences = {one.candidate: compare_scores(known, one, rows[0]) for one in compared}
        baselines = [replace(one, difference=differences.get(one.candidate)) for one in baselines]
    finished = _pivot(runs, "run", planned).notna()
    names = [name for name in order_candidates(values, found).candidates if name not in whole]
    partly = {name: values[name] for name in names}
    untried = () if _has_others(own, found, axes) else _find_untried(values, found, families)
    return Leaderboard(
        metric=known,
        rows=compare_to_leader(known, rows),
        incomplete=(*_find_incomplete(known, table, finished, partly, families), *untried),
        baselines=tuple(baselines),
        axes=found,
        families=families,
        order=order,
        seeds=seeds,
        planned_seeds=tuple(planned),
        undefined_seeds=tuple(undefined),
        development_rows=int(np.nan_to_num((runs["n_train"] + runs["n_test"]).max())),
        least_n_train=int(np.nan_to_num(runs["n_train"].min())),
    )


def fill_scores(runs: pd.DataFrame, metric: Metric, predictions: pd.DataFrame | None) -> pd.DataFrame:
    """Return runs with the scores that were not logged, computed from the test predictions; NaN where they cannot be.

    `runs` has the columns candidate and seed, no pair of them twice.
    """
    column = METRIC_COLUMN + metric.name
    runs = runs if column in runs else runs.assign(**{column: np.nan})
    lacking = runs[column].isna()
    if predictions is None or predictions.empty or not lacking.any():
        return runs
    names, seeds = (sorted(runs.loc[lacking, name].unique()) for name in ("candidate", "seed"))
    tests = arrange_predictions(predictions, names, seeds, partly=True)
    if not (scorer := make_scorer(metric, tests.classes)):
        return runs
    scores = weighted_scores(tests, scorer, np.ones((1, len(tests.rows))))[:, 0]
    at = (pd.Index(known).get_indexer(runs[name]) for known, name in ((seeds, "seed"), (names, "candidate")))
    return runs.assign(**{column: runs[column].where(~lacking, scores[*at])})


def _pivot(runs: pd.DataFrame, column: str, planned: Sequence[int]) -> pd.DataFrame:
    """Return a row a candidate and a column a planned seed."""
    return runs.pivot(index="candidate", columns="seed", values=column).reindex(columns=list(planned))


def _collect_facts(runs: pd.DataFrame, metric: Metric, predictions: pd.DataFrame | None) -> dict[str, dict[str, Any]]:
    """Return what `score_candidate` has to know of each candidate; every ratio is of the runs' real counts."""
    column = METRIC_COLUMN + "train_accuracy"
    ratio = runs[RATIO].max() if RATIO in runs else runs["n_test"] / runs["n_train"]
    each = runs.assign(ratio=ratio, trained=runs.get(column, np.nan)).groupby("candidate")
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
