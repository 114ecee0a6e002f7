"""A choice at an end of the grid comes with a command that looks further; away from it nothing is said."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from seedbed.config.schema import Selection
from seedbed.records.records import SweepRecord
from seedbed.selection.ranking import judge
from seedbed.selection.wider_grid import ends_of, wider_command


def best_at(value: int) -> Callable[..., float]:
    return lambda n_neighbors, **others: 0.0 if n_neighbors == value else 0.4


def commanded(sweep: SweepRecord) -> str | None:
    return wider_command(sweep, judge(sweep, Selection()).choice)


def test_the_command_keeps_the_other_words_and_is_quoted(make_sweep: Callable[..., SweepRecord]) -> None:
    axes = {"estimator.n_neighbors": [1, 3, 5, 7], "estimator.weights": ["uniform", "distance"]}
    command = commanded(make_sweep(axes, wrong=best_at(7)))
    assert command == (
        "python experiments/train.py -m 'estimator.n_neighbors=range(1,14,2)' estimator.weights=uniform,distance "
        "'split.seed=range(0,5)'"
    )
    assert "\n" not in command
    assert shlex.split(command)[3] == "estimator.n_neighbors=range(1,14,2)"


def test_words_of_one_value_stand_as_they_were_typed(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3]}, wrong=best_at(3))
    words = {**sweep.words, "dataset.path": ["dataset.path='my table.csv'"], "output": ["output=json"]}
    command = commanded(SweepRecord(**{**vars(sweep), "words": words}))
    assert command is not None
    assert shlex.split(command)[-1] == "dataset.path='my table.csv'"
    assert "output" not in command


def test_nothing_is_wider_than_one_neighbour(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3, 5]}, wrong=best_at(1))
    assert commanded(sweep) is None
    (end,) = ends_of(judge(sweep, Selection()).choice)
    assert end == {"parameter": "estimator.n_neighbors", "side": "low", "parameter_ends_there": True, "wider": None}


def test_inside_the_grid_there_is_no_command(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3, 5]}, wrong=best_at(3))
    assert commanded(sweep) is None and ends_of(judge(sweep, Selection()).choice) == []
