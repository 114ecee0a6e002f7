"""A table as it is seen before anything is fitted: worked out once, as sentences and as values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from seedbed.columns.schema import Kind, is_plain
from seedbed.data.arrays import Codes
from seedbed.data.checks import (
    Column,
    Correlations,
    EqualRows,
    Outlier,
    correlate_features,
    describe_columns,
    encode_features,
    fill_gaps,
    find_equal_rows,
    find_nominal,
    find_outliers,
)
from seedbed.data.table import Table
from seedbed.errors import clip, join_names
from seedbed.metrics.metric import ACCURACY
from seedbed.reports.figures.correlations import MOST_FEATURES
from seedbed.reports.figures.pairs import MOST_FEATURES as MOST_PAIRED
from seedbed.reports.figures.panels import NO_VALUE
from seedbed.reports.json_values import replace_undefined
from seedbed.selection.inference import LEVEL
from seedbed.selection.scores import CandidateScore
from seedbed.selection.threshold_rule import (
    LEAST_ROWS,
    CategoryRule,
    Rule,
    RuleComparison,
    compare_rule,
    find_leaks,
    fit_rules,
    pick_rule,
    write_cut,
)

_MOST_OUTLIERS = 100  # in JSON
_MOST_INTERVALS = 6  # more are not read as a sentence
_PICTURED = {Kind.NUMBER: "numbers", Kind.DATE: "dates", Kind.CATEGORY: "categories"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Exploration:
    """What is seen of a table.

    Missing, equal and far values are checks of the whole table. All that says how features tell the classes apart is
    of the development rows: looking at the others would be a choice made with them.

    Attributes
    ----------
    encoded : the features as numbers, of all rows, NaN for a gap: dates in days, categories by their index.
    numbers : the same with gaps at their column's median; of categories one is a category more.
    rules : the rule on each feature alone.
    leaks : the features that alone tell the classes apart, and by what.
    drawn : indices of the features of a kind that are drawn, in the table's order: of many, those with the best rules.
    paired : the same of numbers for the pair plot.
    """

    table: Table
    encoded: pd.DataFrame
    numbers: pd.DataFrame
    counts: dict[str, int]
    columns: list[Column]
    equal: EqualRows
    outliers: list[Outlier]
    rules: list[Rule]
    leaks: dict[int, str]
    comparison: RuleComparison | None
    drawn: dict[Kind, list[int]]
    paired: list[int]
    correlations: Correlations

    @property
    def features(self) -> pd.DataFrame:
        """The development rows' features."""
        return self.numbers.iloc[self.table.development]

    @property
    def codes(self) -> Codes:
        """The development rows' classes, as indices in the table's classes."""
        return self.table.codes[self.table.development]

    @property
    def rule(self) -> Rule:
        """The best rule on one feature."""
        return pick_rule(self.rules)

    @property
    def rows(self) -> str:
        """How many rows pictures, rule and models are of, in words."""
        return f"{self.rule.rows:,} {'development rows' if len(self.table.holdout) else 'rows'}"

    def name(self, column: int) -> str:
        """Return the name of the feature at an index."""
        return str(self.numbers.columns[column])

    def note(self, drawn: Sequence[int]) -> str:
        """Say which features, all of one kind, and rows a picture is of."""
        kinds = [_find_group(column.kind) for column in self.table.schema]
        kind = kinds[drawn[0]]
        if (features := kinds.count(kind)) == len(drawn):
            return self.rows
        what = "features" if features == len(kinds) else f"columns of {_PICTURED[kind]}"
        return f"the {len(drawn)} of {features} {what} that separate the classes best alone; {self.rows}"


def explore_table(table: Table) -> Exploration:
    """Look at a table."""
    schema, codes, rows = table.schema, table.codes, table.development
    encoded, nominal = encode_features(table.features, schema), find_nominal(schema)
    numbers = fill_gaps(encoded, schema)
    seen, own = numbers.iloc[rows], codes[rows]
    values = seen.to_numpy(dtype=np.float64)
    rules = fit_rules(values, own, nominal)
    of_kind = {
        kind: [rule for rule, column in zip(rules, schema, strict=True) if _find_group(column.kind) is kind]
        for kind in _PICTURED
    }
    drawn = {kind: _pick_best(alike, MOST_FEATURES) for kind, alike in of_kind.items()}
    return Exploration(
        table=table,
        encoded=encoded,
        numbers=numbers,
        counts={name: int((codes == code).sum()) for code, name in enumerate(table.classes)},
        columns=describe_columns(table.features, codes),
        equal=find_equal_rows(table.features, codes),
        outliers=find_outliers(table.features.select_dtypes("number"), codes),
        rules=rules,
        leaks=find_leaks(encoded.to_numpy()[rows], own, rules),
        comparison=compare_rule(values, own, nominal, table.features.iloc[rows], schema),
        drawn=drawn,
        paired=_pick_best(of_kind[Kind.NUMBER], MOST_PAIRED),
        correlations=correlate_features(seen.iloc[:, drawn[Kind.NUMBER]], own),
    )


