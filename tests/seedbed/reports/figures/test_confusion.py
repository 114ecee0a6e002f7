"""The confusion figure: what it says, that a reused one equals a fresh one, and that it costs and leaves nothing."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

from seedbed.reports.figures import ConfusionFigure, draw_confusion
from seedbed.reports.figures.confusion_layout import make_layout

pytestmark = pytest.mark.filterwarnings("error")

IRIS = ["Setosa", "Versicolor", "Virginica"]
ASYMMETRIC = np.array([[10, 0, 0], [4, 5, 1], [0, 2, 8]])
REUSED = ConfusionFigure(IRIS)


def decoded(png: bytes) -> npt.NDArray[np.uint8]:
    """Return a PNG's pixels as a decoder that is not ours reads them: array of shape (height, width, 3)."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "RGB"
        assert not image.info  # no time, no software
        return np.asarray(image)


def said(figure: Figure) -> list[str]:
    """Return title, headline and words."""
    return [text.get_text() for text in figure.texts]


def matrix_of(n_classes: int, seed: int) -> npt.NDArray[np.int64]:
    generator = np.random.default_rng(seed)
    return np.diag(generator.integers(1, 9, n_classes)) + generator.binomial(3, 0.05, (n_classes, n_classes))


def test_every_count_is_written_in_its_cell_truth_down_prediction_across() -> None:
    axes = draw_confusion(IRIS, ASYMMETRIC).figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["10", "0", "0", "4", "5", "1", "0", "2", "8"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "True Setosa",
        "True Versicolor",
        "True Virginica",
    ]
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "Pred Setosa",
        "Pred Versicolor",
        "Pred Virginica",
    ]
    below_left = axes.transData.transform([text.get_position() for text in axes.texts])
    assert below_left[3, 1] < below_left[0, 1], "the second truth stands below the first"
    assert below_left[1, 0] > below_left[0, 0], "the second prediction stands right of the first"


def test_colour_is_the_share_of_the_row() -> None:
    heat = draw_confusion(IRIS, ASYMMETRIC).figure.axes[0].collections[0]
    np.testing.assert_allclose(np.asarray(heat.get_array()).reshape(3, 3)[1], [0.4, 0.5, 0.1])
    assert heat.get_clim() == (0, 1)


def test_the_picture_turns_with_the_matrix() -> None:
    layout = make_layout(IRIS)
    image = decoded(REUSED.png(ASYMMETRIC))
    corner = [[image[layout.cell_area(row, column)][3, 3] for column in range(3)] for row in range(3)]
    assert not np.array_equal(corner[1][0], corner[0][1])
    np.testing.assert_array_equal(corner[0][1], corner[0][2])
    np.testing.assert_array_equal(corner[0][0], np.array([0x2A, 0x16, 0x63]))


@pytest.mark.parametrize("n_classes", [1, 2, 20, 21])
def test_as_many_numbers_as_cells_up_to_twenty_classes(n_classes: int) -> None:
    figure = draw_confusion([f"k{place}" for place in range(n_classes)], matrix_of(n_classes, 0)).figure
    assert len(figure.axes[0].texts) == (n_classes**2 if n_classes <= 20 else 0)


@settings(max_examples=12, derandomize=True)
@given(
    st.lists(
        arrays.arrays(np.int64, (3, 3), elements=st.integers(0, 12) | st.integers(0, 10**12)), min_size=1, max_size=4
    )
)
def test_a_reused_figure_equals_a_fresh_one(matrices: list[npt.NDArray[np.int64]]) -> None:
    for matrix in matrices[:-1]:
        REUSED.png(matrix)
    reused, fresh = REUSED.png(matrices[-1]), draw_confusion(IRIS, matrices[-1]).png()
    np.testing.assert_array_equal(decoded(reused), decoded(fresh))
    assert reused == fresh


@pytest.mark.parametrize("n_classes", [1, 2, 7, 12, 21, 130])
def test_a_reused_figure_equals_a_fresh_one_for_any_number_of_classes(n_classes: int) -> None:
    classes = [f"class {place} g" for place in range(n_classes)]
    figure = ConfusionFigure(classes)
    for seed in range(3):
        figure.png(matrix_of(n_classes, seed))
    assert figure.png(matrix_of(n_classes, 0)) == draw_confusion(classes, matrix_of(n_classes, 0)).png()


def test_our_png_is_the_canvas_pixel_by_pixel() -> None:
    figure = draw_confusion(IRIS, ASYMMETRIC).figure
    theirs = io.BytesIO()
    figure.savefig(theirs, format="png", dpi=figure.dpi)
    with Image.open(theirs) as image:
        np.testing.assert_array_equal(decoded(REUSED.png(ASYMMETRIC)), np.asarray(image.convert("RGB")))


def test_an_interrupted_drawing_is_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = ConfusionFigure(IRIS)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("matplotlib.text.Text.draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        figure.png(ASYMMETRIC)
    zeros = np.zeros((3, 3), dtype=int)
    assert figure.png(zeros) == draw_confusion(IRIS, zeros).png()


def test_every_share_has_the_colour_that_agg_gives_it() -> None:
    """One row of many shares, drawn by seaborn and Agg, against the same ones filled by us."""
    classes = [f"k{place}" for place in range(40)]
    matrix = np.arange(40 * 40).reshape(40, 40) % 43
    assert ConfusionFigure(classes).png(matrix) == draw_confusion(classes, matrix).png()


def test_a_class_without_test_rows_is_a_row_of_zeros() -> None:
    figure = draw_confusion(IRIS, [[10, 0, 0], [0, 0, 0], [0, 2, 8]]).figure
    assert [text.get_text() for text in figure.axes[0].texts][3:6] == ["0", "0", "0"]
    assert "No test rows" in said(draw_confusion(IRIS, np.zeros((3, 3), dtype=int)).figure)


def test_the_headline_says_100_percent_only_when_all_are_right() -> None:
    assert "29,999 of 30,000 right (99.9 %)" in {
        t.get_text() for t in draw_confusion(["a"] * 2, [[29999, 1], [0, 0]]).figure.texts
    }
    assert "3 of 3 right (100.0 %)" in said(draw_confusion(["a", "b"], [[1, 0], [0, 2]]).figure)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"3 classes.*\(2, 2\)"):
        REUSED.png(np.eye(2, dtype=int))


