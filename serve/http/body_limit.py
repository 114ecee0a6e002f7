"""A limit on what one request may send, whatever its route."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UPLOAD = "/upload"  # for which gradio has a limit of its own


class BodyLimit:
    """Refuses bodies of more than `most_mb` MB with 413, as soon as their length is known."""

    def __init__(self, app: ASGIApp, most_mb: float) -> None:
        self._app, self._most_mb = app, most_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and stop its body where it is too large."""
        if scope["type"] != "http" or scope["path"].endswith(_UPLOAD):
            return await self._app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        size = 0

        async def receive_some() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if max(size, int(announced)) > self._most_mb * 2**20:
                raise HTTPException(413, f"The request is larger than {self._most_mb:g} MB, the most that is taken.")
            return message

        await self._app(scope, receive_some, send)
