"""What a sweep varied: the values of each candidate, their order, the middle of a tie, the edge of the grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from seedbed.config.candidate import SPLIT_SEED, format_param, shorten_key
from seedbed.config.naming import find_step, format_values
from seedbed.data.arrays import Codes, Mask
from seedbed.records.records import PARAMS

NEIGHBORS = "estimator.n_neighbors"


@dataclass(frozen=True)
class ParamSpec:
    """What ranking and choosing know of a parameter.

    Attributes
    ----------
    alias : what sentences call it.
    low : the least value that it takes.
    to_n_train : whether the greatest value that it takes is the number of training rows.
    simpler : at which end its values make the simpler model.
    """

    alias: str = ""
    low: float = -math.inf
    to_n_train: bool = False
    simpler: Literal["high"] | None = None


PARAM_SPECS = {
    NEIGHBORS: ParamSpec(alias="k", low=1, to_n_train=True, simpler="high"),
    "estimator.p": ParamSpec(low=1),
}


@dataclass(frozen=True)
class Axis:
    """A parameter that a sweep varies, with its values in the config's order."""

    key: str
    values: tuple[Any, ...]

    @property
    def spec(self) -> ParamSpec:
        """What is known of the parameter."""
        return PARAM_SPECS.get(self.key, ParamSpec())

    @property
    def name(self) -> str:
        """The parameter as a sentence calls it."""
        return self.spec.alias or shorten_key(self.key)

    @property
    def ordered(self) -> bool:
        """Whether the values are numbers, so that between two of them there is a middle."""
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)

    def rank(self, value: Any) -> float:
        """Return what to sort by: the number itself, or the index in the config; a value not there comes last."""
        if self.ordered:
            return float(value) if isinstance(value, int | float) else math.inf
        return float(self.values.index(value)) if value in self.values else math.inf


@dataclass(frozen=True, eq=False)
class Order:
    """Candidates in the order by which ties are resolved.

    Attributes
    ----------
    candidates : unordered parameters vary slowest, in the config's order; then numbers rising, fastest those
        with a simpler end.
    groups : array of shape (n_candidates,), equal for those that share the values of all unordered parameters.
    lines : array of shape (n_candidates,), equal for those that differ in the last ordered parameter alone.
    """

    candidates: tuple[str, ...]
    groups: Codes
    lines: Codes


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
        return f"{self.axis.key}={format_values(self.wider)}" if self.wider else None


def find_axes(runs: pd.DataFrame, axes: Mapping[str, Sequence[Any]]) -> tuple[Axis, ...]:
    """Return the axes by which the candidates of `runs` differ, the config's first.

    A config group that is swept (`estimator=knn,forest`) has no param of its own; then the params that vary tell the
    candidates apart.
    """
    own = [
        Axis(key, tuple(map(_simplify, values)))
        for key, values in axes.items()
        if key != SPLIT_SEED and PARAMS + key in runs
    ]
    one_each = runs.drop_duplicates("candidate")
    columns = [PARAMS + axis.key for axis in own]
    if len(one_each) < 2 or (columns and not one_each.duplicated(columns).any()):
        return tuple(own)
    rest = sorted({name for name in map(str, one_each) if name.startswith(PARAMS)} - {*columns, PARAMS + SPLIT_SEED})
    return (*own, *(_find_axis(name, one_each[name]) for name in rest if one_each[name].nunique(dropna=False) > 1))


def read_values(runs: pd.DataFrame, axes: Sequence[Axis]) -> dict[str, dict[str, Any]]:
    """Return for each candidate of `runs` its value on each axis."""
    one_each = runs.drop_duplicates("candidate")
    columns = [map(_simplify, one_each[PARAMS + axis.key]) for axis in axes]
    keys = [axis.key for axis in axes]
    cells = zip(*columns, strict=True) if columns else itertools.repeat((), len(one_each))
    return {name: dict(zip(keys, row, strict=True)) for name, row in zip(one_each["candidate"], cells, strict=True)}


def list_cells(axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the axes' values."""
    for row in itertools.product(*(axis.values for axis in axes)):
        yield dict(zip((axis.key for axis in axes), row, strict=True))


def order_candidates(values: Mapping[str, Mapping[str, Any]], axes: Sequence[Axis]) -> Order:
    """Return the candidates in the order by which ties are resolved."""
    slow = [axis for axis in axes if not axis.ordered]
    fast = sorted((axis for axis in axes if axis.ordered), key=lambda axis: axis.spec.simpler is not None)
    ranks = {name: tuple(axis.rank(own[axis.key]) for axis in (*slow, *fast)) for name, own in sorted(values.items())}
    candidates = sorted(ranks, key=lambda name: ranks[name])
    return Order(
        candidates=tuple(candidates),
        groups=_number_groups([ranks[name][: len(slow)] for name in candidates]),
        lines=_number_groups([ranks[name][: len(slow) + max(len(fast) - 1, 0)] for name in candidates]),
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
    """Return a candidate in words: "k = 11, weights = distance"."""
    return ", ".join(f"{axis.name} = {format_param(values[axis.key])}" for axis in axes) or "the one candidate"


def name_differences(rows: Sequence[Mapping[str, Any]], axes: Sequence[Axis]) -> tuple[str, list[str]]:
    """Return the axes on which candidates differ, and the values of each on them: "k, weights", ["11, distance", …]."""
    apart = [axis for axis in axes if len({format_param(values[axis.key]) for values in rows}) > 1] or axes
    texts = [", ".join(format_param(values[axis.key]) for axis in apart) for values in rows]
    return ", ".join(axis.name for axis in apart), [text or format_label({}, ()) for text in texts]


def find_edge(axis: Axis, value: Any, competing: Sequence[Any], n_train: float = math.inf) -> Edge | None:
    """Return the edge of the grid that `value` is at, None without; `n_train` is the fewest training rows."""
    if not axis.ordered or len(set(competing)) < 2 or value not in (min(competing), max(competing)):
        return None
    side: Literal["low", "high"] = "low" if value == min(competing) else "high"
    least, most = axis.spec.low, n_train if axis.spec.to_n_train else math.inf
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


def _number_groups(rows: Sequence[tuple[float, ...]]) -> Codes:
    known: dict[tuple[float, ...], int] = {}
    return np.array([known.setdefault(row, len(known)) for row in rows], dtype=np.intp)


def _find_axis(column: str, values: Iterable[Any]) -> Axis:
    own = {_simplify(value) for value in values if value == value}  # NaN: a param that the run does not have
    axis = Axis(column.removeprefix(PARAMS), tuple(own))
    return replace(axis, values=tuple(sorted(axis.values, key=None if axis.ordered else format_param)))


def _simplify(value: Any) -> Any:
    """Return a number as in the text of a param, 2.0 as 2; None for one that the run does not have."""
    if value != value:
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value
