"""`python -m serve`: the shell over a real registry."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import numpy as np
import pytest
import skops.io
from mlflow import MlflowClient
from sklearn.tree import DecisionTreeClassifier

from seedbed.tracking.registry import ALIAS

ROOT = Path(__file__).parents[2]


def serve(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "serve", *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import runpy, sys; sys.argv = ['serve', '--help']\n"
        "try: runpy.run_module('serve', run_name='__main__')\n"
        "except SystemExit as end: print(sorted({'gradio', 'mlflow', 'sklearn', 'pandas'} & {*sys.modules}), end.code)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[] 0", told.stderr


@pytest.mark.parametrize("word", ["port=70000", "port=abc", "poll_seconds=0", "root_path=iris", "host="])
def test_bad_input_is_one_sentence(word: str) -> None:
    told = serve(word)
    assert told.returncode == 2 and told.stdout == ""
    assert told.stderr.count("\n") == 1 and word.split("=")[0] in told.stderr


def test_one_page_after_another_is_refused() -> None:
    before = sorted(ROOT.iterdir())
    told = serve("-m", "port=0,0")
    assert told.returncode == 2 and told.stdout == ""
    assert told.stderr.startswith("-m makes a sweep, and serve does one thing once; ") and told.stderr.count("\n") == 1
    assert sorted(ROOT.iterdir()) == before


@pytest.mark.parametrize(("module", "words"), [("serve", ["port=0"]), ("serve.export", ["page"])])
def test_nothing_marked_best_is_one_sentence_with_the_command_before_gradio_is_imported(
    module: str, words: list[str], tmp_path: Path
) -> None:
    typed = [module, *words, f"tracking.uri=sqlite:///{tmp_path / 'none.db'}"]
    program = (
        f"import runpy, sys; sys.argv = {typed!r}\n"
        f"try: runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as end: sys.exit(3 if 'gradio' in sys.modules else end.code)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 1 and told.stdout == "" and told.stderr.count("\n") == 1
    assert "train.py -m" in told.stderr
    assert not list(tmp_path.iterdir())


def mark(marked: str, model: Path, folder: Path) -> str:
    """Return the address of a copy of a store, in which a version with this model is marked best."""
    with closing(connect(marked.removeprefix("sqlite:///"))) as store, closing(connect(folder / "copy.db")) as copy:
        store.backup(copy)
    address = f"sqlite:///{folder / 'copy.db'}"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    (folder / "version").mkdir()
    shutil.move(model, folder / "version" / "model.skops")
    version = client.create_model_version("iris", str(folder / "version"))
    client.set_registered_model_alias("iris", ALIAS, version.version)
    return address


@pytest.mark.parametrize(
    ("module", "kind"), [("serve", "arrays"), pytest.param("serve.export", "types", marks=pytest.mark.slow)]
)
def test_a_refused_model_ends_it_at_the_start_with_one_sentence(
    module: str, kind: str, marked: str, iris_folder: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model.skops"
    if kind == "arrays":
        estimator = DecisionTreeClassifier(random_state=0).fit(np.eye(4), list("abca"))
        estimator.tree_.__getstate__()["nodes"]["left_child"][0] = 10**6
        skops.io.dump(estimator, model)
    else:
        with zipfile.ZipFile(iris_folder / "model.skops") as honest, zipfile.ZipFile(model, "w") as crafted:
            for name in honest.namelist():
                schema = json.loads(honest.read(name)) if name == "schema.json" else {}
                changed = json.dumps(schema | {"__class__": "system", "__module__": "os"})
                crafted.writestr(name, changed if schema else honest.read(name))
    word = "port=0" if module == "serve" else str(tmp_path / "page")
    typed = [sys.executable, "-m", module, word, f"tracking.uri={mark(marked, model, tmp_path)}"]
    told = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert told.returncode == 1 and told.stdout == "", told.stderr
    assert told.stderr.splitlines()[-1] in (
        "The model in model.skops holds os.system; only types of scikit-learn and numpy that can be checked are "
        "loaded, and those that are listed in trust.",
        "The model in model.skops cannot be read: the child of a node is not a later node of its tree.",
    )
    assert "Traceback" not in told.stderr and not (tmp_path / "page").exists()
