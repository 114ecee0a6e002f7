"""The seam to Hydra: exit codes, streams, and a start that loads nothing heavy."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

import seedbed.config.schema
from seedbed import paths
from seedbed.cli import _spare_estimators, command
from seedbed.config.constraints import list_keys
from seedbed.config.families import read_family
from seedbed.config.naming import list_table_words
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
    # So that Python ends at once, and does not first look through all that was imported.
    assert gc.get_freeze_count() > len(sys.modules)
    gc.unfreeze()
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
    assert config.split.test_size == 0.3 and config.estimator.values["p"] is None and config.resume == "6e123456"
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


def test_the_process_that_conducts_a_sweep_loads_nothing_heavy() -> None:
    program = "import json, sys, seedbed.execution.sweep.controller; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in json.loads(done.stdout)} & set(HEAVY)


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
    schema = getattr(seedbed.config.schema, verb.title())
    shown = {"estimator.name", "estimator._target_", *(f"estimator.{name}" for name in read_family("knn").defaults)}
    of_others = {key for key in list_keys(schema) if key.startswith("estimator.")} - shown
    for key, item in list_keys(schema).items():
        said = re.findall(rf"^ *{re.escape(key)}=(.*)$", done.stdout, re.MULTILINE)
        if is_dataclass(item.kind):
            assert len(said) == ((paths.CONF / key).is_dir() and f"{key}.rule" not in schema.without_effect)
        elif key in schema.without_effect or key in of_others:
            assert said == []
        else:
            assert len(item.meaning) > 5 and [item.meaning in line for line in said] == [True]
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
    assert (done.returncode, done.stderr) == (1, f"Table iris, store {store_uri}.\n")


@pytest.mark.slow
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
    ] == [f"Table 02-accents (1), store {store_uri}."]
    assert "ch\\xeane" in done.stdout


@pytest.mark.parametrize("option", ["-P", "-I"])
def test_a_safe_path_hides_no_module_of_ours(option: str, tmp_path: Path) -> None:
    script = str(ROOT / "experiments" / "compare.py")
    done = subprocess.run([sys.executable, option, script, "--help"], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_user_without_name_and_home_trains(store_uri: str, tmp_path: Path) -> None:
    """As in a container that runs under a number: neither variables nor the system's list of users know it."""
    program = (
        "import pwd, runpy, sys\n"
        "def unknown(uid):\n"
        "    raise KeyError(uid)\n"
        "pwd.getpwuid = unknown\n"
        f"sys.argv[0] = {str(ROOT / 'experiments' / 'train.py')!r}\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    environ = {key: value for key, value in os.environ.items() if key not in ("HOME", "USER", "LOGNAME", "USERNAME")}
    words = [f"tracking.uri={store_uri}", f"hydra.run.dir={tmp_path}/out"]
    for grid in ([], ["-m", "split.seed=0,1", "estimator.n_neighbors=1,3"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *grid, *words], capture_output=True, text=True, env=environ, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["explore", "train", "compare", "promote", "prune", "reproduce"])
def test_a_command_leaves_a_folder_only_for_what_it_writes(
    verb: str, command: Any, store_uri: str, tmp_path: Path
) -> None:
    environ = {"MLFLOW_TRACKING_URI": store_uri}
    grid = ("-m", "split.seed=0,1", "estimator.n_neighbors=1,3")
    assert command("train", *grid, f"hydra.run.dir={tmp_path}/swept", folder=tmp_path, environ=environ).code == 0
    (tmp_path / "empty").mkdir()
    outputs = command.outputs
    seen = {*outputs.glob("*/*")}
    assert command(verb, folder=tmp_path / "empty", environ=environ).code == 0
    assert len({*outputs.glob("*/*")} - seen) == (verb in ("explore", "compare"))
    assert (tmp_path / "empty").is_dir() and list((tmp_path / "empty").iterdir()) == []
    moved = tmp_path / "moved"
    assert command(verb, f"hydra.run.dir={moved}", folder=tmp_path / "empty", environ=environ).code == 0
    assert moved.is_dir() == (verb in ("explore", "compare"))
    assert len({*outputs.glob("*/*")} - seen) == (verb in ("explore", "compare"))


@pytest.mark.parametrize(
    ("word", "axis"),
    [
        ("estimator.C=1", "estimator.C=choice(1)"),
        ("estimator.hidden_layer_sizes=[50,20]", "estimator.hidden_layer_sizes=choice([50,20])"),
        ("estimator.kernel='a,b'", "estimator.kernel=choice('a,b')"),
        ("estimator.C=1,10", "estimator.C=1,10"),
        ("estimator.n_neighbors=range(1,5)", "estimator.n_neighbors=range(1,5)"),
        ("+estimator.alpha=1", "+estimator.alpha=1"),
        ("split.seed=3", "split.seed=3"),
    ],
)
def test_beside_several_estimators_a_single_value_is_an_axis_of_those_that_have_it(word: str, axis: str) -> None:
    assert _spare_estimators(["-m", "estimator=knn,mlp", word]) == ["-m", "estimator=knn,mlp", axis]
    assert _spare_estimators(["-m", "estimator=mlp", word]) == ["-m", "estimator=mlp", word]


def _read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str) -> Any:
    """Return the config that a command gets."""
    got: list[Any] = []
    code = exit_code(got.append, monkeypatch, tmp_path, *words)
    return got[0].dataset if code == 0 else code


