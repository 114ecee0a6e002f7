"""The commands that open MLflow's UI; always with the store, since a bare `mlflow ui` opens another file."""

from __future__ import annotations

import shlex

from seedbed import paths
from seedbed.tracking.uris import get_database, hide_password

_ADDRESS = "http://127.0.0.1:5000"


def ui_command(uri: str, experiment: str, run_id: str | None = None) -> str:
    """Return the words that show a run, or an experiment, in the UI."""
    page = f"#/experiments/{experiment}" + (f"/runs/{run_id}" if run_id else "")
    if uri.startswith(("http://", "https://")):
        return f"See it: {hide_password(uri).rstrip('/')}/{page}"
    start = "make ui" if get_database(uri) == paths.DATABASE else f"mlflow ui --backend-store-uri {shlex.quote(uri)}"
    return f"See it: `{start}`, then {_ADDRESS}/{page}"
