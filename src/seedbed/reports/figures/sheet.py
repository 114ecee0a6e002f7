"""A figure and its pixels: the one place that handles Agg, whose methods have no types."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seedbed.reports.figures.png import Pixels, encode
from seedbed.reports.figures.style import DPI


class Sheet:
    """An empty figure of whole pixels, drawn by Agg and known to no pyplot: it is gone when nobody holds it.

    Parameters
    ----------
    width, height : pixels
    scale : how many pixels of the image stand for one of these, for figures that are read on paper and fine screens
    """

    def __init__(self, width: int, height: int, scale: int = 1) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI * scale)
        self._canvas = FigureCanvasAgg(self.figure)

    def draw(self) -> None:
        """Draw the whole figure."""
        self._canvas.draw()  # type: ignore[no-untyped-call]

    def add(self, artist: Artist) -> None:
        """Draw one part over what is there."""
        artist.draw(self._canvas.get_renderer())  # type: ignore[no-untyped-call]

    @property
    def pixels(self) -> Pixels:
        """The image itself, not a copy: array of shape (height, width, 4)."""
        return np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]

    def png(self) -> bytes:
        """Return the image as PNG."""
        return encode(self.pixels)
