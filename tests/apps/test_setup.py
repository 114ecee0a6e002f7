"""`make` from a fresh clone on, with stand-ins for Python that install nothing; one slow test installs for real."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
COPIED = ("Makefile", "pyproject.toml", "requirements.lock", "serve/_checkout.py", "scripts/python.sh")

# A Python of version 3.MINOR: it runs scripts as such a one would, and makes a .venv whose own Python only notes
# what it is asked to do, in calls.txt, and fails where FAIL_ON is among the words.
FAKE_PYTHON = """#!/bin/sh
if [ "$1" = -m ]; then
    for folder; do :; done
    rm -rf "$folder"; mkdir -p "$folder/bin" "$folder/lib/python3.MINOR/site-packages/pip-1.dist-info"
    printf 'version = 3.MINOR.0\\nexecutable = %s\\n' "$0" >"$folder/pyvenv.cfg"
    cp "HOME/venv_python" "$folder/bin/python"
    echo "venv 3.MINOR" >>"HOME/calls.txt"
    exit
fi
exec REAL -c 'import runpy, sys
sys.version_info = (3, MINOR, 0, "final", 0)
sys._base_executable, sys.argv = sys.argv[1], sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$0" "$@"
"""
VENV_PYTHON = """#!/bin/sh
echo "$@ ${VIRTUAL_ENV}${PIP_USER}" >>"HOME/calls.txt"
case "$* " in *"${FAIL_ON:-no such word}"*) echo "first line" >&2; echo "No route to host" >&2; exit 1 ;; esac
case "$* " in *"${WAIT_ON:-no such word}"*) exec sleep 30 ;; esac
site=$(echo "$(dirname "$0")"/../lib/python3*/site-packages)
case "$*" in
*"pip install --quiet --require-hashes -r"*) mkdir -p "$site/uv-UV.dist-info" ;;
*--editable*) printf '%s\\n' "$PWD" >"$site/_editable_impl_seedbed.pth" ;;
esac
"""


@dataclass(frozen=True)
class Clone:
    """A checkout with what setup reads, beside stand-ins for Python."""

    home: Path
    root: Path

    def python(self, minor: int) -> Path:
        path = self.home / f"python3.{minor}"
        text = FAKE_PYTHON.replace("MINOR", str(minor)).replace("REAL", shlex.quote(sys.executable))
        return self._script(path, text)

    def _script(self, path: Path, text: str) -> Path:
        path.write_text(text.replace("HOME", str(self.home)), encoding="utf-8")
        path.chmod(0o755)
        return path

    def make(self, *words: str, minor: int | None = None, root: Path | None = None, **environ: str) -> Outcome:
        """Run make with `python3` being 3.12, and PYTHON=python3.MINOR typed where one is given."""
        self.python(12).rename(self.home / "python3")
        typed = [] if minor is None else [f"PYTHON={self.python(minor).name}"]
        self._script(self.home / "venv_python", VENV_PYTHON.replace("UV", uv_version()))
        # What the shell that runs these tests holds, or `make test` was given, is not for the makes in them.
        own = {key: value for key, value in os.environ.items() if key not in {"PYTHON", "ARGS", "VIRTUAL_ENV"}}
        environ = own | {"PATH": f"{self.home}:/usr/bin:/bin"} | environ
        command = ["make", *words, *typed]
        done = subprocess.run(
            command, cwd=root or self.root, env=environ, capture_output=True, text=True, encoding="utf-8"
        )
        said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
        return Outcome(done.returncode, done.stdout.strip(), "\n".join(said), self.calls())

    def calls(self) -> list[str]:
        """Return what was asked of the stand-ins since the last look."""
        file = self.home / "calls.txt"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [line.strip() for line in lines]


@dataclass(frozen=True)
class Outcome:
    """What a command came to: exit code of make (2 whenever a recipe failed), answer, complaint, installations."""

    code: int
    answer: str
    complaint: str
    calls: list[str]

    @property
    def built(self) -> str:
        return next((call for call in self.calls if call.startswith("venv")), "")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    root = tmp_path / "My Projects" / "größe #1 (copy)"
    for name in [*COPIED, *(f"scripts/{path.name}" for path in (ROOT / "scripts").glob("*.py"))]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    (root / "serve" / "__init__.py").touch()
    return Clone(tmp_path, root)


def uv_version() -> str:
    return re.findall(r"^uv==(\S+)", LOCK, re.MULTILINE)[0]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files(folder: Path) -> dict[str, float]:
    return {str(path): path.lstat().st_mtime for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts}


def test_make_alone_lists_every_target(clone: Clone) -> None:
    listed = {line.split()[1]: line for line in clone.make().answer.splitlines()[:-1]}
    documented = {"demo", "test", "test-all", "setup", "lint", "ui", "bench", "relocate", "clean", "lock"}
    assert set(listed) == documented
    assert all(len(line) < 120 for line in listed.values())
    assert not (clone.root / ".venv").exists()


def test_setup_installs_by_hashes_and_then_seedbed(clone: Clone) -> None:
    first = clone.make("setup")
    built, bootstrap, packages, seedbed = first.calls
    assert first.code == 0 and first.complaint == "" and len(first.answer.splitlines()) == 1
    assert built == "venv 3.12"
    assert bootstrap.startswith("-m pip install --quiet --require-hashes -r") and bootstrap.endswith("uv.txt")
    assert packages.endswith("--require-hashes -r requirements.lock")
    assert seedbed.endswith("--no-deps --no-build-isolation --editable .")
    assert all(f"--python {clone.root}/.venv/bin/python" in call for call in (packages, seedbed))
    only_uv = (clone.root / ".venv" / "uv.txt").read_text()
    assert only_uv in LOCK and re.findall(r"^\w.*==", only_uv, re.MULTILINE) == ["uv=="] and "--hash=" in only_uv


def test_the_way_to_the_checkout_is_written_in_ascii(clone: Clone) -> None:
    clone.make("setup")
    site = clone.root / ".venv" / "lib" / "python3.12" / "site-packages"
    line = (site / "_editable_impl_seedbed.pth").read_text(encoding="ascii")
    assert line == f"import sys; sys.path += {ascii([str(clone.root)])}\n"
    assert clone.make("setup", LC_ALL="C") == Outcome(0, "", "", [])


def test_a_second_run_installs_nothing_and_says_nothing(clone: Clone) -> None:
    clone.make("setup")
    before = files(clone.root)
    assert clone.make("setup") == Outcome(0, "", "", [])
    assert clone.make("setup", minor=12) == Outcome(0, "", "", [])
    assert files(clone.root) == before


@pytest.mark.parametrize("minor", [10, 14])
def test_another_python_is_refused_before_anything_is_installed(clone: Clone, minor: int) -> None:
    before = files(clone.root)
    refused = clone.make("demo", minor=minor)
    assert refused.code == 2 and refused.answer == "" and refused.calls == []
    assert refused.complaint == (
        f"Seedbed runs on Python 3.11, 3.12 or 3.13, and this is 3.{minor}; type for example "
        "`make demo PYTHON=python3.12` (without make: `python3.12 scripts/setup_venv.py`)."
    )
    assert files(clone.root) == before


def test_the_refusal_ends_with_code_2(clone: Clone) -> None:
    refused = subprocess.run([clone.python(14), clone.root / "scripts" / "setup_venv.py"], capture_output=True)
    assert refused.returncode == 2


def test_the_range_is_that_of_the_package() -> None:
    low, high = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
    assert list(script("setup_venv").allowed_minors()) == list(range(int(low), int(high)))


def test_a_python_that_is_not_there_is_one_sentence(clone: Clone) -> None:
    missing = clone.make("test", "PYTHON=python3.99")
    assert missing.code == 2 and missing.calls == []
    assert (
        missing.complaint.startswith("There is no python3.99 on this machine;") and missing.complaint.count("\n") == 0
    )


def test_a_python_that_is_asked_for_replaces_another(clone: Clone) -> None:
    clone.make("setup")
    assert clone.make("setup", minor=13).built == "venv 3.13"
    kept = clone.make("setup")
    assert kept == Outcome(0, "", "", []), "python3 is 3.12, but was not asked for"
    assert clone.make("setup", minor=14).code == 2
    assert clone.make("setup") == kept, "a refusal leaves .venv as it was"


def test_a_venv_that_works_needs_no_other_python(clone: Clone) -> None:
    clone.make("setup")
    ready = clone.python(14)
    (clone.root / "requirements.lock").write_text(LOCK + "# changed\n", encoding="utf-8")
    done = subprocess.run([ready, clone.root / "scripts" / "setup_venv.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Bringing .venv up to date.\n", "")
    assert not any(call.startswith("venv") for call in clone.calls())


@pytest.mark.parametrize("word", ["-m pip", "requirements.lock", "--editable"])
def test_a_failure_is_one_sentence_and_the_next_run_goes_on(clone: Clone, word: str) -> None:
    failed = clone.make("setup", FAIL_ON=word)
    assert failed.code == 2
    assert "failed: No route to host (look at the network" in failed.complaint and failed.complaint.count("\n") == 0
    assert "UV_DEFAULT_INDEX=URL" in failed.complaint  # which names a mirror to uv
    assert "first line" in (clone.root / ".venv" / "setup.log").read_text()
    again = clone.make("setup")
    assert again.code == 0 and again.built == "" and "--editable" in again.calls[-1]
    assert clone.make("setup").calls == []


def test_an_interrupted_setup_goes_on_from_there(clone: Clone) -> None:
    clone.make("setup", FAIL_ON="venv")  # lays out the stand-ins
    shutil.rmtree(clone.root / ".venv")
    command = [clone.home / "python3", clone.root / "scripts" / "setup_venv.py"]
    environ = os.environ | {"WAIT_ON": "requirements.lock"}
    setup = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 20
    while "requirements.lock" not in "".join(clone.calls()) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(setup.pid, signal.SIGINT)
    assert setup.communicate(timeout=20)[1] == "Interrupted; type the same again to go on.\n"
    assert setup.returncode == 130
    assert not (clone.root / ".venv" / ".ready").exists()
    assert clone.make("setup").code == 0


def test_a_half_made_venv_is_made_again(clone: Clone) -> None:
    clone.make("setup")
    (clone.root / ".venv" / ".ready").unlink()
    shutil.rmtree(clone.root / ".venv" / "lib")
    assert clone.make("setup").built == "venv 3.12"


def test_the_shells_own_environment_is_left_alone(clone: Clone) -> None:
    calls = clone.make("setup", VIRTUAL_ENV="/elsewhere", PIP_USER="1").calls
    assert not any("/elsewhere" in call or call.endswith("1") for call in calls)


def test_what_a_linked_venv_leads_to_is_not_cleared(clone: Clone) -> None:
    shared = clone.home / "shared"
    shared.mkdir()
    (shared / "mine.txt").touch()
    (clone.root / ".venv").symlink_to(shared)
    assert clone.make("setup").code == 0
    assert (shared / "mine.txt").exists() and not (clone.root / ".venv").is_symlink()


@pytest.mark.parametrize("copied", [False, True])
def test_make_stops_in_a_moved_or_copied_checkout(clone: Clone, copied: bool) -> None:
    clone.make("setup")
    other = clone.home / "other"
    shutil.copytree(clone.root, other, symlinks=True) if copied else clone.root.rename(other)
    before = files(other)
    for target in ("setup", "demo", "test", "lint", "ui", "bench", "lock"):
        stopped = clone.make(target, root=other)
        assert stopped.code == 2 and stopped.answer == "" and stopped.calls == []
        assert stopped.complaint.startswith(f"{other} was moved or copied from {clone.root}, ")
        assert f"type `make relocate` in {other} " in stopped.complaint and stopped.complaint.count("\n") == 0
    alone = subprocess.run([clone.home / "python3", other / "scripts" / "setup_venv.py"], capture_output=True)
    assert alone.returncode == 1
    assert files(other) == before


def test_relocate_renews_the_venv_with_its_own_python(clone: Clone) -> None:
    clone.make("setup", minor=13)
    other = clone.root.rename(clone.home / "other")
    mended = clone.make("relocate", root=other)
    assert mended.code == 0 and mended.built == "venv 3.13", "python3 is 3.12, but was not asked for"
    assert mended.calls[-1] == "-m seedbed.relocate"
    assert clone.make("setup", root=other) == Outcome(0, "", "", [])
    assert clone.make("relocate", root=other).calls == ["-m seedbed.relocate"]


def test_tests_come_last(clone: Clone) -> None:
    clone.make("setup")
    steps = clone.make("test", "ARGS=-k page").calls
    words = [
        "ruff check src",
        "ruff format --check src",
        "importlinter",
        "check_budgets.py",
        "mypy",
        "setup_browser.py",
    ]
    assert len(steps) == 7 and all(word in step for word, step in zip(words, steps, strict=False))
    assert not any({".", "--all"} & {*step.split()} for step in steps), "what lies beside the code is not checked"
    side_by_side = "-n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder"
    assert steps[-1] == f"-m pytest -m not slow {side_by_side} -k page"
    assert clone.make("test-all").calls[-1] == f"-m pytest {side_by_side}"


def test_a_failing_check_ends_make_test(clone: Clone) -> None:
    clone.make("setup")
    failed = clone.make("test", FAIL_ON="ruff check")
    assert failed.code == 2 and len(failed.calls) == 1


def test_the_demo_says_first_what_it_will_do(clone: Clone) -> None:
    first = clone.make("demo", "ARGS=port=7861")
    plan, setup = first.answer.splitlines()
    assert "minute" in plan and "MB" in plan and "Ctrl-C" in plan and "1.3 GB" in setup
    assert first.calls[-1] == "scripts/demo.py port=7861"
    assert clone.make("demo").calls == ["scripts/demo.py"]


def test_the_demo_serves_at_once_where_best_is_marked() -> None:
    steps = script("demo").list_steps
    assert steps(["port=7861"], best_is_marked=True) == [["-m", "serve", "port=7861"]]
    assert [step[0] for step in steps([], best_is_marked=False)] == [
        "experiments/train.py",
        "experiments/compare.py",
        "experiments/promote.py",
        "-m",
    ]


def test_the_ui_gets_its_place(clone: Clone) -> None:
    clone.make("setup")
    assert clone.make("ui", HOST="my-shell-says").calls[-1].startswith("scripts/ui.py --host 127.0.0.1 --port 5000")
    typed = clone.make("ui", "HOST=0.0.0.0", "PORT=5001", "ALLOW=tunnel.example").calls[-1]
    assert typed == "scripts/ui.py --host 0.0.0.0 --port 5001 --allow tunnel.example"


def test_the_ui_answers_to_the_machines_names_only() -> None:
    ui = script("ui")
    assert ui.list_names("127.0.0.1", "") == []
    assert ui.list_names("Box.local", "Tunnel.example, ") == ["box.local", "tunnel.example"]
    assert len(ui.list_names("0.0.0.0", "")) >= 1
    assert {"box.local", "box.local:*", "localhost:*", "[[]::1]:*"} <= set(ui.allowed_hosts(["box.local"]))
    assert "http://box.local:*" in ui.allowed_origins(["box.local"])
    assert "*" not in ui.allowed_hosts([]) + ui.allowed_origins([])


def test_clean_keeps_what_was_recorded(clone: Clone) -> None:
    clone.make("setup")
    kept = [clone.root / "mlruns" / "mlflow.db", clone.root / "outputs" / "report.html"]
    for path in (*kept, clone.root / ".ruff_cache" / "x", clone.root / "src" / "seedbed" / "__pycache__" / "x"):
        path.parent.mkdir(parents=True)
        path.touch()
    clone.make("clean")
    assert all(path.exists() for path in kept)
    assert not any((clone.root / name).exists() for name in (".venv", ".ruff_cache", "src/seedbed/__pycache__"))


def test_the_lock_names_no_place_and_hashes_everything() -> None:
    blocks = re.split(r"\n(?=\w)", LOCK)[1:]
    assert len(blocks) > 100 and all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|find-links|index|(?<![\w.-])/\w", LOCK)


def test_the_lock_holds_what_setup_and_the_package_ask_for() -> None:
    locked = {name.lower() for name in re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE)}
    asked = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=;! ]", requirement)[0].lower() for requirement in asked}
    assert names <= locked
    setup = PROJECT["dependency-groups"]["setup"]
    assert set(PROJECT["build-system"]["requires"]) <= set(setup)
    assert all(f"\n{requirement} " in LOCK for requirement in setup)


def test_budgets_are_counted(tmp_path: Path) -> None:
    for folder in ("src", "experiments"):
        (tmp_path / folder).mkdir()
    (tmp_path / "src" / "long.py").write_text("x = 1\n" * 401)
    (tmp_path / "src" / "fine.py").write_text("x = 1\n" * 400)
    (tmp_path / "experiments" / "_checkout.py").write_text("x = 1\n" * 16)
    (tmp_path / "experiments" / "good.py").write_text('"""Verb."""\nimport sys\nimport _checkout\n')
    (tmp_path / "experiments" / "long.py").write_text("import sys\nimport _checkout\n" + "x = 1\n" * 15)
    (tmp_path / "experiments" / "late.py").write_text("import seedbed\nimport _checkout\n")
    over = list(script("check_budgets").over_budget(tmp_path))
    assert [sentence.split(":")[0] for sentence in over] == [
        "experiments/late.py",
        "experiments/long.py",
        "src/long.py",
    ]


def test_what_any_python_reads_is_written_for_it() -> None:
    for name in ("scripts/setup_venv.py", "serve/_checkout.py", "serve/__init__.py", "experiments/_checkout.py"):
        ast.parse((ROOT / name).read_text(encoding="utf-8"), name, feature_version=(3, 6))
    package = ast.parse((ROOT / "serve" / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(package) if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.slow
def test_a_fresh_clone_sets_itself_up(tmp_path: Path) -> None:
    root = tmp_path / "My Projects" / "größe #1 (copy)"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    make = ["make", "setup", f"PYTHON={Path(sys.executable).resolve()}"]
    assert "Setting up" in subprocess.run(make, cwd=root, capture_output=True, text=True, check=True).stdout
    asked = "import seedbed, pathlib; print(pathlib.Path(seedbed.__file__).parents[2])"
    found = subprocess.run([root / ".venv/bin/python", "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(root)
    again = subprocess.run(make, cwd=root, capture_output=True, text=True, check=True)
    assert (again.stdout, again.stderr) == ("", "")
    moved = root.rename(tmp_path / "moved")
    stopped = subprocess.run(make, cwd=moved, capture_output=True, text=True)
    assert stopped.returncode == 2 and "make relocate" in stopped.stderr
