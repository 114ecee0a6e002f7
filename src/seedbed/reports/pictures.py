"""Which figures a comparison has, by what was swept, and which an exploration has."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seedbed.columns.schema import Kind
from seedbed.data.table import encode_labels
from seedbed.metrics.evaluation import count_confusion
from seedbed.metrics.predictions import list_classes
from seedbed.reports.exploration import Exploration
from seedbed.reports.figures.boxes import draw_boxes
from seedbed.reports.figures.correlations import draw_correlations
from seedbed.reports.figures.curve import draw_curve, make_curve
from seedbed.reports.figures.differences_grid import arrange_differences, draw_differences_grid
from seedbed.reports.figures.dots import draw_dots, make_dots
from seedbed.reports.figures.families import draw_families
from seedbed.reports.figures.gaps import arrange_gaps, draw_gaps
from seedbed.reports.figures.hardest import draw_hardest
from seedbed.reports.figures.learning import draw_learning
from seedbed.reports.figures.pairs import count_pairs, draw_pairs
from seedbed.reports.figures.panels import ClassCounts, count_categories, count_dates, draw_categories, draw_dates
from seedbed.reports.figures.plot import CRISP
from seedbed.reports.figures.pooled import draw_pooled
from seedbed.reports.figures.rule import draw_rule
from seedbed.reports.figures.seeds import draw_seeds
from seedbed.reports.figures.sheet import Sheet
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.choice import SelectedCandidate
from seedbed.selection.diagnostics import find_hard_rows
from seedbed.selection.threshold_rule import CategoryRule

BOX_PLOTS = "box_plots.png"
_LARGEST_GRID = 60  # values of a parameter; a larger grid is drawn as points


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, with the name of its file, and what it shows in words for those who cannot see it."""

    name: str
    title: str
    words: str
    png: bytes

    @property
    def width(self) -> int:
        """Width in pixels of a page, of which the image has several each."""
        return int.from_bytes(self.png[16:20], "big") // CRISP

    @property
    def data_url(self) -> str:
        """The image as an address that holds it."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def draw_comparison(verdict: SweepAnalysis) -> list[Picture]:
    """Draw every figure of a comparison, the one that says most first."""
    board, choice, pictures = verdict.leaderboard, verdict.choice, []
    if verdict.learning is not None:
        words, figure = "The score against the number of training rows.", draw_learning(verdict.learning)
        pictures.append(Picture("learning_curve.png", "Would more rows help?", words, figure.png()))
    if verdict.families:
        words = (
            "What each family's choice scores on rows that it was not chosen by, and how far that is from the best; a "
            "family whose interval of the difference reaches 0 cannot be told apart from it."
        )
        figure = draw_families(verdict.families, board.metric)
        pictures.append(Picture("families.png", "Which family?", words, figure.png()))
    if choice:
        pictures += _draw_scores(verdict, choice)
    if len(board.seeds) > 1 and len(board.rows) > 1:
        words = "The score of every candidate on every seed, which tells a bad split from a bad candidate."
        pictures.append(Picture("seeds.png", "Bad split or bad candidate?", words, draw_seeds(board).png()))
    tested = len(verdict.sweep.predictions) > 0
    return [*pictures, *(_draw_predictions(verdict, choice) if choice and tested else [])]


def draw_score_figure(verdict: SweepAnalysis) -> bytes | None:
    """Draw the first figure of a comparison that chose: the curve, or points with bars; None without a choice."""
    return _draw_scores(verdict, verdict.choice)[0].png if verdict.choice else None


def _draw_scores(verdict: SweepAnalysis, choice: SelectedCandidate) -> list[Picture]:
    board, axes = verdict.leaderboard, verdict.leaderboard.axes
    known = board, choice, verdict.estimate, verdict.holdout
    # Candidates of several families lack the parameters of one another.
    filled = all(axis.key in row.values for axis in axes for row in board.rows)
    if filled and len(axes) == 1 and axes[0].ordered:
        words = (
            "The mean over the seeds against the parameter, with its interval, every seed and, where they are known, "
            "what to expect of the chosen value and how often each is; below, the paired difference to it."
        )
        return [Picture("curve.png", f"Score by {axes[0].name}", words, draw_curve(make_curve(*known)).png())]
    words = "The best candidates' means over the seeds with their intervals"
    words += ", and how often each is chosen." if verdict.estimate else "."
    dots = Picture("candidates.png", "The best candidates", words, draw_dots(make_dots(*known)).png())
    if not filled or len(axes) != 2 or any(len(axis.values) > _LARGEST_GRID for axis in axes):
        return [dots]
    words = "Each cell's paired difference to the leader; outlined are those that cannot be told apart from it."
    grid = draw_differences_grid(arrange_differences(board, choice))
    return [Picture("differences.png", "Two parameters at once", words, grid.png()), dots]


def _draw_predictions(verdict: SweepAnalysis, choice: SelectedCandidate) -> list[Picture]:
    """Return the figures of the chosen one's test predictions."""
    seeds, predictions = verdict.leaderboard.seeds, verdict.sweep.predictions
    predictions = predictions[predictions["seed"].isin(list(seeds))]
    of = f"{choice.row.label} over {len(seeds)} splits" if len(seeds) > 1 else f"{choice.row.label} on one split"
    classes = list_classes(predictions)
    own = predictions[predictions["candidate"] == choice.candidate].drop_duplicates(["seed", "row"])
    truth, prediction = (encode_labels(own[column], classes) for column in ("truth", "prediction"))
    counts = count_confusion(truth, prediction, len(classes))
    words = "The chosen one's tests over all seeds: rows are the true classes, columns what was predicted."
    figure = draw_pooled(classes, counts, of)
    pictures = [Picture("confusion_matrix.png", "Which classes are confused?", words, figure.png())]
    hardest = find_hard_rows(predictions, choice.candidate)
    if hardest.rows:
        words = "The rows that the chosen one got wrong most often, with the class that each was taken for."
        figure = draw_hardest(hardest, of)
        pictures.append(Picture("hardest_rows.png", "Which rows are hard?", words, figure.png()))
    return pictures


