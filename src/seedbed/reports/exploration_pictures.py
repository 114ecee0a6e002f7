"""The pictures of a table."""

from __future__ import annotations

import pandas as pd

from seedbed.reports.exploration import Explored
from seedbed.reports.exploration_text import note_of, seen_in_words
from seedbed.reports.figures import box_plots
from seedbed.reports.figures.correlations import draw_correlations
from seedbed.reports.figures.pairs import draw_pairs, pairs_of
from seedbed.reports.figures.rule import draw_rule, rule_picture_of
from seedbed.reports.pictures import Picture

BOX_PLOTS = "box_plots.png"


def explored_pictures(explored: Explored) -> list[Picture]:
    """Draw the rule, the box plots, the pair plot and the correlations of the development rows."""
    table, seen, codes = explored.table, explored.seen, explored.seen_codes
    rule = explored.rule
    names = [str(name) for name in table.features]
    right = f"{rule.right} of {rule.rows} {seen_in_words(explored)} right; a cross is a row that the rule gets wrong"
    classes = pd.Series(table.labels[table.development])
    found = [
        Picture(
            "rule.png",
            "A rule by eye",
            "A line a class, a point a row; tinted is where the rule says that class.",
            draw_rule(rule_picture_of(rule, seen.to_numpy(), codes, (names, table.classes), right)),
        ),
        Picture(
            BOX_PLOTS,
            "Box plots",
            "Quartiles of every feature by class, with whiskers to the last value within 1.5 interquartile ranges.",
            box_plots(seen.iloc[:, explored.shown], classes, list(table.classes), note_of(explored, explored.shown)),
        ),
        Picture(
            "pairs.png",
            "Two features at once",
            "Every two features against each other; on the diagonal how often each value occurs, by class.",
            draw_pairs(
                pairs_of(seen.iloc[:, explored.paired], codes, table.classes, note_of(explored, explored.paired))
            ),
        ),
    ]
    if len(explored.shown) < 2:
        return found
    words = (
        "Above the diagonal over all rows, below it within the classes: where the two differ, what goes together over "
        "the table does so because the classes differ."
    )
    note = note_of(explored, explored.shown)
    return [*found, Picture("correlations.png", "Correlations", words, draw_correlations(explored.correlations, note))]
