"""Make .venv ready: the locked packages, each checked by its hash, and this checkout's seedbed.

Run by any Python, so that it can say in one sentence which ones work: standard library only, and syntax that
Python 3.6 reads. If all is ready it does nothing and says nothing.
"""

import argparse
import glob
import hashlib
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True  # a moved checkout is left as it is
sys.path.insert(0, ROOT)
from serve._checkout import ESCAPED, LIBRARIES, VENV_PYTHON, moved_sentence  # noqa: E402

VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(ROOT, VENV_PYTHON)
SITE = os.path.join(glob.escape(VENV), LIBRARIES)
STAMP = os.path.join(VENV, ".ready")
LOG = os.path.join(VENV, "setup.log")
LOCK = "requirements.lock"
BUILDING = "Setting up .venv with Python 3.{0}: 1.3 GB of packages, one to ten minutes by the network."
NOT_DONE, BAD_INPUT, INTERRUPTED = 1, 2, 130
# By these of the shell's variables pip, uv or Python would look elsewhere than in .venv.
MISLEADING = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}


class Stopped(Exception):
    """Setup cannot go on: one sentence, and the exit code."""

    def __init__(self, sentence: str, code: int = NOT_DONE) -> None:
        super().__init__(sentence)
        self.code = code


def main() -> int:
    """Set up, and return the exit code."""
    parser = argparse.ArgumentParser(description="Make .venv ready; if it is, do nothing.")
    parser.add_argument("--asked", action="store_true", help="use this very Python, even if .venv has another one")
    parser.add_argument("--renew", action="store_true", help="build .venv anew, as after moving the checkout")
    parser.add_argument("--plan", default="", help="a sentence to print once it is clear that setup can begin")
    words = parser.parse_args()
    try:
        set_up(words.asked, words.renew, words.plan)
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return stopped.code
    except KeyboardInterrupt:
        print("Interrupted; type the same again to go on.", file=sys.stderr)
        return INTERRUPTED
    return 0


def set_up(asked: bool, renew: bool, plan: str) -> None:
    """Build .venv or bring it up to date, if either is needed.

    Parameters
    ----------
    asked : whether this very Python was asked for; else a .venv with another one that works is kept.
    renew : build it anew if the checkout was moved or copied; else that is where setup stops.
    plan : what the caller does afterwards, said before anything is done.
    """
    moved = moved_sentence(ROOT)
    if moved and not renew:
        raise Stopped(moved)
    config = _read(os.path.join(VENV, "pyvenv.cfg"))
    minor = _find_minor(config)
    usable = minor in allowed_minors() and not (asked and minor != sys.version_info[1])
    # Never the Python of the .venv that is cleared.
    base = getattr(sys, "_base_executable", None) or sys.executable
    recorded = re.findall(r"^executable *= *(.+?) *$", config, re.MULTILINE)
    if usable and moved and recorded and os.path.exists(recorded[0]):
        base = recorded[0]
    elif moved or not usable:
        _check_python()
        minor = sys.version_info[1]
    if plan:
        print(plan, flush=True)
    # By this, and not by times, a finished setup is known to be up to date.
    content = _read(os.path.join(ROOT, LOCK)) + _read(os.path.join(ROOT, "pyproject.toml"))
    stamp = "3.{0} {1}\n".format(minor, hashlib.sha256(content.encode("utf-8")).hexdigest())
    kept = usable and not moved
    if kept and _read(STAMP) == stamp:
        return
    if os.path.exists(STAMP):
        os.remove(STAMP)
    print("Bringing .venv up to date." if kept else BUILDING.format(minor), flush=True)
    if not kept:
        _build(base)
    _install()
    _write(STAMP, stamp)


