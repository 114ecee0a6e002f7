"""The sweeper's shell: Hydra's basic one, which for Seedbed's own sweeps leaves the work to `execution.sweep`."""

# Hydra runs this module before it is in sys.modules, where dataclasses would look up annotations that are text.
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Not the class itself: Hydra would find it in this module too, and list it twice.
from hydra._internal.core_plugins import basic_sweeper
from hydra.core.config_store import ConfigStore
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


class SeedbedOptunaSweeper(SeedbedSweeper):
    """Searches with Optuna: Hydra's own plugin asks for candidates, each of which is run over all split seeds.

    Parameters
    ----------
    params : the search space, by key; a typed key replaces that key.
    options : of Hydra's Optuna sweeper.
    """

    def __init__(self, params: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(params)
        self.options = options

    def sweep(self, arguments: list[str]) -> Any:
        """Run every candidate that Optuna asks for."""
        from hydra_plugins.hydra_optuna_sweeper.optuna_sweeper import OptunaSweeper

        from seedbed.execution.sweep.search import search

        assert self.hydra_context is not None and self.config is not None and self.task_function is not None
        asking = OptunaSweeper(**self.options, params=None)
        asking.setup(hydra_context=self.hydra_context, task_function=self.task_function, config=self.config)
        loader = self.hydra_context.config_loader
        return search(loader, self.config, self.launcher, asking.sweeper, self._parse_config(), arguments)


@dataclass
class SeedbedSweeperConf:
    """`hydra/sweeper: seedbed`: a grid, composed once and checked whole before its first run."""

    _target_: str = "hydra_plugins.seedbed_sweep.sweeper.SeedbedSweeper"
    params: dict[str, Any] | None = field(default_factory=dict)


ConfigStore.instance().store(group="hydra/sweeper", name="seedbed", node=SeedbedSweeperConf, provider="seedbed")
