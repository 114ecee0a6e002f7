"""The confusion matrix as a heat map: drawn once for a list of classes, then only what changes is drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import seaborn  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from seedbed.data.arrays import Counts, Mask
from seedbed.reports.figures.cells import Cells, cells_of
from seedbed.reports.figures.layout import BAR, MARGIN, TITLE_BASELINE, Layout, layout_of
from seedbed.reports.figures.patches import Patches, Writing
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import HEAT, INK, MUTED, PAPER, house, points

_PAPER = b"\xff" * 4


_KEPT = 128  # pictures of some 30 kB


class ConfusionFigure:
    """A confusion matrix's picture for one list of classes, to be drawn many times.

    The whole figure is drawn by seaborn before its first picture. `png` fills the cells whose share changed, writes the
    texts that changed, and encodes; the picture is the same, pixel by pixel and byte by byte, as one drawn whole.
    That is so because cells and texts stand on whole pixels, touch nothing else, and texts are clipped to their place.
    Texts that were drawn before at their place are copied. Not for several threads at once.

    Parameters
    ----------
    classes : names in the order of the matrix's rows and columns
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._layout = layout_of(classes)
        self._cells: Cells | None = self._empty
        self._drawn_before = Patches()
        self._kept: dict[bytes, bytes] = {}  # pictures by matrix: good candidates confuse the same few rows

    @property
    def _empty(self) -> Cells:
        return cells_of(np.zeros((len(self._layout.names),) * 2, dtype=np.int64), self._layout)

    @cached_property
    def _sheet(self) -> Sheet:
        with house():
            return _drawn(self._layout, self._empty)

    def png(self, matrix: npt.ArrayLike) -> bytes:
        """Return the picture of a confusion matrix.

        Parameters
        ----------
        matrix : array of shape (n_classes, n_classes), whole numbers; rows truth, columns prediction
        """
        matrix = np.asarray(matrix, dtype=np.int64)
        key = matrix.tobytes()
        if key not in self._kept:
            if len(self._kept) == _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = self._drawn(matrix)
        return self._kept[key]

    def _drawn(self, matrix: Counts) -> bytes:
        cells = cells_of(matrix, self._layout)
        before, self._cells = self._cells, None  # an interrupted drawing is followed by a whole one
        self._write([*self._fill_cells(cells, cells.changed(before)), *self._lines(cells, before)])
        self._cells = cells
        return self._sheet.png()

    def _fill_cells(self, cells: Cells, changed: Mask) -> list[Writing]:
        """Fill the changed cells, and return what is to be written in them."""
        pixels, texts = self._sheet.pixels, self._sheet.figure.axes[0].texts
        writings = []
        for row, column in np.argwhere(changed).tolist():
            fill = cells.fills[row, column]
            pixels[self._layout.inside(row, column)] = fill
            if cells.numbers:
                place = row * len(self._layout.names) + column
                area = self._layout.number_area(row, column)
                writings.append(Writing(texts[place], cells.look(place), area, fill.tobytes()))
        return writings

    def _lines(self, cells: Cells, before: Cells | None) -> list[Writing]:
        lines = zip(self._sheet.figure.texts[1:], _areas(self._layout), cells.lines, strict=True)
        return [
            Writing(text, {"text": said}, area, _PAPER)
            for place, (text, area, said) in enumerate(lines)
            if before is None or before.lines[place] != said
        ]

    def _write(self, writings: Sequence[Writing]) -> None:
        pixels, new = self._sheet.pixels, []
        for writing in writings:
            patch = self._drawn_before.get(writing.key)
            if patch is None:
                new.append(writing)
            else:
                pixels[writing.area] = patch
        if not new:
            return
        with house():
            for writing in new:
                pixels[writing.area] = np.frombuffer(writing.ground, dtype=np.uint8)
                writing.text.set(**writing.look)
                self._sheet.add(writing.text)
                self._drawn_before.keep(writing.key, pixels[writing.area])


def confusion_figure(classes: Sequence[str], matrix: npt.ArrayLike) -> Figure:
    """Draw a confusion matrix whole, for one picture or for a look at its parts.

    Parameters
    ----------
    classes : names in the order of the matrix's rows and columns
    matrix : array of shape (n_classes, n_classes), whole numbers; rows truth, columns prediction
    """
    layout = layout_of(classes)
    with house():
        return _drawn(layout, cells_of(matrix, layout)).figure


