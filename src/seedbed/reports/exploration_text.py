"""What was seen of a table, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seedbed.errors import listed, shown
from seedbed.reports.exploration import Explored
from seedbed.selection.rule_score import LEAST_ROWS, NEIGHBORS, RuleScore
from seedbed.selection.summary import amount, span

_INTERVALS = 6  # more are not read as a sentence


def size_in_words(explored: Explored) -> str:
    """Say how large the table is, what its features are called and how frequent each class is."""
    names = list(map(str, explored.table.features))
    counts = [f"{shown(name)} {count}" for name, count in explored.counts.items()]
    return (
        f"{len(explored.table.labels)} rows, {_count(len(names), 'feature')} ({listed(names)}), "
        f"classes: {listed(counts)}."
    )


def checks_in_words(explored: Explored) -> str:
    """Say what is missing, equal, constant or far out, over the whole table."""
    missing = sum(column.missing for column in explored.columns)
    constant = [column.name for column in explored.columns if column.constant]
    outside = sum(column.outside for column in explored.columns)
    parts = [
        f"{_count(missing, 'value')} missing" if missing else "no value missing",
        equal_in_words(explored),
        *([f"without any difference: {listed(constant)}"] if constant else []),
        f"{_count(outside, 'value')} outside the whiskers of their class",
    ]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def equal_in_words(explored: Explored) -> str:
    """Say which rows no feature tells apart; rows count from 0."""
    same, conflicting = explored.equal.same, explored.equal.conflicting
    if not same and not conflicting:
        return "no two rows equal"
    parts = []
    if same:
        parts.append(f"equal rows: {_groups(same)}")
    if conflicting:
        parts.append(f"equal rows of different classes: {_groups(conflicting)}")
    return "; ".join(parts) + " (from 0)"


def rule_in_words(explored: Explored) -> str:
    """Say which feature parts the classes best by itself, by which rule, and how many rows that gets right."""
    rule, classes = explored.rule, explored.table.classes
    name = shown(explored.name(rule.column))
    right = f"{rule.right} of {rule.rows} {seen_in_words(explored)} right"
    if not rule.cuts:
        return f"No feature alone does better than to say {shown(classes[rule.codes[0]])} always: {right}."
    if len(rule.codes) > _INTERVALS:
        said = f"cut into {len(rule.codes)} intervals"
    else:
        below = [f"below {cut:.6g}: {shown(classes[code])}" for cut, code in zip(rule.cuts, rule.codes, strict=False)]
        said = "; ".join([*below, f"else: {shown(classes[rule.codes[-1]])}"])
    share = amount(rule.right / rule.rows, "accuracy")
    return f"By eye, {name} alone ({said}) gets {right} ({share}), found on these same rows."


def score_in_words(explored: Explored) -> str:
    """Say what KNN adds to such a rule, on rows that neither learned from."""
    score = explored.score
    if score is None and explored.rule.rows < LEAST_ROWS:
        return f"{explored.rule.rows} rows are too few to compare such a rule with KNN."
    if score is None:
        return "Such a rule is not compared with KNN: values are so large that no distance can be computed."
    means = f"such a rule {amount(score.rule.mean(), 'accuracy')}, KNN {amount(score.knn.mean(), 'accuracy')}"
    return f"On test rows that neither learned from, over {len(score.rule)} splits: {means}; {added_in_words(score)}."


def added_in_words(score: RuleScore) -> str:
    """Say how much KNN adds, and whether that can be told from nothing."""
    points, difference = points_of(score.added), score.difference
    if difference is None:
        return "both right equally often on every split" if points == "0.0" else f"{points} points on every split"
    low, high = difference.interval.low, difference.interval.high
    interval = f"95 % interval {points_of(low)} to {points_of(high)}"
    if low <= 0 <= high:
        return f"KNN adds nothing that can be told from chance ({points} points, {interval})"
    return f"KNN {'adds' if low > 0 else 'loses'} {points.lstrip('+−')} points ({interval})"


def seen_in_words(explored: Explored) -> str:
    """Return what the rows are called that pictures, rule and KNN are of."""
    return "development rows" if len(explored.table.holdout) else "rows"


def note_of(explored: Explored, drawn: Sequence[int]) -> str:
    """Return which features and rows a picture is of."""
    features, rows = explored.table.features.shape[1], f"{explored.rule.rows:,} {seen_in_words(explored)}"
    if len(drawn) == features:
        return rows
    return f"the {len(drawn)} of {features} features that part the classes best alone; {rows}"


def held_in_words(explored: Explored) -> str:
    """Say which rows were looked at, and why not all."""
    held = len(explored.table.holdout)
    if not held:
        return "All rows are looked at: dataset.holdout=0 holds none out."
    return (
        f"Pictures, rule and KNN are of the {explored.rule.rows} development rows. Who looks chooses, too, so that the "
        f"{held} held-out rows are only counted and checked; dataset.holdout=0 shows them."
    )


def neighbors_in_words() -> str:
    """Return the numbers of neighbours that KNN is chosen from."""
    return ", ".join(map(str, NEIGHBORS[:-1])) + f" or {NEIGHBORS[-1]}"


def points_of(difference: float) -> str:
    """Return a difference of accuracies in points, with its sign."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def within_in_words(score: RuleScore, bounds: tuple[float, float] | None) -> str:
    """Return a mean's interval, or that it is the same on every split."""
    return "the same on every split" if bounds is None else f"95 % interval {span(*bounds, 'accuracy')}"


def _groups(groups: Iterable[Sequence[int]]) -> str:
    said = [" = ".join(map(str, rows[:4])) + (f" and {len(rows) - 4} more" if len(rows) > 4 else "") for rows in groups]
    return ", ".join(said[:4]) + (f" and {len(said) - 4} more" if len(said) > 4 else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
