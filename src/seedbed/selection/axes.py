"""What a sweep varied: the values of each candidate, their order, the middle of a tie, the edge of the grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY, FAMILY_KEYS, SPLIT_SEED, format_param, shorten_key
from seedbed.config.families import ParamSpec, list_families, read_family
from seedbed.config.naming import find_step, format_values
from seedbed.data.arrays import Codes, Mask
from seedbed.records.records import PARAMS

NEIGHBORS = "estimator.n_neighbors"
Values = Mapping[str, Mapping[str, Any]]  # of each candidate, its value on each axis that it has
FamilyKey = tuple[Any, ...]  # what a sweep of several families calls each; of one family Nones
_STEPS = {None: 0, "low": -1, "high": 1}


@dataclass(frozen=True)
class Axis:
    """A parameter that a sweep varies, with its values in the config's order; `family` names its one estimator."""

    key: str
    values: tuple[Any, ...]
    family: str = ""

    @property
    def spec(self) -> ParamSpec:
        """What is known of the parameter."""
        families = [read_family(self.family)] if self.family else list_families()
        name = self.key.removeprefix("estimator.").rpartition("__")[2]  # of a pipeline its step's
        return next((family.params[name] for family in families if name in family.params), ParamSpec())

    @property
    def name(self) -> str:
        """The parameter as a sentence calls it."""
        alias = "" if "__" in self.key else self.spec.alias
        return alias or shorten_key(self.key)

    @property
    def ordered(self) -> bool:
        """Whether the values are numbers, so that between two of them there is a middle; 1 and 1.0 have none."""
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)
        return numbers and len(set(self.values)) == len(self.values)

    def rank(self, value: Any) -> float:
        """Return what to sort by: the number itself, or the index in the config; a value not there comes last."""
        if self.ordered:
            return float(value) if isinstance(value, int | float) else math.inf
        return float(self._indexes.get(format_param(value, self.key), math.inf))

    def index(self, value: Any) -> int:
        """Return which of the values has the text of `value`."""
        return self._indexes[format_param(value, self.key)]

    def match(self, value: Any) -> Any:
        """Return a value as the axis has it: a column of whole numbers becomes one of doubles if a cell is empty."""
        same = (own for own in self.values if own == value)
        return value if format_param(value, self.key) in self._indexes else next(same, value)

    @cached_property
    def _indexes(self) -> dict[str, int]:
        return {format_param(value, self.key): index for index, value in enumerate(self.values)}


@dataclass(frozen=True, eq=False)
class Order:
    """Candidates in the order by which ties are resolved.

    Attributes
    ----------
    candidates : family by family; in each, unordered parameters vary slowest, in the config's order; then numbers
        rising, fastest those with a simpler end.
    groups : array of shape (n_candidates,), equal for those of a family that share the values of all unordered
        parameters.
    lines : array of shape (n_candidates,), equal for those that differ in the last ordered parameter alone.
    steps : array of shape (n_candidates,), the way along its line to simpler ones: 1, -1, or 0 if there is none.
    """

    candidates: tuple[str, ...]
    groups: Codes
    lines: Codes
    steps: Codes


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A choice lies at the end of the grid, so that a better one may lie beyond.

    `own_bound` says that the parameter itself ends there; otherwise `override` is a wider grid, as typed.
    """

    axis: Axis
    side: Literal["low", "high"]
    own_bound: bool
    wider: tuple[Any, ...] = ()

    @property
    def override(self) -> str | None:
        """The wider grid as one override of Hydra, unquoted."""
        return f"{self.axis.key}={format_values(self.wider, self.axis.key)}" if self.wider else None


def find_axes(runs: pd.DataFrame, axes: Mapping[str, Sequence[Any]]) -> tuple[Axis, ...]:
    """Return the axes by which the candidates of `runs` differ: what tells families apart, then the config's.

    A parameter that only differs from family to family, such as a default of each, is not an axis. If the config's axes
    do not tell the candidates apart, as those of another launcher's sweep, the other params that vary do.
    """
    columns = {name.removeprefix(PARAMS): runs[name] for name in map(str, runs) if name.startswith(PARAMS)}
    every = {key: Axis(key, _list_values(key, column, axes.get(key))) for key, column in columns.items()}
    every.pop(SPLIT_SEED, None)
    values = read_values(runs, tuple(every.values()))
    if FAMILY in every and len(every[FAMILY].values) == 1:
        every = {key: replace(axis, family=str(every[FAMILY].values[0])) for key, axis in every.items()}
    keys = [key for key in FAMILY_KEYS if key in every and len(every[key].values) > 1]
    keys += [key for key in axes if key in every and key not in keys]
    if len({format_label(own, [every[key] for key in keys]) for own in values.values()}) < len(values) > 1:
        partly = {key for key in every if any(key not in own for own in values.values())}
        keys += sorted(key for key in every if key not in keys and (key in partly or len(every[key].values) > 1))
    found = tuple(every[key] for key in keys)
    narrow = narrow_axes(values, found).values()
    return tuple(axis for axis in found if not narrow or axis.key in {one.key for own in narrow for one in own})


def read_values(runs: pd.DataFrame, axes: Sequence[Axis]) -> dict[str, dict[str, Any]]:
    """Return for each candidate of `runs` its value on each axis; none on one that its family lacks."""
    one_each = runs.drop_duplicates("candidate")
    cells: dict[str, dict[str, Any]] = {name: {} for name in one_each["candidate"]}
    for axis in axes:
        for name, value in zip(cells, one_each[PARAMS + axis.key], strict=True):
            if value == value:  # NaN: a param that the run does not have
                cells[name][axis.key] = axis.match(_simplify(value, axis.key))
    return cells


def get_family(values: Mapping[str, Any]) -> FamilyKey:
    """Return what tells a candidate's family from the others of its sweep."""
    return tuple(values.get(key) for key in FAMILY_KEYS)


