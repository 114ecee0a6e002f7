"""The pictures of a table: worked out before they are drawn, every class named, nothing outside the figure."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from seedbed.data.checks import correlate_features
from seedbed.reports.figures.correlations import draw_correlations, join_triangles
from seedbed.reports.figures.gaps import arrange_gaps, draw_gaps
from seedbed.reports.figures.marks import make_markers
from seedbed.reports.figures.pairs import MOST_POINTS, count_pairs, draw_pairs
from seedbed.reports.figures.panels import count_categories, count_dates, draw_categories, draw_dates
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


def test_categories_are_counted_by_class_the_rare_ones_together_and_gaps_last() -> None:
    values = np.array([*np.repeat(np.arange(10.0), 2), 0, np.nan])
    codes = np.resize([0, 1], 22)
    found = count_categories("town", [f"t{at}" for at in range(11)], values, codes, 2)
    assert list(found.bars) == [*(f"t{at}" for at in range(8)), "2 more", "no value"]
    assert (
        found.counts.sum() == 22
        and found.counts[0].tolist() == [2, 1]
        and found.counts[-2:].tolist() == [[2, 2], [0, 1]]
    )
    sheet = draw_categories([found], ["a", "b"], "22 rows")
    (axes,) = sheet.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == found.bars
    assert [patch.get_width() for patch in axes.patches if patch.get_y() < 0] == pytest.approx([2 / 3, 1 / 3])
    assert {"a", "b", "22 rows", "3", "4"} <= texts(sheet) and nothing_is_cut_off(sheet)


def test_categories_of_forty_classes_with_long_names_are_inside() -> None:
    codes = np.arange(80) % 40
    names = [f"a category with a long name {at}" for at in range(20)]
    columns = [
        count_categories(f"c{at}", names[: at % 20 + 1], codes % (at % 20 + 1.0), codes, 40) for at in range(0, 20, 4)
    ]
    sheet = draw_categories(columns, FORTY)
    assert len(sheet.figure.axes) == 5 and nothing_is_cut_off(sheet)


@pytest.mark.parametrize("span", [0.5, 3, 40, 900, 40_000])
def test_dates_are_counted_over_time_and_a_gap_nowhere(span: float) -> None:
    values = np.append(20_000 + np.linspace(0, span, 11), np.nan)
    found = count_dates("seen", values, np.arange(12) % 3, 3)
    assert found.counts.sum(axis=0).tolist() == [4, 4, 3]
    sheet = draw_dates([found] * 5, ["a", "b", "c"], "12 rows")
    labels = [label.get_window_extent() for label in sheet.figure.axes[0].get_xticklabels() if label.get_text()]
    assert len(labels) >= 2 and all(one.x1 < other.x0 for one, other in itertools.pairwise(labels))
    assert nothing_is_cut_off(sheet)


def test_gaps_are_shares_of_classes_and_of_one_another() -> None:
    gaps = pd.DataFrame({"x": [True, True, False, False], "none": [False] * 4, "y": [True, False, False, True]})
    heat = arrange_gaps(gaps, np.array([0, 0, 0, 1]), ["a", "b"], "4 rows")
    assert heat.rows == ["x", "y"] and list(heat.columns) == ["a", "b", "x", "y"]
    assert heat.values.tolist() == [[2 / 3, 0, 1, 0.5], [1 / 3, 1, 0.5, 1]]
    assert heat.texts is not None and heat.texts.tolist() == [["2", "0", "2", "1"], ["1", "1", "1", "2"]]
    assert nothing_is_cut_off(draw_gaps(heat))


def test_of_many_columns_those_with_the_most_gaps_are_shown() -> None:
    gaps = pd.DataFrame({f"c{at}": np.arange(100) <= at for at in range(90)})
    heat = arrange_gaps(gaps, np.arange(100) % 40, FORTY, "100 rows")
    assert heat.rows[0] == "c50" and heat.values.shape == (40, 52) and heat.texts is None
    assert "the 40 of 90 columns with the most gaps; 100 rows" in heat.subtitle
    assert nothing_is_cut_off(draw_gaps(heat))
