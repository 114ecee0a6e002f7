"""What Hydra and OmegaConf refuse, in one sentence for the person who typed it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from traceback import walk_tb
from typing import Any, get_type_hints

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from seedbed.config.constraints import RULES
from seedbed.config.overrides import quote_override
from seedbed.config.validation import takes_names
from seedbed.errors import BadInput, BadValue, CannotBeLeftOut, NotDone, SeedbedError, UnknownKey, UnknownName, clip

# How OmegaConf names the kind of value that it wants, and what that is to a person.
_KINDS = {
    "could not be converted to Integer": "a whole number",
    "could not be converted to Float": "a number",
    "is not a valid bool": "true or false",
    "to string": "a text",
    "to Dict": "values by name, as {name: value}",
    "merge DictConfig with ListConfig": "values by name, as {name: value}",
    "is not a ListConfig": "a list, as [1, 10]",
    "to List": "a list, as [1, 10]",
    "is not Optional": "a value other than null",
}
_KEY = re.compile(r"[+~]{0,2}[\w$/-]+(\.[\w$-]+)*(@[\w.$-]*)?")


def explain(error: BaseException, schema: type[Any]) -> SeedbedError | None:
    """Return what a person did to meet this error of Hydra's or the disk's, None where it is none of theirs."""
    if isinstance(error, MissingConfigException):
        return _unknown_option(error)
    if isinstance(error, OSError) and error.filename:
        return NotDone(f"{clip(error.filename)} cannot be used: {error.strerror}.")
    if isinstance(error, ValueError | TypeError) and not isinstance(error, OmegaConfBaseException):
        return bad_option(sys.argv[1:], schema) or _refused_by_hydra(error, str(error))
    return _refused(error, str(error), schema)


def bad_option(words: Sequence[str], schema: type[Any]) -> BadInput | None:
    """Return what is wrong with the first word that gives a config group something else than the name of an option.

    Hydra raises ValueError or TypeError then, which name no word.
    """
    groups = {name for name, kind in get_type_hints(schema).items() if is_dataclass(kind)}
    groups |= {"experiment", "hydra", "hydra.launcher", "hydra.sweeper"}
    parser = OverridesParser.create()
    for word in words:
        key, equals, value = word.partition("=")
        place = key.lstrip("+").partition("@")[0]
        if equals and not place:
            return BadInput(f"{clip(word)} names no key; type for example split.seed=1.")
        if equals and (place in groups or "/" in place) and not all(map(_is_option, _values(parser, word))):
            example = {"hydra": "hydra/launcher=joblib"}.get(place, f"{place.replace('.', '/')}=NAME")
            return BadInput(f"{key}={clip(value)} is not possible; type the name of an option, as {example}.")
    return None


def _values(parser: OverridesParser, word: str) -> Iterator[Any]:
    try:
        (override,) = parser.parse_overrides([word])
    except HydraException:
        return iter(())
    return override.sweep_iterator() if override.is_discrete_sweep() else iter([override.value()])


def _is_option(value: object) -> bool:
    return all(isinstance(name, str) for name in (value if isinstance(value, list) else [value]))


def _refused_by_hydra(error: BaseException, text: str) -> BadInput | None:
    """Return the sentence of a ValueError that Hydra itself, or the logging that it sets up, raises on purpose."""
    raised_in = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)][-1:]
    if not isinstance(error, ValueError) or not raised_in:
        return None
    if text.startswith("Only one of --run"):
        return BadInput(f"{clip(text)}; leave -m out to look at the config of one job.")
    if raised_in[0] == "logging.config":
        return BadInput(f"hydra.job_logging or hydra.hydra_logging cannot be used: {clip(text)}.")
    return BadInput(f"{clip(text).rstrip('.!')}.") if raised_in[0].startswith("hydra.") else None


def _refused(error: BaseException, text: str, schema: type[Any]) -> BadInput | None:
    if isinstance(error, OverrideParseException):
        return _grammar(error.override, schema)
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return None
    for pattern, sentence in _SENTENCES:
        if found := re.match(pattern, text, re.DOTALL):
            return sentence(found, error.__cause__, schema)
    if isinstance(error, OmegaConfBaseException) and error.full_key:
        return BadInput(f"{error.full_key} cannot be read: {clip(text.splitlines()[0])}.")
    return BadInput(clip(text.splitlines()[0]).rstrip(".") + ".")


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
        return BadInput(clip(str(error).splitlines()[0]).rstrip(".") + ".")
    return UnknownName(f"{group.removeprefix('hydra/')} called", name, sorted(error.options))


def _grammar(override: str | None, schema: type[Any]) -> BadInput:
    key, equals, value = (override or "").partition("=")
    if not equals:
        return BadInput(f"{clip(override)} is not of the form key=value; type for example split.seed=1.")
    if not _KEY.fullmatch(key):
        return UnknownKey(key, keys_of(schema))
    return BadInput(f"{key}={clip(value)} holds signs that Hydra reads as grammar; type {quote_override(key, value)}")


def _ambiguous(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key, _, value = found[1].partition("=")
    parts = " and ".join(clip(part) for part in value.split(","))
    return BadInput(
        f"{key}={clip(value)} is read as several values, {parts}; to run each of them add -m, to mean one value with "
        f"a comma type {quote_override(key, value)}"
    )


def _several(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} is several values; add -m to run each of them.")


def _not_a_default(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} is no part of the config yet; type {found[2]}")


def _unknown(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key = getattr(cause, "full_key", None) or found[1]
    if key.startswith("hydra."):
        return BadInput(f"There is no key {key}; --cfg hydra shows the keys of Hydra itself.")
    if takes_names(schema, key):
        return BadInput(f"{key} is no part of the config yet; type +{key}=…")
    return UnknownKey(key, keys_of(schema))


def _there_already(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} is in the config already; type {found[1]}=… without the +.")


def _not_removable(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key = found[1]
    if key in keys_of(schema) or key.startswith("hydra"):
        return CannotBeLeftOut(key)
    return UnknownKey(key, keys_of(schema))


def _no_target(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput("hydra/launcher and hydra/sweeper cannot be left out; type hydra/launcher=basic for Hydra's own.")


def _package(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    return BadInput(f"{found[1]} cannot be put at {found[2]}, which is no part of the config; leave the @… out.")


def _wrong_type(found: re.Match[str], cause: Any, schema: type[Any]) -> BadInput:
    key, value, why = found[1].lstrip("+"), found[2], str(cause)
    known = set(keys_of(schema))
    if key not in known and not takes_names(schema, key) and not key.startswith("hydra."):
        return UnknownKey(key, known)
    if expected := re.search(r"expected one of \[(.*)\]", why):
        return BadValue(key, value, f"one of {expected[1]}")
    kinds = [kind for words, kind in _KINDS.items() if words in why]
    return BadValue(key, value, RULES[key].allowed if key in RULES else (kinds or ["another kind of value"])[0])


# What Hydra says, and who says it better.
_SENTENCES = (
    (r"Ambiguous value for argument '(.*?)'\n1\. ", _ambiguous),
    (r"Sweep parameters '(.*)' requires --multirun", _several),
    (r"Could not override '([^']+)'\. No match in the defaults list\.\nTo .* list use (\S+)", _not_a_default),
    (r"Could not override '([^']*)'", _unknown),
    (r"Could not delete from config\. '([^']+)' does not exist", _not_removable),
    (r"Could not delete '([^'=]*)", _not_removable),
    (r"Could not append to config\. An item is already at '([^']+)'", _there_already),
    (r"Multiple values for (\S+)\. To override", _there_already),
    (r"(\S+) appears more than once in the final defaults list", _there_already),
    (r"Error merging override ~([^=]+)", _not_removable),
    (r"Input config does not have a `_target_` field|Missing mandatory value: hydra\.(launcher|sweeper)", _no_target),
    (r"In '([^']+)': ConfigKeyError raised while composing config:\nKey '([^']+)' not in", _package),
    (r"Error merging override (\S+?)=(.*)", _wrong_type),
)
