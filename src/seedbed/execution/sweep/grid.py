"""From the words of a multirun to its jobs: Hydra's grammar, Hydra's product, Hydra's order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep

from seedbed.config.overrides import quote_override
from seedbed.config.schema import SWITCHES
from seedbed.errors import BadInput, BadValue, clip

_MOST_RUNS = 100_000  # more would take hours before the first of them starts, and their words alone the memory
# What is said of a sweep as a whole; no run differs by it.
_OF_THE_WHOLE = (*SWITCHES, "output", "tracking", "selection")


@dataclass(frozen=True)
class Grid:
    """A multirun's axes: each key's words, one or more, in the order in which Hydra multiplies them."""

    axes: Mapping[str, tuple[str, ...]]

    @property
    def jobs(self) -> list[tuple[str, ...]]:
        """Return the overrides of each job, the last axis running fastest.

        Raises
        ------
        BadInput : more jobs than a sweep takes.
        """
        if (runs := math.prod(map(len, self.axes.values()))) > _MOST_RUNS:
            axes = " × ".join(f"{key} ({len(self.axes[key])})" for key in self.varying)
            raise BadInput(f"{axes} makes {runs} runs, and a sweep takes {_MOST_RUNS}; give fewer values.")
        return list(itertools.product(*self.axes.values()))

    @property
    def of_runs(self) -> dict[str, tuple[str, ...]]:
        """Return the axes that make the runs; where they go and how they are shown makes none."""
        return {key: words for key, words in self.axes.items() if key.partition(".")[0] not in _OF_THE_WHOLE}

    @property
    def varying(self) -> list[str]:
        """Return the keys that have more than one value."""
        return [key for key, words in self.axes.items() if len(words) > 1]


def grid_of(parser: OverridesParser, words: Sequence[str]) -> Grid:
    """Parse a multirun's words; a later one replaces an earlier one of the same key.

    Raises
    ------
    BadInput : an axis without values or with more than a sweep takes, or a kind of sweep that no grid has.
    """
    axes: dict[str, tuple[str, ...]] = {}
    for override in parser.parse_overrides(list(words)):
        values = _words(override)
        if not values:
            raise BadInput(f"{override.input_line} has no values, so there is nothing to run.")
        axes[override.get_key_element()] = values
    return Grid(axes)


def check_axes(grid: Grid) -> None:
    """Check that nothing varies which is one for a sweep of Seedbed's own.

    Raises
    ------
    BadInput : several values of it.
    """
    for key in grid.varying:
        values = [word.partition("=")[2] for word in grid.axes[key]]
        if key == "dataset.path":
            raise SeveralPaths(values)
        if key.partition(".")[0] in _OF_THE_WHOLE:
            raise BadValue(key, ",".join(values), "one value for all runs of a sweep")


def _words(override: Override) -> tuple[str, ...]:
    key = override.get_key_element()
    if not override.is_sweep_override():
        return (f"{key}={override.get_value_element_as_str()}",)
    if not override.is_discrete_sweep():
        raise BadInput(f"{override.input_line} is an interval; a grid takes a list, a range or choices of values.")
    if isinstance(value := override.value(), RangeSweep):
        _check_range(value, str(override.input_line))
    return tuple(f"{key}={value}" for value in override.sweep_string_iterator())


def _check_range(value: RangeSweep, typed: str) -> None:
    start, stop, step = (float(edge or 0) for edge in (value.start, value.stop, value.step))
    if not all(map(math.isfinite, (start, stop, step))) or step == 0:
        raise BadInput(f"{clip(typed)} never ends; a range takes finite numbers, and a step other than 0.")
    if (values := math.ceil((stop - start) / step)) > _MOST_RUNS:
        raise BadInput(f"{clip(typed)} has {values} values, and a sweep takes {_MOST_RUNS} runs; give fewer.")


class SeveralPaths(BadInput):
    """A sweep over tables, or a path with a comma that was not quoted."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"dataset.path is read as several values, {' and '.join(map(clip, paths))}, and a sweep keeps one table; "
            f"to mean one with a comma in its name type {quote_override('dataset.path', ','.join(paths))}"
        )
        self.paths = paths
