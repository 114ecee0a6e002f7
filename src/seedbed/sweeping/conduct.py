"""Conducts a sweep of Seedbed's own between Hydra's launcher and the parent run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from seedbed.errors import SeedbedError
from seedbed.sweeping.compose import Composer
from seedbed.sweeping.grid import Grid
from seedbed.sweeping.progress import say
from seedbed.sweeping.sweep import Sweep


def conduct(loader: ConfigLoader, config: DictConfig, launcher: Launcher, grid: Grid) -> Sequence[Any]:
    """Check, begin, launch and finish a sweep; print its end.

    Raises
    ------
    SeedbedError : a cell that cannot run, a store that is away, runs that failed.
    KeyboardInterrupt : after the runs so far were closed.
    """
    composer = Composer(loader, config)
    jobs = [composer.job(number, words) for number, words in enumerate(grid.jobs)]
    sweep = Sweep.begin(jobs, {key: ",".join(words) for key, words in grid.axes.items()}, Path.cwd())
    try:
        returns = _launch(sweep, launcher)
    except KeyboardInterrupt:
        _stop(sweep, "KILLED")
        raise
    except BaseException:
        _stop(sweep, "FAILED")
        raise
    print(sweep.finish())
    return [returns]


def _launch(sweep: Sweep, launcher: Launcher) -> Sequence[Any]:
    words = [list(job.words) for job in sweep.jobs]
    if hasattr(launcher, "sweep"):
        launcher.sweep = sweep
        return launcher.launch(words, initial_job_idx=0)
    with sweep.announced():
        return launcher.launch(words, initial_job_idx=0)


def _stop(sweep: Sweep, status: str) -> None:
    try:
        sweep.finish(status)
    except SeedbedError as error:
        say(str(error))
