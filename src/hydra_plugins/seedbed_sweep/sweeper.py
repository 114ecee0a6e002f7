"""The sweeper's shell: a grid as Hydra's basic one makes it; Seedbed's own sweeps live in `seedbed.execution.sweep`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


class SeedbedSweeper(Sweeper):
    """Turns a multirun's words into jobs, all checked before the first of them starts.

    Parameters
    ----------
    params : the default grid, by key; a typed key replaces that key.
    """

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        self.params = dict(params or {})
        self.config: DictConfig | None = None
        self.launcher: Launcher | None = None
        self.task_function: TaskFunction | None = None
        self.hydra_context: HydraContext | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what the jobs need, and the launcher that runs them."""
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config
        if getattr(task_function, "seedbed", False):
            from seedbed.execution.engines.local import warm_up

            warm_up()
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    @property
    def default(self) -> list[str]:
        """The default grid as one types it."""
        return [f"{key}={value}" for key, value in self.params.items()]

    def sweep(self, arguments: list[str]) -> Any:
        """Run every job of the grid."""
        assert self.hydra_context is not None and self.config is not None and self.launcher is not None
        loader = self.hydra_context.config_loader
        if getattr(self.task_function, "seedbed", False):
            from seedbed.execution.sweep.controller import conduct

            return conduct(loader, self.config, self.launcher, self.default, arguments)
        from seedbed.execution.sweep.grid import grid_of

        folder = Path(self.config.hydra.sweep.dir)
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.config, folder / "multirun.yaml")
        grid = grid_of(OverridesParser.create(loader), self.default + arguments)
        return [self._anothers([list(job) for job in grid.jobs])]

    def _anothers(self, jobs: list[Sequence[str]]) -> Sequence[Any]:
        assert self.launcher is not None
        self.validate_batch_is_legal(jobs)
        returns = self.launcher.launch(jobs, initial_job_idx=0)
        for done in returns:
            _ = done.return_value  # raises what the job raised
        return returns
