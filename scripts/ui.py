"""Open MLflow's UI on the store that the commands use, for this machine or, with a host, for others too."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from seedbed.errors import BadValue, NotDone, SeedbedError, hide_secrets
from seedbed.tracking.uris import bypass_proxy, check_reachable, resolve_uri

LOCAL = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")


def main() -> int:
    """Serve the UI until Ctrl-C, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", default="5000")
    parser.add_argument("--allow", default="", help="more names by which it may be called, with commas")
    words = parser.parse_args()
    bypass_proxy()
    try:
        return open_ui(words.host, words.port, words.allow)
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def open_ui(host: str, port: str, allow: str) -> int:
    """Start MLflow's server on the store, and wait for its end; raises as `check_reachable` and `check_port`."""
    uri = resolve_uri(None, Path.cwd())
    if uri.startswith(("http://", "https://")):
        print(f"The runs are on a server: {hide_secrets(uri)}")
        return 0
    check_reachable(uri, create=False)
    check_port(host, port)
    names = list_names(host, allow)
    store = ["--backend-store-uri", uri, "--workers", "1", "--uvicorn-opts", "--log-level warning"]
    hosts, origins = ",".join(allowed_hosts(names)), ",".join(allowed_origins(names))
    guard = ["--allowed-hosts", hosts, "--cors-allowed-origins", origins]
    address = f"http://{names[0] if names else host}:{port}"
    print(f"MLflow's UI on {hide_secrets(uri)}: {address} in some seconds; Ctrl-C stops it.", flush=True)
    no_jobs = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # seven processes that no run here needs
    # Ctrl-C is for the server, which ends by itself; what MLflow starts around it would print tracebacks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = [sys.executable, "-m", "mlflow", "ui", *store, "--host", host, "--port", port, *guard]
    return subprocess.run(command, env={"MLFLOW_DISABLE_TELEMETRY": "true"} | os.environ | no_jobs).returncode


def list_names(host: str, more: str) -> list[str]:
    """Return the names by which a browser elsewhere may call the UI; MLflow's guard against DNS rebinding asks.

    Parameters
    ----------
    host : the address to listen on; if it is not only this machine's, the machine's names are among them.
    more : typed ones, with commas: a tunnel's or a container's.
    """
    own = [] if host in LOCAL else [host]
    if host in EVERYWHERE:
        own = [socket.gethostname(), socket.getfqdn(), *_find_addresses()]
    return list(dict.fromkeys(name.strip().lower() for name in [*own, *more.split(",")] if name.strip()))


def allowed_hosts(names: list[str]) -> list[str]:
    """Return MLflow's patterns for the Host header: this machine and `names`, on any port."""
    return [pattern for name in [*LOCAL, *names] for pattern in (name, f"{name.replace('[', '[[]')}:*")]


def allowed_origins(names: list[str]) -> list[str]:
    """Return MLflow's patterns for the pages that may write: the UI's own, by each name."""
    return [f"{scheme}://{name}{port}" for name in names for scheme in ("http", "https") for port in ("", ":*")]


def check_port(host: str, port: str) -> None:
    """Raise BadValue for what is not a port, NotDone if it is taken or the host is not this machine's."""
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise BadValue("PORT", port, "a whole number from 1 to 65535")
    try:
        socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise NotDone(f"MLflow's UI cannot listen on {host}, port {port} ({error}); try `make ui PORT=5050`.") from None


def _find_addresses() -> list[str]:
    """Return the address that other machines see; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return [str(probe.getsockname()[0])]
        except OSError:
            return []


if __name__ == "__main__":
    sys.exit(main())