def narrow_axes(values: Values, axes: Sequence[Axis]) -> dict[FamilyKey, tuple[Axis, ...]]:
    """Return the axes of each family of candidates: those on which its own differ, with its own values."""
    families: dict[FamilyKey, list[Mapping[str, Any]]] = {}
    for own in values.values():
        families.setdefault(get_family(own), []).append(own)
    if not any(axis.key in FAMILY_KEYS for axis in axes):
        return dict.fromkeys(families, tuple(axes))
    return {family: tuple(_narrow(axes, family, families)) for family in families}


def _narrow(
    axes: Sequence[Axis], family: FamilyKey, families: Mapping[FamilyKey, Sequence[Mapping[str, Any]]]
) -> Iterator[Axis]:
    for axis in axes:
        with_it = [one for one, members in families.items() if any(axis.key in own for own in members)]
        if family not in with_it:
            continue
        own = {format_param(values[axis.key], axis.key) for values in families[family] if axis.key in values}
        # Of a parameter that one family alone has, every value was to be tried in it.
        kept = tuple(one for one in axis.values if format_param(one, axis.key) in own)
        kept = axis.values if with_it == [family] and axis.key not in FAMILY_KEYS else kept
        if axis.key in FAMILY_KEYS or len(kept) > 1 or any(axis.key not in values for values in families[family]):
            yield replace(axis, values=kept, family=str(family[0]) if family[0] else axis.family)


