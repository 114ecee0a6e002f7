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

from seedbed.config.schema import Train
from seedbed.config.validation import check_table_words, keep_references, validate
from seedbed.errors import BadInput, join_names
from seedbed.execution.sweep.grid import format_override
from seedbed.execution.sweep.messages import Job
from seedbed.tracking.uris import resolve_uri

# In what all runs of a sweep are alike.
_ALIKE = [("dataset", name) for name in ("path", "target", "group", "name", "holdout", "holdout_seed")]
_ALIKE += [("split", "name"), ("split", "folds")]


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
        self._plain: dict[str, bool] = {}
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
            texts = tuple(map(format_override, words))
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
        plain = [word for word in words if self._is_plain(word)]
        shape = tuple(word.key_or_group if self._is_plain(word) else format_override(word) for word in words)
        if shape not in self._compositions:
            self._compositions[shape] = self._prepare(words, plain)
        if composition := self._compositions[shape]:
            try:
                return composition.set_values(plain)
            except OmegaConfBaseException:
                pass  # Hydra's own composition, which follows, says what is wrong in Hydra's words
        return self._resolve(number, self._load(words))

    def compose_group(self, group: str, choice: Override) -> dict[str, Any]:
        """Return the config of a group with one of its options."""
        content: Any = OmegaConf.to_container(self._load([choice])[group])
        return dict(content)

    def _is_plain(self, word: Override) -> bool:
        """Say whether an override only gives a plain value to a key, so that its value alone may tell jobs apart."""
        text, key, value = format_override(word), word.key_or_group, word.value()
        if text not in self._plain:
            sets = word.type is OverrideType.CHANGE and word.value_type is ValueType.ELEMENT and word.package is None
            elsewhere = word.is_hydra_override() or self._is_group(key) or any(map(str.isdigit, key.split(".")))
            plain = value is None or isinstance(value, str | int | float) and "${" not in str(value) and value != "???"
            self._plain[text] = sets and plain and not elsewhere
        return self._plain[text]

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            overrides: Any = OmegaConf.to_container(self._master.hydra.overrides.hydra)
            options = self._loader.get_group_options(key, None, self._master.hydra.job.config_name, overrides)
            self._groups[key] = bool(options) or key == "hydra"
        return self._groups[key]

    def _prepare(self, words: Sequence[Override], plain: Sequence[Override]) -> _Composition | None:
        """Return a composition for all jobs with these keys, None if Hydra has to compose each of them."""
        config = self._load(words)
        content: Any = OmegaConf.to_container(config)
        del content["hydra"]
        ordered = any(self._overlap(word, other) for word in plain for other in words if word is not other)
        return None if ordered or "${" in str(content) else _Composition(config, content)

    def _overlap(self, word: Override, other: Override) -> bool:
        """Say whether the order of two overrides matters; a choice of a group's option always comes first."""
        key, others = f"{word.key_or_group}.", f"{other.key_or_group}."
        chooses = not isinstance(other.value(), dict) and self._is_group(other.key_or_group)
        return key.startswith(others) and not chooses or others.startswith(key)

    def _load(self, words: Sequence[Override]) -> DictConfig:
        texts = [format_override(word) for word in words]
        config = self._loader.load_sweep_config(self._master, texts)
        check_table_words(config.hydra.runtime.choices.get("dataset"), texts)
        for part in ("launcher", "sweeper"):
            mine, chosen = (OmegaConf.to_container(each.hydra[part]) for each in (config, self._master))
            if mine != chosen:
                name = config.hydra.runtime.choices.get(f"hydra/{part}")
                raise BadInput(
                    f"{' '.join(map(format_override, words))} sets hydra.{part} (hydra/{part}={name}) for one job, "
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
            return to_plain(task)
        finally:
            known.set_config(self._master)


def to_plain(config: DictConfig) -> dict[str, Any]:
    """Return a config as plain values, its interpolations resolved but for those that keep a secret out of it."""
    plain: Any = OmegaConf.to_container(config, resolve=True)
    unresolved: Any = OmegaConf.to_container(config)
    return keep_references(plain, unresolved)


def _check_alike(first: Train, config: Train) -> None:
    """Refuse what would make the scores of two runs differ by more than their candidates."""
    for group, name in _ALIKE:
        values = [getattr(getattr(each, group), name) for each in (first, config)]
        if values[0] != values[1]:
            key = "split" if (group, name) == ("split", "name") else f"{group}.{name}"
            keeps = "one table and one holdout."
            if group == "split":
                keeps = "one kind of split, since one seed means other test rows in each: make a sweep of each."
            raise BadInput(f"{key} has the values {join_names(values)}; a sweep keeps {keeps}")


class _Composition:
    """A config without interpolations, and the jobs that differ from it in plain values alone."""

    def __init__(self, config: DictConfig, content: dict[str, Any]) -> None:
        self._config, self._content = config, content
        self._values: dict[str, Any] = {}

    def set_values(self, words: Sequence[Override]) -> dict[str, Any]:
        """Return the config with the values of `words`, by OmegaConf's own conversion."""
        content = self._content
        for word in words:
            key, text = word.key_or_group, format_override(word)
            if text not in self._values:
                OmegaConf.update(self._config, key, word.value())
                self._values[text] = OmegaConf.select(self._config, key)
            content = _set_value(content, key.split("."), self._values[text])
        return content


def _set_value(content: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return nested dicts that differ from `content` in one value, and share the rest with it."""
    name, *rest = path
    return {**content, name: _set_value(content[name], rest, value) if rest else value}