def draw_exploration(exploration: Exploration) -> list[Picture]:
    """Draw the development rows: the rule, each kind of column, gaps, and the pair plot and correlations of numbers."""
    table, seen, codes, rule = exploration.table, exploration.features, exploration.codes, exploration.rule
    cells, classes = exploration.encoded.iloc[table.development], table.classes
    numbers, dates, categories = (exploration.drawn[kind] for kind in (Kind.NUMBER, Kind.DATE, Kind.CATEGORY))
    missing, paired = cells.isna(), exploration.paired

    def count(column: int) -> ClassCounts:
        name, values, own = exploration.name(column), cells.iloc[:, column].to_numpy(), table.schema[column]
        if own.kind is Kind.DATE:
            return count_dates(name, values, codes, len(classes))
        return count_categories(name, own.categories, values, codes, len(classes))

    def draw_rule_of_any_kind() -> Sheet:
        if isinstance(rule, CategoryRule):
            title = f"A rule on one feature: {exploration.name(rule.column)}"
            note = f"each category's most frequent class gets {rule.right} of {exploration.rows} right"
            return draw_categories([count(rule.column)], classes, note, title)
        note = f"{rule.right} of {exploration.rows} right; a cross is a row that the rule gets wrong"
        return draw_rule(rule, seen, codes, classes, note, table.schema[rule.column].kind)

    figures: list[tuple[Any, str, str, str, Callable[[], Sheet]]] = [
        (
            True,
            "rule.png",
            "A rule by eye",
            "A line for each class, a point for each row; the tint shows where the rule predicts that class."
            if not isinstance(rule, CategoryRule)
            else "Each class's share of a category's rows; the rule predicts the most frequent one.",
            draw_rule_of_any_kind,
        ),
        (
            numbers,
            BOX_PLOTS,
            "Box plots",
            "Quartiles of every feature by class, with whiskers to the last value within 1.5 interquartile ranges.",
            lambda: draw_boxes(cells.iloc[:, numbers], codes, classes, exploration.note(numbers)),
        ),
        (
            categories,
            "categories.png",
            "Categories",
            "Each class's share of the rows of a category, and how many rows those are; of two classes the dashed "
            "line is the share among all rows.",
            lambda: draw_categories(list(map(count, categories)), classes, exploration.note(categories)),
        ),
        (
            dates,
            "dates.png",
            "Dates",
            "How many rows of each class there are over time.",
            lambda: draw_dates(list(map(count, dates)), classes, exploration.note(dates)),
        ),
        (
            missing.to_numpy().any(),
            "gaps.png",
            "Gaps",
            "Left, the share of each class's rows without a value; right, of a column's gaps the share of rows where "
            "another column has a gap, too. The numbers are rows.",
            lambda: draw_gaps(arrange_gaps(missing, codes, classes, exploration.rows)),
        ),
        (
            paired,
            "pairs.png",
            "Two features at once",
            "Every two features against each other; on the diagonal how often each value occurs, by class.",
            lambda: draw_pairs(count_pairs(seen.iloc[:, paired], codes, classes, exploration.note(paired))),
        ),
        (
            len(numbers) > 1,
            "correlations.png",
            "Correlations",
            "Above the diagonal over all rows, below it within the classes: if the two differ, features go together "
            "over the table because the classes differ.",
            lambda: draw_correlations(exploration.correlations, exploration.note(numbers)),
        ),
    ]
    return [Picture(name, title, words, draw().png()) for shown, name, title, words, draw in figures if shown]
