"""Overrides as one types them, for hints that can be pasted."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence
from typing import Any

from seedbed.config.candidate import format_param
from seedbed.config.naming import DEFAULT_TABLE

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")


def quote_override(key: str, value: str) -> str:
    """Return `key=value` as it must be typed in a shell so that Hydra takes the value as it stands."""
    inner = value.replace("\\", "\\\\") if value.endswith("\\") else value
    inner = inner.replace('"', '\\"')
    return shlex.quote(f'{key}="{inner}"')


def format_name_override(name: str) -> str:
    """Return the word that makes a command act on this table, with a space before it; "" for the default table."""
    if name == DEFAULT_TABLE:
        return ""
    return f" dataset.name={name}" if _PLAIN.fullmatch(name) else f" {quote_override('dataset.name', name)}"


def format_values(values: Sequence[Any]) -> str:
    """Return values as one types them behind a key: "range(1,61)" for whole numbers at one distance."""
    step = find_step(values)
    if step and len(values) > 3:
        return f"range({values[0]},{values[-1] + 1}{f',{step}' if step > 1 else ''})"
    return ",".join(map(format_param, values))


def find_step(values: Sequence[Any]) -> int:
    """Return the one distance between whole numbers, 0 if there is none."""
    if not all(isinstance(value, int) for value in values):
        return 0
    gaps = {after - before for before, after in itertools.pairwise(values)}
    return gaps.pop() if len(gaps) == 1 else 0
