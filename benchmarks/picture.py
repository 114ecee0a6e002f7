"""The ratios as a picture: a bar each on a logarithmic scale, from the lowest to the highest round, and the promise."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from claims import Claim, number
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

INK, MUTED, RULE, PAPER = "#1d2129", "#626976", "#d9dde5", "#ffffff"
KEPT, BROKEN, PLAIN = "#19a08d", "#d36845", "#b1c7ee"
WIDE, ROW = 9.6, 0.52  # inches
LETTERS = 44  # of a line of words
ROOM = 3.0  # what the axis goes on beyond the longest bar


def draw(claims: Sequence[Claim]) -> Figure:
    """Draw one bar a claim; bars start at 1, where both sides cost the same."""
    figure = Figure(figsize=(WIDE, 1.5 + ROW * len(claims)), dpi=150, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_xscale("log")
    for place, claim in enumerate(claims):
        _bar(axes, place, claim)
    values = [value for claim in claims for value in (*claim.measured, claim.limit or 1.0)]
    axes.set_xlim(min(0.5, min(values) / 1.3), max(values) * ROOM)
    axes.set_ylim(len(claims) - 0.4, -0.6)
    axes.set_yticks(range(len(claims)), [fill(claim.what.replace("`", ""), LETTERS) for claim in claims], fontsize=9)
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.tick_params(axis="both", length=0, labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED, labelsize=8.5)
    axes.axvline(1, color=MUTED, linewidth=1, zorder=1)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title("Cost against cost, measured side by side", loc="left", fontsize=13, fontweight="bold", color=INK)
    figure.legend(handles=_legend(), loc="outside lower left", ncols=4, frameon=False, fontsize=8.5, labelcolor=INK)
    return figure


def _bar(axes, place: int, claim: Claim) -> None:
    colour = {True: KEPT, False: BROKEN, None: PLAIN}[claim.holds]
    axes.barh(place, claim.median - 1, left=1, height=0.56, color=colour, zorder=2)
    axes.plot([min(claim.measured), max(claim.measured)], [place, place], color=INK, linewidth=1.2, zorder=3)
    if claim.limit is not None:
        axes.plot([claim.limit] * 2, [place - 0.38, place + 0.38], color=INK, linewidth=2.2, zorder=4)
    right = max(1.0, *claim.measured, claim.limit or 1.0)
    words = f"{number(claim.median)}×" + (f"  ({claim.reach})" if claim.limit is not None else "")
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1}
    axes.text(1.1 * right, place, words, va="center", ha="left", fontsize=9, color=INK, bbox=paper, zorder=1)


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=KEPT, linewidth=7, label="keeps its promise"),
        Line2D([], [], color=BROKEN, linewidth=7, label="does not"),
        Line2D([], [], color=PLAIN, linewidth=7, label="for comparison"),
        Line2D([], [], color=INK, linewidth=2.2, linestyle="none", marker="|", markersize=12, label="the promise"),
    ]
