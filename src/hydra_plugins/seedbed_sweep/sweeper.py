"""The sweeper's shell: Hydra's basic one, which for Seedbed's own sweeps leaves the work to `execution.sweep`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Not the class itself: Hydra would find it in this module too, and list it twice.
from hydra._internal.core_plugins import basic_sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class SeedbedSweeper(basic_sweeper.BasicSweeper):
    """Turns a multirun's words into jobs, all checked before the first of them starts.

    Parameters
    ----------
    params : the default grid, by key; a typed key replaces that key.
    """

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(max_batch_size=None, params=dict(params or {}))
        self.task_function: TaskFunction | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what the jobs need, and the launcher that runs them."""
        self.task_function = task_function
        if getattr(task_function, "seedbed", False):
            from seedbed.execution.engines.local import warm_up

            warm_up()
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)

    def sweep(self, arguments: list[str]) -> Any:
        """Run every job of the grid."""
        if not getattr(self.task_function, "seedbed", False):
            return super().sweep(arguments)
        from seedbed.execution.sweep.controller import conduct

        assert self.hydra_context is not None and self.config is not None and self.launcher is not None
        loader = self.hydra_context.config_loader
        return conduct(loader, self.config, self.launcher, self._parse_config(), arguments)
