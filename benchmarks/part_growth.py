"""Whether a late run of a sweep costs more than an early one, and what comparing so many costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

from claims import Claim, Fact, Outcome, ratios
from commands import RIVALS, TRAIN, CommandFailed, python, running, timed
from progress import Say
from stores import Place, Workshop

ORDER = 3
SIZES = {"growth": 5000, "rounds": 3}
FULL = 5000
BLOCK = 100
CANDIDATES = 50  # n_neighbors from 1; the rest of the size is seeds
# Left to itself, scikit-learn takes another algorithm for the last candidates, which costs a run a tenth more.
ALIKE = "estimator.algorithm=kd_tree"
COMPARE = python(Path(__file__).resolve().parent / "timed_compare.py")
LATE = 3  # blocks at the end


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Do one long sweep, compare its blocks of runs by their own stamps, then its candidates as a person does."""
    seeds = max(1, math.ceil(sizes["growth"] / CANDIDATES))
    runs = seeds * CANDIDATES
    say(f"growth: a sweep of {runs} runs")
    place = shop.place(wal=True)
    axes = [f"estimator.n_neighbors=range(1,{CANDIDATES + 1})", f"split.seed=range(0,{seeds})", ALIKE]
    words = python(TRAIN, "-m", f"tracking.uri={place.uri}", f"hydra.sweep.dir={place.folder / 'sweep'}", *axes)
    timed(words, place.folder)
    ends, fits = place.ends(), place.fit_seconds()
    seconds = {"loop": [], "compare": []}
    for number in range(sizes["rounds"]):
        say(f"growth, round {number + 1} of {sizes['rounds']}: reading and comparing {runs} runs")
        for name in list(seconds)[:: -1 if number % 2 else 1]:
            seconds[name].append(seconds_of(name, place))
    return compared(outcome(ends, fits, runs), seconds, runs)


def seconds_of(name: str, place: Place) -> float:
    """Return how long one way of reading a sweep's runs took, imports apart."""
    scripts = {"loop": python(RIVALS / "search_loop.py", place.uri, place.parent()), "compare": [*COMPARE, place.uri]}
    log = place.folder / f"{name}.log"
    with running(scripts[name], place.folder, log) as process:
        if process.wait() != 0:
            raise CommandFailed(scripts[name], log)
    return float(log.read_text(encoding="utf-8").split()[-1])


def compared(found: Outcome, seconds: Mapping[str, list[float]], runs: int) -> Outcome:
    """Add what comparing costs to what runs cost."""
    what = f"comparing a sweep of {runs:,} runs against reading them in one bare loop of MLflow's client"
    command = f'make bench ARGS="growth growth={runs}"'
    claim = Claim(what=what, measured=ratios(seconds["compare"], seconds["loop"]), limit=3, command=command)
    facts = [
        Fact(what=f"{name}, {runs:,} runs", measured=seconds[key], unit=" s")
        for key, name in (("loop", "bare loop of MLflow's client"), ("compare", "compare.py, imports apart"))
    ]
    return replace(found, claims=[*found.claims, claim], facts=[*found.facts, *facts])


def outcome(ends: list[float], fits: list[float], runs: int) -> Outcome:
    """Compare blocks.

    Parameters
    ----------
    ends : when the runs ended, seconds, in order.
    fits : how long each of their fits took, seconds: the machine's own speed at that time.
    """
    block = min(BLOCK, runs // 4)
    early, late = (block // 2, block + block // 2), [(runs - n * block, runs - (n - 1) * block) for n in (3, 2, 1)]
    late = [span for span in late[-LATE:] if span[0] >= early[1]] or [(runs - block, runs)]
    first = cost(ends, early)
    raw = [cost(ends, span) / first for span in late]
    speed = [median(fits[slice(*span)]) / median(fits[slice(*early)]) for span in late]
    what = f"run {runs:,} of a sweep against run {block:,}"
    command = f'make bench ARGS="growth growth={runs}"'
    claims = [
        Claim(what=what, measured=raw, limit=1.2, command=command),
        Claim(what=f"{what}, in fits of the same minute", measured=divided(raw, speed), command=command),
    ]
    facts = [
        Fact(what=f"a run of Seedbed around run {block:,}", measured=[1000 * first], unit=" ms"),
        Fact(what=f"a run of Seedbed around run {runs:,}", measured=[1000 * cost(ends, s) for s in late], unit=" ms"),
    ]
    note = (
        f"Growth compares blocks of {block} runs of one sweep by the stamps of their ends, all with "
        f"{ALIKE}. The second line divides by how long a fit took in the same block, which the sweep's length cannot "
        "change, only the machine's speed."
    )
    less = f' The promise is about {FULL:,} runs: `make bench ARGS="growth growth={FULL}"` takes that long.'
    return Outcome(claims=claims, facts=facts, notes=[note + (less if runs < FULL else "")])


def cost(ends: list[float], span: tuple[int, int]) -> float:
    """Return seconds a run of the runs from one place to another."""
    first, last = span
    return (ends[last - 1] - ends[first - 1]) / (last - first)


def divided(values: list[float], by: list[float]) -> list[float]:
    """Divide one by one."""
    return [one / other for one, other in zip(values, by, strict=True)]
