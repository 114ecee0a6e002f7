"""Stores, configs and commands for every test: real MLflow stores in temporary folders, nothing mocked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
CASES = Path(__file__).resolve().parent / "cases"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
# What a developer's shell, or the make that runs the tests, may hold and a command reads.
_READ = ("MLFLOW_", "HYDRA_", "SEEDBED_", "MPL", "MAKE", "MFLAGS", "PYTHONDONTWRITEBYTECODE")

# How long an example takes is the machine's mood.
settings.register_profile("seedbed", deadline=None)
settings.load_profile("seedbed")


def cleaned(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what a command of ours, Hydra, MLflow or Matplotlib reads."""
    return {key: value for key, value in environ.items() if not key.startswith(_READ)}


@pytest.fixture(scope="session", autouse=True)
def _clean_session() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(cleaned(before))
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["SEEDBED_USER"] = "none"  # no file of conf/user/ is read
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _clean_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back the environment as it was (MLflow notes its store in it), and write no `outputs/` of the checkout."""
    from seedbed import paths

    monkeypatch.setattr(paths, "OUTPUTS", tmp_path / "outputs")
    before = dict(os.environ)
    yield
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite store without runs; migrating takes seconds, copying nothing."""
    from seedbed.tracking.sqlite import create_database
    from seedbed.tracking.store import silence_mlflow

    silence_mlflow()
    database = tmp_path_factory.mktemp("template") / "mlflow.db"
    create_database(database)
    return database


