"""Runs commands side by side of which only one is at work at any moment, so that all meet the same machine.

A machine's speed changes from one half minute to the next by more than what is to be told apart; turns of a second
share the changes out evenly. A command that waits is stopped, with all processes that came from it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands import CommandFailed, environment

TURN = 1.0  # seconds


@dataclass(frozen=True)
class Turns:
    """When a command was at work: begin and end of each turn, in seconds since 1970."""

    spans: Sequence[tuple[float, float]]

    @property
    def seconds(self) -> float:
        """How long it was at work."""
        return self.until(self.spans[-1][1])

    def until(self, moment: float) -> float:
        """Return how long it had been at work at a moment."""
        return sum(min(end, moment) - begin for begin, end in self.spans if begin < moment)


def in_turns(commands: Mapping[str, tuple[Sequence[str], Path]], turn: float = TURN) -> dict[str, Turns]:
    """Run commands, each in its folder, to their ends; they take turns in their order.

    Raises
    ------
    CommandFailed : with its last lines.
    """
    spans: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, (words, folder) in commands.items():
            processes[name] = _started(words, folder)
        at_work = list(commands)
        while at_work:
            for name in list(at_work):
                begin = time.time()
                ended = _has_turn(processes[name], turn)
                spans[name].append((begin, time.time()))
                if ended:
                    at_work.remove(name)
                    if processes[name].returncode != 0:
                        raise CommandFailed(commands[name][0], _log(commands[name][1]))
    finally:
        for process in processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return {name: Turns(each) for name, each in spans.items()}


def _log(folder: Path) -> Path:
    return folder / "words.log"


def _started(words: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, and stop it."""
    with _log(folder).open("wb") as log:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    os.killpg(process.pid, signal.SIGSTOP)
    return process


def _has_turn(process: subprocess.Popen[bytes], turn: float) -> bool:
    """Let a command work for a while; say whether it ended."""
    os.killpg(process.pid, signal.SIGCONT)
    try:
        process.wait(turn)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGSTOP)
        return False
    return True
