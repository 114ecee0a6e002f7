"""Optuna's shell: Hydra's own plugin asks for candidates; `seedbed.sweeping` runs each of them over all seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class SeedbedOptunaSweeper(Sweeper):
    """Searches with Optuna.

    Parameters
    ----------
    params : the search space, by key; a typed key replaces that key. `split.seed` is no part of it: every candidate is
        run on all of its values.
    options : of Hydra's Optuna sweeper.
    """

    def __init__(self, params: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.params, self.options = dict(params or {}), options
        self.config: DictConfig | None = None
        self.launcher: Launcher | None = None
        self.task_function: TaskFunction | None = None
        self.hydra_context: HydraContext | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what the jobs need, and the launcher that runs them."""
        from seedbed.sweeping.pool import warm_up

        warm_up()
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run every candidate that Optuna asks for."""
        from hydra_plugins.hydra_optuna_sweeper.optuna_sweeper import OptunaSweeper

        from seedbed.sweeping.searched import search

        assert self.hydra_context is not None and self.config is not None and self.task_function is not None
        asking = OptunaSweeper(**self.options, params=None)
        asking.setup(hydra_context=self.hydra_context, task_function=self.task_function, config=self.config)
        default = [f"{key}={value}" for key, value in self.params.items()]
        loader = self.hydra_context.config_loader
        return search(loader, self.config, self.launcher, asking.sweeper, default, arguments)
