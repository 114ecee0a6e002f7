"""Clients that ask a page or a scoring server for one row at a time, and how long they wait."""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
PATIENCE = 120  # seconds in which a program has to answer first
JSON = {"content-type": "application/json"}

Ask = Callable[[http.client.HTTPConnection, list[float]], str]


@dataclass(frozen=True)
class Load:
    """What came of asking for some seconds: answers a second, and the 99th percentile of the waits by their median."""

    rate: float
    spread: float

    @classmethod
    def of(cls, port: int, ask: Ask, clients: int, seconds: float) -> Load:
        """Ask with so many clients at once, each on one connection."""
        waits: list[list[float]] = [[] for _ in range(clients)]
        end = time.perf_counter() + seconds

        def client(number: int) -> None:
            connection, chance = _connected(port), random.Random(number)
            while time.perf_counter() < end:
                began = time.perf_counter()
                ask(connection, [round(chance.uniform(1, 8), 1) for _ in COLUMNS])
                waits[number].append(time.perf_counter() - began)
            connection.close()

        threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        every = sorted(wait for own in waits for wait in own)
        return cls(len(every) / seconds, every[int(0.99 * (len(every) - 1))] / every[len(every) // 2])


def invocation(connection: http.client.HTTPConnection, row: list[float]) -> str:
    """Ask by MLflow's scoring protocol."""
    body = {"dataframe_split": {"columns": COLUMNS, "data": [row]}}
    return json.loads(_sent(connection, "POST", "/invocations", json.dumps(body)))["predictions"][0]


def prediction(connection: http.client.HTTPConnection, row: list[float]) -> str:
    """Ask a Gradio page's endpoint, as its client does: a call, and the stream of its answer."""
    path = "/gradio_api/call/predict"
    event = json.loads(_sent(connection, "POST", path, json.dumps({"data": row})))["event_id"]
    told = _sent(connection, "GET", f"{path}/{event}", None)
    return json.loads(told.partition("data: ")[2])[0]


def first_answer(port: int, ask: Ask, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program that was just started answers.

    Raises
    ------
    RuntimeError : where it has ended, or does not in time.
    """
    end = time.perf_counter() + PATIENCE
    while process.poll() is None and time.perf_counter() < end:
        try:
            ask(_connected(port), [5.1, 3.5, 1.4, 1.0])
            return
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.02)
    raise RuntimeError(f"Port {port} does not answer: {process.args}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def _connected(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _sent(connection: http.client.HTTPConnection, method: str, path: str, body: str | None) -> str:
    connection.request(method, path, body, JSON if body else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise http.client.HTTPException(f"{answer.status}: {text[:200]}")
    return text
