"""Figures: results of a comparison, an exploration or a run come in, PNG goes out; only here Matplotlib is known."""

import seedbed.reports.figures.backend  # noqa: F401  (first: before anything else imports Matplotlib)
from seedbed.reports.figures.confusion import ConfusionFigure, draw_confusion

__all__ = ["ConfusionFigure", "draw_confusion"]
