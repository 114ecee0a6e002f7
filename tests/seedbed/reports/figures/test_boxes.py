"""The box plots: worked out before they are drawn, so that tests ask for numbers and labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

from seedbed.data.arrays import Codes
from seedbed.reports.figures.boxes import MOST_FEATURES, MOST_POINTS, arrange_panels, draw_boxes
from seedbed.reports.figures.plot import CRISP
from seedbed.reports.figures.style import DPI

pytestmark = pytest.mark.filterwarnings("error")


def table(n_features: int, n_classes: int, rows: int = 12) -> tuple[pd.DataFrame, Codes]:
    generator = np.random.default_rng(0)
    codes = np.resize(np.arange(n_classes), rows * n_classes)
    features = {f"feature_{place}": generator.normal(size=len(codes)) for place in range(n_features)}
    return pd.DataFrame(features), codes


def points(axes: Axes) -> list[list[float]]:
    """Return the values that are drawn as points, a class each."""
    return [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o" and line.get_alpha()]


def quartiles(axes: Axes) -> list[np.ndarray]:
    """Return the ends of each box."""
    return [
        np.unique(box.get_path().vertices[:, 0][np.isfinite(box.get_path().vertices[:, 0])]) for box in axes.patches
    ]


def test_four_features_stand_two_by_two() -> None:
    grid = arrange_panels(4, ["a", "b", "c"])
    assert (grid.columns, grid.rows) == (2, 2)
    sheet = draw_boxes(*table(4, 3), ["a", "b", "c"])
    assert sheet.pixels.shape[1::-1] == tuple(CRISP * side for side in grid.size)
    assert pyplot.get_fignums() == []


def test_a_box_is_its_class_quartiles() -> None:
    features = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 100]})
    (axes,) = draw_boxes(features, np.array([1] * 5 + [0]), ["b", "a"]).figure.axes
    assert list(quartiles(axes)[1]) == [2, 4]
    medians = [line.get_xdata()[0] for line in axes.lines if line.get_linewidth() == 1.8]
    assert medians == [100, 3]
    assert points(axes) == [[100], [1, 2, 3, 4, 5]]


def test_the_classes_stand_in_order_from_the_top_the_underscored_one_too() -> None:
    order = ["_wild", "tame", "$x$"]
    axes = draw_boxes(*table(2, 3), order).figure.axes
    assert [label.get_text() for label in axes[0].get_yticklabels()] == order
    assert axes[0].get_ylim()[0] > axes[0].get_ylim()[1]
    assert [axis.get_title(loc="left") for axis in axes] == ["feature_0", "feature_1"]


def test_missing_infinite_and_absent_values_leave_out_only_themselves() -> None:
    features = pd.DataFrame(
        {"x": [1.0, np.nan, np.inf, 2.0], "y": [np.nan] * 4, "n": pd.array([1, 2, None, 4], "Int64")}
    )
    axes = draw_boxes(features, np.array([0, 0, 1, 1]), ["a", "b", "none"]).figure.axes
    assert points(axes[0]) == [[1.0], [2.0], []]
    assert points(axes[2]) == [[1.0, 2.0], [4.0], []]
    assert not any(box.size for box in quartiles(axes[1]))


def test_many_features_and_classes_are_all_there_inside_the_figure() -> None:
    order = [f"northern house martin {place}" for place in range(30)]
    sheet = draw_boxes(*table(6, 30, rows=2), order)
    assert len(sheet.figure.axes) == 6
    drawn = sheet.figure.get_tightbbox()  # inches
    assert drawn.x0 >= 0 and drawn.y0 >= 0
    assert drawn.x1 <= sheet.width / DPI and drawn.y1 <= sheet.height / DPI


def test_at_most_forty_features_are_drawn_and_what_they_are_is_said() -> None:
    sheet = draw_boxes(*table(43, 2, rows=3), ["a", "b"], "40 of 43 features")
    assert len(sheet.figure.axes) == MOST_FEATURES == 40
    assert "40 of 43 features" in {text.get_text() for text in sheet.figure.texts}


def test_many_rows_show_only_what_is_outside_the_whiskers() -> None:
    (axes,) = draw_boxes(*table(1, 1, rows=MOST_POINTS + 1), ["a"]).figure.axes
    drawn = sum(np.size(line.get_xdata()) for line in axes.lines if line.get_marker() == "o")
    assert 0 < drawn < 60


def test_a_long_feature_name_and_a_long_class_name_are_shortened_and_stay_inside() -> None:
    features, codes = table(2, 1)
    features.columns = ["f" * 270, "W" * 271]
    sheet = draw_boxes(features, codes, ["k" * 270])
    titles = [axes.get_title(loc="left") for axes in sheet.figure.axes]
    assert len(set(titles)) == 2 and all(len(title) < 40 for title in titles)
    assert sheet.width < 1000 and sheet.figure.get_tightbbox().x1 <= sheet.width / DPI


def test_the_same_table_gives_the_same_bytes() -> None:
    drawn = [draw_boxes(*table(2, 2), ["a", "b"]).png() for _ in range(2)]
    assert drawn[0] == drawn[1]
