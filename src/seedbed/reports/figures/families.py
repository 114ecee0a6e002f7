"""The families of a sweep: what each scores on rows that it was not chosen by, and how far that is from the best."""

from __future__ import annotations

from matplotlib.ticker import FuncFormatter

from seedbed.metrics.metric import Metric
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.plot import (
    EXPECTED,
    MEAN,
    ExpectedScore,
    add_panel,
    draw_expected,
    find_limits,
    label_scores,
    open_rows,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import MUTED
from seedbed.reports.leaderboard_text import NARROW, format_share
from seedbed.selection.families import FamilyComparison

_PANEL, _GAP = 300, 44  # pixels


def draw_families(found: FamilyComparison, metric: Metric) -> Sheet:
    """Draw a row a family, the best first: its corrected score at the left, the paired difference at the right."""
    families = found.families
    names = make_drawable([one.name for one in families], kind="family")
    marked = [name + f" {NARROW}" * one.too_narrow for name, one in zip(names, families, strict=True)]
    title = f"{metric.words.capitalize()} of {len(families)} families, each corrected for choosing within it"
    narrow = f", {NARROW} too narrow" * any(one.too_narrow for one in families)
    subtitle = f"{found.served.winner.label} chosen; bars are 95 % intervals{narrow}"
    shares = ["best in", *(format_share(one.share) for one in families)]
    with open_rows(title, subtitle, ["", *marked], shares, 2 * _PANEL + _GAP, below=30) as (sheet, rows):
        rows.xaxis.set_visible(False)
        rows.get_yticklabels()[1 + families.index(found.served)].set_fontweight("bold")
        box = rows.get_position()
        pitch = box.height * sheet.height / (1 + len(families))
        left, top = box.x0 * sheet.width, (1 - box.y1) * sheet.height + pitch  # below the captions
        behind = [(own.mean, own.low, own.high) if (own := one.difference) else (0.0, None, None) for one in families]
        scores = [(one.score, one.low, one.high) for one in families]
        kinds = (
            (scores, EXPECTED, "D", "on rows not drawn"),
            (behind, MEAN, "o", f"minus {names[0]}, on the same draws"),
        )
        for at, (bars, colour, marker, caption) in enumerate(kinds):
            panel = add_panel(sheet, left + at * (_PANEL + _GAP), top, _PANEL, pitch * len(families))
            panel.set(yticks=[], ylim=(len(families) + 0.5, 0.5))
            panel.set_xlim(*find_limits([value for bar in bars for value in bar]))
            panel.grid(axis="x")
            panel.text(0, 0, caption, fontsize=9.5, va="center", color=MUTED, transform=panel.get_yaxis_transform())
            label_scores(panel, metric, "x")
            for row, bar in enumerate(bars, start=1):
                draw_expected(panel, row, ExpectedScore("", *bar, marker, colour), across=True)
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: metric.format_change(value)))
        panel.axvline(0, color=MUTED, linewidth=1.2, zorder=1)
    return sheet
