"""Composes the configs of a sweep's jobs: once for all that differ only in plain values of existing keys.

Hydra composes each job anew, at about 0.1 s. Jobs that differ in nothing but plain values of keys that the config has
share one composition, in which OmegaConf's own conversion sets the values; everything else goes through Hydra.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Override, OverrideType, ValueType
from omegaconf import DictConfig, OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException

from seedbed.config.candidate import FOLDS
from seedbed.config.schema import Train
from seedbed.config.validation import validate
from seedbed.errors import BadInput, join_names
from seedbed.execution.sweep.grid import text_of
from seedbed.execution.sweep.messages import Job
from seedbed.tracking.uris import resolve_uri

_MISSING = "???"


class Composer:
    """Composes one sweep's jobs.

    Parameters
    ----------
    loader : Hydra's, from its context.
    master : the config of the sweep itself, as Hydra gives it to a sweeper.
    """

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self._loader = loader
        self._master = master
        self._first: Train | None = None
        self._groups: dict[str, bool] = {}
        self._shapes: dict[str, str] = {}
        self._compositions: dict[tuple[str, ...], _Composition | None] = {}

    def compose_jobs(self, first: int, jobs: Sequence[Sequence[Override]], typed_in: Path) -> tuple[Job, ...]:
        """Return the jobs with their checked configs, numbered from `first`; relative paths start in `typed_in`.

        Raises
        ------
        HydraException, OmegaConfBaseException, BadInput : as `compose`; or a value that its key does not take, another
            table or another kind of split than the first job's.
        """
        composed = []
        for number, words in enumerate(jobs, first):
            texts = tuple(map(text_of, words))
            config = validate(self.compose(number, words), Train, texts, typed_in, resolve_uri)
            self._first = self._first or config
            _check_alike(self._first, config)
            composed.append(Job(number, texts, config))
        return tuple(composed)

    def compose(self, number: int, words: Sequence[Override]) -> dict[str, Any]:
        """Return a job's config as plain values, equal to what Hydra composes; jobs share parts of it.

        Raises
        ------
        HydraException, OmegaConfBaseException : as Hydra raises them.
        BadInput : a job with another launcher or sweeper than the sweep's.
        """
        shape = tuple(map(self._shape_of, words))
        if shape not in self._compositions:
            self._compositions[shape] = self._prepare(words, shape)
        if composition := self._compositions[shape]:
            try:
                return composition.with_values(
                    [word for word, part in zip(words, shape, strict=True) if part == word.key_or_group]
                )
            except OmegaConfBaseException:
                pass  # Hydra's own composition, which follows, says what is wrong in Hydra's words
        return self._resolve(number, self._load(words))

    def _shape_of(self, word: Override) -> str:
        """Return an override's key if only its value can tell jobs apart, else all of it."""
        text = text_of(word)
        if text not in self._shapes:
            self._shapes[text] = word.key_or_group if self._is_plain(word) else text
        return self._shapes[text]

    def _is_plain(self, word: Override) -> bool:
        value = word.value()
        return (
            word.type is OverrideType.CHANGE
            and word.value_type is ValueType.ELEMENT
            and word.package is None
            and not word.is_hydra_override()
            and not self._is_group(word.key_or_group)
            and (value is None or isinstance(value, str | int | float))
            and "${" not in str(value)
            and value != _MISSING
        )

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            overrides: Any = OmegaConf.to_container(self._master.hydra.overrides.hydra)
            options = self._loader.get_group_options(key, None, self._master.hydra.job.config_name, overrides)
            self._groups[key] = bool(options) or key == "hydra"
        return self._groups[key]

    def _prepare(self, words: Sequence[Override], shape: Sequence[str]) -> _Composition | None:
        """Return a composition for all jobs of a shape, None if Hydra has to compose each of them."""
        config = self._load(words)
        raw: Any = OmegaConf.to_container(config)
        del raw["hydra"]
        for place, (word, part) in enumerate(zip(words, shape, strict=True)):
            others = [*words[:place], *words[place + 1 :]]
            if part == word.key_or_group and (
                not _leads(raw, part.split(".")) or any(self._overlap(part, other) for other in others)
            ):
                return None
        return None if "${" in str(raw) else _Composition(config, raw)

    def _overlap(self, key: str, other: Override) -> bool:
        """Say whether the order of two overrides matters; a choice of a group's option always comes first."""
        chooses = not isinstance(other.value(), dict) and self._is_group(other.key_or_group)
        inside = f"{key}.".startswith(f"{other.key_or_group}.")
        return inside and not chooses or f"{other.key_or_group}.".startswith(f"{key}.")

    def _load(self, words: Sequence[Override]) -> DictConfig:
        config = self._loader.load_sweep_config(self._master, [text_of(word) for word in words])
        for part in ("launcher", "sweeper"):
            mine, chosen = (OmegaConf.to_container(each.hydra[part]) for each in (config, self._master))
            if mine != chosen:
                name = config.hydra.runtime.choices.get(f"hydra/{part}")
                raise BadInput(
                    f"{' '.join(map(text_of, words))} sets hydra.{part} (hydra/{part}={name}) for one job, which comes "
                    f"too late, as all jobs share one; type hydra/{part}={name} and its keys beside -m instead."
                )
        return config

    def _resolve(self, number: int, config: DictConfig) -> dict[str, Any]:
        """Return a job's config with its interpolations resolved, as Hydra does before it runs the job."""
        known, hydra = HydraConfig.instance(), config.hydra
        with flag_override(hydra, "struct", False):
            hydra.job.id, hydra.job.num = str(number), number
        known.set_config(config)
        try:
            with flag_override(hydra, ["struct", "readonly"], False):
                hydra.runtime.output_dir = os.path.abspath(os.path.join(hydra.sweep.dir, hydra.sweep.subdir))
            known.set_config(config)
            task = copy.deepcopy(config)
            with flag_override(task, ["struct", "readonly"], False):
                del task["hydra"]
            plain: Any = OmegaConf.to_container(task, resolve=True)
            return plain  # type: ignore[no-any-return]
        finally:
            known.set_config(self._master)


