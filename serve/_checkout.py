"""Whether a Python and this checkout belong together, said in one sentence by the first command of a moved one.

It runs before every command and the page, so it imports next to nothing; and with any Python from 3.6 on, so it is
written for that. It lives here because `serve` can be imported from the checkout's folder alone, before anything is
installed; `experiments/_checkout.py` and `scripts/setup_venv.py` read it from there.
"""

import os
import sys
from importlib.machinery import PathFinder

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WINDOWS = os.name == "nt"
SETUP = "py scripts\\setup_venv.py" if WINDOWS else "python3 scripts/setup_venv.py"
VENV_PYTHON = os.path.join(".venv", "Scripts", "python.exe") if WINDOWS else os.path.join(".venv", "bin", "python")
LIBRARIES = os.path.join("Lib", "site-packages") if WINDOWS else os.path.join("lib*", "python3*", "site-packages")

# How a line of a .pth file begins that holds its folders as a list in ASCII; Python runs it at its start.
ESCAPED = "import sys; sys.path += "


def require_checkout(root: str = ROOT) -> None:
    """Stop with one sentence and exit code 1 unless `seedbed` would be imported from `root`."""
    sentence = find_fault(root)
    if sentence:
        sys.exit(sentence)


def find_fault(root: str) -> str:
    """Return what is wrong with the running Python for the checkout `root`; "" if nothing is."""
    if not os.path.isdir(_source(root)):
        return ""  # not a checkout: installed from a wheel
    spec = PathFinder.find_spec("seedbed")
    imported = os.path.dirname(spec.origin) if spec is not None and spec.origin else ""
    # The checkout whose .venv is running, if it is one's.
    home, name = os.path.split(sys.prefix)
    own = name == ".venv" and os.path.isdir(_source(home))
    foreign = home if own and not _same(home, root) else ""
    sentence = moved_sentence(foreign) if foreign else ""
    if _same(imported, _source(root)):
        return sentence
    sentence = moved_sentence(root) or sentence
    if sentence:
        return sentence
    if not os.path.exists(os.path.join(root, VENV_PYTHON)) or (own and not foreign):
        return "seedbed is not set up in {0} yet; type `make setup` there (without make: `{1}`).".format(root, SETUP)
    if imported:
        other = "{0} runs the seedbed of {1}".format(sys.executable, os.path.dirname(imported))
    else:
        other = "There is no seedbed in {0}".format(sys.executable)
    return "{0}; type {1} in place of python, or activate .venv.".format(other, os.path.join(root, VENV_PYTHON))


def moved_sentence(root: str) -> str:
    """Return what to type in a checkout that was moved or copied; "" if it was not."""
    for folder in _installed_from(root):
        if not _same(folder, root) and not _same(folder, os.path.join(root, "src")):
            old = os.path.dirname(folder) if os.path.basename(folder) == "src" else folder
            return (
                "{0} was moved or copied from {1}, and its .venv still belongs there; type `make relocate` in {0} "
                "(without make: `{2} --renew`, then `{3} -m seedbed.relocate`).".format(root, old, SETUP, VENV_PYTHON)
            )
    return ""


def _source(root: str) -> str:
    return os.path.join(root, "src", "seedbed")


def _same(one: str, other: str) -> bool:
    """Return whether both are the same folder, by whatever name."""
    try:
        return one == other or os.path.samefile(one, other)
    except OSError:
        return False


def _installed_from(root: str) -> "list[str]":
    """Return the folders that the editable install in the .venv of `root` names, the checkout first."""
    # Both cost milliseconds, and only a sentence needs them.
    from ast import literal_eval
    from glob import escape, glob

    lines = []
    for file in glob(os.path.join(escape(root), ".venv", LIBRARIES, "*seedbed*.pth")):
        with open(file, "rb") as content:
            lines += content.read().decode("utf-8", "surrogateescape").splitlines()
    listed = [literal_eval(line[len(ESCAPED) :]) if line.startswith(ESCAPED) else [line] for line in lines]
    return sorted(folder for folders in listed for folder in folders if os.path.isabs(folder))
