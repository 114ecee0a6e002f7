"""What is checked of a sweep beside its scores, each under a code that never changes: a check is one entry here.

Where scores are compared, it is by the corrected intervals of `inference`, never by a fixed percentage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY_KEYS
from seedbed.config.schema import Split
from seedbed.data.splits.table_splits import describe_repeats, find_rows
from seedbed.data.table import Table
from seedbed.errors import BadValue, clip, join_names
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.metrics.predictions import list_classes
from seedbed.records.records import SweepRecord
from seedbed.selection.axes import Axis, format_label, get_family
from seedbed.selection.choice import SelectedCandidate
from seedbed.selection.inference import TIED, exceeds_chance
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import (
    LEAST_SEEDS,
    CandidateScore,
    Difference,
    compare_scores,
    compare_to_best,
    score_candidate,
)
from seedbed.selection.threshold_rule import fit_rules

LEAST_TESTS = 5  # of a class in a split
# What a rule on each column may cost as a sweep closes: at most so many columns, on the first of its splits, each
# learned from so many training rows.
MOST_COLUMNS, MOST_SPLITS, MOST_ROWS = 50, 10, 500


@dataclass(frozen=True)
class Finding:
    """What a check found, in one sentence."""

    code: str
    words: str

    def __str__(self) -> str:
        return f"{self.code}: {self.words}"


@dataclass(frozen=True)
class Checked:
    """What the checks of a sweep found, those muted apart, and the codes of those that were not done."""

    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The same as sentences."""
        undone = [f"{join_names(self.not_checked)}: not checked as the sweep closed."] * bool(self.not_checked)
        return [*map(str, self.findings), *undone]


@dataclass(frozen=True)
class Check:
    """A check: `about` says what is found, and `find` yields a sentence for each time that it is.

    `find` takes a sweep's record, leaderboard and choice; with `at_close` table, splits, record and leaderboard, as the
    sweep closes, and it may return None: not checked.
    """

    code: str
    about: str
    find: Callable[..., Iterable[str] | None]
    at_close: bool = False


CHECKS: dict[str, Check] = {}


