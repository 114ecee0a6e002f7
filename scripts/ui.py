"""Open MLflow's UI on the store that the verbs use, for this machine or, with a host, for others too."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from seedbed.errors import BadValue, NotDone, SeedbedError
from seedbed.tracking.uris import bypass_proxy, check_reachable, hide_password, resolve_uri

LOCAL = ("localhost", "127.0.0.1", "[::1]")


def main() -> int:
    """Serve the UI until Ctrl-C, and return the exit code."""
    bypass_proxy()
    try:
        return open_ui(_words())
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def open_ui(words: argparse.Namespace) -> int:
    """Start MLflow's server on the store, and wait for its end.

    Raises
    ------
    NotDone : nothing is recorded yet, or the port is taken.
    """
    uri = resolve_uri(None, Path.cwd())
    if uri.startswith(("http://", "https://")):
        print(f"The runs are on a server: {hide_password(uri)}")
        return 0
    check_reachable(uri, create=False)
    check_port(words.host, words.port)
    own = names_of(words.host, words.allow)
    store = ["--backend-store-uri", uri, "--workers", "1", "--uvicorn-opts", "--log-level warning"]
    place = ["--host", words.host, "--port", str(words.port)]
    guard = ["--allowed-hosts", ",".join(allowed_hosts(own)), "--cors-allowed-origins", ",".join(allowed_origins(own))]
    address = f"http://{own[0] if own else words.host}:{words.port}"
    print(f"MLflow's UI on {hide_password(uri)}: {address} in some seconds; Ctrl-C stops it.", flush=True)
    own_words = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # seven processes that no run here needs
    environ = {"MLFLOW_DISABLE_TELEMETRY": "true"} | os.environ | own_words
    interrupts: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))  # the server gets it too, and ends
    server = subprocess.run([sys.executable, "-m", "mlflow", "ui", *store, *place, *guard], env=environ)
    return 0 if interrupts else server.returncode


def names_of(host: str, more: str) -> list[str]:
    """Return the names by which a browser elsewhere may call the UI; MLflow's guard against DNS rebinding asks.

    Parameters
    ----------
    host : the address to listen on; where it is not only this machine's, the machine's names are among them.
    more : typed ones, with commas: a tunnel's or a container's.
    """
    everywhere = host in ("0.0.0.0", "::")
    own = [] if host in LOCAL else [socket.gethostname(), socket.getfqdn(), *_addresses()] if everywhere else [host]
    return list(dict.fromkeys(name.strip().lower() for name in [*own, *more.split(",")] if name.strip()))


def allowed_hosts(names: list[str]) -> list[str]:
    """Return MLflow's patterns for the Host header: this machine and `names`, on any port."""
    return [pattern for name in [*LOCAL, *names] for pattern in (name, f"{name.replace('[', '[[]')}:*")]


def allowed_origins(names: list[str]) -> list[str]:
    """Return MLflow's patterns for the pages that may write: the UI's own, by each name."""
    return [f"{scheme}://{name}{port}" for name in names for scheme in ("http", "https") for port in ("", ":*")]


def check_port(host: str, port: int) -> None:
    """Fail where nothing can listen there.

    Raises
    ------
    NotDone : the port is taken, or the host is not this machine's.
    """
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as error:
        raise NotDone(f"MLflow's UI cannot listen on {host}, port {port} ({error}); try `make ui PORT=5050`.") from None


def _addresses() -> list[str]:
    """Return the address that other machines see; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return [str(probe.getsockname()[0])]
        except OSError:
            return []


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", default="5000")
    parser.add_argument("--allow", default="", help="more names by which it may be called, with commas")
    words = parser.parse_args()
    if not (words.port.isdecimal() and 0 < int(words.port) < 65536):
        raise BadValue("PORT", words.port, "a whole number from 1 to 65535")
    words.port = int(words.port)
    return words


if __name__ == "__main__":
    sys.exit(main())
