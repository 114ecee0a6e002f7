"""A user and a password in front of the page and of all its routes but those that ask whether it lives."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from seedbed.errors import BadInput

VARIABLE = "SEEDBED_AUTH"
_OPEN = ("/ping", "/health")
_STARTING = "/gradio_api/startup-events"


@dataclass(frozen=True)
class Login:
    """The user and the password that are asked for."""

    user: str
    password: str = field(repr=False)


def read_login(auth_file: str | None, environ: Mapping[str, str]) -> Login | None:
    """Return the login from the file, else from SEEDBED_AUTH; None if neither is given.

    Both hold `user:password`; the password may hold colons. Of the file, blanks around it are left out.

    Raises
    ------
    BadInput : the file cannot be read, or there is no user or no password; the message holds neither.
    """
    source, text = VARIABLE, environ.get(VARIABLE)
    if auth_file is not None:
        source = f"auth_file={auth_file}"
        try:
            text = Path(auth_file).expanduser().read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{source} cannot be read; give a text file that holds user:password.") from error
        if "\n" in text or re.search(r"(^|\s)#", text):
            raise BadInput(f"{source} holds more than user:password; leave one line there, without a comment.")
    if text is None:
        return None
    user, _, password = text.partition(":")
    if not user or not password:
        raise BadInput(f"{source} does not hold a user and a password; give them as user:password.")
    return Login(user, password)


class BasicAuth:
    """Lets requests through that have the login by HTTP Basic; until `started`, gradio may ask itself one thing."""

    def __init__(self, app: ASGIApp, login: Login, started: Event) -> None:
        self._app, self._started = app, started
        self._expected = f"{login.user}:{login.password}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 if the login is missing or wrong."""
        if scope["type"] == "lifespan" or self._allows(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            refusal = PlainTextResponse(
                "A user and a password are needed.", 401, {"WWW-Authenticate": 'Basic realm="Seedbed"'}
            )
            await refusal(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        if scope["path"] in _OPEN or (not self._started.is_set() and scope["path"] == _STARTING):
            return True
        sent = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        kind, _, token = sent.partition(b" ")
        if kind.lower() != b"basic":
            return False
        try:
            given = base64.b64decode(token.strip(), validate=True)
        except binascii.Error:
            return False
        return secrets.compare_digest(given, self._expected)
