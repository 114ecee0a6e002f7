"""From a config that Hydra composed to its checked value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from seedbed.config.constraints import RULES
from seedbed.errors import BadValue, CannotBeLeftOut, UnknownKey

_MISSING = "???"  # OmegaConf's word for a value that somebody has yet to give
_NUMBER = re.compile(r"[+-]?\d[\d_.]*([eE][+-]?\d+)?")


def build(schema: type[Any], plain: Mapping[str, Any], prefix: str = "", *, whole: bool = False) -> Any:
    """Return the frozen value of a plain config whose types were checked as it was composed.

    Parameters
    ----------
    whole : refuse an unknown key at the top too, where a composed config may hold what Hydra added.

    Raises
    ------
    BadInput : a value outside what its key takes, or an appended key inside a group, which nothing would read.
    """
    known = _types(schema)  # type: ignore[arg-type]
    if (prefix or whole) and (extra := sorted(set(plain) - set(known))):
        raise UnknownKey(prefix + extra[0], [prefix + name for name in known])
    values = {name: plain[name] for name in known if name in plain}
    for name, value in values.items():
        if is_dataclass(known[name]):
            values[name] = build(known[name], value, f"{prefix}{name}.")
    return schema(**values)


@cache
def _types(schema: type[Any]) -> Mapping[str, Any]:
    hints = get_type_hints(schema)
    return {item.name: hints[item.name] for item in fields(schema)}


def checked(
    plain: Any,
    schema: type[Any],
    words: Sequence[str],
    folder: Path,
    resolve_uri: Callable[[str | None, Path], str],
) -> Any:
    """Return the value of a plain composed config.

    Floats are rounded to 12 digits, so that 0.1 + 0.2 is 0.3; relative paths start in `folder`, where they were typed.

    Parameters
    ----------
    words : the overrides that were typed; by them a text that looks like a number, as an id 6e123456, stays as it is.

    Raises
    ------
    BadInput : a value outside what its key takes or none at all, an appended key that nothing would read, or a removed
        one, which a default would take the place of.
    """
    plain = rounded(plain)
    for word in words:
        _check_place(word, plain, schema)
        _keep_text(plain, *word.partition("=")[::2])
    _check_given(plain)
    if path := plain["dataset"].get("path"):
        plain["dataset"]["path"] = absolute(path, folder)
    plain["tracking"]["uri"] = resolve_uri(plain["tracking"].get("uri"), folder)
    return build(schema, plain)


def takes_names(schema: type[Any], key: str) -> bool:
    """Say whether a dotted key is a name inside a value by name, as dataset.labels.NAME; such come and go."""
    kind: Any = schema
    first, *names = key.split(".")
    for name in (first, *names[:-1]):
        kind = get_type_hints(kind).get(name) if is_dataclass(kind) else None
    return bool(names) and get_origin(kind) is dict


def _check_place(word: str, plain: Mapping[str, Any], schema: type[Any]) -> None:
    key = word.lstrip("+~").partition("=")[0]
    top, known = key.partition(".")[0], [item.name for item in fields(schema)]
    if word.startswith("+") and top in plain and top not in known:
        raise UnknownKey(key, known)
    if word.startswith("~") and not takes_names(schema, key):
        raise CannotBeLeftOut(key.partition("@")[0])


def _check_given(value: Any, key: str = "") -> None:
    if value == _MISSING:
        raise BadValue(key, value, RULES[key].allowed if key in RULES else "a value")
    if isinstance(value, Mapping):
        for name, item in value.items():
            _check_given(item, f"{key}.{name}" if key else str(name))


def _keep_text(plain: dict[str, Any], key: str, text: str) -> None:
    *groups, name = key.split(".")
    for group in groups:
        plain = plain.get(group, {})
    if isinstance(plain.get(name), str) and _NUMBER.fullmatch(text):
        plain[name] = text
    elif isinstance(plain.get(name), list):
        typed = [item.strip() for item in text.strip("[]").split(",")]
        if len(typed) == len(plain[name]):
            pairs = zip(plain[name], typed, strict=True)
            plain[name] = [own if _NUMBER.fullmatch(own) and isinstance(item, str) else item for item, own in pairs]


def absolute(path: str, folder: Path) -> str:
    """Return a table's path as it is found from anywhere; addresses and tables of the package stay as they are."""
    if "://" in path or path.startswith("package:"):
        return path
    return str((folder / Path(path).expanduser()).absolute())


def rounded(value: Any) -> Any:
    """Return `value` with each float in it rounded to 12 digits; the rest as it is."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value
