"""What the process imports from which a sweep's others are forked, in the way that takes least time."""

# ruff: noqa: E402, F401
import gc
import sys

# All of it is here to stay, and looking it through for garbage meanwhile takes long.
gc.disable()

# skops looks for each of SciPy's functions in every module, in the order of import, until it is found.
import scipy.special

# skops imports helpers for tests, and these pytest where it is installed.
left_out = sys.modules.setdefault("pytest", None) is None  # type: ignore[arg-type]

import seedbed.execution.sweep.lifecycle

if left_out:
    sys.modules.pop("pytest", None)

# Forked processes share what none of their collections touches.
gc.freeze()
gc.enable()
