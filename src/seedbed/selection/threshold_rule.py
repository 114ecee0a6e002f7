"""A rule on one feature, as one would see it by eye, and what models add to it on rows that neither has seen."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seedbed.columns.schema import Kind, Schema, is_plain
from seedbed.config.estimator import Estimator
from seedbed.config.families import list_baselines
from seedbed.config.schema import Preprocess
from seedbed.data.arrays import Codes, Counts, Floats, Mask
from seedbed.data.splits.random import check_sizes, split_rows
from seedbed.errors import BadInput
from seedbed.estimators.factory import build_estimator, choose_preprocess, silence_warnings
from seedbed.metrics.metric import ACCURACY
from seedbed.selection.scores import CandidateScore, Difference, compare_scores, score_candidate

SEEDS = tuple(range(10))
TEST_SIZE = 0.2
MOST_BLOCKS = 256  # of values, between which cuts are looked for; more are merged, equally many rows each
MOST_ROWS = 1000  # of a larger table so many are drawn, so that looking takes seconds
LEAST_ROWS = 10
MOST_COLUMNS = 100  # that models take of a table that is not all numbers: on each split those with the best rules
LEAK = 0.99  # of the rows of each class, on the mean over the classes of at least ten
_LARGEST = 1e150  # whose square is finite


@dataclass(frozen=True)
class ThresholdRule:
    """Intervals of one feature: class `codes[0]` below `cuts[0]`, then `codes[1]` below `cuts[1]`, and so on.

    Attributes
    ----------
    column : index of the feature in its table.
    cuts : rising; a value equal to a cut belongs above it.
    codes : one more than cuts, no two neighbours the same.
    right, rows : how many of the rows that it was fitted on it gets right.
    """

    column: int
    cuts: tuple[float, ...]
    codes: tuple[int, ...]
    right: int
    rows: int

    def predict(self, features: Floats) -> Codes:
        """Return the class of each row of an array of shape (n_rows, n_features), as codes of shape (n_rows,)."""
        return np.array(self.codes, dtype=np.intp)[np.searchsorted(self.cuts, features[:, self.column], side="right")]


@dataclass(frozen=True)
class CategoryRule:
    """The most frequent class of each category of one feature.

    Attributes
    ----------
    column : index of the feature in its table.
    codes : by the category's number from 0; the last one is of all categories that the rows did not have.
    right, rows : how many rows the other rows of their category say right: of itself each row would say so.
    """

    column: int
    codes: tuple[int, ...]
    right: int
    rows: int

    def predict(self, features: Floats) -> Codes:
        """Return the class of each row of an array of shape (n_rows, n_features), as codes of shape (n_rows,)."""
        categories = features[:, self.column].astype(np.intp)
        return np.array(self.codes, dtype=np.intp)[np.minimum(categories, len(self.codes) - 1)]


Rule = ThresholdRule | CategoryRule


def vote_among_others(groups: Codes, codes: Codes) -> Mask:
    """Say of each row, of shape (n_rows,), whether its class is more frequent than any among its group's other rows."""
    counts = np.zeros((groups.max() + 1, max(2, codes.max() + 1)), dtype=np.int64)
    np.add.at(counts, (groups, codes), 1)
    second, most = np.sort(counts, axis=1)[:, -2:].T
    own = counts[groups, codes]
    right: Mask = own - 1 > np.where(own == most[groups], second[groups], most[groups])
    return right


def find_leaks(encoded: Floats, codes: Codes, rules: Sequence[Rule]) -> dict[int, str]:
    """Return the columns that alone tell the classes apart, and by what: a sign that they are known after the class.

    By its values, its gaps or the intervals of its rule: the other rows of a row's group say its class, and that of
    `LEAK` of the rows, on the mean over the classes. Values that are all different say nothing so; classes of fewer
    than ten rows do not count, since chance alone separates few rows.

    Parameters
    ----------
    encoded : array of shape (n_rows, n_features), NaN for a gap.
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    rules : that were fitted on each column.
    """
    counted = np.flatnonzero(np.bincount(codes) >= LEAST_ROWS)
    found: dict[int, str] = {}
    for rule in rules if len(counted) > 1 else ():
        values = encoded[:, rule.column]
        groups = {"its gaps": np.isnan(values).astype(np.intp), "its values": np.unique(values, return_inverse=True)[1]}
        if isinstance(rule, ThresholdRule):
            groups["intervals of it"] = np.searchsorted(rule.cuts, values, side="right") + np.isnan(values)
        for by, own in groups.items():
            right = vote_among_others(own, codes)
            if np.mean([right[codes == code].mean() for code in counted]) >= LEAK:
                found.setdefault(rule.column, by)
    return found


