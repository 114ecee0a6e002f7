"""Whether a Python and this checkout belong together, said in one sentence by the first command of a moved one.

It runs before every verb and the page, so it imports next to nothing; and with whatever Python somebody types
(3.6 or newer), so it is written for that. It lives here because `serve` can be imported from the checkout's folder
alone, where nothing is installed yet; `experiments/_checkout.py` and `scripts/setup_venv.py` read it from there.
"""

import os
import sys
from importlib.machinery import PathFinder

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WINDOWS = os.name == "nt"
SETUP = "py scripts\\setup_venv.py" if WINDOWS else "python3 scripts/setup_venv.py"
VENV_PYTHON = os.path.join(".venv", "Scripts", "python.exe") if WINDOWS else os.path.join(".venv", "bin", "python")

# How a line of a .pth file begins that holds its folders as a list in ASCII; Python runs it at its start.
ESCAPED = "import sys; sys.path += "


def require_checkout(root: str = ROOT) -> None:
    """Stop with one sentence and exit code 1 unless `seedbed` would be imported from `root`."""
    sentence = complaint(root)
    if sentence:
        sys.exit(sentence)


def complaint(root: str) -> str:
    """Return what is wrong with the running Python for the checkout `root`; "" where nothing is."""
    if not os.path.isdir(_source(root)):
        return ""  # not a checkout: installed from a wheel
    found = _seedbed_source()
    home = _home_of_venv()
    foreign = home if home and not same(home, root) else ""
    if same(found, _source(root)):
        return moved_sentence(foreign) if foreign else ""
    for place in (root, foreign):
        if place and moved_from(place):
            return moved_sentence(place)
    if not os.path.exists(os.path.join(root, VENV_PYTHON)) or (home and not foreign):
        return "seedbed is not set up in {0} yet; type `make setup` there (without make: `{1}`).".format(root, SETUP)
    if found:
        other = "{0} runs the seedbed of {1}".format(sys.executable, os.path.dirname(found))
    else:
        other = "There is no seedbed in {0}".format(sys.executable)
    return "{0}; type {1} in place of python, or activate .venv.".format(other, os.path.join(root, VENV_PYTHON))


def moved_sentence(root: str) -> str:
    """Return what to type in a checkout that was moved or copied; "" where it was not."""
    old = moved_from(root)
    if not old:
        return ""
    return (
        "{0} was moved or copied from {1}, and its .venv still belongs there; type `make relocate` in {0} "
        "(without make: `{2} --renew`, then `{3} -m seedbed.relocate`).".format(root, old, SETUP, VENV_PYTHON)
    )


def moved_from(root: str) -> str:
    """Return the folder for which the .venv in `root` was made, where that is another one; else ""."""
    for place in _installed_from(root):
        if not same(place, root) and not same(place, os.path.join(root, "src")):
            return os.path.dirname(place) if os.path.basename(place) == "src" else place
    return ""


def same(one: str, other: str) -> bool:
    """Return whether both are the same folder, by whatever name."""
    try:
        return one == other or os.path.samefile(one, other)
    except OSError:
        return False


def _source(root: str) -> str:
    return os.path.join(root, "src", "seedbed")


def _seedbed_source() -> str:
    """Return the folder from which `import seedbed` would come; "" if from none."""
    spec = PathFinder.find_spec("seedbed")
    return os.path.dirname(spec.origin) if spec is not None and spec.origin else ""


def _home_of_venv() -> str:
    """Return the checkout whose .venv is running; "" for any other Python."""
    home, name = os.path.split(sys.prefix)
    return home if name == ".venv" and os.path.isdir(_source(home)) else ""


def _installed_from(root: str) -> "list[str]":
    """Return the folders that the editable install in the .venv of `root` names, the checkout first."""
    # Both cost milliseconds, and only a sentence needs them.
    from ast import literal_eval
    from glob import escape, glob

    libraries = os.path.join("Lib", "site-packages") if WINDOWS else os.path.join("lib*", "python3*", "site-packages")
    lines = []
    for file in glob(os.path.join(escape(root), ".venv", libraries, "*seedbed*.pth")):
        with open(file, "rb") as content:
            lines += content.read().decode("utf-8", "surrogateescape").splitlines()
    listed = [literal_eval(line[len(ESCAPED) :]) if line.startswith(ESCAPED) else [line] for line in lines]
    return sorted(place for places in listed for place in places if os.path.isabs(place))
