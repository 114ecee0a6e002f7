"""What of a sweep is checked before its jobs are composed."""

from __future__ import annotations

from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from seedbed.config.constraints import check_value
from seedbed.config.schema import SWITCHES
from seedbed.errors import BadValue

_ONE_A_CORE = -1  # joblib's word for it


def check_whole(config: DictConfig, launcher: Launcher) -> None:
    """Check what is said of a sweep as a whole, which no job's config has.

    Raises
    ------
    BadValue : a switch, or a number of workers, that cannot be.
    """
    for key in SWITCHES:
        check_value(key, config[key])
    workers = getattr(launcher, "n_jobs", None)
    if hasattr(launcher, "take") and workers is not None and workers < 1 and workers != _ONE_A_CORE:
        raise BadValue("hydra.launcher.n_jobs", workers, "a whole number from 1, or null: one a core")


def needs_hydra(config: DictConfig) -> list[str]:
    """Return what of a config only Hydra's own way of running jobs gives."""
    keys = ("hydra.callbacks", "hydra.job.env_set", "hydra.job.chdir", "hydra.output_subdir")
    wanted = [key for key in keys if OmegaConf.select(config, key)]
    handlers = OmegaConf.select(config, "hydra.job_logging.handlers") or {}
    files = any("filename" in handler for handler in handlers.values())
    return [*wanted, *["the log files of hydra.job_logging"] * files]
