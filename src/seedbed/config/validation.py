"""From a config that Hydra composed to its checked value."""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_origin

from seedbed import paths
from seedbed.config.constraints import describe_allowed, list_keys
from seedbed.config.dataset import Dataset
from seedbed.config.estimator import Estimator
from seedbed.config.families import SPEC
from seedbed.config.naming import DEFAULT_TABLE
from seedbed.errors import BadInput, BadValue, CannotBeLeftOut, UnknownKey, clip, hide_secrets

_MISSING = "???"  # OmegaConf's word for a value that is still to be given
_LITERAL = re.compile(r"[+-]?\d[\d_.]*([eE][+-]?\d+)?|true|false", re.IGNORECASE)
_NOT_TEXT = re.compile("[\ud800-\udfff]")  # bytes that the shell's encoding does not have
COLUMN_NAMES = ("dataset.target", "dataset.group")


def validate(
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
    words : the overrides that were typed; by them a text that looks like a number, such as the id 6e123456, stays as
        it is.

    Raises
    ------
    BadInput : a value outside what its key takes or none at all, an appended key that nothing would read, or a removed
        one, for which a default would be taken.
    """
    if estimator := plain.get("estimator"):
        plain = {**plain, "estimator": {key: value for key, value in estimator.items() if key != SPEC}}
    plain = round_floats(plain)
    for word in words:
        _check_prefix(word, plain, schema)
        _keep_text(plain, *word.partition("=")[::2])
    for name in ("target", "group"):
        if not isinstance(value := plain["dataset"].get(name, ""), str | None):
            raise BadInput(f"dataset.{name}={value} is not text to YAML; put a column's name in quotes: {name}: '…'")
    if path := plain["dataset"].get("path"):
        plain["dataset"]["path"] = resolve_path(path, folder)
    _resolve_preprocess(plain)
    plain["tracking"]["uri"] = resolve_uri(plain["tracking"].get("uri"), folder)
    _check_given(plain, schema)
    return build_config(schema, plain)


def build_config(schema: type[Any], plain: Mapping[str, Any], prefix: str = "", *, whole: bool = False) -> Any:
    """Return the frozen value of a plain config whose types were checked as it was composed.

    Parameters
    ----------
    whole : refuse an unknown key at the top too, where a composed config may hold what Hydra added.

    Raises
    ------
    BadInput : a value outside what its key takes, or an appended key inside a group, which nothing would read.
    """
    kinds = _get_kinds(schema)  # type: ignore[arg-type]
    if (prefix or whole) and (extra := sorted(set(plain) - set(kinds))):
        raise UnknownKey(prefix + extra[0], [prefix + name for name in kinds])
    values = {name: plain[name] for name in kinds if name in plain}
    for name, value in values.items():
        if kinds[name] is Estimator:
            values[name] = Estimator.from_plain(value)
        elif is_dataclass(kinds[name]):
            values[name] = build_config(kinds[name], value, f"{prefix}{name}.")
    return schema(**values)


@cache
def _get_kinds(schema: type[Any]) -> Mapping[str, Any]:
    return {name: key.kind for name, key in list_keys(schema).items() if "." not in name}


def is_idle_option(schema: type[Any], group: str, option: str) -> bool:
    """Say whether a file of conf/ that a group takes sets nothing but keys without effect."""
    file = paths.CONF / group / f"{option}.yaml"
    keys = re.findall(r"^\w+", file.read_text(encoding="utf-8"), re.MULTILINE) if file.is_file() else []
    return bool(keys) and all(f"{group}.{key}" in schema.without_effect for key in keys)


def takes_names(schema: type[Any], key: str) -> bool:
    """Say whether a dotted key is a name inside a value by name, such as dataset.labels.NAME; those come and go."""
    keys, parent = list_keys(schema), key.rpartition(".")[0]
    return parent in keys and get_origin(keys[parent].kind) is dict


def _resolve_preprocess(plain: dict[str, Any]) -> None:
    """Put what the table takes for preprocess=default."""
    if (chosen := plain.get("preprocess", {})).get("name") == "default":
        chosen["name"] = plain["dataset"].get("preprocess", Dataset.preprocess)


def _check_prefix(word: str, plain: Mapping[str, Any], schema: type[Any]) -> None:
    key = word.lstrip("+~").partition("=")[0]
    if any(f"{key}.".startswith(f"{idle}.") for idle in schema.without_effect):
        raise BadInput(f"{key} has no effect on {schema.__name__.lower()}; leave it out.")
    if "." not in key and is_idle_option(schema, key, word.partition("=")[2]):
        raise BadInput(f"{clip(word)} has no effect on {schema.__name__.lower()}; leave it out.")
    top, known = key.partition(".")[0], _get_kinds(schema)  # type: ignore[arg-type]
    if f"{key}.".startswith(f"estimator.{SPEC}."):  # which files alone say
        raise UnknownKey(key, [f"estimator.{name}" for name in plain.get("estimator") or ()])
    if word.startswith("+") and top in plain and top not in known:
        raise UnknownKey(key, known)
    if word.startswith("~") and not takes_names(schema, key):
        raise CannotBeLeftOut(key.partition("@")[0])


def _check_given(value: Any, schema: type[Any], key: str = "") -> None:
    if value == _MISSING:
        raise BadValue(key, value, describe_allowed(schema, key) or "a value")
    if isinstance(value, str) and _NOT_TEXT.search(value):
        raise BadInput(f"{key}={value!a} is not text in this shell's encoding; rename it, or type it in UTF-8.")
    if isinstance(value, Mapping):
        for name, item in value.items():
            _check_given(item, schema, f"{key}.{name}" if key else str(name))


def _keep_text(plain: dict[str, Any], key: str, text: str) -> None:
    *groups, name = key.split(".")
    for group in groups:
        plain = plain.get(group, {})
    if (isinstance(plain.get(name), str) or key in COLUMN_NAMES) and _LITERAL.fullmatch(text):
        plain[name] = text
    elif isinstance(plain.get(name), list):
        typed = [item.strip() for item in text.strip("[]").split(",")]
        if len(typed) == len(plain[name]):
            pairs = zip(plain[name], typed, strict=True)
            plain[name] = [own if _LITERAL.fullmatch(own) and isinstance(item, str) else item for item, own in pairs]


def keep_references(plain: dict[str, Any], unresolved: Mapping[str, Any]) -> dict[str, Any]:
    """Put the table's address back as it was typed if it refers to the environment, so that no secret is kept."""
    path, typed = (str((config.get("dataset") or {}).get("path")) for config in (plain, unresolved))
    if "://" in path and hide_secrets(typed) == typed != path and "${" not in hide_secrets(typed, ""):
        plain["dataset"]["path"] = typed
    return plain


def check_table_words(table: str | None, words: Sequence[str]) -> None:
    """Refuse words of another table beside the option `table` of dataset, if that is the default."""
    own = [word.lstrip("+") for word in words if word.lstrip("+").startswith(("dataset.path=", "dataset.target="))]
    typed = any(word.startswith("dataset=") for word in words)
    if own and (table == DEFAULT_TABLE or not typed):
        again = " ".join(map(shlex.quote, ["dataset=csv", *map(hide_secrets, own)]))
        raise BadInput(f"{clip(own[0])} is not of the table {table}, which is the default; type {again}")


def resolve_path(path: str, folder: Path) -> str:
    """Return a table's path as it is found from anywhere; addresses and tables of the package stay as they are."""
    if "://" in path or path.startswith("package:"):
        return path
    return str((folder / Path(path).expanduser()).absolute())


def round_floats(value: Any) -> Any:
    """Return `value` with each float in it rounded to 12 digits; the rest as it is."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.12g}")
    if isinstance(value, Mapping):
        return {key: round_floats(item) for key, item in value.items()}
    return [round_floats(item) for item in value] if isinstance(value, list) else value


def import_typed(key: str, module: str, name: str) -> Any:
    """Return what a key names of a module, which may lie where the command is typed; BadInput if it is not there."""
    try:
        sys.path += [""] * ("" not in sys.path)
        return getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # whatever a module raises
        raise BadInput(f"{key} cannot be imported: {clip(error)}") from error
