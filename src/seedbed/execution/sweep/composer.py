"""Composes the configs of a sweep's jobs: once for all that differ only in plain values of existing keys.

Hydra composes each job anew, at about 0.1 s. Where two jobs differ in nothing but plain values of keys that the config
has, the second is the first with those values set, by OmegaConf's own conversion; everything else goes through Hydra.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType, ValueType
from omegaconf import DictConfig, OmegaConf

from seedbed.execution.sweep.composition import Composition, Job, Word

_PLAIN = (str, int, float, bool, type(None))
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
        self._parser = OverridesParser.create(config_loader=loader)
        self._words: dict[str, Word] = {}
        self._groups: dict[str, bool] = {}
        self._open: dict[tuple[str, ...], tuple[bool, ...]] = {}
        self._compositions: dict[tuple[str, ...], Composition] = {}

    def job(self, number: int, words: Sequence[str]) -> Job:
        """Return one job, equal to what Hydra composes.

        Raises
        ------
        HydraException, OmegaConfBaseException : as Hydra raises them.
        """
        parsed = [self._word(text) for text in words]
        names = tuple(word.key if word.plain else word.text for word in parsed)
        if names not in self._open:
            self._open[names] = tuple(word.plain and _alone(word, parsed) for word in parsed)
        opened = [word for word, is_open in zip(parsed, self._open[names], strict=True) if is_open]
        shape = tuple(word.key if word in opened else word.text for word in parsed)
        composition = self._compositions.get(shape)
        if composition is None or not composition.takes(opened):
            self._compositions.pop(shape, None)
            composition = self._composed(parsed, opened)
            if composition.lasts:
                self._compositions[shape] = composition
        return composition.job(number, parsed)

    def _composed(self, words: Sequence[Word], opened: Sequence[Word]) -> Composition:
        config = self._loader.load_sweep_config(self._master, [word.text for word in words])
        return Composition(config, self._master, opened, [word for word in words if word not in opened])

    def _word(self, text: str) -> Word:
        if text not in self._words:
            self._words[text] = self._parsed(text)
        return self._words[text]

    def _parsed(self, text: str) -> Word:
        (override,) = self._parser.parse_overrides([text])
        key, value, hydras = override.key_or_group, override.value(), override.is_hydra_override()
        chooses = not isinstance(value, dict) and self._is_group(key)
        changes = override.type is OverrideType.CHANGE and override.value_type is ValueType.ELEMENT
        aside = hydras or key == "hydra" or override.package is not None
        plain = changes and not aside and not chooses and _is_plain(value)
        return Word(text, key, value, plain, chooses, hydras)

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            overrides: Any = OmegaConf.to_container(self._master.hydra.overrides.hydra)
            options = self._loader.get_group_options(key, None, self._master.hydra.job.config_name, overrides)
            self._groups[key] = bool(options)
        return self._groups[key]


def _is_plain(value: object) -> bool:
    return isinstance(value, _PLAIN) and "${" not in str(value) and value != _MISSING


def _alone(word: Word, words: Sequence[Word]) -> bool:
    """Say whether no other override has to do with this one's key, so that their order does not matter."""
    return not any(word is not other and _overlap(word.key, other) for other in words)


def _overlap(key: str, other: Word) -> bool:
    return not other.chooses and f"{key}.".startswith(f"{other.key}.") or f"{other.key}.".startswith(f"{key}.")
