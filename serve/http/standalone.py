"""The page by itself, in an exported folder: `python app.py` there; the environment says where it listens."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from seedbed.errors import BadInput, SeedbedError
from serve.http.app import run
from serve.http.settings import HOST, PICTURES, PORT, Settings
from serve.model.source import FolderSource


def serve_folder(folder: Path, version: str, settings: Settings) -> None:
    """Serve the version in `folder` until Ctrl-C or SIGTERM; end with one sentence if that cannot be.

    The folder holds `model.skops`, `page/` and, if pictures of the classes were given, `pictures/`.
    """
    try:
        run(FolderSource(folder, version, settings.trust), read_environment(folder, os.environ, settings))
    except SeedbedError as error:
        sys.exit(str(error).replace("with port=", f"with {PORT}").replace("with host=", f"with {HOST}"))


def read_environment(folder: Path, environ: Mapping[str, str], settings: Settings) -> Settings:
    """Return the settings with what the environment and the folder say; BadInput for what is not a port."""
    port = environ.get(PORT) or str(settings.port)
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise BadInput(f"{PORT}={port} is not a port; give a whole number from 0, any free one, to 65535.")
    pictures = folder / PICTURES
    return replace(
        settings,
        port=int(port),
        host=environ.get(HOST) or settings.host,
        pictures=str(pictures) if pictures.is_dir() else None,
    )
