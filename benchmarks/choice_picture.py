"""Shown minus true, as a picture: a row for each rule and way, a panel for each population."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from choice import RULES, SINGLE, Way
from choice_found import Found
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator
from picture import INK, MUTED, PAPER, RULE

# Told apart by their marks, and by lightness in a grey print; colour only helps.
MARKS = {Way.AS_IT_IS: ("o", "#ffffff"), Way.CORRECTED: ("o", "#19a08d"), Way.HOLDOUT: ("s", "#5a2d91")}
NAMES = {SINGLE: "highest single run", RULES[1]: "highest mean", RULES[2]: "one standard error"}
GAP = 0.7  # rows between two rules
BEYOND = 1.35  # of the widest span, for the numbers on the right


def draw(found: Sequence[Found]) -> Figure:
    """Draw the mean, the middle half and the middle 95 % of the differences."""
    figure = Figure(figsize=(3.0 * len(found) + 2.2, 5.2), dpi=120, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(figure.subplots(1, len(found), sharey=True))
    places = heights()
    for axes, one in zip(panels, found, strict=True):
        _panel(axes, one, places)
    panels[0].set_yticks(list(places.values()), [_label(rule, way) for rule, way in places], fontsize=9)
    panels[0].set_ylim(max(places.values()) + 0.6, -0.6)
    title = "What is shown of a choice minus what is true, points of accuracy: right of the line it promises too much"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    figure.get_layout_engine().set(w_pad=0.12)
    figure.legend(handles=_legend(), loc="outside lower left", ncols=5, frameon=False, fontsize=8.5, labelcolor=INK)
    return figure


def png(found: Sequence[Found]) -> bytes:
    """Return the picture as a file, the same for the same numbers."""
    buffer = BytesIO()
    draw(found).savefig(buffer, metadata={"Software": None})
    return buffer.getvalue()


def heights() -> dict[tuple[str, Way], float]:
    """Return where each row stands, from above, rules apart."""
    keys = [(rule, way) for rule in RULES for way in Way if (rule, way) != (SINGLE, Way.CORRECTED)]
    return {(rule, way): place + GAP * RULES.index(rule) for place, (rule, way) in enumerate(keys)}


def _label(rule: str, way: Way) -> str:
    return f"$\\bf{{{NAMES[rule].replace(' ', '~')}}}$: {way}" if way is Way.AS_IT_IS else str(way)


def _panel(axes, found: Found, places: dict[tuple[str, Way], float]) -> None:
    axes.axvline(0, color=INK, linewidth=1.2, zorder=1)
    ends = []
    for (rule, way), height in places.items():
        errors = 100 * found.error(rule, way)
        low, first, third, high = np.percentile(errors, [2.5, 25, 75, 97.5])
        mark, colour = MARKS[way]
        axes.plot([low, high], [height] * 2, color=MUTED, linewidth=1, zorder=2)
        axes.plot([first, third], [height] * 2, color=MUTED, linewidth=4, solid_capstyle="butt", zorder=3)
        axes.plot(errors.mean(), height, mark, color=colour, markeredgecolor=INK, markersize=8, zorder=4)
        ends += [low, high]
    left, right = min(ends), max(ends)
    for (rule, way), height in places.items():
        words = f"{round(100 * float(found.error(rule, way).mean()), 1) + 0:+.1f}".replace("-", "−")
        axes.text(right + 0.33 * (right - left), height, words, va="center", ha="right", fontsize=9, color=INK)
    axes.set_xlim(left - 0.05 * (right - left), left + BEYOND * (right - left))
    axes.xaxis.set_major_locator(
        FixedLocator([tick for tick in MaxNLocator(5).tick_values(left, right) if tick <= right])
    )
    axes.set_title(found.name, loc="left", fontsize=11, color=INK)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0, labelcolor=INK)
    axes.tick_params(axis="x", labelsize=8.5, labelcolor=MUTED)
    for side in axes.spines.values():
        side.set_visible(False)


def _legend() -> list[Line2D]:
    marks = [
        Line2D([], [], linestyle="none", marker=mark, color=colour, markeredgecolor=INK, markersize=8, label=str(way))
        for way, (mark, colour) in MARKS.items()
    ]
    return [
        *marks,
        Line2D([], [], color=MUTED, linewidth=4, label="half of all tables"),
        Line2D([], [], color=MUTED, linewidth=1, label="95 % of them"),
    ]
