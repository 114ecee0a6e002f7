"""The launcher's shell: Hydra's basic one, which has an engine for Seedbed's own sweeps."""

# Hydra runs this module before it is in sys.modules, where dataclasses would look up annotations that are text.
from dataclasses import dataclass
from typing import TYPE_CHECKING

# Not the class itself: Hydra would find it in this module too, and list it twice.
from hydra._internal.core_plugins import basic_launcher
from hydra.core.config_store import ConfigStore

if TYPE_CHECKING:
    from seedbed.execution.engines.engine import Engine


class SeedbedLauncher(basic_launcher.BasicLauncher):
    """Runs another program's jobs as Hydra's basic launcher does; a sweep of Seedbed's own takes its engine."""

    def __init__(self, n_jobs: int | None = None) -> None:
        super().__init__()
        self.n_jobs = n_jobs

    def make_engine(self) -> "Engine":
        """Return what runs the cells of a sweep."""
        from seedbed.execution.engines.local import LocalEngine

        return LocalEngine(self.n_jobs)


@dataclass
class SeedbedLauncherConf:
    """`hydra/launcher: seedbed`: workers forked from one process; `n_jobs` of them, by default one a core."""

    _target_: str = "hydra_plugins.seedbed_sweep.launcher.SeedbedLauncher"
    n_jobs: int | None = None


ConfigStore.instance().store(group="hydra/launcher", name="seedbed", node=SeedbedLauncherConf, provider="seedbed")
