"""The results as text, and beside them as a picture."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from claims import Outcome, spread

TEXT, PICTURE = "results.md", "results.png"
PACKAGES = ("mlflow", "hydra-core", "scikit-learn", "skops", "matplotlib", "seaborn")


def machine() -> str:
    """Say on what this was measured, without a name or a date."""
    memory = _memory()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores{memory}, {platform.system()} on {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}; {packages}."
    )


def _memory() -> str:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return ""
    return f", {pages * size / 2**30:.0f} GB of memory"


def table(outcomes: Mapping[str, Outcome]) -> str:
    """Return the whole text."""
    said = {None: "–", True: "yes", False: "**no**"}
    every = list(outcomes.values())
    claims = [
        (claim.what, claim.reach, claim.words, said[claim.holds], f"`{claim.command}`")
        for outcome in every
        for claim in outcome.claims
    ]
    facts = [(fact.what, spread(fact.measured, fact.unit)) for outcome in every for fact in outcome.facts]
    wrong = [line for outcome in every for line in outcome.wrong]
    parts = [
        "# What was measured",
        f"On {machine()}",
        "A ratio is of two measurements of one round, in which all take turns; given are median (lowest to highest).",
        *([rows(("what", "reach", "measured", "holds", "command"), claims)] if claims else []),
        *(["By itself, on this machine:", rows(("what", "measured"), facts)] if facts else []),
        *(["**These records differ, so the times do not compare:**", _list(wrong)] if wrong else []),
        _list(note for outcome in every for note in outcome.notes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def rows(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns are as wide as what is in them."""
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    lines = [head, ["-" * width for width in widths], *lines]
    return "\n".join(
        f"| {' | '.join(f'{cell:{width}}' for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def write(outcomes: Mapping[str, Outcome], folder: Path) -> None:
    """Write text and picture into a folder."""
    from picture import draw

    folder.mkdir(parents=True, exist_ok=True)
    (folder / TEXT).write_text(table(outcomes), encoding="utf-8")
    for outcome in outcomes.values():
        for name, content in outcome.files.items():
            (folder / name).write_bytes(content)
    claims = [claim for outcome in outcomes.values() for claim in outcome.claims if claim.unit == "×"]
    if claims:
        draw(claims).savefig(folder / PICTURE, metadata={"Software": None})
