"""Who does not compete, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seedbed.config.candidate import SPLIT_SEED
from seedbed.selection.axes import Axis, grid_of, label, order_of

Values = Mapping[str, Mapping[str, Any]]  # of each candidate, its value on each axis


@dataclass(frozen=True, kw_only=True)
class Incomplete:
    """A candidate that does not compete, and why; `candidate` is None for a cell of which no run finished."""

    candidate: str | None
    label: str
    values: Mapping[str, Any] = field(hash=False)
    finished: int
    reason: str


def unfinished(
    table: pd.DataFrame, finished: pd.DataFrame, values: Values, axes: Sequence[Axis]
) -> Iterator[Incomplete]:
    """Yield the candidates of `values`, in the order of the grid, that lack a run or a score.

    Parameters
    ----------
    table : a row a candidate, a column a seed that counts, NaN where there is no score.
    finished : a row a candidate, a column a planned seed, whether the run finished.
    """
    for name in order_of(values, axes).candidates:
        runs = int(finished.loc[[name]].to_numpy().sum())
        lacking = [
            str(seed) for seed, gone in zip(table.columns, table.loc[[name]].isna().to_numpy()[0], strict=True) if gone
        ]
        reason = f"no score on seed {', '.join(lacking)}" if lacking else "no score on any seed"
        if runs < finished.shape[1]:
            reason = f"{runs} of {finished.shape[1]} seeds finished"
        yield Incomplete(
            candidate=name, label=label(values[name], axes), values=values[name], finished=runs, reason=reason
        )


def untried(values: Values, axes: Sequence[Axis], config: AbstractSet[str]) -> Iterator[Incomplete]:
    """Yield the cells of the grid that no run finished; only where the config's axes alone make the grid."""
    if not axes or {axis.key for axis in axes} != config - {SPLIT_SEED}:
        return
    tried = {repr(list(of.values())) for of in values.values()}
    for cell in grid_of(axes):
        if repr(list(cell.values())) not in tried:
            yield Incomplete(
                candidate=None, label=label(cell, axes), values=cell, finished=0, reason="no seed finished"
            )
