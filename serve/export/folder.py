"""A version and the page's own modules as a folder that runs alone: without MLflow, Hydra or this repository."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from dataclasses import asdict, replace
from importlib.metadata import distribution, version
from pathlib import Path
from string import Template

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from seedbed import errors
from seedbed.errors import BadInput
from serve.drawings.pictures import read_gallery
from serve.http.settings import HOST, PICTURES, PORT, Settings
from serve.model.source import ServedModel

SERVE = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).with_name("templates")
ROOMS = ("model", "ui", "drawings", "http")
# What these import of seedbed.
LIBRARY = (
    "columns/cells.py",
    "columns/colours.py",
    "columns/rows.py",
    "columns/schema.py",
    "columns/sheet.py",
    "errors.py",
    "estimators/answers.py",
    "estimators/dependence.py",
    "estimators/fitted_arrays.py",
    "estimators/loading.py",
    "estimators/preparation.py",
    "estimators/transformers.py",
)
STAYS = ("registry_source.py",)  # it asks a registry, which the folder lives without
MARK = '"""An exported page of Seedbed: '
_OWN = ("serve", "seedbed", "page", PICTURES, "app.py", "model.skops", "requirements.txt", "Dockerfile", "README.md",
        ".dockerignore", ".gitattributes")  # fmt: skip
_LARGE = ("*.parquet", "*.png", "*.skops", "*.webp", "*.jpg", "*.jpeg", "*.gif")  # which Spaces keep with git-lfs

_TRUST = """
It loads {} besides types of scikit-learn and numpy (`trust` in `app.py`): put the modules of these types beside
`app.py`, or their packages into `requirements.txt`.
"""

# What the copied modules import; what these need themselves is found in their own metadata.
ROOTS = (
    "fastapi",
    "gradio",
    "jinja2",
    "markupsafe",
    "numpy",
    "pandas",
    "pillow",
    "pyarrow",
    "pyyaml",
    "scikit-learn",
    "scipy",
    "skops",
    "starlette",
)


def write_export(model: ServedModel, to: Path, settings: Settings) -> None:
    """Leave in `to` everything that serves `model`.

    Parameters
    ----------
    model : with the folder that it was loaded from.
    to : a new or empty folder, or one of an earlier export, which is replaced; what else lies there stays.
    settings : pictures and how much is taken at once go along; where it listens is up to its host.

    Raises
    ------
    BadInput : `to` holds something else or cannot be written, or the folder of pictures cannot be used.
    """
    _check_destination(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        # Written beside it first, so that a folder which was whole stays so until the new one is.
        with tempfile.TemporaryDirectory(prefix=".seedbed-export-", dir=to) as new:
            _write(model, Path(new), settings)
            _replace(Path(new), to)
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror or error}.") from error


def _check_destination(to: Path) -> None:
    if to.exists() and not to.is_dir():
        raise BadInput(f"{to} is a file; give a new folder.")
    app = to / "app.py"
    earlier = app.is_file() and app.read_text(encoding="utf-8", errors="replace").startswith(MARK)
    if to.is_dir() and not earlier and any(not path.name.startswith(".") for path in to.iterdir()):
        raise BadInput(f"{to} is not empty and does not hold an earlier export; give a new folder.")


def _replace(new: Path, to: Path) -> None:
    for name in _OWN:
        old = to / name
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
        if (new / name).exists():
            os.replace(new / name, old)


def _write(model: ServedModel, to: Path, settings: Settings) -> None:
    _copy_modules(to)
    shutil.copyfile(model.folder / "model.skops", to / "model.skops")
    _write_page(model, to / "page")
    if settings.pictures is not None:
        (to / PICTURES).mkdir()
        for path in read_gallery(Path(settings.pictures).expanduser()).paths:  # and nothing else that lies there
            shutil.copyfile(path, to / PICTURES / path.name)
    for name, text in _write_texts(model, settings).items():
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
    if not (to / "card.json").exists():  # marked by hand: what its signature says
        content = asdict(replace(model.card, candidate=dict(model.card.candidate)))
        (to / "card.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _write_texts(model: ServedModel, settings: Settings) -> dict[str, str]:
    """Return what a person or a host reads, by the name of its file."""
    card, python = model.card, ".".join(platform.python_version_tuple()[:2])
    front = {"title": card.title, "sdk_version": version("gradio"), "python_version": python}
    values = {
        "mark": MARK,
        "settings": repr(replace(settings, pictures=None)),
        "version": repr(model.version),
        "front": yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1000),
        "title": " ".join(card.title.split()),
        "description": card.description,
        "named": f"version {model.version} of {card.model}"
        if model.version and card.model
        else "one version of a model",
        "python": python,
        "trust": _TRUST.format(", ".join(settings.trust)) if settings.trust else "",
        "port": str(settings.port),
        "host": settings.host,
        "PORT": PORT,
        "HOST": HOST,
    }
    filled = {
        name: Template((TEMPLATES / file).read_text(encoding="utf-8")).substitute(values)
        for name, file in (("app.py", "app.py.txt"), ("README.md", "README.md"), ("Dockerfile", "Dockerfile"))
    }
    return filled | {
        "requirements.txt": "\n".join(pin_packages()) + "\n",
        ".dockerignore": ".git\n**/__pycache__\n.venv\n",
        ".gitattributes": "".join(f"{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in _LARGE),
    }


def pin_packages(roots: tuple[str, ...] = ROOTS) -> list[str]:
    """Return `name==version` of `roots` and of all that they need on this machine, in the order of their names."""
    found: dict[str, str] = {}
    waiting = [(canonicalize_name(name), frozenset[str]()) for name in roots]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        installed = distribution(name)
        found[name] = installed.version
        needed = {
            (canonicalize_name(requirement.name), frozenset(requirement.extras))
            for requirement in map(Requirement, installed.requires or ())
            if _applies(requirement, extras)
        }
        waiting += sorted(needed - seen, key=str)
        seen |= needed
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
