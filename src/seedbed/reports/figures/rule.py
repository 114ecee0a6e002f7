"""A rule on one feature: which class it says where, and the rows that it gets wrong."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from seedbed.data.arrays import Codes, Floats, Mask
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.marks import ClassMark, class_marks
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, heading, limits, panel
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, RULE, darker, house, label_step
from seedbed.selection.threshold_rule import ThresholdRule

MOST_POINTS = 4000
_WIDTH = 640
_FEW = 8  # cuts whose lines do not bury the points


@dataclass(frozen=True, kw_only=True, eq=False)
class RulePicture:
    """The rule, worked out.

    Attributes
    ----------
    values : array of shape (n_points,), of the rule's feature.
    codes : array of shape (n_points,), the class of each point as its place in `marks`.
    right : array of shape (n_points,), whether the rule says that class.
    """

    feature: str
    rule: ThresholdRule
    marks: tuple[ClassMark, ...]
    values: Floats
    codes: Codes
    right: Mask
    note: str


def rule_picture_of(
    rule: ThresholdRule,
    features: Floats,
    codes: Codes,
    names: tuple[Sequence[str], Sequence[str]],
    note: str = "",
) -> RulePicture:
    """Work out a rule's picture.

    Parameters
    ----------
    features, codes : rows to show it on, arrays of shape (n_rows, n_features) and (n_rows,).
    names : of the features and of the classes.
    note : which rows these are, in words.
    """
    shown = np.arange(len(codes))
    if len(codes) > MOST_POINTS:
        shown = np.sort(np.random.default_rng(0).choice(len(codes), MOST_POINTS, replace=False))
    rows, own = features[shown], codes[shown]
    return RulePicture(
        feature=drawn_names([str(names[0][rule.column])], longest=60, kind="feature")[0],
        rule=rule,
        marks=tuple(class_marks(names[1])),
        values=rows[:, rule.column],
        codes=own,
        right=rule.predict(rows) == own,
        note=note,
    )


def draw_rule(picture: RulePicture) -> bytes:
    """Draw a rule as PNG."""
    return drawn_rule(picture).png()


def drawn_rule(picture: RulePicture) -> Sheet:
    """Draw a line a class with its rows as points; tinted is where the rule says that class, a cross is a wrong row."""
    names = [mark.name for mark in picture.marks]
    pitch = 54 if len(names) <= 6 else max(17, 540 // len(names))
    left = MARGIN + int(max(text_width(name, 10) for name in names)) + 14
    with house():
        sheet = Sheet(left + _WIDTH + MARGIN, HEADING + 24 + pitch * len(names) + 58, CRISP)
        heading(sheet, f"A rule on one feature: {picture.feature}", picture.note)
        axes = panel(sheet, left, HEADING + 24, _WIDTH, pitch * len(names))
        axes.set_xlim(*limits([picture.values, *map(float, picture.rule.cuts)]))
        axes.set_ylim(len(names) - 0.5, -0.5)
        _intervals(axes, picture)
        _rows(axes, picture, pitch)
        step = label_step(pitch)
        axes.set_yticks(range(0, len(names), step), names[::step])
        axes.tick_params(axis="y", labelsize=10)
        axes.tick_params(axis="x", labelsize=9, labelcolor=MUTED)
        axes.set_xlabel(picture.feature, fontsize=10, color=INK, labelpad=8)
        axes.grid(False)
        sheet.draw()
    return sheet


def _intervals(axes: Axes, picture: RulePicture) -> None:
    low, high = axes.get_xlim()
    edges = [low, *picture.rule.cuts, high]
    for (start, end), code in zip(itertools.pairwise(edges), picture.rule.codes, strict=True):
        tint = picture.marks[code].colour
        axes.add_patch(Rectangle((start, code - 0.5), end - start, 1, facecolor=(tint, 0.22), linewidth=0))
    axes.hlines(np.arange(len(picture.marks) - 1) + 0.5, low, high, color=RULE, linewidth=0.6)
    lines = axes.vlines(picture.rule.cuts, -0.5, len(picture.marks) - 0.5, color=MUTED, linewidth=0.5)
    if len(picture.rule.cuts) <= _FEW:
        lines.set(color=INK, linewidth=1.1, linestyle=(0, (4, 2)))
    ends = -np.inf
    for cut in picture.rule.cuts:
        text = f"{cut:.6g}".replace("-", "−")
        middle, half = (cut - low) / (high - low) * _WIDTH, text_width(text, 9.5) / 2 + 4
        if middle - half >= ends:
            axes.annotate(text, (cut, -0.5), (0, 4), textcoords="offset points", ha="center", fontsize=9.5, color=INK)
            ends = middle + half


def _rows(axes: Axes, picture: RulePicture, pitch: int) -> None:
    # Off one line by the golden ratio's multiples: evenly, and the same every time.
    spread = (np.arange(len(picture.values)) * 0.6180339887498949 % 1 - 0.5) * 0.62
    many = len(picture.values) > 1000
    size = 2.5 if many else min(5.0, pitch / 5)
    for code, mark in enumerate(picture.marks):
        own = (picture.codes == code) & picture.right
        # On a tint of its own colour a pale point needs an edge.
        points = axes.plot(picture.values[own], code + spread[own], mark.shape, color=mark.colour)[0]
        points.set(markersize=size * mark.size, markeredgecolor=darker(mark.colour), markeredgewidth=0.6)
    wrong = ~picture.right
    crosses = axes.plot(picture.values[wrong], picture.codes[wrong] + spread[wrong], "x", color=INK)[0]
    crosses.set(markersize=size + 1, markeredgewidth=0.6 if many else 1.4)
