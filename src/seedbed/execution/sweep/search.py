"""A sweep whose candidates are asked for one after another, as Optuna does: each is run over all split seeds.

The sweep grows: each batch of candidates goes to the same parent run and the same engine.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig

from seedbed.config.candidate import SPLIT_SEED
from seedbed.config.schema import SWITCHES, Train
from seedbed.errors import BadInput, BadValue, clip
from seedbed.execution.engines.engine import Engine
from seedbed.execution.sweep.composer import Composer
from seedbed.execution.sweep.controller import (
    find_hydras_own,
    keep_config,
    prepare_engine,
    read_baselines,
    run_to_end,
)
from seedbed.execution.sweep.grid import ESTIMATOR, check_range, format_override, list_own_words, parse_grid
from seedbed.execution.sweep.messages import Job, SweepRequest
from seedbed.execution.sweep.sweep import Sweep
from seedbed.metrics.lookup import load_metric
from seedbed.metrics.metric import find_metric
from seedbed.tracking.notices import say


def search(
    loader: ConfigLoader, config: DictConfig, launcher: Any, asking: Any, default: Sequence[str], typed: Sequence[str]
) -> Sequence[Any]:
    """Run every candidate that is asked for, and print how the sweep ended.

    Parameters
    ----------
    asking : Hydra's Optuna sweeper, set up; it gets a launcher of ours.
    default, typed : the words of the default search space and those that were typed; a typed key replaces that key.

    Raises
    ------
    SeedbedError : words that a search cannot have, a candidate that cannot run, runs that failed.
    """
    parser = OverridesParser.create(config_loader=loader)
    space = {
        word.key_or_group: word
        for word in parser.parse_overrides([*list_own_words(config.estimator), *default, *typed])
    }
    if (chosen := space.get(ESTIMATOR)) and chosen.is_sweep_override():
        raise BadInput(f"{format_override(chosen)} is several searches in one; search for one estimator at a time.")
    searched = tuple(key for key, word in space.items() if word.is_sweep_override() and key != SPLIT_SEED)
    engine = prepare_engine(config, launcher)
    if engine is None:
        raise BadInput("hydra/sweeper=optuna runs its candidates by hydra/launcher=seedbed; leave the other one out.")
    _check(config, asking)
    seeds = space.pop(SPLIT_SEED, None)
    typed_seeds = format_override(seeds) if seeds else f"{SPLIT_SEED}={config.split.seed}"
    axis = parse_grid(parser, [typed_seeds]).axes[SPLIT_SEED]
    candidates = _Candidates(parser, Composer(loader, config), config, engine, axis, searched, asking.n_trials)
    asking.launcher = candidates
    take = format_override if getattr(asking.sampler, "func", type).__name__ == "GridSampler" else _close_range
    for word in space.values():
        _check_interval(word)
    logging.getLogger("optuna").handlers.clear()  # Python's own prints its warnings, without colors

    def ask() -> Sequence[Any]:
        with engine:
            asking.sweep([take(word) for key, word in space.items() if key not in SWITCHES])
        return []

    return run_to_end(ask, lambda: candidates.sweep)


def _check_interval(word: Override) -> None:
    value = word.value()
    if isinstance(value, IntervalSweep) and not float(value.start or 0) <= float(value.end or 0):
        raise BadInput(f"{format_override(word)} ends below its start; type the smaller number first.")


def _close_range(word: Override) -> str:
    """Return a word of a search space; Optuna's samplers, but the one of a grid, would include the end of a range."""
    if not isinstance(value := word.value(), RangeSweep) or value.shuffle:
        return format_override(word)
    check_range(value, format_override(word))
    *_, last = (value.start, *word.sweep_iterator())
    return f"{word.get_key_element()}=range({value.start},{last},{value.step})"


