"""One composed config, and the jobs that differ from it in plain values alone."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, flag_override
from omegaconf.errors import OmegaConfBaseException

from seedbed.execution.sweep.hydra_files import Template, document, item, leads, with_value

_CHANGING = ("overrides.task", "job.override_dirname", "job.id", "job.num", "runtime.output_dir")
_NOW = re.compile(r"\$\{now:[^${}]*\}")
_BY_NUMBER, _BY_OVERRIDES = "${hydra.job.num}", "${hydra.job.override_dirname}"


@dataclass(frozen=True, eq=False)
class Word:
    """One override, parsed.

    Attributes
    ----------
    plain : whether it gives a plain value to a key; whether the config has that key is another question.
    chooses : whether it chooses an option of a config group.
    hydras : whether it is about Hydra itself.
    """

    text: str
    key: str
    value: Any
    plain: bool
    chooses: bool
    hydras: bool


@dataclass(frozen=True, eq=False)
class Job:
    """One composed job.

    Attributes
    ----------
    config : the job's config as plain values, resolved; jobs may share parts of it.
    folder : its output folder, absolute.
    kept_in : the folder of what Hydra keeps of it, None where it keeps nothing.
    hydra : Hydra's own node of its config, not resolved, without what changes from job to job.
    files : returns what Hydra keeps of it, text by file name.
    """

    number: int
    words: tuple[str, ...]
    config: dict[str, Any]
    folder: Path
    kept_in: Path | None
    hydra: Mapping[str, Any]
    files: Callable[[], dict[str, str]]


class Composition:
    """A config that Hydra composed.

    Parameters
    ----------
    config, master : the job's and the sweep's.
    opened : the overrides whose values may change from job to job.
    settled : the others.

    Attributes
    ----------
    lasts : whether the values can be changed here; not where a key leads through an interpolation or a list.
    """

    def __init__(self, config: DictConfig, master: DictConfig, opened: Sequence[Word], settled: Sequence[Word]) -> None:
        self._config, self._master = config, master
        raw: Any = OmegaConf.to_container(config, enum_to_str=True)
        self._hydra = raw.pop("hydra")
        self.lasts = _changeable(raw, opened, settled)
        self._texts = {word.key: word.text for word in opened} if self.lasts else {}
        self._values = {key: _kept(OmegaConf.select(config, key)) for key in self._texts}
        self._task_file = Template(raw, [key.split(".") for key in self._texts])
        self._hydra_file = Template({"hydra": self._hydra}, [["hydra", *key.split(".")] for key in _CHANGING])
        refers = "${" in self._task_file or any("${" in word.text for word in settled)
        refers = refers or not _is_simple(self._hydra["sweep"])
        # Where nothing refers to anything, a job's config is this one with some values replaced; nothing is resolved.
        self._task = _task_of(config) if refers else None
        self._plain = {} if refers else _without_hydra(OmegaConf.to_container(config))
        self._sweep_dir = "" if refers else _text(config, "hydra.sweep.dir")

    def takes(self, words: Sequence[Word]) -> bool:
        """Set the values of the open keys; say whether that was possible."""
        try:
            for word in words:
                if self._texts[word.key] != word.text:
                    self._set(word)
        except OmegaConfBaseException:
            # Hydra's own composition, which follows, says what is wrong in Hydra's words.
            return False
        return True

    def job(self, number: int, words: Sequence[Word]) -> Job:
        """Return the job with the values that were set last."""
        task = [word.text for word in words if not word.hydras]
        changing = [task, self._dirname(words), str(number), number]
        folder, config = self._simple(changing) if self._task is None else self._referring(changing, self._task)
        files = partial(self._files, list(self._values.values()), [*changing, folder])
        subdir = self._hydra["output_subdir"]
        kept_in = None if subdir is None else Path(folder, subdir)
        return Job(number, tuple(word.text for word in words), config, Path(folder), kept_in, self._hydra, files)

    def _set(self, word: Word) -> None:
        OmegaConf.update(self._config, word.key, word.value, merge=True)
        value = OmegaConf.select(self._config, word.key)
        if self._task is None:
            self._plain = with_value(self._plain, word.key.split("."), value)
        else:
            OmegaConf.update(self._task, word.key, word.value, merge=True)
        self._texts[word.key], self._values[word.key] = word.text, _kept(value)

    def _dirname(self, words: Sequence[Word]) -> str:
        options = self._hydra["job"]["config"]["override_dirname"]
        texts = sorted(word.text for word in words if not word.hydras and word.key not in options["exclude_keys"])
        return re.sub("=", options["kv_sep"], options["item_sep"].join(texts))

    def _simple(self, changing: Sequence[Any]) -> tuple[str, dict[str, Any]]:
        _, dirname, text, _ = changing
        subdir = self._hydra["sweep"]["subdir"]
        return _joined(self._sweep_dir, {_BY_NUMBER: text, _BY_OVERRIDES: dirname}.get(subdir, subdir)), self._plain

    def _referring(self, changing: Sequence[Any], task: DictConfig) -> tuple[str, dict[str, Any]]:
        """Resolve as Hydra does: the folder in the whole config, then the job's own without Hydra's node."""
        config, holder = self._config, HydraConfig.instance()
        OmegaConf.clear_cache(config)
        OmegaConf.copy_cache(from_config=self._master, to_config=config)
        for key, value in zip(_CHANGING, changing, strict=False):
            OmegaConf.update(config.hydra, key, value)
        before, holder.cfg = holder.cfg, config  # type: ignore[assignment]
        try:
            folder = _joined(_text(config, "hydra.sweep.dir"), _text(config, "hydra.sweep.subdir"))
            config.hydra.runtime.output_dir = folder
            # Raises where a value brought an interpolation into the name, as for Hydra, which reads it here too.
            _ = config.hydra.runtime.output_dir
            OmegaConf.copy_cache(from_config=config, to_config=task)
            return folder, _resolved(task)
        finally:
            holder.cfg = before

    def _files(self, values: Sequence[Any], changing: Sequence[Any]) -> dict[str, str]:
        return {
            "config.yaml": self._task_file.text(values),
            "hydra.yaml": self._hydra_file.text(changing),
            "overrides.yaml": "".join(map(item, changing[0])) or document([]),
        }


def _task_of(config: DictConfig) -> DictConfig:
    """Return what Hydra gives to a task: a copy of the whole without Hydra's node."""
    task = copy.deepcopy(config)
    with flag_override(task, ["struct", "readonly"], False):
        del task["hydra"]
    return task


def _without_hydra(plain: Any) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key != "hydra"}


def _changeable(raw: Mapping[str, Any], opened: Sequence[Word], settled: Sequence[Word]) -> bool:
    groups = [word.key.split(".")[:-1] for word in settled if not word.chooses and not word.hydras]
    return all(leads(raw, path) for path in [*(word.key.split(".") for word in opened), *groups])


def _is_simple(sweep: Mapping[str, str]) -> bool:
    subdir = sweep["subdir"]
    return "${" not in _NOW.sub("", sweep["dir"]) and (subdir in (_BY_NUMBER, _BY_OVERRIDES) or "${" not in subdir)


def _text(config: DictConfig, key: str) -> str:
    return str(OmegaConf.select(config, key))


def _joined(folder: str, subfolder: str) -> str:
    return os.path.abspath(os.path.join(folder, subfolder))


def _resolved(task: DictConfig) -> dict[str, Any]:
    plain: Any = OmegaConf.to_container(task, resolve=True)
    return plain  # type: ignore[no-any-return]


def _kept(value: Any) -> Any:
    return value.name if isinstance(value, Enum) else value
