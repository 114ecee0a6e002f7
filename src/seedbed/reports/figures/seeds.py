"""Every candidate on every seed, so that a bad split is told from a bad candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import seaborn  # type: ignore[import-untyped]
from matplotlib.axes import Axes

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, axis_name, heading, panel, score_axis, whole
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import HEAT, INK, MUTED, PAPER, dark_reads_better, house, label_step
from seedbed.selection.inference import TIED
from seedbed.selection.leaderboard import Leaderboard

MOST_CANDIDATES = 120
_NUMBERED = 24  # more columns leave no room for numbers
_APART = 3.5
_LEAST_SEEDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Seeds:
    """The heat map, worked out.

    Attributes
    ----------
    scores : array of shape (n_seeds, n_candidates).
    names : of the candidates; `seeds` of the splits.
    apart : the seeds whose scores stand apart, whatever the candidate.
    more : how many candidates are not drawn.
    """

    metric: Metric
    axis: str
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: Floats
    means: Floats
    apart: tuple[int, ...]
    more: int


def seeds_of(leaderboard: Leaderboard) -> Seeds:
    """Work out the heat map; of many candidates the best, in the order of the grid."""
    order, axes = leaderboard.order.candidates, leaderboard.axes
    best = {row.candidate for row in leaderboard.rows[:MOST_CANDIDATES]}
    kept = [place for place, name in enumerate(order) if name in best]
    rows = [leaderboard.row(order[place]) for place in kept]
    one = axes[0] if len(axes) == 1 else None
    names = [whole(row.values[one.key]) if one and one.ordered else row.label for row in rows]
    scores = leaderboard.scores()
    return Seeds(
        metric=leaderboard.metric,
        axis=axis_name(one.key, one.name) if one and one.ordered else "candidate",
        names=tuple(drawn_names(names, longest=34, kind="candidate")),
        seeds=leaderboard.seeds,
        scores=scores[:, kept],
        means=scores.mean(axis=1),
        apart=seeds_apart(leaderboard.seeds, scores),
        more=len(order) - len(kept),
    )


def seeds_apart(seeds: tuple[int, ...], scores: Floats) -> tuple[int, ...]:
    """Return the seeds whose mean over all candidates stands apart.

    Iglewicz & Hoaglin (1993), "How to detect and handle outliers": a modified z score above 3.5. Where half of the
    means are equal the mean absolute deviation takes the place of the median one, as they advise.

    Parameters
    ----------
    scores : array of shape (n_seeds, n_candidates).
    """
    if len(seeds) < _LEAST_SEEDS:
        return ()
    away = np.abs(scores.mean(axis=1) - np.median(scores.mean(axis=1)))
    spread = float(np.median(away)) / 0.6745 or float(away.mean()) * 1.2533
    if spread <= TIED:
        return ()
    return tuple(seed for seed, distance in zip(seeds, away, strict=True) if distance / spread > _APART)


def draw_seeds(seeds: Seeds) -> bytes:
    """Draw the heat map as PNG."""
    columns, rows = len(seeds.names), len(seeds.seeds)
    cell = max(7, min(64, 860 // columns))
    tall = max(20, min(30, 900 // rows)) if rows <= 60 else max(4, 900 // rows)
    turned = max(text_width(name, 9.5) for name in seeds.names) > cell - 6
    below = (max(text_width(name, 9.5) for name in seeds.names) if turned else 16) + 46
    left = MARGIN + int(max(text_width(f"seed {seed}", 9.5) for seed in seeds.seeds)) + 10
    width = max(left + cell * columns + 170, 640)
    with house():
        sheet = Sheet(width, int(HEADING + tall * rows + below), CRISP)
        heading(sheet, f"{seeds.metric.words.capitalize()} of every candidate on every seed", _words(seeds))
        axes = panel(sheet, left, HEADING, cell * columns, tall * rows)
        bar = panel(sheet, left + cell * columns + 62, HEADING, 14, min(tall * rows, 240))
        _heat(axes, bar, seeds, cell)
        _label(axes, bar, seeds, cell, tall, turned)
        sheet.draw()
        return sheet.png()


def _words(seeds: Seeds) -> str:
    more = f"; the best {len(seeds.names)}, {seeds.more} more are in leaderboard.csv" if seeds.more else ""
    if not seeds.apart:
        return f"dark is better; the mean of each seed at its right{more}"
    named = ", ".join(map(str, seeds.apart))
    word = "seed" if len(seeds.apart) == 1 else "seeds"
    stand = "stands apart whatever the candidate: a bad split" if word == "seed" else "stand apart: bad splits"
    return f"{word} {named} {stand}, not a bad candidate{more}"


def _heat(axes: Axes, bar: Axes, seeds: Seeds, cell: int) -> None:
    low, high = float(seeds.scores.min()), float(seeds.scores.max())
    if high - low <= TIED:
        low, high = low - 0.01, high + 0.01
    numbered = len(seeds.names) <= _NUMBERED and cell >= 30
    written = np.vectorize(seeds.metric.format_short, otypes=[object])
    seaborn.heatmap(
        seeds.scores,
        vmin=low,
        vmax=high,
        cmap=HEAT.reversed() if seeds.metric.better == "lower" else HEAT,
        annot=written(seeds.scores) if numbered else False,
        fmt="",
        annot_kws={"fontsize": 8.5},
        linewidths=0.8 if cell >= 12 else 0,
        linecolor=PAPER,
        ax=axes,
        cbar_ax=bar,
    )
    fills = axes.collections[0].get_facecolors()[:, :3]  # type: ignore[attr-defined]
    for text, dark in zip(axes.texts, dark_reads_better(fills), strict=False):
        text.set_color("#000000" if dark else "#ffffff")


def _label(axes: Axes, bar: Axes, seeds: Seeds, cell: int, tall: int, turned: bool) -> None:
    step, down = label_step(cell if not turned else cell), label_step(tall)
    if not turned and len(seeds.names) > 1:
        widest = max(text_width(name, 9.5) for name in seeds.names)
        step = max(step, int(-(-(widest + 6) // cell)))
    places = range(0, len(seeds.names), step)
    axes.set_xticks([place + 0.5 for place in places], [seeds.names[place] for place in places])
    axes.tick_params(axis="x", labelrotation=90 if turned else 0)
    axes.set_xlabel(seeds.axis, fontsize=10, color=INK, labelpad=8)
    rows = range(0, len(seeds.seeds), down)
    axes.set_yticks([row + 0.5 for row in rows], [f"seed {seeds.seeds[row]}" for row in rows], rotation=0)
    for row, text in zip(rows, axes.get_yticklabels(), strict=True):
        text.set_fontweight("bold" if seeds.seeds[row] in seeds.apart else "normal")
    for row in rows:
        score = seeds.metric.format(float(seeds.means[row]))
        bold = "bold" if seeds.seeds[row] in seeds.apart else "normal"
        axes.text(len(seeds.names) + 8 / cell, row + 0.5, score, fontsize=9, va="center", color=INK, fontweight=bold)
    score_axis(bar, seeds.metric)
    bar.tick_params(labelsize=9, labelcolor=MUTED)
    bar.grid(False)
