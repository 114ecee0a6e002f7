"""What Hydra and OmegaConf refuse, in one sentence for the person who typed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from seedbed.errors import (
    BadInput,
    BadValue,
    NotDone,
    SeedbedError,
    UnknownKey,
    UnknownName,
    listed,
    quoted,
    shown,
)
from seedbed.rules import RULES

# How OmegaConf names a kind of value, and what that is to a person.
_KINDS = {
    "Integer": "a whole number",
    "Float": "a number",
    "bool": "true or false",
    "String": "a text",
    "Dict": "values by name, as {name: value}",
    "List": "a list, as [1, 10]",
    "Optional": "a value other than null",
}


def explain(error: BaseException, schema: type[Any]) -> SeedbedError | None:
    """Return what a person did to meet this error of Hydra's or the disk's, None where it is none of theirs."""
    if isinstance(error, MissingConfigException):
        return _unknown_option(error)
    if isinstance(error, OSError) and error.filename:
        return NotDone(f"{shown(error.filename)} cannot be used: {error.strerror}.")
    return _refused(error, str(error), schema)


def _refused(error: BaseException, text: str, schema: type[Any]) -> BadInput | None:
    if isinstance(error, OverrideParseException):
        return _grammar(error.override)
    if isinstance(error, ValueError) and text.startswith("Only one of --run"):
        return BadInput(f"{shown(text)}; leave -m out to look at the config of one job.")
    if isinstance(error, ValueError) and text.startswith("Config group override must be"):
        groups = [name for name, kind in get_type_hints(schema).items() if is_dataclass(kind)]
        return BadInput(f"Each of {listed(sorted(groups))} takes the name of one of its options, as estimator=knn.")
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return None
    for pattern, sentence in _SENTENCES:
        if found := re.match(pattern, text, re.DOTALL):
            return sentence(found, error.__cause__, schema)
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


def _unknown_option(error: MissingConfigException) -> BadInput:
    missing = str(error.missing_cfg_file or "")
    if missing == "hydra/sweeper/optuna":
        return BadInput("hydra/sweeper=optuna needs Optuna; type first: pip install 'seedbed[optuna]'")
    group, _, name = missing.rpartition("/")
    if not group or not error.options:
        return BadInput(f"There is no config {shown(missing)}: {shown(str(error).splitlines()[0])}.")
    return UnknownName(f"{group.removeprefix('hydra/')} called", name, sorted(error.options))


def _grammar(override: str | None) -> BadInput:
    key, equals, value = (override or "").partition("=")
    if not equals:
        return BadInput(f"{shown(override)} is not of the form key=value; type for example split.seed=1.")
    return BadInput(f"{key}={shown(value)} holds signs that Hydra reads as grammar; type {quoted(key, value)}")


def _ambiguous(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key, _, value = found[1].partition("=")
    parts = " and ".join(shown(part) for part in value.split(","))
    return BadInput(
        f"{key}={shown(value)} is read as several values, {parts}; to run each of them add -m, to mean one value with "
        f"a comma type {quoted(key, value)}"
    )


def _several(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} is several values; add -m to run each of them.")


def _not_a_default(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} is no part of the config yet; type {found[2]}")


def _unknown(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key = getattr(cause, "full_key", None) or found[1]
    if key.startswith("hydra."):
        return BadInput(f"There is no key {key}; --cfg hydra shows the keys of Hydra itself.")
    return UnknownKey(key, keys_of(schema))


def _there_already(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} is in the config already; type {found[1]}=… without the +.")


def _not_removable(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} cannot be left out; type {found[1]}=… to change it.")


def _wrong_type(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key, value = found[1].lstrip("+"), found[2]
    known = set(keys_of(schema))
    if key not in known and key.rpartition(".")[0] not in known:
        return UnknownKey(key, known)
    named = re.search(r"converted to (\w+)|not a valid (\w+)|Cannot assign \w+ to (\w+)|not (Optional)", str(cause))
    kind = next(filter(None, named.groups())) if named else ""
    return BadValue(key, value, RULES[key].allowed if key in RULES else _KINDS.get(kind, "another kind of value"))


# What Hydra says, and who says it better.
_SENTENCES = (
    (r"Ambiguous value for argument '(.*?)'\n1\. ", _ambiguous),
    (r"Sweep parameters '(.*)' requires --multirun", _several),
    (r"Could not override '([^']+)'\. No match in the defaults list\.\nTo .* list use (\S+)", _not_a_default),
    (r"Could not override '([^']+)'", _unknown),
    (r"Could not delete from config\. '([^']+)' does not exist", _unknown),
    (r"Could not append to config\. An item is already at '([^']+)'", _there_already),
    (r"Multiple values for (\S+)\. To override", _there_already),
    (r"(\S+) appears more than once in the final defaults list", _there_already),
    (r"Error merging override ~([^=]+)$", _not_removable),
    (r"Error merging override (\S+?)=(.*)", _wrong_type),
)
