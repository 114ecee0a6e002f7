"""A folder that runs alone: without MLflow, Hydra and this checkout."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import yaml
from PIL import Image
from playwright.sync_api import Page, expect

from seedbed.errors import BadInput
from serve.export.folder import ROOTS, pin_packages, write_export
from serve.http.settings import Settings
from serve.http.standalone import read_environment
from serve.model.predictions import predict_rows
from serve.model.source import FolderSource

NewSettings = Callable[..., Settings]
ROOT = Path(__file__).parents[3]
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
# Runs app.py as `python app.py` does, where this checkout and what an export goes without cannot be imported.
ALONE = """
import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mlflow", "hydra", "omegaconf", "matplotlib", "seaborn", "sqlalchemy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
kept = [place for place in sys.path[1:] if "site-packages" in place or place.startswith(sys.base_prefix)]
sys.path = [sys.argv[1], *kept]
runpy.run_path(sys.argv[1] + "/app.py", run_name="__main__")
own = [name for name in sys.modules if name.partition(".")[0] in ("serve", "seedbed")]
assert all(sys.modules[name].__file__.startswith(sys.argv[1]) for name in own), own
"""


@contextmanager
def run_alone(folder: Path, *command: str, **more: str) -> Iterator[str]:
    """Yield the address of an exported page that runs in a process of its own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("GRADIO_", "PYTHON", "SEEDBED_"))}
    words = command or (sys.executable, "-c", ALONE, str(folder))
    with subprocess.Popen(
        words,
        env={**clean, "GRADIO_SERVER_PORT": "0", **more},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = process.stdout.readline()
        try:
            assert "Ctrl-C stops it" in first, process.stderr.read()
            yield first.split("The page is at ")[1].split(";")[0]
        finally:
            process.terminate()
            _, err = process.communicate(timeout=30)
        assert process.returncode == 0 and err == "", err


def asked(address: str, name: str, *values: Any) -> Any:
    """Return what a named endpoint of the page answers."""
    with httpx.Client(trust_env=False, timeout=60) as http:
        place = f"{address}gradio_api/call/{name}"
        event = http.post(place, json={"data": list(values)}).json()["event_id"]
        told = http.get(f"{place}/{event}").text
    assert "event: complete" in told, told
    return json.loads(told.partition("data: ")[2])[0]


@pytest.fixture(scope="module")
def exported(iris_folder: Path, tmp_path_factory: pytest.TempPathFactory, new_settings: NewSettings) -> Path:
    folder = tmp_path_factory.mktemp("export")
    pictures, to = folder / "pictures", folder / "größe #1"
    pictures.mkdir()
    Image.new("RGB", (40, 30), "#884488").save(pictures / "virginica.png")
    (pictures / "secret.txt").write_text("secret", encoding="utf-8")
    write_export(FolderSource(iris_folder, "7").load(), to, new_settings(pictures=str(pictures), max_rows=1000))
    return to


@pytest.fixture(scope="module")
def alone(exported: Path) -> Iterator[str]:
    with run_alone(exported) as address:
        yield address


def expect_the_same_answers(address: str, folder: Path) -> None:
    """Compare 1,000 random rows through the page's API and through MLflow's protocol."""
    rows = np.random.default_rng(13).uniform(0, 8, (1000, 4)).round(2).tolist()
    expected = predict_rows(FolderSource(folder).load(), rows)
    told = asked(address, "predict_batch", rows)
    assert told == [json.loads(json.dumps(asdict(row))) for row in expected]
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    answer = httpx.post(f"{address}invocations", json={"inputs": records}, trust_env=False, timeout=60)
    assert answer.json() == {"predictions": [row.predicted for row in expected]}


def test_it_answers_the_same_without_mlflow_and_hydra(alone: str, iris_folder: Path) -> None:
    expect_the_same_answers(alone, iris_folder)


def test_it_shows_the_same_page(alone: str, page: Page) -> None:
    page.goto(alone + "?sepal_length=6.6&sepal_width=3&petal_length=5.6&petal_width=2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Iris Flower Predictive Analytics")
    expect(page.locator(".seedbed-class")).to_have_text("Virginica")
    expect(page.get_by_role("img", name="Virginica", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Why Virginica?")).to_be_visible()
    page.locator("#seedbed-input-2 input").fill("1.4")
    expect(page.locator("#seedbed-picture svg")).to_be_visible()
    page.get_by_role("tab", name="About this model").click()
    expect(page.locator(".seedbed-lead")).to_contain_text("Version 7 of iris")


def test_nothing_of_its_folder_is_served_but_by_the_page(alone: str, exported: Path) -> None:
    with httpx.Client(trust_env=False) as http:
        for path in sorted(path for path in exported.rglob("*") if path.is_file()):
            for name in (path, path.relative_to(exported)):
                assert http.get(f"{alone}gradio_api/file={name}").status_code in (403, 404), name


def imported_of_seedbed(exported: Path) -> set[Path]:
    """Return the modules of seedbed that the copied modules of the page import, and what these import."""
    found: set[Path] = set()
    waiting = [*(exported / "serve").rglob("*.py"), exported / "app.py"]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module), *(f"{node.module}.{name}" for name in names)]
            modules = {ROOT / "src" / f"{name.replace('.', '/')}.py" for name in names if name.startswith("seedbed.")}
            new = {exported / path.relative_to(ROOT / "src") for path in modules if path.is_file()} - found
            found |= new
            waiting += new
    return found


def test_it_holds_copies_and_nothing_else_of_seedbed(exported: Path, iris_folder: Path) -> None:
    for path in sorted((exported / "serve").rglob("*.*")):
        if path.suffix != ".pyc":
            assert path.read_bytes() == (ROOT / "serve" / path.relative_to(exported / "serve")).read_bytes()
    copied = {path for path in (exported / "seedbed").rglob("*.py") if path.name != "__init__.py"}
    for path in copied:
        original = ROOT / "src" / path.relative_to(exported)
        assert path.read_bytes() == original.read_bytes()
    assert copied == imported_of_seedbed(exported)
    for path in (iris_folder / "page").iterdir():
        assert (exported / "page" / path.name).read_bytes() == path.read_bytes()
    assert [path.name for path in (exported / "pictures").iterdir()] == ["virginica.png"]


def test_every_package_that_it_imports_is_pinned_as_installed(exported: Path) -> None:
    told = dict(line.split("==") for line in (exported / "requirements.txt").read_text(encoding="utf-8").split())
    assert not {"mlflow", "hydra-core", "seedbed", "matplotlib", "sqlalchemy"} & told.keys()
    assert all(importlib.metadata.version(name) == version for name, version in told.items())
    packages = importlib.metadata.packages_distributions()
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in exported.glob("se*/**/*.py")]
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    tops = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names - {"serve", "seedbed"}
    assert {packages[top][0].lower() for top in tops} <= {*ROOTS}
    assert len(pin_packages(("pyyaml",))) == 1


