"""The launcher's shell: Seedbed's own runs go to `execution.sweep`, another program's as Hydra's basic one does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

if TYPE_CHECKING:
    from seedbed.execution.sweep.sweep import Sweep


class SeedbedLauncher(Launcher):
    """Runs a sweep's jobs.

    Attributes
    ----------
    sweep, max_failures : set by Seedbed's sweeper; without it the jobs are another program's.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        self.n_jobs = n_jobs
        self.sweep: Sweep | None = None
        self.max_failures: int | None = None
        self.config: DictConfig | None = None
        self.task_function: TaskFunction | None = None
        self.hydra_context: HydraContext | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what the jobs need."""
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def take(self, sweep: Sweep, max_failures: int | None) -> None:
        """Take a sweep of Seedbed's own, and after how many failures to give it up."""
        self.sweep, self.max_failures = sweep, max_failures

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs and return what became of each, in their order."""
        if self.sweep is None:
            return [self._basic(words, initial_job_idx + place) for place, words in enumerate(job_overrides)]
        self.sweep.run(self.n_jobs, self.max_failures)
        return [JobReturn(overrides=list(words), status=JobStatus.COMPLETED) for words in job_overrides]

    def _basic(self, words: Sequence[str], number: int) -> JobReturn:
        assert self.hydra_context is not None and self.config is not None and self.task_function is not None
        setup_globals()
        state = Singleton.get_state()
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        config = self.hydra_context.config_loader.load_sweep_config(self.config, list(words))
        with open_dict(config):
            config.hydra.job.id = str(number)
            config.hydra.job.num = number
        done = run_job(
            hydra_context=self.hydra_context,
            task_function=self.task_function,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        Singleton.set_state(state)
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        return done
