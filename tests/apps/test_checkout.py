"""A moved or copied checkout is noticed by its first command: experiments, `python -m serve`, setup."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = Path("lib", f"python3.{sys.version_info[1]}", "site-packages")


def make_checkout(root: Path, editable: Path | None = None) -> Path:
    """Lay out the least of a checkout whose .venv holds the editable install of `editable` (None: no .venv)."""
    for name in ("src/seedbed", "serve", "experiments"):
        (root / name).mkdir(parents=True)
    (root / "src" / "seedbed" / "__init__.py").touch()
    (root / "serve" / "__init__.py").touch()
    (root / "serve" / "__main__.py").write_text(
        "from serve._checkout import require_checkout\n\nrequire_checkout()\nprint('served')\n"
    )
    (root / "experiments" / "train.py").write_text("import _checkout\nimport seedbed\n\nprint(seedbed.__file__)\n")
    shutil.copy(ROOT / "serve" / "_checkout.py", root / "serve")
    shutil.copy(ROOT / "experiments" / "_checkout.py", root / "experiments")
    if editable is not None:
        make_venv(root, editable)
    return root


def make_venv(root: Path, editable: Path) -> None:
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    (root / ".venv" / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    (root / ".venv" / SITE).mkdir(parents=True)
    (root / ".venv" / SITE / "_editable_impl_seedbed.pth").write_text(f"{editable}\n{editable}/src", encoding="utf-8")


def run(python: Path | str, *words: str | Path, cwd: Path) -> tuple[int, str, str]:
    command = [str(python), *map(str, words)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def train(root: Path, python: Path | str | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
    return run(python or root / ".venv/bin/python", root / "experiments" / "train.py", cwd=cwd or root.parent)


def assert_stopped(outcome: tuple[int, str, str], *phrases: str) -> None:
    code, answer, sentence = outcome
    assert (code, answer) == (1, "")
    assert len(sentence.splitlines()) == 1 and sentence.endswith(".")
    for phrase in phrases:
        assert phrase in sentence


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder whose name make and URLs trip over."""
    folder = tmp_path / "My Projects" / "größe #1 [copy]"
    folder.mkdir(parents=True)
    return folder


def test_a_checkout_in_its_place_runs(home: Path) -> None:
    root = make_checkout(home / "a", home / "a")
    assert train(root) == (0, str(root / "src/seedbed/__init__.py"), "")
    assert run(root / ".venv/bin/python", "-m", "serve", cwd=root) == (0, "served", "")
    assert run(root / ".venv/bin/python", "-m", "serve", cwd=home) == (0, "served", "")


def test_a_checkout_reached_by_a_link_runs(home: Path) -> None:
    root = make_checkout(home / "a", home / "a")
    (home / "link").symlink_to(root)
    assert train(home / "link")[0] == 0


def test_a_moved_one_names_the_cure(home: Path) -> None:
    make_checkout(home / "a", home / "a")
    root = (home / "a").rename(home / "b")
    before = files(home)
    expected = (f"moved or copied from {home / 'a'}", f"`make relocate` in {root}", "setup_venv.py --renew")
    assert_stopped(train(root), *expected)
    assert_stopped(run(root / ".venv/bin/python", "-m", "serve", cwd=root), *expected)
    assert_stopped(train(root, python=Path(sys.executable).resolve()), *expected)
    assert files(home) == before


def test_a_copied_one_does_not_run_the_original(home: Path) -> None:
    original = make_checkout(home / "a", home / "a")
    copied = Path(shutil.copytree(original, home / "b", symlinks=True))
    before = files(home)
    assert_stopped(train(copied), f"{copied} was moved or copied from {original}")
    assert_stopped(run(copied / ".venv/bin/python", "-m", "serve", cwd=copied), f"from {original}")
    assert_stopped(run(copied / ".venv/bin/python", "-m", "serve", cwd=home), f"from {original}")
    assert files(home) == before
    assert train(original)[0] == 0


def test_a_copied_one_is_noticed_where_setup_wrote_ascii(home: Path) -> None:
    original = make_checkout(home / "a", home / "a")
    folders = ascii([str(original), str(original / "src")])
    (original / ".venv" / SITE / "_editable_impl_seedbed.pth").write_text(f"import sys; sys.path += {folders}\n")
    assert train(original)[0] == 0
    copied = Path(shutil.copytree(original, home / "b", symlinks=True))
    assert_stopped(train(copied), f"{copied} was moved or copied from {original}")


def test_a_python_without_seedbed_is_told_which_one_has_it(home: Path) -> None:
    root = make_checkout(home / "a", home / "a")
    assert_stopped(train(root, Path(sys.executable).resolve()), f"type {root / '.venv/bin/python'} in place of python")


def test_another_checkouts_python_is_not_taken(home: Path) -> None:
    other = make_checkout(home / "other", home / "other")
    root = make_checkout(home / "a", home / "a")
    assert_stopped(train(root, other / ".venv/bin/python"), f"the seedbed of {other}", str(root / ".venv/bin/python"))


def test_a_fresh_clone_is_told_to_set_up(home: Path) -> None:
    root = make_checkout(home / "a")
    assert_stopped(train(root, Path(sys.executable).resolve()), f"not set up in {root} yet", "`make setup`")


def test_an_unfinished_setup_is_told_to_set_up(home: Path) -> None:
    root = make_checkout(home / "a", home / "a")
    (root / ".venv" / SITE / "_editable_impl_seedbed.pth").unlink()
    assert_stopped(train(root), "`make setup`")


def test_a_wheel_is_no_checkout(home: Path) -> None:
    root = make_checkout(home / "a")
    shutil.rmtree(root / "src")
    assert run(Path(sys.executable).resolve(), "-m", "serve", cwd=root) == (0, "served", "")


def test_the_check_costs_less_than_reading_a_command_line() -> None:
    script = (
        "import sys, time; sys.path.insert(0, 'experiments'); start = time.process_time(); import _checkout; "
        "lean = not {'typing', 're', 'importlib.util'} & set(sys.modules); middle = time.process_time(); "
        "import argparse; print(middle - start, time.process_time() - middle, lean)"
    )
    answers = [run(sys.executable, "-c", script, cwd=ROOT)[1].split() for _ in range(5)]
    check, other = (min(float(seconds) for seconds in each) for each in list(zip(*answers, strict=True))[:2])
    assert check < other
    assert {lean for *_, lean in answers} == {"True"}
