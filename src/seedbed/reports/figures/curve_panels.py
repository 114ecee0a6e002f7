"""The panels of the curve, one below the other on the same axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from seedbed.metrics.metric import ACCURACY
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.reports.figures.labels import text_width
from seedbed.reports.figures.plot import (
    EXPECTED,
    HEADING,
    MARGIN,
    MEAN,
    SEED_LINE,
    TRAINED,
    axis_name,
    draw_mark,
    legend,
    limits,
    line,
    panel,
    ruled,
    score_axis,
    shown_ticks,
    spaced_unevenly,
    whole,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, RULE

if TYPE_CHECKING:
    from seedbed.reports.figures.curve import Curve

_LEFT, _BESIDE, _GAP = 74, 190, 22  # pixels: for labels of the scores; of the marks' panel; before it
_MAIN, _STRIP, _DIFFERENCE, _SHARE, _BETWEEN, _BELOW = 320, 34, 130, 74, 46, 56


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where the panels stand, in pixels; each panel is its top and its height."""

    width: int  # of the panels
    beside: bool
    main: tuple[int, int]
    strip: tuple[int, int]
    difference: tuple[int, int]
    share: tuple[int, int]
    height: int

    @classmethod
    def of(cls, dummy: float | None, beside: bool, shares: bool, values: int) -> Frame:
        """Find a place for every panel; those that have nothing to show have no height."""
        top = HEADING + 30
        strip = (top + _MAIN + 8, _STRIP if dummy is not None else 0)
        difference = (strip[0] + strip[1] + _BETWEEN, _DIFFERENCE if values > 1 else 0)
        share = (
            difference[0] + difference[1] + (_BETWEEN if values > 1 else 0),
            _SHARE if shares and values > 1 else 0,
        )
        last = share if share[1] else difference if difference[1] else strip if strip[1] else (top, _MAIN)
        return cls(
            width=680 if beside else 870,
            beside=beside,
            main=(top, _MAIN),
            strip=strip,
            difference=difference,
            share=share,
            height=last[0] + last[1] + _BELOW,
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the figure."""
        return _LEFT + self.width + (_GAP + _BESIDE if self.beside else 0) + MARGIN, self.height


def draw_panels(sheet: Sheet, frame: Frame, curve: Curve) -> None:
    """Draw the scores, the differences and the shares, and label what they share."""
    main = panel(sheet, _LEFT, frame.main[0], frame.width, frame.main[1])
    handles = _scores(main, curve)
    panels = [main]
    if frame.strip[1]:
        panels.append(_dummy(sheet, frame, main, curve))
    if frame.difference[1]:
        panels.append(_difference(sheet, frame, main, curve))
    if frame.share[1]:
        panels.append(_shares(sheet, frame, main, curve))
    _x_axis(panels, frame, curve)
    if frame.beside:
        _marks(sheet, frame, main, curve)
    legend(sheet, HEADING, list(handles.values()), list(handles))


def _scores(axes: Axes, curve: Curve) -> dict[str, Any]:
    many = len(curve.x) > 60
    handles: dict[str, Any] = {}
    marker = "" if many else "o"
    handles["mean"] = axes.plot(
        curve.x, curve.mean, color=MEAN, linewidth=2.2, marker=marker, markersize=4, zorder=4, solid_capstyle="round"
    )[0]
    band = axes.fill_between(curve.x, curve.low, curve.high, color=MEAN, alpha=0.16, linewidth=0, zorder=2)
    if len(curve.x) == 1:
        axes.vlines(curve.x, curve.low, curve.high, color=MEAN, linewidth=2, zorder=3)
    handles["lowest to highest" if curve.spread else "95 % interval, corrected for shared rows"] = band
    if len(curve.seeds) > 1:
        lines = axes.plot(
            curve.x, curve.seeds.T, color=SEED_LINE, linewidth=0.7, alpha=0.2 if many else 0.55, zorder=1.5
        )
        handles["a seed"] = lines[0]
    if curve.trained is not None:
        handles["on the training rows"] = axes.plot(
            curve.x, curve.trained, color=TRAINED, linewidth=1.6, linestyle=(0, (5, 2)), zorder=3
        )[0]
    at = curve.x[curve.place], curve.mean[curve.place]
    axes.plot(*at, "o", color=PAPER, markeredgecolor=MEAN, markeredgewidth=2.4, markersize=10, zorder=5)
    ruled(axes, curve.x[curve.place])
    marks = [value for mark in curve.marks for value in (mark.value, mark.low, mark.high)]
    axes.set_ylim(*limits([curve.mean, curve.low, curve.high, curve.seeds, curve.trained, *marks]))
    score_axis(axes, curve.metric)
    return handles


def _dummy(sheet: Sheet, frame: Frame, main: Axes, curve: Curve) -> Axes:
    """Draw the dummy's line in a strip of its own: on the scores' scale it would press all else into a corner."""
    axes = panel(sheet, _LEFT, *_placed(frame, frame.strip), share=main)
    value = curve.dummy or 0.0
    axes.axhline(value, color=MUTED, linewidth=1.6, linestyle=(0, (1, 1.5)))
    axes.set_ylim(value - 1, value + 1)
    axes.set_yticks([value])
    score = axes.yaxis
    score.set_major_formatter(main.yaxis.get_major_formatter())
    axes.grid(False)
    axes.text(0.004, 0.62, DUMMY_LABEL, transform=axes.transAxes, fontsize=9, color=MUTED, va="bottom")
    ruled(axes, curve.x[curve.place])
    # Two short slants at the left say that the scale is broken here.
    slant = {"marker": [(-1, -0.6), (1, 0.6)], "markersize": 9, "linestyle": "none", "color": MUTED, "clip_on": False}
    axes.plot([0, 0], [1.02, 1.22], transform=axes.transAxes, **slant)  # type: ignore[arg-type]
    return axes


def _difference(sheet: Sheet, frame: Frame, main: Axes, curve: Curve) -> Axes:
    axes = panel(sheet, _LEFT, *_placed(frame, frame.difference), share=main)
    scale, unit = curve.metric.scale, curve.metric.difference_unit
    own = curve.differences
    interval = "" if np.isnan(own.low).all() else ", paired over the seeds, with its 95 % interval"
    shaded = "; shaded: 1 point either way" if scale == 100 else ""
    line(
        sheet,
        frame.difference[0] - 12,
        f"Difference to {curve.chosen} in {unit}{interval}{shaded}",
        left=_LEFT,
        fontsize=10,
        color=INK,
    )
    if scale == 100:
        axes.axhspan(-1, 1, color=RULE, alpha=0.55, linewidth=0, zorder=0.5)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.fill_between(curve.x, scale * own.low, scale * own.high, color=MEAN, alpha=0.16, linewidth=0)
    axes.plot(curve.x, scale * own.mean, color=MEAN, linewidth=1.8, zorder=3)
    axes.plot(
        curve.x[curve.place], 0, "o", color=PAPER, markeredgecolor=MEAN, markeredgewidth=2, markersize=7, zorder=5
    )
    ruled(axes, curve.x[curve.place])
    least = 1.2 if scale == 100 else 0.0
    axes.set_ylim(*limits([scale * own.mean, scale * own.low, scale * own.high, least, -least]))
    axes.locator_params(axis="y", nbins=5)
    return axes


def _shares(sheet: Sheet, frame: Frame, main: Axes, curve: Curve) -> Axes:
    axes = panel(sheet, _LEFT, *_placed(frame, frame.share), share=main)
    shares = curve.shares if curve.shares is not None else np.zeros(len(curve.x))
    line(
        sheet,
        frame.share[0] - 12,
        "Share of resamples that choose each value: a picture of stability, not a confidence set",
        left=_LEFT,
        fontsize=10,
        color=INK,
    )
    colours = [MEAN if place == curve.place else SEED_LINE for place in range(len(curve.x))]
    axes.vlines(curve.x, 0, shares, color=colours, linewidth=max(1.5, min(12.0, 340 / len(curve.x))))
    ruled(axes, curve.x[curve.place])
    axes.set_ylim(0, max(float(shares.max()) * 1.12, 0.01))
    score_axis(axes, ACCURACY)
    axes.locator_params(axis="y", nbins=3)
    return axes


def _x_axis(panels: list[Axes], frame: Frame, curve: Curve) -> None:
    """Label the values below the last panel alone."""
    last, log = panels[-1], spaced_unevenly(curve.x)
    if log:
        panels[0].set_xscale("log")
    if len(curve.x) > 1:
        room = 0.02
        low, high = curve.x[0], curve.x[-1]
        margin = (high / low) ** room if log else (high - low) * room
        panels[0].set_xlim((low / margin, high * margin) if log else (low - margin, high + margin))
    labels = [whole(value) for value in curve.x]
    kept = shown_ticks(curve.x, frame.width, max(text_width(label, 9.5) for label in labels), log)
    for axes in panels:
        axes.set_xticks(curve.x[kept], [labels[place] for place in kept])
        axes.minorticks_off()
        axes.tick_params(axis="x", labelbottom=axes is last)
        axes.spines["bottom"].set_visible(axes is not panels[0] or len(panels) == 1)
    last.set_xlabel(axis_name(curve.axis.key, curve.axis.name), fontsize=10, color=INK, labelpad=8)


def _marks(sheet: Sheet, frame: Frame, main: Axes, curve: Curve) -> None:
    """Draw what to expect beside the scores, on their scale."""
    axes = panel(sheet, _LEFT + frame.width + _GAP, frame.main[0], _BESIDE, frame.main[1])
    axes.set_ylim(main.get_ylim())
    axes.set_yticks(main.get_yticks(), [""] * len(main.get_yticks()))
    axes.set_ylim(main.get_ylim())
    axes.spines["bottom"].set_visible(False)
    for place, (mark, marker, colour) in enumerate(zip(curve.marks, "Ds", (EXPECTED, INK), strict=False)):
        draw_mark(axes, place, mark, marker, colour)
    axes.set_xlim(-0.6, max(1, len(curve.marks)) - 0.4)
    axes.set_xticks(range(len(curve.marks)), [mark.label for mark in curve.marks])
    axes.tick_params(axis="x", labelsize=9, pad=6)
    axes.set_title("what to expect", fontsize=10, color=INK, pad=8)


def _placed(frame: Frame, rows: tuple[int, int]) -> tuple[int, int, int]:
    return rows[0], frame.width, rows[1]
