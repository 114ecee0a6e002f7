"""The launcher's shell: Hydra's basic one, which for Seedbed's own sweeps has workers in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

# Not the class itself: Hydra would find it in this module too, and list it twice.
from hydra._internal.core_plugins import basic_launcher
from hydra.core.utils import JobReturn, JobStatus

if TYPE_CHECKING:
    from seedbed.execution.sweep.sweep import Sweep


class SeedbedLauncher(basic_launcher.BasicLauncher):
    """Runs a sweep's jobs.

    Attributes
    ----------
    sweep, max_failures : set by Seedbed's sweeper; without it the jobs are another program's.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        super().__init__()
        self.n_jobs = n_jobs
        self.seedbed: Sweep | None = None
        self.max_failures: int | None = None

    def take(self, sweep: Sweep, max_failures: int | None) -> None:
        """Take a sweep of Seedbed's own, and after how many failures to give it up."""
        self.seedbed, self.max_failures = sweep, max_failures

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs and return what became of each, in their order."""
        if self.seedbed is None:
            return super().launch(job_overrides, initial_job_idx)
        self.seedbed.run(self.n_jobs, self.max_failures)
        return [JobReturn(overrides=list(words), status=JobStatus.COMPLETED) for words in job_overrides]