def _find_group(kind: Kind) -> Kind:
    return Kind.CATEGORY if kind is Kind.BOOLEAN else kind


def _pick_best(rules: Sequence[Rule], most: int) -> list[int]:
    """Return the indices of the features whose rules get most rows right, in the table's order."""
    return sorted(rule.column for rule in sorted(rules, key=lambda rule: -rule.right)[:most])


def describe_exploration(exploration: Exploration) -> list[str]:
    """Say how large the table is, how it was read, what the checks found, and what a rule and models do."""
    size, *rest = [
        describe(exploration) for describe in (describe_size, describe_checks, describe_rule, describe_comparison)
    ]
    return [size, *exploration.table.notes, *describe_leaks(exploration), *rest]


def describe_size(exploration: Exploration) -> str:
    """Say how large the table is, what its features are called and how frequent each class is."""
    names = list(map(str, exploration.table.features))
    counts = [f"{clip(name)} {count}" for name, count in exploration.counts.items()]
    rows, features = len(exploration.table.labels), _format_count(len(names), "feature")
    return f"{rows} rows, {features} ({join_names(names)}), classes: {join_names(counts)}."


def describe_checks(exploration: Exploration) -> str:
    """Say what is missing, equal, constant or far out, over the whole table; rows count from 0."""
    missing = int(exploration.table.features.isna().to_numpy().sum())
    constant = [column.name for column in exploration.columns if column.constant]
    outside = sum(column.outside for column in exploration.columns)
    found = {"equal rows": exploration.equal.same, "equal rows of different classes": exploration.equal.conflicting}
    equal = [f"{name}: {_list_groups(groups)}" for name, groups in found.items() if groups]
    parts = [
        _format_count(missing, "missing value") if missing else "no missing values",
        f"{'; '.join(equal)} (counted from 0)" if equal else "no equal rows",
        *([f"constant: {join_names(constant)}"] if constant else []),
        f"{_format_count(outside, 'value')} outside the whiskers of their class",
    ]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def describe_rule(exploration: Exploration) -> str:
    """Say which feature separates the classes best by itself, by which rule, and how many rows that gets right."""
    rule, classes = exploration.rule, exploration.table.classes
    counts = np.bincount(exploration.codes)
    if rule.right <= counts.max():
        always = f"always predicting {clip(classes[counts.argmax()])}: {counts.max()} of {exploration.rows} right"
        return f"No rule on one feature does better than {always}."
    right = f"{rule.right} of {exploration.rows} right"
    steps = name_steps(exploration, rule)
    said = f"cut into {len(rule.codes)} intervals"
    if len(steps) <= _MOST_INTERVALS:
        said = "; ".join(f"{clip(step)}: {clip(classes[code])}" for step, code in steps.items())
    elif isinstance(rule, CategoryRule):
        said = f"by {len(steps)} categories"
    source = "each by the others of its category" if isinstance(rule, CategoryRule) else "found on these same rows"
    share = ACCURACY.format(rule.right / rule.rows)
    name = clip(exploration.name(rule.column))
    return f"By eye, {name} alone ({said}) gets {right} ({share}), {source}."


def name_steps(exploration: Exploration, rule: Rule) -> dict[str, int]:
    """Return the classes that a rule says, by category or by where an interval ends."""
    column = exploration.table.schema[rule.column]
    if isinstance(rule, CategoryRule):
        seen = np.unique(exploration.features.iloc[:, rule.column]).astype(int)
        names = [*column.categories, NO_VALUE]
        return {names[at]: rule.codes[at] for at in seen}
    ends = [f"below {write_cut(cut, column.kind)}" for cut in rule.cuts]
    return dict(zip([*ends, "else"], rule.codes, strict=True))


def describe_leaks(exploration: Exploration) -> list[str]:
    """Name the features that alone tell the classes apart."""
    names = [f"{clip(exploration.name(column))} (by {by})" for column, by in exploration.leaks.items()]
    alone = "alone tells" if len(names) == 1 else "each alone tell"
    return [f"Possible leak: {join_names(names)} {alone} the classes apart; known only once the class is?"] * bool(
        names
    )


def describe_comparison(exploration: Exploration) -> str:
    """Say what models with their defaults add to such a rule, on rows that neither was trained on."""
    comparison, rows = exploration.comparison, exploration.rule.rows
    if comparison is None and rows < LEAST_ROWS:
        return f"{rows} rows are too few to compare such a rule with a model."
    if comparison is None:
        return "Such a rule is not compared with a model: values are so large that their squares are infinite."
    each = {"such a rule": comparison.rule, **comparison.models}
    scores = ", ".join(f"{name} {ACCURACY.format(own.score)}" for name, own in each.items())
    splits = f"over {len(comparison.rule.scores)} splits"
    return f"On test rows that none was trained on, {splits}: {scores}; {describe_difference(comparison)}."


