"""Which types a stored model may be made of, judged before anything is built.

It travels with an exported page: it imports skops and the standard library alone.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What estimators are made of: scikit-learn's estimator modules and numpy's value types. Left out on purpose is
# whatever calls, compiles, opens or fetches what its arguments say (sklearn.datasets, numpy.testing, numpy.f2py, …).
_ALLOWED = re.compile(
    r"sklearn\.(calibration|compose|discriminant_analysis|dummy|ensemble|feature_selection|gaussian_process|impute"
    r"|linear_model|metrics\._dist_metrics|multiclass|naive_bayes|neighbors|neural_network|pipeline|preprocessing"
    r"|svm|tree|_loss)(\.[A-Za-z_]\w*)+"
    r"|numpy\.(dtype|ndarray|bool_?|u?int(8|16|32|64)|float(16|32|64)|str_|object_|datetime64|timedelta64)"
    r"|numpy\.(dtypes|random)(\.[A-Za-z_]\w*)+"
)


class ForbiddenTypes(Exception):
    """A stored model holds types that neither scikit-learn nor numpy defines."""

    def __init__(self, source: str, types: list[str]) -> None:
        super().__init__(
            f"The model in {source} holds {', '.join(types)}; only types of scikit-learn and numpy are loaded."
        )
        self.source, self.types = source, types


def is_allowed(type_name: str) -> bool:
    """Say whether a type of this dotted name may be part of a model."""
    return _ALLOWED.fullmatch(type_name) is not None


def list_trusted_types(data: bytes, source: str = "memory") -> list[str]:
    """Return the types in a skops file that skops itself does not trust, all of them allowed here.

    Parameters
    ----------
    data : bytes of a skops file.
    source : how to call it in an error.

    Raises
    ------
    ForbiddenTypes : a type is not scikit-learn's or numpy's.
    """
    import skops.io

    types = sorted(skops.io.get_untrusted_types(data=data))
    if forbidden := [name for name in types if not is_allowed(name)]:
        raise ForbiddenTypes(source, forbidden)
    return types


def load(path: Path) -> Any:
    """Return the estimator in a skops file, built only if every type in it is allowed.

    Raises
    ------
    ForbiddenTypes : a type is not scikit-learn's or numpy's.
    """
    import skops.io

    data = path.read_bytes()
    return skops.io.loads(data, trusted=list_trusted_types(data, path.name))


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import inside of this what stays to the end of the process, skops too: it is not looked through for garbage."""
    gc.disable()
    # skops imports helpers for tests, and these pytest if it is installed.
    left_out = sys.modules.setdefault("pytest", None) is None  # type: ignore[arg-type]
    try:
        # skops looks for each of SciPy's functions in every module, in the order of import, until it is found.
        import scipy.special  # noqa: F401

        yield
    finally:
        if left_out:
            sys.modules.pop("pytest", None)
        gc.freeze()  # forked processes share what none of their collections touches
        gc.enable()
