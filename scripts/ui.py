"""Open MLflow's UI on the store that the verbs use, for this machine or, with a host, for others too."""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
from pathlib import Path

from seedbed.errors import BadInput, NotDone, SeedbedError
from seedbed.tracking.uris import bypass_proxy, check_reachable, resolve_uri, without_password

LOCAL = ("localhost", "127.0.0.1", "[::1]")


def main() -> int:
    """Serve the UI until Ctrl-C, and return the exit code."""
    bypass_proxy()
    try:
        return open_ui(_words())
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def open_ui(words: argparse.Namespace) -> int:
    """Start MLflow's server on the store, and wait for its end.

    Raises
    ------
    NotDone : nothing is recorded yet, or the port is taken.
    """
    uri = resolve_uri(None, Path.cwd())
    if uri.startswith(("http://", "https://")):
        print(f"The runs are on a server: {without_password(uri)}")
        return 0
    check_reachable(uri, create=False)
    check_port(words.host, words.port)
    names = [name for name in words.allow.split(",") if name]
    print(
        f"MLflow's UI on {without_password(uri)}: http://{address(words.host)}:{words.port} (Ctrl-C stops it)",
        flush=True,
    )
    allowed = ",".join(allowed_hosts(words.host, names))
    server = ["-m", "mlflow", "ui", "--backend-store-uri", uri, "--workers", "1", "--allowed-hosts", allowed]
    return subprocess.run([sys.executable, *server, "--host", words.host, "--port", str(words.port)]).returncode


def allowed_hosts(host: str, names: list[str]) -> list[str]:
    """Return the names by which a browser may call the UI; MLflow refuses all others (a guard against DNS rebinding).

    Parameters
    ----------
    host : the address to listen on; where it is not only this machine's, the machine's own names are added.
    names : more that were typed, a tunnel's or a container's.
    """
    own = [] if host in LOCAL else [host, socket.gethostname(), socket.getfqdn(), *_addresses()]
    patterns = [pattern for name in [*LOCAL, *own, *names] for pattern in (name, f"{name}:*")]
    return list(dict.fromkeys(patterns))


def check_port(host: str, port: int) -> None:
    """Fail where nothing can listen there.

    Raises
    ------
    NotDone : the port is taken, or the host is not this machine's.
    """
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except (OSError, OverflowError) as error:
        raise NotDone(f"Nothing can listen on {host}, port {port} ({error}); try `make ui PORT={port + 1}`.") from None


def address(host: str) -> str:
    """Return the name to type in a browser for a host to listen on."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else host


def _addresses() -> list[str]:
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)})
    except OSError:
        return []


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", default="5000")
    parser.add_argument("--allow", default="", help="more names by which it may be called, with commas")
    words = parser.parse_args()
    if not words.port.isdigit():
        raise BadInput(f"PORT={words.port} is not possible; PORT takes a whole number such as 5000.")
    words.port = int(words.port)
    return words


if __name__ == "__main__":
    sys.exit(main())
