"""The seam to Hydra: exit codes, streams, and a start that loads nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedbed.cli import command
from seedbed.config.schema import Explore, Promote, Train
from seedbed.errors import BadInput, NotDone
from seedbed.tracking.uris import StoreUnavailable

ROOT = Path(__file__).resolve().parents[3]
VERBS = sorted(path.stem for path in (ROOT / "experiments").glob("*.py") if not path.stem.startswith("_"))


def exit_code(
    function: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str
) -> int | str | None:
    monkeypatch.setattr(
        sys, "argv", ["train.py", *words, f"hydra.run.dir={tmp_path}/run", "tracking.uri=sqlite:///m.db"]
    )
    with pytest.raises(SystemExit) as ended:
        command("train", Train)(function)()
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, ""),
        (BadInput("what was typed"), 2, "what was typed\n"),
        (NotDone("what could not be done"), 1, "what could not be done\n"),
        (StoreUnavailable("sqlite:///m.db", "away"), 1, "The MLflow store sqlite:///m.db cannot be used: away.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
def test_how_a_verb_ends(
    error: BaseException | None,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def verb(config: Train) -> None:
        if error is not None:
            raise error

    assert exit_code(verb, monkeypatch, tmp_path) == code
    assert capsys.readouterr() == ("", said)


def test_a_bug_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def verb(config: Train) -> None:
        raise KeyError("a bug of ours")

    monkeypatch.setattr(sys, "argv", ["train.py", f"hydra.run.dir={tmp_path}/run"])
    with pytest.raises(KeyError, match="a bug of ours") as raised:
        command("train", Train)(verb)()
    assert raised.traceback[-1].name == "verb"


def test_the_verb_gets_the_checked_value_with_absolute_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Train] = []
    monkeypatch.chdir(tmp_path)
    words = (
        "dataset=csv",
        "dataset.path=a/b.csv",
        "split.test_size=0.30000000000000004",
        "estimator.p=null",
        "resume=6e123456",
    )
    assert exit_code(given.append, monkeypatch, tmp_path, *words) == 0
    (config,) = given
    assert config.dataset.path == f"{tmp_path}/a/b.csv" and config.tracking.uri == f"sqlite:///{tmp_path}/m.db"
    assert config.split.test_size == 0.3 and config.estimator.p is None and config.resume == "6e123456"
    assert isinstance(config, Train)


def test_hydras_change_of_folder_moves_no_relative_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Train] = []
    monkeypatch.chdir(tmp_path)
    assert (
        exit_code(given.append, monkeypatch, tmp_path, "dataset=csv", "dataset.path=b.csv", "hydra.job.chdir=true") == 0
    )
    assert given[0].dataset.path == f"{tmp_path}/b.csv"


@pytest.mark.parametrize("schema", [Train, Explore, Promote])
def test_a_verb_without_words_composes_to_its_defaults(schema: type[Any], config_of: Callable[..., Any]) -> None:
    config = config_of(schema)
    assert (config.dataset.name, config.dataset.target, config.output) == ("iris", "variety", "text")
    changed = {"dataset", "tracking"}
    assert {name for name in vars(config) if getattr(config, name) != getattr(schema(), name)} <= changed


HEAVY = ("mlflow", "sklearn", "matplotlib", "scipy", "pandas", "numpy", "seaborn", "gradio", "jinja2")


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_what_a_verb_does_and_loads_nothing_heavy(verb: str, tmp_path: Path) -> None:
    program = (
        "import json, runpy, sys\n"
        f"sys.argv = ['{verb}.py', '--help']; sys.path[0] = {str(ROOT / 'experiments')!r}\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'experiments' / f'{verb}.py')!r}, run_name='__main__')\n"
        "finally:\n"
        "    print(json.dumps(list(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    assert done.returncode == 0 and not loaded & set(HEAVY)
    assert f"conf/{verb}" in done.stdout or "Config" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_closed_stdout_is_no_traceback(store_uri: str) -> None:
    """As `… | head -0` leaves it: nobody reads the answer."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, str(ROOT / "experiments" / "train.py"), f"tracking.uri={store_uri}"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_stdout_that_cannot_show_every_letter_gets_what_it_can(store_uri: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "experiments" / "train.py"), f"tracking.uri={store_uri}", "dataset=csv"),
            *(f"dataset.path='{ROOT / 'tests/cases/02-accents (1).csv'}'", 'dataset.target="variété"'),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0
    assert [
        line for line in done.stderr.splitlines() if "rows for training and test equal another one" not in line
    ] == []
    assert "ch\\xeane" in done.stdout
