"""What starting costs, in time and memory, against processes that do nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping

from claims import Claim, Fact, Outcome, ratios
from commands import RIVALS, TRAIN, imported, peak_memory, python, running, timed
from progress import Say
from stores import Workshop

ORDER = 2
SIZES = {"rounds": 3, "helps": 3}
COMMAND = 'make bench ARGS="start"'
IMPORTS = RIVALS / "bare_imports.py"
POLL = 0.05  # seconds from one look at the store to the next
ENOUGH = 300  # seconds in which a first run has to start


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Measure help, the first run and the memory, each beside what does nothing, round after round."""
    rounds, helps = sizes["rounds"], sizes["helps"]
    found: dict[str, list[float]] = {}

    def note(name: str, value: float | None) -> None:
        if value is not None:
            found.setdefault(name, []).append(value)

    for number in range(rounds):
        say(f"start, round {number + 1} of {rounds}: help, first run, memory")
        for _ in range(helps):
            note("bare help", timed(python(RIVALS / "bare_hydra.py", "--help"), shop.folder).seconds)
            note("help", timed(python(TRAIN, "--help"), shop.folder).seconds)
        seconds, memory = imported(IMPORTS, shop.folder)
        note("bare imports", seconds)
        note("first run", first_run(shop))
        note("bare memory", memory)
        note("memory", peak(shop) if memory is not None else None)
    return Outcome(claims=claims(found), facts=facts(found), notes=notes("memory" in found))


def first_run(shop: Workshop) -> float:
    """Start the default sweep, wait for its first run, interrupt it; return the seconds until that run started."""
    place = shop.place(wal=True)
    words = python(TRAIN, "-m", f"tracking.uri={place.uri}", f"hydra.sweep.dir={place.folder / 'sweep'}")
    began = time.time()
    with running(words, place.folder, place.folder / "words.log") as process:
        started = None
        while started is None and process.poll() is None and time.time() - began < ENOUGH:
            time.sleep(POLL)
            started = place.first_start()
        process.send_signal(signal.SIGINT)
        process.wait(60)
    if started is None:
        raise RuntimeError(f"No run started: {(place.folder / 'words.log').read_text()}")
    return started - began


def peak(shop: Workshop) -> float | None:
    """Return the most memory (bytes) that all processes of the default sweep have together."""
    place = shop.place(wal=True)
    words = python(TRAIN, "-m", f"tracking.uri={place.uri}", f"hydra.sweep.dir={place.folder / 'sweep'}")
    return peak_memory(words, place.folder)


def claims(found: Mapping[str, list[float]]) -> list[Claim]:
    """Return what was promised of starting."""
    pairs = [
        ("`train.py --help` against a bare Hydra program's `--help`", "help", "bare help", 1.3),
        ("`train.py -m` until its first run starts against the bare imports", "first run", "bare imports", 1.3),
        ("memory of all processes, default sweep, against the bare imports", "memory", "bare memory", 2.5),
    ]
    return [
        Claim(what=what, measured=ratios(found[above], found[below]), limit=limit, command=COMMAND)
        for what, above, below, limit in pairs
        if above in found
    ]


def facts(found: Mapping[str, list[float]]) -> list[Fact]:
    """Return every cost by itself."""
    names = {
        "bare help": "bare Hydra program, --help",
        "help": "train.py --help",
        "bare imports": "imports of mlflow, scikit-learn and seaborn",
        "first run": "train.py -m until its first run starts",
        "bare memory": "memory of the process with these imports",
        "memory": "memory of the default sweep, at most",
    }
    return [
        Fact(what=words, measured=[value / 1e6 if "memory" in name else value for value in found[name]], unit=unit)
        for name, words in names.items()
        if name in found
        for unit in [" MB" if "memory" in name else " s"]
    ]


def notes(with_memory: bool) -> list[str]:
    """Say how the numbers came about."""
    how = "Memory is PSS, shared pages counted once, of the command and all processes that came from it, looked at "
    return [how + "five times a second." if with_memory else "Memory was not measured: it needs Linux's /proc."]
