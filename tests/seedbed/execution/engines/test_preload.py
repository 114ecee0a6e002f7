"""What a sweep's processes are forked from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def test_ctrl_c_never_reaches_the_process_while_it_imports(tmp_path: Path) -> None:
    (tmp_path / "slow_import.py").write_text("import pathlib, time; pathlib.Path('begun').touch(); time.sleep(1)")
    program = (
        "import os, pathlib, signal, sys, time\n"
        "from multiprocessing.forkserver import _forkserver\n"
        "from seedbed.execution.engines import local\n"
        "sys.path.append('')\n"
        "local._PRELOAD = 'slow_import'\n"
        "local.warm_up()\n"
        "while not pathlib.Path('begun').exists(): time.sleep(0.01)\n"
        "os.kill(_forkserver._forkserver_pid, signal.SIGINT)\n"
        "served = local.choose_context().Process(target=print, args=('served',))\n"
        "served.start(); served.join()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "served\n", "")


@pytest.mark.parametrize(("before", "after"), [("", "False"), ("import pytest", "True")])
def test_pytest_is_not_imported_for_skops_and_still_can_be(before: str, after: str) -> None:
    program = (
        f"import sys; {before}\nimport seedbed.execution.engines.preload\nprint('pytest' in sys.modules)\nimport pytest"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [after]
