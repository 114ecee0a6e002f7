"""What a person types behind `make bench ARGS=`: parts by name, sizes as key=number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class UnknownWord(Exception):
    """A word that is neither a part nor a size."""

    def __init__(self, word: str, parts: Sequence[str], sizes: Sequence[str]) -> None:
        super().__init__(
            f"{word} is neither a part ({', '.join(parts)}) nor a size ({', '.join(f'{name}=N' for name in sizes)}) "
            "nor to=FOLDER."
        )


@dataclass(frozen=True)
class Options:
    """The parts to measure, their sizes, and the folder for results (None: print them only)."""

    parts: tuple[str, ...]
    sizes: Mapping[str, int]
    folder: Path | None


def read(words: Sequence[str], known: Mapping[str, Mapping[str, int]], here: Path) -> Options:
    """Read the words.

    Parameters
    ----------
    known : the parts, each with its sizes and their defaults.
    here : where the results of all parts go, unless `to=` says where.

    Raises
    ------
    UnknownWord : with what there is.
    """
    sizes = {name: default for part in known.values() for name, default in part.items()}
    parts: list[str] = []
    folder = None
    for word in words:
        name, equals, value = word.partition("=")
        if not equals and name in known:
            parts.append(name)
        elif name == "to" and value:
            folder = Path(value).absolute()
        elif name in sizes and value.isdecimal() and int(value) > 0:
            sizes[name] = int(value)
        else:
            raise UnknownWord(word, list(known), list(sizes))
    whole = not words
    return Options(tuple(dict.fromkeys(parts)) or tuple(known), sizes, here if whole else folder)
