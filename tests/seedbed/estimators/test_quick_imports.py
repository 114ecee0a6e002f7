"""Imports of what a page or a sweep stands on."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from seedbed.estimators.loading import quick_imports


def test_nothing_is_collected_meanwhile_and_what_was_imported_is_never_looked_through_again() -> None:
    before = gc.get_freeze_count()
    try:
        with quick_imports():
            assert not gc.isenabled()
            assert "scipy.special" in sys.modules
        assert gc.isenabled() and gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    try:
        with pytest.raises(ModuleNotFoundError), quick_imports():
            import no_such_module  # type: ignore[import-not-found]  # noqa: F401
        assert gc.isenabled()
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(("before", "after"), [("", "False"), ("import pytest", "True")])
def test_pytest_is_not_imported_for_skops_and_still_can_be(before: str, after: str) -> None:
    program = f"""import sys; {before}
from seedbed.estimators.loading import quick_imports
with quick_imports():
    import serve.http.app
assert 'skops.io' in sys.modules
print('pytest' in sys.modules)
import pytest"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [after]
