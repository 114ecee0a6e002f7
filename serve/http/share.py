"""A public link to the page, through gradio's own tunnel, if the network allows one.

Gradio's `launch(share=True)` waits up to half a minute without a network before the page is announced, and its page
then fetches its scripts from another host; so the page is launched as ever, and the tunnel opened beside it.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import urllib.error
import urllib.request
from typing import TextIO
from urllib.parse import urlsplit, urlunsplit

from gradio.networking import GRADIO_API_SERVER, GRADIO_SHARE_SERVER_ADDRESS, setup_tunnel

from seedbed.errors import NotDone


class _ForOthers(io.TextIOBase):
    """A stream that takes what all threads but this one write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._thread = stream, threading.get_ident()

    def write(self, text: str, /) -> int:
        return len(text) if threading.get_ident() == self._thread else self._stream.write(text)


def public_link(host: str, port: int, token: str, *, seconds: float = 8.0) -> str:
    """Return the address by which the page on a host and port is reached from anywhere, until this process ends.

    By the `token` that gradio made for it, the same page keeps its address; `seconds` are waited for a network.

    Raises
    ------
    NotDone : there is no network that answers in time, or gradio's servers do not open a tunnel.
    """
    if GRADIO_SHARE_SERVER_ADDRESS is None and not _can_reach(GRADIO_API_SERVER, seconds):
        raise NotDone("There is no public link: gradio's server for links cannot be reached; the page itself runs on.")
    try:
        with contextlib.redirect_stderr(_ForOthers(sys.stderr)):  # not for the tunnel's own log
            address = setup_tunnel(host, port, token, None, None)
    except Exception as error:  # whatever a download, a program or a certificate raises
        reason = " ".join(str(error).split(":")[0].split()).rstrip(".")
        raise NotDone(f"There is no public link: {reason}; the page itself runs on.") from error
    scheme = "https" if GRADIO_SHARE_SERVER_ADDRESS is None else "http"
    return urlunsplit(urlsplit(address)._replace(scheme=scheme))


def _can_reach(address: str, seconds: float) -> bool:
    """Return whether a server answers in time; looking up its name has no end of its own, so a thread does it."""
    answered: list[bool] = []

    def ask() -> None:
        with contextlib.suppress(OSError, ValueError):
            try:
                urllib.request.urlopen(address, timeout=seconds).close()
            except urllib.error.HTTPError as refusal:
                refusal.close()
            answered.append(True)

    thread = threading.Thread(target=ask, name="seedbed-share", daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answered)
