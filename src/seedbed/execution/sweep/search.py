"""A sweep whose candidates somebody asks for one after another, as Optuna does: each is run over all split seeds.

The sweep grows: each batch of candidates goes on with the same parent run, as a resumed sweep does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig

from seedbed.config.candidate import SPLIT_SEED
from seedbed.config.schema import SWITCHES
from seedbed.errors import BadInput, join_or
from seedbed.execution.sweep.composer import Composer
from seedbed.execution.sweep.controller import conducted, note
from seedbed.execution.sweep.grid import parse_grid, text_of
from seedbed.execution.sweep.messages import Job, Recorded, Wanted
from seedbed.execution.sweep.preflight import check_whole, needs_hydra
from seedbed.execution.sweep.progress import say
from seedbed.execution.sweep.sweep import Sweep, TooManyFailures
from seedbed.metrics.metric import find_metric


def search(
    loader: ConfigLoader, config: DictConfig, launcher: Any, asking: Any, default: Sequence[str], typed: Sequence[str]
) -> Sequence[Any]:
    """Run every candidate that is asked for, and print how the sweep ended.

    Parameters
    ----------
    asking : Hydra's Optuna sweeper, set up; it gets a launcher of ours.
    default, typed : the words of the default search space and of the person; a typed key replaces that key.

    Raises
    ------
    SeedbedError : words that a search cannot have, a candidate that cannot run, runs that failed.
    """
    parser = OverridesParser.create(config_loader=loader)
    parsed = {word.key_or_group: word for word in parser.parse_overrides([*default, *typed])}
    words = {key: str(word.input_line) for key, word in parsed.items()}
    searched = tuple(key for key, word in parsed.items() if word.is_sweep_override() and key != SPLIT_SEED)
    _check(config, launcher, asking)
    seeds = parse_grid(parser, [words.pop(SPLIT_SEED, f"{SPLIT_SEED}={config.split.seed}")]).axes[SPLIT_SEED]
    space = [word for key, word in words.items() if key not in SWITCHES]
    candidates = _Candidates(
        parser, Composer(loader, config), config, launcher.n_jobs, seeds, searched, asking.n_trials
    )
    asking.launcher = candidates

    def ask() -> Sequence[Any]:
        asking.sweep(space)
        return list(candidates.known.values())

    return conducted(ask, lambda: candidates.sweep)


def _check(config: DictConfig, launcher: Any, asking: Any) -> None:
    if not hasattr(launcher, "take"):
        raise BadInput("hydra/sweeper=optuna runs its candidates by hydra/launcher=seedbed; leave the other one out.")
    check_whole(config, launcher)
    if wanted := needs_hydra(config):
        raise BadInput(
            f"{join_or(wanted)} needs jobs that Hydra runs, and hydra/sweeper=optuna runs its own; leave it out."
        )
    for name in ("resume", "dry_run"):
        if config[name]:
            raise BadInput(f"{name} needs to know a sweep's runs, and a search finds them one by one; leave it out.")
    metric, direction = config.selection.metric, str(getattr(asking.direction, "name", asking.direction))
    better = "minimize" if find_metric(metric).better == "lower" else "maximize"
    if direction != better:
        raise BadInput(
            f"hydra.sweeper.direction={direction} would look for the worst {metric}; type "
            f"hydra.sweeper.direction={better}"
        )


@dataclass
class _Candidates:
    """What Optuna takes for a launcher.

    Attributes
    ----------
    seeds : the words of the split seeds that every candidate is run on.
    searched : the keys of the search space.
    total : how many candidates will be asked for.
    """

    parser: OverridesParser
    composer: Composer
    config: DictConfig
    n_jobs: int | None
    seeds: Sequence[Override]
    searched: tuple[str, ...]
    total: int
    sweep: Sweep | None = None
    jobs: tuple[Job, ...] = ()
    known: dict[tuple[str, ...], JobReturn] = field(default_factory=dict)
    failures: int = 0

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run candidates that were not run before, and return the mean score of each."""
        asked = [tuple(words) for words in job_overrides]
        new = [words for words in dict.fromkeys(asked) if words not in self.known]
        if new:
            self._run(new)
        metric = self.config.selection.metric
        for place, words in enumerate(asked, initial_job_idx + 1):
            told = [word for word in words if re.split("[@=]", word.lstrip("+"))[0] in self.searched] or words
            say(f"{place}/{self.total}  {' '.join(told)}  mean {metric} {self.known[words].return_value:.4f}")
        return [self.known[words] for words in asked]

    def _run(self, new: Sequence[tuple[str, ...]]) -> None:
        first = len(self.jobs)
        candidates = [self.parser.parse_overrides(list(words)) for words in new]
        words = [[*candidate, seed] for candidate in candidates for seed in self.seeds]
        self.jobs += self.composer.compose_jobs(first, words, Path.cwd())
        wanted = self._wanted()
        if self.sweep is None:
            self.sweep = Sweep.begin(wanted)
            note(self.config, Path(wanted.folder))
        else:
            self.sweep = self.sweep.extended(wanted)
        most = self.config.max_failures
        self.failures += self.sweep.run(self.n_jobs, None, shown=False)
        for place, candidate in enumerate(new):
            numbers = range(first + place * len(self.seeds), first + (place + 1) * len(self.seeds))
            self.known[candidate] = self._returned(candidate, numbers)
        if most is not None and self.failures > most:
            raise TooManyFailures(self.failures, most)

    def _wanted(self) -> Wanted:
        folder, typed_in, resumed = str(self.config.hydra.sweep.dir), str(Path.cwd()), None
        if self.sweep is not None:
            begun = self.sweep.begun
            resumed = Recorded(begun.place.parent, begun.name, {}, 0, folder, typed_in)
        words = {SPLIT_SEED: tuple(map(text_of, self.seeds))}
        return Wanted(self.jobs, words, folder, typed_in, resumed=resumed, searched=self.searched)

    def _returned(self, words: tuple[str, ...], numbers: Sequence[int]) -> JobReturn:
        assert self.sweep is not None
        done = JobReturn(overrides=words, status=JobStatus.COMPLETED)
        metric, metrics = self.config.selection.metric, [self.sweep.metrics.get(number) for number in numbers]
        scores = [scores[metric] for scores in metrics if scores is not None]
        # Told of a failure, the plugin prints a traceback; the worst score keeps Optuna away from there as well.
        worst = -math.inf * find_metric(metric).sign
        done.return_value = sum(scores) / len(scores) if len(scores) == len(numbers) else worst
        return done
