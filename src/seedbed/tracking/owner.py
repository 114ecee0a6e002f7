"""Which process owns a sweep: it says so in the parent's tags, and keeps saying that it lives."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from seedbed.tracking.names import Tags

HEARTBEAT = 30.0  # seconds between two signs of life
_SILENCE = 300.0  # seconds after which a process that cannot be seen from here counts as dead
_STATE, _STARTED = 0, 19  # in /proc/PID/stat behind the name, as proc(5) counts from there


@dataclass(frozen=True)
class Owner:
    """A process: its host, and its id with the time when it started, which no later process has."""

    host: str
    machine: str
    pid: int
    started: str | None

    @classmethod
    def of_this_process(cls) -> Owner:
        """Return this process."""
        machine = _read("/etc/machine-id")
        with suppress(OSError):
            machine += os.readlink("/proc/self/ns/pid")  # containers of one host count their processes apart
        return cls(platform.node(), machine, os.getpid(), _find_start(os.getpid()))

    @property
    def words(self) -> str:
        """It as a phrase."""
        return f"process {self.pid} on {self.host}"

    def tags(self) -> dict[str, str]:
        """Return the tags by which it claims a sweep now."""
        return {str(Tags.OWNER): json.dumps(asdict(self)), **make_heartbeat()}


def make_heartbeat() -> dict[str, str]:
    """Return the tag of a sign of life now, in seconds since 1970."""
    return {str(Tags.HEARTBEAT): f"{time.time():.0f}"}


def find_owner(status: str, tags: Mapping[str, str]) -> Owner | None:
    """Return the living process that owns the sweep of a parent run with this status and tags, None without one."""
    if status != "RUNNING" or Tags.OWNER not in tags:
        return None
    owner, this = Owner(**json.loads(tags[Tags.OWNER])), Owner.of_this_process()
    if (owner.host, owner.machine) == (this.host, this.machine) and owner.started and this.started:
        alive = _find_start(owner.pid) == owner.started
    else:
        alive = time.time() - float(tags[Tags.HEARTBEAT]) < _SILENCE
    return owner if alive else None


def _find_start(pid: int) -> str | None:
    """Return when a living process of this machine started, None if it is dead or cannot be seen."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    alive = fields and fields[_STATE] not in "ZX"
    return f"{_read('/proc/sys/kernel/random/boot_id')} {fields[_STARTED]}" if alive else None


def _read(file: str) -> str:
    with suppress(OSError):
        return Path(file).read_text(errors="replace").strip()
    return ""