def test_it_is_laid_out_for_a_space(exported: Path) -> None:
    _, front, text = (exported / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(front)
    assert told["sdk"] == "gradio" and told["sdk_version"] == importlib.metadata.version("gradio")
    assert (exported / told["app_file"]).is_file() and told["title"] in text
    docker = (exported / "Dockerfile").read_text(encoding="utf-8")
    assert docker.startswith(f"FROM python:{told['python_version']}-slim\n") and 'CMD ["python", "app.py"]' in docker
    assert "*.skops filter=lfs" in (exported / ".gitattributes").read_text(encoding="utf-8")


def test_an_earlier_export_is_replaced_and_nothing_else_is_touched(
    tmp_path: Path, iris_folder: Path, new_settings: NewSettings
) -> None:
    model = FolderSource(iris_folder, "7").load()
    (tmp_path / ".git").mkdir()
    write_export(model, tmp_path, new_settings())
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "serve" / "old.py").write_text("", encoding="utf-8")
    write_export(FolderSource(iris_folder, "8").load(), tmp_path, new_settings())
    assert (tmp_path / "notes.txt").exists() and (tmp_path / ".git").exists()
    assert not (tmp_path / "serve" / "old.py").exists() and not list(tmp_path.glob(".seedbed-*"))
    assert "'8'" in (tmp_path / "app.py").read_text(encoding="utf-8")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, iris_folder: Path, new_settings: NewSettings) -> None:
    model = FolderSource(iris_folder, "7").load()
    (tmp_path / "app.py").write_text("mine", encoding="utf-8")
    for place, words in ((tmp_path, "is not empty"), (tmp_path / "app.py", "is a file")):
        with pytest.raises(BadInput, match=words):
            write_export(model, place, new_settings())
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_a_version_marked_by_hand_keeps_what_its_signature_told(
    tmp_path: Path, iris_folder: Path, new_settings: NewSettings
) -> None:
    version = tmp_path / "version"
    version.mkdir()
    (version / "model.skops").write_bytes((iris_folder / "model.skops").read_bytes())
    (version / "input_example.json").write_text(
        json.dumps({"columns": COLUMNS, "data": [[5, 3, 1, 2]]}), encoding="utf-8"
    )
    model = FolderSource(version, "2").load()
    write_export(model, tmp_path / "out", new_settings())
    again = FolderSource(tmp_path / "out", "2").load()
    assert again.card == model.card and again.card.features[0].value == 5.0


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1.5", "²"])
def test_a_port_that_is_none_is_said(port: str, tmp_path: Path, new_settings: NewSettings) -> None:
    settings = new_settings()
    with pytest.raises(BadInput, match="GRADIO_SERVER_PORT="):
        read_environment(tmp_path, {"GRADIO_SERVER_PORT": port}, settings)
    assert read_environment(tmp_path, {"GRADIO_SERVER_PORT": ""}, settings).port == settings.port


