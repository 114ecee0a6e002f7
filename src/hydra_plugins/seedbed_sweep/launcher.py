"""The launcher's shell: Hydra's basic one, which has an engine for Seedbed's own sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Not the class itself: Hydra would find it in this module too, and list it twice.
from hydra._internal.core_plugins import basic_launcher

if TYPE_CHECKING:
    from seedbed.execution.engines.engine import Engine


class SeedbedLauncher(basic_launcher.BasicLauncher):
    """Runs another program's jobs as Hydra's basic launcher does; a sweep of Seedbed's own takes its engine."""

    def __init__(self, n_jobs: int | None = None) -> None:
        super().__init__()
        self.n_jobs = n_jobs

    def make_engine(self) -> Engine:
        """Return what runs the cells of a sweep."""
        from seedbed.execution.engines.local import LocalEngine

        return LocalEngine(self.n_jobs)
