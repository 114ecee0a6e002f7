"""The pictures of a table: worked out before they are drawn, every class named, nothing outside the figure."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from seedbed.data.checks import correlate_features
from seedbed.reports.figures.correlations import draw_correlations, join_triangles
from seedbed.reports.figures.marks import make_markers
from seedbed.reports.figures.pairs import MOST_POINTS, count_pairs, draw_pairs
from seedbed.reports.figures.rule import draw_rule
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import DPI, SIGNS
from seedbed.selection.threshold_rule import fit_rules, pick_rule

pytestmark = pytest.mark.filterwarnings("error")

FORTY = [f"northern house martin {place}" for place in range(40)]


def table(n_features: int, n_classes: int, rows: int = 6) -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(0)
    codes = np.tile(np.arange(n_classes), rows)
    values = generator.normal(size=(len(codes), n_features)) + codes[:, None]
    return pd.DataFrame(values, columns=[f"feature_{place}" for place in range(n_features)]), codes


def texts(sheet: Sheet) -> set[str]:
    axes = [text.get_text() for own in sheet.figure.axes for text in own.texts]
    named = [text.get_text() for legend in sheet.figure.legends for text in legend.get_texts()]
    return {text.get_text() for text in sheet.figure.texts} | set(axes) | set(named)


def nothing_is_cut_off(sheet: Sheet) -> bool:
    drawn = sheet.figure.get_tightbbox()  # inches
    return bool(drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= sheet.width / DPI and drawn.y1 <= sheet.height / DPI)


def test_forty_classes_have_forty_marks_and_neighbours_differ_in_shape() -> None:
    marks = make_markers(FORTY)
    assert len({(mark.colour, mark.shape) for mark in marks}) == 40
    assert all(one.shape != other.shape for one, other in itertools.pairwise(marks))


def test_the_pair_plot_has_every_pair_once_and_a_distribution_each() -> None:
    features, codes = table(4, 3)
    pairs = count_pairs(features, codes, ["_wild", "tame", "$x$"], "18 rows")
    assert pairs.counts.sum(axis=2).tolist() == [[6, 6, 6]] * 4
    sheet = draw_pairs(pairs)
    assert len(sheet.figure.axes) == 10
    assert {"_wild", "tame", "$x$", "18 rows"} <= texts(sheet)
    assert nothing_is_cut_off(sheet) and pyplot.get_fignums() == []


def test_forty_classes_are_named_and_drawn_as_one_distribution() -> None:
    features, codes = table(2, 40)
    features.columns = ["f" * 270, "g" * 270]
    pairs = count_pairs(features, codes, FORTY)
    assert pairs.counts.shape[:2] == (2, 1) and pairs.counts.sum() == 2 * 240
    sheet = draw_pairs(pairs)
    assert set(FORTY) <= texts(sheet) and nothing_is_cut_off(sheet)


def test_one_feature_and_a_constant_one_are_drawn() -> None:
    features, codes = table(1, 2)
    assert len(draw_pairs(count_pairs(features, codes, ["a", "b"])).figure.axes) == 1
    constant = count_pairs(features.assign(feature_0=7.0), codes, ["a", "b"])
    assert constant.counts.max() == 6 and nothing_is_cut_off(draw_pairs(constant))


def test_of_very_many_rows_some_are_points_and_that_is_said() -> None:
    features, codes = table(1, 2, rows=MOST_POINTS)
    pairs = count_pairs(features, codes, ["a", "b"], "all rows")
    assert len(pairs.values) == MOST_POINTS and pairs.counts.sum() == 2 * MOST_POINTS
    assert pairs.note == "all rows; 2,000 of 4,000 rows, drawn at random, as points"


def test_correlations_are_over_all_above_and_within_the_classes_below() -> None:
    features, codes = table(3, 3)
    found = correlate_features(features, codes)
    both = join_triangles(found)
    assert both[0, 2] == found.over_all[0, 2] and both[2, 0] == found.within[0, 2]
    sheet = draw_correlations(found, "18 rows")
    numbers = [f"{both[row, column]:+.2f}".replace("-", "−") for row, column in ((0, 1), (1, 0), (2, 1))]
    assert {"18 rows", *numbers} <= texts(sheet) and nothing_is_cut_off(sheet)


def test_a_falling_pair_has_another_hue_than_a_rising_one() -> None:
    falling, _, rising = SIGNS([0.1, 0.5, 0.9])
    assert falling[0] > falling[2] and rising[2] > rising[0]  # red above blue, blue above red


def test_forty_correlations_mark_their_sign_and_a_constant_has_none() -> None:
    features, codes = table(40, 2)
    features["feature_7"] = 1.0
    found = correlate_features(features, codes)
    sheet = draw_correlations(found)
    strokes = sum(len(own.get_segments()) for own in sheet.figure.axes[0].collections if hasattr(own, "get_segments"))
    assert strokes == (np.nan_to_num(join_triangles(found)) <= -0.05).sum() > 0
    hatched = [patch for patch in sheet.figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 2 * 39 and nothing_is_cut_off(sheet)


@pytest.mark.parametrize("n_classes", [2, 3, 40])
def test_a_rule_is_drawn_with_its_cuts_and_a_cross_for_each_wrong_row(n_classes: int) -> None:
    features, codes = table(2, n_classes)
    names = FORTY[:n_classes]
    values = features.to_numpy()
    rule = pick_rule(fit_rules(values, codes))
    sheet = draw_rule(rule, features, codes, names, "found on these")
    axes = sheet.figure.axes[0]
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert sum(len(line.get_xdata()) for line in crosses) == rule.rows - rule.right
    assert len(axes.patches) == len(rule.codes)
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    assert f"{rule.cuts[0]:.6g}".replace("-", "−") in texts(sheet) and "found on these" in texts(sheet)
    assert nothing_is_cut_off(sheet)
