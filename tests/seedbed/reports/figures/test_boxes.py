"""The box plots: worked out before they are drawn, so that tests ask for numbers and labels."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from PIL import Image

from seedbed.reports.figures import box_plots
from seedbed.reports.figures.boxes import MOST_POINTS, drawn_boxes, grid_of, panels_of
from seedbed.reports.figures.plot import CRISP
from seedbed.reports.figures.style import DPI

pytestmark = pytest.mark.filterwarnings("error")


def table(n_features: int, classes: list[str], rows: int = 12) -> tuple[pd.DataFrame, pd.Series]:
    generator = np.random.default_rng(0)
    names = pd.Series(np.resize(classes, rows * len(classes)), dtype="str")
    features = {f"feature_{place}": generator.normal(size=len(names)) for place in range(n_features)}
    return pd.DataFrame(features), names


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_four_features_stand_two_by_two() -> None:
    features, classes = table(4, ["a", "b", "c"])
    order = ["a", "b", "c"]
    grid = grid_of(4, order)
    assert (grid.columns, grid.rows) == (2, 2)
    assert opened(box_plots(features, classes, order)).size == tuple(CRISP * side for side in grid.size)
    assert pyplot.get_fignums() == []


def test_a_box_is_its_class_quartiles() -> None:
    features = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 100]})
    (panel,) = panels_of(features, pd.Series(["a"] * 5 + ["b"]), ["b", "a"])
    box = panel.boxes[1]
    assert box is not None
    assert (box["q1"], box["med"], box["q3"]) == (2, 3, 4)
    assert [list(own) for own in panel.values] == [[100], [1, 2, 3, 4, 5]]


def test_the_classes_stand_in_order_from_the_top_the_underscored_one_too() -> None:
    order = ["_wild", "tame", "$x$"]
    features, classes = table(2, order)
    axes = drawn_boxes(panels_of(features, classes, order), order).figure.axes
    assert [label.get_text() for label in axes[0].get_yticklabels()] == order
    assert axes[0].get_ylim()[0] > axes[0].get_ylim()[1]
    assert [axis.get_title(loc="left") for axis in axes] == ["feature_0", "feature_1"]


def test_missing_infinite_and_absent_values_leave_out_only_themselves() -> None:
    features = pd.DataFrame(
        {"x": [1.0, np.nan, np.inf, 2.0], "y": [np.nan] * 4, "n": pd.array([1, 2, None, 4], "Int64")}
    )
    panels = panels_of(features, pd.Series(["a", "a", "b", "b"]), ["a", "b", "none"])
    assert [own.tolist() for own in panels[0].values] == [[1.0], [2.0], []]
    assert [own.tolist() for own in panels[2].values] == [[1.0, 2.0], [4.0], []]
    assert panels[1].boxes == [None, None, None]
    box_plots(features, pd.Series(["a", "a", "b", "b"]), ["a", "b", "none"])


def test_many_features_and_classes_are_all_there_inside_the_figure() -> None:
    order = [f"northern house martin {place}" for place in range(30)]
    features, classes = table(6, order, rows=2)
    sheet = drawn_boxes(panels_of(features, classes, order), order)
    assert len(sheet.figure.axes) == 6
    drawn = sheet.figure.get_tightbbox()  # inches
    assert drawn.x0 >= 0 and drawn.y0 >= 0
    assert drawn.x1 <= sheet.width / DPI and drawn.y1 <= sheet.height / DPI


def test_at_most_forty_features_are_drawn_and_what_they_are_is_said() -> None:
    features, classes = table(43, ["a", "b"], rows=3)
    panels = panels_of(features, classes, ["a", "b"])
    assert len(panels) == 40
    texts = {text.get_text() for text in drawn_boxes(panels[:2], ["a", "b"], "2 of 43 features").figure.texts}
    assert "2 of 43 features" in texts


def test_many_rows_show_only_what_is_outside_the_whiskers() -> None:
    features, classes = table(1, ["a"], rows=MOST_POINTS + 1)
    axes = drawn_boxes(panels_of(features, classes, ["a"]), ["a"]).figure.axes[0]
    drawn = sum(np.size(line.get_xdata()) for line in axes.lines if line.get_marker() == "o")
    assert 0 < drawn < 60


def test_a_long_feature_name_and_a_long_class_name_are_shortened() -> None:
    features, _ = table(2, ["a"])
    features.columns = ["f" * 270, "f" * 271]
    panels = panels_of(features, pd.Series(["k" * 270] * len(features)), ["k" * 270])
    assert len({panel.feature for panel in panels}) == 2
    assert all(len(panel.feature) < 40 for panel in panels)
    assert drawn_boxes(panels, ["k" * 270]).width < 1000


def test_the_same_table_gives_the_same_bytes() -> None:
    features, classes = table(2, ["a", "b"])
    assert box_plots(features, classes, ["a", "b"]) == box_plots(features, classes, ["a", "b"])
