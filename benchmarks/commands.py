"""Runs commands as a person would, and measures their time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RIVALS = Path(__file__).resolve().parent / "rivals"
TRAIN = ROOT / "experiments" / "train.py"
PROC = Path("/proc")
SAMPLE = 0.2  # seconds from one look at the memory to the next
_KEPT_OUT = ("MLFLOW_", "HYDRA_", "SEEDBED_")


class CommandFailed(Exception):
    """A command that ended with an error; its last lines."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        super().__init__(f"This command failed: {' '.join(command)}\n{tail}")


@dataclass(frozen=True)
class Timed:
    """When a command was started (seconds since 1970) and how long it took (seconds)."""

    began: float
    seconds: float


def python(script: Path, *words: str) -> list[str]:
    """Return the command that runs a script with this Python."""
    return [sys.executable, str(script), *words]


def environment() -> dict[str, str]:
    """Return the shell's variables without those that would change what a command does; nobody sends usage data."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_OUT)}
    return {**kept, "MLFLOW_DISABLE_TELEMETRY": "true"}


@contextmanager
def running(command: Sequence[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a folder with its words in a file; it is gone at the end."""
    with log.open("wb") as words:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def timed(command: Sequence[str], folder: Path) -> Timed:
    """Run a command to its end.

    Raises
    ------
    CommandFailed : with its last lines.
    """
    log = folder / "words.log"
    began, clock = time.time(), time.perf_counter()
    with running(command, folder, log) as process:
        code = process.wait()
        seconds = time.perf_counter() - clock
    if code != 0:
        raise CommandFailed(command, log)
    return Timed(began, seconds)


def lines_of(command: Sequence[str], folder: Path) -> list[str]:
    """Run a command to its end and return the lines that it printed, warnings apart; raises as `timed`."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        (folder / "words.log").write_text(done.stdout + done.stderr)
        raise CommandFailed(command, folder / "words.log")
    return done.stdout.splitlines()


def imported(script: Path, folder: Path, *words: str) -> tuple[float, int | None]:
    """Run a script that prints a line once it has imported; return the seconds until then, and what `memory_of` says.

    The script waits for the end of its input, so that its memory can be looked at.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        python(script, *words),
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        process.stdout.readline()
        seconds, memory = time.perf_counter() - began, memory_of(process.pid)
        process.stdin.close()
    return seconds, memory


def memory_of(process: int) -> int | None:
    """Return the bytes of a process and all that came from it, shared pages counted once (PSS); None off Linux."""
    if not (PROC / "self" / "smaps_rollup").exists():
        return None
    return sum(_pss(member) for member in tree(process))


def tree(process: int) -> set[int]:
    """Return a process and all that came from it."""
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            try:
                # The name stands in brackets and may hold anything; the parent is the second word behind it.
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    found, new = set(), {process}
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in new} - found
    return found


def _pss(process: int) -> int:
    try:
        lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def peak_memory(command: Sequence[str], folder: Path) -> int | None:
    """Run a command and return the highest PSS that its processes had together; None off Linux.

    Raises
    ------
    CommandFailed : with its last lines.
    """
    peak, log = 0, folder / "words.log"
    with running(command, folder, log) as process:
        while process.poll() is None:
            now = memory_of(process.pid)
            if now is None:
                return None
            peak = max(peak, now)
            time.sleep(SAMPLE)
        code = process.returncode
    if code != 0:
        raise CommandFailed(command, log)
    return peak