def list_cells(axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the axes' values."""
    for row in itertools.product(*(axis.values for axis in axes)):
        yield dict(zip((axis.key for axis in axes), row, strict=True))


def order_candidates(values: Values, axes: Sequence[Axis]) -> Order:
    """Return the candidates in the order by which ties are resolved."""
    families = narrow_axes(values, axes)
    heads = [axis for axis in axes if axis.key in FAMILY_KEYS]
    ranked = []
    for name, own in sorted(values.items()):
        mine = [axis for axis in families[get_family(own)] if axis.key not in FAMILY_KEYS]
        slow = [*heads, *(axis for axis in mine if not axis.ordered)]
        fast = sorted((axis for axis in mine if axis.ordered), key=lambda axis: axis.spec.simpler is not None)
        ranks = tuple(axis.rank(own[axis.key]) if axis.key in own else math.inf for axis in (*slow, *fast))
        step = _STEPS[fast[-1].spec.simpler] if fast else 0
        ranked.append((ranks, name, ranks[: len(slow)], ranks[: len(slow) + max(len(fast) - 1, 0)], step))
    ranked.sort()
    return Order(
        candidates=tuple(name for _, name, *_ in ranked),
        groups=_number_groups([group for _, _, group, _, _ in ranked]),
        lines=_number_groups([line for _, _, _, line, _ in ranked]),
        steps=np.array([step for *_, step in ranked], dtype=np.intp),
    )


def find_middle(tied: Mask, groups: Codes) -> Codes:
    """Return which of the tied candidates to take: the lower middle of those in the first group that has one.

    Parameters
    ----------
    tied : array of shape (n_draws, n_candidates), in the order of `order_candidates`; at least one true in each row.
    groups : array of shape (n_candidates,), as in `Order`.

    Returns
    -------
    indexes : array of shape (n_draws,).
    """
    in_first = tied & (groups == groups[tied.argmax(axis=1)][:, None])
    counted = in_first.cumsum(axis=1)
    middle = (counted[:, -1:] + 1) // 2
    return np.asarray((counted == middle).argmax(axis=1))


def format_label(values: Mapping[str, Any], axes: Sequence[Axis]) -> str:
    """Return a candidate in words, on the axes that it has: "k = 11, weights = distance" or "forest, max_depth = 3"."""
    words = [
        ("" if axis.key in FAMILY_KEYS else f"{axis.name} = ") + format_param(values[axis.key], axis.key)
        for axis in axes
        if axis.key in values
    ]
    return ", ".join(words) or "the one candidate"


def name_differences(rows: Sequence[Mapping[str, Any]], axes: Sequence[Axis]) -> tuple[str, list[str]]:
    """Return the axes on which candidates differ, and the values of each on them: "k, weights", ["11, distance", …]."""
    texts = [[format_param(own[axis.key], axis.key) if axis.key in own else "" for axis in axes] for own in rows]
    apart = [at for at in range(len(axes)) if len({row[at] for row in texts}) > 1] or range(len(axes))
    names = [", ".join(filter(None, (row[at] for at in apart))) for row in texts]
    return ", ".join(axes[at].name for at in apart), [name or format_label({}, ()) for name in names]


def find_edge(axis: Axis, value: Any, competing: Sequence[Any], n_train: float = math.inf) -> Edge | None:
    """Return the edge of the grid that `value` is at, None without; `n_train` is the fewest training rows, or 0."""
    if not axis.ordered or len(set(competing)) < 2 or value not in (min(competing), max(competing)):
        return None
    side: Literal["low", "high"] = "low" if value == min(competing) else "high"
    least, most = axis.spec.low, (n_train or math.inf) if axis.spec.to_n_train else axis.spec.high
    own_bound = value <= least if side == "low" else value >= most
    return Edge(axis=axis, side=side, own_bound=own_bound, wider=() if own_bound else _widen(axis, side, least, most))


def _widen(axis: Axis, side: str, least: float, most: float) -> tuple[Any, ...]:
    """Return the grid with as much again beyond the edge, or with the next value beyond where its steps vary."""
    grid = sorted(set(axis.values))
    step = find_step(grid)
    if step and side == "high" and grid[-1] + step <= most:
        return tuple(range(grid[0], int(min(max(2 * grid[-1], grid[-1] + step), most)) + 1, step))
    if step and side == "low" and grid[0] - step >= least:
        more = int((grid[0] - max(least, 2 * grid[0] - grid[-1])) // step)
        return tuple(range(grid[0] - step * more, grid[-1] + 1, step))
    last, before = (grid[0], grid[1]) if side == "low" else (grid[-1], grid[-2])
    beyond = min(max(last * last / before if last * before > 0 else 2 * last - before, least), most)
    beyond = round(beyond) if all(isinstance(value, int) for value in grid) else float(f"{beyond:.6g}")
    return tuple(sorted({*grid, beyond})) if beyond not in grid else ()


def _number_groups(rows: Iterable[tuple[float, ...]]) -> Codes:
    known: dict[tuple[float, ...], int] = {}
    return np.array([known.setdefault(row, len(known)) for row in rows], dtype=np.intp)


def _list_values(key: str, column: Iterable[Any], planned: Sequence[Any] | None) -> tuple[Any, ...]:
    """Return the values of an axis: as planned, else those of the runs, numbers rising or by their text."""
    own = [_simplify(value, key) for value in (column if planned is None else planned) if value == value]
    values = tuple({format_param(value, key): value for value in own}.values())
    order = None if Axis(key, values).ordered else lambda value: format_param(value, key)
    return values if planned is not None else tuple(sorted(values, key=order))


def _simplify(value: Any, key: str) -> Any:
    """Return a number as in the text of a param, 2.0 as 2 unless the two differ."""
    whole = isinstance(value, float) and value.is_integer() and format_param(value, key) == str(int(value))
    return int(value) if whole else value
