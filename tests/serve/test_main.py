"""`python -m serve`: the shell over a real registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
