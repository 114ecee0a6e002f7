"""A sweep is judged in one place, with the dummy beside its candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from seedbed.config.schema import Selection
from seedbed.errors import BadInput, UnknownName
from seedbed.metrics.predictions import list_classes
from seedbed.records.records import SweepRecord
from seedbed.selection.analysis import verdict_of
from seedbed.selection.ranking import judge, ranked

KS = {"estimator.n_neighbors": [1, 3, 5, 7]}


def worse_beyond_five(n_neighbors: int) -> float:
    return 0.02 if n_neighbors == 5 else 0.3


def test_the_dummy_is_a_row_and_never_competes(make_sweep: Callable[..., SweepRecord]) -> None:
    found = ranked(make_sweep(KS), "accuracy")
    assert found.dummy is not None and found.dummy.score < 0.6
    assert len(found.rows) == 4


def test_the_choice_comes_with_its_corrected_estimate(make_sweep: Callable[..., SweepRecord]) -> None:
    judged = judge(make_sweep(KS, wrong=worse_beyond_five), Selection())
    assert judged.choice.row.label == "k = 5"
    assert judged.estimate is not None and abs(judged.estimate.value - 0.98) < 0.01


def test_a_time_has_no_corrected_estimate(make_sweep: Callable[..., SweepRecord]) -> None:
    judged = judge(make_sweep(KS), Selection(metric="fit_seconds"))
    assert judged.choice.row.label == "k = 1" and judged.estimate is None


def test_class_names_that_no_metric_can_hold_are_known(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(KS, classes=("a/b", "a:b"))
    assert list_classes(sweep.predictions) == ("a/b", "a:b")
    runs = sweep.runs.assign(**{"metrics.recall/a_b_2": 0.5})
    found = ranked(replace(sweep, runs=runs), "recall/a_b_2")
    assert found.dummy is not None and found.dummy.score == 0


def test_an_unknown_metric_lists_the_known(make_sweep: Callable[..., SweepRecord]) -> None:
    with pytest.raises(UnknownName, match="There is no metric f2; there is accuracy, fit_seconds, train_accuracy"):
        judge(make_sweep(KS), Selection(metric="f2"))


def test_one_standard_error_is_refused_below_five_seeds(make_sweep: Callable[..., SweepRecord]) -> None:
    with pytest.raises(BadInput, match="needs at least 5 seeds and this sweep has 4"):
        judge(make_sweep(KS, seeds=4), Selection(rule="one_standard_error"))


def test_numbers_of_training_rows_are_compared_and_not_chosen(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"split.test_size": [0.25, 0.5, 0.75]}, wrong=lambda test_size: test_size / 3)
    verdict = verdict_of("iris", sweep, Selection(), lambda candidate: None)
    assert verdict.choice is None and verdict.estimate is None and verdict.learning is not None
    assert [rows for rows, _ in verdict.learning.steps] == [10, 20, 30]
    assert "with 10 training rows" in verdict.words and "nothing is chosen" in verdict.words


def test_the_table_keeps_whole_numbers_whole(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(KS, skip=lambda n_neighbors, seed: n_neighbors == 7 and seed == 0)
    text = verdict_of("iris", sweep, Selection(), lambda candidate: None).frame().to_csv(index=False)
    lines = text.splitlines()
    assert lines[0].startswith("metric,rule,rank,candidate,estimator.n_neighbors,mean,")
    assert lines[1].startswith("accuracy,highest_mean,1,0000000000000")
    assert any(",7," in line and "incomplete: 4 of 5 seeds finished" in line for line in lines)
    assert "7.0" not in text.replace("0.7.0", "")
