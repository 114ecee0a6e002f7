"""The one gate for stored models: their types are judged before anything is built, their arrays before any use.

It travels with an exported page: it imports skops, numpy, scikit-learn (late) and the standard library alone.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from seedbed.errors import NotDone

# What estimators are made of: scikit-learn's estimator modules and numpy's value types. Left out on purpose is
# whatever calls, compiles, opens or fetches what its arguments say (sklearn.datasets, numpy.testing, numpy.f2py, …).
_ALLOWED = re.compile(
    r"sklearn\.(calibration|compose|discriminant_analysis|dummy|ensemble|feature_selection"
    r"|gaussian_process|impute|linear_model|metrics\._dist_metrics|multiclass|naive_bayes|neighbors|neural_network"
    r"|pipeline|preprocessing|svm|tree|_loss)(\.[A-Za-z_]\w*)+"
    r"|numpy\.(dtype|ndarray|bool_?|u?int(8|16|32|64)|float(16|32|64)|str_|object_|datetime64|timedelta64)"
    r"|numpy\.(dtypes|random)(\.[A-Za-z_]\w*)+"
)
# By which boosting with categories checks its numbers; the one place for it is judged with the arrays.
_COLUMN_CHECK = {"functools.partial", "sklearn.utils.validation.check_array"}


class UnsafeModel(NotDone):
    """A stored model that is not loaded."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"The model in {source} {' '.join(why.split()).rstrip('.')}.")
        self.source = source


class ForbiddenTypes(UnsafeModel):
    """A stored model holds types that are not scikit-learn's or numpy's, or cannot be checked, and are not trusted."""

    def __init__(self, source: str, types: list[str]) -> None:
        only = "only types of scikit-learn and numpy that can be checked are loaded, and those that are listed in trust"
        super().__init__(source, f"holds {', '.join(types)}; {only}")
        self.types = types


class DamagedModel(UnsafeModel):
    """A stored model cannot be built, or its arrays would lead compiled code astray."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(source, f"cannot be read: {why}")


def is_allowed(type_name: str, trust: Collection[str] = ()) -> bool:
    """Say whether a type of this dotted name may be part of a model; tests of scikit-learn never are."""
    if type_name.startswith("sklearn.") and "tests" in type_name.split("."):
        return False
    return type_name in trust or _ALLOWED.fullmatch(type_name) is not None


def list_trusted_types(data: bytes, source: str = "memory", trust: Collection[str] = ()) -> list[str]:
    """Return the types in a skops file that skops itself does not trust, all of them allowed here.

    Parameters
    ----------
    data : bytes of a skops file.
    source : how to call it in an error.
    trust : dotted names of further types that are allowed; their modules are imported.

    Raises
    ------
    ForbiddenTypes : a type is not scikit-learn's or numpy's, and not trusted.
    UnsafeModel : the module of an allowed type cannot be imported.
    """
    import skops.io

    types, trust = sorted(skops.io.get_untrusted_types(data=data)), {*trust}
    known = _COLUMN_CHECK if _COLUMN_CHECK.issubset(types) else set()
    forbidden = [name for name in types if name not in known and not is_allowed(name, trust)]
    if forbidden := forbidden or [name for name in types if not _builds_model(source, name, known | trust)]:
        raise ForbiddenTypes(source, forbidden)
    return types


def _builds_model(source: str, name: str, trust: Collection[str]) -> bool:
    """Say whether a name is of a class or a score of features, where that is defined; other functions write files."""
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(import_module(module), attribute)
    except Exception as error:  # whatever a module raises
        raise UnsafeModel(source, f"needs {name}, which cannot be imported here ({error})") from error
    score = name.startswith("sklearn.feature_selection.")
    return name in trust or (score or isinstance(found, type)) and found.__module__ == module


def load(path: Path, trust: Collection[str] = ()) -> Any:
    """Return the estimator in a skops file, built only if every type in it is allowed; its arrays are checked.

    `trust` are dotted names of types that are allowed besides scikit-learn's and numpy's.

    Raises
    ------
    NotDone : there is no such file; UnsafeModel: ForbiddenTypes, DamagedModel, or a trusted type cannot be imported.
    """
    import skops.io

    if not path.is_file():
        raise NotDone(f"The version holds no {path.name}; the page serves models that are kept by skops.")
    try:
        data = path.read_bytes()
        model = skops.io.loads(data, trusted=list_trusted_types(data, path.name, trust))
        from seedbed.estimators.fitted_arrays import check_arrays

        if unchecked := check_arrays(model) - {*trust}:
            raise ForbiddenTypes(path.name, sorted(unchecked))
    except UnsafeModel:
        raise
    except Exception as error:  # what readers of zip, JSON and numpy raise, and parts that are not what they should be
        raise DamagedModel(path.name, str(error) or type(error).__name__) from error
    return model


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
