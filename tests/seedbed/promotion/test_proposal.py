"""The mark under attack: promotes in the same second, and promotes that are killed, by real processes."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seedbed.config.candidate import format_params
from seedbed.tracking import model_files
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import find_experiment, search_runs
from seedbed.tracking.registry import Registry, open_registry
from seedbed.tracking.relocation import relocate

# Each starts from three sweeps and makes processes of its own.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PROMOTE = ROOT / "experiments" / "promote.py"
# The classes lie in patches of 8 rows, too small for many neighbours.
TABLE = "x,y,label\n" + "".join(f"{row},{row % 2},{'ab'[row // 8 % 2]}\n" for row in range(48))
GOOD, POOR = "1", "7"

# Promotes in forks of a process that has imported everything; a line in is what to type and before which writing call
# of MLflow's client to be killed, by its number or name (0: before none), a line out the exit code.
FORKING = """
import itertools, json, os, runpy, signal, sys
import mlflow.pyfunc, mlflow.store.tracking.sqlalchemy_store
import seedbed.cli, seedbed.cli.commands.promote
from mlflow import MlflowClient

WRITES = ("create_", "delete_", "finalize_", "log_", "set_", "update_")

def killed_before(step):
    calls = itertools.count(1)
    def watched(name, call):
        def made(*words, **named):
            if step in (next(calls), name):
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*words, **named)
        return made
    for name in [name for name in vars(MlflowClient) if name.startswith(WRITES)]:
        setattr(MlflowClient, name, watched(name, getattr(MlflowClient, name)))

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        killed_before(asked["step"])
        sys.argv = asked["words"]
        sys.path[0] = os.path.dirname(sys.argv[0])
        code = 0
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as end:
            code = end.code or 0
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def swept(new_store: Callable[[Path], str], command: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of three sweeps of a tiny table: both candidates, the poor one, the good one."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "tiny.csv").write_text(TABLE)
    uri = new_store(folder / "store")
    words = ("dataset=csv", f"dataset.path={folder / 'tiny.csv'}", "dataset.target=label", "preprocess=none")
    table = (*words, "split.seed=range(5)")
    for k in (f"{GOOD},{POOR}", POOR, GOOD):
        assert command("train", "-m", *table, f"estimator.n_neighbors={k}", f"tracking.uri={uri}").code == 0
    return folder / "store"


def copied(store: Path, to: Path) -> str:
    """Copy a store, as its own original, and return its URI."""
    shutil.copytree(store, to)
    relocate(to / "mlflow.db")
    return f"sqlite:///{to / 'mlflow.db'}"


@pytest.fixture(scope="module")
def promote_killed() -> Iterator[Callable[..., int]]:
    """Return a function that promotes and is killed before a step of it; it returns the exit code."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdin is not None and process.stdout is not None

    def run(uri: str, *words: str, before: int | str = 0) -> int:
        typed = [str(PROMOTE), "dataset.name=tiny", f"tracking.uri='{uri}'", *words]
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"words": typed, "step": before}) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield run
    process.communicate()


@pytest.fixture(scope="module")
def poorly_marked(swept: Path, promote_killed: Callable[..., int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the same store, in which the poor candidate is the champion."""
    folder = tmp_path_factory.mktemp("marked") / "store"
    uri = copied(swept, folder)
    assert promote_killed(uri, f"sweep={sweeps_of(uri)[1]}") == 0
    return folder


def sweeps_of(uri: str) -> list[str]:
    """Return the ids of the sweeps, the oldest first."""
    store = open_registry(uri).store
    experiment = find_experiment(store, "tiny")
    assert experiment is not None
    return [found.run_id for found in search_runs(store, experiment, kind=Kind.SWEEP, newest_first=False)]


def marked(registry: Registry) -> str:
    """Return the neighbours of the candidate marked best."""
    best = registry.get_champion("tiny")
    assert best is not None
    return str((registry.read_params(best) or {})["estimator.n_neighbors"])


def assert_whole(registry: Registry, folder: Path) -> None:
    """Each version can be served as its tags say, and the history leads to the one that is marked."""
    for version in registry.list_versions("tiny"):
        files = registry.download(version, folder / version.version)
        card = json.loads((files / "page" / "card.json").read_text(encoding="utf-8"))
        assert card["candidate"] == format_params(registry.read_params(version) or {})
        assert str(model_files.read(files).n_neighbors) == card["candidate"]["estimator.n_neighbors"]
    moves = registry.list_moves("tiny")
    assert [move["from"] for move in moves] == [None, *(move["to"] for move in moves[:-1])]
    best = registry.get_champion("tiny")
    assert best is not None and moves[-1]["to"] == best.version


@pytest.mark.parametrize("turn", range(20))
def test_two_promotes_in_the_same_second(swept: Path, tmp_path: Path, turn: int) -> None:
    """Case H94: one consistent mark, whole versions, no traceback; without force the better one's, whoever is first."""
    uri = copied(swept, tmp_path / "store")
    _, poor, good = sweeps_of(uri)
    words = ["dataset.name=tiny", f"tracking.uri='{uri}'", *(["force=true"] if turn % 2 else [])]
    both = [
        subprocess.Popen(
            [sys.executable, str(PROMOTE), f"sweep={sweep}", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for sweep in ((poor, good) if turn % 4 < 2 else (good, poor))
    ]
    said = [process.communicate(timeout=300) for process in both]
    ended = [(process.returncode, err) for process, (_, err) in zip(both, said, strict=True)]
    assert ended == [(0, f"Table tiny, store {uri}.\n")] * 2
    registry = open_registry(uri)
    versions = registry.list_versions("tiny")
    assert len(versions) == sum("is the champion now (models:" in out for out, _ in said)
    if turn % 2:
        assert [version.version for version in versions] == ["2", "1"]
    else:
        assert marked(registry) == GOOD
    assert_whole(registry, tmp_path / "versions")


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("create_model_version", POOR),
        ("set_registered_model_alias", POOR),
        ("set_registered_model_tag", GOOD),
        ("set_terminated", GOOD),
    ],
)
def test_a_promote_killed_around_the_mark_leaves_the_old_one_or_the_new(
    poorly_marked: Path, promote_killed: Callable[..., int], tmp_path: Path, before: str, left: str
) -> None:
    uri = copied(poorly_marked, tmp_path / "store")
    assert promote_killed(uri, f"sweep={sweeps_of(uri)[0]}", before=before) == -9
    assert marked(open_registry(uri)) == left
    assert_whole(open_registry(uri), tmp_path / "versions")


def test_a_promote_killed_at_any_step_leaves_the_old_mark_or_the_new(
    poorly_marked: Path, promote_killed: Callable[..., int], tmp_path: Path
) -> None:
    seen = []
    for step in itertools.count(1):
        uri = copied(poorly_marked, tmp_path / f"store{step}")
        sweep = sweeps_of(uri)[0]
        code = promote_killed(uri, f"sweep={sweep}", before=step)
        registry = open_registry(uri)
        assert_whole(registry, tmp_path / f"killed{step}")
        seen.append(marked(registry))
        if code == 0:  # it took fewer steps
            break
        assert code == -9
        assert promote_killed(uri, f"sweep={sweep}") == 0
        assert marked(registry) == GOOD
        assert_whole(registry, tmp_path / f"again{step}")
    assert seen == sorted(seen, key=[POOR, GOOD].index) and seen.count(POOR) >= 6 and seen.count(GOOD) >= 3


def test_a_mark_that_was_moved_by_hand_is_in_the_history_too(
    poorly_marked: Path, promote_killed: Callable[..., int], tmp_path: Path
) -> None:
    uri = copied(poorly_marked, tmp_path / "store")
    assert promote_killed(uri, f"sweep={sweeps_of(uri)[0]}") == 0
    registry = open_registry(uri)
    registry.store.client.set_registered_model_alias("tiny", "best", "1")
    expected = [(None, "1"), ("1", "2"), ("2", "1")]
    assert [(move["from"], move["to"]) for move in registry.list_moves("tiny")] == expected
    assert promote_killed(uri, "version=2") == 0
    assert [(move["from"], move["to"]) for move in registry.list_moves("tiny")] == [*expected, ("1", "2")]
    assert "by hand in MLflow" in registry.list_moves("tiny")[2]["why"]
