"""The confusion matrix as a heat map: drawn once for a list of classes, then only what changes is drawn again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import seaborn  # type: ignore[import-untyped]
from cachetools import FIFOCache
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from seedbed.data.arrays import Counts, Mask
from seedbed.reports.figures.confusion_layout import (
    BAR,
    MARGIN,
    TITLE_BASELINE,
    Content,
    Layout,
    describe_matrix,
    make_layout,
)
from seedbed.reports.figures.sheet import Pixels, Sheet
from seedbed.reports.figures.style import HEAT, INK, MUTED, PAPER, points, use_house_style

_PAPER = b"\xff" * 4
_PICTURES = 4_000_000  # bytes of pictures kept, of some 30 kB each
_TEXTS = 8_000_000  # bytes of texts kept; a sweep on Iris needs two million


@dataclass(frozen=True, eq=False)
class _Writing:
    """A text to be written on a plain ground."""

    text: Text
    look: Mapping[str, Any]  # what is set on it: text, color, fontsize
    area: tuple[slice, slice]  # rows and columns of pixels; it is clipped to them
    ground: bytes  # red, green, blue, alpha

    @property
    def key(self) -> Hashable:
        """All that its pixels depend on, as a text is never moved."""
        rows, columns = self.area
        return rows.start, columns.start, self.ground, *self.look.values()


class ConfusionFigure:
    """A confusion matrix's picture for classes in the order of its rows and columns, to be drawn many times.

    The whole figure is drawn by seaborn before its first picture. `png` fills the cells whose share changed, writes the
    texts that changed, and encodes; the picture is the same, pixel by pixel and byte by byte, as one drawn whole.
    That is so because cells and texts stand on whole pixels, touch nothing else, and texts are clipped to their area.
    Texts that were drawn before in their area are copied, if `memory` bytes hold them: drawing one takes a hundred
    times as long. Not for several threads at once.
    """

    def __init__(self, classes: Sequence[str], memory: int = _TEXTS) -> None:
        self._layout = make_layout(classes)
        self._content: Content | None = self._empty
        self._texts = FIFOCache[Hashable, Pixels](memory, lambda pixels: pixels.nbytes)
        # By matrix: good candidates confuse the same few rows.
        self._pictures = FIFOCache[Hashable, bytes](_PICTURES, len)

    @property
    def _empty(self) -> Content:
        return describe_matrix(np.zeros((len(self._layout.names),) * 2, dtype=np.int64), self._layout)

    @cached_property
    def _sheet(self) -> Sheet:
        return _draw(self._layout, self._empty)

    def png(self, matrix: npt.ArrayLike) -> bytes:
        """Return the picture of a confusion matrix, shape (n_classes, n_classes); rows truth, columns prediction."""
        matrix = np.asarray(matrix, dtype=np.int64)
        key = matrix.tobytes()
        if key not in self._pictures:
            self._pictures[key] = self._redraw(matrix)
        return self._pictures[key]

    def _redraw(self, matrix: Counts) -> bytes:
        content = describe_matrix(matrix, self._layout)
        before, self._content = self._content, None  # an interrupted drawing is followed by a whole one
        self._write([*self._fill_cells(content, content.changed(before)), *self._list_lines(content, before)])
        self._content = content
        return self._sheet.png()

    def _fill_cells(self, content: Content, changed: Mask) -> list[_Writing]:
        """Fill the changed cells, and return what is to be written in them."""
        pixels, texts = self._sheet.pixels, self._sheet.figure.axes[0].texts
        writings = []
        for row, column in np.argwhere(changed).tolist():
            fill = content.fills[row, column]
            pixels[self._layout.cell_area(row, column)] = fill
            if content.looks:
                index = row * len(self._layout.names) + column
                area = self._layout.number_area(row, column)
                writings.append(_Writing(texts[index], content.looks[index], area, fill.tobytes()))
        return writings

    def _list_lines(self, content: Content, before: Content | None) -> list[_Writing]:
        lines = zip(self._sheet.figure.texts[1:], self._layout.line_areas, content.lines, strict=True)
        return [
            _Writing(text, {"text": said}, area, _PAPER)
            for index, (text, area, said) in enumerate(lines)
            if before is None or before.lines[index] != said
        ]

    def _write(self, writings: Sequence[_Writing]) -> None:
        pixels, new = self._sheet.pixels, []
        for writing in writings:
            known = self._texts.get(writing.key)
            if known is None:
                new.append(writing)
            else:
                pixels[writing.area] = known
        if not new:
            return
        with use_house_style():
            for writing in new:
                pixels[writing.area] = np.frombuffer(writing.ground, dtype=np.uint8)
                writing.text.set(**writing.look)
                self._sheet.add(writing.text)
                self._texts[writing.key] = pixels[writing.area].copy()


def draw_confusion(classes: Sequence[str], matrix: npt.ArrayLike) -> Sheet:
    """Draw one confusion matrix whole, as `ConfusionFigure.png` takes it, which is quicker for many."""
    layout = make_layout(classes)
    return _draw(layout, describe_matrix(matrix, layout))


def _draw(layout: Layout, content: Content) -> Sheet:
    distance, width, _ = BAR
    with use_house_style():
        sheet = Sheet(layout.width, layout.height)
        axes = _add_axes(sheet, layout, layout.left, layout.side)
        bar = _add_axes(sheet, layout, layout.left + layout.side + distance, width)
        _draw_heat(axes, bar, layout, content)
        _label(axes, bar, layout)
        _draw_lines(sheet, layout, content)
        sheet.draw()
    return sheet


def _add_axes(sheet: Sheet, layout: Layout, left: int, width: int) -> Axes:
    """Make axes as tall as the cells."""
    bottom = layout.height - layout.top - layout.side
    return sheet.figure.add_axes(
        (left / layout.width, bottom / layout.height, width / layout.width, layout.side / layout.height)
    )


def _draw_heat(axes: Axes, bar: Axes, layout: Layout, content: Content) -> None:
    seaborn.heatmap(
        content.shares,
        vmin=0,
        vmax=1,  # one scale for all matrices, so that the bar never changes
        cmap=HEAT,
        annot=content.counts if layout.numbered else None,
        fmt="d",
        linewidths=points(layout.gap),
        linecolor=PAPER,
        ax=axes,
        cbar_ax=bar,
    )
    for index, text in enumerate(axes.texts):
        text.set(**content.looks[index], clip_on=True)
        text.set_clip_box(_make_clip_box(layout, *layout.number_area(*divmod(index, len(layout.names)))))


def _label(axes: Axes, bar: Axes, layout: Layout) -> None:
    middles = [index + 0.5 for index in range(0, len(layout.names), layout.step)]
    axes.set_xticks(middles, [f"Pred {name}" for name in layout.names[:: layout.step]])
    axes.set_yticks(middles, [f"True {name}" for name in layout.names[:: layout.step]])
    axes.tick_params(length=0, pad=6, labelsize=layout.label_size)
    slanted = layout.rotation == 40
    for label in axes.get_xticklabels():
        label.set(rotation=layout.rotation, ha="right" if slanted else "center")
        label.set_rotation_mode("anchor" if slanted else "default")
    for label in axes.get_yticklabels():
        label.set(rotation=0, va="center")
    bar.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    bar.tick_params(length=0, pad=5, labelsize=9, labelcolor=MUTED)
    bar.set_ylabel("share of the true class", fontsize=9, color=MUTED, labelpad=6)


def _draw_lines(sheet: Sheet, layout: Layout, content: Content) -> None:
    """Write title, headline and words, in this order: `ConfusionFigure` finds them by it."""
    _add_line(sheet, layout, TITLE_BASELINE, "Confusion matrix", fontsize=14, fontweight="bold")
    for index, (said, (rows, columns)) in enumerate(zip(content.lines, layout.line_areas, strict=True)):
        size, colour = (10.5, MUTED) if index == 0 else (9.5, INK)
        line = _add_line(sheet, layout, rows.stop - 6, said, fontsize=size, color=colour)
        line.set_clip_box(_make_clip_box(layout, rows, columns))


def _add_line(sheet: Sheet, layout: Layout, baseline: int, text: str, **style: float | str) -> Text:
    corner = MARGIN / layout.width, 1 - baseline / layout.height
    return sheet.figure.text(*corner, text, {"ha": "left", "va": "baseline", "clip_on": True, **style})


def _make_clip_box(layout: Layout, rows: slice, columns: slice) -> Bbox:
    """Return pixels counted from the upper left as Matplotlib counts them, from the lower left."""
    return Bbox.from_extents(columns.start, layout.height - rows.stop, columns.stop, layout.height - rows.start)