def inside(classes: list[str]) -> bool:
    """Whether all labels of a figure stand inside it."""
    figure = draw_confusion(classes, np.eye(len(classes), dtype=int)).figure
    labels = [*figure.axes[0].get_xticklabels(), *figure.axes[0].get_yticklabels(), *figure.texts]
    boxes = [label.get_window_extent() for label in labels if label.get_text()]
    return all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)


LONG = "an iris with a name that goes on and on " * 7


@pytest.mark.parametrize(
    "classes",
    [
        ["short", LONG[:270]],
        [LONG[:270] + "a", LONG[:270] + "b", "W" * 270],
        ["_hidden", "$x^2$", "a\nb\tc"],
        ["$\\frac", "%s {0}", ""],
        [f"{LONG[:60]}{place}" for place in range(12)],
        [f"northern house martin {place}" for place in range(24)],
    ],
    ids=["270", "alike", "odd", "broken", "twelve", "twenty-four"],
)
def test_names_are_whole_inside_and_told_apart(classes: list[str]) -> None:
    assert inside(classes)
    labels = [
        label.get_text() for label in draw_confusion(classes, np.eye(len(classes))).figure.axes[0].get_yticklabels()
    ]
    assert len(set(labels)) == len(classes)
    assert all(len(label) <= len("True ") + 28 + len(" (2)") for label in labels)


def test_a_class_that_begins_with_an_underscore_is_labelled() -> None:
    axes = draw_confusion(["_wild", "tame"], [[1, 0], [2, 3]]).figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Pred _wild", "Pred tame"]


def test_names_that_no_font_can_draw_get_their_number() -> None:
    axes = draw_confusion(["a", "\U00013000", ""], np.eye(3)).figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["True a", "True class 2", "True class 3"]


def test_forty_classes_say_their_most_confused_pairs_in_words() -> None:
    classes = [f"bird {place}" for place in range(40)]
    matrix = np.eye(40, dtype=int) * 5
    matrix[3, 7], matrix[9, 2] = 2, 4
    words = said(draw_confusion(classes, matrix).figure)
    assert words[2:5] == ["Most often confused", "bird 9 taken for bird 2: 4 of 9", "bird 3 taken for bird 7: 2 of 7"]
    right = said(draw_confusion(classes, np.eye(40)).figure)
    assert right[2] == "No class was taken for another."


def test_numbers_stay_in_their_cells() -> None:
    matrix = np.full((20, 20), 123_456_789)
    axes = draw_confusion([f"k{place}" for place in range(20)], matrix).figure.axes[0]
    widths = [text.get_window_extent().width for text in axes.texts]
    assert max(widths) < make_layout([f"k{place}" for place in range(20)]).cell
    assert axes.texts[0].get_text() == "123M"


def test_no_figure_stays() -> None:
    figure = ConfusionFigure(IRIS)
    for seed in range(60):
        figure.png(matrix_of(3, seed))
    gone = weakref.ref(figure._sheet.figure)
    del figure
    gc.collect()
    assert gone() is None
    assert pyplot.get_fignums() == []


def test_pieces_kept_for_copying_stay_within_their_memory() -> None:
    figure = ConfusionFigure(IRIS, memory=200_000)
    for seed in range(30):
        matrix = matrix_of(3, seed)
        png = figure.png(matrix)
        assert sum(pixels.nbytes for pixels in figure._texts.values()) <= 200_000
    assert png == draw_confusion(IRIS, matrix).png()


def test_drawing_again_takes_a_small_part_of_the_steps_of_drawing_whole() -> None:
    REUSED.png(matrix_of(3, 0))
    assert _count_calls(partial(REUSED.png, matrix_of(3, 1))) * 5 < _count_calls(
        partial(draw_confusion, IRIS, ASYMMETRIC)
    )


def _count_calls(work: Callable[[], object]) -> int:
    """Return how many calls of Python's functions `work` makes."""
    calls: list[str] = []
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, argument: calls.append(event))
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls.count("call")


SCRIPT = """
import os, sys
from seedbed.reports.figures import ConfusionFigure
png = ConfusionFigure(["a", "b"]).png([[3, 1], [0, 2]])
import matplotlib.pyplot
assert matplotlib.pyplot.get_fignums() == []
assert os.environ["MPLBACKEND"] == sys.argv[1]
assert "tkinter" not in sys.modules
sys.stdout.buffer.write(png)
"""


def test_a_window_backend_in_the_environment_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.size: 30\nfigure.dpi: 300\n")
    expected = draw_confusion(["a", "b"], [[3, 1], [0, 2]]).png()
    backends = ["TkAgg", "no such backend"]
    for process in [started(backend, tmp_path) for backend in backends]:
        png, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
        assert png == expected


def started(backend: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {"MPLBACKEND": backend}
    command = [sys.executable, "-W", "error", "-c", SCRIPT, backend]
    return subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
