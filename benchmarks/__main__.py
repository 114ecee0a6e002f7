"""`make bench`: measures every claim about speed and statistics side by side, and writes the results.

A part is a file part_NAME.py here with ORDER, SIZES (names and defaults) and measure(workshop, sizes, say) -> Outcome.
"""

from __future__ import annotations

import compileall
import importlib
import sys
from pathlib import Path
from types import ModuleType

from claims import Outcome
from commands import ROOT, CommandFailed
from options import UnknownWord, read
from progress import sayer
from results import table, write
from stores import workshop

HERE = Path(__file__).resolve().parent


def main(words: list[str]) -> int:
    """Measure and print; return the exit code: 1 where something failed or records differ, 2 for unknown words."""
    parts = known_parts()
    try:
        options = read(words, {name: part.SIZES for name, part in parts.items()}, HERE)
    except UnknownWord as error:
        print(error, file=sys.stderr)
        return 2
    say = sayer()
    outcomes: dict[str, Outcome] = {}
    # As after a person's first command; a variable may keep Python from it here.
    for folder in ("src", "serve", "benchmarks"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    try:
        with workshop() as shop:
            for name in options.parts:
                outcomes[name] = parts[name].measure(shop, options.sizes, say)
    except CommandFailed as error:
        print(error, file=sys.stderr)
        print(table(outcomes))  # of the parts before, whose measuring took minutes
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.", file=sys.stderr)
        return 130
    print(table(outcomes))
    if options.folder is not None:
        write(outcomes, options.folder)
        say(f"written to {options.folder}")
    return 1 if any(outcome.wrong for outcome in outcomes.values()) else 0


def known_parts() -> dict[str, ModuleType]:
    """Return the parts by name, in their order."""
    files = sorted(HERE.glob("part_*.py"))
    parts = {file.stem.removeprefix("part_"): importlib.import_module(file.stem) for file in files}
    return dict(sorted(parts.items(), key=lambda item: item[1].ORDER))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
