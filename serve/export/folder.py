"""A version and the page's own modules as a folder that runs alone: without MLflow, Hydra or this repository."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import yaml

from seedbed import errors
from serve.drawings.gallery import read_gallery
from serve.export.pins import pins
from serve.http.settings import Settings
from serve.http.standalone import HOST, PICTURES, PORT
from serve.model.card import Card
from serve.model.source import ServedModel

SERVE = Path(__file__).resolve().parents[1]
ROOMS = ("model", "ui", "drawings", "http")
LIBRARY = ("columns/cells.py", "columns/sheet.py", "errors.py", "estimators/loading.py")  # what these import of seedbed
STAYS = ("registry_source.py",)  # it asks a registry, which the folder lives without
MARK = '"""An exported page of Seedbed: '
_OWN = ("serve", "seedbed", "page", PICTURES, "app.py", "model.skops", "requirements.txt", "Dockerfile", "README.md",
        ".dockerignore", ".gitattributes")  # fmt: skip
_LARGE = ("*.parquet", "*.png", "*.skops", "*.webp", "*.jpg", "*.jpeg", "*.gif")  # which Spaces keep with git-lfs


class CannotExport(Exception):
    """The folder cannot be written to; the message is one sentence."""


def write_export(model: ServedModel, to: Path, settings: Settings) -> None:
    """Leave in `to` everything that serves `model`.

    Parameters
    ----------
    model : with the folder that it was loaded from.
    to : a new or empty folder, or one of an earlier export, which is replaced; what else lies there stays.
    settings : pictures and how much is taken at once go along; where it listens is the host's own affair.

    Raises
    ------
    CannotExport : where `to` holds something else, or cannot be written.
    BadPictures : where the folder of pictures cannot be used.
    """
    _require_place(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        # Written beside it first, so that a folder which was whole stays so until the new one is.
        with tempfile.TemporaryDirectory(prefix=".seedbed-export-", dir=to) as made:
            _write(model, Path(made), settings)
            _replace(Path(made), to)
    except OSError as error:
        raise CannotExport(f"{to} cannot be written: {error.strerror or error}.") from error


def _require_place(to: Path) -> None:
    if to.exists() and not to.is_dir():
        raise CannotExport(f"{to} is a file; give a new folder.")
    app = to / "app.py"
    earlier = app.is_file() and app.read_text(encoding="utf-8", errors="replace").startswith(MARK)
    if to.is_dir() and not earlier and any(not path.name.startswith(".") for path in to.iterdir()):
        raise CannotExport(f"{to} is not empty and holds no earlier export; give a new folder.")


def _replace(made: Path, to: Path) -> None:
    for name in _OWN:
        old = to / name
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
        if (made / name).exists():
            os.replace(made / name, old)


def _write(model: ServedModel, to: Path, settings: Settings) -> None:
    _copy_modules(to)
    shutil.copyfile(model.folder / "model.skops", to / "model.skops")
    _write_page(model, to / "page")
    if settings.pictures is not None:
        _copy_pictures(Path(settings.pictures).expanduser(), to / PICTURES)
    texts = {
        "app.py": _app(model, settings),
        "requirements.txt": "\n".join(pins()) + "\n",
        "README.md": _readme(model.card, model.version),
        "Dockerfile": _dockerfile(),
        ".dockerignore": ".git\n**/__pycache__\n.venv\n",
        ".gitattributes": "".join(f"{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in _LARGE),
    }
    for name, text in texts.items():
        (to / name).write_text(text, encoding="utf-8", newline="\n")


def _copy_modules(to: Path) -> None:
    for room in ROOMS:
        shutil.copytree(SERVE / room, to / "serve" / room, ignore=shutil.ignore_patterns("__pycache__", *STAYS))
    shutil.copyfile(SERVE / "__init__.py", to / "serve" / "__init__.py")
    for name in LIBRARY:
        copy = to / "seedbed" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(errors.__file__).parent / name, copy)
    for package in {(to / "seedbed" / name).parent for name in LIBRARY}:
        (package / "__init__.py").write_text('"""What the page needs of Seedbed."""\n', encoding="utf-8")


def _write_page(model: ServedModel, to: Path) -> None:
    to.mkdir()
    for path in sorted((model.folder / "page").glob("*")):
        if path.is_file():
            shutil.copyfile(path, to / path.name)
    if not (to / "card.json").exists():  # marked by hand: what its signature told
        told = asdict(replace(model.card, candidate=dict(model.card.candidate)))
        (to / "card.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def _copy_pictures(folder: Path, to: Path) -> None:
    """Copy the pictures of a folder, and nothing else that lies there."""
    to.mkdir()
    for path in read_gallery(folder).paths:
        shutil.copyfile(path, to / path.name)


def _app(model: ServedModel, settings: Settings) -> str:
    limits = f"max_rows={settings.max_rows!r}, max_file_mb={settings.max_file_mb!r}"
    return f'''{MARK}`pip install -r requirements.txt`, then `python app.py`."""

from pathlib import Path

from serve.http.importing import quick_imports
from serve.http.proxy import past_proxies

with quick_imports(), past_proxies():
    from serve.http.standalone import serve_folder

if __name__ == "__main__":
    serve_folder(Path(__file__).resolve().parent, {model.version!r}, {limits})
'''


def _readme(card: Card, label: str) -> str:
    front = {
        "title": card.title,
        "emoji": "🌱",
        "colorFrom": "purple",
        "colorTo": "indigo",
        "sdk": "gradio",
        "sdk_version": version("gradio"),
        "python_version": _python(),
        "app_file": "app.py",
    }
    told = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1000)
    named = f"version {label} of {card.model}" if label and card.model else "one version of its model"
    return f"""---
{told}---

# {" ".join(card.title.split())}

{card.description}

The page of {named}, exported by Seedbed. It runs alone:

    pip install -r requirements.txt
    python app.py

It listens on {PORT} (7860) of {HOST} (127.0.0.1); SEEDBED_AUTH=user:password guards it.

- As a Space of Hugging Face: `hf upload USER/NAME . --repo-type space`, or push this folder to the Space with git-lfs.
- As a container: `docker build -t page .`, then `docker run -p 7860:7860 page`.
- For programs: `/predict` and `/predict_batch` (the page's foot tells how), and MLflow's `POST /invocations`.

`page/training.parquet` holds the rows that the model was fitted on, which the page shows beside each answer: whoever
can read this folder can read them all.
"""


def _dockerfile() -> str:
    return f"""FROM python:{_python()}-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --create-home page
USER page
ENV {HOST}=0.0.0.0 {PORT}=7860
EXPOSE 7860
CMD ["python", "app.py"]
"""


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
