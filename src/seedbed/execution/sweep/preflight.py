"""What of a sweep is checked before its cells: what is said of it as a whole, and what Hydra makes of each job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from seedbed.config.constraints import check_value
from seedbed.config.schema import SWITCHES, Train
from seedbed.config.validation import checked
from seedbed.errors import BadInput, BadValue, clip
from seedbed.execution.sweep.composition import Job
from seedbed.tracking.uris import resolve_uri

_LONGEST_NAME = 255  # bytes
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
    keys = ("hydra.callbacks", "hydra.job.env_set", "hydra.job.chdir")
    wanted = [key for key in keys if OmegaConf.select(config, key)]
    handlers = OmegaConf.select(config, "hydra.job_logging.handlers") or {}
    files = any("filename" in handler for handler in handlers.values())
    return [*wanted, *["the log files of hydra.job_logging"] * files]


def checked_configs(jobs: Sequence[Job], config: DictConfig, typed_in: Path) -> list[Train]:
    """Return the checked config of each job; relative paths start in the folder `typed_in`.

    Raises
    ------
    BadInput : a value outside what its key takes, a job with another launcher or sweeper, an output folder with too
        long a name.
    """
    _check_hydras(jobs, config)
    _check_folders(jobs)
    return [checked(job.config, Train, job.words, typed_in, resolve_uri) for job in jobs]


def _check_hydras(jobs: Sequence[Job], config: DictConfig) -> None:
    for part in ("launcher", "sweeper"):
        chosen = OmegaConf.to_container(config.hydra[part], enum_to_str=True)
        for job in jobs:
            if job.hydra[part] != chosen:
                name = job.hydra["runtime"]["choices"].get(f"hydra/{part}")
                raise BadInput(
                    f"{' '.join(job.words)} sets hydra.{part} (hydra/{part}={name}) for one job, which comes too late, "
                    f"as all jobs share one; type hydra/{part}={name} and its keys beside -m instead."
                )


def _check_folders(jobs: Sequence[Job]) -> None:
    for job in jobs:
        longest = max((os.fsencode(part) for part in job.folder.parts), key=len)
        if len(longest) > _LONGEST_NAME:
            raise BadInput(
                f"The output folder of job {job.number} has a name of {len(longest)} bytes, and a file system takes "
                f"{_LONGEST_NAME}: {clip(os.fsdecode(longest))}; shorten hydra.sweep.subdir, or leave keys out of it "
                "with hydra.job.config.override_dirname.exclude_keys."
            )
