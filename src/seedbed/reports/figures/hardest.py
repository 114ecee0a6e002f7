"""The rows that are most often wrong, and as what."""

from __future__ import annotations

from typing import Any

from seedbed.metrics.metric import ACCURACY
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.plot import HEADING, MEAN, SEED_LINE, draw_legend, label_scores, open_rows
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import MUTED, PAPER
from seedbed.selection.diagnostics import HardRows


def draw_hardest(hardest: HardRows, of: str) -> Sheet:
    """Draw the hardest rows of a candidate, which is named in words; there has to be one."""
    rows = hardest.rows
    names = make_drawable([f"row {hard.row}: {hard.truth}" for hard in rows], longest=40, kind="row")
    texts = [f"{hard.wrong} of {hard.tests} as {hard.taken}" for hard in rows]
    texts = make_drawable(texts, longest=44, kind="class") if len(set(texts)) == len(texts) else texts
    more = f", the first {len(rows)} of them" if hardest.wrong > len(rows) else ""
    subtitle = f"{of}: {hardest.wrong} of {hardest.tested} rows were wrong at least once{more}"
    with open_rows("Rows most often wrong, and as what", subtitle, names, texts, width=340, below=44) as (sheet, axes):
        shares, others = [hard.wrong / hard.tests for hard in rows], [hard.others for hard in rows]
        bars = axes.barh(range(len(rows)), shares, height=0.6, color=MEAN, alpha=0.85)
        style: dict[str, Any] = {"color": SEED_LINE, "markersize": 7, "mec": PAPER, "mew": 1.2, "clip_on": False}
        dots = axes.plot(others, range(len(rows)), "D", **style)[0]
        axes.set_xlim(0, 1)
        label_scores(axes, ACCURACY, "x")
        axes.set_xlabel("share of its tests that are wrong", fontsize=9.5, color=MUTED)
        draw_legend(sheet, HEADING, {"of the chosen one's tests": bars, "of all candidates' tests": dots})
    return sheet
