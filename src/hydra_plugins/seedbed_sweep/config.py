"""What Hydra's config store knows of this plugin."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore


@dataclass
class SeedbedSweeperConf:
    """`hydra/sweeper: seedbed`: a grid, composed once and checked whole before its first run."""

    _target_: str = "hydra_plugins.seedbed_sweep.sweeper.SeedbedSweeper"
    params: dict[str, Any] | None = field(default_factory=dict)


@dataclass
class SeedbedLauncherConf:
    """`hydra/launcher: seedbed`: workers forked from one process; `n_jobs` of them, by default one a core."""

    _target_: str = "hydra_plugins.seedbed_sweep.launcher.SeedbedLauncher"
    n_jobs: int | None = None


ConfigStore.instance().store(group="hydra/sweeper", name="seedbed", node=SeedbedSweeperConf, provider="seedbed")
ConfigStore.instance().store(group="hydra/launcher", name="seedbed", node=SeedbedLauncherConf, provider="seedbed")
