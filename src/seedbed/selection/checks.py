"""What is checked of a sweep beside its scores: each check is one entry here, under a code that never changes.

Scores are compared by the corrected intervals of `inference`, never by a fixed percentage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY_KEYS
from seedbed.config.schema import Split
from seedbed.data.checks import encode_features, fill_gaps, find_nominal
from seedbed.data.splits.table_splits import describe_repeats, find_rows
from seedbed.data.table import Table
from seedbed.errors import clip, join_names
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.metrics.predictions import list_classes
from seedbed.records.records import SweepRecord
from seedbed.selection.axes import Axis, format_label, get_family
from seedbed.selection.choice import SelectedCandidate
from seedbed.selection.inference import LEVEL, TIED, exceeds_chance
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import LEAST_SEEDS, CandidateScore, compare_scores, compare_to_best, score_candidate
from seedbed.selection.threshold_rule import fit_rules

LEAST_TESTS = 5  # of a class in a split
# What rules on single columns may cost as a sweep closes: so many columns, splits, and rows to learn from.
MOST_COLUMNS, MOST_SPLITS, MOST_ROWS = 50, 10, 500
Found = Mapping[str, Sequence[str] | None]  # sentences by the code of the check; None: not checked


@dataclass(frozen=True)
class Check:
    """What `find` tells in sentences, or None if it cannot, of a sweep, its leaderboard and its choice.

    What needs rows is done `at_close`, from the table, the splits, the sweep and its leaderboard.
    """

    about: str
    find: Callable[..., Iterable[str] | None]
    at_close: bool


CHECKS: dict[str, Check] = {}


def check(code: str, about: str, *, at_close: bool = False) -> Callable[[Callable[..., Any]], None]:
    """Make a function the check of a code."""
    return lambda find: CHECKS.update({code: Check(about, find, at_close)})


def run_checks(*seen: Any, at_close: bool = False) -> Found:
    """Return what the checks find that are done as a sweep closes, or those that are done as it is compared."""
    found = {code: one.find(*seen) for code, one in CHECKS.items() if one.at_close is at_close}
    return {code: own if own is None else list(own) for code, own in found.items()}


@check("SB01", "a parameter of the choice is at an edge of its grid")
def _find_edges(sweep: SweepRecord, board: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    for edge in choice.edges:
        end = "which is its own limit" if edge.own_bound else "and a better value may lie beyond"
        yield f"{edge.axis.name} is at the {edge.side} edge of the grid, {end}."


@check("SB02", "a column alone gives nearly the score of all, and no other column does: a leak?", at_close=True)
def _find_leak(table: Table, splits: Sequence[Split], sweep: SweepRecord, board: Leaderboard) -> list[str] | None:
    whole = board.leader and _score_runs(sweep, board.leader, "accuracy")
    splits = [split for split in splits if whole and split.seed in whole.seeds][:MOST_SPLITS]
    if not whole or len(splits) < LEAST_SEEDS or len(table.schema) > MOST_COLUMNS:
        return None
    values = fill_gaps(encode_features(table.features, table.schema), table.schema).to_numpy()
    nominal = find_nominal(table.schema)
    shares: list[dict[int, float]] = [{} for _ in values.T]  # of each column, by seed
    for split in splits:
        train, test = find_rows(split, table)
        train = train[:: -(-len(train) // MOST_ROWS)]
        for rule in fit_rules(values[train], table.codes[train], nominal):
            shares[rule.column][split.seed] = float(np.mean(rule.predict(values[test]) == table.codes[test]))
    columns = [score_candidate(ACCURACY, own, test_train_ratio=whole.test_train_ratio) for own in shares]
    best = max(one.score for one in columns) - TIED
    alone, behind = next((one, compare_scores(ACCURACY, whole, one)) for one in columns if one.score >= best)
    ahead = compare_to_best(ACCURACY, alone, (one for one in columns if one.score < best))
    # It is the best of all columns, so that p counts as often as there are columns (Bonferroni).
    is_apart = ahead and (ahead[1].p or 0.0) * len(columns) <= 1 - LEVEL
    if not ahead or not is_apart or exceeds_chance(behind.mean, behind.error or 0.0):
        return []
    names = join_names(table.features.columns[[one.score >= best for one in columns]])
    right, every, other = (ACCURACY.format(one.score) for one in (alone, whole, ahead[0]))
    said = f"{names} alone gets {right} of the test rows right, all columns {every} and the next column {other}"
    return [f"{said}; is it known only once the class is (a leak)?"]


@check("SB03", "the best baseline reaches the score of the choice, as far as the splits can tell")
def _find_baseline(sweep: SweepRecord, board: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    metric, found = board.metric, compare_to_best(board.metric, choice.row, board.baselines)
    if found and metric.testable and found[1].bounds(metric.sign)[0] <= TIED:
        yield f"As far as these splits can tell, {found[0].label} is as good: {metric.format(found[0].score)}."


@check("SB04", "training accuracy is above the one on test rows by more than chance explains")
def _find_overfit(sweep: SweepRecord, board: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    train, test = (_score_runs(sweep, choice.row, name) for name in ("train_accuracy", "accuracy"))
    if train and test and len(test.seeds) >= LEAST_SEEDS:
        bounds = compare_scores(ACCURACY, train, test).bounds()
        if bounds[0] > TIED:
            own, tested, size = *map(ACCURACY.format, (train.score, test.score)), map(ACCURACY.format_change, bounds)
            yield f"Training accuracy {own} is far above {tested} on test rows, by {' to '.join(size)} points."


@check("SB05", f"a class has fewer than {LEAST_TESTS} test rows a split, or none in some split")
def _find_rare_classes(sweep: SweepRecord, board: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    tests, classes = sweep.predictions, list_classes(sweep.predictions)
    tests = tests[(tests["candidate"] == choice.candidate) & tests["seed"].isin(board.seeds)]
    counts = pd.crosstab(tests["seed"], tests["truth"].astype(str)).reindex(columns=classes, fill_value=0)
    means = counts.mean().sort_values(kind="stable")
    if few := [f"{clip(name)} ({mean:.3g})" for name, mean in means.items() if mean < LEAST_TESTS]:
        yield f"Fewer than {LEAST_TESTS} rows a split test {join_names(few)}, so that single rows move their scores."
    if short := int((counts == 0).any(axis=1).sum()):
        yield f"In {short} of the {len(counts)} splits a class has no test row, so that the mean is over unlike scores."


@check("SB06", "all values of a parameter give the same score, to within half its corrected error")
def _find_idle_parameters(sweep: SweepRecord, board: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    for (name, target), axes in board.families.items() if board.metric.testable else ():
        rows = [row for row in board.rows if get_family(row.values) == (name, target)]
        for axis in axes:
            if axis.key not in FAMILY_KEYS and _is_idle(board.metric, axis, axes, rows):
                whose = f" of {target or name}" * (len(board.families) > 1)
                yield f"All values of {axis.name}{whose} give the same {board.metric.words}."


@check("SB07", "rows that equal others are on both sides of the splits", at_close=True)
def _find_repeats(table: Table, *seen: Any) -> Iterable[str]:
    return filter(None, [describe_repeats(table)])


@check("SB08", "runs of a family failed")
def _find_failures(sweep: SweepRecord, board: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    for family, errors in sweep.failed.items():
        yield f"{len(errors)} of the runs of {family} failed, as in: {clip(errors[0]).rstrip('.')}."


def _is_idle(metric: Metric, axis: Axis, axes: Sequence[Axis], rows: Iterable[CandidateScore]) -> bool:
    """Say whether scores of candidates that differ on one axis alone are the same."""
    groups = defaultdict[str, list[CandidateScore]](list)
    for row in rows:
        groups[format_label(row.values, [one for one in axes if one is not axis])].append(row)

    def is_same(row: CandidateScore, other: CandidateScore) -> bool:
        found = compare_scores(metric, row, other)
        within = found.low is not None and max(map(abs, found.bounds())) <= (row.error or 0.0) / 2
        return within or bool(np.allclose(row.scores, other.scores, rtol=0, atol=TIED))

    pairs = [(group[0], row) for group in groups.values() for row in group[1:]]
    return bool(pairs) and all(is_same(*pair) for pair in pairs)


def _score_runs(sweep: SweepRecord, row: CandidateScore, name: str) -> CandidateScore | None:
    """Return a candidate by an accuracy that its runs logged; None if they did not."""
    own = sweep.runs[sweep.runs["candidate"] == row.candidate].drop_duplicates("seed").set_index("seed")
    logged = own.get(METRIC_COLUMN + name, pd.Series(dtype=float)).reindex(list(row.seeds)).astype(float).dropna()
    by_seed = {int(str(seed)): float(score) for seed, score in logged.items()}
    return score_candidate(ACCURACY, by_seed, test_train_ratio=row.test_train_ratio) if by_seed else None
