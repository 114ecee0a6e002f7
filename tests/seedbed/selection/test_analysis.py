"""A sweep is analysed in one place: ranked with the dummy beside its candidates, one chosen, a wider grid named."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from seedbed.config.schema import Selection
from seedbed.errors import BadInput, UnknownName
from seedbed.metrics.predictions import list_classes
from seedbed.records.records import SweepRecord
from seedbed.reports.json_values import comparison_values
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.leaderboard import rank_sweep

KS = {"estimator.n_neighbors": [1, 3, 5, 7]}


def worse_beyond_five(n_neighbors: int) -> float:
    return 0.02 if n_neighbors == 5 else 0.3


def analyze(sweep: SweepRecord, selection: Selection | None = None) -> SweepAnalysis:
    return analyze_sweep("iris", sweep, selection or Selection(), lambda candidate: None)


def test_the_dummy_is_a_row_and_never_competes(make_sweep: Callable[..., SweepRecord]) -> None:
    found = rank_sweep(make_sweep(KS), "accuracy")
    assert found.dummy is not None and found.dummy.score < 0.6
    assert len(found.rows) == 4


def test_the_choice_comes_with_its_corrected_estimate(make_sweep: Callable[..., SweepRecord]) -> None:
    found = analyze(make_sweep(KS, wrong=worse_beyond_five))
    assert found.choice is not None and found.choice.row.label == "k = 5"
    assert found.estimate is not None and abs(found.estimate.value - 0.98) < 0.01


def test_a_time_has_no_corrected_estimate(make_sweep: Callable[..., SweepRecord]) -> None:
    found = analyze(make_sweep(KS), Selection(metric="fit_seconds"))
    assert found.choice is not None and found.choice.row.label == "k = 1" and found.estimate is None


def test_class_names_that_no_metric_can_hold_are_known(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(KS, classes=("a/b", "a:b"))
    assert list_classes(sweep.predictions) == ("a/b", "a:b")
    runs = sweep.runs.assign(**{"metrics.recall/a_b_2": 0.5})
    found = rank_sweep(replace(sweep, runs=runs), "recall/a_b_2")
    assert found.dummy is not None and found.dummy.score == 0


def test_an_unknown_metric_lists_the_known(make_sweep: Callable[..., SweepRecord]) -> None:
    with pytest.raises(UnknownName, match="There is no metric f2; there is accuracy, average_precision"):
        analyze(make_sweep(KS), Selection(metric="f2"))


def test_one_standard_error_is_refused_below_five_seeds(make_sweep: Callable[..., SweepRecord]) -> None:
    with pytest.raises(BadInput, match="needs at least 5 seeds and this sweep has 4"):
        analyze(make_sweep(KS, seeds=4), Selection(rule="one_standard_error"))


def test_comparison_values_training_rows_are_compared_and_not_chosen(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"split.test_size": [0.25, 0.5, 0.75]}, wrong=lambda test_size: test_size / 3)
    found = analyze(sweep)
    assert found.choice is None and found.estimate is None and found.learning is not None
    assert [rows for rows, _ in found.learning.steps] == [10, 20, 30]
    assert "with 10 training rows" in found.words and "nothing is chosen" in found.words


def test_the_table_keeps_whole_numbers_whole(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(KS, skip=lambda n_neighbors, seed: n_neighbors == 7 and seed == 0)
    text = analyze(sweep).frame().to_csv(index=False)
    lines = text.splitlines()
    assert lines[0].startswith("metric,rule,rank,candidate,estimator.n_neighbors,mean,")
    assert lines[1].startswith("accuracy,highest_mean,1,0000000000000")
    assert any(",7," in line and "incomplete: 4 of 5 seeds finished" in line for line in lines)
    assert "7.0" not in text.replace("0.7.0", "")


def best_at(value: int) -> Callable[..., float]:
    return lambda n_neighbors, **others: 0.0 if n_neighbors == value else 0.4


def test_the_command_keeps_the_other_words_and_is_quoted(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {"estimator.n_neighbors": [1, 3, 5, 7], "estimator.weights": ["uniform", "distance"]}
    command = analyze(make_sweep(axes, wrong=best_at(7))).wider
    assert command is not None
    assert command == (
        "python experiments/train.py -m 'estimator.n_neighbors=range(1,14,2)' estimator.weights=uniform,distance "
        "'split.seed=range(0,5)'"
    )
    assert "\n" not in command
    assert shlex.split(command)[3] == "estimator.n_neighbors=range(1,14,2)"


def test_words_of_one_value_stand_as_they_were_typed(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3]}, wrong=best_at(3))
    words = {**sweep.words, "dataset.path": ["dataset.path='my table.csv'"], "output": ["output=json"]}
    command = analyze(replace(sweep, words=words)).wider
    assert command is not None
    assert shlex.split(command)[-1] == "dataset.path='my table.csv'"
    assert "output" not in command


def test_a_parameter_typed_with_a_plus_is_widened_with_one(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.alpha": [0.1, 1.0]}, wrong=lambda alpha: 0.0 if alpha == 0.1 else 0.4)
    words = {"+estimator.alpha": ["+estimator.alpha=0.1", "+estimator.alpha=1.0"]}
    assert analyze(replace(sweep, words=words)).wider == "python experiments/train.py -m +estimator.alpha=0.01,0.1,1.0"


def test_nothing_is_wider_than_one_neighbour(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3, 5]}, wrong=best_at(1))
    assert analyze(sweep).wider is None
    (end,) = comparison_values(analyze(sweep))["choice"]["grid_ends"]
    assert end == {"parameter": "estimator.n_neighbors", "side": "low", "parameter_ends_there": True, "wider": None}


def test_inside_the_grid_there_is_no_command(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3, 5]}, wrong=best_at(3))
    assert analyze(sweep).wider is None and comparison_values(analyze(sweep))["choice"]["grid_ends"] == []
