"""A public link, or one sentence where the network allows none; `test_app.py` has the page that runs on."""

from __future__ import annotations

import socket
import sys
import threading
import time

import pytest

from seedbed.errors import NotDone
from serve.http import share
from serve.http.share import public_link


def test_a_network_that_does_not_answer_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:  # takes connections and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(
            NotDone, match=r"^There is no public link: .* cannot be reached; the page itself runs on\.$"
        ):
            public_link("127.0.0.1", 9, "token", seconds=0.3)
    assert time.monotonic() - begun < 3


def test_while_a_tunnel_opens_only_its_own_log_is_kept_from_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def open_tunnel(*_: object) -> str:
        print("the tunnel's log", file=sys.stderr)
        other = threading.Thread(target=print, args=("a warning of the page",), kwargs={"file": sys.stderr})
        other.start()
        other.join()
        return "http://a-link"

    monkeypatch.setattr(share, "GRADIO_SHARE_SERVER_ADDRESS", "127.0.0.1:9")
    monkeypatch.setattr(share, "setup_tunnel", open_tunnel)
    assert public_link("127.0.0.1", 9, "token") == "http://a-link"
    assert capsys.readouterr().err == "a warning of the page\n"
