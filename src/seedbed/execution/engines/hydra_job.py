"""One cell of a sweep in a process that another launcher made."""

from __future__ import annotations

from functools import cache

from seedbed.config.schema import Train
from seedbed.errors import NotDone, SeedbedError, clip
from seedbed.execution.run import Runner, prepare
from seedbed.execution.sweep.cells import name_of
from seedbed.execution.sweep.messages import Place
from seedbed.execution.sweep.opening import runner_of


def run_cell(config: Train, place: str) -> str:
    """Do one run of the sweep that `place` (a Place as text) tells of; return its id.

    Raises
    ------
    FitFailed : kept as FAILED with its error.
    NotDone : anything else; as an error of ours it gets through between any two processes.
    """
    try:
        return _run(config, place)
    except SeedbedError:
        raise
    except Exception as error:
        raise NotDone(f"{type(error).__name__}: {clip(error)}") from error


def _run(config: Train, place: str) -> str:
    runner = _runner(place)
    task = prepare(config, runner.table)
    name = name_of(task.params, Place.of(place).varying)
    run_id, _ = runner.run(prepare(config, runner.table, name or None))
    return run_id


@cache
def _runner(place: str) -> Runner:
    return runner_of(Place.of(place))
