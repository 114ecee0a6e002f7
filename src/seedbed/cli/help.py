"""What --help prints: what a command does, and every key that it takes with its value here and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from seedbed import paths
from seedbed.config.candidate import format_param
from seedbed.config.constraints import list_keys
from seedbed.config.validation import is_idle_option

_WIDTH = 36  # of a key with its value


def format_help(description: str, name: str, schema: type[Any], config: DictConfig) -> str:
    """Return the help of a command whose composed config is `config`, as a template of Hydra's."""
    lines = [description, "", *_list_lines(schema, config)]
    if name == "train":
        lines += ["", f"+experiment={_list_options('experiment', schema)}", "  a file that sets several keys at once"]
    lines += [
        "",
        "A key is changed by typing it; GROUP=OPTION takes a file of conf/. --hydra-help lists Hydra's flags.",
    ]
    return "\n".join(lines).replace("$", "$$")


def _list_lines(schema: type[Any], config: DictConfig) -> Iterator[str]:
    keys = list_keys(schema)
    for key in sorted(keys, key=lambda key: not (is_dataclass(keys[key].kind) or "." in key)):
        kind, constraint = keys[key].kind, keys[key].constraint
        if is_dataclass(kind):
            if options := _list_options(key, schema):
                yield f"{key}={options}"
        elif key not in schema.without_effect and (value := OmegaConf.select(config, key, default=...)) is not ...:
            text = f"{key}={'…' if OmegaConf.is_config(value) and value else format_param(value)}"
            text = f"{'  ' * ('.' in key)}{text if len(text) <= _WIDTH else f'{text[:_WIDTH]}…'}"
            yield f"{text:{_WIDTH + 3}} {keys[key].meaning}{f' ({constraint.allowed})' if constraint else ''}"


def _list_options(group: str, schema: type[Any]) -> str:
    options = sorted(file.stem for file in (paths.CONF / group).glob("*.yaml"))
    return "|".join(option for option in options if not is_idle_option(schema, group, option))
