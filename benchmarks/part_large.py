"""What grows with the rows: time, memory and files of a sweep and of its comparison; and one search for all k."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from claims import Claim, Fact, Outcome, number
from commands import ROOT, TRAIN, peak_memory, python, timed
from large_table import TARGET, make_table
from progress import Say
from results import machine, rows
from stores import Place, Workshop

ORDER = 8
SIZES = {"large": 100_000, "columns": 50, "neighbors": 50_000}
TEXT = "large.md"
FULL = 4.0  # GB of all processes together
SEEDS, CANDIDATES = 5, 10
# Ten candidates of three families.
AXES = ("estimator=knn,logistic,hgb", "estimator.n_neighbors=5,15,25,35", "estimator.C=0.1,1,10")
AXES += ("estimator.learning_rate=0.05,0.1,0.2", "estimator.max_leaf_nodes=31", f"split.seed=range({SEEDS})")
SEARCHED, KS, ALONE = 20, 30, (1, 15)  # columns; values of n_neighbors from 1; those that search for themselves
LEAST = 15
COMPARE = ROOT / "experiments" / "compare.py"
GROWTH = 1.2  # of what a prediction costs, at ten times the rows
# Read by Python as it starts: each process that opens the table for reading says so.
_WATCH = """import os, sys
def note(event, given, table={table!r}, log={log!r}):
    if event == "open" and isinstance(given[0], (str, os.PathLike)) and os.fspath(given[0]) == table:
        with open(log, "a") as file: file.write(str(os.getpid()) + "\\n")
