"""What `hydra/sweeper=optuna` means here: Hydra's own plugin asks for candidates, each is run over all split seeds."""

from __future__ import annotations

from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins

_NAME = "optuna"
# As Hydra's Optuna plugin has it, but for the class, the direction of most metrics, and one candidate at a time.
_SWEEPER: dict[str, Any] = {
    "defaults": [{"sampler": "tpe"}],
    "_target_": "hydra_plugins.seedbed_sweep.optuna.SeedbedOptunaSweeper",
    "direction": "maximize",
    "storage": None,
    "study_name": None,
    "n_trials": 20,
    "n_jobs": 1,
    "max_failure_rate": 0.0,
    "search_space": None,
    "custom_search_space": None,
    "params": {},
}


def register(store: ConfigStore) -> None:
    """Put ours in the place of the plugin's own config, where the plugin is installed."""
    # Plugins store their configs as they are found; what is stored later counts.
    Plugins.instance()
    if f"{_NAME}.yaml" in store.list("hydra/sweeper"):
        store.store(group="hydra/sweeper", name=_NAME, node=_SWEEPER, provider="seedbed")
