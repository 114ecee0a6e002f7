"""Composes the configs of a sweep's jobs: once for all that differ only in plain values of existing keys.

Hydra composes each job anew, at about 0.1 s. Where two jobs differ in nothing but plain values of keys that the config
has, the second is the first with those values set, by OmegaConf's own conversion; everything else goes through Hydra.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, ValueType
from omegaconf import DictConfig, OmegaConf, flag_override, open_dict
from omegaconf.errors import OmegaConfBaseException

_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Job:
    """One composed job.

    Attributes
    ----------
    config : the job's config as plain values, resolved.
    files : what Hydra keeps of it in its output folder, by file name: plain values, not resolved.
    folder : that output folder.
    """

    number: int
    words: tuple[str, ...]
    config: dict[str, Any]
    files: dict[str, Any]
    folder: Path


@dataclass
class _Base:
    config: DictConfig
    plain: tuple[str, ...]
    refers_to_hydra: bool


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
        self._parser = OverridesParser.create(config_loader=loader)
        self._overrides: dict[str, Override] = {}
        self._bases: dict[tuple[str, ...], _Base] = {}

    def job(self, number: int, words: Sequence[str]) -> Job:
        """Return one job, equal to what Hydra composes.

        Raises
        ------
        HydraException, OmegaConfBaseException : as Hydra raises them.
        """
        words = tuple(words)
        base = self._base(words)
        config = base.config
        with flag_override(config, ["readonly", "struct"], [False, False]), open_dict(config):
            config.hydra.overrides.task = [word for word in words if not _is_hydras(word)]
            config.hydra.job.override_dirname = self._dirname(words, config.hydra.job.config.override_dirname)
            config.hydra.job.id = str(number)
            config.hydra.job.num = number
        return _job(number, words, base)

    def _base(self, words: tuple[str, ...]) -> _Base:
        plain = tuple(word for word in words if self._is_plain(word, words))
        structure = tuple(word for word in words if word not in plain)
        base = self._bases.get(structure)
        if base is not None and self._update(base, plain):
            return base
        config = self._loader.load_sweep_config(self._master, list(words))
        text = OmegaConf.to_yaml(OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]))
        self._bases[structure] = _Base(config, plain, "${hydra:" in text)
        return self._bases[structure]

    def _update(self, base: _Base, plain: tuple[str, ...]) -> bool:
        """Set the values that differ from the base's last job; say whether that was possible."""
        if [_key(word) for word in plain] != [_key(word) for word in base.plain]:
            return False
        last, base.plain = base.plain, plain
        for word, before in zip(plain, last, strict=True):
            if word == before:
                continue
            try:
                OmegaConf.update(base.config, _key(word), self._parsed(word).value(), merge=True)
            except OmegaConfBaseException:
                # Hydra's own composition, which follows, says what is wrong in Hydra's words.
                return False
        return True

    def _is_plain(self, word: str, words: tuple[str, ...]) -> bool:
        override, key = self._parsed(word), _key(word)
        return (
            override.type is OverrideType.CHANGE
            and override.value_type in (ValueType.ELEMENT, None)
            and override.package is None
            and not _is_hydras(word)
            and "/" not in key
            and isinstance(override.value(), _PLAIN)
            and "${" not in word
            and not self._is_group(key)
            and not any(self._overlaps(key, _key(other)) for other in words if other != word)
        )

    def _overlaps(self, key: str, other: str) -> bool:
        other = other.lstrip("+~")
        short, long = sorted((key, other), key=len)
        return (long == short or long.startswith(short + ".")) and not self._is_group(short)

    def _is_group(self, key: str) -> bool:
        return "." not in key and bool(self._loader.get_group_options(key))

    def _parsed(self, word: str) -> Override:
        if word not in self._overrides:
            self._overrides[word] = self._parser.parse_override(word)
        return self._overrides[word]

    def _dirname(self, words: tuple[str, ...], options: DictConfig) -> str:
        kept = sorted(
            word
            for word in words
            if not _is_hydras(word) and self._parsed(word).key_or_group not in options.exclude_keys
        )
        return re.sub("=", options.kv_sep, options.item_sep.join(kept))


def _job(number: int, words: tuple[str, ...], base: _Base) -> Job:
    config = base.config
    if base.refers_to_hydra:
        HydraConfig.instance().set_config(config)
    folder = Path(str(config.hydra.sweep.dir)) / str(config.hydra.sweep.subdir)
    with flag_override(config, ["readonly", "struct"], [False, False]):
        config.hydra.runtime.output_dir = str(folder.absolute())
    raw: Any = OmegaConf.to_container(config, resolve=False, enum_to_str=True)
    hydra = raw.pop("hydra")
    task = hydra["overrides"]["task"]
    files = {"config.yaml": raw, "hydra.yaml": {"hydra": hydra}, "overrides.yaml": task}
    resolved = {str(key): _resolved(config[key]) for key in config if key != "hydra"}
    return Job(number, words, resolved, files, folder)


def _resolved(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _is_hydras(word: str) -> bool:
    return word.lstrip("+~").startswith(("hydra.", "hydra/"))


def _key(word: str) -> str:
    return word.partition("=")[0]