sys.addaudithook(note)
"""


@dataclass(frozen=True)
class Grown:
    """What one size of table cost: seconds, GB of memory of all processes (None off Linux), MB of the predictions."""

    rows: int
    predictions: int
    sweep: float
    sweep_memory: float | None
    compare: float
    compare_memory: float | None
    megabytes: float
    readings: int = 0  # of the table, by the process that read it most often


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Sweep and compare at three sizes, the largest last; then let thirty k share a search, and two not."""
    every = [max(300, sizes["large"] // part) for part in (100, 10, 1)]
    grown = []
    for count in every:
        say(f"large: {CANDIDATES} candidates by {SEEDS} seeds on {count:,} rows by {sizes['columns']} columns")
        grown.append(grow(shop, count, sizes["columns"]))
    say(f"large: {KS} values of k on {sizes['neighbors']:,} rows by {SEARCHED} columns")
    return outcome(grown, sizes, search_ratio(shop, sizes["neighbors"]))


def grow(shop: Workshop, count: int, columns: int) -> Grown:
    """Measure one size."""
    place, table = shop.place(wal=True), write_table(shop, count, columns)
    with watched(place, table) as log:
        words = sweep_words(place, table, *AXES)
        began = time.perf_counter()
        memory = peak_memory(words, place.folder)
        sweep = time.perf_counter() - began
    again = python(
        COMPARE, f"tracking.uri={place.uri}", f"dataset.name={table.stem}", f"hydra.run.dir={place.folder / 'compare'}"
    )
    compare_seconds = timed(again, place.folder).seconds
    compare_memory = peak_memory(again, place.folder)
    if len(place.ends()) != CANDIDATES * SEEDS:
        raise RuntimeError(f"{len(place.ends())} runs are FINISHED in {place.database}, not {CANDIDATES * SEEDS}.")
    (parquet,) = place.folder.rglob("predictions.parquet")
    gigabytes = [None if bytes_ is None else bytes_ / 1e9 for bytes_ in (memory, compare_memory)]
    megabytes, predictions = parquet.stat().st_size / 1e6, len(pd.read_parquet(parquet, columns=["row"]))
    readings = max(Counter(log.read_text().split()).values(), default=0)
    return Grown(count, predictions, sweep, gigabytes[0], compare_seconds, gigabytes[1], megabytes, readings)


def search_ratio(shop: Workshop, count: int) -> tuple[float, float]:
    """Return the seconds of thirty runs that share a search, and of one that does not, both by the runs' own stamps."""
    table, seconds = write_table(shop, count, SEARCHED), []
    for ks in (f"range(1,{KS + 1})", ",".join(map(str, ALONE))):
        place = shop.place(wal=True)
        axes = (f"estimator.n_neighbors={ks}", "split.seed=0", "hydra.launcher.n_jobs=1", "baselines=[]")
        timed(sweep_words(place, table, *axes), place.folder)
        ((first, last),) = place.query(
            "select min(start_time), max(end_time) from runs where run_uuid in "
            "(select run_uuid from latest_metrics where key = 'fit_seconds')"
        )
        seconds.append((last - first) / 1000)
    return seconds[0], seconds[1] / len(ALONE)


def write_table(shop: Workshop, count: int, columns: int) -> Path:
    """Write a table of so many rows and columns, and return its file."""
    path = shop.folder / f"large{count}x{columns}.csv"
    make_table(count, columns).to_csv(path, index=False)
    return path


def sweep_words(place: Place, table: Path, *axes: str) -> list[str]:
    """Return the command of a sweep over a table."""
    data = ("dataset=csv", f"dataset.path={table}", f"dataset.target={TARGET}", "preprocess=standardize")
    return python(TRAIN, "-m", f"tracking.uri={place.uri}", f"hydra.sweep.dir={place.folder / 'sweep'}", *data, *axes)


@contextmanager
def watched(place: Place, table: Path) -> Iterator[Path]:
    """Have each process that opens a table write its number into a file, which is yielded."""
    log, before = place.folder / "readings.log", os.environ.get("PYTHONPATH")
    log.touch()
    (place.folder / "sitecustomize.py").write_text(_WATCH.format(table=str(table), log=str(log)))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(place.folder), before)))
    try:
        yield log
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def outcome(grown: Sequence[Grown], sizes: Mapping[str, int], search: tuple[float, float]) -> Outcome:
    """Hold the sizes against one another, and the shared search against its own runs."""
    command, largest, before = 'make bench ARGS="large"', grown[-1], grown[-2]
    where = f"{largest.rows:,} rows by {sizes['columns']} columns"
    shared, alone = search
    claims = [
        *(
            Claim(
                what=f"memory of all processes, {what}, {where}",
                measured=[used],
                limit=FULL,
                unit=" GB",
                command=command,
            )
            for what, used in (("a sweep", largest.sweep_memory), ("its comparison", largest.compare_memory))
            if used is not None
        ),
        Claim(
            what=f"readings of the table by one process of a sweep, {where}",
            measured=[largest.readings],
            limit=1,
            unit="",
            command=command,
        ),
        *(
            Claim(
                what=f"{what} a prediction, {largest.rows:,} rows against {before.rows:,}",
                measured=[getattr(largest, key) / largest.predictions / (getattr(before, key) / before.predictions)],
                limit=GROWTH,
                command=command,
            )
            for what, key in (("predictions.parquet", "megabytes"), ("time of comparing", "compare"))
        ),
        Claim(
            what=f"{KS} runs that search by themselves against {KS} that share a search, "
            f"{sizes['neighbors']:,} rows by {SEARCHED} columns",
            measured=[KS * alone / shared],
            limit=LEAST,
            at_least=True,
            command=command,
        ),
    ]
    facts = [
        Fact(what=f"{KS} values of k that share a search", measured=[shared], unit=" s"),
        Fact(what="one value of k that searches by itself", measured=[alone], unit=" s"),
    ]
    note = (
        f"Large tables are swept as {CANDIDATES} candidates of three families by {SEEDS} seeds; what grows how is in "
        f"{TEXT}. Runs that share a search, and those that do not, are timed by their own stamps, one after another "
        "in one process."
    )
    return Outcome(claims=claims, facts=facts, notes=[note], files={TEXT: describe(grown, sizes).encode()})


def describe(grown: Sequence[Grown], sizes: Mapping[str, int]) -> str:
    """Return the sizes as a table in Markdown."""
    head = ("rows", "test predictions", "sweep", "its memory", "predictions.parquet", "compare", "its memory")
    lines = [
        (
            f"{one.rows:,}",
            f"{one.predictions:,}",
            f"{number(one.sweep)} s",
            gigabytes(one.sweep_memory),
            f"{number(one.megabytes)} MB",
            f"{number(one.compare)} s",
            gigabytes(one.compare_memory),
        )
        for one in grown
    ]
    parts = [
        "# What grows with the rows",
        f"{CANDIDATES} candidates of three families (`{' '.join(AXES)}`) on {sizes['columns']} columns, whole commands "
        f'with their start; memory is of all processes together. Measured by `make bench ARGS="large"` on {machine()}',
        rows(head, lines),
    ]
    return "\n\n".join(parts) + "\n"


def gigabytes(value: float | None) -> str:
    """Write an amount of memory."""
    return "–" if value is None else f"{number(value)} GB"
