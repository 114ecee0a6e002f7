"""What can go wrong, as one tree; every message is one sentence about what was typed.

SeedbedError
├── BadInput   what was typed or the table cannot be used: exit code 2, nothing recorded
└── NotDone    it could not be done (store, disk, failed runs): exit code 1
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "***"  # in place of what is secret in an address
# An address is the whole text, or ends with the quote that it began with, or at a blank or a quote.
_ADDRESS = re.compile(
    r"""(?P<head>\A(?P<whole>)|(?P<quote>["'])|)(?P<scheme>[a-z][a-z\d+.-]*)://"""
    r"""(?P<rest>(?(whole).*|(?(quote)(?:\\.|(?!(?P=quote)).)*|[^\s"']*)))""",
    re.IGNORECASE | re.DOTALL,
)
_WEB_USER, _OTHER_USER = r"([^/?#]*)@", r"([^:/?]*(?::[^?]*)?)@"
_REFERENCES = r"(?:\$\{oc\.env:\w+\})+"  # to variables of the environment


class SeedbedError(Exception):
    """An error whose message is all that its reader needs."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        # An error class makes its sentence of facts, so pickle must not call it again with the sentence.
        return Exception.__new__, (type(self), str(self)), self.__dict__


class BadInput(SeedbedError):
    """What was typed, or the table that it names, cannot be used."""

    exit_code = 2


class NotDone(SeedbedError):
    """What was asked could not be done: the store, the disk, failed runs."""

    exit_code = 1


class BadValue(BadInput):
    """A key got a value outside what it allows."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key}={clip(value)} is not valid: expected {allowed}.")
        self.key, self.value, self.allowed = key, value, allowed


class TableGone(BadInput):
    """A table is not where it was: no such file, or no answer from its address, and then `why`."""

    def __init__(self, sentence: str, why: str = "") -> None:
        super().__init__(sentence)
        self.why = why


class UnknownKey(BadInput):
    """An override names a key that the config does not have."""

    def __init__(self, key: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = find_similar(key, known) or find_similar(key.rsplit(".", 1)[-1], known)
        beside = [name for name in known if name.rpartition(".")[0] == key.rpartition(".")[0]] or known
        hint = f"did you mean {join_or(near)}?" if near else f"the keys are {join_names(beside)}."
        super().__init__(f"There is no key {clip(key)}; {hint}")


class CannotBeLeftOut(BadInput):
    """An override removes what a run cannot be without."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} cannot be left out; type {key}=… to change it.")
        self.key = key


class UnknownName(BadInput):
    """A name was asked for that is not among those that exist."""

    def __init__(self, what: str, name: str, known: Iterable[str], most: int = 12) -> None:
        known = list(known)
        there = f"there is {join_names(known, most)}" if known else "there is none"
        near = [found for found in find_similar(name, known) if found != name]
        hint = f"; did you mean {join_or(near)}?" if near and len(known) > 3 else "."
        super().__init__(f"There is no {what} {clip(name)}; {there}{hint}")


def clip(value: object) -> str:
    """Return `value` as one would type it, on one line and not too long."""
    text = hide_secrets(str(value))
    shown = text.strip() and text.strip(" ") == text  # else only quotes show what there is
    text = flatten(text) if shown else repr(text)
    return text if len(text) <= 120 else text[:117] + "…"


def hide_secrets(text: str, mark: str = HIDDEN) -> str:
    """Return text in which no address has a user, a password, a query or a fragment.

    Parameters
    ----------
    mark : stands in place of what is hidden; then what only refers to the environment, `${oc.env:NAME}`, stays.
    """
    return _ADDRESS.sub(lambda found: _hide(found, mark), text) if "://" in text else text


def lacks_secrets(path: str | None) -> bool:
    """Say whether an address was kept without its secrets, or refers to the environment for them."""
    return path is not None and "://" in path and (HIDDEN in path or "${" in path)


def _hide(address: re.Match[str], mark: str) -> str:
    scheme, rest = address["scheme"], address["rest"]
    if scheme.lower().startswith(("sqlite", "file")):
        return address[0]
    found = re.match(_WEB_USER if scheme.lower().startswith("http") else _OTHER_USER, rest)
    user, rest = (found[1], rest[found.end() :]) if found else ("", rest)
    where = re.split(r"[?#]", rest)[0]
    after = rest[len(where) :]
    if user and not re.fullmatch(f"{_REFERENCES}(:{_REFERENCES})?", user):
        user = mark
    if after and not re.fullmatch(rf"\?([\w.-]+={_REFERENCES}&?)+", after):
        after = after[0] + mark
    whole = f"{user}@{where}{after}" if found else where + after
    return f"{address['head']}{scheme}://{whole if mark else where}"


def flatten(text: str) -> str:
    """Return text on one line, with a space for each line break, tab or other character that has no form."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def join_names(names: Iterable[object], most: int = 12) -> str:
    """Return `names` as one phrase, cut after `most`."""
    words = [clip(name) for name in names]
    rest = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + rest


def join_or(names: list[str]) -> str:
    """Return `names` joined by "or"."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def find_similar(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return up to `most` of `known` that look like `name`, compared by what follows the last dot."""
    tails: dict[str, list[str]] = {}
    for key in known:
        tails.setdefault(key.rsplit(".", 1)[-1], []).append(key)
    asked = name.rsplit(".", 1)[-1]
    # Written in capitals, a name is near too.
    found = difflib.get_close_matches(asked, tails, most) or difflib.get_close_matches(asked.lower(), tails, most)
    group = name.rpartition(".")[0]
    keys = [key for tail in found for key in tails[tail]]
    return ([key for key in keys if key.rpartition(".")[0] == group] or keys)[:most]
