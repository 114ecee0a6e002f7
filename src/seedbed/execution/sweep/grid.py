"""From the words of a multirun to its jobs: Hydra's grammar, Hydra's product, Hydra's order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep, Transformer, ValueType

from seedbed.config.families import SPEC
from seedbed.config.naming import quote_override
from seedbed.config.schema import SWITCHES
from seedbed.errors import BadInput, BadValue, CannotBeLeftOut, UnknownKey, clip, hide_secrets

Axes = Mapping[str, tuple[Override, ...]]
ESTIMATOR = "estimator"
_MOST_RUNS = 100_000  # more would take hours before the first of them starts, and their words alone the memory
# Set once for a sweep; its runs do not differ in it.
_OF_THE_WHOLE = (*SWITCHES, "output", "tracking", "selection", "trust")


@dataclass(frozen=True)
class Grid:
    """A multirun's axes: each key's overrides, one or more, in the order in which Hydra multiplies them.

    Attributes
    ----------
    families : of several estimators the axes that are each one's own, by the override that chooses it; what of `axes`
        is typed of a parameter is among those that have it.
    """

    axes: Mapping[str, tuple[Override, ...]]
    families: Mapping[str, Axes] = field(default_factory=dict)

    @property
    def jobs(self) -> list[tuple[Override, ...]]:
        """Return the overrides of each job, the last axis running fastest; BadInput if a sweep takes fewer."""
        products = [self.axes]
        if self.families:
            others = {key: axis for key, axis in self.axes.items() if key != ESTIMATOR and not _is_param(key)}
            choices = self.axes[ESTIMATOR]
            products = [{ESTIMATOR: (one,), **self.families[format_override(one)], **others} for one in choices]
        if (runs := sum(math.prod(map(len, axes.values())) for axes in products)) > _MOST_RUNS:
            axes = " × ".join(f"{key} ({len(self.axes[key])})" for key in self.varying)
            raise BadInput(f"{axes} makes {runs} runs, and a sweep takes {_MOST_RUNS}; give fewer values.")
        return [words for axes in products for words in itertools.product(*axes.values())]

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Return the overrides as text, without what is secret in an address."""
        return _format_axes(self.axes)

    @property
    def family_words(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return each family's own overrides as text."""
        return {family: _format_axes(axes) for family, axes in self.families.items()}

    @property
    def varying(self) -> list[str]:
        """Return the keys that have more than one value."""
        return [key for key, axis in self.axes.items() if len(axis) > 1]

    def makes_the_runs_of(self, other: Grid) -> bool:
        """Say whether both make the same runs, wherever these go and however they are shown."""
        mine, others = (
            [item for item in grid.words.items() if item[0].partition(".")[0] not in _OF_THE_WHOLE]
            for grid in (self, other)
        )
        return mine == others and self.family_words == other.family_words


def format_override(override: Override) -> str:
    """Return an override as text."""
    return str(override.input_line)


def parse_grid(parser: OverridesParser, words: Sequence[str]) -> Grid:
    """Parse a multirun's words; a later one replaces an earlier one of the same key.

    Raises
    ------
    BadInput : an axis without values or with more than a sweep takes, or a kind of sweep that no grid has.
    """
    axes: dict[str, tuple[Override, ...]] = {}
    for override in parser.parse_overrides(list(words)):
        values = _split_sweep(parser, override)
        if not values:
            raise BadInput(f"{override.input_line} has no values, so there is nothing to run.")
        axes[override.get_key_element()] = values
    return Grid(axes)


def parse_axes(parser: OverridesParser, words: Mapping[str, Sequence[str]]) -> dict[str, tuple[Override, ...]]:
    """Return the axes that have `words`."""
    return {key: tuple(parser.parse_overrides(list(axis))) for key, axis in words.items()}


def add_families(
    parser: OverridesParser, typed: Axes, base: Grid, families: Mapping[str, Mapping[str, Any]], *, resumed: bool
) -> Grid:
    """Return typed axes on top of a base grid and of what each estimator sweeps by itself.

    Parameters
    ----------
    typed : a key of them replaces that key in the base, and in the families that have it.
    base : the default axes, or those of the sweep that is resumed.
    families : the composed config of each estimator, by the override that chooses it; if there is one, by any text.

    Raises
    ------
    UnknownKey : a parameter was typed that none of the families has.
    """
    known = {f"{ESTIMATOR}.{name}" for config in families.values() for name in config} - {f"{ESTIMATOR}.{SPEC}"}
    own: dict[str, Axes] = {}
    for family, config in families.items():
        alone = resumed and (family in base.families or len(families) == 1)  # it has all its axes already
        axes = {**({} if alone else parse_grid(parser, list_own_words(config)).axes), **base.families.get(family, {})}
        mine = {key: axis for key, axis in {**base.axes, **typed}.items() if key.partition(".")[2] in config}
        own[family] = {**axes, **{key: axis for key, axis in mine.items() if _is_param(key)}}
    for key in filter(_is_param, typed):
        if key not in known:
            raise UnknownKey(key, known)
    if len(own) > 1:
        return Grid({**base.axes, **typed}, own)
    return Grid({**axes, **base.axes, **typed})


def list_own_words(estimator: Mapping[str, Any] | None) -> list[str]:
    """Return the default axes that the composed config of an estimator has, as they are typed."""
    if not estimator:
        raise CannotBeLeftOut(ESTIMATOR)
    grid = (estimator.get(SPEC) or {}).get("grid") or {}
    return [f"{ESTIMATOR}.{name}={values}" for name, values in grid.items()]


def _is_param(key: str) -> bool:
    return key.startswith(f"{ESTIMATOR}.")


def _format_axes(axes: Axes) -> dict[str, tuple[str, ...]]:
    return {key: tuple(hide_secrets(format_override(word)) for word in axis) for key, axis in axes.items()}


def check_axes(grid: Grid) -> None:
    """Refuse, with BadInput, several values of what a sweep of Seedbed's own has only one of."""
    for key in grid.varying:
        values = [text.removeprefix(f"{key}=") for text in grid.words[key]]
        if key == "dataset.path":
            raise BadInput(
                f"{key} is read as several values, {' and '.join(map(clip, values))}, and a sweep keeps one table; to "
                f"mean one with a comma in its name type {quote_override(key, ','.join(values))}"
            )
        if key.partition(".")[0] in _OF_THE_WHOLE:
            raise BadValue(key, ",".join(values), "one value for all runs of a sweep")


def _split_sweep(parser: OverridesParser, override: Override) -> tuple[Override, ...]:
    """Return one override a value; one that is typed with a single value stays as it was typed."""
    if not override.is_sweep_override():
        return (override,)
    if not override.is_discrete_sweep():
        raise BadInput(f"{override.input_line} is an interval; a grid takes a list, a range or choices of values.")
    if isinstance(value := override.value(), RangeSweep):
        check_range(value, format_override(override))
    return tuple(_element(parser, override, value) for value in override.sweep_iterator())


def _element(parser: OverridesParser, override: Override, value: Any) -> Override:
    text = f"{override.get_key_element()}={Transformer.str(value)}"
    if type(value) is str:
        # What a cast made a text, such as str(2), is a number to Hydra, which reads the words of each job again.
        return parser.parse_override(text)
    return replace(override, value_type=ValueType.ELEMENT, _value=value, input_line=text)


def check_range(value: RangeSweep, typed: str) -> None:
    """Refuse, with BadInput, a range that does not end, or not soon enough."""
    start, stop, step = (float(edge or 0) for edge in (value.start, value.stop, value.step))
    if not all(map(math.isfinite, (start, stop, step))) or step == 0:
        raise BadInput(f"{clip(typed)} never ends; a range takes finite numbers, and a step other than 0.")
    if (values := math.ceil((stop - start) / step)) > _MOST_RUNS:
        raise BadInput(f"{clip(typed)} has {values} values, and a sweep takes {_MOST_RUNS} runs; give fewer.")
