"""Figures as PNG bytes; the only room that knows Matplotlib and seaborn. Drawn by Agg, known to no pyplot."""

import seedbed.reports.figures.backend  # noqa: F401  (first: before anything else imports Matplotlib)
from seedbed.reports.figures.boxes import box_plots
from seedbed.reports.figures.confusion import ConfusionFigure, confusion_figure, confusion_png
from seedbed.reports.figures.labels import undrawable
from seedbed.reports.figures.style import class_colours

__all__ = ["ConfusionFigure", "box_plots", "class_colours", "confusion_figure", "confusion_png", "undrawable"]