def describe_difference(comparison: RuleComparison) -> str:
    """Say how much the best model adds, and whether that can be told apart from nothing."""
    gain = comparison.gain
    points, within = ACCURACY.format_change(gain.mean), ACCURACY.format_changes(gain.low, gain.high)
    if gain.low is None:
        return "both are equally accurate on every split" if points == "0.0" else f"{points} points on every split"
    if gain.has_zero:
        return f"{comparison.best} and the rule cannot be told apart ({points} points, 95 % interval {within})"
    adds = "adds" if gain.mean > 0 else "loses"
    return f"{comparison.best} {adds} {points.lstrip('+−')} points (95 % interval {within})"


def describe_rows(exploration: Exploration) -> str:
    """Say which rows were looked at, and why not all."""
    held, some = len(exploration.table.holdout), ""
    if not is_plain(exploration.table.schema):
        some = " In pairs, correlations and rules a gap counts as the column's median."
    if not held:
        return f"All rows are looked at: dataset.holdout=0 sets none aside.{some}"
    return (
        f"Pictures, rule and models are of the {exploration.rows}.{some} Looking at data already selects, so the "
        f"{held} held-out rows are only counted and checked; dataset.holdout=0 shows them."
    )


def _list_groups(groups: Iterable[Sequence[int]]) -> str:
    said = [" = ".join(map(str, rows[:4])) + (f" and {len(rows) - 4} more" if len(rows) > 4 else "") for rows in groups]
    return join_names(said, 4)


def _format_count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def exploration_values(exploration: Exploration) -> dict[str, Any]:
    """Return all that is said as values for JSON; an undefined number is null, rows count from 0."""
    table, classes, rule = exploration.table, exploration.table.classes, exploration.rule
    rows = len(table.development)
    found = {
        "rows": len(table.labels),
        "development_rows": rows,
        "holdout_rows": len(table.holdout),
        "digest": table.record.digest,
        "target": table.target,
        "classes": exploration.counts,
        "features": [str(name) for name in table.features],
        "kinds": {column.name: str(column.kind) for column in table.schema},
        "left_out": dict(table.left_out),
        "columns": [
            {**asdict(column), "rule_right": own.right, "rule_accuracy": own.right / rows}
            for column, own in zip(exploration.columns, exploration.rules, strict=True)
        ],
        "equal_rows": exploration.equal.same,
        "conflicting_rows": exploration.equal.conflicting,
        "outside_whiskers": sum(column.outside for column in exploration.columns),
        "farthest": [
            {"row": one.row, "feature": one.column, "class": classes[one.code], "value": one.value}
            | {"interquartile_ranges_away": one.away}
            for one in exploration.outliers[:_MOST_OUTLIERS]
        ],
        "correlations": {
            "features": exploration.correlations.names,
            "over_all": exploration.correlations.over_all.tolist(),
            "within_classes": exploration.correlations.within.tolist(),
        },
        "possible_leaks": {exploration.name(column): by for column, by in exploration.leaks.items()},
        "rule": {
            "feature": exploration.name(rule.column),
            **_rule_values(exploration, rule),
            "right": rule.right,
            "rows": rule.rows,
            "found_on": "the same development rows",
        },
        "comparison": _comparison_values(exploration),
    }
    return {key: replace_undefined(value) for key, value in found.items()}


def _rule_values(exploration: Exploration, rule: Rule) -> dict[str, Any]:
    classes = exploration.table.classes
    if isinstance(rule, CategoryRule):
        return {"categories": {name: classes[code] for name, code in name_steps(exploration, rule).items()}}
    return {"cuts": rule.cuts, "classes": [classes[code] for code in rule.codes]}


def _comparison_values(exploration: Exploration) -> dict[str, Any] | None:
    comparison = exploration.comparison
    if comparison is None:
        return None
    gain = comparison.gain
    return {
        "splits": len(comparison.rule.scores),
        "stratified": comparison.stratified,
        "train_rows": comparison.train,
        "test_rows": comparison.test,
        "rule": _accuracy_values(comparison.rule),
        "baselines": {name: _accuracy_values(own) for name, own in comparison.models.items()},
        "most_frequent_class": {"accuracy": comparison.frequent.score},
        "baselines_add": {"best": comparison.best, "accuracy": gain.mean, "low": gain.low, "high": gain.high}
        | {"level": LEVEL},
        "features_of_the_rule": [exploration.name(column) for column in comparison.columns],
    }


def _accuracy_values(own: CandidateScore) -> dict[str, Any]:
    return {"accuracy": own.score, "low": own.low, "high": own.high, "by_split": list(own.scores)}
