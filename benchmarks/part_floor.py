"""What a run costs beside the least that its records can cost: Seedbed and `floor`, second by second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claims import Claim, Fact, Outcome, ratios
from part_speed import Grid, rivals
from progress import Say
from stores import Place, Workshop, cost_by_stamps
from turns import TURN, Turns, in_turns

ORDER = 2
SIZES = {"rounds": 3, "close": 900}
COMMAND = 'make bench ARGS="floor"'
PAIR = ("floor", "seedbed")


@dataclass(frozen=True)
class Cost:
    """Seconds of one run more, start-up apart: by the whole commands, and by the runs' own stamps."""

    run: float
    stamped: float


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Measure both at once; who has the first turn changes from round to round."""
    sweep, part = Grid.of(sizes["close"]), Grid.of(max(2, sizes["close"] // 10))
    found: dict[str, list[Cost]] = {name: [] for name in PAIR}
    for number in range(sizes["rounds"]):
        say(f"floor, round {number + 1} of {sizes['rounds']}: {' and '.join(PAIR)} in turns, {sweep.runs} runs each")
        order = PAIR[:: -1 if number % 2 else 1]
        less, more = (at_work(shop, order, grid) for grid in (part, sweep))
        for name in PAIR:
            found[name].append(cost(less[name], more[name]))
    return outcome(found, part.runs, sweep.runs)


def at_work(shop: Workshop, order: tuple[str, ...], grid: Grid) -> dict[str, tuple[Turns, list[float]]]:
    """Return when each was at work, and how long it had been at the end of each run."""
    places: dict[str, Place] = {name: shop.place(wal=True) for name in order}
    who = rivals({"sweep": grid.runs, "tuned": 1, "tutorial": 1})
    turns = in_turns({name: (who[name].words(shop, places[name], grid), places[name].folder) for name in order})
    ends = {name: [turns[name].until(end) for end in places[name].ends()] for name in order}
    for name, each in ends.items():
        if len(each) != grid.runs:
            raise RuntimeError(f"{grid.runs} runs were asked for, {len(each)} are FINISHED in {places[name].database}.")
    return {name: (turns[name], ends[name]) for name in order}


def cost(less: tuple[Turns, list[float]], more: tuple[Turns, list[float]]) -> Cost:
    """Return what a run costs from a small sweep and a large one."""
    (small, ends_of_small), (large, ends) = less, more
    run = (large.seconds - small.seconds) / (len(ends) - len(ends_of_small))
    return Cost(run, cost_by_stamps(ends, max(1, len(ends) // 10)))


def outcome(found: Mapping[str, list[Cost]], part: int, sweep: int) -> Outcome:
    """Compare them."""
    by_clock, by_stamps = (
        ratios(*([getattr(one, value) for one in found[name]] for name in reversed(PAIR)))
        for value in ("run", "stamped")
    )
    what = "a run of Seedbed against `floor`'s, in as many processes"
    claims = [
        Claim(what=what, measured=by_clock, limit=1.1, command=COMMAND),
        Claim(what="the same by the runs' own stamps", measured=by_stamps, command=COMMAND),
    ]
    facts = [
        Fact(what=f"{name}, a run, in turns", measured=[1000 * one.run for one in found[name]], unit=" ms")
        for name in PAIR
    ]
    note = (
        f"Seedbed and `floor` are compared in turns of {TURN:g} s: both commands are started, and only one is at work "
        "at any moment, so that a machine that slows down or speeds up does so for both. A run is the difference of "
        f"sweeps of {part} and {sweep} runs in time at work."
    )
    return Outcome(claims=claims, facts=facts, notes=[note])
