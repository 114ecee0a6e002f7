"""The page by itself, in an exported folder: `python app.py` there; the environment says where it listens."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from serve.drawings.gallery import BadPictures
from serve.http.app import CannotListen, run
from serve.http.auth import BadLogin
from serve.http.settings import Settings
from serve.model.source import FolderSource, ModelUnusable

PORT, HOST, PICTURES = "GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "pictures"


def serve_folder(folder: Path, version: str, *, max_rows: int, max_file_mb: float) -> None:
    """Serve the version in `folder` until Ctrl-C or SIGTERM; end with one sentence where that cannot be.

    Parameters
    ----------
    folder : holds `model.skops`, `page/` and, where somebody gave pictures of the classes, `pictures/`.
    version : its number, as the page tells it.
    max_rows, max_file_mb : that are taken at once.
    """
    try:
        settings = settings_of(folder, os.environ, max_rows=max_rows, max_file_mb=max_file_mb)
        run(FolderSource(folder, version), settings)
    except (BadLogin, BadPictures, CannotListen, ModelUnusable) as error:
        sys.exit(str(error).replace("with port=", f"with {PORT}").replace("with host=", f"with {HOST}"))


def settings_of(folder: Path, environ: Mapping[str, str], *, max_rows: int, max_file_mb: float) -> Settings:
    """Return how an exported page is served.

    Raises
    ------
    CannotListen : where the port in the environment is none.
    """
    port = environ.get(PORT) or "7860"
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise CannotListen(f"{PORT}={port} is no port; it is a whole number from 0, any free one, to 65535.")
    pictures = folder / PICTURES
    return Settings(
        port=int(port),
        host=environ.get(HOST) or "127.0.0.1",
        pictures=str(pictures) if pictures.is_dir() else None,
        max_rows=max_rows,
        max_file_mb=max_file_mb,
    )