def _check_alike(first: Train, config: Train) -> None:
    """Refuse what would make the scores of two runs differ by more than their candidates."""
    for name in ("path", "target", "group", "name", "holdout", "holdout_seed"):
        values = [getattr(config.dataset, name) for config in (first, config)]
        if values[0] != values[1]:
            raise BadInput(
                f"dataset.{name} has the values {join_names(values)}; a sweep keeps one table and one holdout."
            )
    for key, name in (("split", "name"), (FOLDS, "folds")):
        values = [getattr(config.split, name) for config in (first, config)]
        if values[0] != values[1]:
            raise BadInput(
                f"{key} has the values {join_names(values)}; a sweep keeps one kind of split, since one seed means "
                "other test rows in each: make a sweep of each."
            )


class _Composition:
    """A config without interpolations, and the jobs that differ from it in plain values alone."""

    def __init__(self, config: DictConfig, plain: dict[str, Any]) -> None:
        self._config, self._plain = config, plain
        self._values: dict[str, Any] = {}

    def with_values(self, words: Sequence[Override]) -> dict[str, Any]:
        """Return the config with the values of `words`."""
        plain = self._plain
        for word in words:
            plain = _with_value(plain, word.key_or_group.split("."), self._convert(word))
        return plain

    def _convert(self, word: Override) -> Any:
        text = text_of(word)
        if text not in self._values:
            OmegaConf.update(self._config, word.key_or_group, word.value())
            self._values[text] = OmegaConf.select(self._config, word.key_or_group)
        return self._values[text]


def _leads(content: Any, path: Sequence[str]) -> bool:
    """Say whether a path leads through nested dicts to something."""
    for name in path:
        if not isinstance(content, Mapping) or name not in content:
            return False
        content = content[name]
    return True


def _with_value(content: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return nested dicts that differ from `content` in one value, and share the rest with it."""
    name, *rest = path
    return {**content, name: _with_value(content[name], rest, value) if rest else value}
