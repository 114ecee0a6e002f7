"""A table that was looked at: what is said of it, worked out once for the terminal, the page and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Counts, Floats
from seedbed.data.checks import (
    Column,
    Correlations,
    EqualRows,
    Outlier,
    columns_of,
    correlations_of,
    equal_rows,
    outliers_of,
)
from seedbed.data.table import Table
from seedbed.reports.figures.correlations import MOST_FEATURES
from seedbed.reports.figures.pairs import MOST_FEATURES as MOST_PAIRED
from seedbed.reports.json_values import finite
from seedbed.selection.inference import LEVEL
from seedbed.selection.rule_score import RuleScore, rule_score
from seedbed.selection.threshold_rule import ThresholdRule, rows_right, rule_on

_MOST_OUTLIERS = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Explored:
    """What is seen of a table.

    Missing, equal and far values are checks of the whole table. All that says how features tell the classes apart is
    of the development rows: who looks chooses, and the holdout is for rows that no choice touched.

    Attributes
    ----------
    right : array of shape (n_features,), how many development rows the best rule on each feature alone gets right.
    shown : places of the features that are drawn, in the table's order: of many, those with the best rules.
    paired : the same for the pair plot.
    """

    table: Table
    counts: dict[str, int]
    columns: list[Column]
    equal: EqualRows
    outliers: list[Outlier]
    right: Counts
    rule: ThresholdRule
    score: RuleScore | None
    shown: list[int]
    paired: list[int]
    correlations: Correlations

    @property
    def seen(self) -> pd.DataFrame:
        """The development rows' features."""
        return self.table.features.iloc[self.table.development]

    @property
    def seen_codes(self) -> Codes:
        """The development rows' classes, as places in the table's classes."""
        return self.table.codes[self.table.development]

    def name(self, column: int) -> str:
        """Return what the feature at a place is called."""
        return str(self.table.features.columns[column])


def explored_of(table: Table) -> Explored:
    """Look at a table."""
    features, codes = table.features, table.codes
    seen, own = features.iloc[table.development], codes[table.development]
    values = seen.to_numpy(dtype=np.float64)
    right = rows_right(values, own)
    shown = _best(right, MOST_FEATURES)
    return Explored(
        table=table,
        counts={name: int((codes == place).sum()) for place, name in enumerate(table.classes)},
        columns=columns_of(features, codes),
        equal=equal_rows(features, codes),
        outliers=outliers_of(features, codes),
        right=right,
        rule=rule_on(values, own, int(np.argmax(right))),
        score=rule_score(values, own),
        shown=shown,
        paired=_best(right, MOST_PAIRED),
        correlations=correlations_of(seen.iloc[:, shown], own, [str(features.columns[place]) for place in shown]),
    )


def explored_numbers(explored: Explored) -> dict[str, Any]:
    """Return all that is said as values for JSON; an undefined number is null, rows count from 0."""
    table, classes = explored.table, explored.table.classes
    rows = len(table.development)
    found = {
        "rows": len(table.labels),
        "development_rows": rows,
        "holdout_rows": len(table.holdout),
        "digest": table.record.digest,
        "target": table.target,
        "classes": explored.counts,
        "features": [str(name) for name in table.features],
        "columns": [
            {**asdict(column), "rule_right": int(right), "rule_accuracy": right / rows}
            for column, right in zip(explored.columns, explored.right, strict=True)
        ],
        "equal_rows": explored.equal.same,
        "conflicting_rows": explored.equal.conflicting,
        "outside_whiskers": sum(column.outside for column in explored.columns),
        "farthest": [_outlier(one, classes) for one in explored.outliers[:_MOST_OUTLIERS]],
        "correlations": {
            "features": explored.correlations.names,
            "over_all": explored.correlations.over_all.tolist(),
            "within_classes": explored.correlations.within.tolist(),
        },
        "rule": {
            "feature": explored.name(explored.rule.column),
            "cuts": explored.rule.cuts,
            "classes": [classes[code] for code in explored.rule.codes],
            "right": explored.rule.right,
            "rows": explored.rule.rows,
            "found_on": "the same development rows",
        },
        "comparison": None if explored.score is None else _comparison(explored, explored.score),
    }
    return {key: finite(value) for key, value in found.items()}


def _best(right: Sequence[int] | Counts, most: int) -> list[int]:
    """Return the places of the features with most rows right, in the table's order."""
    return sorted(np.argsort(-np.asarray(right), kind="stable")[:most].tolist())


def _outlier(one: Outlier, classes: Sequence[str]) -> dict[str, Any]:
    return {
        "row": one.row,
        "feature": one.column,
        "class": classes[one.code],
        "value": one.value,
        "interquartile_ranges_away": one.away,
    }


def _comparison(explored: Explored, score: RuleScore) -> dict[str, Any]:
    difference = score.difference
    return {
        "splits": len(score.rule),
        "stratified": score.stratified,
        "train_rows": score.train,
        "test_rows": score.test,
        "rule": _accuracy(score, score.rule),
        "knn": _accuracy(score, score.knn),
        "most_frequent_class": {"accuracy": float(score.frequent.mean())},
        "knn_adds": {
            "accuracy": score.added,
            "low": difference.interval.low if difference else None,
            "high": difference.interval.high if difference else None,
            "level": LEVEL,
        },
        "features_of_the_rule": [explored.name(column) for column in score.columns],
        "knn_chosen": [asdict(one) for one in score.chosen],
    }


def _accuracy(score: RuleScore, values: Floats) -> dict[str, Any]:
    low, high = score.within(values) or (None, None)
    return {"accuracy": float(values.mean()), "low": low, "high": high, "by_split": values.tolist()}