def fit_rules(features: Floats, codes: Codes, nominal: Collection[int] = ()) -> list[Rule]:
    """Fit a rule on each feature: of those with at most as many intervals as classes the one that gets most rows right.

    Of a `nominal` column, whose values are categories' numbers from 0, each category has its own class.

    Parameters
    ----------
    features : array of shape (n_rows, n_features), finite; at least a row and a feature.
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    """
    present, own = np.unique(codes, return_inverse=True)
    return [
        _fit_categories(column, values.astype(np.intp), codes)
        if column in nominal
        else _fit_rule(column, values, own, present)
        for column, values in enumerate(features.T)
    ]


def pick_rule(rules: Sequence[Rule]) -> Rule:
    """Return the rule that gets most rows right; of equals the first."""
    return max(rules, key=lambda rule: rule.right)


def _fit_categories(column: int, categories: Codes, codes: Codes) -> CategoryRule:
    counts = np.zeros((categories.max() + 2, codes.max() + 1), dtype=np.int64)
    np.add.at(counts, (categories, codes), 1)
    counts[counts.sum(axis=1) == 0] = np.bincount(codes)
    right = int(vote_among_others(categories, codes).sum())
    return CategoryRule(column, tuple(counts.argmax(axis=1).tolist()), right, len(codes))


def _fit_rule(column: int, values: Floats, codes: Codes, present: Codes) -> ThresholdRule:
    """Find the best rule, with as few intervals as that takes, by dynamic programming over the sorted values.

    Fisher (1958), "On grouping for maximum homogeneity". A decision tree gets up to 3 % of the rows less, if classes
    overlap.
    """
    counts, edges = _merge_values(values, codes, len(present))
    # Rows right by number of intervals and class of the last one.
    best = np.full((len(present), len(present)), -np.inf)
    best[0] = counts[0]
    steps = []
    for block in counts[1:]:
        opening = np.r_[-np.inf, best.max(axis=1)[:-1]][:, None]  # one interval more
        steps.append((opening > best, best.argmax(axis=1)))
        best = np.maximum(best, opening) + block
    intervals = int(best.max(axis=1).argmax())  # of equals the fewest
    code = int(best[intervals].argmax())
    right, cuts, predicted = int(best[intervals, code]), [], [code]
    for (opened, before), edge in zip(reversed(steps), reversed(edges), strict=True):
        if opened[intervals, code]:
            intervals -= 1
            code = int(before[intervals])
            cuts.append(round_cut(*edge))
            predicted.append(code)
    return ThresholdRule(
        column, tuple(reversed(cuts)), tuple(int(present[code]) for code in reversed(predicted)), right, len(codes)
    )


def _merge_values(values: Floats, codes: Codes, n_classes: int) -> tuple[Counts, list[tuple[float, float]]]:
    """Return the rows of each class in each block of neighbouring values, and the values on both sides of each cut.

    Cuts inside a run of values of one class never help (Fayyad and Irani, 1992), so such a run is one block.
    """
    distinct, ranks = np.unique(values, return_inverse=True)
    counts = np.zeros((len(distinct), n_classes), dtype=np.int64)
    np.add.at(counts, (ranks.ravel(), codes), 1)
    pure = np.where((counts > 0).sum(axis=1) == 1, counts.argmax(axis=1), -1)
    starts = np.flatnonzero(np.r_[True, (pure[1:] != pure[:-1]) | (pure[1:] < 0)])
    if len(starts) > MOST_BLOCKS:
        rows = counts.sum(axis=1).cumsum()[starts]
        starts = starts[np.unique(np.searchsorted(rows, np.linspace(0, rows[-1], MOST_BLOCKS, endpoint=False)))]
        starts[0] = 0
    edges = zip(distinct[starts[1:] - 1].tolist(), distinct[starts[1:]].tolist(), strict=True)
    return np.add.reduceat(counts, starts, axis=0), list(edges)


def round_cut(low: float, high: float) -> float:
    """Return the number of fewest digits above `low`, at most `high` > `low`, nearest to their middle; all finite."""
    middle = low / 2 + high / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits}g}")
        # A third of the gap to either side, so that 0.6 and 1.0 give 0.8, and not the edge of one of them.
        if low + (high - low) / 3 <= rounded <= high - (high - low) / 3 and low < rounded <= high:
            return rounded
    return middle if math.isfinite(middle) and low < middle else high