def run_export(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "serve.export", *words], cwd="/", env={**os.environ, **more},
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip


def test_the_command_writes_what_is_marked(marked: str, tmp_path: Path) -> None:
    words = ("max_rows=77", "trust=[my_module.MyClassifier,other.Part]")
    told = run_export(str(tmp_path / "out"), f"tracking.uri={marked}", *words)
    assert told.returncode == 0 and told.stderr == f"Table iris, store {marked}.\n", told.stderr
    assert told.stdout.startswith(f"The page on version 1 of iris is in {tmp_path / 'out'}.\nNext: ")
    app, readme = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("app.py", "README.md"))
    assert "max_rows=77" in app and "trust=['my_module.MyClassifier', 'other.Part']" in app
    assert "It loads my_module.MyClassifier, other.Part besides types of scikit-learn and numpy" in readme
    assert str(tmp_path) not in "".join(
        path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.*") if path.suffix in (".py", ".md")
    )


@pytest.mark.parametrize("words", [(), ("",), ("dataset.name=iris",), ("port=1", "out")])
def test_without_a_folder_it_says_how_to_give_one(words: tuple[str, ...]) -> None:
    told = run_export(*words)
    assert told.returncode == 2 and told.stdout == ""
    assert told.stderr.startswith("Type python -m serve.export DIR") and told.stderr.count("\n") == 1


def test_how_it_is_served_is_not_said_to_an_export(tmp_path: Path) -> None:
    told = run_export(str(tmp_path / "out"), "port=80")
    assert told.returncode == 2 and told.stderr.count("\n") == 1 and "port says how a page is served" in told.stderr


@pytest.mark.slow
def test_it_runs_in_a_venv_of_its_own_requirements(exported: Path, iris_folder: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")], check=True)
    subprocess.run(
        [*uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(exported / "requirements.txt")],
        check=True,
    )
    for package in ("mlflow", "hydra", "matplotlib"):
        assert subprocess.run([python, "-c", f"import {package}"], capture_output=True, check=False).returncode == 1
    with run_alone(exported, str(python), "app.py") as address:
        expect_the_same_answers(address, iris_folder)
        assert httpx.get(f"{address}version", trust_env=False).text == "none"


@pytest.mark.slow
def test_a_page_of_any_cells_runs_alone(mixed_folder: Path, tmp_path: Path, new_settings: NewSettings) -> None:
    write_export(FolderSource(mixed_folder, "1").load(), tmp_path / "app", new_settings())
    row = {"size": None, "colour": "mauve", "open": True, "since": "04.03.2024"}
    with run_alone(tmp_path / "app") as address:
        answer = httpx.post(f"{address}invocations", json={"dataframe_records": [row]}, trust_env=False)
        assert answer.status_code == 200 and answer.json()["predictions"][0] in ("a", "b", "c")
        assert asked(address, "predict", None, "red", "yes", "2024-03-04", "town 3")[0] in ("a", "b", "c")
