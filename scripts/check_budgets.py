"""Check the size budgets that ruff does not know: lines of a module, and of a command's script."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "serve", "experiments", "scripts", "benchmarks")
MODULE_LINES = 400
COMMAND_LINES = 15  # that hold anything


def main(root: Path = ROOT) -> int:
    """Print what is over its budget, and return the exit code."""
    over = list(over_budget(root))
    print("\n".join(over) or "Every module keeps its budget.")
    return 1 if over else 0


def over_budget(root: Path) -> Iterator[str]:
    """Yield a sentence for each module that is too long, and each script that does not start with the check."""
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        name = path.relative_to(root).as_posix()
        command = path.parent == root / "experiments" and not path.name.startswith("_")
        most = COMMAND_LINES if command else MODULE_LINES
        count = sum(bool(line.strip()) for line in lines) if command else len(lines)
        if count > most:
            yield f"{name}: {count} lines, {most} are allowed."
        if command and not _checks_first(lines):
            yield f"{name}: its first imports have to be sys and _checkout, which notices a moved checkout."


def _checks_first(lines: list[str]) -> bool:
    imports = [line for line in lines if line.startswith(("import ", "from ")) and "__future__" not in line]
    return [line.split()[1] for line in imports[:2]] == ["sys", "_checkout"]


if __name__ == "__main__":
    sys.exit(main())
