"""What Hydra and OmegaConf refuse, in one sentence about what was typed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from traceback import walk_tb
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from seedbed import paths
from seedbed.config.constraints import describe_allowed, list_keys
from seedbed.config.families import list_families
from seedbed.config.naming import quote_override
from seedbed.config.validation import takes_names
from seedbed.errors import (
    BadInput,
    BadValue,
    CannotBeLeftOut,
    NotDone,
    SeedbedError,
    UnknownKey,
    UnknownName,
    clip,
    join_or,
)

# How OmegaConf names the kind of value that it wants, and what that is in plain words.
_KINDS = {
    "could not be converted to Integer": "an integer",
    "could not be converted to Float": "a number",
    "is not a valid bool": "true or false",
    "to string": "a string",
    "to Dict": "a mapping such as {name: value}",
    "merge DictConfig with ListConfig": "a mapping such as {name: value}",
    "is not a ListConfig": "a list such as [1, 10]",
    "to List": "a list such as [1, 10]",
    "is not Optional": "a value other than null",
}
_KEY = re.compile(r"[+~]{0,2}[\w$/-]+(\.[\w$-]+)*(@[\w.$-]*)?")


def explain(error: BaseException, schema: type[Any]) -> SeedbedError | None:
    """Return what was typed to cause this error of Hydra's or the disk's, None if nothing that was typed did."""
    if isinstance(error, MissingConfigException):
        return _explain_option(error)
    if isinstance(error, OSError) and error.filename:
        cure = "; type hydra.run.dir=FOLDER to write elsewhere" if str(paths.OUTPUTS) in str(error.filename) else ""
        return NotDone(f"{clip(error.filename)} cannot be used: {error.strerror}{cure}.")
    if isinstance(error, ValueError | TypeError) and not isinstance(error, OmegaConfBaseException):
        return find_bad_option(sys.argv[1:], schema) or _explain_value_error(error, str(error))
    return _explain_hydra(error, str(error), schema)


def find_bad_option(words: Sequence[str], schema: type[Any]) -> BadInput | None:
    """Return what is wrong with the first word that gives a config group something other than the name of an option.

    Hydra raises ValueError or TypeError then, which name no word.
    """
    groups = {name for name, key in list_keys(schema).items() if is_dataclass(key.kind)}
    groups |= {"experiment", "hydra", "hydra.launcher", "hydra.sweeper"}
    parser = OverridesParser.create()
    for word in words:
        key, equals, value = word.partition("=")
        group = key.lstrip("+").partition("@")[0]
        if equals and not group:
            return BadInput(f"{clip(word)} does not name a key; type for example split.seed=1.")
        names = _list_names(parser, word) if equals and (group in groups or "/" in group) else []
        if not all(isinstance(name, str) for name in names):
            example = {"hydra": "hydra/launcher=joblib"}.get(group, f"{group.replace('.', '/')}=NAME")
            return BadInput(f"{key}={clip(value)} is not valid; type the name of an option: {example}.")
    return None


def _list_names(parser: OverridesParser, word: str) -> list[Any]:
    try:
        (override,) = parser.parse_overrides([word])
    except HydraException:
        return []
    values = override.sweep_iterator() if override.is_discrete_sweep() else [override.value()]
    return [name for value in values for name in (value if isinstance(value, list) else [value])]


def _explain_value_error(error: BaseException, text: str) -> BadInput | None:
    """Return the sentence of a ValueError that Hydra itself, or the logging that it sets up, raises on purpose."""
    raised_in = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)][-1:]
    if not isinstance(error, ValueError) or not raised_in:
        return None
    if text.startswith("Only one of --run"):
        return BadInput(f"{clip(text)}; leave -m out to look at the config of one job.")
    if raised_in[0] == "logging.config":
        return BadInput(f"hydra.job_logging or hydra.hydra_logging cannot be used: {clip(text)}.")
    return BadInput(f"{clip(text).rstrip('.!')}.") if raised_in[0].startswith("hydra.") else None


def _explain_hydra(error: BaseException, text: str, schema: type[Any]) -> BadInput | None:
    if isinstance(error, OverrideParseException):
        return _explain_syntax(error.override, schema)
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return None
    for pattern, sentence in _SENTENCES:
        if found := re.match(pattern, text, re.DOTALL):
            if isinstance(sentence, str):
                return BadInput(sentence.format(found[0], *found.groups()))
            return sentence(found, error.__cause__, schema)
    if isinstance(error, OmegaConfBaseException) and error.full_key:
        return BadInput(f"{error.full_key} cannot be read: {clip(text.splitlines()[0])}.")
    return BadInput(clip(text.splitlines()[0]).rstrip(".") + ".")


def _explain_option(error: MissingConfigException) -> BadInput:
    missing = str(error.missing_cfg_file or "")
    if missing == "hydra/sweeper/optuna":
        return BadInput("hydra/sweeper=optuna needs Optuna; type first: pip install 'seedbed[optuna]'")
    group, _, name = missing.rpartition("/")
    if not group or not error.options:
        return BadInput(clip(str(error).splitlines()[0]).rstrip(".") + ".")
    return UnknownName(f"{group.removeprefix('hydra/')} called", name, sorted(error.options))


def _explain_syntax(override: str | None, schema: type[Any]) -> BadInput:
    key, equals, value = (override or "").partition("=")
    if not equals:
        return BadInput(f"{clip(override)} is not of the form key=value; type for example split.seed=1.")
    if not _KEY.fullmatch(key):
        return UnknownKey(key, list_keys(schema))
    return BadInput(
        f"{key}={clip(value)} contains characters that are special in Hydra's override syntax; type "
        f"{quote_override(key, value)}"
    )


def _explain_comma(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key, _, value = found[1].partition("=")
    parts = " and ".join(clip(part) for part in value.split(","))
    return BadInput(
        f"{key}={clip(value)} is read as several values, {parts}; to run each of them add -m, to mean one value with "
        f"a comma type {quote_override(key, value)}"
    )


def _explain_key(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key = getattr(cause, "full_key", None) or found[1]
    if key.startswith("hydra."):
        return BadInput(f"There is no key {key}; --cfg hydra shows the keys of Hydra itself.")
    if takes_names(schema, key):
        return BadInput(f"{key} is not in the config yet; type +{key}=…")
    if key in list_keys(schema):
        families = [family.name for family in list_families() if key.partition(".")[2] in family.params]
        return BadInput(
            f"{key} is not among what the file of this estimator sets, but of estimator={join_or(families)}; type "
            f"+{key}=… if this class has it too."
        )
    return UnknownKey(key, list_keys(schema))


def _explain_addition(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    keys = list_keys(schema)
    if found[1] in keys or found[1].startswith("hydra/") or (found[1] == "experiment" and "estimator" in keys):
        return BadInput(f"{found[1]} is not in the config yet; type {found[2]}")
    return UnknownKey(found[1], keys)


def _explain_target(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    group, keys = found[1].partition("/")[0], list_keys(schema)
    if group in keys:
        return BadInput(f"{found[1]} cannot be put at {found[2]}, which is not part of the config; leave the @… out.")
    return UnknownKey(found[2] if group == "experiment" else group, keys)


def _explain_removal(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key = found[1]
    if key in list_keys(schema) or key.startswith("hydra"):
        return CannotBeLeftOut(key)
    return UnknownKey(key, list_keys(schema))


def _explain_type(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key, value, why = found[1].lstrip("+"), found[2], str(cause)
    if key not in list_keys(schema) and not takes_names(schema, key) and not key.startswith("hydra."):
        return UnknownKey(key, list_keys(schema))
    if expected := re.search(r"expected one of \[(.*)\]", why):
        return BadValue(key, value, f"one of {expected[1]}")
    kinds = [kind for words, kind in _KINDS.items() if words in why]
    return BadValue(key, value, describe_allowed(schema, key) or (kinds or ["another kind of value"])[0])


_DUPLICATE = "{1} is in the config already; type {1}=… without the +."
_NEEDED = "hydra/launcher and hydra/sweeper cannot be left out; type hydra/launcher=basic for Hydra's own."
# How a message of Hydra's begins, and the sentence for it, with the groups of the match, or what makes that sentence.
_SENTENCES: Sequence[tuple[str, str | Callable[[re.Match[str], Any, type[Any]], BadInput]]] = (
    (r"Ambiguous value for argument '(.*?)'\n1\. ", _explain_comma),
    (r"Sweep parameters '(.*)' requires --multirun", "{1} is several values; add -m to run each of them."),
    (r"Could not override '([^']+)'\. No match in the defaults list\.\nTo .* list use (\S+)", _explain_addition),
    (r"Could not override '([^']*)'", _explain_key),
    (r"Could not delete from config\. '([^']+)' does not exist", _explain_removal),
    (r"Could not delete '([^'=]*)", _explain_removal),
    (r"Could not append to config\. An item is already at '([^']+)'", _DUPLICATE),
    (r"Multiple values for (\S+)\. To override", _DUPLICATE),
    (r"(\S+) appears more than once in the final defaults list", _DUPLICATE),
    (r"Error merging override ~([^=]+)", _explain_removal),
    (r"Input config does not have a `_target_` field", _NEEDED),
    (r"Missing mandatory value: hydra\.(launcher|sweeper)", _NEEDED),
    (r"In '([^']+)': ConfigKeyError raised while composing config:\nKey '([^']+)' not in", _explain_target),
    (r"Error merging override (\S+?)=(.*)", _explain_type),
)
