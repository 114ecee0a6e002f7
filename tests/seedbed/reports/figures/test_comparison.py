"""What the figures of a comparison say, as numbers and labels; and that every shape of sweep can be drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from seedbed.config.schema import Selection
from seedbed.records.records import SweepRecord
from seedbed.reports.figures.curve import curve_of, draw_curve
from seedbed.reports.figures.differences_grid import differences_grid_of, draw_differences_grid
from seedbed.reports.figures.dots import dots_of, draw_dots
from seedbed.reports.figures.hardest import draw_hardest, hardest_of
from seedbed.reports.figures.learning import draw_learning, learning_of
from seedbed.reports.figures.plot import shown_ticks, spaced_unevenly
from seedbed.reports.figures.pooled import Pooled, draw_pooled
from seedbed.reports.figures.seeds import draw_seeds, seeds_apart, seeds_of
from seedbed.selection.ranking import Judged, judge, ranked
from seedbed.selection.summary import Holdout

KS = {"estimator.n_neighbors": [1, 3, 5, 7]}
PNG = b"\x89PNG"


def judged(sweep: SweepRecord, metric: str = "accuracy") -> Judged:
    return judge(sweep, Selection(metric=metric))


def test_the_curve_has_the_leaderboards_numbers(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep(KS, wrong=lambda n_neighbors: 0.02 if n_neighbors == 3 else 0.3))
    curve = curve_of(found.leaderboard, found.choice, found.estimate, Holdout(rows=30, right=29))
    assert curve.x.tolist() == [1, 3, 5, 7] and curve.place == 1
    row = found.choice.row
    assert (curve.mean[1], curve.low[1], curve.high[1]) == (row.score, row.low, row.high)
    assert curve.seeds.shape == (5, 4) and not curve.spread
    assert "before correction for the choice" in curve.subtitle
    assert [mark.value for mark in curve.marks] == [found.estimate and found.estimate.value, 29 / 30]
    assert curve.shares is not None and curve.shares.sum() == pytest.approx(1)
    assert found.leaderboard.dummy is not None and curve.dummy == found.leaderboard.dummy.score


def test_differences_are_to_the_chosen_one(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep(KS, wrong=lambda n_neighbors: 0.02 if n_neighbors == 3 else 0.3))
    own = curve_of(found.leaderboard, found.choice).differences
    assert (own.mean[1], own.low[1], own.high[1]) == (0, 0, 0)
    for place, name in enumerate(found.leaderboard.order.candidates):
        difference = found.leaderboard.row(name).difference
        if difference and difference.low is not None:
            assert (own.mean[place], own.low[place], own.high[place]) == pytest.approx(
                (difference.mean, difference.low, difference.high)
            )


def test_few_seeds_have_a_range_and_a_time_no_training_line(make_sweep: Callable[..., SweepRecord]) -> None:
    few = judged(make_sweep(KS, seeds=2))
    curve = curve_of(few.leaderboard, few.choice)
    assert curve.spread and np.isnan(curve.differences.low).all()
    time = judged(make_sweep(KS), "fit_seconds")
    assert curve_of(time.leaderboard, time.choice, time.estimate, Holdout(30, 30)).marks == ()
    assert curve_of(time.leaderboard, time.choice).trained is None


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
        assert draw_curve(curve_of(found.leaderboard, found.choice, found.estimate)).startswith(PNG)
    assert draw_seeds(seeds_of(found.leaderboard)).startswith(PNG)
    assert draw_dots(dots_of(found.leaderboard, found.choice, found.estimate)).startswith(PNG)


def test_the_same_numbers_give_the_same_bytes(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep(KS))
    curve = curve_of(found.leaderboard, found.choice, found.estimate)
    assert draw_curve(curve) == draw_curve(curve)


def test_a_bad_split_is_named_and_a_bad_candidate_is_not() -> None:
    noise = np.random.default_rng(0).normal(0.95, 0.01, size=(10, 6))
    assert seeds_apart(tuple(range(10)), noise) == ()
    noise[4] -= 0.3
    assert seeds_apart(tuple(range(10)), noise) == (4,)
    noise[4] += 0.3
    noise[:, 2] -= 0.3
    assert seeds_apart(tuple(range(10)), noise) == ()
    assert seeds_apart((1, 2), noise[:2]) == () and seeds_apart(tuple(range(5)), np.ones((5, 3))) == ()


def test_one_seed_apart_is_found_where_all_others_are_equal() -> None:
    scores = np.ones((10, 3))
    scores[7] = 0.5
    assert seeds_apart(tuple(range(10)), scores) == (7,)


def test_the_grid_outlines_what_cannot_be_told_apart(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {**KS, "estimator.weights": ["uniform", "distance"]}
    sweep = make_sweep(axes, seeds=10, wrong=lambda n_neighbors, weights: 0.9 if n_neighbors == 7 else 0.02)
    found = judged(sweep)
    grid = differences_grid_of(found.leaderboard, found.choice)
    assert (grid.down.name, grid.across.name) == ("weights", "k") and grid.behind.shape == (2, 4)
    assert grid.alike is not None and grid.alike.tolist() == [[True, True, True, False]] * 2
    assert grid.behind[grid.chosen] == 0 and grid.behind[0, 3] > 50 and grid.unit == "points"
    assert draw_differences_grid(grid).startswith(PNG)


def test_too_few_seeds_outline_nothing_and_gaps_are_drawn(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {**KS, "estimator.weights": ["uniform", "distance"]}
    gone = make_sweep(axes, seeds=2, skip=lambda n_neighbors, weights, seed: n_neighbors == 3 and weights == "uniform")
    found = judged(gone)
    grid = differences_grid_of(found.leaderboard, found.choice)
    assert grid.alike is None and np.isnan(grid.behind[0, 1])
    assert draw_differences_grid(grid).startswith(PNG)


def test_points_are_the_top_thirty_with_the_chosen_among_them(make_sweep: Callable[..., SweepRecord]) -> None:
    found = judged(make_sweep({"estimator.n_neighbors": list(range(1, 41))}, seeds=2))
    dots = dots_of(found.leaderboard, found.choice, found.estimate)
    assert len(dots.names) == 30 and dots.names[dots.chosen] == found.choice.row.label
    assert "the best 30 of 40 candidates" in dots.title


def test_learning_lines_rise_with_the_training_rows(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {"split.test_size": [0.25, 0.5, 0.75], "estimator.n_neighbors": [1, 5]}
    sweep = make_sweep(axes, wrong=lambda test_size, n_neighbors: test_size / (2 if n_neighbors == 1 else 4))
    learning = learning_of(ranked(sweep, "accuracy"))
    assert {line.name for line in learning.lines} == {"k = 1", "k = 5"}
    assert [line.rows.tolist() for line in learning.lines] == [[10, 20, 30]] * 2
    assert learning.lines[0].mean[-1] >= learning.lines[1].mean[-1]
    assert draw_learning(learning).startswith(PNG)


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
    hardest = hardest_of(predictions, "one", "k = 1")
    assert [(hard.row, hard.taken, hard.wrong, hard.tests) for hard in hardest.rows] == [
        (1, "b", 3, 3),
        (2, "c", 1, 2),
    ]
    assert hardest.rows[0].everyone == 3 / 4 and (hardest.wrong, hardest.tested) == (2, 3)
    assert draw_hardest(hardest).startswith(PNG)


@pytest.mark.parametrize(
    "classes", [("a", "b"), tuple(f"a rather long name {n}" for n in range(9)), tuple("abcdefghijklmnop")]
)
def test_pooled_matrices_of_few_and_many_classes(classes: tuple[str, ...]) -> None:
    counts = np.eye(len(classes), dtype=np.int64) * 999
    counts[0, 1] = 1
    pooled = Pooled(classes=classes, counts=counts, of="k = 1")
    assert pooled.shares[0].sum() == 1 and pooled.shares[0, 1] == 1 / 1000
    assert draw_pooled(pooled).startswith(PNG)


def test_ticks_never_touch_and_wide_ratios_are_logarithmic() -> None:
    x = np.array([1.0, 3, 10, 30, 100])
    assert spaced_unevenly(x) and not spaced_unevenly(np.arange(1.0, 31))
    assert shown_ticks(x, 600, 30, log=True) == [0, 1, 2, 3, 4]
    assert len(shown_ticks(np.arange(1.0, 500), 600, 24, log=False)) <= 18
