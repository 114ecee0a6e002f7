"""What a sweep's processes are forked from."""

from __future__ import annotations

import json
import signal
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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_never_reaches_the_process_while_it_imports() -> None:
    program = (
        "from multiprocessing.forkserver import _forkserver\n"
        "from seedbed.execution.engines.local import warm_up\n"
        "warm_up()\n"
        "print(open(f'/proc/{_forkserver._forkserver_pid}/status').read())"
    )
    status = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
    assert blocked & 1 << (signal.SIGINT - 1)


@pytest.mark.parametrize(("before", "after"), [("", "False"), ("import pytest", "True")])
def test_pytest_is_not_imported_for_skops_and_still_can_be(before: str, after: str) -> None:
    program = (
        f"import sys; {before}\nimport seedbed.execution.engines.preload\nprint('pytest' in sys.modules)\nimport pytest"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [after]
