"""Writes a large table of three classes: `python benchmarks/large_table.py ROWS COLUMNS FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

TARGET = "class"


def make_table(rows: int, columns: int, seed: int = 0) -> pd.DataFrame:
    """Return a table of `columns` numbers, of which every other one tells something of the class, and the class."""
    random = np.random.default_rng([seed, rows, columns])
    labels = random.integers(3, size=rows)
    centres = random.normal(scale=0.5, size=(3, columns)) * (np.arange(columns) % 2 == 0)
    values = random.normal(size=(rows, columns)) + centres[labels]
    frame = pd.DataFrame(values, columns=[f"c{number:02}" for number in range(columns)]).round(4)
    return frame.assign(**{TARGET: np.array(["low", "middle", "high"])[labels]})


if __name__ == "__main__":
    make_table(int(sys.argv[1]), int(sys.argv[2])).to_csv(Path(sys.argv[3]), index=False)
