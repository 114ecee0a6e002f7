"""A key's constraint, beside its field: as a test and in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from inspect import cleandoc
from typing import Any, get_type_hints

from seedbed.errors import BadValue

SEED = (lambda seed: 0 <= seed < 2**32, "an integer from 0 to 4294967295")


@dataclass(frozen=True)
class Constraint:
    """What a key takes beyond its type."""

    test: Callable[[Any], bool]
    allowed: str

    def check(self, key: str, value: object) -> None:
        """Raise BadValue unless the value meets the constraint."""
        if not self.test(value):
            raise BadValue(key, value, self.allowed)


@dataclass(frozen=True)
class Key:
    """One key of a schema; `meaning` is the line of the class's docstring about it."""

    kind: Any
    constraint: Constraint | None
    meaning: str


def limit(test: Callable[[Any], bool], allowed: str, **options: Any) -> Any:
    """Return a dataclass field with a constraint; `options` are those of `dataclasses.field`."""
    return field(metadata={"constraint": Constraint(test, allowed)}, **options)


def limit_to(*names: str) -> Any:
    """Return a dataclass field that takes one of these names, by default the first."""
    return limit(lambda value: value in names, "one of " + ", ".join(names), default=names[0])


def check_value(schema: type[Any], key: str, value: object) -> None:
    """Raise BadValue unless a value meets the constraint of a dotted key."""
    if constraint := list_keys(schema)[key].constraint:
        constraint.check(key, value)


def describe_allowed(schema: type[Any], key: str) -> str | None:
    """Return in words what a dotted key takes; None for one without a constraint."""
    found = list_keys(schema).get(key)
    return found.constraint.allowed if found and found.constraint else None


def list_keys(schema: type[Any]) -> Mapping[str, Key]:
    """Return every key of a schema by its dotted name, the groups themselves too."""
    return _list_keys(schema, "")  # type: ignore[arg-type]


@cache
def _list_keys(schema: type[Any], prefix: str) -> Mapping[str, Key]:
    kinds, meanings, keys = get_type_hints(schema), _read_meanings(schema), {}
    for item in fields(schema):
        kind, name = kinds[item.name], prefix + item.name
        keys[name] = Key(kind, item.metadata.get("constraint"), meanings.get(item.name, ""))
        if hasattr(kind, "list_keys"):
            keys |= {f"{name}.{key}": own for key, own in kind.list_keys().items()}
        elif is_dataclass(kind):
            keys |= _list_keys(kind, f"{name}.")  # type: ignore[arg-type]
    return keys


def _read_meanings(schema: type[Any]) -> dict[str, str]:
    """Return what a class and those that it is made of say in their docstrings about each attribute."""
    texts = [cleandoc(each.__doc__ or "") for each in reversed(schema.__mro__)]
    found = [pair for text in texts for pair in re.findall(r"^(\w[\w, ]*) : (.+(?:\n    .+)*)", text, re.MULTILINE)]
    found = [("name", texts[-1].split(".\n")[0].rstrip(".")), *found]  # what a group is, its choice says
    return {name: " ".join(text.split()) for names, text in found for name in names.split(", ")}


class Checked:
    """Holds each field of a dataclass to its constraint as the value is made."""

    _prefix = ""

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            if constraint := item.metadata.get("constraint"):
                constraint.check(self._prefix + item.name, getattr(self, item.name))


class Group(Checked):
    """The same for a group of keys, which begin with its name."""

    def __init_subclass__(cls) -> None:
        cls._prefix = f"{cls.__name__.lower()}."
