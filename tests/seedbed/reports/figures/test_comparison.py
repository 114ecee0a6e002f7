"""What the figures of a comparison say, as numbers and labels; and that every shape of sweep can be drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from seedbed.config.schema import Selection
from seedbed.records.records import Holdout, SweepRecord
from seedbed.reports.figures.confusion_layout import share_rows
from seedbed.reports.figures.curve import draw_curve, make_curve
from seedbed.reports.figures.differences_grid import arrange_differences, draw_differences_grid
from seedbed.reports.figures.dots import draw_dots, make_dots
from seedbed.reports.figures.hardest import draw_hardest
from seedbed.reports.figures.learning import draw_learning
from seedbed.reports.figures.plot import is_uneven, pick_ticks
from seedbed.reports.figures.pooled import draw_pooled
from seedbed.reports.figures.seeds import draw_seeds
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.diagnostics import find_hard_rows, find_outlying_seeds
from seedbed.selection.leaderboard import rank_sweep
from seedbed.selection.score_lines import make_learning_curves

KS = {"estimator.n_neighbors": [1, 3, 5, 7]}
PNG = b"\x89PNG"


def judged(sweep: SweepRecord, metric: str = "accuracy") -> SweepAnalysis:
    return analyze_sweep("iris", sweep, Selection(metric=metric), lambda candidate: None)


def test_the_curve_has_the_leaderboards_numbers(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep(KS, wrong=lambda n_neighbors: 0.02 if n_neighbors == 3 else 0.3))
    curve = make_curve(found.leaderboard, found.choice, found.estimate, Holdout(rows=30, right=29))
    assert curve.line.x.tolist() == [1, 3, 5, 7] and curve.chosen == 1
    row = found.choice.row
    assert (curve.line.mean[1], curve.bounds[0][1], curve.bounds[1][1]) == (row.score, row.low, row.high)
    assert curve.line.seeds.shape == (5, 4) and not curve.is_range
    assert "before correction for the choice" in curve.subtitle
    assert [own.value for own in curve.expected] == [found.estimate and found.estimate.value, 29 / 30]
    assert curve.shares is not None and curve.shares.sum() == pytest.approx(1)
    assert found.leaderboard.dummy is not None and curve.dummy == found.leaderboard.dummy.score


def test_differences_are_to_the_chosen_one(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep(KS, wrong=lambda n_neighbors: 0.02 if n_neighbors == 3 else 0.3))
    own = make_curve(found.leaderboard, found.choice).differences
    assert own[:, 1].tolist() == [0, 0, 0]
    for place, name in enumerate(found.leaderboard.order.candidates):
        difference = found.leaderboard.row(name).difference
        if difference and difference.low is not None:
            assert tuple(own[:, place]) == pytest.approx((difference.mean, difference.low, difference.high))


def test_few_seeds_have_a_range_and_a_time_no_training_line(make_sweep: Callable[..., SweepRecord]) -> None:
    few = judged(make_sweep(KS, seeds=2))
    curve = make_curve(few.leaderboard, few.choice)
    assert curve.is_range and np.isnan(curve.differences[1]).all()
    time = judged(make_sweep(KS), "fit_seconds")
    assert make_curve(time.leaderboard, time.choice, time.estimate, Holdout(30, 30)).expected == ()
    axes = draw_curve(make_curve(time.leaderboard, time.choice)).figure
    assert {text.get_text() for text in axes.legends[0].get_texts()} == {"median", "lowest to highest", "a seed"}


@pytest.mark.parametrize(
    ("values", "seeds", "metric"),
    [
        ([1, 3, 5], 5, "accuracy"),
        ([4], 5, "accuracy"),
        ([1, 3, 5], 1, "accuracy"),
        ([1, 3, 5], 3, "fit_seconds"),
        ([1, 3, 10, 30, 100, 1000], 2, "accuracy"),
        (list(range(1, 90)), 2, "accuracy"),
    ],
)
def test_every_curve_can_be_drawn(
    make_sweep: Callable[..., SweepRecord], values: list[int], seeds: int, metric: str
) -> None:
    found = judged(make_sweep({"estimator.n_neighbors": values}, seeds=seeds), metric)
    if len(found.leaderboard.axes) == 1:
        assert draw_curve(make_curve(found.leaderboard, found.choice, found.estimate)).png().startswith(PNG)
    assert draw_seeds(found.leaderboard).png().startswith(PNG)
    assert draw_dots(make_dots(found.leaderboard, found.choice, found.estimate)).png().startswith(PNG)


def test_the_same_numbers_give_the_same_bytes(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep(KS))
    curve = make_curve(found.leaderboard, found.choice, found.estimate)
    assert draw_curve(curve).png() == draw_curve(curve).png()


def test_a_bad_split_is_named_and_a_bad_candidate_is_not() -> None:
    noise = np.random.default_rng(0).normal(0.95, 0.01, size=(10, 6))
    assert find_outlying_seeds(tuple(range(10)), noise) == ()
    noise[4] -= 0.3
    assert find_outlying_seeds(tuple(range(10)), noise) == (4,)
    noise[4] += 0.3
    noise[:, 2] -= 0.3
    assert find_outlying_seeds(tuple(range(10)), noise) == ()
    assert find_outlying_seeds((1, 2), noise[:2]) == () and find_outlying_seeds(tuple(range(5)), np.ones((5, 3))) == ()


def test_one_seed_apart_is_found_where_all_others_are_equal() -> None:
    scores = np.ones((10, 3))
    scores[7] = 0.5
    assert find_outlying_seeds(tuple(range(10)), scores) == (7,)


def test_the_grid_outlines_what_cannot_be_told_apart(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {**KS, "estimator.weights": ["uniform", "distance"]}
    sweep = make_sweep(axes, seeds=10, wrong=lambda n_neighbors, weights: 0.9 if n_neighbors == 7 else 0.02)
    found = judged(sweep)
    grid = arrange_differences(found.leaderboard, found.choice)
    behind = grid.heat.values
    assert (grid.heat.down, grid.heat.across) == ("weights", "k  (estimator.n_neighbors)") and behind.shape == (2, 4)
    assert grid.alike is not None and grid.alike.tolist() == [[True, True, True, False]] * 2
    assert behind[grid.chosen] == 0 and behind[0, 3] > 50 and grid.heat.title.endswith("in points")
    assert draw_differences_grid(grid).png().startswith(PNG)


def test_too_few_seeds_outline_nothing_and_gaps_are_drawn(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {**KS, "estimator.weights": ["uniform", "distance"]}
    gone = make_sweep(axes, seeds=2, skip=lambda n_neighbors, weights, seed: n_neighbors == 3 and weights == "uniform")
    found = judged(gone)
    grid = arrange_differences(found.leaderboard, found.choice)
    assert grid.alike is None and np.isnan(grid.heat.values[0, 1])
    assert draw_differences_grid(grid).png().startswith(PNG)


def test_points_are_the_top_thirty_with_the_chosen_among_them(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep({"estimator.n_neighbors": list(range(1, 41))}, seeds=2))
    dots = make_dots(found.leaderboard, found.choice, found.estimate)
    assert len(dots.names) == 30 and dots.varied == "k"
    assert f"k = {dots.names[dots.chosen]}" == found.choice.row.label
    assert "the best 30 of 40 candidates" in dots.title


def test_learning_lines_rise_with_the_training_rows(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {"split.test_size": [0.25, 0.5, 0.75], "estimator.n_neighbors": [1, 5]}
    sweep = make_sweep(axes, wrong=lambda test_size, n_neighbors: test_size / (2 if n_neighbors == 1 else 4))
    learning = make_learning_curves(rank_sweep(sweep, "accuracy"))
    assert {line.name for line in learning.lines} == {"k = 1", "k = 5"}
    assert [line.x.tolist() for line in learning.lines] == [[10, 20, 30]] * 2
    assert learning.lines[0].mean[-1] >= learning.lines[1].mean[-1]
    assert draw_learning(learning).png().startswith(PNG)


def test_the_hardest_rows_say_as_what() -> None:
    predictions = pd.DataFrame(
        [
            {"candidate": name, "seed": seed, "row": row, "truth": "a", "prediction": said}
            for name, seed, row, said in [
                *(("one", seed, 1, "b") for seed in range(3)),
                *(("one", seed, 2, "c" if seed else "a") for seed in range(2)),
                ("one", 0, 3, "a"),
                ("two", 0, 1, "a"),
                ("dummy", 0, 1, "c"),
            ]
        ]
    )
    hardest = find_hard_rows(predictions, "one")
    assert [(hard.row, hard.taken, hard.wrong, hard.tests) for hard in hardest.rows] == [
        (1, "b", 3, 3),
        (2, "c", 1, 2),
    ]
    assert hardest.rows[0].others == 3 / 4 and (hardest.wrong, hardest.tested) == (2, 3)
    (axes,) = draw_hardest(hardest, "k = 1").figure.axes
    assert [text.get_text() for text in axes.texts] == ["3 of 3 as b", "1 of 2 as c"]
    assert find_hard_rows(predictions, "two").rows == () and find_hard_rows(predictions, "two").tested == 1


@pytest.mark.parametrize(
    "classes", [("a", "b"), tuple(f"a rather long name {n}" for n in range(9)), tuple("abcdefghijklmnop")]
)
def test_pooled_matrices_of_few_and_many_classes(classes: tuple[str, ...]) -> None:
    counts = np.eye(len(classes), dtype=np.int64) * 999
    counts[0, 1] = 1
    shares = share_rows(counts)
    assert shares[0].sum() == 1 and shares[0, 1] == 1 / 1000
    assert draw_pooled(classes, counts, "k = 1").png().startswith(PNG)


def test_ticks_never_touch_and_wide_ratios_are_logarithmic() -> None:
    x = np.array([1.0, 3, 10, 30, 100])
    assert is_uneven(x) and not is_uneven(np.arange(1.0, 31))
    assert pick_ticks(x, 600, 30, log=True) == [0, 1, 2, 3, 4]
    assert len(pick_ticks(np.arange(1.0, 500), 600, 24, log=False)) <= 18


def test_a_row_of_points_is_labelled_by_what_differs(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep({"estimator.n_neighbors": [1, 3, 5], "estimator.weights": ["uniform", "distance"]}))
    dots = make_dots(found.leaderboard, found.choice, found.estimate)
    assert dots.varied == "k, weights" and "1, uniform" in dots.names
    assert "k, weights" in [label.get_text() for label in draw_dots(dots).figure.axes[0].get_yticklabels()]