@pytest.fixture(scope="session")
def new_store(template: Path) -> Callable[[Path], str]:
    """Return a function that puts an empty store into a folder and returns its URI."""

    def copied(folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(template, folder / "mlflow.db")
        return f"sqlite:///{folder / 'mlflow.db'}"

    return copied


@pytest.fixture(scope="session")
def old_store() -> Callable[..., str]:
    """Return a function that unpacks the store of an earlier version (`tests/assets/make_store.py`) into a folder."""
    from seedbed.tracking.relocation import relocate

    def unpacked(folder: Path, version: str = "0.1.0") -> str:
        with tarfile.open(ROOT / "tests" / "assets" / f"store-{version}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        relocate(folder / "store" / "mlflow.db")
        return f"sqlite:///{folder / 'store' / 'mlflow.db'}"

    return unpacked


@pytest.fixture
def store_uri(new_store: Callable[[Path], str], tmp_path: Path) -> str:
    """Return the URI of an empty store of this test."""
    return new_store(tmp_path / "store")


@pytest.fixture(scope="session")
def config_of() -> Callable[..., Any]:
    """Return a function from a verb's schema and typed words to its checked config, as the command makes it."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    from seedbed import paths
    from seedbed.cli import _register
    from seedbed.config.validation import validate
    from seedbed.tracking.uris import resolve_uri

    def config(schema: type[Any], *words: str, folder: Path | None = None) -> Any:
        name = schema.__name__.lower()
        _register(name, schema, name)
        GlobalHydra.instance().clear()
        with initialize_config_dir(str(paths.CONF), version_base="1.3"):
            composed = compose(name, list(words))
        plain = OmegaConf.to_container(composed, resolve=True)
        return validate(plain, schema, words, folder or Path.cwd(), resolve_uri)

    return config


@pytest.fixture(scope="session")
def write_case(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Return a function that writes a CSV of a given content and returns its path."""

    def written(name: str, text: str) -> Path:
        file = tmp_path_factory.mktemp("tables") / name
        file.write_text(text, encoding="utf-8")
        return file

    return written


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """Return the one line of a refusal; anything else fails the test."""
        assert self.out == "", f"on stdout: {self.out}"
        lines = self.err.splitlines()
        assert len(lines) == 1, f"on stderr: {self.err}"
        return lines[0]


class Commands:
    """The verbs, run in children of one process that has imported everything; see `driver.py`."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.outputs = place / "outputs"
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("driver.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )

    def __call__(
        self, verb: str, *words: str, folder: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run `python experiments/VERB.py WORDS…` in a folder."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._number += 1
        out, err = (self._place / f"{self._number}.{name}" for name in ("out", "err"))
        request = {
            "script": str(ROOT / "experiments" / f"{verb}.py"),
            "words": words,
            "folder": str(folder or self._place),
            "environ": {**os.environ, **(environ or {})},
            "outputs": str(self.outputs),
            "stdout": str(out),
            "stderr": str(err),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        code = json.loads(self._process.stdout.readline())["code"]
        return Outcome(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Return a function that runs a verb's script and returns its Outcome, fast."""
    commands = Commands(tmp_path_factory.mktemp("commands"))
    yield commands
    commands.close()


@pytest.fixture(scope="session")
def real_command(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Outcome]:
    """Return the same as `command` with nothing shared: a process of its own, as a person starts it; 3 to 6 s."""
    place = tmp_path_factory.mktemp("outputs")

    def run(
        verb: str, *words: str, folder: Path | None = None, environ: Mapping[str, str] | None = None, python: Any = ()
    ) -> Outcome:
        own = "${now:%Y-%m-%d_%H-%M-%S-%f}"
        done = subprocess.run(
            [
                *(sys.executable, *python, str(ROOT / "experiments" / f"{verb}.py"), *words),
                *(f"hydra.run.dir='{place}/{own}'", f"hydra.sweep.dir='{place}/{own}'"),
            ],
            cwd=folder or place,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def runner_on() -> Callable[..., Any]:
    """Return a function from a store's URI and a dataset's config (by default Iris) to a Runner."""
    from seedbed.config.dataset import Dataset
    from seedbed.data.table import load_table
    from seedbed.execution.run import Runner
    from seedbed.tracking.provenance import read_provenance
    from seedbed.tracking.store import ensure_experiment, open_store
    from seedbed.tracking.writer import RunWriter

    iris = Dataset(path="package:iris.csv", target="variety", name="iris")

    def made(uri: str, dataset: Any = iris, parent: str | None = None) -> Any:
        table, store = load_table(dataset), open_store(uri)
        experiment = ensure_experiment(store, table.record.name)
        return Runner.of(table, RunWriter(store, experiment, read_provenance(), table.record, parent))

    return made


@pytest.fixture(scope="session")
def mlflow_program() -> Callable[..., AbstractContextManager[str]]:
    """Return a context manager that runs `mlflow WORDS…` as a server on a store and gives its address once it answers.

    `ready` is the path that answers first.
    """

    @contextmanager
    def running(uri: str, *words: str, ready: str = "/health") -> Iterator[str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # As in an activated .venv, in whose folder of programs MLflow looks for uvicorn.
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            env={**os.environ, "MLFLOW_TRACKING_URI": uri, "PATH": programs},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{address}{ready}", server)
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.communicate(timeout=30)

    return running


def _wait_for(address: str, server: subprocess.Popen[bytes], patience: float = 120) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        assert server.poll() is None, server.communicate()[0].decode()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium, or Playwright's own where that is what there is."""
    from playwright.sync_api import expect, sync_playwright

    # A page that comes late on a busy machine is no failure.
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        own = None if Path(playwright.chromium.executable_path).exists() else shutil.which("chromium")
        opened = playwright.chromium.launch(executable_path=own, args=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a blank page of its own; it fails the test if a script of the page fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    context.close()
    assert not broken


@pytest.fixture(scope="session")
def mixed_cells() -> pd.DataFrame:
    """Return the cells of a table with all that columns can hold, as they are read from a file, and `visit`, groups."""
    import numpy as np
    import pandas as pd

    rows = 90
    random = np.random.default_rng(1)
    codes = np.arange(rows) % 3
    cells = {
        "size": np.round(codes + random.normal(size=rows), 2),
        "colour": np.array(["red", "green", "blue"])[(codes + (random.random(rows) < 0.3)) % 3],
        "open": np.array(["no", "yes"])[random.integers(0, 2, rows)],
        "since": np.datetime64("2024-02-27") + random.integers(0, 700, rows),
        "town": [f"town {number % 60}" for number in random.permutation(rows)],
    }
    frame = pd.DataFrame({name: np.asarray(values).astype(str) for name, values in cells.items()}).astype("str")
    frame = frame.mask(random.random(frame.shape) < 0.08, "")
    visits = np.char.add("visit ", (np.arange(rows) // 6).astype(str))
    return frame.assign(visit=visits, kind=np.array(["a", "b", "c"])[codes])
