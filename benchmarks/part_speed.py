"""What a run costs, Seedbed's and its rivals', side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from claims import Claim, Fact, Outcome, ratios
from commands import RIVALS, TRAIN, python, timed
from progress import Say
from same_records import differences
from stores import Place, Workshop, cost_by_stamps

ORDER = 1
SIZES = {"rounds": 3, "sweep": 300, "tuned": 40, "tutorial": 2}
COMMAND = 'make bench ARGS="speed"'


@dataclass(frozen=True)
class Grid:
    """A sweep's size: n_neighbors from 1, seeds from 0."""

    candidates: int
    seeds: int

    @classmethod
    def of(cls, runs: int) -> Grid:
        """Return a grid of about that many runs, ten seeds a candidate where there are enough."""
        seeds = 10 if runs >= 10 else 1
        return cls(max(1, runs // seeds), seeds)

    @property
    def runs(self) -> int:
        """How many runs it has."""
        return self.candidates * self.seeds

    @property
    def axes(self) -> list[str]:
        """The grid in Hydra's words."""
        return [f"estimator.n_neighbors=range(1,{self.candidates + 1})", f"split.seed=range(0,{self.seeds})"]

    @property
    def options(self) -> list[str]:
        """The grid in the words of rivals without Hydra."""
        return ["--candidates", str(self.candidates), "--seeds", str(self.seeds)]


Words = Callable[[Workshop, Place, Grid], list[str]]


@dataclass(frozen=True)
class Rival:
    """One way to do a sweep.

    Attributes
    ----------
    grid : of the sweep that is measured.
    small : of a second sweep, much smaller; the difference of both is without start-up. None: by the runs' own stamps.
    wal : whether the store is in WAL mode, as Seedbed makes its own.
    complete : whether it leaves complete runs, to be compared with Seedbed's.
    """

    words: Words
    grid: Grid
    small: Grid | None = None
    wal: bool = False
    complete: bool = True


@dataclass(frozen=True)
class Measured:
    """Seconds of one rival in one round.

    Attributes
    ----------
    wall : of the whole command.
    run : of one run more, start-up apart.
    """

    wall: float
    run: float | None


def rivals(sizes: Mapping[str, int]) -> dict[str, Rival]:
    """Return who is measured, in the order of a round."""
    sweep, tuned = Grid.of(sizes["sweep"]), Grid.of(sizes["tuned"])
    part, some = Grid.of(max(2, sizes["sweep"] // 10)), Grid.of(max(2, sizes["tuned"] // 10))
    return {
        "tutorial": Rival(hydra("tutorial.py"), Grid.of(sizes["tutorial"])),
        "tuned": Rival(hydra("tuned.py"), tuned, some),
        "tuned on joblib": Rival(hydra("tuned.py", "hydra/launcher=joblib", "hydra.launcher.n_jobs=-1"), tuned, some),
        "floor": Rival(alone("floor.py"), sweep, part, wal=True),
        "seedbed": Rival(seedbed, sweep, part, wal=True),
        "autolog": Rival(alone("autolog.py"), sweep, complete=False),
        "autolog without its model": Rival(alone("autolog.py", "--no-model"), sweep, complete=False),
    }


def seedbed(shop: Workshop, place: Place, grid: Grid) -> list[str]:
    """Return the words of Seedbed's sweep."""
    return python(TRAIN, "-m", f"tracking.uri={place.uri}", f"hydra.sweep.dir={place.folder / 'sweep'}", *grid.axes)


def hydra(script: str, *more: str) -> Words:
    """Return the words of a rival that uses Hydra."""

    def words(shop: Workshop, place: Place, grid: Grid) -> list[str]:
        data = [f"dataset.path={shop.csv}", f"dataset.digest='{shop.digest}'", f"tracking.uri={place.uri}"]
        folder = f"hydra.sweep.dir={place.folder / 'sweep'}"
        return python(RIVALS / script, "-m", *data, folder, *grid.axes, *more)

    return words


def alone(script: str, *more: str) -> Words:
    """Return the words of a rival without Hydra."""

    def words(shop: Workshop, place: Place, grid: Grid) -> list[str]:
        digest = ["--digest", shop.digest] if script == "floor.py" else []
        return python(RIVALS / script, "--uri", place.uri, "--table", str(shop.csv), *digest, *grid.options, *more)

    return words


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Measure all rivals, round after round; every other round in reverse, so that no one is always first."""
    who = rivals(sizes)
    found: dict[str, list[Measured]] = {name: [] for name in who}
    wrong: list[str] = []
    for number in range(sizes["rounds"]):
        kept: dict[str, Place] = {}
        for name in list(who)[:: -1 if number % 2 else 1]:
            say(f"speed, round {number + 1} of {sizes['rounds']}: {name}, {who[name].grid.runs} runs")
            measured, kept[name] = of_one(shop, who[name])
            found[name].append(measured)
        if number == 0:
            say("speed: comparing the records of all rivals with Seedbed's")
            mine = kept["seedbed"]
            wrong = [line for name in who if who[name].complete for line in differences(name, kept[name], mine)]
    return Outcome(claims=claims(found, who), facts=facts(found, who), notes=notes(who), wrong=wrong)


def of_one(shop: Workshop, rival: Rival) -> tuple[Measured, Place]:
    """Measure one rival once."""
    less = None
    if rival.small is not None:
        little = shop.place(wal=rival.wal)
        less = timed(rival.words(shop, little, rival.small), little.folder).seconds
    place = shop.place(wal=rival.wal)
    wall = timed(rival.words(shop, place, rival.grid), place.folder).seconds
    if not rival.complete:
        return Measured(wall, None), place
    ends = place.ends()
    if len(ends) != rival.grid.runs:
        raise RuntimeError(f"{rival.grid.runs} runs were asked for, {len(ends)} are FINISHED in {place.database}.")
    if less is None:
        return Measured(wall, cost_by_stamps(ends, max(1, len(ends) // 10))), place
    return Measured(wall, (wall - less) / (rival.grid.runs - rival.small.runs)), place


def claims(found: Mapping[str, list[Measured]], who: Mapping[str, Rival]) -> list[Claim]:
    """Return what was promised of runs and sweeps."""

    def by(value: str, above: str, below: str) -> list[float]:
        return ratios(*([getattr(one, value) for one in found[name]] for name in (above, below)))

    def claim(what: str, measured: list[float], **promise: Any) -> Claim:
        return Claim(what=what, measured=measured, command=COMMAND, **promise)

    runs, grid = who["seedbed"].grid.runs, who["autolog"].grid
    against = f"a sweep of {runs} complete runs against `autolog`'s {grid.candidates} summary runs"
    return [
        claim("a run of `tutorial` against Seedbed's", by("run", "tutorial", "seedbed"), limit=200, at_least=True),
        claim("the same against `floor`'s", by("run", "tutorial", "floor")),
        claim(
            "a run of `tuned`, basic launcher, against Seedbed's", by("run", "tuned", "seedbed"), limit=8, at_least=True
        ),
        claim(
            "a run of `tuned` on joblib against Seedbed's",
            by("run", "tuned on joblib", "seedbed"),
            limit=4,
            at_least=True,
        ),
        claim(f"{against}, wall time", by("wall", "seedbed", "autolog"), limit=1.1),
        claim("the same, `autolog` told to keep no model at all", by("wall", "seedbed", "autolog without its model")),
    ]


def facts(found: Mapping[str, list[Measured]], who: Mapping[str, Rival]) -> list[Fact]:
    """Return every cost by itself."""
    each = [
        Fact(what=f"{name}, a run", measured=[1000 * one.run for one in values if one.run is not None], unit=" ms")
        for name, values in found.items()
        if who[name].complete
    ]
    whole = [
        Fact(what=f"{name}, whole command, {kind(who[name])}", measured=[one.wall for one in values], unit=" s")
        for name, values in found.items()
    ]
    return each + whole


def kind(rival: Rival) -> str:
    """Say how many runs a command leaves."""
    return f"{rival.grid.runs} runs" if rival.complete else f"{rival.grid.candidates} summary runs"


def notes(who: Mapping[str, Rival]) -> list[str]:
    """Say how the numbers came about."""
    seedbed = who["seedbed"]
    return [
        "A run is what one more run costs, all workers together: the difference in wall time of two sweeps "
        f"({seedbed.small.runs} and {seedbed.grid.runs} runs; `tuned` {who['tuned'].small.runs} and "
        f"{who['tuned'].grid.runs}), divided by the difference in runs, so that composing and closing count and "
        "start-up does not; for `tutorial` the time from one run's end to the next one's.",
        "`autolog` leaves one summary run a candidate (mean scores over the splits), without figure, predictions, "
        "report and model; it keeps one model, the refitted best.",
        "All others leave the same records, run by run: params, metrics (to 1e-12), predictions, report, figure, "
        "config, table, and a model that loads and predicts the same; the benchmark compares them and fails otherwise.",
        "Stores are migrated beforehand; those of Seedbed and `floor` are in WAL mode, as Seedbed makes its own.",
    ]
