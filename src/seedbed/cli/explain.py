"""What Hydra and OmegaConf refuse, in one sentence for the person who typed it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from seedbed.config import RULES
from seedbed.errors import BadInput, BadValue, UnknownKey, UnknownName, shown

_KINDS = {"Integer": "a whole number", "Float": "a number", "Boolean": "true or false", "String": "a text"}


def explain(error: BaseException, schema: type[Any]) -> BadInput | None:
    """Return what a person did to meet this error of Hydra's, None where it is none of theirs."""
    if isinstance(error, MissingConfigException):
        return _unknown_option(error)
    if isinstance(error, OverrideParseException):
        return _grammar(error.override)
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return None
    text = str(error)
    if found := re.match(r"Ambiguous value for argument '(.*?)'\n1\. ", text, re.DOTALL):
        return _ambiguous(found[1])
    if found := re.match(r"Could not override '([^']+)'", text):
        return UnknownKey(found[1], keys_of(schema))
    if found := re.match(r"Error merging override (\S+?)=(.*)", text, re.DOTALL):
        return _wrong_type(found[1].lstrip("+~"), found[2], error.__cause__, schema)
    if isinstance(error, OmegaConfBaseException) and error.full_key:
        return BadInput(f"{error.full_key} cannot be read: {shown(text.splitlines()[0])}.")
    return BadInput(shown(text.splitlines()[0]).rstrip(".") + ".")


def keys_of(schema: type[Any], prefix: str = "") -> Iterator[str]:
    """Yield every key of a schema, dotted, and the groups themselves."""
    hints = get_type_hints(schema)
    for item in fields(schema):
        yield prefix + item.name
        if is_dataclass(hints[item.name]):
            yield from keys_of(hints[item.name], f"{prefix}{item.name}.")


def quoted(key: str, value: str) -> str:
    """Return `key=value` as it must be typed in a shell so that Hydra takes the value as it stands."""
    inner = value.replace("\\", "\\\\") if value.endswith("\\") else value
    inner = inner.replace('"', '\\"')
    return shlex.quote(f'{key}="{inner}"')


def _unknown_option(error: MissingConfigException) -> BadInput:
    missing = str(error.missing_cfg_file or "")
    group, _, name = missing.rpartition("/")
    if not group or not error.options:
        return BadInput(f"There is no config {shown(missing)}: {shown(str(error).splitlines()[0])}.")
    return UnknownName(f"{group.removeprefix('hydra/')} called", name, sorted(error.options))


def _grammar(override: str | None) -> BadInput:
    key, equals, value = (override or "").partition("=")
    if not equals:
        return BadInput(f"{shown(override)} is not of the form key=value; type for example split.seed=1.")
    return BadInput(f"{key}={shown(value)} holds signs that Hydra reads as grammar; type {quoted(key, value)}")


def _ambiguous(override: str) -> BadInput:
    key, _, value = override.partition("=")
    parts = " and ".join(shown(part) for part in value.split(","))
    return BadInput(
        f"{key}={shown(value)} is read as several values, {parts}; to run each of them add -m, to mean one value with "
        f"a comma type {quoted(key, value)}"
    )


def unquoted_comma(key: str, values: Sequence[str]) -> BadInput:
    """Return the sentence for a sweep over the parts of a path that holds a comma."""
    whole = ",".join(values)
    return BadInput(
        f"{key} got {len(values)} values, {' and '.join(map(shown, values))}, of which the first is not there; if a "
        f"comma belongs to the name, type {quoted(key, whole)}"
    )


def _wrong_type(key: str, value: str, cause: BaseException | None, schema: type[Any]) -> BadInput:
    if key not in set(keys_of(schema)):
        return UnknownKey(key, keys_of(schema))
    rule = RULES.get(key)
    found = re.search(r"could not be converted to (\w+)", str(cause))
    kind = _KINDS.get(found[1], found[1]) if found else "another kind of value"
    if "not Optional" in str(cause):
        kind = "a value other than null"
    return BadValue(key, value, rule.allowed if rule else kind)
