"""Optuna's shell: Hydra's own plugin asks for candidates; `execution.sweep` runs each of them over all seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Not the class itself: Hydra would find it in this module too, and list it twice.
from hydra_plugins.seedbed_sweep import sweeper


class SeedbedOptunaSweeper(sweeper.SeedbedSweeper):
    """Searches with Optuna.

    Parameters
    ----------
    params : the search space, by key; a typed key replaces that key. `split.seed` is no part of it: every candidate is
        run on all of its values.
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
