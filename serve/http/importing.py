"""Imports of what a page stands on, in less time."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import inside of this what stays to the end of the process: it is not looked through for garbage."""
    gc.disable()
    # skops imports helpers for tests, and these pytest where it is installed.
    left_out = sys.modules.setdefault("pytest", None) is None  # type: ignore[arg-type]
    try:
        # skops looks for each of SciPy's functions in every module, in the order of import, until it is found.
        import scipy.special  # noqa: F401

        yield
    finally:
        if left_out:
            sys.modules.pop("pytest", None)
        gc.freeze()
        gc.enable()
