"""From the words of a multirun to its jobs: Hydra's grammar, Hydra's product, Hydra's order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep, Transformer, ValueType

from seedbed.config.naming import quote_override
from seedbed.config.schema import SWITCHES
from seedbed.errors import BadInput, BadValue, clip

_MOST_RUNS = 100_000  # more would take hours before the first of them starts, and their words alone the memory
# Set once for a sweep; its runs do not differ in it.
_OF_THE_WHOLE = (*SWITCHES, "output", "tracking", "selection")


@dataclass(frozen=True)
class Grid:
    """A multirun's axes: each key's overrides, one or more, in the order in which Hydra multiplies them."""

    axes: Mapping[str, tuple[Override, ...]]

    @property
    def jobs(self) -> list[tuple[Override, ...]]:
        """Return the overrides of each job, the last axis running fastest; BadInput if a sweep takes fewer."""
        if (runs := math.prod(map(len, self.axes.values()))) > _MOST_RUNS:
            axes = " × ".join(f"{key} ({len(self.axes[key])})" for key in self.varying)
            raise BadInput(f"{axes} makes {runs} runs, and a sweep takes {_MOST_RUNS}; give fewer values.")
        return list(itertools.product(*self.axes.values()))

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Return the overrides as text."""
        return {key: tuple(map(format_override, axis)) for key, axis in self.axes.items()}

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
        return mine == others


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


def recall_grid(parser: OverridesParser, words: Mapping[str, Sequence[str]]) -> Grid:
    """Return the grid that has `words`."""
    return Grid({key: tuple(parser.parse_overrides(list(axis))) for key, axis in words.items()})


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
