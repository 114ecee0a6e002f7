"""Gaps: in which classes a column has them, and together with which other columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes
from seedbed.reports.figures.heat import HeatMap, open_heat_map
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, PAPER

MOST_FEATURES, MOST_CLASSES = 40, 12
_NUMBERED = 20  # columns with a number in each cell


def arrange_gaps(gaps: pd.DataFrame, codes: Codes, classes: Sequence[str], note: str = "") -> HeatMap:
    """Work out the shares of gaps: of a class's rows, and of a column's gaps those where another column has one, too.

    Of many columns those with the most gaps, and of many classes the most frequent.

    Parameters
    ----------
    gaps : whether a value is missing, of shape (n_rows, n_features); some are.
    codes : array of shape (n_rows,), index `classes`.
    """
    counts = gaps.to_numpy().sum(axis=0)
    most = np.argsort(-counts, kind="stable")[:MOST_FEATURES]
    shown = np.sort(most[counts[most] > 0])
    if (some := np.count_nonzero(counts)) > len(shown):
        note = f"the {len(shown)} of {some} columns with the most gaps; {note}"
    missing, frequent = gaps.to_numpy(dtype=np.int64)[:, shown], np.bincount(codes, minlength=len(classes))
    common = np.sort(np.argsort(-frequent, kind="stable")[:MOST_CLASSES])
    by_class = np.stack([missing[codes == code].sum(axis=0) for code in common], axis=1)
    shares = by_class / np.maximum(frequent[common], 1)
    together = missing.T @ missing
    values = np.hstack([shares, together / counts[shown][:, None]])
    names = make_drawable(list(map(str, gaps.columns[shown])), longest=30, kind="feature")
    numbered = values.shape[1] <= _NUMBERED
    cell = max(15, min(56, 900 // values.shape[1]))
    return HeatMap(
        title="Gaps: in which classes, and together with which columns",
        subtitle=f"left: of a class's rows; right: of the gaps on this line, where the column below has one; {note}",
        values=values,
        texts=np.hstack([by_class, together]).astype(str) if numbered else None,
        low=0,
        high=1,
        rows=names,
        columns=[*make_drawable([classes[code] for code in common]), *names],
        cell=(cell, min(cell, 30)),
        label_size=10 if numbered else 8.5,
        bar=26,
    )


def draw_gaps(heat: HeatMap) -> Sheet:
    """Draw the shares, as numbers how many rows those are."""
    with open_heat_map(heat) as (sheet, cells, bar):
        rows, columns = heat.values.shape
        cells.axvline(columns - rows, color=PAPER, linewidth=5)
        cells.axvline(columns - rows, color=INK, linewidth=0.8)
        assert bar is not None
        bar.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    return sheet
