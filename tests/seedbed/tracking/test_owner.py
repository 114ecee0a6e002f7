"""Who owns a sweep: a process of this host while it lives, another host's while it is heard of."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from seedbed.config.dataset import Dataset
from seedbed.execution.engines.engine import SweepTarget
from seedbed.execution.engines.worker import serve_heartbeat
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.owner import Owner, find_owner


def tags_of(owner: Owner, seconds_ago: float) -> dict[str, str]:
    return owner.tags() | {str(Tags.HEARTBEAT): f"{time.time() - seconds_ago:.0f}"}


def test_this_process_owns_a_sweep_while_it_runs_however_long_it_was_silent() -> None:
    owner = Owner.of_this_process()
    assert find_owner("RUNNING", owner.tags()) == owner
    assert find_owner("KILLED", owner.tags()) is None
    assert find_owner("RUNNING", {}) is None  # of an earlier version


def test_a_dead_process_of_this_host_has_no_claim_at_once() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from seedbed.tracking.owner import Owner; import json; print(json.dumps(Owner.of_this_process().tags()))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    tags = json.loads(done.stdout)
    assert find_owner("RUNNING", tags) is None
    this = Owner.of_this_process()
    assert find_owner("RUNNING", tags_of(replace(this, started="an earlier process 1"), 0)) is None
    assert find_owner("RUNNING", tags_of(this, 3600)) == this


def test_a_process_that_nobody_has_buried_is_dead() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(Owner.of_this_process().tags()).encode())
        os._exit(0)
    tags = json.loads(os.read(reader, 10_000))
    deadline = time.monotonic() + 30
    while find_owner("RUNNING", tags) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert find_owner("RUNNING", tags) is None
    os.waitpid(child, 0)


@pytest.mark.parametrize("other", [{"host": "elsewhere"}, {"machine": "another container"}, {"started": None}])
def test_a_process_that_cannot_be_seen_is_dead_after_five_minutes_of_silence(other: dict[str, Any]) -> None:
    owner = replace(Owner.of_this_process(), **other)
    assert find_owner("RUNNING", tags_of(owner, 280)) == owner
    assert find_owner("RUNNING", tags_of(owner, 320)) is None


def test_an_owner_is_heard_of_until_it_closes_its_connection(store_uri: str, runner_on: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)  # which only a process of its own may set
    writer = runner_on(store_uri).writer
    run_id = writer.start("2 runs", {str(Tags.HEARTBEAT): "0"}, Kind.SWEEP)
    mine, theirs = multiprocessing.Pipe()
    target = SweepTarget(store_uri, writer.experiment_id, run_id, Dataset(), (), "", "")
    heart = threading.Thread(target=serve_heartbeat, args=(theirs, target, 0.05))
    heart.start()
    deadline = time.monotonic() + 60
    while writer.store.client.get_run(run_id).data.tags[Tags.HEARTBEAT] == "0" and time.monotonic() < deadline:
        time.sleep(0.05)
    mine.close()
    heart.join(30)
    assert not heart.is_alive()
    assert time.time() - float(writer.store.client.get_run(run_id).data.tags[Tags.HEARTBEAT]) < 60
