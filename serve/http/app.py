"""Launch the page and keep it running until it is stopped."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr

# Loading a model would import it too, but outside of `quick_imports`.
import skops.io  # noqa: F401
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from seedbed.errors import BadInput, NotDone
from serve.http.auth import BasicAuth, read_login
from serve.http.proxy import past_proxies
from serve.http.scoring import Scoring
from serve.http.settings import Settings
from serve.http.share import public_link
from serve.model.current import Current
from serve.model.source import ModelSource
from serve.ui.page import CSS, HEAD, build_page, make_theme

_SESSIONS = 100
_FORM = 2**14  # bytes around a file that a browser sends
# Gradio would send statistics of use, and make a table of up to 10,000 requests anew after each of them, for a page of
# its own that is off here; an answer would cost half as much again.
_NO_STATISTICS = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
}


@dataclass(frozen=True, eq=False)
class Running:
    """A page that answers, bound to `host`: gradio's own, its model, and its routes for programs."""

    page: gr.Blocks
    current: Current
    scoring: Scoring
    host: str

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.page.server_port or 0)

    @property
    def url(self) -> str:
        """The address that one types into a browser on this machine."""
        host = "localhost" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}/"

    def close(self) -> None:
        """Stop, answering what has begun."""
        self.current.close()
        self.page.close(verbose=False)
        self.scoring.close()


def launch(source: ModelSource, settings: Settings) -> Running:
    """Start the page in the background.

    Raises
    ------
    NotDone : the source's current model cannot be served.
    BadInput : the login or the pictures cannot be read, uploads cannot be written, the port is taken, or the address is
        not this machine's.
    """
    os.environ.update(_NO_STATISTICS)
    login, started = read_login(settings.auth_file, os.environ), threading.Event()
    check_upload_folder(Path(get_upload_folder()))
    guard = [] if login is None else [Middleware(BasicAuth, login=login, started=started)]
    limit = Middleware(RequestBodyLimitMiddleware, max_body_size=int(settings.max_file_mb * 2**20) + _FORM)
    port = free_port(settings.host, settings.port)
    current = Current(source)
    page = build_page(current, settings)
    scoring = Scoring(current, settings.max_rows)
    with past_proxies(settings.host):
        try:
            page.launch(
                prevent_thread_lock=True,
                quiet=True,
                share=False,
                server_name=settings.host,
                server_port=port,
                root_path=settings.root_path,
                theme=make_theme(),
                css_paths=CSS,
                head_paths=HEAD,
                i18n=gr.I18n(en={"common.complete": "Done"}),  # which gradio announces, and has no words for
                footer_links=["api"],
                run_history=False,
                app_kwargs={"routes": scoring.routes, "middleware": [*guard, limit]},
                ssr_mode=False,
                enable_monitoring=False,
                # The page keeps nothing of a session, yet gradio would keep a tenth of a megabyte for each API call.
                state_session_capacity=_SESSIONS,
                show_error=True,
                max_file_size=f"{int(settings.max_file_mb * 2**20)}b",
            )
        except OSError as error:  # the port was taken after it was tried
            raise BadInput(f"Port {port} is taken; choose another one with port=.") from error
    started.set()
    current.follow(settings.poll_seconds)
    return Running(page, current, scoring, settings.host)


def run(source: ModelSource, settings: Settings) -> None:
    """Serve the page until Ctrl-C or SIGTERM; say where it is and how to stop it."""
    # Gradio asks Matplotlib for its backend around each call, and goes on without one; the page draws nothing
    # with it, and importing it would cost as much memory as the model and its rows.
    sys.modules.setdefault("matplotlib", None)  # type: ignore[arg-type]
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    running = launch(source, settings)
    print(f"The page is at {running.url}; Ctrl-C stops it.", flush=True)
    if settings.share:
        threading.Thread(target=_announce_link, args=(running,), name="seedbed-link", daemon=True).start()
    # A wait without an end cannot be interrupted on Windows.
    while not stop.wait(3600):
        pass
    running.close()
    print("The page has stopped.", flush=True)


def _announce_link(running: Running) -> None:
    try:
        link = public_link(urlsplit(running.url).hostname or "", running.port, running.page.share_token)
        print(f"It is also at {link}, for everyone who has this link, up to a week.", flush=True)
    except NotDone as reason:
        print(reason, file=sys.stderr, flush=True)


def check_upload_folder(folder: Path) -> None:
    """Fail, with BadInput naming the variable that moves them, if files that a browser sends cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BadInput(
            f"Uploaded files cannot be written to {folder}: {error.strerror}; name another folder in GRADIO_TEMP_DIR."
        ) from error


def free_port(host: str, port: int) -> int:
    """Return `port`, or any free one for 0 (gradio looks only at 127.0.0.1); BadInput if it cannot be had."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            if os.name == "posix":  # a port that was just left is free; elsewhere this option shares a taken one
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            return int(trial.getsockname()[1])
    except OSError as error:
        if isinstance(error, PermissionError):
            raise BadInput(f"Port {port} is for administrators only; choose one above 1023 with port=.") from error
        if error.errno == errno.EADDRINUSE:
            raise BadInput(f"Port {port} on {host} is taken; choose another one with port=.") from error
        raise BadInput(f"{host} is not an address of this machine; choose another one with host=.") from error