def _check(config: DictConfig, asking: Any) -> None:
    if wanted := find_hydras_own(config):
        raise BadInput(f"{wanted} needs jobs that Hydra runs, and hydra/sweeper=optuna runs its own; leave it out.")
    for name in ("resume", "dry_run"):
        if config[name]:
            raise BadInput(f"{name} needs to know a sweep's runs, and a search finds them one by one; leave it out.")
    if not isinstance(asking.n_trials, int) or asking.n_trials < 1:
        raise BadValue("hydra.sweeper.n_trials", asking.n_trials, "an integer of at least 1")
    if asking.storage is not None:
        raise BadInput(
            f"hydra.sweeper.storage={clip(asking.storage)} cannot be used, since the Optuna of Hydra's plugin does not "
            "work with MLflow's SQLAlchemy; leave it out: the runs are kept in MLflow."
        )
    metric, direction = config.selection.metric, str(getattr(asking.direction, "name", asking.direction))
    if not (known := load_metric(metric)).logged:
        raise BadInput(
            f"selection.metric={metric} is computed from a whole sweep's predictions, and a search needs what each run "
            "logs; search by accuracy or log_loss, for example."
        )
    better = "minimize" if known.better == "lower" else "maximize"
    if direction != better:
        raise BadInput(
            f"hydra.sweeper.direction={direction} would look for the worst {metric}; type "
            f"hydra.sweeper.direction={better}"
        )


@dataclass
class _Candidates:
    """What Optuna takes for a launcher."""

    parser: OverridesParser
    composer: Composer
    config: DictConfig
    engine: Engine
    seeds: Sequence[Override]  # that every candidate is run on
    searched: tuple[str, ...]  # the keys of the search space
    total: int  # how many candidates will be asked for
    sweep: Sweep | None = None
    jobs: int = 0
    scores: dict[str, float | None] = field(default_factory=dict)  # by cell; None for a run that failed

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run what was not run before of each candidate, and return the mean score of each."""
        candidates = [self.parser.parse_overrides(list(words)) for words in job_overrides]
        jobs = [self._compose(words) for words in candidates]
        new = {_identify(job.config): job for of_one in jobs for job in of_one}
        if new := {cell: job for cell, job in new.items() if cell not in self.scores}:
            self._run(new)
        returns = []
        for number, (words, of_one) in enumerate(zip(candidates, jobs, strict=True), initial_job_idx + 1):
            done = JobReturn(overrides=[format_override(word) for word in words], status=JobStatus.COMPLETED)
            done.return_value = self._average(of_one)
            named = [format_override(word) for word in words if word.key_or_group in self.searched or not self.searched]
            metric = self.config.selection.metric
            say(f"{number}/{self.total}  {' '.join(named)}  mean {metric} {done.return_value:.4f}")
            returns.append(done)
        return returns

    def _compose(self, words: Sequence[Override]) -> tuple[Job, ...]:
        jobs = self.composer.compose_jobs(self.jobs, [[*words, seed] for seed in self.seeds], Path.cwd())
        self.jobs += len(jobs)
        return jobs

    def _run(self, new: dict[str, Job]) -> None:
        jobs = tuple(new.values())
        if self.sweep is None:
            folder, words = str(self.config.hydra.sweep.dir), {SPLIT_SEED: tuple(map(format_override, self.seeds))}
            request = SweepRequest(jobs, words, folder, str(Path.cwd()), searched=self.searched)
            planned, baselines = self.total * len(self.seeds), read_baselines(self.config)
            self.sweep = Sweep.open(replace(request, planned=planned, baselines=baselines))
            keep_config(self.config, Path(folder))
            self.engine.start(self.sweep.target)
        else:
            self.sweep.extend(jobs)
        cells = {job.number: cell for cell, job in new.items()}
        for result in self.sweep.run(self.engine, self.config.max_failures, progress=False):
            metric = self.sweep.opened.metric
            self.scores[cells[result.number]] = None if result.metrics is None else result.metrics[metric]

    def _average(self, jobs: Sequence[Job]) -> float:
        scores = [self.scores[_identify(job.config)] for job in jobs]
        finished = [score for score in scores if score is not None and not math.isnan(score)]
        if len(finished) == len(scores):
            return sum(finished) / len(finished)
        # The plugin prints a traceback for a failed job and for NaN; the worst score keeps Optuna away as well.
        return -math.inf * find_metric(self.config.selection.metric).sign


def _identify(config: Train) -> str:
    """Return what makes a cell of one table, as text."""
    return repr((config.preprocess, config.estimator, config.split))