def check(code: str, about: str, *, at_close: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function a check; see `Check`."""

    def register(find: Callable[..., Any]) -> Callable[..., Any]:
        CHECKS[code] = Check(code, about, find, at_close)
        return find

    return register


def check_rows(
    table: Table, splits: Sequence[Split], sweep: SweepRecord, leaderboard: Leaderboard
) -> dict[str, list[str]]:
    """Return by code what the checks that need the table find; without those that could not be done."""
    found = {one.code: one.find(table, splits, sweep, leaderboard) for one in CHECKS.values() if one.at_close}
    return {code: list(words) for code, words in found.items() if words is not None}


def check_choice(
    sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate, mute: Iterable[str] = ()
) -> Checked:
    """Return what the checks of a choice find, and what those that need the table had found as the sweep closed."""
    asked = [one for code, one in CHECKS.items() if code not in set(mute)]
    found = {
        one.code: sweep.checks.get(one.code) if one.at_close else one.find(sweep, leaderboard, choice) for one in asked
    }
    findings = tuple(Finding(code, words) for code, own in found.items() for words in own or ())
    return Checked(findings, tuple(code for code, own in found.items() if own is None))


def refuse_unknown(mute: Iterable[str]) -> None:
    """Raise BadValue for a code that no check has."""
    for code in mute:
        if code not in CHECKS:
            raise BadValue("checks.mute", code, f"codes of checks, which are {join_names(CHECKS, len(CHECKS))}")


@check("SB01", "a parameter of the choice is at the edge of its grid")
def _find_edges(sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    for edge in choice.edges:
        end = "which is its own limit" if edge.own_bound else "and a better value may lie beyond"
        yield f"{edge.axis.name} is at the {edge.side} edge of the grid, {end}."


@check("SB02", "a column alone gives nearly the score of all, and no other column does (a leak?)", at_close=True)
def _find_leak(
    table: Table, splits: Sequence[Split], sweep: SweepRecord, leaderboard: Leaderboard
) -> Iterable[str] | None:
    """Score a rule on each column, and compare the best with the leader and with the next column."""
    values, codes, leader = table.features.to_numpy(dtype=np.float64), table.codes, leaderboard.leader
    whole = leader and _score_runs(sweep, leader, "accuracy")
    if not (leader and whole) or values.shape[1] > MOST_COLUMNS:
        return None
    splits, shares = [split for split in splits if split.seed in whole.seeds][:MOST_SPLITS], []
    if len(splits) < LEAST_SEEDS:
        return None
    for split in splits:
        train, test = find_rows(split, table)
        train = train[:: -(-len(train) // MOST_ROWS)]
        rules = fit_rules(values[train], codes[train])
        shares.append([float(np.mean(rule.predict(values[test]) == codes[test])) for rule in rules])
    means, ratio = np.mean(shares, axis=0), leader.test_train_ratio

    def score(column: int) -> CandidateScore:
        scores = {split.seed: row[column] for split, row in zip(splits, shares, strict=True)}
        return score_candidate(ACCURACY, scores, test_train_ratio=ratio)

    best = np.flatnonzero(means >= means.max() - TIED)
    others, alone = np.setdiff1d(np.arange(len(means)), best), score(int(best[0]))
    if not len(others) and alone.minimum < 1:
        return []
    behind = compare_scores(ACCURACY, whole, alone)
    if exceeds_chance(behind.mean, behind.error or 0.0):
        return []
    next_best = score(int(others[means[others].argmax()])) if len(others) else alone
    if alone.minimum < 1 and _find_bounds(ACCURACY, compare_scores(ACCURACY, alone, next_best))[0] <= TIED:
        return []
    names = join_names(table.features.columns[best])
    share, every = ACCURACY.format(alone.score), ACCURACY.format(whole.score)
    return [
        f"{names} alone, by a rule of cuts, gets {share} of the test rows right, and {leader.label} with all columns "
        f"{every}; is it known only once the class is (a leak)?"
    ]


@check("SB03", "the best baseline reaches the score of the choice")
def _find_baseline(sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    metric, found = leaderboard.metric, compare_to_best(leaderboard.metric, choice.row, leaderboard.baselines)
    if found and metric.testable and _find_bounds(metric, found[1])[0] <= TIED:
        splits = f"{found[1].seeds} split{'s' * (found[1].seeds != 1)}"
        score = f"{metric.average_name} {metric.words} of {metric.format(found[0].score)}"
        yield f"As far as {splits} can tell, the {found[0].label} has this score too, with a {score}."


@check("SB04", "training accuracy of the choice is above the one on test rows by more than the splits explain")
def _find_overfit(sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    train, test = (_score_runs(sweep, choice.row, name) for name in ("train_accuracy", "accuracy"))
    if train and test and len(test.seeds) >= LEAST_SEEDS:
        bounds = _find_bounds(ACCURACY, compare_scores(ACCURACY, train, test))
        if bounds[0] > TIED:
            own, tested = ACCURACY.format(train.score), ACCURACY.format(test.score)
            size = f"{' to '.join(map(ACCURACY.format_change, bounds))} {ACCURACY.difference_unit}"
            yield f"Training accuracy is {own}, far above the {tested} on test rows (95 % interval {size})."


@check("SB05", "a class has fewer than 5 test rows a split, or in some split none")
def _find_rare_classes(sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    tests, seeds = sweep.predictions, leaderboard.seeds
    tests = tests[(tests["candidate"] == choice.candidate) & tests["seed"].isin(seeds)]
    counts = pd.crosstab(tests["seed"], tests["truth"].astype(str)).reindex(columns=list_classes(sweep.predictions))
    counts = counts.fillna(0)
    means = counts.mean().sort_values(kind="stable")
    if few := [f"{clip(name)} ({mean:.3g})" for name, mean in means.items() if mean < LEAST_TESTS]:
        yield f"Fewer than {LEAST_TESTS} rows a split test {join_names(few)}, so that single rows decide scores of it."
    if short := int((counts == 0).any(axis=1).sum()):
        splits = f"{short} of the {len(counts)} splits"
        yield f"In {splits} a class has no test row, so that the mean is over unlike scores."


@check("SB06", "all values of a parameter give the same score")
def _find_idle_parameters(sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    metric, several = leaderboard.metric, len(leaderboard.families) > 1
    for key, axes in leaderboard.families.items():
        rows = [row for row in leaderboard.rows if get_family(row.values) == key]
        for axis in axes if metric.testable else ():
            if axis.key not in FAMILY_KEYS and _is_idle(metric, axis, axes, rows):
                whose = f" of {key[1] or key[0]}" * several
                yield f"All values of {axis.name}{whose} give the same {metric.words}, so that it need not be swept."


def _is_idle(metric: Metric, axis: Axis, axes: Sequence[Axis], rows: Iterable[CandidateScore]) -> bool:
    """Say whether candidates that differ on one axis alone have scores that differ by less than chance alone gives."""
    others, groups = [one for one in axes if one is not axis], defaultdict[str, list[CandidateScore]](list)
    for row in rows:
        groups[format_label(row.values, others)].append(row)
    pairs = [(group[0], row) for group in groups.values() for row in group[1:]]

    def is_same(first: CandidateScore, other: CandidateScore) -> bool:
        if np.allclose(first.scores, other.scores, rtol=0, atol=TIED):
            return True
        found = compare_scores(metric, first, other)
        known = found.low is not None and first.error is not None
        return known and not any(exceeds_chance(abs(end), first.error or 0.0) for end in _find_bounds(metric, found))

    return bool(pairs) and all(is_same(*pair) for pair in pairs)


@check("SB07", "rows that equal others are on both sides of the splits", at_close=True)
def _find_repeats(
    table: Table, splits: Sequence[Split], sweep: SweepRecord, leaderboard: Leaderboard
) -> Iterable[str] | None:
    return filter(None, [describe_repeats(table)])


@check("SB08", "runs of a family failed")
def _find_failures(sweep: SweepRecord, leaderboard: Leaderboard, choice: SelectedCandidate) -> Iterator[str]:
    for family, errors in sweep.failed.items():
        runs = f"{len(errors)} run{'s' * (len(errors) != 1)} of {clip(family)} failed"
        yield f"{runs} ({clip(errors[0]).rstrip('.')}), so that candidates of it are not compared."


def _score_runs(sweep: SweepRecord, row: CandidateScore, name: str) -> CandidateScore | None:
    """Return a candidate by an accuracy that its runs logged; None if they did not."""
    own, column = sweep.runs[sweep.runs["candidate"] == row.candidate], METRIC_COLUMN + name
    if column not in own:
        return None
    logged = own.drop_duplicates("seed").set_index("seed")[column].reindex(row.seeds).astype(float).dropna()
    scores = {int(seed): float(score) for seed, score in zip(logged.index, logged, strict=True)}
    return score_candidate(ACCURACY, scores, test_train_ratio=row.test_train_ratio) if scores else None


def _find_bounds(metric: Metric, difference: Difference) -> tuple[float, float]:
    """Return the ends of a difference's interval, the worse one first; without an interval the mean twice."""
    ends = (difference.mean if end is None else end for end in (difference.low, difference.high))
    low, high = sorted(metric.sign * end for end in ends)
    return low, high
