"""Reaching this machine's own addresses whatever proxy the shell names; imports nothing that could need it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_LOCAL = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@contextlib.contextmanager
def past_proxies(*hosts: str) -> Iterator[None]:
    """Let `hosts` and this machine be reached directly meanwhile.

    A SOCKS proxy is unknown meanwhile: gradio's HTTP client, as it comes, ends the import of gradio on one.
    """
    before = {key: value for key, value in os.environ.items() if key.lower() in (*_PROXIES, "no_proxy")}
    for key, value in before.items():
        if key.lower() in _PROXIES and value.lower().startswith("socks"):
            del os.environ[key]
    named = [name for key in ("no_proxy", "NO_PROXY") for name in before.get(key, "").split(",") if name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(dict.fromkeys([*named, *_LOCAL, *hosts]))
    try:
        yield
    finally:
        for key in ("NO_PROXY", "no_proxy"):
            os.environ.pop(key, None)
        os.environ.update(before)