@pytest.mark.parametrize("name", ["stem", "Ketchup.hid", "Sepal Length (cm)", "[x]"])
def test_a_column_may_be_typed_by_any_name(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = [f"dataset.columns.{name}=ignore", "dataset.columns={other: date}", "dataset.read.sep=';'"]
    dataset = _read(monkeypatch, tmp_path, *words)
    assert (dataset.columns, dataset.read) == ({name: "ignore", "other": "date"}, {"sep": ";"})
    words = ["dataset=csv", "dataset.path=t.csv", f"dataset.columns.{name}=number"]
    typed = _read(monkeypatch, tmp_path, *words)
    assert _read(monkeypatch, tmp_path, *list_table_words(typed)).columns == {name: "number"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("dataset.columns.x=text", "dataset.columns={'x': 'text'} is not valid: expected column: one of number, "),
        ("dataset.read.decimal=x", "dataset.read={'decimal': 'x'} is not valid: expected {sep: …, decimal: …, "),
    ],
)
def test_a_word_for_a_column_is_checked(
    word: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _read(monkeypatch, tmp_path, word) == 2
    assert capsys.readouterr().err.startswith(said)


def test_a_user_may_have_a_default_table_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = shutil.copytree(paths.CONF, tmp_path / "conf")
    (conf / "user").mkdir()
    (conf / "user" / "local.yaml").write_text("# @package _global_\ndefaults:\n  - override /dataset: wine\n")
    (conf / "dataset" / "wine.yaml").write_text("path: wine.csv\ntarget: cultivar\ncolumns: {a.b: date}\n")
    monkeypatch.setattr(paths, "CONF", conf)
    assert _read(monkeypatch, tmp_path).target == "variety"  # the tests' own environment reads no such file
    monkeypatch.delenv("SEEDBED_USER")
    wine = _read(monkeypatch, tmp_path)
    assert (wine.target, wine.columns) == ("cultivar", {"a.b": "date"})
    assert capsys.readouterr().err == "dataset=wine is the default here, by conf/user/local.yaml.\n"
    assert _read(monkeypatch, tmp_path, "dataset=iris").target == "variety"
    assert _read(monkeypatch, tmp_path, "dataset.target=x") == 2
    assert (
        "is not of the table wine, which is the default; type dataset=csv dataset.target=x" in capsys.readouterr().err
    )
