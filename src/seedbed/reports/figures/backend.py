"""Matplotlib, imported whatever MPLBACKEND says.

Figures are drawn by Agg through objects, so a known backend in the variable is never started. But a name that is not
known to Matplotlib stops its import, though nothing here is shown on a screen; so the variable is hidden from it, and a
known name is given back, for a notebook that uses this room.
"""

from __future__ import annotations

import contextlib
import os
import sys

if "matplotlib" not in sys.modules and "MPLBACKEND" in os.environ:
    wanted = os.environ.pop("MPLBACKEND")
    try:
        import matplotlib
    finally:
        os.environ["MPLBACKEND"] = wanted
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = wanted
