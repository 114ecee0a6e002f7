"""Runs commands for the tests in children forked from a process that has imported everything once.

A command by itself takes 3 to 6 s, nearly all of it for importing MLflow and scikit-learn; forked it takes a tenth of a
second. It is the same script with the same words; only a sweep's processes are forked from it too, not from a fork
server of their own, and `outputs/` is a folder of the test. One JSON line in, one out:
{"script", "words", "folder", "environ", "outputs", "stdout", "stderr"} and {"code"}.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"
_LONGEST = 120  # seconds for one command


def main() -> None:
    """Import what the verbs import, then serve until stdin ends."""
    sys.path[0] = str(EXPERIMENTS)
    answers = os.fdopen(os.dup(1), "w")
    _import()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(request)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), file=answers, flush=True)


def _import() -> None:
    import hydra.core.plugins
    import mlflow.pyfunc
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

    import seedbed.cli
    import seedbed.cli.commands.explore
    import seedbed.cli.commands.predict
    import seedbed.cli.commands.promote
    import seedbed.cli.commands.prune
    import seedbed.cli.commands.reproduce
    import seedbed.cli.commands.train
    import seedbed.execution.sweep.controller
    import seedbed.execution.sweep.lifecycle
    from seedbed.execution.engines import local

    hydra.core.plugins.Plugins.instance()
    _run_once()
    local.choose_context = lambda: multiprocessing.get_context("fork")  # type: ignore[assignment,return-value]
    local.warm_up = seedbed.cli.warm_up = lambda: None


def _run_once() -> None:
    """Fit, draw and save one model and keep nothing, so that no child pays what is paid once a process."""
    from seedbed.config.dataset import Dataset
    from seedbed.config.schema import Train
    from seedbed.data.table import load_table
    from seedbed.execution.run import measure_run, prepare
    from seedbed.tracking.store import silence_mlflow

    silence_mlflow()
    config = Train(dataset=Dataset(path="package:iris.csv", target="variety", name="iris"))
    table = load_table(config.dataset)
    measure_run(prepare(config, table), table)


def _run(request: dict[str, Any]) -> None:
    from seedbed import paths

    signal.alarm(_LONGEST)
    for number, name in ((0, os.devnull), (1, request["stdout"]), (2, request["stderr"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environ"])
    paths.OUTPUTS = Path(request["outputs"])
    sys.argv = [request["script"], *request["words"]]
    code = 0
    try:
        runpy.run_path(request["script"], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