def confusion_png(classes: Sequence[str], matrix: npt.ArrayLike) -> bytes:
    """Return the picture of a confusion matrix that is drawn once; for many, `ConfusionFigure` is quicker."""
    layout = layout_of(classes)
    with house():
        return _drawn(layout, cells_of(matrix, layout)).png()


def _drawn(layout: Layout, cells: Cells) -> Sheet:
    sheet = Sheet(layout.width, layout.height)
    figure = sheet.figure
    axes, bar = _axes(figure, layout, layout.left, layout.side), _axes(figure, layout, *_bar_place(layout))
    _draw_heat(axes, bar, layout, cells)
    _label(axes, layout)
    _finish_bar(bar)
    _draw_texts(figure, layout, cells)
    sheet.draw()
    return sheet


def _axes(figure: Figure, layout: Layout, left: int, width: int) -> Axes:
    """Make axes as tall as the cells."""
    bottom = layout.height - layout.top - layout.side
    return figure.add_axes(
        (left / layout.width, bottom / layout.height, width / layout.width, layout.side / layout.height)
    )


def _bar_place(layout: Layout) -> tuple[int, int]:
    distance, width, _ = BAR
    return layout.left + layout.side + distance, width


def _draw_heat(axes: Axes, bar: Axes, layout: Layout, cells: Cells) -> None:
    seaborn.heatmap(
        cells.shares,
        vmin=0,
        vmax=1,  # one scale for all matrices, so that the bar never changes
        cmap=HEAT,
        annot=cells.counts if layout.numbered else None,
        fmt="d",
        linewidths=points(layout.gap),
        linecolor=PAPER,
        xticklabels=[f"Pred {name}" for name in layout.names[:: layout.step]],
        yticklabels=[f"True {name}" for name in layout.names[:: layout.step]],
        ax=axes,
        cbar_ax=bar,
    )
    for place, text in enumerate(axes.texts):
        text.set(**cells.look(place), clip_on=True)
        text.set_clip_box(_box(layout, *layout.number_area(*divmod(place, len(layout.names)))))


def _label(axes: Axes, layout: Layout) -> None:
    middles = [place + 0.5 for place in range(0, len(layout.names), layout.step)]
    axes.set_xticks(middles, [f"Pred {name}" for name in layout.names[:: layout.step]])
    axes.set_yticks(middles, [f"True {name}" for name in layout.names[:: layout.step]])
    axes.tick_params(length=0, pad=6, labelsize=layout.label_size)
    slanted = layout.rotation == 40
    for label in axes.get_xticklabels():
        label.set(rotation=layout.rotation, ha="right" if slanted else "center")
        label.set_rotation_mode("anchor" if slanted else "default")
    for label in axes.get_yticklabels():
        label.set(rotation=0, va="center")


def _finish_bar(bar: Axes) -> None:
    bar.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    bar.tick_params(length=0, pad=5, labelsize=9, labelcolor=MUTED)
    bar.set_ylabel("share of the true class", fontsize=9, color=MUTED, labelpad=6)


def _draw_texts(figure: Figure, layout: Layout, cells: Cells) -> None:
    """Write title, headline and words, in this order: `ConfusionFigure` finds them by it."""
    _line(figure, layout, TITLE_BASELINE, "Confusion matrix", fontsize=14, fontweight="bold")
    for place, (said, (rows, columns)) in enumerate(zip(cells.lines, _areas(layout), strict=True)):
        size, colour = (10.5, MUTED) if place == 0 else (9.5, INK)
        line = _line(figure, layout, rows.stop - 6, said, fontsize=size, color=colour)
        line.set_clip_box(_box(layout, rows, columns))


def _areas(layout: Layout) -> list[tuple[slice, slice]]:
    """Return the places of the headline and of the lines of words."""
    return [layout.heading_line(), *map(layout.word_line, range(layout.word_lines))]


def _line(figure: Figure, layout: Layout, baseline: int, text: str, **style: float | str) -> Text:
    place = MARGIN / layout.width, 1 - baseline / layout.height
    return figure.text(*place, text, {"ha": "left", "va": "baseline", "clip_on": True, **style})


def _box(layout: Layout, rows: slice, columns: slice) -> Bbox:
    """Return pixels counted from the upper left as Matplotlib counts them, from the lower left."""
    return Bbox.from_extents(columns.start, layout.height - rows.stop, columns.stop, layout.height - rows.start)
