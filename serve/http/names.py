"""Names of API parameters made from the names of columns, which need not be identifiers."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Sequence

# Words that gradio's client keeps for itself in predict() and submit().
_TAKEN = frozenset({"api_name", "fn_index", "headers", "result_callbacks", "self", "args", "kwargs"})


def parameter_names(columns: Sequence[str]) -> list[str]:
    """Return one identifier a column, each unlike the others.

    An identifier stays as it is. Other characters become `_`, a leading digit gets `x`, a word of Python's or of the
    client's gets `_` at its end; where two columns then have the same name, the later ones get `_2`, `_3`, ….
    Columns that are identifiers already come first, so that none of them is renamed for another's sake.
    """
    plain = [_identifier(column) for column in columns]
    used = {name for name, column in zip(plain, columns, strict=True) if name == column}
    names = []
    for name, column in zip(plain, columns, strict=True):
        if name != column:
            name = _unused(name, used)
            used.add(name)
        names.append(name)
    return names


def _identifier(column: str) -> str:
    # Python itself reads an identifier in this form, so that it is the one that a caller can type.
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", column)).strip("_") or "x"
    if column.isidentifier() and not keyword.iskeyword(column) and column not in _TAKEN:
        return unicodedata.normalize("NFKC", column)
    name = name if name.isidentifier() else f"x{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


def _unused(name: str, used: set[str]) -> str:
    count, found = 1, name
    while found in used:
        count += 1
        found = f"{name}_{count}"
    return found
