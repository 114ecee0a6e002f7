"""One cell of a sweep in a process that another launcher made."""

from __future__ import annotations

from functools import cache

from seedbed.config import Train
from seedbed.running import Runner, prepare
from seedbed.sweeping.cells import name_of
from seedbed.sweeping.messages import Place
from seedbed.sweeping.opening import runner_of


def run_cell(config: Train, place: str) -> str:
    """Do one run of the sweep that `place` (a Place as text) tells of; return its id.

    Raises
    ------
    FitFailed : kept as FAILED with its error.
    """
    runner = _runner(place)
    task = prepare(config, runner.table)
    name = name_of(task.params, Place.of(place).varying)
    run_id, _ = runner.run(prepare(config, runner.table, name or None))
    return run_id


@cache
def _runner(place: str) -> Runner:
    return runner_of(Place.of(place))