def allowed_minors() -> range:
    """Return the minor versions of Python 3 that pyproject.toml allows."""
    low, high = re.findall(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', _read(os.path.join(ROOT, "pyproject.toml")))[0]
    return range(int(low), int(high))


def _check_python() -> None:
    if sys.version_info[0] == 3 and sys.version_info[1] in allowed_minors():
        return
    names = ["3.{0}".format(minor) for minor in allowed_minors()]
    raise Stopped(
        "Seedbed runs on Python {0} or {1}, and this is {2[0]}.{2[1]}; type for example "
        "`make demo PYTHON=python{3}` (without make: `python{3} scripts/setup_venv.py`).".format(
            ", ".join(names[:-1]), names[-1], sys.version_info, names[len(names) // 2]
        ),
        BAD_INPUT,
    )


def _find_minor(config: str) -> int:
    """Return the minor version of the Python in .venv; -1 if none is there, or it cannot install anything."""
    found = re.findall(r"^version(?:_info)? *= *3\.(\d+)", config, re.MULTILINE)
    return int(found[0]) if found and os.path.exists(PYTHON) and _find_version("pip") else -1


def _find_version(package: str) -> str:
    """Return the version of a package in .venv, by its folder's name; "" if it is not installed."""
    names = glob.glob(os.path.join(SITE, package + "-*.dist-info"))
    return os.path.basename(names[0])[len(package) + 1 : -len(".dist-info")] if names else ""


def _build(base: str) -> None:
    if os.path.islink(VENV):
        os.unlink(VENV)  # what it leads to is not this checkout's alone
    hint = "if it names ensurepip, install python3-venv (Debian, Ubuntu) or choose another Python"
    _run([base, "-m", "venv", "--clear", VENV], "Making .venv", hint)


def _install() -> None:
    hint = (
        "look at the network and the free disk, then type the same again; a mirror of pip.conf is named to uv by "
        "UV_DEFAULT_INDEX=URL"
    )
    found = re.findall(r"^(?=uv==(\S+))((?:.*\\\n)+.*\n)", _read(os.path.join(ROOT, LOCK)), re.MULTILINE)
    if not found:
        raise Stopped("{0} does not hold uv, with which setup installs; take it back from git.".format(LOCK))
    version, block = found[0]
    _spell_in_ascii()  # what an installation by hand left
    if _find_version("uv") != version:
        only_uv = os.path.join(VENV, "uv.txt")
        _write(only_uv, block)
        _run([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", only_uv], "Installing uv", hint)
    # --python, since uv would otherwise install into the environment that is active in the shell. Compiled at once:
    # the packages take seconds to import if Python has to compile them first, or may not keep what it compiled.
    install = [PYTHON, "-m", "uv", "pip", "install", "--compile-bytecode", "--python", PYTHON]
    install += [] if sys.stderr.isatty() else ["--quiet"]
    _run(install + ["--require-hashes", "-r", LOCK], "Installing the packages", hint)
    # Hash checking refuses a folder, so seedbed comes second; it is built by what the lock has installed.
    _run(install + ["--no-deps", "--no-build-isolation", "--editable", "."], "Installing seedbed", hint)
    _spell_in_ascii()


def _spell_in_ascii() -> None:
    """Escape what is not ASCII in the paths to this checkout.

    Python 3.11 and 3.12 read them in the encoding of the shell: with LC_ALL=C, or an umlaut on Windows, not theirs.
    """
    for file in glob.glob(os.path.join(SITE, "*seedbed*.pth")):
        folders = sorted({line for line in _read(file).splitlines() if os.path.isabs(line)})
        if any(ord(letter) > 127 for letter in "".join(folders)):
            _write(file, "{0}{1}\n".format(ESCAPED, ascii(folders)))


def _run(command: list, what: str, hint: str) -> None:
    """Run a step; on a terminal its progress is shown, elsewhere only what went wrong, which is kept in the log."""
    environ = {key: value for key, value in os.environ.items() if key not in MISLEADING}
    output = None if sys.stderr.isatty() else subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=output, stdout=output)
    out, err = process.communicate()
    if process.returncode != 0:
        said = ((out or b"") + (err or b"")).decode("utf-8", "replace").strip()
        _write(LOG, said)
        last = ": {0}".format(" ".join(said.splitlines()[-1].split())[:300]) if said else ""
        seen = ", more in {0}".format(LOG) if said else ""
        raise Stopped("{0} failed{1} ({2}{3}).".format(what, last, hint, seen))


def _read(path: str) -> str:
    """Return a file's text, "" if there is none."""
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    """Write a file so that it is there in whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    sys.exit(main())
