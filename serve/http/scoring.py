"""The routes of MLflow's scoring server, answered by the page's own model; waiting requests are predicted together."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.columns.cells import Empty
from seedbed.columns.schema import Schema
from serve.http.protocol import Refused, Rows, read_request
from serve.model.current import Current
from serve.model.source import ServedModel

_GONE = 499  # by which servers note in their logs that the client was gone
_TOGETHER = 1024  # rows that are predicted in one turn
_LARGE = 2**16  # bytes; a smaller body is read quicker than a thread is asked to


@dataclass(frozen=True, eq=False)
class _Waiting:
    """Rows that wait for their predictions, and the model that they came to."""

    model: ServedModel
    rows: Rows
    done: asyncio.Future[list[Any]]


class Scoring:
    """Answers `/invocations`, `/ping`, `/health` and `/version` as `mlflow models serve` does.

    A request is answered by the model that it came to, and holds at most `max_rows` rows.
    """

    def __init__(self, current: Current, max_rows: int) -> None:
        self._current, self._max_rows = current, max_rows
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        # One thread: predictions of scikit-learn side by side in threads gain nothing on small rows.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="seedbed-scoring")

    @property
    def routes(self) -> list[Route]:
        """The routes, for the app that gradio launches."""
        return [
            Route("/invocations", self._invocations, methods=["POST"]),
            *(Route(path, self._healthy, methods=["GET"]) for path in ("/ping", "/health")),
            Route("/version", self._version, methods=["GET"]),
        ]

    def close(self) -> None:
        """End the thread, after what it has begun."""
        self._thread.shutdown()

    async def _invocations(self, request: Request) -> Response:
        model = self._current.model
        try:
            rows = await self._read(request, model.card.features)
            predictions = []
            # One piece after the other, so that the rows of other clients get their turn in between.
            for start in range(0, len(rows), _TOGETHER):
                predictions += await self._enqueue(model, rows[start : start + _TOGETHER])
        except Refused as refused:
            return _json({"error_code": "BAD_REQUEST", "message": str(refused)}, refused.status)
        except ClientDisconnect:  # the client has gone, in the middle of asking
            return Response(status_code=_GONE)
        return _json({"predictions": predictions})

    async def _read(self, request: Request, schema: Schema) -> Rows:
        body = await request.body()
        read = partial(read_request, body, request.headers.get("content-type", ""), schema)
        rows = read() if len(body) < _LARGE else await asyncio.to_thread(read)
        if len(rows) > self._max_rows:
            raise Refused(413, f"The request has {len(rows)} rows, and at most {self._max_rows} are taken: split it.")
        return rows

    async def _healthy(self, request: Request) -> Response:
        return Response("\n", media_type="application/json")

    async def _version(self, request: Request) -> Response:
        return Response(_mlflow_version(), media_type="application/json")

    async def _enqueue(self, model: ServedModel, rows: Rows) -> list[Any]:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(model, rows, loop.create_future())
        self._waiting.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await waiting.done

    async def _work(self) -> None:
        """Predict what waits, again and again until nothing does; what comes meanwhile is the next turn's."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            turn = self._take_turn()
            try:
                answers = await loop.run_in_executor(self._thread, _predict_together, turn)
            except Exception as error:  # else these requests would wait for ever
                answers = [error] * len(turn)
            for waiting, answer in zip(turn, answers, strict=True):
                if waiting.done.done():  # the client has gone
                    continue
                if isinstance(answer, Exception):
                    waiting.done.set_exception(answer)
                else:
                    waiting.done.set_result(answer)

    def _take_turn(self) -> list[_Waiting]:
        """Take the requests from the front that came to the same model, up to so many rows."""
        first = self._waiting[0]
        count, rows = 0, 0
        for waiting in self._waiting:
            rows += len(waiting.rows)
            if waiting.model is not first.model or (count and rows > _TOGETHER):
                break
            count += 1
        turn, self._waiting = self._waiting[:count], self._waiting[count:]
        return turn


def _predict_together(turn: list[_Waiting]) -> list[list[Any] | Exception]:
    """Return one answer a request; a row that the estimator refuses spoils only its own request."""
    try:
        found = _predict(turn[0].model, np.concatenate([waiting.rows for waiting in turn]))
    except Refused as refused:
        return [refused] if len(turn) == 1 else [_predict_together([waiting])[0] for waiting in turn]
    ends = np.cumsum([len(waiting.rows) for waiting in turn])
    return [found[end - len(waiting.rows) : end] for waiting, end in zip(turn, ends, strict=True)]


def _predict(model: ServedModel, rows: Rows) -> list[Any]:
    try:
        predicted: list[Any] = model.predict(model.rows(rows)).tolist()
    except Exception as error:  # whatever an estimator says of numbers that it does not take
        for row, column in np.argwhere(np.isnan(rows) if model.card.plain else [])[:1]:
            raise Refused(400, f"Row {row + 1}: column {model.card.columns[column]} {Empty()}.") from error
        raise Refused(400, f"The model does not take these values: {' '.join(str(error).split())[:300]}") from error
    return predicted


def _mlflow_version() -> str:
    """Return the version of MLflow beside which this runs; an exported page runs without it."""
    try:
        return importlib.metadata.version("mlflow")
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status_code=status, media_type="application/json")
