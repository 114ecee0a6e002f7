"""What the page costs and how fast it answers, against `mlflow models serve`, the tutorial's page, and bare imports."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from claims import Claim, Fact, Outcome, ratios
from commands import RIVALS, ROOT, TRAIN, environment, imported, memory_of, python, timed
from page_load import Load, first_answer, free_port, invocation, prediction
from progress import Say
from stores import Place, Workshop

ORDER = 4
SIZES = {"rounds": 3, "seconds": 5}
COMMAND = 'make bench ARGS="page"'
IMPORTS = RIVALS / "page_imports.py"
PROMOTE = ROOT / "experiments" / "promote.py"
MODEL = "models:/iris@best"
FEW, MANY = 1, 16  # clients


@dataclass(frozen=True)
class Program:
    """A page or server: how it is started on a port, and how one request is made."""

    name: str
    command: Callable[[int], list[str]]
    folder: Path
    variables: Mapping[str, str]


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Measure every program in turn, round after round."""
    place = promoted(shop)
    found: dict[str, list[float]] = {}

    def note(name: str, value: float | None) -> None:
        if value is not None:
            found.setdefault(name, []).append(value)

    for number in range(sizes["rounds"]):
        for program in programs(place):
            say(f"page, round {number + 1} of {sizes['rounds']}: {program.name}")
            measure_program(program, sizes["seconds"], note)
        for name, words in (("imports", ()), ("alone imports", ("alone",))):
            seconds, memory = imported(IMPORTS, shop.folder, *words)
            note(f"{name} start", seconds)
            note(f"{name} memory", memory)
    return Outcome(claims=claims(found), facts=facts(found))


def promoted(shop: Workshop) -> Place:
    """Return a store with a version marked best, and its export beside it."""
    place = shop.place()
    uri = f"tracking.uri={place.uri}"
    timed(python(TRAIN, "-m", uri, "estimator.n_neighbors=5,7", "split.seed=0,1,2"), place.folder)
    timed(python(PROMOTE, uri), place.folder)
    timed([sys.executable, "-m", "serve.export", str(place.folder / "alone"), uri], place.folder)
    return place


def programs(place: Place) -> list[Program]:
    """Return the page, its export and their rivals."""
    store = {"MLFLOW_TRACKING_URI": place.uri}
    mlflow = [sys.executable, "-m", "mlflow", "models", "serve", "-m", MODEL, "--env-manager", "local", "-p"]
    alone = place.folder / "alone"
    return [
        Program(
            "page",
            lambda port: [sys.executable, "-m", "serve", f"port={port}", f"tracking.uri={place.uri}"],
            place.folder,
            {},
        ),
        Program("mlflow", lambda port: [*mlflow, str(port)], place.folder, store),
        Program("tutorial", lambda port: python(RIVALS / "page_tutorial.py", MODEL, str(port)), place.folder, store),
        Program("alone", lambda port: [sys.executable, "app.py"], alone, {}),
    ]


def measure_program(program: Program, seconds: int, note: Callable[[str, float | None], None]) -> None:
    """Start a program, wait for its first answer, look at its memory, and ask it for so many seconds."""
    asks = {
        "page": (invocation, prediction),
        "mlflow": (invocation,),
        "tutorial": (prediction,),
        "alone": (prediction,),
    }
    port, name = free_port(), program.name
    began = time.perf_counter()
    with started(program, port) as process:
        first_answer(port, asks[name][-1], process)
        note(f"{name} start", time.perf_counter() - began)
        note(f"{name} memory", memory_of(process.pid))
        if name == "alone":
            return
        for ask in asks[name]:
            for clients in (FEW, MANY):
                load = Load.of(port, ask, clients, seconds)
                note(f"{name} {ask.__name__} {clients}", load.rate)
                note(f"{name} {ask.__name__} {clients} spread", load.spread)


@contextmanager
def started(program: Program, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block."""
    variables = {**environment(), **program.variables, "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "0"}
    # MLflow looks for uvicorn there.
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables.get('PATH', '')}"
    process = subprocess.Popen(
        program.command(port),
        cwd=program.folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def claims(found: Mapping[str, list[float]]) -> list[Claim]:
    """Return what was promised of the page."""
    rates = [
        (f"`/invocations`, {FEW} client, against `mlflow models serve`", f"invocation {FEW}", "mlflow", 2.5),
        (f"`/invocations`, {MANY} clients, against `mlflow models serve`", f"invocation {MANY}", "mlflow", 8),
        (f"`/predict`, {MANY} clients, against the tutorial's page", f"prediction {MANY}", "tutorial", 1),
    ]
    costs = [
        ("start to first answer against the bare imports", "page start", "imports start", 1.2),
        ("memory against the bare imports", "page memory", "imports memory", 1.3),
        ("start to first answer against the tutorial's page", "page start", "tutorial start", 1),
        ("exported page: start against the bare imports", "alone start", "alone imports start", 1.3),
        ("exported page: memory against the bare imports", "alone memory", "alone imports memory", 1.3),
    ]
    spread = found[f"page invocation {MANY} spread"]
    return [
        *(
            Claim(what=what, measured=ratios(found[f"page {load}"], found[f"{rival} {load}"]), limit=limit,
                  at_least=True, command=COMMAND)
            for what, load, rival, limit in rates
        ),
        Claim(what=f"`/invocations`, {MANY} clients: p99 against p50", measured=spread, limit=3, command=COMMAND),
        *(
            Claim(what=what, measured=ratios(found[above], found[below]), limit=limit, command=COMMAND)
            for what, above, below, limit in costs
            if above in found and below in found
        ),
    ]  # fmt: skip


def facts(found: Mapping[str, list[float]]) -> list[Fact]:
    """Return every measurement by itself."""
    units = {"start": " s", "memory": " MB", str(FEW): " a second", str(MANY): " a second"}
    return [
        Fact(what=name, measured=[value / 1e6 if end == "memory" else value for value in values], unit=units[end])
        for name, values in found.items()
        if (end := name.split()[-1]) in units
    ]
