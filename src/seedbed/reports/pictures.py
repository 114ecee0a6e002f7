"""Which figures a comparison has, by what was swept, and which an exploration has."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seedbed.metrics.predictions import list_classes
from seedbed.reports.exploration import Exploration
from seedbed.reports.figures import box_plots
from seedbed.reports.figures.correlations import draw_correlations
from seedbed.reports.figures.curve import curve_of, draw_curve
from seedbed.reports.figures.differences_grid import differences_grid_of, draw_differences_grid
from seedbed.reports.figures.dots import dots_of, draw_dots
from seedbed.reports.figures.hardest import draw_hardest, hardest_of
from seedbed.reports.figures.learning import draw_learning
from seedbed.reports.figures.pairs import draw_pairs, pairs_of
from seedbed.reports.figures.plot import CRISP
from seedbed.reports.figures.pooled import Pooled, draw_pooled
from seedbed.reports.figures.rule import draw_rule, rule_picture_of
from seedbed.reports.figures.seeds import draw_seeds, seeds_of
from seedbed.selection.analysis import Verdict
from seedbed.selection.axes import Axis
from seedbed.selection.choice import Choice

BOX_PLOTS = "box_plots.png"
_LARGEST_GRID = 60  # values of a parameter; a larger grid is drawn as points


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, with the name of its file, and what it shows in words for who cannot see it."""

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


def pictures_of(verdict: Verdict) -> list[Picture]:
    """Draw every figure of a comparison, the one that says most first."""
    board, choice = verdict.leaderboard, verdict.choice
    if verdict.learning is not None:
        words = "The score against the number of training rows."
        first = [Picture("learning_curve.png", "Would more rows help?", words, draw_learning(verdict.learning))]
    else:
        first = _scores(verdict, choice) if choice else []
    several = [_seeds(verdict)] if len(board.seeds) > 1 and len(board.rows) > 1 else []
    return [*first, *several, *(_rows(verdict, choice) if choice else [])]


def _scores(verdict: Verdict, choice: Choice) -> list[Picture]:
    board, axes = verdict.leaderboard, verdict.leaderboard.axes
    known = board, choice, verdict.estimate, verdict.holdout
    if len(axes) == 1 and axes[0].ordered:
        words = (
            "The mean over the seeds against the parameter, with its interval, every seed and what to expect of the "
            "chosen value; below, the paired difference to it, and how often each value is chosen."
        )
        return [Picture("curve.png", f"Score by {axes[0].name}", words, draw_curve(curve_of(*known)))]
    words = "The best candidates' means over the seeds with their intervals, and how often each is chosen."
    dots = Picture("candidates.png", "The best candidates", words, draw_dots(dots_of(*known)))
    if len(axes) != 2 or not _fits(axes):
        return [dots]
    words = "Each cell's paired difference to the leader; outlined are those that cannot be told apart from it."
    grid = draw_differences_grid(differences_grid_of(board, choice))
    return [Picture("differences.png", "Two parameters at once", words, grid), dots]


def score_figure(verdict: Verdict) -> bytes | None:
    """Return the first figure of a comparison that chose: the curve, or points with bars; None without a choice."""
    return _scores(verdict, verdict.choice)[0].png if verdict.choice else None


def _fits(axes: tuple[Axis, ...]) -> bool:
    return all(len(axis.values) <= _LARGEST_GRID for axis in axes)


def _seeds(verdict: Verdict) -> Picture:
    words = "The score of every candidate on every seed: a bad split is told from a bad candidate."
    return Picture("seeds.png", "Bad split or bad candidate?", words, draw_seeds(seeds_of(verdict.leaderboard)))


def _rows(verdict: Verdict, choice: Choice) -> list[Picture]:
    """Return the figures of the chosen one's test predictions."""
    seeds, label = verdict.leaderboard.seeds, choice.row.label
    every = verdict.sweep.predictions
    every = every[every["seed"].isin(list(seeds))]
    over = f"{label} over {len(seeds)} splits" if len(seeds) > 1 else f"{label} on one split"
    pooled = _pooled(verdict, choice, over)
    words = "The chosen one's tests over all seeds: rows are the true classes, columns what was predicted."
    found = [Picture("confusion_matrix.png", "Which classes are confused?", words, draw_pooled(pooled))]
    hardest = hardest_of(every, choice.candidate, over)
    if hardest.rows:
        words = "The rows that the chosen one got wrong most often, with the class that each was taken for."
        found.append(Picture("hardest_rows.png", "Which rows are hard?", words, draw_hardest(hardest)))
    return found


def _pooled(verdict: Verdict, choice: Choice, over: str) -> Pooled:
    classes = list_classes(verdict.sweep.predictions)
    predictions = verdict.sweep.predictions
    mine = predictions[
        (predictions["candidate"] == choice.candidate) & predictions["seed"].isin(list(verdict.leaderboard.seeds))
    ].drop_duplicates(["seed", "row"])
    place = {name: number for number, name in enumerate(classes)}
    truth, prediction = (mine[column].astype(str).map(place).to_numpy() for column in ("truth", "prediction"))
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (truth, prediction), 1)
    return Pooled(classes=tuple(classes), counts=counts, of=over)


def draw_exploration(exploration: Exploration) -> list[Picture]:
    """Draw the rule, the box plots, the pair plot and the correlations of the development rows."""
    table, seen, codes, rule = exploration.table, exploration.features, exploration.codes, exploration.rule
    names = [str(name) for name in table.features]
    note = exploration.note(exploration.drawn)
    right = f"{rule.right} of {exploration.rows} right; a cross is a row that the rule gets wrong"
    pictures = [
        Picture(
            "rule.png",
            "A rule by eye",
            "A line for each class, a point for each row; the tint shows where the rule predicts that class.",
            draw_rule(rule_picture_of(rule, seen.to_numpy(), codes, (names, table.classes), right)),
        ),
        Picture(
            BOX_PLOTS,
            "Box plots",
            "Quartiles of every feature by class, with whiskers to the last value within 1.5 interquartile ranges.",
            box_plots(
                seen.iloc[:, exploration.drawn],
                pd.Series(table.labels[table.development]),
                list(table.classes),
                note,
            ),
        ),
        Picture(
            "pairs.png",
            "Two features at once",
            "Every two features against each other; on the diagonal how often each value occurs, by class.",
            draw_pairs(
                pairs_of(seen.iloc[:, exploration.paired], codes, table.classes, exploration.note(exploration.paired))
            ),
        ),
    ]
    if len(exploration.drawn) > 1:
        words = (
            "Above the diagonal over all rows, below it within the classes: if the two differ, features go together "
            "over the table because the classes differ."
        )
        drawn = draw_correlations(exploration.correlations, note)
        pictures.append(Picture("correlations.png", "Correlations", words, drawn))
    return pictures
