"""Many clients while the mark moves, and memory after many requests and sessions."""

from __future__ import annotations

import gc
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from serve.http.app import Running, launch
from serve.http.settings import Settings
from serve.model.predictions import answer
from serve.model.source import FolderSource, ServedModel

NewSettings = Callable[..., Settings]

ROWS = np.random.default_rng(13).uniform(0, 8, (200, 4)).round(2).tolist()
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


class MovingSource:
    """A source whose mark a test moves between versions that are all loaded anew at each move."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders, self._place = folders, 0

    def move(self) -> None:
        self._place += 1

    def version(self) -> str:
        return str(self._place)

    def load(self) -> ServedModel:
        place = self._place
        return FolderSource(self._folders[place % len(self._folders)], str(place)).load()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, new_iris_version: Callable[..., Path]) -> list[Path]:
    """Return two versions that answer some rows differently."""
    folder = tmp_path_factory.mktemp("versions")
    return [new_iris_version(folder / str(k), k=k) for k in (1, 149)]


@pytest.fixture(scope="module")
def source(folders: list[Path]) -> MovingSource:
    return MovingSource(folders)


@pytest.fixture(scope="module")
def running(source: MovingSource, new_settings: NewSettings) -> Iterator[Running]:
    running = launch(source, new_settings(port=0, poll_seconds=0.05))
    yield running
    running.close()


def asked(http: httpx.Client, address: str, row: list[float]) -> tuple[str, dict[str, float]]:
    """Return what `/predict` says: the class, and the probabilities that tell which version said it."""
    place = f"{address}gradio_api/call/predict"
    event = http.post(place, json={"data": row}).raise_for_status().json()["event_id"]
    told = http.get(f"{place}/{event}").raise_for_status().text
    assert told.startswith("event: complete\n"), told
    found = json.loads(told.partition("data: ")[2])
    return found[0], found[1]


@pytest.mark.parametrize(
    ("requests", "clients", "moves"), [(300, 8, 4), pytest.param(10_000, 32, 20, marks=pytest.mark.slow)]
)
def test_every_answer_is_that_of_the_version_that_gave_it(
    running: Running, source: MovingSource, folders: list[Path], requests: int, clients: int, moves: int
) -> None:
    models = [FolderSource(folder).load() for folder in folders]
    expected = [[answer(model, row) for row in ROWS] for model in models]
    both = [{answers[place].predicted for answers in expected} for place in range(len(ROWS))]
    done, moved, seen = itertools.count(), threading.Lock(), set()

    def ask(place: int) -> None:
        row = ROWS[place % len(ROWS)]
        if place % 4:
            told = http.post(f"{running.url}invocations", json={"instances": [dict(zip(COLUMNS, row, strict=True))]})
            assert told.raise_for_status().json()["predictions"][0] in both[place % len(ROWS)]
        else:
            predicted, shares = asked(http, running.url, row)
            version = 0 if max(shares.values()) == 1.0 else 1  # one neighbour is sure, 149 are not
            found = expected[version][place % len(ROWS)]
            assert (predicted, shares) == (found.predicted, dict(found.probabilities))
            seen.add(version)
        if next(done) % (requests // moves) == requests // moves - 1:
            with moved:
                source.move()

    limits = httpx.Limits(max_connections=clients)
    with httpx.Client(trust_env=False, timeout=60, limits=limits) as http, ThreadPoolExecutor(clients) as pool:
        order = list(range(requests))
        random.Random(13).shuffle(order)
        for future in [pool.submit(ask, place) for place in order]:
            future.result()
    assert seen == {0, 1}


def megabytes() -> float:
    """Return what this process, the page in it, holds in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


@pytest.mark.parametrize(("requests", "sessions"), [(120, 30), pytest.param(10_000, 500, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_requests_and_sessions(running: Running, requests: int, sessions: int) -> None:
    typed = httpx.get(f"{running.url}config", trust_env=False).json()["dependencies"]
    place = next(event["id"] for event in typed if any(target[1] == "change" for target in event["targets"]))

    def use(count: int, names: int) -> None:
        with httpx.Client(trust_env=False, timeout=60) as http:
            for turn in range(count):
                body = {"data": ROWS[turn % len(ROWS)], "fn_index": place, "session_hash": f"s{turn % names}"}
                http.post(f"{running.url}gradio_api/run/predict", json=body).raise_for_status()
                if turn % 4 == 0:  # these go through gradio's queue
                    asked(http, running.url, ROWS[turn % len(ROWS)])

    use(60, 20)  # what is made once
    before = megabytes()
    use(requests, sessions)
    time.sleep(0.1)
    assert megabytes() - before < 50
