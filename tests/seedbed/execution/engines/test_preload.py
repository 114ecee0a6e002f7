"""What a sweep's processes are forked from."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import gc, json, sys
import seedbed.execution.engines.preload
places = list(sys.modules)
print(json.dumps([gc.isenabled(), gc.get_freeze_count(), len(gc.get_objects()),
    places.index("scipy.special._ufuncs") < min(map(places.index, ("mlflow", "pandas", "sklearn", "skops")))]))
"""


def test_it_is_shared_whole_and_skops_finds_scipys_functions_at_once() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    collects, frozen, left, early = json.loads(told.stdout)
    assert collects and early
    # Whatever was imported is out of every later collection's way, and so shared by the processes to come.
    assert frozen > 100_000 > 1_000 > left


@pytest.mark.parametrize(("before", "after"), [("", "False"), ("import pytest", "True")])
def test_pytest_is_not_imported_for_skops_and_still_can_be(before: str, after: str) -> None:
    program = (
        f"import sys; {before}\nimport seedbed.execution.engines.preload\nprint('pytest' in sys.modules)\nimport pytest"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [after]
