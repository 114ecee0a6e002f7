"""A small table with all that columns can hold: numbers, categories, yes and no, dates, gaps, many categories."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

from seedbed.config.schema import Dataset
from seedbed.data.table import Table, build_table

ROWS = 90


def make_cells(rows: int = ROWS) -> pd.DataFrame:
    """Return the cells of such a table, as they are read from a file; `visit` has its rows in groups."""
    random = np.random.default_rng(1)
    codes = np.arange(rows) % 3
    cells = {
        "size": np.round(codes + random.normal(size=rows), 2),
        "colour": np.array(["red", "green", "blue"])[(codes + (random.random(rows) < 0.3)) % 3],
        "open": np.array(["no", "yes"])[random.integers(0, 2, rows)],
        "since": np.datetime64("2024-02-27") + random.integers(0, 700, rows),
        "town": [f"town {number % 60}" for number in random.permutation(rows)],
    }
    frame = pd.DataFrame({name: np.asarray(values).astype(str) for name, values in cells.items()}).astype("str")
    frame = frame.mask(random.random(frame.shape) < 0.08, "")
    visits = np.char.add("visit ", (np.arange(rows) // 6).astype(str))
    return frame.assign(visit=visits, kind=np.array(["a", "b", "c"])[codes])


@pytest.fixture(scope="session")
def mixed() -> Callable[[str | None], Table]:
    """Return what makes the table, with or without its groups."""
    cells = make_cells()

    @cache
    def make(group: str | None = None) -> Table:
        dataset = Dataset(path="mixed.csv", target="kind", group=group, drop=[] if group else ["visit"])
        return build_table(cells, dataset)

    return make