def write_cut(cut: float, kind: Kind) -> str:
    """Return where an interval ends, of dates, in days since 1970, as their day."""
    return str(np.datetime64(int(cut), "D")) if kind is Kind.DATE else f"{cut:.6g}".replace("-", "−")


@dataclass(frozen=True, eq=False)
class RuleComparison:
    """Accuracies of a rule on one feature and of models on the same splits.

    Attributes
    ----------
    rule : of the best rule on one feature; feature and cuts are found on each split's training rows.
    models : of the baselines that such a table has, with their defaults, by name.
    frequent : of the most frequent class of the training rows.
    columns : the feature that each split's rule took.
    rows : how many rows were split; train, test : how many of them a split trains on and tests.
    stratified : whether every split has every class in proportion.
    """

    rule: CandidateScore
    models: Mapping[str, CandidateScore]
    frequent: CandidateScore
    columns: tuple[int, ...]
    rows: int
    train: int
    test: int
    stratified: bool

    @property
    def best(self) -> str:
        """The model that is the most accurate on the mean over the splits."""
        return max(self.models, key=lambda name: self.models[name].score)

    @property
    def gain(self) -> Difference:
        """How much more accurate than the rule that one is."""
        return compare_scores(ACCURACY, self.models[self.best], self.rule)


def compare_rule(
    features: Floats,
    codes: Codes,
    nominal: Collection[int] = (),
    cells: pd.DataFrame | None = None,
    schema: Schema = (),
) -> RuleComparison | None:
    """Score the best rule on one feature and the baselines on ten splits.

    None for fewer than ten rows, and for values so large that their distances overflow. The splits are those of a
    sweep's default seeds and share of test rows.

    Parameters
    ----------
    features : array of shape (n_rows, n_features), finite; of more than 1,000 rows so many are drawn.
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    nominal : as `fit_rules` takes it.
    cells : the same rows as models take them, with the columns of `schema`; None for the array itself.
    """
    cells = pd.DataFrame(features) if cells is None else cells
    if len(codes) < LEAST_ROWS or np.abs(features).max() > _LARGEST:
        return None
    if len(codes) > MOST_ROWS:
        drawn = np.sort(np.random.default_rng(0).choice(len(codes), MOST_ROWS, replace=False))
        features, codes, cells = features[drawn], codes[drawn], cells.iloc[drawn]
    labels = codes.astype(str).astype(object)
    try:
        check_sizes(labels, TEST_SIZE, stratify=True)
        stratified = True
    except BadInput:
        stratified = False
    names, scores, columns = list_baselines(len(codes)), [], []
    for seed in SEEDS:
        train, test = split_rows(labels, seed=seed, test_size=TEST_SIZE, stratify=stratified)
        rules = fit_rules(features[train], codes[train], nominal)
        rule, taken = pick_rule(rules), list(range(features.shape[1]))
        if len(taken) > MOST_COLUMNS and not is_plain(schema):
            taken = sorted(one.column for one in sorted(rules, key=lambda one: -one.right)[:MOST_COLUMNS])
        rows = (
            cells.iloc[train, taken],
            codes[train],
            cells.iloc[test, taken],
            tuple(schema[at] for at in taken if schema),
        )
        answers = [rule.predict(features[test]), np.bincount(codes[train]).argmax()]
        answers += [_predict(name, *rows) for name in names]
        scores.append([np.mean(answer == codes[test]) for answer in answers])
        columns.append(rule.column)
    ratio = len(test) / len(train)
    by_seed = (dict(zip(SEEDS, map(float, own), strict=True)) for own in zip(*scores, strict=True))
    own_rule, frequent, *models = (score_candidate(ACCURACY, own, test_train_ratio=ratio) for own in by_seed)
    return RuleComparison(
        rule=own_rule,
        models=dict(zip(names, models, strict=True)),
        frequent=frequent,
        columns=tuple(columns),
        rows=len(codes),
        train=len(train),
        test=len(test),
        stratified=stratified,
    )


def _predict(name: str, cells: pd.DataFrame, codes: Codes, asked: pd.DataFrame, schema: Schema) -> Codes:
    """Return what an estimator with its defaults, fitted on some rows, predicts of others."""
    rows = np.bincount(codes)
    if (rows > 0).sum() < 2:  # which no classifier learns from
        return np.full(len(asked), codes[0])
    estimator = Estimator(name)
    preprocess = choose_preprocess(Preprocess("auto"), estimator, schema, len(codes))
    model = build_estimator(estimator, preprocess, 0, int(rows[rows > 0].min()), schema)
    with silence_warnings():
        return np.asarray(model.fit(cells, codes).predict(asked))
